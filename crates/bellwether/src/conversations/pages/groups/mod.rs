//! Conversation groups on pages: those a brand's buyers are in, all of them, and one with everything said of it.

mod list;
mod one;

use std::collections::HashMap;
use std::sync::Arc;

use engine::conversations::portraits::estimates::share_of_buyers_talk;
use engine::conversations::portraits::figures::ACTIVITY_PARTS;
use engine::conversations::portraits::niches::GroupNiche;
use engine::conversations::portraits::participation::{BuyersInGroup, ShareRange};
use model::{AccountId, Brand, Timestamp};

use super::super::groups::{Found, GROUP_MEMBERS_MIN, objective_words};
use super::super::market::{BuyersTaking, GroupAbout, MarketGroups};
use crate::clock;
use crate::conversations::{ConversationsError, Snapshot};
use crate::creators::{self, CreatorName};
use crate::web::app::{App, aside};
use crate::web::error::WebError;
use crate::web::estimates::{EstimateCell, round_scale_end};
use crate::web::format;
use crate::web::people::Person;
use crate::web::query::Pairs;
pub use list::index;
pub use one::show;

/// Groups on a brand's page.
const BRANDS_GROUPS_SHOWN: usize = 12;
/// Of each group in a list: niches, and those most turned to.
const NICHES_SHOWN: usize = 2;
const VOICES_SHOWN: usize = 2;

/// A name that leads somewhere.
pub struct Link {
    pub name: String,
    pub address: String,
}

/// A group as a row of a table.
pub struct GroupLine {
    pub name: String,
    pub address: String,
    pub people: String,
    /// Empty is "not known".
    pub niches: Vec<NicheWords>,
    pub sure: SureWords,
    pub bars: Vec<Bar>,
    pub activity: String,
    pub voices: Vec<Person>,
    pub language: String,
    /// What a brand's buyers do here; nothing without a brand.
    pub buyers: Option<BuyersHere>,
}

/// What a brand's buyers do in a group.
pub struct BuyersHere {
    pub share: EstimateCell,
    pub taking_part: String,
    pub times: String,
}

/// How surely a group is one, in a word and as a number.
#[derive(Clone, PartialEq, Debug)]
pub struct SureWords {
    pub words: &'static str,
    /// `sure`, `mostly`, `loose`: the shape beside the word.
    pub code: &'static str,
    pub percent: String,
}

impl SureWords {
    /// `None` is not known yet.
    pub fn of(stability: Option<ShareRange>) -> SureWords {
        let Some(ShareRange { value, lo, hi }) = stability else {
            return SureWords { words: "not known yet", code: "loose", percent: String::new() };
        };
        let (words, code) = match value {
            sure if sure >= 0.75 => ("clear", "sure"),
            mostly if mostly >= 0.5 => ("mostly clear", "mostly"),
            _ => ("blurred", "loose"),
        };
        let percent = format!("{:.0}\u{a0}% ({:.0}–{:.0})", 100.0 * value, 100.0 * lo, 100.0 * hi);
        SureWords { words, code, percent }
    }
}

/// One bar of a small chart of activity, in a box of 96 by 24.
#[derive(Clone, PartialEq, Debug)]
pub struct Bar {
    pub x: String,
    pub y: String,
    pub height: String,
}

/// The bars of a chart of equal parts of time, the highest as high as the box.
pub fn bars(activity: &[u32], wide: f64, high: f64) -> Vec<Bar> {
    let most = f64::from(activity.iter().copied().max().unwrap_or(0)).max(1.0);
    let step = wide / activity.len().max(1) as f64;
    activity
        .iter()
        .enumerate()
        .map(|(part, &talks)| {
            let height = (f64::from(talks) / most * high).max(if talks > 0 { 1.0 } else { 0.0 });
            Bar {
                x: format!("{:.1}", part as f64 * step),
                y: format!("{:.1}", high - height),
                height: format!("{height:.1}"),
            }
        })
        .collect()
}

/// What the buyers of a brand do in all groups.
pub struct BuyersInGroups {
    pub brand: Brand,
    pub taking: Arc<BuyersTaking>,
}

/// Everything the lists of groups are drawn from.
pub struct GroupsAtHand {
    pub market: Arc<MarketGroups>,
    pub snapshot: Arc<Snapshot>,
    pub buyers: Option<BuyersInGroups>,
}

impl GroupsAtHand {
    fn buyers_in(&self, place: u32) -> Option<&BuyersInGroup> {
        self.buyers.as_ref()?.taking.here(place)
    }

