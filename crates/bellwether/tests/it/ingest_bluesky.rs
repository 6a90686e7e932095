//! Bluesky as it is: a live network is read page by page and listened to; what is taken back there goes here too.

use bellwether::data_directory::DataDirectory;
use lake::{FactTable, TableDigest};
use model::{AccountId, Platform};
use serde_json::{Value, json};

use crate::harness::{Place, real_data};
use crate::live_network::{Network, network_for};

const POST: &str = "app.bsky.feed.post";
const LIKE: &str = "app.bsky.feed.like";
const REPOST: &str = "app.bsky.feed.repost";
const FOLLOW: &str = "app.bsky.graph.follow";

fn at(minute: u32) -> String {
    format!("2025-03-01T{:02}:{:02}:00.000Z", 8 + minute / 60, minute % 60)
}

fn handles(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| format!("{name}.test")).collect()
}

/// A small conversation: two posts of Ana's, answered, liked, quoted; without what has no moment where it is listed.
struct Talk {
    dids: Value,
    post: Value,
    answer: Value,
    like: Value,
    records: usize,
}

fn small_talk(network: &mut Network) -> Talk {
    let dids = network.accounts(&handles(&["ana", "ben", "cyd", "dee"]));
    network.ask(&json!({ "ask": "profile", "by": "ana.test", "profile": { "displayName": "Ana", "description": "bread and beer" } }));
    let post = network.write("ana.test", POST, json!({ "text": "Which malt for a dark loaf? #baking", "createdAt": at(0),
        "facets": [{ "index": { "byteStart": 28, "byteEnd": 35 }, "features": [{ "$type": "app.bsky.richtext.facet#tag", "tag": "baking" }] }] }));
    let second = network.write("ana.test", POST, json!({ "text": "Nobody answers this one", "createdAt": at(1) }));
    let answer = network.write("ben.test", POST, json!({ "text": "Roasted barley, finely ground", "createdAt": at(2), "reply": { "root": post, "parent": post } }));
    network.write(
        "ana.test",
        POST,
        json!({ "text": "How much of it?", "createdAt": at(3), "reply": { "root": post, "parent": answer } }),
    );
    let mention = json!({ "text": "@cyd knows", "createdAt": at(4), "reply": { "root": post, "parent": answer },
        "facets": [{ "index": { "byteStart": 0, "byteEnd": 4 }, "features": [{ "$type": "app.bsky.richtext.facet#mention", "did": dids["cyd.test"] }] }] });
    network.write("dee.test", POST, mention);
    network.write("cyd.test", POST, json!({ "text": "Look at this", "createdAt": at(5), "embed": { "$type": "app.bsky.embed.record", "record": post } }));
    let like = network.write("cyd.test", LIKE, json!({ "subject": post, "createdAt": at(6) }));
    network.write("dee.test", LIKE, json!({ "subject": second, "createdAt": at(7) }));
    network.settle();
    Talk { dids, post, answer, like, records: 9 }
}

fn connect(place: &Place, network: &Network, more: &[&str]) {
    let parts = ["ingest", "connect", "bluesky", "--server", &network.appview, "--internal", "--history-days", "3650"];
    place.json(&[&parts[..], more].concat());
}

/// What the lake says of posts, texts and interactions.
async fn digests(place: &Place) -> Vec<TableDigest> {
    let data = DataDirectory::open(&place.data_dir()).await.expect("opens");
    let all = data.lake.digests(data.now()).await.expect("is read");
    all.into_iter()
        .filter(|one| [FactTable::Post, FactTable::Text, FactTable::Interaction].contains(&one.table))
        .collect()
}

fn rows(digests: &[TableDigest], table: FactTable) -> u64 {
    digests.iter().find(|one| one.table == table).map_or(0, |one| one.rows)
}

fn listen(place: &Place) -> Value {
    place.json(&["ingest", "listen", "Bluesky", "--quiet-seconds", "2"])
}

