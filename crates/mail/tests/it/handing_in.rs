//! Every outcome of handing in a letter, each brought about for real.

use std::time::{Duration, Instant};

use mail::smtp::{Sent, SmtpAccount, SmtpProblem, SmtpSession, Stage};
use mail::tls::{LineProblem, Security};
use mail::write::new_token;

use crate::bed::{Bed, bed_for, bytes_of, letter, smtp};

/// Sends one letter to the far end over a connection of its own.
async fn sent_to(bed: &Bed, to: &str, timeout_seconds: u64) -> Sent {
    let account = SmtpAccount { timeout: Duration::from_secs(timeout_seconds), ..bed.far_end() };
    smtp(&account).await.send("bounce+abc@example.test", to, &bytes_of(&letter(to))).await
}

#[tokio::test]
async fn a_letter_is_accepted_in_clear_and_behind_both_kinds_of_tls() {
    let Some(bed) = bed_for("a letter is accepted in clear and behind both kinds of TLS") else { return };
    let token = new_token();
    let accounts =
        [bed.postfix(), bed.postfix_behind(Security::StartTls), bed.postfix_behind(Security::Tls), bed.far_end()];
    for account in &accounts {
        let mut session = smtp(account).await;
        for _ in 0..2 {
            let bytes = bytes_of(&letter("ana@creator.test"));
            let sent = session.send(&format!("bounce+{token}@example.test"), "ana@creator.test", &bytes).await;
            assert!(matches!(&sent, Sent::Accepted { reply } if reply.starts_with("250 2.0.0")), "{sent:?}");
        }
        session.quit().await;
    }
    let taken = bed.wait_for_taken(&token, 8).await;
    assert_eq!(taken.len(), 8);
    assert!(taken.iter().all(|one| one.times == 1));
}

#[tokio::test]
async fn a_certificate_of_ones_own_is_refused_until_its_root_is_named() {
    let Some(bed) = bed_for("a certificate of one's own is refused until its root is named") else { return };
    for security in [Security::Tls, Security::StartTls] {
        let without = SmtpAccount { extra_root_pem: None, ..bed.postfix_behind(security) };
        let refused = SmtpSession::open(&without).await.expect_err("nobody vouches for it");
        assert!(matches!(refused, SmtpProblem::Line(LineProblem::NotTrusted { .. })), "{security:?}: {refused:?}");
        let broken = SmtpAccount { extra_root_pem: Some("no certificate".to_string()), ..without };
        let refused = SmtpSession::open(&broken).await.expect_err("that is no root");
        assert!(matches!(refused, SmtpProblem::Line(LineProblem::BadRoot { .. })), "{security:?}: {refused:?}");
    }
}

#[tokio::test]
async fn a_wrong_password_is_called_wrong_and_named_nowhere() {
    let Some(bed) = bed_for("a wrong password is called wrong and named nowhere") else { return };
    for security in [Security::Tls, Security::StartTls] {
        let account = SmtpAccount { password: Some("hunter2".to_string()), ..bed.postfix_behind(security) };
        let refused = SmtpSession::open(&account).await.expect_err("the password is wrong");
        assert!(matches!(&refused, SmtpProblem::WrongPassword { user, .. } if user == "brand"), "{refused:?}");
        assert!(!format!("{refused} {refused:?}").contains("hunter2"));
    }
    let account =
        SmtpAccount { user: Some("brand".to_string()), password: Some("secret".to_string()), ..bed.far_end() };
    let refused = SmtpSession::open(&account).await.expect_err("it knows no login");
    assert!(matches!(refused, SmtpProblem::NoLogin { .. }), "{refused:?}");
}

#[tokio::test]
async fn the_wrong_kind_of_line_is_named_with_what_to_do() {
    let Some(bed) = bed_for("the wrong kind of line is named with what to do") else { return };
    let quick = Duration::from_secs(2);
    let tls_on_a_plain_port = SmtpAccount { security: Security::Tls, timeout: quick, ..bed.postfix() };
    let plain_on_a_tls_port =
        SmtpAccount { security: Security::Plain, user: None, timeout: quick, ..bed.postfix_behind(Security::Tls) };
    let no_starttls = SmtpAccount { security: Security::StartTls, ..bed.far_end() };
    let nobody_there = SmtpAccount { port: 1, ..bed.far_end() };
    let line_problem = async |account: &SmtpAccount| match SmtpSession::open(account).await {
        Err(SmtpProblem::Line(problem)) => problem,
        other => panic!("{other:?}"),
    };
    assert!(matches!(line_problem(&tls_on_a_plain_port).await, LineProblem::NotTls { .. }));
    assert!(matches!(line_problem(&plain_on_a_tls_port).await, LineProblem::Silent { .. }));
    assert!(matches!(line_problem(&no_starttls).await, LineProblem::NoStartTls { .. }));
    assert!(matches!(line_problem(&nobody_there).await, LineProblem::Closed { .. }));
}

