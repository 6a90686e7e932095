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

/// Two crowds: buyers who say "ipa" to their star, and a larger crowd with a star of its own.
fn two_crowds() -> String {
    let mut csv = "actor,target,kind,at,text\n".to_owned();
    let day = |n: usize| format!("2024-{:02}-{:02}T10:00:00Z", 1 + n / 28 % 12, 1 + n % 28);
    let mut turns = 0;
    let mut turn = |actor: &str, target: &str, kind: &str, text: &str| {
        csv.push_str(&format!("{actor},{target},{kind},{},{text}\n", day(turns)));
        turns += 1;
    };
    for round in 0..6 {
        for buyer in 0..12 {
            turn(&format!("buyer{buyer}"), "hopstar", "reply", "which ipa would you get");
            turn("hopstar", &format!("buyer{buyer}"), "reply", "the ipa of the week");
            if round == 0 {
                turn(&format!("buyer{buyer}"), "caketop", "comment", "nice cake");
            }
        }
        for guest in 0..30 {
            turn(&format!("guest{guest}"), "caketop", "comment", "nice cake");
        }
    }
    csv
}

#[test]
fn influence_sets_three_measures_beside_each_other_and_narrows_to_a_window_and_a_niche() {
    let place = Place::new();
    let map = "interactions:actor=actor,target=target,at=at,text=text,kind=kind";
    place.json(&["ingest", "csv", &text(&place.file("talk.csv", two_crowds())), "--map", map]);
    place.json(&["matching", "brand", "Hop House", "--keyword", "ipa"]);
    place.json(&["refresh"]);
    let ask = |more: &[&str]| {
        let mut words = vec!["conversations", "influence", "--brand", "hop house", "--limit", "100"];
        words.extend_from_slice(more);
        place.json(&words)
    };
    let all = ask(&[]);
    let of = |found: &serde_json::Value, name: &str| {
        let people = found["people"].as_array().expect("a list");
        people.iter().find(|one| one["name"] == name).cloned().unwrap_or_default()
    };
    let star = of(&all, "hopstar");
    assert!(star["near"]["place"].as_u64() < of(&all, "caketop")["near"]["place"].as_u64(), "{all}");
    for column in ["listening", "near", "everywhere"] {
        let estimate: model::Estimate =
            serde_json::from_value(star[column]["estimate"].clone()).expect("every number is an estimate");
        assert!(estimate.explanation.adds_up() && estimate.lo <= estimate.value && estimate.value <= estimate.hi);
    }
    assert!(all["near_error"].as_f64() <= Some(1e-8));
    let niche = ask(&["--about", "ipa"]);
    assert!(niche["interactions"].as_u64() < all["interactions"].as_u64());
    assert!(of(&niche, "caketop").is_null(), "nobody says ipa to caketop: {niche}");
    let replies = ask(&["--kind", "reply"]);
    assert_eq!(replies["interactions"], niche["interactions"], "all replies are about ipa here");
    let early = ask(&["--from", "2024-01-01", "--to", "2024-01-07"]);
    assert_eq!(early["interactions"], 7, "the last day is meant whole: {early}");
    let before = ask(&["--to", "2020-01-01"]);
    assert_eq!((&before["interactions"], before["people"].as_array().map(Vec::len)), (&0.into(), Some(0)));
    let said = place.refused(&["conversations", "influence", "--brand", "hop house", "--group", "999"]);
    assert!(said.contains("no group has the number 999"), "{said}");
    let turned = place.refused(&[
        "conversations",
        "influence",
        "--brand",
        "hop house",
        "--from",
        "2024-02-01",
        "--to",
        "2024-01-01",
    ]);
    assert!(turned.contains("the window ends before it begins"), "{turned}");
}
