//! Uniformity: how alike an audience is, that is, whether its people come from one circle or from many.
//!
//! A campaign for one circle wants an audience that is alike, a campaign for reach one that is not; neither is better. Groups
//! are those found in the market's conversations. People in no group are named and left out, since nobody knows whether
//! they are alike. The people held are taken as a sample of the audience, so each figure has an interval.

use std::collections::BTreeMap;

use model::explanation::DEFAULT_LEVEL;
use model::{Estimate, Explanation, Grade, Ratio, Timestamp, Unit};
use serde::{Deserialize, Serialize};
use statrs::function::gamma::digamma;

use crate::intervals::{jeffreys_interval, two_sided_z};

/// The version of the formulas in this file; reports keep the version they were made with.
pub const UNIFORMITY_VERSION: u32 = 1;

/// Which of an audience are in which group of the market.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct AudienceByGroup {
    /// The place of a group and how many of the audience are in it; rows of one group are added up.
    pub people_in: Vec<(u32, u64)>,
    /// How many of the audience are in no group.
    pub elsewhere: u64,
}

/// How much is needed to say anything, and where the words begin.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct UniformitySettings {
    /// Below so many people in groups nothing is known.
    pub people_min: u64,
    /// "one circle": the lower end of the chance that two share a group is at least this.
    pub one_circle_from: Ratio,
    /// "many circles": the lower end of the groups that count is at least this; "a few": the upper end is at most this.
    pub many_circles_from: f64,
}

impl Default for UniformitySettings {
    fn default() -> UniformitySettings {
        UniformitySettings {
            people_min: 20,
            one_circle_from: Ratio::new(0.5).expect("one half is a share"),
            many_circles_from: 6.0,
        }
    }
}

/// How alike an audience is, in a word. `NotKnown` is no statement.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UniformityWord {
    NotKnown,
    OneCircle,
    AFewCircles,
    ManyCircles,
}

impl UniformityWord {
    pub fn words(self) -> &'static str {
        match self {
            UniformityWord::NotKnown => "not known",
            UniformityWord::OneCircle => "one circle",
            UniformityWord::AFewCircles => "a few circles",
            UniformityWord::ManyCircles => "many circles",
        }
    }
}

/// How much of an audience is in one group.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct GroupShare {
    pub group: u32,
    /// Of the people in groups, 0..=1.
    pub share: Estimate,
    /// How many times the group's share of the market; `None` where no market was given.
    pub times_market: Option<Estimate>,
}

/// How alike an audience is.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Uniformity {
    pub word: UniformityWord,
    /// Chance, 0..=1, that two people of the audience, drawn at random among those in a group, are in the same one.
    pub same_group: Estimate,
    /// How many groups of one size would be as mixed, 1 and up.
    pub groups_effective: Estimate,
    /// The chance for two people of the whole market, 0..=1; it stands in the explanation of `same_group` as well. `None`
    /// where no market was given, or one with fewer than two people in groups.
    pub expected_in_market: Option<f64>,
    /// The largest share first, equal ones by group; empty where not known.
    pub parts: Vec<GroupShare>,
}

