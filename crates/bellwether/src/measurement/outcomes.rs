//! What a campaign may move, day by day: own orders, money, new buyers, leads, followers of own accounts, and series that were
//! brought in.
//!
//! A day without an order is 0 once the shop is known; a day without a reading is not known, and never 0.

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use model::brand::OwnAccount;
use model::{AccountId, Currency, Grade, Unit};
use serde::{Deserialize, Serialize};
use store::measurement::{SeriesKind, SoldInQuarter};

use super::MeasurementError;
use crate::data_directory::DataDirectory;

/// The day 1970-01-01 + `day`.
pub fn date_of(day: i32) -> Date {
    let epoch = Date::constant(1970, 1, 1);
    let span = jiff::Span::new().try_days(i64::from(day)).unwrap_or_default();
    epoch.checked_add(span).unwrap_or(epoch)
}

/// Days since 1970.
pub fn day_of(date: Date) -> i32 {
    date.since(Date::constant(1970, 1, 1)).map_or(0, |span| span.get_days())
}

/// A daily outcome.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Outcome {
    Orders,
    /// What orders are worth, less what was given back.
    Revenue,
    /// Orders of whoever had not bought before.
    NewCustomers,
    Leads,
    /// Followers that an own account gained.
    Followers {
        platform: String,
        native_id: String,
    },
    /// A series that was brought in.
    Series(i64),
}

impl Outcome {
    /// As addresses, forms and commands write it: `orders`, `followers:instagram:ana`, `series:12`.
    pub fn code(&self) -> String {
        match self {
            Outcome::Orders => "orders".to_owned(),
            Outcome::Revenue => "revenue".to_owned(),
            Outcome::NewCustomers => "new-customers".to_owned(),
            Outcome::Leads => "leads".to_owned(),
            Outcome::Followers { platform, native_id } => format!("followers:{platform}:{native_id}"),
            Outcome::Series(id) => format!("series:{id}"),
        }
    }

    pub fn from_code(code: &str) -> Option<Outcome> {
        match code.trim() {
            "orders" => Some(Outcome::Orders),
            "revenue" => Some(Outcome::Revenue),
            "new-customers" => Some(Outcome::NewCustomers),
            "leads" => Some(Outcome::Leads),
            other => match other.split_once(':')? {
                ("series", id) => id.parse().ok().map(Outcome::Series),
                ("followers", account) => {
                    let account: OwnAccount = account.parse().ok()?;
                    Some(Outcome::Followers {
                        platform: account.platform.code().to_owned(),
                        native_id: account.native_id,
                    })
                }
                _ => None,
            },
        }
    }
}

impl Serialize for Outcome {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.code())
    }
}

impl<'de> Deserialize<'de> for Outcome {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Outcome, D::Error> {
        let code = String::deserialize(deserializer)?;
        Outcome::from_code(&code).ok_or_else(|| serde::de::Error::custom(format!("{code:?} is no outcome")))
    }
}

/// Which orders count, and where a day begins.
#[derive(Clone, PartialEq, Debug)]
pub struct Reckoning {
    pub zone: TimeZone,
    pub shop: Option<i64>,
    /// `None`: the one that most orders are in.
    pub currency: Option<Currency>,
    /// Days from this one on are not over yet, or not yet settled.
    pub before_day: i32,
}

/// A daily series, whole days only.
#[derive(Clone, PartialEq, Debug)]
pub struct Daily {
    /// What is counted, in the plural: orders.
    pub words: String,
    pub unit: Unit,
    pub first_day: i32,
    /// One a day from the first one on; `None` is not known.
    pub values: Vec<Option<f64>>,
    /// Whole numbers of things that happen, which may be watched as counts.
    pub is_count: bool,
    /// Own campaigns move it.
    pub is_touched: bool,
    pub grade: Grade,
    /// Where its rows can be looked at.
    pub link: Option<String>,
    /// What its rows are, in the plural.
    pub rows_are: &'static str,
    /// What weakens it, in words.
    pub remarks: Vec<String>,
}

impl Daily {
    pub fn day_after_last(&self) -> i32 {
        self.first_day + self.values.len() as i32
    }

    pub fn at(&self, day: i32) -> Option<f64> {
        let place = usize::try_from(day - self.first_day).ok()?;
        self.values.get(place).copied().flatten()
    }

    /// Days that are known, from one day to the one before another.
    pub fn known_between(&self, from: i32, before: i32) -> usize {
        (from..before).filter(|day| self.at(*day).is_some()).count()
    }

