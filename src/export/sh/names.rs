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

/// Variables that some shell keeps for itself, or that the runtime does.
pub fn is_reserved(variable: &str) -> bool {
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
    let prefixes = [
        "rb_", "rbn_", "rbt_", "rbc_", "rbl_", "rbv_", "rbe_", "rbw_", "rbr_", "rbp_", "rbm_",
        "BASH_",
    ];
    SPECIAL.contains(&variable) || prefixes.iter().any(|prefix| variable.starts_with(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

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
