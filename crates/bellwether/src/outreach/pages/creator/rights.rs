//! What is held about a creator, as they see it themselves, and what they may ask for: a fact set right, no more mail, a language
//! for mails, to be forgotten at once or in two weeks.

use askama::Template;
use axum::extract::{Form, Path, Query, State};
use axum::http::header;
use axum::response::{Html, IntoResponse, Redirect, Response};
use model::outreach::rights::ContestState;
use store::outreach::contacts::ContactChange;
use store::outreach::rights::ContestRow;

use super::super::{Problem, not_valid, problem_of, saying, typed, typed_or};
use super::{Who, let_in, shown};
use crate::clock;
use crate::outreach::{OutreachError, contacts, contests, rights};
use crate::web::app::{App, draw};
use crate::web::error::WebError;
use crate::web::query::Pairs;
use crate::web::visit::Visit;

/// Something held.
pub struct HeldLine {
    pub what: String,
    pub says: String,
    pub from: String,
    pub since: String,
    pub mark: String,
    /// Where it is contested; none where it is being looked at, or something else is.
    pub contest: Option<String>,
}

/// Something contested, with its answer.
pub struct ContestLine {
    pub id: i64,
    pub what: String,
    pub said: String,
    pub claim: String,
    pub proof: String,
    pub state: &'static str,
    pub opened_on: String,
    pub due_on: String,
    pub answer: String,
    pub decided: String,
    pub is_open: bool,
}

pub fn contest_line(row: &ContestRow) -> ContestLine {
    ContestLine {
        id: row.id,
        what: row.what.clone(),
        said: row.said.clone(),
        claim: row.claim.clone(),
        proof: row.proof.clone(),
        state: row.state.words(),
        opened_on: clock::day(row.opened_at),
        due_on: row.answer_due_on.clone(),
        answer: row.answer.clone(),
        decided: row.decided_at.map_or_else(String::new, clock::day),
        is_open: row.state == ContestState::Open,
    }
}

/// The fact that is about to be contested.
struct Chosen {
    fact: String,
    what: String,
    says: String,
}

#[derive(Template)]
#[template(path = "outreach/creator_data.html")]
struct DataPage {
    theme: &'static str,
    base: String,
    sender: String,
    done: Option<String>,
    problem: Option<Problem>,
    held: Vec<HeldLine>,
    chosen: Option<Chosen>,
    claim: String,
    proof: String,
    contests: Vec<ContestLine>,
    touches: Vec<(String, String)>,
    internal_notes: u64,
    is_barred: bool,
    /// The day on which they are forgotten.
    forgotten_on: Option<String>,
    greeting: String,
    language: String,
    zone: String,
    later: bool,
}

async fn page(app: &App, who: Who, asked: &Pairs, problem: Option<Problem>) -> Result<Html<String>, WebError> {
    let about = rights::held_about(&app.data, who.contact).await?;
    let has_open = about.contests.iter().any(|contest| contest.state == ContestState::Open);
    let fact = asked.one("contest").or(asked.one("fact")).unwrap_or("");
    let chosen = about.held.iter().find(|held| held.fact == fact && !has_open).map(|held| Chosen {
        fact: held.fact.clone(),
        what: held.what.clone(),
        says: held.says.clone(),
    });
    let row = &about.contact.row;
    let base = who.base.clone();
    let line = |held: rights::Held| HeldLine {
        contest: (!has_open).then(|| {
            format!("{}#contest", Pairs::default().with("contest", &held.fact).address(&format!("{base}/data")))
        }),
        what: held.what,
        says: held.says,
        from: held.from,
        since: held.since.map_or_else(|| "not known".to_owned(), clock::day),
        mark: held.mark,
    };
    draw(DataPage {
        theme: who.theme,
        base: who.base,
        sender: who.sender,
        done: asked.one("done").map(str::to_owned),
        problem,
        chosen,
        claim: typed(asked, "claim"),
        proof: typed(asked, "proof"),
        contests: about.contests.iter().map(contest_line).collect(),
        touches: about.touches.into_iter().map(|(at, words)| (clock::minute(at), words)).collect(),
        internal_notes: about.internal_notes,
        is_barred: about.is_barred,
        forgotten_on: about.erasure.map(|request| clock::day(request.due_at)),
        greeting: typed_or(asked, "greeting", &row.greeting),
        language: typed_or(asked, "language", &row.language),
        zone: typed_or(asked, "zone", &row.zone),
        later: asked.one("when") != Some("now"),
        held: about.held.into_iter().map(line).collect(),
    })
    .await
}

