//! `GET /outreach`: conversations by mail; one of them, with its mails and an answer; and the card of whom it is with.
//!
//! Opening a conversation changes nothing; reading, laying aside, joining and splitting are forms of their own.

use askama::Template;
use axum::extract::{Form, Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use model::outreach::{Channel, SendState, Stage};
use serde_json::Value;
use store::outreach::mails::MailRow;
use store::outreach::threads::{ThreadRow, ThreadsOf};

use super::contact::{Card, card};
use super::{
    Choice, Pages, Part, Problem, ago, ahead, back_to, first_words, not_valid, pages, parts, problem_of,
    sending_mailboxes, typed, typed_or,
};
use crate::clock;
use crate::outreach::contacts::{self, ContactGiven, mail_address};
use crate::outreach::inbox::{self, InboxCounts, MailShown, ThreadShown, Written};
use crate::outreach::{OutreachError, mailboxes, settings, templates, threading};
use crate::web::app::{App, Page, aside, draw};
use crate::web::error::{Recovery, WebError};
use crate::web::format;
use crate::web::layout::{Layout, Word};
use crate::web::query::Pairs;
use crate::web::visit::Visit;

const ROWS_A_PAGE: u64 = 30;
const WORDS_SHOWN: usize = 90;

/// Which conversations are shown, with how many there are.
pub struct ShowLink {
    pub words: &'static str,
    pub address: String,
    pub count: String,
    pub is_here: bool,
}

/// A conversation in the list.
pub struct ThreadLine {
    pub address: String,
    pub name: String,
    pub subject: String,
    pub first_words: String,
    pub age: String,
    pub when: String,
    pub is_unread: bool,
    pub waits: bool,
    pub is_here: bool,
    pub class_words: &'static str,
    pub files: bool,
}

/// A mail of the conversation.
pub struct MailView {
    pub shown: MailShown,
    pub is_out: bool,
    pub who: String,
    pub age: String,
    pub files: Vec<FileLink>,
    /// A conversation of its own can begin here.
    pub can_split: bool,
}

pub struct FileLink {
    pub name: String,
    pub address: String,
    pub size: String,
}

/// A mail that waits to leave.
pub struct WaitingMail {
    pub id: i64,
    pub subject: String,
    pub text: String,
    pub words: String,
    pub can_be_taken_back: bool,
}

/// An earlier mail that the conversation may continue.
pub struct Suggestion {
    pub first: i64,
    pub other: i64,
    pub words: String,
    pub address: String,
}

/// The form of an answer.
pub struct AnswerForm {
    pub body: String,
    pub to: String,
    pub subject: String,
    pub mailboxes: Vec<Choice>,
    pub templates: Vec<Choice>,
}

/// The form that makes the other side a contact.
pub struct MakeContact {
    pub name: String,
    pub address: String,
    pub source: String,
}

/// The conversation that is open.
pub struct OpenThread {
    pub id: i64,
    pub subject: String,
    pub with: String,
    pub is_done: bool,
    pub unread: u64,
    pub mails: Vec<MailView>,
    pub waiting: Vec<WaitingMail>,
    pub may_continue: Option<Suggestion>,
    pub answer: Option<AnswerForm>,
    /// Why there is no form to answer with.
    pub no_answer: Option<String>,
    pub card: Option<Card>,
    pub make: Option<MakeContact>,
}

/// Something that has to be there before the inbox is of use.
pub struct Need {
    pub words: &'static str,
    pub address: &'static str,
    pub action: &'static str,
    pub is_met: bool,
}

#[derive(Template)]
#[template(path = "outreach/inbox.html")]
struct InboxPage {
    layout: Layout,
    parts: Vec<Part>,
    finding: String,
    unknown_fate: bool,
    done: Option<String>,
    problem: Option<Problem>,
    shows: Vec<ShowLink>,
    show: String,
    words: String,
    rows: Vec<ThreadLine>,
    list: Pages,
    /// The list as it is, without a conversation.
    all: String,
    /// This page, to come back to.
    here: String,
    open: Option<OpenThread>,
    needs: Vec<Need>,
    nothing: &'static str,
}

fn threads_of(show: &str) -> (ThreadsOf, &'static str) {
    match show {
        "waiting" => (ThreadsOf::Waiting, "waiting"),
        "unread" => (ThreadsOf::Unread, "unread"),
        "done" => (ThreadsOf::Done, "done"),
        "all" => (ThreadsOf::Everything, "all"),
        _ => (ThreadsOf::Open, "open"),
    }
}

/// `GET /outreach?show=…&words=…&thread=…&page=…`
pub async fn show(State(app): State<App>, visit: Visit, Query(pairs): Query<Vec<(String, String)>>) -> Page {
    let asked = Pairs(pairs);
    let thread = asked.one("thread").map(|id| id.parse::<i64>());
    let thread = match thread {
        Some(Ok(id)) => Some(id),
        Some(Err(_)) => return Err(OutreachError::NoThread(0).into()),
        None => None,
    };
    page(&app, visit, &asked, thread, None).await
}

async fn page(app: &App, visit: Visit, asked: &Pairs, thread: Option<i64>, problem: Option<Problem>) -> Page {
    let (of, show) = threads_of(asked.one("show").unwrap_or("open"));
    let words = asked.one("words").unwrap_or("").to_owned();
    let kept = Pairs::default()
        .with_some("show", (show != "open").then_some(show))
        .with_some("words", (!words.is_empty()).then_some(&words));
    let paged = kept.clone().with_some("page", asked.one("page").map(str::to_owned));
    let counts = inbox::counts(&app.data).await?;
    let (_, all) = inbox::list(&app.data, of, Some(&words), 0, 0).await?;
    let list = pages(&paged, "/outreach", ROWS_A_PAGE, all);
    let (rows, _) = inbox::list(&app.data, of, Some(&words), list.from, ROWS_A_PAGE).await?;
    let rows = lines(app, rows, &paged, thread).await?;
    let (open, problem) = match thread {
        Some(id) => {
            let (open, found) = opened(app, id, asked, &paged).await?;
            (Some(open), problem.or(found))
        }
        None => (None, problem),
    };
    let title = open.as_ref().map_or("Inbox".to_owned(), |open| format!("{} · Inbox", open.with));
    let needs = if counts.all == 0 { needs(app).await? } else { vec![] };
    let link = |code: &'static str, words: &'static str, count: u64| ShowLink {
        words,
        address: Pairs::default().with_some("show", (code != "open").then_some(code)).address("/outreach"),
        count: format::count(count),
        is_here: code == show,
    };
    let shows = vec![
        link("waiting", "Wait for you", counts.waiting),
        link("unread", "Unread", counts.unread),
        link("open", "Open", counts.open),
        link("done", "Done", counts.done),
        link("all", "All", counts.all),
    ];
    let at_thread = paged.clone().with_some("thread", thread);
    draw(InboxPage {
        layout: Layout::load(app, visit, Word::Outreach, title).await?,
        parts: parts("Inbox"),
        finding: finding(&counts),
        unknown_fate: counts.unknown_fate > 0,
        done: asked.one("done").map(str::to_owned),
        problem,
        shows,
        show: show.to_owned(),
        nothing: if words.is_empty() { "No conversation is here." } else { "No conversation holds these words." },
        words,
        rows,
        list,
        all: paged.address("/outreach"),
        here: at_thread.address("/outreach"),
        open,
        needs,
    })
    .await
}

fn finding(counts: &InboxCounts) -> String {
    let mut words = match (counts.all, counts.waiting) {
        (0, _) => "No mail is held yet.".to_owned(),
        (_, 0) => "Nobody waits for your answer.".to_owned(),
        (_, 1) => "1 conversation waits for your answer.".to_owned(),
        (_, some) => format!("{} conversations wait for your answer.", format::count(some)),
    };
    if counts.unknown_fate > 0 {
        let mails = format::counted(counts.unknown_fate, "mail is", "mails are");
        words.push_str(&format!(" {mails} of unknown fate."));
    }
    words
}

/// What is missing before mail can come and go.
async fn needs(app: &App) -> Result<Vec<Need>, WebError> {
    let held = settings::settings(&app.data).await?;
    let has_mailbox = !mailboxes::all(&app.data).await?.is_empty();
    let has_contact = app.data.store.contacts_found(&Default::default(), Default::default(), 0, 0).await?.1 > 0;
    Ok(vec![
        Need {
            words: "Who writes: a name and a postal address stand below every first mail.",
            address: "/outreach/settings",
            action: "Say who writes",
            is_met: !held.sender.is_empty(),
        },
        Need {
            words: "A mailbox: your own server, to send by and to read from.",
            address: "/outreach/mailboxes/new",
            action: "Add a mailbox",
            is_met: has_mailbox,
        },
        Need {
            words: "A first contact: a creator, or anybody you write to.",
            address: "/outreach/contacts/new",
            action: "Make a contact",
            is_met: has_contact,
        },
    ])
}

/// Whom a mail is with, as its headers say it.
fn counterpart(mail: &MailRow) -> &str {
    let named = if mail.way == "out" { &mail.to_shown } else { &mail.from_shown };
    match named.split_once('<') {
        Some((name, _)) if !name.trim().is_empty() => name.trim().trim_matches('"'),
        _ => named.trim(),
    }
}

async fn lines(app: &App, rows: Vec<ThreadRow>, paged: &Pairs, here: Option<i64>) -> Result<Vec<ThreadLine>, WebError> {
    let threads: Vec<i64> = rows.iter().map(|row| row.id).collect();
    let ends = app.data.store.thread_ends(&threads).await?;
    let waiting = app.data.store.threads_waiting(&threads).await?;
    let known: Vec<i64> = rows.iter().filter_map(|row| row.contact).collect();
    let names = app.data.store.contacts_numbered(&known).await?;
    let now = app.data.now();
    let line = |row: ThreadRow| {
        let end = ends.iter().find(|mail| mail.thread == Some(row.id));
        let name = row.contact.and_then(|id| names.iter().find(|contact| contact.id == id));
        let name = name.map(|contact| contact.name.clone()).or_else(|| end.map(|mail| counterpart(mail).to_owned()));
        let shown = end.map(|mail| inbox::mail_shown(mail.clone()));
        ThreadLine {
            address: paged.clone().with("thread", row.id).address("/outreach"),
            name: name.filter(|name| !name.is_empty()).unwrap_or_else(|| "nobody named".to_owned()),
            subject: subject_of(&row.subject),
            first_words: shown.as_ref().map_or(String::new(), |mail| {
                let own = if mail.way == "out" { "You: " } else { "" };
                format!("{own}{}", first_words(&mail.text, WORDS_SHOWN))
            }),
            class_words: shown.as_ref().map_or("", |mail| mail.class_words),
            files: shown.as_ref().is_some_and(|mail| mail.files > 0),
            age: ago(now, row.last_at),
            when: clock::minute(row.last_at),
            is_unread: row.unread > 0,
            waits: waiting.contains(&row.id),
            is_here: here == Some(row.id),
        }
    };
    Ok(rows.into_iter().map(line).collect())
}

fn subject_of(subject: &str) -> String {
    if subject.trim().is_empty() { "(no subject)".to_owned() } else { subject.to_owned() }
}

/// A conversation with everything beside it; the problem is of a template that could not be filled.
async fn opened(app: &App, id: i64, asked: &Pairs, paged: &Pairs) -> Result<(OpenThread, Option<Problem>), WebError> {
    let data = app.data.clone();
    let (held, files) = aside(move || async move {
        let held = inbox::shown(&data, id).await?;
        let mut files = Vec::new();
        for mail in held.mails.iter().filter(|mail| mail.files > 0) {
            files.extend(inbox::files(&data, mail.id).await?.into_iter().map(|file| (mail.id, file)));
        }
        Ok::<_, OutreachError>((held, files))
    })
    .await?;
    let now = app.data.now();
    let rows = app.data.store.thread_mails(id).await?;
    let with = match held.row.contact {
        Some(contact) => app.data.store.contact(contact).await?.map(|contact| contact.name),
        None => None,
    };
    let with = with.or_else(|| rows.last().map(|mail| counterpart(mail).to_owned())).unwrap_or_default();
    let (answer, no_answer, problem) = answer_form(app, &held, &rows, asked).await?;
    let card = match held.row.contact {
        Some(contact) => Some(card(app, contact).await?),
        None => None,
    };
    let make = card.is_none().then(|| make_form(&rows, asked)).flatten();
    let mails = held.mails.into_iter().zip(&rows).enumerate().map(|(place, (shown, row))| MailView {
        is_out: shown.way == "out",
        who: if shown.way == "out" { format!("You to {}", shown.to) } else { shown.from.clone() },
        age: ago(now, row.at),
        files: (files.iter().filter(|(mail, _)| *mail == shown.id))
            .map(|(mail, file)| FileLink {
                name: file.name.clone(),
                address: format!("/outreach/mails/{mail}/files/{}", file.number),
                size: format::bytes(file.bytes),
            })
            .collect(),
        can_split: place > 0,
        shown,
    });
    let waiting = held.waiting.into_iter().map(|mail| WaitingMail {
        words: match mail.state {
            SendState::Waiting => format!("leaves {}", ahead(now, mail.not_before)),
            other => other.words().to_owned(),
        },
        can_be_taken_back: matches!(mail.state, SendState::Waiting | SendState::Draft),
        id: mail.id,
        subject: mail.subject,
        text: mail.body,
    });
    let may_continue = held.may_continue.and_then(|mail| {
        Some(Suggestion {
            first: rows.first()?.id,
            other: mail.id,
            words: format!("{}, {}", subject_of(&mail.subject), clock::day(mail.at)),
            address: paged.clone().with("thread", mail.thread?).address("/outreach"),
        })
    });
    let open = OpenThread {
        id,
        subject: subject_of(&held.row.subject),
        with,
        is_done: held.row.state == "done",
        unread: held.row.unread,
        mails: mails.collect(),
        waiting: waiting.collect(),
        may_continue,
        answer,
        no_answer,
        card,
        make,
    };
    Ok((open, problem))
}

type Answering = (Option<AnswerForm>, Option<String>, Option<Problem>);

async fn answer_form(app: &App, held: &ThreadShown, rows: &[MailRow], asked: &Pairs) -> Result<Answering, WebError> {
    let no = |why: &str| Ok((None, Some(why.to_owned()), None));
    let Some(contact) = held.row.contact else {
        return no("Make the sender a contact first; then you can answer here.");
    };
    let all = mailboxes::all(&app.data).await?;
    let last = rows.iter().rev().find(|mail| mail.way == "in").or(rows.last());
    let usual = last.and_then(|mail| mail.mailbox).map(|id| id.to_string()).unwrap_or_default();
    let choices = sending_mailboxes(&all, &typed_or(asked, "mailbox", &usual));
    if choices.is_empty() {
        return no("No mailbox can send yet; give one a server to send by.");
    }
    let contact = contacts::shown(&app.data, contact).await?;
    let Some(to) = mail_address(&contact.addresses) else {
        return no("There is no address that may be written to.");
    };
    let from = last.filter(|mail| mail.way == "in").map(|mail| mail.counterpart.as_str());
    let to = contact
        .addresses
        .iter()
        .find(|address| Some(address.hash.as_str()) == from && address.barred.is_none())
        .unwrap_or(to);
    let held_templates = app.data.store.templates().await?;
    let chosen = asked.one("template").unwrap_or("");
    let mut body = typed(asked, "body");
    let mut problem = None;
    if let Some(template) = held_templates.iter().find(|template| template.id.to_string() == chosen)
        && body.is_empty()
    {
        let mailbox = all.iter().find(|mailbox| mailbox.id.to_string() == usual).or(all.first());
        if let Some(mailbox) = mailbox {
            let values = templates::values(&app.data, &contact, mailbox, &Value::Null).await?;
            match templates::fill(template, &values) {
                Ok(filled) => body = filled.body,
                Err(words) => {
                    let words = crate::web::error::sentence(&words);
                    problem = Some(Problem { field: "template", words, hint: None, links: vec![] });
                }
            }
        }
    }
    let form = AnswerForm {
        body,
        to: to.address.clone(),
        subject: match held.row.subject.trim() {
            "" => "Re: your mail".to_owned(),
            subject if subject.to_lowercase().starts_with("re:") => subject.to_owned(),
            subject => format!("Re: {subject}"),
        },
        mailboxes: choices,
        templates: held_templates
            .into_iter()
            .map(|template| Choice {
                chosen: template.id.to_string() == chosen,
                code: template.id.to_string(),
                words: template.name,
            })
            .collect(),
    };
    Ok((Some(form), None, problem))
}

fn make_form(rows: &[MailRow], asked: &Pairs) -> Option<MakeContact> {
    let mail = rows.iter().find(|mail| mail.way == "in").or(rows.first())?;
    let shown = if mail.way == "out" { &mail.to_shown } else { &mail.from_shown };
    let address = shown.rsplit_once('<').map_or(shown.as_str(), |(_, rest)| rest.trim_end_matches('>'));
    let source = match mail.way.as_str() {
        "out" => format!("written to on {}", clock::day(mail.at)),
        _ => format!("wrote to us on {}", clock::day(mail.at)),
    };
    Some(MakeContact {
        name: typed_or(asked, "name", counterpart(mail)),
        address: typed_or(asked, "address", address.trim()),
        source: typed_or(asked, "source", &source),
    })
}

/// The pairs of the page a form stood on, with what was typed.
fn page_of(typed: &Pairs) -> Pairs {
    let back = typed.one("back").unwrap_or("");
    let (_, query) = back.split_once('?').unwrap_or(("", ""));
    let query: Vec<(String, String)> = pairs_of(query);
    Pairs(query.into_iter().chain(typed.0.iter().cloned()).collect())
}

/// The pairs of a query string, read as an address is.
fn pairs_of(query: &str) -> Vec<(String, String)> {
    let uri = format!("/?{query}").parse().unwrap_or_default();
    Query::<Vec<(String, String)>>::try_from_uri(&uri).map(|Query(pairs)| pairs).unwrap_or_default()
}

/// `POST /outreach/threads/{id}/answer`
pub async fn answer(
    State(app): State<App>,
    visit: Visit,
    Path(id): Path<i64>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, WebError> {
    let given = Pairs(pairs);
    let written = Written {
        subject: String::new(),
        body: typed(&given, "body").replace("\r\n", "\n"),
        mailbox: given.one("mailbox").map(str::to_owned),
    };
    match inbox::answer(&app.data, id, written).await {
        Ok(_) => {
            let thread = Pairs::default().with("thread", id).address("/outreach");
            Ok(back_to(&given, &thread, "The answer leaves in half a minute; until then it can be taken back")
                .into_response())
        }
        Err(error) => {
            let problem = problem_of(error)?;
            Ok(not_valid(page(&app, visit, &page_of(&given), Some(id), Some(problem)).await?))
        }
    }
}

/// `POST /outreach/threads/{id}/mark`: read, unread, done or open.
pub async fn mark(
    State(app): State<App>,
    Path(id): Path<i64>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Redirect, WebError> {
    let given = Pairs(pairs);
    if app.data.store.thread(id).await?.is_none() {
        return Err(OutreachError::NoThread(id).into());
    }
    let done = match given.one("as") {
        Some("read") => {
            app.data.store.mark_thread(id, true).await?;
            "Marked as read"
        }
        Some("unread") => {
            app.data.store.mark_thread(id, false).await?;
            // Left open it would be read at once again.
            let page = page_of(&given);
            let list = ["show", "words", "page"]
                .into_iter()
                .fold(Pairs::default(), |list, key| list.with_some(key, page.one(key).map(str::to_owned)));
            return Ok(Redirect::to(&list.with("done", "Marked as unread").address("/outreach")));
        }
        Some(state @ ("done" | "open")) => {
            app.data.store.set_thread_state(id, state).await?;
            if state == "done" { "The conversation is done" } else { "The conversation is open again" }
        }
        _ => return Err(WebError::unreadable("Nothing to mark", "The form does not say as what.")),
    };
    Ok(back_to(&given, &Pairs::default().with("thread", id).address("/outreach"), done))
}

/// `POST /outreach/threads/{id}/contact`: makes the other side a contact.
pub async fn make_contact(
    State(app): State<App>,
    visit: Visit,
    Path(id): Path<i64>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, WebError> {
    let given = Pairs(pairs);
    let contact = ContactGiven {
        name: typed(&given, "name"),
        addresses: vec![(Channel::Email, typed(&given, "address"))],
        basis: "they wrote to us".to_owned(),
        source: typed(&given, "source"),
        stage: Some(Stage::Talking),
        ..ContactGiven::default()
    };
    match contacts::add(&app.data, contact).await {
        Ok(_) => {
            let thread = Pairs::default().with("thread", id).address("/outreach");
            Ok(back_to(&given, &thread, "Made a contact").into_response())
        }
        Err(error) => {
            let problem = problem_of(error)?;
            Ok(not_valid(page(&app, visit, &page_of(&given), Some(id), Some(problem)).await?))
        }
    }
}

/// To the conversation a mail is in by now.
async fn to_thread_of(app: &App, mail: i64, done: &str) -> Result<Redirect, WebError> {
    let thread = app.data.store.mail(mail).await?.and_then(|mail| mail.thread);
    let address = Pairs::default().with_some("thread", thread).with("done", done).address("/outreach");
    Ok(Redirect::to(&address))
}

async fn mail_there(app: &App, mail: i64) -> Result<(), WebError> {
    match app.data.store.mail(mail).await? {
        Some(_) => Ok(()),
        None => Err(WebError::not_found("No such mail", "There is no mail at this address.")
            .with(Recovery::new("The inbox", "/outreach"))),
    }
}

/// `POST /outreach/mails/{id}/join`: this conversation continues another.
pub async fn join(
    State(app): State<App>,
    Path(id): Path<i64>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Redirect, WebError> {
    let other = Pairs(pairs).one("other").and_then(|other| other.parse::<i64>().ok());
    let other = other
        .ok_or_else(|| WebError::unreadable("Nothing to join", "The form does not say which mail it continues."))?;
    mail_there(&app, id).await?;
    mail_there(&app, other).await?;
    threading::join(&app.data, id, other).await?;
    to_thread_of(&app, id, "Both are one conversation now").await
}

/// `POST /outreach/mails/{id}/split`: a conversation of its own begins here.
pub async fn split(State(app): State<App>, Path(id): Path<i64>) -> Result<Redirect, WebError> {
    mail_there(&app, id).await?;
    threading::split(&app.data, id).await?;
    to_thread_of(&app, id, "A conversation of its own begins here").await
}

/// `GET /outreach/mails/{id}/files/{number}`: always a download, whatever the mail says it is.
pub async fn file(State(app): State<App>, Path((id, number)): Path<(i64, usize)>) -> Result<Response, WebError> {
    let data = app.data.clone();
    let file = aside(move || async move { inbox::file(&data, id, number).await }).await?;
    let Some((name, _, bytes)) = file else {
        return Err(WebError::not_found("No such file", "The mail has no such file, or there is no such mail.")
            .with(Recovery::new("The inbox", "/outreach")));
    };
    let headers = [
        (header::CONTENT_TYPE, "application/octet-stream".to_owned()),
        (header::CONTENT_DISPOSITION, as_attachment(&name)),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
        (header::CACHE_CONTROL, "private, no-store".to_owned()),
    ];
    Ok((StatusCode::OK, headers, bytes).into_response())
}

/// A download under a name: in plain letters for every program, and as it is for those that can read it.
pub(super) fn as_attachment(name: &str) -> String {
    let name = name.rsplit(['/', '\\']).next().unwrap_or("file");
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "-_. ".contains(letter);
    let plain: String = name.chars().take(100).map(|letter| if is_plain(letter) { letter } else { '-' }).collect();
    let exact = name.chars().take(100).collect::<String>().bytes().fold(String::new(), |exact, byte| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' => exact + &char::from(byte).to_string(),
        _ => exact + &format!("%{byte:02X}"),
    });
    format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{exact}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_file_never_leaves_its_quotes() {
        for (name, expect) in [
            ("brief.pdf", "attachment; filename=\"brief.pdf\"; filename*=UTF-8''brief.pdf"),
            (
                "a\"; x=\"\r\nSet-Cookie: y",
                "attachment; filename=\"a-- x----Set-Cookie- y\"; filename*=UTF-8''a%22%3B%20x%3D%22%0D%0ASet-Cookie%3A%20y",
            ),
            ("../../etc/passwd", "attachment; filename=\"passwd\"; filename*=UTF-8''passwd"),
            ("übersicht.pdf", "attachment; filename=\"-bersicht.pdf\"; filename*=UTF-8''%C3%BCbersicht.pdf"),
        ] {
            assert_eq!(as_attachment(name), expect);
        }
    }

    #[test]
    fn a_form_that_failed_finds_the_page_it_stood_on() {
        let typed = Pairs::default().with("back", "/outreach?show=waiting&words=a%20b&thread=3").with("body", "x");
        let page = page_of(&typed);
        assert_eq!((page.one("show"), page.one("words"), page.one("body")), (Some("waiting"), Some("a b"), Some("x")));
    }
}
