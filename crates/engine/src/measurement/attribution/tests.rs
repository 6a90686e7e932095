//! What must hold of every model: the hand cases, credits that add up, and an answer that no order of rows can change.

use model::{Currency, Days, Timestamp};
use proptest::prelude::*;

use super::paths::parse_paths;
use super::testing::{any_journeys, day, journey};
use super::*;

const CASE_A: &str = "path,conversions,nulls\nC1>C2>C3,1,0\nC1,0,1\nC2>C3,0,1\n";
const CASE_B: &str = "path,conversions,nulls\na>b>a,3,5\nb,2,7\nc>a,1,4\nc>b>b>a,2,1\n";

fn found(text: &str) -> Attribution {
    let file = parse_paths("paths.csv", text, 2).expect("the heading is right");
    assert_eq!(file.issues, []);
    attribute(file.creators.len() as u32, &file.journeys, &AttributionSettings::default()).expect("small numbers")
}

fn check(text: &str, model: Model, expected: &[f64]) {
    let found = found(text);
    let credits = &found.credits(model).expect("not refused").conversions;
    assert_eq!(credits.len(), expected.len());
    for (credit, expected) in credits.iter().zip(expected) {
        assert!((credit - expected).abs() < 1e-9, "{model:?}: {credits:?}, not {expected}");
    }
}

#[test]
fn the_hand_cases_of_every_model_hold() {
    let third = 1.0 / 3.0;
    check(CASE_A, Model::Markov, &[0.2, 0.4, 0.4]);
    check(CASE_A, Model::Shapley, &[third; 3]);
    check(CASE_A, Model::First, &[1.0, 0.0, 0.0]);
    check(CASE_A, Model::Last, &[0.0, 0.0, 1.0]);
    check(CASE_A, Model::Linear, &[third; 3]);
    check(CASE_A, Model::Position, &[0.4, 0.2, 0.4]);
    check(CASE_B, Model::Markov, &[3.842_583_249_2, 2.684_157_416_8, 1.473_259_334_0]);
    check(CASE_B, Model::Shapley, &[8.0 / 3.0, 25.0 / 6.0, 7.0 / 6.0]);
    check(CASE_B, Model::First, &[3.0, 2.0, 3.0]);
    check(CASE_B, Model::Last, &[6.0, 2.0, 0.0]);
    check(CASE_B, Model::Linear, &[3.0, 4.0, 1.0]);
    // a>b>a: a .8, b .2; c>a: half each; c>b>b>a: c .4, each b .1, a .4.
    check(CASE_B, Model::Position, &[3.7, 3.0, 1.3]);
    // Without days every touch is as old as any other.
    check(CASE_B, Model::Decay, &[3.0, 4.0, 1.0]);
}

#[test]
fn the_hand_cases_of_removal_hold() {
    let near = |found: &[f64], expected: &[f64], within: f64| {
        assert!(found.iter().zip(expected).all(|(a, b)| (a - b).abs() < within), "{found:?}");
    };
    let a = found(CASE_A);
    near(&[a.base.expect("known")], &[1.0 / 3.0], 1e-12);
    near(&a.removal_effects.expect("known"), &[0.5, 1.0, 1.0], 1e-12);
    let b = found(CASE_B);
    near(&[b.base.expect("known")], &[0.32], 1e-12);
    near(&b.removal_effects.expect("known"), &[0.85, 0.593_75, 0.325_892_857_142_857], 1e-12);
}

#[test]
fn one_and_two_touches_are_shared_as_documented() {
    for model in Model::ALL.into_iter().filter(|model| *model != Model::Markov) {
        check("path,conversions\nana,3\n", model, &[3.0]);
    }
    let two = "path,days_before,conversions\nana>ben,8>1,1\n";
    check(two, Model::Position, &[0.5, 0.5]);
    check(two, Model::Linear, &[0.5, 0.5]);
    check(two, Model::Decay, &[1.0 / 3.0, 2.0 / 3.0]);
    check("path,days_before,conversions\nana>ben>cy,14>7>0,7\n", Model::Decay, &[1.0, 2.0, 4.0]);
}

#[test]
fn time_decay_counts_from_the_last_touch_however_old_the_journey() {
    let text = "path,days_before,conversions\nana>ben,9007>9000,3\n";
    let file = parse_paths("paths.csv", text, 2).expect("reads");
    let credits = rules::time_decay(&file.journeys().expect("small"), Days(7)).expect("a half-life");
    assert!((credits.conversions[0] - 1.0).abs() < 1e-12, "{credits:?}");
    assert_eq!(rules::time_decay(&file.journeys().expect("small"), Days(0)), Err(AttributionError::NoHalfLife));
}

