//! The modules that come with the program, written in the language itself.

/// A module of the standard library.
#[derive(Debug, Clone, Copy)]
pub struct StandardModule {
    /// `http` of `std.http`.
    pub name: &'static str,
    pub text: &'static str,
}

macro_rules! standard {
    ($( $name:literal ),* $(,)?) => {
        &[ $( StandardModule {
            name: $name,
            text: include_str!(concat!("../../stdlib/", $name, ".runbook")),
        } ),* ]
    };
}

/// All of them, by their names.
pub const STANDARD: &[StandardModule] = standard![
    "compose",
    "dns",
    "docker",
    "git",
    "haproxy",
    "host",
    "http",
    "kubernetes",
    "net",
    "nginx",
    "postgres",
    "prometheus",
    "red",
    "redis",
    "release",
    "slack",
    "strategy",
    "systemd",
    "tcp",
    "tls",
    "webhook",
];
