//! The chance that a person meets a creator in a campaign: from whom they listen to, who sees a post, and how many posts.
//!
//! Where only the size of an audience is known nobody can be named: such a creator gets no chances but ends that cannot be
//! passed, and is said so. A factor learned from past campaigns brings predicted reach to what was observed.

use model::explanation::DEFAULT_LEVEL;
use model::{Estimate, Explanation, Grade, Ratio, Unit};
use serde::{Deserialize, Serialize};

use super::pairs::{CHANCE_MIN, Pairs, PairsError};
use crate::conversations::listening::Together;
use crate::intervals::poisson_interval;

/// No meeting is surer than this unless it was seen to happen.
pub const CHANCE_MAX: f64 = 0.999_999;

/// Fewer buyers who came tell nothing about promises.
const CAME_MIN: u64 = 20;

/// The share of a creator's listeners who see one post.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct SeeingShare {
    pub share: f64,
    pub lo: f64,
    pub hi: f64,
    /// A: the creator's own insights; worse: posts like these, or a prior.
    pub grade: Grade,
}

/// A person and the chance that they listen to a creator.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct Listener {
    /// Place among all people.
    pub person: u32,
    /// 0..=1; 1 for a follow that was seen.
    pub chance: f64,
}

/// What is known of an audience.
#[derive(Clone, PartialEq, Debug)]
pub enum Listeners {
    Known {
        people: Vec<Listener>,
        grade: Grade,
    },
    /// How many, not who.
    SizeOnly(u64),
}

/// What one candidate would publish, and to whom.
#[derive(Clone, PartialEq, Debug)]
pub struct OfferedPosts {
    pub listeners: Listeners,
    pub seeing: SeeingShare,
    pub posts: u32,
}

/// A candidate of whom only the size is known.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct KnownBySize {
    pub candidate: usize,
    /// People it reaches: ends from the seeing share and the size.
    pub reach: Estimate,
    pub words: String,
}

/// The chances of a plan's candidates.
#[derive(Clone, PartialEq, Debug)]
pub struct Exposures {
    /// One column a candidate; empty for those known by size only.
    pub pairs: Pairs,
    /// The worst of what a candidate's chances are made of.
    pub grades: Vec<Grade>,
    pub by_size: Vec<KnownBySize>,
}

/// The chance to meet a creator at least once in so many posts.
///
/// Formula: `p = 1 - (1 - l s)^n`, held at most [`CHANCE_MAX`]. Inputs: `listening` l and `seeing` s, 0..=1 (held within);
/// `posts` n. Output: 0..=0.999999; 0 without posts. Posts are taken as seen independently, which overstates many posts of
/// one creator. Cost: O(1). Source: independent posts, our own choice.
///
/// ```
/// use engine::planning::exposure::meeting_chance;
/// assert!((meeting_chance(0.5, 0.4, 2) - 0.36).abs() < 1e-12);
/// assert_eq!(meeting_chance(1.0, 1.0, 1), 0.999999);
/// ```
pub fn meeting_chance(listening: f64, seeing: f64, posts: u32) -> f64 {
    let missed = 1.0 - listening.clamp(0.0, 1.0) * seeing.clamp(0.0, 1.0);
    let posts = i32::try_from(posts).unwrap_or(i32::MAX);
    (1.0 - missed.powi(posts)).min(CHANCE_MAX)
}

/// What past campaigns say about predicted reach.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct Calibration {
    /// Observed over predicted distinct people; listening is multiplied by it. 1: nothing known.
    pub factor: f64,
    pub lo: f64,
    pub hi: f64,
    pub predicted: f64,
    pub observed: u64,
}

impl Calibration {
    /// Nothing is known of past campaigns.
    pub fn unknown() -> Calibration {
        Calibration { factor: 1.0, lo: 0.0, hi: f64::INFINITY, predicted: 0.0, observed: 0 }
    }
}

/// One past campaign: distinct people predicted by the same model, and observed.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct PastReach {
    pub predicted: f64,
    pub observed: u64,
}

