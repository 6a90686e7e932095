//! Who influences whom: for each account those it listens to, each with how likely word passes from them.
//!
//! Weighted cascade: word passes over an edge with its share of all that comes in, so what comes in adds up to 1 a person.
//! Edges are kept by who is influenced; 4 bytes an edge without weights, 8 with.

use rayon::prelude::*;

use crate::graph::Csr;

/// Which way influence runs along an edge `u v` of a file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Flow {
    /// `u` influences `v`.
    Along,
    /// `u` listens to `v`: word comes from the one who is replied to or mentioned.
    Against,
}

/// Why a line or graph was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InfluenceError {
    #[error("line {line}: {problem}")]
    Line { line: u64, problem: &'static str },
    #[error("the account numbers go up to {largest} with {edges} edges; number the accounts from 0 without gaps")]
    Gaps { largest: u32, edges: usize },
}

impl InfluenceError {
    /// The same of a part that so many lines come before.
    fn after(self, lines: u64) -> InfluenceError {
        match self {
            InfluenceError::Line { line, problem } => InfluenceError::Line { line: line + lines, problem },
            other => other,
        }
    }
}

/// The edges by who is influenced.
#[derive(Clone, Debug, PartialEq)]
pub struct InfluenceGraph {
    pub(super) starts: Vec<u32>,
    pub(super) sources: Vec<u32>,
    /// Chances of each edge, where they differ within a row.
    pub(super) chances: Option<Vec<f32>>,
}

/// Numbers with more gaps than this are refused.
const NUMBERS_AN_EDGE_MAX: usize = 100;
const NUMBERS_ALLOWED: usize = 1_000_000;

/// Blocks of so many bytes are shared among threads.
const SHARED_BYTES_MIN: usize = 1 << 20;
/// About so many bytes a piece.
const PIECE_BYTES: usize = 1 << 18;

/// Whole lines in pieces of about [`PIECE_BYTES`].
fn lines_apart(mut bytes: &[u8]) -> Vec<&[u8]> {
    let mut pieces = vec![];
    while !bytes.is_empty() {
        let from = PIECE_BYTES.min(bytes.len());
        let end = bytes[from..].iter().position(|byte| *byte == b'\n').map_or(bytes.len(), |place| from + place + 1);
        let (piece, rest) = bytes.split_at(end);
        pieces.push(piece);
        bytes = rest;
    }
    pieces
}

impl InfluenceGraph {
    /// From a graph of talk: row `u` are those whom `u` listens to, weighed by how often. Cost: `O(edges)`.
    pub fn from_listening(talk: &Csr) -> InfluenceGraph {
        let mut starts = Vec::with_capacity(talk.nodes() + 1);
        let mut weights = Vec::with_capacity(talk.edges());
        starts.push(0);
        for node in 0..talk.nodes() {
            weights.extend_from_slice(talk.row(node).weights);
            starts.push(weights.len() as u32);
        }
        InfluenceGraph::with_weights(starts, talk.targets().to_vec(), weights)
    }

    fn with_weights(starts: Vec<u32>, sources: Vec<u32>, mut weights: Vec<f32>) -> InfluenceGraph {
        let mut is_even = true;
        for row in starts.windows(2) {
            let row = &mut weights[row[0] as usize..row[1] as usize];
            let total: f64 = row.iter().map(|weight| f64::from(*weight)).sum();
            is_even &= row.windows(2).all(|pair| pair[0] == pair[1]);
            row.iter_mut()
                .for_each(|weight| *weight = if total > 0.0 { (f64::from(*weight) / total) as f32 } else { 0.0 });
        }
        InfluenceGraph { starts, sources, chances: (!is_even).then_some(weights) }
    }

    pub fn nodes(&self) -> usize {
        self.starts.len() - 1
    }

    pub fn edges(&self) -> usize {
        self.sources.len()
    }

    /// Those whom an account listens to.
    #[inline]
    pub(super) fn row(&self, node: u32) -> &[u32] {
        &self.sources[self.starts[node as usize] as usize..self.starts[node as usize + 1] as usize]
    }
}

