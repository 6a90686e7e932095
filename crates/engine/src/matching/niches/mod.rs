//! The niches of a creator, read from their tags, titles, posts, bio and the groups they talk in, each with how probable
//! it is and the words that say so.
//!
//! Niches are those of the IAB Content Taxonomy 3.1. Branches on health, religion, politics and other sensitive matters are
//! not in the shipped file and have no words, so no creator can be put there.

mod correct;
mod hashtags;
mod lexicon;
#[cfg(test)]
mod planted;
mod probability;
mod reading;
mod tree;

use model::explanation::DEFAULT_LEVEL;
use model::{Estimate, Explanation, Grade, Unit};
use serde::{Deserialize, Serialize};

pub use correct::{Correction, with_corrections};
pub use tree::{NicheNode, niche_named, niche_tree};

use crate::conversations::portraits::niches::TAXONOMY;
use crate::random::Draws;
use lexicon::LEXICON;
use probability::{COEFFICIENTS, FEATURE_WORDS, Features, chance};
use reading::{Gathered, NodeEvidence, Weights, gather};

/// What a creator's niches are read from. Empty lists are fine: what is not given says nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct NicheInput<'a> {
    /// Tags held apart from texts, with or without `#`, and how often each was used. Hashtags inside texts are found
    /// there; those that are also in this list count here alone.
    pub tags: &'a [(&'a str, u32)],
    pub titles: &'a [&'a str],
    /// Posts.
    pub texts: &'a [&'a str],
    pub bio: Option<&'a str>,
    pub groups: &'a [NicheOfGroups<'a>],
}

/// A niche of the groups somebody talks in.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NicheOfGroups<'a> {
    /// The code in IAB Content Taxonomy 3.1; others are passed over.
    pub code: &'a str,
    /// Of the creator's talk, the share in groups of this niche, 0..=1.
    pub share: f64,
}

/// What changes the niches found; kept with them.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct NicheSettings {
    /// Niches less probable are not told, 0..=1.
    pub probability_min: f64,
    /// The most niches told, those they lie in included.
    pub niches_max: usize,
    /// How often the creator's texts and tags are drawn anew for the interval.
    pub rounds: u32,
    pub seed: u64,
}

impl Default for NicheSettings {
    fn default() -> NicheSettings {
        NicheSettings { probability_min: 0.2, niches_max: 12, rounds: 100, seed: 1 }
    }
}

/// Where a word of a niche stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    Tag,
    Title,
    Text,
    Bio,
    /// Not a word: a niche of the groups they talk in.
    Group,
}

/// A word that speaks of a niche and how often it stands where.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NicheTerm {
    /// The word, or for a group the name of its niche.
    pub term: String,
    pub place: Place,
    /// Uses of a tag; titles or texts that name the word; 1 for a bio or group.
    pub count: u64,
}

/// A place to quote: the bytes `from..to` of a title, text or bio.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quote {
    pub place: Place,
    /// Which of the titles or texts, from 0; 0 for the bio.
    pub index: usize,
    pub from: usize,
    pub to: usize,
}

/// Who says that it is a niche of the creator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NicheSource {
    /// Words of the niche itself.
    Words,
    /// Only words of niches that lie in it.
    NarrowerNiches,
    Person,
}

/// A niche of a creator.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CreatorNiche {
    /// The code in IAB Content Taxonomy 3.1.
    pub code: String,
    pub name: String,
    /// Names from the root down, its own last.
    pub path: Vec<String>,
    pub source: NicheSource,
    pub probability: Estimate,
    /// The words that speak of it, most used first.
    pub terms: Vec<NicheTerm>,
    /// Up to three places, each of another title, text or bio.
    pub quotes: Vec<Quote>,
}

const METHOD: &str = "creator_niche";
const TERMS_MAX: usize = 12;
const QUOTES_MAX: usize = 3;
/// The stream of chance that draws texts for intervals.
const STREAM: u64 = 0x6e69;

