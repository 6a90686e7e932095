//! A map as a file for other programs: GEXF (Gephi, Gephi Lite), GraphML (networkx, igraph) and CSV.

use std::io::{self, Write};

use clap::ValueEnum;

use super::map::{Map, MapEdge, MapNode, kind_code};
use crate::web::csv::Sheet;

/// A file format of graphs.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum GraphFormat {
    /// Gephi and Gephi Lite, with places and sizes.
    Gexf,
    /// networkx, igraph, Cytoscape.
    Graphml,
    /// One row an edge, with the names of both ends.
    Csv,
}

impl GraphFormat {
    pub fn content_type(self) -> &'static str {
        match self {
            GraphFormat::Gexf => "application/gexf+xml",
            GraphFormat::Graphml => "application/graphml+xml",
            GraphFormat::Csv => "text/csv; charset=utf-8",
        }
    }

    pub fn ending(self) -> &'static str {
        match self {
            GraphFormat::Gexf => "gexf",
            GraphFormat::Graphml => "graphml",
            GraphFormat::Csv => "csv",
        }
    }

    pub fn from_code(code: &str) -> Option<GraphFormat> {
        [GraphFormat::Gexf, GraphFormat::Graphml, GraphFormat::Csv].into_iter().find(|format| format.ending() == code)
    }
}

/// Writes a map in a format. Text from outside is escaped; cells that a spreadsheet would calculate are made plain.
pub fn write(map: &Map, format: GraphFormat, out: &mut impl Write) -> io::Result<()> {
    match format {
        GraphFormat::Gexf => gexf(map, out),
        GraphFormat::Graphml => graphml(map, out),
        GraphFormat::Csv => csv(map, out),
    }
}

/// XML has no way to write most control characters, so they become spaces.
fn escaped(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => plain.push_str("&amp;"),
            '<' => plain.push_str("&lt;"),
            '>' => plain.push_str("&gt;"),
            '"' => plain.push_str("&quot;"),
            '\u{fffe}' | '\u{ffff}' => plain.push(' '),
            control if control.is_control() => plain.push(' '),
            other => plain.push(other),
        }
    }
    plain
}

/// The columns of a node beside its id, label and place: heading, type, value; an unknown value is left out.
fn node_values(node: &MapNode) -> Vec<(&'static str, &'static str, Option<String>)> {
    vec![
        ("people", "long", Some(node.people.to_string())),
        ("turns", "long", Some(node.talk.to_string())),
        ("group", "long", node.group.map(|group| group.to_string())),
        ("buyers_share", "double", node.buyers_share.map(|share| share.range.value.to_string())),
        ("creators_share", "double", Some(node.creators_share.value.to_string())),
        ("is_buyer", "boolean", Some(node.is_buyer.to_string())),
        ("core", "long", Some(node.core.to_string())),
    ]
}

fn edge_values(edge: &MapEdge) -> [(&'static str, &'static str, String); 4] {
    [
        ("turns", "long", edge.turns.to_string()),
        ("kind", "string", kind_code(edge.kind).to_owned()),
        ("first_unix", "long", edge.first_unix.to_string()),
        ("last_unix", "long", edge.last_unix.to_string()),
    ]
}

const NO_EDGE: MapEdge = MapEdge { source: 0, target: 0, turns: 0, kind: 0, first_unix: 0, last_unix: 0 };

