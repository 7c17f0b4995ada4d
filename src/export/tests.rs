//! A small plan with one of everything, and what the exports make of it.

use std::collections::BTreeMap;

use super::comments::Said;
use super::mermaid::{mermaid, small_mermaid};
use super::outline::{Emphasis, outline, points};
use super::{dot::dot, page};
use crate::plan::{
    Binding, Block, BlockKind, Check, Enter, Expect, Gate, GateCondition, GateElse, Moment, Node,
    NodeId, NodeKind, Origin, Output, OutputFrom, Plan, PlanFile, Retry, Run, Secret, SecretFrom,
    Shell, Skip, Step, StepElse, Task, Template, Undo, UndoAttempt, ValueSource, WayBack,
};
use crate::simulate::outlook::ways_back;

const NOWHERE: Origin = Origin {
    file: 0,
    line: 1,
    start: 0,
    end: 0,
};

fn task(script: &str) -> Task {
    Task {
        run: Run::Script {
            text: script.to_owned(),
            shell: Shell::Sh,
        },
        bindings: Vec::new(),
        directory: None,
        host: None,
        timeout: Some(60_000),
        expect: Expect::default(),
        outputs: Vec::new(),
        needs: Vec::new(),
    }
}

fn undo(script: &str) -> Undo {
    Undo {
        attempts: vec![UndoAttempt {
            why: None,
            task: task(script),
            retry: Retry::Never,
            verify: None,
        }],
        best_effort: false,
        origin: NOWHERE,
    }
}

fn step(script: &str, way_back: WayBack) -> NodeKind {
    NodeKind::Step(Box::new(Step {
        captures: Vec::new(),
        done_when: None,
        task: task(script),
        retry: Retry::Never,
        repeatable: false,
        atomic: false,
        otherwise: StepElse::Rollback,
        way_back,
        touches: Vec::new(),
    }))
}

fn open(kind: BlockKind, undo: Option<Undo>, at: Option<Moment>) -> NodeKind {
    NodeKind::Open(Block {
        kind,
        undo,
        at,
        rounds: None,
    })
}

/// Nodes by name, what they need and the block they stand in.
#[derive(Default)]
struct Build(Vec<Node>);

impl Build {
    fn node(&mut self, name: &str, kind: NodeKind, needs: &[u32], block: Option<u32>) -> NodeId {
        self.0.push(Node {
            name: name.to_owned(),
            title: None,
            kind,
            needs: needs.iter().copied().map(NodeId).collect(),
            block: block.map(NodeId),
            skip: Skip::No,
            origin: NOWHERE,
        });
        NodeId(u32::try_from(self.0.len() - 1).expect("a small plan"))
    }

    fn plan(self, title: &str) -> Plan {
        Plan {
            title: title.to_owned(),
            files: vec![PlanFile {
                path: "release.runbook".to_owned(),
                digest: String::new(),
            }],
            directory: ".".to_owned(),
            parameters: Vec::new(),
            secrets: Vec::new(),
            hosts: Vec::new(),
            environment: Vec::new(),
            lock: None,
            nodes: self.0,
            metrics: Vec::new(),
            messages: Vec::new(),
            channels: Vec::new(),
            watches: Vec::new(),
            endings: Vec::new(),
            troubles: Vec::new(),
            only_looks: false,
        }
    }
}

fn gate(text: &str) -> NodeKind {
    NodeKind::Gate(Box::new(Gate {
        conditions: vec![GateCondition::Confirm {
            text: Template::text(text),
        }],
        timeout: Some(1_800_000),
        otherwise: GateElse::Abort,
        checklist: false,
    }))
}

fn check(script: &str) -> NodeKind {
    NodeKind::Check(Box::new(Check {
        task: task(script),
        retry: Retry::Within {
            limit: 300_000,
            every: 10_000,
        },
        otherwise: StepElse::Rollback,
    }))
}

