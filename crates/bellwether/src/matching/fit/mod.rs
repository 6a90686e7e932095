//! Fit: whether creators suit a brand, from product, values, audience, niche, conversation and price, by weights a person
//! moves.
//!
//! The words of candidates are read once for a brand and kept; everything else is put together from what is held when it is
//! asked for, so that moving a weight costs no reading.

pub mod profile;
pub mod reading;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use engine::matching::fit::{
    Conflict, FIT_VERSION, FitParts, FitSettings, FitWeights, NicheChance, WeightsError, audience_part,
    conversation_part, fit, niche_part, price_part,
};
use engine::matching::price::{PostFormat, PriceKind, PriceQuery};
use model::{AccountId, Brand, BrandId, Estimate, Explanation, Timestamp, Unit};
use search::Interval;
use sha2::{Digest, Sha256};
use store::ConflictAside;

pub use engine::matching::fit::Fit;
pub use profile::{BrandProfile, ProfileError};
pub use reading::WordsRead;

use super::prices::Prices;
use super::{BrandRanking, MatchingError};
use crate::creators::search::niches::niches_of_creator;
use crate::creators::{self, CreatorName};
use crate::data_directory::DataDirectory;
use crate::vetting::CreatorEstimates;

/// Raised when the same words would be read otherwise.
const READING_VERSION: u32 = 1;
/// Creators looked at because they speak of the product.
const WHO_SAYS_MAX: usize = 1_000;
/// Tables of fits held.
const HELD_MAX: usize = 4;
/// Letters of the name weights are saved under.
const NAME_LETTERS_MAX: usize = 60;

/// Why a fit could not be made, or weights not saved.
#[derive(Debug, thiserror::Error)]
pub enum FitError {
    #[error(transparent)]
    Weights(#[from] WeightsError),
    #[error("weights are saved under a name of 1 to {NAME_LETTERS_MAX} letters; {0} were given")]
    Name(usize),
    #[error("no weights of the brand have the name or number {0:?}\nhint: `bellwether matching weights` lists them")]
    NoSuchWeights(String),
    #[error("nothing of the kind speaks against this creator now; look at their fit again")]
    NoSuchConflict,
}

/// One creator with everything a fit is made of.
pub struct FitRow {
    pub account: AccountId,
    pub name: CreatorName,
    pub parts: FitParts,
    pub words: Arc<WordsRead>,
    /// What speaks against them, with what was set aside marked.
    pub conflicts: Vec<reading::ConflictSeen>,
}

/// Everybody who may suit a brand.
pub struct Fits {
    pub brand: Brand,
    pub profile: BrandProfile,
    /// By ascending account.
    pub rows: Vec<FitRow>,
    /// Those ranked because the brand's buyers listen to them, and those added because they speak of the product.
    pub ranked: usize,
    pub speaking: usize,
}

/// What fits were made from; the same again means the same fits.
#[derive(Clone, PartialEq, Eq, Debug)]
struct MadeFrom {
    brand: BrandId,
    /// A hash of what people typed that a fit depends on.
    typed: String,
    revision: i64,
    derived: Option<i64>,
    ranking: i64,
}

type WordsOfMany = Arc<HashMap<AccountId, Arc<WordsRead>>>;

/// Fits and read words held, the newest last.
#[derive(Default)]
pub struct FitsHeld {
    fits: Vec<(MadeFrom, Arc<Fits>)>,
    words: Vec<(String, WordsOfMany)>,
}

/// A creator's fit by weights.
pub struct Fitted<'a> {
    pub row: &'a FitRow,
    pub fit: Fit,
    /// The places, from 1, this creator cannot be told apart from.
    pub tie: (usize, usize),
}

/// The weights a brand's fit is made with: those saved last, else the ones it begins with.
pub async fn weights_of(data: &DataDirectory, brand: &Brand) -> Result<FitWeights, MatchingError> {
    let saved = data.store.fit_weights(brand.id).await?;
    Ok(saved.first().and_then(|row| row.weights.parse().ok()).unwrap_or_default())
}

