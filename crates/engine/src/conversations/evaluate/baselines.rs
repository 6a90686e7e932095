//! Every ranking the product is set beside: followers, engagement, popularity, plain counts, walks, and itself.

use std::collections::BTreeMap;

use super::Past;
use crate::conversations::listening::score::chance_sums;
use crate::conversations::listening::{ListenedTo, rank_new_contacts, score};
use crate::graph::{PageRankSettings, Seed, Walk, personalised_pagerank};
use crate::random::Draws;

const RANDOM_STREAM: u64 = 22;
/// Followers below this count as this many when engagement is divided by them.
const FOLLOWERS_FLOOR: f64 = 50.0;

/// Which rankings are made.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wanted {
    All,
    ListeningOnly,
}

/// The rankings of one past, each a score for every account.
pub(crate) struct Methods<'a> {
    pub past: &'a Past,
    core: &'a Past,
    followers: Option<&'a [Option<f64>]>,
    global: BTreeMap<String, Vec<f64>>,
    forward: Walk,
    wanted: Wanted,
    seed: u64,
    /// Accounts that cannot be chosen: their followers are not known, though others' are.
    pub barred: Vec<u32>,
}

/// Scores of all rankings for one brand, and the product's own list.
pub(crate) struct BrandScores {
    pub by_method: BTreeMap<String, Vec<f64>>,
    pub listened_to: Vec<ListenedTo>,
}

impl<'a> Methods<'a> {
    pub fn new(past: &'a Past, core: &'a Past, followers: Option<&'a [Option<f64>]>, seed: u64) -> Methods<'a> {
        let forward = past.index.forward_walk();
        let mut methods = Methods {
            past,
            core,
            followers,
            global: BTreeMap::new(),
            forward,
            wanted: Wanted::All,
            seed,
            barred: barred(followers),
        };
        methods.global = methods.global_scores();
        methods
    }

    pub fn listening_only(past: &'a Past, followers: Option<&'a [Option<f64>]>) -> Methods<'a> {
        Methods {
            past,
            core: past,
            followers,
            global: BTreeMap::new(),
            forward: Walk::from_weights(Default::default()),
            wanted: Wanted::ListeningOnly,
            seed: 0,
            barred: barred(followers),
        }
    }

    /// Rankings that are the same for every brand.
    fn global_scores(&self) -> BTreeMap<String, Vec<f64>> {
        let account = &self.past.index.account;
        let accounts = self.past.index.accounts();
        let mut scores = BTreeMap::from([
            ("in_degree".to_owned(), account.in_degree.iter().map(|&n| f64::from(n)).collect::<Vec<f64>>()),
            ("engagement".to_owned(), account.received.iter().map(|&n| f64::from(n)).collect()),
            ("pagerank".to_owned(), self.past.index.pagerank.clone()),
        ]);
        if let Some(followers) = self.followers {
            let of = |pass: &dyn Fn(usize, f64) -> bool| -> Vec<f64> {
                let score = |at: usize| followers[at].filter(|&count| pass(at, count)).unwrap_or(-1.0);
                (0..accounts).map(score).collect()
            };
            scores.insert("followers".to_owned(), of(&|_, _| true));
            scores.insert("followers_1k_100k".to_owned(), of(&|_, count| (1_000.0..=100_000.0).contains(&count)));
            scores.insert("followers_niche".to_owned(), of(&|at, _| account.in_degree[at] >= 1));
            scores.insert("followers_niche_3".to_owned(), of(&|at, _| account.in_degree[at] >= 3));
            let rate = |at: usize| {
                followers[at].map_or(-1.0, |count| f64::from(account.received[at]) / count.max(FOLLOWERS_FLOOR))
            };
            scores.insert("engagement_rate".to_owned(), (0..accounts).map(rate).collect());
        }
        scores
    }

    /// All rankings for one brand's buyers.
    pub fn for_brand(&self, anchor: u32, buyers: &[u32]) -> BrandScores {
        let mut excluded = self.barred.clone();
        excluded.push(anchor);
        excluded.sort_unstable();
        let list = |past: &Past| score(&past.index, &past.model, buyers, &excluded, &past.settings);
        let listened_to = list(self.past);
        let mut by_method = BTreeMap::from([("listening".to_owned(), self.spread(&listened_to))]);
        if self.wanted == Wanted::All {
            by_method.extend(self.global.iter().map(|(name, scores)| (name.clone(), scores.clone())));
            by_method.insert("learned".to_owned(), self.plain_chances(buyers, &excluded));
            by_method.insert("random".to_owned(), self.at_random(anchor));
            by_method.extend(self.set_scores(buyers));
        }
        BrandScores { by_method, listened_to }
    }

