//! A search as an address says it: words, filters, order, page. One address is one state, and the other way round.

use std::collections::BTreeSet;

use model::AccountId;
use search::{Cursor, Filter, Item, Order, Part, Read, SearchError, TextQuery, words_of};

use super::fields::{CODES, From, RANGES, RangeField, code_field, range_field};
use crate::web::query::Pairs;

/// What stands in an address for creators without a code.
pub const NOT_KNOWN: &str = "not-known";
/// Creators on one page.
pub const PAGE_ROWS: usize = 25;
/// The most that can be asked for at once.
pub const ROWS_MAX: usize = 1_000;

/// A range a person asks for, in the column's own unit.
#[derive(Clone, PartialEq, Debug)]
pub struct AskedRange {
    pub field: &'static RangeField,
    pub from: Option<f32>,
    pub to: Option<f32>,
    pub read: Read,
    pub not_known: bool,
}

/// Codes a person asks for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AskedCodes {
    pub key: &'static str,
    pub one_of: Vec<String>,
    pub none_of: Vec<String>,
    /// Whether [`NOT_KNOWN`] is among those asked for.
    pub not_known: bool,
}

/// Everything a search is made of.
#[derive(Clone, PartialEq, Debug)]
pub struct Asked {
    /// As typed.
    pub words: String,
    /// Words said in the same places as those typed are looked for too.
    pub wider: bool,
    /// Names that must occur in what they say, such as brands.
    pub mentions: Vec<String>,
    pub codes: Vec<AskedCodes>,
    pub ranges: Vec<AskedRange>,
    /// The creator that others are to be like.
    pub alike: Option<AccountId>,
    pub sort: Option<(&'static RangeField, bool)>,
    pub after: Option<Cursor>,
    pub rows: usize,
}

impl PartialEq for RangeField {
    fn eq(&self, other: &RangeField) -> bool {
        self.key == other.key
    }
}

impl std::fmt::Debug for RangeField {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.key)
    }
}

/// What could not be read in an address, in words, by key.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Misread {
    pub key: String,
    pub problem: String,
}

impl Asked {
    /// Reads an address. What makes no sense is left out and told, so that a mistyped number does not hide everything.
    pub fn of(pairs: &Pairs) -> (Asked, Vec<Misread>) {
        let mut misread = vec![];
        let mut ranges = vec![];
        for field in RANGES {
            let mut end = |end: &str| {
                let key = format!("{}_{end}", field.key);
                let typed = pairs.one(&key)?;
                match number(typed) {
                    Some(number) => Some(number * field.typed_unit()),
                    None => {
                        let problem = format!(
                            "{} {}: {typed:?} is not a number",
                            field.words,
                            if end == "from" { "from" } else { "to" }
                        );
                        misread.push(Misread { key, problem });
                        None
                    }
                }
            };
            let (from, to) = (end("from"), end("to"));
            if let (Some(low), Some(high)) = (from, to)
                && low > high
            {
                misread.push(Misread {
                    key: format!("{}_to", field.key),
                    problem: format!("{}: the lower end is above the upper one, so nobody can meet it", field.words),
                });
            }
            let read = match pairs.one(&format!("{}_read", field.key)) {
                Some("surely") => Read::Surely,
                Some("possibly") => Read::Possibly,
                _ => Read::Probably,
            };
            let known_only = pairs.one(&format!("{}_unknown", field.key)) == Some("no");
            if from.is_some() || to.is_some() || known_only {
                ranges.push(AskedRange { field, from, to, read, not_known: !known_only });
            }
        }
        let codes = CODES
            .iter()
            .filter_map(|field| {
                let mut one_of = pairs.all(field.key);
                let none_of = pairs.all(&format!("not_{}", field.key));
                let not_known = one_of.iter().any(|code| code == NOT_KNOWN);
                one_of.retain(|code| code != NOT_KNOWN);
                let asked = not_known || !one_of.is_empty() || !none_of.is_empty();
                asked.then_some(AskedCodes { key: field.key, one_of, none_of, not_known })
            })
            .collect();
        let sort = pairs.one("sort").and_then(|sort| {
            let (key, descending) = sort.strip_prefix('-').map_or((sort, false), |key| (key, true));
            Some((range_field(key)?, descending))
        });
        let rows = pairs.one("rows").and_then(|rows| rows.parse().ok()).unwrap_or(PAGE_ROWS).clamp(1, ROWS_MAX);
        let asked = Asked {
            words: pairs.one("q").unwrap_or("").to_owned(),
            wider: pairs.one("words") == Some("wider"),
            mentions: pairs
                .all("mentions")
                .iter()
                .flat_map(|names| names.split(','))
                .map(|name| name.trim().to_owned())
                .filter(|name| !name.is_empty())
                .collect(),
            codes,
            ranges,
            alike: pairs.one("alike").and_then(|account| account.parse().ok()),
            sort,
            after: pairs.one("after").and_then(cursor_of),
            rows,
        };
        (asked, misread)
    }

