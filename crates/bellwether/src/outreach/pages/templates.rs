//! `/outreach/templates`: texts of mails with places that are filled for each contact; a template is looked at when it is kept,
//! and shown as one contact would get it.

use askama::Template;
use axum::extract::{Form, Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use serde_json::Value;
use store::outreach::sequences::TemplateRow;

use super::{Part, Problem, ago, not_valid, parts, problem_of, saying, typed, typed_or};
use crate::outreach::templates::{self, VARIABLES};
use crate::outreach::{OutreachError, contacts, mailboxes};
use crate::web::app::{App, Page, draw};
use crate::web::error::{WebError, sentence};
use crate::web::format;
use crate::web::layout::{Layout, Word};
use crate::web::query::Pairs;
use crate::web::visit::Visit;

/// A template in the list.
pub struct TemplateLine {
    pub id: i64,
    pub name: String,
    pub subject: String,
    pub variables: String,
    pub version: String,
    pub changed: String,
}

#[derive(Template)]
#[template(path = "outreach/templates.html")]
struct TemplatesPage {
    layout: Layout,
    parts: Vec<Part>,
    finding: String,
    done: Option<String>,
    rows: Vec<TemplateLine>,
}

/// `GET /outreach/templates`
pub async fn index(State(app): State<App>, visit: Visit, Query(pairs): Query<Vec<(String, String)>>) -> Page {
    let held = app.data.store.templates().await?;
    let now = app.data.now();
    let line = |row: TemplateRow| {
        let changed = ago(now, row.changed_at);
        let shown = templates::shown(row);
        TemplateLine {
            id: shown.id,
            name: shown.name,
            subject: shown.subject,
            variables: shown.variables.join(", "),
            version: shown.version.to_string(),
            changed,
        }
    };
    let rows: Vec<TemplateLine> = held.into_iter().map(line).collect();
    draw(TemplatesPage {
        layout: Layout::load(&app, visit, Word::Outreach, "Templates").await?,
        parts: parts("Templates"),
        finding: match rows.len() as u64 {
            0 => "No template yet.".to_owned(),
            some => format!("{} kept.", format::counted(some, "template is", "templates are")),
        },
        done: Pairs(pairs).one("done").map(str::to_owned),
        rows,
    })
    .await
}

/// A template as one contact would get it.
pub struct PreviewView {
    pub who: String,
    pub subject: String,
    pub body: String,
    pub problem: Option<String>,
}

#[derive(Template)]
#[template(path = "outreach/template.html")]
struct TemplatePage {
    layout: Layout,
    parts: Vec<Part>,
    done: Option<String>,
    problem: Option<Problem>,
    id: Option<i64>,
    version: Option<String>,
    name: String,
    subject: String,
    body: String,
    variables: Vec<(&'static str, &'static str)>,
    /// Fields that the team added, as a template names them.
    fields: Vec<String>,
    contact: String,
    preview: Option<PreviewView>,
}

/// What a template gives for whom is named; a contact that is not found is a problem of that field.
async fn previewed(
    app: &App,
    row: &TemplateRow,
    named: &str,
) -> Result<(Option<PreviewView>, Option<Problem>), WebError> {
    let found = match contacts::find(&app.data, named).await {
        Ok(found) => found,
        Err(error @ (OutreachError::NoContact(_) | OutreachError::Refused(_))) => {
            let (words, hint) = crate::web::error::message_and_hint(&error.to_string());
            let hint = hint.filter(|hint| !hint.contains("`bellwether"));
            return Ok((None, Some(Problem { field: "contact", words: sentence(&words), hint, links: vec![] })));
        }
        Err(error) => return Err(error.into()),
    };
    let mailbox = match mailboxes::find(&app.data, None).await {
        Ok(mailbox) => mailbox,
        Err(error) => return Ok((None, Some(problem_of(error)?))),
    };
    let held = contacts::shown(&app.data, found.id).await?;
    let values = templates::values(&app.data, &held, &mailbox, &Value::Null).await?;
    let (subject, body, problem) = match templates::fill(row, &values) {
        Ok(filled) => (filled.subject, filled.body, None),
        Err(problem) => (String::new(), String::new(), Some(sentence(&problem))),
    };
    Ok((Some(PreviewView { who: held.row.name, subject, body, problem }), None))
}

async fn page(app: &App, visit: Visit, held: Option<TemplateRow>, asked: &Pairs, problem: Option<Problem>) -> Page {
    let named = asked.one("contact").unwrap_or("").to_owned();
    let (preview, not_found) = match &held {
        Some(row) if !named.is_empty() => previewed(app, row, &named).await?,
        _ => (None, None),
    };
    let fields = app.data.store.contact_fields().await?;
    let title = held.as_ref().map_or_else(|| "A new template".to_owned(), |row| row.name.clone());
    let of = |text: fn(&TemplateRow) -> &str| held.as_ref().map_or("", text);
    draw(TemplatePage {
        layout: Layout::load(app, visit, Word::Outreach, title).await?,
        parts: parts("Templates"),
        done: asked.one("done").map(str::to_owned),
        problem: problem.or(not_found),
        id: held.as_ref().map(|row| row.id),
        version: held.as_ref().map(|row| row.version.to_string()),
        name: typed_or(asked, "name", of(|row| &row.name)),
        subject: typed_or(asked, "subject", of(|row| &row.subject)),
        body: typed_or(asked, "body", of(|row| &row.body)),
        variables: VARIABLES.to_vec(),
        fields: fields.iter().map(|field| format!("field.{}", field.name.to_lowercase().replace(' ', "_"))).collect(),
        contact: named,
        preview,
    })
    .await
}

async fn template_of(app: &App, id: i64) -> Result<TemplateRow, WebError> {
    let held = app.data.store.template(id).await?.filter(|row| !row.is_archived);
    Ok(held.ok_or_else(|| OutreachError::NoTemplate(id.to_string()))?)
}

/// `GET /outreach/templates/new`
pub async fn new(State(app): State<App>, visit: Visit) -> Page {
    page(&app, visit, None, &Pairs::default(), None).await
}

/// `GET /outreach/templates/{id}?contact=…`
pub async fn edit(
    State(app): State<App>,
    visit: Visit,
    Path(id): Path<i64>,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Page {
    let held = template_of(&app, id).await?;
    let asked = Pairs(pairs);
    let asked = Pairs::default()
        .with_some("contact", asked.one("contact").map(str::to_owned))
        .with_some("done", asked.one("done").map(str::to_owned));
    page(&app, visit, Some(held), &asked, None).await
}

async fn kept(app: &App, visit: Visit, held: Option<TemplateRow>, given: &Pairs) -> Result<Response, WebError> {
    let name = held.as_ref().map_or_else(|| typed(given, "name"), |row| row.name.clone());
    let body = typed(given, "body").replace("\r\n", "\n");
    match templates::keep(&app.data, &name, &typed(given, "subject"), &body).await {
        Ok((id, version)) => {
            let done = format!("Kept as version {version}");
            Ok(Redirect::to(&saying(&format!("/outreach/templates/{id}"), &done)).into_response())
        }
        Err(error) => {
            let problem = problem_of(error)?;
            Ok(not_valid(page(app, visit, held, given, Some(problem)).await?))
        }
    }
}

/// `POST /outreach/templates/new`
pub async fn create(
    State(app): State<App>,
    visit: Visit,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, WebError> {
    let given = Pairs(pairs);
    let name = typed(&given, "name");
    let all = app.data.store.templates().await?;
    if all.iter().any(|row| row.name.eq_ignore_ascii_case(name.trim())) {
        let problem = format!("there is a template {:?} already; change it on its own page", name.trim());
        let problem = problem_of(OutreachError::Field { field: "name", problem })?;
        return Ok(not_valid(page(&app, visit, None, &given, Some(problem)).await?));
    }
    kept(&app, visit, None, &given).await
}

/// `POST /outreach/templates/{id}`: its next version.
pub async fn change(
    State(app): State<App>,
    visit: Visit,
    Path(id): Path<i64>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, WebError> {
    let held = template_of(&app, id).await?;
    kept(&app, visit, Some(held), &Pairs(pairs)).await
}

/// `POST /outreach/templates/{id}/put-away`
pub async fn put_away(State(app): State<App>, Path(id): Path<i64>) -> Result<Redirect, WebError> {
    let held = template_of(&app, id).await?;
    app.data.store.archive_template(id, app.data.now()).await?;
    Ok(Redirect::to(&saying("/outreach/templates", &format!("“{}” is put away", held.name))))
}