/// The factor that brings predicted distinct reach to what was observed.
///
/// Formula: `sum observed / sum predicted`, ends by the exact Poisson interval of the observed. Inputs: past campaigns,
/// predicted above 0 in all. Output: `None` without predictions: then [`Calibration::unknown`] is used and reach is a score.
/// Cost: O(campaigns). Source: ratio of totals; Poisson ends, Garwood 1936.
///
/// ```
/// use engine::planning::exposure::{PastReach, calibration};
/// let past = [PastReach { predicted: 160.0, observed: 100 }];
/// assert_eq!(calibration(&past, model::Ratio::new(0.9).unwrap()).unwrap().factor, 0.625);
/// ```
pub fn calibration(past: &[PastReach], level: Ratio) -> Option<Calibration> {
    let predicted: f64 = past.iter().map(|past| past.predicted).sum();
    let observed: u64 = past.iter().map(|past| past.observed).sum();
    if !(predicted > 0.0 && predicted.is_finite()) {
        return None;
    }
    let ends = poisson_interval(observed, level);
    Some(Calibration {
        factor: observed as f64 / predicted,
        lo: ends.lo / predicted,
        hi: ends.hi / predicted,
        predicted,
        observed,
    })
}

/// How far single chances promise too many different people, from the market's own last window: what came of the creators that
/// would have been named together, over what was expected. `None` where too little came to tell. A factor above 1 is not
/// used: it would promise more than chances that were learned say.
pub fn reach_correction(together: &Together) -> Option<Calibration> {
    if together.came < CAME_MIN {
        return None;
    }
    let past = [PastReach { predicted: together.expected, observed: together.came }];
    let level = Ratio::new(DEFAULT_LEVEL).ok()?;
    calibration(&past, level).map(|found| Calibration { factor: found.factor.min(1.0), ..found })
}

/// Chances of all candidates, with the grade of each and what is known by size only.
///
/// Formula: [`meeting_chance`] with listening times the calibration's factor; a factor above 1 cannot lift a chance above 1.
/// Inputs: `people`, how many there are; offers in the candidates' order. Output: [`Exposures`]; chances below
/// [`CHANCE_MIN`] are not kept. Errors: [`PairsError`] names a listener who is nobody. Cost: `O(listeners)`.
pub fn exposures(people: usize, offers: &[OfferedPosts], calibration: &Calibration) -> Result<Exposures, PairsError> {
    let (mut lists, mut grades, mut by_size) = (vec![], vec![], vec![]);
    for (candidate, offer) in offers.iter().enumerate() {
        let seeing = offer.seeing;
        match &offer.listeners {
            Listeners::Known { people, grade } => {
                let of = |listener: &Listener| {
                    let listening = listener.chance * calibration.factor;
                    (listener.person, meeting_chance(listening, seeing.share, offer.posts) as f32)
                };
                lists.push(people.iter().map(of).filter(|pair| pair.1 >= CHANCE_MIN).collect());
                grades.push(grade.worst(seeing.grade));
            }
            Listeners::SizeOnly(size) => {
                lists.push(vec![]);
                grades.push(Grade::D);
                by_size.push(known_by_size(candidate, *size, offer));
            }
        }
    }
    Ok(Exposures { pairs: Pairs::from_lists(people, lists)?, grades, by_size })
}

fn known_by_size(candidate: usize, size: u64, offer: &OfferedPosts) -> KnownBySize {
    let reached = |share: f64| size as f64 * meeting_chance(1.0, share, offer.posts);
    let words =
        "only the size of the audience is known, so nobody can be counted once; import its people or a sample of them";
    let estimate = Estimate::not_known(Unit::People, "reach_by_size", 0, "people held", words);
    let parts = vec![
        Explanation::leaf("size of the audience", Some(size as f64), Unit::People),
        Explanation::leaf("posts", Some(f64::from(offer.posts)), Unit::Items),
    ];
    let explanation = Explanation { parts, ..estimate.explanation.clone() };
    let (lo, hi) = (reached(offer.seeing.lo), reached(offer.seeing.hi));
    let reach = Estimate { lo: Some(lo), hi: Some(hi), explanation, ..estimate }.graded(Grade::D);
    KnownBySize { candidate, reach, words: words.to_owned() }
}

