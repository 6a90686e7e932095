//! How large, lively and close a conversation group is, who is listened to in it, and which groups it talks with.

use serde::{Deserialize, Serialize};

use crate::conversations::events::EventLog;
use crate::conversations::groups::Grouping;
use crate::conversations::index::{ConversationIndex, NO_PAIR};

/// Stands for "talks, but belongs to no group".
pub const NO_GROUP: u32 = u32::MAX;
/// Fewer people than this are a chat, not a group that could be named or reached.
pub const MEMBERS_MIN: u32 = 5;
/// Into how many equal parts the time that the data covers is cut.
pub const ACTIVITY_PARTS: usize = 24;
/// Top voices and neighbours kept for a group.
const VOICES_MAX: usize = 12;
const NEIGHBOURS_MAX: usize = 8;

/// The groups large enough to speak of.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Groups {
    /// The group of every account, or [`NO_GROUP`].
    pub of_account: Vec<u32>,
    pub count: usize,
    /// Accounts that talk, but in groups too small to speak of.
    pub outside: u32,
}

impl Groups {
    /// Leaves out groups of fewer than five members. Groups stay numbered by size. Cost `O(accounts)`.
    pub fn of_grouping(grouping: &Grouping, index: &ConversationIndex) -> Groups {
        let sizes = grouping.sizes();
        let count = sizes.partition_point(|&size| size >= MEMBERS_MIN);
        let of_account: Vec<u32> =
            grouping.group.iter().map(|&group| if (group as usize) < count { group } else { NO_GROUP }).collect();
        let talks = |account: usize| index.account.in_degree[account] + index.account.out_degree[account] > 0;
        let outside =
            (0..of_account.len()).filter(|&account| of_account[account] == NO_GROUP && talks(account)).count();
        Groups { of_account, count, outside: outside as u32 }
    }

    pub fn sizes(&self) -> Vec<u32> {
        let mut sizes = vec![0; self.count];
        self.of_account.iter().filter(|&&group| group != NO_GROUP).for_each(|&group| sizes[group as usize] += 1);
        sizes
    }

    /// The members of one group, ascending.
    pub fn members(&self, group: u32) -> Vec<u32> {
        (0..self.of_account.len() as u32).filter(|&account| self.of_account[account as usize] == group).collect()
    }
}

/// Somebody whom members of a group turn to.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Voice {
    pub account: u32,
    /// Different members who turned to them.
    pub listeners: u32,
    /// How many of those they turned to as well.
    pub answered: u32,
}

/// A group that another one talks with.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Neighbour {
    pub group: u32,
    /// Talk between the two, both directions.
    pub talks: u64,
    /// How many equal and independent pairs that talk is worth: `(sum of pairs' talk)^2 / sum of its squares`, rounded.
    /// One pair that talks all day is worth one.
    pub pairs_worth: u64,
    /// Times as much as how busy both are would lead to expect.
    pub times_expected: f64,
}

/// What is counted of a group.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct GroupFigures {
    pub members: u32,
    /// Talk among members.
    pub talks_inside: u64,
    /// Talk between a member and somebody outside, both directions.
    pub talks_outside: u64,
    /// Pairs of members who talk, whichever way, over all pairs of members.
    pub density: f64,
    /// Pairs of members who talk both ways.
    pub pairs_both_ways: u64,
    /// Pairs of members who talk, whichever way.
    pub pairs_inside: u64,
    /// Talk among members in each of 24 equal parts of the time covered.
    pub activity: Vec<u32>,
    /// Talk among members in which somebody decides on a purchase.
    pub buying_talks: u64,
    pub voices: Vec<Voice>,
    pub neighbours: Vec<Neighbour>,
}

