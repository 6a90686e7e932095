//! The pages of outreach through the router: reading and answering, contacts and their board, sequences, what is of unknown
//! fate, forms that are not valid, and the public page on which somebody objects.

use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode, header};
use bellwether::data_directory::DataDirectory;
use bellwether::outreach::{reading, threading};
use bellwether::web::router::router;
use model::Timestamp;
use model::outreach::SendState;
use store::outreach::mails::{FetchedMail, NewMail};
use store::outreach::sending::{Beginning, MayLeave};
use tower::ServiceExt;

use crate::harness::{Place, text};

const TOKEN: &str = "abcdefgh22334455";

pub(crate) struct Browser {
    pub(crate) data: Arc<DataDirectory>,
}

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: axum::http::HeaderMap,
    pub(crate) text: String,
}

impl Browser {
    pub(crate) async fn at(place: &Place) -> Browser {
        Browser { data: Arc::new(DataDirectory::open(&place.data_dir()).await.expect("opens")) }
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        let answer = router(self.data.clone()).oneshot(request).await.expect("answers");
        let (parts, body) = answer.into_parts();
        let bytes = to_bytes(body, 64 << 20).await.expect("a body");
        Answer { status: parts.status, headers: parts.headers, text: String::from_utf8_lossy(&bytes).into_owned() }
    }

    pub(crate) async fn get(&self, address: &str) -> Answer {
        self.get_at("localhost", address).await
    }

    pub(crate) async fn get_at(&self, host: &str, address: &str) -> Answer {
        self.send(Request::get(address).header(header::HOST, host).body(Body::empty()).expect("a request")).await
    }

    /// A page that must be there.
    pub(crate) async fn page(&self, address: &str) -> String {
        let answer = self.get(address).await;
        assert_eq!(answer.status, StatusCode::OK, "{address}: {}", answer.text);
        answer.text
    }

    pub(crate) async fn post(&self, address: &str, pairs: &[(&str, &str)]) -> Answer {
        let request = Request::post(address)
            .header(header::HOST, "localhost")
            .header(header::ORIGIN, "http://localhost")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.send(request.body(Body::from(encoded(pairs))).expect("a request")).await
    }

    /// What a mail program posts: no page before it, no session, its own origin.
    async fn one_click(&self, host: &str, token: &str) -> Answer {
        let request = Request::post(format!("/outreach/unsubscribe/{token}"))
            .header(header::HOST, host)
            .header(header::ORIGIN, "https://mail-provider.example")
            .header("sec-fetch-site", "cross-site")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.send(request.body(Body::from("List-Unsubscribe=One-Click")).expect("a request")).await
    }
}

impl Answer {
    pub(crate) fn location(&self) -> &str {
        assert_eq!(self.status, StatusCode::SEE_OTHER, "{}", self.text);
        self.headers[header::LOCATION].to_str().expect("an address")
    }

    /// The form came back with a message at a field, and with what was typed.
    #[track_caller]
    pub(crate) fn is_refused_at(&self, field: &str, kept: &str) {
        assert_eq!(self.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", self.text);
        for said in [
            format!("id=\"problem-{field}\""),
            format!("aria-describedby=\"problem-{field}\""),
            format!("href=\"#{field}\""),
            format!("id=\"{field}\""),
        ] {
            assert!(self.text.contains(&said), "{said} is not in {}", self.text);
        }
        assert!(self.text.contains(kept), "{kept} was lost: {}", self.text);
    }
}

pub(crate) fn encoded(pairs: &[(&str, &str)]) -> String {
    let plain = |text: &str| {
        text.bytes().fold(String::new(), |mut out, byte| {
            match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' => out.push(char::from(byte)),
                _ => out.push_str(&format!("%{byte:02X}")),
            }
            out
        })
    };
    pairs.iter().map(|(key, value)| format!("{}={}", plain(key), plain(value))).collect::<Vec<_>>().join("&")
}

