//! Persons: what people said about pairs of accounts, made into groups of accounts that are one person's.

use std::collections::{BTreeMap, VecDeque};

use model::AccountId;
use serde::{Deserialize, Serialize};

/// What somebody answered to a suggestion.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// Nobody has yet; it joins nothing.
    Open,
    Confirmed,
    Refused,
}

/// Two accounts and what was said of them. Taking a claim away takes back all it did.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct Claim {
    pub a: AccountId,
    pub b: AccountId,
    pub answer: Answer,
}

/// Two accounts that were said not to be one person's and are joined through others.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Conflict {
    /// The smaller id.
    pub a: AccountId,
    pub b: AccountId,
    /// The shortest way of confirmed claims between them, both included: one of its steps, or the refusal, is wrong.
    pub through: Vec<AccountId>,
}

/// What the claims add up to.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Persons {
    /// Accounts of one person, two at least, ascending; the groups by their first account. Who is in no confirmed claim is a
    /// person of one account, and not listed.
    pub persons: Vec<Vec<AccountId>>,
    /// Refused pairs within one group; empty where the claims agree.
    pub conflicts: Vec<Conflict>,
}

impl Persons {
    /// All accounts of somebody's, their own included.
    pub fn accounts_of(&self, account: AccountId) -> Vec<AccountId> {
        let of = self.persons.iter().find(|person| person.binary_search(&account).is_ok());
        of.cloned().unwrap_or_else(|| vec![account])
    }
}

/// Joins what was confirmed and not refused. Claims may come in any order and twice; a pair both confirmed and refused is
/// refused. A refused pair that a chain of confirmed ones joins stays joined and is told as a conflict: which of the claims is
/// wrong is for a person to say. Cost `O(claims log claims)`, and `O(claims)` for each conflict.
///
/// ```
/// use engine::matching::identity::{Answer, Claim, persons};
/// use model::AccountId;
/// let claim = |a, b, answer| Claim { a: AccountId(a), b: AccountId(b), answer };
/// let said = [claim(1, 2, Answer::Confirmed), claim(3, 2, Answer::Confirmed), claim(4, 5, Answer::Open)];
/// assert_eq!(persons(&said).persons, [[AccountId(1), AccountId(2), AccountId(3)]]);
/// ```
pub fn persons(claims: &[Claim]) -> Persons {
    let mut answers: BTreeMap<(AccountId, AccountId), Answer> = BTreeMap::new();
    for claim in claims.iter().filter(|claim| claim.a != claim.b) {
        let answer = answers.entry((claim.a.min(claim.b), claim.a.max(claim.b))).or_insert(Answer::Open);
        *answer = (*answer).max(claim.answer);
    }
    let mut joined: BTreeMap<AccountId, Vec<AccountId>> = BTreeMap::new();
    for (&(a, b), _) in answers.iter().filter(|(_, answer)| **answer == Answer::Confirmed) {
        joined.entry(a).or_default().push(b);
        joined.entry(b).or_default().push(a);
    }
    let mut group_of: BTreeMap<AccountId, usize> = BTreeMap::new();
    let mut groups: Vec<Vec<AccountId>> = vec![];
    for &start in joined.keys() {
        if group_of.contains_key(&start) {
            continue;
        }
        let mut group = vec![start];
        group_of.insert(start, groups.len());
        let mut next = 0;
        while next < group.len() {
            for &neighbour in &joined[&group[next]] {
                if group_of.insert(neighbour, groups.len()).is_none() {
                    group.push(neighbour);
                }
            }
            next += 1;
        }
        group.sort_unstable();
        groups.push(group);
    }
    let refused = answers.iter().filter(|(_, answer)| **answer == Answer::Refused).map(|(pair, _)| *pair);
    let within = refused.filter(|(a, b)| group_of.get(a).is_some_and(|group| group_of.get(b) == Some(group)));
    let conflicts = within.map(|(a, b)| Conflict { a, b, through: way(&joined, a, b) }).collect();
    Persons { persons: groups, conflicts }
}

