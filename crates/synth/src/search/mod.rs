//! A made-up world to measure search by: any number of creators with their texts and figures, and queries whose
//! answers are planted.
//!
//! Nothing is kept for a creator: each is made anew from the seed and its position, so a million take no more room
//! than a hundred. Who answers a query is decided when the world is planned. Nobody here exists.

mod circles;
mod concepts;
mod deals;
mod everyday;
mod lexicon;
mod making;
mod planting;
mod portrait;
mod queries;
#[cfg(test)]
mod tests;
mod topics;
mod writing;

use model::{AccountId, Platform, Timestamp};
use serde::{Deserialize, Serialize};

pub use deals::{PlantedDeal, PlantedDeals, PriceLaw, deals};
pub use portrait::{Measured, SearchFigures, niche_names};
pub use queries::{PlantedQuery, QueryKind};

use crate::names::Namer;
use crate::sentences::Language;
use planting::Planting;
use portrait::{Portrait, Use, stream};
use writing::Words;

/// The day on which the world ends, in days since 1970: 2026-11-01.
const END_DAY: i32 = 20_758;
/// A world has at least so many creators a query, so that each query has an answer of its own.
const CREATORS_A_QUERY: usize = 4;

/// Everything a search world depends on: the same settings give the same bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SearchSettings {
    pub seed: u64,
    /// How many creators; fewer than four a query are raised to that. All answers fit from 12,800 on (40 queries).
    pub creators: usize,
    /// How many of the 40 planted queries, 0 to 40; the kinds take turns, so that the first seven are of every kind.
    pub queries: usize,
}

impl SearchSettings {
    /// A world of this many creators with all 40 queries.
    pub fn new(seed: u64, creators: usize) -> SearchSettings {
        SearchSettings { seed, creators, queries: topics::TOPICS }
    }
}

/// One published post.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct SearchPost {
    /// 8 to 30 words; 40 to 60 of the few who are long-winded.
    pub text: String,
    /// Lower case, without `#`; none to five.
    pub tags: Vec<String>,
    pub at: Timestamp,
    pub paid: bool,
}

/// One creator, as a search index takes it up.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct SearchCreator {
    pub account: AccountId,
    pub platform: Platform,
    /// Without `@`; no two are equal, but for a planted name that has an account on two platforms.
    pub handle: String,
    pub display_name: String,
    /// 5 to 25 words.
    pub bio: String,
    /// ISO 3166 code; known for about 70 %.
    pub country: Option<&'static str>,
    /// ISO 639 code of the language of the posts; known for about 70 %.
    pub language: Option<&'static str>,
    pub followers: u64,
    /// Oldest first: 6 to 14; 20 to 30 of the few who are long-winded.
    pub posts: Vec<SearchPost>,
    pub figures: SearchFigures,
}

/// A planned world; holds words and what is planted, and no creator.
#[derive(Debug)]
pub struct SearchWorld {
    settings: SearchSettings,
    namer: Namer,
    words: Words,
    planting: Planting,
}

impl SearchWorld {
    /// Makes up the vocabulary and decides who answers which query. Cost: about 100,000 words; nothing a creator.
    pub fn plan(settings: SearchSettings) -> SearchWorld {
        let queries = settings.queries.min(topics::TOPICS);
        let creators = settings.creators.max(CREATORS_A_QUERY * queries);
        let settings = SearchSettings { creators, queries, ..settings };
        let lexicon = |language: Language| {
            let number = Use::Lexicons as u64 + language as u64;
            lexicon::Lexicon::plan(crate::random::Stream::numbered(settings.seed, number), language)
        };
        let words = Words {
            lexicons: Language::ALL.into_iter().map(lexicon).collect(),
            circles: circles::circles(),
            moulds: circles::Moulds::plan(),
        };
        let planting = Planting::plan(stream(settings.seed, Use::Planting), creators, queries);
        SearchWorld { settings, namer: Namer::new(settings.seed), words, planting }
    }

    /// The settings in force, raised or cut to what is possible.
    pub fn settings(&self) -> SearchSettings {
        self.settings
    }

    /// All creators by position, made on the fly.
    pub fn creators(&self) -> impl ExactSizeIterator<Item = SearchCreator> + '_ {
        (0..self.settings.creators).map(|position| self.creator(position))
    }

    /// The creator at `position`, which must be below `settings().creators`. Cost: O(words of its posts).
    pub fn creator(&self, position: usize) -> SearchCreator {
        assert!(position < self.settings.creators, "position {position} of {} creators", self.settings.creators);
        making::Maker::of(self, position).make()
    }

    /// The account of the creator at `position`, without making its texts.
    pub fn account(&self, position: usize) -> AccountId {
        Portrait::draw(self.settings.seed, position).account(self.namer, position)
    }

    /// The planted queries with all their answers: 5 to 60 each in a world with room for all, never none.
    pub fn queries(&self) -> Vec<PlantedQuery> {
        let query = |(number, topic): (usize, &&'static topics::Topic)| PlantedQuery {
            text: topic.query.to_owned(),
            kind: topic.kind,
            answers: self.planting.answers(number).map(|(position, grade)| (self.account(position), grade)).collect(),
            ways: topic.ways.iter().map(|way| (*way).to_owned()).collect(),
            bio_words: planting::bio_words(topic).map(str::to_owned),
            never: match topic.beside {
                topics::Beside::Never(word) => Some(word.to_owned()),
                _ => None,
            },
        };
        self.planting.topics.iter().enumerate().map(query).collect()
    }

    /// What the planned world keeps in memory, in bytes, however many creators there are.
    pub fn state_bytes(&self) -> usize {
        self.words.lexicons.iter().map(lexicon::Lexicon::bytes).sum()
    }
}
