//! Shortlists: notes, owners, columns, votes, links for clients, files out and in, changes for many and taking them back;
//! through the command line and, where a browser asks, through the router.

use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode, header};
use bellwether::data_directory::DataDirectory;
use bellwether::web::router::router;
use serde_json::Value;
use tower::ServiceExt;

use crate::harness::{Place, interactions_csv, text};

/// Twenty people who talk with each other, seven of them on the list "Spring".
fn place_with_a_list() -> Place {
    let place = Place::new();
    let talk = place.file("talk.csv", interactions_csv(400));
    place.json(&["ingest", "interactions", &text(&talk)]);
    let accounts = "account,followers\nu0,900\nu1,12000\nu2,50000\nu3,2000\n";
    place.json(&["ingest", "accounts", &text(&place.file("accounts.csv", accounts))]);
    let people: Vec<String> = (0..7).map(|number| format!("other:u{number}")).collect();
    let mut add = vec!["creators", "list", "add", "Spring"];
    add.extend(people.iter().map(String::as_str));
    place.json(&add);
    place
}

fn members(place: &Place, list: &str) -> Vec<Value> {
    place.json(&["creators", "list", "show", list])["members"].as_array().cloned().expect("members")
}

fn member<'a>(members: &'a [Value], name: &str) -> &'a Value {
    members.iter().find(|member| member["creator"]["name"] == name).unwrap_or_else(|| panic!("{name} in {members:?}"))
}

/// A browser at the router: asks and sends forms.
struct Browser {
    data: Arc<DataDirectory>,
}

struct Answer {
    status: StatusCode,
    headers: axum::http::HeaderMap,
    text: String,
}

impl Browser {
    async fn at(place: &Place) -> Browser {
        Browser { data: Arc::new(DataDirectory::open(&place.data_dir()).await.expect("opens")) }
    }

    async fn send(&self, request: Request<Body>) -> Answer {
        let answer = router(self.data.clone()).oneshot(request).await.expect("answers");
        let (parts, body) = answer.into_parts();
        let bytes = to_bytes(body, 64 << 20).await.expect("a body");
        Answer { status: parts.status, headers: parts.headers, text: String::from_utf8_lossy(&bytes).into_owned() }
    }

    async fn get(&self, address: &str) -> Answer {
        self.send(Request::get(address).header(header::HOST, "localhost").body(Body::empty()).expect("a request")).await
    }

    async fn post(&self, address: &str, pairs: &[(&str, &str)]) -> Answer {
        self.post_from(address, pairs, "http://localhost").await
    }

    async fn post_from(&self, address: &str, pairs: &[(&str, &str)], origin: &str) -> Answer {
        let request = Request::post(address)
            .header(header::HOST, "localhost")
            .header(header::ORIGIN, origin)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.send(request.body(Body::from(encoded(pairs))).expect("a request")).await
    }

    async fn upload(&self, address: &str, name: &str, content: &str) -> Answer {
        let body = format!(
            "--line\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\nContent-Type: text/csv\r\n\r\n\
             {content}\r\n--line--\r\n"
        );
        let request = Request::post(address)
            .header(header::HOST, "localhost")
            .header(header::CONTENT_TYPE, "multipart/form-data; boundary=line");
        self.send(request.body(Body::from(body)).expect("a request")).await
    }
}

impl Answer {
    fn location(&self) -> &str {
        assert_eq!(self.status, StatusCode::SEE_OTHER, "{}", self.text);
        self.headers[header::LOCATION].to_str().expect("an address")
    }
}

fn encoded(pairs: &[(&str, &str)]) -> String {
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

/// The value of a hidden field or key in a page.
fn between<'a>(page: &'a str, before: &str, after: &str) -> &'a str {
    let from = page.find(before).unwrap_or_else(|| panic!("{before} is not in {page}")) + before.len();
    &page[from..from + page[from..].find(after).expect("an end")]
}

