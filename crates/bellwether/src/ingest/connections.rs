//! Connections to platforms that are asked by themselves: making them, saying who and what is watched, and how they are.

use engine::matching::identity::{LinkKey, account_link};
use model::{Days, Platform, Timestamp};
use serde::Serialize;
use store::{ConnectionState, ImportRecord, ImportState, JobCounts, JobRow, NewConnection, NewWatched, WatchedRow};

use super::sync::granting::{Tokens, takes_consent};
use super::sync::reading::budgets;
use super::sync::settings::{ConnectionSettings, Offer, Part, StreamKind, StreamSettings, offer};
use super::sync::work::{OWN, first_work};
use super::sync::{Connection, SEALED_FOR, SyncError, wait_for_others};
use super::undo_of_connection;
use crate::data_directory::DataDirectory;
use crate::outreach::sealing::seal;
use crate::web::outbound::checked_address;

/// Letters of a name, a handle, words that are searched for.
const LETTERS_MAX: usize = 200;
/// Who is watched at one connection: the stream carries what touches each.
pub const WATCHED_MAX: usize = 10_000;

/// A connection as it is asked for.
#[derive(Clone, PartialEq, Debug)]
pub struct Asked {
    pub platform: Platform,
    /// Empty: the platform's.
    pub name: String,
    /// Empty: where most people ask.
    pub server: String,
    pub parts: Vec<Part>,
    pub history_days: Days,
    /// A token or key, where the platform asks for one.
    pub secret: String,
    /// The secret of the operator's own app, by which the platform signs what it passes on and knows the app again.
    pub app_secret: String,
    /// The key of that app, where somebody is to agree at the platform.
    pub app_key: String,
    /// The platform's number of the own account.
    pub own_id: String,
    pub stream: Option<(StreamKind, String)>,
    pub takes_everybody: bool,
    pub may_reach_inside: bool,
}

impl Asked {
    pub fn new(platform: Platform) -> Asked {
        let usual = ConnectionSettings::default();
        Asked {
            platform,
            name: String::new(),
            server: String::new(),
            parts: usual.parts,
            history_days: usual.history_days,
            secret: String::new(),
            app_secret: String::new(),
            app_key: String::new(),
            own_id: String::new(),
            stream: None,
            takes_everybody: false,
            may_reach_inside: false,
        }
    }
}

/// Makes a connection; nothing is asked before somebody is watched.
pub async fn connect(data: &DataDirectory, asked: &Asked) -> Result<i64, SyncError> {
    let offer = offered(asked.platform)?;
    let name = if asked.name.trim().is_empty() { asked.platform.name() } else { asked.name.trim() };
    if name.chars().count() > LETTERS_MAX {
        return Err(SyncError::refused("name", "is too long", format!("at most {LETTERS_MAX} letters")));
    }
    let server = if asked.server.trim().is_empty() { offer.server } else { asked.server.trim() };
    if server.is_empty() {
        return Err(SyncError::refused(
            "server",
            "nobody is named to be asked",
            "name the server, such as https://mastodon.example",
        ));
    }
    let server = address("server", server)?;
    let secret = asked.secret.trim();
    let app_key = asked.app_key.trim();
    let rests_on_consent = takes_consent(asked.platform) && !app_key.is_empty();
    if asked.platform == Platform::TikTok && app_key.is_empty() {
        return Err(SyncError::refused("app_key", "is needed", offer.needs));
    }
    if matches!(asked.platform, Platform::YouTube | Platform::Instagram) && secret.is_empty() && !rests_on_consent {
        return Err(SyncError::refused("secret", "is needed", offer.needs));
    }
    if rests_on_consent && asked.app_secret.trim().is_empty() {
        let hint = "copy it from where the platform shows the app's key";
        return Err(SyncError::refused("app_secret", "is needed beside the key", hint));
    }
    let own_id = asked.own_id.trim();
    if asked.platform == Platform::Instagram
        && (own_id.is_empty() || !own_id.bytes().all(|digit| digit.is_ascii_digit()))
    {
        let hint = "the number of the professional account, as the platform's developer pages show it";
        return Err(SyncError::refused("own_id", "is needed, in digits", hint));
    }
    let app_secret = asked.app_secret.trim();
    let is_broken = |text: &str| text.len() > 4_000 || text.chars().any(char::is_control);
    if is_broken(secret) || is_broken(app_secret) || is_broken(app_key) {
        return Err(SyncError::refused(
            "secret",
            "is no token or key",
            "copy it as one line, without what stands around it",
        ));
    }
    if asked.stream.is_some() && asked.platform != Platform::Bluesky {
        return Err(SyncError::refused("stream", "is listened to for Bluesky alone", "leave it out"));
    }
    let stream = match &asked.stream {
        None => None,
        Some((kind, server)) => {
            let server = address("stream", &server.replacen("wss://", "https://", 1).replacen("ws://", "http://", 1))?;
            Some(StreamSettings { kind: *kind, server, takes_everybody: asked.takes_everybody })
        }
    };
    let settings = ConnectionSettings {
        history_days: asked.history_days,
        own_id: Some(own_id.to_owned()).filter(|id| !id.is_empty()),
        app_key: rests_on_consent.then(|| app_key.to_owned()),
        parts: asked.parts.iter().copied().filter(|part| offer.parts.contains(part)).collect(),
        stream,
        may_reach_inside: asked.may_reach_inside,
        ..ConnectionSettings::default()
    };
    let new = NewConnection {
        platform: asked.platform.code().to_owned(),
        name: name.to_owned(),
        server,
        settings: serde_json::to_string(&settings).expect("settings serialise"),
        secret: match rests_on_consent {
            // A lasting token that somebody has already is taken as it is.
            true => Some(
                Tokens { app_secret: app_secret.to_owned(), lasting: secret.to_owned(), ..Tokens::default() }
                    .sealed(data),
            ),
            false => (!secret.is_empty())
                .then(|| seal(&data.outreach_key, SEALED_FOR, format!("{secret}\n{app_secret}").trim_end())),
        },
    };
    let kept = data.store.keep_connection(&new, data.now()).await?;
    let id = kept.ok_or_else(|| {
        SyncError::refused("name", format!("there is a connection called {name:?} already"), "choose another name")
    })?;
    if rests_on_consent && !secret.is_empty() {
        watch_whoever_agreed(data, &Connection::find(data, id).await?).await?;
    }
    Ok(id)
}

