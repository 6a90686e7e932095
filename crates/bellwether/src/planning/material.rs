//! What plans of a brand are made from: candidates with what they are filed under, and who may be met through each.
//!
//! Buyers are met with the chance of the listening model. Others around a creator (they followed or turned to them) are met
//! with the chance at which buyers who talked to that creator come back, which is the best that is known of them.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use engine::conversations::listening::{BuyerChances, Reading, chances};
use engine::planning::exposure::{Calibration, Listener, SeeingShare, reach_correction};
use engine::planning::{Label, LabelKind};
use model::{AccountId, Brand, Estimate, Grade, Timestamp};
use search::Values;

use super::PlanningError;
use super::asked::CandidatesFrom;
use crate::creators::{self, CreatorName, shortlists};
use crate::data_directory::DataDirectory;
use crate::matching;
use crate::matching::fit::{self, Fits, reading};
use crate::vetting::CreatorEstimates;
use crate::web::people::{platform_words, tier_code_words};

/// Chances below this are left out: they add up to nothing and cost memory.
const CHANCE_MIN: f32 = 1e-4;
/// How often somebody around a creator comes back where nothing is known, and how many people that is worth.
const OTHERS_CHANCE: f64 = 0.1;
const OTHERS_WEIGHT: f64 = 5.0;
/// No post is seen by everybody.
const SEEING_MAX: f64 = 0.95;
/// How far reach and views of earlier posts may be off for the next one.
const REACH_SPREAD: f64 = 0.33;
const VIEWS_SPREAD: f64 = 0.5;
/// Materials held.
const HELD_MAX: usize = 4;

/// One candidate.
pub struct CandidateHeld {
    pub account: AccountId,
    pub name: CreatorName,
    pub labels: Vec<Label>,
    /// By ascending place; buyers first, then others.
    pub listeners: Vec<Listener>,
    /// Buyers expected to turn to them; a sum of chances.
    pub buyers_expected: f64,
    /// Buyers who turned to them before.
    pub buyers_talking: u32,
    /// Others held who followed or turned to them.
    pub others: u64,
    /// How well they suit the brand, 0..=1, by the brand's weights; `None`: not known.
    pub fit: Option<f64>,
    /// What speaks against them and was not set aside.
    pub conflicts: Vec<String>,
    /// Share of their listeners who see one post, by reach or views of their own posts; `None`: not known.
    pub seeing: Option<SeeingShare>,
    /// Posts of earlier campaigns that `seeing` rests on; 0 where it rests on other posts of theirs.
    pub campaign_posts: usize,
}

/// What plans of a brand are made from.
pub struct Material {
    pub brand: Brand,
    /// People who meet the buyer definition, and those of them who talk.
    pub buyers: u64,
    /// Buyers have the places below this, others those from it on.
    pub buyers_known: usize,
    pub people: usize,
    pub candidates: Vec<CandidateHeld>,
    pub reading: Reading,
    /// How far single chances promise too many different people, by what came on the market's own last window.
    pub correction: Option<Calibration>,
    pub as_of: Option<Timestamp>,
    pub data_revision: i64,
    /// Where candidates came from, in words.
    pub from_words: String,
    /// What answered campaigns say of clicks and orders.
    pub learnt: Vec<Estimate>,
    /// The fits the candidates' own rest on; held, because a material is told from another by them.
    _fits: Arc<Fits>,
}

impl Material {
    pub fn place(&self, account: AccountId) -> Option<usize> {
        self.candidates.iter().position(|candidate| candidate.account == account)
    }

    /// Every label with how many candidates bear it, by kind and name.
    pub fn labels(&self) -> BTreeMap<Label, usize> {
        let mut counts = BTreeMap::new();
        for label in self.candidates.iter().flat_map(|candidate| &candidate.labels) {
            *counts.entry(label.clone()).or_default() += 1;
        }
        counts
    }
}

/// Materials made lately, the newest last.
#[derive(Default)]
pub struct MaterialsHeld {
    held: Vec<(String, Arc<Material>)>,
}

