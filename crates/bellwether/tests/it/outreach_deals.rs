//! From a brief to money that has arrived: both sides through the router and the command line, and what a creator may see and ask
//! for by their own link.

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use model::outreach::deals::{DealState, DeliverableState, PaymentState};
use serde_json::{Value, json};

use crate::harness::Place;
use crate::outreach_pages::{Answer, Browser, place_with_people};

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\x1f\x15\xc4\x89";

fn number(value: &Value, key: &str) -> i64 {
    value[key].as_i64().unwrap_or_else(|| panic!("no {key} in {value}"))
}

/// Ana has an offer on a brief; her link.
fn place_with_offer() -> (Place, String) {
    let place = place_with_people();
    let brief = json!({
        "product": "A hand grinder of steel", "audience": "People who brew at home",
        "musts": ["It is steel throughout"], "wishes": ["Show it at work"], "freedom": "Where, when, how, and what you say of it",
        "tag": "@hophouse", "code": "ANA10", "language": "en", "country": "GB",
    });
    let file = place.file("brief.json", brief.to_string());
    let kept = place.json(&["outreach", "brief", "Spring", "--file", file.to_str().expect("a path")]);
    assert_eq!((number(&kept, "brief"), number(&kept, "version")), (1, 1));
    let offer = [
        "outreach",
        "offer",
        "Ana Ruiz",
        "--brief",
        "Spring",
        "--fee",
        "250 EUR",
        "--message",
        "We like how you brew.",
    ];
    let pieces = ["--piece", "2 story instagram 2026-03-01 2026-03-08", "--usage", "own website", "--usage-days", "90"];
    assert_eq!(number(&place.json(&[&offer[..], &pieces].concat()), "deal"), 1);
    let link = place.json(&["outreach", "creator-link", "Ana Ruiz"]);
    let address = link["address"].as_str().expect("an address");
    let path = address.strip_prefix("https://mail.brand.test").expect("the public address").to_owned();
    (place, path)
}

async fn form(browser: &Browser, address: &str, pairs: &[(&str, &str)], file: Option<&[u8]>) -> Answer {
    let mut body: Vec<u8> = Vec::new();
    for (key, value) in pairs {
        body.extend(format!("--cut\r\nContent-Disposition: form-data; name=\"{key}\"\r\n\r\n{value}\r\n").bytes());
    }
    if let Some(file) = file {
        let head = "--cut\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.png\"\r\nContent-Type: text/html\r\n\r\n";
        body.extend(head.bytes());
        body.extend(file);
        body.extend(b"\r\n");
    }
    body.extend(b"--cut--\r\n");
    let request = Request::post(address)
        .header(header::HOST, "localhost")
        .header(header::ORIGIN, "http://localhost")
        .header(header::CONTENT_TYPE, "multipart/form-data; boundary=cut");
    browser.send(request.body(Body::from(body)).expect("a request")).await
}

async fn bytes(browser: &Browser, address: &str, portion: &[u8]) -> Answer {
    let request = Request::post(address).header(header::HOST, "localhost").header(header::ORIGIN, "http://localhost");
    browser.send(request.body(Body::from(portion.to_vec())).expect("a request")).await
}

