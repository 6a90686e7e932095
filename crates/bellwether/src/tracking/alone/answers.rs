//! Answers as bytes: what every answer says is put together once, so that one is written by copying.

use std::borrow::Cow;
use std::sync::LazyLock;

use axum::http::StatusCode;
use model::Timestamp;

use crate::clock;
use crate::tracking::UNKEPT;
use crate::tracking::redirecting::{Answered, Health};

/// What somebody sees whose link leads nowhere: no hint of why, and nothing to load.
const NOTHING: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" \
    content=\"width=device-width, initial-scale=1\"><title>Nothing is here</title><h1>Nothing is at this address</h1>\
    <p>The link may have been cut off on its way, or its time is over.</p></html>";

/// What a shop's program or a site is told that sent something here; it sends again, and its log says why.
const MISLED: &str = "This program only leads visitors on. What shops send to /t/in/ and /t/conversion, and the script /t/page.js, are \
    for the program that shows pages: let the proxy hand these on to it.\n";

/// A request that is none, and one whose head is too long.
pub(super) const MALFORMED: StatusCode = StatusCode::BAD_REQUEST;
pub(super) const TOO_LONG: StatusCode = StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE;

/// Headers of every answer, each ended.
static EVERYWHERE: LazyLock<String> = LazyLock::new(|| {
    UNKEPT
        .iter()
        .map(|(name, value)| format!("{name}: {}\r\n", value.to_str().expect("they are plain words")))
        .collect()
});
static FOUND: LazyLock<String> =
    LazyLock::new(|| format!("HTTP/1.1 302 Found\r\ncontent-length: 0\r\n{}location: ", *EVERYWHERE));

/// Answers that are to be sent, in order.
#[derive(Default)]
pub(super) struct Answers {
    pub(super) bytes: Vec<u8>,
    /// The moment as the last answer told it.
    date: String,
    second: i64,
}

impl Answers {
    /// What becomes of a hit.
    pub(super) fn put(&mut self, answered: &Answered, is_head: bool, stays_open: bool) {
        match answered {
            Answered::On { target, .. } => {
                self.bytes.extend_from_slice(FOUND.as_bytes());
                self.bytes.extend_from_slice(target.as_bytes());
                self.bytes.extend_from_slice(b"\r\n");
                self.end_head(stays_open);
            }
            Answered::Over | Answered::Nothing => self.put_nothing(is_head, stays_open),
        }
    }

    /// The answer that leads on, with the target that `target` puts behind what it is given, as of the moment it returns; nothing where
    /// it returns an error.
    pub(super) fn put_on<E>(
        &mut self,
        stays_open: bool,
        target: impl FnOnce(&mut Vec<u8>) -> Result<Timestamp, E>,
    ) -> Result<(), E> {
        let before = self.bytes.len();
        self.bytes.extend_from_slice(FOUND.as_bytes());
        match target(&mut self.bytes) {
            Ok(at) => {
                self.bytes.extend_from_slice(b"\r\n");
                self.end_head_at(stays_open, at);
                Ok(())
            }
            Err(error) => {
                self.bytes.truncate(before);
                Err(error)
            }
        }
    }

    pub(super) fn put_nothing(&mut self, is_head: bool, stays_open: bool) {
        self.put_said(StatusCode::NOT_FOUND, "text/html; charset=utf-8", NOTHING, is_head, stays_open);
    }

    /// How it goes: in words for this machine, else yes or no.
    pub(super) fn put_health(&mut self, health: Health, is_from_here: bool, is_head: bool, stays_open: bool) {
        let status = if health.is_well() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
        let words = if is_from_here { health.json() } else { Cow::Borrowed(health.bare()) };
        self.put_said(status, "application/json", &words, is_head, stays_open);
    }

    pub(super) fn put_misled(&mut self, is_head: bool, stays_open: bool) {
        self.put_said(StatusCode::MISDIRECTED_REQUEST, "text/plain; charset=utf-8", MISLED, is_head, stays_open);
    }

    /// Links are opened, and nothing else is done with them.
    pub(super) fn put_not_that_way(&mut self, stays_open: bool) {
        self.begin(StatusCode::METHOD_NOT_ALLOWED, 0);
        self.bytes.extend_from_slice(b"allow: GET, HEAD\r\n");
        self.end_head(stays_open);
    }

