//! The creators that meet a question, in order, a page at a time.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use model::AccountId;
use tantivy::query::{EnableScoring, Query};

use crate::error::SearchError;
use crate::filters::{At, Filter, Part, Test, find_column};
use crate::index::Generation;
use crate::overlay::Overlay;
use crate::text::{Alike, TextQuery, Understood, ask};

/// In which order creators are shown. Whoever has no value stands last, however it is ordered; those with the same value
/// stand by account, so that the order is the same on every page.
#[derive(Clone, PartialEq, Debug, Default)]
pub enum Order {
    /// How well the words fit; by account where there are none.
    #[default]
    Words,
    By {
        column: String,
        descending: bool,
    },
}

/// The last creator of a page; the next page begins after it.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Cursor {
    /// `None` among those who have no value.
    pub key: Option<f32>,
    pub account: AccountId,
}

/// A question for a page of creators.
#[derive(Clone, Default)]
pub struct Request<'a> {
    pub text: TextQuery,
    pub filters: Vec<Filter>,
    pub order: Order,
    pub after: Option<Cursor>,
    pub limit: usize,
    pub overlay: Option<&'a Overlay>,
    /// Words said in the same places, if they are to be looked for too.
    pub alike: Option<Alike<'a>>,
    /// Where few say all of the words, those who say all but one follow; only in the order of the words.
    pub widen: bool,
}

impl Request<'_> {
    pub(crate) fn widens(&self) -> bool {
        self.widen && self.order == Order::Words
    }
}

/// A creator found.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Hit {
    pub account: AccountId,
    /// What the order goes by.
    pub key: Option<f32>,
    /// Where to look up what is kept to be shown.
    pub(crate) segment: u32,
    pub(crate) row: u32,
}

/// A page of creators.
#[derive(Clone, PartialEq, Debug)]
pub struct Found {
    /// All that meet the question, on this page or not.
    pub total: u64,
    pub hits: Vec<Hit>,
    /// Where the next page begins; `None` when this one is the last.
    pub next: Option<Cursor>,
    pub understood: Understood,
}

/// Who stands where: the greatest is the last of a page.
#[derive(Clone, Copy)]
struct Standing {
    key: Option<f32>,
    descending: bool,
    hit: Hit,
}

impl Standing {
    fn order(a: (Option<f32>, AccountId), b: (Option<f32>, AccountId), descending: bool) -> Ordering {
        let by_key = match (a.0, b.0) {
            (Some(a), Some(b)) if descending => b.total_cmp(&a),
            (Some(a), Some(b)) => a.total_cmp(&b),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => Ordering::Equal,
        };
        by_key.then(a.1.cmp(&b.1))
    }
}

impl Ord for Standing {
    fn cmp(&self, other: &Standing) -> Ordering {
        Standing::order((self.key, self.hit.account), (other.key, other.hit.account), self.descending)
    }
}

