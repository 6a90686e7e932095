//! Samples of audiences: what two samples share, scaled by how many were drawn on both sides, with an interval.
//!
//! Two samples share far fewer people than their audiences: of 24,000 shared people, one in twelve drawn on each side
//! shows 167. The number as seen is never returned; it stands in the explanation with both fractions.

use model::Ratio;
use statrs::function::beta::beta_reg;
use statrs::function::gamma::gamma_lr;

use super::Found;
use crate::intervals::two_sided_z;

/// How many people of an audience are held by name, and how many it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Drawn {
    pub held: u64,
    pub people: u64,
}

impl Drawn {
    pub fn fraction(self) -> f64 {
        if self.people == 0 { 1.0 } else { self.held as f64 / self.people as f64 }
    }
}

/// How many people two audiences share, given how many their samples do.
///
/// Formula: `K = hits / (f_a f_b)`. For K shared people the hits of two independent draws without repetition have
/// `mean = K f_a f_b` and `variance = f_b^2 vx + n_b (N_b - n_b) / (N_b - 1) * (m / N_b - (vx + m^2) / N_b^2)`, `m =
/// n_a K / N_a`, `vx = n_a p (1 - p) (N_a - n_a) / (N_a - 1)`, `p = K / N_a`. The ends are those K whose tail holds
/// `(1 - level) / 2`, by the binomial of the same mean and variance (Clopper & Pearson's inversion): Poisson for small
/// fractions, exact for whole lists.
/// Inputs: `hits`, a count of at most both `held`; `level`, 0..1. Output: people, 0 up to the smaller audience.
/// Cost: O(1), about 100 evaluations of the incomplete beta function. Source: two-stage hypergeometric draw; Clopper &
/// Pearson 1934, Biometrika 26; the binomial in place of the exact distribution is our own choice, tried by
/// simulation.
///
/// ```
/// use engine::matching::audience::sampled::{Drawn, shared_people};
/// let drawn = Drawn { held: 5_000, people: 60_000 };
/// let found = shared_people(167, drawn, drawn, model::Ratio::new(0.9).unwrap());
/// assert!((found.value.unwrap() - 24_048.0).abs() < 1e-6);
/// assert!(found.lo < 24_000.0 && 24_000.0 < found.hi);
/// ```
pub fn shared_people(hits: u64, a: Drawn, b: Drawn, level: Ratio) -> Found {
    let (f_a, f_b) = (a.fraction(), b.fraction());
    if f_a >= 1.0 && f_b >= 1.0 || a.people == 0 || b.people == 0 {
        return Found::exactly(hits);
    }
    let least = hits as f64;
    let mut most = a.people.min(b.people) as f64;
    if f_b >= 1.0 {
        most = most.min((a.people - (a.held - hits)) as f64);
    }
    if f_a >= 1.0 {
        most = most.min((b.people - (b.held - hits)) as f64);
    }
    if f_a <= 0.0 || f_b <= 0.0 {
        return Found { value: None, lo: 0.0, hi: most };
    }
    let (n_a, n_b, people_a, people_b) = (a.held as f64, b.held as f64, a.people as f64, b.people as f64);
    let moments = |shared: f64| {
        let share = shared / people_a;
        let in_a = n_a * share;
        let spread_in_a = in_a * (1.0 - share).max(0.0) * (people_a - n_a) / (people_a - 1.0).max(1.0);
        let mixed = (in_a / people_b - (spread_in_a + in_a * in_a) / (people_b * people_b)).max(0.0);
        let in_b = n_b * (people_b - n_b) / (people_b - 1.0).max(1.0) * mixed;
        Moments { mean: in_a * f_b, variance: f_b * f_b * spread_in_a + in_b }
    };
    let (lo, hi) = inverted(hits, least, most, level, moments);
    Found::within(hits as f64 / (f_a * f_b), lo, hi, least, most)
}

/// Mean and variance of a count.
pub(super) struct Moments {
    pub mean: f64,
    pub variance: f64,
}

