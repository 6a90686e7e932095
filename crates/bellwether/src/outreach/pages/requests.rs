//! `/outreach/requests`: what creators asked for as their right: facts they contest, accounts they say are theirs, being forgotten.
//! Each waits here until somebody has answered.

use askama::Template;
use axum::extract::{Form, Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use model::Timestamp;
use model::outreach::rights::ContestState;

use super::creator::{ContestLine, contest_line};
use super::{Part, Problem, not_valid, parts, problem_of, saying, typed};
use crate::clock;
use crate::outreach::claims::{self, Seen};
use crate::outreach::rights::FORGOTTEN;
use crate::outreach::{TEAM, contacts, contests};
use crate::web::app::{App, Page, draw};
use crate::web::error::WebError;
use crate::web::format;
use crate::web::layout::{Layout, Word};
use crate::web::query::Pairs;
use crate::web::visit::Visit;

const CONTESTS_MAX: u64 = 200;
const FORGOTTEN_SHOWN: u64 = 20;

/// A contest with whose it is.
pub struct RequestLine {
    pub contact: i64,
    pub name: String,
    pub line: ContestLine,
    /// Late, or the days that are left.
    pub due: String,
    pub is_late: bool,
    /// Where the fact can be corrected.
    pub correct_at: String,
}

/// An account that somebody says is theirs.
pub struct ClaimLine {
    pub id: i64,
    pub contact: i64,
    pub name: String,
    pub account: String,
    pub account_name: String,
    pub words: String,
    /// A mail with the code is here and waits to be taken for them.
    pub may_take: bool,
}

/// Somebody who is to be forgotten.
pub struct ErasureLine {
    pub contact: i64,
    pub name: String,
    pub due_on: String,
}

#[derive(Template)]
#[template(path = "outreach/requests.html")]
struct RequestsPage {
    layout: Layout,
    parts: Vec<Part>,
    done: Option<String>,
    problem: Option<Problem>,
    /// The contest the problem is about.
    at: i64,
    answer: String,
    finding: String,
    /// Older answers than those shown are there.
    is_cut: bool,
    open: Vec<RequestLine>,
    answered: Vec<RequestLine>,
    claims: Vec<ClaimLine>,
    erasures: Vec<ErasureLine>,
    /// Days on which somebody was forgotten.
    forgotten: Vec<String>,
}

fn due_words(due_on: &str, today: &str) -> (String, bool) {
    let days = |day: &str| day.parse::<jiff::civil::Date>().ok();
    match (days(due_on), days(today)) {
        (Some(due), Some(now)) => match (due - now).get_days() {
            0 => ("an answer is due today".to_owned(), false),
            left if left > 0 => {
                (format!("an answer is due in {}", format::counted(left.unsigned_abs().into(), "day", "days")), false)
            }
            late => {
                (format!("the answer is late by {}", format::counted(late.unsigned_abs().into(), "day", "days")), true)
            }
        },
        _ => (format!("an answer is due on {due_on}"), false),
    }
}

async fn page(app: &App, visit: Visit, asked: &Pairs, at: i64, problem: Option<Problem>) -> Page {
    let now = app.data.now();
    let today = clock::iso_day(now);
    let (mut open, mut answered) = (Vec::new(), Vec::new());
    let (rows, is_cut) = app.data.store.contests(CONTESTS_MAX).await?;
    for row in rows {
        let (due, is_late) = due_words(&row.answer_due_on, &today);
        let correct_at = match row.account {
            Some(account) => format!("/creators/{account}"),
            None => format!("/outreach/contacts/{}#about", row.contact),
        };
        let name = contacts::shown(&app.data, row.contact).await?.row.name;
        let line = RequestLine { contact: row.contact, name, due, is_late, correct_at, line: contest_line(&row) };
        if row.state == ContestState::Open { open.push(line) } else { answered.push(line) }
    }
    let mut erasures = Vec::new();
    for request in app.data.store.erasure_requests(Timestamp(i64::MAX)).await? {
        let name = contacts::shown(&app.data, request.contact).await?.row.name;
        erasures.push(ErasureLine { contact: request.contact, name, due_on: clock::day(request.due_at) });
    }
    let claims = claim_lines(app).await?;
    let log = app.data.store.audit_of(FORGOTTEN, FORGOTTEN_SHOWN).await?;
    let forgotten = log.iter().map(|row| clock::day(row.at));
    let waiting = open.len() + claims.iter().filter(|claim| claim.may_take).count();
    draw(RequestsPage {
        layout: Layout::load(app, visit, Word::Outreach, "What creators asked for").await?,
        parts: parts("Requests"),
        done: asked.one("done").map(str::to_owned),
        problem,
        at,
        answer: typed(asked, "answer"),
        is_cut,
        finding: match waiting {
            0 => "Nobody waits for an answer.".to_owned(),
            _ => format!("{} for an answer.", format::counted(waiting as u64, "request waits", "requests wait")),
        },
        open,
        answered,
        claims,
        erasures,
        forgotten: forgotten.collect(),
    })
    .await
}

async fn claim_lines(app: &App) -> Result<Vec<ClaimLine>, WebError> {
    let mut lines = Vec::new();
    for row in app.data.store.open_claims(app.data.now()).await? {
        let name = contacts::shown(&app.data, row.contact).await?.row.name;
        let seen = claims::look(&app.data, &row).await?;
        let names = crate::creators::names(&app.data, vec![row.account]).await?;
        let words = match &seen {
            Seen::Proved => continue,
            Seen::InProfile { day } => {
                format!("the code {} stands in the profile of {day}; it is noted within minutes", row.code)
            }
            Seen::InMail { day } => {
                format!("a mail of {day} with the code {} says it comes from the address in the profile", row.code)
            }
            _ => format!("waits for the code {} in the profile until {}", row.code, clock::day(row.expires_at)),
        };
        lines.push(ClaimLine {
            id: row.id,
            contact: row.contact,
            name,
            account: format!("/creators/{}", row.account),
            account_name: names.get(&row.account).map_or_else(|| row.account.to_string(), |name| name.name.clone()),
            words,
            may_take: matches!(seen, Seen::InMail { .. }),
        });
    }
    Ok(lines)
}

/// `GET /outreach/requests`
pub async fn list(State(app): State<App>, visit: Visit, Query(pairs): Query<Vec<(String, String)>>) -> Page {
    let done = Pairs(pairs).one("done").map(str::to_owned);
    page(&app, visit, &Pairs::default().with_some("done", done), 0, None).await
}

/// `POST /outreach/requests/contests/{id}`: it is corrected, or it stands, with the answer.
pub async fn decide(
    State(app): State<App>,
    visit: Visit,
    Path(id): Path<i64>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, WebError> {
    let given = Pairs(pairs);
    let is_corrected = given.one("do") == Some("corrected");
    match contests::decide(&app.data, id, is_corrected, &typed(&given, "answer"), TEAM).await {
        Ok(decided) => {
            let done = match decided.mail {
                Some(_) => "Answered: the answer stands on their page and leaves by mail in half a minute",
                None => "Answered: the answer stands on their page; no mail could be written to them",
            };
            Ok(Redirect::to(&saying("/outreach/requests", done)).into_response())
        }
        Err(error) => Ok(not_valid(page(&app, visit, &given, id, Some(problem_of(error)?)).await?)),
    }
}

/// `POST /outreach/requests/claims/{id}`: a mail is taken for them.
pub async fn take_claim(
    State(app): State<App>,
    visit: Visit,
    Path(id): Path<i64>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, WebError> {
    let given = Pairs(pairs);
    let contact = given.one("contact").and_then(|contact| contact.parse().ok()).unwrap_or(0);
    match claims::take_by_mail(&app.data, contact, id, TEAM).await {
        Ok(()) => Ok(Redirect::to(&saying("/outreach/requests", "The account is taken for theirs")).into_response()),
        Err(error) => Ok(not_valid(page(&app, visit, &Pairs::default(), 0, Some(problem_of(error)?)).await?)),
    }
}

#[cfg(test)]
mod tests {
    use super::due_words;

    #[test]
    fn an_answer_says_how_long_there_is() {
        for (due, expect) in [
            ("2026-03-08", ("an answer is due in 7 days", false)),
            ("2026-03-01", ("an answer is due today", false)),
            ("2026-02-28", ("the answer is late by 1 day", true)),
        ] {
            let (words, is_late) = due_words(due, "2026-03-01");
            assert_eq!((words.as_str(), is_late), expect);
        }
    }
}