/// `GET /outreach/creator/{secret}/data`, with `?contest=FACT` the form to contest one.
pub async fn my_data(
    State(app): State<App>,
    visit: Visit,
    Path(secret): Path<String>,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Result<Response, WebError> {
    let who = let_in!(app, visit, secret);
    let asked = Pairs(pairs);
    let kept = Pairs::default()
        .with_some("done", asked.one("done").map(str::to_owned))
        .with_some("contest", asked.one("contest").map(str::to_owned));
    Ok(shown(page(&app, who, &kept, None).await?))
}

/// `GET /outreach/creator/{secret}/data.json`: the same, to keep.
pub async fn data_file(State(app): State<App>, visit: Visit, Path(secret): Path<String>) -> Result<Response, WebError> {
    let who = let_in!(app, visit, secret);
    let about = rights::held_about(&app.data, who.contact).await?;
    let touches: Vec<serde_json::Value> = about
        .touches
        .iter()
        .map(|(at, words)| serde_json::json!({ "at": clock::iso_exact(*at), "what": words }))
        .collect();
    let held: Vec<serde_json::Value> = about
        .held
        .iter()
        .map(|held| {
            let since = held.since.map(clock::iso_exact);
            serde_json::json!({ "what": held.what, "says": held.says, "from": held.from, "since": since, "mark": held.mark })
        })
        .collect();
    let contested: Vec<serde_json::Value> = about
        .contests
        .iter()
        .map(|row| {
            serde_json::json!({
                "what": row.what, "said": row.said, "claim": row.claim, "proof": row.proof, "state": row.state.code(),
                "on": clock::iso_exact(row.opened_at), "answer": row.answer, "answered_on": row.decided_at.map(clock::iso_exact),
            })
        })
        .collect();
    let all = serde_json::json!({
        "held": held, "contested": contested, "touches": touches, "internal_notes": about.internal_notes,
    });
    let text = serde_json::to_string_pretty(&all).map_err(|error| WebError::fault("writing your data", &error))?;
    let headers = [
        (header::CONTENT_TYPE, "application/json"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"held-about-me.json\""),
    ];
    Ok(shown((headers, text)))
}

async fn done_or_again(
    app: &App,
    who: Who,
    given: &Pairs,
    outcome: Result<(), OutreachError>,
    done: &str,
) -> Result<Response, WebError> {
    match outcome {
        Ok(()) => Ok(shown(Redirect::to(&saying(&format!("{}/data", who.base), done)))),
        Err(error) => Ok(shown(not_valid(page(app, who, given, Some(problem_of(error)?)).await?))),
    }
}

/// `POST /outreach/creator/{secret}/contests`: a fact is wrong.
pub async fn contest(
    State(app): State<App>,
    visit: Visit,
    Path(secret): Path<String>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, WebError> {
    let who = let_in!(app, visit, secret);
    let given = Pairs(pairs);
    let (fact, claim, proof) = (typed(&given, "fact"), typed(&given, "claim"), typed(&given, "proof"));
    let opened = contests::open(&app.data, who.contact, &fact, &claim, &proof).await.map(drop);
    let done = "It is marked as contested, and you get an answer in writing within 7 days";
    done_or_again(&app, who, &given, opened, done).await
}

/// `POST /outreach/creator/{secret}/contests/{id}/take-back`
pub async fn take_contest_back(
    State(app): State<App>,
    visit: Visit,
    Path((secret, id)): Path<(String, i64)>,
) -> Result<Response, WebError> {
    let who = let_in!(app, visit, secret);
    let done = match contests::take_back(&app.data, who.contact, id).await? {
        true => "It is taken back",
        false => "It was answered already; the answer stands below",
    };
    done_or_again(&app, who, &Pairs::default(), Ok(()), done).await
}

/// `POST /outreach/creator/{secret}/settings`: how mails greet them, in which language, and their zone.
pub async fn keep_settings(
    State(app): State<App>,
    visit: Visit,
    Path(secret): Path<String>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, WebError> {
    let who = let_in!(app, visit, secret);
    let given = Pairs(pairs);
    let change = ContactChange {
        greeting: Some(typed(&given, "greeting")),
        language: Some(typed(&given, "language")),
        zone: Some(typed(&given, "zone")),
        ..ContactChange::default()
    };
    let kept = contacts::change(&app.data, who.contact, change).await;
    done_or_again(&app, who, &given, kept, "Kept: mails go by this from now on").await
}

/// `POST /outreach/creator/{secret}/stop-mail`
pub async fn stop_mail(State(app): State<App>, visit: Visit, Path(secret): Path<String>) -> Result<Response, WebError> {
    let who = let_in!(app, visit, secret);
    let stopped = rights::stop_mail(&app.data, who.contact).await;
    let done = "You get no more mail from here, for good; this page stays open to you until its link ends";
    done_or_again(&app, who, &Pairs::default(), stopped, done).await
}

/// `POST /outreach/creator/{secret}/keep`: they are not to be forgotten after all.
pub async fn keep_after_all(
    State(app): State<App>,
    visit: Visit,
    Path(secret): Path<String>,
) -> Result<Response, WebError> {
    let who = let_in!(app, visit, secret);
    let done = match rights::keep_after_all(&app.data, who.contact).await? {
        true => "You are not forgotten. You still get no mail",
        false => "You were not to be forgotten",
    };
    done_or_again(&app, who, &Pairs::default(), Ok(()), done).await
}

#[derive(Template)]
#[template(path = "outreach/creator_forgotten.html")]
struct ForgottenPage {
    theme: &'static str,
    sender: String,
}

/// `POST /outreach/creator/{secret}/forget`: once the box is ticked; at once, or in two weeks.
pub async fn forget(
    State(app): State<App>,
    visit: Visit,
    Path(secret): Path<String>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, WebError> {
    let who = let_in!(app, visit, secret);
    let given = Pairs(pairs);
    let refused = |problem: &str| OutreachError::Field { field: "sure", problem: problem.to_owned() };
    if given.one("sure").is_none() {
        let problem = problem_of(refused("tick the box: what is forgotten does not come back"))?;
        return Ok(shown(not_valid(page(&app, who, &given, Some(problem)).await?)));
    }
    if given.one("when") == Some("later") {
        let asked = rights::forget_later(&app.data, who.contact).await;
        let done = match &asked {
            Ok(request) => {
                format!("You are forgotten on {}; until then you can take it back here", clock::day(request.due_at))
            }
            Err(_) => String::new(),
        };
        return done_or_again(&app, who, &given, asked.map(drop), &done).await;
    }
    match rights::forget(&app.data, who.contact).await {
        Ok(()) => {
            let page = draw(ForgottenPage { theme: who.theme, sender: who.sender }).await?;
            Ok(shown(page.into_response()))
        }
        Err(error) => {
            tracing::warn!(%error, contact = who.contact, "somebody asked to be forgotten and could not be at once");
            let busy =
                refused("other work is writing at this moment; nothing was changed, please try again in a minute");
            Ok(shown(not_valid(page(&app, who, &given, Some(problem_of(busy)?)).await?)))
        }
    }
}
