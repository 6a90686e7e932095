//! Whether an audience is like the brand's own people: how many buyers are in it, how many times the platform's
//! average that is, and which groups of the market both have in common.

use std::collections::{BTreeMap, BTreeSet};

use model::{Estimate, Explanation, Grade, Timestamp, Unit};
use serde::{Deserialize, Serialize};
use statrs::function::erf::erfc;

use super::{
    AUDIENCE_VERSION, AudienceError, AudienceKnown, AudienceSettings, AudienceWarning, PairOverlap, default_level,
    exact, overlap_matrix, warnings,
};
use crate::intervals::{jeffreys_interval, two_sided_z};
use crate::random::Sequence;

const STREAM: u64 = 63;

/// The accounts known on a platform and how many of them are the brand's buyers.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PlatformPeople {
    pub people: u64,
    pub buyers: u64,
}

/// How many people are in which group of the market; rows of one group are added up.
pub type PeopleByGroup = [(u32, u64)];

/// How much is needed to say anything.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct AffinitySettings {
    /// Below so many people of the audience held, the number of times is not known.
    pub audience_min: u64,
    /// Below so many buyers on the platform, the number of times is not known.
    pub buyers_min: u64,
    /// Below so many people in groups on either side, groups in common are not known.
    pub people_in_groups_min: u64,
    /// Draws behind the interval of groups in common.
    pub draws: usize,
    pub seed: u64,
    pub as_of: Option<Timestamp>,
}

impl Default for AffinitySettings {
    fn default() -> AffinitySettings {
        AffinitySettings {
            audience_min: 100,
            buyers_min: 10,
            people_in_groups_min: 20,
            draws: 400,
            seed: 0,
            as_of: None,
        }
    }
}

/// How an audience stands to the platform's average, decided by the interval.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AffinityWord {
    NotKnown,
    BelowAverage,
    NotToldApart,
    AboveAverage,
}

impl AffinityWord {
    pub fn words(self) -> &'static str {
        match self {
            AffinityWord::NotKnown => "not known",
            AffinityWord::BelowAverage => "fewer buyers than average",
            AffinityWord::NotToldApart => "cannot be told from the average",
            AffinityWord::AboveAverage => "more buyers than average",
        }
    }
}

/// How like the brand's people an audience is.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Affinity {
    /// Of the people of the audience held, those who are buyers, 0..=1.
    pub buyer_share: Estimate,
    /// `buyer_share` over the platform's, 0 and up: 3.1 is "3.1 times the average".
    pub times_average: Estimate,
    pub word: AffinityWord,
    /// Which part of both falls into the same groups, 0..=1.
    pub groups_in_common: Estimate,
    pub warnings: Vec<AudienceWarning>,
}

/// How alike two creators' audiences are.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct AudienceLikeness {
    pub overlap: PairOverlap,
    /// Which part of both falls into the same groups, 0..=1.
    pub groups_in_common: Estimate,
    pub warnings: Vec<AudienceWarning>,
}

/// How like the brand's people a creator's audience is.
///
/// Formulas: `buyer_share = buyers among the people held / people held`, Jeffreys interval; `times_average =
/// buyer_share / (buyers on the platform / people on the platform)`, ends by squares on the log scale from both
/// Jeffreys intervals (an audience without a buyer has the lower end 0 and the widest upper end); `groups_in_common`
/// as [`groups_in_common`].
/// Inputs: an audience and the buyers, ascending without repetition; `platform`, counts that hold both; groups of
/// both, counts.
/// Output: shares and a number of times. Not known: nobody held; fewer than `audience_min` people held or `buyers_min`
/// buyers on the platform. The audience is taken as drawn from its kind even where it is whole, and as no part of the
/// platform's average: both make the interval wider. Errors: ids not ascending. Cost: O(ids) and O(groups * draws).
/// Source: Brown, Cai & DasGupta 2001; Zou & Donner 2008.
pub fn affinity(
    audience: &AudienceKnown<'_>,
    buyers: &[i64],
    platform: PlatformPeople,
    (audience_groups, buyer_groups): (&PeopleByGroup, &PeopleByGroup),
    settings: &AffinitySettings,
) -> Result<Affinity, AudienceError> {
    let plain = super::checked(std::slice::from_ref(audience), 1, &AudienceSettings::default())?;
    if !buyers.is_sorted_by(|a, b| a < b) {
        return Err(AudienceError::BuyersNotAscending);
    }
    let counted = Counted { held: plain[0].ids().len() as u64, buyers: exact::shared(plain[0].ids(), buyers) };
    let shown = AffinityShown { as_of: settings.as_of, grade: grade_of(&plain[0]) };
    let buyer_share = buyer_share(counted, &shown);
    let times_average = times_average(counted, platform, &buyer_share, settings, &shown);
    Ok(Affinity {
        word: affinity_word(&times_average),
        buyer_share,
        times_average,
        groups_in_common: groups_in_common(audience_groups, buyer_groups, shown.grade, settings),
        warnings: warnings(std::slice::from_ref(audience)),
    })
}

