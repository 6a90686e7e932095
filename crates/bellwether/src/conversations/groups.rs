//! The market's conversation groups: found at refresh, recognised from one refresh to the next, and read by pages.

use std::collections::HashMap;
use std::sync::Arc;

use engine::conversations::groups::{
    GroupSettings, Grouping, Objective, TalkGraph, Tried, find_groups, try_objectives, usual_objectives,
};
use engine::conversations::index::ConversationIndex;
use engine::conversations::portraits::carrying::{Carried, GroupEvent, carry};
use engine::conversations::portraits::figures::{GroupFigures, Groups, MEMBERS_MIN, NO_GROUP, figures};
use engine::conversations::portraits::languages::{SpokenLanguage, TEXTS_MAX, language_of, spoken};
use engine::conversations::portraits::participation::{BuyersParticipation, ShareRange, buyers_participation};
use engine::conversations::portraits::stability::{TRIALS, stability};
use engine::conversations::portraits::terms::{GroupTerms, Term, TermReader, VocabularyReader, typical_score};
use engine::graph::Csr;
use lake::Said;
use model::AccountId;
use serde::{Deserialize, Serialize};
use store::{GroupRow, GroupsKept, KnownGroup, MetEvent, MetGroup, SampleRow, VoiceRow};

use super::{ConversationsError, Snapshot};
use crate::data_directory::DataDirectory;
use crate::output::grouped;

/// A change in what is found raises this, and groups are found anew.
pub const GROUPS_VERSION: u32 = 1;
/// Texts read for terms; of more than these a part is read, chosen by their ids.
const TEXTS_READ_MAX: u64 = 2_000_000;
/// The members by whom a group is recognised when what was derived is gone.
const CORE_MAX: usize = 64;
/// Words shown for a group.
const SAMPLES_MAX: usize = 3;
/// How much more a sample shows when it was said to somebody.
const SAID_TO_SOMEBODY: f64 = 2.0;
/// Fewer groups than this need no families.
const FAMILIES_FROM: usize = 12;
/// The objective is chosen anew when talk has grown by more than this share since it was chosen.
const CHOSEN_ANEW_AT_GROWTH: f64 = 0.25;

/// How the groups were found; printed wherever they are shown.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Found {
    pub version: u32,
    pub settings: GroupSettings,
    /// What each objective that was tried foretold, best first.
    pub tried: Vec<Tried>,
    /// Pairs that talked when the objective was chosen.
    pub pairs_at_choice: usize,
    pub pairs: usize,
    /// Accounts that take part in any talk.
    pub accounts: usize,
    /// Accounts whose group is too small to speak of.
    pub outside: u32,
    pub trials: u64,
    /// One in so many texts was read for terms.
    pub texts_one_in: u64,
    pub texts_read: u64,
    pub from_unix: i64,
    pub as_of_unix: i64,
}

/// What is kept of one group beside its people.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GroupDetail {
    pub terms: Vec<Term>,
    /// Neighbours bear the groups' lasting numbers; voices are kept apart.
    pub figures: GroupFigures,
    /// How well the group is found again without a fifth of the talking pairs, 0..=1.
    pub stability: ShareRange,
    pub language: Option<SpokenLanguage>,
    /// Texts of members to members, or of their posts, that were read.
    pub texts: u64,
}

/// One group with everything that is said of it.
#[derive(Clone, Debug, PartialEq)]
pub struct GroupAbout {
    /// Stays the same from one refresh to the next.
    pub id: i64,
    /// The number of the family's largest group.
    pub family: i64,
    pub name: Option<String>,
    pub detail: GroupDetail,
    pub voices: Vec<VoiceRow>,
    pub samples: Vec<SampleRow>,
}

impl GroupAbout {
    /// What a group is called: its terms, or its number where too little was said.
    pub fn called(&self) -> String {
        self.name.clone().unwrap_or_else(|| format!("group {}", self.id))
    }
}

/// The groups of one conversation graph.
pub struct MarketGroups {
    /// The data revision of the graph, and that of the groups.
    pub revisions: (i64, Option<i64>),
    /// `None` before the first refresh.
    pub found: Option<Found>,
    /// The group of every account of the graph, by place in `list`.
    pub groups: Groups,
    /// Largest first.
    pub list: Vec<GroupAbout>,
    /// Groups that were, by number.
    pub gone: Vec<KnownGroup>,
}

impl MarketGroups {
    /// The place of a group in the list.
    pub fn place(&self, id: i64) -> Option<u32> {
        self.list.iter().position(|group| group.id == id).map(|place| place as u32)
    }

