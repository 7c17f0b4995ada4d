//! Statements to nodes and edges.

use super::Lowering;
use super::fleets::Loop;
use crate::model::{After, Block, Moment, Statement, StatementId, StatementKind, Undo};
use crate::plan::{self, BlockKind, Ending, EndingKind, Node, NodeId, NodeKind, Skip, Template};
use crate::problem::{Code, Problem};
use crate::source::Span;
use crate::syntax::ast;

/// Where a statement stands.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub block: NodeId,
    /// The innermost block around with a rollback.
    pub covered: Option<NodeId>,
}

/// First and last node of a statement.
pub(super) type Ends = (NodeId, NodeId);

impl Lowering<'_> {
    pub(super) fn file_block(&mut self) {
        let model = self.model;
        let span = Span::new(self.file, 0, 0);
        let open = self.open_node("the release", BlockKind::File, None, None, span);
        self.fill_block(open, &model.body, None, None, span, true);
        self.resolve_pending_after();
    }

    pub(super) fn endings(&mut self) {
        let model = self.model;
        for ending in &model.endings {
            let (on, name) = match ending.on {
                ast::EndingKind::Success => (EndingKind::Success, "on success"),
                ast::EndingKind::Rollback => (EndingKind::Rollback, "on rollback"),
                ast::EndingKind::Stuck => (EndingKind::Stuck, "on stuck"),
                ast::EndingKind::Failure => (EndingKind::Failure, "on failure"),
                ast::EndingKind::Always => (EndingKind::Always, "always"),
            };
            let open = self.open_node(name, BlockKind::Ending, None, None, ending.span);
            self.fill_block(open, &ending.body, None, None, ending.span, true);
            self.plan.endings.push(Ending { on, open });
        }
        self.resolve_pending_after();
    }

    /// A node with a name of its own.
    pub(super) fn push(
        &mut self,
        name: &str,
        kind: NodeKind,
        block: Option<NodeId>,
        span: Span,
    ) -> NodeId {
        let full = format!("{name}{}", self.suffix);
        let count = self.names.entry(full.clone()).or_insert(0);
        *count += 1;
        let name = if *count == 1 {
            full
        } else {
            format!("{full}#{count}")
        };
        let id = NodeId(u32::try_from(self.plan.nodes.len()).unwrap_or(u32::MAX));
        let origin = self.origin(span);
        self.plan.nodes.push(Node {
            name,
            title: None,
            kind,
            needs: Vec::new(),
            block,
            skip: self.skip.clone(),
            origin,
        });
        id
    }

    pub(super) fn open_node(
        &mut self,
        name: &str,
        kind: BlockKind,
        at: Option<plan::Moment>,
        block: Option<NodeId>,
        span: Span,
    ) -> NodeId {
        let kind = NodeKind::Open(plan::Block {
            kind,
            undo: None,
            at,
            rounds: None,
        });
        self.push(name, kind, block, span)
    }

    pub(super) fn need(&mut self, node: NodeId, needed: NodeId) {
        let needs = &mut self.plan.nodes[node.index()].needs;
        if node != needed && !needs.contains(&needed) {
            needs.push(needed);
        }
    }

    /// Lowers a block's statements between its two nodes; gives the last one.
    fn fill_block(
        &mut self,
        open: NodeId,
        block: &Block,
        around: Option<NodeId>,
        covered: Option<NodeId>,
        span: Span,
        in_order: bool,
    ) -> NodeId {
        let covered = if block.rollback.is_some() {
            Some(open)
        } else {
            covered
        };
        let place = Place {
            block: open,
            covered,
        };
        let ends = self.statements(&block.statements, place, in_order);
        if let Some(undo) = &block.rollback {
            self.block_undo(open, undo);
        }
        let name = format!("end of {}", self.base_name(open));
        let close = self.push(&name, NodeKind::Close { open }, around, span);
        self.close_over(open, close, &ends);
        close
    }

    /// A node's name without the loop's suffix, which `push` adds.
    pub(super) fn base_name(&self, node: NodeId) -> String {
        let name = &self.plan.nodes[node.index()].name;
        name.strip_suffix(self.suffix.as_str())
            .unwrap_or(name)
            .to_owned()
    }

    pub(super) fn block_undo(&mut self, open: NodeId, undo: &Undo) {
        let undo = self.undo(undo);
        match &mut self.plan.nodes[open.index()].kind {
            NodeKind::Open(block) => block.undo = Some(undo),
            NodeKind::Enter(enter) => enter.undo = Some(undo),
            _not_a_block => {}
        }
    }

    /// Statements of one block, one after another or side by side.
    pub(super) fn statements(
        &mut self,
        statements: &[Statement],
        place: Place,
        in_order: bool,
    ) -> Vec<Ends> {
        let mut ends: Vec<Ends> = Vec::new();
        for statement in statements {
            let Some(first_last) = self.statement(statement, place) else {
                continue;
            };
            let before = match ends.last() {
                Some((_, last)) if in_order => *last,
                Some(_) | None => place.block,
            };
            match &statement.after {
                None => self.need(first_last.0, before),
                Some(names) => {
                    self.need(first_last.0, place.block);
                    let node = first_last.0;
                    self.pending_after
                        .extend(names.iter().map(|name| (node, name.clone())));
                }
            }
            ends.push(first_last);
        }
        ends
    }

    /// A block ends when all that is in it has; what another statement of it
    /// comes after is implied.
    pub(super) fn close_over(&mut self, open: NodeId, close: NodeId, ends: &[Ends]) {
        for last in self.loose_ends(ends) {
            self.plan.nodes[close.index()].needs.push(last);
        }
        if ends.is_empty() {
            self.need(close, open);
        }
    }

    /// The last nodes of statements that no other of these comes after.
    pub(super) fn loose_ends(&self, ends: &[Ends]) -> Vec<NodeId> {
        let mut needed = vec![false; ends.len()];
        let by_last: std::collections::HashMap<NodeId, usize> = ends
            .iter()
            .enumerate()
            .map(|(index, (_, last))| (*last, index))
            .collect();
        for (first, _) in ends {
            for need in &self.plan.nodes[first.index()].needs {
                if let Some(index) = by_last.get(need) {
                    needed[*index] = true;
                }
            }
        }
        let loose = ends.iter().zip(needed).filter(|(_, needed)| !needed);
        loose.map(|((_, last), _)| *last).collect()
    }

    fn resolve_pending_after(&mut self) {
        for (node, After { name, span }) in std::mem::take(&mut self.pending_after) {
            match self.ends.get(&name).cloned() {
                Some(ends) => ends.iter().for_each(|(_, last)| self.need(node, *last)),
                None => {
                    let message = format!("`{name}` cannot be waited for here");
                    self.problems.push(Problem::new(Code::RB920, span, message));
                }
            }
        }
    }

    /// What is waited for in a round that begins at this node, and stands in it,
    /// is that of the same round.
    pub(super) fn resolve_after_since(&mut self, first: NodeId) {
        for (node, after) in std::mem::take(&mut self.pending_after) {
            let ends = self.ends.get(&after.name).cloned().unwrap_or_default();
            let inside = ends.into_iter().filter(|(start, _)| *start >= first);
            let lasts: Vec<NodeId> = inside.map(|(_, last)| last).collect();
            if node < first || lasts.is_empty() {
                self.pending_after.push((node, after));
            }
            if node >= first {
                lasts.into_iter().for_each(|last| self.need(node, last));
            }
        }
    }

    fn statement(&mut self, statement: &Statement, place: Place) -> Option<Ends> {
        let outer = self.skip.clone();
        self.skip = self.skip_of(statement);
        let at = self.plan.nodes.len();
        let ends = self.statement_kind(statement, place);
        self.skip = outer;
        let (first, _) = ends?;
        if let Some(title) = &statement.title {
            let title = self.structure_text(title);
            if let Some(node) = self.plan.nodes.get_mut(at.max(first.index())) {
                node.title = Some(title);
            }
        }
        let of_name = self.ends.entry(statement.name.clone());
        of_name.or_default().push(ends?);
        ends
    }

    /// Whether a statement is skipped, by its own `when` or one around it.
    fn skip_of(&mut self, statement: &Statement) -> Skip {
        let Some(when) = &statement.when else {
            return self.skip.clone();
        };
        if self.skip.is_skipped() {
            return self.skip.clone();
        }
        let text = self.sources.slice(when.span).to_owned();
        if self.for_check {
            let loops = &self.assumed_loops;
            let assumed = |number: usize| loops.get(number).copied().unwrap_or(false);
            if crate::model::evaluate::depends_on_parameters(when, &assumed) {
                return match &self.skip {
                    Skip::Maybe(outer) => Skip::Maybe(format!("{outer} and {text}")),
                    Skip::No | Skip::Yes(_) | Skip::TakenAsDone(_) => Skip::Maybe(text),
                };
            }
        }
        match self.scope.truth(when) {
            Ok(true) => self.skip.clone(),
            Ok(false) => Skip::Yes(text),
            Err(fault) => {
                self.report_fault(fault);
                self.skip.clone()
            }
        }
    }

    fn statement_kind(&mut self, statement: &Statement, place: Place) -> Option<Ends> {
        let Place { block, covered } = place;
        let name = statement.name.as_str();
        let span = statement.span;
        match &statement.kind {
            StatementKind::Phase { at, body } => {
                let at = at.as_ref().map(|at| self.moment(at));
                let open = self.open_node(name, BlockKind::Phase, at, Some(block), span);
                let close = self.fill_block(open, body, Some(block), covered, span, true);
                Some((open, close))
            }
            StatementKind::Parallel { body } => {
                let open = self.open_node(name, BlockKind::Parallel, None, Some(block), span);
                let close = self.fill_block(open, body, Some(block), covered, span, false);
                Some((open, close))
            }
            StatementKind::For {
                variable,
                list,
                batching,
                body,
            } => {
                let rounds = Loop {
                    variable: *variable,
                    list,
                    batching,
                    body,
                };
                Some(self.for_loop(name, rounds, place, span))
            }
            StatementKind::With { enter, leave, body } => {
                let open = self.reserve(name, block, span);
                let kind = self.enter(enter, leave, None);
                self.plan.nodes[open.index()].kind = NodeKind::Enter(Box::new(kind));
                let covered = if body.rollback.is_some() {
                    Some(open)
                } else {
                    covered
                };
                let inside = Place {
                    block: open,
                    covered,
                };
                let ends = self.statements(&body.statements, inside, true);
                if let Some(undo) = &body.rollback {
                    self.block_undo(open, undo);
                }
                let kind = NodeKind::Leave { enter: open };
                let close = self.push(&format!("leave {name}"), kind, Some(block), span);
                self.close_over(open, close, &ends);
                Some((open, close))
            }
            StatementKind::Step(step) => {
                let node = self.reserve_for(name, step.id, block, span);
                let kind = self.step(step, covered);
                Some(self.fill(node, NodeKind::Step(Box::new(kind))))
            }
            StatementKind::Check(check) => {
                let node = self.reserve_for(name, check.id, block, span);
                let kind = self.check(check);
                Some(self.fill(node, NodeKind::Check(Box::new(kind))))
            }
            StatementKind::Gate(gate) => {
                let node = self.reserve_for(name, gate.id, block, span);
                let kind = self.gate(gate);
                Some(self.fill(node, NodeKind::Gate(Box::new(kind))))
            }
            StatementKind::Notify(messages) => {
                let messages = messages.iter();
                let kind = NodeKind::Notify {
                    messages: messages
                        .filter_map(|message| u32::try_from(*message).ok())
                        .collect(),
                };
                let node = self.push(name, kind, Some(block), span);
                Some((node, node))
            }
            StatementKind::Postmortem(path) => {
                let path = self.text_template(path);
                let node = self.push(name, NodeKind::Postmortem { path }, Some(block), span);
                Some((node, node))
            }
            StatementKind::Hole => None,
        }
    }

    /// A node whose kind is filled in when its values can name it.
    fn reserve(&mut self, name: &str, block: NodeId, span: Span) -> NodeId {
        let kind = NodeKind::Postmortem {
            path: Template::default(),
        };
        self.push(name, kind, Some(block), span)
    }

    fn reserve_for(&mut self, name: &str, id: StatementId, block: NodeId, span: Span) -> NodeId {
        let node = self.reserve(name, block, span);
        self.nodes.insert(id, node);
        node
    }

    fn fill(&mut self, node: NodeId, kind: NodeKind) -> Ends {
        self.plan.nodes[node.index()].kind = kind;
        (node, node)
    }

    fn moment(&mut self, at: &Moment) -> plan::Moment {
        let offset = at.offset.as_ref().map_or(0, |offset| self.millis(offset));
        let offset = i64::try_from(offset).unwrap_or(i64::MAX);
        plan::Moment(if at.before { -offset } else { offset })
    }
}
