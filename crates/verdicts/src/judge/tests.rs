//! Hand cases of every verdict that one request decides, and of what wins where several apply.

use super::*;
use crate::verdict::VerdictKind;

const BROWSER: &[u8] =
    b"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/154.0.0.0 \
    Safari/537.36";
const WHATSAPP: &[u8] = b"WhatsApp/2.23.20.0 A";
const CRAWLER: &[u8] = b"Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)";

fn click() -> Request<'static> {
    Request { user_agent: Some(BROWSER), ..Request::default() }
}

fn check(request: &Request, verdict: VerdictKind, reasons: &[Reason]) {
    let judged = judge(Rules::shipped(), request);
    assert_eq!((judged.verdict, judged.reasons), (verdict, reasons.iter().copied().collect()), "{request:?}");
}

fn mail(link: MailLink, since_delivery_micros: Option<i64>) -> Option<MailHit> {
    Some(MailHit { token: 1, link, since_delivery_micros })
}

#[test]
fn a_browser_is_a_person() {
    check(&click(), VerdictKind::Human, &[]);
    check(&Request { referrer_host: Some("l.instagram.com"), ..click() }, VerdictKind::Human, &[]);
    check(&Request { sec_gpc: Some(b"1"), dnt: Some(b"1"), ..click() }, VerdictKind::Human, &[]);
    assert_eq!(judge(Rules::shipped(), &click()).rules_version, crate::RULES_VERSION);
}

#[test]
fn a_head_request_is_a_head_whoever_asks() {
    let head = Request { method: Method::Head, ..click() };
    check(&head, VerdictKind::Head, &[Reason::Head]);
    check(&Request { user_agent: Some(WHATSAPP), ..head }, VerdictKind::Head, &[Reason::Head, Reason::PreviewWhatsapp]);
}

#[test]
fn other_methods_are_invalid() {
    check(&Request { method: Method::Other, ..click() }, VerdictKind::Invalid, &[Reason::OddMethod]);
}

#[test]
fn browsers_that_load_ahead_say_so_in_several_ways() {
    let new: [&[u8]; 4] = [b"prefetch", b"prefetch;prerender", b" Prefetch ; anonymous-client-ip", b"x, prefetch"];
    for value in new {
        check(&Request { sec_purpose: Some(value), ..click() }, VerdictKind::Prefetch, &[Reason::PrefetchBrowser]);
    }
    check(&Request { purpose: Some(b"prefetch"), ..click() }, VerdictKind::Prefetch, &[Reason::PrefetchOlder]);
    check(&Request { purpose: Some(b"preview"), ..click() }, VerdictKind::Prefetch, &[Reason::PrefetchOlder]);
    check(&Request { x_moz: Some(b"prefetch"), ..click() }, VerdictKind::Prefetch, &[Reason::PrefetchOlder]);
    for value in [&b""[..], b"none", b"prefetching", b"no-prefetch", b"\xff"] {
        let headers = Request { sec_purpose: Some(value), purpose: Some(value), x_moz: Some(value), ..click() };
        check(&headers, VerdictKind::Human, &[]);
    }
}

#[test]
fn a_page_that_loads_the_link_itself_is_no_click() {
    for value in [&b"image"[..], b"script", b"empty", b"Style"] {
        check(&Request { sec_fetch_dest: Some(value), ..click() }, VerdictKind::Invalid, &[Reason::LoadedByPage]);
    }
    for value in [&b"document"[..], b"iframe", b"frame", b"fencedframe", b"something-new", b""] {
        check(&Request { sec_fetch_dest: Some(value), ..click() }, VerdictKind::Human, &[]);
    }
    let ahead = Request { sec_fetch_dest: Some(b"empty"), sec_purpose: Some(b"prefetch"), ..click() };
    check(&ahead, VerdictKind::Prefetch, &[Reason::PrefetchBrowser, Reason::LoadedByPage]);
}