    /// The sum of known days, from one day to the one before another.
    pub fn sum_between(&self, from: i32, before: i32) -> f64 {
        (from..before).filter_map(|day| self.at(day)).sum()
    }
}

const QUARTER_SECONDS: i64 = 900;

/// Quarters of an hour as days of a zone.
fn by_day(sold: &[SoldInQuarter], zone: &TimeZone, value: impl Fn(&SoldInQuarter) -> f64) -> BTreeMap<i32, f64> {
    let mut days = BTreeMap::new();
    for quarter in sold {
        let Ok(at) = jiff::Timestamp::from_second(quarter.quarter * QUARTER_SECONDS) else { continue };
        *days.entry(day_of(at.to_zoned(zone.clone()).date())).or_insert(0.0) += value(quarter);
    }
    days
}

/// Days from the first known one on, 0 where nothing was sold. Where nothing came for longer at the end than ever before, nobody told
/// of those days (a file that ends, a shop that is cut off): they are not known.
fn filled(days: &BTreeMap<i32, f64>, before_day: i32) -> Option<(i32, Vec<Option<f64>>)> {
    let known: Vec<i32> = days.keys().copied().filter(|day| *day < before_day).collect();
    let (first, last) = (*known.first()?, *known.last()?);
    // The first day may have begun before the shop was known.
    let first = if known.len() > 1 { first + 1 } else { first };
    let longest = known.windows(2).map(|pair| pair[1] - pair[0] - 1).max().unwrap_or(0);
    let quiet = before_day - 1 - last;
    let told_until = if quiet > longest.max(QUIET_DAYS) { last } else { before_day - 1 };
    let value = |day: i32| (day <= told_until).then(|| days.get(&day).copied().unwrap_or(0.0));
    (first < before_day).then(|| (first, (first..before_day).map(value).collect()))
}

/// So many days without an order are taken for days without an order.
const QUIET_DAYS: i32 = 2;

/// What is said of days at the end that nobody told of.
fn untold(what: &str, first_day: i32, values: &[Option<f64>]) -> Option<String> {
    let told = values.iter().rposition(Option::is_some).map_or(0, |place| place + 1);
    let missing = values.len() - told;
    (missing > 0).then(|| {
        format!(
            "nobody told of {what} from {} on ({missing} days), longer than ever before: these days are not known, and not 0",
            date_of(first_day + told as i32)
        )
    })
}

/// What a day brought, of a total read on days; `None` where the day before was not read.
fn gains(readings: &BTreeMap<i32, f64>, before_day: i32) -> Option<(i32, Vec<Option<f64>>)> {
    let (first, last) = (*readings.keys().next()? + 1, *readings.keys().next_back()?);
    let end = (last + 1).min(before_day);
    let gain = |day: i32| Some(readings.get(&day)? - readings.get(&(day - 1))?);
    (first < end).then(|| (first, (first..end).map(gain).collect()))
}

/// The currency that most orders are in.
pub async fn usual_currency(data: &DataDirectory, shop: Option<i64>) -> Result<Option<Currency>, MeasurementError> {
    let sold = data.store.currencies_sold(shop).await?;
    Ok(sold.first().and_then(|(code, _)| Currency::new(code).ok()))
}

