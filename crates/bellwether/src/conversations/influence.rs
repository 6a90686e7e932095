//! Who has a say among a brand's buyers, by window and niche: loaded from the facts, computed aside, the last few kept.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use engine::conversations::events::{EventColumns, EventLog};
use engine::conversations::index::{ConversationIndex, HalfLife};
use engine::conversations::influence::{Influence, InfluenceInputs, InfluenceSettings, Influential, influence};
use engine::conversations::listening::Reading;
use engine::conversations::portraits::figures::NO_GROUP;
use lake::TalkWindow;
use model::{AccountId, Brand, Estimate, Explanation, InteractionKind, Timestamp};

use super::market::MarketGroups;
use super::{ConversationsError, Snapshot, text_talk};
use crate::creators::{self, CreatorName};
use crate::data_directory::DataDirectory;
use crate::matching::{self, MatchingError};

/// Answers held in memory.
const HELD: usize = 8;

/// Whose influence is asked for, and in which talk.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Niche {
    /// Only talk from here on, in seconds since 1970.
    pub from_unix: Option<i64>,
    /// Only talk before this.
    pub to_unix: Option<i64>,
    /// Only talk about one of these words or tags: in the title or tags of the post, or in what was said.
    pub about: Vec<String>,
    /// Only talk among the members of this group.
    pub group: Option<i64>,
    /// Only these kinds; all when empty.
    pub kinds: Vec<InteractionKind>,
}

impl Niche {
    /// Whether nothing is left out.
    pub fn is_everything(&self) -> bool {
        *self == Niche::default()
    }

    /// Words given in one line, several apart by commas.
    pub fn words(line: &str) -> Vec<String> {
        line.split(',').map(str::trim).filter(|word| !word.is_empty()).map(str::to_owned).collect()
    }

    /// The kind of this word, or which ones there are.
    pub fn kind(code: &str) -> Result<InteractionKind, String> {
        InteractionKind::from_code(code).filter(|kind| kind.is_talk()).ok_or_else(|| {
            let known: Vec<&str> =
                InteractionKind::ALL.into_iter().filter(|kind| kind.is_talk()).map(InteractionKind::code).collect();
            format!("{code:?} is no kind of talk; choose one of {}", known.join(", "))
        })
    }
}

/// Why influence could not be shown.
#[derive(Debug, thiserror::Error)]
pub enum InfluenceError {
    #[error("no group has the number {0} now\nhint: `bellwether conversations groups` lists them")]
    NoSuchGroup(i64),
    #[error(
        "the window ends before it begins\nhint: the first day comes first, e.g. --from 2026-01-01 --to 2026-02-01"
    )]
    WindowTurned,
    #[error(transparent)]
    Matching(#[from] MatchingError),
    #[error(transparent)]
    Conversations(#[from] ConversationsError),
    #[error(transparent)]
    Creators(#[from] creators::LakeOrStore),
    #[error(transparent)]
    Lake(#[from] lake::LakeError),
}

/// What is shown: the columns, names, and how much talk they rest on.
pub struct InfluenceReport {
    pub influence: Influence,
    pub names: HashMap<AccountId, CreatorName>,
    /// People of the segment, in this talk or not.
    pub buyers: u64,
    pub interactions: u64,
    /// Newest talk of the window and niche.
    pub as_of: Option<Timestamp>,
    /// The first talk of it.
    pub since: Option<Timestamp>,
    pub horizon_days: f64,
    /// Accounts by the dense numbers of `influence`.
    snapshot: Arc<Snapshot>,
}

impl InfluenceReport {
    pub fn account(&self, one: &Influential) -> AccountId {
        self.snapshot.account(one.account)
    }

    /// What the three columns are ordered by.
    pub fn ordered(&self, by: Column, order: Order) -> Vec<&Influential> {
        let place = |one: &Influential| match by {
            Column::Listening => one.listening.place,
            Column::Near => one.near.place,
            Column::Everywhere => one.everywhere.place,
        };
        let mut people: Vec<&Influential> = self.influence.people.iter().collect();
        // Not known comes last in both directions.
        match order {
            Order::FirstFirst => people.sort_by_key(|one| (place(one).is_none(), place(one), one.account)),
            Order::LastFirst => {
                people.sort_by_key(|one| (place(one).is_none(), std::cmp::Reverse(place(one)), one.account));
            }
        }
        people
    }
}

/// A column of the table.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub enum Column {
    #[default]
    Listening,
    Near,
    Everywhere,
}

/// How much higher or lower somebody stands among the buyers than in all talk, in places.
pub fn against_everywhere(one: &Influential) -> Option<i64> {
    let here = one.listening.place.or(one.near.place)?;
    Some(one.everywhere.place? as i64 - here as i64)
}

impl Column {
    pub const ALL: [Column; 3] = [Column::Listening, Column::Near, Column::Everywhere];

    /// The word in addresses and on the command line.
    pub fn code(self) -> &'static str {
        match self {
            Column::Listening => "listening",
            Column::Near => "near",
            Column::Everywhere => "everywhere",
        }
    }

    pub fn from_code(code: &str) -> Option<Column> {
        Column::ALL.into_iter().find(|column| column.code() == code)
    }
}

/// Which end of a column comes first.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub enum Order {
    #[default]
    FirstFirst,
    LastFirst,
}

