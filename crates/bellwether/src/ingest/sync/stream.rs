//! Listening: the network's stream as it comes, what touches those who are watched, in portions that are kept with their place in it.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use futures::{SinkExt, StreamExt};
use model::facts::InteractionFact;
use model::{AccountId, Platform, Timestamp};
use platforms::Collected;
use platforms::bluesky::records::{self, Action, Event, Record, What};
use platforms::bluesky::{Facts, frames, jetstream};
use serde::Serialize;
use store::{Along, ConnectionState, NewJob, StepDone, WorkDone};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use url::Url;

use super::ending::{self, Ending};
use super::settings::{StreamKind, StreamSettings};
use super::work::task;
use super::{Connection, SyncError, SyncReport, wait_for_others};
use crate::data_directory::DataDirectory;
use crate::ingest::{Portion, policies, take_portion};
use crate::web::outbound::{Outbound, checked_address};

/// A portion is kept when it has so many facts, saw so many events, or is so old.
const PORTION_FACTS: usize = 60_000;
const PORTION_EVENTS: u64 = 200_000;
const PORTION_AGE: Duration = Duration::from_secs(10);
/// The same of a stream that is listened to without end: each portion is an import and some files.
const PORTION_AGE_OF_ENDLESS: Duration = Duration::from_secs(60);
/// A frame of the stream is at most so long, by its protocol.
const FRAME_BYTES_MAX: usize = 6 << 20;
/// A stream that says nothing for so long has broken off.
const SILENCE_MAX: Duration = Duration::from_secs(60);
/// The place of a stream in microseconds is taken up a little before it: events of one moment may come in another order.
const OVERLAP_MICROS: i64 = 3_000_000;
/// Rows of what was taken back are removed so often.
const REMOVE_EVERY: Duration = Duration::from_secs(60);

/// Between two looks at who is watched.
const LOOK_EVERY: Duration = Duration::from_secs(10);

/// When listening ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Until {
    /// The server ends it, the program ends, or the connection does.
    Ended,
    /// Nothing came for so long: everything there was has come.
    Quiet(Duration),
}

/// What came by a stream.
#[derive(Clone, Default, PartialEq, Debug, Serialize)]
pub struct Listened {
    pub events: u64,
    /// Of those, how many touched somebody who is watched.
    pub taken: u64,
    pub unreadable: u64,
    #[serde(flatten)]
    pub report: SyncReport,
    pub cursor: Option<i64>,
}

/// Whose doings are taken.
struct Watching {
    takes_everybody: bool,
    dids: HashSet<String>,
    /// Accounts of which something is held: what they take back goes.
    held: HashSet<AccountId>,
}

impl Watching {
    async fn load(
        data: &DataDirectory,
        connection: &Connection,
        settings: &StreamSettings,
    ) -> Result<Watching, SyncError> {
        let held = data.lake.accounts_of(Platform::Bluesky, data.now()).await?.into_iter().collect();
        let mut watching = Watching { takes_everybody: settings.takes_everybody, dids: HashSet::new(), held };
        watching.look(data, connection.row.id).await?;
        Ok(watching)
    }

    /// Reads who is watched now.
    async fn look(&mut self, data: &DataDirectory, connection: i64) -> Result<(), SyncError> {
        let watched = data.store.watched(connection).await?;
        self.dids = watched.into_iter().filter(|one| one.kind == "account").filter_map(|one| one.native_id).collect();
        Ok(())
    }

    fn is_held(&self, did: &str) -> bool {
        self.takes_everybody
            || self.dids.contains(did)
            || self.held.contains(&AccountId::of(Platform::Bluesky, "", did))
    }

