//! The last window of a market's talk, held back: what was said of it beforehand, beside what happened.
//!
//! Used twice, of one and the same earlier model. Training looks at it to correct the next forecast. The proof for a
//! market's own page goes one step further back: all that the model judged knows, its own correction included, was
//! known when the window began.

use serde::{Deserialize, Serialize};

use super::ListeningSettings;
use super::calibrate::{Expected, Outcome, platt};
use super::division::Division;
use super::logistic::{Talked, sigmoid};
use super::model::{Drift, ListeningModel};
use super::moments::known_sets;
use super::reliability::{Reliability, Tally, Verdict};
use super::score::{BuyersAsked, Divided, each_set};
use super::train::{CHOSEN, DAY_SECONDS, Meetings, Window, growth, labels_from};
use crate::conversations::events::EventLog;
use crate::conversations::index::ConversationIndex;
use crate::conversations::pairs::TurnedTo;

const HELD_OUT_STREAM: u64 = 17;
/// Sets on which the last prediction is checked.
const SETS_MAX: usize = 60;
/// The same for the proof, which has to tell one market from another.
const HELD_OUT_SETS_MAX: usize = 150;
const RELIABILITY_DRAWS: usize = 500;

/// How far the spread of chances follows one window: one window is one observation, and the next is another.
const ONE_WINDOWS_TRUST: f64 = 0.5;

/// What was known one window earlier: chances learned before the cut, from a window as long as the one after it.
pub(super) struct Earlier {
    chances: ListeningModel,
    /// Whether the past was long enough for that; otherwise the window is what there was.
    is_as_long: bool,
    /// The whole model of then, its own correction included, when its proof was asked for.
    proved: Option<ListeningModel>,
}

impl Earlier {
    /// Learns from `past`, which ends before `cut`, with labels from a window of `seconds` before it.
    ///
    /// With the `division` known at the cut the whole model of then is learned too, to be proved. `None` when nothing
    /// lies before the cut. Cost: an index build and a fit, and the same once more and 60 scores for the whole model.
    pub fn learn(
        past: &EventLog,
        cut: i64,
        seconds: i64,
        division: Option<Division>,
        settings: &ListeningSettings,
    ) -> Option<Earlier> {
        let first = past.span_unix()?.0;
        let is_as_long = first < cut.saturating_sub(seconds);
        let earlier_cut =
            if is_as_long { cut - seconds } else { past.time_quantile(settings.inner_share)?.ceil() as i64 };
        let before = past.between(None, Some(earlier_cut));
        let still_earlier = earlier_cut.saturating_sub(cut - earlier_cut);
        let before_that = (division.is_some() && first < still_earlier)
            .then(|| Window::open(&before, still_earlier, settings).chances(settings, Meetings::NotNeeded));
        let window = Window::open(past, earlier_cut, settings);
        let chances = window.chances(settings, Meetings::NotNeeded);
        let proved = division.map(|division| {
            let corrected = before_that.map_or(Correction::NONE, |chances| {
                correction(&window, &ListeningModel { division: division.clone(), ..chances }, settings)
            });
            let Correction { drift, spread } = corrected;
            ListeningModel { division, growth: growth(past, settings), drift, spread, ..chances.clone() }
        });
        Some(Earlier { chances, is_as_long, proved })
    }

    /// What came true, after the cut, of what would have been said at it with the order learned since.
    pub fn correction(&self, window: &Window, division: &Division, settings: &ListeningSettings) -> Correction {
        if !self.is_as_long {
            return Correction::NONE;
        }
        correction(window, &ListeningModel { division: division.clone(), ..self.chances.clone() }, settings)
    }

