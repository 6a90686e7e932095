//! Visitors led on by a program of their own, beside one that shows pages; the stream of clicks; numbers as they change; counts
//! made anew.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Child;
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use bellwether::web::router::router;
use futures::StreamExt;
use tower::ServiceExt;

use crate::harness::{Place, words};
use crate::outreach_pages::{Browser, place_with_people};
use crate::tracking::{FIREFOX, begun, hit, killed_while_it_answers, serving};

/// Ends the program when the test does.
struct Running {
    child: Child,
    port: u16,
}

impl Running {
    fn begin(place: &Place, arguments: &[&str]) -> Running {
        let (child, port) = serving(place, arguments);
        Running { child, port }
    }

    /// Everything that is answered to these bytes until the line is closed or nothing comes any more.
    fn say(&self, bytes: &[u8]) -> String {
        let mut line = TcpStream::connect(("127.0.0.1", self.port)).expect("connects");
        line.set_read_timeout(Some(Duration::from_millis(400))).expect("is set");
        // A line that is closed early takes no more.
        let _taken = line.write_all(bytes);
        let mut answer = Vec::new();
        let _until_nothing_comes = line.read_to_end(&mut answer);
        String::from_utf8(answer).expect("text")
    }

    fn ask(&self, method: &str, path: &str, headers: &str) -> String {
        self.say(
            format!("{method} {path} HTTP/1.1\r\nhost: go.example\r\nconnection: close\r\n{headers}\r\n").as_bytes(),
        )
    }

    fn click(&self, path: &str, visitor: u32) -> String {
        self.ask("GET", path, &format!("user-agent: {FIREFOX}\r\nx-forwarded-for: 203.0.113.{visitor}\r\n"))
    }

