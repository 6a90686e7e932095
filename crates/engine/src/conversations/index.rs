//! Everything the ranking asks about a market's talk, computed once: who talks to whom, how lately, who answers.
//!
//! Built once per data revision and then only read: pairs with their counts, accounts with theirs, the walk both
//! ways and the global PageRank. A ranking for a brand reads it in milliseconds.

use std::ops::Range;
use std::sync::OnceLock;

use serde::{Deserialize, Serialize};

use super::events::EventLog;
use super::listening::features::Habits;
pub use super::pairs::{NO_PAIR, Pairs};
use crate::graph::{Csr, EdgeWeighing, KindWeights, PageRankSettings, Step, Walk, pagerank};

const DAY_SECONDS: i64 = 86_400;
/// With more talkers than this, accounts are equally well known.
pub(crate) const TALKERS_TOLD_APART: u32 = 1_000;
const BEST_KNOWN_MAX: usize = 1 << 16;

/// After how long an interaction counts half.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HalfLife {
    /// A quarter of the time the data covers.
    QuarterOfSpan,
    Days(f64),
    /// Old talk counts like new talk.
    Endless,
}

/// Whether talk in which somebody decides on a purchase counts more than other talk.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WeighByBuyingTalk {
    /// All talk counts alike.
    Off,
    /// Recency-weighted talk of buying level 1 or more counts this many times.
    Factor(f64),
}

/// How the index is built; printed with every ranking made from it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct IndexSettings {
    pub half_life: HalfLife,
    pub kinds: KindWeights,
    pub buying_talk: WeighByBuyingTalk,
    /// Weight of being spoken to, where speaking is 1, in the walk both ways.
    pub reverse_weight: f64,
}

impl Default for IndexSettings {
    fn default() -> IndexSettings {
        IndexSettings {
            half_life: HalfLife::QuarterOfSpan,
            kinds: KindWeights::talk_only(),
            buying_talk: WeighByBuyingTalk::Off,
            reverse_weight: 0.3,
        }
    }
}

/// What is known of every account's talk, one column entry an account.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct AccountTalk {
    /// Distinct accounts that turned to it.
    pub in_degree: Vec<u32>,
    /// The same, each talker faded by the age of its last talk.
    pub recent_in_degree: Vec<f32>,
    /// The same, each talker faded by the age of its *first* talk: people newly come to it.
    pub new_talkers: Vec<f32>,
    /// Distinct accounts it turned to.
    pub out_degree: Vec<u32>,
    /// The same, each partner faded by the age of the *first* talk: people it newly turned to.
    pub new_partners: Vec<f32>,
    /// Interactions it made.
    pub sent: Vec<u32>,
    /// The same, faded by age.
    pub recent_sent: Vec<f32>,
    /// Interactions made towards it.
    pub received: Vec<u32>,
    /// How many of its talkers it turned to as well.
    pub answered: Vec<u32>,
}

/// A market's talk up to a moment, ready to be asked.
#[derive(Clone, Debug)]
pub struct ConversationIndex {
    pub as_of_unix: i64,
    /// Seconds after which talk counts half; `None` when all counts alike.
    pub half_life_seconds: Option<f64>,
    pub pairs: Pairs,
    /// `talkers_offsets[v]..` are entries of `talkers`: the pairs in which somebody turns to `v`.
    talkers_offsets: Vec<u32>,
    talkers: Vec<u32>,
    pub account: AccountTalk,
    /// The accounts most turned to, by distinct talkers up to [`TALKERS_TOLD_APART`]; ties by number.
    best_known: Vec<u32>,
    /// What belongs to each account whatever the other one is, ready for scoring.
    pub habits: Habits,
    /// Recency-weighted talk both ways, for walks from buyers; made when it is first asked for.
    walk: OnceLock<Walk>,
    /// Global PageRank over counts, forward, 30 steps.
    pub pagerank: Vec<f64>,
    pub settings: IndexSettings,
}

impl ConversationIndex {
    /// Builds the index of a log as seen at `as_of_unix`, by default just after its last interaction.
    ///
    /// Cost `O(interactions + accounts)` and 30 PageRank steps; 36 bytes a talking pair and 76 an account, 16 more a
    /// pair while the PageRank is made, and 12 an entry of the walk (one or two a pair) once somebody walks.
    pub fn build(log: &EventLog, as_of_unix: Option<i64>, settings: &IndexSettings) -> ConversationIndex {
        let index = ConversationIndex::build_for_learning(log, as_of_unix, settings);
        let talks = index.pairs.talks.iter().map(|&talks| talks as f32).collect();
        let steps = PageRankSettings { restart: 0.15, steps_max: 30, tolerance: 0.0 };
        let rank = pagerank(&Walk::from_weights(csr_of(&index.pairs, talks)), &steps).rank;
        ConversationIndex { pagerank: rank, ..index }
    }

