//! Published posts: pieces followed to the posts they became, proposals that wait for a person, measurements by hand, from files and
//! imported, compared at the same age; through the router and the command line.

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use lake::Provenance;
use model::facts::{AccountFact, FactBatch, PostFact, PostKind, PostMetricFact, TextFact};
use model::outreach::deals::{DealState, DeliverableState, Party};
use model::{AccountId, ImportId, Money, Platform, PostId, Timestamp};
use serde_json::{Value, json};
use store::outreach::content::NewDeliverable;
use store::outreach::deals::{DealStep, Stepped};
use store::{NewCampaign, NewPlan};

use crate::harness::{Place, text};
use crate::outreach_pages::{Answer, Browser, place_with_people};

const HOUR: i64 = 3_600_000_000;
const DAY: i64 = 24 * HOUR;
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\x1f\x15\xc4\x89";

/// Ana's deal of some stories on Instagram, which she accepted forty days ago; her account there.
struct Held {
    place: Place,
    browser: Browser,
    account: AccountId,
    accepted_at: Timestamp,
}

fn iso(at: Timestamp) -> String {
    bellwether::clock::iso(at)
}

/// A campaign of a brand whose own account is `@hopbrand` on Instagram.
async fn campaign(place: &Place, browser: &Browser) -> i64 {
    place.json(&["matching", "brand", "Hop House", "--own-account", "instagram:HopBrand"]);
    let store = &browser.data.store;
    let brand = store.brand("Hop House").await.expect("reads").expect("is there").id;
    let plan = NewPlan {
        brand,
        campaign: "Spring",
        asked: "{}",
        made: "{}",
        summary: "{}",
        version: 1,
        data_revision: 0,
        creators: &[],
    };
    let plan = store.keep_plan(&plan, Timestamp(1)).await.expect("keeps").expect("is kept");
    let new = NewCampaign {
        brand,
        name: "Spring",
        plan,
        starts_on: None,
        ends_on: None,
        budget: Money::new(5_000, "EUR").expect("money"),
        creators: &[],
    };
    store.begin_campaign(&new, Timestamp(2)).await.expect("begins").expect("is new")
}

async fn held(pieces: usize) -> Held {
    let place = place_with_people();
    let brief = json!({
        "product": "A grinder", "audience": "People who brew", "freedom": "All", "language": "en", "country": "GB",
        "tag": "@hophouse #springgrind", "code": "ANA10", "link": "https://shop.example/grinder",
    });
    let file = place.file("brief.json", brief.to_string());
    place.json(&["outreach", "brief", "Spring", "--file", &text(&file)]);
    let browser = Browser::at(&place).await;
    let campaign = campaign(&place, &browser).await.to_string();
    let offer =
        ["outreach", "offer", "Ana Ruiz", "--brief", "Spring", "--fee", "90 EUR", "--campaign", campaign.as_str()];
    place.json(&[&offer[..], &["--piece", &format!("{pieces} story instagram")]].concat());
    let accepted_at = Timestamp(browser.data.now().0 - 40 * DAY);
    let due_on = iso(Timestamp(accepted_at.0 + 5 * DAY))[..10].to_owned();
    let piece = NewDeliverable {
        format: "story".to_owned(),
        platform: "instagram".to_owned(),
        draft_due_on: String::new(),
        due_on,
    };
    let step = DealStep {
        event: None,
        deal: 1,
        version: 1,
        next: DealState::Accepted,
        by: Party::Creator,
        actor: "Ana",
        terms: None,
        reason: "",
        accepted_by: "Ana",
        pieces: &vec![piece; pieces],
        payments: &[],
        prices: &[],
        choice: None,
        summary: "accepted",
        stage: None,
    };
    assert_eq!(browser.data.store.step_deal(&step, accepted_at).await.expect("steps"), Stepped::Done);
    let account = AccountFact::new(Platform::Instagram, "", "ana.brews").id;
    browser.data.store.claim_account(1, account).await.expect("is theirs");
    Held { place, browser, account, accepted_at }
}

/// A post as an import brings it.
struct Post<'a> {
    native: &'a str,
    url: Option<&'a str>,
    words: &'a str,
    at: Timestamp,
    /// Age in hours, views, likes.
    readings: &'a [(i64, i64, i64)],
}

