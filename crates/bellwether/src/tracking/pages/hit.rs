//! `/t/{slug}`: a hit on a link. The click is on disk before the answer; the answer is 302 and is kept nowhere on the way.

use std::net::SocketAddr;

use axum::extract::{ConnectInfo, Path, RawQuery, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::tracking::redirecting::{Answered, Asked};
use crate::web::app::App;
use crate::web::guard;

/// A visitor's own way on must not be kept by anybody between: the next click has to be seen too.
const UNKEPT: [(HeaderName, &str); 2] =
    [(header::CACHE_CONTROL, "no-store"), (HeaderName::from_static("x-robots-tag"), "noindex, nofollow")];

/// `GET` and `HEAD /t/{slug}`; `?qr` says that it was opened from a QR code.
pub async fn hit(
    State(app): State<App>,
    Path(slug): Path<String>,
    RawQuery(query): RawQuery,
    method: Method,
    peer: Option<axum::Extension<ConnectInfo<SocketAddr>>>,
    headers: HeaderMap,
) -> Response {
    let redirector = match app.data.redirector().await {
        Ok(redirector) => redirector,
        Err(error) => {
            tracing::error!(%error, "links cannot lead on");
            return (StatusCode::SERVICE_UNAVAILABLE, UNKEPT, guard::nothing_is_here()).into_response();
        }
    };
    let asked = Asked {
        method: &method,
        headers: &headers,
        peer: peer.map(|axum::Extension(ConnectInfo(address))| address),
        is_from_qr: query.is_some_and(|query| query.split('&').any(|piece| piece == "qr")),
    };
    match redirector.hit(&app.data, &slug, &asked).await {
        Answered::On { target, .. } => on(target),
        Answered::Over | Answered::Nothing => (UNKEPT, guard::nothing_is_here()).into_response(),
    }
}

fn on(target: HeaderValue) -> Response {
    let mut answer = StatusCode::FOUND.into_response();
    let headers = answer.headers_mut();
    headers.insert(header::LOCATION, target);
    for (name, value) in UNKEPT {
        headers.insert(name, HeaderValue::from_static(value));
    }
    answer
}