/// The shortest way between two accounts of one group; of equally short ones the one by smaller ids.
fn way(joined: &BTreeMap<AccountId, Vec<AccountId>>, from: AccountId, to: AccountId) -> Vec<AccountId> {
    let mut towards: BTreeMap<AccountId, AccountId> = BTreeMap::from([(to, to)]);
    let mut waiting = VecDeque::from([to]);
    while let Some(here) = waiting.pop_front() {
        for &neighbour in joined.get(&here).into_iter().flatten() {
            if let std::collections::btree_map::Entry::Vacant(free) = towards.entry(neighbour) {
                free.insert(here);
                waiting.push_back(neighbour);
            }
        }
    }
    let mut through = vec![from];
    let mut here = from;
    while here != to {
        here = towards[&here];
        through.push(here);
    }
    through
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn claim(a: i64, b: i64, answer: Answer) -> Claim {
        Claim { a: AccountId(a), b: AccountId(b), answer }
    }

    #[test]
    fn a_refused_pair_that_others_join_is_told_with_the_way_between_them() {
        let said = [
            claim(1, 2, Answer::Confirmed),
            claim(2, 3, Answer::Confirmed),
            claim(3, 1, Answer::Refused),
            claim(8, 9, Answer::Refused),
        ];
        let found = persons(&said);
        assert_eq!(found.persons, [[AccountId(1), AccountId(2), AccountId(3)]]);
        let through = vec![AccountId(1), AccountId(2), AccountId(3)];
        assert_eq!(found.conflicts, [Conflict { a: AccountId(1), b: AccountId(3), through }]);
        assert_eq!(found.accounts_of(AccountId(2)).len(), 3);
        assert_eq!(found.accounts_of(AccountId(8)), [AccountId(8)]);
    }

    #[test]
    fn a_pair_both_confirmed_and_refused_is_refused_and_nobody_is_joined_to_themselves() {
        let said = [claim(1, 2, Answer::Refused), claim(2, 1, Answer::Confirmed), claim(3, 3, Answer::Confirmed)];
        assert_eq!(persons(&said), Persons::default());
    }

    fn claims() -> impl Strategy<Value = Vec<Claim>> {
        let answer = prop::sample::select(vec![Answer::Open, Answer::Confirmed, Answer::Confirmed, Answer::Refused]);
        prop::collection::vec((0i64..15, 0i64..15, answer).prop_map(|(a, b, answer)| claim(a, b, answer)), 0..25)
    }

    proptest! {
        #[test]
        fn a_claim_taken_back_leaves_no_trace_wherever_it_stood(said in claims(), extra in claims(), at in 0usize..25) {
            let before = persons(&said);
            let mut more = said.clone();
            let at = at.min(more.len());
            more.splice(at..at, extra.iter().copied());
            more.reverse();
            more.drain(said.len() - at..said.len() - at + extra.len());
            prop_assert_eq!(persons(&more), before);
        }

        #[test]
        fn confirmed_pairs_are_together_and_refused_ones_only_where_a_conflict_is_told(said in claims()) {
            let found = persons(&said);
            let mut seen: Vec<AccountId> = found.persons.concat();
            let listed = seen.len();
            seen.sort_unstable();
            seen.dedup();
            prop_assert_eq!(seen.len(), listed);
            prop_assert!(found.persons.iter().all(|person| person.len() >= 2));
            let refused = |a, b| said.iter().any(|other| other.answer == Answer::Refused && [(other.a, other.b), (other.b, other.a)].contains(&(a, b)));
            for one in said.iter().filter(|one| one.a != one.b) {
                let together = found.accounts_of(one.a).contains(&one.b);
                let told = found.conflicts.iter().any(|conflict| (conflict.a, conflict.b) == (one.a.min(one.b), one.a.max(one.b)));
                match one.answer {
                    Answer::Confirmed if !refused(one.a, one.b) => prop_assert!(together && !told),
                    Answer::Refused => prop_assert_eq!(together, told),
                    Answer::Confirmed | Answer::Open => {}
                }
            }
            for conflict in &found.conflicts {
                for step in conflict.through.windows(2) {
                    prop_assert!(said.iter().any(|one| one.answer == Answer::Confirmed && [(one.a, one.b), (one.b, one.a)].contains(&(step[0], step[1]))));
                }
            }
        }
    }
}
