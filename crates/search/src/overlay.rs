//! Columns that are not in the index: what people typed, and what belongs to one brand. They are laid over the index by
//! account and are in force with the next question.

use std::sync::{Arc, Mutex};

use model::AccountId;
use tantivy::index::SegmentId;

use crate::columns::{Columns, DenseEnds, DenseFacet, DenseRange};
use crate::document::{FacetColumn, Interval, RangeColumn};

/// Numbers of some creators; all others have none.
pub struct OverlayRange {
    pub column: RangeColumn,
    pub values: Vec<(AccountId, Interval)>,
}

/// Codes of some creators, as places in `names`. Where the index has a column of this name these stand in its place for
/// the creators named, and all others keep theirs.
pub struct OverlayFacet {
    pub column: FacetColumn,
    pub names: Vec<String>,
    pub values: Vec<(AccountId, Vec<u32>)>,
}

/// Columns laid over an index. Keep one for as long as nothing in it changes: what was worked out for it is kept with it.
#[derive(Default)]
pub struct Overlay {
    pub ranges: Vec<OverlayRange>,
    pub facets: Vec<OverlayFacet>,
    built: Mutex<Vec<(SegmentId, Arc<Laid>)>>,
}

/// An overlay on one part of the index.
pub(crate) struct Laid {
    pub(crate) ranges: Vec<(DenseRange, DenseEnds)>,
    pub(crate) facets: Vec<DenseFacet>,
}

/// Parts of the index for which an overlay is kept worked out.
const PARTS_KEPT_MAX: usize = 64;

impl Overlay {
    pub fn new(ranges: Vec<OverlayRange>, facets: Vec<OverlayFacet>) -> Overlay {
        Overlay { ranges, facets, built: Mutex::default() }
    }

    pub(crate) fn on(&self, columns: &Columns, rows: u32, base_facet: impl Fn(&str) -> Option<usize>) -> Arc<Laid> {
        let held = |built: &Vec<(SegmentId, Arc<Laid>)>| {
            built.iter().find(|(id, _)| *id == columns.id).map(|(_, laid)| laid.clone())
        };
        if let Some(laid) = held(&self.built.lock().expect("nobody panics while holding it")) {
            return laid;
        }
        let laid = Arc::new(Laid {
            ranges: self.ranges.iter().map(|range| lay_range(range, columns, rows)).collect(),
            facets: self
                .facets
                .iter()
                .map(|facet| {
                    let base = base_facet(facet.column.name).map(|place| columns.facet(place));
                    lay_facet(facet, base, columns, rows)
                })
                .collect(),
        });
        let mut built = self.built.lock().expect("nobody panics while holding it");
        if built.len() >= PARTS_KEPT_MAX {
            built.clear();
        }
        built.push((columns.id, laid.clone()));
        laid
    }
}

fn lay_range(range: &OverlayRange, columns: &Columns, rows: u32) -> (DenseRange, DenseEnds) {
    let unknown = || vec![f32::NAN; rows as usize];
    let (mut value, mut lo, mut hi) = (unknown(), unknown(), unknown());
    for (account, interval) in &range.values {
        for row in columns.row_of(*account) {
            let row = row as usize;
            (value[row], lo[row], hi[row]) = (interval.value, interval.lo, interval.hi);
        }
    }
    (DenseRange::of(value, &range.column), DenseEnds { lo, hi })
}

fn lay_facet(facet: &OverlayFacet, base: Option<&DenseFacet>, columns: &Columns, rows: u32) -> DenseFacet {
    let mut own: Vec<(u32, &[u32])> = vec![];
    for (account, codes) in &facet.values {
        own.extend(columns.row_of(*account).map(|row| (row, codes.as_slice())));
    }
    own.sort_unstable_by_key(|(row, _)| *row);
    let mut names = base.map_or_else(Vec::new, |base| base.names.clone());
    let places: Vec<u32> = facet
        .names
        .iter()
        .map(|name| {
            let held = names.iter().position(|held| held == name);
            held.unwrap_or_else(|| {
                names.push(name.clone());
                names.len() - 1
            }) as u32
        })
        .collect();
    let mut next = own.into_iter().peekable();
    let codes = (0..rows).map(|row| match next.next_if(|(own, _)| *own == row) {
        Some((_, codes)) => {
            while next.next_if(|(own, _)| *own == row).is_some() {}
            codes.iter().map(|&code| places[code as usize]).collect()
        }
        None => base.map_or_else(Vec::new, |base| base.codes_of(row).to_vec()),
    });
    DenseFacet::of(names, codes)
}
