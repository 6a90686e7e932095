//! Whether audiences put together are right: made-up creators whose shared followers are known, counted, sketched and
//! sampled.

use std::collections::BTreeSet;

use model::Estimate;
use serde::Serialize;

use super::{AudienceError, AudienceKnown, AudienceSettings, AudiencesTogether, audiences_together};
use crate::random::Draws;

const STREAM: u64 = 62;
/// Followers of a made-up creator that come from a circle shared with other creators.
const FROM_CIRCLE: f64 = 0.6;
/// Creators that share a circle.
const CREATORS_A_CIRCLE: usize = 5;

/// Made-up creators' followers, with what is true of them.
#[derive(Clone, PartialEq, Debug)]
pub struct MadeUpAudiences {
    /// One ascending list a creator.
    pub lists: Vec<Vec<i64>>,
    pub distinct: u64,
    /// People shared by every two, row by row; the diagonal holds sizes.
    shared: Vec<u64>,
}

impl MadeUpAudiences {
    /// People two creators share.
    pub fn shared(&self, a: usize, b: usize) -> u64 {
        self.shared[a * self.lists.len() + b]
    }

    /// The lists as whole audiences.
    pub fn whole(&self) -> Vec<AudienceKnown<'_>> {
        self.lists.iter().map(|ids| AudienceKnown::Complete(ids)).collect()
    }
}

/// Makes up creators in circles of five.
///
/// Every creator follows from three crowds: 60 % of its followers come from a crowd 1.5 times as large as one
/// audience, shared by its circle, 20 % from one twice as large shared by all, and the rest from nobody else's. The
/// truth is counted while people are given out, by person, and not by putting lists together. Cost: O(creators *
/// followers + people * lists a person^2).
pub fn made_up(seed: u64, creators: usize, followers_each: usize) -> MadeUpAudiences {
    let draws = Draws::new(seed, STREAM);
    let mut world =
        MadeUpAudiences { lists: vec![vec![]; creators], distinct: 0, shared: vec![0; creators * creators] };
    let circles = creators.div_ceil(CREATORS_A_CIRCLE);
    let of_circle = |circle: usize| circle * CREATORS_A_CIRCLE..((circle + 1) * CREATORS_A_CIRCLE).min(creators);
    let mut crowds: Vec<(std::ops::Range<usize>, usize, usize)> = (0..circles)
        .map(|circle| (of_circle(circle), followers_each * 3 / 2, (followers_each as f64 * FROM_CIRCLE) as usize))
        .collect();
    crowds.push((0..creators, 2 * followers_each, followers_each / 5));
    let taken = crowds[0].2 + crowds[circles].2;
    crowds.extend((0..creators).map(|creator| (creator..creator + 1, followers_each - taken, followers_each - taken)));
    let (mut person, mut left_over) = (0_u64, 0_u64);
    for (members, people, each) in crowds {
        // Each creator takes an even part of the crowd by chance: exactly `each`, so that audiences have one size.
        let mut left: Vec<usize> = members.clone().map(|_| each).collect();
        for place in 0..people {
            let id = (draws.raw(person) >> 1).cast_signed();
            person += 1;
            let mut followed = vec![];
            for (at, creator) in members.clone().enumerate() {
                left_over += 1;
                let takes =
                    draws.uniform(left_over.wrapping_add(1 << 40)) * ((people - place) as f64) < left[at] as f64;
                if takes {
                    left[at] -= 1;
                    followed.push(creator);
                    world.lists[creator].push(id);
                }
            }
            world.distinct += u64::from(!followed.is_empty());
            for a in &followed {
                followed.iter().for_each(|b| world.shared[a * creators + b] += 1);
            }
        }
    }
    world.lists.iter_mut().for_each(|ids| ids.sort_unstable());
    world
}

/// How one way of putting made-up audiences together did.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub struct WayFigures {
    /// |distinct found / distinct true - 1|; `None` where distinct people are not known.
    pub distinct_error: Option<f64>,
    /// The largest |found - true| of all overlaps over the smaller audience, as a share.
    pub worst_overlap_error: f64,
    /// How many of the overlaps' 90 % intervals hold the truth, 0..=1.
    pub overlap_coverage: f64,
    /// Whether the interval of the distinct people holds the truth.
    pub is_distinct_held: bool,
}

/// What a trial found.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct AudienceFigures {
    pub creators: usize,
    pub followers_each: usize,
    pub distinct: u64,
    pub follows: u64,
    pub exact: WayFigures,
    pub sketch: WayFigures,
    pub sample_of_lists: WayFigures,
    /// One in twelve drawn of every audience.
    pub samples: WayFigures,
}

