//! Whole scenes: requests judged one by one, then observed in a row, as the redirect does it.

use crate::known_agents::BROWSERS;
use std::collections::BTreeMap;
use verdicts::{
    Hit, MailHit, MailLink, Network, Request, Rules, Sequence, SequenceSettings, Verdict, VerdictKind, judge,
};

const SECOND: i64 = 1_000_000;
/// Noon of some day.
const NOON: i64 = 20_000 * 86_400 * SECOND + 43_200 * SECOND;

/// One link with the sequence behind it and the last word on every hit.
struct Redirect {
    sequence: Sequence,
    verdicts: BTreeMap<u64, Verdict>,
}

impl Redirect {
    fn new() -> Redirect {
        Redirect { sequence: Sequence::new(SequenceSettings::default()), verdicts: BTreeMap::new() }
    }

    fn take(&mut self, request: &Request, at_micros: i64, link: u32, visitor: u64) -> u64 {
        let id = self.verdicts.len() as u64;
        let visitor = if request.asks_for_privacy() { 0 } else { visitor };
        let hit = Hit { id, at_micros, link, visitor, mail: request.mail };
        let observed = self.sequence.observe(&hit, judge(Rules::shipped(), request));
        self.verdicts.insert(id, observed.verdict);
        for changed in observed.changed {
            self.verdicts.insert(changed.id, changed.verdict);
        }
        id
    }

    fn count(&self, verdict: VerdictKind) -> usize {
        self.verdicts.values().filter(|kept| kept.verdict == verdict).count()
    }
}

fn browser(number: usize) -> Request<'static> {
    Request { user_agent: Some(BROWSERS[number % BROWSERS.len()].as_bytes()), ..Request::default() }
}

fn of_mail(token: u64, link: MailLink, since_micros: i64) -> Option<MailHit> {
    Some(MailHit { token, link, since_delivery_micros: Some(since_micros) })
}

#[test]
fn a_gateway_that_looks_like_a_browser_reads_a_mail_of_five_links_in_four_seconds() {
    // A minute after delivery and without a hidden link, so that nothing but the pace tells it.
    let mut redirect = Redirect::new();
    for link in 0..5_u32 {
        let at = i64::from(link) * SECOND;
        let request = Request { mail: of_mail(1, MailLink::Visible, 60 * SECOND + at), ..browser(0) };
        redirect.take(&request, NOON + at, link, 1);
    }
    assert_eq!(redirect.count(VerdictKind::Scanner), 5);
}

#[test]
fn a_gateway_opens_the_hidden_link_and_a_reader_comes_later() {
    let mut redirect = Redirect::new();
    let visible = |since| Request { mail: of_mail(1, MailLink::Visible, since), ..browser(1) };
    let hidden = |since| Request { mail: of_mail(1, MailLink::Honeypot, since), ..browser(1) };
    redirect.take(&visible(60 * SECOND), NOON, 1, 1);
    redirect.take(&visible(62 * SECOND), NOON + 2 * SECOND, 2, 1);
    assert_eq!(redirect.count(VerdictKind::Scanner), 0);
    redirect.take(&hidden(63 * SECOND), NOON + 3 * SECOND, 3, 1);
    redirect.take(&visible(64 * SECOND), NOON + 4 * SECOND, 1, 1);
    assert_eq!(redirect.count(VerdictKind::Scanner), 4);
    let reader = redirect.take(&visible(3_600 * SECOND), NOON + 3_540 * SECOND, 1, 2);
    assert!(redirect.verdicts[&reader].is_human());
}

#[test]
fn a_thousand_visitors_with_three_clicks_a_minute_apart_on_two_days_are_six_thousand_clicks() {
    let mut redirect = Redirect::new();
    for day in 0..2_i64 {
        for minute in 0..3_i64 {
            for visitor in 1..=1_000_i64 {
                let at = NOON + (day * 86_400 + minute * 60) * SECOND + visitor * 50_000;
                // The day's key is in the number: another day, another number.
                let number = u64::try_from(day * 100_000 + visitor).expect("not negative");
                redirect.take(&browser(usize::try_from(visitor).expect("not negative")), at, 1, number);
            }
        }
    }
    assert_eq!((redirect.count(VerdictKind::Human), redirect.count(VerdictKind::Duplicate)), (6_000, 0));
}

#[test]
fn a_double_tap_is_one_click_unless_the_person_asks_not_to_be_recognised() {
    let mut redirect = Redirect::new();
    redirect.take(&browser(6), NOON, 1, 5);
    redirect.take(&browser(6), NOON + SECOND / 2, 1, 5);
    assert_eq!((redirect.count(VerdictKind::Human), redirect.count(VerdictKind::Duplicate)), (1, 1));
    let private = Request { sec_gpc: Some(b"1"), ..browser(9) };
    redirect.take(&private, NOON, 1, 6);
    redirect.take(&private, NOON + SECOND / 2, 1, 6);
    assert_eq!((redirect.count(VerdictKind::Human), redirect.count(VerdictKind::Duplicate)), (3, 1));
}

#[test]
fn a_link_shared_in_a_chat_is_a_preview_and_then_a_click() {
    let mut redirect = Redirect::new();
    redirect.take(&Request { user_agent: Some(b"WhatsApp/2.23.20.0 A"), ..Request::default() }, NOON, 1, 1);
    redirect.take(&Request { sec_purpose: Some(b"prefetch"), ..browser(4) }, NOON + SECOND, 1, 2);
    redirect.take(&browser(4), NOON + 2 * SECOND, 1, 2);
    redirect.take(&Request { network: Network::Datacentre, ..browser(0) }, NOON + 3 * SECOND, 1, 3);
    let told: Vec<VerdictKind> = redirect.verdicts.values().map(|kept| kept.verdict).collect();
    let expected = [VerdictKind::Preview, VerdictKind::Prefetch, VerdictKind::Human, VerdictKind::Datacentre];
    assert_eq!(told, expected);
}
