//! Letters read back by another program's reader, and letters that must not be written.

use mail_parser::{MessageParser, MimeHeaders};
use proptest::prelude::*;

use super::*;

fn address(name: &str, address: &str) -> Address {
    Address { name: (!name.is_empty()).then(|| name.to_string()), address: address.to_string() }
}

fn letter() -> Letter {
    Letter {
        message_id: "0b5c@example.test".to_string(),
        sent_at_unix: 1_772_442_000,
        from: address("Cold Brew Co.", "brand@example.test"),
        to: address("Ana", "ana@creator.test"),
        reply_to: None,
        subject: "A cold brew for your Friday".to_string(),
        text: "Hello Ana,\n\nwould you try it?\n".to_string(),
        html: None,
        in_reply_to: None,
        references: Vec::new(),
        unsubscribe: None,
        is_automatic: false,
        attachments: Vec::new(),
    }
}

fn written(letter: &Letter) -> String {
    let bytes = write(letter, &[]).expect("it is a fine letter");
    assert!(bytes.is_ascii());
    String::from_utf8(bytes).expect("ASCII is UTF-8")
}

#[test]
fn a_plain_letter_is_written_plainly() {
    let expect = "From: \"Cold Brew Co.\" <brand@example.test>\r\nTo: Ana <ana@creator.test>\r\n\
                  Subject: A cold brew for your Friday\r\nDate: Mon, 2 Mar 2026 09:00:00 +0000\r\n\
                  Message-ID: <0b5c@example.test>\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=us-ascii\r\n\
                  Content-Transfer-Encoding: 7bit\r\n\r\nHello Ana,\r\n\r\nwould you try it?\r\n";
    assert_eq!(written(&letter()), expect);
}

#[test]
fn names_subjects_words_and_files_of_all_kinds_are_read_back_as_they_were() {
    let bytes: Vec<u8> = (0..=255).cycle().take(3_000).collect();
    let all = Letter {
        from: address("Müller, \"Böse\" & Söhne", "brand@example.test"),
        to: address("安娜 кофе ☕ with a name that goes on and on, over more than a line of it", "ana@creator.test"),
        reply_to: Some(address("", "talk@example.test")),
        subject: "Für dich: ☕ кофе, 咖啡 and a long subject that has to be folded over several lines of the letter"
            .to_string(),
        text: ".\r\nFrom here on: 100 % = all of it \n".to_string()
            + &"https://example.test/".repeat(9)
            + "\n..\nGrüße",
        html: Some("<p>Grüße</p>".to_string()),
        in_reply_to: Some("first@creator.test".to_string()),
        references: vec!["first@creator.test".to_string(), "not an id".to_string(), "second@creator.test".to_string()],
        is_automatic: true,
        attachments: vec![
            Attachment {
                name: Some("../Angebot für Ana.pdf".to_string()),
                media_type: "application/pdf".to_string(),
                bytes: bytes.clone(),
                is_inline: false,
            },
            Attachment { name: None, media_type: "x\r\nBcc: y@z.test".to_string(), bytes: Vec::new(), is_inline: true },
        ],
        ..letter()
    };
    let raw = written(&all);
    assert!(raw.split("\r\n").all(|line| line.len() <= 998 && !line.contains(['\r', '\n'])));
    assert_eq!(raw.matches("Bcc").count(), 0);
    let read = MessageParser::default().parse(raw.as_bytes()).expect("it is a mail");
    let from = read.from().and_then(|from| from.first()).expect("it has a sender");
    assert_eq!(from.name(), all.from.name.as_deref());
    let to = read.to().and_then(|to| to.first()).expect("it has a recipient");
    assert_eq!((to.name(), to.address()), (all.to.name.as_deref(), Some("ana@creator.test")));
    assert_eq!(read.subject(), Some(all.subject.as_str()));
    assert_eq!(read.in_reply_to().as_text(), Some("first@creator.test"));
    assert_eq!(read.references().as_text_list().map(|ids| ids.len()), Some(2));
    let lines = |text: &str| text.replace("\r\n", "\n");
    assert_eq!(read.body_text(0).map(|text| lines(&text)), Some(lines(&all.text)));
    assert_eq!(read.body_html(0).as_deref().map(str::trim), Some("<p>Grüße</p>"));
    let file = read.attachment(0).expect("it has a file");
    assert_eq!(file.attachment_name(), Some("Angebot für Ana.pdf"));
    assert!(file.contents() == bytes);
    assert!(raw.contains("Auto-Submitted: auto-generated\r\n"));
    assert!(!raw.contains("List-Unsubscribe"));
}

#[test]
fn an_address_to_unsubscribe_at_is_never_cut() {
    let https = format!("https://example.test/u/{}", "a".repeat(870));
    let unsubscribe = Unsubscribe { https: https.clone(), mailto: Some("mailto:stop+abc@example.test".to_string()) };
    let raw = written(&Letter { unsubscribe: Some(unsubscribe), ..letter() });
    let expect = format!(
        "\r\nList-Unsubscribe: <{https}>,\r\n <mailto:stop+abc@example.test>\r\n\
         List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
    );
    assert!(raw.contains(&expect));
    for https in
        ["http://example.test/u", "https://", "https://a.test/ b", "https://a.test/>", &format!("{https}{https}")]
    {
        let unsubscribe = Unsubscribe { https: https.to_string(), mailto: None };
        let refused = write(&Letter { unsubscribe: Some(unsubscribe), ..letter() }, &[]);
        assert!(matches!(refused, Err(WriteProblem::Unsubscribe { .. })), "{https}");
    }
}