#[test]
fn nothing_in_gives_nothing_out_and_says_why_markov_is_missing() {
    for creators in [0, 3] {
        let found = attribute(creators, &[], &AttributionSettings::default()).expect("nothing is wrong with nothing");
        assert_eq!(found.shared_out, Totals::default());
        assert_eq!(found.ranges.len(), creators as usize);
        assert_eq!(found.refused.len(), 1);
        assert!(found.refused[0].why.contains("no journey with a touch ended in an order"));
        assert!(found.models.iter().all(|model| model.credits.conversions.iter().all(|credit| *credit == 0.0)));
    }
}

#[test]
fn journeys_that_all_bought_have_no_removal_effect_and_the_rest_is_still_known() {
    let found = found("path,conversions,nulls\na>b,3,0\nb,1,0\n");
    assert!(found.refused[0].why.contains("every journey with a touch ended in an order"));
    assert_eq!((found.models.len(), found.base, found.removal_effects), (6, None, None));
}

#[test]
fn a_report_paid_by_markov_falls_back_to_last_touch_where_it_is_refused() {
    let settings = AttributionSettings { pay_by: Model::Markov, ..AttributionSettings::default() };
    let bought = journey(&[0, 1], 1, 0, 500);
    let refused = attribute(2, std::slice::from_ref(&bought), &settings).expect("small");
    assert_eq!((refused.paid_by, refused.ranges[1].paid_value_minor_units), (Model::Last, 500));
    let had = attribute(2, &[bought, journey(&[0], 0, 1, 0)], &settings).expect("small");
    assert_eq!((had.paid_by, had.ranges[1].paid_value_minor_units), (Model::Markov, 250));
}

#[test]
fn only_touches_in_the_window_before_the_order_count() {
    let touches = [(0, 9), (1, 10), (2, 40), (3, 41)];
    let touch = |(creator, at)| Touch { creator, at: day(at), kind: TouchKind::Link };
    let mut bought = journey(&[], 1, 0, 100);
    (bought.touches, bought.ended_at) = (touches.into_iter().rev().map(touch).collect(), day(40));
    let credits = |journeys: &[Journey]| {
        let journeys = Journeys::within(Days(30), 4, journeys).expect("small");
        [rules::first_touch(&journeys), rules::last_touch(&journeys)].map(|credits| credits.conversions)
    };
    assert_eq!(credits(&[bought.clone()]), [[0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0]]);
    bought.touches[2].at = Timestamp(day(10).0 - 1);
    assert_eq!(credits(&[bought]), [[0.0, 0.0, 1.0, 0.0]; 2]);
}

#[test]
fn a_survey_answer_is_no_touch_and_an_order_without_touches_is_nobodys() {
    let mut asked = journey(&[1], 1, 0, 700);
    asked.touches.push(Touch { creator: 0, at: asked.ended_at, kind: TouchKind::Survey });
    let mut only_asked = journey(&[], 2, 1, 90);
    only_asked.touches.push(asked.touches[1]);
    let found = attribute(2, &[asked, only_asked], &AttributionSettings::default()).expect("small");
    assert_eq!(found.untouched, Totals { conversions: 2, nulls: 1, value_minor_units: 90 });
    assert_eq!(found.shared_out, Totals { conversions: 1, nulls: 0, value_minor_units: 700 });
    assert!(found.models.iter().all(|model| model.credits.value_minor_units == [0, 700]));
}

#[test]
fn last_touch_follows_the_decision_on_a_contested_order() {
    let decided = Journey { decided: Some(0), ..journey(&[0, 1], 1, 0, 700) };
    let found = attribute(2, &[decided], &AttributionSettings::default()).expect("small");
    assert_eq!(found.credits(Model::Last).expect("a rule").value_minor_units, [700, 0]);
    assert_eq!(found.credits(Model::Linear).expect("a rule").value_minor_units, [350, 350]);
}

#[test]
fn a_refund_takes_back_from_whom_the_order_was_credited_to() {
    let journeys = [journey(&[0, 1, 2], 1, 4, 1_000), journey(&[0, 1, 2], 0, 0, -1_000), journey(&[1], 0, 0, -50)];
    let found = attribute(3, &journeys, &AttributionSettings::default()).expect("small");
    for model in &found.models {
        assert_eq!(model.credits.value_minor_units.iter().sum::<i64>(), -50, "{:?}", model.model);
        if model.model != Model::Markov {
            assert_eq!(model.credits.value_minor_units, [0, -50, 0], "{:?}", model.model);
        }
    }
}

