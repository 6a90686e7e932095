//! Audiences of several creators together: how many people in all, who is only here, how far two overlap, and how like
//! the brand's own people an audience is.
//!
//! Audiences are known as whole lists, as samples or as sizes. Every figure is made by the first way that what is
//! known allows ([`Rung`]), says which, and has an interval; audiences added up are never called people.

pub mod affinity;
pub mod bounds;
mod combined;
pub mod evaluate;
mod exact;
pub mod multiplicity;
mod overlap;
pub mod sampled;
pub mod sketch;
mod together;

pub use combined::{CombinedAudience, combined_audience};
pub use overlap::{AudiencesTogether, OverlapMatrix, PairOverlap, audiences_together, overlap_matrix};

use model::explanation::DEFAULT_LEVEL;
use model::{Estimate, Explanation, Grade, Ratio, Timestamp, Unit};
use serde::{Deserialize, Serialize};

/// The version of the formulas in this folder; reports keep the version they were made with.
pub const AUDIENCE_VERSION: u32 = 1;

/// Most creators that are put together at once.
pub const CREATORS_MAX: usize = 64;

/// What is known of one creator's audience. Lists hold account ids, ascending and each once.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AudienceKnown<'a> {
    /// Everybody.
    Complete(&'a [i64]),
    /// Some of `population` people. `random: false` is a list such as "the most recent 5,000", which need not be like
    /// the rest: its figures carry a warning.
    Sample { ids: &'a [i64], population: u64, random: bool },
    /// How many, not who.
    SizeOnly(u64),
}

impl<'a> AudienceKnown<'a> {
    /// How many people the audience has.
    pub fn people(&self) -> u64 {
        match *self {
            AudienceKnown::Complete(ids) => ids.len() as u64,
            AudienceKnown::Sample { population, .. } | AudienceKnown::SizeOnly(population) => population,
        }
    }

    /// Those who are known by name; empty where only the size is.
    pub fn ids(&self) -> &'a [i64] {
        match *self {
            AudienceKnown::Complete(ids) | AudienceKnown::Sample { ids, .. } => ids,
            AudienceKnown::SizeOnly(_) => &[],
        }
    }

    /// The same knowledge under its true name: a sample of everybody is a list, a sample of nobody is a size.
    fn plain(self) -> AudienceKnown<'a> {
        match self {
            AudienceKnown::Sample { ids, population, .. } if ids.len() as u64 == population => {
                AudienceKnown::Complete(ids)
            }
            AudienceKnown::Sample { ids: [], population, .. } => AudienceKnown::SizeOnly(population),
            other => other,
        }
    }
}

/// How a figure about several audiences was made, best first; a figure of several parts has the worst of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rung {
    /// Whole lists, everybody counted once.
    Exact,
    /// Whole lists, too many to count: the same small part of the people of each, chosen by a hash.
    Sketch,
    /// Whole lists, too many to count: some people of each, looked up in all lists.
    SampleOfLists,
    /// Some people of at least one audience, scaled by how many of it were drawn.
    Samples,
    /// Of at least one audience only the size: ends that cannot be passed, and no value.
    Bounds,
}

impl Rung {
    pub fn words(self) -> &'static str {
        match self {
            Rung::Exact => "whole lists, everybody counted once",
            Rung::Sketch => "whole lists, a part of the people chosen by a hash",
            Rung::SampleOfLists => "whole lists, people drawn and looked up in all of them",
            Rung::Samples => "samples, scaled by how many were drawn",
            Rung::Bounds => "sizes only: ends that cannot be passed",
        }
    }

    /// How good evidence of this kind is.
    pub fn grade(self) -> Grade {
        match self {
            Rung::Exact | Rung::Sketch => Grade::B,
            Rung::SampleOfLists | Rung::Samples => Grade::C,
            Rung::Bounds => Grade::D,
        }
    }
}

/// What is done with whole lists that hold more ids than are counted one by one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WhenTooMany {
    Sketch,
    SampleOfLists,
}

/// What decides how audiences are put together; printed with the result.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AudienceSettings {
    /// Whole lists with up to so many ids in all are counted exactly. The lists lie in memory already, 8 bytes an id;
    /// counting needs about 1 MB a thread beside them.
    pub exact_ids_max: usize,
    pub when_too_many: WhenTooMany,
    /// People kept of each audience in a sketch. Distinct people have a relative standard error of at most
    /// `v / sqrt(kept)`, v the spread over the mean of how many of the audiences a person is in: usually below 1.
    pub sketch_kept: usize,
    /// People drawn of each list for `SampleOfLists`.
    pub sample_each: usize,
    /// How many people there are on the platform at most; `None`: not known.
    pub universe_people: Option<u64>,
    pub seed: u64,
    /// The day the lists are of.
    pub as_of: Option<Timestamp>,
}

impl Default for AudienceSettings {
    fn default() -> AudienceSettings {
        AudienceSettings {
            exact_ids_max: 20_000_000,
            when_too_many: WhenTooMany::Sketch,
            sketch_kept: 16_384,
            sample_each: 4_000,
            universe_people: None,
            seed: 0,
            as_of: None,
        }
    }
}

