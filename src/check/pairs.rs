//! Pairs of commands: what begins a state that must end, and what ends it.

use std::collections::{BTreeSet, HashMap};
use std::sync::LazyLock;

use super::node_ids;
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
    "sh", "bash", "sudo", "py", "python3", "usr", "bin", "opt", "scripts", "on", "off",
];

/// What the scripts of a plan begin and end.
#[derive(Debug)]
pub struct Spoken<'p> {
    /// By node: the first pair that its step begins and does not end, and the
    /// line that does.
    begun: HashMap<NodeId, (&'static Pair, &'p str)>,
    /// By pair: the lines that end it, with their nodes, in the order of the plan.
    ended: HashMap<&'static [&'static str], Vec<(NodeId, &'p str)>>,
}

impl<'p> Spoken<'p> {
    pub fn new(plan: &'p Plan) -> Spoken<'p> {
        let mut spoken = Spoken {
            begun: HashMap::new(),
            ended: HashMap::new(),
        };
        for id in node_ids(plan) {
            let text = script_of(plan, id);
            let lines = speaking_lines(text);
            if lines.is_empty() {
                continue;
            }
            if let NodeKind::Step(_) = plan.nodes[id.index()].kind {
                let mut begun = PAIRS
                    .iter()
                    .filter_map(|pair| Some((pair, pair.begun_in(&lines)?)));
                if let Some(begun) = begun.next() {
                    spoken.begun.insert(id, begun);
                }
            }
            for pair in PAIRS {
                let ending = lines.iter().filter(|line| pair.end_in(line).is_some());
                let ending: Vec<_> = ending.map(|line| (id, line.text)).collect();
                if !ending.is_empty() {
                    spoken.ended.entry(pair.begin).or_default().extend(ending);
                }
            }
        }
        spoken
    }

    /// What a step begins and does not end, and the line that begins it.
    pub fn begun_by(&self, step: NodeId) -> Option<(&'static Pair, &'p str)> {
        self.begun.get(&step).copied()
    }

    /// The nodes that end what a line began, in the order of the plan.
    pub fn ended_by(&self, pair: &Pair, begun: &str) -> impl Iterator<Item = NodeId> {
        let ended = self.ended.get(pair.begin).map_or(&[][..], Vec::as_slice);
        let begun = Line::new(begun);
        let mut before = None;
        ended.iter().filter_map(move |(id, line)| {
            let counts = before != Some(*id) && pair.ends(&Line::new(line), &begun);
            counts.then(|| {
                before = Some(*id);
                *id
            })
        })
    }
}

/// Words with which a script that begins a state ends it: `./mute.sh --off`.
const OFF: &[&str] = &["off", "end", "stop", "clear", "remove", "delete"];

impl Pair {
    /// The line of a script that begins it, where no later one ends it.
    fn begun_in<'t>(&self, lines: &[Line<'t>]) -> Option<&'t str> {
        let mut begun = lines.iter().filter(|line| line.has(self.begin));
        let begun = begun.find(|line| !self.is_turned_off_in(line))?;
        let is_ended = lines.iter().any(|line| self.ends(line, begun));
        (!is_ended).then_some(begun.text)
    }

    /// Whether a script ends what this line began.
    pub fn is_ended_in(&self, text: &str, begun: &str) -> bool {
        let begun = Line::new(begun);
        speaking_lines(text)
            .iter()
            .any(|line| self.ends(line, &begun))
    }

    fn ends(&self, line: &Line<'_>, begun: &Line<'_>) -> bool {
        let end = self.end_in(line);
        end.is_some_and(|end| !self.is_general || self.is_about_the_same(begun, line, end))
    }

    /// The words of a line that end it.
    fn end_in(&self, line: &Line<'_>) -> Option<&'static [&'static str]> {
        let mut ends = self.ends.iter().copied();
        let off = self.is_turned_off_in(line).then_some(self.begin);
        ends.find(|end| line.has(end)).or(off)
    }

    /// Whether a line turns off what its other words would begin.
    fn is_turned_off_in(&self, line: &Line<'_>) -> bool {
        let is_off = |word: &&str| is_one_of(word, OFF) && !is_one_of(word, self.begin);
        self.is_general && line.has(self.begin) && line.words.iter().any(is_off)
    }

    fn is_about_the_same(&self, begun: &Line<'_>, line: &Line<'_>, end: &[&str]) -> bool {
        let begun = begun.about(self.begin);
        let ended = line.about(end);
        begun.is_empty() || begun.iter().any(|word| is_one_of(word, &ended))
    }

    /// What ends it, for people.
    pub fn end_words(&self) -> String {
        self.ends
            .first()
            .map_or_else(String::new, |end| end.join(" "))
    }
}