    /// The index without the global PageRank, which no listening score asks for.
    pub(crate) fn build_for_learning(
        log: &EventLog,
        as_of_unix: Option<i64>,
        settings: &IndexSettings,
    ) -> ConversationIndex {
        let as_of_unix = as_of_unix.unwrap_or_else(|| log.span_unix().map_or(0, |(_, last)| last + 1));
        let half_life_seconds = match settings.half_life {
            HalfLife::QuarterOfSpan => Some((log.span_seconds() as f64 / 4.0).max(1.0)),
            HalfLife::Days(days) => Some((days * DAY_SECONDS as f64).max(1.0)),
            HalfLife::Endless => None,
        };
        let weighing = EdgeWeighing { as_of_unix, half_life_seconds, kinds: settings.kinds };
        let (pairs, first_moments) = Pairs::with_first_moments(log, &weighing, settings.buying_talk);
        let account = describe_accounts(log.accounts(), &pairs, &first_moments, &weighing);
        drop(first_moments);
        let (talkers_offsets, talkers) = talkers_by_target(log.accounts(), &pairs);
        ConversationIndex {
            as_of_unix,
            half_life_seconds,
            pairs,
            talkers_offsets,
            talkers,
            best_known: best_known(&account.in_degree, BEST_KNOWN_MAX),
            habits: Habits::of(&account),
            account,
            walk: OnceLock::new(),
            pagerank: vec![],
            settings: *settings,
        }
    }

    pub fn accounts(&self) -> usize {
        self.account.in_degree.len()
    }

    /// Recency-weighted talk both ways, being spoken to at the settings' reverse weight. The first asking makes it, in
    /// `O(pairs)` and on the thread that asks.
    pub fn walk(&self) -> &Walk {
        self.walk.get_or_init(|| {
            let pairs = &self.pairs;
            let one_way = pairs.back.iter().filter(|&&back| back == NO_PAIR).count();
            Walk::from_rows(self.accounts(), pairs.len() + one_way, |account, row| {
                let said = pairs.of(account as u32);
                let heard = self.talkers_of(account as u32);
                visit_partners(pairs, said, heard, |partner, out, into| {
                    let weight = f64::from(out) + self.settings.reverse_weight * f64::from(into);
                    row.push(Step { to: partner, weight: weight as f32 });
                });
            })
        })
    }

    /// The accounts most turned to, at most 65,536 of them, by talkers up to [`TALKERS_TOLD_APART`], then by number.
    pub(crate) fn best_known(&self) -> &[u32] {
        &self.best_known
    }

    /// The pairs in which somebody turns to this account, talkers ascending.
    pub fn talkers_of(&self, target: u32) -> &[u32] {
        let target = target as usize;
        &self.talkers[self.talkers_offsets[target] as usize..self.talkers_offsets[target + 1] as usize]
    }

    /// `0.5^(age / half-life)` of a moment.
    pub fn fading(&self, at_unix: i64) -> f64 {
        EdgeWeighing {
            as_of_unix: self.as_of_unix,
            half_life_seconds: self.half_life_seconds,
            kinds: self.settings.kinds,
        }
        .fading(at_unix)
    }

    /// Everybody who turned to this account: the buyers of a brand that has no list of its own.
    pub fn talkers_to(&self, target: u32) -> Vec<u32> {
        self.talkers_of(target).iter().map(|&pair| self.pairs.actor[pair as usize]).collect()
    }

    /// Who turned to whom how often: the graph of the global PageRank. Cost `O(pairs)`.
    pub fn counts(&self) -> Csr {
        csr_of(&self.pairs, self.pairs.talks.iter().map(|&talks| talks as f32).collect())
    }

    /// The forward graph with recency weights, for comparison with the walk both ways.
    pub fn forward_walk(&self) -> Walk {
        Walk::from_weights(csr_of(&self.pairs, self.pairs.recent.clone()))
    }
}

