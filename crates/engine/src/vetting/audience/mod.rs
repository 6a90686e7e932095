//! Audience: the share of a following that was made to be sold, with an interval that says where its error rates come
//! from. Never a statement about one account.

pub mod evaluate;
pub mod gold;
pub mod profiles;
pub mod sample;
pub mod share;

use model::Ratio;
use serde::{Deserialize, Serialize};

use super::accounts::figures::Judged;
use crate::random::Sequence;

/// The level of every interval here.
fn level() -> Ratio {
    Ratio::new(0.9).expect("nine in ten is a share")
}

/// What the share rests on, worst first; the first that applies from above is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rung {
    /// No account could be looked at.
    Nothing,
    /// Error rates measured on other audiences than this one.
    Borrowed,
    /// Error rates measured on accounts of the same platform and kind.
    Matching,
    /// Accounts of this audience looked at by people, too few of them made to be sold to use the model as well.
    GoldAlone,
    /// Accounts of this audience looked at by people, and the model for the rest.
    Gold,
}

impl Rung {
    pub fn words(self) -> &'static str {
        match self {
            Rung::Nothing => "nothing to look at",
            Rung::Borrowed => "borrowed error rates",
            Rung::Matching => "error rates of accounts of the same kind",
            Rung::GoldAlone => "a sample looked at by people",
            Rung::Gold => "a sample looked at by people, and the model for the rest",
        }
    }
}

/// A share with its interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Share {
    /// 0..=1.
    pub value: f64,
    pub lo: f64,
    pub hi: f64,
    pub rung: Rung,
}

/// How often a cut calls accounts made to be sold, of those that were and of those that were not; on rows not learned
/// from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorCounts {
    pub fakes: u64,
    pub fakes_flagged: u64,
    pub real: u64,
    pub real_flagged: u64,
}

impl ErrorCounts {
    pub fn at(judged: &[Judged], cut: f64) -> ErrorCounts {
        let mut counts = ErrorCounts { fakes: 0, fakes_flagged: 0, real: 0, real_flagged: 0 };
        for row in judged {
            let flagged = u64::from(row.chance >= cut);
            if row.is_positive {
                counts.fakes += 1;
                counts.fakes_flagged += flagged;
            } else {
                counts.real += 1;
                counts.real_flagged += flagged;
            }
        }
        counts
    }

    /// The share of those made to be sold that is found, with half a row on each side so that it is never 0 or 1.
    pub fn sensitivity(&self) -> f64 {
        (self.fakes_flagged as f64 + 0.5) / (self.fakes as f64 + 1.0)
    }

    /// The share of the others that is called so, likewise.
    pub fn false_positives(&self) -> f64 {
        (self.real_flagged as f64 + 0.5) / (self.real as f64 + 1.0)
    }
}

/// How many of the accounts looked at were flagged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flagged {
    pub accounts: u64,
    pub flagged: u64,
}

/// Share of real training accounts that the cut calls made to be sold.
pub const CUT_AT_FALSE_POSITIVES: f64 = 0.05;

/// The chance from which accounts are flagged: the lowest at which at most one in twenty of the real accounts is.
pub fn cut_of(judged: &[Judged]) -> f64 {
    let mut real: Vec<f64> = judged.iter().filter(|row| !row.is_positive).map(|row| row.chance).collect();
    real.sort_by(|a, b| b.total_cmp(a));
    let allowed = (CUT_AT_FALSE_POSITIVES * real.len() as f64).floor() as usize;
    real.get(allowed).map_or(0.5, |first_not_flagged| first_not_flagged.next_up())
}

/// Middle and 5th to 95th percentile of drawn shares; `None` where so few draws are possible that they say nothing.
fn share_of_draws(mut drawn: Vec<f64>, rung: Rung) -> Option<Share> {
    const DRAWS_MIN: usize = 100;
    if drawn.len() < DRAWS_MIN {
        return None;
    }
    drawn.sort_by(f64::total_cmp);
    let at = |share: f64| drawn[((drawn.len() - 1) as f64 * share).round() as usize];
    Some(Share { value: at(0.5), lo: at(0.05), hi: at(0.95), rung })
}

fn logit(p: f64) -> f64 {
    (p / (1.0 - p)).ln()
}

/// Moves a rate by noise on its logit.
fn moved(rate: f64, noise: f64) -> f64 {
    crate::logistic::sigmoid(logit(rate.clamp(1e-6, 1.0 - 1e-6)) + noise)
}

/// A rate drawn from its count, with half a row on each side (Jeffreys).
fn drawn_rate(sequence: &mut Sequence, hits: u64, of: u64) -> f64 {
    sequence.beta(hits as f64 + 0.5, (of - hits) as f64 + 0.5)
}
