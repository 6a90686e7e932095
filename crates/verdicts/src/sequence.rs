//! Verdicts that need the hits before: a mail read by a scanner, and a click that came twice.
//!
//! A small memory of the last seconds, driven by the times it is handed; it has no clock. The same hits in the same
//! order give the same verdicts. After a restart it is filled again by observing the last [`Sequence::reach_micros`] of
//! the click log with the verdicts that stand there. Hits may come a little out of order, as they do from several
//! threads.
//!
//! Memory is bounded twice: what is older than [`Sequence::reach_micros`] before the present hit is forgotten, and of
//! the rest no more is kept than [`SequenceSettings`] allows: next to nothing in quiet, about 60 MB when a flood has
//! filled it. What had to be forgotten early is counted; it can only make a hit look more human than it was, never
//! less.

use crate::reasons::Reason;
use crate::request::{MailHit, MailLink};
use crate::verdict::{Verdict, VerdictKind};
use foldhash::fast::RandomState;
use std::collections::hash_map::Entry;
use std::collections::{HashMap, VecDeque};

const DAY_MICROS: i64 = 86_400_000_000;

/// What makes a scanner and a duplicate. Times in microseconds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SequenceSettings {
    /// Everything of a mail this long before and after its hidden link was opened is the scanner's. Default 10 s.
    pub honeypot_micros: i64,
    /// So many different links of one mail make a scanner, if opened within `several_micros`. Default 3, for a person
    /// opens two in new tabs; at least 2.
    pub several_links: usize,
    /// Default 5 s.
    pub several_micros: i64,
    /// A click by the same visitor on the same link is the same click this long after (and before) it. Default 10 s.
    pub duplicate_micros: i64,
    /// Hits of mails that are kept at most, up to 350 bytes each. Default 65,536.
    pub mail_hits_kept: usize,
    /// Hits of one mail that are kept at most. Default 64.
    pub hits_of_one_mail_kept: usize,
    /// Human clicks that are kept at most, about 150 bytes each. Default 262,144: 13,000 clicks a second for 20
    /// seconds.
    pub clicks_kept: usize,
}

impl Default for SequenceSettings {
    fn default() -> SequenceSettings {
        SequenceSettings {
            honeypot_micros: 10_000_000,
            several_links: 3,
            several_micros: 5_000_000,
            duplicate_micros: 10_000_000,
            mail_hits_kept: 65_536,
            hits_of_one_mail_kept: 64,
            clicks_kept: 262_144,
        }
    }
}

/// One hit, as far as it is compared with others.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Hit {
    /// The caller's name for it, such as its place in the click log; given back where its verdict changes.
    pub id: u64,
    /// Microseconds UTC.
    pub at_micros: i64,
    pub link: u32,
    /// The day's visitor on this link; 0 where the person asks not to be recognised.
    pub visitor: u64,
    pub mail: Option<MailHit>,
}

/// An earlier hit whose verdict has become another one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Changed {
    pub id: u64,
    pub was: VerdictKind,
    pub verdict: Verdict,
}

/// What a hit is in the light of the hits before it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Observed {
    pub verdict: Verdict,
    /// Earlier hits of the same mail that this one proves to be a scanner's, in the order they came. A hit is named
    /// once for each change of its verdict, and its verdict changes at most once: to `scanner`.
    pub changed: Vec<Changed>,
}

/// The last seconds of hits.
pub struct Sequence {
    settings: SequenceSettings,
    mails: HashMap<u64, Vec<MailedHit>, RandomState>,
    mail_order: VecDeque<MailOrder>,
    clicks: HashMap<ClickKey, Click, RandomState>,
    click_order: VecDeque<ClickOrder>,
    forgotten_early: u64,
}

/// One hit of a mail, as far as later ones can change its verdict.
#[derive(Clone, Copy)]
struct MailedHit {
    id: u64,
    at_micros: i64,
    visitor: u64,
    link: u32,
    kind: MailLink,
    verdict: Verdict,
}

