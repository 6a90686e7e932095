//! Files that platforms and other tools hand out: exports zipped and unpacked, captured items, graphs; twice the same adds nothing, and
//! what means harm is refused.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bellwether::data_directory::DataDirectory;
use bellwether::ingest::accounts::AccountsFile;
use bellwether::ingest::captured::{CapturedFile, GraphFile};
use bellwether::ingest::interactions::InteractionsFile;
use bellwether::ingest::platform_export::PlatformExport;
use bellwether::ingest::{Repeat, import};
use model::{AccountId, Platform};
use serde_json::json;

use crate::harness::{Place, text};

fn zipped(place: &Place, name: &str, entries: &[(&str, String)]) -> PathBuf {
    let path = place.folder.path().join(name);
    let mut zip = zip::ZipWriter::new(std::fs::File::create(&path).expect("a file"));
    for (name, content) in entries {
        zip.start_file(*name, zip::write::SimpleFileOptions::default()).expect("an entry");
        zip.write_all(content.as_bytes()).expect("its content");
    }
    zip.finish().expect("a zip file");
    path
}

fn followers(from: usize, to: usize) -> String {
    let one = |place: usize| {
        json!({ "title": "", "media_list_data": [], "string_list_data": [
            { "href": format!("https://www.instagram.com/fan_{place}"), "value": format!("fan_{place}"), "timestamp": 1_700_000_000 + place }] })
    };
    serde_json::to_string(&(from..to).map(one).collect::<Vec<_>>()).expect("JSON")
}

fn instagram(place: &Place, name: &str, fans: usize) -> PathBuf {
    let half = fans / 2;
    zipped(
        place,
        name,
        &[
            ("connections/followers_and_following/followers_1.json", followers(0, half)),
            ("connections/followers_and_following/followers_2.json", followers(half, fans)),
            (
                "personal_information/personal_information/personal_information.json",
                json!({ "profile_user": [{ "string_map_data": { "Username": { "value": "our_bakery" } } }] })
                    .to_string(),
            ),
            ("your_instagram_activity/messages/inbox/x/message_1.json", "{\"participants\": []}".to_owned()),
        ],
    )
}

#[test]
fn an_instagram_export_is_recognised_and_a_second_time_adds_nothing() {
    let place = Place::new();
    let zip = instagram(&place, "instagram-our_bakery.zip", 1_000);
    let tried = place.json(&["ingest", "export", &text(&zip), "--dry-run"]);
    assert_eq!(
        (&tried["rows_in"].as_u64().is_some_and(|rows| rows >= 1_000), &tried["refused"]),
        (&true, &json!(0)),
        "{tried}"
    );
    let first = place.json(&["ingest", "export", &text(&zip)]);
    assert!(first["inserted"].as_u64() > Some(2_000), "accounts and that they follow: {first}");
    assert!(first["remarks"].to_string().contains("not opened"), "private messages stay closed: {first}");
    let again = place.json(&["ingest", "export", &text(&zip), "--again"]);
    assert_eq!(again["inserted"], 0, "{again}");
    // A later export of more followers adds only those.
    let later = instagram(&place, "later.zip", 1_010);
    let more = place.json(&["ingest", "export", &text(&later)]);
    assert_eq!(more["inserted"], 20, "ten accounts and that they follow: {more}");
    let show = place.json(&["creators", "show", "instagram:our_bakery"]);
    assert_eq!(show["creator"]["handle"], "our_bakery", "{show}");
}

#[test]
fn a_hundred_thousand_followers_are_read_in_one_pass() {
    let place = Place::new();
    let zip = instagram(&place, "large.zip", 100_000);
    let report = place.json(&["ingest", "export", &text(&zip)]);
    assert!(report["inserted"].as_u64() >= Some(200_000), "{report}");
}