impl Held {
    async fn import(&self, number: i64, posts: &[Post<'_>]) {
        let mut batch = FactBatch {
            accounts: vec![AccountFact::new(Platform::Instagram, "", "ana.brews")],
            ..FactBatch::default()
        };
        for post in posts {
            let words = TextFact::new(post.words.to_owned());
            let id = PostId::of(Platform::Instagram, post.native);
            batch.posts.push(PostFact {
                id,
                platform: Platform::Instagram,
                native_id: post.native.to_owned(),
                author: Some(self.account),
                created_at: post.at,
                kind: PostKind::Post,
                title: None,
                text: Some(words.id),
                url: post.url.map(str::to_owned),
                parent: None,
                tags: vec![],
                paid_disclosure: None,
            });
            batch.texts.push(words);
            batch.post_metrics.extend(post.readings.iter().map(|(hours, views, likes)| PostMetricFact {
                post: id,
                observed_at: Timestamp(post.at.0 + hours * HOUR),
                views: Some(*views),
                likes: Some(*likes),
                comments: None,
                shares: None,
                saves: None,
                reach: None,
            }));
        }
        let now = self.browser.data.now();
        let provenance =
            Provenance { source_id: "test".into(), import_id: ImportId(number), fetched_at: now, expires_at: None };
        let mut writer = self.browser.data.lake.begin_import(provenance, now, Box::new(|_| false));
        writer.append(batch).await.expect("takes it");
        writer.commit().await.expect("commits");
    }

    fn json(&self, words: &[&str]) -> Value {
        self.place.json(&[&["tracking", "posts"][..], words].concat())
    }

    fn refused(&self, words: &[&str]) -> String {
        self.place.refused(&[&["tracking", "posts"][..], words].concat())
    }

    /// So many hours after the deal was accepted and a day more.
    fn after(&self, hours: i64) -> Timestamp {
        Timestamp(self.accepted_at.0 + DAY + hours * HOUR)
    }
}

async fn send(browser: &Browser, address: &str, pairs: &[(&str, &str)], name: &str, file: &[u8]) -> Answer {
    let mut body: Vec<u8> = Vec::new();
    for (key, value) in pairs {
        body.extend(format!("--cut\r\nContent-Disposition: form-data; name=\"{key}\"\r\n\r\n{value}\r\n").bytes());
    }
    let head = format!("--cut\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\n");
    body.extend(head.bytes());
    body.extend(file);
    body.extend(b"\r\n--cut--\r\n");
    let request = Request::post(address)
        .header(header::HOST, "localhost")
        .header(header::ORIGIN, "http://localhost")
        .header(header::CONTENT_TYPE, "multipart/form-data; boundary=cut");
    browser.send(request.body(Body::from(body)).expect("a request")).await
}

fn at_age<'a>(piece: &'a Value, metric: &str, age: &str) -> (&'a Value, &'a Value) {
    let of = &piece["at_ages"][metric][age];
    (&of["how"], &of["estimate"])
}

#[tokio::test]
async fn a_piece_is_followed_to_its_post_by_its_address_and_compared_at_the_same_age() {
    let held = held(2).await;
    let waiting = held.browser.page("/tracking/posts").await;
    for said in ["0 of 2 pieces are published", "no post yet", "story 1"] {
        assert!(waiting.contains(said), "{said} is not in {waiting}");
    }
    let noted = "http://instagram.com/ana.brews/reel/Cabc-12_x/?igsh=zzz&utm_source=ig";
    held.browser.post("/outreach/pieces/1", &[("do", "posted"), ("url", noted)]).await.location();
    let alone = held.json(&["show", "1"]);
    assert_eq!((&alone["state"], &alone["post"]["by"]), (&json!("published"), &json!("address")));
    assert_eq!(alone["published_at"], Value::Null, "when it was noted is not when it was published");

    // The same post comes with an import, under another form of its address.
    let published = held.after(0);
    held.import(
        1,
        &[Post {
            native: "17900000000",
            url: Some("https://www.instagram.com/p/Cabc-12_x/"),
            words: "Two weeks with this grinder, made with love.",
            at: published,
            readings: &[(1, 40, 9), (23, 900, 80), (150, 1_700, 100), (200, 2_000, 90)],
        }],
    )
    .await;
    let piece = held.json(&["show", "1"]);
    assert_eq!((&piece["post"]["by"], &piece["published_at"]), (&json!("imported"), &json!(iso(published))));
    let (how, day) = at_age(&piece, "views", "24 h");
    assert_eq!(
        (how, &day["value"], &day["lo"], &day["hi"]),
        (&json!("measured"), &json!(900.0), &json!(900.0), &json!(900.0))
    );
    assert_eq!((&day["grade"], &day["n"], &day["method"]), (&json!("B"), &json!(1), &json!("same_age, measured")));
    let (how, week) = at_age(&piece, "views", "7 d");
    let value = week["value"].as_f64().expect("is known");
    assert_eq!((how, &week["lo"], &week["hi"]), (&json!("between"), &json!(1_700.0), &json!(2_000.0)));
    assert!((1_700.0..2_000.0).contains(&value), "{value}");
    assert_eq!(week["explanation"]["rows"]["link"], "/tracking/posts/1#measurements");
    let (how, month) = at_age(&piece, "views", "30 d");
    assert_eq!((how, &month["value"]), (&json!("not_known"), &Value::Null));
    assert!(month["not_known"].as_str().is_some_and(|why| why.contains("last measured at an age of 8.3 days")));
    assert_eq!(piece["falls"].as_array().map(Vec::len), Some(1), "likes fell: {}", piece["falls"]);

    let page = held.browser.page("/tracking/posts/1").await;
    for said in [
        "Likes fell from 100 to 90",
        "goes with its import",
        "<svg class=\"plot curve\"",
        "between two measurements",
        "Two weeks with this grinder",
        "Known: by the address noted on the piece, and it was imported",
    ] {
        assert!(page.contains(said), "{said} is not in {page}");
    }
    let wall = held.browser.page("/tracking/posts").await;
    for said in ["1 of 2 pieces are published", "Two weeks with this grinder", "between</span>", "#views-24h"] {
        assert!(wall.contains(said), "{said} is not in {wall}");
    }
    assert!(!wall.contains("<img src=\"http") && !page.contains("<img src=\"http"), "nothing is loaded from elsewhere");
    let csv = held.browser.page("/tracking/posts.csv").await;
    assert!(csv.contains(",views,24,measured,900,900,900,") && csv.contains("nothing was measured"), "{csv}");
    let own = held.browser.page("/tracking/posts/1/measurements.csv").await;
    assert!(own.starts_with("piece,address,measured_at,views,reach") && own.contains(",import,test,"), "{own}");
    assert!(held.browser.page("/outreach/deals/1").await.contains("/tracking/posts?deal=1"));
    assert_eq!(held.browser.get("/tracking/posts/9").await.status, StatusCode::NOT_FOUND);

    // Looked at again and gone.
    let look = held.browser.post("/outreach/pieces/1", &[("do", "gone")]).await;
    assert!(look.location().contains("gone"), "{}", look.location());
    assert_eq!(held.json(&["list", "--state", "gone"]).as_array().map(Vec::len), Some(1));
    assert!(held.refused(&["list", "--state", "lost"]).contains("is no state"));
}

