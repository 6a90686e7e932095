//! Whether creators suit a brand: read from their own words, by weights that are moved, with what speaks against it first.

use serde_json::Value;

use crate::harness::{Place, real_data, text};

const MIRA: [&str; 6] = [
    "Handmade stoneware mugs from my kiln",
    "I use this stoneware bowl every day",
    "A stoneware plate I bought and love",
    "Glazing all morning",
    "Hand thrown and made by hand, slowly",
    "Rain on the roof of the studio",
];
const OTTO: [&str; 6] = [
    "Proud to be a Glaze Works ambassador!",
    "Stoneware of the week, I bought two",
    "My stoneware shelf",
    "Sunday market",
    "A walk",
    "More stoneware, which I use daily",
];
const GUS: [&str; 6] = ["Engines", "A new gearbox", "Oil again", "The garage at night", "Tyres", "Rust"];

/// A forum of two potters and a mechanic, and a brand whose buyers say stoneware.
fn market(place: &Place) {
    let rows = |name: &str, rows: String| {
        place.file(&format!("forum/{name}"), format!("<?xml version=\"1.0\"?>\n<rows>\n{rows}</rows>\n"))
    };
    let all = [(1, MIRA), (2, OTTO), (3, GUS)];
    let posts = all.iter().flat_map(|(author, posts)| posts.iter().map(move |words| (author, words)));
    let post = |(place, (author, words)): (usize, (&i32, &&str))| {
        format!(
            "<row Id=\"{}\" PostTypeId=\"1\" CreationDate=\"2024-01-{:02}T09:00:00.000\" Score=\"1\" Body=\"{words}\" \
             OwnerUserId=\"{author}\" Title=\"today\" Tags=\"&lt;studio&gt;\" />\n",
            place + 1,
            1 + place % 28
        )
    };
    rows("Posts.xml", posts.enumerate().map(post).collect());
    rows("Comments.xml", String::new());
    let user = |(place, name): (usize, &&str)| {
        format!(
            "<row Id=\"{}\" DisplayName=\"{name}\" LastAccessDate=\"2024-02-01T10:00:00.000\" AboutMe=\"\" />\n",
            place + 1
        )
    };
    let file = rows("Users.xml", ["mira", "otto", "gus"].iter().enumerate().map(user).collect());
    let folder = text(file.parent().expect("a folder"));
    place.json(&["ingest", "stack-exchange", &folder, "--site", "pots"]);
    place.json(&["matching", "brand", "Kiln", "--keyword", "stoneware"]);
    place.json(&["refresh"]);
}

fn stands_for(place: &Place) -> Value {
    place.json(&[
        "matching",
        "profile",
        "--brand",
        "Kiln",
        "--product-word",
        "stoneware",
        "--value",
        "handmade",
        "--rival",
        "Glaze Works",
        "--post-budget",
        "200 EUR",
    ])
}

fn of<'a>(fits: &'a Value, name: &str) -> &'a Value {
    let all = fits["creators"].as_array().expect("a list");
    all.iter().find(|one| one["name"] == name).unwrap_or_else(|| panic!("{name} is not in {fits}"))
}

#[test]
fn creators_who_speak_of_the_product_and_show_the_values_fit_and_what_speaks_against_them_comes_first() {
    let place = Place::new();
    market(&place);
    stands_for(&place);
    let fits = place.json(&["matching", "fit", "--brand", "Kiln"]);
    let (mira, otto) = (of(&fits, "mira"), of(&fits, "otto"));
    assert!(mira["parts"]["product"]["value"].as_f64() > Some(0.5), "{mira}");
    assert!(mira["parts"]["values"]["value"].as_f64() > otto["parts"]["values"]["value"].as_f64(), "{mira} {otto}");
    assert_eq!(otto["conflicts"][0]["kind"], "rival_ambassador", "{otto}");
    assert!(otto["fit"]["value"].as_f64() <= Some(0.2), "held down by the conflict: {otto}");
    assert!(fits["creators"].as_array().expect("a list").iter().all(|one| one["name"] != "gus"), "{fits}");
    for one in fits["creators"].as_array().expect("a list") {
        let fit: model::Estimate = serde_json::from_value(one["fit"].clone()).expect("an estimate");
        assert!(fit.lo <= fit.value && fit.value <= fit.hi, "{one}");
    }
    // Gus says nothing of it; asked for by name, his words are read all the same.
    let gus = place.json(&["matching", "fit", "--brand", "Kiln", "gus"]);
    assert!(gus["parts"]["product"]["value"].as_f64() < Some(0.1), "{gus}");
}

#[test]
fn a_conflict_that_was_looked_at_is_set_aside_and_taken_up_again() {
    let place = Place::new();
    market(&place);
    stands_for(&place);
    place.json(&["matching", "conflict", "--brand", "Kiln", "otto", "1"]);
    let fits = place.json(&["matching", "fit", "--brand", "Kiln"]);
    assert!(of(&fits, "otto")["fit"]["value"].as_f64() > Some(0.2), "{fits}");
    place.json(&["matching", "conflict", "--brand", "Kiln", "otto", "1", "--undo"]);
    let again = place.json(&["matching", "fit", "--brand", "Kiln"]);
    assert!(of(&again, "otto")["fit"]["value"].as_f64() <= Some(0.2), "{again}");
    let refused = place.refused(&["matching", "conflict", "--brand", "Kiln", "otto", "7"]);
    assert!(refused.contains("nothing with the number 7"), "{refused}");
}

