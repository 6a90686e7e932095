//! The brand's own people through the command line and the pages: planted matches, decisions, files, and what is erased.

use std::path::Path;

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use proptest::prelude::*;
use serde_json::Value;
use tower::ServiceExt;

use bellwether::creators::own_people::{Adding, add};
use bellwether::data_directory::DataDirectory;
use bellwether::ingest::own_file::{OwnKind, OwnSettings, propose};

use crate::harness::{Place, text};

/// Accounts of Instagram; the address in a bio is the only one of the market.
const ACCOUNTS: &str = "account,followers,full_name,bio\n\
    ana_b,5000,Ana Bakes,write to ana@hop.example\n\
    ben.brews,4000,Ben Brews,cold brew\n\
    cleo,50,Cleo Lind,\n\
    dora_bakes,3000,Dora Bakes,\n\
    emil,2000,Emil,\n";

/// Followers as Instagram exports them.
fn followers(names: &[&str]) -> String {
    let entry = |(place, name): (usize, &&str)| {
        format!(
            r#"{{"title":"","string_list_data":[{{"href":"https://www.instagram.com/{name}","value":"{name}","timestamp":{}}}]}}"#,
            1_700_000_000 + place * 86_400
        )
    };
    format!("[{}]", names.iter().enumerate().map(entry).collect::<Vec<_>>().join(","))
}

const ORDERS: &str = "Name,Email,Created at,Billing Name\n\
    #1,ana@hop.example,2026-01-05 10:00:00 +0100,Ana Ruiz\n\
    #1,ana@hop.example,2026-01-05 10:00:00 +0100,\n\
    #2,Ana@Hop.example,2026-03-01 10:00:00 +0100,Ana Ruiz\n\
    #3,nora@letters.example,2026-02-01 10:00:00 +0100,Nora\n\
    #4,not an address,2026-02-02 10:00:00 +0100,Otto\n";

fn accounts(place: &Place, name: &str, content: &str) {
    let file = place.file(name, content);
    let map = "accounts:account=account,followers=followers,display_name=full_name,bio=bio";
    place.json(&["ingest", "csv", &text(&file), "--platform", "instagram", "--map", map]);
}

fn market() -> Place {
    let place = Place::new();
    accounts(&place, "accounts.csv", ACCOUNTS);
    place.json(&["refresh"]);
    place
}

fn add_file(place: &Place, name: &str, content: &str, rest: &[&str]) -> Value {
    let file = text(&place.file(name, content));
    let mut arguments = vec!["creators", "own", "add", &file];
    arguments.extend(rest);
    place.json(&arguments)
}

fn people(place: &Place, who: &str) -> Value {
    place.json(&["creators", "own", "people", "--who", who])
}

fn called(people: &Value) -> Vec<&str> {
    people["people"].as_array().expect("a list").iter().map(|one| one["name"].as_str().expect("a name")).collect()
}

fn files_that_hold(folder: &Path, bytes: &[u8]) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("the folder is there").flatten();
    entries
        .flat_map(|entry| {
            if entry.path().is_dir() {
                return files_that_hold(&entry.path(), bytes);
            }
            let content = std::fs::read(entry.path()).unwrap_or_default();
            let holds = content.windows(bytes.len()).any(|window| window.eq_ignore_ascii_case(bytes));
            holds.then(|| entry.path().display().to_string()).into_iter().collect()
        })
        .collect()
}

