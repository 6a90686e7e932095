//! Scenes of scanners and of repeated clicks, and the bounds of the memory.

use super::*;
use crate::reasons::Reasons;

const SECOND: i64 = 1_000_000;
/// Noon of some day.
const NOON: i64 = 20_000 * DAY_MICROS + DAY_MICROS / 2;

fn human() -> Verdict {
    Verdict::of(Reasons::NONE, 1)
}

fn judged(reason: Reason) -> Verdict {
    Verdict::of(Reasons::NONE.with(reason), 1)
}

fn new() -> Sequence {
    Sequence::new(SequenceSettings::default())
}

fn click(id: u64, at_micros: i64, link: u32, visitor: u64) -> Hit {
    Hit { id, at_micros, link, visitor, mail: None }
}

/// A hit of a mail that was delivered long ago.
fn mailed(id: u64, at_micros: i64, link: u32, token: u64) -> Hit {
    let mail = MailHit { token, link: MailLink::Visible, since_delivery_micros: Some(3_600 * SECOND) };
    Hit { id, at_micros, link, visitor: 100 + token, mail: Some(mail) }
}

fn honeypot(id: u64, at_micros: i64, token: u64) -> Hit {
    let mut hit = mailed(id, at_micros, 99, token);
    hit.mail = hit.mail.map(|mail| MailHit { link: MailLink::Honeypot, ..mail });
    hit
}

fn ids(observed: &Observed) -> Vec<u64> {
    observed.changed.iter().map(|changed| changed.id).collect()
}

/// The last word on every hit, by its id.
#[derive(Default)]
struct Book(std::collections::BTreeMap<u64, VerdictKind>);

impl Book {
    fn take(&mut self, sequence: &mut Sequence, hit: &Hit, verdict: Verdict) {
        let observed = sequence.observe(hit, verdict);
        for changed in &observed.changed {
            assert_eq!(self.0.insert(changed.id, changed.verdict.verdict), Some(changed.was));
        }
        self.0.insert(hit.id, observed.verdict.verdict);
    }

    fn count(&self, verdict: VerdictKind) -> usize {
        self.0.values().filter(|kept| **kept == verdict).count()
    }
}

#[test]
fn five_links_of_a_mail_in_four_seconds_are_all_a_scanners() {
    let mut sequence = new();
    let mut book = Book::default();
    for link in 0..5 {
        book.take(&mut sequence, &mailed(u64::from(link), NOON + i64::from(link) * SECOND, link, 1), human());
    }
    assert_eq!(book.count(VerdictKind::Scanner), 5);
}

#[test]
fn the_scanner_is_told_whatever_order_its_hits_come_in() {
    let orders = [[0, 1, 2, 3, 4], [4, 3, 2, 1, 0], [2, 4, 0, 1, 3], [1, 0, 4, 3, 2]];
    for order in orders {
        let mut sequence = new();
        let mut book = Book::default();
        for link in order {
            book.take(&mut sequence, &mailed(u64::from(link), NOON + i64::from(link) * SECOND, link, 1), human());
        }
        assert_eq!(book.count(VerdictKind::Scanner), 5, "{order:?}");
    }
}

#[test]
fn two_links_or_three_of_two_mails_or_three_in_six_seconds_are_a_readers() {
    let scenes: [[(i64, u32, u64); 3]; 3] =
        [[(0, 1, 1), (1, 2, 1), (2, 2, 1)], [(0, 1, 1), (1, 2, 2), (2, 3, 2)], [(0, 1, 1), (3, 2, 1), (6, 3, 1)]];
    for scene in scenes {
        let mut sequence = new();
        for (id, (second, link, token)) in (0..).zip(scene) {
            let observed = sequence.observe(&mailed(id, NOON + second * SECOND, link, token), human());
            assert_ne!(observed.verdict.verdict, VerdictKind::Scanner, "{scene:?}");
            assert_eq!(observed.changed, []);
        }
    }
}

#[test]
fn a_scanner_goes_on_being_one_and_a_reader_a_minute_later_is_a_reader() {
    let mut sequence = new();
    let mut book = Book::default();
    for (id, second) in (0..).zip([0, 1, 2, 6, 7, 8]) {
        book.take(&mut sequence, &mailed(id, NOON + second * SECOND, u32::try_from(id).unwrap_or(0), 1), human());
    }
    assert_eq!(book.count(VerdictKind::Scanner), 6);
    let reader = sequence.observe(&mailed(9, NOON + 68 * SECOND, 1, 1), human());
    assert_eq!(reader.verdict.verdict, VerdictKind::Human);
}

#[test]
fn prefetches_and_previews_of_a_mails_links_make_no_scanner() {
    let mut sequence = new();
    for (id, reason) in (0..).zip([Reason::PrefetchBrowser, Reason::PreviewSlack, Reason::PrefetchOlder]) {
        sequence.observe(&mailed(id, NOON, u32::try_from(id).unwrap_or(0), 1), judged(reason));
    }
    let reader = sequence.observe(&mailed(9, NOON + SECOND, 1, 1), human());
    assert_eq!((reader.verdict.verdict, reader.changed.len()), (VerdictKind::Human, 0));
}