/// Saves weights under a name; from then on they are the brand's.
pub async fn save_weights(
    data: &DataDirectory,
    brand: &Brand,
    name: &str,
    weights: &FitWeights,
) -> Result<String, MatchingError> {
    let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
    let letters = name.chars().count();
    if !(1..=NAME_LETTERS_MAX).contains(&letters) {
        return Err(FitError::Name(letters).into());
    }
    data.store.save_fit_weights(brand.id, &name, &weights.to_string(), data.now()).await?;
    Ok(name)
}

/// Removes weights by their name or number.
pub async fn remove_weights(data: &DataDirectory, brand: &Brand, which: &str) -> Result<String, MatchingError> {
    let saved = data.store.fit_weights(brand.id).await?;
    let is_it = |row: &&store::FitWeightsRow| {
        row.name.to_lowercase() == which.trim().to_lowercase() || row.id.to_string() == which.trim()
    };
    let found = saved.iter().find(is_it).ok_or_else(|| FitError::NoSuchWeights(which.to_owned()))?;
    data.store.delete_fit_weights(brand.id, found.id).await?;
    Ok(found.name.clone())
}

/// Everybody who may suit the brand: those its buyers listen to, and those who speak of its product.
///
/// Cost: the reading of words that were not read yet, then a pass over profiles and the brand's talk; the same again costs
/// nothing.
pub async fn fits(data: &DataDirectory, brand: &Brand) -> Result<Arc<Fits>, MatchingError> {
    let ranking = super::rank(data, brand.clone()).await?;
    let said = profile::profile(data, brand).await?;
    let from = made_from(data, brand, &said, ranking.ranking.id).await?;
    let held = data.fits.lock().await.fits.iter().find(|(of, _)| *of == from).map(|(_, fits)| fits.clone());
    if let Some(held) = held {
        return Ok(held);
    }
    let ranked: Vec<AccountId> =
        super::ranked_numbers(data, ranking.ranking.id).await?.into_iter().map(|one| one.account).collect();
    let mut accounts: HashSet<AccountId> = ranked.iter().copied().collect();
    // Where the brand has not said what its product is, the words of its buyers stand for it.
    let any_of = if said.product_words.is_empty() { &brand.buyers.keywords } else { &said.product_words };
    let speaking = creators::search::who_says(data, any_of, WHO_SAYS_MAX).await?;
    let own: HashSet<AccountId> = own_accounts(brand).collect();
    accounts.extend(speaking.into_iter().filter(|account| !own.contains(account)));
    let mut accounts: Vec<AccountId> = accounts.into_iter().collect();
    accounts.sort_unstable();
    let words = words_of(data, brand, &said, &accounts).await?;
    let rows = rows_of(data, brand, &said, &ranking, &accounts, &words).await?;
    let (ranked, speaking) = (ranked.len(), rows.len().saturating_sub(ranked.len()));
    let made = Arc::new(Fits { brand: brand.clone(), profile: said, rows, ranked, speaking });
    let mut held = data.fits.lock().await;
    held.fits.retain(|(of, _)| *of != from);
    if held.fits.len() >= HELD_MAX {
        held.fits.remove(0);
    }
    held.fits.push((from, made.clone()));
    Ok(made)
}

/// One creator's parts, among the candidates or not.
pub async fn fit_of(data: &DataDirectory, brand: &Brand, account: AccountId) -> Result<FitRow, MatchingError> {
    let ranking = super::rank(data, brand.clone()).await?;
    let said = profile::profile(data, brand).await?;
    let accounts = [account];
    let words = words_of(data, brand, &said, &accounts).await?;
    let mut rows = rows_of(data, brand, &said, &ranking, &accounts, &words).await?;
    rows.pop().ok_or_else(|| creators::CreatorsError::NotFound(account.to_string()).into())
}

fn own_accounts(brand: &Brand) -> impl Iterator<Item = AccountId> + '_ {
    brand.buyers.own_accounts.iter().map(|own| AccountId::of(own.platform, "", &own.native_id))
}

