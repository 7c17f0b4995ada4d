//! A world in which one thing goes wrong.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::effects::{Target, target};
use super::{
    Effect, Effects, Fault, Found, GateFault, How, Interruption, People, Story, Then, UndoHow,
};
use crate::machine::event::{
    Activity, Answer, Completion, Event, Failure, Observer, Outcome, Part, Question, Reading,
};
use crate::machine::{Machine, Summary};
use crate::plan::{
    Binding, GateCondition, MetricId, Millis, NodeId, NodeKind, Plan, Round, TemplatePart,
    ValueSource, WayBack,
};
use crate::simulate::weather::{Weather, nothing};
use crate::simulate::{Happening, Takeover, World, values_of};

/// Longer than everything else takes, and within everybody's time limit.
const SLOW: Millis = 900;

/// How things stood when the run was closed.
#[derive(Debug, Clone)]
pub struct Closing {
    pub outcome: Outcome,
    pub effects: Effects,
    pub summary: Summary,
}

/// Does what its story says, and keeps account of what is changed.
#[derive(Debug)]
pub struct FaultyWorld {
    plan: Arc<Plan>,
    story: Story,
    weather: Weather,
    effects: Effects,
    closings: Vec<Closing>,
    /// What could not work for want of a value, in words.
    helpless: Vec<String>,
    /// Whether the fault and the undo's fault are over.
    over: bool,
    undo_over: bool,
    asked: bool,
    asked_before: BTreeSet<Question>,
    /// What happens next, by itself.
    pending: Option<Interruption>,
    /// What the next interpreter finds of the activity that it happened to.
    found: Option<(Activity, Found)>,
    /// How it finds everything else.
    found_others: Found,
    hung: BTreeSet<Activity>,
    hung_before: bool,
    rescued: bool,
    taken_back: bool,
    approvals: BTreeMap<Question, usize>,
}

impl FaultyWorld {
    pub fn new(plan: &Arc<Plan>, story: Story) -> FaultyWorld {
        FaultyWorld {
            plan: plan.clone(),
            story,
            weather: Weather::of(plan),
            effects: Effects::before(plan),
            closings: Vec::new(),
            helpless: Vec::new(),
            over: false,
            undo_over: false,
            asked: false,
            asked_before: BTreeSet::new(),
            pending: None,
            found: None,
            found_others: Found::Done,
            hung: BTreeSet::new(),
            hung_before: false,
            rescued: false,
            taken_back: false,
            approvals: BTreeMap::new(),
        }
    }

    /// How things stood each time the run was closed.
    pub fn closings(&self) -> &[Closing] {
        &self.closings
    }

    pub fn effects(&self) -> &Effects {
        &self.effects
    }

    /// What lacked a value that it uses, in words.
    pub fn helpless(&self) -> &[String] {
        &self.helpless
    }

    /// Whether anybody was asked what to do.
    pub fn was_asked(&self) -> bool {
        self.asked
    }

    fn works(&mut self, machine: &Machine, activity: Activity) -> Happening {
        if activity.part == Part::Probe {
            let in_place = self.effects.of(activity.node) == Effect::Full;
            return if in_place {
                Happening::ok(Vec::new())
            } else {
                Happening::failed("not in place")
            };
        }
        self.effects.apply(&self.plan, activity, Effect::Full);
        let mut happening = Happening::ok(values_of(machine, activity));
        let is_slow = self.story.fault
            == Fault::Slow {
                node: activity.node,
            };
        let lasts = if is_slow {
            SLOW
        } else {
            1 + u64::from(activity.node.0) % 3
        };
        happening.lasts = Some(lasts);
        happening
    }

