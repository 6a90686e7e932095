//! Made-up creators whose niches are known: what the weights are fitted on and tried with.
//!
//! Each has one to three main niches, up to three others they mention in passing, and words that stand there by chance.
//! How many posts there are, how many of them are on topic, how often those use a word of the list, and whether there
//! are titles, tags, a bio and groups is drawn for each creator anew, so that some are plain and some can hardly be told.

use super::lexicon::LEXICON;
use super::probability::Features;
use super::reading::{Gathered, Weights, gather};
use super::{NicheInput, NicheOfGroups};
use crate::conversations::portraits::niches::{TAXONOMY, codes_above};
use crate::random::Sequence;

/// Words that speak of no niche.
const FILLER: [&str; 12] = [
    "honestly",
    "yesterday",
    "quickly",
    "somebody",
    "wonderful",
    "together",
    "finally",
    "waiting",
    "corner",
    "started",
    "message",
    "afternoon",
];
const WORDS_OF_A_NICHE_MIN: usize = 4;

pub(super) struct PlantedCreator {
    pub(super) mains: Vec<&'static str>,
    pub(super) tags: Vec<(String, u32)>,
    pub(super) titles: Vec<String>,
    pub(super) texts: Vec<String>,
    pub(super) bio: Option<String>,
    pub(super) groups: Vec<(&'static str, f64)>,
}

/// Niches with enough words to plant, and those words.
pub(super) fn vocabularies() -> Vec<(&'static str, Vec<&'static str>)> {
    let words = |niche: usize| -> Vec<&'static str> {
        let of_niche = LEXICON.phrases.iter().filter(|phrase| phrase.niches.contains(&(niche as u16)));
        of_niche.map(|phrase| phrase.words.as_str()).collect()
    };
    let all = TAXONOMY.niches.iter().enumerate().map(|(place, niche)| (niche.code, words(place)));
    all.filter(|(_, words)| words.len() >= WORDS_OF_A_NICHE_MIN).collect()
}

fn between(chance: &mut Sequence, lo: f64, hi: f64) -> f64 {
    lo + (hi - lo) * chance.uniform()
}

fn one_of<T: Copy>(chance: &mut Sequence, items: &[T]) -> T {
    items[chance.below(items.len())]
}

pub(super) fn creators(count: usize, seed: u64) -> Vec<PlantedCreator> {
    let vocabularies = vocabularies();
    (0..count).map(|index| creator(&vocabularies, &mut Sequence::new(seed, index as u64))).collect()
}

fn creator(vocabularies: &[(&'static str, Vec<&'static str>)], chance: &mut Sequence) -> PlantedCreator {
    let mut niches: Vec<(&'static str, Vec<&'static str>)> = vec![];
    let (mains, passing) = (1 + chance.below(3), chance.below(4));
    while niches.len() < mains + passing {
        let (code, words) = &vocabularies[chance.below(vocabularies.len())];
        if niches.iter().any(|(taken, _)| taken == code) {
            continue;
        }
        // Everybody uses some of a niche's words alone.
        let own = 2 + chance.below(words.len() - 1);
        niches.push((code, (0..own).map(|_| one_of(chance, words)).collect()));
    }
    let (on_topic, named) = (between(chance, 0.25, 0.95), between(chance, 0.25, 0.95));
    let (in_passing, by_chance) = (between(chance, 0.01, 0.12), between(chance, 0.02, 0.25));
    let posts = between(chance, 0.0, 4.8).exp() as usize;
    let sentence = |chance: &mut Sequence| {
        let mut words: Vec<&str> = (0..4).map(|_| one_of(chance, &FILLER)).collect();
        if chance.uniform() < on_topic && chance.uniform() < named {
            let (_, own) = &niches[chance.below(mains)];
            for _ in 0..1 + chance.below(3) {
                words.push(one_of(chance, own));
                words.push(one_of(chance, &FILLER));
            }
        }
        for (_, own) in &niches[mains..] {
            if chance.uniform() < in_passing {
                words.extend([one_of(chance, own), "and"]);
            }
        }
        if chance.uniform() < by_chance {
            words.push(&LEXICON.phrases[chance.below(LEXICON.phrases.len())].words);
        }
        words.join(" . ")
    };
    let texts: Vec<String> = (0..posts).map(|_| sentence(chance)).collect();
    let titled = chance.uniform() < 0.4;
    let titles: Vec<String> = (0..if titled { posts } else { 0 }).map(|_| sentence(chance)).collect();
    let mut tags: Vec<(String, u32)> = vec![];
    if chance.uniform() < 0.6 {
        for (place, (_, own)) in niches.iter().enumerate() {
            let most = if place < mains { 4 } else { 2 };
            for _ in 0..chance.below(most) {
                tags.push((
                    one_of(chance, own).replace(' ', ""),
                    1 + chance.below(if place < mains { 12 } else { 3 }) as u32,
                ));
            }
        }
        for unknown in 0..chance.below(8) {
            tags.push((format!("zzq{unknown}"), 1 + chance.below(6) as u32));
        }
    }
    let mut bio = String::new();
    let mut groups = vec![];
    for (place, (code, own)) in niches.iter().enumerate() {
        let (in_bio, in_group) = if place < mains { (0.5, 0.4) } else { (0.1, 0.25) };
        if chance.uniform() < in_bio {
            bio.push_str(one_of(chance, own));
            bio.push_str(". ");
        }
        if chance.uniform() < in_group {
            let most = if place < mains { 0.8 / mains as f64 } else { 0.3 };
            groups.push((*code, between(chance, 0.02, most)));
        }
    }
    // People also talk where they do not post.
    for _ in 0..chance.below(3) {
        groups.push((vocabularies[chance.below(vocabularies.len())].0, between(chance, 0.02, 0.5)));
    }
    let mains = niches[..mains].iter().map(|(code, _)| *code).collect();
    PlantedCreator { mains, tags, titles, texts, bio: (!bio.is_empty()).then_some(bio), groups }
}

impl PlantedCreator {
    /// Whether a niche is a main one or holds one.
    pub(super) fn is_about(&self, code: &str) -> bool {
        self.mains.iter().any(|main| codes_above(main).contains(&code))
    }

    /// Calls with the creator as input.
    pub(super) fn read<T>(&self, with: impl FnOnce(&NicheInput<'_>) -> T) -> T {
        let tags: Vec<(&str, u32)> = self.tags.iter().map(|(tag, uses)| (tag.as_str(), *uses)).collect();
        let titles: Vec<&str> = self.titles.iter().map(String::as_str).collect();
        let texts: Vec<&str> = self.texts.iter().map(String::as_str).collect();
        let groups: Vec<NicheOfGroups<'_>> =
            self.groups.iter().map(|(code, share)| NicheOfGroups { code, share: *share }).collect();
        with(&NicheInput { tags: &tags, titles: &titles, texts: &texts, bio: self.bio.as_deref(), groups: &groups })
    }

    /// Of every niche anything speaks of, what does, and whether it is the creator's.
    pub(super) fn observed(&self) -> Vec<(Features, bool)> {
        let gathered: Gathered = self.read(gather);
        let once = Weights::once(&gathered);
        let about = |niche: u16| self.is_about(TAXONOMY.niches[usize::from(niche)].code);
        gathered.nodes.iter().map(|node| (gathered.features(node, &once), about(node.niche))).collect()
    }
}
