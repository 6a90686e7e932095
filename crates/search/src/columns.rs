//! Columns of one part of the index as plain arrays, taken into memory the first time one is asked for.

use std::sync::{Arc, OnceLock};

use model::AccountId;
use tantivy::SegmentReader;
use tantivy::fastfield::AliveBitSet;
use tantivy::index::SegmentId;

use crate::document::{Layout, RangeColumn};

/// The bin of values that are not known.
pub(crate) const BIN_UNKNOWN: u8 = u8::MAX;
/// The code of creators that have none.
pub(crate) const NO_CODE: u32 = u32::MAX;

/// A part of the index: its columns, and which of its creators are still there.
pub(crate) struct Segment {
    pub(crate) columns: Arc<Columns>,
    pub(crate) alive: Option<AliveBitSet>,
    pub(crate) rows: u32,
}

impl Segment {
    pub(crate) fn new(reader: &SegmentReader, columns: Arc<Columns>) -> Segment {
        Segment { columns, alive: reader.alive_bitset().cloned(), rows: reader.max_doc() }
    }

    pub(crate) fn is_alive(&self, row: u32) -> bool {
        self.alive.as_ref().is_none_or(|alive| alive.is_alive(row))
    }

    /// Every creator that is still there.
    pub(crate) fn alive_rows(&self) -> Vec<u32> {
        match &self.alive {
            None => (0..self.rows).collect(),
            Some(alive) => alive.iter_alive().collect(),
        }
    }
}

/// The columns of one part; a part never changes.
pub(crate) struct Columns {
    pub(crate) id: SegmentId,
    rows: u32,
    reader: SegmentReader,
    layout: Layout,
    accounts: OnceLock<Vec<i64>>,
    by_account: OnceLock<Vec<(i64, u32)>>,
    ranges: Vec<OnceLock<DenseRange>>,
    ends: Vec<OnceLock<DenseEnds>>,
    facets: Vec<OnceLock<DenseFacet>>,
}

/// A number of each creator, NaN where it is not known, and the bin it falls in.
pub(crate) struct DenseRange {
    pub(crate) value: Vec<f32>,
    pub(crate) bin: Vec<u8>,
}

/// Both ends of each creator's interval.
pub(crate) struct DenseEnds {
    pub(crate) lo: Vec<f32>,
    pub(crate) hi: Vec<f32>,
}

/// Codes of each creator: those of row `i` are `codes[offsets[i]..offsets[i + 1]]`, or the one `codes[i]` where nobody
/// has several.
pub(crate) struct DenseFacet {
    pub(crate) names: Vec<String>,
    pub(crate) offsets: Option<Vec<u32>>,
    pub(crate) codes: Vec<u32>,
}

impl DenseRange {
    pub(crate) fn of(value: Vec<f32>, column: &RangeColumn) -> DenseRange {
        let bin = value.iter().map(|&value| bin_of(value, &column.edges)).collect();
        DenseRange { value, bin }
    }
}

/// The bin of a value: how many edges are not above it.
pub(crate) fn bin_of(value: f32, edges: &[f32]) -> u8 {
    if value.is_nan() { BIN_UNKNOWN } else { edges.partition_point(|&edge| edge <= value) as u8 }
}

impl DenseFacet {
    #[inline]
    pub(crate) fn codes_of(&self, row: u32) -> &[u32] {
        let row = row as usize;
        match &self.offsets {
            Some(offsets) => &self.codes[offsets[row] as usize..offsets[row + 1] as usize],
            None if self.codes[row] == NO_CODE => &[],
            None => &self.codes[row..=row],
        }
    }

    /// From the codes of each row.
    pub(crate) fn of(names: Vec<String>, rows: impl Iterator<Item = Vec<u32>>) -> DenseFacet {
        let (mut offsets, mut codes) = (vec![0], vec![]);
        for row in rows {
            codes.extend(row);
            offsets.push(codes.len() as u32);
        }
        DenseFacet { names, offsets: Some(offsets), codes }
    }
}

