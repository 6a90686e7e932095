//! Graphs of accounts in GEXF 1.2 or 1.3, as Gephi and 4CAT write them: who turned to whom, and how often.
//!
//! An edge of weight w stands for w interactions, an undirected one for w each way. They are numbered along each pair of accounts, so
//! that the same graph read twice adds nothing. There is no document type in a graph: one that has one is not read.

use std::io::{BufReader, Read};

use foldhash::{HashMap, HashMapExt};
use model::facts::InteractionFact;
use model::{AccountId, InteractionId, InteractionKind, Platform, RowIssue, Timestamp};
use quick_xml::Reader;
use quick_xml::escape::unescape;
use quick_xml::events::{BytesStart, Event};

use crate::moments;
use crate::receive::{Named, ReadError, Receiver, refused};

/// One tag or text is never longer.
const PART_BYTES_MAX: u64 = 1 << 20;
const ATTRIBUTE_BYTES_MAX: usize = 1 << 12;
/// Nodes may lie in nodes, but not so deep.
const DEPTH_MAX: u32 = 100;
const WEIGHT_MAX: f64 = 1000.0;

/// Which words of a node are the platform's name of the account.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum Names {
    #[default]
    Label,
    Id,
}

/// How a graph is to be understood.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Settings {
    pub platform: Platform,
    /// Of all edges; `None`: what each edge says in an attribute called `kind` or `type`, and a mention where it says nothing.
    pub kind: Option<InteractionKind>,
    /// For edges without a date.
    pub at: Timestamp,
    pub names: Names,
}

/// Reads a graph part by part; the names of its nodes are held. Edges that name unknown nodes, say no kind that there is or weigh nothing
/// are refused with their number among the edges.
///
/// # Errors
/// It is no GEXF, breaks off, has a document type or goes too deep; or nobody takes facts any more.
pub fn read(
    file: &str,
    input: &mut dyn Read,
    settings: &Settings,
    receiver: &mut dyn Receiver,
) -> Result<(), ReadError> {
    let mut reader = Reader::from_reader(BufReader::with_capacity(1 << 16, input.take(PART_BYTES_MAX)));
    let mut graph = Graph::new(file, settings, receiver);
    let (mut buffer, mut depth) = (Vec::new(), 0u32);
    loop {
        buffer.clear();
        reader.get_mut().get_mut().set_limit(PART_BYTES_MAX);
        let event = reader.read_event_into(&mut buffer);
        if reader.get_mut().get_ref().limit() == 0 {
            return Err(graph.broken("holds a tag or text of over 1 MB".to_owned()));
        }
        match event {
            Ok(Event::Start(element)) => {
                depth += 1;
                if depth > DEPTH_MAX {
                    return Err(graph.broken(format!("has more than {DEPTH_MAX} elements inside each other")));
                }
                graph.begin(&element, depth)?;
            }
            Ok(Event::Empty(element)) => {
                graph.begin(&element, depth + 1)?;
                graph.end(element.local_name().as_ref())?;
            }
            Ok(Event::End(element)) => {
                depth = depth.saturating_sub(1);
                graph.end(element.local_name().as_ref())?;
            }
            Ok(Event::Text(text)) => graph.say(&text.xml10_content()),
            Ok(Event::DocType(_)) => {
                return Err(graph.broken("has a document type, which a graph needs not".to_owned()));
            }
            Ok(Event::Eof) if depth == 0 && graph.is_begun => break,
            Ok(Event::Eof) => return Err(graph.broken("ends before its closing element".to_owned())),
            Ok(_) => {}
            Err(error) => return Err(graph.broken(format!("cannot be read on: {error}"))),
        }
    }
    graph.say_what_was_found();
    Ok(())
}

/// An edge as far as it was read.
#[derive(Default)]
struct Edge {
    source: Option<String>,
    target: Option<String>,
    is_undirected: bool,
    weight: Option<String>,
    kind: Option<String>,
    date: Option<String>,
    problem: Option<String>,
}

