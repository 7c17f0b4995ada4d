//! What a test gives, by the nodes of its plan.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use crate::model::Expr;
use crate::model::evaluate::Scope;
use crate::model::testing::{Does, Gets, Given, GivenKind};
use crate::plan::{
    GateCondition, MetricId, Millis, Node, NodeId, NodeKind, Plan, WayBack, base_name,
};
use crate::problem::{Code, Problem, nearest};
use crate::source::Span;
use crate::syntax::ast::{EventPlace, Name, NodePart, TestEvent};
use crate::syntax::quoted;

/// All that a test gives.
#[derive(Debug, Default)]
pub struct Script {
    pub nodes: Vec<NodeRule>,
    pub metrics: Vec<MetricRule>,
    pub gates: Vec<GateRule>,
    pub events: Vec<EventRule>,
}

/// What commands of a node do.
#[derive(Debug)]
pub struct NodeRule {
    /// Where the rule's commands are: any of these.
    pub targets: Vec<Target>,
    pub attempt: Option<u32>,
    pub does: Doing,
    pub span: Span,
    pub heard: bool,
}

/// Commands of a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    Forward(NodeId),
    /// A check in a gate, by the place of its condition.
    GateCheck(NodeId, u32),
    Undo(NodeId),
    /// A bracket's `leave`, forward and as its undo.
    Leave(NodeId),
}

#[derive(Debug, Clone)]
pub enum Doing {
    Fail(i32),
    TimeOut,
    Take(Millis),
    Give(String, String),
}

/// What a metric measures from when on, in the order written.
#[derive(Debug)]
pub struct MetricRule {
    pub metric: MetricId,
    pub readings: Vec<(Millis, Option<Decimal>)>,
}

#[derive(Debug)]
pub struct GateRule {
    pub nodes: Vec<NodeId>,
    pub gets: Gets,
    pub span: Span,
    pub heard: bool,
}

#[derive(Debug)]
pub struct EventRule {
    pub event: TestEvent,
    pub place: EventPlace,
    pub nodes: Vec<NodeId>,
    pub span: Span,
    pub heard: bool,
}

impl Script {
    /// # Errors
    /// A problem for each line that does not fit the plan.
    pub fn of(plan: &Plan, givens: &[Given]) -> Result<Script, Vec<Problem>> {
        let mut script = Script::default();
        let mut problems = Vec::new();
        for given in givens {
            if let Err(problem) = script.add(plan, given) {
                problems.push(*problem);
            }
        }
        if problems.is_empty() {
            Ok(script)
        } else {
            Err(problems)
        }
    }

    fn add(&mut self, plan: &Plan, given: &Given) -> Result<(), Box<Problem>> {
        let span = given.span;
        match &given.kind {
            GivenKind::Node {
                part,
                node,
                item,
                does,
                attempt,
            } => {
                let targets = match item {
                    Some((title, span)) => checks_in(plan, *part, node, title, *span)?,
                    None => targets(plan, *part, node)?,
                };
                let rule = NodeRule {
                    targets,
                    attempt: match attempt {
                        Some(attempt) => Some(whole(attempt)?),
                        None => None,
                    },
                    does: doing(does)?,
                    span,
                    heard: false,
                };
                self.nodes.push(rule);
            }
            GivenKind::Metric { metric, readings } => {
                let mut rule = MetricRule {
                    metric: MetricId(u32::try_from(*metric).unwrap_or(u32::MAX)),
                    readings: Vec::new(),
                };
                for (after, value) in readings {
                    let after = after.as_ref().map_or(Ok(0), millis)?;
                    let value = match value {
                        Some(value) => Some(amount(value)?),
                        None => None,
                    };
                    rule.readings.push((after, value));
                }
                self.metrics.push(rule);
            }
            GivenKind::Gate { gate, gets } => {
                let nodes = nodes_called(plan, gate)?;
                for node in &nodes {
                    fits_gate(plan, *node, gate, gets)?;
                }
                self.gates.push(GateRule {
                    nodes,
                    gets: gets.clone(),
                    span,
                    heard: false,
                });
            }
            GivenKind::Event { event, place, node } => {
                let nodes = nodes_called(plan, node)?;
                self.events.push(EventRule {
                    event: *event,
                    place: *place,
                    nodes,
                    span,
                    heard: false,
                });
            }
        }
        Ok(())
    }
}

