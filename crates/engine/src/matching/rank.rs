//! Ranks creators for a brand: expected listeners with their interval, the tree that explains them, and what simpler
//! rankings would say beside them.

use model::Estimate;
use serde::{Deserialize, Serialize};

use crate::conversations::index::{ConversationIndex, IndexSettings, WeighByBuyingTalk};
use crate::conversations::listening::estimate::{ScoredFor, listening_estimate};
use crate::conversations::listening::{ListenedTo, ListeningModel, ListeningSettings, score};

/// What a ranking is made of.
#[derive(Clone, Copy)]
pub struct RankingInputs<'a> {
    pub index: &'a ConversationIndex,
    pub model: &'a ListeningModel,
    /// The brand's buyers, as accounts of the index.
    pub buyers: &'a [u32],
    /// Accounts that are not to be ranked, such as the brand's own.
    pub excluded: &'a [u32],
    /// Followers of each account, where known; shown beside, never used.
    pub followers: Option<&'a [Option<f64>]>,
    /// Engagement rate of each account, where known; shown beside, never used.
    pub engagement: Option<&'a [Option<f64>]>,
}

/// What changes a ranking; printed with it. How talk fades and whether buying talk counts more belongs to the index.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RankingSettings {
    pub listening: ListeningSettings,
    /// How many creators are returned.
    pub creators_max: usize,
}

impl Default for RankingSettings {
    fn default() -> RankingSettings {
        RankingSettings { listening: ListeningSettings::default(), creators_max: 100 }
    }
}

impl RankingSettings {
    /// The same settings with buying talk weighed so; build the index from `listening.index`. Default is `Off`.
    pub fn weigh_by_buying_talk(mut self, weigh: WeighByBuyingTalk) -> RankingSettings {
        self.listening.index.buying_talk = weigh;
        self
    }
}

/// Ranks that this creator cannot be told apart from, its own included; 1 is the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TieBand {
    pub from_rank: usize,
    pub to_rank: usize,
}

/// A simpler ranking's value and rank of one creator among all accounts that may be ranked.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Standing {
    pub value: f64,
    pub rank: usize,
}

/// What simpler rankings say of a creator; `None` where the value is not known.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Beside {
    /// Distinct accounts that talk to it.
    pub in_degree: Standing,
    pub pagerank: Standing,
    pub followers: Option<Standing>,
    pub engagement: Option<Standing>,
}

/// One creator of a ranking.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RankedCreator {
    pub account: u32,
    pub rank: usize,
    /// The listening score, with interval and explanation. A score unless the market's held-out window says it is people.
    pub fit: Estimate,
    pub tie_band: TieBand,
    /// The counts behind the fit and the likeliest buyers.
    pub evidence: ListenedTo,
    pub beside: Beside,
}

/// Creators for a brand, best first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ranking {
    pub creators: Vec<RankedCreator>,
    /// Buyers given that the index knows.
    pub buyers_known: usize,
    /// Those among them who turned to anybody.
    pub buyers_active: usize,
    pub settings: RankingSettings,
    /// How the index was built.
    pub index_settings: IndexSettings,
}

/// Ranks creators by how many of the buyers are expected to turn to them.
///
/// The order is the score's, ties by dense id; `fit` is a score (buyers expected; read as people only where the model's
/// held-out window allows it), its interval 90 %, `n` the buyers known. Two
/// creators whose intervals overlap share a tie band and are not ordered by a hair. No known buyer gives an empty
/// ranking. Cost: one call of [`score`] and a sort of the accounts for each simpler ranking.
pub fn rank(inputs: &RankingInputs<'_>, settings: &RankingSettings) -> Ranking {
    let index = inputs.index;
    let mut buyers: Vec<u32> =
        inputs.buyers.iter().copied().filter(|&buyer| (buyer as usize) < index.accounts()).collect();
    buyers.sort_unstable();
    buyers.dedup();
    let mut excluded = inputs.excluded.to_vec();
    excluded.sort_unstable();
    let mut listened_to = score(index, inputs.model, &buyers, &excluded, &settings.listening);
    listened_to.truncate(settings.creators_max);
    let standings = Standings::new(inputs, &excluded);
    let bands = tie_bands(&listened_to);
    let scored_for = ScoredFor {
        buyers: buyers.len() as u64,
        days: settings.listening.horizon_days.unwrap_or(inputs.model.horizon_days),
        as_of_unix: index.as_of_unix,
        reading: inputs.model.reading(),
    };
    let creators = listened_to
        .into_iter()
        .zip(bands)
        .enumerate()
        .map(|(place, (evidence, tie_band))| RankedCreator {
            account: evidence.account,
            rank: place + 1,
            fit: listening_estimate(&evidence, &scored_for),
            tie_band,
            beside: standings.of(evidence.account),
            evidence,
        })
        .collect();
    let is_active = |buyer: &&u32| index.account.out_degree[**buyer as usize] > 0;
    Ranking {
        creators,
        buyers_known: buyers.len(),
        buyers_active: buyers.iter().filter(is_active).count(),
        settings: settings.clone(),
        index_settings: index.settings,
    }
}