#[test]
fn whoever_asked_to_be_forgotten_stays_so_through_every_kind_of_file() {
    let place = Place::new();
    let zip = instagram(&place, "one.zip", 10);
    let csv = place.file(
        "talk.csv",
        "actor,target,kind,at_unix\nfan_3,our_bakery,comment,1700000500\nfan_4,our_bakery,comment,1700000600\n",
    );
    let graph = place.file(
        "talk.gexf",
        r#"<gexf version="1.3"><graph defaultedgetype="directed"><nodes><node id="1" label="fan_3"/><node id="2" label="our_bakery"/><node id="3" label="fan_5"/></nodes>
        <edges><edge source="1" target="2" weight="2"/><edge source="3" target="2"/></edges></graph></gexf>"#,
    );
    let captured = place.file("captured.ndjson", captured_post("fan_3", "our_bakery"));
    let accounts = place.file("accounts.csv", "account,followers\nfan_3,10\nfan_6,20\n");
    let all: [&[&str]; 5] = [
        &["ingest", "export", &text(&zip)],
        &["ingest", "interactions", &text(&csv), "--platform", "instagram"],
        &["ingest", "graph", &text(&graph), "--platform", "instagram", "--on", "2025-01-01"],
        &["ingest", "captured", &text(&captured)],
        &["ingest", "accounts", &text(&accounts), "--platform", "instagram"],
    ];
    for arguments in all {
        place.json(arguments);
    }
    assert_eq!(place.json(&["creators", "show", "instagram:fan_3"])["creator"]["handle"], "fan_3");
    place.json(&["creators", "forget", "instagram:fan_3"]);
    for arguments in all {
        let report = place.json(&[arguments, &["--again"]].concat());
        assert_eq!(report["inserted"], 0, "{report}");
        let left_out = report["tombstoned"].as_u64();
        assert!(left_out > Some(0), "{report}");
    }
    assert!(place.refused(&["creators", "show", "instagram:fan_3"]).contains("no account"));
}

fn captured_post(author: &str, mentioned: &str) -> String {
    let data = json!({
        "id": "1_2", "code": "Cabc", "taken_at": 1_700_000_000, "like_count": 5, "comment_count": 2,
        "user": { "pk": 2, "username": author, "full_name": "Fan" }, "caption": { "text": format!("with @{mentioned} #bread") },
        "usertags": { "in": [{ "user": { "pk": 3, "username": mentioned } }] },
    });
    let item = json!({ "nav_index": "1:1", "item_id": "1", "timestamp_collected": 1_700_000_100_000_i64,
        "source_platform": "instagram.com", "source_platform_url": "u", "source_url": "u", "user_agent": "x", "data": data });
    format!("{item}\n")
}

#[test]
fn files_that_mean_harm_are_refused_with_what_to_do_and_nothing_is_kept() {
    let place = Place::new();
    let bomb =
        zipped(&place, "bomb.zip", &[("connections/followers_and_following/followers_1.json", " ".repeat(90 << 20))]);
    let owner = ["--account", "our_bakery"];
    let report = place.json(&[&["ingest", "export", &text(&bomb)], &owner[..]].concat());
    assert_eq!(
        (&report["inserted"], &report["refused"]),
        (&json!(1), &json!(1)),
        "the owner, who was named, alone: {report}"
    );
    assert!(report["issues"].to_string().contains("an entry is larger than 16 MB"), "{report}");
    let outside = zipped(
        &place,
        "outside.zip",
        &[("../../followers_1.json", followers(0, 3)), ("C:/followers_2.json", followers(0, 3))],
    );
    let refused = place.refused(&["ingest", "export", &text(&outside), "--account", "our_bakery"]);
    assert!(refused.contains("holds no list"), "{refused}");
    let cut = place.file("cut.zip", b"PK\x03\x04 and nothing");
    assert!(place.refused(&["ingest", "export", &text(&cut)]).contains("fetch the export again"));
    let nobody = zipped(&place, "nobody.zip", &[("followers_1.json", followers(0, 3))]);
    let refused = place.refused(&["ingest", "export", &text(&nobody)]);
    assert!(refused.contains("--account"), "{refused}");
    assert_eq!(place.json(&["ingest", "export", &text(&nobody), "--account", "@Our_Bakery"])["refused"], 0);
    assert!(place.refused(&["ingest", "export", &text(Path::new("/nowhere.zip"))]).contains("/nowhere.zip"));
}