#[tokio::test]
async fn what_only_looks_like_the_piece_is_proposed_with_its_reasons_and_waits_for_a_person() {
    let held = held(2).await;
    held.place.json(&["tracking", "link", "https://shop.example/", "--deal", "1", "--slug", "ana-spring"]);
    let post = |native, words, hours| Post { native, url: None, words, at: held.after(hours), readings: &[] };
    let good = Post {
        url: Some("https://www.instagram.com/p/Good/"),
        ..post("Good", "With @HopHouse #SpringGrind, code ANA10: mail.brand.test/t/ana-spring", 20)
    };
    let before = post("Before", "#springgrind already", -30);
    let late = post("Late", "#springgrind", 24 * 36);
    let other = post("Other", "A day at the sea", 30);
    held.import(1, &[good, before, late, other]).await;
    let id = PostId::of(Platform::Instagram, "Good");
    let key = format!("post:{id}");

    let seen = held.json(&["match"]);
    for piece in [0, 1] {
        assert_eq!(seen[piece]["state"], "proposed", "{seen}");
        let proposals = seen[piece]["proposals"].as_array().expect("a list");
        assert_eq!(proposals.len(), 1, "{seen}");
        assert_eq!(proposals[0]["post"], key);
        let kinds: Vec<&str> =
            proposals[0]["reasons"].as_array().expect("a list").iter().filter_map(|of| of["kind"].as_str()).collect();
        assert_eq!(kinds, ["author", "time", "tag", "mention", "link", "code"]);
    }
    let page = held.browser.page("/tracking/posts/1").await;
    for said in ["it mentions @hophouse", "it carries #springgrind", "mail.brand.test/t/ana-spring", "It is this one"] {
        assert!(page.contains(said), "{said} is not in {page}");
    }
    assert!(held.browser.page("/tracking/posts").await.contains("Look at the post that may be it"));

    // Rejected for one piece, and not proposed for it again; confirmed for the other, which is posted by that.
    let rejected = held.json(&["reject", "1", &key]);
    assert_eq!((&rejected["state"], &rejected["rejected"][0]), (&json!("waiting"), &json!(key)));
    assert!(held.refused(&["reject", "1", &key]).contains("is no post of this piece"));
    held.browser.post("/tracking/posts/2", &[("do", "confirm"), ("post", &key)]).await.location();
    let confirmed = held.json(&["show", "2"]);
    assert_eq!((&confirmed["state"], &confirmed["post"]["by"]), (&json!("published"), &json!("confirmed")));
    let row = held.browser.data.store.deliverable(2).await.expect("reads").expect("is there");
    assert_eq!((row.state, row.url.as_str()), (DeliverableState::Live, "https://www.instagram.com/p/Good/"));
    assert!(held.browser.page("/tracking/posts/2").await.contains("it mentions @hophouse"), "why stays known");

    // It is no other piece now, but where a person says that the two share it.
    assert!(held.refused(&["confirm", "1", &key]).contains("this post is piece 2 already"));
    let refused = held.browser.post("/tracking/posts/1", &[("do", "confirm"), ("post", &key)]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text.contains("piece 2 already"), "{}", refused.text);
    let shared = held.json(&["confirm", "1", &id.to_string(), "--share"]);
    assert_eq!((&shared["state"], &shared["post"]["shared_with"]), (&json!("published"), &json!([2])));
    let back = held.json(&["take-back", "1", &key]);
    assert_eq!((&back["state"], &back["proposals"]), (&json!("waiting"), &json!([])), "it is the other's alone");
    assert!(held.refused(&["confirm", "1", "post:77"]).contains("is no post of this piece"));
}

#[tokio::test]
async fn a_mention_of_the_brands_own_account_proposes_a_post_and_what_no_browser_follows_is_no_link() {
    let held = held(1).await;
    let words = "A week with @hopbrand in my kitchen";
    let url = Some("javascript:alert(1)");
    held.import(1, &[Post { native: "Own", url, words, at: held.after(1), readings: &[] }]).await;
    let seen = held.json(&["match", "--deal", "1"]);
    let proposal = &seen[0]["proposals"][0];
    assert_eq!((&proposal["reasons"][2]["words"], &proposal["address"]), (&json!("it mentions @hopbrand"), &json!("")));
    let key = proposal["post"].as_str().expect("a key");
    held.browser.post("/tracking/posts/1", &[("do", "confirm"), ("post", key)]).await.location();
    let page = held.browser.page("/tracking/posts/1").await;
    assert!(page.contains("a person confirmed it") && !page.contains("javascript:"), "{page}");
    let row = held.browser.data.store.deliverable(1).await.expect("reads").expect("is there");
    assert_eq!(row.state, DeliverableState::Waiting, "nothing says where it was posted");
    held.json(&["take-back", "1", key]);
    assert_eq!(held.json(&["show", "1"])["state"], "proposed");
}

