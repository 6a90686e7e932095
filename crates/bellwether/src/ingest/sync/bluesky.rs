//! The work of a Bluesky connection, page by page: profiles, posts, threads, likes, reposts, quotes, followers, searches.

use platforms::bluesky::records::RecordName;
use platforms::bluesky::views;
use platforms::{Collected, bluesky::views::Answers};
use store::NewJob;

use super::asking::{AskError, Asking, Budget, Window};
use super::settings::Part;
use super::work::{DAY, HOUR, Page, Working, task};

/// Of 3,000 calls in five minutes a fifth is left to others on the same line.
pub const BUDGET: Budget =
    Budget { bucket: "calls in five minutes", window: Window::Seconds(300), calls_max: 2_400, calls_each: 1 };

/// Profiles that are asked for together.
const PROFILES_EACH: usize = 25;
/// Pages of what a search finds, a hundred posts each.
const SEARCH_PAGES_MAX: i64 = 50;

/// Does one page.
pub async fn step(
    asking: &mut Asking<'_>,
    working: &Working<'_>,
    answers: &mut Answers,
    found: &mut Collected,
) -> Result<Page, AskError> {
    let (job, now) = (working.job, working.now);
    let subject = job.subject.as_str();
    let mut query: Vec<(&str, &str)> = vec![];
    let paged = |key: &'static str| {
        let mut query = vec![(key, subject), ("limit", "100")];
        query.extend(job.cursor.as_deref().map(|cursor| ("cursor", cursor)));
        query
    };
    let mut page = Page { every_seconds: job.every_seconds, ..Page::default() };
    match job.task.as_str() {
        task::PROFILE => {
            query.push(("actor", subject));
            let person: views::Person = asking.json(BUDGET, "xrpc/app.bsky.actor.getProfile", &query).await?;
            found.rows += 1;
            page.is_who = Some(person.did.clone());
            if answers.profile(&person, now, found).is_some() {
                page.asked.push(working.follows(task::POSTS, &person.did, Some(6 * HOUR), 1));
                for (part, task) in [(Part::Followers, task::FOLLOWERS), (Part::Following, task::FOLLOWING)] {
                    if working.settings.takes(part) {
                        page.asked.push(working.follows(task, &person.did, Some(7 * DAY), 5));
                    }
                }
            }
        }
        task::PROFILES => {
            query.extend(subject.split(' ').map(|did| ("actors", did)));
            let people: views::Profiles = asking.json(BUDGET, "xrpc/app.bsky.actor.getProfiles", &query).await?;
            found.rows += people.profiles.len() as u64;
            for person in &people.profiles {
                answers.profile(person, now, found);
            }
        }
        task::POSTS => {
            let mut query = paged("actor");
            query.push(("filter", "posts_with_replies"));
            let feed: views::Feed = asking.json(BUDGET, "xrpc/app.bsky.feed.getAuthorFeed", &query).await?;
            found.rows += feed.feed.len() as u64;
            let back_to = working.back_to();
            let mut is_old = !feed.feed.is_empty();
            for entry in &feed.feed {
                // What was passed on is its author's; that it was is learnt from who passes posts on.
                if entry.reason.is_some() || entry.post.author.did != subject {
                    continue;
                }
                answers.post(&entry.post, now, found);
                let is_before = entry.post.created_at().is_some_and(|at| at < back_to);
                is_old &= is_before;
                if !is_before {
                    page.asked.extend(about_post(working, &entry.post));
                }
            }
            page.cursor = feed.cursor.filter(|_| !is_old && !feed.feed.is_empty());
        }
        task::THREAD => {
            query.extend([("uri", subject), ("depth", "1000"), ("parentHeight", "0")]);
            let thread: views::Thread = asking.json(BUDGET, "xrpc/app.bsky.feed.getPostThread", &query).await?;
            let before = found.facts.posts.len() + found.facts.interactions.len();
            answers.thread(&thread.thread, now, found);
            found.rows += (found.facts.posts.len() + found.facts.interactions.len() - before) as u64;
        }
        task::LIKES => {
            let likes: views::Likes = asking.json(BUDGET, "xrpc/app.bsky.feed.getLikes", &paged("uri")).await?;
            found.rows += likes.likes.len() as u64;
            answers.likes(&likes, now, found);
            page.cursor = likes.cursor.filter(|_| !likes.likes.is_empty());
        }
        task::REPOSTS => {
            let reposts: views::RepostedBy =
                asking.json(BUDGET, "xrpc/app.bsky.feed.getRepostedBy", &paged("uri")).await?;
            found.rows += reposts.reposted_by.len() as u64;
            answers.reposts(&reposts, now, found);
            page.cursor = reposts.cursor.filter(|_| !reposts.reposted_by.is_empty());
        }
        task::QUOTES => {
            let posts: views::Posts = asking.json(BUDGET, "xrpc/app.bsky.feed.getQuotes", &paged("uri")).await?;
            found.rows += posts.posts.len() as u64;
            posts.posts.iter().for_each(|post| answers.post(post, now, found));
            page.cursor = posts.cursor.filter(|_| !posts.posts.is_empty());
        }
        task::FOLLOWERS => {
            let list: views::Followers =
                asking.json(BUDGET, "xrpc/app.bsky.graph.getFollowers", &paged("actor")).await?;
            found.rows += list.followers.len() as u64;
            list.followers.iter().for_each(|follower| answers.follows(follower, &list.subject, now, found));
            page.cursor = list.cursor.filter(|_| !list.followers.is_empty());
        }
        task::FOLLOWING => {
            let list: views::Follows = asking.json(BUDGET, "xrpc/app.bsky.graph.getFollows", &paged("actor")).await?;
            found.rows += list.follows.len() as u64;
            list.follows.iter().for_each(|followed| answers.follows(&list.subject, followed, now, found));
            page.cursor = list.cursor.filter(|_| !list.follows.is_empty());
        }
        task::SEARCH => {
            let posts: views::Posts = asking.json(BUDGET, "xrpc/app.bsky.feed.searchPosts", &paged("q")).await?;
            found.rows += posts.posts.len() as u64;
            let back_to = working.back_to();
            let is_before = |view: &views::PostView| view.created_at().is_some_and(|at| at < back_to);
            for view in &posts.posts {
                answers.post(view, now, found);
                page.asked.extend(about_post(working, view));
            }
            let is_old = posts.posts.iter().all(is_before);
            page.asked.extend(profiles_of(working, &posts.posts));
            let goes_on = !is_old && !posts.posts.is_empty() && job.pages < SEARCH_PAGES_MAX;
            page.cursor = posts.cursor.filter(|_| goes_on);
        }
        other => return Err(AskError::Unreadable(format!("there is no work called {other:?}"))),
    }
    Ok(page)
}