/// The niches of a creator, most probable first, the narrower first among equals; empty ("not known") when nothing given
/// speaks of any.
///
/// `probability = 1 / (1 + e^-x)`, `x` a weighted sum of: the root of the share of tags, titles and texts that speak of
/// the niche, `ln(1 + distinct words)`, whether the bio says it, the share of talk in groups of it, the root of its share
/// of all niche words, and `ln(1 + texts and tags read)`. A word of k niches counts 1/k for each. A niche also counts what
/// its narrower ones have, and is never less probable than one of them. The weights were fitted on planted creators
/// (`planted.rs`) and are probabilities for such: what a creator mentions in passing or by chance is as common there as
/// what they are about. Interval: the 5th and 95th of a hundred values with texts and tags drawn anew, each counted a
/// Poisson(1) number of times; it does not hold what the weights themselves may be off by.
/// Cost `O(bytes + words found * rounds)`. Source of the niches: IAB Content Taxonomy 3.1; of the drawing: Hanley &
/// MacGibbon 2006 (Poisson bootstrap).
///
/// ```
/// use engine::matching::niches::{NicheInput, NicheSettings, niches_of};
/// let texts = ["dialling in the espresso", "my barista uses a light roast", "a new #coffee grinder"];
/// let input = NicheInput { texts: &texts, ..NicheInput::default() };
/// let found = niches_of(&input, &NicheSettings::default());
/// assert!(found.iter().any(|niche| niche.path == ["Food & Drink", "Non-Alcoholic Beverages"]));
/// ```
pub fn niches_of(input: &NicheInput<'_>, settings: &NicheSettings) -> Vec<CreatorNiche> {
    let gathered = gather(input);
    let mut found = told(&gathered, settings.probability_min);
    found.truncate(settings.niches_max);
    let ranges = ranges(&gathered, &found, settings);
    found.iter().zip(ranges).map(|(niche, range)| described(input, &gathered, niche, range, settings)).collect()
}

/// One niche and how probable it is; `as_in` is the narrower niche that makes it so probable, where one does.
#[derive(Clone, Copy)]
struct Told {
    /// Place among the gathered nodes.
    node: usize,
    probability: f64,
    own: Features,
    as_in: Option<u16>,
}

/// The probable niches, most probable first.
fn told(gathered: &Gathered, probability_min: f64) -> Vec<Told> {
    let once = Weights::once(gathered);
    let own: Vec<Features> = gathered.nodes.iter().map(|node| gathered.features(node, &once)).collect();
    let highest = with_narrower(&gathered.nodes, &own.iter().map(chance).collect::<Vec<f64>>());
    let mut found: Vec<Told> = (0..gathered.nodes.len())
        .map(|node| {
            let (probability, from) = highest[node];
            let as_in = (from != node).then(|| gathered.nodes[from].niche);
            Told { node, probability, own: own[node], as_in }
        })
        .filter(|niche| niche.probability >= probability_min)
        .collect();
    let depth = |niche: &Told| TAXONOMY.lineage(usize::from(gathered.nodes[niche.node].niche)).len();
    found.sort_by(|a, b| {
        let by_depth = || depth(b).cmp(&depth(a)).then(a.node.cmp(&b.node));
        b.probability.total_cmp(&a.probability).then_with(by_depth)
    });
    found
}

/// For every node the highest chance among it and those that lie in it, and which node that is.
fn with_narrower(nodes: &[NodeEvidence], chances: &[f64]) -> Vec<(f64, usize)> {
    let mut highest: Vec<(f64, usize)> = chances.iter().copied().zip(0..).collect();
    for (place, node) in nodes.iter().enumerate() {
        for above in node.above.iter().copied() {
            if chances[place] > highest[above].0 {
                highest[above] = (chances[place], place);
            }
        }
    }
    highest
}

