//! Gates: decisions before what follows.

use serde::{Deserialize, Serialize};

use crate::plan::{Check, Condition, Millis, Template, Window};

/// A decision before what follows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Gate {
    /// All must hold. Never empty in a plan that passed the checks.
    pub conditions: Vec<GateCondition>,
    pub timeout: Option<Millis>,
    pub otherwise: GateElse,
    /// A `checklist`: its items are `Confirm` and `Check`, taken one by one in
    /// their order.
    pub checklist: bool,
}

impl Gate {
    /// The checks among the conditions: their places, and their titles where these
    /// are known before the run.
    pub fn checks(&self) -> impl Iterator<Item = (u32, String)> {
        let conditions = (0_u32..).zip(&self.conditions);
        conditions.filter_map(|(place, condition)| match condition {
            GateCondition::Check { title, .. } => Some((place, title.known()?)),
            _no_check => None,
        })
    }

    /// What it compares of what is measured.
    pub fn measured(&self) -> impl Iterator<Item = &Condition> {
        self.conditions.iter().filter_map(GateCondition::measured)
    }
}

impl GateCondition {
    /// What it compares of what is measured.
    pub fn measured(&self) -> Option<&Condition> {
        match self {
            GateCondition::Hold { condition, .. } | GateCondition::Until { condition, .. } => {
                Some(condition)
            }
            GateCondition::Approve { .. }
            | GateCondition::Confirm { .. }
            | GateCondition::Window(_)
            | GateCondition::Wait(_)
            | GateCondition::Check { .. }
            | GateCondition::Rehearsed { .. } => None,
        }
    }
}

/// What a gate that does not open does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum GateElse {
    /// End the run; what it changed is undone.
    Abort,
    Rollback,
    Continue,
    Ask,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum GateCondition {
    Approve {
        role: String,
        members: Vec<String>,
        /// An OpenSSH allowed-signers file.
        signed_by: Option<String>,
        /// Distinct people.
        count: u32,
        or_starter: bool,
    },
    Confirm {
        text: Template,
    },
    Window(Window),
    /// So long from the gate's start.
    Wait(Millis),
    Hold {
        condition: Condition,
        lasting: Millis,
        every: Millis,
        /// So many failing samples do not fail it.
        tolerate: u32,
    },
    Until {
        condition: Condition,
        within: Millis,
        every: Millis,
    },
    Check {
        title: Template,
        check: Box<Check>,
    },
    Rehearsed {
        on: String,
        within: Millis,
    },
}
