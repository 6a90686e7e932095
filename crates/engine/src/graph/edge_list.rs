//! Reading a graph from text, `u v [w]` a line: as it arrives, byte by byte, without ever holding the text.

use super::csr::Csr;

/// Account numbers above this are refused: they would not fit the columns.
const NODE_MAX: u64 = 4_000_000_000;
/// Numbers with more gaps than this are refused: a column would be held for accounts that are not there.
const NUMBERS_AN_EDGE_MAX: usize = 100;
/// However few the edges, so many accounts are always allowed.
const NUMBERS_ALLOWED: usize = 1_000_000;

/// Why a line could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {problem}")]
pub struct EdgeListError {
    pub line: u64,
    pub problem: &'static str,
}

/// Takes the bytes of an edge list and becomes a graph.
///
/// Lines sorted by both numbers are laid down as they come, 8 bytes an edge; others are sorted at the end, with 12
/// more. Lines that begin with `#` or `%` and empty ones are passed over. Without a third number an edge weighs 1.
#[derive(Debug, Default)]
pub struct EdgeListReader {
    number: u64,
    fraction_digits: u32,
    field: usize,
    has_digits: bool,
    is_in_fraction: bool,
    is_comment: bool,
    values: [f64; 3],
    line: u64,
    is_weighted: bool,
    sources: Vec<u32>,
    targets: Vec<u32>,
    weights: Vec<f32>,
    /// Accounts with how many edges each has, while the lines are sorted.
    degrees: Vec<(u32, u32)>,
    last: Option<(u32, u32)>,
    is_sorted: bool,
    node_max: u32,
}

impl EdgeListReader {
    /// `is_weighted` reads the third number; without it every line counts 1.
    pub fn new(is_weighted: bool) -> EdgeListReader {
        EdgeListReader { is_weighted, is_sorted: true, line: 1, ..EdgeListReader::default() }
    }

    /// Takes the next bytes; a line may be cut anywhere. Cost `O(bytes)`.
    pub fn take(&mut self, bytes: &[u8]) -> Result<(), EdgeListError> {
        for &byte in bytes {
            match byte {
                b'0'..=b'9' => {
                    self.number = self.number.wrapping_mul(10).wrapping_add(u64::from(byte - b'0'));
                    self.fraction_digits += u32::from(self.is_in_fraction);
                    self.has_digits = true;
                }
                b' ' | b'\t' | b',' | b'\r' => self.end_field()?,
                b'\n' => self.end_line()?,
                b'.' if !self.is_in_fraction && self.field == 2 => self.is_in_fraction = true,
                b'#' | b'%' if self.field == 0 && !self.has_digits => self.is_comment = true,
                _ if self.is_comment => {}
                _ => return Err(self.error("a line has two account numbers and at most one weight")),
            }
        }
        Ok(())
    }

    fn error(&self, problem: &'static str) -> EdgeListError {
        EdgeListError { line: self.line, problem }
    }

    #[inline]
    fn end_field(&mut self) -> Result<(), EdgeListError> {
        if self.has_digits && !self.is_comment {
            if self.field < 3 {
                let value = self.number as f64;
                self.values[self.field] =
                    if self.fraction_digits > 0 { value / 10f64.powi(self.fraction_digits as i32) } else { value };
            }
            self.field += 1;
        }
        (self.number, self.fraction_digits, self.has_digits, self.is_in_fraction) = (0, 0, false, false);
        Ok(())
    }

    #[inline]
    fn end_line(&mut self) -> Result<(), EdgeListError> {
        self.end_field()?;
        if self.field == 1 {
            return Err(self.error("there is only one number"));
        }
        if self.field >= 2 {
            let [source, target, weight] = self.values;
            if source > NODE_MAX as f64 || target > NODE_MAX as f64 {
                return Err(self.error("an account number is above 4,000,000,000; number the accounts from 0"));
            }
            let weight = if self.is_weighted && self.field > 2 { weight as f32 } else { 1.0 };
            self.edge(source as u32, target as u32, weight);
        }
        (self.field, self.is_comment) = (0, false);
        self.line += 1;
        Ok(())
    }

