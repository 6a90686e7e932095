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
    let error = &report["reliability"]["chosen"]["calibration_error"];
    assert!(error["value"].as_f64() <= Some(0.03), "the chances of the named: {error}");
    assert!(report["reliability"]["all"]["calibration_error"]["hi"].as_f64() <= Some(0.03));
    assert_eq!(report["reliability"]["chosen"]["bins"].as_array().map(Vec::len), Some(10));
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

/// Twelve circles of ten people who all talk with each other; one talk leads from each circle to the next.
fn circles() -> String {
    let mut edges = String::from("# who to whom, how often\n");
    for circle in 0..12 {
        for a in 0..10 {
            for b in 0..10 {
                if a != b {
                    edges.push_str(&format!("{} {} 2\n", circle * 10 + a, circle * 10 + b));
                }
            }
        }
        edges.push_str(&format!("{} {} 1\n", circle * 10, (circle * 10 + 10) % 120));
    }
    edges
}

#[test]
fn groups_of_a_graph_in_a_file_are_found_whole_and_alike_on_any_number_of_threads() {
    let place = Place::new();
    let edges = text(&place.file("edges.txt", circles()));
    let truth: String = (0..120).map(|account| format!("{}\n", account / 10)).collect();
    let truth = text(&place.file("truth.txt", truth));
    let run = |more: &[&str]| {
        let mut words = vec!["evaluate", "groups", "--edges", edges.as_str(), "--weighted", "--truth", truth.as_str()];
        words.extend_from_slice(more);
        place.json(&words)
    };
    let found = run(&["--deterministic", "--threads", "1"]);
    assert_eq!((&found["nodes"], &found["edges"], &found["groups"]), (&120.into(), &1092.into(), &12.into()));
    assert_eq!(found["disconnected"], 0);
    assert_eq!(found["nmi"], 1.0);
    assert!(found["modularity"].as_f64() > Some(0.9) && found["cpu_s"].is_number());
    let threads = run(&["--deterministic", "--threads", "4"]);
    assert_eq!((&threads["modularity"], &threads["groups"]), (&found["modularity"], &found["groups"]));
    let chosen = run(&["--choose"]);
    assert_eq!(chosen["nmi"], 1.0, "{chosen}");
    assert!(chosen["tried"].as_array().is_some_and(|tried| tried.len() > 4));
}

#[test]
fn a_walk_over_a_graph_in_a_file_ranks_its_own_circle_first() {
    let place = Place::new();
    let edges = text(&place.file("edges.txt", circles()));
    let seeds = text(&place.file("seeds.txt", "31\n32\n"));
    let near = place.json(&["evaluate", "pagerank", "--edges", &edges, "--seeds", &seeds]);
    let top = near["top"].as_array().expect("a list");
    assert_eq!(top.len(), 20);
    assert!(top[..10].iter().all(|account| (30..40).contains(&account.as_u64().expect("an account"))), "{near}");
    assert!(near["error_bound"].as_f64() < Some(1e-7));
    let anywhere = place.json(&["evaluate", "pagerank", "--edges", &edges]);
    assert_eq!(anywhere["top"][0].as_u64().map(|account| account % 10), Some(0), "those who are led to come first");
}

#[test]
fn a_graph_file_that_cannot_be_meant_is_refused_with_its_line() {
    let place = Place::new();
    let edges = text(&place.file("edges.txt", "0 1\n1 two\n"));
    let said = place.refused(&["evaluate", "groups", "--edges", &edges]);
    assert!(said.contains("line 2") && said.contains("edges.txt"), "{said}");
    let edges = text(&place.file("few.txt", "0 1\n"));
    let truth = text(&place.file("truth.txt", "0\n0\n1\n"));
    let said = place.refused(&["evaluate", "groups", "--edges", &edges, "--truth", &truth]);
    assert!(said.contains("3 lines") && said.contains("2 accounts"), "{said}");
    let seeds = text(&place.file("seeds.txt", "7\n"));
    let said = place.refused(&["evaluate", "pagerank", "--edges", &edges, "--seeds", &seeds]);
    assert!(said.contains("account 7"), "{said}");
    place.refused(&["evaluate", "groups", "--edges", "nowhere.txt"]);
}

