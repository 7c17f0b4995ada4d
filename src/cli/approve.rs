use std::path::{Path, PathBuf};

use crate::cli::resume::{find, is_driven};
use crate::cli::{status, terminal};
use crate::machine::event::{Answer, Outcome, Question};
use crate::machine::{Machine, NodeState};
use crate::plan::{GateCondition, NodeId, NodeKind};
use crate::problem::nearest;
use crate::run::inbox::{Message, post};
use crate::run::journal::{Recorded, read};
use crate::run::signature::{self, Statement};
use crate::run::state::RunDirectory;
use crate::run::who;

/// Approve, or reject, what a gate of a run waits for
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  runbook approve kex7 go\n  runbook approve kex7 go --sign-with ~/.ssh/id_ed25519\n  runbook approve kex7 go --reject \"the error rate is up\""
)]
pub struct Approve {
    /// The run, or the beginning or end of its id
    run: String,

    /// The gate
    gate: String,

    /// Sign it with this SSH key, for a gate that wants signatures
    #[arg(long, value_name = "KEY")]
    sign_with: Option<PathBuf>,

    /// Who you are in the file of allowed signers; without it your user's name
    #[arg(long = "as", value_name = "NAME", requires = "sign_with")]
    principal: Option<String>,

    /// Say no, and why
    #[arg(long, value_name = "REASON")]
    reject: Option<String>,
}

impl Approve {
    pub fn run(&self) -> u8 {
        let run = match find(&self.run) {
            Ok(run) => run,
            Err(status) => return status,
        };
        let (recorded, machine) = match read(&run) {
            Ok(recorded) => {
                let machine = recorded.machine();
                (recorded, machine)
            }
            Err(error) => {
                terminal::error(&error.to_string());
                return status::PROBLEMS;
            }
        };
        let by = self.principal.clone().unwrap_or_else(who::user);
        let question = match self.question(&machine, &by) {
            Ok(question) => question,
            Err(why) => {
                terminal::error(&why);
                return status::PROBLEMS;
            }
        };
        let answer = match &self.reject {
            Some(reason) => Answer::No {
                reason: reason.clone(),
            },
            None => Answer::Yes,
        };
        let signature = match self.signature(&run, &recorded, question, &answer, &by) {
            Ok(signature) => signature,
            Err(why) => {
                terminal::error(&why);
                return status::PROBLEMS;
            }
        };
        let message = Message::Answer {
            question,
            answer,
            by,
            signature,
        };
        if let Err(error) = post(&run, &message) {
            terminal::error(&format!("run {} cannot be told: {error}", run.id()));
            return status::PROBLEMS;
        }
        if is_driven(&run) {
            terminal::say(&format!("run {} is told", run.id()));
        } else {
            let id = run.id();
            terminal::say(&format!(
                "run {id} is not going on right now: it is told when it is resumed (`runbook resume {id}`)"
            ));
        }
        status::OK
    }

    /// The signature that the gate wants; none where it wants none.
    fn signature(
        &self,
        run: &RunDirectory,
        recorded: &Recorded,
        question: Question,
        answer: &Answer,
        by: &str,
    ) -> Result<Option<String>, String> {
        let plan = &recorded.plan;
        let directory = Path::new(&plan.directory);
        let wanted = signature::signers(plan, question, directory).is_some();
        match (&self.sign_with, question) {
            (Some(key), Question::Approve { gate, condition }) => {
                let gate = (gate, condition);
                let statement = Statement::new(run.id(), plan, &recorded.facts, gate, answer, by);
                statement.sign(key).map(Some)
            }
            (None, _) if wanted && *answer == Answer::Yes => Err(format!(
                "gate `{}` wants a signed approval: say which key with `--sign-with ~/.ssh/id_ed25519`",
                self.gate
            )),
            (_, _) => Ok(None),
        }
    }

    /// The approval that this person may give.
    fn question(&self, machine: &Machine, by: &str) -> Result<Question, String> {
        if let Some(over) = over(machine) {
            return Err(format!("the run {over}: there is nothing to approve"));
        }
        let plan = machine.plan();
        let gates = || {
            plan.nodes
                .iter()
                .enumerate()
                .filter(|(_, node)| matches!(node.kind, NodeKind::Gate(_)))
        };
        let Some((index, node)) = gates().find(|(_, node)| node.name == self.gate) else {
            let hint = nearest(&self.gate, gates().map(|(_, node)| node.name.as_str()))
                .map(|name| format!(" (did you mean `{name}`?)"))
                .unwrap_or_default();
            return Err(format!("the run has no gate `{}`{hint}", self.gate));
        };
        let gate = NodeId(u32::try_from(index).unwrap_or(u32::MAX));
        match machine.node_state(gate) {
            NodeState::Running | NodeState::Asking | NodeState::Waiting => {}
            NodeState::Done => return Err(format!("gate `{}` is open already", node.name)),
            NodeState::Scheduled
            | NodeState::Retrying
            | NodeState::Skipped
            | NodeState::AlreadyDone
            | NodeState::Failed
            | NodeState::PassedOver
            | NodeState::Cancelled
            | NodeState::Undoing
            | NodeState::Undone
            | NodeState::UndoFailed => {
                return Err(format!("gate `{}` is not waiting any more", node.name));
            }
        }
        let NodeKind::Gate(it) = &node.kind else {
            return Err(format!("`{}` is no gate", node.name));
        };
        let mut roles = Vec::new();
        for (condition, wanted) in (0..).zip(&it.conditions) {
            if let GateCondition::Approve { role, .. } = wanted {
                if machine.may_approve(gate, condition, by) {
                    return Ok(Question::Approve { gate, condition });
                }
                roles.push(role.as_str());
            }
        }
        Err(match roles.as_slice() {
            [] => format!("gate `{}` waits for no approval", node.name),
            roles => format!(
                "`{by}` may not approve gate `{}`: it wants {}, and not the one who started the run unless it says so",
                node.name,
                roles.join(" and ")
            ),
        })
    }
}

/// How a run has ended for good; `None` while it can go on.
pub fn over(machine: &Machine) -> Option<&'static str> {
    match machine.outcome()? {
        Outcome::Waiting => None,
        Outcome::Succeeded => Some("has succeeded"),
        Outcome::Stopped => Some("was stopped before anything was changed"),
        Outcome::RolledBack => Some("has been rolled back"),
        Outcome::RollbackIncomplete => Some("was rolled back as far as that went"),
        Outcome::Frozen => Some("stands past a point of no return"),
    }
}