impl Columns {
    pub(crate) fn new(reader: &SegmentReader, layout: &Layout) -> Columns {
        Columns {
            id: reader.segment_id(),
            rows: reader.max_doc(),
            reader: reader.clone(),
            layout: layout.clone(),
            accounts: OnceLock::new(),
            by_account: OnceLock::new(),
            ranges: layout.ranges.iter().map(|_| OnceLock::new()).collect(),
            ends: layout.ranges.iter().map(|_| OnceLock::new()).collect(),
            facets: layout.facets.iter().map(|_| OnceLock::new()).collect(),
        }
    }

    pub(crate) fn accounts(&self) -> &[i64] {
        self.accounts.get_or_init(|| match self.reader.fast_fields().i64("account") {
            Ok(column) => (0..self.rows).map(|row| column.first(row).unwrap_or(0)).collect(),
            Err(_) => vec![0; self.rows as usize],
        })
    }

    /// Where an account stands in this part, if it does; the last where one was replaced within the part.
    pub(crate) fn row_of(&self, account: AccountId) -> impl Iterator<Item = u32> + '_ {
        let by_account = self.by_account.get_or_init(|| {
            let mut rows: Vec<(i64, u32)> = self.accounts().iter().copied().zip(0..).collect();
            rows.sort_unstable();
            rows
        });
        let from = by_account.partition_point(|(held, _)| *held < account.0);
        by_account[from..].iter().take_while(move |(held, _)| *held == account.0).map(|(_, row)| *row)
    }

    pub(crate) fn range(&self, place: usize) -> &DenseRange {
        let column = &self.layout.ranges[place];
        self.ranges[place].get_or_init(|| DenseRange::of(self.numbers(column.name), column))
    }

    pub(crate) fn ends(&self, place: usize) -> &DenseEnds {
        let name = self.layout.ranges[place].name;
        self.ends[place].get_or_init(|| DenseEnds {
            lo: self.numbers(&format!("{name}_lo")),
            hi: self.numbers(&format!("{name}_hi")),
        })
    }

    pub(crate) fn facet(&self, place: usize) -> &DenseFacet {
        self.facets[place].get_or_init(|| self.codes(self.layout.facets[place].name))
    }

    fn numbers(&self, field: &str) -> Vec<f32> {
        let Ok(Some(column)) = self.reader.fast_fields().column_opt::<u64>(field) else {
            return vec![f32::NAN; self.rows as usize];
        };
        let number = |row| column.first(row).map_or(f32::NAN, |bits| f32::from_bits(bits as u32));
        (0..self.rows).map(number).collect()
    }

    fn codes(&self, field: &str) -> DenseFacet {
        let rows = self.rows as usize;
        let Ok(Some(column)) = self.reader.fast_fields().str(field) else {
            return DenseFacet { names: vec![], offsets: None, codes: vec![NO_CODE; rows] };
        };
        let mut names = Vec::with_capacity(column.num_terms());
        for code in 0..column.num_terms() as u64 {
            let mut name = String::new();
            let _ = column.ord_to_str(code, &mut name);
            names.push(name);
        }
        let ords = column.ords();
        if ords.get_cardinality().is_multivalue() {
            return DenseFacet::of(
                names,
                (0..self.rows).map(|row| ords.values_for_doc(row).map(|code| code as u32).collect()),
            );
        }
        let codes = (0..self.rows).map(|row| ords.first(row).map_or(NO_CODE, |code| code as u32)).collect();
        DenseFacet { names, offsets: None, codes }
    }

    pub(crate) fn bytes(&self) -> u64 {
        let of = |there: bool, each: u64| if there { each * u64::from(self.rows) } else { 0 };
        let ranges: u64 = self.ranges.iter().map(|held| of(held.get().is_some(), 5)).sum();
        let ends: u64 = self.ends.iter().map(|held| of(held.get().is_some(), 8)).sum();
        let facets = self.facets.iter().filter_map(OnceLock::get);
        let facets: u64 =
            facets.map(|held| 4 * (held.codes.len() + held.offsets.as_ref().map_or(0, Vec::len)) as u64).sum();
        ranges + ends + facets + of(self.accounts.get().is_some(), 8) + of(self.by_account.get().is_some(), 16)
    }
}
