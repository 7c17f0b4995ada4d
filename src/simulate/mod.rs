//! Drives the machine under a virtual clock with scripted outcomes: tests in
//! the language, dry runs, and the proof of the guarantee. Half an hour of
//! soaking takes no time.

pub mod emergency;
pub mod faults;
pub mod guarantee;
pub mod outlook;
pub mod weather;

use std::collections::BTreeMap;
use std::mem;
use std::sync::Arc;

use crate::machine::Machine;
use crate::machine::command::{Command, EndWhy};
use crate::machine::event::{
    Activity, Answer, Completion, Event, How, Observer, Outcome, Question, Reading, Stamped,
};
use crate::plan::{MetricId, Millis, NodeId, Plan};

/// What the world does with what the machine wants. Everything has an answer
/// that lets a run succeed, so a script says only what is different.
pub trait World {
    /// How an activity goes that begins now.
    fn run(&mut self, machine: &Machine, activity: Activity) -> Happening {
        Happening::ok(values_of(machine, activity))
    }

    /// Measurements at a moment.
    fn sample(&mut self, at: Millis, observer: Observer, metrics: &[MetricId]) -> Vec<Reading>;

    /// What a person says; `None`: nobody can be asked.
    fn answer(&mut self, machine: &Machine, question: Question) -> Option<(Answer, String)>;

    /// Whether a window is open.
    fn window(&mut self, _gate: NodeId, _condition: u32) -> bool {
        true
    }

    /// Whether a rehearsal is on record.
    fn rehearsed(&mut self, _gate: NodeId, _condition: u32) -> bool {
        true
    }

    /// Whether people are asked and say nothing. The question stays open.
    fn is_silent(&mut self, _machine: &Machine, _question: Question) -> bool {
        false
    }

    /// Facts that become true by themselves after this many have been applied:
    /// an interruption, a request.
    fn intrude(&mut self, _machine: &Machine, _applied: usize) -> Option<Event> {
        None
    }

    /// Whether the interpreter dies after this many facts.
    fn crash(&mut self, _machine: &Machine, _applied: usize) -> Option<Takeover> {
        None
    }

    /// How the interpreter that takes over finds an activity that ran.
    fn found(&mut self, _machine: &Machine, _activity: Activity) -> Happening {
        Happening {
            lasts: None,
            result: Completion::InDoubt,
            values: Vec::new(),
        }
    }

    /// What a person does with a run that was closed; `None`: nothing more.
    fn reopen(&mut self, _machine: &Machine, _outcome: Outcome) -> Option<Event> {
        None
    }
}

/// What an interpreter records first that takes over from one that died.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Takeover {
    /// How everything ended that ran.
    FactsFirst,
    /// That it is there.
    ResumedFirst,
}

/// How an activity goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Happening {
    /// How long it takes; `None`: it hangs until it is ended.
    pub lasts: Option<Millis>,
    pub result: Completion,
    pub values: Vec<(String, String)>,
}

impl Happening {
    pub fn ok(values: Vec<(String, String)>) -> Happening {
        Happening {
            lasts: Some(1),
            result: Completion::Ok,
            values,
        }
    }

    pub fn failed(message: &str) -> Happening {
        let failure = crate::machine::event::Failure {
            exit: Some(1),
            message: message.to_owned(),
            worked: false,
        };
        Happening {
            lasts: Some(1),
            result: Completion::Failed(failure),
            values: Vec::new(),
        }
    }

    /// It worked, and what it printed is not as expected.
    pub fn disappoints(message: &str) -> Happening {
        let failure = crate::machine::event::Failure {
            exit: Some(0),
            message: message.to_owned(),
            worked: true,
        };
        Happening {
            lasts: Some(1),
            result: Completion::Failed(failure),
            values: Vec::new(),
        }
    }

    pub fn hangs() -> Happening {
        Happening {
            lasts: None,
            result: Completion::Cancelled,
            values: Vec::new(),
        }
    }
}