#[test]
fn planted_people_are_found_with_how_and_how_long_and_creators_come_first() {
    let place = market();
    let orders = add_file(&place, "orders.csv", ORDERS, &["--kind", "orders"]);
    assert_eq!(
        (&orders["people"], &orders["refused"], &orders["matches"]["matched"]),
        (&2.into(), &1.into(), &1.into())
    );
    assert_eq!((&orders["issues"][0]["row"], &orders["issues"][0]["column"]), (&6.into(), &"Email".into()), "{orders}");
    let export = followers(&["ana_b", "ben.brews", "cleo", "nobody.here"]);
    let export = add_file(&place, "followers_1.json", &export, &["--kind", "followers"]);
    assert_eq!((&export["matches"]["matched"], &export["matches"]["not_matched"]), (&3.into(), &1.into()), "{export}");
    add_file(
        &place,
        "customers.csv",
        "handle,platform,since\ndora_bakes,instagram,2025-01-01\n",
        &["--kind", "customers"],
    );

    let creators = people(&place, "creators");
    assert_eq!(called(&creators), ["Ana Bakes", "Ben Brews"], "{creators}");
    let ana = &creators["people"][0];
    let how = ana["how"].as_str().expect("words");
    assert!(
        how.starts_with("follower since 14 Nov 2023") && how.contains("2 orders, 5 Jan 2026 to 1 Mar 2026"),
        "{how}"
    );
    assert!(ana["span"]["value"].as_f64() > Some(830.0 * 86_400.0), "{ana}");
    assert!(ana["matches"].to_string().contains("an e-mail address in the bio is the row's"), "{ana}");
    assert_eq!(called(&people(&place, "others")), ["Cleo Lind"]);
    let suggested = people(&place, "suggested");
    assert_eq!(called(&suggested), ["Dora Bakes"]);
    let chance = suggested["people"][0]["matches"][0]["chance"]["value"].as_f64();
    assert!(chance > Some(0.5) && chance < Some(0.95), "{suggested}");

    let search = |filter: &str| place.json(&["creators", "search", "--filter", filter])["total"].clone();
    assert_eq!((search("own=buyer"), search("own=follower"), search("own=customer")), (1.into(), 2.into(), 0.into()));
    let shown = place.json(&["creators", "show", "instagram:ana_b"]);
    assert_eq!(shown["among_own_people"]["standing"], "sure", "{shown}");
}

#[test]
fn a_file_is_tried_out_added_once_and_taken_away_with_everything_it_held() {
    let place = market();
    let trial = add_file(&place, "orders.csv", ORDERS, &["--kind", "orders", "--dry-run"]);
    assert_eq!((&trial["rows"], &trial["people"], &trial["refused"]), (&5.into(), &2.into(), &1.into()), "{trial}");
    assert_eq!(place.json(&["creators", "own", "list"]), Value::Array(vec![]));
    let first = add_file(&place, "orders.csv", ORDERS, &["--kind", "orders"]);
    let again = add_file(&place, "copy.csv", ORDERS, &["--kind", "orders"]);
    assert_eq!((&again["same"], &again["file"], &again["people"]), (&true.into(), &first["file"], &0.into()));
    assert_eq!(place.json(&["creators", "own", "list"]).as_array().map(Vec::len), Some(1));
    for address in ["nora@letters.example", "nora@", "letters.example"] {
        assert_eq!(files_that_hold(&place.data_dir(), address.as_bytes()), Vec::<String>::new(), "{address}");
    }
    assert!(!files_that_hold(&place.data_dir(), b"Ana Ruiz").is_empty(), "the name can be found before");
    place.json(&["creators", "own", "remove", &first["file"].to_string()]);
    assert_eq!(files_that_hold(&place.data_dir(), b"Ana Ruiz"), Vec::<String>::new());
    assert!(called(&people(&place, "creators")).is_empty());
    assert!(place.refused(&["creators", "own", "remove", "99"]).contains("creators own list"));
}

#[test]
fn what_cannot_be_known_is_asked_and_a_mapping_answers_it() {
    let place = market();
    let file = "who,when\nana_b,2026-01-01 10:00\nben.brews,2026-01-02 10:00\n";
    let asked = add_file(&place, "list.csv", file, &["--kind", "engagers"]);
    assert_eq!(asked["taken"], false, "{asked}");
    let map = ["--kind", "engagers", "--platform", "instagram", "--map", "handle=who,first=when,zone=Europe/Berlin"];
    let added = add_file(&place, "list.csv", file, &map);
    assert_eq!(added["matches"]["matched"], 2, "{added}");
    let refused = place.refused(&[
        "creators",
        "own",
        "add",
        &text(&place.file("x.csv", file)),
        "--kind",
        "engagers",
        "--map",
        "handle=nothing",
    ]);
    assert!(refused.contains("there is no column `nothing`; the headings are: who, when"), "{refused}");
}

