//! What creators may ask for by their own link: a fact set right, an account shown to be theirs, the figures about them, to be
//! forgotten later; and what comes due, each reminded of once.

use axum::http::StatusCode;
use bellwether::clock;
use bellwether::outreach::rights;
use model::Timestamp;
use model::outreach::rights::ContestState;
use serde_json::{Value, json};

use crate::harness::{Place, text};
use crate::outreach_pages::{Browser, place_with_people};

const DAY: i64 = 86_400_000_000;

fn link_of(place: &Place, contact: &str) -> String {
    let link = place.json(&["outreach", "creator-link", contact]);
    let address = link["address"].as_str().expect("an address");
    address.strip_prefix("https://mail.brand.test").expect("the public address").to_owned()
}

/// An account of Ana's with a profile as it was on a day.
fn profile(place: &Place, followers: u64, bio: &str, day: &str) {
    let file =
        place.file(&format!("profile-{day}.csv"), format!("account,followers,bio\nana.brews,{followers},\"{bio}\"\n"));
    // Counts are of the day on which the file was last changed.
    let at = clock::parse_utc_without_zone(&format!("{day} 12:00:00")).expect("a day");
    let changed = std::time::UNIX_EPOCH + std::time::Duration::from_micros(at.0.unsigned_abs());
    let opened = std::fs::File::options().write(true).open(&file).expect("opens");
    opened.set_modified(changed).expect("sets the time");
    let columns = "accounts:account=account,followers=followers,bio=bio";
    place.json(&["ingest", "csv", &text(&file), "--platform", "instagram", "--map", columns]);
}

fn place_with_account() -> Place {
    let place = place_with_people();
    profile(&place, 4_200, "I brew. ana@creator.test", "2026-03-01");
    place.json(&["outreach", "link", "Ana Ruiz", "ana.brews"]);
    place
}

