//! Gates and checklists: a decision before what follows.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::machine::command::EndWhy;
use crate::machine::event::{Activity, Answer, Completion, How, Observer, Part, Question, Reading};
use crate::machine::measure::{HoldState, Progress, UntilState};
use crate::machine::wishes::Wishes;
use crate::machine::{Headline, Machine, NodeState};
use crate::plan::{Gate, GateCondition, GateElse, Millis, NodeId};
use crate::types::text::elapsed;

/// A gate that was begun and has not been decided.
#[derive(Debug, PartialEq)]
pub(super) struct GateRun {
    deadline: Option<Millis>,
    conditions: Vec<ConditionRun>,
    /// A checklist: one after another.
    in_order: bool,
    /// Waits for a person to say what its failure does.
    failed: bool,
}

#[derive(Debug, PartialEq)]
enum ConditionRun {
    Held,
    Approve {
        by: BTreeSet<String>,
        count: usize,
    },
    Confirm,
    Window {
        open: bool,
        /// When to look again; `None`: a look is under way.
        look_at: Option<Millis>,
    },
    Wait {
        until: Millis,
    },
    Hold(HoldState),
    Until(UntilState),
    /// When its first attempt began, and when the next one is due.
    Check {
        since: Option<Millis>,
        next: Option<Millis>,
        attempts: u32,
    },
    Rehearsed,
}

impl ConditionRun {
    fn is_held(&self) -> bool {
        match self {
            ConditionRun::Held | ConditionRun::Window { open: true, .. } => true,
            ConditionRun::Approve { .. }
            | ConditionRun::Confirm
            | ConditionRun::Window { .. }
            | ConditionRun::Wait { .. }
            | ConditionRun::Hold(_)
            | ConditionRun::Until(_)
            | ConditionRun::Check { .. }
            | ConditionRun::Rehearsed => false,
        }
    }

    fn wake(&self) -> Option<Millis> {
        match self {
            ConditionRun::Window { look_at, .. } => *look_at,
            ConditionRun::Wait { until } => Some(*until),
            ConditionRun::Hold(hold) => hold.next_sample_at(),
            ConditionRun::Until(until) => until.next_sample_at(),
            ConditionRun::Check { next, .. } => *next,
            ConditionRun::Held
            | ConditionRun::Approve { .. }
            | ConditionRun::Confirm
            | ConditionRun::Rehearsed => None,
        }
    }
}

impl GateRun {
    /// When something must be done about it.
    pub fn wake(&self, gate: NodeId, wishes: &Wishes) -> Option<Millis> {
        if self.failed {
            return None;
        }
        let is_sampling = |condition: usize| {
            let condition = index(condition);
            wishes.is_sampling(Observer::Gate { gate, condition })
        };
        let first_open = self.conditions.iter().position(|it| !it.is_held());
        let its_turn = |at: usize| !self.in_order || Some(at) == first_open;
        self.conditions
            .iter()
            .enumerate()
            .filter(|(at, _)| its_turn(*at) && !is_sampling(*at))
            .filter_map(|(_, condition)| condition.wake())
            .chain(self.deadline)
            .min()
    }

    pub fn check_began(&self, condition: u32) -> Option<Millis> {
        match self.conditions.get(condition as usize)? {
            ConditionRun::Check { since, .. } => *since,
            _not_a_check => None,
        }
    }
}

fn index(condition: usize) -> u32 {
    u32::try_from(condition).unwrap_or(u32::MAX)
}

impl Machine {
    pub(super) fn begin_gate(&mut self, node: NodeId, gate: &Gate) {
        self.set_state(node, NodeState::Running);
        let now = self.now;
        let conditions = gate
            .conditions
            .iter()
            .map(|condition| condition_run(condition, now))
            .collect();
        let run = GateRun {
            deadline: gate.timeout.map(|timeout| now.saturating_add(timeout)),
            conditions,
            in_order: gate.checklist,
            failed: false,
        };
        self.gates.insert(node, run);
        self.advance_gate(node);
    }

    /// After a pause or a crash: what was seen of the world is old, so it is
    /// looked at anew. What people said still counts.
    pub(super) fn restart_gates(&mut self) {
        let gates: Vec<NodeId> = self.gates.keys().copied().collect();
        for node in gates {
            self.restart_gate(node);
        }
    }

