//! The scripts of `examples/deployment`: whatever state a changing script
//! leaves behind when it is cut off, its undo restores the production byte for
//! byte, and may be run again. The tests of the runbook itself rest on this.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use crate::production::Production;

const POINTS: [&str; 3] = ["before", "half", "after"];

/// A script call that changes production, and the call that takes it back.
struct Change {
    call: &'static str,
    undo: &'static str,
}

const CHANGES: [Change; 9] = [
    Change {
        call: "tag_release --create --tag v1.2.3",
        undo: "tag_release --delete --tag v1.2.3",
    },
    Change {
        call: "maintenance_mode --enable",
        undo: "maintenance_mode --disable",
    },
    Change {
        call: "run_migrations --environment demo",
        undo: "migrate_to --level 41",
    },
    Change {
        call: "run_migrations --environment demo",
        undo: "restore_db --backup 1",
    },
    Change {
        call: "migrate_to --level 42",
        undo: "migrate_to --level 41",
    },
    Change {
        call: "deploy --env green --version 1.2.2",
        undo: "deploy --env green --version 1.2.1",
    },
    Change {
        call: "switch_traffic --from blue --to green --percentage 10",
        undo: "switch_traffic --from green --to blue --percentage 100",
    },
    Change {
        call: "maintenance_mode --disable",
        undo: "maintenance_mode --disable",
    },
    Change {
        call: "tag_release --delete --tag v9.9.9",
        undo: "tag_release --delete --tag v9.9.9",
    },
];

/// Calls that only add what may stay: they need no undo.
const HARMLESS: [&str; 3] = [
    "backup_db --environment demo",
    "build_production --tag v1.2.3",
    "notify hello",
];

fn script_of(call: &str) -> &str {
    call.split(' ').next().unwrap()
}

/// A production with a backup to restore, and how it looks.
fn prepared() -> (Production, BTreeMap<PathBuf, Vec<u8>>) {
    let production = Production::new();
    let printed = production.succeeds("backup_db", &[]);
    assert!(printed.ends_with("backup id: 1\n"), "{printed}");
    let before = production.picture();
    (production, before)
}

#[test]
fn every_undo_restores_what_a_failed_change_left_and_may_run_twice() {
    let (production, before) = prepared();
    for change in &CHANGES {
        for point in POINTS {
            let fault = format!("{}:{point}", script_of(change.call));
            let complaint = production.fails(change.call, &[("FAIL", &fault)], 1);
            assert!(complaint.contains(&fault), "{complaint}");
            for time in ["first", "second"] {
                production.succeeds(change.undo, &[]);
                let after = production.picture();
                assert_eq!(after, before, "{time} `{}` after FAIL={fault}", change.undo);
            }
        }
    }
}

#[test]
fn every_undo_copes_with_an_undo_that_failed() {
    let (production, before) = prepared();
    for change in &CHANGES {
        for point in POINTS {
            production.succeeds(change.call, &[]);
            let fault = format!("{}:{point}", script_of(change.undo));
            production.fails(change.undo, &[("FAIL", &fault)], 1);
            production.succeeds(change.undo, &[]);
            assert_eq!(production.picture(), before, "`{}`, {fault}", change.undo);
        }
    }
}

#[test]
fn every_undo_restores_what_a_killed_change_left() {
    let (production, before) = prepared();
    for change in &CHANGES {
        for point in POINTS {
            let fault = format!("{}:{point}", script_of(change.call));
            production.hangs_until_killed(change.call, &fault);
            production.succeeds(change.undo, &[]);
            assert_eq!(production.picture(), before, "`{}`, {fault}", change.undo);
        }
    }
}

#[test]
fn a_change_has_two_halves_that_differ() {
    let (production, before) = prepared();
    for change in &CHANGES {
        if change.call == change.undo {
            continue;
        }
        let script = script_of(change.call);
        let left_by = |point: &str| {
            production.fails(change.call, &[("FAIL", &format!("{script}:{point}"))], 1);
            let picture = production.picture();
            production.succeeds(change.undo, &[]);
            picture
        };
        let [none, half, full] = POINTS.map(left_by);
        assert_eq!(none, before, "`{}` before its first half", change.call);
        assert_ne!(half, before, "`{}` half-way", change.call);
        assert_ne!(full, half, "`{}` after both halves", change.call);
        production.succeeds(change.call, &[]);
        assert_eq!(production.picture(), full, "`{}`", change.call);
        production.succeeds(change.undo, &[]);
    }
}

