//! Other programs that are told: signed, queued until they take it, tried less and less often, never led anywhere inside; by page,
//! by command and by the running program.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use bellwether::outreach::{content, deals};
use bellwether::tracking::webhooks::{self, events, sender, signing};
use bellwether::web::outbound::{Asked, Outbound, OutboundError};
use model::outreach::deals::Party;
use serde_json::{Value, json};
use store::webhooks::{DeliveryRow, DeliveryState};

use crate::harness::{Place, text};
use crate::outreach_pages::{Browser, place_with_people};

const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(86_400);

/// What a receiver does with a message.
#[derive(Clone)]
enum Does {
    Answers(u16, &'static str),
    RedirectsTo(String),
    /// Says nothing for so long, then takes it.
    Waits(Duration),
    /// Sends its answer a letter at a time, without end.
    Drips,
    /// Answers with a body that has no end.
    Floods,
    HangsUp,
}

/// A message as it arrived.
#[derive(Clone, Debug)]
struct Got {
    path: String,
    headers: Vec<(String, String)>,
    body: String,
}

impl Got {
    fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(held, _)| held.eq_ignore_ascii_case(name));
        found.map_or_else(|| panic!("no {name} in {:?}", self.headers), |(_, value)| value)
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.body).expect("is JSON")
    }

    /// Whether one of its signatures is by this secret.
    fn is_signed_by(&self, secret: &str) -> bool {
        let signature = self.header("bellwether-signature");
        let at = signature.split(',').next().and_then(|part| part.strip_prefix("t=")).expect("a moment");
        let own = signing::signature(&[secret.to_owned()], at.parse().expect("seconds"), &self.body);
        let own = own.split(',').nth(1).expect("a signature");
        signature.split(',').any(|part| part == own)
    }
}

/// A program that is told: it does what stands next in its script, else takes everything.
struct Receiver {
    port: u16,
    got: Arc<Mutex<Vec<Got>>>,
    script: Arc<Mutex<VecDeque<Does>>>,
}

impl Receiver {
    fn new() -> Receiver {
        Receiver::at(0)
    }

    fn at(port: u16) -> Receiver {
        let listener = TcpListener::bind(("127.0.0.1", port)).expect("listens");
        let port = listener.local_addr().expect("is somewhere").port();
        let receiver = Receiver { port, got: Arc::default(), script: Arc::default() };
        let (got, script) = (receiver.got.clone(), receiver.script.clone());
        std::thread::spawn(move || {
            for line in listener.incoming().flatten() {
                let (got, script) = (got.clone(), script.clone());
                std::thread::spawn(move || take(line, &got, &script));
            }
        });
        receiver
    }

    fn then(self, does: Does) -> Receiver {
        self.script.lock().expect("is held by nobody").push_back(does);
        self
    }

    fn url(&self) -> String {
        format!("http://127.0.0.1:{}/hooks?of=us", self.port)
    }

    fn got(&self) -> Vec<Got> {
        self.got.lock().expect("is held by nobody").clone()
    }
}

fn take(line: TcpStream, got: &Mutex<Vec<Got>>, script: &Mutex<VecDeque<Does>>) {
    let mut reader = BufReader::new(line.try_clone().expect("is one"));
    let mut first = String::new();
    if reader.read_line(&mut first).unwrap_or(0) == 0 {
        return;
    }
    let (mut headers, mut length) = (Vec::new(), 0);
    loop {
        let mut one = String::new();
        reader.read_line(&mut one).expect("reads");
        let Some((name, value)) = one.trim_end().split_once(": ") else { break };
        if name.eq_ignore_ascii_case("content-length") {
            length = value.parse().expect("a length");
        }
        headers.push((name.to_owned(), value.to_owned()));
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).expect("reads");
    let path = first.split(' ').nth(1).unwrap_or_default().to_owned();
    got.lock().expect("is held by nobody").push(Got { path, headers, body: String::from_utf8(body).expect("is text") });
    let does = script.lock().expect("is held by nobody").pop_front().unwrap_or(Does::Answers(200, "taken"));
    drop(answer(line, does));
}

