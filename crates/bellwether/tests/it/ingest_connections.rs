//! Connections: limits are kept and obeyed, a kill loses nothing, work waits its turn, and pages and commands say the same.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};

use crate::harness::{Place, words};
use crate::outreach_pages::Browser;

/// A network of our own making: one account with so many followers, a page of a hundred each.
#[derive(Clone, Default)]
struct Stub {
    followers: usize,
    /// Questions answered so far.
    asked: Arc<AtomicU64>,
    /// Questions that are answered with "too many", and until when.
    refusing: Arc<Mutex<Option<i64>>>,
}

type Asked = Query<std::collections::HashMap<String, String>>;

async fn profile(State(stub): State<Stub>) -> Response {
    if let Some(refused) = stub.refuses() {
        return refused;
    }
    Json(json!({ "did": "did:plc:brand", "handle": "brand.test", "followersCount": stub.followers, "postsCount": 0 }))
        .into_response()
}

async fn feed(State(stub): State<Stub>) -> Response {
    stub.refuses().unwrap_or_else(|| Json(json!({ "feed": [] })).into_response())
}

async fn followers(State(stub): State<Stub>, Query(asked): Asked) -> Response {
    if let Some(refused) = stub.refuses() {
        return refused;
    }
    let from: usize = asked.get("cursor").and_then(|cursor| cursor.parse().ok()).unwrap_or(0);
    let to = (from + 100).min(stub.followers);
    let some: Vec<Value> =
        (from..to).map(|place| json!({ "did": format!("did:plc:fan{place}"), "handle": "fan.test" })).collect();
    let mut answer = json!({ "subject": { "did": "did:plc:brand" }, "followers": some });
    if to < stub.followers {
        answer["cursor"] = json!(to.to_string());
    }
    Json(answer).into_response()
}

impl Stub {
    fn refuses(&self) -> Option<Response> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let until = (*self.refusing.lock().expect("not poisoned"))?;
        let headers = HeaderMap::from_iter([(
            "ratelimit-reset".parse().expect("a name"),
            until.to_string().parse().expect("a value"),
        )]);
        Some((StatusCode::TOO_MANY_REQUESTS, headers, "slow down").into_response())
    }

    /// Serves it on a thread of its own; where.
    fn serve(&self) -> String {
        let router = Router::new()
            .route("/xrpc/app.bsky.actor.getProfile", get(profile))
            .route("/xrpc/app.bsky.feed.getAuthorFeed", get(feed))
            .route("/xrpc/app.bsky.graph.getFollowers", get(followers))
            .with_state(self.clone());
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        listener.set_nonblocking(true).expect("does not block");
        let address = listener.local_addr().expect("an address");
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async {
                let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
                axum::serve(listener, router).await.expect("serves");
            });
        });
        format!("http://{address}")
    }
}

fn connected(followers: usize) -> (Place, Stub) {
    let stub = Stub { followers, ..Stub::default() };
    let place = Place::new();
    let server = stub.serve();
    place.json(&["ingest", "connect", "bluesky", "--server", &server, "--internal", "--parts", "followers"]);
    place.json(&["ingest", "watch", "Bluesky", "@brand.test"]);
    (place, stub)
}

fn follows(place: &Place) -> u64 {
    place
        .json(&["ingest", "list"])
        .as_array()
        .expect("imports")
        .iter()
        .map(|import| import["inserted"].as_u64().unwrap_or(0))
        .sum()
}

#[test]
fn a_server_that_asks_for_fewer_calls_is_left_alone_until_the_moment_it_names() {
    let (place, stub) = connected(250);
    let until = jiff::Timestamp::now().as_second() + 3;
    *stub.refusing.lock().expect("not poisoned") = Some(until);
    let report = &place.json(&["ingest", "sync"])[0];
    assert_eq!(report["facts_new"], 0);
    assert!(report["waits_until"].is_string(), "{report}");
    assert_eq!(stub.asked.load(Ordering::SeqCst), 1, "it was asked once and no more");
    let shown = place.json(&["ingest", "connection", "Bluesky"]);
    assert!(shown["problem"].as_str().is_some_and(|problem| problem.contains("fewer calls")), "{shown}");
    let free = stub.refusing.clone();
    std::thread::spawn(move || {
        std::thread::sleep(std::time::Duration::from_secs(2));
        *free.lock().expect("not poisoned") = None;
    });
    let report = &place.json(&["ingest", "sync", "--wait"])[0];
    // The account, its profile, its followers and that they follow.
    assert_eq!(report["facts_new"], json!(1 + 1 + 250 + 250), "{report}");
    let shown = place.json(&["ingest", "connection", "Bluesky"]);
    assert_eq!(shown["problem"], Value::Null, "{shown}");
    assert!(shown["answered_at"].is_string());
}

