//! What a script says of itself, first.

use std::collections::BTreeSet;

use super::runtime::{BEGUN, requests};
use super::text::{comment, named, quote, quoted, remarks};
use crate::export::comments::Comments;
use crate::export::in_order;
use crate::plan::lower::open::{Decided, OpenPlan};
use crate::plan::{BlockKind, NodeKind, Plan, Run, Secret, SecretFrom, Shell, Task, digest_of};

/// What `shellcheck` need not say of a script.
pub const SHELLCHECK: &str =
    "# shellcheck disable=SC1003,SC2016,SC2030,SC2031,SC2034,SC2086,SC2154,SC2317,SC2329\n";

/// Before anything that another zsh would not know then.
const ZSH: &str = r#"# zsh keeps some names for itself unless it is told to be sh.
command -v emulate >/dev/null 2>&1 || unset ZSH_VERSION ZSH_EVAL_CONTEXT
if [ -n "${ZSH_VERSION-}" ] && [ "$(emulate)" != sh ]; then
  case $ZSH_EVAL_CONTEXT,$- in
    *:file*) ;;
    *,*s*) exec zsh --emulate sh -s -- "$@" ;;
    *) exec zsh --emulate sh "$0" "$@" ;;
  esac
fi
"#;

/// Before anything is called by a name that may come from outside: secrets would go
/// into the environment of every command with a variable that was exported before.
const FROM_OUTSIDE: &str = r#"# What the environment holds by names of this script, and functions that stand for what
# it uses, are not meant.
unset -f [ awk cat cd cksum command curl date env exec grep head id kill mkdir mkfifo mv od printf \
  ps pwd read rm rmdir sed set setsid sleep ssh tail test tr trap umask uname wait wc wget 2>/dev/null || :
for rb_name in $({ command env | command sed -n 's/^\(rb[a-z]\{0,1\}_[A-Za-z0-9_]*\)=.*/\1/p'; } 2>/dev/null); do unset "$rb_name"; done
"#;

/// The header and what only this script knows.
///
/// `digest` tells one version of a script from another; `script` is the name of its
/// file.
///
/// Of a script in several files, `parts` are the others.
pub fn head(
    open: &OpenPlan,
    comments: Comments<'_>,
    digest: &str,
    script: &str,
    parts: &[String],
) -> String {
    let plan = &open.plan;
    let file = plan.files.first();
    let path = file.map_or("runbook", |file| file_name(&file.path));
    let script = quote(script);
    let version = env!("CARGO_PKG_VERSION");
    let mut text = String::from("#!/bin/sh\n");
    text += &comment(&plan.title);
    text += "#\n";
    text += &about(plan, comments);
    text += &comment(&format!("Written by runbook {version} from"));
    for file in &plan.files {
        text += &comment(&format!(
            "  {}  sha256 {}",
            file_name(&file.path),
            file.digest
        ));
    }
    let (place, there) = match parts {
        [] => ("below", "here"),
        [..] => ("in one of the files", "there"),
    };
    text += &comment(&format!(
        "Better than a change here: change {path} and export it again; a run of one\n\
         version of this script cannot be resumed by another. In an emergency, change a\n\
         command, a way back or a limit {place}: a run that is resumed or rolled\n\
         back goes on with what then stands {there}. A step whose command is `:` does nothing."
    ));
    text += "#\n";
    text += &comment(&format!(
        "  sh {script} --dry-run    prints every command and its way back, runs nothing\n  \
           sh {script}              runs it; what fails is undone, the last change first\n  \
           sh {script} --resume     goes on with a run that waits or was interrupted\n  \
           sh {script} --rollback   turns the last run back\n  \
           sh {script} --help       tells the rest"
    ));
    text += "#\n";
    text += &order(plan);
    text += &listed("Wants:", &wanted(open));
    text += &listed("Needs:", &needs(plan));
    text += &listed("Secrets:", &secrets(plan));
    text += &listed("Files:", parts);
    text += &listed("Ends with:", &ENDS.map(str::to_owned));
    text += "#\n";
    text += SHELLCHECK;
    text += "# Facts are looked up by name, lists are split into words on purpose, functions\n";
    text += "# are called by their names, backquotes in messages are quotation marks, and what\n";
    text += "# is set in a subshell is meant to stay there.\n\n";
    text += ZSH;
    text += &format!("\n{FROM_OUTSIDE}");
    text += &format!("\nrb_name_of_file={script}\n");
    text += &format!("rb_name_of_script={}\n", quoted(&stem(path)));
    text += &format!("rb_title={}\n", quoted(&named(&plan.title)));
    text += &format!("rb_plan={digest} rb_version={version}\n");
    let digests: Vec<&str> = plan.files.iter().map(|file| file.digest.as_str()).collect();
    let of_text: String = digest_of(&digests.concat()).chars().take(16).collect();
    text += &format!("rb_text_of_run={of_text}\n");
    text += &format!("rb_tools={}\n", quoted(&tools(plan).join(" ")));
    text += &directories(plan);
    text += "\n";
    text + BEGUN
}

/// The last part of a path.
pub fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

fn stem(path: &str) -> String {
    path.strip_suffix(".runbook").unwrap_or(path).to_owned()
}

/// What a script is called that is not named otherwise.
pub fn script_name(plan: &Plan) -> String {
    let path = plan
        .files
        .first()
        .map_or("runbook", |file| file_name(&file.path));
    format!("{}.sh", stem(path))
}

/// The outermost statements, in their order.
fn order(plan: &Plan) -> String {
    let mut names: Vec<String> = Vec::new();
    for id in in_order(plan) {
        let node = &plan.nodes[id.index()];
        let outermost = node.block.is_some_and(|block| block.0 == 0);
        let begins = match &node.kind {
            NodeKind::Open(block) => block.kind != BlockKind::Ending,
            NodeKind::Close { .. } | NodeKind::Leave { .. } => false,
            NodeKind::Step(_)
            | NodeKind::Check(_)
            | NodeKind::Gate(_)
            | NodeKind::Notify { .. }
            | NodeKind::Postmortem { .. }
            | NodeKind::Enter(_) => true,
        };
        if outermost && begins && !node.skip.is_skipped() {
            names.push(node.name.clone());
        }
    }
    let arrow = |(at, name)| if at == 0 { name } else { format!("-> {name}") };
    let names: Vec<String> = names.into_iter().enumerate().map(arrow).collect();
    in_lines("Order:", &names)
}

/// Words behind what they are, with commas between them; nothing where there are none.
fn listed(about: &str, words: &[String]) -> String {
    let Some((last, rest)) = words.split_last() else {
        return String::new();
    };
    let words: Vec<String> = rest.iter().map(|word| format!("{word},")).collect();
    in_lines(about, &[words, vec![last.clone()]].concat())
}

/// What the author says of the runbook, before it begins.
fn about(plan: &Plan, comments: Comments<'_>) -> String {
    let said = remarks(&comments.about(plan));
    if said.is_empty() { said } else { said + "#\n" }
}

/// As a comment, no line of which is too long for its words.
fn in_lines(about: &str, words: &[String]) -> String {
    let mut text = String::new();
    let mut line = about.to_owned();
    for word in words {
        if line.len() + word.len() > 78 && line.trim().len() > about.trim().len() {
            text += &comment(&line);
            line = " ".repeat(about.len());
        }
        line += &format!(" {word}");
    }
    text + &comment(&line)
}

/// The values that it has to be given.
fn wanted(open: &OpenPlan) -> Vec<String> {
    let parameters = open.parameters.iter();
    let wanted = parameters.filter(|it| it.when == Decided::Later(None));
    wanted
        .map(|it| format!("--set {}=VALUE", it.name))
        .collect()
}

/// What its exit statuses mean.
const ENDS: [&str; 7] = [
    "0 succeeded",
    "1 failed and nothing was changed",
    "2 wrong usage",
    "3 failed and all was undone",
    "4 a person is needed",
    "5 waits",
    "6 another run has the lock",
];

/// What must be installed, in words.
fn needs(plan: &Plan) -> Vec<String> {
    let mut needs = vec![
        "sh and the POSIX utilities".to_owned(),
        "one of setsid, perl and python3".to_owned(),
    ];
    if requests(plan) {
        needs.push("curl or GNU wget".to_owned());
    }
    needs.extend(tools(plan));
    needs
}

/// Where its secrets come from, in words.
fn secrets(plan: &Plan) -> Vec<String> {
    let from = |secret: &Secret| match &secret.from {
        SecretFrom::Env(variable) => format!("${variable}"),
        SecretFrom::File(path) => format!("the file {path}"),
        SecretFrom::Command(_) => format!("a command, secret_{} below", secret.name),
    };
    let secrets = plan.secrets.iter();
    secrets
        .map(|secret| format!("{} from {}", secret.name, from(secret)))
        .collect()
}

fn tools(plan: &Plan) -> Vec<String> {
    let mut tools = BTreeSet::new();
    for (_, task) in plan.tasks() {
        if task.host.is_some() {
            tools.insert("ssh".to_owned());
            continue;
        }
        tools.extend(task.needs.iter().cloned());
        if let Run::Script {
            shell: Shell::Bash, ..
        } = task.run
        {
            tools.insert("bash".to_owned());
        }
    }
    tools.into_iter().collect()
}

fn directories(plan: &Plan) -> String {
    let known = |task: &Task| task.directory.as_ref().and_then(|it| it.known());
    let all: BTreeSet<String> = plan
        .tasks()
        .iter()
        .filter(|(_, task)| task.host.is_none())
        .filter_map(|(_, task)| known(task))
        .collect();
    let mut text = String::from("rb_directories() {\n");
    for directory in &all {
        text += &format!("  rb_needs_directory {}\n", quoted(directory));
    }
    if all.is_empty() {
        text += "  :\n";
    }
    text + "}\n"
}
