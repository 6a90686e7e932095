//! Does the ranking foretell better when buying talk counts more than other talk? Tried on held-out time, against the
//! same ranking that counts all talk alike, for all later talk and for later buying talk alone.

use serde::{Deserialize, Serialize};

use super::baselines::Methods;
use super::creators::{self, Figure, Truth};
use super::resample::{Difference, paired_difference};
use super::{EvaluationError, EvaluationSettings, LabelledTalk, Past, Split, split};
use crate::conversations::index::WeighByBuyingTalk;

/// Times that a buying talk may count; 1 is off.
pub const FACTORS: [f64; 3] = [2.0, 4.0, 10.0];

/// What is to be foretold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Later {
    AllTalk,
    BuyingTalk,
}

/// One factor, judged by one kind of later talk.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FactorTried {
    pub later: Later,
    pub factor: f64,
    /// Accounts that stood for brands.
    pub brands: usize,
    /// Means of the ranking that counts all talk alike.
    pub reach_off: f64,
    pub ndcg_off: f64,
    /// With the factor minus without, paired by brand: above 0 it helps.
    pub reach_gain: Difference,
    pub ndcg_gain: Difference,
}

/// All that was tried.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BuyingWeightReport {
    pub cut_unix: i64,
    pub events_before: usize,
    pub buying_before: usize,
    pub events_after: usize,
    pub buying_after: usize,
    pub tried: Vec<FactorTried>,
}

/// What the trial says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WeightVerdict {
    /// Some factor gains in reach or order and loses in neither, by any kind of later talk.
    Gains,
    NoGain,
    /// Fewer than 20 brands: an interval drawn over so few is no interval.
    TooFewBrands,
}

const BRANDS_MIN: usize = 20;

impl BuyingWeightReport {
    /// Gains and losses are intervals that leave 0 out; kinds of later talk with too few brands are not listened to.
    pub fn verdict(&self) -> WeightVerdict {
        let judged: Vec<&FactorTried> = self.tried.iter().filter(|tried| tried.brands >= BRANDS_MIN).collect();
        if judged.is_empty() {
            return WeightVerdict::TooFewBrands;
        }
        let gains = FACTORS.iter().any(|factor| {
            let of = || judged.iter().filter(|tried| tried.factor == *factor);
            let gains = |gain: &Difference| gain.lo > 0.0;
            let loses = |gain: &Difference| gain.hi < 0.0;
            of().any(|tried| gains(&tried.reach_gain) || gains(&tried.ndcg_gain))
                && !of().any(|tried| loses(&tried.reach_gain) || loses(&tried.ndcg_gain))
        });
        if gains { WeightVerdict::Gains } else { WeightVerdict::NoGain }
    }
}

