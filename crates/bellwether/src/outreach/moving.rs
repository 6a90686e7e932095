//! Contacts moved to a stage together, and put back where somebody thinks better of it.

use model::outreach::{Stage, StopReason};
use store::outreach::changes::{MERGE, MOVE};
pub use store::outreach::moving::{MovedTogether, PutBack};

use super::{OutreachError, TEAM, duplicates};
use crate::data_directory::DataDirectory;

/// Moves contacts to a stage by hand, so that it can be taken back; sequences they are in end, for somebody has taken over.
pub async fn move_together(
    data: &DataDirectory,
    contacts: &[i64],
    stage: Stage,
) -> Result<MovedTogether, OutreachError> {
    let done = data.store.move_together(contacts, stage, TEAM, data.now()).await?;
    for (contact, _) in &done.moved {
        data.store.stop_sequences(*contact, StopReason::StageChange, data.now()).await?;
    }
    Ok(done)
}

/// Puts those back who still stand where the move put them. Sequences that it ended stay ended.
pub async fn undo(data: &DataDirectory, change: i64) -> Result<PutBack, OutreachError> {
    match data.store.undo_move(change, TEAM, data.now()).await? {
        Some(done) => Ok(done),
        None => Err(OutreachError::Refused(format!(
            "there is no move {change} that can be taken back\nhint: `bellwether outreach changes` lists them"
        ))),
    }
}

/// What taking a change back did, in words.
pub fn put_back_words(done: PutBack) -> String {
    let people = |count: u64| if count == 1 { "1 contact".to_owned() } else { format!("{count} contacts") };
    match (done.back, done.elsewhere) {
        (0, _) => "Nobody stands where the move put them any more; nothing was changed".to_owned(),
        (back, 0) => format!("{} put back", people(back)),
        (back, 1) => format!("{} put back; 1 has moved on since and stays", people(back)),
        (back, some) => format!("{} put back; {some} have moved on since and stay", people(back)),
    }
}

/// Takes a change of either kind back; what was done, in words.
pub async fn undo_any(data: &DataDirectory, change: i64) -> Result<String, OutreachError> {
    let held = data.store.contact_change(change).await?;
    match held.as_ref().map(|held| held.kind.as_str()) {
        Some(MOVE) => undo(data, change).await.map(put_back_words),
        Some(MERGE) => duplicates::undo(data, change).await.map(|kept| match kept.is_empty() {
            true => "They are two again".to_owned(),
            false => format!("They are two again; changed since, and stays: {}", kept.join("; ")),
        }),
        _ => Err(OutreachError::Refused("there is no such change that can be taken back".to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_taking_a_move_back_did_is_said_in_words() {
        let words = |back, elsewhere| put_back_words(PutBack { back, elsewhere });
        assert_eq!(words(2, 0), "2 contacts put back");
        assert_eq!(words(1, 1), "1 contact put back; 1 has moved on since and stays");
        assert_eq!(words(3, 2), "3 contacts put back; 2 have moved on since and stay");
        assert!(words(0, 4).starts_with("Nobody stands"));
    }
}
