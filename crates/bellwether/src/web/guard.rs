//! What keeps other sites out: writes only from our own pages, only under our own name, and strict content rules.
//!
//! Under the public address that mails name, only what is meant for people outside is there: objecting to mail, a creator's own
//! page, and what was shared by a link. Everything else under it is nothing at all, until people sign in here.

use askama::Template;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};

use super::app::App;
use super::error::WebError;
use crate::outreach::settings;

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

/// What may be reached under the public address.
const PUBLIC_PATHS: [&str; 8] = [
    "/outreach/unsubscribe/",
    "/outreach/creator/",
    "/static/",
    "/creators/lists/shared/",
    "/vetting/shared/",
    "/measurement/shared/",
    "/ingest/consent",
    "/ingest/instagram/deletion",
];
/// Where a proxy says which host was asked for.
const FORWARDED_HOST: &str = "x-forwarded-host";
/// Headers by which a proxy says that it handed a request on.
const FORWARDING: [&str; 6] = ["x-forwarded-for", FORWARDED_HOST, "x-forwarded-proto", "forwarded", "via", "x-real-ip"];
/// Mail programs and platforms post here by themselves, from wherever they are; what platforms post is signed.
const FROM_ANYWHERE: [&str; 2] = ["/outreach/unsubscribe/", "/ingest/instagram/deletion"];

/// Lets a request through when it comes from where it may.
pub async fn check(State(app): State<App>, request: Request, next: Next) -> Response {
    // The settings are asked for other names than this machine's alone, so people who work here never wait for them.
    let is_elsewhere = !is_local_host(request.headers(), request.uri());
    let is_forwarded = came_by_proxy(request.headers());
    let hosts = if is_elsewhere || is_forwarded { hosts_of(&request) } else { vec![] };
    if (is_forwarded || !hosts.is_empty()) && is_public(&app, hosts, is_forwarded).await {
        if !is_public_path(request.uri().path()) {
            // Where people sign in, they may come in by the public address too; before that nothing of the program is there.
            return match app.data.store.has_people().await {
                Ok(true) if reads(request.method()) || from_own_page(request.headers()) => next.run(request).await,
                _ => nothing_is_here(),
            };
        }
        if !reads(request.method()) && !takes_from_anywhere(&request) && !from_own_page(request.headers()) {
            return nothing_is_here();
        }
        let response = next.run(request).await;
        // An error's page would show the program around it.
        return if is_error_without_page(&response) { nothing_is_here() } else { response };
    }
    let headers = request.headers();
    if app.reach == Reach::ThisMachine && is_elsewhere {
        return refuse(
            "This address is not known here",
            "The program listens on this machine alone and answers to its local names; open it as http://127.0.0.1 with its port.",
        );
    }
    if !reads(request.method()) && !takes_from_anywhere(&request) && !from_own_page(headers) {
        return refuse(
            "The form came from another site",
            "Nothing was changed. Forms are taken from Bellwether's own pages only; open the page here and send it again.",
        );
    }
    next.run(request).await
}

fn reads(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

fn takes_from_anywhere(request: &Request) -> bool {
    let path = request.uri().path();
    *request.method() == Method::POST && FROM_ANYWHERE.iter().any(|there| path.starts_with(there))
}

fn is_public_path(path: &str) -> bool {
    PUBLIC_PATHS.iter().any(|public| path.starts_with(public))
}

/// Which hosts were asked for: a proxy may have put its own name in place of that and say so.
fn hosts_of(request: &Request) -> Vec<String> {
    let forwarded = request.headers().get_all(FORWARDED_HOST).into_iter().filter_map(|host| host.to_str().ok());
    // A proxy may add to what a client said, behind a comma.
    let forwarded = forwarded.flat_map(|hosts| hosts.split(','));
    host_of(request.headers(), request.uri()).into_iter().chain(forwarded).map(|host| host.trim().to_owned()).collect()
}

/// Whether a proxy says that it handed the request on.
fn came_by_proxy(headers: &HeaderMap) -> bool {
    FORWARDING.iter().any(|name| headers.contains_key(*name))
}

/// Whether a request came by the public address. Once there is one, whatever a proxy hands on counts as that: nobody has to
/// sign in here, and what a proxy calls its hosts is not ours to trust.
async fn is_public(app: &App, hosts: Vec<String>, is_forwarded: bool) -> bool {
    match settings::settings(&app.data).await {
        Ok(settings) => settings::public_host(&settings)
            .is_some_and(|public| is_forwarded || hosts.iter().any(|host| is_same_host(host, &public))),
        Err(error) => {
            // Nobody outside sees more because of it.
            tracing::error!(%error, "the public address could not be read");
            true
        }
    }
}

/// Whether a host that was asked for is the public one; where that names no port, the usual ones are meant.
fn is_same_host(host: &str, public: &str) -> bool {
    let usual = |host: &str| {
        let host = host.trim().to_ascii_lowercase();
        let host = host.strip_suffix(":443").or(host.strip_suffix(":80")).unwrap_or(&host);
        host.trim_end_matches('.').to_owned()
    };
    usual(host) == usual(public)
}

fn is_error_without_page(response: &Response) -> bool {
    let status = response.status();
    let typed = response.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
    (status.is_client_error() || status.is_server_error()) && !typed.starts_with("text/html")
}

#[derive(Template)]
#[template(path = "nothing_is_here.html")]
struct NothingIsHere;

/// What people outside see where nothing is for them: no hint of why, and no way into the program.
pub fn nothing_is_here() -> Response {
    match NothingIsHere.render() {
        Ok(page) => (StatusCode::NOT_FOUND, Html(page)).into_response(),
        Err(_) => StatusCode::NOT_FOUND.into_response(),
    }
}

fn refuse(title: &'static str, what: &'static str) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::FORBIDDEN;
    WebError::refused(title, what).attach_to(&mut response);
    response
}

