//! Conversation groups on pages: those a brand's buyers are in, all of them, and one with everything said of it.

use std::collections::HashMap;

use askama::Template;
use axum::extract::{Path, Query, State};
use engine::conversations::portraits::estimates::{
    buying_talk_inside, found_again, share_of_buyers_talk, share_of_members, talk_inside,
};
use engine::conversations::portraits::figures::ACTIVITY_PARTS;
use engine::conversations::portraits::languages::language_tag;
use engine::conversations::portraits::participation::{BuyersInGroup, BuyersParticipation};
use model::{AccountId, Brand, Timestamp};

use super::super::groups::{Found, GROUP_MEMBERS_MIN, GroupAbout, MarketGroups, no_groups_words, objective_words};
use crate::clock;
use crate::conversations::Snapshot;
use crate::creators::{self, CreatorName};
use crate::matching;
use crate::web::app::{App, Page, aside, draw};
use crate::web::error::{Recovery, WebError};
use crate::web::estimates::{Drawing, EstimateCell, EstimateView, round_scale_end};
use crate::web::format;
use crate::web::layout::{Layout, Word};
use crate::web::people::Person;
use crate::web::query::Pairs;
use crate::web::visit::Visit;
use crate::web::words;

/// Groups on one page of the list.
const GROUPS_A_PAGE: usize = 50;
/// Groups on a brand's page.
const BRANDS_GROUPS_SHOWN: usize = 12;

/// A group as a row of a table.
pub struct GroupLine {
    pub name: String,
    pub address: String,
    pub people: String,
    pub sure: SureWords,
    pub bars: Vec<Bar>,
    pub activity: String,
    pub voices: Vec<Person>,
    pub language: String,
    /// What a brand's buyers do here; nothing without a brand.
    pub buyers: Option<BuyersHere>,
}

/// What a brand's buyers do in a group.
pub struct BuyersHere {
    pub share: EstimateCell,
    pub taking_part: String,
    pub times: String,
}

/// How surely a group is one, in a word and as a number.
#[derive(Clone, PartialEq, Debug)]
pub struct SureWords {
    pub words: &'static str,
    /// `sure`, `mostly`, `loose`: the shape beside the word.
    pub code: &'static str,
    pub percent: String,
}

impl SureWords {
    pub fn of(stability: f64) -> SureWords {
        let (words, code) = match stability {
            sure if sure >= 0.75 => ("clear", "sure"),
            mostly if mostly >= 0.5 => ("mostly clear", "mostly"),
            _ => ("blurred", "loose"),
        };
        SureWords { words, code, percent: format!("{:.0}\u{a0}%", 100.0 * stability) }
    }
}

/// One bar of a small chart of activity, in a box of 96 by 24.
#[derive(Clone, PartialEq, Debug)]
pub struct Bar {
    pub x: String,
    pub y: String,
    pub height: String,
}

/// The bars of a chart of equal parts of time, the highest as high as the box.
pub fn bars(activity: &[u32], wide: f64, high: f64) -> Vec<Bar> {
    let most = f64::from(activity.iter().copied().max().unwrap_or(0)).max(1.0);
    let step = wide / activity.len().max(1) as f64;
    activity
        .iter()
        .enumerate()
        .map(|(part, &talks)| {
            let height = (f64::from(talks) / most * high).max(if talks > 0 { 1.0 } else { 0.0 });
            Bar {
                x: format!("{:.1}", part as f64 * step),
                y: format!("{:.1}", high - height),
                height: format!("{height:.1}"),
            }
        })
        .collect()
}

/// What the buyers of a brand do in all groups.
pub struct BuyersInGroups {
    pub brand: Brand,
    pub buyers: u64,
    pub taking: BuyersParticipation,
}

/// Everything the lists of groups are drawn from.
pub struct GroupsAtHand {
    pub market: std::sync::Arc<MarketGroups>,
    pub snapshot: std::sync::Arc<Snapshot>,
    pub buyers: Option<BuyersInGroups>,
    pub names: HashMap<AccountId, CreatorName>,
}

