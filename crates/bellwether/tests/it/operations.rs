//! Keeping it running: backups made while others write, restoring them, and finding what is damaged.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::{Value, json};

use crate::harness::{Place, interactions_csv, text};
use crate::outreach_pages::Browser;

fn with_facts() -> Place {
    let place = Place::new();
    let file = text(&place.file("first.csv", interactions_csv(400)));
    place.json(&["ingest", "interactions", &file]);
    place
}

/// Runs a command on another folder than the place's own.
fn on(place: &Place, folder: &Path, arguments: &[&str]) -> (bool, Value, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_bellwether"))
        .arg("--data-dir")
        .arg(folder)
        .arg("--json")
        .args(arguments)
        .current_dir(place.data_dir().parent().expect("it lies somewhere"))
        .output()
        .expect("runs");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    (output.status.success(), serde_json::from_slice(&output.stdout).unwrap_or_default(), said)
}

fn beside(place: &Place, name: &str) -> PathBuf {
    place.data_dir().parent().expect("it lies somewhere").join(name)
}

fn findings(checked: &Value) -> Vec<String> {
    let all = checked["findings"].as_array().expect("findings");
    all.iter().map(|one| format!("{} {} {}", one["severity"], one["place"], one["problem"]).replace('"', "")).collect()
}

#[test]
fn a_backup_made_while_others_write_restores_to_one_moment() {
    let place = with_facts();
    let is_over = AtomicBool::new(false);
    let (backup, restored) = (beside(&place, "all.backup"), beside(&place, "restored"));
    let made = std::thread::scope(|scope| {
        let (place, is_over) = (&place, &is_over);
        scope.spawn(move || {
            let mut number = 0;
            while !is_over.load(Ordering::Relaxed) {
                number += 1;
                let rows = format!("actor,target,kind,at_unix\nwriter{number},a1,reply,{}\n", 1_700_000_000 + number);
                let file = text(&place.file(&format!("more{number}.csv"), rows));
                // Where somebody else writes it says so; the next one comes in.
                place.run(&["ingest", "interactions", &file]);
            }
        });
        scope.spawn(move || {
            let mut number = 0;
            while !is_over.load(Ordering::Relaxed) {
                number += 1;
                place.run(&["matching", "brand", &format!("Brand {number}"), "--keyword", "barrel"]);
            }
        });
        std::thread::sleep(Duration::from_secs(3));
        let made = place.json(&["admin", "backup", &text_of(&backup)]);
        std::thread::sleep(Duration::from_secs(1));
        is_over.store(true, Ordering::Relaxed);
        made
    });
    assert!(made["files"].as_u64().is_some_and(|files| files > 12), "{made}");
    let (done, said, error) = on(&place, &restored, &["admin", "restore", &text_of(&backup)]);
    assert!(done, "{error}");
    assert_eq!((&said["files"], &said["data_revision"]), (&made["files"], &made["data_revision"]), "{said}");
    let (is_whole, checked, error) = on(&place, &restored, &["admin", "check", "--all"]);
    assert!(is_whole, "{checked} {error}");
    let imports = on(&place, &restored, &["ingest", "list"]).1;
    let done = imports.as_array().expect("imports").iter().filter(|import| import["state"] == "done").count();
    let first = 400;
    let counts = on(&place, &restored, &["conversations", "counts"]).1;
    assert_eq!(counts["interactions"], json!(first + done - 1), "each further import brought one row");
    assert!(on(&place, &restored, &["refresh"]).0);
    assert!(on(&place, &restored, &["admin", "check"]).1["findings"].as_array().is_some_and(Vec::is_empty));
    // The one that was copied goes on, and nothing is left aside in it.
    let left: Vec<_> =
        std::fs::read_dir(place.data_dir()).expect("reads").flatten().map(|entry| entry.file_name()).collect();
    assert!(left.iter().all(|name| !name.to_string_lossy().starts_with("backup-")), "{left:?}");
    assert!(place.refused(&["admin", "backup", &text_of(&backup)]).contains("overwrites nothing"));
    assert!(on(&place, &restored, &["admin", "restore", &text_of(&backup)]).2.contains("holds something already"));
}

