//! Writes a sketch down.

use std::collections::BTreeSet;
use std::fmt;
use std::fmt::Write as _;

use proptest::sample::Index;

use super::{
    Block, BlockKind, Breach, Check, Condition, Ending, Gate, Head, Item, Loop, Otherwise, Output,
    Rounds, Sketch, Step, Touch, Touching, Undo, Use, WayBack, When,
};

/// The only parameter.
pub const FLAG: &str = "flag";

impl fmt::Display for Sketch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.written(false))
    }
}

impl Sketch {
    /// With commands that are given the items of the rounds they are in.
    pub fn with_rounds(&self) -> String {
        self.written(true)
    }

    fn written(&self, tells_rounds: bool) -> String {
        let mut named = Writer::default();
        named.sketch(self);
        // What may be used anywhere is known after all was written once.
        let mut writer = Writer {
            everywhere: named.values,
            has_hosts: named.text.contains(" in hosts.web"),
            tells_rounds,
            ..Writer::default()
        };
        writer.sketch(self);
        writer.text
    }
}

#[derive(Default)]
struct Writer {
    text: String,
    depth: usize,
    count: u32,
    /// Names of statements so far.
    statements: Vec<String>,
    /// Variables of commands so far: `s1_id`.
    values: Vec<String>,
    /// And those of the whole text.
    everywhere: Vec<String>,
    /// Phases of the file, to be watched.
    phases: Vec<String>,
    /// The variable of the innermost loop over machines.
    host: Option<String>,
    has_hosts: bool,
    /// The variables of the loops around.
    rounds: Vec<String>,
    tells_rounds: bool,
}

impl Writer {
    fn line(&mut self, line: impl fmt::Display) {
        let _ = writeln!(self.text, "{:1$}{line}", "", self.depth * 2);
    }

    fn open(&mut self, line: impl fmt::Display) {
        self.line(format_args!("{line} {{"));
        self.depth += 1;
    }

    fn close(&mut self) {
        self.depth -= 1;
        self.line("}");
    }

    /// The command for a part of what is called so: of its round, where those are
    /// to be told apart.
    fn act(&self, part: &str, name: &str) -> String {
        if self.rounds.is_empty() || !self.tells_rounds {
            return format!("./act {part} {name}");
        }
        let items: Vec<String> = self.rounds.iter().map(|it| format!(".${it}")).collect();
        format!("./act {part} \"{name}{}\"", items.concat())
    }

    fn name(&mut self, letter: char) -> String {
        self.count += 1;
        format!("{letter}{}", self.count)
    }

    fn sketch(&mut self, sketch: &Sketch) {
        self.line("runbook \"Case\"");
        self.line(format_args!("param {FLAG}: bool = true"));
        self.line("role crew = [\"ada\", \"grace\", \"linus\"]");
        self.line("metric errors: percent = $ ./act measure errors");
        self.line("channel ops = $ ./act tell ops \"$message\"");
        if self.has_hosts {
            self.line("hosts web = [\"web1\", \"web2\", \"web3\"]");
        }
        self.line("message told to ops \"{run.outcome}\"");
        self.line("defaults { timeout 1m }");
        self.items(&sketch.body, true);
        if let Some(undo) = &sketch.rollback {
            self.undo(undo, "release", None);
        }
        if sketch.watched && !self.phases.is_empty() {
            let phases = self.phases.join(", ");
            self.open(format_args!("watch eye during {phases} every 30s"));
            self.line("rollback when errors > 5% for 1m");
            self.line("ask when errors > 3% for 1m");
            self.close();
        }
        let mut written = BTreeSet::new();
        for ending in &sketch.endings {
            self.ending(*ending, &mut written);
        }
    }

    fn ending(&mut self, ending: Ending, written: &mut BTreeSet<&'static str>) {
        let on = match ending {
            Ending::Success => "on success",
            Ending::Rollback => "on rollback",
            Ending::Stuck => "on stuck",
            Ending::Failure => "on failure",
            Ending::Always => "always",
        };
        if written.insert(on) {
            let name = self.name('e');
            self.open(on);
            self.line(format_args!("check {name} $ ./act look {name}"));
            self.line("notify told");
            self.close();
        }
    }

