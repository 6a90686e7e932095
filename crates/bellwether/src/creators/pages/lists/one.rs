//! `/creators/lists/{id}`: one shortlist: who is on it with what is known, noted and voted, what the list comes to, and
//! what can be done with those ticked or with all.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use askama::Template;
use axum::extract::{Path, Query, State};
use model::{AccountId, Brand, BrandId, Estimate};
use store::{RankedFilter, Shortlist, ShortlistLink, ShortlistMember, ShortlistVote};

use super::{Notice, list_of};
use crate::clock;
use crate::creators::shortlists::reviews::{LinkMade, LinkSeen, Tally, seen, tallies};
use crate::creators::shortlists::together::TOGETHER_MAX;
use crate::creators::shortlists::together::{ListTogether, PriceTotals, price_totals, query_of, together};
use crate::creators::shortlists::{self, Listed};
use crate::creators::{self, CreatorName, stages};
use crate::matching;
use crate::matching::prices::prices;
use crate::vetting::CreatorEstimates;
use crate::web::app::{App, Page, aside, draw};
use crate::web::brands::{BrandChoice, brand_at_hand, brand_choices};
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
pub const ROWS_A_PAGE: usize = 200;
/// How long a page waits for audiences that are being put together.
const COUNTING_WAITED_FOR: Duration = Duration::from_millis(800);

/// One person of the list.
pub struct MemberRow {
    pub account: String,
    /// `None` once nothing about them is held any more.
    pub person: Option<Person>,
    pub note: String,
    pub owner: String,
    pub stage: Option<&'static str>,
    pub tally: Tally,
    /// In the order of the list's columns.
    pub values: Vec<String>,
    /// The place in the ranking of the brand at hand.
    pub place: Option<String>,
    pub tie: Option<String>,
    pub fit: Option<EstimateCell>,
    pub level: LevelMark,
    pub reply_rate: Option<EstimateCell>,
    pub engagement: Option<EstimateCell>,
    pub price: Option<EstimateCell>,
    pub followers: Option<String>,
    pub added: String,
    pub picked_on: &'static str,
}

/// What the list comes to.
pub struct Totals {
    pub people: String,
    pub priced: String,
    pub price: Option<EstimateCell>,
    pub audience: String,
    pub distinct: Option<EstimateCell>,
    pub counted_again: Option<EstimateCell>,
    pub address: String,
}

/// Another list people can be moved to.
pub struct OtherList {
    pub id: i64,
    pub name: String,
}

#[derive(Template)]
#[template(path = "creators/list.html")]
struct ListPage {
    layout: Layout,
    list: Shortlist,
    finding: String,
    notice: Option<Notice>,
    brand: Option<String>,
    /// The brand's id, kept in what the page leads to.
    brand_id: Option<String>,
    brands: Vec<BrandChoice>,
    totals: Option<Totals>,
    columns: Vec<String>,
    rows: Vec<MemberRow>,
    shown: String,
    previous: Option<String>,
    next: Option<String>,
    download: String,
    edit: String,
    links: Vec<LinkSeen>,
    /// A link just made, shown this once below the address of this program.
    link_made: Option<LinkMade>,
    origin: String,
}