#[test]
fn buying_talk_is_told_on_labelled_texts_it_never_saw() {
    let name = "buying_talk_is_told_on_labelled_texts_it_never_saw";
    let Some(texts) = real_data(name, "beer-stackexchange") else { return };
    let labels = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../benchmarks/labels/buying_talk_beer.tsv");
    let place = Place::new();
    let labels = text(&labels);
    let report =
        place.json(&["evaluate", "buying-talk", "--labels", &labels, "--texts", &text(&texts), "--draws", "50"]);
    assert_eq!(report["texts"], 800);
    let any = &report["learned"][0];
    assert_eq!(any["cuts"][0]["figures"]["texts"], 784, "{}", any["cuts"][0]);
    assert!(any["cuts"][0]["figures"]["auc"]["lo"].as_f64() > Some(0.85));
    assert!(report["agreement"][0]["kappa"].as_f64() > Some(0.9));
    let without = place.refused(&["evaluate", "buying-talk", "--labels", &labels]);
    assert!(without.contains("labels without words") && without.contains("--texts"), "{without}");
}

#[test]
fn labels_that_bring_their_words_need_no_dump() {
    let place = Place::new();
    let row = |n: usize| {
        let (said, kinds) = if n.is_multiple_of(3) {
            ("Which one should I buy?", "advice_asked")
        } else {
            ("The weather is nice.", "none")
        };
        format!("{n}\t{n}\t{kinds}\t{said}\n")
    };
    let table: String = (0..60).map(row).collect();
    let labels = text(&place.file("own.tsv", format!("id\tthread\tpass_a\ttext\n{table}")));
    let report = place.json(&["evaluate", "buying-talk", "--labels", &labels, "--draws", "20"]);
    assert_eq!((report["texts"].as_u64(), report["agreement"][0]["only_a"].as_u64()), (Some(60), Some(0)));
    assert!(report["learned"][0]["cuts"][0]["figures"]["auc"]["value"].as_f64() > Some(0.99));
    let wrong = text(&place.file("wrong.tsv", "id\tthread\tpass_a\ttext\n1\t1\tpraise\tnice\n"));
    let said = place.refused(&["evaluate", "buying-talk", "--labels", &wrong]);
    assert!(said.contains("row 2") && said.contains("\"praise\" is not a kind"), "{said}");
}

#[test]
fn a_made_up_graph_has_the_edges_that_another_program_draws() {
    let place = Place::new();
    let make = |kind: &str, more: &[&str]| {
        let out = text(&place.folder.path().join(kind));
        let mut words = vec!["evaluate", "make-graph", kind, out.as_str()];
        words.extend_from_slice(more);
        let counts = place.json(&words);
        let kept = std::fs::read_to_string(out.clone() + ".json").expect("counts");
        assert_eq!(serde_json::from_str::<Value>(&kept).expect("a document"), counts);
        (counts, std::fs::read_to_string(out + ".txt").expect("edges"))
    };
    // Made by the generator that other libraries are measured with.
    let cases = [
        (
            "convo",
            &["--n", "2000", "--m", "10000"][..],
            6710,
            "0 265 1\n0 598 1\n",
            "9051fcab88d97c130d2abe62b58055edab106aeaacb309cecfc44bd27e7fc74e",
        ),
        (
            "convo",
            &["--n", "2000", "--m", "10000", "--mu", "0.05", "--seed", "9"][..],
            6133,
            "0 400 1\n0 940 1\n",
            "55fb6717fe10821acb95a063db3c077538724fc5985989c1e892183a69bdda97",
        ),
        (
            "rmat",
            &["--n", "1024", "--m", "5000"][..],
            4318,
            "0 171 1\n0 208 1\n",
            "18b293e41ff98f1edb1d39f6b96c54f326639079a0bed2ba4a9833396b853bf6",
        ),
    ];
    for (kind, flags, edges, first, sha256) in cases {
        let (counts, list) = make(kind, flags);
        assert_eq!(counts["edges"], edges);
        assert!(list.starts_with(first), "{}", &list[..40]);
        assert_eq!(counts["sha256"], sha256);
    }
    // The smallest of the three graphs that the figures of this program are measured on.
    let (counts, _) = make("convo", &["--n", "100000", "--m", "1000000"]);
    assert_eq!(
        (&counts["edges"], &counts["weight"], &counts["groups"]),
        (&779_645.into(), &993_980.into(), &879.into())
    );
    assert_eq!(counts["sha256"], "06a97984b96c569a77f2c78ba4732b9966e48e61a0ea94311b2e40c7298f8c3e");
}

