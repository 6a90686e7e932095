//! Why a hit is not counted as a person's click, as bits in the click log and as words on the page.
//!
//! Bits never change their meaning and none is used again for something else; 31 is free.

use crate::verdict::VerdictKind;

/// One reason. The number is its bit.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
#[repr(u8)]
pub enum Reason {
    /// Signal presents itself as WhatsApp and is told as WhatsApp.
    PreviewWhatsapp = 0,
    PreviewFacebook = 1,
    PreviewDiscord = 2,
    PreviewTelegram = 3,
    PreviewSlack = 4,
    PreviewX = 5,
    PreviewLinkedin = 6,
    PreviewPinterest = 7,
    PreviewBluesky = 8,
    PreviewMastodon = 9,
    PreviewTeams = 10,
    PreviewApple = 11,
    PreviewOther = 12,
    /// The user agent matches the public list.
    CrawlerListed = 13,
    /// The user agent says so by a word such as bot, or by the address of a home page.
    CrawlerNamed = 14,
    CrawlerHeadless = 15,
    CrawlerProgram = 16,
    ScannerDelivery = 17,
    ScannerSeveral = 18,
    /// The hidden link of the mail was opened: by this hit or by one within seconds of it.
    ScannerHoneypot = 19,
    ScannerNetwork = 20,
    Datacentre = 21,
    /// `Sec-Purpose: prefetch`, also with `;prerender`.
    PrefetchBrowser = 22,
    /// `Purpose: prefetch` (or `preview`) or `X-Moz: prefetch`.
    PrefetchOlder = 23,
    Head = 24,
    AgentMissing = 25,
    AgentMalformed = 26,
    ReferrerSpam = 27,
    /// `Sec-Fetch-Dest` says picture, script, style or the like.
    LoadedByPage = 28,
    /// Neither GET nor HEAD.
    OddMethod = 29,
    Duplicate = 30,
}

struct Meaning {
    reason: Reason,
    name: &'static str,
    verdict: VerdictKind,
    words: &'static str,
}

const fn meaning(reason: Reason, name: &'static str, verdict: VerdictKind, words: &'static str) -> Meaning {
    Meaning { reason, name, verdict, words }
}

/// By bit.
const MEANINGS: [Meaning; 31] = {
    use VerdictKind::{Crawler, Datacentre, Duplicate, Head, Invalid, Prefetch, Preview, Scanner};
    [
        meaning(Reason::PreviewWhatsapp, "preview_whatsapp", Preview, "a link preview of WhatsApp"),
        meaning(
            Reason::PreviewFacebook,
            "preview_facebook",
            Preview,
            "a link preview of Facebook, Instagram or Messenger",
        ),
        meaning(Reason::PreviewDiscord, "preview_discord", Preview, "a link preview of Discord"),
        meaning(Reason::PreviewTelegram, "preview_telegram", Preview, "a link preview of Telegram"),
        meaning(Reason::PreviewSlack, "preview_slack", Preview, "a link preview of Slack"),
        meaning(Reason::PreviewX, "preview_x", Preview, "a link preview of X"),
        meaning(Reason::PreviewLinkedin, "preview_linkedin", Preview, "a link preview of LinkedIn"),
        meaning(Reason::PreviewPinterest, "preview_pinterest", Preview, "a link preview of Pinterest"),
        meaning(Reason::PreviewBluesky, "preview_bluesky", Preview, "a link preview of Bluesky"),
        meaning(Reason::PreviewMastodon, "preview_mastodon", Preview, "a link preview of Mastodon or a server like it"),
        meaning(Reason::PreviewTeams, "preview_teams", Preview, "a link preview of Microsoft Teams or Skype"),
        meaning(Reason::PreviewApple, "preview_apple", Preview, "a link preview of Apple Messages"),
        meaning(Reason::PreviewOther, "preview_other", Preview, "a link preview of another app"),
        meaning(Reason::CrawlerListed, "crawler_listed", Crawler, "a crawler on the public list of crawlers"),
        meaning(Reason::CrawlerNamed, "crawler_named", Crawler, "a program that calls itself one"),
        meaning(Reason::CrawlerHeadless, "crawler_headless", Crawler, "a browser driven by a program"),
        meaning(Reason::CrawlerProgram, "crawler_program", Crawler, "a program or library, not a browser"),
        meaning(
            Reason::ScannerDelivery,
            "scanner_delivery",
            Scanner,
            "a mail scanner: opened within seconds of the mail's delivery",
        ),
        meaning(
            Reason::ScannerSeveral,
            "scanner_several",
            Scanner,
            "a mail scanner: several links of the mail opened within seconds",
        ),
        meaning(
            Reason::ScannerHoneypot,
            "scanner_honeypot",
            Scanner,
            "a mail scanner: it opened the mail's hidden link, too",
        ),
        meaning(
            Reason::ScannerNetwork,
            "scanner_network",
            Scanner,
            "a mail scanner: it came from a security gateway's network",
        ),
        meaning(Reason::Datacentre, "datacentre", Datacentre, "a machine in a data centre"),
        meaning(
            Reason::PrefetchBrowser,
            "prefetch_browser",
            Prefetch,
            "a browser loading the page ahead, before anybody clicked",
        ),
        meaning(
            Reason::PrefetchOlder,
            "prefetch_older",
            Prefetch,
            "an older browser loading the page ahead, before anybody clicked",
        ),
        meaning(Reason::Head, "head", Head, "a check that the link answers, without opening it"),
        meaning(Reason::AgentMissing, "agent_missing", Invalid, "a request that does not say which browser it is"),
        meaning(
            Reason::AgentMalformed,
            "agent_malformed",
            Invalid,
            "a request that names its browser in a way no browser does",
        ),
        meaning(
            Reason::ReferrerSpam,
            "referrer_spam",
            Invalid,
            "a request that advertises a spam site as its referrer",
        ),
        meaning(
            Reason::LoadedByPage,
            "loaded_by_page",
            Invalid,
            "loaded by another page as a picture or script, opened by nobody",
        ),
        meaning(Reason::OddMethod, "odd_method", Invalid, "a request of a kind that no click makes"),
        meaning(Reason::Duplicate, "duplicate", Duplicate, "the same click again within seconds"),
    ]
};

