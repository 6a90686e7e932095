//! Who a brand's buyers speak with when deciding, loaded from the facts and the texts' buying talk.

use std::collections::HashMap;
use std::sync::Arc;

use engine::conversations::deciding::NO_THREAD;
use engine::conversations::deciding::{AskingPost, Deciding, DecidingTurn, deciding};
use engine::intervals::jeffreys_interval;
use lake::{PostBy, TurnAbout};
use model::explanation::DEFAULT_LEVEL;
use model::{AccountId, Brand, Estimate, Explanation, Ratio, Timestamp, Unit};

use super::market::GroupAbout;
use super::{ConversationsError, Snapshot, TextTalk};
use crate::creators::{self, CreatorName};
use crate::data_directory::DataDirectory;
use crate::matching::MatchingError;

/// What is shown of how buyers decide.
pub struct DecidingReport {
    pub deciding: Deciding,
    /// Holds the accounts of the dense numbers that `deciding` uses.
    pub snapshot: Arc<Snapshot>,
    /// People in the segment.
    pub buyers: u64,
    pub names: HashMap<AccountId, CreatorName>,
    /// The groups of the partners, most deciding turns first, with the turns.
    pub groups: Vec<(GroupAbout, u64)>,
    pub group_of: HashMap<u32, i64>,
    /// Turns of the partners in no group.
    pub turns_outside: u64,
    pub posts: HashMap<i64, PostBy>,
    /// The words of the newest questions.
    pub words: HashMap<i64, String>,
    pub as_of: Option<Timestamp>,
}

/// Whose decisions are looked at.
#[derive(Clone, Debug)]
pub struct DecidingRequest {
    pub brand: Brand,
    /// One buyer instead of all.
    pub buyer: Option<AccountId>,
    /// Only threads whose title, or words, hold this (a product or a category), in any case.
    pub about: Option<String>,
    /// Only talk from here on.
    pub from_unix: Option<i64>,
}

/// Reads how buyers decide. Cost: the turns and posts of the buyers, once.
pub async fn report(data: &DataDirectory, request: &DecidingRequest) -> Result<DecidingReport, MatchingError> {
    let (snapshot, market) = data.market_groups().await?;
    let buyers = match request.buyer {
        Some(buyer) => vec![buyer],
        None => data.buyers_taking(&snapshot, &market, &request.brand).await?.accounts.clone(),
    };
    let now = data.now();
    let mut turns = data.lake.turns_about(&buyers, now).await?;
    let mut posts = data.lake.posts_of_people(&buyers, now).await?;
    if let Some(from) = request.from_unix {
        turns.retain(|turn| turn.at.unix_seconds() >= from);
        posts.retain(|post| post.at.unix_seconds() >= from);
    }
    let texts = super::text_talk(data).await?;
    if let Some(about) = &request.about {
        only_about(data, about, &mut turns, &mut posts).await?;
    }
    let found = {
        let (on, buyers) = (snapshot.clone(), buyers.clone());
        let posts: Vec<PostBy> = posts.clone();
        let read = tokio::task::spawn_blocking(move || read(&on, &turns, &posts, &texts, &buyers));
        read.await.expect("reading decisions does not panic")
    };
    let mut people: Vec<AccountId> =
        found.partners.iter().take(60).map(|partner| snapshot.account(partner.account)).collect();
    for question in found.questions.iter().take(60) {
        people.push(snapshot.account(question.asker));
        people.extend(question.answered_by.iter().take(6).map(|&account| snapshot.account(account)));
    }
    let names = creators::names(data, people).await?;
    let asked: Vec<i64> =
        found.questions.iter().take(60).map(|question| question.text).filter(|text| *text >= 0).collect();
    let words = data.lake.texts(&asked, now).await?.into_iter().collect();
    let mut by_group: HashMap<u32, u64> = HashMap::new();
    let mut turns_outside = 0;
    let mut group_of = HashMap::new();
    for partner in &found.partners {
        match market.group_of(partner.account) {
            Some(group) => {
                *by_group.entry(market.groups.of_account[partner.account as usize]).or_default() +=
                    u64::from(partner.turns);
                group_of.insert(partner.account, group.id);
            }
            None => turns_outside += u64::from(partner.turns),
        }
    }
    let mut groups: Vec<(GroupAbout, u64)> =
        by_group.into_iter().map(|(place, turns)| (market.list[place as usize].clone(), turns)).collect();
    groups.sort_by_key(|(group, turns)| (std::cmp::Reverse(*turns), group.id));
    Ok(DecidingReport {
        deciding: found,
        buyers: buyers.len() as u64,
        names,
        groups,
        group_of,
        turns_outside,
        words,
        posts: posts.into_iter().map(|post| (post.post, post)).collect(),
        as_of: snapshot.as_of(),
        snapshot,
    })
}

