//! Answers of TikTok's Display API read into facts: the account of somebody who logged in and agreed, and their videos with counts.
//!
//! The id of an account differs from app to app, so it is known by its handle in lower case, as in exports; without the scope
//! `user.info.profile` there is no handle, and nothing is taken. Comments and followers are never told. An answer that went well says so
//! in the place of an error: `ok`.

use model::facts::{AccountKind, PostFact, PostKind, PostMetricFact, ProfileFact};
use model::{AccountId, Platform, PostId, Timestamp};
use serde::Deserialize;

use crate::exports::{handle_of, hashtags};
use crate::instagram_graph::{answer, count, given, no_counts};
use crate::moments;
use crate::receive::{Named, Receiver};

/// How much of what an answer says is wrong is kept.
const SAID_LETTERS_MAX: usize = 200;

answer! {
    UserInfo {
        data: UserData,
        error: Told,
    }

    UserData {
        user: User,
    }

    User {
        /// Of this app alone.
        open_id: String,
        /// Of this developer's apps alone.
        union_id: String,
        display_name: String,
        username: String,
        bio_description: String,
        is_verified: bool,
        #[serde(deserialize_with = "count")]
        follower_count: i64,
        #[serde(deserialize_with = "count")]
        following_count: i64,
        /// Of all videos together.
        #[serde(deserialize_with = "count")]
        likes_count: i64,
        #[serde(deserialize_with = "count")]
        video_count: i64,
        profile_deep_link: String,
    }

    VideoList {
        data: VideoPage,
        error: Told,
    }

    VideoPage {
        videos: Vec<Video>,
        /// A moment in milliseconds, by which the next page is asked for.
        #[serde(deserialize_with = "count")]
        cursor: i64,
        has_more: bool,
    }

    Video {
        id: String,
        /// In seconds.
        #[serde(deserialize_with = "count")]
        create_time: i64,
        title: String,
        video_description: String,
        share_url: String,
        #[serde(deserialize_with = "count")]
        view_count: i64,
        #[serde(deserialize_with = "count")]
        like_count: i64,
        #[serde(deserialize_with = "count")]
        comment_count: i64,
        #[serde(deserialize_with = "count")]
        share_count: i64,
        /// In seconds.
        #[serde(deserialize_with = "count")]
        duration: i64,
    }

    /// What stands in the place of an error.
    Told {
        code: String,
        message: String,
    }
}

impl VideoPage {
    /// What the next page is asked for with; `None` on the last one.
    pub fn after(&self) -> Option<i64> {
        self.cursor.filter(|_| self.has_more == Some(true))
    }
}

/// What an answer says is wrong, as far as a caller goes on differently.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum DisplayProblem {
    #[error("the token is not taken: it has expired, or the grant was withdrawn")]
    AccessTokenInvalid,
    #[error("the account's owner did not agree to this")]
    ScopeNotAuthorized,
    #[error("too many calls; wait before the next one")]
    RateLimitExceeded,
    #[error("TikTok answered: {0}")]
    Other(String),
}

impl DisplayProblem {
    /// What an answer says in the place of an error; `None` where all went well.
    pub fn of_told(told: &Told) -> Option<DisplayProblem> {
        let code = given(&told.code).filter(|code| *code != "ok")?;
        Some(match code {
            "access_token_invalid" => DisplayProblem::AccessTokenInvalid,
            "scope_not_authorized" | "scope_permission_missed" => DisplayProblem::ScopeNotAuthorized,
            "rate_limit_exceeded" => DisplayProblem::RateLimitExceeded,
            code => DisplayProblem::Other(shortened(&match given(&told.message) {
                Some(message) => format!("{code}: {message}"),
                None => code.to_owned(),
            })),
        })
    }

    /// Reads the body of any answer; `None` where all went well.
    pub fn of_body(body: &str) -> Option<DisplayProblem> {
        #[derive(Default, Deserialize)]
        #[serde(default)]
        struct Body {
            error: Told,
        }
        match serde_json::from_str::<Body>(body) {
            Ok(Body { error }) => DisplayProblem::of_told(&error),
            Err(_) => Some(DisplayProblem::Other(shortened(body))),
        }
    }
}

