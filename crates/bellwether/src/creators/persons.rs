//! Which accounts are one person's: suggestions with their evidence, what people said, and what that adds up to.
//!
//! Nothing merges by itself. A person says that two accounts are one person's, or are not, and can take it back.

use std::collections::{BTreeMap, HashSet};

use engine::matching::identity::{
    AccountKeys, Answer, Claim, IdentitySettings, MergeSuggestion, Persons, persons, suggest_merges,
};
use model::AccountId;
use store::{IdentityClaim, MergeRow};

use super::CreatorsError;
use super::search::FOLLOWERS_MIN;
use crate::data_directory::DataDirectory;

/// Suggestions that are kept, the likeliest first.
const SUGGESTIONS_MAX: usize = 20_000;

/// Compares all accounts and keeps the pairs with a creator in them: who else is who is nobody's business. Cost: see
/// [`suggest_merges`].
pub(super) async fn suggest(
    data: &DataDirectory,
    accounts: Vec<AccountKeys>,
    revision: i64,
) -> Result<(), CreatorsError> {
    let creators: HashSet<AccountId> =
        data.lake.searchable_accounts(FOLLOWERS_MIN, data.now()).await?.into_iter().collect();
    let work = move || {
        let is_of_a_creator = |found: &MergeSuggestion| creators.contains(&found.a) || creators.contains(&found.b);
        let row = |found: MergeSuggestion| MergeRow {
            account: found.a,
            other: found.b,
            chance: found.chance.value.unwrap_or(0.0),
            detail: serde_json::to_string(&found).expect("a suggestion serialises"),
        };
        suggest_merges(&accounts, &IdentitySettings::default())
            .into_iter()
            .filter(is_of_a_creator)
            .take(SUGGESTIONS_MAX)
            .map(row)
            .collect::<Vec<MergeRow>>()
    };
    let rows = tokio::task::spawn_blocking(work).await.expect("comparing accounts does not panic");
    Ok(data.derived.keep_merges(revision, &rows).await?)
}

/// What people said, and what it adds up to.
pub struct Said {
    pub claims: Vec<IdentityClaim>,
    pub persons: Persons,
}

impl Said {
    pub async fn load(data: &DataDirectory) -> Result<Said, CreatorsError> {
        let claims = data.store.identity_claims().await?;
        let of = |claim: &IdentityClaim| Claim {
            a: claim.account,
            b: claim.other,
            answer: if claim.state == "confirmed" { Answer::Confirmed } else { Answer::Refused },
        };
        let persons = persons(&claims.iter().map(of).collect::<Vec<Claim>>());
        Ok(Said { claims, persons })
    }

    /// The other accounts of whoever has this one.
    pub fn also(&self, account: AccountId) -> Vec<AccountId> {
        let mut all = self.persons.accounts_of(account);
        all.retain(|other| *other != account);
        all
    }

    /// Which of these are one person's, each person once.
    pub fn doubles(&self, accounts: &[AccountId]) -> Vec<Vec<AccountId>> {
        let within = |person: &Vec<AccountId>| {
            person.iter().copied().filter(|account| accounts.contains(account)).collect::<Vec<AccountId>>()
        };
        self.persons.persons.iter().map(within).filter(|held| held.len() > 1).collect()
    }

    /// What was said of two accounts.
    pub fn of(&self, one: AccountId, other: AccountId) -> Option<&IdentityClaim> {
        let (a, b) = (one.min(other), one.max(other));
        self.claims.iter().find(|claim| (claim.account, claim.other) == (a, b))
    }
}

/// What a person says of two accounts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Saying {
    Same,
    NotSame,
    Undo,
}

impl Saying {
    pub fn from_code(code: &str) -> Option<Saying> {
        match code {
            "same" => Some(Saying::Same),
            "not-same" => Some(Saying::NotSame),
            "undo" => Some(Saying::Undo),
            _ => None,
        }
    }
}

/// Says that two accounts are one person's, are not, or takes back what was said. Returns whether that changed anything.
pub async fn say(
    data: &DataDirectory,
    one: AccountId,
    other: AccountId,
    saying: Saying,
) -> Result<bool, CreatorsError> {
    let (account, other) = (one.min(other), one.max(other));
    if account == other {
        return Err(CreatorsError::SameAccount);
    }
    let state = match saying {
        Saying::Same => "confirmed",
        Saying::NotSame => "refused",
        Saying::Undo => return Ok(data.store.withdraw_identity_claim(account, other).await?),
    };
    // Accounts of whom nothing is held are not joined.
    let held = super::names(data, vec![account, other]).await?;
    if let Some(missing) = [account, other].into_iter().find(|of| !held.contains_key(of)) {
        return Err(CreatorsError::NotFound(missing.to_string()));
    }
    if Said::load(data).await?.of(account, other).is_some_and(|claim| claim.state == state) {
        return Ok(false);
    }
    let evidence = data.derived.merge_of(account, other).await?.unwrap_or_else(|| "null".to_owned());
    let claim = IdentityClaim { account, other, state: state.to_owned(), evidence, decided_at: data.now() };
    data.store.keep_identity_claim(&claim).await?;
    Ok(true)
}

/// Suggestions that nobody has answered yet, the likeliest first.
pub struct Open {
    pub suggestions: Vec<MergeSuggestion>,
    pub all: u64,
    /// Whether facts have come since the accounts were compared, or never were.
    pub is_behind: bool,
}

pub async fn open(data: &DataDirectory, said: &Said, offset: usize, limit: usize) -> Result<Open, CreatorsError> {
    let is_behind = data.derived.merges_revision().await? != Some(data.revision().await?);
    let answered: HashSet<(AccountId, AccountId)> =
        said.claims.iter().map(|claim| (claim.account, claim.other)).collect();
    // Whom others join already needs no answer of their own.
    let person_of: BTreeMap<AccountId, usize> = (said.persons.persons.iter().zip(0..))
        .flat_map(|(person, at)| person.iter().map(move |account| (*account, at)))
        .collect();
    let joined = |a: &AccountId, b: &AccountId| person_of.get(a).is_some_and(|at| person_of.get(b) == Some(at));
    let mut pairs = data.derived.merge_pairs().await?;
    pairs.retain(|(a, b)| !answered.contains(&(*a, *b)) && !joined(a, b));
    let mut suggestions = vec![];
    for (a, b) in pairs.iter().skip(offset).take(limit) {
        let detail = data.derived.merge_of(*a, *b).await?;
        suggestions.extend(detail.and_then(|json| serde_json::from_str(&json).ok()));
    }
    Ok(Open { suggestions, all: pairs.len() as u64, is_behind })
}

/// Unanswered suggestions with this account.
pub async fn open_with(
    data: &DataDirectory,
    said: &Said,
    account: AccountId,
) -> Result<Vec<MergeSuggestion>, CreatorsError> {
    let also = said.also(account);
    let rows = data.derived.merges_with(account).await?;
    let open = rows.iter().filter(|row| {
        let other = if row.account == account { row.other } else { row.account };
        said.of(row.account, row.other).is_none() && !also.contains(&other)
    });
    Ok(open.filter_map(|row| serde_json::from_str(&row.detail).ok()).collect())
}
