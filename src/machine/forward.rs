//! The way forward: starting what is ready, attempts and their pauses, what a
//! failure does.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use crate::machine::command::EndWhy;
use crate::machine::event::{Activity, Completion, Failure, Part, Question};
use crate::machine::state::{Running, describe};
use crate::machine::{Headline, Machine, Mode, NodeState};
use crate::plan::{Block, Millis, Moment, NodeId, NodeKind, Retry, Skip, StepElse};
use crate::types::text::elapsed;

impl Machine {
    pub(super) fn name(&self, node: NodeId) -> &str {
        &self.plan.nodes[node.index()].name
    }

    pub(super) fn set_state(&mut self, node: NodeId, state: NodeState) {
        self.nodes[node.index()].state = state;
    }

    /// Starts all that can start.
    pub(super) fn advance_forward(&mut self) {
        if !self.baseline_is_taken() {
            return;
        }
        self.start_ready();
        self.advance_gates();
        self.advance_watches();
        // A decided gate may have made more ready.
        self.advance_rounds();
        while self.is_forward() && (!self.ready.is_empty() || self.any_sleeper_is_due()) {
            self.start_ready();
            self.advance_gates();
            self.advance_watches();
            self.advance_rounds();
        }
        if self.is_forward() && self.is_release_done() {
            self.finish_release();
        }
    }

    /// The file's own block is the plan's first node; its `Close` ends the
    /// release.
    fn is_release_done(&self) -> bool {
        self.running.is_empty()
            && self
                .plan
                .nodes
                .iter()
                .zip(&self.nodes)
                .rev()
                .find(|(node, _)| matches!(&node.kind, NodeKind::Close { open } if open.0 == 0))
                .is_some_and(|(_, run)| is_past(run.state))
    }

    fn any_sleeper_is_due(&self) -> bool {
        self.sleeping.values().any(|until| *until <= self.now)
    }

    /// Begins every ready node and wakes every sleeper that is due.
    pub(super) fn start_ready(&mut self) {
        let due: Vec<NodeId> = self
            .sleeping
            .iter()
            .filter(|(_, until)| **until <= self.now)
            .map(|(node, _)| *node)
            .collect();
        for node in due {
            self.sleeping.remove(&node);
            self.wake(node);
        }
        while self.is_starting()
            && let Some(node) = self.ready.pop_first()
        {
            self.begin(node);
        }
    }

    /// Whether nodes may begin: the one before may have turned the run back.
    fn is_starting(&self) -> bool {
        matches!(self.mode, Mode::Forward | Mode::Ending(_))
    }

    fn wake(&mut self, node: NodeId) {
        match self.nodes[node.index()].state {
            NodeState::Scheduled => self.begin(node),
            NodeState::Retrying => self.wish(node, Part::Forward),
            NodeState::Undoing => self.retry_undo(node),
            NodeState::Waiting
            | NodeState::Running
            | NodeState::Asking
            | NodeState::Done
            | NodeState::Skipped
            | NodeState::AlreadyDone
            | NodeState::Failed
            | NodeState::PassedOver
            | NodeState::Cancelled
            | NodeState::Undone
            | NodeState::UndoFailed => {}
        }
    }

    fn begin(&mut self, node: NodeId) {
        let plan = self.plan.clone();
        let what = &plan.nodes[node.index()];
        match &what.skip {
            Skip::No => {}
            Skip::Yes(_) | Skip::Maybe(_) => {
                self.finish(node, NodeState::Skipped);
                return;
            }
            Skip::TakenAsDone(taken) => {
                for (name, value) in &taken.gave {
                    self.values.insert((node, name.clone()), value.clone());
                }
                self.finish(node, NodeState::Skipped);
                return;
            }
        }
        match &what.kind {
            NodeKind::Open(block) => self.open_block(node, block),
            NodeKind::Close { .. } => self.finish(node, NodeState::Done),
            NodeKind::Step(_) => {
                let first = self.first_part(node);
                self.wish(node, first);
            }
            NodeKind::Check(_)
            | NodeKind::Notify { .. }
            | NodeKind::Postmortem { .. }
            | NodeKind::Enter(_)
            | NodeKind::Leave { .. } => self.wish(node, Part::Forward),
            NodeKind::Gate(gate) => self.begin_gate(node, gate),
        }
    }

