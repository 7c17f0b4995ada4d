//! `exec` does what the simulator says: runbooks of chance, carried out for real
//! while something goes wrong, and simulated with the same going wrong.
//!
//! A simulated run is a score. The commands of the real one wait for their turn,
//! which they are given in the order in which the score has them end, each with
//! the end it has there; requests, answers and the death of the interpreter come
//! when the score has them. So both runs meet the same events in the same order,
//! also where branches go on side by side, and must begin the same.
//!
//! | file | its part |
//! | --- | --- |
//! | `score` | what a simulated run says that will happen |
//! | `stage` | a directory in which a real one plays it |

mod score;
mod stage;

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use proptest::test_runner::TestCaseError;
use runbook::analysis::analyse_bytes;
use runbook::plan::graph::Graph;
use runbook::plan::{GateCondition, NodeId, NodeKind, Plan};
use runbook::simulate::faults::{
    Fault, Found, GateFault, How, Interruption, People, Story, sample, second_faults,
    single_faults, tell,
};

use crate::chance;
use crate::generate::sketches;
use score::Score;
use stage::Stage;

/// Waits of hours become moments; nothing is told, and nothing is looked at for
/// a while, which would be a matter of time.
fn quick(text: &str) -> String {
    let timed = |line: &str| line.trim() == "notify told" || line.trim().starts_with("within ");
    let lines: Vec<&str> = text.lines().filter(|line| !timed(line)).collect();
    (lines.join("\n") + "\n")
        .replace("retry 1 every 5s", "retry 1 every 10ms")
        .replace("wait 20s", "wait 50ms")
        .replace("for 1m every 30s", "for 200ms every 100ms")
        .replace("within 1m every 30s", "within 2s every 100ms")
        .replace("every 30s", "every 100ms")
}

/// The same without anything that happens because time passes.
fn timeless(text: &str) -> String {
    const TIMED: [&str; 4] = ["retry ", "wait ", "hold ", "until "];
    let timed = |line: &&str| TIMED.iter().any(|word| line.trim().starts_with(word));
    let mut kept = String::new();
    let mut in_watch = false;
    for line in text.lines().filter(|line| !timed(line)) {
        in_watch |= line.starts_with("watch ");
        if !in_watch {
            kept += line;
            kept.push('\n');
        }
        in_watch &= line != "}";
    }
    kept
}

fn plan_of(text: &str) -> Option<Arc<Plan>> {
    let analysis = analyse_bytes(Path::new("case.runbook"), text.as_bytes());
    let checked = analysis.clean().ok()?;
    let plan = checked.plan(&BTreeMap::new()).ok()?.into_plan();
    Some(Arc::new(plan))
}

fn nodes(plan: &Plan) -> impl Iterator<Item = NodeId> + use<> {
    (0_u32..).map(NodeId).take(plan.nodes.len())
}

/// Whether only one thing ever runs.
fn is_sequential(plan: &Plan) -> bool {
    let graph = Graph::new(plan);
    let runs = |id: &NodeId| {
        !matches!(
            plan.nodes[id.index()].kind,
            NodeKind::Open(_) | NodeKind::Close { .. }
        )
    };
    let runs: Vec<NodeId> = nodes(plan).filter(runs).collect();
    let apart = |one: &NodeId, other: &NodeId| !graph.may_overlap(*one, *other);
    runs.iter()
        .all(|one| runs.iter().all(|other| apart(one, other)))
}

/// How many conditions are measured, and rules are watched.
fn measured(plan: &Plan) -> usize {
    let conditions = plan.nodes.iter().map(|node| match &node.kind {
        NodeKind::Gate(gate) => {
            let measures = |it: &&GateCondition| {
                matches!(it, GateCondition::Hold { .. } | GateCondition::Until { .. })
            };
            gate.conditions.iter().filter(measures).count()
        }
        _no_gate => 0,
    });
    conditions.sum::<usize>() + plan.watches.len()
}