/// When a mail's hit is forgotten: one entry for each hit ever kept, oldest first.
struct MailOrder {
    at_micros: i64,
    token: u64,
    id: u64,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct ClickKey {
    visitor: u64,
    link: u32,
}

struct Click {
    at_micros: i64,
    id: u64,
}

/// When a human click is forgotten, oldest first.
struct ClickOrder {
    at_micros: i64,
    key: ClickKey,
    id: u64,
}

/// A stretch of time, ends included.
#[derive(Clone, Copy)]
struct Span {
    from_micros: i64,
    to_micros: i64,
}

impl Span {
    fn holds(self, at_micros: i64) -> bool {
        (self.from_micros..=self.to_micros).contains(&at_micros)
    }
}

impl Sequence {
    pub fn new(settings: SequenceSettings) -> Sequence {
        Sequence {
            settings,
            mails: HashMap::default(),
            mail_order: VecDeque::new(),
            clicks: HashMap::default(),
            click_order: VecDeque::new(),
            forgotten_early: 0,
        }
    }

    /// How far back a hit can matter, in microseconds: twice the longest time of the settings, half of it for hits that
    /// come out of order. 20 s by default.
    pub fn reach_micros(&self) -> i64 {
        let settings = &self.settings;
        settings.honeypot_micros.max(settings.several_micros).max(settings.duplicate_micros).saturating_mul(2)
    }

    /// How many hits are remembered now, of mails and clicks together.
    pub fn remembered(&self) -> usize {
        self.mail_order.len() + self.click_order.len()
    }

    /// How many hits had to be forgotten before their time because the memory was full. Above 0 means that the settings
    /// are too small for the traffic, or that somebody floods the links.
    pub fn forgotten_early(&self) -> u64 {
        self.forgotten_early
    }

    /// Takes a hit with the verdict that it has by itself and gives the verdict it has after those before it.
    ///
    /// - `scanner`: it came within 10 s, before or after, of a hit of the same mail's hidden link; or it is one of
    ///   three different links of the mail that were opened within 5 s. Prefetches and previews are not counted among
    ///   those.
    /// - `duplicate`: the same visitor had a human click on the same link within 10 s, on the same UTC day. Measured
    ///   from that click, not from its last duplicate: whoever clicks every 4 s makes a click every 12 s. Never for
    ///   visitor 0.
    ///
    /// A stronger verdict stays, see [`VerdictKind::strength`]. A duplicate whose first click turns out to be a
    /// scanner's stays a duplicate unless it becomes the scanner's as well.
    ///
    /// Costs a look-up in two maps; for a mail's link also a comparison with the hits of that mail within the last 20
    /// s, of which at most 64 are kept.
    ///
    /// ```
    /// use verdicts::{Hit, MailHit, MailLink, Reasons, Sequence, SequenceSettings, Verdict, VerdictKind};
    ///
    /// let mut sequence = Sequence::new(SequenceSettings::default());
    /// let human = Verdict::of(Reasons::NONE, 1);
    /// let mail = MailHit { token: 7, link: MailLink::Visible, since_delivery_micros: Some(60_000_000) };
    /// let mut opened = |id, link| {
    ///     let hit = Hit { id, at_micros: i64::from(link) * 1_000_000, link, visitor: 9, mail: Some(mail) };
    ///     sequence.observe(&hit, human)
    /// };
    /// assert_eq!(opened(1, 1).verdict.verdict, VerdictKind::Human);
    /// assert_eq!(opened(2, 2).verdict.verdict, VerdictKind::Human);
    /// // The third link within seconds gives the scanner away, the first two hits with it.
    /// let third = opened(3, 3);
    /// assert_eq!(third.verdict.verdict, VerdictKind::Scanner);
    /// assert_eq!(third.changed.iter().map(|changed| changed.id).collect::<Vec<_>>(), [1, 2]);
    /// ```
    pub fn observe(&mut self, hit: &Hit, judged: Verdict) -> Observed {
        self.forget_before(hit.at_micros.saturating_sub(self.reach_micros()));
        let Some(mail) = hit.mail else {
            return Observed { verdict: self.observe_click(hit, judged), changed: Vec::new() };
        };
        let several = self.several_links(hit, mail, judged);
        let verdict = self.of_mail(hit, mail, judged, several);
        let changed = self.judge_earlier_anew(hit, mail, several);
        let verdict = self.observe_click(hit, verdict);
        self.remember_mail(hit, mail, verdict);
        Observed { verdict, changed }
    }

