//! The terms of a deal as a form: as they stand, as they were typed, and read again.

use model::Money;

use super::{Choice, typed, typed_or};
use crate::matching::fit::profile::{money_typed, typed_money};
use crate::outreach::OutreachError;
use crate::outreach::choices::{ChoiceGiven, ChoiceShown, Wanted};
use crate::outreach::deals::{Piece, Terms};
use crate::web::query::Pairs;

/// Rows for pieces beyond those that are there.
const EMPTY_ROWS: usize = 2;
const ROWS_MAX: usize = 20;

/// A row of the form for pieces of one kind.
pub struct PieceForm {
    pub number: usize,
    pub count: String,
    pub format: String,
    pub platform: String,
    pub draft_due_on: String,
    pub due_on: String,
}

/// The terms as fields.
pub struct TermsForm {
    pub fee: String,
    pub product: String,
    pub is_not_sent: bool,
    pub commission: String,
    pub usage: String,
    pub usage_days: String,
    pub is_paid_use: bool,
    pub exclusivity: String,
    pub exclusivity_days: String,
    pub payment_days: String,
    pub pieces: Vec<PieceForm>,
}

fn number(count: u32) -> String {
    if count == 0 { String::new() } else { count.to_string() }
}

impl TermsForm {
    /// The terms as they stand, with what was typed over them.
    pub fn of(terms: &Terms, given: &Pairs) -> TermsForm {
        let or = |key: &str, held: String| typed_or(given, key, &held);
        let commission = match terms.commission_basis_points {
            0 => String::new(),
            points => (f64::from(points) / 100.0).to_string(),
        };
        let rows = (terms.pieces.len() + EMPTY_ROWS).min(ROWS_MAX);
        let pieces = (0..rows).map(|at| {
            let piece = terms.pieces.get(at).cloned().unwrap_or_default();
            let or = |key: &str, held: String| typed_or(given, &format!("{key}-{at}"), &held);
            PieceForm {
                number: at,
                count: or("count", number(piece.count)),
                format: or("format", piece.format),
                platform: or("platform", piece.platform),
                draft_due_on: or("draft", piece.draft_due_on),
                due_on: or("due", piece.due_on),
            }
        });
        let was_typed = given.0.iter().any(|(key, _)| key == "fee");
        TermsForm {
            fee: or("fee", terms.fee.as_ref().map_or_else(String::new, money_typed)),
            product: or("product", terms.product.clone()),
            is_not_sent: if was_typed { given.one("is_not_sent").is_some() } else { terms.is_not_sent },
            commission: or("commission", commission),
            usage: or("usage", terms.usage.clone()),
            usage_days: or("usage_days", number(terms.usage_days)),
            is_paid_use: if was_typed { given.one("is_paid_use").is_some() } else { terms.is_paid_use },
            exclusivity: or("exclusivity", terms.exclusivity.clone()),
            exclusivity_days: or("exclusivity_days", number(terms.exclusivity_days)),
            payment_days: or("payment_days", terms.payment_days.to_string()),
            pieces: pieces.collect(),
        }
    }
}

fn fee_of(given: &Pairs) -> Result<Option<Money>, OutreachError> {
    typed_money(&typed(given, "fee")).map_err(|_| OutreachError::Field {
        field: "fee",
        problem: format!("{:?} is no amount such as 250 EUR", typed(given, "fee")),
    })
}

fn count_of(given: &Pairs, key: &str, field: &'static str) -> Result<u32, OutreachError> {
    match given.one(key) {
        None => Ok(0),
        Some(text) => {
            text.parse().map_err(|_| OutreachError::Field { field, problem: format!("{text:?} is no whole number") })
        }
    }
}

/// The terms a form gives.
pub fn read(given: &Pairs) -> Result<Terms, OutreachError> {
    let commission = typed(given, "commission").trim().trim_end_matches('%').trim().replace(',', ".");
    let commission_basis_points = match commission.as_str() {
        "" => 0,
        text => match text.parse::<f64>() {
            Ok(percent) if (0.0..=100.0).contains(&percent) => (percent * 100.0).round() as u32,
            _ => {
                let problem = format!("{text:?} is no share of a sale such as 10 or 12.5");
                return Err(OutreachError::Field { field: "commission", problem });
            }
        },
    };
    let mut pieces = Vec::new();
    for at in 0..ROWS_MAX {
        let of = |key: &str| typed(given, &format!("{key}-{at}")).trim().to_owned();
        let format = of("format");
        if format.is_empty() && of("count").is_empty() {
            continue;
        }
        pieces.push(Piece {
            count: count_of(given, &format!("count-{at}"), "pieces")?,
            format,
            platform: of("platform"),
            draft_due_on: of("draft"),
            due_on: of("due"),
        });
    }
    Ok(Terms {
        fee: fee_of(given)?,
        product: typed(given, "product"),
        is_not_sent: given.one("is_not_sent").is_some(),
        commission_basis_points,
        pieces,
        usage: typed(given, "usage"),
        usage_days: count_of(given, "usage_days", "usage_days")?,
        is_paid_use: given.one("is_paid_use").is_some(),
        exclusivity: typed(given, "exclusivity"),
        exclusivity_days: count_of(given, "exclusivity_days", "exclusivity_days")?,
        payment_days: count_of(given, "payment_days", "payment_days")?,
    })
}

