//! `/tracking/conversions`: orders and leads with whom they speak for; noting one by hand, bringing a file in, the list as a file.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::{Form, Multipart, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use engine::measurement::attribution::joining::{JoinSettings, Proof};
use model::RowIssue;
use store::conversions::{ConversionFilter, ConversionKind, ConversionRow};
use store::shops::ShopRow;

use super::files::{FILE_BYTES_MAX, receive};
use super::{Choice, Part, TEAM, choice, parts, problem_of};
use crate::clock;
use crate::tracking::conversions::{self, Joined, Noted, Owners, ROWS_A_PAGE, counts, names};
use crate::tracking::told::amounts;
use crate::tracking::told::sheet::{self, OrdersImported, SheetAsked};
use crate::tracking::{TrackingError, shops};
use crate::web::app::{App, Page, aside, draw};
use crate::web::csv::Sheet;
use crate::web::error::WebError;
use crate::web::format;
use crate::web::forms::{Problem, not_valid, typed};
use crate::web::layout::{Layout, Word};
use crate::web::pager::{Pages, pages};
use crate::web::query::Pairs;
use crate::web::visit::Visit;

const REFUSED_SHOWN_MAX: usize = 200;

/// An order or a lead in the list.
pub struct ConversionLine {
    pub id: i64,
    pub number: String,
    pub shop: String,
    pub at: String,
    pub amount: String,
    /// After what was given back, where something was.
    pub net: Option<String>,
    /// Why it does not count.
    pub left_out: Option<&'static str>,
    pub creator: Option<(i64, String)>,
    pub by: &'static str,
    pub contested: bool,
    pub disputed: bool,
}

/// Words of a row's number, as people know it.
pub fn number_words(row: &ConversionRow) -> String {
    row.native_name.clone().unwrap_or_else(|| row.native_id.clone())
}

/// An amount in words, or that it is not known.
pub fn money_words(minor_units: Option<i64>, currency: Option<&str>) -> String {
    match (minor_units, currency) {
        (Some(minor_units), Some(currency)) => amounts::words(minor_units, currency),
        _ => "not known".to_owned(),
    }
}

pub fn proof_words(proof: Proof) -> &'static str {
    match proof {
        Proof::Link => "a link",
        Proof::Code => "a code",
        Proof::LinkAndCode => "link and code",
        Proof::Decision => "by hand",
    }
}

fn line(
    joined: &Joined,
    owners: &Owners,
    names: &BTreeMap<i64, String>,
    shops: &BTreeMap<i64, String>,
) -> ConversionLine {
    let row = &joined.row;
    let credited = joined.order.credited;
    let contact = credited.and_then(|credited| owners.contacts.get(credited.creator as usize).copied());
    ConversionLine {
        id: row.id,
        number: number_words(row),
        shop: shops.get(&row.shop).cloned().unwrap_or_default(),
        at: row.at.map_or_else(|| "not known".to_owned(), clock::minute),
        amount: match (row.kind, row.amount_minor_units) {
            (ConversionKind::Lead, None) => String::new(),
            _ => money_words(row.amount_minor_units, row.currency.as_deref()),
        },
        net: row
            .net_minor_units
            .filter(|net| Some(*net) != row.amount_minor_units)
            .map(|net| money_words(Some(net), row.currency.as_deref())),
        left_out: counts(row).err(),
        creator: contact
            .map(|contact| (contact, names.get(&contact).cloned().unwrap_or_else(|| "somebody forgotten".to_owned()))),
        by: credited.map_or("", |credited| proof_words(credited.proof)),
        contested: joined.order.contested.is_some(),
        disputed: row.is_disputed,
    }
}

#[derive(Template)]
#[template(path = "tracking/conversions.html")]
struct ConversionsPage {
    layout: Layout,
    parts: Vec<Part>,
    done: Option<String>,
    problem: Option<Problem>,
    finding: String,
    lines: Vec<ConversionLine>,
    list: Pages,
    kinds: Vec<Choice>,
    shops: Vec<Choice>,
    file_shops: Vec<Choice>,
    file_address: String,
    given: Noted,
    kind_given: Vec<Choice>,
    map: String,
    file_currency: String,
}

fn filter_of(asked: &Pairs) -> ConversionFilter {
    ConversionFilter {
        kind: asked.one("show").and_then(ConversionKind::from_code),
        shop: asked.one("shop").and_then(|shop| shop.parse().ok()),
        from: None,
        until: None,
    }
}

