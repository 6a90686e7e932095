//! Webhooks: other programs that are told of what happens here. Who is told of what, with which secret, and what each was told.
//!
//! Every message is queued where what it tells of is kept, in the same act, and stays until its program has taken it.

pub mod events;
pub mod sender;
pub mod signing;

use std::time::Duration;

use store::webhooks::{DeliveryRow, EndpointRow, EndpointToTell, PING};

use self::events::EventKind;
use super::TrackingError;
use crate::data_directory::DataDirectory;
use crate::outreach::sealing::{seal, unseal};
use crate::web::outbound::{Outbound, OutboundError, checked_address};

/// The setting that lets programs in the own network be told.
const ALLOW_INTERNAL: &str = "webhooks.allow_internal";
const YES: &str = "yes";
const NO: &str = "no";
/// What secrets are sealed for.
const SEALED_FOR: &str = "webhook";
/// After a new secret messages are signed by the one before too, for so long.
const PREVIOUS_COUNTS: Duration = Duration::from_secs(24 * 3_600);
const ENDPOINTS_MAX: usize = 100;

fn refused(field: &'static str, problem: impl Into<String>) -> TrackingError {
    TrackingError::Field { field, problem: problem.into() }
}

/// Whether programs in the own network may be told.
pub async fn allows_internal(data: &DataDirectory) -> Result<bool, TrackingError> {
    Ok(data.store.setting(ALLOW_INTERNAL).await?.as_deref() == Some(YES))
}

/// Says whether programs in the own network may be told, from the next message on.
pub async fn set_allows_internal(data: &DataDirectory, allows: bool) -> Result<(), TrackingError> {
    Ok(data.store.set_setting(ALLOW_INTERNAL, if allows { YES } else { NO }).await?)
}

/// The way out to programs that are told.
async fn outbound(data: &DataDirectory) -> Result<Outbound, TrackingError> {
    Ok(Outbound { may_reach_inside: allows_internal(data).await?, ..Outbound::default() })
}

/// The events that are named, each once and in their order.
fn checked_events(named: &[String]) -> Result<Vec<&'static str>, TrackingError> {
    for name in named {
        if EventKind::from_code(name).is_none() {
            let known: Vec<&str> = EventKind::ALL.iter().map(|kind| kind.code()).collect();
            return Err(refused("events", format!("there is no event {name:?}; there are {}", known.join(", "))));
        }
    }
    let chosen: Vec<&str> =
        EventKind::ALL.iter().map(|kind| kind.code()).filter(|code| named.iter().any(|name| name == code)).collect();
    if chosen.is_empty() {
        return Err(refused("events", "choose at least one event, or it would never be told anything"));
    }
    Ok(chosen)
}

/// Adds a program that is told of some events; with its secret, which is told this once.
///
/// Errors: a field where the address is none that may be told, is told already, or no event is chosen.
pub async fn add(
    data: &DataDirectory,
    address: &str,
    events: &[String],
) -> Result<(EndpointRow, String), TrackingError> {
    if address.trim().is_empty() {
        return Err(refused("url", "say where it listens, such as https://shop.example/hooks"));
    }
    let url = checked_address(address).map_err(|error| refused("url", error.to_string()))?;
    let events = checked_events(events)?;
    match outbound(data).await?.addresses(&url).await {
        // A name that nobody knows yet may be known when something is to be told.
        Ok(_) | Err(OutboundError::NoSuchHost { .. } | OutboundError::TooSlow { .. }) => {}
        Err(OutboundError::Inside { host, address, class, may_be_opened: true }) => {
            let error = OutboundError::Inside { host, address, class, may_be_opened: true };
            let how = "`bellwether tracking webhooks internal on`";
            return Err(refused("url", format!("{error}. An operator may open the own network by {how}")));
        }
        Err(error) => return Err(refused("url", error.to_string())),
    }
    if data.store.endpoints().await?.len() >= ENDPOINTS_MAX {
        return Err(refused("url", format!("{ENDPOINTS_MAX} programs are told already; remove one first")));
    }
    let secret = signing::new_secret();
    let sealed = seal(&data.outreach_key, SEALED_FOR, &secret);
    let id = data.store.add_endpoint(url.as_str(), &sealed, &events, data.now()).await?;
    let id = id.ok_or_else(|| refused("url", "this address is told already; choose its events on its own page"))?;
    Ok((find(data, id).await?, secret))
}

/// A program that is told, by its number.
pub async fn find(data: &DataDirectory, id: i64) -> Result<EndpointRow, TrackingError> {
    data.store.endpoint(id).await?.ok_or(TrackingError::NoEndpoint(id))
}

