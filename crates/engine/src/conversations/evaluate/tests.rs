//! The proof's own tests: on made-up talk always, on the open data sets where they are at hand.

use super::*;
use crate::conversations::events::EventColumns;
use crate::conversations::testing::{made_up_columns, made_up_talk};
use std::collections::BTreeMap;

/// A quick run: few brands, few draws.
fn quick(cut: Cut) -> EvaluationSettings {
    let mut settings =
        EvaluationSettings { cut, anchors: AnchorsAsked::Sample(12), bootstrap_draws: 100, ..Default::default() };
    settings.listening.training_anchors_max = 20;
    settings.listening.training_buyers_max = 20;
    settings.listening.bootstrap_draws = 0;
    settings
}

#[test]
fn the_report_carries_the_keys_that_the_command_line_promises() {
    let talk = LabelledTalk { events: made_up_talk(150, 6000, 3), followers: Some(vec![Some(500.0); 150]), tags: None };
    let report = evaluate_listening(&talk, &quick(Cut::Quantile(0.7))).expect("enough talk");
    let json = serde_json::to_value(&report).expect("serialises");
    assert!(json["anchors"].as_u64() > Some(0));
    for method in ["followers", "followers_niche", "engagement_rate", "in_degree", "pagerank", "talk", "listening"] {
        for key in ["reach_at_k", "ndcg_at_k", "lo", "hi"] {
            assert!(json["methods"][method][key].is_number(), "{method}.{key}");
        }
    }
    for method in ["listening", "in_degree", "pagerank", "followers"] {
        assert!(json["new_contacts"][method]["hit_at_10"].is_number(), "{method}");
        assert!(json["new_contacts"][method]["mrr"].is_number(), "{method}");
    }
}

#[test]
fn without_followers_the_rankings_that_need_them_are_absent() {
    let talk = LabelledTalk { events: made_up_talk(150, 6000, 3), followers: None, tags: None };
    let report = evaluate_listening(&talk, &quick(Cut::Quantile(0.7))).expect("enough talk");
    assert!(report.methods.keys().all(|name| !name.starts_with("followers") && name != "engagement_rate"));
    assert!(!report.new_contacts.contains_key("followers"));
}

#[test]
fn a_cut_outside_the_data_is_refused() {
    let talk = LabelledTalk { events: made_up_talk(50, 500, 3), followers: None, tags: None };
    let refused = evaluate_listening(&talk, &quick(Cut::Unix(0)));
    assert_eq!(refused, Err(EvaluationError::NothingToSplit { cut_unix: 0 }));
    assert_eq!(evaluate_listening(&talk, &quick(Cut::HalvesPerTag)), Err(EvaluationError::NoTags));
}

#[test]
fn what_happens_after_the_cut_never_changes_what_is_learned() {
    let before = made_up_columns(80, 3000, 5);
    let learn = |later_seed: u64| {
        let mut columns = before.clone();
        let later = made_up_columns(80, 1000, later_seed);
        columns.actor.extend(later.actor);
        columns.target.extend(later.target);
        columns.at_unix.extend(later.at_unix.iter().map(|at| at + 20_000_000));
        columns.kind.extend(later.kind);
        columns.buying_level.extend(later.buying_level);
        let talk = LabelledTalk { events: EventLog::new(80, columns).expect("valid"), followers: None, tags: None };
        evaluate_listening(&talk, &quick(Cut::Unix(1_615_000_000))).expect("enough talk").model
    };
    assert_eq!(learn(1), learn(2));
}

/// An open data set, or `None` after saying that the test is skipped.
fn open_data(name: &str) -> Option<LabelledTalk> {
    let root = option_env!("BELLWETHER_TEST_DATA")
        .map(std::path::PathBuf::from)
        .unwrap_or_else(|| std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"));
    let folder = root.join("conversations").join(name);
    #[expect(clippy::disallowed_methods, reason = "a test reads its data; the engine itself reads none")]
    let read = |file: &str| std::fs::read_to_string(folder.join(file));
    let Ok(text) = read("interactions.csv") else {
        println!("skipped: {name} because {} is not there", folder.display());
        return None;
    };
    let rows: Vec<Vec<&str>> = text.lines().skip(1).map(|line| line.split(',').collect()).collect();
    let mut ids: BTreeMap<&str, u32> = rows.iter().flat_map(|row| [(row[0], 0), (row[1], 0)]).collect();
    for (at, id) in ids.values_mut().enumerate() {
        *id = at as u32;
    }
    let columns = EventColumns {
        actor: rows.iter().map(|row| ids[row[0]]).collect(),
        target: rows.iter().map(|row| ids[row[1]]).collect(),
        at_unix: rows.iter().map(|row| row[3].parse().expect("a time")).collect(),
        kind: rows.iter().map(|row| model::InteractionKind::from_code(row[2]).expect("a kind") as u8).collect(),
        buying_level: vec![],
    };
    let events = EventLog::new(ids.len(), columns).expect("valid rows");
    let followers = read("accounts.csv").ok().map(|text| {
        let mut followers = vec![None; ids.len()];
        for line in text.lines().skip(1) {
            let mut cells = line.split(',');
            let (account, count) = (cells.next().expect("an account"), cells.next().expect("a count"));
            if let Some(&id) = ids.get(account) {
                followers[id as usize] = count.parse().ok();
            }
        }
        followers
    });
    Some(LabelledTalk { events, followers, tags: None })
}

/// Sizes of a split, as published with the protocol.
struct Published {
    data: &'static str,
    cut: Cut,
    events: (usize, usize),
    pairs: (usize, usize),
    seen_share: f64,
    brands: usize,
    buyers: usize,
}

#[test]
fn the_splits_have_the_published_sizes() {
    let checks = [
        Published {
            data: "collegemsg",
            cut: Cut::Quantile(0.7),
            events: (41_884, 17_951),
            pairs: (14_381, 6_910),
            seen_share: 0.144,
            brands: 395,
            buyers: 463,
        },
        Published {
            data: "mathoverflow",
            cut: Cut::Unix(1_441_536_924),
            events: (72_686, 25_515),
            pairs: (46_169, 16_937),
            seen_share: 0.113,
            brands: 828,
            buyers: 1_107,
        },
    ];
    for check in checks {
        let Some(talk) = open_data(check.data) else { continue };
        let split = split::split(&talk, check.cut).expect("a split");
        let index = ConversationIndex::build(&split.before, Some(split.cut_unix), &Default::default());
        let truth = creators::Truth::of(&split, &index, 9.0);
        let counts = truth.counts;
        assert_eq!((counts.events_before, counts.events_after), check.events, "{}", check.data);
        assert_eq!((counts.pairs_before, counts.pairs_after), check.pairs, "{}", check.data);
        assert!((counts.pairs_seen_share - check.seen_share).abs() < 0.0005, "{}", check.data);
        assert_eq!(creators::anchors(&truth, None, &quick(check.cut)).eligible, check.brands, "{}", check.data);
        assert_eq!(contacts::buyers(&truth).len(), check.buyers, "{}", check.data);
    }
}

#[test]
fn on_conference_talk_listening_reaches_three_times_what_followers_do() {
    let Some(talk) = open_data("conference-tags") else { return };
    let report = evaluate_listening(&talk, &quick(Cut::Unix(1_577_836_800))).expect("a split");
    let reach = |method: &str| report.methods[method].reach_at_k;
    assert!(reach("listening") >= 3.0 * reach("followers"));
    assert!(reach("listening") >= 1.5 * reach("followers_niche"));
    assert!(reach("listening") >= 1.5 * reach("followers_niche_3"));
}
