//! Machines that a runbook runs on.

use crate::syntax::ast::{Expr, Name, Text};

/// `hosts web = ["web1", "web2"] via ssh { … }`
#[derive(Debug, Clone, PartialEq)]
pub struct Hosts {
    pub name: Name,
    pub list: Expr,
    pub via: Option<Via>,
}

/// `via ssh { user "deploy" }`: how they are reached.
#[derive(Debug, Clone, PartialEq)]
pub struct Via {
    /// What they are reached by: `ssh`; the model reports anything else.
    pub by: Name,
    pub options: Vec<ViaOption>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum ViaOption {
    /// `user "deploy"`
    User(Expr),
    /// `port 2222`
    Port(Expr),
    /// `identity "keys/deploy"`
    Identity(Expr),
    /// `options "ProxyJump=bastion", "ConnectTimeout=5"`
    Options(Vec<Text>),
    Bad,
}