#[test]
fn what_would_become_a_header_of_its_own_is_refused() {
    let evil = "Ana\r\nBcc: all@creator.test";
    let unseen = |field| Err(WriteProblem::UnseenSign { field });
    assert_eq!(write(&Letter { subject: evil.to_string(), ..letter() }, &[]), unseen("subject"));
    assert_eq!(write(&Letter { subject: "turned\u{202e}".to_string(), ..letter() }, &[]), unseen("subject"));
    assert_eq!(write(&Letter { to: address(evil, "ana@creator.test"), ..letter() }, &[]), unseen("To"));
    for wrong in ["ana@creator.test\r\nBcc: b@c.test", "ana@creator.test, b@c.test", "ana", "", "änne@creator.test"] {
        let refused = write(&Letter { to: address("", wrong), ..letter() }, &[]);
        assert!(matches!(refused, Err(WriteProblem::NoAddress { field: "To", .. })), "{wrong}");
    }
    for wrong in ["", "a b@c.test", "<a@b.test>", "a@b.test\r\nX: y", "nowhere"] {
        let refused = write(&Letter { message_id: wrong.to_string(), ..letter() }, &[]);
        assert_eq!(refused, Err(WriteProblem::MessageId(wrong.to_string())));
    }
    for wrong in [-1, i64::MAX, i64::MIN] {
        assert_eq!(write(&Letter { sent_at_unix: wrong, ..letter() }, &[]), Err(WriteProblem::Time(wrong)));
    }
}

#[test]
fn a_key_gives_a_record_and_signs_and_does_not_tell_itself() {
    for kind in [KeyKind::Rsa, KeyKind::Ed25519] {
        let key = new_signing_key("example.test", "b2026", kind).expect("a key is made");
        let record = dns_record(&key).expect("it has a record");
        assert_eq!(record.name, "b2026._domainkey.example.test");
        assert!(record.value.starts_with(&format!("v=DKIM1; k={}; p=", kind.code())));
        assert!(!format!("{key:?}").contains("PRIVATE"));
        let raw = write(&letter(), std::slice::from_ref(&key)).expect("it is signed");
        assert_eq!(
            raw,
            write(&letter(), std::slice::from_ref(&key)).expect("it is signed"),
            "the same letter, the same bytes"
        );
        let raw = String::from_utf8(raw).expect("ASCII");
        assert!(raw.starts_with("DKIM-Signature: v=1; a="));
        assert!(raw.contains(" h=From:To:Subject:Date:Message-ID:MIME-Version:\r\n Content-Type:From;"));
        for (domain, selector) in [("a b.test", "b"), ("example.test; l=0", "b"), ("example.test", ""), ("a..b", "c")] {
            let wrong = SigningKey { domain: domain.to_string(), selector: selector.to_string(), ..key.clone() };
            assert!(matches!(write(&letter(), &[wrong]), Err(WriteProblem::Key(KeyProblem::Name { .. }))));
        }
        let other = if kind == KeyKind::Rsa { KeyKind::Ed25519 } else { KeyKind::Rsa };
        let wrong = SigningKey { kind: other, ..key };
        assert!(matches!(dns_record(&wrong), Err(KeyProblem::Unreadable { .. })));
    }
}

#[test]
fn tokens_and_ids_are_random_and_plain() {
    let tokens: std::collections::HashSet<String> = (0..1_000).map(|_| new_token()).collect();
    assert_eq!(tokens.len(), 1_000);
    assert!(
        tokens
            .iter()
            .all(|token| token.len() == 16 && token.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'2'..=b'7')))
    );
    let id = new_message_id("example.test");
    assert_eq!((id.len(), id.as_bytes()[14], id.ends_with("@example.test")), (49, b'4', true));
    assert_ne!(id, new_message_id("example.test"));
    assert_eq!(bounce_address("abc", "example.test"), "bounce+abc@example.test");
}

proptest! {
    #[test]
    fn any_words_come_back_and_add_no_header(
        subject in "[^\\p{C}\u{2028}\u{2029}]{0,200}",
        name in "[^\\p{C}\u{2028}\u{2029}]{0,120}",
        text in "(?s).{0,400}",
        file in ".{0,60}",
    ) {
        let attachment =
            Attachment { name: Some(file), media_type: "image/png".to_string(), bytes: vec![1, 2, 3], is_inline: false };
        let all = Letter {
            subject: subject.clone(),
            to: address(&name, "ana@creator.test"),
            text: text.clone(),
            attachments: vec![attachment],
            ..letter()
        };
        let raw = written(&all);
        prop_assert!(raw.split("\r\n").all(|line| line.len() <= 998 && !line.contains(['\r', '\n', '\0'])));
        let head = raw.split("\r\n\r\n").next().unwrap_or_default();
        let names: Vec<&str> = head
            .split("\r\n")
            .filter(|line| !line.starts_with(' '))
            .filter_map(|line| line.split_once(": ").map(|(name, _)| name))
            .collect();
        prop_assert_eq!(names, ["From", "To", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type"]);
        let read = MessageParser::default().parse(raw.as_bytes()).expect("it is a mail");
        prop_assert_eq!(read.subject().unwrap_or_default(), subject.trim());
        let to = read.to().and_then(|to| to.first()).expect("it has a recipient");
        prop_assert_eq!(to.name().unwrap_or_default(), name.trim());
        let lines = |text: &str| text.replace("\r\n", "\n").replace('\r', "\n").trim_end_matches('\n').to_string();
        prop_assert_eq!(lines(&read.body_text(0).unwrap_or_default()), lines(&text));
        prop_assert_eq!(read.attachment(0).map(|file| file.contents().to_vec()), Some(vec![1, 2, 3]));
    }
}
