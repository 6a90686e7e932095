//! What is taken back on a platform goes here too: records by their ids, accounts with everything held of them.

use model::{AccountId, Platform, PostId};
use platforms::bluesky::{Ended, RecordName, interactions_of_record, records};
use store::GoneRecord;

use super::{SyncError, SyncReport, wait_for_others};
use crate::creators;
use crate::data_directory::DataDirectory;
use crate::ingest::{erasure_hash, interaction_hash, post_hash};

/// What ended, or is back, on whichever platform.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Ending {
    Record(RecordName),
    Account { platform: Platform, native_id: String, is_for_good: bool },
    Back { platform: Platform, native_id: String },
}

impl From<Ended> for Ending {
    fn from(ended: Ended) -> Ending {
        let platform = Platform::Bluesky;
        match ended {
            Ended::Record(name) => Ending::Record(name),
            Ended::Account { did, is_for_good, .. } => Ending::Account { platform, native_id: did, is_for_good },
            Ended::Back { did } => Ending::Back { platform, native_id: did },
        }
    }
}

/// Why an account is kept out that may come again.
pub const AWAY: &str = "not there, or asks to be shown to members alone";
/// Why one is kept out for good.
pub const ENDED: &str = "ended by its owner or its platform";

/// Ids looked for at once.
const ROWS_EACH: i64 = 100_000;

/// Forgets accounts that ended, takes again those that are back, in that order; and says which records are gone, to be kept with the
/// portion that told of them.
pub async fn settle(
    data: &DataDirectory,
    ended: &[Ending],
    report: &mut SyncReport,
) -> Result<Vec<GoneRecord>, SyncError> {
    let mut gone = vec![];
    for one in ended {
        match one {
            Ending::Record(name) => gone.push(gone_record(data, name)),
            Ending::Account { platform, native_id, is_for_good } => {
                let account = AccountId::of(*platform, "", native_id);
                let reason = if *is_for_good { ENDED } else { AWAY };
                if creators::forget_together(data, &[account], reason).await? > 0 {
                    report.accounts_ended += 1;
                }
            }
            Ending::Back { platform, native_id } => is_back(data, *platform, native_id).await?,
        }
    }
    Ok(gone)
}

/// Somebody who was away may be kept again.
pub async fn is_back(data: &DataDirectory, platform: Platform, native_id: &str) -> Result<(), SyncError> {
    let hash = erasure_hash(&data.erasure_key, platform.code(), native_id);
    data.store.drop_erasure(platform.code(), &hash, AWAY).await?;
    Ok(())
}

fn gone_record(data: &DataDirectory, name: &records::RecordName) -> GoneRecord {
    let interactions = interactions_of_record(name);
    let post = (name.collection == records::POST).then(|| PostId::of(Platform::Bluesky, &name.uri()));
    let mut hashes: Vec<[u8; 16]> = interactions.iter().map(|id| interaction_hash(&data.erasure_key, *id)).collect();
    hashes.extend(post.map(|id| post_hash(&data.erasure_key, id)));
    GoneRecord { post, interactions, hashes }
}

/// Removes the rows of records that are gone; how many they were. Safe to repeat, and to break off.
pub async fn remove_rows(data: &DataDirectory) -> Result<u64, SyncError> {
    let mut removed = 0;
    loop {
        let going = data.store.rows_going(ROWS_EACH).await?;
        if going.posts.is_empty() && going.interactions.is_empty() {
            return Ok(removed);
        }
        wait_for_others(data).await?;
        let _lock = data.lock_for_writing()?;
        data.revision().await?;
        removed += data.lake.remove_records(&going.posts, &going.interactions, data.now()).await?;
        data.store.rows_gone(going.through).await?;
        data.store.facts_changed().await?;
    }
}