#[tokio::test]
async fn two_pieces_with_one_address_ask_before_they_share_a_post() {
    let held = held(2).await;
    for (piece, url) in [(2, "https://youtu.be/dQw4w9WgXcQ"), (1, "https://www.youtube.com/watch?v=dQw4w9WgXcQ&t=3")] {
        held.browser.post(&format!("/outreach/pieces/{piece}"), &[("do", "posted"), ("url", url)]).await.location();
    }
    let seen = held.json(&["show", "1"]);
    assert_eq!((&seen["state"], &seen["proposals"][0]["is_of"]), (&json!("proposed"), &json!(2)));
    assert_eq!(held.json(&["show", "2"])["state"], "published");
    let key = seen["proposals"][0]["post"].as_str().expect("a key").to_owned();
    assert_eq!(key, "address:youtube/dQw4w9WgXcQ");
    assert!(held.browser.page("/tracking/posts/1").await.contains("They share it"));
    assert!(held.refused(&["confirm", "1", &key]).contains("piece 2 already"));
    held.browser.post("/tracking/posts/1", &[("do", "share"), ("post", &key)]).await.location();
    assert_eq!(held.json(&["show", "1"])["post"]["shared_with"], json!([2]));
    assert_eq!(held.json(&["show", "2"])["post"]["shared_with"], json!([1]));
    // It was said of the first, and is taken back there alone.
    let back = "Take back that it is this one";
    assert!(held.browser.page("/tracking/posts/1").await.contains(back));
    assert!(!held.browser.page("/tracking/posts/2").await.contains(back), "there is nothing to take back");
    held.browser.post("/tracking/posts/1", &[("do", "take-back"), ("post", &key)]).await.location();
    assert_eq!(held.json(&["show", "1"])["state"], "proposed");
}

/// A post of Ana's on Instagram that carries the tag of the brief.
fn tagged(native: &str, at: Timestamp) -> Post<'_> {
    Post { native, url: None, words: "A week of #springgrind", at, readings: &[] }
}

fn post_named(native: &str) -> String {
    format!("post:{}", PostId::of(Platform::Instagram, native))
}

#[tokio::test]
async fn who_says_that_a_second_piece_shares_a_post_leaves_the_first_as_it_is() {
    let held = held(3).await;
    let url = "https://www.instagram.com/p/Both1/";
    held.browser.post("/outreach/pieces/1", &[("do", "posted"), ("url", url)]).await.location();
    held.import(1, &[Post { url: Some(url), ..tagged("Both1", held.after(1)) }]).await;
    let key = post_named("Both1");
    assert!(held.refused(&["confirm", "2", &key]).contains("piece 1 already"));
    held.json(&["confirm", "2", &key, "--share"]);
    for (piece, other) in [("1", 2), ("2", 1)] {
        let seen = held.json(&["show", piece]);
        assert_eq!((&seen["state"], &seen["post"]["shared_with"]), (&json!("published"), &json!([other])), "{seen}");
        let page = held.browser.page(&format!("/tracking/posts/{piece}")).await;
        assert_eq!(page.contains("Take back that it is this one"), piece == "2", "{page}");
    }
    // Of a third with that address nobody has said anything.
    held.browser.post("/outreach/pieces/3", &[("do", "posted"), ("url", url)]).await.location();
    assert_eq!(held.json(&["show", "3"])["state"], "proposed");
    assert_eq!(held.json(&["show", "1"])["post"]["shared_with"], json!([2]));
    held.json(&["take-back", "2", &key]);
    assert_eq!(held.json(&["show", "1"])["post"]["shared_with"], json!([]));
}

#[tokio::test]
async fn taking_a_confirmation_back_takes_the_address_off_the_piece_that_it_wrote_and_no_other() {
    let held = held(2).await;
    let address = |native: &str| format!("https://www.instagram.com/p/{native}/");
    let (first, second) = (address("First1"), address("Second1"));
    held.import(
        1,
        &[
            Post { url: Some(&first), ..tagged("First1", held.after(1)) },
            Post { url: Some(&second), ..tagged("Second1", held.after(2)) },
        ],
    )
    .await;
    let row = async |piece| held.browser.data.store.deliverable(piece).await.expect("reads").expect("is there");
    let deal = async || held.browser.data.store.deal(1).await.expect("reads").expect("is there").state;
    held.json(&["confirm", "1", &post_named("First1")]);
    assert_eq!((row(1).await.state, row(1).await.url), (DeliverableState::Live, first.clone()));
    // Another post in its place brings its own address along.
    held.json(&["confirm", "1", &post_named("Second1")]);
    assert_eq!(row(1).await.url, second);
    held.json(&["confirm", "2", &post_named("First1")]);
    assert_eq!(deal().await, DealState::Delivered);
    let back = held.json(&["take-back", "1", &post_named("Second1")]);
    assert_eq!(back["state"], "proposed", "{back}");
    assert_eq!(
        (row(1).await.state, row(1).await.url, row(1).await.live_at),
        (DeliverableState::Waiting, String::new(), None)
    );
    assert_eq!(deal().await, DealState::InWork, "what is not posted is not delivered");
    assert!(held.browser.data.store.second_looks(1).await.expect("reads").is_empty());
    assert_eq!(row(2).await.url, first, "the other piece stays");

    // What a person types stays.
    held.json(&["confirm", "1", &post_named("Second1")]);
    let typed = "https://www.instagram.com/reel/Typed1/";
    held.browser.post("/outreach/pieces/1", &[("do", "posted"), ("url", typed)]).await.location();
    held.json(&["take-back", "1", &post_named("Second1")]);
    assert_eq!((row(1).await.state, row(1).await.url.as_str()), (DeliverableState::Live, typed));
}

#[tokio::test]
async fn confirming_twice_keeps_what_was_said_first() {
    let held = held(1).await;
    held.import(1, &[tagged("Twice1", held.after(1))]).await;
    let key = post_named("Twice1");
    let first = held.json(&["confirm", "1", &key])["post"]["reasons"].clone();
    assert_eq!(first.as_array().map(Vec::len), Some(3), "{first}");
    let again = held.json(&["confirm", "1", &key]);
    assert_eq!(again["post"]["reasons"], first);
    let log = held.browser.data.store.audit(Some("piece 1"), 9).await.expect("reads");
    assert_eq!(log.iter().filter(|line| line.what == "confirmed a post").count(), 1);
}

