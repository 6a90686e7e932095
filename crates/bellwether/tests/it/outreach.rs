//! Outreach through the command line: contacts, templates and sequences; then real mail both ways, with programs killed.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::harness::{Place, text};
use crate::mail_bed::{Bed, By, bed_for};

/// A place that may write first mails.
fn with_sender() -> Place {
    let place = Place::new();
    place.json(&[
        "outreach",
        "settings",
        "--sender",
        "Röstwerk, Hauptstr. 1, Berlin",
        "--public-address",
        "https://mail.brand.test",
    ]);
    place
}

fn template(place: &Place, name: &str, subject: &str, body: &str) {
    let body = place.file("body.txt", body);
    place.json(&["outreach", "template", name, "--subject", subject, "--body", &text(&body)]);
}

fn counts(place: &Place) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for mail in place.json(&["outreach", "queue"]).as_array().expect("a list") {
        *counts.entry(mail["state"].as_str().unwrap_or_default().to_owned()).or_default() += 1;
    }
    counts
}

fn touches(place: &Place, contact: &str) -> Vec<String> {
    let shown = place.json(&["outreach", "contact", contact, "--limit", "100"]);
    let touch = |touch: &Value| {
        format!("{}: {}", touch["kind"].as_str().unwrap_or(""), touch["summary"].as_str().unwrap_or(""))
    };
    shown["touches"].as_array().expect("touches").iter().map(touch).collect()
}

#[test]
fn a_contact_is_made_found_moved_and_every_touch_is_in_the_timeline() {
    let place = Place::new();
    let made = place.json(&[
        "outreach",
        "add",
        "Ana Brew",
        "--email",
        "Ana@Creator.test",
        "--source",
        "her page",
        "--tag",
        "coffee",
    ]);
    let id = made["contact"].to_string();
    assert!(
        place.refused(&["outreach", "add", "Other", "--email", "ana@creator.test"]).contains("belongs to contact 1")
    );
    assert!(place.refused(&["outreach", "add", "Other", "--email", "not an address"]).contains("is no e-mail address"));
    place.json(&["outreach", "stage", "talking", "ana@creator.test"]);
    place.json(&["outreach", "note", &id, "met at the fair\nshe likes light roasts", "--kind", "meeting"]);
    let task = place.json(&["outreach", "task", &id, "send samples", "--due", "2026-12-01"]);
    assert!(place.refused(&["outreach", "task", &id, "x", "--due", "soon"]).contains("is no day such as"));
    place.json(&["outreach", "done", &task["task"].to_string()]);
    assert_eq!(
        touches(&place, "Ana Brew"),
        [
            "task: done: send samples",
            "meeting: met at the fair",
            "stage: to write to → in talks",
            "stage: made a contact, to write to"
        ]
    );
    let found = place.json(&["outreach", "contacts", "coffee"]);
    assert_eq!((found["all"].as_u64(), found["contacts"][0]["stage"].as_str()), (Some(1), Some("talking")));
    assert!(place.refused(&["outreach", "stage", "somewhere", &id]).contains("the stages are look, write"));
    // The address is kept sealed: nobody finds it in the files.
    for file in std::fs::read_dir(place.data_dir()).expect("a folder").flatten().filter(|file| file.path().is_file()) {
        let bytes = std::fs::read(file.path()).expect("reads");
        let found = bytes.windows(16).any(|part| part.eq_ignore_ascii_case(b"ana@creator.test"));
        assert!(!found, "{}", file.path().display());
    }
}

