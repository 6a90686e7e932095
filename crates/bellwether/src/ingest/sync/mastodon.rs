//! The work of a Mastodon connection, page by page, on one server: accounts, statuses, threads, favourites, boosts, followers, hashtags.
//!
//! Ids are local to the server that is asked, so subjects of work name the id there and, beside it, the `uri` that is the same everywhere.

use std::collections::HashMap;

use axum::http::header;
use model::Platform;
use platforms::Collected;
use platforms::mastodon::{
    Account, LeftOut, Status, Thread, Why, account_facts, boost_facts, favourite_facts, follow_facts, next_page,
    status_facts,
};
use platforms::receive::Named;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::asking::{AskError, Asking, Budget, Window};
use super::ending::Ending;
use super::settings::Part;
use super::work::{DAY, HOUR, Page, Working, task};

/// Of 300 calls in five minutes a fifth is left to others on the same line.
pub const BUDGET: Budget =
    Budget { bucket: "calls in five minutes", window: Window::Seconds(300), calls_max: 240, calls_each: 1 };

const PEOPLE_EACH: &str = "80";
const STATUSES_EACH: &str = "40";
/// Accounts whose names on the server are remembered.
const NAMES_MAX: usize = 200_000;

/// What is remembered from page to page.
#[derive(Default)]
pub struct Remembered {
    named: Named,
    /// `uri` of an account by its id on the server.
    uris: HashMap<String, String>,
    pub ended: Vec<Ending>,
}

impl Remembered {
    pub fn forget_named(&mut self) {
        self.named = Named::new();
    }

    fn meet(&mut self, account: &Account) {
        if let (Some(id), Some(uri)) = (&account.id, account.key()) {
            if self.uris.len() >= NAMES_MAX {
                self.uris.clear();
            }
            self.uris.insert(id.clone(), uri.to_owned());
        }
    }

    fn meet_all<'a>(&mut self, statuses: impl IntoIterator<Item = &'a Status>) {
        for status in statuses {
            status.account.iter().for_each(|account| self.meet(account));
            if let Some(boosted) = status.reblog.as_deref() {
                boosted.account.iter().for_each(|account| self.meet(account));
            }
        }
    }

    /// Whoever may not be kept goes where something is held of them; a status that is not public is simply not taken.
    fn leave_out(&mut self, left_out: LeftOut) {
        if matches!(left_out.why, Why::NotToBeIndexed | Why::Suspended) && !left_out.uri.is_empty() {
            let native_id = left_out.uri;
            self.ended.push(Ending::Account { platform: Platform::Mastodon, native_id, is_for_good: false });
        }
    }

    fn take(&mut self, status: &Status, thread: Thread<'_>, working: &Working<'_>, found: &mut Collected) -> bool {
        let uris = &self.uris;
        let taken = status_facts(status, working.now, thread, &|id| uris.get(id).cloned(), found, &mut self.named);
        match taken {
            Ok(_) => true,
            Err(left_out) => {
                self.leave_out(left_out);
                false
            }
        }
    }
}

#[derive(Deserialize)]
struct Context {
    #[serde(default)]
    ancestors: Vec<Status>,
    #[serde(default)]
    descendants: Vec<Status>,
}

#[derive(Deserialize)]
struct Found {
    #[serde(default)]
    statuses: Vec<Status>,
}