async fn made_from(
    data: &DataDirectory,
    brand: &Brand,
    said: &BrandProfile,
    ranking: i64,
) -> Result<MadeFrom, MatchingError> {
    let (prices, currency) = (data.store.prices().await?, super::prices::currency_settings(data).await?);
    let (niches, aside) = (data.store.niche_corrections().await?, data.store.conflicts_aside(brand.id).await?);
    Ok(MadeFrom {
        brand: brand.id,
        typed: hash_of(&format!("{said:?} {prices:?} {currency:?} {niches:?} {aside:?}")),
        revision: data.revision().await?,
        derived: data.derived.revision().await?,
        ranking,
    })
}

fn hash_of(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The words of these accounts as read for the brand; what was not read yet is read and kept.
async fn words_of(
    data: &DataDirectory,
    brand: &Brand,
    said: &BrandProfile,
    accounts: &[AccountId],
) -> Result<WordsOfMany, MatchingError> {
    let revision = data.revision().await?;
    let what = serde_json::to_string(&(READING_VERSION, FIT_VERSION, revision, &brand.name, said));
    let hash = hash_of(&what.expect("a profile serialises"));
    let held = data.fits.lock().await.words.iter().find(|(of, _)| *of == hash).map(|(_, words)| words.clone());
    let mut words = match held {
        Some(held) if accounts.iter().all(|account| held.contains_key(account)) => return Ok(held),
        Some(held) => (*held).clone(),
        None => {
            let kept = data.derived.fit_readings(brand.id, &hash).await?;
            let read =
                |(account, detail): (AccountId, String)| Some((account, Arc::new(serde_json::from_str(&detail).ok()?)));
            kept.into_iter().filter_map(read).collect()
        }
    };
    let missing: Vec<AccountId> = accounts.iter().copied().filter(|account| !words.contains_key(account)).collect();
    if !missing.is_empty() {
        let read = reading::read_creators(data, &missing, &brand.name, said).await?;
        let json = |(account, words): &(AccountId, WordsRead)| {
            (*account, serde_json::to_string(words).expect("words read serialise"))
        };
        let kept: Vec<(AccountId, String)> = read.iter().map(json).collect();
        data.derived.keep_fit_readings(brand.id, &hash, &kept).await?;
        words.extend(read.into_iter().map(|(account, words)| (account, Arc::new(words))));
    }
    let words = Arc::new(words);
    let mut held = data.fits.lock().await;
    held.words.retain(|(of, _)| *of != hash);
    if held.words.len() >= HELD_MAX {
        held.words.remove(0);
    }
    held.words.push((hash, words.clone()));
    Ok(words)
}

/// What the parts of many creators are made from.
struct Makings {
    listening: HashMap<AccountId, Estimate>,
    /// The brand's best listening score, and the least of those ranked.
    best: f64,
    least: f64,
    ranked: u64,
    /// Times as many buyers among talk partners as among everybody, of how many partners.
    affinity: HashMap<AccountId, (Interval, u64)>,
    talking: HashSet<AccountId>,
    figures: HashMap<AccountId, CreatorEstimates>,
    /// Niches of those for whom a person set any.
    corrected: HashMap<AccountId, Vec<reading::NicheRead>>,
    prices: Prices,
    aside: Vec<ConflictAside>,
    as_of: Option<Timestamp>,
}

async fn rows_of(
    data: &DataDirectory,
    brand: &Brand,
    said: &BrandProfile,
    ranking: &BrandRanking,
    accounts: &[AccountId],
    words: &WordsOfMany,
) -> Result<Vec<FitRow>, MatchingError> {
    let makings = makings(data, brand, ranking, accounts).await?;
    let mut names = creators::names(data, accounts.to_vec()).await?;
    let (said, words, accounts) = (said.clone(), words.clone(), accounts.to_vec());
    let work = move || {
        let row = |account: AccountId| {
            let (name, words) = (names.remove(&account)?, words.get(&account)?.clone());
            let parts = makings.parts(&name, &words, &said);
            let is_aside = |conflict: &reading::ConflictSeen| {
                (makings.aside.iter()).any(|aside| {
                    aside.account == account && aside.kind == conflict.kind && aside.words == conflict.words
                })
            };
            let conflicts = words
                .conflicts
                .iter()
                .map(|conflict| reading::ConflictSeen { aside: is_aside(conflict), ..conflict.clone() });
            let conflicts = conflicts.collect();
            Some(FitRow { account, name, parts, words, conflicts })
        };
        accounts.into_iter().filter_map(row).collect()
    };
    Ok(tokio::task::spawn_blocking(work).await.expect("putting fits together does not panic"))
}

async fn makings(
    data: &DataDirectory,
    brand: &Brand,
    ranking: &BrandRanking,
    accounts: &[AccountId],
) -> Result<Makings, MatchingError> {
    let scores = super::ranked_numbers(data, ranking.ranking.id).await?;
    let best = scores.iter().map(|one| f64::from(one.listening.value)).fold(0.0, f64::max);
    let least = scores.iter().map(|one| f64::from(one.listening.value)).fold(f64::INFINITY, f64::min);
    let mut listening = HashMap::new();
    for portion in accounts.chunks(500) {
        let filter = store::RankedFilter { accounts: portion.to_vec(), limit: 500, ..Default::default() };
        for row in data.store.ranked(ranking.ranking.id, &filter).await? {
            listening.insert(row.account, super::ranked_of(&row)?.fit);
        }
    }
    let beside = super::buyers_among_partners(data, brand).await?;
    let wanted: HashSet<AccountId> = accounts.iter().copied().collect();
    let affinity =
        beside.affinity.into_iter().zip(beside.partners).filter(|((account, _), _)| wanted.contains(account));
    let snapshot = data.snapshot().await?;
    let figures = data.derived.figures(accounts).await?;
    let mut corrected = HashMap::new();
    let touched: HashSet<AccountId> =
        data.store.niche_corrections().await?.into_iter().map(|correction| correction.account).collect();
    for account in touched.into_iter().filter(|account| wanted.contains(account)) {
        let found = niches_of_creator(data, account).await?;
        corrected.insert(account, reading::chances(&found.niches));
    }
    Ok(Makings {
        listening,
        best,
        least: if least.is_finite() { least } else { 0.0 },
        ranked: scores.len() as u64,
        affinity: affinity.map(|((account, times), partners)| (account, (times, partners))).collect(),
        talking: accounts.iter().copied().filter(|account| snapshot.place(*account).is_some()).collect(),
        figures: (figures.into_iter())
            .filter_map(|(account, figures)| Some((account, serde_json::from_str(&figures.detail).ok()?)))
            .collect(),
        corrected,
        prices: super::prices::prices(data).await?,
        aside: data.store.conflicts_aside(brand.id).await?,
        as_of: snapshot.as_of(),
    })
}

impl Makings {
    fn parts(&self, name: &CreatorName, words: &WordsRead, said: &BrandProfile) -> FitParts {
        let account = name.account;
        let niches = self.corrected.get(&account).unwrap_or(&words.niches);
        let chances: Vec<NicheChance> =
            niches.iter().map(|niche| NicheChance { code: niche.code.clone(), chance: niche.chance.clone() }).collect();
        let reply_rate = self.figures.get(&account).map(|figures| &figures.reply_rate);
        let listening = self.listening(account);
        let best = if self.best > 0.0 { self.best } else { 1.0 };
        FitParts {
            product: match said.product_words.is_empty() && said.product_text.is_empty() {
                true => Estimate {
                    not_known: Some("the brand names no product; say what it is on the brand's page".to_owned()),
                    ..FitParts::not_known().product
                },
                false => words.product.clone(),
            },
            values: words.values.clone(),
            audience: audience_part(&self.affinity(account)),
            niche: niche_part(&chances, &said.niches),
            conversation: conversation_part(listening.as_ref().map(|score| (score, best)), reply_rate),
            price: self.price(name, said),
        }
    }

    /// The listening score; of somebody who talks with others and whom no buyer brought into the ranking, as good as none.
    fn listening(&self, account: AccountId) -> Option<Estimate> {
        if let Some(score) = self.listening.get(&account) {
            return Some(score.clone());
        }
        if !self.talking.contains(&account) {
            return None;
        }
        let words = format!("listening score: not among the {} creators near the brand's buyers", self.ranked);
        let leaf = Explanation::leaf(words, Some(0.0), Unit::People);
        let none = Estimate::known(0.0, 0.0, self.least, self.ranked, "creators ranked", "listening", leaf);
        Some(Estimate { as_of: self.as_of, ..none })
    }

    fn affinity(&self, account: AccountId) -> Estimate {
        const METHOD: &str = "buyer_affinity";
        match self.affinity.get(&account) {
            Some((times, partners)) => {
                let value = f64::from(times.value);
                let words = "share of the brand's buyers among talk partners, over their share of everybody who talks";
                let leaf = Explanation::leaf(words, Some(value), Unit::Score).with_rows(
                    *partners,
                    "talk partners",
                    Some(format!("/conversations/{account}")),
                );
                let (lo, hi) = (f64::from(times.lo), f64::from(times.hi));
                let known = Estimate::known(value, lo, hi, *partners, "talk partners", METHOD, leaf);
                Estimate { as_of: self.as_of, ..known }
            }
            None if self.talking.contains(&account) => {
                let words = "none of the brand's buyers is among the people they talk with";
                let leaf = Explanation::leaf(words, Some(0.0), Unit::Score);
                let none = Estimate::known(0.0, 0.0, 1.0, 0, "buyers among talk partners", METHOD, leaf);
                Estimate { as_of: self.as_of, ..none }
            }
            None => Estimate::not_known(
                Unit::Score,
                METHOD,
                0,
                "talk partners",
                "nobody they talk with is held; import comments and replies",
            ),
        }
    }

    fn price(&self, name: &CreatorName, said: &BrandProfile) -> Estimate {
        let query = PriceQuery {
            creator: name.account,
            platform: name.platform,
            followers: name.followers.and_then(|count| u64::try_from(count).ok()),
            format: PostFormat::Post,
            kind: PriceKind::Deal,
        };
        let asked = self.prices.model.estimate(&query).estimate;
        let none = model::Money { minor_units: 0, currency: self.prices.settings.currency };
        price_part(&asked, said.post_budget.unwrap_or(none))
    }
}

impl FitRow {
    /// The fit by these weights; conflicts that were set aside do not count.
    pub fn fit(&self, weights: &FitWeights) -> Fit {
        let standing = self.conflicts.iter().filter(|conflict| !conflict.aside);
        let conflicts = standing.filter_map(|conflict| {
            Some(Conflict {
                kind: reading::kind_of(&conflict.kind)?,
                words: conflict.words.clone(),
                quotes: vec![],
                posts: conflict.posts,
                newest_at: conflict.newest_at,
            })
        });
        let mut made = fit(&self.parts, weights, conflicts.collect(), &FitSettings::default());
        // What has no number and is no part stands beside the number: the conflicts above it, the reach in the formula.
        let tree = &mut made.estimate.explanation;
        let is_part = |node: &Explanation| node.value.is_some() || node.words.contains(": left out (");
        tree.parts.retain(is_part);
        if let Some(formula) = &mut tree.formula {
            *formula = format!("{formula}; {}", weights.reach().words());
        }
        made
    }
}

impl Fits {
    /// Everybody by fit, the best first, unknown last; each with the places it cannot be told apart from. Cost `O(n log n)`
    /// and `O(n)` for each band.
    pub fn ordered(&self, weights: &FitWeights) -> Vec<Fitted<'_>> {
        let mut fitted: Vec<Fitted<'_>> =
            self.rows.iter().map(|row| Fitted { row, fit: row.fit(weights), tie: (0, 0) }).collect();
        fitted.sort_by(|one, other| {
            let key = |of: &Fitted<'_>| of.fit.estimate.value.unwrap_or(-1.0);
            key(other).total_cmp(&key(one)).then(one.row.account.cmp(&other.row.account))
        });
        let bands = tie_bands(&fitted.iter().map(|one| &one.fit.estimate).collect::<Vec<_>>());
        fitted.iter_mut().zip(bands).for_each(|(one, band)| one.tie = band);
        fitted
    }

    /// Everybody's fit as a column that searches filter by.
    pub fn column(&self, weights: &FitWeights) -> Vec<(AccountId, Interval)> {
        let value = |row: &FitRow| {
            let estimate = row.fit(weights).estimate;
            Some((row.account, interval(&estimate)?))
        };
        self.rows.iter().filter_map(value).collect()
    }

    /// One part of everybody as such a column.
    pub fn part_column(&self, part: fn(&FitParts) -> &Estimate) -> Vec<(AccountId, Interval)> {
        self.rows.iter().filter_map(|row| Some((row.account, interval(part(&row.parts))?))).collect()
    }
}

