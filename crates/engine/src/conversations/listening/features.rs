//! What the past says about whether a buyer will turn to a creator: the measured facts a chance is made from.
//!
//! All are counted before the moment of the index and taken as `ln(1 + count)`, so that the first talk says more than
//! the hundredth. Talk between the two, the buyers' circle, the creator's and the buyer's habits, and nearness.

use serde::{Deserialize, Serialize};

use crate::conversations::index::{AccountTalk, ConversationIndex, NO_PAIR, TALKERS_TOLD_APART};
use crate::graph::pagerank::{Near, PushScratch};
use crate::graph::push_from;

/// One measured fact about a buyer and a creator.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Feature {
    Always,
    Talks,
    RecentTalk,
    TalkDays,
    TalksBack,
    RecentTalksBack,
    BuyersTalking,
    InDegree,
    RecentInDegree,
    NewTalkers,
    Answers,
    CreatorActivity,
    BuyerActivity,
    RecentBuyerActivity,
    BuyerNewPartners,
    Nearness,
    SharedContacts,
    BuyingTalk,
}

/// How many features there are.
pub const FEATURES: usize = Feature::ALL.len();

/// One value for each feature, in the order of [`Feature::ALL`].
pub type FeatureValues = [f32; FEATURES];

impl Feature {
    pub const ALL: [Feature; 18] = [
        Feature::Always,
        Feature::Talks,
        Feature::RecentTalk,
        Feature::TalkDays,
        Feature::TalksBack,
        Feature::RecentTalksBack,
        Feature::BuyersTalking,
        Feature::InDegree,
        Feature::RecentInDegree,
        Feature::NewTalkers,
        Feature::Answers,
        Feature::CreatorActivity,
        Feature::BuyerActivity,
        Feature::RecentBuyerActivity,
        Feature::BuyerNewPartners,
        Feature::Nearness,
        Feature::SharedContacts,
        Feature::BuyingTalk,
    ];

    /// What the feature measures, as printed beside its coefficient.
    pub fn words(self) -> &'static str {
        match self {
            Feature::Always => "starting level",
            Feature::Talks => "times the buyer turned to the creator",
            Feature::RecentTalk => "the same, older talk fading",
            Feature::TalkDays => "different days on which the buyer did",
            Feature::TalksBack => "times the creator turned to the buyer",
            Feature::RecentTalksBack => "the same, older talk fading",
            Feature::BuyersTalking => "other buyers of the set who talk to the creator, in percent",
            Feature::InDegree => "everybody who ever talked to the creator",
            Feature::RecentInDegree => "the same, old talkers fading",
            Feature::NewTalkers => "people who lately talked to the creator for the first time",
            Feature::Answers => "share of its talkers the creator turns to as well",
            Feature::CreatorActivity => "what the creator says, older talk fading",
            Feature::BuyerActivity => "what the buyer says",
            Feature::RecentBuyerActivity => "the same, older talk fading",
            Feature::BuyerNewPartners => "people the buyer lately turned to for the first time",
            Feature::Nearness => "how often a walk from the buyer along talk comes by the creator",
            Feature::SharedContacts => "people both talk with, those with few partners counting more",
            Feature::BuyingTalk => "talk about buying, from the buyer to the creator",
        }
    }
}

/// A set of buyers, ready to be asked about candidates.
pub struct BuyerSet<'a> {
    pub index: &'a ConversationIndex,
    /// Ascending, each once.
    pub buyers: Vec<u32>,
    /// Place of an account among the buyers, counted from 1, [`NOT_A_BUYER`] for others.
    place: Vec<u32>,
}

// Zero, because memory that is all zero costs nothing until it is written to.
const NOT_A_BUYER: u32 = 0;

