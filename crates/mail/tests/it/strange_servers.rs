//! Servers that fall silent, break off or refuse in the middle: written here, since no decent one does so on demand.

use std::time::{Duration, Instant};

use mail::imap::{ImapAccount, ImapProblem, ImapSession};
use mail::smtp::{SmtpAccount, SmtpProblem, SmtpSession};
use mail::tls::{LineProblem, Security};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;

/// Answers each line with the first of these whose word it holds, `TAG` replaced; falls silent at `SILENT`, closes at
/// `CLOSE`. Gives its port.
async fn server(greeting: &'static str, answers: &'static [(&'static str, &'static str)]) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("there is a port");
    let port = listener.local_addr().expect("it has an address").port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut stream = BufReader::new(stream);
                let _ = stream.write_all(greeting.as_bytes()).await;
                let mut line = String::new();
                while stream.read_line(&mut line).await.is_ok_and(|read| read > 0) {
                    let tag = line.split(' ').next().unwrap_or_default().to_string();
                    let answer = answers.iter().find(|(word, _)| line.contains(word));
                    let default = if line.contains("NOOP") { "TAG OK so\r\n" } else { "SILENT" };
                    let answer = answer.map_or(default, |(_, said)| *said);
                    match answer {
                        "SILENT" => tokio::time::sleep(Duration::from_secs(60)).await,
                        "CLOSE" => return,
                        said => drop(stream.write_all(said.replace("TAG", &tag).as_bytes()).await),
                    }
                    line.clear();
                }
            });
        }
    });
    port
}

fn mailbox(port: u16) -> ImapAccount {
    ImapAccount {
        host: "127.0.0.1".to_string(),
        port,
        security: Security::Plain,
        user: "brand".to_string(),
        password: "secret".to_string(),
        timeout: Duration::from_secs(1),
        extra_root_pem: None,
    }
}

fn account(port: u16) -> SmtpAccount {
    SmtpAccount {
        host: "127.0.0.1".to_string(),
        port,
        security: Security::Plain,
        user: None,
        password: None,
        hello_name: "crm.example.test".to_string(),
        timeout: Duration::from_secs(1),
        extra_root_pem: None,
    }
}

const LOGIN: (&str, &str) = ("LOGIN", "TAG OK in\r\n");
const ABILITIES: (&str, &str) = ("CAPABILITY", "* CAPABILITY IMAP4rev1 IDLE\r\nTAG OK so\r\n");
const FOLDER: (&str, &str) = ("EXAMINE", "* 3 EXISTS\r\n* OK [UIDVALIDITY 7] so\r\nTAG OK open\r\n");

async fn opened(answers: &'static [(&'static str, &'static str)]) -> ImapSession {
    let port = server("* OK hello\r\n", answers).await;
    let mut session = ImapSession::open(&mailbox(port)).await.expect("it lets us in");
    assert_eq!(session.open_folder("INBOX").await.expect("it opens").exists, 3);
    session
}

#[tokio::test]
async fn a_server_that_says_nothing_is_given_up_in_time() {
    let began = Instant::now();
    let port = server("", &[]).await;
    let smtp = SmtpSession::open(&account(port)).await.expect_err("it is silent");
    assert!(matches!(smtp, SmtpProblem::Line(LineProblem::Silent { .. })), "{smtp:?}");
    let imap = ImapSession::open(&mailbox(port)).await.expect_err("it is silent");
    assert!(matches!(imap, ImapProblem::Line(LineProblem::Silent { .. })), "{imap:?}");
    let port = server("* BYE too many connections\r\n", &[]).await;
    let imap = ImapSession::open(&mailbox(port)).await.expect_err("it sends us away");
    assert!(matches!(&imap, ImapProblem::Greeting { reply, .. } if reply.contains("too many")), "{imap:?}");
    let port = server("554 5.7.1 go away\r\n", &[]).await;
    let smtp = SmtpSession::open(&account(port)).await.expect_err("it sends us away");
    assert!(matches!(&smtp, SmtpProblem::Greeting { reply, .. } if reply.contains("go away")), "{smtp:?}");
    assert!(began.elapsed() < Duration::from_secs(6));
}

