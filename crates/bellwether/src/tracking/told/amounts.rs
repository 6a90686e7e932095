//! Amounts as shops write them, as whole numbers of the smallest unit: never by way of a fraction that a computer rounds.

use model::Currency;

/// `12.5` in euros as 1250; `None` where it is no amount, or finer than the smallest unit.
///
/// Takes a point as the decimal sign, or a comma with at most as many digits behind it as the currency has; of several signs of
/// one kind, all set thousands apart.
pub fn minor_units(text: &str, currency: Currency) -> Option<i64> {
    let text = text.trim();
    let (is_negative, text) = match text.strip_prefix(['-', '\u{2212}']) {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let plain: String =
        text.chars().filter(|letter| !matches!(letter, ' ' | '\u{a0}' | '\u{202f}' | '\'' | '_')).collect();
    if plain.is_empty() || !plain.chars().all(|letter| letter.is_ascii_digit() || matches!(letter, '.' | ',')) {
        return None;
    }
    let decimals = currency.decimals() as usize;
    let (points, commas) = (plain.matches('.').count(), plain.matches(',').count());
    let sign = match (points, commas) {
        (0, 0) => None,
        (1, 0) => Some('.'),
        // 1,200 sets thousands apart unless the currency has three digits of its own.
        (0, 1) => {
            let behind = plain.len() - plain.find(',')? - 1;
            (behind != 3 || decimals == 3).then_some(',')
        }
        (0, _) | (_, 0) => None,
        // The one that stands last is the decimal sign, and stands once.
        _ => {
            let last = if plain.rfind('.') > plain.rfind(',') { '.' } else { ',' };
            (plain.matches(last).count() == 1).then_some(last)?;
            Some(last)
        }
    };
    let (whole, fraction) = sign.and_then(|sign| plain.rsplit_once(sign)).unwrap_or((plain.as_str(), ""));
    let whole: String = whole.chars().filter(char::is_ascii_digit).collect();
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    // Zeros behind the smallest unit say nothing, as in the 12.000000 of some shops.
    let (kept, rest) = fraction.split_at(fraction.len().min(decimals));
    if rest.bytes().any(|digit| digit != b'0') {
        return None;
    }
    let digits = format!("{whole}{kept:0<decimals$}");
    let value: i64 = digits.parse().ok()?;
    Some(if is_negative { -value } else { value })
}

/// 1.200 is twelve hundred in one country and one and a fifth in another.
pub fn has_two_readings(text: &str, currency: Currency) -> bool {
    let digits = text.trim().trim_start_matches(['-', '+']);
    digits.split_once('.').is_some_and(|(whole, behind)| {
        let is_three = behind.len() == 3 && behind.bytes().all(|digit| digit.is_ascii_digit());
        is_three && (1..=3).contains(&whole.len()) && currency.decimals() != 3
    })
}

/// 1250 euro cents as `12.50 EUR`, to the cent.
pub fn words(minor_units: i64, currency: &str) -> String {
    let Ok(currency) = Currency::new(currency) else { return format!("{minor_units} of an unknown currency") };
    let whole = 10u64.pow(currency.decimals());
    let (above, below) = (minor_units.unsigned_abs() / whole, minor_units.unsigned_abs() % whole);
    let sign = if minor_units < 0 { "\u{2212}" } else { "" };
    let above = crate::output::grouped(above);
    match currency.decimals() {
        0 => format!("{sign}{above} {currency}"),
        decimals => format!("{sign}{above}.{below:0>width$} {currency}", width = decimals as usize),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_written_to_the_cent() {
        assert_eq!(words(123_456_705, "EUR"), "1,234,567.05 EUR");
        assert_eq!(words(-50, "EUR"), "\u{2212}0.50 EUR");
        assert_eq!((words(1_200, "JPY"), words(1_250, "KWD")), ("1,200 JPY".to_owned(), "1.250 KWD".to_owned()));
    }

    #[test]
    fn amounts_are_read_to_the_cent_in_every_writing() {
        let eur = Currency::new("EUR").expect("a currency");
        for (text, is) in [
            ("12", Some(1_200)),
            ("12.5", Some(1_250)),
            ("12,50", Some(1_250)),
            ("0.07", Some(7)),
            (".5", Some(50)),
            ("1,200", Some(120_000)),
            ("1.200,50", Some(120_050)),
            ("1,200.50", Some(120_050)),
            ("1 200,50", Some(120_050)),
            ("1.234.567", Some(123_456_700)),
            ("-5.00", Some(-500)),
            ("12.000000", Some(1_200)),
            ("12.005", None),
            ("1.2,3.4", None),
            ("12 EUR", None),
            ("", None),
            (".", None),
            ("1e3", None),
            ("99999999999999999999", None),
        ] {
            assert_eq!(minor_units(text, eur), is, "{text:?}");
        }
        // What a fraction of a computer gets wrong: 1.15 * 100 is 114.99999999999999 there.
        assert_eq!(minor_units("1.15", eur), Some(115));
        let (yen, dinar) = (Currency::new("JPY").expect("a currency"), Currency::new("KWD").expect("a currency"));
        assert_eq!((minor_units("1,200", yen), minor_units("1200.00", yen)), (Some(1_200), Some(1_200)));
        assert_eq!((minor_units("1.250", dinar), minor_units("1,250", dinar)), (Some(1_250), Some(1_250)));
    }
}
