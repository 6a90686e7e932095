//! Quantities with their units: a ratio, a count, days, money and a moment, each refusing what cannot be.

use serde::{Deserialize, Serialize};

/// Why a quantity was refused.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum UnitError {
    #[error("a ratio lies between 0 and 1, got {0}")]
    RatioOutOfRange(f64),
    #[error("a currency is three capital letters such as EUR, got {0:?}")]
    NotACurrency(String),
    #[error("cannot add {0} to {1}; convert at a stored rate first")]
    MixedCurrencies(String, String),
}

/// A share between 0 and 1, shown as a percentage.
#[derive(Clone, Copy, PartialEq, PartialOrd, Debug, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct Ratio(f64);

impl Ratio {
    /// Refuses values outside 0..=1 and not-a-number.
    pub fn new(value: f64) -> Result<Ratio, UnitError> {
        if (0.0..=1.0).contains(&value) { Ok(Ratio(value)) } else { Err(UnitError::RatioOutOfRange(value)) }
    }
    pub fn value(self) -> f64 {
        self.0
    }
}

impl TryFrom<f64> for Ratio {
    type Error = UnitError;
    fn try_from(value: f64) -> Result<Self, Self::Error> {
        Ratio::new(value)
    }
}

impl From<Ratio> for f64 {
    fn from(ratio: Ratio) -> f64 {
        ratio.0
    }
}

/// A number of things.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Count(pub u64);

/// A length of time in whole days.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Days(pub u32);

impl Days {
    pub fn as_seconds(self) -> i64 {
        i64::from(self.0) * 86_400
    }
}

/// Money in the smallest unit of its currency (cents, pence, yen).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Money {
    pub minor_units: i64,
    currency: String,
}

impl Money {
    /// `currency` is an ISO 4217 code.
    pub fn new(minor_units: i64, currency: &str) -> Result<Money, UnitError> {
        if currency.len() == 3 && currency.bytes().all(|b| b.is_ascii_uppercase()) {
            Ok(Money { minor_units, currency: currency.to_owned() })
        } else {
            Err(UnitError::NotACurrency(currency.to_owned()))
        }
    }
    pub fn currency(&self) -> &str {
        &self.currency
    }
    /// Adds two amounts of one currency; different currencies are refused, never converted silently.
    pub fn plus(&self, other: &Money) -> Result<Money, UnitError> {
        if self.currency == other.currency {
            Ok(Money { minor_units: self.minor_units + other.minor_units, currency: self.currency.clone() })
        } else {
            Err(UnitError::MixedCurrencies(other.currency.clone(), self.currency.clone()))
        }
    }
}

/// A moment in UTC, in microseconds since 1970.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(pub i64);

impl Timestamp {
    pub fn from_unix_seconds(seconds: i64) -> Timestamp {
        Timestamp(seconds.saturating_mul(1_000_000))
    }
    pub fn unix_seconds(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }
    pub fn plus_days(self, days: Days) -> Timestamp {
        Timestamp(self.0.saturating_add(days.as_seconds() * 1_000_000))
    }
    /// Days since 1970, the key of daily observations.
    pub fn day(self) -> i32 {
        self.unix_seconds().div_euclid(86_400) as i32
    }
}

/// What a number counts or measures; decides how it is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// A number of people.
    People,
    /// A number of comments, posts, threads or other things.
    Items,
    /// A share of one, written as a percentage.
    Share,
    /// A ratio that may exceed one, written as a percentage (engagement rates).
    Percent,
    /// A span of time in seconds, written in the largest fitting unit.
    Seconds,
    /// A probability between 0 and 1.
    Probability,
    /// A number without a unit, comparable only within its method.
    Score,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ratio_outside_zero_to_one_is_refused() {
        assert!(Ratio::new(1.2).is_err());
        assert!(Ratio::new(f64::NAN).is_err());
        assert_eq!(Ratio::new(0.25).map(Ratio::value), Ok(0.25));
    }

    #[test]
    fn money_of_two_currencies_is_not_added() {
        let euro = Money::new(100, "EUR").expect("a currency");
        let dollar = Money::new(100, "USD").expect("a currency");
        assert!(euro.plus(&dollar).is_err());
        assert!(Money::new(1, "eur").is_err());
    }

    #[test]
    fn a_moment_before_1970_falls_on_the_day_before() {
        assert_eq!(Timestamp::from_unix_seconds(-1).day(), -1);
        assert_eq!(Timestamp::from_unix_seconds(86_400).day(), 1);
    }
}
