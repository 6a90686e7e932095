//! Who talks with whom: what passed between two people is shown as it was written.

use crate::harness::{Place, real_data, text};

#[test]
fn the_answers_of_one_person_to_another_are_quoted_with_the_question_they_answer() {
    let name = "the_answers_of_one_person_to_another_are_quoted_with_the_question_they_answer";
    let Some(folder) = real_data(name, "beer-stackexchange") else { return };
    let place = Place::new();
    place.json(&["ingest", "stack-exchange", &text(&folder)]);
    // Question 2 was asked by one user and answered by another; both are named by their number on the site.
    let dump = std::fs::read_to_string(folder.join("Posts.xml")).expect("the dump is there");
    let owner = |id: &str| {
        let row = dump.lines().find(|line| line.contains(&format!("<row Id=\"{id}\" "))).expect("the post is there");
        let at = row.find("OwnerUserId=\"").expect("it has an owner") + "OwnerUserId=\"".len();
        format!("stackexchange:beer.stackexchange.com/{}", &row[at..at + row[at..].find('"').expect("closed")])
    };
    let between = place.json(&["conversations", "between", &owner("1"), &owner("4")]);
    let exchange = between["exchange"].as_array().expect("a list");
    assert!(
        exchange
            .iter()
            .any(|turn| turn["kind"] == "answer"
                && turn["post_title"].as_str().is_some_and(|title| title.contains("citra"))),
        "{between}"
    );
}

#[test]
fn a_window_without_talk_has_no_pairs() {
    let counts = Place::new().json(&["conversations", "counts"]);
    assert_eq!((&counts["interactions"], &counts["pairs"]), (&0.into(), &0.into()));
}

/// Talk in circles: everybody of a circle turns to everybody else of it twice, and one pair joins each circle to the
/// next. `circles` names each circle and says how many are in it.
fn circles(circles: &[(&str, usize)], from_unix: i64) -> String {
    let mut csv = "actor,target,kind,at_unix\n".to_owned();
    let mut at = from_unix;
    for (place, (circle, people)) in circles.iter().enumerate() {
        for one in 0..*people {
            for other in (0..*people).filter(|other| *other != one) {
                csv.push_str(&format!(
                    "{circle}{one},{circle}{other},reply,{at}\n{circle}{one},{circle}{other},comment,{}\n",
                    at + 7
                ));
                at += 60;
            }
        }
        let next = circles[(place + 1) % circles.len()].0;
        csv.push_str(&format!("{circle}0,{next}0,mention,{at}\n"));
    }
    csv
}

/// The group numbers by who is turned to most in them.
fn groups_by_voice(place: &Place) -> std::collections::BTreeMap<String, i64> {
    let listed = place.json(&["conversations", "groups"]);
    let mut found = std::collections::BTreeMap::new();
    for group in listed["shown"].as_array().expect("a list") {
        let id = group["id"].as_i64().expect("a number");
        let one = place.json(&["conversations", "group", &id.to_string()]);
        let voice = one["voices"][0]["name"].as_str().expect("a name").trim_end_matches(char::is_numeric).to_owned();
        found.insert(voice, id);
    }
    found
}

#[test]
fn groups_are_found_and_keep_their_numbers_when_they_grow_and_when_what_was_derived_is_deleted() {
    let place = Place::new();
    let first = circles(&[("ale", 9), ("bike", 8), ("cake", 7), ("dog", 6)], 1_700_000_000);
    place.json(&["ingest", "interactions", &text(&place.file("first.csv", first))]);
    place.json(&["refresh"]);
    let before = groups_by_voice(&place);
    assert_eq!(before.keys().collect::<Vec<_>>(), ["ale", "bike", "cake", "dog"]);
    // One circle doubles, and somebody new begins one.
    let more = circles(&[("ale", 16), ("eel", 8)], 1_700_900_000);
    place.json(&["ingest", "interactions", &text(&place.file("more.csv", more))]);
    place.json(&["refresh"]);
    let after = groups_by_voice(&place);
    for name in ["ale", "bike", "cake", "dog"] {
        assert_eq!(after[name], before[name], "{name} keeps its number: {before:?} {after:?}");
    }
    let began = place.json(&["conversations", "group", &after["eel"].to_string()]);
    assert_eq!(began["events"][0]["event"], "began");
    let listed = place.json(&["conversations", "groups"]);
    for ending in ["", "-wal", "-shm"] {
        drop(std::fs::remove_file(place.data_dir().join(format!("derived.sqlite{ending}"))));
    }
    place.json(&["refresh"]);
    assert_eq!(place.json(&["conversations", "groups"]), listed, "the same, made again from the facts");
}