/// One page of a list, and where the next one begins: the server says it in a header, of which only the place is believed.
async fn list<T: DeserializeOwned>(
    asking: &mut Asking<'_>,
    path: &str,
    query: &[(&str, &str)],
) -> Result<(Vec<T>, Option<String>), AskError> {
    let answered = asking.get(BUDGET, path, query).await?;
    let rows: Vec<T> =
        serde_json::from_slice(&answered.body).map_err(|error| AskError::Unreadable(error.to_string()))?;
    let next = answered.headers.get(header::LINK).and_then(|value| value.to_str().ok()).and_then(next_page);
    let place = next.and_then(|address| url::Url::parse(&address).ok()).and_then(|address| {
        address.query_pairs().find(|(key, _)| key == "max_id").map(|(_, value)| value.into_owned())
    });
    let place = place.filter(|_| !rows.is_empty());
    Ok((rows, place))
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
    let named = working.named();
    let part = |place: usize| named.get(place).copied().unwrap_or_default();
    let paged = |limit: &'static str| {
        let mut query = vec![("limit", limit)];
        query.extend(job.cursor.as_deref().map(|cursor| ("max_id", cursor)));
        query
    };
    match job.task.as_str() {
        task::PROFILE => {
            // Whoever lives on this server is known there without its name.
            let host = format!("@{}", asking.host());
            let query = [("acct", job.subject.strip_suffix(&host).unwrap_or(&job.subject))];
            let account: Account = asking.json(BUDGET, "api/v1/accounts/lookup", &query).await?;
            found.rows += 1;
            remembered.meet(&account);
            match account_facts(&account, now, found, &mut remembered.named) {
                Ok(_) => {
                    page.is_who = account.key().map(str::to_owned);
                    let subject =
                        format!("{} {}", account.id.as_deref().unwrap_or_default(), account.key().unwrap_or_default());
                    page.asked.push(working.follows(task::POSTS, &subject, Some(6 * HOUR), 1));
                    // Whoever hides whom they know is not asked.
                    let is_open = account.hide_collections != Some(true);
                    for (part, task) in [(Part::Followers, task::FOLLOWERS), (Part::Following, task::FOLLOWING)] {
                        if is_open && working.settings.takes(part) {
                            page.asked.push(working.follows(task, &subject, Some(7 * DAY), 5));
                        }
                    }
                }
                Err(left_out) => {
                    let why = left_out.why.to_string();
                    remembered.leave_out(left_out);
                    return Err(AskError::NotToBeKept(why));
                }
            }
        }
        task::POSTS => {
            let mut query = paged(STATUSES_EACH);
            query.push(("exclude_reblogs", "false"));
            let path = format!("api/v1/accounts/{}/statuses", part(0));
            let (statuses, next): (Vec<Status>, _) = list(asking, &path, &query).await?;
            found.rows += statuses.len() as u64;
            let is_old = statuses_taken(working, remembered, &statuses, found, &mut page);
            page.cursor = next.filter(|_| !is_old);
        }
        task::SEARCH => {
            let subject = job.subject.trim();
            let (statuses, next) = match subject.strip_prefix('#') {
                Some(tag) => list(asking, &format!("api/v1/timelines/tag/{tag}"), &paged(STATUSES_EACH)).await?,
                None => {
                    let query = [("q", subject), ("type", "statuses"), ("limit", STATUSES_EACH)];
                    let answer: Found = asking.json(BUDGET, "api/v2/search", &query).await?;
                    (answer.statuses, None)
                }
            };
            found.rows += statuses.len() as u64;
            let is_old = statuses_taken(working, remembered, &statuses, found, &mut page);
            for account in statuses.iter().filter_map(|status| status.account.as_ref()) {
                // Whoever was found shows who they are; the note says whether they may be kept.
                drop(account_facts(account, now, found, &mut remembered.named));
            }
            page.cursor = next.filter(|_| !is_old && job.pages < 25);
        }
        task::THREAD => {
            let status: Status = asking.json(BUDGET, &format!("api/v1/statuses/{}", part(0)), &[]).await?;
            let context: Context = asking.json(BUDGET, &format!("api/v1/statuses/{}/context", part(0)), &[]).await?;
            let all: Vec<&Status> = context.ancestors.iter().chain([&status]).chain(&context.descendants).collect();
            remembered.meet_all(all.iter().copied());
            found.rows += all.len() as u64;
            let by_id: HashMap<&str, &Status> = all.iter().filter_map(|one| Some((one.id.as_deref()?, *one))).collect();
            let root = all[0];
            let author = |status: &Status| status.account.as_ref().and_then(|account| account.key().map(str::to_owned));
            let root_author = author(root);
            for one in &all {
                let parent = one.in_reply_to_id.as_deref().and_then(|id| by_id.get(id));
                let thread = Thread {
                    root: root.uri.as_deref().filter(|_| one.id != root.id),
                    root_author: root_author.as_deref(),
                    parent: parent.and_then(|parent| parent.uri.as_deref()),
                };
                remembered.take(one, thread, working, found);
            }
        }
        task::LIKES => {
            let path = format!("api/v1/statuses/{}/favourited_by", part(0));
            let (accounts, next): (Vec<Account>, _) = list(asking, &path, &paged(PEOPLE_EACH)).await?;
            found.rows += accounts.len() as u64;
            let left_out = favourite_facts(part(1), part(2), &accounts, now, found, &mut remembered.named);
            left_out.into_iter().for_each(|one| remembered.leave_out(one));
            page.cursor = next;
        }
        task::REPOSTS => {
            let path = format!("api/v1/statuses/{}/reblogged_by", part(0));
            let (accounts, next): (Vec<Account>, _) = list(asking, &path, &paged(PEOPLE_EACH)).await?;
            found.rows += accounts.len() as u64;
            let left_out = boost_facts(part(1), part(2), &accounts, now, found, &mut remembered.named);
            left_out.into_iter().for_each(|one| remembered.leave_out(one));
            page.cursor = next;
        }
        task::FOLLOWERS => {
            let path = format!("api/v1/accounts/{}/followers", part(0));
            let (accounts, next): (Vec<Account>, _) = list(asking, &path, &paged(PEOPLE_EACH)).await?;
            found.rows += accounts.len() as u64;
            let left_out = follow_facts(part(1), &accounts, now, found, &mut remembered.named);
            left_out.into_iter().for_each(|one| remembered.leave_out(one));
            page.cursor = next;
        }
        task::FOLLOWING => {
            let path = format!("api/v1/accounts/{}/following", part(0));
            let (accounts, next): (Vec<Account>, _) = list(asking, &path, &paged(PEOPLE_EACH)).await?;
            found.rows += accounts.len() as u64;
            let owner = Account { uri: Some(part(1).to_owned()), ..Account::default() };
            for followed in &accounts {
                if let Some(key) = followed.key() {
                    let left_out = follow_facts(key, std::slice::from_ref(&owner), now, found, &mut remembered.named);
                    left_out.into_iter().for_each(|one| remembered.leave_out(one));
                }
            }
            page.cursor = next;
        }
        other => return Err(AskError::Unreadable(format!("there is no work called {other:?}"))),
    }
    Ok(page)
}

