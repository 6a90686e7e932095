//! Pooled rates and values against the truth they were drawn from.

use proptest::prelude::*;

use super::*;
use crate::random::Sequence;

fn creator(clicks: u64, orders: u64) -> ClicksAndOrders {
    ClicksAndOrders { clicks, orders }
}

fn pooled(creators: &[ClicksAndOrders]) -> Vec<Pooled> {
    PooledRates::new(creators, &PoolingSettings::default()).expect("creators").rates()
}

/// Made-up creators with their true rates: p from Beta(4, 196), clicks log-normal around 150.
fn made_up(seed: u64, creators: usize) -> (Vec<ClicksAndOrders>, Vec<f64>) {
    let mut chance = Sequence::new(seed, 81);
    let mut one = |_| {
        let rate = chance.beta(4.0, 196.0);
        let clicks = (150.0_f64.ln() + 0.9 * chance.normal()).exp().floor().max(5.0) as u64;
        let orders = (0..clicks).filter(|_| chance.uniform() < rate).count() as u64;
        (creator(clicks, orders), rate)
    };
    (0..creators).map(&mut one).unzip()
}

/// How far rates are off, over that of raw ones; how often intervals hold the truth; what who is picked is worth of the best.
struct Figures {
    error: f64,
    covered: f64,
    picked: f64,
    picked_raw: f64,
}

fn figures(creators: usize, runs: u64) -> Figures {
    let highest =
        |values: &[f64]| (0..values.len()).max_by(|a, b| values[*a].total_cmp(&values[*b])).expect("creators");
    let (mut own, mut raw, mut covered, mut picked, mut picked_raw) = (0.0, 0.0, 0.0, 0.0, 0.0);
    for run in 0..runs {
        let (seen, truth) = made_up(run, creators);
        let rates = pooled(&seen);
        for (rate, truth) in rates.iter().zip(&truth) {
            own += (rate.value - truth).powi(2);
            raw += (rate.raw.expect("clicks") - truth).powi(2);
            covered += f64::from(u8::from((rate.lo..=rate.hi).contains(truth)));
        }
        let best = truth[highest(&truth)];
        picked += truth[highest(&rates.iter().map(|rate| rate.value).collect::<Vec<_>>())] / best;
        picked_raw += truth[highest(&rates.iter().map(|rate| rate.raw.expect("clicks")).collect::<Vec<_>>())] / best;
    }
    let all = (runs as usize * creators) as f64;
    let found = Figures {
        error: (own / raw).sqrt(),
        covered: covered / all,
        picked: picked / runs as f64,
        picked_raw: picked_raw / runs as f64,
    };
    println!(
        "{creators} creators, {runs} runs: RMSE {:.4} raw {:.4}, of raw {:.3}; covers {:.3}; picked {:.3}, raw {:.3}",
        (own / all).sqrt(),
        (raw / all).sqrt(),
        found.error,
        found.covered,
        found.picked,
        found.picked_raw
    );
    found
}

#[test]
fn pooled_rates_are_nearer_the_truth_than_raw_ones_and_their_intervals_hold_it() {
    let few = figures(5, 60);
    assert!(few.error <= 0.7 && few.covered >= 0.9, "{} {}", few.error, few.covered);
    let many = figures(20, 15);
    assert!(many.error <= 0.6 && (0.9..=0.98).contains(&many.covered), "{} {}", many.error, many.covered);
}

#[test]
#[ignore = "300 runs each; the figures stand in docs/formulas.md"]
fn pooled_rates_over_three_hundred_runs() {
    for (creators, error_max) in [(5, 0.65), (20, 0.56), (100, 0.56)] {
        let found = figures(creators, 300);
        assert!(found.error <= error_max && (0.92..=0.97).contains(&found.covered));
        assert!(found.picked >= found.picked_raw);
    }
}

