//! `/tracking/codes`: whose each code is, how often it was used, signs that it leaks; making and bringing codes in.

use std::collections::{BTreeMap, HashMap, HashSet};

use askama::Template;
use axum::extract::{Form, Multipart, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use engine::measurement::attribution::leaks::Certainty;
use store::codes::CodeFilter;

use super::conversions::{IssueLine, issue_line};
use super::files::{FILE_BYTES_MAX, receive};
use super::{Choice, Part, TEAM, choice, parts, problem_of};
use crate::clock;
use crate::tracking::attribution;
use crate::tracking::codes::{self, CodeGiven};
use crate::tracking::conversions::names;
use crate::tracking::{TrackingError, shops};
use crate::web::app::{App, Page, aside, draw};
use crate::web::csv::Sheet;
use crate::web::error::WebError;
use crate::web::format;
use crate::web::forms::{Problem, not_valid, typed};
use crate::web::layout::{Layout, Word};
use crate::web::query::Pairs;
use crate::web::visit::Visit;

/// Used codes that are nobody's, shown.
const STRANGERS_SHOWN: usize = 20;
const REFUSED_SHOWN_MAX: usize = 50;
/// Orders named below a sign.
const ORDERS_SHOWN: usize = 20;

/// A sign that a code leaks.
pub struct SignLine {
    pub what: &'static str,
    pub how_sure: &'static str,
    pub words: String,
    pub orders: Vec<u64>,
    /// More orders than are named.
    pub beyond: usize,
}

/// A code in the list.
pub struct CodeLine {
    pub id: i64,
    pub code: String,
    pub contact: Option<(i64, String)>,
    pub deal: Option<i64>,
    pub shop: String,
    pub counts: String,
    pub uses: String,
    pub is_over: bool,
    pub signs: Vec<SignLine>,
    pub not_looked_at: Vec<String>,
}

#[derive(Template)]
#[template(path = "tracking/codes.html")]
struct CodesPage {
    layout: Layout,
    parts: Vec<Part>,
    done: Option<String>,
    problem: Option<Problem>,
    finding: String,
    of: Option<String>,
    lines: Vec<CodeLine>,
    strangers: Vec<(String, String)>,
    strangers_beyond: usize,
    shops: Vec<Choice>,
    campaigns: Vec<Choice>,
    given: CodeGiven,
    deal: String,
    contact: String,
    pattern: String,
    issues: Vec<IssueLine>,
}

fn certainty_words(certainty: Certainty) -> &'static str {
    match certainty {
        Certainty::Hint => "worth a look",
        Certainty::Likely => "likely",
        Certainty::Certain => "certain",
    }
}

fn filter_of(asked: &Pairs) -> CodeFilter {
    let number = |key: &str| asked.one(key).and_then(|value| value.parse::<i64>().ok());
    CodeFilter { contact: None, deal: number("deal"), campaign: number("campaign") }
}

fn counts_words(row: &store::codes::CodeRow) -> String {
    let last = |at: model::Timestamp| clock::day(model::Timestamp(at.0 - 1));
    match (row.ended_at, row.valid_from, row.valid_to) {
        (Some(at), _, _) => format!("until it was ended on {}", clock::day(at)),
        (None, None, None) => "without end".to_owned(),
        (None, Some(from), None) => format!("from {}", clock::day(from)),
        (None, None, Some(to)) => format!("to {}", last(to)),
        (None, Some(from), Some(to)) => format!("{} to {}", clock::day(from), last(to)),
    }
}

