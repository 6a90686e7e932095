//! The only clock, and how moments are read and written: always UTC inside, ISO 8601 at the edge.

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use model::Timestamp;

/// The present moment.
pub fn now() -> Timestamp {
    Timestamp(jiff::Timestamp::now().as_microsecond())
}

/// `2026-03-01T10:00:00Z`.
pub fn iso(at: Timestamp) -> String {
    to_jiff(at).map_or_else(|| "an impossible date".to_owned(), |at| at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
}

/// `2026-03-01T10:00:00.25Z`: a moment that is read back as it was.
pub fn iso_exact(at: Timestamp) -> String {
    to_jiff(at).map_or_else(|| "an impossible date".to_owned(), |at| at.to_string())
}

/// `1 Mar 2026`, for pages.
pub fn day(at: Timestamp) -> String {
    to_jiff(at).map_or_else(|| "an impossible date".to_owned(), |at| at.strftime("%-d %b %Y").to_string())
}

/// `1 Mar 2026, 10:00 UTC`, for pages.
pub fn minute(at: Timestamp) -> String {
    to_jiff(at).map_or_else(|| "an impossible date".to_owned(), |at| at.strftime("%-d %b %Y, %H:%M UTC").to_string())
}

/// `Sun, 01 Mar 2026 10:00:00 GMT`, as HTTP says it.
pub fn http_date(at: Timestamp) -> String {
    to_jiff(at).map_or_else(String::new, |at| at.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string())
}

/// `2026-03-01`, in UTC.
pub fn iso_day(at: Timestamp) -> String {
    to_jiff(at).map_or_else(|| "an impossible date".to_owned(), |at| at.strftime("%Y-%m-%d").to_string())
}

fn to_jiff(at: Timestamp) -> Option<jiff::Timestamp> {
    jiff::Timestamp::from_microsecond(at.0).ok()
}

/// Reads a moment that a source states in UTC without saying so (`2014-01-21T20:26:05.383`).
pub fn parse_utc_without_zone(text: &str) -> Option<Timestamp> {
    let moment: DateTime = text.parse().ok()?;
    in_zone(moment, &TimeZone::UTC)
}

/// What a date cell of a file says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DateCell {
    At(Timestamp),
    /// A date and time that does not say in which zone.
    NoZone,
    NotADate,
}

/// Reads a date cell: Unix seconds, an ISO moment with a zone, or a plain day (taken as midnight UTC). A moment
/// without a zone is read in `zone` when one is given, else it is [`DateCell::NoZone`].
pub fn parse_date_cell(text: &str, zone: Option<&TimeZone>) -> DateCell {
    let text = text.trim();
    if let Ok(seconds) = text.parse::<i64>() {
        return plausible_unix_seconds(seconds).map_or(DateCell::NotADate, DateCell::At);
    }
    if let Ok(at) = text.parse::<jiff::Timestamp>() {
        return DateCell::At(Timestamp(at.as_microsecond()));
    }
    if text.len() == 10
        && let Ok(date) = text.parse::<Date>()
    {
        let zone = zone.cloned().unwrap_or(TimeZone::UTC);
        return in_zone(date.to_datetime(jiff::civil::Time::midnight()), &zone)
            .map_or(DateCell::NotADate, DateCell::At);
    }
    match (text.replacen(' ', "T", 1).parse::<DateTime>(), zone) {
        (Ok(moment), Some(zone)) => in_zone(moment, zone).map_or(DateCell::NotADate, DateCell::At),
        (Ok(_), None) => DateCell::NoZone,
        (Err(_), _) => DateCell::NotADate,
    }
}

/// Why a text is no moment to the minute.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NoMinute {
    Empty,
    /// A day alone.
    NoTimeOfDay,
    /// A date and time that does not say in which zone.
    NoZone,
    NotADate,
}

/// Reads a moment of which the minute matters, so that a day alone is none.
pub fn parse_minute(text: &str, zone: Option<&TimeZone>) -> Result<Timestamp, NoMinute> {
    let text = text.trim();
    if text.is_empty() {
        return Err(NoMinute::Empty);
    }
    if text.len() <= 10 && text.contains('-') {
        return Err(NoMinute::NoTimeOfDay);
    }
    match parse_date_cell(text, zone) {
        DateCell::At(at) => Ok(at),
        DateCell::NoZone => Err(NoMinute::NoZone),
        DateCell::NotADate => Err(NoMinute::NotADate),
    }
}

/// Seconds since 1970 that fall between 1990 and 2100; milliseconds and typing errors do not.
pub fn plausible_unix_seconds(seconds: i64) -> Option<Timestamp> {
    (631_152_000..4_102_444_800).contains(&seconds).then(|| Timestamp::from_unix_seconds(seconds))
}

fn in_zone(moment: DateTime, zone: &TimeZone) -> Option<Timestamp> {
    let zoned = moment.to_zoned(zone.clone()).ok()?;
    Some(Timestamp(zoned.timestamp().as_microsecond()))
}

/// A time zone by its name, such as `Europe/Berlin`.
pub fn zone(name: &str) -> Option<TimeZone> {
    TimeZone::get(name).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_to_the_minute_is_no_day_alone() {
        let at = parse_minute(" 2026-03-01T09:00:00Z ", None).expect("a moment");
        assert_eq!(parse_minute("2026-03-01 10:00", zone("Europe/Berlin").as_ref()), Ok(at));
        for (text, why) in [
            ("", NoMinute::Empty),
            ("2026-03-01", NoMinute::NoTimeOfDay),
            ("2026-3-1", NoMinute::NoTimeOfDay),
            ("2026-03-01 10:00", NoMinute::NoZone),
            ("soon", NoMinute::NotADate),
        ] {
            assert_eq!(parse_minute(text, None), Err(why), "{text}");
        }
    }

    #[test]
    fn a_moment_without_a_zone_is_asked_about_and_not_guessed() {
        assert_eq!(parse_date_cell("2026-03-01 10:00:00", None), DateCell::NoZone);
        let berlin = zone("Europe/Berlin");
        assert_eq!(
            parse_date_cell("2026-03-01 10:00:00", berlin.as_ref()),
            parse_date_cell("2026-03-01T09:00:00Z", None)
        );
    }

    #[test]
    fn milliseconds_are_not_taken_for_seconds() {
        assert_eq!(parse_date_cell("1082040961000", None), DateCell::NotADate);
        assert_eq!(parse_date_cell("1082040961", None), DateCell::At(Timestamp::from_unix_seconds(1_082_040_961)));
        assert_eq!(parse_date_cell("soon", None), DateCell::NotADate);
    }
}
