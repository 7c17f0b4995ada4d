//! What is measured by chance, compared by chance: scripts decide as the machine does,
//! and read answers as `exec` does.

use std::cell::Cell;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use runbook::machine::event::{Event, Outcome, Reading, ReadingResult, Stamped};
use runbook::plan::{MetricId, Plan};
use runbook::run::journal;
use runbook::run::state::StateDirectory;

use super::judge::{facts, judge};
use super::random::plan_of;
use super::shells;
use super::world::World;
use crate::chance::{runner, say};
use crate::outside::server::{Server, answer, answer_json};

/// What Prometheus says when it is asked once.
#[derive(Debug, Clone)]
enum Look {
    Series(Vec<&'static str>),
    Scalar(&'static str),
    Status(u16),
    Text(&'static str),
}

#[derive(Debug, Clone)]
struct Case {
    /// Of `m` and of `requests`, in turn.
    looks: [Vec<Look>; 2],
    thresholds: String,
    observer: String,
}

impl Case {
    fn text(&self, url: &str) -> String {
        let Case {
            thresholds,
            observer,
            ..
        } = self;
        format!(
            r#"runbook "Compares"
defaults {{ timeout 1m }}
source prom = prometheus "{url}"
metric m: number = prom `m` of requests
metric requests: count = prom `requests`
{thresholds}phase change {{
  step change_it {{
    $ ./act do change
    rollback $ ./act undo change
  }}
}}
{observer}"#
        )
    }

    /// The last answer is given for ever.
    fn server(&self) -> Server {
        let looks = self.looks.clone();
        let asked = Mutex::new([0_usize; 2]);
        Server::new(move |what, wire| {
            let which = usize::from(what.target.contains("query=requests"));
            let at = {
                let mut asked = asked.lock().expect("nobody panics");
                asked[which] += 1;
                asked[which] - 1
            };
            let looks = &looks[which];
            let data = match &looks[at.min(looks.len() - 1)] {
                Look::Status(status) => return answer(wire, *status, "", b"no"),
                Look::Text(text) => return answer_json(wire, text),
                Look::Scalar(value) => {
                    format!(r#"{{"resultType":"scalar","result":[1,"{value}"]}}"#)
                }
                Look::Series(values) => {
                    let series = values.iter().enumerate();
                    let series = series.map(|(at, value)| {
                        format!(r#"{{"metric":{{"at":"{at}"}},"value":[1,"{value}"]}}"#)
                    });
                    let series: Vec<String> = series.collect();
                    format!(
                        r#"{{"resultType":"vector","result":[{}]}}"#,
                        series.join(",")
                    )
                }
            };
            answer_json(wire, &format!(r#"{{"status":"success","data":{data}}}"#));
        })
    }
}

fn value() -> impl Strategy<Value = &'static str> {
    prop_oneof![
        12 => prop::sample::select(vec!["0", "1", "2", "3", "4", "5", "10", "-1"]),
        4 => prop::sample::select(vec!["2.0000001", "1.5", "3e0", "0.00000000000000000001", "5e-1"]),
        2 => prop::sample::select(vec!["NaN", "+Inf", "-Inf"]),
    ]
}

fn look() -> impl Strategy<Value = Look> {
    prop_oneof![
        12 => value().prop_map(|it| Look::Series(vec![it])),
        6 => prop::collection::vec(value(), 2..4).prop_map(Look::Series),
        2 => value().prop_map(Look::Scalar),
        1 => Just(Look::Series(vec![])),
        1 => Just(Look::Status(503)),
        1 => Just(Look::Text(r#"{"status":"error","error":"too many samples"}"#)),
        1 => Just(Look::Text("what?")),
    ]
}

fn looks() -> impl Strategy<Value = Vec<Look>> {
    prop_oneof![
        3 => prop::collection::vec(look(), 1..8),
        // What is compared over several samples has several.
        1 => prop::collection::vec(value().prop_map(|it| Look::Series(vec![it])), 5..10),
    ]
}

fn test() -> impl Strategy<Value = String> {
    let bound = prop::sample::select(vec!["0", "1", "2", "3", "4"]);
    let sign = prop::sample::select(vec!["<", "<=", ">", ">=", "==", "!="]);
    let base = prop::sample::select(vec![
        "baseline",
        "baseline + 50%",
        "baseline - 1",
        "baseline + 2",
    ]);
    prop_oneof![
        4 => (sign.clone(), bound.clone()).prop_map(|(sign, bound)| format!("{sign} {bound}")),
        2 => (sign, base).prop_map(|(sign, base)| format!("{sign} {base}")),
        1 => bound.prop_map(|bound| format!("within 50% of {bound}")),
        1 => Just("within 20% of baseline".to_owned()),
        2 => prop::sample::select(vec!["< -9", "> 20"])
            .prop_map(|worse| format!("not worse than baseline  fail {worse}")),
    ]
}

fn option(of: &[&'static str]) -> impl Strategy<Value = &'static str> + use<> {
    let mut all = vec![""; of.len()];
    all.extend_from_slice(of);
    prop::sample::select(all)
}

fn comparison() -> impl Strategy<Value = String> {
    (
        prop::sample::select(vec!["m", "m", "m", "requests"]),
        test(),
        option(&["  fail > 4", "  fail >= 5", "  fail < 1"]),
        option(&["  min 2 samples", "  min 4 samples"]),
        option(&["  no data pass", "  no data fail", "  no data hold"]),
        option(&["  series all", "  series any", "  series worst"]),
    )
        .prop_map(|(metric, test, fail, least, nothing, series)| {
            let fail = if test.contains("fail") { "" } else { fail };
            format!("  {metric} {test}{fail}{least}{nothing}{series}\n")
        })
}

fn thresholds() -> impl Strategy<Value = String> {
    (prop::collection::vec(comparison(), 1..4), any::<bool>()).prop_map(|(lines, of_any)| {
        let lines = lines.concat();
        match of_any {
            true => format!("thresholds fine {{\n  any {{\n{lines}  }}\n}}\n"),
            false => format!("thresholds fine {{\n{lines}}}\n"),
        }
    })
}

fn observer() -> impl Strategy<Value = String> {
    let otherwise = prop::sample::select(vec!["rollback", "ask", "continue", "abort"]);
    let tolerate = option(&[" tolerate 1", " tolerate 2"]);
    let lasting = option(&[" for 100ms", " for 250ms"]);
    let action = prop::sample::select(vec!["rollback", "ask"]);
    let gate = |condition: &str, otherwise: &str| {
        format!("gate go {{\n  {condition}\n  else {otherwise}\n}}\n")
    };
    prop_oneof![
        2 => (tolerate, otherwise.clone()).prop_map(move |(tolerate, otherwise)| {
            gate(&format!("hold fine for 300ms every 100ms{tolerate}"), otherwise)
        }),
        1 => otherwise.prop_map(move |otherwise| {
            gate("until fine within 400ms every 100ms", otherwise)
        }),
        2 => (action, lasting).prop_map(|(action, lasting)| {
            format!(
                "phase look {{\n  step quiet {{\n    $ sleep 0.6\n    rollback $ ./act undo quiet\n  }}\n}}\n\
                 watch eye during look every 100ms {{\n  {action} when fine{lasting}\n}}\n"
            )
        }),
    ]
}

fn cases() -> impl Strategy<Value = Case> {
    (looks(), looks(), thresholds(), observer()).prop_map(
        |(first, second, thresholds, observer)| Case {
            looks: [first, second],
            thresholds,
            observer,
        },
    )
}

/// What was read of each metric, in turn, without where from.
fn readings(facts: &[Stamped], url: &str) -> HashMap<MetricId, Vec<ReadingResult>> {
    let mut all: HashMap<_, Vec<_>> = HashMap::new();
    for fact in facts {
        let Event::Sampled { readings, .. } = &fact.event else {
            continue;
        };
        for Reading { metric, result } in readings {
            let mut result = result.clone();
            if let ReadingResult::Error(why) = &mut result {
                *why = why.replace(url, "");
                // Each says in its own words what is no JSON.
                let short = why.find("the answer cannot be read").unwrap_or(why.len());
                why.truncate(short);
            }
            all.entry(*metric).or_default().push(result);
        }
    }
    all
}

/// How it ended by its script; nothing where there is no such runbook.
fn compare(case: &Case, shell: &[&str]) -> Option<Outcome> {
    let by_script = case.server();
    let text = case.text(&by_script.url());
    let plan: Arc<Plan> = plan_of(&text)?;
    let world = World::new(&text, &[]);
    world.export(&[]).expect("it can be exported");
    let told = world.script(shell, &["--verbose"]);
    let run = world.script_run();
    let about = format!(
        "in {shell:?}\n{:?}\n{}\n{}\n{text}",
        case.looks,
        told.text,
        std::fs::read_to_string(run.join("journal")).unwrap_or_default(),
    );
    let recorded = facts(&plan, &run);
    let machine = judge(&plan, &recorded, &about);
    let outcome = machine.outcome().expect("it has one");
    let status = i32::from(outcome.exit_status());
    assert_eq!(told.status, Some(status), "{about}");

    let by_exec = case.server();
    let text = case.text(&by_exec.url());
    let world = World::new(&text, &[]);
    let exec = world.exec(&[]);
    let state = StateDirectory::open(&world.path().join("state")).expect("it is there");
    let run = state.runs().into_iter().next().expect("a run");
    let by_both = [
        readings(&recorded, &by_script.url()),
        readings(
            &journal::read(&run).expect("it can be read").facts,
            &by_exec.url(),
        ),
    ];
    for (metric, read) in &by_both[0] {
        let none = Vec::new();
        let other = by_both[1].get(metric).unwrap_or(&none);
        // How many there are is a matter of time.
        for (one, other) in read.iter().zip(other) {
            assert_eq!(one, other, "{about}\n--- exec\n{}", exec.text);
        }
    }
    Some(outcome)
}

#[test]
fn what_is_measured_by_chance_is_judged_as_by_the_machine() {
    let count = Cell::new(0_usize);
    let outcomes = std::cell::RefCell::new(HashMap::<&str, usize>::new());
    let result = runner(10).run(&cases(), |case| {
        let shell = shells::nth(count.get());
        if let Some(outcome) = compare(&case, shell) {
            count.set(count.get() + 1);
            *outcomes.borrow_mut().entry(outcome.name()).or_default() += 1;
        }
        Ok::<(), TestCaseError>(())
    });
    if let Err(error) = result {
        panic!("{error}");
    }
    say(&format!("{} runs: {:?}", count.get(), outcomes.borrow()));
    assert!(count.get() > 0, "nothing was run");
}