/// For every place the first and last rank whose interval overlaps its own.
fn tie_bands(listened_to: &[ListenedTo]) -> Vec<TieBand> {
    let overlaps = |a: &ListenedTo, b: &ListenedTo| a.lo <= b.hi && b.lo <= a.hi;
    listened_to
        .iter()
        .enumerate()
        .map(|(place, one)| {
            let above = listened_to[..place].iter().position(|other| overlaps(one, other)).unwrap_or(place);
            let below = listened_to[place..].iter().rposition(|other| overlaps(one, other)).unwrap_or(0);
            TieBand { from_rank: above + 1, to_rank: place + below + 1 }
        })
        .collect()
}

/// Every account's standing in the simpler rankings.
struct Standings {
    in_degree: Vec<Option<Standing>>,
    pagerank: Vec<Option<Standing>>,
    followers: Vec<Option<Standing>>,
    engagement: Vec<Option<Standing>>,
}

impl Standings {
    fn new(inputs: &RankingInputs<'_>, excluded: &[u32]) -> Standings {
        let index = inputs.index;
        let in_degree: Vec<Option<f64>> = index.account.in_degree.iter().map(|&n| Some(f64::from(n))).collect();
        let pagerank: Vec<Option<f64>> = index.pagerank.iter().map(|&rank| Some(rank)).collect();
        Standings {
            in_degree: standings(&in_degree, excluded),
            pagerank: standings(&pagerank, excluded),
            followers: standings(inputs.followers.unwrap_or(&[]), excluded),
            engagement: standings(inputs.engagement.unwrap_or(&[]), excluded),
        }
    }

    fn of(&self, account: u32) -> Beside {
        let at = |standings: &[Option<Standing>]| standings.get(account as usize).copied().flatten();
        Beside {
            in_degree: at(&self.in_degree).expect("every account that is ranked has an in-degree"),
            pagerank: at(&self.pagerank).expect("every account that is ranked has a PageRank"),
            followers: at(&self.followers),
            engagement: at(&self.engagement),
        }
    }
}

fn standings(values: &[Option<f64>], excluded: &[u32]) -> Vec<Option<Standing>> {
    let mut known: Vec<u32> = (0..values.len() as u32)
        .filter(|account| values[*account as usize].is_some() && excluded.binary_search(account).is_err())
        .collect();
    let value = |account: u32| values[account as usize].unwrap_or(f64::NEG_INFINITY);
    known.sort_unstable_by(|&a, &b| value(b).total_cmp(&value(a)).then(a.cmp(&b)));
    let mut standings = vec![None; values.len()];
    for (place, &account) in known.iter().enumerate() {
        standings[account as usize] = Some(Standing { value: value(account), rank: place + 1 });
    }
    standings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conversations::listening::train;
    use crate::conversations::testing::made_up_talk;

    fn ranking(threads: usize) -> Ranking {
        let log = made_up_talk(120, 4000, 7);
        let mut settings = RankingSettings::default();
        settings.listening.training_anchors_max = 12;
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
        pool.install(|| {
            let index = ConversationIndex::build(&log, None, &settings.listening.index);
            let model = train(&log, &settings.listening).expect("valid settings");
            let buyers: Vec<u32> = (0..40).collect();
            let followers: Vec<Option<f64>> = (0..120).map(|at| (at % 3 > 0).then_some(f64::from(at))).collect();
            let inputs = RankingInputs {
                index: &index,
                model: &model,
                buyers: &buyers,
                excluded: &[3],
                followers: Some(&followers),
                engagement: None,
            };
            rank(&inputs, &settings)
        })
    }

    /// Made once for all tests that only read it.
    static RANKING: std::sync::LazyLock<Ranking> = std::sync::LazyLock::new(|| ranking(2));

    #[test]
    fn every_fit_is_explained_by_parts_that_add_up_to_it() {
        let ranking = &*RANKING;
        assert!(!ranking.creators.is_empty());
        for creator in &ranking.creators {
            assert!(creator.fit.explanation.adds_up());
            let value = creator.fit.value.expect("a fit is known");
            assert!((creator.fit.explanation.value.expect("known") - value).abs() < 1e-9);
            assert!(creator.fit.lo <= creator.fit.value && creator.fit.value <= creator.fit.hi);
            assert!(value <= ranking.buyers_known as f64);
        }
    }

    #[test]
    fn the_brands_own_account_is_not_ranked() {
        assert!(RANKING.creators.iter().all(|creator| creator.account != 3));
    }

    #[test]
    fn a_tie_band_holds_the_creators_own_rank() {
        for creator in &RANKING.creators {
            let band = creator.tie_band;
            assert!(band.from_rank <= creator.rank && creator.rank <= band.to_rank);
        }
    }

    #[test]
    fn an_unknown_follower_count_is_not_known_rather_than_zero() {
        for creator in &RANKING.creators {
            assert_eq!(creator.beside.followers.is_none(), creator.account.is_multiple_of(3));
            assert!(creator.beside.engagement.is_none());
        }
    }

    #[test]
    fn one_two_and_eight_threads_give_the_same_bytes() {
        let bytes = |threads| serde_json::to_vec(&ranking(threads)).expect("serialises");
        let one = bytes(1);
        assert_eq!(one, bytes(2));
        assert_eq!(one, bytes(8));
    }
}