#[tokio::test]
async fn an_address_that_cannot_be_noted_is_refused_before_anything_is_written() {
    let held = held(1).await;
    let url = Some("https://www.instagram.com/p/Odd 1/");
    held.import(1, &[Post { url, ..tagged("Odd1", held.after(1)) }]).await;
    let key = post_named("Odd1");
    assert!(held.refused(&["confirm", "1", &key]).contains("cannot be noted on the piece"));
    let refused = held.browser.post("/tracking/posts/1", &[("do", "confirm"), ("post", &key)]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text.contains("cannot be noted on the piece"), "{}", refused.text);
    assert!(held.browser.data.store.post_decisions().await.expect("reads").is_empty());
}

#[tokio::test]
async fn proposals_beyond_the_likeliest_are_counted() {
    let held = held(1).await;
    let names: Vec<String> = (0..7).map(|number| format!("Many{number}")).collect();
    let posts: Vec<Post<'_>> = names.iter().zip(1..).map(|(name, hours)| tagged(name, held.after(hours))).collect();
    held.import(1, &posts).await;
    let seen = held.json(&["show", "1"]);
    assert_eq!((seen["proposals"].as_array().map(Vec::len), &seen["more_proposals"]), (Some(5), &json!(2)));
    assert!(held.browser.page("/tracking/posts/1").await.contains("and 2 more that are less likely"));
    assert!(held.browser.page("/tracking/posts").await.contains("Look at 7 posts that may be it"));
    let said = String::from_utf8_lossy(&held.place.run(&["tracking", "posts", "show", "1"]).stdout).into_owned();
    assert!(said.contains("and 2 more that are less likely"), "{said}");
}

#[tokio::test]
async fn codes_of_the_deal_and_of_its_creator_speak_for_a_post_each_once() {
    let held = held(1).await;
    held.place.json(&["tracking", "code", "BREW-20", "--deal", "1"]);
    held.place.json(&["tracking", "code", "ana10", "--deal", "1"]);
    held.place.json(&["tracking", "code", "RUIZ", "--contact", "1"]);
    let words = |native, words, hours| Post { words, ..tagged(native, held.after(hours)) };
    held.import(
        1,
        &[
            words("OfDeal", "Take BREW-20!", 1),
            words("OfHers", "Take RUIZ.", 2),
            words("OfBrief", "Take ANA10 today", 3),
            words("Longer", "Take BREW-200, RUIZ-2 or ANA100", 4),
        ],
    )
    .await;
    let seen = held.json(&["show", "1"]);
    let told: std::collections::BTreeMap<&str, Vec<&str>> = seen["proposals"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|of| {
            let reasons = of["reasons"].as_array().expect("a list").iter().skip(2);
            (of["post"].as_str().expect("a key"), reasons.filter_map(|reason| reason["words"].as_str()).collect())
        })
        .collect();
    assert_eq!(told.len(), 3, "{seen}");
    assert_eq!(told[post_named("OfDeal").as_str()], ["it contains the code BREW-20"]);
    assert_eq!(told[post_named("OfHers").as_str()], ["it contains the code RUIZ"]);
    assert_eq!(told[post_named("OfBrief").as_str()], ["it contains the code ana10"], "said once");
}

#[tokio::test]
async fn a_post_known_by_its_comments_alone_has_no_moment_and_one_whose_rows_tell_it_has() {
    let held = held(2).await;
    for (piece, name) in [(1, "Quiet1"), (2, "Dated1")] {
        let url = format!("https://www.instagram.com/p/{name}/");
        held.browser.post(&format!("/outreach/pieces/{piece}"), &[("do", "posted"), ("url", &url)]).await.location();
    }
    let (made, said) = (iso(held.after(0)), iso(held.after(9)));
    let rows = format!("who,whose,when,under,made\nben,ana.brews,{said},Quiet1,\nben,ana.brews,{said},Dated1,{made}\n");
    let file = held.place.file("comments.csv", rows);
    let map = "interactions:actor=who,target=whose,at=when,post=under,post_at=made";
    held.place.json(&["ingest", "csv", &text(&file), "--platform", "instagram", "--map", map]);
    let (quiet, dated) = (held.json(&["show", "1"]), held.json(&["show", "2"]));
    assert_eq!((&quiet["post"]["by"], &quiet["published_at"]), (&json!("imported"), &Value::Null), "{quiet}");
    assert_eq!((&dated["post"]["by"], &dated["published_at"]), (&json!("imported"), &json!(made)), "{dated}");
    let again = held.place.file("more.csv", format!("who,whose,when,under,made\nben,ana.brews,{said},Odd,soon\n"));
    let taken = held.place.json(&["ingest", "csv", &text(&again), "--platform", "instagram", "--map", map]);
    assert!(taken.to_string().contains("is not a date"), "{taken}");
}

#[tokio::test]
async fn a_table_that_a_page_gives_holds_the_same_rows_when_it_is_brought_again() {
    let held = held(1).await;
    let url = "https://www.instagram.com/p/Again1/";
    held.browser.post("/outreach/pieces/1", &[("do", "posted"), ("url", url)]).await.location();
    let readings = &[(3, 40, 9), (30, 900, 80)];
    held.import(1, &[Post { url: Some(url), readings, ..tagged("Again1", held.after(0)) }]).await;
    held.json(&["measure", "1", "views=1200", "exits=0", "--at", &iso(held.after(50))]);
    let typed = held.place.file("typed.csv", format!("piece,measured_at,reach\n1,{},700\n", iso(held.after(60))));
    held.json(&["import", &text(&typed)]);
    let count = || held.json(&["show", "1"])["measurements"].as_array().map(Vec::len);
    assert_eq!(count(), Some(4));
    let given = held.browser.page("/tracking/posts/1/measurements.csv").await;
    let file = held.place.file("given.csv", &given);
    let taken = held.json(&["import", &text(&file)]);
    assert_eq!((&taken["rows"], &taken["added"], &taken["known"]), (&json!(4), &json!(0), &json!(4)), "{taken}");
    assert_eq!(count(), Some(4));
}

