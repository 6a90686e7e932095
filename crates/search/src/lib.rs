//! The derived index of creators: their words, columns to filter and count by, and the order of what is found.
//!
//! Words and columns lie in one index on disk, which can be deleted and is made again from facts. Filters, facet counts
//! and histograms are read from plain columns that are taken into memory the first time one is asked for. What people
//! type (lists, prices, corrections) and what belongs to one brand is laid over these columns as an [`Overlay`], so that
//! it is in force at once. This crate knows no formula and no name of a column; the program tells it which there are.

mod columns;
mod counts;
mod document;
mod error;
mod filters;
mod find;
mod index;
mod overlay;
mod shown;
mod text;
mod values;
mod words;

#[cfg(test)]
mod tests;

pub use counts::{Counts, FacetCounts, Histogram, count};
pub use document::{CreatorDocument, FacetColumn, Interval, Layout, RangeColumn};
pub use error::SearchError;
pub use filters::{Filter, Read};
pub use find::{Cursor, Found, Hit, Order, Request, all_accounts, find, find_plain};
pub use index::{Generation, SearchIndex, SearchWriter};
pub use overlay::{Overlay, OverlayFacet, OverlayRange};
pub use shown::{Passage, Piece, Shown, shown};
pub use text::{Alike, Item, Part, TextQuery, Understood, WordUnderstood};
pub use values::{Values, values, values_of_accounts};
pub use words::{Word, words_of};
