//! Connections that rest on somebody's consent, through a service of our own making: a creator of TikTok who agrees and takes it back, the
//! subscribers of an own channel, tokens made anew in time; and the marketplace of Instagram.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::extract::{Form, Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, post};
use axum::{Json, Router};
use bellwether::data_directory::DataDirectory;
use bellwether::ingest::connections::{self, Asked, Watch};
use bellwether::ingest::policies;
use bellwether::ingest::sync::{Connection, SyncReport, run};
use lake::FactTable;
use model::{Days, Platform};
use serde_json::{Value, json};

use crate::harness::Place;
use crate::outreach_pages::Browser;

/// What the platform remembers.
#[derive(Default)]
struct Held {
    /// Tokens that are good, and how many were ever given.
    shown: BTreeSet<String>,
    lasting: Option<String>,
    given: u32,
    /// How long a token is good.
    expires_in: i64,
    forms: Vec<HashMap<String, String>>,
}

type Stub = Arc<Mutex<Held>>;

fn give(held: &mut Held) -> Value {
    held.given += 1;
    let (shown, lasting) = (format!("shown-{}", held.given), format!("lasting-{}", held.given));
    // The one before is worth nothing any more, as TikTok does it.
    held.shown = BTreeSet::from([shown.clone()]);
    held.lasting = Some(lasting.clone());
    json!({ "access_token": shown, "refresh_token": lasting, "expires_in": held.expires_in, "open_id": "o", "token_type": "Bearer" })
}

async fn token(State(stub): State<Stub>, Form(form): Form<HashMap<String, String>>) -> Response {
    let mut held = stub.lock().expect("not poisoned");
    held.forms.push(form.clone());
    let has = |name: &str, value: &str| form.get(name).is_some_and(|given| given == value);
    let knows_app = (has("client_key", "our key") || has("client_id", "our key")) && has("client_secret", "our secret");
    let is_fine = match form.get("grant_type").map(String::as_str) {
        Some("authorization_code") => has("code", "a code"),
        Some("refresh_token") => form.get("refresh_token") == held.lasting.as_ref() && held.lasting.is_some(),
        _ => false,
    };
    match (knows_app, is_fine) {
        (false, _) => (StatusCode::UNAUTHORIZED, Json(json!({ "error": "invalid_client" }))).into_response(),
        (_, false) => {
            let body = json!({ "error": "invalid_grant", "error_description": "The user took it back." });
            (StatusCode::BAD_REQUEST, Json(body)).into_response()
        }
        _ => Json(give(&mut held)).into_response(),
    }
}

fn video(number: u32) -> Value {
    json!({ "id": format!("73{number}"), "create_time": 1_790_000_000 + i64::from(number), "title": "Bread #sourdough", "view_count": 100 * number,
        "like_count": 10, "comment_count": 2, "share_count": 1, "share_url": format!("https://www.tiktok.com/@ana_bakes/video/73{number}?utm=x") })
}

async fn answer(
    State(stub): State<Stub>,
    Path(path): Path<String>,
    headers: HeaderMap,
    Query(asked): Query<HashMap<String, String>>,
    body: String,
) -> Response {
    let bearer = headers.get("authorization").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let is_known =
        bearer.strip_prefix("Bearer ").is_some_and(|token| stub.lock().expect("not poisoned").shown.contains(token));
    if !is_known {
        let body = json!({ "error": { "code": "access_token_invalid", "message": "The token is not valid." } });
        return (StatusCode::UNAUTHORIZED, Json(body)).into_response();
    }
    let ok = json!({ "code": "ok", "message": "" });
    let body = match path.as_str() {
        "v2/user/info/" => json!({ "data": { "user": { "open_id": "o", "username": "Ana_Bakes", "display_name": "Ana",
            "follower_count": 12_000, "following_count": 10, "likes_count": 5, "video_count": 25 } }, "error": ok }),
        "v2/video/list/" => {
            let asked: Value = serde_json::from_str(&body).expect("a question in JSON");
            let from = asked["cursor"].as_u64().unwrap_or(0) as u32;
            let videos: Vec<Value> = (from..25).take(20).map(video).collect();
            json!({ "data": { "videos": videos, "cursor": from + 20, "has_more": from == 0 }, "error": ok })
        }
        "youtube/v3/channels" if asked.get("mine").is_some_and(|mine| mine == "true") => {
            json!({ "items": [{ "id": "UCownownownownownownow24", "snippet": { "title": "Our bakery" } }] })
        }
        "youtube/v3/subscriptions" if asked.get("mySubscribers").is_some_and(|mine| mine == "true") => {
            let first = !asked.contains_key("pageToken");
            let of = |number: u32| {
                json!({ "id": number.to_string(), "snippet": { "publishedAt": "2026-05-01T10:00:00Z" },
                    "subscriberSnippet": { "channelId": format!("UCfan{number}"), "title": "A fan" } })
            };
            let items: Vec<Value> = if first { (0..50).map(of).collect() } else { (50..60).map(of).collect() };
            json!({ "items": items, "nextPageToken": first.then_some("two") })
        }
        other => panic!("nobody should ask for {other}"),
    };
    Json(body).into_response()
}

