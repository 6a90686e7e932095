//! Matching: brands, who their buyers are, and whom those buyers listen to, each with its reason.
//!
//! A ranking is made once for a brand, a data revision and its settings, kept, and then only read.

pub mod command;
pub mod fit;
pub mod pages;
pub mod prices;
pub mod proof;
pub mod reason;
pub mod talk;

use std::collections::HashMap;
use std::time::Instant;

use engine::conversations::exchange::{Exchange, exchanges};
use engine::conversations::index::WeighByBuyingTalk;
use engine::conversations::listening::{Evidence, ListenedTo, ListeningModel, ListeningSettings, Reading};
use engine::matching::rank::{self as ranking, Ranking, RankingInputs};
use lake::BuyerText;
use model::{AccountId, Brand, BrandId, BuyerDefinition, Estimate, TierSettings, Timestamp};
use reason::reason;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use store::{KeptRanking, RankedRow};
pub use talk::{Talk, both_places, other_places};

use crate::conversations::{BUYING_FACTOR, ConversationsError, Snapshot};
use crate::creators::{self, CreatorName, CreatorsError, LakeOrStore};
use crate::data_directory::{DataDirectory, DataDirectoryError};
use crate::output::grouped;
use crate::vetting::CreatorEstimates;

/// Raised when the same facts and settings would give another ranking, or one that is kept in another form.
pub const RANKING_VERSION: u32 = 4;