#[test]
fn our_own_budget_stops_before_the_platforms_limit_and_begins_anew_with_its_window() {
    // Of 3,000 calls in five minutes at most 2,400 are made: the profile, the posts and so many pages of followers.
    let (place, stub) = connected(300_000);
    let report = &place.json(&["ingest", "sync"])[0];
    assert!(report["waits_until"].is_string(), "{report}");
    assert!(stub.asked.load(Ordering::SeqCst) <= 2_400, "{}", stub.asked.load(Ordering::SeqCst));
    assert!(report["facts_new"].as_u64() > Some(2 * 200_000), "{report}");
    let shown = place.json(&["ingest", "connection", "Bluesky"]);
    assert_eq!(shown["calls"][0]["at_most"], 2_400, "{shown}");
}

#[test]
fn killed_at_any_moment_it_goes_on_where_the_last_portion_ended_and_loses_and_doubles_nothing() {
    let (place, _stub) = connected(120_000);
    let mut kills = 0;
    for milliseconds in [300, 700, 1_200, 1_900, 2_700, 900, 500] {
        let mut child = place.command(&["ingest", "sync"]).stdout(std::process::Stdio::null()).spawn().expect("starts");
        std::thread::sleep(std::time::Duration::from_millis(milliseconds));
        if matches!(child.try_wait(), Ok(None)) {
            child.kill().expect("is killed");
            kills += 1;
        }
        child.wait().expect("has ended");
    }
    assert!(kills > 2, "it was killed {kills} times");
    place.json(&["ingest", "sync", "--wait"]);
    let lake = |place: &Place| {
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        runtime.block_on(async {
            let data = bellwether::data_directory::DataDirectory::open(&place.data_dir()).await.expect("opens");
            let all = data.lake.digests(data.now()).await.expect("is read");
            let interactions = data.lake.counts(data.now()).await.expect("is counted");
            let rows = |table| interactions.iter().find(|one| one.table == table).map_or(0, |one| one.rows);
            let distinct = all.iter().find(|one| one.table == lake::FactTable::Interaction).map_or(0, |one| one.rows);
            (distinct, rows(lake::FactTable::Interaction))
        })
    };
    let (distinct, kept) = lake(&place);
    assert_eq!((distinct, kept), (120_000, 120_000));
    assert!(follows(&place) >= 240_000);
}

#[test]
fn what_a_connection_brought_goes_as_a_whole_with_it() {
    let (place, _stub) = connected(150);
    place.json(&["ingest", "sync"]);
    let import = place.json(&["ingest", "list"])[0]["id"].to_string();
    let refused = place.refused(&["ingest", "undo", &import]);
    assert!(refused.contains("--with-facts"), "{refused}");
    let ended = place.json(&["ingest", "disconnect", "bluesky", "--with-facts"]);
    assert_eq!(ended["facts_removed"], json!(302), "{ended}");
    assert_eq!(place.json(&["conversations", "counts"])["interactions"], 0);
    assert_eq!(place.json(&["ingest", "connections"])["connections"], json!([]));
}