#[test]
fn the_hidden_link_makes_everything_within_ten_seconds_the_scanners() {
    let mut sequence = new();
    for (id, second) in (1..).zip([-11, -10, -3]) {
        let observed = sequence.observe(&mailed(id, NOON + second * SECOND, 1, 1), human());
        assert_ne!(observed.verdict.verdict, VerdictKind::Scanner);
    }
    sequence.observe(&mailed(4, NOON - SECOND, 2, 2), human());
    let opened = sequence.observe(&honeypot(5, NOON, 1), human());
    assert_eq!(opened.verdict.verdict, VerdictKind::Scanner);
    // Not the one 11 seconds before, not the one of another mail.
    assert_eq!(ids(&opened), [2, 3]);
    assert!(opened.changed.iter().all(|changed| changed.verdict.reasons.contains(Reason::ScannerHoneypot)));

    let after = sequence.observe(&mailed(6, NOON + 10 * SECOND, 1, 1), human());
    assert_eq!(after.verdict.verdict, VerdictKind::Scanner);
    let later = sequence.observe(&mailed(7, NOON + 10 * SECOND + 1, 3, 1), human());
    assert_eq!(later.verdict.verdict, VerdictKind::Human);
}

#[test]
fn each_earlier_hit_is_named_once() {
    let mut sequence = new();
    sequence.observe(&mailed(1, NOON, 1, 1), human());
    assert_eq!(ids(&sequence.observe(&honeypot(2, NOON + SECOND, 1), human())), [1]);
    assert_eq!(ids(&sequence.observe(&honeypot(3, NOON + 2 * SECOND, 1), human())), [0; 0]);
}

#[test]
fn stronger_verdicts_stay_and_weaker_ones_give_way() {
    let cases = [
        (Reason::Head, false),
        (Reason::PrefetchBrowser, false),
        (Reason::PreviewWhatsapp, false),
        (Reason::CrawlerListed, true),
        (Reason::AgentMissing, true),
        (Reason::Datacentre, true),
    ];
    for (reason, gives_way) in cases {
        let mut sequence = new();
        sequence.observe(&mailed(1, NOON, 1, 1), judged(reason));
        let changed = sequence.observe(&honeypot(2, NOON, 1), human()).changed;
        assert_eq!(changed.len(), usize::from(gives_way), "{reason:?}");
        if let Some(changed) = changed.first() {
            assert_eq!(changed.was, reason.verdict());
            assert!(changed.verdict.reasons.contains(reason));
        }
    }
}

#[test]
fn the_same_click_within_ten_seconds_is_a_duplicate() {
    let mut sequence = new();
    let expected = [
        (0, VerdictKind::Human),
        (4, VerdictKind::Duplicate),
        (10, VerdictKind::Duplicate),
        (11, VerdictKind::Human),
        (12, VerdictKind::Duplicate),
        // Out of order, by two seconds.
        (10, VerdictKind::Duplicate),
        (22, VerdictKind::Human),
    ];
    for (id, (second, verdict)) in (0..).zip(expected) {
        assert_eq!(
            sequence.observe(&click(id, NOON + second * SECOND, 1, 7), human()).verdict.verdict,
            verdict,
            "{id}"
        );
    }
}

#[test]
fn another_visitor_another_link_another_day_and_a_machine_make_no_duplicate() {
    let midnight = 20_001 * DAY_MICROS;
    let mut sequence = new();
    let hits = [
        click(1, midnight - SECOND, 1, 7),
        click(2, midnight - SECOND, 1, 8),
        click(3, midnight - SECOND, 2, 7),
        click(4, midnight, 1, 7),
    ];
    for hit in &hits {
        assert_eq!(sequence.observe(hit, human()).verdict.verdict, VerdictKind::Human, "{}", hit.id);
    }
    sequence.observe(&click(5, midnight, 3, 7), judged(Reason::PreviewWhatsapp));
    assert_eq!(sequence.observe(&click(6, midnight, 3, 7), human()).verdict.verdict, VerdictKind::Human);
    // Before 1970 days are counted the same way.
    sequence.observe(&click(7, -1, 1, 7), human());
    assert_eq!(sequence.observe(&click(8, 0, 1, 7), human()).verdict.verdict, VerdictKind::Human);
}

#[test]
fn who_asks_not_to_be_recognised_is_never_a_duplicate() {
    let mut sequence = new();
    for id in 0..5 {
        assert_eq!(sequence.observe(&click(id, NOON, 1, 0), human()).verdict.verdict, VerdictKind::Human);
    }
    assert_eq!(sequence.remembered(), 0);
}

#[test]
fn a_scanners_click_makes_no_later_click_a_duplicate() {
    let mut sequence = new();
    let scanned = mailed(1, NOON, 1, 1);
    sequence.observe(&scanned, human());
    sequence.observe(&honeypot(2, NOON + SECOND, 1), human());
    // The same link without the mail's token.
    let reader = sequence.observe(&click(3, NOON + 2 * SECOND, 1, scanned.visitor), human());
    assert_eq!(reader.verdict.verdict, VerdictKind::Human);
}

