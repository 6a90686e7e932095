//! Conversations: who talks with whom, as one graph of the newest facts, and single exchanges with their words.

pub mod command;
pub mod deciding;
pub mod export;
pub mod following;
pub mod groups;
pub mod influence;
pub mod map;
pub mod market;
pub mod pages;
pub mod said_in_groups;

use std::collections::HashMap;
use std::sync::Arc;

use engine::conversations::buying_talk::{BuyingChance, BuyingKind, TextPlace, TextToAssess, buying_chance};
use engine::conversations::events::{EventColumns, EventLog};
use engine::conversations::index::{ConversationIndex, WeighByBuyingTalk};
use engine::conversations::listening::{ListeningModel, ListeningSettings, train, train_and_prove};
use lake::{AddedFacts, FactsSeen, QuotedInteraction, SaidIn, TalkWindow, TextInPlace};
use model::{AccountId, Platform, Timestamp};
use serde::{Deserialize, Serialize};

use crate::creators::{self, CreatorName};
use crate::data_directory::{DataDirectory, DataDirectoryError};

/// The conversation graph of one data revision, built once and asked many times.
pub struct Snapshot {
    pub revision: i64,
    /// Dense numbers to accounts; sorted.
    pub accounts: Vec<AccountId>,
    pub log: EventLog,
    /// The thread of each event of the log, or [`engine::conversations::exchange::NO_THREAD`].
    pub threads: Vec<u32>,
    pub index: ConversationIndex,
    pub model: ListeningModel,
    pub settings: ListeningSettings,
    /// Followers by dense number, where known.
    pub followers: Vec<Option<f64>>,
}

/// The same talk with buying talk counting more: its index, and a model trained on talk counted so.
pub struct BuyingWeighted {
    pub revision: i64,
    pub index: ConversationIndex,
    pub model: ListeningModel,
    pub settings: ListeningSettings,
}

/// How often a buying talk counts where the ranking is asked to weigh it.
pub const BUYING_FACTOR: f64 = 4.0;

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
        self.log.span_unix().map(|(_, last)| Timestamp::from_unix_seconds(last))
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
        self.let_go(&mut held).await;
        let talk = text_talk(self).await?;
        let model = kept_model(self).await?;
        let built = Arc::new(build(self, revision, talk, model, |_| ()).await?);
        *held = Some(built.clone());
        Ok(built)
    }

    /// As [`DataDirectory::snapshot`], from what a refresh under way has read of the texts, and with the model it keeps
    /// (`None`: one is learned where the talk asks for it). `stage` is told what is being done.
    pub async fn snapshot_at_refresh(
        &self,
        talk: HashMap<i64, TextTalk>,
        model: Option<ListeningModel>,
        stage: impl FnMut(&str),
    ) -> Result<Arc<Snapshot>, ConversationsError> {
        let revision = self.revision().await?;
        let mut held = self.snapshot.lock().await;
        self.let_go(&mut held).await;
        let built = Arc::new(build(self, revision, talk, model, stage).await?);
        *held = Some(built.clone());
        Ok(built)
    }

    /// Frees the graph before and what rests on it, so that two are not held while the next is built.
    async fn let_go(&self, held: &mut Option<Arc<Snapshot>>) {
        *held = None;
        // One that is being made now is let go when the next is asked for.
        if let Ok(mut weighted) = self.buying_weighted.try_lock() {
            *weighted = None;
        }
        self.influences.lock().await.forget();
    }
}

/// A model is learned anew when talk has grown, or shrunk, by more than this share since it was learned.
const LEARNED_ANEW_AT_CHANGE: f64 = 0.1;

/// The listening model that refresh left, in whatever state the facts were then.
pub async fn kept_model(data: &DataDirectory) -> Result<Option<ListeningModel>, ConversationsError> {
    let json = data.derived.listening_model().await?;
    Ok(json.and_then(|json| serde_json::from_str(&json).ok()))
}

/// Whether a model learned from one amount of talk still serves another.
fn still_serves(model: &ListeningModel, talk: usize) -> bool {
    let learned_from = model.trained_on.events as f64;
    model.trained_on.anchors > 0 && (talk as f64 - learned_from).abs() <= LEARNED_ANEW_AT_CHANGE * learned_from
}

