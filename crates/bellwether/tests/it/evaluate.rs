//! The proofs anyone can run: on real talk whose future is known, and on a made-up market with planted truth.

use serde_json::Value;

use crate::harness::{Place, real_data, text};

fn figure(report: &Value, method: &str, name: &str) -> f64 {
    report["methods"][method][name].as_f64().unwrap_or_else(|| panic!("{method} {name} is missing"))
}

#[test]
fn the_ranking_on_college_messages_keeps_the_figures_it_reached() {
    let name = "the_ranking_on_college_messages_keeps_the_figures_it_reached";
    let Some(folder) = real_data(name, "conversations/collegemsg") else { return };
    let place = Place::new();
    let report = place.json(&["evaluate", "listening", "--data", &text(&folder), "--anchors", "150"]);
    assert_eq!(report["counts"]["events_before"], 41_884);
    assert_eq!(report["counts"]["events_after"], 17_951);
    assert!(figure(&report, "listening", "reach_at_k") >= 1.5 * figure(&report, "in_degree", "reach_at_k"));
    let again = place.json(&["evaluate", "listening", "--data", &text(&folder), "--anchors", "150"]);
    assert_eq!(again, report, "the same seed gives the same figures");
}

#[test]
fn the_ranking_of_a_made_up_market_finds_the_planted_people_better_than_any_simpler_one() {
    let place = Place::new();
    let report = place.json(&["evaluate", "world", "--seed", "3"]);
    let precision = |method: &str| figure(&report, method, "precision_at_20");
    for baseline in ["followers", "engagement_rate", "pagerank", "in_degree"] {
        assert!(precision("listening") > precision(baseline), "{baseline}: {}", report["methods"]);
    }
    assert_eq!(report["precision_at_20"].as_f64(), Some(precision("listening")));
}
