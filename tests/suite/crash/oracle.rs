//! What must be so, whenever an interpreter was killed.

use std::collections::{BTreeMap, BTreeSet};

use runbook::machine::event::{Activity, Completion, Event, Outcome, Part};
use runbook::plan::{NodeKind, Plan};
use runbook::run::journal::{Recorded, read};
use runbook::run::lock::{Holder, Lock};
use runbook::run::state::{RunDirectory, StateDirectory};

use super::World;
use crate::keepers;

/// All that a release which succeeded leaves in the world.
const ALL: [&str; 5] = ["first", "inner", "last", "left", "right"];

/// The runs of which there is a record that says something.
pub fn runs(world: &World) -> Vec<RunDirectory> {
    let state = StateDirectory::open(&world.state()).expect("it can be opened");
    let runs = state.runs();
    runs.into_iter().filter(|run| read(run).is_ok()).collect()
}

/// The run that was opened. One that died before is of no interest.
fn opened(world: &World) -> Option<Recorded> {
    let mut recorded = runs(world).into_iter().flat_map(|run| read(&run));
    recorded.find(Recorded::was_opened)
}

fn last_run(world: &World) -> Recorded {
    opened(world).expect("a run was opened")
}

/// Whether a run was opened.
pub fn has_begun(world: &World) -> bool {
    opened(world).is_some()
}

/// Whether the run has come to an end.
pub fn is_over(world: &World) -> bool {
    last_run(world).outcome().is_some()
}

/// The lock of the target is free exactly when nothing of a run lives.
pub fn lock_is_held_by_the_living(world: &World, about: &str) {
    let none_lives = world.processes().is_empty();
    let before = keepers::at_work(&world.state());
    let is_free = lock_is_free(world);
    let after = keepers::at_work(&world.state());
    if none_lives {
        // A keeper that is just being started is not to be seen yet.
        let mut tries = 0..1_000;
        while !lock_is_free(world) && world.processes().is_empty() {
            assert!(tries.next().is_some(), "the lock stays behind: {about}");
            std::thread::sleep(std::time::Duration::from_millis(2));
        }
    }
    if before.iter().any(|pid| after.contains(pid)) {
        assert!(!is_free, "the lock is free while a step runs: {about}");
    }
}

fn lock_is_free(world: &World) -> bool {
    let state = StateDirectory::open(&world.state()).expect("it can be opened");
    let holder = Holder {
        lock: "world".to_owned(),
        run: "the test".to_owned(),
        starter: "the test".to_owned(),
        host: String::new(),
        pid: 0,
        since: 0,
    };
    Lock::try_lock(&state, &holder).is_ok()
}

/// A run that came to its end has kept every promise.
pub fn hold(world: &World, about: &str) {
    world.wait_for_processes();
    let recorded = last_run(world);
    assert_eq!(recorded.repaired, None, "{about}");
    let effects = world.effects();
    let about = format!("{about}\n{}", effects.join("\n"));
    every_intent_is_closed(&recorded, &about);
    nothing_happened_more_often_than_intended(&recorded, &effects, &about);
    what_ended_well_happened(&recorded, &effects, &about);
    no_undo_began_before_its_step_ended(&recorded, &effects, &about);
    let things = world.things();
    match recorded.outcome() {
        Some(Outcome::Succeeded) => assert_eq!(things, ALL, "{about}"),
        Some(Outcome::RolledBack | Outcome::Stopped) => {
            assert_eq!(things, Vec::<String>::new(), "{about}");
        }
        other => panic!("it ended as {other:?}: {about}"),
    }
    assert!(lock_is_free(world), "the lock stays behind: {about}");
}

fn every_intent_is_closed(recorded: &Recorded, about: &str) {
    let mut open = BTreeSet::new();
    let mut seen = BTreeSet::new();
    for fact in &recorded.facts {
        match &fact.event {
            Event::Intended { activity } => {
                // One that had not begun when its interpreter died is intended again.
                let is_new = seen.insert(*activity);
                let is_open = !open.insert(*activity);
                assert!(is_new || is_open, "{activity:?} twice: {about}");
            }
            Event::Ended { activity, .. } => {
                assert!(open.remove(activity), "{activity:?} was not open: {about}");
            }
            _other => {}
        }
    }
    assert!(open.is_empty(), "{open:?}: {about}");
}

/// What an activity writes into the log of effects.
fn effect(plan: &Plan, activity: Activity) -> Option<String> {
    let node = &plan.nodes[activity.node.index()];
    let name = node.name.as_str();
    match (&node.kind, activity.part) {
        (NodeKind::Step(_) | NodeKind::Enter(_), Part::Forward) => Some(name.to_owned()),
        (NodeKind::Step(_) | NodeKind::Enter(_), Part::Undo(_)) => Some(format!("undo-{name}")),
        (NodeKind::Leave { .. }, _) => Some("undo-page".to_owned()),
        _other => None,
    }
}

fn count(effects: &[String], line: &str) -> usize {
    effects.iter().filter(|effect| *effect == line).count()
}

fn nothing_happened_more_often_than_intended(recorded: &Recorded, effects: &[String], about: &str) {
    let mut intended: BTreeMap<String, usize> = BTreeMap::new();
    let mut seen = BTreeSet::new();
    for fact in &recorded.facts {
        if let Event::Intended { activity } = &fact.event
            && seen.insert(*activity)
            && let Some(effect) = effect(&recorded.plan, *activity)
        {
            *intended.entry(effect).or_default() += 1;
        }
    }
    let names = effects
        .iter()
        .filter_map(|line| line.strip_prefix("begin "));
    for name in names {
        let often = count(effects, &format!("begin {name}"));
        let intended = intended.get(name).copied().unwrap_or(0);
        assert!(
            often <= intended,
            "`{name}` {often} times for {intended} intents: {about}"
        );
    }
    assert!(
        count(effects, "note done") + count(effects, "note back") <= 1,
        "{about}"
    );
}

fn what_ended_well_happened(recorded: &Recorded, effects: &[String], about: &str) {
    for fact in &recorded.facts {
        if let Event::Ended {
            activity,
            result: Completion::Ok,
            ..
        } = &fact.event
            && let Some(effect) = effect(&recorded.plan, *activity)
        {
            assert!(
                count(effects, &format!("end {effect}")) > 0,
                "{effect}: {about}"
            );
        }
    }
}

fn no_undo_began_before_its_step_ended(recorded: &Recorded, effects: &[String], about: &str) {
    let position = |line: String| effects.iter().position(|effect| *effect == line);
    let last = |line: String| effects.iter().rposition(|effect| *effect == line);
    for name in ALL {
        let Some(undone) = position(format!("begin undo-{name}")) else {
            continue;
        };
        for word in ["begin", "end"] {
            let at = last(format!("{word} {name}"));
            assert!(at.is_none_or(|at| at < undone), "`{name}`: {about}");
        }
    }
    let mut running = BTreeSet::new();
    for fact in &recorded.facts {
        match &fact.event {
            Event::Intended { activity } => {
                if let Part::Undo(_) = activity.part {
                    let forward = running
                        .iter()
                        .any(|it: &Activity| it.node == activity.node && it.part == Part::Forward);
                    assert!(!forward, "{activity:?}: {about}");
                }
                running.insert(*activity);
            }
            Event::Ended { activity, .. } => {
                running.remove(activity);
            }
            _other => {}
        }
    }
}
