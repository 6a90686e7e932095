//! One conversation group with everything that is said of it, each figure open to what it was made from.

use std::collections::HashMap;

use askama::Template;
use axum::extract::{Path, Query, State};
use engine::conversations::portraits::estimates::{
    buying_talk_inside, share_of_buyers_talk, share_of_members, share_of_niche, talk_inside, times_as_often,
    times_expected,
};
use engine::conversations::portraits::languages::{SpokenLanguage, language_tag};
use engine::conversations::portraits::niches;
use model::{AccountId, Brand, Estimate, Explanation, Grade, Timestamp, Unit};

use super::super::super::market::{GroupAbout, MarketGroups};
use super::{Bar, GroupsAtHand, Link, Names, activity_words, at_hand, bars, person, times_words};
use crate::clock;
use crate::conversations::ConversationsError;
use crate::creators;
use crate::web::app::{App, Page, aside, draw};
use crate::web::brands::brand_at_hand;
use crate::web::error::{Recovery, WebError};
use crate::web::estimates::{Drawing, EstimateView, scale_end_for_most};
use crate::web::format;
use crate::web::layout::{Layout, Word};
use crate::web::people::Person;
use crate::web::query::Pairs;
use crate::web::visit::Visit;
use crate::web::words;

/// Terms named beside the share of a niche.
const NICHE_TERMS_SHOWN: usize = 6;

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
    niches: Vec<NicheLine>,
    terms: Vec<EstimateView>,
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
    group: Link,
    times: EstimateView,
}

struct NicheLine {
    /// From the widest niche down.
    path: String,
    others: String,
    share: EstimateView,
}

struct PartLine {
    from: String,
    talks: String,
}

/// `GET /conversations/groups/{id}?brand=…`
pub async fn show(
    State(app): State<App>,
    visit: Visit,
    Path(id): Path<i64>,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Page {
    let query = Pairs(pairs);
    let brand = brand_at_hand(&app, query.one("brand")).await?;
    let at_hand = at_hand(&app, brand.clone()).await?;
    let Some(place) = at_hand.market.place(id) else { return Err(gone(&app, &at_hand, id).await?) };
    let group = &at_hand.market.list[place as usize];
    let (names, samples) = people_and_words(&app, group).await?;
    let events = app.data.store.group_events(Some(id), 12).await?;
    let figures = &group.detail.figures;
    let drawn = Drawn { at_hand: &at_hand, place, group, as_of: at_hand.market.as_of() };
    let brand_id = brand.as_ref().map(|brand| brand.id);
    let (buyers, buyers_words) = drawn.buyers();
    let found_from = at_hand.market.found.as_ref().map_or((0, 0), |found| (found.from_unix, found.as_of_unix));
    let children = at_hand.market.list.iter().filter(|other| other.family == id && other.id != id);
    let page = GroupPage {
        layout: Layout::load(&app, visit, Word::Conversations, group.called()).await?,
        finding: group_finding(group),
        bars: bars(&figures.activity, 480.0, 72.0),
        parts: parts(&figures.activity, found_from),
        activity: activity_words(&figures.activity),
        niches: drawn.niches(),
        terms: drawn.terms(),
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
        neighbours: drawn.neighbours(),
        family: drawn.link(group.family).filter(|_| group.family != id),
        children: children.map(|other| Link { name: other.called(), address: at_hand.address(other) }).collect(),
        events: events.iter().map(|event| event_words(event, id, &at_hand.market)).collect(),
        map: Pairs::default().with("group", id).with_some("brand", brand_id).address("/conversations/map"),
        all: at_hand.with_brand("/conversations/groups".to_owned()),
        language: group.detail.language.as_ref().and_then(|spoken| language_tag(&spoken.code)),
        name: group.called(),
        id,
        estimates: drawn.figures(),
        buyers,
        buyers_words,
        brand,
    };
    draw(page).await
}

/// One group, and what its figures are drawn from.
struct Drawn<'a> {
    at_hand: &'a GroupsAtHand,
    place: u32,
    group: &'a GroupAbout,
    as_of: Timestamp,
}