/// Visits everybody an account talked with, ascending, with the faded talk to them and from them.
fn visit_partners(pairs: &Pairs, said: Range<usize>, heard: &[u32], mut visit: impl FnMut(u32, f32, f32)) {
    let (mut said, mut heard) = (said.peekable(), heard.iter().map(|&pair| pair as usize).peekable());
    loop {
        let to = said.peek().map(|&pair| pairs.target[pair]);
        let from = heard.peek().map(|&pair| pairs.actor[pair]);
        let Some(partner) = to.into_iter().chain(from).min() else { return };
        let out = said.next_if(|_| to == Some(partner)).map_or(0.0, |pair| pairs.recent[pair]);
        let into = heard.next_if(|_| from == Some(partner)).map_or(0.0, |pair| pairs.recent[pair]);
        visit(partner, out, into);
    }
}

fn best_known(in_degree: &[u32], count_max: usize) -> Vec<u32> {
    let key = |account: &u32| (std::cmp::Reverse(in_degree[*account as usize].min(TALKERS_TOLD_APART)), *account);
    let mut accounts: Vec<u32> = (0..in_degree.len() as u32).collect();
    if accounts.len() > count_max {
        accounts.select_nth_unstable_by_key(count_max, key);
        accounts.truncate(count_max);
        accounts.shrink_to_fit();
    }
    accounts.sort_unstable_by_key(key);
    accounts
}

fn csr_of(pairs: &Pairs, weights: Vec<f32>) -> Csr {
    Csr::from_sorted(pairs.offsets.iter().map(|&offset| u64::from(offset)).collect(), pairs.target.clone(), weights)
}

fn talkers_by_target(accounts: usize, pairs: &Pairs) -> (Vec<u32>, Vec<u32>) {
    let mut offsets = vec![0u32; accounts + 1];
    for &target in &pairs.target {
        offsets[target as usize + 1] += 1;
    }
    for account in 0..accounts {
        offsets[account + 1] += offsets[account];
    }
    let mut next = offsets.clone();
    let mut talkers = vec![0u32; pairs.len()];
    for (pair, &target) in pairs.target.iter().enumerate() {
        talkers[next[target as usize] as usize] = pair as u32;
        next[target as usize] += 1;
    }
    (offsets, talkers)
}

fn describe_accounts(accounts: usize, pairs: &Pairs, first_moments: &[i64], weighing: &EdgeWeighing) -> AccountTalk {
    let mut sums = vec![AccountSums::default(); accounts];
    for pair in 0..pairs.len() {
        let newness = weighing.fading(first_moments[pair]);
        let is_answered = pairs.back[pair] != NO_PAIR;
        let speaker = &mut sums[pairs.actor[pair] as usize];
        speaker.out_degree += 1;
        speaker.sent += pairs.talks[pair];
        speaker.recent_sent += f64::from(pairs.recent[pair]);
        speaker.new_partners += newness;
        let listener = &mut sums[pairs.target[pair] as usize];
        listener.in_degree += 1;
        listener.received += pairs.talks[pair];
        listener.recent_in_degree += weighing.fading(pairs.last_at_unix(pair));
        listener.new_talkers += newness;
        listener.answered += u32::from(is_answered);
    }
    AccountTalk {
        in_degree: sums.iter().map(|sum| sum.in_degree).collect(),
        recent_in_degree: sums.iter().map(|sum| sum.recent_in_degree as f32).collect(),
        new_talkers: sums.iter().map(|sum| sum.new_talkers as f32).collect(),
        out_degree: sums.iter().map(|sum| sum.out_degree).collect(),
        new_partners: sums.iter().map(|sum| sum.new_partners as f32).collect(),
        sent: sums.iter().map(|sum| sum.sent).collect(),
        recent_sent: sums.iter().map(|sum| sum.recent_sent as f32).collect(),
        received: sums.iter().map(|sum| sum.received).collect(),
        answered: sums.iter().map(|sum| sum.answered).collect(),
    }
}

#[derive(Clone, Default)]
struct AccountSums {
    in_degree: u32,
    recent_in_degree: f64,
    new_talkers: f64,
    out_degree: u32,
    new_partners: f64,
    sent: u32,
    recent_sent: f64,
    received: u32,
    answered: u32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_known_are_those_with_most_talkers_and_among_equals_the_first() {
        let in_degree = [3, 0, 2_000, 3, 1_000, 1, 3];
        assert_eq!(best_known(&in_degree, 4), [2, 4, 0, 3]);
        assert_eq!(best_known(&in_degree, 9), [2, 4, 0, 3, 6, 5, 1]);
    }
}
