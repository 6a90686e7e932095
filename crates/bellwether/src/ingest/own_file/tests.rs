//! Tests of reading files of own people: what is guessed, put together, refused, and that no address is left.

use std::path::PathBuf;

use proptest::prelude::*;

use super::*;
use crate::ingest::sink::Progress;

fn file(content: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("people.csv");
    std::fs::write(&path, content).expect("writes");
    (folder, path)
}

fn read_as(kind: OwnKind, content: &str) -> (OwnProposal, OwnPeopleRead) {
    let (_folder, path) = file(content);
    let proposal = propose(&path, kind, None).expect("is read");
    let settings = OwnSettings { kind, platform: proposal.platform, mapping: proposal.mapping.clone() };
    let held = read(&path, &settings, &Progress::default()).expect("is read");
    (proposal, held)
}

#[test]
fn orders_of_a_shop_are_counted_by_their_number_and_put_together_by_the_address() {
    let content = "Name,Email,Created at,Billing Name\n\
        #1001,ana@hop.example,2026-01-05 10:00:00 +0100,Ana Ruiz\n\
        #1001,ana@hop.example,2026-01-05 10:00:00 +0100,\n\
        #1002,ANA@hop.example ,2026-03-01 09:30:00 +0100,Ana Ruiz\n\
        #1003,ben@hop.example,2026-02-01 09:30:00 +0100,Ben\n";
    let (proposal, held) = read_as(OwnKind::Orders, content);
    assert_eq!(proposal.questions, Vec::<String>::new());
    assert_eq!(proposal.mapping.columns["order"], "Name");
    let times: Vec<Option<u64>> = held.people.iter().map(|person| person.times).collect();
    assert_eq!((held.rows_in, held.refused, times), (4, 0, vec![Some(2), Some(1)]));
    let ana = &held.people[0];
    assert_eq!((ana.row, ana.name.as_deref()), (2, Some("Ana Ruiz")));
    assert_eq!(ana.email_sha256.as_deref(), Some(email_sha256("ana@hop.example").as_str()));
    assert!(ana.first_at < ana.last_at);
}

#[test]
fn rows_that_tell_nobody_apart_are_refused_with_row_column_problem_and_hint() {
    let content = "handle,name,followed at\nana_b,Ana,2026-01-01\n,Ben,2026-01-02\nCleo Long,Cleo,2026-01-03\n\
        dora,Dora,soon\nemil@hop.example,Emil,2026-01-04\n";
    let (proposal, held) = read_as(OwnKind::Customers, content);
    assert!(proposal.questions.is_empty(), "{:?}", proposal.questions);
    assert_eq!((held.people.len(), held.refused), (1, 4));
    let told: Vec<(Option<u64>, &str)> =
        held.issues.iter().map(|issue| (issue.row, issue.column.as_deref().unwrap_or(""))).collect();
    assert_eq!(told, [(Some(3), "handle"), (Some(4), "handle"), (Some(5), "followed at"), (Some(6), "handle")]);
    assert!(held.issues.iter().all(|issue| !issue.problem.is_empty() && !issue.hint.is_empty()));
    assert!(!format!("{:?}", held.issues).contains("emil@"), "an address is not quoted");
}

#[test]
fn what_cannot_be_known_is_asked() {
    let (_folder, path) = file("username,date\nana,2026-01-01 10:00\n");
    let questions = propose(&path, OwnKind::Followers, None).expect("is read").questions;
    assert_eq!(questions.len(), 2, "{questions:?}");
    let (_folder, path) = file("Instagram handle,since\nana,2026-01-01\n");
    let proposal = propose(&path, OwnKind::Followers, None).expect("is read");
    assert_eq!((proposal.platform, proposal.questions.len()), (Some(Platform::Instagram), 0));
    let (_folder, path) = file("colour,size\nred,4\n");
    assert!(propose(&path, OwnKind::Customers, None).expect("is read").questions[0].contains("who somebody is"));
}

#[test]
fn followers_are_read_from_an_instagram_export_and_follow_until_its_newest_day() {
    let entry = |name: &str, at: i64| {
        format!(
            r#"{{"title":"","media_list_data":[],"string_list_data":[{{"href":"https://www.instagram.com/{name}","value":"{name}","timestamp":{at}}}]}}"#
        )
    };
    let list =
        format!("[{},{},{{\"string_list_data\":[]}}]", entry("ana_b", 1_700_000_000), entry("ben", 1_710_000_000));
    for content in [list.clone(), format!("{{\"relationships_followers\":{list}}}")] {
        let (_, held) = read_as(OwnKind::Followers, &content);
        assert_eq!((held.rows_in, held.refused, held.people.len()), (3, 1, 2));
        assert_eq!(held.people[0].handle.as_deref(), Some("ana_b"));
        assert_eq!(held.people[0].last_at, Some(Timestamp::from_unix_seconds(1_710_000_000)));
    }
    let (_folder, path) = file("{\"other\":[]}");
    let settings = OwnSettings { kind: OwnKind::Followers, platform: None, mapping: OwnMapping::default() };
    let refused = read(&path, &settings, &Progress::default()).expect_err("is refused").to_string();
    assert!(refused.contains("followers_1.json"), "{refused}");
}

#[test]
fn a_mapping_is_written_and_read_back() {
    let mapping: OwnMapping = "handle=User Name,first=Followed,zone=UTC".parse().expect("is one");
    assert_eq!(mapping.to_string().parse::<OwnMapping>().expect("is one"), mapping);
    assert!("colour=red".parse::<OwnMapping>().expect_err("is refused").contains("fields are email"));
}

#[test]
fn the_key_changes_what_is_kept_of_an_address() {
    let hash = email_sha256(" ANA@hop.example");
    assert_eq!(hash, email_sha256("ana@hop.example"));
    assert_ne!(keyed_email(b"one", &hash), keyed_email(b"two", &hash));
}

proptest! {
    #[test]
    fn the_order_of_rows_changes_nobody_and_no_address_is_left(
        rows in prop::collection::vec((0usize..6, 0i64..300), 1..40),
        at in 0usize..40,
    ) {
        let line = |(who, day): &(usize, i64)| {
            let date = Timestamp::from_unix_seconds(1_700_000_000 + day * 86_400);
            format!("reader{who}@hop.example,reader{who}@hop.example,{}\n", clock_day(date))
        };
        let content = |rows: &[(usize, i64)]| format!("email,name,date\n{}", rows.iter().map(line).collect::<String>());
        let mut turned = rows.clone();
        turned.rotate_left(at % rows.len());
        let (_, one) = read_as(OwnKind::Orders, &content(&rows));
        let (_, other) = read_as(OwnKind::Orders, &content(&turned));
        let plain = |read: &OwnPeopleRead| {
            let mut people: Vec<_> = read.people.iter().map(|person| OwnRecord { row: 0, ..person.clone() }).collect();
            people.sort_by(|a, b| a.email_sha256.cmp(&b.email_sha256));
            people
        };
        prop_assert_eq!(plain(&one), plain(&other));
        let total: u64 = one.people.iter().filter_map(|person| person.times).sum();
        prop_assert_eq!(total, rows.len() as u64);
        let held = format!("{:?}", one.people);
        prop_assert!(!held.contains("@hop.example"));
    }
}

fn clock_day(at: Timestamp) -> String {
    crate::clock::iso(at)[..10].to_owned()
}