#[tokio::test]
async fn a_refusal_says_where_and_for_how_long_and_the_next_letter_goes_on() {
    let Some(bed) = bed_for("a refusal says where and for how long and the next letter goes on") else { return };
    let mut session = smtp(&bed.far_end()).await;
    let token = new_token();
    let sender = format!("bounce+{token}@example.test");
    let expect = [
        ("nouser", 550, "5.1.1", true, Stage::Recipient),
        ("full", 552, "5.2.2", true, Stage::Recipient),
        ("spam", 554, "5.7.1", true, Stage::Content),
        ("grey", 451, "4.7.1", false, Stage::Recipient),
    ];
    for (word, code, enhanced, is_lasting, at) in expect {
        let to = format!("{word}.{token}@creator.test");
        let refused = session.send(&sender, &to, &bytes_of(&letter(&to))).await;
        let Sent::Refused { code: said, enhanced: more, text, is_lasting: lasting, at: stage } = &refused else {
            panic!("{word}: {refused:?}");
        };
        assert_eq!((*said, more.as_deref(), *lasting, *stage), (code, Some(enhanced), is_lasting, at), "{word}");
        assert!(text.starts_with(enhanced), "{text}");
        assert!(session.is_usable());
        let next = session.send(&sender, "ana@creator.test", &bytes_of(&letter("ana@creator.test"))).await;
        assert!(matches!(next, Sent::Accepted { .. }), "after {word}: {next:?}");
    }
    let to = format!("grey.{token}@creator.test");
    let again = session.send(&sender, &to, &bytes_of(&letter(&to))).await;
    assert!(matches!(again, Sent::Accepted { .. }), "{again:?}");
    let taken = bed.taken(&token);
    assert_eq!(taken.iter().filter(|one| one.to.starts_with("ana@")).count(), 4);
    assert_eq!(taken.len(), 5);
}

#[tokio::test]
async fn a_connection_that_breaks_before_the_letter_leaves_it_unbegun() {
    let Some(bed) = bed_for("a connection that breaks before the letter leaves it unbegun") else { return };
    let to = format!("drop.{}@creator.test", new_token());
    let mut session = smtp(&bed.far_end()).await;
    let sent = session.send("bounce+abc@example.test", &to, &bytes_of(&letter(&to))).await;
    assert!(matches!(&sent, Sent::NotBegun { problem } if problem.contains("the recipient")), "{sent:?}");
    assert!(!session.is_usable());
    let again = session.send("bounce+abc@example.test", "ana@creator.test", &bytes_of(&letter(&to))).await;
    assert!(matches!(&again, Sent::NotBegun { problem } if problem.contains("open another")), "{again:?}");
    assert!(bed.taken(&to).is_empty());
}

#[tokio::test]
async fn a_letter_without_an_answer_is_unknown_and_was_taken_once() {
    let Some(bed) = bed_for("a letter without an answer is unknown and was taken once") else { return };
    let token = new_token();
    let to = |word: &str| format!("{word}.{token}@creator.test");
    let began = Instant::now();
    let (hangs, closes, is_late) = (to("hang"), to("closedata"), to("late"));
    let sent = tokio::join!(sent_to(bed, &hangs, 2), sent_to(bed, &closes, 2), sent_to(bed, &is_late, 2));
    assert!(began.elapsed() < Duration::from_secs(8), "nothing waits longer than its timeout");
    for sent in [&sent.0, &sent.1, &sent.2] {
        assert!(matches!(sent, Sent::Unknown { .. }), "{sent:?}");
    }
    for word in ["hang", "closedata"] {
        let taken = bed.wait_for_taken(&to(word), 1).await;
        assert_eq!((taken.len(), taken[0].times), (1, 1), "{word} was taken though nobody said so");
    }
}

#[tokio::test]
async fn a_slow_server_is_waited_for() {
    let Some(bed) = bed_for("a slow server is waited for") else { return };
    let token = new_token();
    let (slow, late) = (format!("slow.{token}@creator.test"), format!("late.{token}@creator.test"));
    let sent = tokio::join!(sent_to(bed, &slow, 10), sent_to(bed, &late, 10));
    for sent in [&sent.0, &sent.1] {
        assert!(matches!(sent, Sent::Accepted { .. }), "{sent:?}");
    }
    assert_eq!(bed.taken(&token).len(), 2);
}

#[tokio::test]
async fn lines_of_dots_arrive_as_they_were_and_long_ones_are_not_sent() {
    let Some(bed) = bed_for("lines of dots arrive as they were and long ones are not sent") else { return };
    let to = format!("dots.{}@creator.test", new_token());
    let mut session = smtp(&bed.far_end()).await;
    let bytes = b"Message-ID: <dots@example.test>\r\n\r\n.\r\n..\r\n.a\r\n\r\n...\r\nend.\r\n.\r\n".to_vec();
    assert!(matches!(session.send("", &to, &bytes).await, Sent::Accepted { .. }));
    let unended = b"Message-ID: <unended@example.test>\r\n\r\nno end of line".to_vec();
    assert!(matches!(session.send("", &to, &unended).await, Sent::Accepted { .. }));
    let long = [b"Subject: x\r\n\r\n".to_vec(), vec![b'a'; 999], b"\r\n".to_vec()].concat();
    for wrong in [&long[..], b"Subject: x\r\n\r\na\n.\nRSET\r\n", b"Subject: x\r\n\r\na\r\n.\rb\r\n"] {
        let sent = session.send("", &to, wrong).await;
        assert!(matches!(sent, Sent::Refused { is_lasting: true, at: Stage::Content, .. }), "{sent:?}");
    }
    let taken = bed.taken(&to);
    assert_eq!(taken.len(), 2);
    assert_eq!(taken[0].message_id, "dots@example.test");
    assert_eq!(taken[0].raw, bytes);
    assert_eq!(taken[1].raw, [&unended[..], b"\r\n"].concat());
    assert_eq!(taken[0].envelope_from, "");
}
