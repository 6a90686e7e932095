//! What a mail server reports about mail of ours: which part of the report says what happened to whom (RFC 3464), which
//! mail it is about, and complaints that a provider passes on (RFC 5965).
//!
//! The parts are looked for at any depth of the report's own parts, because gateways wrap them; never inside of a mail
//! that is attached, because that is somebody else's report.

use mail_parser::{Message, MessagePart, MimeHeaders, PartType};

use super::{DeliveryReport, ReadMail, ReportedRecipient, bare_address, bare_id, one_line};

/// `text/plain` and the like, lower case.
pub(super) fn media_type_of(part: &MessagePart<'_>) -> String {
    match part.content_type() {
        Some(kind) => format!("{}/{}", kind.ctype(), kind.subtype().unwrap_or("plain")).to_ascii_lowercase(),
        None if part.is_message() => "message/rfc822".to_owned(),
        None => "text/plain".to_owned(),
    }
}

/// Whether a part of this kind belongs to a report rather than being a file that came along.
pub(super) fn is_report_part(media_type: &str) -> bool {
    is_status(media_type) || is_headers(media_type) || is_mail(media_type) || media_type == "message/feedback-report"
}

fn is_status(media_type: &str) -> bool {
    matches!(media_type, "message/delivery-status" | "message/global-delivery-status")
}

fn is_headers(media_type: &str) -> bool {
    matches!(media_type, "text/rfc822-headers" | "message/rfc822-headers" | "message/global-headers")
}

fn is_mail(media_type: &str) -> bool {
    matches!(media_type, "message/rfc822" | "message/global" | "message/partial")
}

/// Fills in `report` and `feedback_type`. A `report` is there when there is a status part, or when the mail calls itself a
/// report and carries the mail that it is about.
pub(super) fn read_report(message: &Message<'_>, mail: &mut ReadMail) {
    let mut report = DeliveryReport::default();
    let mut has_status = false;
    let mut is_about_known = false;
    for part in &message.parts {
        let media_type = media_type_of(part);
        if is_status(&media_type) {
            has_status = true;
            report.recipients.extend(recipients_of(&words_of(part)));
        } else if media_type == "message/feedback-report" {
            let fields = fields_of(&words_of(part));
            mail.feedback_type = field(&fields, "feedback-type").map(|kind| kind.to_ascii_lowercase());
        } else if !is_about_known && (is_headers(&media_type) || is_mail(&media_type)) {
            let inner = inner_of(part);
            is_about_known = inner.about.is_some();
            report.about = inner.about.or(report.about);
            report.about_from = inner.about_from.or(report.about_from);
        }
    }
    if has_status || (mail.report_type.is_some() && (report.about.is_some() || report.about_from.is_some())) {
        mail.report = Some(report);
    }
    if has_status && mail.report.as_ref().is_some_and(|report| report.recipients.is_empty()) {
        mail.defects.push("the delivery report names no recipient".to_owned());
    }
}

/// A part's bytes as words. Status parts are plain by their rules; whatever else they hold is kept as far as it reads.
fn words_of(part: &MessagePart<'_>) -> String {
    String::from_utf8_lossy(part.contents()).into_owned()
}

/// What the returned mail, or the headers of it, say of themselves.
fn inner_of(part: &MessagePart<'_>) -> DeliveryReport {
    if let PartType::Message(inner) = &part.body {
        let from = inner.parts.first().and_then(|_| inner.from()).and_then(|from| from.first());
        return DeliveryReport {
            recipients: vec![],
            about: inner.parts.first().and_then(|_| inner.message_id()).map(bare_id).filter(|id| !id.is_empty()),
            about_from: from.and_then(|from| from.address()).map(str::to_owned),
        };
    }
    let fields = fields_of(&words_of(part));
    DeliveryReport {
        recipients: vec![],
        about: field(&fields, "message-id").map(bare_id).filter(|id| !id.is_empty()),
        about_from: field(&fields, "from").map(bare_address).filter(|from| !from.is_empty()),
    }
}

