//! Runs of chance whose interpreter was killed, or all of it, at any of their
//! commands: scripts take them up as the machine and `exec` do.

use std::cell::Cell;
use std::sync::Arc;

use proptest::test_runner::TestCaseError;
use runbook::plan::Plan;

use super::awks;
use super::random::{
    SECRET, ends_as_the_machine_wants, faults, given, is_of_time, is_sequential, plan_of,
    postmortem, quick, with_more,
};
use super::shells;
use super::world::{Told, World};
use crate::chance::{is_long, runner, say};
use crate::generate::sketches;

const RUNBOOK: &str = env!("CARGO_BIN_EXE_runbook");

/// What happens to a run, and how it is taken up.
#[derive(Debug, Clone)]
struct Case {
    faults: Vec<String>,
    /// The command at which it happens, and for which time.
    at: String,
    /// Whether its commands go with the interpreter.
    all: bool,
    back: bool,
    on_doubt: &'static str,
}

impl Case {
    fn world(&self, text: &str) -> World {
        let world = World::new(text, &self.faults);
        world.write("token", SECRET);
        let file = if self.all { "cuts" } else { "kills" };
        world.write(file, &(self.at.clone() + "\n"));
        world
    }

    /// Runs a program so that its commands can find who drives the run.
    fn begins(world: &World, program: &[&str], arguments: &[&str]) -> Told {
        let noted = ["sh", "-c", "echo $$ >driver; exec \"$@\"", "sh"];
        world.run(&[&noted, program].concat(), arguments)
    }

    fn options(&self) -> Vec<&'static str> {
        match self.back {
            true => vec![],
            false => vec!["--yes", "--on-doubt", self.on_doubt],
        }
    }

    /// The last words of the script, if it was killed.
    fn script(&self, world: &World, shell: &[&str], given: &[&str]) -> Option<Told> {
        let begun = [given, &["--yes", "--grace", "1"]].concat();
        let path = format!("PATH={}", world.path_to_stand_ins());
        let program = [&["env", &path], shell, &["./case.sh"]].concat();
        let whole = Self::begins(world, &program, &begun);
        if !was_killed(world, &whole) || world.journal().contains(" closed ") {
            return None;
        }
        let how = if self.back { "--rollback" } else { "--resume" };
        Some(world.script_beside(shell, &[&[how], self.options().as_slice()].concat()))
    }

    fn exec(&self, world: &World, given: &[&str]) -> Option<Told> {
        let begun = [&["exec", "case.runbook", "--yes", "--grace", "1s"], given].concat();
        let whole = Self::begins(world, &[RUNBOOK], &begun);
        let runs = world.run(&[RUNBOOK], &["runs"]);
        let run = runs.text.split_whitespace().next().expect("a run");
        let journal = format!("state/runs/{run}/journal.jsonl");
        if !was_killed(world, &whole) || world.read(&journal).contains("\"closed\"") {
            return None;
        }
        let how = if self.back { "rollback" } else { "resume" };
        let options = self.options();
        Some(world.run(
            &[RUNBOOK],
            &[&[how, run, "--grace", "1s"], options.as_slice()].concat(),
        ))
    }
}

/// Whether it was, and not only when it had ended: a measurement may outlive its gate.
fn was_killed(world: &World, whole: &Told) -> bool {
    world.path().join("killed").exists() && !whole.text.contains("state: ")
}

/// The commands of a run that nobody disturbs, each with which time it is.
fn moments(text: &str, faults: &[String], given: &[&str]) -> Vec<String> {
    let world = World::new(text, faults);
    world.write("token", SECRET);
    world.exec(&[&["--yes"], given].concat());
    let mut seen: Vec<String> = Vec::new();
    let effects = world.effects().into_iter();
    effects
        .filter_map(|effect| {
            let mut words = effect.split(' ');
            let short = format!("{} {}", words.next()?, words.next()?);
            let time = seen.iter().filter(|it| **it == short).count() + 1;
            seen.push(short.clone());
            Some(format!("{short} #{time}"))
        })
        .collect()
}

