//! Links that are followed: made, hit by people and machines, counted exactly, led elsewhere; and a program killed while it answers.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use serde_json::Value;

use crate::harness::{Place, text};
use crate::outreach_pages::{Answer, Browser, place_with_people};

pub(crate) const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0";

pub(crate) async fn hit(browser: &Browser, address: &str, headers: &[(&str, &str)]) -> Answer {
    let mut request = Request::get(address).header(header::HOST, "anything.example");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    browser.send(request.body(Body::empty()).expect("a request")).await
}

/// The links with what was counted of them; the program that has the log counts.
async fn links(browser: &Browser, place: &Place) -> Value {
    bellwether::tracking::counting::count(&browser.data).await.expect("counts");
    place.json(&["tracking", "links"])
}

fn clicks(links: &Value, place: usize, verdict: &str) -> u64 {
    links[place]["clicks"][verdict].as_u64().unwrap_or(0)
}

/// Ana has an offer (1) of a story.
fn place_with_deal() -> Place {
    let place = place_with_people();
    let brief = serde_json::json!({
        "product": "A grinder", "audience": "People", "freedom": "All", "language": "en", "country": "GB",
    });
    let file = place.file("brief.json", brief.to_string());
    place.json(&["outreach", "brief", "Spring", "--file", &text(&file)]);
    let offer = ["outreach", "offer", "Ana Ruiz", "--brief", "Spring", "--fee", "90 EUR"];
    place.json(&[&offer[..], &["--piece", "1 story instagram"]].concat());
    place
}

#[tokio::test]
async fn a_link_leads_on_and_every_hit_is_counted_as_what_it_was() {
    let place = place_with_people();
    let made = place.json(&["tracking", "link", "https://shop.example/grinder?color=red", "--name", "Ana's story"]);
    let slug = made["slug"].as_str().expect("a slug").to_owned();
    assert!(slug.starts_with("ana-s-story-"), "{slug}");
    assert_eq!(made["address"], format!("https://mail.brand.test/t/{slug}"));
    let browser = Browser::at(&place).await;
    let address = format!("/t/{slug}");
    let person =
        [("user-agent", FIREFOX), ("x-forwarded-for", "203.0.113.9"), ("referer", "https://insta.example/ana/1")];
    let answer = hit(&browser, &address, &person).await;
    assert_eq!(answer.status, StatusCode::FOUND);
    assert_eq!(answer.headers[header::LOCATION], "https://shop.example/grinder?color=red");
    assert_eq!(answer.headers[header::CACHE_CONTROL], "no-store");
    assert!(answer.headers.get(header::SET_COOKIE).is_none());
    // The same click again, another person, a preview, a prefetch, a HEAD, nobody known, and one who asks not to be told apart.
    hit(&browser, &address, &person).await;
    hit(&browser, &address, &[("user-agent", FIREFOX), ("x-forwarded-for", "203.0.113.10")]).await;
    hit(&browser, &address, &[("user-agent", "WhatsApp/2.24.1 A")]).await;
    hit(
        &browser,
        &address,
        &[("user-agent", "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)")],
    )
    .await;
    hit(&browser, &address, &[("user-agent", FIREFOX), ("sec-purpose", "prefetch")]).await;
    hit(&browser, &address, &[]).await;
    hit(&browser, &address, &[("user-agent", FIREFOX), ("x-forwarded-for", "203.0.113.11"), ("sec-gpc", "1")]).await;
    hit(&browser, &format!("{address}?qr"), &[("user-agent", FIREFOX), ("x-forwarded-for", "203.0.113.12")]).await;
    let request = Request::head(&address).header("user-agent", FIREFOX).body(Body::empty()).expect("a request");
    assert_eq!(browser.send(request).await.status, StatusCode::FOUND);

    let links = links(&browser, &place).await;
    for (verdict, count) in
        [("human", 4), ("duplicate", 1), ("preview", 1), ("crawler", 1), ("prefetch", 1), ("invalid", 1), ("head", 1)]
    {
        assert_eq!(clicks(&links, 0, verdict), count, "{verdict} in {links}");
    }
    assert_eq!(links[0]["visitors_by_day"], 3, "who asks not to be told apart is no visitor");
    let page = browser.page("/tracking/links/1").await;
    for said in ["4 clicks by people, 3 visitors told apart by day", "insta.example", "QR code", "WhatsApp", "a person"]
    {
        assert!(page.contains(said), "{said} is not in {page}");
    }
    let log = std::fs::read(place.data_dir().join("clicks").join("00000000.log"));
    let log = log.or_else(|_| std::fs::read(place.data_dir().join("clicks").join("00000001.log"))).expect("the log");
    for personal in ["203.0.113", "Firefox", "ana/1"] {
        assert!(!log.windows(personal.len()).any(|part| part == personal.as_bytes()), "{personal} is in the log");
    }
    let days = browser.page("/tracking/links/1/days.csv").await;
    assert!(days.contains(",human,4"), "{days}");
    let code = browser.get("/tracking/links/1/qr.svg").await;
    assert!(code.text.contains("<svg") && code.headers[header::CONTENT_TYPE] == "image/svg+xml");
}