async fn page(app: &App, visit: Visit, asked: &Pairs, problem: Option<Problem>) -> Page {
    let data = app.data.clone();
    // What was typed into a form is in the form, and chooses nothing.
    let kept = match problem {
        Some(_) => Pairs::default(),
        None => asked.clone(),
    };
    let filter = filter_of(&kept);
    let all = data.store.count_conversions(&filter).await?;
    let list = pages(&kept, "/tracking/conversions", ROWS_A_PAGE, all);
    let shop_rows = data.store.shops().await?;
    let shop_names: BTreeMap<i64, String> = shop_rows.iter().map(|row| (row.id, row.name.clone())).collect();
    let rows = data.store.conversions(&filter, list.from, ROWS_A_PAGE).await?;
    let (joined, owners) = conversions::joined_of(&data, rows).await?;
    let names = names(&data, &owners.contacts).await?;
    let chosen = kept.one("show").unwrap_or("").to_owned();
    let shop_chosen = kept.one("shop").unwrap_or("").to_owned();
    let open = || shop_rows.iter().filter(|row| row.ended_at.is_none());
    let typed_shop = typed(asked, "of_shop");
    draw(ConversionsPage {
        layout: Layout::load(app, visit, Word::Tracking, "Orders and leads").await?,
        parts: parts("Orders and leads"),
        done: kept.one("done").map(str::to_owned),
        finding: match all {
            0 => "No order or lead yet.".to_owned(),
            all => format!("{}, each taken once.", format::counted(all, "order or lead", "orders and leads")),
        },
        lines: joined.iter().map(|one| line(one, &owners, &names, &shop_names)).collect(),
        file_address: Pairs::default()
            .with_some("show", kept.one("show"))
            .with_some("shop", kept.one("shop"))
            .address("/tracking/conversions.csv"),
        list,
        kinds: [("", "all"), ("sale", "sales"), ("lead", "leads")]
            .map(|(code, words)| choice(code, words, &chosen))
            .into(),
        shops: std::iter::once(choice("", "all shops", &shop_chosen))
            .chain(shop_rows.iter().map(|row| choice(row.id, row.name.clone(), &shop_chosen)))
            .collect(),
        file_shops: std::iter::once(choice("", usual_words(&shop_rows), &typed_shop))
            .chain(open().map(|row| choice(row.id, row.name.clone(), &typed_shop)))
            .collect(),
        kind_given: [("sale", "a sale"), ("lead", "a lead")]
            .map(|(code, words)| choice(code, words, asked.one("kind").unwrap_or("sale")))
            .into(),
        given: noted(asked),
        map: typed(asked, "map"),
        file_currency: typed(asked, "file_currency"),
        problem,
    })
    .await
}

/// What no choice of a shop means.
fn usual_words(shops: &[ShopRow]) -> String {
    let open: Vec<&ShopRow> = shops.iter().filter(|row| row.ended_at.is_none()).collect();
    match open[..] {
        [] => "files and by hand".to_owned(),
        [only] => only.name.clone(),
        _ => "choose".to_owned(),
    }
}

fn noted(given: &Pairs) -> Noted {
    Noted {
        kind: typed(given, "kind"),
        order: typed(given, "order"),
        shop: typed(given, "of_shop"),
        at: typed(given, "at"),
        amount: typed(given, "amount"),
        currency: typed(given, "currency"),
        code: typed(given, "code"),
        link: typed(given, "link"),
        heard_from: typed(given, "heard_from"),
        email: typed(given, "email"),
    }
}

/// `GET /tracking/conversions`
pub async fn index(State(app): State<App>, visit: Visit, Query(pairs): Query<Vec<(String, String)>>) -> Page {
    page(&app, visit, &Pairs(pairs), None).await
}

