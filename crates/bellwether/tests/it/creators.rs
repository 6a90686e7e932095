//! Forgetting somebody: every row goes, and no old file brings them back.

use crate::harness::{Place, interactions_csv, text};

#[test]
fn a_forgotten_person_stays_forgotten_when_the_old_file_is_imported_again() {
    let place = Place::new();
    let file = place.file("talk.csv", interactions_csv(400));
    let first = place.json(&["ingest", "interactions", &text(&file)]);
    let forgotten = place.json(&["creators", "forget", "other:u5"]);
    assert!(forgotten["rows_removed"].as_u64() > Some(1));
    assert!(place.refused(&["creators", "show", "other:u5"]).contains("no account is called"));
    let again = place.json(&["ingest", "interactions", &text(&file), "--again"]);
    assert_eq!(again["inserted"], 0, "{again}");
    assert_eq!(again["tombstoned"].as_u64().map(|count| count + 1), forgotten["rows_removed"].as_u64(), "{again}");
    assert!(again["already_known"].as_u64() < first["inserted"].as_u64());
    place.refused(&["creators", "show", "other:u5"]);
    let bytes_with_name = files_that_hold(&place.data_dir(), b"u5\n");
    assert_eq!(bytes_with_name, 0);
}

/// How many files below a folder hold these bytes as they are.
fn files_that_hold(folder: &std::path::Path, bytes: &[u8]) -> usize {
    let entries = std::fs::read_dir(folder).expect("the folder is there");
    entries
        .flatten()
        .map(|entry| {
            if entry.path().is_dir() {
                return files_that_hold(&entry.path(), bytes);
            }
            let content = std::fs::read(entry.path()).unwrap_or_default();
            usize::from(content.windows(bytes.len()).any(|window| window == bytes))
        })
        .sum()
}
