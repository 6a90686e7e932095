//! `/admin/acts`: what was done here and by whom, and how rows were before and after.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use serde_json::Value;
use store::{ActChange, ActsAsked};

use crate::clock;
use crate::web::app::{App, Page, draw};
use crate::web::csv::Sheet;
use crate::web::error::WebError;
use crate::web::layout::{Layout, Word};
use crate::web::query::Pairs;
use crate::web::visit::Visit;

/// Lines of each table on a page.
const SHOWN: i64 = 100;
/// Lines of the file.
const DOWNLOADED: i64 = 100_000;

/// Something that was done.
pub struct ActLine {
    pub at: String,
    pub actor: String,
    pub what: String,
    pub subject: String,
    pub outcome: String,
}

/// A row that changed.
pub struct ChangeLine {
    pub at: String,
    pub actor: String,
    pub what: String,
    /// Column, before, after.
    pub values: Vec<(String, String, String)>,
}

#[derive(Template)]
#[template(path = "admin/acts.html")]
struct ActsPage {
    layout: Layout,
    acts: Vec<ActLine>,
    changes: Vec<ChangeLine>,
    older_acts: Option<String>,
    older_changes: Option<String>,
}

fn value_text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// The name of whoever acted, as it is written beside a change.
fn name_of(actor: &str) -> &str {
    actor.split_once('|').map_or(actor, |(_, name)| name)
}

/// What became of which row.
fn words_of(change: &ActChange) -> String {
    let table = match change.table.as_str() {
        "person_here" => "person".to_owned(),
        table => table.replace('_', " "),
    };
    let done = match change.operation.as_str() {
        "insert" => "added",
        "delete" => "removed",
        _ => "changed",
    };
    format!("{table} {}: {done}", change.key)
}

/// A value as a person reads it; moments are microseconds.
fn shown(name: &str, value: &Value) -> String {
    match value.as_i64() {
        Some(at) if name.ends_with("_at") || name.ends_with("_since") => clock::minute(model::Timestamp(at)),
        _ => value_text(value),
    }
}

/// Which columns differ, and how.
fn differing(change: &ActChange) -> Vec<(String, String, String)> {
    let read = |text: &Option<String>| -> serde_json::Map<String, Value> {
        text.as_deref().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
    };
    let (before, after) = (read(&change.before), read(&change.after));
    let mut names: Vec<&String> = before.keys().chain(after.keys()).collect();
    names.sort();
    names.dedup();
    let none = Value::Null;
    names
        .into_iter()
        .filter_map(|name| {
            let (old, new) = (before.get(name).unwrap_or(&none), after.get(name).unwrap_or(&none));
            (old != new).then(|| (name.clone(), shown(name, old), shown(name, new)))
        })
        .collect()
}

/// `GET /admin/acts`
pub async fn index(State(app): State<App>, visit: Visit, Query(pairs): Query<Vec<(String, String)>>) -> Page {
    let given = Pairs(pairs);
    let number = |name: &str| given.one(name).and_then(|text| text.parse::<i64>().ok());
    let asked = ActsAsked { person: number("person"), before: number("before"), limit: SHOWN };
    let acts = app.data.store.acts(&asked).await?;
    let changes =
        app.data.store.act_changes(given.one("table"), given.one("row"), number("changes_before"), SHOWN).await?;
    let is_more = |rows: usize| rows as i64 == SHOWN;
    let older =
        |name: &str, id: Option<i64>| id.map(|id| Pairs::default().with(name, id.to_string()).address("/admin/acts"));
    draw(ActsPage {
        layout: Layout::load(&app, visit, Word::None, "What was done").await?,
        older_acts: older("before", acts.last().map(|act| act.id).filter(|_| is_more(acts.len()))),
        older_changes: older("changes_before", changes.last().map(|one| one.id).filter(|_| is_more(changes.len()))),
        acts: (acts.into_iter())
            .map(|act| ActLine {
                at: clock::minute(act.at),
                actor: act.actor,
                what: act.what,
                subject: act.subject,
                outcome: act.outcome,
            })
            .collect(),
        changes: (changes.iter())
            .map(|change| ChangeLine {
                at: clock::minute(change.at),
                actor: name_of(&change.actor).to_owned(),
                what: words_of(change),
                values: differing(change),
            })
            .collect(),
    })
    .await
}

/// `GET /admin/acts.csv`: every row that changed, as it was before and after.
pub async fn download(State(app): State<App>) -> Result<Response, WebError> {
    let changes = app.data.store.act_changes(None, None, None, DOWNLOADED).await?;
    let mut csv = Sheet::new(&["at", "actor", "table", "row", "operation", "before", "after"]);
    for change in changes {
        csv.row([
            clock::iso(change.at),
            name_of(&change.actor).to_owned(),
            change.table,
            change.key,
            change.operation,
            change.before.unwrap_or_default(),
            change.after.unwrap_or_default(),
        ]);
    }
    Ok(csv.download("what-was-done.csv"))
}