/// How alike an audience is: whether two of its people tend to be in the same group, and how many groups it is spread over.
///
/// Formulas, `n_i` people in group i and `n` in all groups:
/// - `same_group` = `sum n_i (n_i - 1) / (n (n - 1))`, unbiased. Interval: `logit -+ z se / (s (1 - s))`, `se^2 =
///   (4 (n - 2) (S3 - S2^2) + 2 (S2 - S2^2)) / (n (n - 1))`, the larger of that with unbiased sums and that with one more
///   person seen in a group of their own. When one group alone was seen the lower end is `(1 - u)^2`, `u = 1 - 0.05^(1/n)`
///   the most that can be in others.
/// - `groups_effective` = `exp(H)`, H the entropy over groups by Chao, Wang & Jost, which adds what groups not seen yet
///   would. Interval: `exp(H -+ z se)`, `se^2` = the larger of the delta method (again with one more person) and the
///   jackknife, plus a quarter of the square of what was added; the lower end is at least 1. When one group alone was seen
///   the upper end is at least that of `u` of the people in one other.
/// - `share` of a group = `n_i / n`, Jeffreys interval; `times_market` = share / the group's share of the market, the
///   market's share taken as exact.
///
/// Both intervals were chosen by simulation, among six and twelve: Bayesian bootstrap and Dirichlet draws cover 71-87 % and
/// 74-77 % where these cover 93 % (nominal 90 %), since draws from the groups seen know nothing of those not seen.
/// Inputs: `audience`, counts 0 and up, rows in any order; `market`, the same for everybody, in any order.
/// Output: a chance and a number of groups, `None` with a reason under 20 people in groups. The word is decided by the
/// intervals: "one circle" when the lower end of `same_group` is at least one half; else "many circles" when the lower end of
/// `groups_effective` is at least 6, "a few circles" when its upper end is at most 6; else "not known".
/// Cost: O(groups log groups + different counts * groups).
/// Sources: Simpson 1949, Nature 163; Chao, Wang & Jost 2013, Methods in Ecology and Evolution 4; words our own choice.
///
/// ```
/// use engine::vetting::uniformity::*;
/// let audience = AudienceByGroup { people_in: vec![(3, 90), (7, 10)], elsewhere: 25 };
/// let found = uniformity(&audience, None, None, model::Grade::B, &UniformitySettings::default());
/// assert_eq!(found.word.words(), "one circle");
/// assert!((found.same_group.value.unwrap() - (90.0 * 89.0 + 10.0 * 9.0) / (100.0 * 99.0)).abs() < 1e-12);
/// ```
pub fn uniformity(
    audience: &AudienceByGroup,
    market: Option<&[(u32, u64)]>,
    as_of: Option<Timestamp>,
    grade: Grade,
    settings: &UniformitySettings,
) -> Uniformity {
    let counts = Counts::of(&audience.people_in);
    let market = market.map(Counts::of);
    let shown = Shown { as_of, grade, people: counts.people };
    if counts.people < settings.people_min.max(2) {
        return not_known(&counts, audience, &shown, settings);
    }
    let expected_in_market = market.as_ref().and_then(Counts::same_group);
    let same_group = same_group(&counts, audience, expected_in_market, &shown);
    let groups_effective = groups_effective(&counts, audience, &shown);
    Uniformity {
        word: uniformity_word(&same_group, &groups_effective, settings),
        same_group,
        groups_effective,
        expected_in_market,
        parts: parts(&counts, market.as_ref(), &shown),
    }
}

/// The word for how alike an audience is, decided by the intervals and not by the values; see [`uniformity`].
///
/// Inputs: a chance 0..=1 and a number of groups. Output: a word; `NotKnown` when either is not known or the intervals lie
/// over a limit. Cost: O(1). Source: our own choice, limits in `UniformitySettings`.
pub fn uniformity_word(
    same_group: &Estimate,
    groups_effective: &Estimate,
    settings: &UniformitySettings,
) -> UniformityWord {
    let (Some(alike_lo), Some(groups_lo), Some(groups_hi)) = (same_group.lo, groups_effective.lo, groups_effective.hi)
    else {
        return UniformityWord::NotKnown;
    };
    if alike_lo >= settings.one_circle_from.value() {
        return UniformityWord::OneCircle;
    }
    let is_one_circle_possible = same_group.hi.is_none_or(|hi| hi >= settings.one_circle_from.value());
    match () {
        () if is_one_circle_possible => UniformityWord::NotKnown,
        () if groups_lo >= settings.many_circles_from => UniformityWord::ManyCircles,
        () if groups_hi <= settings.many_circles_from => UniformityWord::AFewCircles,
        () => UniformityWord::NotKnown,
    }
}

/// People by group, each group once and with at least one person.
struct Counts {
    by_group: BTreeMap<u32, u64>,
    /// Ascending, so that sums are the same whatever order rows came in.
    sorted: Vec<u64>,
    people: u64,
}

impl Counts {
    fn of(rows: impl AsRef<[(u32, u64)]>) -> Counts {
        let mut by_group: BTreeMap<u32, u64> = BTreeMap::new();
        for &(group, people) in rows.as_ref().iter().filter(|row| row.1 > 0) {
            let held = by_group.entry(group).or_default();
            *held = held.saturating_add(people);
        }
        let mut sorted: Vec<u64> = by_group.values().copied().collect();
        sorted.sort_unstable();
        let people = sorted.iter().fold(0u64, |sum, people| sum.saturating_add(*people));
        Counts { by_group, sorted, people }
    }

