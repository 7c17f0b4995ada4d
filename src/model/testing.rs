//! `test` blocks: their values typed, their statements resolved. The nodes they
//! name are found when a plan is made with their values.

use crate::model::expressions::Place;
use crate::model::names::{Kind, nearest, suggest};
use crate::model::resolve::Resolver;
use crate::model::{Block, Expr};
use crate::problem::{Code, Problem};
use crate::source::Span;
use crate::syntax::ast::{
    self, EventPlace, GateGets, ItemKind, NodeDoes, NodePart, RanItem, TestEvent, TestLine,
    TestLineKind,
};
use crate::types::{Type, Unit};

/// A run written down before it happens.
#[derive(Debug, Clone)]
pub struct Test {
    pub title: String,
    /// Values of parameters, by their place in the model.
    pub settings: Vec<(usize, Expr)>,
    pub givens: Vec<Given>,
    pub expectations: Vec<Expectation>,
    /// What runs, in a module, which has nothing else that does.
    pub body: Option<Block>,
    pub span: Span,
}

/// What is different from a run in which all goes well.
#[derive(Debug, Clone)]
pub struct Given {
    pub kind: GivenKind,
    pub span: Span,
}

#[derive(Debug, Clone)]
pub enum GivenKind {
    Node {
        part: NodePart,
        node: ast::Name,
        /// The title of a check in a gate, and where it stands.
        item: Option<(String, Span)>,
        does: Does,
        /// Only this attempt, counted from one.
        attempt: Option<Expr>,
    },
    Metric {
        /// Index in the model's metrics.
        metric: usize,
        /// From so long after the start on; `None` is no data.
        readings: Vec<(Option<Expr>, Option<Expr>)>,
    },
    Gate {
        gate: ast::Name,
        gets: Gets,
    },
    Event {
        event: TestEvent,
        place: EventPlace,
        node: ast::Name,
    },
}

#[derive(Debug, Clone)]
pub enum Does {
    Fail(Option<Expr>),
    TimeOut,
    Take(Expr),
    Give(String, String),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Gets {
    Approved(Vec<String>),
    Confirmed,
    Rejected,
    Unanswered,
    Closed,
}

#[derive(Debug, Clone)]
pub struct Expectation {
    pub kind: ExpectationKind,
    pub span: Span,
}

#[derive(Debug, Clone)]
pub enum ExpectationKind {
    /// One of [`OUTCOMES`].
    Outcome(String),
    Ran(Vec<RanItem>),
    NotRan(Vec<RanItem>),
}

/// How a run can end, in the words of tests and journals.
pub const OUTCOMES: [&str; 6] = [
    "succeeded",
    "stopped",
    "rolled_back",
    "rollback_incomplete",
    "frozen",
    "waiting",
];

impl Resolver<'_> {
    pub fn tests(&mut self) {
        let program = self.program;
        for item in &program.root().ast.items {
            if let ItemKind::Test(test) = &item.kind {
                let test = self.test_block(test, item.span);
                self.model.tests.push(test);
            }
        }
    }

    fn test_block(&mut self, test: &ast::TestBlock, span: Span) -> Test {
        let title = self.plain_text(&test.title);
        let mut resolved = Test {
            title,
            settings: Vec::new(),
            givens: Vec::new(),
            expectations: Vec::new(),
            body: self.test_body(&test.lines, span),
            span,
        };
        for line in &test.lines {
            self.test_line(line, &mut resolved);
        }
        // A line that could not be read may have been the one.
        let mut lines = test.lines.iter();
        let expects = lines.any(|line| {
            matches!(
                line.kind,
                TestLineKind::ExpectOutcome(_) | TestLineKind::ExpectRan { .. } | TestLineKind::Bad
            )
        });
        if !expects {
            let problem = Problem::new(Code::RB941, test.title.span, "this test expects nothing")
                .help("add a line `expect rolled_back`, or `expect ran …`");
            self.report(problem);
        }
        resolved
    }

    /// The statements of a test, in names of their own.
    fn test_body(&mut self, lines: &[TestLine], span: Span) -> Option<Block> {
        let statements: Vec<&ast::Statement> = lines
            .iter()
            .filter_map(|line| match &line.kind {
                TestLineKind::Statement(statement) => Some(statement),
                _another_line => None,
            })
            .collect();
        let is_runbook = self.model.title.is_some();
        match (is_runbook, statements.first()) {
            (true, Some(statement)) => {
                let message = "the test of a runbook runs the runbook";
                let problem = Problem::new(Code::RB941, statement.span, message).help(
                    "statements stand in the tests of a module, which has nothing else to run",
                );
                self.report(problem);
                return None;
            }
            (true, None) => return None,
            (false, None) => {
                let message = "this test runs nothing";
                let problem = Problem::new(Code::RB941, span, message)
                    .help("a file without a `runbook` line is a module: write in the test what is to run, `step x = …`");
                self.report(problem);
                return None;
            }
            (false, Some(_)) => {}
        }
        let block = ast::Block {
            statements: statements.into_iter().cloned().collect(),
            rollbacks: Vec::new(),
            span,
        };
        let names = self.names.inherited();
        let outer = std::mem::replace(&mut self.names, names);
        let first = self.next_statement;
        self.declare_block(&block);
        self.next_statement = first;
        let block = self.block(&block);
        self.names = outer;
        Some(block)
    }

