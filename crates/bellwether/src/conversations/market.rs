//! The market's conversation groups as pages and commands read them: laid over the newest talk, with what a brand's
//! buyers do in them.

use std::collections::HashMap;
use std::sync::Arc;

use engine::conversations::portraits::estimates::found_again;
use engine::conversations::portraits::figures::{GroupFigures, Groups, NO_GROUP};
use engine::conversations::portraits::languages::SpokenLanguage;
use engine::conversations::portraits::niches::{self, GroupNiche};
use engine::conversations::portraits::participation::{
    BuyersInGroup, BuyersParticipation, ShareRange, TalkByGroup, buyers_participation, talk_by_group,
};
use engine::conversations::portraits::terms::Term;
use model::{AccountId, Brand, BuyerDefinition, Estimate, Timestamp, Unit};
use serde::{Deserialize, Serialize};
use store::{GroupsKept, KnownGroup, SampleRow, VoiceRow};
use tokio::sync::Mutex;

use super::groups::Found;
use super::{ConversationsError, Snapshot};
use crate::data_directory::DataDirectory;

/// Definitions of buyers whose part in the groups is held.
const BUYERS_HELD: usize = 8;

/// What is kept of one group beside its people.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GroupDetail {
    pub terms: Vec<Term>,
    /// Largest share first; empty is "not known".
    pub niches: Vec<GroupNiche>,
    /// Neighbours bear the groups' lasting numbers; voices are kept apart.
    pub figures: GroupFigures,
    /// How well the group is found again without a fifth of the talking pairs, 0..=1; `None` for a group that is new
    /// since that was last tried.
    pub stability: Option<ShareRange>,
    pub language: Option<SpokenLanguage>,
    /// Texts of members to members, or of their posts, that were read.
    pub texts: u64,
}

impl GroupDetail {
    /// How surely it is a group, with what that rests on.
    pub fn found_again(&self, trials: u64, as_of: Timestamp) -> Estimate {
        match self.stability {
            Some(stability) => found_again(stability, trials, as_of),
            None => {
                let reason = "the group is new since groups were last looked for without a part of the talk; that is done \
                              again once talk has grown by a tenth, or by `bellwether refresh --full`";
                Estimate::not_known(Unit::Share, "group_found_again", 0, "trials", reason).as_of(as_of)
            }
        }
    }

    /// How surely it is a group, as a short text.
    pub fn sure_words(&self) -> String {
        self.stability.map_or_else(|| "not known".to_owned(), |sure| format!("{:.0} %", 100.0 * sure.value))
    }
}

/// One group with everything that is said of it.
#[derive(Clone, Debug, PartialEq)]
pub struct GroupAbout {
    /// Stays the same from one refresh to the next.
    pub id: i64,
    /// The number of the family's largest group.
    pub family: i64,
    pub name: Option<String>,
    pub detail: GroupDetail,
    pub voices: Vec<VoiceRow>,
    pub samples: Vec<SampleRow>,
}

impl GroupAbout {
    /// What a group is called: its terms, or its number where too little was said.
    pub fn called(&self) -> String {
        self.name.clone().unwrap_or_else(|| format!("group {}", self.id))
    }

    /// Whether one of its niches is the one with this code or lies in it.
    pub fn is_in_niche(&self, code: &str) -> bool {
        self.detail.niches.iter().any(|niche| niches::is_within(&niche.code, code))
    }

    /// Whether a word, in lower case, is in its name or among its terms.
    pub fn speaks_of(&self, word: &str) -> bool {
        self.called().to_lowercase().contains(word) || self.detail.terms.iter().any(|term| term.term.contains(word))
    }
}

/// The groups of one conversation graph.
pub struct MarketGroups {
    /// The data revision of the graph, and that of the groups.
    pub revisions: (i64, Option<i64>),
    /// `None` before the first refresh.
    pub found: Option<Found>,
    /// The group of every account of the graph, by place in `list`.
    pub groups: Groups,
    /// Largest first.
    pub list: Vec<GroupAbout>,
    /// Groups that were, by number.
    pub gone: Vec<KnownGroup>,
    /// By dense number, who has published something that is held, and so has figures of their own.
    pub is_creator: Vec<bool>,
    places: HashMap<i64, u32>,
    buyers: Mutex<Vec<(BuyerDefinition, Arc<BuyersTaking>)>>,
}

impl MarketGroups {
    /// The place of a group in the list.
    pub fn place(&self, id: i64) -> Option<u32> {
        self.places.get(&id).copied()
    }

    /// The group of an account, if it has one.
    pub fn group_of(&self, account: u32) -> Option<&GroupAbout> {
        self.list.get(self.groups.of_account[account as usize] as usize)
    }

    /// The moment of the newest talk when the groups were found.
    pub fn as_of(&self) -> Timestamp {
        Timestamp::from_unix_seconds(self.found.as_ref().map_or(0, |found| found.as_of_unix))
    }

    /// How many trials stand behind a group's clearness.
    pub fn trials(&self) -> u64 {
        self.found.as_ref().map_or(0, |found| found.trials)
    }
}

/// A brand's buyers, and what they do in the groups.
pub struct BuyersTaking {
    /// Everybody who meets the definition, with talk or without.
    pub accounts: Vec<AccountId>,
    /// By dense number, who is one of them.
    pub is_buyer: Vec<bool>,
    pub taking: BuyersParticipation,
    by_group: HashMap<u32, usize>,
}