/// A phase with a check, a bracket, a parallel block under one rollback, and a
/// point of no return behind a gate.
fn sample(word: &str) -> Plan {
    let mut b = Build::default();
    b.node("file", open(BlockKind::File, None, None), &[], None);
    let at = Some(Moment(-1_800_000));
    b.node("one", open(BlockKind::Phase, None, at), &[0], Some(0));
    b.node("looks", check(&format!("test {word}")), &[1], Some(1));
    let tag = WayBack::Own(undo("git tag -d x"));
    b.node("tag", step("git tag x", tag), &[2], Some(1));
    let enter = NodeKind::Enter(Box::new(Enter {
        task: task("maintenance on"),
        retry: Retry::Never,
        leave: undo("maintenance off"),
        undo: None,
        touches: Vec::new(),
    }));
    b.node("maintenance", enter, &[3], Some(1));
    let both = open(BlockKind::Parallel, Some(undo("undo both")), None);
    b.node("both", both, &[4], Some(4));
    let block = NodeId(5);
    b.node("left", step("left", WayBack::Block(block)), &[5], Some(5));
    b.node("right", step("right", WayBack::Block(block)), &[5], Some(5));
    b.node(
        "both end",
        NodeKind::Close { open: block },
        &[6, 7],
        Some(4),
    );
    let leave = NodeKind::Leave { enter: NodeId(4) };
    b.node("maintenance end", leave, &[8], Some(1));
    b.node("go", gate(word), &[9], Some(1));
    let sent = WayBack::Irreversible {
        why: word.to_owned(),
        then: "write to all again".to_owned(),
    };
    b.node("send", step("mail", sent), &[10], Some(1));
    let own = WayBack::Own(undo("less"));
    b.node("more", step("more", own), &[11], Some(1));
    b.node(
        "one end",
        NodeKind::Close { open: NodeId(1) },
        &[12],
        Some(0),
    );
    b.node("end", NodeKind::Close { open: NodeId(0) }, &[13], None);
    b.plan(&format!("Release {word}"))
}

fn shown(plan: &Plan) -> String {
    let points = points(plan);
    let ways = ways_back(plan, &points.nodes);
    let ways: BTreeMap<_, _> = points.nodes.into_iter().zip(ways).collect();
    outline(plan, &ways, Emphasis(false))
}

#[test]
fn an_outline_says_what_runs_and_what_undoes_it() {
    let expected = "\
Release word
from release.runbook

phase one, at T-30m
   1  check looks
        $ test word
        at most 1m, tried every 10s until it passes, 5m in all
   2  step tag
        $ git tag x
        at most 1m
        undo  $ git tag -d x
        way back from here: 1. tag  (at most 1m)
   3  with maintenance
        $ maintenance on
        at most 1m
        left on every path  $ maintenance off
        way back from here: 1. leave maintenance  2. tag  (at most 2m)
        parallel both, all at the same time
          undo of all of it  $ undo both
       4  step left
            $ left
            at most 1m
            undone with both
            way back from here: 1. all of both  2. leave maintenance  3. tag  (at most 3m)
       5  step right
            $ right
            at most 1m
            undone with both
            way back from here: 1. all of both  2. leave maintenance  3. tag  (at most 3m)
   6  leave maintenance
        $ maintenance off
        way back from here: 1. all of both  2. leave maintenance  3. tag  (at most 3m)
   7  gate go
        [ ] word
        within 30m, else the run is aborted
   8  step send
        $ mail
        at most 1m
        POINT OF NO RETURN: word
        then write to all again
        way back from here: 1. finish send  (at most 1m)
   9  step more
        $ more
        at most 1m
        undo  $ less
        way back from here: 1. more  (at most 1m)  (no further: send is a point of no return)
";
    assert_eq!(shown(&sample("word")), expected);
}

