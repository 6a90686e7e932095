//! Everything the ranking asks about a market's talk, computed once: who talks to whom, how lately, who answers.
//!
//! Built once per data revision and then only read: pairs with their counts, accounts with theirs, the walk both
//! ways and the global PageRank. A ranking for a brand reads it in milliseconds.

use serde::{Deserialize, Serialize};

use super::events::EventLog;
use super::listening::features::Habits;
use crate::graph::csr::order_by_pair;
use crate::graph::{Csr, EdgeWeighing, Graph, KindWeights, PageRankSettings, Walk, pagerank};

const DAY_SECONDS: i64 = 86_400;

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

/// What one account said to another, as columns over all pairs that talked, sorted by (actor, target).
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Pairs {
    /// `offsets[u]..offsets[u + 1]` are the pairs account `u` speaks in.
    pub offsets: Vec<u32>,
    pub actor: Vec<u32>,
    pub target: Vec<u32>,
    /// Times the actor turned to the target.
    pub talks: Vec<u32>,
    /// Different days (UTC) on which it did.
    pub days: Vec<u32>,
    /// Talk faded by age.
    pub recent: Vec<f32>,
    pub first_at_unix: Vec<i64>,
    pub last_at_unix: Vec<i64>,
    /// Talks of buying level 1 or more.
    pub buying_talks: Vec<u32>,
    /// The pair the other way round, or [`NO_PAIR`].
    pub back: Vec<u32>,
}

/// Stands for "these two never talked this way".
pub const NO_PAIR: u32 = u32::MAX;

impl Pairs {
    pub fn len(&self) -> usize {
        self.target.len()
    }

    pub fn is_empty(&self) -> bool {
        self.target.is_empty()
    }

    /// The pairs an account speaks in.
    pub fn of(&self, actor: u32) -> std::ops::Range<usize> {
        self.offsets[actor as usize] as usize..self.offsets[actor as usize + 1] as usize
    }

    /// The pair of these two, if `actor` ever turned to `target`. Cost `O(log partners)`.
    pub fn find(&self, actor: u32, target: u32) -> Option<usize> {
        let range = self.of(actor);
        self.target[range.clone()].binary_search(&target).ok().map(|place| range.start + place)
    }

    /// Whom an account turned to, ascending.
    pub fn targets_of(&self, actor: u32) -> &[u32] {
        &self.target[self.of(actor)]
    }

    /// Collects a log's pairs; interactions of kinds that weigh 0 are left out. Cost `O(interactions + accounts)`.
    pub fn of_log(log: &EventLog, weighing: &EdgeWeighing, buying_talk: WeighByBuyingTalk) -> Pairs {
        let kinds = &weighing.kinds;
        let mut pairs = Pairs { offsets: vec![0; log.accounts() + 1], ..Pairs::default() };
        let mut last_day = i64::MIN;
        let mut recent = 0.0f64;
        for event in order_by_pair(log.accounts(), log.actor(), log.target()) {
            let event = event as usize;
            if kinds.of(log.kind()[event]) <= 0.0 {
                continue;
            }
            let (actor, target, at) = (log.actor()[event], log.target()[event], log.at_unix()[event]);
            let is_new = pairs.actor.last() != Some(&actor) || pairs.target.last() != Some(&target);
            if is_new {
                pairs.offsets[actor as usize + 1] += 1;
                pairs.start(actor, target, at);
                last_day = i64::MIN;
                recent = 0.0;
            }
            let here = pairs.len() - 1;
            let is_buying = log.buying_level()[event] > 0;
            let factor = match buying_talk {
                WeighByBuyingTalk::Factor(factor) if is_buying => factor,
                _ => 1.0,
            };
            recent += factor * weighing.weight(log.kind()[event], at);
            pairs.recent[here] = recent as f32;
            pairs.talks[here] += 1;
            pairs.buying_talks[here] += u32::from(is_buying);
            pairs.last_at_unix[here] = at;
            let day = at.div_euclid(DAY_SECONDS);
            pairs.days[here] += u32::from(day != last_day);
            last_day = day;
        }
        for account in 0..log.accounts() {
            pairs.offsets[account + 1] += pairs.offsets[account];
        }
        pairs.back = (0..pairs.len())
            .map(|pair| pairs.find(pairs.target[pair], pairs.actor[pair]).map_or(NO_PAIR, |back| back as u32))
            .collect();
        pairs
    }