#[test]
fn a_forgotten_person_is_no_voice_of_a_group_any_more() {
    let place = Place::new();
    let csv = circles(&[("ale", 9), ("bike", 8)], 1_700_000_000);
    place.json(&["ingest", "interactions", &text(&place.file("talk.csv", csv))]);
    place.json(&["refresh"]);
    let id = groups_by_voice(&place)["ale"].to_string();
    let voices =
        |place: &Place| place.json(&["conversations", "group", &id])["voices"].as_array().expect("a list").len();
    assert_eq!(voices(&place), 9);
    place.json(&["creators", "forget", "ale3"]);
    assert_eq!(voices(&place), 8);
}

#[test]
fn before_any_refresh_groups_are_refused_with_the_next_step() {
    assert!(Place::new().refused(&["conversations", "groups"]).contains("hint: `bellwether refresh`"));
    let place = Place::new();
    assert!(place.refused(&["conversations", "group", "7"]).contains("no group has the number 7"));
}

#[test]
fn exported_ties_are_the_distinct_pairs_and_kinds_of_the_file() {
    let place = Place::new();
    let csv = circles(&[("ale", 9), ("bike", 8)], 1_700_000_000);
    place.json(&["ingest", "interactions", &text(&place.file("talk.csv", &csv))]);
    place.json(&["refresh"]);
    let out = place.file("ties.csv", "");
    place.json(&["conversations", "export", "--format", "csv", "--level", "people", "--out", &text(&out)]);
    let ties = |lines: &str, columns: [usize; 3]| {
        let mut ties: Vec<Vec<String>> = lines
            .lines()
            .skip(1)
            .map(|line| {
                let cells: Vec<&str> = line.split(',').collect();
                columns.map(|column| cells[column].to_owned()).to_vec()
            })
            .collect();
        ties.sort();
        ties.dedup();
        ties
    };
    let written = std::fs::read_to_string(&out).expect("was written");
    assert_eq!(ties(&written, [2, 3, 5]), ties(&csv, [0, 1, 2]));
    for format in ["gexf", "graphml"] {
        let file = place.file(&format!("groups.{format}"), "");
        let said = place.json(&["conversations", "export", "--format", format, "--out", &text(&file)]);
        assert_eq!(said["nodes"], 2);
        assert!(std::fs::read_to_string(&file).expect("was written").contains("<graph"));
    }
}

#[test]
fn an_accounts_talk_is_told_by_group_and_adds_up() {
    let place = Place::new();
    let csv = circles(&[("ale", 9), ("bike", 8), ("cake", 7)], 1_700_000_000);
    place.json(&["ingest", "interactions", &text(&place.file("talk.csv", csv))]);
    place.json(&["refresh"]);
    let shown = place.json(&["creators", "show", "ale3"]);
    let groups = shown["groups"].as_array().expect("a list");
    assert_eq!(groups.len(), 1, "{groups:?}");
    assert_eq!((&groups[0]["share_of_talk"]["value"], &groups[0]["people"]), (&1.0.into(), &8.into()));
    assert!(groups[0]["share_of_talk"]["lo"].as_f64().is_some_and(|lo| (0.5..1.0).contains(&lo)), "{groups:?}");
    // The one who also speaks with two other circles.
    let joins = place.json(&["creators", "show", "ale0"]);
    let parts: Vec<f64> = joins["groups"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|part| part["share_of_talk"]["value"].as_f64())
        .collect();
    assert_eq!(parts.len(), 2, "a group and elsewhere: {joins}");
    assert!((parts.iter().sum::<f64>() - 1.0).abs() < 1e-9);
}

#[test]
fn groups_of_people_who_talk_about_beer_are_in_the_niche_of_drinks() {
    let Some(beer) = real_data("niches of the beer site", "beer-stackexchange") else { return };
    let place = Place::new();
    place.json(&["ingest", "stack-exchange", &text(&beer), "--site", "beer"]);
    place.json(&["refresh"]);
    let all = place.json(&["conversations", "groups"]);
    let drinks = place.json(&["conversations", "groups", "--niche", "Alcoholic Beverages"]);
    let (all, drinks) = (all["groups"].as_u64().expect("a count"), drinks["groups"].as_u64().expect("a count"));
    assert!(3 * drinks >= 2 * all, "{drinks} of {all} groups are about drinks");
    let wider = place.json(&["conversations", "groups", "--niche", "210"]);
    assert!(wider["groups"].as_u64() >= Some(drinks), "food and drink holds drinks");
    assert!(
        place.refused(&["conversations", "groups", "--niche", "Politics"]).contains("no niche has the code or name")
    );
}