    /// A list as a score for every account; those not on it come last.
    fn spread(&self, list: &[ListenedTo]) -> Vec<f64> {
        let mut scores = vec![-1.0; self.past.index.accounts()];
        for listened in list {
            scores[listened.account as usize] = listened.share;
        }
        scores
    }

    /// The chances of the five core features added up over the buyers, without the learned division.
    fn plain_chances(&self, buyers: &[u32], excluded: &[u32]) -> Vec<f64> {
        let core = self.core;
        let mut scores = vec![-1.0; core.index.accounts()];
        for sum in chance_sums(&core.index, &core.model, buyers, excluded, &core.settings) {
            scores[sum.account as usize] = sum.chances;
        }
        scores
    }

    /// Another random order for every brand.
    fn at_random(&self, anchor: u32) -> Vec<f64> {
        let accounts = self.past.index.accounts() as u64;
        let random = Draws::new(self.seed, RANDOM_STREAM);
        (0..accounts).map(|at| random.uniform(u64::from(anchor) * accounts + at)).collect()
    }

    /// Plain counts among the buyers, walks from them, and their mixture.
    fn set_scores(&self, buyers: &[u32]) -> BTreeMap<String, Vec<f64>> {
        let index = &self.past.index;
        let tie_break: Vec<f64> = index.account.in_degree.iter().map(|&n| 1e-6 * f64::from(n)).collect();
        let (mut talk, mut recency) = (tie_break.clone(), tie_break);
        for &buyer in buyers {
            for pair in index.pairs.of(buyer) {
                let target = index.pairs.target[pair] as usize;
                talk[target] += 1.0;
                recency[target] += f64::from(index.pairs.recent[pair]);
            }
        }
        let forward = self.walk_from(&self.forward, buyers);
        let both = self.walk_from(index.walk(), buyers);
        let top = |scores: &[f64]| scores.iter().copied().fold(f64::MIN_POSITIVE, f64::max);
        let (top_recency, top_both) = (top(&recency), top(&both));
        let mix = recency.iter().zip(&both).map(|(r, b)| r / top_recency + 0.5 * b / top_both).collect();
        BTreeMap::from([
            ("talk".to_owned(), talk),
            ("recency".to_owned(), recency),
            ("ppr_forward".to_owned(), forward),
            ("ppr_both_ways".to_owned(), both),
            ("mix".to_owned(), mix),
        ])
    }

    fn walk_from(&self, walk: &Walk, buyers: &[u32]) -> Vec<f64> {
        let seeds: Vec<Seed> = buyers.iter().map(|&node| Seed { node, weight: 1.0 }).collect();
        personalised_pagerank(walk, &seeds, &PageRankSettings::default()).rank
    }

    /// All rankings of new contacts for one buyer.
    pub fn for_buyer(&self, buyer: u32) -> BTreeMap<String, Vec<f64>> {
        let past = self.past;
        let mut scores = vec![-1.0; past.index.accounts()];
        for contact in rank_new_contacts(&past.index, &past.model, buyer, &past.settings) {
            scores[contact.account as usize] = contact.chance;
        }
        let mut by_method = BTreeMap::from([("listening".to_owned(), scores)]);
        if self.wanted == Wanted::All {
            for name in ["in_degree", "pagerank", "followers"] {
                if let Some(scores) = self.global.get(name) {
                    by_method.insert(name.to_owned(), scores.clone());
                }
            }
            by_method.insert("ppr_forward".to_owned(), self.walk_from(&self.forward, &[buyer]));
            by_method.insert("ppr_both_ways".to_owned(), self.walk_from(past.index.walk(), &[buyer]));
        }
        by_method
    }
}

fn barred(followers: Option<&[Option<f64>]>) -> Vec<u32> {
    let followers = followers.unwrap_or(&[]);
    (0..followers.len() as u32).filter(|&account| followers[account as usize].is_none()).collect()
}
