//! The learned model: coefficients with their errors, its calibration, and what it was trained on.

use serde::{Deserialize, Serialize};

use super::features::{FEATURES, Feature, FeatureValues};
use super::last_window::{HeldOut, Reading};
use super::logistic::{Fit, linear, sigmoid};

/// Raised whenever the same data would give another model.
pub const MODEL_VERSION: u32 = 3;

/// One coefficient: how much the log-odds rise with a feature.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Coefficient {
    pub feature: Feature,
    pub value: f64,
    pub standard_error: f64,
}

/// Straightens raw log-odds: `shift + slope * raw` (Platt 1999).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Calibration {
    pub shift: f64,
    pub slope: f64,
}

impl Calibration {
    /// Leaves chances as they are.
    pub const NONE: Calibration = Calibration { shift: 0.0, slope: 1.0 };
}

/// The chance of one kind of listening.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Head {
    pub coefficients: Vec<Coefficient>,
    pub calibration: Calibration,
    /// Pairs it was fitted on, and those among them that talked.
    pub pairs: u64,
    pub pairs_talked: u64,
}

impl Head {
    pub fn from_fit(fit: &Fit, pairs: u64, pairs_talked: u64) -> Head {
        let coefficients = Feature::ALL
            .into_iter()
            .enumerate()
            .map(|(place, feature)| Coefficient {
                feature,
                value: fit.coefficients[place],
                standard_error: fit.standard_errors[place],
            })
            .collect();
        Head { coefficients, calibration: Calibration::NONE, pairs, pairs_talked }
    }

    /// Coefficients in the order of the features.
    pub fn dense(&self) -> [f64; FEATURES] {
        let mut dense = [0.0; FEATURES];
        for coefficient in &self.coefficients {
            dense[coefficient.feature as usize] = coefficient.value;
        }
        dense
    }
}

/// A head made ready to be asked millions of times.
#[derive(Clone, Copy, Debug)]
pub struct Asked {
    coefficients: [f64; FEATURES],
    calibration: Calibration,
    exposure: f64,
}

impl Asked {
    /// `exposure` = the horizon asked over the horizon trained on, faded (see [`ListeningModel::exposure`]).
    pub fn new(head: &Head, exposure: f64) -> Asked {
        Asked { coefficients: head.dense(), calibration: head.calibration, exposure }
    }

    /// Raw log-odds, which order pairs but are not yet a chance.
    pub fn log_odds(&self, features: &FeatureValues) -> f64 {
        linear(&self.coefficients, features)
    }

    /// The calibrated chance within the horizon asked: `1 - (1 - p)^exposure`.
    pub fn chance(&self, features: &FeatureValues) -> f64 {
        let p = sigmoid(self.calibration.shift + self.calibration.slope * self.log_odds(features));
        if self.exposure == 1.0 { p } else { 1.0 - (1.0 - p).powf(self.exposure) }
    }
}

/// Corrects expected listeners by what came true before: `level * expected^slope`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Drift {
    pub level: f64,
    pub slope: f64,
}

impl Drift {
    /// Leaves expectations as they are.
    pub const NONE: Drift = Drift { level: 1.0, slope: 1.0 };

    /// The corrected number of listeners; rises with `expected`.
    pub fn corrected(self, expected: f64) -> f64 {
        self.level * expected.max(0.0).powf(self.slope)
    }
}

/// Where a model's coefficients come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// Learned on this market's own talk.
    Learned,
    /// Shipped with the program, because this market has too little talk to learn from.
    Shipped,
}

/// What the model saw.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrainedOn {
    pub events: u64,
    /// Accounts that stood for a brand.
    pub anchors: u64,
    /// Buyers whose next new contact was learned from.
    pub meeting_buyers: u64,
    /// Features are counted before this moment, labels from it on.
    pub inner_cut_unix: i64,
    pub until_unix: i64,
}

/// Chances that buyers turn to creators, learned from earlier talk.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ListeningModel {
    pub version: u32,
    pub origin: Origin,
    /// A buyer who already talks to the creator does so again.
    pub returning: Head,
    /// A buyer of a set who does not yet talk to the creator begins to.
    pub joining: Head,
    /// One buyer alone turns to somebody new.
    pub meeting: Head,
    /// How a set's listening divides over creators.
    pub division: super::division::Division,
    /// What came true of the last prediction made the same way, and so corrects this one.
    pub drift: Drift,
    /// How far apart a creator's chances with single buyers are kept, in log-odds: 1 as learned, less is more alike.
    pub spread: f64,
    /// Days the chances were learned over.
    pub horizon_days: f64,
    /// How pairs that talk grow with the length of the window: twice the days, `2^growth` times the pairs.
    pub growth: f64,
    pub trained_on: TrainedOn,
    /// How chances made the same way came true on the last window, which that model never saw; `None` where nobody asked
    /// or nothing could be held out.
    #[serde(default)]
    pub held_out: Option<HeldOut>,
}

impl ListeningModel {
    /// Whether scores may be read as people; a score unless the held-out window says otherwise.
    pub fn reading(&self) -> Reading {
        self.held_out.as_ref().map_or(Reading::Score, HeldOut::reading)
    }

    /// How much chance the horizon asked holds against the one learned: `(days asked / days learned)^growth`.
    pub fn exposure(&self, horizon_days: Option<f64>) -> f64 {
        match horizon_days {
            Some(days) if self.horizon_days > 0.0 => (days / self.horizon_days).powf(self.growth),
            _ => 1.0,
        }
    }
}
