//! Pairs of commands: what begins a state that must end, and what ends it.

use crate::plan::{NodeId, NodeKind, Plan, Run, Task};

/// What begins, and what may end it. Each is words that stand in one line of a
/// script, in this order, in any case.
#[derive(Debug)]
pub struct Pair {
    pub begin: &'static [&'static str],
    pub ends: &'static [&'static [&'static str]],
    /// It is never meant to stay. Else only who ends it somewhere says so.
    pub is_passing: bool,
    /// The words are those of many tools: both must be about the same thing.
    is_general: bool,
}

const fn passing(begin: &'static [&'static str], ends: &'static [&'static [&'static str]]) -> Pair {
    Pair {
        begin,
        ends,
        is_passing: true,
        is_general: false,
    }
}

const fn known(begin: &'static [&'static str], ends: &'static [&'static [&'static str]]) -> Pair {
    Pair {
        begin,
        ends,
        is_passing: false,
        is_general: false,
    }
}

const fn general(begin: &'static [&'static str], ends: &'static [&'static [&'static str]]) -> Pair {
    Pair {
        begin,
        ends,
        is_passing: false,
        is_general: true,
    }
}

/// Those of well-known tools first.
pub const PAIRS: &[Pair] = &[
    passing(&["ceph", "set", "noout"], &[&["ceph", "unset", "noout"]]),
    passing(&["ceph", "set", "noin"], &[&["ceph", "unset", "noin"]]),
    passing(&["ceph", "set", "noup"], &[&["ceph", "unset", "noup"]]),
    passing(&["ceph", "set", "nodown"], &[&["ceph", "unset", "nodown"]]),
    passing(
        &["ceph", "set", "norebalance"],
        &[&["ceph", "unset", "norebalance"]],
    ),
    passing(
        &["ceph", "set", "nobackfill"],
        &[&["ceph", "unset", "nobackfill"]],
    ),
    passing(
        &["ceph", "set", "norecover"],
        &[&["ceph", "unset", "norecover"]],
    ),
    passing(
        &["ceph", "set", "noscrub"],
        &[&["ceph", "unset", "noscrub"]],
    ),
    passing(
        &["cluster", "routing", "allocation", "enable", "primaries"],
        ALLOCATION,
    ),
    passing(
        &["cluster", "routing", "allocation", "enable", "none"],
        ALLOCATION,
    ),
    passing(
        &["amtool", "silence", "add"],
        &[&["amtool", "silence", "expire"]],
    ),
    passing(
        &["consul", "maint", "enable"],
        &[&["consul", "maint", "disable"]],
    ),
    passing(&["patronictl", "pause"], &[&["patronictl", "resume"]]),
    passing(
        &["pcs", "maintenance", "mode", "true"],
        &[&["pcs", "maintenance", "mode", "false"]],
    ),
    passing(
        &["autoscaling", "suspend", "processes"],
        &[&["autoscaling", "resume", "processes"]],
    ),
    known(&["kubectl", "drain"], &[&["kubectl", "uncordon"]]),
    known(&["kubectl", "cordon"], &[&["kubectl", "uncordon"]]),
    known(
        &["nomad", "node", "drain", "enable"],
        &[&["nomad", "node", "drain", "disable"]],
    ),
    known(
        &["docker", "node", "update", "drain"],
        &[&["docker", "node", "update", "active"]],
    ),
    known(&["set", "server", "state", "drain"], READY),
    known(&["set", "server", "state", "maint"], READY),
    known(&["disable", "server"], &[&["enable", "server"]]),
    known(
        &["rabbitmq", "upgrade", "drain"],
        &[&["rabbitmq", "upgrade", "revive"]],
    ),
    general(&["mute"], &[&["unmute"]]),
    general(&["silence"], &[&["unsilence"], &["expire"]]),
    general(
        &["drain"],
        &[&["undrain"], &["uncordon"], &["enable"], &["ready"]],
    ),
    general(&["cordon"], &[&["uncordon"]]),
    general(&["disable"], &[&["enable"]]),
    general(&["pause"], &[&["resume"], &["unpause"]]),
    general(&["suspend"], &[&["resume"]]),
    general(&["acquire"], &[&["release"]]),
    general(&["freeze"], &[&["unfreeze"], &["thaw"]]),
    general(&["noout"], &[&["unset"]]),
    general(&["maintenance", "on"], &[&["maintenance", "off"]]),
    general(&["maintenance", "enable"], &[&["maintenance", "disable"]]),
];

const ALLOCATION: &[&[&str]] = &[
    &["cluster", "routing", "allocation", "enable", "null"],
    &["cluster", "routing", "allocation", "enable", "all"],
];

const READY: &[&[&str]] = &[&["set", "server", "state", "ready"]];

/// Words that say nothing about what a command is about.
const EMPTY: &[&str] = &[
    "sh", "bash", "sudo", "py", "python3", "usr", "bin", "opt", "scripts",
];

impl Pair {
    /// The line of a script that begins it, where no later one ends it.
    pub fn begun_in<'t>(&self, text: &'t str) -> Option<&'t str> {
        let begun = text.lines().find(|line| stands(line, self.begin))?;
        (!self.is_ended_in(text, begun)).then_some(begun)
    }

    /// Whether a script ends what this line began.
    pub fn is_ended_in(&self, text: &str, begun: &str) -> bool {
        text.lines().any(|line| {
            let mut ends = self.ends.iter();
            let end = ends.find(|end| stands(line, end));
            end.is_some_and(|end| !self.is_general || self.is_about_the_same(begun, line, end))
        })
    }

    fn is_about_the_same(&self, begun: &str, line: &str, end: &[&str]) -> bool {
        let about = |line: &str, without: &[&str]| -> Vec<String> {
            let words = words(line).into_iter();
            let words = words.filter(|word| {
                let word = word.as_str();
                !without.contains(&word) && !EMPTY.contains(&word)
            });
            words.collect()
        };
        let (begun, ended) = (about(begun, self.begin), about(line, end));
        begun.iter().any(|word| ended.contains(word)) || begun.is_empty()
    }

    /// What ends it, for people.
    pub fn end_words(&self) -> String {
        self.ends
            .first()
            .map_or_else(String::new, |end| end.join(" "))
    }
}

/// Whether words stand in a line, in this order.
fn stands(line: &str, wanted: &[&str]) -> bool {
    let words = words(line);
    let mut words = words.iter();
    wanted.iter().all(|wanted| words.any(|word| word == wanted))
}

/// The words of a line, those of names such as `./mute_alerts.sh` each.
fn words(line: &str) -> Vec<String> {
    line.split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_ascii_lowercase)
        .collect()
}

/// The script of a task.
pub fn script(task: &Task) -> &str {
    match &task.run {
        Run::Script { text, .. } => text,
        Run::Http(_) => "",
    }
}

/// The script that a node runs on the way forward.
pub fn script_of(plan: &Plan, node: NodeId) -> &str {
    match &plan.nodes[node.index()].kind {
        NodeKind::Step(step) => script(&step.task),
        NodeKind::Check(check) => script(&check.task),
        NodeKind::Enter(enter) => script(&enter.task),
        NodeKind::Leave { enter } => match &plan.nodes[enter.index()].kind {
            NodeKind::Enter(enter) => enter
                .leave
                .attempts
                .first()
                .map_or("", |it| script(&it.task)),
            _no_bracket => "",
        },
        NodeKind::Open(_)
        | NodeKind::Close { .. }
        | NodeKind::Gate(_)
        | NodeKind::Notify { .. }
        | NodeKind::Postmortem { .. } => "",
    }
}
