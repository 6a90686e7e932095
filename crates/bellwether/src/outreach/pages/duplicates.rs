//! `/outreach/duplicates`: contacts that may be one person, two of them side by side with a choice for each field, and merges
//! that were made, each of which can be taken back.

use askama::Template;
use axum::extract::{Form, Query, State};
use axum::response::{IntoResponse, Redirect, Response};

use super::undoing::{back_with_undo, offered};
use super::{Pages, Part, Problem, ago, not_valid, pages, parts, problem_of, saying, typed};
use crate::clock;
use crate::outreach::duplicates::{self, KeptOfBoth, Pair, Proposal};
use crate::outreach::{OutreachError, contacts};
use crate::web::app::{App, Page, aside, draw};
use crate::web::error::WebError;
use crate::web::format;
use crate::web::layout::{Layout, Word};
use crate::web::query::Pairs;
use crate::web::visit::Visit;

const ROWS_A_PAGE: u64 = 25;
const MERGES_SHOWN: u64 = 50;

/// Two contacts that may be one.
pub struct ProposalLine {
    pub contact: i64,
    pub name: String,
    pub other: i64,
    pub other_name: String,
    pub is_sure: bool,
    pub because: String,
    pub address: String,
}

/// A merge that was made.
pub struct MergeLine {
    pub id: i64,
    pub summary: String,
    pub when: String,
    pub undone: Option<String>,
}

#[derive(Template)]
#[template(path = "outreach/duplicates.html")]
struct DuplicatesPage {
    layout: Layout,
    parts: Vec<Part>,
    finding: String,
    done: Option<String>,
    undo: Option<i64>,
    problem: Option<Problem>,
    rows: Vec<ProposalLine>,
    list: Pages,
    merges: Vec<MergeLine>,
    /// Older merges than those shown are there.
    merges_cut: bool,
    stays: String,
    goes: String,
    here: String,
}

fn merge_address(stays: i64, goes: i64) -> String {
    Pairs::default().with("stays", stays).with("goes", goes).address("/outreach/duplicates/merge")
}

fn proposal_line(of: Proposal) -> ProposalLine {
    ProposalLine {
        address: merge_address(of.contact, of.other),
        contact: of.contact,
        name: of.name,
        other: of.other,
        other_name: of.other_name,
        is_sure: of.is_sure,
        because: of.because.join("; "),
    }
}

/// `GET /outreach/duplicates?page=…`
pub async fn index(State(app): State<App>, visit: Visit, Query(pairs): Query<Vec<(String, String)>>) -> Page {
    page(&app, visit, &Pairs(pairs), None).await
}

async fn page(app: &App, visit: Visit, asked: &Pairs, problem: Option<Problem>) -> Page {
    let data = app.data.clone();
    let found = aside(move || async move { duplicates::proposals(&data).await }).await?;
    let (all, sure) = (found.len() as u64, found.iter().filter(|of| of.is_sure).count() as u64);
    let paged = Pairs::default().with_some("page", asked.one("page"));
    let list = pages(&paged, "/outreach/duplicates", ROWS_A_PAGE, all);
    let now = app.data.now();
    let mut merges = app.data.store.contact_merges(MERGES_SHOWN + 1).await?;
    let merges_cut = merges.len() as u64 > MERGES_SHOWN;
    merges.truncate(MERGES_SHOWN as usize);
    draw(DuplicatesPage {
        layout: Layout::load(app, visit, Word::Outreach, "Duplicates").await?,
        parts: parts("Contacts"),
        finding: finding(all, sure),
        done: asked.one("done").map(str::to_owned),
        undo: offered(app, asked).await?,
        problem,
        rows: found.into_iter().skip(list.from as usize).take(ROWS_A_PAGE as usize).map(proposal_line).collect(),
        merges_cut,
        merges: merges
            .into_iter()
            .map(|row| MergeLine {
                id: row.id,
                summary: row.summary,
                when: ago(now, row.changed_at),
                undone: row.undone_at.map(clock::day),
            })
            .collect(),
        stays: typed(asked, "stays"),
        goes: typed(asked, "goes"),
        here: paged.address("/outreach/duplicates"),
        list,
    })
    .await
}

fn finding(all: u64, sure: u64) -> String {
    let pairs = format::counted(all, "pair", "pairs");
    match (all, sure) {
        (0, _) => "No two contacts look like one person.".to_owned(),
        (1, 1) => "1 pair is one person, as far as is known.".to_owned(),
        (1, 0) => "1 pair may be one person; it is not sure.".to_owned(),
        (_, 0) => format!("{pairs} may be one person each; none is sure."),
        (_, sure) => format!("{pairs} may be one person each; {} sure.", format::counted(sure, "is", "are")),
    }
}

/// One of the two.
pub struct Side {
    pub id: i64,
    pub name: String,
    pub addresses: Vec<String>,
    pub since: String,
}

