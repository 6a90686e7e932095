//! Chance that can be repeated: numbers drawn by (seed, purpose, index), so that every run gives the same answer.
//!
//! There is no generator state. The i-th number of a stream is a pure function of seed, stream and i, which is why
//! the number of threads, or the order in which they work, can never change a result.

const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;

/// The splitmix64 finaliser: scrambles 64 bits, one to one.
///
/// Source: Steele, Lea, Flood, "Fast splittable pseudorandom number generators" (2014).
pub fn mix(value: u64) -> u64 {
    let value = (value ^ (value >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    value ^ (value >> 31)
}

/// One sequence of random numbers: `seed` is the user's, `stream` says what the numbers are for.
///
/// `key = mix(seed * 1000003 + stream + G)`, `raw(i) = mix(key + (i + 1) * G)`, all wrapping.
///
/// ```
/// let draws = engine::random::Draws::new(1, 1);
/// assert_eq!(draws.raw(0), 0x8fb8_e0a7_22f8_9202);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Draws {
    key: u64,
}

impl Draws {
    pub fn new(seed: u64, stream: u64) -> Draws {
        Draws { key: mix(seed.wrapping_mul(1_000_003).wrapping_add(stream).wrapping_add(GOLDEN)) }
    }

    /// The i-th number, 64 random bits. Cost `O(1)`.
    pub fn raw(self, index: u64) -> u64 {
        mix(self.key.wrapping_add(index.wrapping_add(1).wrapping_mul(GOLDEN)))
    }

    /// The i-th number as a uniform in [0, 1).
    pub fn uniform(self, index: u64) -> f64 {
        (self.raw(index) >> 11) as f64 / (1u64 << 53) as f64
    }

    /// The i-th number as a whole number in `0..limit`; `limit` must be at least 1.
    pub fn below(self, index: u64, limit: usize) -> usize {
        ((u128::from(self.raw(index)) * limit as u128) >> 64) as usize
    }

    /// All of `0..total` in an order that chance decides. Cost `O(total log total)`.
    pub fn order(self, total: usize) -> Vec<usize> {
        let mut items: Vec<usize> = (0..total).collect();
        items.sort_by_key(|&item| (self.raw(item as u64), item));
        items
    }

    /// A sample of at most `count` of `0..total` without repetition, in ascending order.
    ///
    /// Every item gets the key `raw(item)`; the smallest keys are taken, so a larger sample contains a smaller one.
    /// Cost `O(total log total)`.
    pub fn sample(self, total: usize, count: usize) -> Vec<usize> {
        if count >= total {
            return (0..total).collect();
        }
        let mut items = self.order(total);
        items.truncate(count);
        items.sort_unstable();
        items
    }
}

/// Numbers of one stream taken one after the other, for draws that need an unknown number of them.
#[derive(Clone, Copy, Debug)]
pub struct Sequence {
    draws: Draws,
    next: u64,
}

impl Sequence {
    pub fn new(seed: u64, stream: u64) -> Sequence {
        Sequence { draws: Draws::new(seed, stream), next: 0 }
    }

    /// Uniform in [0, 1).
    pub fn uniform(&mut self) -> f64 {
        self.next += 1;
        self.draws.uniform(self.next - 1)
    }

    /// A whole number in `0..limit`; `limit` must be at least 1.
    pub fn below(&mut self, limit: usize) -> usize {
        self.next += 1;
        self.draws.below(self.next - 1, limit)
    }

    /// Normal with mean 0 and standard deviation 1 (Box & Muller 1958).
    pub fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.uniform()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.uniform()).cos()
    }

    /// Gamma with this shape above 0 and scale 1 (Marsaglia & Tsang 2000).
    pub fn gamma(&mut self, shape: f64) -> f64 {
        if shape < 1.0 {
            let smaller = (1.0 - self.uniform()).powf(1.0 / shape);
            return smaller * self.gamma(shape + 1.0);
        }
        let d = shape - 1.0 / 3.0;
        let c = 1.0 / (9.0 * d).sqrt();
        loop {
            let x = self.normal();
            let v = (1.0 + c * x).powi(3);
            let u = 1.0 - self.uniform();
            if v > 0.0 && u.ln() < 0.5 * x * x + d - d * v + d * v.ln() {
                return d * v;
            }
        }
    }

    /// Beta with these shapes above 0.
    pub fn beta(&mut self, a: f64, b: f64) -> f64 {
        let (x, y) = (self.gamma(a), self.gamma(b));
        x / (x + y)
    }

    /// Student's t with this many degrees of freedom.
    pub fn student_t(&mut self, freedom: f64) -> f64 {
        let normal = self.normal();
        normal / (2.0 * self.gamma(freedom / 2.0) / freedom).sqrt()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_are_the_published_ones() {
        let draws = Draws::new(1, 1);
        assert_eq!(
            [draws.raw(0), draws.raw(1), draws.raw(2)],
            [0x8fb8e0a722f89202, 0x533aa2ead957c68f, 0x917196ff45425eea]
        );
        for (index, expect) in [0.56141476, 0.32511347, 0.56813949].into_iter().enumerate() {
            assert!((draws.uniform(index as u64) - expect).abs() < 5e-9);
        }
        let other = Draws::new(1, 7);
        assert_eq!([other.raw(0), other.raw(1)], [0x7f2dcc71ff60a76f, 0xbcb8ebc5bcef701a]);
    }

    #[test]
    fn a_sample_has_no_repetition_and_a_larger_one_contains_it() {
        let draws = Draws::new(0, 3);
        let small = draws.sample(100, 10);
        let large = draws.sample(100, 40);
        assert_eq!(small.len(), 10);
        assert!(small.windows(2).all(|pair| pair[0] < pair[1]));
        assert!(small.iter().all(|item| large.contains(item)));
    }

    #[test]
    fn whole_numbers_stay_below_their_limit() {
        let draws = Draws::new(5, 2);
        assert!((0..1000).all(|index| draws.below(index, 7) < 7));
    }

    /// Mean and variance of 40,000 draws.
    fn moments(mut draw: impl FnMut() -> f64) -> (f64, f64) {
        let drawn: Vec<f64> = (0..40_000).map(|_| draw()).collect();
        let mean = drawn.iter().sum::<f64>() / drawn.len() as f64;
        (mean, drawn.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / drawn.len() as f64)
    }

    #[test]
    fn drawn_distributions_have_their_mean_and_variance() {
        let mut sequence = Sequence::new(9, 1);
        let (mean, variance) = moments(|| sequence.normal());
        assert!(mean.abs() < 0.02 && (variance - 1.0).abs() < 0.03, "{mean} {variance}");
        for shape in [0.5, 3.0, 40.0] {
            let (mean, variance) = moments(|| sequence.gamma(shape));
            assert!(
                (mean / shape - 1.0).abs() < 0.03 && (variance / shape - 1.0).abs() < 0.06,
                "{shape}: {mean} {variance}"
            );
        }
        let (mean, variance) = moments(|| sequence.beta(2.5, 7.5));
        assert!((mean - 0.25).abs() < 0.003 && (variance - 0.25 * 0.75 / 11.0).abs() < 0.001, "{mean} {variance}");
        let (mean, variance) = moments(|| sequence.student_t(8.0));
        assert!(mean.abs() < 0.03 && (variance - 8.0 / 6.0).abs() < 0.1, "{mean} {variance}");
    }
}
