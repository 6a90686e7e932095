//! How numbers, dates and names are written on pages: rounding follows the interval, units come with the value.

use model::Unit;

use crate::output::grouped;

/// A space that does not break, between a number and its unit.
const NARROW: char = '\u{a0}';

/// A value rounded to two significant digits of its interval's half-width, with its unit.
pub fn value(value: f64, half_width: f64, unit: Unit) -> String {
    let scaled = Scaled::of(value, unit);
    let decimals = decimals_of(half_width / scaled.divisor);
    with_unit(&number(scaled.value, decimals), &scaled.unit)
}

/// Both ends of an interval in the value's unit, the unit said once by the value itself: `2.4–4.0`.
pub fn interval(value: f64, lo: f64, hi: f64, unit: Unit) -> String {
    let divisor = Scaled::of(value, unit).divisor;
    let decimals = decimals_of((hi - lo) / 2.0 / divisor);
    // A dash between signs would be read as one of them.
    let between = if lo < 0.0 { " to " } else { "–" };
    format!("{}{between}{}", number(lo / divisor, decimals), number(hi / divisor, decimals))
}

/// A value without an interval of its own, as part of an explanation: three significant digits, whole counts in full.
pub fn part(value: f64, unit: Unit) -> String {
    let scaled = Scaled::of(value, unit);
    let whole = scaled.value.fract() == 0.0 || scaled.value.abs() >= 1_000.0;
    let decimals = if whole { 0 } else { (2.0 - magnitude(scaled.value)).clamp(0.0, 4.0) as usize };
    with_unit(&number(scaled.value, decimals), &scaled.unit)
}

/// The round end of a scale: `30 %`, `50`.
pub fn scale_end(value: f64, unit: Unit) -> String {
    let scaled = Scaled::of(value, unit);
    let decimals = (-magnitude(scaled.value)).max(0.0) as usize;
    with_unit(&number(scaled.value, decimals), &scaled.unit)
}

/// A count with thousands set apart.
pub fn count(count: u64) -> String {
    grouped(count)
}

/// A count from the database, where it is never negative.
pub fn count_of(count: i64) -> String {
    grouped(u64::try_from(count).unwrap_or(0))
}

/// `1 post`, `2 posts`.
pub fn counted(count: u64, one: &str, many: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{} {many}", grouped(count)) }
}

/// A follower count as people say it: `840`, `12.4k`, `1.3M`.
pub fn short_count(count: i64) -> String {
    match count {
        n if n < 10_000 => grouped(u64::try_from(n).unwrap_or(0)),
        n if n < 1_000_000 => format!("{}k", number(n as f64 / 1e3, usize::from(n < 100_000))),
        n => format!("{}M", number(n as f64 / 1e6, 1)),
    }
}

/// The size of a file: `1.4 MB`.
pub fn bytes(bytes: u64) -> String {
    match bytes {
        n if n < 1_000 => format!("{n}{NARROW}bytes"),
        n if n < 1_000_000 => format!("{:.0}{NARROW}kB", n as f64 / 1e3),
        n if n < 1_000_000_000 => format!("{:.1}{NARROW}MB", n as f64 / 1e6),
        n => format!("{:.1}{NARROW}GB", n as f64 / 1e9),
    }
}

/// Up to two letters that stand for a person without a picture.
pub fn initials(name: &str) -> String {
    let letters: Vec<char> = name
        .split(|letter: char| !letter.is_alphanumeric())
        .filter_map(|word| word.chars().next())
        .filter(|letter| letter.is_alphanumeric())
        .collect();
    match letters.as_slice() {
        [] => "·".to_owned(),
        [one] => one.to_uppercase().collect(),
        [first, .., last] => first.to_uppercase().chain(last.to_uppercase()).collect(),
    }
}

/// Which of the six muted tints an account's initials stand on; the same for an account on every page.
pub fn tint(account: i64) -> u8 {
    (account.unsigned_abs() % 6) as u8
}

/// A value in the unit it is written in, and what it was divided by to get there.
struct Scaled {
    value: f64,
    divisor: f64,
    unit: String,
}

