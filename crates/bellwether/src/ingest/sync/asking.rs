//! Asking a platform: one question after the other on one line, counted against its limits before it is asked, and told apart by what
//! came of it: an answer, a wait, or a refusal.

use axum::http::{HeaderMap, HeaderValue, Method, header};
use jiff::civil::Time;
use model::Timestamp;
use serde::de::DeserializeOwned;
use serde_json::Value;
use url::Url;

use crate::clock;
use crate::data_directory::DataDirectory;
use crate::web::outbound::{Answered, Asked, Line, Outbound, OutboundError};

/// An answer is at most so long; a page of a hundred threads is a few megabytes.
const ANSWER_BYTES_MAX: usize = 32 << 20;

/// How long a platform counts calls.
///
/// Nobody tells when a platform's window begins, and some never begin: so any window of so many seconds has no more calls than
/// its budget. It is counted in spans of a twentieth.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Window {
    Seconds(i64),
    /// From midnight to midnight in California, where a day has 23 or 25 hours twice a year.
    PacificDay,
}

impl Window {
    /// Since when calls count at `now`, and the span that calls made now belong to.
    pub fn counted(self, now: Timestamp) -> (Timestamp, Timestamp) {
        match self {
            Window::Seconds(length) => {
                let span_at = now.unix_seconds().div_euclid(span(length)) * span(length);
                (Timestamp::from_unix_seconds(span_at - length), Timestamp::from_unix_seconds(span_at))
            }
            Window::PacificDay => {
                let began = pacific_day(now).0;
                (began, began)
            }
        }
    }

    /// When the calls of the span that began at `span_at` count no more.
    pub fn free_at(self, span_at: Timestamp) -> Timestamp {
        match self {
            Window::Seconds(length) => Timestamp::from_unix_seconds(span_at.unix_seconds() + length + span(length)),
            Window::PacificDay => pacific_day(span_at).1,
        }
    }
}

fn span(length: i64) -> i64 {
    (length / 20).max(1)
}

/// From midnight to midnight in California.
fn pacific_day(now: Timestamp) -> (Timestamp, Timestamp) {
    let zone = clock::zone("America/Los_Angeles").expect("the zones are built in");
    let at = jiff::Timestamp::from_microsecond(now.0).unwrap_or_default().to_zoned(zone.clone());
    let midnight = |date: jiff::civil::Date| {
        let zoned = date.to_datetime(Time::midnight()).to_zoned(zone.clone());
        zoned.map_or(now, |zoned| Timestamp(zoned.timestamp().as_microsecond()))
    };
    (midnight(at.date()), midnight(at.date().tomorrow().unwrap_or(at.date())))
}

/// A limit of a platform, as far as it is used.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Budget {
    pub bucket: &'static str,
    pub window: Window,
    /// Calls in a window that are made at most: less than the platform allows, so that others on the same line are served too.
    pub calls_max: u64,
    /// What one call counts.
    pub calls_each: u32,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    #[error("{0}")]
    NotReached(#[from] OutboundError),
    /// The limit is used up, ours or the platform's: nothing is asked before.
    #[error("{why}; goes on at {}", clock::minute(*until))]
    Wait { until: Timestamp, why: String },
    #[error("the server answers {status} {code}: {message}")]
    Refused { status: u16, code: String, message: String },
    #[error("the answer cannot be read: {0}")]
    Unreadable(String),
    /// There is somebody, who may not be kept.
    #[error("{0}; nothing of it is kept")]
    NotToBeKept(String),
    #[error(transparent)]
    Store(#[from] store::StoreError),
}

/// By what right a server is asked.
#[derive(Clone, PartialEq, Eq)]
pub enum Grant {
    /// By none: it is open.
    Open,
    /// A token that is shown in a header.
    Bearer(String),
    /// A key that stands in the question.
    Key(String),
}

/// One server, asked for one connection.
pub struct Asking<'a> {
    data: &'a DataDirectory,
    connection: i64,
    server: Url,
    outbound: Outbound,
    grant: Grant,
    line: Option<Line>,
    /// When the grant ends by itself, where it does.
    pub ends_at: Option<Timestamp>,
    /// Questions asked.
    pub calls: u64,
}

