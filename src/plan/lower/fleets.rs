//! Hosts, and loops: their rounds one after another, or several at a time.

use std::collections::BTreeSet;

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use super::Lowering;
use super::blocks::{Ends, Place};
use crate::model::{Batching, Block, Expr, ExprKind, Fleet};
use crate::plan::{BlockKind, Host, NodeId, NodeKind, Round, Rounds};
use crate::problem::{Code, Problem};
use crate::source::Span;
use crate::types::text::fit;
use crate::types::{Type, Unit, Value};

/// A loop.
#[derive(Clone, Copy)]
pub(super) struct Loop<'m> {
    pub variable: usize,
    pub list: &'m Expr,
    pub batching: &'m Batching,
    pub body: &'m Block,
}

/// Options of ssh that runs rely on.
const OWN_OPTIONS: [&str; 9] = [
    "batchmode",
    "controlmaster",
    "controlpath",
    "controlpersist",
    "forkafterauthentication",
    "remotecommand",
    "requesttty",
    "sessiontype",
    "stdinnull",
];

impl Lowering<'_> {
    /// The loop's rounds in one block: those of a batch side by side, the
    /// batches one after another.
    pub(super) fn for_loop(
        &mut self,
        name: &str,
        rounds: Loop<'_>,
        place: Place,
        span: Span,
    ) -> Ends {
        let Loop { variable, body, .. } = rounds;
        let open = self.open_node(name, BlockKind::For, None, Some(place.block), span);
        let covered = if body.rollback.is_some() {
            Some(open)
        } else {
            place.covered
        };
        let inside = Place {
            block: open,
            covered,
        };
        let items = self.items(variable, rounds.list);
        let size = self.batch_size(rounds.batching, items.len());
        let outer = self.suffix.clone();
        let mut ends: Vec<Ends> = Vec::new();
        let mut before: Vec<NodeId> = Vec::new();
        let mut all = Vec::new();
        for (batch, number) in items.chunks(size).zip(0_u32..) {
            let mut lasts: Vec<NodeId> = Vec::new();
            for item in batch {
                self.suffix = format!("{outer}[{item}]");
                self.scope.loops[variable] = Some(item.clone());
                let first = self.next_node();
                let round = self.statements(&body.statements, inside, true);
                self.resolve_after_since(first);
                self.put_behind(&round, open, &before);
                lasts.extend(self.loose_ends(&round));
                ends.extend(round);
                all.push(Round {
                    item: item.to_string(),
                    batch: number,
                    first,
                    end: self.next_node(),
                });
            }
            if !lasts.is_empty() {
                before = lasts;
            }
        }
        if let Some(undo) = &body.rollback {
            self.block_undo(open, undo);
        }
        self.note_rounds(open, rounds.batching, size, all);
        self.scope.loops[variable] = None;
        self.suffix = outer;
        let name = format!("end of {}", self.base_name(open));
        let close = self.push(&name, NodeKind::Close { open }, Some(place.block), span);
        self.close_over(open, close, &ends);
        (open, close)
    }

    fn next_node(&self) -> NodeId {
        NodeId(u32::try_from(self.plan.nodes.len()).unwrap_or(u32::MAX))
    }

    fn note_rounds(
        &mut self,
        open: NodeId,
        batching: &Batching,
        at_a_time: usize,
        rounds: Vec<Round>,
    ) {
        if batching.at_a_time.is_none() && batching.tolerate.is_none() && batching.breach.is_none()
        {
            return;
        }
        let tolerate = self.tolerated(batching, rounds.len());
        if let NodeKind::Open(block) = &mut self.plan.nodes[open.index()].kind {
            block.rounds = Some(Rounds {
                at_a_time: u32::try_from(at_a_time).unwrap_or(u32::MAX),
                tolerate,
                breach: batching.breach.unwrap_or_default(),
                rounds,
            });
        }
    }

    /// A round begins when the batch before is done.
    fn put_behind(&mut self, round: &[Ends], open: NodeId, before: &[NodeId]) {
        if before.is_empty() {
            return;
        }
        for (first, _) in round {
            let needs = &mut self.plan.nodes[first.index()].needs;
            let all = needs.len();
            needs.retain(|need| *need != open);
            if needs.len() < all {
                before.iter().for_each(|last| self.need(*first, *last));
            }
        }
    }

    fn items(&mut self, variable: usize, list: &Expr) -> Vec<Value> {
        let assumed = !matches!(list.kind, ExprKind::List(_) | ExprKind::Value(_));
        self.assumed_loops[variable] = assumed;
        match self.scope.value(list) {
            Ok(Value::List(items)) if items.is_empty() && self.for_check => {
                vec![Value::quantity(Decimal::ONE, Unit::Number)]
            }
            Ok(Value::List(items)) => items,
            Ok(Value::Bool(_) | Value::Quantity(_) | Value::Text(_)) => Vec::new(),
            Err(fault) => {
                self.report_fault(fault);
                Vec::new()
            }
        }
    }

    /// How many rounds go on together: at least one.
    fn batch_size(&mut self, batching: &Batching, items: usize) -> usize {
        let Some(share) = &batching.at_a_time else {
            return 1;
        };
        let is_nothing = self
            .scope
            .quantity(share)
            .is_ok_and(|quantity| quantity.amount <= Decimal::ZERO);
        if is_nothing {
            let written = self.sources.slice(share.span).to_owned();
            let message = format!("`{written}` at a time is nothing");
            self.amount_problem(share.span, message);
        }
        self.share_of(share, items).max(1)
    }

    /// How many rounds may fail while the others go on.
    fn tolerated(&mut self, batching: &Batching, items: usize) -> u32 {
        let tolerate = batching.tolerate.as_ref();
        let tolerate = tolerate.map_or(0, |tolerate| self.share_of(tolerate, items));
        u32::try_from(tolerate).unwrap_or(u32::MAX)
    }

    /// A number of items, or of a share of them the whole ones: 25% of seven is
    /// one.
    fn share_of(&mut self, share: &Expr, items: usize) -> usize {
        let quantity = match self.scope.quantity(share) {
            Ok(quantity) => quantity,
            Err(fault) => {
                self.report_fault(fault);
                return 0;
            }
        };
        if quantity.unit != Unit::Percent {
            return self.whole(share, 0).to_usize().unwrap_or(items);
        }
        if quantity.amount > Decimal::ONE_HUNDRED || quantity.amount < Decimal::ZERO {
            let message = format!("a share is from 0% to 100%, this is {quantity}");
            self.amount_problem(share.span, message);
            return 0;
        }
        let share = Decimal::from(items) * quantity.amount / Decimal::ONE_HUNDRED;
        share.floor().to_usize().unwrap_or(0)
    }

    /// All hosts that are declared, each with how it is reached.
    pub(super) fn hosts(&mut self) {
        let model = self.model;
        for fleet in &model.fleets {
            let hosts = self.hosts_of(fleet);
            for host in hosts {
                let others = &self.plan.hosts;
                match others.iter().find(|other| other.name == host.name) {
                    Some(other) if *other == host => {}
                    Some(_) => {
                        let message = format!(
                            "`{}` is reached in another way as one of other hosts",
                            host.name
                        );
                        let problem = Problem::new(Code::RB941, fleet.span, message)
                            .help("say the same behind `via` in both places");
                        self.problems.push(problem);
                    }
                    None => self.plan.hosts.push(host),
                }
            }
        }
    }

    fn hosts_of(&mut self, fleet: &Fleet) -> Vec<Host> {
        let items = match self.scope.value(&fleet.hosts) {
            Ok(Value::List(items)) => items,
            Ok(Value::Bool(_) | Value::Quantity(_) | Value::Text(_)) => Vec::new(),
            Err(fault) => {
                self.report_fault(fault);
                return Vec::new();
            }
        };
        if items.is_empty() && !self.for_check {
            let message = format!("there are no hosts in `{}`", fleet.name);
            self.amount_problem(fleet.span, message);
        }
        let mut seen = BTreeSet::new();
        let mut hosts = Vec::new();
        for item in items {
            let name = item.shell_text();
            if !seen.insert(name.clone()) {
                let message = format!("`{name}` stands twice in `{}`", fleet.name);
                self.amount_problem(fleet.span, message);
                continue;
            }
            hosts.extend(self.host_named(name, fleet));
        }
        hosts
    }

    fn host_named(&mut self, name: String, fleet: &Fleet) -> Option<Host> {
        self.known_host(&name, fleet.span)?;
        let mut host = Host::named(name);
        let Some(via) = &fleet.via else {
            return Some(host);
        };
        host.user = via.user.as_ref().and_then(|user| self.ssh_user(user));
        host.port = via.port.as_ref().and_then(|port| self.port(port));
        host.identity = via.identity.as_ref().and_then(|it| self.known_text(it));
        for (option, span) in &via.options {
            let option = match self.scope.text(option) {
                Ok(option) => option,
                Err(fault) => {
                    self.report_fault(fault);
                    continue;
                }
            };
            self.check_option(&option, *span);
            host.options.push(option);
        }
        Some(host)
    }

    /// The host a task runs on.
    pub(super) fn host_of(&mut self, host: &Expr) -> Option<String> {
        let name = self.known_text(host)?;
        self.known_host(&name, host.span)?;
        Some(name)
    }

    /// Reports what cannot be a host's name.
    fn known_host(&mut self, name: &str, span: Span) -> Option<()> {
        match fit(Value::Text(name.to_owned()), &Type::Host) {
            Ok(_) => Some(()),
            Err(why) => {
                self.amount_problem(span, why);
                None
            }
        }
    }

    fn ssh_user(&mut self, user: &Expr) -> Option<String> {
        let text = self.known_text(user)?;
        let fits = |c: char| c.is_ascii_alphanumeric() || "-_.@\\+".contains(c);
        if text.is_empty() || text.starts_with('-') || !text.chars().all(fits) {
            let message = format!("`{text}` cannot be the name of a user");
            self.amount_problem(user.span, message);
            return None;
        }
        Some(text)
    }

    fn known_text(&mut self, expr: &Expr) -> Option<String> {
        match self.scope.value(expr) {
            Ok(value) => Some(value.shell_text()),
            Err(fault) => {
                self.report_fault(fault);
                None
            }
        }
    }

    fn port(&mut self, port: &Expr) -> Option<u16> {
        let number = self.whole(port, 1);
        let fits = u16::try_from(number).ok();
        if fits.is_none() {
            let message = format!("a port is a number from 1 to 65535, this is {number}");
            self.amount_problem(port.span, message);
        }
        fits
    }

    fn check_option(&mut self, option: &str, span: Span) {
        let (name, value) = option.split_once('=').unwrap_or((option, ""));
        let is_name = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric());
        if !is_name || value.is_empty() || value.contains(['\n', '\r', '\0']) {
            let message = format!("expected an option of ssh, found `{option}`");
            let problem =
                Problem::new(Code::RB506, span, message).help("write `\"ConnectTimeout=5\"`");
            self.problems.push(problem);
        } else if OWN_OPTIONS.contains(&name.to_ascii_lowercase().as_str()) {
            let message = format!("the option `{name}` is set by `runbook` itself");
            let problem = Problem::new(Code::RB506, span, message).help("leave it out");
            self.problems.push(problem);
        }
    }
}
