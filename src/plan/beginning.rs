//! A run that begins in the middle: what comes before is taken as done by
//! somebody else. It is not run, and so not undone either.

use std::collections::BTreeSet;

use crate::plan::graph::Graph;
use crate::plan::uses::{uses, uses_of_text};
use crate::plan::{Node, NodeId, NodeKind, Plan, Skip, TakenAsDone, WayBack};
use crate::problem::nearest;

/// A value that a step gave when it was done: of a step, by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    pub step: String,
    pub name: String,
    pub value: String,
}

impl Known {
    /// Reads `step.name=value`; a step's own name may have dots in it.
    pub fn read(text: &str) -> Option<Known> {
        let (place, value) = text.split_once('=')?;
        let (step, name) = place.rsplit_once('.')?;
        Some(Known {
            step: step.to_owned(),
            name: name.to_owned(),
            value: value.to_owned(),
        })
    }
}

impl Known {
    /// Why the step does not give it, if it does not.
    pub fn why_not_of(&self, node: &Node) -> Option<String> {
        let gives = node.gives();
        if gives.contains(&self.name.as_str()) {
            return None;
        }
        let gives = match gives.is_empty() {
            true => "nothing".to_owned(),
            false => gives.join(", "),
        };
        let (step, name) = (&node.name, &self.name);
        Some(format!("`{step}` gives no `{name}`: it gives {gives}"))
    }
}

/// The plan of a run that begins at this node: all that surely comes before it
/// is taken as done. A block that has more to run than that is opened, and a
/// bracket entered, whether what comes before it is done or not.
///
/// # Errors
/// Why the run cannot begin there, a sentence each.
pub fn begin_at(plan: &Plan, name: &str, known: &[Known]) -> Result<Plan, Vec<String>> {
    let at = named(plan, name).map_err(|why| vec![why])?;
    let taken = taken_before(plan, at);
    let wrong = wrong_values(plan, &taken, known);
    if !wrong.is_empty() {
        return Err(wrong);
    }
    let mut changed = plan.clone();
    // With nothing but blocks before it, this is the whole run.
    if taken.iter().all(|id| plan.nodes[id.index()].is_of_block()) {
        return Ok(changed);
    }
    for id in taken {
        let node = &mut changed.nodes[id.index()];
        let gave = known.iter().filter(|it| it.step == node.name);
        let gave = gave.map(|it| (it.name.clone(), it.value.clone()));
        node.skip = Skip::TakenAsDone(TakenAsDone {
            beginning: plan.nodes[at.index()].name.clone(),
            gave: gave.collect(),
        });
    }
    let mut missing = missing_values(&changed, name);
    missing.extend(late_baseline(&changed, name));
    missing.extend(passed_over_gate(&changed, name));
    if missing.is_empty() {
        Ok(changed)
    } else {
        Err(missing)
    }
}

/// The plan of a changed runbook, for a run that was begun by another. Nothing
/// more is taken as done: nobody has said that it is.
///
/// # Errors
/// Why the run cannot have begun there, a sentence each.
pub fn begin_as_before(plan: &Plan, recorded: &Plan) -> Result<Plan, Vec<String>> {
    let Some(beginning) = recorded.beginning() else {
        return Ok(plan.clone());
    };
    let begun = begin_at(plan, beginning, &recorded.known())?;
    let was_taken = |node: &Node| recorded.taken_as_done().any(|was| was.name == node.name);
    let more = begun.taken_as_done().filter(|node| !was_taken(node));
    let why: Vec<String> = more
        .map(|Node { name, .. }| {
            format!(
                "`{name}` stands before `{beginning}` now, where this run began, and nobody has said that it is done: put it behind `{beginning}`"
            )
        })
        .collect();
    if why.is_empty() { Ok(begun) } else { Err(why) }
}

impl Plan {
    /// Where its run begins, if not at the plan's own beginning.
    pub fn beginning(&self) -> Option<&str> {
        self.nodes.iter().find_map(|node| match &node.skip {
            Skip::TakenAsDone(taken) => Some(taken.beginning.as_str()),
            Skip::No | Skip::Yes(_) | Skip::Maybe(_) => None,
        })
    }

    /// What the steps gave that are taken as done.
    pub fn known(&self) -> Vec<Known> {
        let mut known = Vec::new();
        for node in &self.nodes {
            if let Skip::TakenAsDone(taken) = &node.skip {
                known.extend(taken.gave.iter().map(|(name, value)| Known {
                    step: node.name.clone(),
                    name: name.clone(),
                    value: value.clone(),
                }));
            }
        }
        known
    }