/// Reads an outcome day by day.
///
/// Errors: `NothingHeld` where no day of it is known, with what would bring it.
pub async fn daily(data: &DataDirectory, of: &Outcome, how: &Reckoning) -> Result<Daily, MeasurementError> {
    let nothing =
        |what: &str, hint: &str| MeasurementError::NothingHeld { what: what.to_owned(), hint: hint.to_owned() };
    match of {
        Outcome::Orders | Outcome::Revenue | Outcome::NewCustomers | Outcome::Leads => {
            let is_lead = *of == Outcome::Leads;
            let currency = match how.currency {
                Some(currency) => Some(currency),
                None => usual_currency(data, how.shop).await?,
            };
            let code = currency.map(|currency| currency.to_string());
            let kind = if is_lead { "lead" } else { "sale" };
            let sold = data.store.sold_by_quarter(kind, how.shop, code.as_deref()).await?;
            if *of == Outcome::NewCustomers && sold.iter().all(|quarter| quarter.of_known_newness == 0) {
                return Err(nothing("whether buyers are new", "the shop has to tell it with its orders"));
            }
            let days = by_day(&sold, &how.zone, |quarter| match of {
                Outcome::Revenue => quarter.net_minor_units as f64,
                Outcome::NewCustomers => quarter.new_customers as f64,
                _ => quarter.orders as f64,
            });
            // Of a day with orders of which none says whether its buyer is new, nothing is known.
            let untold_days: std::collections::BTreeSet<i32> = match of {
                Outcome::NewCustomers => {
                    let told = by_day(&sold, &how.zone, |quarter| quarter.of_known_newness as f64);
                    told.into_iter().filter(|(_, told)| *told == 0.0).map(|(day, _)| day).collect()
                }
                _ => std::collections::BTreeSet::new(),
            };
            let what = if is_lead { "leads" } else { "orders" };
            let hint = "connect a shop below Tracking, Shops, or bring a file of orders in";
            let (first_day, mut values) = filled(&days, how.before_day).ok_or_else(|| nothing(what, hint))?;
            for day in untold_days {
                let place = usize::try_from(day - first_day).ok();
                if let Some(value) = place.and_then(|place| values.get_mut(place)) {
                    *value = None;
                }
            }
            let mut remarks: Vec<String> = untold(what, first_day, &values).into_iter().collect();
            if how.shop.is_none() {
                remarks.extend(later_shops(data, kind, what, how, first_day).await?);
            }
            let (words, unit) = match (of, currency) {
                (Outcome::Revenue, Some(currency)) => ("revenue", Unit::Money(currency)),
                (Outcome::Revenue, None) => return Err(nothing("amounts of orders", hint)),
                (Outcome::NewCustomers, _) => ("new customers", Unit::People),
                (Outcome::Leads, _) => ("leads", Unit::Items),
                _ => ("orders", Unit::Items),
            };
            Ok(Daily {
                words: words.to_owned(),
                unit,
                first_day,
                values,
                is_count: *of != Outcome::Revenue,
                is_touched: true,
                grade: Grade::B,
                link: Some("/tracking/conversions".to_owned()),
                rows_are: what,
                remarks,
            })
        }
        Outcome::Followers { platform, native_id } => {
            let account: OwnAccount = format!("{platform}:{native_id}")
                .parse()
                .map_err(|_| nothing("this account", "write it as platform:name"))?;
            let id = AccountId::of(account.platform, "", &account.native_id);
            data.revision().await?;
            let readings = data.lake.follower_series(id, data.now()).await?;
            let readings: BTreeMap<i32, f64> =
                readings.iter().map(|point| (point.observed_at.day(), point.followers as f64)).collect();
            let what = format!("followers of {platform}:{native_id}");
            let hint = "bring in its follower counts of two days in a row or more";
            let (first_day, values) = gains(&readings, how.before_day).ok_or_else(|| nothing(&what, hint))?;
            Ok(Daily {
                words: format!("followers gained by {native_id}"),
                unit: Unit::People,
                first_day,
                values,
                is_count: false,
                is_touched: true,
                grade: Grade::B,
                link: Some(format!("/creators/{id}")),
                rows_are: "follower counts",
                remarks: vec![],
            })
        }
        Outcome::Series(id) => {
            let row = data.store.one_series(*id).await?.ok_or(MeasurementError::NoSeries(*id))?;
            let days: BTreeMap<i32, f64> = data.store.series_days(*id).await?.into_iter().collect();
            let hint = "bring its file in again with days in it";
            let found = match row.kind {
                SeriesKind::Standing => gains(&days, how.before_day),
                SeriesKind::Gained => days.keys().next().zip(days.keys().next_back()).and_then(|(first, last)| {
                    let end = (last + 1).min(how.before_day);
                    (*first < end).then(|| (*first, (*first..end).map(|day| days.get(&day).copied()).collect()))
                }),
            };
            let (first_day, values): (i32, Vec<Option<f64>>) = found.ok_or_else(|| nothing(&row.name, hint))?;
            let is_count = row.kind == SeriesKind::Gained
                && values.iter().flatten().all(|value| *value >= 0.0 && value.fract() == 0.0);
            Ok(Daily {
                words: match row.kind {
                    SeriesKind::Gained => row.name,
                    SeriesKind::Standing => format!("{} gained", row.name),
                },
                unit: Unit::Items,
                first_day,
                values,
                is_count,
                is_touched: row.is_touched,
                grade: Grade::C,
                link: Some(format!("/measurement/series/{id}")),
                rows_are: "days",
                remarks: vec![],
            })
        }
    }
}

