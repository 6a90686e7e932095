//! What accounts can be told by: the part of a refresh that looks for own people and for accounts of one person.

use engine::matching::identity::{AccountKeys, emails_in, links_in};
use lake::CreatorProfile;
use rayon::prelude::*;
use serde::Serialize;

use super::{CreatorsError, own_people, persons};
use crate::data_directory::DataDirectory;
use crate::ingest::own_file::email_sha256;

/// What of every account held can be compared. Cost: a pass over profiles; of a million accounts some hundred megabytes while
/// they are compared.
pub(super) async fn account_keys(data: &DataDirectory) -> Result<Vec<AccountKeys>, CreatorsError> {
    let profiles = data.lake.profiles(None, data.now()).await?;
    let work = move || profiles.into_par_iter().map(keys_of).collect();
    Ok(tokio::task::spawn_blocking(work).await.expect("reading bios does not panic"))
}

fn keys_of(profile: CreatorProfile) -> AccountKeys {
    let bio = profile.bio.as_deref().unwrap_or("");
    AccountKeys {
        account: profile.account,
        platform: profile.platform,
        bio_links: links_in(bio),
        email_hashes: emails_in(bio).iter().map(|address| email_sha256(address)).collect(),
        native_id: Some(profile.native_id),
        handle: profile.handle,
        display_name: profile.display_name,
        external_url: profile.external_url,
    }
}

/// What a refresh found out about who is who.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize)]
pub struct WhoIsWho {
    /// Files of own people that had passed their time and were removed.
    pub own_files_expired: u64,
    /// Matches of own people that came, changed or went.
    pub own_matches_changed: u64,
    /// Pairs of accounts that may be one person's.
    pub merges_suggested: u64,
}

/// Brings along what depends on who is who: new accounts may be somebody's of a file, or somebody's second one. Does nothing
/// where neither accounts nor files have changed.
pub async fn bring_along(data: &DataDirectory) -> Result<WhoIsWho, CreatorsError> {
    let own_files_expired = data.store.remove_expired_own_files(data.now()).await?;
    let revision = data.revision().await?;
    let own = own_people::is_to_match(data).await?;
    let merges = data.derived.merges_revision().await? != Some(revision);
    let mut done = WhoIsWho { own_files_expired, ..WhoIsWho::default() };
    if own || merges {
        let keys = account_keys(data).await?;
        // Copied only where both need them.
        let (for_merges, for_own) = match (merges, own) {
            (true, true) => (Some(keys.clone()), Some(keys)),
            (true, false) => (Some(keys), None),
            (false, _) => (None, Some(keys)),
        };
        if let Some(keys) = for_merges {
            persons::suggest(data, keys, revision).await?;
        }
        if let Some(keys) = for_own {
            let changes = own_people::match_with(data, keys).await?;
            done.own_matches_changed = changes.added + changes.changed + changes.removed;
        }
    }
    done.merges_suggested = data.derived.merge_pairs().await?.len() as u64;
    Ok(done)
}