fn read(
    snapshot: &Snapshot,
    turns: &[TurnAbout],
    posts: &[PostBy],
    texts: &HashMap<i64, TextTalk>,
    buyers: &[AccountId],
) -> Deciding {
    let talk = |text: Option<i64>| text.and_then(|text| texts.get(&text)).copied().unwrap_or_default();
    let turns: Vec<DecidingTurn> = turns
        .iter()
        .filter_map(|turn| {
            let said = talk(turn.text);
            Some(DecidingTurn {
                actor: snapshot.place(turn.actor)?,
                target: snapshot.place(turn.target)?,
                at_unix: turn.at.unix_seconds(),
                thread: turn.post.unwrap_or(NO_THREAD),
                is_buying: said.is_buying(),
                asks: said.asks(),
                bought: said.bought(),
                text: turn.text.unwrap_or(-1),
            })
        })
        .collect();
    let posts: Vec<AskingPost> = posts
        .iter()
        .filter(|post| talk(post.text).asks())
        .filter_map(|post| {
            Some(AskingPost {
                author: snapshot.place(post.author)?,
                thread: post.post,
                at_unix: post.at.unix_seconds(),
                text: post.text.unwrap_or(-1),
            })
        })
        .collect();
    let mut places = snapshot.places(buyers.iter().copied());
    places.sort_unstable();
    places.dedup();
    deciding(&turns, &posts, &places)
}

/// Keeps what is about a product or category: threads whose title names it, and turns whose words do.
async fn only_about(
    data: &DataDirectory,
    about: &str,
    turns: &mut Vec<TurnAbout>,
    posts: &mut Vec<PostBy>,
) -> Result<(), ConversationsError> {
    let found = data.lake.places_about(about, data.now()).await?;
    turns.retain(|turn| {
        turn.post.is_some_and(|post| found.posts.binary_search(&post).is_ok())
            || turn.text.is_some_and(|text| found.texts.binary_search(&text).is_ok())
    });
    posts.retain(|post| {
        found.posts.binary_search(&post.post).is_ok()
            || post.text.is_some_and(|text| found.texts.binary_search(&text).is_ok())
    });
    Ok(())
}

/// Of the buyers who decide, the share that speaks with one person meanwhile; Jeffreys interval over buyers.
pub fn share_of_deciding(buyers: u32, of: u32, as_of: Timestamp, link: &str) -> Estimate {
    let method = "buyers_deciding_with";
    let level = Ratio::new(DEFAULT_LEVEL).expect("the default level is a share");
    let Some(range) = jeffreys_interval(u64::from(buyers), u64::from(of), level) else {
        return Estimate::not_known(Unit::Share, method, u64::from(of), "buyers", "no buyer is seen deciding")
            .as_of(as_of);
    };
    let over = Explanation::leaf("buyers who spoke with them while deciding", Some(f64::from(buyers)), Unit::People)
        .with_rows(u64::from(buyers), "buyers", Some(link.to_owned()));
    let under = Explanation::leaf("buyers seen deciding", Some(f64::from(of)), Unit::People);
    let words = format!("{buyers} of {of} buyers who were seen deciding spoke with them meanwhile");
    let tree =
        Explanation::ratio(words, Unit::Share, over, under).with_formula("buyers / buyers deciding; Jeffreys interval");
    let value = f64::from(buyers) / f64::from(of.max(1));
    Estimate::known(value, range.lo, range.hi, u64::from(of), "buyers", method, tree)
        .as_of(as_of)
        .graded(model::Grade::C)
}
