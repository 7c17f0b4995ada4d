//! A world that does what a test says, and otherwise lets all go well.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::script::{Doing, Script, Target, end_of};
use crate::machine::event::{
    Activity, Answer, Completion, Event, Failure, Observer, Part, Question, Reading, ReadingResult,
};
use crate::machine::{Machine, NodeState};
use crate::model::testing::Gets;
use crate::plan::{GateCondition, MetricId, Millis, NodeId, NodeKind, Plan};
use crate::problem::{Code, Problem};
use crate::simulate::weather::Weather;
use crate::simulate::{Happening, Takeover, World, values_of};
use crate::syntax::ast::{EventPlace, TestEvent};

#[derive(Debug)]
pub struct ScriptedWorld {
    plan: Arc<Plan>,
    script: Script,
    weather: Weather,
    /// How many people have answered each question.
    answers: BTreeMap<Question, usize>,
}

impl ScriptedWorld {
    pub fn new(plan: &Arc<Plan>, script: Script) -> ScriptedWorld {
        ScriptedWorld {
            plan: plan.clone(),
            script,
            weather: Weather::of(plan),
            answers: BTreeMap::new(),
        }
    }

    /// Lines of the test that made no difference: what they are about never
    /// came.
    pub fn unheard(&self) -> Vec<Problem> {
        let nodes = self.script.nodes.iter().map(|rule| (rule.heard, rule.span));
        let gates = self.script.gates.iter().map(|rule| (rule.heard, rule.span));
        let events = self
            .script
            .events
            .iter()
            .map(|rule| (rule.heard, rule.span));
        nodes
            .chain(gates)
            .chain(events)
            .filter(|(heard, _)| !heard)
            .map(|(_, span)| {
                let message = "this never happened: the run did not come so far";
                Problem::new(Code::RB964, span, message)
                    .help("take the line away, or make the run come to it")
            })
            .collect()
    }

    fn is_target(&self, target: Target, activity: Activity) -> bool {
        let node = activity.node;
        match (target, activity.part) {
            (Target::Forward(of), Part::Forward) => of == node,
            (Target::GateCheck(of, place), Part::GateCheck(at)) => of == node && place == at,
            (Target::Undo(of), Part::Undo(_)) => of == node && !self.is_leave(activity),
            (Target::Leave(of), Part::Undo(_)) => of == node && self.is_leave(activity),
            (Target::Leave(of), Part::Forward) => match &self.plan.nodes[node.index()].kind {
                NodeKind::Leave { enter } => *enter == of,
                _another => false,
            },
            (
                Target::Forward(_) | Target::GateCheck(..) | Target::Undo(_) | Target::Leave(_),
                Part::Forward
                | Part::Undo(_)
                | Part::Capture(_)
                | Part::Probe
                | Part::Verify(_)
                | Part::GateCheck(_),
            ) => false,
        }
    }

    /// Whether an undo of a bracket is its `leave`, which comes after the
    /// rollback of its block.
    fn is_leave(&self, activity: Activity) -> bool {
        match (&self.plan.nodes[activity.node.index()].kind, activity.part) {
            (NodeKind::Enter(enter), Part::Undo(attempt)) => {
                let of_block = enter.undo.as_ref().map_or(0, |undo| undo.attempts.len());
                attempt as usize >= of_block
            }
            _no_bracket => false,
        }
    }

    fn gate_gets(&mut self, gate: NodeId) -> Option<Gets> {
        let rule = self
            .script
            .gates
            .iter_mut()
            .find(|rule| rule.nodes.contains(&gate))?;
        rule.heard = true;
        Some(rule.gets.clone())
    }

    /// The next person whose approval counts.
    fn able(&self, machine: &Machine, question: Question, said: usize) -> Option<String> {
        let Question::Approve { gate, condition } = question else {
            return Some("ada".to_owned());
        };
        let NodeKind::Gate(planned) = &self.plan.nodes[gate.index()].kind else {
            return None;
        };
        let GateCondition::Approve { members, .. } = planned.conditions.get(condition as usize)?
        else {
            return None;
        };
        let mut able = members
            .iter()
            .filter(|member| machine.may_approve(gate, condition, member));
        able.nth(said).cloned()
    }

    fn at_a_gate(
        &mut self,
        machine: &Machine,
        question: Question,
        gate: NodeId,
    ) -> Option<(Answer, String)> {
        let gets = self.gate_gets(gate);
        let said = *self.answers.get(&question).unwrap_or(&0);
        self.answers.insert(question, said + 1);
        let by = match &gets {
            Some(Gets::Unanswered) => return None,
            Some(Gets::Approved(people)) => people.get(said).cloned()?,
            Some(Gets::Rejected) if said > 0 => return None,
            Some(Gets::Confirmed | Gets::Rejected | Gets::Closed) | None => {
                self.able(machine, question, said)?
            }
        };
        let answer = match gets {
            Some(Gets::Rejected) => Answer::No {
                reason: "rejected".to_owned(),
            },
            Some(Gets::Approved(_) | Gets::Confirmed | Gets::Unanswered | Gets::Closed) | None => {
                Answer::Yes
            }
        };
        Some((answer, by))
    }

