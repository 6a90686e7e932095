//! Instagram through a service of our own making: the own account with its comments and reach, others as far as they are shown, hashtags
//! within their limit, a right that is taken away.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bellwether::data_directory::DataDirectory;
use bellwether::ingest::connections::{self, Asked, Watch};
use bellwether::ingest::sync::working::sweep;
use bellwether::ingest::sync::{Connection, SyncReport, run};
use hmac::{Hmac, Mac};
use lake::FactTable;
use model::{Days, Platform};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::harness::Place;
use crate::outreach_pages::Browser;

const OWN: &str = "178414";

#[derive(Clone, Default)]
struct Stub {
    hashtags: Arc<AtomicU64>,
    is_revoked: Arc<AtomicBool>,
}

fn media(id: &str, comments: u32) -> Value {
    json!({ "id": id, "caption": "Fresh #bread", "media_type": "IMAGE", "permalink": format!("https://www.instagram.com/p/{id}/"),
        "timestamp": "2026-11-20T08:00:00+0000", "like_count": 40, "comments_count": comments })
}

async fn answer(
    State(stub): State<Stub>,
    Path(path): Path<String>,
    headers: HeaderMap,
    Query(asked): Query<HashMap<String, String>>,
) -> Response {
    let token = headers.get("authorization").and_then(|value| value.to_str().ok()).unwrap_or_default();
    if token != "Bearer a token of ours" || stub.is_revoked.load(Ordering::SeqCst) {
        let body =
            json!({ "error": { "message": "Error validating access token", "type": "OAuthException", "code": 190 } });
        return (StatusCode::BAD_REQUEST, Json(body)).into_response();
    }
    let fields = asked.get("fields").cloned().unwrap_or_default();
    let body = match path.as_str() {
        OWN if fields.starts_with("business_discovery.username(ana_bakes)") => json!({ "business_discovery": {
            "id": "2", "username": "Ana_Bakes", "followers_count": 12_000, "media_count": 1, "media": { "data": [media("OtherPost", 3)] } }, "id": OWN }),
        OWN => {
            json!({ "id": OWN, "username": "our_bakery", "name": "Our bakery", "biography": "Bread", "followers_count": 900, "follows_count": 10, "media_count": 1 })
        }
        "178414/media" => json!({ "data": [media("OwnPost", 3)] }),
        "178414/tags" => {
            json!({ "data": [{ "id": "t1", "caption": "with them", "username": "fan_two", "permalink": "https://www.instagram.com/p/TagPost/", "timestamp": "2026-11-21T08:00:00+0000" }] })
        }
        "OwnPost/comments" => json!({ "data": [
            { "id": "c1", "text": "Is there rye?", "username": "fan_one", "timestamp": "2026-11-20T09:00:00+0000",
              "replies": { "data": [{ "id": "c1r", "text": "On Saturdays", "username": "our_bakery", "timestamp": "2026-11-20T10:00:00+0000" }] } },
            { "id": "c2", "text": "Lovely", "username": "fan_two", "timestamp": "2026-11-20T11:00:00+0000" }] }),
        "OwnPost/insights" => json!({ "data": [
            { "name": "reach", "period": "lifetime", "values": [{ "value": 700 }] }, { "name": "saved", "period": "lifetime", "values": [{ "value": 12 }] }] }),
        "ig_hashtag_search" => {
            stub.hashtags.fetch_add(1, Ordering::SeqCst);
            json!({ "data": [{ "id": "h1" }] })
        }
        "h1/recent_media" => json!({ "data": [media("TagFound", 0)] }),
        _ => {
            return (StatusCode::BAD_REQUEST, Json(json!({ "error": { "message": "no", "code": 100 } })))
                .into_response();
        }
    };
    Json(body).into_response()
}

async fn connected(data: &DataDirectory, stub: &Stub) -> Connection {
    let router = Router::new().route("/v25.0/{*path}", get(answer)).with_state(stub.clone());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move { axum::serve(listener, router).await.expect("serves") });
    let asked = Asked {
        server: format!("http://{address}/v25.0/"),
        secret: "a token of ours".into(),
        app_secret: "a secret of ours".into(),
        own_id: OWN.into(),
        may_reach_inside: true,
        history_days: Days(3_650),
        ..Asked::new(Platform::Instagram)
    };
    let id = connections::connect(data, &asked).await.expect("is connected");
    Connection::find(data, id).await.expect("is there")
}

async fn watch(data: &DataDirectory, connection: &Connection, is_search: bool, subjects: &[String]) {
    let watch = Watch { is_search, subjects: subjects.to_vec(), brand: None, is_first: false };
    connections::watch(data, connection, &watch).await.expect("is watched");
}

async fn sync(data: &DataDirectory, connection: &Connection) -> SyncReport {
    run(data, connection.row.id, &|_| ()).await.expect("is asked")
}

async fn count(data: &DataDirectory, table: FactTable) -> u64 {
    let all = data.lake.digests(data.now()).await.expect("is read");
    all.iter().find(|one| one.table == table).map_or(0, |one| one.rows)
}