impl PartialOrd for Standing {
    fn partial_cmp(&self, other: &Standing) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Standing {
    fn eq(&self, other: &Standing) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Standing {}

/// Everything needed to order what is found.
struct Page {
    limit: usize,
    after: Option<Cursor>,
    descending: bool,
    held: BinaryHeap<Standing>,
    total: u64,
}

impl Page {
    fn take(&mut self, key: Option<f32>, account: AccountId, segment: u32, row: u32) {
        self.total += 1;
        let standing = |key| Standing { key, descending: self.descending, hit: Hit { account, key, segment, row } };
        if let Some(after) = self.after
            && Standing::order((key, account), (after.key, after.account), self.descending) != Ordering::Greater
        {
            return;
        }
        let standing = standing(key);
        if self.held.len() <= self.limit {
            self.held.push(standing);
        } else if let Some(mut last) = self.held.peek_mut()
            && standing < *last
        {
            *last = standing;
        }
    }
}

/// Finds a page of creators and counts all that meet the question.
///
/// Cost: the postings of the words and one test for each creator who says them; without words one test for each creator.
pub fn find(generation: &Generation, request: &Request<'_>) -> Result<Found, SearchError> {
    let failed = SearchError::of(&generation.folder);
    let ats = filter_columns(generation, request.overlay, &request.filters)?;
    let order_by = match &request.order {
        Order::Words => None,
        Order::By { column, descending } => {
            Some((find_column(generation, request.overlay, column)?, *descending, column.as_str()))
        }
    };
    let by_words = order_by.is_none() && !request.text.groups.is_empty();
    let mut page = Page {
        limit: request.limit,
        after: request.after,
        descending: by_words || order_by.is_some_and(|(_, descending, _)| descending),
        held: BinaryHeap::with_capacity(request.limit + 2),
        total: 0,
    };
    let mut understood = Understood::default();
    let asked = match request.text.is_empty() {
        true => None,
        false => {
            let asked = ask(generation, &request.text, request.alike, by_words, request.widens())?;
            understood = asked.understood;
            let searcher = &generation.searcher;
            let scoring = match by_words {
                true => EnableScoring::enabled_from_searcher(searcher),
                false => EnableScoring::disabled_from_searcher(searcher),
            };
            Some(asked.query.weight(scoring).map_err(&failed)?)
        }
    };
    for place in 0..generation.segments.len() {
        let part = Part::new(generation, place, request.overlay);
        let tests: Vec<Test<'_>> = (request.filters.iter().zip(&ats))
            .map(|(filter, at)| Test::new(filter, *at, &part))
            .collect::<Result<_, _>>()?;
        let accounts = part.segment.columns.accounts();
        let sort_by: Option<&[f32]> = match order_by {
            None => None,
            Some((at, _, column)) => {
                let range = part.range(at).ok_or_else(|| SearchError::NoSuchColumn(column.to_owned()))?;
                Some(&range.value)
            }
        };
        let mut meets = |row: u32, score: Option<f32>| {
            if part.segment.is_alive(row) && tests.iter().all(|test| test.passes(row)) {
                let key = sort_by.map(|values| values[row as usize]).filter(|key| !key.is_nan()).or(score);
                page.take(key, AccountId(accounts[row as usize]), place as u32, row);
            }
        };
        match &asked {
            None => (0..part.segment.rows).for_each(|row| meets(row, None)),
            Some(weight) => {
                let reader = generation.searcher.segment_reader(place as u32);
                match by_words {
                    true => weight.for_each(reader, &mut |row, score| meets(row, Some(score))),
                    false => {
                        weight.for_each_no_score(reader, &mut |rows| rows.iter().for_each(|&row| meets(row, None)))
                    }
                }
                .map_err(&failed)?;
            }
        }
    }
    let mut held = page.held.into_sorted_vec();
    let more = held.len() > request.limit;
    held.truncate(request.limit);
    let hits: Vec<Hit> = held.into_iter().map(|standing| standing.hit).collect();
    let next = hits.last().filter(|_| more).map(|last| Cursor { key: last.key, account: last.account });
    Ok(Found { total: page.total, hits, next, understood })
}

pub(crate) fn filter_columns(
    generation: &Generation,
    overlay: Option<&Overlay>,
    filters: &[Filter],
) -> Result<Vec<At>, SearchError> {
    filters.iter().map(|filter| find_column(generation, overlay, filter.column())).collect()
}

/// Every account that meets the question, ascending; none when there are more than `most`.
pub fn all_accounts(
    generation: &Generation,
    request: &Request<'_>,
    most: usize,
) -> Result<Option<Vec<AccountId>>, SearchError> {
    let everybody = Request { after: None, limit: most, ..request.clone() };
    let found = find(generation, &everybody)?;
    if found.total > most as u64 {
        return Ok(None);
    }
    let mut accounts: Vec<AccountId> = found.hits.into_iter().map(|hit| hit.account).collect();
    accounts.sort_unstable();
    Ok(Some(accounts))
}

/// The same words as a plain bag: BM25 over everything a creator says, any word will do, nothing mended or added. What
/// [`find`] is measured against.
pub fn find_plain(generation: &Generation, text: &TextQuery, limit: usize) -> Result<Found, SearchError> {
    let failed = SearchError::of(&generation.folder);
    let all = generation.fields.words.all;
    let words = text.groups.iter().flatten().flat_map(|item| &item.words);
    let terms = words.map(|word| tantivy::Term::from_field_text(all, word)).collect();
    let query = tantivy::query::BooleanQuery::new_multiterms_query(terms);
    let weight = query.weight(EnableScoring::enabled_from_searcher(&generation.searcher)).map_err(&failed)?;
    let held = BinaryHeap::with_capacity(limit + 2);
    let mut page = Page { limit, after: None, descending: true, held, total: 0 };
    for (place, segment) in generation.segments.iter().enumerate() {
        let accounts = segment.columns.accounts();
        let reader = generation.searcher.segment_reader(place as u32);
        let mut meets = |row: u32, score: f32| {
            if segment.is_alive(row) {
                page.take(Some(score), AccountId(accounts[row as usize]), place as u32, row);
            }
        };
        weight.for_each(reader, &mut meets).map_err(&failed)?;
    }
    let mut held = page.held.into_sorted_vec();
    held.truncate(limit);
    let hits = held.into_iter().map(|standing| standing.hit).collect();
    Ok(Found { total: page.total, hits, next: None, understood: Understood::default() })
}