/// What a brand's plans are made from. `also` are looked at wherever they come from: agreed ones and those who must be in.
/// Cost: the brand's listening once more and a pass over interactions, then kept until something changes.
pub async fn material(
    data: &DataDirectory,
    brand: &Brand,
    from: CandidatesFrom,
    candidates_max: usize,
    also: &[AccountId],
) -> Result<Arc<Material>, PlanningError> {
    let revision = data.revision().await?;
    let members = match from {
        CandidatesFrom::Ranking => None,
        CandidatesFrom::List(list) => Some(shortlists::everybody(data, list).await?),
    };
    let fits = fit::fits(data, brand).await?;
    let weights = fit::weights_of(data, brand).await?;
    let seen_before = crate::measurement::learning::seen_by_posts(data).await.map_err(Box::new)?;
    let learnt = crate::measurement::learning::rates(data).await.map_err(Box::new)?;
    let told: std::collections::BTreeMap<i64, String> =
        seen_before.iter().map(|(account, seen)| (account.0, format!("{seen:?}"))).collect();
    let key = format!(
        "{} {:?} {revision} {:?} {from:?} {candidates_max} {members:?} {also:?} {weights} {told:?} {:?} {:p}",
        brand.id,
        brand.buyers,
        data.derived.revision().await?,
        learnt.iter().map(|one| (one.value, one.n)).collect::<Vec<_>>(),
        Arc::as_ptr(&fits)
    );
    if let Some(found) = data.materials.lock().await.held.iter().find(|(held, _)| *held == key) {
        return Ok(found.1.clone());
    }
    let (snapshot, groups) = data.market_groups().await.map_err(matching::MatchingError::from)?;
    let met = matching::buyer_accounts(data, brand).await?;
    let own = brand.buyers.own_accounts.iter().map(|own| AccountId::of(own.platform, "", &own.native_id));
    let mut excluded = snapshot.places(own.collect::<Vec<AccountId>>());
    excluded.sort_unstable();
    let buyers = snapshot.places(met.iter().copied());
    let on = snapshot.clone();
    let work = move || chances(&on.index, &on.model, &buyers, &excluded, &on.settings, CHANCE_MIN);
    let said: BuyerChances = tokio::task::spawn_blocking(work).await.expect("asking chances does not panic");
    let ranked: Vec<AccountId> = said.creators.iter().map(|creator| snapshot.account(creator.account)).collect();
    let mut accounts: Vec<AccountId> = match &members {
        Some(members) => members.iter().copied().take(candidates_max).collect(),
        None => ranked.iter().copied().take(candidates_max).collect(),
    };
    accounts.extend(also.iter().copied());
    let mut met_before = std::collections::HashSet::new();
    accounts.retain(|account| met_before.insert(*account));
    let mut names = creators::names(data, accounts.clone()).await?;
    accounts.retain(|account| names.contains_key(account));
    let around: HashMap<AccountId, Vec<i64>> =
        data.lake.people_around(&accounts, data.now()).await?.into_iter().collect();
    let mut labels = labels_of(data, &accounts).await?;
    for account in &accounts {
        if let Some(group) = snapshot.place(*account).and_then(|place| groups.group_of(place)) {
            let label = Label { kind: LabelKind::Group, name: group.called() };
            labels.entry(*account).or_default().push(label);
        }
    }
    let fitted: HashMap<AccountId, (Option<f64>, Vec<String>)> = fits
        .rows
        .iter()
        .filter(|row| met_before.contains(&row.account))
        .map(|row| {
            let standing = row.conflicts.iter().filter(|conflict| !conflict.aside);
            (row.account, (row.fit(&weights).estimate.value, standing.map(conflict_words).collect()))
        })
        .collect();
    let figures = data.derived.figures(&accounts).await?;
    let mut seen: HashMap<AccountId, SeeingShare> = figures
        .into_iter()
        .filter_map(|(account, figures)| {
            let followers = names.get(&account)?.followers.filter(|count| *count > 0)?;
            Some((account, seeing_of(&serde_json::from_str(&figures.detail).ok()?, followers)?))
        })
        .collect();
    // What a campaign of one's own reached goes before what other posts show.
    seen.extend(seen_before.iter().filter(|(account, _)| met_before.contains(account)).map(|(account, by_posts)| {
        let capped = |share: f64| share.clamp(0.001, SEEING_MAX);
        let (share, lo, hi) = (capped(by_posts.share), capped(by_posts.lo), capped(by_posts.hi));
        (*account, SeeingShare { share, lo, hi, grade: by_posts.grade })
    }));
    let from_words = match (from, &members) {
        (CandidatesFrom::List(list), Some(members)) => {
            let list = data.store.shortlist(list).await?;
            let name = list.map_or_else(String::new, |list| list.name);
            format!("the shortlist “{name}” ({} on it)", members.len())
        }
        _ => format!("the {} whom {}’s buyers listen to most", accounts.len(), brand.name),
    };
    let together = snapshot.model.held_out.as_ref().and_then(|held| held.together);
    let correction = together.and_then(|together| reach_correction(&together));
    let (as_of, reading) = (snapshot.as_of(), snapshot.model.reading());
    let (brand, buyers_met) = (brand.clone(), met.len() as u64);
    let work = move || {
        let buyer_accounts: Vec<AccountId> = said.buyers.iter().map(|place| snapshot.account(*place)).collect();
        let by_account: HashMap<AccountId, usize> =
            ranked.iter().enumerate().map(|(place, account)| (*account, place)).collect();
        let buyer_places: HashMap<i64, u32> =
            buyer_accounts.iter().zip(0u32..).map(|(account, place)| (account.0, place)).collect();
        let (returning, talking) = (said.creators.iter())
            .fold((0.0, 0.0), |(sum, count), one| (sum + one.returning, count + f64::from(one.talking)));
        let usual = (returning + OTHERS_CHANCE * OTHERS_WEIGHT) / (talking + OTHERS_WEIGHT);
        let mut other_places: HashMap<i64, u32> = HashMap::new();
        let candidates: Vec<CandidateHeld> = accounts
            .iter()
            .filter_map(|account| {
                let said = by_account.get(account).map(|place| &said.creators[*place]);
                let buyers_expected = said.map_or(0.0, |said| said.chances.iter().map(|(_, p)| f64::from(*p)).sum());
                let of_buyers = said.into_iter().flat_map(|said| &said.chances);
                let mut listeners: Vec<Listener> = of_buyers
                    .map(|(person, chance)| Listener { person: *person, chance: f64::from(*chance) })
                    .collect();
                let own = said.map_or((0.0, 0.0), |said| (said.returning, f64::from(said.talking)));
                let chance = (own.0 + usual * OTHERS_WEIGHT) / (own.1 + OTHERS_WEIGHT);
                let before = listeners.len();
                for person in around.get(account).into_iter().flatten() {
                    if *person != account.0 && !buyer_places.contains_key(person) {
                        let next = (buyer_accounts.len() + other_places.len()) as u32;
                        let person = *other_places.entry(*person).or_insert(next);
                        listeners.push(Listener { person, chance });
                    }
                }
                let others = (listeners.len() - before) as u64;
                listeners.sort_unstable_by_key(|listener| listener.person);
                let (fit, conflicts) = fitted.get(account).cloned().unwrap_or_default();
                Some(CandidateHeld {
                    account: *account,
                    name: names.remove(account)?,
                    labels: labels.remove(account).unwrap_or_default(),
                    listeners,
                    buyers_expected,
                    buyers_talking: said.map_or(0, |said| said.talking),
                    others,
                    fit,
                    conflicts,
                    seeing: seen.remove(account),
                    campaign_posts: seen_before.get(account).map_or(0, |seen| seen.posts),
                })
            })
            .collect();
        Material {
            brand,
            buyers: buyers_met,
            buyers_known: buyer_accounts.len(),
            people: buyer_accounts.len() + other_places.len(),
            candidates,
            reading,
            correction,
            as_of,
            data_revision: revision,
            from_words,
            learnt,
            _fits: fits,
        }
    };
    let made = Arc::new(tokio::task::spawn_blocking(work).await.expect("putting candidates together does not panic"));
    let mut held = data.materials.lock().await;
    if held.held.len() >= HELD_MAX {
        held.held.remove(0);
    }
    held.held.push((key, made.clone()));
    Ok(made)
}