#[test]
fn notes_owners_columns_and_votes_stand_on_a_list_and_are_changed_by_whoever_gave_them() {
    let place = place_with_a_list();
    let list = |arguments: &[&str]| place.json(&[&["creators", "list"], arguments].concat());
    list(&["owner", "spring", "Ana"]);
    list(&["owner", "Spring", "Ben", "other:u1", "other:u2"]);
    list(&["note", "Spring", "other:u1", "asks for samples\nand a contract"]);
    list(&["value", "Spring", "Budget", "200 EUR", "other:u1"]);
    list(&["column", "Spring", "Country"]);
    assert_eq!(
        list(&["column", "Spring", "country", "--shift", "left"])["columns"],
        serde_json::json!(["Country", "Budget"])
    );
    assert_eq!(
        list(&["column", "Spring", "Country", "--rename", "Place"])["columns"],
        serde_json::json!(["Place", "Budget"])
    );
    assert!(
        place.refused(&["creators", "list", "column", "Spring", "Place", "--rename", "BUDGET"]).contains("already")
    );
    assert!(place.refused(&["creators", "list", "column", "Spring", "Nowhere", "--remove"]).contains("no column"));
    list(&["vote", "Spring", "other:u1", "for", "--by", "Ana", "--comment", "knows the trade"]);
    list(&["vote", "Spring", "other:u1", "against", "--by", "ana"]);
    list(&["vote", "Spring", "other:u1", "neither", "--by", "Ben"]);
    let held = members(&place, "Spring");
    let one = member(&held, "u1");
    assert_eq!((&one["note"], &one["owner"]), (&"asks for samples\nand a contract".into(), &"Ben".into()));
    assert_eq!(one["values"], serde_json::json!({ "Budget": "200 EUR" }));
    assert_eq!(one["votes"], serde_json::json!({ "up": 0, "neutral": 1, "down": 1 }), "the same voter changed a vote");
    list(&["vote", "Spring", "other:u1", "take-back", "--by", "ANA"]);
    assert_eq!(member(&members(&place, "Spring"), "u1")["votes"]["down"], 0);
    assert!(
        place.refused(&["creators", "list", "vote", "Spring", "other:u9", "for", "--by", "Ana"]).contains("not on")
    );
    assert!(
        place.refused(&["creators", "list", "vote", "Spring", "other:u1", "for", "--by", " "]).contains("needs a name")
    );
    let moved = list(&["move", "Spring", "Summer", "other:u1", "other:u2"]);
    assert_eq!(moved["people"], 2, "{moved}");
    let there = members(&place, "Summer");
    assert_eq!(member(&there, "u1")["note"], "asks for samples\nand a contract", "notes go along");
    assert_eq!(member(&there, "u1")["votes"]["neutral"], 0, "votes do not");
    assert_eq!(members(&place, "Spring").len(), 5);
    assert!(place.refused(&["creators", "list", "move", "Spring", "Spring", "--all"]).contains("already"));
}