/// Takes an account with its profile; `None` where the answer does not say its handle.
pub fn user_facts(
    user: &User,
    kind: AccountKind,
    observed_at: Timestamp,
    receiver: &mut dyn Receiver,
    named: &mut Named,
) -> Option<AccountId> {
    let handle = given(&user.username).and_then(handle_of)?;
    let account = named.account_of_kind(Platform::TikTok, &handle, kind, receiver);
    receiver.facts().profiles.push(ProfileFact {
        display_name: given(&user.display_name).map(str::to_owned),
        handle: Some(handle),
        bio: given(&user.bio_description).map(str::to_owned),
        followers: user.follower_count,
        following: user.following_count,
        posts: user.video_count,
        ..ProfileFact::empty(account, observed_at)
    });
    Some(account)
}

/// Takes a video of `owner`, by handle, with its counts; `None` where the answer does not say which one it is or when it was published.
pub fn video_facts(
    video: &Video,
    owner: &str,
    observed_at: Timestamp,
    receiver: &mut dyn Receiver,
    named: &mut Named,
) -> Option<PostId> {
    let native_id = given(&video.id)?;
    let created_at = video.create_time.and_then(moments::of_unix_seconds)?;
    let handle = handle_of(owner);
    // The address to share names the app in its query.
    let shared = given(&video.share_url).and_then(|link| link.split(['?', '#']).next()).map(str::to_owned);
    let title = given(&video.title);
    let body = given(&video.video_description).or(title);
    let text = body.map(|body| receiver.take_text(body));
    let post = PostId::of(Platform::TikTok, native_id);
    let author = handle.as_ref().map(|handle| named.account(Platform::TikTok, handle, receiver));
    receiver.facts().posts.push(PostFact {
        id: post,
        platform: Platform::TikTok,
        native_id: native_id.to_owned(),
        author,
        created_at,
        kind: PostKind::Video,
        // Mostly the description once more.
        title: title.filter(|title| Some(*title) != body).map(str::to_owned),
        text,
        url: shared.or_else(|| Some(format!("https://www.tiktok.com/@{}/video/{native_id}", handle?))),
        parent: None,
        tags: hashtags(body.unwrap_or_default()),
        paid_disclosure: None,
    });
    let none = no_counts(post, observed_at);
    let counts = PostMetricFact {
        views: video.view_count,
        likes: video.like_count,
        comments: video.comment_count,
        shares: video.share_count,
        ..none.clone()
    };
    if counts != none {
        receiver.facts().post_metrics.push(counts);
    }
    Some(post)
}