/// Share of listeners who see one post: reach over followers, as engagement by followers over engagement by reach, a third
/// either way; else views over followers, which count strangers and repeats, half either way and never above 0.95.
fn seeing_of(held: &CreatorEstimates, followers: i64) -> Option<SeeingShare> {
    let around = |share: f64, spread: f64, grade: Grade| {
        let share = share.clamp(0.001, SEEING_MAX);
        let (lo, hi) = (share * (1.0 - spread), (share * (1.0 + spread)).min(SEEING_MAX));
        SeeingShare { share, lo, hi, grade }
    };
    if let (Some(by_followers), Some(by_reach)) = (held.by_followers.value, held.by_reach.value)
        && by_followers > 0.0
        && by_reach > 0.0
    {
        return Some(around(by_followers / by_reach, REACH_SPREAD, held.by_reach.grade));
    }
    let views = f64::from(held.counts.views_median.filter(|views| *views > 0.0)?);
    Some(around(views / followers as f64, VIEWS_SPREAD, Grade::C))
}

fn conflict_words(conflict: &reading::ConflictSeen) -> String {
    conflict.words.clone()
}

/// What a code of the search index is called.
pub fn words_of_code(kind: LabelKind, code: &str) -> String {
    match kind {
        LabelKind::Platform => platform_words(code),
        LabelKind::Tier => tier_code_words(code),
        LabelKind::Language => creators::search::language_words(code).unwrap_or_else(|| code.to_owned()),
        _ => creators::search::niches::words(code).unwrap_or_else(|| code.to_owned()),
    }
}

