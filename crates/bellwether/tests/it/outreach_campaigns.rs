//! Campaigns' boards, agreed fees in the price history, products that are chosen, and what waits for the team.

use axum::http::StatusCode;
use bellwether::outreach::choices::ChoiceGiven;
use bellwether::outreach::deals::{self, Act};
use model::outreach::deals::{DealState, Party};
use model::{AccountId, BrandId, Money, Timestamp};
use serde_json::{Value, json};
use store::{CampaignCreatorRow, NewCampaign, NewPlan, PlanCreatorRow, PlanRole};

use crate::harness::{Place, text};
use crate::outreach_pages::{Browser, place_with_people};

const ACCOUNTS: &str = "account,followers\nana.brews,12000\nben.brews,3400\n";

/// Ana with an account, Ben without one, and a brief; `ana.brews` and `ben.brews` are held.
pub(crate) fn place() -> Place {
    let place = place_with_people();
    let accounts = place.file("accounts.csv", ACCOUNTS);
    place.json(&["ingest", "accounts", &text(&accounts), "--platform", "instagram", "--observed-on", "2026-03-01"]);
    place.json(&["outreach", "link", "Ana Ruiz", "instagram:ana.brews"]);
    let brief = place.file("brief.json", json!({ "product": "A grinder", "freedom": "All of it" }).to_string());
    place.json(&["outreach", "brief", "Spring", "--file", &text(&brief)]);
    place
}

async fn account(browser: &Browser, handle: &str) -> AccountId {
    bellwether::creators::find(&browser.data, &format!("instagram:{handle}")).await.expect("is held")
}

/// A campaign whose plan names both accounts: Ana at a fee, Ben at one that is not known.
pub(crate) async fn campaign(browser: &Browser) -> i64 {
    let store = &browser.data.store;
    // Of the brand there is, where there is one.
    let brand = store.brands().await.expect("reads").first().map_or_else(BrandId::new, |brand| brand.id);
    let accounts = [account(browser, "ana.brews").await, account(browser, "ben.brews").await];
    let named = accounts.map(|account| PlanCreatorRow {
        account,
        role: PlanRole::Pick,
        pair: 0,
        format: "story".to_owned(),
        fee_minor_units: None,
    });
    let plan = NewPlan {
        brand,
        campaign: "Spring",
        asked: "{}",
        made: "{}",
        summary: "{}",
        version: 1,
        data_revision: store.data_revision().await.expect("reads"),
        creators: &named,
    };
    let plan = store.keep_plan(&plan, Timestamp(1)).await.expect("keeps").expect("is kept");
    let creators = accounts.map(|account| CampaignCreatorRow {
        account,
        format: "story".to_owned(),
        posts: 2,
        fee_minor_units: (account == accounts[0]).then_some(30_000),
        is_agreed: false,
    });
    let new = NewCampaign {
        brand,
        name: "Spring",
        plan,
        starts_on: Some("2026-03-01"),
        ends_on: None,
        budget: Money::new(250_000, "EUR").expect("money"),
        creators: &creators,
    };
    store.begin_campaign(&new, browser.data.now()).await.expect("begins").expect("is new")
}

fn card<'a>(board: &'a Value, name: &str) -> &'a Value {
    let cards = board["cards"].as_array().expect("cards");
    cards.iter().find(|card| card["name"] == name).unwrap_or_else(|| panic!("no {name} in {board}"))
}

fn board(place: &Place) -> Value {
    place.json(&["outreach", "campaign", "1"])
}

fn stage(place: &Place, name: &str) -> String {
    card(&board(place), name)["stage"].as_str().expect("a stage").to_owned()
}