async fn serve(expires_in: i64) -> (Stub, String) {
    let stub = Stub::new(Mutex::new(Held { expires_in, ..Held::default() }));
    let router = Router::new()
        .route("/v2/oauth/token/", post(token))
        .route("/token", post(token))
        .route("/{*path}", any(answer))
        .with_state(stub.clone());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move { axum::serve(listener, router).await.expect("serves") });
    (stub, format!("http://{address}/"))
}

async fn connected(data: &DataDirectory, platform: Platform, server: &str) -> Connection {
    let asked = Asked {
        server: server.to_owned(),
        app_key: "our key".into(),
        app_secret: "our secret".into(),
        may_reach_inside: true,
        history_days: Days(3_650),
        ..Asked::new(platform)
    };
    let id = connections::connect(data, &asked).await.expect("is connected");
    Connection::find(data, id).await.expect("is there")
}

/// The link at which somebody agrees, as the page shows it.
async fn link_on_page(browser: &Browser, connection: &Connection) -> url::Url {
    let page = browser.page(&format!("/ingest/connections/{}/consent", connection.row.id)).await;
    let shown = page.split("class=\"breaks\">").nth(1).and_then(|rest| rest.split('<').next()).expect("a link");
    url::Url::parse(&shown.replace("&#38;", "&").replace("&amp;", "&")).expect("an address")
}

/// Opens the link that leads to the platform, and comes back from there.
async fn agree(browser: &Browser, connection: &Connection, code: &str) -> String {
    let link = link_on_page(browser, connection).await;
    let asked: HashMap<String, String> = link.query_pairs().into_owned().collect();
    assert!(asked["redirect_uri"].ends_with("/ingest/consent"), "{link}");
    assert!(!link.as_str().contains("secret"), "{link}");
    let mut back = url::form_urlencoded::Serializer::new(String::new());
    let query = back.append_pair("code", code).append_pair("state", &asked["state"]).finish();
    browser.page(&format!("/ingest/consent?{query}")).await
}

async fn sync(data: &DataDirectory, connection: &Connection) -> SyncReport {
    run(data, connection.row.id, &|_| ()).await.expect("is asked")
}

async fn count(data: &DataDirectory, table: FactTable) -> u64 {
    let all = data.lake.digests(data.now()).await.expect("is read");
    all.iter().find(|one| one.table == table).map_or(0, |one| one.rows)
}

#[tokio::test]
async fn a_creator_agrees_by_a_link_and_the_account_with_its_videos_comes() {
    let (place, (stub, server)) = (Place::new(), serve(86_400).await);
    let browser = Browser::at(&place).await;
    let connection = connected(&browser.data, Platform::TikTok, &server).await;
    let early = run(&browser.data, connection.row.id, &|_| ()).await.expect_err("nobody has agreed").to_string();
    assert!(early.contains("nobody has agreed yet") && early.contains("ingest consent"), "{early}");
    let page = browser.page(&format!("/ingest/connections/{}", connection.row.id)).await;
    assert!(page.contains("Nobody has agreed yet") && !page.contains("Watch more"), "{page}");
    let other = [("kind", "account"), ("subjects", "@somebody")];
    let refused = browser.post(&format!("/ingest/connections/{}/watch", connection.row.id), &other).await;
    assert!(refused.text.contains("nobody but whoever agreed"), "{}", refused.text);
    let refused = agree(&browser, &connection, "another code").await;
    assert!(refused.contains("This did not work") && refused.contains("took it back"), "{refused}");
    let thanked = agree(&browser, &connection, "a code").await;
    assert!(thanked.contains("Thank you"), "{thanked}");
    assert_eq!(stub.lock().expect("not poisoned").forms[1]["client_key"], "our key");
    let report = sync(&browser.data, &connection).await;
    assert_eq!(report.problems, Vec::<String>::new());
    assert_eq!((count(&browser.data, FactTable::Post).await, report.calls), (25, 3), "two pages of videos");
    drop(browser);
    let shown = place.json(&["creators", "show", "tiktok:ana_bakes"]);
    assert_eq!(shown["creator"]["followers"], 12_000, "{shown}");
}

#[tokio::test]
async fn a_link_that_is_not_ours_or_a_week_old_brings_nothing_in() {
    let (place, (stub, server)) = (Place::new(), serve(86_400).await);
    let browser = Browser::at(&place).await;
    let connection = connected(&browser.data, Platform::TikTok, &server).await;
    let page = browser.page("/ingest/consent?code=a+code&state=bm90IG91cnM").await;
    assert!(page.contains("not ours"), "{page}");
    assert!(browser.page("/ingest/consent?error=access_denied").await.contains("Nothing was agreed to"));
    let query = link_on_page(&browser, &connection).await;
    browser.data.let_time_pass(Duration::from_secs(8 * 86_400));
    let state = query.query_pairs().find(|(name, _)| name == "state").expect("a state").1.into_owned();
    let page = browser.page(&format!("/ingest/consent?code=a+code&state={state}")).await;
    assert!(page.contains("older than a week"), "{page}");
    assert!(stub.lock().expect("not poisoned").forms.is_empty(), "the platform was not asked");
}