/// Takes statuses of a list, and asks for what is said below each; whether all of them are older than is asked for.
fn statuses_taken(
    working: &Working<'_>,
    remembered: &mut Remembered,
    statuses: &[Status],
    found: &mut Collected,
    page: &mut Page,
) -> bool {
    remembered.meet_all(statuses);
    let back_to = working.back_to();
    let mut is_old = !statuses.is_empty();
    for status in statuses {
        let at = status.created_at.as_deref().and_then(platforms::moments::of_iso);
        let is_before = at.is_some_and(|at| at < back_to);
        is_old &= is_before;
        if is_before {
            continue;
        }
        let is_reply = status.in_reply_to_id.is_some();
        // Where an answer stands is told by its thread.
        if is_reply {
            if let Some(id) = &status.id
                && working.settings.takes(Part::Threads)
            {
                page.asked.push(working.follows(task::THREAD, id, None, 2));
            }
            continue;
        }
        if remembered.take(status, Thread::default(), working, found) && status.reblog.is_none() {
            page.asked.extend(about_status(working, status));
        }
    }
    is_old
}

fn about_status(working: &Working<'_>, status: &Status) -> Vec<store::NewJob> {
    let (Some(id), Some(uri)) = (&status.id, &status.uri) else { return vec![] };
    let author = status.account.as_ref().and_then(Account::key).unwrap_or_default();
    let some = |count: Option<i64>| count.unwrap_or(0) > 0;
    [
        (Part::Threads, task::THREAD, some(status.replies_count), id.clone(), 2),
        (Part::Likes, task::LIKES, some(status.favourites_count), format!("{id} {uri} {author}"), 3),
        (Part::Reposts, task::REPOSTS, some(status.reblogs_count), format!("{id} {uri} {author}"), 4),
    ]
    .into_iter()
    .filter(|(part, _, is_some, _, _)| *is_some && working.settings.takes(*part))
    .map(|(_, task, _, subject, behind)| working.follows(task, &subject, None, behind))
    .collect()
}