#[tokio::test]
async fn refused_rows_beyond_those_that_are_shown_are_counted() {
    let held = held(1).await;
    let table = format!("piece,measured_at,views\n{}", "1,soon,5\n".repeat(25));
    let answer = send(&held.browser, "/tracking/posts/import", &[("zone", "")], "bad.csv", table.as_bytes()).await;
    assert!(answer.text.contains("25 refused") && answer.text.contains("and 5 more"), "{}", answer.text);
    assert!(!answer.text.contains("can be downloaded"), "there is no such table");
    let file = held.place.file("bad.csv", table);
    let said =
        String::from_utf8_lossy(&held.place.run(&["tracking", "posts", "import", &text(&file)]).stdout).into_owned();
    assert_eq!(said.matches("column `measured_at`").count(), 25, "{said}");
}

#[tokio::test]
async fn a_piece_of_a_deal_that_was_given_up_can_still_be_read() {
    let held = held(1).await;
    held.import(1, &[tagged("Late1", held.after(1))]).await;
    held.json(&["measure", "1", "views=10", "--at", &iso(held.after(3))]);
    let withdraw = [("do", "withdraw"), ("version", "1"), ("reason", "no stock")];
    held.browser.post("/outreach/deals/1", &withdraw).await.location();
    assert_eq!(held.json(&["list"]), json!([]));
    let seen = held.json(&["show", "1"]);
    assert_eq!((&seen["state"], &seen["proposals"]), (&json!("waiting"), &json!([])), "nothing is sought for it");
    let page = held.browser.page("/tracking/posts/1").await;
    assert!(page.contains("Its deal was given up"), "{page}");
    let about = bellwether::outreach::rights::held_about(&held.browser.data, 1).await.expect("reads");
    assert!(about.held.iter().any(|held| held.what == "Figures of your story 1"));
}

#[tokio::test]
async fn who_said_when_a_post_was_published_stands_in_the_log() {
    let held = held(1).await;
    let at = iso(held.after(0));
    held.json(&["published", "1", &at]);
    held.json(&["published", "1"]);
    held.json(&["published", "1"]);
    let log = held.browser.data.store.audit(Some("piece 1"), 9).await.expect("reads");
    let lines: Vec<(&str, &str)> = log.iter().map(|line| (line.what.as_str(), line.detail.as_str())).collect();
    assert_eq!(lines, [("took back when a post was published", ""), ("said when a post was published", &at)]);
}

#[tokio::test]
async fn what_a_story_has_is_noted_set_right_and_removed_and_refused_at_its_field() {
    let held = held(1).await;
    let url = "https://www.instagram.com/stories/ana.brews/3141592653/";
    held.browser.post("/outreach/pieces/1", &[("do", "posted"), ("url", url)]).await.location();
    let (address, published) = ("/tracking/posts/1", held.after(0));
    let at = iso(held.after(22));
    let story = [("do", "measure"), ("at", at.as_str()), ("views", "1,200"), ("exits", "12"), ("sticker_taps", "0")];
    held.browser.post(address, &story).await.location();
    let unknown = held.json(&["show", "1"]);
    let reason = at_age(&unknown, "views", "24 h").1["not_known"].as_str().expect("a reason").to_owned();
    assert!(reason.contains("nobody has said when it was published"), "{reason}");
    let whole = at_age(&unknown, "views", "24 h").1;
    assert!(whole["as_of"].is_number() || whole["as_of"].is_string(), "{whole}");
    assert_eq!((&whole["n"], &whole["method"], &whole["grade"]), (&json!(1), &json!("same_age"), &json!("D")));
    assert_eq!(whole["explanation"]["rows"]["link"], "/tracking/posts/1#measurements");

    for (published, zone, field) in [
        ("2026-01-01", "UTC", "published"),
        ("2026-01-01T10:00", "Nowhere", "published_zone"),
        ("soon", "UTC", "published"),
    ] {
        let form = [("do", "published"), ("published", published), ("published_zone", zone)];
        held.browser.post(address, &form).await.is_refused_at(field, published);
    }
    let published = iso(published);
    held.browser.post(address, &[("do", "published"), ("published", &published)]).await.location();
    let known = held.json(&["show", "1"]);
    assert_eq!(at_age(&known, "views", "24 h").1["value"], 1_200.0);
    assert_eq!(at_age(&known, "sticker_taps", "24 h").1["value"], 0.0, "a zero that was read is no unknown");
    assert_eq!(known["at_ages"].get("likes"), None);

    let before = iso(Timestamp(held.after(0).0 - HOUR));
    for (at, views, field) in [
        (at.as_str(), "many", "views"),
        (at.as_str(), "", "views"),
        ("2026-03-02", "5", "at"),
        ("2999-01-01T10:00Z", "5", "at"),
        (before.as_str(), "5", "at"),
        (at.as_str(), "1300", "at"),
    ] {
        held.browser.post(address, &[("do", "measure"), ("at", at), ("views", views)]).await.is_refused_at(field, at);
    }
    let form = held.browser.page("/tracking/posts/1?correct=1").await;
    assert!(form.contains("Set it right") && form.contains("value=\"1200\""), "{form}");
    let right = [("do", "correct"), ("measurement", "1"), ("at", at.as_str()), ("views", "1300"), ("exits", "12")];
    held.browser.post(address, &right).await.location();
    let corrected = held.json(&["show", "1"]);
    assert_eq!(corrected["measurements"][0]["counts"], json!({ "views": 1300, "exits": 12 }));
    assert_eq!(corrected["measurements"][0]["corrected"], true);
    let again = held.json(&["measure", "1", "views=1400", "likes=3", "--at", &iso(held.after(160))]);
    assert_eq!(at_age(&again, "views", "7 d").0, "measured");
    assert!(held.refused(&["measure", "1", "hearts=3", "--at", &at]).contains("there is no count \"hearts\""));
    assert!(held.refused(&["measure", "1", "views", "--at", &at]).contains("is no count such as views=1200"));
    assert!(held.refused(&["correct", "99", "views=3"]).contains("there is no measurement 99"));

    // A picture that shows it.
    let place = "/tracking/posts/1/measurements/1/picture";
    let wrong = send(&held.browser, place, &[], "a.png", b"<svg onload=alert(1)>").await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.text.contains("no picture that a browser can show"));
    send(&held.browser, place, &[], "screen.png", PNG).await.location();
    let picture = held.browser.get(place).await;
    assert_eq!(
        (picture.status, &picture.headers[header::CONTENT_TYPE]),
        (StatusCode::OK, &"image/png".parse().expect("a type"))
    );
    assert!(held.browser.page(address).await.contains(place));
    assert_eq!(held.browser.get("/tracking/posts/2/measurements/1/picture").await.status, StatusCode::NOT_FOUND);
    let content = held.place.data_dir().join("content");
    let files = || std::fs::read_dir(&content).map_or(0, Iterator::count);
    assert_eq!(files(), 1);
    held.browser.post(address, &[("do", "remove"), ("measurement", "1")]).await.location();
    assert_eq!((files(), held.json(&["show", "1"])["measurements"].as_array().map(Vec::len)), (0, Some(1)));
    assert_eq!(held.json(&["remove", "2"])["measurements"], json!([]));
}

