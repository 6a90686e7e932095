//! Searching creators: the index kept up with the facts, what was typed and what belongs to a brand laid over it, and one
//! question answered with its counts.

pub mod asked;
pub mod documents;
pub mod fields;
pub mod likeness;
pub mod niches;
pub mod overlay;
pub mod saved;

use std::collections::{BTreeSet, HashSet};
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use lake::FactsSeen;
use model::{AccountId, Brand, Timestamp};
use search::{Counts, Found, Generation, Overlay, Request, SearchIndex, SearchWriter, Shown, Values};
use serde::{Deserialize, Serialize};

use self::asked::Asked;
use self::documents::Making;
use self::likeness::LikenessHeld;
use super::CreatorsError;
use crate::data_directory::DataDirectory;

/// Whoever has so many followers can be looked for, even if nothing they published is held.
pub(crate) const FOLLOWERS_MIN: u32 = 1_000;
/// Creators whose documents are made side by side.
const SIDE_BY_SIDE: usize = 20_000;
/// Up to so many creators the index follows new facts while somebody waits; beyond it a refresh does.
const FOLLOWED_MAX: usize = 5_000;
/// Up to so many creators it is made anew while somebody waits.
const MADE_ANEW_MAX: usize = 5_000;
/// Passages shown of each creator.
const PASSAGES: usize = 3;

/// What the index was made from; kept with it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
struct MadeFrom {
    revision: i64,
    derived: Option<i64>,
    tiers: String,
    facts: FactsSeen,
    made_at: Timestamp,
}

/// Whether the index knows the newest facts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Standing {
    Current,
    /// Facts have come or gone since; how many accounts they concern, where it is known.
    Behind {
        accounts: Option<u64>,
    },
    /// It has not been made yet.
    NotMade,
}

/// The index of a data directory, opened once.
pub struct SearchHeld {
    index: SearchIndex,
    overlays: tokio::sync::Mutex<overlay::OverlaysHeld>,
    /// What was learnt of words, with the commit of the index it was made with.
    likeness: tokio::sync::Mutex<Option<(u64, LikenessHeld)>>,
}

/// An answered search.
pub struct Answer {
    pub found: Found,
    pub counts: Option<Counts>,
    /// Names, and where the words stand, of each creator found.
    pub shown: Vec<Shown>,
    /// What the columns say of each creator found, and which columns these are.
    pub columns: Vec<&'static str>,
    pub values: Vec<Vec<Values>>,
    pub standing: Standing,
    /// Creators that can be looked for.
    pub creators: u64,
    pub overlay: Arc<Overlay>,
    /// Words said in the same places as those typed, which were not looked for.
    pub beside: Vec<(String, Vec<String>)>,
    pub took_ms: f64,
}

/// What a search is to bring besides the creators found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Beside {
    Nothing,
    /// Counts of every code and number.
    Counts,
}

impl DataDirectory {
    async fn search_held(&self) -> Result<Arc<SearchHeld>, CreatorsError> {
        let mut held = self.search.lock().await;
        if let Some(held) = held.as_ref() {
            return Ok(held.clone());
        }
        let index = open_index(&self.path)?;
        let (overlays, likeness) = Default::default();
        let opened = Arc::new(SearchHeld { index, overlays, likeness });
        *held = Some(opened.clone());
        Ok(opened)
    }
}

fn open_index(folder: &Path) -> Result<SearchIndex, CreatorsError> {
    let place = folder.join("search").join("index");
    std::fs::create_dir_all(&place).map_err(|problem| search::SearchError::Index {
        folder: place.display().to_string(),
        problem: problem.to_string(),
    })?;
    Ok(SearchIndex::open(&place, fields::layout())?)
}

/// Where what was learnt of words is kept.
fn likeness_folder(data: &DataDirectory) -> std::path::PathBuf {
    data.path.join("search").join("likeness")
}