/// Creators' true mean order values around 40.00, and their orders.
fn made_up_orders(seed: u64, creators: usize) -> (Vec<Vec<f64>>, Vec<f64>) {
    let mut chance = Sequence::new(seed, 82);
    let mut one = |_| {
        let theta = 4_000.0_f64.ln() + 0.3 * chance.normal();
        let count = chance.below(12);
        let orders = (0..count).map(|_| (theta + 0.6 * chance.normal()).exp()).collect();
        (orders, (theta + 0.18).exp())
    };
    (0..creators).map(&mut one).unzip()
}

#[test]
fn pooled_order_values_are_nearer_the_truth_than_raw_ones_and_their_intervals_hold_it() {
    let (mut own, mut raw, mut covered, mut all) = (0.0, 0.0, 0.0, 0.0);
    for run in 0..40 {
        let (orders, truth) = made_up_orders(run, 15);
        let values = PooledValues::new(&orders, &PoolingSettings::default()).expect("orders").values();
        for (value, truth) in values.iter().zip(&truth) {
            covered += f64::from(u8::from((value.lo..=value.hi).contains(truth)));
            all += 1.0;
            if let Some(seen) = value.raw {
                own += (value.value / truth).ln().powi(2);
                raw += (seen / truth).ln().powi(2);
            }
        }
    }
    println!("order values: error of raw {:.3}, covers {:.3}", f64::sqrt(own / raw), covered / all);
    assert!(f64::sqrt(own / raw) < 0.8 && (0.92..=0.98).contains(&(covered / all)));
}

#[test]
fn revenue_a_click_holds_the_true_product_about_as_often_as_it_says() {
    let settings = PoolingSettings { draws: 1_000, ..PoolingSettings::default() };
    let (mut covered, mut all) = (0.0, 0.0);
    for run in 0..40 {
        let (clicks, rates) = made_up(run, 12);
        let mut chance = Sequence::new(run, 83);
        let truth: Vec<f64> = rates.iter().map(|_| 4_000.0_f64.ln() + 0.3 * chance.normal()).collect();
        let orders: Vec<Vec<f64>> = (clicks.iter().zip(&truth))
            .map(|(seen, theta)| (0..seen.orders).map(|_| (theta + 0.6 * chance.normal()).exp()).collect())
            .collect();
        let found = pooled_revenue(
            &PooledRates::new(&clicks, &settings).expect("creators"),
            &PooledValues::new(&orders, &settings).expect("orders"),
            Some(80.0),
        );
        let found = found.expect("the same creators");
        for ((revenue, rate), theta) in found.revenue_per_click.iter().zip(&rates).zip(&truth) {
            covered += f64::from(u8::from((revenue.lo..=revenue.hi).contains(&(rate * (theta + 0.18).exp()))));
            all += 1.0;
        }
        assert!((found.chance_best.iter().sum::<f64>() - 1.0).abs() < 1e-9);
        assert!(found.chance_above.expect("a bar").iter().all(|chance| (0.0..=1.0).contains(chance)));
    }
    println!("revenue a click covers {:.3}", covered / all);
    assert!((0.91..=0.985).contains(&(covered / all)), "{}", covered / all);
}

#[test]
fn the_chance_to_be_best_is_that_of_a_second_count() {
    // Two creators far enough apart, and so many clicks that the grid hardly matters: P(X > Y) of two normals.
    let seen = [creator(20_000, 420), creator(20_000, 400)];
    let found =
        PooledRates::new(&seen, &PoolingSettings { draws: 40_000, ..PoolingSettings::default() }).expect("creators");
    let rates = found.rates();
    let sd = |rate: &Pooled| (rate.hi - rate.lo) / (2.0 * 1.96);
    let z = (rates[0].value - rates[1].value) / sd(&rates[0]).hypot(sd(&rates[1]));
    let expect = 0.5 * (1.0 + statrs::function::erf::erf(z / std::f64::consts::SQRT_2));
    assert!((found.best()[0] - expect).abs() < 0.02, "{} {expect}", found.best()[0]);
    let twins = PooledRates::new(&[creator(100, 3); 4], &PoolingSettings::default()).expect("creators").best();
    assert!(twins.iter().all(|share| (share - 0.25).abs() < 1e-9), "the same counts, the same chance: {twins:?}");
}

