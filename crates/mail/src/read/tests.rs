//! Tests of reading: what comes out of a mail, and that nothing a stranger sends stops the program.

use std::path::PathBuf;
use std::sync::LazyLock;

use super::*;
use proptest::prelude::*;

static CORPUS: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/corpus");
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder).expect("the corpus").map(|file| file.expect("a file").path()).collect();
    files.retain(|file| file.extension().is_some_and(|end| end == "eml"));
    files.sort();
    files.into_iter().map(|file| std::fs::read(file).expect("a file of the corpus")).collect()
});

#[test]
fn a_mail_says_who_wrote_what_to_whom() {
    let mail = read(
        "Return-Path: <ana@creator.test>\r\nDelivered-To: brand+tok@example.test\r\nX-Original-To: Brand <brand@example.test>\r\n\
         From: =?utf-8?q?Ana_Mu=C3=B1oz?= <Ana@Creator.test>\r\nTo: Brand <brand@example.test>,\r\n other@example.test\r\n\
         Cc: agent@creator.test\r\nReply-To: team@creator.test\r\nSubject: =?utf-8?b?S8O2bG4=?=\r\n and more\r\n\
         Date: Mon, 2 Mar 2026 09:12:00 +0100\r\nMessage-ID: <one@creator.test>\r\nIn-Reply-To: <a@example.test>\r\n\
         References: <z@example.test>\r\n <a@example.test> <a@example.test>\r\nAuto-Submitted: No\r\nPrecedence: List\r\n\
         List-Id: Creators <list.creator.test>\r\nX-Auto-Response-Suppress: All\r\n\
         Content-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nGr=FC=DFe\r\nAna\r\n"
            .as_bytes(),
    );
    let address =
        |name: Option<&str>, address: &str| Address { name: name.map(str::to_owned), address: address.to_owned() };
    assert_eq!(mail.from, Some(address(Some("Ana Muñoz"), "Ana@Creator.test")));
    assert_eq!(mail.to, [address(Some("Brand"), "brand@example.test"), address(None, "other@example.test")]);
    assert_eq!(mail.cc, [address(None, "agent@creator.test")]);
    assert_eq!(mail.reply_to, [address(None, "team@creator.test")]);
    assert_eq!(mail.message_id.as_deref(), Some("one@creator.test"));
    assert_eq!(mail.in_reply_to, ["a@example.test"]);
    assert_eq!(mail.references, ["z@example.test", "a@example.test"]);
    assert_eq!(mail.delivered_to, ["brand+tok@example.test", "brand@example.test"]);
    assert_eq!(mail.return_path.as_deref(), Some("ana@creator.test"));
    assert_eq!(mail.subject, "Köln and more");
    assert_eq!(mail.sent_at_unix, Some(1_772_439_120));
    assert_eq!(mail.text, "Grüße\nAna\n");
    assert_eq!((mail.auto_submitted.as_deref(), mail.precedence.as_deref()), (Some("no"), Some("list")));
    assert_eq!(mail.list_id.as_deref(), Some("list.creator.test"));
    assert_eq!(mail.auto_headers, ["x-auto-response-suppress"]);
    assert_eq!((mail.html, mail.report, mail.attachments, mail.defects), (None, None, vec![], vec![]));
}

#[test]
fn files_and_inline_images_are_told_apart() {
    let mail = read(
        b"From: ana@creator.test\nContent-Type: multipart/mixed; boundary=m\n\n--m\nContent-Type: multipart/related; boundary=r\n\n\
          --r\nContent-Type: text/html; charset=utf-8\n\n<p>Hi <b>you</b></p><img src=\"cid:logo\">\n--r\n\
          Content-Type: image/png\nContent-ID: <logo>\nContent-Disposition: inline\nContent-Transfer-Encoding: base64\n\nAAEC\n--r--\n\
          --m\nContent-Type: application/pdf; name=\"media kit.pdf\"\nContent-Disposition: attachment\n\
          Content-Transfer-Encoding: base64\n\nAwQF\n--m\nContent-Type: message/rfc822\n\nSubject: inner\n\nwords\n--m--\n",
    );
    assert!(mail.html.is_some_and(|html| html.contains("<b>you</b>")));
    assert!(mail.text.contains("Hi you"), "{:?}", mail.text);
    let files: Vec<(Option<&str>, &str, &[u8], bool)> = mail
        .attachments
        .iter()
        .map(|file| (file.name.as_deref(), file.media_type.as_str(), file.bytes.as_slice(), file.is_inline))
        .collect();
    assert_eq!(files[0], (None, "image/png", &[0, 1, 2][..], true));
    assert_eq!(files[1], (Some("media kit.pdf"), "application/pdf", &[3, 4, 5][..], false));
    assert_eq!((files[2].1, files[2].3), ("message/rfc822", false));
    assert!(files[2].2.starts_with(b"Subject: inner\n\nwords"));
}