#[tokio::test]
async fn asking_page_by_page_and_listening_give_the_same_rows_and_a_second_time_none() {
    let name = "asking_page_by_page_and_listening_give_the_same_rows_and_a_second_time_none";
    let Some(mut network) = network_for(name) else { return };
    let talk = small_talk(&mut network);
    let asked = Place::new();
    connect(&asked, &network, &[]);
    asked.json(&["ingest", "watch", "Bluesky", "@ana.test"]);
    let report = &asked.json(&["ingest", "sync"])[0];
    assert_eq!(report["problems"], json!([]));
    let by_asking = digests(&asked).await;
    // Two posts and one that quotes; answers are talk.
    assert_eq!(rows(&by_asking, FactTable::Post), 3, "{report}");
    // Three answers, a mention, a quote, two likes.
    assert_eq!(rows(&by_asking, FactTable::Interaction), 7);
    let shown = asked.json(&["creators", "show", "ana.test"]);
    assert_eq!(shown["creator"]["name"], "Ana", "{shown}");
    let again = &asked.json(&["ingest", "sync", "--now"])[0];
    assert_eq!(digests(&asked).await, by_asking, "{again}");
    assert!(again["calls"].as_u64() > Some(0), "it asked again: {again}");

    let heard = Place::new();
    connect(&heard, &network, &["--stream", &network.pds, "--stream-kind", "repos", "--stream-everybody"]);
    let listened = listen(&heard);
    assert!(listened["events"].as_u64() >= Some(talk.records as u64), "{listened}");
    assert_eq!(digests(&heard).await, by_asking, "{listened}");
    let resumed = listen(&heard);
    assert_eq!((&resumed["events"], &resumed["facts_new"]), (&json!(0), &json!(0)), "it is taken up where it was left");

    // Only what touches Ana: nobody else's likes of other posts, and nothing said among others.
    let aside = network.write("ben.test", POST, json!({ "text": "Something else", "createdAt": at(20) }));
    network.write("dee.test", LIKE, json!({ "subject": aside, "createdAt": at(21) }));
    network.write("dee.test", LIKE, json!({ "subject": talk.post, "createdAt": at(22) }));
    network.settle();
    connect(&asked, &network, &["--name", "stream", "--stream", &network.pds, "--stream-kind", "repos"]);
    asked.json(&["ingest", "watch", "stream", "@ana.test"]);
    asked.json(&["ingest", "sync", "stream"]);
    asked.json(&["ingest", "listen", "stream", "--quiet-seconds", "2"]);
    let followed = digests(&asked).await;
    assert_eq!(rows(&followed, FactTable::Post), 3);
    assert_eq!(rows(&followed, FactTable::Interaction), 8, "one more like");
}

#[tokio::test]
async fn what_is_taken_back_on_the_network_goes_and_does_not_come_again() {
    let name = "what_is_taken_back_on_the_network_goes_and_does_not_come_again";
    let Some(mut network) = network_for(name) else { return };
    let talk = small_talk(&mut network);
    network.write("ben.test", FOLLOW, json!({ "subject": talk.dids["ana.test"], "createdAt": at(8) }));
    network.write("ben.test", REPOST, json!({ "subject": talk.post, "createdAt": at(9) }));
    network.settle();
    let place = Place::new();
    connect(&place, &network, &["--stream", &network.pds, "--stream-kind", "repos", "--stream-everybody"]);
    place.json(&["ingest", "watch", "Bluesky", "ana.test", "dee.test"]);
    place.json(&["ingest", "sync"]);
    listen(&place);
    let before = digests(&place).await;
    assert_eq!(
        rows(&before, FactTable::Interaction),
        9,
        "three answers, a mention, a quote, two likes, a follow, a repost"
    );

    network.ask(&json!({ "ask": "remove", "by": "ben.test", "uri": talk.answer["uri"] }));
    network.ask(&json!({ "ask": "remove", "by": "cyd.test", "uri": talk.like["uri"] }));
    network.settle();
    let told = listen(&place);
    assert_eq!(told["rows_removed"], json!(4), "an answer, its text in the two imports that hold it, a like: {told}");
    let after = digests(&place).await;
    assert_eq!(rows(&after, FactTable::Post), rows(&before, FactTable::Post));
    assert_eq!(rows(&after, FactTable::Interaction), 7);
    // The same stream from its beginning still tells of both, and neither comes in.
    connect(
        &place,
        &network,
        &["--name", "again", "--stream", &network.pds, "--stream-kind", "repos", "--stream-everybody"],
    );
    place.json(&["ingest", "listen", "again", "--quiet-seconds", "2"]);
    assert_eq!(digests(&place).await, after);

    // A handle that changes is followed.
    network.ask(&json!({ "ask": "rename", "by": "ana.test", "handle": "anna.test" }));
    network.settle();
    listen(&place);
    let shown = place.json(&["creators", "show", "anna.test"]);
    assert_eq!(shown["creator"]["handle"], "anna.test", "{shown}");

    // Whoever deactivates the account is not held; who comes back may be.
    network.ask(&json!({ "ask": "deactivate", "by": "dee.test" }));
    network.settle();
    let told = listen(&place);
    assert_eq!(told["accounts_ended"], json!(1), "{told}");
    let without = digests(&place).await;
    assert_eq!(
        rows(&without, FactTable::Interaction),
        rows(&after, FactTable::Interaction) - 3,
        "an answer, a mention, a like"
    );
    let dee = AccountId::of(Platform::Bluesky, "", talk.dids["dee.test"].as_str().expect("an identity"));
    assert!(place.refused(&["creators", "show", &dee.to_string()]).contains("no account"));
    network.ask(&json!({ "ask": "activate", "by": "dee.test" }));
    network.settle();
    listen(&place);
    network.write("dee.test", LIKE, json!({ "subject": talk.post, "createdAt": at(30) }));
    network.settle();
    let told = listen(&place);
    assert_eq!(told["left_out"], json!(0), "{told}");
    assert_eq!(rows(&digests(&place).await, FactTable::Interaction), rows(&without, FactTable::Interaction) + 1);

    // Whoever asks to be forgotten stays forgotten, however often the network tells of them.
    place.json(&["creators", "forget", &format!("bluesky:{}", talk.dids["cyd.test"].as_str().expect("an identity"))]);
    let cyd = format!("bluesky:{}", talk.dids["cyd.test"].as_str().expect("an identity"));
    assert!(place.refused(&["creators", "show", &cyd]).contains("no account"));
    place.json(&["ingest", "sync", "--now"]);
    connect(
        &place,
        &network,
        &["--name", "thrice", "--stream", &network.pds, "--stream-kind", "repos", "--stream-everybody"],
    );
    let told = place.json(&["ingest", "listen", "thrice", "--quiet-seconds", "2"]);
    assert!(told["left_out"].as_u64() > Some(0), "{told}");
    assert!(place.refused(&["creators", "show", &cyd]).contains("no account"));
    // Everything else the network still says is there: Ana's answer, Dee's with its mention and two likes, a follow, a repost.
    assert_eq!(rows(&digests(&place).await, FactTable::Interaction), 6, "{told}");
}