    fn takes(&self, event: &Event) -> bool {
        if self.takes_everybody || self.dids.contains(&event.did) {
            return true;
        }
        let of_record = |uri: &str| records::RecordName::of(uri).is_some_and(|name| self.dids.contains(&name.did));
        match &event.what {
            What::Commit { action: Action::Write(record), .. } => match record {
                Record::Post(post) => {
                    post.reply.as_ref().is_some_and(|reply| of_record(&reply.parent.uri) || of_record(&reply.root.uri))
                        || post
                            .embed
                            .as_ref()
                            .and_then(records::Embed::quoted)
                            .is_some_and(|quoted| self.dids.contains(&quoted.did))
                        || (post.facets.iter().flatten())
                            .flat_map(|facet| &facet.features)
                            .any(|feature| feature.did.as_ref().is_some_and(|did| self.dids.contains(did)))
                }
                Record::Like(towards) | Record::Repost(towards) => of_record(&towards.subject.uri),
                Record::Follow(followed) => self.dids.contains(&followed.subject),
                Record::Profile(_) | Record::Unreadable(_) => false,
            },
            What::Commit { action: Action::Delete, .. } | What::Account { .. } | What::Identity { .. } => {
                self.is_held(&event.did)
            }
        }
    }

    /// Whoever is named in what is kept is held from then on.
    fn holds(&mut self, found: &Collected) {
        self.held.extend(found.facts.accounts.iter().map(|account| account.id));
    }
}

/// What came and is not kept yet.
struct Pending {
    found: Collected,
    ended: Vec<Ending>,
    events: u64,
    since: Instant,
    cursor: Option<i64>,
}

impl Pending {
    fn new() -> Pending {
        Pending { found: Collected::default(), ended: vec![], events: 0, since: Instant::now(), cursor: None }
    }

    fn is_full(&self) -> bool {
        self.found.facts.len() >= PORTION_FACTS || self.events >= PORTION_EVENTS
    }
}

/// Listens from where it was left. `told` hears of each portion kept.
pub async fn listen(
    data: &DataDirectory,
    id: i64,
    until: Until,
    told: &(dyn Fn(&Listened) + Sync),
) -> Result<Listened, SyncError> {
    let connection = Connection::find(data, id).await?;
    let Some(settings) = connection.settings.stream.clone() else {
        return Err(SyncError::refused(
            &connection.row.name,
            "it listens to no stream",
            "make one that does: bellwether ingest connect bluesky --name live --stream https://jetstream2.us-east.bsky.network",
        ));
    };
    let (job, cursor) = place_of(data, &connection, &settings).await?;
    let mut socket = connect(&connection, &settings, cursor).await?;
    let mut watching = Watching::load(data, &connection, &settings).await?;
    let mut facts = Facts::new();
    let mut pending = Pending::new();
    let mut listened = Listened { cursor, ..Listened::default() };
    let (mut removed_at, mut named_on) = (Instant::now(), data.now().day());
    let (quiet, portion_age) = match until {
        Until::Ended => (SILENCE_MAX, PORTION_AGE_OF_ENDLESS),
        Until::Quiet(quiet) => (quiet, PORTION_AGE),
    };
    let (mut heard_at, mut looked_at) = (Instant::now(), Instant::now());
    let why = loop {
        let due_in = portion_age.saturating_sub(pending.since.elapsed()).max(Duration::from_millis(1));
        let message = tokio::time::timeout(due_in.min(quiet), socket.next()).await;
        match message {
            Ok(Some(Ok(message))) => {
                heard_at = Instant::now();
                match events_of(&settings, &message) {
                    Ok(events) => {
                        for event in events {
                            take(&event, &watching, &mut facts, &mut pending, &mut listened, data.now());
                        }
                    }
                    Err(Heard::Unreadable) => listened.unreadable += 1,
                    Err(Heard::Refused(why)) => break Some(why),
                }
                if let Message::Ping(bytes) = message {
                    drop(socket.send(Message::Pong(bytes)).await);
                }
            }
            Ok(Some(Err(error))) => break Some(format!("it broke off: {error}")),
            Ok(None) => break None,
            Err(_) if heard_at.elapsed() >= quiet && until == Until::Ended => {
                break Some(format!("it said nothing for {} seconds", quiet.as_secs()));
            }
            Err(_) if heard_at.elapsed() >= quiet => break None,
            Err(_) => {}
        }
        if pending.is_full() || (pending.since.elapsed() >= portion_age && pending.events > 0) {
            keep(data, &connection, job, &mut pending, &mut watching, &mut listened).await?;
            told(&listened);
            let day = data.now().day();
            if named_on != day {
                facts.forget_named();
                named_on = day;
            }
        } else if pending.events == 0 {
            pending.since = Instant::now();
        }
        if removed_at.elapsed() >= REMOVE_EVERY {
            listened.report.rows_removed += ending::remove_rows(data).await?;
            removed_at = Instant::now();
        }
        if looked_at.elapsed() >= LOOK_EVERY {
            looked_at = Instant::now();
            // Whoever is watched from now on is taken; a connection that is paused or ended is listened to no more.
            match data.store.connection(id).await? {
                Some(row) if row.state == ConnectionState::Active => watching.look(data, id).await?,
                _ => break None,
            }
        }
        if data.is_ending() {
            break None;
        }
    };
    keep(data, &connection, job, &mut pending, &mut watching, &mut listened).await?;
    listened.report.rows_removed += ending::remove_rows(data).await?;
    told(&listened);
    match why {
        None => Ok(listened),
        Some(why) => Err(SyncError::refused(
            format!("the stream of {}", connection.row.name),
            why,
            "it is taken up again where it was left",
        )),
    }
}