    fn pairs_together(&self) -> f64 {
        self.sorted.iter().map(|people| *people as f64 * (*people as f64 - 1.0) / 2.0).sum()
    }

    fn pairs(&self) -> f64 {
        self.people as f64 * (self.people as f64 - 1.0) / 2.0
    }

    /// `None` for fewer than two people.
    fn same_group(&self) -> Option<f64> {
        (self.people >= 2).then(|| self.pairs_together() / self.pairs())
    }

    /// The entropy of the shares seen, in nats: too low, since groups not seen count nothing.
    fn entropy_seen(&self) -> f64 {
        let all = self.people as f64;
        let share_of = |people: &u64| *people as f64 / all;
        self.sorted.iter().map(share_of).map(|share| -share * share.ln()).sum::<f64>().max(0.0)
    }
}

/// What goes with every figure.
struct Shown {
    as_of: Option<Timestamp>,
    grade: Grade,
    people: u64,
}

const PEOPLE: &str = "people in groups";

impl Shown {
    fn finish(&self, estimate: Estimate) -> Estimate {
        Estimate { version: UNIFORMITY_VERSION, as_of: self.as_of, ..estimate }.graded(self.grade)
    }

    fn known(&self, value: f64, lo: f64, hi: f64, method: &str, explanation: Explanation) -> Estimate {
        let explanation = explanation.with_rows(self.people, PEOPLE, None);
        self.finish(Estimate::known(value, lo, hi, self.people, PEOPLE, method, explanation))
    }
}

fn not_known(counts: &Counts, audience: &AudienceByGroup, shown: &Shown, settings: &UniformitySettings) -> Uniformity {
    let reason = format!(
        "only {} of the audience are in a group of the market ({} in none), at least {} are needed; import more of what \
         this audience writes, then refresh",
        counts.people, audience.elsewhere, settings.people_min
    );
    let refuse = |unit, method| {
        let mut estimate = Estimate::not_known(unit, method, shown.people, PEOPLE, reason.clone());
        estimate.explanation = estimate.explanation.with_parts(vec![left_out(audience)]);
        shown.finish(estimate)
    };
    Uniformity {
        word: UniformityWord::NotKnown,
        same_group: refuse(Unit::Probability, "same_group"),
        groups_effective: refuse(Unit::Score, "groups_effective"),
        expected_in_market: None,
        parts: vec![],
    }
}

fn left_out(audience: &AudienceByGroup) -> Explanation {
    let words = "people of the audience left out: in no group of the market";
    Explanation::leaf(words, Some(audience.elsewhere as f64), Unit::People)
}

fn same_group(counts: &Counts, audience: &AudienceByGroup, expected_in_market: Option<f64>, shown: &Shown) -> Estimate {
    let over = Explanation::leaf("pairs of people in the same group", Some(counts.pairs_together()), Unit::Items);
    let under = Explanation::leaf("all pairs of people in groups", Some(counts.pairs()), Unit::Items);
    let ratio = Explanation::ratio("pairs in the same group of all pairs", Unit::Probability, over, under);
    let value = ratio.value.expect("there are at least two people");
    let mut parts = vec![ratio];
    if let Some(expected) = expected_in_market {
        parts.push(Explanation::leaf("two people of the whole market", Some(expected), Unit::Probability));
    }
    parts.push(left_out(audience));
    let (lo, hi) = same_group_interval(counts, value);
    let words = "two people of this audience, drawn at random among those in a group, are in the same group";
    let formula = format!("same_group v{UNIFORMITY_VERSION} = sum of n_i (n_i - 1) / (n (n - 1))");
    let explanation = Explanation::leaf(words, Some(value), Unit::Probability).with_formula(formula).with_parts(parts);
    shown.known(value, lo, hi, "same_group", explanation)
}

fn z() -> f64 {
    two_sided_z(Ratio::new(DEFAULT_LEVEL).expect("the default level is a share"))
}

