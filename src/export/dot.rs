//! A plan as a Graphviz drawing: `dot -Tsvg`.

use std::fmt::Write;

use super::picture::{Cluster, Edge, EdgeKind, Item, ItemId, Picture, Shape};
use crate::plan::{NodeId, Plan};

/// The plan in the DOT language. Shapes and words say what colours say.
pub fn dot(plan: &Plan) -> String {
    let picture = Picture::of(plan);
    let mut out = Writer {
        text: String::new(),
        indent: 0,
    };
    out.line("digraph runbook {");
    out.indent += 1;
    out.line(&format!(
        "label=\"{}\"; labelloc=t;",
        escape(&picture.title)
    ));
    out.line("rankdir=TB; newrank=true; compound=true;");
    out.line("fontname=\"Helvetica\"; node [fontname=\"Helvetica\", fontsize=11, shape=box];");
    out.line("edge [fontname=\"Helvetica\", fontsize=10];");
    out.cluster(&picture, None);
    for edge in &picture.edges {
        out.line(&edge_line(*edge));
    }
    out.indent -= 1;
    out.line("}");
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

    /// What stands directly in a cluster, or outside all of them.
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
        self.line(&format!("subgraph cluster_{} {{", cluster.open.0));
        self.indent += 1;
        self.line(&format!(
            "label=\"{}\"; labeljust=l; style=rounded; color=\"#888888\";",
            lines(&cluster.label)
        ));
        self.cluster(picture, Some(at));
        self.indent -= 1;
        self.line("}");
    }
}

fn item_line(item: &Item) -> String {
    let id = item_id(item.id);
    let look = match item.shape {
        Shape::Step => "shape=box, style=filled, fillcolor=\"#e8f0fe\"",
        Shape::PointOfNoReturn => {
            "shape=octagon, peripheries=2, style=filled, fillcolor=\"#fde0dc\", color=\"#b00020\""
        }
        Shape::Check => "shape=ellipse",
        Shape::Gate => "shape=diamond, style=filled, fillcolor=\"#fff4d6\"",
        Shape::Bracket => "shape=box, style=\"rounded,bold\"",
        Shape::Note => "shape=note",
        Shape::BlockUndo => "shape=box, style=dashed",
        Shape::Watch => "shape=component, style=dashed",
        Shape::Joint => return format!("{id} [shape=point, label=\"\"];"),
    };
    let skipped = if item.skipped {
        ", style=dotted, fontcolor=\"#777777\""
    } else {
        ""
    };
    // Flush-left text would stick out of shapes that are no rectangles.
    let label = match item.shape {
        Shape::PointOfNoReturn | Shape::Check | Shape::Gate => centred(&item.label),
        Shape::Step
        | Shape::Bracket
        | Shape::Note
        | Shape::BlockUndo
        | Shape::Watch
        | Shape::Joint => lines(&item.label),
    };
    format!("{id} [label=\"{label}\", {look}{skipped}];")
}

fn edge_line(edge: Edge) -> String {
    let ends = format!("{} -> {}", node_id(edge.from), node_id(edge.to));
    match edge.kind {
        EdgeKind::Forward => format!("{ends};"),
        EdgeKind::Back => format!(
            "{ends} [style=dashed, color=\"#b00020\", fontcolor=\"#b00020\", \
             arrowhead=empty, label=\"then undo\", constraint=false];"
        ),
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

/// Lines set flush left.
fn lines(lines: &[String]) -> String {
    lines.iter().map(|line| escape(line) + "\\l").collect()
}

fn centred(lines: &[String]) -> String {
    let lines: Vec<String> = lines.iter().map(|line| escape(line)).collect();
    lines.join("\\n")
}

/// Text for a quoted string: in labels a backslash starts an escape, and
/// entities of HTML are read.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '&' => out.push_str("&amp;"),
            _ => out.push(c),
        }
    }
    out
}
