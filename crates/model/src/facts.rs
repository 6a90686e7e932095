//! Facts as every importer makes them: observations of accounts, posts and interactions, with their ids already set.
//!
//! Importers turn rows of a file or answers of an API into these once; the lake appends them and nothing else.
//! A missing value is `None` ("not known"), never 0.

use crate::creator::Platform;
use crate::ids::{AccountId, InteractionId, PostId, TextId};
use crate::interaction::InteractionKind;
use crate::units::Timestamp;

/// Whether an account is known to be a person or a brand.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AccountKind {
    Person,
    Brand,
    Unknown,
}

impl AccountKind {
    pub fn code(self) -> &'static str {
        match self {
            AccountKind::Person => "person",
            AccountKind::Brand => "brand",
            AccountKind::Unknown => "unknown",
        }
    }
}

/// An account seen; key (platform, scope, native_id).
#[derive(Clone, PartialEq, Debug)]
pub struct AccountFact {
    pub id: AccountId,
    pub platform: Platform,
    /// Empty for ids that are global on the platform, else the server or app.
    pub scope: String,
    pub native_id: String,
    pub kind: AccountKind,
}

impl AccountFact {
    pub fn new(platform: Platform, scope: &str, native_id: &str) -> AccountFact {
        AccountFact {
            id: AccountId::of(platform, scope, native_id),
            platform,
            scope: scope.to_owned(),
            native_id: native_id.to_owned(),
            kind: AccountKind::Unknown,
        }
    }
}

/// What an account's profile said on a day; key (account, day), newest fetch wins.
#[derive(Clone, PartialEq, Debug)]
pub struct ProfileFact {
    pub account: AccountId,
    pub observed_at: Timestamp,
    pub display_name: Option<String>,
    pub handle: Option<String>,
    pub bio: Option<String>,
    pub followers: Option<i64>,
    pub following: Option<i64>,
    pub posts: Option<i64>,
    pub country: Option<String>,
    pub language: Option<String>,
    pub external_url: Option<String>,
}

impl ProfileFact {
    /// A profile of which nothing is known yet.
    pub fn empty(account: AccountId, observed_at: Timestamp) -> ProfileFact {
        ProfileFact {
            account,
            observed_at,
            display_name: None,
            handle: None,
            bio: None,
            followers: None,
            following: None,
            posts: None,
            country: None,
            language: None,
            external_url: None,
        }
    }
}

/// What kind of post it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PostKind {
    Post,
    Video,
    Question,
    Answer,
    /// Known by what was said under it alone: its `created_at` is when the first of that was said.
    Undated,
}

impl PostKind {
    pub fn code(self) -> &'static str {
        match self {
            PostKind::Post => "post",
            PostKind::Video => "video",
            PostKind::Question => "question",
            PostKind::Answer => "answer",
            PostKind::Undated => "undated",
        }
    }
}

/// A post; key (platform, native_id). `author` is `None` when the account was deleted.
#[derive(Clone, PartialEq, Debug)]
pub struct PostFact {
    pub id: PostId,
    pub platform: Platform,
    pub native_id: String,
    pub author: Option<AccountId>,
    pub created_at: Timestamp,
    pub kind: PostKind,
    pub title: Option<String>,
    pub text: Option<TextId>,
    pub url: Option<String>,
    /// The post this one answers.
    pub parent: Option<PostId>,
    /// Lower case, without `#`.
    pub tags: Vec<String>,
    /// Whether the post says it was paid for; `None` when the source does not tell.
    pub paid_disclosure: Option<bool>,
}

/// A post's counts at a moment; key (post, hour).
#[derive(Clone, PartialEq, Debug)]
pub struct PostMetricFact {
    pub post: PostId,
    pub observed_at: Timestamp,
    pub views: Option<i64>,
    pub likes: Option<i64>,
    pub comments: Option<i64>,
    pub shares: Option<i64>,
    pub saves: Option<i64>,
    pub reach: Option<i64>,
}

/// One interaction: `actor` turned to `target`.
#[derive(Clone, PartialEq, Debug)]
pub struct InteractionFact {
    pub id: InteractionId,
    pub kind: InteractionKind,
    pub actor: AccountId,
    /// `None` when the one spoken to is not known (a deleted account).
    pub target: Option<AccountId>,
    /// The post it was made under.
    pub post: Option<PostId>,
    /// The interaction it answers, where the source says so; of a like, repost or follow the record that states it, by which its end is
    /// recognised.
    pub parent: Option<InteractionId>,
    pub at: Timestamp,
    pub text: Option<TextId>,
    /// Whether the post's author made it, under their own post.
    pub by_author: bool,
}

/// A text, stored once; key its hash.
#[derive(Clone, PartialEq, Debug)]
pub struct TextFact {
    pub id: TextId,
    pub body: String,
}

impl TextFact {
    pub fn new(body: String) -> TextFact {
        TextFact { id: TextId::of(&body), body }
    }
}

/// A bounded portion of an import, in the order it was read.
#[derive(Clone, Default, PartialEq, Debug)]
pub struct FactBatch {
    pub accounts: Vec<AccountFact>,
    pub profiles: Vec<ProfileFact>,
    pub posts: Vec<PostFact>,
    pub post_metrics: Vec<PostMetricFact>,
    pub interactions: Vec<InteractionFact>,
    pub texts: Vec<TextFact>,
}

impl FactBatch {
    /// How many facts it holds; importers hand a batch on when this passes their bound.
    pub fn len(&self) -> usize {
        self.accounts.len()
            + self.profiles.len()
            + self.posts.len()
            + self.post_metrics.len()
            + self.interactions.len()
            + self.texts.len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