/// A sender, a mailbox whose servers are nowhere, Ana (1) with an address and Ben (2) without.
pub(crate) fn place_with_people() -> Place {
    let place = Place::new();
    place.json(&["outreach", "settings", "--sender", "Hop House, 1 Mill Lane, Bristol"]);
    place.json(&["outreach", "settings", "--public-address", "https://mail.brand.test"]);
    let servers =
        ["--smtp", "127.0.0.1:9", "--smtp-security", "plain", "--imap", "127.0.0.1:9", "--imap-security", "plain"];
    place.json(&[&["outreach", "mailbox", "team@brand.test", "--name", "Team"][..], &servers].concat());
    let ana = ["outreach", "add", "Ana Ruiz", "--email", "ana@creator.test", "--source", "her imprint"];
    place.json(&[&ana[..], &["--greeting", "Hi Ana", "--owner", "Mia", "--tag", "=coffee"]].concat());
    place.json(&["outreach", "add", "Ben"]);
    place
}

/// A mail to a contact that has begun to leave, with the token below it.
async fn begun(browser: &Browser, contact: i64, token: &str) -> i64 {
    let store = &browser.data.store;
    let (subject, body) = ("Coffee together?", "Hi Ana, we like what you say about grinders.");
    let written = [("subject", subject), ("body", body)];
    let answer = browser.post(&format!("/outreach/contacts/{contact}/write"), &written).await;
    assert!(answer.location().starts_with("/outreach/queue?done="), "{}", answer.location());
    let mail = store.outgoing_of_contact(contact, 1).await.expect("reads").pop().expect("is queued").id;
    let hash = store.contact_addresses(&[contact]).await.expect("reads").pop().expect("an address").hash;
    let beginning = Beginning {
        message_id: format!("{token}@brand.test"),
        token: token.to_owned(),
        address_hash: hash,
        at: browser.data.now(),
        guard_since: browser.data.now(),
    };
    assert_eq!(store.begin_sending(mail, &beginning).await.expect("begins"), MayLeave::Yes);
    mail
}

/// Lets a mail arrive as if it had been read from the server.
async fn arrive(browser: &Browser, uid: u32, from: &str, counterpart: &str, raw: &str) {
    let (head, body) = raw.split_once("\r\n\r\n").expect("a mail");
    let subject = head.lines().find_map(|line| line.strip_prefix("Subject: ")).expect("a subject");
    let mail = NewMail {
        way: "in",
        message_id: format!("{uid}@creator.test"),
        refers_to: vec![],
        counterpart: counterpart.to_owned(),
        from_shown: from.to_owned(),
        to_shown: "team@brand.test".to_owned(),
        subject: subject.to_owned(),
        subject_norm: subject.to_lowercase(),
        text: body.to_owned(),
        at: Timestamp(browser.data.now().0 - 3_600_000_000 + i64::from(uid)),
        token: None,
        is_bulk: false,
        files: u64::from(raw.contains("attachment")),
        is_read: false,
        sha256: format!("sha-{uid}"),
        content: raw.as_bytes().to_vec(),
    };
    let fetched = FetchedMail { uid, internal_date: None, is_seen: false, mail };
    browser.data.store.keep_fetched(1, "INBOX", "inbox", 1, &[fetched], browser.data.now()).await.expect("keeps");
    threading::thread_new(&browser.data).await.expect("threads");
    reading::classify_new(&browser.data).await.expect("classifies");
}

#[tokio::test]
async fn an_inbox_without_mail_says_what_has_to_be_there_first() {
    let place = Place::new();
    let browser = Browser::at(&place).await;
    let page = browser.page("/outreach").await;
    for link in ["/outreach/settings", "/outreach/mailboxes/new", "/outreach/contacts/new"] {
        assert!(page.contains(&format!("href=\"{link}\"")), "{link}");
    }
    for part in ["board", "contacts", "sequences", "templates", "queue", "mailboxes", "barred", "settings"] {
        browser.page(&format!("/outreach/{part}")).await;
    }
    for missing in ["/outreach?thread=7", "/outreach?thread=x", "/outreach/contacts/7", "/outreach/sequences/7"] {
        assert_eq!(browser.get(missing).await.status, StatusCode::NOT_FOUND, "{missing}");
    }
}

