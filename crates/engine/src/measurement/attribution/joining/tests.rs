//! One order, several proofs: who is credited, what is contested, and what is never added to tracked sales.

use proptest::prelude::*;

use super::*;
use crate::measurement::attribution::testing::{DAY, day};

const ORDER_DAY: i64 = 100;

fn click(creator: u32, days_before: i64) -> Met {
    Met { creator, at: day(ORDER_DAY - days_before) }
}

fn order<'a>(clicks: &'a [Met], codes: &'a [CodeOwner]) -> OrderProofs<'a> {
    let at = day(ORDER_DAY);
    OrderProofs { order: 7, at, value_minor_units: 4_990, clicks, codes, views: &[], survey: None, decision: None }
}

fn joined(clicks: &[Met], codes: &[CodeOwner]) -> JoinedOrder {
    join(&order(clicks, codes), &JoinSettings::default())
}

fn check(clicks: &[Met], codes: &[CodeOwner], credited: Option<(u32, Proof)>, contested: Option<(Preferred, &[u32])>) {
    let found = joined(clicks, codes);
    assert_eq!(found.credited, credited.map(|(creator, proof)| Credited { creator, proof }), "{found:?}");
    let contest = contested.map(|(preferred, against)| Contest { preferred, against: against.to_vec() });
    assert_eq!(found.contested, contest, "{found:?}");
}

use CodeOwner::{Creator, Nobody};

#[test]
fn a_click_six_days_old_beats_the_code_and_one_eight_days_old_does_not() {
    check(&[click(1, 6)], &[Creator(2)], Some((1, Proof::Link)), Some((Preferred::RecentLink, &[2])));
    check(&[click(1, 7)], &[Creator(2)], Some((1, Proof::Link)), Some((Preferred::RecentLink, &[2])));
    check(&[click(1, 8)], &[Creator(2)], Some((2, Proof::Code)), Some((Preferred::CodeOverOldLink, &[1])));
    let just_over = Met { creator: 1, at: Timestamp(day(ORDER_DAY - 7).0 - 1) };
    check(&[just_over], &[Creator(2)], Some((2, Proof::Code)), Some((Preferred::CodeOverOldLink, &[1])));
}

#[test]
fn click_and_code_of_one_creator_are_one_order_with_two_proofs() {
    for days in [0, 6, 29] {
        check(&[click(1, days)], &[Creator(1)], Some((1, Proof::LinkAndCode)), None);
        assert_eq!(joined(&[click(1, days)], &[Creator(1)]).touches.len(), 1);
    }
}

#[test]
fn a_coupon_that_belongs_to_nobody_hides_no_click() {
    check(&[click(1, 12)], &[Nobody], Some((1, Proof::Link)), None);
    check(&[click(1, 12)], &[Nobody, Creator(1), Nobody], Some((1, Proof::LinkAndCode)), None);
    check(&[], &[Nobody], None, None);
    assert_eq!(joined(&[click(1, 12)], &[Nobody, Creator(1), Nobody]).codes_of_nobody, 2);
}

#[test]
fn only_the_last_click_in_the_window_and_before_the_order_speaks() {
    check(&[click(1, 31)], &[], None, None);
    check(&[click(1, -1)], &[], None, None);
    check(&[click(1, 30)], &[], Some((1, Proof::Link)), None);
    check(&[click(2, 3), click(1, 9), click(3, -2)], &[], Some((2, Proof::Link)), None);
    check(&[click(1, 40)], &[Creator(2)], Some((2, Proof::Code)), None);
}

#[test]
fn several_codes_prefer_the_one_that_a_click_speaks_for() {
    check(&[], &[Creator(3), Creator(1)], Some((3, Proof::Code)), Some((Preferred::FirstCode, &[1])));
    check(
        &[click(1, 20)],
        &[Creator(3), Creator(1)],
        Some((1, Proof::LinkAndCode)),
        Some((Preferred::LinkAndCode, &[3])),
    );
    check(
        &[click(1, 20), click(2, 10)],
        &[Creator(3), Creator(1)],
        Some((1, Proof::LinkAndCode)),
        Some((Preferred::CodeOverOldLink, &[2, 3])),
    );
    check(&[], &[Creator(3), Creator(3)], Some((3, Proof::Code)), None);
}

