//! Watches: measurements beside the phases they name.

use crate::machine::command::EndWhy;
use crate::machine::event::{Answer, Observer, Question, Reading};
use crate::machine::forward::is_past;
use crate::machine::measure::{WatchState, metrics_of};
use crate::machine::{Headline, Machine, NodeState};
use crate::plan::{MetricId, Millis, NodeId, Plan, WatchAction};

/// One watch of the plan.
#[derive(Debug, PartialEq)]
pub(super) struct WatchRun {
    metrics: Vec<MetricId>,
    /// The first and last nodes of the phases it runs beside.
    during: Vec<(NodeId, Option<NodeId>)>,
    every: Millis,
    /// One a rule; present while it looks.
    rules: Option<Vec<WatchState>>,
    next: Option<Millis>,
}

impl WatchRun {
    pub fn wake(&self) -> Option<Millis> {
        self.next
    }
}

pub(super) fn watches(plan: &Plan) -> Vec<WatchRun> {
    plan.watches
        .iter()
        .map(|watch| {
            let mut metrics: Vec<MetricId> = watch
                .rules
                .iter()
                .flat_map(|rule| metrics_of(&rule.condition))
                .collect();
            metrics.sort_unstable();
            metrics.dedup();
            let during = watch.during.iter();
            WatchRun {
                metrics,
                during: during.map(|open| (*open, plan.close_of(*open))).collect(),
                every: watch.every,
                rules: None,
                next: None,
            }
        })
        .collect()
}

fn observer(watch: usize) -> u32 {
    u32::try_from(watch).unwrap_or(u32::MAX)
}

impl Machine {
    pub(super) fn advance_watches(&mut self) {
        for index in 0..self.watches.len() {
            self.advance_watch(index);
        }
    }

    fn advance_watch(&mut self, index: usize) {
        let looks = self.watches[index].rules.is_some();
        let should = !self.watches[index].metrics.is_empty() && self.is_beside_its_phases(index);
        match (looks, should) {
            (false, true) => self.begin_watch(index),
            (true, false) => self.end_watch(index),
            (true, true) | (false, false) => {}
        }
        let due = self.watches[index].next.is_some_and(|at| at <= self.now);
        let observer = Observer::Watch(observer(index));
        if due && !self.wishes.is_sampling(observer) {
            self.watches[index].next = None;
            let metrics = self.watches[index].metrics.clone();
            self.wishes.sample(observer, metrics);
        }
    }

    fn is_beside_its_phases(&self, index: usize) -> bool {
        self.watches[index].during.iter().any(|(open, close)| {
            self.node_state(*open) == NodeState::Done
                && close.is_none_or(|close| !is_past(self.node_state(close)))
        })
    }

    fn begin_watch(&mut self, index: usize) {
        let rules = self.plan.watches[index].rules.iter();
        let states = rules
            .map(|rule| WatchState::new(rule.condition.clone(), rule.lasting))
            .collect();
        self.watches[index].rules = Some(states);
        self.watches[index].next = Some(self.now);
    }

    fn end_watch(&mut self, index: usize) {
        self.watches[index].rules = None;
        self.watches[index].next = None;
        self.wishes.drop_watch(observer(index));
    }

    pub(super) fn watch_sampled(&mut self, watch: u32, readings: &[Reading]) {
        let index = watch as usize;
        let now = self.now;
        let baseline = self.baseline.readings().clone();
        let Some(run) = self.watches.get_mut(index) else {
            return;
        };
        let Some(rules) = &mut run.rules else {
            return;
        };
        run.next = Some(now.saturating_add(run.every.max(1)));
        let fired: Vec<(usize, String)> = rules
            .iter_mut()
            .enumerate()
            .filter_map(|(rule, state)| {
                state
                    .sampled(now, readings, &baseline)
                    .map(|why| (rule, why))
            })
            .collect();
        for (rule, why) in fired {
            self.watch_fired(watch, rule, &why);
        }
    }

    fn watch_fired(&mut self, watch: u32, rule: usize, why: &str) {
        // A rule before it has turned the run back: nobody is asked any more.
        if self.is_going_back() {
            return;
        }
        let plan = self.plan.clone();
        let watched = &plan.watches[watch as usize];
        let rule = &watched.rules[rule];
        let message = format!("watch `{}`: `{}` {why}", watched.name, rule.text);
        let headline = Headline {
            node: None,
            message,
        };
        match rule.action {
            WatchAction::Rollback => self.go_back(headline),
            WatchAction::Ask => {
                self.headline.get_or_insert(headline);
                self.wishes.ask(Question::Watch(watch));
            }
        }
    }

    pub(super) fn watch_decided(&mut self, watch: u32, answer: &Answer, by: &str) {
        self.wishes.settle(Question::Watch(watch));
        match answer {
            Answer::Continue | Answer::Yes | Answer::Done | Answer::Again => {
                // Of a node that asks too, it stays.
                self.headline = self.headline.take().filter(|of| of.node.is_some());
                self.end_watch(watch as usize);
            }
            Answer::Rollback | Answer::No { .. } => {
                let headline = self.headline.clone();
                self.go_back(headline.unwrap_or_else(|| Headline::request(by, "at a watch")));
            }
            Answer::Stop => self.pause(&format!("stopped by {by}")),
        }
    }

    pub(super) fn sampled(&mut self, observer: Observer, readings: &[Reading]) {
        self.wishes.sampled(observer);
        match observer {
            Observer::Baseline => self.baseline.sampled(self.now, readings),
            Observer::Gate { gate, condition } => self.gate_sampled(gate, condition, readings),
            Observer::Watch(watch) => self.watch_sampled(watch, readings),
        }
    }

    /// After a pause or a crash: nobody looked, so what was true for a while
    /// may not have been true all the while.
    pub(super) fn restart_watches(&mut self) {
        for index in 0..self.watches.len() {
            self.end_watch(index);
        }
    }

    /// Ends everything that runs and drops what was still to come.
    pub(super) fn halt_forward(&mut self) {
        self.wishes.drop_forward();
        self.ready.clear();
        self.sleeping.clear();
        self.gates.clear();
        for watch in &mut self.watches {
            watch.rules = None;
            watch.next = None;
        }
        let running: Vec<_> = self.running.keys().copied().collect();
        // An undo of a round that was set aside goes on to its end.
        for activity in running.into_iter().filter(|it| !it.part.is_of_undo()) {
            self.end(activity, EndWhy::Cancelled);
        }
    }

    pub(super) fn end_all(&mut self) {
        let running: Vec<_> = self.running.keys().copied().collect();
        for activity in running {
            self.end(activity, EndWhy::Cancelled);
        }
    }
}