    pub(super) fn put_refusal(&mut self, status: StatusCode) {
        self.begin(status, 0);
        self.end_head(false);
    }

    fn put_said(&mut self, status: StatusCode, kind: &str, words: &str, is_head: bool, stays_open: bool) {
        self.begin(status, words.len());
        self.bytes.extend_from_slice(format!("content-type: {kind}\r\n").as_bytes());
        self.end_head(stays_open);
        if !is_head {
            self.bytes.extend_from_slice(words.as_bytes());
        }
    }

    fn begin(&mut self, status: StatusCode, length: usize) {
        let head = format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\n{}", *EVERYWHERE);
        self.bytes.extend_from_slice(head.as_bytes());
    }

    fn end_head(&mut self, stays_open: bool) {
        self.end_head_at(stays_open, clock::now());
    }

    fn end_head_at(&mut self, stays_open: bool, now: Timestamp) {
        let second = now.0.div_euclid(1_000_000);
        if self.second != second || self.date.is_empty() {
            (self.date, self.second) = (clock::http_date(now), second);
        }
        self.bytes.extend_from_slice(b"date: ");
        self.bytes.extend_from_slice(self.date.as_bytes());
        self.bytes.extend_from_slice(if stays_open { b"\r\n\r\n" } else { b"\r\nconnection: close\r\n\r\n" });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn text(put: impl FnOnce(&mut Answers)) -> String {
        let mut answers = Answers::default();
        put(&mut answers);
        String::from_utf8(answers.bytes).expect("text")
    }

    #[test]
    fn an_answer_leads_on_is_kept_nowhere_and_says_when() {
        let on = Answered::On { target: HeaderValue::from_static("https://shop.example/?a=b"), is_stored: true };
        let said = text(|answers| answers.put(&on, false, true));
        assert!(said.starts_with("HTTP/1.1 302 Found\r\n") && said.ends_with("GMT\r\n\r\n"), "{said}");
        for line in [
            "location: https://shop.example/?a=b",
            "cache-control: no-store",
            "x-robots-tag: noindex, nofollow",
            "content-length: 0",
        ] {
            assert!(said.contains(&format!("\r\n{line}\r\n")), "{line} is not in {said}");
        }
        assert!(!said.contains("set-cookie") && !said.contains("connection"));
        assert!(text(|answers| answers.put(&on, false, false)).ends_with("\r\nconnection: close\r\n\r\n"));
    }

    #[test]
    fn how_it_goes_is_told_in_words_to_this_machine_alone() {
        for (health, status, words, bare) in [
            (Health::Well, "200 OK", "{\"status\":\"ok\"}", "{\"status\":\"ok\"}"),
            (Health::Misled(3), "200 OK", "3 requests of shops", "{\"status\":\"ok\"}"),
            (Health::NotStored, "503 Service", "clicks could not be stored", "{\"status\":\"not ok\"}"),
            (Health::NoDatabase, "503 Service", "the database does not answer", "{\"status\":\"not ok\"}"),
        ] {
            let here = text(|answers| answers.put_health(health, true, false, true));
            let elsewhere = text(|answers| answers.put_health(health, false, false, true));
            assert!(here.contains(status) && here.contains(words), "{here}");
            assert!(elsewhere.contains(status) && elsewhere.ends_with(bare), "{elsewhere}");
        }
    }

    #[test]
    fn of_a_page_the_head_alone_is_sent_where_the_head_was_asked_for() {
        let (page, head) =
            (text(|answers| answers.put_nothing(false, true)), text(|answers| answers.put_nothing(true, true)));
        assert!(page.starts_with("HTTP/1.1 404 Not Found\r\n") && page.ends_with(NOTHING));
        let length = format!("content-length: {}\r\n", NOTHING.len());
        assert!(page.contains(&length) && head.contains(&length) && head.ends_with("\r\n\r\n"));
        let misled = text(|answers| answers.put_misled(false, true));
        assert!(misled.starts_with("HTTP/1.1 421 Misdirected Request\r\n") && misled.ends_with(MISLED));
        assert!(text(|answers| answers.put_not_that_way(true)).contains("405 Method Not Allowed\r\n"));
        assert!(text(|answers| answers.put_refusal(MALFORMED)).contains("400 Bad Request\r\n"));
    }
}
