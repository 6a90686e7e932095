//! Work as every platform knows it: its names, one page of it, and what follows from a page.

use model::{Platform, Timestamp};
use platforms::receive::Named;
use store::{JobRow, NewJob};

use super::settings::ConnectionSettings;

pub const HOUR: i64 = 3_600;
pub const DAY: i64 = 24 * HOUR;

/// The own account, or that of whoever agreed, is watched under this name.
pub const OWN: &str = "me";

/// What most platforms' readers remember from page to page: which accounts were named already.
#[derive(Default)]
pub struct Remembered {
    pub named: Named,
}

impl Remembered {
    /// Accounts are named anew from now on.
    pub fn forget_named(&mut self) {
        self.named = Named::new();
    }
}

/// Work by name; the names are kept with it.
pub mod task {
    pub const PROFILE: &str = "profile";
    pub const PROFILES: &str = "profiles";
    pub const POSTS: &str = "posts";
    /// Everything published, once more, before its time ends.
    pub const REFRESH: &str = "refresh";
    pub const THREAD: &str = "thread";
    pub const REPLIES: &str = "replies";
    /// Counts that the platform shows to the owner of a post alone.
    pub const INSIGHTS: &str = "insights";
    pub const LIKES: &str = "likes";
    pub const REPOSTS: &str = "reposts";
    pub const QUOTES: &str = "quotes";
    pub const FOLLOWERS: &str = "followers";
    pub const FOLLOWING: &str = "following";
    pub const SEARCH: &str = "search";
    /// Where the stream was left; no work of its own.
    pub const STREAM: &str = "stream";
}

/// What one page of work came to.
#[derive(Default)]
pub struct Page {
    /// Where the next page begins; `None`: this was the last.
    pub cursor: Option<String>,
    /// When it is done again; `None`: when something asks for it.
    pub every_seconds: Option<i64>,
    pub asked: Vec<NewJob>,
    /// Who somebody that is watched turned out to be.
    pub is_who: Option<String>,
}

/// The work that watching an account or a search begins with.
pub fn first_work(
    platform: Platform,
    kind: &str,
    subject: &str,
    watched: i64,
    priority: i64,
    now: Timestamp,
) -> NewJob {
    // A search of YouTube costs one of a hundred a day,
    // and of Instagram one of thirty hashtags a week.
    let between_searches = match platform {
        Platform::YouTube => DAY,
        Platform::Instagram => 7 * DAY,
        _ => 6 * HOUR,
    };
    let (task, every_seconds) = if kind == "search" { (task::SEARCH, between_searches) } else { (task::PROFILE, DAY) };
    NewJob {
        watched: Some(watched),
        task: task.to_owned(),
        subject: subject.to_owned(),
        due_at: now,
        every_seconds: Some(every_seconds),
        priority: priority * 10,
    }
}

/// One page's surroundings.
pub struct Working<'a> {
    pub job: &'a JobRow,
    pub settings: &'a ConnectionSettings,
    pub now: Timestamp,
}

impl Working<'_> {
    /// Work that follows from this, as urgent as what is watched and behind this.
    pub fn follows(&self, task: &str, subject: &str, every_seconds: Option<i64>, behind: i64) -> NewJob {
        NewJob {
            watched: self.job.watched,
            task: task.to_owned(),
            subject: subject.to_owned(),
            due_at: self.now,
            every_seconds,
            priority: self.job.priority / 10 * 10 + behind,
        }
    }

    fn days_before(from: Timestamp, days: u32) -> Timestamp {
        Timestamp(from.0 - i64::from(days) * DAY * 1_000_000)
    }

    /// How far back it goes at first.
    pub fn first_back_to(&self) -> Timestamp {
        Self::days_before(self.now, self.settings.history_days.0)
    }

    /// Posts before this are not asked for: how far back it goes at first, and later what changed since.
    pub fn back_to(&self) -> Timestamp {
        let first = self.first_back_to();
        match self.job.done_at {
            Some(done_at) => first.max(Self::days_before(done_at, self.settings.fresh_days.0)),
            None => first,
        }
    }

    /// The parts of a subject that names several things, with a space between them.
    pub fn named(&self) -> Vec<&str> {
        self.job.subject.split(' ').collect()
    }
}