#[test]
fn every_app_whose_previews_are_told_apart_is() {
    let cases: [(&[u8], Reason); 22] = [
        (WHATSAPP, Reason::PreviewWhatsapp),
        (b"WhatsApp/2", Reason::PreviewWhatsapp),
        (b"facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)", Reason::PreviewFacebook),
        (b"meta-externalfetcher/1.1", Reason::PreviewFacebook),
        (b"Mozilla/5.0 (compatible; Discordbot/2.0; +https://discordapp.com)", Reason::PreviewDiscord),
        (b"TelegramBot (like TwitterBot)", Reason::PreviewTelegram),
        (b"Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)", Reason::PreviewSlack),
        (b"Twitterbot/1.0", Reason::PreviewX),
        (
            b"LinkedInBot/1.0 (compatible; Mozilla/5.0; Apache-HttpClient +http://www.linkedin.com)",
            Reason::PreviewLinkedin,
        ),
        (b"Pinterest/0.2 (+https://www.pinterest.com/bot.html)", Reason::PreviewPinterest),
        (b"Mozilla/5.0 (compatible; Pinterestbot/1.0; +http://www.pinterest.com/bot.html)", Reason::PreviewPinterest),
        (b"Bluesky Cardyb/1.1; +mailto:support@bsky.app", Reason::PreviewBluesky),
        (b"Mastodon/4.3.0 (http.rb/5.2.0; +https://mastodon.example/) Bot", Reason::PreviewMastodon),
        (b"http.rb/5.1.1 (Mastodon/4.2.8; +https://mastodon.example/)", Reason::PreviewMastodon),
        (b"Misskey/2024.5.0 (https://misskey.example)", Reason::PreviewMastodon),
        (
            b"Mozilla/5.0 (Windows NT 6.1; WOW64) SkypeUriPreview Preview/0.5 skype-url-preview@microsoft.com",
            Reason::PreviewTeams,
        ),
        (
            b"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_11_1) AppleWebKit/601.2.4 (KHTML, like Gecko) Version/9.0.1 \
                Safari/601.2.4 facebookexternalhit/1.1 Facebot Twitterbot/1.0",
            Reason::PreviewApple,
        ),
        (b"facebookexternalhit/1.1;line-poker/1.0", Reason::PreviewOther),
        (b"facebookexternalhit/1.1; kakaotalk-scrap/1.0; +https://devtalk.kakao.com/", Reason::PreviewOther),
        (b"Viber/13.3.0.5", Reason::PreviewOther),
        (b"Snap URL Preview Service; bot; snapchat; https://developers.snap.com/robots", Reason::PreviewOther),
        (b"Mozilla/5.0 (compatible; redditbot/1.0; +http://www.reddit.com/feedback)", Reason::PreviewOther),
    ];
    for (agent, reason) in cases {
        check(&Request { user_agent: Some(agent), ..Request::default() }, VerdictKind::Preview, &[reason]);
    }
}

#[test]
fn a_crawler_is_told_by_the_list_by_its_own_words_or_by_its_shape() {
    let cases: [(&[u8], &[Reason]); 9] = [
        (CRAWLER, &[Reason::CrawlerListed, Reason::CrawlerNamed]),
        (b"curl/8.5.0", &[Reason::CrawlerListed, Reason::CrawlerProgram]),
        (b"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Zzyzx-Scanner/1.0 Safari/537.36", &[
            Reason::CrawlerNamed,
        ]),
        (b"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko; zzyzx) Safari/537.36", &[
            Reason::CrawlerNamed,
        ]),
        (b"Mozilla/5.0 (compatible; Zzyzx/1.0)", &[Reason::CrawlerNamed]),
        (
            b"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/120.0 Safari/537.36",
            &[Reason::CrawlerListed, Reason::CrawlerHeadless],
        ),
        (b"Zzyzx/1.0", &[Reason::CrawlerProgram]),
        (b"Mozilla/5.0 Zzyzx/1.0", &[Reason::CrawlerProgram]),
        (b"Mozilla/5.0 (Zzyzx)", &[Reason::CrawlerProgram]),
    ];
    for (agent, reasons) in cases {
        check(&Request { user_agent: Some(agent), ..Request::default() }, VerdictKind::Crawler, reasons);
    }
}

