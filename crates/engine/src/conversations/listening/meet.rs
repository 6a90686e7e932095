//! Whom one buyer will turn to for the first time: all accounts ranked, those it already talks to left out.

use serde::{Deserialize, Serialize};

use super::features::{Between, near_to, shared_contacts};
use super::model::Asked;
use super::{ListeningModel, ListeningSettings};
use crate::conversations::index::{ConversationIndex, NO_PAIR};
use crate::graph::pagerank::PushScratch;

/// An account a buyer does not talk to yet.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct NewContact {
    pub account: u32,
    /// Chance that the buyer turns to it within the horizon.
    pub chance: f64,
}

/// Ranks every account by the chance that this buyer turns to it for the first time; ties by dense id.
///
/// The buyer itself and everybody it already turned to are left out, and so are accounts that never took part.
/// Cost `O(accounts log accounts)` plus a bounded walk.
pub fn rank_new_contacts(
    index: &ConversationIndex,
    model: &ListeningModel,
    buyer: u32,
    settings: &ListeningSettings,
) -> Vec<NewContact> {
    let head = Asked::new(&model.meeting, model.exposure(settings.horizon_days));
    let mut ranked = vec![];
    visit_strangers(index, buyer, settings, &mut PushScratch::default(), |account, between| {
        let features = index.habits.features(index, buyer, account, between);
        ranked.push(NewContact { account, chance: head.chance(&features) });
    });
    ranked.sort_by(|a, b| b.chance.total_cmp(&a.chance).then(a.account.cmp(&b.account)));
    ranked
}

/// Calls `visit` for every account the buyer never turned to, with what is known between them, ascending.
pub(super) fn visit_strangers(
    index: &ConversationIndex,
    buyer: u32,
    settings: &ListeningSettings,
    scratch: &mut PushScratch,
    mut visit: impl FnMut(u32, Between),
) {
    let near = near_to(index, buyer, settings.restart, settings.meeting_tolerance, scratch);
    let mut shared = vec![0.0; index.accounts()];
    shared_contacts(index, buyer, &mut shared);
    let mut near = near.iter().peekable();
    let mut contacts = index.pairs.targets_of(buyer).iter().peekable();
    let mut talkers = index.talkers_of(buyer).iter().peekable();
    for account in 0..index.accounts() as u32 {
        let mut nearness = 0.0;
        if let Some(found) = near.next_if(|found| found.node == account) {
            nearness = found.rank;
        }
        let is_contact = contacts.next_if(|&&contact| contact == account).is_some();
        let back = talkers.next_if(|&&pair| index.pairs.actor[pair as usize] == account).copied();
        let takes_part = index.account.in_degree[account as usize] + index.account.out_degree[account as usize] > 0;
        if is_contact || account == buyer || !takes_part {
            continue;
        }
        let between = Between {
            talk: NO_PAIR,
            back: back.unwrap_or(NO_PAIR),
            share_of_others: 0.0,
            near: nearness,
            shared_contacts: shared[account as usize],
        };
        visit(account, between);
    }
}