    /// Opens a block, at its moment if it has one.
    fn open_block(&mut self, node: NodeId, block: &Block) {
        let Some(Moment(offset)) = block.at else {
            self.finish(node, NodeState::Done);
            return;
        };
        let zero = match self.moment_zero {
            Some(zero) => zero,
            // Without a start time nothing before T waits, and T is when its
            // phase begins.
            None if offset <= 0 => {
                if offset == 0 {
                    self.moment_zero = Some(signed(self.now));
                }
                self.finish(node, NodeState::Done);
                return;
            }
            None => 0,
        };
        let due = Millis::try_from(zero.saturating_add(offset)).unwrap_or(0);
        if due <= self.now {
            self.finish(node, NodeState::Done);
        } else {
            self.set_state(node, NodeState::Scheduled);
            self.sleeping.insert(node, due);
        }
    }

    /// Wishes the next attempt of a part of a node.
    pub(super) fn wish(&mut self, node: NodeId, part: Part) {
        let attempt = self.nodes[node.index()].next_attempt(part);
        let state = match part {
            Part::Undo(_) | Part::Verify(_) => NodeState::Undoing,
            Part::Capture(_) | Part::Probe | Part::Forward | Part::GateCheck(_) => {
                NodeState::Running
            }
        };
        self.set_state(node, state);
        self.wishes.start(Activity {
            node,
            part,
            attempt,
        });
    }

    pub(super) fn intended(&mut self, activity: Activity) {
        let wished = self.wishes.started(activity);
        let now = self.now;
        let run = &mut self.nodes[activity.node.index()];
        run.attempts.insert(activity.part, activity.attempt);
        match activity.part {
            Part::Forward => {
                run.started = true;
                run.clean_failure = false;
                run.first_attempt_at.get_or_insert(now);
            }
            Part::GateCheck(condition) => self.gate_check_intended(activity, condition),
            Part::Undo(_) => self.undo_intended(activity),
            Part::Capture(_) | Part::Probe | Part::Verify(_) => {}
        }
        let deadline = self.deadline(activity);
        let running = Running {
            since: now,
            deadline,
            ending: None,
        };
        self.running.insert(activity, running);
        // Of one that never began its intent is recorded once more.
        self.wishes.ended(activity);
        // It was wished, and began after that was taken back.
        if !wished && self.is_unwanted(activity) {
            self.end(activity, EndWhy::Cancelled);
        }
    }

    /// Whether nothing that this would do is wanted any more.
    pub fn is_unwanted(&self, activity: Activity) -> bool {
        !activity.part.is_of_undo() && self.is_cut_short(activity.node)
    }

    /// When an activity that begins now must have ended.
    fn deadline(&self, activity: Activity) -> Option<Millis> {
        let own = self.time_limit(activity);
        let own = own.map(|timeout| self.now.saturating_add(timeout));
        let whole = match self.retry(activity) {
            Retry::Within { limit, .. } => {
                let since = self.first_attempt_at(activity).unwrap_or(self.now);
                Some(since.saturating_add(*limit))
            }
            Retry::Never | Retry::Times { .. } => None,
        };
        own.into_iter().chain(whole).min()
    }

    pub(super) fn first_attempt_at(&self, activity: Activity) -> Option<Millis> {
        match activity.part {
            Part::GateCheck(condition) => self
                .gates
                .get(&activity.node)
                .and_then(|gate| gate.check_began(condition)),
            Part::Undo(_) => self.unwind.attempt_began(activity.node),
            Part::Forward | Part::Capture(_) | Part::Probe | Part::Verify(_) => {
                self.nodes[activity.node.index()].first_attempt_at
            }
        }
    }

    /// Wishes the end of everything past its deadline.
    pub(super) fn expire(&mut self) {
        let late: Vec<Activity> = self
            .running
            .iter()
            .filter(|(_, running)| running.wake().is_some_and(|at| at <= self.now))
            .map(|(activity, _)| *activity)
            .collect();
        for activity in late {
            self.end(activity, EndWhy::TimedOut);
        }
    }

    pub(super) fn end(&mut self, activity: Activity, why: EndWhy) {
        if let Some(running) = self.running.get_mut(&activity)
            && running.ending.is_none()
        {
            running.ending = Some(why);
            self.wishes.end(activity, why);
        }
    }

