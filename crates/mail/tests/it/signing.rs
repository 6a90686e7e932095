//! Signatures judged by another program, after Postfix has passed the letters on.

use std::fmt::Write as _;
use std::process::Command;
use std::time::{Duration, Instant};

use mail::Address;
use mail::read::Attachment;
use mail::smtp::Sent;
use mail::write::{KeyKind, Letter, SigningKey, Unsubscribe, dns_record, new_signing_key, new_token, write};
use serde_json::{Value, json};

use crate::bed::{Bed, bed_for, letter, python, script, smtp};

const LETTERS: usize = 1_000;

/// A letter of many kinds in turn: other scripts, long URLs, HTML, files, answers.
fn letter_number(n: usize, token: &str) -> Letter {
    let names = ["Ana", "Zoë Müller", "安娜 кофе ☕", "O'Brien, \"Pat\"", ""];
    let subjects = [
        "Hello",
        "Für dich: ☕",
        "咖啡 and a subject so long that it has to be folded over several lines of the letter",
    ];
    let token_of_letter = new_token();
    let unsubscribe = Unsubscribe {
        https: format!("https://example.test/u/{token_of_letter}?{}", "utm=".repeat((n % 7) * 30)),
        mailto: n.is_multiple_of(2).then(|| format!("mailto:stop+{token_of_letter}@example.test")),
    };
    let attachment = Attachment {
        name: Some("Angebot für Ana.pdf".to_string()),
        media_type: "application/pdf".to_string(),
        bytes: vec![n as u8; n],
        is_inline: false,
    };
    Letter {
        to: Address { name: Some(names[n % 5].to_string()), address: format!("ana{n}.{token}@creator.test") },
        subject: format!("{} {n}", subjects[n % 3]),
        text: format!(".\nFrom letter {n} \n\n{}\nGrüße ☕\n\n\n", "https://example.test/a/long/way/".repeat(n % 40)),
        html: n.is_multiple_of(3).then(|| format!("<p>Letter&nbsp;{n}</p>\n{}", "<b>x</b> ".repeat(n % 300))),
        in_reply_to: n.is_multiple_of(4).then(|| format!("first-{n}@creator.test")),
        references: (0..n % 30).map(|id| format!("{id}-of-{n}@creator.test")).collect(),
        reply_to: n.is_multiple_of(6).then(|| Address { name: None, address: "talk@example.test".to_string() }),
        unsubscribe: Some(unsubscribe),
        is_automatic: n.is_multiple_of(5),
        attachments: if n.is_multiple_of(10) { vec![attachment] } else { Vec::new() },
        ..letter("ana@creator.test")
    }
}

/// What the other program says of all mails the far end took with this word.
fn judged(bed: &Bed, word: &str, keys: &[SigningKey]) -> Value {
    let records: Value = keys
        .iter()
        .map(|key| dns_record(key).expect("it has a record"))
        .map(|record| (record.name, Value::from(record.value)))
        .collect::<serde_json::Map<_, _>>()
        .into();
    let path = bed.folder().join(format!("records-{word}.json"));
    std::fs::write(&path, records.to_string()).expect("there is room");
    let log = bed.about.pointer("/sink/log").and_then(Value::as_str).expect("the bed names its log");
    let run = Command::new(python())
        .arg(script("verify_dkim.py"))
        .args(["--log", log, "--word", word, "--signatures", &keys.len().to_string(), "--records"])
        .arg(&path)
        .output()
        .expect("Python runs");
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    serde_json::from_slice(&run.stdout).expect("it answers in JSON")
}

fn has_judge() -> bool {
    Command::new(python()).args(["-c", "import dkim, nacl"]).output().is_ok_and(|run| run.status.success())
}

#[tokio::test]
async fn a_thousand_letters_of_all_kinds_pass_on_with_both_signatures_whole() {
    const NAME: &str = "a thousand letters of all kinds pass on with both signatures whole";
    let Some(bed) = bed_for(NAME) else { return };
    if !has_judge() {
        println!("skipped: {NAME} because the Python modules dkim and nacl are not installed");
        return;
    }
    let keys = [KeyKind::Rsa, KeyKind::Ed25519]
        .map(|kind| new_signing_key("example.test", &format!("b2026-{}", kind.code()), kind).expect("a key is made"));
    let token = new_token();
    let began = Instant::now();
    let letters: Vec<(String, Vec<u8>)> = (0..LETTERS)
        .map(|n| letter_number(n, &token))
        .map(|letter| (letter.to.address.clone(), write(&letter, &keys).expect("it is written")))
        .collect();
    let written = began.elapsed();
    let began = Instant::now();
    let mut session = smtp(&bed.postfix()).await;
    for (to, bytes) in &letters {
        let sent = session.send("bounce+abc@example.test", to, bytes).await;
        assert!(matches!(sent, Sent::Accepted { .. }), "{to}: {sent:?}");
    }
    session.quit().await;
    let handed_in = began.elapsed();
    let taken = bed.wait_for_taken(&token, LETTERS).await;
    let per_second = |took: Duration| LETTERS as f64 / took.as_secs_f64();
    let mut report = String::new();
    let _ = write!(report, "{LETTERS} letters: written and signed twice {:.0}/s", per_second(written));
    let _ = write!(report, ", handed in {:.0}/s", per_second(handed_in));
    let _ = write!(report, ", at the far end {:.0}/s", per_second(began.elapsed()));
    println!("{report}");
    assert_eq!(taken.len(), LETTERS);
    assert!(taken.iter().all(|one| one.times == 1));

    let judged = judged(bed, &token, &keys);
    println!("{judged}");
    assert_eq!(judged["mails"], json!(LETTERS));
    assert_eq!(judged["verified"], json!(LETTERS), "{}", judged["failed"]);
    assert_eq!(judged["both_list_headers_signed"], json!(LETTERS));
    assert_eq!(judged["changed_and_still_verified"], json!(0), "a changed letter is found out");
}