#[test]
fn a_person_may_decide_and_the_order_stays_contested() {
    let settings = JoinSettings::default();
    let decide = |clicks: &[Met], creator| {
        join(&OrderProofs { decision: Some(creator), ..order(clicks, &[Creator(2)]) }, &settings)
    };
    let found = decide(&[click(1, 1)], 2);
    assert_eq!(found.credited, Some(Credited { creator: 2, proof: Proof::Code }));
    assert_eq!(found.contested, Some(Contest { preferred: Preferred::ByHand, against: vec![1] }));
    let other = decide(&[], 5);
    assert_eq!(other.credited, Some(Credited { creator: 5, proof: Proof::Decision }));
    assert_eq!(other.contested.map(|contest| contest.against), Some(vec![2]));
}

#[test]
fn the_journey_of_an_order_is_credited_by_last_touch_as_it_was_joined() {
    let found = joined(&[click(1, 6), click(3, 9)], &[Creator(2)]);
    let journey = found.journey();
    let creators: Vec<u32> = journey.touches.iter().map(|touch| touch.creator).collect();
    assert_eq!((creators, journey.decided), (vec![3, 1, 2], Some(1)));
    let credits = crate::measurement::attribution::rules::last_touch(
        &crate::measurement::attribution::Journeys::within(Days(30), 4, &[journey]).expect("small"),
    );
    assert_eq!(credits.value_minor_units, [0, 4_990, 0, 0]);
}

#[test]
fn views_and_answers_stand_on_lines_of_their_own() {
    let settings = JoinSettings::default();
    let views = [Met { creator: 4, at: Timestamp(day(ORDER_DAY).0 - DAY / 2) }, click(5, 2)];
    let clicks = [click(1, 2)];
    let both = join(&OrderProofs { views: &views, survey: Some(1), ..order(&clicks, &[]) }, &settings);
    let only_seen = join(&OrderProofs { views: &views, survey: Some(3), order: 8, ..order(&[], &[]) }, &settings);
    let contested = join(&OrderProofs { order: 9, ..order(&clicks, &[Creator(2)]) }, &settings);
    assert_eq!(only_seen.credited, None);
    let line = |creator, orders| SalesLine { creator, orders, value_minor_units: orders as i64 * 4_990 };
    assert_eq!(
        sales_lines(&[both, only_seen, contested]),
        SalesLines {
            tracked: vec![line(1, 2)],
            survey: vec![line(1, 1), line(3, 1)],
            survey_also_tracked: vec![line(1, 1)],
            view_through: vec![line(4, 1)],
            contested: vec![9],
            untracked_orders: 1,
        }
    );
    assert_eq!(sales_lines(&[]), SalesLines::default());
}

#[test]
fn every_decision_has_words() {
    for (clicks, codes, words) in [
        (vec![], vec![], "no click within 30 days and no creator's code"),
        (vec![click(1, 1)], vec![], "last click 1 day before the order"),
        (vec![click(1, 0)], vec![Creator(2)], "the last click, less than a day before the order, goes before the code"),
        (vec![click(1, 8)], vec![Creator(2)], "the code goes before the last click, which is 8 days old (over 7 days)"),
        (vec![], vec![Creator(2)], "code on the order, no click"),
        (vec![click(2, 3)], vec![Creator(2)], "one order, two proofs"),
    ] {
        let found = joined(&clicks, &codes).words;
        assert!(found.contains(words), "{found}");
    }
}

fn any_proofs() -> impl Strategy<Value = (Vec<Met>, Vec<CodeOwner>)> {
    let click = (0..4u32, -5..40i64).prop_map(|(creator, days)| click(creator, days));
    let code = prop_oneof![Just(Nobody), (0..4u32).prop_map(Creator)];
    (prop::collection::vec(click, 0..6), prop::collection::vec(code, 0..3))
}

proptest! {
    #[test]
    fn neither_the_order_of_clicks_nor_foreign_coupons_change_whom_an_order_is_credited_to(
        (mut clicks, codes) in any_proofs(), coupons in 0..3usize
    ) {
        let found = joined(&clicks, &codes);
        clicks.reverse();
        let mut more = vec![Nobody; coupons];
        more.extend(&codes);
        let other = joined(&clicks, &more);
        prop_assert_eq!(&found.credited, &other.credited);
        prop_assert_eq!(&found.contested, &other.contested);
        prop_assert_eq!(&found.touches, &other.touches);
        let credited = found.credited.map(|credited| credited.creator);
        prop_assert!(credited.is_none_or(|creator| found.touches.iter().any(|touch| touch.creator == creator)));
        prop_assert!(found.contested.is_none_or(|contest| !contest.against.contains(&credited.expect("contested"))));
    }
}
