//! Templates of mails: kept in versions, looked at when saved, filled with what is known of a contact.

use mail::template::{FillProblem, Filled, Template};
use serde::Serialize;
use serde_json::{Value, json};
use store::outreach::sequences::TemplateRow;

use super::contacts::ContactShown;
use super::mailboxes::Mailbox;
use super::settings::OutreachSettings;
use super::{OutreachError, one_line};
use crate::creators;
use crate::data_directory::DataDirectory;

const BODY_LETTERS_MAX: usize = 50_000;

/// What a template may name: the variable and what stands there.
pub const VARIABLES: [(&str, &str); 10] = [
    ("contact.name", "their whole name"),
    ("contact.first_name", "the first word of their name"),
    ("contact.greeting", "how they are greeted, as kept with the contact"),
    ("contact.source", "where their address came from"),
    ("creator.handle", "their handle on the platform they are known by"),
    ("creator.platform", "that platform"),
    ("field.NAME", "a field the team added, its name in small letters with _ for spaces"),
    ("sender.name", "who the mailbox writes as"),
    ("sender.address", "the address of the mailbox"),
    ("given.NAME", "what was typed for this sequence and contact"),
];

/// Keeps a template as its next version, where it can be read.
pub async fn keep(data: &DataDirectory, name: &str, subject: &str, body: &str) -> Result<(i64, u32), OutreachError> {
    let name = one_line("name", name, 80)?;
    if name.is_empty() {
        return Err(OutreachError::Field { field: "name", problem: "a template needs a name".to_owned() });
    }
    if body.chars().count() > BODY_LETTERS_MAX {
        let problem = format!("it is longer than {BODY_LETTERS_MAX} letters");
        return Err(OutreachError::Field { field: "body", problem });
    }
    let template = Template::parse(subject, body)?;
    let known = |variable: &str| {
        VARIABLES.iter().any(|(of, _)| *of == variable)
            || variable.starts_with("field.")
            || variable.starts_with("given.")
    };
    if let Some(unknown) = template.variables().iter().find(|variable| !known(variable)) {
        let all: Vec<&str> = VARIABLES.iter().map(|(of, _)| *of).collect();
        return Err(OutreachError::Field {
            field: "body",
            problem: format!("{unknown:?} is nothing a template can name\nhint: it can name {}", all.join(", ")),
        });
    }
    Ok(data.store.keep_template(&name, subject.trim(), body.trim_end(), data.now()).await?)
}

/// A template by its number or name.
pub async fn find(data: &DataDirectory, named: &str) -> Result<TemplateRow, OutreachError> {
    let all = data.store.templates().await?;
    all.into_iter()
        .find(|template| template.name.eq_ignore_ascii_case(named) || template.id.to_string() == named)
        .ok_or_else(|| OutreachError::NoTemplate(named.to_owned()))
}

/// What a template is filled with for one contact.
pub async fn values(
    data: &DataDirectory,
    contact: &ContactShown,
    mailbox: &Mailbox,
    given: &Value,
) -> Result<Value, OutreachError> {
    // The lake is asked only where there is something to ask.
    let names = match contact.accounts.is_empty() {
        true => Default::default(),
        false => creators::names(data, contact.accounts.clone()).await?,
    };
    let creator = contact.accounts.iter().find_map(|account| names.get(account));
    let mut fields = serde_json::Map::new();
    for (field, value) in &contact.fields {
        fields.insert(field.name.to_lowercase().replace(' ', "_"), json!(value));
    }
    let source = contact.addresses.iter().find(|address| !address.source.is_empty());
    Ok(json!({
        "contact": {
            "name": contact.row.name,
            "first_name": contact.row.name.split_whitespace().next().unwrap_or(""),
            "greeting": contact.row.greeting,
            "source": source.map_or(contact.row.source.as_str(), |address| address.source.as_str()),
        },
        "creator": {
            "handle": creator.map_or("", |name| name.handle.as_str()),
            "platform": creator.map_or("", |name| name.platform.name()),
        },
        "field": fields,
        "sender": { "name": mailbox.from_name, "address": mailbox.address },
        "given": if given.is_object() { given.clone() } else { json!({}) },
    }))
}

/// A template filled for a contact, or what is missing. One without a subject answers the mail before it: its subject comes
/// out empty.
pub fn fill(template: &TemplateRow, values: &Value) -> Result<Filled, String> {
    let has_subject = !template.subject.trim().is_empty();
    let subject = if has_subject { template.subject.as_str() } else { "-" };
    let parsed = Template::parse(subject, &template.body).map_err(|problem| problem.to_string())?;
    let filled = parsed.fill(values).map_err(|problem: FillProblem| problem.to_string())?;
    Ok(if has_subject { filled } else { Filled { subject: String::new(), ..filled } })
}

/// The subject of a mail that answers another.
pub fn answering(subject: &str) -> String {
    match subject.trim() {
        before if before.to_lowercase().starts_with("re:") => before.to_owned(),
        before => format!("Re: {before}"),
    }
}

/// Why a first mail without a subject cannot be sent.
pub const NO_SUBJECT: &str = "the first mail needs a subject; only later ones may go without and answer it";

/// What stands below a first mail and below each of a sequence: who writes, where the address came from, how to object.
/// In the contact's language where that is one of four, else in English.
pub fn footer(settings: &OutreachSettings, language: &str, source: &str, link: &str) -> String {
    let (because, objection) = match language.get(..2).unwrap_or("") {
        "de" => ("Ihre Adresse haben wir von hier", "Keine weiteren Nachrichten"),
        "fr" => ("Votre adresse provient de", "Ne plus recevoir de messages"),
        "es" => ("Su dirección procede de", "No recibir más mensajes"),
        _ => ("We have your address from", "Not to hear from us again"),
    };
    let sender = settings.sender.trim();
    format!("\n\n-- \n{sender}\n{because}: {source}\n{objection}: {link}\n")
}

/// A template as it is listed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct TemplateShown {
    pub id: i64,
    pub name: String,
    pub version: u32,
    pub subject: String,
    pub body: String,
    pub variables: Vec<String>,
}

pub fn shown(row: TemplateRow) -> TemplateShown {
    let variables = Template::parse(&row.subject, &row.body)
        .map(|template| template.variables().iter().cloned().collect())
        .unwrap_or_default();
    TemplateShown { id: row.id, name: row.name, version: row.version, subject: row.subject, body: row.body, variables }
}
