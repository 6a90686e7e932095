//! Chance that can be repeated: the n-th throw of a named die is always the same, on every machine.
//!
//! Counter-based, so nothing has to be remembered between throws and any part of a world can be made alone. The
//! exponential and the logarithm are written out here because the ones of the operating system differ in their
//! last bit between machines, and a world must be the same bytes everywhere.

const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;

fn mix(mut x: u64) -> u64 {
    x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    x ^ (x >> 31)
}

fn step(key: u64, index: u64) -> u64 {
    mix(key.wrapping_add(index.wrapping_add(1).wrapping_mul(GOLDEN)))
}

fn to_uniform(raw: u64) -> f64 {
    (raw >> 11) as f64 / (1u64 << 53) as f64
}

/// What a stream of chance is for; each purpose has its own, so adding one disturbs no other.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Purpose {
    Groups = 1,
    People = 2,
    Listening = 3,
    Mischief = 4,
    Growth = 5,
    Posts = 6,
    Metrics = 7,
    Talk = 8,
    Answers = 9,
    Names = 10,
    Prices = 11,
    Outcomes = 12,
    Posters = 13,
    Charm = 14,
    Comments = 15,
    Series = 16,
}

/// One stream of chance.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stream {
    key: u64,
}

impl Stream {
    pub(crate) fn new(seed: u64, purpose: Purpose) -> Stream {
        Stream::numbered(seed, purpose as u64)
    }

    pub(crate) fn numbered(seed: u64, number: u64) -> Stream {
        let start = seed.wrapping_mul(1_000_003).wrapping_add(number).wrapping_add(GOLDEN);
        Stream { key: mix(start) }
    }

    pub(crate) fn raw(self, index: u64) -> u64 {
        step(self.key, index)
    }

    /// Evenly spread in 0..1.
    pub(crate) fn uniform(self, index: u64) -> f64 {
        to_uniform(self.raw(index))
    }

    /// Dice of their own for one thing (an account, a comment), to be thrown as often as needed.
    pub(crate) fn dice(self, index: u64) -> Dice {
        Dice { key: self.raw(index), thrown: 0 }
    }
}

/// Dice that belong to one thing.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Dice {
    key: u64,
    thrown: u64,
}

impl Dice {
    pub(crate) fn raw(&mut self) -> u64 {
        self.thrown += 1;
        step(self.key, self.thrown - 1)
    }

    pub(crate) fn uniform(&mut self) -> f64 {
        to_uniform(self.raw())
    }

    pub(crate) fn between(&mut self, from: f64, to: f64) -> f64 {
        from + (to - from) * self.uniform()
    }

    pub(crate) fn chance(&mut self, probability: f64) -> bool {
        self.uniform() < probability
    }