/// The blocks of a status part: the first is about the mail, each further one about a recipient. Servers that leave the
/// first out, or an empty line in, are read all the same: a block counts by what it holds.
fn recipients_of(words: &str) -> Vec<ReportedRecipient> {
    let mut found = vec![];
    for block in blocks_of(words) {
        let fields = fields_of(&block);
        let final_recipient = field(&fields, "final-recipient").and_then(typed_value);
        let original_recipient = field(&fields, "original-recipient").and_then(typed_value);
        let action = field(&fields, "action").map(first_word).unwrap_or_default();
        let status = field(&fields, "status").and_then(status_in);
        if final_recipient.is_none() && original_recipient.is_none() && action.is_empty() && status.is_none() {
            continue;
        }
        let diagnostic = field(&fields, "diagnostic-code").map(one_line).filter(|words| !words.is_empty());
        found.push(ReportedRecipient { final_recipient, original_recipient, action, status, diagnostic });
    }
    found
}

fn blocks_of(words: &str) -> Vec<String> {
    let mut blocks = vec![];
    let mut block = String::new();
    for line in words.lines() {
        if line.trim().is_empty() {
            blocks.push(std::mem::take(&mut block));
        } else {
            block.push_str(line);
            block.push('\n');
        }
    }
    blocks.push(block);
    blocks.retain(|block| !block.is_empty());
    blocks
}

/// `Name: value` lines with folded lines joined, names in lower case, until the first empty line.
fn fields_of(words: &str) -> Vec<(String, String)> {
    let mut fields: Vec<(String, String)> = vec![];
    for line in words.lines() {
        if line.trim().is_empty() {
            if fields.is_empty() {
                continue;
            }
            break;
        }
        if line.starts_with([' ', '\t']) {
            if let Some((_, value)) = fields.last_mut() {
                value.push(' ');
                value.push_str(line.trim());
            }
        } else if let Some((name, value)) = line.split_once(':') {
            fields.push((name.trim().to_ascii_lowercase(), value.trim().to_owned()));
        }
    }
    fields
}

fn field<'a>(fields: &'a [(String, String)], name: &str) -> Option<&'a str> {
    fields.iter().find(|(held, _)| held == name).map(|(_, value)| value.as_str())
}

/// `someone@creator.test` from `rfc822; someone@creator.test`.
fn typed_value(value: &str) -> Option<String> {
    let value = value.split_once(';').map_or(value, |(_, address)| address);
    let address = bare_address(value);
    (!address.is_empty()).then_some(address)
}

fn first_word(value: &str) -> String {
    let letters = |sign: char| sign.is_ascii_alphabetic() || sign == '-';
    value.trim().chars().take_while(|sign| letters(*sign)).collect::<String>().to_ascii_lowercase()
}

/// The first enhanced status (RFC 3463) in some words, as `5.1.1`; `None` where there is none. A number that is part of an
/// address such as `192.5.1.1` is none.
pub(crate) fn status_in(words: &str) -> Option<String> {
    let bytes = words.as_bytes();
    let is_joined = |at: usize| {
        bytes.get(at).is_some_and(|byte| byte.is_ascii_digit())
            || (bytes.get(at) == Some(&b'.') && bytes.get(at + 1).is_some_and(u8::is_ascii_digit))
    };
    for start in 0..bytes.len() {
        if !matches!(bytes[start], b'2' | b'4' | b'5') || bytes.get(start + 1) != Some(&b'.') {
            continue;
        }
        if start > 0 && (bytes[start - 1].is_ascii_alphanumeric() || bytes[start - 1] == b'.') {
            continue;
        }
        let subject = digits_at(bytes, start + 2);
        let detail_at = start + 2 + subject + 1;
        if !(1..=3).contains(&subject) || bytes.get(detail_at - 1) != Some(&b'.') {
            continue;
        }
        let detail = digits_at(bytes, detail_at);
        if !(1..=3).contains(&detail) || is_joined(detail_at + detail) {
            continue;
        }
        return Some(format!(
            "{}.{}.{}",
            char::from(bytes[start]),
            number(&words[start + 2..start + 2 + subject]),
            number(&words[detail_at..detail_at + detail])
        ));
    }
    None
}

fn digits_at(bytes: &[u8], from: usize) -> usize {
    bytes.iter().skip(from).take_while(|byte| byte.is_ascii_digit()).count()
}

/// Without leading noughts: some servers write `5.01.001`.
fn number(digits: &str) -> &str {
    let bare = digits.trim_start_matches('0');
    if bare.is_empty() { "0" } else { bare }
}