/// The interval of every niche told.
fn ranges(gathered: &Gathered, found: &[Told], settings: &NicheSettings) -> Vec<(f64, f64)> {
    let draws = Draws::new(settings.seed, STREAM);
    let mut drawn: Vec<Vec<f64>> = vec![Vec::with_capacity(settings.rounds as usize); found.len()];
    // Only what a told niche or one within it rests on is counted again.
    let counts = |place: usize| {
        found.iter().any(|niche| niche.node == place || gathered.nodes[place].above.contains(&niche.node))
    };
    let counted: Vec<bool> = (0..gathered.nodes.len()).map(counts).collect();
    let mut weights = Weights::once(gathered);
    let mut chances = vec![0.0; gathered.nodes.len()];
    for round in 0..settings.rounds {
        weights.draw(gathered, draws, round);
        for (place, node) in gathered.nodes.iter().enumerate().filter(|(place, _)| counted[*place]) {
            chances[place] = chance(&gathered.features(node, &weights));
        }
        let highest = with_narrower(&gathered.nodes, &chances);
        drawn.iter_mut().zip(found).for_each(|(drawn, niche)| drawn.push(highest[niche.node].0));
    }
    let tail = (1.0 - DEFAULT_LEVEL) / 2.0;
    let range = |(mut drawn, niche): (Vec<f64>, &Told)| {
        drawn.sort_by(f64::total_cmp);
        let at = |share: f64| drawn.get(((drawn.len() as f64 - 1.0) * share).round() as usize).copied();
        let (lo, hi) = (at(tail).unwrap_or(0.0), at(1.0 - tail).unwrap_or(1.0));
        (lo.min(niche.probability), hi.max(niche.probability))
    };
    drawn.into_iter().zip(found).map(range).collect()
}

fn described(
    input: &NicheInput<'_>,
    gathered: &Gathered,
    told: &Told,
    (lo, hi): (f64, f64),
    settings: &NicheSettings,
) -> CreatorNiche {
    let node = &gathered.nodes[told.node];
    let line = TAXONOMY.lineage(usize::from(node.niche));
    let niche = line[line.len() - 1];
    let parts = COEFFICIENTS.iter().zip(told.own.0).zip(FEATURE_WORDS);
    let parts: Vec<Explanation> = parts
        .filter(|((_, value), _)| *value != 0.0)
        .map(|((coefficient, value), words)| {
            let words = format!("{words}: {value:.3} times {coefficient:.3}");
            Explanation::leaf(words, Some(coefficient * value), Unit::Score)
        })
        .collect();
    let mut parts = vec![Explanation::sum("what is said, weighed and added up", Unit::Score, parts)];
    if let Some(narrower) = told.as_in {
        let name = TAXONOMY.niches[usize::from(narrower)].name;
        let words = format!("the chance of {name}, which lies in it and is more probable than this sum alone");
        parts.push(Explanation::leaf(words, Some(told.probability), Unit::Probability));
    }
    let mentions = node.rows.len() as u64;
    let read = (input.titles.len() + input.texts.len() + input.tags.len()) as u64;
    let words = format!("{mentions} places speak of {}, among {read} titles, texts and tags", niche.name);
    let tree = Explanation::leaf(words, Some(told.probability), Unit::Probability)
        .with_formula(format!("1 / (1 + e^-sum); interval from {} drawings of texts and tags", settings.rounds))
        .with_parts(parts)
        .with_rows(mentions, "places", None);
    let probability = Estimate::known(told.probability, lo, hi, mentions, "places", METHOD, tree).graded(Grade::C);
    let is_own = |row: &reading::Row| {
        let mention = &gathered.mentions[row.mention as usize];
        mention.phrase.is_some_and(|phrase| LEXICON.phrases[usize::from(phrase)].niches.contains(&node.niche))
            || mention.group == Some(node.niche)
    };
    let source = if node.rows.iter().any(is_own) { NicheSource::Words } else { NicheSource::NarrowerNiches };
    CreatorNiche {
        code: niche.code.to_owned(),
        name: niche.name.to_owned(),
        path: line.iter().map(|above| above.name.to_owned()).collect(),
        source,
        probability,
        terms: gathered.terms(node, TERMS_MAX),
        quotes: gathered.quotes(node, QUOTES_MAX),
    }
}

#[cfg(test)]
mod tests;