#[test]
fn what_cannot_be_is_refused_with_what_to_do() {
    let place = Place::new();
    for (arguments, said) in [
        (&["ingest", "connect", "reddit"][..], "cannot be connected"),
        (&["ingest", "connect", "bluesky", "--server", "gopher://x"], "https://"),
        (&["ingest", "sync", "Bluesky"], "no connection called"),
    ] {
        let refused = place.refused(arguments);
        assert!(refused.contains(said), "{refused}");
    }
    place.json(&["ingest", "connect", "bluesky"]);
    for (arguments, said) in [
        (&["ingest", "connect", "bluesky"][..], "already"),
        (&["ingest", "watch", "bluesky", "not a handle"], "no handle"),
        (&["ingest", "listen", "bluesky"], "listens to no stream"),
        (&["ingest", "unwatch", "bluesky", "ana.test"], "is not watched"),
    ] {
        let refused = place.refused(arguments);
        assert!(refused.contains(said), "{refused}");
    }
    place.json(&["ingest", "pause", "bluesky"]);
    assert!(place.refused(&["ingest", "sync", "bluesky"]).contains("paused"));
    // An address within the own network is not asked unless the operator said that it may be.
    place.json(&["ingest", "connect", "bluesky", "--name", "inside", "--server", "http://127.0.0.1:9"]);
    place.json(&["ingest", "watch", "inside", "ana.test"]);
    let report = &place.json(&["ingest", "sync", "inside"])[0];
    assert!(
        report["problems"][0].as_str().is_some_and(|problem| problem.contains("only public addresses")),
        "{report}"
    );
    let text = words(&place.run(&["ingest", "connections"]));
    assert!(text.contains("what can be connected") && text.contains("3,000 calls"), "{text}");
}

#[tokio::test]
async fn a_connection_is_made_watched_asked_and_ended_on_its_pages() {
    let stub = Stub { followers: 42, ..Stub::default() };
    let server = stub.serve();
    let place = Place::new();
    let browser = Browser::at(&place).await;
    let offered = browser.get("/ingest/connections").await.text;
    for words in ["Nothing is connected yet", "Does not give", "how often a post was seen", "Connect Bluesky"] {
        assert!(offered.contains(words), "{words}");
    }
    let form = [
        ("name", "Our Bluesky"),
        ("server", &server),
        ("history_days", "30"),
        ("part", "followers"),
        ("internal", "yes"),
    ];
    let wrong = browser
        .post("/ingest/connections/new/bluesky", &[("name", "x"), ("server", "nowhere"), ("history_days", "30")])
        .await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.text.contains("problem-server") && wrong.text.contains("value=\"nowhere\""), "what was typed stays");
    let made = browser.post("/ingest/connections/new/bluesky", &form).await;
    assert_eq!(made.location(), "/ingest/connections/1");
    let wrong =
        browser.post("/ingest/connections/1/watch", &[("kind", "account"), ("subjects", "no handle at all")]).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    browser.post("/ingest/connections/1/watch", &[("kind", "account"), ("subjects", "@brand.test")]).await;
    let shown = browser.get("/ingest/connections/1").await.text;
    assert!(shown.contains("brand.test") && shown.contains("not met yet"), "{shown}");
    let asked = browser.post("/ingest/connections/1/do/sync", &[]).await;
    assert!(asked.location().starts_with("/ingest/jobs/"));
    let shown = until_said(&browser, "/ingest/connections/1", "What it brought lately").await;
    for words in [">met<", "What it brought lately", "calls in five minutes", "of 2,400"] {
        assert!(shown.contains(words), "{words}: {shown}");
    }
    let sources = browser.get("/ingest/sources").await.text;
    assert!(sources.contains("bluesky-api") && sources.contains("its author takes it back"), "{sources}");
    let kept = browser.post("/ingest/sources/bluesky-api", &[("days", "90"), ("derive", "yes")]).await;
    assert!(kept.location().starts_with("/ingest/sources"));
    let rules = place.json(&["ingest", "sources"]);
    assert_eq!((&rules[0]["max_age"], &rules[0]["may_mix"]), (&json!(90), &json!(false)), "{rules}");
    until_said(&browser, "/ingest/connections/1/end", "It brought 1 import").await;
    browser.page("/ingest/connections/1/end").await;
    browser.post("/ingest/connections/1/end", &[("facts", "go")]).await;
    until_said(&browser, "/ingest/connections", "Nothing is connected yet").await;
}

/// Work goes on beside the pages: looks again until a page says so.
async fn until_said(browser: &Browser, address: &str, words: &str) -> String {
    for _ in 0..200 {
        let text = browser.get(address).await.text;
        if text.contains(words) {
            return text;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("{address} never says {words:?}");
}