    /// The group of an account, if it has one.
    pub fn group_of(&self, account: u32) -> Option<&GroupAbout> {
        self.list.get(self.groups.of_account[account as usize] as usize)
    }
}

impl DataDirectory {
    /// The groups as last computed, laid over the newest conversation graph.
    pub async fn market_groups(&self) -> Result<(Arc<Snapshot>, Arc<MarketGroups>), ConversationsError> {
        let snapshot = self.snapshot().await?;
        let revisions = (snapshot.revision, self.derived.revision().await?);
        let mut held = self.market_groups.lock().await;
        if let Some(groups) = held.as_ref().filter(|groups| groups.revisions == revisions) {
            return Ok((snapshot, groups.clone()));
        }
        let kept = self.derived.groups().await?;
        let known = self.store.known_groups().await?;
        let loaded = Arc::new(lay_over(&snapshot, revisions, kept, known));
        *held = Some(loaded.clone());
        Ok((snapshot, loaded))
    }
}

fn lay_over(
    snapshot: &Snapshot,
    revisions: (i64, Option<i64>),
    kept: GroupsKept,
    known: Vec<KnownGroup>,
) -> MarketGroups {
    let found: Option<Found> = serde_json::from_str(&kept.found).ok();
    let name_of = |id: i64| known.iter().find(|group| group.id == id).and_then(|group| group.name.clone());
    let mut list: Vec<GroupAbout> = kept
        .groups
        .into_iter()
        .filter_map(|row| {
            let detail: GroupDetail = serde_json::from_str(&row.detail).ok()?;
            let name = name_of(row.id);
            Some(GroupAbout { id: row.id, family: row.family, name, detail, voices: row.voices, samples: row.samples })
        })
        .collect();
    list.sort_by_key(|group| (std::cmp::Reverse(group.detail.figures.members), group.id));
    let places: HashMap<i64, u32> = list.iter().enumerate().map(|(place, group)| (group.id, place as u32)).collect();
    let mut of_account = vec![NO_GROUP; snapshot.accounts.len()];
    for (account, group) in &kept.members {
        if let (Some(account), Some(&place)) = (snapshot.place(*account), places.get(group)) {
            of_account[account as usize] = place;
        }
    }
    let outside = found.as_ref().map_or(0, |found| found.outside);
    let gone = known.into_iter().filter(|group| group.ended_at.is_some()).collect();
    MarketGroups { revisions, found, groups: Groups { of_account, count: list.len(), outside }, list, gone }
}

/// What is found in the graph alone, before any text is read.
struct InGraph {
    groups: Groups,
    figures: Vec<GroupFigures>,
    stability: Vec<ShareRange>,
    /// The family of every group, as the place of the family's largest group.
    family: Vec<u32>,
    found: Found,
}

/// Finds the groups of the newest graph, recognises those met before, reads what they talk about. Writes which groups
/// were met; the caller keeps the rest. Cost a few dozen groupings where the objective is chosen anew, else a few, and
/// three readings of the texts.
pub async fn find(data: &DataDirectory, snapshot: &Arc<Snapshot>) -> Result<GroupsKept, ConversationsError> {
    let before = data.derived.groups().await?;
    let settings_before: Option<Found> =
        serde_json::from_str(&before.found).ok().filter(|found: &Found| found.version == GROUPS_VERSION);
    let on = snapshot.clone();
    let in_graph = tokio::task::spawn_blocking(move || find_in_graph(&on, settings_before.as_ref()));
    let mut in_graph = in_graph.await.expect("finding groups does not panic");
    let said = read_texts(data, snapshot, &in_graph.groups).await?;
    in_graph.found.texts_one_in = said.one_in;
    in_graph.found.texts_read = said.texts.iter().sum();
    let (carried, earlier_ids) = recognise(data, snapshot, &in_graph.groups, before.members).await?;
    let ids = meet(data, snapshot, &in_graph, &said, &carried, &earlier_ids).await?;
    Ok(keep(snapshot, in_graph, said, &ids))
}

