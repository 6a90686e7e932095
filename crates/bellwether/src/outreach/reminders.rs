//! What comes due under deals, as tasks of whoever looks after the contact, or as mails to the creator where a person has said so
//! once and for all; each is reminded of once.

use jiff::civil::Date;
use jiff::{Span, ToSpan};
use model::Timestamp;
use model::outreach::rights::ReminderKind;
use serde::{Deserialize, Serialize};
use store::outreach::reminders::{DueRow, LookRow, Looked};

use super::content::{self, PieceShown};
use super::creator_links;
use super::{OutreachError, one_line, rights, settings, telling};
use crate::clock;
use crate::data_directory::DataDirectory;
use crate::matching::fit::profile::money_typed;
use crate::tracking::webhooks::events;

const CAPTION_LETTERS_MAX: usize = 10_000;

/// How creators are reminded of drafts and posts.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ReminderWay {
    /// A task says whom to remind.
    #[default]
    Tasks,
    /// They get a mail with their link, through the same queue, hours and bars as all others.
    Mail,
}

impl ReminderWay {
    pub fn from_code(code: &str) -> Option<ReminderWay> {
        match code {
            "tasks" => Some(ReminderWay::Tasks),
            "mail" => Some(ReminderWay::Mail),
            _ => None,
        }
    }

    pub fn code(self) -> &'static str {
        match self {
            ReminderWay::Tasks => "tasks",
            ReminderWay::Mail => "mail",
        }
    }
}

/// What one round did.
#[derive(Clone, Default, PartialEq, Eq, Debug, Serialize)]
pub struct Reminded {
    pub tasks: u64,
    pub mails: u64,
    /// Whose day to be forgotten had come.
    pub forgotten: u64,
    /// Accounts whose code was found in the profile.
    pub accounts_shown: u64,
}

/// Days before something is due on which it is reminded of.
pub const fn days_before(kind: ReminderKind) -> i32 {
    match kind {
        ReminderKind::Draft | ReminderKind::Post => 2,
        ReminderKind::Payment => 3,
        ReminderKind::Look => 0,
        ReminderKind::Answer => 7,
    }
}

const DAYS_BEFORE_MAX: i32 = 7;

fn plus_days(day: &str, days: i32) -> String {
    let span: Span = i64::from(days).days();
    day.parse::<Date>()
        .ok()
        .and_then(|day| day.checked_add(span).ok())
        .map_or_else(|| day.to_owned(), |day| day.to_string())
}

/// What a task says that reminds of something.
pub fn task_words(due: &DueRow) -> String {
    let name = &due.contact_name;
    let what = &due.what;
    let words = match due.kind {
        ReminderKind::Draft => format!("Remind {name}: the draft of the {what} is due on {}", due.due_on),
        ReminderKind::Post => format!("Remind {name}: the {what} is to be posted by {}", due.due_on),
        ReminderKind::Payment => {
            let amount = due.amount.as_ref().map_or_else(String::new, money_typed);
            format!("Pay {name} {amount} ({what}), due on {}", due.due_on)
        }
        ReminderKind::Look => {
            format!("Look at {name}’s {what} again: is it still there, and does it say that it is paid for?")
        }
        ReminderKind::Answer => format!("Answer {name} in writing by {}: {what} is contested", due.due_on),
    };
    words.chars().take(200).collect()
}

/// The subject and the words of a mail that reminds a creator.
fn mail_words(due: &DueRow) -> Option<(String, String)> {
    match due.kind {
        ReminderKind::Draft => Some((
            format!("Your draft is due on {}", due.due_on),
            format!(
                "A short reminder: the draft of the {} is due on {}. You can hand it in on your page:",
                due.what, due.due_on
            ),
        )),
        ReminderKind::Post => Some((
            format!("To be posted by {}", due.due_on),
            format!(
                "A short reminder: the {} is to be posted by {}. When it is out, note its address on your page:",
                due.what, due.due_on
            ),
        )),
        ReminderKind::Payment | ReminderKind::Look | ReminderKind::Answer => None,
    }
}