/// What somebody chose of the products of an offer, as the forms of both sides ask for it.
pub fn choice_of(terms: &Terms, given: &Pairs) -> ChoiceGiven {
    let wanted = match given.one("wanted") {
        Some("surprise") => Some(Wanted::Surprise),
        Some(place) => {
            let product = place.parse::<usize>().ok().and_then(|place| terms.products().get(place).copied());
            Some(Wanted::Product(product.unwrap_or(place).to_owned()))
        }
        None => None,
    };
    ChoiceGiven { wanted, address: typed(given, "address") }
}

/// The products of an offer as they are chosen from, with where they are sent; nothing where there is nothing to say.
pub struct ChoiceForm {
    /// Several, or none: one alone is no choice.
    pub products: Vec<Choice>,
    pub is_surprise: bool,
    pub is_sent: bool,
    pub address: String,
}

impl ChoiceForm {
    pub fn of(terms: &Terms, held: Option<&ChoiceShown>, given: &Pairs) -> ChoiceForm {
        let products = terms.products();
        let typed_one = given.one("wanted");
        let of = |(place, product): (usize, &&str)| Choice {
            code: place.to_string(),
            words: (*product).to_owned(),
            chosen: match typed_one {
                Some(typed) => typed == place.to_string(),
                None => held.is_some_and(|held| held.product.as_deref() == Some(product)),
            },
        };
        ChoiceForm {
            products: match products.len() {
                0 | 1 => vec![],
                _ => products.iter().enumerate().map(of).collect(),
            },
            is_surprise: match typed_one {
                Some(typed) => typed == "surprise",
                None => held.is_some_and(|held| held.product.is_none()),
            },
            is_sent: terms.is_sent(),
            address: typed(given, "address"),
        }
    }

    pub fn asks(&self) -> bool {
        self.is_sent || !self.products.is_empty()
    }
}

/// What a creator may ask for otherwise: money, days, for how long it may be used. Everything else stays as it was offered.
pub fn read_counter(offered: &Terms, given: &Pairs) -> Result<Terms, OutreachError> {
    let mut terms = offered.clone();
    terms.fee = fee_of(given)?;
    terms.product = typed_or(given, "product", &offered.product);
    terms.usage_days = count_of(given, "usage_days", "usage_days")?;
    for (at, piece) in terms.pieces.iter_mut().enumerate() {
        piece.draft_due_on = typed(given, &format!("draft-{at}"));
        piece.due_on = typed(given, &format!("due-{at}"));
    }
    Ok(terms)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_drawn_from_terms_reads_as_the_same_terms() {
        let terms = Terms {
            fee: Money::new(25_050, "EUR").ok(),
            product: "a grinder\na kettle".to_owned(),
            is_not_sent: true,
            commission_basis_points: 1_250,
            pieces: vec![Piece {
                count: 2,
                format: "story".to_owned(),
                platform: "instagram".to_owned(),
                draft_due_on: "2026-03-01".to_owned(),
                due_on: "2026-03-08".to_owned(),
            }],
            usage: "own website".to_owned(),
            usage_days: 90,
            is_paid_use: true,
            exclusivity: "other grinders".to_owned(),
            exclusivity_days: 30,
            payment_days: 14,
        };
        let form = TermsForm::of(&terms, &Pairs::default());
        let mut given = Pairs::default()
            .with("fee", &form.fee)
            .with("product", &form.product)
            .with("is_not_sent", "yes")
            .with("commission", &form.commission)
            .with("usage", &form.usage)
            .with("usage_days", &form.usage_days)
            .with("is_paid_use", "yes")
            .with("exclusivity", &form.exclusivity)
            .with("exclusivity_days", &form.exclusivity_days)
            .with("payment_days", &form.payment_days);
        for piece in &form.pieces {
            let at = piece.number;
            given = given
                .with(&format!("count-{at}"), &piece.count)
                .with(&format!("format-{at}"), &piece.format)
                .with(&format!("platform-{at}"), &piece.platform)
                .with(&format!("draft-{at}"), &piece.draft_due_on)
                .with(&format!("due-{at}"), &piece.due_on);
        }
        assert_eq!(read(&given).expect("reads"), terms);
        let asked = given.with("fee", "300 EUR");
        let counter = read_counter(&terms, &asked).expect("reads");
        assert_eq!(counter, Terms { fee: Money::new(30_000, "EUR").ok(), ..terms });
    }
}
