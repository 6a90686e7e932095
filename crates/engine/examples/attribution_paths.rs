//! How long the seven models take together: made-up journeys of a stated size, five runs, the median and each model.

use std::hint::black_box;
use std::time::{Duration, Instant};

use engine::measurement::attribution::{
    AttributionSettings, Journey, Journeys, Touch, TouchKind, attribute, markov, rules, shapley,
};
use model::{Days, Timestamp};

const DAY: i64 = 86_400_000_000;

/// `count` journeys of 1 to 12 touches among `creators`, one in five of which bought.
fn journeys(count: u64, creators: u64) -> Vec<Journey> {
    let mut state = 7u64;
    let mut below = |limit: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % limit
    };
    let mut one = || {
        let touches = (0..1 + below(12)).map(|_| {
            // The smaller number of two, so that some creators are met far more often than others.
            let creator = below(creators).min(below(creators)) as u32;
            Touch { creator, at: Timestamp(below(30) as i64 * DAY), kind: TouchKind::Link }
        });
        let touches = touches.collect();
        let conversions = u64::from(below(5) == 0);
        let value_minor_units = conversions as i64 * below(20_000) as i64;
        Journey {
            touches,
            ended_at: Timestamp(30 * DAY),
            conversions,
            nulls: 1 - conversions,
            value_minor_units,
            decided: None,
        }
    };
    (0..count).map(|_| one()).collect()
}

#[expect(clippy::disallowed_methods, reason = "this program measures time; nothing it measures knows of it")]
fn median_of_five<T>(mut work: impl FnMut() -> T) -> Duration {
    let mut times: Vec<Duration> = (0..5)
        .map(|_| {
            let start = Instant::now();
            black_box(work());
            start.elapsed()
        })
        .collect();
    times.sort_unstable();
    times[2]
}

fn main() {
    for (count, creators) in [(10_000, 50), (10_000, 200), (10_000, 500), (100_000, 200), (10_000, 2_000)] {
        let made = journeys(count, creators);
        let settings = AttributionSettings::default();
        let all = median_of_five(|| attribute(creators as u32, &made, &settings).expect("small numbers"));
        let packed = Journeys::within(Days(30), creators as u32, &made).expect("small numbers");
        println!("{count} paths, {creators} creators: all models {all:?}");
        println!("  checking and cutting {:?}", median_of_five(|| Journeys::within(Days(30), creators as u32, &made)));
        println!("  last touch {:?}", median_of_five(|| rules::last_touch(&packed)));
        println!("  linear {:?}", median_of_five(|| rules::linear(&packed)));
        println!("  position {:?}", median_of_five(|| rules::position(&packed)));
        println!("  time decay {:?}", median_of_five(|| rules::time_decay(&packed, Days(7))));
        println!("  Markov {:?}", median_of_five(|| markov::markov(&packed)));
        println!("  Shapley {:?}", median_of_five(|| shapley::shapley(&packed)));
    }
}