#[tokio::test]
async fn a_deal_goes_from_an_offer_over_a_counter_offer_and_drafts_to_money_that_arrived() {
    let (place, path) = place_with_offer();
    let browser = Browser::at(&place).await;
    let store = browser.data.store.clone();
    let state = async || store.deal(1).await.expect("reads").expect("is there").state;
    let deal = format!("{path}/deals/1");

    // Looking, however often, changes nothing; only the contact's own stage is at negotiating by the offer.
    for _ in 0..3 {
        let page = browser.page(&deal).await;
        for said in ["A hand grinder of steel", "Yours to decide", "250.00 EUR", "We like how you brew."] {
            assert!(page.contains(said), "{said}");
        }
    }
    assert_eq!(state().await, DealState::Proposed);
    let home = browser.get(&path).await;
    assert_eq!(home.headers["referrer-policy"], "no-referrer");
    assert_eq!(home.headers["x-robots-tag"], "noindex, nofollow");

    // The same terms are no counter-offer; others are, with what they change.
    let same = [
        ("do", "counter"),
        ("version", "1"),
        ("fee", "250 EUR"),
        ("usage_days", "90"),
        ("draft-0", "2026-03-01"),
        ("due-0", "2026-03-08"),
    ];
    browser.post(&deal, &same).await.is_refused_at("fee", "250 EUR");
    let other = [
        ("do", "counter"),
        ("version", "1"),
        ("fee", "300 EUR"),
        ("usage_days", "30"),
        ("draft-0", "2026-03-03"),
        ("due-0", "2026-03-08"),
        ("message", "I need two days more"),
    ];
    let answer = browser.post(&deal, &other).await;
    assert!(answer.location().starts_with(&format!("{deal}?done=")), "{}", answer.location());
    assert_eq!(state().await, DealState::Countered);
    let ours = browser.page("/outreach/deals/1").await;
    for said in ["<del>250.00 EUR</del>", "<ins>300.00 EUR</ins>", "I need two days more", "Accept their terms"] {
        assert!(ours.contains(said), "{said}");
    }

    // Nobody accepts their own terms, and nothing is accepted on a version that is not the last.
    let own = browser.post(&deal, &[("do", "accept"), ("version", "2"), ("name", "Ana")]).await;
    assert_eq!(own.status, StatusCode::UNPROCESSABLE_ENTITY);
    let old = browser.post("/outreach/deals/1", &[("do", "accept"), ("version", "1"), ("name", "Mia")]).await;
    assert!(old.text.contains("changed meanwhile"), "{}", old.text);
    browser
        .post("/outreach/deals/1", &[("do", "accept"), ("version", "2"), ("name", "")])
        .await
        .is_refused_at("name", "");
    browser
        .post("/outreach/deals/1", &[("do", "accept"), ("version", "2"), ("name", "Mia of Hop House")])
        .await
        .location();
    assert_eq!(state().await, DealState::Accepted);
    let again = browser.post("/outreach/deals/1", &[("do", "accept"), ("version", "2"), ("name", "Mia")]).await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY);
    let contact = store.contact(1).await.expect("reads").expect("is there");
    assert_eq!(contact.stage, model::outreach::Stage::Agreed);
    let shown = place.json(&["outreach", "deal", "1"]);
    assert_eq!(shown["pieces"].as_array().expect("pieces").len(), 2);
    assert_eq!(shown["payments"][0]["due_on"], "2026-03-22");
    let agreement = browser.page(&format!("{deal}/agreement")).await;
    for said in ["Agreement", "Mia of Hop House", "300.00 EUR", "Hop House, 1 Mill Lane, Bristol"] {
        assert!(agreement.contains(said), "{said}");
    }

    // A draft: its file is what its bytes say, its words are checked, and both sides see the same light.
    let piece = format!("{path}/pieces/1");
    form(&browser, &piece, &[("do", "draft"), ("caption", "My morning")], Some(b"<html><script>alert(1)</script>"))
        .await
        .is_refused_at("file", "My morning");
    assert!(store.drafts(1).await.expect("reads").is_empty());
    let plain = [("do", "draft"), ("caption", "My morning with the grinder of @hophouse")];
    form(&browser, &piece, &plain, Some(PNG)).await.location();
    assert_eq!(state().await, DealState::InWork);
    let team = browser.page("/outreach/pieces/1").await;
    for said in ["disclosure red", "The tag @hophouse</bdi> is there", "The code ANA10</bdi> is not in the words"] {
        assert!(team.contains(said), "{said}");
    }
    let file = browser.get(&format!("{piece}/drafts/1/file")).await;
    assert_eq!(
        (file.status, file.headers[header::CONTENT_TYPE].to_str().expect("text")),
        (StatusCode::OK, "image/png")
    );
    browser
        .post("/outreach/pieces/1", &[("do", "changes"), ("draft", "1"), ("comment", "")])
        .await
        .is_refused_at("comment", "");
    browser
        .post("/outreach/pieces/1", &[("do", "changes"), ("draft", "1"), ("comment", "Say that it is an ad, please")])
        .await
        .location();
    assert!(browser.page(&piece).await.contains("Say that it is an ad, please"));
    let better = [("do", "draft"), ("caption", "#ad My morning with the grinder of @hophouse, code ANA10")];
    form(&browser, &piece, &better, None).await.location();
    let old = browser.post("/outreach/pieces/1", &[("do", "approve"), ("draft", "1")]).await;
    assert_eq!(old.status, StatusCode::UNPROCESSABLE_ENTITY, "an older draft is not approved");
    browser.post("/outreach/pieces/1", &[("do", "approve"), ("draft", "2")]).await.location();
    assert!(browser.page(&piece).await.contains("disclosure green"));

    // Posted, one by its creator and one by us: everything is delivered.
    form(&browser, &piece, &[("do", "posted"), ("url", "my story")], None).await.is_refused_at("url", "my story");
    form(&browser, &piece, &[("do", "posted"), ("url", "https://insta.example/ana/1")], None).await.location();
    assert_eq!(state().await, DealState::InWork);
    browser.post("/outreach/pieces/2", &[("do", "posted"), ("url", "https://insta.example/ana/2")]).await.location();
    assert_eq!(state().await, DealState::Delivered);
    let live = store.deliverables(1).await.expect("reads");
    assert!(live.iter().all(|piece| piece.state == DeliverableState::Live && piece.live_at.is_some()));

    // Money: we say that it was sent, they say that it has arrived; a creator cannot say the first.
    browser.post(&format!("{deal}/payments/1"), &[]).await.location();
    assert_eq!(store.payments().await.expect("reads")[0].state, PaymentState::Owed);
    browser.post("/outreach/deals/1/payments/1", &[("do", "sent"), ("reference", "=HOP-77")]).await.location();
    browser.post(&format!("{deal}/payments/1"), &[]).await.location();
    assert_eq!(store.payments().await.expect("reads")[0].state, PaymentState::Arrived);
    let touches = store.touches(1, None, 50).await.expect("reads");
    let paid = touches.iter().filter(|touch| touch.kind == model::outreach::TouchKind::Payment);
    let paid: Vec<(&str, &str)> = paid.map(|touch| (touch.actor.as_str(), touch.summary.as_str())).collect();
    assert_eq!(
        paid,
        [("Ana Ruiz", "fee of deal 1: arrived, says the creator"), ("team", "fee of deal 1: sent")],
        "both stand in the timeline"
    );
    let books = browser.page("/outreach/payments.csv").await;
    assert!(books.contains("Ana Ruiz,fee,300.00,EUR,2026-03-22,arrived") && books.contains("'=HOP-77"), "{books}");
    browser.post("/outreach/deals/1", &[("do", "settle"), ("version", "2")]).await.location();
    assert_eq!(state().await, DealState::Settled);
    for show in ["board", "table", "calendar"] {
        browser.page(&format!("/outreach/deals?show={show}")).await;
    }
    let timeline = place.json(&["outreach", "contact", "1"]).to_string();
    for said in [
        "offered: 250.00 EUR for 2 × story",
        "asked for other terms",
        "Mia of Hop House accepted",
        "handed in a draft of story 1",
        "the deal is settled",
    ] {
        assert!(timeline.contains(said), "{said} is not in {timeline}");
    }
}