fn same_group_interval(counts: &Counts, value: f64) -> (f64, f64) {
    let n = counts.people as f64;
    let pairs = n * (n - 1.0);
    let variance = |squares: f64, cubes: f64| {
        let among_groups = 4.0 * (n - 2.0) * (cubes - squares * squares).max(0.0);
        (among_groups + 2.0 * (squares - squares * squares).max(0.0)) / pairs
    };
    if counts.sorted.len() == 1 {
        return ((1.0 - unseen_at_most(n)).powi(2), 1.0);
    }
    let triples: f64 = counts.sorted.iter().map(|c| *c as f64 * (*c as f64 - 1.0) * (*c as f64 - 2.0)).sum();
    let unbiased = variance(value, triples / (pairs * (n - 2.0)).max(1.0));
    let one_more = counts.sorted.iter().map(|c| *c as f64 / (n + 1.0)).chain([1.0 / (n + 1.0)]);
    let (squares, cubes) = one_more.fold((0.0, 0.0), |sums, p| (sums.0 + p * p, sums.1 + p * p * p));
    let error = unbiased.max(variance(squares, cubes)).sqrt();
    // At 0 the logit has no slope; half a pair is the nearest that can be told.
    let inside = value.max(0.5 / pairs);
    let reach = z() * error / (inside * (1.0 - inside));
    let middle = (inside / (1.0 - inside)).ln();
    let lo = if value <= 0.0 { 0.0 } else { crate::logistic::sigmoid(middle - reach) };
    let hi = crate::logistic::sigmoid(middle + reach);
    (lo.min(value), hi.max(value))
}

fn groups_effective(counts: &Counts, audience: &AudienceByGroup, shown: &Shown) -> Estimate {
    let entropy = entropy(&counts.sorted, counts.people);
    let seen = counts.entropy_seen();
    let (lo, hi) = entropy_interval(counts, entropy, seen);
    let groups = counts.sorted.len() as f64;
    let mut parts = vec![
        Explanation::leaf("groups seen in this audience", Some(groups), Unit::Items),
        Explanation::leaf("groups of one size that the shares seen are as mixed as", Some(seen.exp()), Unit::Score),
    ];
    if groups >= 2.0 {
        let words = "evenness of the groups seen: 1 when all are of one size";
        parts.push(Explanation::leaf(words, Some(seen / groups.ln()), Unit::Score));
    }
    parts.push(left_out(audience));
    let value = entropy.exp();
    let words = "an audience spread evenly over so many groups would be as mixed as this one";
    let formula = format!(
        "groups_effective v{UNIFORMITY_VERSION} = exp(entropy over groups), corrected for groups not seen yet (Chao, Wang & \
         Jost)"
    );
    let explanation = Explanation::leaf(words, Some(value), Unit::Score).with_formula(formula).with_parts(parts);
    shown.known(value, lo.exp(), hi.exp(), "groups_effective", explanation)
}

/// Shannon's entropy in nats, corrected for groups not seen yet. Counts at least 1. Source: Chao, Wang & Jost 2013.
fn entropy(sorted: &[u64], people: u64) -> f64 {
    let n = people as f64;
    let seen = |count: &u64| *count as f64 / n * (digamma(n) - digamma(*count as f64));
    let seen: f64 = sorted.iter().filter(|count| **count < people).map(seen).sum();
    let times = |count: u64| sorted.iter().filter(|held| **held == count).count() as f64;
    let (once, twice) = (times(1), times(2));
    if once == 0.0 {
        return seen;
    }
    let chance = if twice > 0.0 {
        2.0 * twice / ((n - 1.0) * once + 2.0 * twice)
    } else {
        2.0 / ((n - 1.0) * (once - 1.0) + 2.0)
    };
    seen + once / n * tail(chance, n)
}

/// `(1 - a)^(1-n) (-ln a - sum_{r<n} (1 - a)^r / r)`, written as `sum_{j>=1} (1 - a)^j / (n - 1 + j)`, which loses no digits.
///
/// Beyond the first thousand terms it adds up blocks of a thousandth of their place by their middle term.
fn tail(chance: f64, n: f64) -> f64 {
    if chance >= 1.0 {
        return 0.0;
    }
    let fall = (-chance).ln_1p();
    let (mut sum, mut next) = (0.0, 1.0);
    loop {
        let width = f64::max(1.0, (next / 1000.0f64).floor());
        let middle = next + (width - 1.0) / 2.0;
        let term = width * (fall * middle).exp() / (n - 1.0 + middle);
        sum += term;
        next += width;
        if fall * next < -30.0 {
            return sum;
        }
    }
}