#[test]
fn weights_move_the_fit_and_those_saved_last_are_the_brands_here_and_in_the_search() {
    let place = Place::new();
    market(&place);
    stands_for(&place);
    let product_only = "p10v0a0n0c0e0w50";
    let moved = place.json(&["matching", "fit", "--brand", "Kiln", "--weights", product_only]);
    let mira = of(&moved, "mira");
    let (fit, part) = (mira["fit"]["value"].as_f64(), mira["parts"]["product"]["value"].as_f64());
    assert!((fit.expect("known") - part.expect("known")).abs() < 1e-9, "{mira}");
    place.json(&["matching", "weights", "save", "--brand", "Kiln", "Product", product_only]);
    let saved = place.json(&["matching", "fit", "--brand", "Kiln"]);
    assert_eq!(of(&saved, "mira")["fit"]["value"], mira["fit"]["value"]);
    let found = place.json(&[
        "creators",
        "search",
        "--brand",
        "Kiln",
        "--filter",
        "fit_from=0.5",
        "--filter",
        "fit_unknown=no",
    ]);
    assert_eq!(found["found"].as_array().map(Vec::len), Some(1), "{found}");
    assert_eq!(found["found"][0]["name"], "mira");
    place.json(&["matching", "weights", "remove", "--brand", "Kiln", "product"]);
    let listed = place.json(&["matching", "weights", "list", "--brand", "Kiln"]);
    assert_eq!((&listed["in_force"], listed["saved"].as_array().map(Vec::len)), (&"p3v2a5n2c5e1w50".into(), Some(0)));
    assert!(place.run(&["matching", "fit", "--brand", "Kiln", "--weights", "p11"]).status.code() == Some(2));
}

#[test]
fn a_profile_that_would_sort_people_by_belief_is_refused_and_what_is_not_said_is_not_known() {
    let place = Place::new();
    market(&place);
    let refused = place.refused(&["matching", "profile", "--brand", "Kiln", "--value", "faith: christian"]);
    assert!(refused.contains("christian"), "{refused}");
    let refused = place.refused(&["matching", "profile", "--brand", "Kiln", "--niche", "no such"]);
    assert!(refused.contains("is no niche"), "{refused}");
    let fits = place.json(&["matching", "fit", "--brand", "Kiln"]);
    let mira = of(&fits, "mira");
    for part in ["product", "values", "niche", "price"] {
        assert!(mira["parts"][part]["value"].is_null(), "{part}: {mira}");
        assert!(mira["parts"][part]["not_known"].as_str().is_some_and(|why| why.contains("brand")), "{part}: {mira}");
    }
}

#[test]
fn what_was_read_of_somebody_goes_when_they_are_forgotten() {
    let place = Place::new();
    market(&place);
    stands_for(&place);
    place.json(&["matching", "fit", "--brand", "Kiln"]);
    place.json(&["matching", "conflict", "--brand", "Kiln", "otto", "1"]);
    let holds = || {
        ["derived.sqlite", "derived.sqlite-wal"].iter().any(|name| {
            let bytes = std::fs::read(place.data_dir().join(name)).unwrap_or_default();
            bytes.windows(11).any(|window| window == b"Glaze Works")
        })
    };
    assert!(holds(), "his words were kept");
    place.json(&["creators", "forget", "otto"]);
    assert!(!holds(), "his words are still there");
}

#[test]
fn people_of_the_beer_forum_are_fitted_with_quotes() {
    let Some(folder) = real_data("people_of_the_beer_forum_are_fitted_with_quotes", "beer-stackexchange") else {
        return;
    };
    let place = Place::new();
    place.json(&["ingest", "stack-exchange", &text(&folder)]);
    place.json(&["matching", "brand", "Hop House", "--keyword", "ipa", "--keyword", "stout"]);
    place.json(&["refresh"]);
    place.json(&[
        "matching",
        "profile",
        "--brand",
        "Hop House",
        "--product-word",
        "stout",
        "--product-word",
        "porter",
        "--product",
        "a dark, roasty stout with coffee and chocolate",
    ]);
    let fits = place.json(&["matching", "fit", "--brand", "Hop House", "--weights", "p10v0a0n0c0e0w50"]);
    let first = fits["creators"][0]["account"].to_string();
    let one = place.json(&["matching", "fit", "--brand", "Hop House", &first]);
    let quotes = one["words"]["product_quotes"].as_array().expect("a list");
    let says = |quote: &Value| {
        let hit = quote["hit"].as_str().unwrap_or("").to_lowercase();
        hit.contains("stout") || hit.contains("porter")
    };
    assert!(!quotes.is_empty() && quotes.iter().all(says), "{one}");
}
