//! How good chances are: ranking, errors at a cut, and whether they are true.

use serde::{Deserialize, Serialize};

/// A chance and what it was about.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Judged {
    /// 0..=1.
    pub chance: f64,
    pub is_positive: bool,
}

/// What a set of chances is worth.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ChanceFigures {
    /// The chance that a positive is placed above a negative.
    pub auc: f64,
    /// At a chance of one half.
    pub f1: f64,
    /// Matthews' correlation at a chance of one half.
    pub mcc: f64,
    /// Mean squared miss.
    pub brier: f64,
    /// Mean distance of said and came over ten bins of equal size.
    pub ece: f64,
    /// Positives found where at most 1 in 100 negatives is called one.
    pub recall_at_fpr_1: f64,
    /// The same at 5 in 100.
    pub recall_at_fpr_5: f64,
}

const BINS: usize = 10;

/// All figures of these chances; those that cannot be made (no positives, no negatives) are NaN. Cost `O(n log n)`.
pub fn figures(judged: &[Judged]) -> ChanceFigures {
    let mut calls = [0.0f64; 4];
    for row in judged {
        calls[usize::from(row.chance >= 0.5) * 2 + usize::from(row.is_positive)] += 1.0;
    }
    let [right_no, missed, wrong, right] = calls;
    let under = ((right + wrong) * (right + missed) * (right_no + wrong) * (right_no + missed)).sqrt();
    let target = |row: &Judged| f64::from(u8::from(row.is_positive));
    ChanceFigures {
        auc: auc(judged),
        f1: 2.0 * right / (2.0 * right + wrong + missed),
        mcc: if under > 0.0 { (right * right_no - wrong * missed) / under } else { 0.0 },
        brier: judged.iter().map(|row| (row.chance - target(row)).powi(2)).sum::<f64>() / judged.len() as f64,
        ece: bins(judged).iter().map(|bin| bin.rows as f64 * (bin.came - bin.said).abs()).sum::<f64>()
            / judged.len() as f64,
        recall_at_fpr_1: recall_at(judged, 0.01),
        recall_at_fpr_5: recall_at(judged, 0.05),
    }
}

/// The share of pairs of a positive and a negative in which the positive has the higher chance; ties count half.
fn auc(judged: &[Judged]) -> f64 {
    let mut sorted: Vec<&Judged> = judged.iter().collect();
    sorted.sort_by(|a, b| a.chance.total_cmp(&b.chance));
    let (mut below, mut wins, mut positives) = (0.0, 0.0, 0.0);
    for tied in sorted.chunk_by(|a, b| a.chance == b.chance) {
        let ones = tied.iter().filter(|row| row.is_positive).count() as f64;
        let zeros = tied.len() as f64 - ones;
        wins += ones * (below + zeros / 2.0);
        below += zeros;
        positives += ones;
    }
    wins / (below * positives)
}

/// The largest share of positives found at a cut where at most `fpr` of the negatives are called one.
pub fn recall_at(judged: &[Judged], fpr: f64) -> f64 {
    let mut sorted: Vec<&Judged> = judged.iter().collect();
    sorted.sort_by(|a, b| b.chance.total_cmp(&a.chance));
    let positives = judged.iter().filter(|row| row.is_positive).count() as f64;
    let negatives = judged.len() as f64 - positives;
    let (mut found, mut wrong) = (0.0, 0.0);
    for tied in sorted.chunk_by(|a, b| a.chance == b.chance) {
        let ones = tied.iter().filter(|row| row.is_positive).count() as f64;
        wrong += tied.len() as f64 - ones;
        if wrong > fpr * negatives {
            break;
        }
        found += ones;
    }
    found / positives
}

/// What was said and what came in one bin.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct ReliabilityBin {
    pub rows: usize,
    pub said: f64,
    pub came: f64,
}

/// Ten bins of equal size in ascending order of what was said (fewer where there are fewer rows). Rows whose chances are
/// the same share what came, so that their order decides nothing.
pub fn bins(judged: &[Judged]) -> Vec<ReliabilityBin> {
    let mut sorted: Vec<&Judged> = judged.iter().collect();
    sorted.sort_by(|a, b| a.chance.total_cmp(&b.chance));
    let mut came = Vec::with_capacity(sorted.len());
    for tied in sorted.chunk_by(|a, b| a.chance == b.chance) {
        let mean = tied.iter().filter(|row| row.is_positive).count() as f64 / tied.len() as f64;
        came.extend(std::iter::repeat_n(mean, tied.len()));
    }
    let edge = |bin: usize| bin * sorted.len() / BINS;
    (0..BINS)
        .map(|bin| edge(bin)..edge(bin + 1))
        .filter(|rows| !rows.is_empty())
        .map(|rows| ReliabilityBin {
            rows: rows.len(),
            said: sorted[rows.clone()].iter().map(|row| row.chance).sum::<f64>() / rows.len() as f64,
            came: came[rows.clone()].iter().sum::<f64>() / rows.len() as f64,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(rows: &[(f64, bool)]) -> Vec<Judged> {
        rows.iter().map(|&(chance, is_positive)| Judged { chance, is_positive }).collect()
    }

    #[test]
    fn figures_are_those_counted_by_hand() {
        let found =
            figures(&judged(&[(0.9, true), (0.8, false), (0.6, true), (0.4, true), (0.2, false), (0.1, false)]));
        assert!((found.auc - 7.0 / 9.0).abs() < 1e-12);
        assert!((found.f1 - 2.0 * 2.0 / (4.0 + 1.0 + 1.0)).abs() < 1e-12);
        assert!((found.mcc - 1.0 / 3.0).abs() < 1e-12);
        assert!((found.brier - (0.01 + 0.64 + 0.16 + 0.36 + 0.04 + 0.01) / 6.0).abs() < 1e-12);
        assert!((found.recall_at_fpr_1 - 1.0 / 3.0).abs() < 1e-12);
        assert!((recall_at(&judged(&[(0.5, true), (0.5, false)]), 0.01)).abs() < 1e-12, "a tie finds nobody");
    }

    #[test]
    fn the_order_of_rows_decides_nothing() {
        let mut rows: Vec<(f64, bool)> = (0..97).map(|n| (f64::from(n % 7) / 7.0, n % 3 == 0)).collect();
        let before = figures(&judged(&rows));
        rows.reverse();
        let after = figures(&judged(&rows));
        for (a, b) in [(before.auc, after.auc), (before.ece, after.ece), (before.brier, after.brier)] {
            assert!((a - b).abs() < 1e-12);
        }
    }
}