fn answer(mut line: TcpStream, does: Does) -> std::io::Result<()> {
    match does {
        Does::Answers(status, words) => {
            write!(line, "HTTP/1.1 {status} x\r\ncontent-length: {}\r\n\r\n{words}", words.len())
        }
        Does::RedirectsTo(to) => {
            write!(line, "HTTP/1.1 302 Found\r\nlocation: {to}\r\ncontent-length: 0\r\n\r\n")
        }
        Does::Waits(time) => {
            std::thread::sleep(time);
            write!(line, "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
        }
        Does::Drips => loop {
            write!(line, "H")?;
            std::thread::sleep(Duration::from_millis(20));
        },
        Does::Floods => {
            write!(line, "HTTP/1.1 200 OK\r\n\r\n")?;
            loop {
                line.write_all(&[b'x'; 4_096])?;
            }
        }
        Does::HangsUp => Ok(()),
    }
}

/// A place where the own network may be told, as it is for tests.
async fn opened() -> (Place, Browser) {
    let place = Place::new();
    let browser = Browser::at(&place).await;
    webhooks::set_allows_internal(&browser.data, true).await.expect("opens");
    (place, browser)
}

async fn added(browser: &Browser, receiver: &Receiver, events: &[&str]) -> (i64, String) {
    let events: Vec<String> = events.iter().map(|event| (*event).to_owned()).collect();
    let (row, secret) = webhooks::add(&browser.data, &receiver.url(), &events).await.expect("adds");
    (row.id, secret)
}

async fn happens(browser: &Browser, kind: &str) {
    browser.data.store.queue_event(kind, r#"{"of":"a test"}"#, browser.data.now()).await.expect("queues");
}

async fn round(browser: &Browser) -> (u64, u64) {
    let round = sender::round(&browser.data).await.expect("sends");
    (round.delivered, round.failed)
}

async fn only(browser: &Browser, endpoint: i64) -> DeliveryRow {
    let rows = browser.data.store.deliveries(endpoint, None, 0, 99).await.expect("reads");
    assert_eq!(rows.len(), 1, "{rows:?}");
    rows.into_iter().next().expect("is one")
}

#[tokio::test]
async fn a_program_is_added_by_page_told_signed_and_its_secret_is_shown_once() {
    let (_place, browser) = opened().await;
    let receiver = Receiver::new();
    let page = browser.page("/tracking/webhooks").await;
    assert!(page.contains("No program is told yet") && page.contains("conversion.created"), "{page}");
    browser.post("/tracking/webhooks", &[("url", ""), ("event", "deal.accepted")]).await.is_refused_at("url", "");
    for bad in ["shop", "ftp://shop.example/", "https://user:word@shop.example/"] {
        browser.post("/tracking/webhooks", &[("url", bad), ("event", "deal.accepted")]).await.is_refused_at("url", bad);
    }
    let url = receiver.url();
    browser.post("/tracking/webhooks", &[("url", &url)]).await.is_refused_at("events", &url);
    let form = [("url", url.as_str()), ("event", "deal.accepted"), ("event", "disclosure.red")];
    let made = browser.post("/tracking/webhooks", &form).await;
    assert_eq!(made.status, StatusCode::OK);
    let secret: String = made.text.split("value=\"whsec_").nth(1).expect("a secret").chars().take(64).collect();
    let secret = format!("whsec_{secret}");
    browser.post("/tracking/webhooks", &form).await.is_refused_at("url", "is told already");
    for address in ["/tracking/webhooks", "/tracking/webhooks/1"] {
        assert!(!browser.page(address).await.contains("whsec_"), "it is shown once");
    }
    let kept = std::fs::read(browser.data.path.join("operations.sqlite-wal")).expect("the journal");
    assert!(!kept.windows(secret.len()).any(|part| part == secret.as_bytes()), "it is kept sealed");

    happens(&browser, "deal.accepted").await;
    happens(&browser, "click.human").await;
    assert_eq!(round(&browser).await, (1, 0), "it did not ask for clicks");
    let got = receiver.got();
    assert_eq!((got.len(), got[0].path.as_str()), (1, "/hooks?of=us"));
    let row = only(&browser, 1).await;
    assert_eq!(got[0].header("bellwether-event"), "deal.accepted");
    assert_eq!(got[0].header("bellwether-delivery"), row.event_id);
    assert_eq!(got[0].header("content-type"), "application/json");
    assert_eq!(got[0].header("host"), format!("127.0.0.1:{}", receiver.port));
    assert!(got[0].is_signed_by(&secret) && !got[0].is_signed_by("whsec_other"));
    let says = got[0].json();
    assert_eq!(
        (&says["id"], &says["event"], &says["data"]["of"]),
        (&json!(row.event_id), &json!("deal.accepted"), &json!("a test"))
    );
    let page = browser.page("/tracking/webhooks/1").await;
    for said in ["delivered", "<span class=\"tag\">200</span>", "taken", "deal.accepted", "Send again"] {
        assert!(page.contains(said), "{said} is not in {page}");
    }
    assert!(browser.page("/tracking/webhooks").await.contains("1 program is told; nothing waits"));
    assert_eq!(browser.get("/tracking/webhooks/9").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_program_that_is_away_is_told_when_it_is_back_under_the_same_id() {
    let (_place, browser) = opened().await;
    let port = TcpListener::bind("127.0.0.1:0").and_then(|line| line.local_addr()).expect("a free port").port();
    let (row, _) = webhooks::add(&browser.data, &format!("http://127.0.0.1:{port}/"), &["lead.created".to_owned()])
        .await
        .expect("adds");
    happens(&browser, "lead.created").await;
    assert_eq!(round(&browser).await, (0, 1));
    assert_eq!(round(&browser).await, (0, 0), "it is not tried again at once");
    let waits = only(&browser, row.id).await;
    assert_eq!((waits.state, waits.attempts, waits.last_status), (DeliveryState::Waiting, 1, None));
    assert!(waits.problem.contains("takes no line"), "{}", waits.problem);
    assert!(browser.page("/tracking/webhooks/1").await.contains("takes no line"));
    let receiver = Receiver::at(port);
    browser.data.let_time_pass(Duration::from_secs(11));
    assert_eq!(round(&browser).await, (1, 0));
    assert_eq!(receiver.got()[0].header("bellwether-delivery"), waits.event_id);
    let taken = only(&browser, row.id).await;
    assert_eq!((taken.state, taken.attempts, taken.problem.as_str()), (DeliveryState::Delivered, 2, ""));
}

#[tokio::test]
async fn a_program_that_is_away_rests_however_much_waits_for_it() {
    let (_place, browser) = opened().await;
    let receiver = Receiver::new();
    for _ in 0..4 {
        receiver.script.lock().expect("is held by nobody").push_back(Does::Answers(503, "later"));
    }
    let (id, _) = added(&browser, &receiver, &["deal.accepted"]).await;
    for _ in 0..30 {
        happens(&browser, "deal.accepted").await;
    }
    for (tries, rest) in [(1, 10), (2, 20), (3, 40), (4, 80)] {
        assert_eq!(round(&browser).await, (0, 1));
        happens(&browser, "deal.accepted").await;
        assert_eq!(round(&browser).await, (0, 0), "what comes meanwhile waits with the others");
        assert_eq!(receiver.got().len(), tries);
        let endpoint = browser.data.store.endpoint(id).await.expect("reads").expect("is there");
        let rests = (endpoint.rest_until.expect("rests").0 - browser.data.now().0) / 1_000_000;
        assert!((rest - 3..=rest).contains(&rests), "{rests} s after try {tries}");
        assert!(browser.page(&format!("/tracking/webhooks/{id}")).await.contains("away; tried again on"));
        if tries < 4 {
            browser.data.let_time_pass(Duration::from_secs(rest.unsigned_abs() + 1));
        }
    }
    // A person tries it out and it is there: all that waited leaves at once, and none of it was tried more than once before.
    browser.post(&format!("/tracking/webhooks/{id}"), &[("do", "ping")]).await.location();
    assert_eq!(round(&browser).await, (34, 0));
    let rows = browser.data.store.deliveries(id, None, 0, 99).await.expect("reads");
    assert!(rows.iter().all(|row| row.attempts <= 2), "each was tried once at most in vain");
}

#[tokio::test]
async fn one_message_that_a_program_stumbles_over_keeps_it_from_no_other() {
    let (_place, browser) = opened().await;
    let receiver = Receiver::new();
    let (id, _) = added(&browser, &receiver, &["deal.accepted"]).await;
    happens(&browser, "deal.accepted").await;
    for _ in 0..6 {
        receiver.script.lock().expect("is held by nobody").push_back(Does::Answers(500, "oh"));
        assert_eq!(round(&browser).await, (0, 1));
        let row = only(&browser, id).await;
        browser.data.let_time_pass(Duration::from_micros((row.next_at.0 - browser.data.now().0).max(0).unsigned_abs()));
    }
    receiver.script.lock().expect("is held by nobody").push_back(Does::Answers(500, "oh"));
    assert_eq!(round(&browser).await, (0, 1));
    happens(&browser, "deal.accepted").await;
    browser.data.let_time_pass(Duration::from_secs(11));
    assert_eq!(round(&browser).await, (1, 0), "the next one waits ten seconds, not as long as that one");
}

#[tokio::test]
async fn every_try_says_the_same_under_the_same_id_until_it_is_taken() {
    let (_place, browser) = opened().await;
    let receiver = Receiver::new().then(Does::Answers(500, "sorry")).then(Does::HangsUp).then(Does::Answers(404, ""));
    let (id, _) = added(&browser, &receiver, &["conversion.created"]).await;
    happens(&browser, "conversion.created").await;
    let mut waited = Vec::new();
    for (status, problem) in [(Some(500), "answered with 500"), (None, "broke off"), (Some(404), "answered with 404")] {
        assert_eq!(round(&browser).await, (0, 1));
        let row = only(&browser, id).await;
        assert_eq!(row.last_status, status);
        assert!(row.problem.contains(problem), "{}", row.problem);
        waited.push((row.next_at.0 - row.tried_at.expect("was tried").0) / 1_000_000);
        if status == Some(500) {
            assert_eq!(row.response_head, "sorry");
        }
        browser.data.let_time_pass(Duration::from_micros((row.next_at.0 - browser.data.now().0).max(0).unsigned_abs()));
    }
    assert!(waited.iter().zip([10, 20, 40]).all(|(is, should)| (should..should + 3).contains(is)), "{waited:?}");
    assert_eq!(round(&browser).await, (1, 0));
    let got = receiver.got();
    assert_eq!(got.len(), 4);
    for one in &got {
        assert_eq!(one.body, got[0].body);
        assert_eq!(one.header("bellwether-delivery"), got[0].header("bellwether-delivery"));
    }
}

#[tokio::test]
async fn a_redirect_leads_nowhere() {
    let (_place, browser) = opened().await;
    let elsewhere = Receiver::new();
    let receiver = Receiver::new().then(Does::RedirectsTo(elsewhere.url()));
    let (id, _) = added(&browser, &receiver, &["deal.accepted"]).await;
    happens(&browser, "deal.accepted").await;
    assert_eq!(round(&browser).await, (0, 1));
    assert!(elsewhere.got().is_empty());
    let row = only(&browser, id).await;
    assert_eq!(row.last_status, Some(302));
    assert!(row.problem.contains("redirects are not followed"), "{}", row.problem);
}

#[tokio::test]
async fn nothing_inside_is_told_unless_an_operator_opens_it() {
    let place = Place::new();
    let browser = Browser::at(&place).await;
    let receiver = Receiver::new();
    for url in [
        receiver.url(),
        format!("http://localhost:{}/", receiver.port),
        format!("http://[::ffff:127.0.0.1]:{}/", receiver.port),
        "http://10.0.0.1/".to_owned(),
        "http://192.168.1.1/hooks".to_owned(),
        "http://169.254.169.254/latest/meta-data/".to_owned(),
        "http://[fd00::1]/".to_owned(),
        "http://0x7f.1/".to_owned(),
    ] {
        let form = [("url", url.as_str()), ("event", "deal.accepted")];
        browser.post("/tracking/webhooks", &form).await.is_refused_at("url", "only public addresses are reached");
        assert!(place.refused(&["tracking", "webhooks", "add", &url]).contains("only public addresses are reached"));
    }
    assert_eq!(place.json(&["tracking", "webhooks", "internal"])["allow_internal"], false);
    assert_eq!(place.json(&["tracking", "webhooks", "internal", "on"])["allow_internal"], true);
    let metadata = ["tracking", "webhooks", "add", "http://169.254.169.254/"];
    assert!(place.refused(&metadata).contains("tells machines their secrets"), "that is never opened");
    let (id, _) = added(&browser, &receiver, &["deal.accepted"]).await;
    // What was added while it was open is not reached when it is closed again: each message is judged anew.
    assert_eq!(place.json(&["tracking", "webhooks", "internal", "off"])["allow_internal"], false);
    happens(&browser, "deal.accepted").await;
    assert_eq!(round(&browser).await, (0, 1));
    assert!(receiver.got().is_empty());
    assert!(only(&browser, id).await.problem.contains("this machine itself"));
}

fn asked(receiver: &Receiver) -> Asked {
    Asked {
        method: Method::POST,
        url: receiver.url().parse().expect("an address"),
        headers: HeaderMap::new(),
        body: b"{}".to_vec(),
    }
}

#[tokio::test]
async fn whoever_answers_slowly_or_without_end_is_left() {
    let brief = Outbound { may_reach_inside: true, time_at_most: Duration::from_millis(400), ..Outbound::default() };
    for does in [Does::Waits(Duration::from_secs(3)), Does::Drips] {
        let receiver = Receiver::new().then(does);
        let begun = Instant::now();
        let left = brief.ask(asked(&receiver)).await;
        assert!(matches!(left, Err(OutboundError::TooSlow { .. } | OutboundError::BrokenOff { .. })), "{left:?}");
        assert!(begun.elapsed() < Duration::from_secs(2));
    }
    let flood = Receiver::new().then(Does::Floods);
    let answered = brief.ask(asked(&flood)).await.expect("answers");
    assert_eq!((answered.status, answered.is_cut, answered.body.len()), (200, true, brief.answer_bytes_max));
}

#[tokio::test]
async fn a_slow_program_holds_up_no_other() {
    let (_place, browser) = opened().await;
    let (slow, quick) = (Receiver::new().then(Does::Waits(Duration::from_secs(12))), Receiver::new());
    let (id, _) = added(&browser, &slow, &["deal.accepted"]).await;
    added(&browser, &quick, &["deal.accepted"]).await;
    happens(&browser, "deal.accepted").await;
    let sending = tokio::spawn({
        let data = browser.data.clone();
        async move { sender::round(&data).await.expect("sends") }
    });
    let begun = Instant::now();
    while quick.got().is_empty() {
        assert!(begun.elapsed() < Duration::from_secs(5), "the quick one waits for the slow one");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let done = sending.await.expect("ends");
    assert_eq!((done.delivered, done.failed), (1, 1));
    assert!(only(&browser, id).await.problem.contains("did not answer within 10 s"));
}

#[tokio::test]
async fn after_three_days_in_vain_a_message_is_parked_and_a_person_sends_it_again() {
    let (_place, browser) = opened().await;
    let receiver = Receiver::new();
    for _ in 0..60 {
        receiver.script.lock().expect("is held by nobody").push_back(Does::Answers(503, "later"));
    }
    let (id, _) = added(&browser, &receiver, &["deal.accepted"]).await;
    happens(&browser, "deal.accepted").await;
    let begun = browser.data.now();
    let mut last = begun;
    loop {
        assert_eq!(round(&browser).await, (0, 1));
        last = last.max(browser.data.now());
        let row = only(&browser, id).await;
        if row.state != DeliveryState::Waiting {
            break;
        }
        let wait = (row.next_at.0 - browser.data.now().0).max(0).unsigned_abs();
        assert!(wait <= 6 * 3_600_000_000, "it waits {wait} microseconds");
        browser.data.let_time_pass(Duration::from_micros(wait));
    }
    let days = (last.0 - begun.0) as f64 / 86_400e6;
    assert!((2.75..=3.01).contains(&days), "it was parked after {days} days");
    let row = only(&browser, id).await;
    assert_eq!((row.state, receiver.got().len()), (DeliveryState::Parked, row.attempts as usize));
    assert!((20..=26).contains(&row.attempts), "{} tries", row.attempts);
    browser.data.let_time_pass(DAY);
    assert_eq!(round(&browser).await, (0, 0), "nothing is tried any more");
    assert!(browser.page("/tracking/webhooks").await.contains("1 message was not taken for three days"));
    receiver.script.lock().expect("is held by nobody").clear();
    let again = [("do", "resend"), ("delivery", "1")];
    let location = browser.post("/tracking/webhooks/1", &again).await.location().to_owned();
    assert!(location.contains("Delivered"), "{location}");
    let ids: Vec<String> = receiver.got().iter().map(|got| got.header("bellwether-delivery").to_owned()).collect();
    assert!(ids.iter().all(|one| *one == row.event_id), "{ids:?}");
    // What was taken is sent again too, when somebody asks, and never of another program.
    browser.post("/tracking/webhooks/1", &again).await.location();
    assert_eq!(receiver.got().len(), ids.len() + 1);
    let other = [("do", "resend"), ("delivery", "7")];
    assert_eq!(browser.post("/tracking/webhooks/1", &other).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn the_queue_outlives_the_program_and_what_it_was_sending_when_it_died() {
    let (place, browser) = opened().await;
    let receiver = Receiver::new();
    let (id, _) = added(&browser, &receiver, &["deal.accepted"]).await;
    happens(&browser, "deal.accepted").await;
    happens(&browser, "deal.accepted").await;
    let now = browser.data.now();
    let until = model::Timestamp(now.0 + 60_000_000);
    let taken = browser.data.store.claim_due(id, now, until).await.expect("takes").expect("is due");
    drop(browser);
    let browser = Browser::at(&place).await;
    assert_eq!(round(&browser).await, (1, 0), "one is held by a sender that is gone");
    browser.data.let_time_pass(MINUTE);
    assert_eq!(round(&browser).await, (1, 0));
    let ids: Vec<String> = receiver.got().iter().map(|got| got.header("bellwether-delivery").to_owned()).collect();
    assert!(ids.len() == 2 && ids[0] != ids[1] && ids[1] == taken.event_id, "{ids:?}");
}

#[tokio::test]
async fn what_comes_for_a_paused_program_waits_for_it() {
    let (_place, browser) = opened().await;
    let receiver = Receiver::new();
    let (id, _) = added(&browser, &receiver, &["deal.accepted"]).await;
    let path = format!("/tracking/webhooks/{id}");
    browser.post(&path, &[("do", "pause")]).await.location();
    happens(&browser, "deal.accepted").await;
    assert_eq!(round(&browser).await, (0, 0));
    assert!(browser.page(&path).await.contains("paused"));
    assert!(browser.page("/tracking/webhooks").await.contains("1 message waits"));
    browser.post(&path, &[("do", "again")]).await.location();
    assert_eq!(round(&browser).await, (1, 0));
    // Nothing is removed by a slip.
    browser.post(&path, &[("do", "remove")]).await.is_refused_at("sure", "Say that you are sure");
    browser.post(&path, &[("do", "choose")]).await.is_refused_at("events", "Choose at least one");
    browser.post(&path, &[("do", "choose"), ("event", "click.human")]).await.location();
    happens(&browser, "deal.accepted").await;
    assert_eq!(round(&browser).await, (0, 0), "it is not told of that any more");
    let gone = browser.post(&path, &[("do", "remove"), ("sure", "yes")]).await;
    assert!(gone.location().starts_with("/tracking/webhooks?done="), "{}", gone.location());
    assert_eq!(browser.get(&path).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn for_a_day_after_a_new_secret_both_sign() {
    let (_place, browser) = opened().await;
    let receiver = Receiver::new();
    let (id, old) = added(&browser, &receiver, &["deal.accepted"]).await;
    let page = browser.post(&format!("/tracking/webhooks/{id}"), &[("do", "rotate")]).await;
    assert_eq!(page.status, StatusCode::OK);
    let new: String = page.text.split("value=\"whsec_").nth(1).expect("a secret").chars().take(64).collect();
    let new = format!("whsec_{new}");
    assert!(page.text.contains("signed by the secret before too until"));
    for (signed_by_old, wait) in
        [(true, Duration::from_secs(86_000)), (true, Duration::from_secs(500)), (false, MINUTE)]
    {
        happens(&browser, "deal.accepted").await;
        assert_eq!(round(&browser).await, (1, 0));
        let got = receiver.got().pop().expect("got it");
        assert!(got.is_signed_by(&new));
        assert_eq!(got.is_signed_by(&old), signed_by_old);
        browser.data.let_time_pass(wait);
    }
}

#[tokio::test]
async fn programs_are_told_by_command_too() {
    let (place, browser) = opened().await;
    assert_eq!(place.json(&["tracking", "webhooks", "list"]), json!([]));
    let receiver = Receiver::new();
    let made = place.json(&["tracking", "webhooks", "add", &receiver.url(), "--event", "deal.accepted"]);
    assert_eq!((&made["endpoint"], &made["events"]), (&json!(1), &json!(["deal.accepted"])));
    let secret = made["secret"].as_str().expect("a secret").to_owned();
    let wrong = ["tracking", "webhooks", "add", "https://shop.example/", "--event", "deal.agreed"];
    assert!(place.refused(&wrong).contains("there is no event \"deal.agreed\""));
    let pinged = place.json(&["tracking", "webhooks", "ping", "1"]);
    assert_eq!(
        (&pinged["state"], &pinged["status"], &pinged["event"]),
        (&json!("delivered"), &json!(200), &json!("ping"))
    );
    assert!(receiver.got()[0].is_signed_by(&secret));
    receiver.script.lock().expect("is held by nobody").push_back(Does::Answers(410, "gone"));
    let pinged = place.json(&["tracking", "webhooks", "ping", "1"]);
    assert_eq!((&pinged["state"], &pinged["response_head"]), (&json!("parked"), &json!("gone")), "it is not tried on");
    assert_eq!(place.json(&["tracking", "webhooks", "list"])[0]["parked"], 0, "nor was it tried for three days");
    assert!(!browser.page("/tracking/webhooks").await.contains("not taken for three days"));
    assert_eq!(place.json(&["tracking", "webhooks", "pause", "1"])["changed"], true);
    assert_eq!(place.json(&["tracking", "webhooks", "pause", "1"])["changed"], false);
    let again = place.json(&["tracking", "webhooks", "resend", "2"]);
    assert_eq!(again["state"], "delivered", "by hand also while it is paused");
    assert_eq!(again["id"], pinged["id"]);
    assert_eq!(place.json(&["tracking", "webhooks", "pause", "1", "--again"])["changed"], true);
    let chosen = place.json(&["tracking", "webhooks", "choose", "1", "--event", "click.human"]);
    assert_eq!(chosen["events"], json!(["click.human"]));
    let rotated = place.json(&["tracking", "webhooks", "rotate", "1"]);
    assert!(rotated["previous_secret_until"].is_string() && rotated["secret"] != json!(secret));
    happens(&browser, "click.human").await;
    let waiting = place.json(&["tracking", "webhooks", "deliveries", "1", "--state", "waiting"]);
    assert_eq!((waiting.as_array().map(Vec::len), &waiting[0]["event"]), (Some(1), &json!("click.human")));
    assert_eq!(
        place.json(&["tracking", "webhooks", "deliveries", "1", "--limit", "2"]).as_array().map(Vec::len),
        Some(2)
    );
    assert_eq!(place.json(&["tracking", "webhooks", "resend", "--parked", "1"])["queued"], 0);
    assert!(place.refused(&["tracking", "webhooks", "resend", "9"]).contains("there is no message 9"));
    let listed = place.json(&["tracking", "webhooks", "list"]);
    assert_eq!((&listed[0]["waiting"], &listed[0]["delivered"]), (&json!(1), &json!(2)));
    assert!(listed[0]["secret"].is_null());
    assert_eq!(place.json(&["tracking", "webhooks", "remove", "1"])["removed"], true);
    assert!(place.refused(&["tracking", "webhooks", "remove", "1"]).contains("no program of the number 1"));
}

/// Ana has an offer (1) of a story.
fn place_with_deal() -> Place {
    let place = place_with_people();
    let brief = json!({
        "product": "A grinder", "audience": "People", "freedom": "All", "language": "en", "country": "GB",
    });
    let file = place.file("brief.json", brief.to_string());
    place.json(&["outreach", "brief", "Spring", "--file", &text(&file)]);
    let offer = ["outreach", "offer", "Ana Ruiz", "--brief", "Spring", "--fee", "90 EUR"];
    place.json(&[&offer[..], &["--piece", "1 story instagram"]].concat());
    place
}

async fn told(browser: &Browser) -> Vec<(String, Value)> {
    let mut rows = browser.data.store.deliveries(1, None, 0, 99).await.expect("reads");
    rows.reverse();
    rows.into_iter().map(|row| (row.event, serde_json::from_str(&row.payload).expect("is JSON"))).collect()
}

#[tokio::test]
async fn deals_drafts_and_words_that_do_not_say_they_are_paid_for_are_told_with_whom_and_what() {
    let place = place_with_deal();
    let browser = Browser::at(&place).await;
    let data = &browser.data;
    webhooks::set_allows_internal(data, true).await.expect("opens");
    let receiver = Receiver::new();
    added(&browser, &receiver, &["deal.accepted", "content.approved", "disclosure.red"]).await;
    let deal = deals::shown(data, 1).await.expect("is there");
    let accept = || deals::Act::Accept { name: "Ana Ruiz".to_owned(), choice: Default::default() };
    deals::act(data, &deal, 1, Party::Creator, accept()).await.expect("accepts");
    // Accepted by two at once: one of them is told.
    assert!(deals::act(data, &deal, 1, Party::Creator, accept()).await.is_err());
    let piece = async || content::shown(data, 1).await.expect("is there");
    content::hand_in(data, &piece().await, "My new grinder, I love it", None).await.expect("hands in");
    let page = [("do", "changes"), ("draft", "1"), ("comment", "Say that it is paid for")];
    browser.post("/outreach/pieces/1", &page).await.location();
    content::hand_in(data, &piece().await, "#ad My new grinder", None).await.expect("hands in");
    browser.post("/outreach/pieces/1", &[("do", "approve"), ("draft", "2")]).await.location();
    let posted = [("do", "posted"), ("url", "https://insta.example/p/1")];
    browser.post("/outreach/pieces/1", &posted).await.location();
    let look = [("do", "look"), ("caption", "My new grinder, I love it"), ("label", "no")];
    browser.post("/outreach/pieces/1", &look).await.location();

    let told = told(&browser).await;
    let kinds: Vec<&str> = told.iter().map(|(kind, _)| kind.as_str()).collect();
    assert_eq!(kinds, ["deal.accepted", "disclosure.red", "content.approved", "disclosure.red"], "{told:?}");
    for (kind, says) in &told {
        assert_eq!(says["contact"], json!({ "id": 1, "name": "Ana Ruiz" }), "{kind}");
        assert_eq!(says["deal"], 1, "{kind}");
    }
    let accepted = &told[0].1;
    assert_eq!(accepted["fee"], json!({ "minor_units": 9_000, "currency": "EUR" }));
    assert_eq!((&accepted["accepted_by"], &accepted["pieces"][0]["format"]), (&json!("creator"), &json!("story")));
    assert_eq!(told[1].1["seen_in"], "draft");
    assert_eq!(told[2].1["draft"], json!({ "id": 2, "version": 2 }));
    assert_eq!((&told[3].1["seen_in"], &told[3].1["url"]), (&json!("post"), &json!("https://insta.example/p/1")));
    assert!(told[3].1["because"].as_array().is_some_and(|because| !because.is_empty()));
    assert_eq!(round(&browser).await, (4, 0));
    // Who is told of may see it, and it goes with them, from the queue as from the log.
    let held = bellwether::outreach::rights::held_about(data, 1).await.expect("reads");
    assert!(held.held.iter().any(|held| held.says.starts_with("disclosure.red, 2 times, to 127.0.0.1")));
    place.json(&["outreach", "forget", "Ana Ruiz"]);
    assert!(data.store.deliveries(1, None, 0, 99).await.expect("reads").is_empty());
}

#[tokio::test]
async fn people_s_clicks_are_told_once_a_minute_with_how_many() {
    let place = place_with_deal();
    place.json(&["tracking", "link", "https://shop.example/", "--deal", "1", "--slug", "ana", "--name", "Ana's story"]);
    let browser = Browser::at(&place).await;
    webhooks::set_allows_internal(&browser.data, true).await.expect("opens");
    let receiver = Receiver::new();
    let click = async |agent: &str, from: &str| {
        let request = Request::get("/t/ana")
            .header(header::HOST, "anything.example")
            .header(header::USER_AGENT, agent)
            .header("x-forwarded-for", from);
        let answer = browser.send(request.body(Body::empty()).expect("a request")).await;
        assert_eq!(answer.status, StatusCode::FOUND);
    };
    let firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0";
    let count = async || bellwether::tracking::counting::count(&browser.data).await.expect("counts");
    // Who clicks before anybody listens is no news.
    click(firefox, "203.0.113.1").await;
    count().await;
    browser.data.let_time_pass(2 * MINUTE);
    assert_eq!(round(&browser).await, (0, 0));
    added(&browser, &receiver, &["click.human"]).await;
    // All in one minute.
    let into = browser.data.now().0.rem_euclid(60_000_000).unsigned_abs();
    browser.data.let_time_pass(Duration::from_micros(60_000_000 - into));
    for from in ["203.0.113.2", "203.0.113.3", "203.0.113.4"] {
        click(firefox, from).await;
    }
    click("WhatsApp/2.24.1 A", "203.0.113.5").await;
    count().await;
    assert_eq!(round(&browser).await, (0, 0));
    assert!(told(&browser).await.is_empty(), "the minute is not over");
    browser.data.let_time_pass(2 * MINUTE);
    // Who counts does not tell: that may be another program, which sends nothing.
    count().await;
    assert!(told(&browser).await.is_empty());
    assert_eq!(round(&browser).await, (1, 0));
    assert_eq!(round(&browser).await, (0, 0), "each minute once");
    let told = told(&browser).await;
    assert_eq!(told.len(), 1, "{told:?}");
    let says = &told[0].1;
    assert_eq!((&told[0].0, &says["clicks"]), (&"click.human".to_owned(), &json!(3)));
    assert_eq!(says["link"], json!({ "id": 1, "slug": "ana", "name": "Ana's story" }));
    assert_eq!((&says["contact"]["name"], &says["deal"]), (&json!("Ana Ruiz"), &json!(1)));
    let body = receiver.got()[0].body.clone();
    for personal in ["203.0.113", "Firefox", "visitor"] {
        assert!(!body.contains(personal), "{personal} is in {body}");
    }
    assert_eq!(receiver.got()[0].json()["event"], events::EventKind::ClickHuman.code());
}

fn serving(place: &Place) -> Child {
    let mut child = place
        .command(&["serve", "--listen", "127.0.0.1:0"])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("starts");
    let mut said = child.stderr.take().expect("is piped");
    std::thread::spawn(move || drop(std::io::copy(&mut said, &mut std::io::sink())));
    child
}

#[tokio::test]
async fn the_running_program_tells_by_itself_and_two_of_them_tell_nothing_twice() {
    let (place, browser) = opened().await;
    let receiver = Receiver::new();
    added(&browser, &receiver, &["deal.accepted"]).await;
    for _ in 0..20 {
        happens(&browser, "deal.accepted").await;
    }
    let mut programs = [serving(&place), serving(&place)];
    let begun = Instant::now();
    while receiver.got().len() < 20 && begun.elapsed() < Duration::from_secs(60) {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    for program in &mut programs {
        program.kill().expect("is ended");
        drop(program.wait());
    }
    let mut ids: Vec<String> = receiver.got().iter().map(|got| got.header("bellwether-delivery").to_owned()).collect();
    assert_eq!(ids.len(), 20);
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 20);
}
