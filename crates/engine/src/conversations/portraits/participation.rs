//! In which groups people take part: one account's talk by group, and a brand's buyers over all groups.

use serde::{Deserialize, Serialize};

use super::figures::{Groups, NO_GROUP};
use crate::conversations::index::ConversationIndex;
use crate::intervals::{RatioRow, jeffreys_interval, ratio_of_sums_interval};
use model::Ratio;
use model::explanation::DEFAULT_LEVEL;

/// An account takes part in a group when at least this share of its talk is with the group's members.
pub const TAKES_PART_SHARE: f64 = 0.15;

/// One account's talk with one group.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct GroupShare {
    /// A group, or [`NO_GROUP`] for talk with people outside all groups.
    pub group: u32,
    /// Talk with members of the group, both directions.
    pub talks: u64,
    /// Of all talk of the account, 0..=1.
    pub share: f64,
}

/// How an account's talk is spread over groups, largest share first. Empty for an account without talk.
///
/// `share_g = talk with members of g, both directions / all talk`. Cost `O(partners)`.
pub fn distribution(groups: &Groups, index: &ConversationIndex, account: u32) -> Vec<GroupShare> {
    let mut talk: Vec<(u32, u64)> = talk_with_each(index, account)
        .into_iter()
        .map(|(partner, talks)| (groups.of_account[partner as usize], talks))
        .collect();
    talk.sort_unstable_by_key(|(group, _)| *group);
    let all: u64 = talk.iter().map(|(_, talks)| talks).sum();
    let mut shares: Vec<GroupShare> = talk
        .chunk_by(|a, b| a.0 == b.0)
        .map(|same| {
            let talks = same.iter().map(|(_, talks)| talks).sum();
            GroupShare { group: same[0].0, talks, share: talks as f64 / all as f64 }
        })
        .collect();
    shares.sort_by_key(|share| (std::cmp::Reverse(share.talks), share.group));
    shares
}

/// Everybody an account talks with, ascending, with the talk of both directions.
fn talk_with_each(index: &ConversationIndex, account: u32) -> Vec<(u32, u64)> {
    let pairs = &index.pairs;
    let spoken = pairs.of(account).map(|pair| (pairs.target[pair], pairs.talks[pair]));
    let heard = index.talkers_of(account).iter().map(|&pair| (pairs.actor[pair as usize], pairs.talks[pair as usize]));
    let mut talk: Vec<(u32, u64)> = spoken.chain(heard).map(|(partner, talks)| (partner, u64::from(talks))).collect();
    talk.sort_unstable();
    talk.chunk_by(|a, b| a.0 == b.0).map(|same| (same[0].0, same.iter().map(|(_, talks)| talks).sum())).collect()
}

/// A part of one account's talk, with its interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct TalkPart {
    /// A group; `None` for everything elsewhere.
    pub group: Option<u32>,
    pub talks: u64,
    /// All talk of the account.
    pub of_talks: u64,
    /// Different people in this part.
    pub partners: u32,
    /// Different people the account talks with.
    pub of_partners: u32,
    /// The part's share of all talk; the interval is over partners.
    pub share: ShareRange,
}

/// One account's talk by group.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TalkByGroup {
    /// The groups it takes part in, largest share first.
    pub groups: Vec<TalkPart>,
    /// Everything else: groups it hardly takes part in, and people outside all groups; `None` when there is none.
    pub elsewhere: Option<TalkPart>,
}

/// The groups an account takes part in (at least 15 % of its talk), and the rest as one part. The parts add up to 1.
///
/// `share = talk with the part's people / all talk`, a ratio of totals with its 90 % interval over partners: talk with
/// one person more often says less about the next person than talk with many. Cost `O(partners * groups shown)`.
pub fn talk_by_group(groups: &Groups, index: &ConversationIndex, account: u32) -> TalkByGroup {
    let partners = talk_with_each(index, account);
    let shown: Vec<u32> = distribution(groups, index, account)
        .into_iter()
        .filter(|share| share.group != NO_GROUP && share.share >= TAKES_PART_SHARE)
        .map(|share| share.group)
        .collect();
    let group_of = |partner: u32| Some(groups.of_account[partner as usize]).filter(|group| shown.contains(group));
    let part = |group: Option<u32>| talk_part(&partners, group, |partner| group_of(partner) == group);
    let elsewhere = part(None);
    TalkByGroup {
        groups: shown.iter().map(|&group| part(Some(group))).collect(),
        elsewhere: (elsewhere.partners > 0).then_some(elsewhere),
    }
}

