//! What of the groups known before still holds after a day's talk, so that a refresh looks anew only where it must.

use engine::conversations::portraits::figures::{Groups, NO_GROUP};
use store::{GroupRow, GroupsKept};

use super::Snapshot;
use super::market::GroupDetail;

/// A group that shares at least so much of its members with the one it continues (members in both over members in
/// either) keeps what was read and tried of that one.
const SAME_FROM: f64 = 0.8;
/// Everything is read and tried anew once groups that are no longer the same hold more than this share of all members,
pub const ANEW_AT_CHANGED_MEMBERS: f64 = 0.1;
/// or once the talk or the texts have grown by more than this share since.
pub const ANEW_AT_GROWTH: f64 = 0.1;

/// The groups before, over the accounts of the newest graph.
#[derive(Clone, Debug, Default)]
pub struct Earlier {
    /// The group of every account as a place in `ids`, or [`NO_GROUP`].
    pub of_account: Vec<u32>,
    /// The lasting numbers of the groups, ascending.
    pub ids: Vec<i64>,
}

impl Earlier {
    /// Lays members over a graph; who no longer talks is left out. Cost `O(members log accounts)`.
    pub fn over(snapshot: &Snapshot, members: &[(model::AccountId, i64)]) -> Earlier {
        let mut ids: Vec<i64> = members.iter().map(|(_, group)| *group).collect();
        ids.sort_unstable();
        ids.dedup();
        let mut of_account = vec![NO_GROUP; snapshot.accounts.len()];
        for (account, group) in members {
            if let (Some(account), Ok(place)) = (snapshot.place(*account), ids.binary_search(group)) {
                of_account[account as usize] = place as u32;
            }
        }
        Earlier { of_account, ids }
    }

    /// Labels to start a grouping from: members of a group bear the number of its first one, everybody else their own.
    pub fn labels(&self) -> Vec<u32> {
        let mut first = vec![NO_GROUP; self.ids.len()];
        (0u32..)
            .zip(&self.of_account)
            .map(|(account, &group)| match first.get_mut(group as usize) {
                Some(first) => {
                    if *first == NO_GROUP {
                        *first = account;
                    }
                    *first
                }
                None => account,
            })
            .collect()
    }

    /// For every group the place of the earlier one that it continues, where it is still the same.
    pub fn same(&self, groups: &Groups, earlier_of: &[Option<u32>]) -> Vec<Option<u32>> {
        let (mut before, mut both) = (vec![0u32; self.ids.len()], vec![0u32; groups.count]);
        for (&earlier, &group) in self.of_account.iter().zip(&groups.of_account) {
            if earlier != NO_GROUP {
                before[earlier as usize] += 1;
                if group != NO_GROUP && earlier_of[group as usize] == Some(earlier) {
                    both[group as usize] += 1;
                }
            }
        }
        let size = groups.sizes();
        earlier_of
            .iter()
            .enumerate()
            .map(|(group, earlier)| {
                earlier.filter(|&earlier| {
                    let either = f64::from(size[group] + before[earlier as usize] - both[group]);
                    f64::from(both[group]) >= SAME_FROM * either
                })
            })
            .collect()
    }
}

/// What was kept of a group, for the one that continues it.
#[derive(Clone, Debug)]
pub struct HeldPortrait {
    pub detail: GroupDetail,
    pub row: GroupRow,
}

/// The portraits of the groups before, for those groups that are still the same.
pub fn held_portraits(kept: &GroupsKept, earlier: &Earlier, same: &[Option<u32>]) -> Vec<Option<HeldPortrait>> {
    let of_id = |id: i64| {
        let place = kept.groups.binary_search_by_key(&id, |row| row.id).ok()?;
        let row = kept.groups[place].clone();
        Some(HeldPortrait { detail: serde_json::from_str(&row.detail).ok()?, row })
    };
    same.iter().map(|place| place.and_then(|place| of_id(earlier.ids[place as usize]))).collect()
}

/// The share of all members who are in groups without a portrait; 0 without groups.
pub fn changed_share(groups: &Groups, held: &[Option<HeldPortrait>]) -> f64 {
    let size = groups.sizes();
    let all: u64 = size.iter().map(|&size| u64::from(size)).sum();
    let changed: u64 = size.iter().zip(held).filter(|(_, held)| held.is_none()).map(|(&size, _)| u64::from(size)).sum();
    if all == 0 { 0.0 } else { changed as f64 / all as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn earlier(of_account: &[u32], ids: &[i64]) -> Earlier {
        Earlier { of_account: of_account.to_vec(), ids: ids.to_vec() }
    }

    #[test]
    fn newcomers_start_on_their_own_and_members_together() {
        let before = earlier(&[1, NO_GROUP, 0, 1, NO_GROUP, 0], &[7, 9]);
        assert_eq!(before.labels(), [0, 1, 2, 0, 4, 2]);
    }

    #[test]
    fn a_group_with_a_few_newcomers_is_the_same_and_one_that_doubled_is_read_anew() {
        let of_account: Vec<u32> = (0..20).map(|account| if account < 16 { account / 8 } else { NO_GROUP }).collect();
        let before = earlier(&of_account, &[7, 9]);
        let now = Groups {
            of_account: (0..20).map(|account| if account < 8 || account == 19 { 0 } else { 1 }).collect(),
            count: 2,
            outside: 0,
        };
        assert_eq!(before.same(&now, &[Some(0), Some(1)]), [Some(0), None]);
        assert_eq!(before.same(&now, &[Some(0), None]), [Some(0), None]);
    }
}
