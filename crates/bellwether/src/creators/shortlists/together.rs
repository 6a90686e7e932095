//! What a list comes to: what its people should cost together, how many different people they reach, and how far their
//! audiences overlap; each told for those of whom it is known, with how many those are.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use engine::matching::audience::{AudienceKnown, AudienceSettings, AudiencesTogether, audiences_together};
use engine::matching::price::{PostFormat, PriceKind, PriceQuery};
use model::{AccountId, Currency, Estimate, Explanation, Grade, Timestamp, Unit};
use serde::Serialize;

use super::changes::ListsHeld;
use crate::creators::{CreatorName, CreatorsError};
use crate::data_directory::DataDirectory;
use crate::matching::prices::{Prices, prices};

/// The most whose audiences are put together at once.
pub const TOGETHER_MAX: usize = 50;
/// Audiences kept in memory.
const AUDIENCES_KEPT: usize = 8;
/// Creators whose fees are named one by one in a total's explanation.
const NAMED_MAX: usize = 50;

/// The audiences of up to fifty creators together.
#[derive(Clone, Serialize)]
pub struct ListTogether {
    /// Those around whom somebody is held, in the order they were asked for; places in `audiences` count these.
    pub among: Vec<AccountId>,
    /// Those around whom nobody is held: their audiences are not known, and not taken for empty.
    pub without: Vec<AccountId>,
    /// `None` where fewer than two are left.
    pub audiences: Option<AudiencesTogether>,
    /// Of the audiences added up, the part that is somebody counted again.
    pub counted_again: Option<Estimate>,
}

/// Puts the audiences of these creators together, the first fifty of them: everybody held who followed or turned to one.
/// Cost: one pass over interactions and a merge of the lists, then kept until the facts change.
pub async fn together(data: &DataDirectory, accounts: &[AccountId]) -> Result<Arc<ListTogether>, CreatorsError> {
    let mut met = HashSet::new();
    let accounts: Vec<AccountId> =
        accounts.iter().copied().filter(|account| met.insert(*account)).take(TOGETHER_MAX).collect();
    let revision = data.revision().await?;
    let counting = {
        let held = data.lists.lock().await;
        if let Some(known) = held.together(revision, &accounts) {
            return Ok(known);
        }
        held.counting.clone()
    };
    let _one_at_a_time = counting.lock().await;
    if let Some(known) = data.lists.lock().await.together(revision, &accounts) {
        return Ok(known);
    }
    let around: HashMap<AccountId, Vec<i64>> =
        data.lake.people_around(&accounts, data.now()).await?.into_iter().collect();
    let (among, without): (Vec<AccountId>, Vec<AccountId>) =
        accounts.iter().partition(|account| around.get(account).is_some_and(|people| !people.is_empty()));
    let audiences = match among.len() {
        0 | 1 => None,
        _ => {
            let settings = AudienceSettings { as_of: last_brought_in(data).await?, ..AudienceSettings::default() };
            let lists: Vec<Vec<i64>> =
                among.iter().map(|account| around.get(account).cloned().unwrap_or_default()).collect();
            let work = move || {
                let known: Vec<_> = lists.iter().map(|people| AudienceKnown::Complete(people)).collect();
                audiences_together(&known, &settings)
            };
            let found = tokio::task::spawn_blocking(work).await.expect("counting audiences does not panic");
            found.map_err(|error| tracing::warn!(%error, "audiences were not put together")).ok()
        }
    };
    let counted_again = audiences.as_ref().map(|found| counted_again(&found.combined.sum, &found.combined.distinct));
    let found = Arc::new(ListTogether { among, without, audiences, counted_again });
    let mut held = data.lists.lock().await;
    held.audiences.retain(|(of, _, _)| *of == revision);
    while held.audiences.len() >= AUDIENCES_KEPT {
        held.audiences.pop_front();
    }
    held.audiences.push_back((revision, accounts, found.clone()));
    Ok(found)
}

impl ListsHeld {
    fn together(&self, revision: i64, accounts: &[AccountId]) -> Option<Arc<ListTogether>> {
        let known = self.audiences.iter().find(|(of, people, _)| *of == revision && people == accounts);
        known.map(|(_, _, known)| known.clone())
    }
}

