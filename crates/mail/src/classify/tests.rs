//! Tests of the classifier: a corpus of mails with what each is, and the meaning of refusals at send time.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::*;
use crate::read::read;

fn corpus() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/corpus")
}

/// What `expected.tsv` says of a file; `-` becomes `None`.
struct Expected {
    class: String,
    bounce_class: Option<String>,
    status: Option<String>,
    about: Option<String>,
    /// The token of a bounce, the day of return of an automatic answer.
    token_or_back_on: Option<String>,
}

fn expected() -> BTreeMap<String, Expected> {
    let index = std::fs::read_to_string(corpus().join("expected.tsv")).expect("the index of the corpus");
    let lines = index.lines().skip(1);
    lines
        .map(|line| {
            let fields: Vec<&str> = line.split('\t').collect();
            let [file, class, bounce_class, status, about, more] = fields[..] else {
                panic!("{line:?} has not six fields")
            };
            let held = |field: &str| (field != "-").then(|| field.to_owned());
            let expected = Expected {
                class: class.to_owned(),
                bounce_class: held(bounce_class),
                status: held(status),
                about: held(about),
                token_or_back_on: held(more),
            };
            (file.to_owned(), expected)
        })
        .collect()
}

/// As one line, to be compared and shown at once.
fn shown(class: &Class) -> String {
    let line = |fields: [Option<&str>; 4]| fields.map(|field| field.unwrap_or("-").to_owned()).join(" ");
    let rest = match class {
        Class::Bounce(bounce) | Class::Delayed(bounce) => line([
            Some(bounce.class.code()),
            bounce.status.as_deref(),
            bounce.about.as_deref(),
            bounce.token.as_deref(),
        ]),
        Class::Complaint { about } => line([None, None, about.as_deref(), None]),
        Class::AutoReply { back_on } => line([None, None, None, back_on.as_deref()]),
        _ => line([None; 4]),
    };
    format!("{} {rest}", class.code())
}

#[test]
fn every_mail_of_the_corpus_is_what_it_is() {
    let mut wrong = vec![];
    for (file, expected) in expected() {
        let mail = read(&std::fs::read(corpus().join(&file)).expect("a file of the corpus"));
        let fields = [&expected.bounce_class, &expected.status, &expected.about, &expected.token_or_back_on];
        let fields = fields.map(|field| field.as_deref().unwrap_or("-")).join(" ");
        let (wanted, got) = (format!("{} {fields}", expected.class), shown(&classify(&mail)));
        if wanted != got {
            wrong.push(format!("{file}: {got}, not {wanted}"));
        }
    }
    assert!(wrong.is_empty(), "{}\n{} wrong", wrong.join("\n"), wrong.len());
}

#[test]
fn the_corpus_holds_what_it_should() {
    let expected = expected();
    let files = std::fs::read_dir(corpus()).expect("the corpus");
    let files = files.filter_map(Result::ok).filter(|file| file.path().extension().is_some_and(|end| end == "eml"));
    assert_eq!(files.count(), expected.len(), "every file is in the index");
    let count = |begin: &str| expected.keys().filter(|file| file.starts_with(begin)).count();
    assert!(count("bounce-") >= 12 && count("delayed-") >= 3 && count("human-") >= 40 && count("away-") >= 15);
    let people = expected.iter().filter(|(file, _)| file.starts_with("human-"));
    assert!(people.clone().all(|(_, expected)| expected.class == "personal"));
}

/// The same words with Windows line ends, and after a second reading, give the same class.
#[test]
fn line_ends_change_nothing() {
    for (file, expected) in expected() {
        let raw = std::fs::read_to_string(corpus().join(&file)).expect("a file of the corpus");
        let class = classify(&read(raw.replace('\n', "\r\n").as_bytes()));
        assert_eq!(class.code(), expected.class, "{file}");
    }
}

