//! How far one has got with a creator, from "to look at" to "worked with".

use model::AccountId;
use model::outreach::Stage;

use super::CreatorsError;
use crate::data_directory::DataDirectory;
use crate::output::grouped;

/// Every stage: its code and its words, in the order of the work.
pub const STAGES: [(&str, &str); 9] = [
    of(Stage::Look),
    of(Stage::Write),
    of(Stage::Written),
    of(Stage::Talking),
    of(Stage::Negotiating),
    of(Stage::Agreed),
    of(Stage::Worked),
    of(Stage::Expired),
    of(Stage::NotForUs),
];

const fn of(stage: Stage) -> (&'static str, &'static str) {
    (stage.code(), stage.words())
}

/// A stage's code that takes a creator off every stage.
pub const NOT_BEGUN: &str = "not-begun";

/// A stage in words.
pub fn words(code: &str) -> Option<&'static str> {
    STAGES.iter().find(|(of, _)| *of == code).map(|(_, words)| *words)
}

/// Puts creators on a stage, or off every one, and says what was done.
pub async fn set(data: &DataDirectory, accounts: &[AccountId], stage: &str) -> Result<String, CreatorsError> {
    let named = words(stage);
    if named.is_none() && stage != NOT_BEGUN {
        let all: Vec<&str> = STAGES.iter().map(|(code, _)| *code).chain([NOT_BEGUN]).collect();
        return Err(CreatorsError::NoSuchStage(stage.to_owned(), all.join(", ")));
    }
    if accounts.is_empty() {
        return Err(CreatorsError::NobodyPicked);
    }
    let known = super::names(data, accounts.to_vec()).await?;
    let accounts: Vec<AccountId> = accounts.iter().copied().filter(|account| known.contains_key(account)).collect();
    data.store.set_stage(&accounts, named.map(|_| stage), data.now()).await?;
    let people = match accounts.len() {
        1 => "1 creator is".to_owned(),
        some => format!("{} creators are", grouped(some as u64)),
    };
    Ok(match named {
        Some(words) => format!("{people} now “{words}”"),
        None => format!("{people} on no stage any more"),
    })
}