/// How alike two creators' audiences are: the people they share, and the groups they have in common.
///
/// As [`overlap_matrix`] and [`groups_in_common`]. Errors: [`AudienceError`].
pub fn audience_likeness(
    pair: [AudienceKnown<'_>; 2],
    groups: [&PeopleByGroup; 2],
    audiences: &AudienceSettings,
    settings: &AffinitySettings,
) -> Result<AudienceLikeness, AudienceError> {
    let mut matrix = overlap_matrix(&pair, audiences)?;
    let grade = grade_of(&pair[0].plain()).worst(grade_of(&pair[1].plain()));
    Ok(AudienceLikeness {
        overlap: matrix.pairs.swap_remove(0),
        groups_in_common: groups_in_common(groups[0], groups[1], grade, settings),
        warnings: matrix.warnings,
    })
}

/// The word for an audience's affinity, decided by the interval and not by the value.
pub fn affinity_word(times_average: &Estimate) -> AffinityWord {
    match (times_average.value, times_average.lo, times_average.hi) {
        (Some(_), Some(lo), _) if lo > 1.0 => AffinityWord::AboveAverage,
        (Some(_), _, Some(hi)) if hi < 1.0 => AffinityWord::BelowAverage,
        (Some(_), Some(_), Some(_)) => AffinityWord::NotToldApart,
        _ => AffinityWord::NotKnown,
    }
}

/// People held and the buyers among them.
#[derive(Clone, Copy)]
struct Counted {
    held: u64,
    buyers: u64,
}

struct AffinityShown {
    as_of: Option<Timestamp>,
    grade: Grade,
}

impl AffinityShown {
    fn finish(&self, estimate: Estimate) -> Estimate {
        let grade = if estimate.value.is_some() { self.grade } else { Grade::D };
        Estimate { version: AUDIENCE_VERSION, as_of: self.as_of, ..estimate }.graded(grade)
    }
}

fn grade_of(audience: &AudienceKnown<'_>) -> Grade {
    match audience {
        AudienceKnown::Complete(_) => Grade::B,
        AudienceKnown::Sample { .. } => Grade::C,
        AudienceKnown::SizeOnly(_) => Grade::D,
    }
}

const HELD: &str = "people of the audience held";

fn buyer_share(counted: Counted, shown: &AffinityShown) -> Estimate {
    let method = "buyer_share_of_audience";
    let Some(range) = jeffreys_interval(counted.buyers, counted.held, default_level()) else {
        let reason = "nobody of the audience is known by name; import its people or a sample of them";
        return shown.finish(Estimate::not_known(Unit::Share, method, 0, HELD, reason));
    };
    let over = Explanation::leaf("buyers among them", Some(counted.buyers as f64), Unit::People);
    let under = Explanation::leaf(HELD, Some(counted.held as f64), Unit::People);
    let explanation = Explanation::ratio("of the audience held, the brand's buyers", Unit::Share, over, under)
        .with_formula(format!("{method} v{AUDIENCE_VERSION} = buyers held / people held"))
        .with_rows(counted.buyers, "buyers", None);
    let value = counted.buyers as f64 / counted.held as f64;
    shown.finish(Estimate::known(value, range.lo, range.hi, counted.held, HELD, method, explanation))
}

fn times_average(
    counted: Counted,
    platform: PlatformPeople,
    share: &Estimate,
    settings: &AffinitySettings,
    shown: &AffinityShown,
) -> Estimate {
    let method = "buyers_times_average";
    let refuse = |reason: String| shown.finish(Estimate::not_known(Unit::Score, method, counted.held, HELD, reason));
    if counted.held < settings.audience_min.max(1) {
        return refuse(format!(
            "{} people of the audience are held, at least {} are needed; import more of them",
            counted.held, settings.audience_min
        ));
    }
    if platform.buyers < settings.buyers_min.max(1) {
        return refuse(format!(
            "{} buyers are known on the platform, at least {} are needed; widen the buyer definition or import customers",
            platform.buyers, settings.buyers_min
        ));
    }
    let ranges = jeffreys_interval(platform.buyers, platform.people, default_level());
    let (Some(average), Some(own)) = (ranges, jeffreys_interval(counted.buyers, counted.held, default_level())) else {
        return refuse("the platform holds fewer people than buyers; refresh, so that both are of one date".to_owned());
    };
    let value = counted.buyers as f64 / counted.held as f64;
    let usual = platform.buyers as f64 / platform.people as f64;
    let times = value / usual;
    let (lo, hi) = if counted.buyers == 0 {
        (0.0, own.hi / average.lo)
    } else {
        let down = (value / own.lo).ln().hypot((average.hi / usual).ln());
        let up = (own.hi / value).ln().hypot((usual / average.lo).ln());
        (times * (-down).exp(), times * up.exp())
    };
    let buyers = Explanation::leaf("buyers on the platform", Some(platform.buyers as f64), Unit::People);
    let people = Explanation::leaf("people on the platform", Some(platform.people as f64), Unit::People);
    let under = Explanation::ratio("of the platform's people, buyers", Unit::Share, buyers, people);
    let words = "times the platform's average share of buyers";
    let explanation = Explanation::ratio(words, Unit::Score, share.explanation.clone(), under)
        .with_formula(format!("{method} v{AUDIENCE_VERSION} = share of this audience / share of the platform"));
    shown.finish(Estimate::known(times, lo, hi, counted.held, HELD, method, explanation))
}

const IN_GROUPS: &str = "people in groups, both sides";

/// Which part of two crowds falls into the same groups of the market.
///
/// Formula: `c = sum over groups of min(p, q)`, p and q the groups' shares of the people in groups. Counts of few
/// people make c too small, the more the nearer p and q are; what is lost is added back, per group
/// `s phi(x) - s x (1 - Phi(x))`, `s^2 = p (1-p) / n_p + q (1-q) / n_q`, `x = max(0, |p - q| / s - 1/2)`.
/// Interval: from `c - z e` up to `c + lost + z e`; here lost has 3/2 in place of 1/2 and counts a group seen on one
/// side alone as half a person on the other, and e is the standard deviation of Dirichlet draws with the counts as
/// weights (Rubin 1981), `draws` of them from the seed. With a bootstrap's correction in its place 81 of 100 intervals
/// held the truth where two crowds are alike.
/// Inputs: counts 0 and up, in any order. Output: 0 (no group in common) to 1 (alike in all groups); `None` with fewer
/// than `people_in_groups_min` people in groups on a side. People in no group count on neither side.
/// Cost: O(groups draws).
/// Source: overlap of two distributions, Weitzman 1970; the correction is the mean of a folded normal, tried by
/// simulation.
///
/// ```
/// use engine::matching::audience::affinity::*;
/// let found = groups_in_common(&[(1, 300), (2, 100)], &[(2, 50), (3, 50)], model::Grade::B, &AffinitySettings::default());
/// assert!((found.value.unwrap() - 0.25).abs() < 0.01);
/// ```
pub fn groups_in_common(a: &PeopleByGroup, b: &PeopleByGroup, grade: Grade, settings: &AffinitySettings) -> Estimate {
    let method = "groups_in_common";
    let shown = AffinityShown { as_of: settings.as_of, grade };
    let (a, b) = (by_group(a), by_group(b));
    let people = |counts: &BTreeMap<u32, u64>| counts.values().sum::<u64>();
    let (people_a, people_b) = (people(&a), people(&b));
    if people_a.min(people_b) < settings.people_in_groups_min.max(2) {
        let reason = format!(
            "{people_a} and {people_b} people are in a group of the market, at least {} are needed on both sides; import more \
             of what they write, then refresh",
            settings.people_in_groups_min
        );
        return shown.finish(Estimate::not_known(Unit::Share, method, people_a + people_b, IN_GROUPS, reason));
    }
    let groups: BTreeSet<u32> = a.keys().chain(b.keys()).copied().collect();
    let shares = |counts: &BTreeMap<u32, u64>, all: u64| -> Vec<f64> {
        groups.iter().map(|group| counts.get(group).copied().unwrap_or(0) as f64 / all as f64).collect()
    };
    let (shares_a, shares_b) = (shares(&a, people_a), shares(&b, people_b));
    let seen = in_common(&shares_a, &shares_b);
    let lost = |chance: Chance| lost_by_chance((&shares_a, people_a), (&shares_b, people_b), chance).min(1.0 - seen);
    let added = lost(Chance::Middle);
    let value = seen + added;
    let reach = two_sided_z(default_level()) * deviation(&shares_a, people_a, &shares_b, people_b, settings);
    let unseen = 1.0 - 0.05_f64.powf(1.0 / people_a.min(people_b) as f64);
    let (lo, hi) = ((seen - reach).max(0.0), (seen + lost(Chance::Most) + reach).max(value + unseen).min(1.0));
    let mut parts: Vec<Explanation> = groups
        .iter()
        .zip(shares_a.iter().zip(&shares_b))
        .filter(|(_, (p, q))| **p > 0.0 && **q > 0.0)
        .map(|(group, (p, q))| {
            let words = format!("group {group}: the smaller of both shares");
            Explanation::leaf(words, Some(p.min(*q)), Unit::Share).with_parts(vec![
                Explanation::leaf("share of the one", Some(*p), Unit::Share),
                Explanation::leaf("share of the other", Some(*q), Unit::Share),
            ])
        })
        .collect();
    parts.push(Explanation::leaf("added back: what counts of so few people lose by chance", Some(added), Unit::Share));
    let explanation = Explanation::sum("part of both that falls into the same groups", Unit::Share, parts)
        .with_formula(format!(
            "{method} v{AUDIENCE_VERSION} = sum over groups of the smaller share, corrected for chance"
        ))
        .with_rows(people_a + people_b, IN_GROUPS, None);
    shown.finish(Estimate::known(value, lo, hi, people_a + people_b, IN_GROUPS, method, explanation))
}

fn by_group(rows: &PeopleByGroup) -> BTreeMap<u32, u64> {
    let mut counts: BTreeMap<u32, u64> = BTreeMap::new();
    for &(group, people) in rows.iter().filter(|row| row.1 > 0) {
        *counts.entry(group).or_default() += people;
    }
    counts
}

fn in_common(p: &[f64], q: &[f64]) -> f64 {
    p.iter().zip(q).map(|(p, q)| p.min(*q)).sum::<f64>().min(1.0)
}

/// How much of what chance can have taken is meant.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Chance {
    Middle,
    Most,
}

