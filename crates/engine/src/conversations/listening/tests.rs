//! What must always hold of a listening score, on made-up markets.

use super::*;
use crate::conversations::events::{EventColumns, EventLog};
use crate::conversations::index::ConversationIndex;
use crate::conversations::testing::{made_up_columns, made_up_talk};
use proptest::prelude::*;
use train::{Proof, learn};

/// The default settings, learning from fewer brands.
fn quick() -> ListeningSettings {
    ListeningSettings { training_anchors_max: 12, training_buyers_max: 20, ..Default::default() }
}

fn score_all(log: &EventLog, model: &ListeningModel, buyers: &[u32]) -> Vec<ListenedTo> {
    let settings = ListeningSettings { bootstrap_draws: 20, ..Default::default() };
    score(&ConversationIndex::build(log, None, &settings.index), model, buyers, &[], &settings)
}

#[test]
fn one_two_and_eight_threads_learn_and_score_the_same_bytes() {
    let log = made_up_talk(90, 3000, 1);
    let run = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
        pool.install(|| {
            let model = train(&log, &quick()).expect("valid settings");
            let scored = score_all(&log, &model, &(0..30).collect::<Vec<u32>>());
            (serde_json::to_vec(&model).expect("serialises"), serde_json::to_vec(&scored).expect("serialises"))
        })
    };
    let one = run(1);
    assert_eq!(one, run(2));
    assert_eq!(one, run(8));
}

#[test]
fn the_candidates_of_a_set_are_the_best_of_all_accounts() {
    let index = ConversationIndex::build(&made_up_talk(400, 1500, 6), None, &IndexSettings::default());
    for (buyers, count_max) in [(0..3u32, 5), (0..40, 5), (7..9, 60), (0..1, 1_000), (0..0, 20), (0..5, 0)] {
        let set = BuyerSet::new(&index, &buyers.collect::<Vec<u32>>());
        let talking = set.buyers_talking();
        let score = |account: &u32| {
            let known = f64::from(index.account.in_degree[*account as usize].min(1000));
            f64::from(talking[*account as usize]) + 0.05 * known / 1000.0
        };
        let mut simple: Vec<u32> =
            (0..400).filter(|&account| account != 3 && index.account.in_degree[account as usize] > 0).collect();
        simple.sort_by(|a, b| score(b).total_cmp(&score(a)).then(a.cmp(b)));
        simple.truncate(count_max);
        assert_eq!(set.candidates(&talking, count_max, |account| account == 3), simple);
    }
}

#[test]
fn a_market_without_talk_gets_the_shipped_model_and_an_empty_list() {
    let log = EventLog::new(5, EventColumns::default()).expect("valid");
    let model = train(&log, &quick()).expect("never fails for want of data");
    assert_eq!(model.origin, model::Origin::Shipped);
    assert_eq!(model.returning.dense(), shipped::RETURNING);
    assert!(score_all(&log, &model, &[0, 1]).is_empty());
}

#[test]
fn a_handful_of_talks_is_ranked_by_the_shipped_model() {
    let log = EventLog::new(
        6,
        EventColumns {
            actor: vec![0, 1, 2, 0],
            target: vec![4, 4, 4, 5],
            at_unix: vec![1_600_000_000, 1_600_100_000, 1_600_200_000, 1_600_300_000],
            kind: vec![0; 4],
            buying_level: vec![],
        },
    )
    .expect("valid");
    let model = train(&log, &quick()).expect("never fails for want of data");
    let scored = score_all(&log, &model, &[0, 1, 2]);
    assert_eq!(scored[0].account, 4);
    assert_eq!(scored[0].evidence.buyers_talking, 3);
}

#[test]
fn the_parts_add_up_and_no_expectation_passes_the_buyers() {
    let log = made_up_talk(90, 3000, 2);
    let model = train(&log, &quick()).expect("valid settings");
    let buyers: Vec<u32> = (0..25).collect();
    for listened in score_all(&log, &model, &buyers) {
        let parts = listened.expected_returning + listened.expected_joining;
        assert!((parts - listened.expected_listeners).abs() < 1e-9);
        assert!((0.0..=25.0).contains(&listened.expected_listeners));
        assert!(listened.lo <= listened.expected_listeners && listened.expected_listeners <= listened.hi);
    }
}

