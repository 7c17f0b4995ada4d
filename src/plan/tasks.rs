//! Every task of a plan, with what it belongs to, for those who look at them
//! all.

use crate::plan::{
    ChannelKind, GateCondition, NodeKind, Plan, Provider, Run, SecretFrom, Step, Task, Template,
    Undo, WayBack,
};

impl Plan {
    /// Every address that requests go to, with what it belongs to, in words.
    pub fn addresses(&self) -> Vec<(String, &Template)> {
        let tasks = self.tasks();
        let of_tasks = tasks
            .into_iter()
            .filter_map(|(what, task)| match &task.run {
                Run::Http(request) => Some((what, &request.url)),
                Run::Script { .. } => None,
            });
        let of_metrics = self.metrics.iter().filter_map(|metric| {
            let what = format!("metric `{}`", metric.name);
            match &metric.provider {
                Provider::Prometheus { url, .. } => Some((what, url)),
                Provider::Json { request, .. } => Some((what, &request.url)),
                Provider::Command(_) => None,
            }
        });
        let of_channels = self.channels.iter().filter_map(|channel| {
            let what = format!("channel `{}`", channel.name);
            match &channel.kind {
                ChannelKind::Slack { url } | ChannelKind::Webhook { url, .. } => Some((what, url)),
                ChannelKind::Command(_) => None,
            }
        });
        of_tasks.chain(of_metrics).chain(of_channels).collect()
    }

    /// Every task of the plan: of its nodes in their order, then of its
    /// metrics, channels and secrets. Each with what it belongs to, in words.
    /// Tasks of nodes that are skipped are not among them.
    pub fn tasks(&self) -> Vec<(String, &Task)> {
        let mut tasks = Vec::new();
        for node in &self.nodes {
            if node.skip.is_skipped() {
                continue;
            }
            let what = format!("`{}`", node.name);
            match &node.kind {
                NodeKind::Open(block) => undo_tasks(&what, block.undo.iter(), &mut tasks),
                NodeKind::Step(step) => step_tasks(&what, step, &mut tasks),
                NodeKind::Check(check) => tasks.push((what, &check.task)),
                NodeKind::Enter(enter) => {
                    tasks.push((what.clone(), &enter.task));
                    let undos = enter.undo.iter().chain([&enter.leave]);
                    undo_tasks(&what, undos, &mut tasks);
                }
                NodeKind::Gate(gate) => {
                    for condition in &gate.conditions {
                        if let GateCondition::Check { check, .. } = condition {
                            tasks.push((format!("a check of {what}"), &check.task));
                        }
                    }
                }
                NodeKind::Close { .. }
                | NodeKind::Leave { .. }
                | NodeKind::Notify { .. }
                | NodeKind::Postmortem { .. } => {}
            }
        }
        self.other_tasks(&mut tasks);
        tasks
    }

    fn other_tasks<'p>(&'p self, tasks: &mut Vec<(String, &'p Task)>) {
        for metric in &self.metrics {
            if let Provider::Command(task) = &metric.provider {
                tasks.push((format!("metric `{}`", metric.name), task));
            }
        }
        for channel in &self.channels {
            if let ChannelKind::Command(task) = &channel.kind {
                tasks.push((format!("channel `{}`", channel.name), task));
            }
        }
        for secret in &self.secrets {
            if let SecretFrom::Command(task) = &secret.from {
                tasks.push((format!("secret `{}`", secret.name), task));
            }
        }
    }
}

fn step_tasks<'p>(what: &str, step: &'p Step, tasks: &mut Vec<(String, &'p Task)>) {
    for capture in &step.captures {
        tasks.push((
            format!("capture `{}` of {what}", capture.name),
            &capture.task,
        ));
    }
    if let Some(probe) = &step.done_when {
        tasks.push((format!("the `done when` probe of {what}"), probe));
    }
    tasks.push((what.to_owned(), &step.task));
    if let WayBack::Own(undo) = &step.way_back {
        undo_tasks(what, [undo].into_iter(), tasks);
    }
}

fn undo_tasks<'p>(
    what: &str,
    undos: impl Iterator<Item = &'p Undo>,
    tasks: &mut Vec<(String, &'p Task)>,
) {
    for attempt in undos.flat_map(|undo| &undo.attempts) {
        tasks.push((format!("the undo of {what}"), &attempt.task));
        if let Some(verify) = &attempt.verify {
            tasks.push((format!("the verification of the undo of {what}"), verify));
        }
    }
}