    fn end(mut self) -> std::process::Output {
        let pid = self.child.id().to_string();
        std::process::Command::new("kill").args(["-TERM", &pid]).status().expect("asks it to end");
        let status = self.child.wait().expect("ends");
        std::process::Output { status, stdout: vec![], stderr: vec![] }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

const ALONE: [&str; 5] = ["serve", "--only", "redirect", "--listen", "127.0.0.1:0"];
const PAGES: [&str; 3] = ["serve", "--listen", "127.0.0.1:0"];

fn place_with_link() -> Place {
    let place = place_with_people();
    place.json(&["tracking", "link", "https://shop.example/a?b=c", "--slug", "ana", "--name", "Ana's story"]);
    place
}

#[test]
fn the_redirector_alone_leads_on_and_shows_nothing_else() {
    let place = place_with_link();
    let alone = Running::begin(&place, &ALONE);
    let on = alone.click("/t/ana?qr", 1);
    assert!(on.starts_with("HTTP/1.1 302 Found\r\n"), "{on}");
    for line in [
        "location: https://shop.example/a?b=c",
        "cache-control: no-store",
        "x-robots-tag: noindex, nofollow",
        "connection: close",
    ] {
        assert!(on.contains(&format!("\r\n{line}\r\n")), "{line} is not in {on}");
    }
    let head = alone.ask("HEAD", "/t/ana", &format!("user-agent: {FIREFOX}\r\n"));
    assert!(
        head.starts_with("HTTP/1.1 302 Found\r\n") && head.contains("location: https://shop.example/a?b=c"),
        "{head}"
    );
    alone.ask("GET", "/t/ana", "user-agent: WhatsApp/2.24.1 A\r\n");
    for (method, path, status) in [
        ("GET", "/t/nobody", "404 Not Found"),
        ("GET", "/tracking", "404 Not Found"),
        ("GET", "/", "404 Not Found"),
        ("GET", "/static/app.css", "404 Not Found"),
        ("POST", "/t/ana", "405 Method Not Allowed"),
        ("POST", "/tracking", "404 Not Found"),
        ("GET", "/health", "200 OK"),
    ] {
        let answer = alone.ask(method, path, "");
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}\r\n")), "{method} {path}: {answer}");
        assert!(!answer.contains("bellwether") && !answer.contains("static"), "{answer}");
    }
    let by_proxy = alone.ask("GET", "/health", "x-forwarded-for: 203.0.113.9\r\n");
    assert!(by_proxy.starts_with("HTTP/1.1 404"), "how it goes is nobody's business outside: {by_proxy}");
    // A link made meanwhile is followed without a restart.
    place.json(&["tracking", "link", "https://shop.example/late", "--slug", "late"]);
    std::thread::sleep(Duration::from_millis(150));
    assert!(alone.click("/t/late", 1).contains("location: https://shop.example/late"));
    let output = alone.end();
    assert!(output.status.success(), "{}", words(&output));
    let links = place.json(&["tracking", "links"]);
    for (verdict, count) in [("human", 1), ("head", 1), ("preview", 1)] {
        assert_eq!(links[1]["clicks"][verdict], count, "{verdict} in {links}");
    }
    assert_eq!(place.json(&["tracking", "clicks", "ana"])[2]["qr"], true);
}

#[test]
fn a_line_takes_requests_in_pieces_and_together_and_is_closed_after_what_is_none() {
    let place = place_with_link();
    let alone = Running::begin(&place, &ALONE);
    let one = format!("GET /t/ana HTTP/1.1\r\nhost: go.example\r\nuser-agent: {FIREFOX}\r\n\r\n");
    // Three that come together are answered in order, the last one by closing.
    let last = "HEAD /t/nobody HTTP/1.1\r\nconnection: close\r\n\r\n";
    let answers = alone.say(format!("{one}{one}{last}").as_bytes());
    assert_eq!(answers.matches("HTTP/1.1 302 Found").count(), 2, "{answers}");
    assert_eq!(answers.matches("HTTP/1.1 404 Not Found").count(), 1, "{answers}");
    // One that comes byte by byte is answered once it is whole, and the line stays open for the next.
    let mut line = TcpStream::connect(("127.0.0.1", alone.port)).expect("connects");
    line.set_nodelay(true).expect("is set");
    for _ in 0..2 {
        for byte in one.as_bytes() {
            line.write_all(&[*byte]).expect("is taken");
        }
        let mut held = [0; 2_048];
        let read = line.read(&mut held).expect("answers");
        assert!(held[..read].starts_with(b"HTTP/1.1 302 Found"));
    }
    assert!(alone.say(b"what is this\r\n\r\n").starts_with("HTTP/1.1 400"));
    let long = format!("GET /t/ana HTTP/1.1\r\nx: {}", "y".repeat(40_000));
    assert!(alone.say(long.as_bytes()).starts_with("HTTP/1.1 431"));
    let with_body = "GET /t/ana HTTP/1.1\r\ncontent-length: 5\r\n\r\nhello";
    let answer = alone.say(with_body.as_bytes());
    assert!(answer.starts_with("HTTP/1.1 302") && answer.contains("connection: close"), "{answer}");
    assert!(alone.say(b"GET /t/ana HTTP/1.0\r\n\r\n").contains("connection: close"));
    assert!(
        alone.say(b"GET http://go.example/t/ana HTTP/1.1\r\nconnection: close\r\n\r\n").starts_with("HTTP/1.1 302")
    );
}

#[test]
fn what_shops_and_sites_send_to_the_redirector_is_said_to_be_for_the_program_of_pages() {
    let place = place_with_link();
    let alone = Running::begin(&place, &ALONE);
    for (method, path) in
        [("POST", "/t/in/my-shop"), ("POST", "/t/conversion?shop=my-shop"), ("GET", "/t/page.js"), ("GET", "/t/in/")]
    {
        let answer = alone.ask(method, path, "");
        assert!(answer.starts_with("HTTP/1.1 421 Misdirected Request\r\n"), "{method} {path}: {answer}");
        assert!(answer.contains("let the proxy hand these on"), "{answer}");
    }
    let health = alone.ask("GET", "/health", "");
    assert!(health.starts_with("HTTP/1.1 200 OK\r\n"), "it leads on as it should: {health}");
    assert!(health.contains("4 requests of shops and sites came here"), "{health}");
    assert!(place.refused(&["tracking", "link", "https://shop.example/", "--slug", "in"]).contains("shops send to"));
}

#[test]
fn a_link_leads_to_the_same_pages_of_its_site_alone_and_beside_the_pages() {
    let place = place_with_link();
    place.json(&["tracking", "link", "https://shop.example/de/start?color=red", "--slug", "deep"]);
    for arguments in [&ALONE[..], &PAGES[..]] {
        let running = Running::begin(&place, arguments);
        for (path, location) in [
            ("/t/ana", Some("https://shop.example/a?b=c")),
            ("/t/ana/", Some("https://shop.example/a?b=c")),
            ("/t/ana/?qr", Some("https://shop.example/a?b=c")),
            ("/t/deep/products/7", Some("https://shop.example/de/products/7?color=red")),
            ("/t/deep/products/?m=1&qr", Some("https://shop.example/de/products/?color=red&m=1")),
            ("/t/deep/../admin", None),
            ("/t/deep/%2e%2e/admin", None),
            ("/t/deep/a%2f..%2f..%2fadmin", None),
            ("/t/deep/%5c%5cevil.example", None),
            ("/t/deep//evil.example", None),
            ("/t/nobody/", None),
        ] {
            let answer = running.click(path, 1);
            match location {
                Some(location) => {
                    assert!(answer.contains(&format!("location: {location}\r\n")), "{arguments:?} {path}: {answer}");
                }
                None => assert!(answer.starts_with("HTTP/1.1 404"), "{arguments:?} {path}: {answer}"),
            }
        }
    }
}

#[test]
fn more_visitors_than_files_may_be_open_wait_and_nobody_is_lost() {
    let place = place_with_link();
    let command = place.command(&ALONE);
    let mut limited = std::process::Command::new("sh");
    limited.args(["-c", "ulimit -n 128; exec \"$0\" \"$@\""]).arg(command.get_program()).args(command.get_args());
    let (child, port) = begun(limited);
    let alone = Running { child, port };
    let silent: Vec<TcpStream> =
        (0..200).map(|_| TcpStream::connect(("127.0.0.1", alone.port)).expect("connects")).collect();
    let began = Instant::now();
    let mut line = TcpStream::connect(("127.0.0.1", alone.port)).expect("connects");
    line.set_read_timeout(Some(Duration::from_secs(60))).expect("is set");
    let request = format!("GET /t/ana HTTP/1.1\r\nuser-agent: {FIREFOX}\r\nconnection: close\r\n\r\n");
    line.write_all(request.as_bytes()).expect("is taken");
    let mut answer = String::new();
    line.read_to_string(&mut answer).expect("is answered");
    assert!(answer.starts_with("HTTP/1.1 302"), "{answer}");
    assert!(began.elapsed() < Duration::from_secs(40), "lines on which nobody asks make room: {:?}", began.elapsed());
    drop(silent);
    assert!(alone.click("/t/ana", 2).starts_with("HTTP/1.1 302"));
}

#[test]
fn a_program_of_pages_shows_what_the_redirector_beside_it_counts_and_counts_nothing_itself() {
    let place = place_with_link();
    let alone = Running::begin(&place, &ALONE);
    alone.click("/t/ana", 1);
    let pages = Running::begin(&place, &PAGES);
    let shown = |address: &str| pages.ask("GET", address, "").replace("go.example", "");
    let local = |address: &str| {
        pages.say(format!("GET {address} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").as_bytes())
    };
    assert!(shown("/tracking").starts_with("HTTP/1.1 403"), "under another name nothing is shown");
    for visitor in 2..5 {
        alone.click("/t/ana", visitor);
    }
    let began = Instant::now();
    let page = loop {
        let page = local("/tracking");
        if page.contains("4 clicks by people on 1 link") || began.elapsed() > Duration::from_secs(20) {
            break page;
        }
        std::thread::sleep(Duration::from_millis(200));
    };
    assert!(page.contains("4 clicks by people on 1 link"), "{page}");
    assert!(page.contains("Another program follows the links and counts"), "{page}");
    assert!(!page.contains("role=\"alert\""), "nothing is wrong: {page}");
    assert!(local("/tracking/clicks").matches("a person").count() >= 4);
    assert!(local("/health").contains("\"ok\""));
    // Who comes to the wrong program is led on all the same, and that is said.
    assert!(pages.click("/t/ana", 9).starts_with("HTTP/1.1 302"));
    assert!(local("/health").contains("503"));
    assert!(local("/tracking").contains("the proxy has to hand /t/ on"));
    // A command counts nothing either while another program has the log, and shows what was counted.
    assert_eq!(place.json(&["tracking", "links"])[0]["clicks"]["human"], 4);
    drop(alone);
    let again = Running::begin(&place, &ALONE);
    again.click("/t/ana", 5);
    again.end();
    assert_eq!(place.json(&["tracking", "links"])[0]["clicks"]["human"], 5, "the redirector had its log back at once");
}

#[test]
fn a_second_redirector_is_refused_and_so_is_one_beside_a_program_that_follows_links_itself() {
    let place = place_with_link();
    let alone = Running::begin(&place, &ALONE);
    assert!(place.refused(&ALONE).contains("already leads the visitors"));
    drop(alone);
    let pages = Running::begin(&place, &PAGES);
    // From its start on, whether or not anybody clicked.
    let refused = place.refused(&ALONE);
    assert!(refused.contains("serve --only pages"), "{refused}");
    assert!(pages.click("/t/ana", 1).starts_with("HTTP/1.1 302"));
    let refused = place.refused(&ALONE);
    assert!(refused.contains("serve --only pages"), "{refused}");
    drop(pages);
    let pages = Running::begin(&place, &["serve", "--only", "pages", "--listen", "127.0.0.1:0"]);
    let alone = Running::begin(&place, &ALONE);
    assert!(alone.click("/t/ana", 2).starts_with("HTTP/1.1 302"));
    drop((pages, alone));
}

#[test]
fn no_click_that_the_redirector_alone_answered_is_lost_when_it_is_killed() {
    for durability in ["process", "power"] {
        let place = place_with_link();
        place.json(&["tracking", "durability", durability]);
        killed_while_it_answers(&place, &ALONE);
    }
}

#[tokio::test]
async fn the_stream_of_clicks_is_paged_backwards_filtered_and_explained() {
    let place = place_with_link();
    place.json(&["tracking", "link", "https://shop.example/b", "--slug", "ben", "--name", "=Ben"]);
    let browser = Browser::at(&place).await;
    assert!(browser.page("/tracking/clicks").await.contains("No hit yet"));
    for visitor in 0..130u32 {
        let address = format!("203.0.113.{visitor}");
        hit(&browser, "/t/ana", &[("user-agent", FIREFOX), ("x-forwarded-for", &address)]).await;
    }
    for _ in 0..3 {
        hit(&browser, "/t/ben", &[("user-agent", "WhatsApp/2.24.1 A"), ("referer", "https://insta.example/ben")]).await;
    }
    let first = browser.page("/tracking/clicks").await;
    assert_eq!(first.matches("<tr><th scope=\"row\"").count(), 100);
    for said in [
        "The latest 100 hits",
        "a link preview of WhatsApp",
        "insta.example",
        "=Ben",
        "the same visitor on the same link",
    ] {
        assert!(first.contains(said), "{said} is not in {first}");
    }
    let address =
        first.split("rel=\"next\" href=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a next page");
    let second = browser.page(&address.replace("&#38;", "&").replace("&amp;", "&")).await;
    assert_eq!(second.matches("<tr><th scope=\"row\"").count(), 33, "{second}");
    assert!(second.contains("The latest") && !second.contains("rel=\"next\""), "{second}");
    let of_ben = browser.page("/tracking/clicks?link=ben&verdict=preview").await;
    assert_eq!(of_ben.matches("<tr><th scope=\"row\"").count(), 3);
    assert!(browser.page("/tracking/clicks?link=ben&verdict=human").await.contains("No hit is like this"));
    assert!(
        browser.page("/tracking/clicks?link=https://mail.brand.test/t/ana?x").await.contains("The latest 100 hits")
    );
    let unknown = browser.page("/tracking/clicks?link=nobody").await;
    assert!(unknown.contains("There is no link “nobody”") && unknown.contains("aria-invalid=\"true\""), "{unknown}");
    assert!(
        browser.page("/tracking/clicks?before=9999-128").await.contains("hits"),
        "a place behind the end is the end"
    );
    browser.page("/tracking/clicks?before=nonsense").await;
    assert!(!first.contains("datacentre") && !first.contains("scanner"), "nothing is ever taken for these: {first}");
    let file = browser.page("/tracking/clicks.csv?verdict=preview").await;
    assert_eq!(file.lines().count(), 4, "{file}");
    assert!(file.contains("'=Ben") && file.contains(",preview,a link preview of WhatsApp,insta.example,"), "{file}");
    let one = browser.page("/tracking/links/1").await;
    assert!(one.contains("/tracking/clicks?link=1"), "{one}");
    // A command sees what the program that has the log has counted.
    assert_eq!(place.json(&["tracking", "clicks", "--verdict", "preview"]).as_array().map(Vec::len), Some(3));
    assert!(place.refused(&["tracking", "clicks", "--verdict", "ghost"]).contains("one of human, preview"));
}

#[tokio::test]
async fn a_file_of_clicks_holds_every_one_of_them() {
    let place = place_with_link();
    let browser = Browser::at(&place).await;
    let redirector = browser.data.redirector().await.expect("opens").clone();
    let mut headers = axum::http::HeaderMap::new();
    headers.insert(header::USER_AGENT, FIREFOX.parse().expect("text"));
    for visitor in 0..2_345u32 {
        let peer = Some(([203, 0, (visitor >> 8) as u8, visitor as u8], 4_711).into());
        let asked = bellwether::tracking::redirecting::Asked::of(&axum::http::Method::GET, None, &headers, peer);
        redirector.hit("ana", &asked).await;
    }
    let file = browser.page("/tracking/clicks.csv").await;
    assert_eq!(file.lines().count(), 2_346, "with the headings once");
    assert_eq!(file.matches("taken_for").count(), 1);
    let moments: Vec<&str> = file.lines().skip(1).filter_map(|row| row.split(',').next()).collect();
    let mut distinct = moments.clone();
    distinct.dedup();
    assert_eq!(distinct.len(), moments.len(), "none twice where one portion ends and the next begins");
    assert_eq!(browser.page("/tracking/clicks.csv?verdict=crawler").await.lines().count(), 1);
}

#[tokio::test]
async fn only_so_many_listen_at_once() {
    let place = place_with_link();
    let browser = Browser::at(&place).await;
    let pages = router(browser.data.clone());
    let listen = async || {
        let request = Request::get("/tracking/live").header(header::HOST, "localhost").body(Body::empty());
        pages.clone().oneshot(request.expect("a request")).await.expect("answers")
    };
    let mut listening = Vec::new();
    for _ in 0..100 {
        let answer = listen().await;
        assert_eq!(answer.status(), StatusCode::OK);
        listening.push(answer);
    }
    let refused = listen().await;
    assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE);
    listening.pop();
    let mut told = listen().await.into_body().into_data_stream();
    let event = tokio::time::timeout(Duration::from_secs(10), told.next()).await.expect("is told in time");
    assert!(event.expect("goes on").expect("comes").starts_with(b"data: {"));
}

