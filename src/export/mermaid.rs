//! A plan as a Mermaid flowchart, which code hosts draw in Markdown.

use std::fmt::Write;

use super::picture::{Cluster, Edge, EdgeKind, Item, ItemId, Picture, Shape};
use crate::plan::{NodeId, Plan};

/// What Mermaid draws if nobody sets other limits, as code hosts use it: of more it
/// shows an error.
const MOST_TEXT: usize = 50_000;
const MOST_EDGES: usize = 500;

/// The plan as a `flowchart`. Shapes and words say what colours say.
pub fn mermaid(plan: &Plan) -> String {
    flowchart(&Picture::of(plan))
}

/// The same, if those who show it on a page can draw so much.
pub fn small_mermaid(plan: &Plan) -> Option<String> {
    let picture = Picture::of(plan);
    let text = flowchart(&picture);
    let is_small = text.chars().count() < MOST_TEXT && picture.edges.len() < MOST_EDGES;
    is_small.then_some(text)
}

fn flowchart(picture: &Picture) -> String {
    let mut out = Writer {
        text: String::new(),
        indent: 0,
    };
    out.line("---");
    out.line(&format!("title: {}", yaml(&picture.title)));
    out.line("---");
    out.line("flowchart TB");
    out.indent += 1;
    out.cluster(picture, None);
    for edge in &picture.edges {
        out.line(&edge_line(*edge));
    }
    out.classes(picture);
    out.text
}

struct Writer {
    text: String,
    indent: usize,
}

impl Writer {
    fn line(&mut self, line: &str) {
        // Writing to a string cannot fail.
        let _ = writeln!(self.text, "{:width$}{line}", "", width = self.indent * 2);
    }

    fn cluster(&mut self, picture: &Picture, cluster: Option<usize>) {
        for item in picture.items.iter().filter(|item| item.cluster == cluster) {
            self.line(&item_line(item));
        }
        for (at, inner) in picture.clusters.iter().enumerate() {
            if inner.parent == cluster {
                self.subgraph(picture, at, inner);
            }
        }
    }

    fn subgraph(&mut self, picture: &Picture, at: usize, cluster: &Cluster) {
        let label = lines(&cluster.label);
        self.line(&format!("subgraph block{}[\"{label}\"]", cluster.open.0));
        self.indent += 1;
        self.cluster(picture, Some(at));
        self.indent -= 1;
        self.line("end");
    }

    fn classes(&mut self, picture: &Picture) {
        let looks = [
            (
                Shape::Gate,
                "gate",
                "fill:#fff4d6,stroke:#8a6d00,color:#000",
            ),
            (
                Shape::PointOfNoReturn,
                "noreturn",
                "fill:#fde0dc,stroke:#b00020,color:#000,stroke-width:4px",
            ),
            (Shape::BlockUndo, "blockundo", "stroke-dasharray:4 4"),
        ];
        for (shape, name, look) in looks {
            let members: Vec<String> = picture
                .items
                .iter()
                .filter(|item| item.shape == shape)
                .map(|item| item_id(item.id))
                .collect();
            if !members.is_empty() {
                self.line(&format!("classDef {name} {look}"));
                self.line(&format!("class {} {name}", members.join(",")));
            }
        }
    }
}

fn item_line(item: &Item) -> String {
    let (open, close) = match item.shape {
        Shape::Step => ("[", "]"),
        Shape::PointOfNoReturn => ("{{", "}}"),
        Shape::Check => ("([", "])"),
        Shape::Gate => ("{", "}"),
        Shape::Bracket => ("[/", "\\]"),
        Shape::Note => (">", "]"),
        Shape::BlockUndo => ("[", "]"),
        Shape::Watch => ("[[", "]]"),
        Shape::Joint => return format!("{}((\" \"))", item_id(item.id)),
    };
    let label = lines(&item.label);
    format!("{}{open}\"{label}\"{close}", item_id(item.id))
}

fn edge_line(edge: Edge) -> String {
    let (from, to) = (node_id(edge.from), node_id(edge.to));
    match edge.kind {
        EdgeKind::Forward => format!("{from} --> {to}"),
        EdgeKind::Back => format!("{from} -. \"then undo\" .-> {to}"),
    }
}

fn item_id(id: ItemId) -> String {
    match id {
        ItemId::Node(node) => node_id(node),
        ItemId::Watch(at) => format!("watch{at}"),
    }
}

fn node_id(node: NodeId) -> String {
    format!("n{}", node.0)
}

fn lines(lines: &[String]) -> String {
    let lines: Vec<String> = lines.iter().map(|line| escape(line)).collect();
    lines.join("<br>")
}

/// Text for a quoted label. Everything in it that could be markup of Mermaid,
/// Markdown, HTML or mathematics becomes an entity code.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            // Between two pairs of dollars would stand mathematics, however they are
            // written: something without a width keeps them apart.
            '$' if out.ends_with("#36;") => out.push_str("#8203;#36;"),
            ' ' | '.' | ',' | '-' | '/' | '=' | '+' | '\'' | '!' | '?' => out.push(c),
            _ if c.is_ascii_alphanumeric() || !c.is_ascii() => out.push(c),
            _ => {
                let _ = write!(out, "#{};", u32::from(c));
            }
        }
    }
    out
}

/// Text as a double-quoted YAML scalar: JSON's strings are such.
fn yaml(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