#[test]
fn no_user_agent_and_a_malformed_one_are_invalid() {
    check(&Request::default(), VerdictKind::Invalid, &[Reason::AgentMissing]);
    for agent in [&b""[..], b"  ", b"\t"] {
        check(
            &Request { user_agent: Some(agent), ..Request::default() },
            VerdictKind::Invalid,
            &[Reason::AgentMissing],
        );
    }
    let long = [b'x'; 2_049];
    for agent in [&b"-"[..], b"null", b"Mozilla/5.0", b"Mozilla", b"12345", b"\xff\xfe", b"a\x00b", b"${jndi:x}", &long]
    {
        check(
            &Request { user_agent: Some(agent), ..Request::default() },
            VerdictKind::Invalid,
            &[Reason::AgentMalformed],
        );
    }
}

#[test]
fn names_in_other_alphabets_are_not_malformed() {
    let agent = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) \
        Mobile/15E148 微博/14.1";
    check(&Request { user_agent: Some(agent.as_bytes()), ..Request::default() }, VerdictKind::Human, &[]);
}

#[test]
fn a_spam_referrer_is_invalid() {
    let spam = Request { referrer_host: Some("www.semalt.com"), ..click() };
    check(&spam, VerdictKind::Invalid, &[Reason::ReferrerSpam]);
    let rules = Rules::build(crate::SpamHosts::of_lines("mine.example")).expect("the shipped lists are readable");
    assert_eq!(judge(&rules, &spam).verdict, VerdictKind::Human);
    let mine = Request { referrer_host: Some("mine.example"), ..click() };
    assert_eq!(judge(&rules, &mine).verdict, VerdictKind::Invalid);
}

#[test]
fn networks_of_the_operators_lists_have_verdicts_of_their_own() {
    check(&Request { network: Network::Datacentre, ..click() }, VerdictKind::Datacentre, &[Reason::Datacentre]);
    check(&Request { network: Network::SecurityGateway, ..click() }, VerdictKind::Scanner, &[Reason::ScannerNetwork]);
}

#[test]
fn a_mails_link_is_scanned_if_hidden_or_opened_within_ten_seconds_of_delivery() {
    let cases = [
        (MailLink::Visible, None, None),
        (MailLink::Visible, Some(10_000_001), None),
        (MailLink::Visible, Some(10_000_000), Some(Reason::ScannerDelivery)),
        (MailLink::Visible, Some(0), Some(Reason::ScannerDelivery)),
        // Scanned before the receipt of the mail server was noted.
        (MailLink::Visible, Some(-2_000_000), Some(Reason::ScannerDelivery)),
        (MailLink::Honeypot, Some(3_600_000_000), Some(Reason::ScannerHoneypot)),
        (MailLink::Honeypot, None, Some(Reason::ScannerHoneypot)),
    ];
    for (link, since, reason) in cases {
        let verdict = if reason.is_some() { VerdictKind::Scanner } else { VerdictKind::Human };
        check(&Request { mail: mail(link, since), ..click() }, verdict, reason.as_slice());
    }
}

#[test]
fn the_stronger_verdict_wins_in_the_documented_order() {
    let everything = Request {
        method: Method::Head,
        user_agent: Some(WHATSAPP),
        referrer_host: Some("semalt.com"),
        sec_purpose: Some(b"prefetch"),
        network: Network::Datacentre,
        mail: mail(MailLink::Honeypot, Some(0)),
        ..Request::default()
    };
    let verdict = |request: Request| judge(Rules::shipped(), &request).verdict;
    assert_eq!(verdict(everything), VerdictKind::Head);
    let got = Request { method: Method::Get, ..everything };
    assert_eq!(verdict(got), VerdictKind::Prefetch);
    let fetched = Request { sec_purpose: None, ..got };
    assert_eq!(verdict(fetched), VerdictKind::Preview);
    let crawled = Request { user_agent: Some(CRAWLER), ..fetched };
    assert_eq!(verdict(crawled), VerdictKind::Scanner);
    let unmailed = Request { mail: None, ..crawled };
    assert_eq!(verdict(unmailed), VerdictKind::Crawler);
    let browsed = Request { user_agent: Some(BROWSER), ..unmailed };
    assert_eq!(verdict(browsed), VerdictKind::Invalid);
    let unreferred = Request { referrer_host: None, ..browsed };
    assert_eq!(verdict(unreferred), VerdictKind::Datacentre);
    assert_eq!(verdict(Request { network: Network::Unlisted, ..unreferred }), VerdictKind::Human);
}
