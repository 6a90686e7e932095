//! What was found of a study, as it is kept: figures with their explanations, creators by the numbers of their contacts alone.

use engine::measurement::costs::{CostPart, CreatorRoi, RoiVerdict};
use engine::measurement::lift::{Detectable, FamilyShares, LiftVerdict};
use model::{Estimate, Unit};
use serde::{Deserialize, Serialize};

use super::outcomes::Outcome;

/// The version of what is found and how it is kept.
pub const FOUND_VERSION: u32 = 2;

/// One day of an outcome.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct DayFound {
    /// Days since 1970.
    pub day: i32,
    /// `None`: cut out or not known.
    pub seen: Option<f64>,
    /// Without the campaign: value, lower, upper end; `None` before it began.
    pub expected: Option<[f64; 3]>,
    /// More than without since the start.
    pub gained: Option<[f64; 3]>,
}

/// The same analysis where there was no campaign.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct PlaceboFound {
    pub first_day: i32,
    /// A day more than without: value, lower, upper end.
    pub a_day: [f64; 3],
    pub is_alarm: bool,
}

/// All of them.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct PlacebosFound {
    pub windows: Vec<PlaceboFound>,
    pub alarms: usize,
    /// The campaign's place among them by size, the largest first.
    pub rank: usize,
    /// Days from one window to the next.
    pub step: usize,
}

/// What another method says of the same.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct OtherMethod {
    pub name: String,
    pub a_day: Estimate,
    pub p: f64,
    pub verdict: LiftVerdict,
    pub words: String,
    pub warnings: Vec<String>,
    /// Series and their weights, the largest first; for the panel alone.
    pub weights: Vec<(String, f64)>,
    /// Series that are not in the mix, and why.
    pub dropped: Vec<String>,
}

/// What a campaign added to one outcome.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct OutcomeFound {
    pub outcome: Outcome,
    /// In the plural: orders.
    pub words: String,
    pub unit: Unit,
    /// Why it could not be measured.
    pub refused: Option<String>,
    pub verdict: LiftVerdict,
    /// In all, a day, and as a share of what would have been.
    pub gained: Estimate,
    pub a_day: Estimate,
    pub relative: Estimate,
    pub p: Option<f64>,
    /// Among all outcomes beside the primary one (Holm); `None` for that one.
    pub p_among_all: Option<f64>,
    pub shares: Option<FamilyShares>,
    pub is_percent_scale: bool,
    pub is_small_counts: bool,
    pub detectable: Option<Detectable>,
    /// What is missing to tell, in words.
    pub still_needed: Option<String>,
    pub placebos: Option<PlacebosFound>,
    pub warnings: Vec<String>,
    pub days: Vec<DayFound>,
    pub days_before: usize,
    pub others: Vec<OtherMethod>,
    /// Where methods say different things.
    pub disagreement: Option<String>,
    /// Series that it was measured beside.
    pub beside: Vec<String>,
}

impl OutcomeFound {
    /// Whether an effect may be spoken of: seen, and for outcomes beside the primary one still seen among all of them.
    pub fn is_seen(&self) -> bool {
        self.verdict == LiftVerdict::SeenMore && self.p_among_all.is_none_or(|p| p <= 0.05)
    }
}

/// What it cost in all.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct CostFound {
    pub total: Estimate,
    pub missing: Vec<CostPart>,
    /// What was left out or assumed, in words.
    pub remarks: Vec<String>,
}

/// One of the two returns.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct ReturnFound {
    pub margin: Estimate,
    pub roi: Estimate,
    pub verdict: Option<RoiVerdict>,
}

/// One step of the way from being seen to buying.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct StepFound {
    pub words: String,
    pub estimate: Estimate,
}

/// One creator's part.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct CreatorFound {
    pub contact: i64,
    pub posts: u64,
    pub cost: Estimate,
    pub reach: Estimate,
    pub interactions: Estimate,
    pub clicks: Estimate,
    pub orders: Estimate,
    pub value: Estimate,
    /// Orders of clicks, learnt from all creators.
    pub rate: Estimate,
    /// What a click brings, learnt from all creators.
    pub a_click: Estimate,
    pub cost_per_click: Estimate,
    pub cost_per_order: Estimate,
    pub roi: Estimate,
    /// How likely a click of theirs brings the most.
    pub chance_best: Option<f64>,
    #[serde(default)]
    pub roi_kind: Option<CreatorRoi>,
}

/// A post of the campaign.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct PostFound {
    /// The piece it became of.
    pub piece: i64,
    pub contact: i64,
    pub name: String,
    /// Days since 1970; `None`: nobody knows when it was published.
    pub day: Option<i32>,
    pub state: String,
    /// What was counted last: its code and the number, as it is told.
    pub counts: Vec<(String, Estimate)>,
}

/// What the plan promised beside what came.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct PromiseFound {
    pub words: String,
    pub promised: Estimate,
    pub came: Estimate,
    /// What follows from it, in words.
    pub learnt: String,
}

/// A day's worth of what a study rests on, all together.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct StudyFound {
    pub version: u32,
    pub primary: OutcomeFound,
    pub secondary: Vec<OutcomeFound>,
    pub cost: CostFound,
    pub attributed: ReturnFound,
    pub incremental: ReturnFound,
    /// Costs per click, lead, order, interaction, thousand views.
    pub unit_costs: Vec<StepFound>,
    pub funnel: Vec<StepFound>,
    /// People reached, and how often: between what can be.
    pub distinct: Estimate,
    pub frequency: Estimate,
    pub share_of_voice: Estimate,
    pub creators: Vec<CreatorFound>,
    pub posts: Vec<PostFound>,
    pub promises: Vec<PromiseFound>,
    /// Other campaigns that meet these days, and other things that weaken it.
    pub remarks: Vec<String>,
    /// What nobody can know from what is held, with the way to know it.
    pub not_known: Vec<String>,
    /// The window and model orders were credited by.
    pub credited_by: String,
}

impl StudyFound {
    /// Every estimate, so that a test can look at each.
    pub fn estimates(&self) -> Vec<&Estimate> {
        let mut all: Vec<&Estimate> = vec![
            &self.cost.total,
            &self.attributed.margin,
            &self.attributed.roi,
            &self.incremental.margin,
            &self.incremental.roi,
            &self.distinct,
            &self.frequency,
            &self.share_of_voice,
        ];
        for outcome in std::iter::once(&self.primary).chain(&self.secondary) {
            all.extend([&outcome.gained, &outcome.a_day, &outcome.relative]);
            all.extend(outcome.others.iter().map(|other| &other.a_day));
        }
        all.extend(self.unit_costs.iter().chain(&self.funnel).map(|step| &step.estimate));
        for creator in &self.creators {
            let CreatorFound { cost, reach, interactions, clicks, orders, value, rate, a_click, .. } = creator;
            all.extend([cost, reach, interactions, clicks, orders, value, rate, a_click]);
            all.extend([&creator.cost_per_click, &creator.cost_per_order, &creator.roi]);
        }
        all.extend(self.posts.iter().flat_map(|post| post.counts.iter().map(|(_, estimate)| estimate)));
        all.extend(self.promises.iter().flat_map(|promise| [&promise.promised, &promise.came]));
        all
    }
}
