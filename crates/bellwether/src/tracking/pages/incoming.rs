//! `/t/in/{shop}`: where shops send what happened, from anywhere; and the script for a site's own pages.

use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::tracking::receiving::{Received, receive};
use crate::tracking::told::page;
use crate::web::app::App;
use crate::web::query::Pairs;

/// A script changes with the program alone; browsers ask again after an hour.
const SCRIPT_KEPT: &str = "public, max-age=3600";

/// `POST /t/in/{shop}`: 200 with what became of it, 401 where it is not trusted, 422 where a postback or page is not
/// understood. A shop's program gets 200 then too, for it stops telling anything after a few refusals; what it was stands on the
/// shop's page.
pub async fn take(State(app): State<App>, Path(shop): Path<String>, headers: HeaderMap, body: Bytes) -> Response {
    taken(&app, &shop, &headers, &body).await
}

/// `POST /t/conversion?shop=…`: the same.
pub async fn take_named(
    State(app): State<App>,
    Query(pairs): Query<Vec<(String, String)>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let shop = Pairs(pairs).one("shop").unwrap_or("").to_owned();
    taken(&app, &shop, &headers, &body).await
}

async fn taken(app: &App, shop: &str, headers: &HeaderMap, body: &[u8]) -> Response {
    // A stranger learns nothing by trying; what is wrong with a signature is said nowhere.
    let untrusted = || (StatusCode::UNAUTHORIZED, axum::Json(json!({ "error": "not trusted" }))).into_response();
    let mut answer = match receive(&app.data, shop, headers, body).await {
        Ok(Received::Taken(taken)) => {
            axum::Json(json!({ "new": taken.new, "changed": taken.changed, "known": taken.known })).into_response()
        }
        Ok(Received::Known) => axum::Json(json!({ "known_delivery": true })).into_response(),
        Ok(Received::NotTrusted) => untrusted(),
        Ok(Received::Ping) => axum::Json(json!({ "ping": true })).into_response(),
        Ok(Received::NotUnderstood { why, is_of_platform }) => {
            let body = json!({ "error": "not understood", "field": why.field, "problem": why.problem });
            let status = if is_of_platform { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
            (status, axum::Json(body)).into_response()
        }
        Ok(Received::TooLong) => StatusCode::PAYLOAD_TOO_LARGE.into_response(),
        Err(error) => {
            tracing::error!(%error, "what a shop sent could not be kept; it sends again");
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
    };
    answer.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}

/// `GET /t/page.js`
pub async fn script() -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/javascript; charset=utf-8"),
        (header::CACHE_CONTROL, SCRIPT_KEPT),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (headers, page::SCRIPT).into_response()
}
