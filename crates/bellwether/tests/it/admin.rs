//! People who use this program: signing in and out, what each role may, what is written down, and who is let in from elsewhere.

use std::time::Duration;

use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use bellwether::admin::rights::{Needs, RULES, needs};
use bellwether::admin::second_step;
use model::Role;
use serde_json::json;

use crate::harness::{Place, text};
use crate::outreach_pages::{Answer, Browser, encoded};

const PASSWORD: &str = "the bread rises slowly";

/// Somebody at a browser of their own.
struct Visitor<'a> {
    browser: &'a Browser,
    cookie: Option<String>,
    host: &'static str,
}

impl<'a> Visitor<'a> {
    fn new(browser: &'a Browser) -> Visitor<'a> {
        Visitor { browser, cookie: None, host: "localhost" }
    }

    async fn ask(&self, method: Method, address: &str, pairs: &[(&str, &str)]) -> Answer {
        let mut request = Request::builder()
            .method(method.clone())
            .uri(address)
            .header(header::HOST, self.host)
            .header(header::ACCEPT, "text/html")
            .header(header::ORIGIN, format!("http://{}", self.host));
        if let Some(cookie) = &self.cookie {
            request = request.header(header::COOKIE, format!("theme=dark; {cookie}"));
        }
        if method == Method::POST {
            request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        }
        self.browser.send(request.body(Body::from(encoded(pairs))).expect("a request")).await
    }

    async fn get(&self, address: &str) -> Answer {
        self.ask(Method::GET, address, &[]).await
    }

    async fn post(&self, address: &str, pairs: &[(&str, &str)]) -> Answer {
        self.ask(Method::POST, address, pairs).await
    }

    /// Keeps what a browser would keep of an answer.
    fn keep(&mut self, answer: &Answer) {
        if let Some(cookie) = answer.headers.get(header::SET_COOKIE).and_then(|value| value.to_str().ok()) {
            assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"), "{cookie}");
            self.cookie = cookie.split(';').next().map(str::to_owned).filter(|pair| !pair.ends_with('='));
        }
    }

    async fn sign_in(&mut self, email: &str, password: &str) -> Answer {
        let answer = self.post("/sign-in", &[("email", email), ("password", password), ("back", "/creators")]).await;
        self.keep(&answer);
        answer
    }
}

/// Somebody with a password, by the command line.
fn add(place: &Place, name: &str, role: Role) -> String {
    let email = format!("{}@brand.example", name.to_lowercase());
    let file = text(&place.file(&format!("{name}.txt"), format!("{PASSWORD}\n")));
    place.json(&["admin", "user", "add", &email, "--name", name, "--role", role.code(), "--password-file", &file]);
    email
}

#[tokio::test]
async fn nobody_signs_in_before_the_first_owner_has_chosen_a_password_and_then_everybody_does() {
    let place = Place::new();
    let browser = Browser::at(&place).await;
    let mut ana = Visitor::new(&browser);
    assert_eq!(ana.get("/creators").await.status, StatusCode::OK);
    assert!(ana.get("/admin/people").await.text.contains("Nobody signs in"));
    let first = ana.post("/admin/people", &[("name", "Bo"), ("email", "bo@brand.example"), ("role", "viewer")]).await;
    assert_eq!(first.status, StatusCode::UNPROCESSABLE_ENTITY);
    let added =
        ana.post("/admin/people", &[("name", "Ana"), ("email", " Ana@Brand.example "), ("role", "owner")]).await;
    let link = added.text.split("http://localhost").nth(1).and_then(|rest| rest.split('<').next()).expect("a link");
    assert_eq!(ana.get("/creators").await.status, StatusCode::OK, "she has no password yet");
    let looked = ana.get(link).await;
    assert!(looked.text.contains("ana@brand.example") && looked.text.contains("everything"), "{}", looked.text);
    ana.post(link, &[("password", "short")]).await.is_refused_at_password();
    let chosen = ana.post(link, &[("password", PASSWORD)]).await;
    assert_eq!(chosen.location(), "/");
    ana.keep(&chosen);
    assert_eq!(ana.get(link).await.status, StatusCode::NOT_FOUND, "a link is good once");

    let mut stranger = Visitor::new(&browser);
    assert_eq!(stranger.get("/creators?sort=name").await.location(), "/sign-in?back=%2Fcreators%3Fsort%3Dname");
    assert_eq!(stranger.post("/creators/lists", &[("name", "x")]).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(stranger.get("/static/app.css").await.status, StatusCode::OK);
    let page = ana.get("/creators").await;
    assert!(page.text.contains("Signed in as") && page.text.contains("Ana"), "{}", page.text);
    assert_eq!(
        stranger.sign_in("ana@brand.example", "another password").await.status,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    assert_eq!(stranger.sign_in("ANA@brand.example", PASSWORD).await.location(), "/creators");
    assert_eq!(stranger.get("/admin/people").await.status, StatusCode::OK);
    let gone = stranger.post("/sign-out", &[]).await;
    assert_eq!(gone.location(), "/sign-in");
    assert!(gone.headers[header::SET_COOKIE].to_str().is_ok_and(|cookie| cookie.contains("Max-Age=0")));
    assert_eq!(stranger.get("/creators").await.status, StatusCode::SEE_OTHER, "the secret is worth nothing any more");
    assert_eq!(ana.get("/creators").await.status, StatusCode::OK, "hers is another one");
}

trait Refused {
    fn is_refused_at_password(&self);
}

impl Refused for Answer {
    #[track_caller]
    fn is_refused_at_password(&self) {
        assert_eq!(self.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", self.text);
        assert!(self.text.contains("id=\"problem-password\""), "{}", self.text);
    }
}

#[tokio::test]
async fn whoever_guesses_has_to_wait_longer_and_longer_whether_the_address_is_known_or_not() {
    let place = Place::new();
    let ana = add(&place, "Ana", Role::Owner);
    let browser = Browser::at(&place).await;
    for email in [ana.as_str(), "nobody@brand.example"] {
        let mut guessing = Visitor::new(&browser);
        for _ in 0..5 {
            let refused = guessing.sign_in(email, "a guess of ten letters").await;
            assert!(refused.text.contains("Address, password or code is wrong"), "{}", refused.text);
        }
        let waits = guessing.sign_in(email, PASSWORD).await;
        assert!(waits.text.contains("Too many failures"), "{email}: {}", waits.text);
    }
    browser.data.let_time_pass(Duration::from_secs(61));
    let mut herself = Visitor::new(&browser);
    assert_eq!(herself.sign_in(&ana, PASSWORD).await.status, StatusCode::SEE_OTHER);
    let bare = Visitor { cookie: herself.cookie.clone(), ..Visitor::new(&browser) };
    browser.data.let_time_pass(Duration::from_secs(15 * 86_400));
    assert_eq!(bare.get("/creators").await.status, StatusCode::SEE_OTHER, "nobody was seen for two weeks");
}

#[tokio::test]
async fn every_address_lets_each_role_do_what_it_may_and_nothing_else() {
    let place = Place::new();
    add(&place, "Owner", Role::Owner);
    let emails: Vec<(Role, String)> = (Role::ALL.into_iter().skip(1))
        .map(|role| (role, add(&place, &format!("A {}", role.code()).replace(' ', ""), role)))
        .collect();
    let browser = Browser::at(&place).await;
    for (role, email) in emails {
        let mut visitor = Visitor::new(&browser);
        visitor.sign_in(&email, PASSWORD).await;
        for (pattern, _, _) in RULES {
            // One's own sign-ins stay open for the others to be tried.
            if *pattern == "/sign-out" || pattern.starts_with("/static") || *pattern == "/tracking/live" {
                continue;
            }
            let filled = pattern.split('/').map(|part| if part.starts_with('{') { "999" } else { part });
            let address = filled.collect::<Vec<_>>().join("/");
            for method in [Method::GET, Method::POST] {
                let may = match needs(pattern, &method).expect("a rule") {
                    Needs::Nothing | Needs::SignedIn => true,
                    Needs::Right(right) => role.may(right),
                };
                // What may be done is tried by looking alone: a form without words changes nothing but is no rule either.
                if may && method == Method::POST {
                    continue;
                }
                let answer = visitor.ask(method.clone(), &address, &[]).await;
                let is_refused = answer.status == StatusCode::FORBIDDEN && answer.text.contains("not yours to do");
                assert_eq!(is_refused, !may, "{} {method} {pattern}: {}", role.code(), answer.status);
            }
        }
    }
}

#[tokio::test]
async fn a_second_step_is_asked_for_once_it_is_set_up_and_each_code_is_good_once() {
    let place = Place::new();
    let email = add(&place, "Ana", Role::Owner);
    let browser = Browser::at(&place).await;
    let mut ana = Visitor::new(&browser);
    ana.sign_in(&email, PASSWORD).await;
    let shown = ana.post("/admin/me/second-step", &[("do", "begin")]).await.text;
    let hidden = |name: &str| {
        let rest = shown.split(&format!("name=\"{name}\" value=\"")).nth(1).expect("a field");
        rest.split('"').next().expect("a value").to_owned()
    };
    let (secret, sealed) = (hidden("secret"), hidden("sealed"));
    assert!(shown.contains("<svg") && shown.contains(&secret));
    let code = |browser: &Browser| second_step::code_now(&secret, browser.data.now()).expect("a code");
    let keep = |code: String| {
        let (ana, sealed, secret) = (&ana, &sealed, &secret);
        async move {
            ana.post(
                "/admin/me/second-step",
                &[("do", "keep"), ("sealed", sealed), ("secret", secret), ("code", &code)],
            )
            .await
        }
    };
    assert_eq!(keep("000000".into()).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    let kept = keep(code(&browser)).await;
    assert!(kept.text.contains("Keep these codes"), "{}", kept.text);
    let recovery = kept.text.split("<code>").nth(1).and_then(|rest| rest.split('<').next()).expect("a code").to_owned();

    let mut again = Visitor::new(&browser);
    let half = again.sign_in(&email, PASSWORD).await;
    assert_eq!(half.status, StatusCode::OK);
    assert!(again.cookie.is_none() && half.text.contains("Code of your authenticator"), "{}", half.text);
    let half_way = half.text.split("name=\"half_way\" value=\"").nth(1).and_then(|rest| rest.split('"').next());
    let half_way = half_way.expect("a field").to_owned();
    let used = again.post("/sign-in/code", &[("half_way", &half_way), ("code", &code(&browser))]).await;
    assert_eq!(used.status, StatusCode::UNPROCESSABLE_ENTITY, "the code it was set up with is used");
    browser.data.let_time_pass(Duration::from_secs(60));
    let entered = again.post("/sign-in/code", &[("half_way", &half_way), ("code", &code(&browser))]).await;
    assert_eq!(entered.location(), "/");
    for (code, expected) in
        [(recovery.as_str(), StatusCode::SEE_OTHER), (recovery.as_str(), StatusCode::UNPROCESSABLE_ENTITY)]
    {
        let tried = again.post("/sign-in/code", &[("half_way", &half_way), ("code", code)]).await;
        assert_eq!(tried.status, expected, "a recovery code is good once");
    }
    browser.data.let_time_pass(Duration::from_secs(600));
    let late = again.post("/sign-in/code", &[("half_way", &half_way), ("code", &code(&browser))]).await;
    assert_eq!(late.status, StatusCode::UNPROCESSABLE_ENTITY, "the password was given too long ago");
}

#[tokio::test]
async fn what_is_changed_is_written_down_with_who_did_it_and_how_it_was_before() {
    let place = Place::new();
    let email = add(&place, "Ana", Role::Owner);
    let viewer = add(&place, "Vi", Role::Viewer);
    let browser = Browser::at(&place).await;
    let (mut ana, mut vi) = (Visitor::new(&browser), Visitor::new(&browser));
    ana.sign_in(&email, PASSWORD).await;
    vi.sign_in(&viewer, PASSWORD).await;
    let settings = [
        ("sender", "Hop House, 1 Mill Lane, Bristol"),
        ("public_address", ""),
        ("zone", "Europe/Berlin"),
        ("reminders", "tasks"),
    ];
    assert_eq!(ana.post("/outreach/settings", &settings).await.status, StatusCode::SEE_OTHER);
    let settings = [settings[0], settings[1], ("zone", "Europe/Madrid"), settings[3]];
    ana.post("/outreach/settings", &settings).await;
    assert_eq!(vi.post("/outreach/settings", &settings).await.status, StatusCode::FORBIDDEN);
    let changes = place.json(&["admin", "acts", "--changes"]);
    let newest = &changes[0];
    assert_eq!((&newest["table"], &newest["operation"]), (&json!("setting"), &json!("update")), "{newest}");
    assert!(newest["actor"].as_str().is_some_and(|actor| actor.ends_with("|Ana")), "{newest}");
    assert!(newest["before"]["value"].as_str().is_some_and(|value| value.contains("Berlin")), "{newest}");
    assert!(newest["after"]["value"].as_str().is_some_and(|value| value.contains("Madrid")), "{newest}");
    assert!(!changes.to_string().contains("argon2id"), "{changes}");
    assert!(changes.to_string().contains("|command line"), "whoever was added by command was added by somebody");
    let acts = place.json(&["admin", "acts"]);
    assert_eq!((&acts[0]["actor"], &acts[0]["outcome"]), (&json!("Vi"), &json!("refused")), "{acts}");
    assert_eq!(acts[0]["what"], "POST /outreach/settings");
    let page = ana.get("/admin/acts").await.text;
    assert!(page.contains("Europe/Berlin") && page.contains("Europe/Madrid"), "{page}");
    assert_eq!(vi.get("/admin/acts").await.status, StatusCode::FORBIDDEN);
    let csv = ana.get("/admin/acts.csv").await.text;
    assert!(csv.starts_with("at,actor,table,row,operation,before,after") && csv.contains("Ana"), "{csv}");
}

#[tokio::test]
async fn under_the_public_address_people_come_in_by_signing_in_alone() {
    let place = Place::new();
    let browser = Browser::at(&place).await;
    let settings = [
        ("sender", "Hop House, 1 Mill Lane"),
        ("public_address", "https://bell.brand.example"),
        ("zone", ""),
        ("reminders", "tasks"),
    ];
    browser.post("/outreach/settings", &settings).await;
    let mut outside = Visitor { host: "bell.brand.example", ..Visitor::new(&browser) };
    assert_eq!(outside.get("/creators").await.status, StatusCode::NOT_FOUND, "nobody signs in yet");
    let email = add(&place, "Ana", Role::Owner);
    assert_eq!(outside.get("/creators").await.location(), "/sign-in?back=%2Fcreators");
    outside.sign_in(&email, PASSWORD).await;
    assert_eq!(outside.get("/creators").await.status, StatusCode::OK);
    let elsewhere = Visitor { host: "another.example", cookie: outside.cookie.clone(), ..Visitor::new(&browser) };
    assert_eq!(elsewhere.get("/creators").await.status, StatusCode::FORBIDDEN, "a name that is not ours");
    let folder = outside.post("/ingest/folder", &[("folder", "/etc")]).await;
    assert_eq!(folder.status, StatusCode::FORBIDDEN, "folders are read for people at this machine");
    let other_site = Request::post("/sign-out")
        .header(header::HOST, "bell.brand.example")
        .header(header::COOKIE, outside.cookie.clone().expect("a cookie"))
        .header(header::ORIGIN, "https://evil.example");
    let other_site = browser.send(other_site.body(Body::empty()).expect("a request")).await;
    assert_eq!(other_site.status, StatusCode::NOT_FOUND);
    assert_eq!(outside.get("/creators").await.status, StatusCode::OK, "another site's form changes nothing");
}

#[test]
fn other_machines_are_let_in_only_where_people_sign_in() {
    let place = Place::new();
    let refused = place.refused(&["serve", "--listen", "0.0.0.0:0"]);
    assert!(refused.contains("admin user add"), "{refused}");
    let refused = place.refused(&["admin", "user", "add", "a@b.example", "--name", "A", "--role", "viewer"]);
    assert!(refused.contains("has to be an owner"), "{refused}");
    for (arguments, said) in [
        (&["admin", "user", "add", "no address", "--name", "A", "--role", "owner"][..], "is no address"),
        (&["admin", "user", "invite", "nobody@b.example"], "nobody here has the address"),
    ] {
        let refused = place.refused(arguments);
        assert!(refused.contains(said), "{refused}");
    }
    let link = place.json(&["admin", "user", "add", "a@b.example", "--name", "A", "--role", "owner"]);
    assert!(link["link"].as_str().is_some_and(|link| link.starts_with("http://127.0.0.1:7878/invited/")), "{link}");
    let email = add(&place, "Ana", Role::Owner);
    let removed = place.refused(&["admin", "user", "remove", &email]);
    assert!(removed.contains("one owner who can sign in has to stay"), "{removed}");
    let changed = place.json(&["admin", "user", "change", "a@b.example", "--role", "finance", "--bar"]);
    assert_eq!((&changed["role"], &changed["barred"]), (&json!("finance"), &json!(true)), "{changed}");
    assert_eq!(place.json(&["admin", "user", "list"]).as_array().map(Vec::len), Some(2));
}