impl<'a> BuyerSet<'a> {
    /// Buyers unknown to the index are left out. Cost `O(accounts + buyers log buyers)`.
    pub fn new(index: &'a ConversationIndex, buyers: &[u32]) -> BuyerSet<'a> {
        let mut buyers: Vec<u32> =
            buyers.iter().copied().filter(|&buyer| (buyer as usize) < index.accounts()).collect();
        buyers.sort_unstable();
        buyers.dedup();
        let mut place = vec![NOT_A_BUYER; index.accounts()];
        for (at, &buyer) in buyers.iter().enumerate() {
            place[buyer as usize] = at as u32 + 1;
        }
        BuyerSet { index, buyers, place }
    }

    /// Distinct buyers who turned to each account. Cost `O(pairs of the buyers)`.
    pub fn buyers_talking(&self) -> Vec<u32> {
        let mut counts = vec![0u32; self.index.accounts()];
        for &buyer in &self.buyers {
            for &target in self.index.pairs.targets_of(buyer) {
                counts[target as usize] += 1;
            }
        }
        counts
    }

    /// The accounts worth scoring, best first: most buyers talking, then most talkers in all; ties by dense id.
    ///
    /// `buyers talking + 0.05 * min(in-degree, 1000) / 1000`; accounts nobody ever talked to are left out. One buyer weighs
    /// more than everybody's talk, so those whom no buyer talks to come last, in the order the index keeps for all sets.
    /// Cost `O(t log t)`, t = the pairs of the buyers; `O(accounts)` where more are asked for than the index keeps.
    pub fn candidates(&self, buyers_talking: &[u32], count_max: usize, is_excluded: impl Fn(u32) -> bool) -> Vec<u32> {
        let score = |account: u32| {
            let known = f64::from(self.index.account.in_degree[account as usize].min(TALKERS_TOLD_APART));
            f64::from(buyers_talking[account as usize]) + 0.05 * known / f64::from(TALKERS_TOLD_APART)
        };
        let is_known = |account: u32| self.index.account.in_degree[account as usize] > 0 && !is_excluded(account);
        let by_score = |a: &u32, b: &u32| score(*b).total_cmp(&score(*a)).then(a.cmp(b));
        let targets = self.buyers.iter().flat_map(|&buyer| self.index.pairs.targets_of(buyer)).copied();
        let mut accounts: Vec<u32> = targets.filter(|&account| is_known(account)).collect();
        accounts.sort_unstable();
        accounts.dedup();
        let best_known = self.index.best_known();
        let wanted = count_max.saturating_sub(accounts.len());
        let others = best_known.iter().copied().filter(|&account| buyers_talking[account as usize] == 0);
        accounts.extend(others.filter(|&account| is_known(account)).take(wanted));
        if accounts.len() < count_max && best_known.len() < self.index.accounts() {
            accounts = (0..self.index.accounts() as u32).filter(|&account| is_known(account)).collect();
        }
        if accounts.len() > count_max && count_max > 0 {
            accounts.select_nth_unstable_by(count_max - 1, by_score);
        }
        accounts.truncate(count_max);
        accounts.sort_unstable_by(by_score);
        accounts
    }

    /// For every buyer (by place) its pair with the candidate: who turned to it, and whom it turned to.
    pub fn contacts(&self, candidate: u32) -> Contacts {
        let mut contacts = Contacts { talk: vec![], back: vec![] };
        let pairs = &self.index.pairs;
        for &pair in self.index.talkers_of(candidate) {
            let place = self.place[pairs.actor[pair as usize] as usize];
            if place != NOT_A_BUYER {
                contacts.talk.push(Contact { place: place - 1, pair });
            }
        }
        for pair in pairs.of(candidate) {
            let place = self.place[pairs.target[pair] as usize];
            if place != NOT_A_BUYER {
                contacts.back.push(Contact { place: place - 1, pair: pair as u32 });
            }
        }
        contacts
    }
}

/// A buyer, by place in the set, and a pair it is in.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Contact {
    pub place: u32,
    pub pair: u32,
}

/// The talk between a candidate and the buyers, both ways, each ascending by buyer.
pub struct Contacts {
    pub talk: Vec<Contact>,
    pub back: Vec<Contact>,
}

/// What is known between one buyer and one candidate.
#[derive(Clone, Copy)]
pub struct Between {
    /// The pair buyer -> candidate, or [`NO_PAIR`].
    pub talk: u32,
    /// The pair candidate -> buyer, or [`NO_PAIR`].
    pub back: u32,
    /// Other buyers of the set who talk to the candidate, as a share of the other buyers.
    pub share_of_others: f64,
    /// Personalised PageRank of the candidate from the buyer.
    pub near: f64,
    /// Adamic-Adar count of people both talk with; 0 where it is not asked for.
    pub shared_contacts: f64,
}

/// Features that belong to one account whatever the other one is; computed once an account.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Habits {
    values: Vec<[f32; HABITS]>,
}

const HABITS: usize = 8;