    fn items(&mut self, items: &[Item], at_top: bool) {
        for item in items {
            match item {
                Item::Step(step) => self.step(step),
                Item::Check(check) => self.check(check),
                Item::Gate(gate) => self.gate(gate),
                Item::Checklist => {
                    let name = self.name('l');
                    self.open(format_args!("checklist {name}"));
                    self.line("confirm \"Ready?\"");
                    let look = self.act("look", &name);
                    self.line(format_args!("check \"Quiet\" $ {look}"));
                    self.close();
                    self.statements.push(name);
                }
                Item::Notify => self.line("notify told"),
                Item::Block(block) => self.block(block, at_top),
            }
        }
    }

    fn head(&self, head: &Head) -> String {
        let mut text = String::new();
        if let Some(after) = &head.after
            && let Some(name) = pick(after, &self.statements)
        {
            let _ = write!(text, " after {name}");
        }
        match head.when {
            When::Always => {}
            When::Flag => {
                let _ = write!(text, " when {FLAG}");
            }
            When::NotFlag => {
                let _ = write!(text, " when not {FLAG}");
            }
        }
        text
    }

    /// ` "$s1_id"`, should there be a value to use.
    fn using(&self, uses: Option<&Use>) -> String {
        let value = uses.and_then(|uses| {
            let among = if uses.anywhere {
                &self.everywhere
            } else {
                &self.values
            };
            pick(&uses.which, among)
        });
        value.map_or_else(String::new, |value| format!(" \"${value}\""))
    }

    fn output(&mut self, name: &str, output: Option<Output>) {
        if let Some(Output { default }) = output {
            let default = if default { " default \"none\"" } else { "" };
            self.line(format_args!("output id from stdout `id: (\\S+)`{default}"));
            self.values.push(format!("{name}_id"));
        }
    }

    fn otherwise(&mut self, otherwise: Otherwise) {
        match otherwise {
            Otherwise::Rollback => {}
            Otherwise::Continue => self.line("else continue"),
            Otherwise::Stop => self.line("else stop"),
            Otherwise::Ask => self.line("else ask"),
        }
    }

    fn step(&mut self, step: &Step) {
        let name = self.name('s');
        let head = self.head(&step.head);
        let using = self.using(step.uses.as_ref());
        self.open(format_args!("step {name}{head}"));
        self.on_host();
        if step.capture {
            let note = self.act("note", &name);
            self.line(format_args!("capture {name}_was $ {note}"));
        }
        let act = self.act("do", &name);
        self.line(format_args!("$ {act}{using}"));
        if step.repeatable {
            self.line("repeatable");
        }
        if step.retry {
            self.line("retry 1 every 5s");
        }
        if step.atomic {
            self.line("atomic");
        }
        if step.probe {
            let probe = self.act("probe", &name);
            self.line(format_args!("done when $ {probe}"));
        }
        self.otherwise(step.otherwise);
        self.touches(step.touches);
        let before = self.values.len();
        self.output(&name, step.output);
        let given = self.values.split_off(before);
        match &step.way_back {
            WayBack::Unsaid => {}
            WayBack::Own(undo) => self.undo(undo, &name, Some(step)),
            WayBack::Harmless => self.line("harmless \"it only adds\""),
            WayBack::Irreversible => self.line("irreversible \"it is gone\" then \"go on\""),
        }
        self.values.extend(given);
        self.close();
        self.statements.push(name);
    }

    fn on_host(&mut self) {
        if let Some(host) = self.host.clone() {
            self.line(format_args!("on {host}"));
        }
    }

    fn touches(&mut self, touches: Option<Touch>) {
        if let Some(Touch { how, thing }) = touches {
            let how = match how {
                Touching::Touches => "touches",
                Touching::Destroys => "destroys",
                Touching::Saves => "saves",
            };
            self.line(format_args!("{how} thing_{thing}"));
        }
    }

    fn undo(&mut self, undo: &Undo, name: &str, of: Option<&Step>) {
        let mut using = self.using(undo.uses.as_ref());
        if let Some(step) = of {
            if undo.uses_own_capture && step.capture {
                let _ = write!(using, " \"${name}_was\"");
            }
            if undo.uses_own_output && step.output.is_some() {
                let _ = write!(using, " \"${name}_id\"");
            }
        }
        let effort = if undo.best_effort { " best effort" } else { "" };
        self.open(format_args!("rollback{effort}"));
        let act = self.act("undo", name);
        self.line(format_args!("$ {act}{using}"));
        if undo.retry {
            self.line("retry 1 every 5s");
        }
        if undo.verify {
            let verify = self.act("verify", name);
            self.line(format_args!("verify $ {verify}"));
        }
        self.depth -= 1;
        if undo.alternative {
            self.line("} else \"by hand\" {");
            self.line(format_args!("  $ {}", self.act("undo", name)));
        }
        self.line("}");
    }

