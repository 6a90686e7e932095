//! The work of an Instagram connection, page by page: the own account with its posts, comments, insights and who names it; other
//! professional accounts as far as they are shown; hashtags.
//!
//! Asked with a token of an app of the operator's own, for one professional account. Everything beyond that account needs the platform's
//! review of the app, and is refused until then, which the page of the connection says.

use std::collections::HashMap;

use model::facts::AccountKind;
use model::{InteractionKind, Platform, PostId};
use platforms::Collected;
use platforms::instagram_graph::{
    BusinessDiscovery, CommentList, CreatorList, InsightList, MediaList, Tally, Under, User, comment_facts,
    creator_facts, discovery_facts, insight_facts, media_facts, naming_facts, user_facts,
};
use serde::Deserialize;

use super::asking::{AskError, Asking, Budget, Window};
use super::settings::Part;
use super::work::{DAY, HOUR, OWN, Page, Remembered, Working, task};

/// Of 200 calls an hour and account a fifth is left to the operator's other programs.
pub const BUDGET: Budget =
    Budget { bucket: "calls an hour", window: Window::Seconds(HOUR), calls_max: 160, calls_each: 1 };
/// Thirty different hashtags may be asked for in any seven days.
pub const HASHTAGS: Budget =
    Budget { bucket: "hashtags in seven days", window: Window::Seconds(7 * DAY), calls_max: 28, calls_each: 1 };

const USER_FIELDS: &str = "id,username,name,biography,website,followers_count,follows_count,media_count";
const MEDIA_FIELDS: &str =
    "id,caption,media_type,media_product_type,permalink,timestamp,like_count,comments_count,username";
const COMMENT_FIELDS: &str = "id,text,username,from,like_count,parent_id,timestamp,hidden,replies{id,text,username,from,like_count,timestamp,hidden}";
const INSIGHTS: &str = "reach,views,saved,shares,likes,comments,total_interactions";

const CREATOR_FIELDS: &str = "id,username,biography,country,insights.metrics(total_followers)";
/// A search that begins so asks the marketplace for creators, not for posts with a hashtag.
pub const CREATORS: &str = "creators:";
/// Pages of creators that a search takes.
const CREATOR_PAGES_MAX: i64 = 4;

#[derive(Deserialize)]
struct Found {
    #[serde(default)]
    data: Vec<FoundTag>,
}

#[derive(Deserialize)]
struct FoundTag {
    id: String,
}

