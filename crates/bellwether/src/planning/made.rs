//! A plan as it was made and is kept: figures with their explanations, whom it holds, and everything drawn beside it.

use engine::matching::price::PostFormat;
use engine::planning::told::PlanTold;
use model::{AccountId, Estimate};
use serde::{Deserialize, Serialize};

/// Somebody in the plan.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct PickMade {
    pub account: AccountId,
    pub name: String,
    pub format: PostFormat,
    /// For all posts; the range holds the fee 9 times in 10, and is one number where it is agreed.
    pub fee: Estimate,
    pub is_agreed: bool,
    /// A price of their own is held.
    pub has_own_price: bool,
    pub cost_minor_units: i64,
    /// Size class, niches, group and the rest, in words.
    pub filed_under: Vec<String>,
    pub fit: Option<f64>,
    pub conflicts: Vec<String>,
}

/// One budget of the curve.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct CurveAt {
    pub budget_minor_units: i64,
    pub reach: f64,
    /// No plan of this budget reaches more.
    pub bound: f64,
    pub creators: usize,
    /// Minor units for one more than at the budget before.
    pub cost_of_one_more: Option<f64>,
    pub is_knee: bool,
}

/// An exchange that may be worth it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct SwapMade {
    pub goes: Vec<AccountId>,
    pub comes: Vec<AccountId>,
    pub words: String,
    pub reach_change: f64,
    pub cost_change: i64,
    pub is_within_budget: bool,
}

/// The plan beside another way of choosing.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct RivalMade {
    pub words: String,
    pub creators: usize,
    pub reach: Estimate,
    /// The plan's reach less this one's.
    pub ahead_by: Estimate,
    pub is_told_apart: bool,
}

/// How sure the plan is.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct SureMade {
    pub draws: u32,
    /// Share of draws in which prices go above the budget; `None`: not drawn, for the plan is too large.
    pub over_budget_share: Option<f64>,
    pub rivals: Vec<RivalMade>,
}

/// The plan on the way from wide to targeted.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct DialAt {
    /// 0: wide; 1: targeted.
    pub targeted: f64,
    pub buyers: f64,
    pub everybody: f64,
    pub creators: usize,
}

/// A pick of one end of the dial.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct DialPick {
    pub account: AccountId,
    pub name: String,
}

/// What wide and targeted plans have in common.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct DialMade {
    pub at: Vec<DialAt>,
    /// Picks of both ends over the picks of either.
    pub picks_shared: f64,
    pub wide: Vec<DialPick>,
    pub targeted: Vec<DialPick>,
}

/// Somebody looked at who is not in the plan, and why.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct LeftOut {
    pub account: AccountId,
    pub name: String,
    pub why: String,
}

/// What a plan was made from.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct MadeFromWhat {
    pub from_words: String,
    pub buyers: u64,
    pub buyers_talking: usize,
    pub others: usize,
    pub candidates: usize,
    pub offers: usize,
    pub pairs: usize,
    pub with_own_price: usize,
    /// Candidates whose own posts show how many see one.
    pub with_own_seeing: usize,
    /// Of those, candidates whose share rests on posts of your earlier campaigns.
    #[serde(default)]
    pub with_campaign_seeing: usize,
    /// What answered campaigns of yours say of clicks and orders.
    #[serde(default)]
    pub learnt: Vec<Estimate>,
    /// Share of listeners who see one post, as taken.
    pub seeing: Estimate,
    /// What chances were multiplied by so that several creators together do not promise too much; `None`: not known.
    pub correction: Option<Estimate>,
}

/// A plan as it was made.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct PlanMade {
    pub told: PlanTold,
    /// In the order in which they add most, as in `told`.
    pub picks: Vec<PickMade>,
    /// What found it, and what proves how good it is.
    pub winner: String,
    pub proved_by: String,
    pub ratio: f64,
    /// Every bound worked out: what by, and the reach no plan can pass.
    pub bounds: Vec<(String, f64)>,
    pub curve: Vec<CurveAt>,
    pub more: Vec<SwapMade>,
    pub cheaper: Vec<SwapMade>,
    pub sure: SureMade,
    /// `None` where nobody but buyers is held.
    pub dial: Option<DialMade>,
    /// People expected to meet both of two picks, over those of the one who reaches fewer; 0..=1, in the order of picks.
    pub overlap: Vec<Vec<f64>>,
    /// Those who would add most, then those left out before choosing.
    pub left_out: Vec<LeftOut>,
    pub left_out_in_all: usize,
    pub warnings: Vec<String>,
    pub from: MadeFromWhat,
}
