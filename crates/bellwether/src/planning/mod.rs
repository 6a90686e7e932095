//! Planning: which creators together for a budget, each person counted once, with a proof of how good the choice is.
//!
//! A plan is made from what is held, kept whole with everything it was made with, and never changed; asking otherwise makes
//! another. A campaign begins with a plan.

pub mod asked;
pub mod command;
pub mod made;
pub mod making;
pub mod material;
pub mod pages;
pub mod sharing;
pub mod testing;

use std::sync::Arc;

use engine::planning::{PLAN_VERSION, PlanError};
use model::{AccountId, Brand, Estimate, Money};
use serde::{Deserialize, Serialize};
use store::{
    CampaignCreatorRow, CampaignRow, NewCampaign, NewPlan, PlanCreatorRow, PlanListRow, PlanRole, PlanRow, StoreError,
};

use crate::creators::CreatorsError;
use crate::data_directory::{DataDirectory, DataDirectoryError};
use crate::matching::{self, MatchingError, prices};
use asked::{Agreed, Named, PlanAsked};
use made::PlanMade;
use making::Inputs;
use material::{Material, material};

/// How often a plan is made anew because facts moved on meanwhile.
const TRIES: usize = 3;

/// Why there is no plan.
#[derive(Debug, thiserror::Error)]
pub enum PlanningError {
    #[error("{field}: {problem}")]
    Field { field: &'static str, problem: String },
    #[error(transparent)]
    Plan(#[from] PlanError),
    #[error(
        "prices are estimated in {prices} and the budget is in {budget}\nhint: give the budget in {prices}, or estimate prices in {budget}: `bellwether matching prices --currency {budget}`"
    )]
    Currencies { prices: String, budget: String },
    #[error("who may be met could not be put together: {0}")]
    Audience(String),
    #[error("account {0} is to be in the plan and nothing about it is held")]
    NoCandidate(String),
    #[error(
        "there is no brand yet, and a plan is for a brand\nhint: `bellwether matching brand NAME --keyword …` makes one"
    )]
    NoBrand,
    #[error("nobody is left to choose from: {0}")]
    NobodyLeft(String),
    #[error(
        "facts came in while the plan was made, again and again\nhint: wait until the import or refresh has ended and plan again"
    )]
    FactsMoved,
    #[error("there is no plan {0}\nhint: `bellwether planning list` lists them")]
    NoSuchPlan(String),
    #[error("there is no campaign {0}\nhint: `bellwether planning campaigns` lists them")]
    NoSuchCampaign(i64),
    #[error("the brand has a campaign {0:?} already\nhint: make the plan under another campaign name")]
    CampaignThere(String),
    #[error("2 to 4 plans can be compared, {0} were named")]
    Compared(usize),
    #[error(transparent)]
    Test(#[from] testing::TestError),
    #[error("what earlier campaigns taught cannot be read: {0}")]
    Measurement(#[from] Box<crate::measurement::MeasurementError>),
    #[error(transparent)]
    Matching(#[from] MatchingError),
    #[error(transparent)]
    Creators(#[from] CreatorsError),
    #[error(transparent)]
    Data(#[from] DataDirectoryError),
    #[error(transparent)]
    Lake(#[from] lake::LakeError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<crate::creators::LakeOrStore> for PlanningError {
    fn from(error: crate::creators::LakeOrStore) -> Self {
        PlanningError::Creators(error.into())
    }
}

/// A plan with what was asked.
pub struct PlanShown {
    /// `None` while it is only tried.
    pub id: Option<i64>,
    pub brand: Brand,
    pub asked: PlanAsked,
    pub named: Named,
    pub made: PlanMade,
    pub made_at: model::Timestamp,
    /// Facts came in or went since it was made.
    pub is_old: bool,
}

/// The brand a plan is for: the one named, else the only or first one.
pub async fn brand_of(data: &DataDirectory, named: Option<&str>) -> Result<Brand, PlanningError> {
    match named {
        Some(name) => Ok(matching::brand(data, name).await?),
        None => data.store.brands().await?.into_iter().next().ok_or(PlanningError::NoBrand),
    }
}

/// The material of what is asked.
pub async fn material_for(
    data: &DataDirectory,
    brand: &Brand,
    asked: &PlanAsked,
    named: &Named,
) -> Result<Arc<Material>, PlanningError> {
    let mut also: Vec<AccountId> = named.must.clone();
    also.extend(named.agreed.iter().map(|agreed| agreed.account));
    material(data, brand, asked.from, asked.candidates_max, &also).await
}

/// What a plan is computed from.
pub async fn inputs(
    data: &DataDirectory,
    brand: &Brand,
    asked: &PlanAsked,
    named: &Named,
) -> Result<Inputs, PlanningError> {
    let material = material_for(data, brand, asked, named).await?;
    let prices = prices::prices_in(data, asked.budget.currency).await?;
    Ok(Inputs { asked: asked.clone(), named: named.clone(), material, prices })
}

/// Makes a plan and keeps nothing.
pub async fn try_plan(
    data: &DataDirectory,
    brand: Brand,
    asked: PlanAsked,
    named: Named,
) -> Result<PlanShown, PlanningError> {
    let inputs = inputs(data, &brand, &asked, &named).await?;
    let work = move || making::make(&inputs);
    let made = tokio::task::spawn_blocking(work).await.expect("planning does not panic")?;
    Ok(PlanShown { id: None, brand, asked, named, made, made_at: data.now(), is_old: false })
}

/// Makes a plan and keeps it.
pub async fn create(
    data: &DataDirectory,
    brand: Brand,
    asked: PlanAsked,
    named: Named,
) -> Result<PlanShown, PlanningError> {
    let currency = asked.budget.currency;
    for _ in 0..TRIES {
        let revision = data.revision().await?;
        let mut shown = try_plan(data, brand.clone(), asked.clone(), named.clone()).await?;
        let kept = Kept::of(&shown);
        if let Some(id) = data.store.keep_plan(&kept.new_plan(&shown, revision), shown.made_at).await? {
            prices::begin_with(data, currency).await?;
            shown.id = Some(id);
            return Ok(shown);
        }
    }
    Err(PlanningError::FactsMoved)
}

/// A plan as it is written down.
struct Kept {
    asked: String,
    made: String,
    summary: String,
    creators: Vec<PlanCreatorRow>,
}

impl Kept {
    fn of(shown: &PlanShown) -> Kept {
        let summary = PlanSummary {
            budget: shown.asked.budget,
            creators: shown.made.picks.len(),
            reached: shown.made.told.reached_at_least[0].clone(),
            ratio: shown.made.ratio,
        };
        Kept {
            asked: json(&shown.asked),
            made: json(&shown.made),
            summary: json(&summary),
            creators: creators_of(shown),
        }
    }

    fn new_plan<'a>(&'a self, shown: &'a PlanShown, data_revision: i64) -> NewPlan<'a> {
        NewPlan {
            brand: shown.brand.id,
            campaign: &shown.asked.campaign,
            asked: &self.asked,
            made: &self.made,
            summary: &self.summary,
            version: PLAN_VERSION,
            data_revision,
            creators: &self.creators,
        }
    }
}

fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).expect("a plan serialises")
}

/// Whom a plan names, as rows.
fn creators_of(shown: &PlanShown) -> Vec<PlanCreatorRow> {
    let row = |account: AccountId, role: PlanRole| PlanCreatorRow {
        account,
        role,
        pair: 0,
        format: String::new(),
        fee_minor_units: None,
    };
    let named = &shown.named;
    let picks = shown.made.picks.iter().map(|pick| PlanCreatorRow {
        format: pick.format.code().to_owned(),
        fee_minor_units: pick.fee.value.map(|fee| fee.round() as i64),
        ..row(pick.account, PlanRole::Pick)
    });
    let mut rows: Vec<PlanCreatorRow> = picks.collect();
    rows.extend(named.must.iter().map(|account| row(*account, PlanRole::Must)));
    rows.extend(named.never.iter().map(|account| row(*account, PlanRole::Never)));
    rows.extend(named.agreed.iter().map(|agreed| PlanCreatorRow {
        fee_minor_units: Some(agreed.fee_minor_units),
        ..row(agreed.account, PlanRole::Agreed)
    }));
    for ((one, other), pair) in named.apart.iter().zip(1i64..) {
        rows.extend([one, other].map(|account| PlanCreatorRow { pair, ..row(*account, PlanRole::Apart) }));
    }
    rows
}

fn named_of(rows: &[PlanCreatorRow]) -> Named {
    let of = |role: PlanRole| rows.iter().filter(move |row| row.role == role);
    let mut named = Named {
        must: of(PlanRole::Must).map(|row| row.account).collect(),
        never: of(PlanRole::Never).map(|row| row.account).collect(),
        agreed: of(PlanRole::Agreed)
            .map(|row| Agreed { account: row.account, fee_minor_units: row.fee_minor_units.unwrap_or(0) })
            .collect(),
        apart: vec![],
    };
    let mut pairs: std::collections::BTreeMap<i64, Vec<AccountId>> = std::collections::BTreeMap::new();
    of(PlanRole::Apart).for_each(|row| pairs.entry(row.pair).or_default().push(row.account));
    named.apart = pairs.into_values().filter_map(|pair| Some((*pair.first()?, *pair.get(1)?))).collect();
    named
}

/// A plan that was kept; one that named somebody who has been forgotten since is made anew.
pub async fn show(data: &DataDirectory, id: i64) -> Result<PlanShown, PlanningError> {
    let row = data.store.plan(id).await?.ok_or_else(|| PlanningError::NoSuchPlan(id.to_string()))?;
    let unreadable = |problem: serde_json::Error| StoreError::Database {
        what: "a plan that was kept cannot be read",
        problem: problem.to_string(),
    };
    let brand = matching::brand(data, &row.brand).await?;
    let asked: PlanAsked = serde_json::from_str(&row.asked).map_err(unreadable)?;
    let named = named_of(&data.store.plan_creators(id).await?);
    let revision = data.revision().await?;
    let Some(made) = row.made.as_deref() else { return remake(data, &row, brand, asked, named).await };
    let made: PlanMade = serde_json::from_str(made).map_err(unreadable)?;
    let is_old = row.data_revision != revision;
    Ok(PlanShown { id: Some(id), brand, asked, named, made, made_at: row.made_at, is_old })
}

async fn remake(
    data: &DataDirectory,
    row: &PlanRow,
    brand: Brand,
    asked: PlanAsked,
    named: Named,
) -> Result<PlanShown, PlanningError> {
    for _ in 0..TRIES {
        let revision = data.revision().await?;
        let mut shown = try_plan(data, brand.clone(), asked.clone(), named.clone()).await?;
        let kept = Kept::of(&shown);
        if data.store.remake_plan(row.id, &kept.new_plan(&shown, revision), shown.made_at).await? {
            shown.id = Some(row.id);
            return Ok(shown);
        }
    }
    Err(PlanningError::FactsMoved)
}

/// What a list shows of a plan.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct PlanSummary {
    pub budget: Money,
    pub creators: usize,
    pub reached: Estimate,
    pub ratio: f64,
}

/// A plan in a list.
pub struct PlanListed {
    pub id: i64,
    pub brand: String,
    pub campaign: String,
    pub made_at: model::Timestamp,
    pub summary: PlanSummary,
    /// Somebody it named has been forgotten: it is made anew when it is opened.
    pub is_gone: bool,
}

/// Every plan, the newest first.
pub async fn plans(data: &DataDirectory) -> Result<Vec<PlanListed>, PlanningError> {
    let brands = data.store.brands().await?;
    let name = |id: &str| brands.iter().find(|brand| brand.id.to_string() == id).map(|brand| brand.name.clone());
    let listed = |row: PlanListRow| {
        Some(PlanListed {
            id: row.id,
            brand: name(&row.brand)?,
            campaign: row.campaign,
            made_at: row.made_at,
            summary: serde_json::from_str(&row.summary).ok()?,
            is_gone: row.is_gone,
        })
    };
    Ok(data.store.plans().await?.into_iter().filter_map(listed).collect())
}

/// Deletes a plan.
pub async fn delete(data: &DataDirectory, id: i64) -> Result<(), PlanningError> {
    match data.store.delete_plan(id).await? {
        true => Ok(()),
        false => Err(PlanningError::NoSuchPlan(id.to_string())),
    }
}

/// Begins the campaign a plan is for, with its creators; returns its number.
pub async fn begin_campaign(data: &DataDirectory, id: i64) -> Result<i64, PlanningError> {
    let shown = show(data, id).await?;
    let creator = |pick: &made::PickMade| CampaignCreatorRow {
        account: pick.account,
        format: pick.format.code().to_owned(),
        posts: shown.asked.posts,
        fee_minor_units: pick.fee.value.map(|fee| fee.round() as i64),
        is_agreed: pick.is_agreed,
    };
    let creators: Vec<CampaignCreatorRow> = shown.made.picks.iter().map(creator).collect();
    let new = NewCampaign {
        brand: shown.brand.id,
        name: &shown.asked.campaign,
        plan: id,
        starts_on: shown.asked.starts_on.as_deref(),
        ends_on: shown.asked.ends_on.as_deref(),
        budget: shown.asked.budget,
        creators: &creators,
    };
    let begun = data.store.begin_campaign(&new, data.now()).await?;
    begun.ok_or_else(|| PlanningError::CampaignThere(shown.asked.campaign.clone()))
}

/// A campaign with its creators.
pub async fn campaign(data: &DataDirectory, id: i64) -> Result<(CampaignRow, Vec<CampaignCreatorRow>), PlanningError> {
    let row = data.store.campaign(id).await?.ok_or(PlanningError::NoSuchCampaign(id))?;
    let creators = data.store.campaign_creators(id).await?;
    Ok((row, creators))
}
