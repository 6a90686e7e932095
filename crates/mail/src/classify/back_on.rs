//! The day on which somebody absent is back, read from the text of an automatic answer.
//!
//! Written out dates in English, German, French and Spanish, and dates in figures. A date that can be read two ways
//! (03/04) counts only when one of the two lies ahead; a date that is past says nothing, because the answer was forgotten.
//! "Away until 13 March" may mean that day or the next: the next is taken, which is never too early. Weekdays alone are
//! not read.

use crate::read::ReadMail;

/// How far ahead a day is believed.
const AHEAD_DAYS_MAX: i64 = 400;
/// A date without a year is this year's or, when past, next year's, and then no further ahead than this.
const AHEAD_WITHOUT_YEAR_DAYS_MAX: i64 = 270;
/// Text that is looked through, in words.
const WORDS_MAX: usize = 600;
/// Words of return that stand near a date, by how they begin.
const RETURN_WORDS: [&str; 18] = [
    "back",
    "return",
    "returning",
    "returns",
    "available",
    "reachable",
    "again",
    "wieder",
    "zurück",
    "zurueck",
    "erreichbar",
    "retour",
    "reviens",
    "reviendrai",
    "vuelta",
    "vuelvo",
    "volveré",
    "regreso",
];
/// Words that say "up to", standing right before a date.
const UNTIL_WORDS: [&str; 15] = [
    "until", "till", "til", "through", "thru", "to", "bis", "jusqu'au", "jusqu'à", "au", "hasta", "al", "until:", "–",
    "-",
];
/// Words that may stand between "until" and the date.
const BETWEEN_WORDS: [&str; 18] = [
    "the",
    "on",
    "and",
    "including",
    "incl",
    "inclusive",
    "einschließlich",
    "inklusive",
    "inkl",
    "zum",
    "einschl",
    "dem",
    "den",
    "le",
    "el",
    "día",
    "y",
    "inclus",
];
/// Words that deny what follows: "not available", "nicht mehr erreichbar".
const DENIALS: [&str; 4] = ["not", "nicht", "pas", "no"];
/// Weekdays, by their beginnings, which may stand before a date.
const WEEKDAYS: [&str; 29] = [
    "mon",
    "tue",
    "wed",
    "thu",
    "fri",
    "sat",
    "sun",
    "montag",
    "dienstag",
    "mittwoch",
    "donnerstag",
    "freitag",
    "samstag",
    "sonntag",
    "lundi",
    "mardi",
    "mercredi",
    "jeudi",
    "vendredi",
    "samedi",
    "dimanche",
    "lunes",
    "martes",
    "miércoles",
    "miercoles",
    "jueves",
    "viernes",
    "sábado",
    "domingo",
];
/// Month names by number, each in every spelling that is read.
const MONTHS: [&[&str]; 12] = [
    &["january", "jan", "januar", "jänner", "janvier", "janv", "enero", "ene"],
    &["february", "feb", "februar", "feber", "février", "fevrier", "févr", "febrero"],
    &["march", "mar", "märz", "maerz", "mrz", "mars", "marzo"],
    &["april", "apr", "avril", "avr", "abril", "abr"],
    &["may", "mai", "mayo"],
    &["june", "jun", "juni", "juin", "junio"],
    &["july", "jul", "juli", "juillet", "juil", "julio"],
    &["august", "aug", "août", "aout", "agosto", "ago"],
    &["september", "sep", "sept", "septembre", "septiembre"],
    &["october", "oct", "oktober", "okt", "octobre", "octubre"],
    &["november", "nov", "novembre", "noviembre"],
    &["december", "dec", "dezember", "dez", "décembre", "decembre", "déc", "diciembre", "dic"],
];

/// A day as written: what it may be, and where it stood.
struct Written {
    /// Possible readings as (year, month, day), year `None` where none stands there.
    readings: Vec<(Option<i64>, u32, u32)>,
    first_word: usize,
    last_word: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Return,
    Until,
    Other,
}

