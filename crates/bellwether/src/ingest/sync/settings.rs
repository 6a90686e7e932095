//! How deep a connection goes and how far back, as it is kept with it.

use model::{Days, Platform};
use serde::{Deserialize, Serialize};

/// What is brought in of an account that is watched, beside its profile and posts.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// What was answered below posts, with everything below that.
    Threads,
    Likes,
    Reposts,
    Quotes,
    Followers,
    /// Whom it follows.
    Following,
}

impl Part {
    pub const ALL: [Part; 6] =
        [Part::Threads, Part::Likes, Part::Reposts, Part::Quotes, Part::Followers, Part::Following];

    pub fn code(self) -> &'static str {
        match self {
            Part::Threads => "threads",
            Part::Likes => "likes",
            Part::Reposts => "reposts",
            Part::Quotes => "quotes",
            Part::Followers => "followers",
            Part::Following => "following",
        }
    }

    pub fn from_code(code: &str) -> Option<Part> {
        Part::ALL.into_iter().find(|part| part.code() == code)
    }

    pub fn words(self) -> &'static str {
        match self {
            Part::Threads => "what is answered below posts",
            Part::Likes => "who likes posts",
            Part::Reposts => "who passes posts on",
            Part::Quotes => "who quotes posts",
            Part::Followers => "who follows",
            Part::Following => "who is followed",
        }
    }
}

/// Which stream a connection listens to.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StreamKind {
    /// JSON, one object an event.
    Jetstream,
    /// `com.atproto.sync.subscribeRepos`, as relays and servers of repositories offer it.
    Repos,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct StreamSettings {
    pub kind: StreamKind,
    /// `https://jetstream2.us-east.bsky.network`.
    pub server: String,
    /// Takes what everybody does, not only what touches those who are watched.
    #[serde(default)]
    pub takes_everybody: bool,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ConnectionSettings {
    /// Posts older than this are not asked for.
    pub history_days: Days,
    /// What is answered and liked below posts younger than this is asked for again each time.
    pub fresh_days: Days,
    pub parts: Vec<Part>,
    pub stream: Option<StreamSettings>,
    /// The platform's number of the own account, where it is asked for it.
    #[serde(default)]
    pub own_id: Option<String>,
    /// The key of the operator's own app, where the connection rests on somebody's consent.
    #[serde(default)]
    pub app_key: Option<String>,
    /// The server may stand on this machine or in the own network.
    #[serde(default)]
    pub may_reach_inside: bool,
}

impl ConnectionSettings {
    pub fn takes(&self, part: Part) -> bool {
        self.parts.contains(&part)
    }
}

impl Default for ConnectionSettings {
    fn default() -> ConnectionSettings {
        ConnectionSettings {
            history_days: Days(365),
            fresh_days: Days(14),
            parts: vec![Part::Threads, Part::Likes, Part::Reposts, Part::Quotes, Part::Followers],
            stream: None,
            own_id: None,
            app_key: None,
            may_reach_inside: false,
        }
    }
}

/// What a platform gives, what it does not, and what it costs: said before anybody connects it.
pub struct Offer {
    pub platform: Platform,
    /// Where most people ask; empty where each asks a server of their own.
    pub server: &'static str,
    pub gives: &'static [&'static str],
    pub does_not: &'static [&'static str],
    /// What can be brought in beside profiles and posts.
    pub parts: &'static [Part],
    pub costs: &'static str,
    pub needs: &'static str,
}

/// The platforms that can be connected.
pub const OFFERS: [Offer; 5] = [
    Offer {
        platform: Platform::Bluesky,
        server: "https://public.api.bsky.app",
        gives: &[
            "profiles with their counts, posts, whole threads",
            "who likes, passes on and quotes a post, by name",
            "who follows whom, by name",
            "posts found by words, hashtags, language",
            "everything as it happens, by its stream; what is taken back goes here too",
        ],
        does_not: &[
            "how often a post was seen",
            "when somebody began to follow, unless the stream was listening",
            "accounts that ask to be shown to members alone: they are left out",
        ],
        parts: &[Part::Threads, Part::Likes, Part::Reposts, Part::Quotes, Part::Followers, Part::Following],
        costs: "Nothing in money: 3,000 calls in five minutes are allowed; at most 2,400 are made.",
        needs: "Nothing: it is open, and nobody signs in.",
    },
    Offer {
        platform: Platform::Mastodon,
        server: "",
        gives: &[
            "profiles with their counts, public posts, whole threads",
            "who marks a post as a favourite and who boosts it, by name",
            "who follows whom, where they do not hide it",
            "posts with a hashtag",
        ],
        does_not: &[
            "how often a post was seen",
            "accounts that ask not to be indexed: they are left out, and go where they were held",
            "what one server has not heard of: each knows a part of the network",
        ],
        parts: &[Part::Threads, Part::Likes, Part::Reposts, Part::Followers, Part::Following],
        costs: "Nothing in money: 300 calls in five minutes are allowed; at most 240 are made.",
        needs: "The server that is asked. Many answer only somebody who has an account there: then a token of it.",
    },
    Offer {
        platform: Platform::YouTube,
        server: "https://www.googleapis.com",
        gives: &[
            "channels with their counts, as far as they show them",
            "videos with views, likes, comments, and whether they say that they are paid for",
            "comments and replies by name, so that conversations can be seen",
            "videos found by words",
            "with the consent of a channel's owner: who subscribes to it and lets it be seen",
        ],
        does_not: &[
            "who subscribes to somebody else's channel, or who likes a video",
            "numbers made of it, before you say that the platform's amendment on derived numbers was accepted (Sources)",
            "anything older than thirty days that was not fetched again",
        ],
        parts: &[Part::Threads, Part::Followers],
        costs: "Nothing in money: 10,000 units and 100 searches a day, of which 9,500 and 95 are used at most. A channel with fifty videos costs three units, and one for each hundred comments.",
        needs: "A key of a project of your own (YouTube Data API v3); for the own channel an OAuth client of it and its owner's consent.",
    },
    Offer {
        platform: Platform::Instagram,
        server: "https://graph.facebook.com/v25.0/",
        gives: &[
            "the own account with its counts, posts, and their reach, views, saves and shares",
            "comments and replies below own posts, by name",
            "who tags the own account",
            "other professional accounts with their counts and posts, once the platform has reviewed your app",
            "posts with a hashtag, of nobody knows whom",
            "creators of its marketplace by words (watch the words “creators: vegan baking”), once your app may",
        ],
        does_not: &[
            "who follows anybody, or who likes a post; of followers bring the export in",
            "comments below posts of others",
        ],
        parts: &[Part::Threads],
        costs: "Nothing in money: 200 calls an hour and thirty hashtags in seven days, of which 160 and 28 are used at most.",
        needs: "A professional account, an app of your own, and its token for that account.",
    },
    Offer {
        platform: Platform::TikTok,
        server: "https://open.tiktokapis.com",
        gives: &[
            "the account of a creator who logs in and agrees, with its counts",
            "their videos with views, likes, comments and shares as numbers",
        ],
        does_not: &[
            "comments, or who follows anybody: bring the creator's own export in",
            "anybody who has not agreed",
        ],
        parts: &[],
        costs: "Nothing in money: 600 calls a minute are allowed; at most 120 are made.",
        needs: "An app of your own with Login Kit and the scopes user.info.profile, user.info.stats and video.list; a connection for each creator, who agrees by a link.",
    },
];

pub fn offer(platform: Platform) -> Option<&'static Offer> {
    OFFERS.iter().find(|offer| offer.platform == platform)
}