#[test]
fn a_long_way_back_refers_to_the_point_before() {
    let mut b = Build::default();
    b.node("file", open(BlockKind::File, None, None), &[], None);
    for at in 0..9 {
        let way_back = WayBack::Own(undo("undo"));
        b.node(&format!("s{at}"), step("do", way_back), &[at], Some(0));
    }
    let text = shown(&b.plan("Long"));
    assert!(
        text.contains("here: 1. s5  2. s4  3. s3  4. s2  5. s1  6. s0  (at most 6m)\n"),
        "{text}"
    );
    assert!(
        text.contains("here: 1. s8  then as from 8  (at most 9m)\n"),
        "{text}"
    );
}

#[test]
fn with_many_steps_the_way_back_stands_at_the_end_of_each_phase() {
    let mut b = Build::default();
    b.node("file", open(BlockKind::File, None, None), &[], None);
    b.node("one", open(BlockKind::Phase, None, None), &[0], Some(0));
    for at in 0..300 {
        let way_back = WayBack::Own(undo("undo"));
        b.node(&format!("s{at}"), step("do", way_back), &[at + 1], Some(1));
    }
    let points = points(&b.plan("Long"));
    assert!(!points.all);
    assert_eq!(points.nodes, [NodeId(301)]);
}

/// What a hostile author would put into a name or text.
const HOSTILE: &[&str] = &[
    "\"]; evil [label=\"x",
    "\\",
    "\\\"",
    "ends with \\",
    "a\nb\r\nend\n",
    "%%{init: {\"theme\": \"dark\"}}%%",
    "<script>alert(1)</script> &amp; &#34; #quot; #35;",
    "`**bold**` $$x^2$$ fa:fa-ban",
    "style a:#b; classDef c:#d;",
    "--- title: x\n---",
    "} end subgraph {",
    "\u{1b}[31m\u{202e}\0",
    "日本語 🚀",
    "\u{fffe}\u{ffff}",
    "kill $$ $$",
    "1. one",
    "    four blanks",
    " - a dash",
    "ends with #",
    "``two backticks",
];

/// A text with everything between double quotes taken out, where `\"` does not
/// end a quotation.
fn structure(text: &str, escapes: bool) -> String {
    let mut out = String::new();
    let mut quoted = false;
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' if quoted && escapes => {
                chars.next();
            }
            '"' => {
                quoted = !quoted;
                out.push('"');
            }
            _ if quoted => assert!(!c.is_control(), "{c:?} in a quotation"),
            _ => out.push(c),
        }
    }
    assert!(!quoted, "a quotation is not closed");
    out
}

#[test]
fn no_text_changes_what_a_drawing_consists_of() {
    let plain = sample("word");
    for word in HOSTILE {
        let hostile = sample(word);
        assert_eq!(
            structure(&dot(&hostile), true),
            structure(&dot(&plain), true),
            "{word}"
        );
        let (head, chart) = mermaid_parts(&hostile);
        let (plain_head, plain_chart) = mermaid_parts(&plain);
        assert_eq!(
            structure(&head, true),
            structure(&plain_head, true),
            "{word}"
        );
        assert_eq!(
            structure(&chart, false),
            structure(&plain_chart, false),
            "{word}"
        );
    }
}

/// The YAML above a flowchart, and the flowchart.
fn mermaid_parts(plan: &Plan) -> (String, String) {
    let text = mermaid(plan);
    let (head, chart) = text.split_once("\nflowchart TB\n").expect("a chart");
    (head.to_owned(), chart.to_owned())
}

#[test]
fn labels_of_a_flowchart_hold_no_markup() {
    for word in HOSTILE {
        let (_head, chart) = mermaid_parts(&sample(word));
        for label in chart.split('"').skip(1).step_by(2) {
            let bare = label.replace("<br>", " ");
            let markup = |c: char| "\"<>&`$*_{}[]()|\\:%~^@".contains(c);
            assert!(!bare.contains(markup), "{bare}");
            for entity in bare.split('#').skip(1) {
                let (digits, _) = entity.split_once(';').expect("an entity ends");
                assert!(digits.parse::<u32>().is_ok(), "{bare}");
            }
            // Mermaid looks for mathematics once all entities are read.
            assert!(!bare.contains("#36;#36;"), "{bare}");
        }
    }
}