#[test]
fn what_cannot_be_is_refused_with_its_place() {
    let refused = |creators, journeys: &[Journey]| {
        attribute(creators, journeys, &AttributionSettings::default()).expect_err("refused").to_string()
    };
    assert!(refused(2, &[journey(&[0], 1, 0, 0), journey(&[0, 2], 1, 0, 0)]).contains("journey 1"));
    assert!(refused(1, &[Journey { decided: Some(4), ..journey(&[0], 1, 0, 0) }]).contains("creator 4"));
    assert!(refused(CREATORS_MAX + 1, &[]).contains("too many"));
    assert!(refused(1, &[journey(&[0], u64::MAX, 0, 0)]).contains("conversions"));
    assert!(refused(1, &[journey(&[0], 1, u64::MAX / 2 + 1, 0)]).contains("without an order"));
    assert!(refused(1, &[journey(&[0], 1, 0, i64::MAX), journey(&[0], 1, 0, -1)]).contains("values"));
    assert!(refused(1, &[journey(&[0], 1, 0, i64::MIN)]).contains("values"));
}

#[test]
fn the_largest_numbers_are_shared_out_without_overflow() {
    let most = i64::MAX as u64;
    let far = Journey { ended_at: Timestamp(i64::MAX), ..journey(&[1], 0, 0, 0) };
    let mut early = journey(&[0, 0, 1], most, most, i64::MIN + 1);
    early.touches[0].at = Timestamp(i64::MIN);
    let found = attribute(2, &[early, far], &AttributionSettings::default()).expect("fits exactly");
    for model in &found.models {
        assert_eq!(model.credits.value_minor_units.iter().sum::<i64>(), -i64::MAX);
        assert!((model.credits.conversions.iter().sum::<f64>() / most as f64 - 1.0).abs() < 1e-15);
    }
    let forever = AttributionSettings { window_days: Days(u32::MAX), ..AttributionSettings::default() };
    assert!(attribute(1, &[Journey { ended_at: Timestamp(i64::MIN), ..journey(&[0], 1, 0, 0) }], &forever).is_ok());
}

#[test]
fn the_range_names_the_models_at_its_ends_and_its_explanation_holds_every_model() {
    let found = found("path,conversions,nulls,value\na>b>a,3,5,30\nb,2,7,20.01\nc>a,1,4,10\nc>b>b>a,2,1,20\n");
    let a = found.ranges[0];
    assert_eq!((a.conversions.lo_by, a.conversions.hi_by), (Model::Shapley, Model::Last));
    assert!((a.conversions.lo - 8.0 / 3.0).abs() < 1e-12 && a.conversions.hi == 6.0);
    assert_eq!((a.orders_touched, a.paid_conversions, a.paid_value_minor_units), (6, 6.0, 6_000));
    assert!(a.value.lo_minor_units < a.paid_value_minor_units && a.value.hi_minor_units == 6_000);
    let euro = Currency::new("EUR").expect("a currency");
    for explanation in [found.explain_conversions(0), found.explain_value(0, euro)].map(|found| found.expect("known")) {
        assert!(explanation.adds_up());
        assert_eq!(explanation.parts.len(), Model::ALL.len() + 2);
        assert_eq!(explanation.rows.as_ref().map(|rows| rows.count), Some(6));
        assert!(explanation.formula.expect("stated").contains("within 30 days"));
    }
    assert_eq!(found.explain_conversions(3), None);
}

#[test]
fn where_all_models_agree_the_range_is_a_point_named_after_the_first() {
    let ana = found("path,conversions,nulls,value\nana,3,1,9\n").ranges[0];
    assert_eq!((ana.conversions.lo, ana.conversions.hi), (3.0, 3.0));
    let all_first = [ana.conversions.lo_by, ana.conversions.hi_by, ana.value.lo_by, ana.value.hi_by];
    assert_eq!(all_first, [Model::Last; 4]);
}