/// The day of return as `2026-03-14`; `None` where the text names none that lies ahead. Costs a pass over the text.
pub(super) fn back_on(mail: &ReadMail, fresh: &str) -> Option<String> {
    let words = words_of(&format!("{}\n.\n{}", mail.subject, fresh));
    let dates = dates_in(&words);
    let kinds: Vec<Kind> = (0..dates.len()).map(|at| kind_of(&words, &dates, at)).collect();
    let sent_day = mail.sent_at_unix.map(|at| at.div_euclid(86_400));
    let first = |kind: Kind| {
        let of_kind = dates.iter().zip(&kinds).filter(|(_, held)| **held == kind);
        of_kind.filter_map(|(date, _)| day_of(date, sent_day)).next()
    };
    // In a span the last day counts: "from 2 to 6 March, then from 9 to 13".
    let last_until = || {
        let spans = dates.iter().zip(&kinds).filter(|(_, held)| **held == Kind::Until);
        spans.filter_map(|(date, _)| day_of(date, sent_day)).max()
    };
    let day = first(Kind::Return).or_else(|| last_until().map(|day| day + 1))?;
    let (year, month, day) = civil_of(day);
    Some(format!("{year:04}-{month:02}-{day:02}"))
}

/// Words in lower case; a sentence's end becomes a word of its own, points within dates stay.
fn words_of(text: &str) -> Vec<String> {
    let text = text.to_lowercase().replace('’', "'");
    let mut words = vec![];
    for line in text.lines() {
        for word in line.split_whitespace() {
            let word = word.trim_matches(['(', ')', '"', '*', '„', '“', '”', '_', '[', ']']);
            if word.is_empty() {
                continue;
            }
            let is_end = word.ends_with(['!', '?', ';']) || (word.ends_with('.') && !is_day_word(word));
            let bare = word.trim_end_matches(['!', '?', ';', ',', ':']);
            let bare = if is_end { bare.trim_end_matches('.') } else { bare };
            words.extend(pieces(bare));
            if is_end {
                words.push(".".to_owned());
            }
        }
        if line.trim().is_empty() {
            words.push(".".to_owned());
        }
        if words.len() > WORDS_MAX {
            break;
        }
    }
    words
}

/// `14.` and `14.03.` end with a point that belongs to the date, and so does a short month: `14 mar.`.
fn is_day_word(word: &str) -> bool {
    let bare = word.trim_end_matches('.');
    let is_short_month = MONTHS.iter().flat_map(|names| names.iter()).any(|name| *name == bare) && bare.len() <= 5;
    let is_figures =
        !bare.is_empty() && bare.len() <= 5 && bare.bytes().all(|sign| sign.is_ascii_digit() || sign == b'.');
    is_figures || is_short_month
}

/// `2.-13.3.` and `02.03.–13.03.2026` are two dates with a dash between.
fn pieces(word: &str) -> Vec<String> {
    for dash in ["–", "—", "-"] {
        if let Some((from, to)) = word.split_once(dash) {
            let is_date = |side: &str| side.starts_with(|sign: char| sign.is_ascii_digit()) && !side.contains('-');
            if is_date(from)
                && is_date(to)
                && (dash != "-" || from.contains('.') || from.contains('/') || from.len() <= 2)
            {
                return vec![from.to_owned(), "–".to_owned(), to.to_owned()];
            }
        }
    }
    match word {
        "" => vec![],
        "—" => vec!["–".to_owned()],
        _ => vec![word.to_owned()],
    }
}

/// Every date in the text, in order.
fn dates_in(words: &[String]) -> Vec<Written> {
    let mut dates = vec![];
    let mut at = 0;
    while at < words.len() {
        match date_at(words, at) {
            Some(date) => {
                at = date.last_word + 1;
                dates.push(date);
            }
            None => at += 1,
        }
    }
    dates
}

