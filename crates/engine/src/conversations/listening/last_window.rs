//! The last window of a market's talk, held back: what was said of it beforehand, beside what happened.
//!
//! Used twice. Training looks at it to correct the next forecast (`correction`). The proof for a market's own page goes
//! one step further back (`hold_out`): a model that never saw the window, its own correction included, is judged by it.

use serde::{Deserialize, Serialize};

use super::calibrate::{Expected, Outcome, platt};
use super::logistic::{Talked, sigmoid};
use super::model::{Drift, ListeningModel};
use super::reliability::{Reliability, Tally, Verdict};
use super::score::{BuyersAsked, Divided, each_set};
use super::train::{CHOSEN, DAY_SECONDS, Meetings, labels_from, learn_chances, train};
use super::{ListeningError, ListeningSettings};
use crate::conversations::events::EventLog;
use crate::conversations::index::{ConversationIndex, Pairs};
use crate::random::Draws;

const HELD_OUT_STREAM: u64 = 17;
/// Sets on which the last prediction is checked.
const SETS_MAX: usize = 60;
/// The same for the proof, which has to tell one market from another.
const HELD_OUT_SETS_MAX: usize = 150;
const RELIABILITY_DRAWS: usize = 500;

/// How far the spread of chances follows one window: one window is one observation, and the next is another.
const ONE_WINDOWS_TRUST: f64 = 0.5;

/// What came true of a prediction made one window earlier: corrects the level, and how far apart chances are kept.
///
/// The model is learned again with labels from a window as long as the last one and just before it, then scores sets
/// at `cut`, and the last window tells. No change when the data is too short for that.
pub(super) fn correction(log: &EventLog, cut: i64, model: &ListeningModel, settings: &ListeningSettings) -> Correction {
    let earlier_cut = cut - (model.horizon_days * DAY_SECONDS) as i64;
    let past = log.between(None, Some(cut));
    if past.at_unix().first().is_none_or(|&first| first >= earlier_cut) {
        return Correction { drift: Drift::NONE, spread: 1.0 };
    }
    let chances = learn_chances(&past, earlier_cut, settings, Meetings::NotNeeded);
    let earlier = ListeningModel { division: model.division.clone(), ..chances };
    let index = ConversationIndex::build_for_learning(&past, Some(cut), &settings.index);
    let labels = labels_from(log, cut, settings);
    let settings = ListeningSettings { horizon_days: None, ..settings.clone() };
    let sets = known_sets(&index, &settings, SETS_MAX);
    let seen = chosen_of(&index, &earlier, &sets, &labels, &settings);
    let creators: Vec<Expected> = seen
        .iter()
        .flatten()
        .map(|creator| Expected {
            expected: creator.iter().map(|outcome| sigmoid(outcome.log_odds)).sum(),
            came: creator.iter().map(|outcome| outcome.talked.value()).sum(),
        })
        .collect();
    let outcomes: Vec<Outcome> = seen.into_iter().flatten().flatten().collect();
    let spread = 1.0 + ONE_WINDOWS_TRUST * (platt(&outcomes).slope - 1.0);
    Correction { drift: super::calibrate::drift(&creators), spread }
}

/// How a forecast is corrected by what came true of the one before it.
pub(super) struct Correction {
    pub drift: Drift,
    pub spread: f64,
}

/// Accounts that stand for brands, chosen without a look at what comes: 10 to 2000 others have turned to them.
fn known_sets(index: &ConversationIndex, settings: &ListeningSettings, count_max: usize) -> Vec<u32> {
    let known: Vec<u32> = (0..index.accounts() as u32)
        .filter(|&account| (10..=2000).contains(&index.account.in_degree[account as usize]))
        .collect();
    let picked = Draws::new(settings.seed, HELD_OUT_STREAM).sample(known.len(), count_max);
    picked.into_iter().map(|place| known[place]).collect()
}

/// The pairs of the creators that would be chosen for each set: what was said and what happened.
fn chosen_of(
    index: &ConversationIndex,
    model: &ListeningModel,
    sets: &[u32],
    labels: &Pairs,
    settings: &ListeningSettings,
) -> Vec<Vec<Vec<Outcome>>> {
    let buyers: Vec<Vec<u32>> = sets.iter().map(|&anchor| index.talkers_to(anchor)).collect();
    each_set(index, model, &asked(&buyers, sets), settings, |_, divided| {
        divided.iter().take(CHOSEN).map(|one| outcomes_of(one, labels)).collect()
    })
}

fn asked<'a>(buyers: &'a [Vec<u32>], anchors: &'a [u32]) -> Vec<BuyersAsked<'a>> {
    let one =
        |(buyers, anchor): (&'a Vec<u32>, &'a u32)| BuyersAsked { buyers, excluded: std::slice::from_ref(anchor) };
    buyers.iter().zip(anchors).map(one).collect()
}

