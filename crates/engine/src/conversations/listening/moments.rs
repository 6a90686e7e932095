//! How sets of buyers divided their listening, observed at several moments of the past.
//!
//! The sets of a moment are chosen blind to what came after it, so that one look at a moment serves every question
//! asked of it: how listening divided until today, and how it divided until an earlier day.

use rayon::prelude::*;

use super::ListeningSettings;
use super::division::{Asking, DividedSet, Division, Moment, Signal, SignalValues, nearness, signals};
use super::features::BuyerSet;
use super::train::labels_from;
use crate::conversations::events::EventLog;
use crate::conversations::index::ConversationIndex;
use crate::conversations::pairs::TurnedTo;
use crate::random::Draws;

/// The moments at which the division is observed, as shares of the events.
pub(super) const MOMENTS: [f64; 6] = [0.3, 0.4, 0.5, 0.6, 0.7, 0.8];
/// Sets observed at each moment.
const SETS_MAX: usize = 60;
const SET_STREAM: u64 = 12;
/// Sets times talking pairs; larger markets are asked with fewer sets, so that learning does not grow with their square.
const SETS_TIMES_PAIRS_MAX: usize = 700_000_000;
/// Fewer would say little, however large the market.
const SETS_MIN: usize = 16;

/// How sets divide their listening, learned from everything and from what was known at the cut.
pub(super) struct Divisions {
    pub now: Division,
    /// `None` when it was not asked for.
    pub at_cut: Option<Division>,
}

/// Learns the division from moments of `log`; of those before `past` ends also what was known by then, if asked.
///
/// `past` is the log before the cut that `settings.inner_share` names. What was known at the cut rests on the moments
/// before it alone: four of the six at the usual 0.7. Cost: an index build and 60 walks a moment.
pub(super) fn learn_divisions(
    log: &EventLog,
    past: &EventLog,
    settings: &ListeningSettings,
    wants_at_cut: bool,
) -> Divisions {
    let mut now = vec![];
    let mut at_cut = vec![];
    for share in MOMENTS {
        let is_past = share < settings.inner_share;
        let at = if is_past { past.time_quantile(share / settings.inner_share) } else { log.time_quantile(share) };
        let at = at.map_or(0, |at| at.ceil() as i64);
        let observed = Observed::at(log, at, settings);
        now.push(observed.moment(&labels_from(log, at, settings)));
        if is_past && wants_at_cut {
            at_cut.push(observed.moment(&labels_from(past, at, settings)));
        }
    }
    let used: Vec<Signal> =
        Signal::ALL.into_iter().filter(|signal| !settings.signals_left_out.contains(signal)).collect();
    let learn = |moments: &[Moment]| super::division::learn(moments, settings.division_pull, &used);
    Divisions { now: learn(&now), at_cut: wants_at_cut.then(|| learn(&at_cut)) }
}

/// The sets of one moment with what was known of them then.
struct Observed {
    accounts: usize,
    sets: Vec<(Asking, Vec<SignalValues>)>,
}

impl Observed {
    fn at(log: &EventLog, at: i64, settings: &ListeningSettings) -> Observed {
        let index = ConversationIndex::build_for_learning(&log.between(None, Some(at)), Some(at), &settings.index);
        let asking: Vec<Asking> = known_sets(&index, settings, SET_STREAM, SETS_MAX)
            .par_iter()
            .map(|&anchor| {
                let set = BuyerSet::new(&index, &index.talkers_to(anchor));
                let candidates =
                    set.candidates(&set.buyers_talking(), settings.candidates_max, |account| account == anchor);
                Asking { buyers: set.buyers, candidates }
            })
            .collect();
        let near = nearness(&index, &asking, settings.restart);
        let seen = |(asking, near): (&Asking, &Vec<f64>)| {
            signals(&BuyerSet::new(&index, &asking.buyers), &asking.candidates, near)
        };
        let signals: Vec<Vec<SignalValues>> = asking.par_iter().zip(&near).map(seen).collect();
        Observed { accounts: index.accounts(), sets: asking.into_iter().zip(signals).collect() }
    }

    fn moment(&self, later: &TurnedTo) -> Moment {
        let divided = |(asking, signals): &(Asking, Vec<SignalValues>)| {
            let later = later_shares(self.accounts, later, asking)?;
            Some(DividedSet { signals: signals.clone(), later })
        };
        Moment { sets: self.sets.par_iter().filter_map(divided).collect(), observations: later.len() as f64 }
    }
}

/// How the later listening of some buyers divided over the candidates; `None` when there was none.
fn later_shares(accounts: usize, later: &TurnedTo, asking: &Asking) -> Option<Vec<f64>> {
    let mut listeners = vec![0u32; accounts];
    for &buyer in &asking.buyers {
        for &creator in later.targets_of(buyer) {
            listeners[creator as usize] += 1;
        }
    }
    let counts: Vec<f64> = asking.candidates.iter().map(|&account| f64::from(listeners[account as usize])).collect();
    let total: f64 = counts.iter().sum();
    (total > 0.0).then(|| counts.iter().map(|count| count / total).collect())
}

/// Accounts that stand for brands, chosen without a look at what comes: 10 to 2000 others have turned to them. At most
/// `count_max`, in a market of over 700 million sets times pairs fewer, down to 16. Cost `O(accounts)`.
pub(super) fn known_sets(
    index: &ConversationIndex,
    settings: &ListeningSettings,
    stream: u64,
    count_max: usize,
) -> Vec<u32> {
    let known: Vec<u32> = (0..index.accounts() as u32)
        .filter(|&account| (10..=2000).contains(&index.account.in_degree[account as usize]))
        .collect();
    let affordable = (SETS_TIMES_PAIRS_MAX / index.pairs.len().max(1)).max(SETS_MIN);
    let picked = Draws::new(settings.seed, stream).sample(known.len(), count_max.min(affordable));
    picked.into_iter().map(|place| known[place]).collect()
}
