//! Whether an audience looks like the accounts the model learned from.

use serde::{Deserialize, Serialize};

use super::columns::{AccountRow, Columns, Feature};

/// Parts of equal size that the training rows are cut into, by each feature.
const BINS: usize = 10;
/// A share of 0 counts as this much.
const SHARE_MIN: f64 = 1e-4;
/// From here on a feature's population differs.
const DIFFERS_ABOVE: f64 = 0.25;

/// The population stability index of one feature.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct FeatureDrift {
    pub feature: Feature,
    /// `sum (a - e) ln(a / e)` over the bins; 0 where both are alike.
    pub index: f64,
}

impl FeatureDrift {
    pub fn differs(&self) -> bool {
        self.index > DIFFERS_ABOVE
    }
}

/// Where the training rows lay, so that it can be kept without them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DriftReference {
    pub feature: Feature,
    /// The deciles of the training rows, repeated ones once.
    pub edges: Vec<f64>,
    /// The share of training rows between them.
    pub shares: Vec<f64>,
}

impl DriftReference {
    /// Of every feature of these columns that the rows know. Cost `O(features * n log n)`.
    pub fn of(rows: &[AccountRow], columns: Columns) -> Vec<DriftReference> {
        let of_feature = |feature: Feature| {
            let mut values: Vec<f64> = rows.iter().filter_map(|row| feature.value(row)).collect();
            if values.is_empty() {
                return None;
            }
            values.sort_by(f64::total_cmp);
            let mut edges: Vec<f64> = (1..BINS).map(|bin| values[bin * values.len() / BINS]).collect();
            edges.dedup();
            Some(DriftReference { feature, shares: shares(&edges, &values), edges })
        };
        Feature::ALL.into_iter().filter(|feature| columns.covers(feature.columns())).filter_map(of_feature).collect()
    }

    /// The index of an audience; `None` where it knows nothing of the feature.
    pub fn drift(&self, audience: &[AccountRow]) -> Option<FeatureDrift> {
        let values: Vec<f64> = audience.iter().filter_map(|row| self.feature.value(row)).collect();
        if values.is_empty() {
            return None;
        }
        let pairs = shares(&self.edges, &values).into_iter().zip(&self.shares);
        let index = pairs.map(|(actual, expected)| (actual - expected) * (actual / expected).ln()).sum();
        Some(FeatureDrift { feature: self.feature, index })
    }
}

fn shares(edges: &[f64], values: &[f64]) -> Vec<f64> {
    let mut counts = vec![0.0; edges.len() + 1];
    for value in values {
        counts[edges.partition_point(|edge| edge <= value)] += 1.0;
    }
    counts.iter().map(|count: &f64| (count / values.len() as f64).max(SHARE_MIN)).collect()
}

/// The population stability index of every feature that both sides know: bins at the deciles of the training rows, repeated
/// edges once. Cost `O(features * n log n)`.
pub fn drift(trained_on: &[AccountRow], audience: &[AccountRow], columns: Columns) -> Vec<FeatureDrift> {
    DriftReference::of(trained_on, columns).iter().filter_map(|reference| reference.drift(audience)).collect()
}

/// Whether two features or more differ, so that error rates measured on the training rows are no longer taken for the
/// audience's own.
pub fn population_differs(drift: &[FeatureDrift]) -> bool {
    drift.iter().filter(|feature| feature.differs()).count() >= 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_accounts_have_not_drifted_and_ten_times_the_followers_have() {
        let rows: Vec<AccountRow> = (0..500)
            .map(|n| AccountRow {
                followers: Some(f64::from(n)),
                followings: Some(f64::from(n % 90)),
                ..AccountRow::default()
            })
            .collect();
        let columns = rows[0].known();
        let same = drift(&rows, &rows, columns);
        assert_eq!(same.len(), 3);
        assert!(same.iter().all(|feature| feature.index.abs() < 1e-12));
        let larger: Vec<AccountRow> =
            rows.iter().map(|row| AccountRow { followers: row.followers.map(|n| 10.0 * n + 900.0), ..*row }).collect();
        let found = drift(&rows, &larger, columns);
        assert!(population_differs(&found), "{found:?}");
        assert!(!found.iter().any(|feature| feature.feature == Feature::Followings && feature.differs()));
    }
}
