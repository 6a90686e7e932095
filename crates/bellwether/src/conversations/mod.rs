//! Conversations: who talks with whom, as one graph of the newest facts, and single exchanges with their words.

pub mod command;
pub mod deciding;
pub mod export;
pub mod groups;
pub mod map;
pub mod pages;

use std::collections::HashMap;
use std::sync::Arc;

use engine::conversations::buying_talk::{BuyingChance, BuyingKind, TextPlace, TextToAssess, buying_chance};
use engine::conversations::events::{EventColumns, EventLog};
use engine::conversations::exchange::NO_THREAD;
use engine::conversations::index::ConversationIndex;
use engine::conversations::listening::{ListeningModel, ListeningSettings, train};
use lake::{QuotedInteraction, SaidIn, TalkWindow};
use model::{AccountId, Timestamp};

use crate::creators::{self, CreatorName};
use crate::data_directory::{DataDirectory, DataDirectoryError};

/// The conversation graph of one data revision, built once and asked many times.
pub struct Snapshot {
    pub revision: i64,
    /// Dense numbers to accounts; sorted.
    pub accounts: Vec<AccountId>,
    pub log: EventLog,
    /// The thread of each event of the log.
    pub threads: Vec<i64>,
    pub index: ConversationIndex,
    pub model: ListeningModel,
    pub settings: ListeningSettings,
    /// Followers by dense number, where known.
    pub followers: Vec<Option<f64>>,
}

