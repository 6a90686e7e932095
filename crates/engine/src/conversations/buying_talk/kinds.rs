//! The kinds of buying talk, and which rule of the list speaks for which.

use serde::{Deserialize, Serialize};

use super::BuyingLevel;

/// What part a text takes in choosing or buying something. A text may be of several kinds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum BuyingKind {
    AsksAdvice,
    Recommends,
    Compares,
    AsksPrice,
    WhereToGet,
    Bought,
    Regrets,
}

impl BuyingKind {
    pub const ALL: [BuyingKind; 7] = [
        BuyingKind::AsksAdvice,
        BuyingKind::Recommends,
        BuyingKind::Compares,
        BuyingKind::AsksPrice,
        BuyingKind::WhereToGet,
        BuyingKind::Bought,
        BuyingKind::Regrets,
    ];

    pub fn words(self) -> &'static str {
        match self {
            BuyingKind::AsksAdvice => "asks what to choose",
            BuyingKind::Recommends => "recommends or warns",
            BuyingKind::Compares => "compares products",
            BuyingKind::AsksPrice => "asks or says the price",
            BuyingKind::WhereToGet => "asks or says where to get it",
            BuyingKind::Bought => "says they bought or will buy",
            BuyingKind::Regrets => "regrets it or is disappointed",
        }
    }

    /// The name in files of labels and weights.
    pub fn label(self) -> &'static str {
        match self {
            BuyingKind::AsksAdvice => "advice_asked",
            BuyingKind::Recommends => "recommendation",
            BuyingKind::Compares => "compares",
            BuyingKind::AsksPrice => "price",
            BuyingKind::WhereToGet => "where",
            BuyingKind::Bought => "bought",
            BuyingKind::Regrets => "regret",
        }
    }

    /// The kind that a rule of the list speaks for.
    pub(super) fn of_rule(rule: &str, level: BuyingLevel) -> Option<BuyingKind> {
        match level {
            BuyingLevel::NoBuyingTalk => None,
            BuyingLevel::AsksAdvice => Some(BuyingKind::AsksAdvice),
            BuyingLevel::ComparesProducts => Some(BuyingKind::Compares),
            BuyingLevel::AsksPrice if PRICE_RULES.contains(&rule) => Some(BuyingKind::AsksPrice),
            BuyingLevel::AsksPrice if WILL_BUY_RULES.contains(&rule) => Some(BuyingKind::Bought),
            BuyingLevel::AsksPrice => Some(BuyingKind::WhereToGet),
            BuyingLevel::Bought if REGRET_RULES.contains(&rule) => Some(BuyingKind::Regrets),
            BuyingLevel::Bought => Some(BuyingKind::Bought),
        }
    }
}

const PRICE_RULES: [&str; 8] = [
    "how-much-cost",
    "how-much-is",
    "how-expensive",
    "what-price",
    "price-question",
    "price-of",
    "discount",
    "on-sale",
];
const WILL_BUY_RULES: [&str; 3] = ["going-to-buy", "will-buy", "add-to-cart"];
const REGRET_RULES: [&str; 6] = ["regret", "returned-it", "sent-back", "refund", "money-back", "waste-of-money"];

/// The kinds somebody found in a text by reading it; none of them is an answer too.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize)]
pub struct BuyingLabels(u8);

/// A word that names no kind.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error(
    "{0:?} is not a kind of buying talk; known are none, advice_asked, recommendation, compares, price, where, bought and regret"
)]
pub struct UnknownKind(pub String);

impl BuyingLabels {
    /// Reads kinds as a file of labels writes them.
    ///
    /// ```
    /// use engine::conversations::buying_talk::{BuyingKind, BuyingLabels};
    /// let labels = BuyingLabels::parse("recommendation,where").unwrap();
    /// assert!(labels.holds(BuyingKind::WhereToGet) && !labels.holds(BuyingKind::Bought));
    /// assert!(BuyingLabels::parse("none").unwrap().is_none_of_them());
    /// ```
    pub fn parse(written: &str) -> Result<BuyingLabels, UnknownKind> {
        let mut labels = BuyingLabels::default();
        for name in written.split(',').map(str::trim).filter(|name| !matches!(*name, "" | "none")) {
            let kind = BuyingKind::ALL.into_iter().find(|kind| kind.label() == name);
            labels = labels.with(kind.ok_or_else(|| UnknownKind(name.to_owned()))?);
        }
        Ok(labels)
    }

    pub fn with(self, kind: BuyingKind) -> BuyingLabels {
        BuyingLabels(self.0 | 1 << kind as u8)
    }

    pub fn holds(self, kind: BuyingKind) -> bool {
        self.0 >> (kind as u8) & 1 == 1
    }

    pub fn is_none_of_them(self) -> bool {
        self.0 == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conversations::buying_talk::list::ENGLISH;

    #[test]
    fn every_rule_named_here_is_in_the_list() {
        for id in PRICE_RULES.iter().chain(&WILL_BUY_RULES).chain(&REGRET_RULES) {
            assert!(ENGLISH.rules.iter().any(|rule| rule.id == *id), "{id}");
        }
    }

    #[test]
    fn a_label_that_names_no_kind_is_refused_with_the_known_ones() {
        let problem = BuyingLabels::parse("where,praise").expect_err("praise is no kind");
        assert!(problem.to_string().contains("\"praise\" is not a kind"));
    }
}
