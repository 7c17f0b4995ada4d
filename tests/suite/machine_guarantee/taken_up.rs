//! What the time means to a run that is taken up again, or that heard nothing for a
//! while: the machine is told facts with the moments at which they happened.

use runbook::machine::Machine;
use runbook::machine::event::{
    Activity, Answer, Completion, Event, Failure, How, Outcome, Part, Question, Stamped,
};
use runbook::plan::NodeId;

use super::plan;

/// A run of this that was told these facts, each at its moment.
fn told(body: &str, facts: Vec<(u64, Event)>) -> Machine {
    let mut machine = Machine::new(plan(body));
    for (at, event) in facts {
        machine.apply(&Stamped { at, event });
        machine.commands();
    }
    machine
}

fn opened() -> (u64, Event) {
    let starter = "ada".to_owned();
    let start_at = None;
    (0, Event::Opened { starter, start_at })
}

fn resumed() -> Event {
    let by = "ada".to_owned();
    Event::Resumed { by }
}

fn first_attempt(node: u32, part: Part) -> Activity {
    let node = NodeId(node);
    let attempt = 1;
    Activity {
        node,
        part,
        attempt,
    }
}

fn failed(activity: Activity) -> Event {
    Event::Ended {
        activity,
        result: Completion::Failed(Failure {
            exit: Some(1),
            message: "ended with status 1".to_owned(),
            worked: false,
        }),
        values: Vec::new(),
        remarks: Vec::new(),
    }
}

const HOUR: u64 = 3_600_000;

/// Who waits for two minutes until something is well gets them, also where the run
/// stood still for an hour while one of the attempts failed.
#[test]
fn attempts_have_their_time_anew_after_a_run_stood_still() {
    let check = "check well {\n  $ test -e well\n  within 2m every 5s\n}\n";
    let gate =
        "gate go {\n  check \"It is well\" {\n    $ test -e well\n    within 2m every 5s\n  }\n}\n";
    for (body, part) in [(check, Part::Forward), (gate, Part::GateCheck(0))] {
        let activity = first_attempt(1, part);
        let machine = told(
            body,
            vec![
                opened(),
                (0, Event::Intended { activity }),
                (HOUR, resumed()),
                (HOUR, failed(activity)),
            ],
        );
        assert!(machine.headline().is_none(), "{:?}", machine.headline());
        assert_eq!(machine.next_wake(), Some(HOUR + 5_000), "{body}");
    }
}

/// One that was to begin when the interpreter died begins when the run is taken up:
/// its time is not over before that.
#[test]
fn what_never_began_has_all_of_its_time() {
    let activity = first_attempt(1, Part::Forward);
    let body = "step one {\n  $ touch one\n  timeout 1m\n  rollback $ rm -f one\n}\n";
    let mut machine = told(body, vec![opened(), (0, Event::Intended { activity })]);
    for event in [resumed(), Event::Intended { activity }] {
        machine.apply(&Stamped { at: HOUR, event });
    }
    assert!(!machine.is_ending(activity));
    assert_eq!(machine.commands(), []);
    assert_eq!(machine.next_wake(), Some(HOUR + 60_000));
}

/// A window is looked at before a gate opens that was not heard of since it was to
/// close.
#[test]
fn a_window_that_was_to_close_opens_no_gate() {
    let body = "window hours {\n  allow mon..fri 09:00..17:00 in \"UTC\"\n}\n\
                gate go {\n  window hours\n  confirm \"Go?\"\n  timeout 1d\n}\n";
    let gate = NodeId(1);
    let seen = |at: u64, open: bool| Event::WindowSeen {
        gate,
        condition: 0,
        open,
        until: Some(at),
        reason: None,
    };
    let yes = Event::Answered {
        question: Question::Confirm { gate, condition: 1 },
        answer: Answer::Yes,
        by: "ada".to_owned(),
        how: How::Terminal,
    };
    let until_answered = vec![opened(), (0, seen(HOUR, true)), (2 * HOUR, yes)];
    let mut machine = told(body, until_answered);
    assert_eq!(machine.gate_progress(gate, 2 * HOUR), ["window `hours`"]);
    let event = seen(9 * HOUR, true);
    let at = 2 * HOUR;
    machine.apply(&Stamped { at, event });
    assert!(machine.gate_progress(gate, 2 * HOUR).is_empty());
    assert_eq!(machine.expected_outcome(), Some(Outcome::Succeeded));
}
