//! Creators: searching them, and the one long page about each, where every figure opens to its rows.

pub mod compare;
pub mod lists;
pub mod own;
pub mod persons;
pub mod search;
pub mod searches;

use askama::Template;
use axum::extract::{Form, Path, Query, State};
use axum::response::Redirect;
use engine::conversations::portraits::estimates::share_of_own_talk;
use engine::conversations::portraits::participation::{TalkByGroup, TalkPart};
use engine::matching::niches::{CreatorNiche, NicheNode, NicheSource, niche_tree};
use lake::{FollowerPoint, PostRow};
use model::{AccountId, Brand, Platform};

use self::own::OwnMark;
use self::persons::AlsoOn;
use super::search::niches::{NichesOfCreator, correct, niches_of_creator};
use super::{CreatorReport, CreatorsError, report};
use crate::clock;
use crate::conversations::market::{GroupAbout, MarketGroups, spread_of};
use crate::matching::{self, BaselinePositions, MatchingError, RankedCreator};
use crate::vetting::CreatorEstimates;
use crate::web::app::{App, Page, aside, draw};
use crate::web::brands::{BrandChoice, brand_at_hand, brand_choices};
use crate::web::error::WebError;
use crate::web::estimates::{Drawing, EstimateView, round_scale_end};
use crate::web::figures::{conversation, engagement};
use crate::web::format;
use crate::web::layout::{Layout, Word};
use crate::web::level::LevelMark;
use crate::web::lists::{ListChoice, list_choices};
use crate::web::people::Person;
use crate::web::query::Pairs;
use crate::web::visit::Visit;

/// Why a creator is in a brand's ranking, or that they are not.
pub struct WhyHere {
    pub brand: String,
    pub ranking: String,
    pub place: String,
    pub tie: Option<String>,
    pub reason: String,
    pub fit: EstimateView,
    pub facts: Vec<Fact>,
    /// Places by measures that others sell.
    pub elsewhere: Vec<Elsewhere>,
    pub buyers: Vec<BuyerBesideLine>,
    pub evidence: String,
}

/// A count with its words and the rows behind it.
pub struct Fact {
    pub words: &'static str,
    pub count: String,
}

/// A place by a measure that others sell.
pub struct Elsewhere {
    pub measure: &'static str,
    pub place: String,
}

/// A buyer who turns to this creator, or is likely to.
pub struct BuyerBesideLine {
    pub person: Person,
    pub talks: String,
    pub between: String,
}

/// A group that part of the creator's talk is in, or everything elsewhere.
pub struct GroupPart {
    pub name: String,
    pub address: Option<String>,
    pub share: EstimateView,
}

/// A niche somebody is filed under, with what speaks for it.
pub struct NicheLine {
    pub code: String,
    pub path: String,
    pub chance: EstimateView,
    pub quotes: Vec<String>,
    /// Set by hand: what was said, to be taken back.
    pub by_person: bool,
}

/// A niche to choose.
pub struct NicheChoice {
    pub code: &'static str,
    pub words: String,
}

/// A post with its newest counts.
pub struct PostLine {
    pub title: String,
    pub url: Option<String>,
    pub body: String,
    pub when: String,
    pub kind: String,
    pub counts: String,
}

/// Followers over time as a line, with the table behind it.
pub struct FollowerLine {
    pub points: String,
    pub finding: String,
    pub rows: Vec<FollowerRow>,
}

pub struct FollowerRow {
    pub day: String,
    pub followers: String,
}

/// What is held about the account itself.
pub struct Held {
    pub words: &'static str,
    pub value: String,
    pub known: bool,
}

#[derive(Template)]
#[template(path = "creators/show.html")]
struct CreatorPage {
    layout: Layout,
    person: Person,
    url: Option<String>,
    bio: Option<String>,
    language: String,
    checked: Option<String>,
    level: LevelMark,
    brands: Vec<BrandChoice>,
    why: Option<WhyHere>,
    /// The words for a creator who is not in the ranking of the brand at hand.
    not_ranked: Option<String>,
    /// The groups the creator's talk is in, and the rest; empty without talk or groups.
    groups: Vec<GroupPart>,
    conversation: Vec<EstimateView>,
    engagement: Vec<EstimateView>,
    no_figures: bool,
    posts: Vec<PostLine>,
    held: Vec<Held>,
    followers: Option<FollowerLine>,
    niches: Vec<NicheLine>,
    niche_choices: Vec<NicheChoice>,
    alike: String,
    /// Where one writes to them: their contact, or a new one.
    write: String,
    /// The brand at hand.
    brand_id: Option<String>,
    /// Shortlists to add to, and those the creator is on.
    list_choices: Vec<ListChoice>,
    on_lists: Vec<ListChoice>,
    own: Option<OwnMark>,
    also: AlsoOn,
}