fn find_in_graph(snapshot: &Snapshot, before: Option<&Found>) -> InGraph {
    let index = &snapshot.index;
    let graph = talk_graph(index);
    let pairs = graph.pairs();
    let settings = GroupSettings::default();
    let kept = before.filter(|found| {
        (pairs as f64) < (1.0 + CHOSEN_ANEW_AT_GROWTH) * found.pairs_at_choice as f64
            && 2 * pairs > found.pairs_at_choice
    });
    let (objective, tried, pairs_at_choice) = match kept {
        Some(found) => (found.settings.objective, found.tried.clone(), found.pairs_at_choice),
        None => {
            let tried = try_objectives(&graph, &settings, &usual_objectives());
            // Where talk is so thin that no groups foretell any of it, the usual cut is as good as another.
            let best = tried.first().filter(|best| best.bits_per_talk > 0.0);
            (best.map_or(settings.objective, |best| best.objective), tried, pairs)
        }
    };
    let settings = GroupSettings { objective, ..settings };
    let grouping = find_groups(&graph, &settings);
    let groups = Groups::of_grouping(&grouping, index);
    let figures = figures(&groups, index, &snapshot.log);
    let stability = stability(&graph, &groups, &settings, TRIALS);
    let family = families(&graph, &groups, &settings);
    let found = Found {
        version: GROUPS_VERSION,
        settings,
        tried,
        pairs_at_choice,
        pairs,
        accounts: snapshot.accounts.len(),
        outside: groups.outside,
        trials: TRIALS,
        texts_one_in: 1,
        texts_read: 0,
        from_unix: snapshot.log.at_unix().first().copied().unwrap_or(0),
        as_of_unix: snapshot.log.at_unix().last().copied().unwrap_or(0),
    };
    InGraph { groups, figures, stability, family, found }
}

/// The talk of all pairs, counted, without direction.
pub fn talk_graph(index: &ConversationIndex) -> TalkGraph {
    let pairs = &index.pairs;
    let offsets = pairs.offsets.iter().map(|&offset| u64::from(offset)).collect();
    let weights = pairs.talks.iter().map(|&talks| talks as f32).collect();
    TalkGraph::from_directed(&Csr::from_sorted(offsets, pairs.target.clone(), weights))
}

/// Groups of groups: the coarsest usual cut, each group with the family that most of its members are in.
fn families(graph: &TalkGraph, groups: &Groups, settings: &GroupSettings) -> Vec<u32> {
    let alone: Vec<u32> = (0..groups.count as u32).collect();
    let coarse = Objective::Modularity { resolution: 1.0 };
    if groups.count < FAMILIES_FROM || settings.objective == coarse {
        return alone;
    }
    let cut: Grouping = find_groups(graph, &GroupSettings { objective: coarse, ..*settings });
    let mut both: Vec<(u32, u32)> = groups
        .of_account
        .iter()
        .zip(&cut.group)
        .filter(|(group, _)| **group != NO_GROUP)
        .map(|(&group, &part)| (group, part))
        .collect();
    both.sort_unstable();
    let mut most = vec![(0usize, 0u32); groups.count];
    for same in both.chunk_by(|a, b| a == b) {
        let (group, part) = same[0];
        if same.len() > most[group as usize].0 {
            most[group as usize] = (same.len(), part);
        }
    }
    // Groups are numbered by size, so the first of a family is its largest.
    let mut first: HashMap<u32, u32> = HashMap::new();
    let family: Vec<u32> = alone.iter().map(|&group| *first.entry(most[group as usize].1).or_insert(group)).collect();
    if first.len() * 5 > groups.count * 4 { alone } else { family }
}

/// What the texts say of the groups.
struct SaidInGroups {
    terms: GroupTerms,
    languages: Vec<Option<SpokenLanguage>>,
    samples: Vec<Vec<SampleRow>>,
    texts: Vec<u64>,
    one_in: u64,
}

/// To which group words belong: that of the one who said them, unless they went to somebody of another group.
fn group_of_said(snapshot: &Snapshot, groups: &Groups, said: &Said<'_>) -> Option<(u32, u32)> {
    let author = snapshot.place(said.author)?;
    let group = groups.of_account[author as usize];
    let elsewhere = said
        .other
        .and_then(|other| snapshot.place(other))
        .is_some_and(|other| groups.of_account[other as usize] != group);
    (group != NO_GROUP && !elsewhere).then_some((group, author))
}

