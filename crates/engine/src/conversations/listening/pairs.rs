//! A buyer beside each candidate: what lies between the two, before any chance is made of it.

use rayon::prelude::*;

use super::ListeningSettings;
use super::features::{Between, BuyerSet, near_to, share_of_others};
use crate::conversations::index::NO_PAIR;
use crate::graph::pagerank::PushScratch;
use crate::graph::{PageRankSettings, Seed, personalised_pagerank};

/// One buyer and a candidate, before any chance is made of it.
pub(crate) struct PairSeen {
    pub buyer: u32,
    pub between: Between,
}

/// What lies between a candidate and each wanted buyer (places in the set, ascending).
pub fn pairs_with(
    set: &BuyerSet<'_>,
    wanted: &[u32],
    candidate: u32,
    talking: &[u32],
    near: impl Fn(usize) -> f64,
) -> Vec<PairSeen> {
    let contacts = set.contacts(candidate);
    let (mut talk, mut back) = (contacts.talk.iter().peekable(), contacts.back.iter().peekable());
    wanted
        .iter()
        .enumerate()
        .map(|(row, &place)| {
            while talk.peek().is_some_and(|contact| contact.place < place) {
                talk.next();
            }
            while back.peek().is_some_and(|contact| contact.place < place) {
                back.next();
            }
            let talk_pair =
                talk.peek().filter(|contact| contact.place == place).map_or(NO_PAIR, |contact| contact.pair);
            let back_pair =
                back.peek().filter(|contact| contact.place == place).map_or(NO_PAIR, |contact| contact.pair);
            let oneself = u32::from(talk_pair != NO_PAIR);
            let share = share_of_others(set.buyers.len(), talking[candidate as usize], oneself);
            let between = Between {
                talk: talk_pair,
                back: back_pair,
                share_of_others: share,
                near: near(row),
                shared_contacts: 0.0,
            };
            PairSeen { buyer: set.buyers[place as usize], between }
        })
        .collect()
}

/// How many buyers share one work space for their walks: making it costs as much as a walk.
const BUYERS_AT_A_TIME: usize = 64;

/// Nearness of every candidate to every wanted buyer.
pub struct Nearness {
    columns: usize,
    /// Row by row; one row only when the set's own nearness stands for everybody's.
    values: Vec<f32>,
}

impl Nearness {
    pub fn of(set: &BuyerSet<'_>, wanted: &[u32], candidates: &[u32], settings: &ListeningSettings) -> Nearness {
        let columns = candidates.len();
        if set.buyers.len() > settings.nearness_buyers_max {
            let seeds: Vec<Seed> = set.buyers.iter().map(|&node| Seed { node, weight: 1.0 }).collect();
            let steps = PageRankSettings { restart: settings.restart, ..PageRankSettings::default() };
            let rank = personalised_pagerank(set.index.walk(), &seeds, &steps).rank;
            return Nearness { columns, values: candidates.iter().map(|&at| rank[at as usize] as f32).collect() };
        }
        // Counted from 1: memory that is all zero costs nothing until it is written to.
        let mut column_of = vec![0u32; set.index.accounts()];
        for (column, &candidate) in candidates.iter().enumerate() {
            column_of[candidate as usize] = column as u32 + 1;
        }
        let portions: Vec<Vec<f32>> = wanted
            .par_chunks(BUYERS_AT_A_TIME)
            .map(|wanted| {
                let mut scratch = PushScratch::default();
                let mut rows = vec![0f32; columns * wanted.len()];
                for (row, &place) in rows.chunks_mut(columns.max(1)).zip(wanted) {
                    let buyer = set.buyers[place as usize];
                    let near = near_to(set.index, buyer, settings.restart, settings.nearness_tolerance, &mut scratch);
                    for near in near {
                        let column = column_of[near.node as usize];
                        if column > 0 {
                            row[column as usize - 1] = near.rank as f32;
                        }
                    }
                }
                rows
            })
            .collect();
        Nearness { columns, values: portions.concat() }
    }

    pub fn of_pair(&self, row: usize, column: usize) -> f64 {
        let row = if self.values.len() == self.columns { 0 } else { row };
        f64::from(self.values[row * self.columns + column])
    }
}
