//! What vetting says of a creator: estimates with intervals and reasons, never a bare or made-up number.

use crate::harness::Place;

#[test]
fn a_creator_of_the_made_up_market_has_estimates_that_add_up_or_say_why_not() {
    let place = Place::new();
    place.json(&["demo", "--no-serve"]);
    let brand = place.json(&["matching", "brands"])[0]["name"].as_str().expect("a name").to_owned();
    let ranking = place.json(&["matching", "rank", "--brand", &brand, "--limit", "40"]);
    let mut known = 0;
    for creator in ranking["creators"].as_array().expect("a list") {
        let shown = place.json(&["creators", "show", &creator["account"].to_string()]);
        let estimates = shown["estimates"].as_object().cloned().unwrap_or_default();
        for (name, value) in estimates.iter().filter(|(name, _)| *name != "level") {
            let estimate: model::Estimate = serde_json::from_value(value.clone()).expect("an estimate");
            assert!(estimate.explanation.adds_up(), "{name}: {value}");
            match estimate.value {
                Some(value) => {
                    known += 1;
                    let (lo, hi) = (estimate.lo.expect("an interval"), estimate.hi.expect("an interval"));
                    assert!(lo <= value + 1e-9 && value <= hi + 1e-9, "{name}: {lo} {value} {hi}");
                }
                None => assert!(estimate.not_known.is_some_and(|reason| !reason.is_empty()), "{name} says no reason"),
            }
        }
        if known > 50 {
            return;
        }
    }
    assert!(known > 10, "hardly anything is known of the first forty creators: {known}");
}
