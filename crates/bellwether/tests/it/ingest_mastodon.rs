//! Mastodon on two servers of its own: people are told apart by where they live, and their wishes are kept.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use axum::http::{HeaderMap, HeaderValue, Method, header};
use bellwether::data_directory::DataDirectory;
use bellwether::web::outbound::{Asked, Outbound};
use lake::{FactTable, TableDigest};
use model::{AccountId, Platform};
use serde_json::{Value, json};

use crate::harness::Place;

/// One server that runs as long as it is held.
struct Server {
    process: Child,
    address: String,
}

/// Two servers; `None`, said for the test, where their package is not installed.
fn servers_for(test: &str) -> Option<[Server; 2]> {
    let python = std::env::var_os("BELLWETHER_MASTODON_PYTHON").map_or_else(|| PathBuf::from("python3"), PathBuf::from);
    let has = Command::new(&python)
        .args(["-c", "import mastodon_mock"])
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    if !has {
        assert!(std::env::var_os("BELLWETHER_MASTODON_PYTHON").is_none(), "the Mastodon servers must be there");
        println!("skipped: {test} because the package mastodon_mock is not installed");
        return None;
    }
    Some([(); 2].map(|()| {
        let port = std::net::TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address").port();
        let process = Command::new(&python)
            .args(["-m", "mastodon_mock", "serve", "--in-memory", "--host", "127.0.0.1", "--port", &port.to_string()])
            .current_dir(std::env::temp_dir())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("starts");
        for _ in 0..300 {
            if std::net::TcpStream::connect(("127.0.0.1", port)).is_ok() {
                break;
            }
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        Server { process, address: format!("http://127.0.0.1:{port}") }
    }))
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

impl Server {
    async fn ask(&self, method: Method, path: &str, token: &str, body: Value) -> Value {
        let body = if method == Method::GET { String::new() } else { body.to_string() };
        self.send(method, path, token, "application/json", body).await
    }

    async fn send(&self, method: Method, path: &str, token: &str, content_type: &'static str, body: String) -> Value {
        let mut headers = HeaderMap::new();
        headers.insert(header::AUTHORIZATION, HeaderValue::from_str(&format!("Bearer {token}")).expect("a token"));
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
        let body = body.into_bytes();
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from(body.len()));
        let url = format!("{}{path}", self.address).parse().expect("an address");
        let outbound = Outbound { may_reach_inside: true, answer_bytes_max: 1 << 20, ..Outbound::default() };
        let answered = outbound.ask(Asked { method, url, headers, body }).await.expect("is reached");
        assert!(answered.status < 300, "{path}: {} {}", answered.status, String::from_utf8_lossy(&answered.body));
        serde_json::from_slice(&answered.body).expect("is JSON")
    }

    /// Somebody new, with the token they act by.
    async fn person(&self, name: &str) -> (String, Value) {
        let form =
            format!("username={name}&email={name}%40mail.example&password=passwordpassword&agreement=true&locale=en");
        let made =
            self.send(Method::POST, "/api/v1/accounts", "mock_token", "application/x-www-form-urlencoded", form).await;
        let token = made["access_token"].as_str().expect("a token").to_owned();
        let account = self.ask(Method::GET, &format!("/api/v1/accounts/lookup?acct={name}"), &token, json!({})).await;
        (token, account)
    }

    async fn say(&self, token: &str, text: &str, answers: Option<&Value>) -> Value {
        let mut asked = json!({ "status": text, "visibility": "public" });
        if let Some(answered) = answers {
            asked["in_reply_to_id"] = answered["id"].clone();
        }
        self.ask(Method::POST, "/api/v1/statuses", token, asked).await
    }

    fn connect(&self, place: &Place, name: &str) {
        let token = place.file("token.txt", "mock_token\n");
        let token = crate::harness::text(&token);
        place.json(&[
            "ingest",
            "connect",
            "mastodon",
            "--name",
            name,
            "--server",
            &self.address,
            "--internal",
            "--secret-file",
            &token,
        ]);
    }
}

async fn digests(place: &Place) -> Vec<TableDigest> {
    let data = DataDirectory::open(&place.data_dir()).await.expect("opens");
    data.lake.digests(data.now()).await.expect("is read")
}

fn rows(digests: &[TableDigest], table: FactTable) -> u64 {
    digests.iter().find(|one| one.table == table).map_or(0, |one| one.rows)
}

#[tokio::test]
async fn two_servers_are_one_network_in_which_the_same_name_is_two_people() {
    let name = "two_servers_are_one_network_in_which_the_same_name_is_two_people";
    let Some([one, other]) = servers_for(name) else { return };
    let (ana, about_ana) = one.person("ana").await;
    let (ben, _) = one.person("ben").await;
    let (cyd, _) = one.person("cyd").await;
    let post = one.say(&ana, "Fresh loaves on Saturday #bread", None).await;
    let answer = one.say(&ben, "@ana is there rye?", Some(&post)).await;
    one.say(&ana, "@ben there is", Some(&answer)).await;
    one.say(&cyd, "Nobody asked me", None).await;
    let id = post["id"].as_str().expect("an id");
    one.ask(Method::POST, &format!("/api/v1/statuses/{id}/favourite"), &cyd, json!({})).await;
    one.ask(Method::POST, &format!("/api/v1/statuses/{id}/reblog"), &ben, json!({})).await;
    one.ask(
        Method::POST,
        &format!("/api/v1/accounts/{}/follow", about_ana["id"].as_str().expect("an id")),
        &cyd,
        json!({}),
    )
    .await;
    let (namesake, _) = other.person("ana").await;
    other.say(&namesake, "Another Ana elsewhere", None).await;

    let place = Place::new();
    one.connect(&place, "one");
    other.connect(&place, "other");
    let at = |server: &Server| format!("@ana@{}", server.address.trim_start_matches("http://"));
    place.json(&["ingest", "watch", "one", &at(&one)]);
    place.json(&["ingest", "watch", "other", &at(&other)]);
    let reports = place.json(&["ingest", "sync"]);
    for report in reports.as_array().expect("reports") {
        assert_eq!(report["problems"], json!([]), "{report}");
    }
    let found = digests(&place).await;
    assert_eq!(rows(&found, FactTable::Post), 2, "one of each Ana: {reports}");
    // Ben's answer, Ana's to it, a favourite, a boost, a follow.
    assert_eq!(rows(&found, FactTable::Interaction), 5, "{reports}");
    // Nobody here agreed to be found by their words.
    assert_eq!(rows(&found, FactTable::Text), 0);
    let account = |server: &Server, about: &Value| {
        assert!(
            about["uri"].as_str().is_some_and(|uri| uri.contains(server.address.rsplit(':').next().expect("a port")))
        );
        AccountId::of(Platform::Mastodon, "", about["uri"].as_str().expect("a name")).to_string()
    };
    let shown = place.json(&["creators", "show", &account(&one, &about_ana)]);
    assert_eq!(shown["posts"].as_array().map(Vec::len), Some(1), "{shown}");
    let counts = place.json(&["conversations", "counts"]);
    assert_eq!((&counts["ties_between_people"], &counts["pairs_both_ways"]), (&json!(3), &json!(2)), "{counts}");
    place.json(&["ingest", "sync", "--now"]);
    let again = digests(&place).await;
    let of = |digests: &[TableDigest], table| digests.iter().find(|one| one.table == table).copied();
    for table in [FactTable::Post, FactTable::Interaction, FactTable::Account] {
        assert_eq!(of(&again, table), of(&found, table), "a second time adds nothing");
    }
    // By hashtag others are found.
    place.json(&["ingest", "watch", "one", "--search", "#bread"]);
    let report = &place.json(&["ingest", "sync", "one"])[0];
    assert_eq!(report["problems"], json!([]), "{report}");
}