fn gexf(map: &Map, out: &mut impl Write) -> io::Result<()> {
    let kind = if map.directed { "directed" } else { "undirected" };
    writeln!(out, r#"<?xml version="1.0" encoding="UTF-8"?>"#)?;
    writeln!(
        out,
        r#"<gexf xmlns="http://gexf.net/1.3" xmlns:viz="http://gexf.net/1.3/viz" version="1.3"><meta><creator>Bellwether</creator><description>{}</description></meta>"#,
        escaped(&map.title)
    )?;
    // Two people may have talked in several ways: each is an edge of its own.
    writeln!(out, r#"<graph defaultedgetype="{kind}" mode="static"><attributes class="node">"#)?;
    if let Some(node) = map.nodes.first() {
        for (heading, of, _) in node_values(node) {
            writeln!(out, r#"<attribute id="{heading}" title="{heading}" type="{of}"/>"#)?;
        }
    }
    writeln!(out, r#"</attributes><attributes class="edge">"#)?;
    for (heading, of, _) in edge_values(&NO_EDGE) {
        writeln!(out, r#"<attribute id="{heading}" title="{heading}" type="{of}"/>"#)?;
    }
    writeln!(out, "</attributes><nodes>")?;
    for node in &map.nodes {
        write!(out, r#"<node id="{}" label="{}"><attvalues>"#, escaped(&node.id), escaped(&node.label))?;
        for (heading, _, value) in node_values(node) {
            if let Some(value) = value {
                write!(out, r#"<attvalue for="{heading}" value="{value}"/>"#)?;
            }
        }
        let size = f64::from(node.people).sqrt();
        writeln!(
            out,
            r#"</attvalues><viz:position x="{}" y="{}" z="0"/><viz:size value="{size:.2}"/></node>"#,
            node.place.x, node.place.y
        )?;
    }
    writeln!(out, "</nodes><edges>")?;
    for (at, edge) in map.edges.iter().enumerate() {
        let (source, target) = (&map.nodes[edge.source as usize].id, &map.nodes[edge.target as usize].id);
        write!(
            out,
            r#"<edge id="{at}" source="{}" target="{}" weight="{}" kind="{}"><attvalues>"#,
            escaped(source),
            escaped(target),
            edge.turns,
            kind_code(edge.kind)
        )?;
        for (heading, _, value) in edge_values(edge) {
            write!(out, r#"<attvalue for="{heading}" value="{value}"/>"#)?;
        }
        writeln!(out, "</attvalues></edge>")?;
    }
    writeln!(out, "</edges></graph></gexf>")
}

fn graphml(map: &Map, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, r#"<?xml version="1.0" encoding="UTF-8"?>"#)?;
    writeln!(out, r#"<graphml xmlns="http://graphml.graphdrawing.org/xmlns">"#)?;
    writeln!(out, r#"<key id="label" for="node" attr.name="label" attr.type="string"/>"#)?;
    for axis in ["x", "y"] {
        writeln!(out, r#"<key id="{axis}" for="node" attr.name="{axis}" attr.type="double"/>"#)?;
    }
    if let Some(node) = map.nodes.first() {
        for (heading, of, _) in node_values(node) {
            writeln!(out, r#"<key id="node_{heading}" for="node" attr.name="{heading}" attr.type="{of}"/>"#)?;
        }
    }
    writeln!(out, r#"<key id="weight" for="edge" attr.name="weight" attr.type="double"/>"#)?;
    for (heading, of, _) in edge_values(&NO_EDGE) {
        writeln!(out, r#"<key id="edge_{heading}" for="edge" attr.name="{heading}" attr.type="{of}"/>"#)?;
    }
    let kind = if map.directed { "directed" } else { "undirected" };
    writeln!(out, r#"<graph id="conversations" edgedefault="{kind}">"#)?;
    for node in &map.nodes {
        write!(
            out,
            r#"<node id="{}"><data key="label">{}</data><data key="x">{}</data><data key="y">{}</data>"#,
            escaped(&node.id),
            escaped(&node.label),
            node.place.x,
            node.place.y
        )?;
        for (heading, _, value) in node_values(node) {
            if let Some(value) = value {
                write!(out, r#"<data key="node_{heading}">{value}</data>"#)?;
            }
        }
        writeln!(out, "</node>")?;
    }
    for (at, edge) in map.edges.iter().enumerate() {
        let (source, target) = (&map.nodes[edge.source as usize].id, &map.nodes[edge.target as usize].id);
        write!(
            out,
            r#"<edge id="e{at}" source="{}" target="{}"><data key="weight">{}</data>"#,
            escaped(source),
            escaped(target),
            edge.turns
        )?;
        for (heading, _, value) in edge_values(edge) {
            write!(out, r#"<data key="edge_{heading}">{value}</data>"#)?;
        }
        writeln!(out, "</edge>")?;
    }
    writeln!(out, "</graph></graphml>")
}

fn csv(map: &Map, out: &mut impl Write) -> io::Result<()> {
    let mut sheet =
        Sheet::new(&["source", "target", "source_name", "target_name", "turns", "kind", "first_unix", "last_unix"]);
    for edge in &map.edges {
        let (source, target) = (&map.nodes[edge.source as usize], &map.nodes[edge.target as usize]);
        let [turns, kind, first, last] = edge_values(edge).map(|(_, _, value)| value);
        sheet.row([&source.id, &target.id, &source.label, &target.label, &turns, &kind, &first, &last]);
    }
    out.write_all(&sheet.bytes())
}

#[cfg(test)]
mod tests {
    use super::super::map::Level;
    use super::*;
    use engine::conversations::portraits::participation::ShareRange;
    use engine::graph::Place;

    fn map() -> Map {
        let node = |id: &str, label: &str| MapNode {
            id: id.to_owned(),
            label: label.to_owned(),
            place: Place { x: 1.5, y: -2.0 },
            people: 1,
            talk: 3,
            group: None,
            buyers_share: None,
            is_buyer: true,
            creators_share: ShareRange { value: 1.0, lo: 1.0, hi: 1.0 },
            core: 1,
            address: String::new(),
        };
        Map {
            level: Level::People,
            title: "A <map>".to_owned(),
            nodes: vec![node("1", "Ann & \"Bo\""), node("2", "=cmd()\u{1}")],
            edges: vec![MapEdge { source: 0, target: 1, turns: 3, kind: 1, first_unix: 5, last_unix: 9 }],
            nodes_in_all: 2,
            edges_in_all: 1,
            from_unix: 0,
            to_unix: 10,
            replay: vec![],
            directed: true,
        }
    }

    fn written(format: GraphFormat) -> String {
        let mut out = vec![];
        write(&map(), format, &mut out).expect("writes");
        String::from_utf8(out).expect("text")
    }

    #[test]
    fn names_are_escaped_and_unknown_values_left_out() {
        for format in [GraphFormat::Gexf, GraphFormat::Graphml] {
            let text = written(format);
            assert!(text.contains("Ann &amp; &quot;Bo&quot;") && text.contains("=cmd() "), "{text}");
            assert!(!text.contains("buyers_share\" value") && !text.contains("node_buyers_share\">"), "{text}");
            let mut reader = quick_xml::Reader::from_str(&text);
            loop {
                match reader.read_event() {
                    Ok(quick_xml::events::Event::Eof) => break,
                    Ok(_) => {}
                    Err(error) => panic!("not well formed: {error}"),
                }
            }
        }
    }

    #[test]
    fn a_spreadsheet_calculates_nobodys_name() {
        assert!(written(GraphFormat::Csv).contains("1,2,\"Ann & \"\"Bo\"\"\",'=cmd()"));
    }
}