/// Counts every group. Cost `O(pairs + interactions)`.
pub fn figures(groups: &Groups, index: &ConversationIndex, log: &EventLog) -> Vec<GroupFigures> {
    let mut found: Vec<GroupFigures> = groups
        .sizes()
        .into_iter()
        .map(|members| GroupFigures { members, activity: vec![0; ACTIVITY_PARTS], ..GroupFigures::default() })
        .collect();
    count_pairs(groups, index, &mut found);
    for event in 0..log.len() {
        let (actor, target) =
            (groups.of_account[log.actor()[event] as usize], groups.of_account[log.target()[event] as usize]);
        if actor == target && actor != NO_GROUP {
            let found = &mut found[actor as usize];
            found.activity[part_of(log, log.at_unix(event))] += 1;
            found.buying_talks += u64::from(log.buying_level()[event] > 0);
        }
    }
    for figures in &mut found {
        let members = f64::from(figures.members);
        figures.density = figures.pairs_inside as f64 / (members * (members - 1.0) / 2.0).max(1.0);
    }
    add_voices(groups, index, &mut found);
    add_neighbours(groups, index, &mut found);
    found
}

/// In which of the equal parts of the time covered a moment lies.
pub fn part_of(log: &EventLog, at_unix: i64) -> usize {
    let first = log.span_unix().map_or(0, |(first, _)| first);
    let share = (at_unix - first) as f64 / (log.span_seconds().max(1)) as f64;
    ((share * ACTIVITY_PARTS as f64) as usize).min(ACTIVITY_PARTS - 1)
}

fn count_pairs(groups: &Groups, index: &ConversationIndex, found: &mut [GroupFigures]) {
    let pairs = &index.pairs;
    for pair in 0..pairs.len() {
        let (actor, target) = (pairs.actor[pair], pairs.target[pair]);
        let (from, to) = (groups.of_account[actor as usize], groups.of_account[target as usize]);
        let talks = u64::from(pairs.talks[pair]);
        if from == to {
            if from != NO_GROUP {
                let found = &mut found[from as usize];
                found.talks_inside += talks;
                let is_both_ways = pairs.back[pair] != NO_PAIR;
                // A pair that runs both ways is counted at its smaller end.
                found.pairs_inside += u64::from(!is_both_ways || actor < target);
                found.pairs_both_ways += u64::from(is_both_ways && actor < target);
            }
            continue;
        }
        for group in [from, to] {
            if group != NO_GROUP {
                found[group as usize].talks_outside += talks;
            }
        }
    }
}

fn add_voices(groups: &Groups, index: &ConversationIndex, found: &mut [GroupFigures]) {
    let pairs = &index.pairs;
    let mut voices: Vec<(u32, Voice)> = vec![];
    for account in 0..groups.of_account.len() as u32 {
        let group = groups.of_account[account as usize];
        if group == NO_GROUP {
            continue;
        }
        let (mut listeners, mut answered) = (0, 0);
        for &pair in index.talkers_of(account) {
            if groups.of_account[pairs.actor[pair as usize] as usize] == group {
                listeners += 1;
                answered += u32::from(pairs.back[pair as usize] != NO_PAIR);
            }
        }
        if listeners > 0 {
            voices.push((group, Voice { account, listeners, answered }));
        }
    }
    voices.sort_by_key(|(group, voice)| (*group, std::cmp::Reverse((voice.listeners, voice.answered)), voice.account));
    for of_group in voices.chunk_by(|a, b| a.0 == b.0) {
        let first = of_group.iter().take(VOICES_MAX).map(|(_, voice)| *voice);
        found[of_group[0].0 as usize].voices = first.collect();
    }
}

fn add_neighbours(groups: &Groups, index: &ConversationIndex, found: &mut [GroupFigures]) {
    let between = talk_between(groups, index);
    let busy: Vec<f64> = found.iter().map(|group| (2 * group.talks_inside + group.talks_outside) as f64).collect();
    let all: f64 = 2.0 * index.pairs.talks.iter().map(|&talks| f64::from(talks)).sum::<f64>();
    let mut neighbours: Vec<(u32, Neighbour)> = vec![];
    for Between { one, other, talks, squares } in between {
        let expected = busy[one as usize] * busy[other as usize] / all.max(1.0);
        let times_expected = talks as f64 / expected.max(f64::MIN_POSITIVE);
        let pairs_worth = ((talks as f64).powi(2) / squares.max(1.0)).round().max(1.0) as u64;
        neighbours.push((one, Neighbour { group: other, talks, pairs_worth, times_expected }));
        neighbours.push((other, Neighbour { group: one, talks, pairs_worth, times_expected }));
    }
    neighbours.sort_by_key(|(group, near)| (*group, std::cmp::Reverse(near.talks), near.group));
    for of_group in neighbours.chunk_by(|a, b| a.0 == b.0) {
        let first = of_group.iter().take(NEIGHBOURS_MAX).map(|(_, near)| *near);
        found[of_group[0].0 as usize].neighbours = first.collect();
    }
}