/// How much smaller the common part of counts is than that of the crowds they were drawn from.
///
/// Per group, for a difference d of both shares with standard deviation s: `s phi(d/s) - d (1 - Phi(d/s))`, most where
/// there is no difference. The difference seen is itself moved away from 0 by chance, so half a deviation is taken
/// from it, and one and a half for the most; for that alone a group seen on one side counts on the other as well, with
/// half a person.
fn lost_by_chance((p, people_p): (&[f64], u64), (q, people_q): (&[f64], u64), chance: Chance) -> f64 {
    let (nearer_by, unseen) = match chance {
        Chance::Middle => (0.5, 0.0),
        Chance::Most => (1.5, 0.5),
    };
    let (people_p, people_q) = (people_p as f64, people_q as f64);
    let of_group = |(p, q): (&f64, &f64)| {
        let (p, q) = (p.max(unseen / people_p), q.max(unseen / people_q));
        if p <= 0.0 || q <= 0.0 {
            return 0.0;
        }
        let spread = (p * (1.0 - p) / people_p + q * (1.0 - q) / people_q).sqrt();
        if spread <= 0.0 {
            return 0.0;
        }
        let apart = ((p - q).abs() / spread - nearer_by).max(0.0);
        let density = (-apart * apart / 2.0).exp() / std::f64::consts::TAU.sqrt();
        spread * (density - apart * erfc(apart / std::f64::consts::SQRT_2) / 2.0)
    };
    p.iter().zip(q).map(of_group).sum()
}

/// The standard deviation of the common part when both sides' shares are drawn again.
fn deviation(p: &[f64], people_p: u64, q: &[f64], people_q: u64, settings: &AffinitySettings) -> f64 {
    let mut sequence = Sequence::new(settings.seed, STREAM);
    let mut shares = |shares: &[f64], people: u64| -> Vec<f64> {
        let gammas: Vec<f64> =
            shares.iter().map(|share| if *share > 0.0 { sequence.gamma(share * people as f64) } else { 0.0 }).collect();
        let sum: f64 = gammas.iter().sum();
        gammas.into_iter().map(|gamma| gamma / sum).collect()
    };
    let draws = settings.draws.max(2);
    let (mut sum, mut squares) = (0.0, 0.0);
    for _ in 0..draws {
        let common = in_common(&shares(p, people_p), &shares(q, people_q));
        sum += common;
        squares += common * common;
    }
    let mean = sum / draws as f64;
    (squares / draws as f64 - mean * mean).max(0.0).sqrt()
}

#[cfg(test)]
mod tests;
