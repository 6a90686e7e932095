//! What a mail is: somebody's words, an answer by a machine, a mail of ours that came back, a complaint, a wish to be left
//! alone.
//!
//! A pure function of the mail, with a version, so that it can be run again over everything kept: a mistake here is mended
//! later and loses nothing. The rule above all: what a person wrote is never taken for a bounce, whatever it quotes. That
//! needs a report as mail servers write it, or an empty envelope sender, a mail system as the sender, and a status.
//! Sources: RFC 3461 to 3464 (delivery reports), RFC 3834 (automatic answers), RFC 5965 (feedback reports).

use crate::read::{ReadMail, fresh_text};

mod back_on;
mod bounce;
mod status;
mod wording;

pub use status::class_of_reply;

/// Raised whenever an answer can come out differently.
pub const CLASSIFIER_VERSION: u32 = 1;

/// What a mail is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Class {
    /// Somebody wrote it.
    Personal,
    /// A machine answered: away, received, read, delivered. It ends no sequence.
    AutoReply {
        /// The day the absent person is back, as `2026-03-14`, where the mail says so and it is not past.
        back_on: Option<String>,
    },
    /// A mail of ours came back for good.
    Bounce(Bounce),
    /// A mail of ours is late and still being tried: nothing to do before the server gives up.
    Delayed(Bounce),
    /// A wish to get no more mail.
    Unsubscribe,
    /// A provider reports that a recipient called our mail unwanted.
    Complaint {
        /// Message-ID of that mail.
        about: Option<String>,
    },
    /// A machine asks to confirm that a human wrote.
    Challenge,
    /// A newsletter or a list.
    Bulk,
    /// Cannot be told; it stays where it is, unread.
    Unclear,
}

impl Class {
    /// The word it is stored under.
    pub fn code(&self) -> &'static str {
        match self {
            Class::Personal => "personal",
            Class::AutoReply { .. } => "auto_reply",
            Class::Bounce(_) => "bounce",
            Class::Delayed(_) => "delayed",
            Class::Unsubscribe => "unsubscribe",
            Class::Complaint { .. } => "complaint",
            Class::Challenge => "challenge",
            Class::Bulk => "bulk",
            Class::Unclear => "unclear",
        }
    }
}

/// Why a mail came back, as far as it decides what happens next.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum BounceClass {
    /// There is no such address, or it is closed: it is never written to again.
    HardAddress,
    /// The mailbox is full.
    SoftFull,
    /// Something that may pass: a server away, an answer that never came.
    SoftOther,
    /// Refused for who we are or what we say: the sequence stops, the person is not suppressed.
    Policy,
    Unknown,
}

impl BounceClass {
    /// The word it is stored under.
    pub fn code(self) -> &'static str {
        match self {
            BounceClass::HardAddress => "hard_address",
            BounceClass::SoftFull => "soft_full",
            BounceClass::SoftOther => "soft_other",
            BounceClass::Policy => "policy",
            BounceClass::Unknown => "unknown",
        }
    }

    /// The class stored under this word.
    pub fn from_code(code: &str) -> Option<BounceClass> {
        use BounceClass::{HardAddress, Policy, SoftFull, SoftOther, Unknown};
        [HardAddress, SoftFull, SoftOther, Policy, Unknown].into_iter().find(|class| class.code() == code)
    }
}

/// A mail of ours that came back or is late.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Bounce {
    pub class: BounceClass,
    /// As `5.1.1` (RFC 3463).
    pub status: Option<String>,
    /// What the refusing server said, in one line.
    pub diagnostic: String,
    pub recipient: Option<String>,
    /// The token of the mail that came back, from the address that the report was delivered to.
    pub token: Option<String>,
    /// Message-ID of the mail that came back.
    pub about: Option<String>,
    /// Neither token nor a returned mail says which mail it is about, only words in the text: a person decides.
    pub is_suggestion: bool,
}

