//! The price model: the line is fitted once to all prices held, then asked for each creator in a fraction of a
//! millisecond.

use model::{AccountId, Timestamp};

use super::columns::{BASE, COLUMNS, Columns, add_square, columns, dot, places, prior_means, square_form};
use super::mixture::{Curve, Mixture, StudentTable};
use super::spreads::{Component, NOISE_FREEDOM, Sums, components};
use super::{PriceFact, PriceKind, PriceQuery, PriceSettings};

/// The fee to expect and the range that holds the next one with 90 %, in minor units.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct PriceRange {
    pub median: f64,
    pub lo: f64,
    pub hi: f64,
}

/// Everything known of what creators cost.
pub struct PriceModel {
    pub(super) settings: PriceSettings,
    pub(super) prior_means: Columns,
    pub(super) creators: Vec<CreatorRecord>,
    pub(super) facts: u64,
    pub(super) left_out: u64,
    /// Prices in which each column is not 0.
    pub(super) column_facts: [u64; COLUMNS],
    pub(super) newest: Option<Timestamp>,
    components: Vec<Component>,
    table: StudentTable,
}

/// What is held of one creator.
pub(super) struct CreatorRecord {
    pub(super) creator: AccountId,
    pub(super) facts: u64,
    pub(super) deals: u64,
    pub(super) newest_followers: Option<u64>,
    pub(super) columns_sum: Columns,
    pub(super) residual_sum: f64,
}

impl CreatorRecord {
    /// No price of this creator says how many followers there were.
    pub(super) fn is_without_size(&self) -> bool {
        self.facts > 0 && self.newest_followers.is_none()
    }
}

/// Where a query lies: its columns and the creator's own record.
pub(super) struct Place<'a> {
    pub(super) columns: Columns,
    pub(super) record: Option<&'a CreatorRecord>,
    /// Neither the query nor the record says how many followers there are.
    pub(super) without_size: bool,
}

/// The parts of the fee on the log scale, averaged over the spreads.
pub(super) struct LogParts {
    pub(super) effects: Columns,
    pub(super) own_record: f64,
    pub(super) prior_weight: f64,
}

impl PriceModel {
    /// Fits the model to the prices held.
    ///
    /// Formula: `ln fee = base + power x ln(followers / 30,000) (bent at 10,000 and 100,000) + platform + format + asked +
    /// creator + noise`; noise variance inverse gamma, all effects normal given it, the spread of creators, that of
    /// platforms and formats and the prior's width over the noise each on a grid (6 x 4 x 3) weighed by prior times
    /// marginal likelihood. The grid of creators' spread is laid anew around its best part until it no longer narrows.
    /// Inputs: `facts` in any order, 0 and up, in one currency; fees of 0 are left out and counted. A price without
    /// followers takes those of the creator's price nearest in time; a creator without any is pulled less hard.
    /// Output: the same bytes for facts in any order. Without facts the prior alone.
    /// Cost: O(facts + creators x grid), about 1 millisecond for none and 60 for 5,000 prices.
    /// Source: conjugate normal line with random intercepts, Gelman et al. 2013, Bayesian Data Analysis, 14.8 and 15.
    pub fn fit(facts: &[PriceFact], settings: &PriceSettings) -> PriceModel {
        let mut held: Vec<PriceFact> = facts.iter().copied().filter(|fact| fact.fee_minor_units > 0).collect();
        held.sort_unstable_by_key(|fact| {
            (fact.creator, fact.at, fact.platform, fact.format, fact.kind, fact.followers, fact.fee_minor_units)
        });
        let prior_means = prior_means(&settings.prior);
        let base = settings.base_minor_units().ln();
        let mut sums = Sums {
            gram: Box::new([[0.0; COLUMNS]; COLUMNS]),
            cross: [0.0; COLUMNS],
            squares: 0.0,
            facts: held.len() as f64,
        };
        let mut column_facts = [0; COLUMNS];
        let mut creators = Vec::new();
        for own in held.chunk_by(|a, b| a.creator == b.creator) {
            let mut record = CreatorRecord::of(own);
            for fact in own {
                let row = columns(fact.platform, nearest_followers(own, fact), fact.format, fact.kind);
                let residual = (fact.fee_minor_units as f64).ln() - base - dot(&row, &prior_means);
                add_square(&mut sums.gram, &row, 1.0);
                for column in places(&row) {
                    sums.cross[column] += row[column] * residual;
                    record.columns_sum[column] += row[column];
                    column_facts[column] += 1;
                }
                sums.squares += residual * residual;
                record.residual_sum += residual;
            }
            creators.push(record);
        }
        PriceModel {
            settings: *settings,
            prior_means,
            components: components(&sums, &creators, settings),
            creators,
            facts: held.len() as u64,
            left_out: (facts.len() - held.len()) as u64,
            column_facts,
            newest: held.iter().map(|fact| fact.at).max(),
            table: StudentTable::new(NOISE_FREEDOM + held.len() as f64),
        }
    }

