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
