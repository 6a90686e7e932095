//! The numbers and codes of creators found, as they stand in the columns.

use model::AccountId;

use crate::document::Interval;
use crate::error::SearchError;
use crate::filters::{At, Part, find_column};
use crate::find::Hit;
use crate::index::Generation;
use crate::overlay::Overlay;

/// What one column says of a creator.
#[derive(Clone, PartialEq, Debug)]
pub enum Values {
    /// `None`: not known.
    Number(Option<Interval>),
    Codes(Vec<String>),
}

/// What these columns say of each creator found, in the order of both.
pub fn values(
    generation: &Generation,
    overlay: Option<&Overlay>,
    hits: &[Hit],
    columns: &[&str],
) -> Result<Vec<Vec<Values>>, SearchError> {
    let ats: Vec<At> =
        columns.iter().map(|column| find_column(generation, overlay, column)).collect::<Result<_, _>>()?;
    let parts: Vec<Part<'_>> =
        (0..generation.segments.len()).map(|place| Part::new(generation, place, overlay)).collect();
    let of = |hit: &Hit| ats.iter().map(|at| value(&parts[hit.segment as usize], *at, hit.row)).collect();
    Ok(hits.iter().map(of).collect())
}

/// What these columns say of these accounts, in the order of both; `None` for whoever is not held. Cost: a binary search an
/// account and part of the index.
pub fn values_of_accounts(
    generation: &Generation,
    accounts: &[AccountId],
    columns: &[&str],
) -> Result<Vec<Option<Vec<Values>>>, SearchError> {
    let ats: Vec<At> = columns.iter().map(|column| find_column(generation, None, column)).collect::<Result<_, _>>()?;
    let parts: Vec<Part<'_>> = (0..generation.segments.len()).map(|place| Part::new(generation, place, None)).collect();
    let of = |account: &AccountId| {
        let held = |part: &Part<'_>| {
            let row = part.segment.columns.row_of(*account).filter(|row| part.segment.is_alive(*row)).last()?;
            Some(ats.iter().map(|at| value(part, *at, row)).collect())
        };
        parts.iter().find_map(held)
    };
    Ok(accounts.iter().map(of).collect())
}

fn value(part: &Part<'_>, at: At, row: u32) -> Values {
    if let Some(range) = part.range(at) {
        let value = range.value[row as usize];
        let ends = part.ends(at).map(|ends| (ends.lo[row as usize], ends.hi[row as usize]));
        let (lo, hi) = ends.unwrap_or((value, value));
        return Values::Number((!value.is_nan()).then_some(Interval { value, lo, hi }));
    }
    let codes = part.facet(at).map_or(&[][..], |facet| facet.codes_of(row));
    let names = part.facet(at).map_or(&[][..], |facet| &facet.names);
    Values::Codes(codes.iter().map(|&code| names[code as usize].clone()).collect())
}