impl Scaled {
    fn of(value: f64, unit: Unit) -> Scaled {
        let (divisor, name) = match unit {
            Unit::Share | Unit::Percent => (0.01, "%"),
            Unit::Seconds => match value.abs() {
                s if s < 90.0 => (1.0, "s"),
                s if s < 90.0 * 60.0 => (60.0, "min"),
                s if s < 36.0 * 3_600.0 => (3_600.0, "h"),
                _ => (86_400.0, "days"),
            },
            Unit::People | Unit::Items | Unit::Probability | Unit::Score => (1.0, ""),
            Unit::Money(ref currency) => (10f64.powi(currency.decimals() as i32), currency.code()),
        };
        Scaled { value: value / divisor, divisor, unit: name.to_owned() }
    }
}

fn with_unit(number: &str, unit: &str) -> String {
    if unit.is_empty() { number.to_owned() } else { format!("{number}{NARROW}{unit}") }
}

/// The power of ten of the first digit; 0 for 0.
fn magnitude(value: f64) -> f64 {
    if value == 0.0 { 0.0 } else { value.abs().log10().floor() }
}

fn decimals_of(half_width: f64) -> usize {
    if half_width > 0.0 { (1.0 - magnitude(half_width)).clamp(0.0, 4.0) as usize } else { 0 }
}

fn number(value: f64, decimals: usize) -> String {
    let text = format!("{:.decimals$}", value.abs());
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let whole = whole.parse::<u64>().map_or_else(|_| whole.to_owned(), grouped);
    let is_zero = text.chars().all(|digit| matches!(digit, '0' | '.'));
    let sign = if value < 0.0 && !is_zero { "−" } else { "" };
    if fraction.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(value_in: f64, lo: f64, hi: f64, unit: Unit, expect: &str) {
        let text = format!("{} ({})", value(value_in, (hi - lo) / 2.0, unit), interval(value_in, lo, hi, unit));
        assert_eq!(text.replace(NARROW, " "), expect);
    }

    #[test]
    fn rounding_follows_the_interval() {
        check(3.42, 2.1, 5.4, Unit::People, "3.4 (2.1–5.4)");
        check(31.4, 11.0, 62.0, Unit::People, "31 (11–62)");
        check(0.0314, 0.021, 0.045, Unit::Percent, "3.1 % (2.1–4.5)");
        let euro = Unit::Money(model::Currency::new("EUR").expect("a currency"));
        check(-400.0, -900.0, -20.0, Unit::Score, "−400 (−900 to −20)");
        check(41_250.0, 18_000.0, 94_000.0, euro, "412 EUR (180–940)");
        check(0.5, 0.41, 0.59, Unit::Share, "50.0 % (41.0–59.0)");
        check(0.5, 0.2, 0.8, Unit::Share, "50 % (20–80)");
        check(7_200.0, 3_600.0, 14_400.0, Unit::Seconds, "2.0 h (1.0–4.0)");
        check(1_234_567.0, 1_234_567.0, 1_234_567.0, Unit::Items, "1,234,567 (1,234,567–1,234,567)");
    }

    #[test]
    fn parts_keep_three_digits_and_whole_counts_all_of_them() {
        assert_eq!(part(18.0, Unit::Items), "18");
        assert_eq!(part(0.123_456, Unit::Probability), "0.123");
        assert_eq!(part(12_345.678, Unit::Score), "12,346");
        assert_eq!(part(-2.5, Unit::Score), "−2.50");
        assert_eq!(part(0.0, Unit::Share), "0\u{a0}%");
    }

    #[test]
    fn a_scale_ends_in_as_few_digits_as_it_has() {
        assert_eq!(scale_end(0.3, Unit::Percent), "30\u{a0}%");
        assert_eq!(scale_end(0.005, Unit::Percent), "0.5\u{a0}%");
        assert_eq!(scale_end(30.0, Unit::People), "30");
    }

    #[test]
    fn initials_come_from_any_script_and_never_fail() {
        assert_eq!(initials("Ana Bakes"), "AB");
        assert_eq!(initials("ana_de_la_cruz"), "AC");
        assert_eq!(initials("ليلى خالد"), "لخ");
        assert_eq!(initials("…"), "·");
    }

    #[test]
    fn followers_are_said_as_people_say_them() {
        assert_eq!(short_count(9_999), "9,999");
        assert_eq!(short_count(12_420), "12.4k");
        assert_eq!(short_count(140_000), "140k");
        assert_eq!(short_count(1_340_000), "1.3M");
    }
}
