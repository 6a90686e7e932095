//! `/outreach/queue`: what waits to leave and what became of the rest, mails of unknown fate first; and `/outreach/barred`: whom
//! nobody must write to, of whom only a keyed hash is kept.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::{Form, Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use model::outreach::{SendState, SuppressionReason};
use store::outreach::sending::OutgoingRow;

use super::{Part, Problem, ago, ahead, back_to, not_valid, parts, problem_of, saying, typed};
use crate::clock;
use crate::outreach::inbox::{self};
use crate::outreach::{contacts, mailboxes, sending};
use crate::web::app::{App, Page, draw};
use crate::web::error::WebError;
use crate::web::format;
use crate::web::layout::{Layout, Word};
use crate::web::query::Pairs;
use crate::web::visit::Visit;

const SHOWN_MAX: u64 = 200;

/// A mail of the queue.
pub struct QueueLine {
    pub id: i64,
    pub contact: i64,
    pub name: String,
    pub mailbox: String,
    pub subject: String,
    pub when: String,
    pub why: String,
    pub is_of_sequence: bool,
}

/// Something that came back.
pub struct BounceLine {
    pub contact: Option<i64>,
    pub name: String,
    pub class: &'static str,
    pub status: String,
    pub diagnostic: String,
    pub when: String,
}

#[derive(Template)]
#[template(path = "outreach/queue.html")]
struct QueuePage {
    layout: Layout,
    parts: Vec<Part>,
    finding: String,
    done: Option<String>,
    unknown: Vec<QueueLine>,
    waiting: Vec<QueueLine>,
    waiting_beyond: Option<String>,
    aside: Vec<QueueLine>,
    bounces: Vec<BounceLine>,
    barred: String,
}

fn bounce_words(code: &str) -> &'static str {
    match code {
        "hard_address" => "the address does not exist",
        "soft_full" => "the mailbox is full",
        "soft_other" => "could not be delivered for now",
        "policy" => "refused by the receiver’s rules",
        _ => "came back, not clear why",
    }
}

/// `GET /outreach/queue`
pub async fn show(State(app): State<App>, visit: Visit, Query(pairs): Query<Vec<(String, String)>>) -> Page {
    let store = &app.data.store;
    let unknown = store.outgoing_in(&[SendState::Unknown, SendState::Begun], SHOWN_MAX).await?;
    let waiting = store.outgoing_in(&[SendState::Waiting, SendState::Draft], SHOWN_MAX).await?;
    let laid_aside = store.outgoing_lately(&[SendState::Skipped, SendState::Refused], SHOWN_MAX).await?;
    let bounces = store.bounces(None, SHOWN_MAX).await?;
    let counts: BTreeMap<SendState, u64> = store.outgoing_counts().await?.into_iter().collect();
    let of = |state: SendState| counts.get(&state).copied().unwrap_or(0);
    let mut ids: Vec<i64> = unknown.iter().chain(&waiting).chain(&laid_aside).map(|mail| mail.contact).collect();
    ids.extend(bounces.iter().filter_map(|bounce| bounce.contact));
    ids.sort_unstable();
    ids.dedup();
    let names: BTreeMap<i64, String> =
        store.contacts_numbered(&ids).await?.into_iter().map(|row| (row.id, row.name)).collect();
    let boxes: BTreeMap<i64, String> =
        mailboxes::all(&app.data).await?.into_iter().map(|mailbox| (mailbox.id, mailbox.address)).collect();
    let now = app.data.now();
    let name_of = |id: i64| names.get(&id).cloned().unwrap_or_else(|| format!("contact {id}"));
    let line = |mail: OutgoingRow| QueueLine {
        when: match mail.state {
            SendState::Waiting => ahead(now, mail.not_before),
            SendState::Unknown | SendState::Begun => ago(now, mail.begun_at.unwrap_or(mail.created_at)),
            _ => ago(now, mail.ended_at.or(mail.begun_at).unwrap_or(mail.created_at)),
        },
        why: match (mail.state, mail.reason.is_empty()) {
            (SendState::Refused, true) => mail.reply.clone(),
            (_, true) if mail.state != SendState::Waiting => mail.state.words().to_owned(),
            _ => mail.reason.clone(),
        },
        id: mail.id,
        contact: mail.contact,
        name: name_of(mail.contact),
        mailbox: boxes.get(&mail.mailbox).cloned().unwrap_or_default(),
        is_of_sequence: mail.enrolment.is_some(),
        subject: mail.subject,
    };
    let waiting_all = of(SendState::Waiting) + of(SendState::Draft);
    let (_, barred) = store.suppressions(0).await?;
    draw(QueuePage {
        layout: Layout::load(&app, visit, Word::Outreach, "Queue").await?,
        parts: parts("Queue"),
        finding: finding(of(SendState::Unknown), waiting_all),
        done: Pairs(pairs).one("done").map(str::to_owned),
        unknown: unknown.into_iter().map(line).collect(),
        waiting: waiting.into_iter().map(line).collect(),
        waiting_beyond: (waiting_all > SHOWN_MAX)
            .then(|| format!("{} more wait; the next to leave are shown.", format::count(waiting_all - SHOWN_MAX))),
        aside: laid_aside.into_iter().map(line).collect(),
        bounces: bounces
            .into_iter()
            .map(|row| BounceLine {
                contact: row.contact,
                name: row.contact.map(name_of).unwrap_or_default(),
                class: bounce_words(&row.class),
                status: row.status,
                diagnostic: row.diagnostic,
                when: ago(now, row.at),
            })
            .collect(),
        barred: format::counted(barred, "address is barred", "addresses are barred"),
    })
    .await
}

