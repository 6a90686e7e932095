//! What a profile report is made from: the facts about one creator, what was said under their newest posts, who their
//! audience is, and what people recorded.

use std::collections::HashMap;
use std::sync::Arc;

use engine::random::Draws;
use engine::vetting::accounts::AccountRow;
use engine::vetting::audience::profiles::share_of_profiles;
use engine::vetting::signs::{AudienceSeen, ToldBy};
use lake::{AudienceProfile, AuthorFacts, CommentUnderRow};
use model::{AccountId, Brand, Platform, PostId, TextId};

use super::super::gold::models::ModelsFor;
use super::super::gold::{self, GoldError, GoldStanding};
use super::super::records::{self, Answer, Declared};
use crate::creators::CreatorsError;
use crate::data_directory::DataDirectory;

/// The newest posts and comments that are looked at.
const POSTS_MAX: usize = 500;
const COMMENTS_MAX: usize = 20_000;
/// Words are read of comments under so many of the newest posts, and of so many comments by others at most.
pub const POSTS_READ: usize = 40;
pub const COMMENTS_READ: usize = 400;
/// Turns of creator and audience under these posts that are read.
const TURNS_READ: usize = 1_200;
/// Accounts of the audience that are looked at, and from how many known followers on those are taken instead of commenters.
const AUDIENCE_MAX: usize = 400;
const FOLLOWERS_MIN: usize = 100;
const AUDIENCE_DRAW: u64 = 62;

/// The facts about one creator, and what people recorded.
pub(super) struct Held {
    pub account: AccountId,
    pub facts: AuthorFacts,
    /// The words of posts, by the place of the post in the facts: title and caption.
    pub captions: Vec<String>,
    /// Turns under the newest posts, the creator's own too, by post and time, with their words where those are held.
    pub turns: Vec<(CommentUnderRow, Option<String>)>,
    /// Comments by others among them, as many as are read.
    pub said: Vec<(CommentUnderRow, Option<String>)>,
    /// Under how many others' posts a commenter left the same words.
    pub elsewhere: HashMap<(AccountId, TextId), u32>,
    /// Everybody who follows or comments, as far as they are held.
    pub everyone: Vec<AccountId>,
    /// The groups of those who are in one.
    pub groups_of: Vec<(AccountId, i64)>,
    pub brands: Vec<Brand>,
    audience: Vec<AudienceProfile>,
    /// Whose profiles these are.
    whose: &'static str,
    models: Arc<ModelsFor>,
    pub sample: Option<GoldStanding>,
    pub declared_days: Vec<engine::vetting::growth::DeclaredDays>,
    pub declared: Vec<Declared>,
    pub answers: Vec<Answer>,
}

