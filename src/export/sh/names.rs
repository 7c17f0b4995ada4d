//! Names that a shell takes.

use std::collections::BTreeSet;

use crate::plan::{NodeId, Plan};

/// What the nodes of a plan are called in its script.
#[derive(Debug)]
pub struct Names {
    nodes: Vec<String>,
}

impl Names {
    pub fn of(plan: &Plan) -> Names {
        let mut taken = Taken::default();
        let nodes = plan.nodes.iter().map(|node| taken.take(&node.name));
        Names {
            nodes: nodes.collect(),
        }
    }

    pub fn node(&self, node: NodeId) -> &str {
        &self.nodes[node.index()]
    }

    /// Several, with blanks between them.
    pub fn list(&self, nodes: &[NodeId]) -> String {
        let names: Vec<&str> = nodes.iter().map(|node| self.node(*node)).collect();
        names.join(" ")
    }

    /// A condition of a gate, counted from 0.
    pub fn condition(&self, gate: NodeId, index: u32) -> String {
        format!("{}_{}", self.node(gate), index + 1)
    }

    /// The variable that holds a capture or output.
    pub fn value(&self, node: NodeId, name: &str) -> String {
        format!("rbv_{}__{name}", self.node(node))
    }
}

/// Words that say something to a shell, or seem to.
const KEYWORDS: [&str; 16] = [
    "case", "do", "done", "elif", "else", "esac", "fi", "for", "function", "if", "in", "select",
    "then", "time", "until", "while",
];

/// Names given so far.
#[derive(Debug, Default)]
pub struct Taken(BTreeSet<String>);

impl Taken {
    /// The nearest name that a shell takes and that is still free. No two
    /// underscores follow one another in it.
    pub fn take(&mut self, wanted: &str) -> String {
        let mut name = String::new();
        for c in wanted.chars() {
            let c = if c.is_ascii_alphanumeric() { c } else { '_' };
            if c != '_' || !name.ends_with('_') {
                name.push(c);
            }
        }
        let name = name.trim_matches('_');
        let name = match name {
            "" => "node".to_owned(),
            word if KEYWORDS.contains(&word) => format!("node_{word}"),
            name => name.to_owned(),
        };
        let mut free = name.clone();
        let mut number = 2;
        while !self.0.insert(free.clone()) {
            free = format!("{name}_{number}");
            number += 1;
        }
        free
    }
}

/// Whether some shell keeps a variable for itself.
pub fn is_special(variable: &str) -> bool {
    const SPECIAL: &[&str] = &[
        "_",
        "IFS",
        "LINENO",
        "OPTARG",
        "OPTIND",
        "PPID",
        "PWD",
        "OLDPWD",
        "RANDOM",
        "SECONDS",
        "UID",
        "EUID",
        "GROUPS",
        "FUNCNAME",
        "DIRSTACK",
        "SHELLOPTS",
        "BASHOPTS",
        "BASHPID",
        "HISTCMD",
        "PIPESTATUS",
        "EPOCHREALTIME",
        "EPOCHSECONDS",
        "SRANDOM",
        "COLUMNS",
        "LINES",
        "HISTSIZE",
        "TMOUT",
        "USER_ID",
        "PGRP",
        "KSHEGID",
        "KSHGID",
        "KSHUID",
        "KSH_VERSION",
        "BASH_VERSION",
        "ZSH_VERSION",
        "YASH_VERSION",
        "GID",
        "EGID",
        "USERNAME",
        "ERRNO",
    ];
    SPECIAL.contains(&variable) || variable.starts_with("BASH_")
}

/// Whether a variable of the environment cannot be read, since some shell or the
/// runtime has one of that name.
pub fn is_taken(variable: &str) -> bool {
    let of_runtime = variable.strip_prefix("rb").is_some_and(|rest| {
        let rest = rest.trim_start_matches(|c: char| c.is_ascii_lowercase());
        rest.starts_with('_')
    });
    of_runtime || is_special(variable)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Behind `rbn_FACT_`, `rba_FACT_` and the like stand names that an author
    /// gave: no name of the runtime's own begins like that.
    #[test]
    fn the_runtime_has_no_name_where_authors_names_stand() {
        let runtime = concat!(
            include_str!("runtime/base.sh"),
            include_str!("runtime/plan.sh"),
            include_str!("runtime/changed.sh"),
            include_str!("runtime/beginning.sh"),
            include_str!("runtime/parameters.sh"),
            include_str!("runtime/process.sh"),
            include_str!("runtime/secrets.sh"),
            include_str!("runtime/forward.sh"),
            include_str!("runtime/unwind.sh"),
            include_str!("runtime/rounds.sh"),
            include_str!("runtime/gates.sh"),
            include_str!("runtime/judge.sh"),
            include_str!("runtime/measure.sh"),
            include_str!("runtime/people.sh"),
            include_str!("runtime/show.sh"),
            include_str!("runtime/start.sh"),
            include_str!("runtime/remote.sh"),
            include_str!("runtime/http.sh"),
        );
        let name = regex::Regex::new(r"\brb[a-z]_(?:[a-z]+_)?(.)").expect("a pattern");
        let mut found = 0;
        for line in runtime
            .lines()
            .filter(|line| !line.trim_start().starts_with('#'))
        {
            for one in name.captures_iter(line) {
                let next = &one[1];
                assert!(["$", "{"].contains(&next), "{line}");
                found += 1;
            }
        }
        assert!(found > 200, "{found}");
    }

    #[test]
    fn names_stay_apart() {
        let mut taken = Taken::default();
        assert_eq!(taken.take("shift[10%]"), "shift_10");
        assert_eq!(taken.take("shift 10"), "shift_10_2");
        assert_eq!(taken.take("§"), "node");
        assert_eq!(taken.take("a__b"), "a_b");
        assert_eq!(taken.take("done"), "node_done");
    }
}
