//! What other programs may be told: the kinds of events, and what each says. Creators by number and name; of buyers nothing.

use engine::vetting::disclosure::draft::{DraftCheck, Light};
use model::outreach::deals::Party;
use serde_json::{Value, json};
use store::outreach::content::DeliverableRow;
use store::outreach::deals::DealRow;
use store::tracking::ClicksOfMinute;
use store::webhooks::{DeliveryRow, NewEvent};

use super::super::TrackingError;
use crate::clock;
use crate::data_directory::DataDirectory;
use crate::outreach::deals::{Piece, Terms};

/// Clicks are told once their minute is over for so long: those under way then are counted by then.
const MINUTE_RESTS: i64 = 5_000_000;
const MINUTE: i64 = 60_000_000;
/// Minutes of links told in one act.
const PORTION: u64 = 500;

/// A kind of event.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum EventKind {
    ClickHuman,
    LeadCreated,
    ConversionCreated,
    ConversionUpdated,
    DealAccepted,
    ContentApproved,
    DisclosureRed,
}

impl EventKind {
    pub const ALL: [EventKind; 7] = [
        EventKind::ClickHuman,
        EventKind::LeadCreated,
        EventKind::ConversionCreated,
        EventKind::ConversionUpdated,
        EventKind::DealAccepted,
        EventKind::ContentApproved,
        EventKind::DisclosureRed,
    ];

    pub fn code(self) -> &'static str {
        match self {
            EventKind::ClickHuman => "click.human",
            EventKind::LeadCreated => "lead.created",
            EventKind::ConversionCreated => "conversion.created",
            EventKind::ConversionUpdated => "conversion.updated",
            EventKind::DealAccepted => "deal.accepted",
            EventKind::ContentApproved => "content.approved",
            EventKind::DisclosureRed => "disclosure.red",
        }
    }

    pub fn words(self) -> &'static str {
        match self {
            EventKind::ClickHuman => "people clicked on a link, once a minute and link",
            EventKind::LeadCreated => "somebody became a lead",
            EventKind::ConversionCreated => "an order came in",
            EventKind::ConversionUpdated => "an order changed or was paid back",
            EventKind::DealAccepted => "a deal was agreed",
            EventKind::ContentApproved => "a draft was approved",
            EventKind::DisclosureRed => "a draft or post does not say openly enough that it is paid for",
        }
    }

    pub fn from_code(code: &str) -> Option<EventKind> {
        EventKind::ALL.into_iter().find(|kind| kind.code() == code)
    }
}

/// The body of a message: the same at every try.
pub fn body_of(row: &DeliveryRow) -> String {
    let at = clock::iso_exact(row.at);
    let text = |value: &str| Value::from(value).to_string();
    format!(
        "{{\"id\":{},\"event\":{},\"at\":{},\"data\":{}}}",
        text(&row.event_id),
        text(&row.event),
        text(&at),
        row.payload
    )
}

pub(super) fn ping() -> String {
    json!({ "words": "Bellwether reaches this program." }).to_string()
}

fn contact(id: i64, name: &str) -> Value {
    json!({ "id": id, "name": name })
}

fn piece(row: &DeliverableRow) -> Value {
    json!({
        "id": row.id, "number": row.number, "format": row.format, "platform": row.platform, "due_on": row.due_on,
    })
}

fn of_deal(kind: EventKind, deal: &DealRow, mut says: Value) -> NewEvent {
    if let Some(says) = says.as_object_mut() {
        says.insert("deal".to_owned(), json!(deal.id));
        says.insert("campaign".to_owned(), json!(deal.campaign));
        says.insert("contact".to_owned(), contact(deal.contact, &deal.contact_name));
    }
    NewEvent { kind: kind.code(), payload: says.to_string() }
}

/// A deal that was agreed, with what is to be made and for what.
pub fn deal_accepted(deal: &DealRow, terms: &Terms, by: Party) -> NewEvent {
    let piece = |piece: &Piece| {
        json!({
            "count": piece.count, "format": piece.format, "platform": piece.platform, "due_on": piece.due_on,
        })
    };
    let says = json!({
        "version": deal.version, "accepted_by": by.code(), "fee": terms.fee,
        "commission_basis_points": terms.commission_basis_points,
        "pieces": terms.pieces.iter().map(piece).collect::<Vec<_>>(),
        "brief": { "id": deal.brief, "name": deal.brief_name, "version": deal.brief_version },
    });
    of_deal(EventKind::DealAccepted, deal, says)
}