#[test]
fn a_result_is_kept_and_read_again_unchanged() {
    let found = found(CASE_B);
    let kept = serde_json::to_string(&found).expect("writes");
    let read: Attribution = serde_json::from_str(&kept).expect("reads");
    // JSON keeps the shortest digits that read back as the same number.
    assert_eq!(serde_json::to_string(&read).expect("writes"), kept);
    assert!(kept.contains(r#""model":"markov""#));
}

/// One row per creator of the bits of what every model says.
fn bits(found: &Attribution) -> Vec<(Model, Vec<u64>, Vec<i64>)> {
    let bits = |model: &ModelCredits| {
        let conversions = model.credits.conversions.iter().map(|credit| credit.to_bits()).collect();
        (model.model, conversions, model.credits.value_minor_units.clone())
    };
    found.models.iter().map(bits).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn every_models_credits_add_up_to_the_orders_and_exactly_to_their_value(journeys in any_journeys(6)) {
        let found = attribute(6, &journeys, &AttributionSettings::default()).expect("small numbers");
        let orders = found.shared_out.conversions as f64;
        for ModelCredits { model, credits } in &found.models {
            let sum: f64 = credits.conversions.iter().sum();
            prop_assert!((sum - orders).abs() <= 1e-12 * orders.max(1.0), "{model:?}: {sum}, not {orders}");
            prop_assert_eq!(credits.value_minor_units.iter().sum::<i64>(), found.shared_out.value_minor_units);
            prop_assert!(credits.conversions.iter().all(|credit| *credit >= 0.0));
        }
        let all = |of: &dyn Fn(&Journey) -> u64| journeys.iter().map(of).sum::<u64>();
        let orders = found.shared_out.conversions + found.untouched.conversions;
        prop_assert_eq!(orders, all(&|journey| journey.conversions));
        prop_assert_eq!(found.shared_out.nulls + found.untouched.nulls, all(&|journey| journey.nulls));
    }

    #[test]
    fn the_order_of_journeys_changes_not_a_bit(
        (journeys, shuffled) in any_journeys(7).prop_flat_map(|all| (Just(all.clone()), Just(all).prop_shuffle()))
    ) {
        let settings = AttributionSettings::default();
        let found = attribute(7, &journeys, &settings).expect("small numbers");
        let other = attribute(7, &shuffled, &settings).expect("small numbers");
        prop_assert_eq!(bits(&found), bits(&other));
        prop_assert_eq!(found, other);
    }

    #[test]
    fn many_people_on_one_path_are_as_good_as_one_row_each(journeys in any_journeys(4)) {
        let one_each: Vec<Journey> = journeys.iter().flat_map(|journey| {
            let row = |conversions, nulls, value_minor_units| {
                Journey { conversions, nulls, value_minor_units, ..journey.clone() }
            };
            let bought = (0..journey.conversions).map(|_| row(1, 0, 0));
            let not = (0..journey.nulls).map(|_| row(0, 1, 0));
            let money = row(0, 0, journey.value_minor_units);
            bought.chain(not).chain([money]).collect::<Vec<_>>()
        }).collect();
        let settings = AttributionSettings::default();
        let together = attribute(4, &journeys, &settings).expect("small numbers");
        prop_assert_eq!(bits(&together), bits(&attribute(4, &one_each, &settings).expect("small numbers")));
    }

    #[test]
    fn shapley_is_what_going_over_every_coalition_gives(journeys in any_journeys(12)) {
        let checked = Journeys::within(Days(30), 12, &journeys).expect("small numbers");
        let found = shapley::shapley(&checked);
        for (creator, expected) in brute_force_shapley(12, &journeys).into_iter().enumerate() {
            prop_assert!((found.conversions[creator] - expected).abs() < 1e-9, "{creator}: {found:?}, not {expected}");
        }
    }
}

/// The definition itself: the mean marginal contribution over all orders of joining, coalition by coalition.
fn brute_force_shapley(creators: usize, journeys: &[Journey]) -> Vec<f64> {
    let mut worth = vec![0.0; 1 << creators];
    for journey in journeys {
        let met = journey.cut(Days(30)).touches.iter().fold(0usize, |met, touch| met | 1 << touch.creator);
        if met == 0 {
            continue;
        }
        let outside = !met & ((1 << creators) - 1);
        // Every coalition that holds all who were met: `met` and any part of the others.
        let mut others = outside;
        loop {
            worth[met | others] += journey.conversions as f64;
            if others == 0 {
                break;
            }
            others = (others - 1) & outside;
        }
    }
    let factorial = |n: usize| (1..=n).map(|factor| factor as f64).product::<f64>();
    let weight: Vec<f64> =
        (0..creators).map(|size| factorial(size) * factorial(creators - size - 1) / factorial(creators)).collect();
    let marginal = |creator: usize| {
        let without = (0..1usize << creators).filter(|coalition| coalition >> creator & 1 == 0);
        without.map(|set| weight[set.count_ones() as usize] * (worth[set | 1 << creator] - worth[set])).sum()
    };
    (0..creators).map(marginal).collect()
}
