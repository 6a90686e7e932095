//! Exact counts beside a result: how many creators each code and each bin of a number would give.
//!
//! A column that is filtered by is counted as if that one filter were not there, so that the other choices can be seen.

use std::collections::BTreeMap;

use rayon::prelude::*;
use tantivy::query::EnableScoring;

use crate::columns::BIN_UNKNOWN;
use crate::error::SearchError;
use crate::filters::{At, Part, Test, find_column};
use crate::find::{Request, filter_columns};
use crate::index::Generation;
use crate::text::ask;

/// How many creators have each code.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct FacetCounts {
    /// Codes that somebody has, most frequent first, then by name.
    pub codes: Vec<(String, u64)>,
    /// Creators without any.
    pub not_known: u64,
}

/// How many creators fall in each bin of a number.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Histogram {
    /// One more than the column has edges.
    pub bins: Vec<u64>,
    pub not_known: u64,
}

/// Everything counted beside a result.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Counts {
    /// Creators that meet the words and every filter.
    pub total: u64,
    /// Creators that meet the words, before any filter.
    pub by_words: u64,
    /// For each filter of the request: how many there would be without it.
    pub without: Vec<u64>,
    pub facets: BTreeMap<String, FacetCounts>,
    pub ranges: BTreeMap<String, Histogram>,
}

/// Creators of one part that meet the words: all filters, or all but the one of this place.
struct Met {
    all: Vec<u32>,
    but_one: Vec<Vec<u32>>,
    by_words: u64,
}

/// Counts codes and bins of these columns for a question; its order, page and limit do not matter.
///
/// Cost: one test for each filter and creator who meets the words, and one step for each column and creator who is left.
/// Columns are counted side by side.
pub fn count(generation: &Generation, request: &Request<'_>, columns: &[&str]) -> Result<Counts, SearchError> {
    let ats = filter_columns(generation, request.overlay, &request.filters)?;
    let counted: Vec<(&str, At)> = columns
        .iter()
        .map(|column| Ok((*column, find_column(generation, request.overlay, column)?)))
        .collect::<Result<_, SearchError>>()?;
    let weight = match request.text.is_empty() {
        true => None,
        false => {
            let asked = ask(generation, &request.text, request.alike, false, request.widens())?;
            let off = EnableScoring::disabled_from_searcher(&generation.searcher);
            Some(asked.query.weight(off).map_err(SearchError::of(&generation.folder))?)
        }
    };
    let mut counts = Counts { without: vec![0; ats.len()], ..Counts::default() };
    let mut tallies: Vec<Tally> = counted.iter().map(|_| Tally::default()).collect();
    for place in 0..generation.segments.len() {
        let part = Part::new(generation, place, request.overlay);
        let rows = match &weight {
            None => part.segment.alive_rows(),
            Some(weight) => {
                let mut rows = vec![];
                let reader = generation.searcher.segment_reader(place as u32);
                let mut add = |found: &[u32]| rows.extend(found.iter().filter(|row| part.segment.is_alive(**row)));
                weight.for_each_no_score(reader, &mut add).map_err(SearchError::of(&generation.folder))?;
                rows
            }
        };
        let tests: Vec<Test<'_>> = (request.filters.iter().zip(&ats))
            .map(|(filter, at)| Test::new(filter, *at, &part))
            .collect::<Result<_, _>>()?;
        let met = meet(rows, &tests);
        counts.total += met.all.len() as u64;
        counts.by_words += met.by_words;
        for (without, but_one) in counts.without.iter_mut().zip(&met.but_one) {
            *without += (met.all.len() + but_one.len()) as u64;
        }
        tallies.par_iter_mut().zip(&counted).for_each(|(tally, (column, at))| {
            // Of several filters on one column none stands aside for the others.
            let own: Vec<usize> =
                (0..request.filters.len()).filter(|place| request.filters[*place].column() == *column).collect();
            let beside: &[u32] = match own.as_slice() {
                [one] => &met.but_one[*one],
                _ => &[],
            };
            tally.add(&part, *at, &met.all);
            tally.add(&part, *at, beside);
        });
    }
    for ((column, at), tally) in counted.into_iter().zip(tallies) {
        match at {
            At::Range(_) | At::LaidRange(_) => {
                let edges = edges_of(generation, request, at);
                let mut bins = tally.bins;
                bins.resize(edges + 1, 0);
                counts.ranges.insert(column.to_owned(), Histogram { bins, not_known: tally.not_known });
            }
            At::Facet(_) | At::LaidFacet(_) => {
                let mut codes: Vec<(String, u64)> = tally.codes.into_iter().filter(|(_, count)| *count > 0).collect();
                codes.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
                counts.facets.insert(column.to_owned(), FacetCounts { codes, not_known: tally.not_known });
            }
        }
    }
    Ok(counts)
}

