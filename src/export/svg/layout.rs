//! Where everything stands, in units of the drawing.

use std::collections::BTreeMap;

use super::super::picture::{EdgeKind, Item, ItemId, Picture, Shape, in_order};
use crate::plan::{NodeId, Plan};

/// Height of a line of text.
pub const LINE: f64 = 15.0;
/// Width of a letter of the fixed width that labels have.
const LETTER: f64 = 6.7;
/// Between two rows, for the arrows.
const ROW_GAP: f64 = 30.0;
/// Between two neighbours in a row.
const GAP: f64 = 34.0;
/// Inside of a block, on each side. The arrows of the way back go there.
const PADDING: f64 = 26.0;
const MARGIN: f64 = 10.0;
/// Letters of a line in a diamond, where its name is not longer; all of it is told
/// beside the drawing.
const DIAMOND_LETTERS: usize = 30;
/// Lines in a diamond, with that of its name.
const DIAMOND_LINES: usize = 4;

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Frame {
    pub x: f64,
    pub y: f64,
    pub width: f64,
    pub height: f64,
}

impl Frame {
    pub fn middle(&self) -> f64 {
        self.x + self.width / 2.0
    }

    pub fn centre(&self) -> f64 {
        self.y + self.height / 2.0
    }

    pub fn bottom(&self) -> f64 {
        self.y + self.height
    }
}

/// Where the items and clusters of a picture stand, by their index in it.
#[derive(Debug)]
pub struct Layout {
    pub items: Vec<Frame>,
    pub clusters: Vec<Frame>,
    pub width: f64,
    pub height: f64,
}

/// Something that stands in a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Child {
    Item(usize),
    Cluster(usize),
}

struct Work<'p> {
    picture: &'p Picture,
    /// Where each node comes in the order of the plan.
    order: BTreeMap<NodeId, usize>,
    items: BTreeMap<NodeId, usize>,
    layout: Layout,
}

impl Layout {
    pub fn of(plan: &Plan, picture: &Picture) -> Layout {
        let nothing = Frame {
            x: 0.0,
            y: 0.0,
            width: 0.0,
            height: 0.0,
        };
        let node = |item: &Item| match item.id {
            ItemId::Node(node) => Some(node),
            ItemId::Watch(_) => None,
        };
        let mut work = Work {
            picture,
            order: in_order(plan).into_iter().zip(0..).collect(),
            items: picture
                .items
                .iter()
                .enumerate()
                .filter_map(|(at, item)| Some((node(item)?, at)))
                .collect(),
            layout: Layout {
                items: vec![nothing; picture.items.len()],
                clusters: vec![nothing; picture.clusters.len()],
                width: 0.0,
                height: 0.0,
            },
        };
        // Inner blocks stand behind the ones around them.
        for cluster in (0..picture.clusters.len()).rev() {
            work.inside(Some(cluster));
        }
        let (width, height) = work.inside(None);
        work.layout.width = width + 2.0 * MARGIN;
        work.layout.height = height + 2.0 * MARGIN + LINE * 4.0;
        work.put_down();
        work.layout
    }
}

