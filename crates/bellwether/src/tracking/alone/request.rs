//! A request's head as it comes over a line: what a hit is judged by, and whether the line stays open after it.

use httparse::{EMPTY_HEADER, Header, Status};

use crate::tracking::redirecting::Asked;

/// More headers than browsers and proxies send.
const HEADERS_MAX: usize = 64;

/// How the next request stands in what was received.
#[expect(clippy::large_enum_variant, reason = "it is looked at where it is made; a box would cost each request one")]
pub(super) enum Received<'a> {
    /// Its head is not whole yet.
    Part,
    Whole(Head<'a>),
    /// It is none.
    Malformed,
}

/// The head of a request.
pub(super) struct Head<'a> {
    /// Bytes that it takes.
    pub(super) length: usize,
    pub(super) method: &'a str,
    pub(super) path: &'a str,
    /// With the headers already read into it.
    pub(super) asked: Asked<'a>,
    /// Another request may follow on the same line.
    pub(super) stays_open: bool,
    /// It says that it came by a proxy.
    pub(super) by_proxy: bool,
}

/// Reads the head at the beginning of what was received. A body is never read: after a request that has one the line is closed.
pub(super) fn received(bytes: &[u8]) -> Received<'_> {
    let mut headers = [EMPTY_HEADER; HEADERS_MAX];
    let mut request = httparse::Request::new(&mut headers);
    let length = match request.parse(bytes) {
        Ok(Status::Complete(length)) => length,
        Ok(Status::Partial) => return Received::Part,
        Err(_) => return Received::Malformed,
    };
    let (Some(method), Some(target), Some(version)) = (request.method, request.path, request.version) else {
        return Received::Malformed;
    };
    let (path, query) = path_of(target);
    let said = Said::by(request.headers);
    Received::Whole(Head {
        length,
        method,
        path,
        asked: Asked::of_pairs(method, query, request.headers.iter().map(|header| (header.name, header.value))),
        stays_open: !said.body && !said.close && (version == 1 || said.keep_alive),
        by_proxy: said.proxy,
    })
}

/// What the headers say of the line.
#[derive(Default)]
struct Said {
    body: bool,
    close: bool,
    keep_alive: bool,
    proxy: bool,
}

impl Said {
    fn by(headers: &[Header<'_>]) -> Said {
        let mut said = Said::default();
        for header in headers {
            let is = |name: &str| header.name.eq_ignore_ascii_case(name);
            // Told apart by their lengths first: most headers are none of these.
            match header.name.len() {
                3 if is("via") => said.proxy = true,
                9 if is("forwarded") => said.proxy = true,
                9 if is("x-real-ip") => said.proxy = true,
                10 if is("connection") => {
                    let has = |word: &str| {
                        header
                            .value
                            .split(|byte| *byte == b',')
                            .any(|part| part.trim_ascii().eq_ignore_ascii_case(word.as_bytes()))
                    };
                    said.close |= has("close");
                    said.keep_alive |= has("keep-alive");
                }
                14 if is("content-length") => said.body |= header.value.trim_ascii() != b"0",
                15..=17 if header.name.as_bytes()[..12].eq_ignore_ascii_case(b"x-forwarded-") => said.proxy = true,
                17 if is("transfer-encoding") => said.body = true,
                _ => {}
            }
        }
        said
    }
}

/// Path and query of a request's target, also where it names the whole address.
fn path_of(target: &str) -> (&str, Option<&str>) {
    // Nearly all are paths already, and are not looked through.
    let whole = if target.starts_with('/') { None } else { target.split_once("://") };
    let local = match whole {
        Some((scheme, rest)) if !scheme.contains('/') => rest.find('/').map_or("/", |at| &rest[at..]),
        _ => target,
    };
    match local.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (local, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(text: &str) -> Head<'_> {
        match received(text.as_bytes()) {
            Received::Whole(head) => head,
            Received::Part => panic!("{text:?} is a part"),
            Received::Malformed => panic!("{text:?} is malformed"),
        }
    }

    #[test]
    fn a_head_is_read_once_it_is_whole_and_what_follows_is_the_next_one() {
        let text = "GET /t/ana?qr HTTP/1.1\r\nHost: go.example\r\nUser-Agent: x\r\n\r\n";
        for cut in 0..text.len() {
            assert!(matches!(received(&text.as_bytes()[..cut]), Received::Part), "{cut}");
        }
        let two = text.repeat(2);
        let head = whole(&two);
        assert_eq!((head.length, head.method, head.path, head.stays_open), (text.len(), "GET", "/t/ana", true));
        assert!(matches!(received(b"what is this\r\n\r\n"), Received::Malformed));
        let many: String = (0..HEADERS_MAX + 1).map(|number| format!("h{number}: x\r\n")).collect();
        assert!(matches!(received(format!("GET / HTTP/1.1\r\n{many}\r\n").as_bytes()), Received::Malformed));
    }

    #[test]
    fn a_line_stays_open_as_the_versions_of_http_have_it_and_never_after_a_body() {
        for (rest, stays_open) in [
            ("HTTP/1.1\r\n\r\n", true),
            ("HTTP/1.1\r\nConnection: Close\r\n\r\n", false),
            ("HTTP/1.1\r\nconnection: keep-alive, close\r\n\r\n", false),
            ("HTTP/1.0\r\n\r\n", false),
            ("HTTP/1.0\r\nconnection: Keep-Alive\r\n\r\n", true),
            ("HTTP/1.1\r\ncontent-length: 0\r\n\r\n", true),
            ("HTTP/1.1\r\ncontent-length: 3\r\n\r\n", false),
            ("HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", false),
        ] {
            assert_eq!(whole(&format!("GET / {rest}")).stays_open, stays_open, "{rest:?}");
        }
    }

    #[test]
    fn a_proxy_is_known_by_what_it_adds() {
        for (header, by_proxy) in [
            ("via: 1.1 proxy", true),
            ("X-Forwarded-For: 203.0.113.9", true),
            ("x-forwarded-host: a.example", true),
            ("x-forwarded-proto: https", true),
            ("Forwarded: for=203.0.113.9", true),
            ("x-real-ip: 203.0.113.9", true),
            ("host: a.example", false),
            ("x-requested-withal: x", false),
        ] {
            assert_eq!(whole(&format!("GET / HTTP/1.1\r\n{header}\r\n\r\n")).by_proxy, by_proxy, "{header}");
        }
    }

    #[test]
    fn a_target_that_names_the_whole_address_is_read_like_its_path() {
        for (target, path, query) in [
            ("/t/ana", "/t/ana", None),
            ("/t/ana?x=https://a/b", "/t/ana", Some("x=https://a/b")),
            ("http://go.example/t/ana?qr", "/t/ana", Some("qr")),
            ("http://go.example", "/", None),
            ("*", "*", None),
        ] {
            assert_eq!(path_of(target), (path, query), "{target}");
        }
    }
}