fn edges_of(generation: &Generation, request: &Request<'_>, at: At) -> usize {
    match (at, request.overlay) {
        (At::Range(place), _) => generation.layout.ranges[place].edges.len(),
        (At::LaidRange(place), Some(overlay)) => overlay.ranges[place].column.edges.len(),
        _ => 0,
    }
}

/// Rows are looked at in pieces of this size, so that cores can share them.
const PIECE: usize = 65_536;

fn meet(rows: Vec<u32>, tests: &[Test<'_>]) -> Met {
    let by_words = rows.len() as u64;
    if tests.is_empty() {
        return Met { all: rows, but_one: vec![], by_words };
    }
    let pieces: Vec<Met> = rows
        .par_chunks(PIECE)
        .map(|rows| {
            let mut met = Met { all: vec![], but_one: vec![vec![]; tests.len()], by_words: 0 };
            'rows: for &row in rows {
                let mut failed = None;
                for (place, test) in tests.iter().enumerate() {
                    if !test.passes(row) {
                        if failed.is_some() {
                            continue 'rows;
                        }
                        failed = Some(place);
                    }
                }
                match failed {
                    None => met.all.push(row),
                    Some(place) => met.but_one[place].push(row),
                }
            }
            met
        })
        .collect();
    let mut met = Met { all: vec![], but_one: vec![vec![]; tests.len()], by_words };
    for piece in pieces {
        met.all.extend(piece.all);
        for (all, some) in met.but_one.iter_mut().zip(piece.but_one) {
            all.extend(some);
        }
    }
    met
}

/// The counts of one column over the parts so far.
#[derive(Default)]
struct Tally {
    bins: Vec<u64>,
    codes: BTreeMap<String, u64>,
    not_known: u64,
}

impl Tally {
    fn add(&mut self, part: &Part<'_>, at: At, rows: &[u32]) {
        if rows.is_empty() {
            return;
        }
        if let Some(range) = part.range(at) {
            let mut bins = [0u32; 256];
            for &row in rows {
                bins[range.bin[row as usize] as usize] += 1;
            }
            let known = bins[..BIN_UNKNOWN as usize].iter().rposition(|&count| count > 0).map_or(0, |last| last + 1);
            self.bins.resize(self.bins.len().max(known), 0);
            for (sum, count) in self.bins.iter_mut().zip(&bins[..known]) {
                *sum += u64::from(*count);
            }
            self.not_known += u64::from(bins[BIN_UNKNOWN as usize]);
        } else if let Some(facet) = part.facet(at) {
            let mut codes = vec![0u32; facet.names.len()];
            for &row in rows {
                let of_row = facet.codes_of(row);
                self.not_known += u64::from(of_row.is_empty());
                for &code in of_row {
                    codes[code as usize] += 1;
                }
            }
            for (name, count) in facet.names.iter().zip(codes).filter(|(_, count)| *count > 0) {
                match self.codes.get_mut(name) {
                    Some(sum) => *sum += u64::from(count),
                    None => {
                        self.codes.insert(name.clone(), u64::from(count));
                    }
                }
            }
        }
    }
}
