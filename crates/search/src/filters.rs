//! Filters: which creators are kept, by codes and by numbers with their intervals.

use std::sync::Arc;

use crate::columns::{DenseEnds, DenseFacet, DenseRange, Segment};
use crate::error::SearchError;
use crate::index::Generation;
use crate::overlay::{Laid, Overlay};

/// How a number with an interval is read by a filter.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Read {
    /// The value itself lies in the range.
    #[default]
    Probably,
    /// The whole interval does.
    Surely,
    /// Some of the interval does.
    Possibly,
}

/// One condition on a column.
#[derive(Clone, PartialEq, Debug)]
pub enum Filter {
    /// Creators with one of these codes and none of those; `not_known` lets those without any code pass.
    Codes { column: String, one_of: Vec<String>, none_of: Vec<String>, not_known: bool },
    /// Creators whose number lies in the range, both ends included; `not_known` lets those without a number pass.
    Range { column: String, from: Option<f32>, to: Option<f32>, read: Read, not_known: bool },
}

impl Filter {
    pub fn column(&self) -> &str {
        match self {
            Filter::Codes { column, .. } | Filter::Range { column, .. } => column,
        }
    }
}

/// Where a column is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum At {
    Range(usize),
    Facet(usize),
    LaidRange(usize),
    LaidFacet(usize),
}

/// Finds a column by its name; one of the overlay comes before one of the index.
pub(crate) fn find_column(generation: &Generation, overlay: Option<&Overlay>, name: &str) -> Result<At, SearchError> {
    let laid = overlay.and_then(|overlay| {
        let range = overlay.ranges.iter().position(|range| range.column.name == name).map(At::LaidRange);
        range.or_else(|| overlay.facets.iter().position(|facet| facet.column.name == name).map(At::LaidFacet))
    });
    let layout = &generation.layout;
    laid.or_else(|| layout.ranges.iter().position(|column| column.name == name).map(At::Range))
        .or_else(|| layout.facets.iter().position(|column| column.name == name).map(At::Facet))
        .ok_or_else(|| SearchError::NoSuchColumn(name.to_owned()))
}

/// The columns of one part with what is laid over them.
pub(crate) struct Part<'a> {
    pub(crate) segment: &'a Segment,
    pub(crate) laid: Option<Arc<Laid>>,
    has_ends: Vec<bool>,
}

impl<'a> Part<'a> {
    pub(crate) fn new(generation: &'a Generation, place: usize, overlay: Option<&Overlay>) -> Part<'a> {
        let segment = &generation.segments[place];
        let layout = &generation.layout;
        let base = |name: &str| layout.facets.iter().position(|column| column.name == name);
        let laid = overlay.map(|overlay| overlay.on(&segment.columns, segment.rows, base));
        Part { segment, laid, has_ends: layout.ranges.iter().map(|column| column.interval).collect() }
    }

    pub(crate) fn range(&self, at: At) -> Option<&DenseRange> {
        match at {
            At::Range(place) => Some(self.segment.columns.range(place)),
            At::LaidRange(place) => Some(&self.laid.as_ref()?.ranges[place].0),
            At::Facet(_) | At::LaidFacet(_) => None,
        }
    }

    pub(crate) fn ends(&self, at: At) -> Option<&DenseEnds> {
        match at {
            At::Range(place) if self.has_ends[place] => Some(self.segment.columns.ends(place)),
            At::LaidRange(place) => Some(&self.laid.as_ref()?.ranges[place].1),
            At::Range(_) | At::Facet(_) | At::LaidFacet(_) => None,
        }
    }

    pub(crate) fn facet(&self, at: At) -> Option<&DenseFacet> {
        match at {
            At::Facet(place) => Some(self.segment.columns.facet(place)),
            At::LaidFacet(place) => Some(&self.laid.as_ref()?.facets[place]),
            At::Range(_) | At::LaidRange(_) => None,
        }
    }
}

const WANTED: u8 = 1;
const UNWANTED: u8 = 2;

/// A filter made ready for one part.
pub(crate) enum Test<'a> {
    /// `read` says of every code whether it is wanted, unwanted or neither.
    Codes {
        facet: &'a DenseFacet,
        read: Vec<u8>,
        any: bool,
        not_known: bool,
    },
    Range {
        lower: &'a [f32],
        upper: &'a [f32],
        from: f32,
        to: f32,
        not_known: bool,
    },
}

impl<'a> Test<'a> {
    pub(crate) fn new(filter: &Filter, at: At, part: &'a Part<'_>) -> Result<Test<'a>, SearchError> {
        let misread = || SearchError::NoSuchColumn(filter.column().to_owned());
        match filter {
            Filter::Codes { one_of, none_of, not_known, .. } => {
                let facet = part.facet(at).ok_or_else(misread)?;
                let wanted = |name| u8::from(one_of.contains(name)) * WANTED;
                let unwanted = |name| u8::from(none_of.contains(name)) * UNWANTED;
                let read = facet.names.iter().map(|name| wanted(name) | unwanted(name)).collect();
                Ok(Test::Codes { facet, read, any: one_of.is_empty(), not_known: *not_known })
            }
            Filter::Range { from, to, read, not_known, .. } => {
                let value = part.range(at).ok_or_else(misread)?.value.as_slice();
                // Held against `from` stands the lower array, against `to` the upper one.
                let (lower, upper) = match (read, part.ends(at)) {
                    (Read::Probably, _) | (_, None) => (value, value),
                    (Read::Surely, Some(ends)) => (ends.lo.as_slice(), ends.hi.as_slice()),
                    (Read::Possibly, Some(ends)) => (ends.hi.as_slice(), ends.lo.as_slice()),
                };
                Ok(Test::Range {
                    lower,
                    upper,
                    from: from.unwrap_or(f32::NEG_INFINITY),
                    to: to.unwrap_or(f32::INFINITY),
                    not_known: *not_known,
                })
            }
        }
    }

    #[inline]
    pub(crate) fn passes(&self, row: u32) -> bool {
        match self {
            Test::Codes { facet, read, any, not_known } => {
                let codes = facet.codes_of(row);
                if codes.is_empty() {
                    return *not_known;
                }
                let together = codes.iter().fold(0, |together, &code| together | read[code as usize]);
                together & UNWANTED == 0 && (*any || together & WANTED != 0)
            }
            Test::Range { lower, upper, from, to, not_known } => {
                let row = row as usize;
                if lower[row].is_nan() { *not_known } else { lower[row] >= *from && upper[row] <= *to }
            }
        }
    }
}