fn interval(estimate: &Estimate) -> Option<Interval> {
    let value = estimate.value? as f32;
    let end = |end: Option<f64>| end.map_or(value, |end| end as f32);
    Some(Interval { value, lo: end(estimate.lo), hi: end(estimate.hi) })
}

/// For values in descending order the places, from 1, whose difference from each has an interval that holds 0: by Zou and
/// Donner, `(v1 - v2) > sqrt((v1 - lo1)^2 + (hi2 - v2)^2)` tells two apart. A band has no gaps. Unknown values stand alone.
fn tie_bands(ordered: &[&Estimate]) -> Vec<(usize, usize)> {
    let apart = |high: &Estimate, low: &Estimate| match (high.value, low.value) {
        (Some(one), Some(other)) => {
            let below = one - high.lo.unwrap_or(one);
            let above = low.hi.unwrap_or(other) - other;
            one - other > below.hypot(above)
        }
        _ => true,
    };
    (0..ordered.len())
        .map(|place| {
            let mut first = place;
            while first > 0 && !apart(ordered[first - 1], ordered[place]) {
                first -= 1;
            }
            let mut last = place;
            while last + 1 < ordered.len() && !apart(ordered[place], ordered[last + 1]) {
                last += 1;
            }
            (first + 1, last + 1)
        })
        .collect()
}