    pub(super) fn ended(
        &mut self,
        activity: Activity,
        result: &Completion,
        values: &[(String, String)],
    ) {
        let Some(running) = self.running.remove(&activity) else {
            return;
        };
        self.wishes.ended(activity);
        for (name, value) in values {
            let key = (activity.node, name.clone());
            self.values.insert(key, value.clone());
        }
        match activity.part {
            Part::Capture(index) => self.capture_ended(activity, index, result),
            Part::Probe => self.probe_ended(activity, result),
            Part::Forward => self.forward_ended(activity, result),
            // Taken back by its gate, which has gone on without it.
            Part::GateCheck(_) if running.ending == Some(EndWhy::Cancelled) => {}
            Part::GateCheck(condition) => self.gate_check_ended(activity, condition, result),
            Part::Undo(alternative) => self.undo_ended(activity, alternative, result),
            Part::Verify(alternative) => self.verify_ended(activity, alternative, result),
        }
    }

    pub(super) fn is_going_back(&self) -> bool {
        matches!(self.mode, Mode::Stopping | Mode::Unwinding)
    }

    /// Whether nothing more of a node is wanted on the way forward.
    fn is_cut_short(&self, node: NodeId) -> bool {
        self.is_going_back() || self.is_aside(node)
    }

    /// What follows the captures: the probe, if there is one.
    fn part_after_captures(&self, node: NodeId) -> Part {
        match &self.plan.nodes[node.index()].kind {
            NodeKind::Step(step) if step.done_when.is_some() => Part::Probe,
            _a_step_without_probe => Part::Forward,
        }
    }

    /// What a node begins with. Its captures are taken until its change has
    /// begun: after that they would no longer show what was there before.
    pub(super) fn first_part(&self, node: NodeId) -> Part {
        let run = &self.nodes[node.index()];
        if run.started && !run.clean_failure {
            Part::Forward
        } else if self.capture_count(node) > 0 {
            Part::Capture(0)
        } else {
            self.part_after_captures(node)
        }
    }

    fn capture_count(&self, node: NodeId) -> u32 {
        match &self.plan.nodes[node.index()].kind {
            NodeKind::Step(step) => u32::try_from(step.captures.len()).unwrap_or(u32::MAX),
            _no_captures => 0,
        }
    }

    fn capture_ended(&mut self, activity: Activity, index: u32, result: &Completion) {
        let node = activity.node;
        if self.is_cut_short(node) {
            self.set_state(node, NodeState::Cancelled);
            return;
        }
        match result {
            Completion::Ok if index + 1 < self.capture_count(node) => {
                self.wish(node, Part::Capture(index + 1));
            }
            Completion::Ok => {
                let next = self.part_after_captures(node);
                self.wish(node, next);
            }
            // It only looks, so it may look again.
            Completion::InDoubt => self.wish(node, Part::Capture(index)),
            Completion::Failed(_) | Completion::TimedOut | Completion::Cancelled => {
                self.give_up(activity, result);
            }
        }
    }

    fn probe_ended(&mut self, activity: Activity, result: &Completion) {
        let node = activity.node;
        if self.is_cut_short(node) {
            self.set_state(node, NodeState::Cancelled);
            return;
        }
        match result {
            Completion::Ok => {
                self.nodes[node.index()].completed = true;
                self.finish(node, NodeState::AlreadyDone);
            }
            Completion::Failed(_) if self.nodes[node.index()].started => {
                self.doubt_remains(node);
            }
            Completion::Failed(_) => self.wish(node, Part::Forward),
            Completion::InDoubt => self.wish(node, Part::Probe),
            Completion::TimedOut | Completion::Cancelled => self.give_up(activity, result),
        }
    }

    fn forward_ended(&mut self, activity: Activity, result: &Completion) {
        let node = activity.node;
        let run = &mut self.nodes[node.index()];
        match result {
            Completion::Ok => run.completed = true,
            Completion::TimedOut | Completion::Cancelled | Completion::InDoubt => {
                run.left_something = true;
            }
            Completion::Failed(failure) => run.left_something |= failure.worked,
        }
        if self.finishing(node) {
            self.finish_forward_ended(activity, result);
            return;
        }
        if self.is_cut_short(node) {
            self.cut_off(activity, result);
            return;
        }
        match result {
            Completion::Ok => self.finish(node, NodeState::Done),
            Completion::InDoubt => self.in_doubt(node),
            Completion::Failed(_) | Completion::TimedOut | Completion::Cancelled => {
                let pause = self.pause_before_retry(activity);
                match pause.filter(|_| self.may_try_again(node, result)) {
                    Some(pause) => {
                        // The run may turn before the next one begins.
                        self.note_clean_failure(node, result);
                        self.set_state(node, NodeState::Retrying);
                        let until = self.now.saturating_add(pause);
                        self.sleeping.insert(node, until);
                    }
                    None => self.give_up(activity, result),
                }
            }
        }
    }

