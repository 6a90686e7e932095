//! Orders from countries unlike the audience: a code that travels is used where the creator is hardly followed.
//!
//! Buyers are never spread quite like an audience, so a country only speaks when it has more orders than
//! `country_factor` times its share of the audience would bring (and never less than `country_share_min` of all
//! orders). The audience is first cut to the countries that the shop sells to. The chance of so many orders is a
//! binomial tail at that bar, times the number of countries that might have spoken: those the shop sells to, or all of
//! the world's. Source: Bonferroni 1936.

use std::collections::BTreeMap;

use super::chance::binomial_at_least;
use super::{CodeHistory, Country, LeakSettings, Redemption, Shop, Sign, SignFound, SignOutcome};

/// Country codes there are (ISO 3166-1).
const COUNTRIES: f64 = 249.0;

/// One country that has more orders than its bar.
struct Unlike {
    country: Country,
    orders: u64,
    /// The largest share of the orders that would still be like the audience.
    bar: f64,
    chance: f64,
}

pub(super) fn look(
    code: &CodeHistory<'_>,
    redemptions: &[&Redemption],
    shop: &Shop<'_>,
    settings: &LeakSettings,
) -> SignOutcome {
    let mut orders: BTreeMap<Country, u64> = BTreeMap::new();
    for country in redemptions.iter().filter_map(|redemption| redemption.country) {
        *orders.entry(country).or_default() += 1;
    }
    let known: u64 = orders.values().sum();
    let Some(audience) = audience_sold_to(code, shop) else {
        return SignOutcome::NotAssessed(
            "the countries of the audience are not known, or the shop sells to none of them".into(),
        );
    };
    if known == 0 {
        return SignOutcome::NotAssessed("no order with this code has a known country".into());
    }
    let looked_at = if shop.sells_to.is_empty() { COUNTRIES } else { shop.sells_to.len() as f64 };
    let judge = |(country, orders): (&Country, &u64)| {
        let share = audience.get(country).copied().unwrap_or(0.0);
        let bar = (settings.country_factor * share).max(settings.country_share_min.value()).min(1.0);
        let chance = (binomial_at_least(*orders, known, bar) * looked_at).min(1.0);
        Unlike { country: *country, orders: *orders, bar, chance }
    };
    let is_unlike =
        |found: &Unlike| found.orders >= settings.orders_min && found.chance <= settings.hint_false_alarm.value();
    let unlike: Vec<Unlike> = orders.iter().map(judge).filter(is_unlike).collect();
    let Some(strongest) = unlike.iter().min_by(|a, b| a.chance.total_cmp(&b.chance)) else {
        return SignOutcome::Clean;
    };
    let is_evidence = |country: Country| unlike.iter().any(|found| found.country == country);
    let evidence = redemptions.iter().filter(|redemption| redemption.country.is_some_and(is_evidence));
    let list: Vec<String> = unlike.iter().map(|found| format!("{} ({})", found.country, found.orders)).collect();
    SignOutcome::Found(SignFound {
        sign: Sign::UnlikeCountries,
        observed: unlike.iter().map(|found| found.orders).sum(),
        of: known,
        expected: Some(unlike.iter().map(|found| found.bar * known as f64).sum()),
        chance: Some(strongest.chance),
        orders: evidence.map(|redemption| redemption.order).collect(),
        words: format!(
            "of {known} orders with a known country many are from where the audience is not: {}",
            list.join(", ")
        ),
        formula: "binomial tail at a multiple of the audience's share, times the countries there are",
    })
}

/// The audience's shares among the countries that the shop sells to; `None` when nothing is known of them.
fn audience_sold_to(code: &CodeHistory<'_>, shop: &Shop<'_>) -> Option<BTreeMap<Country, f64>> {
    let mut shares: BTreeMap<Country, f64> = BTreeMap::new();
    for row in code.audience {
        *shares.entry(row.country).or_default() += row.share.value();
    }
    let all: f64 = shares.values().sum();
    shares.retain(|country, _| shop.sells_to.is_empty() || shop.sells_to.contains(country));
    let sold_to: f64 = shares.values().sum();
    // What the list leaves out of 1 is spread over other countries and stays their share.
    let base = if shop.sells_to.is_empty() { all.max(1.0) } else { sold_to };
    shares.values_mut().for_each(|share| *share /= base);
    (sold_to > 0.0).then_some(shares)
}