#[test]
fn a_list_that_goes_out_as_a_file_comes_back_the_same() {
    let place = place_with_a_list();
    let list = |arguments: &[&str]| place.json(&[&["creators", "list"], arguments].concat());
    list(&["note", "Spring", "other:u1", "=HYPERLINK(\"x\"), \"quoted\"\nsecond line"]);
    list(&["note", "Spring", "other:u2", "'=1+1"]);
    list(&["owner", "Spring", "Ana", "other:u2", "other:u3"]);
    list(&["value", "Spring", "Budget", "-5", "other:u1"]);
    list(&["value", "Spring", "Followers", "many, they say", "other:u4"]);
    list(&["add", "Spring", "other:u9"]);
    let out = place.folder.path().join("spring.csv");
    let written = list(&["export", "Spring", "--out", &text(&out)]);
    assert_eq!(written["people"], 8);
    let content = std::fs::read_to_string(&out).expect("is written");
    assert!(
        content.lines().next().is_some_and(|line| line.contains("column:Followers") && line.contains("price_value"))
    );
    assert!(content.contains("'=HYPERLINK") && !content.contains(",=") && !content.contains("\"="), "{content}");
    let dry = list(&["import", "Autumn", &text(&out), "--dry-run"]);
    assert_eq!((&dry["added"], &dry["list"]), (&8.into(), &Value::Null), "{dry}");
    assert_eq!(place.json(&["creators", "lists"]).as_array().map(Vec::len), Some(1), "a dry run begins nothing");
    let imported = list(&["import", "Autumn", &text(&out)]);
    assert_eq!((&imported["added"], &imported["refused"]), (&8.into(), &serde_json::json!([])), "{imported}");
    let kept = |members: Vec<Value>| -> Vec<Value> {
        let part = |member: &Value| {
            ["account", "added_at", "picked_on", "note", "owner", "values"]
                .map(|key| member[key].clone())
                .to_vec()
                .into()
        };
        members.iter().map(part).collect()
    };
    assert_eq!(kept(members(&place, "Autumn")), kept(members(&place, "Spring")));
    let again = list(&["import", "Autumn", &text(&out)]);
    assert_eq!((&again["added"], &again["changed"], &again["same"]), (&0.into(), &0.into(), &8.into()), "{again}");
}

#[test]
fn rows_that_cannot_be_taken_are_told_and_the_others_are_taken() {
    let place = place_with_a_list();
    let rows = "handle;platform;url;Note;email;column:Budget\n\
                u9;other;;new;a@example.org;10\n\
                @u1;other;;=1+1;;\n\
                u10;;;found by name alone;;\n\
                nobody-here;other;;;;\n\
                u11;myspace;;;;\n\
                ;;;;;\n\
                u9;other;;again;;\n\
                ;;https://www.instagram.com/unheld_person/;;;\n\
                u12;other;\n";
    let file = place.file("people.csv", rows);
    let imported = place.json(&["creators", "list", "import", "Spring", &text(&file)]);
    assert_eq!((&imported["added"], &imported["changed"]), (&2.into(), &1.into()), "{imported}");
    assert_eq!(imported["not_held"], 2, "{imported}");
    assert_eq!(imported["not_taken"], serde_json::json!(["email"]), "what nobody asked for is not kept");
    let refused: Vec<(u64, &str)> = (imported["refused"].as_array().expect("rows").iter())
        .map(|issue| (issue["row"].as_u64().unwrap_or(0), issue["column"].as_str().unwrap_or("")))
        .collect();
    assert_eq!(
        refused,
        [(5, "handle"), (6, "platform"), (7, "account"), (8, "handle"), (9, "url"), (10, "Note")],
        "{imported}"
    );
    let issues = imported["refused"].as_array().expect("rows");
    assert!(
        issues.iter().all(|issue| !issue["problem"].to_string().is_empty() && !issue["hint"].to_string().is_empty())
    );
    assert_eq!(member(&members(&place, "Spring"), "u1")["note"], "=1+1");
    assert_eq!(member(&members(&place, "Spring"), "u9")["values"]["Budget"], "10");
    let nobody = place.file("nobody.csv", "city,email\nParis,a@example.org\n");
    assert!(place.refused(&["creators", "list", "import", "Spring", &text(&nobody)]).contains("says who is meant"));
    assert!(place.refused(&["creators", "list", "import", "Spring", "/nowhere.csv"]).contains("nowhere"));
}

