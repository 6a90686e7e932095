//! `/outreach/waiting`: everything that waits for the team: replies, counter-offers, drafts, what is late, payments, tasks, mail of
//! unknown fate.

use askama::Template;
use axum::extract::State;
use store::outreach::waiting::WaitingPiece;

use super::{Part, parts};
use crate::clock;
use crate::matching::fit::profile::money_typed;
use crate::outreach::campaigns::due_words;
use crate::outreach::waiting::{self, SHOWN_MAX};
use crate::web::app::{App, Page, draw};
use crate::web::format;
use crate::web::layout::{Layout, Word};
use crate::web::visit::Visit;

/// One thing that waits.
pub struct WaitingLine {
    pub address: String,
    pub who: String,
    pub words: String,
    pub due: String,
    pub is_late: bool,
}

/// What waits of one kind.
pub struct WaitingSection {
    pub code: &'static str,
    pub words: String,
    pub lines: Vec<WaitingLine>,
    pub more: Option<String>,
}

#[derive(Template)]
#[template(path = "outreach/waiting.html")]
struct WaitingPage {
    layout: Layout,
    parts: Vec<Part>,
    finding: &'static str,
    sections: Vec<WaitingSection>,
}

fn section(code: &'static str, words: String, lines: Vec<WaitingLine>, all: u64) -> Option<WaitingSection> {
    let more = (all > SHOWN_MAX && !lines.is_empty())
        .then(|| format!("and {} more", format::count(all.saturating_sub(lines.len() as u64))));
    (all > 0).then_some(WaitingSection { code, words, lines, more })
}

fn piece_line(of: WaitingPiece, today: &str) -> WaitingLine {
    let due = due_words(if of.is_draft { "draft" } else { "post" }, &of.due_on, today);
    WaitingLine {
        address: format!("/outreach/pieces/{}", of.id),
        who: of.contact_name,
        words: format!("{} {}", of.format, of.number),
        is_late: due.as_ref().is_some_and(|due| due.is_late),
        due: due.map_or_else(|| "no day is set".to_owned(), |due| due.words),
    }
}

/// `GET /outreach/waiting`
pub async fn show(State(app): State<App>, visit: Visit) -> Page {
    let held = waiting::things(&app.data).await?;
    let (counts, now) = (held.counts, app.data.now());
    let today = clock::iso_day(now);
    let plain = |address: &str, who: &str, words: String| {
        vec![WaitingLine {
            address: address.to_owned(),
            who: who.to_owned(),
            words,
            due: String::new(),
            is_late: false,
        }]
    };
    let counters = held.counter_offers.into_iter().map(|deal| WaitingLine {
        address: format!("/outreach/deals/{}", deal.id),
        words: format!("asks for other terms, on {}", deal.brief_name),
        due: super::ago(now, deal.state_since),
        is_late: false,
        who: deal.contact_name,
    });
    let payments = held.payments.into_iter().map(|payment| {
        let due = due_words("payment", &payment.due_on, &today);
        WaitingLine {
            address: payment
                .deal
                .map_or_else(|| "/outreach/deals".to_owned(), |deal| format!("/outreach/deals/{deal}#payments")),
            who: money_typed(&payment.amount),
            words: payment.what,
            is_late: due.as_ref().is_some_and(|due| due.is_late),
            due: due.map_or_else(|| payment.due_on.clone(), |due| due.words),
        }
    });
    let tasks = held.tasks.into_iter().map(|(task, name)| {
        let due = due_words("task", &task.due_on, &today);
        WaitingLine {
            address: format!("/outreach/contacts/{}", task.contact),
            who: name,
            words: task.title,
            is_late: due.as_ref().is_some_and(|due| due.is_late),
            due: due.map_or_else(|| task.due_on.clone(), |due| due.words),
        }
    });
    let replies = format::counted(counts.replies, "conversation waits", "conversations wait");
    let unknown = format::counted(counts.unknown, "mail", "mails");
    let sections = [
        section(
            "replies",
            "Replies".to_owned(),
            plain("/outreach?show=waiting", "The inbox", format!("{replies} for an answer")),
            counts.replies,
        ),
        section("counter-offers", "Counter-offers".to_owned(), counters.collect(), counts.counter_offers),
        section(
            "drafts",
            "Drafts to look at".to_owned(),
            held.drafts.into_iter().map(|of| piece_line(of, &today)).collect(),
            counts.drafts,
        ),
        section(
            "late",
            "Late".to_owned(),
            held.late.into_iter().map(|of| piece_line(of, &today)).collect(),
            counts.late_pieces,
        ),
        section(
            "payments",
            format!("Payments due within {} days, or overdue", waiting::PAYMENT_DAYS),
            payments.collect(),
            counts.payments,
        ),
        section("tasks", "Tasks due today, or before".to_owned(), tasks.collect(), counts.tasks),
        section(
            "unknown",
            "Of unknown fate".to_owned(),
            plain("/outreach/queue", "The queue", format!("{unknown} of which nobody knows whether the server has it")),
            counts.unknown,
        ),
    ];
    draw(WaitingPage {
        layout: Layout::load(&app, visit, Word::Outreach, "What waits for you").await?,
        parts: parts(""),
        finding: if counts.any() { "The most urgent of each kind stand first." } else { "Nothing waits for you." },
        sections: sections.into_iter().flatten().collect(),
    })
    .await
}
