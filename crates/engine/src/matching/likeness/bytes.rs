//! Word vectors as bytes to keep, and back: versioned, and refused when damaged.

use thiserror::Error;

use super::packed::{PACKED_DIMS, Packed};
use super::vectors::{VectorSettings, WordVectors};
use crate::random::mix;

const MARK: [u8; 4] = *b"BWWV";
/// Raise when the layout, or what a fit gives for the same texts, changes.
pub const VECTORS_VERSION: u32 = 1;

/// Why bytes are no word vectors.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum VectorsError {
    #[error("these bytes are no word vectors; fit them anew by a refresh")]
    NotVectors,
    #[error("these word vectors have version {0}, this program reads {VECTORS_VERSION}; fit them anew by a refresh")]
    OtherVersion(u32),
    #[error("the word vectors are damaged: {0}; fit them anew by a refresh")]
    Damaged(&'static str),
}

fn sum_of(bytes: &[u8]) -> u64 {
    let eight = |bytes: &[u8]| {
        let mut word = [0; 8];
        word[..bytes.len()].copy_from_slice(bytes);
        u64::from_le_bytes(word)
    };
    bytes.chunks(8).fold(mix(bytes.len() as u64), |sum, bytes| mix(sum.rotate_left(5) ^ eight(bytes)))
}

impl WordVectors {
    /// The bytes to keep: about 76 a word. Layout, little endian: mark, version, length of the settings and settings as
    /// JSON, documents, tokens, number of words, common direction, then of each word length, letters, uses and vector,
    /// last a sum over all before.
    pub fn to_bytes(&self) -> Vec<u8> {
        let settings = serde_json::to_vec(&self.settings).expect("plain numbers are written as JSON");
        let mut bytes: Vec<u8> = Vec::with_capacity(512 + 80 * self.words.len());
        bytes.extend(MARK);
        bytes.extend(VECTORS_VERSION.to_le_bytes());
        bytes.extend((settings.len() as u32).to_le_bytes());
        bytes.extend(settings);
        bytes.extend(self.documents.to_le_bytes());
        bytes.extend(self.tokens.to_le_bytes());
        bytes.extend((self.words.len() as u32).to_le_bytes());
        self.common.iter().for_each(|value| bytes.extend(value.to_le_bytes()));
        for ((word, uses), vector) in self.words.iter().zip(&self.uses).zip(&self.vectors) {
            bytes.extend((word.len() as u32).to_le_bytes());
            bytes.extend(word.as_bytes());
            bytes.extend(uses.to_le_bytes());
            bytes.extend(vector.to_bytes());
        }
        bytes.extend(sum_of(&bytes).to_le_bytes());
        bytes
    }

    /// Word vectors from the bytes of [`WordVectors::to_bytes`], equal to those that were kept. Cost `O(bytes)`.
    pub fn from_bytes(bytes: &[u8]) -> Result<WordVectors, VectorsError> {
        let mut reader = Reader { rest: bytes };
        if reader.take::<4>() != Ok(MARK) {
            return Err(VectorsError::NotVectors);
        }
        let version = reader.number()?;
        if version != VECTORS_VERSION {
            return Err(VectorsError::OtherVersion(version));
        }
        let (content, sum) = bytes.split_last_chunk::<8>().ok_or(VectorsError::Damaged("they end too early"))?;
        if sum_of(content) != u64::from_le_bytes(*sum) {
            return Err(VectorsError::Damaged("their sum is another"));
        }
        let length = reader.number()? as usize;
        let settings: VectorSettings = serde_json::from_slice(reader.slice(length)?)
            .map_err(|_| VectorsError::Damaged("their settings cannot be read"))?;
        let documents = u64::from_le_bytes(reader.take()?);
        let tokens = u64::from_le_bytes(reader.take()?);
        let count = reader.number()?;
        let mut common = [0.0; PACKED_DIMS];
        for value in &mut common {
            *value = f32::from_le_bytes(reader.take()?);
        }
        let (mut words, mut uses, mut vectors) = (vec![], vec![], vec![]);
        for _ in 0..count {
            let length = reader.number()? as usize;
            let word = std::str::from_utf8(reader.slice(length)?);
            words.push(word.map_err(|_| VectorsError::Damaged("a word is no text"))?.to_owned());
            uses.push(reader.number()?);
            vectors.push(Packed::from_bytes(reader.take()?));
        }
        if reader.rest.len() != sum.len() || !words.is_sorted() {
            return Err(VectorsError::Damaged("their words do not fit their number or order"));
        }
        Ok(WordVectors { settings, documents, tokens, words, uses, vectors, common })
    }
}

struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    fn slice(&mut self, length: usize) -> Result<&'a [u8], VectorsError> {
        let (taken, rest) = self.rest.split_at_checked(length).ok_or(VectorsError::Damaged("they end too early"))?;
        self.rest = rest;
        Ok(taken)
    }

    fn take<const LENGTH: usize>(&mut self) -> Result<[u8; LENGTH], VectorsError> {
        let mut taken = [0; LENGTH];
        taken.copy_from_slice(self.slice(LENGTH)?);
        Ok(taken)
    }

    fn number(&mut self) -> Result<u32, VectorsError> {
        self.take().map(u32::from_le_bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fitted() -> WordVectors {
        let texts = ["flat white and latte art", "latte art at dawn", "hop and malt", "malt and dawn", "höp and malt"];
        let settings = VectorSettings { uses_min: 1, ..VectorSettings::default() };
        let read = |visit: &mut dyn FnMut(&[&str])| {
            texts.iter().for_each(|text| visit(&text.split(' ').collect::<Vec<&str>>()));
        };
        WordVectors::fit(read, &settings)
    }

    #[test]
    fn vectors_come_back_equal() {
        let fitted = fitted();
        assert_eq!(WordVectors::from_bytes(&fitted.to_bytes()), Ok(fitted));
        let nothing = WordVectors::fit(|_| (), &VectorSettings::default());
        assert_eq!(WordVectors::from_bytes(&nothing.to_bytes()), Ok(nothing));
    }

    #[test]
    fn every_changed_byte_and_every_missing_end_is_refused() {
        let bytes = fitted().to_bytes();
        for place in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[place] ^= 0x10;
            assert!(WordVectors::from_bytes(&changed).is_err(), "byte {place}");
            assert!(WordVectors::from_bytes(&bytes[..place]).is_err(), "cut at {place}");
        }
        let mut newer = bytes;
        newer[4] = 9;
        assert_eq!(WordVectors::from_bytes(&newer), Err(VectorsError::OtherVersion(9)));
        assert_eq!(WordVectors::from_bytes(b"PNG"), Err(VectorsError::NotVectors));
    }
}
