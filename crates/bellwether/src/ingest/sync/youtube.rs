//! The work of a YouTube connection, page by page: channels, their uploads with counts, comments with their replies, searches.
//!
//! A key of the operator's own project is asked with. Three buckets are counted apart from midnight to midnight in California: searches,
//! uploads (never made here) and everything else.

use std::collections::HashMap;

use model::Timestamp;
use platforms::Collected;
use platforms::youtube::{
    ChannelListResponse, CommentListResponse, CommentThreadListResponse, PlaylistItemListResponse, SearchListResponse,
    SubscriptionListResponse, Tally, Under, VideoListResponse, channel_facts, comment_facts, subscriber_facts,
    thread_facts, video_facts,
};
use serde::de::DeserializeOwned;
use store::NewJob;

use super::asking::{AskError, Asking, Budget, Window};
use super::settings::Part;
use super::work::{DAY, HOUR, OWN, Page, Remembered, Working, task};

/// Of 10,000 units a day a twentieth is left to the operator's other programs.
pub const BUDGET: Budget =
    Budget { bucket: "units a day", window: Window::PacificDay, calls_max: 9_500, calls_each: 1 };
/// Of 100 searches a day.
pub const SEARCHES: Budget =
    Budget { bucket: "searches a day", window: Window::PacificDay, calls_max: 95, calls_each: 1 };

const CHANNEL_PARTS: &str = "snippet,statistics,contentDetails,topicDetails,status";
const VIDEO_PARTS: &str = "snippet,statistics,contentDetails,paidProductPlacementDetails";
/// Pages of what a search finds, fifty each.
const SEARCH_PAGES_MAX: i64 = 4;
/// How often everything is fetched anew.
const REFRESH_EVERY: i64 = 25 * DAY;

async fn ask<T: DeserializeOwned>(
    asking: &mut Asking<'_>,
    budget: Budget,
    what: &str,
    query: &[(&str, &str)],
) -> Result<T, AskError> {
    asking.json(budget, &format!("youtube/v3/{what}"), query).await
}