/// Which host was asked for: the header says it, or the address itself.
fn host_of<'a>(headers: &'a HeaderMap, uri: &'a Uri) -> Option<&'a str> {
    let named = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    named.or_else(|| uri.authority().map(|authority| authority.as_str()))
}

/// Whether a request came from this machine and no proxy says that it handed it on.
pub fn is_from_this_machine(headers: &HeaderMap, uri: &Uri) -> bool {
    is_local_host(headers, uri) && !came_by_proxy(headers)
}

/// A page elsewhere can make a browser ask for a name of its own that leads to this machine; such a name is not ours.
fn is_local_host(headers: &HeaderMap, uri: &Uri) -> bool {
    let Some(host) = host_of(headers, uri) else { return true };
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

    #[test]
    fn a_name_with_a_dot_before_its_port_is_the_same_name_and_a_proxy_is_known_by_what_it_adds() {
        assert!(is_same_host("Mail.Brand.example.:443", "mail.brand.example"));
        assert!(!is_same_host("mail.brand.example.evil.test", "mail.brand.example"));
        assert!(came_by_proxy(&headers(&[("via", "1.1 proxy")])));
        assert!(!came_by_proxy(&headers(&[("host", "127.0.0.1:7878")])));
    }

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
            assert_eq!(is_local_host(&headers(&[("host", host)]), &Uri::from_static("/")), expect, "{host}");
        }
    }

    #[test]
    fn a_name_in_the_address_counts_where_no_header_names_one() {
        let elsewhere = Uri::from_static("http://rebound.example:7878/outreach");
        assert!(!is_local_host(&headers(&[]), &elsewhere));
        assert!(is_local_host(&headers(&[]), &Uri::from_static("/outreach")));
    }

    #[test]
    fn the_public_host_is_known_with_and_without_its_usual_port() {
        for (host, public, expect) in [
            ("mail.brand.example", "mail.brand.example", true),
            ("MAIL.Brand.example:443", "mail.brand.example", true),
            ("mail.brand.example.", "mail.brand.example", true),
            ("mail.brand.example:8443", "mail.brand.example", false),
            ("mail.brand.example:8443", "mail.brand.example:8443", true),
            ("brand.example", "mail.brand.example", false),
            ("evil-mail.brand.example", "mail.brand.example", false),
        ] {
            assert_eq!(is_same_host(host, public), expect, "{host} for {public}");
        }
    }

    #[test]
    fn under_the_public_host_only_what_is_meant_for_people_outside_is_there() {
        for (path, expect) in [
            ("/outreach/unsubscribe/abcdefgh22334455", true),
            ("/static/app.css", true),
            ("/creators/lists/shared/x", true),
            ("/vetting/shared/x", true),
            ("/measurement/shared/x", true),
            ("/measurement/1", false),
            ("/", false),
            ("/health", false),
            ("/outreach", false),
            ("/outreach/creator/0123", true),
            ("/outreach/creator", false),
            ("/outreach/deals/1", false),
            ("/outreach/pieces/1/drafts/1/file", false),
            ("/outreach/unsubscribe", false),
            ("/outreach/contacts.csv", false),
            ("/creators/lists/1", false),
            ("//static/app.css", false),
            ("/outreach/unsubscribed/x", false),
        ] {
            assert_eq!(is_public_path(path), expect, "{path}");
        }
    }

    #[test]
    fn a_mail_program_may_object_from_anywhere_and_nothing_else_may_be_posted_so() {
        let request = |method: Method, path: &'static str| {
            Request::builder().method(method).uri(path).body(Body::empty()).expect("a request")
        };
        assert!(takes_from_anywhere(&request(Method::POST, "/outreach/unsubscribe/abcdefgh22334455")));
        assert!(!takes_from_anywhere(&request(Method::DELETE, "/outreach/unsubscribe/abcdefgh22334455")));
        assert!(!takes_from_anywhere(&request(Method::POST, "/outreach/unsubscribe")));
        assert!(!takes_from_anywhere(&request(Method::POST, "/outreach/contacts/1/stage")));
    }
}