/// Takes the bytes of a file, `u v [w]` a line, and becomes a graph. Lines that begin with `#` or `%` are passed over.
#[derive(Debug)]
pub struct InfluenceReader {
    flow: Flow,
    is_weighted: bool,
    line: u64,
    field: usize,
    fields: [u64; 3],
    has_digits: bool,
    is_comment: bool,
    influenced: Vec<u32>,
    sources: Vec<u32>,
    weights: Vec<f32>,
}

impl InfluenceReader {
    /// `is_weighted` reads a third whole number; without it every edge of an account counts alike.
    pub fn new(flow: Flow, is_weighted: bool) -> InfluenceReader {
        InfluenceReader {
            flow,
            is_weighted,
            line: 1,
            field: 0,
            fields: [0; 3],
            has_digits: false,
            is_comment: false,
            influenced: vec![],
            sources: vec![],
            weights: vec![],
        }
    }

    /// Takes the next bytes; a line may be cut anywhere. Cost `O(bytes)`; blocks of a megabyte and more are read by all
    /// threads, with the same result.
    pub fn take(&mut self, bytes: &[u8]) -> Result<(), InfluenceError> {
        let ends_line = |byte: &u8| *byte == b'\n';
        let (Some(first), Some(last)) = (bytes.iter().position(ends_line), bytes.iter().rposition(ends_line)) else {
            return self.take_here(bytes);
        };
        if bytes.len() < SHARED_BYTES_MIN {
            return self.take_here(bytes);
        }
        self.take_here(&bytes[..=first])?;
        let pieces = lines_apart(&bytes[first + 1..=last]);
        let read = |piece: &&[u8]| {
            let mut reader = InfluenceReader::new(self.flow, self.is_weighted);
            reader.take_here(piece).map(|()| reader)
        };
        let read: Vec<Result<InfluenceReader, InfluenceError>> = pieces.par_iter().map(read).collect();
        for part in read {
            let part = part.map_err(|error| error.after(self.line - 1))?;
            self.influenced.extend_from_slice(&part.influenced);
            self.sources.extend_from_slice(&part.sources);
            self.weights.extend_from_slice(&part.weights);
            self.line += part.line - 1;
        }
        self.take_here(&bytes[last + 1..])
    }

    fn take_here(&mut self, bytes: &[u8]) -> Result<(), InfluenceError> {
        let (mut number, mut field, mut has_digits) = (self.fields[self.field.min(2)], self.field, self.has_digits);
        for byte in bytes {
            let digit = byte.wrapping_sub(b'0');
            if digit < 10 && !self.is_comment {
                number = number.wrapping_mul(10).wrapping_add(u64::from(digit));
                has_digits = true;
                continue;
            }
            match byte {
                b' ' | b'\t' | b',' | b'\r' | b'\n' => {
                    if has_digits {
                        if field > 2 {
                            return Err(self.error("a line has two account numbers and at most one weight"));
                        }
                        self.fields[field] = number;
                        field += 1;
                        (number, has_digits) = (0, false);
                    }
                    if *byte == b'\n' {
                        if field > 0 {
                            self.end_line(field)?;
                        }
                        (field, self.is_comment) = (0, false);
                        self.line += 1;
                    }
                }
                b'#' | b'%' if field == 0 && !has_digits => self.is_comment = true,
                _ if self.is_comment => {}
                _ => return Err(self.error("account numbers and weights are whole numbers, 0 and up")),
            }
        }
        (self.field, self.has_digits) = (field, has_digits);
        self.fields[field.min(2)] = number;
        Ok(())
    }

    fn error(&self, problem: &'static str) -> InfluenceError {
        InfluenceError::Line { line: self.line, problem }
    }

    #[inline]
    fn end_line(&mut self, fields: usize) -> Result<(), InfluenceError> {
        let [one, other, weight] = self.fields;
        if fields < 2 {
            return Err(self.error("a line has two account numbers"));
        }
        if one.max(other) >= u64::from(u32::MAX) {
            return Err(self.error("an account number is too large"));
        }
        let (source, influenced) = match self.flow {
            Flow::Along => (one, other),
            Flow::Against => (other, one),
        };
        self.influenced.push(influenced as u32);
        self.sources.push(source as u32);
        if self.is_weighted {
            self.weights.push(if fields > 2 { weight as f32 } else { 1.0 });
        }
        Ok(())
    }

