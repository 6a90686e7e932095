//! The figures of groups as people see them: estimates with intervals that open to what they were made from.

use model::explanation::DEFAULT_LEVEL;
use model::{Estimate, Explanation, Grade, Ratio, Timestamp, Unit};

use super::figures::{GroupFigures, Groups};
use super::participation::{BuyersInGroup, BuyersParticipation, ShareRange, distribution};
use crate::conversations::index::ConversationIndex;
use crate::intervals::{RatioRow, ratio_of_sums_interval};

fn turns(words: &str, count: u64) -> Explanation {
    Explanation::leaf(words, Some(count as f64), Unit::Items)
}

fn people(words: &str, count: u32) -> Explanation {
    Explanation::leaf(words, Some(f64::from(count)), Unit::People)
}

/// Of all talk of the buyers, how much is in this group: talk with its members over all talk, with the interval of a
/// ratio of totals over buyers. Not known below two talking buyers. `link` leads to the group.
pub fn share_of_buyers_talk(here: &BuyersInGroup, all: &BuyersParticipation, as_of: Timestamp, link: &str) -> Estimate {
    let method = "buyers_talk_in_group";
    if all.talking < 2 {
        let reason = "one buyer with talk says nothing about the next; widen who counts as a buyer";
        return Estimate::not_known(Unit::Share, method, u64::from(all.talking), "buyers", reason).as_of(as_of);
    }
    let over = turns("turns between buyers and members of the group, both ways", here.talks).with_rows(
        here.talks,
        "turns",
        Some(link.to_owned()),
    );
    let under = turns("turns of the buyers with anybody", all.talks);
    let words = format!("{} of {} turns of the buyers are with members of this group", here.talks, all.talks);
    let tree = Explanation::ratio(words, Unit::Share, over, under)
        .with_formula("turns with members / all turns of the buyers; interval of a ratio of totals over buyers");
    let share = here.share_of_talk;
    Estimate::known(share.value, share.lo, share.hi, u64::from(all.talking), "buyers", method, tree).as_of(as_of)
}

/// Of the members of a group, how many are buyers; the Jeffreys interval is for members yet to come.
pub fn share_of_members(here: &BuyersInGroup, members: u32, as_of: Timestamp) -> Estimate {
    let over = people("members who are buyers", here.members);
    let under = people("members", members);
    let words = format!("{} of {members} members are buyers", here.members);
    let tree = Explanation::ratio(words, Unit::Share, over, under).with_formula("buyers / members; Jeffreys interval");
    let share = here.share_of_members;
    Estimate::known(share.value, share.lo, share.hi, u64::from(members), "members", "buyers_among_members", tree)
        .as_of(as_of)
}

/// How surely a group is one: its largest overlap with a group found without a fifth of the talking pairs, mean and
/// range over the trials. The range is that of the trials, not an interval of 90 %.
pub fn found_again(stability: ShareRange, trials: u64, as_of: Timestamp) -> Estimate {
    let words = format!(
        "left without a fifth of the talking pairs, the same people were found together again to {:.0} %",
        100.0 * stability.value
    );
    let tree = Explanation::leaf(words, Some(stability.value), Unit::Share)
        .with_formula("mean over trials of max over groups of |both| / |either|; range of the trials");
    Estimate::known(stability.value, stability.lo, stability.hi, trials, "trials", "group_found_again", tree)
        .as_of(as_of)
        .graded(Grade::B)
}

/// How much of its members' talk stays in a group, with the interval of a ratio of totals over members.
/// Cost `O(members' partners)`.
pub fn talk_inside(groups: &Groups, index: &ConversationIndex, group: u32, as_of: Timestamp) -> Estimate {
    let rows: Vec<RatioRow> = groups
        .members(group)
        .into_iter()
        .map(|member| {
            let shares = distribution(groups, index, member);
            let inside = shares.iter().filter(|share| share.group == group).map(|share| share.talks).sum::<u64>();
            RatioRow { over: inside as f64, under: shares.iter().map(|share| share.talks).sum::<u64>() as f64 }
        })
        .collect();
    let (over, under): (f64, f64) = rows.iter().fold((0.0, 0.0), |sum, row| (sum.0 + row.over, sum.1 + row.under));
    let level = Ratio::new(DEFAULT_LEVEL).expect("the default level is a share");
    let method = "talk_inside_group";
    let n = rows.len() as u64;
    let Some(range) = ratio_of_sums_interval(&rows, level) else {
        return Estimate::not_known(Unit::Share, method, n, "members", "too few members with talk").as_of(as_of);
    };
    let words = format!("{over:.0} of {under:.0} turns of the members are with members; a turn counts at both ends");
    let parts = (turns("turns with members", over as u64), turns("turns of the members", under as u64));
    let tree = Explanation::ratio(words, Unit::Share, parts.0, parts.1)
        .with_formula("turns with members / all turns of members; interval of a ratio of totals over members");
    let value = over / under;
    Estimate::known(value, range.lo.min(value), range.hi.clamp(value, 1.0), n, "members", method, tree).as_of(as_of)
}

/// Of the talk among members, in how much somebody decides on a purchase, as far as the texts tell.
pub fn buying_talk_inside(figures: &GroupFigures, as_of: Timestamp) -> Estimate {
    let method = "buying_talk_in_group";
    let n = figures.talks_inside;
    let level = Ratio::new(DEFAULT_LEVEL).expect("the default level is a share");
    let range = crate::intervals::jeffreys_interval(figures.buying_talks, n, level).filter(|_| n >= 20);
    let Some(range) = range else {
        return Estimate::not_known(
            Unit::Share,
            method,
            n,
            "turns",
            format!("only {n} turns among members; 20 are needed"),
        )
        .as_of(as_of);
    };
    let words = format!("{} of {n} turns among members are buying talk", figures.buying_talks);
    let tree = Explanation::ratio(
        words,
        Unit::Share,
        turns("turns of buying talk", figures.buying_talks),
        turns("turns among members", n),
    )
    .with_formula("turns judged buying talk / turns; Jeffreys interval over turns");
    let value = figures.buying_talks as f64 / n as f64;
    Estimate::known(value, range.lo, range.hi, n, "turns", method, tree).as_of(as_of).graded(Grade::C)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_share_of_the_buyers_talk_adds_up_and_is_not_known_for_one_buyer() {
        let range = ShareRange { value: 0.25, lo: 0.2, hi: 0.4 };
        let here = BuyersInGroup {
            group: 0,
            taking_part: 2,
            members: 1,
            share_of_members: range,
            talks: 5,
            share_of_talk: range,
            share_of_everybody: 0.1,
        };
        let all = BuyersParticipation { talking: 4, talks: 20, groups: vec![here] };
        let estimate = share_of_buyers_talk(&here, &all, Timestamp(0), "/conversations/groups/1");
        assert!(estimate.explanation.adds_up() && estimate.value == Some(0.25));
        let alone = BuyersParticipation { talking: 1, ..all };
        assert_eq!(share_of_buyers_talk(&here, &alone, Timestamp(0), "/").value, None);
    }
}
