//! Runbooks of chance: well-formed texts of everything the language has.
//!
//! A sketch is what a text says; `text` writes it down. Sketches are made by
//! strategies of `proptest`, so a counterexample shrinks to the smallest one.
//! Every command is `./act PART NAME …`, so whoever runs the texts for real
//! needs that one program.
//!
//! Most sketches are written with care (a point of no return is repeatable and
//! stands behind a gate, a retried step is repeatable, values come from what
//! was before) and some without: about half of them pass the checks.

pub mod beginnings;
mod text;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

/// What a runbook says.
#[derive(Debug, Clone)]
pub struct Sketch {
    pub body: Vec<Item>,
    /// A rollback of the whole file.
    pub rollback: Option<Undo>,
    pub endings: Vec<Ending>,
    /// Looks at the phases of the file.
    pub watched: bool,
}

#[derive(Debug, Clone)]
pub enum Item {
    Step(Step),
    Check(Check),
    Gate(Gate),
    Checklist,
    Notify,
    Block(Block),
}

#[derive(Debug, Clone)]
pub struct Step {
    pub head: Head,
    pub capture: bool,
    pub output: Option<Output>,
    pub uses: Option<Use>,
    pub repeatable: bool,
    pub retry: bool,
    pub atomic: bool,
    pub probe: bool,
    pub otherwise: Otherwise,
    pub touches: Option<Touch>,
    pub way_back: WayBack,
}

