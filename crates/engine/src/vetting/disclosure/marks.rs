//! The marks of promotion in a post, each with a quote: a price code, a link with a commission, a partnership, a gift.
//!
//! Only strong ones. A brand that is named, "link in bio", a price that falls are none; and what a mark needs is asked for
//! whole: a code must be there, a partner must be named. An ordinary post called promotion is worse than one overlooked.

use serde::Serialize;

use super::reading::{Hit, Kind, Patterns, Reading};
use super::words::{
    AFFILIATE, AFFILIATE_HOSTS, AFFILIATE_LABELS, ARTICLES, BEFORE_A_CODE, CODES, DENIALS, GIFT_LABELS, GIFTS,
    OTHER_CODES, OWN_GOODS, PARTNERSHIPS, PROMO_CODES, REF_IS_A_PLACE, REF_IS_NO_PARTNER, SAVINGS, SENT_BY_FRIENDS,
    TAGS_THAT_SAY_SO, TRADE_OF_ADVERTISING, USED_WITH, WORDINGS,
};

/// What shows that a post is promotion.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MarkKind {
    /// The platform's own label for paid partnerships.
    PlatformLabel,
    /// A code for a price, with the code itself.
    DiscountCode,
    /// A link for which a commission is paid.
    AffiliateLink,
    /// A paid partnership with somebody named.
    Partnership,
    /// A gift or sample of somebody who sells.
    Gift,
    /// A hashtag or label that says "advertisement" openly.
    SaysSo,
}

impl MarkKind {
    pub fn words(self) -> &'static str {
        match self {
            MarkKind::PlatformLabel => "the platform's own label",
            MarkKind::DiscountCode => "a discount code",
            MarkKind::AffiliateLink => "a link with a commission",
            MarkKind::Partnership => "a partnership with somebody named",
            MarkKind::Gift => "a gift or a sample",
            MarkKind::SaysSo => "says itself that it is advertising",
        }
    }
}

/// One mark of promotion, as it was written.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Mark {
    pub kind: MarkKind,
    /// A few words of the post; of the platform's label what it is called here.
    pub quote: String,
}

/// The patterns of marks, made once for many posts.
pub(super) struct Marks {
    partnerships: Patterns,
    gifts: Patterns,
    gift_labels: Patterns,
    affiliate: Patterns,
    affiliate_labels: Patterns,
    promo_codes: Patterns,
    own_goods: Patterns,
    labels: Patterns,
}

/// Codes end with one of these, as in ANNA10.
const AMOUNTS: [&str; 16] =
    ["5", "05", "10", "12", "15", "20", "25", "30", "35", "40", "45", "50", "60", "70", "75", "100"];
/// A price that falls counts within so many words of a code.
const SAVING_WITHIN: usize = 20;

/// How much a word looks like a code for a price.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum LooksLikeCode {
    No,
    /// anna10
    Weakly,
    /// ANNA, 2ANNA7
    Capitals,
    /// ANNA10
    Strongly,
}