#[test]
fn profiles_made_to_be_sold_are_told_on_collections_that_were_learned_from_and_on_others() {
    let name = "profiles_made_to_be_sold_are_told_on_collections_that_were_learned_from_and_on_others";
    let Some(folder) = real_data(name, "authenticity") else { return };
    let place = Place::new();
    let (instafake, srf) = (text(&folder.join("instafake_accounts.csv")), text(&folder.join("srf_followers.csv")));
    let evaluate = |more: &[&str]| place.json(&[&["evaluate", "accounts"], more].concat());
    let at_least =
        |report: &Value, key: &str, bound: f64| assert!(report[key].as_f64() >= Some(bound), "{key}: {report}");
    let at_most =
        |report: &Value, key: &str, bound: f64| assert!(report[key].as_f64() <= Some(bound), "{key}: {report}");
    let own = evaluate(&["--train", &instafake]);
    assert_eq!((&own["rows"], &own["positives"]), (&835.into(), &140.into()));
    at_least(&own, "auc", 0.991);
    at_least(&own, "f1", 0.89);
    at_most(&own, "brier", 0.025);
    at_most(&own, "ece", 0.015);
    at_least(&own, "recall_at_fpr_1", 0.82);
    at_least(&own, "recall_at_fpr_5", 0.96);
    let audience = evaluate(&["--train", &srf]);
    at_least(&audience, "auc", 0.945);
    at_most(&audience, "brier", 0.045);
    at_most(&audience, "ece", 0.015);
    at_least(&evaluate(&["--train", &instafake, "--test", &srf]), "auc", 0.93);
    at_least(&evaluate(&["--train", &srf, "--test", &instafake]), "auc", 0.97);
}

#[test]
fn the_interval_of_an_audiences_share_holds_the_truth_in_its_own_collection_and_in_a_foreign_one() {
    let name = "the_interval_of_an_audiences_share_holds_the_truth_in_its_own_collection_and_in_a_foreign_one";
    let Some(folder) = real_data(name, "authenticity") else { return };
    let place = Place::new();
    let (instafake, srf) = (text(&folder.join("instafake_accounts.csv")), text(&folder.join("srf_followers.csv")));
    let evaluate = |train: &str, population: &str| {
        let words = ["evaluate", "audience", "--train", train, "--population", population, "--gold", "0,150"];
        place.json(&[&words[..], &["--share", "0.05,0.15,0.3,0.5", "--draws", "100"]].concat())
    };
    for (train, population, matching) in [(&instafake, &instafake, true), (&instafake, &srf, false)] {
        let report = evaluate(train, population);
        assert_eq!(report["matching"], matching);
        let figures = report["results"].as_array().expect("a list");
        let of = |gold: u64, key: &str| -> Vec<f64> {
            let rows = figures.iter().filter(|row| row["gold"] == gold);
            rows.map(|row| row[key].as_f64().expect("a number")).collect()
        };
        let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
        assert!(mean(&of(0, "coverage_90")) >= 0.87, "{report}");
        assert!(of(0, "coverage_90").iter().all(|covered| *covered >= 0.75), "{report}");
        assert!(of(150, "bias").iter().all(|bias| bias.abs() < 0.02), "people's labels leave no bias: {report}");
        let narrower = of(150, "width").iter().zip(of(150, "width_gold_alone")).all(|(with, alone)| *with < alone);
        assert!(narrower, "{report}");
        if matching {
            assert!(of(0, "bias").iter().all(|bias| bias.abs() <= 0.025), "{report}");
        }
    }
}

#[test]
fn spam_is_told_in_comments_under_a_video_that_was_not_learned_from() {
    let name = "spam_is_told_in_comments_under_a_video_that_was_not_learned_from";
    let Some(folder) = real_data(name, "authenticity") else { return };
    let file = text(&folder.join("youtube_comments.csv"));
    let report = Place::new().json(&["evaluate", "comments", "--train", &file, "--group", "video"]);
    assert_eq!((&report["comments"], &report["groups"]), (&1138.into(), &3.into()));
    for (key, bound) in [("auc", 0.97), ("f1", 0.93), ("mcc", 0.86)] {
        assert!(report[key].as_f64() >= Some(bound), "{key}: {report}");
    }
    assert!(report["brier"].as_f64() <= Some(0.057), "{report}");
}