    /// Judges the model of then by what came after the cut, in `log`; at most for as long as it was learned over.
    ///
    /// Where the window is shorter: `1 - (1 - p)^(days asked / days learned)^growth`.
    pub fn proof(&self, window: &Window, log: &EventLog, settings: &ListeningSettings) -> Option<HeldOut> {
        let model = self.proved.as_ref()?;
        let end = log.span_unix().map(|(_, last)| last + 1).filter(|&end| end > window.cut)?;
        let days = ((end - window.cut) as f64 / DAY_SECONDS).min(model.horizon_days);
        let until = (window.cut + (days * DAY_SECONDS).round() as i64).min(end);
        let asking = ListeningSettings { horizon_days: Some(days), ..settings.clone() };
        let sets = known_sets(&window.index, settings, HELD_OUT_STREAM, HELD_OUT_SETS_MAX);
        let buyers: Vec<Vec<u32>> = sets.iter().map(|&anchor| window.index.talkers_to(anchor)).collect();
        let shorter = (until < end).then(|| labels_from(&log.between(None, Some(until)), window.cut, settings));
        let later = shorter.as_ref().unwrap_or(&window.labels);
        let seen = tallies(&window.index, model, &asked(&buyers, &sets), later, CHOSEN, &asking);
        Some(HeldOut {
            cut_unix: window.cut,
            until_unix: until,
            sets: sets.len() as u64,
            chosen: seen.chosen.reliability(RELIABILITY_DRAWS, settings.seed),
            all: seen.all.reliability(RELIABILITY_DRAWS, settings.seed),
            together: Some(seen.together),
        })
    }
}

/// What came true of a prediction made at a window's cut: corrects the level, and how far apart chances are kept.
fn correction(window: &Window, model: &ListeningModel, settings: &ListeningSettings) -> Correction {
    let settings = ListeningSettings { horizon_days: None, ..settings.clone() };
    let sets = known_sets(&window.index, &settings, HELD_OUT_STREAM, SETS_MAX);
    let seen = chosen_of(&window.index, model, &sets, &window.labels, &settings);
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

impl Correction {
    /// The data is too short to tell.
    const NONE: Correction = Correction { drift: Drift::NONE, spread: 1.0 };
}

/// The pairs of the creators that would be chosen for each set: what was said and what happened.
fn chosen_of(
    index: &ConversationIndex,
    model: &ListeningModel,
    sets: &[u32],
    labels: &TurnedTo,
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

fn outcomes_of(divided: &Divided, labels: &TurnedTo) -> Vec<Outcome> {
    let pairs = divided.pairs.iter().zip(&divided.chances).filter(|(pair, _)| pair.buyer != divided.account);
    pairs
        .map(|(pair, &chance)| {
            let held = chance.clamp(1e-9, 1.0 - 1e-9);
            let talked = talked(labels, pair.buyer, divided.account);
            Outcome { log_odds: (held / (1.0 - held)).ln(), talked }
        })
        .collect()
}

fn talked(labels: &TurnedTo, buyer: u32, creator: u32) -> Talked {
    if labels.has(buyer, creator) { Talked::Yes } else { Talked::No }
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
    /// The ten together, each buyer counted once, all sets added up; `None` in models kept from before this was counted.
    #[serde(default)]
    pub together: Option<Together>,
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
    pub together: Together,
}

/// Different buyers of the creators chosen, each counted once however many of them they turn to: expected, and come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Together {
    pub expected: f64,
    pub came: u64,
}

/// Whoever turns to nobody turns to none of several: taken as independent, single chances promise too many different people.
fn together(chosen: &[Divided], later: &TurnedTo) -> Together {
    let Some(first) = chosen.first() else { return Together::default() };
    let mut found = Together::default();
    for (place, pair) in first.pairs.iter().enumerate() {
        let with = || chosen.iter().filter(|one| one.account != pair.buyer);
        let missed: f64 = with().map(|one| 1.0 - one.chances[place]).product();
        found.expected += 1.0 - missed;
        found.came += u64::from(with().any(|one| later.has(pair.buyer, one.account)));
    }
    found
}

/// What is said of every pair of some sets' buyers and candidates, beside the talk of a later window.
pub(crate) fn tallies(
    index: &ConversationIndex,
    model: &ListeningModel,
    sets: &[BuyersAsked<'_>],
    later: &TurnedTo,
    chosen_max: usize,
    settings: &ListeningSettings,
) -> Tallies {
    let mut joined = Tallies { chosen: Tally::default(), all: Tally::default(), together: Together::default() };
    // A portion at a time: one tally a set would hold every pair of all sets at once.
    for sets in sets.chunks(32) {
        let portion = each_set(index, model, sets, settings, |_, divided| {
            let mut seen = Tallies { chosen: Tally::default(), all: Tally::default(), together: Together::default() };
            seen.together = together(&divided[..divided.len().min(chosen_max)], later);
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
            joined.together.expected += seen.together.expected;
            joined.together.came += seen.together.came;
        }
    }
    joined
}
