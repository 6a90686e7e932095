//! Sending: what is due is told to its program, at least once, less and less often while it does not take it, and parked in the end.
//!
//! Whoever sends takes a message for itself first, by one statement of the database: several programs over one data directory never
//! send the same at once, and what one was sending when it died is free again after a minute.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use axum::http::{HeaderMap, HeaderValue, Method, header};
use futures::StreamExt;
use model::Timestamp;
use store::webhooks::{Became, DeliveryRow, EndpointToTell, PING, Program, TRIED_FOR, Tried};
use tokio::task::JoinHandle;

use super::events::{body_of, tell_clicks};
use super::signing::signature;
use super::{outbound, secrets_of};
use crate::data_directory::DataDirectory;
use crate::tracking::TrackingError;
use crate::web::outbound::{Answered, Asked, OutboundError};

/// Between two looks at the queue.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Looks between two at the minutes of clicks that are over.
const CLICKS_EVERY_LOOKS: u32 = 5;
/// Between two rounds of removing what is old.
const TIDY_EVERY: Duration = Duration::from_secs(3_600);
/// A message is held so long by whoever sends it: longer than any conversation.
const HELD_FOR: i64 = 60_000_000;
/// Programs told at the same time.
const AT_ONCE_MAX: usize = 16;
/// Messages to one program in one go.
const PORTION: usize = 100;
/// Of an answer's beginning that is kept.
const HEAD_BYTES: usize = 1_024;
const FIRST_WAIT: i64 = 10_000_000;
const LONGEST_WAIT: i64 = 6 * 3_600_000_000;

/// When something is tried next that was tried in vain so often: a message, or its program.
fn next_after(times: u32, now: Timestamp) -> Timestamp {
    let doubled = FIRST_WAIT.checked_shl(times.saturating_sub(1).min(32)).unwrap_or(LONGEST_WAIT);
    Timestamp(now.0 + doubled.min(LONGEST_WAIT))
}

/// Whether a message is tried at a moment still, three days from when on it is tried.
fn is_tried_then(row: &DeliveryRow, then: Timestamp) -> bool {
    then.0 <= row.tried_since.unwrap_or(row.at).0 + TRIED_FOR
}

/// What one round did.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Round {
    pub delivered: u64,
    /// Tried in vain; tried again later, or parked.
    pub failed: u64,
}