    /// The same as pairs, in one order, without the page.
    pub fn pairs(&self) -> Pairs {
        let mut pairs = Pairs::default();
        if !self.words.is_empty() {
            pairs = pairs.with("q", &self.words);
        }
        if self.wider {
            pairs = pairs.with("words", "wider");
        }
        for name in &self.mentions {
            pairs = pairs.with("mentions", name);
        }
        for asked in &self.codes {
            for code in &asked.one_of {
                pairs = pairs.with(asked.key, code);
            }
            if asked.not_known {
                pairs = pairs.with(asked.key, NOT_KNOWN);
            }
            for code in &asked.none_of {
                pairs = pairs.with(&format!("not_{}", asked.key), code);
            }
        }
        for asked in &self.ranges {
            let key = asked.field.key;
            let typed = |value: Option<f32>| value.map(|value| plain_number(value / asked.field.typed_unit()));
            pairs = pairs
                .with_some(&format!("{key}_from"), typed(asked.from))
                .with_some(&format!("{key}_to"), typed(asked.to));
            pairs = match asked.read {
                Read::Probably => pairs,
                Read::Surely => pairs.with(&format!("{key}_read"), "surely"),
                Read::Possibly => pairs.with(&format!("{key}_read"), "possibly"),
            };
            if !asked.not_known {
                pairs = pairs.with(&format!("{key}_unknown"), "no");
            }
        }
        pairs = pairs.with_some("alike", self.alike);
        if let Some((field, descending)) = self.sort {
            pairs = pairs.with("sort", format!("{}{}", if descending { "-" } else { "" }, field.key));
        }
        if self.rows != PAGE_ROWS {
            pairs = pairs.with("rows", self.rows);
        }
        pairs
    }

    /// Whether nothing is asked for but an order.
    pub fn is_everybody(&self) -> bool {
        self.alike.is_none()
            && self.words.is_empty()
            && self.mentions.is_empty()
            && self.codes.is_empty()
            && self.ranges.is_empty()
    }

    /// Whether anything asked for rests on the brand at hand.
    pub fn needs_brand(&self) -> bool {
        let of_brand = |field: &RangeField| field.from == From::Brand;
        self.ranges.iter().any(|asked| of_brand(asked.field)) || self.sort.is_some_and(|(field, _)| of_brand(field))
    }

    /// The words with the names that must occur.
    pub fn text(&self) -> Result<TextQuery, SearchError> {
        let mut text = TextQuery::parse(&self.words)?;
        for name in &self.mentions {
            let words: Vec<String> = words_of(name).into_iter().map(|word| word.form).collect();
            if !words.is_empty() {
                text.groups.push(vec![Item { part: Part::Anywhere, words, exact: true }]);
            }
        }
        Ok(text)
    }

    /// The filters, in the order of `codes` and then `ranges`.
    pub fn filters(&self) -> Vec<Filter> {
        let codes = self.codes.iter().map(|asked| Filter::Codes {
            column: asked.key.to_owned(),
            one_of: asked.one_of.clone(),
            none_of: asked.none_of.clone(),
            // Whoever has no code is none of those that are not wanted; but nobody asked for who has none of those wanted.
            not_known: asked.not_known || asked.one_of.is_empty(),
        });
        let ranges = self.ranges.iter().map(|asked| Filter::Range {
            column: asked.field.key.to_owned(),
            from: asked.from,
            to: asked.to,
            read: asked.read,
            not_known: asked.not_known,
        });
        codes.chain(ranges).collect()
    }