impl GroupsAtHand {
    pub fn as_of(&self) -> Timestamp {
        let unix = self.market.found.as_ref().map_or(0, |found| found.as_of_unix);
        Timestamp::from_unix_seconds(unix)
    }

    fn buyers_in(&self, place: u32) -> Option<&BuyersInGroup> {
        self.buyers.as_ref()?.taking.groups.iter().find(|here| here.group == place)
    }

    fn address(&self, group: &GroupAbout) -> String {
        match &self.buyers {
            Some(buyers) => format!("/conversations/groups/{}?brand={}", group.id, buyers.brand.id),
            None => format!("/conversations/groups/{}", group.id),
        }
    }

    fn line(&self, place: u32, scale_to: f64) -> GroupLine {
        let group = &self.market.list[place as usize];
        let address = self.address(group);
        let buyers = self.buyers.as_ref().zip(self.buyers_in(place)).map(|(buyers, here)| {
            let share = share_of_buyers_talk(here, &buyers.taking, self.as_of(), &address);
            BuyersHere {
                share: EstimateCell::new(
                    "Share of the buyers’ talk",
                    &share,
                    scale_to,
                    Some(format!("{address}#buyers")),
                ),
                taking_part: format::count(u64::from(here.taking_part)),
                times: times_words(here),
            }
        });
        let brand = self.buyers.as_ref().map(|buyers| buyers.brand.id);
        let first = group.voices.iter().take(2);
        GroupLine {
            name: group.called(),
            people: format::count(u64::from(group.detail.figures.members)),
            sure: SureWords::of(group.detail.stability.value),
            bars: bars(&group.detail.figures.activity, 96.0, 24.0),
            activity: activity_words(&group.detail.figures.activity),
            voices: first.map(|voice| person(&self.names, voice.account).for_brand(brand)).collect(),
            language: group
                .detail
                .language
                .as_ref()
                .map_or_else(|| "not known".to_owned(), |spoken| spoken.name.clone()),
            buyers,
            address,
        }
    }
}

fn times_words(here: &BuyersInGroup) -> String {
    match here.times_as_likely() {
        Some(times) if here.is_surely_more() => format!("{times:.1} times everybody’s"),
        Some(times) => format!("{times:.1} times, not distinguishable from everybody’s"),
        None => "not known".to_owned(),
    }
}

/// Whether a group grew livelier: its last quarter of the time against the one before.
fn activity_words(activity: &[u32]) -> String {
    let sum = |from: usize, to: usize| activity[from.min(activity.len())..to.min(activity.len())].iter().sum::<u32>();
    let quarter = ACTIVITY_PARTS / 4;
    let (before, last) = (sum(2 * quarter, 3 * quarter), sum(3 * quarter, 4 * quarter));
    format!(
        "{} turns in the last quarter of the time, {} in the one before",
        format::count(u64::from(last)),
        format::count(u64::from(before))
    )
}

fn person(names: &HashMap<AccountId, CreatorName>, account: AccountId) -> Person {
    names
        .get(&account)
        .map_or_else(|| Person::new(account, model::Platform::Other, &format!("account {account}"), ""), Person::of)
}

/// The groups, laid over the newest talk, with what a brand's buyers do in them.
pub async fn at_hand(app: &App, brand: Option<Brand>) -> Result<GroupsAtHand, WebError> {
    let data = app.data.clone();
    aside(move || async move {
        let (snapshot, market) = data.market_groups().await?;
        let buyers = match brand {
            Some(brand) => {
                let accounts = matching::buyer_accounts(&data, &brand).await?;
                let taking = crate::conversations::groups::participation(&snapshot, &market, &accounts);
                Some(BuyersInGroups { buyers: accounts.len() as u64, brand, taking })
            }
            None => None,
        };
        let shown =
            market.list.iter().flat_map(|group| group.voices.iter().take(2).map(|voice| voice.account)).collect();
        let names = creators::names(&data, shown).await.map_err(crate::conversations::ConversationsError::from)?;
        Ok::<_, WebError>(GroupsAtHand { market, snapshot, buyers, names })
    })
    .await
}