#[test]
fn overlaps_are_told_for_those_whose_people_are_held() {
    let place = place_with_a_list();
    let alone = place.file("alone.csv", "account,followers\nunseen,5000\n");
    place.json(&["ingest", "accounts", &text(&alone)]);
    place.json(&["creators", "list", "add", "Spring", "other:unseen"]);
    let found = place.json(&["creators", "list", "overlap", "Spring"]);
    assert_eq!(found["among"].as_array().map(Vec::len), Some(7), "{found}");
    assert_eq!(found["without"].as_array().map(Vec::len), Some(1), "nobody held is not an empty audience");
    let combined = &found["audiences"]["combined"];
    let (distinct, sum) = (combined["distinct"]["value"].as_f64(), combined["sum"]["value"].as_f64());
    assert!(distinct > Some(0.0) && distinct <= sum, "{combined}");
    let again = found["counted_again"]["value"].as_f64().zip(distinct).zip(sum);
    let ((again, distinct), sum) = again.expect("is known");
    assert!((again - (sum - distinct) / sum).abs() < 1e-9);
    assert_eq!(found["audiences"]["overlaps"]["pairs"].as_array().map(Vec::len), Some(21));
    let two = place.json(&["creators", "list", "overlap", "Spring", "other:u1", "other:u2"]);
    assert_eq!(two["among"].as_array().map(Vec::len), Some(2));
}

#[test]
fn a_forgotten_person_leaves_no_note_no_value_no_vote_in_any_file() {
    let place = place_with_a_list();
    let list = |arguments: &[&str]| place.json(&[&["creators", "list"], arguments].concat());
    list(&["note", "Spring", "other:u5", "zz-note-of-the-forgotten"]);
    list(&["value", "Spring", "Budget", "zz-value-of-the-forgotten", "other:u5"]);
    list(&["vote", "Spring", "other:u5", "for", "--by", "Ana", "--comment", "zz-vote-on-the-forgotten"]);
    let words = ["zz-note-of-the-forgotten", "zz-value-of-the-forgotten", "zz-vote-on-the-forgotten"];
    let held = |word: &str| crate::creators::files_that_hold(&place.data_dir(), word.as_bytes());
    assert!(words.iter().all(|word| held(word) > 0), "they can be found before");
    place.json(&["creators", "forget", "other:u5"]);
    assert!(words.iter().all(|word| held(word) == 0), "nothing of them is left");
    assert_eq!(members(&place, "Spring").len(), 6);
}

