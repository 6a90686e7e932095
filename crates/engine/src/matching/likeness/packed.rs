//! A creator's direction in 64 bytes, so that a million creators are compared in one pass.

use rayon::prelude::*;

/// Numbers of a packed direction; shorter ones end in zeros.
pub const PACKED_DIMS: usize = 64;
/// What 1 is packed as.
const ONE: f32 = 127.0;
/// Rows read by one thread at a time.
const BLOCK: usize = 8_192;

/// A direction of length 1, each of its 64 numbers in steps of 1/127. All zeros: nothing is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Packed(pub [i8; PACKED_DIMS]);

/// One creator that is alike.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Alike {
    /// Place in the list that was searched.
    pub place: usize,
    /// Cosine, above 0 to 1; comparable within one fit of the word vectors.
    pub similarity: f32,
    /// 1 is the most alike.
    pub rank: usize,
}

impl Packed {
    pub const NOTHING_KNOWN: Packed = Packed([0; PACKED_DIMS]);

    pub fn is_known(&self) -> bool {
        self.0 != [0; PACKED_DIMS]
    }

    /// The bytes to keep, and back again with [`Packed::from_bytes`].
    pub fn to_bytes(self) -> [u8; PACKED_DIMS] {
        self.0.map(i8::cast_unsigned)
    }

    pub fn from_bytes(bytes: [u8; PACKED_DIMS]) -> Packed {
        Packed(bytes.map(u8::cast_signed))
    }

    pub(super) fn unpacked(&self) -> [f32; PACKED_DIMS] {
        self.0.map(|value| f32::from(value) / ONE)
    }
}

/// Packs a direction of at most 64 numbers, any length, finite; numbers beyond the 64th are left out, and all zeros stay
/// all zeros. Similarity after packing is off by about 0.003.
pub fn pack(direction: &[f32]) -> Packed {
    let kept = &direction[..direction.len().min(PACKED_DIMS)];
    let length = kept.iter().map(|value| value * value).sum::<f32>().sqrt();
    let mut packed = Packed::NOTHING_KNOWN;
    if length > 0.0 && length.is_finite() {
        packed.0.iter_mut().zip(kept).for_each(|(to, value)| *to = (value / length * ONE).round() as i8);
    }
    packed
}

/// The cosine of two packed directions, -1..=1.
pub fn similarity_packed(one: &Packed, other: &Packed) -> f32 {
    as_cosine(products(&one.0.map(i16::from), &other.0))
}

fn as_cosine(products: i32) -> f32 {
    (products as f32 / (ONE * ONE)).clamp(-1.0, 1.0)
}

/// Sums of at most 64 * 127 * 127 fit easily; without checks for overflow the loop is done on many numbers at once.
#[inline]
fn products(wide: &[i16; PACKED_DIMS], other: &[i8; PACKED_DIMS]) -> i32 {
    let mut sum = 0i32;
    for place in 0..PACKED_DIMS {
        sum = sum.wrapping_add(i32::from(wide[place]).wrapping_mul(i32::from(other[place])));
    }
    sum
}

/// The `count` creators whose topics are most like those of one, best first, equals in the order of the list.
///
/// `of` is the creator's own direction, `all` the list to search, `except` places of it that are not to be found, such as
/// the creator's own. Who shares no direction (cosine 0 or below, nothing known) is left out.
/// Cost `O(creators * 64)` on all cores.
pub fn alike_by_topics(of: &Packed, all: &[Packed], except: &[usize], count: usize) -> Vec<Alike> {
    if count == 0 {
        return vec![];
    }
    let wide = of.0.map(i16::from);
    let best_of = |(block, rows): (usize, &[Packed])| {
        let mut best: Vec<(i32, usize)> = vec![];
        let mut least = 0;
        for (place, row) in rows.iter().enumerate() {
            let products = products(&wide, &row.0);
            if products > least && !except.contains(&(block * BLOCK + place)) {
                best.push((products, block * BLOCK + place));
                if best.len() >= 2 * count + 64 {
                    keep_best(&mut best, count);
                    least = best[count - 1].0;
                }
            }
        }
        keep_best(&mut best, count);
        best
    };
    let blocks: Vec<Vec<(i32, usize)>> = all.par_chunks(BLOCK).enumerate().map(best_of).collect();
    let mut best: Vec<(i32, usize)> = blocks.concat();
    keep_best(&mut best, count);
    let alike = |(place, (products, row)): (usize, &(i32, usize))| Alike {
        place: *row,
        similarity: as_cosine(*products),
        rank: place + 1,
    };
    best.iter().enumerate().map(alike).collect()
}

fn keep_best(best: &mut Vec<(i32, usize)>, count: usize) {
    best.sort_unstable_by_key(|(products, place)| (std::cmp::Reverse(*products), *place));
    best.truncate(count);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Sequence;

    fn directions(count: usize, seed: u64) -> Vec<Vec<f32>> {
        let mut chance = Sequence::new(seed, 1);
        (0..count).map(|_| (0..PACKED_DIMS).map(|_| chance.normal() as f32).collect()).collect()
    }

    fn cosine(one: &[f32], other: &[f32]) -> f32 {
        let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
        dot(one, other) / (dot(one, one) * dot(other, other)).sqrt()
    }

    #[test]
    fn packing_hardly_changes_a_similarity() {
        let all = directions(400, 1);
        let off = all
            .windows(2)
            .map(|two| (cosine(&two[0], &two[1]) - similarity_packed(&pack(&two[0]), &pack(&two[1]))).abs());
        let off: Vec<f32> = off.collect();
        let (most, mean) = (off.iter().copied().fold(0.0, f32::max), off.iter().sum::<f32>() / off.len() as f32);
        assert!(most < 0.015 && mean < 0.004, "{most} {mean}");
    }

    #[test]
    fn those_found_are_those_a_full_sort_gives_however_many_threads() {
        let packed: Vec<Packed> = directions(20_000, 2).iter().map(|row| pack(row)).collect();
        let found = alike_by_topics(&packed[7], &packed, &[7], 300);
        let mut sorted: Vec<(f32, usize)> = packed
            .iter()
            .enumerate()
            .filter(|(place, _)| *place != 7)
            .map(|(place, row)| (similarity_packed(&packed[7], row), place))
            .collect();
        sorted.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        let expected: Vec<usize> = sorted[..300].iter().map(|(_, place)| *place).collect();
        assert_eq!(found.iter().map(|alike| alike.place).collect::<Vec<_>>(), expected);
        assert!(found.iter().enumerate().all(|(place, alike)| alike.rank == place + 1));
        let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("a pool of one thread");
        assert_eq!(pool.install(|| alike_by_topics(&packed[7], &packed, &[7], 300)), found);
    }

    #[test]
    fn whoever_nothing_is_known_of_is_like_nobody() {
        let row = pack(&[1.0, 0.0]);
        assert_eq!(pack(&[0.0; 64]), Packed::NOTHING_KNOWN);
        assert!(alike_by_topics(&row, &[Packed::NOTHING_KNOWN, pack(&[-1.0])], &[], 5).is_empty());
        assert!(alike_by_topics(&Packed::NOTHING_KNOWN, &[row], &[], 5).is_empty());
        assert_eq!(Packed::from_bytes(row.to_bytes()), row);
    }
}