#[test]
fn a_change_may_be_repeated_after_it_was_cut_off() {
    let (production, _) = prepared();
    for change in &CHANGES {
        production.succeeds(change.call, &[]);
        let done = production.picture();
        for point in ["before", "half"] {
            production.succeeds(change.undo, &[]);
            let fault = format!("{}:{point}", script_of(change.call));
            production.fails(change.call, &[("FAIL", &fault)], 1);
            production.succeeds(change.call, &[]);
            assert_eq!(production.picture(), done, "`{}`, {fault}", change.call);
        }
        production.succeeds(change.undo, &[]);
    }
}

#[test]
fn harmless_scripts_leave_only_leavings() {
    let (production, before) = prepared();
    for call in HARMLESS {
        for point in POINTS {
            let fault = format!("{}:{point}", script_of(call));
            production.fails(call, &[("FAIL", &fault)], 1);
            assert_eq!(production.picture(), before, "`{call}`, {fault}");
        }
        production.succeeds(call, &[]);
        assert_eq!(production.picture(), before, "`{call}`");
    }
}

#[test]
fn the_whole_way_there_and_back_shows_in_the_effects() {
    let production = Production::new();
    let before = production.picture();
    let way = [
        "tag_release --create --tag v1.2.3",
        "build_production --tag v1.2.3",
        "backup_db --environment demo",
        "maintenance_mode --enable",
        "run_migrations --environment demo",
        "maintenance_mode --disable",
        "deploy --env green --version 1.2.3",
        "switch_traffic --from blue --to green --percentage 10",
        "switch_traffic --from blue --to green --percentage 100",
        "switch_traffic --from green --to blue --percentage 100",
        "deploy --env green --version 1.2.1",
        "migrate_to --level 41",
        "tag_release --delete --tag v1.2.3",
    ];
    for call in way {
        production.succeeds(call, &[]);
        production.succeeds("health_check --env blue --check api", &[]);
    }
    assert_eq!(production.picture(), before);
    let expected: Vec<String> = way
        .iter()
        .flat_map(|call| [format!("start {call}"), format!("end {call}")])
        .collect();
    assert_eq!(production.effects(), expected);
}

#[test]
fn a_fault_can_mean_one_argument_and_a_number_of_times() {
    let production = Production::new();
    let to = |percentage: &str| {
        format!("switch_traffic --from blue --to green --percentage {percentage}")
    };
    let faults = [("FAIL", "deploy@1.9.9 switch_traffic@50:after:2")];
    production.succeeds(&to("10"), &faults);
    production.fails(&to("50"), &faults, 1);
    production.fails(&to("50"), &faults, 1);
    production.succeeds(&to("50"), &faults);
    assert_eq!(
        production.effects()[3],
        format!("fail:after {} (FAIL=switch_traffic@50:after:2)", to("50"))
    );
}

#[test]
fn a_fault_that_cannot_be_read_is_refused() {
    let production = Production::new();
    let unreadable = [
        "dploy",
        "deploy:middle",
        "deploy:half:x",
        "deploy@",
        ":half",
    ];
    for fault in unreadable {
        for kind in ["FAIL", "HANG"] {
            let complaint = production.fails("schema_level", &[(kind, fault)], 2);
            let named = format!("cannot read {kind}={fault}: write ");
            assert!(complaint.contains(&named), "{complaint}");
        }
    }
}

#[test]
fn looking_scripts_fail_when_told_to_and_change_nothing() {
    let production = Production::new();
    let before = production.picture();
    let looks = [
        "ci_status --suite e2e",
        "changed_lines --below 200",
        "logs --of application --errors",
        "logs --of events",
        "verify_staging",
        "verify_live --env blue --version 1.2.2",
        "tag_release --unused --tag v1.2.3",
        "build_production --built --tag v1.2.2",
        "schema_level",
        "running_version --env green",
        "metric p95",
        "health_check --env green",
        "health_check --environment demo",
    ];
    for call in looks {
        production.succeeds(call, &[]);
        production.fails(call, &[("FAIL", script_of(call))], 1);
        assert_eq!(production.picture(), before, "`{call}`");
    }
}