    /// The fee to expect for this query and the range that holds the next such price with 90 %, without an explanation: a
    /// column for thousands of creators.
    ///
    /// Output: minor units, all above 0, `lo <= median <= hi`. Cost: O(grid), under 0.1 milliseconds.
    pub fn price_range(&self, query: &PriceQuery) -> PriceRange {
        let mixture = self.next_fee(&self.place(query));
        let fee = |probability: f64| mixture.quantile(probability).exp();
        PriceRange { median: fee(0.5), lo: fee(0.05), hi: fee(0.95) }
    }

    pub(super) fn place(&self, query: &PriceQuery) -> Place<'_> {
        let found = self.creators.binary_search_by_key(&query.creator, |record| record.creator);
        let record = found.ok().map(|at| &self.creators[at]);
        let followers = match record {
            // The record's level holds the size that nobody told: a count given now would count it twice.
            Some(record) => record.newest_followers.and(query.followers.or(record.newest_followers)),
            None => query.followers,
        };
        Place {
            columns: columns(query.platform, followers, query.format, query.kind),
            record,
            without_size: followers.is_none(),
        }
    }

    /// The distribution of the logarithm of the next fee.
    pub(super) fn next_fee(&self, place: &Place<'_>) -> Mixture<'_> {
        self.mixture(place, 1.0)
    }

    /// The distribution of the logarithm of what this creator usually takes: the next fee without the chance of one deal.
    pub(super) fn usual_fee(&self, place: &Place<'_>) -> Mixture<'_> {
        self.mixture(place, 0.0)
    }

    /// How far single deals lie from what is usual, on the log scale, averaged over the spreads.
    pub(super) fn noise_curves(&self, middle: f64) -> Mixture<'_> {
        let curve = |part: &Component| Curve { weight: part.weight, middle, scale: part.noise_variance.sqrt() };
        Mixture { table: &self.table, curves: self.components.iter().map(curve).collect() }
    }

    fn mixture(&self, place: &Place<'_>, noise: f64) -> Mixture<'_> {
        let level = self.settings.base_minor_units().ln() + dot(&place.columns, &self.prior_means);
        let curve = |component: &Component| {
            let own = component.own(place);
            let seen = places(&own.columns);
            let effects: f64 = seen.iter().map(|&column| own.columns[column] * component.effects[column]).sum();
            let variance = noise + own.variance_left + square_form(&component.spread, &own.columns, &seen);
            Curve {
                weight: component.weight,
                middle: level + effects + own.pulled_by,
                scale: (component.noise_variance * variance).sqrt(),
            }
        };
        Mixture { table: &self.table, curves: self.components.iter().map(curve).collect() }
    }

    pub(super) fn log_parts(&self, place: &Place<'_>) -> LogParts {
        let mut parts = LogParts { effects: [0.0; COLUMNS], own_record: 0.0, prior_weight: 0.0 };
        for component in &self.components {
            let own = component.own(place);
            for column in 0..COLUMNS {
                let effect = self.prior_means[column] + component.effects[column];
                parts.effects[column] += component.weight * place.columns[column] * effect;
            }
            // What the record says is told apart from the line that all creators share.
            let shared = dot(&place.columns, &component.effects);
            let pulled = dot(&own.columns, &component.effects) - shared + own.pulled_by;
            parts.own_record += component.weight * pulled;
            parts.prior_weight +=
                component.weight * dot(&own.columns, &component.spread[BASE]) / component.base_variance;
        }
        parts.prior_weight = parts.prior_weight.clamp(0.0, 1.0);
        parts
    }
}

/// What a creator's own record does under one component.
struct Own {
    /// The query's columns without the part that the record already tells.
    columns: Columns,
    pulled_by: f64,
    variance_left: f64,
}

impl Component {
    fn own(&self, place: &Place<'_>) -> Own {
        let without_size = if place.without_size { self.size_variance } else { 0.0 };
        let variance = self.creator_variance + without_size;
        let Some(record) = place.record else {
            return Own { columns: place.columns, pulled_by: 0.0, variance_left: variance };
        };
        let left = variance / (1.0 + record.facts as f64 * variance);
        let mut columns = place.columns;
        columns.iter_mut().zip(&record.columns_sum).for_each(|(column, sum)| *column -= left * sum);
        Own { columns, pulled_by: left * record.residual_sum, variance_left: left }
    }
}

impl CreatorRecord {
    fn of(own: &[PriceFact]) -> CreatorRecord {
        CreatorRecord {
            creator: own[0].creator,
            facts: own.len() as u64,
            deals: own.iter().filter(|fact| fact.kind == PriceKind::Deal).count() as u64,
            newest_followers: own.iter().rev().find_map(|fact| fact.followers),
            columns_sum: [0.0; COLUMNS],
            residual_sum: 0.0,
        }
    }
}

/// The followers of this price, else of the creator's price nearest in time, the earlier of two.
fn nearest_followers(own: &[PriceFact], fact: &PriceFact) -> Option<u64> {
    fact.followers.or_else(|| {
        let known = own.iter().filter(|other| other.followers.is_some());
        known.min_by_key(|other| other.at.0.abs_diff(fact.at.0)).and_then(|other| other.followers)
    })
}