/// Tells what a mail is. Costs a pass over its words.
pub fn classify(mail: &ReadMail) -> Class {
    if mail.report_type.as_deref() == Some("feedback-report") {
        return class_of_feedback(mail);
    }
    if let Some(class) = bounce::reported(mail) {
        return class;
    }
    if mail.report_type.as_deref() == Some("disposition-notification") {
        // A read receipt: made by a mail program, says nothing about the address.
        return Class::AutoReply { back_on: None };
    }
    if wording::is_addressed_to_unsubscribe(mail) {
        return Class::Unsubscribe;
    }
    let fresh = fresh_text(&mail.text);
    let machine = machine_signs(mail, &fresh);
    if machine == Machine::Mailer {
        // It comes from a mail server and says neither what happened nor to whom.
        return Class::Unclear;
    }
    if mail.list_id.is_none() && wording::is_unsubscribe(&mail.subject, &fresh) {
        return Class::Unsubscribe;
    }
    if wording::is_challenge(&mail.subject, &fresh, machine != Machine::None || is_marked(mail)) {
        return Class::Challenge;
    }
    let has_list_marks = mail.list_id.is_some() || mail.offers_unsubscribe;
    match machine {
        Machine::Answered if has_list_marks && !wording::is_absence(&mail.subject, &fresh) => Class::Bulk,
        Machine::Answered => Class::AutoReply { back_on: back_on::back_on(mail, &fresh) },
        _ if is_bulk(mail) => Class::Bulk,
        _ if mail.from.is_none() => Class::Unclear,
        _ if mail.text.trim().is_empty() && mail.attachments.is_empty() && mail.subject.is_empty() => Class::Unclear,
        _ => Class::Personal,
    }
}

/// "Not spam" and reports on failed signatures arrive in the same wrapping and are no complaints.
fn class_of_feedback(mail: &ReadMail) -> Class {
    let about = mail.report.as_ref().and_then(|report| report.about.clone());
    match mail.feedback_type.as_deref() {
        Some("not-spam" | "auth-failure" | "dmarc") => Class::Unclear,
        Some("opt-out" | "opt-out-list") => Class::Unsubscribe,
        _ => Class::Complaint { about },
    }
}

/// How much speaks for a machine as the writer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Machine {
    None,
    /// Its headers or its subject say that it answered by itself.
    Answered,
    /// It comes from a mail server itself.
    Mailer,
}

fn machine_signs(mail: &ReadMail, fresh: &str) -> Machine {
    let says_auto = mail.auto_submitted.as_deref().is_some_and(|value| !value.trim().starts_with("no"));
    let has_auto_header = mail.auto_headers.iter().any(|name| name != "x-auto-response-suppress");
    let precedence = mail.precedence.as_deref().unwrap_or_default().trim();
    let says_auto_reply = matches!(precedence, "auto_reply" | "auto-reply" | "autoreply");
    let is_from_nobody = mail.return_path.as_deref() == Some("");
    let is_weak = is_marked(mail) || is_from_nobody;
    if bounce::is_mailer(mail) && (is_from_nobody || says_auto) {
        return Machine::Mailer;
    }
    let is_absence = || wording::is_absence(&mail.subject, fresh);
    if says_auto
        || has_auto_header
        || says_auto_reply
        || wording::is_auto_subject(&mail.subject)
        || (is_weak && is_absence())
    {
        return Machine::Answered;
    }
    Machine::None
}

/// A mark that machines leave and some programs leave on what people wrote: it counts together with words alone.
fn is_marked(mail: &ReadMail) -> bool {
    let precedence = mail.precedence.as_deref().unwrap_or_default().trim();
    matches!(precedence, "bulk" | "junk") || !mail.auto_headers.is_empty()
}

/// A mail to many. A mail to a token of ours answers us, whatever its list marks; a personal reply sent through a sales
/// program offers to unsubscribe too, which is why that alone does not count when it answers something.
fn is_bulk(mail: &ReadMail) -> bool {
    if bounce::token_of(mail).is_some() {
        return false;
    }
    let precedence = mail.precedence.as_deref().unwrap_or_default().trim();
    let is_answer = !mail.in_reply_to.is_empty() || !mail.references.is_empty();
    mail.list_id.is_some() || matches!(precedence, "bulk" | "list" | "junk") || (mail.offers_unsubscribe && !is_answer)
}

#[cfg(test)]
mod tests;