    fn check(&mut self, check: &Check) {
        let name = self.name('c');
        let head = self.head(&check.head);
        let using = self.using(check.uses.as_ref());
        self.open(format_args!("check {name}{head}"));
        self.on_host();
        let act = self.act("look", &name);
        self.line(format_args!("$ {act}{using}"));
        if check.within {
            self.line("within 1m every 10s");
        }
        self.output(&name, check.output);
        self.otherwise(check.otherwise);
        self.close();
        self.statements.push(name);
    }

    fn gate(&mut self, gate: &Gate) {
        let name = self.name('g');
        let head = self.head(&gate.head);
        self.open(format_args!("gate {name}{head}"));
        for condition in &gate.conditions {
            match condition {
                Condition::Approve => self.line("approve by crew count 2"),
                Condition::Confirm => self.line("confirm \"Sure?\""),
                Condition::Hold => self.line("hold errors < 1% for 1m every 30s tolerate 1"),
                Condition::Until => self.line("until errors < 1% within 1m every 30s"),
                Condition::Check => {
                    let look = self.act("look", &name);
                    self.line(format_args!("check \"Well\" $ {look}"));
                }
                Condition::Wait => self.line("wait 20s"),
            }
        }
        self.line("timeout 10m");
        match gate.otherwise {
            Otherwise::Rollback => self.line("else rollback"),
            Otherwise::Continue => self.line("else continue"),
            Otherwise::Stop => self.line("else abort"),
            Otherwise::Ask => self.line("else ask"),
        }
        self.close();
        self.statements.push(name);
    }

    fn block(&mut self, block: &Block, at_top: bool) {
        let head = self.head(&block.head);
        let name = match block.kind {
            BlockKind::Phase => {
                let name = self.name('p');
                self.open(format_args!("phase {name}{head}"));
                if at_top {
                    self.phases.push(name.clone());
                }
                name
            }
            BlockKind::Parallel => {
                let name = self.name('b');
                self.open(format_args!("parallel {name}{head}"));
                name
            }
            BlockKind::With => {
                let name = self.name('w');
                self.open(format_args!("with {name}{head}"));
                self.enter(&name, block.touches);
                let undo = self.act("undo", &name);
                self.line(format_args!("leave $ {undo}"));
                name
            }
            BlockKind::For(Loop { rounds, on_hosts }) => {
                let variable = self.name('x');
                let rounds = rounds.map(rounds_text).unwrap_or_default();
                let items = match (on_hosts, rounds.is_empty()) {
                    (true, _) => "hosts.web",
                    (false, true) => "[1, 2]",
                    (false, false) => "[1, 2, 3]",
                };
                self.open(format_args!("for {variable} in {items}{rounds}{head}"));
                variable
            }
        };
        let before = self.values.len();
        let around = self.host.clone();
        if let BlockKind::For(Loop { on_hosts: true, .. }) = block.kind {
            self.host = Some(name.clone());
        }
        let is_loop = matches!(block.kind, BlockKind::For(_));
        self.rounds.extend(is_loop.then(|| name.clone()));
        self.items(&block.body, false);
        self.host = around;
        if is_loop {
            self.rounds.pop();
        }
        if let Some(undo) = &block.rollback {
            let inside = self.values.split_off(before);
            self.undo(undo, &name, None);
            self.values.extend(inside);
        }
        self.close();
        if !matches!(block.kind, BlockKind::For(_)) {
            self.statements.push(name);
        }
    }
}

impl Writer {
    /// The `enter` of a bracket: in one line where it only runs.
    fn enter(&mut self, name: &str, touches: Option<Touch>) {
        if touches.is_none() && self.host.is_none() {
            self.line(format_args!("enter $ {}", self.act("do", name)));
            return;
        }
        self.open("enter");
        self.on_host();
        self.line(format_args!("$ {}", self.act("do", name)));
        self.touches(touches);
        self.close();
    }
}

fn rounds_text(rounds: Rounds) -> String {
    let mut text = format!(", {} at a time", rounds.at_a_time);
    if rounds.tolerate > 0 {
        text += &format!(", tolerate {}", rounds.tolerate);
    }
    text += match rounds.breach {
        Breach::Unsaid => "",
        Breach::Batch => ", on breach rollback batch",
        Breach::Failed => ", on breach rollback failed",
        Breach::None => ", on breach rollback none",
    };
    text
}

fn pick<'v>(index: &Index, among: &'v [String]) -> Option<&'v String> {
    (!among.is_empty()).then(|| index.get(among))
}
