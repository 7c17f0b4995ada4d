//! The picture in its places, as text of SVG.

use std::fmt::Write;

use super::super::picture::{Edge, EdgeKind, Item, ItemId, Picture, Shape};
use super::layout::{Frame, LINE, Layout, lines};

/// Its classes begin with `rb-`: it may stand in a page with others.
const STYLE: &str = "\
.rb-plan text { font: 11px ui-monospace, monospace; fill: #1c1e21; } .rb-plan text.rb-title { font-size: 14px; font-weight: 600; } \
.rb-box { fill: #fff; stroke: #667; } .rb-step { fill: #e8f0fe; stroke: #3b5b92; } \
.rb-final { fill: #fde0dc; stroke: #b00020; } .rb-gate { fill: #fff4d6; stroke: #8a6d00; } \
.rb-dashed { stroke-dasharray: 5 3; } .rb-bold { stroke-width: 2.2; } .rb-block { fill: none; stroke: #889; } \
.rb-skipped { opacity: .5; stroke-dasharray: 2 3; } .rb-edge { fill: none; stroke: #445; stroke-width: 1.2; } \
.rb-back { fill: none; stroke: #b00020; stroke-width: 1.2; stroke-dasharray: 5 4; } .rb-point { fill: #445; } \
.rb-name text { paint-order: stroke; stroke: #fff; stroke-width: 4px; }";

pub fn draw(picture: &Picture, layout: &Layout) -> String {
    let mut out = String::new();
    let (width, height) = (layout.width.ceil(), layout.height.ceil());
    let title = escape(&picture.title);
    // Writing to a string cannot fail, here and below.
    let _ = writeln!(
        out,
        "<svg class=\"rb-plan\" role=\"img\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\">\n\
         <title>{title}</title>\n<style>{STYLE}</style>\n\
         <defs>\n\
         <marker id=\"rb-then\" viewBox=\"0 0 10 10\" refX=\"9\" refY=\"5\" markerWidth=\"7\" markerHeight=\"7\" orient=\"auto\"><path d=\"M0,0 L10,5 L0,10 z\" fill=\"#445\"/></marker>\n\
         <marker id=\"rb-undo\" viewBox=\"0 0 10 10\" refX=\"9\" refY=\"5\" markerWidth=\"8\" markerHeight=\"8\" orient=\"auto\"><path d=\"M1,1 L9,5 L1,9 z\" fill=\"#fff\" stroke=\"#b00020\"/></marker>\n\
         </defs>\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n\
         <text class=\"rb-title\" x=\"10\" y=\"20\">{title}</text>"
    );
    for frame in &layout.clusters {
        block(&mut out, frame);
    }
    for edge in &picture.edges {
        if let Some((from, to)) = ends(picture, layout, edge) {
            arrow(&mut out, edge.kind, &from, &to);
        }
    }
    // No arrow strikes out what a block is called.
    for (cluster, frame) in picture.clusters.iter().zip(&layout.clusters) {
        let _ = writeln!(out, "<g class=\"rb-name\">");
        text(
            &mut out,
            &cluster.label,
            frame.x + 10.0,
            frame.y + 4.0,
            false,
        );
        let _ = writeln!(out, "</g>");
    }
    for (one, frame) in picture.items.iter().zip(&layout.items) {
        item(&mut out, one, frame);
    }
    legend(&mut out, height);
    out.push_str("</svg>\n");
    out
}

fn ends(picture: &Picture, layout: &Layout, edge: &Edge) -> Option<(Frame, Frame)> {
    let frame = |node| {
        let mut items = picture.items.iter();
        let at = items.position(|item| item.id == ItemId::Node(node))?;
        layout.items.get(at).copied()
    };
    Some((frame(edge.from)?, frame(edge.to)?))
}

fn block(out: &mut String, frame: &Frame) {
    let Frame {
        x,
        y,
        width,
        height,
    } = frame;
    let _ = writeln!(
        out,
        "<rect class=\"rb-block\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" rx=\"6\"/>"
    );
}

/// The top of the first line is at `y`.
fn text(out: &mut String, lines: &[String], x: f64, y: f64, centred: bool) {
    let anchor = if centred {
        " text-anchor=\"middle\""
    } else {
        ""
    };
    let mut baseline = y + LINE * 0.75;
    for line in lines {
        let _ = writeln!(
            out,
            "<text x=\"{x:.1}\" y=\"{baseline:.1}\"{anchor} xml:space=\"preserve\">{}</text>",
            escape(line)
        );
        baseline += LINE;
    }
}