impl<'a> Asking<'a> {
    pub fn new(
        data: &'a DataDirectory,
        connection: i64,
        server: Url,
        may_reach_inside: bool,
        grant: Grant,
    ) -> Asking<'a> {
        let outbound = Outbound {
            may_reach_inside,
            time_at_most: std::time::Duration::from_secs(60),
            answer_bytes_max: ANSWER_BYTES_MAX,
        };
        Asking { data, connection, server, outbound, grant, line: None, ends_at: None, calls: 0 }
    }

    /// Goes on with another grant.
    pub fn take_grant(&mut self, grant: Grant, ends_at: Option<Timestamp>) {
        (self.grant, self.ends_at) = (grant, ends_at);
    }

    /// The server's name, with its port where it has one of its own.
    pub fn host(&self) -> String {
        let host = self.server.host_str().unwrap_or_default();
        self.server.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
    }

    /// Asks for a path with what is asked, and reads the answer as JSON.
    pub async fn json<T: DeserializeOwned>(
        &mut self,
        budget: Budget,
        path: &str,
        query: &[(&str, &str)],
    ) -> Result<T, AskError> {
        let answered = self.get(budget, path, query).await?;
        serde_json::from_slice(&answered.body).map_err(|error| AskError::Unreadable(error.to_string()))
    }

    /// As [`Asking::json`], with a question that is JSON itself.
    pub async fn json_posted<T: DeserializeOwned>(
        &mut self,
        budget: Budget,
        path: &str,
        query: &[(&str, &str)],
        body: &Value,
    ) -> Result<T, AskError> {
        let answered = self.ask(budget, Method::POST, path, query, body.to_string().into_bytes()).await?;
        serde_json::from_slice(&answered.body).map_err(|error| AskError::Unreadable(error.to_string()))
    }

    /// Asks once; an answer that is none is told apart.
    pub async fn get(&mut self, budget: Budget, path: &str, query: &[(&str, &str)]) -> Result<Answered, AskError> {
        self.ask(budget, Method::GET, path, query, vec![]).await
    }

    async fn ask(
        &mut self,
        budget: Budget,
        method: Method,
        path: &str,
        query: &[(&str, &str)],
        body: Vec<u8>,
    ) -> Result<Answered, AskError> {
        let (store, counted) = (&self.data.store, budget.window.counted(self.data.now()));
        let full =
            store.count_calls(self.connection, budget.bucket, counted, budget.calls_each, budget.calls_max).await?;
        if let Some(oldest) = full {
            let why = format!("the {} calls that are made at most are made", budget.calls_max);
            return Err(AskError::Wait { until: budget.window.free_at(oldest), why });
        }
        let mut url = self.server.join(path).map_err(|error| AskError::Unreadable(error.to_string()))?;
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        if let Grant::Key(key) = &self.grant {
            url.query_pairs_mut().append_pair("key", key);
        }
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
        headers.insert(header::USER_AGENT, HeaderValue::from_static(concat!("Bellwether/", env!("CARGO_PKG_VERSION"))));
        if let Grant::Bearer(bearer) = &self.grant
            && let Ok(value) = HeaderValue::from_str(&format!("Bearer {bearer}"))
        {
            headers.insert(header::AUTHORIZATION, value);
        }
        if !body.is_empty() {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        self.calls += 1;
        let asked = Asked { method, url, headers, body };
        let answered = self.on_the_line(asked).await?;
        if answered.is_cut {
            return Err(AskError::Unreadable("it is too long, or broke off".to_owned()));
        }
        self.told_apart(answered)
    }

    /// A line that was kept may have been closed meanwhile: then a new one is taken, once.
    async fn on_the_line(&mut self, asked: Asked) -> Result<Answered, OutboundError> {
        if let Some(mut line) = self.line.take().filter(Line::is_open)
            && let Ok(answered) = line.ask(asked.clone()).await
        {
            self.line = Some(line).filter(|_| !answered.is_cut);
            return Ok(answered);
        }
        let mut line = self.outbound.line(&asked.url).await?;
        let answered = line.ask(asked).await?;
        self.line = Some(line).filter(|_| !answered.is_cut);
        Ok(answered)
    }

    fn told_apart(&self, answered: Answered) -> Result<Answered, AskError> {
        match answered.status {
            200..=299 => Ok(answered),
            429 => Err(AskError::Wait {
                until: reset_at(&answered.headers, self.data.now()),
                why: "the server asks for fewer calls".to_owned(),
            }),
            status => {
                let (code, message) = refusal(&answered.body);
                let now = self.data.now();
                match code.as_str() {
                    "quotaExceeded" | "dailyLimitExceeded" => {
                        let until = pacific_day(now).1;
                        return Err(AskError::Wait {
                            until,
                            why: "the project's quota of today is used up".to_owned(),
                        });
                    }
                    "code 4" | "code 17" | "code 32" | "code 613" | "code 80001" | "code 80002" => {
                        let why = "the platform's calls of this hour are used up".to_owned();
                        return Err(AskError::Wait { until: Timestamp(now.0 + 3_600_000_000), why });
                    }
                    "rateLimitExceeded" | "userRateLimitExceeded" => {
                        let why = "the server asks for fewer calls".to_owned();
                        return Err(AskError::Wait { until: Timestamp(now.0 + 60_000_000), why });
                    }
                    _ => {}
                }
                Err(AskError::Refused { status, code, message })
            }
        }
    }
}

/// When a server that asks for fewer calls takes some again: as it says itself, else in a minute; at most in a day.
fn reset_at(headers: &HeaderMap, now: Timestamp) -> Timestamp {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    let number = |name: &str| text(name).and_then(|text| text.parse::<i64>().ok());
    let after = |seconds: i64| Timestamp::from_unix_seconds(now.unix_seconds() + seconds);
    let said = number("retry-after")
        .map(after)
        .or_else(|| number("ratelimit-reset").map(Timestamp::from_unix_seconds))
        .or_else(|| text("x-ratelimit-reset").and_then(platforms::moments::of_iso));
    said.unwrap_or_else(|| after(60)).clamp(after(1), after(86_400))
}

