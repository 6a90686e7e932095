//! What of a creator's tags, titles, texts, bio and groups speaks of which niche, and how much of it.

use std::collections::BTreeMap;

use super::lexicon::{LEXICON, Seen};
use super::probability::Features;
use super::{NicheInput, NicheTerm, Place, Quote};
use crate::conversations::portraits::niches::TAXONOMY;
use crate::random::Draws;

/// Added to what shares are taken of, so that one text of one is no certainty.
const SHARE_PRIOR: f64 = 3.0;

/// A word of a niche in one place, or a niche of the groups.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mention {
    pub(super) place: Place,
    /// Titles first, then texts, then tags; the bio and groups are always counted once and have none.
    pub(super) unit: Option<u32>,
    /// Of titles and texts, which one.
    pub(super) index: u32,
    pub(super) phrase: Option<u16>,
    /// Of a group, its niche.
    pub(super) group: Option<u16>,
    /// Uses of a tag, else 1; of a group, its share.
    pub(super) uses: f64,
    from: u32,
    to: u32,
}

/// How much of a mention belongs to a niche.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row {
    pub(super) mention: u32,
    /// 1/k for a word of k niches, summed over those that lie in the niche.
    part: f64,
    /// The word's place among the distinct words of the niche.
    slot: u32,
}

/// All that speaks of a niche and of those that lie in it.
#[derive(Clone, Debug)]
pub(super) struct NodeEvidence {
    pub(super) niche: u16,
    /// Places in the list of nodes of the niches it lies in.
    pub(super) above: Vec<usize>,
    pub(super) rows: Vec<Row>,
    slots: usize,
}

/// Everything found.
#[derive(Clone, Debug)]
pub(super) struct Gathered {
    /// By place, unit and word.
    pub(super) mentions: Vec<Mention>,
    pub(super) nodes: Vec<NodeEvidence>,
    titles: usize,
    texts: usize,
    /// Uses of each tag.
    tags: Vec<f64>,
    /// Hashtags inside each title and text, whether they speak of a niche or not.
    hashtags: Vec<u32>,
}

/// How often each unit is counted, and what the shares are taken of then.
pub(super) struct Weights {
    of_unit: Vec<f64>,
    titles: f64,
    texts: f64,
    tag_uses: f64,
    niche_words: f64,
}

impl Weights {
    /// Everything counted once.
    pub(super) fn once(gathered: &Gathered) -> Weights {
        let units = gathered.titles + gathered.texts + gathered.tags.len();
        let weights = Weights { of_unit: vec![1.0; units], titles: 0.0, texts: 0.0, tag_uses: 0.0, niche_words: 0.0 };
        weights.totalled(gathered)
    }

    /// Every unit counted anew, a Poisson(1) number of times.
    pub(super) fn draw(&mut self, gathered: &Gathered, draws: Draws, round: u32) {
        // P(0), P(0 or 1), … of a Poisson(1), as 8 draws of 8 bits from 64 would be too coarse: 16 bits each.
        const BELOW: [u16; 6] = [24_109, 48_218, 60_272, 64_290, 65_295, 65_496];
        let words = self.of_unit.len().div_ceil(4) as u64;
        for (four, units) in self.of_unit.chunks_mut(4).enumerate() {
            let bits = draws.raw(u64::from(round) * words + four as u64);
            for (place, unit) in units.iter_mut().enumerate() {
                let drawn = (bits >> (16 * place)) as u16;
                *unit = BELOW.iter().filter(|below| drawn >= **below).count() as f64;
            }
        }
        let weights = std::mem::replace(
            self,
            Weights { of_unit: vec![], titles: 0.0, texts: 0.0, tag_uses: 0.0, niche_words: 0.0 },
        );
        *self = weights.totalled(gathered);
    }

    fn totalled(self, gathered: &Gathered) -> Weights {
        let of_unit = self.of_unit;
        let (titles, others) = of_unit.split_at(gathered.titles);
        let (texts, tags) = others.split_at(gathered.texts);
        let inside: f64 = of_unit.iter().zip(&gathered.hashtags).map(|(weight, tags)| weight * f64::from(*tags)).sum();
        let apart: f64 = tags.iter().zip(&gathered.tags).map(|(weight, uses)| weight * uses).sum();
        let words = gathered.mentions.iter().filter(|mention| mention.phrase.is_some());
        let niche_words = words.map(|mention| mention.unit.map_or(1.0, |unit| of_unit[unit as usize])).sum();
        let (titles, texts) = (titles.iter().sum(), texts.iter().sum());
        Weights { titles, texts, tag_uses: inside + apart, niche_words, of_unit }
    }

    fn of(&self, mention: &Mention) -> f64 {
        mention.unit.map_or(1.0, |unit| self.of_unit[unit as usize])
    }
}

