//! Searching creators through the command line: words, filters, pages, new facts, saved searches, and forgetting.

use serde_json::Value;

use crate::harness::{Place, real_data, text};

/// A forum of six authors; each posts what is given.
fn forum(place: &Place, folder: &str, posts: &[(i64, &str)], first_post: usize) -> String {
    let rows = |name: &str, rows: String| {
        place.file(&format!("{folder}/{name}"), format!("<?xml version=\"1.0\"?>\n<rows>\n{rows}</rows>\n"))
    };
    let question = |(place, (author, body)): (usize, &(i64, &str))| {
        format!(
            "<row Id=\"{}\" PostTypeId=\"1\" CreationDate=\"2024-01-{:02}T09:00:00.000\" Score=\"1\" Body=\"{body}\" \
             OwnerUserId=\"{author}\" Title=\"a question\" Tags=\"&lt;tasting&gt;\" />\n",
            first_post + place,
            1 + place % 28
        )
    };
    rows("Posts.xml", posts.iter().enumerate().map(question).collect());
    rows("Comments.xml", String::new());
    let names = ["Ana Bakes", "Ben Brews", "Cleo", "Dora", "Emil", "Finn"];
    let user = |(place, name): (usize, &&str)| {
        format!(
            "<row Id=\"{}\" DisplayName=\"{name}\" LastAccessDate=\"2024-02-01T10:00:00.000\" AboutMe=\"lives near the sea\" />\n",
            place + 1
        )
    };
    text(rows("Users.xml", names.iter().enumerate().map(user).collect()).parent().expect("a folder"))
}

const POSTS: [(i64, &str); 6] = [
    (1, "my sourdough rose overnight"),
    (2, "cold brew with an old grinder"),
    (3, "what a brew after a cold walk"),
    (4, "sourdough and espresso from a capsule"),
    (5, "espresso pulled slowly"),
    (2, "espresso is not cold at all"),
];

fn market() -> Place {
    let place = Place::new();
    place.json(&["ingest", "stack-exchange", &forum(&place, "first", &POSTS, 1), "--site", "beer"]);
    place.json(&["refresh"]);
    place
}

fn found(place: &Place, arguments: &[&str]) -> Vec<String> {
    let mut all = vec!["creators", "search"];
    all.extend(arguments);
    names(&place.json(&all))
}

fn names(answer: &Value) -> Vec<String> {
    let found = answer["found"].as_array().unwrap_or_else(|| panic!("{answer}"));
    let mut names: Vec<String> = found.iter().map(|one| one["name"].as_str().unwrap_or("").to_owned()).collect();
    names.sort();
    names
}

#[test]
fn creators_are_found_by_what_they_say_by_phrase_by_exclusion_and_in_spite_of_a_mistake() {
    let place = market();
    assert_eq!(found(&place, &["cold brew"]), ["Ben Brews", "Cleo"]);
    assert_eq!(found(&place, &["\"cold brew\""]), ["Ben Brews"]);
    assert_eq!(found(&place, &["espresso -capsule"]), ["Ben Brews", "Emil"]);
    assert_eq!(found(&place, &["sourdogh"]), ["Ana Bakes", "Dora"]);
    assert_eq!(found(&place, &["name:ben"]), ["Ben Brews"]);
}

#[test]
fn a_search_says_how_many_each_filter_would_give_and_pages_keep_their_order() {
    let place = market();
    let all = place.json(&["creators", "search", "--counts"]);
    assert_eq!((&all["total"], &all["creators"]), (&5.into(), &5.into()), "{all}");
    assert_eq!(all["counts"]["facets"]["platform"]["codes"]["stackexchange"], 5, "{all}");
    assert_eq!(all["counts"]["facets"]["topic"]["codes"]["tasting"], 5, "{all}");
    let mut seen = vec![];
    let mut after: Option<String> = None;
    loop {
        let mut arguments = vec!["creators", "search", "--sort=-posts", "--limit", "2"];
        if let Some(after) = &after {
            arguments.extend(["--after", after]);
        }
        let page = place.json(&arguments);
        seen.extend(page["found"].as_array().expect("a list").iter().map(|one| one["account"].clone()));
        match page["next"].as_str() {
            Some(next) => after = Some(next.to_owned()),
            None => break,
        }
    }
    let whole = place.json(&["creators", "search", "--sort=-posts", "--limit", "100"]);
    let whole: Vec<Value> =
        whole["found"].as_array().expect("a list").iter().map(|one| one["account"].clone()).collect();
    assert_eq!(seen, whole);
}