impl Marks {
    pub fn new() -> Marks {
        let patterns = |written: &[&'static str]| Patterns::new(written.iter().copied());
        let labels = WORDINGS.iter().flat_map(|wording| wording.phrases.iter().chain(wording.labels)).copied();
        Marks {
            partnerships: patterns(PARTNERSHIPS),
            gifts: patterns(GIFTS),
            gift_labels: patterns(GIFT_LABELS),
            affiliate: patterns(AFFILIATE),
            affiliate_labels: patterns(AFFILIATE_LABELS),
            promo_codes: patterns(PROMO_CODES),
            own_goods: patterns(OWN_GOODS),
            labels: Patterns::new(labels),
        }
    }

    /// The first mark of each kind in the words of a post. Cost `O(words)`.
    pub fn of(&self, reading: &Reading) -> Vec<Mark> {
        let found = [
            (MarkKind::DiscountCode, self.discount_code(reading)),
            (MarkKind::AffiliateLink, self.affiliate_link(reading)),
            (MarkKind::Partnership, self.stated(&self.partnerships, reading)),
            (MarkKind::Gift, self.gift(reading)),
            (MarkKind::SaysSo, self.says_so(reading)),
        ];
        let mark = |(kind, quote): (MarkKind, Option<String>)| Some(Mark { kind, quote: quote? });
        found.into_iter().filter_map(mark).collect()
    }

    /// A phrase that is not denied ("not sponsored by").
    fn stated(&self, patterns: &Patterns, reading: &Reading) -> Option<String> {
        let hits = patterns.hits(reading);
        hits.iter().find(|hit| !reading.is_denied(hit.from, DENIALS)).map(|hit| reading.quote(hit.from, hit.to))
    }

    fn gift(&self, reading: &Reading) -> Option<String> {
        let is_of_a_friend = |hit: &Hit| {
            let after = reading.tokens[hit.to..].iter().take(4).take_while(|token| !token.begins);
            after.into_iter().any(|token| SENT_BY_FRIENDS.contains(&token.folded.as_str()))
        };
        let stated = self.gifts.hits(reading).into_iter();
        let stated = stated.filter(|hit| !reading.is_denied(hit.from, DENIALS) && !is_of_a_friend(hit));
        let labels = self.gift_labels.hits(reading).into_iter();
        let labels = labels.filter(|hit| heads_the_post(reading, *hit) || is_in_brackets(reading, *hit));
        stated.chain(labels).next().map(|hit| reading.quote(hit.from, hit.to))
    }

    fn discount_code(&self, reading: &Reading) -> Option<String> {
        let place = self.after_promo_code(reading).or_else(|| after_code(reading)).or_else(|| code_alone(reading))?;
        let is_own = !self.own_goods.hits(reading).is_empty();
        (!is_own).then(|| reading.quote(place.from, place.to))
    }

    /// "promo code: ANNA10": the words leave no doubt, so any code will do.
    fn after_promo_code(&self, reading: &Reading) -> Option<Hit> {
        self.promo_codes.hits(reading).into_iter().find_map(|hit| {
            let next = code_after(reading, hit.to, LooksLikeCode::Weakly);
            let later = || {
                let within = (hit.to..reading.tokens.len().min(hit.to + 6))
                    .take_while(|at| *at == hit.to || !reading.tokens[*at].begins);
                within.into_iter().find(|at| looks_like_code(reading, *at) == LooksLikeCode::Strongly)
            };
            let code = next.or_else(later)?;
            Some(Hit { to: code + 1, ..hit })
        })
    }

    fn affiliate_link(&self, reading: &Reading) -> Option<String> {
        let link = (0..reading.tokens.len())
            .find(|at| reading.tokens[*at].kind == Kind::Link && pays_a_commission(&reading.tokens[*at].folded));
        if let Some(link) = link {
            return Some(reading.quote(link, link + 1));
        }
        let is_trade = is_about_the_trade(reading);
        let stated = self.affiliate.hits(reading).into_iter().filter(|hit| {
            let is_hashtag = reading.tokens[hit.from].kind == Kind::Hashtag;
            let is_of_the_trade = is_hashtag && is_trade;
            !is_of_the_trade && !reading.is_denied(hit.from, DENIALS)
        });
        let labels = self.affiliate_labels.hits(reading).into_iter().filter(|hit| is_label(reading, *hit));
        stated.chain(labels).next().map(|hit| reading.quote(hit.from, hit.to))
    }

    /// A hashtag that means nothing else, or "Advertisement |" at the head of a line or in brackets at the end.
    fn says_so(&self, reading: &Reading) -> Option<String> {
        let tag = (0..reading.tokens.len()).find(|at| {
            let token = &reading.tokens[*at];
            token.kind == Kind::Hashtag && TAGS_THAT_SAY_SO.contains(&token.folded.as_str())
        });
        if let Some(tag) = tag.filter(|_| !is_about_the_trade(reading)) {
            return Some(reading.quote(tag, tag + 1));
        }
        let hits = self.labels.hits(reading);
        let head = hits.into_iter().find(|hit| heads_the_post(reading, *hit))?;
        Some(reading.quote(head.from, head.to))
    }
}

/// Whether a phrase stands apart: at the head of a line or behind a bracket, and before a bracket, a stroke, a colon or the
/// end of the line.
pub(super) fn is_label(reading: &Reading, hit: Hit) -> bool {
    let (before, after) = (reading.gap_before(hit.from), reading.gap_before(hit.to));
    let begins = hit.from == 0 || before.contains(['\n', '(', '[', '|', '*', '/', '–', '—']);
    // A hyphen without a blank makes one word of two: "ad-free".
    let is_parted =
        after.contains(['\n', ')', ']', '|', '*', ':', '/', '–', '—']) || (after != "-" && after.contains('-'));
    let ends = hit.to == reading.tokens.len() || is_parted;
    let is_shouted = hit.from == 0 && {
        let written = reading.written(hit.from);
        // "AD 79" is a year, "AD ASTRA" all capitals.
        let goes_on = reading.tokens.get(hit.to).is_some_and(|_| {
            let next = reading.written(hit.to);
            next.starts_with(char::is_numeric) || (next.chars().count() > 1 && !next.chars().any(char::is_lowercase))
        });
        written.chars().all(char::is_uppercase) && !goes_on
    };
    begins && (ends || is_shouted)
}

/// A label where readers look for one: in brackets or before a stroke at the very beginning, alone on the first line, or in
/// brackets at the very end.
fn heads_the_post(reading: &Reading, hit: Hit) -> bool {
    let after = reading.gap_before(hit.to);
    let in_brackets = is_in_brackets(reading, hit);
    let last = hit.to == reading.tokens.len();
    if hit.from > 0 {
        return in_brackets && last;
    }
    let is_short = reading.written(hit.from).eq_ignore_ascii_case("ad");
    let has_stroke = after.trim_start().starts_with(['|', '/']) || (is_short && after.starts_with(':'));
    in_brackets || has_stroke || (!last && after.starts_with('\n')) || (is_short && is_label(reading, hit))
}

fn is_in_brackets(reading: &Reading, hit: Hit) -> bool {
    let (before, after) = (reading.gap_before(hit.from), reading.gap_before(hit.to));
    before.ends_with(['(', '[', '*']) && after.starts_with([')', ']', '*'])
}

fn is_about_the_trade(reading: &Reading) -> bool {
    let mut hashtags = reading.tokens.iter().filter(|token| token.kind == Kind::Hashtag);
    hashtags.any(|tag| TRADE_OF_ADVERTISING.iter().any(|word| tag.folded.contains(word)))
}

/// "code ANNA10": a bare "code" is often one of programming, posts or doors, so that the code must end with an amount, or
/// the post speak of a price that falls.
fn after_code(reading: &Reading) -> Option<Hit> {
    let folded = |at: usize| reading.tokens[at].folded.as_str();
    (0..reading.tokens.len()).find_map(|at| {
        let is_code_word = reading.tokens[at].kind == Kind::Word && CODES.contains(&folded(at));
        let before = at.checked_sub(1).filter(|_| !reading.tokens[at].begins).map(folded);
        let after = reading.tokens.get(at + 1).filter(|token| !token.begins).map(|token| token.folded.as_str());
        let is_other = [before, after].into_iter().flatten().any(|word| OTHER_CODES.contains(&word));
        if !is_code_word || is_other {
            return None;
        }
        // "ANNA10 code", "ANNA10-Code".
        let first = at.checked_sub(1).filter(|_| !reading.tokens[at].begins);
        if let Some(first) = first.filter(|first| looks_like_code(reading, *first) == LooksLikeCode::Strongly) {
            return Some(Hit { pattern: 0, from: first, to: at + 1 });
        }
        let code = code_after(reading, at + 1, LooksLikeCode::Weakly)?;
        let is_strong = looks_like_code(reading, code) == LooksLikeCode::Strongly;
        let is_used = is_given_to_be_used(reading, at);
        let saves = has_saving_word(reading, code)
            || has_percentage(reading, code, Sign::Minus)
            || (is_used && has_percentage(reading, code, Sign::Any));
        let is_alone = before.is_none();
        ((is_strong && (is_alone || is_used)) || saves).then_some(Hit { pattern: 0, from: at, to: code + 1 })
    })
}

/// "with code", "with the code", "my code".
fn is_given_to_be_used(reading: &Reading, at: usize) -> bool {
    let before = |at: usize| at.checked_sub(1).filter(|_| !reading.tokens[at].begins);
    let is = |at: usize, words: &[&str]| words.contains(&reading.tokens[at].folded.as_str());
    before(at).is_some_and(|one| {
        is(one, USED_WITH) || (is(one, ARTICLES) && before(one).is_some_and(|two| is(two, USED_WITH)))
    })
}

/// "with ANNA10 you save 10 %".
fn code_alone(reading: &Reading) -> Option<Hit> {
    let places = 1..reading.tokens.len();
    places.into_iter().find_map(|at| {
        let before = &reading.tokens[at - 1];
        let is_given = !reading.tokens[at].begins
            && before.kind == Kind::Word
            && USED_WITH.contains(&before.folded.as_str())
            && looks_like_code(reading, at) == LooksLikeCode::Strongly;
        let saves = is_given && has_percentage(reading, at, Sign::Any) && has_saving_word(reading, at);
        saves.then_some(Hit { pattern: 0, from: at - 1, to: at + 1 })
    })
}

/// The place of a code, at once or after "is", "my" and the like.
fn code_after(reading: &Reading, from: usize, at_least: LooksLikeCode) -> Option<usize> {
    for at in from..from + 3 {
        let token = reading.tokens.get(at)?;
        // A code may stand alone on the next line, words between may not.
        if token.begins && at > from {
            return None;
        }
        if looks_like_code(reading, at) >= at_least {
            return Some(at);
        }
        if token.begins || !BEFORE_A_CODE.contains(&token.folded.as_str()) {
            return None;
        }
    }
    None
}

fn looks_like_code(reading: &Reading, at: usize) -> LooksLikeCode {
    let written = reading.written(at);
    let length = written.chars().count();
    if reading.tokens[at].kind != Kind::Word || !(3..=20).contains(&length) {
        return LooksLikeCode::No;
    }
    let name = written.trim_end_matches(|letter: char| letter.is_ascii_digit());
    let is_name = name.chars().filter(|letter| letter.is_alphabetic()).count() >= 3
        && name.chars().all(|letter| letter.is_alphabetic() || letter == '_');
    let ends_with_amount = AMOUNTS.contains(&&written[name.len()..]);
    let has_small = written.chars().any(char::is_lowercase);
    let capitals = written.chars().filter(|letter| letter.is_uppercase()).count();
    match (is_name && ends_with_amount, has_small) {
        (true, false) => LooksLikeCode::Strongly,
        (true, true) => LooksLikeCode::Weakly,
        (false, false) if capitals >= 2 && length >= 4 => LooksLikeCode::Capitals,
        _ => LooksLikeCode::No,
    }
}

fn near(reading: &Reading, at: usize) -> std::ops::Range<usize> {
    at.saturating_sub(SAVING_WITHIN)..reading.tokens.len().min(at + SAVING_WITHIN + 1)
}

fn has_saving_word(reading: &Reading, at: usize) -> bool {
    reading.tokens[near(reading, at)].iter().any(|token| SAVINGS.contains(&token.folded.as_str()))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Sign {
    Any,
    /// "-20 %"
    Minus,
}

/// A number with a percent or currency sign nearby.
fn has_percentage(reading: &Reading, at: usize, sign: Sign) -> bool {
    let is_number = |token: &super::reading::Token| token.folded.bytes().all(|byte| byte.is_ascii_digit());
    near(reading, at).any(|near| {
        let (before, after) = (reading.gap_before(near).trim_end(), reading.gap_before(near + 1).trim_start());
        let is_amount = after.starts_with(['%', '€', '£', '$']) || before.ends_with(['%', '€', '£', '$']);
        is_number(&reading.tokens[near]) && is_amount && (sign == Sign::Any || before.ends_with(['-', '−', '–']))
    })
}

/// Whether a link says that its owner pays for visits. `link` in lower case.
fn pays_a_commission(link: &str) -> bool {
    let rest = link.split_once("://").map_or(link, |(_, rest)| rest);
    let (host, path) = rest.split_once(['/', '?']).unwrap_or((rest, ""));
    let host = host.trim_start_matches("www.");
    if AFFILIATE_HOSTS.contains(&host) {
        return true;
    }
    let is_amazon = host.starts_with("amazon.") || host.contains(".amazon.");
    let is_no_partner = REF_IS_NO_PARTNER.iter().any(|of| host == *of || host.ends_with(&format!(".{of}")));
    let after_query = path.rsplit_once('?').map_or(path, |(_, query)| query);
    let query = after_query.split('#').next().unwrap_or_default();
    query.split('&').filter_map(|pair| pair.split_once('=')).any(|(key, value)| match key {
        _ if value.is_empty() => false,
        "aff" | "aff_id" | "affid" | "affiliate" | "affiliate_id" | "irclickid" | "awc" | "aff_fcid" => true,
        // Names of places on a page are short or hold an underline: "hl", "sr_1_1"; numbers name a visit.
        "ref" => {
            let is_name = value.len() >= 3 && !value.contains('_') && value.contains(|c: char| c.is_ascii_alphabetic());
            is_name && !is_no_partner && !is_amazon && !REF_IS_A_PLACE.contains(&value)
        }
        "tag" => is_amazon,
        "utm_medium" => {
            matches!(value, "affiliate" | "affiliates" | "influencer" | "influencers" | "creator" | "ambassador")
        }
        "utm_source" => matches!(value, "influencer" | "affiliate"),
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_that_pay_a_commission_are_told_from_others() {
        let cases = [
            ("https://amzn.to/3xyz", true),
            ("https://www.amazon.de/dp/b0/?tag=anna-21", true),
            ("https://www.amazon.de/dp/b0/ref=sr_1_1?keywords=tea", false),
            ("https://shop.example/tea?ref=anna", true),
            ("https://shop.example/tea?utm_source=ig&utm_medium=affiliate", true),
            ("https://shop.example/tea?utm_source=ig&utm_medium=social", false),
            ("https://ltk.app/anna", true),
            ("https://github.com/a/b/blob/x.rs?ref=main", false),
            ("https://docs.github.com/a?ref=anna", false),
            ("https://blog.example/post?ref=newsletter", false),
            ("https://photos.example/?tag=sunset", false),
            ("https://www.facebook.com/pages/a/1?ref=anna", false),
            ("https://shop.example/?ref=nav_top", false),
            ("https://shop.example/?ref=hl", false),
            ("https://shop.example/?ref=4604617", false),
            ("https://example.org/refund?x=1", false),
        ];
        for (link, expected) in cases {
            assert_eq!(pays_a_commission(link), expected, "{link}");
        }
    }

    #[test]
    fn no_pattern_begins_with_a_gap_or_with_what_may_be_missing() {
        let lists = [PARTNERSHIPS, GIFTS, GIFT_LABELS, AFFILIATE, AFFILIATE_LABELS, PROMO_CODES, OWN_GOODS];
        for pattern in lists.into_iter().flatten() {
            let first = pattern.split_whitespace().next().expect("a pattern has words");
            assert!(!first.starts_with('~') && !first.ends_with(")?") && first != "NAME", "{pattern}");
        }
    }
}