/// Does one page.
pub async fn step(
    asking: &mut Asking<'_>,
    working: &Working<'_>,
    remembered: &mut Remembered,
    found: &mut Collected,
) -> Result<Page, AskError> {
    let (job, now) = (working.job, working.now);
    let subject = job.subject.as_str();
    let mut page = Page { every_seconds: job.every_seconds, ..Page::default() };
    let place = job.cursor.as_deref().map(|cursor| ("pageToken", cursor));
    match job.task.as_str() {
        task::PROFILE => {
            let is_own = subject == OWN && working.settings.app_key.is_some();
            let query = match subject {
                _ if is_own => [("part", CHANNEL_PARTS), ("mine", "true")],
                id if id.starts_with("UC") && id.len() == 24 => [("part", CHANNEL_PARTS), ("id", id)],
                handle => [("part", CHANNEL_PARTS), ("forHandle", handle)],
            };
            let channels: ChannelListResponse = ask(asking, BUDGET, "channels", &query).await?;
            let Some(channel) = channels.items.first() else {
                return Err(AskError::Refused {
                    status: 404,
                    code: "channelNotFound".into(),
                    message: "there is no such channel".into(),
                });
            };
            found.rows += 1;
            channel_facts(channel, now, found, &mut remembered.named);
            page.is_who = channel.id.clone();
            if let (true, Some(id)) = (is_own && working.settings.takes(Part::Followers), &channel.id) {
                page.asked.push(working.follows(task::FOLLOWERS, id, Some(DAY), 4));
            }
            let uploads = (channel.content_details.as_ref())
                .and_then(|details| details.related_playlists.as_ref())
                .and_then(|playlists| playlists.uploads.clone());
            if let Some(uploads) = uploads {
                page.asked.push(working.follows(task::POSTS, &uploads, Some(6 * HOUR), 1));
                // What is held has to be fetched again before it is thirty days old.
                let later = Timestamp(now.0 + REFRESH_EVERY * 1_000_000);
                let again = working.follows(task::REFRESH, &uploads, Some(REFRESH_EVERY), 1);
                page.asked.push(NewJob { due_at: later, ..again });
            }
        }
        task::PROFILES => {
            let ids = subject.replace(' ', ",");
            let query = [("part", CHANNEL_PARTS), ("id", ids.as_str()), ("maxResults", "50")];
            let channels: ChannelListResponse = ask(asking, BUDGET, "channels", &query).await?;
            found.rows += channels.items.len() as u64;
            for channel in &channels.items {
                channel_facts(channel, now, found, &mut remembered.named);
            }
        }
        task::POSTS | task::REFRESH => {
            let mut query = vec![("part", "contentDetails"), ("playlistId", subject), ("maxResults", "50")];
            query.extend(place);
            let items: PlaylistItemListResponse = ask(asking, BUDGET, "playlistItems", &query).await?;
            let ids: Vec<&str> =
                (items.items.iter()).filter_map(|item| item.content_details.as_ref()?.video_id.as_deref()).collect();
            let back_to = if job.task == task::REFRESH { working.first_back_to() } else { working.back_to() };
            let is_old = videos(asking, working, remembered, &ids, back_to, found, &mut page).await?;
            page.cursor = items.next_page_token.filter(|_| !ids.is_empty() && !is_old);
        }
        task::THREAD => {
            let mut query =
                vec![("part", "snippet,replies"), ("videoId", subject), ("maxResults", "100"), ("order", "time")];
            query.extend(place);
            let threads: Result<CommentThreadListResponse, AskError> =
                ask(asking, BUDGET, "commentThreads", &query).await;
            let threads = match threads {
                // A video without comments is a state, not a failure.
                Err(AskError::Refused { code, .. }) if code == "commentsDisabled" => return Ok(page),
                other => other?,
            };
            found.rows += threads.items.len() as u64;
            let mut tally = Tally::default();
            for thread in &threads.items {
                thread_facts(thread, &mut tally, found, &mut remembered.named);
                let in_answer =
                    thread.replies.as_ref().and_then(|replies| replies.comments.as_ref()).map_or(0, Vec::len) as i64;
                let total = thread.snippet.as_ref().and_then(|snippet| snippet.total_reply_count).unwrap_or(0);
                if let (true, Some(id)) = (total > in_answer, &thread.id) {
                    let channel =
                        thread.snippet.as_ref().and_then(|snippet| snippet.channel_id.as_deref()).unwrap_or_default();
                    let writer = (thread.snippet.as_ref())
                        .and_then(|snippet| snippet.top_level_comment.as_ref())
                        .and_then(|comment| comment.snippet.as_ref()?.author_channel_id.as_ref()?.value.as_deref())
                        .unwrap_or_default();
                    let subject = format!("{id} {subject} {channel} {writer}");
                    page.asked.push(working.follows(task::REPLIES, &subject, None, 3));
                }
            }
            remark(&tally, found);
            page.cursor = threads.next_page_token.filter(|_| !threads.items.is_empty());
        }
        task::REPLIES => {
            let named = working.named();
            let part = |place: usize| named.get(place).copied().filter(|text| !text.is_empty());
            let parent = part(0).unwrap_or_default();
            let mut query = vec![("part", "snippet"), ("parentId", parent), ("maxResults", "100")];
            query.extend(place);
            let comments: CommentListResponse = ask(asking, BUDGET, "comments", &query).await?;
            found.rows += comments.items.len() as u64;
            let parents: HashMap<String, String> =
                part(3).map(|writer| (parent.to_owned(), writer.to_owned())).into_iter().collect();
            let mut tally = Tally::default();
            for comment in &comments.items {
                let under = Under { video: part(1), channel: part(2) };
                comment_facts(comment, under, &parents, &mut tally, found, &mut remembered.named);
            }
            remark(&tally, found);
            page.cursor = comments.next_page_token.filter(|_| !comments.items.is_empty());
        }
        task::FOLLOWERS => {
            let mut query =
                vec![("part", "snippet,subscriberSnippet"), ("mySubscribers", "true"), ("maxResults", "50")];
            query.extend(place);
            let subscriptions: SubscriptionListResponse = ask(asking, BUDGET, "subscriptions", &query).await?;
            found.rows += subscriptions.items.len() as u64;
            let mut tally = Tally::default();
            subscriber_facts(&subscriptions.items, subject, now, &mut tally, found, &mut remembered.named);
            remark(&tally, found);
            page.cursor = subscriptions.next_page_token.filter(|_| !subscriptions.items.is_empty());
        }
        task::SEARCH => {
            let mut query =
                vec![("part", "snippet"), ("type", "video"), ("q", subject), ("maxResults", "50"), ("order", "date")];
            query.extend(place);
            let results: SearchListResponse = ask(asking, SEARCHES, "search", &query).await?;
            let ids: Vec<&str> =
                results.items.iter().filter_map(|item| item.id.as_ref()?.video_id.as_deref()).collect();
            let is_old = videos(asking, working, remembered, &ids, working.back_to(), found, &mut page).await?;
            let mut channels: Vec<&str> =
                results.items.iter().filter_map(|item| item.snippet.as_ref()?.channel_id.as_deref()).collect();
            channels.sort_unstable();
            channels.dedup();
            page.asked
                .extend(channels.chunks(50).map(|some| working.follows(task::PROFILES, &some.join(" "), None, 6)));
            page.cursor = results.next_page_token.filter(|_| !is_old && job.pages < SEARCH_PAGES_MAX);
        }
        other => return Err(AskError::Unreadable(format!("there is no work called {other:?}"))),
    }
    Ok(page)
}

/// Takes videos with their counts, and asks for what is said below each; whether all of them are older than is asked for.
async fn videos(
    asking: &mut Asking<'_>,
    working: &Working<'_>,
    remembered: &mut Remembered,
    ids: &[&str],
    back_to: Timestamp,
    found: &mut Collected,
    page: &mut Page,
) -> Result<bool, AskError> {
    if ids.is_empty() {
        return Ok(false);
    }
    let joined = ids.join(",");
    let query = [("part", VIDEO_PARTS), ("id", joined.as_str()), ("maxResults", "50")];
    let videos: VideoListResponse = ask(asking, BUDGET, "videos", &query).await?;
    found.rows += videos.items.len() as u64;
    let mut is_old = !videos.items.is_empty();
    for video in &videos.items {
        let at =
            video.snippet.as_ref().and_then(|snippet| platforms::moments::of_iso(snippet.published_at.as_deref()?));
        let is_before = at.is_some_and(|at| at < back_to);
        is_old &= is_before;
        if is_before {
            continue;
        }
        video_facts(video, working.now, found, &mut remembered.named);
        let comments = video.statistics.as_ref().and_then(|statistics| statistics.comment_count).unwrap_or(0);
        if let (Some(id), true) = (&video.id, comments > 0 && working.settings.takes(Part::Threads)) {
            page.asked.push(working.follows(task::THREAD, id, None, 2));
        }
    }
    Ok(is_old)
}

fn remark(tally: &Tally, found: &mut Collected) {
    use platforms::Receiver;
    if tally.without_author > 0 {
        found.remark(format!("{} comments name nobody: their accounts are gone", tally.without_author));
    }
}
