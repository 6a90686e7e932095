//! A creator's own words read for a brand: talk of the product, values shown, what speaks against, and the niches.
//!
//! Reading is the dear part of a fit. It is done once for a brand, what it stands for and the facts, and kept.

use std::collections::HashMap;

use engine::matching::fit::{
    BrandWords, Conflict, ConflictKind, Quote, RivalMention, TextSeen, TextsRead, ValueShown, conflicts, product_part,
    product_talk, values_part, values_shown,
};
use engine::matching::niches::CreatorNiche;
use lake::{CreatorProfile, PublishedRow};
use model::{AccountId, Estimate, Timestamp};
use serde::{Deserialize, Serialize};

use super::profile::BrandProfile;
use crate::creators::search::documents::POSTS_MAX;
use crate::creators::search::niches::{NicheWords, for_filing};
use crate::data_directory::DataDirectory;
use crate::matching::MatchingError;

/// Creators whose words are held at a time.
const SIDE_BY_SIDE: usize = 500;

/// Words of a creator as they stand, those looked for apart.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Quoted {
    pub before: String,
    pub hit: String,
    pub after: String,
    pub at: Timestamp,
    /// From the profile's own words.
    pub is_bio: bool,
}

/// A value of the brand as the creator's words show it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct ValueSeen {
    pub name: String,
    pub share: Estimate,
    pub in_bio: bool,
    pub paid_posts_with: u64,
    pub quotes: Vec<Quoted>,
}

/// Something that speaks against working together.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ConflictSeen {
    pub kind: String,
    pub words: String,
    pub posts: u64,
    pub newest_at: Timestamp,
    pub quotes: Vec<Quoted>,
    /// A person has set it aside.
    #[serde(default)]
    pub aside: bool,
}

/// A rival that is named and no conflict.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct MentionSeen {
    pub rival: String,
    pub posts: u64,
    pub newest_at: Timestamp,
    pub quotes: Vec<Quoted>,
}

/// The chance of a niche as read.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct NicheRead {
    pub code: String,
    pub chance: Estimate,
}

/// What a creator's words say for a brand.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct WordsRead {
    pub product: Estimate,
    pub values: Estimate,
    pub posts_read: u64,
    pub posts_naming: u64,
    pub posts_of_use: u64,
    pub product_quotes: Vec<Quoted>,
    pub values_seen: Vec<ValueSeen>,
    pub conflicts: Vec<ConflictSeen>,
    pub mentions: Vec<MentionSeen>,
    pub niches: Vec<NicheRead>,
}

/// A kind of conflict as it is kept.
pub fn kind_code(kind: ConflictKind) -> &'static str {
    match kind {
        ConflictKind::RivalAmbassador => "rival_ambassador",
        ConflictKind::RivalPaidPost => "rival_paid_post",
        ConflictKind::StatedRefusal => "stated_refusal",
        ConflictKind::AgainstValue => "against_value",
    }
}

/// The kind kept under a code.
pub fn kind_of(code: &str) -> Option<ConflictKind> {
    [
        ConflictKind::RivalAmbassador,
        ConflictKind::RivalPaidPost,
        ConflictKind::StatedRefusal,
        ConflictKind::AgainstValue,
    ]
    .into_iter()
    .find(|kind| kind_code(*kind) == code)
}

/// A kind of conflict in a word or two.
pub fn kind_words(code: &str) -> &'static str {
    match kind_of(code) {
        Some(ConflictKind::RivalAmbassador) => "works for a rival",
        Some(ConflictKind::RivalPaidPost) => "paid by a rival",
        Some(ConflictKind::StatedRefusal) => "says no",
        Some(ConflictKind::AgainstValue) => "speaks against a value",
        None => "speaks against it",
    }
}

/// How alike creators' words are to the brand's texts, by account; empty where no words were learnt.
#[derive(Default)]
pub struct Likenesses {
    pub product: HashMap<AccountId, f32>,
    pub for_whom: HashMap<AccountId, f32>,
}