impl BuyersTaking {
    fn new(snapshot: &Snapshot, market: &MarketGroups, accounts: Vec<AccountId>) -> BuyersTaking {
        let mut places = snapshot.places(accounts.iter().copied());
        places.sort_unstable();
        places.dedup();
        let mut is_buyer = vec![false; snapshot.accounts.len()];
        places.iter().for_each(|&place| is_buyer[place as usize] = true);
        let taking = buyers_participation(&market.groups, &snapshot.index, &places);
        let by_group = taking.groups.iter().enumerate().map(|(row, here)| (here.group, row)).collect();
        BuyersTaking { accounts, is_buyer, taking, by_group }
    }

    /// What the buyers do in one group, by its place; `None` where none of them talks.
    pub fn here(&self, group: u32) -> Option<&BuyersInGroup> {
        self.by_group.get(&group).map(|&row| &self.taking.groups[row])
    }
}

impl DataDirectory {
    /// The groups as last computed, laid over the newest conversation graph.
    pub async fn market_groups(&self) -> Result<(Arc<Snapshot>, Arc<MarketGroups>), ConversationsError> {
        let snapshot = self.snapshot().await?;
        let revisions = (snapshot.revision, self.derived.revision().await?);
        let mut held = self.market_groups.lock().await;
        if let Some(groups) = held.as_ref().filter(|groups| groups.revisions == revisions) {
            return Ok((snapshot, groups.clone()));
        }
        let kept = self.derived.groups().await?;
        let known = self.store.known_groups().await?;
        let creators = self.derived.creators().await?;
        let loaded = Arc::new(lay_over(&snapshot, revisions, kept, known, &creators));
        *held = Some(loaded.clone());
        Ok((snapshot, loaded))
    }

    /// What the buyers of a brand do in the groups; looked up and counted once for each definition while neither facts
    /// nor groups change.
    pub async fn buyers_taking(
        &self,
        snapshot: &Arc<Snapshot>,
        market: &Arc<MarketGroups>,
        brand: &Brand,
    ) -> Result<Arc<BuyersTaking>, ConversationsError> {
        let mut held = market.buyers.lock().await;
        if let Some((_, taking)) = held.iter().find(|(definition, _)| *definition == brand.buyers) {
            return Ok(taking.clone());
        }
        let met = self.lake.buyers(&brand.buyers, self.now()).await?;
        let accounts: Vec<AccountId> = met.into_iter().map(|buyer| buyer.account).collect();
        let (on, of) = (snapshot.clone(), market.clone());
        let counted = tokio::task::spawn_blocking(move || BuyersTaking::new(&on, &of, accounts));
        let taking = Arc::new(counted.await.expect("counting buyers in groups does not panic"));
        if held.len() >= BUYERS_HELD {
            held.remove(0);
        }
        held.push((brand.buyers.clone(), taking.clone()));
        Ok(taking)
    }
}

fn lay_over(
    snapshot: &Snapshot,
    revisions: (i64, Option<i64>),
    kept: GroupsKept,
    known: Vec<KnownGroup>,
    creators: &[AccountId],
) -> MarketGroups {
    let found: Option<Found> = serde_json::from_str(&kept.found).ok();
    let mut names: HashMap<i64, Option<String>> = known.iter().map(|group| (group.id, group.name.clone())).collect();
    let mut list: Vec<GroupAbout> = kept
        .groups
        .into_iter()
        .filter_map(|row| {
            let detail: GroupDetail = serde_json::from_str(&row.detail).ok()?;
            let name = names.remove(&row.id).flatten();
            Some(GroupAbout { id: row.id, family: row.family, name, detail, voices: row.voices, samples: row.samples })
        })
        .collect();
    list.sort_by_key(|group| (std::cmp::Reverse(group.detail.figures.members), group.id));
    let places: HashMap<i64, u32> = list.iter().enumerate().map(|(place, group)| (group.id, place as u32)).collect();
    let mut of_account = vec![NO_GROUP; snapshot.accounts.len()];
    for (account, group) in &kept.members {
        if let (Some(account), Some(&place)) = (snapshot.place(*account), places.get(group)) {
            of_account[account as usize] = place;
        }
    }
    let mut is_creator = vec![false; snapshot.accounts.len()];
    snapshot.places(creators.iter().copied()).into_iter().for_each(|place| is_creator[place as usize] = true);
    let outside = found.as_ref().map_or(0, |found| found.outside);
    let gone = known.into_iter().filter(|group| group.ended_at.is_some()).collect();
    let groups = Groups { of_account, count: list.len(), outside };
    MarketGroups { revisions, found, groups, list, gone, is_creator, places, buyers: Mutex::default() }
}

/// How one account's talk is spread over the groups of the market; `None` when it takes part in no talk.
pub async fn spread_of(
    data: &DataDirectory,
    account: AccountId,
) -> Result<Option<(Arc<MarketGroups>, TalkByGroup)>, ConversationsError> {
    let (snapshot, market) = data.market_groups().await?;
    let Some(place) = snapshot.place(account) else { return Ok(None) };
    let talk = talk_by_group(&market.groups, &snapshot.index, place);
    Ok(Some((market, talk)))
}