/// When facts last came in: the lists are those of that day. The day of the newest talk would need the whole conversation
/// graph, which takes seconds where none is in memory.
async fn last_brought_in(data: &DataDirectory) -> Result<Option<Timestamp>, CreatorsError> {
    Ok(data.store.last_brought_in().await?)
}

/// `(sum - distinct) / sum`: falls as `distinct` grows, so its ends are those of `distinct` the other way round.
fn counted_again(sum: &Estimate, distinct: &Estimate) -> Estimate {
    let (method, words) = ("counted again", "of the audiences added up, the part that is somebody counted again");
    let (Some(whole), Some(once)) = (sum.value, distinct.value) else {
        return Estimate::not_known(
            Unit::Share,
            method,
            distinct.n,
            &distinct.n_of,
            "how many different people is not known",
        );
    };
    let share = |people: Option<f64>| people.map(|people| ((whole - people) / whole).clamp(0.0, 1.0));
    let again =
        Explanation::leaf("counted again: added up, less the different people", Some(whole - once), Unit::Items);
    let explanation =
        Explanation::ratio(words, Unit::Share, again, Explanation::leaf("added up", Some(whole), Unit::Items));
    let value = (whole - once) / whole;
    let (lo, hi) = (share(distinct.hi).unwrap_or(value), share(distinct.lo).unwrap_or(value));
    let estimate =
        Estimate::known(value, lo.min(value), hi.max(value), distinct.n, &distinct.n_of, method, explanation);
    Estimate { as_of: distinct.as_of, version: distinct.version, ..estimate }.graded(distinct.grade)
}

/// What one post of each of some creators should cost together.
#[derive(Serialize)]
pub struct PriceTotals {
    /// Creators of whom a price in this currency is held.
    pub priced: u64,
    /// Those whose names are held: what is told below is told for these.
    pub creators: u64,
    pub currency: Currency,
    /// `None` where no price of any of them is held.
    pub of_priced: Option<Estimate>,
    /// All, those without a price of their own by what others cost and by published figures.
    pub of_all: Option<Estimate>,
}

/// A creator's expected fee.
struct Fee {
    account: AccountId,
    name: String,
    median: f64,
    lo: f64,
    hi: f64,
    grade: Grade,
    is_own: bool,
}

/// Adds up what one post of each should cost. Cost: 0.1 milliseconds a creator.
pub async fn price_totals(data: &DataDirectory, people: Vec<CreatorName>) -> Result<PriceTotals, CreatorsError> {
    let prices = prices(data).await?;
    let work = move || totals_of(&prices, &people);
    Ok(tokio::task::spawn_blocking(work).await.expect("adding fees up does not panic"))
}

fn totals_of(prices: &Prices, people: &[CreatorName]) -> PriceTotals {
    let currency = prices.settings.currency;
    let in_it: Vec<_> = prices.rows.iter().filter(|row| row.fee.currency == currency).collect();
    let own: HashSet<AccountId> = in_it.iter().map(|row| row.account).collect();
    let deals: HashSet<AccountId> =
        in_it.iter().filter(|row| row.kind == PriceKind::Deal.code()).map(|row| row.account).collect();
    let of_others = if in_it.is_empty() { Grade::D } else { Grade::C };
    let fee = |person: &CreatorName| {
        let query = query_of(person);
        let range = prices.model.price_range(&query);
        Fee {
            account: person.account,
            name: person.name.clone(),
            median: range.median,
            lo: range.lo,
            hi: range.hi,
            grade: if deals.contains(&person.account) { Grade::B } else { of_others },
            is_own: own.contains(&person.account),
        }
    };
    let fees: Vec<Fee> = people.iter().map(fee).collect();
    let (priced, others): (Vec<&Fee>, Vec<&Fee>) = fees.iter().partition(|fee| fee.is_own);
    let newest = in_it.iter().map(|row| row.dated_at).max();
    let unit = Unit::Money(currency);
    let of_priced = part("a price of their own is held", &priced, unit);
    let of_others = part("by what others cost and published figures", &others, unit);
    let all: Vec<&Fee> = fees.iter().collect();
    PriceTotals {
        priced: priced.len() as u64,
        creators: fees.len() as u64,
        currency,
        of_priced: total(&priced, of_priced.clone(), newest),
        of_all: total(&all, Explanation::sum("one post of each", unit, vec![of_priced, of_others]), newest),
    }
}

