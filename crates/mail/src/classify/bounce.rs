//! Mail of ours that came back: found by a delivery report, by Exim's header, or by the words of a server that writes
//! neither, and tied to the mail it is about.

use super::status::{by_words, class_of_status};
use super::{Bounce, BounceClass, Class};
use crate::read::{ReadMail, ReportedRecipient, one_line, plus_part, status_in};

/// Local parts that mail servers write from, lower case.
const MAILERS: [&str; 8] =
    ["mailer-daemon", "mailer_daemon", "mailerdaemon", "postmaster", "mail-daemon", "maildaemon", "mdaemon", "mta"];
/// Where the text of a server ends and the returned mail begins.
const COPY_MARKS: [&str; 7] = [
    "this is a copy of",
    "below this line is a copy",
    "original message headers",
    "original message follows",
    "the original message",
    "unsent message",
    "start of returned message",
];
/// Words by which servers say that a mail came back.
const CAME_BACK: [&str; 20] = [
    "could not be delivered",
    "couldn't be delivered",
    "couldn't deliver",
    "wasn't able to deliver",
    "was not delivered",
    "not able to deliver",
    "unable to deliver",
    "undeliverable",
    "undelivered",
    "delivery failed",
    "delivery failure",
    "delivery has failed",
    "delivery status notification",
    "failed permanently",
    "permanent error",
    "permanent fatal errors",
    "returned to sender",
    "returned mail",
    "konnte nicht zugestellt werden",
    "failure notice",
];
/// Words by which servers say that they are still trying.
const STILL_TRYING: [&str; 10] = [
    "has not yet been delivered",
    "not yet been delivered",
    "delivery is delayed",
    "delivery delayed",
    "still being retried",
    "will be retried",
    "will continue to be attempted",
    "will keep trying",
    "warning message only",
    "no action is required on your part",
];
/// Longest text of a server that is looked through, in bytes.
const TEXT_MAX: usize = 20_000;
const DIAGNOSTIC_LETTERS_MAX: usize = 500;
const TOKEN_LETTERS: usize = 16;

/// The class of a mail that a server wrote about a mail of ours; `None` where it is anything else.
pub(super) fn reported(mail: &ReadMail) -> Option<Class> {
    if mail.report_type.as_deref() == Some("delivery-status") {
        if is_written_by_a_server(mail) {
            return Some(by_report(mail));
        }
        if mail.return_path.is_none() {
            // Neither its sender nor its marks say whether a server wrote it or a person passed it on.
            return Some(Class::Unclear);
        }
    }
    if !is_empty_sender(mail) {
        return None;
    }
    if !mail.failed_recipients.is_empty() && (is_mailer(mail) || mail.auto_submitted.is_some()) {
        return Some(by_words_of_server(mail, mail.failed_recipients.first().cloned()));
    }
    if mail.report.as_ref().is_some_and(|report| !report.recipients.is_empty()) && is_mailer(mail) {
        // A status part under a wrong name for the whole: some gateways rewrite it.
        return Some(by_report(mail));
    }
    if !is_mailer(mail) || !mail.in_reply_to.is_empty() {
        return None;
    }
    let own = own_words(&mail.text);
    let lower = format!("{}\n{}", mail.subject, own).to_lowercase();
    let says = |phrases: &[&str]| phrases.iter().any(|phrase| lower.contains(phrase));
    let is_about_delivery = says(&STILL_TRYING) || says(&CAME_BACK);
    let has_status = status_in(own).is_some() || reply_code_in(own).is_some() || says(&STILL_TRYING);
    (is_about_delivery && has_status).then(|| by_words_of_server(mail, None))
}

/// Whether a mail server sent it, by who it says it is from.
pub(super) fn is_mailer(mail: &ReadMail) -> bool {
    let Some(from) = &mail.from else { return mail.return_path.as_deref() == Some("") };
    let local = from.address.rsplit_once('@').map_or(from.address.as_str(), |(local, _)| local).to_lowercase();
    MAILERS.contains(&local.as_str()) || local.starts_with("microsoftexchange") || local.starts_with("mailer-daemon")
}