#[test]
fn decisions_outlive_new_accounts_and_can_be_taken_back() {
    let place = market();
    let customers = "handle,platform\ndora_bakes,instagram\nfinn_f,instagram\n";
    add_file(&place, "customers.csv", customers, &["--kind", "customers"]);
    place.json(&["creators", "own", "decide", "refuse", "instagram:dora_bakes"]);
    assert_eq!(called(&people(&place, "refused")), ["Dora Bakes"]);
    accounts(&place, "more.csv", "account,followers,full_name,bio\nfinn_f,9000,Finn,\n");
    let refreshed = place.json(&["refresh"]);
    assert_eq!(
        refreshed["who_is_who"]["own_matches_changed"].as_u64().map(|changed| changed >= 1),
        Some(true),
        "{refreshed}"
    );
    assert_eq!(called(&people(&place, "refused")), ["Dora Bakes"], "what was refused stays so");
    assert_eq!(called(&people(&place, "suggested")), ["Finn"], "a new account matches");
    place.json(&["creators", "own", "decide", "confirm", "instagram:finn_f"]);
    assert_eq!(called(&people(&place, "creators")), ["Finn"]);
    assert_eq!(place.json(&["creators", "search", "--filter", "own=customer"])["total"], 1);
    place.json(&["refresh", "--full"]);
    assert_eq!(called(&people(&place, "creators")), ["Finn"]);
    place.json(&["creators", "own", "decide", "undo", "instagram:finn_f", "instagram:dora_bakes"]);
    assert_eq!(people(&place, "suggested")["counts"]["suggested"], 2);
    assert!(place.refused(&["creators", "own", "decide", "confirm", "instagram:emil"]).contains("nobody of your own"));
}

#[test]
fn a_forgotten_creator_leaves_own_people_and_no_later_file_brings_them_back() {
    let place = market();
    let export = followers(&["ben.brews", "cleo"]);
    add_file(&place, "followers_1.json", &export, &["--kind", "followers"]);
    assert!(!files_that_hold(&place.data_dir(), b"ben.brews").is_empty());
    place.json(&["creators", "forget", "instagram:ben.brews"]);
    assert_eq!(files_that_hold(&place.data_dir(), b"ben.brews"), Vec::<String>::new());
    assert!(called(&people(&place, "creators")).is_empty());
    assert_eq!(place.json(&["creators", "own", "list"])[0]["people"], 1);
    let later = followers(&["ben.brews", "cleo", "ana_b"]);
    let later = add_file(&place, "later.json", &later, &["--kind", "followers"]);
    assert_eq!((&later["left_out"], &later["people"]), (&1.into(), &2.into()), "{later}");
    assert_eq!(files_that_hold(&place.data_dir(), b"ben.brews"), Vec::<String>::new());
}

/// Asks the application as a browser would.
pub struct Site {
    router: axum::Router,
}

pub struct Answered {
    pub status: StatusCode,
    pub leads_to: String,
    pub body: String,
}

impl Site {
    pub async fn open(place: &Place) -> Site {
        let data = DataDirectory::open(&place.data_dir()).await.expect("opens");
        Site { router: bellwether::web::router::router(data.into()) }
    }

    async fn ask(&self, request: Request<Body>) -> Answered {
        let response = self.router.clone().oneshot(request).await.expect("answers");
        let status = response.status();
        let location = response.headers().get(header::LOCATION);
        let leads_to = location.map(|to| to.to_str().expect("an address").to_owned()).unwrap_or_default();
        let bytes = axum::body::to_bytes(response.into_body(), usize::MAX).await.expect("a body");
        Answered { status, leads_to, body: String::from_utf8_lossy(&bytes).into_owned() }
    }

    pub async fn get(&self, address: &str) -> Answered {
        self.ask(Request::get(address).body(Body::empty()).expect("a request")).await
    }

    pub async fn page(&self, address: &str) -> String {
        let answered = self.get(address).await;
        assert_eq!(answered.status, StatusCode::OK, "{address}: {}", answered.body);
        answered.body
    }

