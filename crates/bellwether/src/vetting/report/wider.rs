//! The wider parts of a profile report: reach, paid against organic, standing among peers, talk with the audience, how alike
//! the audience is, disclosure, and what is said about brands.

use std::collections::BTreeMap;

use engine::conversations::level::Replies;
use engine::vetting::audience_talk::{
    AudienceTalkSeen, AudienceTalkSettings, TurnUnder, TurnsUnderPosts, how_they_talk,
};
use engine::vetting::benchmarks::{Benchmark, BenchmarkMetric, benchmarks_for};
use engine::vetting::disclosure::{DisclosureSeen, PostWords, disclosure};
use engine::vetting::engagement::{EngagementInput, EngagementSettings, FollowersTaken, PostFigures};
use engine::vetting::fee::{FeeBuys, FeeInput, SoldShare, what_a_fee_buys};
use engine::vetting::reach::{ReachSeen, reach_of_posts};
use engine::vetting::sponsored::sponsored_vs_organic;
use engine::vetting::standing::Standing;
use engine::vetting::uniformity::{AudienceByGroup, Uniformity, UniformitySettings, uniformity};
use model::{AccountId, Brand, Estimate, Grade, Platform, PostId, Timestamp};
use serde::Serialize;

use super::super::CreatorEstimates;
use super::super::peers::Peers;
use super::held::Held;
use super::{PostSeen, VettingReport};

/// Quotes shown of a brand.
const QUOTES_MAX: usize = 4;
/// Letters shown on either side of what was found.
const AROUND_LETTERS: usize = 80;

/// What posts draw beyond the usual rates.
#[derive(Clone, Debug, Serialize)]
pub struct PostsWider {
    pub reach: ReachSeen,
    /// Median of paid posts over that of organic ones.
    pub sponsored: Estimate,
    pub standing: Standing,
    /// Whom the standing is among, in words; empty where it is not known.
    pub standing_among: String,
    /// Published figures for this size: context, never a pass mark.
    pub published: Vec<&'static Benchmark>,
}

pub(super) fn posts_wider(
    account: AccountId,
    platform: Platform,
    followers: Option<u64>,
    posts: &[PostFigures],
    figures: Option<&CreatorEstimates>,
    peers: &Peers,
    as_of: Timestamp,
) -> PostsWider {
    let input = EngagementInput { platform, posts, followers_taken: FollowersTaken::AtPosting, as_of, grade: Grade::B };
    let settings = EngagementSettings::default();
    let nothing = Estimate::not_known(
        model::Unit::Percent,
        "er_followers",
        0,
        "posts",
        "nothing this account published is held; bring in its posts with their counts",
    );
    let rate = figures.map_or(&nothing, |figures| &figures.by_followers);
    let (standing, standing_among) = peers.standing(account, rate);
    PostsWider {
        reach: reach_of_posts(&input, &settings),
        sponsored: sponsored_vs_organic(&input, &settings),
        standing,
        standing_among,
        published: followers
            .map_or_else(Vec::new, |count| benchmarks_for(platform, count, BenchmarkMetric::ErFollowers)),
    }
}

/// How creator and audience talk under the newest posts; `None` where nothing was said there.
pub(super) fn talk(held: &Held, figures: Option<&CreatorEstimates>, as_of: Timestamp) -> Option<AudienceTalkSeen> {
    if held.turns.is_empty() {
        return None;
    }
    let places: BTreeMap<PostId, u32> =
        held.facts.posts.iter().enumerate().map(|(place, post)| (post.post, place as u32)).collect();
    let turns: Vec<TurnUnder<'_>> = held
        .turns
        .iter()
        .filter_map(|(row, words)| {
            Some(TurnUnder {
                post: *places.get(&row.post)?,
                at: row.at,
                id: row.id_lower,
                commenter: row.commenter.0,
                is_creator: row.commenter == held.account,
                answers: row.parent_lower,
                words: words.as_deref(),
            })
        })
        .collect();
    // Where some author on the platform was seen to answer, the reply rate is known; a creator's own turn shows the same.
    let answers = figures.is_some_and(|figures| figures.reply_rate.value.is_some());
    let delivered = answers || turns.iter().any(|turn| turn.is_creator);
    let replies = if delivered { Replies::Delivered } else { Replies::NotDelivered };
    let input = TurnsUnderPosts { turns: &turns, replies, observed_until: as_of, grade: Grade::B };
    Some(how_they_talk(&input, &AudienceTalkSettings::default()))
}