/// The nodes that a name of a test means: one, or all rounds of a loop; a
/// message's name means where it is sent.
pub fn nodes_called(plan: &Plan, name: &Name) -> Result<Vec<NodeId>, Box<Problem>> {
    let text = name.text.as_str();
    let found: Vec<NodeId> = (0_u32..)
        .zip(&plan.nodes)
        .filter(|(_, node)| match &node.kind {
            NodeKind::Notify { messages } => messages.iter().any(|message| {
                let message = plan.messages.get(*message as usize);
                message.is_some_and(|message| message.name == text)
            }),
            NodeKind::Open(_)
            | NodeKind::Close { .. }
            | NodeKind::Step(_)
            | NodeKind::Check(_)
            | NodeKind::Gate(_)
            | NodeKind::Postmortem { .. }
            | NodeKind::Enter(_)
            | NodeKind::Leave { .. } => node.is_called(text),
        })
        .map(|(index, _)| NodeId(index))
        .collect();
    if found.is_empty() {
        Err(Box::new(unknown(plan, name)))
    } else {
        Ok(found)
    }
}

fn unknown(plan: &Plan, name: &Name) -> Problem {
    let message = format!("no statement is called `{}`", name.text);
    let problem = Problem::new(Code::RB920, name.span, message);
    let base = base_name(&name.text);
    let rounds: Vec<String> = plan
        .nodes
        .iter()
        .filter(|node| node.name.contains('[') && node.base_name() == base)
        .map(|node| format!("`{}`", node.name))
        .collect();
    if !rounds.is_empty() {
        return problem.help(format!("`{base}` has {}", rounds.join(", ")));
    }
    let nodes = plan.nodes.iter().map(Node::base_name);
    let messages = plan.messages.iter().map(|message| message.name.as_str());
    match nearest(base, nodes.chain(messages)) {
        Some(near) => problem.help(format!("did you mean `{near}`?")),
        None => problem,
    }
}

/// What undoes a node: its own rollback, or that of a block around it.
pub fn undo_of(plan: &Plan, node: NodeId) -> Option<NodeId> {
    match &plan.nodes[node.index()].kind {
        NodeKind::Step(step) => match &step.way_back {
            WayBack::Own(_) => Some(node),
            WayBack::Block(block) => Some(*block),
            WayBack::Harmless(_) | WayBack::Irreversible { .. } | WayBack::Missing => None,
        },
        NodeKind::Open(block) => block.undo.is_some().then_some(node),
        NodeKind::Enter(_) => Some(node),
        NodeKind::Close { .. }
        | NodeKind::Check(_)
        | NodeKind::Gate(_)
        | NodeKind::Notify { .. }
        | NodeKind::Postmortem { .. }
        | NodeKind::Leave { .. } => None,
    }
}

fn targets(plan: &Plan, part: NodePart, name: &Name) -> Result<Vec<Target>, Box<Problem>> {
    let mut targets = Vec::new();
    for node in nodes_called(plan, name)? {
        let kind = &plan.nodes[node.index()].kind;
        let target = match (part, kind) {
            (NodePart::Step, NodeKind::Step(_))
            | (NodePart::Check, NodeKind::Check(_))
            | (NodePart::Enter, NodeKind::Enter(_)) => Some(Target::Forward(node)),
            (NodePart::Leave, NodeKind::Enter(_)) => Some(Target::Leave(node)),
            (NodePart::Rollback, _) => undo_of(plan, node).map(Target::Undo),
            (NodePart::Step | NodePart::Check | NodePart::Enter | NodePart::Leave, _) => None,
        };
        let Some(target) = target else {
            return Err(Box::new(wrong_part(kind, part, name)));
        };
        if !targets.contains(&target) {
            targets.push(target);
        }
    }
    Ok(targets)
}

/// The checks of gates that have this title.
fn checks_in(
    plan: &Plan,
    part: NodePart,
    name: &Name,
    title: &str,
    span: Span,
) -> Result<Vec<Target>, Box<Problem>> {
    if part != NodePart::Check {
        let problem = Problem::new(Code::RB941, span, "only a check of a gate has a title here");
        let title = quoted(title);
        return Err(Box::new(
            problem.help(format!("write `given check {} {title} …`", name.text)),
        ));
    }
    let mut targets = Vec::new();
    let mut titles: Vec<String> = Vec::new();
    for node in nodes_called(plan, name)? {
        for (condition, of) in checks_of(&plan.nodes[node.index()].kind) {
            if of == title {
                targets.push(Target::GateCheck(node, condition));
            }
            titles.push(of);
        }
    }
    if !targets.is_empty() {
        return Ok(targets);
    }
    let message = format!("`{}` has no check {}", name.text, quoted(title));
    let problem = Problem::new(Code::RB920, span, message);
    let near = nearest(title, titles.iter().map(String::as_str));
    Err(Box::new(match (near, titles.is_empty()) {
        (Some(near), _) => problem.help(format!("did you mean {}?", quoted(near))),
        (None, false) => problem.help({
            let titles: Vec<String> = titles.iter().map(|it| quoted(it)).collect();
            format!("it has {}", titles.join(", "))
        }),
        (None, true) => problem.help("it has none: leave the title out"),
    }))
}

