//! What vetting says of a creator: estimates with intervals and reasons, never a bare or made-up number.

use crate::harness::{Place, interactions_csv, text};

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

#[test]
fn a_report_adds_up_names_its_reasons_and_accuses_nobody() {
    let place = Place::new();
    place.json(&["demo", "--no-serve"]);
    let brand = place.json(&["matching", "brands"])[0]["name"].as_str().expect("a name").to_owned();
    let ranking = place.json(&["matching", "rank", "--brand", &brand, "--limit", "6"]);
    let (mut looked_at, mut shares) = (0, 0);
    for creator in ranking["creators"].as_array().expect("a list") {
        let account = creator["account"].to_string();
        let report = place.json(&["vetting", "report", &account]);
        let verdict = &report["verdict"];
        let odds = |value: &serde_json::Value| value.as_f64().expect("log-odds");
        let parts = verdict["parts"].as_array().expect("parts");
        let sum: f64 = odds(&verdict["prior_log_odds"])
            + odds(&verdict["shared_log_odds"])
            + parts.iter().map(|part| odds(&part["log_odds"])).sum::<f64>();
        assert!((sum - odds(&verdict["log_odds"])).abs() < 1e-9, "{verdict}");
        looked_at += parts.len();
        shares += usize::from(parts.iter().any(|part| part["sign"] == "audience_share"));
        let signs = report["signs"].as_array().expect("signs");
        assert_eq!(signs.len(), parts.len() + verdict["not_assessed"].as_array().expect("a list").len());
        for sign in signs {
            let value: model::Estimate = serde_json::from_value(sign["value"].clone()).expect("an estimate");
            assert!(value.explanation.adds_up(), "{sign}");
            assert_eq!(value.value.is_none(), sign["finding"].is_null(), "{sign}");
            assert!(value.value.is_some() || value.not_known.is_some_and(|reason| reason.len() > 10), "{sign}");
        }
        let printed = crate::harness::words(&place.run(&["vetting", "report", &account]));
        assert!(printed.contains("not calibrated") && printed.contains("would change it"), "{printed}");
        assert!(!printed.to_lowercase().contains("fake"), "{printed}");
    }
    assert!(looked_at > 20, "{looked_at} signs of six creators could be looked at");
    assert!(shares > 0, "nobody's audience could be judged");
}

#[test]
fn somebody_who_published_nothing_has_a_report_that_says_what_is_missing() {
    let place = Place::new();
    let file = place.file("talk.csv", interactions_csv(400));
    place.json(&["ingest", "interactions", &text(&file)]);
    place.json(&["refresh"]);
    let report = place.json(&["vetting", "report", "other:u5"]);
    assert_eq!(report["word"], "unclear");
    assert_eq!(report["verdict"]["parts"], serde_json::json!([]));
    assert!(report["figures"].is_null() && report["growth"].is_null() && report["as_of"].is_null());
    let dates = report["signs"].as_array().expect("signs").iter().map(|sign| &sign["value"]["as_of"]);
    assert!(dates.chain([&report["chance"]["as_of"]]).all(serde_json::Value::is_null), "no date is made up: {report}");
    assert!(place.refused(&["vetting", "report", "other:nobody"]).contains("no account is called"));
}
