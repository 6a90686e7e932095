//! How far the audiences of every two creators overlap, always with what it is divided by.

use model::{Estimate, Explanation, Unit};
use rayon::prelude::*;
use serde::Serialize;

use super::bounds::shared_bounds;
use super::combined::{CombinedAudience, combined_counted};
use super::sampled::{Drawn, shared_people};
use super::sketch::{Sketch, shared_by_sketch, sketches};
use super::{
    AUDIENCE_VERSION, AudienceError, AudienceKnown, AudienceSettings, AudienceWarning, Found, Rung, Shown, checked,
    default_level, exact, people_of, warnings,
};

/// The overlap of two audiences of a set.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct PairOverlap {
    /// Places of the set, `first < second`.
    pub first: usize,
    pub second: usize,
    /// People in both.
    pub shared: Estimate,
    /// `shared` over the smaller audience, 0..=1.
    pub over_smaller: Estimate,
    /// `shared` over the people in either, 0..=1.
    pub jaccard: Estimate,
    pub rung: Rung,
}

/// The overlaps of every two of a set's audiences.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct OverlapMatrix {
    pub creators: usize,
    /// First with second, first with third, and so on.
    pub pairs: Vec<PairOverlap>,
    /// The worst of the pairs.
    pub rung: Rung,
    pub warnings: Vec<AudienceWarning>,
}

impl OverlapMatrix {
    /// The overlap of two creators in either order; `None` for one with itself or places outside the set.
    pub fn of(&self, a: usize, b: usize) -> Option<&PairOverlap> {
        let (first, second) = (a.min(b), a.max(b));
        if first == second || second >= self.creators {
            return None;
        }
        self.pairs.get(first * (2 * self.creators - first - 1) / 2 + second - first - 1)
    }
}

/// How far every two audiences of a set overlap.
///
/// Formulas: `shared = |A and B|`, `over_smaller = shared / min(|A|, |B|)`, `jaccard = shared / (|A| + |B| - shared)`;
/// all three grow with `shared`, so their ends are those of `shared`. That is counted for two whole lists, or by
/// [`shared_by_sketch`] where the set's ids are more than `exact_ids_max` and neither of the two is short; scaled by
/// both fractions for samples ([`shared_people`]); and has ends without a value where one audience is known by size
/// alone.
/// Inputs: 2 to 64 audiences. Output: people and shares; a share is not known where an audience has nobody.
/// Errors: [`AudienceError`]. Cost: exact O(ids log 65536 + people * lists a person^2), on all cores.
/// Source: Jaccard 1901; overlap coefficient, Szymkiewicz 1934 and Simpson 1943.
///
/// ```
/// use engine::matching::audience::*;
/// let set = [AudienceKnown::Complete(&[1, 2, 3]), AudienceKnown::Complete(&[3, 4])];
/// let found = overlap_matrix(&set, &AudienceSettings::default()).unwrap();
/// let pair = found.of(1, 0).unwrap();
/// assert_eq!((pair.over_smaller.value, pair.jaccard.value), (Some(0.5), Some(0.25)));
/// ```
pub fn overlap_matrix(set: &[AudienceKnown<'_>], settings: &AudienceSettings) -> Result<OverlapMatrix, AudienceError> {
    let plain = checked(set, 2, settings)?;
    Ok(matrix(&Held::of(&plain, settings), settings, warnings(set)))
}

/// The combined audience of a set and its overlaps, as [`combined_audience`](super::combined_audience) and
/// [`overlap_matrix`] give them.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct AudiencesTogether {
    pub combined: CombinedAudience,
    pub overlaps: OverlapMatrix,
}

/// The combined audience and the overlaps of 2 to 64 creators, whole lists counted once for both. Errors:
/// [`AudienceError`].
pub fn audiences_together(
    set: &[AudienceKnown<'_>],
    settings: &AudienceSettings,
) -> Result<AudiencesTogether, AudienceError> {
    let plain = checked(set, 2, settings)?;
    let held = Held::of(&plain, settings);
    let combined = combined_counted(&plain, held.counts.as_ref(), settings, warnings(set));
    Ok(AudiencesTogether { combined, overlaps: matrix(&held, settings, warnings(set)) })
}

fn matrix(held: &Held<'_>, settings: &AudienceSettings, warnings: Vec<AudienceWarning>) -> OverlapMatrix {
    let plain = held.set;
    let places: Vec<(usize, usize)> =
        (0..plain.len()).flat_map(|first| (first + 1..plain.len()).map(move |second| (first, second))).collect();
    let pairs: Vec<PairOverlap> = places
        .into_par_iter()
        .map(|(first, second)| {
            let (rung, shared) = held.shared(first, second, settings);
            pair_overlap((first, second), rung, shared, settings, held)
        })
        .collect();
    let rung = pairs.iter().map(|pair| pair.rung).max().expect("two creators make a pair");
    OverlapMatrix { creators: plain.len(), pairs, rung, warnings }
}

/// What is needed to say how many people two of the set share.
struct Held<'a> {
    set: &'a [AudienceKnown<'a>],
    /// Of all lists and samples as they are; `None` where there are too many ids.
    counts: Option<exact::Counts>,
    /// Of whole lists that are too many to count; else empty.
    sketches: Vec<Sketch>,
}