/// Reads everything once.
pub(super) fn gather(input: &NicheInput<'_>) -> Gathered {
    let mut mentions: Vec<Mention> = vec![];
    let (titles, texts) = (input.titles.len(), input.texts.len());
    let mut hashtags = vec![0; titles + texts];
    let mut apart: Vec<String> = input.tags.iter().map(|(tag, _)| bare(tag)).collect();
    apart.sort_unstable();
    let all = input
        .titles
        .iter()
        .map(|title| (Place::Title, *title))
        .chain(input.texts.iter().map(|text| (Place::Text, *text)));
    for (unit, (place, text)) in all.enumerate() {
        let index = if place == Place::Title { unit } else { unit - titles } as u32;
        let counted =
            Mention { place, unit: Some(unit as u32), index, phrase: None, group: None, uses: 1.0, from: 0, to: 0 };
        hashtags[unit] = read_text(text, counted, &apart, &mut mentions);
    }
    for (place, (tag, uses)) in input.tags.iter().enumerate() {
        let unit = Some((titles + texts + place) as u32);
        LEXICON.read_tag(tag, |phrase| {
            let uses = f64::from(*uses);
            mentions.push(Mention {
                place: Place::Tag,
                unit,
                index: 0,
                phrase: Some(phrase),
                group: None,
                uses,
                from: 0,
                to: 0,
            });
        });
    }
    if let Some(bio) = input.bio {
        let counted =
            Mention { place: Place::Bio, unit: None, index: 0, phrase: None, group: None, uses: 1.0, from: 0, to: 0 };
        read_text(bio, counted, &[], &mut mentions);
    }
    mentions.sort_by_key(|mention| (mention.unit.unwrap_or(u32::MAX), mention.place, mention.phrase, mention.from));
    mentions.dedup_by_key(|mention| (mention.unit, mention.place, mention.phrase));
    for group in input.groups.iter().filter(|group| group.share > 0.0) {
        let niche = TAXONOMY.place(group.code).map(|place| place as u16);
        let share = group.share.min(1.0);
        let counted = Mention {
            place: Place::Group,
            unit: None,
            index: 0,
            phrase: None,
            group: niche,
            uses: share,
            from: 0,
            to: 0,
        };
        mentions.extend(niche.map(|_| counted));
    }
    let nodes = nodes_of(&mentions);
    let tags = input.tags.iter().map(|(_, uses)| f64::from(*uses)).collect();
    Gathered { mentions, nodes, titles, texts, tags, hashtags }
}

/// A tag as it is compared.
fn bare(tag: &str) -> String {
    tag.trim().trim_start_matches('#').to_lowercase()
}

/// Adds what one text mentions; gives its hashtags that are not among the tags held apart.
fn read_text(text: &str, counted: Mention, apart: &[String], mentions: &mut Vec<Mention>) -> u32 {
    let mut hashtags = 0;
    LEXICON.walk(text, |seen| match seen {
        Seen::Words { phrase, from, to } => {
            mentions.push(Mention { phrase: Some(phrase), from: from as u32, to: to as u32, ..counted });
        }
        Seen::Hashtag { from, to } => {
            let tag = &text[from..to];
            if !apart.is_empty() && apart.binary_search(&bare(tag)).is_ok() {
                return;
            }
            hashtags += 1;
            let place = if counted.place == Place::Bio { Place::Bio } else { Place::Tag };
            LEXICON.read_tag(tag, |phrase| {
                mentions.push(Mention { place, phrase: Some(phrase), from: from as u32, to: to as u32, ..counted });
            });
        }
    });
    hashtags
}

fn nodes_of(mentions: &[Mention]) -> Vec<NodeEvidence> {
    let mut rows: BTreeMap<u16, Vec<(u32, f64)>> = BTreeMap::new();
    let mut parts: Vec<(u16, f64)> = vec![];
    for (place, mention) in mentions.iter().enumerate() {
        let of_phrase = mention.phrase.map_or(&[][..], |phrase| &LEXICON.phrases[usize::from(phrase)].niches);
        let niches = of_phrase.iter().copied().chain(mention.group);
        let part = 1.0 / of_phrase.len().max(1) as f64;
        parts.clear();
        for niche in niches {
            let mut here = Some(niche);
            while let Some(niche) = here {
                match parts.iter_mut().find(|(known, _)| *known == niche) {
                    Some((_, sum)) => *sum += part,
                    None => parts.push((niche, part)),
                }
                here = TAXONOMY.niches[usize::from(niche)].parent;
            }
        }
        parts.iter().for_each(|(niche, part)| rows.entry(*niche).or_default().push((place as u32, *part)));
    }
    let places: Vec<u16> = rows.keys().copied().collect();
    let node = |(niche, rows): (u16, Vec<(u32, f64)>)| {
        let mut words: Vec<Option<u16>> = rows.iter().map(|(place, _)| mentions[*place as usize].phrase).collect();
        words.sort_unstable();
        words.dedup();
        let slot = |place: u32| words.binary_search(&mentions[place as usize].phrase).unwrap_or(0) as u32;
        let slots = words.len();
        let rows =
            rows.iter().map(|(mention, part)| Row { mention: *mention, part: *part, slot: slot(*mention) }).collect();
        let mut above = vec![];
        let mut here = TAXONOMY.niches[usize::from(niche)].parent;
        while let Some(parent) = here {
            above.extend(places.binary_search(&parent).ok());
            here = TAXONOMY.niches[usize::from(parent)].parent;
        }
        NodeEvidence { niche, above, rows, slots }
    };
    rows.into_iter().map(node).collect()
}