#[test]
fn looking_scripts_see_what_is_wrong() {
    let production = Production::new();
    production.fails("verify_live --env blue --version 1.2.1", &[], 1);
    production.fails("verify_live --env green --version 1.2.1", &[], 1);
    production.fails("tag_release --unused --tag v1.2.2", &[], 1);
    production.fails("build_production --built --tag v1.2.3", &[], 1);
    production.fails("deploy --env green --version 1.2.3", &[], 1);
    for (file, wrong, call) in [
        ("ci/unit", "failure", "ci_status --suite unit"),
        ("ci/changed_lines", "200", "changed_lines --below 200"),
        ("staging/health", "ill", "verify_staging"),
        ("green/app", "shop 1.2.3", "health_check --env green"),
        ("database/level", "43", "health_check --env blue"),
        ("services/cache", "down", "health_check --environment demo"),
        ("metrics/p95", "0.3", "health_check --environment demo"),
        (
            "metrics/error_rate",
            "NaN",
            "health_check --environment demo",
        ),
    ] {
        let production = Production::new();
        production.succeeds(call, &[]);
        fs::write(production.path().join(file), format!("{wrong}\n")).unwrap();
        production.fails(call, &[], 1);
    }
}

#[test]
fn a_bad_version_shows_in_the_metrics_once_it_has_traffic() {
    let production = Production::new();
    let bad = [("BAD_VERSION", "1.2.2")];
    production.succeeds("deploy --env blue --version 1.2.1", &[]);
    production.succeeds("deploy --env green --version 1.2.2", &[]);
    let forced = [("METRIC_signups", "7")];
    assert_eq!(production.succeeds("metric error_rate", &bad), "0.05\n");
    assert_eq!(production.succeeds("metric signups", &forced), "120\n");
    production.succeeds("switch_traffic --from blue --to green --percentage 10", &[]);
    assert_eq!(production.succeeds("metric error_rate", &bad), "3.05\n");
    assert_eq!(production.succeeds("metric success_rate", &bad), "96.95\n");
    assert_eq!(production.succeeds("metric error_rate", &[]), "0.05\n");
    assert_eq!(production.succeeds("metric signups", &forced), "7\n");
    assert_eq!(production.succeeds("metric disk_io", &bad), "12000000\n");
}

#[test]
fn resetting_never_removes_what_is_no_production() {
    let production = Production::new();
    production.succeeds("switch_traffic --from blue --to green --percentage 10", &[]);
    production.succeeds("reset_production", &[]);
    assert_eq!(production.effects(), Vec::<String>::new());

    let marker = production.path().join(".production");
    fs::remove_file(&marker).unwrap();
    let before = production.picture();
    let complaint = production.fails("reset_production", &[], 1);
    assert!(complaint.contains("holds something else"), "{complaint}");
    assert_eq!(production.picture(), before);
    let complaint = production.fails("schema_level", &[], 1);
    assert!(complaint.contains("reset_production.sh"), "{complaint}");
}

#[test]
fn wrong_usage_changes_nothing() {
    let production = Production::new();
    for call in [
        "deploy --env red --version 1.2.2",
        "deploy --env green --version ../x",
        "deploy --env green --version",
        "deploy --colour green",
        "switch_traffic --from blue --to blue --percentage 10",
        "switch_traffic --from blue --to green --percentage 101",
        "migrate_to --level old",
        "maintenance_mode",
        "maintenance_mode --enable --disable",
        "tag_release --tag v1",
        "metric ../blue/app",
        "health_check",
    ] {
        let complaint = production.fails(call, &[], 2);
        let usage = format!("usage: {}.sh", script_of(call));
        assert!(complaint.starts_with(&usage), "`{call}`: {complaint}");
    }
    assert_eq!(production.effects(), Vec::<String>::new());
}
