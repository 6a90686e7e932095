//! The main job: a brand, its buyers, and whom they listen to, with the reason down to the comments.

use crate::harness::{Place, real_data, text};

#[test]
fn a_beer_brand_is_ranked_on_the_real_dump_with_reasons_that_open_to_comments() {
    let name = "a_beer_brand_is_ranked_on_the_real_dump_with_reasons_that_open_to_comments";
    let Some(folder) = real_data(name, "beer-stackexchange") else { return };
    let place = Place::new();
    place.json(&["ingest", "stack-exchange", &text(&folder)]);
    let made = place.json(&[
        "matching",
        "brand",
        "Hop House",
        "--keyword",
        "ipa",
        "--keyword",
        "stout",
        "--tag",
        "recommendations",
    ]);
    assert!(made["buyers"].as_u64() > Some(100), "{made}");
    place.json(&["refresh"]);
    let ranking = place.json(&["matching", "rank", "--brand", "hop house", "--limit", "20"]);
    let creators = ranking["creators"].as_array().expect("a list");
    assert_eq!(creators.len(), 20);
    let first = &creators[0];
    assert!(first["why"]["reason"].as_str().is_some_and(|reason| reason.contains("your buyers")), "{first}");
    let fit = &first["why"]["fit"];
    assert!(fit["lo"].as_f64() <= fit["value"].as_f64() && fit["value"].as_f64() <= fit["hi"].as_f64());
    assert!(first["followers"].is_null(), "the dump has no followers, so they are not known");
    let again = place.json(&["matching", "rank", "--brand", "Hop House", "--limit", "20"]);
    assert_eq!(again, ranking, "the kept ranking is returned");
    let account = first["account"].to_string();
    let why = place.json(&["matching", "explain", "--brand", "Hop House", &account]);
    let quotes = why["quotes"].as_array().expect("a list");
    assert!(!quotes.is_empty());
    assert!(quotes.iter().any(|quote| quote["text"].as_str().is_some_and(|text| text.len() > 10)), "{why}");
}

#[test]
fn an_empty_buyer_definition_is_refused_with_what_to_do() {
    let place = Place::new();
    let said = place.refused(&["matching", "brand", "Nobody"]);
    assert!(said.contains("the definition is empty") && said.contains("--keyword"), "{said}");
    assert!(place.refused(&["matching", "rank", "--brand", "Nobody"]).contains("there is no brand \"Nobody\""));
}

#[test]
fn a_brand_without_buyers_has_an_empty_ranking_that_says_so() {
    let place = Place::new();
    place.json(&["matching", "brand", "Quiet", "--keyword", "zymurgy"]);
    let ranking = place.run(&["matching", "rank", "--brand", "Quiet"]);
    let said = String::from_utf8_lossy(&ranking.stdout).into_owned();
    assert!(ranking.status.success() && said.contains("there is nobody to rank"), "{said}");
}

#[test]
fn derived_values_can_be_deleted_and_give_the_same_ranking_again() {
    let place = Place::with_demo();
    let brands = place.json(&["matching", "brands"]);
    let brand = brands[0]["name"].as_str().expect("a name").to_owned();
    let before = place.json(&["matching", "rank", "--brand", &brand, "--limit", "300"]);
    std::fs::remove_file(place.data_dir().join("derived.sqlite")).expect("removes it");
    for ending in ["-wal", "-shm"] {
        drop(std::fs::remove_file(place.data_dir().join(format!("derived.sqlite{ending}"))));
    }
    place.json(&["refresh"]);
    // A change of the size classes makes a new ranking from the values made again.
    place.json(&["matching", "tiers", "article-1"]);
    place.json(&["matching", "tiers", "default"]);
    let after = place.json(&["matching", "rank", "--brand", &brand, "--limit", "300"]);
    assert_eq!(after["creators"], before["creators"]);
}

