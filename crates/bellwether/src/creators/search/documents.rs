//! What the search index holds of each creator, made from facts and from what refresh derived.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use engine::conversations::portraits::languages::{language_of, language_tag};
use engine::intervals::jeffreys_interval;
use engine::vetting::disclosure::{PostWords, disclosure};
use engine::vetting::uniformity::{AudienceByGroup, UniformitySettings, UniformityWord, uniformity};
use lake::{Authors, CreatorProfile, Published, PublishedRow};
use model::explanation::DEFAULT_LEVEL;
use model::{AccountId, Estimate, Grade, Ratio, TierSettings, Timestamp};
use rayon::prelude::*;
use search::{CreatorDocument, Interval};
use store::CreatorFigures;

use super::fields::{CODES, From, RANGES};
use super::niches::{NicheWords, filed_under, for_filing};
use crate::conversations::Snapshot;
use crate::conversations::market::MarketGroups;
use crate::creators::CreatorsError;
use crate::data_directory::DataDirectory;
use crate::vetting::CreatorEstimates;
use crate::vetting::peers::Peers;
use crate::vetting::report::verdict_by_counts;

/// Posts of a creator whose words are indexed.
pub const POSTS_MAX: usize = 60;
/// Letters of one post that are indexed.
const POST_LETTERS_MAX: usize = 2_000;
/// Tags of a creator that are filtered by, and in how many posts one must stand.
const TOPICS_MAX: usize = 10;
const TOPIC_POSTS_MIN: usize = 2;
/// The share of a creator's talk partners that makes a group one they talk in.
const GROUP_SHARE_MIN: f64 = 0.15;
/// Newest posts whose language is looked at.
const LANGUAGE_POSTS: usize = 12;

/// What the documents of all creators have in common.
pub struct Making {
    snapshot: Arc<Snapshot>,
    market: Arc<MarketGroups>,
    peers: Arc<Peers>,
    tiers: TierSettings,
    pub as_of: Timestamp,
}

/// A creator's document, and the words it was made from for whoever learns from them.
pub struct Made {
    pub document: CreatorDocument,
}

impl Making {
    pub async fn load(data: &DataDirectory) -> Result<Making, CreatorsError> {
        let (snapshot, market) = data.market_groups().await?;
        let peers = data.peers().await?;
        let tiers = crate::matching::tier_settings(data).await?;
        let as_of = snapshot.as_of().unwrap_or(data.now());
        Ok(Making { snapshot, market, peers, tiers, as_of })
    }

    /// The documents of these accounts; of whom nothing is held any more there is none. Cost: one pass over posts, texts,
    /// comments and follower counts for the rows of these accounts.
    pub async fn documents(
        self: &Arc<Self>,
        data: &DataDirectory,
        accounts: &[AccountId],
    ) -> Result<Vec<Made>, CreatorsError> {
        let now = data.now();
        let profiles = data.lake.profiles(Some(accounts), now).await?;
        let published = data.lake.published(accounts, POSTS_MAX, now).await?;
        let figures = data.derived.figures(accounts).await?;
        let mut verdicts: HashMap<AccountId, &'static str> = HashMap::new();
        let mut audiences = data.lake.audiences(Authors::These(accounts), now).await?;
        let platforms: HashMap<AccountId, &CreatorProfile> =
            profiles.iter().map(|profile| (profile.account, profile)).collect();
        while let Some(audience) = audiences.next().await? {
            let (Some(profile), Some(held)) = (platforms.get(&audience.author), figures.get(&audience.author)) else {
                continue;
            };
            let word = verdict_by_counts(&audience, profile.platform, profile.followers, held, &self.peers);
            verdicts.insert(audience.author, word.words());
        }
        let (making, mut published) = (self.clone(), by_author(published));
        let about: Vec<About> = profiles
            .into_iter()
            .map(|profile| About {
                published: published.remove(&profile.account),
                figures: figures.get(&profile.account).cloned(),
                verdict: verdicts.get(&profile.account).copied(),
                profile,
            })
            .collect();
        let work = move || about.par_iter().map(|about| making.document(about)).collect();
        Ok(tokio::task::spawn_blocking(work).await.expect("making documents does not panic"))
    }