/// Whatever a person's mail quotes: with any report's text below it, it stays a person's.
#[test]
fn a_human_reply_that_quotes_any_report_is_never_a_bounce() {
    let files: Vec<String> = expected().into_keys().collect();
    let reports = files.iter().filter(|file| file.starts_with("bounce-") || file.starts_with("delayed-"));
    for file in reports {
        let report = std::fs::read_to_string(corpus().join(file)).expect("a file of the corpus");
        for quote in ["", "> "] {
            let quoted: Vec<String> = report.lines().map(|line| format!("{quote}{line}")).collect();
            for return_path in ["<ana@creator.test>", "<>"] {
                let raw = format!(
                    "Return-Path: {return_path}\nFrom: Ana <ana@creator.test>\nTo: brand@example.test\nSubject: Undelivered \
                     Mail Returned to Sender\n\nWhat is this?\n\n{}\n",
                    quoted.join("\n")
                );
                assert_eq!(classify(&read(raw.as_bytes())), Class::Personal, "{file} quoted by {quote:?}");
            }
        }
    }
}

#[test]
fn a_bounce_without_token_and_returned_mail_is_a_suggestion() {
    let class_of = |file: &str| classify(&read(&std::fs::read(corpus().join(file)).expect("a file of the corpus")));
    for (file, is_suggestion) in [
        ("bounce-postfix-no-such-user.eml", false),
        ("bounce-postfix-no-token.eml", false),
        ("bounce-exim-unrouteable.eml", false),
        ("bounce-exim-full.eml", true),
        ("bounce-qmail-remote.eml", true),
    ] {
        let Class::Bounce(bounce) = class_of(file) else { panic!("{file} is a bounce") };
        assert_eq!(bounce.is_suggestion, is_suggestion, "{file}");
        assert!(bounce.recipient.is_some_and(|recipient| recipient.ends_with("creator.test")), "{file}");
        assert!(!bounce.diagnostic.is_empty() && !bounce.diagnostic.contains('\n'), "{file}: {:?}", bounce.diagnostic);
    }
}

#[test]
fn a_refusal_at_send_time_has_its_class() {
    use BounceClass::{HardAddress, Policy, SoftFull, SoftOther, Unknown};
    let cases = [
        (550, Some("5.1.1"), "user unknown", HardAddress),
        (550, Some("5.1.0"), "Address rejected", HardAddress),
        (550, Some("5.1.0"), "sender address rejected", Policy),
        (550, Some("5.1.8"), "bad sender domain", Policy),
        (552, Some("5.2.2"), "over quota", SoftFull),
        (452, Some("4.2.2"), "mailbox full", SoftFull),
        (550, Some("5.2.1"), "mailbox disabled", HardAddress),
        (552, Some("5.2.3"), "message too large", Policy),
        (554, Some("5.7.1"), "user unknown to our policy", Policy),
        (550, None, "5.7.1 relay access denied", Policy),
        (550, None, "#5.1.1 bad address", HardAddress),
        (451, Some("4.7.1"), "greylisted", SoftOther),
        (421, None, "service not available", SoftOther),
        (452, None, "quota exceeded", SoftFull),
        (450, None, "user unknown, try again", SoftOther),
        (550, None, "No such user here", HardAddress),
        (550, None, "requested action not taken: mailbox unavailable", HardAddress),
        (550, None, "blocked using zen.spamhaus.example.test", Policy),
        (550, None, "no", Policy),
        (552, None, "no", SoftFull),
        (552, None, "message size exceeds fixed limit", Policy),
        (554, None, "delivery error: dd This user doesn't have an account here", Policy),
        (554, None, "delivery error: dd This user doesn't have a yahoo account", HardAddress),
        // The code says whether it is for good, the status why.
        (450, Some("5.1.1"), "user unknown", SoftOther),
        (550, Some("4.1.1"), "user unknown", HardAddress),
        (550, Some("5.4.1"), "Recipient address rejected: Access denied", HardAddress),
        (550, Some("5.4.6"), "routing loop", SoftOther),
        (550, Some("5.5.0"), "mailbox unavailable", HardAddress),
        (500, Some("5.5.1"), "huh", Unknown),
        (550, Some("5.0.0"), "huh", Policy),
        (550, Some("nonsense"), "huh", Policy),
        (250, Some("2.0.0"), "ok", Unknown),
        (0, None, "", Unknown),
    ];
    for (code, enhanced, text, expected) in cases {
        assert_eq!(class_of_reply(code, enhanced, text), expected, "{code} {enhanced:?} {text}");
    }
}

