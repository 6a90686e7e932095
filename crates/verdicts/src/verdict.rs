//! What a hit of a tracked link was: a person's click, or one of eight kinds of hit that reports leave out.
//!
//! The codes are written into the click log and never change their meaning; a new verdict takes the next number.

use crate::reasons::{Reason, Reasons};

/// What a hit was. One hit has exactly one verdict: the strongest that one of its reasons speaks for, see
/// [`VerdictKind::strength`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
#[repr(u8)]
pub enum VerdictKind {
    /// Nothing speaks against a person. The only verdict without a reason.
    Human = 0,
    /// An app fetched the page to show a card under a message.
    Preview = 1,
    /// A search engine, a monitor, a library: a program that does not read mail.
    Crawler = 2,
    /// A gateway that opens the links of a mail before or while its reader does.
    Scanner = 3,
    /// It came from a network that the operator lists as a data centre.
    Datacentre = 4,
    /// A browser fetched it in case the person clicks.
    Prefetch = 5,
    /// Asked for the headers alone.
    Head = 6,
    /// The same visitor clicked the same link seconds before.
    Duplicate = 7,
    /// No browser asks like this, or a page known for faked referrers sent it.
    Invalid = 8,
}

impl VerdictKind {
    /// All verdicts, by code.
    pub const ALL: [VerdictKind; 9] = [
        VerdictKind::Human,
        VerdictKind::Preview,
        VerdictKind::Crawler,
        VerdictKind::Scanner,
        VerdictKind::Datacentre,
        VerdictKind::Prefetch,
        VerdictKind::Head,
        VerdictKind::Duplicate,
        VerdictKind::Invalid,
    ];

    /// The number in the click log, 0 to 8.
    pub fn code(self) -> u8 {
        self as u8
    }

    /// The verdict of this number, `None` where no verdict has it (a log written by a later version).
    pub fn from_code(code: u8) -> Option<VerdictKind> {
        VerdictKind::ALL.get(usize::from(code)).copied()
    }

    /// The word it is stored and filtered under.
    pub fn name(self) -> &'static str {
        match self {
            VerdictKind::Human => "human",
            VerdictKind::Preview => "preview",
            VerdictKind::Crawler => "crawler",
            VerdictKind::Scanner => "scanner",
            VerdictKind::Datacentre => "datacentre",
            VerdictKind::Prefetch => "prefetch",
            VerdictKind::Head => "head",
            VerdictKind::Duplicate => "duplicate",
            VerdictKind::Invalid => "invalid",
        }
    }

    /// Which verdict wins where reasons speak for several, 0 (weakest) to 8 (strongest).
    ///
    /// In this order, strongest first: head, prefetch, preview, scanner, crawler, invalid, datacentre, duplicate,
    /// human. What the request says of itself (HEAD, prefetch) beats what it is known by (preview), that beats what the
    /// mail proves (scanner). A scanner beats a crawler: a program in a private mail checks the mail, whatever it is
    /// called. A network is the weakest sign of a machine, for people sit behind such addresses too.
    pub fn strength(self) -> u8 {
        match self {
            VerdictKind::Human => 0,
            VerdictKind::Duplicate => 1,
            VerdictKind::Datacentre => 2,
            VerdictKind::Invalid => 3,
            VerdictKind::Crawler => 4,
            VerdictKind::Scanner => 5,
            VerdictKind::Preview => 6,
            VerdictKind::Prefetch => 7,
            VerdictKind::Head => 8,
        }
    }
}

/// A verdict with why, and with the version of the rules that gave it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Verdict {
    /// Always the strongest that `reasons` speak for.
    pub verdict: VerdictKind,
    /// Everything that was found, weaker signs as well.
    pub reasons: Reasons,
    /// [`Rules::version`](crate::Rules::version) of the rules.
    pub rules_version: u32,
}

impl Verdict {
    /// The verdict that these reasons speak for.
    pub fn of(reasons: Reasons, rules_version: u32) -> Verdict {
        Verdict { verdict: reasons.verdict(), reasons, rules_version }
    }

    /// This verdict with one reason more; the verdict changes only where the reason speaks for a stronger one.
    #[must_use]
    pub fn with(self, reason: Reason) -> Verdict {
        Verdict::of(self.reasons.with(reason), self.rules_version)
    }

    pub fn is_human(self) -> bool {
        self.verdict == VerdictKind::Human
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_names_and_strengths_are_stable() {
        let table: Vec<String> = VerdictKind::ALL
            .into_iter()
            .map(|verdict| format!("{} {} {}", verdict.code(), verdict.name(), verdict.strength()))
            .collect();
        let written = [
            "0 human 0",
            "1 preview 6",
            "2 crawler 4",
            "3 scanner 5",
            "4 datacentre 2",
            "5 prefetch 7",
            "6 head 8",
            "7 duplicate 1",
            "8 invalid 3",
        ];
        assert_eq!(table, written);
    }

    #[test]
    fn every_code_comes_back_and_unknown_ones_do_not() {
        for verdict in VerdictKind::ALL {
            assert_eq!(VerdictKind::from_code(verdict.code()), Some(verdict));
        }
        assert_eq!(VerdictKind::from_code(9), None);
        assert_eq!(VerdictKind::from_code(255), None);
    }

    #[test]
    fn a_weaker_reason_changes_no_verdict() {
        let head = Verdict::of(Reasons::NONE.with(Reason::Head), 1);
        let more = head.with(Reason::ScannerHoneypot);
        assert_eq!(more.verdict, VerdictKind::Head);
        assert!(more.reasons.contains(Reason::ScannerHoneypot));
    }
}
