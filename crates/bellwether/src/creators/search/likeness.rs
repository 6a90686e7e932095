//! Words said in the same places, and creators who talk about the same: learnt from the market's own texts at refresh,
//! kept beside the search index, and made again with it.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use engine::matching::likeness::{PACKED_DIMS, Packed, VectorSettings, WordVectors, pack, similarity_packed};
use model::AccountId;
use search::{CreatorDocument, words_of};

/// Creators whose texts words are learnt from.
pub const LEARNT_FROM_MAX: usize = 20_000;
/// Fewer creators' texts do not teach which words stand in the same places.
const LEARNT_FROM_MIN: usize = 50;
/// A word that fewer creators use is nobody's business but theirs.
const CREATORS_A_WORD_MIN: u32 = 3;
/// Words that are looked for beside the one typed, and how alike they must be.
const ALIKE_MAX: usize = 3;
const ALIKE_MIN: f32 = 0.72;
/// How much a word said in the same places counts, at most: whoever says the word itself stands before.
const ALIKE_WEIGHT: f32 = 0.12;
/// Words for which those alike are remembered.
const ASKED_MAX: usize = 4_096;

/// Texts words are learnt from.
#[derive(Default)]
pub struct LikenessMaking {
    creators: Vec<Vec<String>>,
}

/// What was learnt; nothing where the market has too few texts.
#[derive(Default)]
pub struct Likeness {
    vectors: Option<WordVectors>,
    /// By ascending account.
    creators: Vec<(AccountId, Packed)>,
    /// Words that were asked for, with those alike: finding them goes through every word learnt.
    asked: Mutex<HashMap<String, Vec<(String, f32)>>>,
}

impl LikenessMaking {
    pub fn new() -> LikenessMaking {
        LikenessMaking::default()
    }

    /// Takes a creator's texts in, while there is room.
    pub fn look_at(&mut self, creator: &CreatorDocument) {
        if self.creators.len() < LEARNT_FROM_MAX {
            let mut texts = vec![creator.bio.clone()];
            texts.extend(creator.posts.iter().cloned());
            self.creators.push(texts);
        }
    }

    /// Learns from what was taken in. Cost: see [`WordVectors::fit`].
    pub fn learn(self) -> Likeness {
        if self.creators.len() < LEARNT_FROM_MIN {
            return Likeness::default();
        }
        let mut used_by: BTreeMap<String, (u32, u32)> = BTreeMap::new();
        let mut texts: Vec<Vec<String>> = vec![];
        for (creator, of) in (0u32..).zip(self.creators) {
            for text in of {
                let words: Vec<String> = words_of(&text).into_iter().map(|word| word.form).collect();
                for word in &words {
                    let used = match used_by.get_mut(word) {
                        Some(used) => used,
                        None => used_by.entry(word.clone()).or_insert((u32::MAX, 0)),
                    };
                    if used.0 != creator {
                        *used = (creator, used.1 + 1);
                    }
                }
                texts.push(words);
            }
        }
        let shared = |word: &String| used_by.get(word).is_some_and(|(_, creators)| *creators >= CREATORS_A_WORD_MIN);
        texts.iter_mut().for_each(|words| words.retain(shared));
        let read = |take: &mut dyn FnMut(&[&str])| {
            for words in &texts {
                take(&words.iter().map(String::as_str).collect::<Vec<_>>());
            }
        };
        Likeness {
            vectors: Some(WordVectors::fit(read, &VectorSettings::default())),
            creators: vec![],
            asked: Mutex::default(),
        }
    }
}

impl Likeness {
    /// Words said in the same places as one, as compared, each with how much it counts.
    pub fn alike(&self, word: &str) -> Vec<(String, f32)> {
        let Some(vectors) = &self.vectors else { return vec![] };
        let asked = || self.asked.lock().expect("nobody panics while holding it");
        if let Some(alike) = asked().get(word) {
            return alike.clone();
        }
        let near = vectors.nearest(word, ALIKE_MAX).into_iter().filter(|near| near.similarity >= ALIKE_MIN);
        let alike: Vec<(String, f32)> = near.map(|near| (near.word, near.similarity * ALIKE_WEIGHT)).collect();
        let mut asked = asked();
        if asked.len() >= ASKED_MAX {
            asked.clear();
        }
        asked.insert(word.to_owned(), alike.clone());
        alike
    }