    fn reading(&self, metric: MetricId, at: Millis) -> Option<ReadingResult> {
        let rules = self.script.metrics.iter();
        let rule = rules.rev().find(|rule| rule.metric == metric)?;
        let reading = rule.readings.iter().rev().find(|(from, _)| *from <= at);
        let (_, value) = reading.or_else(|| rule.readings.first())?;
        Some(match value {
            Some(value) => ReadingResult::Values(vec![*value]),
            None => ReadingResult::NoData("the test gives none".to_owned()),
        })
    }

    /// An event of the test whose moment has come.
    fn due(&mut self, machine: &Machine, crash: bool) -> Option<TestEvent> {
        let rules = self.script.events.iter_mut();
        let rule = rules
            .filter(|rule| !rule.heard && (rule.event == TestEvent::Crash) == crash)
            .find(|rule| {
                rule.nodes
                    .iter()
                    .any(|node| has_come(machine, *node, rule.place))
            })?;
        rule.heard = true;
        Some(rule.event)
    }
}

fn has_come(machine: &Machine, node: NodeId, place: EventPlace) -> bool {
    let end = end_of(machine.plan(), node);
    match place {
        EventPlace::After => is_over(machine, end),
        // A block is open from its first node to its last.
        EventPlace::During if end != node => is_over(machine, node) && !is_over(machine, end),
        EventPlace::During => match machine.plan().nodes[node.index()].kind {
            NodeKind::Gate(_) => is_going_on(machine, node),
            NodeKind::Open(_)
            | NodeKind::Close { .. }
            | NodeKind::Step(_)
            | NodeKind::Check(_)
            | NodeKind::Notify { .. }
            | NodeKind::Postmortem { .. }
            | NodeKind::Enter(_)
            | NodeKind::Leave { .. } => machine
                .running()
                .any(|(activity, _)| activity.node == node && activity.part == Part::Forward),
        },
    }
}

fn is_over(machine: &Machine, node: NodeId) -> bool {
    matches!(
        machine.node_state(node),
        NodeState::Done | NodeState::AlreadyDone | NodeState::PassedOver
    )
}

fn is_going_on(machine: &Machine, node: NodeId) -> bool {
    matches!(
        machine.node_state(node),
        NodeState::Running | NodeState::Retrying | NodeState::Asking
    )
}

impl World for ScriptedWorld {
    fn run(&mut self, machine: &Machine, activity: Activity) -> Happening {
        let mut happening = Happening::ok(values_of(machine, activity));
        for index in 0..self.script.nodes.len() {
            let rule = &self.script.nodes[index];
            let here = rule.targets.iter().any(|it| self.is_target(*it, activity));
            let first_way = !matches!(activity.part, Part::Undo(way) if way > 0);
            let now = rule
                .attempt
                .is_none_or(|attempt| attempt == activity.attempt && first_way);
            if !here || !now {
                continue;
            }
            let does = rule.does.clone();
            self.script.nodes[index].heard = true;
            match does {
                Doing::Fail(exit) => {
                    happening.values.clear();
                    happening.result = Completion::Failed(Failure {
                        exit: Some(exit),
                        message: format!("exit status {exit}"),
                        worked: false,
                    });
                }
                Doing::TimeOut => return Happening::hangs(),
                Doing::Take(lasts) => happening.lasts = Some(lasts),
                Doing::Give(name, value) => {
                    happening.values.retain(|(of, _)| *of != name);
                    happening.values.push((name, value));
                }
            }
        }
        happening
    }

    fn sample(&mut self, at: Millis, _: Observer, metrics: &[MetricId]) -> Vec<Reading> {
        let fair = self.weather.fair(metrics);
        fair.into_iter()
            .map(|reading| Reading {
                result: self.reading(reading.metric, at).unwrap_or(reading.result),
                ..reading
            })
            .collect()
    }

    fn answer(&mut self, machine: &Machine, question: Question) -> Option<(Answer, String)> {
        match question {
            Question::Confirm { gate, .. } | Question::Approve { gate, .. } => {
                self.at_a_gate(machine, question, gate)
            }
            // Nobody decides for the people of a real run.
            Question::GateFailed { .. }
            | Question::StepFailed { .. }
            | Question::InDoubt { .. }
            | Question::UndoFailed { .. }
            | Question::Watch(_) => None,
        }
    }

    fn window(&mut self, gate: NodeId, _: u32) -> bool {
        self.gate_gets(gate) != Some(Gets::Closed)
    }

    fn is_silent(&mut self, _: &Machine, question: Question) -> bool {
        let (Question::Confirm { gate, .. } | Question::Approve { gate, .. }) = question else {
            return false;
        };
        let has_limit = match &self.plan.nodes[gate.index()].kind {
            NodeKind::Gate(gate) => gate.timeout.is_some(),
            _no_gate => false,
        };
        has_limit && self.gate_gets(gate) == Some(Gets::Unanswered)
    }

    fn intrude(&mut self, machine: &Machine, _: usize) -> Option<Event> {
        let reason = match self.due(machine, false)? {
            TestEvent::Interrupt => "interrupted",
            TestEvent::Request | TestEvent::Crash => "requested",
        };
        Some(Event::RollbackRequested {
            by: "ada".to_owned(),
            reason: reason.to_owned(),
        })
    }

    fn crash(&mut self, machine: &Machine, _: usize) -> Option<Takeover> {
        self.due(machine, true).map(|_| Takeover::FactsFirst)
    }
}
