//! Scores creators for a set of buyers: how many of them are expected to turn to each, and the evidence for it.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::division::{Asking, nearness, signals};
use super::features::BuyerSet;
use super::model::Asked;
use super::pairs::{Nearness, PairSeen, pairs_with};
use super::{ListeningModel, ListeningSettings};
use crate::conversations::index::{ConversationIndex, NO_PAIR};
use crate::random::Draws;

/// The purpose of the bootstrap's random numbers.
const BOOTSTRAP_STREAM: u64 = 11;
/// Bounds of the interval, 90 %.
const LOW_SHARE: f64 = 0.05;
const HIGH_SHARE: f64 = 0.95;

/// A creator the buyers may listen to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ListenedTo {
    pub account: u32,
    /// Share of the buyers' listening that goes to it; the order of the list.
    pub share: f64,
    /// Buyers expected to turn to it within the horizon.
    pub expected_listeners: f64,
    /// 90 % interval by bootstrap over the buyers.
    pub lo: f64,
    pub hi: f64,
    /// The part among buyers who already talk to it; the two parts add up to `expected_listeners`.
    pub expected_returning: f64,
    /// The part among buyers who do not yet.
    pub expected_joining: f64,
    pub evidence: Evidence,
    /// The likeliest listeners first.
    pub buyers: Vec<ListeningBuyer>,
}

/// What was counted about a creator and the buyers.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// Distinct buyers who turned to the creator.
    pub buyers_talking: u32,
    /// How often they did.
    pub talks: u64,
    /// Buyers who did on two or more different days.
    pub buyers_came_back: u32,
    /// How often the creator turned to buyers who talk to it.
    pub talks_back: u64,
    /// Distinct buyers among those it turned to.
    pub buyers_answered: u32,
    /// The last time a buyer turned to it; `None` when none did.
    pub last_at_unix: Option<i64>,
    /// Talks about buying among `talks`.
    pub buying_talks: u64,
    /// Everybody who ever turned to it, buyers or not.
    pub in_degree: u32,
    /// Personalised PageRank from the buyers, both ways; 0..=1.
    pub nearness: f64,
}

/// A buyer beside a creator.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ListeningBuyer {
    pub buyer: u32,
    /// Chance that it turns to the creator within the horizon.
    pub chance: f64,
    /// How often it did so far.
    pub talks: u32,
}

/// Ranks creators by how many of the buyers are expected to turn to them, best first; ties by dense id.
///
/// `expected listeners(v) = drift(share(v) * sum over candidates and buyers of p)`: the chances say how much listening there
/// will be, the division over the best `candidates_max` accounts says to whom; each pair's odds are then scaled so
/// that they add up to it. `excluded` accounts (a brand's own, ascending) are left out. Values lie in `0..=buyers`;
/// `lo..hi` is a 90 % bootstrap interval over the buyers. No buyer known to the index gives an empty list.
/// Cost `O(candidates * (buyers + draws * buyers / 8))` plus a bounded walk from each buyer.
pub fn score(
    index: &ConversationIndex,
    model: &ListeningModel,
    buyers: &[u32],
    excluded: &[u32],
    settings: &ListeningSettings,
) -> Vec<ListenedTo> {
    let set = [BuyersAsked { buyers, excluded }];
    score_sets(index, model, &set, settings).pop().expect("an answer for every set")
}

/// A set of buyers and the accounts that are left out for it (ascending).
pub(crate) struct BuyersAsked<'a> {
    pub buyers: &'a [u32],
    pub excluded: &'a [u32],
}