#[tokio::test]
async fn a_campaign_shows_everybody_in_it_by_what_has_happened() {
    let place = place();
    let browser = Browser::at(&place).await;
    assert_eq!(campaign(&browser).await, 1);
    let found = board(&place);
    let ana = card(&found, "Ana Ruiz");
    assert_eq!((ana["stage"].as_str(), ana["facts"].as_str()), (Some("invited"), Some("not written to yet")));
    assert_eq!(ana["planned"]["minor_units"], 30_000);
    let ben = card(&found, "ben.brews");
    assert_eq!((ben["facts"].as_str(), ben["planned"]["fee"].as_str()), (Some("not a contact yet"), Some("not_known")));
    assert_eq!((&found["results"], &found["pieces"]), (&Value::Null, &json!(0)));

    let page = browser.page("/outreach/campaigns/1").await;
    for said in [
        "not written to yet",
        "planned 300.00 EUR (estimated)",
        "planned fee not known",
        "planned 300.00 EUR, 1 not known",
        "agreed fee not known: no deal yet",
        "due days not known",
        "not known yet: no link or code of it was used",
        "2500.00 EUR",
        "Make a contact of ben.brews",
        "data-stage=\"invited\"",
        "data-drag-form",
    ] {
        assert!(page.contains(said), "{said} is not in {page}");
    }
    for show in ["table", "calendar"] {
        browser.page(&format!("/outreach/campaigns/1?show={show}")).await;
    }
    assert!(browser.page("/outreach/campaigns").await.contains("none agreed yet"));
    assert!(browser.page("/planning/campaigns/1").await.contains("/outreach/campaigns/1"));
    assert!(browser.page("/outreach/deals?campaign=1").await.contains("/outreach/campaigns/1"));
    assert_eq!(browser.get("/outreach/campaigns/9").await.status, StatusCode::NOT_FOUND);

    // Whoever is no contact becomes one, and nobody else by that form.
    let key = ben["card"].as_str().expect("a key").trim_start_matches('a').to_owned();
    browser.post("/outreach/campaigns/1/contact", &[("account", &key)]).await.location();
    let again = browser.post("/outreach/campaigns/1/contact", &[("account", &key)]).await;
    assert!(again.location().contains("already"), "{}", again.location());
    let nobody = browser.post("/outreach/campaigns/1/contact", &[("account", "77")]).await;
    assert!(nobody.status.is_client_error());
    assert_eq!(card(&board(&place), "ben.brews")["facts"], "not written to yet");

    // An offer, a counter-offer, agreement: the card follows.
    let offer = ["outreach", "offer", "Ana Ruiz", "--brief", "Spring", "--campaign", "1", "--fee", "251 EUR"];
    place.json(&[&offer[..], &["--piece", "2 story instagram 2026-03-01 2027-03-08"]].concat());
    assert_eq!(stage(&place, "Ana Ruiz"), "invited");
    browser.post("/outreach/campaigns/1/move", &[("card", "c1"), ("to", "applied")]).await.location();
    assert_eq!(stage(&place, "Ana Ruiz"), "applied");
    let store = &browser.data.store;
    let deal = deals::shown(&browser.data, 1).await.expect("is there");
    let accept = Act::Accept { name: "Ana".to_owned(), choice: ChoiceGiven::default() };
    deals::act(&browser.data, &deal, 1, Party::Creator, accept).await.expect("accepts");
    assert_eq!(store.deal(1).await.expect("reads").expect("is there").state, DealState::Accepted);
    let found = board(&place);
    let ana = card(&found, "Ana Ruiz");
    assert_eq!(
        (ana["stage"].as_str(), ana["by_hand"].as_bool()),
        (Some("terms"), Some(false)),
        "the facts lead further"
    );
    assert_eq!(
        (&ana["agreed"]["EUR"], &ana["pieces"], &found["agreed"]["EUR"]),
        (&json!(25_100), &json!(2), &json!(25_100))
    );
    let page = browser.page("/outreach/campaigns/1").await;
    assert!(page.contains("agreed 251.00 EUR") && page.contains("draft late by"), "{page}");
    let calendar = browser.page("/outreach/campaigns/1?show=calendar").await;
    assert!(calendar.contains("2026-03-01") && calendar.contains("Pay 251.00 EUR"), "{calendar}");
    let csv = browser.page("/outreach/campaigns/1/board.csv").await;
    assert!(csv.contains("Ana Ruiz,1,") && csv.contains(",Terms,facts,"), "{csv}");
}