#[tokio::test]
async fn an_upload_that_was_cut_off_goes_on_where_it_stopped_and_belongs_to_nobody_else() {
    let (place, path) = place_with_offer();
    let browser = Browser::at(&place).await;
    browser.post(&format!("{path}/deals/1"), &[("do", "accept"), ("version", "1"), ("name", "Ana")]).await.location();
    let mut file = PNG.to_vec();
    file.resize(300_000, 7);
    let begun =
        browser.post(&format!("{path}/pieces/1/uploads"), &[("name", "../../a.png"), ("bytes", "300000")]).await;
    let told: Value = serde_json::from_str(&begun.text).expect("JSON");
    let upload = format!("{path}/uploads/{}", told["upload"].as_str().expect("an id"));
    bytes(&browser, &format!("{upload}?at=0"), &file[..100_000]).await;
    // The answer was lost: the same portion again is not taken twice, and the page asks how far it has come.
    bytes(&browser, &format!("{upload}?at=0"), &file[..100_000]).await;
    let early = [("do", "draft"), ("caption", ""), ("upload", told["upload"].as_str().expect("an id"))];
    form(&browser, &format!("{path}/pieces/1"), &early, None).await.is_refused_at("file", "has not arrived whole");
    let far: Value = serde_json::from_str(&browser.page(&upload).await).expect("JSON");
    assert_eq!((number(&far, "at"), number(&far, "bytes")), (100_000, 300_000));
    bytes(&browser, &format!("{upload}?at=100000"), &file[100_000..]).await;
    let more = bytes(&browser, &format!("{upload}?at=300000"), b"more").await;
    assert_eq!(more.status, StatusCode::UNPROCESSABLE_ENTITY);

    let ben = place.json(&["outreach", "creator-link", "Ben"]);
    let ben = ben["address"].as_str().expect("an address").replace("https://mail.brand.test", "");
    let foreign = upload.replace(&path, &ben);
    assert_eq!(browser.get(&foreign).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    for hidden in ["/deals/1", "/deals/1/agreement", "/pieces/1", "/pieces/1/drafts/1/file"] {
        assert_eq!(browser.get(&format!("{ben}{hidden}")).await.status, StatusCode::NOT_FOUND, "{hidden}");
    }
    form(&browser, &format!("{path}/pieces/1"), &early, None).await.location();
    let draft = browser.data.store.draft(1).await.expect("reads").expect("is there").file.expect("a file");
    assert_eq!((draft.bytes, draft.name.as_str(), draft.kind.as_str()), (300_000, "a.png", "image/png"));
    let part = Request::get(format!("{path}/pieces/1/drafts/1/file"))
        .header(header::HOST, "localhost")
        .header(header::RANGE, "bytes=299990-");
    let part = browser.send(part.body(Body::empty()).expect("a request")).await;
    assert_eq!((part.status, part.text.len()), (StatusCode::PARTIAL_CONTENT, 10));
    assert_eq!(browser.get(&format!("{ben}/pieces/1/drafts/1/file")).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_link_that_is_revoked_or_was_never_one_says_nothing_and_one_that_is_over_goes_to_its_owner_alone() {
    let (place, path) = place_with_offer();
    let browser = Browser::at(&place).await;
    let never = browser.get(&format!("/outreach/creator/{}", "0".repeat(64))).await;
    assert_eq!(never.status, StatusCode::NOT_FOUND);
    assert_eq!(browser.get_at("mail.brand.test", &path).await.status, StatusCode::OK, "reached by the public address");
    assert_eq!(browser.get_at("mail.brand.test", "/outreach/deals/1").await.status, StatusCode::NOT_FOUND);
    browser.post("/outreach/deals/1/link/1/revoke", &[]).await.location();
    let gone = browser.get(&path).await;
    assert_eq!((gone.status, gone.text), (StatusCode::NOT_FOUND, never.text));

    let now = browser.data.now();
    let secret = "ab".repeat(32);
    let hash: String = {
        use sha2::{Digest, Sha256};
        Sha256::digest(secret.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
    };
    let old = model::Timestamp(now.0 - 3 * 86_400_000_000);
    browser.data.store.add_creator_link(1, &hash, model::Timestamp(now.0 - 1), old).await.expect("keeps");
    let over = browser.page(&format!("/outreach/creator/{secret}")).await;
    assert!(over.contains("This link has ended") && !over.contains("Ana"), "{over}");
    assert!(browser.data.store.outgoing_of_contact(1, 9).await.expect("reads").is_empty(), "looking sends nothing");
    let answer = browser
        .post(&format!("/outreach/creator/{secret}/deals/1"), &[("do", "accept"), ("version", "1"), ("name", "X")])
        .await;
    assert!(answer.text.contains("This link has ended"));
    assert_eq!(browser.data.store.deal(1).await.expect("reads").expect("is there").state, DealState::Proposed);
}

#[tokio::test]
async fn a_creator_sees_what_is_held_stops_mail_and_is_forgotten_with_everything_of_the_deal_but_the_sum() {
    let (place, path) = place_with_offer();
    place.json(&["outreach", "note", "Ana Ruiz", "asks more than Ben"]);
    let browser = Browser::at(&place).await;
    browser.post(&format!("{path}/deals/1"), &[("do", "accept"), ("version", "1"), ("name", "Ana")]).await.location();
    form(&browser, &format!("{path}/pieces/1"), &[("do", "draft"), ("caption", "#ad")], Some(PNG)).await.location();
    let data = browser.page(&format!("{path}/data")).await;
    for said in ["Ana Ruiz", "ana@creator.test", "her imprint", "There is 1 internal note"] {
        assert!(data.contains(said), "{said}");
    }
    assert!(!data.contains("asks more than Ben"), "internal notes weigh others too");
    let file: Value = serde_json::from_str(&browser.page(&format!("{path}/data.json")).await).expect("JSON");
    assert_eq!(number(&file, "internal_notes"), 1);

    browser.post(&format!("{path}/stop-mail"), &[]).await.location();
    let refused = place.refused(&[
        "outreach",
        "write",
        "Ana Ruiz",
        "--subject",
        "Hi",
        "--body",
        place.file("b.txt", "Hi").to_str().expect("a path"),
    ]);
    assert!(refused.contains("no e-mail address that may be written to"), "{refused}");

    browser.post(&format!("{path}/forget"), &[]).await.is_refused_at("sure", "");
    let done = browser.post(&format!("{path}/forget"), &[("sure", "yes")]).await;
    assert!(done.text.contains("You are forgotten"), "{}", done.text);
    assert_eq!(browser.get(&path).await.status, StatusCode::NOT_FOUND);
    let store = &browser.data.store;
    assert!(store.contact(1).await.expect("reads").is_none() && store.deal(1).await.expect("reads").is_none());
    let left = store.payments().await.expect("reads");
    assert_eq!((left.len(), left[0].deal, left[0].what.as_str()), (1, None, "a creator who was forgotten"));
    let content = place.data_dir().join("content");
    assert_eq!(std::fs::read_dir(content).expect("is there").count(), 0, "no draft's file is left");
    let file = place.file("again.csv", "name,email\nAna Ruiz,ana@creator.test\n");
    let again = place.refused(&["outreach", "import", file.to_str().expect("a path")]);
    assert!(again.contains("row 2 of again.csv") && again.contains("asked to be forgotten"), "{again}");
    let by_hand = place.refused(&["outreach", "add", "Ana", "--email", "Ana@Creator.test"]);
    assert!(by_hand.contains("asked to be forgotten"), "{by_hand}");
}

#[tokio::test]
async fn a_brief_without_freedom_is_refused_where_it_was_typed_and_eight_musts_ask_who_writes_the_post() {
    let place = place_with_people();
    let browser = Browser::at(&place).await;
    let musts = (1..=8).map(|number| format!("- must {number}")).collect::<Vec<_>>().join("\n");
    let given = [("name", "Spring"), ("product", "A grinder"), ("musts", musts.as_str()), ("freedom", "")];
    browser.post("/outreach/briefs/new", &given).await.is_refused_at("freedom", "must 8");
    let given = [("name", "Spring"), ("product", "A grinder"), ("musts", musts.as_str()), ("freedom", "All else")];
    let kept = browser.post("/outreach/briefs/new", &given).await;
    assert!(kept.location().starts_with("/outreach/briefs/1?done="));
    assert!(browser.page("/outreach/briefs/1").await.contains("are you writing the post yourself?"));
    browser.post("/outreach/briefs/new", &given).await.is_refused_at("name", "Spring");
    let next = [("version", "1"), ("product", "A better grinder"), ("freedom", "All else")];
    browser.post("/outreach/briefs/1", &next).await.location();
    let late = browser.post("/outreach/briefs/1", &next).await;
    assert!(late.text.contains("changed this brief meanwhile"), "{}", late.text);
    let none = [("contact", "Ana Ruiz"), ("brief", "1"), ("fee", "250 EUR")];
    browser.post("/outreach/deals/new", &none).await.is_refused_at("pieces", "250 EUR");
    let who = [("contact", "Nobody"), ("brief", "1"), ("fee", "250 EUR"), ("count-0", "1"), ("format-0", "post")];
    browser.post("/outreach/deals/new", &who).await.is_refused_at("contact", "Nobody");
    let right = [("contact", "Ana Ruiz"), ("brief", "1"), ("fee", "250 EUR"), ("count-0", "1"), ("format-0", "post")];
    assert!(browser.post("/outreach/deals/new", &right).await.location().starts_with("/outreach/deals/1?done="));
    for empty in
        ["/outreach/deals", "/outreach/deals?show=calendar", "/outreach/deals/1", "/outreach/deals/1/agreement"]
    {
        browser.page(empty).await;
    }
    for missing in ["/outreach/deals/7", "/outreach/briefs/7", "/outreach/pieces/7", "/outreach/pieces/7/drafts/1/file"]
    {
        assert_eq!(browser.get(missing).await.status, StatusCode::NOT_FOUND, "{missing}");
    }
}
