//! What is planted in a world, so that every answer of the program can be held against it.

use model::{AccountId, BuyerDefinition, Money, Platform, Timestamp};
use serde::Serialize;

use crate::brand;
use crate::groups::PLATFORMS;
use crate::listening::Listening;
use crate::outcomes::{PlantedCampaign, plan_campaigns};
use crate::people::People;
use crate::posters::Posters;
use crate::random::{Purpose, Stream, power};
use crate::settings::WorldSettings;

/// The brand of the world, as a person would set it up.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct PlantedBrand {
    pub name: String,
    pub buyers: BuyerDefinition,
    pub own_accounts: Vec<AccountId>,
}

/// How much the brand's buyers listen to one creator.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub struct PlantedListening {
    pub account: AccountId,
    /// How many buyers listen to them.
    pub buyers: u32,
    /// How many buyers their word is expected to move: the sum of the probabilities.
    pub influence: f64,
}

/// One buyer who listens to one creator.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub struct ListeningEdge {
    pub buyer: AccountId,
    pub creator: AccountId,
    /// The chance that the buyer is moved by this creator.
    pub probability: f64,
}

/// A sudden gain in followers.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub struct PlantedJump {
    pub account: AccountId,
    /// Days since 1970.
    pub first_day: i32,
    pub followers_gained: u64,
}

/// What a creator asks for one post.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct CreatorPrice {
    pub account: AccountId,
    pub fee: Money,
}

/// How a creator treats comments.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub struct AnsweringHabit {
    pub account: AccountId,
    /// The share of people's comments they answer.
    pub rate: f64,
    /// Half of their answers come within this time.
    pub latency_median_minutes: f64,
}

/// One conversation group.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct PlantedGroup {
    pub number: u32,
    pub niche: String,
    pub platform: Platform,
    pub people: u32,
    pub has_buyers: bool,
}

/// Everything that is planted. Who belongs to which group is not copied here: ask `World::members`.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Truth {
    pub brand: PlantedBrand,
    pub buyers: Vec<AccountId>,
    /// All creators somebody listens to, the most influential first.
    pub listening: Vec<PlantedListening>,
    /// Who listens to whom; with `prices` this is the planning problem with its true probabilities.
    pub audience: Vec<ListeningEdge>,
    /// Facts before this moment are for learning; buyers' talk from here on is the hold-out.
    pub cut_at: Timestamp,
    pub bots: Vec<AccountId>,
    pub pods: Vec<Vec<AccountId>>,
    pub bought_growth: Vec<PlantedJump>,
    pub viral_growth: Vec<PlantedJump>,
    pub prices: Vec<CreatorPrice>,
    pub answering: Vec<AnsweringHabit>,
    pub groups: Vec<PlantedGroup>,
    /// The brand's own campaign first.
    pub campaigns: Vec<PlantedCampaign>,
}

impl Truth {
    pub(crate) fn gather(settings: &WorldSettings, people: &People, listening: &Listening, posters: &Posters) -> Truth {
        let ids = &people.ids;
        let creators = &posters.all[..posters.creator_count];
        let account_of = |poster: u32| ids[posters.all[poster as usize].account as usize];
        let jumps = |bought: bool| {
            let planted = posters.jumps.iter().filter(|jump| jump.bought == bought);
            planted
                .map(|jump| PlantedJump {
                    account: account_of(jump.poster),
                    first_day: settings.start_at().day() + i32::from(jump.first_day),
                    followers_gained: jump.gained as u64,
                })
                .collect()
        };
        let own_accounts = ids[people.bots().end..].to_vec();
        let answering = creators
            .iter()
            .map(|creator| AnsweringHabit {
                account: ids[creator.account as usize],
                rate: people.persons[creator.account as usize].answers(),
                latency_median_minutes: f64::from(creator.latency_minutes),
            })
            .collect();
        let group_facts = people.groups.iter().enumerate().map(|(number, group)| PlantedGroup {
            number: number as u32,
            niche: group.niche().name.to_owned(),
            platform: PLATFORMS[usize::from(group.platform)],
            people: group.people,
            has_buyers: group.has_buyers,
        });
        let hold_out_days = (settings.days.0 / 5).clamp(28, 90) as i64;
        Truth {
            brand: PlantedBrand { name: brand::NAME.to_owned(), buyers: brand::buyer_definition(), own_accounts },
            buyers: listening.buyers.iter().map(|&buyer| ids[buyer as usize]).collect(),
            listening: influence(people, listening),
            audience: audience(people, listening),
            cut_at: Timestamp(settings.end_at.0 - hold_out_days * 86_400 * 1_000_000),
            bots: ids[people.bots()].to_vec(),
            pods: posters.pods.iter().map(|pod| pod.iter().map(|&poster| account_of(poster)).collect()).collect(),
            bought_growth: jumps(true),
            viral_growth: jumps(false),
            prices: prices(settings, people, posters),
            answering,
            groups: group_facts.collect(),
            campaigns: plan_campaigns(settings),
        }
    }
}

fn influence(people: &People, listening: &Listening) -> Vec<PlantedListening> {
    let mut edges: Vec<_> = (0..listening.buyers.len()).flat_map(|buyer| listening.of(buyer)).copied().collect();
    edges.sort_by_key(|edge| edge.creator);
    let mut planted: Vec<PlantedListening> = edges
        .chunk_by(|a, b| a.creator == b.creator)
        .map(|listeners| PlantedListening {
            account: people.ids[listeners[0].creator as usize],
            buyers: listeners.len() as u32,
            influence: listeners.iter().map(|edge| f64::from(edge.probability)).sum(),
        })
        .collect();
    planted.sort_by(|a, b| b.influence.total_cmp(&a.influence).then(a.account.cmp(&b.account)));
    planted
}

fn audience(people: &People, listening: &Listening) -> Vec<ListeningEdge> {
    let of_buyer = |(position, &buyer): (usize, &u32)| {
        listening.of(position).iter().map(move |edge| ListeningEdge {
            buyer: people.ids[buyer as usize],
            creator: people.ids[edge.creator as usize],
            probability: f64::from(edge.probability),
        })
    };
    listening.buyers.iter().enumerate().flat_map(of_buyer).collect()
}

/// Prices grow slower than followers and differ a good deal between people of one size.
fn prices(settings: &WorldSettings, people: &People, posters: &Posters) -> Vec<CreatorPrice> {
    let chance = Stream::new(settings.seed, Purpose::Prices);
    posters.all[..posters.creator_count]
        .iter()
        .map(|creator| {
            let account = creator.account as usize;
            let followers = f64::from(people.persons[account].followers.max(300));
            let median = 26.0 * power(followers / 1_000.0, 0.78);
            let euros = chance.dice(account as u64).log_normal(median, 0.45);
            let fee = Money::new((euros / 5.0).round().max(2.0) as i64 * 500, "EUR").expect("EUR is a currency");
            CreatorPrice { account: people.ids[account], fee }
        })
        .collect()
}