/// Reads one creator's words.
pub fn read_words(
    account: AccountId,
    creator: Option<&CreatorProfile>,
    posts: &[PublishedRow],
    profile: &BrandProfile,
    brand: &BrandWords,
    alike: &Likenesses,
) -> WordsRead {
    let bio = creator.and_then(|creator| creator.bio.as_deref()).map(crate::web::words::plain);
    let bio_at = creator.and_then(|creator| creator.observed_at).unwrap_or(Timestamp(0));
    let texts: Vec<(String, &PublishedRow)> = posts.iter().map(|post| (words_of(post), post)).collect();
    let mut seen: Vec<TextSeen<'_>> = vec![];
    seen.extend(bio.as_deref().map(|text| TextSeen { text, at: bio_at, is_bio: true, paid: None }));
    seen.extend(texts.iter().map(|(text, post)| TextSeen {
        text,
        at: post.created_at,
        is_bio: false,
        paid: post.paid,
    }));
    let read = TextsRead::of(&seen);
    let mut talk = product_talk(&read, brand);
    talk.product_similarity = alike.product.get(&account).map(|alike| alike.max(0.0));
    talk.for_whom_similarity = alike.for_whom.get(&account).map(|alike| alike.max(0.0));
    let shown = values_shown(&read, brand.values());
    let against = conflicts(&read, brand);
    let quotes = |quotes: &[Quote]| quotes.iter().filter_map(|quote| quoted(quote, &seen)).collect();
    WordsRead {
        product: product_part(&talk, profile.price),
        values: values_part(&shown),
        posts_read: talk.posts_read,
        posts_naming: talk.posts_naming,
        posts_of_use: talk.posts_of_use,
        product_quotes: quotes(&talk.quotes),
        values_seen: shown
            .iter()
            .map(|value: &ValueShown| ValueSeen {
                name: value.name.clone(),
                share: value.share.clone(),
                in_bio: value.in_bio,
                paid_posts_with: value.paid_posts_with,
                quotes: quotes(&value.quotes),
            })
            .collect(),
        conflicts: against
            .conflicts
            .iter()
            .map(|conflict: &Conflict| ConflictSeen {
                kind: kind_code(conflict.kind).to_owned(),
                words: conflict.words.clone(),
                posts: conflict.posts,
                newest_at: conflict.newest_at,
                quotes: quotes(&conflict.quotes),
                aside: false,
            })
            .collect(),
        mentions: against
            .mentions
            .iter()
            .map(|mention: &RivalMention| MentionSeen {
                rival: mention.rival.clone(),
                posts: mention.posts,
                newest_at: mention.newest_at,
                quotes: quotes(&mention.quotes),
            })
            .collect(),
        niches: match profile.niches.as_slice() {
            [] => vec![],
            _ => chances(&NicheWords::of(bio.as_deref(), posts).read(&[], &for_filing())),
        },
    }
}

/// Chances of niches without the words behind them.
pub fn chances(niches: &[CreatorNiche]) -> Vec<NicheRead> {
    let read = |niche: &CreatorNiche| NicheRead { code: niche.code.clone(), chance: niche.probability.clone() };
    niches.iter().map(read).collect()
}

/// A post's words: its title, its text, and its tags as people write them.
fn words_of(post: &PublishedRow) -> String {
    let mut words = String::new();
    for text in [&post.title, &post.body].into_iter().flatten() {
        words.push_str(&crate::web::words::plain(text));
        words.push('\n');
    }
    for tag in &post.tags {
        words.push('#');
        words.push_str(tag);
        words.push(' ');
    }
    words
}

