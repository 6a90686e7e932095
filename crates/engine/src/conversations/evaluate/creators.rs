//! Measures rankings of creators for each brand: how many buyers the chosen reached, and in how good an order.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::baselines::Methods;
use super::resample::{Difference, mean_interval, paired_difference};
use super::{
    AnchorsAsked, CalibrationFigures, EvaluationSettings, MethodFigures, Past, ReliabilityFigures, Split, SplitCounts,
};
use crate::conversations::index::ConversationIndex;
use crate::conversations::listening::last_window::tallies;
use crate::conversations::listening::score::BuyersAsked;
use crate::conversations::pairs::TurnedTo;
use crate::graph::EdgeWeighing;
use crate::random::Draws;

const ANCHOR_STREAM: u64 = 23;
/// Every draw goes over all buyers and all creators.
const RELIABILITY_DRAWS_MAX: usize = 500;

/// What happened after the cut, beside what was known before.
pub(crate) struct Truth<'a> {
    pub before: &'a ConversationIndex,
    pub after: TurnedTo,
    /// Those of `after` that fall within the horizon the model was trained on.
    pub soon_after: TurnedTo,
    pub horizon_days: f64,
    pub counts: SplitCounts,
}

impl<'a> Truth<'a> {
    pub fn of(split: &Split, before: &'a ConversationIndex, horizon_days: f64) -> Truth<'a> {
        let pairs_of = |log| TurnedTo::of_log(log, &EdgeWeighing::count().kinds);
        let after = pairs_of(&split.after);
        let end = split.cut_unix + (horizon_days * 86_400.0) as i64;
        let soon_after = pairs_of(&split.after.between(None, Some(end)));
        let days_held = (split.after_until_unix - split.cut_unix) as f64 / 86_400.0;
        let seen = after.pairs().filter(|&(actor, target)| before.pairs.find(actor, target).is_some());
        let counts = SplitCounts {
            accounts: before.accounts(),
            events_before: split.before.len(),
            events_after: split.after.len(),
            pairs_before: before.pairs.len(),
            pairs_after: after.len(),
            pairs_seen_share: seen.count() as f64 / after.len().max(1) as f64,
        };
        Truth { before, after, soon_after, horizon_days: horizon_days.min(days_held), counts }
    }

    pub fn is_active(&self, account: u32) -> bool {
        !self.after.targets_of(account).is_empty()
    }
}

/// A brand of the proof: an account, its buyers, and who then talked to whom.
pub(crate) struct Anchor {
    pub account: u32,
    pub buyers: Vec<u32>,
    /// For each creator somebody turned to: the places of those buyers.
    listeners: BTreeMap<u32, Vec<u32>>,
}

pub(crate) struct Anchors {
    pub eligible: usize,
    pub sampled: Vec<Anchor>,
}

/// Accounts with 10 to 2000 talkers who speak after the cut, and at least 10 later talks to foretell.
pub(crate) fn anchors(truth: &Truth<'_>, followers: Option<&[Option<f64>]>, settings: &EvaluationSettings) -> Anchors {
    let is_candidate = |account: u32| followers.is_none_or(|followers| followers[account as usize].is_some());
    let eligible: Vec<Anchor> =
        (0..truth.before.accounts() as u32).filter_map(|account| anchor(truth, account, &is_candidate)).collect();
    let count = eligible.len();
    let wanted = match settings.anchors {
        AnchorsAsked::All => count,
        AnchorsAsked::Sample(wanted) => wanted,
    };
    let picked = Draws::new(settings.seed, ANCHOR_STREAM).sample(count, wanted);
    let mut eligible: Vec<Option<Anchor>> = eligible.into_iter().map(Some).collect();
    let sampled = picked.into_iter().filter_map(|place| eligible[place].take()).collect();
    Anchors { eligible: count, sampled }
}

fn anchor(truth: &Truth<'_>, account: u32, is_candidate: &dyn Fn(u32) -> bool) -> Option<Anchor> {
    let buyers = truth.before.talkers_to(account);
    let active = buyers.iter().filter(|&&buyer| truth.is_active(buyer)).count();
    if !(10..=2000).contains(&active) {
        return None;
    }
    let mut listeners: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    for (place, &buyer) in buyers.iter().enumerate() {
        for &creator in truth.after.targets_of(buyer) {
            if creator != account && is_candidate(creator) {
                listeners.entry(creator).or_default().push(place as u32);
            }
        }
    }
    let talks: usize = listeners.values().map(Vec::len).sum();
    (talks >= 10).then_some(Anchor { account, buyers, listeners })
}

impl Anchor {
    fn gain(&self, creator: u32) -> f64 {
        self.listeners.get(&creator).map_or(0.0, |buyers| buyers.len() as f64)
    }