/// Talk between two different groups.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Between {
    /// The group with the smaller number.
    pub one: u32,
    pub other: u32,
    /// Both directions added up.
    pub talks: u64,
    /// The squares of what each directed pair talked, added up.
    pub squares: f64,
}

/// Talk between different groups, in the order of their numbers.
pub fn talk_between(groups: &Groups, index: &ConversationIndex) -> Vec<Between> {
    let pairs = &index.pairs;
    let mut crossing: Vec<(u32, u32, u32)> = (0..pairs.len())
        .filter_map(|pair| {
            let from = groups.of_account[pairs.actor[pair] as usize];
            let to = groups.of_account[pairs.target[pair] as usize];
            let crosses = from != to && from != NO_GROUP && to != NO_GROUP;
            crosses.then(|| (from.min(to), from.max(to), pairs.talks[pair]))
        })
        .collect();
    crossing.sort_unstable();
    crossing
        .chunk_by(|a, b| (a.0, a.1) == (b.0, b.1))
        .map(|same| Between {
            one: same[0].0,
            other: same[0].1,
            talks: same.iter().map(|cross| u64::from(cross.2)).sum(),
            squares: same.iter().map(|cross| f64::from(cross.2).powi(2)).sum(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conversations::events::EventColumns;
    use crate::conversations::index::IndexSettings;

    /// Two groups of five; in the first everybody turns to account 0, who answers account 1; one talk crosses over.
    fn market() -> (Groups, ConversationIndex, EventLog) {
        let mut rows: Vec<(u32, u32, i64)> = vec![];
        rows.extend((1..5).map(|account| (account, 0, i64::from(account))));
        rows.push((0, 1, 20));
        rows.extend((6..10).map(|account| (account, 5, 100)));
        rows.push((4, 5, 100));
        let columns = EventColumns {
            actor: rows.iter().map(|row| row.0).collect(),
            target: rows.iter().map(|row| row.1).collect(),
            at_unix: rows.iter().map(|row| row.2).collect(),
            kind: vec![0; rows.len()],
            buying_level: vec![],
        };
        let log = EventLog::new(11, columns).expect("valid");
        let index = ConversationIndex::build(&log, None, &IndexSettings::default());
        let grouping = Grouping::from_labels(&[0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 2]);
        (Groups::of_grouping(&grouping, &index), index, log)
    }

    #[test]
    fn a_group_counts_its_members_their_talk_and_whom_they_turn_to() {
        let (groups, index, log) = market();
        assert_eq!((groups.count, groups.outside), (2, 0));
        let found = figures(&groups, &index, &log);
        let first = &found[0];
        assert_eq!((first.members, first.talks_inside, first.talks_outside), (5, 5, 1));
        assert_eq!((first.pairs_inside, first.pairs_both_ways), (4, 1));
        assert!((first.density - 0.4).abs() < 1e-12);
        assert_eq!(first.voices[0], Voice { account: 0, listeners: 4, answered: 1 });
        assert_eq!(first.activity.iter().sum::<u32>(), 5);
        assert_eq!(first.neighbours[0].group, 1);
        assert_eq!(first.neighbours[0].talks, 1);
    }

    #[test]
    fn talk_inside_and_across_adds_up_to_all_talk() {
        let (groups, index, log) = market();
        let inside: u64 = figures(&groups, &index, &log).iter().map(|group| group.talks_inside).sum();
        let across: u64 = talk_between(&groups, &index).iter().map(|between| between.talks).sum();
        assert_eq!(inside + across, log.len() as u64);
    }
}
