use std::path::Path;
use std::sync::Arc;

use rust_decimal::Decimal;

use super::*;
use crate::analysis::analyse_bytes;
use crate::machine::event::{
    Answer, Completion, Event, Failure, How, Observer, Part, Question, Reading, ReadingResult,
};
use crate::plan::{MetricId, NodeId, Plan};

const TEXT: &str = r#"
runbook "Release <b>it</b>"
param note: string = "<script>alert(1)</script>"
metric errors: percent = $ ./metric.sh
role owners = ["ada"]
gate go {
  approve by owners
}
gate settled {
  hold errors < 1% for 1m every 10s
  else rollback
}
step green {
  $ ./deploy.sh
  rollback $ ./undo.sh
}
"#;

fn plan() -> Arc<Plan> {
    let analysis = analyse_bytes(Path::new("t.runbook"), TEXT.as_bytes());
    Arc::new(analysis.plan)
}

fn node(plan: &Plan, name: &str) -> NodeId {
    let at = plan.nodes.iter().position(|node| node.name == name);
    NodeId(u32::try_from(at.unwrap_or(0)).unwrap_or(0))
}

/// An approval, measurements, and a failure that quotes markup.
fn facts(plan: &Plan) -> Vec<Stamped> {
    let (go, green) = (node(plan, "go"), node(plan, "green"));
    let activity = Activity {
        node: green,
        part: Part::Forward,
        attempt: 1,
    };
    let sample = |result| Event::Sampled {
        observer: Observer::Gate {
            gate: node(plan, "settled"),
            condition: 0,
        },
        readings: vec![Reading {
            metric: MetricId(0),
            result,
        }],
    };
    let values = |value: i64| ReadingResult::Values(vec![Decimal::new(value, 2)]);
    let events = [
        Event::Opened {
            starter: "grace".to_owned(),
            start_at: None,
        },
        Event::Answered {
            question: Question::Approve {
                gate: go,
                condition: 0,
            },
            answer: Answer::Yes,
            by: "ada".to_owned(),
            how: How::Command,
        },
        sample(values(5)),
        sample(ReadingResult::NoData("<i>nothing</i>".to_owned())),
        sample(values(230)),
        Event::Intended { activity },
        Event::Ended {
            activity,
            result: Completion::Failed(Failure {
                exit: Some(1),
                message: "said `<img src=x>` and \u{1b}[2J".to_owned(),
                worked: false,
            }),
            values: Vec::new(),
            remarks: vec!["it left processes behind".to_owned()],
        },
    ];
    (0..)
        .map(|index| index * 1_000)
        .zip(events)
        .map(|(at, event)| Stamped { at, event })
        .collect()
}

fn with_account<T>(tell: impl Fn(&Account<'_>) -> T) -> T {
    let plan = plan();
    let facts = facts(&plan);
    let mut machine = Machine::new(plan.clone());
    for fact in &facts {
        machine.apply(fact);
    }
    tell(&Account {
        machine: &machine,
        facts: &facts,
        run: "r1",
        starter: "grace",
        host: "web1",
        opened: 0,
        hash: "abc",
        words: &[("state".to_owned(), "it `failed`".to_owned())],
        output: &|_| Some("one\n</pre><script>two</script>\u{1b}]0;x\u{7}\n".to_owned()),
    })
}

#[test]
fn nothing_that_was_printed_becomes_markup() {
    let page = with_account(html);
    for markup in ["<script", "<img", "<i>", "<b>", "\u{1b}", "\u{7}"] {
        assert!(!page.contains(markup), "{markup}: {page}");
    }
    assert!(page.contains("&lt;script&gt;alert(1)"));
    assert!(page.contains("&lt;/pre&gt;&lt;script&gt;two"));
    let text = with_account(markdown);
    assert!(
        !text.contains('\u{1b}') && !text.replace("\\<", "").contains('<'),
        "{text}"
    );
}

#[test]
fn the_page_needs_nothing_else() {
    // What leads to another place of the page itself asks for nothing.
    let page = with_account(html).replace("url(#", "");
    for call in [
        "http:", "https:", "src=\"", "href=", "url(", "@import", "onload",
    ] {
        assert!(!page.contains(call), "{call}");
    }
    assert!(page.contains("default-src 'none'"));
}

#[test]
fn who_let_it_go_what_failed_and_what_was_measured_are_told() {
    for told in [with_account(html), with_account(markdown)] {
        for words in [
            "ada says yes",
            "runbook approve",
            "failed: said",
            "left processes behind",
        ] {
            assert!(told.contains(words), "{words}: {told}");
        }
        assert!(told.contains("2.3%"), "{told}");
    }
    let page = with_account(html);
    let first = page.find("class=\"reason\"");
    let timeline = page.find("Timeline");
    assert!(first < timeline || first.is_none());
}

#[test]
fn a_limit_is_a_line_and_a_gap_is_a_gap() {
    let page = with_account(html);
    assert_eq!(page.matches("class=\"limit\"").count(), 1, "{page}");
    assert_eq!(page.matches("class=\"dot\"").count(), 2);
    assert_eq!(page.matches("class=\"none\"").count(), 1);
    let path = page.split("class=\"line\" d=\"").nth(1).unwrap_or_default();
    let path = path.split('"').next().unwrap_or_default();
    assert_eq!(path.matches('M').count(), 2, "broken in the middle: {path}");
}

#[test]
fn the_data_says_the_same() {
    let data = with_account(json);
    assert_eq!(data["starter"], "grace");
    assert_eq!(data["measurements"][0]["metric"], "errors");
    assert_eq!(
        data["measurements"][0]["points"].as_array().map(Vec::len),
        Some(3)
    );
    assert_eq!(data["measurements"][0]["limits"][0]["text"], "errors < 1%");
}
