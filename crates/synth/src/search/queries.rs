//! A query with planted answers, and how a creator is graded for it by what the posts say.

use std::collections::BTreeMap;

use model::AccountId;
use serde::{Deserialize, Serialize};

use super::SearchCreator;

/// What a query tries.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QueryKind {
    /// Words that answers say as they stand; others use one of them in another sense.
    ExactWords,
    /// A thing most answers call by other words.
    OtherWords,
    /// Words in quotation marks: answers say them next to each other, others apart.
    Phrase,
    /// A word spelt wrong by one or two letters.
    Misspelt,
    /// A word wanted and, after `-`, one not wanted.
    Exclusion,
    /// A person's name or handle.
    Name,
    /// A topic and a town, or a topic and a language.
    TwoAspects,
}

impl QueryKind {
    pub const ALL: [QueryKind; 7] = [
        QueryKind::ExactWords,
        QueryKind::OtherWords,
        QueryKind::Phrase,
        QueryKind::Misspelt,
        QueryKind::Exclusion,
        QueryKind::Name,
        QueryKind::TwoAspects,
    ];

    pub fn code(self) -> &'static str {
        match self {
            QueryKind::ExactWords => "exact-words",
            QueryKind::OtherWords => "other-words",
            QueryKind::Phrase => "phrase",
            QueryKind::Misspelt => "misspelt",
            QueryKind::Exclusion => "exclusion",
            QueryKind::Name => "name",
            QueryKind::TwoAspects => "two-aspects",
        }
    }
}

/// From this many posts about it on, a creator is one of the best answers.
pub(super) const MANY_POSTS: usize = 4;
/// From this many posts about it on, a creator is a good answer.
pub(super) const SOME_POSTS: usize = 2;

/// A query and everybody who answers it: whoever is not among the answers has grade 0.
///
/// Grades: 3 says it in four posts or more (for a name: bears it), 2 in two or three (for a name: in two or more), 1
/// in one. Where answers use other words single mentions are everywhere, so nobody has grade 1.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct PlantedQuery {
    /// As a person types it.
    pub text: String,
    pub kind: QueryKind,
    /// The grade of each answer: 1 to 3.
    pub answers: BTreeMap<AccountId, u8>,
    /// A post is about it when it says all words of one of these: next to each other, except for `ExactWords`.
    pub ways: Vec<String>,
    /// Words an answer's bio says, next to each other: the town or the language asked for.
    pub bio_words: Option<String>,
    /// A word an answer says nowhere.
    pub never: Option<String>,
}

impl PlantedQuery {
    /// The grade a creator deserves by what it says: 1 to 3, or `None` for no answer.
    ///
    /// Reads the texts alone and knows nothing of what was planted. Cost: O(length of the creator's texts).
    pub fn grade_of(&self, creator: &SearchCreator) -> Option<u8> {
        self.grade(&Said::by(creator))
    }

    pub(super) fn grade(&self, said: &Said) -> Option<u8> {
        if self.never.as_ref().is_some_and(|word| said.anywhere(word)) {
            return None;
        }
        if self.bio_words.as_ref().is_some_and(|wanted| !next_to_each_other(&said.bio, &words(wanted))) {
            return None;
        }
        let ways: Vec<Vec<String>> = self.ways.iter().map(|way| words(way)).collect();
        if self.kind == QueryKind::Name && ways.iter().any(|way| *way == said.display_name || *way == said.handle) {
            return Some(3);
        }
        let posts = said.posts.iter().filter(|post| ways.iter().any(|way| self.is_in(post, way))).count();
        match (self.kind, posts) {
            (_, 0) | (QueryKind::OtherWords, 1) => None,
            (_, 1) => Some(1),
            (QueryKind::Name, _) => Some(2),
            (_, SOME_POSTS..MANY_POSTS) => Some(2),
            _ => Some(3),
        }
    }

    fn is_in(&self, post: &[String], way: &[String]) -> bool {
        match self.kind {
            QueryKind::ExactWords => way.iter().all(|word| post.contains(word)),
            _ => next_to_each_other(post, way),
        }
    }
}

/// The words of one creator.
pub(super) struct Said {
    handle: Vec<String>,
    display_name: Vec<String>,
    bio: Vec<String>,
    posts: Vec<Vec<String>>,
    tags: Vec<String>,
}

impl Said {
    pub(super) fn by(creator: &SearchCreator) -> Said {
        Said {
            handle: words(&creator.handle),
            display_name: words(&creator.display_name),
            bio: words(&creator.bio),
            posts: creator.posts.iter().map(|post| words(&post.text)).collect(),
            tags: creator.posts.iter().flat_map(|post| &post.tags).flat_map(|tag| words(tag)).collect(),
        }
    }

    /// Whether the word, or one that begins with it, stands in the bio, a post or a tag.
    fn anywhere(&self, word: &str) -> bool {
        let all = self.bio.iter().chain(self.posts.iter().flatten()).chain(&self.tags);
        all.into_iter().any(|said| said.starts_with(word))
    }
}

/// The words of a text in lower case, without marks.
pub(super) fn words(text: &str) -> Vec<String> {
    let parts = text.split(|letter: char| !letter.is_alphanumeric());
    parts.filter(|word| !word.is_empty()).map(str::to_lowercase).collect()
}

fn next_to_each_other(said: &[String], way: &[String]) -> bool {
    said.windows(way.len().max(1)).any(|window| window == way)
}