impl DataDirectory {
    /// The newest talk with buying talk counting more, made when first asked for. Cost: an index and a training.
    pub async fn buying_weighted(&self) -> Result<Arc<BuyingWeighted>, ConversationsError> {
        let snapshot = self.snapshot().await?;
        let mut held = self.buying_weighted.lock().await;
        if let Some(weighted) = held.as_ref().filter(|weighted| weighted.revision == snapshot.revision) {
            return Ok(weighted.clone());
        }
        *held = None;
        let computed = tokio::task::spawn_blocking(move || {
            let mut settings = snapshot.settings.clone();
            settings.index.buying_talk = WeighByBuyingTalk::Factor(BUYING_FACTOR);
            let model = train(&snapshot.log, &settings).map_err(graph_failed)?;
            let index = ConversationIndex::build(&snapshot.log, None, &settings.index);
            Ok::<_, ConversationsError>(BuyingWeighted { revision: snapshot.revision, index, model, settings })
        });
        let made = Arc::new(computed.await.expect("weighing by buying talk does not panic")?);
        *held = Some(made.clone());
        Ok(made)
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

/// What every text that is buying talk says: as refresh left it, and read now where facts have come since.
pub async fn text_talk(data: &DataDirectory) -> Result<HashMap<i64, TextTalk>, ConversationsError> {
    let revision = data.revision().await?;
    if data.derived.revision().await? == Some(revision) {
        return kept_text_talk(data).await;
    }
    match added_facts(data).await? {
        Some(added) => Ok(talk_with(data, &read_added_talk(&added).await?).await?),
        None => read_text_talk(data).await,
    }
}

/// What the values of a refresh were made from, as far as the next one must know it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SeenAtRefresh {
    pub facts: FactsSeen,
    /// Where authors were seen to answer under their own posts: there, not answering means something.
    pub answering: Vec<Platform>,
}

/// What the last refresh saw; `None` before the first, or after one of another version.
pub async fn seen_at_refresh(data: &DataDirectory) -> Result<Option<SeenAtRefresh>, ConversationsError> {
    Ok(data.derived.facts_seen().await?.and_then(|seen| serde_json::from_str(&seen).ok()))
}

/// What has come since the last refresh; `None` when everything must be read anew.
pub async fn added_facts(data: &DataDirectory) -> Result<Option<AddedFacts>, ConversationsError> {
    match seen_at_refresh(data).await? {
        Some(seen) => Ok(data.lake.added_since(&seen.facts, data.now()).await?),
        None => Ok(None),
    }
}

async fn kept_text_talk(data: &DataDirectory) -> Result<HashMap<i64, TextTalk>, ConversationsError> {
    let rows = data.derived.text_talk().await?;
    Ok(rows.into_iter().map(|(text, chance, kinds)| (text, TextTalk { chance, kinds })).collect())
}

/// The buying talk kept from before with what was read since laid over it.
pub async fn talk_with(
    data: &DataDirectory,
    read: &[(i64, TextTalk)],
) -> Result<HashMap<i64, TextTalk>, ConversationsError> {
    let mut talk = kept_text_talk(data).await?;
    for (text, found) in read {
        if found.is_buying() {
            talk.insert(*text, *found);
        } else {
            talk.remove(text);
        }
    }
    Ok(talk)
}

/// Reads every text for buying talk; those that are none are left out.
pub async fn read_text_talk(data: &DataDirectory) -> Result<HashMap<i64, TextTalk>, ConversationsError> {
    let buying = |said: TextInPlace<'_>| Some((said.text, assess(&said))).filter(|(_, talk)| talk.is_buying());
    Ok(data.lake.find_in_texts(data.now(), buying).await?.into_iter().collect())
}

/// Reads the texts that new facts bring or place anew; those that are no buying talk are among them.
pub async fn read_added_talk(added: &AddedFacts) -> Result<Vec<(i64, TextTalk)>, ConversationsError> {
    let mut found = added.find_in_texts(|said| Some((said.text, assess(&said)))).await?;
    found.sort_unstable_by_key(|(text, _)| *text);
    Ok(found)
}

fn assess(said: &TextInPlace<'_>) -> TextTalk {
    let place = match said.place {
        Some(SaidIn::Question) => TextPlace::Question,
        Some(SaidIn::Answer) => TextPlace::Answer,
        Some(SaidIn::Comment) => TextPlace::Comment,
        Some(SaidIn::Post) | None => TextPlace::Unknown,
    };
    TextTalk::of(&buying_chance(&TextToAssess { body: said.body, title: said.title, place }), said.body)
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
    mut stage: impl FnMut(&str),
) -> Result<Snapshot, ConversationsError> {
    stage("building the conversation graph");
    let is_buying = |text: Option<i64>, _| u8::from(text.is_some_and(|text| texts.contains_key(&text)));
    let talk = data.lake.talk(TalkWindow::default(), data.now(), is_buying).await?;
    drop(texts);
    let followers = data.lake.followers(data.now()).await?;
    let laid_out = tokio::task::spawn_blocking(move || {
        let followers =
            dense(&talk.accounts, followers.into_iter().map(|(account, count)| (account, count as f64)).collect());
        let columns = EventColumns {
            actor: talk.actor,
            target: talk.target,
            at_unix: talk.at_unix,
            kind: talk.kind,
            buying_level: talk.mark,
        };
        let (log, threads) = EventLog::with_beside(talk.accounts.len(), columns, talk.thread).map_err(graph_failed)?;
        Ok::<_, ConversationsError>((talk.accounts, followers, log, threads))
    });
    let (accounts, followers, log, threads) = laid_out.await.expect("laying out the talk does not panic")?;
    let model = model.filter(|model| still_serves(model, log.len()));
    if model.is_none() {
        stage("learning who listens to whom");
    }
    let computed = tokio::task::spawn_blocking(move || {
        let settings = ListeningSettings { candidates_max: 1_000, ..ListeningSettings::default() };
        let model = match model {
            Some(model) => model,
            None => train_and_prove(&log, &settings).map_err(graph_failed)?,
        };
        let index = ConversationIndex::build(&log, None, &settings.index);
        Ok(Snapshot { revision, accounts, log, threads, index, model, settings, followers })
    });
    computed.await.expect("building the graph does not panic")
}

fn graph_failed(problem: impl std::fmt::Display) -> ConversationsError {
    ConversationsError::Graph(problem.to_string())
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