/// What candidates are filed under by the search index: platform, size class, language, niches.
async fn labels_of(
    data: &DataDirectory,
    accounts: &[AccountId],
) -> Result<HashMap<AccountId, Vec<Label>>, PlanningError> {
    const COLUMNS: [(&str, LabelKind); 4] = [
        ("platform", LabelKind::Platform),
        ("tier", LabelKind::Tier),
        ("language", LabelKind::Language),
        ("niche", LabelKind::Niche),
    ];
    let columns = COLUMNS.map(|(column, _)| column);
    let values = creators::search::values_of(data, accounts, &columns).await?;
    let of = |(account, values): (&AccountId, Option<Vec<Values>>)| {
        let labels = values.into_iter().flatten().zip(COLUMNS).flat_map(|(values, (_, kind))| match values {
            Values::Codes(codes) => codes.iter().map(|code| Label { kind, name: words_of_code(kind, code) }).collect(),
            Values::Number(_) => vec![],
        });
        (*account, labels.collect())
    };
    Ok(accounts.iter().zip(values).map(of).collect())
}

#[cfg(test)]
mod tests {
    use model::{Estimate, Explanation, Unit};

    use super::*;

    fn held(by_reach: Option<f64>, views: Option<f32>) -> CreatorEstimates {
        let none = || Estimate::not_known(Unit::Percent, "made up", 0, "posts", "not told");
        let known = |value: f64| {
            Estimate::known(
                value,
                value,
                value,
                9,
                "posts",
                "made up",
                Explanation::leaf("x", Some(value), Unit::Percent),
            )
        };
        CreatorEstimates {
            level: "not-known".to_owned(),
            reply_rate: none(),
            reply_rate_people: none(),
            reply_latency: none(),
            conversation_rate: none(),
            mutual_share: none(),
            by_followers: known(2.0),
            by_reach: by_reach.map_or_else(none, known),
            by_views: none(),
            comment_like_ratio: none(),
            counts: crate::vetting::CreatorCounts { views_median: views, ..Default::default() },
        }
    }

    #[test]
    fn who_sees_a_post_is_told_by_reach_before_views_and_not_at_all_without_either() {
        let share = |of| seeing_of(&of, 1_000).map(|seen: SeeingShare| (seen.share * 100.0).round());
        assert_eq!(share(held(Some(8.0), Some(700.0))), Some(25.0));
        assert_eq!(share(held(None, Some(700.0))), Some(70.0));
        assert_eq!(share(held(None, Some(70_000.0))), Some(95.0), "strangers see it too");
        assert_eq!(share(held(None, None)), None);
    }
}
