//! The combined audience of a set of creators: distinct people, who is only here, and what each adds to those before.

use model::{Estimate, Explanation, Unit};
use serde::Serialize;

use super::bounds::{distinct_bounds, distinct_if_unrelated};
use super::exact::{self, Counts};
use super::multiplicity::union_by_multiplicity;
use super::sketch::{sketches, union_by_sketch};
use super::{
    AUDIENCE_VERSION, AudienceError, AudienceKnown, AudienceSettings, AudienceWarning, Found, Rung, Shown, WhenTooMany,
    checked, default_level, people_of, together, warnings,
};

/// Several creators' audiences put together. Lists go by the set's order.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct CombinedAudience {
    /// People in at least one audience: the largest one up to the sum.
    pub distinct: Estimate,
    /// People in this audience and in no other of the set; also what the set would lose without this creator.
    pub exclusive: Vec<Estimate>,
    /// `exclusive` as a share of the creator's own audience, 0..=1.
    pub exclusive_share: Vec<Estimate>,
    /// What each adds to those before it in the set's order; they add up to `distinct` where whole lists are counted.
    pub marginal: Vec<Estimate>,
    /// The audiences added up, each person as often as they follow: never a number of people.
    pub sum: Estimate,
    pub rung: Rung,
    pub warnings: Vec<AudienceWarning>,
}