/// Stand-ins for what an activity gives: each value is its own name.
pub(crate) fn values_of(machine: &Machine, activity: Activity) -> Vec<(String, String)> {
    use crate::machine::event::Part;
    let plan = machine.plan();
    if let Part::Capture(index) = activity.part
        && let crate::plan::NodeKind::Step(step) = &plan.nodes[activity.node.index()].kind
    {
        let capture = step.captures.get(index as usize);
        return capture
            .map(|capture| (capture.name.clone(), capture.name.clone()))
            .into_iter()
            .collect();
    }
    let outputs = machine.task(activity).map(|task| &task.outputs);
    outputs
        .into_iter()
        .flatten()
        .map(|output| (output.name.clone(), output.name.clone()))
        .collect()
}

/// All that happened in one simulated run.
#[derive(Debug)]
pub struct Trace {
    pub events: Vec<Stamped>,
    /// `None`: it went on for more events than any run of its plan should.
    pub outcome: Option<Outcome>,
    pub machine: Machine,
    /// The machines of interpreters that died, each with how many facts it
    /// knew.
    pub lost: Vec<(usize, Machine)>,
}

impl Trace {
    /// The activities in the order they began.
    pub fn begun(&self) -> Vec<Activity> {
        self.events
            .iter()
            .filter_map(|fact| match &fact.event {
                Event::Intended { activity } => Some(*activity),
                _something_else => None,
            })
            .collect()
    }
}

/// The machine that knows these facts.
pub fn fold(plan: Arc<Plan>, events: &[Stamped]) -> Machine {
    let mut machine = Machine::new(plan);
    for fact in events {
        machine.apply(fact);
    }
    machine
}

/// Runs a plan in a scripted world to its end.
pub fn simulate(plan: Arc<Plan>, starter: &str, world: &mut dyn World) -> Trace {
    Simulation::new(plan).run(starter, world)
}

/// How long it takes to end something.
const GRACE: Millis = 1;

struct Simulation {
    machine: Machine,
    events: Vec<Stamped>,
    now: Millis,
    /// How what runs will end, in the order of time and start.
    agenda: BTreeMap<(Millis, u64), (Activity, Happening)>,
    hanging: Vec<Activity>,
    sequence: u64,
    limit: usize,
    lost: Vec<(usize, Machine)>,
}

impl Simulation {
    fn new(plan: Arc<Plan>) -> Simulation {
        let limit = 100_000 + plan.nodes.len() * 100;
        Simulation {
            machine: Machine::new(plan),
            events: Vec::new(),
            now: 0,
            agenda: BTreeMap::new(),
            hanging: Vec::new(),
            sequence: 0,
            limit,
            lost: Vec::new(),
        }
    }

    fn run(mut self, starter: &str, world: &mut dyn World) -> Trace {
        self.apply(Event::Opened {
            starter: starter.to_owned(),
            start_at: None,
        });
        while self.events.len() < self.limit && self.go_on(world) {}
        Trace {
            outcome: self.machine.outcome(),
            events: self.events,
            machine: self.machine,
            lost: self.lost,
        }
    }

    /// Lets one thing happen; false: nothing will.
    fn go_on(&mut self, world: &mut dyn World) -> bool {
        let applied = self.events.len();
        if let Some(outcome) = self.machine.outcome() {
            let reopened = world.reopen(&self.machine, outcome);
            let goes_on = reopened.is_some();
            reopened.into_iter().for_each(|event| self.apply(event));
            return goes_on;
        }
        if let Some(takeover) = world.crash(&self.machine, applied) {
            self.take_over(takeover, world);
        } else if let Some(event) = world.intrude(&self.machine, applied) {
            self.apply(event);
        } else if let Some(command) = self.machine.next_command() {
            self.carry_out(command, world);
        } else {
            return self.pass_time();
        }
        true
    }

    /// The interpreter dies, and another one reads what it recorded.
    fn take_over(&mut self, takeover: Takeover, world: &mut dyn World) {
        let folded = fold(self.machine.plan().clone(), &self.events);
        let lost = mem::replace(&mut self.machine, folded);
        self.lost.push((self.events.len(), lost));
        self.agenda.clear();
        self.hanging.clear();
        let resumed = Event::Resumed { by: String::new() };
        if takeover == Takeover::ResumedFirst {
            self.apply(resumed.clone());
        }
        let running: Vec<Activity> = self.machine.running().map(|(it, _)| it).collect();
        for activity in running {
            let found = world.found(&self.machine, activity);
            self.apply(Event::Ended {
                activity,
                result: found.result,
                values: found.values,
                remarks: Vec::new(),
            });
        }
        if takeover == Takeover::FactsFirst {
            self.apply(resumed);
        }
    }

