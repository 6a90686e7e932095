//! Creators side by side: for each figure their order, who can be told apart from whom, and that in words.
//!
//! Two creators are told apart by the interval of their difference and not by whether their intervals overlap, which
//! would miss differences that are there; and all pairs of a row are judged together, so that six creators do not
//! bring fifteen chances to be wrong. Whoever is not known is never ordered.

use model::explanation::DEFAULT_LEVEL;
use model::{Estimate, Grade, Ratio, Unit};
use serde::{Deserialize, Serialize};
use statrs::function::erf::erfc;

use crate::intervals::two_sided_z;

/// Fewest and most creators side by side.
pub const COMPARED_MIN: usize = 2;
pub const COMPARED_MAX: usize = 6;

/// Two creators of a row that can be told apart, as places of the row.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct Apart {
    pub above: usize,
    pub below: usize,
}

/// What an axis must hold so that every interval of a row can be drawn on it.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct Scale {
    pub lo: f64,
    pub hi: f64,
}

/// One figure of several creators, side by side. Creators are places of the row.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Comparison {
    /// Those who are known, the largest value first, equal ones by place. Whether neighbours differ is said by `apart`
    /// alone.
    pub order: Vec<usize>,
    /// Those who are not known; they belong after `order` and have no order.
    pub not_known: Vec<usize>,
    /// All pairs that can be told apart, ascending.
    pub apart: Vec<Apart>,
    /// "cannot be told apart", or "A surely above B and C; B surely above C", and who is not known.
    pub words: String,
    /// `None`: nobody is known.
    pub best_known_grade: Option<Grade>,
    /// `None`: nobody is known.
    pub scale: Option<Scale>,
}

/// Why figures cannot stand side by side.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CompareError {
    #[error("{0} creators were given; from {COMPARED_MIN} to {COMPARED_MAX} can be compared")]
    Creators(usize),
    #[error("{creators} creators have {estimates} figures; give one figure for each, not known where it is not")]
    Figures { creators: usize, estimates: usize },
    #[error("figures of {first:?} and {other:?} are in one row; compare each unit in a row of its own")]
    Units { first: Unit, other: Unit },
    #[error("figures made by {first} and {other} are in one row; compare figures made in one way")]
    Methods { first: String, other: String },
}

/// One figure of 2 to 6 creators side by side: the order, and who can be told apart.
///
/// Formula: for `a > b`, `down(a) = (a - lo(a)) / z(level)` and `up(b) = (hi(b) - b) / z(level)`, each with its own
/// level; `z = (a - b) / sqrt(down(a)^2 + up(b)^2)` and `p = 2 (1 - Phi(z))`: the difference interval built from both
/// intervals excludes 0 at the level `1 - p`. Over the known pairs of the row, from the smallest p on, the i-th of m
/// is told apart while `p <= doubt / (m - i + 1)`, `doubt = 1 - level`. An end that is missing, infinite or on the
/// wrong side of its value tells nothing apart; two values without any doubt are apart when they differ. An interval
/// said to be sure (level 1) is read as one of 90 %, which is careful. For two values of one width intervals may
/// overlap by a third and the two be told apart. Since `z(a, c)` is at least the smaller of `z(a, b)` and `z(b, c)`,
/// "above" is transitive and can be said in a chain.
/// Inputs: names and figures of the creators, in one order, of one unit and method; `level`, 0..1, the chance that no
/// pair of the row is told apart wrongly. Errors: [`CompareError`]. Cost: O(creators^2).
/// Source: Zou & Donner 2008, Statistics in Medicine 27 (a difference from two intervals); Holm 1979 (several pairs).
///
/// ```
/// use engine::matching::compare::compare;
/// use model::{Estimate, Explanation, Ratio, Unit};
/// let figure = |value: f64| {
///     let explanation = Explanation::leaf("buyers", Some(value), Unit::People);
///     Estimate::known(value, value - 1.0, value + 1.0, 9, "buyers", "m", explanation)
/// };
/// let row = compare(&["Ana", "Bo"], &[figure(3.0), figure(9.0)], Ratio::new(0.9).unwrap()).unwrap();
/// assert_eq!(row.order, [1, 0]);
/// assert_eq!(row.words, "Bo surely above Ana");
/// ```
pub fn compare(creators: &[&str], estimates: &[Estimate], level: Ratio) -> Result<Comparison, CompareError> {
    check(creators, estimates)?;
    let (mut order, not_known): (Vec<usize>, Vec<usize>) =
        (0..estimates.len()).partition(|place| known(&estimates[*place]).is_some());
    let value = |place: usize| known(&estimates[place]).unwrap_or(f64::NEG_INFINITY);
    order.sort_by(|a, b| value(*b).total_cmp(&value(*a)).then(a.cmp(b)));
    let apart = told_apart(estimates, &order, 1.0 - level.value());
    Ok(Comparison {
        words: words(creators, &order, &not_known, &apart),
        best_known_grade: order.iter().map(|place| estimates[*place].grade).min(),
        scale: scale(estimates, &order),
        order,
        not_known,
        apart,
    })
}

