//! Contacts from a file: tried first, brought in as one, taken back as one. Rows that cannot be taken are named.

use std::path::Path;

use model::RowIssue;
use model::outreach::{Channel, Stage};
use serde::Serialize;
use store::outreach::contacts::NewContact;

use super::contacts::{ContactGiven, checked};
use super::{OutreachError, TEAM};
use crate::data_directory::DataDirectory;
use crate::ingest::csv_file::{CsvFile, Next};

/// Rows of one file.
const ROWS_MAX: u64 = 200_000;

/// Columns a file may have; the first of each is the usual one.
pub const COLUMNS: [(&str, &[&str]); 10] = [
    ("name", &["name", "full_name", "creator"]),
    ("email", &["email", "e_mail", "mail", "address"]),
    ("greeting", &["greeting", "salutation"]),
    ("language", &["language", "lang"]),
    ("zone", &["zone", "time_zone", "timezone"]),
    ("owner", &["owner"]),
    ("tags", &["tags", "tag"]),
    ("source", &["source"]),
    ("basis", &["basis"]),
    ("stage", &["stage", "status"]),
];

/// What a file holds, before or after it was brought in.
#[derive(Clone, Default, PartialEq, Debug, Serialize)]
pub struct Imported {
    /// `None` after a try.
    pub import: Option<i64>,
    pub rows: u64,
    pub new: u64,
    pub known: u64,
    pub refused: Vec<RowIssue>,
    /// Columns that are not taken.
    pub not_taken: Vec<String>,
}

/// What stands for every row that does not say it itself.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct ForAll {
    pub source: String,
    pub basis: String,
    pub tag: String,
}

/// Reads a file and brings its contacts in, or only says what would come of it.
pub async fn import(data: &DataDirectory, place: &Path, all: &ForAll, is_try: bool) -> Result<Imported, OutreachError> {
    let refused = |problem: String| OutreachError::Refused(problem);
    let mut file = CsvFile::open(place).map_err(|error| refused(error.to_string()))?;
    let plain = |heading: &str| heading.trim().to_lowercase().replace([' ', '-'], "_");
    let column = |name: &str| {
        let names = COLUMNS.iter().find(|(of, _)| *of == name).map_or(&[][..], |(_, names)| *names);
        file.headings.iter().position(|heading| names.contains(&plain(heading).as_str()))
    };
    let places: Vec<(&str, Option<usize>)> = COLUMNS.iter().map(|(name, _)| (*name, column(name))).collect();
    let place_of = |name: &str| places.iter().find(|(of, _)| *of == name).and_then(|(_, place)| *place);
    if place_of("name").is_none() && place_of("email").is_none() {
        return Err(refused(format!(
            "no column of {} says who is meant; its headings are: {}\nhint: give a column name or email",
            file.name,
            file.headings.join(", ")
        )));
    }
    let taken: Vec<usize> = places.iter().filter_map(|(_, place)| *place).collect();
    let not_taken = file.headings.iter().enumerate().filter(|(at, _)| !taken.contains(at));
    let mut done =
        Imported { not_taken: not_taken.map(|(_, heading)| heading.clone()).collect(), ..Imported::default() };
    let mut rows: Vec<NewContact> = Vec::new();
    let mut seen = std::collections::HashSet::new();
    let name = file.name.clone();
    loop {
        let given = match file.next_row().map_err(|error| refused(error.to_string()))? {
            Next::End => break,
            Next::Bad(issue) => {
                done.rows += 1;
                done.refused.push(issue);
                continue;
            }
            Next::Row(row) => {
                done.rows += 1;
                if done.rows > ROWS_MAX {
                    return Err(refused(format!("{name} has more than {ROWS_MAX} rows\nhint: divide it")));
                }
                let text = |of: &str| place_of(of).and_then(|place| row.text(place)).unwrap_or("").trim().to_owned();
                let or = |own: String, all: &str| if own.is_empty() { all.to_owned() } else { own };
                let stage = text("stage");
                let issue = |heading: &str, problem: String, hint: &str| row.issue(&name, heading, problem, hint);
                if !stage.is_empty() && Stage::from_code(&stage).is_none() {
                    done.refused.push(issue(
                        "stage",
                        format!("{stage:?} is no stage"),
                        "leave it empty, or see `bellwether outreach board`",
                    ));
                    continue;
                }
                let emails: Vec<String> = text("email")
                    .split([',', ';', ' '])
                    .map(str::trim)
                    .filter(|part| !part.is_empty())
                    .map(str::to_owned)
                    .collect();
                if let Some(wrong) = emails.iter().find(|email| !super::mailboxes::looks_like_an_address(email)) {
                    done.refused.push(issue(
                        "email",
                        format!("{wrong:?} is no e-mail address"),
                        "write it as ana@creator.example",
                    ));
                    continue;
                }
                if emails.iter().any(|email| !seen.insert(mail::read::folded(email))) {
                    done.refused.push(issue(
                        "email",
                        "the address stands in an earlier row".to_owned(),
                        "keep one of the rows",
                    ));
                    continue;
                }
                let given = ContactGiven {
                    name: or(text("name"), emails.first().map_or("", String::as_str)),
                    greeting: text("greeting"),
                    addresses: emails.into_iter().map(|email| (Channel::Email, email)).collect(),
                    basis: or(text("basis"), &all.basis),
                    source: or(text("source"), &all.source),
                    accounts: Vec::new(),
                    owner: text("owner"),
                    language: text("language"),
                    zone: text("zone"),
                    tags: text("tags")
                        .split([',', ';'])
                        .chain([all.tag.as_str()])
                        .map(|tag| tag.trim().to_owned())
                        .collect(),
                    stage: Stage::from_code(&stage),
                };
                (given, issue("", String::new(), ""))
            }
        };
        match checked(data, given.0).await {
            Ok(new) => rows.push(new),
            Err(OutreachError::Field { field, problem }) => done.refused.push(RowIssue {
                column: Some(field.to_owned()),
                hint: match problem.contains("asked to be forgotten") {
                    true => "leave the row out".to_owned(),
                    false => "mend the row and bring the file in again".to_owned(),
                },
                problem,
                ..given.1
            }),
            Err(other) => return Err(other),
        }
    }
    if is_try {
        for row in &rows {
            let mut is_known = false;
            for address in &row.addresses {
                is_known |= data.store.contact_with_address(address.channel, &address.hash).await?.is_some();
            }
            if is_known { done.known += 1 } else { done.new += 1 }
        }
        return Ok(done);
    }
    if rows.is_empty() {
        let first = done.refused.first().map_or_else(|| "it has no rows".to_owned(), ToString::to_string);
        return Err(refused(format!("nobody can be read from {name}: {first}")));
    }
    let kept = data.store.import_contacts(&name, &rows, done.refused.len() as u64, TEAM, data.now()).await?;
    data.store.add_audit(data.now(), TEAM, "contacts brought in", &name, &format!("import {}", kept.id)).await?;
    (done.import, done.new, done.known) = (Some(kept.id), kept.new, kept.known);
    Ok(done)
}