    fn document(&self, about: &About) -> Made {
        let profile = &about.profile;
        let estimates: Option<CreatorEstimates> =
            about.figures.as_ref().and_then(|figures| serde_json::from_str(&figures.detail).ok());
        let posts: &[PublishedRow] = about.published.as_ref().map_or(&[], |published| &published.newest);
        let words: Vec<String> = posts.iter().map(words_of_post).collect();
        let groups = self.groups_of(profile.account);
        let told = disclosure(
            &posts
                .iter()
                .zip(&words)
                .map(|(post, words)| PostWords {
                    at: post.created_at,
                    words,
                    marked_paid: post.paid,
                    declared_language: profile.language.as_deref(),
                })
                .collect::<Vec<_>>(),
            Some(self.as_of),
            Grade::B,
        );
        let spread = groups
            .as_ref()
            .map(|(_, audience)| uniformity(audience, None, None, Grade::B, &UniformitySettings::default()));
        let largest = spread.as_ref().and_then(|spread| spread.parts.first()).map(|part| &part.share);
        let niches = filed_under(&NicheWords::of(profile.bio.as_deref(), posts).read(&[], &for_filing()));
        let facts = Facts { about, estimates: estimates.as_ref(), told: &told.told, largest, as_of: self.as_of };
        let ranges =
            RANGES.iter().filter(|field| field.from == From::Index).map(|field| facts.number(field.key)).collect();
        let engagement = estimates.as_ref().and_then(|held| held.by_followers.value);
        let tier = self.tiers.tier(profile.followers.and_then(|count| u64::try_from(count).ok()), engagement);
        let facets = CODES.iter().filter(|field| field.from == From::Index).map(|field| match field.key {
            "level" => known(estimates.as_ref().map(|held| held.level.clone()).filter(|level| level != "not-known")),
            "group" => groups.as_ref().map_or_else(Vec::new, |(of, _)| of.iter().map(ToString::to_string).collect()),
            "platform" => vec![profile.platform.code().to_owned()],
            "tier" => known(tier.map(|tier| tier.code().to_owned())),
            "niche" => niches.clone(),
            "topic" => topics(posts),
            "language" => known(language(profile, &words)),
            "country" => {
                known(profile.country.as_deref().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned))
            }
            "contact" => contact(profile),
            "verdict" => known(about.verdict.map(str::to_owned)),
            "discloses" => known(told.told.value.map(|share| {
                match share {
                    share if share >= 1.0 => "always",
                    share if share >= 0.5 => "mostly",
                    _ => "seldom",
                }
                .to_owned()
            })),
            "spread" => known(
                spread
                    .as_ref()
                    .map(|spread| spread.word)
                    .filter(|word| *word != UniformityWord::NotKnown)
                    .map(|word| word.words().to_owned()),
            ),
            other => unreachable!("{other} is a column of the index that nobody fills"),
        });
        let facets = facets.collect();
        let named = |id: &i64| self.market.place(*id).map(|place| self.market.list[place as usize].called());
        let group_names = groups.iter().flat_map(|(of, _)| of).filter_map(named).collect();
        let handle = profile.handle.clone().unwrap_or_else(|| profile.native_id.clone());
        let mut names = vec![profile.display_name.clone().unwrap_or_else(|| handle.clone())];
        if names[0] != handle {
            names.push(handle);
        }
        Made {
            document: CreatorDocument {
                account: profile.account,
                names,
                bio: crate::web::words::plain(profile.bio.as_deref().unwrap_or("")),
                posts: words,
                other: group_names,
                ranges,
                facets,
            },
        }
    }

    /// The groups somebody talks in, their own first, and their talk partners by group; `None` without talk.
    fn groups_of(&self, account: AccountId) -> Option<(Vec<i64>, AudienceByGroup)> {
        let place = self.snapshot.place(account)?;
        let pairs = &self.snapshot.index.pairs;
        let mut people: Vec<u32> = self.snapshot.index.talkers_to(place);
        people.extend_from_slice(pairs.targets_of(place));
        people.sort_unstable();
        people.dedup();
        let mut people_in: BTreeMap<u32, u64> = BTreeMap::new();
        let mut elsewhere = 0;
        for person in &people {
            match self.market.group_of(*person) {
                Some(_) => *people_in.entry(self.market.groups.of_account[*person as usize]).or_default() += 1,
                None => elsewhere += 1,
            }
        }
        let enough = GROUP_SHARE_MIN * people.len() as f64;
        let own = self.market.group_of(place).map(|group| group.id);
        let mut of: Vec<i64> = own.into_iter().collect();
        for (group, count) in &people_in {
            let id = self.market.list[*group as usize].id;
            if *count as f64 >= enough && own != Some(id) {
                of.push(id);
            }
        }
        Some((of, AudienceByGroup { people_in: people_in.into_iter().collect(), elsewhere }))
    }
}

