//! What is laid over the index: lists, stages and niches set by hand, and the numbers of the brand at hand.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use engine::intervals::jeffreys_interval;
use engine::matching::price::{PostFormat, PriceKind, PriceQuery};
use model::explanation::DEFAULT_LEVEL;
use model::{AccountId, Brand, BrandId, Ratio};
use search::{FacetColumn, Interval, Overlay, OverlayFacet, OverlayRange};

use super::asked::Asked;
use super::fields::{From, range_field};
use super::likeness::Likeness;
use crate::creators::CreatorsError;
use crate::data_directory::DataDirectory;
use crate::ingest::own_file::OwnKind;
use crate::matching;

/// Overlays made lately.
const HELD_MAX: usize = 4;

/// What an overlay was made from: the same again means the same overlay.
#[derive(Clone, PartialEq, Eq, Debug)]
struct LaidFrom {
    typed: i64,
    brand: Option<BrandId>,
    ranking: Option<i64>,
    alike: Option<AccountId>,
    /// Columns asked for, so that one nobody has a value in is there all the same.
    asked: Vec<&'static str>,
    revisions: (i64, Option<i64>),
}

/// Overlays made lately, the newest last.
#[derive(Default)]
pub struct OverlaysHeld(Vec<(LaidFrom, Arc<Overlay>)>);

/// The overlay for a search: what was typed, and what belongs to the brand where there is one.
pub async fn overlay(
    data: &DataDirectory,
    held: &tokio::sync::Mutex<OverlaysHeld>,
    brand: Option<&Brand>,
    asked: &Asked,
    likeness: &Likeness,
) -> Result<Arc<Overlay>, CreatorsError> {
    let ranking = match brand {
        Some(brand) => Some(matching::rank(data, brand.clone()).await?.ranking),
        None => None,
    };
    let from = LaidFrom {
        typed: data.store.typed_change().await?,
        brand: brand.map(|brand| brand.id),
        ranking: ranking.as_ref().map(|ranking| ranking.id),
        alike: asked.alike,
        asked: asked_columns(asked),
        revisions: (data.revision().await?, data.derived.revision().await?),
    };
    let mut held = held.lock().await;
    if let Some((_, overlay)) = held.0.iter().find(|(of, _)| *of == from) {
        return Ok(overlay.clone());
    }
    let mut facets = vec![list_facet(data).await?, stage_facet(data).await?, own_facet(data).await?];
    facets.extend(niche_facet(data).await?);
    let mut ranges = vec![];
    ranges.extend(price_range(data).await?);
    if let (Some(brand), Some(ranking)) = (brand, &ranking) {
        ranges.extend(brand_ranges(data, brand, ranking.id).await?);
    }
    if let Some(of) = asked.alike {
        ranges.push(range("alike", alike_by_topics(likeness, of)));
        ranges.push(range("shared_audience", shared_audience(data, of).await?));
    }
    for key in &from.asked {
        if !ranges.iter().any(|laid: &OverlayRange| laid.column.name == *key) {
            ranges.push(range(key, vec![]));
        }
    }
    let overlay = Arc::new(Overlay::new(ranges, facets));
    if held.0.len() >= HELD_MAX {
        held.0.remove(0);
    }
    held.0.push((from, overlay.clone()));
    Ok(overlay)
}

/// The numbers laid over the index that a search filters or orders by.
fn asked_columns(asked: &Asked) -> Vec<&'static str> {
    let fields = asked.ranges.iter().map(|range| range.field).chain(asked.sort.map(|(field, _)| field));
    let mut keys: Vec<&'static str> = fields.filter(|field| field.from != From::Index).map(|field| field.key).collect();
    keys.sort_unstable();
    keys.dedup();
    keys
}

async fn list_facet(data: &DataDirectory) -> Result<OverlayFacet, CreatorsError> {
    let lists = data.store.shortlists().await?;
    let place: HashMap<i64, u32> = lists.iter().zip(0..).map(|(list, place)| (list.id, place)).collect();
    let names = lists.iter().map(|list| list.id.to_string()).collect();
    let mut values: Vec<(AccountId, Vec<u32>)> = vec![];
    for (account, list) in data.store.everybody_on_lists().await? {
        let Some(&place) = place.get(&list) else { continue };
        match values.last_mut().filter(|(last, _)| *last == account) {
            Some((_, on)) => on.push(place),
            None => values.push((account, vec![place])),
        }
    }
    Ok(OverlayFacet { column: FacetColumn { name: "list" }, names, values })
}

async fn stage_facet(data: &DataDirectory) -> Result<OverlayFacet, CreatorsError> {
    let mut names: Vec<String> = vec![];
    let mut values = vec![];
    for (account, stage) in data.store.stages().await? {
        let place = names.iter().position(|name| *name == stage).unwrap_or_else(|| {
            names.push(stage);
            names.len() - 1
        });
        values.push((account, vec![place as u32]));
    }
    Ok(OverlayFacet { column: FacetColumn { name: "stage" }, names, values })
}

/// How creators are among the brand's own people, where that is sure or was confirmed.
async fn own_facet(data: &DataDirectory) -> Result<OverlayFacet, CreatorsError> {
    let names = OwnKind::ALL.map(|kind| kind.person().to_owned()).to_vec();
    let mut values: Vec<(AccountId, Vec<u32>)> = vec![];
    for (account, kind) in data.store.own_kinds(data.now()).await? {
        let Some(place) = OwnKind::ALL.iter().position(|known| known.code() == kind) else { continue };
        match values.last_mut().filter(|(last, _)| *last == account) {
            Some((_, kinds)) => kinds.push(place as u32),
            None => values.push((account, vec![place as u32])),
        }
    }
    Ok(OverlayFacet { column: FacetColumn { name: "own" }, names, values })
}