    /// What this activity comes to, if it is the one that something happens to.
    fn goes_wrong(&mut self, machine: &Machine, activity: Activity) -> Option<Happening> {
        if self.is_of_failing_round(activity) {
            // What fails by itself and is atomic leaves nothing behind.
            let is_atomic = match &self.plan.nodes[activity.node.index()].kind {
                NodeKind::Step(step) => step.atomic,
                _not_a_step => false,
            };
            let done = if is_atomic {
                Effect::None
            } else {
                Effect::Partial
            };
            self.effects.apply(&self.plan, activity, done);
            return Some(Happening::failed("injected"));
        }
        let Fault::At {
            node,
            part,
            always,
            how,
            done,
        } = self.story.fault
        else {
            return None;
        };
        if self.over || (activity.node, activity.part) != (node, part) {
            return None;
        }
        self.over = !always;
        if how == How::PauseMeanwhile {
            self.pending = Some(Interruption::Pause);
            return Some(self.works(machine, activity));
        }
        let done = match how {
            How::HangsThenFails if self.hung_before => Effect::None,
            _another => done,
        };
        self.effects.apply(&self.plan, activity, done);
        Some(match how {
            How::HangsThenFails if self.hung_before => Happening::failed("injected"),
            How::HangsThenFails => {
                self.hung_before = true;
                self.hang(activity)
            }
            How::Fails => Happening::failed("injected"),
            How::Disappoints => Happening::disappoints("injected"),
            How::Hangs => self.hang(activity),
            How::IsLost => Happening {
                lasts: Some(1),
                result: Completion::InDoubt,
                values: Vec::new(),
            },
            How::RollbackMeanwhile => {
                self.pending = Some(Interruption::Rollback);
                self.hang(activity)
            }
            How::PauseMeanwhile => Happening::ok(Vec::new()),
            How::CrashMeanwhile(found, takeover) => {
                self.pending = Some(Interruption::Crash(Found::Done, takeover));
                self.found = Some((activity, found));
                self.hang(activity)
            }
        })
    }

    /// Whether this is the step at which a round is to fail.
    fn is_of_failing_round(&self, activity: Activity) -> bool {
        let Fault::Rounds { open, count, last } = self.story.fault else {
            return false;
        };
        let rounds = self.plan.rounds_of(open).map(|rounds| &rounds.rounds);
        let mut rounds = rounds.into_iter().flatten().take(count);
        activity.part == Part::Forward
            && rounds.any(|round| failing_step(&self.plan, round, last) == Some(activity.node))
    }

    fn hang(&mut self, activity: Activity) -> Happening {
        self.hung.insert(activity);
        Happening::hangs()
    }

    fn undo_goes_wrong(&mut self, activity: Activity) -> Option<Happening> {
        let fault = self.story.undo_fault?;
        let Part::Undo(_) = activity.part else {
            return None;
        };
        if self.undo_over || activity.node != fault.node {
            return None;
        }
        self.effects.apply(&self.plan, activity, Effect::Partial);
        Some(match fault.how {
            UndoHow::Fails => Happening::failed("injected"),
            UndoHow::FailsOnce => {
                self.undo_over = true;
                Happening::failed("injected")
            }
            UndoHow::Hangs => self.hang(activity),
            UndoHow::Crash(takeover) => {
                self.undo_over = true;
                self.pending = Some(Interruption::Crash(Found::Done, takeover));
                self.found = Some((activity, Found::InDoubt));
                self.hang(activity)
            }
        })
    }

    /// A value that a command uses and that nobody knows.
    fn missing_value(&self, machine: &Machine, activity: Activity) -> Option<String> {
        let task = machine.task(activity)?;
        task.bindings
            .iter()
            .find_map(|Binding { value, .. }| unknown(machine, value))
    }

    /// What an undo would take back a change in, and what nobody brought back
    /// that was destroyed since. Where somebody let that pass, it is theirs.
    fn missing_ground(&self, machine: &Machine, activity: Activity) -> Option<String> {
        let Part::Undo(_) = activity.part else {
            return None;
        };
        let Target::Unmakes(nodes) = target(&self.plan, activity) else {
            return None;
        };
        let passed_over = &machine.summary().passed_over;
        let is_let_pass = |by: NodeId| {
            let unit = match &self.plan.nodes[by.index()].kind {
                NodeKind::Step(step) => match step.way_back {
                    WayBack::Block(open) => open,
                    WayBack::Own(_)
                    | WayBack::Harmless(_)
                    | WayBack::Irreversible { .. }
                    | WayBack::Missing => by,
                },
                _a_bracket => by,
            };
            passed_over.contains(&unit)
        };
        let stores = self.effects.stores();
        let mut missing = nodes.iter().flat_map(|node| stores.missing_to(*node));
        let (thing, by) = missing.find(|(_, by)| !nodes.contains(by) && !is_let_pass(*by))?;
        let by = &self.plan.nodes[by.index()].name;
        Some(format!("`{}`, which `{by}` destroyed", thing.resource))
    }

    fn gate_fault(&self, gate: NodeId, condition: u32) -> Option<GateFault> {
        match self.story.fault {
            Fault::Gate {
                node,
                condition: at,
                how,
            } if !self.over && (node, at) == (gate, condition) => Some(how),
            _another => None,
        }
    }