#[test]
fn new_facts_are_found_at_the_next_search_and_whoever_newly_meets_a_saved_one_is_told() {
    let place = market();
    let saved = place.json(&["creators", "search", "matcha", "--save", "Green tea"]);
    assert_eq!(saved["total"], 0, "{saved}");
    let more = forum(&place, "second", &[(6, "whisking matcha before work")], 50);
    place.json(&["ingest", "stack-exchange", &more, "--site", "beer"]);
    assert_eq!(found(&place, &["matcha"]), ["Finn"]);
    let refreshed = place.json(&["refresh"]);
    assert_eq!(refreshed["new_matches"], 1, "{refreshed}");
    let searches = place.json(&["creators", "searches"]);
    assert_eq!(
        (&searches[0]["matches"], searches[0]["new"].as_array().map(Vec::len)),
        (&1.into(), Some(1)),
        "{searches}"
    );
}

#[test]
fn an_import_that_is_taken_back_is_not_found_any_more() {
    let place = market();
    let more = forum(&place, "second", &[(6, "whisking matcha before work")], 50);
    let import = place.json(&["ingest", "stack-exchange", &more, "--site", "beer"]);
    assert_eq!(found(&place, &["matcha"]), ["Finn"]);
    place.json(&["ingest", "undo", &import["import"].to_string()]);
    assert!(found(&place, &["matcha"]).is_empty());
}

#[test]
fn a_filter_that_makes_no_sense_is_refused_with_what_there_is() {
    let place = market();
    let refused = place.refused(&["creators", "search", "--filter", "folowers_from=3"]);
    assert!(refused.contains("nothing can be filtered by") && refused.contains("followers"), "{refused}");
    let refused = place.refused(&["creators", "search", "--filter", "followers_from=many"]);
    assert!(refused.contains("is not a number"), "{refused}");
    let refused = place.refused(&["creators", "search", "--sort", "beauty"]);
    assert!(refused.contains("order by one of"), "{refused}");
}

#[test]
fn a_stage_is_in_force_with_the_next_search() {
    let place = market();
    place.json(&["creators", "stage", "talking", "Ana Bakes"]);
    assert_eq!(found(&place, &["--filter", "stage=talking"]), ["Ana Bakes"]);
    place.json(&["creators", "stage", "not-begun", "Ana Bakes"]);
    assert!(found(&place, &["--filter", "stage=talking"]).is_empty());
    assert!(place.refused(&["creators", "stage", "married", "Ana Bakes"]).contains("the stages are"));
}

#[test]
fn people_of_the_beer_forum_are_found_by_what_they_write() {
    let Some(folder) = real_data("people_of_the_beer_forum_are_found_by_what_they_write", "beer-stackexchange") else {
        return;
    };
    let place = Place::new();
    place.json(&["ingest", "stack-exchange", &text(&folder)]);
    place.json(&["refresh"]);
    let answer = place.json(&["creators", "search", "\"barrel aged\" stout", "--counts"]);
    assert!(answer["total"].as_u64() > Some(3), "{answer}");
    assert!(answer["total"].as_u64() < answer["creators"].as_u64());
    let said = answer["found"][0]["said"].to_string().to_lowercase();
    assert!(said.contains("stout") || said.contains("barrel"), "{said}");
}