/// A report is believed when no person stands behind it: some programs keep the wrapping when somebody passes a report on.
fn is_written_by_a_server(mail: &ReadMail) -> bool {
    let says_auto = mail.auto_submitted.as_deref().is_some_and(|value| !value.trim().starts_with("no"));
    is_mailer(mail) || says_auto || mail.return_path.as_deref() == Some("")
}

/// `Return-Path: <>`, or none kept and a mail server as the sender.
fn is_empty_sender(mail: &ReadMail) -> bool {
    match mail.return_path.as_deref() {
        Some(sender) => sender.is_empty() || sender.to_lowercase().starts_with("mailer-daemon@"),
        None => is_mailer(mail),
    }
}

/// By the blocks of the report. With several recipients the first that failed counts, then the first that is late.
fn by_report(mail: &ReadMail) -> Class {
    let recipients = mail.report.as_ref().map(|report| report.recipients.as_slice()).unwrap_or_default();
    let with_action = |action: &str| recipients.iter().find(|recipient| recipient.action == action);
    if let Some(failed) = with_action("failed") {
        return Class::Bounce(bounce_of(mail, failed));
    }
    if let Some(delayed) = with_action("delayed") {
        let mut bounce = bounce_of(mail, delayed);
        bounce.class = soft(bounce.class);
        return Class::Delayed(bounce);
    }
    if let Some(recipient) = recipients.iter().find(|recipient| recipient.action.is_empty()) {
        let is_late = recipient.status.as_deref().is_some_and(|status| status.starts_with('4'));
        let bounce = bounce_of(mail, recipient);
        return if is_late { Class::Delayed(bounce) } else { Class::Bounce(bounce) };
    }
    if recipients.is_empty() {
        return by_words_of_server(mail, None);
    }
    // delivered, relayed, expanded: it arrived.
    Class::AutoReply { back_on: None }
}

fn bounce_of(mail: &ReadMail, recipient: &ReportedRecipient) -> Bounce {
    let diagnostic = recipient.diagnostic.clone().unwrap_or_default();
    // "5.0.0" says only that it failed; the server's own reply often says why.
    let said = recipient.status.clone();
    let is_vague = said.as_deref().is_none_or(|status| status.ends_with(".0.0"));
    let better = status_in(&diagnostic).filter(|status| is_vague && !status.ends_with(".0.0"));
    let status = better.or(said);
    let words = if diagnostic.is_empty() { own_words(&mail.text) } else { diagnostic.as_str() };
    let class = match &status {
        Some(status) => class_of_status(status, words),
        None => by_words(&words.to_lowercase()).unwrap_or(BounceClass::Unknown),
    };
    let about = mail.report.as_ref().and_then(|report| report.about.clone());
    let shown = if diagnostic.is_empty() { telling_lines(&mail.text) } else { diagnostic };
    tied(
        mail,
        Bounce {
            class,
            status,
            diagnostic: shortened(&shown),
            recipient: recipient.final_recipient.clone().or_else(|| recipient.original_recipient.clone()),
            token: None,
            about,
            is_suggestion: false,
        },
    )
}

/// By what a server wrote in plain words above the returned mail.
fn by_words_of_server(mail: &ReadMail, recipient: Option<String>) -> Class {
    let own = own_words(&mail.text);
    let lower = own.to_lowercase();
    let status = status_in(own);
    let class = match (&status, reply_code_in(own)) {
        (Some(status), _) => class_of_status(status, own),
        (None, Some(code)) => super::class_of_reply(code, None, own),
        (None, None) => by_words(&lower).unwrap_or(BounceClass::Unknown),
    };
    let structured = mail.report.as_ref().and_then(|report| report.about.clone());
    let bounce = tied(
        mail,
        Bounce {
            class,
            status,
            diagnostic: shortened(&telling_lines(own)),
            recipient: recipient.or_else(|| address_in(own)),
            token: None,
            about: structured,
            is_suggestion: false,
        },
    );
    let subject = mail.subject.to_lowercase();
    let says = |phrases: &[&str]| phrases.iter().any(|phrase| lower.contains(phrase) || subject.contains(phrase));
    if says(&STILL_TRYING) && !says(&["permanent error", "failed permanently", "i've given up"]) {
        return Class::Delayed(Bounce { class: soft(bounce.class), ..bounce });
    }
    Class::Bounce(bounce)
}

