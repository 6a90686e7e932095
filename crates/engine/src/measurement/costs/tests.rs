//! Costs and returns by hand cases: missing parts, no orders, few orders, two currencies.

use model::{Money, Ratio};
use proptest::prelude::*;

use super::*;

fn money(minor_units: i64, currency: &str) -> Money {
    Money::new(minor_units, currency).expect("a currency")
}

fn euro(minor_units: i64) -> Money {
    money(minor_units, "EUR")
}

fn row(minor_units: i64, events: u64) -> CostRow {
    CostRow { cost: Some(euro(minor_units)), events: Some(events) }
}

fn level() -> Ratio {
    Ratio::new(0.95).expect("a share")
}

fn fee(minor_units: i64) -> FullCost {
    full_cost(&CostParts { fee: Some(euro(minor_units)), ..CostParts::default() }).expect("one currency")
}

#[test]
fn every_part_is_added_and_nothing_is_missing() {
    let all = CostParts {
        fee: Some(euro(25_000)),
        product_at_cost: Some(euro(1_800)),
        shipping: Some(euro(590)),
        commission: Some(euro(4_210)),
        tools: Some(euro(700)),
        hours: Some(2.25),
        hourly_rate: Some(euro(3_999)),
    };
    let cost = full_cost(&all).expect("one currency");
    assert_eq!((cost.total, cost.missing.len(), cost.parts.len()), (Some(euro(32_300 + 8_998)), 0, 6));
}

#[test]
fn what_nobody_gave_is_missing_and_not_nothing() {
    let nothing = full_cost(&CostParts::default()).expect("nothing to mix");
    assert_eq!((nothing.total, nothing.missing.len()), (None, 6));
    let hours_alone = CostParts { hours: Some(3.0), shipping: Some(euro(0)), ..CostParts::default() };
    let found = full_cost(&hours_alone).expect("one currency");
    assert_eq!(found.total, Some(euro(0)), "free shipping is known");
    assert!(found.missing.contains(&CostPart::Hours) && !found.missing.contains(&CostPart::Shipping));
}

#[test]
fn two_currencies_and_negative_costs_are_refused_in_words() {
    let mixed = CostParts { fee: Some(euro(100)), shipping: Some(money(100, "USD")), ..CostParts::default() };
    let words = full_cost(&mixed).expect_err("refused").to_string();
    assert_eq!(words, "costs are in EUR and USD; convert them at the stored rate of their day first");
    let work = CostParts {
        fee: Some(euro(100)),
        hours: Some(1.0),
        hourly_rate: Some(money(1, "JPY")),
        ..CostParts::default()
    };
    assert!(full_cost(&work).is_err());
    assert!(full_cost(&CostParts { fee: Some(euro(-1)), ..CostParts::default() }).is_err());
    assert!(
        full_cost(&CostParts { hours: Some(f64::NAN), hourly_rate: Some(euro(1)), ..CostParts::default() }).is_err()
    );
    let largest = CostParts { fee: Some(euro(i64::MAX)), shipping: Some(euro(1)), ..CostParts::default() };
    assert_eq!(full_cost(&largest), Err(CostError::TooLarge));
    let dollars = CostRow { cost: Some(money(100, "USD")), events: None };
    assert!(unit_cost(CostKind::Cpc, &[row(100, 1), dollars], level()).is_err());
    assert!(attributed_roi(&money(100, "USD"), &fee(100)).is_err());
    assert!(
        incremental_roi(&IncrementalLift { value: 1.0, lo: 0.0, hi: 2.0, level: 0.95 }, &money(1, "USD"), &fee(1))
            .is_err()
    );
}

#[test]
fn unit_costs_are_sums_over_sums() {
    let rows = [
        row(10_000, 400),
        row(10_000, 0),
        CostRow { cost: None, events: Some(90) },
        CostRow { cost: Some(euro(7)), events: None },
    ];
    let found = unit_cost(CostKind::Cpc, &rows, level()).expect("one currency");
    let UnitCost::Known { minor_units, lo, hi } = found.unit_cost else { panic!("{found:?}") };
    assert_eq!((minor_units, found.rows, found.rows_left_out), (50.0, 2, 2));
    assert_eq!((found.cost_minor_units, found.events, found.currency), (20_000, 400, Some(euro(1).currency)));
    // 400 events: 361.8 to 441.2 (Garwood).
    assert!((lo - 20_000.0 / 441.16).abs() < 0.01 && (hi - 20_000.0 / 361.76).abs() < 0.01, "{lo} {hi}");
    let views = unit_cost(CostKind::Cpm, &[row(50_000, 20_000)], level()).expect("one currency");
    assert!(matches!(views.unit_cost, UnitCost::Known { minor_units: 2_500.0, .. }));
}