    fn apply(&mut self, event: Event) {
        let fact = Stamped {
            at: self.now,
            event,
        };
        self.machine.apply(&fact);
        self.events.push(fact);
    }

    /// Goes to the next moment at which something happens; false: there is
    /// none.
    fn pass_time(&mut self) -> bool {
        let next_end = self.agenda.keys().next().copied();
        let next_wake = self.machine.next_wake();
        match (next_end, next_wake) {
            (Some(key), wake) if wake.is_none_or(|wake| key.0 <= wake) => {
                self.now = self.now.max(key.0);
                if let Some((activity, happening)) = self.agenda.remove(&key) {
                    self.apply(Event::Ended {
                        activity,
                        result: happening.result,
                        values: happening.values,
                        remarks: Vec::new(),
                    });
                }
                true
            }
            (_, Some(wake)) => {
                self.now = self.now.max(wake);
                self.apply(Event::Tick);
                true
            }
            (_, None) => false,
        }
    }

    fn carry_out(&mut self, command: Command, world: &mut dyn World) {
        match command {
            Command::Start(activity) => self.start(activity, world),
            Command::End { activity, why } => self.end(activity, why),
            Command::Sample { observer, metrics } => {
                let readings = world.sample(self.now, observer, &metrics);
                self.apply(Event::Sampled { observer, readings });
            }
            Command::LookAtWindow { gate, condition } => {
                let open = world.window(gate, condition);
                self.apply(Event::WindowSeen {
                    gate,
                    condition,
                    open,
                    until: None,
                    reason: None,
                });
            }
            Command::LookForRehearsal { gate, condition } => {
                let found = world.rehearsed(gate, condition);
                self.apply(Event::RehearsalSeen {
                    gate,
                    condition,
                    found,
                });
            }
            Command::Ask(question) => self.ask(question, world),
            Command::Withdraw(_) => {}
            Command::Close(outcome) => self.apply(Event::Closed { outcome }),
        }
    }

    fn start(&mut self, activity: Activity, world: &mut dyn World) {
        self.apply(Event::Intended { activity });
        let happening = world.run(&self.machine, activity);
        match happening.lasts {
            Some(lasts) => {
                self.sequence += 1;
                let key = (self.now.saturating_add(lasts), self.sequence);
                self.agenda.insert(key, (activity, happening));
            }
            None => self.hanging.push(activity),
        }
    }

    fn end(&mut self, activity: Activity, why: EndWhy) {
        let before = self.agenda.len() + self.hanging.len();
        self.agenda.retain(|_, (running, _)| *running != activity);
        self.hanging.retain(|running| *running != activity);
        if self.agenda.len() + self.hanging.len() == before {
            return;
        }
        let result = match why {
            EndWhy::TimedOut => Completion::TimedOut,
            EndWhy::Cancelled => Completion::Cancelled,
        };
        // Nothing ends at once: what waits for it must wait.
        self.sequence += 1;
        let key = (self.now.saturating_add(GRACE), self.sequence);
        let happening = Happening {
            lasts: Some(GRACE),
            result,
            values: Vec::new(),
        };
        self.agenda.insert(key, (activity, happening));
    }

    fn ask(&mut self, question: Question, world: &mut dyn World) {
        if world.is_silent(&self.machine, question) {
            return;
        }
        // An approval may want several people: they are asked until nobody
        // has more to say.
        let mut answered = false;
        while let Some((answer, by)) = world.answer(&self.machine, question) {
            answered = true;
            self.apply(Event::Answered {
                question,
                answer,
                by,
                how: How::Scripted,
            });
            if !self.machine.questions().any(|open| open == question) {
                return;
            }
        }
        if !answered || self.machine.questions().any(|open| open == question) {
            self.apply(Event::Unanswerable { question });
        }
    }
}