/// Reminds of everything that is near and was not reminded of, forgets whoever's day has come, and looks for codes in profiles.
///
/// What fails for one is logged and tried again; the others go on.
pub async fn round(data: &DataDirectory) -> Result<Reminded, OutreachError> {
    let forgotten = rights::forget_those_due(data).await?;
    let mut done = Reminded { forgotten, ..Reminded::default() };
    let today = clock::iso_day(data.now());
    let way = settings::settings(data).await?.reminders;
    for due in data.store.due_and_not_reminded(&plus_days(&today, DAYS_BEFORE_MAX)).await? {
        if due.due_on > plus_days(&today, days_before(due.kind)) {
            continue;
        }
        let reminded = match (way, mail_words(&due)) {
            (ReminderWay::Mail, Some((subject, words))) => by_mail(data, &due, &subject, &words, &today).await,
            _ => by_task(data, &due, "task", &today).await,
        };
        match reminded {
            Ok(reminded) => done.add(reminded),
            Err(error) => tracing::warn!(%error, contact = due.contact, "something due could not be reminded of"),
        }
    }
    match crate::tracking::counting::count(data).await {
        Ok(_) => telling::clicks(data).await.map(drop)?,
        // A day is told once it is counted whole.
        Err(error) => tracing::warn!(%error, "clicks could not be counted"),
    }
    for claim in data.store.open_claims(data.now()).await? {
        match super::claims::settle(data, &claim).await {
            Ok(super::claims::Seen::Proved) => done.accounts_shown += 1,
            Ok(_) => {}
            Err(error) => tracing::warn!(%error, contact = claim.contact, "a code could not be looked for"),
        }
    }
    Ok(done)
}

enum Done {
    Task,
    Mail,
    Nothing,
}

impl Reminded {
    fn add(&mut self, done: Done) {
        match done {
            Done::Task => self.tasks += 1,
            Done::Mail => self.mails += 1,
            Done::Nothing => {}
        }
    }
}

async fn by_task(data: &DataDirectory, due: &DueRow, way: &str, today: &str) -> Result<Done, OutreachError> {
    let words = task_words(due);
    // What is late already is to be done today.
    let by = if due.due_on.as_str() < today { today } else { due.due_on.as_str() };
    Ok(match data.store.note_reminder(due, Some((&words, by)), way, data.now()).await? {
        true => Done::Task,
        false => Done::Nothing,
    })
}

/// Noted first, so that nobody gets it twice; a mail that cannot be written becomes a task.
async fn by_mail(
    data: &DataDirectory,
    due: &DueRow,
    subject: &str,
    words: &str,
    today: &str,
) -> Result<Done, OutreachError> {
    if !data.store.note_reminder(due, None, "mail", data.now()).await? {
        return Ok(Done::Nothing);
    }
    match creator_links::send(data, due.contact, subject, words, None, "reminder").await {
        Ok(_) => Ok(Done::Mail),
        Err(error) => {
            tracing::warn!(%error, contact = due.contact, "a reminder could not be written and is a task now");
            let by = if due.due_on.as_str() < today { today } else { due.due_on.as_str() };
            data.store.add_task(due.contact, &task_words(due), by, &due.owner, data.now()).await?;
            Ok(Done::Task)
        }
    }
}

/// What somebody saw who looked at a post again.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LookGiven<'a> {
    pub is_there: bool,
    /// Its words as they stand; not needed where it is gone.
    pub caption: &'a str,
    /// Whether the platform's own label of paid partnerships is on it; `None`: not looked.
    pub has_paid_label: Option<bool>,
}

/// The look at a piece that comes next; `None` where all were taken or it is not posted.
pub fn next_look(looks: &[LookRow]) -> Option<&LookRow> {
    looks.iter().find(|look| look.looked_at.is_none())
}

