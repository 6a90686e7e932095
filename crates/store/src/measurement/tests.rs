//! What is kept of measurements: each day once, each question as it was asked, links until their day.

use model::Timestamp;

use super::*;
use crate::database::Store;

async fn store() -> (tempfile::TempDir, Store) {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Store::open(folder.path()).await.expect("opens");
    (folder, store)
}

fn series(days: &[(i32, f64)]) -> NewSeries {
    NewSeries {
        name: "Sessions".into(),
        counts_what: "sessions".into(),
        kind: SeriesKind::Gained,
        is_touched: false,
        source: "sessions.csv".into(),
        actor: "team".into(),
        days: days.to_vec(),
    }
}

fn study(name: &str) -> NewStudy<'_> {
    NewStudy {
        campaign: None,
        name,
        design: "{}",
        starts_on: "2026-03-01",
        ends_on: "2026-03-28",
        unlocks_at: Timestamp(1_000),
        actor: "team",
    }
}

#[tokio::test]
async fn the_same_file_twice_adds_no_day_and_a_corrected_day_takes_the_place_of_the_old() {
    let (_folder, store) = store().await;
    let first = store.take_series(&[series(&[(10, 4.0), (11, 5.0)])], Timestamp(1)).await.expect("takes");
    assert_eq!(first[0].1, DaysTaken { new: 2, ..DaysTaken::default() });
    let again = NewSeries { name: "SESSIONS".into(), ..series(&[(10, 4.0), (11, 6.0), (12, 7.0)]) };
    let again = store.take_series(&[again], Timestamp(2)).await.expect("takes");
    assert_eq!(again, [(first[0].0, DaysTaken { new: 1, changed: 1, known: 1 })]);
    assert_eq!(store.series_days(first[0].0).await.expect("reads"), [(10, 4.0), (11, 6.0), (12, 7.0)]);
    let row = store.one_series(first[0].0).await.expect("reads").expect("is there");
    assert_eq!((row.days, row.first_day, row.last_day, row.name.as_str()), (3, Some(10), Some(12), "Sessions"));
    assert!(store.delete_series(row.id).await.expect("removes"));
    assert!(store.series_days(row.id).await.expect("reads").is_empty());
}

#[tokio::test]
async fn a_study_is_kept_once_by_its_name_and_what_is_found_once_for_each_state_of_the_data() {
    let (_folder, store) = store().await;
    let id = store.add_study(&study("Spring"), Timestamp(5)).await.expect("keeps").expect("is new");
    assert_eq!(store.add_study(&study("SPRING"), Timestamp(6)).await.expect("asks"), None);
    let result = |hash: &str, found: &str| StudyResultRow {
        id: 0,
        study: id,
        found: found.into(),
        data_hash: hash.into(),
        version: 1,
        as_of: Timestamp(7),
    };
    for (hash, found) in [("a", "first"), ("a", "never"), ("b", "second")] {
        store.keep_study_result(&result(hash, found)).await.expect("keeps");
    }
    let found: Vec<String> = store.study_results(id).await.expect("reads").into_iter().map(|row| row.found).collect();
    assert_eq!(found, ["first", "second"]);
    assert!(store.withdraw_study(id, "the shop was closed", Timestamp(9)).await.expect("gives up"));
    assert!(!store.withdraw_study(id, "again", Timestamp(10)).await.expect("asks"));
    let row = store.study(id).await.expect("reads").expect("is there");
    assert_eq!(row.withdrawn, Some((Timestamp(9), "the shop was closed".to_owned())));
}

#[tokio::test]
async fn a_shared_report_opens_until_its_day_or_until_revoked() {
    let (_folder, store) = store().await;
    let id = store.add_study(&study("Spring"), Timestamp(5)).await.expect("keeps").expect("is new");
    let link = store.share_study(id, "hash", "the boss", Timestamp(100), Timestamp(5)).await.expect("shares");
    assert_eq!(store.open_study_link("hash", Timestamp(50)).await.expect("opens").expect("is there").opened, 1);
    assert_eq!(store.open_study_link("hash", Timestamp(100)).await.expect("asks"), None, "over");
    assert!(!store.revoke_study_link(id + 1, link, Timestamp(60)).await.expect("asks"));
    assert!(store.revoke_study_link(id, link, Timestamp(60)).await.expect("revokes"));
    assert_eq!(store.open_study_link("hash", Timestamp(61)).await.expect("asks"), None, "revoked");
}