    /// What is taken as done, without the blocks it stands in.
    pub fn taken_as_done(&self) -> impl Iterator<Item = &Node> {
        let nodes = self.nodes.iter().filter(|node| !node.is_of_block());
        nodes.filter(|node| matches!(node.skip, Skip::TakenAsDone(_)))
    }

    /// Changes that are taken as done: what this run does not undo, since it did
    /// not make them, but for those that are covered.
    pub fn changed_before(&self) -> impl Iterator<Item = &Node> {
        self.taken_as_done().filter(|node| {
            let step = node.step();
            step.is_some_and(|step| !matches!(step.way_back, WayBack::Harmless(_)))
        })
    }
}

impl Plan {
    /// Those of them that the rollback of a block around the beginning undoes
    /// with what this run does, each with that block.
    pub fn covered_before(&self) -> Vec<(&Node, &Node)> {
        let points = (0..).map(NodeId).zip(&self.nodes);
        let points: Vec<NodeId> = points
            .filter(|(_, node)| node.is_point_of_no_return())
            .filter(|(_, node)| matches!(node.skip, Skip::TakenAsDone(_)))
            .map(|(id, _)| id)
            .collect();
        let graph = Graph::new(self);
        let covered = self.changed_before().filter_map(|node| {
            let WayBack::Block(open) = &node.step()?.way_back else {
                return None;
            };
            let block = &self.nodes[open.index()];
            let is_run = !block.skip.is_skipped()
                && !points.iter().any(|point| graph.is_before(*open, *point));
            is_run.then_some((node, block))
        });
        covered.collect()
    }
}

/// The node that is called so.
fn named(plan: &Plan, name: &str) -> Result<NodeId, String> {
    let is_point = |(id, node): &(NodeId, &Node)| {
        let is_end = matches!(node.kind, NodeKind::Close { .. } | NodeKind::Leave { .. });
        !is_end && id.0 != 0 && plan.ending_of(*id).is_none()
    };
    let points: Vec<(NodeId, &Node)> = (0..)
        .map(NodeId)
        .zip(&plan.nodes)
        .filter(is_point)
        .collect();
    let exact: Vec<_> = points.iter().filter(|(_, it)| it.name == name).collect();
    let found = match exact.is_empty() {
        true => points.iter().filter(|(_, it)| it.is_called(name)).collect(),
        false => exact,
    };
    match found[..] {
        [(_, node)] if node.skip.is_skipped() => {
            Err(format!("`{name}` does not run with these values"))
        }
        [(id, _)] => Ok(*id),
        [] => {
            let names = points.iter().map(|(_, node)| node.name.as_str());
            let hint = match nearest(name, names) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "`runbook plan` lists what does".to_owned(),
            };
            Err(format!("nothing that runs is called `{name}`: {hint}"))
        }
        [..] => {
            let names = found.iter().map(|(_, node)| format!("`{}`", node.name));
            let names: Vec<String> = names.collect();
            Err(format!(
                "`{name}` is several: say which of {}",
                names.join(", ")
            ))
        }
    }
}

/// All that surely comes before a node and would run, but for the beginnings of
/// blocks that go on behind it.
fn taken_before(plan: &Plan, at: NodeId) -> BTreeSet<NodeId> {
    let mut before = BTreeSet::new();
    let mut todo = plan.nodes[at.index()].needs.clone();
    while let Some(id) = todo.pop() {
        if before.insert(id) {
            todo.extend(&plan.nodes[id.index()].needs);
        }
    }
    let mut goes_on: BTreeSet<NodeId> = BTreeSet::new();
    for (id, node) in (0..).map(NodeId).zip(&plan.nodes) {
        match &node.kind {
            NodeKind::Close { open: begin } | NodeKind::Leave { enter: begin }
                if !before.contains(&id) =>
            {
                goes_on.insert(*begin);
            }
            _other => {}
        }
    }
    before.retain(|id| !goes_on.contains(id) && plan.nodes[id.index()].skip == Skip::No);
    before
}

/// What is wrong with the values that were given.
fn wrong_values(plan: &Plan, taken: &BTreeSet<NodeId>, known: &[Known]) -> Vec<String> {
    let wrong = |known: &Known| {
        let step = &known.step;
        let is_it = |id: &&NodeId| plan.nodes[id.index()].name == *step;
        let Some(id) = taken.iter().find(is_it) else {
            return Some(format!("nothing that is taken as done is called `{step}`"));
        };
        known.why_not_of(&plan.nodes[id.index()])
    };
    known.iter().filter_map(wrong).collect()
}