    /// A step's end while the run is on its way back.
    fn cut_off(&mut self, activity: Activity, result: &Completion) {
        let node = activity.node;
        match result {
            Completion::Ok => self.set_state(node, NodeState::Done),
            Completion::Failed(_) => {
                self.note_clean_failure(node, result);
                self.set_state(node, NodeState::Failed);
            }
            Completion::TimedOut | Completion::Cancelled | Completion::InDoubt => {
                self.set_state(node, NodeState::Cancelled);
            }
        }
    }

    /// Whether what this attempt left lets another one begin. One that is `atomic`
    /// leaves something behind where it was ended from outside, or where it worked
    /// and printed something else than was expected.
    fn may_try_again(&self, node: NodeId, result: &Completion) -> bool {
        match &self.plan.nodes[node.index()].kind {
            NodeKind::Step(step) if step.atomic && !step.repeatable => result.is_clean_failure(),
            NodeKind::Step(_)
            | NodeKind::Open(_)
            | NodeKind::Close { .. }
            | NodeKind::Check(_)
            | NodeKind::Gate(_)
            | NodeKind::Notify { .. }
            | NodeKind::Postmortem { .. }
            | NodeKind::Enter(_)
            | NodeKind::Leave { .. } => true,
        }
    }

    /// How long to wait before the next attempt; `None`: there is none.
    pub(super) fn pause_before_retry(&self, activity: Activity) -> Option<Millis> {
        match self.retry(activity) {
            Retry::Never => None,
            Retry::Times {
                times,
                every,
                backoff,
            } => {
                let tried = self.attempts_of_this_try(activity);
                (tried <= *times).then(|| grown(*every, *backoff, tried - 1))
            }
            Retry::Within { limit, every } => {
                let since = self.first_attempt_at(activity)?;
                let next = self.now.saturating_add(*every);
                (next < since.saturating_add(*limit)).then_some(*every)
            }
        }
    }

    /// Attempts count over the whole run; what is tried again for a reason
    /// other than its own retries begins a new count.
    fn attempts_of_this_try(&self, activity: Activity) -> u32 {
        let before = match activity.part {
            Part::Undo(_) => self.unwind.attempts_before(activity),
            Part::Forward => self.nodes[activity.node.index()].before,
            Part::Capture(_) | Part::Probe | Part::Verify(_) | Part::GateCheck(_) => 0,
        };
        activity.attempt.saturating_sub(before).max(1)
    }

    fn note_clean_failure(&mut self, node: NodeId, result: &Completion) {
        let NodeKind::Step(step) = &self.plan.nodes[node.index()].kind else {
            return;
        };
        let run = &mut self.nodes[node.index()];
        run.clean_failure = step.atomic && !run.left_something && result.is_clean_failure();
    }

    /// No attempt is left.
    fn give_up(&mut self, activity: Activity, result: &Completion) {
        let node = activity.node;
        self.note_clean_failure(node, result);
        let message = self.failure_message(activity, result);
        if self.ending_of[node.index()].is_some() {
            self.failed_in_ending(node, message);
            return;
        }
        let otherwise = match &self.plan.nodes[node.index()].kind {
            NodeKind::Step(step) => step.otherwise,
            NodeKind::Check(check) => check.otherwise,
            // A notification or a record never fails a run.
            NodeKind::Notify { .. } | NodeKind::Postmortem { .. } => StepElse::Continue,
            NodeKind::Open(_)
            | NodeKind::Close { .. }
            | NodeKind::Gate(_)
            | NodeKind::Enter(_)
            | NodeKind::Leave { .. } => StepElse::Rollback,
        };
        match otherwise {
            StepElse::Rollback => {
                self.set_state(node, NodeState::Failed);
                self.fail(node, message);
            }
            StepElse::Continue => self.finish(node, NodeState::PassedOver),
            StepElse::Stop if self.may_begin_again(node) => {
                self.set_state(node, NodeState::Failed);
                self.begin_anew(node);
                self.ready.insert(node);
                self.pause_for(Headline::at(node, message));
            }
            // Asked when the run is resumed.
            StepElse::Stop => {
                self.ask_about_failure(node);
                self.pause_for(Headline::at(node, message));
            }
            StepElse::Ask => {
                self.ask_about_failure(node);
                self.headline.get_or_insert(Headline::at(node, message));
            }
        }
    }

