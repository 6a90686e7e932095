//! Finding the market's conversation groups at refresh, and recognising those that were met before.

use std::collections::HashMap;
use std::sync::Arc;

use engine::conversations::groups::{
    GroupSettings, Grouping, Objective, TalkGraph, Tried, find_groups, find_groups_from, try_objectives,
    usual_objectives,
};
use engine::conversations::index::ConversationIndex;
use engine::conversations::portraits::carrying::{Carried, GroupEvent, carry};
use engine::conversations::portraits::figures::{GroupFigures, Groups, MEMBERS_MIN, NO_GROUP, figures};
use engine::conversations::portraits::niches::niches_of;
use engine::conversations::portraits::participation::ShareRange;
use engine::conversations::portraits::stability::{TRIALS, stability};
use engine::conversations::portraits::terms::Term;
use engine::conversations::portraits::words_held::{SaidInGroups, Sample};
use engine::graph::Csr;
use lake::AddedFacts;
use model::AccountId;
use serde::{Deserialize, Serialize};
use store::{GroupRow, GroupsKept, MetEvent, MetGroup, SampleRow, VoiceRow};

use super::following::{ANEW_AT_CHANGED_MEMBERS, ANEW_AT_GROWTH, Earlier, HeldPortrait, changed_share, held_portraits};
use super::market::GroupDetail;
use super::said_in_groups::{READ_FOR_ALL, READ_FOR_NEW_GROUPS, read_texts};
use super::{ConversationsError, Snapshot};
use crate::data_directory::DataDirectory;
use crate::output::grouped;

/// A change in what is found raises this, and groups are found anew.
pub const GROUPS_VERSION: u32 = 4;
/// The members by whom a group is recognised when what was derived is gone.
const CORE_MAX: usize = 64;
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
    /// Pairs that talked when groups were last tried without a part of the talk.
    pub pairs_at_trials: usize,
    /// Texts that were held when all groups were last read.
    pub texts_at_reading: u64,
    /// Groups that keep what was read and tried of them before.
    pub groups_held: usize,
    /// One in so many texts was read for terms.
    pub texts_one_in: u64,
    pub texts_read: u64,
    pub from_unix: i64,
    pub as_of_unix: i64,
}

/// What is found in the graph alone, before any text is read.
struct InGraph {
    groups: Groups,
    figures: Vec<GroupFigures>,
    /// Which earlier groups these are.
    carried: Carried,
    /// What is kept of those that are still the same; nothing where all is looked at anew.
    held: Vec<Option<HeldPortrait>>,
    stability: Vec<Option<ShareRange>>,
    /// The family of every group, as the place of the family's largest group.
    family: Vec<u32>,
    found: Found,
}

/// What was known before the groups are looked for.
struct KnownBefore {
    kept: GroupsKept,
    found: Option<Found>,
    earlier: Earlier,
    /// Whether facts have only been added since.
    is_followed: bool,
}

/// Finds the groups of the newest graph, recognises those met before, reads what they talk about. Writes which groups
/// were met; the caller keeps the rest.
///
/// `added` is what has come since the groups before, where nothing was taken away: then groups are looked for from
/// those, and what is still the same keeps what was read and tried of it. Cost a few dozen groupings where the objective
/// is chosen anew, else a few, and a reading of the texts; following, one grouping that begins where the last one
/// ended, and no reading unless groups are new. `stage` is told when the graph is done with and texts are read.
pub async fn find(
    data: &DataDirectory,
    snapshot: &Arc<Snapshot>,
    added: Option<&AddedFacts>,
    mut stage: impl FnMut(&str),
) -> Result<GroupsKept, ConversationsError> {
    let kept = data.derived.groups().await?;
    let found: Option<Found> =
        serde_json::from_str(&kept.found).ok().filter(|found: &Found| found.version == GROUPS_VERSION);
    // Where what was derived is gone, groups are recognised by their cores.
    let members = if kept.members.is_empty() { &data.store.group_cores().await? } else { &kept.members };
    let earlier = Earlier::over(snapshot, members);
    let earlier_ids = earlier.ids.clone();
    let is_followed = added.is_some() && found.is_some() && !kept.members.is_empty();
    let before = KnownBefore { kept, found, earlier, is_followed };
    let texts_held = data.lake.text_count(data.now()).await?;
    let on = snapshot.clone();
    let in_graph = tokio::task::spawn_blocking(move || find_in_graph(&on, before, texts_held));
    let mut in_graph = in_graph.await.expect("finding groups does not panic");
    let are_any_held = in_graph.held.iter().any(Option::is_some);
    stage("reading what the groups talk about");
    let said = if !are_any_held {
        in_graph.found.texts_at_reading = texts_held;
        let said = read_texts(data, snapshot, &in_graph.groups, READ_FOR_ALL).await?;
        in_graph.found.texts_one_in = said.one_in;
        in_graph.found.texts_read = said.texts.iter().sum();
        said
    } else if in_graph.held.iter().all(Option::is_some) {
        SaidInGroups::nothing(in_graph.groups.count)
    } else {
        read_texts(data, snapshot, &in_graph.groups, READ_FOR_NEW_GROUPS).await?
    };
    let ids = meet(data, snapshot, &in_graph, &said, &earlier_ids).await?;
    Ok(keep(snapshot, in_graph, said, &ids))
}

