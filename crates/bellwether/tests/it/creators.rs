//! Shortlists, and forgetting somebody: every row goes, and no old file brings them back.

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
}

/// A market with somebody whose name sorts last, so that it would be the largest value of its column.
fn market_with_a_person_to_forget(place: &Place) {
    let mut talk = interactions_csv(400);
    for row in 0..40 {
        talk.push_str(&format!("zz-forgotten-person,u{},reply,{}\n", row % 20, 1_700_000_000 + row));
    }
    let talk = place.file("talk.csv", talk);
    place.json(&["ingest", "interactions", &text(&talk)]);
    let accounts = "account,followers\nzz-forgotten-person,1200\nu1,5\n";
    let accounts = place.file("accounts.csv", accounts);
    place.json(&["ingest", "accounts", &text(&accounts)]);
}

#[test]
fn no_file_of_the_data_directory_holds_the_name_of_a_forgotten_person() {
    let place = Place::new();
    market_with_a_person_to_forget(&place);
    place.json(&["matching", "brand", "Hop House", "--own-account", "other:u3"]);
    place.json(&["refresh"]);
    assert!(files_that_hold(&place.data_dir(), b"zz-forgotten-person") > 0, "the name can be found before");
    place.json(&["creators", "forget", "other:zz-forgotten-person"]);
    assert_eq!(files_that_hold(&place.data_dir(), b"zz-forgotten-person"), 0);
}

#[test]
fn forgetting_that_was_killed_at_any_moment_is_finished_at_the_next_opening() {
    let before = Place::new();
    market_with_a_person_to_forget(&before);
    let twin = Place::new();
    market_with_a_person_to_forget(&twin);
    twin.json(&["creators", "forget", "other:zz-forgotten-person"]);
    let wanted = twin.json(&["conversations", "counts"]);
    let mut untouched = 0;
    for milliseconds in [30, 80, 130, 180, 240, 300, 400, 550, 800, 1_600, 3_200] {
        let place = Place::new();
        copy_folder(&before.data_dir(), &place.data_dir());
        let mut running = place
            .command(&["creators", "forget", "other:zz-forgotten-person"])
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn()
            .expect("the program starts");
        std::thread::sleep(std::time::Duration::from_millis(milliseconds));
        drop(running.kill());
        running.wait().expect("it ends");
        if place.run(&["creators", "show", "other:zz-forgotten-person"]).status.success() {
            // Killed before the promise was written.
            untouched += 1;
            continue;
        }
        assert_eq!(place.json(&["conversations", "counts"]), wanted, "killed after {milliseconds} ms");
        assert_eq!(files_that_hold(&place.data_dir(), b"zz-forgotten-person"), 0, "killed after {milliseconds} ms");
    }
    println!("killed 11 times: {untouched} before the promise");
    assert!(untouched < 11, "every kill came before the beginning; this machine is too slow for these moments");
}

#[test]
fn a_shortlist_takes_people_and_groups_once_and_is_found_by_its_name_in_any_case() {
    let place = Place::new();
    market_with_a_person_to_forget(&place);
    let add = |who: &[&str]| place.json(&[&["creators", "list", "add", "Spring launch"], who].concat());
    let first = add(&["other:u1", "other:u2", "other:zz-forgotten-person"]);
    assert_eq!((&first["added"], &first["already"]), (&3.into(), &0.into()));
    let again = place.json(&["creators", "list", "add", "SPRING launch", "other:u2", "other:u3"]);
    assert_eq!((&again["added"], &again["already"], &again["list"]), (&1.into(), &1.into(), &first["list"]));
    assert!(
        place
            .refused(&["creators", "list", "add", "Spring launch", "other:u4", "other:nobody-here"])
            .contains("no account")
    );
    assert_eq!(place.json(&["creators", "lists"])[0]["people"], 4, "what was refused added nobody");
    let taken = place.json(&["creators", "list", "remove", "spring launch", "other:u1", "other:u7"]);
    assert_eq!(taken["taken_off"], 1);
    place.json(&["creators", "list", "rename", "Spring launch", "Autumn"]);
    assert!(place.refused(&["creators", "list", "show", "Spring launch"]).contains("creators lists"));
    assert!(place.refused(&["creators", "list", "rename", "Autumn", "  "]).contains("needs a name"));
    let shown = place.json(&["creators", "list", "show", "Autumn"]);
    let names: Vec<&str> =
        shown["members"].as_array().expect("a list").iter().filter_map(|row| row["creator"]["name"].as_str()).collect();
    assert_eq!(names.len(), 3, "{shown}");
    place.json(&["creators", "forget", "other:zz-forgotten-person"]);
    assert_eq!(place.json(&["creators", "lists"])[0]["people"], 2, "the forgotten are on no list");
    // A name that is also a number, and one whose letters the database cannot lower.
    let numbered = place.json(&["creators", "list", "add", "1", "other:u9"]);
    let named = place.json(&["creators", "list", "add", "ÜBER", "other:u9"]);
    assert_eq!(place.json(&["creators", "list", "add", "über", "other:u8"])["list"], named["list"]);
    assert!(place.refused(&["creators", "list", "rename", "Autumn", "über"]).contains("exists already"));
    assert_eq!(numbered["list"], first["list"], "by command a number means the list of that number");
    place.json(&["creators", "list", "delete", "über"]);
    place.json(&["creators", "list", "delete", "Autumn"]);
    assert_eq!(place.json(&["creators", "lists"]), serde_json::json!([]));
}

#[test]
fn a_group_put_on_a_shortlist_brings_its_members_who_publish() {
    let place = Place::with_demo();
    let groups = place.json(&["conversations", "groups"]);
    let group = groups["shown"][0]["id"].as_i64().expect("a number").to_string();
    let picked = place.json(&["creators", "list", "add", "A group", "--group", &group]);
    let added = picked["added"].as_u64().expect("a number");
    assert!((1..=100).contains(&added), "{picked}");
    let shown = place.json(&["creators", "list", "show", "A group"]);
    let figures = shown["members"].as_array().expect("a list").iter().filter(|row| !row["estimates"].is_null());
    assert_eq!(figures.count() as u64, added, "who publishes has figures");
    assert!(place.refused(&["creators", "list", "add", "Another", "--group", "999999"]).contains("nobody to add"));
    assert_eq!(place.json(&["creators", "lists"]).as_array().map(Vec::len), Some(1), "no empty list was begun");
}

fn copy_folder(from: &std::path::Path, to: &std::path::Path) {
    std::fs::create_dir_all(to).expect("makes the folder");
    for entry in std::fs::read_dir(from).expect("the folder is there").flatten() {
        let copy = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_folder(&entry.path(), &copy);
        } else {
            std::fs::copy(entry.path(), copy).expect("copies");
        }
    }
}

/// How many files below a folder hold these bytes as they are.
pub fn files_that_hold(folder: &std::path::Path, bytes: &[u8]) -> usize {
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