/// `GET /creators/lists/{id}`
pub async fn show(
    State(app): State<App>,
    visit: Visit,
    Path(id): Path<i64>,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Page {
    page(&app, visit, id, &Pairs(pairs), None).await
}

/// The list with what is asked of it, and with a link that was just made.
pub(super) async fn page(app: &App, visit: Visit, id: i64, asked: &Pairs, made: Option<(LinkMade, String)>) -> Page {
    let list = list_of(app, id).await?;
    let members = app.data.store.shortlist_members(id).await?;
    let brand = brand_at_hand(app, asked.one("brand")).await?;
    let brand_id = brand.as_ref().map(|brand| brand.id);
    let from = asked.offset("offset").min(members.len().saturating_sub(1));
    let shown: Vec<ShortlistMember> = members.iter().skip(from).take(ROWS_A_PAGE).cloned().collect();
    let to = from + shown.len();
    let ranked = ranked_of(app, brand.as_ref(), &shown).await?;
    let data = app.data.clone();
    let listed = aside(move || async move { shortlists::about(&data, shown).await }).await?;
    let path = format!("/creators/lists/{id}");
    let page_at = |offset: usize| Pairs::default().with_some("brand", brand_id).with("offset", offset).address(&path);
    let held = Beside::of(app, id).await?;
    let links = app.data.store.shortlist_links(id).await?;
    let (link_made, origin) = made.map_or((None, String::new()), |(made, origin)| (Some(made), origin));
    let accounts: Vec<AccountId> = members.iter().map(|member| member.account).collect();
    draw(ListPage {
        layout: Layout::load(app, visit, Word::Creators, list.name.clone()).await?,
        finding: finding(&list, &ranked, brand.as_ref().map(|brand| brand.name.as_str())),
        notice: Notice::of(app, asked).await,
        brands: brand_choices(app, brand_id, &path).await?,
        brand_id: brand_id.map(|id| id.to_string()),
        totals: totals(app, id, accounts).await?,
        rows: rows_of(app, listed, &ranked, brand_id, &held).await?,
        columns: held.columns.iter().map(|(_, name)| name.clone()).collect(),
        shown: format!("{}–{} of {}", from + usize::from(to > 0), to, format::count(list.people)),
        previous: (from > 0).then(|| page_at(from.saturating_sub(ROWS_A_PAGE))),
        next: (to < members.len()).then(|| page_at(to)),
        download: format!("{path}/people.csv"),
        edit: Pairs::default().with("offset", from).address(&format!("{path}/edit")),
        links: seen(&links, app.data.now()),
        link_made,
        origin,
        brand: brand.map(|brand| brand.name),
        list,
    })
    .await
}

async fn ranked_of(
    app: &App,
    brand: Option<&Brand>,
    shown: &[ShortlistMember],
) -> Result<Vec<store::RankedRow>, WebError> {
    let Some(brand) = brand.filter(|_| !shown.is_empty()).cloned() else { return Ok(vec![]) };
    let data = app.data.clone();
    let ranking = aside(move || async move { matching::rank(&data, brand).await }).await?;
    let accounts = shown.iter().map(|member| member.account).collect();
    let filter = RankedFilter { accounts, limit: ROWS_A_PAGE as u32, ..RankedFilter::default() };
    Ok(app.data.store.ranked(ranking.ranking.id, &filter).await?)
}

/// What stands on a list beside its people.
pub(super) struct Beside {
    /// Number and name, in their order.
    pub columns: Vec<(i64, String)>,
    pub values: HashMap<(AccountId, i64), String>,
    pub votes: Vec<ShortlistVote>,
    pub links: Vec<ShortlistLink>,
    pub stages: HashMap<AccountId, String>,
}

impl Beside {
    pub(super) async fn of(app: &App, list: i64) -> Result<Beside, WebError> {
        let store = &app.data.store;
        let columns = store.shortlist_columns(list).await?;
        let values = store.shortlist_values(list).await?;
        Ok(Beside {
            columns: columns.into_iter().map(|column| (column.id, column.name)).collect(),
            values: values.into_iter().map(|value| ((value.account, value.column), value.value)).collect(),
            votes: store.shortlist_votes(list).await?,
            links: store.shortlist_links(list).await?,
            stages: store.stages().await?.into_iter().collect(),
        })
    }

    /// What the columns hold about somebody, in their order.
    pub(super) fn values_of(&self, account: AccountId) -> Vec<String> {
        let value = |(column, _): &(i64, String)| self.values.get(&(account, *column)).cloned().unwrap_or_default();
        self.columns.iter().map(value).collect()
    }
}

/// What a list comes to; nothing for an empty one. Audiences are put together for lists of up to fifty.
async fn totals(app: &App, id: i64, accounts: Vec<AccountId>) -> Result<Option<Totals>, WebError> {
    if accounts.is_empty() {
        return Ok(None);
    }
    let data = app.data.clone();
    let (people, of_list) = (accounts.len(), accounts.clone());
    let prices = aside(move || async move {
        let known = creators::names(&data, of_list.clone()).await?;
        let named: Vec<CreatorName> = of_list.iter().filter_map(|account| known.get(account).cloned()).collect();
        price_totals(&data, named).await
    })
    .await?;
    let (found, is_counting) = match (2..=TOGETHER_MAX).contains(&people) {
        true => {
            let data = app.data.clone();
            let work = tokio::spawn(aside(move || async move { together(&data, &accounts).await }));
            // In a large market it takes seconds the first time after new facts; it goes on, and the next look has it.
            match tokio::time::timeout(COUNTING_WAITED_FOR, work).await {
                Ok(Ok(found)) => (Some(found?), false),
                Ok(Err(error)) => return Err(WebError::fault("putting audiences together", &error)),
                Err(_) => (None, true),
            }
        }
        false => (None, false),
    };
    let address = format!("/creators/lists/{id}/together");
    let cell = |label: &str, estimate: &Estimate, part: &str| {
        EstimateCell::new(label, estimate, common_scale(&[estimate]), Some(format!("{address}#{part}")))
    };
    let combined = found.as_ref().and_then(|found| found.audiences.as_ref()).map(|audiences| &audiences.combined);
    let again = found.as_ref().and_then(|found| found.counted_again.as_ref());
    Ok(Some(Totals {
        people: format::count(people as u64),
        priced: priced_words(&prices),
        price: prices.of_all.as_ref().map(|total| cell("One post of each", total, "fees")),
        audience: match is_counting {
            true => "being counted; they will be here when you look again".to_owned(),
            false => audience_words(people, found.as_deref()),
        },
        distinct: combined.map(|combined| cell("Different people", &combined.distinct, "distinct")),
        counted_again: again.map(|again| cell("Counted again", again, "counted-again")),
        address,
    }))
}

/// Of how many a price is known, and what the total is told for.
pub(super) fn priced_words(prices: &PriceTotals) -> String {
    let all = format::count(prices.creators);
    match (prices.priced, prices.creators) {
        (_, 0) => "nothing is held about anybody on it any more".to_owned(),
        (0, _) => {
            format!("none of {all} has a price of their own; the total is by what others cost and published figures")
        }
        (some, many) if some == many => "all of them have a price of their own".to_owned(),
        (some, _) => format!(
            "{} of {all} {} a price of their own; the total is for all {all}, the others by what others cost and published \
             figures",
            format::count(some),
            if some == 1 { "has" } else { "have" }
        ),
    }
}

/// Of how many the audience is known, and what the figures are told for.
pub(super) fn audience_words(people: usize, found: Option<&ListTogether>) -> String {
    match found {
        None if people < 2 => "one person alone overlaps with nobody".to_owned(),
        None => format!("told for up to {TOGETHER_MAX} people at once"),
        Some(found) => match (found.among.len(), found.among.len() + found.without.len()) {
            (0 | 1, _) => "not known: people around at least two of them must be held".to_owned(),
            (some, all) if some == all => format!("people around all {all} are held"),
            (some, all) => format!("{some} of {all} have people around them held; this is for those {some}"),
        },
    }
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

pub(super) fn estimates_of(listed: &Listed) -> Result<Option<CreatorEstimates>, WebError> {
    let read = |detail: &str| {
        serde_json::from_str(detail).map_err(|error| WebError::fault("reading a creator’s figures", &error))
    };
    listed.figures.as_ref().map(|figures| read(&figures.detail)).transpose()
}

async fn rows_of(
    app: &App,
    listed: Vec<Listed>,
    ranked: &[store::RankedRow],
    brand: Option<BrandId>,
    held: &Beside,
) -> Result<Vec<MemberRow>, WebError> {
    let estimates = listed.iter().map(estimates_of).collect::<Result<Vec<_>, _>>()?;
    let engagement = estimates.iter().flatten().filter_map(|held| held.by_followers.hi).collect();
    let engagement_scale = scale_end_for_most(engagement);
    let explained = ranked.iter().map(matching::ranked_of).collect::<Result<Vec<_>, _>>()?;
    let fit_scale = common_scale(&explained.iter().map(|ranked| &ranked.fit).collect::<Vec<_>>());
    let prices = fees_of(app, &listed).await?;
    let price_scale = scale_end_for_most(prices.values().filter_map(|price| price.hi).collect());
    let tallies = tallies(&held.votes);
    let row = |(listed, estimates): (Listed, Option<CreatorEstimates>)| {
        let account = listed.member.account;
        let person = listed.name.as_ref().map(|name| Person::of(name).for_brand(brand));
        let open = |part: &str| person.as_ref().map(|person| format!("{}#{part}", person.address));
        let place = ranked.iter().position(|row| row.account == account);
        let (row, why) = (place.map(|at| &ranked[at]), place.map(|at| &explained[at]));
        MemberRow {
            account: account.to_string(),
            note: listed.member.note,
            owner: listed.member.owner,
            stage: held.stages.get(&account).and_then(|stage| stages::words(stage)),
            tally: tallies.get(&account).copied().unwrap_or_default(),
            values: held.values_of(account),
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
            price: prices.get(&account).map(|price| {
                let opened = format!("/matching/prices?creator={account}");
                EstimateCell::new("Expected fee of one post", price, price_scale, Some(opened))
            }),
            followers: listed.name.as_ref().and_then(|name| name.followers).map(format::short_count),
            added: clock::day(listed.member.added_at),
            picked_on: picked_on_words(&listed.member.picked_on).unwrap_or("elsewhere"),
            person: person.map(|person| Person { followers: None, ..person }),
        }
    };
    Ok(listed.into_iter().zip(estimates).map(row).collect())
}

/// What one post of each of these people should cost.
pub(super) async fn fees_of(app: &App, listed: &[Listed]) -> Result<HashMap<AccountId, Estimate>, WebError> {
    let named: Vec<CreatorName> = listed.iter().filter_map(|listed| listed.name.clone()).collect();
    let data = Arc::clone(&app.data);
    aside(move || async move {
        let prices = prices(&data).await?;
        let fee = |name: &CreatorName| (name.account, prices.model.estimate(&query_of(name)).estimate);
        Ok::<_, matching::MatchingError>(named.iter().map(fee).collect())
    })
    .await
}