/// The ends of the distinct reach of a plan's reach together with creators known by size only.
///
/// Formula: `max(all lows) <= reach <= min(sum of highs, universe)`: audiences may hold each other or have nobody in common.
/// Inputs: `planned`, ends of what is reached by those known; `by_size`, the chosen ones. Output: ends in people and no value:
/// nothing says where between them. Cost: O(candidates). Source: set theory.
pub fn reach_ends(planned: (f64, f64), by_size: &[&KnownBySize], universe_people: Option<u64>) -> (f64, f64) {
    let lows = by_size.iter().filter_map(|known| known.reach.lo);
    let lo = lows.fold(planned.0, f64::max);
    let sum = planned.1 + by_size.iter().filter_map(|known| known.reach.hi).sum::<f64>();
    (lo, universe_people.map_or(sum, |people| sum.min(people as f64)).max(lo))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn promises_are_lowered_by_what_came_and_never_raised() {
        let of = |expected, came| reach_correction(&Together { expected, came }).map(|found| found.factor);
        assert_eq!(of(100.0, 50), Some(0.5));
        assert_eq!(of(50.0, 100), Some(1.0));
        assert_eq!(of(50.0, 3), None);
    }

    fn seeing(share: f64, grade: Grade) -> SeeingShare {
        SeeingShare { share, lo: share / 2.0, hi: share * 1.5, grade }
    }

    #[test]
    fn more_posts_reach_more_but_never_everybody_for_sure() {
        assert_eq!(meeting_chance(0.5, 0.5, 0), 0.0);
        let chances: Vec<f64> = (1..60).map(|posts| meeting_chance(0.7, 0.5, posts)).collect();
        assert!(chances.windows(2).all(|pair| pair[0] <= pair[1]) && chances[58] <= CHANCE_MAX);
        assert_eq!(meeting_chance(1.7, -0.2, 3), 0.0);
    }

    #[test]
    fn a_creator_known_by_size_has_ends_and_no_value_and_is_said_so() {
        let known = Listeners::Known { people: vec![Listener { person: 1, chance: 0.5 }], grade: Grade::B };
        let offers = [
            OfferedPosts { listeners: known, seeing: seeing(0.4, Grade::A), posts: 2 },
            OfferedPosts { listeners: Listeners::SizeOnly(1_000), seeing: seeing(0.2, Grade::C), posts: 1 },
        ];
        let found = exposures(3, &offers, &Calibration::unknown()).expect("chances");
        assert!((found.pairs.column(0).chances[0] - 0.36).abs() < 1e-6 && found.pairs.column(1).people.is_empty());
        assert_eq!(found.grades, [Grade::B, Grade::D]);
        let by_size = &found.by_size[0];
        assert_eq!(by_size.reach.value, None);
        assert!((by_size.reach.lo.expect("an end") - 100.0).abs() < 1e-9 && by_size.words.contains("only the size"));
        let ends = reach_ends((0.2, 0.6), &[by_size], Some(250));
        assert!((ends.0 - 100.0).abs() < 1e-9 && ends.1 == 250.0);
    }

    #[test]
    fn past_campaigns_that_reached_fewer_lower_every_chance() {
        let level = Ratio::new(0.9).expect("a level");
        let past = [PastReach { predicted: 100.0, observed: 60 }, PastReach { predicted: 60.0, observed: 40 }];
        let factor = calibration(&past, level).expect("known");
        assert!(factor.lo < 0.625 && 0.625 < factor.hi);
        let known = Listeners::Known { people: vec![Listener { person: 0, chance: 0.8 }], grade: Grade::B };
        let offer = OfferedPosts { listeners: known, seeing: seeing(0.5, Grade::C), posts: 1 };
        let of = |factor: &Calibration| {
            exposures(1, std::slice::from_ref(&offer), factor).expect("chances").pairs.column(0).chances[0]
        };
        assert!((of(&factor) / of(&Calibration::unknown()) - 0.625).abs() < 1e-4);
        assert_eq!(calibration(&[], level), None);
    }
}