/// Of an account's talk, the share with people of a kind (buyers, say), with its interval over partners; `None` for an
/// account without talk. Cost `O(partners)`.
pub fn share_with(index: &ConversationIndex, account: u32, is_meant: impl Fn(u32) -> bool) -> Option<TalkPart> {
    let partners = talk_with_each(index, account);
    (!partners.is_empty()).then(|| talk_part(&partners, None, is_meant))
}

fn talk_part(partners: &[(u32, u64)], group: Option<u32>, is_in: impl Fn(u32) -> bool) -> TalkPart {
    let level = Ratio::new(DEFAULT_LEVEL).expect("the default level is a share");
    let all: u64 = partners.iter().map(|(_, talks)| talks).sum();
    let (mut talks, mut people) = (0, 0);
    let rows: Vec<RatioRow> = partners
        .iter()
        .map(|&(partner, of_partner)| {
            let over = if is_in(partner) { of_partner } else { 0 };
            talks += over;
            people += u32::from(over > 0);
            RatioRow { over: over as f64, under: of_partner as f64 }
        })
        .collect();
    let value = talks as f64 / all.max(1) as f64;
    // One partner alone says nothing about the next. Where nobody or everybody is in, partners differ in nothing that a
    // ratio of totals could see, so they are counted.
    let (lo, hi) = if rows.len() < 2 {
        (0.0, 1.0)
    } else if people == 0 || people as usize == rows.len() {
        let counted = jeffreys_interval(u64::from(people), rows.len() as u64, level);
        counted.map_or((0.0, 1.0), |range| (range.lo, range.hi))
    } else {
        let range = ratio_of_sums_interval(&rows, level);
        range.map_or((0.0, 1.0), |range| (range.lo.min(value), range.hi.clamp(value, 1.0)))
    };
    let of_partners = rows.len() as u32;
    TalkPart { group, talks, of_talks: all, partners: people, of_partners, share: ShareRange { value, lo, hi } }
}

/// A share with its interval.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ShareRange {
    pub value: f64,
    pub lo: f64,
    pub hi: f64,
}

/// What a brand's buyers do in one group.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct BuyersInGroup {
    pub group: u32,
    /// Buyers with at least 15 % of their talk here.
    pub taking_part: u32,
    /// Buyers whose own group this is.
    pub members: u32,
    /// Of all members of the group, how many are buyers; the interval is for members yet to come.
    pub share_of_members: ShareRange,
    /// The buyers' talk with members of the group, both directions.
    pub talks: u64,
    /// Of all talk of the buyers; the interval is over buyers.
    pub share_of_talk: ShareRange,
    /// The same share of everybody's talk.
    pub share_of_everybody: f64,
}

impl BuyersInGroup {
    /// How many times likelier the buyers' talk is here than anybody's; `None` where nobody talks.
    pub fn times_as_likely(&self) -> Option<f64> {
        (self.share_of_everybody > 0.0).then(|| self.share_of_talk.value / self.share_of_everybody)
    }

    /// Whether the whole interval lies below what anybody's talk would put here.
    pub fn is_surely_less(&self) -> bool {
        self.share_of_talk.hi < self.share_of_everybody
    }

    /// Whether the whole interval lies above what anybody's talk would put here.
    pub fn is_surely_more(&self) -> bool {
        self.share_of_talk.lo > self.share_of_everybody
    }
}

/// A brand's buyers over all groups.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct BuyersParticipation {
    /// Buyers with any talk.
    pub talking: u32,
    /// All talk of the buyers; talk between two buyers counts at both.
    pub talks: u64,
    /// Groups with any buyer's talk, those with most of it first.
    pub groups: Vec<BuyersInGroup>,
}