/// Chooses anew of what a program is told; what waits for it is told all the same.
pub async fn choose(data: &DataDirectory, id: i64, events: &[String]) -> Result<EndpointRow, TrackingError> {
    let events = checked_events(events)?;
    match data.store.set_endpoint_events(id, &events).await? {
        true => find(data, id).await,
        false => Err(TrackingError::NoEndpoint(id)),
    }
}

/// Lets what comes for a program wait, or lets it be told again; whether that changed anything.
pub async fn pause(data: &DataDirectory, id: i64, is_paused: bool) -> Result<bool, TrackingError> {
    find(data, id).await?;
    Ok(match is_paused {
        true => data.store.pause_endpoint(id, data.now()).await?,
        false => data.store.unpause_endpoint(id, data.now()).await?,
    })
}

/// Tells a program nothing any more; what waits for it and its log go with it.
pub async fn remove(data: &DataDirectory, id: i64) -> Result<(), TrackingError> {
    match data.store.remove_endpoint(id).await? {
        true => Ok(()),
        false => Err(TrackingError::NoEndpoint(id)),
    }
}

/// Gives a program a new secret, which is told this once; for a day messages are signed by the one before too.
pub async fn rotate(data: &DataDirectory, id: i64) -> Result<(EndpointRow, String), TrackingError> {
    let secret = signing::new_secret();
    let sealed = seal(&data.outreach_key, SEALED_FOR, &secret);
    let until = model::Timestamp(data.now().0 + PREVIOUS_COUNTS.as_micros() as i64);
    match data.store.rotate_endpoint(id, &sealed, until).await? {
        true => Ok((find(data, id).await?, secret)),
        false => Err(TrackingError::NoEndpoint(id)),
    }
}

/// The secrets that a message to a program is signed by now, the newest first.
fn secrets_of(data: &DataDirectory, endpoint: &EndpointToTell) -> Result<Vec<String>, TrackingError> {
    let mut secrets = vec![unseal(&data.outreach_key, SEALED_FOR, &endpoint.secret)?];
    if let Some((sealed, until)) = &endpoint.previous
        && *until > data.now()
    {
        secrets.push(unseal(&data.outreach_key, SEALED_FOR, sealed)?);
    }
    Ok(secrets)
}

/// Sends a program a message to try it out, now and once; what became of it.
pub async fn ping(data: &DataDirectory, id: i64) -> Result<DeliveryRow, TrackingError> {
    let (now, until) = sender::held_from(data.now());
    let taken = data.store.queue_and_claim(id, PING, &events::ping(), now, until).await?;
    sender::send_now(data, taken.ok_or(TrackingError::NoEndpoint(id))?).await
}

/// Sends a message again, now, whatever became of it before; where that fails it is tried on as a new one.
pub async fn resend(data: &DataDirectory, delivery: i64) -> Result<DeliveryRow, TrackingError> {
    data.store.delivery(delivery).await?.ok_or(TrackingError::NoDelivery(delivery))?;
    let (now, until) = sender::held_from(data.now());
    let taken = data.store.claim_again(delivery, now, until).await?;
    sender::send_now(data, taken.ok_or(TrackingError::UnderWay(delivery))?).await
}

/// Lets everything of a program that is parked be tried again; how many.
pub async fn resend_parked(data: &DataDirectory, id: i64) -> Result<u64, TrackingError> {
    find(data, id).await?;
    Ok(data.store.resend_parked(id, data.now()).await?)
}

/// A message with what became of it, in a few words.
pub fn outcome_words(row: &DeliveryRow) -> String {
    use store::webhooks::DeliveryState;
    let answered = row.last_status.map_or_else(String::new, |status| format!(", answered with {status}"));
    match row.state {
        DeliveryState::Delivered => format!("delivered{answered}"),
        DeliveryState::Parked if row.event == PING => format!("not taken: {}", row.problem),
        DeliveryState::Parked => format!("parked: {}", row.problem),
        DeliveryState::Waiting if row.problem.is_empty() => "waits to be sent".to_owned(),
        DeliveryState::Waiting => {
            format!("not delivered: {}; tried again at {}", row.problem, crate::clock::minute(row.next_at))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_chosen_by_their_names_and_at_least_one() {
        let named = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let chosen = checked_events(&named(&["deal.accepted", "click.human", "deal.accepted"])).expect("are known");
        assert_eq!(chosen, ["click.human", "deal.accepted"]);
        assert!(
            checked_events(&named(&["deal.agreed"])).is_err_and(|error| error.to_string().contains("deal.accepted"))
        );
        assert!(checked_events(&[]).is_err());
        assert!(checked_events(&named(&["ping"])).is_err(), "everybody gets it who is tried out");
    }
}