pub(super) async fn held_about(data: &DataDirectory, account: AccountId) -> Result<Held, CreatorsError> {
    let now = data.now();
    let (mut facts, followers) = tokio::try_join!(
        data.lake.author_facts(account, POSTS_MAX, COMMENTS_MAX, now),
        data.lake.known_followers(account, AUDIENCE_MAX, now)
    )?;
    let others = facts.comments.iter().map(|row| row.commenter).filter(|commenter| *commenter != account);
    let commenters = sorted(others.collect());
    let everyone = sorted(followers.iter().chain(&commenters).copied().collect());
    let (audience, whose) = match followers.len() >= FOLLOWERS_MIN {
        true => (followers, "followers"),
        false => (drawn(commenters), "commenters"),
    };
    let newest: HashMap<PostId, usize> =
        facts.posts.iter().enumerate().rev().take(POSTS_READ).map(|(place, post)| (post.post, place)).collect();
    let mut turns = std::mem::take(&mut facts.comments);
    // They come newest first.
    turns.retain(|row| newest.contains_key(&row.post));
    turns.truncate(TURNS_READ);
    let mut read = 0;
    let is_read: Vec<bool> = turns
        .iter()
        .map(|row| {
            let by_others = row.commenter != account;
            read += usize::from(by_others);
            by_others && read <= COMMENTS_READ
        })
        .collect();
    let said: Vec<CommentUnderRow> =
        turns.iter().zip(is_read).filter(|(_, is_read)| *is_read).map(|(row, _)| *row).collect();
    let texts = sorted(said.iter().filter_map(|row| row.text).collect());
    let commenters = sorted(said.iter().map(|row| row.commenter).collect());
    let captions = facts.words.iter().filter_map(|words| words.text);
    let numbers: Vec<i64> =
        sorted(turns.iter().filter_map(|row| row.text).chain(captions).map(|text| text.0).collect());
    let (bodies, elsewhere, audience) = tokio::try_join!(
        data.lake.texts(&numbers, now),
        data.lake.same_words(account, &commenters, &texts, now),
        data.lake.audience_profiles(&audience, now)
    )?;
    let bodies: HashMap<i64, String> = bodies.into_iter().collect();
    let words_of = |text: Option<TextId>| text.and_then(|text| bodies.get(&text.0).cloned());
    let in_order = |rows: Vec<CommentUnderRow>| {
        let mut rows: Vec<(CommentUnderRow, Option<String>)> =
            rows.into_iter().map(|row| (row, words_of(row.text))).collect();
        rows.sort_by_cached_key(|(row, _)| (newest[&row.post], row.at, row.commenter, row.id_lower));
        rows
    };
    let caption = |words: &lake::PostWordsRow| {
        let tags = words.tags.iter().map(|tag| format!("#{}", tag.trim_start_matches('#')));
        let pieces = [words.title.clone(), words_of(words.text), Some(tags.collect::<Vec<_>>().join(" "))];
        let pieces = pieces.into_iter().flatten().filter(|piece| !piece.is_empty());
        crate::web::words::plain(&pieces.collect::<Vec<_>>().join("\n"))
    };
    let events = data.store.declared_events(account).await?;
    let answers = data.store.creator_answers(account).await?;
    Ok(Held {
        account,
        groups_of: data.derived.groups_of(&everyone).await?,
        everyone,
        brands: data.store.brands().await?,
        captions: facts.words.iter().map(caption).collect(),
        said: in_order(said),
        turns: in_order(turns),
        elsewhere: elsewhere.into_iter().map(|row| ((row.commenter, row.text), row.others)).collect(),
        audience,
        whose,
        models: data.account_models().await?,
        sample: standing_of(data, account).await?,
        declared_days: records::days_of(&events),
        declared: events.iter().map(Declared::of).collect(),
        answers: answers.iter().map(Answer::of).collect(),
        facts,
    })
}

async fn standing_of(data: &DataDirectory, account: AccountId) -> Result<Option<GoldStanding>, CreatorsError> {
    match gold::standing_of(data, account).await {
        Ok(found) => Ok(found.map(|(_, standing)| standing)),
        Err(GoldError::Creators(error)) => Err(error),
        Err(_) => Ok(None),
    }
}

/// At most 400 of these, drawn by chance that is the same every time.
fn drawn(accounts: Vec<AccountId>) -> Vec<AccountId> {
    let chosen = Draws::new(0, AUDIENCE_DRAW).sample(accounts.len(), AUDIENCE_MAX);
    chosen.into_iter().map(|place| accounts[place]).collect()
}

/// What the account model reads of a profile.
pub(crate) fn account_row(profile: &AudienceProfile) -> AccountRow {
    let count = |value: Option<i64>| value.filter(|value| *value >= 0).map(|value| value as f64);
    let letters =
        |of: fn(&char) -> bool| profile.handle.as_ref().map(|handle| handle.chars().filter(of).count() as f64);
    AccountRow {
        followers: count(profile.followers),
        followings: count(profile.following),
        posts: count(profile.posts),
        handle_length: letters(|_| true),
        handle_digits: letters(char::is_ascii_digit),
        ..AccountRow::default()
    }
}

impl Held {
    /// The share of the audience that was made to be sold: by people who looked at a sample, else by the account models.
    pub fn audience_seen(&self, platform: Platform) -> Option<AudienceSeen> {
        let looked = self.sample.iter().flat_map(|sample| &sample.populations);
        // Followers come before people who comment.
        if let Some((whose, found)) = looked.filter_map(|of| Some((of.whose, of.share?))).next() {
            let told_by = ToldBy::People(found);
            return Some(AudienceSeen { share: found.share, accounts: found.looked_at, whose, told_by });
        }
        let rows: Vec<AccountRow> = self.audience.iter().map(account_row).collect();
        let (card, kind) = self.models.of(platform);
        let found = share_of_profiles(card, &rows, kind, 0)?;
        let told_by = ToldBy::Model {
            flagged: found.flagged.flagged,
            labelled: card.rows,
            labelled_sold: card.positives,
            learned_here: self.models.are_own(platform),
        };
        Some(AudienceSeen { share: found.share, accounts: found.flagged.accounts, whose: self.whose, told_by })
    }
}

fn sorted<T: Ord>(mut ids: Vec<T>) -> Vec<T> {
    ids.sort_unstable();
    ids.dedup();
    ids
}
