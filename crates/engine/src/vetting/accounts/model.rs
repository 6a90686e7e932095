//! The account model: a sum of curves, each over one number of a profile, that a person can take apart.

use serde::{Deserialize, Serialize};

use super::calibration::Calibration;
use super::columns::{AccountRow, Columns, Feature};
use super::spline::Spline;

/// How one term of the model reads its feature.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Shape {
    /// One weight for a yes.
    TwoValued(f64),
    /// A weight for each column of the basis.
    Curve(Spline, Vec<f64>),
}

/// One term: what it adds to the log-odds, measured from its mean over the training rows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Term {
    pub feature: Feature,
    pub shape: Shape,
    /// The mean of the term over the training rows that were not made to be sold.
    pub mean: f64,
}

impl Term {
    /// What the term adds for a feature's value, from 0 where nothing is added. Unit: log-odds before calibration.
    pub fn at(&self, value: f64) -> f64 {
        match &self.shape {
            Shape::TwoValued(weight) => weight * value,
            Shape::Curve(spline, weights) => {
                let mut basis = vec![0.0; spline.columns()];
                spline.write_basis(value, &mut basis);
                basis.iter().zip(weights).map(|(column, weight)| column * weight).sum()
            }
        }
    }

    /// The term over a range of its feature, in `steps + 1` points: the value and what it adds against an ordinary account.
    pub fn curve(&self, from: f64, to: f64, steps: usize) -> Vec<(f64, f64)> {
        let steps = steps.max(1);
        let value = |step: usize| from + (to - from) * step as f64 / steps as f64;
        (0..=steps).map(|step| (value(step), self.at(value(step)) - self.mean)).collect()
    }
}

/// What a term adds for one account.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Part {
    pub feature: Feature,
    /// The feature's own value.
    pub value: f64,
    /// Log-odds added, against an ordinary account of the training rows.
    pub log_odds: f64,
}

/// A model for accounts of which these columns are known.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AccountModel {
    pub columns: Columns,
    /// Log-odds of an account whose every term is at its mean, before calibration.
    pub base: f64,
    pub terms: Vec<Term>,
    pub calibration: Calibration,
    /// How strongly weights were pulled to 0; chosen within the training rows.
    pub pull: f64,
    pub rows: u64,
    pub positives: u64,
}

impl AccountModel {
    /// The parts of an account's log-odds; `None` where a column that the model reads is not known. Cost `O(terms)`.
    pub fn parts(&self, row: &AccountRow) -> Option<Vec<Part>> {
        let part = |term: &Term| {
            let value = term.feature.value(row)?;
            Some(Part { feature: term.feature, value, log_odds: term.at(value) - term.mean })
        };
        self.terms.iter().map(part).collect()
    }

    /// The log-odds before calibration: the base and every part.
    pub fn log_odds(&self, row: &AccountRow) -> Option<f64> {
        Some(self.base + self.parts(row)?.iter().map(|part| part.log_odds).sum::<f64>())
    }

    /// The chance, 0..=1, that the account was made to be sold; `None` where a column is not known.
    pub fn chance(&self, row: &AccountRow) -> Option<f64> {
        Some(self.calibration.chance(self.log_odds(row)?))
    }
}