/// What a step says it changes, and whether it destroys or saves it.
#[derive(Debug, Clone, Copy)]
pub struct Touch {
    pub how: Touching,
    pub thing: u8,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Touching {
    Touches,
    Destroys,
    Saves,
}

/// What a statement has before its body.
#[derive(Debug, Clone)]
pub struct Head {
    pub after: Option<Index>,
    pub when: When,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    Always,
    Flag,
    NotFlag,
}

#[derive(Debug, Clone, Copy)]
pub struct Output {
    pub default: bool,
}

/// A value of another statement.
#[derive(Debug, Clone)]
pub struct Use {
    pub which: Index,
    /// Of any statement, not only of those before in the text.
    pub anywhere: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Otherwise {
    Rollback,
    Continue,
    Stop,
    Ask,
}

#[derive(Debug, Clone)]
pub enum WayBack {
    /// Nothing said: a block around covers it, or nothing does.
    Unsaid,
    Own(Undo),
    Harmless,
    Irreversible,
}

#[derive(Debug, Clone)]
pub struct Undo {
    pub uses: Option<Use>,
    /// Its own step's output.
    pub uses_own_output: bool,
    pub uses_own_capture: bool,
    pub retry: bool,
    pub verify: bool,
    pub best_effort: bool,
    pub alternative: bool,
}

#[derive(Debug, Clone)]
pub struct Check {
    pub head: Head,
    pub output: Option<Output>,
    pub uses: Option<Use>,
    pub within: bool,
    pub otherwise: Otherwise,
}

#[derive(Debug, Clone)]
pub struct Gate {
    pub head: Head,
    pub conditions: Vec<Condition>,
    pub otherwise: Otherwise,
}

#[derive(Debug, Clone, Copy)]
pub enum Condition {
    Approve,
    Confirm,
    Hold,
    Until,
    Check,
    Wait,
}

#[derive(Debug, Clone)]
pub struct Block {
    pub kind: BlockKind,
    pub head: Head,
    pub body: Vec<Item>,
    pub rollback: Option<Undo>,
    /// Of a bracket.
    pub touches: Option<Touch>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BlockKind {
    Phase,
    Parallel,
    With,
    For(Loop),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Loop {
    pub rounds: Option<Rounds>,
    /// Over machines, on which its steps and checks run.
    pub on_hosts: bool,
}

/// How the rounds of a loop go on together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rounds {
    pub at_a_time: u8,
    pub tolerate: u8,
    pub breach: Breach,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Breach {
    Unsaid,
    Batch,
    Failed,
    None,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    Success,
    Rollback,
    Stuck,
    Failure,
    Always,
}

/// True about so many times of a hundred. Shrinks to false.
fn seldom(percent: u32) -> impl Strategy<Value = bool> {
    proptest::bool::weighted(f64::from(percent) / 100.0)
}

/// There about so many times of a hundred. Shrinks to nothing.
fn sometimes<T: std::fmt::Debug + Clone>(
    percent: u32,
    of: impl Strategy<Value = T>,
) -> impl Strategy<Value = Option<T>> {
    proptest::option::weighted(f64::from(percent) / 100.0, of)
}

/// What runs on this machine.
pub fn sketches() -> impl Strategy<Value = Sketch> {
    sketches_with(0)
}

/// With loops over other machines, so many of a hundred.
pub fn sketches_with(hosts: u32) -> impl Strategy<Value = Sketch> {
    let endings = vec(
        prop_oneof![
            Just(Ending::Success),
            Just(Ending::Rollback),
            Just(Ending::Stuck),
            Just(Ending::Failure),
            Just(Ending::Always),
        ],
        0..3,
    );
    (
        vec(items(hosts), 1..5),
        sometimes(3, undos()),
        endings,
        seldom(15),
    )
        .prop_map(|(body, rollback, endings, watched)| Sketch {
            body,
            rollback,
            endings,
            watched,
        })
}

fn items(hosts: u32) -> impl Strategy<Value = Item> {
    let leaf = prop_oneof![
        10 => steps().prop_map(Item::Step),
        3 => checks().prop_map(Item::Check),
        2 => gates().prop_map(Item::Gate),
        1 => Just(Item::Checklist),
        1 => Just(Item::Notify),
        2 => points(),
        1 => losses(),
    ];
    leaf.prop_recursive(2, 10, 4, move |item| {
        let body = prop_oneof![
            6 => vec(item.clone(), 1..4),
            // What covers its steps itself: none of them has an undo.
            2 => vec(bare_steps().prop_map(Item::Step), 1..3),
        ];
        let kind = prop_oneof![
            Just(BlockKind::Phase),
            Just(BlockKind::Parallel),
            Just(BlockKind::With),
            loops(hosts).prop_map(BlockKind::For),
        ];
        let touches = sometimes(10, touches());
        (kind, heads(), body, sometimes(3, undos()), undos(), touches).prop_map(
            |(kind, head, body, rollback, covers, touches)| {
                let bare = body.iter().all(
                    |item| matches!(item, Item::Step(step) if matches!(step.way_back, WayBack::Unsaid)),
                );
                // A round that may fail alone is undone alone.
                let alone = matches!(kind, BlockKind::For(Loop { rounds: Some(_), .. }));
                let rollback = if bare { Some(covers) } else { rollback.filter(|_| !alone) };
                Item::Block(Block {
                    kind,
                    head,
                    body,
                    rollback,
                    touches,
                })
            },
        )
    })
}

/// What is saved, and then destroyed.
fn losses() -> BoxedStrategy<Item> {
    let between = vec(steps().prop_map(Item::Step), 0..2);
    (heads(), steps(), between, steps(), 0..2_u8)
        .prop_map(|(head, saves, between, destroys, thing)| {
            let touching = |step: Step, how| Step {
                touches: Some(Touch { how, thing }),
                ..step
            };
            let mut body = vec![Item::Step(touching(saves, Touching::Saves))];
            body.extend(between);
            body.push(Item::Step(touching(destroys, Touching::Destroys)));
            Item::Block(Block {
                kind: BlockKind::Phase,
                head,
                body,
                rollback: None,
                touches: None,
            })
        })
        .boxed()
}

fn touches() -> impl Strategy<Value = Touch> {
    let how = prop_oneof![
        6 => Just(Touching::Touches),
        1 => Just(Touching::Saves),
        1 => Just(Touching::Destroys),
    ];
    (how, 0..2_u8).prop_map(|(how, thing)| Touch { how, thing })
}

/// A point of no return behind its gate, with a step before, after or beside.
fn points() -> BoxedStrategy<Item> {
    let kind = prop_oneof![
        2 => Just(BlockKind::Phase),
        1 => Just(BlockKind::Parallel),
        1 => Just(BlockKind::With),
    ];
    let covered = (bare_steps(), seldom(85)).prop_map(|(step, repeatable)| Step {
        repeatable: repeatable || step.retry,
        ..step
    });
    let company = prop_oneof![2 => covered, 1 => steps()];
    (
        kind,
        heads(),
        gates(),
        steps(),
        vec(company, 0..3),
        seldom(30),
        sometimes(60, undos()),
    )
        .prop_map(|(kind, head, gate, point, company, beside, rollback)| {
            let point = Step {
                repeatable: true,
                way_back: WayBack::Irreversible,
                ..point
            };
            let mut inner: Vec<Item> = vec![Item::Step(point)];
            let covered = rollback.is_some();
            inner.extend(company.into_iter().map(|mut step| {
                if covered {
                    step.way_back = WayBack::Unsaid;
                }
                Item::Step(step)
            }));
            if beside {
                let always = Head {
                    after: None,
                    when: When::Always,
                };
                inner = vec![Item::Block(Block {
                    kind: BlockKind::Parallel,
                    head: always,
                    body: inner,
                    rollback: None,
                    touches: None,
                })];
            }
            inner.insert(0, Item::Gate(gate));
            Item::Block(Block {
                kind,
                head,
                body: inner,
                rollback,
                touches: None,
            })
        })
        .boxed()
}

fn loops(hosts: u32) -> impl Strategy<Value = Loop> {
    (rounds(), seldom(hosts)).prop_map(|(rounds, on_hosts)| Loop { rounds, on_hosts })
}

fn rounds() -> impl Strategy<Value = Option<Rounds>> {
    let breach = prop_oneof![
        3 => Just(Breach::Unsaid),
        1 => Just(Breach::Batch),
        1 => Just(Breach::Failed),
        1 => Just(Breach::None),
    ];
    let rounds = (1..4_u8, 0..3_u8, breach).prop_map(|(at_a_time, tolerate, breach)| Rounds {
        at_a_time,
        tolerate,
        breach,
    });
    sometimes(50, rounds)
}

fn heads() -> impl Strategy<Value = Head> {
    let when = prop_oneof![
        17 => Just(When::Always),
        2 => Just(When::Flag),
        1 => Just(When::NotFlag),
    ];
    (sometimes(12, any::<Index>()), when).prop_map(|(after, when)| Head { after, when })
}

fn uses(percent: u32) -> impl Strategy<Value = Option<Use>> {
    let one = (any::<Index>(), seldom(15)).prop_map(|(which, anywhere)| Use { which, anywhere });
    sometimes(percent, one)
}

fn outputs() -> impl Strategy<Value = Option<Output>> {
    sometimes(25, seldom(40).prop_map(|default| Output { default }))
}

fn otherwise() -> impl Strategy<Value = Otherwise> {
    prop_oneof![
        14 => Just(Otherwise::Rollback),
        2 => Just(Otherwise::Continue),
        2 => Just(Otherwise::Stop),
        2 => Just(Otherwise::Ask),
    ]
}

fn undos() -> BoxedStrategy<Undo> {
    (
        uses(30),
        seldom(5),
        seldom(60),
        seldom(25),
        seldom(25),
        seldom(15),
        seldom(20),
    )
        .prop_map(
            |(uses, uses_own_output, uses_own_capture, retry, verify, best_effort, alternative)| {
                Undo {
                    uses,
                    uses_own_output,
                    uses_own_capture,
                    retry,
                    verify,
                    best_effort,
                    alternative,
                }
            },
        )
        .boxed()
}

fn ways_back() -> impl Strategy<Value = WayBack> {
    prop_oneof![
        12 => undos().prop_map(WayBack::Own),
        2 => Just(WayBack::Harmless),
        3 => Just(WayBack::Irreversible),
        1 => Just(WayBack::Unsaid),
    ]
}

fn bare_steps() -> impl Strategy<Value = Step> {
    steps().prop_map(|step| Step {
        way_back: WayBack::Unsaid,
        ..step
    })
}

/// Boxed, since its type is large, and so are all that hold it: on the stack of a
/// test they would leave no room.
fn steps() -> BoxedStrategy<Step> {
    let attributes = (
        seldom(25),
        seldom(30),
        seldom(20),
        seldom(15),
        seldom(10),
        // With care.
        seldom(92),
    );
    (
        heads(),
        outputs(),
        uses(20),
        attributes,
        otherwise(),
        sometimes(10, touches()),
        ways_back(),
    )
        .prop_map(
            |(head, output, uses, attributes, otherwise, touches, way_back)| {
                let (capture, repeatable, retry, atomic, probe, careful) = attributes;
                let wants = retry || matches!(way_back, WayBack::Irreversible);
                Step {
                    head,
                    capture,
                    output,
                    uses,
                    repeatable: repeatable || (careful && wants),
                    retry,
                    atomic,
                    probe,
                    otherwise,
                    touches,
                    way_back,
                }
            },
        )
        .boxed()
}

fn checks() -> impl Strategy<Value = Check> {
    (heads(), outputs(), uses(20), seldom(30), otherwise()).prop_map(
        |(head, output, uses, within, otherwise)| Check {
            head,
            output,
            uses,
            within,
            otherwise,
        },
    )
}

fn gates() -> impl Strategy<Value = Gate> {
    let condition = prop_oneof![
        3 => Just(Condition::Confirm),
        2 => Just(Condition::Approve),
        1 => Just(Condition::Hold),
        1 => Just(Condition::Until),
        1 => Just(Condition::Check),
        1 => Just(Condition::Wait),
    ];
    (heads(), vec(condition, 1..3), otherwise()).prop_map(|(head, conditions, otherwise)| Gate {
        head,
        conditions,
        otherwise,
    })
}