    /// The order asked for; without any, and without words, those a brand's buyers listen to come first where there is a
    /// brand.
    pub fn order(&self, has_brand: bool) -> Order {
        match self.sort {
            Some((field, descending)) => Order::By { column: field.key.to_owned(), descending },
            None if self.alike.is_some() && self.words.is_empty() => {
                Order::By { column: "alike".to_owned(), descending: true }
            }
            None if has_brand && self.words.is_empty() && self.mentions.is_empty() => {
                Order::By { column: "listening".to_owned(), descending: true }
            }
            None => Order::Words,
        }
    }

    /// The same without one filter, by its place in [`Asked::filters`].
    pub fn without(&self, place: usize) -> Asked {
        let mut asked = Asked { after: None, ..self.clone() };
        match place.checked_sub(self.codes.len()) {
            None => drop(asked.codes.remove(place)),
            Some(place) => drop(asked.ranges.remove(place)),
        }
        asked
    }
}

/// A number as people type it: `1,200`, `3.5`, `12k`, `1.5M`.
fn number(typed: &str) -> Option<f32> {
    let plain: String = typed.chars().filter(|letter| !matches!(letter, ' ' | '\u{a0}' | '_' | '%')).collect();
    let (plain, times) = match plain.char_indices().last()? {
        (at, 'k' | 'K') => (&plain[..at], 1e3),
        (at, 'm' | 'M') => (&plain[..at], 1e6),
        _ => (plain.as_str(), 1.0),
    };
    // A comma before three digits sets thousands apart, else it is a decimal comma.
    let plain = match plain.rsplit_once(',') {
        Some((_, after)) if after.len() == 3 || plain.matches(',').count() > 1 => plain.replace(',', ""),
        _ => plain.replace(',', "."),
    };
    let number: f32 = plain.parse().ok()?;
    number.is_finite().then_some(number * times)
}

/// A number without digits that only the machine's arithmetic put there.
pub fn plain_number(value: f32) -> String {
    let rounded = (f64::from(value) * 1e4).round() / 1e4;
    format!("{rounded}")
}

/// A page's beginning as an address says it: the key's bits, and the account.
pub fn cursor_words(cursor: &Cursor) -> String {
    let key = cursor.key.map_or_else(|| "-".to_owned(), |key| format!("{:08x}", key.to_bits()));
    format!("{key}.{}", cursor.account)
}

fn cursor_of(words: &str) -> Option<Cursor> {
    let (key, account) = words.split_once('.')?;
    let key = match key {
        "-" => None,
        bits => Some(f32::from_bits(u32::from_str_radix(bits, 16).ok()?)),
    };
    Some(Cursor { key, account: account.parse::<AccountId>().ok()? })
}

/// The keys an address may have besides those of filters.
pub fn known_keys() -> BTreeSet<String> {
    let mut keys: BTreeSet<String> =
        ["q", "words", "mentions", "alike", "sort", "rows", "after", "brand", "weights", "peek", "shown"]
            .into_iter()
            .map(str::to_owned)
            .collect();
    for field in RANGES {
        keys.extend(["from", "to", "read", "unknown"].map(|end| format!("{}_{end}", field.key)));
    }
    for field in CODES {
        keys.extend([field.key.to_owned(), format!("not_{}", field.key)]);
    }
    keys
}

