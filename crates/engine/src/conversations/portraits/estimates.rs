//! The figures of groups as people see them: estimates with intervals that open to what they were made from.

use model::explanation::DEFAULT_LEVEL;
use model::{Estimate, Explanation, Grade, Ratio, Timestamp, Unit};

use super::figures::{GroupFigures, Groups, Neighbour};
use super::niches::GroupNiche;
use super::participation::{BuyersInGroup, BuyersParticipation, ShareRange, TalkPart, distribution};
use super::terms::Term;
use crate::conversations::index::ConversationIndex;
use crate::intervals::{RatioRow, poisson_interval, ratio_of_sums_interval, two_sided_z};

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

/// How surely a group is one: its largest overlap with a group found without a fifth of the talking pairs; mean over the
/// trials with the 90 % interval of that mean (Student's t). Not known below two trials.
pub fn found_again(stability: ShareRange, trials: u64, as_of: Timestamp) -> Estimate {
    let method = "group_found_again";
    if trials < 2 {
        let reason = "one trial does not tell how far trials differ; refresh finds the groups anew";
        return Estimate::not_known(Unit::Share, method, trials, "trials", reason).as_of(as_of);
    }
    let words = format!(
        "left without a fifth of the talking pairs, {trials} times, the same people were found together again to {:.0} % \
         on average",
        100.0 * stability.value
    );
    let tree = Explanation::leaf(words, Some(stability.value), Unit::Share)
        .with_formula("mean over trials of max over groups of |both| / |either|; Student's t interval over trials");
    Estimate::known(stability.value, stability.lo, stability.hi, trials, "trials", method, tree)
        .as_of(as_of)
        .graded(Grade::B)
}

/// How many times higher the odds are that a member uses a term than that somebody of another group does, with the
/// interval of its log-odds. `link` leads to where the members' words can be read.
pub fn times_as_often(term: &Term, as_of: Timestamp, link: &str) -> Estimate {
    let level = Ratio::new(DEFAULT_LEVEL).expect("the default level is a share");
    // The score is the log-odds over their standard error; kept terms have scores of at least 3.29.
    let error = term.log_odds / term.score.max(f64::MIN_POSITIVE);
    let reach = two_sided_z(level) * error;
    let value = term.log_odds.exp();
    let words = format!("the odds of hearing “{}” from a member are {value:.1} times those elsewhere", term.term);
    let tree = Explanation::leaf(words, Some(value), Unit::Score)
        .with_formula("exp(log-odds with a prior made of everybody's talk); normal interval of the log-odds")
        .with_parts(vec![
            people("members who used it", term.people).with_rows(
                u64::from(term.people),
                "members",
                Some(link.to_owned()),
            ),
            people("people who used it, in all groups", term.people_anywhere),
            Explanation::leaf("log-odds against the other groups", Some(term.log_odds), Unit::Score),
            Explanation::leaf("standard error of the log-odds", Some(error), Unit::Score),
        ]);
    let (lo, hi) = ((term.log_odds - reach).exp(), (term.log_odds + reach).exp());
    let n = u64::from(term.people_anywhere);
    Estimate::known(value, lo, hi, n, "people", "term_odds_ratio", tree).as_of(as_of)
}

/// How many times as much two groups talk with each other as how busy both are would lead to expect; the exact Poisson
/// interval of as many counts as the pairs are worth. `link` leads to the other group.
pub fn times_expected(near: &Neighbour, as_of: Timestamp, link: &str) -> Estimate {
    let level = Ratio::new(DEFAULT_LEVEL).expect("the default level is a share");
    let expected = near.talks as f64 / near.times_expected.max(f64::MIN_POSITIVE);
    let worth = near.pairs_worth.max(1);
    let range = poisson_interval(worth, level);
    let scale = near.times_expected / worth as f64;
    let over = turns("turns between members of the two groups", near.talks).with_rows(
        near.talks,
        "turns",
        Some(link.to_owned()),
    );
    let under = Explanation::leaf("turns expected: busy x busy / all", Some(expected), Unit::Items);
    let words = format!("{} turns are {:.1} times the {expected:.1} expected", near.talks, near.times_expected);
    let tree = Explanation::ratio(words, Unit::Score, over, under).with_formula(
        "turns between / (turns of the one x turns of the other / turns of all); Poisson interval of (sum of pairs' \
         turns)^2 / sum of squares counts",
    );
    Estimate::known(near.times_expected, scale * range.lo, scale * range.hi, worth, "pairs", "talk_over_expected", tree)
        .as_of(as_of)
}