    /// A whole number in `0..end`.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        ((u128::from(self.raw()) * end as u128) >> 64) as usize
    }

    pub(crate) fn choose<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }

    pub(crate) fn word(&mut self, from: &[&'static str]) -> &'static str {
        from[self.below(from.len())]
    }

    /// Nearly normal with mean 0 and standard deviation 1: twelve even throws, minus six.
    pub(crate) fn normal(&mut self) -> f64 {
        let mut sum = 0u64;
        for _ in 0..3 {
            let raw = self.raw();
            sum += (raw & 0xffff) + ((raw >> 16) & 0xffff) + ((raw >> 32) & 0xffff) + (raw >> 48);
        }
        (sum as f64 + 6.0) / 65_536.0 - 6.0
    }

    pub(crate) fn log_normal(&mut self, median: f64, sigma: f64) -> f64 {
        median * exp(sigma * self.normal())
    }

    /// Truncated power law by inversion: many near `lo`, few near `hi`.
    pub(crate) fn power_law(&mut self, lo: f64, hi: f64, exponent: f64) -> f64 {
        let rest = 1.0 - exponent;
        let (low, high) = (power(lo, rest), power(hi, rest));
        power(low + self.uniform() * (high - low), 1.0 / rest)
    }
}

/// 1/n! for n from 0 to 13.
const ONE_BY_FACTORIAL: [f64; 14] = {
    let mut shares = [1.0; 14];
    let mut n = 1;
    while n < 14 {
        shares[n] = shares[n - 1] / n as f64;
        n += 1;
    }
    shares
};

/// 1/(2n + 1) for n from 0 to 9.
const ONE_BY_ODD: [f64; 10] = {
    let mut shares = [1.0; 10];
    let mut n = 1;
    while n < 10 {
        shares[n] = 1.0 / (2 * n + 1) as f64;
        n += 1;
    }
    shares
};

/// e to the power of x, from the basic operations alone.
pub(crate) fn exp(x: f64) -> f64 {
    let x = x.clamp(-700.0, 700.0);
    let scaled = x * std::f64::consts::LOG2_E;
    let doublings = (scaled + if scaled < 0.0 { -0.5 } else { 0.5 }) as i64 as f64;
    let rest = (x - doublings * 0.693_147_180_369_123_8) - doublings * 1.908_214_929_270_587_7e-10;
    let sum = ONE_BY_FACTORIAL.iter().rev().fold(0.0, |sum, share| sum * rest + share);
    sum * f64::from_bits(((1023 + doublings as i64) as u64) << 52)
}

/// The natural logarithm of a positive, ordinary number, from the basic operations alone.
pub(crate) fn ln(x: f64) -> f64 {
    let bits = x.to_bits();
    let mut doublings = ((bits >> 52) & 0x7ff) as i64 - 1023;
    let mut mantissa = f64::from_bits((bits & 0x000f_ffff_ffff_ffff) | (1023 << 52));
    if mantissa > std::f64::consts::SQRT_2 {
        mantissa /= 2.0;
        doublings += 1;
    }
    let s = (mantissa - 1.0) / (mantissa + 1.0);
    let square = s * s;
    let sum = ONE_BY_ODD.iter().rev().fold(0.0, |sum, share| sum * square + share);
    2.0 * s * sum + doublings as f64 * std::f64::consts::LN_2
}

/// `base` to the power of `exponent`; `base` must be positive.
pub(crate) fn power(base: f64, exponent: f64) -> f64 {
    exp(exponent * ln(base))
}

/// Draws from many people in proportion to their weight in one step (Walker 1977, Vose 1991). Several tables may
/// lie behind each other in one allocation, one per group.
#[derive(Clone, Debug, Default)]
pub(crate) struct AliasTables {
    slots: Vec<AliasSlot>,
}

#[derive(Clone, Copy, Debug)]
struct AliasSlot {
    keep: f32,
    other: u32,
}

impl AliasTables {
    pub(crate) fn of(weights: &[f64]) -> AliasTables {
        let mut tables = AliasTables::default();
        tables.append(weights);
        tables
    }

    /// Adds one table behind the others.
    pub(crate) fn append(&mut self, weights: &[f64]) {
        let start = self.slots.len();
        let total: f64 = weights.iter().sum();
        let scale = if total > 0.0 { weights.len() as f64 / total } else { 0.0 };
        let mut shares: Vec<f64> = weights.iter().map(|weight| weight * scale).collect();
        self.slots.extend((0..weights.len()).map(|own| AliasSlot { keep: 1.0, other: own as u32 }));
        let (mut small, mut large): (Vec<usize>, Vec<usize>) = (0..shares.len()).partition(|&own| shares[own] < 1.0);
        while let (Some(&poor), Some(&rich)) = (small.last(), large.last()) {
            small.pop();
            self.slots[start + poor] = AliasSlot { keep: shares[poor] as f32, other: rich as u32 };
            shares[rich] -= 1.0 - shares[poor];
            if shares[rich] < 1.0 {
                large.pop();
                small.push(rich);
            }
        }
    }

    /// A position within `range`, which must be one appended table.
    pub(crate) fn draw(&self, range: std::ops::Range<usize>, dice: &mut Dice) -> usize {
        let raw = dice.raw();
        let own = (((raw >> 32) * range.len() as u64) >> 32) as usize;
        let slot = self.slots[range.start + own];
        let keep = ((raw & 0xffff_ffff) as f64 / 4_294_967_296.0) < f64::from(slot.keep);
        range.start + if keep { own } else { slot.other as usize }
    }

    pub(crate) fn bytes(&self) -> usize {
        self.slots.capacity() * size_of::<AliasSlot>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_throws_come_out() {
        let stream = Stream::numbered(1, 1);
        assert_eq!(
            [stream.raw(0), stream.raw(1), stream.raw(2)],
            [0x8fb8_e0a7_22f8_9202, 0x533a_a2ea_d957_c68f, 0x9171_96ff_4542_5eea]
        );
        assert!((stream.uniform(0) - 0.561_414_76).abs() < 1e-8);
        let other = Stream::numbered(1, 7);
        assert_eq!([other.raw(0), other.raw(1)], [0x7f2d_cc71_ff60_a76f, 0xbcb8_ebc5_bcef_701a]);
    }

    #[test]
    fn the_own_exponential_and_logarithm_agree_with_the_usual_ones() {
        for step in -200..200 {
            let x = f64::from(step) * 0.37;
            assert!((exp(x) / x.exp() - 1.0).abs() < 1e-13, "exp({x})");
            assert!((ln(x.exp()) - x).abs() < 1e-12, "ln(exp({x}))");
        }
    }

    #[test]
    fn normal_throws_have_mean_zero_and_spread_one() {
        let mut dice = Stream::new(3, Purpose::Talk).dice(0);
        let throws: Vec<f64> = (0..20_000).map(|_| dice.normal()).collect();
        let mean = throws.iter().sum::<f64>() / 20_000.0;
        let variance = throws.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / 20_000.0;
        assert!(mean.abs() < 0.03 && (variance - 1.0).abs() < 0.05, "{mean} {variance}");
    }

    #[test]
    fn an_alias_table_draws_in_proportion_and_stays_in_its_range() {
        let mut tables = AliasTables::default();
        tables.append(&[1.0, 1.0]);
        tables.append(&[1.0, 3.0, 0.0]);
        let mut dice = Stream::new(1, Purpose::Groups).dice(5);
        let mut hits = [0usize; 5];
        for _ in 0..40_000 {
            hits[tables.draw(2..5, &mut dice)] += 1;
        }
        assert_eq!((hits[0], hits[1], hits[4]), (0, 0, 0));
        assert!((hits[3] as f64 / hits[2] as f64 - 3.0).abs() < 0.2, "{hits:?}");
    }
}