/// Posts that look sponsored and whether they say so.
pub(super) fn told(held: &Held, language: Option<&str>, as_of: Option<Timestamp>) -> DisclosureSeen {
    let words: Vec<PostWords<'_>> = held
        .facts
        .posts
        .iter()
        .zip(&held.captions)
        .map(|(post, words)| PostWords {
            at: post.created_at,
            words,
            marked_paid: post.paid,
            declared_language: language,
        })
        .collect();
    disclosure(&words, as_of, Grade::B)
}

/// A group of the audience by its number and name.
#[derive(Clone, Debug, Serialize)]
pub struct AudienceGroup {
    pub id: i64,
    pub name: String,
}

/// How alike the audience is, and the groups its parts are numbered by.
#[derive(Clone, Debug, Serialize)]
pub struct AudienceGroups {
    pub people: u64,
    pub uniformity: Uniformity,
    /// By the numbers in the parts.
    pub groups: BTreeMap<u32, AudienceGroup>,
}

/// How alike the people are who follow or comment, by the conversation groups they are in.
pub(super) fn audience_groups(
    people: u64,
    groups_of: &[(AccountId, i64)],
    peers: &Peers,
    as_of: Option<Timestamp>,
) -> AudienceGroups {
    let mut counts: BTreeMap<u32, u64> = BTreeMap::new();
    for (_, group) in groups_of {
        if let Some(place) = peers.group_place(*group) {
            *counts.entry(place).or_default() += 1;
        }
    }
    let placed: u64 = counts.values().sum();
    let audience = AudienceByGroup {
        people_in: counts.iter().map(|(place, count)| (*place, *count)).collect(),
        elsewhere: people - placed,
    };
    let market: Vec<(u32, u64)> =
        peers.groups.iter().enumerate().map(|(place, group)| (place as u32, group.members)).collect();
    let uniformity = uniformity(&audience, Some(&market), as_of, Grade::C, &UniformitySettings::default());
    let named = counts.keys().map(|place| {
        let group = &peers.groups[*place as usize];
        (*place, AudienceGroup { id: group.id, name: group.name.clone() })
    });
    AudienceGroups { people, uniformity, groups: named.collect() }
}

/// Where a brand, or what it is known by, is named by the creator.
#[derive(Clone, Debug, Serialize)]
pub struct BrandMentions {
    pub brand: String,
    /// Posts and own comments that name the brand.
    pub by_name: u64,
    /// Those that use one of the words its buyers are known by.
    pub by_word: u64,
    pub quotes: Vec<Quote>,
}

/// A few words around what was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Quote {
    pub words: String,
    pub at: Timestamp,
}

/// Where the creator names each brand, in the posts held and in own comments under the newest.
pub(super) fn mentions(held: &Held, brands: &[Brand]) -> Vec<BrandMentions> {
    let posts = held.facts.posts.iter().zip(&held.captions).map(|(post, words)| (post.created_at, words.as_str()));
    let own = held.turns.iter().filter(|(row, _)| row.commenter == held.account);
    let own = own.filter_map(|(row, words)| Some((row.at, words.as_deref()?)));
    let said: Vec<(Timestamp, &str, String)> =
        posts.chain(own).map(|(at, words)| (at, words, words.to_lowercase())).collect();
    let of_brand = |brand: &Brand| {
        let name = brand.name.to_lowercase();
        let words: Vec<String> =
            brand.buyers.keywords.iter().chain(&brand.buyers.tags).map(|word| word.to_lowercase()).collect();
        let (mut by_name, mut by_word, mut quotes) = (0, 0, Vec::new());
        for (at, original, lower) in &said {
            let named = find_word(lower, &name);
            let used = words.iter().find_map(|word| find_word(lower, word));
            by_name += u64::from(named.is_some());
            by_word += u64::from(named.is_none() && used.is_some());
            if let Some(place) = named.or(used) {
                // Lower case may be longer or shorter than what was written; then the beginning is quoted.
                let place = if lower.len() == original.len() { place } else { 0 };
                quotes.push((named.is_some(), Quote { words: around(original, place), at: *at }));
            }
        }
        quotes.sort_by(|a, b| b.0.cmp(&a.0).then(b.1.at.cmp(&a.1.at)));
        quotes.truncate(QUOTES_MAX);
        BrandMentions {
            brand: brand.name.clone(),
            by_name,
            by_word,
            quotes: quotes.into_iter().map(|(_, quote)| quote).collect(),
        }
    };
    brands.iter().map(of_brand).collect()
}

