//! `/creators/lists`: shortlists, who is on each with what is known of them, adding, taking off, and the list as CSV.

use askama::Template;
use axum::extract::{Form, Path, Query, State};
use axum::response::{Redirect, Response};
use model::AccountId;
use store::{RankedFilter, Shortlist, ShortlistMember};

use crate::clock;
use crate::creators::shortlists::{self, Listed, WhichList};
use crate::creators::{CreatorsError, find};
use crate::matching;
use crate::vetting::CreatorEstimates;
use crate::web::app::{App, Page, aside, draw};
use crate::web::brands::{BrandChoice, brand_at_hand, brand_choices};
use crate::web::csv::{PARTS, Sheet, push_estimate};
use crate::web::error::WebError;
use crate::web::estimates::{EstimateCell, common_scale, scale_end_for_most};
use crate::web::format;
use crate::web::layout::{Layout, Word};
use crate::web::level::LevelMark;
use crate::web::lists::picked_on_words;
use crate::web::people::Person;
use crate::web::query::Pairs;
use crate::web::visit::Visit;

/// People of a list on one page.
const ROWS_A_PAGE: usize = 200;
/// People whose taking off can be undone from the page: as many as can be ticked on one.
const PUT_BACK_MAX: usize = ROWS_A_PAGE;

/// A list among lists.
pub struct ListLine {
    pub name: String,
    pub address: String,
    pub people: String,
    pub begun: String,
    pub added_to: Option<String>,
}

#[derive(Template)]
#[template(path = "creators/lists.html")]
struct ListsPage {
    layout: Layout,
    lists: Vec<ListLine>,
    finding: String,
    /// The name of a list that was just removed.
    removed: Option<String>,
}

/// `GET /creators/lists`
pub async fn index(State(app): State<App>, visit: Visit, Query(pairs): Query<Vec<(String, String)>>) -> Page {
    let lists = app.data.store.shortlists().await?;
    let people: u64 = lists.iter().map(|list| list.people).sum();
    let finding = match lists.len() as u64 {
        0 => "Nobody is picked out yet.".to_owned(),
        many => format!(
            "{} with {}; somebody on two lists counts on both.",
            format::counted(many, "shortlist", "shortlists"),
            format::counted(people, "entry", "entries")
        ),
    };
    let line = |list: Shortlist| ListLine {
        address: format!("/creators/lists/{}", list.id),
        people: format::count(list.people),
        begun: clock::day(list.created_at),
        added_to: list.added_to_at.map(clock::day),
        name: list.name,
    };
    let layout = Layout::load(&app, visit, Word::Creators, "Shortlists").await?;
    let removed = Pairs(pairs).one("removed").map(str::to_owned);
    draw(ListsPage { layout, lists: lists.into_iter().map(line).collect(), finding, removed }).await
}

/// `POST /creators/lists`: begins an empty list.
pub async fn begin(State(app): State<App>, Form(pairs): Form<Vec<(String, String)>>) -> Result<Redirect, WebError> {
    let list = shortlists::begin(&app.data, Pairs(pairs).one("list_name").unwrap_or("")).await?;
    Ok(Redirect::to(&format!("/creators/lists/{}", list.id)))
}

/// People named in a form: ticked in a table, selected on the map, or the one whose page it is.
fn people_of(asked: &Pairs) -> Vec<AccountId> {
    let named = asked.all("creator").into_iter().chain(asked.all("account"));
    named.filter_map(|account| account.parse().ok()).collect()
}

/// `POST /creators/lists/add`: `creator`, `account` or `group` several times, or `who` by name; to `list_name`, else to
/// `list`.
pub async fn add(State(app): State<App>, Form(pairs): Form<Vec<(String, String)>>) -> Result<Redirect, WebError> {
    let asked = Pairs(pairs);
    let groups: Vec<i64> = asked.all("group").iter().filter_map(|group| group.parse().ok()).collect();
    let into = match (asked.one("list_name"), asked.one("list").and_then(|list| list.parse().ok())) {
        (Some(name), _) => WhichList::Named(name.to_owned()),
        (None, Some(list)) => WhichList::Held(list),
        (None, None) => WhichList::Named(String::new()),
    };
    let picked_on = asked.one("picked_on").filter(|place| picked_on_words(place).is_some()).unwrap_or("list");
    let mut people = people_of(&asked);
    if let Some(who) = asked.one("who") {
        people.push(find(&app.data, who).await?);
    }
    let (data, picked_on) = (app.data.clone(), picked_on.to_owned());
    let picked = aside(move || async move { shortlists::pick(&data, into, people, &groups, &picked_on).await }).await?;
    let address = Pairs::default()
        .with("added", picked.added)
        .with_some("already", (picked.already > 0).then_some(picked.already))
        .with_some("unknown", (picked.unknown > 0).then_some(picked.unknown))
        .with_some("brand", asked.one("brand").map(str::to_owned));
    Ok(Redirect::to(&address.address(&format!("/creators/lists/{}", picked.list))))
}

