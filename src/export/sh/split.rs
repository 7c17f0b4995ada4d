//! A script in several files: one for each outermost phase, with what it runs,
//! and a driver with the rest, which reads them as it starts.

use std::fmt::Write;

use super::head::{SHELLCHECK, script_name};
use super::text::{comment, quoted};
use super::{Parts, titled};
use crate::plan::lower::open::OpenPlan;
use crate::plan::{NodeId, Plan};

/// The names and texts of the files, the driver first.
pub fn files(parts: &Parts<'_>, open: &OpenPlan) -> Vec<(String, String)> {
    let plan = &open.plan;
    let driver = script_name(plan);
    let stem = driver.strip_suffix(".sh").unwrap_or(&driver);
    let mut phases: Vec<NodeId> = Vec::new();
    for (phase, _) in &parts.functions {
        phases.extend(phase.filter(|it| !phases.contains(it)));
    }
    let named = (1..).zip(&phases).map(|(number, phase)| {
        let name = &plan.nodes[phase.index()].name;
        (format!("{stem}.{number:02}-{}.sh", plain(name)), *phase)
    });
    let named: Vec<(String, NodeId)> = named.collect();
    let mut functions = of(parts, None);
    functions += &reading(&named);
    let others: Vec<String> = named.iter().map(|(file, _)| file.clone()).collect();
    let script = parts.script(&functions, open, &driver, &others);
    let mut files = vec![(driver.clone(), script)];
    files.extend(named.into_iter().map(|(file, phase)| {
        let text = phase_file(parts, plan, phase, &driver);
        (file, text)
    }));
    files
}

/// What stands in a phase, or outside of all.
fn of(parts: &Parts<'_>, phase: Option<NodeId>) -> String {
    let pieces = parts.functions.iter();
    let pieces = pieces.filter(|(of, _)| *of == phase);
    pieces.map(|(_, text)| text.as_str()).collect()
}

/// A name as a part of a file's name, which disks do not take at any length.
fn plain(name: &str) -> String {
    let letter = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
    name.chars().take(60).map(letter).collect()
}

/// The lines of the driver that read the other files, of this very export.
fn reading(files: &[(String, NodeId)]) -> String {
    let mut text = String::from(
        "\n# What the phases do stands in files of their own, beside this one.\n\
         case $rb_script in */*) rb_parts=${rb_script%/*} ;; *) rb_parts=. ;; esac\n\
         rb_part() {\n  \
           [ -r \"$rb_parts/$1\" ] || { printf 'error: `%s` is missing: it belongs to this script\\n' \"$rb_parts/$1\" >&2; trap - EXIT; exit 2; }\n  \
           rb_part_of=''\n  \
           # shellcheck source=/dev/null\n  \
           . \"$rb_parts/$1\"\n  \
           [ \"$rb_part_of\" = \"$rb_plan\" ] || { printf 'error: `%s` is of another export than this script\\n' \"$rb_parts/$1\" >&2; trap - EXIT; exit 2; }\n  \
           rb_sums_of_parts=\"${rb_sums_of_parts-} $(cksum <\"$rb_parts/$1\" 2>/dev/null)\"\n\
         }\n",
    );
    for (file, _) in files {
        let _ = writeln!(text, "rb_part {}", quoted(file));
    }
    text
}

fn phase_file(parts: &Parts<'_>, plan: &Plan, phase: NodeId, driver: &str) -> String {
    let title = titled(&plan.nodes[phase.index()]);
    let mut text = String::from("#!/bin/sh\n");
    text += &comment(&title);
    text += "#\n";
    text += &comment(&format!(
        "What {driver} runs in this phase. By itself it does nothing."
    ));
    text += "#\n";
    text += SHELLCHECK;
    text += "# The names it uses are those of the script that reads it.\n\n";
    let _ = writeln!(text, "rb_part_of={}", parts.digest);
    text + &of(parts, Some(phase))
}