/// By how many the run was taken up after it was killed.
fn compare(text: &str, plan: &Arc<Plan>, case: &Case, number: usize) -> usize {
    let (shell, awk) = (shells::nth(number), awks::nth(number));
    let given = given(text);
    let given: Vec<&str> = given.iter().map(String::as_str).collect();
    let by_script = case.world(text);
    if let Err(why) = by_script.export(&[]) {
        assert!(why.contains("RB967"), "{why}\n{text}");
        return 0;
    }
    by_script.has_awk(awk);
    let Some(told) = case.script(&by_script, shell, &given) else {
        return 0;
    };
    let run = by_script.script_run();
    let about = format!(
        "in {shell:?} and {awk:?} with {case:?}\n{}\n{}\n{}\n{text}",
        told.text,
        std::fs::read_to_string(run.join("journal")).unwrap_or_default(),
        by_script.read("effects"),
    );
    ends_as_the_machine_wants(plan, &by_script, &told, &about);
    // Whether a command that goes on ends before it is asked to is a matter of time.
    if !is_sequential(plan) || (case.back && !case.all) {
        return 1;
    }
    let by_exec = case.world(text);
    let Some(exec) = case.exec(&by_exec, &given) else {
        return 1;
    };
    let about = format!(
        "{about}\n--- exec\n{}\n{}",
        exec.text,
        by_exec.read("effects")
    );
    assert_eq!(told.status, exec.status, "{about}");
    let lasting = |world: &World| {
        let mut effects = world.effects();
        effects.retain(|effect| !effect.starts_with("measure"));
        if text.contains("within") {
            effects.dedup();
        }
        effects
    };
    assert_eq!(lasting(&by_script), lasting(&by_exec), "{about}");
    // How often something was measured is told too, and is a matter of time; and only
    // a script's messages are sent by a process that lives on.
    if !is_of_time(text) && !case.at.starts_with("tell ") {
        assert_eq!(told.ending(), exec.ending(), "{about}");
        // What ended meanwhile is told before that by one, and after it by the other.
        let [script, exec] = [&by_script, &by_exec].map(|world| {
            let mut lines = postmortem(world);
            lines.retain(|line| !line.ends_with(" resumes the run |"));
            lines
        });
        assert_eq!(script, exec, "{about}");
    }
    2
}

#[test]
fn killed_runs_of_chance_are_taken_up_by_scripts_as_by_exec() {
    let sketched = Cell::new(0_usize);
    let runs = Cell::new(0_usize);
    let taken_up = Cell::new(0_usize);
    let by_both = Cell::new(0_usize);
    let result = runner(72).run(&sketches(), |sketch| {
        sketched.set(sketched.get() + 1);
        let text = with_more(&quick(&sketch.to_string()), sketched.get());
        let Some(plan) = plan_of(&text) else {
            return Ok(());
        };
        let given = given(&text);
        let given: Vec<&str> = given.iter().map(String::as_str).collect();
        let all = faults(&plan);
        let some: Vec<&Vec<String>> = match is_long() {
            true => all.iter().collect(),
            false => all
                .iter()
                .skip(sketched.get() % all.len())
                .take(1)
                .collect(),
        };
        for faults in some {
            let moments = moments(&text, faults, &given);
            let number = runs.get();
            runs.set(number + 1);
            if moments.is_empty() {
                continue;
            }
            let case = Case {
                faults: faults.clone(),
                at: moments[number * 7 % moments.len()].clone(),
                all: number.is_multiple_of(2),
                back: number % 5 == 4,
                on_doubt: ["again", "done", "rollback", "stop"][number / 2 % 4],
            };
            let by = compare(&text, &plan, &case, number);
            taken_up.set(taken_up.get() + usize::from(by > 0));
            by_both.set(by_both.get() + usize::from(by > 1));
        }
        Ok::<(), TestCaseError>(())
    });
    if let Err(error) = result {
        panic!("{error}");
    }
    say(&format!(
        "{} sketches, {} runs, {} taken up, {} by both",
        sketched.get(),
        runs.get(),
        taken_up.get(),
        by_both.get(),
    ));
    assert!(by_both.get() > 0 || is_long(), "nothing was taken up");
}