    fn start(&mut self, actor: u32, target: u32, at_unix: i64) {
        self.actor.push(actor);
        self.target.push(target);
        self.talks.push(0);
        self.days.push(0);
        self.recent.push(0.0);
        self.first_at_unix.push(at_unix);
        self.last_at_unix.push(at_unix);
        self.buying_talks.push(0);
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
    /// What belongs to each account whatever the other one is, ready for scoring.
    pub habits: Habits,
    /// Recency-weighted talk both ways, for walks from buyers.
    pub walk: Walk,
    /// Global PageRank over counts, forward, 30 steps.
    pub pagerank: Vec<f64>,
    pub settings: IndexSettings,
}

impl ConversationIndex {
    /// Builds the index of a log as seen at `as_of_unix`, by default just after its last interaction.
    ///
    /// Cost `O(interactions + accounts)` and 30 PageRank steps; about 100 bytes a talking pair.
    pub fn build(log: &EventLog, as_of_unix: Option<i64>, settings: &IndexSettings) -> ConversationIndex {
        let index = ConversationIndex::build_for_learning(log, as_of_unix, settings);
        let counts = Graph::from_out(index.counts());
        let steps = PageRankSettings { restart: 0.15, steps_max: 30, tolerance: 0.0 };
        ConversationIndex { pagerank: pagerank(&Walk::forward(&counts), &steps).rank, ..index }
    }

    /// The index without the global PageRank, which no listening score asks for.
    pub(crate) fn build_for_learning(
        log: &EventLog,
        as_of_unix: Option<i64>,
        settings: &IndexSettings,
    ) -> ConversationIndex {
        let as_of_unix = as_of_unix.unwrap_or_else(|| log.at_unix().last().map_or(0, |last| last + 1));
        let half_life_seconds = match settings.half_life {
            HalfLife::QuarterOfSpan => Some((log.span_seconds() as f64 / 4.0).max(1.0)),
            HalfLife::Days(days) => Some((days * DAY_SECONDS as f64).max(1.0)),
            HalfLife::Endless => None,
        };
        let weighing = EdgeWeighing { as_of_unix, half_life_seconds, kinds: settings.kinds };
        let pairs = Pairs::of_log(log, &weighing, settings.buying_talk);
        let (talkers_offsets, talkers) = talkers_by_target(log.accounts(), &pairs);
        let account = describe_accounts(log.accounts(), &pairs, &weighing);
        let recent = Graph::from_out(csr_of(&pairs, pairs.recent.clone()));
        let walk = Walk::both_ways(&recent, settings.reverse_weight);
        ConversationIndex {
            as_of_unix,
            half_life_seconds,
            pairs,
            talkers_offsets,
            talkers,
            habits: Habits::of(&account),
            account,
            walk,
            pagerank: vec![],
            settings: *settings,
        }
    }

    pub fn accounts(&self) -> usize {
        self.account.in_degree.len()
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
        Walk::forward(&Graph::from_out(csr_of(&self.pairs, self.pairs.recent.clone())))
    }
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

fn describe_accounts(accounts: usize, pairs: &Pairs, weighing: &EdgeWeighing) -> AccountTalk {
    let mut sums = vec![AccountSums::default(); accounts];
    for pair in 0..pairs.len() {
        let newness = weighing.fading(pairs.first_at_unix[pair]);
        let is_answered = pairs.back[pair] != NO_PAIR;
        let speaker = &mut sums[pairs.actor[pair] as usize];
        speaker.out_degree += 1;
        speaker.sent += pairs.talks[pair];
        speaker.recent_sent += f64::from(pairs.recent[pair]);
        speaker.new_partners += newness;
        let listener = &mut sums[pairs.target[pair] as usize];
        listener.in_degree += 1;
        listener.received += pairs.talks[pair];
        listener.recent_in_degree += weighing.fading(pairs.last_at_unix[pair]);
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