#[tokio::test]
async fn cards_are_moved_by_hand_one_or_many_and_each_move_is_kept() {
    let place = place();
    let browser = Browser::at(&place).await;
    campaign(&browser).await;
    let ben = card(&board(&place), "ben.brews")["card"].as_str().expect("a key").to_owned();
    let nobody = browser.post("/outreach/campaigns/1/move", &[("to", "draft")]).await;
    nobody.is_refused_at("to", "Tick whom to move first");
    browser
        .post("/outreach/campaigns/1/move", &[("card", "c1"), ("to", "somewhere")])
        .await
        .is_refused_at("to", "Shipped");
    let both =
        [("card", "c1"), ("card", ben.as_str()), ("to", "dropped"), ("back", "/outreach/campaigns/1?show=table")];
    let answer = browser.post("/outreach/campaigns/1/move", &both).await;
    assert!(answer.location().starts_with("/outreach/campaigns/1?done=2%20creators"), "{}", answer.location());
    assert_eq!((stage(&place, "Ana Ruiz"), stage(&place, "ben.brews")), ("dropped".to_owned(), "dropped".to_owned()));
    let again = browser.post("/outreach/campaigns/1/move", &both).await;
    assert!(again.location().contains("already"), "{}", again.location());
    let touches = browser.data.store.touches(1, None, 10).await.expect("reads");
    assert!(touches.iter().any(|touch| touch.summary == "Spring: Invited → Dropped" && touch.actor == "team"));
    let moves = browser.data.store.campaign_moves(1).await.expect("reads");
    assert_eq!(moves.iter().map(|one| one.held.to.as_str()).collect::<Vec<_>>(), ["dropped", "dropped"]);

    // Dropped by hand stays, also when something is offered; where the facts lead takes the hand off.
    let offer = [
        "outreach",
        "offer",
        "Ana Ruiz",
        "--brief",
        "Spring",
        "--campaign",
        "1",
        "--fee",
        "251 EUR",
        "--piece",
        "1 story",
    ];
    place.json(&offer);
    assert_eq!(stage(&place, "Ana Ruiz"), "dropped");
    assert_eq!(place.json(&["outreach", "campaign-move", "1", "facts", "Ana Ruiz"])["moved"], 1);
    assert_eq!(stage(&place, "Ana Ruiz"), "invited");
    assert!(place.refused(&["outreach", "campaign-move", "1", "draft", "Zoe"]).contains("nobody called"));
    // Made a contact, they stay where the hand put them.
    browser.post("/outreach/campaigns/1/contact", &[("account", ben.trim_start_matches('a'))]).await.location();
    assert_eq!(stage(&place, "ben.brews"), "dropped");
}