async fn read_texts(
    data: &DataDirectory,
    snapshot: &Snapshot,
    groups: &Groups,
) -> Result<SaidInGroups, ConversationsError> {
    let now = data.now();
    let one_in = data.lake.text_count(now).await?.div_ceil(TEXTS_READ_MAX).max(1);
    let mut vocabulary = VocabularyReader::default();
    data.lake.for_each_said(one_in, now, |said| vocabulary.read(said.body)).await?;
    let vocabulary = vocabulary.finish();
    let mut reader = TermReader::new(&vocabulary, groups.count);
    let mut texts = vec![0u64; groups.count];
    data.lake
        .for_each_said(one_in, now, |said| {
            if let Some((group, author)) = group_of_said(snapshot, groups, &said) {
                reader.read(group, author, said.body);
                texts[group as usize] += 1;
            }
        })
        .await?;
    let terms = reader.finish();
    let scores = terms.scores();
    let mut languages: Vec<Vec<(&str, &str)>> = vec![vec![]; groups.count];
    let mut samples: Vec<Vec<(f64, SampleRow)>> = vec![vec![]; groups.count];
    data.lake
        .for_each_said(one_in, now, |said| {
            let Some((group, _)) = group_of_said(snapshot, groups, &said) else { return };
            let place = group as usize;
            // Texts come in no fixed order, so a text is taken by its own number, not by when it comes.
            let is_looked_at = said.text.is_none_or(|text| {
                texts[place] <= u64::from(TEXTS_MAX) || (text as u64 % texts[place]) < u64::from(TEXTS_MAX)
            });
            if is_looked_at && let Some(found) = language_of(said.body) {
                languages[place].push(found);
            }
            let Some(text) = said.text.filter(|_| (40..=1_500).contains(&said.body.len())) else { return };
            // Words to somebody show a conversation; a post's own words stand in where there are none.
            let to_somebody = if said.other.is_some() { SAID_TO_SOMEBODY } else { 1.0 };
            let score = to_somebody * typical_score(said.body, group, &scores);
            if score > 0.0 {
                let sample = SampleRow { text, author: said.author, other: said.other };
                keep_sample(&mut samples[place], score, sample);
            }
        })
        .await?;
    Ok(SaidInGroups {
        languages: languages.iter().map(|found| spoken(found)).collect(),
        samples: samples.into_iter().map(|kept| kept.into_iter().map(|(_, sample)| sample).collect()).collect(),
        terms,
        texts,
        one_in,
    })
}

/// Keeps the most typical words, each author once.
fn keep_sample(kept: &mut Vec<(f64, SampleRow)>, score: f64, sample: SampleRow) {
    let order = |kept: &(f64, SampleRow)| (std::cmp::Reverse(ordered(kept.0)), kept.1.text, kept.1.author);
    if let Some(same) = kept.iter_mut().find(|held| held.1.author == sample.author || held.1.text == sample.text) {
        let fresh = (score, sample);
        if order(&fresh) < order(same) {
            *same = fresh;
        }
    } else {
        kept.push((score, sample));
    }
    kept.sort_by_key(order);
    kept.truncate(SAMPLES_MAX);
}

/// A positive score as a number that sorts like it.
fn ordered(score: f64) -> u64 {
    score.max(0.0).to_bits()
}

/// Compares with the groups of the refresh before, or, where what was derived is gone, with their cores. Returns the
/// lasting numbers that the comparison's earlier groups stand for.
async fn recognise(
    data: &DataDirectory,
    snapshot: &Snapshot,
    groups: &Groups,
    members_before: Vec<(AccountId, i64)>,
) -> Result<(Carried, Vec<i64>), ConversationsError> {
    let before = if members_before.is_empty() { data.store.group_cores().await? } else { members_before };
    let mut ids: Vec<i64> = before.iter().map(|(_, group)| *group).collect();
    ids.sort_unstable();
    ids.dedup();
    let mut earlier = vec![NO_GROUP; snapshot.accounts.len()];
    for (account, group) in &before {
        if let (Some(account), Ok(place)) = (snapshot.place(*account), ids.binary_search(group)) {
            earlier[account as usize] = place as u32;
        }
    }
    Ok((carry(&earlier, ids.len(), groups), ids))
}

async fn meet(
    data: &DataDirectory,
    snapshot: &Snapshot,
    in_graph: &InGraph,
    said: &SaidInGroups,
    carried: &Carried,
    earlier_ids: &[i64],
) -> Result<Vec<i64>, ConversationsError> {
    let known = data.store.known_groups().await?;
    let names = said.terms.names();
    let mut events: Vec<MetEvent> = vec![];
    let mut met = vec![];
    for (place, earlier) in carried.earlier_of.iter().enumerate() {
        let id = earlier.map(|earlier| earlier_ids[earlier as usize]);
        let name_before =
            id.and_then(|id| known.iter().find(|group| group.id == id)).and_then(|group| group.name.clone());
        let name = match name_before {
            Some(before) if still_says(&said.terms.of_group[place], &before) => Some(before),
            Some(before) => {
                if names[place].is_some() {
                    events.push(MetEvent::Renamed { place, before: before.clone() });
                }
                names[place].clone().or(Some(before))
            }
            None => names[place].clone(),
        };
        let core = in_graph.figures[place].voices.iter().map(|voice| voice.account);
        met.push(MetGroup { id, name, core: core_of(snapshot, &in_graph.groups, place as u32, core.collect()) });
    }
    // The first groups of all are no news.
    if !earlier_ids.is_empty() {
        events.extend(carried.events.iter().map(|event| match *event {
            GroupEvent::Began { group } => MetEvent::Began { place: group as usize },
            GroupEvent::SplitOff { group, from, share } => {
                MetEvent::SplitOff { place: group as usize, from: earlier_ids[from as usize], share }
            }
            GroupEvent::MergedInto { earlier, group, share } => {
                MetEvent::MergedInto { earlier: earlier_ids[earlier as usize], place: group as usize, share }
            }
            GroupEvent::Ended { earlier } => MetEvent::Ended { earlier: earlier_ids[earlier as usize] },
        }));
    }
    Ok(data.store.meet_groups(&met, &events, data.now()).await?)
}