struct Graph<'a> {
    file: &'a str,
    settings: &'a Settings,
    receiver: &'a mut dyn Receiver,
    named: Named,
    is_begun: bool,
    is_undirected: bool,
    /// What accounts are called, by the id of their node; `None` where a node has no name of the kind that is wanted.
    nodes: HashMap<String, Option<String>>,
    /// Whether the attributes being read are of edges.
    of_edges: bool,
    /// The attribute that tells the kind, what it says of edges that say nothing, and whether that is being read.
    kind_attribute: Option<String>,
    kind_default: Option<String>,
    reads_kind: bool,
    reads_default: bool,
    edge: Option<Edge>,
    edges: u64,
    /// How many interactions of a kind were made between two.
    made: HashMap<(AccountId, AccountId, InteractionKind), u64>,
    tally: Tally,
}

#[derive(Default)]
struct Tally {
    nameless: u64,
    loops: u64,
    cut: u64,
    undated: u64,
}

impl<'a> Graph<'a> {
    fn new(file: &'a str, settings: &'a Settings, receiver: &'a mut dyn Receiver) -> Graph<'a> {
        Graph {
            file,
            settings,
            receiver,
            named: Named::new(),
            is_begun: false,
            is_undirected: true,
            nodes: HashMap::new(),
            of_edges: false,
            kind_attribute: None,
            kind_default: None,
            reads_kind: false,
            reads_default: false,
            edge: None,
            edges: 0,
            made: HashMap::new(),
            tally: Tally::default(),
        }
    }

    fn broken(&self, problem: String) -> ReadError {
        let hint = "what came before was read; export the graph again as GEXF 1.2 or 1.3 and repeat: known edges are \
                    not doubled";
        ReadError::broken(self.file, problem, hint)
    }

    /// Takes a tag that opens; an element that is wrong is refused here or, if it is an edge, when it ends.
    fn begin(&mut self, element: &BytesStart<'_>, depth: u32) -> Result<(), ReadError> {
        let name = element.local_name();
        let name = name.as_ref();
        if depth == 1 {
            if name != "gexf" {
                return Err(self.broken(format!("begins with `{}` and not with `gexf`", shown(name))));
            }
            self.is_begun = true;
        }
        let given = match Attributes::of(element) {
            Ok(given) => given,
            Err(problem) if name == "edge" => {
                self.edge = Some(Edge { problem: Some(problem), ..Edge::default() });
                return Ok(());
            }
            Err(problem) => {
                let hint = "it is left out, and edges that need it are refused; export the graph again";
                let issue = refused(self.file, 0, &shown(name), problem, hint);
                self.receiver.note(RowIssue { row: None, ..issue });
                return Ok(());
            }
        };
        match name {
            "graph" => self.is_undirected = given.get("defaultedgetype") != Some("directed"),
            "attributes" => self.of_edges = given.get("class").is_some_and(|class| class.eq_ignore_ascii_case("edge")),
            "attribute" => {
                let title = given.get("title").unwrap_or_default().to_ascii_lowercase();
                self.reads_kind =
                    self.of_edges && (title == "kind" || title == "type" && self.kind_attribute.is_none());
                if self.reads_kind {
                    self.kind_attribute = given.get("id").map(str::to_owned);
                    self.kind_default = None;
                }
            }
            "default" => self.reads_default = self.reads_kind,
            "node" => self.node(&given),
            "edge" => {
                self.edge = Some(Edge {
                    source: given.get("source").map(str::to_owned),
                    target: given.get("target").map(str::to_owned),
                    is_undirected: given.get("type").map_or(self.is_undirected, |way| way != "directed"),
                    weight: given.get("weight").map(str::to_owned),
                    kind: given.get("kind").map(str::to_owned),
                    date: given.get("timestamp").or(given.get("start")).map(str::to_owned),
                    problem: None,
                });
            }
            "spell" | "attvalue" => {
                let of = given.get("for").or(given.get("id"));
                let is_kind = name == "attvalue" && of.is_some() && of == self.kind_attribute.as_deref();
                let Some(edge) = &mut self.edge else { return Ok(()) };
                if is_kind {
                    edge.kind = given.get("value").map(str::to_owned);
                } else if name == "spell" && edge.date.is_none() {
                    edge.date = given.get("timestamp").or(given.get("start")).map(str::to_owned);
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn say(&mut self, text: &str) {
        if self.reads_default && text.len() <= ATTRIBUTE_BYTES_MAX && !text.trim().is_empty() {
            self.kind_default = Some(text.trim().to_owned());
        }
    }

    fn end(&mut self, name: &str) -> Result<(), ReadError> {
        match name {
            "attributes" => self.of_edges = false,
            "attribute" => self.reads_kind = false,
            "default" => self.reads_default = false,
            "edge" => {
                if let Some(edge) = self.edge.take() {
                    self.edges += 1;
                    if let Err(Wrong { field, problem, hint }) = self.take(edge) {
                        self.receiver.note(refused(self.file, self.edges, field, problem, hint));
                    }
                    self.receiver.row_read()?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn node(&mut self, given: &Attributes) {
        let Some(id) = given.get("id") else { return };
        let name = match self.settings.names {
            Names::Label => given.get("label").unwrap_or_default(),
            Names::Id => id,
        };
        let name = self.native_id(name);
        self.tally.nameless += u64::from(name.is_none());
        self.nodes.insert(id.to_owned(), name);
    }

    /// Handles of Instagram and TikTok are known in lower case, as other sources name them.
    fn native_id(&self, name: &str) -> Option<String> {
        let name = name.trim().trim_start_matches('@');
        let is_handle = matches!(self.settings.platform, Platform::Instagram | Platform::TikTok);
        let name = if is_handle { name.to_lowercase() } else { name.to_owned() };
        (!name.is_empty()).then_some(name)
    }

    fn take(&mut self, edge: Edge) -> Result<(), Wrong> {
        if let Some(problem) = edge.problem {
            return Err(Wrong { field: "", problem, hint: "the edge is left out; export the graph again" });
        }
        let end = |field: &'static str, id: &Option<String>| {
            let hint =
                "an edge joins two nodes that come before it; choose the other names if the nodes have no labels";
            let wrong = |problem: String| Wrong { field, problem, hint };
            let id = id.as_deref().ok_or_else(|| wrong("is missing".to_owned()))?;
            let node = self.nodes.get(id).ok_or_else(|| wrong(format!("is no node of the graph: {}", shown(id))))?;
            node.clone().ok_or_else(|| wrong(format!("is a node without a name: {}", shown(id))))
        };
        let (source, target) = (end("source", &edge.source)?, end("target", &edge.target)?);
        let kind = match (self.settings.kind, edge.kind.as_deref().or(self.kind_default.as_deref())) {
            (Some(kind), _) => kind,
            (None, None) => InteractionKind::Mention,
            (None, Some(code)) => InteractionKind::from_code(code.trim()).ok_or_else(|| Wrong {
                field: "kind",
                problem: format!("is not a kind of interaction: {}", shown(code)),
                hint: "name one kind for the whole graph: comment, reply, mention, repost, quote, like, follow, tag",
            })?,
        };
        let weight = edge.weight.as_deref().map_or(Ok(1.0), |weight| weight.trim().parse::<f64>().map_err(|_| weight));
        let weight = weight.ok().filter(|weight| *weight > 0.0).ok_or_else(|| Wrong {
            field: "weight",
            problem: format!("is not a number above 0: {}", shown(edge.weight.as_deref().unwrap_or_default())),
            hint: "a weight tells how often one turned to the other",
        })?;
        if source == target {
            self.tally.loops += 1;
            return Ok(());
        }
        self.tally.cut += u64::from(weight.round() > WEIGHT_MAX);
        let times = weight.round().clamp(1.0, WEIGHT_MAX) as u64;
        let at = edge.date.as_deref().and_then(moment).unwrap_or_else(|| {
            self.tally.undated += u64::from(edge.date.is_some());
            self.settings.at
        });
        self.make(kind, &source, &target, at, times);
        if edge.is_undirected {
            self.make(kind, &target, &source, at, times);
        }
        Ok(())
    }

    fn make(&mut self, kind: InteractionKind, source: &str, target: &str, at: Timestamp, times: u64) {
        let platform = self.settings.platform;
        let actor = self.named.account(platform, source, self.receiver);
        let spoken_to = self.named.account(platform, target, self.receiver);
        let made = self.made.entry((actor, spoken_to, kind)).or_default();
        for number in *made + 1..=*made + times {
            let name = format!("gexf:{source}:{target}:{}:{number}", kind.code());
            self.receiver.facts().interactions.push(InteractionFact {
                id: InteractionId::native(platform, &name),
                kind,
                actor,
                target: Some(spoken_to),
                post: None,
                parent: None,
                at,
                text: None,
                by_author: false,
            });
        }
        *made += times;
    }

    fn say_what_was_found(&mut self) {
        let tally = &self.tally;
        let name = if self.settings.names == Names::Label { "label" } else { "id" };
        let remarks = [
            (Some(self.nodes.len() as u64), "nodes in the graph".to_owned()),
            (Some(self.edges), "edges in the graph".to_owned()),
            (
                Some(tally.nameless).filter(|count| *count > 0),
                format!("nodes without a {name}; edges to them are refused"),
            ),
            (Some(tally.loops).filter(|count| *count > 0), "edges from an account to itself are left out".to_owned()),
            (
                Some(tally.cut).filter(|count| *count > 0),
                format!("edges weigh more than {WEIGHT_MAX}; that many interactions are kept of each"),
            ),
            (
                Some(tally.undated).filter(|count| *count > 0),
                "edges have a date that is none; they are dated as edges without one".to_owned(),
            ),
        ];
        for (count, sentence) in remarks {
            if let Some(count) = count {
                self.receiver.remark(format!("{count} {sentence}"));
            }
        }
    }
}

struct Wrong {
    field: &'static str,
    problem: String,
    hint: &'static str,
}

/// What a tag says, with entities read; there are none but those that XML itself has.
struct Attributes(Vec<(String, String)>);

impl Attributes {
    fn of(element: &BytesStart<'_>) -> Result<Attributes, String> {
        let mut all = Vec::new();
        for attribute in element.attributes() {
            let attribute = attribute.map_err(|error| format!("has an attribute that cannot be read: {error}"))?;
            let name = attribute.key.local_name();
            if attribute.value.len() > ATTRIBUTE_BYTES_MAX {
                return Err(format!("has an attribute of over {ATTRIBUTE_BYTES_MAX} bytes: {}", shown(name.as_ref())));
            }
            let value = unescape(&attribute.value)
                .map_err(|error| format!("has an attribute that cannot be read: {}: {error}", shown(name.as_ref())))?;
            all.push((name.as_ref().to_owned(), value.into_owned()));
        }
        Ok(Attributes(all))
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// Gephi writes days, moments with and without a zone, and seconds or milliseconds since 1970.
fn moment(text: &str) -> Option<Timestamp> {
    let number = || text.trim().parse::<f64>().ok().filter(|number| number.is_finite());
    moments::of_iso(text).or_else(|| moments::of_utc_without_zone(text)).or_else(|| moments::of_unix(number()? as i64))
}

/// The beginning of something long, for a message.
fn shown(text: &str) -> String {
    text.chars().filter(|letter| !letter.is_control()).take(60).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::receive::Collected;

    const GRAPH: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<gexf xmlns="http://gexf.net/1.3" version="1.3" xmlns:viz="http://gexf.net/1.3/viz">
  <meta lastmodifieddate="2026-03-01"><creator>Gephi</creator></meta>
  <graph defaultedgetype="directed" mode="static">
    <attributes class="node"><attribute id="0" title="kind" type="string"/></attributes>
    <attributes class="edge" mode="static">
      <attribute id="0" title="type" type="string"/>
      <attribute id="1" title="Kind" type="string"><default>comment</default></attribute>
    </attributes>
    <nodes>
      <node id="n1" label="@Ana &amp; Co">
        <attvalues><attvalue for="1" value="like"/></attvalues><viz:size value="4"/>
      </node>
      <node id="n2" label="ben"/>
      <node id="n3" label=" "/>
    </nodes>
    <edges>
      <edge id="0" source="n1" target="n2" weight="2.4" start="2026-03-01">
        <attvalues><attvalue for="1" value="Reply"/></attvalues></edge>
      <edge source="n2" target="n1" type="undirected" timestamp="1760000000"/>
      <edge source="n1" target="n1" weight="7"/>
      <edge source="n1" target="n9"/>
      <edge source="n1" target="n3"/>
      <edge source="n1" target="n2" kind="shout"/>
      <edge source="n1" target="n2" weight="0"/>
      <edge source="n1" target="n2" weight="1e9" start="once"/>
      <edge source="n1" target="n2" weight="0.2"><spells><spell start="2026-03-02T10:00:00Z"/></spells></edge>
    </edges>
  </graph>
</gexf>"#;

    fn settings() -> Settings {
        Settings { platform: Platform::X, kind: None, at: Timestamp(1_700_000_000_000_000), names: Names::Label }
    }

    fn outcome(graph: &[u8], settings: &Settings) -> (Collected, Result<(), ReadError>) {
        let mut collected = Collected::default();
        let outcome = read("a.gexf", &mut &*graph, settings, &mut collected);
        (collected, outcome)
    }

    fn read_graph(graph: &str, settings: &Settings) -> Collected {
        let (collected, outcome) = outcome(graph.as_bytes(), settings);
        assert_eq!(outcome, Ok(()));
        collected
    }

    fn native(name: &str) -> InteractionId {
        InteractionId::native(Platform::X, name)
    }

    #[test]
    fn an_edge_stands_for_as_many_interactions_as_it_weighs() {
        let found = read_graph(GRAPH, &settings());
        let names: Vec<_> = found.facts.accounts.iter().map(|account| account.native_id.as_str()).collect();
        assert_eq!(names, ["Ana & Co", "ben"]);
        let ids: Vec<_> = found.facts.interactions.iter().map(|fact| fact.id).collect();
        let first = ["gexf:Ana & Co:ben:reply:1", "gexf:Ana & Co:ben:reply:2"].map(native);
        let both_ways = ["gexf:ben:Ana & Co:comment:1", "gexf:Ana & Co:ben:comment:1"].map(native);
        assert_eq!(ids[..4], [first, both_ways].concat());
        assert_eq!(ids.len(), 4 + 1000 + 1);
        assert_eq!(ids.last(), Some(&native("gexf:Ana & Co:ben:comment:1002")), "they are numbered along the pair");
        let dates = [0, 2, 4, 1004].map(|place| found.facts.interactions[place].at.unix_seconds());
        assert_eq!(dates, [1_772_323_200, 1_760_000_000, 1_700_000_000, 1_772_445_600]);
        assert_eq!(read_graph(GRAPH, &settings()), found);
    }

    #[test]
    fn edges_that_join_nothing_are_refused_and_loops_are_counted() {
        let found = read_graph(GRAPH, &settings());
        let refused: Vec<_> = found.issues.iter().map(|issue| (issue.row, issue.column.as_deref())).collect();
        let expected =
            [(Some(4), Some("target")), (Some(5), Some("target")), (Some(6), Some("kind")), (Some(7), Some("weight"))];
        assert_eq!(refused, expected);
        assert_eq!(found.rows, 9);
        assert_eq!(
            found.remarks,
            [
                "3 nodes in the graph",
                "9 edges in the graph",
                "1 nodes without a label; edges to them are refused",
                "1 edges from an account to itself are left out",
                "1 edges weigh more than 1000; that many interactions are kept of each",
                "1 edges have a date that is none; they are dated as edges without one",
            ]
        );
    }

    #[test]
    fn settings_say_the_kind_of_all_edges_and_which_names_count() {
        let settings = Settings {
            platform: Platform::Instagram,
            kind: Some(InteractionKind::Tag),
            names: Names::Id,
            ..settings()
        };
        let graph = GRAPH.replace("\"n1\"", "\"N1\"");
        let found = read_graph(&graph, &settings);
        assert_eq!(found.facts.accounts[0].native_id, "n1", "handles are in lower case");
        assert!(found.facts.interactions.iter().all(|fact| fact.kind == InteractionKind::Tag));
        assert_eq!(found.issues.len(), 2, "{:?}", found.issues);
    }

    #[test]
    fn an_edge_that_says_nothing_is_a_mention_each_way() {
        let graph = r#"<gexf><graph><nodes><node id="a" label="A"/><node id="b" label="B"/></nodes>
            <edges><edge source="a" target="b"/></edges></graph></gexf>"#;
        let found = read_graph(graph, &settings());
        let ids: Vec<_> = found.facts.interactions.iter().map(|fact| (fact.id, fact.at)).collect();
        assert_eq!(ids, ["gexf:A:B:mention:1", "gexf:B:A:mention:1"].map(|name| (native(name), settings().at)));
    }

    #[test]
    fn what_is_no_graph_is_said_to_be_none() {
        let entity = "<!DOCTYPE gexf [<!ENTITY a \"b\">]><gexf></gexf>".to_owned();
        let deep = format!("<gexf>{}", "<node id=\"1\">".repeat(200));
        let long = format!("<gexf><node id=\"{}\"/></gexf>", "x".repeat(2 << 20));
        let cut = GRAPH.trim_end_matches("</gexf>").to_owned();
        let other = "<graphml/>".to_owned();
        for (graph, problem) in [
            (entity, "document type"),
            (deep, "inside each other"),
            (long, "over 1 MB"),
            (cut, "ends before"),
            (other, "`graphml`"),
            (String::new(), "ends before"),
            ("nothing".to_owned(), "ends before"),
        ] {
            let (_, outcome) = outcome(graph.as_bytes(), &settings());
            assert!(format!("{outcome:?}").contains(problem), "{problem}: {outcome:?}");
        }
    }

    #[test]
    fn an_unknown_entity_or_a_huge_name_spoils_its_element_alone() {
        let huge = "x".repeat(ATTRIBUTE_BYTES_MAX + 1);
        let graph = format!(
            r#"<gexf><graph><nodes><node id="a" label="A"/><node id="b" label="&b;"/><node id="c" label="{huge}"/>
            <node id="d" label="D"/></nodes><edges><edge source="a" target="b"/><edge source="&a;" target="d"/>
            <edge source="d" target="a"/></edges></graph></gexf>"#
        );
        let found = read_graph(&graph, &settings());
        assert_eq!((found.issues.len(), found.facts.interactions.len()), (4, 2), "{:?}", found.issues);
    }

    proptest! {
        #[test]
        fn no_input_makes_it_panic(
            noise in proptest::collection::vec(any::<u8>(), 0..200),
            spoilt in proptest::collection::vec(
                (any::<prop::sample::Index>(), prop_oneof![any::<u8>(), Just(b'<'), Just(b'"')]),
                0..6,
            ),
            weight in "\\PC{0,8}",
        ) {
            let _ = outcome(&noise, &settings());
            let mut graph = GRAPH.replace("1e9", "3").replace("2.4", &weight).into_bytes();
            for (place, byte) in spoilt {
                let place = place.index(graph.len());
                graph[place] = byte;
            }
            let (found, _) = outcome(&graph, &settings());
            prop_assert!(found.rows <= 10);
            let end = noise.len().min(graph.len());
            let _ = outcome(&graph[..graph.len() - end], &settings());
        }
    }
}
