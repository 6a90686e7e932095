//! Talk as it should not be: turned to oneself, to everybody, to nobody; in no known tongue; far too long; far too often.
//! Everything is taken or refused in words, in bounded memory, and a refresh always ends.

use std::process::Stdio;
use std::time::Duration;

use engine::conversations::events::{EventColumns, EventLog};
use engine::conversations::groups::{GroupSettings, count_disconnected, find_groups};
use engine::conversations::index::{ConversationIndex, IndexSettings};
use engine::conversations::listening::{ListeningSettings, train};
use serde_json::Value;

use crate::harness::{Place, text};

const HEADINGS: &str = "actor,target,kind,at_unix\n";

/// Imports interactions, refreshes, and returns what the import and the refresh said.
fn taken(place: &Place, rows: &str) -> (Value, Value) {
    let file = place.file("talk.csv", format!("{HEADINGS}{rows}"));
    let import = place.json(&["ingest", "interactions", &text(&file)]);
    (import, place.json(&["refresh"]))
}

/// The most memory a command held, in bytes, read while it ran.
fn peak_bytes(place: &Place, words: &[&str]) -> u64 {
    let mut running =
        place.command(words).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the program starts");
    let mut peak = 0;
    let ended = loop {
        let status = std::fs::read_to_string(format!("/proc/{}/status", running.id())).unwrap_or_default();
        let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap_or_default();
        peak = peak.max(line.split_whitespace().nth(1).and_then(|kb| kb.parse::<u64>().ok()).unwrap_or(0) * 1024);
        if let Some(ended) = running.try_wait().expect("it can be waited for") {
            break ended;
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    assert!(ended.success(), "{words:?} ends well");
    peak
}

#[test]
fn talk_with_oneself_alone_is_kept_and_counted_and_makes_no_conversation() {
    let place = Place::new();
    let rows: String = (0..60).map(|row| format!("u{0},u{0},reply,{1}\n", row % 6, 1_700_000_000 + row)).collect();
    let (import, refresh) = taken(&place, &rows);
    assert!(import["remarks"].to_string().contains("a reply to oneself is not conversation"), "{import}");
    assert_eq!((&refresh["interactions"], &refresh["accounts"], &refresh["groups"]), (&0.into(), &0.into(), &0.into()));
    assert_eq!(place.json(&["conversations", "counts"])["to_oneself"], 60);
    let said = place.run(&["conversations", "groups"]);
    assert!(String::from_utf8_lossy(&said.stdout).contains("No talk between different people is held"), "{said:?}");
}

#[test]
fn a_market_without_any_talk_is_refreshed_and_says_so() {
    let place = Place::new();
    let (_, refresh) = taken(&place, "");
    assert_eq!((&refresh["interactions"], &refresh["groups"]), (&0.into(), &0.into()));
    assert!(place.refused(&["conversations", "export", "--format", "csv"]).contains("there is nothing to write"));
}

#[test]
fn an_empty_window_has_an_index_a_model_and_no_groups() {
    let columns = EventColumns {
        actor: vec![0, 1],
        target: vec![1, 0],
        at_unix: vec![5, 6],
        kind: vec![0, 0],
        buying_level: vec![],
    };
    let log = EventLog::new(2, columns).expect("well formed").between(Some(7), Some(9));
    assert!(log.is_empty());
    let index = ConversationIndex::build(&log, None, &IndexSettings::default());
    assert_eq!((index.accounts(), index.pairs.len()), (2, 0));
    assert!(index.pagerank.iter().all(|rank| (rank - 0.5).abs() < 1e-12), "nobody is before anybody");
    assert!(index.walk().onward(0).targets.is_empty());
    let model = train(&log, &ListeningSettings::default()).expect("too little data never fails");
    assert_eq!(model.trained_on.events, 0);
    let graph = bellwether::conversations::groups::talk_graph(&index);
    assert_eq!(find_groups(&graph, &GroupSettings::default()).groups, 2, "everybody alone");
}

#[test]
fn a_person_with_a_million_ties_is_indexed_grouped_and_learned_from() {
    const TIES: u32 = 1_000_000;
    let columns = EventColumns {
        actor: (1..=TIES).chain((1..=TIES).map(|_| 0)).collect(),
        target: (1..=TIES).map(|_| 0).chain(1..=TIES).collect(),
        at_unix: (0..2 * i64::from(TIES)).collect(),
        kind: vec![0; 2 * TIES as usize],
        buying_level: vec![],
    };
    let log = EventLog::new(TIES as usize + 1, columns).expect("well formed");
    let index = ConversationIndex::build(&log, None, &IndexSettings::default());
    assert_eq!((index.account.in_degree[0], index.account.answered[0]), (TIES, TIES));
    let graph = bellwether::conversations::groups::talk_graph(&index);
    assert_eq!((graph.pairs(), graph.partners(0).len()), (TIES as usize, TIES as usize));
    let found = find_groups(&graph, &GroupSettings::default());
    assert_eq!(count_disconnected(&graph, &found.group), 0);
    let model = train(&log, &ListeningSettings::default()).expect("learns, or says what is shipped");
    assert_eq!(model.trained_on.events, u64::from(2 * TIES));
}

#[test]
fn a_star_of_a_million_in_a_file_is_walked_and_grouped_in_bounded_memory() {
    let place = Place::new();
    let rows: String = (1..=1_000_000).map(|other| format!("0 {other} 1\n")).collect();
    let edges = text(&place.file("star.txt", rows));
    let groups = place.json(&["evaluate", "groups", "--edges", &edges, "--deterministic"]);
    assert_eq!((&groups["pairs"], &groups["disconnected"]), (&1_000_000.into(), &0.into()));
    let walked = place.json(&["evaluate", "pagerank", "--edges", &edges]);
    assert_eq!(walked["nodes"], 1_000_001);
    for report in [groups, walked] {
        assert!(report["peak_rss_bytes"].as_u64().is_some_and(|bytes| bytes < 300_000_000), "{report}");
    }
}

#[test]
fn a_market_where_everybody_talks_with_everybody_is_refreshed() {
    let place = Place::new();
    let mut rows = String::new();
    for one in 0..120 {
        for other in (0..120).filter(|other| *other != one) {
            rows.push_str(&format!("u{one},u{other},reply,{}\n", 1_700_000_000 + one * 200 + other));
        }
    }
    let (_, refresh) = taken(&place, &rows);
    assert_eq!(refresh["accounts"], 120);
    assert_eq!(refresh["groups"], 1);
}

#[test]
fn pairs_that_hang_together_with_nobody_else_are_no_groups_and_that_is_said() {
    let place = Place::new();
    let rows: String =
        (0..3_000).map(|pair| format!("a{pair},b{pair},mention,{}\n", 1_700_000_000 + pair * 60)).collect();
    let (_, refresh) = taken(&place, &rows);
    assert_eq!((&refresh["groups"], &refresh["accounts"]), (&0.into(), &6_000.into()));
    let said = place.run(&["conversations", "groups"]);
    let said = String::from_utf8_lossy(&said.stdout).into_owned();
    assert!(said.contains("6,000 people outside all groups") && said.contains("nowhere do 5 of them"), "{said}");
}

/// Comments of one circle of eight people, each saying one of `texts` to the next.
fn comments(texts: &[&str]) -> String {
    let mut csv = String::from("who,whom,when,words\n");
    for row in 0..8 * texts.len().max(8) {
        let (one, other) = (row % 8, (row + 1 + row / 8 % 6) % 8);
        let words = texts[row % texts.len()].replace('"', "\"\"");
        csv.push_str(&format!("u{one},u{other},2026-03-01T10:{:02}:{:02}Z,\"{words}\"\n", row / 60 % 60, row % 60));
    }
    csv
}

const MAP: &str = "interactions:actor=who,target=whom,at=when,text=words,every-kind=comment";

#[test]
fn a_comment_of_ten_megabytes_is_cut_and_said_and_takes_no_room() {
    let place = Place::new();
    let long = "ünd dann kaufte ich noch eine Mühle, ".repeat(270_000);
    assert!(long.len() > 10_000_000);
    let csv = format!("{}u1,u2,2026-03-02T10:00:00Z,\"{long}\"\n", comments(&["Which grinder should I get?"]));
    let file = text(&place.file("long.csv", csv));
    assert!(peak_bytes(&place, &["ingest", "csv", &file, "--map", MAP]) < 400_000_000);
    let shown = place.json(&["ingest", "show", "1"]);
    assert!(shown.to_string().contains("longer than 100000 bytes"), "{shown}");
    assert!(peak_bytes(&place, &["refresh"]) < 400_000_000);
    let exchange = place.json(&["conversations", "between", "other:u1", "other:u2", "--limit", "1"]);
    let kept = exchange["exchange"][0]["text"].as_str().expect("a text");
    assert!(long.starts_with(kept) && kept.len() > 99_990, "{} bytes are kept", kept.len());
}

#[test]
fn the_same_turn_told_again_and_again_counts_once() {
    let place = Place::new();
    let rows = "ana,ben,reply,1700000000\n".repeat(20_000) + "ben,ana,reply,1700000060\n";
    let (import, refresh) = taken(&place, &rows);
    assert_eq!((&import["rows_in"], &import["already_known"]), (&20_001.into(), &19_999.into()), "{import}");
    assert_eq!((&refresh["interactions"], &refresh["accounts"]), (&2.into(), &2.into()));
    let turned: String = rows.lines().rev().map(|line| format!("{line}\n")).collect();
    let (again, _) = taken(&place, &turned);
    assert_eq!((&again["inserted"], &again["rows_in"]), (&0.into(), &20_001.into()), "{again}");
    assert_eq!(place.json(&["conversations", "counts"])["interactions"], 2);
}

#[test]
fn words_in_any_script_or_in_none_are_kept_as_they_are() {
    let place = Place::new();
    let texts = [
        "የትኛውን ቡና ልግዛ?",
        "რომელი ყავა ჯობია ამ ფასად",
        "ⵎⴰⵏⵡⴰ ⵍⵇⵀⵡⴰ ⵉⴼⵓⵍⴽⵉⵏ",
        "𐀀𐀁𐀂 𐀃𐀄 𐎠𐎡𐎢",
        "אֵיזֶה קָפֶה מומלץ \u{202e}txet desrever\u{202c} ‏?",
        "Z̸̢̛͎a̷̧̛l̵g̶o̴ ẗ̶̈́e̸͝x̷̛t̸",
        "🫘☕🫘☕🫘 🇩🇪👩‍👩‍👧‍👦",
        "どのコーヒーを買えばいいですか เครื่องบดกาแฟ 哪个咖啡机好",
        "\u{1}\u{7f} \u{feff}\u{200b}\u{fffd}",
        "<script>alert(1)</script> &amp; &; &#0; <unclosed",
        "=HYPERLINK(\"http://x\") @everyone http://",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    ];
    let file = place.file("words.csv", comments(&texts));
    let import = place.json(&["ingest", "csv", &text(&file), "--map", MAP]);
    assert_eq!(import["refused"], 0, "{import}");
    let refresh = place.json(&["refresh"]);
    assert_eq!((&refresh["accounts"], &refresh["groups"]), (&8.into(), &1.into()));
    let mut quoted: Vec<String> = vec![];
    for other in 0..8 {
        let exchange = place.json(&["conversations", "between", "other:u0", &format!("other:u{other}")]);
        let texts = exchange["exchange"].as_array().into_iter().flatten();
        quoted.extend(texts.filter_map(|quote| quote["text"].as_str().map(str::to_owned)));
    }
    assert!(texts[..4].iter().any(|text| quoted.iter().any(|quote| quote == text)), "{quoted:?}");
    assert!(quoted.iter().all(|quote| texts.iter().any(|text| text.trim() == quote.trim())), "{quoted:?}");
}
