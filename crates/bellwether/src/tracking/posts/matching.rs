//! Which post may be a piece of a deal: published by its creator in its time, and carrying a tag, a mention or a link of it. Every
//! sign is a reason that is shown; no post becomes a piece by them alone.

use std::collections::BTreeSet;

use lake::PostSeen;
use model::{AccountId, Platform, Timestamp};
use serde::{Deserialize, Serialize};

use crate::clock;

const DAY: i64 = 86_400_000_000;
/// A post may be so late and still be the piece.
pub const DAYS_AFTER_DUE: i64 = 30;
/// Where no day is set, so long after the deal was accepted.
pub const DAYS_WITHOUT_DUE: i64 = 120;

/// Something that a post carries where it is the piece.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Sign {
    /// Without `#`, in lower case.
    Tag(String),
    /// A handle of the brand, without `@`, in lower case; on one platform, or whichever.
    Mention(String, Option<Platform>),
    /// Host and path of a link, in lower case.
    Link(String),
    /// As it was written: of the brief, of the deal, or of the creator.
    Code(String),
}

/// What is sought for a piece.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sought {
    pub accounts: BTreeSet<AccountId>,
    /// `None` where the piece names none that is known.
    pub platform: Option<Platform>,
    pub accepted_at: Timestamp,
    /// The end of the day it is due; `None` where no day is set.
    pub due_at: Option<Timestamp>,
    pub signs: BTreeSet<Sign>,
}

impl Sought {
    /// The last moment at which a post may be the piece.
    pub fn until(&self) -> Timestamp {
        match self.due_at {
            Some(due) => Timestamp(due.0.max(self.accepted_at.0) + DAYS_AFTER_DUE * DAY),
            None => Timestamp(self.accepted_at.0 + DAYS_WITHOUT_DUE * DAY),
        }
    }
}

/// Why a post was proposed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Reason {
    /// author, time, tag, mention, link, code, address, text
    pub kind: String,
    pub words: String,
}

impl Reason {
    pub fn new(kind: &str, words: impl Into<String>) -> Reason {
        Reason { kind: kind.to_owned(), words: words.into() }
    }
}

/// The signs that words of a brief ask for: `@hophouse #spring` is a mention and a tag.
pub fn signs_in(words: &str) -> Vec<Sign> {
    let plain = |word: &str| word.trim_end_matches(['.', ',', ';', ':', '!']).to_lowercase();
    words
        .split([' ', ',', ';', '\n', '\t'])
        .map(plain)
        .filter_map(|word| match word.strip_prefix('@') {
            Some(handle) => (!handle.is_empty()).then(|| Sign::Mention(handle.to_owned(), None)),
            None => {
                let tag = word.trim_start_matches('#');
                (!tag.is_empty()).then(|| Sign::Tag(tag.to_owned()))
            }
        })
        .collect()
}

/// A link as a post may carry it: without scheme, `www.` and what it is asked.
pub fn link_sign(address: &str) -> Option<Sign> {
    let bare = address.trim().split(['?', '#']).next().unwrap_or("").to_lowercase();
    let bare = bare.trim_start_matches("https://").trim_start_matches("http://").trim_start_matches("www.");
    let bare = bare.trim_end_matches('/');
    (bare.contains('.') && bare.len() >= 4).then(|| Sign::Link(bare.to_owned()))
}

/// Why a post may be the piece; `None` where nothing but its author and its time speaks for it, or not even these.
pub fn reasons(post: &PostSeen, sought: &Sought) -> Option<Vec<Reason>> {
    post.author.filter(|author| sought.accounts.contains(author))?;
    let is_in_time = post.created_at >= sought.accepted_at && post.created_at <= sought.until();
    if !is_in_time || sought.platform.is_some_and(|platform| platform != post.platform) {
        return None;
    }
    let words = format!("{}\n{}", post.title.as_deref().unwrap_or(""), post.body.as_deref().unwrap_or(""));
    let lower = words.to_lowercase();
    let found: Vec<Reason> = sought.signs.iter().filter_map(|sign| reason_of(sign, post, &words, &lower)).collect();
    if found.is_empty() {
        return None;
    }
    let from = clock::day(sought.accepted_at);
    let time = match sought.due_at {
        Some(due) => format!(
            "it was published on {}, after the deal was accepted on {from} and before {DAYS_AFTER_DUE} days after it was due on {}",
            clock::day(post.created_at),
            clock::day(Timestamp(due.0 - 1))
        ),
        None => format!("it was published on {}, after the deal was accepted on {from}", clock::day(post.created_at)),
    };
    let mut all = vec![
        Reason::new("author", format!("it is by an account of theirs on {}", post.platform.name())),
        Reason::new("time", time),
    ];
    all.extend(found);
    Some(all)
}