fn outcomes_of(divided: &Divided, labels: &Pairs) -> Vec<Outcome> {
    let pairs = divided.pairs.iter().zip(&divided.chances).filter(|(pair, _)| pair.buyer != divided.account);
    pairs
        .map(|(pair, &chance)| {
            let held = chance.clamp(1e-9, 1.0 - 1e-9);
            let talked = talked(labels, pair.buyer, divided.account);
            Outcome { log_odds: (held / (1.0 - held)).ln(), talked }
        })
        .collect()
}

fn talked(labels: &Pairs, buyer: u32, creator: u32) -> Talked {
    if labels.find(buyer, creator).is_some() { Talked::Yes } else { Talked::No }
}

/// What chances said of a window they never saw, and what happened in it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HeldOut {
    pub cut_unix: i64,
    pub until_unix: i64,
    /// Accounts that stood for a brand; chosen without a look at the window.
    pub sets: u64,
    /// Pairs of the ten creators that each set would have been named.
    pub chosen: Reliability,
    /// Pairs of all candidates.
    pub all: Reliability,
}

impl HeldOut {
    /// Whether a creator's score may be read as a number of people: chances hold pair by pair, and so does their sum.
    pub fn reading(&self) -> Reading {
        let holds = self.chosen.verdict() == Verdict::Holds && self.chosen.sum_holds();
        if holds { Reading::People } else { Reading::Score }
    }
}

/// What a listening score may be read as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reading {
    /// Buyers expected to turn to somebody.
    People,
    /// A number for comparing creators.
    Score,
}

/// Tallies of both populations for some sets.
pub(crate) struct Tallies {
    pub chosen: Tally,
    pub all: Tally,
}

/// What is said of every pair of some sets' buyers and candidates, beside the talk of a later window.
pub(crate) fn tallies(
    index: &ConversationIndex,
    model: &ListeningModel,
    sets: &[BuyersAsked<'_>],
    later: &Pairs,
    chosen_max: usize,
    settings: &ListeningSettings,
) -> Tallies {
    let mut joined = Tallies { chosen: Tally::default(), all: Tally::default() };
    // A portion at a time: one tally a set would hold every pair of all sets at once.
    for sets in sets.chunks(32) {
        let portion = each_set(index, model, sets, settings, |_, divided| {
            let mut seen = Tallies { chosen: Tally::default(), all: Tally::default() };
            for (place, one) in divided.iter().enumerate() {
                for (pair, &chance) in one.pairs.iter().zip(&one.chances).filter(|(pair, _)| pair.buyer != one.account)
                {
                    let talked = talked(later, pair.buyer, one.account);
                    seen.all.count(pair.buyer, one.account, chance, talked);
                    if place < chosen_max {
                        seen.chosen.count(pair.buyer, one.account, chance, talked);
                    }
                }
            }
            seen
        });
        for seen in &portion {
            joined.chosen.join(&seen.chosen);
            joined.all.join(&seen.all);
        }
    }
    joined
}

/// Judges the model's chances on the market's own last window, which the model judged never saw.
///
/// The log is cut at `inner_share`; all that is learned, the correction included, is learned before the cut; accounts
/// with 10 to 2000 talkers by then stand for brands. The horizon is the model's, or the window where that is shorter:
/// `1 - (1 - p)^(days asked / days learned)^growth`. `None` when nothing lies before or after the cut.
/// Cost: a training on `inner_share` of the log and the scores of 150 sets.
pub fn hold_out(log: &EventLog, settings: &ListeningSettings) -> Result<Option<HeldOut>, ListeningError> {
    settings.check()?;
    let cut = log.time_quantile(settings.inner_share).map_or(0, |at| at.ceil() as i64);
    hold_out_from(log, cut, settings)
}

/// [`hold_out`] with the window that begins at `cut`.
pub(super) fn hold_out_from(
    log: &EventLog,
    cut: i64,
    settings: &ListeningSettings,
) -> Result<Option<HeldOut>, ListeningError> {
    let past = log.between(None, Some(cut));
    let end = log.at_unix().last().map_or(cut, |last| last + 1);
    if past.is_empty() || end <= cut {
        return Ok(None);
    }
    let model = train(&past, settings)?;
    let days = ((end - cut) as f64 / DAY_SECONDS).min(model.horizon_days);
    let until = (cut + (days * DAY_SECONDS) as i64).min(end);
    let asking = ListeningSettings { horizon_days: Some(days), ..settings.clone() };
    let index = ConversationIndex::build_for_learning(&past, Some(cut), &settings.index);
    let sets = known_sets(&index, settings, HELD_OUT_SETS_MAX);
    let buyers: Vec<Vec<u32>> = sets.iter().map(|&anchor| index.talkers_to(anchor)).collect();
    let later = labels_from(&log.between(None, Some(until)), cut, settings);
    let seen = tallies(&index, &model, &asked(&buyers, &sets), &later, CHOSEN, &asking);
    Ok(Some(HeldOut {
        cut_unix: cut,
        until_unix: until,
        sets: sets.len() as u64,
        chosen: seen.chosen.reliability(RELIABILITY_DRAWS, settings.seed),
        all: seen.all.reliability(RELIABILITY_DRAWS, settings.seed),
    }))
}
