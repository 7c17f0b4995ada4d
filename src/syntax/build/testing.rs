//! `test` and `trouble` blocks.

use super::{Builder, Node, child};
use crate::syntax::Rule;
use crate::syntax::ast::{
    EventPlace, Expr, GateGets, ItemKind, Measured, Name, NodeDoes, NodePart, RanItem, RanPart,
    TestBlock, TestEvent, TestLine, TestLineKind, Trouble, TroubleLine, TroubleLineKind,
    TroubleMatch,
};
use crate::syntax::recover::Context;

impl<'t> Builder<'t> {
    pub(super) fn test(&mut self, node: Node<'t>) -> ItemKind {
        let title = self.first_string(node.clone());
        let Some(block) = child(&node, Rule::test_block) else {
            return ItemKind::Bad;
        };
        let bad = TestLineKind::Bad;
        let lines = self.lines(&block, Context::Test, &bad, |this, line| {
            match line.as_rule() {
                Rule::set => this.settings(line),
                Rule::given => this.given(line),
                Rule::expectation => this.expectation(line),
                _a_statement => TestLineKind::Statement(this.statement(line)),
            }
        });
        let lines = lines.into_iter();
        let lines = lines.map(|(kind, span)| TestLine { kind, span }).collect();
        ItemKind::Test(TestBlock { title, lines })
    }

    fn settings(&mut self, node: Node<'t>) -> TestLineKind {
        let settings: Vec<Node<'t>> = children(&node, Rule::setting);
        let settings = settings.into_iter().filter_map(|setting| {
            let value = child(&setting, Rule::expr)?;
            Some((self.first_name(&setting), self.expr(value)))
        });
        TestLineKind::Set(settings.collect())
    }

    fn given(&mut self, node: Node<'t>) -> TestLineKind {
        let Some(given) = node.into_inner().next() else {
            return TestLineKind::Bad;
        };
        match given.as_rule() {
            Rule::given_event => self.given_event(&given),
            Rule::given_node => self.given_node(given),
            Rule::given_metric => self.given_metric(given),
            Rule::given_gate => self.given_gate(given),
            _nothing_else => TestLineKind::Bad,
        }
    }

    fn given_event(&mut self, node: &Node<'t>) -> TestLineKind {
        let word = |rule| child(node, rule).map_or("", |word| word.as_str());
        let event = match word(Rule::event_kind) {
            "crash" => TestEvent::Crash,
            "interrupt" => TestEvent::Interrupt,
            _request => TestEvent::Request,
        };
        let place = match word(Rule::event_place) {
            "after" => EventPlace::After,
            _during => EventPlace::During,
        };
        TestLineKind::GivenEvent {
            event,
            place,
            node: self.node_ref(node),
        }
    }

    fn given_node(&mut self, node: Node<'t>) -> TestLineKind {
        let word = child(&node, Rule::node_kind);
        let part = match word.as_ref().map_or("", |word| word.as_str()) {
            "step" => NodePart::Step,
            "check" => NodePart::Check,
            "enter" => NodePart::Enter,
            "leave" => NodePart::Leave,
            _rollback_of => NodePart::Rollback,
        };
        let attempt = child(&node, Rule::on_attempt).and_then(|on| child(&on, Rule::amount));
        let attempt = attempt.map(|attempt| self.expr(attempt));
        let named = self.node_ref(&node);
        let item = child(&node, Rule::string).map(|item| self.string(item));
        let does = node.into_inner().find_map(|part| match part.as_rule() {
            Rule::does_fail => {
                let exit = child(&part, Rule::amount).map(|exit| self.expr(exit));
                Some(NodeDoes::Fail(exit))
            }
            Rule::does_time_out => Some(NodeDoes::TimeOut),
            Rule::does_take => {
                child(&part, Rule::amount).map(|lasts| NodeDoes::Take(self.expr(lasts)))
            }
            Rule::does_give => Some(NodeDoes::Give(
                self.first_name(&part),
                self.first_string(part),
            )),
            _something_else => None,
        });
        match does {
            Some(does) => TestLineKind::GivenNode {
                part,
                node: named,
                item,
                does,
                attempt,
            },
            None => TestLineKind::Bad,
        }
    }