/// Says which mail it is about: by token, then by the returned mail, then by words as a suggestion.
fn tied(mail: &ReadMail, bounce: Bounce) -> Bounce {
    let token = token_of(mail);
    let is_suggestion = token.is_none() && bounce.about.is_none();
    let about = bounce.about.or_else(|| id_in_copy(&mail.text));
    Bounce { token, about, is_suggestion, ..bounce }
}

/// The token of ours in the address that a mail was delivered to: whatever follows the plus of `bounce+…`, or sixteen
/// letters of base32 behind any plus.
pub(super) fn token_of(mail: &ReadMail) -> Option<String> {
    let delivered = mail.delivered_to.iter().map(String::as_str);
    let addressed = mail.to.iter().chain(&mail.cc).map(|held| held.address.as_str());
    delivered.chain(addressed).find_map(|address| {
        let (bare, part) = plus_part(address)?;
        let is_bounce_box = bare.to_lowercase().starts_with("bounce@");
        (is_bounce_box || is_token(&part)).then_some(part)
    })
}

fn is_token(part: &str) -> bool {
    part.len() == TOKEN_LETTERS && part.bytes().all(|sign| sign.is_ascii_alphabetic() || matches!(sign, b'2'..=b'7'))
}

fn soft(class: BounceClass) -> BounceClass {
    match class {
        BounceClass::SoftFull => BounceClass::SoftFull,
        _ => BounceClass::SoftOther,
    }
}

/// What the server wrote itself, without the returned mail below.
fn own_words(text: &str) -> &str {
    let mut end = text.len().min(TEXT_MAX);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let text = &text[..end];
    text[..copy_at(text).unwrap_or(text.len())].trim()
}

/// Where the returned mail begins: at a ruled line that says so.
fn copy_at(text: &str) -> Option<usize> {
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let lower = line.trim().to_lowercase();
        if lower.starts_with("--") && COPY_MARKS.iter().any(|mark| lower.contains(mark)) {
            return Some(at);
        }
        at += line.len();
    }
    None
}

/// `Message-ID: <…>` within the returned mail.
fn id_in_copy(text: &str) -> Option<String> {
    let copy = &text[copy_at(text)?..];
    copy.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        let id = value.trim().strip_prefix('<')?.strip_suffix('>')?;
        (name.trim().eq_ignore_ascii_case("message-id") && !id.is_empty()).then(|| id.to_owned())
    })
}

/// The lines that hold a status or a code, else the first ones.
fn telling_lines(own: &str) -> String {
    let is_telling = |line: &&str| status_in(line).is_some() || reply_code_in(line).is_some();
    let telling: Vec<&str> = own.lines().filter(is_telling).map(str::trim).collect();
    if telling.is_empty() { own.to_owned() } else { telling.join(" ") }
}

fn shortened(words: &str) -> String {
    one_line(words).chars().take(DIAGNOSTIC_LETTERS_MAX).collect()
}

/// A reply code of SMTP standing as a word of its own, as in `said: 550 no such user`.
fn reply_code_in(words: &str) -> Option<u16> {
    let is_code = |word: &&str| word.len() == 3 && matches!(word.as_bytes()[0], b'4' | b'5');
    let is_known = |code: &u16| matches!(code, 421 | 450..=455 | 500..=504 | 521 | 530 | 535 | 541 | 550..=557 | 571);
    words
        .split(|sign: char| sign.is_whitespace() || matches!(sign, '-' | ':' | ';' | ',' | '(' | ')' | '#'))
        .filter(is_code)
        .filter_map(|word| word.parse().ok())
        .find(is_known)
}

/// The first address in angle brackets, or the first word with an `@`.
fn address_in(own: &str) -> Option<String> {
    let bare = |word: &str| {
        let word = word.trim_matches(|sign: char| !sign.is_alphanumeric());
        word.rsplit_once('@')
            .filter(|(local, domain)| !local.is_empty() && domain.contains('.'))
            .map(|_| word.to_owned())
    };
    let mut words = own.split(|sign: char| sign.is_whitespace() || matches!(sign, '<' | '>' | ',' | ';'));
    words.find_map(bare)
}