/// Why a question about conversations could not be answered.
#[derive(Debug, thiserror::Error)]
pub enum ConversationsError {
    #[error(transparent)]
    Data(#[from] DataDirectoryError),
    #[error(transparent)]
    Lake(#[from] lake::LakeError),
    #[error(transparent)]
    Store(#[from] store::StoreError),
    #[error("the conversations cannot be read as a graph: {0}")]
    Graph(String),
}

impl Snapshot {
    /// The dense number of an account, if it takes part in any talk.
    pub fn place(&self, account: AccountId) -> Option<u32> {
        self.accounts.binary_search(&account).ok().map(|place| place as u32)
    }

    pub fn places(&self, accounts: impl IntoIterator<Item = AccountId>) -> Vec<u32> {
        accounts.into_iter().filter_map(|account| self.place(account)).collect()
    }

    pub fn account(&self, place: u32) -> AccountId {
        self.accounts[place as usize]
    }

    /// Values of accounts as a column by dense number; accounts outside all talk are left out.
    pub fn dense(&self, values: Vec<(AccountId, f64)>) -> Vec<Option<f64>> {
        dense(&self.accounts, values)
    }

    /// When the newest talk happened; `None` without any.
    pub fn as_of(&self) -> Option<Timestamp> {
        self.log.at_unix().last().map(|seconds| Timestamp::from_unix_seconds(*seconds))
    }
}

impl DataDirectory {
    /// The conversation graph of the newest data: the one in memory, or built now from the facts and from what
    /// `refresh` derived. Cost of building: one pass over the interactions and the training of the model where
    /// `refresh` has not left one.
    pub async fn snapshot(&self) -> Result<Arc<Snapshot>, ConversationsError> {
        let revision = self.revision().await?;
        let mut held = self.snapshot.lock().await;
        if let Some(snapshot) = held.as_ref().filter(|snapshot| snapshot.revision == revision) {
            return Ok(snapshot.clone());
        }
        *held = None;
        let fresh = self.derived.revision().await? == Some(revision);
        let talk = text_talk(self).await?;
        let model = if fresh { self.derived.listening_model().await? } else { None };
        let model = model.and_then(|json| serde_json::from_str(&json).ok());
        let built = Arc::new(build(self, revision, talk, model).await?);
        *held = Some(built.clone());
        Ok(built)
    }
}

/// What a text says of choosing and buying.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct TextTalk {
    /// The chance that it takes part in choosing or buying something.
    pub chance: f32,
    /// The kinds it is of, a bit for each in the order of [`BuyingKind::ALL`]; the last bit says that it asks anything.
    pub kinds: u8,
}

const ASKS_SOMETHING: u8 = 1 << 7;

/// From this chance on a text counts as buying talk.
pub const BUYING_FROM: f64 = 0.5;

impl TextTalk {
    fn of(found: &BuyingChance<'_>, body: &str) -> TextTalk {
        let bit =
            |kind: BuyingKind| BuyingKind::ALL.iter().position(|one| *one == kind).map_or(0, |place| 1u8 << place);
        TextTalk {
            chance: found.chance.unwrap_or(0.0) as f32,
            kinds: found.kinds.iter().fold(0, |kinds, (kind, _)| kinds | bit(*kind))
                | if body.contains('?') { ASKS_SOMETHING } else { 0 },
        }
    }

    pub fn is_buying(self) -> bool {
        f64::from(self.chance) >= BUYING_FROM
    }

    pub fn is(self, kind: BuyingKind) -> bool {
        self.is_buying()
            && BuyingKind::ALL.iter().position(|one| *one == kind).is_some_and(|place| self.kinds >> place & 1 == 1)
    }

    /// Asks for advice, a price, or where to get something.
    pub fn asks(self) -> bool {
        // Answers say prices and places too; only a question asks for them.
        let asks_something = self.kinds & ASKS_SOMETHING != 0;
        self.is(BuyingKind::AsksAdvice)
            || asks_something && (self.is(BuyingKind::AsksPrice) || self.is(BuyingKind::WhereToGet))
    }

    pub fn bought(self) -> bool {
        self.is(BuyingKind::Bought)
    }

    pub fn words(self) -> Vec<&'static str> {
        BuyingKind::ALL.into_iter().filter(|kind| self.is(*kind)).map(BuyingKind::words).collect()
    }
}

/// What every text that is buying talk says: as refresh left it where it is fresh, else read now.
pub async fn text_talk(data: &DataDirectory) -> Result<HashMap<i64, TextTalk>, ConversationsError> {
    let revision = data.revision().await?;
    if data.derived.revision().await? == Some(revision) {
        let rows = data.derived.text_talk().await?;
        return Ok(rows.into_iter().map(|(text, chance, kinds)| (text, TextTalk { chance, kinds })).collect());
    }
    read_text_talk(data).await
}

/// Reads every text for buying talk; those that are none are left out.
pub async fn read_text_talk(data: &DataDirectory) -> Result<HashMap<i64, TextTalk>, ConversationsError> {
    let mut found = HashMap::new();
    data.lake
        .for_each_text(data.now(), |said| {
            let place = match said.place {
                Some(SaidIn::Question) => TextPlace::Question,
                Some(SaidIn::Answer) => TextPlace::Answer,
                Some(SaidIn::Comment) => TextPlace::Comment,
                Some(SaidIn::Post) | None => TextPlace::Unknown,
            };
            let talk =
                TextTalk::of(&buying_chance(&TextToAssess { body: said.body, title: said.title, place }), said.body);
            if talk.is_buying() {
                found.insert(said.text, talk);
            }
        })
        .await?;
    Ok(found)
}

fn dense(accounts: &[AccountId], values: Vec<(AccountId, f64)>) -> Vec<Option<f64>> {
    let mut column = vec![None; accounts.len()];
    for (account, value) in values {
        if let Ok(place) = accounts.binary_search(&account) {
            column[place] = Some(value);
        }
    }
    column
}

async fn build(
    data: &DataDirectory,
    revision: i64,
    texts: HashMap<i64, TextTalk>,
    model: Option<ListeningModel>,
) -> Result<Snapshot, ConversationsError> {
    let talk = data.lake.talk(TalkWindow::default(), data.now(), |text| u8::from(texts.contains_key(&text))).await?;
    drop(texts);
    let followers = data.lake.followers(data.now()).await?;
    let computed = tokio::task::spawn_blocking(move || {
        let followers =
            dense(&talk.accounts, followers.into_iter().map(|(account, count)| (account, count as f64)).collect());
        let columns = EventColumns {
            actor: talk.actor,
            target: talk.target,
            at_unix: talk.at_unix,
            kind: talk.kind,
            buying_level: talk.mark,
        };
        let failed = |problem: String| ConversationsError::Graph(problem);
        let posts = talk.post.into_iter().map(|post| if post < 0 { NO_THREAD } else { post }).collect();
        let (log, threads) =
            EventLog::with_beside(talk.accounts.len(), columns, posts).map_err(|error| failed(error.to_string()))?;
        let settings = ListeningSettings { candidates_max: 1_000, ..ListeningSettings::default() };
        let model = match model {
            Some(model) => model,
            None => train(&log, &settings).map_err(|error| failed(error.to_string()))?,
        };
        let index = ConversationIndex::build(&log, None, &settings.index);
        Ok(Snapshot { revision, accounts: talk.accounts, log, threads, index, model, settings, followers })
    });
    computed.await.expect("building the graph does not panic")
}

/// What passed between two sides, with the names of everybody in it.
pub struct Exchanged {
    pub quotes: Vec<QuotedInteraction>,
    pub names: HashMap<AccountId, CreatorName>,
    /// Whether there are more than were asked for.
    pub more: bool,
}

/// What `actors` and `target` said to each other, newest first.
pub async fn between(
    data: &DataDirectory,
    actors: &[AccountId],
    target: AccountId,
    limit: usize,
    offset: usize,
) -> Result<Exchanged, ConversationsError> {
    data.revision().await?;
    let mut quotes = data.lake.between(actors, target, limit + 1, offset, data.now()).await?;
    let more = quotes.len() > limit;
    quotes.truncate(limit);
    let mut accounts: Vec<AccountId> = quotes.iter().flat_map(|quote| [quote.actor, quote.target]).collect();
    accounts.push(target);
    let names = creators::names(data, accounts).await?;
    Ok(Exchanged { quotes, names, more })
}

/// How much talk is held, between how many pairs of people.
pub async fn talk_counts(data: &DataDirectory) -> Result<lake::InteractionRows, ConversationsError> {
    data.revision().await?;
    Ok(data.lake.interaction_rows(None, data.now()).await?)
}
