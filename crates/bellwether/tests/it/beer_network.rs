//! The most active people of a Stack Exchange dump with what they said among one another, to be written on a live network and to be
//! brought in as it is: the same community twice.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use bellwether::data_directory::DataDirectory;
use model::facts::{AccountFact, FactBatch, InteractionFact, PostFact, PostKind, TextFact};
use model::{AccountId, ImportId, InteractionId, InteractionKind, Platform, PostId};
use serde_json::{Value, json};

use crate::harness::Place;
use crate::live_network::Network;

/// One question, answer or comment.
struct Turn {
    by: i64,
    at: String,
    text: String,
    /// The post it turns to: of an answer its question, of a comment the post it is below.
    parent: Option<i64>,
    /// Its own number as a post; comments have none.
    post: Option<i64>,
}

/// The people and what they said, in the order in which it can be written.
pub struct Community {
    people: Vec<i64>,
    turns: Vec<Turn>,
    dids: std::cell::RefCell<BTreeMap<i64, String>>,
    /// Number of a turn to its address and the address of its thread.
    written: std::cell::RefCell<Vec<(String, String)>>,
}

/// What was written.
pub struct Written {
    pub posts: usize,
    pub turns: usize,
    pub between_people: usize,
}

type Row = BTreeMap<String, String>;

fn rows(folder: &Path, name: &str) -> Vec<Row> {
    let text = std::fs::read_to_string(folder.join(name)).expect("a file of the dump");
    let mut reader = quick_xml::Reader::from_str(&text);
    let mut rows = vec![];
    loop {
        match reader.read_event().expect("is XML") {
            quick_xml::events::Event::Empty(element) if element.name().as_ref() == "row" => {
                let attribute = |one: quick_xml::events::attributes::Attribute<'_>| {
                    let value = quick_xml::escape::unescape(&one.value).expect("is text").into_owned();
                    (one.key.as_ref().to_owned(), value)
                };
                rows.push(element.attributes().flatten().map(attribute).collect());
            }
            quick_xml::events::Event::Eof => return rows,
            _ => {}
        }
    }
}

fn number(row: &Row, name: &str) -> Option<i64> {
    row.get(name)?.parse().ok().filter(|number| *number >= 0)
}

/// As much as the network takes, without the tags of a page.
fn words(row: &Row) -> String {
    let html = [row.get("Title"), row.get("Body"), row.get("Text")]
        .into_iter()
        .flatten()
        .cloned()
        .collect::<Vec<_>>()
        .join(" ");
    let (mut text, mut is_tag) = (String::new(), false);
    for letter in html.chars() {
        match letter {
            '<' => is_tag = true,
            '>' => is_tag = false,
            letter if !is_tag => text.push(if letter.is_control() { ' ' } else { letter }),
            _ => {}
        }
    }
    let cut: String = text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(250).collect();
    if cut.is_empty() { "nothing".to_owned() } else { cut }
}