fn find_in_graph(snapshot: &Snapshot, before: KnownBefore, texts_held: u64) -> InGraph {
    let index = &snapshot.index;
    let graph = talk_graph(index);
    let pairs = graph.pairs();
    let settings = GroupSettings::default();
    let chosen = before.found.as_ref().filter(|found| {
        (pairs as f64) < (1.0 + CHOSEN_ANEW_AT_GROWTH) * found.pairs_at_choice as f64
            && 2 * pairs > found.pairs_at_choice
    });
    let (objective, tried, pairs_at_choice) = match chosen {
        Some(found) => (found.settings.objective, found.tried.clone(), found.pairs_at_choice),
        // Nobody talks with anybody: there is nothing to try.
        None if pairs == 0 => (settings.objective, vec![], 0),
        None => {
            let tried = try_objectives(&graph, &settings, &usual_objectives());
            // Where talk is so thin that no groups foretell any of it, the usual cut is as good as another.
            let best = tried.first().filter(|best| best.bits_per_talk > 0.0);
            (best.map_or(settings.objective, |best| best.objective), tried, pairs)
        }
    };
    let settings = GroupSettings { objective, ..settings };
    let followed = chosen.filter(|_| before.is_followed);
    let grouping = match followed {
        Some(_) => find_groups_from(&graph, &settings, before.earlier.labels()),
        None => find_groups(&graph, &settings),
    };
    let groups = Groups::of_grouping(&grouping, index);
    let carried = carry(&before.earlier.of_account, before.earlier.ids.len(), &groups);
    let nothing_held = || vec![None; groups.count];
    let held = match followed {
        Some(found) if has_grown_little(texts_held, found.texts_at_reading) => {
            let same = before.earlier.same(&groups, &carried.earlier_of);
            let held = held_portraits(&before.kept, &before.earlier, &same);
            if changed_share(&groups, &held) > ANEW_AT_CHANGED_MEMBERS { nothing_held() } else { held }
        }
        _ => nothing_held(),
    };
    let are_any_held = held.iter().any(Option::is_some);
    let tried_before =
        followed.filter(|found| are_any_held && has_grown_little(pairs as u64, found.pairs_at_trials as u64));
    let (stability, pairs_at_trials) = match tried_before {
        Some(found) => {
            let kept = held.iter().map(|held| held.as_ref().and_then(|held| held.detail.stability)).collect();
            (kept, found.pairs_at_trials)
        }
        None => (stability(&graph, &groups, &settings, TRIALS).into_iter().map(Some).collect(), pairs),
    };
    let family =
        families_held(&held, &carried, &before.earlier.ids).unwrap_or_else(|| families(&graph, &groups, &settings));
    let found = Found {
        version: GROUPS_VERSION,
        settings,
        tried,
        pairs_at_choice,
        pairs,
        accounts: snapshot.accounts.len(),
        outside: groups.outside,
        trials: TRIALS,
        pairs_at_trials,
        texts_at_reading: followed.map_or(0, |found| found.texts_at_reading),
        groups_held: held.iter().flatten().count(),
        texts_one_in: followed.map_or(1, |found| found.texts_one_in),
        texts_read: followed.map_or(0, |found| found.texts_read),
        from_unix: snapshot.log.span_unix().map_or(0, |(first, _)| first),
        as_of_unix: snapshot.log.span_unix().map_or(0, |(_, last)| last),
    };
    let figures = figures(&groups, index, &snapshot.log);
    InGraph { groups, figures, carried, held, stability, family, found }
}