/// Why a question about a brand could not be answered.
#[derive(Debug, thiserror::Error)]
pub enum MatchingError {
    #[error(
        "there is no brand {0:?}\nhint: `bellwether matching brands` lists them, `bellwether matching brand NAME --keyword …` makes one"
    )]
    NoSuchBrand(String),
    #[error(transparent)]
    Definition(#[from] model::brand::BuyerDefinitionError),
    #[error("{0} is not among the creators ranked for this brand")]
    NotRanked(String),
    #[error(transparent)]
    Price(#[from] prices::PriceError),
    #[error(transparent)]
    Fit(#[from] fit::FitError),
    #[error(transparent)]
    Profile(#[from] fit::ProfileError),
    #[error(transparent)]
    Conversations(#[from] ConversationsError),
    #[error(transparent)]
    Creators(#[from] CreatorsError),
    #[error(transparent)]
    Data(#[from] DataDirectoryError),
    #[error(transparent)]
    Lake(#[from] lake::LakeError),
    #[error(transparent)]
    Store(#[from] store::StoreError),
}

impl From<LakeOrStore> for MatchingError {
    fn from(error: LakeOrStore) -> Self {
        MatchingError::Creators(error.into())
    }
}

/// What a ranking was made with; a ranking is kept under the hash of this.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct RankingSettings {
    pub version: u32,
    pub buyers: BuyerDefinition,
    pub listening: ListeningSettings,
    pub tiers: TierSettings,
}

/// What is true of a ranking as a whole.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct RankingSummary {
    /// People who meet the buyer definition.
    pub buyers: u64,
    /// Those of them who take part in talk between people.
    pub buyers_talking: u64,
    /// Creators ranked.
    pub creators: u64,
    /// Creators that at least five buyers turned to or were answered by.
    pub creators_with_five_buyers: u64,
    /// Newest talk the ranking knows of.
    pub as_of: Option<Timestamp>,
    /// How far ahead the expected listeners look, in days.
    pub horizon_days: f64,
    /// How the listening model came about, in words.
    pub model: String,
    pub interactions: u64,
    /// Whether the scores may be read as people, by how such numbers came true on the market's last window.
    pub reading: Reading,
}

/// Where a creator stands by measures others sell, beside ours; positions from 1 among all accounts.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct BaselinePositions {
    pub in_degree: u64,
    pub pagerank: u64,
    /// `None` when followers are not known.
    pub followers: Option<u64>,
    /// `None` when engagement is not known.
    pub engagement: Option<u64>,
}

/// A buyer beside a creator, by name.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct BuyerBeside {
    pub account: AccountId,
    pub name: String,
    /// This buyer's part of the creator's listening score; it orders the buyers and is not a calibrated chance.
    pub score: f64,
    pub talks: u32,
}

/// Everything a ranking says of one creator.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct RankedCreator {
    /// In one sentence, why.
    pub reason: String,
    pub fit: Estimate,
    /// The places this creator cannot be told apart from, from 1, both included.
    pub tie_from: u64,
    pub tie_to: u64,
    pub evidence: Evidence,
    pub exchange: Exchange,
    pub baselines: BaselinePositions,
    pub buyers: Vec<BuyerBeside>,
    pub url: Option<String>,
    /// `None` for accounts that have published nothing we hold.
    pub figures: Option<CreatorEstimates>,
}

/// A brand with its newest ranking.
pub struct BrandRanking {
    pub brand: Brand,
    pub ranking: KeptRanking,
    pub summary: RankingSummary,
}

/// The tier definition a person chose, or the default.
pub async fn tier_settings(data: &DataDirectory) -> Result<TierSettings, store::StoreError> {
    let chosen = data.store.setting("tiers").await?;
    Ok(chosen.and_then(|json| serde_json::from_str(&json).ok()).unwrap_or_default())
}

/// Makes a brand, or changes the one of that name.
pub async fn keep_brand(data: &DataDirectory, name: &str, buyers: BuyerDefinition) -> Result<Brand, MatchingError> {
    let buyers = buyers.checked()?;
    let id = data.store.brand(name).await?.map_or_else(BrandId::new, |brand| brand.id);
    let brand = Brand { id, name: name.trim().to_owned(), buyers };
    data.store.keep_brand(&brand, data.now()).await?;
    Ok(brand)
}

/// Changes a brand that is kept; it may be given another name.
pub async fn change_brand(data: &DataDirectory, brand: Brand) -> Result<Brand, MatchingError> {
    let brand = Brand { name: brand.name.trim().to_owned(), buyers: brand.buyers.checked()?, ..brand };
    data.store.keep_brand(&brand, data.now()).await?;
    Ok(brand)
}

pub async fn brand(data: &DataDirectory, id_or_name: &str) -> Result<Brand, MatchingError> {
    data.store.brand(id_or_name).await?.ok_or_else(|| MatchingError::NoSuchBrand(id_or_name.to_owned()))
}

/// How many people meet a definition, before a brand is kept.
pub async fn count_buyers(data: &DataDirectory, buyers: &BuyerDefinition) -> Result<u64, MatchingError> {
    data.revision().await?;
    Ok(data.lake.buyers(buyers, data.now()).await?.len() as u64)
}

async fn settings_of(data: &DataDirectory, brand: &Brand, talk: Talk) -> Result<RankingSettings, MatchingError> {
    let mut listening = ListeningSettings { candidates_max: 1_000, ..ListeningSettings::default() };
    if talk == Talk::Buying {
        listening.index.buying_talk = WeighByBuyingTalk::Factor(BUYING_FACTOR);
    }
    let tiers = tier_settings(data).await?;
    Ok(RankingSettings { version: RANKING_VERSION, buyers: brand.buyers.clone(), listening, tiers })
}

impl RankingSettings {
    fn json(&self) -> String {
        serde_json::to_string(self).expect("settings serialise")
    }

    fn hash(&self) -> String {
        Sha256::digest(self.json().as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// The ranking of a brand: the kept one when neither the facts nor the settings have changed, else made now and kept.
pub async fn rank(data: &DataDirectory, brand: Brand) -> Result<BrandRanking, MatchingError> {
    rank_by(data, brand, Talk::All).await
}

/// [`rank`] with the talk that counts more.
pub async fn rank_by(data: &DataDirectory, brand: Brand, talk: Talk) -> Result<BrandRanking, MatchingError> {
    let revision = data.revision().await?;
    let settings = settings_of(data, &brand, talk).await?;
    let (json, hash) = (settings.json(), settings.hash());
    if let Some(ranking) = data.store.ranking(brand.id, revision, &hash).await? {
        let summary = serde_json::from_str(&ranking.summary).map_err(|error| store::StoreError::Database {
            what: "a ranking that was kept cannot be read",
            problem: error.to_string(),
        })?;
        return Ok(BrandRanking { brand, ranking, summary });
    }
    let (summary, rows) = make(data, &brand, &settings, talk).await?;
    let mut ranking = KeptRanking {
        id: 0,
        brand: brand.id,
        data_revision: revision,
        settings: json,
        settings_hash: hash,
        made_at: data.now(),
        summary: serde_json::to_string(&summary).expect("a summary serialises"),
    };
    ranking.id = data.store.keep_ranking(&ranking, &rows).await?;
    Ok(BrandRanking { brand, ranking, summary })
}

/// Loads, computes and returns a ranking; keeps nothing.
async fn make(
    data: &DataDirectory,
    brand: &Brand,
    settings: &RankingSettings,
    talk: Talk,
) -> Result<(RankingSummary, Vec<RankedRow>), MatchingError> {
    let snapshot = data.snapshot().await?;
    let weighted = match talk {
        Talk::All => None,
        Talk::Buying => Some(data.buying_weighted().await?),
    };
    let model = weighted.as_ref().map_or(&snapshot.model, |weighted| &weighted.model);
    let (reading, horizon_days, model_says) = (model.reading(), model.horizon_days, model_words(model));
    let began = Instant::now();
    let met = data.lake.buyers(&brand.buyers, data.now()).await?;
    let buyers_found = began.elapsed();
    let buyers = snapshot.places(met.iter().map(|buyer| buyer.account));
    let own: Vec<AccountId> =
        brand.buyers.own_accounts.iter().map(|own| AccountId::of(own.platform, "", &own.native_id)).collect();
    let mut excluded = snapshot.places(own);
    excluded.sort_unstable();
    let buyers_talking = buyers.len() as u64;
    let engagement = snapshot.dense(data.derived.engagement().await?);
    let (computing, listening) = (snapshot.clone(), settings.listening.clone());
    let computed = tokio::task::spawn_blocking(move || {
        let (index, model) = match &weighted {
            Some(weighted) => (&weighted.index, &weighted.model),
            None => (&computing.index, &computing.model),
        };
        let inputs = RankingInputs {
            index,
            model,
            buyers: &buyers,
            excluded: &excluded,
            followers: Some(&computing.followers),
            engagement: Some(&engagement),
        };
        let creators_max = listening.candidates_max;
        let ranked = ranking::rank(&inputs, &ranking::RankingSettings { listening, creators_max });
        let places: Vec<u32> = ranked.creators.iter().map(|creator| creator.account).collect();
        let exchanged = exchanges(&computing.log, &computing.threads, &buyers, &places);
        (ranked, exchanged)
    });
    let (ranked, exchanged) = computed.await.expect("ranking does not panic");
    let ranked_at = began.elapsed();
    let accounts: Vec<AccountId> = ranked.creators.iter().map(|creator| snapshot.account(creator.account)).collect();
    let beside = ranked.creators.iter().flat_map(|creator| &creator.evidence.buyers);
    let beside = beside.map(|buyer| snapshot.account(buyer.buyer));
    let names = creators::names(data, accounts.iter().copied().chain(beside).collect()).await?;
    let figures = data.derived.figures(&accounts).await?;
    let estimates: HashMap<AccountId, CreatorEstimates> = figures
        .into_iter()
        .filter_map(|(account, figures)| Some((account, serde_json::from_str(&figures.detail).ok()?)))
        .collect();
    let makings = Makings { snapshot: &snapshot, names, estimates, settings };
    let rows = makings.rows(ranked, &exchanged);
    tracing::debug!(
        buyers = met.len(),
        buyers_ms = buyers_found.as_millis(),
        ranking_ms = (ranked_at - buyers_found).as_millis(),
        describing_ms = (began.elapsed() - ranked_at).as_millis(),
        "ranked"
    );
    let five = exchanged.iter().filter(|exchange| exchange.buyers_turning.max(exchange.buyers_turned_to) >= 5).count();
    let summary = RankingSummary {
        buyers: met.len() as u64,
        buyers_talking,
        creators: rows.len() as u64,
        creators_with_five_buyers: five as u64,
        as_of: snapshot.as_of(),
        horizon_days: settings.listening.horizon_days.unwrap_or(horizon_days),
        model: model_says,
        interactions: snapshot.log.len() as u64,
        reading,
    };
    Ok((summary, rows))
}

/// What the score of a ranking is, in words.
pub fn reading_words(reading: Reading) -> &'static str {
    match reading {
        Reading::People => "buyers expected to turn to them; such numbers came true on the last window held back",
        Reading::Score => {
            "buyers expected to turn to them, for comparing creators, not shown to come true as a number of people"
        }
    }
}

fn model_words(model: &ListeningModel) -> String {
    let on = &model.trained_on;
    if on.anchors == 0 {
        "there was too little talk to learn from; the weights shipped with the program were used".to_owned()
    } else {
        format!(
            "learned from {} interactions and {} accounts that stood for a brand",
            grouped(on.events),
            grouped(on.anchors)
        )
    }
}

/// What the rows of a ranking are made from.
struct Makings<'a> {
    snapshot: &'a Snapshot,
    names: HashMap<AccountId, CreatorName>,
    estimates: HashMap<AccountId, CreatorEstimates>,
    settings: &'a RankingSettings,
}

impl Makings<'_> {
    fn rows(&self, ranked: Ranking, exchanged: &[Exchange]) -> Vec<RankedRow> {
        ranked.creators.into_iter().zip(exchanged).map(|(creator, exchange)| self.row(creator, exchange)).collect()
    }

    fn row(&self, creator: ranking::RankedCreator, exchange: &Exchange) -> RankedRow {
        let account = self.snapshot.account(creator.account);
        let name = self.names.get(&account);
        let figures = self.estimates.get(&account).cloned();
        let engagement = figures.as_ref().and_then(|figures| figures.by_followers.value);
        let followers = name.and_then(|name| name.followers);
        let tier = self.settings.tiers.tier(followers.and_then(|followers| u64::try_from(followers).ok()), engagement);
        let (level, reply_rate) = match &figures {
            Some(figures) => (figures.level.clone(), figures.reply_rate.value),
            None => ("not-known".to_owned(), None),
        };
        let listened = &creator.evidence;
        let row = RankedRow {
            position: creator.rank as i64,
            account,
            platform: name.map_or("other", |name| name.platform.code()).to_owned(),
            name: name.map_or_else(|| account.to_string(), |name| name.name.clone()),
            handle: name.map_or_else(|| account.to_string(), |name| name.handle.clone()),
            tier: tier.map(|tier| tier.code().to_owned()),
            followers,
            fit: listened.expected_listeners,
            fit_lo: listened.lo,
            fit_hi: listened.hi,
            level,
            reply_rate,
            engagement,
            buyers_talking: exchange.buyers_turning.max(exchange.buyers_turned_to) as i64,
            detail: String::new(),
        };
        let beside = |standing: Option<ranking::Standing>| standing.map(|standing| standing.rank as u64);
        let detail = RankedCreator {
            reason: reason(exchange),
            fit: with_links(creator.fit, account),
            tie_from: creator.tie_band.from_rank as u64,
            tie_to: creator.tie_band.to_rank as u64,
            evidence: listened.evidence,
            exchange: *exchange,
            baselines: BaselinePositions {
                in_degree: creator.beside.in_degree.rank as u64,
                pagerank: creator.beside.pagerank.rank as u64,
                followers: beside(creator.beside.followers),
                engagement: beside(creator.beside.engagement),
            },
            buyers: self.beside(listened),
            url: name.and_then(|name| name.url.clone()),
            figures,
        };
        RankedRow { detail: serde_json::to_string(&detail).expect("a ranked creator serialises"), ..row }
    }

    fn beside(&self, listened: &ListenedTo) -> Vec<BuyerBeside> {
        listened
            .buyers
            .iter()
            .map(|buyer| {
                let account = self.snapshot.account(buyer.buyer);
                let name = self.names.get(&account).map_or_else(|| account.to_string(), |name| name.name.clone());
                BuyerBeside { account, name, score: buyer.chance, talks: buyer.talks }
            })
            .collect()
    }
}

/// Rows behind a fit are the exchanges with the creator; their page lists them.
fn with_links(mut fit: Estimate, account: AccountId) -> Estimate {
    for part in &mut fit.explanation.parts {
        if let Some(rows) = &mut part.rows {
            rows.link = Some(format!("/conversations/{account}"));
        }
    }
    fit
}

/// A ranked creator with everything behind it, and the brand's other side of the talk.
pub struct Explained {
    pub row: RankedRow,
    pub ranked: RankedCreator,
}

/// One creator of a brand's ranking.
pub async fn explain(
    data: &DataDirectory,
    ranking: &KeptRanking,
    account: AccountId,
) -> Result<Explained, MatchingError> {
    let filter = store::RankedFilter { accounts: vec![account], limit: 1, ..Default::default() };
    let row = data
        .store
        .ranked(ranking.id, &filter)
        .await?
        .pop()
        .ok_or_else(|| MatchingError::NotRanked(account.to_string()))?;
    let ranked = ranked_of(&row)?;
    Ok(Explained { row, ranked })
}

/// What a kept row says of its creator.
pub fn ranked_of(row: &RankedRow) -> Result<RankedCreator, MatchingError> {
    serde_json::from_str(&row.detail).map_err(|error| {
        MatchingError::Store(store::StoreError::Database {
            what: "a ranking that was kept cannot be read; change the brand's definition to make a new one",
            problem: error.to_string(),
        })
    })
}

/// The brand's buyers, as accounts.
pub async fn buyer_accounts(data: &DataDirectory, brand: &Brand) -> Result<Vec<AccountId>, MatchingError> {
    data.revision().await?;
    Ok(data.lake.buyers(&brand.buyers, data.now()).await?.into_iter().map(|buyer| buyer.account).collect())
}

/// The posts and comments that made somebody a buyer.
pub async fn buyer_texts(
    data: &DataDirectory,
    brand: &Brand,
    account: AccountId,
) -> Result<Vec<BuyerText>, MatchingError> {
    data.revision().await?;
    Ok(data.lake.buyer_texts(&brand.buyers, account, 20, data.now()).await?)
}

/// The numbers of one creator of a ranking that searches filter by.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct RankedNumbers {
    pub account: AccountId,
    pub listening: search::Interval,
}

/// The listening scores of everybody in a kept ranking.
pub async fn ranked_numbers(data: &DataDirectory, ranking: i64) -> Result<Vec<RankedNumbers>, MatchingError> {
    let scores = data.store.ranked_scores(ranking).await?;
    let numbers = |(account, value, lo, hi): (AccountId, f64, f64, f64)| RankedNumbers {
        account,
        listening: search::Interval { value: value as f32, lo: lo as f32, hi: hi as f32 },
    };
    Ok(scores.into_iter().map(numbers).collect())
}

/// A number of each of many creators.
pub type NumberOfEach = Vec<(AccountId, search::Interval)>;

/// What is known of a brand's buyers around everybody some of them has talk with.
pub struct BuyersBeside {
    /// Buyers who turned to them.
    pub turned: NumberOfEach,
    /// The share of buyers among their talk partners, with its Jeffreys interval.
    pub shares: NumberOfEach,
    /// That share over the share of buyers among everybody who talks.
    pub affinity: NumberOfEach,
    /// How many talk partners each of `affinity` has, in its order.
    pub partners: Vec<u64>,
}

/// The brand's buyers around everybody some of them has talk with. Cost: the pairs of the brand's buyers, and one pass over
/// accounts.
pub async fn buyers_among_partners(data: &DataDirectory, brand: &Brand) -> Result<BuyersBeside, MatchingError> {
    let (snapshot, market) = data.market_groups().await?;
    let taking = data.buyers_taking(&snapshot, &market, brand).await?;
    let work = move || {
        let index = &snapshot.index;
        let level = model::Ratio::new(model::explanation::DEFAULT_LEVEL).expect("the default level is a share");
        let mut turned: HashMap<u32, (u32, u32)> = HashMap::new();
        for buyer in (0..snapshot.accounts.len() as u32).filter(|&place| taking.is_buyer[place as usize]) {
            let mut beside: Vec<u32> = index.talkers_to(buyer);
            for &to in index.pairs.targets_of(buyer) {
                turned.entry(to).or_default().0 += 1;
                beside.push(to);
            }
            beside.sort_unstable();
            beside.dedup();
            beside.into_iter().for_each(|other| turned.entry(other).or_default().1 += 1);
        }
        let buyers_talking = taking.is_buyer.iter().filter(|is_buyer| **is_buyer).count() as f64;
        let average = buyers_talking / snapshot.accounts.len().max(1) as f64;
        let mut beside = BuyersBeside { turned: vec![], shares: vec![], affinity: vec![], partners: vec![] };
        for (place, (buyers_turned, buyers)) in turned {
            let account = snapshot.account(place);
            beside.turned.push((account, search::Interval::exact(buyers_turned as f32)));
            let mut partners: Vec<u32> = index.talkers_to(place);
            partners.extend_from_slice(index.pairs.targets_of(place));
            partners.sort_unstable();
            partners.dedup();
            let all = partners.len() as u64;
            if let Some(range) = engine::intervals::jeffreys_interval(u64::from(buyers).min(all), all, level) {
                let value = f64::from(buyers) / all as f64;
                let of = |by: f64| search::Interval {
                    value: (value / by) as f32,
                    lo: (range.lo / by) as f32,
                    hi: (range.hi / by) as f32,
                };
                beside.shares.push((account, of(1.0)));
                beside.affinity.push((account, of(average)));
                beside.partners.push(all);
            }
        }
        beside
    };
    Ok(tokio::task::spawn_blocking(work).await.expect("counting buyers does not panic"))
}