#[test]
fn contacts_come_from_a_file_are_tried_first_and_taken_back_as_one() {
    let place = Place::new();
    place.json(&["outreach", "add", "Ana", "--email", "ana@creator.test", "--source", "her page"]);
    let file = place.file(
        "people.csv",
        "name,email,tags,stage,shoe size\nAna,ANA@creator.test,vip,,38\nBen,ben@creator.test;b@other.test,,talking,\n\
         Cem,cem at creator.test,,,\nDee,ben@creator.test,,,\nEli,eli@creator.test,,nowhere,\n,fay@creator.test,,,\n",
    );
    let tried = place.json(&["outreach", "import", &text(&file), "--dry-run", "--source", "the fair"]);
    assert_eq!((tried["new"].as_u64(), tried["known"].as_u64(), tried["import"].as_u64()), (Some(2), Some(1), None));
    let refused: Vec<(u64, &str)> = tried["refused"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|issue| (issue["row"].as_u64().unwrap_or(0), issue["problem"].as_str().unwrap_or("")))
        .collect();
    assert_eq!(refused.iter().map(|(row, _)| *row).collect::<Vec<_>>(), [4, 5, 6], "{refused:?}");
    assert_eq!(tried["not_taken"][0].as_str(), Some("shoe size"));
    assert_eq!(place.json(&["outreach", "contacts"])["all"].as_u64(), Some(1));
    let done = place.json(&["outreach", "import", &text(&file), "--source", "the fair"]);
    assert_eq!(place.json(&["outreach", "contacts"])["all"].as_u64(), Some(3));
    assert_eq!(place.json(&["outreach", "contact", "ana@creator.test"])["tags"][0].as_str(), Some("vip"));
    place.json(&["outreach", "note", "ben@creator.test", "called back", "--kind", "call"]);
    let undone = place.json(&["outreach", "undo-import", &done["import"].to_string()]);
    assert_eq!((undone["removed"].as_u64(), undone["stay"][0][1].as_str()), (Some(1), Some("Ben")));
    assert!(place.json(&["outreach", "contact", "ana@creator.test"])["tags"].as_array().expect("tags").is_empty());
    assert!(place.refused(&["outreach", "undo-import", &done["import"].to_string()]).contains("can be taken back"));
}

#[test]
fn two_contacts_become_one_and_two_again() {
    let place = Place::new();
    place.json(&["outreach", "add", "Ana Brew", "--email", "ana@anabrew.test", "--source", "her page"]);
    place.json(&["outreach", "add", "Brew, Ana", "--email", "hello@anabrew.test", "--tag", "vip"]);
    place.json(&["outreach", "note", "2", "met at the fair"]);
    let found = place.json(&["outreach", "duplicates"]);
    assert_eq!(
        (found[0]["contact"].as_i64(), found[0]["other"].as_i64(), found[0]["is_sure"].as_bool()),
        (Some(1), Some(2), Some(false))
    );
    assert_eq!(found[0]["because"].as_array().map(Vec::len), Some(2));
    assert!(place.refused(&["outreach", "merge", "1", "2", "--take", "shoes"]).contains("is none of name"));
    let change = place.json(&["outreach", "merge", "1", "2", "--take", "name"])["change"].to_string();
    let ana = place.json(&["outreach", "contact", "hello@anabrew.test"]);
    assert_eq!((ana["id"].as_i64(), ana["name"].as_str()), (Some(1), Some("Brew, Ana")));
    assert_eq!(ana["addresses"].as_array().map(Vec::len), Some(2));
    assert!(
        touches(&place, "2").contains(&"note: met at the fair".to_owned()),
        "the old number leads to who they are now"
    );
    place.json(&["outreach", "undo-merge", &change]);
    assert_eq!(place.json(&["outreach", "contact", "1"])["name"].as_str(), Some("Ana Brew"));
    assert!(touches(&place, "2").contains(&"note: met at the fair".to_owned()));
    assert!(place.refused(&["outreach", "undo-merge", &change]).contains("no merge"));
    assert!(place.json(&["outreach", "audit"]).as_array().expect("a list").iter().any(|line| line["what"] == "merged"));
}

#[test]
fn contacts_are_taken_out_whole_and_their_table_is_read_again() {
    let place = Place::new();
    place.json(&["outreach", "add", "=Ana", "--email", "ana@creator.test", "--source", "her page", "--tag", "vip"]);
    place.json(&["outreach", "field", "Shoe size", "--kind", "number"]);
    assert!(place.refused(&["outreach", "fill", "1", "shoe size", "large"]).contains("is no number"));
    place.json(&["outreach", "fill", "1", "shoe size", "38"]);
    place.json(&["outreach", "note", "1", "met at the fair"]);
    let output = place.run(&["outreach", "export"]);
    let all: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(all[0]["fields"]["Shoe size"].as_str(), Some("38"));
    assert_eq!(all[0]["addresses"][0]["address"].as_str(), Some("ana@creator.test"));
    assert_eq!(all[0]["touches"].as_array().map(Vec::len), Some(2));
    let file = place.file("out.csv", "");
    place.json(&["outreach", "export", "--format", "csv", "--out", &text(&file)]);
    let table = std::fs::read_to_string(&file).expect("reads");
    assert!(!table.contains("\n=Ana"), "no cell begins a formula: {table}");
    let other = Place::new();
    assert_eq!(other.json(&["outreach", "import", &text(&file)])["new"].as_u64(), Some(1));
    let cards = String::from_utf8(place.run(&["outreach", "export", "--format", "vcard"]).stdout).expect("text");
    assert!(
        cards.starts_with("BEGIN:VCARD\r\nVERSION:4.0\r\n") && cards.contains("EMAIL;PREF=1:ana@creator.test\r\n"),
        "{cards}"
    );
    let audit = place.json(&["outreach", "audit"]);
    assert!(audit.as_array().expect("a list").iter().any(|line| line["what"] == "contacts taken out"));
}