impl Moments {
    /// The chance of at least `count` under the binomial of this mean and variance.
    fn at_least(&self, count: u64) -> f64 {
        const POISSON_BELOW: f64 = 1e-7;
        if count == 0 {
            return 1.0;
        }
        let count = count as f64;
        let chance = 1.0 - self.variance / self.mean.max(f64::MIN_POSITIVE);
        if self.mean <= 0.0 {
            return 0.0;
        }
        if self.variance <= 1e-9 || chance >= 1.0 - 1e-12 {
            return f64::from(u8::from(self.mean >= count - 1e-6));
        }
        if chance < POISSON_BELOW {
            return gamma_lr(count, self.mean);
        }
        let left = self.mean / chance - count + 1.0;
        if left <= 0.0 { 0.0 } else { beta_reg(count, left, chance) }
    }
}

/// Both ends of what makes `hits` likely enough, within `least..=most`; the mean grows with it.
pub(super) fn inverted(hits: u64, least: f64, most: f64, level: Ratio, moments: impl Fn(f64) -> Moments) -> (f64, f64) {
    let tail = (1.0 - level.value()) / 2.0;
    let search = |is_below: &dyn Fn(f64) -> bool| {
        let (mut lo, mut hi) = (least, most);
        for _ in 0..48 {
            let middle = lo / 2.0 + hi / 2.0;
            if is_below(middle) { lo = middle } else { hi = middle }
        }
        lo / 2.0 + hi / 2.0
    };
    let lo = if hits == 0 { least } else { search(&|shared| moments(shared).at_least(hits) < tail) };
    let hi = search(&|shared| 1.0 - moments(shared).at_least(hits + 1) > tail);
    // An end that the last step left beside the border is the border.
    let snapped = |end: f64, border: f64| if (end - border).abs() < 1e-6 * (1.0 + border) { border } else { end };
    (snapped(lo, least), snapped(hi, most))
}

/// Rows of a sample alike in weight.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Weighed {
    /// What one of them stands for.
    pub weight: f64,
    /// The chance that such a person was seen so, 0..=1.
    pub chance: f64,
    pub people: u64,
}

/// A sum of weights of people who were each seen by chance, with its ends.
///
/// Formula: `y = sum w`, `v = sum w^2 (1 - chance)`; lower end `v/y G(tail; y^2/v)`, upper end the same of `y + w*`,
/// `v + w*^2`, with G the gamma quantile and `w*` the weight of one more person not seen (`unseen`). Output: 0 and up.
/// Cost: O(rows).
/// Source: Fay & Feuer 1997, Statistics in Medicine 16; the factor `1 - chance` is ours: whoever is surely seen adds
/// no doubt.
pub(super) fn weighted_sum(rows: &[Weighed], unseen: Weighed, level: Ratio) -> Found {
    let tail = (1.0 - level.value()) / 2.0;
    let sum: f64 = rows.iter().map(|row| row.weight * row.people as f64).sum();
    let spread_of = |row: &Weighed| row.weight * row.weight * (1.0 - row.chance).max(0.0) * row.people as f64;
    let variance: f64 = rows.iter().map(spread_of).sum();
    let end = |sum: f64, variance: f64, at: f64| match () {
        () if !variance.is_finite() => f64::INFINITY,
        () if variance <= 1e-12 * sum * sum => sum,
        () => variance / sum * gamma_quantile(sum * sum / variance, at),
    };
    let more = spread_of(&unseen);
    let (more_sum, more_variance) = if more > 0.0 { (sum + unseen.weight, variance + more) } else { (sum, variance) };
    Found { value: Some(sum), lo: end(sum, variance, tail), hi: end(more_sum, more_variance, 1.0 - tail) }
}

