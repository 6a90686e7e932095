//! A number as people may see it: an estimate with its interval and grade, and the tree that explains it.
//!
//! No number reaches a page, the command line or the API bare. The explanation is built where the number is
//! computed, adds up to it, and ends in the rows it came from; page, CLI and JSON render this one tree.

use serde::{Deserialize, Serialize};

use crate::units::{Timestamp, Unit};

/// How good the evidence behind a number is. Ordered from best to worst.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub enum Grade {
    /// The creator's own connected account.
    A,
    /// The complete public record of the source.
    B,
    /// A sample.
    C,
    /// Counts only.
    D,
}

impl Grade {
    /// The letter's meaning, always printed beside it.
    pub fn words(self) -> &'static str {
        match self {
            Grade::A => "connected account",
            Grade::B => "complete public record",
            Grade::C => "sample",
            Grade::D => "counts only",
        }
    }
    pub fn letter(self) -> &'static str {
        match self {
            Grade::A => "A",
            Grade::B => "B",
            Grade::C => "C",
            Grade::D => "D",
        }
    }
    /// A composed figure takes the worst grade of its parts.
    pub fn worst(self, other: Grade) -> Grade {
        self.max(other)
    }
}

/// How the parts of an explanation make its value.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Combine {
    /// The parts' values add up to the value.
    Sum,
    /// The first part divided by the second.
    Ratio,
    /// The parts are inputs that the formula names; they do not simply add up.
    Inputs,
}

/// The rows at the end of an explanation: how many, of what, and where to look at them.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct RowsBehind {
    pub count: u64,
    /// What the rows are, in the plural: "comments", "threads".
    pub what: String,
    /// A page of this program that lists them.
    pub link: Option<String>,
}

/// One node of the tree: words, a value, and the parts it was made from.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Explanation {
    pub words: String,
    pub value: Option<f64>,
    pub unit: Unit,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub formula: Option<String>,
    pub combine: Combine,
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub parts: Vec<Explanation>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub rows: Option<RowsBehind>,
}

impl Explanation {
    /// A node without parts.
    pub fn leaf(words: impl Into<String>, value: Option<f64>, unit: Unit) -> Explanation {
        Explanation {
            words: words.into(),
            value,
            unit,
            formula: None,
            combine: Combine::Inputs,
            parts: vec![],
            rows: None,
        }
    }

    /// A node whose value is the sum of its parts' known values.
    pub fn sum(words: impl Into<String>, unit: Unit, parts: Vec<Explanation>) -> Explanation {
        let value = parts.iter().filter_map(|part| part.value).sum();
        Explanation {
            words: words.into(),
            value: Some(value),
            unit,
            formula: None,
            combine: Combine::Sum,
            parts,
            rows: None,
        }
    }

    /// A node whose value is its first part over its second; not known when the second is 0 or either is not known.
    pub fn ratio(words: impl Into<String>, unit: Unit, over: Explanation, under: Explanation) -> Explanation {
        let value = match (over.value, under.value) {
            (Some(over), Some(under)) if under != 0.0 => Some(over / under),
            _ => None,
        };
        Explanation {
            words: words.into(),
            value,
            unit,
            formula: None,
            combine: Combine::Ratio,
            parts: vec![over, under],
            rows: None,
        }
    }

    pub fn with_formula(mut self, formula: impl Into<String>) -> Explanation {
        self.formula = Some(formula.into());
        self
    }

    pub fn with_parts(mut self, parts: Vec<Explanation>) -> Explanation {
        self.parts = parts;
        self
    }

    pub fn with_rows(mut self, count: u64, what: impl Into<String>, link: Option<String>) -> Explanation {
        self.rows = Some(RowsBehind { count, what: what.into(), link });
        self
    }

    /// Whether every sum and ratio in the tree equals what its parts make, to one part in a million.
    pub fn adds_up(&self) -> bool {
        let close = |a: f64, b: f64| (a - b).abs() <= 1e-6 * (1.0 + a.abs().max(b.abs()));
        let here = match (self.combine, self.value) {
            (Combine::Inputs, _) | (_, None) => true,
            (Combine::Sum, Some(value)) => close(value, self.parts.iter().filter_map(|part| part.value).sum()),
            (Combine::Ratio, Some(value)) => match self.parts.as_slice() {
                [over, under] => match (over.value, under.value) {
                    (Some(over), Some(under)) if under != 0.0 => close(value, over / under),
                    _ => false,
                },
                _ => false,
            },
        };
        here && self.parts.iter().all(Explanation::adds_up)
    }
}