#[test]
fn a_template_with_something_unknown_is_refused_and_one_person_without_a_value_holds_back_the_whole_batch() {
    let place = with_sender();
    let body = place.file("body.txt", "Hi {{ contact.shoe_size }}");
    let said = place.refused(&["outreach", "template", "one", "--subject", "Hello", "--body", &text(&body)]);
    assert!(said.contains("contact.shoe_size"), "{said}");
    template(&place, "first", "Hello {{ contact.first_name }}", "{{ contact.greeting }},\nwe love {{ given.post }}.");
    let said = place.refused(&["outreach", "sequence", "spring", "--step", "wait 3"]);
    assert!(said.contains("sends at least one mail"), "{said}");
    let said = place.refused(&["outreach", "sequence", "spring", "--step", "send nothing"]);
    assert!(said.contains("no template nothing"), "{said}");
    place.json(&[
        "outreach",
        "sequence",
        "spring",
        "--step",
        "send first",
        "--step",
        "wait 4",
        "--step",
        "task call in 2",
    ]);
    place.json(&["outreach", "mailbox", "brand@example.test", "--smtp", "127.0.0.1:9", "--smtp-security", "plain"]);
    place.json(&[
        "outreach",
        "add",
        "Ana Brew",
        "--email",
        "ana@creator.test",
        "--source",
        "her page",
        "--greeting",
        "Hi Ana",
    ]);
    place.json(&["outreach", "add", "Ben", "--email", "ben@creator.test", "--source", "his page"]);
    place.json(&["outreach", "add", "Cem", "--email", "cem@creator.test", "--greeting", "Hi Cem"]);
    let done = place.json(&["outreach", "enrol", "spring", "1", "2", "3", "--given", "post=the pour-over"]);
    assert_eq!(done["new"].as_array().map(Vec::len), Some(3));
    assert_eq!(place.json(&["outreach", "enrol", "spring", "1", "--given", "post=x"])["known"].as_u64(), Some(1));
    let said = place.refused(&["outreach", "release", "spring"]);
    assert!(said.contains("nothing was released: 2 of 3") && said.contains("Ben (contact 2)"), "{said}");
    assert!(said.contains("contact.greeting") && said.contains("where cem@creator.test came from"), "{said}");
    let preview = place.json(&["outreach", "preview", "spring"]);
    assert_eq!(preview[0]["mails"][0]["subject"].as_str(), Some("Hello Ana"));
    template(&place, "blank", "", "And?");
    place.json(&["outreach", "sequence", "late", "--step", "send blank"]);
    place.json(&["outreach", "enrol", "late", "1"]);
    assert!(place.refused(&["outreach", "release", "late"]).contains("the first mail needs a subject"));
    let body = preview[0]["mails"][0]["body"].as_str().expect("a body");
    assert!(body.starts_with("Hi Ana,\nwe love the pour-over."), "{body}");
    assert!(
        body.contains("Röstwerk, Hauptstr. 1") && body.contains("from: her page") && body.contains("unsubscribe/"),
        "{body}"
    );
    assert!(counts(&place).is_empty(), "nothing is queued before a release");
    place.json(&["outreach", "stop", "2"]);
    place.json(&["outreach", "stop", "3"]);
    assert_eq!(place.json(&["outreach", "release", "spring"])["released"].as_u64(), Some(1));
}

