//! Measures whom each buyer meets next: how high in a ranking the first of its real new contacts stands.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::ContactFigures;
use super::baselines::Methods;
use super::creators::Truth;

/// A buyer with three contacts or more before the cut, and the new ones after it.
pub(crate) struct MeetingBuyer {
    pub buyer: u32,
    pub new_contacts: Vec<u32>,
}

/// Buyers whose new contacts were seen before the cut.
pub(crate) fn buyers(truth: &Truth<'_>) -> Vec<MeetingBuyer> {
    let account = &truth.before.account;
    let is_seen = |at: u32| account.in_degree[at as usize] + account.out_degree[at as usize] > 0;
    (0..truth.before.accounts() as u32)
        .filter(|&buyer| account.out_degree[buyer as usize] >= 3)
        .map(|buyer| {
            let later = truth.after.targets_of(buyer).iter().copied();
            let new_contacts =
                later.filter(|&target| is_seen(target) && truth.before.pairs.find(buyer, target).is_none()).collect();
            MeetingBuyer { buyer, new_contacts }
        })
        .filter(|meeting| !meeting.new_contacts.is_empty())
        .collect()
}

/// The best rank of a new contact, by ranking, for every buyer.
pub(crate) struct Met {
    ranks: Vec<BTreeMap<String, f64>>,
}

pub(crate) fn measure(buyers: &[MeetingBuyer], methods: &Methods<'_>, truth: &Truth<'_>) -> Met {
    let ranks = buyers
        .par_iter()
        .map(|meeting| {
            let mut is_out = vec![false; truth.before.accounts()];
            is_out[meeting.buyer as usize] = true;
            for &old in truth.before.pairs.targets_of(meeting.buyer) {
                is_out[old as usize] = true;
            }
            let rank = |scores: &[f64]| best_rank(scores, &meeting.new_contacts, &is_out);
            methods.for_buyer(meeting.buyer).iter().map(|(name, scores)| (name.clone(), rank(scores))).collect()
        })
        .collect();
    Met { ranks }
}

/// The best rank among the new contacts; equal scores share the mean of their ranks.
fn best_rank(scores: &[f64], new_contacts: &[u32], is_out: &[bool]) -> f64 {
    let best = new_contacts.iter().map(|&contact| scores[contact as usize]).fold(f64::NEG_INFINITY, f64::max);
    let (mut above, mut equal) = (0usize, 0usize);
    for (score, _) in scores.iter().zip(is_out).filter(|(_, out)| !**out) {
        above += usize::from(*score > best);
        equal += usize::from(*score == best);
    }
    1.0 + above as f64 + (equal.max(1) - 1) as f64 / 2.0
}

impl Met {
    pub fn figures(&self) -> BTreeMap<String, ContactFigures> {
        let names: Vec<String> = self.ranks.first().map(|ranks| ranks.keys().cloned().collect()).unwrap_or_default();
        let count = self.ranks.len().max(1) as f64;
        names
            .into_iter()
            .map(|name| {
                let ranks = || self.ranks.iter().filter_map(|ranks| ranks.get(&name));
                let hits = ranks().filter(|&&rank| rank <= 10.0).count() as f64;
                let reciprocal: f64 = ranks().map(|rank| 1.0 / rank).sum();
                (name.clone(), ContactFigures { hit_at_10: hits / count, mrr: reciprocal / count })
            })
            .collect()
    }
}