#[test]
fn every_fit_of_the_demo_ranking_adds_up() {
    let place = Place::with_demo();
    let brands = place.json(&["matching", "brands"]);
    let brand = brands[0]["name"].as_str().expect("a name").to_owned();
    let ranking = place.json(&["matching", "rank", "--brand", &brand, "--limit", "100"]);
    let creators = ranking["creators"].as_array().expect("a list");
    assert!(creators.len() >= 20, "{}", ranking["summary"]);
    for creator in creators {
        let fit: model::Estimate = serde_json::from_value(creator["why"]["fit"].clone()).expect("an estimate");
        assert!(fit.explanation.adds_up(), "{creator}");
    }
}

#[test]
fn the_chances_of_the_demo_are_judged_on_a_window_held_back_and_called_a_score_unless_they_hold() {
    let place = Place::with_demo();
    let proof = place.json(&["matching", "listening"]);
    let held = &proof["held_out"];
    for population in ["chosen", "all"] {
        let found = &held[population];
        let bins = found["bins"].as_array().expect("a table");
        assert_eq!(bins.len(), 10);
        let pairs: u64 = bins.iter().filter_map(|bin| bin["pairs"].as_u64()).sum();
        assert_eq!(Some(pairs), found["pairs"].as_u64());
        assert!(found["calibration_error"]["lo"].as_f64() <= found["calibration_error"]["hi"].as_f64());
    }
    let brand = place.json(&["matching", "brands"])[0]["name"].as_str().expect("a name").to_owned();
    let ranking = place.json(&["matching", "rank", "--brand", &brand, "--limit", "1"]);
    assert_eq!(ranking["summary"]["reading"], proof["reading"]);
    let unit = &ranking["creators"][0]["why"]["fit"]["unit"];
    assert_eq!(unit, if proof["reading"] == "people" { "people" } else { "score" }, "{ranking}");
    let said = place.run(&["matching", "listening"]);
    let said = String::from_utf8_lossy(&said.stdout).into_owned();
    assert!(said.contains("mean") && said.contains("90 % interval"), "{said}");
}

#[test]
fn a_ranking_with_buying_talk_says_both_places_and_leaves_the_plain_one_as_it_was() {
    let place = Place::with_demo();
    let brand = place.json(&["matching", "brands"])[0]["name"].as_str().expect("a name").to_owned();
    let rank = |more: &[&str]| {
        let mut words = vec!["matching", "rank", "--brand", &brand, "--limit", "1000"];
        words.extend_from_slice(more);
        place.json(&words)
    };
    let plain = rank(&[]);
    assert!(plain["creators"][0]["position_other_talk"].is_null(), "the other ranking was not asked for");
    let weighed = rank(&["--talk", "buying"]);
    assert_eq!((&plain["talk"], &weighed["talk"]), (&"all".into(), &"buying".into()));
    let of = |ranking: &serde_json::Value, key: &str| -> std::collections::BTreeMap<i64, i64> {
        let creators = ranking["creators"].as_array().expect("a list").clone();
        let place = |one: &serde_json::Value| Some((one["account"].as_i64()?, one[key].as_i64()?));
        creators.iter().filter_map(place).collect()
    };
    let (without, with) = (of(&plain, "position"), of(&weighed, "position_other_talk"));
    assert!(!with.is_empty() && with.iter().all(|(account, place)| without[account] == *place));
    let again = rank(&[]);
    assert_eq!(of(&again, "position"), without, "the plain ranking stays");
    assert_eq!(of(&again, "position_other_talk").len(), of(&weighed, "position").len().min(without.len()));
    let said = String::from_utf8_lossy(&place.run(&["matching", "rank", "--brand", &brand]).stdout).into_owned();
    assert!(said.contains("with buying talk 1, without") || said.contains("without 1"), "{said}");
}

#[test]
fn without_talk_no_chance_is_judged() {
    let proof = Place::new().json(&["matching", "listening"]);
    assert!(proof["held_out"].is_null() && proof["verdict"].is_null());
    assert_eq!(proof["reading"], "score");
}