    fn restart_gate(&mut self, node: NodeId) {
        let now = self.now;
        let plan = Arc::clone(&self.plan);
        let (Some(plan), Some(run)) = (plan.nodes[node.index()].gate(), self.gates.get_mut(&node))
        else {
            return;
        };
        run.deadline = plan.timeout.map(|timeout| now.saturating_add(timeout));
        run.failed = false;
        for (at, (condition, seen)) in plan.conditions.iter().zip(&mut run.conditions).enumerate() {
            let runs = self.running.iter().any(|(activity, running)| {
                activity.node == node
                    && activity.part == Part::GateCheck(index(at))
                    && running.ending != Some(EndWhy::Cancelled)
            });
            match condition {
                GateCondition::Hold { .. }
                | GateCondition::Until { .. }
                | GateCondition::Window(_) => *seen = condition_run(condition, now),
                // One that still runs goes on.
                GateCondition::Check { .. } => {
                    if !seen.is_held() && !runs {
                        *seen = condition_run(condition, now);
                    }
                }
                GateCondition::Approve { .. }
                | GateCondition::Confirm { .. }
                | GateCondition::Wait(_)
                | GateCondition::Rehearsed { .. } => {}
            }
        }
        self.wishes.drop_gate(node);
        self.set_state(node, NodeState::Running);
    }

    pub(super) fn advance_gates(&mut self) {
        let gates: Vec<NodeId> = self.gates.keys().copied().collect();
        for node in gates {
            self.advance_gate(node);
        }
    }

    fn advance_gate(&mut self, node: NodeId) {
        let plan = Arc::clone(&self.plan);
        let Some(plan) = plan.nodes[node.index()].gate() else {
            return;
        };
        if !self.is_forward() || self.gates.get(&node).is_none_or(|run| run.failed) {
            return;
        }
        for condition in 0..plan.conditions.len() {
            if !self.gates.contains_key(&node) {
                return;
            }
            if plan.checklist && !self.earlier_items_are_held(node, condition) {
                break;
            }
            self.advance_condition(node, condition);
        }
        let Some(run) = self.gates.get(&node) else {
            return;
        };
        if run.failed {
            return;
        }
        if run.conditions.iter().all(ConditionRun::is_held) {
            self.leave_gate(node, NodeState::Done);
        } else if run.deadline.is_some_and(|deadline| deadline <= self.now) {
            let timeout = plan.timeout.map(elapsed).unwrap_or_default();
            let missing = self.missing_of(node, missing_condition).join(", ");
            let why = format!("not decided within {timeout}: {missing}");
            self.gate_failed(node, &why);
        }
    }

    fn earlier_items_are_held(&self, node: NodeId, condition: usize) -> bool {
        self.gates.get(&node).is_some_and(|run| {
            run.conditions[..condition]
                .iter()
                .all(ConditionRun::is_held)
        })
    }

    /// Wishes what a condition needs next.
    fn advance_condition(&mut self, gate: NodeId, condition: usize) {
        let now = self.now;
        let at = index(condition);
        let Some(run) = self.gates.get_mut(&gate) else {
            return;
        };
        let seen = &mut run.conditions[condition];
        let observer = Observer::Gate {
            gate,
            condition: at,
        };
        match seen {
            ConditionRun::Held => {}
            ConditionRun::Approve { .. } => self.wishes.ask(Question::Approve {
                gate,
                condition: at,
            }),
            ConditionRun::Confirm => self.wishes.ask(Question::Confirm {
                gate,
                condition: at,
            }),
            ConditionRun::Window { open, look_at } => {
                if look_at.is_some_and(|look_at| look_at <= now) {
                    // What was seen counts no longer than it was to hold.
                    *open = false;
                    *look_at = None;
                    self.wishes.look_at_window(gate, at);
                }
            }
            ConditionRun::Wait { until } => {
                if *until <= now {
                    *seen = ConditionRun::Held;
                }
            }
            ConditionRun::Hold(hold) => {
                let due = hold.next_sample_at().is_some_and(|due| due <= now);
                if due && !self.wishes.is_sampling(observer) {
                    self.wishes.sample(observer, hold.metrics());
                }
            }
            ConditionRun::Until(until) => {
                let due = until.next_sample_at().is_some_and(|due| due <= now);
                if due && !self.wishes.is_sampling(observer) {
                    self.wishes.sample(observer, until.metrics());
                }
            }
            ConditionRun::Check { next, .. } => {
                if next.is_some_and(|next| next <= now) {
                    *next = None;
                    self.wish(gate, Part::GateCheck(at));
                }
            }
            ConditionRun::Rehearsed => self.wishes.look_for_rehearsal(gate, at),
        }
    }