fn reason_of(sign: &Sign, post: &PostSeen, words: &str, lower: &str) -> Option<Reason> {
    match sign {
        Sign::Tag(tag) => {
            let carries = post.tags.iter().any(|held| held.eq_ignore_ascii_case(tag) || held.to_lowercase() == *tag);
            (carries || stands_in(lower, &format!("#{tag}"), goes_on_tag))
                .then(|| Reason::new("tag", format!("it carries #{tag}")))
        }
        Sign::Mention(handle, platform) => {
            let is_there = platform.is_none_or(|platform| platform == post.platform);
            (is_there && stands_in(lower, &format!("@{handle}"), goes_on_name))
                .then(|| Reason::new("mention", format!("it mentions @{handle}")))
        }
        Sign::Link(link) => {
            link_stands_in(lower, link).then(|| Reason::new("link", format!("it contains the link {link}")))
        }
        Sign::Code(code) => (stands_in(words, code, goes_on_code)
            || stands_in(words, &code.to_uppercase(), goes_on_code))
        .then(|| Reason::new("code", format!("it contains the code {code}"))),
    }
}

fn is_word(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

/// Whether a word of some kind goes on past its end, by the two letters behind it; going backwards, by the two before it.
type GoesOn = fn(char, Option<char>) -> bool;

/// A tag ends at the first mark that is neither letter nor digit: `#spring` is not in `#springtime`, and is in `#spring-sale`.
fn goes_on_tag(letter: char, _: Option<char>) -> bool {
    is_word(letter)
}

/// Handles hold points and dashes between letters: `@ana` is neither in `@anabel` nor in `@ana.brews`, and is in `@ana.`
fn goes_on_name(letter: char, next: Option<char>) -> bool {
    is_word(letter) || matches!(letter, '.' | '-' | '@') && next.is_some_and(is_word)
}

/// Codes hold what buyers type in one go: `ANA10` is neither in `ANA100` nor in `ANA10-VIP`, and is in `(ANA10).`
fn goes_on_code(letter: char, next: Option<char>) -> bool {
    is_word(letter) || matches!(letter, '-' | '.' | '%' | '&' | '+') && next.is_some_and(is_word)
}

/// Whether some words stand in a text as words of their own.
fn stands_in(text: &str, sought: &str, goes_on: GoesOn) -> bool {
    if sought.is_empty() {
        return false;
    }
    text.match_indices(sought).any(|(place, _)| {
        let mut after = text[place + sought.len()..].chars();
        let mut before = text[..place].chars().rev();
        let ends = after.next().is_none_or(|letter| !goes_on(letter, after.next()));
        ends && before.next().is_none_or(|letter| !goes_on(letter, before.next()))
    })
}

/// Whether a link stands in a text, as it is or with what is asked behind it: the same host, and the same page on it.
fn link_stands_in(text: &str, link: &str) -> bool {
    let is_of_address =
        |letter: char| is_word(letter) || matches!(letter, '-' | '.' | '/' | '%' | '~' | '+' | '@' | ':' | '=' | '&');
    text.match_indices(link).any(|(place, _)| {
        let before = &text[..place];
        let before = before.strip_suffix("www.").unwrap_or(before);
        let goes_on = |letter: char| is_of_address(letter) && !matches!(letter, ':' | '=' | '&' | '+' | '~');
        let begins = before.ends_with("://") || before.chars().next_back().is_none_or(|letter| !goes_on(letter));
        let after = text[place + link.len()..].trim_start_matches('/');
        let mut rest = after.chars().skip_while(|letter| matches!(letter, '.' | ':' | '-' | '=' | '&' | '+'));
        let ends = after.chars().next().is_none_or(|letter| !is_of_address(letter));
        begins && (ends || !rest.next().is_some_and(is_of_address))
    })
}

#[cfg(test)]
mod tests {
    use model::PostId;

    use super::*;

    const ANA: AccountId = AccountId(7);

    fn post(body: &str, tags: &[&str]) -> PostSeen {
        PostSeen {
            post: PostId(1),
            platform: Platform::Instagram,
            native_id: "one".to_owned(),
            author: Some(ANA),
            created_at: Timestamp(10 * DAY),
            is_dated: true,
            title: None,
            body: Some(body.to_owned()),
            url: None,
            tags: tags.iter().map(|tag| (*tag).to_owned()).collect(),
        }
    }

    fn sought(signs: impl IntoIterator<Item = Sign>) -> Sought {
        Sought {
            accounts: BTreeSet::from([ANA]),
            platform: Some(Platform::Instagram),
            accepted_at: Timestamp(9 * DAY),
            due_at: Some(Timestamp(12 * DAY)),
            signs: signs.into_iter().collect(),
        }
    }

    fn kinds(post: &PostSeen, sought: &Sought) -> Vec<String> {
        reasons(post, sought).unwrap_or_default().into_iter().map(|reason| reason.kind).collect()
    }

    #[test]
    fn a_post_is_proposed_for_its_tag_mention_link_or_code_and_says_why() {
        let all = signs_in("@HopHouse, #spring").into_iter().chain([
            link_sign("https://www.shop.example/grinder/?utm_source=x").expect("a link"),
            Sign::Code("ANA10".to_owned()),
        ]);
        let sought = sought(all);
        for (body, tags, kind) in [
            ("Look", vec!["spring"], "tag"),
            ("Look #Spring!", vec![], "tag"),
            ("With @hophouse.", vec![], "mention"),
            ("See shop.example/grinder?a=b", vec![], "link"),
            ("Take ANA10 today", vec![], "code"),
        ] {
            assert_eq!(kinds(&post(body, &tags), &sought), ["author", "time", kind], "{body}");
        }
        let told = reasons(&post("With @hophouse", &[]), &sought).expect("is proposed");
        assert_eq!(told[2].words, "it mentions @hophouse");
        assert!(told[1].words.contains("after the deal was accepted on 10 Jan 1970"), "{}", told[1].words);
    }

    #[test]
    fn what_only_looks_alike_is_no_sign() {
        let sought = sought(
            signs_in("@hop #spring")
                .into_iter()
                .chain([Sign::Code("ANA10".to_owned()), link_sign("https://shop.example/a").expect("a link")]),
        );
        for body in [
            "@hophouse",
            "ana@hop.example",
            "@hop.house",
            "@hop-house",
            "@hop_",
            "#springtime",
            "#spring2026",
            "#spring_sale",
            "a#spring",
            "spring",
            "XANA10",
            "ANA100",
            "ANA10-VIP",
            "PRE-ANA10",
            "ANA10%2",
            "ana10",
            "myshop.example/a",
            "my-shop.example/a",
            "my.shop.example/a",
            "shop.example/ab",
            "shop.example/a-b",
            "shop.example/a/b",
            "shop.example/a.html",
            "https://else.example/shop.example/a",
            "",
        ] {
            assert_eq!(reasons(&post(body, &[]), &sought), None, "{body}");
        }
    }

    #[test]
    fn signs_are_found_whatever_stands_around_them() {
        let sought = sought(
            signs_in("@hop #spring")
                .into_iter()
                .chain([Sign::Code("ANA10".to_owned()), link_sign("https://shop.example/a").expect("a link")]),
        );
        for body in [
            "@hop",
            "with @hop.",
            "(@hop)",
            "@hop's grinder",
            "#spring#coffee",
            "#spring-sale",
            "\u{201c}ANA10\u{201d}",
            "ANA10.",
            "code:ANA10, now",
            "-ANA10-",
            "https://www.shop.example/a/",
            "shop.example/a.",
            "(shop.example/a)",
            "see shop.example/a?b=c",
            "see shop.example/a/: good",
            "shop.example/a#top",
            "link:shop.example/a",
        ] {
            assert!(reasons(&post(body, &[]), &sought).is_some(), "{body}");
        }
    }

    #[test]
    fn nothing_speaks_for_a_post_of_another_person_time_or_platform() {
        let sought = sought(signs_in("#spring"));
        let good = post("#spring", &[]);
        assert!(reasons(&good, &sought).is_some());
        for other in [
            PostSeen { author: Some(AccountId(8)), ..good.clone() },
            PostSeen { author: None, ..good.clone() },
            PostSeen { platform: Platform::TikTok, ..good.clone() },
            PostSeen { created_at: Timestamp(9 * DAY - 1), ..good.clone() },
            PostSeen { created_at: Timestamp((12 + DAYS_AFTER_DUE) * DAY + 1), ..good.clone() },
        ] {
            assert_eq!(reasons(&other, &sought), None);
        }
        let late = PostSeen { created_at: Timestamp((12 + DAYS_AFTER_DUE) * DAY), ..good.clone() };
        assert!(reasons(&late, &sought).is_some());
        let open = Sought { due_at: None, platform: None, ..sought };
        assert!(reasons(&PostSeen { platform: Platform::TikTok, ..late }, &open).is_some());
    }

    #[test]
    fn a_handle_of_the_brand_counts_on_its_own_platform() {
        let sign = Sign::Mention("hophouse".to_owned(), Some(Platform::TikTok));
        assert_eq!(reasons(&post("@hophouse", &[]), &sought([sign])), None);
        let sign = Sign::Mention("hophouse".to_owned(), Some(Platform::Instagram));
        assert!(reasons(&post("@HopHouse", &[]), &sought([sign])).is_some());
    }

    #[test]
    fn words_of_a_brief_are_tags_and_mentions() {
        assert_eq!(
            signs_in("#Spring, @HopHouse coffee"),
            [
                Sign::Tag("spring".to_owned()),
                Sign::Mention("hophouse".to_owned(), None),
                Sign::Tag("coffee".to_owned())
            ]
        );
        assert!(signs_in(" # @ ,").is_empty());
        assert_eq!(link_sign("soon"), None);
    }
}
