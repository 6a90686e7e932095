//! Grants that somebody gives by agreeing at the platform itself: the link that leads there, the return, and short-lived tokens made anew.
//!
//! OAuth 2.0 (RFC 6749, the authorization code with an app of the operator's own). What comes back is bound to the connection and to a week
//! by a sealed state; only the long-lived token is kept, sealed, and the one that questions show is made from it when its time ends.

use axum::http::{HeaderMap, HeaderValue, Method, header};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use model::{Platform, Timestamp};
use serde::{Deserialize, Serialize};
use store::ConnectionState;
use url::Url;

use super::asking::Grant;
use super::{Connection, REVOKED_DAYS, SEALED_FOR, SyncError};
use crate::data_directory::DataDirectory;
use crate::ingest::connections;
use crate::outreach::sealing::{seal, unseal};
use crate::web::outbound::{Asked, Outbound};

/// What the state of a link is sealed for.
const STATE_SEALED_FOR: &str = "consent";
/// Whoever is sent a link agrees within so long.
pub const LINK_DAYS: i64 = 7;
/// A token is made anew when it ends within so long.
const RENEW_BEFORE_SECONDS: i64 = 600;
/// Where people come back to.
pub const RETURN_PATH: &str = "/ingest/consent";

/// How a platform is asked for somebody's consent.
struct Consent {
    /// Where people are led to.
    authorize: &'static str,
    /// How it calls the key of an app.
    key_name: &'static str,
    scopes: &'static str,
    /// Asked for besides, so that the grant lasts.
    also: &'static [(&'static str, &'static str)],
}

fn consent_of(platform: Platform) -> Option<Consent> {
    match platform {
        Platform::TikTok => Some(Consent {
            authorize: "https://www.tiktok.com/v2/auth/authorize/",
            key_name: "client_key",
            scopes: "user.info.basic,user.info.profile,user.info.stats,video.list",
            also: &[],
        }),
        Platform::YouTube => Some(Consent {
            authorize: "https://accounts.google.com/o/oauth2/v2/auth",
            key_name: "client_id",
            scopes: "https://www.googleapis.com/auth/youtube.readonly",
            also: &[("access_type", "offline"), ("prompt", "consent")],
        }),
        _ => None,
    }
}

/// Whether connections of a platform may rest on somebody's consent.
pub fn takes_consent(platform: Platform) -> bool {
    consent_of(platform).is_some()
}

/// The tokens of a connection that rests on consent, as they are sealed: JSON.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tokens {
    pub app_secret: String,
    /// Nothing before somebody has agreed.
    #[serde(default)]
    pub lasting: String,
    #[serde(default)]
    pub shown: String,
    /// When the shown one ends, in Unix seconds.
    #[serde(default)]
    pub shown_until: i64,
}

impl Tokens {
    pub fn sealed(&self, data: &DataDirectory) -> Vec<u8> {
        seal(&data.outreach_key, SEALED_FOR, &serde_json::to_string(self).expect("tokens serialise"))
    }

    fn of(data: &DataDirectory, connection: &Connection) -> Result<Tokens, SyncError> {
        let secret = connection.secret(data)?.unwrap_or_default();
        Ok(serde_json::from_str(&secret).unwrap_or_default())
    }
}

#[derive(Serialize, Deserialize)]
struct State {
    connection: i64,
    returns_to: String,
    until: i64,
}

/// Where people come back to, at a server of this address.
pub fn return_address(server: &str) -> String {
    format!("{}{RETURN_PATH}", server.trim_end_matches('/'))
}