    /// Buyers who turned to at least one of these.
    fn reached(&self, chosen: &[u32]) -> usize {
        let mut is_reached = vec![false; self.buyers.len()];
        for place in chosen.iter().filter_map(|creator| self.listeners.get(creator)).flatten() {
            is_reached[*place as usize] = true;
        }
        is_reached.iter().filter(|&&reached| reached).count()
    }

    /// How many of these each buyer turned to, in the buyers' order.
    pub(crate) fn times_met(&self, chosen: &[u32]) -> Vec<u32> {
        let mut met = vec![0; self.buyers.len()];
        for place in chosen.iter().filter_map(|creator| self.listeners.get(creator)).flatten() {
            met[*place as usize] += 1;
        }
        met
    }

    /// The choice of k that hindsight makes greedily; ties by dense id.
    pub(crate) fn best_in_hindsight(&self, k: usize) -> Vec<u32> {
        let mut is_reached = vec![false; self.buyers.len()];
        let mut chosen = vec![];
        for _ in 0..k {
            let mut best = (0, 0);
            for (&creator, buyers) in &self.listeners {
                let more = buyers.iter().filter(|&&place| !is_reached[place as usize]).count();
                if more > best.0 {
                    best = (more, creator);
                }
            }
            if best.0 == 0 {
                break;
            }
            for &place in &self.listeners[&best.1] {
                is_reached[place as usize] = true;
            }
            chosen.push(best.1);
        }
        chosen
    }

    fn ideal_gain(&self, k: usize) -> f64 {
        let mut gains: Vec<f64> = self.listeners.values().map(|buyers| buyers.len() as f64).collect();
        gains.sort_by(|a, b| b.total_cmp(a));
        discounted(gains.into_iter().take(k))
    }
}

fn discounted(gains: impl Iterator<Item = f64>) -> f64 {
    gains.enumerate().map(|(place, gain)| gain / (place as f64 + 2.0).log2()).sum()
}

/// The k accounts with the highest scores, the anchor and barred ones left out; ties by dense id.
fn choose(scores: &[f64], k: usize, anchor: u32, is_barred: &[bool]) -> Vec<u32> {
    let mut accounts: Vec<u32> =
        (0..scores.len() as u32).filter(|&account| account != anchor && !is_barred[account as usize]).collect();
    let by_score = |a: &u32, b: &u32| scores[*b as usize].total_cmp(&scores[*a as usize]).then(a.cmp(b));
    if accounts.len() > k {
        accounts.select_nth_unstable_by(k, by_score);
        accounts.truncate(k);
    }
    accounts.sort_unstable_by(by_score);
    accounts
}

/// Which figure of a brand.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Figure {
    Reach,
    Ndcg,
}

#[derive(Clone, Copy)]
struct BrandFigures {
    reach: f64,
    ndcg: f64,
}

/// Figures of every ranking for every brand.
pub(crate) struct Measured {
    brands: Vec<BTreeMap<String, BrandFigures>>,
    predicted: f64,
    observed: f64,
}