fn text_of(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

#[test]
fn a_backup_that_was_cut_or_changed_makes_nothing() {
    let place = with_facts();
    let backup = beside(&place, "all.backup");
    place.json(&["admin", "backup", &text_of(&backup)]);
    let whole = std::fs::read(&backup).expect("reads");
    let place_of_text = |needle: &[u8]| whole.windows(needle.len()).position(|part| part == needle).expect("is in it");
    let mut changed = whole.clone();
    changed[place_of_text(b"SQLite format 3") + 5_000] ^= 1;
    let mut outside = whole.clone();
    let at = place_of_text(b"keys/erasure.key");
    outside[at..at + 16].copy_from_slice(b"../../../etc/key");
    for (name, bytes) in [
        ("cut", whole[..whole.len() / 2].to_vec()),
        ("changed", changed),
        ("outside", outside),
        ("no backup", b"hello".to_vec()),
    ] {
        let (file, folder) = (beside(&place, "bad.backup"), beside(&place, &format!("from {name}")));
        std::fs::write(&file, bytes).expect("writes");
        let (done, _, said) = on(&place, &folder, &["admin", "restore", &text_of(&file)]);
        assert!(!done && said.contains("hint"), "{name}: {said}");
        assert!(!folder.exists() && !beside(&place, &format!("from {name}.restoring")).exists(), "{name}");
    }
    assert!(!beside(&place, "etc").exists());
}

#[test]
fn what_is_damaged_is_named_and_what_can_be_made_again_is_no_damage() {
    let place = with_facts();
    place.json(&["refresh"]);
    let (is_whole, checked, _) = on(&place, &place.data_dir(), &["admin", "check", "--all"]);
    assert!(is_whole && findings(&checked).is_empty(), "{checked}");
    std::fs::write(place.data_dir().join("derived.sqlite"), vec![7; 20_000]).expect("writes");
    for ending in ["derived.sqlite-wal", "derived.sqlite-shm"] {
        drop(std::fs::remove_file(place.data_dir().join(ending)));
    }
    let (is_whole, checked, _) = on(&place, &place.data_dir(), &["admin", "check"]);
    assert!(is_whole, "what is derived is no damage: {checked}");
    assert!(findings(&checked).iter().any(|one| one.contains("remark derived.sqlite")), "{checked}");
    place.json(&["refresh"]);
    assert!(place.data_dir().join("derived.sqlite.broken").exists());

    let table = place.data_dir().join("lake/interaction");
    let file = std::fs::read_dir(&table)
        .expect("reads")
        .flatten()
        .map(|entry| entry.path())
        .find(|path| path.extension().is_some_and(|ending| ending == "parquet"))
        .expect("a file of facts");
    let bytes = std::fs::read(&file).expect("reads");
    let mut flipped = bytes.clone();
    let middle = flipped.len() / 3;
    flipped[middle..middle + 40].iter_mut().for_each(|byte| *byte = !*byte);
    std::fs::write(&file, flipped).expect("writes");
    let (is_whole, checked, _) = on(&place, &place.data_dir(), &["admin", "check", "--all"]);
    assert!(!is_whole && findings(&checked).iter().any(|one| one.contains("damage lake/interaction/")), "{checked}");
    std::fs::write(&file, &bytes[..bytes.len() - 10]).expect("writes");
    let (is_whole, checked, _) = on(&place, &place.data_dir(), &["admin", "check"]);
    assert!(!is_whole && findings(&checked)[0].contains("bytes where"), "{checked}");
    std::fs::remove_file(&file).expect("removes");
    let (is_whole, checked, _) = on(&place, &place.data_dir(), &["admin", "check"]);
    assert!(!is_whole && findings(&checked)[0].contains("cannot be opened"), "{checked}");
    std::fs::write(&file, &bytes).expect("writes");
    assert!(on(&place, &place.data_dir(), &["admin", "check", "--all"]).0, "and it is whole again");
}

#[tokio::test]
async fn facts_of_an_import_that_nobody_knows_are_found() {
    use lake::Provenance;
    use model::facts::{AccountFact, FactBatch};
    use model::{ImportId, Platform};
    let place = Place::new();
    let browser = Browser::at(&place).await;
    let data = &browser.data;
    let provenance =
        Provenance { source_id: "test".into(), import_id: ImportId(41), fetched_at: data.now(), expires_at: None };
    let mut writer = data.lake.begin_import(provenance, data.now(), Box::new(|_| false));
    let accounts = vec![AccountFact::new(Platform::Other, "", "ana")];
    writer.append(FactBatch { accounts, ..FactBatch::default() }).await.expect("takes it");
    writer.commit().await.expect("commits");
    let checked = bellwether::admin::check::check(data, true, |_| ()).await.expect("looks");
    assert!(checked.is_damaged() && checked.findings[0].place == "import 41", "{checked:?}");
}

#[test]
fn a_backup_that_is_killed_leaves_no_file_and_the_next_one_is_made() {
    let place = with_facts();
    let backup = beside(&place, "all.backup");
    for wait in [0, 20, 60, 120, 200] {
        let mut running = place.command(&["admin", "backup", &text_of(&backup)]);
        let mut child = running.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("starts");
        std::thread::sleep(Duration::from_millis(wait));
        drop(child.kill());
        child.wait().expect("ends");
        if backup.exists() {
            // It was quicker; then it is whole.
            let folder = beside(&place, &format!("after {wait}"));
            assert!(on(&place, &folder, &["admin", "restore", &text_of(&backup)]).0);
            std::fs::remove_file(&backup).expect("removes");
        }
    }
    place.json(&["admin", "backup", &text_of(&backup)]);
    assert!(place.json(&["admin", "check"])["findings"].is_array());
}
