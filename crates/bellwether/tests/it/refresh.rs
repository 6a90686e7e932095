//! Refresh: following what has come without making everything anew, to the same answers.

use serde_json::Value;

use crate::harness::{Place, text};

const DAY: i64 = 86_400;
const BEGAN: i64 = 1_700_000_000;

/// Days of talk in circles of twelve, with words: everybody answers a post of the circle's first member each day, who
/// answers back. From day 40 on somebody new takes part in the first circle and asks what to buy.
fn talk(days: std::ops::Range<i64>) -> String {
    let circles = [
        ("ale", "pale ale hops barrel"),
        ("bike", "gravel bike tyre saddle"),
        ("cake", "sponge cake icing tin"),
        ("dog", "terrier puppy leash walk"),
    ];
    let mut csv = "who,whom,when,what,under,words,number\n".to_owned();
    let mut row = |who: &str, whom: &str, at: i64, kind: &str, post: &str, words: &str| {
        csv.push_str(&format!("{who},{whom},{at},{kind},{post},{words},{who}-{whom}-{at}\n"));
    };
    for day in days {
        for (circle, words) in circles {
            let first = format!("{circle}0");
            let post = format!("{circle}-post-{day}");
            for member in 1..12 {
                let name = format!("{circle}{member}");
                let other = format!("{circle}{}", 1 + (member + day) % 11);
                let at = BEGAN + day * DAY + member * 600;
                row(&name, &first, at, "comment", &post, &format!("the {words} of day {day} suits number {member}"));
                row(&first, &name, at + 60, "reply", &post, &format!("thanks {member} for the {words}"));
                if other != name {
                    row(&name, &other, at + 120, "mention", &post, &format!("{words} as said on day {day}"));
                }
            }
        }
        if day >= 40 {
            let words = "which pale ale would you recommend and where can I buy a barrel of it?";
            row("newcomer", "ale0", BEGAN + day * DAY + 20_000, "comment", &format!("ale-post-{day}"), words);
            row(
                "ale0",
                "newcomer",
                BEGAN + day * DAY + 20_100,
                "reply",
                &format!("ale-post-{day}"),
                "I bought mine online and would order it again",
            );
        }
    }
    csv
}

fn bring(place: &Place, name: &str, days: std::ops::Range<i64>) -> u64 {
    let file = text(&place.file(name, talk(days)));
    let mapping = "interactions:actor=who,target=whom,at=when,kind=what,post=under,text=words,id=number";
    let brought = place.json(&["ingest", "csv", &file, "--map", mapping, "--platform", "reddit"]);
    assert_eq!(brought["refused"], 0, "{brought}");
    brought["import"].as_u64().expect("a number")
}

/// What the refresh is seen by: groups with what they talk about, and a brand's ranking. A group keeps the name it was
/// first given, so its terms are told in no order.
fn seen(place: &Place) -> (Vec<(Vec<String>, Value, Value)>, Value) {
    let listed = place.json(&["conversations", "groups"]);
    let terms = |group: &Value| {
        let mut terms: Vec<String> =
            group["name"].as_str().unwrap_or_default().split(", ").map(str::to_owned).collect();
        terms.sort();
        terms
    };
    let mut groups: Vec<(Vec<String>, Value, Value)> = listed["shown"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|group| (terms(group), group["members"].clone(), group["language"]["code"].clone()))
        .collect();
    groups.sort_by(|one, other| one.0.cmp(&other.0));
    (groups, place.json(&["matching", "rank", "--brand", "Cask"])["creators"].clone())
}