#[tokio::test]
async fn a_link_is_led_elsewhere_ended_and_lets_nobody_through_who_has_none() {
    let place = place_with_people();
    let browser = Browser::at(&place).await;
    for (target, kept) in [("javascript:alert(1)", "javascript:alert(1)"), ("shop", "shop"), ("", "")] {
        browser.post("/tracking", &[("target", target)]).await.is_refused_at("target", kept);
    }
    let form = [("target", "https://shop.example/"), ("name", "Ana"), ("slug", "ana")];
    browser.post("/tracking", &form).await.location();
    browser.post("/tracking", &form).await.is_refused_at("slug", "ana");
    let circle = [("target", "https://mail.brand.test/t/ana")];
    browser.post("/tracking", &circle).await.is_refused_at("target", "https://mail.brand.test/t/ana");
    let person = [("user-agent", FIREFOX)];
    assert_eq!(hit(&browser, "/t/ana", &person).await.headers[header::LOCATION], "https://shop.example/");
    assert_eq!(hit(&browser, "/t/nobody", &person).await.status, StatusCode::NOT_FOUND);
    let elsewhere = [("target", "https://shop.example/new")];
    browser.post("/tracking/links/1", &elsewhere).await.location();
    assert_eq!(hit(&browser, "/t/ana", &person).await.headers[header::LOCATION], "https://shop.example/new");
    let page = browser.page("/tracking/links/1").await;
    assert!(page.contains("since") && page.matches("https://shop.example/").count() >= 2);
    browser.post("/tracking/links/1", &[("do", "end")]).await.location();
    let over = hit(&browser, "/t/ana", &person).await;
    assert_eq!((over.status, over.headers.get(header::LOCATION)), (StatusCode::NOT_FOUND, None));
    browser.post("/tracking/links/1", &[("do", "again")]).await.location();
    assert_eq!(hit(&browser, "/t/ana", &person).await.status, StatusCode::FOUND);
    browser.post("/tracking", &[("target", "https://shop.example/"), ("deal", "9")]).await.is_refused_at("deal", "9");
    browser.post("/tracking", &[("target", "https://shop.example/"), ("deal", "x")]).await.is_refused_at("deal", "x");
    assert!(browser.page("/tracking?deal=9").await.contains("Links of deal 9 alone"));
    assert!(place.refused(&["tracking", "link", "https://shop.example", "--slug", "ana"]).contains("is taken"));
    assert!(place.refused(&["tracking", "retarget", "ben", "https://shop.example"]).contains("there is no link ben"));
    assert_eq!(place.json(&["tracking", "end", "ana"])["changed"], true);
    assert!(browser.page("/tracking").await.contains("ended"));
    // A link made by another program is followed without a restart.
    place.json(&["tracking", "link", "https://shop.example/late", "--slug", "late"]);
    for _ in 0..40 {
        tokio::time::sleep(Duration::from_millis(150)).await;
        if hit(&browser, "/t/late", &person).await.status == StatusCode::FOUND {
            return;
        }
    }
    panic!("it is not followed within six seconds");
}

#[tokio::test]
async fn a_link_for_a_deal_says_whose_it_is() {
    let place = place_with_deal();
    let made = place.json(&["tracking", "link", "https://shop.example/?utm_source=old&a=b", "--deal", "1"]);
    assert_eq!(made["target"], "https://shop.example/?a=b&utm_source=instagram&utm_medium=creator&utm_content=deal-1");
    assert!(made["slug"].as_str().is_some_and(|slug| slug.starts_with("ana-ruiz-")));
    assert_eq!((made["deal"].as_i64(), made["contact"].as_i64()), (Some(1), Some(1)));
    let bare = place.json(&["tracking", "link", "https://shop.example/", "--deal", "1", "--bare"]);
    assert_eq!(bare["target"], "https://shop.example/");
    assert!(place.refused(&["tracking", "link", "https://shop.example", "--deal", "9"]).contains("there is no deal 9"));
    assert!(
        place
            .refused(&["tracking", "campaign-links", "9", "--target", "https://shop.example"])
            .contains("no campaign 9")
    );
}

pub(crate) fn serving(place: &Place, arguments: &[&str]) -> (Child, u16) {
    begun(place.command(arguments))
}