/// [`score`] for many sets: the same answers, with the walks of eight sets taken side by side.
pub(crate) fn score_sets(
    index: &ConversationIndex,
    model: &ListeningModel,
    sets: &[BuyersAsked<'_>],
    settings: &ListeningSettings,
) -> Vec<Vec<ListenedTo>> {
    let asking = asking(index, sets, settings);
    let nearness = nearness(index, &asking, settings.restart);
    asking.par_iter().zip(&nearness).map(|(asking, near)| score_one(index, model, asking, near, settings)).collect()
}

/// The buyers of each set that the index knows, and who may be chosen for them.
fn asking(index: &ConversationIndex, sets: &[BuyersAsked<'_>], settings: &ListeningSettings) -> Vec<Asking> {
    sets.par_iter()
        .map(|asked| {
            let set = BuyerSet::new(index, asked.buyers);
            let candidates = candidates_of(&set, &set.buyers_talking(), asked.excluded, settings);
            Asking { buyers: set.buyers, candidates }
        })
        .collect()
}

fn candidates_of(set: &BuyerSet<'_>, talking: &[u32], excluded: &[u32], settings: &ListeningSettings) -> Vec<u32> {
    set.candidates(talking, settings.candidates_max, |account| excluded.binary_search(&account).is_ok())
}

fn score_one(
    index: &ConversationIndex,
    model: &ListeningModel,
    asking: &Asking,
    nearness: &[f64],
    settings: &ListeningSettings,
) -> Vec<ListenedTo> {
    let set = BuyerSet::new(index, &asking.buyers);
    let draws = BuyerDraws::new(set.buyers.len(), settings);
    divided(&set, model, &asking.candidates, nearness, settings)
        .par_iter()
        .map(|one| ListenedTo { share: one.share, ..summarise(&set, one, &draws, settings) })
        .collect()
}

/// A candidate with its share of the set's listening and the chance with every buyer, as they are said.
pub(super) struct Divided {
    pub account: u32,
    pub share: f64,
    pub pairs: Vec<PairSeen>,
    pub chances: Vec<f64>,
}

/// The candidates of one set, best first; ties by dense id.
fn divided(
    set: &BuyerSet<'_>,
    model: &ListeningModel,
    candidates: &[u32],
    nearness: &[f64],
    settings: &ListeningSettings,
) -> Vec<Divided> {
    if set.buyers.is_empty() {
        return vec![];
    }
    let columns = columns(set, model, candidates, settings);
    let volume: f64 = columns.iter().map(|column| column.chances.iter().sum::<f64>()).sum();
    let shares = model.division.shares(&signals(set, candidates, nearness));
    let mut divided: Vec<Divided> = columns
        .into_par_iter()
        .zip(candidates)
        .zip(&shares)
        .map(|((column, &account), &share)| {
            let told_apart = spread(&column.chances, model.spread);
            let chances = scaled_to(&told_apart, model.drift.corrected(volume * share));
            Divided { account, share, pairs: column.pairs, chances }
        })
        .collect();
    divided.sort_by(|a, b| b.share.total_cmp(&a.share).then(a.account.cmp(&b.account)));
    divided
}

/// The chances of one creator with the buyers of a set.
#[derive(Clone, Debug, PartialEq)]
pub struct CreatorChances {
    pub account: u32,
    /// Places in [`BuyerChances::buyers`], ascending, and the chance with each; those below the least asked for are left out.
    pub chances: Vec<(u32, f32)>,
    /// Buyers who turned to the creator before, and what their chances add up to.
    pub talking: u32,
    pub returning: f64,
}

/// Who listens to whom with what chance, for putting creators together.
#[derive(Clone, Debug, PartialEq)]
pub struct BuyerChances {
    /// Ascending dense ids, each once.
    pub buyers: Vec<u32>,
    /// The order of [`score`].
    pub creators: Vec<CreatorChances>,
}

/// The chances that [`score`] adds up, one by one: `score`'s expected listeners are their sums. `chance_min` leaves smaller
/// ones out. Cost: as [`score`] without its draws; 8 bytes a chance kept.
pub fn chances(
    index: &ConversationIndex,
    model: &ListeningModel,
    buyers: &[u32],
    excluded: &[u32],
    settings: &ListeningSettings,
    chance_min: f32,
) -> BuyerChances {
    let set = [BuyersAsked { buyers, excluded }];
    let kept = |_: usize, divided: Vec<Divided>| -> Vec<CreatorChances> {
        let one = |one: Divided| {
            let with: Vec<(u32, f32)> = (0u32..).zip(one.chances.iter().map(|chance| *chance as f32)).collect();
            let talked = one.pairs.iter().zip(&one.chances).filter(|(pair, _)| pair.between.talk != NO_PAIR);
            let (talking, returning) = talked.fold((0, 0.0), |(count, sum), (_, chance)| (count + 1, sum + chance));
            let chances = with.into_iter().filter(|(_, chance)| *chance >= chance_min).collect();
            CreatorChances { account: one.account, chances, talking, returning }
        };
        divided.into_par_iter().map(one).collect()
    };
    let creators = each_set(index, model, &set, settings, kept).pop().unwrap_or_default();
    BuyerChances { buyers: BuyerSet::new(index, buyers).buyers, creators }
}

/// Shows `see` what is said of every pair of each set, and returns what it made of each, in the order of the sets.
pub(super) fn each_set<T: Send>(
    index: &ConversationIndex,
    model: &ListeningModel,
    sets: &[BuyersAsked<'_>],
    settings: &ListeningSettings,
    see: impl Fn(usize, Vec<Divided>) -> T + Sync,
) -> Vec<T> {
    let asking = asking(index, sets, settings);
    let nearness = nearness(index, &asking, settings.restart);
    asking
        .par_iter()
        .zip(&nearness)
        .enumerate()
        .map(|(place, (asking, near))| {
            let set = BuyerSet::new(index, &asking.buyers);
            see(place, divided(&set, model, &asking.candidates, near, settings))
        })
        .collect()
}

/// The chances of one creator, added up over the buyers, before they are divided anew.
pub(crate) struct ChanceSum {
    pub account: u32,
    pub chances: f64,
}

/// Plain sums of chances for the candidates of a set: what the score would be without the learned division.
pub(crate) fn chance_sums(
    index: &ConversationIndex,
    model: &ListeningModel,
    buyers: &[u32],
    excluded: &[u32],
    settings: &ListeningSettings,
) -> Vec<ChanceSum> {
    let set = BuyerSet::new(index, buyers);
    let candidates = candidates_of(&set, &set.buyers_talking(), excluded, settings);
    let columns = columns(&set, model, &candidates, settings);
    candidates
        .iter()
        .zip(&columns)
        .map(|(&account, column)| ChanceSum { account, chances: column.chances.iter().sum() })
        .collect()
}

/// Each candidate's chances with every buyer of the set.
fn columns(
    set: &BuyerSet<'_>,
    model: &ListeningModel,
    candidates: &[u32],
    settings: &ListeningSettings,
) -> Vec<Column> {
    let index = set.index;
    let talking = set.buyers_talking();
    let wanted: Vec<u32> = (0..set.buyers.len() as u32).collect();
    let near = Nearness::of(set, &wanted, candidates, settings);
    let exposure = model.exposure(settings.horizon_days);
    let returning = Asked::new(&model.returning, exposure);
    let joining = Asked::new(&model.joining, exposure);
    candidates
        .par_iter()
        .enumerate()
        .map(|(column, &candidate)| {
            let pairs = pairs_with(set, &wanted, candidate, &talking, |row| near.of_pair(row, column));
            let chance = |pair: &PairSeen| {
                let features = index.habits.features(index, pair.buyer, candidate, pair.between);
                match (pair.buyer == candidate, pair.between.talk) {
                    (true, _) => 0.0,
                    (false, NO_PAIR) => joining.chance(&features),
                    (false, _) => returning.chance(&features),
                }
            };
            Column { chances: pairs.iter().map(chance).collect(), pairs }
        })
        .collect()
}

/// A candidate with every buyer.
struct Column {
    pairs: Vec<PairSeen>,
    chances: Vec<f64>,
}

/// The chances with their log-odds multiplied by `spread`; 0 stays 0.
fn spread(chances: &[f64], spread: f64) -> Vec<f64> {
    let one = |&p: &f64| {
        if p <= 0.0 {
            return 0.0;
        }
        let odds = (p / (1.0 - p).max(1e-12)).powf(spread);
        odds / (1.0 + odds)
    };
    chances.iter().map(one).collect()
}

/// The chances with all their odds multiplied by one factor, so that they add up to `total` and none passes 1.
fn scaled_to(chances: &[f64], total: f64) -> Vec<f64> {
    let possible = chances.iter().filter(|&&p| p > 0.0).count() as f64;
    if possible == 0.0 {
        return chances.to_vec();
    }
    let total = total.clamp(1e-9, 0.999 * possible);
    // Newton's method on the logarithm of the factor; steps are bounded, the sum rises with the factor.
    let mut log_factor = 0.0f64;
    let grown = |factor: f64| chances.iter().map(move |&p| factor * p / (1.0 - p + factor * p));
    for _ in 0..50 {
        let factor = log_factor.exp();
        let (mut sum, mut slope) = (0.0, 0.0);
        for q in grown(factor) {
            sum += q;
            slope += q * (1.0 - q);
        }
        if (sum - total).abs() <= 1e-9 * total {
            break;
        }
        log_factor += ((total - sum) / slope.max(1e-12)).clamp(-2.0, 2.0);
    }
    grown(log_factor.exp()).collect()
}

/// How often each buyer is drawn in each bootstrap draw; the same for all creators.
struct BuyerDraws {
    draws: usize,
    times: Vec<f32>,
}

impl BuyerDraws {
    fn new(buyers: usize, settings: &ListeningSettings) -> BuyerDraws {
        let chance = Draws::new(settings.seed, BOOTSTRAP_STREAM);
        let rows: Vec<Vec<f32>> = (0..settings.bootstrap_draws)
            .into_par_iter()
            .map(|draw| {
                let mut times = vec![0f32; buyers];
                for pick in 0..buyers {
                    times[chance.below((draw * buyers + pick) as u64, buyers)] += 1.0;
                }
                times
            })
            .collect();
        BuyerDraws { draws: settings.bootstrap_draws, times: rows.concat() }
    }

    /// The 90 % interval of a sum over buyers, or the sum itself when no draws are asked for.
    fn interval(&self, chances: &[f64]) -> Interval {
        if self.draws == 0 {
            let sum = chances.iter().sum();
            return Interval { lo: sum, hi: sum };
        }
        let small: Vec<f32> = chances.iter().map(|&chance| chance as f32).collect();
        let mut sums: Vec<f64> = self.times.chunks(chances.len()).map(|times| dot(times, &small)).collect();
        sums.sort_by(f64::total_cmp);
        let at = |share: f64| sums[((sums.len() - 1) as f64 * share).round() as usize];
        Interval { lo: at(LOW_SHARE), hi: at(HIGH_SHARE) }
    }
}

struct Interval {
    lo: f64,
    hi: f64,
}

/// A sum of products in eight fixed lanes, so that it is both quick and always the same.
fn dot(left: &[f32], right: &[f32]) -> f64 {
    let mut lanes = [0f32; 8];
    let (left, right) = (left.chunks_exact(8), right.chunks_exact(8));
    let rest: f32 = left.remainder().iter().zip(right.remainder()).map(|(a, b)| a * b).sum();
    for (a, b) in left.zip(right) {
        for lane in 0..8 {
            lanes[lane] += a[lane] * b[lane];
        }
    }
    lanes.iter().map(|&lane| f64::from(lane)).sum::<f64>() + f64::from(rest)
}

fn summarise(set: &BuyerSet<'_>, divided: &Divided, draws: &BuyerDraws, settings: &ListeningSettings) -> ListenedTo {
    let Divided { account: candidate, pairs, chances, .. } = divided;
    let candidate = *candidate;
    let known = &set.index.pairs;
    let mut evidence = Evidence {
        buyers_talking: 0,
        talks: 0,
        buyers_came_back: 0,
        talks_back: 0,
        buyers_answered: 0,
        last_at_unix: None,
        buying_talks: 0,
        in_degree: set.index.account.in_degree[candidate as usize],
        nearness: 0.0,
    };
    let (mut expected_returning, mut expected_joining) = (0.0, 0.0);
    for (pair, &chance) in pairs.iter().zip(chances) {
        evidence.nearness += pair.between.near / pairs.len() as f64;
        if pair.between.talk == NO_PAIR {
            expected_joining += chance;
            continue;
        }
        expected_returning += chance;
        let talk = pair.between.talk as usize;
        evidence.buyers_talking += 1;
        evidence.talks += u64::from(known.talks[talk]);
        evidence.buyers_came_back += u32::from(known.days[talk] >= 2);
        evidence.last_at_unix = evidence.last_at_unix.max(Some(known.last_at_unix(talk)));
        evidence.buying_talks += u64::from(known.buying_talks[talk]);
        if pair.between.back != NO_PAIR {
            evidence.buyers_answered += 1;
            evidence.talks_back += u64::from(known.talks[pair.between.back as usize]);
        }
    }
    let mut order: Vec<usize> = (0..pairs.len()).collect();
    let by_chance = |a: &usize, b: &usize| chances[*b].total_cmp(&chances[*a]).then(a.cmp(b));
    let shown = settings.buyers_shown_max.min(order.len());
    if shown < order.len() {
        order.select_nth_unstable_by(shown, by_chance);
        order.truncate(shown);
    }
    order.sort_by(by_chance);
    let buyers = order
        .into_iter()
        .map(|row| ListeningBuyer {
            buyer: pairs[row].buyer,
            chance: chances[row],
            talks: match pairs[row].between.talk {
                NO_PAIR => 0,
                talk => known.talks[talk as usize],
            },
        })
        .collect();
    let interval = draws.interval(chances);
    let expected_listeners = expected_returning + expected_joining;
    ListenedTo {
        account: candidate,
        share: 0.0,
        expected_listeners,
        lo: interval.lo.min(expected_listeners),
        hi: interval.hi.max(expected_listeners),
        expected_returning,
        expected_joining,
        evidence,
        buyers,
    }
}