    fn hold_condition(&mut self, gate: NodeId, condition: u32) {
        if let Some(run) = self.gates.get_mut(&gate)
            && let Some(seen) = run.conditions.get_mut(condition as usize)
        {
            *seen = ConditionRun::Held;
        }
    }

    pub(super) fn confirmed(&mut self, gate: NodeId, condition: u32, answer: &Answer, by: &str) {
        if *answer == Answer::Stop {
            self.pause(&format!("stopped by {by}"));
            return;
        }
        self.wishes.settle(Question::Confirm { gate, condition });
        match rejection(answer) {
            None => self.hold_condition(gate, condition),
            Some(reason) => self.gate_rejected(gate, by, reason),
        }
    }

    pub(super) fn approved(
        &mut self,
        (gate, condition): (NodeId, u32),
        answer: &Answer,
        by: &str,
        how: &How,
    ) {
        // That the run waits decides nothing: whoever started it may say so too.
        if *answer == Answer::Stop {
            self.pause(&format!("stopped by {by}"));
            return;
        }
        if !self.may_approve(gate, condition, by) {
            return;
        }
        // Whoever says no needs no proof: nothing goes on by that.
        if *answer == Answer::Yes && !self.is_proof(gate, condition, how) {
            return;
        }
        let question = Question::Approve { gate, condition };
        if let Some(reason) = rejection(answer) {
            self.wishes.settle(question);
            self.gate_rejected(gate, by, reason);
            return;
        }
        let Some(run) = self.gates.get_mut(&gate) else {
            return;
        };
        let Some(seen) = run.conditions.get_mut(condition as usize) else {
            return;
        };
        if let ConditionRun::Approve { by: people, count } = seen {
            people.insert(by.to_owned());
            if people.len() >= *count {
                *seen = ConditionRun::Held;
                self.wishes.settle(question);
            }
        }
    }

    /// Whether this person's word counts: a member of the role, and not the
    /// one who started the run unless the gate says so.
    pub fn may_approve(&self, gate: NodeId, condition: u32, by: &str) -> bool {
        let Some(plan) = self.plan.nodes[gate.index()].gate() else {
            return false;
        };
        match plan.conditions.get(condition as usize) {
            Some(GateCondition::Approve {
                members,
                or_starter,
                ..
            }) => members.iter().any(|member| member == by) && (*or_starter || by != self.starter),
            _not_an_approval => false,
        }
    }

    /// Whether this person has approved already, and others are still to.
    pub fn has_approved(&self, gate: NodeId, condition: u32, by: &str) -> bool {
        let run = self.gates.get(&gate);
        let seen = run.and_then(|run| run.conditions.get(condition as usize));
        matches!(seen, Some(ConditionRun::Approve { by: people, .. }) if people.contains(by))
    }

    /// Whether an approval counts only with a signature.
    pub fn wants_signature(&self, gate: NodeId, condition: u32) -> bool {
        let Some(plan) = self.plan.nodes[gate.index()].gate() else {
            return false;
        };
        matches!(
            plan.conditions.get(condition as usize),
            Some(GateCondition::Approve {
                signed_by: Some(_),
                ..
            })
        )
    }

    /// Whether an approval that was given in this way counts.
    fn is_proof(&self, gate: NodeId, condition: u32, how: &How) -> bool {
        match how {
            How::Signature | How::Scripted => true,
            How::Terminal | How::YesOption | How::OnDoubtOption | How::Command => {
                !self.wants_signature(gate, condition)
            }
        }
    }

    fn gate_rejected(&mut self, gate: NodeId, by: &str, reason: &str) {
        let why = if reason.is_empty() {
            format!("rejected by {by}")
        } else {
            format!("rejected by {by}: {reason}")
        };
        self.gate_failed(gate, &why);
    }

    pub(super) fn window_seen(
        &mut self,
        gate: NodeId,
        condition: u32,
        is_open: bool,
        until: Option<Millis>,
        reason: Option<&str>,
    ) {
        self.wishes.window_seen(gate, condition);
        let Some(run) = self.gates.get_mut(&gate) else {
            return;
        };
        let Some(ConditionRun::Window { open, look_at }) =
            run.conditions.get_mut(condition as usize)
        else {
            return;
        };
        *open = is_open;
        *look_at = until;
        if !is_open && until.is_none() {
            let why = reason.unwrap_or("its window will not open again");
            self.gate_failed(gate, &format!("the window is closed: {why}"));
        }
    }