/// What a server says of a refusal, in any of the ways they say it: `{error, message}`, `{error: {code, message, errors}}`, `{error}`.
fn refusal(body: &[u8]) -> (String, String) {
    let said: Value = serde_json::from_slice(body).unwrap_or_default();
    let short = |value: &Value| value.as_str().unwrap_or_default().chars().take(300).collect::<String>();
    match &said["error"] {
        Value::Object(error) => {
            let reason = short(&said["error"]["errors"][0]["reason"]);
            // The Graph API tells its problems apart by numbers.
            let number = error.get("code").and_then(Value::as_i64).filter(|_| reason.is_empty());
            let named = error.get("code").map(short).filter(|code| reason.is_empty() && !code.is_empty());
            (
                named.or(number.map(|number| format!("code {number}"))).unwrap_or(reason),
                error.get("message").map(short).unwrap_or_default(),
            )
        }
        code => (short(code), short(&said["message"])),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        platforms::moments::of_iso(text).expect("a moment")
    }

    #[test]
    fn a_pacific_day_has_twenty_three_hours_in_spring_and_twenty_five_in_autumn() {
        for (now, began, ends) in [
            ("2026-03-08T12:00:00Z", "2026-03-08T08:00:00Z", "2026-03-09T07:00:00Z"),
            ("2026-11-01T12:00:00Z", "2026-11-01T07:00:00Z", "2026-11-02T08:00:00Z"),
            ("2026-07-01T06:59:59Z", "2026-06-30T07:00:00Z", "2026-07-01T07:00:00Z"),
        ] {
            assert_eq!(Window::PacificDay.counted(at(now)), (at(began), at(began)), "{now}");
            assert_eq!(Window::PacificDay.free_at(at(began)), at(ends), "{now}");
        }
    }

    #[test]
    fn no_window_of_the_platforms_own_counting_has_more_than_the_budget_wherever_it_begins() {
        let window = Window::Seconds(300);
        let (mut made, mut counted): (Vec<i64>, Vec<(Timestamp, Timestamp)>) = (vec![], vec![]);
        // Asked for twice a second as long as there is anything left: ten calls in three hundred seconds.
        for half in 0..4_000 {
            let now = Timestamp(half * 500_000);
            let (since, span_at) = window.counted(now);
            counted.retain(|(span, _)| *span >= since);
            match counted.first() {
                Some((oldest, _)) if counted.len() >= 10 => {
                    assert!(window.free_at(*oldest) > now, "it is not free yet")
                }
                _ => {
                    counted.push((span_at, now));
                    made.push(now.0);
                }
            }
        }
        assert!(made.len() > 50, "it goes on: {}", made.len());
        for began in &made {
            let within = made.iter().filter(|at| (*began..began + 300_000_000).contains(at)).count();
            assert!(within <= 10, "{within} in the window from {began}");
        }
    }

    #[test]
    fn a_server_that_asks_for_fewer_calls_says_until_when_in_its_own_way() {
        let now = at("2026-07-01T07:00:00Z");
        let headers = |name: &'static str, value: &str| {
            HeaderMap::from_iter([(name.parse().expect("a name"), HeaderValue::from_str(value).expect("a value"))])
        };
        assert_eq!(reset_at(&headers("retry-after", "30"), now), at("2026-07-01T07:00:30Z"));
        let seconds = at("2026-07-01T07:03:00Z").unix_seconds().to_string();
        assert_eq!(reset_at(&headers("ratelimit-reset", &seconds), now), at("2026-07-01T07:03:00Z"));
        assert_eq!(reset_at(&headers("x-ratelimit-reset", "2026-07-01T07:05:00Z"), now), at("2026-07-01T07:05:00Z"));
        assert_eq!(reset_at(&HeaderMap::new(), now), at("2026-07-01T07:01:00Z"));
        assert_eq!(reset_at(&headers("retry-after", "-5"), now), at("2026-07-01T07:00:01Z"), "never in the past");
    }

    #[test]
    fn a_refusal_is_read_in_each_way_it_is_said() {
        for (body, expected) in [
            (r#"{"error":"InvalidRequest","message":"Profile not found"}"#, ("InvalidRequest", "Profile not found")),
            (
                r#"{"error":{"code":403,"message":"m","errors":[{"reason":"commentsDisabled"}]}}"#,
                ("commentsDisabled", "m"),
            ),
            (r#"{"error":"Record not found"}"#, ("Record not found", "")),
            (r#"{"error":{"code":190,"message":"m"}}"#, ("code 190", "m")),
            (r#"{"error":{"code":"access_token_invalid","message":"m"}}"#, ("access_token_invalid", "m")),
            ("<html>", ("", "")),
        ] {
            assert_eq!(refusal(body.as_bytes()), (expected.0.to_owned(), expected.1.to_owned()));
        }
    }
}
