//! Whether a group is one we have met before: groups keep their identity while they grow; splits and merges are told.
//!
//! A group inherits the identity of an earlier one when it holds more than half of that one's members; where it holds
//! more than half of several, that of the largest part. So a group may double and stay itself. (An overlap above one
//! half by Jaccard, as in Greene, Doyle, Cunningham 2010, implies this; asking for the old members only lets a group
//! grow.)

use serde::{Deserialize, Serialize};

use super::figures::{Groups, NO_GROUP};

/// A part of this share of a group's members that goes elsewhere together is told as a split.
const PART_MIN: f64 = 0.2;

/// What became of a group that was known before.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "event")]
pub enum GroupEvent {
    /// A group nobody had met.
    Began { group: u32 },
    /// A part of an earlier group is now another group.
    SplitOff { group: u32, from: u32, share: f64 },
    /// An earlier group is now a part of another one.
    MergedInto { earlier: u32, group: u32, share: f64 },
    /// An earlier group's members no longer form a group.
    Ended { earlier: u32 },
}

/// Which earlier group each group is, and what happened besides.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Carried {
    /// For every group the earlier one whose identity it keeps.
    pub earlier_of: Vec<Option<u32>>,
    /// In the order of the groups' numbers.
    pub events: Vec<GroupEvent>,
}

/// Compares groups with those of an earlier time. `earlier` holds the earlier group of every account, or [`NO_GROUP`]
/// for people who were in none or whose group is no longer known; `earlier_count` how many there were.
/// Cost `O(accounts log accounts)`.
pub fn carry(earlier: &[u32], earlier_count: usize, groups: &Groups) -> Carried {
    let mut both: Vec<(u32, u32)> = earlier
        .iter()
        .zip(&groups.of_account)
        .filter(|(before, _)| **before != NO_GROUP)
        .map(|(&before, &now)| (before, now))
        .collect();
    both.sort_unstable();
    let mut earlier_size = vec![0u32; earlier_count];
    both.iter().for_each(|(before, _)| earlier_size[*before as usize] += 1);
    // (earlier, now, members in both); sorted by earlier, then now.
    let shared: Vec<(u32, u32, u32)> =
        both.chunk_by(|a, b| a == b).map(|same| (same[0].0, same[0].1, same.len() as u32)).collect();
    let share = |part: &(u32, u32, u32)| f64::from(part.2) / f64::from(earlier_size[part.0 as usize].max(1));
    let mut heirs: Vec<(u32, u32, u32)> =
        shared.iter().filter(|part| part.1 != NO_GROUP && share(part) > 0.5).copied().collect();
    heirs.sort_by_key(|&(before, now, members)| (now, std::cmp::Reverse(members), before));
    let mut earlier_of = vec![None; groups.count];
    for of_group in heirs.chunk_by(|a, b| a.1 == b.1) {
        earlier_of[of_group[0].1 as usize] = Some(of_group[0].0);
    }
    let mut events = vec![];
    for of_earlier in shared.chunk_by(|a, b| a.0 == b.0) {
        let before = of_earlier[0].0;
        let heir = of_earlier.iter().find(|part| part.1 != NO_GROUP && share(part) > 0.5);
        match heir {
            Some(part) if earlier_of[part.1 as usize] != Some(before) => {
                events.push(GroupEvent::MergedInto { earlier: before, group: part.1, share: share(part) });
            }
            Some(_) => {}
            None => events.push(GroupEvent::Ended { earlier: before }),
        }
        for part in of_earlier.iter().filter(|part| part.1 != NO_GROUP && share(part) >= PART_MIN) {
            if Some(part.1) != heir.map(|heir| heir.1) && earlier_of[part.1 as usize].is_none() {
                events.push(GroupEvent::SplitOff { group: part.1, from: before, share: share(part) });
            }
        }
    }
    for (group, earlier) in earlier_of.iter().enumerate() {
        let group = group as u32;
        let is_part =
            events.iter().any(|event| matches!(event, GroupEvent::SplitOff { group: part, .. } if *part == group));
        if earlier.is_none() && !is_part {
            events.push(GroupEvent::Began { group });
        }
    }
    Carried { earlier_of, events }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn groups(of_account: &[u32]) -> Groups {
        let count = of_account.iter().filter(|&&group| group != NO_GROUP).max().map_or(0, |&most| most as usize + 1);
        Groups { of_account: of_account.to_vec(), count, outside: 0 }
    }

    fn people(parts: &[(u32, usize)]) -> Vec<u32> {
        parts.iter().flat_map(|&(group, people)| std::iter::repeat_n(group, people)).collect()
    }

    #[test]
    fn a_group_that_grows_to_three_times_its_size_stays_itself() {
        let carried = carry(&people(&[(0, 10), (NO_GROUP, 20)]), 1, &groups(&people(&[(0, 30)])));
        assert_eq!(carried, Carried { earlier_of: vec![Some(0)], events: vec![] });
    }

    #[test]
    fn the_larger_part_of_a_split_keeps_the_identity_and_the_other_is_told() {
        let carried = carry(&people(&[(0, 20)]), 1, &groups(&people(&[(1, 12), (0, 8)])));
        assert_eq!(carried.earlier_of, [None, Some(0)]);
        assert_eq!(carried.events, [GroupEvent::SplitOff { group: 0, from: 0, share: 0.4 }]);
    }

    #[test]
    fn of_two_groups_that_merge_the_larger_one_goes_on() {
        let carried = carry(&people(&[(0, 10), (1, 14)]), 2, &groups(&people(&[(0, 24)])));
        assert_eq!(carried.earlier_of, [Some(1)]);
        assert_eq!(carried.events, [GroupEvent::MergedInto { earlier: 0, group: 0, share: 1.0 }]);
    }

    #[test]
    fn a_group_that_falls_apart_ends_and_new_people_begin_one() {
        let before = people(&[(0, 10), (NO_GROUP, 6)]);
        let now = groups(&people(&[(NO_GROUP, 9), (0, 7)]));
        let carried = carry(&before, 1, &now);
        assert_eq!(carried.events, [GroupEvent::Ended { earlier: 0 }, GroupEvent::Began { group: 0 }]);
    }

    #[test]
    fn the_same_groups_in_another_order_are_the_same_groups() {
        let before = people(&[(0, 10), (1, 8), (2, 6)]);
        let now = groups(&people(&[(2, 10), (0, 8), (1, 6)]));
        assert_eq!(carry(&before, 3, &now), Carried { earlier_of: vec![Some(1), Some(2), Some(0)], events: vec![] });
    }
}