/// The link at which somebody agrees; good for [`LINK_DAYS`]. `server` is the address people reach this program by.
///
/// # Errors
/// `Refused` for a connection that rests on no consent.
pub fn link(data: &DataDirectory, connection: &Connection, server: &str) -> Result<Url, SyncError> {
    let (Some(consent), Some(key)) = (consent_of(connection.platform), connection.settings.app_key.as_deref()) else {
        return Err(SyncError::refused(
            &connection.row.name,
            "rests on nobody's consent",
            "make a connection with the key of an app of your own",
        ));
    };
    let returns_to = return_address(server);
    let until = data.now().unix_seconds() + LINK_DAYS * 86_400;
    let state = State { connection: connection.row.id, returns_to: returns_to.clone(), until };
    let state = serde_json::to_string(&state).expect("a state serialises");
    let state = URL_SAFE_NO_PAD.encode(seal(&data.outreach_key, STATE_SEALED_FOR, &state));
    let mut url = Url::parse(consent.authorize).expect("our own addresses are addresses");
    url.query_pairs_mut()
        .append_pair(consent.key_name, key)
        .append_pair("response_type", "code")
        .append_pair("scope", consent.scopes)
        .append_pair("redirect_uri", &returns_to)
        .append_pair("state", &state)
        .extend_pairs(consent.also);
    Ok(url)
}

/// Somebody has come back from the platform with a code: it is turned into a grant. Returns the connection.
///
/// # Errors
/// `Refused` where the state is none of ours or a week old, or the platform does not take the code.
pub async fn returned(data: &DataDirectory, state: &str, code: &str) -> Result<Connection, SyncError> {
    let stale = || SyncError::refused("the consent", "this link is not ours, or older than a week", "open a new one");
    let sealed = URL_SAFE_NO_PAD.decode(state.trim()).map_err(|_| stale())?;
    let opened = unseal(&data.outreach_key, STATE_SEALED_FOR, &sealed).map_err(|_| stale())?;
    let state: State = serde_json::from_str(&opened).map_err(|_| stale())?;
    if state.until < data.now().unix_seconds() {
        return Err(stale());
    }
    let connection = Connection::find(data, state.connection).await?;
    let tokens = Tokens::of(data, &connection)?;
    let form = [("grant_type", "authorization_code"), ("code", code), ("redirect_uri", &state.returns_to)];
    match ask_for_tokens(data, &connection, &tokens, &form).await? {
        Answer::Tokens(tokens) if !tokens.lasting.is_empty() => {
            data.store.set_connection_secret(connection.row.id, &tokens.sealed(data), data.now()).await?;
            data.store.set_connection_state(connection.row.id, ConnectionState::Active, data.now()).await?;
            data.store.note_health(connection.row.id, None, None).await?;
            connections::watch_whoever_agreed(data, &connection).await?;
            Ok(connection)
        }
        Answer::Tokens(_) => Err(SyncError::refused(
            "the consent",
            "the platform gave a right that ends within hours",
            "take the app's right away at the platform, and agree once more",
        )),
        Answer::NotTaken(why) => Err(SyncError::refused("the consent", why, "open a new link, and agree once more")),
    }
}

/// By what right the server is asked now; a token that ends soon is made anew first.
///
/// # Errors
/// `Refused` before anybody has agreed, and where the grant was taken back: the connection is then revoked.
pub(super) async fn grant(data: &DataDirectory, connection: &Connection) -> Result<(Grant, Timestamp), SyncError> {
    let tokens = Tokens::of(data, connection)?;
    let name = &connection.row.name;
    if tokens.lasting.is_empty() {
        let hint = "open its page and ask for consent, or: bellwether ingest consent";
        return Err(SyncError::refused(name, "nobody has agreed yet", format!("{hint} {name}")));
    }
    let good = |tokens: Tokens| (Grant::Bearer(tokens.shown), Timestamp::from_unix_seconds(tokens.shown_until));
    if tokens.shown_until > data.now().unix_seconds() + RENEW_BEFORE_SECONDS {
        return Ok(good(tokens));
    }
    let form = [("grant_type", "refresh_token"), ("refresh_token", &tokens.lasting)];
    match ask_for_tokens(data, connection, &tokens, &form).await? {
        Answer::Tokens(renewed) => {
            // The platform may have given another lasting token, and the one before is worth nothing then.
            data.store.set_connection_secret(connection.row.id, &renewed.sealed(data), data.now()).await?;
            Ok(good(renewed))
        }
        Answer::NotTaken(why) => {
            data.store.set_connection_state(connection.row.id, ConnectionState::Revoked, data.now()).await?;
            let why = format!("{why}: the grant was taken back, and what it brought goes after {REVOKED_DAYS} days");
            data.store.note_health(connection.row.id, None, Some(&why)).await?;
            Err(SyncError::refused(name, why, "make a connection anew where somebody agrees again"))
        }
    }
}

