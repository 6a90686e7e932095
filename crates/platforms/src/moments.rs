//! Moments as platforms write them. What falls outside 1990 to 2100 is no moment: it is another unit, or a typing error.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use model::Timestamp;

const FROM_SECONDS: i64 = 631_152_000;
const TO_SECONDS: i64 = 4_102_444_800;

fn plausible(at: Timestamp) -> Option<Timestamp> {
    (FROM_SECONDS..TO_SECONDS).contains(&at.unix_seconds()).then_some(at)
}

/// Seconds since 1970.
pub fn of_unix_seconds(seconds: i64) -> Option<Timestamp> {
    (FROM_SECONDS..TO_SECONDS).contains(&seconds).then(|| Timestamp::from_unix_seconds(seconds))
}

/// Seconds, milliseconds or microseconds since 1970: of no plausible moment are two of them plausible.
pub fn of_unix(number: i64) -> Option<Timestamp> {
    [1_000_000, 1_000, 1]
        .into_iter()
        .find_map(|micros| Some(Timestamp(number.checked_mul(micros)?)).and_then(plausible))
}

/// An ISO 8601 moment with its zone: `2026-03-01T10:00:00.250Z`.
pub fn of_iso(text: &str) -> Option<Timestamp> {
    text.trim().parse::<jiff::Timestamp>().ok().and_then(|at| plausible(Timestamp(at.as_microsecond())))
}

/// A date and time that is meant in UTC without saying so: `2026-03-01 10:00:00`, `2026-03-01T10:00:00`.
pub fn of_utc_without_zone(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    let moment: DateTime = text.replacen(' ', "T", 1).parse().ok()?;
    let zoned = moment.to_zoned(TimeZone::UTC).ok()?;
    plausible(Timestamp(zoned.timestamp().as_microsecond()))
}

/// As `strftime` would write it, with an offset: `Wed Oct 10 20:19:24 +0000 2018` is `%a %b %d %H:%M:%S %z %Y`.
pub fn of_format(format: &str, text: &str) -> Option<Timestamp> {
    let broken_down = jiff::fmt::strtime::parse(format, text.trim()).ok()?;
    plausible(Timestamp(broken_down.to_timestamp().ok()?.as_microsecond()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_read_in_the_unit_in_which_it_is_plausible() {
        let at = Timestamp::from_unix_seconds(1_700_000_000);
        for number in [1_700_000_000, 1_700_000_000_000, 1_700_000_000_000_000] {
            assert_eq!(of_unix(number), Some(at), "{number}");
        }
        assert_eq!(of_unix(17), None);
        assert_eq!(of_unix(i64::MAX), None);
    }

    #[test]
    fn moments_are_read_in_each_way_they_are_written() {
        let at = Some(Timestamp::from_unix_seconds(1_539_202_764));
        assert_eq!(of_iso("2018-10-10T20:19:24Z"), at);
        assert_eq!(of_iso("2018-10-10T22:19:24.000+02:00"), at);
        assert_eq!(of_utc_without_zone("2018-10-10 20:19:24"), at);
        assert_eq!(of_format("%a %b %d %H:%M:%S %z %Y", "Wed Oct 10 20:19:24 +0000 2018"), at);
        for wrong in ["", "soon", "2018-13-10T20:19:24Z", "0001-01-01T00:00:00Z"] {
            assert_eq!(of_iso(wrong), None, "{wrong}");
        }
    }
}
