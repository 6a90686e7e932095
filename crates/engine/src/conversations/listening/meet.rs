//! Whom one buyer will turn to for the first time: all accounts ranked, those it already talks to left out.

use serde::{Deserialize, Serialize};

use super::features::{Between, forget_shared_contacts, near_to, shared_contacts};
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
    let everybody = 0..index.accounts() as u32;
    visit_strangers(index, buyer, everybody, settings, &mut MeetScratch::default(), |account, between| {
        let features = index.habits.features(index, buyer, account, between);
        ranked.push(NewContact { account, chance: head.chance(&features) });
    });
    ranked.sort_by(|a, b| b.chance.total_cmp(&a.chance).then(a.account.cmp(&b.account)));
    ranked
}

/// Room for looking at strangers of one buyer after another; all of it is clear between two.
#[derive(Default)]
pub(super) struct MeetScratch {
    push: PushScratch,
    shared: Vec<f64>,
}

/// Calls `visit` for every one of these accounts (ascending) that the buyer never turned to, with what is known between
/// them. Cost `O(accounts asked about)`, a bounded walk and the partners of the buyer's partners.
pub(super) fn visit_strangers(
    index: &ConversationIndex,
    buyer: u32,
    accounts: impl Iterator<Item = u32>,
    settings: &ListeningSettings,
    scratch: &mut MeetScratch,
    mut visit: impl FnMut(u32, Between),
) {
    let near = near_to(index, buyer, settings.restart, settings.meeting_tolerance, &mut scratch.push);
    let shared = &mut scratch.shared;
    shared.resize(index.accounts(), 0.0);
    shared_contacts(index, buyer, shared);
    let mut near = near.iter().peekable();
    let mut contacts = index.pairs.targets_of(buyer).iter().peekable();
    let mut talkers = index.talkers_of(buyer).iter().peekable();
    let talker = |pair: u32| index.pairs.actor[pair as usize];
    for account in accounts {
        while near.next_if(|found| found.node < account).is_some() {}
        while contacts.next_if(|&&contact| contact < account).is_some() {}
        while talkers.next_if(|&&pair| talker(pair) < account).is_some() {}
        let is_contact = contacts.peek().is_some_and(|&&contact| contact == account);
        let takes_part = index.account.in_degree[account as usize] + index.account.out_degree[account as usize] > 0;
        if is_contact || account == buyer || !takes_part {
            continue;
        }
        let between = Between {
            talk: NO_PAIR,
            back: talkers.peek().filter(|&&&pair| talker(pair) == account).map_or(NO_PAIR, |&&pair| pair),
            share_of_others: 0.0,
            near: near.peek().filter(|found| found.node == account).map_or(0.0, |found| found.rank),
            shared_contacts: shared[account as usize],
        };
        visit(account, between);
    }
    forget_shared_contacts(index, buyer, shared);
}