/// When a token that ends then has to be made anew.
pub(super) fn is_ending(until: Timestamp, now: Timestamp) -> bool {
    until.unix_seconds() <= now.unix_seconds() + RENEW_BEFORE_SECONDS
}

enum Answer {
    Tokens(Tokens),
    /// The code or the lasting token is not taken.
    NotTaken(String),
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct TokenAnswer {
    access_token: String,
    refresh_token: String,
    expires_in: i64,
    error: serde_json::Value,
    error_description: String,
}

async fn ask_for_tokens(
    data: &DataDirectory,
    connection: &Connection,
    tokens: &Tokens,
    form: &[(&str, &str)],
) -> Result<Answer, SyncError> {
    let key_name = consent_of(connection.platform).map_or("client_id", |consent| consent.key_name);
    let url = token_address(connection)?;
    let body = url::form_urlencoded::Serializer::new(String::new())
        .append_pair(key_name, connection.settings.app_key.as_deref().unwrap_or_default())
        .append_pair("client_secret", &tokens.app_secret)
        .extend_pairs(form)
        .finish();
    let mut headers = HeaderMap::new();
    headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
    let outbound = Outbound { may_reach_inside: connection.settings.may_reach_inside, ..Outbound::default() };
    let asked = Asked { method: Method::POST, url, headers, body: body.into_bytes() };
    let answered = outbound.ask(asked).await?;
    let unreadable = || {
        let problem = format!("answers {} where a token was asked for", answered.status);
        SyncError::refused(&connection.row.server, problem, "try again later")
    };
    let answer: TokenAnswer = serde_json::from_slice(&answered.body).map_err(|_| unreadable())?;
    if let Some(error) = answer.error.as_str().filter(|error| !error.is_empty()) {
        let said: String = format!("{error} {}", answer.error_description).trim().chars().take(300).collect();
        // Anything else is the server's trouble, or the app's, and no word about the grant.
        return match error {
            "invalid_grant" | "access_denied" | "expired_token" => Ok(Answer::NotTaken(said)),
            _ => Err(SyncError::refused(&connection.row.server, said, "check the key and the secret of the app")),
        };
    }
    if !(200..300).contains(&answered.status) || answer.access_token.is_empty() {
        return Err(unreadable());
    }
    let lasting = if answer.refresh_token.is_empty() { tokens.lasting.clone() } else { answer.refresh_token };
    Ok(Answer::Tokens(Tokens {
        app_secret: tokens.app_secret.clone(),
        lasting,
        shown: answer.access_token,
        shown_until: data.now().unix_seconds() + answer.expires_in.clamp(0, 366 * 86_400),
    }))
}

/// Google gives tokens at a host of its own, TikTok where its answers come from; a server that stands in for them at `/token`.
fn token_address(connection: &Connection) -> Result<Url, SyncError> {
    let server = &connection.server;
    let path = match (connection.platform, server.host_str()) {
        (Platform::YouTube, Some("www.googleapis.com")) => {
            return Ok(Url::parse("https://oauth2.googleapis.com/token").expect("our own addresses are addresses"));
        }
        (Platform::TikTok, _) => "v2/oauth/token/",
        _ => "token",
    };
    server.join(path).map_err(|error| SyncError::refused(server.as_str(), error.to_string(), "check the server"))
}