/// How many people several creators reach together, who is only here, and what each adds.
///
/// Whole lists are counted ([`Rung::Exact`]) up to `exact_ids_max`, above it by [`union_by_sketch`] or
/// [`union_by_multiplicity`]. As soon as one audience is a sample, people seen in several samples are scaled as in
/// `together::union_of_samples`, whole lists among them counted exactly whatever their size. As soon as one is a size,
/// `distinct` and `exclusive` are not known and have ends that cannot be passed.
/// Inputs: 1 to 64 audiences in the order that `marginal` is to follow. Output: people. Errors: [`AudienceError`].
/// Cost: exact O(ids log 65536) on all cores; sketch O(ids).
/// Source: as the parts.
///
/// ```
/// use engine::matching::audience::*;
/// let set = [AudienceKnown::Complete(&[1, 2, 3]), AudienceKnown::Complete(&[3, 4])];
/// let found = combined_audience(&set, &AudienceSettings::default()).unwrap();
/// assert_eq!(found.distinct.value, Some(4.0));
/// assert_eq!(found.marginal[1].value, Some(1.0));
/// ```
pub fn combined_audience(
    set: &[AudienceKnown<'_>],
    settings: &AudienceSettings,
) -> Result<CombinedAudience, AudienceError> {
    let plain = checked(set, 1, settings)?;
    let solved = solve(&plain, settings, None);
    Ok(assembled(&plain, solved, settings, warnings(set)))
}

/// [`combined_audience`] of a checked set of which all ids held were counted already.
pub(super) fn combined_counted(
    set: &[AudienceKnown<'_>],
    counts: Option<&Counts>,
    settings: &AudienceSettings,
    warnings: Vec<AudienceWarning>,
) -> CombinedAudience {
    assembled(set, solve(set, settings, counts), settings, warnings)
}

/// What was found of a set, without words.
pub(super) struct Solved {
    pub rung: Rung,
    pub distinct: Found,
    pub exclusive: Vec<Found>,
    pub marginal: Vec<Found>,
}

fn solve(set: &[AudienceKnown<'_>], settings: &AudienceSettings, counts: Option<&Counts>) -> Solved {
    let is_size = |audience: &AudienceKnown<'_>| matches!(audience, AudienceKnown::SizeOnly(_));
    let is_sample = |audience: &AudienceKnown<'_>| matches!(audience, AudienceKnown::Sample { .. });
    if set.iter().any(is_size) {
        return within_bounds(set, settings);
    }
    if set.iter().any(is_sample) {
        return together::union_of_samples(set, default_level());
    }
    let lists: Vec<&[i64]> = set.iter().map(AudienceKnown::ids).collect();
    let ids: usize = lists.iter().map(|ids| ids.len()).sum();
    match settings.when_too_many {
        _ if ids <= settings.exact_ids_max => {
            let counted;
            let counts = match counts {
                Some(counts) => counts,
                None => {
                    counted = exact::count(&lists);
                    &counted
                }
            };
            let each = |counts: &[u64]| counts.iter().map(|count| Found::exactly(*count)).collect();
            Solved {
                rung: Rung::Exact,
                distinct: Found::exactly(counts.distinct),
                exclusive: each(&counts.only),
                marginal: each(&counts.first),
            }
        }
        WhenTooMany::Sketch => {
            let found = union_by_sketch(&sketches(&lists, settings.sketch_kept), default_level());
            Solved { rung: Rung::Sketch, distinct: found.distinct, exclusive: found.only, marginal: found.first }
        }
        WhenTooMany::SampleOfLists => {
            let found = union_by_multiplicity(&lists, settings.sample_each, settings.seed, default_level());
            Solved { rung: Rung::SampleOfLists, distinct: found.distinct, exclusive: found.only, marginal: found.first }
        }
    }
}

/// Ends from what is known of some audiences and the sizes of the others.
fn within_bounds(set: &[AudienceKnown<'_>], settings: &AudienceSettings) -> Solved {
    let is_size = |place: &usize| matches!(set[*place], AudienceKnown::SizeOnly(_));
    let (sizes, known): (Vec<usize>, Vec<usize>) = (0..set.len()).partition(is_size);
    let known_set: Vec<AudienceKnown<'_>> = known.iter().map(|place| set[*place]).collect();
    let solved = (!known_set.is_empty()).then(|| solve(&known_set, settings, None));
    let people = |place: usize| set[place].people() as f64;
    let mut ends: Vec<(f64, f64)> = sizes.iter().map(|place| (people(*place), people(*place))).collect();
    ends.extend(solved.iter().map(|solved| (solved.distinct.lo, solved.distinct.hi)));
    let among_known = |place: usize| known.binary_search(&place).ok();
    // Fewest: nobody but this one is left when all the others, who can be in it, are; most: those the known ones leave.
    let beside = |place: usize, others: f64, own: Option<Found>| {
        let size = people(place);
        let most = own.map_or(size, |found| found.hi);
        let least = (size - others).max(0.0);
        Found { value: None, lo: least.min(most), hi: most }
    };
    let sum: f64 = (0..set.len()).map(people).sum();
    let exclusive = |place: usize| {
        let own = among_known(place).and_then(|at| solved.as_ref().map(|solved| solved.exclusive[at]));
        beside(place, sum - people(place), own)
    };
    let marginal = |place: usize| {
        let own = among_known(place).and_then(|at| solved.as_ref().map(|solved| solved.marginal[at]));
        match own {
            Some(own) if sizes.first().is_none_or(|first| place < *first) => own,
            _ if place == 0 => Found::exactly(set[0].people()),
            own => beside(place, (0..place).map(people).sum(), own),
        }
    };
    Solved {
        rung: Rung::Bounds,
        distinct: distinct_bounds(&ends, settings.universe_people),
        exclusive: (0..set.len()).map(exclusive).collect(),
        marginal: (0..set.len()).map(marginal).collect(),
    }
}

fn assembled(
    set: &[AudienceKnown<'_>],
    solved: Solved,
    settings: &AudienceSettings,
    warnings: Vec<AudienceWarning>,
) -> CombinedAudience {
    let shown = Shown::of(solved.rung, &set.iter().collect::<Vec<_>>(), settings);
    let each = |found: &[Found], method: &str, of: &str, less: &str| -> Vec<Estimate> {
        let one = |(creator, found): (usize, &Found)| {
            let explanation = less_explained(&shown, creator, set[creator].people(), found, of, less);
            shown.estimate(*found, method, explanation, reason(solved.rung))
        };
        found.iter().enumerate().map(one).collect()
    };
    let exclusive = each(
        &solved.exclusive,
        "exclusive",
        "people in this audience and in no other of the set",
        "of them in another audience of the set",
    );
    let share = |(creator, (estimate, found)): (usize, (&Estimate, &Found))| {
        let people = set[creator].people();
        let method = "exclusive_share";
        if people == 0 {
            let reason = "the audience has nobody in it; import its people";
            return Estimate::not_known(Unit::Share, method, shown.held, super::HELD, reason);
        }
        let under = people_of(creator, people);
        let ratio =
            Explanation::ratio("of this audience, in no other", Unit::Share, estimate.explanation.clone(), under);
        shown.estimate(found.through(|count| count / people as f64), method, ratio, reason(solved.rung))
    };
    CombinedAudience {
        distinct: distinct(set, &solved, settings, &shown),
        exclusive_share: exclusive.iter().zip(&solved.exclusive).enumerate().map(share).collect(),
        exclusive,
        marginal: each(
            &solved.marginal,
            "marginal",
            "people in this audience and in none before it",
            "of them in an audience before it",
        ),
        sum: added_up(set, &shown),
        rung: solved.rung,
        warnings,
    }
}

/// Why a value is not known and how to know it.
fn reason(rung: Rung) -> &'static str {
    match rung {
        Rung::Bounds => {
            "of at least one audience only the size is known, so only ends can be given; import its people or a sample of \
             them"
        }
        _ => {
            "the samples are too small to say how many follow three or more of the set, so only ends can be given; import \
             larger samples or whole lists, or put fewer creators together"
        }
    }
}

fn less_explained(shown: &Shown, creator: usize, people: u64, found: &Found, of: &str, less: &str) -> Explanation {
    let formula = format!("v{AUDIENCE_VERSION}, {}", shown.rung.words());
    match found.value {
        Some(value) => {
            let less = Explanation::leaf(less, Some(value - people as f64), Unit::People);
            let parts = vec![people_of(creator, people), less];
            Explanation { value: Some(value), ..Explanation::sum(of, Unit::People, parts) }.with_formula(formula)
        }
        None => {
            Explanation::leaf(of, None, Unit::People).with_formula(formula).with_parts(vec![people_of(creator, people)])
        }
    }
}

fn distinct(set: &[AudienceKnown<'_>], solved: &Solved, settings: &AudienceSettings, shown: &Shown) -> Estimate {
    let words = "people in at least one of the audiences";
    let sizes: Vec<u64> = set.iter().map(AudienceKnown::people).collect();
    let mut parts: Vec<Explanation> =
        sizes.iter().enumerate().map(|(creator, people)| people_of(creator, *people)).collect();
    let formula = format!("distinct v{AUDIENCE_VERSION}, {}", solved.rung.words());
    let explanation = match solved.distinct.value {
        Some(value) => {
            let repeated = value - sizes.iter().sum::<u64>() as f64;
            parts.push(Explanation::leaf("counted again in a further audience", Some(repeated), Unit::People));
            Explanation { value: Some(value), ..Explanation::sum(words, Unit::People, parts) }
        }
        None => {
            if let Some(unrelated) = distinct_if_unrelated(&sizes, settings.universe_people) {
                let words = "if audiences were unrelated (they seldom are; no estimate)";
                parts.push(Explanation::leaf(words, Some(unrelated), Unit::People));
            }
            Explanation::leaf(words, None, Unit::People).with_parts(parts)
        }
    };
    shown.estimate(solved.distinct, "distinct", explanation.with_formula(formula), reason(solved.rung))
}

fn added_up(set: &[AudienceKnown<'_>], shown: &Shown) -> Estimate {
    let parts = set.iter().enumerate().map(|(creator, audience)| people_of(creator, audience.people())).collect();
    let words = "audiences added up, each person as often as they follow; not a number of people";
    let explanation = Explanation::sum(words, Unit::Items, parts);
    let sum = set.iter().map(AudienceKnown::people).sum();
    let estimate = Estimate::exact(sum, Unit::Items, "follows", "audiences_added_up", explanation);
    Estimate { version: AUDIENCE_VERSION, as_of: shown.as_of, ..estimate }.graded(shown.rung.grade())
}