impl Habits {
    /// Cost `O(accounts)`.
    pub fn of(account: &AccountTalk) -> Habits {
        let log1p = |value: f32| f64::from(value).ln_1p() as f32;
        let values = (0..account.in_degree.len())
            .map(|at| {
                let answered = (f64::from(account.answered[at]) + 0.5) / (f64::from(account.in_degree[at]) + 2.0);
                [
                    log1p(account.in_degree[at] as f32),
                    log1p(account.recent_in_degree[at]),
                    log1p(account.new_talkers[at]),
                    answered as f32,
                    log1p(account.recent_sent[at]),
                    log1p(account.sent[at] as f32),
                    log1p(account.recent_sent[at]),
                    log1p(account.new_partners[at]),
                ]
            })
            .collect();
        Habits { values }
    }

    /// All features of a buyer and a candidate. Cost `O(1)`.
    pub fn features(&self, index: &ConversationIndex, buyer: u32, candidate: u32, between: Between) -> FeatureValues {
        let pairs = &index.pairs;
        let creator = &self.values[candidate as usize];
        let speaker = &self.values[buyer as usize];
        let log1p = |value: f64| value.ln_1p() as f32;
        let mut values = [0f32; FEATURES];
        values[Feature::Always as usize] = 1.0;
        if between.talk != NO_PAIR {
            let talk = between.talk as usize;
            values[Feature::Talks as usize] = log1p(f64::from(pairs.talks[talk]));
            values[Feature::RecentTalk as usize] = log1p(f64::from(pairs.recent[talk]));
            values[Feature::TalkDays as usize] = log1p(f64::from(pairs.days[talk]));
            values[Feature::BuyingTalk as usize] = log1p(f64::from(pairs.buying_talks[talk]));
        }
        if between.back != NO_PAIR {
            let back = between.back as usize;
            values[Feature::TalksBack as usize] = log1p(f64::from(pairs.talks[back]));
            values[Feature::RecentTalksBack as usize] = log1p(f64::from(pairs.recent[back]));
        }
        values[Feature::BuyersTalking as usize] = log1p(100.0 * between.share_of_others);
        values[Feature::InDegree as usize] = creator[0];
        values[Feature::RecentInDegree as usize] = creator[1];
        values[Feature::NewTalkers as usize] = creator[2];
        values[Feature::Answers as usize] = creator[3];
        values[Feature::CreatorActivity as usize] = creator[4];
        values[Feature::BuyerActivity as usize] = speaker[5];
        values[Feature::RecentBuyerActivity as usize] = speaker[6];
        values[Feature::BuyerNewPartners as usize] = speaker[7];
        values[Feature::SharedContacts as usize] = log1p(between.shared_contacts);
        values[Feature::Nearness as usize] = log1p(WALK_STEPS * between.near);
        values
    }
}

/// Nearness is counted in visits to the creator in this many steps of a walk from the buyers.
pub(super) const WALK_STEPS: f64 = 1_500.0;

/// Share of the *other* buyers who talk to a candidate.
pub fn share_of_others(buyers: usize, talking: u32, is_talking_oneself: u32) -> f64 {
    if buyers < 2 { 0.0 } else { f64::from(talking - is_talking_oneself) / (buyers - 1) as f64 }
}

/// The nearness of every account to one buyer, followed as finely as `tolerance` says.
pub fn near_to(
    index: &ConversationIndex,
    buyer: u32,
    restart: f64,
    tolerance: f64,
    scratch: &mut PushScratch,
) -> Vec<Near> {
    push_from(index.walk(), buyer, restart, tolerance, scratch)
}

/// People whom the buyer and each account both talk with, either way, those with few partners counting more.
///
/// `sum over shared partners w of 1 / ln(2 + partners of w)`, for every account, into `sums` (one entry an account,
/// all 0 before). Cost `O(partners of the buyer's partners)`.
/// Source: Adamic and Adar, "Friends and neighbors on the web" (2003).
pub fn shared_contacts(index: &ConversationIndex, buyer: u32, sums: &mut [f64]) {
    for &middle in index.walk().onward(buyer as usize).targets {
        let partners = index.walk().onward(middle as usize).targets;
        let worth = 1.0 / (2.0 + partners.len() as f64).ln();
        for &account in partners {
            sums[account as usize] += worth;
        }
    }
}

/// Makes all of the sums 0 again that [`shared_contacts`] has added to for this buyer, at the same cost.
pub fn forget_shared_contacts(index: &ConversationIndex, buyer: u32, sums: &mut [f64]) {
    for &middle in index.walk().onward(buyer as usize).targets {
        for &account in index.walk().onward(middle as usize).targets {
            sums[account as usize] = 0.0;
        }
    }
}