/// A group keeps its name while one of the name's terms is among those that tell it from others.
fn still_says(terms: &[Term], name: &str) -> bool {
    terms.is_empty() || name.split(", ").any(|term| terms.iter().any(|held| held.term == term))
}

/// Those most turned to, and then members in the order of their numbers.
fn core_of(snapshot: &Snapshot, groups: &Groups, group: u32, voices: Vec<u32>) -> Vec<AccountId> {
    let mut core = voices;
    let heard = |account: u32| std::cmp::Reverse(snapshot.index.account.in_degree[account as usize]);
    let mut members = groups.members(group);
    members.sort_by_key(|&account| (heard(account), account));
    for account in members {
        if core.len() >= CORE_MAX {
            break;
        }
        if !core.contains(&account) {
            core.push(account);
        }
    }
    core.into_iter().map(|account| snapshot.account(account)).collect()
}

fn keep(snapshot: &Snapshot, in_graph: InGraph, said: SaidInGroups, ids: &[i64]) -> GroupsKept {
    let InGraph { groups, figures, stability, family, found } = in_graph;
    let SaidInGroups { terms, languages, samples, texts, .. } = said;
    let members = groups
        .of_account
        .iter()
        .enumerate()
        .filter(|(_, group)| **group != NO_GROUP)
        .map(|(account, &group)| (snapshot.account(account as u32), ids[group as usize]))
        .collect();
    let rows = figures
        .into_iter()
        .zip(terms.of_group)
        .zip(languages)
        .zip(samples)
        .enumerate()
        .map(|(place, (((mut figures, terms), language), samples))| {
            let voices = std::mem::take(&mut figures.voices)
                .into_iter()
                .map(|voice| VoiceRow {
                    account: snapshot.account(voice.account),
                    listeners: voice.listeners,
                    answered: voice.answered,
                })
                .collect();
            figures.neighbours.iter_mut().for_each(|near| near.group = ids[near.group as usize] as u32);
            let members = i64::from(figures.members);
            let detail = GroupDetail { terms, figures, stability: stability[place], language, texts: texts[place] };
            GroupRow {
                id: ids[place],
                family: ids[family[place] as usize],
                members,
                detail: serde_json::to_string(&detail).expect("a group serialises"),
                voices,
                samples,
            }
        })
        .collect();
    GroupsKept { found: serde_json::to_string(&found).expect("settings serialise"), groups: rows, members }
}

/// What the buyers of a brand do in the groups; accounts without talk are left out.
pub fn participation(snapshot: &Snapshot, market: &MarketGroups, buyers: &[AccountId]) -> BuyersParticipation {
    let mut places = snapshot.places(buyers.iter().copied());
    places.sort_unstable();
    places.dedup();
    buyers_participation(&market.groups, &snapshot.index, &places)
}

/// An objective in words.
pub fn objective_words(objective: Objective) -> String {
    match objective {
        Objective::Modularity { resolution } => format!("modularity at resolution {resolution}"),
        Objective::Density { density } => format!("constant Potts at density {density}"),
    }
}

/// Why a market that was looked through has no groups.
pub fn no_groups_words(found: &Found) -> String {
    if found.accounts == 0 {
        return "No talk between different people is held, so there is nobody to group.".to_owned();
    }
    format!(
        "{} people talk in {} pairs, and nowhere do {MEMBERS_MIN} of them hang together: no group is found in such talk.",
        grouped(found.accounts as u64),
        grouped(found.pairs as u64)
    )
}

/// How many people a group needs, for texts that say so.
pub const GROUP_MEMBERS_MIN: u32 = MEMBERS_MIN;