/// Whoever agrees is whom a connection is for; before that there is nothing to ask.
pub async fn watch_whoever_agreed(data: &DataDirectory, connection: &Connection) -> Result<(), SyncError> {
    let me = Watch { is_search: false, subjects: vec![OWN.to_owned()], brand: None, is_first: false };
    watch(data, connection, &me).await.map(drop)
}

fn offered(platform: Platform) -> Result<&'static Offer, SyncError> {
    offer(platform).ok_or_else(|| {
        let all: Vec<&str> = super::sync::settings::OFFERS.iter().map(|offer| offer.platform.code()).collect();
        SyncError::refused(
            platform.name(),
            "cannot be connected",
            format!("these can: {}; of others bring exports in (bellwether ingest export)", all.join(", ")),
        )
    })
}

fn address(what: &str, text: &str) -> Result<String, SyncError> {
    let mut url = checked_address(text)
        .map_err(|error| SyncError::refused(what, error.to_string(), "write it as https://host.example"))?;
    // What is asked for stands below it.
    if !url.path().ends_with('/') {
        url.set_path(&format!("{}/", url.path()));
    }
    Ok(url.to_string())
}

/// A connection by its name, in any case, or its number.
pub async fn find(data: &DataDirectory, named: &str) -> Result<Connection, SyncError> {
    let rows = data.store.connections().await?;
    let by_name = |row: &store::ConnectionRow| row.name.to_lowercase() == named.trim().to_lowercase();
    let row =
        rows.iter().find(|row| by_name(row)).or_else(|| rows.iter().find(|row| row.id.to_string() == named.trim()));
    Connection::of(row.cloned().ok_or_else(|| SyncError::NoSuchConnection(named.to_owned()))?)
}

/// Who is to be watched, or what searched for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Watch {
    pub is_search: bool,
    pub subjects: Vec<String>,
    /// The brand it is for; so no brand waits behind another.
    pub brand: Option<String>,
    /// Worked on before all others: of a campaign that runs now.
    pub is_first: bool,
}

