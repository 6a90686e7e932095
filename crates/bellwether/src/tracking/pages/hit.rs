//! `/t/{slug}`: a hit on a link. The click is on disk before the answer; the answer is 302 and is kept nowhere on the way.

use std::net::SocketAddr;

use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::tracking::redirecting::{Answered, Asked};
use crate::tracking::{PATH, UNKEPT};
use crate::web::app::App;
use crate::web::guard;

/// `GET` and `HEAD /t/{slug}`; `?qr` says that it was opened from a QR code.
pub async fn hit(State(app): State<App>, request: Request) -> Response {
    let redirector = match app.data.redirector().await {
        Ok(redirector) => redirector,
        Err(error) => {
            tracing::error!(%error, "links cannot lead on");
            return (StatusCode::SERVICE_UNAVAILABLE, UNKEPT, guard::nothing_is_here()).into_response();
        }
    };
    let slug = request.uri().path().strip_prefix(PATH).and_then(|rest| rest.strip_prefix('/')).unwrap_or("");
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(address)| *address);
    let asked = Asked::of(request.method(), request.uri().query(), request.headers(), peer);
    match redirector.hit(slug, &asked).await {
        Answered::On { target, .. } => on(target),
        Answered::Over | Answered::Nothing => (UNKEPT, guard::nothing_is_here()).into_response(),
    }
}

fn on(target: HeaderValue) -> Response {
    let mut answer = StatusCode::FOUND.into_response();
    let headers = answer.headers_mut();
    headers.insert(header::LOCATION, target);
    for (name, value) in UNKEPT {
        headers.insert(name, value);
    }
    answer
}