#[test]
fn a_drawing_is_none_that_those_who_draw_refuse() {
    let long = sample(&"long ".repeat(10_000));
    let label = |text: String| text.split('"').map(str::len).max();
    assert!(label(dot(&long)) < Some(16_384));
    assert!(small_mermaid(&sample("word")).is_some());
    let mut large = Build::default();
    for at in 0..1_000 {
        let needs: &[u32] = if at == 0 { &[] } else { &[at - 1] };
        large.node("one", check("true"), needs, None);
    }
    let large = large.plan("large");
    assert_eq!(small_mermaid(&large), None);
    let text = page::markdown::markdown(&large, &Said::default());
    assert!(!text.contains("```mermaid"), "{}", &text[..1_000]);
    assert!(text.contains("`runbook graph` draws it"));
}

#[test]
fn an_outline_is_safe_to_show() {
    for word in HOSTILE {
        let text = shown(&sample(word));
        assert!(
            !text.contains(|c: char| c.is_control() && c != '\n'),
            "{text:?}"
        );
        assert_eq!(
            text.lines().count(),
            shown(&sample("word")).lines().count() + lines_more(word)
        );
    }
}

/// A script of several lines is shown on as many.
fn lines_more(word: &str) -> usize {
    word.trim_end().lines().count().saturating_sub(1)
}

#[test]
fn drawings_show_the_way_back() {
    let drawn = dot(&sample("word"));
    assert!(drawn.contains("n5 -> n4 [style=dashed"), "{drawn}");
    assert!(drawn.contains("n4 -> n3 [style=dashed"), "{drawn}");
    // Nothing leads back over a point of no return.
    assert!(!drawn.contains("n12 -> "), "{drawn}");
    assert!(drawn.contains("POINT OF NO RETURN"), "{drawn}");
    let chart = mermaid(&sample("word"));
    assert!(chart.contains("n5 -. \"then undo\" .-> n4"), "{chart}");
    assert!(chart.contains("n11{{\"POINT OF NO RETURN"), "{chart}");
}

/// The kinds of things that a Markdown reader sees, without their text.
fn markdown_structure(markdown: &str) -> Vec<String> {
    use pulldown_cmark::{Event, Options, Parser};
    let options = Options::ENABLE_TABLES | Options::ENABLE_TASKLISTS;
    Parser::new_ext(markdown, options)
        .filter_map(|event| match event {
            // Where a text is cut into pieces is the reader's business.
            Event::Text(_) | Event::Code(_) | Event::SoftBreak => None,
            other => Some(format!("{other:?}")),
        })
        .collect()
}

#[test]
fn a_page_is_the_same_page_whatever_its_words() {
    let expected = markdown_structure(&page::markdown::markdown(&sample("word"), &Said::default()));
    let ticks = expected
        .iter()
        .filter(|it| it.starts_with("TaskListMarker"));
    assert!(ticks.count() >= 9, "{expected:?}");
    for word in HOSTILE {
        let text = page::markdown::markdown(&sample(word), &Said::default());
        assert_eq!(markdown_structure(&text), expected, "{text}");
        // What stands in backticks is code, and nothing else can be.
        let markup = |text: &str| -> Vec<String> {
            let tags = text.split('<').skip(1);
            let tags = tags.filter_map(|it| it.split('>').next());
            let tags = tags.filter(|it| it.trim_start_matches('/') != "code");
            tags.map(str::to_owned).collect()
        };
        let html = |word| {
            let mut plan = sample(word);
            // The drawing has as many lines as there is text.
            plan.title = word.to_owned();
            let text = page::html::html(&plan, &Said::default());
            let (before, drawn) = text.split_once("<svg").expect("a drawing");
            let (_, after) = drawn.split_once("</svg>").expect("it ends");
            markup(&format!("{before}{after}"))
        };
        assert_eq!(html(word), html("word"));
    }
}