/// Watches; what is asked first is due at once. Returns how many are new.
pub async fn watch(data: &DataDirectory, connection: &Connection, watch: &Watch) -> Result<usize, SyncError> {
    let kind = if watch.is_search { "search" } else { "account" };
    let already = data.store.watched(connection.row.id).await?.len();
    let mut subjects: Vec<String> = vec![];
    if connection.platform == Platform::TikTok && (watch.is_search || watch.subjects.iter().any(|one| one != OWN)) {
        let hint = "ask for consent (bellwether ingest consent): whoever agrees is watched by themselves";
        return Err(SyncError::refused("whom to watch", "TikTok tells of nobody but whoever agreed", hint));
    }
    for subject in &watch.subjects {
        let subject = if watch.is_search { words(subject)? } else { handle(connection.platform, subject)? };
        if !subjects.contains(&subject) {
            subjects.push(subject);
        }
    }
    if subjects.is_empty() {
        return Err(SyncError::refused("whom to watch", "nobody is named", "name at least one, such as @ana.example"));
    }
    if already + subjects.len() > WATCHED_MAX {
        let hint = "watch fewer, or make a second connection";
        return Err(SyncError::refused(&connection.row.name, format!("watches {WATCHED_MAX} at most"), hint));
    }
    let (now, mut new) = (data.now(), 0);
    for subject in subjects {
        let priority = i64::from(!watch.is_first);
        let wanted =
            NewWatched { kind: kind.to_owned(), subject: subject.clone(), brand: watch.brand.clone(), priority };
        let (id, is_new) = data.store.watch(connection.row.id, &wanted, now).await?;
        new += usize::from(is_new);
        let job = first_work(connection.platform, kind, &subject, id, priority, now);
        data.store.ask_for_work(connection.row.id, &[job]).await?;
    }
    Ok(new)
}

/// The creators of a campaign who are on a connection's platform, to be watched before all others as long as it runs.
pub async fn of_campaign(
    data: &DataDirectory,
    connection: &Connection,
    campaign: i64,
) -> Result<Vec<String>, SyncError> {
    let accounts: Vec<model::AccountId> =
        data.store.campaign_creators(campaign).await?.into_iter().map(|creator| creator.account).collect();
    let there = |profile: &lake::CreatorProfile| profile.platform == connection.platform;
    let profiles = data.lake.profiles(Some(&accounts), data.now()).await?;
    let named: Vec<String> = (profiles.into_iter().filter(there))
        .map(|profile| match connection.platform {
            // A name of Mastodon is an address; its server is asked by handle.
            Platform::Mastodon => profile.handle.unwrap_or(profile.native_id),
            _ => profile.native_id,
        })
        .collect();
    if named.is_empty() {
        let problem = format!("none of its creators is known on {}", connection.platform.name());
        return Err(SyncError::refused("the campaign", problem, "name them by their handles"));
    }
    Ok(named)
}

/// A handle as the platform writes it; a link to the profile is one too.
fn handle(platform: Platform, text: &str) -> Result<String, SyncError> {
    let text = text.trim();
    let named = match account_link(text).filter(|link| link.platform == platform).map(|link| link.key) {
        Some(LinkKey::Handle(named) | LinkKey::NativeId(named)) => named,
        _ => text.trim_start_matches('@').to_owned(),
    };
    // Ids are told apart by their case, handles are not.
    let is_id = named.starts_with("did:") || (platform == Platform::YouTube && named.starts_with("UC"));
    let named = if is_id { named } else { named.to_lowercase() };
    let is_plain = !named.is_empty()
        && named.chars().count() <= LETTERS_MAX
        && !named.contains(|letter: char| letter.is_whitespace() || letter.is_control() || letter == '/');
    let is_fine = is_plain
        && match platform {
            Platform::Bluesky => named.starts_with("did:") || named.contains('.'),
            Platform::Mastodon => named.split('@').filter(|part| !part.is_empty()).count() == 2,
            _ => true,
        };
    let example = match platform {
        Platform::Mastodon => "@ana@mastodon.example",
        Platform::YouTube => "@ana, or the channel's id that begins with UC",
        _ => "@ana.bsky.social",
    };
    if is_fine {
        Ok(named)
    } else {
        Err(SyncError::refused(
            "whom to watch",
            format!("{text:?} is no handle of {}", platform.name()),
            format!("write it as {example}"),
        ))
    }
}

fn words(text: &str) -> Result<String, SyncError> {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > LETTERS_MAX {
        return Err(SyncError::refused("words", "are empty, or too many", format!("at most {LETTERS_MAX} letters")));
    }
    Ok(text.to_owned())
}

/// Watches somebody or some words no more. What was brought in stays until its time, or until it is forgotten.
pub async fn unwatch(data: &DataDirectory, connection: &Connection, subject: &str) -> Result<(), SyncError> {
    let named = subject.trim().trim_start_matches('@');
    let watched = data.store.watched(connection.row.id).await?;
    let found = watched.iter().find(|one| one.subject.eq_ignore_ascii_case(named) || one.id.to_string() == named);
    let found = found.ok_or_else(|| {
        let hint = format!("bellwether ingest connection {} shows who is", connection.row.name);
        SyncError::refused(named, "is not watched", hint)
    })?;
    Ok(data.store.unwatch(found.id).await?)
}