    /// An address that keeps the brand at hand.
    fn with_brand(&self, path: String) -> String {
        Pairs::default().with_some("brand", self.buyers.as_ref().map(|buyers| buyers.brand.id)).address(&path)
    }

    fn address(&self, group: &GroupAbout) -> String {
        self.with_brand(format!("/conversations/groups/{}", group.id))
    }

    /// The names of those most turned to in these groups; only what is shown is looked up.
    async fn names(&self, app: &App, places: &[u32]) -> Result<Names, WebError> {
        let voices = places.iter().flat_map(|&place| self.market.list[place as usize].voices.iter().take(VOICES_SHOWN));
        let (data, people) = (app.data.clone(), voices.map(|voice| voice.account).collect());
        aside(move || async move { creators::names(&data, people).await.map_err(ConversationsError::from) }).await
    }

    fn line(&self, place: u32, scale_to: f64, names: &Names) -> GroupLine {
        let group = &self.market.list[place as usize];
        let address = self.address(group);
        let buyers = self.buyers.as_ref().zip(self.buyers_in(place)).map(|(buyers, here)| {
            let share = share_of_buyers_talk(here, &buyers.taking.taking, self.market.as_of(), &address);
            let link = Some(format!("{address}#buyers"));
            BuyersHere {
                share: EstimateCell::new("Share of the buyers’ talk", &share, scale_to, link),
                taking_part: format::count(u64::from(here.taking_part)),
                times: times_words(here),
            }
        });
        let brand = self.buyers.as_ref().map(|buyers| buyers.brand.id);
        let detail = &group.detail;
        GroupLine {
            name: group.called(),
            people: format::count(u64::from(detail.figures.members)),
            niches: detail.niches.iter().take(NICHES_SHOWN).map(|niche| niche_words(niche, &address)).collect(),
            sure: SureWords::of(detail.stability),
            bars: bars(&detail.figures.activity, 96.0, 24.0),
            activity: activity_words(&detail.figures.activity),
            voices: (group.voices.iter().take(VOICES_SHOWN))
                .map(|voice| person(names, voice.account).for_brand(brand))
                .collect(),
            language: detail.language.as_ref().map_or_else(|| "not known".to_owned(), |spoken| spoken.name.clone()),
            buyers,
            address,
        }
    }
}

/// A niche in a row, leading to where it opens.
pub struct NicheWords {
    pub name: String,
    pub share: String,
    pub address: String,
}

fn niche_words(niche: &GroupNiche, group: &str) -> NicheWords {
    let ShareRange { value, lo, hi } = niche.share;
    NicheWords {
        name: niche.name.clone(),
        share: format!(
            "{} ({})",
            format::value(value, (hi - lo) / 2.0, model::Unit::Share),
            format::interval(value, lo, hi, model::Unit::Share)
        ),
        address: format!("{group}#niche-{}", niche.code),
    }
}

fn times_words(here: &BuyersInGroup) -> String {
    match here.times_as_likely() {
        Some(times) if here.is_surely_more() || here.is_surely_less() => format!("{times:.1} times everybody’s"),
        Some(times) => format!("{times:.1} times, not distinguishable from everybody’s"),
        None => "not known".to_owned(),
    }
}

/// Whether a group grew livelier: its last quarter of the time against the one before.
fn activity_words(activity: &[u32]) -> String {
    let sum = |from: usize, to: usize| activity[from.min(activity.len())..to.min(activity.len())].iter().sum::<u32>();
    let quarter = ACTIVITY_PARTS / 4;
    let (before, last) = (sum(2 * quarter, 3 * quarter), sum(3 * quarter, 4 * quarter));
    format!(
        "{} turns in the last quarter of the time, {} in the one before",
        format::count(u64::from(last)),
        format::count(u64::from(before))
    )
}

/// Names of people, by account.
type Names = HashMap<AccountId, CreatorName>;

fn person(names: &Names, account: AccountId) -> Person {
    names
        .get(&account)
        .map_or_else(|| Person::new(account, model::Platform::Other, &format!("account {account}"), ""), Person::of)
}

/// The groups, laid over the newest talk, with what a brand's buyers do in them.
pub async fn at_hand(app: &App, brand: Option<Brand>) -> Result<GroupsAtHand, WebError> {
    let data = app.data.clone();
    aside(move || async move {
        let (snapshot, market) = data.market_groups().await?;
        let buyers = match brand {
            Some(brand) => {
                let taking = data.buyers_taking(&snapshot, &market, &brand).await?;
                Some(BuyersInGroups { brand, taking })
            }
            None => None,
        };
        Ok::<_, WebError>(GroupsAtHand { market, snapshot, buyers })
    })
    .await
}