/// Whether this can be made to happen to a real run, at the moment it happens to
/// a simulated one.
fn can_be_played(plan: &Plan, fault: &Fault, sequential: bool) -> bool {
    match fault {
        Fault::Nothing | Fault::Rounds { .. } => true,
        Fault::At { how, .. } => match how {
            How::Fails => true,
            // What runs beside it would be ended too.
            How::CrashMeanwhile(Found::InDoubt, _) => sequential,
            How::RollbackMeanwhile | How::PauseMeanwhile | How::CrashMeanwhile(..) => true,
            // Whose process is ended would have to be found out.
            How::IsLost => sequential,
            How::Hangs | How::HangsThenFails | How::Disappoints => false,
        },
        Fault::Between {
            what: Interruption::Crash(Found::InDoubt, _),
            ..
        } => sequential,
        Fault::Between { .. } => true,
        Fault::Gate { how, .. } => match how {
            GateFault::Rejected | GateFault::Unanswerable => true,
            GateFault::Failing | GateFault::NoData | GateFault::Erring => measured(plan) == 1,
            GateFault::Silent | GateFault::WindowClosed | GateFault::NotRehearsed => false,
        },
        // The order of what ends at its own time is that of the world.
        Fault::Slow { .. } => !sequential,
        Fault::Watch { .. } | Fault::Afterwards => false,
    }
}

/// What a metric's command prints.
fn measurement(fault: &Fault) -> &'static str {
    match fault {
        Fault::Gate {
            how: GateFault::Failing,
            ..
        } => "9%\n",
        Fault::Gate {
            how: GateFault::NoData,
            ..
        } => "",
        Fault::Gate {
            how: GateFault::Erring,
            ..
        } => "nonsense\n",
        _something_else => "0\n",
    }
}

/// The simulated runs of a plan that can be played, so many by chance, and one of
/// what was seen least.
fn scores(
    plan: &Arc<Plan>,
    seed: u64,
    by_chance: usize,
    seen: &BTreeMap<&'static str, usize>,
) -> Vec<(Story, Score)> {
    let sequential = is_sequential(plan);
    let mut faults = single_faults(plan);
    faults.retain(|fault| can_be_played(plan, fault, sequential));
    let mut faults = sample(&faults, seed, faults.len());
    let mut found = Vec::new();
    while found.len() < by_chance && !faults.is_empty() {
        found.extend(score(plan, faults.remove(0), seed));
    }
    faults.sort_by_key(|fault| seen.get(sort(fault)).copied().unwrap_or_default());
    let mut rare = faults.into_iter();
    found.extend(rare.find_map(|fault| score(plan, fault, seed)));
    found
}

/// A simulated run in which this goes wrong, where it can be played.
fn score(plan: &Arc<Plan>, fault: Fault, seed: u64) -> Option<(Story, Score)> {
    let mut story = Story::of(fault);
    if seed.is_multiple_of(3) {
        story.people = People::GoOn;
    }
    let (mut trace, _) = tell(plan, &story);
    // Now and then an undo fails, too.
    if seed.is_multiple_of(2)
        && let Some(undo_fault) = second_faults(&fault, &trace).first()
    {
        story.undo_fault = Some(*undo_fault);
        (trace, _) = tell(plan, &story);
    }
    Some((story, Score::of(plan, &trace)?))
}

/// The text of a case, and its plan.
fn case(text: &str) -> Option<(String, Arc<Plan>)> {
    let text = quick(text);
    let plan = plan_of(&text)?;
    if is_sequential(&plan) {
        return Some((text, plan));
    }
    let text = timeless(&text);
    let plan = plan_of(&text)?;
    Some((text, plan))
}