/// The work that remembers where the stream was left, made at first.
async fn place_of(
    data: &DataDirectory,
    connection: &Connection,
    settings: &StreamSettings,
) -> Result<(i64, Option<i64>), SyncError> {
    let new = NewJob {
        watched: None,
        task: task::STREAM.to_owned(),
        subject: settings.server.clone(),
        due_at: Timestamp(i64::MAX),
        every_seconds: None,
        priority: 99,
    };
    data.store.ask_for_work(connection.row.id, &[new]).await?;
    let job = data.store.job(connection.row.id, task::STREAM, &settings.server).await?;
    let job = job.ok_or_else(|| SyncError::NoSuchConnection(connection.row.name.clone()))?;
    Ok((job.id, job.cursor.and_then(|cursor| cursor.parse().ok())))
}

type Socket = tokio_tungstenite::WebSocketStream<Box<dyn crate::web::outbound::BothWays>>;

async fn connect(connection: &Connection, settings: &StreamSettings, cursor: Option<i64>) -> Result<Socket, SyncError> {
    let mut url: Url = checked_address(&settings.server)?;
    match settings.kind {
        StreamKind::Jetstream => {
            url.set_path("/subscribe");
            let mut query = url.query_pairs_mut();
            query.extend_pairs(records::COLLECTIONS.map(|collection| ("wantedCollections", collection)));
            if let Some(cursor) = cursor {
                query.append_pair("cursor", &(cursor - OVERLAP_MICROS).to_string());
            }
        }
        StreamKind::Repos => {
            url.set_path("/xrpc/com.atproto.sync.subscribeRepos");
            // Without a place the stream begins now; at the beginning of what is held it begins at 0.
            url.query_pairs_mut().append_pair("cursor", &cursor.unwrap_or(0).to_string());
        }
    }
    let outbound = Outbound {
        may_reach_inside: connection.settings.may_reach_inside,
        time_at_most: Duration::from_secs(30),
        ..Outbound::default()
    };
    let bytes = outbound.bytes(&url).await?;
    let refused = |problem: String| {
        let hint = "check the address of the stream and which kind it is";
        SyncError::refused(format!("the stream at {}", settings.server), problem, hint)
    };
    // The line is there already: only the words of the greeting are made of the address.
    let request =
        url.as_str().replacen("http", "ws", 1).into_client_request().map_err(|error| refused(error.to_string()))?;
    let limits =
        WebSocketConfig::default().max_message_size(Some(FRAME_BYTES_MAX)).max_frame_size(Some(FRAME_BYTES_MAX));
    let (socket, _) = tokio_tungstenite::client_async_with_config(request, bytes, Some(limits))
        .await
        .map_err(|error| refused(error.to_string()))?;
    Ok(socket)
}

enum Heard {
    Unreadable,
    Refused(String),
}