#[tokio::test]
async fn a_table_names_the_rows_it_refuses_keeps_the_others_and_adds_nothing_twice() {
    let held = held(2).await;
    let url = "https://www.instagram.com/p/Cabc/";
    held.browser.post("/outreach/pieces/1", &[("do", "posted"), ("url", url)]).await.location();
    held.json(&["published", "1", &iso(held.after(0))]);
    let moment = |hours| iso(held.after(hours));
    let rows = [
        format!("m.instagram.com/ana/p/Cabc?igsh=1,,{},900,80,x", moment(24)),
        format!(",2,{},10,,x", moment(30)),
        format!(",1,{},many,1,x", moment(40)),
        format!("https://www.instagram.com/p/Else/,,{},5,1,x", moment(40)),
        ",1,2026-03-01,5,1,x".to_owned(),
        ",1,2026-03-01 10:00,5,1,x".to_owned(),
        format!(",7,{},5,1,x", moment(40)),
        format!(",1,{},5,1,x", moment(-2)),
        format!(",,{},5,1,x", moment(40)),
        format!(",1,{},,,x", moment(40)),
        ",1".to_owned(),
    ];
    let table = format!("address,piece,measured_at,views,likes,mood\n{}\n", rows.join("\n"));
    let file = held.place.file("march.csv", &table);
    let taken = held.json(&["import", &text(&file)]);
    assert_eq!((&taken["rows"], &taken["added"], &taken["known"]), (&json!(11), &json!(2), &json!(0)), "{taken}");
    assert_eq!(taken["ignored"], json!(["mood"]));
    let refused: Vec<(u64, &str)> = taken["refused"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|issue| (issue["row"].as_u64().expect("a row"), issue["column"].as_str().expect("a column")))
        .collect();
    let expected = [
        (4, "views"),
        (5, "address"),
        (6, "measured_at"),
        (7, "measured_at"),
        (8, "piece"),
        (9, "measured_at"),
        (10, "piece"),
        (11, "views"),
        (12, "measured_at"),
    ];
    assert_eq!(refused, expected, "{taken}");
    let said =
        String::from_utf8_lossy(&held.place.run(&["tracking", "posts", "import", &text(&file)]).stdout).into_owned();
    assert!(said.contains("0 new, 2 held already, 9 refused"), "{said}");
    assert!(said.contains("row 4 of march.csv: column `views` is not a whole number"), "{said}");
    assert_eq!(at_age(&held.json(&["show", "1"]), "views", "24 h").1["value"], 900.0);

    // Other counts of a moment that is held do not replace it; a table that a page gives is taken in again.
    let other = held.place.file("april.csv", format!("piece,measured_at,views\n1,{},901\n", moment(24)));
    let differs = held.json(&["import", &text(&other)]);
    assert_eq!((&differs["added"], &differs["refused"][0]["column"]), (&json!(0), &json!("measured_at")));
    let own = held.browser.page("/tracking/posts/1/measurements.csv").await;
    let again = send(&held.browser, "/tracking/posts/import", &[("zone", "")], "own.csv", own.as_bytes()).await;
    assert_eq!(again.status, StatusCode::OK);
    assert!(again.text.contains("own.csv: 1 row; 0 new, 1 held already, 0 refused"), "{}", again.text);
    let by_page =
        send(&held.browser, "/tracking/posts/import", &[("zone", "UTC")], "march.csv", table.as_bytes()).await;
    assert!(by_page.text.contains("Rows that were refused"), "{}", by_page.text);
    for (zone, file, field) in [("Nowhere", table.as_bytes(), "zone"), ("", b"", "file"), ("", b"a,b\n1,2\n", "file")] {
        let answer = send(&held.browser, "/tracking/posts/import", &[("zone", zone)], "x.csv", file).await;
        answer.is_refused_at(field, zone);
        assert!(!answer.text.contains("uploads/"), "where it lies here is nothing to whoever sent it");
    }
    assert!(
        held.refused(&["import", &text(&held.place.file("none.csv", "piece,views\n1,2\n"))]).contains("measured_at")
    );
}

