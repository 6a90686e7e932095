//! Measurement: did it work? Lifts found where they are planted and not found where they are not, by the command line.

use serde_json::{Value, json};

use crate::harness::{Place, real_data, text};

#[test]
fn lifts_of_three_public_series_are_those_of_the_reference_and_the_same_again() {
    let name = "lifts_of_three_public_series_are_those_of_the_reference_and_the_same_again";
    let Some(folder) = real_data(name, "measurement") else { return };
    let place = Place::new();
    for (file, pre, effect, verdict) in [
        ("arma_data.csv", "70", 0.834_488, "cannot tell"),
        ("google_data.csv", "61", 27.526, "seen"),
        ("basque.csv", "21", -0.885_585, "less than without"),
    ] {
        let path = text(&folder.join(file));
        let ask = || place.json(&["evaluate", "lift", "--data", &path, "--pre", pre]);
        let first = ask();
        let found = first["effect"].as_f64().expect("a number");
        assert!((found / effect - 1.0).abs() < 1e-4, "{file}: {found}");
        assert_eq!(first["verdict"], json!(verdict), "{file}");
        let without_time = |mut value: Value| {
            value["wall_ms"] = Value::Null;
            value
        };
        assert_eq!(without_time(first), without_time(ask()));
    }
}

#[test]
fn many_made_series_raise_few_alarms_and_intervals_hold_what_is_planted() {
    let place = Place::new();
    let words = ["evaluate", "lift-many", "--made", "memory-3,counts", "--number", "40", "--pre", "98", "--post", "28"];
    let many = place.json(&words);
    assert_eq!(many["series"], json!(80));
    assert!(many["kinds"]["memory-3"]["false_alarm"].as_f64() < Some(0.13), "{many}");
    assert!(
        many["coverage"].as_f64() > Some(0.85) && many["kinds"]["counts"]["mean_width"].as_f64() > Some(1.0),
        "{many}"
    );
    let none = place.refused(&["evaluate", "lift-many", "--made", "weather", "--pre", "98"]);
    assert!(none.contains("no kind of series is \"weather\"") && none.contains("drift-20"), "{none}");
}

#[test]
fn series_of_a_file_are_told_apart_and_wrong_cells_are_named() {
    let place = Place::new();
    let mut rows = "series,day,y,x1\n".to_owned();
    for series in ["a", "b"] {
        for day in 0..120 {
            let wave = f64::from((day * 7919) % 13) - 6.0;
            rows.push_str(&format!("{series},{day},{},{}\n", 100.0 + wave + f64::from(day % 7), 50.0 + wave));
        }
    }
    let file = text(&place.file("many.csv", &rows));
    let many = place.json(&["evaluate", "lift-many", "--data", &file, "--pre", "92"]);
    assert_eq!((&many["series"], &many["power"]), (&json!(2), &json!(1.0)), "{many}");
    let said = place.refused(&["evaluate", "lift", "--data", &file, "--pre", "92"]);
    assert!(said.contains("2 series") && said.contains("lift-many"), "{said}");
    let wrong = text(&place.file("wrong.csv", "day,y\n1,5\n2,much\n"));
    let said = place.refused(&["evaluate", "lift", "--data", &wrong, "--pre", "1"]);
    assert!(said.contains("row 3") && said.contains("column `y`") && said.contains("much"), "{said}");
    let twice = text(&place.file("twice.csv", "day,y\n1,5\n1,6\n"));
    assert!(place.refused(&["evaluate", "lift", "--data", &twice, "--pre", "1"]).contains("two rows of one day"));
}

#[test]
fn the_second_opinion_agrees_with_what_its_model_published() {
    let name = "the_second_opinion_agrees_with_what_its_model_published";
    let Some(folder) = real_data(name, "measurement") else { return };
    let place = Place::new();
    for (file, pre, effect, lo, hi) in
        [("arma_data.csv", "70", 0.89, 0.27, 1.5), ("google_data.csv", "61", 27.0, 18.0, 36.0)]
    {
        let path = text(&folder.join(file));
        let found = place.json(&["evaluate", "lift", "--data", &path, "--pre", pre, "--engine", "gibbs"]);
        let sd = (hi - lo) / 3.92;
        let near = |key: &str, expect: f64, part: f64| {
            let value = found[key].as_f64().expect("a number");
            assert!((value - expect).abs() < part * sd, "{file} {key}: {value} against {expect}");
        };
        near("effect", effect, 0.15);
        near("lo", lo, 0.25);
        near("hi", hi, 0.25);
        assert_eq!(found["verdict"], json!("seen"));
    }
}

#[test]
fn two_public_panels_have_the_effects_that_are_known_of_them() {
    let name = "two_public_panels_have_the_effects_that_are_known_of_them";
    let Some(folder) = real_data(name, "measurement") else { return };
    let place = Place::new();
    let near = |found: &Value, key: &str, expect: f64, within: f64| {
        let value = found[key].as_f64().expect("a number");
        assert!((value - expect).abs() < within, "{key}: {value}");
    };
    let geo = text(&folder.join("GeoLift_Test.csv"));
    let found = place.json(&["evaluate", "panel", "--data", &geo, "--treated", "chicago,portland", "--pre", "90"]);
    near(&found, "att", 155.555, 0.005);
    near(&found, "l2", 909.4885, 0.001);
    assert!(found["p_placebo"].is_number() && found["weights"].as_object().is_some_and(|weights| weights.len() > 1));
    let smoke = text(&folder.join("california_prop99.csv"));
    let found = place.json(&["evaluate", "panel", "--data", &smoke, "--treated", "California", "--pre", "19"]);
    near(&found, "did", -27.349_111_083_6, 1e-8);
    near(&found, "plain", -19.513_6, 0.001);
    let said = place.refused(&["evaluate", "panel", "--data", &smoke, "--treated", "Atlantis", "--pre", "19"]);
    assert!(said.contains("no place \"Atlantis\"") && said.contains("Alabama"), "{said}");
}