/// Puts made-up audiences together in four ways and holds them against the truth; the same seed gives the same
/// figures.
///
/// Inputs: 2 to 64 creators with at least 120 followers each. Errors: as [`audiences_together`]. Cost: the sum of the
/// four ways.
pub fn figures(seed: u64, creators: usize, followers_each: usize) -> Result<AudienceFigures, AudienceError> {
    let world = made_up(seed, creators, followers_each);
    let usual = AudienceSettings::default();
    // Never so many that small lists would be kept whole, which is no sketch.
    let sketch_kept = usual.sketch_kept.min(followers_each / 6).max(1);
    let sketched = AudienceSettings { exact_ids_max: 0, sketch_kept, ..usual.clone() };
    let looked_up = AudienceSettings { when_too_many: super::WhenTooMany::SampleOfLists, seed, ..sketched.clone() };
    let samples: Vec<Vec<i64>> = world
        .lists
        .iter()
        .enumerate()
        .map(|(creator, ids)| sample(ids, ids.len() / 12, Draws::new(seed.wrapping_add(creator as u64), STREAM + 1)))
        .collect();
    let sampled: Vec<AudienceKnown<'_>> = samples
        .iter()
        .zip(&world.lists)
        .map(|(ids, all)| AudienceKnown::Sample { ids, population: all.len() as u64, random: true })
        .collect();
    let whole = world.whole();
    Ok(AudienceFigures {
        creators,
        followers_each,
        distinct: world.distinct,
        follows: world.lists.iter().map(|ids| ids.len() as u64).sum(),
        exact: way(&world, &whole, &usual)?,
        sketch: way(&world, &whole, &sketched)?,
        sample_of_lists: way(&world, &whole, &looked_up)?,
        samples: way(&world, &sampled, &usual)?,
    })
}

/// `count` of these ids, drawn without repetition, ascending.
pub(super) fn sample(ids: &[i64], count: usize, draws: Draws) -> Vec<i64> {
    // Floyd's draw: each step takes a place not taken before.
    let mut places = BTreeSet::new();
    for last in ids.len() - count..ids.len() {
        let place = draws.below(last as u64, last + 1);
        if !places.insert(place) {
            places.insert(last);
        }
    }
    places.into_iter().map(|place| ids[place]).collect()
}

/// Whether an interval holds a truth, to one part in a billion.
pub(super) fn holds(estimate: &Estimate, truth: f64) -> bool {
    let slack = 1e-9 * (1.0 + truth.abs());
    estimate.lo.is_some_and(|lo| lo <= truth + slack) && estimate.hi.is_some_and(|hi| truth <= hi + slack)
}

fn way(
    world: &MadeUpAudiences,
    set: &[AudienceKnown<'_>],
    settings: &AudienceSettings,
) -> Result<WayFigures, AudienceError> {
    let AudiencesTogether { combined, overlaps } = audiences_together(set, settings)?;
    let (mut held, mut worst) = (0_u64, 0.0_f64);
    for pair in &overlaps.pairs {
        let smaller = world.lists[pair.first].len().min(world.lists[pair.second].len()) as f64;
        let truth = world.shared(pair.first, pair.second) as f64 / smaller;
        held += u64::from(holds(&pair.over_smaller, truth));
        worst = pair.over_smaller.value.map_or(f64::INFINITY, |value| worst.max((value - truth).abs()));
    }
    let truth = world.distinct as f64;
    Ok(WayFigures {
        distinct_error: combined.distinct.value.map(|value| (value / truth - 1.0).abs()),
        worst_overlap_error: worst,
        overlap_coverage: held as f64 / overlaps.pairs.len() as f64,
        is_distinct_held: holds(&combined.distinct, truth),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counted_lists_miss_nothing_and_a_sketch_little() {
        let found = figures(1, 12, 6_000).expect("valid");
        println!("{found:#?}");
        assert_eq!((found.exact.distinct_error, found.exact.worst_overlap_error), (Some(0.0), 0.0));
        assert!(
            found.sketch.distinct_error.is_some_and(|error| error < 0.02) && found.sketch.worst_overlap_error < 0.06
        );
        assert!(found.sketch.worst_overlap_error > 0.0 && found.sketch.overlap_coverage >= 0.8);
        assert!(
            found.sample_of_lists.distinct_error.is_some_and(|error| error < 0.02)
                && found.sample_of_lists.is_distinct_held
        );
        assert!(found.samples.overlap_coverage >= 0.8 && found.samples.is_distinct_held);
        assert!(found.follows > found.distinct && found.follows == 12 * 6_000);
    }

    #[test]
    fn the_same_seed_gives_the_same_figures() {
        assert_eq!(figures(2, 3, 600).expect("valid"), figures(2, 3, 600).expect("valid"));
        assert_ne!(figures(2, 3, 600).expect("valid"), figures(3, 3, 600).expect("valid"));
    }
}
