use crate::analysis::Checked;
use crate::cli::exec::{Manner, ended};
use crate::cli::runbook::{Runbook, checked};
use crate::cli::{status, terminal};
use crate::problem::nearest;
use crate::run::execute::{Order, execute};

/// Look at what may be wrong: the `trouble` blocks of a runbook
///
/// A diagnosis only looks. It is recorded as a run of its own, so that what it
/// printed can be read later.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  runbook diagnose deploy.runbook                      (lists the troubles)\n  runbook diagnose deploy.runbook \"Deployment hangs\""
)]
pub struct Diagnose {
    #[command(flatten)]
    runbook: Runbook,

    /// The title of the trouble; without it all are listed
    title: Option<String>,

    #[command(flatten)]
    manner: Manner,
}

impl Diagnose {
    pub fn run(&self) -> u8 {
        let checked = match checked(&self.runbook.file) {
            Ok(checked) => checked,
            Err(status) => return status,
        };
        match &self.title {
            None => list(&checked),
            Some(title) => self.diagnose(&checked, title),
        }
    }

    fn diagnose(&self, checked: &Checked, title: &str) -> u8 {
        let found = checked.plan.troubles.iter().find(|it| it.title == title);
        let Some(trouble) = found else {
            let titles = checked.plan.troubles.iter().map(|it| it.title.as_str());
            let hint = nearest(title, titles)
                .map(|near| format!(" (did you mean \"{near}\"?)"))
                .unwrap_or_default();
            terminal::error(&format!("the runbook knows no trouble \"{title}\"{hint}"));
            return status::USAGE;
        };
        for advice in &trouble.tries {
            terminal::say(&format!("try: {advice}"));
        }
        if trouble.diagnose.is_none() {
            return status::OK;
        }
        let given = match self.runbook.values.given(checked, false) {
            Ok(given) => given,
            Err(status) => return status,
        };
        let plan = match checked.plan_of_diagnosis(title, &given) {
            Ok(plan) => plan.into_plan(),
            Err(problems) => {
                terminal::show_problems(&problems, &checked.sources);
                return status::PROBLEMS;
            }
        };
        let conduct = match self.manner.conduct() {
            Ok(conduct) => conduct,
            Err(status) => return status,
        };
        let order = Order {
            plan,
            conduct,
            start_at: None,
        };
        ended(execute(order, self.manner.view().as_mut()))
    }
}

fn list(checked: &Checked) -> u8 {
    let troubles = &checked.plan.troubles;
    if troubles.is_empty() {
        terminal::print("the runbook tells of no trouble: add a block `trouble \"…\" { … }`\n");
    }
    for trouble in troubles {
        let mut text = format!("{}\n", trouble.title);
        for symptom in &trouble.symptoms {
            text += &format!("  symptom: {symptom}\n");
        }
        for advice in &trouble.tries {
            text += &format!("  try: {advice}\n");
        }
        if trouble.diagnose.is_some() {
            text += "  has a diagnosis\n";
        }
        terminal::print(&text);
    }
    status::OK
}