fn check(creators: &[&str], estimates: &[Estimate]) -> Result<(), CompareError> {
    if creators.len() != estimates.len() {
        return Err(CompareError::Figures { creators: creators.len(), estimates: estimates.len() });
    }
    if !(COMPARED_MIN..=COMPARED_MAX).contains(&creators.len()) {
        return Err(CompareError::Creators(creators.len()));
    }
    let first = &estimates[0];
    for other in &estimates[1..] {
        if other.unit != first.unit {
            return Err(CompareError::Units { first: first.unit, other: other.unit });
        }
        if other.method != first.method {
            return Err(CompareError::Methods { first: first.method.clone(), other: other.method.clone() });
        }
    }
    Ok(())
}

/// A value that can be ordered.
fn known(estimate: &Estimate) -> Option<f64> {
    estimate.value.filter(|value| value.is_finite())
}

/// How far an end lies from its value, as a standard deviation; infinite where the end says nothing.
fn deviation(estimate: &Estimate, distance: Option<f64>) -> f64 {
    let level = if estimate.level >= 1.0 { DEFAULT_LEVEL } else { estimate.level };
    let reach = Ratio::new(level).map_or(0.0, two_sided_z);
    match distance.filter(|distance| *distance >= 0.0) {
        Some(0.0) => 0.0,
        Some(distance) if reach > 0.0 => distance / reach,
        _ => f64::INFINITY,
    }
}

/// How likely a difference as large would be if there were none.
fn chance_of_no_difference(above: &Estimate, below: &Estimate) -> f64 {
    let (Some(high), Some(low)) = (known(above), known(below)) else {
        return 1.0;
    };
    let down = deviation(above, above.lo.map(|lo| high - lo));
    let up = deviation(below, below.hi.map(|hi| hi - low));
    let doubt = down.hypot(up);
    match high - low {
        difference if difference <= 0.0 => 1.0,
        _ if doubt == 0.0 => 0.0,
        difference => erfc(difference / doubt / std::f64::consts::SQRT_2),
    }
}

/// Holm's steps over all known pairs of a row.
fn told_apart(estimates: &[Estimate], order: &[usize], doubt: f64) -> Vec<Apart> {
    let mut pairs: Vec<(f64, Apart)> = vec![];
    for (at, &above) in order.iter().enumerate() {
        for &below in &order[at + 1..] {
            pairs.push((chance_of_no_difference(&estimates[above], &estimates[below]), Apart { above, below }));
        }
    }
    pairs.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    let all = pairs.len();
    let is_apart = |(at, pair): &(usize, &(f64, Apart))| pair.0 <= doubt / (all - at) as f64 && pair.0 < 1.0;
    let mut apart: Vec<Apart> = pairs.iter().enumerate().take_while(is_apart).map(|(_, pair)| pair.1).collect();
    apart.sort_unstable();
    apart
}

fn words(creators: &[&str], order: &[usize], not_known: &[usize], apart: &[Apart]) -> String {
    let unknown = listed(not_known.iter().map(|place| creators[*place]));
    let said = match (order.len(), apart) {
        (0, _) => return "not known".to_owned(),
        (1, _) => format!("only {} is known", creators[order[0]]),
        (_, []) => "cannot be told apart".to_owned(),
        _ => {
            let above = |place: &usize| {
                let is_below = |other: &&usize| apart.contains(&Apart { above: *place, below: **other });
                let below: Vec<&str> = order.iter().filter(is_below).map(|other| creators[*other]).collect();
                (!below.is_empty()).then(|| format!("{} surely above {}", creators[*place], listed(below.into_iter())))
            };
            order.iter().filter_map(above).collect::<Vec<_>>().join("; ")
        }
    };
    if not_known.is_empty() || order.len() == 1 { said } else { format!("{said}; not known: {unknown}") }
}

/// "A", "A and B", "A, B and C".
fn listed<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<&str> = names.collect();
    match names.as_slice() {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

fn scale(estimates: &[Estimate], order: &[usize]) -> Option<Scale> {
    let ends = |place: &usize| {
        let estimate = &estimates[*place];
        [estimate.lo, estimate.value, estimate.hi].into_iter().flatten().filter(|end| end.is_finite())
    };
    let all = || order.iter().flat_map(ends);
    let lo = all().min_by(f64::total_cmp)?;
    all().max_by(f64::total_cmp).map(|hi| Scale { lo, hi })
}

#[cfg(test)]
mod tests;