    fn test_line(&mut self, line: &TestLine, test: &mut Test) {
        let span = line.span;
        match &line.kind {
            TestLineKind::Set(settings) => {
                for (name, value) in settings {
                    let setting = self.setting(name, value);
                    test.settings.extend(setting);
                }
            }
            TestLineKind::ExpectOutcome(outcome) => self.outcome(outcome, span, test),
            TestLineKind::ExpectRan { not, items } => {
                for item in items {
                    self.note_node(&item.node);
                }
                let items = items.clone();
                let kind = if *not {
                    ExpectationKind::NotRan(items)
                } else {
                    ExpectationKind::Ran(items)
                };
                test.expectations.push(Expectation { kind, span });
            }
            TestLineKind::Statement(_) | TestLineKind::Bad => {}
            TestLineKind::GivenNode { .. }
            | TestLineKind::GivenMetric { .. }
            | TestLineKind::GivenGate { .. }
            | TestLineKind::GivenEvent { .. } => {
                if let Some(kind) = self.given(&line.kind) {
                    test.givens.push(Given { kind, span });
                }
            }
        }
    }

    fn outcome(&mut self, outcome: &ast::Name, span: Span, test: &mut Test) {
        if OUTCOMES.contains(&outcome.text.as_str()) {
            let kind = ExpectationKind::Outcome(outcome.text.clone());
            test.expectations.push(Expectation { kind, span });
            return;
        }
        let message = format!("no run ends `{}`", outcome.text);
        let problem = Problem::new(Code::RB920, outcome.span, message);
        let near = nearest(&outcome.text, OUTCOMES.into_iter());
        let mut problem = suggest(problem, outcome.span, near);
        if problem.help.is_none() {
            let listed: Vec<String> = OUTCOMES.iter().map(|it| format!("`{it}`")).collect();
            problem = problem.help(format!("runs end {}; or write `ran …`", listed.join(", ")));
        }
        self.report(problem);
    }

    fn setting(&mut self, name: &ast::Name, value: &ast::Expr) -> Option<(usize, Expr)> {
        let parameters = self.model.parameters.iter();
        let index = parameters
            .enumerate()
            .find(|(_, parameter)| parameter.name == name.text)
            .map(|(index, _)| index);
        let Some(index) = index else {
            let names: Vec<String> = self
                .model
                .parameters
                .iter()
                .map(|parameter| parameter.name.clone())
                .collect();
            let near = nearest(&name.text, names.iter().map(String::as_str));
            let message = format!("the runbook has no parameter `{}`", name.text);
            let problem = Problem::new(Code::RB961, name.span, message);
            self.report(suggest(problem, name.span, near));
            return None;
        };
        let (ty, declared) = (
            self.model.parameters[index].ty.clone(),
            self.model.parameters[index].span,
        );
        self.note_use(name.span, declared);
        let value = self.typed(value, &ty, Place::Structure);
        Some((index, value))
    }

    fn given(&mut self, line: &TestLineKind) -> Option<GivenKind> {
        if let TestLineKind::GivenNode { node, .. }
        | TestLineKind::GivenGate { gate: node, .. }
        | TestLineKind::GivenEvent { node, .. } = line
        {
            self.note_node(node);
        }
        Some(match line {
            TestLineKind::GivenNode {
                part,
                node,
                item,
                does,
                attempt,
            } => GivenKind::Node {
                part: *part,
                node: node.clone(),
                item: item.as_ref().map(|item| (self.plain_text(item), item.span)),
                does: self.does(does),
                attempt: attempt
                    .as_ref()
                    .map(|attempt| self.typed(attempt, &Type::Int, Place::Structure)),
            },
            TestLineKind::GivenMetric { metric, readings } => {
                let index = self.find(metric, &[Kind::Metric])?;
                let ty = self.metric_types.get(index).cloned()?;
                let readings = readings.iter().map(|(after, measured)| {
                    let after = after
                        .as_ref()
                        .map(|after| self.typed(after, &Type::Duration, Place::Structure));
                    (after, self.measured(measured, &ty))
                });
                GivenKind::Metric {
                    metric: index,
                    readings: readings.collect(),
                }
            }
            TestLineKind::GivenGate { gate, gets } => GivenKind::Gate {
                gate: gate.clone(),
                gets: self.gets(gets),
            },
            TestLineKind::GivenEvent { event, place, node } => GivenKind::Event {
                event: *event,
                place: *place,
                node: node.clone(),
            },
            TestLineKind::Set(_)
            | TestLineKind::ExpectOutcome(_)
            | TestLineKind::ExpectRan { .. }
            | TestLineKind::Statement(_)
            | TestLineKind::Bad => return None,
        })
    }

    fn measured(&mut self, measured: &ast::Measured, ty: &Type) -> Option<Expr> {
        match measured {
            ast::Measured::Nothing => None,
            // What is counted may be any amount where it is measured.
            ast::Measured::Amount(amount) if ty.unit() == Some(Unit::Number) => {
                Some(self.typed(amount, &Type::Number, Place::Structure))
            }
            ast::Measured::Amount(amount) => Some(self.typed(amount, ty, Place::Structure)),
        }
    }

    fn does(&mut self, does: &NodeDoes) -> Does {
        match does {
            NodeDoes::Fail(exit) => Does::Fail(
                exit.as_ref()
                    .map(|exit| self.typed(exit, &Type::Int, Place::Structure)),
            ),
            NodeDoes::TimeOut => Does::TimeOut,
            NodeDoes::Take(lasts) => {
                Does::Take(self.typed(lasts, &Type::Duration, Place::Structure))
            }
            NodeDoes::Give(name, value) => Does::Give(name.text.clone(), self.plain_text(value)),
        }
    }

    fn gets(&mut self, gets: &GateGets) -> Gets {
        match gets {
            GateGets::Approved(people) => {
                Gets::Approved(people.iter().map(|it| self.plain_text(it)).collect())
            }
            GateGets::Confirmed => Gets::Confirmed,
            GateGets::Rejected => Gets::Rejected,
            GateGets::Unanswered => Gets::Unanswered,
            GateGets::Closed => Gets::Closed,
        }
    }
}