/// The answers asked for last, by what they depend on.
#[derive(Default)]
pub struct Influences {
    held: Vec<(String, Arc<InfluenceReport>)>,
}

impl Influences {
    /// Lets go of everything, for the graph it rests on is being made anew.
    pub(super) fn forget(&mut self) {
        self.held.clear();
    }

    fn get(&mut self, key: &str) -> Option<Arc<InfluenceReport>> {
        let place = self.held.iter().position(|(held, _)| held == key)?;
        let found = self.held.remove(place);
        self.held.push(found);
        self.held.last().map(|(_, report)| report.clone())
    }

    /// Answers about talk that has changed since hold a whole graph that nobody asks for again; they go.
    fn keep(&mut self, key: String, report: Arc<InfluenceReport>) {
        self.held.retain(|(held, before)| *held != key && Arc::ptr_eq(&before.snapshot, &report.snapshot));
        self.held.push((key, report));
        if self.held.len() > HELD {
            self.held.remove(0);
        }
    }
}

/// Who has a say among the brand's buyers in the talk of a window and niche. Cost: with no window and niche two walks
/// and one scoring over the graph at hand; else a pass over the interactions and a graph of those that are left too.
pub async fn report(
    data: &DataDirectory,
    brand: &Brand,
    niche: &Niche,
) -> Result<Arc<InfluenceReport>, InfluenceError> {
    if let (Some(from), Some(to)) = (niche.from_unix, niche.to_unix)
        && from >= to
    {
        return Err(InfluenceError::WindowTurned);
    }
    let (snapshot, market) = data.market_groups().await?;
    let buyers = serde_json::to_string(&brand.buyers).expect("a definition serialises");
    let key = format!("{} {:?} {buyers} {niche:?}", brand.id, (market.revisions, snapshot.revision));
    if let Some(held) = data.influences.lock().await.get(&key) {
        return Ok(held);
    }
    let made = Arc::new(make(data, brand, niche, snapshot, &market).await?);
    data.influences.lock().await.keep(key, made.clone());
    Ok(made)
}

async fn make(
    data: &DataDirectory,
    brand: &Brand,
    niche: &Niche,
    snapshot: Arc<Snapshot>,
    market: &MarketGroups,
) -> Result<InfluenceReport, InfluenceError> {
    let met = matching::buyer_accounts(data, brand).await?;
    let buyers = snapshot.places(met.iter().copied());
    let own = brand.buyers.own_accounts.iter().map(|own| AccountId::of(own.platform, "", &own.native_id));
    let excluded = snapshot.places(own.collect::<Vec<AccountId>>());
    let talk = match niche.is_everything() {
        true => None,
        false => Some(talk_of(data, &snapshot, market, niche).await?),
    };
    let settings = InfluenceSettings { listening: snapshot.settings.clone(), ..InfluenceSettings::default() };
    // The chances were judged on all talk; of a part of it nothing is known.
    let reading = if talk.is_none() { snapshot.model.reading() } else { Reading::Score };
    let on = snapshot.clone();
    let computed = tokio::task::spawn_blocking(move || {
        let built = talk.as_ref().map(|log| {
            // Talk fades as fast as it did when the chances were learned.
            let half_life = on.index.half_life_seconds.map_or(HalfLife::Endless, |s| HalfLife::Days(s / 86_400.0));
            let mut index = settings.listening.index;
            index.half_life = half_life;
            ConversationIndex::build(log, None, &index)
        });
        let index = built.as_ref().unwrap_or(&on.index);
        let log = talk.as_ref().unwrap_or(&on.log);
        let inputs = InfluenceInputs { index, model: &on.model, buyers: &buyers, excluded: &excluded, reading };
        let span = log.span_unix().unzip();
        (influence(&inputs, &settings), log.len() as u64, span)
    });
    let (mut found, interactions, (since, until)) = computed.await.expect("ranking influence does not panic");
    let accounts: Vec<AccountId> = found.people.iter().map(|one| snapshot.account(one.account)).collect();
    for (one, account) in found.people.iter_mut().zip(&accounts) {
        for standing in [&mut one.listening, &mut one.near, &mut one.everywhere] {
            link(&mut standing.estimate, *account);
        }
    }
    Ok(InfluenceReport {
        influence: found,
        names: creators::names(data, accounts).await?,
        buyers: met.len() as u64,
        interactions,
        as_of: until.map(Timestamp::from_unix_seconds),
        since: since.map(Timestamp::from_unix_seconds),
        horizon_days: snapshot.settings.horizon_days.unwrap_or(snapshot.model.horizon_days),
        snapshot,
    })
}

