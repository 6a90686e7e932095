//! `/outreach`: the inbox, contacts and their board, briefs and deals with what is made under them, sequences and templates,
//! the queue, mailboxes, the creator's own page, and the page on which somebody says that they want no more mail.
//!
//! What all of them share is here: the parts that the pages link to each other, problems beside fields, going back to where a
//! form stood, and times in words.

pub mod board;
pub mod briefs;
pub mod campaigns;
pub mod contact;
pub mod contacts;
pub mod creator;
pub mod deal_parts;
pub mod deals;
pub mod duplicates;
pub mod imports;
pub mod inbox;
pub mod mailboxes;
pub mod pieces;
pub mod queue;
pub mod requests;
pub mod sequences;
pub mod settings;
pub mod templates;
pub mod terms;
pub mod undoing;
pub mod unsubscribe;
pub mod views;
pub mod waiting;

use axum::response::Redirect;
use model::Timestamp;
use model::outreach::Stage;

use super::OutreachError;
use crate::clock;
use crate::web::error::{Recovery, WebError};
use crate::web::format;
use crate::web::forms::{Problem, not_valid, typed, typed_or};
use crate::web::pager::{Pages, pages};
use crate::web::query::Pairs;
use crate::web::visit::own_address;

/// A part of outreach, as the pages link to it.
pub struct Part {
    pub words: &'static str,
    pub address: &'static str,
    pub is_here: bool,
}

/// The parts, in the order of the work.
fn parts(here: &str) -> Vec<Part> {
    let all = [
        ("Inbox", "/outreach"),
        ("Board", "/outreach/board"),
        ("Contacts", "/outreach/contacts"),
        ("Campaigns", "/outreach/campaigns"),
        ("Deals", "/outreach/deals"),
        ("Briefs", "/outreach/briefs"),
        ("Requests", "/outreach/requests"),
        ("Sequences", "/outreach/sequences"),
        ("Templates", "/outreach/templates"),
        ("Queue", "/outreach/queue"),
        ("Mailboxes", "/outreach/mailboxes"),
    ];
    all.into_iter().map(|(words, address)| Part { words, address, is_here: words == here }).collect()
}

/// A problem that belongs beside a form; all others are pages of their own.
fn problem_of(error: OutreachError) -> Result<Problem, WebError> {
    let field = match &error {
        OutreachError::Field { field, .. } => field,
        OutreachError::AddressTaken { .. } => "address",
        OutreachError::NoTemplate(_) => "steps",
        OutreachError::Template(problem) => match problem.part {
            mail::template::Part::Subject => "subject",
            mail::template::Part::Body => "body",
        },
        OutreachError::Refused(_)
        | OutreachError::NoAddress(_)
        | OutreachError::NoMailboxYet
        | OutreachError::Server { .. } => "",
        _ => return Err(error.into()),
    };
    let shown = WebError::from(error);
    let words = crate::web::error::sentence(&shown.what_happened);
    Ok(Problem { field, words, hint: shown.hint, links: shown.recovery })
}

/// The numbers given under a key.
fn numbers(pairs: &Pairs, key: &str) -> Vec<i64> {
    pairs.all(key).iter().filter_map(|number| number.parse().ok()).collect()
}

/// The page of outreach where a form stood, else `otherwise`.
fn address_back<'a>(pairs: &'a Pairs, otherwise: &'a str) -> &'a str {
    let asked = own_address(pairs.one("back").unwrap_or(""));
    if asked == "/outreach" || asked.starts_with("/outreach/") || asked.starts_with("/outreach?") {
        asked
    } else {
        otherwise
    }
}

/// Back to the page of outreach where a form stood, else to `otherwise`; the page says what was done.
fn back_to(pairs: &Pairs, otherwise: &str, done: &str) -> Redirect {
    Redirect::to(&saying(address_back(pairs, otherwise), done))
}

/// An address with what was done, in place of what was done before.
fn saying(address: &str, done: &str) -> String {
    let (address, anchor) = match address.split_once('#') {
        Some((address, anchor)) => (address, format!("#{anchor}")),
        None => (address, String::new()),
    };
    let (path, query) = address.split_once('?').unwrap_or((address, ""));
    let kept: Vec<&str> = query.split('&').filter(|pair| !pair.is_empty() && !pair.starts_with("done=")).collect();
    let done = Pairs::default().with("done", done).address("");
    let kept = kept.iter().fold(String::new(), |kept, pair| format!("{kept}&{pair}"));
    format!("{path}{done}{kept}{anchor}")
}

/// Something to choose.
pub struct Choice {
    pub code: String,
    pub words: String,
    pub chosen: bool,
}

fn stage_choices(chosen: Option<Stage>) -> Vec<Choice> {
    let choice = |stage: &Stage| Choice {
        code: stage.code().to_owned(),
        words: stage.words().to_owned(),
        chosen: chosen == Some(*stage),
    };
    Stage::ALL.iter().map(choice).collect()
}