fn shortened(text: &str) -> String {
    text.trim().chars().take(SAID_LETTERS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;
    use crate::receive::Collected;
    use crate::zeeschuimer::tests::{any_value, replace_nth};

    const SEEN: Timestamp = Timestamp(1_760_000_000_000_000);

    fn user_info() -> Value {
        json!({"data": {"user": {"open_id": "o", "union_id": "u", "display_name": "Ana brews", "username": "Ana.Brews",
            "bio_description": "beer", "is_verified": false, "follower_count": 9_000, "following_count": 30,
            "likes_count": 70_000, "video_count": 12, "profile_deep_link": "https://vm.tiktok.com/x"}},
            "error": {"code": "ok", "message": "", "log_id": "l"}})
    }

    fn video_list() -> Value {
        json!({"data": {"videos": [{"id": "73", "create_time": 1_700_000_000, "title": "A #Stout",
            "video_description": "A #Stout", "share_url": "https://www.tiktok.com/@ana.brews/video/73?utm_source=app",
            "view_count": 900, "like_count": 30, "comment_count": 4, "share_count": 2, "duration": 15},
            {"id": "74", "create_time": 1_700_000_001, "title": "Short"}, {"id": "75"}, {"create_time": 1_700_000_002}],
            "cursor": 1_699_999_999_000_i64, "has_more": true}, "error": {"code": "ok", "message": ""}})
    }

    fn videos(answer: &VideoList, owner: &str) -> Collected {
        let (mut found, mut named) = (Collected::default(), Named::new());
        for video in answer.data.iter().flat_map(|page| page.videos.iter().flatten()) {
            video_facts(video, owner, SEEN, &mut found, &mut named);
        }
        found
    }

    #[test]
    fn an_account_is_known_by_its_handle_and_without_one_not_taken() {
        let answer: UserInfo = serde_json::from_value(user_info()).expect("an answer");
        let user = answer.data.and_then(|data| data.user).unwrap_or_default();
        let mut found = Collected::default();
        let id = user_facts(&user, AccountKind::Person, SEEN, &mut found, &mut Named::new());
        assert_eq!(id, Some(AccountId::of(Platform::TikTok, "", "ana.brews")));
        let profile = &found.facts.profiles[0];
        assert_eq!((profile.followers, profile.following, profile.posts), (Some(9_000), Some(30), Some(12)));
        assert_eq!((profile.handle.as_deref(), profile.bio.as_deref()), (Some("ana.brews"), Some("beer")));
        let basic = User { username: None, ..user };
        assert_eq!(user_facts(&basic, AccountKind::Person, SEEN, &mut found, &mut Named::new()), None);
        assert_eq!(found.facts.accounts.len(), 1);
    }

    #[test]
    fn a_video_is_a_post_with_counts() {
        let answer: VideoList = serde_json::from_value(video_list()).expect("an answer");
        let found = videos(&answer, "@Ana.Brews");
        let [first, second] = &found.facts.posts[..] else { panic!("{found:?}") };
        assert_eq!((first.native_id.as_str(), first.kind, first.title.as_deref()), ("73", PostKind::Video, None));
        assert_eq!(first.author, Some(AccountId::of(Platform::TikTok, "", "ana.brews")));
        assert_eq!((first.created_at.unix_seconds(), &first.tags[..]), (1_700_000_000, &["stout".to_owned()][..]));
        assert_eq!(first.url.as_deref(), Some("https://www.tiktok.com/@ana.brews/video/73"));
        assert_eq!(second.url.as_deref(), Some("https://www.tiktok.com/@ana.brews/video/74"));
        assert_eq!(found.facts.texts[1].body, "Short");
        let [counts] = &found.facts.post_metrics[..] else { panic!("what is not told is not known: {found:?}") };
        assert_eq!((counts.views, counts.likes), (Some(900), Some(30)));
        assert_eq!((counts.comments, counts.shares, counts.saves), (Some(4), Some(2), None));
        let page = answer.data.unwrap_or_default();
        assert_eq!(page.after(), Some(1_699_999_999_000));
        assert_eq!(VideoPage { has_more: Some(false), ..page }.after(), None);
    }

    #[test]
    fn a_problem_is_known_by_its_code_and_ok_is_none() {
        let body = |code: &str| json!({"data": {}, "error": {"code": code, "message": "m", "log_id": "l"}});
        for (body, expected) in [
            (body("ok"), None),
            (json!({"data": {}}), None),
            (body("access_token_invalid"), Some(DisplayProblem::AccessTokenInvalid)),
            (body("scope_not_authorized"), Some(DisplayProblem::ScopeNotAuthorized)),
            (body("scope_permission_missed"), Some(DisplayProblem::ScopeNotAuthorized)),
            (body("rate_limit_exceeded"), Some(DisplayProblem::RateLimitExceeded)),
            (body("internal_error"), Some(DisplayProblem::Other("internal_error: m".to_owned()))),
            (json!("oops"), Some(DisplayProblem::Other("\"oops\"".to_owned()))),
        ] {
            assert_eq!(DisplayProblem::of_body(&body.to_string()), expected);
        }
    }

    proptest! {
        #[test]
        fn no_answer_makes_it_panic(
            noise in proptest::collection::vec(any::<u8>(), 0..200),
            text in "\\PC{0,40}",
            changes in proptest::collection::vec((0usize..40, any_value()), 0..4),
        ) {
            let _ = serde_json::from_slice::<VideoList>(&noise);
            DisplayProblem::of_body(&text);
            let mutated = |mut value: Value| {
                for (nth, with) in &changes {
                    replace_nth(&mut value, &mut nth.clone(), with);
                }
                DisplayProblem::of_body(&value.to_string());
                value
            };
            if let Ok(answer) = serde_json::from_value::<UserInfo>(mutated(user_info())) {
                let user = answer.data.and_then(|data| data.user).unwrap_or_default();
                user_facts(&user, AccountKind::Unknown, SEEN, &mut Collected::default(), &mut Named::new());
            }
            if let Ok(answer) = serde_json::from_value::<VideoList>(mutated(video_list())) {
                let found = videos(&answer, &text);
                prop_assert!(found.facts.post_metrics.len() <= found.facts.posts.len());
            }
        }
    }
}