#[tokio::test]
async fn numbers_change_on_the_page_of_links_while_somebody_looks() {
    let place = place_with_link();
    let browser = Browser::at(&place).await;
    hit(&browser, "/t/ana", &[("user-agent", FIREFOX), ("x-forwarded-for", "203.0.113.1")]).await;
    let page = browser.page("/tracking").await;
    for said in [
        "data-live=\"people-1\">1<",
        "data-live=\"today-people\">1<",
        "live.js",
        "data-live=\"finding\">1 click by people on 1 link.",
    ] {
        assert!(page.contains(said), "{said} is not in {page}");
    }
    let request =
        Request::get("/tracking/live").header(header::HOST, "localhost").body(Body::empty()).expect("a request");
    let answer = router(browser.data.clone()).oneshot(request).await.expect("answers");
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(answer.headers()[header::CONTENT_TYPE], "text/event-stream");
    assert_eq!(answer.headers()[header::CACHE_CONTROL], "no-store");
    let mut told = answer.into_body().into_data_stream();
    let mut next = async || {
        let event = tokio::time::timeout(Duration::from_secs(10), told.next()).await.expect("is told in time");
        String::from_utf8(event.expect("goes on").expect("comes").to_vec()).expect("text")
    };
    let all = next().await;
    assert!(all.starts_with("data: {") && all.ends_with("}\n\n"), "{all}");
    for said in ["\"people-1\":\"1\"", "\"today-people\":\"1\"", "\"today-visitors\":\"1\"", "\"today-others\":\"0\""] {
        assert!(all.contains(said), "{said} is not in {all}");
    }
    hit(&browser, "/t/ana", &[("user-agent", "WhatsApp/2.24.1 A")]).await;
    let changed = next().await;
    assert!(changed.contains("\"others-1\":\"1\"") && changed.contains("\"today-others\":\"1\""), "{changed}");
    assert!(!changed.contains("people-1"), "what is as it was is not told again: {changed}");
    browser.data.begin_ending();
    let over = tokio::time::timeout(Duration::from_secs(5), told.next()).await.expect("ends with the program");
    assert!(over.is_none());
}

