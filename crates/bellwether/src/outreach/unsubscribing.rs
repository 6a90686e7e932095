//! Objecting to mail: by the link below every first mail, by the button of the mail program, by a mail that says so.

use model::outreach::{StopReason, SuppressionReason};
use store::outreach::sending::OutgoingRow;
use store::outreach::suppressions::SuppressionRow;

use super::OutreachError;
use crate::data_directory::DataDirectory;

/// Which mail of ours a link belongs to. Looking changes nothing.
pub async fn asked_by(data: &DataDirectory, token: &str) -> Result<Option<OutgoingRow>, OutreachError> {
    let is_token =
        token.len() == 16 && token.bytes().all(|byte| byte.is_ascii_lowercase() || (b'2'..=b'7').contains(&byte));
    if !is_token {
        return Ok(None);
    }
    Ok(data.store.outgoing_bearing(Some(token), None).await?)
}

/// Bars every address of whom a mail went to, and ends what they are in. Again, it changes nothing.
pub async fn object(data: &DataDirectory, token: &str) -> Result<bool, OutreachError> {
    let Some(mail) = asked_by(data, token).await? else { return Ok(false) };
    bar_contact(data, mail.contact, SuppressionReason::Unsubscribed, &format!("by the link of mail {}", mail.id))
        .await?;
    Ok(true)
}

/// Bars every address of a contact.
pub async fn bar_contact(
    data: &DataDirectory,
    contact: i64,
    reason: SuppressionReason,
    evidence: &str,
) -> Result<(), OutreachError> {
    let mut is_new = false;
    for address in data.store.contact_addresses(&[contact]).await? {
        let row = SuppressionRow { address_hash: address.hash, reason, at: data.now(), evidence: evidence.to_owned() };
        is_new |= data.store.suppress(&row).await?;
    }
    if is_new {
        super::contacts::note(data, contact, model::outreach::TouchKind::Right, reason.words(), None).await?;
    }
    let why = match reason {
        SuppressionReason::Erased => StopReason::Erased,
        _ => StopReason::Unsubscribed,
    };
    data.store.stop_sequences(contact, why, data.now()).await?;
    Ok(())
}