impl Work<'_> {
    /// Lays out what stands directly in a block, from the block's own corner;
    /// gives the size it takes.
    fn inside(&mut self, cluster: Option<usize>) -> (f64, f64) {
        let label = cluster.map(|at| &self.picture.clusters[at].label);
        let head = label.map_or(0.0, |label| LINE * number(label.len()) + PADDING / 2.0);
        let rows = self.rows(cluster);
        let mut width = label.map_or(0.0, |label| width_of(label) + PADDING);
        for row in &rows {
            width = width.max(self.row_width(row) + 2.0 * PADDING);
        }
        let mut y = head + PADDING / 2.0;
        for row in &rows {
            let height = row.iter().map(|it| self.frame(*it).height);
            let height = height.fold(0.0, f64::max);
            let mut x = (width - self.row_width(row)) / 2.0;
            for child in row {
                let frame = self.frame_mut(*child);
                frame.x = x;
                frame.y = y + (height - frame.height) / 2.0;
                x += frame.width + GAP;
            }
            y += height + ROW_GAP;
        }
        let height = (y - ROW_GAP).max(head) + PADDING;
        if let Some(cluster) = cluster {
            let frame = &mut self.layout.clusters[cluster];
            (frame.width, frame.height) = (width, height);
        }
        (width, height)
    }

    fn row_width(&self, row: &[Child]) -> f64 {
        let all: f64 = row.iter().map(|it| self.frame(*it).width).sum();
        all + GAP * number(row.len().saturating_sub(1))
    }

    fn frame(&self, child: Child) -> Frame {
        match child {
            Child::Item(at) => self.layout.items[at],
            Child::Cluster(at) => self.layout.clusters[at],
        }
    }

    fn frame_mut(&mut self, child: Child) -> &mut Frame {
        match child {
            Child::Item(at) => &mut self.layout.items[at],
            Child::Cluster(at) => &mut self.layout.clusters[at],
        }
    }

    /// What stands in a block, in rows; endings and watches, which need nothing of
    /// it, behind all else.
    fn rows(&mut self, cluster: Option<usize>) -> Vec<Vec<Child>> {
        let mut children = self.children(cluster);
        children.sort_by_key(|child| self.place(*child));
        let mut before: BTreeMap<Child, Vec<Child>> = BTreeMap::new();
        for (from, to) in self.edges_between(cluster) {
            before.entry(to).or_default().push(from);
        }
        let mut ranks: BTreeMap<Child, usize> = BTreeMap::new();
        let mut rows: Vec<Vec<Child>> = Vec::new();
        let (mut endings, mut watches) = (Vec::new(), Vec::new());
        for child in children {
            match child {
                Child::Item(at) => {
                    let item = &self.picture.items[at];
                    (self.layout.items[at].width, self.layout.items[at].height) = size(item);
                    if let ItemId::Watch(_) = item.id {
                        watches.push(child);
                        continue;
                    }
                }
                Child::Cluster(at) if self.picture.clusters[at].is_ending => {
                    endings.push(child);
                    continue;
                }
                Child::Cluster(_) => {}
            }
            // Where blocks need each other, the first in the order leads.
            let known = before.get(&child).into_iter().flatten();
            let known = known.filter_map(|other| ranks.get(other));
            let rank = known.max().map_or(0, |rank| rank + 1);
            ranks.insert(child, rank);
            if rows.len() <= rank {
                rows.resize(rank + 1, Vec::new());
            }
            rows[rank].push(child);
        }
        rows.extend([watches, endings].into_iter().filter(|row| !row.is_empty()));
        rows
    }

    fn children(&self, cluster: Option<usize>) -> Vec<Child> {
        let items = self.picture.items.iter().enumerate();
        let items = items.filter(|(_, item)| item.cluster == cluster);
        let clusters = self.picture.clusters.iter().enumerate();
        let clusters = clusters.filter(|(_, inner)| inner.parent == cluster);
        items
            .map(|(at, _)| Child::Item(at))
            .chain(clusters.map(|(at, _)| Child::Cluster(at)))
            .collect()
    }

    /// Where a child comes in the order of the plan.
    fn place(&self, child: Child) -> usize {
        let node = match child {
            Child::Item(at) => match self.picture.items[at].id {
                ItemId::Node(node) => node,
                ItemId::Watch(_) => return usize::MAX,
            },
            Child::Cluster(at) => self.picture.clusters[at].open,
        };
        self.order.get(&node).copied().unwrap_or(usize::MAX)
    }

    /// The arrows between two children of a block, whatever inside of them they
    /// come from and lead to.
    fn edges_between(&self, cluster: Option<usize>) -> Vec<(Child, Child)> {
        let forward = self.picture.edges.iter();
        let forward = forward.filter(|edge| edge.kind == EdgeKind::Forward);
        forward
            .filter_map(|edge| {
                let from = self.child_with(cluster, *self.items.get(&edge.from)?)?;
                let to = self.child_with(cluster, *self.items.get(&edge.to)?)?;
                (from != to).then_some((from, to))
            })
            .collect()
    }

    /// The child of a block that an item is, or stands in.
    fn child_with(&self, cluster: Option<usize>, item: usize) -> Option<Child> {
        let mut child = Child::Item(item);
        let mut around = self.picture.items[item].cluster;
        while around != cluster {
            let at = around?;
            child = Child::Cluster(at);
            around = self.picture.clusters[at].parent;
        }
        Some(child)
    }

    /// From places within blocks to places in the drawing.
    fn put_down(&mut self) {
        for at in 0..self.picture.clusters.len() {
            let (x, y) = self.corner(self.picture.clusters[at].parent);
            let frame = &mut self.layout.clusters[at];
            frame.x += x;
            frame.y += y;
        }
        for at in 0..self.picture.items.len() {
            let (x, y) = self.corner(self.picture.items[at].cluster);
            let frame = &mut self.layout.items[at];
            frame.x += x;
            frame.y += y;
        }
    }

    fn corner(&self, cluster: Option<usize>) -> (f64, f64) {
        match cluster {
            Some(at) => (self.layout.clusters[at].x, self.layout.clusters[at].y),
            None => (MARGIN, MARGIN + LINE * 2.0),
        }
    }
}

