//! Contacts kept in order through the router and the command line: two made one, files brought in and taken back, files on
//! contacts, deals and prices on their page, views of lists, and moves taken back.

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use model::outreach::Stage;

use crate::harness::{Place, text};
use crate::outreach_pages::{Answer, Browser, place_with_people};

/// A form with a file.
async fn form(browser: &Browser, address: &str, pairs: &[(&str, &str)], file: Option<(&str, &[u8])>) -> Answer {
    let mut body: Vec<u8> = Vec::new();
    for (key, value) in pairs {
        body.extend(format!("--cut\r\nContent-Disposition: form-data; name=\"{key}\"\r\n\r\n{value}\r\n").bytes());
    }
    if let Some((name, bytes)) = file {
        let head = "--cut\r\nContent-Disposition: form-data; name=\"file\"; filename=\"";
        body.extend(format!("{head}{name}\"\r\nContent-Type: text/html\r\n\r\n").bytes());
        body.extend(bytes);
        body.extend(b"\r\n");
    }
    body.extend(b"--cut--\r\n");
    let request = Request::post(address)
        .header(header::HOST, "localhost")
        .header(header::ORIGIN, "http://localhost")
        .header(header::CONTENT_TYPE, "multipart/form-data; boundary=cut");
    browser.send(request.body(Body::from(body)).expect("a request")).await
}

/// The change that an address offers to take back.
fn offered(address: &str) -> String {
    let (_, rest) = address.split_once("undo=").unwrap_or_else(|| panic!("nothing to undo in {address}"));
    rest.split(['&', '#']).next().expect("a number").to_owned()
}

async fn stage(browser: &Browser, contact: i64) -> Stage {
    browser.data.store.contact(contact).await.expect("reads").expect("is there").stage
}

/// How many files lie below `content/`.
fn content_files(place: &Place) -> usize {
    std::fs::read_dir(place.data_dir().join("content")).map_or(0, Iterator::count)
}

#[tokio::test]
async fn two_contacts_are_compared_made_one_and_made_two_again() {
    let place = place_with_people();
    let twin = ["outreach", "add", "Ruiz, Ana", "--email", "hello@ana.test", "--source", "her <b>blog</b>"];
    place.json(&[&twin[..], &["--owner", "Jo", "--language", "es"]].concat());
    place.json(&["outreach", "field", "Size"]);
    place.json(&["outreach", "fill", "1", "Size", "M"]);
    place.json(&["outreach", "fill", "3", "Size", "L"]);
    let browser = Browser::at(&place).await;
    let list = browser.page("/outreach/duplicates").await;
    for said in ["1 pair may be one person", "suggested", "the same name", "stays=1&#38;goes=3", "None yet. Each can"] {
        assert!(list.contains(said), "{said} is not in {list}");
    }
    let page = browser.page("/outreach/duplicates/merge?stays=1&goes=3").await;
    for said in
        ["Kept from both", "name=\"take-owner\" value=\"goes\"", "name=\"take-field-1\"", "is taken over", "her &#60;b"]
    {
        assert!(page.contains(said), "{said} is not in {page}");
    }
    assert!(!page.contains("name=\"take-stage\""), "both stand on the same stage");
    // Names and addresses mean contacts as numbers do; nobody is said at the field.
    assert_eq!(browser.get("/outreach/duplicates/merge?stays=ana%40creator.test&goes=3").await.status, StatusCode::OK);
    browser.get("/outreach/duplicates/merge?stays=1&goes=nobody").await.is_refused_at("goes", "value=\"1\"");
    browser.get("/outreach/duplicates/merge?stays=&goes=3").await.is_refused_at("stays", "value=\"3\"");
    let same = browser.get("/outreach/duplicates/merge?stays=1&goes=1").await;
    assert!(same.location().starts_with("/outreach/contacts/1?"), "{}", same.location());

    let take =
        [("take-owner", "goes"), ("take-name", "stays"), ("take-field-1", "goes"), ("take-main-address", "goes")];
    let merged =
        browser.post("/outreach/duplicates/merge", &[&[("stays", "1"), ("goes", "3")][..], &take].concat()).await;
    let address = merged.location().to_owned();
    assert!(address.starts_with("/outreach/contacts/1?done="), "{address}");
    let page = browser.page(&address).await;
    for said in
        ["Ruiz, Ana became part of this contact", " Undo</button>", "value=\"Jo\"", "value=\"es\"", "value=\"L\""]
    {
        assert!(page.contains(said), "{said} is not in {page}");
    }
    let main = page.find("mail goes here").expect("one is the main address");
    assert!(page[..main].contains("hello@ana.test"), "the address of the one who went is the main one");
    let list = browser.page("/outreach/duplicates").await;
    assert!(
        list.contains("No two contacts look like one person") && list.contains("Undo: Ruiz, Ana became part"),
        "{list}"
    );
    let again = browser.post("/outreach/duplicates/merge", &[("stays", "1"), ("goes", "3")]).await;
    assert!(again.location().contains("one%20contact%20already"), "{}", again.location());
    let gone = browser.get("/outreach/contacts/3").await;
    assert_eq!(gone.location(), "/outreach/contacts/1", "whoever has the old address is led on");

    let undo = format!("/outreach/changes/{}/undo", offered(&address));
    let undone = browser.post(&undo, &[("back", &address)]).await;
    assert!(undone.location().contains("two%20again") && !undone.location().contains("undo="), "{}", undone.location());
    let page = browser.page("/outreach/contacts/1").await;
    assert!(
        page.contains("value=\"Mia\"") && page.contains("value=\"M\"") && !page.contains("hello@ana.test"),
        "{page}"
    );
    assert!(browser.page("/outreach/contacts/3").await.contains("hello@ana.test"));
    let twice = browser.post(&undo, &[]).await;
    assert!(twice.location().contains("taken%20back%20before"), "{}", twice.location());
    assert!(!browser.page(&address).await.contains("Undo</button>"), "what was taken back is not offered again");
    assert_eq!(browser.post("/outreach/changes/99/undo", &[]).await.status, StatusCode::CONFLICT);
    // The same by command.
    let merged = place.json(&["outreach", "merge", "1", "3", "--take", "size,source"]);
    let change = merged["change"].to_string();
    assert!(browser.page("/outreach/contacts/1").await.contains("value=\"L\""));
    place.json(&["outreach", "undo-merge", &change]);
    assert!(place.refused(&["outreach", "merge", "1", "3", "--take", "shoe"]).contains("no field of your own"));
}