    pub(super) fn rehearsal_seen(&mut self, gate: NodeId, condition: u32, found: bool) {
        self.wishes.rehearsal_seen(gate, condition);
        if !self.gates.contains_key(&gate) {
            return;
        }
        if found {
            self.hold_condition(gate, condition);
        } else {
            self.gate_failed(gate, "it was not rehearsed");
        }
    }

    pub(super) fn gate_sampled(&mut self, gate: NodeId, condition: u32, readings: &[Reading]) {
        let now = self.now;
        let baseline = self.baseline.readings().clone();
        let Some(run) = self.gates.get_mut(&gate) else {
            return;
        };
        let Some(seen) = run.conditions.get_mut(condition as usize) else {
            return;
        };
        let progress = match seen {
            ConditionRun::Hold(hold) => hold.sampled(now, readings, &baseline),
            ConditionRun::Until(until) => until.sampled(now, readings, &baseline),
            _not_measured => return,
        };
        match progress {
            Progress::Undecided => {}
            Progress::Passed => *seen = ConditionRun::Held,
            Progress::Failed(why) => self.gate_failed(gate, &why),
            Progress::Inconclusive(why) => self.ask_about_gate(gate, &why),
        }
    }

    pub(super) fn gate_check_ended(
        &mut self,
        activity: Activity,
        condition: u32,
        result: &Completion,
    ) {
        let gate = activity.node;
        let pause = self.pause_before_retry(activity);
        let now = self.now;
        let Some(run) = self.gates.get_mut(&gate) else {
            return;
        };
        let Some(ConditionRun::Check { next, attempts, .. }) =
            run.conditions.get_mut(condition as usize)
        else {
            return;
        };
        *attempts += 1;
        match result {
            Completion::Ok => self.hold_condition(gate, condition),
            Completion::InDoubt => *next = Some(now),
            Completion::Failed(_) | Completion::TimedOut | Completion::Cancelled => match pause {
                Some(pause) => *next = Some(now.saturating_add(pause)),
                None => {
                    let why = self.failure_message(activity, result);
                    self.gate_failed(gate, &why);
                }
            },
        }
    }

    /// Notes when a gate's check first began.
    pub(super) fn gate_check_intended(&mut self, activity: Activity, condition: u32) {
        let now = self.now;
        if let Some(run) = self.gates.get_mut(&activity.node)
            && let Some(ConditionRun::Check { since, .. }) =
                run.conditions.get_mut(condition as usize)
        {
            since.get_or_insert(now);
        }
    }

    /// The time of its attempts is counted from here.
    pub(super) fn gate_check_begins_anew(&mut self, activity: Activity, condition: u32) {
        let now = self.now;
        if let Some(run) = self.gates.get_mut(&activity.node)
            && let Some(ConditionRun::Check { since, .. }) =
                run.conditions.get_mut(condition as usize)
        {
            *since = Some(now);
        }
    }

    /// The gate will not open by itself.
    fn gate_failed(&mut self, gate: NodeId, why: &str) {
        let Some(plan) = self.plan.nodes[gate.index()].gate() else {
            return;
        };
        match plan.otherwise {
            GateElse::Abort | GateElse::Rollback => self.gate_goes_back(gate, why),
            GateElse::Continue => self.leave_gate(gate, NodeState::PassedOver),
            GateElse::Ask => self.ask_about_gate(gate, why),
        }
    }

    fn gate_goes_back(&mut self, gate: NodeId, why: &str) {
        self.cancel_gate_checks(gate);
        self.gates.remove(&gate);
        self.set_state(gate, NodeState::Failed);
        let message = format!("gate `{}` did not open: {why}", self.name(gate));
        self.fail(gate, message);
    }

    fn ask_about_gate(&mut self, gate: NodeId, why: &str) {
        self.cancel_gate_checks(gate);
        self.wishes.drop_gate(gate);
        if let Some(run) = self.gates.get_mut(&gate) {
            run.failed = true;
        }
        self.set_state(gate, NodeState::Asking);
        let message = format!("gate `{}` did not open: {why}", self.name(gate));
        self.headline.get_or_insert(Headline::at(gate, message));
        self.wishes.ask(Question::GateFailed { gate });
    }

    pub(super) fn gate_decided(&mut self, gate: NodeId, answer: &Answer, by: &str) {
        self.wishes.settle(Question::GateFailed { gate });
        match answer {
            Answer::Continue | Answer::Yes | Answer::Done => {
                self.forget_headline_of(gate);
                self.leave_gate(gate, NodeState::PassedOver);
            }
            Answer::Again => {
                self.forget_headline_of(gate);
                self.gates.remove(&gate);
                let plan = Arc::clone(&self.plan);
                if let Some(plan) = plan.nodes[gate.index()].gate() {
                    self.begin_gate(gate, plan);
                }
            }
            Answer::Rollback | Answer::No { .. } => {
                self.gates.remove(&gate);
                self.set_state(gate, NodeState::Failed);
                let headline = self.headline.clone();
                self.go_back(headline.unwrap_or_else(|| Headline::request(by, "at a gate")));
            }
            Answer::Stop => self.pause(&format!("stopped by {by}")),
        }
    }