/// While the pages are served: tells programs what is due. A program that is slow or away holds up no other.
pub fn begin(data: Arc<DataDirectory>) {
    let tidied = data.clone();
    tokio::spawn(async move {
        loop {
            if let Err(error) = tidied.store.tidy_deliveries(tidied.now()).await {
                tracing::warn!(%error, "old messages could not be removed");
            }
            tokio::time::sleep(TIDY_EVERY).await;
        }
    });
    tokio::spawn(async move {
        let mut working: HashMap<i64, JoinHandle<()>> = HashMap::new();
        let mut looks = 0u32;
        loop {
            working.retain(|_, work| !work.is_finished());
            if looks.is_multiple_of(CLICKS_EVERY_LOOKS)
                && let Err(error) = tell_clicks(&data).await
            {
                tracing::warn!(%error, "clicks could not be told");
            }
            looks = looks.wrapping_add(1);
            match data.store.endpoints_due(data.now()).await {
                Ok(due) => {
                    for endpoint in due {
                        if working.len() < AT_ONCE_MAX && !working.contains_key(&endpoint) {
                            let data = data.clone();
                            let work = tokio::spawn(async move {
                                if let Err(error) = tell(&data, endpoint).await {
                                    tracing::warn!(%error, endpoint, "a program could not be told");
                                }
                            });
                            working.insert(endpoint, work);
                        }
                    }
                }
                Err(error) => tracing::warn!(%error, "what other programs are told could not be read"),
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    });
}

/// Tells every program what is due now, once, with the clicks of minutes that are over.
pub async fn round(data: &DataDirectory) -> Result<Round, TrackingError> {
    tell_clicks(data).await?;
    let due = data.store.endpoints_due(data.now()).await?;
    let told = futures::stream::iter(due).map(|endpoint| tell(data, endpoint)).buffer_unordered(AT_ONCE_MAX);
    let told: Vec<Result<Round, TrackingError>> = told.collect().await;
    let mut all = Round::default();
    for round in told {
        let round = round?;
        all.delivered += round.delivered;
        all.failed += round.failed;
    }
    Ok(all)
}

/// Tells one program what is due, in its order, until it does not take something because of itself: then it rests.
async fn tell(data: &DataDirectory, endpoint: i64) -> Result<Round, TrackingError> {
    let mut round = Round::default();
    for _ in 0..PORTION {
        let (now, until) = held_from(data.now());
        let Some(row) = data.store.claim_due(endpoint, now, until).await? else { break };
        match try_one(data, &row).await? {
            Came::Taken => round.delivered += 1,
            Came::NotThis => round.failed += 1,
            Came::InVain | Came::Away => {
                round.failed += 1;
                break;
            }
        }
    }
    Ok(round)
}

/// A moment and until when a message is held that is taken then.
pub(super) fn held_from(now: Timestamp) -> (Timestamp, Timestamp) {
    (now, Timestamp(now.0 + HELD_FOR))
}

/// Sends one message that was taken because a person wants it sent; what became of it.
pub(super) async fn send_now(data: &DataDirectory, row: DeliveryRow) -> Result<DeliveryRow, TrackingError> {
    try_one(data, &row).await?;
    data.store.delivery(row.id).await?.ok_or(TrackingError::NoDelivery(row.id))
}

/// How a program took a message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Came {
    Taken,
    /// It does not want this one; it may take others.
    NotThis,
    /// It stumbled: over this one, or it would over any.
    InVain,
    /// It cannot be reached or says that it can take nothing now.
    Away,
}

/// How a program took a message by its answer; without one it was not reached.
fn came(status: Option<u16>) -> Came {
    match status {
        Some(200..=299) => Came::Taken,
        // It says that it cannot now, or somebody before it says that it is not there.
        None | Some(408 | 425 | 429 | 502 | 503 | 504) => Came::Away,
        Some(400..=499) => Came::NotThis,
        Some(_) => Came::InVain,
    }
}

async fn try_one(data: &DataDirectory, row: &DeliveryRow) -> Result<Came, TrackingError> {
    let endpoint = data.store.endpoint_to_tell(row.endpoint).await?;
    let rests_before = endpoint.as_ref().map_or(0, |endpoint| endpoint.rests);
    let answered = match asked_of(data, row, endpoint) {
        Ok(asked) => outbound(data).await?.ask(asked).await,
        // It may be mended, as by restoring a key, and is tried on like everything else.
        Err(problem) => Err(OutboundError::Address(problem)),
    };
    let (status, problem, head) = match &answered {
        Ok(answered) => (Some(answered.status), problem_of(answered), head_of(&answered.body)),
        Err(error) => (None, Some(error.to_string()), String::new()),
    };
    let (now, came) = (data.now(), came(status));
    let own = next_after(row.attempts, now);
    let brief = Program::Rests { rests_before, rests: rests_before, until: next_after(1, now) };
    let rests = rests_before.saturating_add(1);
    let until = next_after(rests, now);
    let longer = Program::Rests { rests_before, rests, until };
    let (next, program) = match came {
        Came::Taken => (now, Program::Takes),
        Came::NotThis => (own, Program::Unchanged),
        // A person who tries it out learns how it is; nothing else waits longer because of that.
        Came::InVain | Came::Away if row.event == PING => (own, Program::Unchanged),
        // One message that it stumbles over again and again must not keep it from all others.
        Came::InVain if row.attempts > 1 => (own, brief),
        Came::InVain => (own, longer),
        // Its messages wait for it to come back, not each for itself.
        Came::Away => (until, longer),
    };
    let became = match came {
        Came::Taken => Became::Delivered,
        _ if row.event == PING || !is_tried_then(row, next) => Became::Parked,
        _ => Became::Waiting(next),
    };
    let problem = problem.unwrap_or_default();
    let (delivery, claimed_until) = (row.id, row.claimed_until);
    let tried = Tried { delivery, claimed_until, status, problem: &problem, response_head: &head, became };
    if !data.store.note_tried(&tried, program, now).await? {
        tracing::warn!(delivery, "a message was sent so slowly that somebody else took it meanwhile");
        return Ok(came);
    }
    if became == Became::Parked && row.event != PING {
        tracing::warn!(delivery, endpoint = row.endpoint, problem, "a message is parked");
    }
    if came == Came::Away {
        let parked = data.store.park_overdue(row.endpoint, &problem, now).await?;
        if parked > 0 {
            tracing::warn!(messages = parked, endpoint = row.endpoint, problem, "messages are parked");
        }
    }
    Ok(came)
}

/// The message as it is sent now, or why it cannot be made.
fn asked_of(data: &DataDirectory, row: &DeliveryRow, endpoint: Option<EndpointToTell>) -> Result<Asked, String> {
    let endpoint = endpoint.ok_or_else(|| "the program it was for is not there any more".to_owned())?;
    let secrets = secrets_of(data, &endpoint).map_err(|error| error.to_string())?;
    let url = url::Url::parse(&endpoint.url).map_err(|error| error.to_string())?;
    let body = body_of(row);
    let signed = signature(&secrets, data.now().0.div_euclid(1_000_000), &body);
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::USER_AGENT, HeaderValue::from_static(concat!("Bellwether/", env!("CARGO_PKG_VERSION"))));
    for (name, value) in [
        ("bellwether-event", row.event.as_str()),
        ("bellwether-delivery", row.event_id.as_str()),
        ("bellwether-signature", signed.as_str()),
    ] {
        headers.insert(name, HeaderValue::from_str(value).map_err(|error| error.to_string())?);
    }
    Ok(Asked { method: Method::POST, url, headers, body: body.into_bytes() })
}