fn quoted(quote: &Quote, seen: &[TextSeen<'_>]) -> Option<Quoted> {
    let of = seen.get(quote.text)?;
    let part = |from: usize, to: usize| of.text.get(from..to).map(str::to_owned);
    Some(Quoted {
        before: part(quote.start, quote.hit_start)?,
        hit: part(quote.hit_start, quote.hit_end)?,
        after: part(quote.hit_end, quote.end)?,
        at: of.at,
        is_bio: of.is_bio,
    })
}

/// Reads the words of these creators. Cost: a pass over profiles, posts and texts for each 500 of them.
pub async fn read_creators(
    data: &DataDirectory,
    accounts: &[AccountId],
    name: &str,
    profile: &BrandProfile,
) -> Result<Vec<(AccountId, WordsRead)>, MatchingError> {
    let likeness = crate::creators::search::likeness(data).await?;
    let mut all = Vec::with_capacity(accounts.len());
    let alike_to = |text: &str| likeness.alike_to_text(text).into_iter().collect();
    let mut alike = Likenesses { product: alike_to(&profile.product_text), for_whom: alike_to(&profile.for_whom_text) };
    let brand_name = name.to_owned();
    for portion in accounts.chunks(SIDE_BY_SIDE) {
        let profiles = data.lake.profiles(Some(portion), data.now()).await?;
        let published = data.lake.published(portion, POSTS_MAX, data.now()).await?;
        let (portion, profile, name) = (portion.to_vec(), profile.clone(), brand_name.clone());
        let work = move || -> Result<_, engine::matching::fit::ValueError> {
            let words = BrandWords::of(&profile.for_engine(&name))?;
            let about: HashMap<AccountId, CreatorProfile> =
                profiles.into_iter().map(|profile| (profile.account, profile)).collect();
            let posts: HashMap<AccountId, Vec<PublishedRow>> =
                published.into_iter().map(|published| (published.author, published.newest)).collect();
            let none = vec![];
            let read = |account: &AccountId| {
                let posts = posts.get(account).unwrap_or(&none);
                (*account, read_words(*account, about.get(account), posts, &profile, &words, &alike))
            };
            Ok((portion.iter().map(read).collect::<Vec<_>>(), alike))
        };
        let done = tokio::task::spawn_blocking(work).await.expect("reading words does not panic");
        let (read, back) = done.map_err(super::ProfileError::from)?;
        all.extend(read);
        alike = back;
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use engine::matching::fit::BrandValue;
    use model::PostId;

    use super::*;

    fn post(text: &str) -> PublishedRow {
        PublishedRow {
            post: PostId(1),
            created_at: Timestamp(5),
            title: None,
            body: Some(text.to_owned()),
            tags: vec![],
            paid: None,
        }
    }

    #[test]
    fn talk_values_and_conflicts_are_read_with_their_quotes() {
        let profile = BrandProfile {
            product_words: vec!["stoneware".into()],
            values: vec![BrandValue { name: "handmade".into(), words: vec![] }],
            rivals: vec!["Hop Haus".into()],
            ..BrandProfile::default()
        };
        let words = BrandWords::of(&profile.for_engine("Kiln")).expect("words");
        let posts = [
            post("I bought this stoneware bowl and use it daily"),
            post("Handmade mugs from my kiln"),
            post("Proud to be a Hop Haus ambassador!"),
            post("Rain again"),
            post("More rain"),
        ];
        let read = read_words(AccountId(1), None, &posts, &profile, &words, &Likenesses::default());
        assert_eq!((read.posts_read, read.posts_naming, read.posts_of_use), (5, 1, 1));
        assert_eq!(read.conflicts[0].kind, "rival_ambassador");
        assert!(read.values_seen[0].quotes[0].hit.eq_ignore_ascii_case("handmade"));
        assert!(read.product.value.is_some() && read.values.value.is_some());
        let again: WordsRead = serde_json::from_str(&serde_json::to_string(&read).expect("writes")).expect("reads");
        assert_eq!(again, read);
        assert_eq!(kind_of(&read.conflicts[0].kind).map(kind_code), Some("rival_ambassador"));
    }
}