#[tokio::test]
async fn the_own_account_comes_with_comments_and_reach_and_others_as_far_as_they_are_shown() {
    let place = Place::new();
    let data = DataDirectory::open(&place.data_dir()).await.expect("opens");
    let connection = connected(&data, &Stub::default()).await;
    watch(&data, &connection, false, &["me".into(), "@Ana_Bakes".into()]).await;
    let report = sync(&data, &connection).await;
    assert_eq!(report.problems, Vec::<String>::new());
    // Two comments, a reply by the brand, a tag.
    assert_eq!(count(&data, FactTable::Interaction).await, 4);
    assert_eq!(count(&data, FactTable::Post).await, 3, "the own, the other's, the one with the tag");
    drop(data);
    let shown = place.json(&["creators", "show", "instagram:ana_bakes"]);
    assert_eq!(shown["creator"]["followers"], 12_000, "{shown}");
    let counts = place.json(&["conversations", "counts"]);
    assert_eq!((&counts["ties_between_people"], &counts["pairs_both_ways"]), (&json!(4), &json!(2)), "{counts}");
}

#[tokio::test]
async fn no_more_hashtags_are_asked_for_than_may_be_in_any_seven_days() {
    let (place, stub) = (Place::new(), Stub::default());
    let data = DataDirectory::open(&place.data_dir()).await.expect("opens");
    let connection = connected(&data, &stub).await;
    let tags: Vec<String> = (0..40).map(|number| format!("#loaf{number}")).collect();
    watch(&data, &connection, true, &tags).await;
    let report = sync(&data, &connection).await;
    assert!(report.waits_until.is_some(), "{report:?}");
    assert_eq!(stub.hashtags.load(Ordering::SeqCst), 28, "of thirty");
    data.let_time_pass(Duration::from_secs(7 * 86_400 - 60));
    sync(&data, &connection).await;
    assert_eq!(stub.hashtags.load(Ordering::SeqCst), 28, "the seven days are not over, in whichever week they began");
    data.let_time_pass(Duration::from_secs(86_400));
    sync(&data, &connection).await;
    assert_eq!(stub.hashtags.load(Ordering::SeqCst), 56, "then as many again, the ones that waited and the first anew");
}

#[tokio::test]
async fn a_token_that_is_not_taken_any_more_ends_the_connection_and_what_it_brought_goes_after_a_week() {
    let (place, stub) = (Place::new(), Stub::default());
    let data = DataDirectory::open(&place.data_dir()).await.expect("opens");
    let connection = connected(&data, &stub).await;
    watch(&data, &connection, false, &["me".into()]).await;
    sync(&data, &connection).await;
    stub.is_revoked.store(true, Ordering::SeqCst);
    data.let_time_pass(Duration::from_secs(2 * 86_400));
    let report = sync(&data, &connection).await;
    assert!(report.problems[0].contains("access token"), "{report:?}");
    let row = data.store.connection(connection.row.id).await.expect("is read").expect("is there");
    assert_eq!((row.state, row.secret), (store::ConnectionState::Revoked, None));
    sweep(&data).await.expect("sweeps");
    assert!(count(&data, FactTable::Interaction).await > 0, "for a week it may be connected again");
    data.let_time_pass(Duration::from_secs(8 * 86_400));
    sweep(&data).await.expect("sweeps");
    assert_eq!(count(&data, FactTable::Interaction).await, 0);
    assert!(data.store.connections().await.expect("are read").is_empty());
}

#[tokio::test]
async fn whoever_takes_the_right_away_through_the_platform_is_believed_by_the_secret_of_the_app_alone() {
    let (place, stub) = (Place::new(), Stub::default());
    let browser = Browser::at(&place).await;
    let connection = connected(&browser.data, &stub).await;
    watch(&browser.data, &connection, false, &["me".into()]).await;
    sync(&browser.data, &connection).await;
    let payload = URL_SAFE_NO_PAD
        .encode(json!({ "algorithm": "HMAC-SHA256", "issued_at": 1_790_000_000, "user_id": "1784140077" }).to_string());
    let signed = |secret: &str| {
        let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("a key");
        mac.update(payload.as_bytes());
        format!("{}.{payload}", URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
    };
    let refused = browser.post("/ingest/instagram/deletion", &[("signed_request", &signed("another secret"))]).await;
    assert_ne!(refused.status, StatusCode::OK, "{}", refused.text);
    assert!(count(&browser.data, FactTable::Interaction).await > 0);
    let done = browser.post("/ingest/instagram/deletion", &[("signed_request", &signed("a secret of ours"))]).await;
    assert_eq!(done.status, StatusCode::OK, "{}", done.text);
    let told: Value = serde_json::from_str(&done.text).expect("is JSON");
    let code = told["confirmation_code"].as_str().expect("a code");
    assert!(told["url"].as_str().is_some_and(|url| url.ends_with(code)) && !code.contains("1784140077"), "{told}");
    assert!(browser.page(&format!("/ingest/instagram/deletion/{code}")).await.contains("is done"));
    assert_eq!(count(&browser.data, FactTable::Interaction).await, 0);
}