impl Community {
    pub fn read(folder: &Path, most_active: usize) -> Community {
        let (posts, comments) = (rows(folder, "Posts.xml"), rows(folder, "Comments.xml"));
        let posts: Vec<Row> = posts.into_iter().filter(|row| matches!(row["PostTypeId"].as_str(), "1" | "2")).collect();
        let mut said: BTreeMap<i64, usize> = BTreeMap::new();
        for row in posts
            .iter()
            .filter_map(|row| number(row, "OwnerUserId"))
            .chain(comments.iter().filter_map(|row| number(row, "UserId")))
        {
            *said.entry(row).or_default() += 1;
        }
        let mut people: Vec<(usize, i64)> = said.into_iter().map(|(person, said)| (said, -person)).collect();
        people.sort_unstable_by(|a, b| b.cmp(a));
        let people: Vec<i64> = people.into_iter().take(most_active).map(|(_, person)| -person).collect();
        let among: BTreeSet<i64> = people.iter().copied().collect();
        let by_them = |row: &Row, name: &str| number(row, name).filter(|person| among.contains(person));
        let mut turns = vec![];
        let mut held: BTreeSet<i64> = BTreeSet::new();
        // Questions first, then answers, then what is said below either.
        for kind in ["1", "2"] {
            for row in posts.iter().filter(|row| row["PostTypeId"] == kind) {
                let Some(by) = by_them(row, "OwnerUserId") else { continue };
                let post = number(row, "Id");
                // An answer to somebody who is not among them stands alone.
                let parent = number(row, "ParentId").filter(|parent| held.contains(parent));
                turns.push(Turn { by, at: row["CreationDate"].clone(), text: words(row), parent, post });
            }
            held.extend(turns.iter().filter_map(|turn| turn.post));
        }
        for row in &comments {
            let (Some(by), Some(parent)) =
                (by_them(row, "UserId"), number(row, "PostId").filter(|post| held.contains(post)))
            else {
                continue;
            };
            turns.push(Turn {
                by,
                at: row["CreationDate"].clone(),
                text: words(row),
                parent: Some(parent),
                post: None,
            });
        }
        Community { people, turns, dids: Default::default(), written: Default::default() }
    }

    fn handle(person: i64) -> String {
        format!("brewer{person}.test")
    }

    pub fn handles(&self) -> Vec<String> {
        self.people.iter().map(|person| Community::handle(*person)).collect()
    }

    fn place_of(&self, post: i64) -> usize {
        self.turns.iter().position(|turn| turn.post == Some(post)).expect("it was written")
    }

    /// The turn at the top of a turn's thread.
    fn root(&self, place: usize) -> usize {
        match self.turns[place].parent {
            Some(parent) => self.root(self.place_of(parent)),
            None => place,
        }
    }

    /// Writes everything at its original moment.
    pub fn write(&self, network: &mut Network) -> Written {
        let dids = network.accounts(&self.handles());
        let did = |person: i64| dids[Community::handle(person)].as_str().expect("an identity").to_owned();
        *self.dids.borrow_mut() = self.people.iter().map(|person| (*person, did(*person))).collect();
        let mut made: Vec<Value> = vec![Value::Null; self.turns.len()];
        // All of one person whose parents are written already, together.
        let depth = |place: usize| {
            let (mut depth, mut here) = (0, place);
            while let Some(parent) = self.turns[here].parent {
                (depth, here) = (depth + 1, self.place_of(parent));
            }
            depth
        };
        let depths: Vec<usize> = (0..self.turns.len()).map(depth).collect();
        for level in 0..=depths.iter().copied().max().unwrap_or(0) {
            for person in &self.people {
                let theirs: Vec<usize> = (0..self.turns.len())
                    .filter(|place| depths[*place] == level && self.turns[*place].by == *person)
                    .collect();
                if theirs.is_empty() {
                    continue;
                }
                let records = theirs.iter().map(|place| {
                    let turn = &self.turns[*place];
                    let mut value = json!({ "text": turn.text, "createdAt": format!("{}Z", turn.at) });
                    if let Some(parent) = turn.parent {
                        value["reply"] =
                            json!({ "root": made[self.root(*place)], "parent": made[self.place_of(parent)] });
                    }
                    json!({ "collection": "app.bsky.feed.post", "value": value })
                });
                let answers = network.write_all(&Community::handle(*person), records.collect());
                theirs.iter().zip(answers).for_each(|(place, answer)| made[*place] = answer);
            }
        }
        network.settle();
        let uri = |place: usize| made[place]["uri"].as_str().expect("an address").to_owned();
        *self.written.borrow_mut() = (0..self.turns.len()).map(|place| (uri(place), uri(self.root(place)))).collect();
        let replies = self.turns.iter().filter(|turn| turn.parent.is_some());
        Written {
            posts: self.turns.iter().filter(|turn| turn.parent.is_none()).count(),
            turns: replies.clone().count(),
            between_people: replies
                .filter(|turn| self.turns[self.place_of(turn.parent.expect("a reply"))].by != turn.by)
                .count(),
        }
    }