impl<'a> Held<'a> {
    fn of(set: &'a [AudienceKnown<'a>], settings: &AudienceSettings) -> Held<'a> {
        let lists: Vec<&[i64]> = set.iter().map(AudienceKnown::ids).collect();
        let ids: usize = lists.iter().map(|ids| ids.len()).sum();
        if ids <= settings.exact_ids_max {
            return Held { set, counts: Some(exact::count(&lists)), sketches: vec![] };
        }
        Held { set, counts: None, sketches: sketches(&lists, settings.sketch_kept) }
    }

    /// Ids that both hold, as they are.
    fn hits(&self, first: usize, second: usize) -> u64 {
        match &self.counts {
            Some(counts) => counts.both(first, second),
            None => exact::shared(self.set[first].ids(), self.set[second].ids()),
        }
    }

    fn shared(&self, first: usize, second: usize, settings: &AudienceSettings) -> (Rung, Found) {
        let (a, b) = (self.set[first], self.set[second]);
        match (a, b) {
            (AudienceKnown::SizeOnly(_), _) | (_, AudienceKnown::SizeOnly(_)) => {
                (Rung::Bounds, shared_bounds(a.people(), b.people(), settings.universe_people))
            }
            (AudienceKnown::Complete(_), AudienceKnown::Complete(_)) => {
                let shorter = a.people().min(b.people());
                if self.counts.is_some() || shorter <= settings.sketch_kept as u64 {
                    return (Rung::Exact, Found::exactly(self.hits(first, second)));
                }
                (Rung::Sketch, shared_by_sketch(&self.sketches[first], &self.sketches[second], default_level()))
            }
            _ => {
                let drawn = |known: AudienceKnown<'_>| Drawn { held: known.ids().len() as u64, people: known.people() };
                (Rung::Samples, shared_people(self.hits(first, second), drawn(a), drawn(b), default_level()))
            }
        }
    }
}

const REASON: &str = "of one of the two only the size is known, so only ends can be given; import its people or a sample of \
                      them";

fn pair_overlap(
    (first, second): (usize, usize),
    rung: Rung,
    found: Found,
    settings: &AudienceSettings,
    held: &Held<'_>,
) -> PairOverlap {
    let set = held.set;
    let (a, b) = (&set[first], &set[second]);
    let shown = Shown::of(rung, &[a, b], settings);
    let mut shared = Explanation::leaf("people in both audiences", found.value, Unit::People);
    if rung == Rung::Samples {
        shared = shared.with_formula("hits / (fraction drawn of one * fraction drawn of the other)").with_parts(vec![
            Explanation::leaf("people in both samples", Some(held.hits(first, second) as f64), Unit::People),
            fraction_drawn(first, a),
            fraction_drawn(second, b),
        ]);
    }
    let sizes = [a.people(), b.people()];
    let share = |method: &str, words: &str, under: Explanation, of: &dyn Fn(f64) -> f64| {
        if sizes.contains(&0) {
            let reason = "one of the two audiences has nobody in it; import its people";
            return Estimate::not_known(Unit::Share, method, shown.held, super::HELD, reason);
        }
        let formula = format!("{method} v{AUDIENCE_VERSION}, {}", rung.words());
        let ratio = Explanation::ratio(words, Unit::Share, shared.clone(), under).with_formula(formula);
        shown.estimate(found.through(of), method, ratio, REASON)
    };
    let smaller = if sizes[0] <= sizes[1] { first } else { second };
    let smaller_people = set[smaller].people();
    let sum = (sizes[0] + sizes[1]) as f64;
    let either = match found.value {
        Some(value) => {
            let again = Explanation::leaf("counted twice", Some(-value), Unit::People);
            let parts = vec![people_of(first, sizes[0]), people_of(second, sizes[1]), again];
            Explanation::sum("people in either audience", Unit::People, parts)
        }
        None => Explanation::leaf("people in either audience", None, Unit::People),
    };
    let over_smaller = share(
        "overlap_over_smaller",
        "of the smaller audience, in the other as well",
        people_of(smaller, smaller_people),
        &|count| count / smaller_people as f64,
    );
    let jaccard =
        share("overlap_jaccard", "of the people in either audience, in both", either, &|count| count / (sum - count));
    let formula = format!("shared_people v{AUDIENCE_VERSION}, {}", rung.words());
    let parts = shared.formula.is_none().then(|| shared.clone().with_formula(formula));
    let shared = shown.estimate(found, "shared_people", parts.unwrap_or_else(|| shared.clone()), REASON);
    PairOverlap { first, second, shared, over_smaller, jaccard, rung }
}

fn fraction_drawn(creator: usize, audience: &AudienceKnown<'_>) -> Explanation {
    let held = Explanation::leaf("people held", Some(audience.ids().len() as f64), Unit::People);
    let words = format!("fraction drawn of creator {}", creator + 1);
    Explanation::ratio(words, Unit::Share, held, people_of(creator, audience.people()))
}