/// Shops that told nothing in the first days: where one begins to tell, orders rise by themselves.
async fn later_shops(
    data: &DataDirectory,
    kind: &str,
    what: &str,
    how: &Reckoning,
    first_day: i32,
) -> Result<Vec<String>, MeasurementError> {
    const SOON_DAYS: i32 = 14;
    let began = data.store.first_sold_by_shop(kind).await?;
    let day = |quarter: i64| {
        let at = jiff::Timestamp::from_second(quarter * QUARTER_SECONDS).unwrap_or_default();
        day_of(at.to_zoned(how.zone.clone()).date())
    };
    let later = began.into_iter().map(|(shop, quarter)| (shop, day(quarter)));
    let later = later.filter(|(_, day)| *day > first_day + SOON_DAYS && *day < how.before_day);
    Ok(later
        .map(|(shop, day)| {
            format!(
                "“{shop}” tells of {what} from {} on only, so that they rise by themselves there: measure one shop, or begin history then",
                date_of(day)
            )
        })
        .collect())
}

/// What can be measured here, with words for a person: own outcomes of which anything is held, then series.
pub async fn outcomes_held(data: &DataDirectory) -> Result<Vec<(Outcome, String)>, MeasurementError> {
    let mut all = vec![];
    let (has_sales, knows_newness, has_leads) = data.store.any_sold().await?;
    if has_sales {
        all.push((Outcome::Orders, "Orders".to_owned()));
        if let Some(currency) = usual_currency(data, None).await? {
            all.push((Outcome::Revenue, format!("Revenue in {currency}")));
        }
        if knows_newness {
            all.push((Outcome::NewCustomers, "New customers".to_owned()));
        }
    }
    if has_leads {
        all.push((Outcome::Leads, "Leads".to_owned()));
    }
    for brand in data.store.brands().await? {
        for own in &brand.buyers.own_accounts {
            let outcome =
                Outcome::Followers { platform: own.platform.code().to_owned(), native_id: own.native_id.clone() };
            let words = format!("Followers gained by {} on {}", own.native_id, own.platform.name());
            if !all.iter().any(|(held, _)| *held == outcome) {
                all.push((outcome, words));
            }
        }
    }
    for row in data.store.series().await? {
        all.push((Outcome::Series(row.id), row.name));
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outcome_is_read_as_it_was_written() {
        let followers = Outcome::Followers { platform: "instagram".into(), native_id: "ana".into() };
        for outcome in [Outcome::Orders, Outcome::NewCustomers, followers, Outcome::Series(12)] {
            assert_eq!(Outcome::from_code(&outcome.code()), Some(outcome));
        }
        assert_eq!(Outcome::from_code("sales"), None);
        assert_eq!(Outcome::from_code("series:x"), None);
    }

    #[test]
    fn a_day_is_as_long_as_its_zone_makes_it() {
        let zone = TimeZone::get("Europe/Berlin").expect("a zone");
        let quarter = |at: &str| {
            let at: jiff::Timestamp = at.parse().expect("a moment");
            SoldInQuarter {
                quarter: at.as_second() / QUARTER_SECONDS,
                orders: 1,
                new_customers: 0,
                of_known_newness: 0,
                net_minor_units: 0,
            }
        };
        // The night in which clocks go forward: the day has 23 hours.
        let sold = [quarter("2026-03-28T22:45:00Z"), quarter("2026-03-28T23:00:00Z"), quarter("2026-03-29T21:45:00Z")];
        let days = by_day(&sold, &zone, |quarter| quarter.orders as f64);
        let day = day_of(Date::constant(2026, 3, 28));
        assert_eq!(days.into_iter().collect::<Vec<_>>(), [(day, 1.0), (day + 1, 2.0)]);
        assert_eq!(date_of(day), Date::constant(2026, 3, 28));
    }

    #[test]
    fn a_day_without_an_order_is_0_and_a_day_without_a_reading_is_not_known() {
        let days = BTreeMap::from([(10, 3.0), (11, 2.0), (13, 4.0)]);
        assert_eq!(filled(&days, 15), Some((11, vec![Some(2.0), Some(0.0), Some(4.0), Some(0.0)])));
        let (first, long) = filled(&days, 18).expect("is known");
        assert_eq!(long[3..], [None, None, None, None], "nobody told of the last four days");
        assert!(
            untold("orders", first, &long).is_some_and(|said| said.contains("1970-01-15") && said.contains("4 days"))
        );
        assert_eq!(untold("orders", 11, &[Some(1.0)]), None);
        let gained = gains(&BTreeMap::from([(10, 100.0), (11, 104.0), (13, 110.0), (14, 109.0)]), 99);
        assert_eq!(gained, Some((11, vec![Some(4.0), None, None, Some(-1.0)])));
        assert_eq!(gains(&BTreeMap::from([(10, 1.0)]), 99), None);
    }
}