impl Gathered {
    /// What speaks of a niche when units are counted so often. Cost `O(places that do)`.
    pub(super) fn features(&self, node: &NodeEvidence, weights: &Weights) -> Features {
        let (mut tags, mut bio, mut groups, mut words) = (0.0, 0.0f64, 0.0, 0.0);
        // Titles and texts: a unit counts once, however many of its words speak of the niche.
        let (mut titles, mut texts) = (0.0, 0.0);
        let mut of_unit = (None, Place::Text, 0.0);
        let mut distinct = vec![0.0; node.slots];
        let mut close = |(unit, place, part): (Option<u32>, Place, f64)| {
            let Some(unit) = unit else { return };
            let sum = if place == Place::Title { &mut titles } else { &mut texts };
            *sum += weights.of_unit[unit as usize] * f64::min(part, 1.0);
        };
        for row in &node.rows {
            let mention = &self.mentions[row.mention as usize];
            let weight = weights.of(mention);
            match mention.place {
                Place::Tag => tags += weight * row.part * mention.uses,
                Place::Bio => bio += row.part,
                Place::Group => groups += mention.uses,
                Place::Title | Place::Text => {
                    if of_unit.0 != mention.unit {
                        close(of_unit);
                        of_unit = (mention.unit, mention.place, 0.0);
                    }
                    of_unit.2 += row.part;
                }
            }
            if mention.phrase.is_some() && weight > 0.0 {
                words += weight * row.part;
                distinct[row.slot as usize] = row.part;
            }
        }
        close(of_unit);
        let share = |part: f64, all: f64| (part / (all + SHARE_PRIOR)).clamp(0.0, 1.0).sqrt();
        let read = weights.titles + weights.texts + weights.tag_uses;
        Features([
            1.0,
            share(tags, weights.tag_uses),
            share(titles, weights.titles),
            share(texts, weights.texts),
            distinct.iter().sum::<f64>().ln_1p(),
            bio.min(1.0),
            f64::min(groups, 1.0),
            share(words, weights.niche_words),
            read.ln_1p(),
        ])
    }

    /// The words that speak of a niche with where they stand, most used first.
    pub(super) fn terms(&self, node: &NodeEvidence, terms_max: usize) -> Vec<NicheTerm> {
        let mut counts: BTreeMap<(Place, Option<u16>, Option<u16>), f64> = BTreeMap::new();
        for row in &node.rows {
            let mention = &self.mentions[row.mention as usize];
            let uses = if mention.place == Place::Group { 1.0 } else { mention.uses };
            *counts.entry((mention.place, mention.phrase, mention.group)).or_default() += uses;
        }
        let name = |phrase: Option<u16>, group: Option<u16>| match (phrase, group) {
            (Some(phrase), _) => LEXICON.phrases[usize::from(phrase)].words.as_str(),
            (None, Some(niche)) => TAXONOMY.niches[usize::from(niche)].name,
            (None, None) => "",
        };
        let mut terms: Vec<NicheTerm> = counts
            .into_iter()
            .map(|((place, phrase, group), count)| NicheTerm {
                term: name(phrase, group).to_owned(),
                place,
                count: count as u64,
            })
            .collect();
        terms.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| (a.place, &a.term).cmp(&(b.place, &b.term))));
        terms.truncate(terms_max);
        terms
    }

    /// Places to quote, each of another title, text or bio and, as long as there are such, of another word.
    pub(super) fn quotes(&self, node: &NodeEvidence, quotes_max: usize) -> Vec<Quote> {
        let mut quotes: Vec<(Quote, u32)> = vec![];
        for fresh_word in [true, false] {
            for row in &node.rows {
                let mention = &self.mentions[row.mention as usize];
                let place = match (mention.place, mention.unit) {
                    (Place::Tag, Some(unit)) if (unit as usize) < self.titles => Place::Title,
                    (Place::Tag, Some(unit)) if (unit as usize) < self.titles + self.texts => Place::Text,
                    (Place::Tag | Place::Group, _) => continue,
                    (place, _) => place,
                };
                let quote = Quote {
                    place,
                    index: mention.index as usize,
                    from: mention.from as usize,
                    to: mention.to as usize,
                };
                let is_taken = |(taken, slot): &(Quote, u32)| {
                    (taken.place, taken.index) == (quote.place, quote.index) || fresh_word && *slot == row.slot
                };
                if quotes.len() < quotes_max && !quotes.iter().any(is_taken) {
                    quotes.push((quote, row.slot));
                }
            }
        }
        quotes.into_iter().map(|(quote, _)| quote).collect()
    }
}
