//! What a campaign cost with everything in it: fees and commission from its deals, the rest as somebody types it.

use std::collections::BTreeMap;

use engine::measurement::costs::{CostPart, CostParts, FullCost, full_cost};
use model::{Currency, Money};
use serde::{Deserialize, Serialize};
use store::outreach::deals::{DealFilter, DealRow};

use super::{MeasurementError, refused};
use crate::data_directory::DataDirectory;
use crate::matching::fit::profile::{money_typed, typed_money};
use crate::outreach::deals::Terms;

/// What deals do not tell. Empty is not known, and 0 is nothing.
#[derive(Clone, Copy, Default, PartialEq, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct StudyCosts {
    /// In place of the fees of deals.
    pub fee: Option<Money>,
    pub product_at_cost: Option<Money>,
    pub shipping: Option<Money>,
    /// In place of what deals' shares of sales come to.
    pub commission: Option<Money>,
    pub tools: Option<Money>,
    pub hours: Option<f64>,
    pub hourly_rate: Option<Money>,
}

/// The same as it is typed: a field's name and what stands in it.
pub type CostsGiven<'a> = &'a dyn Fn(&str) -> String;

/// The fields, in the order of the form: name, words.
pub const FIELDS: [(&str, &str); 7] = [
    ("fee", "Fees, in place of those of the deals"),
    ("product_at_cost", "Products, at what they cost you"),
    ("shipping", "Shipping"),
    ("commission", "Commission, in place of the deals’ shares of sales"),
    ("tools", "Share of tools and subscriptions"),
    ("hours", "Hours of own work"),
    ("hourly_rate", "What an hour costs"),
];

const HOURS_MAX: f64 = 100_000.0;

impl StudyCosts {
    /// Reads what was typed, in the study's currency.
    pub fn typed(given: CostsGiven<'_>, currency: Currency) -> Result<StudyCosts, MeasurementError> {
        let amount = |field: &'static str| -> Result<Option<Money>, MeasurementError> {
            let text = given(field);
            let text = text.trim();
            if text.is_empty() {
                return Ok(None);
            }
            if text.starts_with(['-', '\u{2212}']) {
                return Err(refused(field, "a cost is 0 or more"));
            }
            // Nothing is a cost like any other, though no price.
            let bare = text.trim_end_matches(|letter: char| letter.is_alphabetic()).trim().replace(',', ".");
            if bare.parse::<f64>().is_ok_and(|amount| amount == 0.0) && is_in(text, currency) {
                return Ok(Some(Money { minor_units: 0, currency }));
            }
            // An amount alone is in the currency of the study.
            let text = if text.contains(char::is_alphabetic) { text.to_owned() } else { format!("{text} {currency}") };
            let money = typed_money(&text)
                .map_err(|error| refused(field, error.to_string().lines().next().unwrap_or("").to_owned()))?;
            match money {
                Some(money) if money.currency != currency => {
                    Err(refused(field, format!("amounts of this measurement are in {currency}; convert it first")))
                }
                Some(money) if money.minor_units < 0 => Err(refused(field, "a cost is 0 or more")),
                money => Ok(money),
            }
        };
        let hours = match given("hours").trim() {
            "" => None,
            text => Some(
                text.replace(',', ".")
                    .parse::<f64>()
                    .ok()
                    .filter(|hours| (0.0..=HOURS_MAX).contains(hours))
                    .ok_or_else(|| refused("hours", format!("{text:?} is no number of hours")))?,
            ),
        };
        Ok(StudyCosts {
            fee: amount("fee")?,
            product_at_cost: amount("product_at_cost")?,
            shipping: amount("shipping")?,
            commission: amount("commission")?,
            tools: amount("tools")?,
            hours,
            hourly_rate: amount("hourly_rate")?,
        })
    }

    /// What stands in a field.
    pub fn in_field(&self, field: &str) -> String {
        let money = |money: &Option<Money>| money.as_ref().map(money_typed).unwrap_or_default();
        match field {
            "fee" => money(&self.fee),
            "product_at_cost" => money(&self.product_at_cost),
            "shipping" => money(&self.shipping),
            "commission" => money(&self.commission),
            "tools" => money(&self.tools),
            "hours" => self.hours.map(|hours| hours.to_string()).unwrap_or_default(),
            "hourly_rate" => money(&self.hourly_rate),
            _ => String::new(),
        }
    }
}

