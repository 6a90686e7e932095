//! What a creator may see of what is held about them, and what they may ask for on their own page: no more mail, to be forgotten.

use model::Timestamp;
use model::outreach::{SuppressionReason, TouchKind};

use super::contacts::{self, ContactShown};
use super::unsubscribing::bar_contact;
use super::{OutreachError, choices, content};
use crate::creators;
use crate::data_directory::DataDirectory;

/// Something held: what it is, what it says, where it came from and since when.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize)]
pub struct Held {
    pub what: String,
    pub says: String,
    pub from: String,
    pub since: Option<Timestamp>,
}

/// Everything held about a contact that is theirs to see.
#[derive(Clone, PartialEq, Debug)]
pub struct HeldAbout {
    pub contact: ContactShown,
    pub held: Vec<Held>,
    /// Mails and what else happened, the newest first: when, what.
    pub touches: Vec<(Timestamp, String)>,
    /// How many internal notes there are, which weigh others too and are not shown.
    pub internal_notes: u64,
    pub is_barred: bool,
}

const TOUCHES_MAX: u64 = 500;

/// What is held about a contact, with where it came from.
pub async fn held_about(data: &DataDirectory, contact: i64) -> Result<HeldAbout, OutreachError> {
    let shown = contacts::shown(data, contact).await?;
    let row = &shown.row;
    let since = Some(row.created_at);
    let said = |what: &str, says: &str, from: &str| Held {
        what: what.to_owned(),
        says: says.to_owned(),
        from: if from.is_empty() { "it is not noted".to_owned() } else { from.to_owned() },
        since,
    };
    let mut held = vec![said("Your name", &row.name, &row.source)];
    for (what, says) in
        [("How mails greet you", &row.greeting), ("Your language", &row.language), ("Your time zone", &row.zone)]
    {
        if !says.is_empty() {
            held.push(said(what, says, "written down by the team"));
        }
    }
    for address in &shown.addresses {
        let barred = address.barred.as_ref().map_or(String::new(), |why| format!(" (never written to: {why})"));
        held.push(said("Your address", &format!("{}{barred}", address.address), &address.source));
    }
    for (field, value) in shown.fields.iter().filter(|(_, value)| !value.is_empty()) {
        held.push(said(&field.name, value, "written down by the team"));
    }
    for (deal, choice) in choices::of_contact(data, row.id).await? {
        let from = format!("written down by {} in deal {deal}", choice.by.words());
        let what = |what: &str, says: &str| Held {
            what: what.to_owned(),
            says: says.to_owned(),
            from: from.clone(),
            since: Some(choice.at),
        };
        held.push(what("The product you get", choice.product.as_deref().unwrap_or("a surprise")));
        if let Some(address) = &choice.address {
            held.push(what("Where it is sent", address));
        }
    }
    for account in &shown.accounts {
        let Ok(report) = creators::report(data, *account).await else { continue };
        let profile = &report.profile;
        held.push(Held {
            what: format!("Your account on {}", profile.platform.name()),
            says: report.name.name.clone(),
            from: "data about public accounts that was brought in".to_owned(),
            since: None,
        });
        if let Some(last) = report.followers.last() {
            held.push(Held {
                what: "Your followers".to_owned(),
                says: format!("{} on {}", last.followers, crate::clock::day(last.observed_at)),
                from: format!(
                    "{} counts since {}",
                    report.followers.len(),
                    crate::clock::day(report.followers[0].observed_at)
                ),
                since: Some(last.observed_at),
            });
        }
        held.push(Held {
            what: "Your posts".to_owned(),
            says: format!("{} of the latest are held", report.posts.len()),
            from: "data about public accounts that was brought in".to_owned(),
            since: None,
        });
    }
    let mut touches = Vec::new();
    let mut internal_notes = 0;
    for touch in data.store.touches(row.id, None, TOUCHES_MAX).await? {
        let is_theirs = touch.is_shareable
            || matches!(
                touch.kind,
                TouchKind::MailIn
                    | TouchKind::MailOut
                    | TouchKind::Deal
                    | TouchKind::Post
                    | TouchKind::Payment
                    | TouchKind::Right
            );
        match is_theirs {
            true => touches.push((touch.at, format!("{}: {}", touch.kind.words(), touch.summary))),
            false
                if matches!(
                    touch.kind,
                    TouchKind::Note | TouchKind::Call | TouchKind::Meeting | TouchKind::DirectMessage
                ) =>
            {
                internal_notes += 1;
            }
            false => {}
        }
    }
    let is_barred = !shown.addresses.is_empty() && shown.addresses.iter().all(|address| address.barred.is_some());
    Ok(HeldAbout { contact: shown, held, touches, internal_notes, is_barred })
}

/// No more mail to a contact, at their own word.
pub async fn stop_mail(data: &DataDirectory, contact: i64) -> Result<(), OutreachError> {
    bar_contact(data, contact, SuppressionReason::Unsubscribed, "on their own page").await
}

/// Forgets a contact at their own word: their accounts with everything held about them, their mail, deals and drafts. Hashes stay,
/// so that no import brings anything back.
///
/// Errors: `Creators` where facts are being written at this moment; nothing is changed then, and it can be asked again.
pub async fn forget(data: &DataDirectory, contact: i64) -> Result<(), OutreachError> {
    let accounts = data.store.contact_accounts(contact).await?;
    for account in accounts {
        match creators::forget(data, account, "asked for on their own page").await {
            Ok(_) | Err(creators::CreatorsError::NotFound(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    data.store.forget_contact(contact, data.now()).await?;
    let about = format!("contact {contact}");
    data.store.add_audit(data.now(), "creator", "asked to be forgotten and was", &about, "").await?;
    content::sweep(data).await
}