impl Reason {
    /// All reasons, by bit.
    pub fn all() -> impl Iterator<Item = Reason> {
        MEANINGS.iter().map(|meaning| meaning.reason)
    }

    /// Its bit, 0 to 30.
    pub fn bit(self) -> u8 {
        self as u8
    }

    /// The word it is filtered under, such as `preview_whatsapp`.
    pub fn name(self) -> &'static str {
        MEANINGS[usize::from(self.bit())].name
    }

    /// What the hit is, for people: completes "not counted, for it is …" or stands alone.
    pub fn words(self) -> &'static str {
        MEANINGS[usize::from(self.bit())].words
    }

    /// The verdict it speaks for.
    pub fn verdict(self) -> VerdictKind {
        MEANINGS[usize::from(self.bit())].verdict
    }
}

/// A set of reasons: 32 bits as they stand in the click log.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Debug)]
pub struct Reasons(u32);

impl Reasons {
    /// No reason: a person.
    pub const NONE: Reasons = Reasons(0);

    /// As stored. Bits that no reason has yet are kept and otherwise ignored.
    pub fn from_bits(bits: u32) -> Reasons {
        Reasons(bits)
    }

    pub fn bits(self) -> u32 {
        self.0
    }

    #[must_use]
    pub fn with(self, reason: Reason) -> Reasons {
        Reasons(self.0 | 1 << reason.bit())
    }

    #[must_use]
    pub fn union(self, other: Reasons) -> Reasons {
        Reasons(self.0 | other.0)
    }

    pub fn contains(self, reason: Reason) -> bool {
        self.0 & 1 << reason.bit() != 0
    }

    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Its reasons, by bit.
    pub fn iter(self) -> impl Iterator<Item = Reason> {
        Reason::all().filter(move |reason| self.contains(*reason))
    }

    /// The strongest verdict that one of them speaks for; human where there is none.
    pub fn verdict(self) -> VerdictKind {
        self.iter().map(Reason::verdict).max_by_key(|verdict| verdict.strength()).unwrap_or(VerdictKind::Human)
    }

    /// Words for people, those of the verdict first.
    pub fn words(self) -> Vec<&'static str> {
        let mut reasons: Vec<Reason> = self.iter().collect();
        reasons.sort_by_key(|reason| std::cmp::Reverse(reason.verdict().strength()));
        reasons.into_iter().map(Reason::words).collect()
    }
}

impl FromIterator<Reason> for Reasons {
    fn from_iter<I: IntoIterator<Item = Reason>>(reasons: I) -> Reasons {
        reasons.into_iter().fold(Reasons::NONE, Reasons::with)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_reason_stands_at_its_bit() {
        for (bit, meaning) in MEANINGS.iter().enumerate() {
            assert_eq!(usize::from(meaning.reason.bit()), bit, "{}", meaning.name);
        }
    }

    #[test]
    fn names_and_words_are_told_apart() {
        let names: BTreeSet<&str> = Reason::all().map(Reason::name).collect();
        let words: BTreeSet<&str> = Reason::all().map(Reason::words).collect();
        assert_eq!((names.len(), words.len()), (31, 31));
    }

    #[test]
    fn no_reason_speaks_for_a_person_and_every_other_verdict_has_one() {
        let spoken_for: BTreeSet<VerdictKind> = Reason::all().map(Reason::verdict).collect();
        let others: BTreeSet<VerdictKind> =
            VerdictKind::ALL.into_iter().filter(|verdict| *verdict != VerdictKind::Human).collect();
        assert_eq!(spoken_for, others);
    }

    #[test]
    fn the_strongest_reason_decides() {
        let all: Reasons = Reason::all().collect();
        assert_eq!(all.verdict(), VerdictKind::Head);
        assert_eq!(all.words()[0], "a check that the link answers, without opening it");
        assert_eq!(Reasons::NONE.verdict(), VerdictKind::Human);
    }

    #[test]
    fn a_bit_of_a_later_version_is_kept() {
        let reasons = Reasons::from_bits(1 << 31 | 1 << 24);
        assert_eq!(reasons.bits(), 1 << 31 | 1 << 24);
        assert_eq!(reasons.verdict(), VerdictKind::Head);
        assert_eq!(reasons.iter().count(), 1);
    }
}
