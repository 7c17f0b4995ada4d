//! Runbooks of chance, run by `exec` and by their scripts.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use proptest::test_runner::TestCaseError;
use runbook::analysis::analyse_bytes;
use runbook::machine::event::Outcome;
use runbook::plan::{NodeKind, Plan};
use runbook::run::journal;
use runbook::run::state::StateDirectory;

use super::awks;
use super::judge::{facts, judge};
use super::shells;
use super::world::{Told, World};
use crate::chance::{is_long, runner, say};
use crate::generate::beginnings::begun_at;
use crate::generate::sketches;

/// Waits of hours become moments, and one person may say all.
pub fn quick(text: &str) -> String {
    let user = runbook::run::who::user();
    text.replace("retry 1 every 5s", "retry 1 every 10ms")
        .replace("within 1m every 10s", "within 300ms every 100ms")
        .replace("wait 20s", "wait 50ms")
        .replace("for 1m every 30s", "for 200ms every 100ms")
        .replace("within 1m every 30s", "within 200ms every 100ms")
        .replace("every 30s", "every 100ms")
        .replace("approve by crew count 2", "approve by crew or starter")
        .replace(
            "\"ada\", \"grace\", \"linus\"",
            &format!("\"{user}\", \"grace\""),
        )
}

/// What scripts are given when they run, and what they fetch: a text that has
/// every odd character, and a secret.
const GIVEN: &str = "it's \"quoted\" $(touch pwned) `x` \\n * -n\nline two é";
pub const SECRET: &str = "s3cret +/'\"<\\ of all";

/// The same with parameters, secrets and windows where the text can have them.
pub fn with_more(text: &str, number: usize) -> String {
    let mut more = String::new();
    let mut text = text.to_owned();
    if number.is_multiple_of(2) {
        more += "param given: string = \"nothing\"\nparam count: int = 1\n";
    }
    if number.is_multiple_of(3) {
        more += "secret token from file \"token\"\n";
        let noted = "$ printf '%s\\n' \"$token\" >>effects; ./act undo ";
        text = text.replace("$ ./act undo ", noted);
    }
    if number % 5 < 2 {
        let rule = match number % 5 {
            0 => "allow 00:00..24:00 in \"Europe/Berlin\"",
            _over => "allow 2020-01-01..2020-01-02 in \"UTC\"",
        };
        more += &format!("window hours {{\n  {rule}\n}}\n");
    }
    let mut lines = String::new();
    for (at, line) in text.lines().enumerate() {
        lines += line;
        if number.is_multiple_of(2) && line.contains("$ ./act do ") {
            lines += " \"$given/$count\"";
        }
        lines.push('\n');
        if at == 0 {
            lines += &more;
        }
        if number % 5 < 2 && line.trim_start().starts_with("gate ") {
            lines += "window hours\n";
        }
    }
    if number % 4 < 2 {
        lines += "always {\n  postmortem \"told.md\"\n}\n";
    }
    match number.is_multiple_of(2) {
        true => lines.replace("\"{run.outcome}\"", "\"{run.outcome} {given} {count}\""),
        false => lines,
    }
}

pub fn given(text: &str) -> Vec<String> {
    let given = format!("given={GIVEN}");
    let settings = ["--set", &given, "--set", "count=1_0"];
    let is_open = text.contains("param given:");
    let settings = settings.into_iter().filter(|_| is_open);
    settings.map(str::to_owned).collect()
}

pub fn plan_of(text: &str) -> Option<Arc<Plan>> {
    let analysis = analyse_bytes(std::path::Path::new("case.runbook"), text.as_bytes());
    let checked = analysis.clean().ok()?;
    let plan = checked.plan(&Default::default()).ok()?.into_plan();
    Some(Arc::new(plan))
}

/// What can fail: every part of every step.
pub fn faults(plan: &Plan) -> Vec<Vec<String>> {
    let mut faults = vec![Vec::new()];
    for node in &plan.nodes {
        let name = node.name.split('[').next().unwrap_or_default();
        match &node.kind {
            NodeKind::Step(_) | NodeKind::Enter(_) => {
                faults.push(vec![format!("do {name}")]);
                faults.push(vec![format!("do {name}"), format!("undo {name}")]);
                // One round of a loop fails, and the others do not.
                if let Some((_, "1]")) = node.name.split_once('[') {
                    faults.push(vec![format!("do {name} #1")]);
                    faults.push(vec![format!("do {name} #2"), format!("undo {name}")]);
                    faults.push(vec![format!("do {name} #1"), format!("do {name} #3")]);
                }
            }
            NodeKind::Gate(_) => {
                faults.push(vec!["measure errors".to_owned()]);
                faults.push(vec!["high errors".to_owned()]);
            }
            NodeKind::Check(_) => faults.push(vec![format!("look {name}")]),
            _other => {}
        }
    }
    faults
}