    #[inline]
    fn edge(&mut self, source: u32, target: u32, weight: f32) {
        self.node_max = self.node_max.max(source).max(target);
        if self.is_sorted {
            if self.last.is_none_or(|last| last < (source, target)) {
                match self.degrees.last_mut() {
                    Some((account, degree)) if *account == source => *degree += 1,
                    _ => self.degrees.push((source, 1)),
                }
                self.last = Some((source, target));
            } else {
                self.stop_laying_down();
                self.sources.push(source);
            }
        } else {
            self.sources.push(source);
        }
        self.targets.push(target);
        self.weights.push(weight);
    }

    /// The lines are not sorted after all: sources are written out.
    fn stop_laying_down(&mut self) {
        self.is_sorted = false;
        let degrees = std::mem::take(&mut self.degrees);
        self.sources.reserve(self.targets.len() + 1);
        for (source, degree) in degrees {
            self.sources.extend(std::iter::repeat_n(source, degree as usize));
        }
    }

    /// The graph. Edges given more than once are added up. Cost `O(edges + accounts)`.
    pub fn finish(mut self) -> Result<Csr, EdgeListError> {
        if self.has_digits || self.field > 0 {
            self.end_line()?;
        }
        let nodes = if self.targets.is_empty() { 0 } else { self.node_max as usize + 1 };
        if nodes > NUMBERS_ALLOWED.max(NUMBERS_AN_EDGE_MAX.saturating_mul(self.targets.len())) {
            return Err(self.error("the account numbers have too many gaps; number the accounts from 0 without gaps"));
        }
        if !self.is_sorted {
            let weights: Vec<f64> = self.weights.iter().map(|&weight| f64::from(weight)).collect();
            return Ok(Csr::from_edges(nodes, &self.sources, &self.targets, &weights));
        }
        let mut offsets = Vec::with_capacity(nodes + 1);
        let mut end = 0u64;
        offsets.push(0);
        for &(account, degree) in &self.degrees {
            offsets.resize(account as usize + 1, end);
            end += u64::from(degree);
        }
        offsets.resize(nodes + 1, end);
        self.targets.shrink_to_fit();
        self.weights.shrink_to_fit();
        Ok(Csr::from_sorted(offsets, self.targets, self.weights))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, piece: usize) -> Result<Csr, EdgeListError> {
        let mut reader = EdgeListReader::new(true);
        for bytes in text.as_bytes().chunks(piece) {
            reader.take(bytes)?;
        }
        reader.finish()
    }

    #[test]
    fn lines_in_any_order_and_cut_anywhere_give_the_same_graph() {
        let sorted = "# who to whom\n0 1 2\n0 3 1.5\n2 0 4\n";
        let shuffled = "2\t0 4\r\n0 3 1.5\n\n0 1 1\n0 1 1";
        let graph = read(sorted, 1000).expect("reads");
        assert_eq!(graph.nodes(), 4);
        assert_eq!(graph.row(0).weights, [2.0, 1.5]);
        for piece in [1, 2, 3, 7] {
            assert_eq!(read(sorted, piece).expect("reads"), graph);
            assert_eq!(read(shuffled, piece).expect("reads"), graph);
        }
    }

    #[test]
    fn a_bad_line_is_named() {
        assert_eq!(read("0 1\n0 x\n", 100).expect_err("refuses").line, 2);
        assert_eq!(read("0 1\n7\n", 100).expect_err("refuses").line, 2);
        assert_eq!(read("0 9999999999\n", 100).expect_err("refuses").line, 1);
        assert_eq!(read("", 100).expect("reads").nodes(), 0);
        assert!(read("0 3999999999\n", 100).expect_err("refuses").problem.contains("gaps"));
    }
}