/// A stage as a form names one.
fn stage_named(pairs: &Pairs, key: &str) -> Result<Stage, WebError> {
    pairs.one(key).and_then(Stage::from_code).ok_or_else(|| {
        WebError::unreadable("No such stage", "The form names no stage of a relationship.")
            .with(Recovery::new("The board", "/outreach/board"))
    })
}

const SECOND: i64 = 1_000_000;

/// How long ago, in words: `just now`, `12 min ago`, `3 h ago`, `9 days ago`, else the day.
fn ago(now: Timestamp, at: Timestamp) -> String {
    let seconds = (now.0 - at.0) / SECOND;
    match seconds {
        ..60 => "just now".to_owned(),
        60..3_600 => format!("{} min ago", seconds / 60),
        3_600..86_400 => format!("{} h ago", seconds / 3_600),
        86_400..2_592_000 => format!("{} ago", days(seconds / 86_400)),
        _ => clock::day(at),
    }
}

/// How far ahead, in words.
fn ahead(now: Timestamp, at: Timestamp) -> String {
    let seconds = (at.0 - now.0) / SECOND;
    match seconds {
        ..1 => "at once".to_owned(),
        1..90 => format!("in {seconds} s"),
        90..5_400 => format!("in {} min", seconds / 60),
        5_400..86_400 => format!("in {} h", seconds / 3_600),
        _ => format!("in {}", days(seconds / 86_400)),
    }
}

fn days(count: i64) -> String {
    format::counted(count.unsigned_abs(), "day", "days")
}

/// How long somebody has stood on their stage, and whether that is longer than it should be.
pub struct InStage {
    pub words: String,
    pub is_over: bool,
}

fn in_stage(stage: Stage, since: Timestamp, now: Timestamp) -> InStage {
    let held = super::sequences::days_between(since, now).max(0);
    match stage.limit_days() {
        Some(limit) if held > i64::from(limit) => {
            InStage { words: format!("{}, over the {limit} of this stage", days(held)), is_over: true }
        }
        _ if held == 0 => InStage { words: "since today".to_owned(), is_over: false },
        _ => InStage { words: days(held), is_over: false },
    }
}

/// The first words of a text, on one line.
fn first_words(text: &str, letters: usize) -> String {
    let mut line = String::new();
    for word in text.split_whitespace() {
        if line.chars().count() + word.chars().count() >= letters {
            line.push_str(" …");
            break;
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    line
}

/// Which of our mailboxes can send, for a choice.
fn sending_mailboxes(all: &[super::mailboxes::Mailbox], chosen: &str) -> Vec<Choice> {
    let able = all.iter().filter(|mailbox| mailbox.settings.smtp.is_some());
    let choice = |mailbox: &super::mailboxes::Mailbox| Choice {
        code: mailbox.id.to_string(),
        words: mailbox.address.clone(),
        chosen: mailbox.id.to_string() == chosen,
    };
    able.map(choice).collect()
}

#[cfg(test)]
mod tests {
    use axum::response::IntoResponse;

    use super::*;

    #[test]
    fn a_form_leads_back_to_its_page_and_never_out_of_outreach() {
        for (back, expect) in [
            ("/outreach?show=open&thread=3", "/outreach?done=Kept&show=open&thread=3"),
            ("/outreach?done=Old&thread=3#answer", "/outreach?done=Kept&thread=3#answer"),
            ("/outreach/contacts/4", "/outreach/contacts/4?done=Kept"),
            ("https://elsewhere.example/", "/outreach/queue?done=Kept"),
            ("//elsewhere.example/outreach/", "/outreach/queue?done=Kept"),
            ("/outreachx", "/outreach/queue?done=Kept"),
            ("", "/outreach/queue?done=Kept"),
        ] {
            let redirect = back_to(&Pairs::default().with("back", back), "/outreach/queue", "Kept").into_response();
            assert_eq!(redirect.headers()["location"], expect, "{back}");
        }
    }

    #[test]
    fn times_are_said_in_words() {
        let now = Timestamp(100 * 86_400 * SECOND);
        let before = |seconds: i64| ago(now, Timestamp(now.0 - seconds * SECOND));
        assert_eq!(before(5), "just now");
        assert_eq!(before(-5), "just now");
        assert_eq!(before(125), "2 min ago");
        assert_eq!(before(7_200), "2 h ago");
        assert_eq!(before(86_400), "1 day ago");
        assert_eq!(before(40 * 86_400), "2 Mar 1970");
        assert_eq!(ahead(now, Timestamp(now.0 + 25 * SECOND)), "in 25 s");
        assert_eq!(ahead(now, now), "at once");
    }

    #[test]
    fn a_card_says_when_its_stage_has_lasted_too_long() {
        let now = Timestamp(100 * 86_400 * SECOND);
        let since = |days: i64| Timestamp(now.0 - days * 86_400 * SECOND);
        let over = in_stage(Stage::Talking, since(9), now);
        assert_eq!((over.words.as_str(), over.is_over), ("9 days, over the 7 of this stage", true));
        assert!(!in_stage(Stage::Talking, since(7), now).is_over);
        assert!(!in_stage(Stage::Worked, since(400), now).is_over);
        assert_eq!(in_stage(Stage::Write, now, now).words, "since today");
    }
}