/// Rows behind a figure are the exchanges with the person; their page lists them.
fn link(estimate: &mut Estimate, account: AccountId) {
    fn visit(part: &mut Explanation, account: AccountId) {
        if let Some(rows) = &mut part.rows {
            rows.link = Some(format!("/conversations/{account}"));
        }
        part.parts.iter_mut().for_each(|part| visit(part, account));
    }
    visit(&mut estimate.explanation, account);
}

/// Marks of a text while talk is read: it speaks of the niche, it is buying talk.
const IS_ABOUT: u8 = 1;
const IS_BUYING: u8 = 2;

/// The talk of a window and niche, accounts numbered as in the snapshot.
async fn talk_of(
    data: &DataDirectory,
    snapshot: &Snapshot,
    market: &MarketGroups,
    niche: &Niche,
) -> Result<EventLog, InfluenceError> {
    let now = data.now();
    let window = TalkWindow {
        from: niche.from_unix.map(Timestamp::from_unix_seconds),
        to: niche.to_unix.map(Timestamp::from_unix_seconds),
    };
    let texts = text_talk(data).await?;
    let (mut posts_about, mut texts_about) = (BTreeSet::new(), BTreeSet::new());
    for word in &niche.about {
        let found = data.lake.places_about(word, now).await?;
        posts_about.extend(found.posts);
        texts_about.extend(found.texts);
    }
    let mark = |text: Option<i64>, post: Option<i64>| {
        let is_about = text.is_some_and(|text| texts_about.contains(&text))
            || post.is_some_and(|post| posts_about.contains(&post));
        let is_buying = text.is_some_and(|text| texts.contains_key(&text));
        (IS_ABOUT * u8::from(is_about)) | (IS_BUYING * u8::from(is_buying))
    };
    let talk = data.lake.talk(window, now, mark).await?;
    let group = match niche.group {
        None => None,
        Some(id) => Some(market.place(id).ok_or(InfluenceError::NoSuchGroup(id))?),
    };
    let is_member = |account: u32| {
        group.is_none_or(|group| {
            let of = market.groups.of_account[account as usize];
            of != NO_GROUP && of == group
        })
    };
    let places: Vec<Option<u32>> = talk.accounts.iter().map(|account| snapshot.place(*account)).collect();
    let mut columns = EventColumns::default();
    for row in 0..talk.actor.len() {
        let (Some(actor), Some(target)) = (places[talk.actor[row] as usize], places[talk.target[row] as usize]) else {
            continue;
        };
        let is_kind = niche.kinds.is_empty() || niche.kinds.iter().any(|kind| *kind as u8 == talk.kind[row]);
        let is_about = niche.about.is_empty() || talk.mark[row] & IS_ABOUT != 0;
        if is_kind && is_about && is_member(actor) && is_member(target) {
            columns.actor.push(actor);
            columns.target.push(target);
            columns.at_unix.push(talk.at_unix[row]);
            columns.kind.push(talk.kind[row]);
            columns.buying_level.push(u8::from(talk.mark[row] & IS_BUYING != 0));
        }
    }
    EventLog::new(snapshot.accounts.len(), columns)
        .map_err(|error| InfluenceError::Conversations(ConversationsError::Graph(error.to_string())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_a_niche_are_told_apart_by_commas() {
        assert_eq!(Niche::words(" ipa, double  ipa ,,"), ["ipa", "double  ipa"]);
        assert!(Niche::words("  ").is_empty());
    }

    #[test]
    fn a_silent_sign_is_no_kind_of_talk() {
        assert_eq!(Niche::kind("reply"), Ok(InteractionKind::Reply));
        assert!(Niche::kind("like").is_err_and(|why| why.contains("mention")));
    }
}