/// The groups of a brand's buyers, as the first thing on the page of conversations.
pub struct BrandsGroups {
    pub finding: String,
    pub lines: Vec<GroupLine>,
    pub scale: String,
    pub more: u64,
    pub how: String,
}

impl BrandsGroups {
    pub fn of(at_hand: &GroupsAtHand) -> Option<BrandsGroups> {
        let buyers = at_hand.buyers.as_ref()?;
        let found = at_hand.market.found.as_ref()?;
        let shown: Vec<&BuyersInGroup> = buyers.taking.groups.iter().take(BRANDS_GROUPS_SHOWN).collect();
        let scale_to = round_scale_end(shown.iter().map(|here| here.share_of_talk.hi).fold(0.0, f64::max));
        Some(BrandsGroups {
            finding: finding(at_hand, buyers),
            lines: shown.iter().map(|here| at_hand.line(here.group, scale_to)).collect(),
            scale: format::scale_end(scale_to, model::Unit::Share),
            more: buyers.taking.groups.len().saturating_sub(shown.len()) as u64,
            how: how_found(found),
        })
    }
}

/// The one sentence: how many groups hold most of the buyers' talk, and which are theirs more than anybody's.
fn finding(at_hand: &GroupsAtHand, buyers: &BuyersInGroups) -> String {
    let taking = &buyers.taking;
    let name = &buyers.brand.name;
    if taking.talking == 0 {
        return format!(
            "None of {name}’s {} takes part in any talk that is held.",
            format::counted(buyers.buyers, "buyer", "buyers")
        );
    }
    let half = {
        let mut sum = 0;
        let place = taking.groups.iter().position(|here| {
            sum += here.talks;
            2 * sum >= taking.talks
        });
        place.map(|place| (place + 1, sum))
    };
    let theirs: Vec<String> = taking
        .groups
        .iter()
        .filter(|here| here.is_surely_more() && here.taking_part >= 2)
        .take(3)
        .map(|here| format!("“{}”", at_hand.market.list[here.group as usize].called()))
        .collect();
    let talking = format::counted(u64::from(taking.talking), "buyer who talks", "buyers who talk");
    let concentrated = match half {
        Some((1, sum)) => format!("{} of the talk of {name}’s {talking} is in one group", percent(sum, taking.talks)),
        Some((groups, sum)) => {
            format!("{} of the talk of {name}’s {talking} is in {groups} groups", percent(sum, taking.talks))
        }
        None => format!("The talk of {name}’s {talking} is mostly outside all groups"),
    };
    if theirs.is_empty() {
        format!("{concentrated}; in none of them do they surely talk more than anybody else.")
    } else {
        format!("{concentrated}; surely more than anybody’s in {}.", theirs.join(", "))
    }
}

fn percent(part: u64, whole: u64) -> String {
    format!("{:.0}\u{a0}%", 100.0 * part as f64 / whole.max(1) as f64)
}

/// How the groups came about, in words.
pub fn how_found(found: &Found) -> String {
    let chosen = match found.tried.first() {
        Some(best) if best.bits_per_talk > 0.0 => format!(
            "chosen among {} because its groups foretell held-back talk best ({:.2} bits a turn)",
            found.tried.len(),
            best.bits_per_talk
        ),
        Some(_) => {
            format!("the usual one: talk is too thin for any of {} to foretell held-back talk", found.tried.len())
        }
        None => "the usual one".to_owned(),
    };
    format!(
        "Leiden over {} talking pairs of {} people from {} to {}; {}, {chosen}. {} talk in groups of fewer than \
         {GROUP_MEMBERS_MIN} and are left out.",
        format::count(found.pairs as u64),
        format::count(found.accounts as u64),
        clock::day(Timestamp::from_unix_seconds(found.from_unix)),
        clock::day(Timestamp::from_unix_seconds(found.as_of_unix)),
        objective_words(found.settings.objective),
        format::count(u64::from(found.outside)),
    )
}