#[test]
fn what_is_simulated_happens() {
    let count = RefCell::new([0_usize; 2]);
    let tried = Cell::new(0);
    let sorts: RefCell<BTreeMap<&'static str, usize>> = RefCell::new(BTreeMap::new());
    let kinds: RefCell<BTreeMap<String, usize>> = RefCell::new(BTreeMap::new());
    let by_chance = if chance::is_long() { 2 } else { 1 };
    let result = chance::runner(60).run(&sketches(), |sketch| {
        tried.set(tried.get() + 1);
        let Some((text, plan)) = case(&sketch.with_rounds()) else {
            return Ok(());
        };
        let mut count = count.borrow_mut();
        count[0] += 1;
        let seed = chance::seed().wrapping_mul(1_000_003) + count[0] as u64;
        let scores = scores(&plan, seed, by_chance, &sorts.borrow());
        for (story, score) in scores {
            let measured = measurement(&story.fault);
            let stage = Stage::new(&text, measured, &plan, &score);
            if let Err(why) = stage.play() {
                return Err(TestCaseError::fail(format!("{story:?}\n{text}\n{why}")));
            }
            count[1] += 1;
            *kinds.borrow_mut().entry(kind(&story)).or_default() += 1;
            let mut sorts = sorts.borrow_mut();
            *sorts.entry(sort(&story.fault)).or_default() += 1;
            if story.undo_fault.is_some() {
                *sorts.entry(AND_UNDO).or_default() += 1;
            }
        }
        Ok(())
    });
    let [runbooks, runs] = *count.borrow();
    chance::say(&format!(
        "{runbooks} runbooks, {runs} runs: {:#?}",
        kinds.borrow()
    ));
    if let Err(failure) = result {
        panic!("{failure}");
    }
    let sorts = sorts.into_inner();
    // Most pass no checks, but the usual ones are known.
    let is_usual = !chance::is_long() && chance::seed() == 1;
    let least = if is_usual { 17 } else { tried.get() / 5 };
    assert!(
        runbooks >= least && runs * 10 >= runbooks * (by_chance + 1) * 9,
        "only {runs} runs of {runbooks} runbooks of {}",
        tried.get()
    );
    // A few of another seed may lack some.
    let wanted: &[&str] = match (is_usual, tried.get()) {
        (true, _) => &MAIN,
        (false, 300..) => &ALL,
        (false, _) => &[],
    };
    for sort in wanted {
        assert!(sorts.contains_key(sort), "{sort} is in no run: {sorts:?}");
    }
}

/// What goes wrong in the usual runs, though they are few.
const MAIN: [&str; 7] = [
    "a failure",
    "a crash",
    "a gate",
    "a rollback",
    "a pause",
    "nothing",
    AND_UNDO,
];

/// All that can be played.
const ALL: [&str; 10] = [
    "a failure",
    "a crash",
    "a gate",
    "a rollback",
    "a pause",
    "nothing",
    AND_UNDO,
    "a loss",
    "rounds",
    "slow",
];

const AND_UNDO: &str = "an undo that fails";

/// What goes wrong, in few words.
fn sort(fault: &Fault) -> &'static str {
    match fault {
        Fault::Nothing => "nothing",
        Fault::At { how, .. } => match how {
            How::Fails | How::Hangs | How::HangsThenFails | How::Disappoints => "a failure",
            How::IsLost => "a loss",
            How::CrashMeanwhile(..) => "a crash",
            How::RollbackMeanwhile => "a rollback",
            How::PauseMeanwhile => "a pause",
        },
        Fault::Between { what, .. } => match what {
            Interruption::Crash(..) => "a crash",
            Interruption::Rollback => "a rollback",
            Interruption::Pause => "a pause",
        },
        Fault::Gate { .. } => "a gate",
        Fault::Rounds { .. } => "rounds",
        Fault::Watch { .. } => "a watch",
        Fault::Afterwards => "afterwards",
        Fault::Slow { .. } => "slow",
    }
}

/// What goes wrong, for the count.
fn kind(story: &Story) -> String {
    let first = match story.fault {
        Fault::Nothing => "nothing".to_owned(),
        Fault::At { part, how, .. } => format!("{how:?} at {part:?}"),
        Fault::Between { what, .. } => format!("{what:?}"),
        Fault::Gate { how, .. } => format!("a gate, {how:?}"),
        Fault::Rounds { count, .. } => format!("{count} rounds"),
        Fault::Watch { .. } => "a watch".to_owned(),
        Fault::Afterwards => "afterwards".to_owned(),
        Fault::Slow { .. } => "slow".to_owned(),
    };
    match story.undo_fault {
        Some(undo) => format!("{first}, then {:?}", undo.how),
        None => first,
    }
}