    fn given_metric(&mut self, node: Node<'t>) -> TestLineKind {
        let metric = self.first_name(&node);
        let mut readings: Vec<(Option<Expr>, Measured)> = Vec::new();
        for part in node.into_inner() {
            match part.as_rule() {
                Rule::measured => readings.push((None, self.measured(&part))),
                Rule::measured_later => {
                    let after = child(&part, Rule::amount).map(|after| self.expr(after));
                    let measured = child(&part, Rule::measured);
                    let measured = measured.map(|measured| self.measured(&measured));
                    readings.extend(measured.map(|measured| (after, measured)));
                }
                _the_name => {}
            }
        }
        TestLineKind::GivenMetric { metric, readings }
    }

    fn measured(&mut self, node: &Node<'t>) -> Measured {
        match child(node, Rule::amount) {
            Some(amount) => Measured::Amount(self.expr(amount)),
            None => Measured::Nothing,
        }
    }

    fn given_gate(&mut self, node: Node<'t>) -> TestLineKind {
        let gate = self.node_ref(&node);
        let gets = match child(&node, Rule::gets_approved) {
            Some(approved) => {
                let people = children(&approved, Rule::string);
                let people = people.into_iter().map(|person| self.string(person));
                GateGets::Approved(people.collect())
            }
            None => match child(&node, Rule::gets_word).map_or("", |word| word.as_str()) {
                "confirmed" => GateGets::Confirmed,
                "rejected" => GateGets::Rejected,
                "closed" => GateGets::Closed,
                _unanswered => GateGets::Unanswered,
            },
        };
        TestLineKind::GivenGate { gate, gets }
    }

    fn expectation(&mut self, node: Node<'t>) -> TestLineKind {
        let Some(ran) = child(&node, Rule::ran) else {
            let outcome = child(&node, Rule::outcome);
            return match outcome {
                Some(outcome) => TestLineKind::ExpectOutcome(self.first_name(&outcome)),
                None => TestLineKind::Bad,
            };
        };
        let items = children(&ran, Rule::ran_item);
        let items = items.into_iter().map(|item| RanItem {
            part: match (
                child(&item, Rule::rollback_of),
                child(&item, Rule::leave_of),
            ) {
                (Some(_), _) => RanPart::Rollback,
                (None, Some(_)) => RanPart::Leave,
                (None, None) => RanPart::Itself,
            },
            node: self.node_ref(&item),
            span: self.span(&item),
        });
        TestLineKind::ExpectRan {
            not: child(&ran, Rule::ran_not).is_some(),
            items: items.collect(),
        }
    }

    /// `shift[10%]`
    fn node_ref(&self, node: &Node<'t>) -> Name {
        match child(node, Rule::node_ref) {
            Some(name) => self.name(&name),
            None => Name {
                text: String::new(),
                span: self.span(node),
            },
        }
    }

    pub(super) fn trouble(&mut self, node: Node<'t>) -> ItemKind {
        let title = self.first_string(node.clone());
        let Some(block) = child(&node, Rule::trouble_block) else {
            return ItemKind::Bad;
        };
        let bad = TroubleLineKind::Bad;
        let lines = self.lines(&block, Context::Trouble, &bad, |this, line| {
            match line.as_rule() {
                Rule::symptom => TroubleLineKind::Symptom(this.first_string(line)),
                Rule::matches => this.matches(&line),
                Rule::diagnose => TroubleLineKind::Diagnose(this.attributes_or_command(&line)),
                Rule::try_this => TroubleLineKind::Try(this.first_string(line)),
                _nothing_else => TroubleLineKind::Bad,
            }
        });
        let lines = lines.into_iter();
        let lines = lines
            .map(|(kind, span)| TroubleLine { kind, span })
            .collect();
        ItemKind::Trouble(Trouble { title, lines })
    }

    fn matches(&mut self, node: &Node<'t>) -> TroubleLineKind {
        let what = match child(node, Rule::string) {
            Some(text) => TroubleMatch::Text(self.string(text)),
            None => TroubleMatch::Word(self.first_name(node)),
        };
        let within = child(node, Rule::names).map(|names| self.names(names));
        TroubleLineKind::Matches {
            what,
            within: within.unwrap_or_default(),
        }
    }
}

fn children<'t>(node: &Node<'t>, rule: Rule) -> Vec<Node<'t>> {
    let children = node.clone().into_inner();
    children.filter(|child| child.as_rule() == rule).collect()
}