impl Node {
    /// Whether it only begins or ends a block.
    fn is_of_block(&self) -> bool {
        matches!(
            self.kind,
            NodeKind::Open(_) | NodeKind::Close { .. } | NodeKind::Leave { .. }
        )
    }

    fn is_point_of_no_return(&self) -> bool {
        let step = self.step();
        step.is_some_and(|step| matches!(step.way_back, WayBack::Irreversible { .. }))
    }

    /// The names of the values that others may use of it.
    pub fn gives(&self) -> Vec<&str> {
        let Some(step) = self.step() else {
            return Vec::new();
        };
        let captures = step.captures.iter().map(|it| it.name.as_str());
        let outputs = step.task.outputs.iter().map(|it| it.name.as_str());
        captures.chain(outputs).collect()
    }
}

/// Values of what is taken as done that are not known, each with the first that
/// needs it.
fn missing_values(plan: &Plan, name: &str) -> Vec<String> {
    let of_tasks = plan.tasks().into_iter();
    let of_tasks = of_tasks.map(|(what, task)| (what, uses(task)));
    let of_postmortems = plan.nodes.iter().filter_map(|node| match &node.kind {
        NodeKind::Postmortem { path } => Some((format!("`{}`", node.name), uses_of_text(path))),
        _no_postmortem => None,
    });
    let mut said = BTreeSet::new();
    let mut missing = Vec::new();
    for (what, uses) in of_tasks.chain(of_postmortems) {
        for used in uses.into_iter().filter(|used| !used.default) {
            let from = &plan.nodes[used.from.index()];
            let Skip::TakenAsDone(taken) = &from.skip else {
                continue;
            };
            let is_known = taken.gave.iter().any(|(gave, _)| *gave == used.name);
            let (from, value) = (&from.name, &used.name);
            if !is_known && said.insert((used.from, value.clone())) {
                missing.push(format!(
                    "from `{name}` on, {what} needs `{value}` of `{from}`, which is not run: give it with `--known {from}.{value}=VALUE`, or begin at `{from}` or before it"
                ));
            }
        }
    }
    missing
}

/// Whether something is still to be compared with the time before the changes,
/// which cannot be measured any more.
fn late_baseline(plan: &Plan, name: &str) -> Option<String> {
    plan.changed_before().next()?;
    let of_gates = plan
        .nodes
        .iter()
        .filter(|node| !node.skip.is_skipped())
        .filter_map(|node| {
            let mut measured = node.gate()?.measured();
            let compares = measured.any(|condition| !condition.baseline_metrics().is_empty());
            compares.then(|| format!("`{}`", node.name))
        });
    let of_watches = plan.watches.iter().filter_map(|watch| {
        let mut phases = watch.during.iter();
        let looks = phases.any(|open| !plan.nodes[open.index()].skip.is_skipped());
        let mut rules = watch.rules.iter();
        let compares = rules.any(|rule| !rule.condition.baseline_metrics().is_empty());
        (looks && compares).then(|| format!("watch `{}`", watch.name))
    });
    let who = of_gates.chain(of_watches).next()?;
    let first = plan.changed_before().next().map_or("", |it| &it.name);
    Some(format!(
        "from `{name}` on, {who} compares with the time before any change, and `{first}` has changed something already: begin at `{first}` or before it"
    ))
}

/// Whether nothing would stand any more between a mistake and a point of no return
/// that is still to come.
fn passed_over_gate(plan: &Plan, name: &str) -> Option<String> {
    let is_point = |node: &Node| !node.skip.is_skipped() && node.is_point_of_no_return();
    let points = (0..).map(NodeId).zip(&plan.nodes);
    let mut points = points.filter(|(_, node)| is_point(node)).peekable();
    points.peek()?;
    let graph = Graph::new(plan);
    points.find_map(|(id, point)| {
        let guards = plan.guards(&graph, id).into_iter();
        let guards: Vec<&Node> = guards.map(|gate| &plan.nodes[gate.index()]).collect();
        let passed_over = guards.iter().all(|gate| gate.skip.is_skipped());
        let gate = &guards.last().filter(|_| passed_over)?.name;
        let point = &point.name;
        Some(format!(
            "from `{name}` on, no gate is left before `{point}`, which cannot be undone: begin at `{gate}` or before it"
        ))
    })
}