/// `GET /creators/{account}?brand=…`
pub async fn show(
    State(app): State<App>,
    visit: Visit,
    Path(account): Path<AccountId>,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Page {
    let query = Pairs(pairs);
    let data = app.data.clone();
    let report = aside(move || async move { report(&data, account).await }).await?;
    let brand = brand_at_hand(&app, query.one("brand")).await?;
    let (why, not_ranked) = match &brand {
        Some(brand) => why_here(&app, brand, account).await?,
        None => (None, None),
    };
    let estimates: Option<CreatorEstimates> =
        report.figures.as_ref().and_then(|figures| serde_json::from_str(&figures.detail).ok());
    let brand_id = brand.as_ref().map(|brand| brand.id);
    let data = app.data.clone();
    let groups = aside(move || async move { spread_of(&data, account).await }).await?;
    let level = estimates.as_ref().map_or("not-known", |estimates| estimates.level.as_str());
    let person = Person::of(&report.name);
    let on = app.data.store.shortlists_with(account).await?;
    let (on_lists, list_choices) = list_choices(&app).await?.into_iter().partition(|list| on.contains(&list.id));
    let data = app.data.clone();
    let niches = aside(move || async move { niches_of_creator(&data, account).await }).await?;
    let data = app.data.clone();
    let (own, also) = aside(move || async move {
        Ok::<_, CreatorsError>((OwnMark::of(&data, account).await?, AlsoOn::of(&data, account).await?))
    })
    .await?;
    let write = match app.data.store.contacts_of_accounts(&[account]).await?.first() {
        Some((_, contact)) => format!("/outreach/contacts/{contact}"),
        None => format!("/outreach/contacts/new?creator={account}"),
    };
    draw(CreatorPage {
        write,
        own,
        also,
        niches: niche_lines(&niches),
        niche_choices: niche_choices(),
        alike: Pairs::default()
            .with("alike", account)
            .with("shown", "alike")
            .with("shown", "shared_audience")
            .address("/creators"),
        on_lists,
        list_choices,
        brand_id: brand_id.map(|id| id.to_string()),
        layout: Layout::load(&app, visit, Word::Creators, report.name.name.clone()).await?,
        level: LevelMark::of(level),
        url: report.name.url.clone(),
        bio: report.profile.bio.clone(),
        language: language_of(&report),
        checked: report.profile.observed_at.map(clock::day),
        brands: brand_choices(&app, brand_id, &format!("/creators/{account}")).await?,
        groups: groups.map(|(market, talk)| group_lines(&market, &talk, brand_id)).unwrap_or_default(),
        why,
        not_ranked,
        conversation: estimates.as_ref().map(|held| conversation(held, brand_id)).unwrap_or_default(),
        engagement: estimates.as_ref().map(|held| engagement(held, brand_id)).unwrap_or_default(),
        no_figures: estimates.is_none(),
        posts: report.posts.iter().map(|post| post_line(post, layout_hides_links(&report))).collect(),
        held: held(&report),
        followers: follower_line(&report.followers),
        person,
    })
    .await
}

fn niche_lines(found: &NichesOfCreator) -> Vec<NicheLine> {
    let line = |niche: &CreatorNiche| {
        let id = format!("niche-{}", niche.code);
        let drawing = Drawing { id: &id, label: "How probable it is", scale_to: 1.0, brand: None };
        NicheLine {
            path: niche.path.join(" › "),
            chance: EstimateView::new(drawing, &niche.probability),
            quotes: niche.quotes.iter().filter_map(|quote| found.words.quoted(quote)).collect(),
            by_person: found.corrections.iter().any(|said| said.code == niche.code),
            code: niche.code.clone(),
        }
    };
    // A wider niche that only narrower ones speak for stands in their path.
    found.niches.iter().filter(|niche| niche.source != NicheSource::NarrowerNiches).map(line).collect()
}

fn niche_choices() -> Vec<NicheChoice> {
    let indented =
        |node: NicheNode| NicheChoice { code: node.code, words: format!("{}{}", "– ".repeat(node.depth), node.name) };
    niche_tree().into_iter().map(indented).collect()
}

/// `POST /creators/{account}/niche`: `niche` is theirs (`do=add`), is not (`do=remove`), or what was said is taken back.
pub async fn correct_niche(
    State(app): State<App>,
    Path(account): Path<AccountId>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Redirect, WebError> {
    let given = Pairs(pairs);
    let is_niche = match given.one("do") {
        Some("add") => Some(true),
        Some("remove") => Some(false),
        _ => None,
    };
    correct(&app.data, account, given.one("niche").unwrap_or(""), is_niche).await?;
    Ok(Redirect::to(&format!("/creators/{account}#niches")))
}

/// Made-up people have no public address, so neither have their posts.
fn layout_hides_links(report: &CreatorReport) -> Links {
    if report.name.url.is_some() || report.profile.platform == Platform::StackExchange {
        Links::Shown
    } else {
        Links::Hidden
    }
}

/// Whether posts lead to where they were published.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Links {
    Shown,
    Hidden,
}

async fn why_here(app: &App, brand: &Brand, account: AccountId) -> Result<(Option<WhyHere>, Option<String>), WebError> {
    let (data, ranked_for) = (app.data.clone(), brand.clone());
    let ranking = aside(move || async move { matching::rank(&data, ranked_for).await }).await?;
    let explained = match matching::explain(&app.data, &ranking.ranking, account).await {
        Ok(explained) => explained,
        Err(MatchingError::NotRanked(_)) => {
            let words = format!(
                "Not among the {} ranked for {}: no talk with its buyers is held, nor with people close to them.",
                format::counted(ranking.summary.creators, "creator", "creators"),
                brand.name
            );
            return Ok((None, Some(words)));
        }
        Err(error) => return Err(error.into()),
    };
    let ranked = explained.ranked;
    let scale_to = round_scale_end(ranked.fit.hi.unwrap_or(1.0));
    let drawing = Drawing { id: "fit", label: "Listening score", scale_to, brand: Some(brand.id) };
    let why = WhyHere {
        brand: brand.name.clone(),
        ranking: format!("/matching?brand={}", brand.id),
        place: explained.row.position.to_string(),
        tie: (ranked.tie_to > ranked.tie_from).then(|| format!("{}–{}", ranked.tie_from, ranked.tie_to)),
        reason: ranked.reason.clone(),
        fit: EstimateView::new(drawing, &ranked.fit),
        facts: exchange_facts(&ranked),
        elsewhere: elsewhere(&ranked.baselines),
        buyers: buyers_beside(&ranked, account),
        evidence: format!("/conversations/{account}?brand={}", brand.id),
    };
    Ok((Some(why), None))
}

fn exchange_facts(ranked: &RankedCreator) -> Vec<Fact> {
    let exchange = &ranked.exchange;
    let fact = |words, count| Fact { words, count: format::count(count) };
    vec![
        fact("buyers who turned to them", exchange.buyers_turning),
        fact("buyers they turned to", exchange.buyers_turned_to),
        fact("buyers with talk both ways", exchange.buyers_both_ways),
        fact("buyers who came back on another day", exchange.buyers_came_back),
        fact("answers to buyers’ questions", exchange.answers),
        fact("threads in which somebody asked, compared or bought", exchange.buying_threads),
    ]
}

fn elsewhere(places: &BaselinePositions) -> Vec<Elsewhere> {
    let place = |measure, place: Option<u64>| Elsewhere {
        measure,
        place: place.map_or_else(|| "not known".to_owned(), format::count),
    };
    vec![
        place("by followers", places.followers),
        place("by engagement", places.engagement),
        place("by how many turn to them, buyers or not", Some(places.in_degree)),
        place("by PageRank", Some(places.pagerank)),
    ]
}

fn buyers_beside(ranked: &RankedCreator, account: AccountId) -> Vec<BuyerBesideLine> {
    ranked
        .buyers
        .iter()
        .map(|buyer| BuyerBesideLine {
            person: Person::new(buyer.account, Platform::Other, &buyer.name, ""),
            talks: match buyer.talks {
                0 => "has not turned to them yet".to_owned(),
                1 => "turned to them once".to_owned(),
                times => format!("turned to them {} times", format::count(u64::from(times))),
            },
            between: format!("/conversations/between/{}/{account}", buyer.account),
        })
        .collect()
}

fn group_lines(market: &MarketGroups, talk: &TalkByGroup, brand: Option<model::BrandId>) -> Vec<GroupPart> {
    let line = |part: &TalkPart| {
        let group = part.group.map(|place| &market.list[place as usize]);
        let name = group.map_or_else(|| "Elsewhere".to_owned(), GroupAbout::called);
        let address = group.map(|group| {
            Pairs::default().with_some("brand", brand).address(&format!("/conversations/groups/{}", group.id))
        });
        let share = share_of_own_talk(part, market.as_of(), address.as_deref());
        let id = group.map_or_else(|| "group-elsewhere".to_owned(), |group| format!("group-{}", group.id));
        let drawing = Drawing { id: &id, label: "Share of their talk", scale_to: 1.0, brand };
        GroupPart { name, address, share: EstimateView::new(drawing, &share) }
    };
    talk.groups.iter().chain(&talk.elsewhere).filter(|_| market.found.is_some()).map(line).collect()
}

fn post_line(post: &PostRow, links: Links) -> PostLine {
    let count = |number: Option<i64>, one: &str, many: &str| {
        number.map(|number| format::counted(u64::try_from(number).unwrap_or(0), one, many))
    };
    let counts: Vec<String> = [
        count(post.likes, "like", "likes"),
        count(post.comments, "comment", "comments"),
        count(post.views, "view", "views"),
    ]
    .into_iter()
    .flatten()
    .collect();
    let body = crate::web::words::plain(post.body.as_deref().unwrap_or(""));
    let title = post.title.clone().map(|title| crate::web::words::plain(&title)).unwrap_or_default();
    PostLine {
        title,
        url: if links == Links::Shown { crate::web::words::safe_link(post.url.as_deref()) } else { None },
        body,
        when: clock::day(post.created_at),
        kind: post.kind.clone(),
        counts: if counts.is_empty() { "likes, comments and views not known".to_owned() } else { counts.join(" · ") },
    }
}

fn language_of(report: &CreatorReport) -> String {
    report.profile.language.clone().unwrap_or_default()
}

fn held(report: &CreatorReport) -> Vec<Held> {
    let profile = &report.profile;
    let count = |number: Option<i64>| number.map(format::count_of);
    let line = |words, value: Option<String>, way: &str| Held {
        words,
        known: value.is_some(),
        value: value.unwrap_or_else(|| format!("not known; {way}")),
    };
    vec![
        line("Platform", Some(profile.platform.name().to_owned()), ""),
        line("Name on the platform", Some(profile.native_id.clone()), ""),
        line("Followers", count(profile.followers), "an accounts file or a profile export says it"),
        line("Following", count(profile.following), "an accounts file or a profile export says it"),
        line("Country", profile.country.clone(), "the creator has not said it in what was brought in"),
        line("Language", profile.language.clone(), "the creator has not said it in what was brought in"),
        line(
            "Last seen",
            profile.observed_at.map(clock::day),
            "no profile of this account was brought in, only its talk",
        ),
    ]
}

fn follower_line(series: &[FollowerPoint]) -> Option<FollowerLine> {
    let (first, last) = (series.first()?, series.last()?);
    if series.len() < 2 {
        return None;
    }
    let (start, end) = (first.observed_at.0 as f64, last.observed_at.0 as f64);
    let lowest = series.iter().map(|point| point.followers).min()? as f64;
    let highest = series.iter().map(|point| point.followers).max()? as f64;
    let points: Vec<String> = series
        .iter()
        .map(|point| {
            let x = (point.observed_at.0 as f64 - start) / (end - start).max(1.0) * 400.0;
            let y = 92.0 - (point.followers as f64 - lowest) / (highest - lowest).max(1.0) * 88.0;
            format!("{x:.1},{y:.1}")
        })
        .collect();
    Some(FollowerLine {
        points: points.join(" "),
        finding: format!(
            "Followers from {} on {} to {} on {}; the line runs from {} at its foot to {} at its top.",
            format::count_of(first.followers),
            clock::day(first.observed_at),
            format::count_of(last.followers),
            clock::day(last.observed_at),
            format::count_of(lowest as i64),
            format::count_of(highest as i64),
        ),
        rows: series
            .iter()
            .rev()
            .map(|point| FollowerRow {
                day: clock::day(point.observed_at),
                followers: format::count_of(point.followers),
            })
            .collect(),
    })
}