    /// The stretch of time around a hit in which enough different links of its mail were opened, `None` where there is
    /// none.
    fn several_links(&self, hit: &Hit, mail: MailHit, judged: Verdict) -> Option<Span> {
        if is_ahead_of_people(judged) {
            return None;
        }
        let width = self.settings.several_micros;
        let counted = |earlier: &&MailedHit| {
            !is_ahead_of_people(earlier.verdict) && is_within(earlier.at_micros, hit.at_micros, width)
        };
        let mut opened: Vec<Opened> = self
            .hits_of(mail.token)
            .filter(counted)
            .map(|earlier| Opened { at_micros: earlier.at_micros, link: earlier.link })
            .collect();
        if opened.len() + 1 < self.settings.several_links {
            return None;
        }
        opened.push(Opened { at_micros: hit.at_micros, link: hit.link });
        let starts = opened.iter().map(|first| first.at_micros).filter(|start| *start <= hit.at_micros);
        let spans = starts.map(|start| Span { from_micros: start, to_micros: start.saturating_add(width) });
        // All these spans hold the hit, so that together they are one.
        spans.filter(|span| links_within(&opened, *span) >= self.settings.several_links).reduce(|one, other| Span {
            from_micros: one.from_micros.min(other.from_micros),
            to_micros: one.to_micros.max(other.to_micros),
        })
    }

    /// What the earlier hits of its mail make of a hit.
    fn of_mail(&self, hit: &Hit, mail: MailHit, judged: Verdict, several: Option<Span>) -> Verdict {
        let radius = self.settings.honeypot_micros;
        let is_near_honeypot = self
            .hits_of(mail.token)
            .any(|earlier| earlier.kind == MailLink::Honeypot && is_within(earlier.at_micros, hit.at_micros, radius));
        let mut verdict = judged;
        if is_near_honeypot || mail.link == MailLink::Honeypot {
            verdict = verdict.with(Reason::ScannerHoneypot);
        }
        if several.is_some() {
            verdict = verdict.with(Reason::ScannerSeveral);
        }
        verdict
    }

    /// What a hit makes of the earlier ones of its mail. Those that were a person's no longer make later clicks
    /// duplicates.
    fn judge_earlier_anew(&mut self, hit: &Hit, mail: MailHit, several: Option<Span>) -> Vec<Changed> {
        let radius = self.settings.honeypot_micros;
        let is_honeypot = mail.link == MailLink::Honeypot;
        let mut changed = Vec::new();
        for earlier in self.mails.get_mut(&mail.token).into_iter().flatten() {
            let was = earlier.verdict.verdict;
            if is_honeypot && is_within(earlier.at_micros, hit.at_micros, radius) {
                earlier.verdict = earlier.verdict.with(Reason::ScannerHoneypot);
            }
            if several.is_some_and(|span| span.holds(earlier.at_micros)) {
                earlier.verdict = earlier.verdict.with(Reason::ScannerSeveral);
            }
            if earlier.verdict.verdict == was {
                continue;
            }
            changed.push(Changed { id: earlier.id, was, verdict: earlier.verdict });
            let key = ClickKey { visitor: earlier.visitor, link: earlier.link };
            if self.clicks.get(&key).is_some_and(|click| click.id == earlier.id) {
                self.clicks.remove(&key);
            }
        }
        changed
    }