/// Why audiences cannot be put together.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum AudienceError {
    #[error("{given} creators were given; from {least} to {CREATORS_MAX} can be put together")]
    Creators { given: usize, least: usize },
    #[error(
        "the ids of creator {creator} (counted from 0) are not ascending, each once; sort them and drop repetitions"
    )]
    NotAscending { creator: usize },
    #[error("the sample of creator {creator} (counted from 0) holds {held} of {population} people; correct the size")]
    SampleTooLarge { creator: usize, held: usize, population: u64 },
    #[error("the buyers' ids are not ascending, each once; sort them and drop repetitions")]
    BuyersNotAscending,
    #[error("at least one person must be kept of each audience, got 0; raise `{setting}`")]
    NothingKept { setting: &'static str },
}

/// Something a reader must know beside the figures.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AudienceWarning {
    /// Whom it is about, as a place of the set; `None`: all.
    pub creator: Option<usize>,
    pub words: String,
}

/// A value with its ends; the value is not known where only the ends are.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Found {
    pub value: Option<f64>,
    pub lo: f64,
    pub hi: f64,
}

impl Found {
    fn exactly(count: u64) -> Found {
        let value = count as f64;
        Found { value: Some(value), lo: value, hi: value }
    }

    /// Keeps all three within these ends and in their order.
    fn within(value: f64, lo: f64, hi: f64, least: f64, most: f64) -> Found {
        let most = most.max(least);
        let value = value.clamp(least, most);
        Found { value: Some(value), lo: lo.clamp(least, most).min(value), hi: hi.clamp(least, most).max(value) }
    }

    /// `whole` less this.
    fn taken_from(self, whole: f64) -> Found {
        Found { value: self.value.map(|value| whole - value), lo: whole - self.hi, hi: whole - self.lo }
    }

    /// Passed through a function that grows.
    fn through(self, growing: impl Fn(f64) -> f64) -> Found {
        Found { value: self.value.map(&growing), lo: growing(self.lo), hi: growing(self.hi) }
    }
}

pub(super) fn default_level() -> Ratio {
    Ratio::new(DEFAULT_LEVEL).expect("the default level is a share")
}

fn checked<'a>(
    set: &[AudienceKnown<'a>],
    least: usize,
    settings: &AudienceSettings,
) -> Result<Vec<AudienceKnown<'a>>, AudienceError> {
    if set.len() < least || set.len() > CREATORS_MAX {
        return Err(AudienceError::Creators { given: set.len(), least });
    }
    for (setting, kept) in [("sketch_kept", settings.sketch_kept), ("sample_each", settings.sample_each)] {
        if kept == 0 {
            return Err(AudienceError::NothingKept { setting });
        }
    }
    for (creator, audience) in set.iter().enumerate() {
        if !audience.ids().is_sorted_by(|a, b| a < b) {
            return Err(AudienceError::NotAscending { creator });
        }
        let (held, population) = (audience.ids().len(), audience.people());
        if held as u64 > population {
            return Err(AudienceError::SampleTooLarge { creator, held, population });
        }
    }
    Ok(set.iter().map(|audience| audience.plain()).collect())
}

fn warnings(set: &[AudienceKnown<'_>]) -> Vec<AudienceWarning> {
    let of_one = |(creator, audience): (usize, &AudienceKnown<'_>)| {
        let words = match *audience {
            AudienceKnown::Sample { ids, population, random: false } => format!(
                "the {} people held of {population} are not a random sample: whoever came last need not be like the \
                 rest, and no interval counts that; import the whole list or a random part of it",
                ids.len()
            ),
            AudienceKnown::SizeOnly(_) => "only the size is known; import its people or a sample of them".to_owned(),
            _ => return None,
        };
        Some(AudienceWarning { creator: Some(creator), words })
    };
    set.iter().enumerate().filter_map(of_one).collect()
}

/// What goes with every figure about a set.
struct Shown {
    rung: Rung,
    held: u64,
    as_of: Option<Timestamp>,
}

const HELD: &str = "people held";

impl Shown {
    fn of(rung: Rung, audiences: &[&AudienceKnown<'_>], settings: &AudienceSettings) -> Shown {
        let held = audiences.iter().map(|audience| audience.ids().len() as u64).sum();
        Shown { rung, held, as_of: settings.as_of }
    }

    /// An estimate of what was found; `explanation` holds its value. Without a value `reason` says why, and the ends
    /// are those that cannot be passed.
    fn estimate(&self, found: Found, method: &str, explanation: Explanation, reason: &str) -> Estimate {
        let explanation = explanation.with_rows(self.held, HELD, None);
        let estimate = match found.value {
            Some(value) => Estimate::known(value, found.lo, found.hi, self.held, HELD, method, explanation),
            None => Estimate {
                lo: Some(found.lo),
                hi: Some(found.hi),
                level: if self.rung == Rung::Bounds { 1.0 } else { DEFAULT_LEVEL },
                explanation: explanation.clone(),
                ..Estimate::not_known(explanation.unit, method, self.held, HELD, reason)
            },
        };
        Estimate { version: AUDIENCE_VERSION, as_of: self.as_of, ..estimate }.graded(self.rung.grade())
    }
}

/// "people of creator 3", counted from 1 as people do.
fn people_of(creator: usize, people: u64) -> Explanation {
    Explanation::leaf(format!("audience of creator {}", creator + 1), Some(people as f64), Unit::People)
}

#[cfg(test)]
mod tests;