    /// The same straight from the dump into another place: what was published, and who turned to whom below what.
    pub async fn bring_in(&self, place: &Place) {
        let data = DataDirectory::open(&place.data_dir()).await.expect("opens");
        let (dids, written) = (self.dids.borrow().clone(), self.written.borrow().clone());
        let mut facts = FactBatch::default();
        let account = |person: i64| AccountFact::new(Platform::Bluesky, "", &dids[&person]);
        facts.accounts.extend(self.people.iter().map(|person| account(*person)));
        for (place, turn) in self.turns.iter().enumerate() {
            let text = TextFact::new(turn.text.clone());
            let at = platforms::moments::of_iso(&format!("{}Z", turn.at)).expect("a moment");
            let (uri, root) = &written[place];
            let author = account(turn.by).id;
            match turn.parent {
                None => facts.posts.push(PostFact {
                    id: PostId::of(Platform::Bluesky, uri),
                    platform: Platform::Bluesky,
                    native_id: uri.clone(),
                    author: Some(author),
                    created_at: at,
                    kind: PostKind::Post,
                    title: None,
                    text: Some(text.id),
                    url: None,
                    parent: None,
                    tags: vec![],
                    paid_disclosure: None,
                }),
                Some(parent) => {
                    let parent = self.place_of(parent);
                    facts.interactions.push(InteractionFact {
                        id: InteractionId::native(Platform::Bluesky, uri),
                        kind: InteractionKind::Reply,
                        actor: author,
                        target: Some(account(self.turns[parent].by).id),
                        post: Some(PostId::of(Platform::Bluesky, root)),
                        parent: self.turns[parent]
                            .parent
                            .map(|_| InteractionId::native(Platform::Bluesky, &written[parent].0)),
                        at,
                        text: Some(text.id),
                        by_author: self.turns[self.root(place)].by == turn.by,
                    });
                }
            }
            facts.texts.push(text);
        }
        let now = data.now();
        let provenance =
            lake::Provenance { source_id: "dump".into(), import_id: ImportId(1), fetched_at: now, expires_at: None };
        let mut writer = data.lake.begin_import(provenance, now, Box::new(|_| false));
        writer.append(facts).await.expect("is taken");
        writer.commit().await.expect("is kept");
        data.store.facts_changed().await.expect("is said");
    }

    fn account(&self, person: i64) -> String {
        AccountId::of(Platform::Bluesky, "", &self.dids.borrow()[&person]).to_string()
    }

    /// Whom the people who talk with the most active one listen to: account, fit with its range.
    pub fn ranked(&self, place: &Place) -> Vec<(String, Value)> {
        let own = format!("bluesky:{}", self.dids.borrow()[&self.people[0]]);
        place.json(&["matching", "brand", "Brewery", "--own-account", &own]);
        let ranking = place.json(&["matching", "rank", "--brand", "Brewery", "--limit", "40"]);
        let creators = ranking["creators"].as_array().expect("a list").clone();
        assert!(creators.len() > 20, "{ranking}");
        let of = |creator: &Value| {
            let fit = &creator["why"]["fit"];
            (creator["account"].to_string(), json!([fit["value"], fit["lo"], fit["hi"]]))
        };
        creators.iter().map(of).collect()
    }

    /// What is found of the ten most active people's talk with their audience: value, range and how many it rests on.
    pub fn vetted(&self, place: &Place) -> Vec<Value> {
        let of = |person: &i64| {
            let estimates = place.json(&["creators", "show", &self.account(*person)])["estimates"].clone();
            let figure = |name: &str| {
                let one = &estimates[name];
                json!([name, one["value"], one["lo"], one["hi"], one["n"]])
            };
            json!(["reply_rate", "reply_rate_people", "reply_latency", "conversation_rate", "mutual_share"].map(figure))
        };
        self.people.iter().take(10).map(of).collect()
    }
}