#[test]
fn a_server_that_cannot_be_reached_loses_nothing() {
    let place = with_sender();
    place.json(&[
        "outreach",
        "mailbox",
        "brand@example.test",
        "--smtp",
        "127.0.0.1:9",
        "--smtp-security",
        "plain",
        "--spacing-seconds",
        "0",
        "--hours",
        "0-24",
        "--every-day",
    ]);
    place.json(&["outreach", "add", "Ana", "--email", "ana@creator.test", "--source", "her page"]);
    let body = place.file("body.txt", "Hello");
    place.json(&["outreach", "write", "1", "--subject", "Hi", "--body", &text(&body)]);
    let queued = place.json(&["outreach", "queue"]);
    assert_eq!(queued[0]["state"].as_str(), Some("waiting"));
    std::thread::sleep(Duration::from_secs(31));
    let sent = place.json(&["outreach", "send"]);
    assert_eq!((sent["put_off"].as_u64(), sent["waiting"].as_u64()), (Some(1), Some(1)), "{sent}");
    assert!(place.refused(&["outreach", "check"]).contains("does not let us in"));
    place.json(&["outreach", "take-back", &queued[0]["id"].to_string()]);
    assert!(place.refused(&["outreach", "take-back", &queued[0]["id"].to_string()]).contains("can still be changed"));
}

/// Writes a first mail to everybody through a sequence and lets it leave.
fn send_sequence(place: &Place, steps: &[&str]) {
    let mut arguments = vec!["outreach", "sequence", "spring"];
    steps.iter().for_each(|step| arguments.extend(["--step", step]));
    place.json(&arguments);
    place.json(&["outreach", "enrol", "spring", "--tag", "all"]);
    place.json(&["outreach", "release", "spring"]);
}

/// Reads mail until something holds, at most 40 s.
fn read_until(place: &Place, what: &str, mut holds: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(40);
    loop {
        place.json(&["outreach", "read"]);
        if holds() {
            return;
        }
        assert!(Instant::now() < end, "{what}");
        std::thread::sleep(Duration::from_millis(500));
    }
}

