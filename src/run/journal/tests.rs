use std::sync::Arc;

use proptest::prelude::*;

use super::read::parse;
use super::*;
use crate::analysis::analyse_bytes;
use crate::machine::event::{Completion, Failure};
use crate::plan::NodeId;
use crate::run::state::StateDirectory;

fn plan() -> Arc<Plan> {
    let text = b"runbook \"t\"\nstep a {\n  $ true\n  rollback $ true\n}\n";
    Arc::new(analyse_bytes(Path::new("t.runbook"), text).plan)
}

fn header(plan: &Plan) -> Header {
    Header {
        format: FORMAT,
        program: "0".to_owned(),
        run: "r".to_owned(),
        starter: "ada".to_owned(),
        host: "h".to_owned(),
        boot: String::new(),
        plan_digest: plan_digest(plan),
    }
}

fn facts() -> Vec<Stamped> {
    let activity = Activity {
        node: NodeId(1),
        part: Part::Forward,
        attempt: 1,
    };
    let failure = Failure {
        exit: Some(1),
        message: "ended with status 1,\"hash\":\"\" \n{}".to_owned(),
        worked: false,
    };
    let events = [
        Event::Opened {
            starter: "ada".to_owned(),
            start_at: None,
        },
        Event::Intended { activity },
        Event::Ended {
            activity,
            result: Completion::Failed(failure),
            values: vec![("id".to_owned(), "ü\u{0}x".to_owned())],
            remarks: vec!["it left something behind".to_owned()],
        },
        Event::Tick,
    ];
    (0..)
        .zip(events)
        .map(|(at, event)| Stamped { at, event })
        .collect()
}

/// A journal as it stands on disk.
fn written() -> Vec<u8> {
    let Ok(place) = tempfile::tempdir() else {
        return Vec::new();
    };
    let run = StateDirectory::open(place.path()).and_then(|state| state.create_run());
    let Ok(run) = run else { return Vec::new() };
    let plan = plan();
    let journal = Journal::create(&run, header(&plan), &plan);
    let Ok(mut journal) = journal else {
        return Vec::new();
    };
    for fact in facts() {
        assert_eq!(journal.append(&fact), Ok(()));
    }
    std::fs::read(run.journal()).unwrap_or_default()
}

#[test]
fn what_was_written_is_read() {
    let recorded = parse(&written());
    assert!(recorded.is_ok(), "{recorded:?}");
    let Ok(recorded) = recorded else { return };
    assert_eq!(recorded.facts, facts());
    assert_eq!(*recorded.plan, *plan());
    assert_eq!(recorded.repaired, None);
}

#[test]
fn a_journal_cut_anywhere_gives_a_beginning_or_a_refusal() {
    let bytes = written();
    let header = bytes.iter().position(|byte| *byte == b'\n').unwrap_or(0);
    for cut in 0..bytes.len() {
        match parse(&bytes[..cut]) {
            Ok(recorded) => {
                assert!(cut > header);
                assert!(facts().starts_with(&recorded.facts), "cut at {cut}");
                let is_whole = bytes[cut - 1] == b'\n';
                assert_eq!(recorded.repaired.is_none(), is_whole, "cut at {cut}");
                assert!(recorded.length <= u64::try_from(cut).unwrap_or(0));
            }
            Err(_) => assert!(cut <= header, "cut at {cut}"),
        }
    }
}

#[test]
fn lines_lost_doubled_or_moved_are_refused() {
    let bytes = written();
    let lines: Vec<&[u8]> = bytes.split_inclusive(|byte| *byte == b'\n').collect();
    let damaged = |order: &[usize]| {
        let bytes: Vec<u8> = order.iter().flat_map(|at| lines[*at].to_vec()).collect();
        parse(&bytes)
    };
    assert!(damaged(&[0, 1, 2, 3, 4]).is_ok());
    assert!(damaged(&[0, 2, 3, 4]).is_err());
    assert!(damaged(&[0, 1, 1, 2, 3, 4]).is_err());
    assert!(damaged(&[0, 2, 1, 3, 4]).is_err());
    assert!(damaged(&[1, 2, 3, 4]).is_err());
}

proptest! {
    #[test]
    fn a_byte_changed_anywhere_is_noticed(at in 0..10_000_usize, to in any::<u8>()) {
        let bytes = written();
        // Without its end the last record counts as torn off.
        let at = at % (bytes.len() - 1);
        prop_assume!(bytes[at] != to && to != 0);
        let mut damaged = bytes.clone();
        damaged[at] = to;
        prop_assert!(parse(&damaged).is_err());
    }
}
