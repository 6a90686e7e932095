//! Creators like this one, by what they talk about: word vectors of the market's own texts where there are enough of them,
//! else the words both use; the answer says which.
//!
//! What is compared is talk alone: two creators who say the same in other words are alike, whoever they are.

mod bytes;
mod counting;
mod packed;
mod pair;
mod reducing;
mod vectors;

pub use bytes::{VECTORS_VERSION, VectorsError};
pub use packed::{Alike, PACKED_DIMS, Packed, alike_by_topics, pack, similarity_packed};
pub use pair::{LikenessMethod, LikenessSettings, alike_by_words, likeness, method_for};
pub use vectors::{Near, VectorSettings, WordVectors};

use crate::conversations::portraits::terms::words::visit_terms;

/// Calls `visit` with every word of a text that carries meaning, in order: what word vectors are fitted on and documents
/// are made of. Cost `O(bytes)`.
pub fn visit_words(text: &str, mut visit: impl FnMut(&str)) {
    visit_terms(text, |term| {
        if !term.contains(' ') {
            visit(term);
        }
    });
}

/// The words of a creator's texts, each with the number of texts that use it, by the alphabet: what
/// [`WordVectors::document`] takes. Cost `O(words log words)`.
pub fn words_of_texts<'a>(texts: &[Vec<&'a str>]) -> Vec<(&'a str, f32)> {
    let mut all: Vec<&str> = vec![];
    for text in texts {
        let mut words = text.clone();
        words.sort_unstable();
        words.dedup();
        all.append(&mut words);
    }
    all.sort_unstable();
    all.chunk_by(|a, b| a == b).map(|same| (same[0], same.len() as f32)).collect()
}

#[cfg(test)]
mod tests;