    /// Whether words were learnt from the market's own texts.
    pub fn is_learnt(&self) -> bool {
        self.vectors.is_some()
    }

    /// The direction of what a creator talks about; `None` where none of their words was learnt.
    pub fn direction(&self, creator: &CreatorDocument) -> Option<Packed> {
        let vectors = self.vectors.as_ref()?;
        let mut counts: BTreeMap<String, f32> = BTreeMap::new();
        for text in creator.posts.iter().chain([&creator.bio]) {
            let mut words: Vec<String> = words_of(text).into_iter().map(|word| word.form).collect();
            words.sort();
            words.dedup();
            words.into_iter().for_each(|word| *counts.entry(word).or_default() += 1.0);
        }
        let counted: Vec<(&str, f32)> = counts.iter().map(|(word, count)| (word.as_str(), *count)).collect();
        vectors.document(&counted).map(|direction| pack(&direction))
    }

    /// How alike everybody's talk is to one creator's, -1..=1; nothing where what they talk about is not known.
    pub fn alike_by_topics(&self, of: AccountId) -> Vec<(AccountId, f32)> {
        let Ok(place) = self.creators.binary_search_by_key(&of, |(account, _)| *account) else { return vec![] };
        let direction = self.creators[place].1;
        let others = self.creators.iter().filter(|(account, other)| *account != of && other.is_known());
        others.map(|(account, other)| (*account, similarity_packed(&direction, other))).collect()
    }

    /// How alike creators' talk and a text are, -1..=1, by ascending account; nothing where no word of it was learnt.
    pub fn alike_to_text(&self, text: &str) -> Vec<(AccountId, f32)> {
        let counts = words_of(text).into_iter().fold(BTreeMap::<String, f32>::new(), |mut counts, word| {
            *counts.entry(word.form).or_default() += 1.0;
            counts
        });
        let counted: Vec<(&str, f32)> = counts.iter().map(|(word, count)| (word.as_str(), *count)).collect();
        let direction = self.vectors.as_ref().and_then(|vectors| vectors.document(&counted)).map(|of| pack(&of));
        let Some(direction) = direction else { return vec![] };
        let known = self.creators.iter().filter(|(_, other)| other.is_known());
        known.map(|(account, other)| (*account, similarity_packed(&direction, other))).collect()
    }

    /// The same with these creators put in or replaced.
    pub fn with(mut self, mut creators: Vec<(AccountId, Packed)>) -> Likeness {
        creators.sort_by_key(|(account, _)| *account);
        self.creators.retain(|(account, _)| creators.binary_search_by_key(account, |(new, _)| *new).is_err());
        self.creators.append(&mut creators);
        self.creators.sort_by_key(|(account, _)| *account);
        self
    }

    fn without(mut self, accounts: &[AccountId]) -> Likeness {
        self.creators.retain(|(account, _)| !accounts.contains(account));
        self
    }
}

fn words_file(folder: &Path) -> PathBuf {
    folder.join("words.vectors")
}

fn creators_file(folder: &Path) -> PathBuf {
    folder.join("creators.directions")
}

const ROW_BYTES: usize = 8 + PACKED_DIMS;

/// Reads what was kept; what is missing or damaged is as if it had not been learnt.
pub fn read(folder: &Path) -> Likeness {
    let vectors = std::fs::read(words_file(folder)).ok().and_then(|bytes| WordVectors::from_bytes(&bytes).ok());
    let rows = std::fs::read(creators_file(folder)).unwrap_or_default();
    if vectors.is_none() || !rows.len().is_multiple_of(ROW_BYTES) {
        return Likeness::default();
    }
    let creators = rows.chunks_exact(ROW_BYTES).map(|row| {
        let (account, direction) = row.split_at(8);
        let account = i64::from_le_bytes(account.try_into().expect("eight bytes"));
        (AccountId(account), Packed::from_bytes(direction.try_into().expect("as many bytes as directions have")))
    });
    Likeness { creators: creators.collect(), vectors, asked: Mutex::default() }
}