/// How a connection is, with what it does and did.
#[derive(Clone, PartialEq, Debug)]
pub struct Health {
    pub counts: JobCounts,
    pub watched: Vec<WatchedRow>,
    pub work: Vec<JobRow>,
    /// Calls of each kind in the window that is counted now, and how many are made at most.
    pub calls: Vec<(String, Timestamp, u64, u64)>,
    pub imports: Vec<ImportRecord>,
}

/// Pieces of work and imports that are shown.
const SHOWN: i64 = 25;
/// Imports that are taken back in one going through the lake.
const IMPORTS_UNDONE_EACH: usize = 500;

pub async fn health(data: &DataDirectory, connection: &Connection) -> Result<Health, SyncError> {
    let (id, now) = (connection.row.id, data.now());
    let calls = data.store.calls(id).await?;
    Ok(Health {
        counts: data.store.work_counts(id, now).await?,
        watched: data.store.watched(id).await?,
        work: data.store.work(id, SHOWN).await?,
        calls: budgets(connection.platform)
            .into_iter()
            .map(|budget| {
                let since = budget.window.counted(now).0;
                let counted = calls.iter().filter(|(bucket, at, _)| bucket == budget.bucket && *at >= since);
                let used = counted.map(|(_, _, used)| *used).sum::<u64>().min(budget.calls_max);
                (budget.bucket.to_owned(), since, used, budget.calls_max)
            })
            .collect(),
        imports: data.store.imports_of_connection(id, SHOWN).await?,
    })
}

/// What ending a connection did.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub struct Disconnected {
    pub imports_undone: usize,
    pub facts_removed: u64,
}

/// Ends a connection; with `with_facts` everything it brought goes too.
///
/// The imports are undone before the connection goes: broken off, ending it again finishes it.
pub async fn disconnect(
    data: &DataDirectory,
    connection: &Connection,
    with_facts: bool,
) -> Result<Disconnected, SyncError> {
    let id = connection.row.id;
    // What was begun is finished by the sweeper, which lets facts go only where they were to.
    let state = if with_facts { ConnectionState::Revoked } else { ConnectionState::Paused };
    data.store.set_connection_state(id, state, data.now()).await?;
    let mut done = Disconnected { imports_undone: 0, facts_removed: 0 };
    if with_facts {
        let mut held = data.store.imports_of_connection(id, i64::MAX).await?;
        held.retain(|import| import.state == ImportState::Done);
        for some in held.chunks(IMPORTS_UNDONE_EACH) {
            let ids: Vec<_> = some.iter().map(|import| import.id).collect();
            wait_for_others(data).await?;
            undo_of_connection(data, &ids).await?;
            done.imports_undone += some.len();
            done.facts_removed += some.iter().map(|import| import.counts.inserted).sum::<u64>();
        }
    }
    data.store.remove_connection(id).await?;
    Ok(done)
}

/// Works on a connection again, or no more until then.
pub async fn set_state(data: &DataDirectory, connection: &Connection, state: ConnectionState) -> Result<(), SyncError> {
    Ok(data.store.set_connection_state(connection.row.id, state, data.now()).await?)
}

/// Everything that is done again and again is due now.
pub async fn hurry(data: &DataDirectory, connection: &Connection) -> Result<(), SyncError> {
    Ok(data.store.hurry_work(connection.row.id, data.now()).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handle_is_read_as_people_write_it_and_what_is_none_is_refused() {
        for (text, expected) in [
            ("@Ana.bsky.social", "ana.bsky.social"),
            ("ana.test", "ana.test"),
            ("did:plc:Abc", "did:plc:Abc"),
            ("https://bsky.app/profile/ana.bsky.social", "ana.bsky.social"),
        ] {
            assert_eq!(handle(Platform::Bluesky, text).expect("a handle"), expected, "{text}");
        }
        let channel = "UC0123456789abcdefghijKL";
        assert_eq!(handle(Platform::YouTube, channel).expect("an id"), channel);
        assert_eq!(handle(Platform::YouTube, "@Our_Bakery").expect("a handle"), "our_bakery");
        for wrong in ["", "ana", "ana bsky.social", "https://example.com/a/b"] {
            assert!(handle(Platform::Bluesky, wrong).is_err(), "{wrong}");
        }
    }
}