/// The groups of a brand's buyers, as the first thing on the page of conversations.
pub struct BrandsGroups {
    pub finding: String,
    pub lines: Vec<GroupLine>,
    pub scale: String,
    pub more: u64,
    pub how: String,
}

impl BrandsGroups {
    /// `None` before a refresh, and without a brand.
    pub async fn load(app: &App, brand: Brand) -> Result<Option<BrandsGroups>, WebError> {
        let at_hand = at_hand(app, Some(brand)).await?;
        let (Some(buyers), Some(found)) = (&at_hand.buyers, &at_hand.market.found) else { return Ok(None) };
        let groups = &buyers.taking.taking.groups;
        let shown = &groups[..groups.len().min(BRANDS_GROUPS_SHOWN)];
        let scale_to = round_scale_end(shown.iter().map(|here| here.share_of_talk.hi).fold(0.0, f64::max));
        let places: Vec<u32> = shown.iter().map(|here| here.group).collect();
        let names = at_hand.names(app, &places).await?;
        Ok(Some(BrandsGroups {
            finding: finding(&at_hand, buyers),
            lines: places.iter().map(|&place| at_hand.line(place, scale_to, &names)).collect(),
            scale: format::scale_end(scale_to, model::Unit::Share),
            more: (groups.len() - shown.len()) as u64,
            how: how_found(found),
        }))
    }
}

/// The one sentence: how many groups hold most of the buyers' talk, and which are theirs more than anybody's.
fn finding(at_hand: &GroupsAtHand, buyers: &BuyersInGroups) -> String {
    let taking = &buyers.taking.taking;
    let name = &buyers.brand.name;
    if taking.talking == 0 {
        return format!(
            "None of {name}’s {} takes part in any talk that is held.",
            format::counted(buyers.taking.accounts.len() as u64, "buyer", "buyers")
        );
    }
    let half = {
        let mut sum = 0;
        let place = taking.groups.iter().position(|here| {
            sum += here.talks;
            2 * sum >= taking.talks
        });
        place.map(|place| (place + 1, sum))
    };
    let theirs: Vec<String> = taking
        .groups
        .iter()
        .filter(|here| here.is_surely_more() && here.taking_part >= 2)
        .take(3)
        .map(|here| format!("“{}”", at_hand.market.list[here.group as usize].called()))
        .collect();
    let talking = format::counted(u64::from(taking.talking), "buyer who talks", "buyers who talk");
    let concentrated = match half {
        Some((1, sum)) => format!("{} of the talk of {name}’s {talking} is in one group", percent(sum, taking.talks)),
        Some((groups, sum)) => {
            format!("{} of the talk of {name}’s {talking} is in {groups} groups", percent(sum, taking.talks))
        }
        None => format!("The talk of {name}’s {talking} is mostly outside all groups"),
    };
    if theirs.is_empty() {
        format!("{concentrated}; in none of them do they surely talk more than anybody else.")
    } else {
        format!("{concentrated}; surely more than anybody’s in {}.", theirs.join(", "))
    }
}

fn percent(part: u64, whole: u64) -> String {
    format!("{:.0}\u{a0}%", 100.0 * part as f64 / whole.max(1) as f64)
}

/// How the groups came about, in words.
pub fn how_found(found: &Found) -> String {
    let chosen = match found.tried.first() {
        Some(best) if best.bits_per_talk > 0.0 => format!(
            "chosen among {} because its groups foretell held-back talk best ({:.2} bits a turn)",
            found.tried.len(),
            best.bits_per_talk
        ),
        Some(_) => {
            format!("the usual one: talk is too thin for any of {} to foretell held-back talk", found.tried.len())
        }
        None => "the usual one".to_owned(),
    };
    format!(
        "Leiden over {} talking pairs of {} people from {} to {}; {}, {chosen}. {} talk in groups of fewer than \
         {GROUP_MEMBERS_MIN} and are left out.",
        format::count(found.pairs as u64),
        format::count(found.accounts as u64),
        clock::day(Timestamp::from_unix_seconds(found.from_unix)),
        clock::day(Timestamp::from_unix_seconds(found.as_of_unix)),
        objective_words(found.settings.objective),
        format::count(u64::from(found.outside)),
    )
}
