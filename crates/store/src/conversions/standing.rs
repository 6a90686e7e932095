//! What stands of an order, worked out of everything that was told of it; pure, and the order of telling changes nothing.

use super::{MoneyKind, Stated};

/// What stands of an order, of all that was told.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub(super) struct Standing {
    pub(super) best: Option<Stated>,
    pub(super) net_minor_units: Option<i64>,
    pub(super) is_disputed: bool,
}

/// Works out what stands; the order of what is given changes nothing.
pub(super) fn standing(mut stated: Vec<Stated>, money: &[(MoneyKind, i64, String)]) -> Standing {
    stated.sort_by_key(|one| {
        let text = serde_json::to_string(one).unwrap_or_default();
        (
            std::cmp::Reverse((one.version, one.cancelled_at.is_some(), one.is_paid)),
            one.amount_minor_units.unwrap_or(i64::MAX),
            text,
            one.customer_hash.clone(),
        )
    });
    let Some(mut best) = stated.first().cloned() else { return Standing::default() };
    let mut is_disputed = stated.iter().any(|other| {
        other.version == best.version
            && (other.amount_minor_units != best.amount_minor_units || other.currency != best.currency)
    });
    for other in &stated {
        best.is_test |= other.is_test;
        best.customer_hash = best.customer_hash.take().or_else(|| other.customer_hash.clone());
        best.country = best.country.take().or_else(|| other.country.clone());
        best.is_new_customer = best.is_new_customer.or(other.is_new_customer);
        if best.amount_minor_units.is_none() && other.amount_minor_units.is_some() {
            // Whoever says no amount says that the order is over, at that moment; it was made when it was told with one.
            (best.amount_minor_units, best.currency) = (other.amount_minor_units, other.currency.clone());
            best.at = other.at;
        }
    }
    let net_minor_units = best.amount_minor_units.map(|amount| {
        let sum = |kind: MoneyKind| {
            let own =
                money.iter().filter(|(one, _, currency)| *one == kind && Some(currency) == best.currency.as_ref());
            own.fold(0i64, |sum, (_, amount, _)| sum.saturating_add(*amount))
        };
        // Single refunds, a payment's total of them and a file's speak of the same money.
        let given_back =
            sum(MoneyKind::Refunded).min(sum(MoneyKind::RefundedTotal)).min(sum(MoneyKind::RefundedInFile));
        let rest = sum(MoneyKind::ChargedBack).saturating_add(sum(MoneyKind::Corrected));
        match best.cancelled_at {
            Some(_) => 0,
            None => amount.saturating_add(given_back).saturating_add(rest),
        }
    });
    is_disputed |= money
        .iter()
        .any(|(_, _, currency)| best.amount_minor_units.is_some() && Some(currency) != best.currency.as_ref());
    Standing { best: Some(best), net_minor_units, is_disputed }
}
