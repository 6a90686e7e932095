//! Who will a brand's buyers listen to next: a learned chance for each buyer and creator, added up over the buyers.
//!
//! `expected listeners(v) = sum over buyers u of p(u, v)`, p = the chance that u turns to v in the horizon asked.
//! One model, three answers: buyers who already talk to the creator come back (`returning`), other buyers of the
//! set join them (`joining`), and one buyer alone meets somebody new (`meeting`). All are learned from earlier
//! talk of the same market and calibrated on it; with little data they lean on coefficients shipped with the program.

pub mod calibrate;
pub mod division;
pub mod estimate;
pub mod features;
pub mod last_window;
pub mod logistic;
pub mod meet;
pub mod model;
mod moments;
pub(crate) mod pairs;
pub mod reliability;
pub mod score;
pub mod shipped;
pub mod train;

use serde::{Deserialize, Serialize};

use super::index::IndexSettings;
use features::Feature;

pub use features::BuyerSet;
pub use last_window::{HeldOut, Reading, Together};
pub use meet::{NewContact, rank_new_contacts};
pub use model::{Head, ListeningModel, TrainedOn};
pub use score::{BuyerChances, CreatorChances, Evidence, ListenedTo, ListeningBuyer, chances, score};
pub use train::{train, train_and_prove};

/// What changes a listening score; stored and printed with every result.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ListeningSettings {
    /// Half-life, kinds of talk, buying talk, reverse weight.
    pub index: IndexSettings,
    /// Chance that a walk from a buyer starts again at each step.
    pub restart: f64,
    /// How finely nearness is followed: smaller finds more distant accounts and takes longer.
    pub nearness_tolerance: f64,
    /// The same for one buyer's new contacts.
    pub meeting_tolerance: f64,
    /// Sets with more buyers use the set's nearness in place of each buyer's own.
    pub nearness_buyers_max: usize,
    /// How many accounts are scored for a set of buyers.
    pub candidates_max: usize,
    /// Length of the future asked about, in days; `None` is the length the model was trained on.
    pub horizon_days: Option<f64>,
    /// Draws of the bootstrap over buyers.
    pub bootstrap_draws: usize,
    /// How many buyers are listed beside a creator.
    pub buyers_shown_max: usize,
    pub seed: u64,
    /// Share of the training events before the inner cut; later ones are the labels.
    pub inner_share: f64,
    /// At most this many accounts stand for a brand in training.
    pub training_anchors_max: usize,
    /// At most this many buyers of each are used.
    pub training_buyers_max: usize,
    /// One in so many pairs without talk is kept, and counts that many times.
    pub negatives_one_in: u32,
    /// How strongly coefficients are pulled towards those shipped with the program.
    pub pull: f64,
    /// How strongly the order's weights of one moment are pulled towards those shipped (1 = a unit of squared distance).
    pub division_pull: f64,
    /// Features of the chances left out, for an ablation.
    pub left_out: Vec<Feature>,
    /// Signals of the order left out, for an ablation.
    pub signals_left_out: Vec<division::Signal>,
}

impl Default for ListeningSettings {
    fn default() -> ListeningSettings {
        ListeningSettings {
            index: IndexSettings::default(),
            restart: 0.15,
            nearness_tolerance: 1e-4,
            meeting_tolerance: 1e-5,
            nearness_buyers_max: 2_000,
            candidates_max: 300,
            horizon_days: None,
            bootstrap_draws: 200,
            buyers_shown_max: 5,
            seed: 0,
            inner_share: 0.7,
            training_anchors_max: 200,
            training_buyers_max: 60,
            negatives_one_in: 10,
            pull: 20.0,
            division_pull: 10.0,
            left_out: vec![],
            signals_left_out: vec![],
        }
    }
}

/// Why no model could be trained.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ListeningError {
    #[error("setting {setting} is {value}; it must be {must}")]
    Setting { setting: &'static str, value: f64, must: &'static str },
}

impl ListeningSettings {
    /// Refuses settings that cannot mean anything.
    pub fn check(&self) -> Result<(), ListeningError> {
        let refuse = |setting, value, must| Err(ListeningError::Setting { setting, value, must });
        if !(self.restart > 0.0 && self.restart < 1.0) {
            return refuse("restart", self.restart, "between 0 and 1");
        }
        if !(self.inner_share > 0.0 && self.inner_share < 1.0) {
            return refuse("inner_share", self.inner_share, "between 0 and 1");
        }
        if self.nearness_tolerance.is_nan() || self.nearness_tolerance <= 0.0 {
            return refuse("nearness_tolerance", self.nearness_tolerance, "above 0");
        }
        if self.candidates_max == 0 {
            return refuse("candidates_max", 0.0, "at least 1");
        }
        if let Some(days) = self.horizon_days.filter(|days| days.is_nan() || *days <= 0.0) {
            return refuse("horizon_days", days, "above 0");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