    fn ask_about_failure(&mut self, node: NodeId) {
        self.set_state(node, NodeState::Asking);
        self.wishes.ask(Question::StepFailed { node });
    }

    /// Whether a node that failed may be begun again without a person's word:
    /// nothing was changed, or the author says that it may be repeated.
    fn may_begin_again(&self, node: NodeId) -> bool {
        let run = &self.nodes[node.index()];
        match &self.plan.nodes[node.index()].kind {
            NodeKind::Step(step) => step.repeatable || run.clean_failure || !run.started,
            NodeKind::Check(_) => true,
            NodeKind::Open(_)
            | NodeKind::Close { .. }
            | NodeKind::Gate(_)
            | NodeKind::Notify { .. }
            | NodeKind::Postmortem { .. }
            | NodeKind::Enter(_)
            | NodeKind::Leave { .. } => false,
        }
    }

    /// Retries and their time are counted from here.
    pub(super) fn begin_anew(&mut self, node: NodeId) {
        let run = &mut self.nodes[node.index()];
        run.before = run.next_attempt(Part::Forward) - 1;
        run.first_attempt_at = None;
    }

    pub(super) fn failure_message(&self, activity: Activity, result: &Completion) -> String {
        let what = describe(self.name(activity.node), activity);
        match result {
            Completion::Ok => format!("{what} worked"),
            Completion::Failed(Failure { message, .. }) => format!("{what} failed: {message}"),
            Completion::TimedOut => {
                let after = self
                    .limit_reached(activity)
                    .map(|limit| format!(" after {}", elapsed(limit)));
                format!("{what} timed out{}", after.unwrap_or_default())
            }
            Completion::Cancelled => format!("{what} was cancelled"),
            Completion::InDoubt => format!("nobody knows how {what} ended"),
        }
    }

    /// Marks a node done and makes ready what only it was holding up.
    pub(super) fn finish(&mut self, node: NodeId, state: NodeState) {
        self.set_state(node, state);
        self.free(node, |_| true);
    }

    /// A node is out of the way of these of its successors.
    pub(super) fn free(&mut self, node: NodeId, of: impl Fn(NodeId) -> bool) {
        if std::mem::replace(&mut self.nodes[node.index()].freed, true) {
            return;
        }
        let mut freed = Vec::new();
        for next in self.successors[node.index()]
            .iter()
            .filter(|next| of(**next))
        {
            let run = &mut self.nodes[next.index()];
            run.needs_left = run.needs_left.saturating_sub(1);
            if run.needs_left == 0 {
                freed.push(*next);
            }
        }
        // What a round waited for outside of it comes too late once it is set
        // aside.
        freed.retain(|next| !self.is_aside(*next));
        self.ready.extend(freed);
    }
}

/// Whether what comes after it may start.
pub(super) fn is_past(state: NodeState) -> bool {
    match state {
        NodeState::Done | NodeState::Skipped | NodeState::AlreadyDone | NodeState::PassedOver => {
            true
        }
        NodeState::Waiting
        | NodeState::Scheduled
        | NodeState::Running
        | NodeState::Retrying
        | NodeState::Asking
        | NodeState::Failed
        | NodeState::Cancelled
        | NodeState::Undoing
        | NodeState::Undone
        | NodeState::UndoFailed => false,
    }
}

fn signed(at: Millis) -> i64 {
    i64::try_from(at).unwrap_or(i64::MAX)
}

/// `every * backoff ^ times`, at most a day.
fn grown(every: Millis, backoff: Decimal, times: u32) -> Millis {
    const DAY: Millis = 86_400_000;
    let mut pause = Decimal::from(every);
    for _ in 0..times {
        pause = pause.checked_mul(backoff).unwrap_or(Decimal::from(DAY));
        if pause >= Decimal::from(DAY) {
            return DAY;
        }
    }
    pause.to_u64().unwrap_or(DAY).min(DAY)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_stay_finite() {
        let two = Decimal::TWO;
        assert_eq!(grown(100, two, 0), 100);
        assert_eq!(grown(100, two, 3), 800);
        assert_eq!(grown(1_000, two, u32::MAX), 86_400_000);
    }
}