fn has_grown_little(now: u64, before: u64) -> bool {
    now as f64 <= (1.0 + ANEW_AT_GROWTH) * before as f64
}

/// The families before, where every group is still the same.
fn families_held(held: &[Option<HeldPortrait>], carried: &Carried, earlier_ids: &[i64]) -> Option<Vec<u32>> {
    let place_of: HashMap<i64, u32> = (0u32..)
        .zip(&carried.earlier_of)
        .filter_map(|(place, earlier)| earlier.map(|earlier| (earlier_ids[earlier as usize], place)))
        .collect();
    held.iter().map(|held| held.as_ref().and_then(|held| place_of.get(&held.row.family).copied())).collect()
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

async fn meet(
    data: &DataDirectory,
    snapshot: &Snapshot,
    in_graph: &InGraph,
    said: &SaidInGroups,
    earlier_ids: &[i64],
) -> Result<Vec<i64>, ConversationsError> {
    let carried = &in_graph.carried;
    let members = members_of(&in_graph.groups);
    let known: HashMap<i64, Option<String>> =
        data.store.known_groups().await?.into_iter().map(|group| (group.id, group.name)).collect();
    let names = said.terms.names();
    let mut events: Vec<MetEvent> = vec![];
    let mut met = vec![];
    for (place, earlier) in carried.earlier_of.iter().enumerate() {
        let id = earlier.map(|earlier| earlier_ids[earlier as usize]);
        let name_before = id.and_then(|id| known.get(&id)).cloned().flatten();
        let name = match name_before {
            Some(before) if in_graph.held[place].is_some() || still_says(&said.terms.of_group[place], &before) => {
                Some(before)
            }
            Some(before) => {
                if names[place].is_some() {
                    events.push(MetEvent::Renamed { place, before: before.clone() });
                }
                names[place].clone().or(Some(before))
            }
            None => names[place].clone(),
        };
        let core = in_graph.figures[place].voices.iter().map(|voice| voice.account);
        met.push(MetGroup { id, name, core: core_of(snapshot, &members[place], core.collect()) });
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

/// The members of every group, ascending. Cost `O(accounts)`.
fn members_of(groups: &Groups) -> Vec<Vec<u32>> {
    let mut members = vec![vec![]; groups.count];
    for (account, &group) in (0u32..).zip(&groups.of_account) {
        if group != NO_GROUP {
            members[group as usize].push(account);
        }
    }
    members
}

/// Those most turned to, and then members in the order of their numbers.
fn core_of(snapshot: &Snapshot, members: &[u32], voices: Vec<u32>) -> Vec<AccountId> {
    let mut core = voices;
    let heard = |account: u32| std::cmp::Reverse(snapshot.index.account.in_degree[account as usize]);
    let mut members = members.to_vec();
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
    let InGraph { groups, figures, held, stability, family, found, .. } = in_graph;
    let SaidInGroups { terms, languages, samples, texts, .. } = said;
    let members = groups
        .of_account
        .iter()
        .enumerate()
        .filter(|(_, group)| **group != NO_GROUP)
        .map(|(account, &group)| (snapshot.account(account as u32), ids[group as usize]))
        .collect();
    let niches: Vec<_> = terms.for_niches.iter().map(niches_of).collect();
    let rows = figures
        .into_iter()
        .zip(terms.of_group.into_iter().zip(niches))
        .zip(languages)
        .zip(samples)
        .enumerate()
        .map(|(place, (((mut figures, (terms, niches)), language), samples))| {
            let voices = std::mem::take(&mut figures.voices)
                .into_iter()
                .map(|voice| VoiceRow {
                    account: snapshot.account(voice.account),
                    listeners: voice.listeners,
                    answered: voice.answered,
                })
                .collect();
            figures.neighbours.iter_mut().for_each(|near| near.group = ids[near.group as usize] as u32);
            let sample_row = |sample: Sample| SampleRow {
                text: sample.text,
                author: snapshot.account(sample.author),
                other: sample.other.map(|other| snapshot.account(other)),
            };
            let samples = samples.into_iter().map(sample_row).collect();
            let members = i64::from(figures.members);
            let (stability, texts) = (stability[place], texts[place]);
            // What is still the same keeps what was read of it.
            let (detail, samples) = match &held[place] {
                Some(held) => (GroupDetail { figures, stability, ..held.detail.clone() }, held.row.samples.clone()),
                None => (GroupDetail { terms, niches, figures, stability, language, texts }, samples),
            };
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