/// A line of a script and its words, those of names such as `./mute_alerts.sh`
/// each.
#[derive(Debug)]
struct Line<'t> {
    text: &'t str,
    words: Vec<&'t str>,
}

impl<'t> Line<'t> {
    fn new(text: &'t str) -> Line<'t> {
        let words = words(text).collect();
        Line { text, words }
    }

    /// Whether words stand in it, in this order.
    fn has(&self, wanted: &[&str]) -> bool {
        let mut words = self.words.iter();
        wanted
            .iter()
            .all(|wanted| words.any(|word| word.eq_ignore_ascii_case(wanted)))
    }

    /// What it is about, besides these words.
    fn about(&self, without: &[&str]) -> Vec<&'t str> {
        let words = self.words.iter().copied();
        words
            .filter(|word| !is_one_of(word, without) && !is_one_of(word, EMPTY))
            .collect()
    }
}

/// The lines of a script in which a pair may begin or end: all others, which are
/// most, are not looked at again and again.
fn speaking_lines(text: &str) -> Vec<Line<'_>> {
    text.lines()
        .filter(|line| words(line).any(|word| is_one_of(word, &FIRST_WORDS)))
        .map(Line::new)
        .collect()
}

/// What pairs begin with, and what ends begin with.
static FIRST_WORDS: LazyLock<Vec<&str>> = LazyLock::new(|| {
    let phrases = PAIRS.iter().flat_map(|pair| {
        let begin = std::iter::once(pair.begin);
        begin.chain(pair.ends.iter().copied())
    });
    let first: BTreeSet<&str> = phrases.filter_map(|it| it.first().copied()).collect();
    first.into_iter().collect()
});

fn words(line: &str) -> impl Iterator<Item = &str> {
    line.split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
}

fn is_one_of(word: &str, words: &[&str]) -> bool {
    words.iter().any(|it| it.eq_ignore_ascii_case(word))
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

#[cfg(test)]
mod tests {
    use super::*;

    /// The pair that a script begins, by its first word.
    fn begun(text: &str) -> Option<&'static str> {
        let lines = speaking_lines(text);
        let mut pairs = PAIRS.iter();
        let pair = pairs.find(|pair| pair.begun_in(&lines).is_some())?;
        pair.begin.first().copied()
    }

    #[test]
    fn what_is_turned_off_with_its_own_word_ends() {
        assert_eq!(begun("./silence.sh --on"), Some("silence"));
        assert_eq!(begun("./silence.sh --off"), None);
        assert_eq!(
            begun("./silence.sh --on\n./work.sh\n./silence.sh --off"),
            None
        );
        assert_eq!(begun("./mute_alerts.sh"), Some("mute"));
        assert_eq!(begun("./mute_alerts.sh stop"), None);
        assert_eq!(
            begun("./mute.sh disk\n./mute.sh --off network"),
            Some("mute")
        );
        assert_eq!(begun("./disable.sh web1"), Some("disable"));
        assert_eq!(begun("ceph osd set noout"), Some("ceph"));
    }
}