pub(crate) fn measure(
    anchors: &[Anchor],
    methods: &Methods<'_>,
    truth: &Truth<'_>,
    settings: &EvaluationSettings,
) -> Measured {
    let mut is_barred = vec![false; truth.before.accounts()];
    for &account in &methods.barred {
        is_barred[account as usize] = true;
    }
    let k = settings.k;
    let measured: Vec<_> = anchors
        .par_iter()
        .map(|anchor| {
            let scores = methods.for_brand(anchor.account, &anchor.buyers);
            let best = anchor.reached(&anchor.best_in_hindsight(k)).max(1) as f64;
            let ideal = anchor.ideal_gain(k).max(f64::MIN_POSITIVE);
            let figures: BTreeMap<String, BrandFigures> = scores
                .by_method
                .iter()
                .map(|(name, scores)| {
                    let chosen = choose(scores, k, anchor.account, &is_barred);
                    let reach = anchor.reached(&chosen) as f64 / best;
                    let ndcg = discounted(chosen.iter().map(|&creator| anchor.gain(creator))) / ideal;
                    (name.clone(), BrandFigures { reach, ndcg })
                })
                .collect();
            let chosen = || scores.listened_to.iter().take(k);
            let predicted: f64 = chosen().map(|listened| listened.expected_listeners).sum();
            let has_listened = |buyer: &&u32, creator: u32| truth.soon_after.has(**buyer, creator);
            let observed: f64 = chosen()
                .map(|listened| {
                    anchor.buyers.iter().filter(|buyer| has_listened(buyer, listened.account)).count() as f64
                })
                .sum();
            (figures, predicted, observed)
        })
        .collect();
    let predicted = measured.iter().map(|brand| brand.1).sum();
    let observed = measured.iter().map(|brand| brand.2).sum();
    Measured { brands: measured.into_iter().map(|brand| brand.0).collect(), predicted, observed }
}

/// What was said of each pair, beside what then happened within the horizon.
pub(crate) fn reliability(
    anchors: &[Anchor],
    past: &Past,
    truth: &Truth<'_>,
    settings: &EvaluationSettings,
    barred: &[u32],
) -> ReliabilityFigures {
    let excluded: Vec<Vec<u32>> = anchors
        .iter()
        .map(|anchor| {
            let mut excluded = barred.to_vec();
            excluded.push(anchor.account);
            excluded.sort_unstable();
            excluded
        })
        .collect();
    let asked: Vec<BuyersAsked<'_>> = anchors
        .iter()
        .zip(&excluded)
        .map(|(anchor, excluded)| BuyersAsked { buyers: &anchor.buyers, excluded })
        .collect();
    let seen = tallies(&past.index, &past.model, &asked, &truth.soon_after, settings.k, &past.settings);
    let draws = settings.bootstrap_draws.min(RELIABILITY_DRAWS_MAX);
    let chosen = seen.chosen.reliability(draws, settings.seed);
    let all = seen.all.reliability(draws, settings.seed);
    ReliabilityFigures { verdict: chosen.verdict(), chosen, all }
}

impl Measured {
    /// One ranking's figure for every brand.
    pub fn column(&self, method: &str, figure: Figure) -> Vec<f64> {
        let of = |figures: &BrandFigures| if figure == Figure::Reach { figures.reach } else { figures.ndcg };
        self.brands.iter().filter_map(|brand| brand.get(method)).map(of).collect()
    }

    fn names(&self) -> Vec<String> {
        self.brands.first().map(|brand| brand.keys().cloned().collect()).unwrap_or_default()
    }

    pub fn figures(&self, settings: &EvaluationSettings) -> BTreeMap<String, MethodFigures> {
        let figures = |name: String| {
            let reach = mean_interval(&self.column(&name, Figure::Reach), settings.bootstrap_draws, settings.seed);
            let ndcg = mean_interval(&self.column(&name, Figure::Ndcg), 0, settings.seed);
            (name, MethodFigures { reach_at_k: reach.mean, ndcg_at_k: ndcg.mean, lo: reach.lo, hi: reach.hi })
        };
        self.names().into_iter().map(figures).collect()
    }

    pub fn differences(&self, figure: Figure, settings: &EvaluationSettings) -> BTreeMap<String, Difference> {
        let ours = self.column("listening", figure);
        let others = self.names().into_iter().filter(|name| name != "listening");
        others
            .map(|name| {
                let theirs = self.column(&name, figure);
                (name, paired_difference(&ours, &theirs, settings.bootstrap_draws, settings.seed))
            })
            .collect()
    }

    pub fn calibration(&self, horizon_days: f64) -> CalibrationFigures {
        let ratio = (self.observed > 0.0).then(|| self.predicted / self.observed);
        CalibrationFigures { horizon_days, predicted: self.predicted, observed: self.observed, ratio }
    }
}