#[test]
fn mail_leaves_signed_with_a_way_out_and_what_comes_back_is_told_apart() {
    let Some(bed) = bed_for("mail_leaves_signed_with_a_way_out_and_what_comes_back_is_told_apart") else { return };
    let place = with_sender();
    bed.mailbox(&place, "loop", By::Postfix);
    place.json(&["outreach", "dkim", "example.test"]);
    let people = ["ana", "grey.ben", "nouser.cem", "full.dee", "spam.eli", "fay"];
    let rows: Vec<String> = people.iter().map(|name| format!("{name},{name}.loop@creator.test")).collect();
    let file = place.file("people.csv", format!("name,email\n{}\n", rows.join("\n")));
    place.json(&["outreach", "import", &text(&file), "--source", "their pages", "--tag", "all"]);
    template(&place, "first", "A coffee for you", "Hi {{ contact.first_name }},\nwould you like to try it?");
    template(&place, "second", "", "Did this reach you?");
    send_sequence(&place, &["send first", "wait 5", "send second"]);
    let sent = place.json(&["outreach", "send"]);
    assert_eq!(sent["accepted"].as_u64(), Some(6), "{sent}");

    // Three genuine reports come back, each of its kind; the one that was asked to wait arrives.
    read_until(&place, "three reports", || place.json(&["outreach", "bounces"]).as_array().map_or(0, Vec::len) >= 3);
    let bounces = place.json(&["outreach", "bounces"]);
    let mut kinds: Vec<(String, String)> = bounces
        .as_array()
        .expect("a list")
        .iter()
        .map(|of| (of["status"].as_str().unwrap_or("").to_owned(), of["class"].as_str().unwrap_or("").to_owned()))
        .collect();
    kinds.sort();
    let expect = [("5.1.1", "hard_address"), ("5.2.2", "soft_full"), ("5.7.1", "policy")];
    assert_eq!(kinds, expect.map(|(status, class)| (status.to_owned(), class.to_owned())));
    let end = Instant::now() + Duration::from_secs(30);
    while bed.taken("grey.ben.loop").is_empty() && Instant::now() < end {
        std::thread::sleep(Duration::from_millis(200));
    }
    assert_eq!(bed.taken("grey.ben.loop").len(), 1, "what was put off arrives");
    let cem = place.json(&["outreach", "contact", "nouser.cem.loop@creator.test"]);
    assert_eq!(cem["addresses"][0]["barred"].as_str(), Some("the address does not exist"));
    let dee = place.json(&["outreach", "contact", "full.dee.loop@creator.test"]);
    assert!(dee["addresses"][0]["barred"].is_null(), "a full mailbox is no reason never to write again");
    let states = place.json(&["outreach", "sequences"])[0]["people"].to_string();
    assert!(states.contains("[\"active\",4]") && states.contains("[\"stopped\",2]"), "{states}");

    // What left bears a way out, twice, and both signatures over it.
    let ana = &bed.taken("ana.loop")[0];
    assert!(ana.envelope_from.starts_with("loop+"), "{}", ana.envelope_from);
    let unfolded = ana.raw.replace("\r\n", "\n").replace("\n ", " ").replace("\n\t", " ");
    let header = |name: &str| -> Vec<&str> {
        unfolded.lines().take_while(|line| !line.is_empty()).filter_map(|line| line.strip_prefix(name)).collect()
    };
    assert_eq!(header("List-Unsubscribe-Post: "), ["List-Unsubscribe=One-Click"]);
    assert!(header("List-Unsubscribe: ")[0].contains("<https://mail.brand.test/outreach/unsubscribe/"), "{unfolded}");
    assert_eq!(header("DKIM-Signature: ").len(), 2);
    assert!(
        header("DKIM-Signature: ").iter().all(|of| of.to_lowercase().contains("list-unsubscribe-post")),
        "{unfolded}"
    );

    // An answer ends the sequence, moves the stage, and lies in the thread of what it answers.
    let answer = |to: &str, id: &str, from: &str, subject: &str, body: &str, more: &str| {
        (
            to.to_owned(),
            format!("From: {from}\r\nTo: {to}\r\nSubject: {subject}\r\nMessage-ID: <{id}>\r\n{more}\r\n{body}\r\n"),
        )
    };
    let token = &ana.envelope_from;
    let reply = format!("In-Reply-To: <{}>\r\n", ana.message_id);
    let fay = &bed.taken("fay.loop")[0];
    bed.deliver([
        answer(
            "loop@example.test",
            "r1@creator.test",
            "Ana <ana.loop@creator.test>",
            "Re: A coffee for you",
            "Yes, gladly!",
            &reply,
        ),
        // From another address, with nothing but the token of its own copy.
        answer(
            &fay.envelope_from,
            "r2@other.test",
            "manager@agency.test",
            "Your offer",
            "Please write to me instead.",
            "",
        ),
        answer(
            token,
            "r3@creator.test",
            "ana.loop@creator.test",
            "Automatic reply",
            "I am away until 14 March 2027.",
            "Auto-Submitted: auto-replied\r\n",
        ),
    ]);
    read_until(&place, "the answers", || touches(&place, "ana").iter().any(|touch| touch.starts_with("auto_reply")));
    assert!(touches(&place, "ana").contains(&"mail_in: Yes, gladly!".to_owned()), "{:?}", touches(&place, "ana"));
    assert_eq!(place.json(&["outreach", "contact", "ana"])["stage"].as_str(), Some("talking"));
    assert!(touches(&place, "fay").contains(&"mail_in: Please write to me instead.".to_owned()));
    let states = place.json(&["outreach", "sequences"])[0]["people"].to_string();
    assert!(states.contains("[\"stopped\",4]"), "{states}");
    let threads = place.json(&["outreach", "inbox", "--words", "gladly"]);
    assert_eq!(threads["all"].as_u64(), Some(1));
    let thread = place.json(&["outreach", "thread", &threads["threads"][0]["id"].to_string()]);
    let ways: Vec<&str> =
        thread["mails"].as_array().expect("mails").iter().filter_map(|mail| mail["way"].as_str()).collect();
    assert_eq!(ways, ["out", "in", "in"], "{thread}");

    // Answered by hand, the mail names what it answers.
    let body = place.file("body.txt", "Lovely, we will send it.");
    place.json(&["outreach", "answer", &threads["threads"][0]["id"].to_string(), "--body", &text(&body)]);
    place.json(&["outreach", "send", "--until-empty"]);
    let end = Instant::now() + Duration::from_secs(30);
    while bed.taken("ana.loop").len() < 2 && Instant::now() < end {
        std::thread::sleep(Duration::from_millis(200));
    }
    let answered = bed.taken("ana.loop").pop().expect("it arrives");
    assert!(answered.raw.contains("In-Reply-To: <r"), "{}", answered.raw);
    assert!(answered.raw.contains("References:") && !answered.raw.contains("List-Unsubscribe"), "{}", answered.raw);
}