/// The niches of creators for whom any was set by hand: what was read, as corrected.
async fn niche_facet(data: &DataDirectory) -> Result<Option<OverlayFacet>, CreatorsError> {
    let corrections = data.store.niche_corrections().await?;
    if corrections.is_empty() {
        return Ok(None);
    }
    let mut by_account: BTreeMap<AccountId, Vec<store::NicheCorrection>> = BTreeMap::new();
    for correction in corrections {
        by_account.entry(correction.account).or_default().push(correction);
    }
    let accounts: Vec<AccountId> = by_account.keys().copied().collect();
    let mut read = super::niches::niches_read(data, &accounts).await?;
    let mut names: Vec<String> = vec![];
    let mut values = vec![];
    for (account, corrections) in by_account {
        let niches = super::niches::corrected(read.remove(&account).unwrap_or_default(), &corrections);
        let places = super::niches::filed_under(&niches).into_iter().map(|code| {
            names.iter().position(|name| *name == code).unwrap_or_else(|| {
                names.push(code);
                names.len() - 1
            }) as u32
        });
        let places = places.collect();
        values.push((account, places));
    }
    Ok(Some(OverlayFacet { column: FacetColumn { name: "niche" }, names, values }))
}

/// The numbers of a brand's ranking, and the share of buyers among everybody's talk partners.
async fn brand_ranges(data: &DataDirectory, brand: &Brand, ranking: i64) -> Result<Vec<OverlayRange>, CreatorsError> {
    let ranked = matching::ranked_numbers(data, ranking).await?;
    let listening = ranked.iter().map(|one| (one.account, one.listening)).collect();
    let beside = matching::buyers_among_partners(data, brand).await?;
    let fits = matching::fit::fits(data, brand).await?;
    let weights = matching::fit::weights_of(data, brand).await?;
    Ok(vec![
        range("listening", listening),
        range("buyers", beside.turned),
        range("buyer_share", beside.shares),
        range("affinity", beside.affinity),
        range("fit", fits.column(&weights)),
        range("fit_product", fits.part_column(|parts| &parts.product)),
        range("fit_values", fits.part_column(|parts| &parts.values)),
    ])
}

fn range(key: &str, values: Vec<(AccountId, Interval)>) -> OverlayRange {
    OverlayRange { column: range_field(key).expect("a column laid over the index").column(), values }
}

fn alike_by_topics(likeness: &Likeness, of: AccountId) -> Vec<(AccountId, Interval)> {
    likeness.alike_by_topics(of).into_iter().map(|(account, alike)| (account, Interval::exact(alike))).collect()
}

/// Of one creator's talk partners, the share that everybody else talks with too, with its Jeffreys interval. Cost: the
/// talk of these partners.
async fn shared_audience(data: &DataDirectory, of: AccountId) -> Result<Vec<(AccountId, Interval)>, CreatorsError> {
    let snapshot = data.snapshot().await?;
    let Some(place) = snapshot.place(of) else { return Ok(vec![]) };
    let work = move || {
        let index = &snapshot.index;
        let partners_of = |place: u32| {
            let mut partners: Vec<u32> = index.talkers_to(place);
            partners.extend_from_slice(index.pairs.targets_of(place));
            partners.sort_unstable();
            partners.dedup();
            partners
        };
        let partners = partners_of(place);
        let mut shared: HashMap<u32, u32> = HashMap::new();
        for &partner in &partners {
            partners_of(partner).into_iter().for_each(|other| *shared.entry(other).or_default() += 1);
        }
        let level = Ratio::new(DEFAULT_LEVEL).expect("the default level is a share");
        let all = partners.len() as u64;
        let share = |(other, count): (u32, u32)| {
            let range = jeffreys_interval(u64::from(count), all, level)?;
            let value = (f64::from(count) / all as f64) as f32;
            Some((snapshot.account(other), Interval { value, lo: range.lo as f32, hi: range.hi as f32 }))
        };
        shared.into_iter().filter(|(other, _)| *other != place).filter_map(share).collect()
    };
    Ok(tokio::task::spawn_blocking(work).await.expect("counting shared partners does not panic"))
}

/// What a post by each creator with a price should cost, in whole units of the currency prices are estimated in.
async fn price_range(data: &DataDirectory) -> Result<Option<OverlayRange>, CreatorsError> {
    let prices = matching::prices::prices(data).await?;
    if prices.rows.is_empty() {
        return Ok(None);
    }
    let mut accounts: Vec<AccountId> = prices.rows.iter().map(|row| row.account).collect();
    accounts.sort_unstable();
    accounts.dedup();
    let profiles = data.lake.profiles(Some(&accounts), data.now()).await?;
    let whole = 10f64.powi(prices.settings.currency.decimals() as i32);
    let values = profiles.iter().map(|profile| {
        let query = PriceQuery {
            creator: profile.account,
            platform: profile.platform,
            followers: profile.followers.and_then(|count| u64::try_from(count).ok()),
            format: PostFormat::Post,
            kind: PriceKind::Deal,
        };
        let fee = prices.model.price_range(&query);
        let of = |minor_units: f64| (minor_units / whole) as f32;
        (profile.account, Interval { value: of(fee.median), lo: of(fee.lo), hi: of(fee.hi) })
    });
    Ok(Some(range("price", values.collect())))
}