/// Numbers that look drawn, the same each time.
struct Drawn(u64);

impl Drawn {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }
}

#[tokio::test]
async fn in_whatever_order_files_come_and_people_are_forgotten_nobody_comes_back() {
    for seed in 0..8 {
        let place = Place::new();
        let data = DataDirectory::open(&place.data_dir()).await.expect("opens");
        let zip = instagram(&place, "export.zip", 6);
        let talk: String = (0..6).map(|fan| format!("fan_{fan},our_bakery,comment,17000005{fan}0\n")).collect();
        let csv = place.file("talk.csv", format!("actor,target,kind,at_unix\n{talk}"));
        let nodes: String = (0..6).map(|fan| format!(r#"<node id="{fan}" label="fan_{fan}"/>"#)).collect();
        let edges: String =
            (0..6).map(|fan| format!(r#"<edge source="{fan}" target="{}" weight="2"/>"#, (fan + 1) % 6)).collect();
        let gexf = format!(
            r#"<gexf version="1.3"><graph defaultedgetype="directed"><nodes>{nodes}</nodes><edges>{edges}</edges></graph></gexf>"#
        );
        let graph = place.file("talk.gexf", gexf);
        let captured: String = (0..6).map(|fan| captured_post(&format!("fan_{fan}"), "our_bakery")).collect();
        let captured = place.file("captured.ndjson", captured);
        let accounts = place
            .file("accounts.csv", "account,followers\nfan_0,10\nfan_1,20\nfan_2,30\nfan_3,40\nfan_4,50\nfan_5,60\n");
        let fan = |fan: u64| AccountId::of(Platform::Instagram, "", &format!("fan_{fan}"));
        let (mut drawn, mut forgotten) = (Drawn(seed), vec![]);
        for _ in 0..16 {
            let done = match drawn.below(8) {
                0 => import(
                    &data,
                    PlatformExport::new(&zip, None, None).expect("opens"),
                    Repeat::ReadAgain,
                    Arc::default(),
                )
                .await
                .map(drop),
                1 => import(&data, InteractionsFile::new(&csv, Platform::Instagram), Repeat::ReadAgain, Arc::default())
                    .await
                    .map(drop),
                2 => import(
                    &data,
                    GraphFile::new(&graph, Platform::Instagram, None, None),
                    Repeat::ReadAgain,
                    Arc::default(),
                )
                .await
                .map(drop),
                3 => import(&data, CapturedFile::new(&captured), Repeat::ReadAgain, Arc::default()).await.map(drop),
                4 => import(
                    &data,
                    AccountsFile::new(&accounts, Platform::Instagram, None),
                    Repeat::ReadAgain,
                    Arc::default(),
                )
                .await
                .map(drop),
                _ => {
                    let person = fan(drawn.below(6));
                    // Of whom nothing is held, nothing can be forgotten.
                    if bellwether::creators::forget(&data, person, "asked").await.is_ok() {
                        forgotten.push(person);
                    }
                    Ok(())
                }
            };
            done.expect("is taken");
            data.revision().await.expect("is known");
            let back = data.lake.names_of(&forgotten, data.now()).await.expect("is read");
            assert_eq!(back, vec![], "order {seed}");
            assert_eq!(data.lake.rows_naming(&forgotten, data.now()).await.expect("is counted"), 0, "order {seed}");
        }
        assert!(!forgotten.is_empty(), "order {seed} forgets somebody");
    }
}