    /// Somebody whose approval counts and was not given yet.
    fn approver(&mut self, machine: &Machine, question: Question) -> Option<String> {
        let Question::Approve { gate, condition } = question else {
            return Some("ada".to_owned());
        };
        let NodeKind::Gate(plan) = &self.plan.nodes[gate.index()].kind else {
            return None;
        };
        let GateCondition::Approve { members, .. } = plan.conditions.get(condition as usize)?
        else {
            return None;
        };
        let said = self.approvals.entry(question).or_insert(0);
        let mut able = members
            .iter()
            .filter(|member| machine.may_approve(gate, condition, member));
        let next = able.nth(*said).cloned();
        *said += 1;
        next
    }

    fn at_a_gate(
        &mut self,
        machine: &Machine,
        question: Question,
        gate: NodeId,
        condition: u32,
    ) -> Option<(Answer, String)> {
        let fault = self.gate_fault(gate, condition);
        if fault == Some(GateFault::Unanswerable) {
            return None;
        }
        let by = self.approver(machine, question)?;
        let answer = match fault {
            Some(GateFault::Rejected) => Answer::No {
                reason: "injected".to_owned(),
            },
            _it_opens => Answer::Yes,
        };
        Some((answer, by))
    }

    /// What a person decides who is asked what to do.
    fn decision(&mut self, question: Question) -> Option<Answer> {
        self.asked = true;
        let again = !self.asked_before.insert(question);
        match self.story.people {
            People::AbsentThenGoOn | People::AbsentThenBack => None,
            People::GoBack => Some(Answer::Rollback),
            People::GoOn => Some(match question {
                Question::InDoubt { node } => match self.effects.of(node) {
                    Effect::Full => Answer::Done,
                    Effect::None => Answer::Again,
                    Effect::Partial => Answer::Rollback,
                },
                Question::StepFailed { node } => match self.effects.of(node) {
                    Effect::None if !again => Answer::Again,
                    Effect::None | Effect::Full => Answer::Continue,
                    Effect::Partial => Answer::Rollback,
                },
                Question::GateFailed { .. } | Question::Watch(_) => Answer::Continue,
                Question::Confirm { .. } | Question::Approve { .. } => Answer::Yes,
                Question::UndoFailed { .. } => Answer::Stop,
            }),
        }
    }

    /// Somebody has it tried again once: what else fails on the way back was not
    /// mended.
    fn about_undo(&mut self, node: NodeId) -> Option<Answer> {
        let fault = self.story.undo_fault?;
        match fault.then {
            Then::Stuck | Then::Mended => None,
            Then::Again if self.undo_over || node != fault.node => None,
            Then::Again => {
                self.undo_over = true;
                Some(Answer::Again)
            }
            Then::Skip => Some(Answer::Continue),
        }
    }

    /// Whether nothing will ever happen unless somebody does something.
    fn hangs_forever(&self, machine: &Machine) -> bool {
        let waits = !self.hung.is_empty() || machine.questions().next().is_some();
        waits
            && !machine.has_commands()
            && machine.next_wake().is_none()
            && machine
                .running()
                .all(|(activity, _)| self.hung.contains(&activity) && !machine.is_ending(activity))
    }
}

impl FaultyWorld {
    /// Whether nobody answers while a watch looks on, which it would for ever.
    fn is_watched_in_vain(&self, applied: usize) -> bool {
        const PATIENCE: usize = 2_000;
        let is_silent = matches!(
            self.story.fault,
            Fault::Gate {
                how: GateFault::Silent,
                ..
            }
        );
        is_silent && !self.plan.watches.is_empty() && applied > PATIENCE
    }
}

/// The first step of a round, or its last.
fn failing_step(plan: &Plan, round: &Round, last: bool) -> Option<NodeId> {
    let is_step = |node: &NodeId| matches!(plan.nodes[node.index()].kind, NodeKind::Step(_));
    let mut steps = round.nodes().filter(is_step);
    if last { steps.last() } else { steps.next() }
}

fn unknown(machine: &Machine, value: &ValueSource) -> Option<String> {
    match value {
        ValueSource::Capture { node, name }
        | ValueSource::Output {
            node,
            name,
            default: None,
        } => machine
            .value(*node, name)
            .is_none()
            .then(|| format!("`{name}` of `{}`", machine.plan().nodes[node.index()].name)),
        ValueSource::Template(template) => template.0.iter().find_map(|part| match part {
            TemplatePart::Text(_) => None,
            TemplatePart::Value(value) => unknown(machine, value),
        }),
        ValueSource::Output {
            default: Some(_), ..
        }
        | ValueSource::Known(_)
        | ValueSource::Secret(_)
        | ValueSource::Run(_) => None,
    }
}