#[tokio::test]
async fn a_file_of_contacts_is_looked_at_brought_in_and_taken_back() {
    let place = place_with_people();
    let browser = Browser::at(&place).await;
    let nothing = form(&browser, "/outreach/contacts/import", &[("source", "our fair")], None).await;
    nothing.is_refused_at("file", "value=\"our fair\"");
    let foreign = form(&browser, "/outreach/contacts/import", &[], Some(("x.csv", b"colour,size\nred,1\n"))).await;
    foreign.is_refused_at("file", "its headings are: colour, size");
    let binary = form(&browser, "/outreach/contacts/import", &[], Some(("x.csv", b"\0\x01\x02"))).await;
    binary.is_refused_at("file", "not a text file");
    let long = "x".repeat(301);
    let tagged = form(&browser, "/outreach/contacts/import", &[("source", &long)], Some(("x.csv", b"name\nA\n"))).await;
    tagged.is_refused_at("source", "longer than 300");

    let mut rows = "Name;E-Mail;Shoe;stage\nCem;cem@creator.test;41;talking\nAna;ANA@creator.test;38;\n".to_owned();
    rows.push_str("Dee;dee(at)creator;39;\nEva;eva@creator.test;40;dancing\n=cmd();cem@creator.test;42;\n");
    for number in 0..12 {
        rows.push_str(&format!("Person {number};p{number}@creator.test;40;\n"));
    }
    let given = [("source", "our fair"), ("basis", "gave it to us"), ("tag", "fair")];
    let sent = form(&browser, "/outreach/contacts/import", &given, Some(("..\\fair <1>.csv", rows.as_bytes()))).await;
    let waiting = sent.location().to_owned();
    assert!(waiting.contains("?source=our%20fair&basis=gave%20it%20to%20us&tag=fair"), "{waiting}");
    for _ in 0..2 {
        let page = browser.page(&waiting).await;
        for said in [
            "17 rows: 13 new contacts, 1 held already",
            "3 refused.",
            "fair &#60;1&#62;.csv",
            "The first 10 as they would be kept",
            "Bring in 13 new and 1 known",
            "columns that are not taken: <bdi>Shoe</bdi>",
            "is no e-mail address",
            "is no stage",
            "the address stands in an earlier row",
            "href=\"/outreach/contacts/1\">known</a>",
        ] {
            assert!(page.contains(said), "{said} is not in {page}");
        }
        assert!(page.contains("Person 7") && !page.contains("Person 8"), "ten rows are shown");
        assert!(!browser.page("/outreach/contacts").await.contains("Cem"), "looking brings nobody in");
    }
    let refused = browser.get(&waiting.replace('?', "/refused.csv?")).await;
    assert!(refused.text.starts_with("Name,E-Mail,Shoe,stage,row,column,problem,what_to_do\n"), "{}", refused.text);
    assert!(refused.text.contains("Dee,dee(at)creator,39,,4,email,"), "{}", refused.text);
    assert!(refused.text.contains("\n'=cmd(),cem@creator.test,42,,6,email,"), "{}", refused.text);
    assert!(refused.headers[header::CONTENT_DISPOSITION].to_str().expect("plain").starts_with("attachment"));

    let done = browser.post(waiting.split('?').next().expect("a path"), &given).await;
    assert!(done.location().starts_with("/outreach/contacts/imports/1?done=Brought%20in"), "{}", done.location());
    let page = browser.page(done.location()).await;
    assert!(page.contains("13 new contacts, 1 held already, 3 refused") && page.contains("Undo the import"), "{page}");
    assert!(page.contains("is no e-mail address") && page.contains("fair &#60;1&#62;.csv"), "{page}");
    let csv = browser.get("/outreach/contacts/imports/1/refused.csv").await;
    assert!(csv.text.contains(",4,email,"), "{}", csv.text);
    assert_eq!(browser.get(&waiting).await.status, StatusCode::NOT_FOUND, "the file is let go");
    let list = browser.page("/outreach/contacts?import=1").await;
    assert!(list.contains("13 contacts meet these filters") && list.contains("name=\"import\" value=\"1\""), "{list}");
    assert!(list.contains("fair &#60;1&#62;.csv ("), "the import can be chosen");
    assert_eq!(place.json(&["outreach", "contacts", "--import", "1"])["all"], 13);
    let ana = browser.page("/outreach/contacts/1").await;
    assert!(ana.contains(">fair<") || ana.contains("fair</bdi>"), "who was known gained the tag");

    // Taken back: who was called since stays and is named.
    let cem = place.json(&["outreach", "contacts", "Cem"])["contacts"][0]["id"].as_i64().expect("a number");
    browser.post(&format!("/outreach/contacts/{cem}/note"), &[("note", "Called"), ("kind", "call")]).await.location();
    let undone = browser.post("/outreach/contacts/imports/1/undo", &[]).await;
    let said = browser.page(undone.location()).await;
    assert!(said.contains("12 contacts are gone; 1 stays because something has happened since: Cem"), "{said}");
    assert!(said.contains("taken back") && !said.contains("Undo the import") && said.contains("not kept any more"));
    let left = browser.page("/outreach/contacts").await;
    assert!(left.contains("3 contacts") && left.contains("Cem") && !left.contains("Person 3"), "{left}");
    let twice = browser.post("/outreach/contacts/imports/1/undo", &[]).await;
    assert!(twice.location().contains("before"), "{}", twice.location());
    let listed = browser.page("/outreach/contacts/import").await;
    assert!(listed.contains("13 new, 1 known, 3 refused") && listed.contains("taken back"), "{listed}");
    assert_eq!(browser.get("/outreach/contacts/imports/9").await.status, StatusCode::NOT_FOUND);

    // A file of which nobody can be taken has no button, and one can be thrown away.
    let bad = form(&browser, "/outreach/contacts/import", &[], Some(("bad.csv", b"name,email\nX,nothing\n"))).await;
    let waiting = bad.location().to_owned();
    assert!(browser.page(&waiting).await.contains("Nobody can be taken from it"));
    let path = waiting.split('?').next().expect("a path");
    assert_eq!(browser.post(path, &[]).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    browser.post(&format!("{path}/discard"), &[]).await.location();
    assert_eq!(browser.get(path).await.status, StatusCode::NOT_FOUND);
    assert_eq!(
        std::fs::read_dir(place.data_dir().join("uploads")).map_or(0, Iterator::count),
        0,
        "nothing is left behind"
    );
}

#[tokio::test]
async fn a_file_on_a_contact_is_a_download_and_goes_with_whom_it_is_of() {
    let place = place_with_people();
    let browser = Browser::at(&place).await;
    let page = "<script>alert(1)</script>".as_bytes();
    let kept = form(
        &browser,
        "/outreach/contacts/1/files",
        &[("back", "/outreach/contacts/1")],
        Some(("kit \u{202e}.html", page)),
    );
    assert!(kept.await.location().starts_with("/outreach/contacts/1?done=The%20file%20is%20kept"));
    let shown = browser.page("/outreach/contacts/1").await;
    assert!(
        shown.contains("kit .html") && shown.contains("kept the file kit .html") && shown.contains("team"),
        "{shown}"
    );
    let file = browser.get("/outreach/contacts/1/files/1").await;
    assert_eq!(file.headers[header::CONTENT_TYPE], "application/octet-stream");
    assert_eq!(file.headers[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
    assert!(
        file.headers[header::CONTENT_DISPOSITION].to_str().expect("plain").starts_with("attachment; filename=\"kit ")
    );
    assert_eq!(file.text.as_bytes(), page);
    assert_eq!(browser.get("/outreach/contacts/2/files/1").await.status, StatusCode::NOT_FOUND, "it is another's");
    form(&browser, "/outreach/contacts/1/files", &[], None).await.is_refused_at("file", "No file was chosen");
    let large = vec![7u8; (25 << 20) + 1];
    form(&browser, "/outreach/contacts/1/files", &[], Some(("film.mov", &large))).await.is_refused_at("file", "25 MB");
    let whole = form(&browser, "/outreach/contacts/1/files", &[], Some(("film.mov", &large[1..]))).await;
    assert_eq!(whole.status, StatusCode::SEE_OTHER);
    let huge = vec![7u8; 66 << 20];
    form(&browser, "/outreach/contacts/1/files", &[], Some(("film.mov", &huge))).await.is_refused_at("file", "25 MB");
    browser.post("/outreach/contacts/1/files/2/remove", &[]).await.location();
    assert_eq!(browser.post("/outreach/contacts/1/files/2/remove", &[]).await.status, StatusCode::NOT_FOUND);
    assert_eq!(content_files(&place), 1, "the bytes of what was removed are gone");

    // By command; the same bytes on two contacts lie there once and stay as long as one has them.
    let kit = place.file("kit.html", page);
    place.json(&["outreach", "keep-file", "Ben", &text(&kit)]);
    assert_eq!(content_files(&place), 1);
    let files = place.json(&["outreach", "files", "Ben"]);
    assert_eq!((files[0]["name"].as_str(), files[0]["bytes"].as_u64()), (Some("kit.html"), Some(page.len() as u64)));
    let out = place.folder.path().join("out.html");
    place.json(&["outreach", "get-file", "1", "--out", &text(&out)]);
    assert_eq!(std::fs::read(&out).expect("is written"), page);
    let export = place.run(&["outreach", "export"]);
    assert!(String::from_utf8_lossy(&export.stdout).contains("\"name\": \"kit .html\""));

    // Merged with the contact, given back with the undo, forgotten with the contact.
    let change = place.json(&["outreach", "merge", "1", "Ben"])["change"].to_string();
    let both = browser.page("/outreach/contacts/1").await;
    assert!(both.contains("kit .html") && both.contains("kit.html"), "{both}");
    place.json(&["outreach", "undo-merge", &change]);
    place.json(&["outreach", "forget", "1"]);
    assert_eq!(content_files(&place), 1, "Ben has it still");
    assert_eq!(browser.get("/outreach/contacts/1/files/1").await.status, StatusCode::NOT_FOUND);
    place.json(&["outreach", "forget", "Ben"]);
    assert_eq!(content_files(&place), 0);
}

#[tokio::test]
async fn a_view_is_kept_opened_renamed_deleted_and_used_by_command() {
    let place = place_with_people();
    let browser = Browser::at(&place).await;
    assert!(!browser.page("/outreach/contacts").await.contains("Keep these filters"), "nothing is filtered");
    let list = browser.page("/outreach/contacts?owner=Mia&sort=name&page=1").await;
    assert!(list.contains("Keep these filters") && list.contains("value=\"owner=Mia&#38;sort=name\""), "{list}");
    let mia = [("path", "/outreach/contacts"), ("query", "owner=Mia&sort=name&done=x"), ("view_name", "Mia’s <b>")];
    let kept = browser.post("/outreach/views", &mia).await;
    assert!(kept.location().starts_with("/outreach/contacts?done=Kept"), "{}", kept.location());
    assert!(kept.location().ends_with("&owner=Mia&sort=name"), "{}", kept.location());
    let list = browser.page(kept.location()).await;
    assert!(
        list.contains("aria-current=\"true\"><bdi>Mia’s &#60;b&#62;</bdi>") && !list.contains("Keep these"),
        "{list}"
    );
    assert!(browser.page("/outreach/contacts").await.contains("href=\"/outreach/contacts?owner=Mia&#38;sort=name\""));
    browser.post("/outreach/views", &mia).await.is_refused_at("view_name", "value=\"owner=Mia");
    let unnamed = [("path", "/outreach/deals"), ("query", "show=table"), ("view_name", " ")];
    browser.post("/outreach/views", &unnamed).await.is_refused_at("view_name", "value=\"show=table\"");
    let elsewhere = [("path", "/creators"), ("query", "show=table"), ("view_name", "Mine")];
    browser.post("/outreach/views", &elsewhere).await.is_refused_at("view_name", "Mine");
    let address = [("path", "/outreach/contacts"), ("query", "words=ana%40creator.test"), ("view_name", "Ana")];
    browser.post("/outreach/views", &address).await.is_refused_at("view_name", "addresses are not kept");
    let table = [("path", "/outreach/deals"), ("query", "show=table"), ("view_name", "As a table")];
    let deals = browser.post("/outreach/views", &table).await;
    assert!(browser.page(deals.location()).await.contains("aria-current=\"true\"><bdi>As a table</bdi>"));

    let listed = place.json(&["outreach", "views"]);
    assert_eq!(listed.as_array().expect("a list").len(), 2);
    assert_eq!(listed[0]["filters"], "owner Mia, by name");
    let found = place.json(&["outreach", "contacts", "--view", "mia’s <B>"]);
    assert_eq!((found["all"].as_u64(), found["contacts"][0]["name"].as_str()), (Some(1), Some("Ana Ruiz")));
    assert_eq!(place.json(&["outreach", "contacts", "--view", "1", "--owner", "Jo"])["all"], 0);
    assert!(place.refused(&["outreach", "contacts", "--view", "As a table"]).contains("there is no view"));
    place.json(&["outreach", "deals", "--view", "As a table"]);

    browser.post("/outreach/views/1", &[("do", "rename"), ("view_name", "Hers")]).await.location();
    let second = [("path", "/outreach/contacts"), ("query", "stage=write"), ("view_name", "Others")];
    browser.post("/outreach/views", &second).await.location();
    let listed = place.json(&["outreach", "views"]);
    let others = listed.as_array().expect("a list").iter().find(|view| view["name"] == "Others").expect("is kept");
    let others = format!("/outreach/views/{}", others["id"]);
    let taken = browser.post(&others, &[("do", "rename"), ("view_name", "hers")]).await;
    taken.is_refused_at("view_name", "value=\"hers\"");
    browser.post("/outreach/views/1", &[("do", "delete")]).await.location();
    assert_eq!(browser.post("/outreach/views/1", &[("do", "delete")]).await.status, StatusCode::NOT_FOUND);
    assert_eq!(browser.post(&others, &[("do", "x")]).await.status, StatusCode::BAD_REQUEST);
    let page = browser.page("/outreach/views").await;
    assert!(page.contains("stage to write to") && !page.contains("Hers"), "{page}");
    assert!(browser.page("/outreach/contacts").await.contains("Ana Ruiz"), "whom a view showed is there");
}

#[tokio::test]
async fn a_move_is_undone_for_those_who_still_stand_where_it_put_them() {
    let place = place_with_people();
    place.json(&["outreach", "add", "Cem"]);
    let browser = Browser::at(&place).await;
    let all = [("contact", "1"), ("contact", "2"), ("contact", "3"), ("do", "stage"), ("to_stage", "talking")];
    let back = ("back", "/outreach/contacts?sort=name");
    let moved = browser.post("/outreach/contacts/bulk", &[&all[..], &[back]].concat()).await;
    let address = moved.location().to_owned();
    assert!(address.contains("3%20contacts%20are%20now") && address.contains("sort=name&undo="), "{address}");
    let page = browser.page(&address).await;
    let undo = format!("/outreach/changes/{}/undo", offered(&address));
    assert!(page.contains(&format!("action=\"{undo}\"")) && page.contains(" Undo</button>"), "{page}");
    // Ben goes on meanwhile.
    browser.post("/outreach/contacts/2/stage", &[("stage", "agreed")]).await.location();
    let undone = browser.post(&undo, &[back]).await;
    assert!(undone.location().contains("1%20has%20moved%20on%20since"), "{}", undone.location());
    assert_eq!(stage(&browser, 1).await, Stage::Write);
    assert_eq!(stage(&browser, 2).await, Stage::Agreed);
    assert_eq!(stage(&browser, 3).await, Stage::Write);
    assert!(browser.page("/outreach/contacts/1").await.contains("in talks → to write to, the move was taken back"));
    assert!(!browser.page(&address).await.contains(" Undo</button>"));

    // The board offers it too, for a card that was dragged or moved by its form.
    let board = browser.page("/outreach/board?owner=Mia").await;
    for said in ["data-board", "data-drop=\"talking\"", "data-card=\"Ana Ruiz\"", "outreach.js", "data-board-says"] {
        assert!(board.contains(said), "{said}");
    }
    let to = [("stage", "written"), ("back", "/outreach/board?owner=Mia")];
    let moved = browser.post("/outreach/contacts/1/stage", &to).await;
    let address = moved.location().to_owned();
    assert!(address.starts_with("/outreach/board?done=") && browser.page(&address).await.contains(" Undo</button>"));
    let undone = browser.post(&format!("/outreach/changes/{}/undo", offered(&address)), &[("back", &address)]).await;
    assert!(
        undone.location().starts_with("/outreach/board?done=1%20contact%20put%20back&owner=Mia"),
        "{}",
        undone.location()
    );
    assert_eq!(stage(&browser, 1).await, Stage::Write);
    let same = browser.post("/outreach/contacts/1/stage", &[("stage", "write")]).await;
    assert!(!same.location().contains("undo="), "nobody moved: {}", same.location());
    // By command.
    let change = place.json(&["outreach", "stage", "agreed", "1", "3"])["change"].to_string();
    assert_eq!(place.json(&["outreach", "undo-move", &change])["back"], 2);
    assert!(place.refused(&["outreach", "undo-move", &change]).contains("no move"));
    assert_eq!(place.json(&["outreach", "changes"])[0]["kind"], "stage");
}

#[tokio::test]
async fn a_contact_s_page_has_their_deals_and_what_they_asked_and_were_paid() {
    let place = Place::new();
    let accounts = place.file("accounts.csv", "account,followers\nana,12000\nben,400\n");
    place.json(&["ingest", "accounts", &text(&accounts), "--platform", "instagram"]);
    place.json(&["outreach", "settings", "--sender", "Hop House, 1 Mill Lane, Bristol"]);
    place.json(&["outreach", "add", "Ana Ruiz", "--creator", "instagram:ana"]);
    for price in [
        ["instagram:ana", "300 EUR", "--kind", "deal", "--format", "story", "--dated", "2026-03-01"],
        ["instagram:ana", "250 EUR", "--kind", "rate_card", "--format", "post", "--dated", "2025-11-02"],
        ["instagram:ben", "999 EUR", "--kind", "quote", "--format", "post", "--dated", "2025-11-02"],
    ] {
        place.json(&[&["matching", "price", "add"][..], &price].concat());
    }
    let brief = r#"{"product": "A hand grinder", "freedom": "All of it"}"#;
    let brief = place.file("brief.json", brief);
    place.json(&["outreach", "brief", "Spring", "--file", &text(&brief)]);
    place.json(&[
        "outreach",
        "offer",
        "Ana Ruiz",
        "--brief",
        "Spring",
        "--fee",
        "250 EUR",
        "--piece",
        "1 post instagram",
    ]);
    let browser = Browser::at(&place).await;
    let page = browser.page("/outreach/contacts/1").await;
    for said in [
        "href=\"/outreach/deals/new?contact=1\"",
        "href=\"/outreach/deals/1\"><bdi>Spring</bdi>",
        "asked, on a rate card",
        "agreed",
        "format=story",
    ] {
        assert!(page.contains(said), "{said} is not in {page}");
    }
    let place_of = |words: &str| page.find(words).unwrap_or_else(|| panic!("{words} is not in {page}"));
    assert!(place_of("250.00 EUR</span></a>") < place_of("300.00 EUR</span></a>"), "the oldest first");
    assert!(!page.contains("999"), "what others asked is not theirs");
    let linked = page.split("href=\"/matching/prices?creator=").nth(1).expect("a link to the prices");
    let address = linked.split('"').next().expect("an address").replace("&#38;", "&");
    assert!(browser.page(&format!("/matching/prices?creator={address}")).await.contains("Prices held"));
}