fn arrow(out: &mut String, kind: EdgeKind, from: &Frame, to: &Frame) {
    match kind {
        EdgeKind::Forward => {
            let (x1, y1, x2, y2) = (from.middle(), from.bottom(), to.middle(), to.y);
            let bend = ((y2 - y1) / 2.0).clamp(8.0, 40.0);
            let _ = writeln!(
                out,
                "<path class=\"rb-edge\" marker-end=\"url(#rb-then)\" d=\"M{x1:.1},{y1:.1} C{x1:.1},{:.1} {x2:.1},{:.1} {x2:.1},{y2:.1}\"/>",
                y1 + bend,
                y2 - bend
            );
        }
        EdgeKind::Back => {
            let (x1, y1, x2, y2) = (from.x, from.centre(), to.x, to.centre());
            let left = x1.min(x2) - 18.0;
            let _ = writeln!(
                out,
                "<path class=\"rb-back\" marker-end=\"url(#rb-undo)\" d=\"M{x1:.1},{y1:.1} C{left:.1},{y1:.1} {left:.1},{y2:.1} {x2:.1},{y2:.1}\"/>"
            );
        }
    }
}

fn item(out: &mut String, item: &Item, frame: &Frame) {
    let skipped = if item.skipped { " rb-skipped" } else { "" };
    let _ = writeln!(out, "<g>");
    if !item.label.is_empty() {
        let _ = writeln!(out, "<title>{}</title>", escape(&item.label.join("\n")));
    }
    let class = match item.shape {
        Shape::Step => "rb-step",
        Shape::PointOfNoReturn => "rb-final",
        Shape::Check | Shape::Note => "rb-box",
        Shape::Gate => "rb-gate",
        Shape::Bracket => "rb-box rb-bold",
        Shape::BlockUndo | Shape::Watch => "rb-box rb-dashed",
        Shape::Joint => "rb-point",
    };
    outline(out, item.shape, frame, &format!("{class}{skipped}"));
    let lines = lines(item);
    let height = LINE * f64::from(u32::try_from(lines.len()).unwrap_or(0));
    let top = frame.y + (frame.height - height) / 2.0;
    match item.shape {
        Shape::PointOfNoReturn | Shape::Check | Shape::Gate => {
            text(out, &lines, frame.middle(), top, true);
        }
        Shape::Step
        | Shape::Bracket
        | Shape::Note
        | Shape::BlockUndo
        | Shape::Watch
        | Shape::Joint => text(out, &lines, frame.x + 10.0, top, false),
    }
    let _ = writeln!(out, "</g>");
}

fn outline(out: &mut String, shape: Shape, frame: &Frame, class: &str) {
    let radius = match shape {
        Shape::Step | Shape::BlockUndo | Shape::Watch | Shape::Note => 2.0,
        Shape::Bracket => 10.0,
        Shape::Check => frame.height / 2.0,
        Shape::Joint => frame.height / 2.0,
        Shape::Gate => return polygon(out, &diamond(frame), class),
        Shape::PointOfNoReturn => {
            polygon(out, &octagon(frame, 0.0), class);
            return polygon(out, &octagon(frame, 4.0), class);
        }
    };
    let Frame {
        x,
        y,
        width,
        height,
    } = frame;
    let _ = writeln!(
        out,
        "<rect class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" rx=\"{radius:.1}\"/>"
    );
}

fn polygon(out: &mut String, points: &[(f64, f64)], class: &str) {
    let points: Vec<String> = points
        .iter()
        .map(|(x, y)| format!("{x:.1},{y:.1}"))
        .collect();
    let _ = writeln!(
        out,
        "<polygon class=\"{class}\" points=\"{}\"/>",
        points.join(" ")
    );
}

fn diamond(frame: &Frame) -> [(f64, f64); 4] {
    [
        (frame.middle(), frame.y),
        (frame.x + frame.width, frame.centre()),
        (frame.middle(), frame.bottom()),
        (frame.x, frame.centre()),
    ]
}

/// So far inside of its frame.
fn octagon(frame: &Frame, inside: f64) -> [(f64, f64); 8] {
    let (left, top) = (frame.x + inside, frame.y + inside);
    let (right, bottom) = (frame.x + frame.width - inside, frame.bottom() - inside);
    let cut = 9.0;
    [
        (left + cut, top),
        (right - cut, top),
        (right, top + cut),
        (right, bottom - cut),
        (right - cut, bottom),
        (left + cut, bottom),
        (left, bottom - cut),
        (left, top + cut),
    ]
}

fn legend(out: &mut String, height: f64) {
    let y = height - 14.0;
    let _ = writeln!(
        out,
        "<path class=\"rb-edge\" marker-end=\"url(#rb-then)\" d=\"M10,{y:.1} L40,{y:.1}\"/>\n\
         <path class=\"rb-back\" marker-end=\"url(#rb-undo)\" d=\"M90,{y:.1} L120,{y:.1}\"/>"
    );
    let top = y - LINE / 2.0;
    text(out, &["then".to_owned()], 46.0, top, false);
    text(
        out,
        &["then undo        double border: point of no return".to_owned()],
        126.0,
        top,
        false,
    );
}

/// Text that SVG shows as it is.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            _ => out.push(c),
        }
    }
    out
}