/// `POST /tracking/conversions`: one noted by hand.
pub async fn note(
    State(app): State<App>,
    visit: Visit,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, WebError> {
    let given = Pairs(pairs);
    match conversions::note(&app.data, &noted(&given), TEAM).await {
        Ok((_, taken)) => {
            let done = match (taken.new, taken.changed) {
                (0, 0) => "It was known already, word for word",
                (0, _) => "What is known of it was added to",
                _ => "It is counted from now",
            };
            let address = match taken.ids.first() {
                Some(id) => format!("/tracking/conversions/{id}"),
                None => "/tracking/conversions".to_owned(),
            };
            Ok(Redirect::to(&Pairs::default().with("done", done).address(&address)).into_response())
        }
        Err(error) => Ok(not_valid(page(&app, visit, &given, Some(problem_of(error)?)).await?)),
    }
}

/// A row that was left out.
pub struct IssueLine {
    pub file: String,
    pub row: String,
    pub column: String,
    pub problem: String,
    pub hint: String,
    pub refused: &'static str,
}

pub fn issue_line(issue: &RowIssue) -> IssueLine {
    IssueLine {
        file: issue.file.clone(),
        row: issue.row.map(format::count).unwrap_or_default(),
        column: issue.column.clone().unwrap_or_default(),
        problem: issue.problem.clone(),
        hint: issue.hint.clone(),
        refused: "left out",
    }
}

#[derive(Template)]
#[template(path = "tracking/orders_file.html")]
struct FilePage {
    layout: Layout,
    parts: Vec<Part>,
    finding: String,
    is_try: bool,
    taken: Vec<(String, String)>,
    not_taken: Vec<String>,
    issues: Vec<IssueLine>,
    beyond: usize,
}

/// `POST /tracking/conversions/file`: orders from a file, or a try of it.
pub async fn bring_in(State(app): State<App>, visit: Visit, form: Multipart) -> Result<Response, WebError> {
    let (arrived, outcome) = receive(&app, form, FILE_BYTES_MAX).await;
    let given = arrived.fields;
    let place = match (outcome, arrived.place) {
        (Ok(()), Some(place)) => place,
        (Err(error), _) => return Ok(not_valid(page(&app, visit, &given, Some(problem_of(error)?)).await?)),
        (Ok(()), None) => return Err(WebError::unreadable("No file was sent", "Choose a file and send it again.")),
    };
    let (data, path) = (app.data.clone(), place.path.clone());
    let of_shop = typed(&given, "of_shop");
    let pairs: Vec<String> =
        typed(&given, "map").lines().filter(|line| !line.trim().is_empty()).map(str::to_owned).collect();
    let (currency, is_try) = (typed(&given, "file_currency"), given.one("do") == Some("try"));
    let outcome = aside(move || async move {
        Ok::<_, WebError>(
            async {
                let shop = match of_shop.trim() {
                    "" => shops::usual(&data).await?,
                    named => shops::find(&data, named).await?,
                };
                sheet::import(&data, &shop, &path, &SheetAsked { map: sheet::map_of(&pairs)?, currency, is_try }).await
            }
            .await,
        )
    })
    .await;
    place.abandon();
    match outcome? {
        Ok(done) => Ok(file_page(&app, visit, &done).await?),
        Err(error) => {
            // The form of a file has a field of its own for the shop.
            let error = match error {
                TrackingError::Field { field: "shop", problem } => TrackingError::Field { field: "file-shop", problem },
                error => error,
            };
            Ok(not_valid(page(&app, visit, &given, Some(problem_of(error)?)).await?))
        }
    }
}

async fn file_page(app: &App, visit: Visit, done: &OrdersImported) -> Result<Response, WebError> {
    let counted = |count: u64, words: &str| format!("{} {words}", format::count(count));
    let mut finding = format!(
        "{}: {}",
        format::counted(done.rows, "row", "rows"),
        match done.is_try {
            true => counted(done.new, "can be taken"),
            false => format!(
                "{}, {}, {}",
                counted(done.new, "new"),
                counted(done.changed, "changed"),
                counted(done.known, "known already")
            ),
        }
    );
    if done.further_lines > 0 {
        finding.push_str(&format!(", {}", counted(done.further_lines, "further lines of orders above them")));
    }
    finding.push_str(&match done.refused.len() {
        0 => ", none left out.".to_owned(),
        some => format!(", {} left out.", format::count(some as u64)),
    });
    let is_nothing = done.new + done.changed + done.known == 0;
    let page = draw(FilePage {
        layout: Layout::load(app, visit, Word::Tracking, "Orders from a file").await?,
        parts: parts("Orders and leads"),
        finding,
        is_try: done.is_try,
        taken: done.taken.clone(),
        not_taken: done.not_taken.clone(),
        issues: done.refused.iter().take(REFUSED_SHOWN_MAX).map(issue_line).collect(),
        beyond: done.refused.len().saturating_sub(REFUSED_SHOWN_MAX),
    })
    .await?;
    Ok((if is_nothing { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK }, page).into_response())
}

/// `GET /tracking/conversions.csv`: all of them, with whom they are credited to and why.
pub async fn download(
    State(app): State<App>,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Result<Response, WebError> {
    let filter = filter_of(&Pairs(pairs));
    let data = app.data.clone();
    let sheet = aside(move || async move { table(&data, &filter).await }).await?;
    Ok(sheet.download("orders-and-leads.csv"))
}

async fn table(data: &crate::data_directory::DataDirectory, filter: &ConversionFilter) -> Result<Sheet, TrackingError> {
    let rows = data.store.conversions(filter, 0, u64::MAX).await?;
    let (joined, owners) = conversions::joined_by(data, rows, filter, &JoinSettings::default()).await?;
    let names = names(data, &owners.contacts).await?;
    let mut sheet = Sheet::new(&[
        "id",
        "kind",
        "shop",
        "order",
        "name",
        "at",
        "amount_minor_units",
        "net_minor_units",
        "currency",
        "counts",
        "contact",
        "creator",
        "by",
        "contested",
        "why",
    ]);
    for one in &joined {
        let row = &one.row;
        let credited = one.order.credited;
        let contact = credited.and_then(|credited| owners.contacts.get(credited.creator as usize).copied());
        let number = |value: Option<i64>| value.map(|value| value.to_string()).unwrap_or_default();
        sheet.row([
            row.id.to_string(),
            row.kind.code().to_owned(),
            row.shop.to_string(),
            row.native_id.clone(),
            row.native_name.clone().unwrap_or_default(),
            row.at.map(clock::iso).unwrap_or_default(),
            number(row.amount_minor_units),
            number(row.net_minor_units),
            row.currency.clone().unwrap_or_default(),
            counts(row).err().unwrap_or("yes").to_owned(),
            number(contact),
            contact.and_then(|contact| names.get(&contact).cloned()).unwrap_or_default(),
            credited.map_or("", |credited| proof_words(credited.proof)).to_owned(),
            one.order.contested.is_some().to_string(),
            one.order.words.clone(),
        ]);
    }
    Ok(sheet)
}