#[test]
fn a_days_facts_are_followed_to_what_making_everything_anew_would_say() {
    let (step_by_step, at_once) = (Place::new(), Place::new());
    for place in [&step_by_step, &at_once] {
        place.json(&["matching", "brand", "Cask", "--keyword", "barrel"]);
    }
    bring(&step_by_step, "first.csv", 0..40);
    let first = step_by_step.json(&["refresh"]);
    assert_eq!((&first["made"], &first["incremental"]), (&true.into(), &false.into()), "{first}");
    let before = step_by_step.json(&["conversations", "groups"]);
    bring(&step_by_step, "second.csv", 40..41);
    let second = step_by_step.json(&["refresh"]);
    assert_eq!((&second["made"], &second["incremental"]), (&true.into(), &true.into()), "{second}");
    assert!(second["how"].as_str().is_some_and(|how| how.contains("what they touch")), "{second}");

    bring(&at_once, "all.csv", 0..41);
    at_once.json(&["refresh"]);
    let (followed, anew) = (seen(&step_by_step), seen(&at_once));
    assert_eq!(followed.0, anew.0);
    let buying = |place: &Place| place.json(&["conversations", "deciding", "--brand", "Cask"])["questions"].clone();
    assert_eq!(buying(&step_by_step), buying(&at_once), "new words are read, old ones are not forgotten");
    for (one, other) in followed.1.as_array().expect("a list").iter().zip(anew.1.as_array().expect("a list")) {
        assert_eq!(one["account"], other["account"]);
        assert_eq!(one["why"]["exchange"], other["why"]["exchange"]);
        assert_eq!(one["level"], other["level"]);
    }
    // Every group keeps its number; the one with the newcomer has one member more.
    let after = step_by_step.json(&["conversations", "groups"]);
    let numbers = |listed: &Value| {
        let mut numbers: Vec<i64> =
            listed["shown"].as_array().expect("a list").iter().filter_map(|group| group["id"].as_i64()).collect();
        numbers.sort_unstable();
        numbers
    };
    assert_eq!(numbers(&before), numbers(&after));
    let people = |listed: &Value| -> i64 {
        listed["shown"].as_array().expect("a list").iter().filter_map(|group| group["members"].as_i64()).sum()
    };
    assert_eq!(people(&after), people(&before) + 1);
    let nothing = step_by_step.json(&["refresh"]);
    assert_eq!(nothing["made"], false, "{nothing}");
}

#[test]
fn facts_taken_away_are_not_followed_but_made_anew() {
    let place = Place::new();
    place.json(&["matching", "brand", "Cask", "--keyword", "barrel"]);
    bring(&place, "first.csv", 0..40);
    place.json(&["refresh"]);
    let before = seen(&place);
    let second = bring(&place, "second.csv", 40..42);
    assert_eq!(place.json(&["refresh"])["incremental"], true);
    place.json(&["ingest", "undo", &second.to_string()]);
    let undone = place.json(&["refresh"]);
    assert_eq!(undone["incremental"], false, "{undone}");
    assert!(undone["how"].as_str().is_some_and(|how| how.contains("taken away")), "{undone}");
    let after = seen(&place);
    assert_eq!(before.0, after.0, "as if the second file had never come");
    let asked = place.json(&["refresh", "--full"]);
    assert_eq!((&asked["made"], &asked["incremental"]), (&true.into(), &false.into()), "{asked}");
}

/// A dump of two authors with six questions each, 120 comments under those of each, and what else is said under them.
fn dump_of_two_authors(place: &Place, folder: &str, more_comments: &str) -> String {
    let rows = |name: &str, rows: String| {
        place.file(&format!("{folder}/{name}"), format!("<?xml version=\"1.0\"?>\n<rows>\n{rows}</rows>\n"))
    };
    let questions = (1..=12).map(|post| {
        format!(
            "<row Id=\"{post}\" PostTypeId=\"1\" CreationDate=\"2024-01-01T0{}:00:00.000\" Score=\"1\" \
             Body=\"which hops\" OwnerUserId=\"{}\" Title=\"hops\" />\n",
            post % 10,
            1 + post % 2
        )
    });
    rows("Posts.xml", questions.collect());
    let comment = |id: i64| {
        format!(
            "<row Id=\"{id}\" PostId=\"{}\" Text=\"number {id}\" CreationDate=\"2024-01-{:02}T10:00:00.000\" \
             UserId=\"{}\" />\n",
            1 + id % 12,
            2 + id / 24,
            10 + id % 15
        )
    };
    rows("Comments.xml", (0..240).map(comment).collect::<String>() + more_comments);
    let user =
        |id: i64| format!("<row Id=\"{id}\" DisplayName=\"user{id}\" LastAccessDate=\"2024-02-01T10:00:00.000\" />\n");
    text(rows("Users.xml", (1..30).map(user).collect()).parent().expect("a folder"))
}