impl World for FaultyWorld {
    fn run(&mut self, machine: &Machine, activity: Activity) -> Happening {
        if let Some(value) = self.missing_value(machine, activity) {
            let name = &self.plan.nodes[activity.node.index()].name;
            let what = match activity.part {
                Part::Undo(_) | Part::Verify(_) => "the undo of ",
                Part::Forward | Part::Capture(_) | Part::Probe | Part::GateCheck(_) => "",
            };
            self.helpless.push(format!("{what}`{name}` lacks {value}"));
            return Happening::failed(&format!("{value} is not known"));
        }
        if let Some(gone) = self.missing_ground(machine, activity) {
            let name = &self.plan.nodes[activity.node.index()].name;
            self.helpless
                .push(format!("the undo of `{name}` lacks {gone}"));
            return Happening::failed(&format!("{gone} is gone"));
        }
        if let Some(happening) = self.goes_wrong(machine, activity) {
            return happening;
        }
        if let Some(happening) = self.undo_goes_wrong(activity) {
            return happening;
        }
        self.works(machine, activity)
    }

    fn sample(&mut self, _: Millis, observer: Observer, metrics: &[MetricId]) -> Vec<Reading> {
        let plan = self.plan.clone();
        match observer {
            Observer::Gate { gate, condition } => {
                let NodeKind::Gate(planned) = &plan.nodes[gate.index()].kind else {
                    return self.weather.fair(metrics);
                };
                match self.gate_fault(gate, condition) {
                    Some(GateFault::Failing) => self.weather.failing(planned, metrics),
                    Some(GateFault::NoData) => Some(nothing(metrics, false)),
                    Some(GateFault::Erring) => Some(nothing(metrics, true)),
                    _it_is_measured => None,
                }
            }
            Observer::Watch(index) => match self.story.fault {
                Fault::Watch { watch, rule } if watch == index => {
                    let rule = &plan.watches[index as usize].rules[rule];
                    self.weather.firing(rule, metrics)
                }
                _another => None,
            },
            Observer::Baseline => None,
        }
        .unwrap_or_else(|| self.weather.fair(metrics))
    }

    fn answer(&mut self, machine: &Machine, question: Question) -> Option<(Answer, String)> {
        let by = "ada".to_owned();
        match question {
            Question::Confirm { gate, condition } | Question::Approve { gate, condition } => {
                self.at_a_gate(machine, question, gate, condition)
            }
            Question::UndoFailed { node } => Some((self.about_undo(node)?, by)),
            Question::GateFailed { .. }
            | Question::StepFailed { .. }
            | Question::InDoubt { .. }
            | Question::Watch(_) => Some((self.decision(question)?, by)),
        }
    }

    fn window(&mut self, gate: NodeId, condition: u32) -> bool {
        self.gate_fault(gate, condition) != Some(GateFault::WindowClosed)
    }

    fn rehearsed(&mut self, gate: NodeId, condition: u32) -> bool {
        self.gate_fault(gate, condition) != Some(GateFault::NotRehearsed)
    }

    fn is_silent(&mut self, _: &Machine, question: Question) -> bool {
        match question {
            Question::Confirm { gate, condition } | Question::Approve { gate, condition } => {
                self.gate_fault(gate, condition) == Some(GateFault::Silent)
            }
            Question::GateFailed { .. }
            | Question::StepFailed { .. }
            | Question::InDoubt { .. }
            | Question::UndoFailed { .. }
            | Question::Watch(_) => false,
        }
    }

    fn intrude(&mut self, machine: &Machine, applied: usize) -> Option<Event> {
        if let Fault::Between { applied: at, what } = self.story.fault
            && !self.over
            && applied == at
        {
            self.over = true;
            self.pending = Some(what);
        }
        let by = "ada".to_owned();
        let rollback = || Event::RollbackRequested {
            by: by.clone(),
            reason: "injected".to_owned(),
        };
        match self.pending {
            Some(Interruption::Rollback) => {
                self.pending = None;
                Some(rollback())
            }
            Some(Interruption::Pause) => {
                self.pending = None;
                Some(Event::PauseRequested { by })
            }
            // The simulation asks for it apart.
            Some(Interruption::Crash(..)) | None => {
                let in_vain = self.hangs_forever(machine) || self.is_watched_in_vain(applied);
                let rescue = !self.rescued && in_vain;
                self.rescued |= rescue;
                rescue.then(rollback)
            }
        }
    }

    fn crash(&mut self, _: &Machine, applied: usize) -> Option<Takeover> {
        if let Fault::Between {
            applied: at,
            what: Interruption::Crash(..),
        } = self.story.fault
            && !self.over
            && applied == at
        {
            self.over = true;
            if let Fault::Between { what, .. } = self.story.fault {
                self.pending = Some(what);
            }
        }
        let Some(Interruption::Crash(found, takeover)) = self.pending else {
            return None;
        };
        self.pending = None;
        self.found_others = found;
        Some(takeover)
    }

