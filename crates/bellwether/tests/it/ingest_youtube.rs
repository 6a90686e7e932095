//! YouTube through a service of our own making whose answers are as the official definition says: what is kept for how long, what may be
//! made of it, and how many calls are made.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use bellwether::data_directory::DataDirectory;
use bellwether::ingest::connections::{self, Asked, Watch};
use bellwether::ingest::policies::set_rules;
use bellwether::ingest::sync::working::sweep;
use bellwether::ingest::sync::{Connection, SyncReport, run};
use lake::FactTable;
use model::{Days, Platform};
use serde_json::{Value, json};

use crate::harness::Place;

const CHANNEL: &str = "UCbakery0000000000000000";
const DAY: u64 = 86_400;

/// The service: one channel with two videos, comments below one of them.
#[derive(Clone, Default)]
struct Stub {
    searches: Arc<AtomicU64>,
    units: Arc<AtomicU64>,
    /// Every answer given, with the name of its kind.
    answers: Arc<Mutex<Vec<(&'static str, Value)>>>,
}

fn comment(id: &str, by: &str, text: &str, parent: Option<&str>) -> Value {
    let mut snippet = json!({
        "videoId": "video1", "channelId": CHANNEL, "textOriginal": text, "textDisplay": text, "authorDisplayName": by,
        "authorChannelId": { "value": by }, "likeCount": 1, "publishedAt": "2026-11-01T10:00:00Z", "updatedAt": "2026-11-01T10:00:00Z",
    });
    if let Some(parent) = parent {
        snippet["parentId"] = json!(parent);
    }
    json!({ "kind": "youtube#comment", "etag": "e", "id": id, "snippet": snippet })
}

fn list(kind: &str, items: Vec<Value>) -> Value {
    let count = items.len();
    json!({ "kind": kind, "etag": "e", "items": items, "pageInfo": { "totalResults": count, "resultsPerPage": 50 } })
}

fn video(id: &str, comments: u32) -> Value {
    json!({ "kind": "youtube#video", "etag": "e", "id": id,
        "snippet": { "publishedAt": "2026-10-20T08:00:00Z", "channelId": CHANNEL, "title": format!("Loaf {id}"), "description": "How we bake", "tags": ["Bread"] },
        "statistics": { "viewCount": "1000", "likeCount": "50", "favoriteCount": "0", "commentCount": comments.to_string() },
        "contentDetails": { "duration": "PT4M" }, "paidProductPlacementDetails": { "hasPaidProductPlacement": false } })
}

async fn answer(
    State(stub): State<Stub>,
    Path(what): Path<String>,
    Query(asked): Query<HashMap<String, String>>,
) -> Response {
    if asked.get("key").map(String::as_str) != Some("a key of ours") {
        let body = json!({ "error": { "code": 400, "message": "API key not valid.", "errors": [{ "reason": "badRequest" }] } });
        return (StatusCode::BAD_REQUEST, Json(body)).into_response();
    }
    if what == "search" {
        stub.searches.fetch_add(1, Ordering::SeqCst)
    } else {
        stub.units.fetch_add(1, Ordering::SeqCst)
    };
    let thread = |id: &str, by: &str, replies: Vec<Value>, total: u32| {
        let mut thread = json!({ "kind": "youtube#commentThread", "etag": "e", "id": id, "snippet": {
            "channelId": CHANNEL, "videoId": "video1", "topLevelComment": comment(id, by, "Which flour?", None), "totalReplyCount": total, "canReply": true, "isPublic": true } });
        if !replies.is_empty() {
            thread["replies"] = json!({ "comments": replies });
        }
        thread
    };
    let (kind, body) = match what.as_str() {
        "channels" => ("ChannelListResponse", list("youtube#channelListResponse", vec![json!({ "kind": "youtube#channel", "etag": "e", "id": CHANNEL,
            "snippet": { "title": "The bakery", "description": "Bread", "customUrl": "@bakery", "publishedAt": "2020-01-01T00:00:00Z", "country": "DE" },
            "statistics": { "viewCount": "5000", "subscriberCount": "1230", "hiddenSubscriberCount": false, "videoCount": "2" },
            "contentDetails": { "relatedPlaylists": { "uploads": "UUbakery" } } })])),
        "playlistItems" => ("PlaylistItemListResponse", list("youtube#playlistItemListResponse", ["video1", "video2"].map(|id| json!({
            "kind": "youtube#playlistItem", "etag": "e", "id": format!("item-{id}"), "contentDetails": { "videoId": id, "videoPublishedAt": "2026-10-20T08:00:00Z" } })).to_vec())),
        "videos" => {
            let ids = asked.get("id").cloned().unwrap_or_default();
            let of = |id: &str| video(id, if id == "video1" { 4 } else { 3 });
            ("VideoListResponse", list("youtube#videoListResponse", ids.split(',').map(of).collect()))
        }
        "commentThreads" if asked.get("videoId").map(String::as_str) == Some("video2") => {
            let body = json!({ "error": { "code": 403, "message": "disabled", "errors": [{ "reason": "commentsDisabled", "domain": "youtube.commentThread" }] } });
            return (StatusCode::FORBIDDEN, Json(body)).into_response();
        }
        "commentThreads" => ("CommentThreadListResponse", list("youtube#commentThreadListResponse", vec![
            thread("c1", "UCfan1", vec![comment("c1.r1", CHANNEL, "Rye", Some("c1"))], 2),
            thread("c2", "UCfan2", vec![], 0),
        ])),
        "comments" => ("CommentListResponse", list("youtube#commentListResponse", vec![
            comment("c1.r1", CHANNEL, "Rye", Some("c1")), comment("c1.r2", "UCfan2", "Me too", Some("c1")),
        ])),
        "search" => ("SearchListResponse", list("youtube#searchListResponse", vec![])),
        _ => return StatusCode::NOT_FOUND.into_response(),
    };
    stub.answers.lock().expect("not poisoned").push((kind, body.clone()));
    Json(body).into_response()
}

impl Stub {
    async fn serve(&self) -> String {
        let router = Router::new().route("/youtube/v3/{what}", get(answer)).with_state(self.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        tokio::spawn(async move { axum::serve(listener, router).await.expect("serves") });
        format!("http://{address}")
    }
}

async fn connected(place: &Place, stub: &Stub) -> (DataDirectory, Connection) {
    let data = DataDirectory::open(&place.data_dir()).await.expect("opens");
    let asked = Asked {
        server: stub.serve().await,
        secret: "a key of ours".into(),
        may_reach_inside: true,
        history_days: Days(3_650),
        ..Asked::new(Platform::YouTube)
    };
    let id = connections::connect(&data, &asked).await.expect("is connected");
    let connection = Connection::find(&data, id).await.expect("is there");
    (data, connection)
}

async fn watch(data: &DataDirectory, connection: &Connection, is_search: bool, subjects: Vec<String>) {
    let watch = Watch { is_search, subjects, brand: None, is_first: false };
    connections::watch(data, connection, &watch).await.expect("is watched");
}

async fn sync(data: &DataDirectory, connection: &Connection) -> SyncReport {
    let report = run(data, connection.row.id, &|_| ()).await.expect("is asked");
    assert_eq!(report.problems, Vec::<String>::new());
    report
}

async fn count(data: &DataDirectory, table: FactTable) -> u64 {
    data.revision().await.expect("is known");
    let all = data.lake.digests(data.now()).await.expect("is read");
    all.iter().find(|one| one.table == table).map_or(0, |one| one.rows)
}

#[tokio::test]
async fn nothing_is_made_of_it_before_the_operator_says_that_it_may_and_then_it_is_all_there() {
    let (place, stub) = (Place::new(), Stub::default());
    let (data, connection) = connected(&place, &stub).await;
    watch(&data, &connection, false, vec!["@bakery".into()]).await;
    let report = sync(&data, &connection).await;
    assert!(report.facts_new > 0, "{report:?}");
    for table in FactTable::ALL {
        assert_eq!(count(&data, table).await, 0, "{table:?} is not shown to whoever makes numbers");
    }
    assert!(set_rules(&data, "youtube-api", Some(Days(31)), true, false).await.is_err(), "its terms allow thirty days");
    set_rules(&data, "youtube-api", Some(Days(30)), true, false).await.expect("the amendment was accepted");
    assert_eq!(count(&data, FactTable::Post).await, 2);
    // Two comments; one reply by the channel, one by a fan, which the thread did not carry. Below the other video comments are switched off.
    assert_eq!(count(&data, FactTable::Interaction).await, 4);
    let again = sync(&data, &connection).await;
    assert_eq!(again.calls, 0, "nothing is due");
    the_answers_are_as_the_definition_says(&stub);
}

#[tokio::test]
async fn what_is_told_again_after_twenty_five_days_stays_and_what_is_not_is_gone_after_thirty() {
    let (place, stub) = (Place::new(), Stub::default());
    let (data, connection) = connected(&place, &stub).await;
    watch(&data, &connection, false, vec!["@bakery".into()]).await;
    sync(&data, &connection).await;
    set_rules(&data, "youtube-api", Some(Days(30)), true, false).await.expect("the amendment was accepted");
    data.let_time_pass(Duration::from_secs(26 * DAY));
    let again = sync(&data, &connection).await;
    assert!(again.calls > 0);
    assert_eq!(count(&data, FactTable::Interaction).await, 4, "each is there once");
    data.let_time_pass(Duration::from_secs(5 * DAY));
    sweep(&data).await.expect("sweeps");
    assert_eq!(
        (count(&data, FactTable::Interaction).await, count(&data, FactTable::Post).await),
        (4, 2),
        "day 31: they were told again on day 26"
    );
    data.let_time_pass(Duration::from_secs(26 * DAY));
    for table in [FactTable::Interaction, FactTable::Post, FactTable::Text, FactTable::Account, FactTable::Profile] {
        assert_eq!(count(&data, table).await, 0, "{table:?} is not shown on day 57");
    }
    assert!(sweep(&data).await.expect("sweeps") > 0, "and it leaves the disk");
    let kept = data.lake.counts(data.now()).await.expect("is counted");
    assert!(kept.iter().all(|table| table.rows == 0), "{kept:?}");
}

#[tokio::test]
async fn searches_stop_before_the_limit_of_their_day_and_go_on_after_midnight_in_california() {
    let (place, stub) = (Place::new(), Stub::default());
    let (data, connection) = connected(&place, &stub).await;
    watch(&data, &connection, true, (0..120).map(|place| format!("loaf {place}")).collect()).await;
    watch(&data, &connection, false, vec!["@bakery".into()]).await;
    let report = run(&data, connection.row.id, &|_| ()).await.expect("is asked");
    let until = report.waits_until.expect("the limit is used up");
    assert_eq!(stub.searches.load(Ordering::SeqCst), 95);
    let midnight =
        jiff::Timestamp::from_microsecond(until.0).expect("a moment").in_tz("America/Los_Angeles").expect("a zone");
    assert_eq!((midnight.hour(), midnight.minute()), (0, 0), "{midnight}");
    let again = run(&data, connection.row.id, &|_| ()).await.expect("is asked");
    assert!(again.waits_until.is_some() && stub.searches.load(Ordering::SeqCst) == 95, "it stays so");
    let wait = (until.0 - data.now().0) as u64 / 1_000_000 + 1;
    data.let_time_pass(Duration::from_secs(wait));
    sync(&data, &connection).await;
    assert_eq!(stub.searches.load(Ordering::SeqCst), 120);
    let health = connections::health(&data, &connection).await.expect("is known");
    let searches = health.calls.iter().find(|(bucket, ..)| bucket.contains("searches")).expect("is counted");
    assert_eq!((searches.2, searches.3), (25, 95));
}

#[tokio::test]
async fn a_key_that_is_not_taken_is_said_and_never_shown() {
    let (place, stub) = (Place::new(), Stub::default());
    let data = DataDirectory::open(&place.data_dir()).await.expect("opens");
    let mut asked = Asked { server: stub.serve().await, may_reach_inside: true, ..Asked::new(Platform::YouTube) };
    let refused = connections::connect(&data, &asked).await.expect_err("a key is needed").to_string();
    assert!(refused.contains("is needed"), "{refused}");
    asked.secret = "another key".into();
    let id = connections::connect(&data, &asked).await.expect("is connected");
    let connection = Connection::find(&data, id).await.expect("is there");
    watch(&data, &connection, false, vec!["@bakery".into()]).await;
    let report = run(&data, id, &|_| ()).await.expect("is asked");
    assert!(report.problems[0].contains("API key not valid"), "{report:?}");
    drop(data);
    let bytes = std::fs::read(place.data_dir().join("operations.sqlite")).expect("is there");
    assert!(!bytes.windows(11).any(|some| some == b"another key"), "it lies sealed");
}

/// Where the official definition is there, every field of every answer is one of its fields, of its type.
fn the_answers_are_as_the_definition_says(stub: &Stub) {
    let Some(place) = std::env::var_os("BELLWETHER_YOUTUBE_DISCOVERY") else {
        println!(
            "skipped: the official definition of YouTube's answers because BELLWETHER_YOUTUBE_DISCOVERY names no file"
        );
        return;
    };
    let text = std::fs::read_to_string(place).expect("the definition");
    let definition: Value = serde_json::from_str(&text).expect("is JSON");
    for (kind, answer) in stub.answers.lock().expect("not poisoned").iter() {
        conforms(&definition["schemas"], &definition["schemas"][kind], answer, kind);
    }
}

fn conforms(schemas: &Value, schema: &Value, value: &Value, place: &str) {
    let schema = match schema["$ref"].as_str() {
        Some(name) => &schemas[name],
        None => schema,
    };
    match (schema["type"].as_str(), value) {
        (Some("object"), Value::Object(fields)) => {
            for (name, value) in fields {
                let field = &schema["properties"][name];
                assert!(!field.is_null(), "{place} has no {name}");
                conforms(schemas, field, value, &format!("{place}.{name}"));
            }
        }
        (Some("array"), Value::Array(all)) => {
            all.iter().for_each(|one| conforms(schemas, &schema["items"], one, place))
        }
        (Some("string"), Value::String(_))
        | (Some("boolean"), Value::Bool(_))
        | (Some("integer" | "number"), Value::Number(_)) => {}
        (kind, value) => panic!("{place} is {value}, not {kind:?}"),
    }
}