/// What is held about one creator.
struct About {
    profile: CreatorProfile,
    published: Option<Published>,
    figures: Option<CreatorFigures>,
    verdict: Option<&'static str>,
}

fn by_author(published: Vec<Published>) -> HashMap<AccountId, Published> {
    published.into_iter().map(|published| (published.author, published)).collect()
}

fn known(code: Option<String>) -> Vec<String> {
    code.into_iter().collect()
}

/// Where each number of the index comes from.
struct Facts<'a> {
    about: &'a About,
    estimates: Option<&'a CreatorEstimates>,
    told: &'a Estimate,
    /// The share of talk partners in the largest group.
    largest: Option<&'a Estimate>,
    as_of: Timestamp,
}

impl Facts<'_> {
    fn number(&self, key: &str) -> Option<Interval> {
        let counts = self.estimates.map(|held| &held.counts);
        let profile = &self.about.profile;
        let exact = |value: Option<f32>| value.map(Interval::exact);
        let count = |value: Option<i64>| exact(value.map(|value| value as f32));
        match key {
            "reply_rate" => interval(self.estimates.map(|held| &held.reply_rate)),
            "reply_people" => interval(self.estimates.map(|held| &held.reply_rate_people)),
            "reply_latency" => interval(self.estimates.map(|held| &held.reply_latency)),
            "conversation_rate" => interval(self.estimates.map(|held| &held.conversation_rate)),
            "mutual_share" => interval(self.estimates.map(|held| &held.mutual_share)),
            "engagement" => interval(self.estimates.map(|held| &held.by_followers)),
            "engagement_reach" => interval(self.estimates.map(|held| &held.by_reach)),
            "engagement_views" => interval(self.estimates.map(|held| &held.by_views)),
            "comment_like" => interval(self.estimates.map(|held| &held.comment_like_ratio)),
            "followers" => count(profile.followers),
            "following" => count(profile.following),
            "posts" => exact(self.about.published.as_ref().map(|published| published.posts as f32)),
            "posts_a_week" => exact(counts.and_then(|counts| counts.posts_a_week)),
            "last_post" => {
                let newest = self.about.published.as_ref().and_then(|published| published.newest.first());
                exact(newest.map(|post| (self.as_of.day() - post.created_at.day()).max(0) as f32))
            }
            "likes" => exact(counts.and_then(|counts| counts.likes_median)),
            "comments" => exact(counts.and_then(|counts| counts.comments_median)),
            "views" => exact(counts.and_then(|counts| counts.views_median)),
            "growth" => exact(counts.and_then(|counts| counts.growth_90_days)),
            "paid_share" => counts
                .and_then(|counts| share_of(u64::from(counts.posts_marked_paid), u64::from(counts.posts_told_paid))),
            "told_share" => interval(Some(self.told)),
            "uniformity" => interval(self.largest),
            other => unreachable!("{other} is a column of the index that nobody fills"),
        }
    }
}

fn interval(estimate: Option<&Estimate>) -> Option<Interval> {
    let estimate = estimate?;
    let value = estimate.value? as f32;
    Some(Interval {
        value,
        lo: estimate.lo.map_or(f32::NEG_INFINITY, |lo| lo as f32),
        hi: estimate.hi.map_or(f32::INFINITY, |hi| hi as f32),
    })
}

/// A share with its Jeffreys interval.
fn share_of(some: u64, all: u64) -> Option<Interval> {
    let range = jeffreys_interval(some, all, Ratio::new(DEFAULT_LEVEL).expect("the default level is a share"))?;
    Some(Interval { value: some as f32 / all as f32, lo: range.lo as f32, hi: range.hi as f32 })
}

