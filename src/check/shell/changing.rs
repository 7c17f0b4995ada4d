//! Commands that surely change something, and those that destroy data, by their
//! words.

use super::super::sql;
use super::Command;

/// What a command changes, in a word or two, where its words leave no doubt.
pub fn changes(command: &Command<'_>) -> Option<&'static str> {
    let rehearsal = ["--dry-run", "--check", "--help", "--noop"];
    if command.has(&rehearsal) || command.words.iter().any(|it| it.starts_with("--dry-run")) {
        return None;
    }
    match command.program {
        "kubectl" | "oc" => kubernetes(command),
        "helm" => {
            let known = [
                "upgrade",
                "install",
                "uninstall",
                "rollback",
                "diff",
                "status",
                "get",
                "list",
                "template",
                "history",
                "repo",
                "show",
                "test",
                "lint",
            ];
            let verb = command.verb(&known)?;
            matches!(verb, "upgrade" | "install" | "uninstall" | "rollback")
                .then_some("a release of Helm")
        }
        "terraform" | "tofu" | "terragrunt" => command
            .verb(&[
                "apply", "destroy", "import", "taint", "plan", "show", "output", "validate",
            ])
            .filter(|it| matches!(*it, "apply" | "destroy" | "import" | "taint"))
            .map(|_| "infrastructure"),
        "systemctl" => command
            .verb(&[
                "start",
                "stop",
                "restart",
                "reload",
                "enable",
                "disable",
                "mask",
                "unmask",
                "status",
                "show",
                "is-active",
                "is-enabled",
                "is-failed",
                "cat",
                "list-units",
            ])
            .filter(|it| {
                matches!(
                    *it,
                    "start"
                        | "stop"
                        | "restart"
                        | "reload"
                        | "enable"
                        | "disable"
                        | "mask"
                        | "unmask"
                )
            })
            .map(|_| "a service"),
        "git" => command.runs("git", &["push"]).then_some("a repository"),
        "apt" | "apt-get" | "dnf" | "yum" | "apk" => command
            .verb(&[
                "install",
                "remove",
                "purge",
                "upgrade",
                "dist-upgrade",
                "add",
                "del",
            ])
            .filter(|_| !command.has(&["-s", "--simulate"]))
            .map(|_| "installed packages"),
        "reboot" | "shutdown" | "halt" | "poweroff" => Some("the machine"),
        "useradd" | "userdel" | "usermod" => Some("a user"),
        "aws" => command
            .plain()
            .any(|word| {
                [
                    "delete-",
                    "terminate-",
                    "modify-",
                    "update-",
                    "put-",
                    "reboot-",
                    "stop-",
                    "start-",
                ]
                .iter()
                .any(|begin| word.starts_with(begin))
                    && !word.starts_with("start-query")
            })
            .then_some("something in the cloud"),
        _another => sql::statements(command)
            .iter()
            .any(sql::Statement::changes)
            .then_some("a database")
            .or_else(|| destroys(command)),
    }
}

fn kubernetes(command: &Command<'_>) -> Option<&'static str> {
    let known = [
        "delete",
        "apply",
        "create",
        "scale",
        "patch",
        "drain",
        "cordon",
        "uncordon",
        "taint",
        "set",
        "replace",
        "label",
        "annotate",
        "rollout",
        "get",
        "describe",
        "logs",
        "exec",
        "auth",
        "wait",
        "top",
        "version",
        "diff",
        "config",
        "explain",
        "events",
        "cp",
        "port-forward",
        "cluster-info",
        "api-resources",
        "run",
    ];
    let changes = match command.verb(&known)? {
        "delete" | "apply" | "create" | "scale" | "patch" | "drain" | "cordon" | "uncordon"
        | "taint" | "set" | "replace" | "label" | "annotate" => true,
        "rollout" => command
            .verb(&["restart", "undo", "pause", "resume", "status", "history"])
            .is_some_and(|it| matches!(it, "restart" | "undo" | "pause" | "resume")),
        _only_looks => false,
    };
    changes.then_some("a cluster")
}

/// What data a command destroys, besides SQL.
pub fn destroys(command: &Command<'_>) -> Option<&'static str> {
    let recursive =
        || command.has_short('r') || command.has_short('R') || command.has(&["--recursive"]);
    if command.words.iter().any(|it| it.starts_with("--dry-run")) {
        return None;
    }
    let found = match command.program {
        "kubectl" | "oc" => {
            let data = [
                "namespace",
                "namespaces",
                "ns",
                "pvc",
                "pv",
                "crd",
                "persistentvolumeclaim",
                "persistentvolume",
                "customresourcedefinition",
                "statefulset",
            ];
            command.verb(&["delete", "get", "describe"]) == Some("delete")
                && (command.has(&["--all"])
                    || command.plain().any(|word| {
                        let kind = word.split('/').next().unwrap_or(word);
                        kind.split(',').any(|it| data.contains(&it))
                    }))
        }
        "terraform" | "tofu" | "terragrunt" => {
            command.verb(&["destroy", "plan", "apply"]) == Some("destroy")
                || (command.runs(command.program, &["apply"]) && command.has(&["-destroy"]))
        }
        "pulumi" | "cdk" => command.verb(&["destroy"]).is_some(),
        "aws" => {
            let verbs = [
                "delete-db-instance",
                "delete-db-cluster",
                "delete-table",
                "delete-bucket",
                "delete-volume",
                "delete-snapshot",
                "delete-stack",
                "terminate-instances",
                "delete-file-system",
                "delete-db-snapshot",
                "delete-log-group",
                "rb",
            ];
            command.verb(&verbs).is_some()
                || (command.runs("aws", &["s3", "rm"]) && command.has(&["--recursive"]))
        }
        "gcloud" | "az" | "doctl" => command.verb(&["delete", "destroy"]).is_some(),
        "gsutil" => command.runs("gsutil", &["rm"]) && recursive(),
        "redis-cli" | "valkey-cli" => command
            .words
            .iter()
            .any(|it| matches!(it.to_ascii_lowercase().as_str(), "flushall" | "flushdb")),
        "mongo" | "mongosh" => command
            .words
            .iter()
            .any(|it| it.contains("dropDatabase") || it.contains(".drop()")),
        "zfs" | "zpool" => command.verb(&["destroy"]).is_some(),
        "lvremove" | "vgremove" | "pvremove" | "dropdb" | "wipefs" | "shred" => true,
        "docker" | "podman" => {
            command.runs(command.program, &["volume", "rm"])
                || command.runs(command.program, &["volume", "prune"])
                || (command.runs(command.program, &["system", "prune"])
                    && command.has(&["--volumes"]))
        }
        "rm" => {
            recursive()
                && command.plain().any(|path| {
                    ["/var/lib/", "/srv/", "/data/"]
                        .iter()
                        .any(|begin| path.trim_start_matches('"').starts_with(begin))
                })
        }
        "kafka-topics" | "kafka-topics.sh" => command.has(&["--delete"]),
        "rabbitmqctl" => command
            .verb(&["delete_queue", "reset", "purge_queue"])
            .is_some(),
        "heroku" => command.verb(&["pg:reset", "apps:destroy"]).is_some(),
        program => program.starts_with("mkfs"),
    };
    found.then_some("data")
}