/// The lines that are drawn in an item.
pub fn lines(item: &Item) -> Vec<String> {
    if item.shape != Shape::Gate {
        return item.label.clone();
    }
    let mut label = item.label.iter().map(|line| line.trim_start());
    let name = label.next().unwrap_or_default();
    let mut lines = vec![name.to_owned()];
    for line in label {
        lines.extend(wrapped(line, DIAMOND_LETTERS.max(name.chars().count())));
    }
    if lines.len() > DIAMOND_LINES {
        lines.truncate(DIAMOND_LINES);
        let last = lines
            .last_mut()
            .map(|line| line.trim_end_matches('…').len());
        if let (Some(line), Some(length)) = (lines.last_mut(), last) {
            line.truncate(length);
            line.push('…');
        }
    }
    lines
}

/// The words of a text in lines of so many letters; longer words are cut.
fn wrapped(text: &str, letters: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        let mut word: String = word.to_owned();
        if word.chars().count() > letters {
            word = word.chars().take(letters - 1).chain(['…']).collect();
        }
        let fits = |line: &&mut String| line.chars().count() + 1 + word.chars().count() <= letters;
        match lines.last_mut().filter(fits) {
            Some(line) => {
                line.push(' ');
                line.push_str(&word);
            }
            None => lines.push(word),
        }
    }
    lines
}

fn size(item: &Item) -> (f64, f64) {
    let lines = lines(item);
    let (width, height) = (width_of(&lines), LINE * number(lines.len()));
    match item.shape {
        Shape::Joint => (8.0, 8.0),
        // Text fits into a diamond whose sides are far enough away.
        Shape::Gate => (width * 1.6 + 16.0, height * 2.6),
        Shape::PointOfNoReturn | Shape::Check => (width + 36.0, height + 18.0),
        Shape::Step | Shape::Bracket | Shape::Note | Shape::BlockUndo | Shape::Watch => {
            (width + 20.0, height + 14.0)
        }
    }
}

fn width_of(lines: &[String]) -> f64 {
    // What is no ASCII may be twice as wide.
    let letters = |line: &String| line.chars().map(|c| if c.is_ascii() { 1 } else { 2 }).sum();
    let widest: usize = lines.iter().map(letters).max().unwrap_or(0);
    LETTER * number(widest)
}

#[allow(clippy::cast_precision_loss, reason = "no drawing has that many lines")]
fn number(count: usize) -> f64 {
    count as f64
}