/// Why an answer is no taking; `None` where it is.
fn problem_of(answered: &Answered) -> Option<String> {
    match (answered.status, &answered.location) {
        (200..=299, _) => None,
        (status, Some(location)) => {
            Some(format!("it redirects ({status}) to {location}, and redirects are not followed"))
        }
        (status, None) => Some(format!("it answered with {status}")),
    }
}

/// How an answer begins, as text.
fn head_of(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(&body[..body.len().min(HEAD_BYTES)]).into_owned();
    let plain: String =
        text.chars().filter(|letter| !letter.is_control() || *letter == '\n' || *letter == '\t').collect();
    let end = (0..=plain.len().min(HEAD_BYTES)).rev().find(|at| plain.is_char_boundary(*at)).unwrap_or(0);
    plain[..end].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_taken_is_tried_after_ten_seconds_then_twice_as_long_and_at_most_six_hours_for_three_days() {
        let mut now = Timestamp(0);
        let mut waits = Vec::new();
        for times in 1.. {
            let next = next_after(times, now);
            if next.0 > TRIED_FOR {
                break;
            }
            waits.push((next.0 - now.0) / 1_000_000);
            now = next;
        }
        assert_eq!(waits[..4], [10, 20, 40, 80]);
        assert!(waits.iter().all(|wait| *wait <= 21_600));
        assert_eq!(waits.last(), Some(&21_600));
        let days = now.0 as f64 / 86_400e6;
        assert!(days > 2.75 && days <= 3.0, "the last try comes after {days} days");
        assert_eq!(waits.len(), 22, "tries after the first: {waits:?}");
        assert_eq!(next_after(u32::MAX, Timestamp(0)).0, LONGEST_WAIT, "no wait overflows");
    }

    #[test]
    fn a_program_is_away_where_it_does_not_answer_or_says_so() {
        for (status, expect) in [
            (None, Came::Away),
            (Some(503), Came::Away),
            (Some(429), Came::Away),
            (Some(502), Came::Away),
            (Some(500), Came::InVain),
            (Some(302), Came::InVain),
            (Some(404), Came::NotThis),
            (Some(204), Came::Taken),
        ] {
            assert_eq!(came(status), expect, "{status:?}");
        }
    }

    #[test]
    fn only_answers_between_200_and_299_take_a_message() {
        let answered = |status: u16, location: Option<&str>| Answered {
            status,
            location: location.map(str::to_owned),
            headers: HeaderMap::new(),
            body: vec![],
            is_cut: false,
        };
        assert_eq!(problem_of(&answered(204, None)), None);
        assert!(
            problem_of(&answered(302, Some("http://127.0.0.1/"))).is_some_and(|words| words.contains("not followed"))
        );
        for status in [199, 300, 404, 410, 500] {
            assert!(problem_of(&answered(status, None)).is_some(), "{status}");
        }
    }

    #[test]
    fn of_an_answer_the_beginning_is_kept_as_plain_text() {
        assert_eq!(head_of(b"fine\x1b[31m\r\nyes\0"), "fine[31m\nyes");
        let long = head_of("ä".repeat(900).as_bytes());
        assert!(long.len() <= HEAD_BYTES && long.starts_with("ää"));
        assert!(head_of(&[0xff; 2_000]).len() <= HEAD_BYTES);
    }
}