/// One person of the list.
pub struct MemberRow {
    pub account: String,
    /// `None` once nothing about them is held any more.
    pub person: Option<Person>,
    /// The place in the ranking of the brand at hand.
    pub place: Option<String>,
    pub tie: Option<String>,
    pub fit: Option<EstimateCell>,
    pub level: LevelMark,
    pub reply_rate: Option<EstimateCell>,
    pub engagement: Option<EstimateCell>,
    pub followers: Option<String>,
    pub added: String,
    pub picked_on: &'static str,
}

#[derive(Template)]
#[template(path = "creators/list.html")]
struct ListPage {
    layout: Layout,
    list: Shortlist,
    finding: String,
    /// What was just done.
    done: Option<String>,
    /// Who was just taken off and can be put back.
    put_back: Vec<String>,
    brand: Option<String>,
    /// The brand's id, kept in what the page leads to.
    brand_id: Option<String>,
    brands: Vec<BrandChoice>,
    rows: Vec<MemberRow>,
    shown: String,
    previous: Option<String>,
    next: Option<String>,
    download: String,
}

async fn list_of(app: &App, id: i64) -> Result<Shortlist, WebError> {
    Ok(app.data.store.shortlist(id).await?.ok_or_else(|| CreatorsError::NoSuchList(id.to_string()))?)
}