#[test]
fn a_duplicate_of_a_scanners_click_becomes_the_scanners_as_well() {
    let mut sequence = new();
    let mut book = Book::default();
    book.take(&mut sequence, &mailed(1, NOON, 1, 1), human());
    book.take(&mut sequence, &mailed(2, NOON + SECOND, 1, 1), human());
    assert_eq!(book.count(VerdictKind::Duplicate), 1);
    book.take(&mut sequence, &honeypot(3, NOON + 2 * SECOND, 1), human());
    assert_eq!(book.count(VerdictKind::Scanner), 3);
}

#[test]
fn a_thousand_visitors_with_three_clicks_a_minute_apart_on_two_days_make_no_duplicate() {
    let mut sequence = new();
    let mut id = 0;
    let mut humans = 0;
    for day in 0..2_u64 {
        for minute in 0..3 {
            for visitor in 1..=1_000_u64 {
                id += 1;
                let at_micros = NOON + i64::try_from(day).unwrap_or(0) * DAY_MICROS + minute * 60 * SECOND;
                // Another day, another number for the same person.
                let hit = click(id, at_micros + i64::try_from(visitor).unwrap_or(0), 1, day * 10_000 + visitor);
                humans += usize::from(sequence.observe(&hit, human()).verdict.is_human());
            }
        }
    }
    assert_eq!(humans, 6_000);
    assert_eq!(sequence.forgotten_early(), 0);
    assert!(sequence.remembered() <= 1_000);
}

#[test]
fn what_is_older_than_the_reach_is_forgotten() {
    let mut sequence = new();
    assert_eq!(sequence.reach_micros(), 20 * SECOND);
    for id in 0..100 {
        sequence.observe(&mailed(id, NOON, 1, id), human());
    }
    assert_eq!(sequence.remembered(), 200);
    sequence.observe(&click(200, NOON + 21 * SECOND, 1, 1), human());
    assert_eq!(sequence.remembered(), 1);
    assert!(sequence.mails.is_empty());
    assert_eq!(sequence.clicks.len(), 1);
}

#[test]
fn a_flood_is_bounded_and_counted() {
    let settings = SequenceSettings {
        mail_hits_kept: 50,
        hits_of_one_mail_kept: 8,
        clicks_kept: 40,
        ..SequenceSettings::default()
    };
    let mut sequence = Sequence::new(settings);
    for id in 0..10_000 {
        sequence.observe(&mailed(id, NOON, 1, id), human());
        sequence.observe(&mailed(id, NOON, 1, 3), human());
    }
    assert!(sequence.remembered() <= 90);
    assert!(sequence.mails.len() <= 50 && sequence.clicks.len() <= 40);
    assert!(sequence.mails.values().all(|hits| hits.len() <= 8));
    assert!(sequence.forgotten_early() > 0);
}

#[test]
fn the_hidden_link_is_remembered_longest() {
    let mut sequence = Sequence::new(SequenceSettings { hits_of_one_mail_kept: 4, ..SequenceSettings::default() });
    sequence.observe(&honeypot(0, NOON, 1), human());
    for id in 1..50 {
        let observed = sequence.observe(&mailed(id, NOON + SECOND, 1, 1), human());
        assert_eq!(observed.verdict.verdict, VerdictKind::Scanner);
    }
}

#[test]
fn settings_of_zero_and_the_ends_of_time_do_no_harm() {
    let nothing = SequenceSettings {
        honeypot_micros: 0,
        several_links: 0,
        several_micros: i64::MIN,
        duplicate_micros: -1,
        mail_hits_kept: 0,
        hits_of_one_mail_kept: 0,
        clicks_kept: 0,
    };
    let endless = SequenceSettings {
        honeypot_micros: i64::MAX,
        several_micros: i64::MAX,
        duplicate_micros: i64::MAX,
        ..SequenceSettings::default()
    };
    for settings in [nothing, endless] {
        let mut sequence = Sequence::new(settings);
        for (id, at_micros) in (0..).zip([0, i64::MIN, i64::MAX, 1, i64::MAX, i64::MIN]) {
            sequence.observe(&mailed(id, at_micros, 1, 1), human());
            sequence.observe(&honeypot(id, at_micros, 1), human());
        }
    }
}

#[test]
fn a_replay_gives_the_same_verdicts() {
    let run = || {
        let mut sequence = new();
        (0..2_000_u64)
            .map(|id| {
                let at_micros = NOON + i64::try_from(id * 7_919 % 90_000).unwrap_or(0) * 1_000;
                let link = u32::try_from(id % 5).unwrap_or(0);
                let hit =
                    if id % 97 == 0 { honeypot(id, at_micros, id % 11) } else { mailed(id, at_micros, link, id % 11) };
                sequence.observe(&hit, human())
            })
            .collect::<Vec<Observed>>()
    };
    assert_eq!(run(), run());
}
