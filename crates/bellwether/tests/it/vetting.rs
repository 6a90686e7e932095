//! What vetting says of a creator: estimates with intervals and reasons, never a bare or made-up number.

use crate::harness::{Place, interactions_csv, text};

#[test]
fn a_creator_of_the_made_up_market_has_estimates_that_add_up_or_say_why_not() {
    let place = Place::with_demo();
    let brand = place.json(&["matching", "brands"])[0]["name"].as_str().expect("a name").to_owned();
    let ranking = place.json(&["matching", "rank", "--brand", &brand, "--limit", "40"]);
    let mut known = 0;
    for creator in ranking["creators"].as_array().expect("a list") {
        let shown = place.json(&["creators", "show", &creator["account"].to_string()]);
        let estimates = shown["estimates"].as_object().cloned().unwrap_or_default();
        for (name, value) in estimates.iter().filter(|(name, _)| !["level", "counts"].contains(&name.as_str())) {
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
    let place = Place::with_demo();
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

/// The made-up market with a creator who has a hundred and more commenters, and their number.
fn market_with_a_creator() -> (Place, String) {
    let place = Place::with_demo();
    let brand = place.json(&["matching", "brands"])[0]["name"].as_str().expect("a name").to_owned();
    let ranking = place.json(&["matching", "rank", "--brand", &brand, "--limit", "20"]);
    let creators = ranking["creators"].as_array().expect("a list");
    let creator = creators.iter().find(|creator| {
        let drawn = place.json(&["vetting", "gold", "draw", &creator["account"].to_string()]);
        drawn["people"].as_u64().expect("a count") >= 100
    });
    let account = creator.expect("somebody of the first twenty has a hundred in their audience")["account"].to_string();
    (place, account)
}

/// Fills in the sample as one person who takes every `every`th account for made to be sold.
fn filled_in(exported: &str, every: usize) -> String {
    let mut reader = csv::Reader::from_reader(exported.as_bytes());
    let mut content = "account,label\n".to_owned();
    for (place, row) in reader.records().enumerate() {
        let row = row.expect("a row");
        let label = if place % every == 0 { "made to be sold" } else { "person" };
        content.push_str(&format!("{},{label}\n", &row[2]));
    }
    content
}

#[test]
fn two_people_label_a_sample_the_interval_rests_on_what_they_saw_and_the_report_says_so() {
    let (place, account) = market_with_a_creator();
    let exported = String::from_utf8(place.run(&["vetting", "gold", "export", &account]).stdout).expect("text");
    assert!(!exported.contains("chance"), "whoever labels does not see the model");
    let before = place.json(&["vetting", "gold", "show", &account]);
    assert!(before["populations"].as_array().expect("a list").iter().all(|of| of["share"].is_null()), "{before}");
    let one = place.file("ana.csv", filled_in(&exported, 8));
    let two = place.file("ben.csv", filled_in(&exported, 4));
    place.json(&["vetting", "gold", "label", &account, &text(&one), "--by", "Ana"]);
    let alone = place.json(&["vetting", "gold", "show", &account]);
    let (people, share) = (alone["people"].as_u64().expect("a count"), &alone["populations"][0]["share"]);
    assert_eq!(alone["looked_at"].as_u64(), Some(people));
    assert!(share["made_to_be_sold"].as_u64().is_some_and(|sold| sold > 0), "{share}");
    let steps = alone["populations"][0]["narrowing"].as_array().expect("steps");
    let width = |step: &serde_json::Value| {
        step["share"]["hi"].as_f64().expect("an end") - step["share"]["lo"].as_f64().expect("an end")
    };
    assert!(width(steps.last().expect("a last step")) < width(&steps[0]), "the interval narrows: {steps:?}");
    let report = place.json(&["vetting", "report", &account]);
    let sign = report["signs"].as_array().expect("signs").iter().find(|sign| sign["sign"] == "audience_share");
    let value = &sign.expect("the audience")["value"];
    assert!(
        value["explanation"]["words"].as_str().is_some_and(|words| words.contains("looked at by people")),
        "{value}"
    );
    assert_eq!(value["grade"], "C");

    let taken = place.json(&["vetting", "gold", "label", &account, &text(&two), "--by", "Ben"]);
    assert_eq!(taken["taken"].as_u64(), Some(people));
    let both = place.json(&["vetting", "gold", "show", &account]);
    assert!(both["agreement"]["kappa"].as_f64().is_some_and(|kappa| (0.3..1.0).contains(&kappa)), "{both}");
    assert!(!both["disagreements"].as_array().expect("a list").is_empty());
    let wide = |shown: &serde_json::Value| {
        let of = &shown["populations"][0]["share"]["share"];
        of["hi"].as_f64().expect("an end") - of["lo"].as_f64().expect("an end")
    };
    assert!(wide(&both) > wide(&alone), "what is not agreed on widens the interval");
    assert_eq!(place.json(&["vetting", "gold", "list"])[0]["looked_at"].as_u64(), Some(people));
}

#[test]
fn labels_that_cannot_be_taken_are_named_with_row_and_column_and_the_others_are_kept() {
    let (place, account) = market_with_a_creator();
    let exported = String::from_utf8(place.run(&["vetting", "gold", "export", &account]).stdout).expect("text");
    let filled = filled_in(&exported, 9);
    let mut lines: Vec<String> = filled.lines().map(str::to_owned).collect();
    lines[2] = format!("{},robot", lines[2].split(',').next().expect("an account"));
    lines[3] = "12345,person".to_owned();
    lines[4] = format!("{},", lines[4].split(',').next().expect("an account"));
    let file = place.file("bad.csv", lines.join("\n"));
    let taken = place.json(&["vetting", "gold", "label", &account, &text(&file), "--by", "Ana"]);
    let refused = taken["refused"].as_array().expect("a list");
    assert_eq!((refused[0]["row"].as_u64(), refused[0]["column"].as_str()), (Some(3), Some("label")), "{taken}");
    assert_eq!((refused[1]["row"].as_u64(), refused[1]["column"].as_str()), (Some(4), Some("account")), "{taken}");
    assert_eq!(refused.len(), 2, "an empty label is no fault: {taken}");
    assert_eq!(taken["taken"].as_u64(), Some(lines.len() as u64 - 4));
    let strangers = place.file("other.csv", "account,label\n1,person\n2,person\n3,made_to_be_sold\n");
    let said = place.refused(&["vetting", "gold", "label", &account, &text(&strangers), "--by", "Dora"]);
    assert!(said.contains("nothing was kept") && said.contains("another creator"), "{said}");
    let file = text(&file);
    assert!(place.refused(&["vetting", "gold", "label", &account, &file, "--by", "together"]).contains("no name"));
    let bare = place.file("bare.csv", "who,what\n1,person\n");
    assert!(place.refused(&["vetting", "gold", "label", &account, &text(&bare), "--by", "Ana"]).contains("no column"));
    let nobody = place.refused(&["vetting", "gold", "draw", &account, "--followers", "0", "--engagers", "0"]);
    assert!(nobody.contains("between 1 and"), "{nobody}");
}

#[test]
fn what_a_creator_tells_of_and_answers_stands_in_the_report_until_it_is_taken_back() {
    let place = Place::new();
    let file = place.file("talk.csv", interactions_csv(400));
    place.json(&["ingest", "interactions", &text(&file)]);
    place.json(&["refresh"]);
    let of = "other:u5";
    let days = ["--from", "2026-03-01", "--to", "2026-03-04"];
    let told = [&["vetting", "declare", of, "--kind", "giveaway", "--words", "a grinder"][..], &days[..]].concat();
    let event = place.json(&told)["event"].to_string();
    let answer = place.json(&["vetting", "answer", of, "--words", "It was the radio.", "--on", "2026-03-09"]);
    let report = place.json(&["vetting", "report", of]);
    assert_eq!(report["declared"][0]["kind"], "giveaway");
    assert_eq!(report["declared"][0]["last_day"], "4 Mar 2026");
    assert_eq!(report["answers"][0]["words"], "It was the radio.");
    place.json(&["vetting", "take-back", of, "--event", &event]);
    place.json(&["vetting", "take-back", of, "--answer", &answer["answer"].to_string()]);
    let report = place.json(&["vetting", "report", of]);
    assert_eq!((&report["declared"], &report["answers"]), (&serde_json::json!([]), &serde_json::json!([])));
    for (arguments, words) in [
        (vec!["vetting", "declare", of, "--kind", "luck", "--from", "2026-03-01", "--words", "x"], "giveaway, press"),
        (vec!["vetting", "declare", of, "--kind", "press", "--from", "soon", "--words", "x"], "2026-03-01"),
        (
            vec![
                "vetting",
                "declare",
                of,
                "--kind",
                "press",
                "--from",
                "2026-03-02",
                "--to",
                "2026-03-01",
                "--words",
                "x",
            ],
            "first day comes first",
        ),
        (vec!["vetting", "declare", of, "--kind", "press", "--from", "2099-01-01", "--words", "x"], "has not come yet"),
        (vec!["vetting", "answer", of, "--words", "x", "--on", "1901-01-01"], "before the year 2000"),
        (vec!["vetting", "answer", of, "--words", " "], "no words"),
        (vec!["vetting", "take-back", of, "--event", &event], "no event with the number"),
    ] {
        let said = place.refused(&arguments);
        assert!(said.contains(words), "{said}");
    }
}

#[test]
fn a_link_to_a_report_is_counted_revoked_and_forgotten_with_the_creator() {
    let place = Place::new();
    let file = place.file("talk.csv", interactions_csv(400));
    place.json(&["ingest", "interactions", &text(&file)]);
    place.json(&["refresh"]);
    let made = place.json(&["vetting", "share", "new", "other:u5", "--days", "3", "--note", "the board"]);
    let address = made["address"].as_str().expect("an address");
    assert!(address.starts_with("/vetting/shared/") && address.len() > 70, "{address}");
    let secret = address.rsplit('/').next().expect("a secret");
    let kept = std::fs::read(place.data_dir().join("operations.sqlite")).expect("the database");
    assert!(!kept.windows(secret.len()).any(|bytes| bytes == secret.as_bytes()), "the secret itself is not kept");
    let listed = place.json(&["vetting", "share", "list", "other:u5"]);
    assert_eq!((listed[0]["state"].as_str(), listed[0]["opened"].as_u64()), (Some("open"), Some(0)));
    place.json(&["vetting", "share", "revoke", "other:u5", "1"]);
    assert_eq!(place.json(&["vetting", "share", "list", "other:u5"])[0]["state"], "revoked");
    assert!(place.refused(&["vetting", "share", "revoke", "other:u5", "1"]).contains("no link"));
    assert!(place.refused(&["vetting", "share", "new", "other:u5", "--days", "400"]).contains("between 1 and 366"));
}