/// Sets a conflict aside for the brand, or takes it up again; `which` is its place among those shown.
pub async fn settle(
    data: &DataDirectory,
    brand: &Brand,
    account: AccountId,
    kind: &str,
    words: &str,
    aside: bool,
) -> Result<(), MatchingError> {
    let row = fit_of(data, brand, account).await?;
    if !row.conflicts.iter().any(|conflict| conflict.kind == kind && conflict.words == words) {
        return Err(FitError::NoSuchConflict.into());
    }
    let conflict = ConflictAside { account, kind: kind.to_owned(), words: words.to_owned(), set_aside_at: data.now() };
    match aside {
        true => data.store.set_conflict_aside(brand.id, &conflict).await?,
        false => data.store.take_conflict_up(brand.id, &conflict).await?,
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn estimate(value: f64, half: f64) -> Estimate {
        let leaf = Explanation::leaf("fit", Some(value), Unit::Score);
        Estimate::known(value, value - half, value + half, 1, "parts known", "fit", leaf)
    }

    #[test]
    fn only_those_whose_difference_is_surely_above_nothing_are_told_apart() {
        let all = [estimate(0.9, 0.05), estimate(0.86, 0.05), estimate(0.5, 0.05)];
        let unknown = Estimate::not_known(Unit::Score, "fit", 0, "parts known", "nothing is known");
        let ordered: Vec<&Estimate> = all.iter().chain([&unknown]).collect();
        assert_eq!(tie_bands(&ordered), [(1, 2), (1, 2), (3, 3), (4, 4)]);
    }
}
