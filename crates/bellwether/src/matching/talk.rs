//! A ranking with and without buying talk counting more: the switch, and both places of a creator beside each other.

use std::collections::HashMap;

use model::{AccountId, Brand};
use serde::{Deserialize, Serialize};

use super::{MatchingError, rank, settings_of};
use crate::data_directory::DataDirectory;

/// Which talk a ranking counts more.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Talk {
    /// All talk counts alike; the default until counting buying talk more has been shown to foretell better.
    #[default]
    All,
    /// Buying talk counts several times.
    Buying,
}

impl Talk {
    /// The word in addresses and on the command line.
    pub fn code(self) -> &'static str {
        match self {
            Talk::All => "all",
            Talk::Buying => "buying",
        }
    }

    pub fn from_code(code: &str) -> Option<Talk> {
        [Talk::All, Talk::Buying].into_iter().find(|talk| talk.code() == code)
    }
}

/// The places of some creators in the brand's other ranking, by account: the one that counts buying talk more where
/// `talk` counts all alike, and the other way round. Empty when the weighted one was never asked for.
pub async fn other_places(
    data: &DataDirectory,
    brand: &Brand,
    talk: Talk,
    accounts: &[AccountId],
) -> Result<HashMap<AccountId, i64>, MatchingError> {
    let other = match talk {
        Talk::Buying => rank(data, brand.clone()).await?.ranking,
        Talk::All => {
            let (settings, revision) = (settings_of(data, brand, Talk::Buying).await?, data.revision().await?);
            match data.store.ranking(brand.id, revision, &settings.hash()).await? {
                Some(ranking) => ranking,
                None => return Ok(HashMap::new()),
            }
        }
    };
    let filter =
        store::RankedFilter { accounts: accounts.to_vec(), limit: accounts.len() as u32, ..Default::default() };
    let rows = data.store.ranked(other.id, &filter).await?;
    Ok(rows.into_iter().map(|row| (row.account, row.position)).collect())
}

/// Both places of a creator in words: "with buying talk 3, without 7".
pub fn both_places(talk: Talk, here: i64, other: Option<i64>) -> String {
    let other = other.map_or_else(|| ": not among the first".to_owned(), |place| format!(" {place}"));
    match talk {
        Talk::Buying => format!("with buying talk {here}, without{other}"),
        Talk::All => format!("with buying talk{other}, without {here}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_places_are_said_whichever_ranking_is_open() {
        assert_eq!(both_places(Talk::Buying, 3, Some(7)), "with buying talk 3, without 7");
        assert_eq!(both_places(Talk::All, 7, Some(3)), "with buying talk 3, without 7");
        assert_eq!(both_places(Talk::Buying, 3, None), "with buying talk 3, without: not among the first");
    }
}