/// What is asked about one post: what was answered, who likes it, passes it on, quotes it, where anybody did. Nothing of an answer:
/// what is said below it lies in the thread of the post above it all.
fn about_post(working: &Working<'_>, view: &views::PostView) -> Vec<NewJob> {
    if view.is_reply() {
        return vec![];
    }
    let some = |count: Option<i64>| count.unwrap_or(0) > 0;
    [
        (Part::Threads, task::THREAD, some(view.reply_count), 2),
        (Part::Likes, task::LIKES, some(view.like_count), 3),
        (Part::Reposts, task::REPOSTS, some(view.repost_count), 4),
        (Part::Quotes, task::QUOTES, some(view.quote_count), 4),
    ]
    .into_iter()
    .filter(|(part, _, is_some, _)| *is_some && working.settings.takes(*part))
    .map(|(_, task, _, behind)| working.follows(task, &view.uri, None, behind))
    .collect()
}

/// Who wrote what was found: their profiles are asked for, as many together as may be.
fn profiles_of(working: &Working<'_>, posts: &[views::PostView]) -> Vec<NewJob> {
    let mut authors: Vec<&str> = (posts.iter())
        .filter(|post| RecordName::of(&post.uri).is_some())
        .map(|post| post.author.did.as_str())
        .collect();
    authors.sort_unstable();
    authors.dedup();
    authors.chunks(PROFILES_EACH).map(|some| working.follows(task::PROFILES, &some.join(" "), None, 6)).collect()
}