/// Begins a command that serves; the port that it says.
pub(crate) fn begun(mut command: std::process::Command) -> (Child, u16) {
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("starts");
    let mut said = BufReader::new(child.stderr.take().expect("is piped"));
    let mut line = String::new();
    let port = loop {
        line.clear();
        assert!(said.read_line(&mut line).expect("speaks") > 0, "the program ended");
        if let Some(rest) = line.split("http://127.0.0.1:").nth(1) {
            let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
            break digits.parse().expect("a port");
        }
    };
    // What it says later is read, so that it never waits for a reader.
    std::thread::spawn(move || drop(std::io::copy(&mut said, &mut std::io::sink())));
    (child, port)
}

/// Clicks over one line until it breaks; counts answers that lead on.
fn click_on(port: u16, answered: &AtomicU64, is_over: &AtomicBool) {
    let Ok(mut line) = TcpStream::connect(("127.0.0.1", port)) else { return };
    drop(line.set_read_timeout(Some(Duration::from_secs(5))));
    let request = format!("GET /t/ana HTTP/1.1\r\nhost: go.example\r\nuser-agent: {FIREFOX}\r\n\r\n");
    let mut held = Vec::new();
    let mut portion = [0u8; 4_096];
    while !is_over.load(Ordering::Relaxed) {
        if line.write_all(request.as_bytes()).is_err() {
            return;
        }
        held.clear();
        // The whole head of an answer, or it counts as none.
        while !held.windows(4).any(|part| part == b"\r\n\r\n") {
            match line.read(&mut portion) {
                Ok(0) | Err(_) => return,
                Ok(read) => held.extend_from_slice(&portion[..read]),
            }
        }
        assert!(held.starts_with(b"HTTP/1.1 302"), "{}", String::from_utf8_lossy(&held));
        answered.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn no_click_that_was_answered_is_lost_when_the_program_is_killed() {
    let place = place_with_people();
    place.json(&["tracking", "link", "https://shop.example/", "--slug", "ana"]);
    killed_while_it_answers(&place, &["serve", "--listen", "127.0.0.1:0"]);
}

/// How often a program is killed: a few times, a hundred times where it is said in full, or as often as is said.
fn kills(said: Option<&str>) -> u64 {
    match said {
        Some("full") => 100,
        Some(number) => number.parse().expect("BELLWETHER_KILLS is `full` or a number"),
        None => 5,
    }
}

#[test]
fn a_full_run_kills_a_hundred_times() {
    assert_eq!([None, Some("full"), Some("7")].map(kills), [5, 100, 7]);
}

/// Kills the program again and again while the link `ana` is clicked: every click that was answered is stored, once.
pub(crate) fn killed_while_it_answers(place: &Place, arguments: &[&str]) {
    let answered = Arc::new(AtomicU64::new(0));
    let rounds = kills(std::env::var("BELLWETHER_KILLS").ok().as_deref());
    for round in 0..rounds {
        let (mut child, port) = serving(place, arguments);
        let is_over = Arc::new(AtomicBool::new(false));
        let clickers: Vec<_> = (0..8)
            .map(|_| {
                let (answered, is_over) = (answered.clone(), is_over.clone());
                std::thread::spawn(move || click_on(port, &answered, &is_over))
            })
            .collect();
        std::thread::sleep(Duration::from_millis(200 + round * 137 % 400));
        child.kill().expect("is killed");
        drop(child.wait());
        is_over.store(true, Ordering::Relaxed);
        clickers.into_iter().for_each(|clicker| clicker.join().expect("clicks"));
    }
    let links = place.json(&["tracking", "links"]);
    let stored: u64 =
        links[0]["clicks"].as_object().expect("counts").values().map(|count| count.as_u64().unwrap_or(0)).sum();
    let answered = answered.load(Ordering::Relaxed);
    println!("{rounds} kills: {answered} answered, {stored} stored");
    assert!(answered > 0, "nothing was answered");
    assert!(stored >= answered, "{answered} were answered and {stored} are stored");
    assert!(stored <= answered + rounds * 8, "a click was stored twice: {answered} answered, {stored} stored");
}

#[tokio::test]
async fn a_day_of_clicks_stands_in_the_timeline_once_it_is_over() {
    use store::tracking::{Counted, CountedClick};
    let place = place_with_deal();
    place.json(&["tracking", "link", "https://shop.example/", "--deal", "1", "--name", "Ana's story"]);
    let browser = Browser::at(&place).await;
    let store = &browser.data.store;
    let click = |days_ago: i64| CountedClick {
        link: 1,
        at: model::Timestamp(browser.data.now().0 - days_ago * 86_400_000_000),
        verdict: verdicts::VerdictKind::Human.code(),
        is_person: true,
        visitor: 0,
        reasons: 0,
        referrer: String::new(),
    };
    let to = Counted { clicks: 3, ..Counted::default() };
    store.count_clicks(Counted::default(), &[click(1), click(1), click(0)], to).await.expect("counts");
    for _ in 0..2 {
        place.json(&["outreach", "remind"]);
    }
    let touches = store.touches(1, None, 50).await.expect("reads");
    let told: Vec<&str> = touches
        .iter()
        .filter(|touch| touch.kind == model::outreach::TouchKind::Click)
        .map(|touch| touch.summary.as_str())
        .collect();
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].starts_with("2 clicks by people on “Ana's story” on "), "{told:?}");
}