fn date_at(words: &[String], at: usize) -> Option<Written> {
    let written = |readings: Vec<(Option<i64>, u32, u32)>, last_word: usize| {
        let readings: Vec<_> = readings.into_iter().filter(|(year, month, day)| exists(*year, *month, *day)).collect();
        (!readings.is_empty()).then_some(Written { readings, first_word: at, last_word })
    };
    let word = words[at].as_str();
    if let Some(readings) = in_figures(word) {
        return written(readings, at);
    }
    if let Some(day) = day_number(word) {
        // 14 March 2026, 14. März, 14th of March, 14 de marzo de 2026, 1er avril
        let month_at = if matches!(words.get(at + 1).map(String::as_str), Some("of" | "de")) { at + 2 } else { at + 1 };
        let month = words.get(month_at).and_then(|word| month_number(word))?;
        let (year, last_word) = year_after(words, month_at);
        return written(vec![(year, month, day)], last_word);
    }
    // March 14th, 2026
    let month = month_number(word)?;
    let day_at = if words.get(at + 1).is_some_and(|word| word == "the") { at + 2 } else { at + 1 };
    let day = words.get(day_at).and_then(|word| day_number(word))?;
    let (year, last_word) = year_after(words, day_at);
    written(vec![(year, month, day)], last_word)
}

fn year_after(words: &[String], at: usize) -> (Option<i64>, usize) {
    let year_at =
        if matches!(words.get(at + 1).map(String::as_str), Some("de" | "del" | "of")) { at + 2 } else { at + 1 };
    match words.get(year_at).and_then(|word| year_number(word.trim_end_matches('.'))) {
        Some(year) => (Some(year), year_at),
        None => (None, at),
    }
}

/// 2026-03-14, 14.03.2026, 14.3., 14/03/2026, 03/14/26, 14-03-2026.
fn in_figures(word: &str) -> Option<Vec<(Option<i64>, u32, u32)>> {
    let sign = ['.', '/', '-'].into_iter().find(|sign| word.contains(*sign))?;
    let parts: Vec<&str> = word.trim_end_matches('.').split(sign).collect();
    let numbers: Vec<u32> = parts.iter().map(|part| plain_number(part)).collect::<Option<_>>()?;
    match (sign, &numbers[..]) {
        (_, [year, month, day]) if parts[0].len() == 4 => Some(vec![(Some(i64::from(*year)), *month, *day)]),
        (sign, [first, second, _]) => {
            let year = Some(year_number(parts[2])?);
            let mut readings = vec![(year, *second, *first)];
            if sign == '/' && first != second {
                readings.push((year, *first, *second));
            }
            Some(readings)
        }
        // "14.3." needs its last point: "14.3" alone is a number.
        ('.', [day, month]) if word.ends_with('.') || parts[1].len() == 2 => Some(vec![(None, *month, *day)]),
        ('/', [first, second]) if first == second => Some(vec![(None, *second, *first)]),
        ('/', [first, second]) => Some(vec![(None, *second, *first), (None, *first, *second)]),
        _ => None,
    }
}

fn plain_number(digits: &str) -> Option<u32> {
    (!digits.is_empty() && digits.len() <= 4 && digits.bytes().all(|sign| sign.is_ascii_digit()))
        .then(|| digits.parse().ok())
        .flatten()
}

/// 14, 14., 14th, 1er.
fn day_number(word: &str) -> Option<u32> {
    let bare = word.trim_end_matches('.');
    let bare = ["st", "nd", "rd", "th", "er", "º", "°"].iter().find_map(|end| bare.strip_suffix(end)).unwrap_or(bare);
    (bare.len() <= 2).then(|| plain_number(bare)).flatten().filter(|day| (1..=31).contains(day))
}

fn month_number(word: &str) -> Option<u32> {
    let bare = word.trim_end_matches('.');
    (1u32..).zip(MONTHS).find(|(_, names)| names.contains(&bare)).map(|(number, _)| number)
}

fn year_number(digits: &str) -> Option<i64> {
    let number = i64::from(plain_number(digits)?);
    match digits.len() {
        4 if (2000..2100).contains(&number) => Some(number),
        2 => Some(2000 + number),
        _ => None,
    }
}