#[tokio::test]
async fn followers_reposts_and_quotes_are_those_that_were_written() {
    let name = "followers_reposts_and_quotes_are_those_that_were_written";
    let Some(mut network) = network_for(name) else { return };
    let all: Vec<String> = (0..130).map(|place| format!("fan{place}.test")).collect();
    let dids = network.accounts(&[&handles(&["brand"])[..], &all[..]].concat());
    let post = network.write("brand.test", POST, json!({ "text": "Our new loaf", "createdAt": at(0) }));
    for (place, fan) in all.iter().enumerate() {
        let mut records = vec![
            json!({ "collection": FOLLOW, "value": { "subject": dids["brand.test"], "createdAt": at(place as u32) } }),
        ];
        if place % 2 == 0 {
            records.push(json!({ "collection": LIKE, "value": { "subject": post, "createdAt": at(2) } }));
        }
        if place % 10 == 0 {
            records.push(json!({ "collection": REPOST, "value": { "subject": post, "createdAt": at(3) } }));
        }
        network.write_all(fan, records);
    }
    network.settle();
    let place = Place::new();
    connect(&place, &network, &[]);
    place.json(&["ingest", "watch", "Bluesky", "@brand.test"]);
    let report = &place.json(&["ingest", "sync"])[0];
    assert_eq!(report["problems"], json!([]));
    assert_eq!(
        rows(&digests(&place).await, FactTable::Interaction),
        130 + 65 + 13,
        "more than a page of each: {report}"
    );
    let shown = place.json(&["creators", "show", "brand.test"]);
    assert_eq!(shown["creator"]["followers"], json!(130), "{shown}");
}

/// The sixty most active people of the beer set live on the network with what they asked, answered and commented among one another.
#[tokio::test]
async fn sixty_people_of_a_real_community_are_the_same_through_the_network_as_from_the_dump() {
    let name = "sixty_people_of_a_real_community_are_the_same_through_the_network_as_from_the_dump";
    let Some(folder) = real_data(name, "beer-stackexchange") else { return };
    let Some(mut network) = network_for(name) else { return };
    let community = crate::beer_network::Community::read(&folder, 60);
    let place = Place::new();
    let written = community.write(&mut network);
    connect(&place, &network, &[]);
    let watched: Vec<String> = community.handles();
    let mut arguments = vec!["ingest".to_owned(), "watch".to_owned(), "Bluesky".to_owned()];
    arguments.extend(watched);
    place.json(&arguments);
    let report = &place.json(&["ingest", "sync", "--wait"])[0];
    assert_eq!(report["problems"], json!([]));
    let digests = digests(&place).await;
    assert_eq!(rows(&digests, FactTable::Post), written.posts as u64);
    assert_eq!(rows(&digests, FactTable::Interaction), written.turns as u64);

    // The same straight from the dump.
    let dump = Place::new();
    community.bring_in(&dump).await;
    let counts = |place: &Place| {
        let counts = place.json(&["conversations", "counts"]);
        (counts["ties_between_people"].clone(), counts["pairs"].clone(), counts["pairs_both_ways"].clone())
    };
    assert_eq!(counts(&place), counts(&dump));
    assert_eq!(counts(&place).0, json!(written.between_people));
    for place in [&place, &dump] {
        place.json(&["refresh"]);
    }
    let ranked = |place: &Place| community.ranked(place);
    assert_eq!(ranked(&place), ranked(&dump), "the same people in the same order with the same weights");
    let vetted = |place: &Place| community.vetted(place);
    assert_eq!(vetted(&place), vetted(&dump), "the same answers to their audience");
}