async fn page(app: &App, visit: Visit, asked: &Pairs, problem: Option<Problem>, issues: Vec<IssueLine>) -> Page {
    let filter = if problem.is_some() { CodeFilter::default() } else { filter_of(asked) };
    let rows = app.data.store.codes(&filter).await?;
    let uses = app.data.store.code_uses().await?;
    let data = app.data.clone();
    let seen = aside(move || async move { attribution::leaks(&data).await }).await?;
    let leaks: HashMap<i64, &attribution::CodeSeen> = seen.iter().map(|one| (one.code.id, one)).collect();
    let ids: Vec<i64> = rows.iter().filter_map(|row| row.contact).collect();
    let names: BTreeMap<i64, String> = names(&app.data, &ids).await?;
    let shop_rows = app.data.store.shops().await?;
    let known: HashSet<String> =
        app.data.store.codes(&CodeFilter::default()).await?.into_iter().map(|row| row.code_norm).collect();
    let mut strangers: BTreeMap<&str, u64> = BTreeMap::new();
    for (_, code, uses) in uses.iter().filter(|(_, code, _)| !known.contains(code) && !code.starts_with('~')) {
        *strangers.entry(code).or_default() += uses;
    }
    let mut strangers: Vec<(String, u64)> = strangers.into_iter().map(|(code, uses)| (code.to_owned(), uses)).collect();
    strangers.sort_by_key(|(_, uses)| std::cmp::Reverse(*uses));
    let strangers_beyond = strangers.len().saturating_sub(STRANGERS_SHOWN);
    strangers.truncate(STRANGERS_SHOWN);
    let now = app.data.now();
    let lines: Vec<CodeLine> = rows
        .into_iter()
        .map(|row| {
            let found = leaks.get(&row.id);
            let contact = row.contact.map(|contact| {
                (contact, names.get(&contact).cloned().unwrap_or_else(|| "somebody forgotten".to_owned()))
            });
            let of_shop =
                |shop: i64| shop_rows.iter().find(|row| row.id == shop).map_or(String::new(), |row| row.name.clone());
            CodeLine {
                id: row.id,
                contact,
                deal: row.deal,
                shop: row.shop.map_or_else(|| "every shop".to_owned(), of_shop),
                counts: counts_words(&row),
                uses: format::count(codes::uses_of(&uses, &row)),
                is_over: row.ended_at.is_some() || row.valid_to.is_some_and(|to| to <= now),
                not_looked_at: found
                    .iter()
                    .flat_map(|found| &found.leaks.not_assessed)
                    .map(|one| format!("{}: {}", one.sign.words(), one.why))
                    .collect(),
                signs: found
                    .into_iter()
                    .flat_map(|found| &found.leaks.findings)
                    .map(|finding| SignLine {
                        what: finding.sign.words(),
                        how_sure: certainty_words(finding.certainty),
                        words: finding.words.clone(),
                        orders: finding.orders.iter().copied().take(ORDERS_SHOWN).collect(),
                        beyond: finding.orders.len().saturating_sub(ORDERS_SHOWN),
                    })
                    .collect(),
                code: row.code,
            }
        })
        .collect();
    let flagged = lines.iter().filter(|line| !line.signs.is_empty()).count() as u64;
    let campaign = typed(asked, "campaign");
    let campaigns = app.data.store.campaigns().await?;
    draw(CodesPage {
        layout: Layout::load(app, visit, Word::Tracking, "Codes").await?,
        parts: parts("Codes"),
        done: asked.one("done").map(str::to_owned),
        finding: match (lines.len() as u64, flagged) {
            (0, _) => "No code yet.".to_owned(),
            (all, 0) => format!("{}, none with a sign that it leaks.", format::counted(all, "code", "codes")),
            (all, some) => format!("{}, {} worth a look.", format::counted(all, "code", "codes"), format::count(some)),
        },
        of: match (filter.deal, filter.campaign) {
            (Some(deal), _) => Some(format!("Codes of deal {deal} alone.")),
            (None, Some(campaign)) => Some(format!("Codes of campaign {campaign} alone.")),
            (None, None) => None,
        },
        lines,
        strangers_beyond,
        strangers: strangers.into_iter().map(|(code, uses)| (code, format::count(uses))).collect(),
        shops: std::iter::once(choice("", "every shop", &typed(asked, "shop")))
            .chain(shop_rows.iter().map(|row| choice(row.id, row.name.clone(), &typed(asked, "shop"))))
            .collect(),
        campaigns: campaigns.into_iter().map(|row| choice(row.id, row.name, &campaign)).collect(),
        given: given_of(asked, None, None),
        deal: typed(asked, "deal"),
        contact: typed(asked, "contact"),
        pattern: typed(asked, "pattern"),
        issues,
        problem,
    })
    .await
}

fn given_of(asked: &Pairs, deal: Option<i64>, contact: Option<i64>) -> CodeGiven {
    CodeGiven {
        code: typed(asked, "code"),
        shop: typed(asked, "shop"),
        deal,
        contact,
        campaign: None,
        from: typed(asked, "from"),
        until: typed(asked, "until"),
    }
}

/// `GET /tracking/codes`, with `?deal=` or `?campaign=` the codes of one alone.
pub async fn index(State(app): State<App>, visit: Visit, Query(pairs): Query<Vec<(String, String)>>) -> Page {
    page(&app, visit, &Pairs(pairs), None, vec![]).await
}

