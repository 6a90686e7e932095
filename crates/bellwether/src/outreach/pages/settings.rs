//! `/outreach/settings`: what all outreach shares, and the records that a domain's DNS needs so that its mail is believed.

use askama::Template;
use axum::extract::{Form, Query, State};
use axum::response::{IntoResponse, Redirect, Response};

use super::{Choice, Part, Problem, not_valid, parts, problem_of, saying, typed, typed_or};
use crate::outreach::composing::{RecordShown, domain_records};
use crate::outreach::mailboxes;
use crate::outreach::reminders::ReminderWay;
use crate::outreach::settings::{self, OutreachSettings};
use crate::web::app::{App, Page, aside, draw};
use crate::web::error::WebError;
use crate::web::layout::{Layout, Word};
use crate::web::query::Pairs;
use crate::web::visit::Visit;

#[derive(Template)]
#[template(path = "outreach/settings.html")]
struct SettingsPage {
    layout: Layout,
    parts: Vec<Part>,
    done: Option<String>,
    problem: Option<Problem>,
    public_address: String,
    sender: String,
    zone: String,
    reminders: Vec<Choice>,
    /// Domains that mailboxes write from.
    domains: Vec<String>,
    domain: String,
    records: Vec<RecordShown>,
}

fn reminder_choices(chosen: ReminderWay) -> Vec<Choice> {
    let choice = |(way, words): (ReminderWay, &str)| Choice {
        code: way.code().to_owned(),
        words: words.to_owned(),
        chosen: way == chosen,
    };
    [
        (ReminderWay::Tasks, "a task says whom to remind"),
        (ReminderWay::Mail, "creators get a mail two days before a draft or a post is due"),
    ]
    .map(choice)
    .into()
}

async fn page(app: &App, visit: Visit, asked: &Pairs, records: Vec<RecordShown>, problem: Option<Problem>) -> Page {
    let held = settings::settings(&app.data).await?;
    let boxes = mailboxes::all(&app.data).await?;
    let mut domains: Vec<String> = boxes.iter().map(|mailbox| mailbox.domain().to_lowercase()).collect();
    domains.sort();
    domains.dedup();
    draw(SettingsPage {
        layout: Layout::load(app, visit, Word::Outreach, "Settings of outreach").await?,
        parts: parts("Mailboxes"),
        done: asked.one("done").map(str::to_owned),
        problem,
        public_address: typed_or(asked, "public_address", &held.public_address),
        sender: typed_or(asked, "sender", &held.sender),
        zone: typed_or(asked, "zone", &held.zone),
        reminders: reminder_choices(asked.one("reminders").and_then(ReminderWay::from_code).unwrap_or(held.reminders)),
        domain: typed_or(asked, "domain", domains.first().map_or("", String::as_str)),
        domains,
        records,
    })
    .await
}

/// `GET /outreach/settings`
pub async fn show(State(app): State<App>, visit: Visit, Query(pairs): Query<Vec<(String, String)>>) -> Page {
    let asked = Pairs(pairs);
    let done = Pairs::default().with_some("done", asked.one("done").map(str::to_owned));
    page(&app, visit, &done, vec![], None).await
}

/// `POST /outreach/settings`
pub async fn keep(
    State(app): State<App>,
    visit: Visit,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, WebError> {
    let given = Pairs(pairs);
    let new = OutreachSettings {
        public_address: typed(&given, "public_address"),
        sender: typed(&given, "sender"),
        zone: typed(&given, "zone"),
        reminders: given.one("reminders").and_then(ReminderWay::from_code).unwrap_or_default(),
    };
    match settings::keep(&app.data, new).await {
        Ok(_) => Ok(Redirect::to(&saying("/outreach/settings", "Kept")).into_response()),
        Err(error) => {
            let problem = problem_of(error)?;
            Ok(not_valid(page(&app, visit, &given, vec![], Some(problem)).await?))
        }
    }
}

/// `POST /outreach/settings/records`: makes a domain's keys where it has none, and shows the records. The private halves stay
/// in the data directory.
pub async fn records(
    State(app): State<App>,
    visit: Visit,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, WebError> {
    let given = Pairs(pairs);
    let domain = typed(&given, "domain").trim().to_lowercase();
    let data = app.data.clone();
    let made = aside(move || async move { Ok::<_, WebError>(domain_records(&data, &domain)) }).await?;
    match made {
        Ok(records) => Ok(page(&app, visit, &given, records, None).await?.into_response()),
        Err(error) => {
            let problem = problem_of(error)?;
            Ok(not_valid(page(&app, visit, &given, vec![], Some(problem)).await?))
        }
    }
}