#[derive(Template)]
#[template(path = "conversations/groups.html")]
struct GroupsPage {
    layout: Layout,
    brand: Option<Brand>,
    lines: Vec<GroupLine>,
    has_groups: bool,
    /// Why there are none although they were looked for.
    none_found: Option<String>,
    total: String,
    from: String,
    to: String,
    scale: String,
    query: String,
    how: String,
    tried: Vec<TriedLine>,
    previous: Option<String>,
    next: Option<String>,
    clear: String,
}

/// One objective that was tried.
struct TriedLine {
    words: String,
    groups: String,
    bits: String,
    inside: String,
    by_chance: String,
}

/// `GET /conversations/groups?brand=…&q=…&offset=…`
pub async fn index(State(app): State<App>, visit: Visit, Query(pairs): Query<Vec<(String, String)>>) -> Page {
    let query = Pairs(pairs);
    let brand = super::brand_of(&app, query.one("brand")).await?;
    let at_hand = at_hand(&app, brand.clone()).await?;
    let text = query.one("q").unwrap_or("").trim().to_lowercase();
    let offset = super::offset_of(&query);
    let matches = |group: &GroupAbout| {
        text.is_empty()
            || group.called().to_lowercase().contains(&text)
            || group.detail.terms.iter().any(|term| term.term.contains(&text))
    };
    let mut places: Vec<u32> =
        (0..at_hand.market.list.len() as u32).filter(|&place| matches(&at_hand.market.list[place as usize])).collect();
    if at_hand.buyers.is_some() {
        places.sort_by_key(|&place| std::cmp::Reverse(at_hand.buyers_in(place).map_or(0, |here| here.talks)));
    }
    let highest = places
        .iter()
        .filter_map(|&place| at_hand.buyers_in(place))
        .map(|here| here.share_of_talk.hi)
        .fold(0.0, f64::max);
    let scale_to = round_scale_end(highest);
    let shown: Vec<u32> = places.iter().copied().skip(offset).take(GROUPS_A_PAGE).collect();
    let lines: Vec<GroupLine> = shown.iter().map(|&place| at_hand.line(place, scale_to)).collect();
    let base = || match &brand {
        Some(brand) => Pairs::default().with("brand", brand.id),
        None => Pairs::default(),
    };
    let at = |offset: usize| {
        let pairs = if text.is_empty() { base() } else { base().with("q", &text) };
        pairs.with("offset", offset).address("/conversations/groups")
    };
    let found = at_hand.market.found.as_ref();
    draw(GroupsPage {
        layout: Layout::load(&app, visit, Word::Conversations, "Conversation groups").await?,
        has_groups: !at_hand.market.list.is_empty(),
        none_found: found.filter(|_| at_hand.market.list.is_empty()).map(no_groups_words),
        total: format::count(places.len() as u64),
        from: format::count(if lines.is_empty() { 0 } else { offset as u64 + 1 }),
        to: format::count((offset + lines.len()) as u64),
        scale: format::scale_end(scale_to, model::Unit::Share),
        previous: (offset > 0).then(|| at(offset.saturating_sub(GROUPS_A_PAGE))),
        next: (places.len() > offset + GROUPS_A_PAGE).then(|| at(offset + GROUPS_A_PAGE)),
        clear: base().address("/conversations/groups"),
        how: found.map(how_found).unwrap_or_default(),
        tried: found.map(tried_lines).unwrap_or_default(),
        query: text,
        brand,
        lines,
    })
    .await
}

fn tried_lines(found: &Found) -> Vec<TriedLine> {
    found
        .tried
        .iter()
        .map(|tried| TriedLine {
            words: objective_words(tried.objective),
            groups: format::count(tried.groups as u64),
            bits: format!("{:.2}", tried.bits_per_talk),
            inside: format!("{:.0}\u{a0}%", 100.0 * tried.share_inside),
            by_chance: format!("{:.0}\u{a0}%", 100.0 * tried.share_by_chance),
        })
        .collect()
}

