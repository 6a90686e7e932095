//! Orders and leads: told by shops, once for ever; joined with clicks and codes; credited, decided, kept; and nothing of buyers held.

use std::sync::Arc;

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use base64::Engine;
use hmac::{Hmac, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::harness::{Place, text};
use crate::outreach_pages::{Answer, Browser, place_with_people};

const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0";
const DAY: i64 = 86_400;

/// Ana (1) and Bo (2) have an offer each; there is a postback with its secret.
struct Selling {
    place: Place,
    browser: Arc<Browser>,
    shop: String,
    secret: String,
}

fn hex(secret: &str, text: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("a key");
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Selling {
    async fn begin() -> Selling {
        let place = place_with_people();
        let brief = json!({ "product": "A grinder", "audience": "People", "freedom": "All", "language": "en", "country": "GB" });
        let file = place.file("brief.json", brief.to_string());
        place.json(&["outreach", "brief", "Spring", "--file", &text(&file)]);
        for name in ["Ana Ruiz", "Ben"] {
            let offer = ["outreach", "offer", name, "--brief", "Spring", "--fee", "90 EUR"];
            place.json(&[&offer[..], &["--piece", "1 story instagram"]].concat());
        }
        let made = place.json(&["tracking", "shop", "Own", "--kind", "postback", "--currency", "EUR"]);
        let (shop, secret) = (made["public_id"].as_str().expect("an id"), made["secret"].as_str().expect("a secret"));
        let (shop, secret) = (shop.to_owned(), secret.to_owned());
        let browser = Arc::new(Browser::at(&place).await);
        Selling { place, browser, shop, secret }
    }

    fn link(&self, deal: &str) -> String {
        let made = self.place.json(&["tracking", "link", "https://shop.example/grinder", "--deal", deal]);
        made["slug"].as_str().expect("a slug").to_owned()
    }

    /// Clicks, and gives back the click's token out of the address it is led to.
    async fn click(&self, slug: &str, from: &str) -> String {
        let request = Request::get(format!("/t/{slug}")).header("user-agent", FIREFOX).header("x-forwarded-for", from);
        let answer = self.browser.send(request.body(Body::empty()).expect("a request")).await;
        assert_eq!(answer.status, StatusCode::FOUND);
        let target = answer.headers[header::LOCATION].to_str().expect("an address").to_owned();
        target.split("bw=").nth(1).expect("a token").to_owned()
    }

    async fn tell_at(&self, now: i64, body: &str) -> Answer {
        let signature = format!("t={now},v1={}", hex(&self.secret, &format!("{now}.{body}")));
        self.raw(&[("bellwether-signature", &signature)], body).await
    }

    async fn raw(&self, headers: &[(&str, &str)], body: &str) -> Answer {
        send(&self.browser, &self.shop, headers, body).await
    }

    async fn tell(&self, body: Value) -> Answer {
        let now = self.browser.data.now().unix_seconds();
        let answer = self.tell_at(now, &body.to_string()).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        answer
    }

    fn all(&self) -> Value {
        self.place.json(&["tracking", "conversions"])
    }
}

async fn send(browser: &Browser, shop: &str, headers: &[(&str, &str)], body: &str) -> Answer {
    let mut request = Request::post(format!("/t/in/{shop}")).header(header::HOST, "go.brand.test");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    browser.send(request.body(Body::from(body.to_owned())).expect("a request")).await
}

fn jiff_now() -> i64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970").as_secs() as i64
}

/// So many days ago, as JSON has moments.
fn days_ago(days: i64) -> String {
    bellwether::clock::iso(model::Timestamp::from_unix_seconds(jiff_now() - days * DAY))
}

#[tokio::test]
async fn a_sale_is_credited_to_whose_link_was_clicked_and_twenty_tellings_at_once_are_one() {
    let selling = Arc::new(Selling::begin().await);
    let token = selling.click(&selling.link("1"), "203.0.113.9").await;
    let body = json!({
        "order": 1001, "at": bellwether::clock::iso_exact(selling.browser.data.now()), "amount": "49.90", "click": token,
        "email": "Buyer@Example.org",
    });
    let all: Vec<_> = (0..20)
        .map(|_| {
            let (selling, body) = (selling.clone(), body.clone());
            tokio::spawn(async move { selling.tell(body).await.text })
        })
        .collect();
    let mut new = 0;
    for one in all {
        let said: Value = serde_json::from_str(&one.await.expect("ends")).expect("JSON");
        new += said["new"].as_u64().unwrap_or(0);
    }
    assert_eq!(new, 1);
    let all = selling.all();
    assert_eq!(all.as_array().map(Vec::len), Some(1), "{all}");
    assert_eq!(all[0]["net"], json!({ "minor_units": 4_990, "currency": "EUR" }));
    assert_eq!((&all[0]["creator"], &all[0]["proof"]), (&json!("Ana Ruiz"), &json!("link")));
    let page = selling.browser.page("/tracking/conversions/1").await;
    for said in ["Ana Ruiz", "49.90 EUR", "a click on link 1", "known again by a keyed hash"] {
        assert!(page.contains(said), "{said} is not in {page}");
    }
    // Of the buyer nothing is held that could be read.
    let files = std::fs::read(selling.place.data_dir().join("operations.sqlite")).expect("the database");
    let journal = std::fs::read(selling.place.data_dir().join("operations.sqlite-wal")).unwrap_or_default();
    for held in [files, journal] {
        let lower: Vec<u8> = held.to_ascii_lowercase();
        assert!(!lower.windows(17).any(|part| part == b"buyer@example.org"));
    }
    assert_eq!(selling.place.json(&["tracking", "forget-buyer", "buyer@example.org"])["orders_and_leads"], 1);
}

#[tokio::test]
async fn what_is_not_signed_as_it_came_is_not_trusted_and_what_comes_again_does_nothing() {
    let selling = Selling::begin().await;
    let now = selling.browser.data.now().unix_seconds();
    let body = format!(r#"{{"order":"7","at":"{}","amount":"10.00"}}"#, days_ago(0));
    let signature = format!("t={now},v1={}", hex(&selling.secret, &format!("{now}.{body}")));
    let flipped = body.replace("10.00", "10.01");
    let reordered = format!(r#"{{"amount":"10.00","order":"7","at":"{}"}}"#, days_ago(0));
    for (headers, body) in [
        (vec![("bellwether-signature", signature.as_str())], flipped.as_str()),
        (vec![("bellwether-signature", signature.as_str())], reordered.as_str()),
        (vec![], body.as_str()),
    ] {
        let answer = selling.raw(&headers, body).await;
        assert_eq!((answer.status, answer.text.contains("signature")), (StatusCode::UNAUTHORIZED, false), "{body}");
    }
    assert_eq!(selling.tell_at(now - 400, &body).await.status, StatusCode::UNAUTHORIZED, "an old moment");
    assert_eq!(send(&selling.browser, "nobody", &[], &body).await.status, StatusCode::UNAUTHORIZED);
    let with_id = [("bellwether-signature", signature.as_str()), ("bellwether-delivery", "d-1")];
    assert!(selling.raw(&with_id, &body).await.text.contains("\"new\":1"));
    assert!(selling.raw(&with_id, &body).await.text.contains("known_delivery"));
    // Another number of the message, the same order: known.
    let other_id = [("bellwether-signature", signature.as_str()), ("bellwether-delivery", "d-2")];
    assert!(selling.raw(&other_id, &body).await.text.contains("\"known\":1"));
    let wrong = selling.tell_at(now, r#"{"order":"8","at":"then","amount":"1"}"#).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.text.contains("\"field\":\"at\""), "{}", wrong.text);
    assert_eq!(selling.all().as_array().map(Vec::len), Some(1));
    let page = selling.browser.page("/tracking/shops/1").await;
    assert!(page.contains("refused") && page.contains("is no moment"), "{page}");
    // Another secret: both are taken for a day.
    let made = selling.place.json(&["tracking", "shop-secret", "Own"]);
    let new_secret = made["secret"].as_str().expect("a secret");
    let body = format!(r#"{{"order":"9","at":"{}","amount":"1.00"}}"#, days_ago(0));
    for secret in [new_secret, &selling.secret] {
        let signature = format!("t={now},v1={}", hex(secret, &format!("{now}.{body}")));
        assert_eq!(selling.raw(&[("bellwether-signature", &signature)], &body).await.status, StatusCode::OK);
    }
    selling.place.json(&["tracking", "shop-end", "Own"]);
    assert_eq!(selling.tell_at(now, &body).await.status, StatusCode::UNAUTHORIZED, "it has ended");
}

#[tokio::test]
async fn lead_sale_refund_and_a_second_telling_come_to_the_same_in_every_order() {
    let mut outcomes = std::collections::BTreeSet::new();
    let selling = Selling::begin().await;
    let token = selling.click(&selling.link("1"), "203.0.113.9").await;
    let at = bellwether::clock::iso_exact(selling.browser.data.now());
    for (place, order_of) in orders_of_four().into_iter().enumerate() {
        let (order, email) = (format!("o{place}"), format!("b{place}@example.org"));
        for step in order_of {
            let body = match step {
                0 => json!({ "kind": "lead", "order": format!("l{place}"), "at": at, "email": email, "click": token }),
                1 => json!({ "order": order, "at": at, "amount": "100.00", "email": email }),
                2 => json!({ "kind": "refund", "order": order, "id": "r", "at": at, "amount": "30.00" }),
                // Told again with the code that was forgotten.
                _ => json!({ "order": order, "at": at, "amount": "100.00", "email": email, "code": "nobody" }),
            };
            selling.tell(body).await;
        }
        let all = selling.place.json(&["tracking", "conversions", "--kind", "sale", "--limit", "200"]);
        let one = all
            .as_array()
            .and_then(|all| all.iter().find(|one| one["order"] == order.as_str()))
            .expect("the order")
            .clone();
        outcomes.insert(format!("{} {} {} {}", one["net"], one["creator"], one["proof"], one["why"]));
    }
    assert_eq!(outcomes.len(), 1, "{outcomes:?}");
    let only = outcomes.first().expect("one");
    assert!(only.contains("7000") && only.contains("Ana Ruiz"), "the lead's click is the buyer's: {only}");
}

fn orders_of_four() -> Vec<Vec<usize>> {
    let mut all = vec![];
    for a in 0..4 {
        for b in (0..4).filter(|b| *b != a) {
            for c in (0..4).filter(|c| ![a, b].contains(c)) {
                let d = 6 - a - b - c;
                all.push(vec![a, b, c, d]);
            }
        }
    }
    all
}

#[tokio::test]
async fn a_click_of_six_days_goes_before_anothers_code_and_one_of_eight_does_not_and_both_are_contested() {
    let selling = Selling::begin().await;
    let (ana, _) = (selling.link("1"), selling.link("2"));
    selling.place.json(&["tracking", "code", "bo10", "--deal", "2"]);
    for (order, days) in [("six", 6), ("eight", 8)] {
        selling
            .tell(json!({
                "order": order, "at": days_ago(0), "amount": "20.00", "link": ana, "clicked_at": days_ago(days), "code": " Bo10 ",
            }))
            .await;
    }
    // A coupon that is nobody's hides no click.
    selling.tell(json!({ "order": "coupon", "at": days_ago(0), "amount": "5.00", "link": ana, "clicked_at": days_ago(1), "code": "SALE" })).await;
    let all = selling.all();
    let of =
        |order: &str| all.as_array().and_then(|all| all.iter().find(|one| one["order"] == order)).expect("it").clone();
    assert_eq!((&of("six")["creator"], &of("six")["contested"]), (&json!("Ana Ruiz"), &json!(true)));
    assert_eq!((&of("eight")["creator"], &of("eight")["contested"]), (&json!("Ben"), &json!(true)));
    assert_eq!((&of("coupon")["creator"], &of("coupon")["contested"]), (&json!("Ana Ruiz"), &json!(false)));
    let codes = selling.browser.page("/tracking/codes").await;
    assert!(codes.contains("SALE") && codes.contains("nobody’s here"), "{codes}");
    // A person decides otherwise, and leaves it to the rules again.
    let id = of("six")["id"].to_string();
    selling
        .browser
        .post(&format!("/tracking/conversions/{id}"), &[("do", "decide"), ("contact", "2")])
        .await
        .location();
    assert_eq!(selling.place.json(&["tracking", "conversion", &id])["credited"]["contact"], 2);
    selling
        .browser
        .post(&format!("/tracking/conversions/{id}"), &[("do", "decide"), ("contact", "99")])
        .await
        .is_refused_at("contact", "99");
    selling.browser.post(&format!("/tracking/conversions/{id}"), &[("do", "rules")]).await.location();
    assert_eq!(selling.place.json(&["tracking", "conversion", &id])["credited"]["contact"], 1);

    let report = selling.place.json(&["tracking", "attribution", "--keep", "Spring"]);
    let found = &report["found"];
    assert_eq!((&found["orders"], &found["touched"], &found["contested"]), (&json!(3), &json!(3), &json!(2)));
    for (place, model) in found["models"].as_array().expect("models").iter().enumerate() {
        let sum: f64 = found["creators"]
            .as_array()
            .expect("creators")
            .iter()
            .filter_map(|one| one["by_model"][place][0].as_f64())
            .sum();
        assert!((sum - 3.0).abs() < 1e-9, "{model}: {sum}");
    }
    for creator in found["creators"].as_array().expect("creators") {
        let value = &creator["value"];
        assert!(value["lo"].as_f64() <= value["value"].as_f64() && value["value"].as_f64() <= value["hi"].as_f64());
    }
    // What comes later changes the next report and not the one that was kept.
    selling.tell(json!({ "order": "later", "at": days_ago(0), "amount": "7.00", "code": "BO10" })).await;
    assert_eq!(selling.place.json(&["tracking", "attribution"])["found"]["orders"], 4);
    let kept = selling.place.json(&["tracking", "report", "1"]);
    assert_eq!(kept["found"], report["found"]);
    let page = selling.browser.page("/tracking/attribution/reports/1").await;
    for said in ["Spring", "Shapley", "Ana Ruiz", "2 contested"] {
        assert!(page.contains(said), "{said} is not in {page}");
    }
    let sheet = selling.browser.page("/tracking/attribution.csv").await;
    assert!(sheet.contains("last_orders") && sheet.contains("Ben"), "{sheet}");
    let refused = selling.browser.get("/tracking/attribution?window=900").await;
    refused.is_refused_at("window", "900");
}

#[tokio::test]
async fn a_code_that_is_named_later_counts_for_orders_before_and_a_forgotten_creators_code_names_nobody() {
    let selling = Selling::begin().await;
    selling.tell(json!({ "order": "1", "at": days_ago(3), "amount": "20.00", "code": "ANARUIZ" })).await;
    assert_eq!(selling.all()[0]["creator"], Value::Null);
    let form = [("code", "AnaRuiz"), ("deal", "1")];
    selling.browser.post("/tracking/codes", &form).await.location();
    assert_eq!(selling.all()[0]["creator"], "Ana Ruiz");
    selling
        .browser
        .post("/tracking/codes", &[("code", "anaruiz"), ("deal", "2")])
        .await
        .is_refused_at("code", "anaruiz");
    selling.browser.post("/tracking/codes", &[("code", "BO"), ("deal", "77")]).await.is_refused_at("deal", "77");
    let file = selling.place.file("codes.csv", "code,creator\nBO20,Ben\nANARUIZ,Ana Ruiz\nX,Ben\nZZ10,Nobody\n");
    let brought = selling.place.json(&["tracking", "import-codes", &text(&file)]);
    assert_eq!((&brought["new"], &brought["known"]), (&json!(1), &json!(1)));
    let refused = brought["refused"].as_array().expect("rows");
    assert_eq!(refused.iter().map(|one| one["row"].as_u64()).collect::<Vec<_>>(), [Some(4), Some(5)], "{brought}");
    selling.place.json(&["outreach", "forget", "Ana Ruiz"]);
    let codes = selling.place.json(&["tracking", "codes"]).to_string();
    assert!(!codes.to_lowercase().contains("ana"), "{codes}");
    let one = selling.place.json(&["tracking", "conversion", "1"]).to_string();
    assert!(!one.to_lowercase().contains("ana"), "{one}");
    let taken = selling.place.refused(&["tracking", "code", "ANARUIZ", "--contact", "2"]);
    assert!(taken.contains("or was"), "{taken}");
}

#[tokio::test]
async fn orders_of_a_file_are_taken_once_and_wrong_rows_are_named() {
    let selling = Selling::begin().await;
    let rows = "Name,Email,Financial Status,Total,Currency,Discount Code,Created at,Refunded Amount,Id\n\
                #1001,a@example.org,paid,49.90,EUR,BO10,2026-03-01 10:00:00 +0100,0.00,901\n\
                #1001,a@example.org,,,,,,,\n\
                #1002,b@example.org,refunded,20.00,EUR,,2026-03-02 10:00:00 +0100,20.00,902\n\
                #1003,c@example.org,paid,1.200,EUR,,2026-03-02 10:00:00 +0100,,903\n\
                #1004,d@example.org,paid,9.00,EUR,,someday,,904\n\
                #1005,e@example.org,pending,8.00,EUR,,2026-03-02 10:00:00 +0100,,905\n";
    let file = selling.place.file("orders.csv", rows);
    let first = selling.place.json(&["tracking", "orders", &text(&file), "--shop", "Own"]);
    assert_eq!((&first["new"], &first["further_lines"]), (&json!(3), &json!(1)), "{first}");
    let refused: Vec<(u64, &str)> = first["refused"]
        .as_array()
        .expect("rows")
        .iter()
        .filter_map(|one| Some((one["row"].as_u64()?, one["column"].as_str()?)))
        .collect();
    assert_eq!(refused, [(5, "Total"), (6, "Created at")], "{first}");
    let again = selling.place.json(&["tracking", "orders", &text(&file), "--shop", "Own"]);
    assert_eq!((&again["new"], &again["changed"], &again["known"]), (&json!(0), &json!(0), &json!(3)));
    let all = selling.all();
    let of =
        |name: &str| all.as_array().and_then(|all| all.iter().find(|one| one["name"] == name)).expect("it").clone();
    assert_eq!(of("#1002")["net"]["minor_units"], 0);
    assert_eq!(of("#1005")["left_out_because"], "not paid yet");
    assert_eq!(of("#1001")["at"], "2026-03-01T09:00:00Z");
    let tried = selling.place.json(&["tracking", "orders", &text(&file), "--shop", "Own", "--dry-run"]);
    assert_eq!((&tried["is_try"], &tried["new"]), (&json!(true), &json!(3)));
}

#[tokio::test]
async fn shops_tell_in_their_own_words_and_their_privacy_messages_are_heard() {
    let selling = Selling::begin().await;
    let place = &selling.place;
    let shop = |name: &str, kind: &str, more: &[&str]| {
        let made = place.json(&[&["tracking", "shop", name, "--kind", kind, "--secret", "geheim"][..], more].concat());
        made["public_id"].as_str().expect("an id").to_owned()
    };
    let signed = |body: &str| {
        let mut mac = Hmac::<Sha256>::new_from_slice(b"geheim").expect("a key");
        mac.update(body.as_bytes());
        base64::engine::general_purpose::STANDARD.encode(mac.finalize().into_bytes())
    };
    selling.link("1");
    let shopify = shop("S", "shopify", &[]);
    let order = json!({
        "id": 450, "name": "#1001", "created_at": days_ago(0), "updated_at": days_ago(0), "test": false, "currency": "EUR",
        "total_price": "49.90", "financial_status": "paid", "email": "b@example.org",
        "landing_site": "/?utm_medium=creator&utm_content=deal-1", "discount_codes": [],
    })
    .to_string();
    let signature = signed(&order);
    let headers =
        |topic: &'static str, id: &'static str| vec![("x-shopify-topic", topic), ("x-shopify-webhook-id", id)];
    let sent = |mut headers: Vec<(&'static str, &'static str)>, signature: String, body: String| {
        let (browser, shop) = (selling.browser.clone(), shopify.clone());
        async move {
            headers.push(("x-shopify-hmac-sha256", Box::leak(signature.into_boxed_str())));
            send(&browser, &shop, &headers, &body).await
        }
    };
    assert!(sent(headers("orders/paid", "w1"), signature.clone(), order.clone()).await.text.contains("\"new\":1"));
    assert!(sent(headers("orders/create", "w2"), signature.clone(), order.clone()).await.text.contains("\"known\":1"));
    assert!(sent(headers("orders/paid", "w1"), signature, order).await.text.contains("known_delivery"));
    let refund = json!({
        "id": 5, "order_id": 450, "created_at": days_ago(0),
        "transactions": [{ "kind": "refund", "status": "success", "amount": "10.00", "currency": "EUR" }],
    })
    .to_string();
    assert_eq!(sent(headers("refunds/create", "w3"), signed(&refund), refund).await.status, StatusCode::OK);
    let all = selling.all();
    assert_eq!((&all[0]["net"]["minor_units"], &all[0]["creator"]), (&json!(3_990), &json!("Ana Ruiz")));
    let redact = json!({ "customer": { "email": "B@example.org" } }).to_string();
    sent(headers("customers/redact", "w4"), signed(&redact), redact).await;
    let page = selling.browser.page("/tracking/shops/2").await;
    assert!(page.contains("a buyer was forgotten, on 1 orders and leads"), "{page}");

    let woo = shop("W", "woocommerce", &[]);
    let order = json!({
        "id": 727, "status": "processing", "currency": "EUR", "total": "29.35", "date_created_gmt": "2026-03-22T19:28:02",
        "billing": { "email": "c@example.org" }, "coupon_lines": [{ "code": "x" }],
    })
    .to_string();
    let signature = signed(&order);
    let woo_headers = [
        ("x-wc-webhook-topic", "order.created"),
        ("x-wc-webhook-delivery-id", "1"),
        ("x-wc-webhook-signature", &signature),
    ];
    assert!(send(&selling.browser, &woo, &woo_headers, &order).await.text.contains("\"new\":1"));

    let stripe = shop("T", "stripe", &[]);
    let event = json!({
        "id": "evt_1", "type": "checkout.session.completed", "created": jiff_now(), "livemode": true,
        "data": { "object": { "id": "cs_1", "payment_intent": "pi_1", "amount_total": 1_000, "currency": "eur", "payment_status": "paid" } },
    })
    .to_string();
    let now = jiff_now();
    let signature = format!("t={now},v1={}", hex("geheim", &format!("{now}.{event}")));
    assert!(
        send(&selling.browser, &stripe, &[("stripe-signature", &signature)], &event).await.text.contains("\"new\":1")
    );
    assert!(
        send(&selling.browser, &stripe, &[("stripe-signature", &signature)], &event)
            .await
            .text
            .contains("known_delivery")
    );

    let pages =
        place.json(&["tracking", "shop", "P", "--kind", "page", "--origin", "shop.example", "--currency", "EUR"]);
    let pages = pages["public_id"].as_str().expect("an id").to_owned();
    let lead = json!({ "kind": "lead", "order": "f1", "clicks": [] }).to_string();
    let own = [("origin", "https://shop.example"), ("content-type", "text/plain")];
    assert!(send(&selling.browser, &pages, &own, &lead).await.text.contains("\"new\":1"));
    let strange = [("origin", "https://other.example")];
    assert_eq!(send(&selling.browser, &pages, &strange, &lead).await.status, StatusCode::UNAUTHORIZED);
    let script = selling.browser.get("/t/page.js").await;
    assert!(script.text.contains("sendBeacon") && !script.text.contains("document.cookie"));
    assert!(place.refused(&["tracking", "shop", "Q", "--kind", "page"]).contains("origins"));
}

#[tokio::test]
async fn an_order_is_noted_by_hand_and_money_that_went_back_too() {
    let selling = Selling::begin().await;
    let browser = &selling.browser;
    let form = [
        ("kind", "sale"),
        ("order", "1"),
        ("amount", "49,90"),
        ("currency", "EUR"),
        ("at", "2026-03-01"),
        ("of_shop", "Own"),
    ];
    let location = browser.post("/tracking/conversions", &form).await.location().to_owned();
    assert!(location.starts_with("/tracking/conversions/1"), "{location}");
    browser
        .post("/tracking/conversions", &[("order", "2"), ("amount", "many"), ("currency", "EUR")])
        .await
        .is_refused_at("amount", "many");
    browser
        .post("/tracking/conversions", &[("order", "2"), ("at", "someday"), ("amount", "1"), ("currency", "EUR")])
        .await
        .is_refused_at("at", "someday");
    browser
        .post("/tracking/conversions/1", &[("do", "money"), ("money_kind", "refund"), ("amount", "x")])
        .await
        .is_refused_at("amount", "x");
    browser
        .post("/tracking/conversions/1", &[("do", "money"), ("money_kind", "chargeback"), ("amount", "9.90")])
        .await
        .location();
    assert_eq!(selling.all()[0]["net"]["minor_units"], 4_000);
    let page = browser.page("/tracking/conversions").await;
    assert!(page.contains("left: 40.00 EUR"), "{page}");
    let noted = selling.place.json(&["tracking", "refund", "1", "5.00", "--number", "r1"]);
    assert_eq!((&noted["changed"], &noted["net"]["minor_units"]), (&json!(true), &json!(3_500)));
    assert_eq!(selling.place.json(&["tracking", "refund", "1", "5.00", "--number", "r1"])["changed"], false);
    let made = browser.post("/tracking/shops", &[("name", "New"), ("kind", "postback")]).await;
    assert!(made.status == StatusCode::OK && made.text.contains("The secret, shown this once"), "{}", made.text);
    browser.post("/tracking/shops", &[("name", "New"), ("kind", "postback")]).await.is_refused_at("name", "New");
}

#[tokio::test]
async fn other_programs_hear_of_an_order_and_its_refund_and_nothing_of_its_buyer() {
    let selling = Selling::begin().await;
    let events = ["--event", "conversion.created", "--event", "conversion.updated", "--event", "lead.created"];
    selling.place.json(&[&["tracking", "webhooks", "add", "https://hooks.example/in"][..], &events].concat());
    let at = days_ago(0);
    selling.tell(json!({ "order": "1", "at": at, "amount": "20.00", "code": "x", "email": "buyer@example.org" })).await;
    selling.tell(json!({ "kind": "refund", "order": "1", "id": "r", "at": at, "amount": "5.00" })).await;
    selling.tell(json!({ "kind": "lead", "order": "l", "at": at })).await;
    // Told again, and brought in by a file: no news.
    selling.tell(json!({ "order": "1", "at": at, "amount": "20.00", "code": "x", "email": "buyer@example.org" })).await;
    let file = selling.place.file("orders.csv", "order,date,total\n2,2026-03-01,7.00\n");
    selling.place.json(&["tracking", "orders", &text(&file), "--shop", "Own"]);
    let told = selling.place.json(&["tracking", "webhooks", "deliveries", "1"]);
    let kinds: Vec<&str> = told["deliveries"]
        .as_array()
        .or_else(|| told.as_array())
        .expect("messages")
        .iter()
        .filter_map(|one| one["event"].as_str())
        .collect();
    assert_eq!(kinds, ["lead.created", "conversion.updated", "conversion.created"], "{told}");
    let text = told.to_string();
    assert!(text.contains("1500") && !text.contains("buyer"), "{text}");
}

#[tokio::test]
async fn an_order_decided_by_hand_without_any_proof_is_credited_in_the_report_too() {
    let selling = Selling::begin().await;
    selling.tell(json!({ "order": "phone", "at": days_ago(1), "amount": "80.00" })).await;
    let before = selling.place.json(&["tracking", "attribution"]);
    assert_eq!((&before["found"]["orders"], &before["found"]["touched"]), (&json!(1), &json!(0)));
    selling.place.json(&["tracking", "decide", "1", "1"]);
    let after = selling.place.json(&["tracking", "attribution"]);
    assert_eq!((&after["found"]["touched"], &after["found"]["contested"]), (&json!(1), &json!(0)));
    assert_eq!(after["found"]["creators"][0]["value"]["value"], 8_000.0);
    assert_ne!(before["data_hash"], after["data_hash"], "a decision is part of what a report is made of");
}

#[tokio::test]
async fn of_several_shops_one_is_to_be_said_and_an_amount_of_two_readings_is_asked_about() {
    let selling = Selling::begin().await;
    selling.place.json(&["tracking", "shop", "Other", "--kind", "file"]);
    let form = [("kind", "sale"), ("order", "1"), ("amount", "10.00"), ("currency", "EUR")];
    let answer = selling.browser.post("/tracking/conversions", &form).await;
    assert!(
        answer.status == StatusCode::UNPROCESSABLE_ENTITY && answer.text.contains("id=\"problem-shop\""),
        "{}",
        answer.text
    );
    let two = [("kind", "sale"), ("order", "1"), ("amount", "1.200"), ("currency", "EUR"), ("of_shop", "Other")];
    selling.browser.post("/tracking/conversions", &two).await.is_refused_at("amount", "1.200");
    let file = selling.place.file("orders.csv", "order,date,total\n1,2026-03-01,7.00\n");
    assert!(selling.place.refused(&["tracking", "orders", &text(&file)]).contains("several shops"));
    assert_eq!(selling.all(), json!([]));
}

#[tokio::test]
async fn a_buyer_who_is_forgotten_is_not_known_again_however_often_their_order_is_told() {
    let selling = Selling::begin().await;
    let told = json!({ "order": "1", "at": days_ago(1), "amount": "20.00", "email": "b@example.org", "heard_from": "Ana Ruiz" });
    selling.tell(told.clone()).await;
    assert!(selling.place.json(&["tracking", "conversion", "1"])["proofs"].to_string().contains("Ana Ruiz"));
    assert_eq!(selling.place.json(&["tracking", "forget-buyer", "b@example.org"])["orders_and_leads"], 1);
    let mut again = told;
    again["updated_at"] = json!(days_ago(0));
    selling.tell(again).await;
    let page = selling.browser.page("/tracking/conversions/1").await;
    assert!(!page.contains("known again by a keyed hash") && !page.contains("said when asked"), "{page}");
    assert_eq!(selling.place.json(&["tracking", "forget-buyer", "b@example.org"])["orders_and_leads"], 0);
}

#[tokio::test]
async fn forgetting_one_creator_takes_no_code_of_another_shop_and_old_orders_do_not_bring_theirs_back() {
    let selling = Selling::begin().await;
    selling.place.json(&["tracking", "shop", "Other", "--kind", "file"]);
    selling.place.json(&["tracking", "code", "SAVE10", "--deal", "1", "--shop", "Own"]);
    selling.place.json(&["tracking", "code", "SAVE10", "--deal", "2", "--shop", "Other"]);
    let ours =
        json!({ "order": "1", "at": days_ago(1), "amount": "20.00", "code": "save10", "heard_from": "Ana Ruiz" });
    selling.tell(ours.clone()).await;
    selling.place.json(&[
        "tracking",
        "order",
        "2",
        "--amount",
        "5.00",
        "--currency",
        "EUR",
        "--shop",
        "Other",
        "--code",
        "SAVE10",
    ]);
    let codes = selling.place.json(&["tracking", "codes"]);
    assert_eq!((&codes[0]["uses"], &codes[1]["uses"]), (&json!(1), &json!(1)));
    selling.place.json(&["outreach", "forget", "Ana Ruiz"]);
    let all = selling.all();
    let of =
        |order: &str| all.as_array().and_then(|all| all.iter().find(|one| one["order"] == order)).expect("it").clone();
    assert_eq!((&of("2")["creator"], &of("1")["creator"]), (&json!("Ben"), &Value::Null));
    selling.tell(ours).await;
    let held = selling.place.json(&["tracking", "conversion", &of("1")["id"].to_string()])["proofs"].to_string();
    assert!(!held.contains("SAVE10"), "{held}");
}

#[tokio::test]
async fn a_shops_program_is_not_made_to_give_up_and_two_orders_of_one_second_are_two() {
    let selling = Selling::begin().await;
    let made = selling.place.json(&["tracking", "shop", "W", "--kind", "woocommerce", "--secret", "geheim"]);
    let shop = made["public_id"].as_str().expect("an id").to_owned();
    let ping =
        send(&selling.browser, &shop, &[("content-type", "application/x-www-form-urlencoded")], "webhook_id=7").await;
    assert_eq!(ping.status, StatusCode::OK);
    let order = |id: u64, total: &str| {
        json!({
            "id": id, "status": "processing", "currency": "EUR", "total": total, "date_created_gmt": "2026-03-22T19:28:02",
        })
        .to_string()
    };
    for (body, said) in
        [(order(1, "10.00"), "\"new\":1"), (order(2, "11.00"), "\"new\":1"), (order(3, "12.345"), "not understood")]
    {
        let mut mac = Hmac::<Sha256>::new_from_slice(b"geheim").expect("a key");
        mac.update(body.as_bytes());
        let signature = base64::engine::general_purpose::STANDARD.encode(mac.finalize().into_bytes());
        // Its number is the same for all of one second.
        let headers = [
            ("x-wc-webhook-topic", "order.created"),
            ("x-wc-webhook-delivery-id", "same"),
            ("x-wc-webhook-signature", &signature),
        ];
        let answer = send(&selling.browser, &shop, &headers, &body).await;
        assert!(answer.status == StatusCode::OK && answer.text.contains(said), "{}", answer.text);
    }
    let page = selling.browser.page("/tracking/shops/2").await;
    assert!(page.contains("12.345") && page.contains("refused"), "{page}");
}

#[tokio::test]
async fn an_order_two_creators_touched_is_in_the_reports_of_both_and_sold_by_the_last_alone() {
    let selling = Selling::begin().await;
    let (ana, ben) = (selling.link("1"), selling.link("2"));
    for (order, link, days) in [("both", &ana, 5), ("ana", &ana, 1), ("ben", &ben, 1)] {
        selling
            .tell(json!({ "order": order, "at": days_ago(0), "amount": "10.00", "link": link, "clicked_at": days_ago(days) }))
            .await;
    }
    selling
        .tell(json!({ "order": "both", "at": days_ago(0), "amount": "10.00", "link": ben, "clicked_at": days_ago(1) }))
        .await;
    for (deal, orders) in [(1, 1), (2, 2)] {
        let of = store::tracking::LinkFilter { deal: Some(deal), ..store::tracking::LinkFilter::default() };
        let sold = bellwether::tracking::conversions::sold(&selling.browser.data, &of).await.expect("reads");
        assert_eq!(sold.orders, orders, "deal {deal}: the last click of the third order is Ben's");
    }
}

#[tokio::test]
async fn an_order_is_new_to_others_when_it_comes_though_its_refund_came_before() {
    let selling = Selling::begin().await;
    let events = ["--event", "conversion.created", "--event", "conversion.updated"];
    selling.place.json(&[&["tracking", "webhooks", "add", "https://hooks.example/in"][..], &events].concat());
    selling.tell(json!({ "kind": "refund", "order": "1", "id": "r", "at": days_ago(0), "amount": "5.00" })).await;
    selling.tell(json!({ "order": "1", "at": days_ago(1), "amount": "20.00" })).await;
    let told = selling.place.json(&["tracking", "webhooks", "deliveries", "1"]).to_string();
    assert!(told.contains("conversion.created") && !told.contains("conversion.updated"), "{told}");
}

#[tokio::test]
async fn what_cannot_be_meant_is_refused_and_says_what_to_do() {
    let selling = Selling::begin().await;
    let refused = |words: &[&str], says: &str| {
        let said = selling.place.refused(words);
        assert!(said.contains(says), "{words:?}: {said}");
    };
    selling.place.json(&["tracking", "order", "1", "--amount", "20.00", "--currency", "EUR", "--code", "CAFE"]);
    selling.place.json(&["tracking", "order", "l", "--kind", "lead"]);
    refused(&["tracking", "refund", "1", "1000"], "20.00 EUR is left of the order");
    refused(&["tracking", "refund", "1", "0"], "above 0");
    refused(&["tracking", "refund", "2", "5"], "a lead has no amount");
    refused(&["tracking", "shop", "S", "--kind", "shopify"], "--secret");
    refused(&["tracking", "shop", "S", "--kind", "woocommerce", "--secret", "a"], "at least 6 letters");
    refused(&["tracking", "link", "https://shop.example", "--until", "2020-01-01"], "over");
    refused(&["tracking", "webhooks", "add", "http://127.0.0.1:9/x"], "webhooks internal on");
    let secrets = selling.place.refused(&["tracking", "webhooks", "add", "http://169.254.169.254/x"]);
    assert!(!secrets.contains("internal on"), "{secrets}");
    let body = json!({ "order": "2", "at": "2090-01-01T00:00:00Z", "amount": "5.00" });
    let now = selling.browser.data.now().unix_seconds();
    let later = selling.tell_at(now, &body.to_string()).await;
    assert!(later.status == StatusCode::UNPROCESSABLE_ENTITY && later.text.contains("future"), "{}", later.text);
    let without = selling.tell_at(now, r#"{"order":"3","amount":"5.00"}"#).await;
    assert!(without.text.contains("missing field `at`"), "{}", without.text);
    selling.place.json(&["tracking", "code", "CAFE", "--deal", "1"]);
    assert_eq!(selling.place.json(&["tracking", "codes"])[0]["uses"], 1);
}
