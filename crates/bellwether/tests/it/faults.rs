//! What must survive: a killed import, a full disk, a locked data directory.

use std::process::{Command, Stdio};
use std::time::Duration;

use crate::harness::{PROGRAM, Place, interactions_csv, text, words};

#[test]
fn an_import_killed_at_any_moment_is_wholly_there_or_wholly_absent() {
    let place = Place::new();
    let small = place.file("small.csv", interactions_csv(1_000));
    place.json(&["ingest", "interactions", &text(&small)]);
    let before = place.json(&["conversations", "counts"]);
    let large = place.file("large.csv", interactions_csv(150_000));
    let whole = {
        let other = Place::new();
        other.json(&["ingest", "interactions", &text(&small)]);
        other.json(&["ingest", "interactions", &text(&large)]);
        other.json(&["conversations", "counts"])
    };
    // Moments spread over the length of the import; a fixed list, so that a failure can be repeated.
    let (mut absent, mut there) = (0, 0);
    for milliseconds in [5, 20, 40, 60, 90, 130, 180, 240, 320, 420, 550, 700, 900] {
        let mut running = place
            .command(&["ingest", "interactions", &text(&large)])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the program starts");
        std::thread::sleep(Duration::from_millis(milliseconds));
        drop(running.kill());
        running.wait().expect("it ends");
        let after = place.json(&["conversations", "counts"]);
        if after == before {
            absent += 1;
        } else {
            assert_eq!(after, whole, "killed after {milliseconds} ms");
            there += 1;
            let imports = place.json(&["ingest", "list"]);
            place.json(&["ingest", "undo", &imports[0]["id"].to_string()]);
        }
        let imports = place.json(&["ingest", "list"]);
        let unfinished =
            imports.as_array().expect("a list").iter().filter(|import| import["state"] == "running").count();
        assert_eq!(unfinished, 0, "an interrupted import is taken back at the next opening");
    }
    println!("killed 13 times: {absent} absent, {there} there");
    assert!(absent > 0, "no kill came before the end; the file is too small for this machine");
    place.json(&["ingest", "interactions", &text(&large)]);
    assert_eq!(place.json(&["conversations", "counts"]), whole);
}

#[test]
fn a_data_directory_that_somebody_writes_to_is_left_alone() {
    let place = Place::new();
    let file = place.file("talk.csv", interactions_csv(50));
    place.json(&["ingest", "list"]);
    let lock = std::fs::File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(place.data_dir().join("writer.lock"))
        .expect("opens");
    lock.lock().expect("locks");
    let said = place.refused(&["ingest", "interactions", &text(&file)]);
    assert!(said.contains("another bellwether program is writing") && said.contains("hint:"), "{said}");
    assert_eq!(place.json(&["conversations", "counts"])["interactions"], 0, "reading goes on");
    drop(lock);
    place.json(&["ingest", "interactions", &text(&file)]);
}

#[test]
fn a_full_disk_refuses_the_import_and_leaves_everything_as_it_was() {
    let name = "a_full_disk_refuses_the_import_and_leaves_everything_as_it_was";
    let place = Place::new();
    let disk = place.folder.path().join("disk");
    std::fs::create_dir_all(&disk).expect("makes the folder");
    let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", "size=6m", "tmpfs"]).arg(&disk).status();
    if !mounted.is_ok_and(|status| status.success()) {
        println!("skipped: {name} because a small disk cannot be mounted here");
        return;
    }
    let _unmount = Unmount(disk.clone());
    let data = text(&disk.join("data"));
    let run = |arguments: &[&str]| {
        Command::new(PROGRAM)
            .args(["--data-dir", &data, "--json"])
            .args(arguments)
            .output()
            .expect("the program starts")
    };
    let small = text(&place.file("small.csv", interactions_csv(500)));
    let large = text(&place.file("large.csv", interactions_csv(300_000)));
    let first = run(&["ingest", "interactions", &small]);
    assert!(first.status.success(), "{}", words(&first));
    let before = run(&["conversations", "counts"]).stdout;
    let full = run(&["ingest", "interactions", &large]);
    assert_eq!(full.status.code(), Some(1), "{}", words(&full));
    let said = String::from_utf8_lossy(&full.stderr).into_owned();
    assert!(said.contains("no room left"), "{said}");
    let after = run(&["conversations", "counts"]);
    assert_eq!(after.stdout, before, "{}", words(&after));
}

struct Unmount(std::path::PathBuf);

impl Drop for Unmount {
    fn drop(&mut self) {
        drop(Command::new("umount").arg(&self.0).status());
    }
}