/// `GET /creators/lists/{id}`
pub async fn show(
    State(app): State<App>,
    visit: Visit,
    Path(id): Path<i64>,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Page {
    let asked = Pairs(pairs);
    let list = list_of(&app, id).await?;
    let members = app.data.store.shortlist_members(id).await?;
    let on_it: Vec<String> = members.iter().map(|member| member.account.to_string()).collect();
    let brand = brand_at_hand(&app, asked.one("brand")).await?;
    let brand_id = brand.as_ref().map(|brand| brand.id);
    let from = asked.offset("offset").min(members.len().saturating_sub(1));
    let shown: Vec<ShortlistMember> = members.iter().skip(from).take(ROWS_A_PAGE).cloned().collect();
    let to = from + shown.len();
    let ranked = match &brand {
        Some(brand) if !shown.is_empty() => {
            let (data, brand) = (app.data.clone(), brand.clone());
            let ranking = aside(move || async move { matching::rank(&data, brand).await }).await?;
            let accounts = shown.iter().map(|member| member.account).collect();
            let filter = RankedFilter { accounts, limit: ROWS_A_PAGE as u32, ..RankedFilter::default() };
            app.data.store.ranked(ranking.ranking.id, &filter).await?
        }
        _ => vec![],
    };
    let data = app.data.clone();
    let listed = aside(move || async move { shortlists::about(&data, shown).await }).await?;
    let path = format!("/creators/lists/{id}");
    let page_at = |offset: usize| Pairs::default().with_some("brand", brand_id).with("offset", offset).address(&path);
    let taken: Vec<String> = asked.all("taken").into_iter().filter(|account| !on_it.contains(account)).collect();
    draw(ListPage {
        layout: Layout::load(&app, visit, Word::Creators, list.name.clone()).await?,
        finding: finding(&list, &ranked, brand.as_ref().map(|brand| brand.name.as_str())),
        done: done(&asked, &list.name, taken.len()),
        put_back: taken,
        brands: brand_choices(&app, brand_id, &path).await?,
        brand_id: brand_id.map(|id| id.to_string()),
        rows: rows_of(listed, &ranked, brand_id)?,
        shown: format!("{}–{} of {}", from + usize::from(to > 0), to, format::count(list.people)),
        previous: (from > 0).then(|| page_at(from.saturating_sub(ROWS_A_PAGE))),
        next: (to < members.len()).then(|| page_at(to)),
        download: format!("{path}/people.csv"),
        brand: brand.map(|brand| brand.name),
        list,
    })
    .await
}

fn finding(list: &Shortlist, ranked: &[store::RankedRow], brand: Option<&str>) -> String {
    let people = format::counted(list.people, "person", "people");
    match (list.people, brand) {
        (0, _) => "Nobody is on this list yet.".to_owned(),
        (_, None) => {
            format!("{people}, last added first. With a brand set up, their place in its ranking stands here.")
        }
        (_, Some(brand)) => {
            let of_those = if list.people as usize > ROWS_A_PAGE { " of those on this page" } else { "" };
            let some = match ranked.len() {
                0 => "none".to_owned(),
                many => format::count(many as u64),
            };
            format!("{people}, last added first; {some}{of_those} in {brand}’s ranking.")
        }
    }
}

/// What was just done, in a sentence.
fn done(asked: &Pairs, list: &str, taken: usize) -> Option<String> {
    let number = |key: &str| asked.one(key).and_then(|count| count.parse::<u64>().ok());
    if taken > 0 {
        return Some(format!("{} taken off {list}.", format::counted(taken as u64, "person", "people")));
    }
    let mut words = format!("{} added.", format::counted(number("added")?, "person", "people"));
    if let Some(already) = number("already") {
        words.push_str(&format!(" {} on the list before.", format::counted(already, "was", "were")));
    }
    if let Some(unknown) = number("unknown") {
        words.push_str(&format!(" {} left out: nothing about them is held.", format::count(unknown)));
    }
    Some(words)
}

fn estimates_of(listed: &Listed) -> Result<Option<CreatorEstimates>, WebError> {
    let read = |detail: &str| {
        serde_json::from_str(detail).map_err(|error| WebError::fault("reading a creator’s figures", &error))
    };
    listed.figures.as_ref().map(|figures| read(&figures.detail)).transpose()
}

fn rows_of(
    listed: Vec<Listed>,
    ranked: &[store::RankedRow],
    brand: Option<model::BrandId>,
) -> Result<Vec<MemberRow>, WebError> {
    let estimates = listed.iter().map(estimates_of).collect::<Result<Vec<_>, _>>()?;
    let engagement = estimates.iter().flatten().filter_map(|held| held.by_followers.hi).collect();
    let engagement_scale = scale_end_for_most(engagement);
    let explained = ranked.iter().map(matching::ranked_of).collect::<Result<Vec<_>, _>>()?;
    let fit_scale = common_scale(&explained.iter().map(|ranked| &ranked.fit).collect::<Vec<_>>());
    let row = |(listed, estimates): (Listed, Option<CreatorEstimates>)| {
        let person = listed.name.as_ref().map(|name| Person::of(name).for_brand(brand));
        let open = |part: &str| person.as_ref().map(|person| format!("{}#{part}", person.address));
        let place = ranked.iter().position(|row| row.account == listed.member.account);
        let (row, why) = (place.map(|at| &ranked[at]), place.map(|at| &explained[at]));
        MemberRow {
            account: listed.member.account.to_string(),
            place: row.map(|row| row.position.to_string()),
            tie: why.filter(|why| why.tie_to > why.tie_from).map(|why| format!("{}–{}", why.tie_from, why.tie_to)),
            fit: why.map(|why| EstimateCell::new("Listening score", &why.fit, fit_scale, open("fit"))),
            level: LevelMark::of(estimates.as_ref().map_or("not-known", |held| held.level.as_str())),
            reply_rate: estimates.as_ref().map(|held| {
                EstimateCell::new("Comments answered within 7 days", &held.reply_rate, 1.0, open("reply-rate"))
            }),
            engagement: estimates.as_ref().map(|held| {
                EstimateCell::new("Engagement by followers", &held.by_followers, engagement_scale, open("by-followers"))
            }),
            followers: listed.name.as_ref().and_then(|name| name.followers).map(format::short_count),
            added: clock::day(listed.member.added_at),
            picked_on: picked_on_words(&listed.member.picked_on).unwrap_or("elsewhere"),
            person: person.map(|person| Person { followers: None, ..person }),
        }
    };
    Ok(listed.into_iter().zip(estimates).map(row).collect())
}

/// `POST /creators/lists/{id}/remove`: takes the ticked off the list.
pub async fn take_off(
    State(app): State<App>,
    Path(id): Path<i64>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Redirect, WebError> {
    let asked = Pairs(pairs);
    list_of(&app, id).await?;
    let people = people_of(&asked);
    app.data.store.take_off_shortlist(id, &people).await?;
    let mut address = Pairs::default().with_some("brand", asked.one("brand").map(str::to_owned));
    for account in people.iter().take(PUT_BACK_MAX) {
        address = address.with("taken", account);
    }
    Ok(Redirect::to(&address.address(&format!("/creators/lists/{id}"))))
}

/// `POST /creators/lists/{id}/rename`
pub async fn rename(
    State(app): State<App>,
    Path(id): Path<i64>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Redirect, WebError> {
    list_of(&app, id).await?;
    shortlists::rename(&app.data, id, Pairs(pairs).one("list_name").unwrap_or("")).await?;
    Ok(Redirect::to(&format!("/creators/lists/{id}")))
}

#[derive(Template)]
#[template(path = "creators/list_delete.html")]
struct DeletePage {
    layout: Layout,
    list: Shortlist,
    people: String,
}

/// `GET /creators/lists/{id}/delete`: asks before a list goes.
pub async fn ask_delete(State(app): State<App>, visit: Visit, Path(id): Path<i64>) -> Page {
    let list = list_of(&app, id).await?;
    let people = format::counted(list.people, "person", "people");
    draw(DeletePage { layout: Layout::load(&app, visit, Word::Creators, list.name.clone()).await?, list, people }).await
}

/// `POST /creators/lists/{id}/delete`
pub async fn delete(State(app): State<App>, Path(id): Path<i64>) -> Result<Redirect, WebError> {
    let list = list_of(&app, id).await?;
    app.data.store.delete_shortlist(id).await?;
    Ok(Redirect::to(&Pairs::default().with("removed", list.name).address("/creators/lists")))
}

const FIRST: [&str; 9] =
    ["account", "platform", "name", "handle", "url", "followers", "conversation_level", "added_on", "picked_on"];
const ESTIMATES: [&str; 3] = ["reply_rate", "conversation_rate", "engagement_by_followers"];

/// `GET /creators/lists/{id}/people.csv`: everybody on the list with every part of every estimate.
pub async fn download(State(app): State<App>, Path(id): Path<i64>) -> Result<Response, WebError> {
    let list = list_of(&app, id).await?;
    let members = app.data.store.shortlist_members(id).await?;
    let data = app.data.clone();
    let listed = aside(move || async move { shortlists::about(&data, members).await }).await?;
    let parts = ESTIMATES.iter().flat_map(|name| PARTS.iter().map(move |part| format!("{name}_{part}")));
    let headings: Vec<String> = FIRST.iter().map(|name| (*name).to_owned()).chain(parts).collect();
    let mut sheet = Sheet::new(&headings.iter().map(String::as_str).collect::<Vec<_>>());
    for person in &listed {
        let estimates = estimates_of(person)?;
        let name = person.name.as_ref();
        let text = |part: Option<&str>| part.unwrap_or("").to_owned();
        let mut cells = vec![
            person.member.account.to_string(),
            text(name.map(|name| name.platform.name())),
            text(name.map(|name| name.name.as_str())),
            text(name.map(|name| name.handle.as_str())),
            text(name.and_then(|name| name.url.as_deref())),
            name.and_then(|name| name.followers).map(|followers| followers.to_string()).unwrap_or_default(),
            estimates.as_ref().map_or("not-known", |held| held.level.as_str()).to_owned(),
            clock::day(person.member.added_at),
            person.member.picked_on.clone(),
        ];
        let without = "nothing published by this account is held";
        for estimate in [
            estimates.as_ref().map(|held| &held.reply_rate),
            estimates.as_ref().map(|held| &held.conversation_rate),
            estimates.as_ref().map(|held| &held.by_followers),
        ] {
            push_estimate(&mut cells, estimate, without);
        }
        sheet.row(&cells);
    }
    Ok(sheet.download(&format!("shortlist-{}.csv", list.name)))
}