    /// Tells a repeat from a click and remembers the click.
    fn observe_click(&mut self, hit: &Hit, verdict: Verdict) -> Verdict {
        if !verdict.is_human() || hit.visitor == 0 || self.settings.clicks_kept == 0 {
            return verdict;
        }
        let key = ClickKey { visitor: hit.visitor, link: hit.link };
        if let Some(click) = self.clicks.get(&key) {
            let is_same_day = day(click.at_micros) == day(hit.at_micros);
            if is_same_day && is_within(click.at_micros, hit.at_micros, self.settings.duplicate_micros) {
                return verdict.with(Reason::Duplicate);
            }
            if click.at_micros > hit.at_micros {
                return verdict;
            }
        }
        if self.click_order.len() >= self.settings.clicks_kept {
            self.forgotten_early += 1;
            self.forget_oldest_click();
        }
        self.clicks.insert(key, Click { at_micros: hit.at_micros, id: hit.id });
        self.click_order.push_back(ClickOrder { at_micros: hit.at_micros, key, id: hit.id });
        verdict
    }

    fn remember_mail(&mut self, hit: &Hit, mail: MailHit, verdict: Verdict) {
        if self.settings.mail_hits_kept == 0 || self.settings.hits_of_one_mail_kept == 0 {
            return;
        }
        if self.mail_order.len() >= self.settings.mail_hits_kept {
            self.forgotten_early += 1;
            self.forget_oldest_mail_hit();
        }
        let hits = self.mails.entry(mail.token).or_default();
        if hits.len() >= self.settings.hits_of_one_mail_kept {
            self.forgotten_early += 1;
            // A hidden link that was opened says more than any other hit.
            let least = hits.iter().position(|earlier| earlier.kind == MailLink::Visible).unwrap_or(0);
            hits.remove(least);
        }
        hits.push(MailedHit {
            id: hit.id,
            at_micros: hit.at_micros,
            visitor: hit.visitor,
            link: hit.link,
            kind: mail.link,
            verdict,
        });
        self.mail_order.push_back(MailOrder { at_micros: hit.at_micros, token: mail.token, id: hit.id });
    }

    fn hits_of(&self, token: u64) -> impl Iterator<Item = &MailedHit> {
        self.mails.get(&token).into_iter().flatten()
    }

    fn forget_before(&mut self, limit_micros: i64) {
        while self.mail_order.front().is_some_and(|oldest| oldest.at_micros < limit_micros) {
            self.forget_oldest_mail_hit();
        }
        while self.click_order.front().is_some_and(|oldest| oldest.at_micros < limit_micros) {
            self.forget_oldest_click();
        }
    }

    fn forget_oldest_mail_hit(&mut self) {
        let Some(oldest) = self.mail_order.pop_front() else { return };
        let Entry::Occupied(mut mail) = self.mails.entry(oldest.token) else { return };
        if let Some(place) = mail.get().iter().position(|hit| hit.id == oldest.id) {
            mail.get_mut().remove(place);
        }
        if mail.get().is_empty() {
            mail.remove();
        }
    }

    fn forget_oldest_click(&mut self) {
        let Some(oldest) = self.click_order.pop_front() else { return };
        // A later click of the same visitor has taken its place and stays.
        if self.clicks.get(&oldest.key).is_some_and(|click| click.id == oldest.id) {
            self.clicks.remove(&oldest.key);
        }
    }
}

struct Opened {
    at_micros: i64,
    link: u32,
}

/// How many different links were opened in a stretch of time.
fn links_within(opened: &[Opened], span: Span) -> usize {
    let mut links: Vec<u32> = opened.iter().filter(|one| span.holds(one.at_micros)).map(|one| one.link).collect();
    links.sort_unstable();
    links.dedup();
    links.len()
}

/// Browsers and apps load links ahead of a person's click, several at once.
fn is_ahead_of_people(verdict: Verdict) -> bool {
    matches!(verdict.verdict, VerdictKind::Prefetch | VerdictKind::Preview)
}

fn is_within(one_micros: i64, other_micros: i64, micros: i64) -> bool {
    one_micros.abs_diff(other_micros) <= micros.max(0).unsigned_abs()
}

fn day(at_micros: i64) -> i64 {
    at_micros.div_euclid(DAY_MICROS)
}

#[cfg(test)]
mod tests;