    fn found(&mut self, machine: &Machine, activity: Activity) -> Happening {
        if self.is_of_failing_round(activity) {
            return Happening::failed("injected");
        }
        let found = match self.found {
            Some((it, found)) if it == activity => found,
            _something_else => self.still_wrong(activity).unwrap_or(self.found_others),
        };
        let (result, values) = match found {
            Found::Done => (Completion::Ok, values_of(machine, activity)),
            Found::InDoubt => (Completion::InDoubt, Vec::new()),
            Found::Failed => {
                let failure = Failure {
                    exit: Some(1),
                    message: "injected".to_owned(),
                    worked: false,
                };
                (Completion::Failed(failure), Vec::new())
            }
        };
        // A probe that said no is not found to have said yes.
        let result = match (activity.part, result) {
            (Part::Probe, Completion::Ok) => Completion::InDoubt,
            (_, result) => result,
        };
        Happening {
            lasts: None,
            result,
            values,
        }
    }

    fn reopen(&mut self, machine: &Machine, outcome: Outcome) -> Option<Event> {
        self.closings.push(Closing {
            outcome,
            effects: self.effects.clone(),
            summary: machine.summary().clone(),
        });
        let by = "ada".to_owned();
        let back = Event::RollbackRequested {
            by: by.clone(),
            reason: "injected".to_owned(),
        };
        let waited = self.closings.iter();
        let waited = waited.filter(|it| it.outcome == Outcome::Waiting).count();
        match outcome {
            Outcome::Waiting if waited > 2 => Some(back),
            Outcome::Waiting => {
                self.over = true;
                match self.story.people {
                    People::GoOn => Some(Event::Resumed { by }),
                    People::AbsentThenGoOn => {
                        self.story.people = People::GoOn;
                        Some(Event::Resumed { by })
                    }
                    People::GoBack if self.is_pause() => Some(Event::Resumed { by }),
                    People::GoBack => Some(back),
                    People::AbsentThenBack => {
                        self.story.people = People::GoBack;
                        Some(back)
                    }
                }
            }
            Outcome::Succeeded if self.is_taken_back_later() && !self.taken_back => {
                self.over = true;
                self.taken_back = true;
                Some(back)
            }
            // A loop's rule left something: somebody takes that back, too.
            Outcome::RollbackIncomplete if machine.breached().is_some() => Some(back),
            Outcome::RollbackIncomplete => {
                let mended = self.story.undo_fault?.then == Then::Mended && !self.undo_over;
                self.undo_over |= mended;
                mended.then_some(back)
            }
            Outcome::Succeeded | Outcome::Stopped | Outcome::RolledBack | Outcome::Frozen => None,
        }
    }
}

impl FaultyWorld {
    /// Whether a run that succeeded is taken back after all: where nothing went
    /// wrong, and where it went on over something that did.
    fn is_taken_back_later(&self) -> bool {
        match self.story.fault {
            Fault::Afterwards | Fault::Gate { .. } | Fault::Rounds { .. } => true,
            Fault::At { how, .. } => matches!(
                how,
                How::Fails | How::Disappoints | How::Hangs | How::HangsThenFails | How::IsLost
            ),
            Fault::Nothing | Fault::Between { .. } | Fault::Watch { .. } | Fault::Slow { .. } => {
                false
            }
        }
    }

    /// How a fault that stays shows itself to the next interpreter.
    fn still_wrong(&self, activity: Activity) -> Option<Found> {
        let Fault::At {
            node,
            part,
            always: true,
            how,
            ..
        } = self.story.fault
        else {
            return None;
        };
        let is_it = !self.over && (activity.node, activity.part) == (node, part);
        is_it.then_some(match how {
            How::Fails => Found::Failed,
            How::Disappoints
            | How::Hangs
            | How::HangsThenFails
            | How::IsLost
            | How::RollbackMeanwhile
            | How::PauseMeanwhile
            | How::CrashMeanwhile(..) => Found::InDoubt,
        })
    }

    /// Whether what happens is that somebody wants the run to pause.
    fn is_pause(&self) -> bool {
        match self.story.fault {
            Fault::At { how, .. } => how == How::PauseMeanwhile,
            Fault::Between { what, .. } => what == Interruption::Pause,
            Fault::Nothing
            | Fault::Rounds { .. }
            | Fault::Gate { .. }
            | Fault::Watch { .. }
            | Fault::Afterwards
            | Fault::Slow { .. } => false,
        }
    }
}