/// Whether an amount names no currency, or this one.
fn is_in(text: &str, currency: Currency) -> bool {
    let named = text.trim_start_matches(|letter: char| !letter.is_alphabetic());
    named.is_empty() || named.eq_ignore_ascii_case(&currency.to_string())
}

/// What deals of a campaign say of its cost.
#[derive(Clone, Default, PartialEq, Debug)]
pub struct OfDeals {
    /// Fee by contact, of agreed deals in the study's currency.
    pub fees: BTreeMap<i64, i64>,
    /// Share of sales in hundredths of a percent, by contact.
    pub shares: BTreeMap<i64, u32>,
    pub agreed: u64,
    /// Agreed deals without a fee: a product or a share of sales alone.
    pub without_fee: u64,
    pub remarks: Vec<String>,
}

/// Reads what a campaign's deals cost.
pub async fn of_deals(
    data: &DataDirectory,
    campaign: Option<i64>,
    currency: Currency,
) -> Result<(OfDeals, Vec<DealRow>), MeasurementError> {
    let Some(campaign) = campaign else { return Ok((OfDeals::default(), vec![])) };
    let filter = DealFilter { campaign: Some(campaign), ..DealFilter::default() };
    let rows = data.store.deals(&filter).await?;
    let mut found = OfDeals::default();
    for row in rows.iter().filter(|row| row.state.is_agreed()) {
        let Ok(terms) = serde_json::from_str::<Terms>(&row.terms) else {
            found.remarks.push(format!("the terms of deal {} cannot be read, so its fee is not in the sum", row.id));
            continue;
        };
        found.agreed += 1;
        match terms.fee {
            Some(fee) if fee.currency == currency => *found.fees.entry(row.contact).or_default() += fee.minor_units,
            Some(fee) => found.remarks.push(format!(
                "the fee of {} ({}) is in another currency and is not in the sum",
                super::by_number(row.contact),
                money_typed(&fee)
            )),
            None => {
                found.fees.entry(row.contact).or_default();
                found.without_fee += 1;
            }
        }
        if terms.commission_basis_points > 0 {
            let share = found.shares.entry(row.contact).or_default();
            *share = (*share).max(terms.commission_basis_points);
        }
    }
    Ok((found, rows))
}

/// What the whole campaign cost, what each of its creators did, and what was assumed.
pub struct Costed {
    pub all: FullCost,
    /// Own fee and commission, and an equal part of everything else; `None` where no fee of theirs is known.
    pub by_contact: BTreeMap<i64, FullCost>,
    pub remarks: Vec<String>,
}