#[tokio::test]
async fn stages_are_renamed_added_and_taken_off_and_three_stay() {
    let place = place();
    let browser = Browser::at(&place).await;
    campaign(&browser).await;
    let stages = "/outreach/campaigns/1/stages";
    let kept = |browser: &Browser| {
        let store = browser.data.store.clone();
        async move { store.board_stages().await.expect("reads") }
    };
    let add = [("new_name", "With the lawyer"), ("new_after", "terms"), ("new_limit", "4"), ("name-invited", "Asked")];
    browser.post(stages, &add).await.location();
    let held = kept(&browser).await;
    let names: Vec<&str> = held.iter().map(|stage| stage.name.as_str()).collect();
    assert_eq!(names[..5], ["Asked", "Applied", "Terms", "With the lawyer", "Shipped"]);
    browser.post("/outreach/campaigns/1/move", &[("card", "c1"), ("to", "own-1")]).await.location();
    assert_eq!(stage(&place, "Ana Ruiz"), "own-1");
    let page = browser.page("/outreach/campaigns/1").await;
    assert!(
        page.contains("With the lawyer") && page.contains("usually up to 4 days") && page.contains("moved by hand")
    );

    browser.post(stages, &[("name-live", "Out there")]).await.is_refused_at("stages", "Out there");
    browser.post(stages, &[("off-done", "yes")]).await.is_refused_at("stages", "keeps its name");
    browser.post(stages, &[("limit-terms", "soon")]).await.is_refused_at("stages", "soon");
    browser.post(stages, &[("new_name", "applied"), ("new_after", "terms")]).await.is_refused_at("new_name", "applied");
    browser.post(stages, &[("new_name", "After"), ("new_after", "dropped")]).await.is_refused_at("new_after", "After");
    assert_eq!(kept(&browser).await.len(), held.len(), "nothing of what was refused is kept");

    place.json(&[
        "outreach",
        "campaign-stages",
        "--remove",
        "own-1",
        "--limit",
        "invited=9",
        "--rename",
        "draft=Drafts",
    ]);
    assert_eq!(stage(&place, "Ana Ruiz"), "terms", "the stage before the one that is gone");
    place.json(&["outreach", "campaign-stages", "--restore", "own-1"]);
    assert_eq!(stage(&place, "Ana Ruiz"), "own-1");
    assert!(place.refused(&["outreach", "campaign-stages", "--remove", "live"]).contains("keeps its name"));
}

/// An offer to Ana that she accepts; the deal's number.
pub(crate) async fn agreed(place: &Place, browser: &Browser, more: &[&str]) -> i64 {
    let offer = ["outreach", "offer", "Ana Ruiz", "--brief", "Spring"];
    let deal = place.json(&[&offer[..], more].concat())["deal"].as_i64().expect("a number");
    let link = place.json(&["outreach", "creator-link", "Ana Ruiz"]);
    let path = link["address"].as_str().expect("an address").replace("https://mail.brand.test", "");
    let accept = [("do", "accept"), ("version", "1"), ("name", "Ana")];
    browser.post(&format!("{path}/deals/{deal}"), &accept).await.location();
    deal
}