#[test]
fn the_last_window_is_judged_by_a_model_that_never_saw_it() {
    let log = made_up_talk(90, 3000, 2);
    let model = train_and_prove(&log, &quick()).expect("valid settings");
    let held = model.held_out.clone().expect("enough talk");
    assert!(held.sets > 0 && held.chosen.pairs > 0 && held.chosen.pairs < held.all.pairs);
    // Other talk after the cut changes what came, never what was said.
    let last = log.len() - 1;
    let less = log.filtered(|row| log.at_unix(row) < held.cut_unix || row % 2 == 0 || row == last);
    let judged = learn(&less, held.cut_unix, &quick(), Proof::Wanted).held_out.expect("enough talk");
    assert_eq!((judged.all.pairs, judged.all.expected), (held.all.pairs, held.all.expected));
    assert!(judged.all.came < held.all.came);
    let unproved = train(&log, &quick()).expect("valid settings");
    assert_eq!(unproved, ListeningModel { held_out: None, ..model }, "the proof changes nothing of what is learned");
    assert_eq!(train_and_prove(&EventLog::default(), &quick()).expect("valid settings").held_out, None);
}

#[test]
fn settings_that_mean_nothing_are_refused() {
    let settings = ListeningSettings { restart: 1.0, ..Default::default() };
    assert!(matches!(train(&EventLog::default(), &settings), Err(ListeningError::Setting { setting: "restart", .. })));
}

#[test]
fn a_buyer_is_never_its_own_new_contact_nor_an_old_one() {
    let log = made_up_talk(90, 3000, 2);
    let settings = quick();
    let model = train(&log, &settings).expect("valid settings");
    let index = ConversationIndex::build(&log, None, &settings.index);
    let ranked = rank_new_contacts(&index, &model, 7, &settings);
    assert!(!ranked.is_empty());
    assert!(ranked.iter().all(|contact| contact.account != 7 && index.pairs.find(7, contact.account).is_none()));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(6))]

    #[test]
    fn the_row_order_of_the_source_changes_nothing(seed in 0u64..1000) {
        let columns = made_up_columns(40, 400, seed);
        let mut turned = columns.clone();
        turned.actor.reverse();
        turned.target.reverse();
        turned.at_unix.reverse();
        turned.kind.reverse();
        turned.buying_level.reverse();
        let scored = |columns| {
            let log = EventLog::new(40, columns).expect("valid");
            let model = train(&log, &quick()).expect("valid settings");
            score_all(&log, &model, &[1, 2, 3, 4, 5])
        };
        prop_assert_eq!(scored(columns), scored(turned));
    }

    #[test]
    fn taking_talk_away_never_raises_what_was_counted(seed in 0u64..1000, gone in 0usize..300) {
        let log = made_up_talk(40, 400, seed);
        let less = log.filtered(|row| row != gone);
        let index = |log: &EventLog| ConversationIndex::build(log, Some(1_700_000_000), &Default::default());
        let (full, reduced) = (index(&log), index(&less));
        for account in 0..40 {
            prop_assert!(reduced.account.in_degree[account] <= full.account.in_degree[account]);
            prop_assert!(reduced.account.sent[account] <= full.account.sent[account]);
        }
        let scored = |log: &EventLog, index: &ConversationIndex| {
            let model = train(log, &quick()).expect("valid settings");
            let settings = ListeningSettings { bootstrap_draws: 0, ..Default::default() };
            let mut list = score(index, &model, &[1, 2, 3, 4, 5], &[], &settings);
            list.sort_by_key(|listened| listened.account);
            list
        };
        let before: std::collections::BTreeMap<u32, Evidence> =
            scored(&log, &full).into_iter().map(|listened| (listened.account, listened.evidence)).collect();
        for listened in scored(&less, &reduced) {
            let evidence = before[&listened.account];
            prop_assert!(listened.evidence.talks <= evidence.talks);
            prop_assert!(listened.evidence.buyers_talking <= evidence.buyers_talking);
        }
    }
}
