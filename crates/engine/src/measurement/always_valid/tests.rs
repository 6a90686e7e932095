//! Looking every day raises no more alarms than said, and sees what is there.

use proptest::prelude::*;

use super::*;
use crate::random::Sequence;

const LOOKS: usize = 60;

/// A count around `mean`, by adding up waiting times.
fn poisson(mean: f64, chance: &mut Sequence) -> u64 {
    let (mut waited, mut events) = (-(1.0 - chance.uniform()).ln(), 0);
    while waited < mean {
        waited -= (1.0 - chance.uniform()).ln();
        events += 1;
    }
    events
}

fn at_five_percent() -> WatchSettings {
    WatchSettings::default()
}

/// The share of campaigns that ever raise an alarm, and the day half of those that do have done so.
fn ever(runs: u64, mut campaign: impl FnMut(&mut Sequence) -> Option<usize>) -> (f64, Option<usize>) {
    let mut days: Vec<usize> = (0..runs).filter_map(|run| campaign(&mut Sequence::new(run, 91))).collect();
    days.sort_unstable();
    (days.len() as f64 / runs as f64, days.get(days.len() / 2).copied())
}

/// Ten a day times `ratio`, against a known baseline.
fn known(runs: u64, ratio: f64) -> (f64, Option<usize>) {
    let found = ever(runs, |chance| {
        let mut seen = 0;
        (1..=LOOKS).find(|day| {
            seen += poisson(10.0 * ratio, chance);
            count_e_value(seen, 10.0 * *day as f64, 30.0) >= at_five_percent().alarm()
        })
    });
    println!("known baseline, {runs} runs, ratio {ratio}: ever {:.4}, median day {:?}", found.0, found.1);
    found
}

/// Against a baseline counted over so many days.
fn counted(runs: u64, ratio: f64, a_day: f64, baseline_days: f64) -> f64 {
    let found = ever(runs, |chance| {
        let baseline_seen = poisson(a_day * baseline_days, chance);
        let mut rates = TwoRates { baseline_seen, baseline_time: baseline_days, seen: 0, time: 0.0 };
        (1..=LOOKS).find(|day| {
            rates.seen += poisson(a_day * ratio, chance);
            rates.time = *day as f64;
            rate_e_value(&rates, 30.0) >= at_five_percent().alarm()
        })
    });
    println!("{a_day} a day, baseline of {baseline_days} days, {runs} runs, ratio {ratio}: ever {:.4}", found.0);
    found.0
}

/// How often the range of the mean ever leaves out the truth: log-normal orders.
fn money_misses(runs: u64, orders: usize) -> f64 {
    let truth = (0.5_f64 * 0.8 * 0.8).exp();
    let missed = |run: u64| {
        let mut chance = Sequence::new(run, 92);
        let values: Vec<f64> = (0..orders).map(|_| (0.8 * chance.normal()).exp()).collect();
        let looks = watch_money(&values, &at_five_percent()).expect("orders");
        looks.iter().any(|look| look.lo.is_some_and(|lo| lo > truth) || look.hi.is_some_and(|hi| hi < truth))
    };
    let share = (0..runs).filter(|run| missed(*run)).count() as f64 / runs as f64;
    println!("mean of money, {runs} runs of {orders} orders: ever missed {share:.4}");
    share
}

#[test]
fn sixty_looks_raise_few_false_alarms_and_see_what_is_there() {
    assert!(known(4_000, 1.0).0 <= 0.05);
    assert!(known(4_000, 1.1).0 >= 0.35);
    assert!(known(4_000, 1.2).0 >= 0.93);
}

#[test]
fn a_counted_baseline_raises_few_false_alarms_too() {
    assert!(counted(300, 1.0, 10.0, 60.0) <= 0.05);
    assert!(counted(300, 1.0, 0.5, 20.0) <= 0.05);
    assert!(counted(300, 1.5, 10.0, 60.0) >= 0.9);
}

#[test]
#[ignore = "4,000 runs each; the figures stand in docs/formulas.md"]
fn counted_baselines_and_money_over_four_thousand_runs() {
    for (a_day, days) in [(10.0, 60.0), (10.0, 14.0), (2.0, 30.0), (0.5, 20.0), (0.1, 20.0)] {
        assert!(counted(4_000, 1.0, a_day, days) <= 0.05);
    }
    counted(4_000, 1.2, 10.0, 60.0);
    counted(4_000, 1.2, 10.0, 365.0);
    known(4_000, 1.3);
    known(4_000, 1.5);
    money_misses(4_000, 2_000);
}