#[test]
fn a_page_says_what_to_do_and_how_to_go_back() {
    let text = page::markdown::markdown(&sample("word"), &Said::default());
    for part in [
        "# Release word\n",
        "- [ ] **2. step tag**\n\n  ```sh\n  git tag x\n  ```\n\n  At most 1m.\n\n  **Undo:**\n\n  ```sh\n  git tag -d x\n  ```\n",
        "  **Way back from here**: leave maintenance, then tag (at most 2m).\n",
        "- [ ] **7. gate go**\n  - [ ] word\n\n  Within 30m, else the run is aborted.\n",
        "**Point of no return**: word. Then: write to all again.\n",
        "## The whole way back\n\nWhat was not begun is left out. From the end of the release:\n\n- [ ] **1. more**\n",
        "No further back than send: word. Then: write to all again.\n",
        "```mermaid\n",
    ] {
        assert!(text.contains(part), "{part}\n---\n{text}");
    }
}

/// A person has no journal in which it would stand.
#[test]
fn a_page_has_a_place_for_what_a_step_gave_and_says_where_secrets_are() {
    let mut plan = sample("word");
    let node = NodeId(3);
    let NodeKind::Step(step) = &mut plan.nodes[node.index()].kind else {
        panic!("it is a step");
    };
    step.task.outputs = vec![Output {
        name: "id".to_owned(),
        from: OutputFrom::Stdout(r"id: (\S+)".to_owned()),
        default: None,
    }];
    let output = ValueSource::Output {
        node,
        name: "id".to_owned(),
        default: None,
    };
    let secret = |from| Secret {
        name: "key".to_owned(),
        from,
    };
    let read = [
        ("tag_id", output),
        ("KEY", ValueSource::Secret("key".to_owned())),
    ];
    step.task.bindings = read
        .map(|(name, value)| Binding {
            name: name.to_owned(),
            value,
        })
        .into();
    for (from, part) in [
        (
            SecretFrom::Env("ITS_KEY".into()),
            "export KEY=\"$ITS_KEY\"\n",
        ),
        (SecretFrom::Env("KEY".into()), "# $KEY: the secret key\n"),
        (
            SecretFrom::File("/its key".into()),
            "export KEY=\"$(cat '/its key')\"\n",
        ),
    ] {
        plan.secrets = vec![secret(from)];
        let text = page::markdown::markdown(&plan, &Said::default());
        assert!(text.contains(part), "{part}\n---\n{text}");
        let place =
            "Note what it gave, for later commands:\n\n  ```sh\n  tag_id=  # the id\n  ```\n";
        assert!(text.contains(place), "{text}");
    }
}

/// Whoever follows a page by hand has to find it.
#[test]
fn a_page_says_where_a_value_stands() {
    let given = |from, default: Option<&str>| {
        let mut plan = sample("word");
        let NodeKind::Step(step) = &mut plan.nodes[3].kind else {
            panic!("it is a step");
        };
        step.task.outputs = vec![Output {
            name: "id".to_owned(),
            from,
            default: default.map(str::to_owned),
        }];
        page::markdown::markdown(&plan, &Said::default())
    };
    for (from, default, part) in [
        (
            OutputFrom::Stdout(r"id: (\S+)".to_owned()),
            None,
            "At most 1m, gives id by what it prints: `id: (\\S+)`.",
        ),
        (
            OutputFrom::Json("$.id".to_owned()),
            Some("none"),
            "gives id by what it prints: `$.id` of the JSON, else `none`.",
        ),
        (
            OutputFrom::File("kept".to_owned()),
            None,
            "gives id by the file `kept`.",
        ),
    ] {
        let text = given(from, default);
        assert!(text.contains(part), "{part}\n---\n{text}");
    }
}