#[tokio::test]
async fn an_agreed_fee_is_a_price_once_and_taken_back_with_the_deal() {
    let place = place();
    let browser = Browser::at(&place).await;
    let store = browser.data.store.clone();
    let ana = account(&browser, "ana.brews").await;
    let deal = agreed(&place, &browser, &["--fee", "250.01 EUR", "--piece", "2 stories instagram"]).await;
    let prices = store.prices().await.expect("reads");
    let [price] = prices.as_slice() else { panic!("{prices:?}") };
    assert_eq!((price.account, price.fee.minor_units, price.kind.as_str()), (ana, 12_500, "deal"), "half to even");
    assert_eq!(
        (price.format.as_str(), price.followers, price.note.as_str()),
        ("story", Some(12_000), "deal 1, version 1")
    );
    let page = browser.page(&format!("/outreach/deals/{deal}")).await;
    assert!(page.contains("one story: 125.00 EUR, deal 1, version 1"), "{page}");
    let twice = browser
        .post(
            &format!("/outreach/deals/{deal}/prices"),
            &[("account-0", &ana.to_string()), ("format-0", "story"), ("amount-0", "250.01 EUR")],
        )
        .await;
    assert_eq!(twice.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(store.prices().await.expect("reads").len(), 1);

    // Given up before anything is posted, it was no price.
    let withdraw = [("do", "withdraw"), ("version", "1"), ("reason", "no budget")];
    browser.post(&format!("/outreach/deals/{deal}"), &withdraw).await.location();
    assert!(store.prices().await.expect("reads").is_empty());

    // With something posted it stays, whatever becomes of the rest.
    let deal = agreed(&place, &browser, &["--fee", "200 EUR", "--piece", "2 story instagram"]).await;
    let piece = store.deliverables(deal).await.expect("reads")[0].id;
    let posted = [("do", "posted"), ("url", "https://insta.example/1")];
    browser.post(&format!("/outreach/pieces/{piece}"), &posted).await.location();
    browser.post(&format!("/outreach/deals/{deal}"), &withdraw).await.location();
    assert_eq!(store.prices().await.expect("reads").len(), 1);
    place.json(&["outreach", "forget", "Ana Ruiz"]);
    assert!(store.prices().await.expect("reads").is_empty(), "with the contact go the prices of their deals");
}

#[tokio::test]
async fn where_a_fee_is_for_several_kinds_a_person_says_how_it_divides() {
    let place = place();
    let browser = Browser::at(&place).await;
    let store = browser.data.store.clone();
    let ana = account(&browser, "ana.brews").await.to_string();
    let pieces = ["--fee", "300 EUR", "--piece", "2 story instagram", "--piece", "1 video instagram"];
    let deal = agreed(&place, &browser, &pieces).await;
    assert!(store.prices().await.expect("reads").is_empty(), "nothing is guessed");
    let page = browser.page(&format!("/outreach/deals/{deal}")).await;
    assert!(
        page.contains("The fee is for several kinds of pieces.") && page.contains("2 × story on instagram"),
        "{page}"
    );
    let to = format!("/outreach/deals/{deal}/prices");
    let parts = |story: &'static str, video: &'static str, format: &'static str| {
        vec![
            ("account-0", ana.clone()),
            ("format-0", "story".to_owned()),
            ("amount-0", story.to_owned()),
            ("account-1", ana.clone()),
            ("format-1", format.to_owned()),
            ("amount-1", video.to_owned()),
        ]
    };
    let post = async |parts: Vec<(&'static str, String)>| {
        let pairs: Vec<(&str, &str)> = parts.iter().map(|(key, value)| (*key, value.as_str())).collect();
        browser.post(&to, &pairs).await
    };
    post(parts("100 EUR", "150 EUR", "short_video")).await.is_refused_at("parts", "150 EUR");
    post(parts("100 EUR", "200 USD", "short_video")).await.is_refused_at("parts", "200 USD");
    post(parts("100 EUR", "200 EUR", "")).await.is_refused_at("parts", "200 EUR");
    assert!(store.prices().await.expect("reads").is_empty());
    post(parts("100 EUR", "200 EUR", "short_video")).await.location();
    let mut fees: Vec<(String, i64)> =
        store.prices().await.expect("reads").into_iter().map(|price| (price.format, price.fee.minor_units)).collect();
    fees.sort();
    assert_eq!(fees, [("short_video".to_owned(), 20_000), ("story".to_owned(), 5_000)]);
    assert_eq!(post(parts("100 EUR", "200 EUR", "short_video")).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(place.json(&["outreach", "deal-prices", "1"]).as_array().expect("prices").len(), 2);

    let other = agreed(&place, &browser, &pieces).await.to_string();
    let command = ["outreach", "deal-prices", &other, "--part", "instagram:ana.brews story 300 EUR"];
    assert!(place.refused(&command).contains("2 kinds of pieces"));
}

#[tokio::test]
async fn a_creator_chooses_a_product_when_accepting_and_says_where_it_is_sent() {
    let place = place();
    let browser = Browser::at(&place).await;
    let store = browser.data.store.clone();
    let products = ["--product", "A grinder", "--product", "A kettle", "--piece", "1 story"];
    place.json(&[&["outreach", "offer", "Ana Ruiz", "--brief", "Spring"][..], &products].concat());
    let link = place.json(&["outreach", "creator-link", "Ana Ruiz"]);
    let path = link["address"].as_str().expect("an address").replace("https://mail.brand.test", "");
    let deal = format!("{path}/deals/1");
    let page = browser.page(&deal).await;
    for said in ["one of: A grinder; A kettle", "surprise me", "Where to send it"] {
        assert!(page.contains(said), "{said} is not in {page}");
    }
    let accept = [("do", "accept"), ("version", "1"), ("name", "Ana"), ("address", "1 Kiln Street\r\nBristol")];
    browser.post(&deal, &accept).await.is_refused_at("wanted", "1 Kiln Street");
    assert_eq!(store.deal(1).await.expect("reads").expect("is there").state, DealState::Proposed);
    browser.post(&deal, &[&accept[..], &[("wanted", "1")]].concat()).await.location();

    let team = browser.page("/outreach/deals/1").await;
    assert!(team.contains("A kettle") && team.contains("1 Kiln Street\nBristol"), "{team}");
    let theirs = browser.page(&format!("{deal}/agreement")).await;
    assert!(theirs.contains("A kettle") && !theirs.contains("Kiln Street"));
    let ours = browser.page("/outreach/deals/1/agreement").await;
    assert!(ours.contains("A kettle") && ours.contains("1 Kiln Street"));
    let again = browser.page(&deal).await;
    assert!(again.contains("You chose") && !again.contains("Kiln Street"), "the team alone sees where");
    let bytes = std::fs::read(place.data_dir().join("operations.sqlite")).expect("reads");
    assert!(!bytes.windows(11).any(|part| part == b"Kiln Street"), "it is sealed");
    assert!(browser.page(&format!("{path}/data")).await.contains("Kiln Street"), "it is held about her");

    // The team writes down what she told them otherwise.
    place.json(&["outreach", "deal-choice", "1", "--surprise"]);
    let held = place.json(&["outreach", "deal", "1"])["choice"].clone();
    assert_eq!((&held["is_surprise"], &held["address"]), (&json!(true), &json!("1 Kiln Street\nBristol")));
    assert!(place.refused(&["outreach", "deal-choice", "1", "--product", "A boat"]).contains("not among the products"));
    let took_out = place.json(&["outreach", "export"]);
    assert!(took_out.to_string().contains("Kiln Street"), "{took_out}");

    // Ninety days after the end it is gone.
    for act in [Act::Begin, Act::Deliver, Act::Settle] {
        let shown = deals::shown(&browser.data, 1).await.expect("is there");
        deals::act(&browser.data, &shown, 1, Party::Us, act).await.expect("goes on");
    }
    let day = 86_400_000_000;
    let now = browser.data.now();
    assert_eq!(store.remove_old_shipping(Timestamp(now.0 + 89 * day)).await.expect("removes"), 0);
    assert_eq!(store.remove_old_shipping(Timestamp(now.0 + 91 * day)).await.expect("removes"), 1);
    assert!(store.deal_choice(1).await.expect("reads").expect("is there").address.is_none());
    let late = browser.post(&deal, &[("do", "choose"), ("address", "2 Kiln Street")]).await;
    assert_eq!(late.status, StatusCode::UNPROCESSABLE_ENTITY, "nothing is asked of her any more");
}

#[tokio::test]
async fn the_first_page_says_what_waits_and_links_to_it() {
    let place = place();
    let browser = Browser::at(&place).await;
    assert!(!browser.page("/").await.contains("What waits for you"), "nothing is shown where nothing waits");
    assert!(browser.page("/outreach/waiting").await.contains("Nothing waits for you."));
    let deal =
        agreed(&place, &browser, &["--fee", "10 EUR", "--piece", "1 story instagram 2026-01-01 2026-01-02"]).await;
    place.json(&["outreach", "task", "Ben", "Ring him", "--due", "2026-01-01"]);
    let page = browser.page("/").await;
    for said in
        ["piece is late", "payment due within 7 days or overdue", "task due today or before", "/outreach/waiting#late"]
    {
        assert!(page.contains(said), "{said} is not in {page}");
    }
    assert!(!page.contains("counter-offer"), "of what does not wait nothing is said");
    let waiting = browser.page("/outreach/waiting").await;
    for said in ["draft late by", "payment late by", "Ring him", "10.00 EUR"] {
        assert!(waiting.contains(said), "{said} is not in {waiting}");
    }
    browser
        .post(&format!("/outreach/deals/{deal}"), &[("do", "withdraw"), ("version", "1"), ("reason", "no")])
        .await
        .location();
    let page = browser.page("/").await;
    assert!(!page.contains("piece is late") && !page.contains("payment due") && page.contains("task due"), "{page}");
}
