//! What the tests of attribution share: journeys by short notation, and chance that can be repeated.

use model::Timestamp;
use proptest::prelude::*;

use super::{Journey, Touch, TouchKind};

pub(super) const DAY: i64 = 86_400_000_000;

pub(super) fn day(days: i64) -> Timestamp {
    Timestamp(days * DAY)
}

/// A journey through these creators, one touch a day, the last on the day before the end.
pub(super) fn journey(creators: &[u32], conversions: u64, nulls: u64, value_minor_units: i64) -> Journey {
    let touches = creators.iter().enumerate();
    let touches = touches.map(|(at, creator)| Touch { creator: *creator, at: day(at as i64), kind: TouchKind::Link });
    Journey {
        touches: touches.collect(),
        ended_at: day(creators.len() as i64),
        conversions,
        nulls,
        value_minor_units,
        decided: None,
    }
}

/// Journeys among `creators`: any number of touches up to 6, one in eight without, refunds among the values.
pub(super) fn any_journeys(creators: u32) -> impl Strategy<Value = Vec<Journey>> {
    let touches = prop::collection::vec((0..creators, 0..40i64 * DAY), 0..=6);
    let one =
        (touches, 0..5u64, 0..5u64, -9_999..100_000i64).prop_map(|(met, conversions, nulls, value_minor_units)| {
            let touch = |(creator, at)| Touch { creator, at: Timestamp(at), kind: TouchKind::Link };
            let touches = met.into_iter().map(touch).collect();
            Journey { touches, ended_at: day(40), conversions, nulls, value_minor_units, decided: None }
        });
    prop::collection::vec(one, 0..12)
}

/// Numbers by chance from a seed (splitmix64).
pub(super) struct Chance(pub u64);

impl Chance {
    fn raw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// In 0..1.
    pub(super) fn uniform(&mut self) -> f64 {
        (self.raw() >> 11) as f64 / (1u64 << 53) as f64
    }

    pub(super) fn below(&mut self, limit: u64) -> u64 {
        ((u128::from(self.raw()) * u128::from(limit)) >> 64) as u64
    }

    /// Poisson by counting exponential waits; for means up to some tens.
    pub(super) fn poisson(&mut self, mean: f64) -> u64 {
        let mut waited = 0.0;
        let mut count = 0;
        loop {
            waited -= (1.0 - self.uniform()).ln();
            if waited > mean {
                return count;
            }
            count += 1;
        }
    }

    /// Beta(a, b) with whole a and b: the a-th smallest of a + b - 1 uniforms.
    pub(super) fn beta(&mut self, a: usize, b: usize) -> f64 {
        let mut drawn: Vec<f64> = (0..a + b - 1).map(|_| self.uniform()).collect();
        drawn.sort_by(f64::total_cmp);
        drawn[a - 1]
    }
}
