//! In which niches a group talks: the terms that tell it and those most used in it, looked up among the words of the IAB
//! content taxonomy.
//!
//! Niches are read from what is said alone, never guessed about people. Branches on health, religion, politics and other
//! sensitive matters are not in the shipped file, so no group can be put there.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use model::Ratio;
use model::explanation::DEFAULT_LEVEL;
use serde::{Deserialize, Serialize};

use super::participation::ShareRange;
use super::terms::Term;
use super::terms::words::stem;
use crate::intervals::{RatioRow, ratio_of_sums_interval};

/// A niche of a group is told when so many of the group's terms are its words …
const TERMS_MIN: usize = 2;
/// … or when one term is, and it makes so much of what tells the group.
const SHARE_OF_ONE_TERM_MIN: f64 = 0.25;
/// Niches of which less is said are chance.
const SHARE_MIN: f64 = 0.05;
/// Niches kept for a group.
const NICHES_MAX: usize = 4;

/// One node of the taxonomy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Niche {
    /// The taxonomy's own code.
    pub code: &'static str,
    pub name: &'static str,
    pub(crate) parent: Option<u16>,
}

/// A niche in which a group talks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GroupNiche {
    /// The code in IAB Content Taxonomy 3.1.
    pub code: String,
    pub name: String,
    /// Of the uses of the terms that were looked up, the share that are words of this niche; interval over terms.
    pub share: ShareRange,
    /// The terms that speak of it, best first.
    pub terms: Vec<String>,
    /// Members' uses of those terms; a term of two niches counts half for each.
    pub uses: f64,
    /// Members' uses of all terms that were looked up, and how many terms those are.
    pub of_uses: f64,
    pub of_terms: u64,
}

pub(crate) struct Taxonomy {
    pub(crate) niches: Vec<Niche>,
    by_code: BTreeMap<&'static str, u16>,
    /// Words, without the s of their plural, and the niches they speak of.
    words: BTreeMap<String, Vec<u16>>,
    /// The same words as they are written in the list and in the names.
    pub(crate) spellings: BTreeMap<String, Vec<u16>>,
}

pub(crate) static TAXONOMY: LazyLock<Taxonomy> =
    LazyLock::new(|| read(include_str!("iab_content_3_1.tsv"), include_str!("words.tsv")));

fn read(nodes: &'static str, words: &'static str) -> Taxonomy {
    let rows = |text: &'static str| text.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    let cells = |line: &'static str| -> Vec<&'static str> { line.split('\t').collect() };
    let nodes: Vec<Vec<&str>> = rows(nodes).map(cells).collect();
    let by_code: BTreeMap<&str, u16> = nodes.iter().enumerate().map(|(place, node)| (node[0], place as u16)).collect();
    let niches: Vec<Niche> = nodes
        .iter()
        .map(|node| Niche { code: node[0], name: node[2], parent: by_code.get(node[1]).copied() })
        .collect();
    let mut found: BTreeMap<String, Vec<u16>> = BTreeMap::new();
    let mut spellings: BTreeMap<String, Vec<u16>> = BTreeMap::new();
    let mut vague: Vec<String> = vec![];
    for line in rows(words) {
        let line = cells(line);
        let (code, words) = (line[0], line[1..].iter());
        match by_code.get(code) {
            Some(&niche) => words.for_each(|word| {
                found.entry(stems(word)).or_default().push(niche);
                spellings.entry((*word).to_owned()).or_default().push(niche);
            }),
            None => vague.extend(words.map(|word| stems(word))),
        }
    }
    for (place, niche) in niches.iter().enumerate() {
        for words in own_words(niche.name) {
            let stems = stems(&words);
            if !vague.contains(&stems) {
                spellings.entry(words).or_default().push(place as u16);
                spellings.entry(stems.clone()).or_default().push(place as u16);
                found.entry(stems).or_default().push(place as u16);
            }
        }
    }
    found.values_mut().chain(spellings.values_mut()).for_each(|niches| {
        niches.sort_unstable();
        niches.dedup();
    });
    Taxonomy { niches, by_code, words: found, spellings }
}

/// The parts of a niche's name that are one or two words: "Beauty", "Skin Care", "Running and Jogging".
fn own_words(name: &str) -> impl Iterator<Item = String> {
    let name = name.to_lowercase().replace(" and ", "/").replace(['&', ','], "/");
    let parts: Vec<String> = name.split('/').map(|part| part.trim().to_owned()).collect();
    parts.into_iter().filter(|part| part.len() >= 3 && part.split(' ').count() <= 2)
}

