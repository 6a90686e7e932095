//! What holds for any bytes: a verdict without a panic, the same one each time, and one that its reasons speak for.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use verdicts::{
    Agent, Hit, MailHit, MailLink, Method, Network, Reasons, Request, Rules, Sequence, SequenceSettings, SpamHosts,
    Verdict, VerdictKind, judge,
};

/// Bytes of any kind, and pieces of real agents put together anyhow.
fn agents() -> impl Strategy<Value = Vec<u8>> {
    let pieces = prop::sample::select(vec![
        "Mozilla/5.0 ",
        "(Linux; Android 14; ",
        "wv) ",
        "(",
        ")",
        "compatible; ",
        "bot",
        "://",
        "Cu",
        "WhatsApp/",
        ";",
        "\u{fc}",
        "facebookexternalhit/1.1 ",
        "Twitterbot/1.0",
        "Instagram 302.0 ",
        "(KHTML, like Gecko) ",
        "Safari/537.36",
        "^",
        "\\",
    ]);
    prop_oneof![
        vec(any::<u8>(), 0..300),
        vec(pieces, 0..40).prop_map(|pieces| pieces.concat().into_bytes()),
        (0_usize..5_000).prop_map(|length| vec![b'('; length]),
    ]
}

proptest! {
    #[test]
    fn any_request_gets_the_verdict_that_its_reasons_speak_for(
        agent in option::of(agents()),
        header in option::of(vec(any::<u8>(), 0..40)),
        host in option::of(".{0,80}"),
        method in prop::sample::select(vec![Method::Get, Method::Head, Method::Other]),
        network in prop::sample::select(vec![Network::Unlisted, Network::Datacentre, Network::SecurityGateway]),
        since in option::of(any::<i64>()),
    ) {
        let header = header.as_deref();
        let request = Request {
            method,
            user_agent: agent.as_deref(),
            referrer_host: host.as_deref(),
            sec_purpose: header,
            purpose: header,
            x_moz: header,
            sec_gpc: header,
            dnt: header,
            sec_fetch_dest: header,
            network,
            mail: Some(MailHit { token: 1, link: MailLink::Visible, since_delivery_micros: since }),
        };
        let verdict = judge(Rules::shipped(), &request);
        prop_assert_eq!(verdict, judge(Rules::shipped(), &request));
        prop_assert_eq!(verdict.verdict, verdict.reasons.verdict());
        prop_assert_eq!(verdict.is_human(), verdict.reasons.is_empty());
        prop_assert_eq!(verdict.reasons.words().len(), verdict.reasons.iter().count());
        prop_assert_eq!(method == Method::Head, verdict.verdict == VerdictKind::Head);
        prop_assert!(verdict.verdict != VerdictKind::Duplicate);
        request.asks_for_privacy();
        Agent::read(agent.as_deref().unwrap_or_default());
    }

    #[test]
    fn more_reasons_never_make_a_verdict_weaker(one in any::<u32>(), other in any::<u32>()) {
        let both = Reasons::from_bits(one).union(Reasons::from_bits(other));
        prop_assert!(both.verdict().strength() >= Reasons::from_bits(one).verdict().strength());
        prop_assert_eq!(Reasons::from_bits(one).bits(), one);
    }

    #[test]
    fn any_host_and_any_list_of_hosts_are_fine(list in ".{0,200}", host in ".{0,300}") {
        SpamHosts::of_lines(&list).contains(&host);
    }

    #[test]
    fn any_sequence_of_hits_is_bounded_and_changes_only_to_scanner(
        hits in vec((any::<i8>(), 0_u32..4, 0_u64..3, option::of((0_u64..3, any::<bool>()))), 0..200),
    ) {
        let small = SequenceSettings { mail_hits_kept: 40, hits_of_one_mail_kept: 10, clicks_kept: 30, ..Default::default() };
        let mut sequence = Sequence::new(small);
        let human = Verdict::of(Reasons::NONE, 1);
        let mut last: std::collections::BTreeMap<u64, VerdictKind> = std::collections::BTreeMap::new();
        for (id, (second, link, visitor, mail)) in (0..).zip(hits) {
            let mail = mail.map(|(token, is_hidden)| MailHit {
                token,
                link: if is_hidden { MailLink::Honeypot } else { MailLink::Visible },
                since_delivery_micros: None,
            });
            let hit = Hit { id, at_micros: i64::from(second) * 1_000_000, link, visitor, mail };
            let observed = sequence.observe(&hit, human);
            for changed in &observed.changed {
                prop_assert_eq!(changed.verdict.verdict, VerdictKind::Scanner);
                prop_assert_eq!(last.insert(changed.id, VerdictKind::Scanner), Some(changed.was));
            }
            if visitor == 0 {
                prop_assert!(observed.verdict.verdict != VerdictKind::Duplicate);
            }
            prop_assert_eq!(observed.verdict.verdict, observed.verdict.reasons.verdict());
            last.insert(id, observed.verdict.verdict);
            prop_assert!(sequence.remembered() <= 70);
        }
    }
}
