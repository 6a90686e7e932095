//! `/outreach/contacts/{id}`: everything about one contact, and the card of them that stands beside a conversation. Each
//! change is a form of its own that leads back to where it stood.

pub mod dealings;
pub mod files;

use askama::Template;
use axum::extract::{Form, Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use model::Timestamp;
use model::outreach::{Channel, EnrolmentState, StopReason, TouchKind};
use serde_json::Value;
use store::outreach::contacts::ContactChange;
use store::outreach::tasks::TaskRow;

use dealings::{DealLine, PriceLine};
use files::FileLine;

use super::undoing::{back_with_undo, offered};
use super::{
    Choice, InStage, Part, Problem, ago, back_to, in_stage, not_valid, parts, problem_of, sending_mailboxes,
    stage_choices, stage_named, typed, typed_or,
};
use crate::clock;
use crate::creators;
use crate::outreach::contacts::{self, AddressShown, ContactShown, TouchShown, mail_address, touch_shown};
use crate::outreach::inbox::{self, Written};
use crate::outreach::{OutreachError, TEAM, mailboxes, moving, sequences, templates};
use crate::web::app::{App, Page, aside, draw};
use crate::web::error::{Recovery, WebError};
use crate::web::layout::{Layout, Word};
use crate::web::query::Pairs;
use crate::web::visit::Visit;

const TOUCHES_ON_CARD: u64 = 8;
const TOUCHES_A_PAGE: u64 = 30;

/// A creator's account of the contact.
pub struct AccountLink {
    pub name: String,
    pub platform: &'static str,
    pub address: String,
    pub prices: String,
}

/// Something to do about the contact.
pub struct TaskLine {
    pub id: i64,
    pub title: String,
    pub words: String,
    pub is_late: bool,
}

/// A contact in short, as they stand beside a conversation.
pub struct Card {
    pub id: i64,
    pub name: String,
    pub owner: String,
    pub stages: Vec<Choice>,
    pub in_stage: InStage,
    pub last_written: Option<String>,
    pub addresses: Vec<AddressShown>,
    pub accounts: Vec<AccountLink>,
    pub tags: Vec<String>,
    pub tasks: Vec<TaskLine>,
    pub touches: Vec<TouchShown>,
    /// The usual day of a new task.
    pub tomorrow: String,
}

/// A sequence the contact is or was in.
pub struct EnrolmentLine {
    pub id: i64,
    pub sequence: i64,
    pub name: String,
    pub words: String,
    pub is_running: bool,
}

#[derive(Template)]
#[template(path = "outreach/contact.html")]
struct ContactPage {
    layout: Layout,
    parts: Vec<Part>,
    card: Card,
    greeting: String,
    language: String,
    zone: String,
    source: String,
    typed_name: String,
    typed_owner: String,
    typed_tags: String,
    /// Field's number, name, value, and what can be chosen.
    fields: Vec<FieldView>,
    enrolments: Vec<EnrolmentLine>,
    sequences: Vec<Choice>,
    mailboxes: Vec<Choice>,
    templates: Vec<Choice>,
    channels: Vec<Choice>,
    kinds: Vec<Choice>,
    /// Why nobody can write to them.
    no_mail: Option<String>,
    subject: String,
    body: String,
    note: String,
    task: String,
    due: String,
    new_address: String,
    new_source: String,
    older: Option<String>,
    is_older: bool,
    files: Vec<FileLine>,
    deals: Vec<DealLine>,
    prices: Vec<PriceLine>,
    done: Option<String>,
    undo: Option<i64>,
    problem: Option<Problem>,
    here: String,
}

/// A field that the team added.
pub struct FieldView {
    pub id: i64,
    pub name: String,
    pub value: String,
    pub choices: Vec<String>,
}

async fn account_links(app: &App, held: &ContactShown) -> Result<Vec<AccountLink>, WebError> {
    let (data, accounts) = (app.data.clone(), held.accounts.clone());
    let names = aside(move || async move { creators::names(&data, accounts).await }).await?;
    let link = |account: &model::AccountId| AccountLink {
        name: names.get(account).map_or_else(|| account.to_string(), |name| name.name.clone()),
        platform: names.get(account).map_or("", |name| name.platform.name()),
        address: format!("/creators/{account}"),
        prices: format!("/matching/prices?creator={account}"),
    };
    Ok(held.accounts.iter().map(link).collect())
}

fn task_line(task: TaskRow, today: &str) -> TaskLine {
    let is_late = task.due_on.as_str() < today;
    let when = match task.due_on.as_str() {
        day if day == today => "today".to_owned(),
        day if is_late => format!("was due {day}"),
        day => format!("by {day}"),
    };
    let words = if task.owner.is_empty() { when } else { format!("{when}, {}", task.owner) };
    TaskLine { id: task.id, title: task.title, words, is_late }
}

/// Who of us wrote to them last, in words.
pub fn last_written_words(by: &str, at: Timestamp, now: Timestamp) -> String {
    let by = if by.is_empty() { "A mailbox that is gone" } else { by };
    format!("{by} wrote to them {}", ago(now, at))
}

async fn card_of(app: &App, held: &ContactShown, touches: Vec<TouchShown>) -> Result<Card, WebError> {
    let now = app.data.now();
    let today = clock::iso_day(now);
    Ok(Card {
        id: held.row.id,
        name: held.row.name.clone(),
        owner: held.row.owner.clone(),
        stages: stage_choices(Some(held.row.stage)),
        in_stage: in_stage(held.row.stage, held.row.stage_since, now),
        last_written: held.last_written.as_ref().map(|(by, at)| last_written_words(by, *at, now)),
        addresses: held.addresses.clone(),
        accounts: account_links(app, held).await?,
        tags: held.tags.clone(),
        tasks: held.tasks.iter().cloned().map(|task| task_line(task, &today)).collect(),
        touches,
        tomorrow: clock::iso_day(Timestamp(now.0 + 86_400_000_000)),
    })
}

/// The card of a contact.
pub async fn card(app: &App, contact: i64) -> Result<Card, WebError> {
    let held = contacts::shown(&app.data, contact).await?;
    let touches = app.data.store.touches(held.row.id, None, TOUCHES_ON_CARD).await?;
    card_of(app, &held, touches.into_iter().map(touch_shown).collect()).await
}

/// `GET /outreach/contacts/{id}`
pub async fn show(
    State(app): State<App>,
    visit: Visit,
    Path(id): Path<i64>,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Result<Response, WebError> {
    let held = contacts::shown(&app.data, id).await?;
    if held.row.id != id {
        return Ok(Redirect::to(&format!("/outreach/contacts/{}", held.row.id)).into_response());
    }
    Ok(page(&app, visit, held, &Pairs(pairs), None).await?.into_response())
}

async fn page(app: &App, visit: Visit, held: ContactShown, asked: &Pairs, problem: Option<Problem>) -> Page {
    let id = held.row.id;
    let path = format!("/outreach/contacts/{id}");
    let before = asked.one("before").and_then(|before| {
        let (at, touch) = before.split_once('-')?;
        Some((Timestamp(at.parse().ok()?), touch.parse().ok()?))
    });
    let mut touches = app.data.store.touches(id, before, TOUCHES_A_PAGE + 1).await?;
    let has_more = touches.len() as u64 > TOUCHES_A_PAGE;
    touches.truncate(TOUCHES_A_PAGE as usize);
    let older = touches.last().filter(|_| has_more).map(|touch| {
        let before = format!("{}-{}", touch.at.0, touch.id);
        format!("{}#timeline", Pairs::default().with("before", before).address(&path))
    });
    let all = mailboxes::all(&app.data).await?;
    let choices = sending_mailboxes(&all, asked.one("mailbox").unwrap_or(""));
    let no_mail = match (mail_address(&held.addresses), choices.is_empty()) {
        (None, _) => Some("There is no address that may be written to."),
        (_, true) => Some("No mailbox can send yet."),
        _ => None,
    };
    let (subject, body, problem) = written(app, &held, &all, asked, problem).await?;
    let typed_tags = typed_or(asked, "tags", &held.tags.join(", "));
    let field = |(field, value): &(store::outreach::tasks::FieldRow, String)| FieldView {
        id: field.id,
        name: field.name.clone(),
        value: typed_or(asked, &format!("field-{}", field.id), value),
        choices: field.choices.lines().map(str::to_owned).collect(),
    };
    let kind = |kind: TouchKind| Choice {
        code: kind.code().to_owned(),
        words: kind.words().to_owned(),
        chosen: asked.one("kind") == Some(kind.code()),
    };
    let channel = |channel: &Channel| Choice {
        code: channel.code().to_owned(),
        words: channel.words().to_owned(),
        chosen: asked.one("channel") == Some(channel.code()),
    };
    let running = app.data.store.sequences().await?;
    let held_templates = app.data.store.templates().await?;
    let card = card_of(app, &held, touches.into_iter().map(touch_shown).collect()).await?;
    let name_of = |account: model::AccountId| {
        let address = format!("/creators/{account}");
        let link = card.accounts.iter().find(|link| link.address == address);
        link.map_or_else(|| account.to_string(), |link| link.name.clone())
    };
    let prices = dealings::price_lines(app, &held.accounts, name_of).await?;
    draw(ContactPage {
        layout: Layout::load(app, visit, Word::Outreach, held.row.name.clone()).await?,
        parts: parts("Contacts"),
        greeting: typed_or(asked, "greeting", &held.row.greeting),
        language: typed_or(asked, "language", &held.row.language),
        zone: typed_or(asked, "zone", &held.row.zone),
        source: held.row.source.clone(),
        typed_name: typed_or(asked, "name", &held.row.name),
        typed_owner: typed_or(asked, "contact_owner", &held.row.owner),
        typed_tags,
        fields: held.fields.iter().map(field).collect(),
        enrolments: enrolments(app, id).await?,
        sequences: running
            .into_iter()
            .filter(|row| !row.is_archived)
            .map(|row| Choice { code: row.id.to_string(), words: row.name, chosen: false })
            .collect(),
        mailboxes: choices,
        templates: held_templates
            .into_iter()
            .map(|row| Choice {
                chosen: asked.one("template") == Some(row.id.to_string().as_str()),
                code: row.id.to_string(),
                words: row.name,
            })
            .collect(),
        channels: Channel::ALL.iter().map(channel).collect(),
        kinds: [TouchKind::Note, TouchKind::Call, TouchKind::Meeting, TouchKind::DirectMessage]
            .into_iter()
            .map(kind)
            .collect(),
        no_mail: no_mail.map(str::to_owned),
        subject,
        body,
        note: typed(asked, "note"),
        task: typed(asked, "task"),
        due: typed_or(asked, "due", &card.tomorrow),
        new_address: typed(asked, "address"),
        new_source: typed(asked, "source"),
        older,
        is_older: before.is_some(),
        files: files::lines(app, id).await?,
        deals: dealings::deal_lines(app, id).await?,
        prices,
        undo: offered(app, asked).await?,
        done: asked.one("done").map(str::to_owned),
        problem,
        here: path,
        card,
    })
    .await
}

/// What stands in the form of a new mail: as typed, else as a template gives it.
async fn written(
    app: &App,
    held: &ContactShown,
    all: &[mailboxes::Mailbox],
    asked: &Pairs,
    problem: Option<Problem>,
) -> Result<(String, String, Option<Problem>), WebError> {
    let (subject, body) = (typed(asked, "subject"), typed(asked, "body"));
    let template = asked.one("template").and_then(|id| id.parse().ok());
    let (Some(template), Some(mailbox), true) = (template, all.first(), body.is_empty()) else {
        return Ok((subject, body, problem));
    };
    let Some(template) = app.data.store.template(template).await? else { return Ok((subject, body, problem)) };
    let values = templates::values(&app.data, held, mailbox, &Value::Null).await?;
    Ok(match templates::fill(&template, &values) {
        Ok(filled) => (filled.subject, filled.body, problem),
        Err(words) => {
            let words = crate::web::error::sentence(&words);
            (subject, body, problem.or(Some(Problem { field: "template", words, hint: None, links: vec![] })))
        }
    })
}

async fn enrolments(app: &App, contact: i64) -> Result<Vec<EnrolmentLine>, WebError> {
    let rows = app.data.store.enrolments_of(contact).await?;
    let mut lines = Vec::with_capacity(rows.len());
    for row in rows {
        let sequence = app.data.store.sequence(row.sequence).await?;
        lines.push(EnrolmentLine {
            id: row.id,
            sequence: row.sequence,
            name: sequence.map_or_else(|| "a sequence that is gone".to_owned(), |sequence| sequence.name),
            words: super::sequences::state_words(&row, app.data.now()),
            is_running: matches!(row.state, EnrolmentState::Draft | EnrolmentState::Active | EnrolmentState::Paused),
        });
    }
    Ok(lines)
}

/// The contact's page with what was typed and why it was not taken.
async fn again(app: &App, visit: Visit, id: i64, given: &Pairs, error: OutreachError) -> Result<Response, WebError> {
    let mut problem = problem_of(error)?;
    // Two forms of the page have an owner.
    if problem.field == "owner" && given.one("do") == Some("contact") {
        problem.field = "contact_owner";
    }
    let held = contacts::shown(&app.data, id).await?;
    Ok(not_valid(page(app, visit, held, given, Some(problem)).await?))
}

fn to(id: i64, anchor: &str) -> String {
    format!("/outreach/contacts/{id}{anchor}")
}

/// `POST /outreach/contacts/{id}`: name, greeting, owner, language, zone, tags and fields.
pub async fn change(
    State(app): State<App>,
    visit: Visit,
    Path(id): Path<i64>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, WebError> {
    let given = Pairs(pairs).with("do", "contact");
    let held = contacts::shown(&app.data, id).await?;
    let change = ContactChange {
        name: Some(typed(&given, "name")),
        greeting: Some(typed(&given, "greeting")),
        owner: Some(typed(&given, "contact_owner")),
        language: Some(typed(&given, "language")),
        zone: Some(typed(&given, "zone")),
    };
    let tags = super::contacts::tags_of(&typed(&given, "tags"));
    let tagged = match contacts::change(&app.data, id, change).await {
        Ok(()) => contacts::set_tags(&app.data, id, &held.tags, &tags).await,
        Err(error) => Err(error),
    };
    if let Err(error) = tagged {
        return again(&app, visit, id, &given, error).await;
    }
    for (field, value) in &held.fields {
        let new = typed_or(&given, &format!("field-{}", field.id), value);
        if new != *value
            && let Err(error) = contacts::fill(&app.data, id, &field.name, &new).await
        {
            return again(&app, visit, id, &given, error).await;
        }
    }
    Ok(back_to(&given, &to(id, ""), "Kept").into_response())
}

/// `POST /outreach/contacts/{id}/stage`
pub async fn set_stage(
    State(app): State<App>,
    Path(id): Path<i64>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Redirect, WebError> {
    let given = Pairs(pairs);
    let stage = stage_named(&given, "stage")?;
    let name = contacts::shown(&app.data, id).await?.row.name;
    let moved = moving::move_together(&app.data, &[id], stage).await?;
    let done = match moved.change {
        None => format!("{name} was there already: {}", stage.words()),
        Some(_) => format!("{name} is now “{}”", stage.words()),
    };
    Ok(back_with_undo(&given, &to(id, ""), &done, moved.change))
}

/// `POST /outreach/contacts/{id}/note`: what happened elsewhere.
pub async fn note(
    State(app): State<App>,
    visit: Visit,
    Path(id): Path<i64>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, WebError> {
    let given = Pairs(pairs);
    contacts::shown(&app.data, id).await?;
    let kind = given.one("kind").and_then(TouchKind::from_code).unwrap_or(TouchKind::Note);
    match contacts::note(&app.data, id, kind, &typed(&given, "note").replace("\r\n", "\n"), None).await {
        Ok(_) => Ok(back_to(&given, &to(id, "#timeline"), "It stands in the timeline").into_response()),
        Err(error) => again(&app, visit, id, &given, error).await,
    }
}

/// `POST /outreach/contacts/{id}/tasks`
pub async fn add_task(
    State(app): State<App>,
    visit: Visit,
    Path(id): Path<i64>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, WebError> {
    let given = Pairs(pairs);
    contacts::shown(&app.data, id).await?;
    let (task, due) = (typed(&given, "task"), typed(&given, "due"));
    match contacts::add_task(&app.data, id, &task, &due, &typed(&given, "owner")).await {
        Ok(_) => Ok(back_to(&given, &to(id, "#tasks"), "The task is noted").into_response()),
        Err(error) => again(&app, visit, id, &given, error).await,
    }
}

/// `POST /outreach/tasks/{id}/done`
pub async fn end_task(
    State(app): State<App>,
    Path(id): Path<i64>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Redirect, WebError> {
    let given = Pairs(pairs);
    let done = match app.data.store.end_task(id, TEAM, app.data.now()).await? {
        true => "The task is done",
        false => "The task was done already",
    };
    Ok(back_to(&given, "/outreach/contacts", done))
}

/// `POST /outreach/contacts/{id}/addresses`
pub async fn add_address(
    State(app): State<App>,
    visit: Visit,
    Path(id): Path<i64>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, WebError> {
    let given = Pairs(pairs);
    contacts::shown(&app.data, id).await?;
    let channel = given.one("channel").and_then(Channel::from_code).unwrap_or(Channel::Email);
    let (address, basis, source) = (typed(&given, "address"), typed(&given, "basis"), typed(&given, "source"));
    match contacts::add_address(&app.data, id, channel, &address, &basis, &source).await {
        Ok(_) => Ok(back_to(&given, &to(id, "#addresses"), "The address is kept").into_response()),
        Err(error) => again(&app, visit, id, &given, error).await,
    }
}

/// `POST /outreach/contacts/{id}/addresses/{address}`: prefer it, or remove it.
pub async fn change_address(
    State(app): State<App>,
    Path((id, address)): Path<(i64, i64)>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Redirect, WebError> {
    let given = Pairs(pairs);
    let (is_done, words) = match given.one("do") {
        Some("prefer") => (app.data.store.prefer_contact_address(id, address).await?, "Mail goes to this address now"),
        Some("remove") => (
            app.data.store.remove_contact_address(id, address).await?,
            "The address is removed; if it was barred it stays barred",
        ),
        _ => return Err(WebError::unreadable("Nothing to do", "The form does not say what.")),
    };
    if !is_done {
        return Err(WebError::not_found("No such address", "The contact has no such address any more.")
            .with(Recovery::new("The contact", to(id, ""))));
    }
    Ok(back_to(&given, &to(id, "#addresses"), words))
}

/// `POST /outreach/contacts/{id}/write`: a new mail.
pub async fn write(
    State(app): State<App>,
    visit: Visit,
    Path(id): Path<i64>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, WebError> {
    let given = Pairs(pairs);
    let mail = Written {
        subject: typed(&given, "subject"),
        body: typed(&given, "body").replace("\r\n", "\n"),
        mailbox: given.one("mailbox").map(str::to_owned),
    };
    match inbox::write(&app.data, id, mail).await {
        Ok(_) => Ok(back_to(
            &given,
            "/outreach/queue",
            "The mail leaves in half a minute, or when its hours begin; until then it can be taken back",
        )
        .into_response()),
        Err(error) => again(&app, visit, id, &given, error).await,
    }
}

/// `POST /outreach/contacts/{id}/enrol`: into a sequence, as a draft.
pub async fn enrol(
    State(app): State<App>,
    visit: Visit,
    Path(id): Path<i64>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, WebError> {
    let given = Pairs(pairs);
    let sequence = sequences::find(&app.data, given.one("sequence").unwrap_or("")).await?;
    let enrolled = match mailboxes::find(&app.data, given.one("mailbox")).await {
        Ok(mailbox) => sequences::enrol(&app.data, &sequence, &[id], &mailbox, &Value::Null).await,
        Err(error) => Err(error),
    };
    match enrolled {
        Ok(done) if done.new.is_empty() => {
            Ok(back_to(&given, &to(id, "#sequences"), "They are in it already").into_response())
        }
        Ok(_) => {
            let done = "They are in it as a draft; nothing leaves before its release";
            Ok(back_to(&given, &to(id, "#sequences"), done).into_response())
        }
        Err(error) => again(&app, visit, id, &given, error).await,
    }
}

/// Ends one sequence of somebody.
pub async fn stop_one(app: &App, enrolment: i64) -> Result<&'static str, WebError> {
    Ok(match app.data.store.stop_enrolment(enrolment, StopReason::ByHand, app.data.now()).await? {
        true => "Taken out; what waited to leave stays here",
        false => "They were not in it any more",
    })
}
