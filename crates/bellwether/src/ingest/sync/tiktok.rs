//! The work of a TikTok connection, page by page: the account of somebody who logged in and agreed, and their videos with counts.
//!
//! Nothing else is told to a consenting user's app: no comments, no followers, nobody else.

use model::Platform;
use model::facts::AccountKind;
use platforms::Collected;
use platforms::tiktok_display::{DisplayProblem, Told, UserInfo, VideoList, user_facts, video_facts};
use serde_json::json;

use super::asking::{AskError, Asking, Budget, Window};
use super::work::{HOUR, OWN, Page, Remembered, Working, task};

/// Of 600 calls a minute and app a fifth is made at most: a creator with a thousand videos takes fifty.
pub const BUDGET: Budget =
    Budget { bucket: "calls in a minute", window: Window::Seconds(60), calls_max: 120, calls_each: 1 };

const USER_FIELDS: &str = "open_id,union_id,display_name,username,bio_description,is_verified,follower_count,following_count,likes_count,video_count";
const VIDEO_FIELDS: &str =
    "id,create_time,title,video_description,share_url,view_count,like_count,comment_count,share_count,duration";
/// Videos a page, the most there may be.
const VIDEOS_A_PAGE: u32 = 20;

/// Does one page.
pub async fn step(
    asking: &mut Asking<'_>,
    working: &Working<'_>,
    remembered: &mut Remembered,
    found: &mut Collected,
) -> Result<Page, AskError> {
    let (job, now) = (working.job, working.now);
    let mut page = Page { every_seconds: job.every_seconds, ..Page::default() };
    match job.task.as_str() {
        task::PROFILE if job.subject == OWN => {
            let info: UserInfo = asking.json(BUDGET, "v2/user/info/", &[("fields", USER_FIELDS)]).await?;
            refuse_problem(info.error.as_ref())?;
            let user = info.data.and_then(|data| data.user).unwrap_or_default();
            found.rows += 1;
            if user_facts(&user, AccountKind::Unknown, now, found, &mut remembered.named).is_none() {
                let why = "the account does not say its name: whoever agreed did not agree to their profile being read";
                return Err(AskError::Unreadable(why.to_owned()));
            }
            let handle = user.username.as_deref().unwrap_or_default().trim_start_matches('@').to_lowercase();
            page.asked.push(working.follows(task::POSTS, &handle, Some(6 * HOUR), 1));
            page.is_who = Some(handle);
        }
        task::PROFILE => {
            return Err(AskError::Refused {
                status: 404,
                code: "onlyOwn".to_owned(),
                message: format!("{} shows the account of whoever agreed alone: watch {OWN}", Platform::TikTok.name()),
            });
        }
        task::POSTS => {
            let mut body = json!({ "max_count": VIDEOS_A_PAGE });
            if let Some(cursor) = job.cursor.as_deref().and_then(|cursor| cursor.parse::<i64>().ok()) {
                body["cursor"] = json!(cursor);
            }
            let list: VideoList =
                asking.json_posted(BUDGET, "v2/video/list/", &[("fields", VIDEO_FIELDS)], &body).await?;
            refuse_problem(list.error.as_ref())?;
            let videos = list.data.unwrap_or_default();
            let shown = videos.videos.as_deref().unwrap_or_default();
            found.rows += shown.len() as u64;
            let mut is_old = !shown.is_empty();
            for video in shown {
                let at = video.create_time.and_then(platforms::moments::of_unix_seconds);
                let is_before = at.is_some_and(|at| at < working.back_to());
                is_old &= is_before;
                if !is_before {
                    video_facts(video, &job.subject, now, found, &mut remembered.named);
                }
            }
            page.cursor = videos.after().filter(|_| !is_old).map(|cursor| cursor.to_string());
        }
        other => return Err(AskError::Unreadable(format!("there is no work called {other:?}"))),
    }
    Ok(page)
}

/// An answer that came may still say that something is wrong.
fn refuse_problem(told: Option<&Told>) -> Result<(), AskError> {
    match told.and_then(DisplayProblem::of_told) {
        None => Ok(()),
        Some(problem) => {
            let (status, code) = match &problem {
                DisplayProblem::AccessTokenInvalid => (401, "access_token_invalid"),
                DisplayProblem::ScopeNotAuthorized => (403, "scope_not_authorized"),
                DisplayProblem::RateLimitExceeded => (429, "rate_limit_exceeded"),
                DisplayProblem::Other(_) => (400, "refused"),
            };
            Err(AskError::Refused { status, code: code.to_owned(), message: problem.to_string() })
        }
    }
}