#[test]
fn once_one_author_is_seen_to_answer_the_silence_of_the_others_means_something() {
    let place = Place::new();
    let bring = |folder: &str| {
        place.json(&["ingest", "stack-exchange", folder, "--site", "beer"]);
        place.json(&["refresh"])
    };
    bring(&dump_of_two_authors(&place, "first", ""));
    let rate = |author: &str| place.json(&["creators", "show", author])["estimates"]["reply_rate"]["value"].clone();
    let (answering, silent) = ("user2", "user1");
    assert_eq!((rate(answering), rate(silent)), (Value::Null, Value::Null), "nobody is known to answer here at all");
    let answer = "<row Id=\"900\" PostId=\"1\" Text=\"@user22 thanks\" CreationDate=\"2024-01-11T12:00:00.000\" UserId=\"2\" />\n";
    let refreshed = bring(&dump_of_two_authors(&place, "second", answer));
    assert_eq!(refreshed["incremental"], true, "{refreshed}");
    assert!(rate(answering).is_f64());
    assert_eq!(rate(silent), 0.0, "whom nothing new is about");
}

#[tokio::test]
async fn many_small_portions_are_joined_and_what_comes_after_is_still_followed() {
    use bellwether::ingest::connections::{Asked as Connecting, connect};
    use bellwether::ingest::{Portion, policies, take_portion};
    use bellwether::refresh::{Asked, refresh};
    use model::facts::{AccountFact, FactBatch, InteractionFact, TextFact};
    use model::{InteractionId, InteractionKind, Platform, Timestamp};

    let place = Place::new();
    let data = bellwether::data_directory::DataDirectory::open(&place.data_dir()).await.expect("opens");
    let connection = connect(&data, &Connecting::new(Platform::Bluesky)).await.expect("is connected");
    let portion = |number: i64| {
        let people = [number % 7, (number + 1 + number % 5) % 7 + 7]
            .map(|who| AccountFact::new(Platform::Bluesky, "", &format!("did:plc:{who}")));
        let text = TextFact::new(format!("which barrel would you buy for batch {number}?"));
        let (kind, at) = (InteractionKind::Reply, Timestamp::from_unix_seconds(1_790_000_000 + number * 60));
        let said = InteractionFact {
            id: InteractionId::by_content(kind, people[0].id, Some(people[1].id), None, at, Some(text.id)),
            kind,
            actor: people[0].id,
            target: Some(people[1].id),
            post: None,
            parent: None,
            at,
            text: Some(text.id),
            by_author: false,
        };
        let facts =
            FactBatch { accounts: people.into(), interactions: vec![said], texts: vec![text], ..FactBatch::default() };
        Portion {
            connection,
            label: "Bluesky, stream".into(),
            policy: policies::of_interface(Platform::Bluesky),
            facts,
            rows_in: 1,
            issues: vec![],
            remarks: vec![],
        }
    };
    for number in 0..70 {
        take_portion(&data, portion(number), &store::Along::default()).await.expect("is taken");
    }
    let rows = data.lake.digests(data.now()).await.expect("reads");
    let stages = |done: &bellwether::refresh::Refreshed| -> Vec<String> {
        done.stages.iter().map(|stage| stage.stage.clone()).collect()
    };
    let first = refresh(&data, Asked::WhatChanged, |_| ()).await.expect("refreshes");
    assert!(stages(&first).contains(&"joining small files".to_owned()), "{:?}", stages(&first));
    assert_eq!(data.lake.digests(data.now()).await.expect("reads"), rows, "the rows are the same");
    assert!(data.lake.small_files().await.expect("counts") <= 2);
    assert!(!refresh(&data, Asked::WhatChanged, |_| ()).await.expect("refreshes").made, "nothing has changed");
    take_portion(&data, portion(70), &store::Along::default()).await.expect("is taken");
    let next = refresh(&data, Asked::WhatChanged, |_| ()).await.expect("refreshes");
    assert!(next.made && next.incremental && next.how.contains("1 interactions"), "{}", next.how);
    drop(data);
    let ended = place.json(&["ingest", "disconnect", "bluesky", "--with-facts"]);
    assert_eq!(ended["imports_undone"], 71, "{ended}");
    assert_eq!(place.json(&["conversations", "counts"])["interactions"], 0);
}
