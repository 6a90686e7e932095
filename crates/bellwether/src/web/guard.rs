//! What keeps other sites out: writes only from our own pages, only under our own name, and strict content rules.

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;

use super::app::App;
use super::error::WebError;

/// Who can reach this program.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reach {
    /// Only people at this machine.
    ThisMachine,
    OtherMachines,
}

/// Headers of every answer: nothing inline, nothing from elsewhere, no framing, no guessing of types.
pub const HEADERS: [(HeaderName, HeaderValue); 5] = [
    (
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(
            "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
        ),
    ),
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::REFERRER_POLICY, HeaderValue::from_static("same-origin")),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin")),
];

/// Lets a request through when it comes from where it may.
pub async fn check(State(app): State<App>, request: Request, next: Next) -> Response {
    let headers = request.headers();
    if app.reach == Reach::ThisMachine && !is_local_host(headers) {
        return refuse(
            "This address is not known here",
            "The program listens on this machine alone and answers to its local names; open it as http://127.0.0.1 with its port.",
        );
    }
    let reads = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    if !reads && !from_own_page(headers) {
        return refuse(
            "The form came from another site",
            "Nothing was changed. Forms are taken from Bellwether's own pages only; open the page here and send it again.",
        );
    }
    next.run(request).await
}

fn refuse(title: &'static str, what: &'static str) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::FORBIDDEN;
    WebError::refused(title, what).attach_to(&mut response);
    response
}

/// A page elsewhere can make a browser ask for a name of its own that leads to this machine; such a name is not ours.
fn is_local_host(headers: &HeaderMap) -> bool {
    let Some(host) = headers.get(header::HOST).and_then(|host| host.to_str().ok()) else { return true };
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.chars().all(|digit| digit.is_ascii_digit()) => name,
        _ => host,
    };
    let name = name.trim_start_matches('[').trim_end_matches(']');
    name.eq_ignore_ascii_case("localhost")
        || name.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// Browsers say where a form comes from; a program that says nothing carries nobody's rights.
fn from_own_page(headers: &HeaderMap) -> bool {
    let text = |name: &HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(site) = text(&HeaderName::from_static("sec-fetch-site")) {
        return site == "same-origin" || site == "none";
    }
    match text(&header::ORIGIN) {
        None => true,
        Some(origin) => {
            let host = text(&header::HOST).unwrap_or("");
            origin.split_once("://").is_some_and(|(_, from)| !host.is_empty() && from.eq_ignore_ascii_case(host))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn a_form_of_another_site_is_refused_and_our_own_taken() {
        for (given, expect) in [
            (vec![("host", "localhost:7878"), ("origin", "http://localhost:7878")], true),
            (vec![("host", "localhost:7878"), ("origin", "https://elsewhere.example")], false),
            (vec![("host", "localhost:7878"), ("origin", "null")], false),
            (vec![("sec-fetch-site", "cross-site")], false),
            (vec![("sec-fetch-site", "same-site")], false),
            (vec![("sec-fetch-site", "same-origin")], true),
            (vec![], true),
        ] {
            assert_eq!(from_own_page(&headers(&given)), expect, "{given:?}");
        }
    }

    #[test]
    fn only_local_names_reach_a_program_that_listens_on_this_machine() {
        for (host, expect) in [
            ("localhost:7878", true),
            ("127.0.0.1:7878", true),
            ("[::1]:7878", true),
            ("rebound.example:7878", false),
            ("127.0.0.1.rebound.example", false),
        ] {
            assert_eq!(is_local_host(&headers(&[("host", host)])), expect, "{host}");
        }
    }
}