/// A filter as a chip says it; `name` names codes that only others can name.
pub fn chip_words(asked: &Asked, place: usize, name: impl Fn(&str, &str) -> String) -> String {
    if let Some(codes) = asked.codes.get(place) {
        let field = code_field(codes.key).expect("only known keys are read");
        let mut words: Vec<String> = codes.one_of.iter().map(|code| name(codes.key, code)).collect();
        if codes.not_known {
            words.push(field.none.to_owned());
        }
        let wanted = words.join(" or ");
        let unwanted: Vec<String> = codes.none_of.iter().map(|code| name(codes.key, code)).collect();
        return match (wanted.is_empty(), unwanted.is_empty()) {
            (false, true) => format!("{}: {wanted}", field.words),
            (true, _) => format!("{}: not {}", field.words, unwanted.join(" nor ")),
            (false, false) => format!("{}: {wanted}, not {}", field.words, unwanted.join(" nor ")),
        };
    }
    let range = &asked.ranges[place - asked.codes.len()];
    let unit = range.field.typed_words();
    let typed = |value: f32| {
        let number = plain_number(value / range.field.typed_unit());
        if unit.is_empty() { number } else { format!("{number}\u{a0}{unit}") }
    };
    let how = match range.read {
        Read::Probably => "",
        Read::Surely => "surely ",
        Read::Possibly => "possibly ",
    };
    let ends = match (range.from, range.to) {
        (Some(from), Some(to)) => format!("{how}{}–{}", typed(from), typed(to)),
        (Some(from), None) => format!("{how}from {}", typed(from)),
        (None, Some(to)) => format!("{how}up to {}", typed(to)),
        (None, None) => String::new(),
    };
    let known = if range.not_known { "" } else { "known" };
    match (ends.is_empty(), known.is_empty()) {
        (true, _) => format!("{}: {known}", range.field.words),
        (false, true) => format!("{}: {ends}, or not known", range.field.words),
        (false, false) => format!("{}: {ends}", range.field.words),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(pairs: &[(&str, &str)]) -> (Asked, Vec<Misread>) {
        Asked::of(&Pairs(pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()))
    }

    #[test]
    fn an_address_is_read_and_written_back_the_same() {
        let (first, misread) = asked(&[
            ("q", "cold brew -capsule"),
            ("platform", "instagram"),
            ("platform", NOT_KNOWN),
            ("not_niche", "553"),
            ("engagement_from", "3"),
            ("engagement_read", "surely"),
            ("engagement_unknown", "no"),
            ("followers_to", "12k"),
            ("sort", "-followers"),
        ]);
        assert_eq!(misread, []);
        let (again, _) = Asked::of(&first.pairs());
        assert_eq!(again, first);
        assert_eq!(first.ranges[0].to, Some(12_000.0));
        assert!((first.ranges[1].from.expect("is given") - 0.03).abs() < 1e-6);
    }

    #[test]
    fn what_makes_no_sense_is_told_and_left_out() {
        let (asked, misread) = asked(&[("followers_from", "many"), ("likes_from", "10"), ("likes_to", "5")]);
        assert_eq!(misread.len(), 2);
        assert!(misread[0].problem.contains("\"many\" is not a number"), "{}", misread[0].problem);
        assert!(misread[1].problem.contains("lower end is above"), "{}", misread[1].problem);
        assert_eq!(asked.ranges.len(), 1);
    }

    #[test]
    fn numbers_are_read_as_people_type_them() {
        for (typed, expect) in
            [("1,200", 1_200.0), ("3,5", 3.5), ("1.5M", 1_500_000.0), ("12 k", 12_000.0), ("2 %", 2.0)]
        {
            assert_eq!(number(typed), Some(expect), "{typed}");
        }
        assert_eq!(number("inf"), None);
    }

    #[test]
    fn a_page_begins_where_the_last_one_ended_to_the_last_bit() {
        for key in [Some(0.1f32), Some(-3.0), None] {
            let cursor = Cursor { key, account: AccountId(7) };
            assert_eq!(cursor_of(&cursor_words(&cursor)), Some(cursor));
        }
    }

    #[test]
    fn a_chip_says_what_it_filters() {
        let (asked, _) = asked(&[("not_platform", "x"), ("engagement_from", "3"), ("engagement_read", "surely")]);
        assert_eq!(chip_words(&asked, 0, |_, code| code.to_uppercase()), "Platform: not X");
        assert_eq!(
            chip_words(&asked, 1, |_, code| code.to_owned()),
            "Engagement by followers: surely from 3\u{a0}%, or not known"
        );
    }
}