/// In which groups the buyers' talk is, most first.
///
/// `share_g = sum over buyers of talk with g / sum over buyers of all talk`, a ratio of totals with its interval over
/// buyers, 90 %. `buyers` are different accounts. Cost `O(buyers' partners + groups with buyers * buyers)`.
pub fn buyers_participation(groups: &Groups, index: &ConversationIndex, buyers: &[u32]) -> BuyersParticipation {
    let level = Ratio::new(DEFAULT_LEVEL).expect("the default level is a share");
    let spread: Vec<Vec<GroupShare>> =
        buyers.iter().map(|&buyer| distribution(groups, index, buyer)).filter(|shares| !shares.is_empty()).collect();
    let talk_of = |shares: &[GroupShare]| shares.iter().map(|share| share.talks).sum::<u64>();
    let all: u64 = spread.iter().map(|shares| talk_of(shares)).sum();
    let mut in_group: Vec<(u32, u32, GroupShare)> = spread
        .iter()
        .enumerate()
        .flat_map(|(buyer, shares)| shares.iter().map(move |share| (share.group, buyer as u32, *share)))
        .filter(|(group, _, _)| *group != NO_GROUP)
        .collect();
    in_group.sort_unstable_by_key(|(group, buyer, _)| (*group, *buyer));
    let mut is_buyer = vec![false; groups.of_account.len()];
    buyers.iter().for_each(|&buyer| is_buyer[buyer as usize] = true);
    let mut members = vec![0u32; groups.count];
    for &buyer in buyers {
        if groups.of_account[buyer as usize] != NO_GROUP {
            members[groups.of_account[buyer as usize] as usize] += 1;
        }
    }
    let sizes = groups.sizes();
    let everybody = everybodys_talk(groups, index);
    let everybodys: u64 = 2 * index.pairs.talks.iter().map(|&talks| u64::from(talks)).sum::<u64>();
    let mut found: Vec<BuyersInGroup> = in_group
        .chunk_by(|a, b| a.0 == b.0)
        .map(|of_group| {
            let group = of_group[0].0;
            let mut rows: Vec<RatioRow> =
                spread.iter().map(|shares| RatioRow { over: 0.0, under: talk_of(shares) as f64 }).collect();
            of_group.iter().for_each(|(_, buyer, share)| rows[*buyer as usize].over = share.talks as f64);
            let talks: u64 = of_group.iter().map(|(_, _, share)| share.talks).sum();
            let value = talks as f64 / all as f64;
            let range = ratio_of_sums_interval(&rows, level);
            // One buyer alone says nothing about the next.
            let (lo, hi) = range.map_or((0.0, 1.0), |range| (range.lo.min(value), range.hi.clamp(value, 1.0)));
            let size = u64::from(sizes[group as usize]);
            let inside = jeffreys_interval(u64::from(members[group as usize]), size, level);
            BuyersInGroup {
                group,
                taking_part: of_group.iter().filter(|(_, _, share)| share.share >= TAKES_PART_SHARE).count() as u32,
                members: members[group as usize],
                share_of_members: ShareRange {
                    value: f64::from(members[group as usize]) / size.max(1) as f64,
                    lo: inside.map_or(0.0, |range| range.lo),
                    hi: inside.map_or(1.0, |range| range.hi),
                },
                talks,
                share_of_talk: ShareRange { value, lo, hi },
                share_of_everybody: everybody[group as usize] as f64 / everybodys.max(1) as f64,
            }
        })
        .collect();
    found.sort_by_key(|in_group| (std::cmp::Reverse(in_group.talks), in_group.group));
    BuyersParticipation { talking: spread.len() as u32, talks: all, groups: found }
}