/// Adds up. `credited` is what orders of each contact are worth in minor units.
pub fn costed(
    typed: &StudyCosts,
    deals: &OfDeals,
    credited: &BTreeMap<i64, i64>,
    contacts: &[i64],
    currency: Currency,
) -> Result<Costed, MeasurementError> {
    let money = |minor_units: i64| Money { minor_units, currency };
    let mut remarks = deals.remarks.clone();
    let fees = (deals.agreed > 0).then(|| money(deals.fees.values().sum()));
    let share_of = |contact: &i64| -> i64 {
        let points = deals.shares.get(contact).copied().unwrap_or(0);
        let value = credited.get(contact).copied().unwrap_or(0).max(0);
        (value as f64 * f64::from(points) / 10_000.0).round() as i64
    };
    let commission = (deals.agreed > 0).then(|| money(deals.shares.keys().map(share_of).sum()));
    if typed.fee.is_some() && fees.is_some() {
        remarks.push("the fees are as they were typed, not as the deals say".to_owned());
    }
    if deals.without_fee > 0 {
        let words = crate::web::format::counted(deals.without_fee, "deal has", "deals have");
        remarks.push(format!("{words} no fee; what they got is in the cost of products"));
    }
    let parts = CostParts {
        fee: typed.fee.or(fees),
        product_at_cost: typed.product_at_cost,
        shipping: typed.shipping,
        commission: typed.commission.or(commission),
        tools: typed.tools,
        hours: typed.hours,
        hourly_rate: typed.hourly_rate,
    };
    let all = full_cost(&parts).map_err(|error| refused("fee", error.to_string()))?;
    let heads = contacts.len().max(1) as i64;
    let each = |amount: Option<Money>| amount.map(|amount| money(amount.minor_units / heads));
    let mut by_contact = BTreeMap::new();
    for contact in contacts {
        let own = CostParts {
            fee: match typed.fee {
                Some(_) => each(typed.fee),
                None => deals.fees.get(contact).copied().map(money),
            },
            commission: match typed.commission {
                Some(_) => each(typed.commission),
                None => (deals.agreed > 0).then(|| money(share_of(contact))),
            },
            product_at_cost: each(typed.product_at_cost),
            shipping: each(typed.shipping),
            tools: each(typed.tools),
            hours: typed.hours.map(|hours| hours / heads as f64),
            hourly_rate: typed.hourly_rate,
        };
        let own = full_cost(&own).map_err(|error| refused("fee", error.to_string()))?;
        if !own.missing.contains(&CostPart::Fee) {
            by_contact.insert(*contact, own);
        }
    }
    if contacts.len() > 1 && all.parts.iter().any(|(part, _)| !matches!(part, CostPart::Fee | CostPart::Commission)) {
        remarks.push("products, shipping, tools and hours are shared out equally among creators".to_owned());
    }
    Ok(Costed { all, by_contact, remarks })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn euro(minor_units: i64) -> Money {
        Money::new(minor_units, "EUR").expect("money")
    }

    #[test]
    fn what_is_left_empty_is_missing_and_what_is_0_is_not() {
        let typed = |field: &str| match field {
            "shipping" => "0".to_owned(),
            "product_at_cost" => "120.50 EUR".to_owned(),
            _ => String::new(),
        };
        let currency = euro(0).currency;
        let costs = StudyCosts::typed(&typed, currency).expect("reads");
        assert_eq!((costs.shipping, costs.tools, costs.product_at_cost), (Some(euro(0)), None, Some(euro(12_050))));
        let deals = OfDeals {
            fees: BTreeMap::from([(1, 30_000), (2, 20_000)]),
            shares: BTreeMap::from([(1, 1_000)]),
            agreed: 2,
            ..OfDeals::default()
        };
        let costed = costed(&costs, &deals, &BTreeMap::from([(1, 5_000)]), &[1, 2, 3], currency).expect("adds up");
        assert_eq!(costed.all.total, Some(euro(30_000 + 20_000 + 500 + 12_050)));
        assert_eq!(costed.all.missing, [CostPart::Tools, CostPart::Hours]);
        assert_eq!(costed.by_contact[&1].total, Some(euro(30_000 + 500 + 4_016)));
        assert!(!costed.by_contact.contains_key(&3), "nothing is known of what the third got");
    }

    #[test]
    fn another_currency_or_a_cost_below_nothing_is_refused_at_its_field() {
        let currency = euro(0).currency;
        for (field, text) in [("tools", "5 USD"), ("fee", "-3"), ("hours", "many"), ("shipping", "x EUR")] {
            let typed = |asked: &str| if asked == field { text.to_owned() } else { String::new() };
            let error = StudyCosts::typed(&typed, currency).expect_err("refused");
            assert!(matches!(error, MeasurementError::Field { field: at, .. } if at == field), "{field} {error}");
        }
    }
}