/// The checks among the conditions of a gate: their places and titles.
fn checks_of(kind: &NodeKind) -> Vec<(u32, String)> {
    match kind {
        NodeKind::Gate(gate) => gate.checks().collect(),
        _no_gate => Vec::new(),
    }
}

fn wrong_part(kind: &NodeKind, part: NodePart, name: &Name) -> Problem {
    let what = match kind {
        NodeKind::Step(_) => "a step",
        NodeKind::Check(_) => "a check",
        NodeKind::Gate(_) => "a gate",
        NodeKind::Enter(_) | NodeKind::Leave { .. } => "a bracket",
        NodeKind::Open(_) | NodeKind::Close { .. } => "a block",
        NodeKind::Notify { .. } => "a notification",
        NodeKind::Postmortem { .. } => "a postmortem",
    };
    let message = match part {
        NodePart::Rollback => format!("`{}` has no rollback", name.text),
        NodePart::Step => format!("`{}` is {what}, not a step", name.text),
        NodePart::Check => format!("`{}` is {what}, not a check", name.text),
        NodePart::Enter | NodePart::Leave => format!("`{}` is {what}, not a bracket", name.text),
    };
    let problem = Problem::new(Code::RB941, name.span, message);
    match checks_of(kind).first() {
        Some((_, title)) if part == NodePart::Check => problem.help(format!(
            "a check in it is named by its title: `given check {} {} …`",
            name.text,
            quoted(title)
        )),
        _another => problem,
    }
}

fn fits_gate(plan: &Plan, node: NodeId, name: &Name, gets: &Gets) -> Result<(), Box<Problem>> {
    let refuse = |message: String| Err(Box::new(Problem::new(Code::RB941, name.span, message)));
    let NodeKind::Gate(gate) = &plan.nodes[node.index()].kind else {
        return refuse(format!("`{}` is no gate", name.text));
    };
    let has = |fits: &dyn Fn(&GateCondition) -> bool| gate.conditions.iter().any(fits);
    let approves = has(&|it| matches!(it, GateCondition::Approve { .. }));
    let confirms = has(&|it| matches!(it, GateCondition::Confirm { .. }));
    match gets {
        Gets::Approved(_) if !approves => {
            refuse(format!("gate `{}` asks for no approval", name.text))
        }
        Gets::Closed if !has(&|it| matches!(it, GateCondition::Window(_))) => {
            refuse(format!("gate `{}` has no window", name.text))
        }
        Gets::Confirmed | Gets::Rejected | Gets::Unanswered if !confirms && !approves => {
            refuse(format!("gate `{}` asks nobody", name.text))
        }
        Gets::Approved(_) | Gets::Closed | Gets::Confirmed | Gets::Rejected | Gets::Unanswered => {
            Ok(())
        }
    }
}

/// A block is over when its last node is.
pub fn end_of(plan: &Plan, node: NodeId) -> NodeId {
    plan.close_of(node).unwrap_or(node)
}

fn doing(does: &Does) -> Result<Doing, Box<Problem>> {
    Ok(match does {
        Does::Fail(exit) => {
            let exit = exit.as_ref().map_or(Ok(1), whole)?;
            Doing::Fail(i32::try_from(exit).unwrap_or(i32::MAX))
        }
        Does::TimeOut => Doing::TimeOut,
        Does::Take(lasts) => Doing::Take(millis(lasts)?),
        Does::Give(name, value) => Doing::Give(name.clone(), value.clone()),
    })
}

fn amount(expr: &Expr) -> Result<Decimal, Box<Problem>> {
    let quantity = Scope::default().quantity(expr).map_err(|fault| {
        let message = fault
            .message
            .unwrap_or_else(|| "this has no value".to_owned());
        Box::new(Problem::new(Code::RB506, fault.span, message))
    })?;
    Ok(quantity.amount)
}

fn millis(expr: &Expr) -> Result<Millis, Box<Problem>> {
    let millis = amount(expr)?.checked_mul(Decimal::ONE_THOUSAND);
    match millis.and_then(|millis| millis.to_u64()) {
        Some(millis) => Ok(millis),
        None => {
            let message = "this is no length of time";
            Err(Box::new(Problem::new(Code::RB506, expr.span, message)))
        }
    }
}

fn whole(expr: &Expr) -> Result<u32, Box<Problem>> {
    match amount(expr)?.to_u32() {
        Some(number) => Ok(number),
        None => {
            let message = "expected a whole number";
            Err(Box::new(Problem::new(Code::RB506, expr.span, message)))
        }
    }
}