/// Quantile of the gamma distribution of scale 1.
///
/// Halving up to shape 200, above it Wilson & Hilferty 1931 (relative error there below 0.0001).
fn gamma_quantile(shape: f64, probability: f64) -> f64 {
    if shape > 200.0 {
        let level = Ratio::new((2.0 * probability - 1.0).abs()).expect("a probability gives a level");
        let z = two_sided_z(level).copysign(probability - 0.5);
        return shape * (1.0 - 1.0 / (9.0 * shape) + z / (3.0 * shape.sqrt())).powi(3);
    }
    let (mut lo, mut hi) = (0.0, 4.0 * shape + 40.0);
    for _ in 0..60 {
        let middle = (lo + hi) / 2.0;
        if gamma_lr(shape, middle) < probability { lo = middle } else { hi = middle }
    }
    (lo + hi) / 2.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::intervals::poisson_interval;
    use crate::random::Sequence;
    use proptest::prelude::*;
    use statrs::function::factorial::ln_binomial;

    fn level() -> Ratio {
        Ratio::new(0.9).expect("a level")
    }

    /// Hits of two draws without repetition when the first `shared` people of both audiences are the same.
    fn draw(sequence: &mut Sequence, shared: u64, a: Drawn, b: Drawn) -> u64 {
        let mut hypergeometric = |people: u64, marked: u64, held: u64| {
            // The smaller of the two sides is walked through one by one.
            let (mut left, mut marked_left, mut found) = (people, marked, 0);
            for _ in 0..held {
                let is_marked = sequence.uniform() * (left as f64) < marked_left as f64;
                found += u64::from(is_marked);
                marked_left -= u64::from(is_marked);
                left -= 1;
            }
            found
        };
        let in_a = hypergeometric(a.people, shared, a.held);
        // Those of A's sample among B's sample: draw B's sample and mark them.
        hypergeometric(b.people, in_a, b.held)
    }

    #[test]
    fn the_interval_of_shared_people_holds_the_truth_nine_times_in_ten() {
        let drawn = |held, people| Drawn { held, people };
        let even = drawn(5_000, 60_000);
        let cases = [
            (even, even, 0.4),
            (even, even, 0.0),
            (even, even, 0.05),
            (even, even, 0.9),
            (drawn(2_000, 20_000), drawn(6_000, 200_000), 0.4),
            (drawn(500, 1_000), drawn(800, 1_000), 0.9),
            (drawn(1_000, 50_000), drawn(9_000, 9_000), 0.1),
            (drawn(300, 90_000), drawn(300, 90_000), 0.4),
        ];
        let mut sequence = Sequence::new(4, 1);
        for (a, b, share) in cases {
            let shared = (share * a.people.min(b.people) as f64).round();
            let runs = 500;
            let (mut held, mut mean) = (0, 0.0);
            for _ in 0..runs {
                let found = shared_people(draw(&mut sequence, shared as u64, a, b), a, b, level());
                held += u32::from(found.lo <= shared && shared <= found.hi);
                mean += found.value.expect("both sides were drawn from") / f64::from(runs);
            }
            let covered = f64::from(held) / f64::from(runs);
            println!("{a:?} {b:?} share {share}: 90 % interval covered {covered:.3}, mean {mean:.0} of {shared}");
            assert!(covered >= 0.88, "{a:?} {b:?} {share}: {covered}");
            // Where hardly one hit is due, values are cut at the smaller audience and their mean says nothing.
            let is_hit_often = shared * a.fraction() * b.fraction() > 5.0;
            assert!(!is_hit_often || (mean - shared).abs() <= 0.06 * shared, "{mean} is not near {shared}");
        }
    }

    #[test]
    fn with_one_list_whole_the_interval_covers_its_level_by_the_exact_distribution_too() {
        // Every number of hits that can be seen, weighed by its hypergeometric chance: no simulation.
        for (people, held, shared) in
            [(6_000, 600, 4_500), (6_000, 600, 300), (6_000, 1_200, 4_500), (6_000, 600, 10), (60_000, 5_000, 24_000)]
        {
            let (a, b) = (Drawn { held, people }, Drawn { held: people, people });
            let all = ln_binomial(people, held);
            let covered: f64 = (held.saturating_sub(people - shared)..=held.min(shared))
                .map(|hits| {
                    let chance = ln_binomial(shared, hits) + ln_binomial(people - shared, held - hits) - all;
                    let found = shared_people(hits, a, b, level());
                    let is_held = found.lo <= shared as f64 + 1e-6 && shared as f64 <= found.hi + 1e-6;
                    if is_held { chance.exp() } else { 0.0 }
                })
                .sum();
            println!("{held} of {people} drawn, {shared} shared: covered {covered:.4}");
            assert!((0.9..=1.0 + 1e-6).contains(&covered), "{people} {held} {shared}: {covered}");
        }
    }

    #[test]
    fn the_overlap_as_seen_lies_far_outside_the_interval() {
        // 40 % shared; the samples themselves share about 3 %.
        let drawn = Drawn { held: 5_000, people: 60_000 };
        let found = shared_people(167, drawn, drawn, level());
        let as_seen = 167.0 / 5_000.0 * 60_000.0;
        assert!(as_seen < 0.1 * found.lo, "{found:?}");
    }

    #[test]
    fn no_hit_is_no_proof_of_none_and_small_fractions_give_garwoods_interval() {
        let few = Drawn { held: 10_000, people: 1_000_000 };
        let none = shared_people(0, few, few, level());
        assert_eq!((none.value, none.lo), (Some(0.0), 0.0));
        assert!((none.hi / 1e4 - poisson_interval(0, level()).hi).abs() < 0.05, "{none:?}");
        let some = shared_people(10, few, few, level()).through(|people| people / 1e4);
        let garwood = poisson_interval(10, level());
        assert!((some.lo - garwood.lo).abs() < 0.1 && (some.hi - garwood.hi).abs() < 0.2, "{some:?} {garwood:?}");
    }

    #[test]
    fn equal_weights_give_garwoods_interval_and_sure_people_no_doubt() {
        let row = |weight, chance, people| Weighed { weight, chance, people };
        let seen = weighted_sum(&[row(3.0, 0.0, 10)], row(3.0, 0.0, 1), level());
        let garwood = poisson_interval(10, level());
        assert!((seen.lo / 3.0 - garwood.lo).abs() < 1e-6 && (seen.hi / 3.0 - garwood.hi).abs() < 1e-6);
        let sure = weighted_sum(&[row(1.0, 1.0, 10)], row(1.0, 1.0, 1), level());
        assert_eq!(sure, Found::exactly(10));
        let many = weighted_sum(&[row(1.0, 0.0, 900)], row(1.0, 0.0, 1), level());
        let garwood = poisson_interval(900, level());
        assert!((many.lo / garwood.lo - 1.0).abs() < 1e-3 && (many.hi / garwood.hi - 1.0).abs() < 1e-3);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(100))]
        #[test]
        fn the_value_lies_in_its_interval_and_the_sides_may_be_swapped(
            people_a in 0_u64..5_000, people_b in 0_u64..5_000, part_a in 0.01_f64..1.0, part_b in 0.01_f64..1.0,
            hit in 0.0_f64..1.0,
        ) {
            let drawn = |people: u64, part: f64| Drawn { held: ((people as f64 * part).ceil() as u64).min(people), people };
            let (a, b) = (drawn(people_a, part_a), drawn(people_b, part_b));
            let hits = (hit * a.held.min(b.held) as f64).floor() as u64;
            let found = shared_people(hits, a, b, level());
            let value = found.value.expect("both sides were drawn from");
            prop_assert!(hits as f64 <= found.lo && found.lo <= value && value <= found.hi);
            prop_assert!(found.hi <= people_a.min(people_b) as f64 + 1e-9);
            let swapped = shared_people(hits, b, a, level());
            prop_assert!((found.hi - swapped.hi).abs() <= 0.02 * found.hi + 1.0, "{found:?} {swapped:?}");
        }
    }
}