fn events_of(settings: &StreamSettings, message: &Message) -> Result<Vec<Event>, Heard> {
    match (settings.kind, message) {
        (StreamKind::Jetstream, Message::Text(text)) => {
            jetstream::event_of(text.as_bytes()).map(|event| event.into_iter().collect()).map_err(|_| Heard::Unreadable)
        }
        (StreamKind::Jetstream, Message::Binary(bytes)) => {
            jetstream::event_of(bytes).map(|event| event.into_iter().collect()).map_err(|_| Heard::Unreadable)
        }
        (StreamKind::Repos, Message::Binary(bytes)) => frames::events_of(bytes).map_err(|error| match error {
            frames::FrameError::Unreadable(_) => Heard::Unreadable,
            refused => Heard::Refused(refused.to_string()),
        }),
        (_, Message::Close(_)) => Err(Heard::Refused("the server closed it".to_owned())),
        _ => Ok(vec![]),
    }
}

fn take(
    event: &Event,
    watching: &Watching,
    facts: &mut Facts,
    pending: &mut Pending,
    listened: &mut Listened,
    now: Timestamp,
) {
    listened.events += 1;
    pending.events += 1;
    pending.cursor = Some(event.cursor);
    if !watching.takes(event) {
        return;
    }
    listened.taken += 1;
    if let Some(ended) = facts.event(event, now, &mut pending.found) {
        pending.ended.push(ended.into());
    }
    pending.found.rows += 1;
}

/// Leaves out of a portion what was written and taken back within it: it never comes in.
fn drop_taken_back(found: &mut Collected, ended: &[Ending]) {
    let names = || ended.iter().filter_map(|one| if let Ending::Record(name) = one { Some(name) } else { None });
    let said: HashSet<model::InteractionId> = names().flat_map(platforms::bluesky::interactions_of_record).collect();
    if said.is_empty() {
        return;
    }
    let posts: HashSet<model::PostId> = names().map(|name| model::PostId::of(Platform::Bluesky, &name.uri())).collect();
    let facts = &mut found.facts;
    facts.posts.retain(|row| !posts.contains(&row.id));
    let is_stated =
        |row: &InteractionFact| row.kind.is_sign() && row.parent.is_some_and(|parent| said.contains(&parent));
    facts.interactions.retain(|row| !said.contains(&row.id) && !is_stated(row));
    let still_said: HashSet<model::TextId> = (facts.posts.iter().filter_map(|row| row.text))
        .chain(facts.interactions.iter().filter_map(|row| row.text))
        .collect();
    facts.texts.retain(|row| still_said.contains(&row.id));
}

async fn keep(
    data: &DataDirectory,
    connection: &Connection,
    job: i64,
    pending: &mut Pending,
    watching: &mut Watching,
    listened: &mut Listened,
) -> Result<(), SyncError> {
    let mut done = std::mem::replace(pending, Pending::new());
    drop_taken_back(&mut done.found, &done.ended);
    let Some(cursor) = done.cursor else { return Ok(()) };
    wait_for_others(data).await?;
    let gone = ending::settle(data, &done.ended, &mut listened.report).await?;
    watching.holds(&done.found);
    let now = data.now();
    let step = StepDone { job, cursor: Some(cursor.to_string()), at: now, next_round_at: None, pages: 1 };
    let work = WorkDone { connection: Some(connection.row.id), steps: vec![step], asked: vec![] };
    let portion = Portion {
        connection: connection.row.id,
        label: format!("{}, stream", connection.row.name),
        policy: policies::of_interface(Platform::Bluesky),
        facts: done.found.facts,
        rows_in: done.found.rows,
        issues: done.found.issues,
        remarks: done.found.remarks,
    };
    let counts = take_portion(data, portion, &Along { work, gone }).await?;
    listened.report.facts_new += counts.inserted;
    listened.report.facts_known += counts.already_known;
    listened.report.left_out += counts.tombstoned;
    listened.cursor = Some(cursor);
    data.store.note_health(connection.row.id, Some(now), None).await?;
    Ok(())
}