    pub async fn post(&self, address: &str, form: &str) -> Answered {
        let form_type = "application/x-www-form-urlencoded";
        let request = Request::post(address).header(header::CONTENT_TYPE, form_type);
        self.ask(request.body(Body::from(form.to_owned())).expect("a request")).await
    }

    async fn upload(&self, address: &str, fields: &[(&str, &str)], file: &str, content: &str) -> Answered {
        let mut body = String::new();
        for (name, value) in fields {
            body.push_str(&format!("--edge\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"));
        }
        body.push_str(&format!(
            "--edge\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{file}\"\r\n\r\n{content}\r\n--edge--\r\n"
        ));
        let request = Request::post(address).header(header::CONTENT_TYPE, "multipart/form-data; boundary=edge");
        self.ask(request.body(Body::from(body)).expect("a request")).await
    }
}

/// The first value of a hidden field in the page.
fn hidden(page: &str, name: &str) -> String {
    let from = page.split(&format!("name=\"{name}\" value=\"")).nth(1).unwrap_or_else(|| panic!("{name} in {page}"));
    from.split('"').next().expect("an end").to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_goes_from_the_form_to_the_creators_among_its_people_and_back() {
    let place = market();
    let site = Site::open(&place).await;
    let empty = site.page("/creators/own").await;
    assert!(empty.contains("Bring your own people first") && empty.contains("followers_1.json"));
    let none = site.upload("/creators/own/uploads", &[("kind", "orders")], "orders.csv", "").await;
    assert_eq!(none.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(none.body.contains("no file was chosen"));

    let sent = site.upload("/creators/own/uploads", &[("kind", "orders")], "orders.csv", ORDERS).await;
    assert!(sent.leads_to.starts_with("/creators/own/uploads/"), "{}", sent.body);
    let look = site.page(&sent.leads_to).await;
    assert!(look.contains("5 rows hold 2 people; 1 would be refused"), "{look}");
    assert!(look.contains("is not an e-mail address") && look.contains("a hash is kept"));
    assert!(site.page("/creators/own").await.contains("Nobody of your own is held yet"), "looking keeps nothing");
    let mapped = format!("{}&chosen=yes&column-email=Email", sent.leads_to);
    assert!(site.page(&mapped).await.contains("5 rows hold 2 people"), "a column alone will do");

    let form = format!(
        "kind=orders&chosen=yes&column-email=Email&column-order=Name&column-first={}&keep_days=30",
        hidden(&look, "column-first").replace(' ', "+")
    );
    let address = sent.leads_to.split('?').next().expect("an address").to_owned();
    assert_eq!(site.post(&address, "keep_days=0").await.status, StatusCode::BAD_REQUEST);
    let mut at = site.post(&address, &form).await.leads_to;
    for _ in 0..200 {
        let answered = site.get(&at).await;
        if answered.status == StatusCode::SEE_OTHER {
            at = answered.leads_to;
            break;
        }
        assert_eq!(answered.status, StatusCode::OK, "{}", answered.body);
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    let added = site.page(&at).await;
    assert!(added.contains("is added: of 2 people 1 surely have an account"), "{added}");
    assert!(added.contains("1 creator is among your own people: 1 buyer."), "{added}");
    assert!(added.contains("Ana Bakes") && added.contains("2 orders, 5 Jan 2026 to 1 Mar 2026"));
    assert!(added.contains("<td class=\"number\" data-label=\"Not matched\">1</td>"));
    assert_eq!(site.get(&address).await.status, StatusCode::NOT_FOUND, "the file does not wait any more");

    let account = hidden(&added, "shown");
    let creator = site.page(&format!("/creators/{account}")).await;
    assert!(creator.contains("Among your own people: 2 orders"), "{creator}");
    let found = site.page("/creators?own=buyer").await;
    assert!(found.contains("Ana Bakes") && found.contains("your own: ordered"), "{found}");

    let refused = site.post("/creators/own/decide", &format!("one=refuse.{account}&back=%2Fcreators%2Fown")).await;
    let told = site.page(&refused.leads_to).await;
    assert!(told.contains("1 match is refused") && told.contains("name=\"do\" value=\"undo\""), "{told}");
    assert!(!site.page(&format!("/creators/{account}")).await.contains("Among your own people"));
    assert!(site.page("/creators/own?who=refused").await.contains("Ana Bakes"));
    let undone = site.post("/creators/own/decide", &format!("account={account}&do=undo")).await;
    assert!(site.page(&undone.leads_to).await.contains("Ana Bakes"));
    let all = site.post("/creators/own/decide", &format!("shown={account}&do=confirm-page")).await;
    assert!(site.page(&all.leads_to).await.contains("confirmed"));

    let file = hidden_file(&site.page("/creators/own").await);
    let gone = site.post(&format!("/creators/own/files/{file}/remove"), "").await;
    assert!(site.page(&gone.leads_to).await.contains("Nobody of your own is held yet"));
    assert_eq!(site.post(&format!("/creators/own/files/{file}/remove"), "").await.status, StatusCode::NOT_FOUND);
}

fn hidden_file(page: &str) -> String {
    let from = page.split("action=\"/creators/own/files/").nth(1).expect("a file");
    from.split('/').next().expect("a number").to_owned()
}

/// Rows of customers with planted and made-up handles and addresses.
fn rows() -> impl Strategy<Value = Vec<(String, String)>> {
    let handle = prop::sample::select(vec!["ana_b", "ben.brews", "dora_bakes", "emil", "nobody1", "nobody2", ""]);
    let email = prop::sample::select(vec!["ana@hop.example", "quinn@other.example", ""]);
    prop::collection::vec((handle.prop_map(str::to_owned), email.prop_map(str::to_owned)), 1..20)
}

#[test]
fn matching_twice_changes_nothing_and_no_address_is_in_the_database() {
    let place = market();
    let runtime = tokio::runtime::Runtime::new().expect("threads");
    let data = runtime.block_on(DataDirectory::open(&place.data_dir())).expect("opens");
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig::with_cases(12));
    let case = std::cell::Cell::new(0);
    let tried = runner.run(&rows(), |rows| {
        case.set(case.get() + 1);
        let lines: String = rows.iter().map(|(handle, email)| format!("{handle},{email},{}\n", case.get())).collect();
        let path = place.file(&format!("case{}.csv", case.get()), format!("handle,email,count\n{lines}"));
        let platform = Some(model::Platform::Instagram);
        let proposal = propose(&path, OwnKind::Customers, platform).expect("is read");
        let settings = OwnSettings { kind: OwnKind::Customers, platform, mapping: proposal.mapping };
        let adding = Adding { path: &path, label: "c.csv".to_owned(), settings, keep_days: 10, brand: None };
        // A file in which no row tells anybody apart is refused, and that is right.
        let added = runtime.block_on(add(&data, adding, Default::default()));
        prop_assert_eq!(added.is_err(), rows.iter().all(|(handle, email)| handle.is_empty() && email.is_empty()));
        let matches = || runtime.block_on(data.store.own_matches(data.now())).expect("reads");
        let typed = || runtime.block_on(data.store.typed_change()).expect("reads");
        if let Some(first) = matches().first() {
            let refused = [(first.person, first.account, "refused")];
            runtime.block_on(data.store.set_own_states(&refused, Some(data.now()))).expect("decides");
        }
        let (before, change) = (matches(), typed());
        // What was matched last is forgotten, so that everybody is matched again.
        runtime.block_on(data.store.set_setting("own_people_matched", "")).expect("sets");
        let again = runtime.block_on(bellwether::creators::identity::bring_along(&data)).expect("matches");
        prop_assert_eq!(again.own_matches_changed, 0);
        prop_assert_eq!((matches(), typed()), (before, change));
        Ok(())
    });
    tried.expect("holds for every case");
    drop(data);
    for name in ["operations.sqlite", "operations.sqlite-wal", "derived.sqlite", "derived.sqlite-wal"] {
        let content = std::fs::read(place.data_dir().join(name)).unwrap_or_default();
        let text = String::from_utf8_lossy(&content);
        assert!(!text.contains("hop.example") && !text.contains("other.example"), "{name} holds an address");
    }
}