#[derive(Template)]
#[template(path = "conversations/group.html")]
struct GroupPage {
    layout: Layout,
    name: String,
    id: i64,
    finding: String,
    brand: Option<Brand>,
    estimates: Vec<EstimateView>,
    buyers: Vec<EstimateView>,
    buyers_words: String,
    terms: Vec<TermLine>,
    samples: Vec<SampleLine>,
    voices: Vec<VoiceLine>,
    neighbours: Vec<NeighbourLine>,
    bars: Vec<Bar>,
    parts: Vec<PartLine>,
    activity: String,
    family: Option<Link>,
    children: Vec<Link>,
    events: Vec<String>,
    map: String,
    all: String,
    /// For the `lang` of what members said.
    language: Option<&'static str>,
}

struct TermLine {
    term: String,
    people: String,
    anywhere: String,
    score: String,
}

struct SampleLine {
    author: Person,
    other: Option<Person>,
    words: String,
    between: Option<String>,
}

struct VoiceLine {
    person: Person,
    listeners: String,
    answered: String,
    evidence: Option<String>,
}

struct NeighbourLine {
    name: String,
    address: String,
    talks: String,
    times: String,
}

struct PartLine {
    from: String,
    talks: String,
}

/// A name that leads somewhere.
pub struct Link {
    pub name: String,
    pub address: String,
}

