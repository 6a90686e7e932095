//! What is indexed of one creator, and which columns there are.

use model::AccountId;

/// A number with its interval; all three are equal where it is exact.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Interval {
    pub value: f32,
    pub lo: f32,
    pub hi: f32,
}

impl Interval {
    pub fn exact(value: f32) -> Interval {
        Interval { value, lo: value, hi: value }
    }
}

/// A column of numbers to filter, count in bins and sort by.
#[derive(Clone, PartialEq, Debug)]
pub struct RangeColumn {
    pub name: &'static str,
    /// Whether values have an interval.
    pub interval: bool,
    /// Where one bin of the histogram ends and the next begins, ascending, at most 200. A value at an edge is in the bin
    /// above it; values below the first edge are in the first of `edges.len() + 1` bins.
    pub edges: Vec<f32>,
}

/// A column of codes; a creator has none, one or several.
#[derive(Clone, PartialEq, Debug)]
pub struct FacetColumn {
    pub name: &'static str,
}

/// The columns of an index. An index of another version is made anew.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Layout {
    pub version: u32,
    pub ranges: Vec<RangeColumn>,
    pub facets: Vec<FacetColumn>,
}

/// One creator as indexed. Numbers stand in the order of [`Layout::ranges`], codes in that of [`Layout::facets`];
/// unknown is `None` or empty.
#[derive(Clone, PartialEq, Debug)]
pub struct CreatorDocument {
    pub account: AccountId,
    /// Display name and handle.
    pub names: Vec<String>,
    pub bio: String,
    /// What they published, newest first.
    pub posts: Vec<String>,
    /// Other words they should be found by, such as the names of groups they talk in.
    pub other: Vec<String>,
    pub ranges: Vec<Option<Interval>>,
    pub facets: Vec<Vec<String>>,
}