#[test]
fn no_event_is_at_least_a_third_of_the_cost() {
    for (kind, expect) in [(CostKind::Cpa, 30_000.0 / 2.995_732), (CostKind::Cpm, 30_000_000.0 / 2.995_732)] {
        let UnitCost::AtLeast { minor_units } = unit_cost(kind, &[row(30_000, 0)], level()).expect("costs").unit_cost
        else {
            panic!("no event")
        };
        assert!((minor_units / expect - 1.0).abs() < 1e-6, "{minor_units}");
    }
    let unknown = CostRow { cost: Some(euro(5)), events: None };
    assert_eq!(unit_cost(CostKind::Cpl, &[unknown], level()).expect("costs").unit_cost, UnitCost::NotKnown);
    assert_eq!(unit_cost(CostKind::Cpe, &[], level()).expect("costs").unit_cost, UnitCost::NotKnown);
}

#[test]
fn a_creator_with_nine_conversions_has_no_return_of_its_own() {
    let found = |conversions| creator_roi(conversions, &euro(30_000), &fee(20_000), None).expect("one currency");
    assert_eq!(found(9), CreatorRoi::TooFewConversions { conversions: 9, needed: 10, pooled: None });
    assert!(matches!(found(10), CreatorRoi::Known { roi: 0.5, .. }));
    assert_eq!(creator_roi(10, &euro(1), &fee(0), None), Ok(CreatorRoi::NoCost), "nothing divided by nothing");
    assert!(creator_roi(10, &euro(1), &fee(5), Some([3.0, 4.0, 5.0])).is_err(), "ends the wrong way round");
}

#[test]
fn the_incremental_return_takes_its_range_from_the_lift() {
    let roi = |lo, hi| {
        let lift = IncrementalLift { value: f64::midpoint(lo, hi), lo, hi, level: 0.95 };
        incremental_roi(&lift, &euro(1_000), &fee(100_000)).expect("one currency")
    };
    for (lo, hi, expect) in [
        (110.0, 190.0, RoiVerdict::Paid),
        (-20.0, 90.0, RoiVerdict::DidNotPay),
        (50.0, 150.0, RoiVerdict::CannotTellYet),
    ] {
        let IncrementalRoi::Known { range, verdict, .. } = roi(lo, hi) else { panic!("a cost") };
        assert_eq!(verdict, expect);
        assert!((range.lo - (lo / 100.0 - 1.0)).abs() < 1e-12 && (range.hi - (hi / 100.0 - 1.0)).abs() < 1e-12);
    }
    let unknown = full_cost(&CostParts::default()).expect("nothing to mix");
    let lift = IncrementalLift { value: 1.0, lo: 0.0, hi: 2.0, level: 0.95 };
    assert_eq!(incremental_roi(&lift, &euro(1), &unknown), Ok(IncrementalRoi::NoCost));
}

proptest! {
    #[test]
    fn a_unit_cost_lies_in_its_range_and_the_order_of_rows_changes_nothing(
        rows in prop::collection::vec((0..1_000_000_i64, prop::option::of(0..5_000_u64)), 1..12),
    ) {
        let mut rows: Vec<CostRow> =
            rows.iter().map(|(minor_units, events)| CostRow { cost: Some(euro(*minor_units)), events: *events }).collect();
        let found = unit_cost(CostKind::Cpa, &rows, level()).expect("one currency");
        if let UnitCost::Known { minor_units, lo, hi } = found.unit_cost {
            prop_assert!(lo <= minor_units && minor_units <= hi && hi.is_finite());
        }
        rows.reverse();
        prop_assert_eq!(found, unit_cost(CostKind::Cpa, &rows, level()).expect("one currency"));
    }

    #[test]
    fn parts_add_up_to_the_total(fee in 0..1_000_000_i64, shipping in 0..1_000_000_i64, hours in 0.0..100.0_f64) {
        let parts = CostParts {
            fee: Some(euro(fee)), shipping: Some(euro(shipping)), hours: Some(hours), hourly_rate: Some(euro(4_500)),
            ..CostParts::default()
        };
        let cost = full_cost(&parts).expect("one currency");
        let sum: i64 = cost.parts.iter().map(|part| part.1.minor_units).sum();
        prop_assert_eq!(cost.total, Some(euro(sum)));
        prop_assert_eq!(cost.parts.len() + cost.missing.len(), 6);
    }
}