#[tokio::test]
async fn a_client_votes_by_link_sees_no_notes_and_finds_nothing_once_it_has_ended() {
    let place = place_with_a_list();
    let list = |arguments: &[&str]| place.json(&[&["creators", "list"], arguments].concat());
    list(&["note", "Spring", "other:u1", "zz-inner-note"]);
    list(&["owner", "Spring", "zz-inner-owner", "other:u1"]);
    list(&["value", "Spring", "zz-inner-column", "zz-inner-value", "other:u1"]);
    list(&["vote", "Spring", "other:u1", "against", "--by", "Cleo", "--comment", "zz-inner-comment"]);
    let account = member(&members(&place, "Spring"), "u1")["account"].to_string();
    let plain = list(&["link", "Spring", "--note", "the board"]);
    let priced = list(&["link", "Spring", "--prices"]);
    let browser = Browser::at(&place).await;
    let address = plain["address"].as_str().expect("an address");
    let page = browser.get(address).await;
    assert_eq!(page.status, StatusCode::OK);
    assert_eq!(page.headers["x-robots-tag"], "noindex, nofollow");
    assert_eq!(page.headers[header::CACHE_CONTROL], "private, no-store");
    assert!(
        page.text.contains("the board") && page.text.contains("u1") && !page.text.contains("zz-inner"),
        "{}",
        page.text
    );
    assert!(!page.text.contains("Expected fee") && !page.text.contains("href=\"/creators"), "no prices, no way in");
    assert!(browser.get(priced["address"].as_str().expect("an address")).await.text.contains("Expected fee"));
    let vote = format!("vote-{account}");
    let comment = format!("comment-{account}");
    let nameless = browser.post(address, &[("voter", " "), (&vote, "for"), (&comment, "typed words")]).await;
    assert_eq!(nameless.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(nameless.text.contains("needs a name") && nameless.text.contains("typed words"), "what was typed stays");
    let foreign = browser.post_from(address, &[("voter", "Dora"), (&vote, "for")], "https://elsewhere.example").await;
    assert_eq!(foreign.status, StatusCode::FORBIDDEN);
    let kept = browser.post(address, &[("voter", "Cleo"), (&vote, "for"), (&comment, "lovely")]).await;
    assert_eq!(kept.status, StatusCode::OK);
    assert!(kept.text.contains("1 vote or comment kept under the name Cleo"), "{}", kept.text);
    browser.post(address, &[("voter", "cleo"), (&vote, "against"), (&comment, "after a second look")]).await;
    let mine = browser.get(&format!("{address}?voter=Cleo")).await;
    assert!(mine.text.contains("after a second look"), "a vote is shown to whoever gave it");
    let other = browser.get(&format!("{}?voter=Cleo", priced["address"].as_str().expect("an address"))).await;
    assert!(!other.text.contains("after a second look"), "the same name on another link is somebody else");
    let one = member(&members(&place, "Spring"), "u1").clone();
    assert_eq!(
        one["votes"],
        serde_json::json!({ "up": 0, "neutral": 0, "down": 2 }),
        "Cleo of the team is not Cleo by link"
    );
    assert!(one["said"].to_string().contains("Cleo, by the link for the board"), "{one}");
    let held = list(&["links", "Spring"]);
    let of_board = held.as_array().expect("links").iter().find(|link| link["note"] == "the board").expect("is there");
    assert_eq!(of_board["opened"], 2, "a vote is no opening: {held}");
    list(&["revoke", "Spring", &plain["link"].to_string()]);
    for address in [address.to_owned(), format!("/creators/lists/shared/{}", "0".repeat(64))] {
        let gone = browser.get(&address).await;
        assert_eq!(gone.status, StatusCode::NOT_FOUND);
        assert!(!gone.text.contains("Spring") && !gone.text.contains("href=\"/creators"), "no way in");
        let refused = browser.post(&address, &[("voter", "Cleo"), (&vote, "for")]).await;
        assert_eq!(refused.status, StatusCode::NOT_FOUND);
    }
    assert_eq!(member(&members(&place, "Spring"), "u1")["votes"]["down"], 2, "votes stay when the link ends");
}

#[tokio::test]
async fn what_is_done_to_many_is_counted_first_and_taken_back_exactly() {
    let place = place_with_a_list();
    let list = |arguments: &[&str]| place.json(&[&["creators", "list"], arguments].concat());
    list(&["note", "Spring", "other:u1", "a note"]);
    list(&["value", "Spring", "Budget", "10", "other:u1"]);
    list(&["vote", "Spring", "other:u1", "for", "--by", "Ana"]);
    place.json(&["creators", "stage", "talking", "other:u1"]);
    let before = members(&place, "Spring");
    let account = member(&before, "u1")["account"].to_string();
    let browser = Browser::at(&place).await;
    let back = |key: String| {
        let browser = &browser;
        async move { browser.post("/creators/lists/undo", &[("undo", &key)]).await }
    };
    let key = |answer: &Answer| answer.location().split("done=").nth(1).expect("a key").to_owned();
    let asked = browser.get("/creators/lists/1/bulk?do=move&whole=yes").await;
    assert!(asked.text.contains("All 7 people on"), "{}", asked.text);
    assert_eq!(between(&asked.text, "name=\"count\" value=\"", "\""), "7");
    let late = browser
        .post("/creators/lists/1/bulk", &[("do", "move"), ("whole", "yes"), ("count", "6"), ("list_name", "B")])
        .await;
    assert!(late.text.contains("The list has changed since you looked"), "{}", late.text);
    for (what, with) in [
        ("move", ("list_name", "Summer")),
        ("copy", ("list_name", "Autumn")),
        ("stage", ("stage", "agreed")),
        ("owner", ("owner", "Dora")),
        ("value", ("column_name", "budget")),
        ("take-off", ("value", "")),
    ] {
        let all = [("do", what), ("whole", "yes"), ("count", "7"), with, ("value", "99")];
        let done = browser.post("/creators/lists/1/bulk", &all).await;
        let notice = browser.get(done.location()).await;
        assert!(notice.text.contains("Take it back"), "{what}: {}", notice.text);
        assert!(what == "copy" || members(&place, "Spring") != before, "{what} does something");
        assert_eq!(back(key(&done)).await.location(), "/creators/lists/1?said=back", "{what}");
        assert_eq!(members(&place, "Spring"), before, "{what} is taken back");
        assert_eq!(back(key(&done)).await.status, StatusCode::BAD_REQUEST, "once only");
    }
    let lists = place.json(&["creators", "lists"]);
    let others = lists.as_array().expect("lists").iter().filter(|list| list["name"] != "Spring");
    assert!(others.map(|list| &list["people"]).all(|people| *people == 0), "{lists}");
    let off = browser.post("/creators/lists/1/remove", &[("creator", &account)]).await;
    list(&["add", "Spring", "other:u1"]);
    let answer = back(key(&off)).await;
    assert_eq!(answer.status, StatusCode::CONFLICT, "what was changed since is not overwritten");
}

#[tokio::test]
async fn what_two_people_type_at_once_is_not_overwritten_but_told() {
    let place = place_with_a_list();
    let browser = Browser::at(&place).await;
    let account = member(&members(&place, "Spring"), "u1")["account"].to_string();
    let (note, was, owner) = (format!("note-{account}"), format!("was-note-{account}"), format!("owner-{account}"));
    let page = browser.get("/creators/lists/1/edit").await;
    assert!(page.text.contains(&format!("name=\"{note}\"")), "{}", page.text);
    let first = browser.post("/creators/lists/1/edit", &[(&was, ""), (&note, "from Ana"), (&owner, "Ana")]).await;
    assert!(first.location().contains("done="));
    let second = browser.post("/creators/lists/1/edit", &[(&was, ""), (&note, "from Ben")]).await;
    assert_eq!(second.status, StatusCode::OK);
    assert!(
        second.text.contains("Theirs is kept") && second.text.contains("from Ben") && second.text.contains("from Ana")
    );
    let held = members(&place, "Spring");
    assert_eq!((&member(&held, "u1")["note"], &member(&held, "u1")["owner"]), (&"from Ana".into(), &"Ana".into()));
    let long = browser.post("/creators/lists/1/edit", &[(&was, "from Ana"), (&note, &"x".repeat(2_001))]).await;
    assert_eq!(long.status, StatusCode::BAD_REQUEST);
    assert!(long.text.contains("2000 are the most"), "{}", long.text);
}

#[tokio::test]
async fn a_column_that_was_removed_comes_back_with_what_it_held() {
    let place = place_with_a_list();
    place.json(&["creators", "list", "value", "Spring", "Budget", "10", "other:u1"]);
    place.json(&["creators", "list", "column", "Spring", "Country"]);
    let before = members(&place, "Spring");
    let browser = Browser::at(&place).await;
    let page = browser.get("/creators/lists/1/columns").await;
    let column = between(&page.text, "name=\"column\" value=\"", "\"").to_owned();
    let done = browser.post("/creators/lists/1/columns", &[("column", &column), ("do", "remove")]).await;
    assert!(member(&members(&place, "Spring"), "u1")["values"].as_object().is_some_and(serde_json::Map::is_empty));
    let key = done.location().split("done=").nth(1).expect("a key").to_owned();
    browser.post("/creators/lists/undo", &[("undo", &key)]).await;
    assert_eq!(members(&place, "Spring"), before);
    assert_eq!(
        place.json(&["creators", "list", "show", "Spring"])["columns"],
        serde_json::json!(["Budget", "Country"])
    );
}

#[tokio::test]
async fn a_list_of_a_thousand_is_drawn_in_pages_and_goes_in_and_out_through_the_browser() {
    let place = Place::new();
    let mut talk = String::from("actor,target,kind,at_unix\n");
    let mut people = String::from("platform,handle,note\n");
    for number in 0..1_000 {
        for other in 1..4 {
            talk.push_str(&format!("p{number},p{},reply,{}\n", (number + other * 37) % 1_000, 1_600_000_000 + number));
        }
        people.push_str(&format!("other,p{number},note {number}\n"));
    }
    place.json(&["ingest", "interactions", &text(&place.file("talk.csv", talk))]);
    place.json(&["creators", "list", "add", "Thousand", "other:p0"]);
    let browser = Browser::at(&place).await;
    let taken = browser.upload("/creators/lists/1/import", "people.csv", &people).await;
    assert!(taken.text.contains("999 added, 1 changed"), "{}", taken.text);
    assert!(
        std::fs::read_dir(place.data_dir().join("uploads")).map_or(0, Iterator::count) == 0,
        "the file is not kept"
    );
    let first = browser.get("/creators/lists/1").await;
    assert!(first.text.contains("1–200 of 1,000"));
    let began = std::time::Instant::now();
    let mut rows = 0;
    for offset in [0, 200, 400, 600, 800] {
        rows += browser.get(&format!("/creators/lists/1?offset={offset}")).await.text.matches("<tr data-row>").count();
    }
    let each = began.elapsed() / 5;
    println!("a page of 200 of 1,000 people: {} ms", each.as_millis());
    assert_eq!(rows, 1_000);
    assert!(each.as_millis() < 1_500, "a page took {} ms", each.as_millis());
    let file = browser.get("/creators/lists/1/people.csv").await;
    let lines = file.text.lines().filter(|line| line.contains(",note ")).count();
    assert_eq!(lines, 1_000);
    let whole = browser.get("/creators/lists/1/bulk?do=take-off&whole=yes").await;
    assert!(whole.text.contains("All 1,000 people on") && whole.text.contains("and 950 more"), "{}", whole.text);
    let edit = browser.get("/creators/lists/1/edit?offset=950").await;
    assert!(edit.text.contains("951–1000 of 1,000"));
}

#[tokio::test]
async fn what_a_list_comes_to_says_for_how_many_it_is_known() {
    let place = place_with_a_list();
    for (who, fee) in [("other:u1", "250 EUR"), ("other:u2", "900 EUR")] {
        place.json(&["matching", "price", "add", who, fee]);
    }
    let browser = Browser::at(&place).await;
    let mut page = browser.get("/creators/lists/1").await.text;
    for _ in 0..100 {
        if !page.contains("being counted") {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        page = browser.get("/creators/lists/1").await.text;
    }
    assert!(page.contains("2 of 7 have a price of their own"), "{page}");
    assert!(page.contains("people around all 7 are held"), "{page}");
    let together = browser.get("/creators/lists/1/together").await.text;
    for piece in
        ["One post of each who has a price of their own", "Counted again", "Who shares whom", "id=\"distinct\""]
    {
        assert!(together.contains(piece), "{piece} is missing in {together}");
    }
    let one = member(&members(&place, "Spring"), "u1")["account"].to_string();
    let alone = browser.get(&format!("/creators/lists/1/together?creator={one}")).await.text;
    assert!(alone.contains("at least two of them must be held"), "{alone}");
    let nobody = browser.get("/creators/lists/99").await;
    assert_eq!(nobody.status, StatusCode::NOT_FOUND);
    assert_eq!(browser.get("/creators/lists/1/people/5").await.status, StatusCode::NOT_FOUND);
}