/// Of the uses of the terms that tell a group or are most used in it, the share that are words of a niche; interval of a
/// ratio of totals over terms.
pub fn share_of_niche(niche: &GroupNiche, as_of: Timestamp) -> Estimate {
    let words = format!(
        "{:.0} % of the uses of its terms are words of {}: {}",
        100.0 * niche.share.value,
        niche.name,
        niche.terms.join(", ")
    );
    let uses = |words: &str, count: f64| Explanation::leaf(words, Some(count), Unit::People);
    let tree = Explanation::ratio(
        words,
        Unit::Share,
        uses("members' uses of terms that are words of this niche", niche.uses),
        uses("members' uses of all terms that tell the group or are most used in it", niche.of_uses),
    )
    .with_formula(
        "people over terms of the niche / people over all terms looked up; interval of a ratio of totals over terms",
    );
    let share = niche.share;
    Estimate::known(share.value, share.lo, share.hi, niche.of_terms, "terms", "niche_of_group", tree)
        .as_of(as_of)
        .graded(Grade::C)
}

/// Of one account's talk, the share that is in a group, or elsewhere; interval over partners. Not known with one partner.
pub fn share_of_own_talk(part: &TalkPart, as_of: Timestamp, link: Option<&str>) -> Estimate {
    let method = "own_talk_in_group";
    let n = u64::from(part.of_partners);
    if n < 2 {
        let reason = "all of it is with one person, which says nothing about the next";
        return Estimate::not_known(Unit::Share, method, n, "partners", reason).as_of(as_of);
    }
    let words = format!("{} of {} turns, with {} of {n} people", part.talks, part.of_talks, part.partners);
    let over =
        turns("turns with people there, both ways", part.talks).with_rows(part.talks, "turns", link.map(str::to_owned));
    let tree = Explanation::ratio(words, Unit::Share, over, turns("turns with anybody", part.of_talks))
        .with_formula("turns there / all turns; interval of a ratio of totals over partners");
    let share = part.share;
    Estimate::known(share.value, share.lo, share.hi, n, "partners", method, tree).as_of(as_of)
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

    #[test]
    fn found_again_is_a_mean_over_trials_and_not_known_for_one() {
        let range = ShareRange { value: 0.8, lo: 0.7, hi: 0.9 };
        let sure = found_again(range, 4, Timestamp(0));
        assert_eq!((sure.lo, sure.hi, sure.level, sure.n), (Some(0.7), Some(0.9), 0.9, 4));
        assert_eq!(found_again(range, 1, Timestamp(0)).value, None);
    }

    #[test]
    fn a_term_that_is_barely_kept_may_be_hardly_more_often_than_elsewhere() {
        let term =
            |log_odds: f64, score: f64| Term { term: "malt".into(), people: 9, people_anywhere: 20, log_odds, score };
        let barely = times_as_often(&term(1.0, 3.29), Timestamp(0), "/conversations/groups/1");
        // ln times = 1 -+ 1.645 / 3.29.
        assert!(barely.lo.is_some_and(|lo| (lo - 0.5f64.exp()).abs() < 2e-3), "{barely:?}");
        assert!(barely.hi.is_some_and(|hi| (hi - 1.5f64.exp()).abs() < 6e-3), "{barely:?}");
        let surely = times_as_often(&term(1.0, 30.0), Timestamp(0), "/");
        assert!(surely.lo > barely.lo && surely.hi < barely.hi && surely.explanation.adds_up());
    }

    #[test]
    fn talk_of_one_pair_says_less_of_two_groups_than_talk_of_many() {
        let near = |pairs_worth| Neighbour { group: 1, talks: 40, pairs_worth, times_expected: 2.0 };
        let (many, one) = (times_expected(&near(40), Timestamp(0), "/"), times_expected(&near(1), Timestamp(0), "/"));
        assert!(many.explanation.adds_up() && many.lo > Some(1.0) && many.hi < Some(3.0), "{many:?}");
        assert!(one.lo < Some(0.2) && one.hi > Some(8.0), "{one:?}");
    }
}