/// What was learnt of words with the newest index.
async fn likeness_now(data: &DataDirectory, held: &SearchHeld, generation: u64) -> LikenessHeld {
    let mut kept = held.likeness.lock().await;
    if let Some((_, likeness)) = kept.as_ref().filter(|(of, _)| *of == generation) {
        return likeness.clone();
    }
    let folder = likeness_folder(data);
    let read = tokio::task::spawn_blocking(move || likeness::read(&folder)).await;
    let read = Arc::new(read.expect("reading what was learnt does not panic"));
    *kept = Some((generation, read.clone()));
    read
}

/// Answers a search; `columns` are those whose values are wanted, of which the ones of a brand are left out where there is
/// none. Words that are said in the same places are looked for too where the search says so, else told.
///
/// Cost: see [`search::find`] and [`search::count`]; where facts have come since, the documents of those they concern.
pub async fn search(
    data: &DataDirectory,
    asked: &Asked,
    brand: Option<&Brand>,
    beside: Beside,
    columns: &[&'static str],
) -> Result<Answer, CreatorsError> {
    let standing = follow(data).await?;
    let held = data.search_held().await?;
    let generation = held.index.newest()?;
    let likeness = likeness_now(data, &held, generation.number()).await;
    let overlay = overlay::overlay(data, &held.overlays, brand, asked, &likeness).await?;
    let began = Instant::now();
    let (asked, laid) = (asked.clone(), overlay.clone());
    let has_brand = brand.is_some();
    let columns = columns.to_vec();
    let work = move || -> Result<_, CreatorsError> {
        let said_alike = |word: &str| likeness.alike(word);
        let request = Request {
            text: asked.text()?,
            filters: asked.filters(),
            order: asked.order(has_brand),
            after: asked.after,
            limit: asked.rows,
            overlay: Some(&laid),
            alike: if asked.wider { Some(&said_alike) } else { None },
            widen: true,
        };
        let found = search::find(&generation, &request)?;
        let counts = match beside {
            Beside::Nothing => None,
            Beside::Counts => Some(search::count(&generation, &request, &counted_columns(&laid))?),
        };
        let shown = search::shown(&generation, &found.hits, &found.understood.forms, PASSAGES)?;
        let there = counted_columns(&laid);
        let columns: Vec<&'static str> = columns.into_iter().filter(|column| there.contains(column)).collect();
        let values = search::values(&generation, Some(&laid), &found.hits, &columns)?;
        let beside = match asked.wider {
            true => vec![],
            false => (found.understood.words.iter())
                .map(|word| {
                    (word.typed.clone(), likeness.alike(&word.typed).into_iter().map(|(other, _)| other).collect())
                })
                .filter(|(_, others): &(String, Vec<String>)| !others.is_empty())
                .collect(),
        };
        Ok((found, counts, shown, columns, values, generation.creators(), beside))
    };
    let (found, counts, shown, columns, values, creators, beside) =
        tokio::task::spawn_blocking(work).await.expect("searching does not panic")?;
    let took_ms = began.elapsed().as_secs_f64() * 1e3;
    Ok(Answer { found, counts, shown, columns, values, standing, creators, overlay, beside, took_ms })
}

/// Creators in whose words any of these words or phrases stands, the best first, at most `most`; nothing is laid over the
/// index. Cost: see [`search::find`].
pub async fn who_says(data: &DataDirectory, any_of: &[String], most: usize) -> Result<Vec<AccountId>, CreatorsError> {
    follow(data).await?;
    let generation = data.search_held().await?.index.newest()?;
    let alternatives = any_of.iter().filter_map(|phrase| {
        let words: Vec<String> = search::words_of(phrase).into_iter().map(|word| word.form).collect();
        (!words.is_empty()).then_some(search::Item { part: search::Part::Anywhere, words, exact: true })
    });
    let group: Vec<search::Item> = alternatives.collect();
    if group.is_empty() {
        return Ok(vec![]);
    }
    let work = move || -> Result<Vec<AccountId>, CreatorsError> {
        let text = search::TextQuery { groups: vec![group], not: vec![] };
        let found = search::find(&generation, &Request { text, limit: most, ..Request::default() })?;
        Ok(found.hits.iter().map(|hit| hit.account).collect())
    };
    tokio::task::spawn_blocking(work).await.expect("searching does not panic")
}

/// The first `most` for a query three ways: as the search finds them, with words said in the same places too, and by plain
/// BM25; nothing is laid over the index.
pub async fn first_by_each_way(
    data: &DataDirectory,
    query: &str,
    most: usize,
) -> Result<[Vec<AccountId>; 3], CreatorsError> {
    follow(data).await?;
    let generation = data.search_held().await?.index.newest()?;
    let likeness = likeness(data).await?;
    let query = query.to_owned();
    let work = move || -> Result<[Vec<AccountId>; 3], CreatorsError> {
        let text = search::TextQuery::parse(&query)?;
        let said_alike = |word: &str| likeness.alike(word);
        let accounts = |found: Found| found.hits.iter().map(|hit| hit.account).collect();
        let request = Request { text: text.clone(), limit: most, widen: true, ..Request::default() };
        let wider = Request { alike: Some(&said_alike), ..request.clone() };
        Ok([
            accounts(search::find(&generation, &request)?),
            accounts(search::find(&generation, &wider)?),
            accounts(search::find_plain(&generation, &text, most)?),
        ])
    };
    tokio::task::spawn_blocking(work).await.expect("searching does not panic")
}

/// What was learnt of the market's words with the newest index.
pub async fn likeness(data: &DataDirectory) -> Result<LikenessHeld, CreatorsError> {
    let held = data.search_held().await?;
    let number = held.index.newest()?.number();
    Ok(likeness_now(data, &held, number).await)
}

/// A niche's name by its code.
pub fn niche_words(code: &str) -> Option<String> {
    niches::words(code)
}

/// What these columns of the index say of these accounts, in the order of both; `None` for whoever cannot be looked for.
pub async fn values_of(
    data: &DataDirectory,
    accounts: &[AccountId],
    columns: &[&'static str],
) -> Result<Vec<Option<Vec<search::Values>>>, CreatorsError> {
    follow(data).await?;
    let generation = data.search_held().await?.index.newest()?;
    let (accounts, columns) = (accounts.to_vec(), columns.to_vec());
    let work = move || search::values_of_accounts(&generation, &accounts, &columns);
    Ok(tokio::task::spawn_blocking(work).await.expect("looking accounts up does not panic")?)
}

/// A language's name by its two letters.
pub fn language_words(code: &str) -> Option<String> {
    engine::conversations::portraits::languages::language_named(code).map(str::to_owned)
}

/// Every column that can be counted: those of the index, and those laid over it now.
fn counted_columns(overlay: &Overlay) -> Vec<&'static str> {
    let laid: BTreeSet<&str> = overlay
        .ranges
        .iter()
        .map(|range| range.column.name)
        .chain(overlay.facets.iter().map(|facet| facet.column.name))
        .collect();
    let there = |from: fields::From, key: &str| from == fields::From::Index || laid.contains(key);
    let ranges = fields::RANGES.iter().filter(|field| there(field.from, field.key)).map(|field| field.key);
    ranges.chain(fields::CODES.iter().filter(|field| there(field.from, field.key)).map(|field| field.key)).collect()
}

/// Everybody who meets a search, ascending; `None` when there are more than `most`. `widen` as in the pages, where those
/// who say all but one of the words follow the few who say all of them.
pub async fn everybody(
    data: &DataDirectory,
    asked: &Asked,
    brand: Option<&Brand>,
    most: usize,
    widen: bool,
) -> Result<Option<Vec<AccountId>>, CreatorsError> {
    follow(data).await?;
    let held = data.search_held().await?;
    let generation = held.index.newest()?;
    let likeness = likeness_now(data, &held, generation.number()).await;
    let overlay = overlay::overlay(data, &held.overlays, brand, asked, &likeness).await?;
    let asked = asked.clone();
    let has_brand = brand.is_some();
    let work = move || -> Result<_, CreatorsError> {
        let said_alike = |word: &str| likeness.alike(word);
        let request = Request {
            text: asked.text()?,
            filters: asked.filters(),
            order: asked.order(has_brand),
            overlay: Some(&overlay),
            alike: if asked.wider { Some(&said_alike) } else { None },
            widen,
            ..Request::default()
        };
        Ok(search::all_accounts(&generation, &request, most)?)
    };
    tokio::task::spawn_blocking(work).await.expect("searching does not panic")
}

fn made_from(generation: &Generation) -> Option<MadeFrom> {
    serde_json::from_str(generation.payload.as_deref()?).ok()
}

async fn tiers_now(data: &DataDirectory) -> Result<String, CreatorsError> {
    let tiers = crate::matching::tier_settings(data).await?;
    Ok(serde_json::to_string(&tiers).expect("tiers serialise"))
}

/// Whether the index was made from what is held now.
pub async fn is_current(data: &DataDirectory) -> Result<bool, CreatorsError> {
    let held = data.search_held().await?;
    let (revision, derived) = (data.revision().await?, data.derived.revision().await?);
    let tiers = tiers_now(data).await?;
    let made = made_from(held.index.newest()?.as_ref());
    Ok(made.is_some_and(|made| made.revision == revision && made.derived == derived && made.tiers == tiers))
}

/// Brings the index up to what is held now where that is soon done, and says how it stands.
pub async fn follow(data: &DataDirectory) -> Result<Standing, CreatorsError> {
    let revision = data.revision().await?;
    let derived = data.derived.revision().await?;
    let held = data.search_held().await?;
    let made = made_from(held.index.newest()?.as_ref());
    let tiers = tiers_now(data).await?;
    if made.as_ref().is_some_and(|made| made.revision == revision && made.derived == derived && made.tiers == tiers) {
        return Ok(Standing::Current);
    }
    let not_now = |accounts| match made {
        Some(_) => Standing::Behind { accounts },
        None => Standing::NotMade,
    };
    // Whoever writes now brings the index along, or the next question does.
    let Ok(_lock) = data.lock_for_writing() else { return Ok(not_now(None)) };
    let _one = data.search_following.lock().await;
    let searchable = data.lake.searchable_accounts(FOLLOWERS_MIN, data.now()).await?;
    let added = match &made {
        Some(made) if made.tiers == tiers => data.lake.added_since(&made.facts, data.now()).await?,
        _ => None,
    };
    match added {
        Some(added) => {
            let touched = added.authors_touched().await?;
            let can_be_found: HashSet<AccountId> = searchable.into_iter().collect();
            let touched: Vec<AccountId> =
                touched.into_iter().filter(|account| can_be_found.contains(account)).collect();
            if touched.len() > FOLLOWED_MAX {
                return Ok(not_now(Some(touched.len() as u64)));
            }
            write(data, &held.index, Which::These(touched), revision).await?;
        }
        None if searchable.len() <= MADE_ANEW_MAX => {
            write(data, &held.index, Which::Everybody(searchable), revision).await?;
        }
        None => return Ok(not_now(None)),
    }
    Ok(Standing::Current)
}

/// The part of a refresh that brings the index along. `touched` are those whose figures were made again; `None`: everybody.
/// Returns how many creators were written. The writers' lock is held by the caller.
pub async fn refresh_index(data: &DataDirectory, touched: Option<&[AccountId]>) -> Result<u64, CreatorsError> {
    let revision = data.revision().await?;
    let held = data.search_held().await?;
    let _one = data.search_following.lock().await;
    let made = made_from(held.index.newest()?.as_ref());
    let tiers = tiers_now(data).await?;
    let searchable = data.lake.searchable_accounts(FOLLOWERS_MIN, data.now()).await?;
    let added = match (&made, touched) {
        (Some(made), Some(_)) if made.tiers == tiers => data.lake.added_since(&made.facts, data.now()).await?,
        _ => None,
    };
    let which = match (added, touched) {
        (Some(added), Some(touched)) => {
            let mut all = added.authors_touched().await?;
            all.extend_from_slice(touched);
            all.sort_unstable();
            all.dedup();
            let can_be_found: HashSet<AccountId> = searchable.into_iter().collect();
            Which::These(all.into_iter().filter(|account| can_be_found.contains(account)).collect())
        }
        _ => Which::Everybody(searchable),
    };
    write(data, &held.index, which, revision).await
}

/// The facts lie in other files now and are the same: an index that was current stays so. The writers' lock is held by the caller.
pub async fn note_joined_files(data: &DataDirectory) -> Result<(), CreatorsError> {
    let revision = data.revision().await?;
    let held = data.search_held().await?;
    let _one = data.search_following.lock().await;
    match made_from(held.index.newest()?.as_ref()) {
        Some(made) if made.revision == revision => {
            write(data, &held.index, Which::These(vec![]), revision).await.map(drop)
        }
        _ => Ok(()),
    }
}

/// Whose documents are written.
enum Which {
    Everybody(Vec<AccountId>),
    These(Vec<AccountId>),
}

async fn write(data: &DataDirectory, index: &SearchIndex, which: Which, revision: i64) -> Result<u64, CreatorsError> {
    let making = Arc::new(Making::load(data).await?);
    let from = MadeFrom {
        revision,
        derived: data.derived.revision().await?,
        tiers: tiers_now(data).await?,
        facts: data.lake.facts_seen().await?,
        made_at: data.now(),
    };
    let mut writer = index.writer()?;
    let (accounts, anew) = match which {
        Which::Everybody(accounts) => (accounts, true),
        Which::These(accounts) => (accounts, false),
    };
    if anew {
        writer.begin_anew()?;
    }
    // Words are learnt from the creators of the first portion; accounts are hashes, so that these are a fair sample.
    let folder = likeness_folder(data);
    let mut likeness = if anew { None } else { Some(likeness::read(&folder)) };
    let mut written = 0;
    for accounts in accounts.chunks(SIDE_BY_SIDE) {
        let made = making.documents(data, accounts).await?;
        written += made.len() as u64;
        let learnt = likeness.take();
        let work = move || -> Result<(SearchWriter, likeness::Likeness), search::SearchError> {
            let learnt = learnt.unwrap_or_else(|| {
                let mut learning = likeness::LikenessMaking::new();
                made.iter().for_each(|made| learning.look_at(&made.document));
                learning.learn()
            });
            let mut directions = vec![];
            for made in &made {
                match anew {
                    true => writer.add(&made.document)?,
                    false => writer.replace(&made.document)?,
                }
                directions.extend(learnt.direction(&made.document).map(|of| (made.document.account, of)));
            }
            Ok((writer, learnt.with(directions)))
        };
        let done = tokio::task::spawn_blocking(work).await.expect("writing the index does not panic")?;
        writer = done.0;
        likeness = Some(done.1);
    }
    let payload = serde_json::to_string(&from).expect("what an index was made from serialises");
    let likeness = likeness.unwrap_or_default();
    let work = move || -> Result<(), CreatorsError> {
        likeness::keep(&folder, &likeness).map_err(|problem| search::SearchError::Index {
            folder: folder.display().to_string(),
            problem: problem.to_string(),
        })?;
        Ok(writer.commit(&payload)?)
    };
    tokio::task::spawn_blocking(work).await.expect("writing the index does not panic")?;
    Ok(written)
}

/// [`forget`] before a data directory is open: finishes what was interrupted.
pub fn forget_in(folder: &Path, accounts: &[AccountId]) -> Result<(), CreatorsError> {
    erase(&open_index(folder)?, &folder.join("search").join("likeness"), accounts)
}

fn erase(index: &SearchIndex, likeness: &Path, accounts: &[AccountId]) -> Result<(), CreatorsError> {
    likeness::forget(likeness, accounts).map_err(|problem| search::SearchError::Index {
        folder: likeness.display().to_string(),
        problem: problem.to_string(),
    })?;
    Ok(index.erase(accounts)?)
}

/// Takes forgotten people out of the index, so that nothing of them is left on disk.
pub async fn forget(data: &DataDirectory, accounts: &[AccountId]) -> Result<(), CreatorsError> {
    let held = data.search_held().await?;
    let accounts = accounts.to_vec();
    let folder = likeness_folder(data);
    let work = move || erase(&held.index, &folder, &accounts);
    tokio::task::spawn_blocking(work).await.expect("erasing from the index does not panic")
}