/// What a creator's next post costs is asked with.
pub fn query_of(person: &CreatorName) -> PriceQuery {
    PriceQuery {
        creator: person.account,
        platform: person.platform,
        followers: person.followers.and_then(|count| u64::try_from(count).ok()),
        format: PostFormat::Post,
        kind: PriceKind::Deal,
    }
}

fn part(words: &str, fees: &[&Fee], unit: Unit) -> Explanation {
    let words = format!("{} creators: {words}", fees.len());
    if fees.len() > NAMED_MAX {
        let sum = fees.iter().map(|fee| fee.median).sum();
        return Explanation::leaf(words, Some(sum), unit);
    }
    let named = |fee: &&Fee| {
        let link = format!("/matching/prices?creator={}", fee.account);
        let leaf = Explanation::leaf(format!("expected fee of {}", fee.name), Some(fee.median), unit);
        leaf.with_rows(1, "creator", Some(link))
    };
    Explanation::sum(words, unit, fees.iter().map(named).collect())
}

/// Medians added up, and so are the ends: right where all fees are off the same way, else wider than need be.
fn total(fees: &[&Fee], explanation: Explanation, newest: Option<Timestamp>) -> Option<Estimate> {
    let worst = fees.iter().map(|fee| fee.grade).reduce(Grade::worst)?;
    let sum = |part: fn(&Fee) -> f64| fees.iter().map(|fee| part(fee)).sum::<f64>();
    let (value, lo, hi) = (sum(|fee| fee.median), sum(|fee| fee.lo), sum(|fee| fee.hi));
    let explanation = explanation.with_formula(
        "expected fees added up; the ends are the ends of each added up, as if all were off the same way",
    );
    let estimate =
        Estimate::known(value, lo, hi, fees.len() as u64, "creators", "fees added up", explanation).graded(worst);
    Some(Estimate { as_of: newest, ..estimate })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fee(account: i64, median: f64, grade: Grade, is_own: bool) -> Fee {
        let name = format!("creator {account}");
        Fee { account: AccountId(account), name, median, lo: median / 2.0, hi: median * 3.0, grade, is_own }
    }

    #[test]
    fn a_total_adds_up_has_the_ends_of_its_parts_and_the_worst_grade() {
        let unit = Unit::Money(Currency::new("EUR").expect("a currency"));
        let fees = [fee(1, 20_000.0, Grade::B, true), fee(2, 10_000.0, Grade::D, false)];
        let all: Vec<&Fee> = fees.iter().collect();
        let found = total(&all, part("made up", &all, unit), None).expect("is known");
        assert_eq!((found.value, found.lo, found.hi), (Some(30_000.0), Some(15_000.0), Some(90_000.0)));
        assert_eq!((found.grade, found.n, found.unit), (Grade::D, 2, unit));
        assert!(found.explanation.adds_up());
        assert!(total(&[], part("nobody", &[], unit), None).is_none(), "nobody costs nothing known, not nothing");
    }

    #[test]
    fn who_is_counted_again_is_what_the_sum_has_beyond_the_different_people() {
        let people = |value: f64, lo: f64, hi: f64| {
            Estimate::known(value, lo, hi, 9, "people held", "m", Explanation::leaf("x", Some(value), Unit::People))
        };
        let found = counted_again(&people(200.0, 200.0, 200.0), &people(150.0, 140.0, 160.0));
        let rounded = |value: Option<f64>| value.map(|value| (value * 100.0).round());
        assert_eq!((rounded(found.value), rounded(found.lo), rounded(found.hi)), (Some(25.0), Some(20.0), Some(30.0)));
        assert!(found.explanation.adds_up());
    }
}