/// A field with what each of the two has in it.
pub struct FieldChoice {
    pub code: String,
    pub words: String,
    pub stays: String,
    pub goes: String,
    /// Both have something, and it is not the same.
    pub is_open: bool,
    /// What the other has is chosen.
    pub takes: bool,
}

#[derive(Template)]
#[template(path = "outreach/merge.html")]
struct MergePage {
    layout: Layout,
    parts: Vec<Part>,
    problem: Option<Problem>,
    stays: Side,
    goes: Side,
    fields: Vec<FieldChoice>,
    kept: Vec<KeptOfBoth>,
    swap: String,
}

fn side(shown: &contacts::ContactShown) -> Side {
    Side {
        id: shown.row.id,
        name: shown.row.name.clone(),
        addresses: shown.addresses.iter().map(|address| address.address.clone()).collect(),
        since: clock::day(shown.row.created_at),
    }
}

/// Two contacts as an address or a form names them: by number, address or name.
async fn named(app: &App, asked: &Pairs) -> Result<(i64, i64), OutreachError> {
    let mut found = [0; 2];
    for (place, field) in ["stays", "goes"].into_iter().enumerate() {
        let text = typed(asked, field);
        let problem = |problem: String| OutreachError::Field { field, problem };
        found[place] = match contacts::find(&app.data, text.trim()).await {
            _ if text.trim().is_empty() => return Err(problem("say who: a number, an address or a name".to_owned())),
            Err(OutreachError::NoContact(named)) => return Err(problem(format!("nobody is called {named:?}"))),
            Err(OutreachError::Refused(words)) => return Err(problem(words.replace("\nhint: ", "; "))),
            other => other?.id,
        };
    }
    Ok((found[0], found[1]))
}

/// `GET /outreach/duplicates/merge?stays=…&goes=…`: the two side by side.
pub async fn look(
    State(app): State<App>,
    visit: Visit,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Result<Response, WebError> {
    let asked = Pairs(pairs);
    let (stays, goes) = match named(&app, &asked).await {
        Ok(found) => found,
        Err(error) => return Ok(not_valid(page(&app, visit, &asked, Some(problem_of(error)?)).await?)),
    };
    if stays == goes {
        let address = format!("/outreach/contacts/{stays}");
        return Ok(Redirect::to(&saying(&address, "Both names mean this contact")).into_response());
    }
    let pair = duplicates::pair(&app.data, stays, goes).await?;
    Ok(merge_page(&app, visit, pair, &asked, None).await?.into_response())
}

async fn merge_page(app: &App, visit: Visit, pair: Pair, asked: &Pairs, problem: Option<Problem>) -> Page {
    let choice = |field: duplicates::FieldOfTwo| FieldChoice {
        is_open: field.is_open(),
        takes: asked.one(&format!("take-{}", field.code)) == Some("goes"),
        code: field.code,
        words: field.words,
        stays: field.stays,
        goes: field.goes,
    };
    draw(MergePage {
        layout: Layout::load(app, visit, Word::Outreach, "Make two contacts one").await?,
        parts: parts("Contacts"),
        problem,
        stays: side(&pair.stays),
        goes: side(&pair.goes),
        swap: merge_address(pair.goes.row.id, pair.stays.row.id),
        fields: pair.fields.into_iter().map(choice).collect(),
        kept: pair.kept.into_iter().filter(|of| of.stays + of.goes > 0).collect(),
    })
    .await
}

/// `POST /outreach/duplicates/merge`: makes them one and leads to whom they became.
pub async fn merge(
    State(app): State<App>,
    visit: Visit,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, WebError> {
    let given = Pairs(pairs);
    let (stays, goes) = match named(&app, &given).await {
        Ok(found) => found,
        Err(error) => return Ok(not_valid(page(&app, visit, &given, Some(problem_of(error)?)).await?)),
    };
    let address = format!("/outreach/contacts/{stays}");
    if stays == goes {
        return Ok(Redirect::to(&saying(&address, "They are one contact already")).into_response());
    }
    let chosen: Vec<String> = (given.0.iter())
        .filter(|(_, value)| value == "goes")
        .filter_map(|(key, _)| key.strip_prefix("take-").map(str::to_owned))
        .collect();
    let gone = contacts::shown(&app.data, goes).await?.row.name;
    let merged = match duplicates::taken_over(&app.data, &chosen).await {
        Ok(taken) => duplicates::merge(&app.data, stays, goes, taken).await,
        Err(error) => Err(error),
    };
    match merged {
        Ok(change) => {
            let done = format!("{gone} became part of this contact");
            Ok(back_with_undo(&Pairs::default(), &address, &done, Some(change)).into_response())
        }
        Err(error) => {
            let problem = problem_of(error)?;
            let pair = duplicates::pair(&app.data, stays, goes).await?;
            Ok(not_valid(merge_page(&app, visit, pair, &given, Some(problem)).await?))
        }
    }
}