impl Drawn<'_> {
    fn view(&self, id: &str, label: &str, scale_to: f64, estimate: &Estimate) -> EstimateView {
        let brand = self.at_hand.buyers.as_ref().map(|buyers| buyers.brand.id);
        EstimateView::new(Drawing { id, label, scale_to, brand }, estimate)
    }

    fn link(&self, id: i64) -> Option<Link> {
        let group = &self.at_hand.market.list[self.at_hand.market.place(id)? as usize];
        Some(Link { name: group.called(), address: self.at_hand.address(group) })
    }

    fn figures(&self) -> Vec<EstimateView> {
        let (market, detail) = (&self.at_hand.market, &self.group.detail);
        let inside = talk_inside(&market.groups, &self.at_hand.snapshot.index, self.place, self.as_of);
        let sure = detail.found_again(market.trials(), self.as_of);
        let buying = buying_talk_inside(&detail.figures, self.as_of);
        let mut views = vec![
            self.view("inside", "Talk that stays inside", 1.0, &inside),
            self.view("sure", "Found again without a fifth of the talk", 1.0, &sure),
            self.view("buying", "Buying talk among members", 1.0, &buying),
        ];
        let language = detail.language.as_ref().map(|spoken| language_estimate(spoken, self.as_of));
        views.extend(language.map(|language| self.view("language", "Language", 1.0, &language)));
        views
    }

    fn terms(&self) -> Vec<EstimateView> {
        let said = "#said-title";
        let terms = &self.group.detail.terms;
        let times: Vec<Estimate> = terms.iter().map(|term| times_as_often(term, self.as_of, said)).collect();
        let scale_to = scale_end_for_most(times.iter().filter_map(|times| times.hi).collect());
        terms
            .iter()
            .zip(&times)
            .enumerate()
            .map(|(at, (term, times))| {
                let label = format!("{} · {} of {} who say it", term.term, term.people, term.people_anywhere);
                self.view(&format!("term-{}", at + 1), &label, scale_to, times)
            })
            .collect()
    }

    fn niches(&self) -> Vec<NicheLine> {
        let niches = &self.group.detail.niches;
        niches
            .iter()
            .map(|niche| NicheLine {
                path: niches::path(&niche.code).join(" › "),
                others: Pairs::default()
                    .with_some("brand", self.at_hand.buyers.as_ref().map(|buyers| buyers.brand.id))
                    .with("niche", &niche.code)
                    .address("/conversations/groups"),
                share: self.view(
                    &format!("niche-{}", niche.code),
                    &niche_label(&niche.terms),
                    1.0,
                    &share_of_niche(niche, self.as_of),
                ),
            })
            .collect()
    }

    fn neighbours(&self) -> Vec<NeighbourLine> {
        let near: Vec<(Link, i64, Estimate)> = self
            .group
            .detail
            .figures
            .neighbours
            .iter()
            .filter_map(|near| {
                let link = self.link(i64::from(near.group))?;
                let times = times_expected(near, self.as_of, &link.address);
                Some((link, i64::from(near.group), times))
            })
            .collect();
        let scale_to = scale_end_for_most(near.iter().filter_map(|(_, _, times)| times.hi).collect());
        near.into_iter()
            .map(|(group, id, times)| NeighbourLine {
                times: self.view(&format!("near-{id}"), "Talk, in times what is expected", scale_to, &times),
                group,
            })
            .collect()
    }

    fn buyers(&self) -> (Vec<EstimateView>, String) {
        let Some(all) = &self.at_hand.buyers else { return (vec![], String::new()) };
        let Some(here) = self.at_hand.buyers_in(self.place) else {
            return (vec![], format!("None of {}’s buyers talks with members of this group.", all.brand.name));
        };
        let taking = &all.taking.taking;
        let talk = share_of_buyers_talk(here, taking, self.as_of, &self.at_hand.address(self.group));
        let members = share_of_members(here, self.group.detail.figures.members, self.as_of);
        let words = format!(
            "{} of {}’s {} have at least 15\u{a0}% of their talk here: {}.",
            format::count(u64::from(here.taking_part)),
            all.brand.name,
            format::counted(u64::from(taking.talking), "talking buyer", "talking buyers"),
            times_words(here)
        );
        let views = vec![
            self.view("buyers-talk", "Share of the buyers’ talk", 1.0, &talk),
            self.view("buyers-members", "Members who are buyers", 1.0, &members),
        ];
        (views, words)
    }
}

/// The terms that speak of a niche, as many as a line holds; its explanation names all.
fn niche_label(terms: &[String]) -> String {
    let shown = terms[..terms.len().min(NICHE_TERMS_SHOWN)].join(", ");
    match terms.len().saturating_sub(NICHE_TERMS_SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

fn language_estimate(spoken: &SpokenLanguage, as_of: Timestamp) -> Estimate {
    let words = format!(
        "of the {} texts whose language could be told, {:.0} % are in {}",
        spoken.texts,
        100.0 * spoken.share.value,
        spoken.name
    );
    let tree = Explanation::leaf(words, Some(spoken.share.value), Unit::Share)
        .with_formula("texts in the most spoken language / texts told; Jeffreys interval");
    Estimate::known(
        spoken.share.value,
        spoken.share.lo,
        spoken.share.hi,
        spoken.texts,
        "texts",
        "language_of_group",
        tree,
    )
    .as_of(as_of)
    .graded(Grade::C)
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
async fn people_and_words(app: &App, group: &GroupAbout) -> Result<(Names, Vec<(store::SampleRow, String)>), WebError> {
    let (data, voices, samples) = (app.data.clone(), group.voices.clone(), group.samples.clone());
    aside(move || async move {
        let mut people: Vec<AccountId> = voices.iter().map(|voice| voice.account).collect();
        people.extend(samples.iter().flat_map(|sample| [Some(sample.author), sample.other]).flatten());
        let names = creators::names(&data, people).await.map_err(ConversationsError::from)?;
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