fn finding(unknown: u64, waiting: u64) -> String {
    let waits = match waiting {
        0 => "Nothing waits to leave.".to_owned(),
        1 => "1 mail waits to leave.".to_owned(),
        some => format!("{} mails wait to leave.", format::count(some)),
    };
    match unknown {
        0 => waits,
        some => {
            let mails = format::counted(some, "mail is", "mails are");
            format!("{mails} of unknown fate: look, and say what became of them. {waits}")
        }
    }
}

/// `POST /outreach/queue/{id}/take-back`
pub async fn take_back(
    State(app): State<App>,
    Path(id): Path<i64>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Redirect, WebError> {
    inbox::take_back(&app.data, id).await?;
    Ok(back_to(&Pairs(pairs), "/outreach/queue", "Taken back: the mail stays here"))
}

/// `POST /outreach/queue/{id}/settle`: a person says what became of a mail.
pub async fn settle(
    State(app): State<App>,
    Path(id): Path<i64>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Redirect, WebError> {
    let given = Pairs(pairs);
    let done = match sending::settle(&app.data, id, given.one("to").unwrap_or("")).await? {
        SendState::Accepted => "Noted: it was sent",
        SendState::Waiting => "It waits to be sent again",
        _ => "It is let be",
    };
    Ok(back_to(&given, "/outreach/queue", done))
}

/// A barred address, of which only the hash is kept.
pub struct BarredLine {
    pub reason: &'static str,
    pub day: String,
    pub evidence: String,
}

#[derive(Template)]
#[template(path = "outreach/barred.html")]
struct BarredPage {
    layout: Layout,
    parts: Vec<Part>,
    finding: String,
    done: Option<String>,
    problem: Option<Problem>,
    counts: Vec<(String, &'static str)>,
    rows: Vec<BarredLine>,
    beyond: Option<String>,
    address: String,
    why: String,
}

async fn barred_page(app: &App, visit: Visit, asked: &Pairs, problem: Option<Problem>) -> Page {
    let (rows, all) = app.data.store.suppressions(SHOWN_MAX).await?;
    let counts = app.data.store.suppression_counts().await?;
    let of = |reason: &SuppressionReason| counts.iter().find(|(of, _)| of == reason).map_or(0, |(_, count)| *count);
    draw(BarredPage {
        layout: Layout::load(app, visit, Word::Outreach, "Barred addresses").await?,
        parts: parts("Queue"),
        finding: match all {
            0 => "Nobody is barred.".to_owned(),
            1 => "1 address is never written to.".to_owned(),
            some => format!("{} addresses are never written to.", format::count(some)),
        },
        done: asked.one("done").map(str::to_owned),
        problem,
        counts: (SuppressionReason::ALL.iter())
            .filter(|reason| of(reason) > 0)
            .map(|reason| (format::count(of(reason)), reason.words()))
            .collect(),
        beyond: (all > SHOWN_MAX).then(|| format!("The latest {SHOWN_MAX} of {} are shown.", format::count(all))),
        rows: rows
            .into_iter()
            .map(|row| BarredLine { reason: row.reason.words(), day: clock::day(row.at), evidence: row.evidence })
            .collect(),
        address: typed(asked, "address"),
        why: typed(asked, "why"),
    })
    .await
}

/// `GET /outreach/barred`
pub async fn barred(State(app): State<App>, visit: Visit, Query(pairs): Query<Vec<(String, String)>>) -> Page {
    barred_page(&app, visit, &Pairs(pairs), None).await
}

/// `POST /outreach/barred`: bars an address by hand.
pub async fn bar(
    State(app): State<App>,
    visit: Visit,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, WebError> {
    let given = Pairs(pairs);
    match contacts::bar(&app.data, typed(&given, "address").trim(), &typed(&given, "why")).await {
        Ok(is_new) => {
            let done = if is_new { "The address is barred" } else { "The address was barred already" };
            Ok(Redirect::to(&saying("/outreach/barred", done)).into_response())
        }
        Err(error) => {
            let problem = problem_of(error)?;
            Ok(not_valid(barred_page(&app, visit, &given, Some(problem)).await?))
        }
    }
}
