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

/// A currency by its three letters (ISO 4217).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Currency([u8; 3]);

impl Currency {
    /// `code` is three capital letters such as `EUR`.
    pub fn new(code: &str) -> Result<Currency, UnitError> {
        match <[u8; 3]>::try_from(code.as_bytes()) {
            Ok(letters) if letters.iter().all(u8::is_ascii_uppercase) => Ok(Currency(letters)),
            _ => Err(UnitError::NotACurrency(code.to_owned())),
        }
    }

    pub fn code(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("XXX")
    }

    /// How many digits the smallest unit stands behind the point: 2 for cents, 0 for yen, 3 for dinars.
    pub fn decimals(self) -> u32 {
        match self.code() {
            "BIF" | "CLP" | "DJF" | "GNF" | "ISK" | "JPY" | "KMF" | "KRW" | "PYG" | "RWF" | "UGX" | "VND" | "VUV"
            | "XAF" | "XOF" | "XPF" => 0,
            "BHD" | "IQD" | "JOD" | "KWD" | "LYD" | "OMR" | "TND" => 3,
            _ => 2,
        }
    }
}

impl std::fmt::Debug for Currency {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.code())
    }
}

impl std::fmt::Display for Currency {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.code())
    }
}

impl TryFrom<String> for Currency {
    type Error = UnitError;
    fn try_from(code: String) -> Result<Self, Self::Error> {
        Currency::new(&code)
    }
}

impl From<Currency> for String {
    fn from(currency: Currency) -> String {
        currency.code().to_owned()
    }
}

/// Money in the smallest unit of its currency (cents, pence, yen).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Money {
    pub minor_units: i64,
    pub currency: Currency,
}

impl Money {
    /// `currency` is an ISO 4217 code.
    pub fn new(minor_units: i64, currency: &str) -> Result<Money, UnitError> {
        Ok(Money { minor_units, currency: Currency::new(currency)? })
    }
    pub fn currency(&self) -> &str {
        self.currency.code()
    }
    /// Adds two amounts of one currency; different currencies are refused, never converted silently.
    pub fn plus(&self, other: &Money) -> Result<Money, UnitError> {
        if self.currency == other.currency {
            Ok(Money { minor_units: self.minor_units + other.minor_units, currency: self.currency })
        } else {
            Err(UnitError::MixedCurrencies(other.currency.code().to_owned(), self.currency.code().to_owned()))
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
    /// An amount in the smallest unit of this currency (cents), written in whole ones.
    Money(Currency),
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
        assert_eq!(serde_json::to_string(&Unit::Money(euro.currency)).expect("writes"), r#"{"money":"EUR"}"#);
    }

    #[test]
    fn a_moment_before_1970_falls_on_the_day_before() {
        assert_eq!(Timestamp::from_unix_seconds(-1).day(), -1);
        assert_eq!(Timestamp::from_unix_seconds(86_400).day(), 1);
    }
}
