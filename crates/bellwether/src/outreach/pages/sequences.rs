//! `/outreach/sequences`: mails, waits and tasks one after the other. Who is put into one waits as a draft; every mail is shown as
//! its recipient would get it before a person releases it.

use askama::Template;
use axum::extract::{Form, Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use model::Timestamp;
use model::outreach::EnrolmentState;
use serde_json::{Map, Value};
use store::outreach::sequences::EnrolmentRow;

use super::{
    Choice, Part, Problem, ahead, back_to, not_valid, parts, problem_of, saying, sending_mailboxes, typed, typed_or,
};
use crate::outreach::sequences::{self, Enrolled, PreviewOf, Sequence, Step};
use crate::outreach::{OutreachError, contacts, mailboxes};
use crate::web::app::{App, Page, aside, draw};
use crate::web::error::{Recovery, WebError, sentence};
use crate::web::format;
use crate::web::layout::{Layout, Word};
use crate::web::query::Pairs;
use crate::web::visit::Visit;

/// Drafts whose mails are shown, and people listed.
const DRAFTS_SHOWN_MAX: u64 = 200;
const PEOPLE_SHOWN_MAX: u64 = 500;

/// Where somebody is in a sequence, in words.
pub fn state_words(row: &EnrolmentRow, now: Timestamp) -> String {
    match (row.state, row.stopped_because) {
        (EnrolmentState::Stopped, Some(why)) => format!("stopped: {}", why.words()),
        (EnrolmentState::Active, _) => {
            format!("under way, step {} is due {}", row.next_step + 1, ahead(now, row.due_at))
        }
        (state, _) => state.words().to_owned(),
    }
}

/// What putting people into a sequence did, in words.
pub fn enrolled_words(done: &Enrolled) -> String {
    let new = done.new.len() as u64;
    let mut words = match new {
        1 => "1 contact waits for your release".to_owned(),
        some => format!("{} contacts wait for your release", format::count(some)),
    };
    if done.known > 0 {
        words.push_str(&format!("; {} in it already", format::counted(done.known, "was", "were")));
    }
    words
}

/// A sequence in the list.
pub struct SequenceLine {
    pub id: i64,
    pub name: String,
    pub steps: String,
    pub drafts: u64,
    pub counts: String,
}

#[derive(Template)]
#[template(path = "outreach/sequences.html")]
struct SequencesPage {
    layout: Layout,
    parts: Vec<Part>,
    finding: String,
    done: Option<String>,
    rows: Vec<SequenceLine>,
    has_templates: bool,
}

fn counts_words(counts: &[(EnrolmentState, u64)]) -> String {
    let words: Vec<String> = EnrolmentState::ALL
        .iter()
        .filter_map(|state| counts.iter().find(|(of, _)| of == state))
        .map(|(state, people)| match (state, people) {
            (EnrolmentState::Draft, 1) => "1 waits for your release".to_owned(),
            (EnrolmentState::Draft, some) => format!("{} wait for your release", format::count(*some)),
            (state, people) => format!("{} {}", format::count(*people), state.words()),
        })
        .collect();
    if words.is_empty() { "nobody yet".to_owned() } else { words.join(", ") }
}

/// `GET /outreach/sequences`
pub async fn index(State(app): State<App>, visit: Visit, Query(pairs): Query<Vec<(String, String)>>) -> Page {
    let counts = app.data.store.enrolment_counts().await?;
    let mut rows = Vec::new();
    for row in app.data.store.sequences().await?.into_iter().filter(|row| !row.is_archived) {
        let sequence = sequences::of(row)?;
        let of: Vec<(EnrolmentState, u64)> =
            counts.iter().filter(|(id, ..)| *id == sequence.id).map(|(_, state, people)| (*state, *people)).collect();
        let mails = sequence.steps.iter().filter(|step| matches!(step, Step::Send { .. })).count() as u64;
        let waits: u32 = sequence.steps.iter().map(|step| if let Step::Wait { days } = step { *days } else { 0 }).sum();
        rows.push(SequenceLine {
            id: sequence.id,
            name: sequence.name,
            steps: format!(
                "{} over {}",
                format::counted(mails, "mail", "mails"),
                format::counted(u64::from(waits), "day", "days")
            ),
            drafts: of.iter().find(|(state, _)| *state == EnrolmentState::Draft).map_or(0, |(_, people)| *people),
            counts: counts_words(&of),
        });
    }
    let drafts: u64 = rows.iter().map(|row| row.drafts).sum();
    draw(SequencesPage {
        layout: Layout::load(&app, visit, Word::Outreach, "Sequences").await?,
        parts: parts("Sequences"),
        finding: match (rows.len() as u64, drafts) {
            (0, _) => "No sequence yet.".to_owned(),
            (_, 0) => "Nobody waits for your release.".to_owned(),
            (_, 1) => "1 contact waits for your release.".to_owned(),
            (_, some) => format!("{} contacts wait for your release.", format::count(some)),
        },
        done: Pairs(pairs).one("done").map(str::to_owned),
        has_templates: !app.data.store.templates().await?.is_empty(),
        rows,
    })
    .await
}

#[derive(Template)]
#[template(path = "outreach/sequence_new.html")]
struct NewSequencePage {
    layout: Layout,
    parts: Vec<Part>,
    problem: Option<Problem>,
    name: String,
    steps: String,
    templates: Vec<String>,
}

async fn new_page(app: &App, visit: Visit, asked: &Pairs, problem: Option<Problem>) -> Page {
    let templates: Vec<String> = app.data.store.templates().await?.into_iter().map(|row| row.name).collect();
    draw(NewSequencePage {
        layout: Layout::load(app, visit, Word::Outreach, "A new sequence").await?,
        parts: parts("Sequences"),
        problem,
        name: typed(asked, "name"),
        steps: typed(asked, "steps"),
        templates,
    })
    .await
}

/// `GET /outreach/sequences/new`
pub async fn new(State(app): State<App>, visit: Visit) -> Page {
    new_page(&app, visit, &Pairs::default(), None).await
}

/// Keeps the steps as they were typed.
async fn keep(app: &App, name: &str, given: &Pairs) -> Result<i64, OutreachError> {
    let steps = sequences::steps_of(&app.data, &typed(given, "steps")).await?;
    sequences::keep(&app.data, name, &steps).await
}

/// `POST /outreach/sequences/new`
pub async fn create(
    State(app): State<App>,
    visit: Visit,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, WebError> {
    let given = Pairs(pairs);
    let name = typed(&given, "name");
    let all = app.data.store.sequences().await?;
    let is_taken = all.iter().any(|row| !row.is_archived && row.name.eq_ignore_ascii_case(name.trim()));
    let outcome = match is_taken {
        true => Err(OutreachError::Field {
            field: "name",
            problem: format!("there is a sequence {:?} already; change it on its own page", name.trim()),
        }),
        false => keep(&app, &name, &given).await,
    };
    match outcome {
        Ok(id) => {
            Ok(Redirect::to(&saying(&format!("/outreach/sequences/{id}"), "Kept; now put people into it"))
                .into_response())
        }
        Err(error) => {
            let problem = problem_of(error)?;
            Ok(not_valid(new_page(&app, visit, &given, Some(problem)).await?))
        }
    }
}

/// A step in words.
pub struct StepLine {
    pub kind: &'static str,
    pub words: String,
    pub template: Option<i64>,
}

/// Somebody in a sequence.
pub struct PersonLine {
    pub enrolment: i64,
    pub contact: i64,
    pub name: String,
    pub words: String,
    pub is_running: bool,
}

#[derive(Template)]
#[template(path = "outreach/sequence.html")]
struct SequencePage {
    layout: Layout,
    parts: Vec<Part>,
    done: Option<String>,
    problem: Option<Problem>,
    /// Why nothing was released, a line each.
    refused: Vec<String>,
    id: i64,
    name: String,
    finding: String,
    steps: Vec<StepLine>,
    typed_steps: String,
    drafts: Vec<PreviewOf>,
    drafts_beyond: Option<String>,
    with_problems: u64,
    people: Vec<PersonLine>,
    people_beyond: Option<String>,
    contacts: String,
    given: String,
    mailboxes: Vec<Choice>,
    here: String,
}

/// The steps as they are typed, a line each, and in words.
async fn steps_shown(app: &App, sequence: &Sequence) -> Result<(Vec<StepLine>, String), WebError> {
    let mut lines = Vec::new();
    let mut typed = String::new();
    for step in &sequence.steps {
        let line = match step {
            Step::Send { template } => {
                let name = app.data.store.template(*template).await?.map(|row| row.name);
                let name = name.unwrap_or_else(|| "a template that is gone".to_owned());
                typed.push_str(&format!("send {name}\n"));
                StepLine { kind: "Send", words: format!("“{name}”"), template: Some(*template) }
            }
            Step::Wait { days } => {
                typed.push_str(&format!("wait {days}\n"));
                let days = format::counted(u64::from(*days), "day", "days");
                StepLine { kind: "Wait", words: format!("{days}, unless they answer"), template: None }
            }
            Step::Task { title, in_days } => {
                typed.push_str(&format!("task {title} in {in_days}\n"));
                let due = match in_days {
                    0 => "due the same day".to_owned(),
                    days => format!("due {} later", format::counted(u64::from(*days), "day", "days")),
                };
                StepLine { kind: "Task", words: format!("{title}, {due}"), template: None }
            }
        };
        lines.push(line);
    }
    Ok((lines, typed))
}

async fn page(
    app: &App,
    visit: Visit,
    sequence: Sequence,
    asked: &Pairs,
    problem: Option<Problem>,
    refused: Vec<String>,
) -> Page {
    let id = sequence.id;
    let counts: Vec<(EnrolmentState, u64)> = (app.data.store.enrolment_counts().await?.into_iter())
        .filter(|(of, ..)| *of == id)
        .map(|(_, state, people)| (state, people))
        .collect();
    let count_of = |state: EnrolmentState| counts.iter().find(|(of, _)| *of == state).map_or(0, |(_, count)| *count);
    let all_drafts = count_of(EnrolmentState::Draft);
    let (data, of) = (app.data.clone(), sequence.clone());
    let mut drafts = aside(move || async move {
        let drafts = data.store.enrolments(Some(of.id), Some(EnrolmentState::Draft), DRAFTS_SHOWN_MAX).await?;
        let mut previews = Vec::with_capacity(drafts.len());
        for draft in &drafts {
            previews.push(sequences::preview(&data, draft, &of).await?);
        }
        Ok::<_, OutreachError>(previews)
    })
    .await?;
    // Those that cannot be written come first: they hold the others up.
    drafts.sort_by_key(|preview| preview.is_well);
    let with_problems = drafts.iter().filter(|preview| !preview.is_well).count() as u64;
    let enrolled = app.data.store.enrolments(Some(id), None, PEOPLE_SHOWN_MAX).await?;
    let enrolled: Vec<EnrolmentRow> = enrolled.into_iter().filter(|row| row.state != EnrolmentState::Draft).collect();
    let ids: Vec<i64> = enrolled.iter().map(|row| row.contact).collect();
    let names = app.data.store.contacts_numbered(&ids).await?;
    let now = app.data.now();
    let person = |row: EnrolmentRow| PersonLine {
        enrolment: row.id,
        contact: row.contact,
        name: names
            .iter()
            .find(|of| of.id == row.contact)
            .map_or_else(|| row.contact.to_string(), |of| of.name.clone()),
        words: state_words(&row, now),
        is_running: matches!(row.state, EnrolmentState::Active | EnrolmentState::Paused),
    };
    let all: u64 = counts.iter().map(|(_, people)| people).sum();
    let (steps, typed_steps) = steps_shown(app, &sequence).await?;
    let boxes = mailboxes::all(&app.data).await?;
    draw(SequencePage {
        layout: Layout::load(app, visit, Word::Outreach, sequence.name.clone()).await?,
        parts: parts("Sequences"),
        done: asked.one("done").map(str::to_owned),
        problem,
        refused,
        id,
        finding: match (all_drafts, all) {
            (_, 0) => "Nobody is in it yet.".to_owned(),
            _ => sentence(&counts_words(&counts)),
        },
        steps,
        typed_steps: typed_or(asked, "steps", &typed_steps),
        drafts_beyond: (all_drafts > DRAFTS_SHOWN_MAX)
            .then(|| format!("{} more wait; the first are shown.", format::count(all_drafts - DRAFTS_SHOWN_MAX))),
        with_problems,
        drafts,
        people: enrolled.into_iter().map(person).collect(),
        people_beyond: (all > PEOPLE_SHOWN_MAX)
            .then(|| format!("The first {} of {} are shown.", PEOPLE_SHOWN_MAX, format::count(all))),
        contacts: typed(asked, "contacts"),
        given: typed(asked, "given"),
        mailboxes: sending_mailboxes(&boxes, asked.one("mailbox").unwrap_or("")),
        here: format!("/outreach/sequences/{id}"),
        name: sequence.name,
    })
    .await
}

async fn sequence_of(app: &App, id: i64) -> Result<Sequence, WebError> {
    let row = app.data.store.sequence(id).await?;
    Ok(sequences::of(row.ok_or_else(|| OutreachError::NoSequence(id.to_string()))?)?)
}

/// `GET /outreach/sequences/{id}`
pub async fn show(
    State(app): State<App>,
    visit: Visit,
    Path(id): Path<i64>,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Page {
    let sequence = sequence_of(&app, id).await?;
    let done = Pairs::default().with_some("done", Pairs(pairs).one("done").map(str::to_owned));
    page(&app, visit, sequence, &done, None, vec![]).await
}

/// `POST /outreach/sequences/{id}`: other steps; whoever is in it goes on with them.
pub async fn change(
    State(app): State<App>,
    visit: Visit,
    Path(id): Path<i64>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, WebError> {
    let given = Pairs(pairs);
    let sequence = sequence_of(&app, id).await?;
    match keep(&app, &sequence.name, &given).await {
        Ok(id) => Ok(Redirect::to(&saying(&format!("/outreach/sequences/{id}"), "The steps are kept")).into_response()),
        Err(error) => {
            let problem = problem_of(error)?;
            Ok(not_valid(page(&app, visit, sequence, &given, Some(problem), vec![]).await?))
        }
    }
}

/// `NAME=VALUE`, a line each.
fn given_values(text: &str) -> Result<Value, OutreachError> {
    let mut values = Map::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let pair = line.split_once('=').filter(|(name, _)| !name.trim().is_empty());
        let Some((name, value)) = pair else {
            let problem = format!("{line:?} is not NAME=VALUE, such as product=the new grinder");
            return Err(OutreachError::Field { field: "given", problem });
        };
        values.insert(name.trim().to_owned(), Value::String(value.trim().to_owned()));
    }
    Ok(Value::Object(values))
}

async fn put_in(app: &App, sequence: &Sequence, given: &Pairs) -> Result<Enrolled, OutreachError> {
    let values = given_values(&typed(given, "given"))?;
    let mut found = Vec::new();
    let mut nobody = Vec::new();
    for named in typed(given, "contacts").split(['\n', ',']).map(str::trim).filter(|named| !named.is_empty()) {
        match contacts::find(&app.data, named).await {
            Ok(contact) => found.push(contact.id),
            Err(OutreachError::NoContact(_) | OutreachError::Refused(_)) => nobody.push(format!("{named:?}")),
            Err(error) => return Err(error),
        }
    }
    let wrong = |problem: String| Err(OutreachError::Field { field: "contacts", problem });
    if !nobody.is_empty() {
        return wrong(format!(
            "{} not found, or found more than once: {}; nobody was put in",
            format::counted(nobody.len() as u64, "name is", "names are"),
            nobody.join(", ")
        ));
    }
    if found.is_empty() {
        return wrong("name somebody: a contact’s number, address or name, a line each".to_owned());
    }
    let mailbox = mailboxes::find(&app.data, given.one("mailbox")).await?;
    sequences::enrol(&app.data, sequence, &found, &mailbox, &values).await
}

/// `POST /outreach/sequences/{id}/enrol`: contacts by number, address or name.
pub async fn enrol(
    State(app): State<App>,
    visit: Visit,
    Path(id): Path<i64>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, WebError> {
    let given = Pairs(pairs);
    let sequence = sequence_of(&app, id).await?;
    match put_in(&app, &sequence, &given).await {
        Ok(done) => {
            let address = saying(&format!("/outreach/sequences/{id}"), &enrolled_words(&done));
            Ok(Redirect::to(&address).into_response())
        }
        Err(error) => {
            let problem = problem_of(error)?;
            Ok(not_valid(page(&app, visit, sequence, &given, Some(problem), vec![]).await?))
        }
    }
}

/// `POST /outreach/sequences/{id}/release`: all drafts, or none and why.
pub async fn release(State(app): State<App>, visit: Visit, Path(id): Path<i64>) -> Result<Response, WebError> {
    let sequence = sequence_of(&app, id).await?;
    let (data, of) = (app.data.clone(), sequence.clone());
    let outcome = aside(move || async move { Ok::<_, WebError>(sequences::release(&data, &of, None).await) }).await?;
    match outcome {
        Ok(released) => {
            let done = format!(
                "{} released; each mail leaves in the hours of its recipient",
                format::counted(released, "contact is", "contacts are")
            );
            Ok(Redirect::to(&saying(&format!("/outreach/sequences/{id}"), &done)).into_response())
        }
        Err(OutreachError::Refused(words)) => {
            let (words, _) = crate::web::error::message_and_hint(&words);
            let refused = words.lines().map(sentence).collect();
            Ok(not_valid(page(&app, visit, sequence, &Pairs::default(), None, refused).await?))
        }
        Err(error) => Err(error.into()),
    }
}

/// `POST /outreach/enrolments/{id}/stop`: takes one out.
pub async fn stop(
    State(app): State<App>,
    Path(id): Path<i64>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Redirect, WebError> {
    let given = Pairs(pairs);
    if given.one("back").is_none() {
        return Err(WebError::unreadable("Nowhere to go back to", "The form does not say where it stood.")
            .with(Recovery::new("The sequences", "/outreach/sequences")));
    }
    let done = super::contact::stop_one(&app, id).await?;
    Ok(back_to(&given, "/outreach/sequences", done))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_typed_a_line_each() {
        let values = given_values("product=the = grinder\n\n fee = 200 EUR ").expect("reads");
        assert_eq!(values["product"], "the = grinder");
        assert_eq!(values["fee"], "200 EUR");
        assert!(given_values("no value").is_err());
        assert!(given_values("=x").is_err());
    }
}