fn words_of_post(post: &PublishedRow) -> String {
    let title = post.title.as_deref().map(crate::web::words::plain).unwrap_or_default();
    let mut body = crate::web::words::plain(post.body.as_deref().unwrap_or(""));
    if let Some((end, _)) = body.char_indices().nth(POST_LETTERS_MAX) {
        body.truncate(end);
    }
    // Tags that stand in the words need not be said again.
    let tags = post.tags.iter().filter(|tag| !body.to_lowercase().contains(tag.as_str()));
    let tags: Vec<String> = tags.map(|tag| format!("#{tag}")).collect();
    [title, body, tags.join(" ")].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ")
}

/// Tags, from the source and in the words, that stand in more than one post; the most frequent first.
fn topics(posts: &[PublishedRow]) -> Vec<String> {
    let mut posts_with: BTreeMap<String, usize> = BTreeMap::new();
    for post in posts {
        let mut tags: Vec<String> = post.tags.clone();
        for text in [post.title.as_deref(), post.body.as_deref()].into_iter().flatten() {
            tags.extend(hashtags(text));
        }
        tags.sort();
        tags.dedup();
        tags.into_iter().for_each(|tag| *posts_with.entry(tag).or_default() += 1);
    }
    let enough = TOPIC_POSTS_MIN.min(posts.len());
    let mut found: Vec<(String, usize)> = posts_with.into_iter().filter(|(_, count)| *count >= enough).collect();
    found.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    found.truncate(TOPICS_MAX);
    found.into_iter().map(|(tag, _)| tag).collect()
}

/// `#Words` in a text, lower case, without `#`.
fn hashtags(text: &str) -> impl Iterator<Item = String> + '_ {
    text.split('#').skip(1).filter_map(|after| {
        let end = after.find(|letter: char| !letter.is_alphanumeric() && letter != '_').unwrap_or(after.len());
        let tag = &after[..end];
        (tag.chars().any(char::is_alphabetic) && tag.len() <= 60).then(|| tag.to_lowercase())
    })
}

/// The language the profile says, else the one most of the newest posts are in; its two letters.
fn language(profile: &CreatorProfile, words: &[String]) -> Option<String> {
    let said = profile.language.as_deref().map(str::trim).filter(|said| !said.is_empty());
    if let Some(said) = said {
        let begin: String = said.chars().take_while(char::is_ascii_alphabetic).collect();
        return Some(if begin.len() >= 2 { begin.to_lowercase() } else { said.to_lowercase() });
    }
    let mut posts_in: BTreeMap<&'static str, usize> = BTreeMap::new();
    let mut told = 0;
    for text in words.iter().take(LANGUAGE_POSTS) {
        if let Some((code, _)) = language_of(text) {
            told += 1;
            *posts_in.entry(code).or_default() += 1;
        }
    }
    let (code, count) = posts_in.into_iter().max_by_key(|(_, count)| *count)?;
    (count * 2 > told).then(|| language_tag(code).unwrap_or(code).to_owned())
}

/// Ways to reach somebody that their profile gives.
fn contact(profile: &CreatorProfile) -> Vec<String> {
    let bio = profile.bio.as_deref().unwrap_or("");
    let is_address = |word: &str| {
        let word = word.trim_matches(|letter: char| !letter.is_alphanumeric());
        word.split_once('@').is_some_and(|(name, host)| {
            !name.is_empty() && host.split_once('.').is_some_and(|(domain, end)| !domain.is_empty() && end.len() >= 2)
        })
    };
    let email = bio.split_whitespace().any(is_address).then(|| "email".to_owned());
    let link = (profile.external_url.is_some() || bio.contains("http://") || bio.contains("https://"))
        .then(|| "link".to_owned());
    email.into_iter().chain(link).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashtags_are_words_and_not_numbers() {
        assert_eq!(hashtags("a #ColdBrew, #2 and #été_2026!").collect::<Vec<_>>(), ["coldbrew", "été_2026"]);
    }

    #[test]
    fn a_share_of_nothing_is_not_known() {
        assert_eq!(share_of(0, 0), None);
        let none = share_of(0, 12).expect("is known");
        assert!(none.value == 0.0 && none.hi > 0.05);
    }
}