/// `POST /tracking/codes`: a code, one for each deal of a campaign, the end of one.
pub async fn act(
    State(app): State<App>,
    visit: Visit,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, WebError> {
    let given = Pairs(pairs);
    match done(&app, &given).await {
        Ok(done) => Ok(Redirect::to(&Pairs::default().with("done", done).address("/tracking/codes")).into_response()),
        Err(error) => Ok(not_valid(page(&app, visit, &given, Some(problem_of(error)?), vec![]).await?)),
    }
}

async fn done(app: &App, given: &Pairs) -> Result<String, TrackingError> {
    let number = |field: &'static str| match typed(given, field).trim() {
        "" => Ok(None),
        text => text
            .parse::<i64>()
            .map(Some)
            .map_err(|_| TrackingError::Field { field, problem: format!("{text:?} is no number") }),
    };
    match given.one("do") {
        Some("campaign") => {
            let campaign = number("campaign")?
                .ok_or_else(|| TrackingError::Field { field: "campaign", problem: "choose a campaign".to_owned() })?;
            let rest = CodeGiven { code: String::new(), ..given_of(given, None, None) };
            let made = codes::make_for_campaign(&app.data, campaign, &typed(given, "pattern"), &rest, TEAM).await?;
            Ok(match made.len() {
                0 => "Every deal of the campaign has a code already".to_owned(),
                count => format!("{} made", format::counted(count as u64, "code", "codes")),
            })
        }
        Some(act @ ("end" | "again")) => {
            let id = number("id")?.ok_or_else(|| TrackingError::NoCode(String::new()))?;
            codes::end(&app.data, id, act == "again").await?;
            Ok(match act {
                "end" => "Orders from now on do not count for it".to_owned(),
                _ => "It counts again".to_owned(),
            })
        }
        _ => {
            let code = given_of(given, number("deal")?, number("contact")?);
            let row = codes::make(&app.data, &code, TEAM).await?;
            Ok(format!("{} counts from now, for orders before too", row.code))
        }
    }
}

/// `POST /tracking/codes/file`: codes from a file.
pub async fn bring_in(State(app): State<App>, visit: Visit, form: Multipart) -> Result<Response, WebError> {
    let (arrived, outcome) = receive(&app, form, FILE_BYTES_MAX).await;
    let given = arrived.fields;
    let place = match (outcome, arrived.place) {
        (Ok(()), Some(place)) => place,
        (Err(error), _) => return Ok(not_valid(page(&app, visit, &given, Some(problem_of(error)?), vec![]).await?)),
        (Ok(()), None) => return Err(WebError::unreadable("No file was sent", "Choose a file and send it again.")),
    };
    let shop = typed(&given, "shop");
    let outcome = match shop.trim() {
        "" => codes::import(&app.data, &place.path, "", false, TEAM).await,
        named => match shops::find(&app.data, named).await {
            Ok(_) => codes::import(&app.data, &place.path, named, false, TEAM).await,
            Err(error) => Err(error),
        },
    };
    place.abandon();
    match outcome {
        Ok(imported) => {
            let words = format!(
                "{}: {} new, {} known already, {} left out",
                format::counted(imported.rows, "row", "rows"),
                format::count(imported.new),
                format::count(imported.known),
                format::count(imported.refused.len() as u64)
            );
            let issues = imported.refused.iter().take(REFUSED_SHOWN_MAX).map(issue_line).collect();
            let shown = page(&app, visit, &Pairs::default().with("done", words), None, issues).await?;
            let is_nothing = imported.new + imported.known == 0;
            Ok(if is_nothing { not_valid(shown) } else { shown.into_response() })
        }
        Err(error) => Ok(not_valid(page(&app, visit, &given, Some(problem_of(error)?), vec![]).await?)),
    }
}

/// `GET /tracking/codes.csv`: codes as a shop's own list takes them.
pub async fn download(
    State(app): State<App>,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Result<Response, WebError> {
    let rows = app.data.store.codes(&filter_of(&Pairs(pairs))).await?;
    let ids: Vec<i64> = rows.iter().filter_map(|row| row.contact).collect();
    let names = names(&app.data, &ids).await?;
    let mut sheet = Sheet::new(&["code", "contact", "creator", "deal", "campaign", "shop", "from", "until"]);
    for row in rows.iter().filter(|row| row.ended_at.is_none() && !row.code.starts_with('~')) {
        let number = |value: Option<i64>| value.map(|value| value.to_string()).unwrap_or_default();
        sheet.row([
            row.code.clone(),
            number(row.contact),
            row.contact.and_then(|contact| names.get(&contact).cloned()).unwrap_or_default(),
            number(row.deal),
            number(row.campaign),
            number(row.shop),
            row.valid_from.map(clock::iso_day).unwrap_or_default(),
            row.valid_to.map(|to| clock::iso_day(model::Timestamp(to.0 - 1))).unwrap_or_default(),
        ]);
    }
    Ok(sheet.download("codes.csv").into_response())
}