#[tokio::test]
async fn looking_at_the_link_of_a_mail_changes_nothing_and_one_post_from_anywhere_bars() {
    let place = place_with_people();
    let browser = Browser::at(&place).await;
    begun(&browser, 1, TOKEN).await;
    for _ in 0..100 {
        let answer = browser.get_at("mail.brand.test", &format!("/outreach/unsubscribe/{TOKEN}")).await;
        assert_eq!(answer.status, StatusCode::OK);
        assert!(answer.text.contains("Hop House") && answer.text.contains("Do not write to me again"));
        assert!(!answer.text.contains("<nav") && !answer.text.contains("Ana"), "{}", answer.text);
        assert_eq!(answer.headers[header::REFERRER_POLICY], "no-referrer");
    }
    assert_eq!(browser.data.store.suppressions(9).await.expect("reads").1, 0, "a hundred looks bar nobody");
    for _ in 0..2 {
        let answer = browser.one_click("mail.brand.test", TOKEN).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        assert!(answer.text.contains("No more mail"));
        assert_eq!(browser.data.store.suppressions(9).await.expect("reads").1, 1);
    }
    let page = browser.page("/outreach/contacts/1").await;
    assert!(page.contains("barred: asked not to be written to"), "{page}");
    assert!(!page.contains("Send the mail"));
    assert!(browser.page("/outreach/barred").await.contains("asked not to be written to"));
    for wrong in ["abcdefgh22334466", "x", "ABCDEFGH22334455", "..%2F..%2Foutreach"] {
        for answer in [
            browser.get_at("mail.brand.test", &format!("/outreach/unsubscribe/{wrong}")).await,
            browser.one_click("mail.brand.test", wrong).await,
        ] {
            assert_eq!(answer.status, StatusCode::NOT_FOUND, "{wrong}");
            assert!(answer.text.contains("Nothing is at this address") && !answer.text.contains("<nav"));
        }
    }
    assert_eq!(browser.data.store.suppressions(9).await.expect("reads").1, 1);
}