/// What the words around a date make of it: those right before it first, then the others of its sentence.
fn kind_of(words: &[String], dates: &[Written], at: usize) -> Kind {
    let date = &dates[at];
    let from = if at == 0 { 0 } else { dates[at - 1].last_word + 1 };
    let to = dates.get(at + 1).map_or(words.len(), |next| next.first_word);
    let sentence_from = (from..date.first_word).rev().find(|word| words[*word] == ".").map_or(from, |end| end + 1);
    let before = &words[sentence_from..date.first_word];
    let after: Vec<&str> =
        words[date.last_word + 1..to].iter().map(String::as_str).take_while(|word| *word != ".").collect();
    let is_filler = |word: &str| BETWEEN_WORDS.contains(&word) || is_weekday(word);
    // "bis einschließlich Freitag, den 13. März"; "and" is a filler after "until" and a span after "between".
    let mut nearest = before.iter().rev().map(String::as_str);
    let anchor = nearest.by_ref().find(|word| UNTIL_WORDS.contains(word) || !is_filler(word));
    let is_between = at > 0 && before.len() == 1 && before[0] == "and" && sentence_from == from;
    if is_between || anchor.is_some_and(|word| UNTIL_WORDS.contains(&word)) {
        let says_back = before.iter().any(|word| word == "back" || word.starts_with("return"));
        // "I return to the office on …" has its "to" elsewhere; "back to 14 March" is nobody's sentence.
        return if says_back && anchor == Some("to") { Kind::Return } else { Kind::Until };
    }
    let is_return = |word: &str| RETURN_WORDS.contains(&word) || word.starts_with("regres");
    let before: Vec<&str> = before.iter().map(String::as_str).collect();
    let says_return = |words: &[&str]| {
        let is_denied = |at: usize| words[at.saturating_sub(2)..at].iter().any(|word| DENIALS.contains(word));
        (0..words.len()).any(|word| is_return(words[word]) && !is_denied(word))
    };
    if says_return(&before) || says_return(&after) { Kind::Return } else { Kind::Other }
}

fn is_weekday(word: &str) -> bool {
    let bare = word.trim_end_matches('.');
    WEEKDAYS.contains(&bare)
        || (bare.len() <= 9 && bare.ends_with("day") && bare.len() > 3)
        || matches!(bare, "mo" | "di" | "mi" | "do" | "fr" | "sa" | "so")
}

/// The one reading of a date that lies ahead, as days since 1970. Without a date of the mail only a year written out helps.
fn day_of(date: &Written, sent_day: Option<i64>) -> Option<i64> {
    let mut days: Vec<i64> = date.readings.iter().filter_map(|reading| ahead(*reading, sent_day)).collect();
    days.sort_unstable();
    days.dedup();
    if days.len() == 1 { days.first().copied() } else { None }
}

fn ahead((year, month, day): (Option<i64>, u32, u32), sent_day: Option<i64>) -> Option<i64> {
    let Some(sent) = sent_day else { return year.map(|year| days_from_civil(year, month, day)) };
    let (sent_year, ..) = civil_of(sent);
    match year {
        Some(year) => {
            Some(days_from_civil(year, month, day)).filter(|day| (sent..=sent + AHEAD_DAYS_MAX).contains(day))
        }
        None => [sent_year, sent_year + 1]
            .into_iter()
            .filter(|year| exists(Some(*year), month, day))
            .map(|year| days_from_civil(year, month, day))
            .find(|day| (sent..=sent + AHEAD_WITHOUT_YEAR_DAYS_MAX).contains(day)),
    }
}

/// Whether there is such a day; without a year 29 February is one.
fn exists(year: Option<i64>, month: u32, day: u32) -> bool {
    let is_leap = year.is_none_or(|year| year % 4 == 0 && (year % 100 != 0 || year % 400 == 0));
    let days = match month {
        2 if is_leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    };
    (1..=days).contains(&day)
}

/// Days since 1970-01-01 (Howard Hinnant, "chrono-compatible low-level date algorithms", 2013).
fn days_from_civil(year: i64, month: u32, day: u32) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let month_from_march = (i64::from(month) + 9) % 12;
    let day_of_year = (153 * month_from_march + 2) / 5 + i64::from(day) - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

/// The inverse of [`days_from_civil`].
fn civil_of(days: i64) -> (i64, u32, u32) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = (day_of_year - (153 * month_from_march + 2) / 5 + 1) as u32;
    let month = (if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 }) as u32;
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}
