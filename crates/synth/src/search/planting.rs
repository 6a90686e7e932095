//! Decides who answers which query, who only seems to, and who of the others mentions what in passing.

use std::collections::{BTreeMap, BTreeSet};

use super::QueryKind;
use super::topics::{Beside, Topic, topics};
use crate::random::{Dice, Stream};

/// What is planted in one creator.
#[derive(Clone, Copy, Debug)]
pub(super) enum Role {
    /// Speaks of it as the grade promises.
    Answers { topic: usize, grade: u8 },
    /// Says one of the words in another sense, or the words of a phrase apart.
    Astray { topic: usize },
    /// Speaks of it often, and says what the query excludes.
    SaysExcluded { topic: usize },
    /// Speaks of it often, but lives elsewhere or writes another language.
    Elsewhere { topic: usize },
    /// Says what surrounds the thing and never the thing.
    Around { topic: usize },
    /// Bears half of the name.
    HalfName { topic: usize, first: bool },
    /// Lists it, among other things, in the bio and never speaks of it.
    Stuffed { topic: usize },
    /// Says very much, and everything once.
    LongWinded,
}

/// Who plays which role, by the creator's position.
#[derive(Debug)]
pub(super) struct Planting {
    pub(super) topics: Vec<&'static Topic>,
    pub(super) roles: BTreeMap<usize, Role>,
    /// The topics that can be said in several ways.
    sayable: Vec<usize>,
}

/// Roles one query takes at most, with the long-winded shared by all; decides when a world is too small for all.
const ROLES_A_QUERY: usize = 80;
/// At most one creator in so many plays a role.
const CREATORS_A_ROLE: usize = 4;
const LONG_WINDED: usize = 6;

impl Planting {
    pub(super) fn plan(chance: Stream, creators: usize, queries: usize) -> Planting {
        let topics: Vec<&'static Topic> = topics().take(queries).collect();
        let room = creators as f64 / (CREATORS_A_ROLE * ROLES_A_QUERY * topics.len().max(1)) as f64;
        let sayable = (0..topics.len()).filter(|&topic| topics[topic].kind == QueryKind::OtherWords).collect();
        let mut planting = Planting { topics, roles: BTreeMap::new(), sayable };
        let mut places = Places { chance, throw: 0, creators, taken: BTreeSet::new() };
        for topic in 0..planting.topics.len() {
            let mut dice = chance.dice(topic as u64);
            for (role, count) in wanted(planting.topics[topic], topic, &mut dice) {
                let best = matches!(role, Role::Answers { grade: 3, .. });
                let scaled = (count as f64 * room.min(1.0)) as usize;
                for _ in 0..scaled.max(usize::from(best)) {
                    planting.roles.insert(places.next(), role);
                }
            }
        }
        for _ in 0..(LONG_WINDED as f64 * room.min(1.0)) as usize {
            planting.roles.insert(places.next(), Role::LongWinded);
        }
        planting
    }

    /// The grades planted for one query, by the creator's position.
    pub(super) fn answers(&self, asked: usize) -> impl Iterator<Item = (usize, u8)> {
        let kind = self.topics[asked].kind;
        self.roles.iter().filter_map(move |(&creator, role)| match *role {
            Role::Answers { topic, grade } if topic == asked => Some((creator, grade)),
            Role::LongWinded if is_answered_in_passing(kind) => Some((creator, 1)),
            _ => None,
        })
    }
}

/// Whether somebody who says everything once is an answer, if a poor one.
fn is_answered_in_passing(kind: QueryKind) -> bool {
    match kind {
        QueryKind::ExactWords | QueryKind::Phrase | QueryKind::Misspelt | QueryKind::Name => true,
        QueryKind::OtherWords | QueryKind::Exclusion | QueryKind::TwoAspects => false,
    }
}

/// The roles around one query in a world with room for all, and how many play each.
fn wanted(topic: &Topic, number: usize, dice: &mut Dice) -> Vec<(Role, usize)> {
    let answers = |grade| Role::Answers { topic: number, grade };
    let mut some = |from: usize, to: usize| from + dice.below(to - from + 1);
    let mut roles = match topic.kind {
        QueryKind::Name => vec![(answers(3), 2), (answers(2), some(4, 8)), (answers(1), some(5, 10))],
        QueryKind::OtherWords => vec![(answers(3), some(10, 20)), (answers(2), some(8, 18))],
        _ => vec![(answers(3), some(6, 16)), (answers(2), some(6, 16)), (answers(1), some(6, 16))],
    };
    match topic.kind {
        QueryKind::Name => {
            roles.push((Role::HalfName { topic: number, first: true }, 4));
            roles.push((Role::HalfName { topic: number, first: false }, 4));
        }
        QueryKind::OtherWords => roles.push((Role::Around { topic: number }, 8)),
        QueryKind::Exclusion => roles.push((Role::SaysExcluded { topic: number }, 10)),
        QueryKind::TwoAspects => roles.push((Role::Elsewhere { topic: number }, 10)),
        QueryKind::ExactWords | QueryKind::Phrase | QueryKind::Misspelt => {}
    }
    if !topic.astray.is_empty() {
        roles.push((Role::Astray { topic: number }, 10));
    }
    if topic.kind != QueryKind::Name {
        roles.push((Role::Stuffed { topic: number }, 4));
    }
    roles
}

/// Hands out creators at random, each once.
struct Places {
    chance: Stream,
    throw: u64,
    creators: usize,
    taken: BTreeSet<usize>,
}

impl Places {
    /// Cost: few throws, because the planner takes at most one creator in four.
    fn next(&mut self) -> usize {
        loop {
            let place = (self.chance.raw(1_000 + self.throw) % self.creators as u64) as usize;
            self.throw += 1;
            if self.taken.insert(place) {
                return place;
            }
        }
    }
}

/// What an ordinary creator mentions once, in passing.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mention {
    pub(super) topic: usize,
    pub(super) way: &'static str,
}

/// The share of ordinary creators writing English who mention one of the things that can be said in several ways.
const MENTIONING: f64 = 0.25;

impl Planting {
    /// Single mentions all over the world teach which ways of saying stand in the same surroundings.
    pub(super) fn mention(&self, dice: &mut Dice) -> Option<Mention> {
        if self.sayable.is_empty() || !dice.chance(MENTIONING) {
            return None;
        }
        let topic = *dice.choose(&self.sayable);
        Some(Mention { topic, way: dice.word(self.topics[topic].ways) })
    }
}

/// The way an answer says it: always the same one for one creator.
pub(super) fn way_of(topic: &Topic, grade: u8, dice: &mut Dice) -> &'static str {
    match (topic.kind, grade) {
        (QueryKind::OtherWords, 3) => dice.word(&topic.ways[1..]),
        _ => dice.word(topic.ways),
    }
}

/// Whether a query asks for a second thing that stands in the bio.
pub(super) fn bio_words(topic: &Topic) -> Option<&'static str> {
    match topic.beside {
        Beside::Town(name, _) => Some(name),
        Beside::Tongue(word, _) => Some(word),
        Beside::Nothing | Beside::Never(_) => None,
    }
}