/// With branches that run beside one another, where a fault hits is a matter of
/// time, so what they did can differ.
pub fn is_sequential(plan: &Plan) -> bool {
    let graph = runbook::plan::graph::Graph::new(plan);
    let ids: Vec<_> = (0..plan.nodes.len())
        .map(|at| runbook::plan::NodeId(u32::try_from(at).expect("few")))
        .collect();
    let runs = |id: &runbook::plan::NodeId| {
        matches!(
            plan.nodes[id.index()].kind,
            NodeKind::Step(_)
                | NodeKind::Check(_)
                | NodeKind::Enter(_)
                | NodeKind::Leave { .. }
                | NodeKind::Gate(_)
                | NodeKind::Notify { .. }
        )
    };
    let runs: Vec<_> = ids.into_iter().filter(runs).collect();
    runs.iter()
        .all(|one| runs.iter().all(|other| !graph.may_overlap(*one, *other)))
}

/// When something is tried, looked at or measured for a while is a matter of time.
pub fn is_of_time(text: &str) -> bool {
    let mut words = ["within", " every ", "watch "].iter();
    words.any(|it| text.contains(it))
}

/// What a run has written of itself, but for times, and its name.
pub fn postmortem(world: &World) -> Vec<String> {
    let is_time = |cell: &&str| {
        cell.starts_with(|c: char| c.is_ascii_digit())
            && cell
                .chars()
                .all(|c| c.is_ascii_digit() || " .hms".contains(c))
    };
    let text = world.read("told.md");
    let lines = text.lines();
    let lines = lines.filter(|line| !line.starts_with("| Took ") && !line.starts_with("| Run "));
    lines
        .map(|line| {
            let cells: Vec<&str> = line.split("| ").map(str::trim).collect();
            let cells: Vec<&str> = cells.into_iter().filter(|it| !is_time(it)).collect();
            cells.join("| ")
        })
        .collect()
}

/// The names behind one of a script's last words.
fn said<'t>(text: &'t str, word: &str) -> BTreeSet<&'t str> {
    let word = format!("{word}: ");
    let mut lines = text.lines().map(str::trim);
    let line = lines.find_map(|line| line.strip_prefix(&word));
    let names = line.map(|line| line.split(": changed,").next().unwrap_or(line));
    names
        .into_iter()
        .flat_map(|names| names.split(", "))
        .collect()
}

/// Holds the last run of a script, and its last words, against the machine.
pub fn ends_as_the_machine_wants(
    plan: &Arc<Plan>,
    world: &World,
    told: &Told,
    about: &str,
) -> Outcome {
    let machine = judge(plan, &facts(plan, &world.script_run()), about);
    let outcome = machine.outcome().expect("it has one");
    let status = i32::from(outcome.exit_status());
    assert_eq!(told.status, Some(status), "{about}");
    let summary = machine.summary();
    for (word, nodes) in [("undone", &summary.undone), ("left", &summary.left)] {
        let names: BTreeSet<&str> = nodes
            .iter()
            .map(|id| plan.nodes[id.index()].name.as_str())
            .collect();
        assert_eq!(said(&told.text, word), names, "{word}: {about}");
    }
    let tolerated: BTreeSet<&str> = machine.failed_rounds().map(|(item, _)| item).collect();
    let lines = told
        .text
        .lines()
        .filter_map(|line| line.trim().strip_prefix("tolerated: "));
    let items: BTreeSet<&str> = lines.filter_map(|line| line.split(':').next()).collect();
    assert_eq!(items, tolerated, "{about}");
    outcome
}

/// One of the places where a run of this plan can begin, with the arguments for
/// that; none where it can begin only at its own beginning.
fn beginning(plan: &Plan, number: usize) -> Option<(Arc<Plan>, Vec<String>)> {
    let names = plan.nodes.iter().map(|node| node.name.as_str());
    let places: Vec<&str> = names.filter(|it| begun_at(plan, it).is_some()).collect();
    let place = places.get(number.checked_rem(places.len())?)?;
    let (known, begun) = begun_at(plan, place)?;
    let mut arguments = vec!["--from".to_owned(), (*place).to_owned()];
    for known in known {
        let known = format!("{}.{}={}", known.step, known.name, known.value);
        arguments.extend(["--known".to_owned(), known]);
    }
    Some((Arc::new(begun), arguments))
}