#[test]
fn two_hundred_answers_make_two_hundred_threads_whatever_comes_first() {
    let Some(bed) = bed_for("two_hundred_answers_make_two_hundred_threads_whatever_comes_first") else { return };
    let place = with_sender();
    bed.mailbox(&place, "threads", By::FarEnd);
    let rows: Vec<String> = (0..200).map(|at| format!("P{at},p{at}.threads@creator.test")).collect();
    let file = place.file("people.csv", format!("name,email\n{}\n", rows.join("\n")));
    place.json(&["outreach", "import", &text(&file), "--source", "their pages", "--tag", "all"]);
    template(&place, "first", "Hello", "Hi {{ contact.name }}");
    send_sequence(&place, &["send first"]);
    let sent = place.json(&["outreach", "send"]);
    assert_eq!(sent["accepted"].as_u64(), Some(200), "{sent}");
    let taken = bed.taken("threads@creator.test");
    assert_eq!(taken.len(), 200);
    // Half answer by the id, half by the token alone, and each a second time to their own first answer, which comes later.
    let mut mails = Vec::new();
    for (at, mail) in taken.iter().enumerate() {
        let head = |id: &str, more: &str| {
            format!(
                "From: {}\r\nTo: x\r\nSubject: Re: Hello\r\nMessage-ID: <{id}>\r\n{more}\r\nanswer {at}\r\n",
                mail.to
            )
        };
        mails.push((
            "threads@example.test".to_owned(),
            head(&format!("second{at}@c.test"), &format!("In-Reply-To: <first{at}@c.test>\r\n")),
        ));
        let (to, more) = match at % 2 {
            0 => ("threads@example.test".to_owned(), format!("In-Reply-To: <{}>\r\n", mail.message_id)),
            _ => (mail.envelope_from.clone(), String::new()),
        };
        mails.push((to, head(&format!("first{at}@c.test"), &more)));
    }
    bed.deliver(mails);
    place.json(&["outreach", "read"]);
    let listed = place.json(&["outreach", "inbox", "--show", "all", "--limit", "1000"]);
    assert_eq!(listed["all"].as_u64(), Some(200));
    let contacts: BTreeSet<i64> =
        listed["threads"].as_array().expect("a list").iter().filter_map(|thread| thread["contact"].as_i64()).collect();
    assert_eq!(contacts.len(), 200, "nobody's answer lies in somebody else's thread");
    let states = place.json(&["outreach", "sequences"])[0]["people"].to_string();
    assert!(!states.contains("active"), "{states}");
}

/// Few in a usual run, as many as the figures ask for when BELLWETHER_KILLS is set to `full`.
fn full_or(full: usize, usual: usize) -> usize {
    if std::env::var("BELLWETHER_KILLS").is_ok_and(|of| of == "full") { full } else { usual }
}

