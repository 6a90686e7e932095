//! What is shown beside a creator found: the passages in which the words stand, with the words marked.

use tantivy::schema::Value;
use tantivy::{DocAddress, TantivyDocument};

use crate::error::SearchError;
use crate::find::Hit;
use crate::index::Generation;
use crate::words::words_of;

/// A piece of a passage.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Piece {
    pub text: String,
    /// Whether this is a word that was looked for.
    pub marked: bool,
}

/// A part of a bio or a post.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Passage {
    pub in_bio: bool,
    pub pieces: Vec<Piece>,
}

/// What is shown of a creator found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Shown {
    /// Display name and handle, as far as they differ.
    pub names: Vec<String>,
    pub passages: Vec<Passage>,
}

/// Letters of a passage, about.
const PASSAGE_LETTERS: usize = 160;

/// Names of each creator, and their best passages: those with the most different words looked for, bio first among equals. Without
/// words, or where none stands in what is kept to be shown, the beginning of the bio. Cost: one read for each creator.
pub fn shown(generation: &Generation, hits: &[Hit], forms: &[String], each: usize) -> Result<Vec<Shown>, SearchError> {
    let failed = SearchError::of(&generation.folder);
    let fields = &generation.fields.words;
    hits.iter()
        .map(|hit| {
            let address = DocAddress::new(hit.segment, hit.row);
            let document: TantivyDocument = generation.searcher.doc(address).map_err(&failed)?;
            let texts = |field| document.get_all(field).filter_map(|value| value.as_str()).map(str::to_owned);
            let bio = texts(fields.bio_shown).map(|text| (true, text));
            let posts = texts(fields.posts_shown).map(|text| (false, text));
            let mut found: Vec<(usize, Passage)> = bio
                .chain(posts)
                .filter_map(|(in_bio, text)| {
                    let (distinct, pieces) = marked(&text, forms);
                    (distinct > 0).then_some((distinct, Passage { in_bio, pieces }))
                })
                .collect();
            found.sort_by_key(|(distinct, _)| std::cmp::Reverse(*distinct));
            found.truncate(each);
            if found.is_empty() {
                let bio = texts(fields.bio_shown).find(|bio| !bio.trim().is_empty());
                found.extend(bio.map(|bio| (0, Passage { in_bio: true, pieces: marked(&bio, &[]).1 })));
            }
            let passages = found.into_iter().map(|(_, passage)| passage).collect();
            Ok(Shown { names: texts(fields.names_shown).collect(), passages })
        })
        .collect()
}

/// The stretch of a text with the most different words looked for, with these marked, and how many different ones.
fn marked(text: &str, forms: &[String]) -> (usize, Vec<Piece>) {
    let words = words_of(text);
    let is_looked_for: Vec<Option<usize>> =
        words.iter().map(|word| forms.iter().position(|form| *form == word.form)).collect();
    let mut best = (0, 0, words.len().min(1));
    let mut from = 0;
    for to in 0..words.len() {
        while words[to].to - words[from].from > PASSAGE_LETTERS && from < to {
            from += 1;
        }
        let mut distinct: Vec<usize> = is_looked_for[from..=to].iter().flatten().copied().collect();
        distinct.sort_unstable();
        distinct.dedup();
        if distinct.len() > best.0 || (distinct.len() == best.0 && best.1 == from) {
            best = (distinct.len(), from, to + 1);
        }
    }
    let (distinct, from, to) = best;
    let Some((first, last)) = words.get(from).zip(to.checked_sub(1).and_then(|to| words.get(to))) else {
        return (0, vec![]);
    };
    let (begin, end) = (if from == 0 { 0 } else { first.from }, if to == words.len() { text.len() } else { last.to });
    let mut pieces = vec![];
    let mut plain = if begin > 0 { "… ".to_owned() } else { String::new() };
    let mut at = begin;
    for (word, looked_for) in words[from..to].iter().zip(&is_looked_for[from..to]) {
        plain.push_str(&text[at..word.from]);
        if looked_for.is_some() {
            if !plain.is_empty() {
                pieces.push(Piece { text: std::mem::take(&mut plain), marked: false });
            }
            pieces.push(Piece { text: text[word.from..word.to].to_owned(), marked: true });
        } else {
            plain.push_str(&text[word.from..word.to]);
        }
        at = word.to;
    }
    plain.push_str(&text[at..end]);
    if end < text.len() {
        plain.push_str(" …");
    }
    if !plain.is_empty() {
        pieces.push(Piece { text: plain, marked: false });
    }
    (distinct, pieces)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_passage_is_cut_around_the_words_and_marks_them() {
        let text = format!("{} then the cold brews came and went {}", "far away ".repeat(40), "and on ".repeat(40));
        let (distinct, pieces) = marked(&text, &["cold".to_owned(), "brew".to_owned()]);
        assert_eq!(distinct, 2);
        let marks: Vec<&str> = pieces.iter().filter(|piece| piece.marked).map(|piece| piece.text.as_str()).collect();
        assert_eq!(marks, ["cold", "brews"]);
        let whole: String = pieces.iter().map(|piece| piece.text.as_str()).collect();
        assert!(whole.starts_with("… ") && whole.ends_with(" …") && whole.len() < 220, "{whole}");
    }

    #[test]
    fn an_empty_text_has_no_pieces() {
        assert_eq!(marked("  ", &["tea".to_owned()]), (0, vec![]));
    }
}