#[tokio::test]
async fn the_links_of_somebody_forgotten_end_and_name_nobody_and_what_a_click_survives_is_set() {
    let place = place_with_deal();
    let made = place.json(&["tracking", "link", "https://shop.example/", "--deal", "1"]);
    let slug = made["slug"].as_str().expect("a slug").to_owned();
    let browser = Browser::at(&place).await;
    let person = [("user-agent", FIREFOX)];
    assert_eq!(hit(&browser, &format!("/t/{slug}"), &person).await.status, StatusCode::FOUND);
    let held = bellwether::outreach::rights::held_about(&browser.data, 1).await.expect("reads");
    assert!(held.held.iter().any(|held| held.what == "A link of yours that is followed"));
    place.json(&["outreach", "forget", "Ana Ruiz"]);
    let links = links(&browser, &place).await.to_string();
    assert!(!links.to_lowercase().contains("ana"), "{links}");
    assert!(links.contains("\"human\":1"), "what was counted stays: {links}");
    tokio::time::sleep(Duration::from_millis(150)).await;
    browser.data.redirector().await.expect("is open").look().await.expect("looks");
    assert_eq!(hit(&browser, &format!("/t/{slug}"), &person).await.status, StatusCode::NOT_FOUND);

    assert_eq!(place.json(&["tracking", "durability"])["durability"], "process");
    assert_eq!(place.json(&["tracking", "durability", "power"])["durability"], "power");
    assert!(place.refused(&["tracking", "durability", "magic"]).contains("process or power"));
    let other = place.json(&["tracking", "link", "https://shop.example/", "--slug", "other"]);
    drop(browser);
    let again = Browser::at(&place).await;
    assert_eq!(hit(&again, "/t/other", &person).await.status, StatusCode::FOUND);
    assert_eq!(place.json(&["tracking", "links"])[0]["link"], other["link"]);
}

#[tokio::test]
async fn clicks_are_counted_on_when_the_log_was_removed_and_while_they_come() {
    let place = place_with_people();
    place.json(&["tracking", "link", "https://shop.example/", "--slug", "ana"]);
    let from = |visitor: u32| format!("203.0.113.{visitor}");
    let browser = Browser::at(&place).await;
    for visitor in 0..40u32 {
        hit(&browser, "/t/ana", &[("user-agent", FIREFOX), ("x-forwarded-for", &from(visitor))]).await;
        if visitor % 7 == 0 {
            bellwether::tracking::counting::count(&browser.data).await.expect("counts");
        }
    }
    assert_eq!(clicks(&links(&browser, &place).await, 0, "human"), 40);
    browser.data.close_redirector().expect("closes");
    drop(browser);
    std::fs::remove_dir_all(place.data_dir().join("clicks")).expect("removes the log");
    let browser = Browser::at(&place).await;
    for visitor in 40..50u32 {
        hit(&browser, "/t/ana", &[("user-agent", FIREFOX), ("x-forwarded-for", &from(visitor))]).await;
    }
    let counted = links(&browser, &place).await;
    assert_eq!(clicks(&counted, 0, "human"), 50, "what was counted stays and what comes is counted: {counted}");
    assert_eq!(counted[0]["visitors_by_day"], 50);
}

#[tokio::test]
async fn links_lead_on_where_clicks_cannot_be_stored_and_that_is_said() {
    let place = place_with_people();
    place.json(&["tracking", "link", "https://shop.example/", "--slug", "ana"]);
    // A file stands where the log would be.
    std::fs::write(place.data_dir().join("clicks"), "in the way").expect("writes");
    let browser = Browser::at(&place).await;
    let answer = hit(&browser, "/t/ana", &[("user-agent", FIREFOX)]).await;
    assert_eq!(answer.status, StatusCode::FOUND);
    assert!(browser.page("/tracking").await.contains("Clicks cannot be stored"));
    let health = browser.get("/health").await;
    assert_eq!(
        (health.status, health.text.as_str()),
        (StatusCode::SERVICE_UNAVAILABLE, "{\"status\":\"clicks are not stored; the page of links says why\"}")
    );
}