    /// The gate is decided and what follows it may start.
    fn leave_gate(&mut self, gate: NodeId, state: NodeState) {
        self.cancel_gate_checks(gate);
        self.wishes.drop_gate(gate);
        self.gates.remove(&gate);
        self.finish(gate, state);
    }

    fn cancel_gate_checks(&mut self, gate: NodeId) {
        let checks: Vec<Activity> = self
            .running
            .keys()
            .filter(|activity| activity.node == gate)
            .copied()
            .collect();
        for activity in checks {
            self.end(activity, EndWhy::Cancelled);
        }
    }

    /// What a gate still waits for and how far it is, a line each; none where it is
    /// decided.
    pub fn gate_progress(&self, node: NodeId, now: Millis) -> Vec<String> {
        self.missing_of(node, |condition, seen| match seen {
            ConditionRun::Wait { until } => {
                let left = until.saturating_sub(now).div_ceil(1_000) * 1_000;
                format!("{} left", elapsed(left))
            }
            _without_an_end => missing_condition(condition, seen),
        })
    }

    fn missing_of(
        &self,
        node: NodeId,
        words: impl Fn(&GateCondition, &ConditionRun) -> String,
    ) -> Vec<String> {
        let (Some(run), Some(plan)) = (self.gates.get(&node), self.plan.nodes[node.index()].gate())
        else {
            return Vec::new();
        };
        plan.conditions
            .iter()
            .zip(&run.conditions)
            .filter(|(_, seen)| !seen.is_held())
            .map(|(condition, seen)| words(condition, seen))
            .collect()
    }
}

fn rejection(answer: &Answer) -> Option<&str> {
    match answer {
        Answer::Yes | Answer::Continue | Answer::Done => None,
        Answer::No { reason } => Some(reason),
        Answer::Again | Answer::Rollback | Answer::Stop => Some(""),
    }
}

fn missing_condition(condition: &GateCondition, seen: &ConditionRun) -> String {
    match condition {
        GateCondition::Approve { role, count, .. } => {
            let got = match seen {
                ConditionRun::Approve { by, .. } => by.len(),
                _held => 0,
            };
            format!("approval by `{role}` ({got} of {count})")
        }
        GateCondition::Confirm { .. } => "a confirmation".to_owned(),
        GateCondition::Window(window) => format!("window `{}`", window.name),
        GateCondition::Wait(_) => "a wait".to_owned(),
        GateCondition::Hold { .. } | GateCondition::Until { .. } => match seen {
            ConditionRun::Hold(hold) => hold.describe(),
            ConditionRun::Until(until) => until.describe(),
            _held => String::new(),
        },
        GateCondition::Check { .. } => "a check".to_owned(),
        GateCondition::Rehearsed { on, .. } => format!("a rehearsal on `{on}`"),
    }
}

fn condition_run(condition: &GateCondition, now: Millis) -> ConditionRun {
    match condition {
        GateCondition::Approve { count, .. } => ConditionRun::Approve {
            by: BTreeSet::new(),
            count: *count as usize,
        },
        GateCondition::Confirm { .. } => ConditionRun::Confirm,
        GateCondition::Window(_) => ConditionRun::Window {
            open: false,
            look_at: Some(now),
        },
        GateCondition::Wait(wait) => ConditionRun::Wait {
            until: now.saturating_add(*wait),
        },
        GateCondition::Hold {
            condition,
            lasting,
            every,
            tolerate,
        } => ConditionRun::Hold(HoldState::new(
            condition.clone(),
            *lasting,
            *every,
            *tolerate,
            now,
        )),
        GateCondition::Until {
            condition,
            within,
            every,
        } => ConditionRun::Until(UntilState::new(condition.clone(), *within, *every, now)),
        GateCondition::Check { .. } => ConditionRun::Check {
            since: None,
            next: Some(now),
            attempts: 0,
        },
        GateCondition::Rehearsed { .. } => ConditionRun::Rehearsed,
    }
}

/// The gates of a run, in the order of the text.
pub(super) type Gates = BTreeMap<NodeId, GateRun>;