/// A draft that was approved.
pub fn content_approved(deal: &DealRow, of: &DeliverableRow, draft: i64, version: i64) -> NewEvent {
    let says = json!({ "piece": piece(of), "draft": { "id": draft, "version": version } });
    of_deal(EventKind::ContentApproved, deal, says)
}

/// Where words were seen that do not say openly enough that they are paid for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SeenIn {
    /// Before it is posted.
    Draft,
    Post,
}

/// Words that do not say openly enough that they are paid for; `None` where they do, or may.
pub fn disclosure_red(deal: &DealRow, of: &DeliverableRow, check: &DraftCheck, seen_in: SeenIn) -> Option<NewEvent> {
    if check.light != Light::Red {
        return None;
    }
    let because: Vec<&str> =
        check.said.iter().filter(|said| said.light == Light::Red).map(|said| said.words.as_str()).collect();
    let says = json!({
        "seen_in": match seen_in { SeenIn::Draft => "draft", SeenIn::Post => "post" },
        "piece": piece(of), "url": of.url, "because": because,
    });
    Some(of_deal(EventKind::DisclosureRed, deal, says))
}

fn clicks_of_minute(of: &ClicksOfMinute) -> NewEvent {
    let says = json!({
        "link": { "id": of.link, "slug": of.slug, "name": of.name },
        "minute": clock::iso(model::Timestamp(of.minute * MINUTE)),
        "clicks": of.clicks, "deal": of.deal, "campaign": of.campaign,
        "contact": of.contact.as_ref().map(|(id, name)| contact(*id, name)),
    });
    NewEvent { kind: EventKind::ClickHuman.code(), payload: says.to_string() }
}

/// Queues what people clicked in minutes that are over, each click once; also those that were counted late. Called by whoever
/// sends, whichever program counts.
pub async fn tell_clicks(data: &DataDirectory) -> Result<(), TrackingError> {
    let before = (data.now().0 - MINUTE_RESTS).div_euclid(MINUTE);
    if !data.store.is_listened_to(EventKind::ClickHuman.code()).await? {
        if !data.store.click_minutes_not_told(before, 1).await?.is_empty() {
            data.store.pass_over_click_minutes(before).await?;
        }
        return Ok(());
    }
    loop {
        let minutes = data.store.click_minutes_not_told(before, PORTION).await?;
        let is_last = (minutes.len() as u64) < PORTION;
        let told: Vec<_> = minutes
            .into_iter()
            .map(|of| {
                let event = clicks_of_minute(&of);
                (of, event)
            })
            .collect();
        if !told.is_empty() {
            data.store.tell_click_minutes(&told, data.now()).await?;
        }
        if is_last {
            return Ok(());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_is_found_by_its_name() {
        for kind in EventKind::ALL {
            assert_eq!(EventKind::from_code(kind.code()), Some(kind));
            assert!(!kind.words().is_empty());
        }
        assert_eq!(EventKind::from_code(store::webhooks::PING), None);
    }

    #[test]
    fn clicks_say_of_whom_the_link_is_and_nothing_of_who_clicked() {
        let of = ClicksOfMinute {
            link: 3,
            slug: "ana".to_owned(),
            name: "Ana's \"story\"".to_owned(),
            contact: Some((1, "Ana Ruiz".to_owned())),
            deal: Some(4),
            campaign: None,
            minute: 29_000_000,
            clicks: 7,
            told: 2,
        };
        let says: Value = serde_json::from_str(&clicks_of_minute(&of).payload).expect("is JSON");
        assert_eq!(says["clicks"], 7);
        assert_eq!(says["minute"], "2025-02-19T21:20:00Z");
        assert_eq!(says["contact"], json!({ "id": 1, "name": "Ana Ruiz" }));
        assert_eq!(says["link"]["name"], "Ana's \"story\"");
        let names: Vec<&String> = says.as_object().expect("an object").keys().collect();
        assert_eq!(names, ["campaign", "clicks", "contact", "deal", "link", "minute"]);
    }
}