/// Runs a text by `exec` and by its script, given these arguments besides; whether
/// it can be exported.
fn compare(
    text: &str,
    plan: &Arc<Plan>,
    faults: &[String],
    (shell, awk): (&[&str], &Path),
    more: &[String],
) -> bool {
    let by_script = World::new(text, faults);
    if let Err(why) = by_script.export(&[]) {
        assert!(why.contains("RB967"), "{why}\n{text}");
        return false;
    }
    by_script.write("token", SECRET);
    let given = given(text);
    let mut arguments = vec!["--yes"];
    arguments.extend(given.iter().chain(more).map(String::as_str));
    by_script.has_awk(awk);
    let told = by_script.script_beside(shell, &arguments);
    let run = by_script.script_run();
    let journal = by_script.read("effects");
    let about = format!(
        "in {shell:?} and {awk:?} with {faults:?} {more:?}\n{}\n{}\n{journal}\n{}\n{text}",
        told.text,
        std::fs::read_to_string(run.join("journal")).unwrap_or_default(),
        by_script.path().display(),
    );
    let outcome = ends_as_the_machine_wants(plan, &by_script, &told, &about);

    let by_exec = World::new(text, faults);
    by_exec.write("token", SECRET);
    let exec = by_exec.exec(&arguments);
    let about = format!(
        "{about}\n--- exec\n{}\n{}",
        exec.text,
        by_exec.read("effects")
    );
    // A closed window is a fault too.
    if (faults.is_empty() && outcome == Outcome::Succeeded) || is_sequential(plan) {
        assert_eq!(told.status, exec.status, "{about}");
        let sorted = |world: &World| {
            let mut effects = world.effects();
            effects.retain(|effect| !effect.starts_with("measure"));
            // A gate that another condition closes may end its check before that
            // has said anything.
            if outcome != Outcome::Succeeded {
                effects.retain(|effect| !effect.starts_with("look g"));
            }
            if !is_sequential(plan) {
                effects.sort();
            }
            // How often something that is tried for a while was tried is a
            // matter of time.
            if text.contains("within") {
                effects.dedup();
            }
            effects
        };
        assert_eq!(sorted(&by_script), sorted(&by_exec), "{about}");
        if is_sequential(plan) && !is_of_time(text) {
            assert_eq!(told.trace(), exec.trace(), "{about}");
            let [script, exec] = [&by_script, &by_exec].map(postmortem);
            let is_written = text.contains("told.md") && outcome != Outcome::Waiting;
            assert_eq!(!script.is_empty(), is_written, "{about}");
            assert_eq!(script, exec, "{about}");
        }
        assert!(!by_script.path().join("pwned").exists(), "{about}");
        let state = StateDirectory::open(&by_exec.path().join("state")).expect("it is there");
        let run = state.runs().into_iter().next().expect("a run");
        let recorded = journal::read(&run).expect("it can be read");
        assert_eq!(recorded.outcome(), Some(outcome), "{about}");
    }
    true
}

#[test]
fn runbooks_of_chance_do_the_same_as_scripts() {
    let count = Cell::new(0_usize);
    let sketched = Cell::new(0_usize);
    let exported = Cell::new(0_usize);
    let runs = Cell::new(0_usize);
    let in_the_middle = Cell::new(0_usize);
    let used = std::cell::RefCell::new(BTreeSet::new());
    let result = runner(24).run(&sketches(), |sketch| {
        sketched.set(sketched.get() + 1);
        let text = with_more(&quick(&sketch.to_string()), sketched.get());
        let Some(plan) = plan_of(&text) else {
            return Ok(());
        };
        count.set(count.get() + 1);
        if crate::chance::is_long() && count.get().is_multiple_of(25) {
            say(&format!("{} runbooks, {} runs", count.get(), runs.get()));
        }
        let all = faults(&plan);
        // A short run tries one fault of each, a long one all of them.
        let some: Vec<&Vec<String>> = match is_long() {
            true => all.iter().collect(),
            false => all.iter().skip(count.get() % all.len()).take(1).collect(),
        };
        for faults in some {
            let by = (shells::nth(runs.get()), awks::nth(runs.get()));
            // Every third run begins in the middle.
            let begun = match runs.get() % 3 {
                1 => beginning(&plan, runs.get() / 3),
                _whole => None,
            };
            in_the_middle.set(in_the_middle.get() + usize::from(begun.is_some()));
            let (plan, more) = begun.unwrap_or((plan.clone(), Vec::new()));
            if !compare(&text, &plan, faults, by, &more) {
                break;
            }
            runs.set(runs.get() + 1);
            exported.set(exported.get() + usize::from(faults.is_empty()));
            used.borrow_mut().insert(by.0.join(" "));
        }
        Ok::<(), TestCaseError>(())
    });
    if let Err(error) = result {
        panic!("{error}");
    }
    say(&format!(
        "{} runbooks, {} runs, {} from the middle, in {:?}",
        count.get(),
        runs.get(),
        in_the_middle.get(),
        used.borrow()
    ));
    assert!(runs.get() > 0, "nothing was run");
    assert!(
        in_the_middle.get() > 0 || is_long(),
        "nothing began in the middle"
    );
}
