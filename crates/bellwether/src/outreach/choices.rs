//! What creators choose of several products, and where it is sent.
//!
//! An address is personal: it is sealed, shown to the team alone, held for ninety days after the deal ended, and gone at once when
//! the contact is forgotten.

use model::Timestamp;
use model::outreach::deals::{DealState, Party};
use store::outreach::choices::{ADDRESS_DAYS, ChoiceRow, NewChoice};
use store::outreach::deals::DealRow;

use super::deals::{DealShown, Terms};
use super::sealing::{seal, unseal};
use super::{OutreachError, one_line};
use crate::data_directory::DataDirectory;

const PRODUCTS_MAX: usize = 12;
const PRODUCT_LETTERS_MAX: usize = 200;
const ADDRESS_LETTERS_MAX: usize = 500;
const ADDRESS_LINES_MAX: usize = 10;
const SEALED_FOR: &str = "shipping";

/// Which product somebody wants.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Wanted {
    /// As the terms call it.
    Product(String),
    /// The brand chooses.
    Surprise,
}

/// What somebody chose, as they gave it.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct ChoiceGiven {
    pub wanted: Option<Wanted>,
    /// Empty: not given.
    pub address: String,
}

/// What was chosen in a deal.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ChoiceShown {
    /// `None`: the brand chooses.
    pub product: Option<String>,
    pub by: Party,
    pub at: Timestamp,
    pub address: Option<String>,
}

impl ChoiceShown {
    pub fn words(&self) -> String {
        self.product.clone().unwrap_or_else(|| "a surprise: you choose".to_owned())
    }
}

/// Products as they are kept: one a line, none twice.
pub fn product_lines(text: &str) -> Result<String, OutreachError> {
    let mut lines: Vec<String> = Vec::new();
    for line in text.lines() {
        let line = one_line("product", line, PRODUCT_LETTERS_MAX)?;
        if !line.is_empty() && !lines.iter().any(|held| held.to_lowercase() == line.to_lowercase()) {
            lines.push(line);
        }
    }
    if lines.len() > PRODUCTS_MAX {
        let problem = format!("there are more than {PRODUCTS_MAX} products to choose from; leave some out");
        return Err(OutreachError::Field { field: "product", problem });
    }
    Ok(lines.join("\n"))
}

fn address_lines(text: &str) -> Result<String, OutreachError> {
    let lines: Vec<String> = text
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
        .filter(|line| !line.is_empty())
        .collect();
    let address = lines.join("\n");
    if address.chars().count() > ADDRESS_LETTERS_MAX || lines.len() > ADDRESS_LINES_MAX {
        let problem = format!("it is longer than {ADDRESS_LETTERS_MAX} letters or {ADDRESS_LINES_MAX} lines");
        return Err(OutreachError::Field { field: "address", problem });
    }
    Ok(address)
}

fn kept(
    data: &DataDirectory,
    terms: &Terms,
    given: &ChoiceGiven,
    held: Option<&ChoiceShown>,
    by: Party,
) -> Result<Option<NewChoice>, OutreachError> {
    let products = terms.products();
    let address = address_lines(&given.address)?;
    let address = (!address.is_empty() && terms.is_sent()).then_some(address);
    let product = match (&given.wanted, products.as_slice()) {
        (_, []) => return Ok(None),
        (_, [one]) => (*one).to_owned(),
        (Some(Wanted::Surprise), _) => String::new(),
        (Some(Wanted::Product(named)), several) => {
            let found = several.iter().find(|product| product.to_lowercase() == named.trim().to_lowercase());
            let problem = || format!("{named:?} is not among the products; they are {}", several.join(", "));
            (*found.ok_or_else(|| OutreachError::Field { field: "wanted", problem: problem() })?).to_owned()
        }
        (None, _) => match held {
            Some(held) => held.product.clone().unwrap_or_default(),
            None => {
                let problem = "choose one of the products, or let the brand choose".to_owned();
                return Err(OutreachError::Field { field: "wanted", problem });
            }
        },
    };
    let sealed = address.map(|address| seal(&data.outreach_key, SEALED_FOR, &address));
    Ok(Some(NewChoice { product, party: by, address: sealed }))
}

/// What is kept when somebody accepts: a creator has to choose where there are several products; the brand, accepting their terms,
/// need not know.
pub fn on_accepting(
    data: &DataDirectory,
    terms: &Terms,
    given: &ChoiceGiven,
    by: Party,
) -> Result<Option<NewChoice>, OutreachError> {
    let says_nothing = given.wanted.is_none() && given.address.trim().is_empty();
    if says_nothing && (by == Party::Us || terms.products().len() < 2) {
        return Ok(None);
    }
    kept(data, terms, given, None, by)
}

/// Writes down, in an agreed deal that goes on, what was chosen or where it is sent; what is not given stays.
pub async fn choose(
    data: &DataDirectory,
    deal: &DealShown,
    given: &ChoiceGiven,
    by: Party,
) -> Result<(), OutreachError> {
    let Some(new) = kept(data, &deal.terms, given, deal.choice.as_ref(), by)? else {
        return Err(OutreachError::Refused("this deal is about no product: there is nothing to choose".to_owned()));
    };
    match data.store.keep_deal_choice(deal.row.id, &new, data.now()).await? {
        true => Ok(()),
        false => Err(OutreachError::Refused(format!(
            "this deal is {}: a product is chosen once both sides have agreed, and until it is settled\nhint: nothing was changed",
            deal.row.state.words()
        ))),
    }
}

/// What was chosen in a deal; an address past its time is not read any more.
pub async fn of_deal(data: &DataDirectory, deal: &DealRow) -> Result<Option<ChoiceShown>, OutreachError> {
    let Some(row) = data.store.deal_choice(deal.id).await? else { return Ok(None) };
    let is_over = matches!(deal.state, DealState::Settled | DealState::Withdrawn | DealState::Declined);
    let is_past = is_over && super::sequences::days_between(deal.state_since, data.now()) >= ADDRESS_DAYS;
    shown(data, row, is_past).map(Some)
}

/// What a contact chose in their deals, for whoever takes everything about them out: the deal, and what was chosen.
pub async fn of_contact(data: &DataDirectory, contact: i64) -> Result<Vec<(i64, ChoiceShown)>, OutreachError> {
    let mut found = Vec::new();
    for row in data.store.choices_of_contact(contact).await? {
        let deal = row.deal;
        found.push((deal, shown(data, row, false)?));
    }
    Ok(found)
}

fn shown(data: &DataDirectory, row: ChoiceRow, is_past: bool) -> Result<ChoiceShown, OutreachError> {
    let address = match row.address.filter(|_| !is_past) {
        Some(sealed) => Some(unseal(&data.outreach_key, SEALED_FOR, &sealed)?),
        None => None,
    };
    let product = (!row.product.is_empty()).then_some(row.product);
    Ok(ChoiceShown { product, by: row.party, at: row.chosen_at, address })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_keeps_its_lines_and_has_an_end() {
        assert_eq!(address_lines(" 1  Mill Lane \r\n\r\nBristol ").expect("fits"), "1 Mill Lane\nBristol");
        assert!(address_lines(&"x\n".repeat(11)).is_err());
        assert!(address_lines(&"x".repeat(501)).is_err());
    }

    #[test]
    fn too_many_products_are_no_choice() {
        let many: String = (0..13).map(|number| format!("product {number}\n")).collect();
        assert!(product_lines(&many).is_err());
        assert_eq!(product_lines("\n \n").expect("nothing"), "");
    }
}