#[tokio::test]
async fn counting_anew_from_the_log_gives_what_was_counted_and_is_refused_where_the_log_has_lost_clicks() {
    let place = place_with_link();
    assert_eq!(place.json(&["tracking", "recount"])["clicks"], 0);
    let browser = Browser::at(&place).await;
    for visitor in 0..30u32 {
        let address = format!("203.0.113.{}", visitor % 11);
        let agent = if visitor % 4 == 0 { "WhatsApp/2.24.1 A" } else { FIREFOX };
        hit(
            &browser,
            "/t/ana",
            &[("user-agent", agent), ("x-forwarded-for", &address), ("referer", "https://a.example/")],
        )
        .await;
        if visitor % 7 == 0 {
            bellwether::tracking::counting::count(&browser.data).await.expect("counts");
        }
    }
    bellwether::tracking::counting::count(&browser.data).await.expect("counts");
    let (links, page) = (place.json(&["tracking", "links"]), browser.page("/tracking/links/1").await);
    // Also while another program has the log.
    let done = place.json(&["tracking", "recount"]);
    assert_eq!((done["clicks"].as_u64(), done["clicks_before"].as_u64()), (Some(30), Some(30)), "{done}");
    assert_eq!(place.json(&["tracking", "links"]), links);
    assert_eq!(browser.page("/tracking/links/1").await, page);
    hit(&browser, "/t/ana", &[("user-agent", FIREFOX), ("x-forwarded-for", "203.0.113.99")]).await;
    bellwether::tracking::counting::count(&browser.data).await.expect("counts on");
    assert_eq!(
        place.json(&["tracking", "links"])[0]["clicks"]["human"].as_u64(),
        links[0]["clicks"]["human"].as_u64().map(|people| people + 1)
    );
    browser.data.close_redirector().expect("closes");
    drop(browser);
    std::fs::remove_dir_all(place.data_dir().join("clicks")).expect("removes the log");
    let refused = place.refused(&["tracking", "recount"]);
    assert!(refused.contains("holds 0 of the 31 clicks") && refused.contains("--let-go"), "{refused}");
    assert_eq!(place.json(&["tracking", "recount", "--let-go"])["clicks"], 0);
}

#[tokio::test]
async fn the_code_of_a_link_is_drawn_as_points_and_as_lines() {
    let place = place_with_link();
    let browser = Browser::at(&place).await;
    let points = browser.get("/tracking/links/1/qr.png").await;
    assert_eq!(points.status, StatusCode::OK);
    assert_eq!(points.headers[header::CONTENT_TYPE], "image/png");
    assert!(points.headers[header::CONTENT_DISPOSITION].to_str().expect("text").contains("ana.png"));
    assert!(points.text.contains("PNG") && points.text.contains("IEND"));
    assert!(browser.get("/tracking/links/1/qr.svg").await.text.contains("<svg"));
    assert!(browser.page("/tracking/links/1").await.contains("href=\"/tracking/links/1/qr.png\" download>PNG"));
    assert_eq!(browser.get("/tracking/links/9/qr.png").await.status, StatusCode::NOT_FOUND);
}