#[tokio::test]
async fn a_fact_is_contested_one_at_a_time_answered_in_writing_and_marked_wherever_it_is_shown() {
    let place = place_with_account();
    let path = link_of(&place, "Ana Ruiz");
    let browser = Browser::at(&place).await;
    let store = browser.data.store.clone();
    let about = rights::held_about(&browser.data, 1).await.expect("reads");
    let held = |what: &str| about.held.iter().find(|held| held.what == what).expect("is held").clone();
    let followers = held("Your followers on Instagram");
    assert_eq!(followers.says, "4200 on 1 Mar 2026");
    let account = followers.account.expect("an account");

    // The form stands beside what it is about; looking changes nothing.
    let asked = format!("{path}/data?contest={}", followers.fact.replace(':', "%3A"));
    let page = browser.page(&asked).await;
    assert!(page.contains("What is wrong with it?") && page.contains("4200 on 1 Mar 2026"), "{page}");
    assert!(store.contests(9).await.expect("reads").0.is_empty());
    let contests = format!("{path}/contests");
    let empty = [("fact", followers.fact.as_str()), ("claim", " "), ("proof", "my insights")];
    browser.post(&contests, &empty).await.is_refused_at("claim", "my insights");
    let claim = [("fact", followers.fact.as_str()), ("claim", "I have 5,100 since May"), ("proof", "")];
    browser.post(&contests, &claim).await.location();
    let page = browser.page(&format!("{path}/data")).await;
    assert!(page.contains("contested on") && page.contains("You get an answer by"), "{page}");

    // One at a time; and it is marked where the account is vetted.
    let second = [("fact", "name"), ("claim", "It is Ana María"), ("proof", "")];
    let refused = browser.post(&contests, &second).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text.contains("has not been answered yet"), "{}", refused.text);
    let report = browser.page(&format!("/vetting/{account}")).await;
    assert!(report.contains("Contested since") && report.contains("followers on Instagram"), "{report}");

    // It waits for an answer, is a task, and cannot be called corrected while it still says what it said.
    let requests = browser.page("/outreach/requests").await;
    for said in ["1 request waits for an answer", "an answer is due in 7 days", "I have 5,100 since May"] {
        assert!(requests.contains(said), "{said} is not in {requests}");
    }
    place.json(&["outreach", "remind"]);
    let tasks = place.json(&["outreach", "tasks"]);
    assert!(
        tasks[0]["title"].as_str().is_some_and(|title| title.starts_with("Answer Ana Ruiz in writing by")),
        "{tasks}"
    );
    let decide = "/outreach/requests/contests/1";
    browser.post(decide, &[("do", "stands"), ("answer", "")]).await.is_refused_at("answer", "");
    let early = [("do", "corrected"), ("answer", "Done, thank you")];
    browser.post(decide, &early).await.is_refused_at("answer", "Done, thank you");
    profile(&place, 5_100, "I brew. ana@creator.test", "2026-05-20");
    browser.post(decide, &early).await.location();
    let row = store.contest(1).await.expect("reads").expect("is there");
    assert_eq!((row.state, row.answer.as_str()), (ContestState::Corrected, "Done, thank you"));
    assert!(row.revision.is_some());
    let page = browser.page(&format!("{path}/data")).await;
    assert!(page.contains("corrected on") && page.contains("5100 on 20 May 2026") && page.contains("Done, thank you"));
    assert!(browser.page(&format!("/vetting/{account}")).await.contains("figures since data revision"));
    let mail = store.outgoing_of_contact(1, 9).await.expect("reads");
    assert!(mail[0].subject.contains("What you asked us to look at"), "the answer goes by mail as well");

    // It is decided once; the next one stands, and who asked may take a third back.
    let again = browser.post(decide, &[("do", "stands"), ("answer", "No")]).await;
    assert!(again.text.contains("has been answered already"), "{}", again.text);
    browser.post(&contests, &second).await.location();
    let stands = place.json(&["outreach", "answer-contest", "2", "stands", "--answer", "Your imprint says so."]);
    assert_eq!(stands["state"], "stands");
    browser.post(&contests, &second).await.location();
    browser.post(&format!("{path}/contests/3/take-back"), &[]).await.location();
    let file: Value = serde_json::from_str(&browser.page(&format!("{path}/data.json")).await).expect("JSON");
    assert_eq!(file["contested"].as_array().expect("a list").len(), 3);

    // Nobody else's.
    let ben = link_of(&place, "Ben");
    browser.post(&contests, &second).await.location();
    browser.post(&format!("{ben}/contests/4/take-back"), &[]).await.location();
    assert_eq!(store.contest(4).await.expect("reads").expect("is there").state, ContestState::Open);
    let others = [("fact", followers.fact.as_str()), ("claim", "mine"), ("proof", "")];
    assert_eq!(browser.post(&format!("{ben}/contests"), &others).await.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn an_account_is_shown_to_be_theirs_by_a_code_in_its_profile_and_by_nothing_less() {
    let place = place_with_account();
    let path = link_of(&place, "Ana Ruiz");
    let browser = Browser::at(&place).await;
    let store = browser.data.store.clone();
    let account = store.contact_accounts(1).await.expect("reads")[0];
    let page = browser.page(&format!("{path}/figures")).await;
    for said in ["What is said about you", "Is it yours?", "Every sign that was looked at", "Read the whole report"] {
        assert!(page.contains(said), "{said} is not in {page}");
    }
    assert!(!page.contains("href=\"/creators/"), "no way into the program");
    let number = account.to_string();
    let claims = format!("{path}/claims");
    browser.post(&claims, &[("account", &number)]).await.location();
    let claim = store.claims_of(1).await.expect("reads").remove(0);
    assert!(browser.page(&format!("{path}/figures")).await.contains(&claim.code));
    let look = [("account", number.as_str()), ("claim", "1")];
    let answer = browser.post(&claims, &look).await;
    assert!(
        answer.location().contains("not%20there%20yet") || answer.location().contains("not+there+yet"),
        "{}",
        answer.location()
    );
    profile(&place, 4_300, &format!("I brew. {}", claim.code.to_uppercase()), "2026-04-01");
    browser.post(&claims, &look).await.location();
    let proved = store.proved_claim(account).await.expect("reads").expect("is proved");
    assert!(proved.evidence.contains("stood in the profile of 1 Apr 2026"), "{}", proved.evidence);
    assert!(browser.page(&format!("{path}/figures")).await.contains("You have shown that it is yours"));

    // Once shown it is nobody else's, and who has no such account cannot ask.
    browser.post(&claims, &[("account", &number)]).await;
    assert_eq!(store.claims_of(1).await.expect("reads").len(), 1);
    let ben = link_of(&place, "Ben");
    let other = browser.post(&format!("{ben}/claims"), &[("account", &number)]).await;
    assert_eq!(other.status, StatusCode::NOT_FOUND);
    assert_eq!(browser.post(&format!("{ben}/figures/{number}/report"), &[]).await.status, StatusCode::NOT_FOUND);

    // The whole report opens by a link of its own.
    let report = browser.post(&format!("{path}/figures/{number}/report"), &[]).await;
    let shared = report.location().to_owned();
    assert!(browser.page(&shared).await.contains("for whom it is about"));
}

#[tokio::test]
async fn a_creator_who_asks_to_be_forgotten_later_gets_no_mail_may_change_their_mind_and_is_forgotten_on_the_day() {
    let place = place_with_account();
    let path = link_of(&place, "Ana Ruiz");
    let browser = Browser::at(&place).await;
    let store = browser.data.store.clone();
    browser.post(&format!("{path}/forget"), &[("when", "later")]).await.is_refused_at("sure", "");
    let later = [("when", "later"), ("sure", "yes")];
    browser.post(&format!("{path}/forget"), &later).await.location();
    let due = store.erasure_request(1).await.expect("reads").expect("is noted").due_at;
    assert_eq!((due.0 - browser.data.now().0 + DAY / 2) / DAY, 14);
    assert!(browser.page(&format!("{path}/data")).await.contains("Keep me after all"));
    assert!(browser.page("/outreach/requests").await.contains("To be forgotten"));
    let mail = [("subject", "Hi"), ("body", "Hi Ana")];
    let refused = browser.post("/outreach/contacts/1/write", &mail).await;
    assert!(refused.text.contains("no e-mail address that may be written to"), "{}", refused.text);

    browser.post(&format!("{path}/keep"), &[]).await.location();
    assert!(store.erasure_request(1).await.expect("reads").is_none());
    browser.post(&format!("{path}/forget"), &later).await.location();
    assert_eq!(rights::forget_those_due(&browser.data).await.expect("looks"), 0, "the day has not come");
    assert!(store.contact(1).await.expect("reads").is_some());
    store.keep_after_all(1, "Ana", browser.data.now()).await.expect("writes");
    let past = Timestamp(browser.data.now().0 - DAY);
    store.ask_to_be_forgotten(1, past, "Ana", past).await.expect("writes");
    let done = place.json(&["outreach", "remind"]);
    assert_eq!(done["forgotten"], 1);
    assert!(store.contact(1).await.expect("reads").is_none());
    let requests = browser.page("/outreach/requests").await;
    assert!(requests.contains("A creator asked to be removed and was") && !requests.contains("Ana"), "{requests}");
    profile_is_refused(&place);
}

/// What is brought in later brings nobody back.
fn profile_is_refused(place: &Place) {
    profile(place, 9_000, "back again", "2026-06-01");
    let found = place.refused(&["creators", "show", "instagram:ana.brews"]);
    assert!(found.contains("no account is called"), "{found}");
}

#[tokio::test]
async fn what_comes_due_is_reminded_of_once_as_tasks_or_as_mail_where_that_was_said() {
    let place = place_with_people();
    let browser = Browser::at(&place).await;
    let store = browser.data.store.clone();
    let now = browser.data.now();
    let in_days = |days: i64| clock::iso_day(Timestamp(now.0 + days * DAY));
    let brief = json!({ "product": "A grinder", "audience": "People who brew", "freedom": "All of it", "language": "en", "country": "GB" });
    let file = place.file("brief.json", brief.to_string());
    place.json(&["outreach", "brief", "Spring", "--file", &text(&file)]);
    let piece = format!("2 story instagram {} {}", in_days(1), in_days(9));
    let offer = ["outreach", "offer", "Ana Ruiz", "--brief", "Spring", "--fee", "250 EUR", "--piece", &piece];
    place.json(&offer);
    assert_eq!(place.json(&["outreach", "remind"])["tasks"], 0, "nothing is due of what is only offered");
    let path = link_of(&place, "Ana Ruiz");
    browser.post(&format!("{path}/deals/1"), &[("do", "accept"), ("version", "1"), ("name", "Ana")]).await.location();

    let first = place.json(&["outreach", "remind"]);
    assert_eq!((&first["tasks"], &first["mails"]), (&json!(2), &json!(0)), "two drafts; posts and payment are far off");
    let again = place.json(&["outreach", "remind"]);
    assert_eq!((&again["tasks"], &again["mails"]), (&json!(0), &json!(0)));
    let tasks = place.json(&["outreach", "tasks"]);
    let title = tasks[0]["title"].as_str().expect("a title");
    assert_eq!(title, format!("Remind Ana Ruiz: the draft of the story is due on {}", in_days(1)));
    assert_eq!(tasks[0]["owner"], "Mia", "it is for whoever looks after her");

    // By mail where a person has said so: with a link of her own, once.
    place.json(&["outreach", "settings", "--reminders", "mail"]);
    let piece = format!("1 post instagram {} {}", in_days(2), in_days(9));
    place.json(&["outreach", "offer", "Ana Ruiz", "--brief", "Spring", "--fee", "90 EUR", "--piece", &piece]);
    browser.post(&format!("{path}/deals/2"), &[("do", "accept"), ("version", "1"), ("name", "Ana")]).await.location();
    let third = place.json(&["outreach", "remind"]);
    assert_eq!((&third["tasks"], &third["mails"]), (&json!(0), &json!(1)));
    assert_eq!(place.json(&["outreach", "remind"])["mails"], 0);
    let mail = store.outgoing_of_contact(1, 9).await.expect("reads").remove(0);
    assert!(mail.body.contains("https://mail.brand.test/outreach/creator/"), "{}", mail.body);
    assert!(place.refused(&["outreach", "settings", "--reminders", "often"]).contains("tasks or mail"));
}

#[tokio::test]
async fn a_post_is_looked_at_again_after_a_day_a_week_and_a_month() {
    let place = place_with_people();
    let browser = Browser::at(&place).await;
    let store = browser.data.store.clone();
    let brief = json!({ "product": "A grinder", "audience": "People who brew", "freedom": "All of it", "language": "en", "country": "GB" });
    let file = place.file("brief.json", brief.to_string());
    place.json(&["outreach", "brief", "Spring", "--file", &text(&file)]);
    let offer =
        ["outreach", "offer", "Ana Ruiz", "--brief", "Spring", "--fee", "250 EUR", "--piece", "1 post instagram"];
    place.json(&offer);
    let path = link_of(&place, "Ana Ruiz");
    browser.post(&format!("{path}/deals/1"), &[("do", "accept"), ("version", "1"), ("name", "Ana")]).await.location();
    assert!(!browser.page("/outreach/pieces/1").await.contains("Looked at again"));
    let early = place.refused(&["outreach", "look", "1", "--gone"]);
    assert!(early.contains("not posted yet"), "{early}");
    browser.post("/outreach/pieces/1", &[("do", "posted"), ("url", "https://insta.example/ana/1")]).await.location();
    let today = clock::iso_day(browser.data.now());
    let looks = store.second_looks(1).await.expect("reads");
    let days: Vec<i64> = looks.iter().map(|look| look.after_days).collect();
    assert_eq!(days, [1, 7, 30]);
    assert!(looks[0].due_on > today);

    let look = "/outreach/pieces/1";
    browser.post(look, &[("do", "look"), ("caption", " ")]).await.is_refused_at("caption", "");
    let said = [("do", "look"), ("caption", "#ad My morning with the grinder"), ("label", "yes")];
    browser.post(look, &said).await.location();
    let silent = [("do", "look"), ("caption", "My morning with the grinder"), ("label", "no")];
    browser.post(look, &silent).await.location();
    place.json(&["outreach", "look", "1", "--gone"]);
    let found: Vec<(String, Option<bool>)> =
        store.second_looks(1).await.expect("reads").into_iter().map(|look| (look.light, look.is_there)).collect();
    assert_eq!(found, [("green".to_owned(), Some(true)), ("red".to_owned(), Some(true)), (String::new(), Some(false))]);
    let page = browser.page(look).await;
    for said in ["after 7 days", "does not say openly enough", "gone, seen on"] {
        assert!(page.contains(said), "{said} is not in {page}");
    }
    assert!(place.refused(&["outreach", "look", "1", "--gone"]).contains("no look is open"));
}

#[tokio::test]
async fn a_timeline_says_when_an_account_answers_otherwise_than_before() {
    let place = Place::with_demo();
    let brands = place.json(&["matching", "brands"]);
    let ranked =
        place.json(&["matching", "rank", "--brand", brands[0]["name"].as_str().expect("a name"), "--limit", "1"]);
    let account = ranked["creators"][0]["account"].to_string().trim_matches('"').to_owned();
    place.json(&["outreach", "add", "Known", "--creator", &account]);
    place.json(&["refresh"]);
    let browser = Browser::at(&place).await;
    let store = &browser.data.store;
    let told = store.scores_told().await.expect("reads").remove(0);
    let level = told.level.clone().unwrap_or_else(|| panic!("nothing is known of {account}"));
    let score = async || {
        let touches = store.touches(told.contact, None, 50).await.expect("reads");
        touches.into_iter().filter(|touch| touch.kind == model::outreach::TouchKind::Score).collect::<Vec<_>>()
    };
    assert!(score().await.is_empty(), "the first time nothing has changed");
    let other = if level == "rarely" { "many" } else { "rarely" };
    store.tell_score(&told, other, None, browser.data.now()).await.expect("notes");
    for _ in 0..2 {
        place.json(&["refresh"]);
    }
    let lines = score().await;
    assert_eq!(lines.len(), 1);
    assert!(lines[0].summary.contains("; before: "), "{}", lines[0].summary);
}

#[tokio::test]
async fn somebody_with_two_accounts_is_forgotten_whole_or_not_at_all() {
    let place = place_with_account();
    let other = place.file("other.csv", "account,followers\nana.tea,900\n");
    place.json(&["ingest", "accounts", &text(&other), "--platform", "tiktok", "--observed-on", "2026-03-01"]);
    place.json(&["outreach", "link", "Ana Ruiz", "tiktok:ana.tea"]);
    let path = link_of(&place, "Ana Ruiz");
    let browser = Browser::at(&place).await;
    let writing = browser.data.lock_for_writing().expect("is free");
    let busy = browser.post(&format!("{path}/forget"), &[("when", "now"), ("sure", "yes")]).await;
    busy.is_refused_at("sure", "nothing was changed");
    assert!(browser.data.store.contact(1).await.expect("reads").is_some());
    drop(writing);
    let done = browser.post(&format!("{path}/forget"), &[("when", "now"), ("sure", "yes")]).await;
    assert!(done.text.contains("You are forgotten"), "{}", done.text);
    for account in ["instagram:ana.brews", "tiktok:ana.tea"] {
        assert!(place.refused(&["creators", "show", account]).contains("no account is called"), "{account}");
    }
}

#[test]
fn a_row_that_is_right_is_not_refused_because_of_one_that_was_refused() {
    let place = Place::new();
    let rows =
        "name,email,zone\nAna,ana@creator.test,Nowhere/Land\nAna,ana@creator.test ana@creator.test,Europe/Madrid\n";
    let file = place.file("contacts.csv", rows);
    let output = place.run(&["outreach", "import", &text(&file), "--json"]);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let contacts = place.json(&["outreach", "contacts"]).to_string();
    assert!(contacts.contains("Ana"), "{said} {contacts}");
}