/// Starts a command and kills it after a while; whether it was still running.
fn killed_after(place: &Place, arguments: &[&str], millis: u64) -> bool {
    let mut running = place.command(arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("starts");
    std::thread::sleep(Duration::from_millis(millis));
    let was_running = running.try_wait().expect("can be asked").is_none();
    drop(running.kill());
    drop(running.wait());
    was_running
}

#[test]
fn a_sender_that_is_killed_again_and_again_sends_nothing_twice_and_forgets_nobody() {
    let Some(bed) = bed_for("a_sender_that_is_killed_again_and_again_sends_nothing_twice_and_forgets_nobody") else {
        return;
    };
    let (people, kills) = (full_or(1_000, 150), full_or(50, 10));
    let place = with_sender();
    bed.mailbox(&place, "killed", By::FarEnd);
    let rows: Vec<String> = (0..people).map(|at| format!("P{at},p{at}.killed@creator.test")).collect();
    let file = place.file("people.csv", format!("name,email\n{}\n", rows.join("\n")));
    place.json(&["outreach", "import", &text(&file), "--source", "their pages", "--tag", "all"]);
    template(&place, "first", "Hello", "Hi {{ contact.name }}");
    send_sequence(&place, &["send first"]);
    let mut while_running = 0;
    for round in 0..kills as u64 {
        while_running +=
            usize::from(killed_after(&place, &["outreach", "send", "--until-empty"], 150 + round * 7_919 % 300));
    }
    let before = bed.taken("killed@creator.test").len();
    let sent = place.json(&["outreach", "send", "--until-empty"]);
    println!(
        "killed {while_running} of {kills} times while it ran; {before} of {people} had left before the last run: {sent}"
    );
    all_left_once(bed, &place, people);
}

fn all_left_once(bed: &Bed, place: &Place, people: usize) {
    let of_unknown_fate: Vec<Value> = place
        .json(&["outreach", "queue"])
        .as_array()
        .expect("a list")
        .iter()
        .filter(|mail| mail["state"].as_str() == Some("unknown"))
        .cloned()
        .collect();
    let mut by_person: BTreeMap<String, usize> = BTreeMap::new();
    for mail in bed.taken("killed@creator.test") {
        assert_eq!(mail.times, 1, "{} was given {} twice", mail.to, mail.message_id);
        *by_person.entry(mail.to).or_default() += 1;
    }
    assert!(by_person.values().all(|mails| *mails == 1), "somebody got two mails for one step");
    let ids: BTreeSet<String> = bed.taken("killed@creator.test").into_iter().map(|mail| mail.message_id).collect();
    let not_there: Vec<&Value> =
        of_unknown_fate.iter().filter(|mail| !ids.contains(mail["message_id"].as_str().unwrap_or(""))).collect();
    println!("{} of unknown fate are listed, {} of them had not arrived", of_unknown_fate.len(), not_there.len());
    assert_eq!(by_person.len() + not_there.len(), people, "whoever got nothing is listed");
    // A person settles them by what the other side says; then everybody has one.
    for mail in &of_unknown_fate {
        let to = if ids.contains(mail["message_id"].as_str().unwrap_or("")) { "sent" } else { "again" };
        place.json(&["outreach", "settle", &mail["id"].to_string(), to]);
    }
    place.json(&["outreach", "send", "--until-empty"]);
    let people_now: BTreeSet<String> = bed.taken("killed@creator.test").into_iter().map(|mail| mail.to).collect();
    assert_eq!(people_now.len(), people);
    assert_eq!(bed.taken("killed@creator.test").len(), people);
}

#[test]
fn reading_that_is_killed_again_and_again_holds_what_the_server_holds_and_nothing_twice() {
    let Some(bed) = bed_for("reading_that_is_killed_again_and_again_holds_what_the_server_holds_and_nothing_twice")
    else {
        return;
    };
    let (mails, kills) = (full_or(5_000, 600), full_or(200, 20));
    let place = Place::new();
    bed.mailbox(&place, "reading", By::FarEnd);
    let mail = |at: usize| {
        let raw = format!(
            "From: p{at}@creator.test\r\nTo: reading@example.test\r\nSubject: Hello {at}\r\nMessage-ID: <m{at}@creator.test>\r\n\r\n{}\r\n",
            format!("words of mail {at}\r\n").repeat(30)
        );
        ("reading@example.test".to_owned(), raw)
    };
    bed.deliver((0..mails).map(mail));
    let (mut while_running, mut last) = (0, 0);
    for round in 0..kills as u64 {
        while_running += usize::from(killed_after(&place, &["outreach", "read"], 60 + round * 7_919 % 340));
        if round % 20 == 19 {
            let inbox = place.json(&["outreach", "mailboxes"]);
            let inbox = &inbox[0]["folders"][0];
            println!("after {} kills: server {}, here {}", round + 1, inbox["server"], inbox["held"]);
        }
        last = round;
    }
    println!("killed {while_running} of {} times while it ran", last + 1);
    let read = place.json(&["outreach", "read"]);
    let inbox = read[0]["folders"]
        .as_array()
        .expect("folders")
        .iter()
        .find(|folder| folder["role"] == "inbox")
        .expect("an inbox");
    assert_eq!((inbox["server"].as_u64(), inbox["held"].as_u64()), (Some(mails as u64), Some(mails as u64)));
    assert_eq!(inbox["missing"].as_array().map(Vec::len), Some(0));
    let threads = place.json(&["outreach", "inbox", "--show", "all", "--limit", "1"]);
    assert_eq!(threads["all"].as_u64(), Some(mails as u64), "each mail once");
    // Read again, nothing is new.
    let again = place.json(&["outreach", "read"]);
    assert!(
        again[0]["folders"].as_array().expect("folders").iter().all(|folder| folder["new"] == 0 && folder["gone"] == 0)
    );
}

fn inbox_of(place: &Place) -> Value {
    let read = place.json(&["outreach", "read"]);
    let folders = read[0]["folders"].as_array().expect("folders");
    folders.iter().find(|folder| folder["role"] == "inbox").expect("an inbox").clone()
}

fn plain_mail(to: &str, at: usize) -> (String, String) {
    let raw = format!(
        "From: p{at}@creator.test\r\nTo: {to}\r\nSubject: Hello {at}\r\nMessage-ID: <{to}{at}@creator.test>\r\n\r\nwords {at}\r\n"
    );
    (to.to_owned(), raw)
}

#[test]
fn what_is_deleted_moved_and_numbered_anew_on_the_server_is_counted_right_and_nothing_is_lost_or_double() {
    let name = "what_is_deleted_moved_and_numbered_anew_on_the_server_is_counted_right_and_nothing_is_lost_or_double";
    let Some(bed) = bed_for(name) else { return };
    let place = Place::new();
    bed.mailbox(&place, "changing", By::FarEnd);
    bed.deliver((0..400).map(|at| plain_mail("changing@example.test", at)));
    assert_eq!(inbox_of(&place)["new"].as_u64(), Some(400));
    bed.elsewhere("changing", "box.store('1:50', '+FLAGS', '\\\\Deleted')\nbox.expunge()\nbox.copy('1:20', 'Sent')\nbox.store('1:20', '+FLAGS', '\\\\Deleted')\nbox.expunge()");
    let inbox = inbox_of(&place);
    let figures = ["server", "held", "new", "gone"].map(|of| inbox[of].as_u64().unwrap_or(u64::MAX));
    assert_eq!(figures, [330, 330, 0, 70], "{inbox}");
    let threads = |place: &Place| place.json(&["outreach", "inbox", "--show", "all", "--limit", "1"])["all"].as_u64();
    let held = threads(&place);
    assert!(held >= Some(400), "what is deleted there stays here: {held:?}");
    bed.number_anew("changing");
    let inbox = inbox_of(&place);
    let figures = ["server", "held", "new"].map(|of| inbox[of].as_u64().unwrap_or(u64::MAX));
    assert_eq!(figures, [330, 330, 0], "numbered anew it is the same mail: {inbox}");
    assert_eq!(threads(&place), held);
}

#[test]
fn a_program_that_serves_sends_and_reads_by_itself_and_ends_with_no_mail_in_hand() {
    let Some(bed) = bed_for("a_program_that_serves_sends_and_reads_by_itself_and_ends_with_no_mail_in_hand") else {
        return;
    };
    let place = with_sender();
    bed.mailbox(&place, "serving", By::FarEnd);
    for name in ["late.ana", "ben"] {
        let address = format!("{name}.serving@creator.test");
        place.json(&["outreach", "add", name, "--email", &address, "--source", "their page", "--tag", "all"]);
    }
    template(&place, "first", "Hello", "Hi {{ contact.name }}");
    send_sequence(&place, &["send first"]);
    let mut serving = place
        .command(&["serve", "--listen", "127.0.0.1:0"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("starts");
    let within = |what: &str, holds: &dyn Fn() -> bool| {
        let end = Instant::now() + Duration::from_secs(40);
        while !holds() {
            assert!(Instant::now() < end, "{what}");
            std::thread::sleep(Duration::from_millis(100));
        }
    };
    // The far end answers the first only after five seconds; the program is asked to end while it waits.
    within("the first is being handed over", &|| !bed.taken("late.ana.serving").is_empty());
    let asked = std::process::Command::new("kill").args(["-TERM", &serving.id().to_string()]).status();
    assert!(asked.expect("kill runs").success());
    assert!(serving.wait().expect("ends").success());
    let unknown = place.json(&["outreach", "queue"]).to_string().contains("\"unknown\"");
    assert!(!unknown, "the mail in hand was handed over first");
    let mut serving = place
        .command(&["serve", "--listen", "127.0.0.1:0"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("starts");
    within("the second leaves", &|| bed.taken("serving@creator.test").len() == 2);
    bed.deliver([plain_mail("serving@example.test", 1)]);
    let began = Instant::now();
    within("what comes is read", &|| place.json(&["outreach", "inbox", "--words", "words 1"])["all"] == 1);
    println!("read {:.1} s after it came", began.elapsed().as_secs_f64());
    drop(serving.kill());
    drop(serving.wait());
}