#[test]
fn labelled_files_that_cannot_be_used_are_refused_with_row_and_column() {
    let place = Place::new();
    let file = |name: &str, content: &str| text(&place.file(name, content));
    let bad = file("bad.csv", "followers,is_fake\n12,1\nmany,0\n");
    assert!(place.refused(&["evaluate", "accounts", "--train", &bad]).contains("row 3 of"));
    let unlabelled = file("unlabelled.csv", "followers,is_fake\n12,\n");
    assert!(place.refused(&["evaluate", "accounts", "--train", &unlabelled]).contains("column `is_fake` is empty"));
    let few = file("few.csv", "followers,is_fake\n12,1\n4,0\n");
    assert!(place.refused(&["evaluate", "accounts", "--train", &few]).contains("at least 40"));
    assert!(place.refused(&["evaluate", "comments", "--train", &few]).contains("no column \"text\""));
    let few = file("two.csv", "text,is_spam\nhi,1\nho,0\n");
    assert!(place.refused(&["evaluate", "comments", "--train", &few]).contains("at least 10"));
}

#[test]
fn price_ranges_hold_about_nine_in_ten_next_deals_of_planted_markets() {
    let place = Place::new();
    let found = place.json(&["evaluate", "price", "--worlds", "200", "--prices", "20"]);
    let cells = found["cells"].as_array().expect("cells");
    assert_eq!(cells.len(), 4, "{found}");
    for cell in cells {
        let held = cell["coverage"]["value"].as_f64().expect("known");
        assert!((0.83..=0.97).contains(&held), "{cell}");
    }
    assert!(place.refused(&["evaluate", "price", "--worlds", "0"]).contains("at least 1"));
}

#[test]
fn audiences_put_together_exactly_are_exact_and_sketches_are_near() {
    let place = Place::new();
    let found = place.json(&["evaluate", "overlap", "--creators", "10", "--followers", "20000"]);
    assert_eq!(found["exact"]["distinct_error"], 0.0, "{found}");
    assert!(found["sketch"]["distinct_error"].as_f64() < Some(0.02), "{found}");
    assert!(found["sketch"]["overlap_coverage"].as_f64() >= Some(0.8), "{found}");
    assert!(place.refused(&["evaluate", "overlap", "--creators", "1"]).contains("2"));
}

#[test]
fn orders_are_credited_as_worked_out_by_hand_and_a_bad_row_is_named() {
    let place = Place::new();
    let near = |value: &Value, expect: f64| {
        let value = value.as_f64().unwrap_or(f64::NAN);
        assert!((value - expect).abs() < 1e-9, "{value} is not {expect}");
    };
    let one = place.file("one.csv", "path,conversions,nulls\nC1>C2>C3,1,0\nC1,0,1\nC2>C3,0,1\n");
    let found = place.json(&["evaluate", "attribution", "--paths", &text(&one)]);
    near(&found["base"], 1.0 / 3.0);
    for (creator, effect, credit) in [("C1", 0.5, 0.2), ("C2", 1.0, 0.4), ("C3", 1.0, 0.4)] {
        near(&found["removal_effects"][creator], effect);
        near(&found["markov"][creator], credit);
    }
    let rows = "path,conversions,nulls\na>b>a,3,5\nb,2,7\nc>a,1,4\nc>b>b>a,2,1\n";
    let two = place.file("two.csv", rows);
    let found = place.json(&["evaluate", "attribution", "--paths", &text(&two)]);
    for (creator, credit) in [("a", 3.842_583_249_243_188), ("b", 2.684_157_416_750_757), ("c", 1.473_259_334_006_055)]
    {
        near(&found["markov"][creator], credit);
    }
    for model in ["first", "last", "linear", "position", "decay", "markov", "shapley"] {
        let sum: f64 = ["a", "b", "c"].iter().map(|creator| found[model][creator].as_f64().unwrap_or(0.0)).sum();
        assert!((sum - 8.0).abs() < 1e-9, "{model}: {sum}");
    }
    let bought = place.file("bought.csv", "path,conversions\na>b,2\n");
    let found = place.json(&["evaluate", "attribution", "--paths", &text(&bought)]);
    assert!(found["markov"].is_null() && found["refused"]["markov"].is_string(), "{found}");
    let bad = place.file("bad.csv", "path,conversions,nulls\na,many,0\nb,1,1\n");
    let output = place.run(&["evaluate", "attribution", "--paths", &text(&bad)]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success() && said.contains("row 2") && said.contains("conversions"), "{said}");
}