#[test]
fn the_range_of_the_mean_of_money_seldom_ever_misses() {
    assert!(money_misses(400, 800) <= 0.06);
}

#[test]
fn a_long_baseline_is_a_known_one() {
    let long = TwoRates { baseline_seen: 100_000_000, baseline_time: 10_000_000.0, seen: 350, time: 30.0 };
    let (counted, known) = (rate_e_value(&long, 30.0), count_e_value(350, 300.0, 30.0));
    assert!((counted - known).abs() < 1e-3, "{counted} {known}");
}

#[test]
fn the_integral_over_ratios_is_that_of_small_steps() {
    for (m, t0, n, t) in [(3, 20.0, 9, 10.0), (600, 60.0, 400, 30.0), (0, 5.0, 4, 5.0), (7, 5.0, 0, 5.0)] {
        let rates = TwoRates { baseline_seen: m, baseline_time: t0, seen: n, time: t };
        let (a, m, n) = (30.0_f64, m as f64, n as f64);
        let base = a * a.ln() - statrs::function::gamma::ln_gamma(a);
        let sum: f64 = (1..40_000)
            .map(|at| {
                let r = f64::from(at) * 1e-4;
                let log = base + (a - 1.0) * r.ln() - a * r + n * r.ln() + (m + n) * ((t0 + t) / (t0 + r * t)).ln();
                log.exp() * 1e-4
            })
            .sum();
        assert!((rate_e_value(&rates, a) - sum.ln()).abs() < 1e-6, "{rates:?}");
    }
}

#[test]
fn before_anything_happened_nothing_is_refused() {
    let open = RatioRange { lo: 0.0, hi: None };
    assert_eq!(count_ratio(0, 0.0, &at_five_percent()), Ok(open));
    let nothing = TwoRates { baseline_seen: 0, baseline_time: 10.0, seen: 0, time: 5.0 };
    assert_eq!(rate_ratio(&nothing, &at_five_percent()), Ok(open));
    assert_eq!(mean_of_money(&[], &at_five_percent()), Ok(None));
    let few = mean_of_money(&[10.0; 199], &at_five_percent()).expect("orders").expect("some");
    assert_eq!((few.mean, few.lo), (10.0, None));
}

#[test]
fn what_cannot_be_watched_is_refused_in_words() {
    let settings = WatchSettings { false_alarm: 0.0, ..at_five_percent() };
    assert!(watch_counts(&[], &settings).expect_err("refused").to_string().contains("between 0 and 1"));
    let negative = [KnownBaseline { seen: 1, expected: -1.0 }];
    assert!(watch_counts(&negative, &at_five_percent()).expect_err("refused").to_string().contains("0 and more"));
    assert_eq!(watch_rates(3, 0.0, &[(1, 1.0)], &at_five_percent()), Err(WatchError::NoBaseline));
    assert!(mean_of_money(&[f64::NAN], &at_five_percent()).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn the_alarm_and_the_range_agree_and_ranges_only_narrow(
        days in prop::collection::vec((0..40_u64, 0.5..30.0_f64), 1..30),
    ) {
        let days: Vec<KnownBaseline> = days.iter().map(|(seen, expected)| KnownBaseline { seen: *seen, expected: *expected }).collect();
        let looks = watch_counts(&days, &at_five_percent()).expect("days");
        let mut before = RatioRange { lo: 0.0, hi: None };
        for look in &looks {
            let alone = count_ratio(look.seen, look.expected, &at_five_percent()).expect("counts");
            let holds_one = alone.lo < 1.0 && alone.hi.is_none_or(|hi| hi > 1.0);
            prop_assert_eq!(holds_one, look.log_e < at_five_percent().alarm());
            prop_assert!(look.ratio.lo >= before.lo && look.ratio.hi.unwrap_or(f64::MAX) <= before.hi.unwrap_or(f64::MAX));
            prop_assert!(look.ratio.hi.is_none_or(|hi| hi >= look.ratio.lo));
            before = look.ratio;
        }
    }

    #[test]
    fn the_unit_of_time_changes_no_evidence(m in 0..500_u64, n in 0..500_u64, t0 in 1.0..90.0_f64, t in 0.5..60.0_f64) {
        let days = TwoRates { baseline_seen: m, baseline_time: t0, seen: n, time: t };
        let hours = TwoRates { baseline_time: 24.0 * t0, time: 24.0 * t, ..days };
        prop_assert!((rate_e_value(&days, 30.0) - rate_e_value(&hours, 30.0)).abs() < 1e-7);
    }
}