#[tokio::test]
async fn a_token_that_ends_is_made_anew_and_a_consent_taken_back_ends_the_connection() {
    let (place, (stub, server)) = (Place::new(), serve(3_600).await);
    let browser = Browser::at(&place).await;
    let connection = connected(&browser.data, Platform::TikTok, &server).await;
    agree(&browser, &connection, "a code").await;
    sync(&browser.data, &connection).await;
    assert_eq!(stub.lock().expect("not poisoned").given, 1);
    browser.data.let_time_pass(Duration::from_secs(2 * 86_400));
    assert_eq!(sync(&browser.data, &connection).await.problems, Vec::<String>::new());
    assert_eq!(stub.lock().expect("not poisoned").given, 2);
    // The lasting token was another one each time: the newest is kept.
    browser.data.let_time_pass(Duration::from_secs(2 * 86_400));
    sync(&browser.data, &connection).await;
    assert_eq!(stub.lock().expect("not poisoned").given, 3);
    stub.lock().expect("not poisoned").lasting = None;
    browser.data.let_time_pass(Duration::from_secs(2 * 86_400));
    let ended = run(&browser.data, connection.row.id, &|_| ()).await.expect_err("it was taken back").to_string();
    assert!(ended.contains("taken back"), "{ended}");
    let row = browser.data.store.connection(connection.row.id).await.expect("is read").expect("is there");
    assert_eq!((row.state, row.secret), (store::ConnectionState::Revoked, None));
    assert!(!browser.page(&format!("/ingest/connections/{}", row.id)).await.contains("Ask for consent"));
}

#[tokio::test]
async fn the_subscribers_of_an_own_channel_come_with_the_consent_of_its_owner() {
    let (place, (_, server)) = (Place::new(), serve(3_600).await);
    let browser = Browser::at(&place).await;
    let connection = connected(&browser.data, Platform::YouTube, &server).await;
    agree(&browser, &connection, "a code").await;
    let report = sync(&browser.data, &connection).await;
    assert_eq!(report.problems, Vec::<String>::new());
    policies::set_rules(&browser.data, "youtube-api", Some(Days(30)), true, true).await.expect("may be made of");
    browser.data.reread_rules().await.expect("are read");
    assert_eq!(count(&browser.data, FactTable::Interaction).await, 60, "fifty and ten subscribers");
    let refused = place.refused(&["ingest", "connect", "tiktok", "--name", "two"]);
    assert!(refused.contains("app_key"), "{refused}");
    let link = place.json(&["ingest", "consent", "YouTube", "--address", "https://our.example"]);
    assert_eq!(link["returns_to"], "https://our.example/ingest/consent");
    assert!(link["link"].as_str().is_some_and(|link| link.starts_with("https://accounts.google.com/")), "{link}");
}

#[tokio::test]
async fn creators_of_the_marketplace_are_looked_for_by_words() {
    let place = Place::new();
    let data = DataDirectory::open(&place.data_dir()).await.expect("opens");
    let router = Router::new().route(
        "/v25.0/{*path}",
        any(|Path(path): Path<String>, Query(asked): Query<HashMap<String, String>>| async move {
            assert_eq!((path.as_str(), asked["query"].as_str()), ("178414/creator_marketplace_creators", "vegan baking"));
            let second = asked.contains_key("after");
            Json(json!({ "data": [{ "id": "1", "username": if second { "Bo.Bakes" } else { "Ana_Bakes" }, "country": "DE",
                "insights": { "data": [{ "name": "total_followers", "total_value": { "value": 12_000 } }] } }],
                "paging": if second { json!({}) } else { json!({ "cursors": { "after": "next" }, "next": "https://x.example" }) } }))
        }),
    );
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move { axum::serve(listener, router).await.expect("serves") });
    let asked = Asked {
        server: format!("http://{address}/v25.0/"),
        secret: "a token of ours".into(),
        own_id: "178414".into(),
        may_reach_inside: true,
        ..Asked::new(Platform::Instagram)
    };
    let id = connections::connect(&data, &asked).await.expect("is connected");
    let connection = Connection::find(&data, id).await.expect("is there");
    let watch =
        Watch { is_search: true, subjects: vec!["creators: vegan baking".into()], brand: None, is_first: false };
    connections::watch(&data, &connection, &watch).await.expect("is watched");
    assert_eq!(sync(&data, &connection).await.problems, Vec::<String>::new());
    assert_eq!((count(&data, FactTable::Account).await, count(&data, FactTable::Profile).await), (2, 2));
}