/// Words without the endings of their plural: "breweries" and "brewery" are one.
fn stems(words: &str) -> String {
    let one = |word: &str| match word.strip_suffix("ies") {
        Some(begin) if begin.len() >= 3 => format!("{begin}y"),
        _ => stem(word).to_owned(),
    };
    words.split(' ').map(one).collect::<Vec<_>>().join(" ")
}

impl Taxonomy {
    /// The niches a term speaks of: as a whole, else by its last word that speaks of any ("belgian beer" is about beer).
    fn niches_of(&self, term: &str) -> &[u16] {
        let whole = self.words.get(&stems(term));
        let by_word = || term.rsplit(' ').find_map(|word| self.words.get(&stems(word)));
        whole.or_else(by_word).map_or(&[], Vec::as_slice)
    }

    pub(crate) fn place(&self, code: &str) -> Option<usize> {
        self.by_code.get(code).map(|&place| usize::from(place))
    }

    /// A niche and what it lies in, from the root down.
    pub(crate) fn lineage(&self, place: usize) -> Vec<&Niche> {
        let mut line = vec![&self.niches[place]];
        while let Some(parent) = line[line.len() - 1].parent {
            line.push(&self.niches[usize::from(parent)]);
        }
        line.reverse();
        line
    }
}

/// The niches of a group, largest share first; empty ("not known") when none of its terms is a word of any.
///
/// `share = sum over terms of the niche of people / sum over all terms of people`, where people are the members who used
/// the term and a term of k niches counts 1/k for each. The interval is that of a ratio of totals over terms. `terms` are
/// those of [`GroupTerms::for_niches`](super::terms::GroupTerms). A niche is kept with two terms, or with one that makes a
/// quarter of all uses, and at least 5 %. Cost `O(terms log words)`. Source of the niches: IAB Content Taxonomy 3.1.
pub fn niches_of<'a>(terms: impl IntoIterator<Item = &'a Term>) -> Vec<GroupNiche> {
    let level = Ratio::new(DEFAULT_LEVEL).expect("the default level is a share");
    let terms: Vec<(&Term, &[u16])> = terms.into_iter().map(|term| (term, TAXONOMY.niches_of(&term.term))).collect();
    let of_uses: f64 = terms.iter().map(|(term, _)| f64::from(term.people)).sum();
    let of_terms = terms.len() as u64;
    let mut spoken_of: Vec<u16> = terms.iter().flat_map(|(_, niches)| niches.iter().copied()).collect();
    spoken_of.sort_unstable();
    spoken_of.dedup();
    let mut found: Vec<GroupNiche> = spoken_of
        .into_iter()
        .map(|niche| {
            let part = |niches: &[u16]| if niches.contains(&niche) { 1.0 / niches.len() as f64 } else { 0.0 };
            let rows: Vec<RatioRow> = terms
                .iter()
                .map(|(term, niches)| RatioRow {
                    over: part(niches) * f64::from(term.people),
                    under: f64::from(term.people),
                })
                .collect();
            let uses: f64 = rows.iter().map(|row| row.over).sum();
            let value = uses / of_uses;
            let range = ratio_of_sums_interval(&rows, level);
            let share = ShareRange {
                value,
                lo: range.map_or(0.0, |range| range.lo.min(value)),
                hi: range.map_or(1.0, |range| range.hi.clamp(value, 1.0)),
            };
            let words = terms.iter().filter(|(_, niches)| niches.contains(&niche));
            let Niche { code, name, .. } = TAXONOMY.niches[usize::from(niche)];
            let terms = words.map(|(term, _)| term.term.clone()).collect();
            GroupNiche { code: code.to_owned(), name: name.to_owned(), share, terms, uses, of_uses, of_terms }
        })
        .filter(|niche| {
            let is_told = niche.terms.len() >= TERMS_MIN || niche.share.value >= SHARE_OF_ONE_TERM_MIN;
            is_told && niche.share.value >= SHARE_MIN
        })
        .collect();
    found.sort_by(|a, b| b.share.value.total_cmp(&a.share.value).then_with(|| a.code.cmp(&b.code)));
    found.truncate(NICHES_MAX);
    found
}