/// All talk with members of each group, counted at both ends. Cost `O(pairs)`.
fn everybodys_talk(groups: &Groups, index: &ConversationIndex) -> Vec<u64> {
    let mut talk = vec![0u64; groups.count];
    for pair in 0..index.pairs.len() {
        // Each end talks with the group of the other.
        for end in [index.pairs.actor[pair], index.pairs.target[pair]] {
            let group = groups.of_account[end as usize];
            if group != NO_GROUP {
                talk[group as usize] += u64::from(index.pairs.talks[pair]);
            }
        }
    }
    talk
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conversations::events::{EventColumns, EventLog};
    use crate::conversations::index::IndexSettings;

    fn index(rows: &[(u32, u32)], accounts: usize) -> ConversationIndex {
        let columns = EventColumns {
            actor: rows.iter().map(|row| row.0).collect(),
            target: rows.iter().map(|row| row.1).collect(),
            at_unix: (0..rows.len() as i64).collect(),
            kind: vec![0; rows.len()],
            buying_level: vec![],
        };
        let log = EventLog::new(accounts, columns).expect("valid");
        ConversationIndex::build(&log, None, &IndexSettings::default())
    }

    #[test]
    fn an_account_is_spread_over_groups_by_its_talk_both_ways() {
        let index = index(&[(0, 1), (0, 1), (2, 0), (0, 3)], 4);
        let groups = Groups { of_account: vec![0, 0, 1, NO_GROUP], count: 2, outside: 1 };
        let shares = distribution(&groups, &index, 0);
        let told: Vec<(u32, u64)> = shares.iter().map(|share| (share.group, share.talks)).collect();
        assert_eq!(told, [(0, 2), (1, 1), (NO_GROUP, 1)]);
        assert!((shares.iter().map(|share| share.share).sum::<f64>() - 1.0).abs() < 1e-12);
    }

    #[test]
    fn an_accounts_parts_add_up_and_what_is_below_15_percent_is_elsewhere() {
        // Account 0 talks ten times with each of 1 and 2 (group 0), six times with 3 (group 1), once with 4 (group 2).
        let mut rows = vec![(0, 4)];
        rows.extend([(0, 1), (2, 0)].repeat(10));
        rows.extend([(0, 3)].repeat(6));
        let index = index(&rows, 5);
        let groups = Groups { of_account: vec![0, 0, 0, 1, 2], count: 3, outside: 0 };
        let talk = talk_by_group(&groups, &index, 0);
        assert!(talk.groups.iter().all(|part| (part.of_talks, part.of_partners) == (27, 4)));
        let parts: Vec<(Option<u32>, u64, u32)> =
            talk.groups.iter().chain(&talk.elsewhere).map(|part| (part.group, part.talks, part.partners)).collect();
        assert_eq!(parts, [(Some(0), 20, 2), (Some(1), 6, 1), (None, 1, 1)]);
        let all: Vec<&TalkPart> = talk.groups.iter().chain(&talk.elsewhere).collect();
        assert!((all.iter().map(|part| part.share.value).sum::<f64>() - 1.0).abs() < 1e-12);
        assert!(all.iter().all(|part| part.share.lo < part.share.value && part.share.value < part.share.hi), "{all:?}");
        assert_eq!(talk_by_group(&groups, &index, 4).groups[0].share, ShareRange { value: 1.0, lo: 0.0, hi: 1.0 });
    }

    #[test]
    fn where_buyers_talk_more_than_anybody_is_told_with_an_interval_over_buyers() {
        // Buyers 0..10 talk with 20 (group 1); others 10..19 talk with 21 (group 2).
        let mut rows: Vec<(u32, u32)> = (0..10).flat_map(|buyer| [(buyer, 20), (buyer, 20), (buyer, 21)]).collect();
        rows.extend((10..19).flat_map(|other| [(other, 21), (other, 21)]));
        let index = index(&rows, 22);
        let mut of_account = vec![0; 20];
        of_account.extend([1, 2]);
        let groups = Groups { of_account, count: 3, outside: 0 };
        let buyers: Vec<u32> = (0..10).collect();
        let found = buyers_participation(&groups, &index, &buyers);
        assert_eq!((found.talking, found.talks), (10, 30));
        let first = &found.groups[0];
        assert_eq!((first.group, first.taking_part, first.talks), (1, 10, 20));
        assert!(first.share_of_talk.lo <= 2.0 / 3.0 && 2.0 / 3.0 <= first.share_of_talk.hi);
        assert!(
            first.is_surely_more()
                && !first.is_surely_less()
                && first.times_as_likely().is_some_and(|times| times > 2.0)
        );
    }
}