/// A value as shown to a person. `value: None` is "not known", with the reason in `not_known`; it is never 0.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Estimate {
    pub value: Option<f64>,
    pub lo: Option<f64>,
    pub hi: Option<f64>,
    /// The probability the interval is made for, 0.9 unless said.
    pub level: f64,
    /// How many observations stand behind it.
    pub n: u64,
    /// What `n` counts, in the plural.
    pub n_of: String,
    pub unit: Unit,
    pub method: String,
    pub version: u32,
    pub as_of: Option<Timestamp>,
    pub grade: Grade,
    /// Why the value is not known, and the way to know it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub not_known: Option<String>,
    pub explanation: Explanation,
}

/// The level of every interval unless said.
pub const DEFAULT_LEVEL: f64 = 0.9;

impl Estimate {
    /// A known value with its interval.
    pub fn known(value: f64, lo: f64, hi: f64, n: u64, n_of: &str, method: &str, explanation: Explanation) -> Estimate {
        Estimate {
            value: Some(value),
            lo: Some(lo),
            hi: Some(hi),
            level: DEFAULT_LEVEL,
            n,
            n_of: n_of.to_owned(),
            unit: explanation.unit,
            method: method.to_owned(),
            version: 1,
            as_of: None,
            grade: Grade::B,
            not_known: None,
            explanation,
        }
    }

    /// A count of rows that are all held: its interval is the value itself.
    pub fn exact(count: u64, unit: Unit, n_of: &str, method: &str, explanation: Explanation) -> Estimate {
        let value = count as f64;
        Estimate { unit, ..Estimate::known(value, value, value, count, n_of, method, explanation) }
    }

    /// A value that is not known; `reason` says why and how one could know it.
    pub fn not_known(unit: Unit, method: &str, n: u64, n_of: &str, reason: impl Into<String>) -> Estimate {
        let reason = reason.into();
        Estimate {
            value: None,
            lo: None,
            hi: None,
            level: DEFAULT_LEVEL,
            n,
            n_of: n_of.to_owned(),
            unit,
            method: method.to_owned(),
            version: 1,
            as_of: None,
            grade: Grade::D,
            explanation: Explanation::leaf(reason.clone(), None, unit),
            not_known: Some(reason),
        }
    }

    pub fn as_of(mut self, moment: Timestamp) -> Estimate {
        self.as_of = Some(moment);
        self
    }

    pub fn graded(mut self, grade: Grade) -> Estimate {
        self.grade = grade;
        self
    }

    /// Whether the two intervals overlap, so that ordering the two by value would be ordering by a hair.
    /// Unknown values are never told apart.
    pub fn not_distinguishable_from(&self, other: &Estimate) -> bool {
        match (self.lo, self.hi, other.lo, other.hi) {
            (Some(lo), Some(hi), Some(other_lo), Some(other_hi)) => lo <= other_hi && other_lo <= hi,
            _ => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sum_that_does_not_add_up_is_found_however_deep() {
        let good = Explanation::sum(
            "all",
            Unit::Items,
            vec![Explanation::leaf("a", Some(2.0), Unit::Items), Explanation::leaf("b", Some(3.0), Unit::Items)],
        );
        assert_eq!(good.value, Some(5.0));
        assert!(good.adds_up());
        let mut bad = Explanation::leaf("root", None, Unit::Items).with_parts(vec![good]);
        bad.parts[0].value = Some(6.0);
        assert!(!bad.adds_up());
    }

    #[test]
    fn not_known_is_none_with_a_reason_and_never_zero() {
        let unknown = Estimate::not_known(Unit::Percent, "er_followers", 0, "posts", "likes are hidden");
        assert_eq!(unknown.value, None);
        let json = serde_json::to_value(&unknown).expect("serialises");
        assert!(json["value"].is_null());
        assert_eq!(json["not_known"], "likes are hidden");
    }

    #[test]
    fn a_ratio_over_zero_is_not_known() {
        let zero = Explanation::leaf("comments", Some(0.0), Unit::Items);
        assert_eq!(Explanation::ratio("rate", Unit::Share, zero.clone(), zero).value, None);
    }

    #[test]
    fn overlapping_intervals_are_not_told_apart() {
        let estimate = |value: f64| {
            Estimate::known(
                value,
                value - 1.0,
                value + 1.0,
                9,
                "buyers",
                "m",
                Explanation::leaf("x", Some(value), Unit::People),
            )
        };
        assert!(estimate(3.0).not_distinguishable_from(&estimate(4.5)));
        assert!(!estimate(3.0).not_distinguishable_from(&estimate(6.0)));
    }
}