/// The names of a niche and of those it lies in, widest first; empty for a code that is not in the shipped taxonomy.
///
/// ```
/// let path = engine::conversations::portraits::niches::path("211");
/// assert_eq!(path, ["Food & Drink", "Alcoholic Beverages"]);
/// ```
pub fn path(code: &str) -> Vec<&'static str> {
    let place = TAXONOMY.place(code);
    place.map_or_else(Vec::new, |place| TAXONOMY.lineage(place).into_iter().map(|niche| niche.name).collect())
}

/// The codes of a niche and of those it lies in, widest first.
pub fn codes_above(code: &str) -> Vec<&'static str> {
    let place = TAXONOMY.place(code);
    place.map_or_else(Vec::new, |place| TAXONOMY.lineage(place).into_iter().map(|niche| niche.code).collect())
}

/// Whether a niche is another one or lies in it.
pub fn is_within(code: &str, wider: &str) -> bool {
    codes_above(code).contains(&wider)
}

/// The niche that a person means: its code, or its name in any case.
pub fn find(text: &str) -> Option<Niche> {
    let wanted = text.trim();
    let by_name = || TAXONOMY.niches.iter().find(|niche| niche.name.eq_ignore_ascii_case(wanted)).copied();
    TAXONOMY.place(wanted).map(|place| TAXONOMY.niches[place]).or_else(by_name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn term(term: &str, people: u32) -> Term {
        Term { term: term.to_owned(), people, people_anywhere: 2 * people, log_odds: 1.5, score: 5.0 }
    }

    fn told(terms: &[(&str, u32)]) -> Vec<(String, f64)> {
        let terms: Vec<Term> = terms.iter().map(|(word, people)| term(word, *people)).collect();
        niches_of(&terms).into_iter().map(|niche| (path(&niche.code).join(" > "), niche.share.value)).collect()
    }

    #[test]
    fn a_group_that_speaks_of_hops_and_kegs_is_about_drink() {
        let found = told(&[("hops", 30), ("keg", 20), ("belgian beer", 25), ("temperature", 25)]);
        assert_eq!(found, [("Food & Drink > Alcoholic Beverages".to_owned(), 0.75)]);
    }

    #[test]
    fn the_share_has_an_interval_over_terms_and_names_its_evidence() {
        let terms = [term("sourdough", 40), term("rye bread", 20), term("weekend", 20), term("photo", 20)];
        let niches = niches_of(&terms);
        let baking = &niches[0];
        assert_eq!((baking.name.as_str(), baking.terms.len()), ("Desserts and Baking", 2));
        assert!((baking.share.value - 0.6).abs() < 1e-12, "{baking:?}");
        assert!(baking.share.lo < 0.5 && baking.share.hi > 0.7 && baking.share.hi <= 1.0, "{baking:?}");
        assert!(niches.iter().all(|niche| niche.name != "Photography"), "one word in five may be chance");
    }

    #[test]
    fn where_no_term_is_a_word_of_any_niche_nothing_is_known() {
        assert!(told(&[("weekend", 30), ("neighbour", 10)]).is_empty());
        assert!(niches_of(&[]).is_empty());
    }

    #[test]
    fn no_word_leads_to_health_religion_politics_or_other_sensitive_matters() {
        for words in
            ["cancer", "depression", "church", "prayer", "election", "gun", "casino", "divorce", "vaccine", "gay"]
        {
            assert!(TAXONOMY.niches_of(words).is_empty(), "{words}");
        }
        for name in
            ["Medical Health", "Religion & Spirituality", "Politics", "Sensitive Topics", "Weight Loss", "Dating"]
        {
            assert_eq!(find(name), None, "{name} is in the shipped file");
        }
    }

    #[test]
    fn the_shipped_files_fit_together() {
        let in_files: Vec<&str> = include_str!("words.tsv")
            .lines()
            .filter(|line| !line.starts_with(['#', '-']))
            .filter_map(|line| line.split('\t').next())
            .collect();
        assert!(in_files.len() > 100);
        assert!(in_files.iter().all(|code| TAXONOMY.place(code).is_some()), "a word list belongs to no niche");
        let orphans =
            include_str!("iab_content_3_1.tsv").lines().filter(|line| !line.starts_with('#')).filter(|line| {
                let parent = line.split('\t').nth(1).unwrap_or_default();
                !parent.is_empty() && TAXONOMY.place(parent).is_none()
            });
        assert_eq!(orphans.count(), 0);
        assert_eq!(find("alcoholic beverages").map(|niche| niche.code), Some("211"));
        assert!(is_within("211", "210") && !is_within("210", "211"));
    }
}