#[test]
fn a_report_is_found_at_any_depth_and_with_folded_lines() {
    let raw = std::fs::read(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/corpus/bounce-exchange-wrapped.eml"));
    let mail = read(&raw.expect("a file of the corpus"));
    assert_eq!(mail.report_type.as_deref(), Some("delivery-status"));
    let report = mail.report.expect("a report");
    assert_eq!(report.about.as_deref(), Some("wrapped1@example.test"));
    assert_eq!(report.about_from.as_deref(), Some("brand@example.test"));
    assert_eq!(
        report.recipients,
        [ReportedRecipient {
            final_recipient: Some("alex@creator.test".into()),
            original_recipient: None,
            action: "failed".into(),
            status: Some("5.1.1".into()),
            diagnostic: Some("smtp; 550 5.1.1 user unknown".into()),
        }]
    );
    assert_eq!(mail.attachments, []);
}

#[test]
fn a_report_about_several_names_each() {
    let mail = read(
        b"Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\nContent-Type: message/delivery-status\n\n\
          Reporting-MTA: dns; x\nArrival-Date: today\n\n\nFinal-Recipient: rfc822; <a@creator.test>\nAction: FAILED\nStatus: 5.01.001\n\
          Diagnostic-Code: smtp; 550\n\tfolded\n  twice\n\nOriginal-Recipient: rfc822;b@creator.test\nAction: delayed\nStatus: 4.0.0 (x)\n--b--\n",
    );
    let recipients = mail.report.expect("a report").recipients;
    assert_eq!(recipients.len(), 2);
    assert_eq!(recipients[0].final_recipient.as_deref(), Some("a@creator.test"));
    assert_eq!((recipients[0].action.as_str(), recipients[0].status.as_deref()), ("failed", Some("5.1.1")));
    assert_eq!(recipients[0].diagnostic.as_deref(), Some("smtp; 550 folded twice"));
    assert_eq!(recipients[1].original_recipient.as_deref(), Some("b@creator.test"));
    assert_eq!((recipients[1].action.as_str(), recipients[1].status.as_deref()), ("delayed", Some("4.0.0")));
}

#[test]
fn a_report_in_an_attached_mail_is_not_this_mails() {
    let mail = read(
        b"From: ana@creator.test\nContent-Type: multipart/mixed; boundary=m\n\n--m\n\nWhat is this?\n--m\nContent-Type: message/rfc822\n\n\
          Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\nContent-Type: message/delivery-status\n\n\
          Final-Recipient: rfc822; a@creator.test\nAction: failed\nStatus: 5.1.1\n\n--b--\n--m--\n",
    );
    assert_eq!((mail.report, mail.report_type), (None, None));
    assert_eq!(mail.attachments.len(), 1);
}

#[test]
fn a_feedback_report_names_its_kind_and_the_mail() {
    let raw = std::fs::read(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/corpus/complaint-fraud.eml"));
    let mail = read(&raw.expect("a file of the corpus"));
    assert_eq!(mail.feedback_type.as_deref(), Some("fraud"));
    assert_eq!(mail.report.and_then(|report| report.about).as_deref(), Some("arf2@example.test"));
}

#[test]
fn a_status_is_read_where_it_stands_alone() {
    let cases = [
        ("550 5.1.1 no", Some("5.1.1")),
        ("(#5.7.26)", Some("5.7.26")),
        ("550-5.1.10 RESOLVER", Some("5.1.10")),
        ("5.1.1.", Some("5.1.1")),
        ("from 192.5.1.1", None),
        ("5.1.1.7", None),
        ("v15.1.1", None),
        ("5.1", None),
        ("3.1.1", None),
        ("5.1234.1", None),
        ("", None),
    ];
    for (words, expected) in cases {
        assert_eq!(status_in(words).as_deref(), expected, "{words}");
    }
}

#[test]
fn addresses_are_compared_in_one_spelling() {
    assert_eq!(folded("  Ana@Creator.TEST "), "ana@creator.test");
    assert_eq!(folded("ana@xn--bcher-kva.test"), "ana@xn--bcher-kva.test");
    assert_eq!(folded("Ana@Bücher.test"), "ana@bücher.test");
    let plus = |address: &str| plus_part(address).map(|(bare, part)| format!("{bare} {part}"));
    assert_eq!(plus("bounce+abc@example.test").as_deref(), Some("bounce@example.test abc"));
    assert_eq!(plus("a+b+c@example.test").as_deref(), Some("a@example.test b+c"));
    for none in ["a@example.test", "a+@example.test", "+a@example.test", "a+b", "a+b@", "", "@", "+"] {
        assert_eq!(plus_part(none), None, "{none}");
    }
}

#[test]
fn subjects_lose_what_mail_programs_add() {
    let cases = [
        ("Re: Cold brew", "cold brew"),
        ("RE: AW: Fwd:  Cold   brew ", "cold brew"),
        ("Re[2]: Cold brew", "cold brew"),
        ("AW (3): Cold brew", "cold brew"),
        ("[creators] Re: [extern] WG: Cold brew", "cold brew"),
        ("SV: TR: RV: Antw: Réf: Cold brew", "cold brew"),
        ("Re : Cold brew", "cold brew"),
        ("回复：Cold brew", "cold brew"),
        ("Reminder: Cold brew", "reminder: cold brew"),
        ("Revenue: up", "revenue: up"),
        ("[only a tag]", "[only a tag]"),
        ("Re:", ""),
        ("", ""),
        ("10:00 shoot", "10:00 shoot"),
    ];
    for (subject, expected) in cases {
        assert_eq!(normalised_subject(subject), expected, "{subject}");
        assert_eq!(normalised_subject(expected), expected, "again: {subject}");
    }
}

#[test]
fn what_is_new_stands_above_the_history() {
    let cases = [
        ("Yes!\n\nOn Mon, 2 Mar 2026 at 09:12, Brand <brand@example.test> wrote:\n> Hello\n> you", "Yes!"),
        ("Ja\n\nAm Mo., 2. März 2026 um 09:12 Uhr schrieb Brand <\nbrand@example.test>:\n\n> Hallo", "Ja"),
        ("Oui\n\nLe lun. 2 mars 2026 à 09:12, Brand <brand@example.test> a\nécrit :\n> Bonjour", "Oui"),
        ("Sí\n\nEl lun, 2 mar 2026 a las 9:12, Brand (<brand@example.test>) escribió:\n> Hola", "Sí"),
        ("Yes\n\n-----Original Message-----\nFrom: Brand\n\nHello", "Yes"),
        ("Ja\n\nVon: Brand <brand@example.test>\nGesendet: Montag\nAn: Ana\nBetreff: Hallo\n\nHallo", "Ja"),
        (
            "Yes\n________________________________\nFrom: Brand\nSent: Monday\nTo: Ana\n\nHello",
            "Yes\n________________________________",
        ),
        (
            "*Von:* Brand\n*Gesendet:* Montag\n*An:* Ana\n\nHallo",
            "*Von:* Brand\n*Gesendet:* Montag\n*An:* Ana\n\nHallo",
        ),
        ("Yes\n> Hello", "Yes"),
        ("> How much?\n900\n> When?\nMonday", "900\nMonday"),
        ("On Mon, 2 Mar 2026, Brand <brand@example.test> wrote:\n> How much?\n900", "900"),
        ("> all\n> quoted", "> all\n> quoted"),
        ("From: my heart\nthis is a poem", "From: my heart\nthis is a poem"),
        ("On Monday I wrote:\nnothing", "On Monday I wrote:\nnothing"),
        ("", ""),
    ];
    for (text, expected) in cases {
        assert_eq!(fresh_text(text), expected, "{text:?}");
        assert_eq!(fresh_text(&text.replace('\n', "\r\n")), expected, "{text:?} with Windows line ends");
    }
}

#[test]
fn html_is_shown_without_what_acts_or_loads() {
    let cases = [
        ("<p onclick=x>Hi</p>", "<p>Hi</p>"),
        ("<script>alert(1)</script>a<style>p{}</style>", "a"),
        ("<form action='https://x.test'><input name=a>Hi</form>", "Hi"),
        ("<iframe src='https://x.test'></iframe>", ""),
        ("<img src='https://x.test/p.gif' alt='a cup' width=1>", "<img width=\"1\" alt=\"a cup\">"),
        ("<img src='//x.test/p.gif'>", "<img>"),
        ("<img src='CID:logo'>", "<img src=\"CID:logo\">"),
        ("<img src='data:image/png;base64,AA=='>", "<img src=\"data:image/png;base64,AA==\">"),
        ("<img src='data:image/svg+xml,x'>", "<img>"),
        ("<img srcset='https://x.test/a 2x' alt=b>", "<img alt=\"b\">"),
        ("<p style='background:url(https://x.test)'>a</p>", "<p>a</p>"),
        ("<td background='https://x.test'>a</td>", "a"),
        ("<a href='javascript:x'>a</a>", "<a rel=\"noopener noreferrer nofollow\">a</a>"),
        ("<a href='data:text/html,x'>a</a>", "<a rel=\"noopener noreferrer nofollow\">a</a>"),
        ("<a href='/x'>a</a>", "<a rel=\"noopener noreferrer nofollow\">a</a>"),
        (
            "<a href='https://x.test' rel='opener' target=_top>a</a>",
            "<a href=\"https://x.test\" rel=\"noopener noreferrer nofollow\">a</a>",
        ),
        ("<link rel=stylesheet href='https://x.test'><base href='https://x.test'><meta http-equiv=refresh>a", "a"),
        ("<video src='https://x.test' poster='https://x.test'></video><svg><image href='https://x.test'/></svg>b", "b"),
        ("<blockquote cite='https://x.test'>a</blockquote><!-- c -->", "<blockquote>a</blockquote>"),
    ];
    for (html, expected) in cases {
        assert_eq!(safe_html(html), expected, "{html}");
    }
}

#[test]
fn a_mail_in_a_mail_ten_thousand_deep_is_read() {
    let deep = "Content-Type: message/rfc822\n\n".repeat(50_000) + "Subject: x\n\nwords\n";
    assert_eq!(read(deep.as_bytes()).subject, "");
    let parts: String =
        (0..5_000).map(|at| format!("Content-Type: multipart/mixed; boundary=b{at}\n\n--b{at}\n")).collect();
    read(parts.as_bytes());
}

#[test]
fn html_nested_too_deep_is_shown_as_its_words() {
    let deep = format!("{}a &lt; b<br>c{}", "<div>".repeat(20_000), "</x>".repeat(20_000));
    assert_eq!(safe_html(&deep).trim(), "<p>a &lt; b<br>c</p>");
    let wide = "<p>one<p>two".repeat(400) + &"<div>x</div>".repeat(3_000);
    assert!(safe_html(&wide).contains("<div>x</div>"));
}

#[test]
fn what_is_no_mail_is_named_so() {
    for raw in [&b""[..], b"\n", b"\r\n\r\n", b"no headers at all", b"\0\xff\xfe"] {
        let mail = read(raw);
        assert!(!mail.defects.is_empty(), "{raw:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn any_bytes_are_read(raw in prop::collection::vec(any::<u8>(), 0..600)) {
        let mail = read(&raw);
        prop_assert!(!mail.defects.contains(&"the mail could not be taken apart".to_owned()));
        crate::classify::classify(&mail);
    }

    /// Real mails with bytes changed, taken out, and cut off.
    #[test]
    fn any_mangled_mail_is_read(
        which in any::<prop::sample::Index>(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..4u8), 0..40),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut raw = which.get(&CORPUS).clone();
        for (at, byte, kind) in changes {
            let at = at.index(raw.len().max(1)).min(raw.len().saturating_sub(1));
            match kind {
                0 if !raw.is_empty() => raw[at] = byte,
                1 if !raw.is_empty() => { raw.remove(at); }
                2 => raw.insert(at, byte),
                _ => {
                    let again: Vec<u8> = raw.iter().skip(at).take(usize::from(byte)).copied().collect();
                    let _ = raw.splice(at..at, again);
                }
            }
        }
        if cut.index(3) == 0 {
            raw.truncate(cut.index(raw.len() + 1));
        }
        let mail = read(&raw);
        prop_assert!(!mail.defects.contains(&"the mail could not be taken apart".to_owned()));
        crate::classify::classify(&mail);
        if let Some(html) = &mail.html {
            safe_html(html);
        }
    }

    /// Nothing is loaded and nothing acts, whatever the HTML.
    #[test]
    fn safe_html_is_safe(pieces in prop::collection::vec(0usize..20, 0..30)) {
        const PIECES: [&str; 20] = [
            "<img src=\"", "https://x.test/a.png", "\">", "<a href='", "javascript:alert(1)", "'>", "</a>", "<svg>", "<style>",
            "</style>", "<script>", "</script>", "<p onload=", "x>", "<!--", "-->", "data:text/html,", "cid:a", "<math>", " ",
        ];
        let html: String = pieces.into_iter().map(|piece| PIECES[piece]).collect();
        let safe = safe_html(&html);
        for refused in ["<script", "<style", "<svg", "src=\"http", "href=\"javascript", "href=\"data"] {
            prop_assert!(!safe.contains(refused), "{:?} became {:?}", html, safe);
        }
        prop_assert_eq!(safe_html(&safe), safe);
    }

    #[test]
    fn any_text_has_something_new(text in "(?s)(On |Am |> |wrote:|From:|\n|-----Original Message-----|[a-z@<0-9]){0,30}") {
        let fresh = fresh_text(&text);
        prop_assert_eq!(fresh.is_empty(), text.trim().is_empty());
        prop_assert!(normalised_subject(&text).len() <= text.len() * 3);
        folded(&text);
        plus_part(&text);
    }
}

#[test]
fn a_line_that_says_who_wrote_without_a_date_begins_the_history_where_it_quotes() {
    assert_eq!(fresh_text("I would love to.\n\nOn Monday Mia wrote:\n> Would you?\n"), "I would love to.");
    let told = "On Monday Mia wrote:\nit was a nice mail.";
    assert_eq!(fresh_text(told), told, "somebody tells a story");
}