/// Notes what a second look at a posted piece found; the light of its words where it is there.
///
/// Errors: a field where it is there and its words are not given; `Refused` where no look is open.
pub async fn look_again(
    data: &DataDirectory,
    piece: &PieceShown,
    given: &LookGiven<'_>,
    actor: &str,
) -> Result<String, OutreachError> {
    let looks = data.store.second_looks(piece.row.id).await?;
    let today = clock::iso_day(data.now());
    let due = looks.iter().rev().find(|look| look.looked_at.is_none() && look.due_on <= today);
    let Some(look) = due.or_else(|| next_look(&looks)) else {
        return Err(OutreachError::Refused(
            "no look is open: it was looked at on each of its days, or is not posted yet\nhint: note first where it was posted"
                .to_owned(),
        ));
    };
    let caption = given.caption.replace("\r\n", "\n");
    if given.is_there && (caption.trim().is_empty() || caption.chars().count() > CAPTION_LETTERS_MAX) {
        let problem = format!(
            "give its words as they stand now, up to {CAPTION_LETTERS_MAX} letters: they are read for open disclosure"
        );
        return Err(OutreachError::Field { field: "caption", problem });
    }
    let check = given.is_there.then(|| {
        content::check_with_label(
            &caption,
            &piece.row.platform,
            &piece.brief,
            &piece.deal,
            data.now().day(),
            given.has_paid_label,
        )
    });
    let light = check.as_ref().map(|check| check.light);
    let event =
        check.and_then(|check| events::disclosure_red(&piece.deal.row, &piece.row, &check, events::SeenIn::Post));
    let name = one_line("format", &piece.row.format, 60)?;
    let summary = match light {
        None => format!("looked at again: the {name} is gone"),
        Some(light) => format!("looked at again: the {name} is there and {}", light.words()),
    };
    let looked = Looked {
        deliverable: piece.row.id,
        after_days: look.after_days,
        is_there: given.is_there,
        light: light.map_or("", |light| light.code()),
        caption: if given.is_there { &caption } else { "" },
        actor,
        summary: &summary,
        event: event.as_ref(),
    };
    if !data.store.note_look(&looked, data.now()).await? {
        return Err(OutreachError::Refused("somebody else has just noted this look".to_owned()));
    }
    Ok(summary)
}

/// A second look in words, for a page: when, and what was found.
pub fn look_words(look: &LookRow, now: Timestamp) -> (String, String) {
    let day = format!("after {} {}", look.after_days, if look.after_days == 1 { "day" } else { "days" });
    let words = match (look.looked_at, look.is_there, look.light.as_str()) {
        (None, _, _) if look.due_on < clock::iso_day(now) => format!("was due on {}", look.due_on),
        (None, _, _) => format!("due on {}", look.due_on),
        (Some(at), Some(false), _) => format!("gone, seen on {} by {}", clock::day(at), look.actor),
        (Some(at), _, light) => {
            let said = match light {
                "green" => "says openly that it is paid for",
                "amber" => "may not be plain enough",
                _ => "does not say openly enough that it is paid for",
            };
            format!("there, and {said}; seen on {} by {}", clock::day(at), look.actor)
        }
    };
    (day, words)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn due(kind: ReminderKind) -> DueRow {
        DueRow {
            kind,
            about: 1,
            contact: 2,
            contact_name: "Ana".to_owned(),
            owner: String::new(),
            deal: Some(3),
            due_on: "2026-03-08".to_owned(),
            what: "story".to_owned(),
            amount: model::Money::new(25_000, "EUR").ok(),
        }
    }

    #[test]
    fn a_task_says_who_what_and_when() {
        assert_eq!(task_words(&due(ReminderKind::Draft)), "Remind Ana: the draft of the story is due on 2026-03-08");
        assert_eq!(task_words(&due(ReminderKind::Payment)), "Pay Ana 250.00 EUR (story), due on 2026-03-08");
        assert!(task_words(&due(ReminderKind::Look)).contains("still there"));
    }

    #[test]
    fn only_drafts_and_posts_are_reminded_of_by_mail() {
        let by_mail = |kind: &&ReminderKind| mail_words(&due(**kind)).is_some();
        let kinds: Vec<ReminderKind> = ReminderKind::ALL.iter().filter(by_mail).copied().collect();
        assert_eq!(kinds, [ReminderKind::Draft, ReminderKind::Post]);
    }

    #[test]
    fn days_are_counted_over_the_end_of_a_month() {
        assert_eq!(plus_days("2026-02-27", 2), "2026-03-01");
        assert_eq!(plus_days("no day", 2), "no day");
    }
}