#[test]
fn words_count_as_words_of_their_own() {
    assert_eq!(class_of_reply(550, None, "transpform unspammed"), BounceClass::Policy);
    assert_eq!(status::by_words("transpform unspammed"), None);
    assert_eq!(status::by_words("spf check failed"), Some(BounceClass::Policy));
}

#[test]
fn codes_are_read_back() {
    for code in ["hard_address", "soft_full", "soft_other", "policy", "unknown"] {
        assert_eq!(BounceClass::from_code(code).map(BounceClass::code), Some(code));
    }
    assert_eq!(BounceClass::from_code("hard"), None);
}

#[test]
fn the_day_of_return_is_read_in_many_spellings() {
    let cases = [
        ("Back on the 14th of March", Some("2026-03-14")),
        ("I'm back March 14, 2026!", Some("2026-03-14")),
        ("I return to the office on Wed 18 Mar. Cheers", Some("2026-03-18")),
        ("Not available until 13.3.", Some("2026-03-14")),
        ("I am not in the office and will be back on 14 March", Some("2026-03-14")),
        ("away 2-13 March", Some("2026-03-14")),
        ("away between 2 March and 13 March", Some("2026-03-14")),
        ("Ich bin ab dem 16. März 2026 wieder erreichbar", Some("2026-03-16")),
        ("Am 16.3.2026 bin ich zurück.", Some("2026-03-16")),
        ("Ich bin bis zum 31.12. abwesend", None),
        ("Ab 1.4. wieder da", Some("2026-04-01")),
        ("À partir du 16 mars je serai de retour", Some("2026-03-16")),
        ("Absent du 2 au 13 mars", Some("2026-03-14")),
        ("Vuelvo el lunes, 16 de marzo", Some("2026-03-16")),
        ("Ausente del 2 al 13 de marzo de 2026", Some("2026-03-14")),
        ("back on 16/03", Some("2026-03-16")),
        ("back on 31 February", None),
        ("back on 14 March 2019", None),
        ("back on 14 March 2093", None),
        ("Our office moved on 14 March.", None),
        ("Call 14 03 2026 or version 5.1.1", None),
        ("back soon", None),
        ("", None),
    ];
    for (text, expected) in cases {
        let mail = ReadMail { sent_at_unix: Some(1_772_438_000), ..ReadMail::default() };
        assert_eq!(back_on::back_on(&mail, text).as_deref(), expected, "{text}");
    }
    let undated = ReadMail::default();
    assert_eq!(back_on::back_on(&undated, "back on 14 March"), None);
    assert_eq!(back_on::back_on(&undated, "back on 14 March 2026").as_deref(), Some("2026-03-14"));
}

proptest::proptest! {
    /// Any words, in any mail: an answer comes back, and without a report or a mail server it is no bounce.
    #[test]
    fn any_words_of_a_person_are_no_bounce(subject in ".{0,60}", text in "(?s).{0,400}", numbers in "[0-9./ -]{0,80}") {
        let mail = ReadMail {
            from: Some(crate::Address { name: None, address: "ana@creator.test".into() }),
            return_path: Some("<>".into()),
            subject,
            text: format!("{text} bis {numbers} back until {numbers}"),
            auto_submitted: Some("auto-replied".into()),
            sent_at_unix: Some(1_772_438_000),
            ..ReadMail::default()
        };
        let is_bounce = matches!(classify(&mail), Class::Bounce(_) | Class::Delayed(_) | Class::Complaint { .. });
        proptest::prop_assert!(!is_bounce);
    }
}

#[test]
fn a_report_of_which_nobody_knows_who_sent_it_is_left_to_a_person() {
    let raw = std::fs::read_to_string(corpus().join("human-en-passes-report-on.eml")).expect("a file of the corpus");
    let without = raw.replacen("Return-Path: <ana@creator.test>\n", "", 1);
    assert_eq!(classify(&read(without.as_bytes())), Class::Unclear);
}