/// `GET /conversations/groups/{id}?brand=…`
pub async fn show(
    State(app): State<App>,
    visit: Visit,
    Path(id): Path<i64>,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Page {
    let query = Pairs(pairs);
    let brand = super::brand_of(&app, query.one("brand")).await?;
    let at_hand = at_hand(&app, brand.clone()).await?;
    let Some(place) = at_hand.market.place(id) else { return Err(gone(&app, &at_hand, id).await?) };
    let group = &at_hand.market.list[place as usize];
    let (names, samples) = people_and_words(&app, group).await?;
    let events = app.data.store.group_events(Some(id), 12).await?;
    let figures = &group.detail.figures;
    let as_of = at_hand.as_of();
    let brand_id = brand.as_ref().map(|brand| brand.id);
    let view = |id: &str, label: &str, estimate: &model::Estimate| {
        EstimateView::new(Drawing { id, label, scale_to: 1.0, brand: brand_id }, estimate)
    };
    let trials = at_hand.market.found.as_ref().map_or(0, |found| found.trials);
    let inside = talk_inside(&at_hand.market.groups, &at_hand.snapshot.index, place, as_of);
    let mut estimates = vec![
        view("inside", "Talk that stays inside", &inside),
        view("sure", "Found again without a fifth of the talk", &found_again(group.detail.stability, trials, as_of)),
        view("buying", "Buying talk among members", &buying_talk_inside(figures, as_of)),
    ];
    estimates.extend(
        group.detail.language.as_ref().map(|spoken| view("language", "Language", &language_estimate(spoken, as_of))),
    );
    let address = at_hand.address(group);
    let (buyers, buyers_words) = match (&at_hand.buyers, at_hand.buyers_in(place)) {
        (Some(all), Some(here)) => (
            vec![
                view(
                    "buyers-talk",
                    "Share of the buyers’ talk",
                    &share_of_buyers_talk(here, &all.taking, as_of, &address),
                ),
                view("buyers-members", "Members who are buyers", &share_of_members(here, figures.members, as_of)),
            ],
            format!(
                "{} of {}’s {} have at least 15\u{a0}% of their talk here: {}.",
                format::count(u64::from(here.taking_part)),
                all.brand.name,
                format::counted(u64::from(all.taking.talking), "talking buyer", "talking buyers"),
                times_words(here)
            ),
        ),
        (Some(all), None) => (vec![], format!("None of {}’s buyers talks with members of this group.", all.brand.name)),
        (None, _) => (vec![], String::new()),
    };
    let found_from = at_hand.market.found.as_ref().map_or((0, 0), |found| (found.from_unix, found.as_of_unix));
    let link = |id: i64| {
        let place = at_hand.market.place(id)?;
        let group = &at_hand.market.list[place as usize];
        Some(Link { name: group.called(), address: at_hand.address(group) })
    };
    let neighbours = figures.neighbours.iter().filter_map(|near| {
        let Link { name, address } = link(i64::from(near.group))?;
        Some(NeighbourLine {
            name,
            address,
            talks: format::count(near.talks),
            times: format!("{:.1} times what how busy both are leads to expect", near.times_expected),
        })
    });
    let children = at_hand.market.list.iter().filter(|other| other.family == id && other.id != id);
    let map = Pairs::default().with("group", id);
    let page = GroupPage {
        layout: Layout::load(&app, visit, Word::Conversations, group.called()).await?,
        finding: group_finding(group),
        bars: bars(&figures.activity, 480.0, 72.0),
        parts: parts(&figures.activity, found_from),
        activity: activity_words(&figures.activity),
        terms: group
            .detail
            .terms
            .iter()
            .map(|term| TermLine {
                term: term.term.clone(),
                people: format::count(u64::from(term.people)),
                anywhere: format::count(u64::from(term.people_anywhere)),
                score: format!("{:.1}", term.score),
            })
            .collect(),
        samples: samples
            .into_iter()
            .map(|(sample, body)| SampleLine {
                author: person(&names, sample.author).for_brand(brand_id),
                other: sample.other.map(|other| person(&names, other).for_brand(brand_id)),
                words: words::plain(&body).chars().take(500).collect(),
                between: sample.other.map(|other| format!("/conversations/between/{}/{other}", sample.author)),
            })
            .collect(),
        voices: group
            .voices
            .iter()
            .map(|voice| VoiceLine {
                person: person(&names, voice.account).for_brand(brand_id),
                listeners: format::count(u64::from(voice.listeners)),
                answered: format::count(u64::from(voice.answered)),
                evidence: brand_id.map(|brand| format!("/conversations/{}?brand={brand}", voice.account)),
            })
            .collect(),
        neighbours: neighbours.collect(),
        family: link(group.family).filter(|_| group.family != id),
        children: children.map(|other| Link { name: other.called(), address: at_hand.address(other) }).collect(),
        events: events.iter().map(|event| event_words(event, id, &at_hand.market)).collect(),
        map: match brand_id {
            Some(brand) => map.with("brand", brand),
            None => map,
        }
        .address("/conversations/map"),
        all: brand_id
            .map_or_else(|| "/conversations/groups".to_owned(), |brand| format!("/conversations/groups?brand={brand}")),
        language: group.detail.language.as_ref().and_then(|spoken| language_tag(&spoken.code)),
        name: group.called(),
        id,
        estimates,
        buyers,
        buyers_words,
        brand,
    };
    draw(page).await
}

fn language_estimate(
    spoken: &engine::conversations::portraits::languages::SpokenLanguage,
    as_of: Timestamp,
) -> model::Estimate {
    let words = format!(
        "of the {} texts whose language could be told, {:.0} % are in {}",
        spoken.texts,
        100.0 * spoken.share.value,
        spoken.name
    );
    let tree = model::Explanation::leaf(words, Some(spoken.share.value), model::Unit::Share)
        .with_formula("texts in the most spoken language / texts told; Jeffreys interval");
    model::Estimate::known(
        spoken.share.value,
        spoken.share.lo,
        spoken.share.hi,
        spoken.texts,
        "texts",
        "language_of_group",
        tree,
    )
    .as_of(as_of)
    .graded(model::Grade::C)
}

fn group_finding(group: &GroupAbout) -> String {
    let figures = &group.detail.figures;
    let language = match &group.detail.language {
        Some(spoken) if spoken.share.value >= 0.8 => format!(", in {}", spoken.name),
        Some(spoken) => format!(", most often in {}", spoken.name),
        None => String::new(),
    };
    let about = if group.name.is_none() { " Too little of what they say is held to name them." } else { "" };
    format!(
        "{} who took {} with each other{language}; {} pairs talk both ways.{about}",
        format::counted(u64::from(figures.members), "person", "people"),
        format::counted(figures.talks_inside, "turn", "turns"),
        format::count(figures.pairs_both_ways),
    )
}

fn parts(activity: &[u32], (from, to): (i64, i64)) -> Vec<PartLine> {
    let part = (to - from) as f64 / activity.len().max(1) as f64;
    activity
        .iter()
        .enumerate()
        .map(|(at, &talks)| PartLine {
            from: clock::day(Timestamp::from_unix_seconds(from + (part * at as f64) as i64)),
            talks: format::count(u64::from(talks)),
        })
        .collect()
}

fn event_words(event: &store::GroupEventRow, id: i64, market: &MarketGroups) -> String {
    let called = |id: i64| {
        let living = market.place(id).map(|place| market.list[place as usize].called());
        let gone = || market.gone.iter().find(|group| group.id == id).and_then(|group| group.name.clone());
        living.or_else(gone).map_or_else(|| format!("group {id}"), |name| format!("“{name}” (group {id})"))
    };
    let share = event.share.map(|share| format!("{:.0}\u{a0}% of its members", 100.0 * share)).unwrap_or_default();
    let day = clock::day(event.at);
    let other = event.other.map(called).unwrap_or_default();
    match (event.kind.as_str(), event.group == id) {
        ("began", _) => format!("{day}: met for the first time"),
        ("split_off", true) => format!("{day}: split off from {other}, taking {share}"),
        ("split_off", false) => format!("{day}: {} split off, taking {share}", called(event.group)),
        ("merged_into", true) => format!("{day}: became part of {other}, with {share}"),
        ("merged_into", false) => format!("{day}: {} became part of it, with {share}", called(event.group)),
        ("ended", _) => format!("{day}: no longer found as a group"),
        ("renamed", _) => format!("{day}: was called “{}” before", event.words.clone().unwrap_or_default()),
        (other, _) => format!("{day}: {other}"),
    }
}

/// The names of everybody on a group's page, and the words that show what it talks about.
async fn people_and_words(
    app: &App,
    group: &GroupAbout,
) -> Result<(HashMap<AccountId, CreatorName>, Vec<(store::SampleRow, String)>), WebError> {
    let (data, voices, samples) = (app.data.clone(), group.voices.clone(), group.samples.clone());
    aside(move || async move {
        let mut people: Vec<AccountId> = voices.iter().map(|voice| voice.account).collect();
        people.extend(samples.iter().flat_map(|sample| [Some(sample.author), sample.other]).flatten());
        let names = creators::names(&data, people).await.map_err(crate::conversations::ConversationsError::from)?;
        let ids: Vec<i64> = samples.iter().map(|sample| sample.text).collect();
        let bodies: HashMap<i64, String> = data.lake.texts(&ids, data.now()).await?.into_iter().collect();
        let words =
            samples.into_iter().filter_map(|sample| Some((sample, bodies.get(&sample.text)?.clone()))).collect();
        Ok::<_, WebError>((names, words))
    })
    .await
}

/// The page of a group that is no longer found: what became of it.
async fn gone(app: &App, at_hand: &GroupsAtHand, id: i64) -> Result<WebError, WebError> {
    let Some(was) = at_hand.market.gone.iter().find(|group| group.id == id) else {
        return Ok(WebError::not_found("No such group", format!("No conversation group has the number {id}."))
            .with(Recovery::new("All groups", "/conversations/groups")));
    };
    let events = app.data.store.group_events(Some(id), 6).await?;
    let told: Vec<String> = events.iter().map(|event| event_words(event, id, &at_hand.market)).collect();
    let called = was.name.clone().unwrap_or_else(|| format!("group {id}"));
    let mut error = WebError::not_found(format!("“{called}” is no longer a group"), format!("{}.", told.join(". ")));
    let heir =
        events.iter().find(|event| event.kind == "merged_into" && event.group == id).and_then(|event| event.other);
    if let Some(heir) = heir {
        error = error.with(Recovery::new("The group it became part of", format!("/conversations/groups/{heir}")));
    }
    Ok(error.with(Recovery::new("All groups", "/conversations/groups")))
}