#[tokio::test]
async fn under_the_public_address_the_rest_of_the_program_is_not_there() {
    let place = place_with_people();
    let browser = Browser::at(&place).await;
    let hidden =
        ["/", "/outreach", "/outreach/contacts.csv", "/health", "/creators", "/outreach/unsubscribe", "/nowhere"];
    for address in hidden {
        for host in ["mail.brand.test", "MAIL.brand.test:443"] {
            let answer = browser.get_at(host, address).await;
            assert_eq!(answer.status, StatusCode::NOT_FOUND, "{host} {address}");
            assert!(!answer.text.contains("Outreach") && !answer.text.contains("<nav"), "{}", answer.text);
        }
        let forwarded = Request::get(address)
            .header(header::HOST, "127.0.0.1:7878")
            .header("x-forwarded-host", "mail.brand.test")
            .body(Body::empty());
        assert_eq!(browser.send(forwarded.expect("a request")).await.status, StatusCode::NOT_FOUND, "{address}");
    }
    assert_eq!(browser.get_at("mail.brand.test", "/static/app.css").await.status, StatusCode::OK);
    assert!(!browser.get_at("mail.brand.test", "/vetting/shared/x").await.text.contains("<nav"));
    assert!(!browser.get_at("mail.brand.test", "/static/nothing.css").await.text.contains("<nav"));
    // A form may not be posted from there, and other names are refused as before.
    let posted = Request::post("/outreach/contacts/1/stage").header(header::HOST, "mail.brand.test");
    let posted = posted.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    let answer = browser.send(posted.body(Body::from("stage=agreed")).expect("a request")).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    assert_eq!(browser.get_at("elsewhere.test", "/outreach").await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_mail_of_unknown_fate_comes_first_and_a_person_says_what_became_of_it() {
    let place = place_with_people();
    let browser = Browser::at(&place).await;
    let mail = begun(&browser, 1, TOKEN).await;
    assert_eq!(browser.data.store.begun_is_unknown("the line broke").await.expect("notes"), 1);
    let page = browser.page("/outreach/queue").await;
    assert!(page.contains("1 mail is of unknown fate") && page.contains("the line broke"), "{page}");
    for button in ["It was sent", "Send again", "Let it be"] {
        assert!(page.contains(button), "{button}");
    }
    assert!(browser.page("/outreach").await.contains("1 mail is of unknown fate"));
    let settle = format!("/outreach/queue/{mail}/settle");
    assert_eq!(browser.post(&settle, &[("to", "nowhere")]).await.status, StatusCode::BAD_REQUEST);
    browser.post(&settle, &[("to", "again")]).await.location();
    let state = browser.data.store.outgoing(mail).await.expect("reads").expect("is there").state;
    assert_eq!(state, SendState::Waiting);
    assert_eq!(browser.post(&settle, &[("to", "sent")]).await.status, StatusCode::CONFLICT, "it is settled");
    browser.post(&format!("/outreach/queue/{mail}/take-back"), &[]).await.location();
    assert!(browser.page("/outreach/queue").await.contains("Nothing waits to leave"));
}

#[tokio::test]
async fn a_stranger_s_mail_is_read_made_a_contact_answered_and_laid_aside() {
    let place = place_with_people();
    let browser = Browser::at(&place).await;
    let raw = "From: Cem <cem@creator.test>\r\nTo: team@brand.test\r\nSubject: A grinder for you <b>\r\n\
        MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\n\
        I test grinders. <script>alert(1)</script>\r\n--b\r\nContent-Type: text/html; name=\"price.html\"\r\n\
        Content-Disposition: attachment; filename=\"price \\\"1\\\".html\"\r\n\r\n<script>alert(2)</script>\r\n--b--\r\n";
    arrive(&browser, 1, "Cem <cem@creator.test>", &hash_of(&browser, "cem@creator.test").await, raw).await;
    let list = browser.page("/outreach").await;
    assert!(list.contains("1 conversation waits for your answer") && list.contains("unread"), "{list}");
    for _ in 0..3 {
        let page = browser.page("/outreach?show=waiting&thread=1").await;
        assert!(page.contains("Mark read"), "opening it marks nothing");
        assert!(!page.contains("<script>alert") && page.contains("&#60;script&#62;"), "{page}");
    }
    // The file is a download, whatever it says it is.
    let file = browser.get("/outreach/mails/1/files/0").await;
    assert_eq!(file.headers[header::CONTENT_TYPE], "application/octet-stream");
    assert!(file.headers[header::CONTENT_DISPOSITION].to_str().expect("plain").starts_with("attachment; filename=\""));
    assert_eq!(file.headers[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
    assert_eq!(browser.get("/outreach/mails/1/files/9").await.status, StatusCode::NOT_FOUND);
    let back = "/outreach?show=waiting&thread=1";
    let marked = browser.post("/outreach/threads/1/mark", &[("as", "read"), ("back", back)]).await;
    assert_eq!(marked.location(), "/outreach?done=Marked%20as%20read&show=waiting&thread=1");
    assert!(browser.page(back).await.contains("Mark unread"));
    // An answer needs a contact; the form is filled from the sender, and a name that is missing is said at its field.
    let given = |name| [("name", name), ("address", "cem@creator.test"), ("source", "wrote to us"), ("back", back)];
    let refused = browser.post("/outreach/threads/1/contact", &given("")).await;
    refused.is_refused_at("name", "value=\"wrote to us\"");
    browser.post("/outreach/threads/1/contact", &given("Cem")).await.location();
    let page = browser.page(back).await;
    assert!(page.contains("Answer to") && page.contains("href=\"/outreach/contacts/3\""), "{page}");
    let timeline = browser.page("/outreach/contacts/3").await;
    assert!(timeline.contains("mail from them") && timeline.contains("A grinder for you"), "{timeline}");
    browser.post("/outreach/threads/1/answer", &[("body", "  "), ("back", back)]).await.is_refused_at("body", "waits");
    browser.post("/outreach/threads/1/answer", &[("body", "Gladly."), ("back", back)]).await.location();
    let page = browser.page(back).await;
    assert!(page.contains("Take back") && page.contains("Gladly.") && page.contains("leaves in"), "{page}");
    browser.post("/outreach/threads/1/mark", &[("as", "done")]).await.location();
    assert!(browser.page("/outreach").await.contains("Nobody waits for your answer"));
    assert!(browser.page("/outreach?show=done").await.contains("A grinder for you"));
}

/// The hash that an address is found by: it is read off a contact who has it for a moment.
async fn hash_of(browser: &Browser, address: &str) -> String {
    let contacts = &browser.data;
    let id = bellwether::outreach::contacts::add_address(
        contacts,
        2,
        model::outreach::Channel::Email,
        address,
        "",
        "a test",
    )
    .await
    .expect("adds");
    let held = browser.data.store.contact_addresses(&[2]).await.expect("reads");
    let hash = held.into_iter().find(|held| held.id == id).expect("is there").hash;
    assert!(browser.data.store.remove_contact_address(2, id).await.expect("removes"));
    hash
}

#[tokio::test]
async fn a_later_mail_is_split_off_and_joined_again() {
    let place = place_with_people();
    let browser = Browser::at(&place).await;
    let hash = browser.data.store.contact_addresses(&[1]).await.expect("reads").pop().expect("an address").hash;
    for uid in [1, 2] {
        let raw = "From: Ana <ana@creator.test>\r\nTo: team@brand.test\r\nSubject: Beans\r\n\r\nWhich ones?";
        arrive(&browser, uid, "Ana <ana@creator.test>", &hash, raw).await;
    }
    let page = browser.page("/outreach?thread=2").await;
    assert!(page.contains("This may continue") && page.contains("Join the two"), "{page}");
    browser.post("/outreach/mails/2/join", &[("other", "1")]).await.location();
    let page = browser.page("/outreach?thread=1").await;
    assert!(page.contains("id=\"mail-1\"") && page.contains("id=\"mail-2\"") && page.contains("Split here"), "{page}");
    let split = browser.post("/outreach/mails/2/split", &[]).await;
    assert!(browser.page(split.location()).await.contains("id=\"mail-2\""));
    assert_eq!(browser.post("/outreach/mails/99/split", &[]).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn contacts_are_found_changed_together_moved_and_downloaded() {
    let place = place_with_people();
    let browser = Browser::at(&place).await;
    let page = browser.page("/outreach/contacts?words=ana%40creator.test").await;
    assert!(page.contains("Ana Ruiz") && !page.contains(">Ben<"), "{page}");
    assert!(browser.page("/outreach/contacts?stage=agreed").await.contains("No contact meets these filters"));
    let csv = browser.get("/outreach/contacts.csv?words=ana").await;
    assert!(csv.text.contains("'=coffee") && csv.text.contains("ana@creator.test"), "{}", csv.text);
    assert!(csv.headers[header::CONTENT_DISPOSITION].to_str().expect("plain").contains("contacts.csv"));
    let both = [("contact", "1"), ("contact", "2")];
    let moved = browser
        .post("/outreach/contacts/bulk", &[&both[..], &[("do", "stage"), ("to_stage", "talking")]].concat())
        .await;
    assert!(moved.location().contains("2%20contacts%20are%20now"), "{}", moved.location());
    let tagged = [&both[..], &[("do", "tag"), ("bulk_tag", "spring, tea")]].concat();
    browser.post("/outreach/contacts/bulk", &tagged).await.location();
    assert!(browser.page("/outreach/contacts?tag=spring").await.contains("2 contacts meet these filters"));
    // All that meet the filters, as many as were counted.
    let whole = |count| {
        [
            ("whole", "yes"),
            ("tag", "tea"),
            ("stage", "talking"),
            ("count", count),
            ("do", "stage"),
            ("to_stage", "written"),
        ]
    };
    let refused = browser.post("/outreach/contacts/bulk", &whole("3")).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    browser.post("/outreach/contacts/bulk", &whole("2")).await.location();
    let nobody = browser.post("/outreach/contacts/bulk", &[("do", "stage"), ("to_stage", "agreed")]).await;
    assert_eq!(nobody.status, StatusCode::UNPROCESSABLE_ENTITY);
    let moved = [("stage", "agreed"), ("back", "/outreach/board?owner=Mia")];
    let moved = browser.post("/outreach/contacts/1/stage", &moved).await;
    let board = browser.page(moved.location()).await;
    assert!(board.contains("Ana Ruiz") && board.contains("since today") && !board.contains(">Ben<"), "{board}");
    assert!(browser.page("/outreach/contacts/1").await.contains("written to → agreed"));
}

#[tokio::test]
async fn a_form_that_is_not_valid_comes_back_with_the_message_at_its_field() {
    let place = place_with_people();
    let browser = Browser::at(&place).await;
    let new = |name, emails| [("name", name), ("emails", emails), ("source", "their imprint")];
    browser.post("/outreach/contacts/new", &new("", "")).await.is_refused_at("name", "their imprint");
    browser
        .post("/outreach/contacts/new", &new("Dee", "not an address"))
        .await
        .is_refused_at("emails", "value=\"Dee\"");
    let taken = browser.post("/outreach/contacts/new", &new("Dee", "ANA@creator.test")).await;
    taken.is_refused_at("emails", "href=\"/outreach/contacts/1\"");
    let zone = [("name", "Ana"), ("zone", "Moon/Sea")];
    browser.post("/outreach/contacts/1", &zone).await.is_refused_at("zone", "Moon/Sea");
    let day = [("task", "Call her"), ("due", "tomorrow")];
    browser.post("/outreach/contacts/1/tasks", &day).await.is_refused_at("due", "value=\"Call her\"");
    browser.post("/outreach/contacts/1/note", &[("note", " ")]).await.is_refused_at("note", "Ana");
    let mail = [("subject", ""), ("body", "Words")];
    browser.post("/outreach/contacts/1/write", &mail).await.is_refused_at("subject", "Words</textarea>");
    let address = [("address", "nobody"), ("source", "a friend")];
    browser.post("/outreach/contacts/1/addresses", &address).await.is_refused_at("address", "a friend");
    let settings = [("public_address", "brand"), ("sender", "Us")];
    browser.post("/outreach/settings", &settings).await.is_refused_at("public_address", "value=\"brand\"");
    browser
        .post("/outreach/barred", &[("address", "nobody"), ("why", "asked")])
        .await
        .is_refused_at("address", "asked");
    let template = [("name", "Hello"), ("subject", "Hi"), ("body", "one\n{{ contact.nme }}")];
    browser.post("/outreach/templates/new", &template).await.is_refused_at("body", "contact.nme");
    let line = [("name", "Hello"), ("subject", "Hi"), ("body", "one\ntwo {% if %}")];
    let refused = browser.post("/outreach/templates/new", &line).await;
    refused.is_refused_at("body", "Line 2 of the body");
    let steps = [("name", "Spring"), ("steps", "send Nothing")];
    browser.post("/outreach/sequences/new", &steps).await.is_refused_at("steps", "send Nothing");
    let pace = mailbox_form("new@brand.test", "nowhere");
    browser.post("/outreach/mailboxes/new", &pace).await.is_refused_at("smtp", "new@brand.test");
    let taken = mailbox_form("TEAM@brand.test", "127.0.0.1:9");
    browser.post("/outreach/mailboxes/new", &taken).await.is_refused_at("address", "TEAM@brand.test");
}

fn mailbox_form(address: &'static str, smtp: &'static str) -> Vec<(&'static str, &'static str)> {
    vec![
        ("address", address),
        ("name", "Team"),
        ("smtp", smtp),
        ("smtp_security", "plain"),
        ("smtp_user", "team"),
        ("smtp_password", "geheim"),
        ("first_a_day", "40"),
        ("spacing_seconds", "90"),
        ("from_hour", "9"),
        ("to_hour", "17"),
        ("warm_up_since", ""),
        ("warm_up_first", "10"),
        ("warm_up_percent", "20"),
        ("hard_bounces_max", "3"),
        ("guard_days", "14"),
    ]
}

#[tokio::test]
async fn a_mailbox_is_kept_checked_and_paused_and_its_password_never_shown() {
    let place = place_with_people();
    let browser = Browser::at(&place).await;
    browser.post("/outreach/mailboxes/new", &mailbox_form("two@brand.test", "127.0.0.1:9")).await.location();
    for address in ["/outreach/mailboxes", "/outreach/mailboxes/2"] {
        let page = browser.page(address).await;
        assert!(page.contains("two@brand.test") && !page.contains("geheim"), "{page}");
    }
    let checked = browser.post("/outreach/mailboxes/2/check", &[]).await;
    assert!(checked.status == StatusCode::OK && checked.text.contains("Sending: "), "{}", checked.text);
    browser.post("/outreach/mailboxes/2/state", &[("to", "paused")]).await.location();
    assert!(browser.page("/outreach/mailboxes").await.contains("paused by hand"));
    assert!(browser.page("/outreach/settings").await.contains("brand.test"));
    assert!(!browser.data.path.join("keys/dkim-brand.test.json").exists(), "looking makes no keys");
    let records = browser.post("/outreach/settings/records", &[("domain", "brand.test")]).await;
    assert!(records.text.contains("_domainkey.brand.test") && !records.text.contains("PRIVATE"), "{}", records.text);
}

#[tokio::test]
async fn a_sequence_is_previewed_for_each_and_one_mail_that_cannot_be_written_holds_all_up() {
    let place = place_with_people();
    let body = place.file("hello.txt", "{{ contact.greeting }},\n\nabout {{ given.product }}.");
    place.json(&["outreach", "template", "Hello", "--subject", "Coffee?", "--body", &text(&body)]);
    let browser = Browser::at(&place).await;
    let template = browser.page("/outreach/templates/1?contact=Ana%20Ruiz").await;
    assert!(template.contains("would get no mail") && template.contains("given.product"), "{template}");
    let steps = [("name", "Spring"), ("steps", "send Hello\nwait 4\ntask call her in 2")];
    let made = browser.post("/outreach/sequences/new", &steps).await;
    assert!(made.location().starts_with("/outreach/sequences/1"), "{}", made.location());
    let people = [("contacts", "1\nBen"), ("given", "product=the new grinder")];
    browser.post("/outreach/sequences/1/enrol", &people).await.location();
    let page = browser.page("/outreach/sequences/1").await;
    assert!(page.contains("Hi Ana,") && page.contains("about the new grinder") && page.contains("Hop House"), "{page}");
    assert!(page.contains("1 cannot be written yet"), "{page}");
    let place_of = |name: &str| page.find(&format!("<bdi>{name}</bdi></a>")).expect(name);
    assert!(place_of("Ben") < place_of("Ana Ruiz"), "those with problems come first");
    let refused = browser.post("/outreach/sequences/1/release", &[]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        refused.text.contains("Nothing was released") && refused.text.contains("Ben (contact 2)"),
        "{}",
        refused.text
    );
    browser.post("/outreach/enrolments/2/stop", &[("back", "/outreach/sequences/1")]).await.location();
    let released = browser.post("/outreach/sequences/1/release", &[]).await;
    assert!(browser.page(released.location()).await.contains("1 contact is released"));
    assert!(browser.page("/outreach/contacts/1").await.contains("under way"));
    let unknown = [("contacts", "Nobody Known")];
    browser.post("/outreach/sequences/1/enrol", &unknown).await.is_refused_at("contacts", "Nobody Known");
    browser.post("/outreach/sequences/1/enrol", &[("contacts", "1"), ("given", "x")]).await.is_refused_at("given", "x");
}

#[tokio::test]
async fn a_task_is_noted_done_and_stands_in_the_timeline() {
    let place = place_with_people();
    let browser = Browser::at(&place).await;
    let task = [("task", "Send samples"), ("due", "2020-01-01")];
    browser.post("/outreach/contacts/1/tasks", &task).await.location();
    let page = browser.page("/outreach/contacts/1").await;
    assert!(page.contains("Send samples") && page.contains("was due 2020-01-01"), "{page}");
    let done = browser.post("/outreach/tasks/1/done", &[("back", "/outreach/contacts/1")]).await;
    assert!(browser.page(done.location()).await.contains("task done"));
    let call = [("note", "She likes it.\nCalls back."), ("kind", "call")];
    browser.post("/outreach/contacts/1/note", &call).await.location();
    assert!(browser.page("/outreach/contacts/1").await.contains("She likes it."));
}

#[tokio::test]
async fn a_creator_s_page_leads_to_where_one_writes_to_them() {
    let place = Place::new();
    let accounts = place.file("accounts.csv", "account,followers\nana,900\n");
    let talk = place.file("talk.csv", "actor,target,kind,at_unix\nana,ben,reply,1600000000\n");
    place.json(&["ingest", "interactions", &text(&talk)]);
    place.json(&["ingest", "accounts", &text(&accounts)]);
    place.json(&["creators", "list", "add", "Spring", "other:ana"]);
    let listed = place.json(&["creators", "list", "show", "Spring"]);
    let browser = Browser::at(&place).await;
    let account = listed["members"][0]["creator"]["account"].to_string();
    let account = account.trim_matches('"');
    let profile = &format!("/creators/{account}");
    let page = browser.page(profile).await;
    assert!(page.contains(&format!("/outreach/contacts/new?creator={account}")), "{page}");
    let form = browser.page(&format!("/outreach/contacts/new?creator={account}")).await;
    assert!(form.contains(&format!("name=\"creator\" value=\"{account}\"")), "{form}");
    let made = browser.post("/outreach/contacts/new", &[("name", "Ana"), ("creator", account)]).await;
    assert!(made.location().starts_with("/outreach/contacts/1"));
    assert!(browser.page(profile).await.contains("href=\"/outreach/contacts/1\""));
    let again = browser.get(&format!("/outreach/contacts/new?creator={account}")).await;
    assert_eq!(again.location(), "/outreach/contacts/1");
    assert_eq!(browser.get("/outreach/contacts/new?creator=nobody").await.status, StatusCode::BAD_REQUEST);
}
