//! The followers of an Instagram export: `connections/followers_and_following/followers_1.json`.

use std::io::Read;
use std::path::Path;

use model::{Platform, RowIssue};
use serde::Deserialize;

use super::reading::Persons;
use super::{OwnKind, OwnPeopleRead, OwnRecord};
use crate::clock;
use crate::ingest::IngestError;
use crate::ingest::csv_file::file_name;

/// An export writes a list, and once wrote it below a name.
#[derive(Deserialize)]
#[serde(untagged)]
enum Export {
    List(Vec<Entry>),
    Named { relationships_followers: Vec<Entry> },
}

#[derive(Deserialize)]
struct Entry {
    #[serde(default)]
    title: String,
    #[serde(default)]
    string_list_data: Vec<Follower>,
}

#[derive(Deserialize)]
struct Follower {
    #[serde(default)]
    value: String,
    #[serde(default)]
    href: String,
    timestamp: Option<i64>,
}

/// Whether a file begins as JSON does.
pub(super) fn is_json(path: &Path) -> Result<bool, IngestError> {
    let mut start = [0u8; 64];
    let mut file = std::fs::File::open(path).map_err(|error| IngestError::from_io(path, &error))?;
    let read = file.read(&mut start).map_err(|error| IngestError::from_io(path, &error))?;
    let start = start[..read].strip_prefix(&[0xef, 0xbb, 0xbf]).unwrap_or(&start[..read]);
    Ok(start.iter().find(|byte| !byte.is_ascii_whitespace()).is_some_and(|byte| [b'[', b'{'].contains(byte)))
}

pub(super) fn read(path: &Path, kind: OwnKind) -> Result<OwnPeopleRead, IngestError> {
    let file = file_name(path);
    if kind != OwnKind::Followers {
        return Err(IngestError::refused(
            &file,
            "this is JSON, and only followers are read from JSON",
            "bring other people in as CSV",
        ));
    }
    let bytes = std::fs::read(path).map_err(|error| IngestError::from_io(path, &error))?;
    let bytes = bytes.strip_prefix(&[0xef, 0xbb, 0xbf]).unwrap_or(&bytes);
    let export: Export = serde_json::from_slice(bytes).map_err(|_| {
        IngestError::refused(
            &file,
            "this JSON is not the list of followers of an Instagram export",
            "choose connections/followers_and_following/followers_1.json of an export made as JSON",
        )
    })?;
    let entries = match export {
        Export::List(entries) | Export::Named { relationships_followers: entries } => entries,
    };
    let mut persons = Persons::new(kind);
    for (row, entry) in (1..).zip(&entries) {
        let follower = entry.string_list_data.first();
        let from_link = follower.and_then(|one| one.href.trim_end_matches('/').rsplit('/').next());
        let named = [follower.map(|one| one.value.as_str()), Some(entry.title.as_str()), from_link];
        let handle = named.into_iter().flatten().map(str::trim).find(|name| !name.is_empty());
        match handle {
            Some(handle) => {
                let first_at = follower.and_then(|one| clock::plausible_unix_seconds(one.timestamp?));
                let record = OwnRecord {
                    row,
                    platform: Some(Platform::Instagram),
                    native_id: None,
                    handle: Some(handle.to_owned()),
                    email_sha256: None,
                    name: None,
                    link: None,
                    first_at,
                    last_at: None,
                    times: None,
                };
                persons.take(record, None, None);
            }
            None => persons.refuse(RowIssue {
                file: file.clone(),
                row: Some(row),
                column: Some("string_list_data".to_owned()),
                problem: "names nobody".to_owned(),
                hint: "the entry has no value and no link; nothing can be done about it".to_owned(),
                refused: true,
            }),
        }
    }
    Ok(persons.done())
}