#[tokio::test]
async fn a_search_that_breaks_off_or_is_refused_never_says_that_there_is_no_mail() {
    let mut session = opened(&[LOGIN, ABILITIES, FOLDER, ("SEARCH", "CLOSE")]).await;
    assert!(matches!(session.uids().await, Err(ImapProblem::Lost { .. })));
    let mut session = opened(&[LOGIN, ABILITIES, FOLDER, ("SEARCH", "SILENT")]).await;
    assert!(matches!(session.uids().await, Err(ImapProblem::Lost { .. })));
    // The conversation is out of step from now on: nothing of it is believed.
    assert!(matches!(session.uids().await, Err(ImapProblem::Lost { .. })));
    let mut session = opened(&[LOGIN, ABILITIES, FOLDER, ("SEARCH", "TAG NO not now\r\n")]).await;
    assert!(matches!(session.uids().await, Err(ImapProblem::Refused { reply, .. }) if reply == "not now"));
    let mut session = opened(&[LOGIN, ABILITIES, FOLDER, ("SEARCH", "TAG OK nothing said\r\n")]).await;
    assert!(matches!(session.uids().await, Err(ImapProblem::Refused { .. })));
    let mut session =
        opened(&[LOGIN, ABILITIES, FOLDER, ("SEARCH", "* SEARCH 9 4\r\n* SEARCH 12\r\nTAG OK so\r\n")]).await;
    assert_eq!(session.uids().await, Ok(vec![4, 9, 12]));
    let mut session = opened(&[LOGIN, ABILITIES, FOLDER, ("FETCH", "TAG NO not now\r\n")]).await;
    assert!(matches!(session.flags(None).await, Err(ImapProblem::Refused { .. })));
    assert!(matches!(session.fetch(&[4]).await, Err(ImapProblem::Refused { .. })));
}

#[tokio::test]
async fn answers_about_other_mails_are_not_taken_for_those_asked_for() {
    const SIZES: &str = "* 1 FETCH (UID 4 RFC822.SIZE 3)\r\n* 3 FETCH (UID 12 RFC822.SIZE 3)\r\nTAG OK so\r\n";
    const MAILS: &str = "* 2 FETCH (UID 9 FLAGS (\\Seen))\r\n* 1 FETCH (UID 4 FLAGS (\\Recent \\Flagged) INTERNALDATE \
                         \" 2-Mar-2026 10:00:00 +0100\" BODY[] {3}\r\na\r\n)\r\n* 3 FETCH (UID 12 BODY[] {3}\r\nb\r\n)\r\n\
                         TAG OK so\r\n";
    let mut session = opened(&[LOGIN, ABILITIES, FOLDER, ("SIZE", SIZES), ("PEEK", MAILS)]).await;
    let fetched = session.fetch(&[4, 9]).await.expect("it answers");
    assert_eq!(fetched.iter().map(|mail| mail.uid).collect::<Vec<_>>(), [4]);
    assert_eq!((&fetched[0].raw[..], fetched[0].internal_date_unix), (&b"a\r\n"[..], Some(1_772_442_000)));
    assert_eq!(fetched[0].flags, ["\\Flagged"]);
}

#[tokio::test]
async fn news_told_beside_another_answer_wakes_whoever_waits_next() {
    const SEARCHED: &str = "* SEARCH 4\r\n* 4 EXISTS\r\nTAG OK so\r\n";
    let mut session = opened(&[LOGIN, ABILITIES, FOLDER, ("SEARCH", SEARCHED), ("IDLE", "+ waiting\r\n")]).await;
    assert_eq!(session.uids().await, Ok(vec![4]));
    let woke = tokio::time::timeout(Duration::from_millis(500), session.wait(Duration::from_secs(30))).await;
    assert_eq!(woke.expect("it wakes at once"), Ok(mail::imap::Woke::Something));
}

#[tokio::test]
async fn a_line_that_dies_while_we_wait_is_noticed_when_the_time_is_over() {
    let mut session = opened(&[LOGIN, ABILITIES, FOLDER, ("IDLE", "+ waiting\r\n")]).await;
    let began = Instant::now();
    let woke = session.wait(Duration::from_secs(1)).await;
    assert!(matches!(woke, Err(ImapProblem::Lost { .. })), "DONE is not answered: {woke:?}");
    assert!(began.elapsed() < Duration::from_secs(5));
}