/// Both ends of the entropy, in nats.
fn entropy_interval(counts: &Counts, entropy: f64, seen: f64) -> (f64, f64) {
    let n = counts.people as f64;
    let groups = counts.sorted.len() as f64;
    let one_more = counts.sorted.iter().map(|c| *c as f64 / (n + 1.0)).chain([1.0 / (n + 1.0)]);
    let (mean, squares) = one_more.fold((0.0, 0.0), |sums, p| (sums.0 - p * p.ln(), sums.1 + p * p.ln().powi(2)));
    let delta = (squares - mean * mean).max(0.0) / n + groups / (2.0 * n * n);
    let added = (entropy - seen).max(0.0);
    let error = (delta.max(jackknife(counts)) + 0.25 * added * added).sqrt();
    let lo = (entropy - z() * error).max(0.0);
    let mut hi = entropy + z() * error;
    if counts.sorted.len() == 1 {
        let unseen = unseen_at_most(n);
        hi = hi.max(-unseen * unseen.ln() - (1.0 - unseen) * (1.0 - unseen).ln());
    }
    (lo, hi)
}

/// The largest share of people that so many would, one time in twenty, have shown nobody of.
fn unseen_at_most(people: f64) -> f64 {
    1.0 - 0.05f64.powf(1.0 / people)
}

/// The variance of the entropy when one person at a time is left out.
fn jackknife(counts: &Counts) -> f64 {
    let n = counts.people as f64;
    let (mut sum, mut squares) = (0.0, 0.0);
    let mut without = counts.sorted.clone();
    let mut at = 0;
    for same in counts.sorted.chunk_by(|a, b| a == b) {
        // The first of its kind, so that the counts stay in ascending order with one person less.
        without[at] -= 1;
        let left = if without[at] == 0 { &without[1..] } else { &without[..] };
        let value = entropy(left, counts.people - 1);
        without[at] += 1;
        let weight = same.len() as f64 * same[0] as f64 / n;
        sum += weight * value;
        squares += weight * value * value;
        at += same.len();
    }
    (n - 1.0) * (squares - sum * sum).max(0.0)
}

fn parts(counts: &Counts, market: Option<&Counts>, shown: &Shown) -> Vec<GroupShare> {
    let level = Ratio::new(DEFAULT_LEVEL).expect("the default level is a share");
    let mut rows: Vec<(u32, u64)> = counts.by_group.iter().map(|(group, people)| (*group, *people)).collect();
    rows.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
    let of_row = |(group, people): (u32, u64)| {
        let over = Explanation::leaf("people of the audience in this group", Some(people as f64), Unit::People);
        let under = Explanation::leaf("people of the audience in groups", Some(counts.people as f64), Unit::People);
        let explanation = Explanation::ratio("of the audience in groups, in this one", Unit::Share, over, under);
        let value = explanation.value.expect("there are people in groups");
        let range = jeffreys_interval(people, counts.people, level).expect("a group is a part of all");
        let share = shown.known(value, range.lo, range.hi, "group_share", explanation);
        let times_market = market.map(|market| times_market(group, &share, market, shown));
        GroupShare { group, share, times_market }
    };
    rows.into_iter().map(of_row).collect()
}

fn times_market(group: u32, share: &Estimate, market: &Counts, shown: &Shown) -> Estimate {
    let held = market.by_group.get(&group).copied().unwrap_or_default();
    let (Some(value), Some(lo), Some(hi), true) = (share.value, share.lo, share.hi, held > 0) else {
        let reason =
            "the market's counts hold nobody in this group; refresh, so that market and audience are of one date";
        return shown.finish(Estimate::not_known(Unit::Score, "times_market", shown.people, PEOPLE, reason));
    };
    let in_market = held as f64 / market.people as f64;
    let over = Explanation::leaf("share of this audience", Some(value), Unit::Share);
    let under = Explanation::leaf("share of the whole market, taken as exact", Some(in_market), Unit::Share);
    let explanation = Explanation::ratio("times the group's share of the market", Unit::Score, over, under);
    shown.known(value / in_market, lo / in_market, hi / in_market, "times_market", explanation)
}

#[cfg(test)]
mod tests;