#[test]
fn a_creator_nobody_clicked_on_may_be_like_all_others() {
    let rates = pooled(&[creator(0, 0), creator(1_000, 21), creator(800, 15), creator(1_200, 30)]);
    assert_eq!(rates[0].raw, None);
    assert!((0.015..0.03).contains(&rates[0].value) && rates[0].lo < rates[1].lo && rates[0].hi > rates[1].hi);
}

#[test]
fn rows_that_cannot_be_are_refused_in_words() {
    let settings = PoolingSettings::default();
    assert_eq!(PooledRates::new(&[], &settings), Err(PoolingError::NoCreators));
    let refused = PooledRates::new(&[creator(5, 1), creator(5, 6)], &settings).expect_err("refused").to_string();
    assert!(refused.contains("creator 1") && refused.contains("6 orders of 5 clicks"), "{refused}");
    assert_eq!(PooledValues::new(&[vec![], vec![]], &settings), Err(PoolingError::NoOrders));
    let refused = PooledValues::new(&[vec![10.0, 0.0]], &settings).expect_err("refused").to_string();
    assert!(refused.contains("creator 0") && refused.contains("worth 0"), "{refused}");
    let rates = PooledRates::new(&[creator(5, 1)], &settings).expect("creators");
    let values = PooledValues::new(&[vec![10.0], vec![]], &settings).expect("orders");
    assert_eq!(pooled_revenue(&rates, &values, None), Err(PoolingError::Unequal { rates: 1, values: 2 }));
    let upside_down = LogSteps { from: 0.2, to: 0.1, steps: 40 };
    let wrong = PoolingSettings { rates: RateGrid { mean: upside_down, ..RateGrid::default() }, ..settings };
    assert!(matches!(PooledRates::new(&[creator(5, 1)], &wrong), Err(PoolingError::Grid { .. })));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn a_rate_lies_within_its_interval_and_the_order_of_creators_changes_no_bit(
        rows in prop::collection::vec((0..3_000_u64, 0.0..0.2_f64), 1..8),
    ) {
        let mut creators: Vec<ClicksAndOrders> =
            rows.iter().map(|(clicks, rate)| creator(*clicks, (*clicks as f64 * rate) as u64)).collect();
        let settings = PoolingSettings { draws: 500, ..PoolingSettings::default() };
        let model = PooledRates::new(&creators, &settings).expect("creators");
        let (rates, mut best) = (model.rates(), model.best());
        for rate in &rates {
            prop_assert!(0.0 <= rate.lo && rate.lo <= rate.value && rate.value <= rate.hi && rate.hi <= 1.0, "{:?}", rate);
        }
        prop_assert!((best.iter().sum::<f64>() - 1.0).abs() < 1e-9);
        creators.reverse();
        let model = PooledRates::new(&creators, &settings).expect("creators");
        let mut turned = model.rates();
        turned.reverse();
        prop_assert_eq!(rates, turned);
        best.reverse();
        prop_assert_eq!(best, model.best());
    }

    #[test]
    fn a_pooled_rate_lies_between_what_is_raw_and_what_all_have(orders in 0..30_u64) {
        let others = [creator(2_000, 40), creator(1_500, 33), creator(1_000, 19)];
        let rates = pooled(&[creator(100, orders), others[0], others[1], others[2]]);
        let raw = rates[0].raw.expect("clicks");
        let (low, high) = (raw.min(0.015), raw.max(0.08));
        prop_assert!((low..=high).contains(&rates[0].value), "{} {}", raw, rates[0].value);
    }
}