/// Keeps what was learnt; whoever reads meanwhile reads the old or the new.
pub fn keep(folder: &Path, likeness: &Likeness) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)?;
    let Some(vectors) = &likeness.vectors else {
        let _ = std::fs::remove_file(creators_file(folder));
        let _ = std::fs::remove_file(words_file(folder));
        return Ok(());
    };
    let mut rows = Vec::with_capacity(likeness.creators.len() * ROW_BYTES);
    for (account, direction) in &likeness.creators {
        rows.extend_from_slice(&account.0.to_le_bytes());
        rows.extend_from_slice(&direction.to_bytes());
    }
    replace(&words_file(folder), &vectors.to_bytes())?;
    replace(&creators_file(folder), &rows)
}

fn replace(file: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let beside = file.with_extension("new");
    std::fs::write(&beside, bytes)?;
    std::fs::rename(beside, file)
}

/// Takes people out of what is kept.
pub fn forget(folder: &Path, accounts: &[AccountId]) -> std::io::Result<()> {
    let held = read(folder);
    if held.creators.iter().any(|(account, _)| accounts.contains(account)) {
        keep(folder, &held.without(accounts))?;
    }
    Ok(())
}

/// What was learnt, shared by whoever asks.
pub type LikenessHeld = Arc<Likeness>;

#[cfg(test)]
mod tests {
    use super::*;

    fn creator(account: i64, posts: &[&str]) -> CreatorDocument {
        CreatorDocument {
            account: AccountId(account),
            names: vec![],
            bio: String::new(),
            posts: posts.iter().map(|post| (*post).to_owned()).collect(),
            other: vec![],
            ranges: vec![],
            facets: vec![],
        }
    }

    fn learnt() -> Likeness {
        let mut making = LikenessMaking::new();
        let mut all = vec![];
        for account in 0..60 {
            let tea = ["whisking matcha in a warm bowl", "a warm bowl of sencha tea"];
            let bread = ["folding sourdough on a cold bench", "a cold bench for rye bread"];
            let one = creator(account, if account % 2 == 0 { &tea } else { &bread });
            making.look_at(&one);
            all.push(one);
        }
        let likeness = making.learn();
        let directions = all.iter().filter_map(|one| Some((one.account, likeness.direction(one)?))).collect();
        likeness.with(directions)
    }

    #[test]
    fn creators_who_talk_about_the_same_are_more_alike() {
        let likeness = learnt();
        let alike = likeness.alike_by_topics(AccountId(0));
        let of = |account: i64| alike.iter().find(|(other, _)| other.0 == account).expect("is there").1;
        assert!(of(2) > of(1) + 0.2, "{} and {}", of(2), of(1));
    }

    #[test]
    fn a_text_is_nearest_to_those_who_talk_of_the_same() {
        let alike = learnt().alike_to_text("a bowl of matcha");
        let of = |account: i64| alike.iter().find(|(other, _)| other.0 == account).expect("is there").1;
        assert!(of(0) > of(1) + 0.2, "{} and {}", of(0), of(1));
        assert!(learnt().alike_to_text("zzzz").is_empty());
    }

    #[test]
    fn what_was_learnt_is_kept_read_back_and_forgotten() {
        let folder = tempfile::tempdir().expect("a folder");
        let likeness = learnt();
        keep(folder.path(), &likeness).expect("keeps");
        let again = read(folder.path());
        assert_eq!(again.alike_by_topics(AccountId(0)), likeness.alike_by_topics(AccountId(0)));
        forget(folder.path(), &[AccountId(0)]).expect("forgets");
        assert!(read(folder.path()).alike_by_topics(AccountId(0)).is_empty());
        std::fs::write(words_file(folder.path()), b"damaged").expect("writes");
        assert!(!read(folder.path()).is_learnt());
    }

    #[test]
    fn a_word_that_hardly_anybody_uses_is_not_learnt() {
        let mut making = LikenessMaking::new();
        for account in 0..60 {
            let own = format!("quintessa{} quintessa{}", account / 2, account / 2);
            making.look_at(&creator(account, &["tea in a bowl", &own]));
        }
        let likeness = making.learn();
        assert!(likeness.vectors.expect("learnt").uses("quintessa1").is_none());
    }

    #[test]
    fn too_few_creators_teach_nothing() {
        let mut making = LikenessMaking::new();
        making.look_at(&creator(1, &["tea"]));
        assert!(!making.learn().is_learnt());
    }
}