/// The place of a word or phrase that is not part of a longer word.
fn find_word(text: &str, word: &str) -> Option<usize> {
    if word.is_empty() {
        return None;
    }
    let is_part = |letter: Option<char>| letter.is_some_and(char::is_alphanumeric);
    text.match_indices(word)
        .find(|(at, _)| !is_part(text[..*at].chars().next_back()) && !is_part(text[at + word.len()..].chars().next()))
        .map(|(at, _)| at)
}

/// What stands around a place, cut at blanks where it can be.
fn around(text: &str, place: usize) -> String {
    let place = (0..=place).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    let before: usize = text[..place].chars().rev().take(AROUND_LETTERS).map(char::len_utf8).sum();
    let after: usize = text[place..].chars().take(2 * AROUND_LETTERS).map(char::len_utf8).sum();
    let (from, to) = (place - before, place + after);
    let quote = text[from..to].split_whitespace().collect::<Vec<_>>().join(" ");
    format!("{}{quote}{}", if from > 0 { "… " } else { "" }, if to < text.len() { " …" } else { "" })
}

/// What a fee for one post would buy from this creator, by what their organic posts drew. `None` for a fee that is no
/// number of minor units.
pub fn fee_buys(report: &VettingReport, fee_minor_units: u64, currency: &str) -> FeeBuys {
    let settings = EngagementSettings::default();
    let newest = report.as_of.map_or(i64::MAX, |as_of| as_of.0 - i64::from(settings.age_min_hours) * 3_600_000_000);
    let organic: Vec<&PostSeen> = report
        .posts
        .iter()
        .rev()
        .filter(|post| post.paid != Some(true) && post.at.0 <= newest)
        .take(settings.posts_max as usize)
        .collect();
    let counts =
        |of: fn(&PostSeen) -> Option<u64>| -> Vec<u64> { organic.iter().filter_map(|post| of(post)).collect() };
    let (interactions, views, reach) =
        (counts(|post| post.interactions), counts(|post| post.views), counts(|post| post.reach));
    let sold = report.signs.iter().find(|seen| seen.sign == engine::vetting::verdict::Sign::AudienceShare);
    let audience_share =
        sold.and_then(|seen| Some(SoldShare { value: seen.value.value?, lo: seen.value.lo?, hi: seen.value.hi? }));
    let input = FeeInput {
        interactions: &interactions,
        views: &views,
        reach: &reach,
        followers: report.creator.followers.and_then(|followers| u64::try_from(followers).ok()),
        audience_share,
        as_of: report.as_of.unwrap_or(Timestamp(0)),
        grade: Grade::B,
    };
    what_a_fee_buys(fee_minor_units, currency, &input)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_brand_is_found_as_a_whole_word_and_quoted_with_what_stands_around() {
        assert_eq!(find_word("my hop house glass", "hop house"), Some(3));
        assert_eq!(find_word("shopping houses", "hop"), None);
        assert_eq!(find_word("ipa", ""), None);
        let text = format!("{} über den Kaffee {}", "a ".repeat(100), "b ".repeat(200));
        let place = text.find("über").expect("is there");
        let quote = around(&text, place + 1);
        assert!(quote.starts_with("… a ") && quote.contains("über den Kaffee") && quote.ends_with("b …"), "{quote}");
        assert_eq!(around("short", 0), "short");
    }
}