/// Tries each factor on what came before the cut and judges it by what came after.
///
/// The model is trained anew for each factor, so that what is learned fits what is counted. Differences are paired by
/// brand, with 90 % bootstrap intervals over the brands; brands share buyers, so these are a little too narrow. A kind
/// of later talk that leaves no brand to judge by is left out. Cost: one training a factor.
pub fn evaluate_buying_weight(
    talk: &LabelledTalk,
    settings: &EvaluationSettings,
) -> Result<BuyingWeightReport, EvaluationError> {
    let split = split::split(talk, settings.cut)?;
    let count = |log: &crate::conversations::events::EventLog| log.buying_level().iter().filter(|&&l| l > 0).count();
    let off = Past::learn(&split, &settings.listening)?;
    let weighted = FACTORS
        .iter()
        .map(|&factor| {
            let mut listening = settings.listening.clone();
            listening.index.buying_talk = WeighByBuyingTalk::Factor(factor);
            Past::learn(&split, &listening)
        })
        .collect::<Result<Vec<Past>, _>>()?;
    let buying_later = split.after.filtered(|row| split.after.buying_level()[row] > 0);
    let laters = [(Later::AllTalk, split.after.clone()), (Later::BuyingTalk, buying_later)];
    let mut tried = vec![];
    for (later, after) in laters {
        let split = Split { after, ..split.clone() };
        let truth = Truth::of(&split, &off.index, off.model.horizon_days);
        let anchors = creators::anchors(&truth, talk.followers.as_deref(), settings).sampled;
        if anchors.is_empty() {
            continue;
        }
        let measured = |past: &Past| {
            let methods = Methods::listening_only(past, talk.followers.as_deref());
            creators::measure(&anchors, &methods, &truth, settings)
        };
        let plain = measured(&off);
        for (past, factor) in weighted.iter().zip(FACTORS) {
            let more = measured(past);
            let gain = |figure| {
                let (with, without) = (more.column("listening", figure), plain.column("listening", figure));
                paired_difference(&with, &without, settings.bootstrap_draws, settings.seed)
            };
            let mean = |figure| {
                let column = plain.column("listening", figure);
                column.iter().sum::<f64>() / column.len().max(1) as f64
            };
            tried.push(FactorTried {
                later,
                factor,
                brands: anchors.len(),
                reach_off: mean(Figure::Reach),
                ndcg_off: mean(Figure::Ndcg),
                reach_gain: gain(Figure::Reach),
                ndcg_gain: gain(Figure::Ndcg),
            });
        }
    }
    Ok(BuyingWeightReport {
        cut_unix: split.cut_unix,
        events_before: split.before.len(),
        buying_before: count(&split.before),
        events_after: split.after.len(),
        buying_after: count(&split.after),
        tried,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conversations::evaluate::{AnchorsAsked, Cut};
    use crate::conversations::events::{EventColumns, EventLog};
    use crate::conversations::testing::made_up_columns;

    fn report(buying: impl Fn(usize) -> u8) -> BuyingWeightReport {
        let mut columns: EventColumns = made_up_columns(150, 6000, 3);
        columns.buying_level = (0..columns.actor.len()).map(buying).collect();
        let talk = LabelledTalk { events: EventLog::new(150, columns).expect("valid"), followers: None, tags: None };
        let mut settings = EvaluationSettings {
            cut: Cut::Quantile(0.7),
            anchors: AnchorsAsked::Sample(24),
            bootstrap_draws: 100,
            ..Default::default()
        };
        settings.listening.training_anchors_max = 12;
        settings.listening.training_buyers_max = 20;
        settings.listening.bootstrap_draws = 0;
        evaluate_buying_weight(&talk, &settings).expect("enough talk")
    }

    #[test]
    fn without_buying_talk_no_factor_changes_anything() {
        let found = report(|_| 0);
        assert_eq!((found.buying_before, found.buying_after), (0, 0));
        assert!(!found.tried.is_empty());
        assert_eq!(found.verdict(), WeightVerdict::NoGain);
        for tried in &found.tried {
            assert_eq!(tried.later, Later::AllTalk, "there is no later buying talk to judge by");
            assert_eq!((tried.reach_gain.lo, tried.reach_gain.hi, tried.ndcg_gain.mean), (0.0, 0.0, 0.0));
        }
    }

    #[test]
    fn buying_talk_is_counted_on_both_sides_of_the_cut_and_judged_apart() {
        let found = report(|row| u8::from(row % 3 == 0));
        assert!(found.buying_before > 1000 && found.buying_after > 400);
        let judged = |later| found.tried.iter().filter(|tried| tried.later == later).count();
        assert_eq!((judged(Later::AllTalk), judged(Later::BuyingTalk)), (FACTORS.len(), FACTORS.len()));
        let few = BuyingWeightReport {
            tried: found.tried.iter().map(|tried| FactorTried { brands: 3, ..tried.clone() }).collect(),
            ..found
        };
        assert_eq!(few.verdict(), WeightVerdict::TooFewBrands);
    }
}