#[tokio::test]
async fn the_wall_is_paged_and_shows_what_is_asked_for_with_pictures_held_here_alone() {
    let held = held(30).await;
    let wall = held.browser.page("/tracking/posts").await;
    assert!(wall.contains("0 of 30 pieces are published") && wall.contains("?page=2"), "{wall}");
    assert_eq!(wall.matches("<li data-row>").count(), 24);
    assert_eq!(held.browser.page("/tracking/posts?page=2").await.matches("<li data-row>").count(), 6);
    for (asked, cards) in [
        ("campaign=1", 24),
        ("creator=1", 24),
        ("creator=2", 0),
        ("deal=1", 24),
        ("campaign=4", 0),
        ("state=published", 0),
    ] {
        let page = held.browser.page(&format!("/tracking/posts?{asked}")).await;
        assert_eq!(page.matches("<li data-row>").count(), cards, "{asked}");
        assert_eq!(page.contains("None of these"), cards == 0, "{asked}");
    }
    // A draft's picture that lies here is shown; without one its words are.
    let link = held.place.json(&["outreach", "creator-link", "Ana Ruiz"]);
    let path =
        link["address"].as_str().expect("an address").strip_prefix("https://mail.brand.test").expect("is public");
    send(&held.browser, &format!("{path}/pieces/1"), &[("do", "draft"), ("caption", "How I grind")], "a.png", PNG)
        .await;
    let drafts = held.browser.data.store.drafts(1).await.expect("reads");
    assert_eq!(drafts.len(), 1);
    let page = held.browser.page("/tracking/posts/1").await;
    assert!(page.contains("/outreach/pieces/1/drafts/1/file") && page.contains("How I grind"), "{page}");
    assert!(held.browser.page("/tracking/posts?page=2").await.contains("/outreach/pieces/1/drafts/1/file"));
}

#[tokio::test]
async fn what_is_known_of_posts_is_listed_for_their_creator_and_goes_when_they_are_forgotten() {
    let held = held(1).await;
    let url = Some("https://www.instagram.com/p/Hers1/");
    held.import(1, &[Post { url, ..tagged("Hers1", held.after(1)) }, tagged("Other1", held.after(2))]).await;
    held.json(&["reject", "1", &post_named("Other1")]);
    held.json(&["confirm", "1", &post_named("Hers1")]);
    held.json(&["published", "1", &iso(held.after(1))]);
    held.json(&["measure", "1", "views=10", "--at", &iso(held.after(3))]);
    send(&held.browser, "/tracking/posts/1/measurements/1/picture", &[], "a.png", PNG).await.location();
    let about = bellwether::outreach::rights::held_about(&held.browser.data, 1).await.expect("reads");
    let says = |what: &str| about.held.iter().find(|held| held.what == what).expect("is listed").says.clone();
    assert!(says("Figures of your story 1").starts_with("read once"));
    assert!(says("A picture of the figures of your story 1").starts_with("a.png, of what was read on"));
    assert!(says("Which post your story 1 is").starts_with(&format!("{}: it is by an account", post_named("Hers1"))));
    assert!(says("A post that your story 1 is not").starts_with(&post_named("Other1")));
    assert_eq!(says("Where your story 1 was posted"), "https://www.instagram.com/p/Hers1/");
    assert!(says("When your story 1 was published").ends_with("UTC"));
    // What they download to keep says the same.
    let link = held.place.json(&["outreach", "creator-link", "Ana Ruiz"]);
    let path =
        link["address"].as_str().expect("an address").strip_prefix("https://mail.brand.test").expect("is public");
    let file = held.browser.page(&format!("{path}/data.json")).await;
    for what in ["Which post your story 1 is", "A picture of the figures of your story 1", "Hers1"] {
        assert!(file.contains(what), "{what} is not in {file}");
    }
    held.place.json(&["outreach", "forget", "Ana Ruiz"]);
    assert_eq!(held.json(&["list"]), json!([]));
    assert!(held.browser.data.store.measurement(1).await.expect("reads").is_none());
    let content = held.place.data_dir().join("content");
    assert_eq!(std::fs::read_dir(content).map_or(0, Iterator::count), 0);
    assert!(held.browser.page("/tracking/posts").await.contains("No piece yet"));
}

#[tokio::test]
async fn a_code_used_before_a_post_leaks_only_where_it_is_known_when_the_post_was_published() {
    let held = held(1).await;
    let day = |days_ago: i64| iso(Timestamp(held.browser.data.now().0 - days_ago * DAY));
    let order = ["tracking", "order", "1", "--amount", "5.00", "--currency", "EUR", "--code", "CAFE"];
    held.place.json(&[&order[..], &["--at", &day(3)]].concat());
    held.place.json(&["tracking", "code", "CAFE", "--deal", "1"]);
    let url = "https://www.instagram.com/p/Late1/";
    held.browser.post("/outreach/pieces/1", &[("do", "posted"), ("url", url)]).await.location();
    let signs = || held.place.json(&["tracking", "codes"])[0]["leaks"].to_string();
    assert!(!signs().contains("before the first post"), "noted today says nothing of when: {}", signs());
    held.json(&["published", "1", &day(10)]);
    assert!(!signs().contains("before the first post"), "{}", signs());
    held.json(&["published", "1", &day(1)]);
    assert!(signs().contains("before the first post"), "{}", signs());
}