    /// The graph. Cost: `O(edges + accounts)`; a file sorted by who is influenced is not sorted again.
    pub fn finish(mut self) -> Result<InfluenceGraph, InfluenceError> {
        self.take_here(b"\n")?;
        let largest = self.influenced.iter().chain(&self.sources).copied().max();
        let nodes = largest.map_or(0, |largest| largest as usize + 1);
        let edges = self.sources.len();
        if nodes > NUMBERS_ALLOWED.max(NUMBERS_AN_EDGE_MAX.saturating_mul(edges)) {
            return Err(InfluenceError::Gaps { largest: largest.unwrap_or(0), edges });
        }
        let mut starts = vec![0u32; nodes + 1];
        self.influenced.iter().for_each(|node| starts[*node as usize + 1] += 1);
        for node in 0..nodes {
            starts[node + 1] += starts[node];
        }
        let (mut sources, mut weights) = (self.sources, self.weights);
        if !self.influenced.is_sorted() {
            let mut next = starts.clone();
            let (mut sorted, mut sorted_weights) = (vec![0u32; edges], vec![0f32; weights.len()]);
            for (edge, node) in self.influenced.iter().enumerate() {
                let place = &mut next[*node as usize];
                sorted[*place as usize] = sources[edge];
                if self.is_weighted {
                    sorted_weights[*place as usize] = weights[edge];
                }
                *place += 1;
            }
            (sources, weights) = (sorted, sorted_weights);
        }
        Ok(match self.is_weighted {
            true => InfluenceGraph::with_weights(starts, sources, weights),
            false => InfluenceGraph { starts, sources, chances: None },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, flow: Flow, is_weighted: bool, piece: usize) -> Result<InfluenceGraph, InfluenceError> {
        let mut reader = InfluenceReader::new(flow, is_weighted);
        for bytes in text.as_bytes().chunks(piece) {
            reader.take(bytes)?;
        }
        reader.finish()
    }

    #[test]
    fn both_ways_of_writing_an_edge_give_the_same_graph_however_the_bytes_are_cut() {
        for piece in [1, 2, 3, 100] {
            let along = read("# n m\n1 0\n12\t0\n0 12", Flow::Along, false, piece).expect("reads");
            let against = read("12 0\n0 1\r\n0 12\n", Flow::Against, false, piece).expect("reads");
            assert_eq!(along, against);
            assert_eq!((along.row(0), along.row(12), along.nodes()), (&[1, 12][..], &[0][..], 13));
        }
    }

    #[test]
    fn a_large_block_is_read_by_many_threads_as_by_one_and_its_bad_line_is_named() {
        let mut text: String = (0..200_000u32).map(|line| format!("{} {}\n", line / 3, line % 977)).collect();
        assert!(text.len() > SHARED_BYTES_MIN + 2 * PIECE_BYTES);
        let whole = read(&text, Flow::Against, false, text.len()).expect("reads");
        assert_eq!(whole, read(&text, Flow::Against, false, 10_007).expect("reads"));
        text.push_str("7 x\n");
        let refused = read(&text, Flow::Against, false, text.len()).expect_err("refuses").to_string();
        assert!(refused.starts_with("line 200001"), "{refused}");
    }

    #[test]
    fn weights_become_shares_of_what_comes_in() {
        let graph = read("0 1 3\n0 2 1\n", Flow::Against, true, 100).expect("reads");
        assert_eq!(graph.chances, Some(vec![0.75, 0.25]));
        assert_eq!(read("0 1 2\n0 2 2\n", Flow::Against, true, 100).expect("reads").chances, None);
        let talk = Csr::from_edges(3, &[0, 0], &[1, 2], &[3.0, 1.0]);
        assert_eq!(InfluenceGraph::from_listening(&talk), graph);
    }

    #[test]
    fn a_line_that_is_no_edge_is_named() {
        let refused = |text: &str| read(text, Flow::Along, false, 100).expect_err("refuses").to_string();
        assert!(refused("0 1\n0 x\n").starts_with("line 2"));
        assert!(refused("0 1\n\n7\n").starts_with("line 3"));
        assert!(refused("0 1 2 3\n").starts_with("line 1"));
        assert!(refused("0 99999999999\n").contains("too large"));
        assert!(refused("0 4000000000\n").contains("gaps"));
    }
}