/// Does one page.
pub async fn step(
    asking: &mut Asking<'_>,
    working: &Working<'_>,
    remembered: &mut Remembered,
    found: &mut Collected,
) -> Result<Page, AskError> {
    let (job, now) = (working.job, working.now);
    let mut page = Page { every_seconds: job.every_seconds, ..Page::default() };
    let own = working.settings.own_id.as_deref().unwrap_or_default();
    let named = working.named();
    let part = |place: usize| named.get(place).copied().unwrap_or_default();
    let after = job.cursor.as_deref().map(|cursor| ("after", cursor));
    match job.task.as_str() {
        task::PROFILE if job.subject == OWN => {
            let user: User = asking.json(BUDGET, own, &[("fields", USER_FIELDS)]).await?;
            found.rows += 1;
            user_facts(&user, AccountKind::Brand, now, found, &mut remembered.named);
            let Some(username) = &user.username else {
                return Err(AskError::Unreadable("the account does not say its name".to_owned()));
            };
            page.is_who = Some(username.to_lowercase());
            page.asked.push(working.follows(task::POSTS, username, Some(6 * HOUR), 1));
            page.asked.push(working.follows(task::QUOTES, username, Some(6 * HOUR), 4));
        }
        task::PROFILE => {
            // Their posts come with who they are, a page at a time.
            let place = job.cursor.as_deref().map(|cursor| format!(".after({cursor})")).unwrap_or_default();
            let fields = format!(
                "business_discovery.username({}){{{USER_FIELDS},media{place}.limit(50){{{MEDIA_FIELDS}}}}}",
                job.subject
            );
            let answer: BusinessDiscovery = asking.json(BUDGET, own, &[("fields", &fields)]).await?;
            discovery_facts(&answer, now, found, &mut remembered.named);
            let user = answer.business_discovery.unwrap_or_default();
            page.is_who = user.username.as_ref().map(|name| name.to_lowercase());
            let media = user.media.unwrap_or_default();
            found.rows += 1 + media.data.len() as u64;
            let is_old = media.data.iter().all(|one| is_before(one.timestamp.as_deref(), working));
            page.cursor = media.cursor().filter(|_| !is_old).map(str::to_owned);
        }
        task::POSTS => {
            let mut query = vec![("fields", MEDIA_FIELDS), ("limit", "50")];
            query.extend(after);
            let media: MediaList = asking.json(BUDGET, &format!("{own}/media"), &query).await?;
            found.rows += media.data.len() as u64;
            for one in &media.data {
                let taken = media_facts(one, Some(part(0)), now, found, &mut remembered.named);
                let (Some(_), Some(id), Some(key)) = (taken, &one.id, one.key()) else { continue };
                if !is_before(one.timestamp.as_deref(), working) {
                    let subject = format!("{id} {key} {}", part(0));
                    page.asked.push(working.follows(task::INSIGHTS, &subject, None, 2));
                    if one.comments_count.unwrap_or(0) > 0 && working.settings.takes(Part::Threads) {
                        page.asked.push(working.follows(task::THREAD, &subject, None, 2));
                    }
                }
            }
            let is_old = media.data.iter().all(|one| is_before(one.timestamp.as_deref(), working));
            page.cursor = media.after().filter(|_| !is_old).map(str::to_owned);
        }
        task::THREAD => {
            let mut query = vec![("fields", COMMENT_FIELDS), ("limit", "50")];
            query.extend(after);
            let comments: CommentList = asking.json(BUDGET, &format!("{}/comments", part(0)), &query).await?;
            found.rows += comments.data.len() as u64;
            let mut tally = Tally::default();
            let under = Under { post: part(1), owner: part(2) };
            comment_facts(&comments.data, under, &HashMap::new(), &mut tally, found, &mut remembered.named);
            page.cursor = comments.after().map(str::to_owned);
        }
        task::INSIGHTS => {
            let query = [("metric", INSIGHTS)];
            let insights: InsightList = asking.json(BUDGET, &format!("{}/insights", part(0)), &query).await?;
            found.rows += 1;
            insight_facts(&insights.data, PostId::of(Platform::Instagram, part(1)), now, found);
        }
        task::QUOTES => {
            let mut query = vec![("fields", MEDIA_FIELDS), ("limit", "50")];
            query.extend(after);
            let media: MediaList = asking.json(BUDGET, &format!("{own}/tags"), &query).await?;
            found.rows += media.data.len() as u64;
            for one in &media.data {
                naming_facts(one, InteractionKind::Tag, part(0), now, found, &mut remembered.named);
            }
            page.cursor = media.after().map(str::to_owned);
        }
        task::SEARCH if job.subject.starts_with(CREATORS) => {
            let words = job.subject.trim_start_matches(CREATORS).trim();
            let mut query = vec![("query", words), ("fields", CREATOR_FIELDS), ("limit", "50")];
            query.extend(after);
            let list: CreatorList = asking.json(BUDGET, &format!("{own}/creator_marketplace_creators"), &query).await?;
            found.rows += list.data.len() as u64;
            for creator in &list.data {
                creator_facts(creator, now, found, &mut remembered.named);
            }
            page.cursor = list.after().filter(|_| job.pages < CREATOR_PAGES_MAX).map(str::to_owned);
        }
        task::SEARCH => {
            let tag = job.subject.trim().trim_start_matches('#').to_lowercase();
            let answer: Found = asking.json(HASHTAGS, "ig_hashtag_search", &[("user_id", own), ("q", &tag)]).await?;
            let Some(hashtag) = answer.data.first() else { return Ok(page) };
            let fields = "id,caption,media_type,permalink,timestamp,like_count,comments_count";
            let query = [("user_id", own), ("fields", fields), ("limit", "50")];
            let media: MediaList = asking.json(BUDGET, &format!("{}/recent_media", hashtag.id), &query).await?;
            found.rows += media.data.len() as u64;
            for one in &media.data {
                media_facts(one, None, now, found, &mut remembered.named);
            }
        }
        other => return Err(AskError::Unreadable(format!("there is no work called {other:?}"))),
    }
    Ok(page)
}

/// Whether a post is older than is asked for.
fn is_before(timestamp: Option<&str>, working: &Working<'_>) -> bool {
    let at = timestamp.and_then(|text| platforms::moments::of_format("%Y-%m-%dT%H:%M:%S%z", text));
    at.is_some_and(|at| at < working.back_to())
}
