//! The one table of codes. A code is numbered once and documented beside it.

use std::fmt;

/// How bad a problem is. Errors keep a runbook from running.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    Info,
    Warning,
    Error,
}

impl Severity {
    pub fn word(self) -> &'static str {
        match self {
            Severity::Info => "info",
            Severity::Warning => "warning",
            Severity::Error => "error",
        }
    }
}

/// The stable name of a kind of problem, such as `RB101`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Code(&'static str);

/// What `runbook explain` knows about a code.
#[derive(Debug)]
pub struct CodeEntry {
    pub code: Code,
    pub severity: Severity,
    /// Whether the guarantee rests on it.
    pub guarantee: bool,
    /// Whether it is a matter of taste or of house rules, and is told only where
    /// a project wants it.
    pub policy: bool,
    /// One line: what is wrong.
    pub title: &'static str,
    /// Why it matters and what to do, in Markdown.
    pub explanation: &'static str,
}

impl Code {
    pub fn name(self) -> &'static str {
        self.0
    }

    pub fn entry(self) -> &'static CodeEntry {
        match TABLE.binary_search_by_key(&self.0, |entry| entry.code.0) {
            Ok(at) => &TABLE[at],
            // `Code` has no public constructor: the table holds every one, in order.
            Err(_) => unreachable!("{} is not in the table of codes", self.0),
        }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

macro_rules! codes {
    ($( $name:ident $severity:ident $( $g:ident )? : $title:literal, $explanation:literal; )*) => {
        impl Code {
            $(
                #[doc = $title]
                pub const $name: Code = Code(stringify!($name));
            )*
        }

        static TABLE: &[CodeEntry] = &[
            $( CodeEntry {
                code: Code::$name,
                severity: Severity::$severity,
                guarantee: codes!(@guarantee $( $g )?),
                policy: codes!(@policy $( $g )?),
                title: $title,
                explanation: $explanation,
            } ),*
        ];
    };
    (@guarantee guarantee) => { true };
    (@guarantee policy) => { false };
    (@guarantee) => { false };
    (@policy policy) => { true };
    (@policy guarantee) => { false };
    (@policy) => { false };
}

/// Every code, in order.
pub fn all_codes() -> &'static [CodeEntry] {
    TABLE
}

/// The entry of a code by its name, in any case.
pub fn find_code(name: &str) -> Option<&'static CodeEntry> {
    TABLE
        .iter()
        .find(|entry| entry.code.0.eq_ignore_ascii_case(name))
}

// Syntax is RB90x, names RB92x, types and units RB94x, values and files RB96x.
codes! {
    RB101 Error guarantee: "a step has no way back",
        "Every step that changes something says how it is undone: its own `rollback`, the `rollback` of a block around it, `harmless \"why\"`, or `irreversible \"why\" then \"what next\"`.";
    RB102 Error: "an undo without commands",
        "A `rollback` that runs nothing undoes nothing. Where there is nothing to undo, `harmless \"why\"` says so.";
    RB103 Error guarantee: "a point of no return without a reason or a next step",
        "`irreversible \"why\" then \"what to do next\"`: whoever stands there when the run ends behind it reads both.";
    RB104 Warning: "an undo that fails where there is nothing to undo",
        "A step may be cut off before it has done anything, and its undo runs all the same. So an undo accepts that what it takes away is not there: `kubectl delete --ignore-not-found`, `dropdb --if-exists`, `docker rm -f`, or a look before the act. Found by the words of the commands.";
    RB105 Warning: "an undo that cannot run twice",
        "An undo that is cut off, by a crash or a time limit, is run again from its beginning, and its step may have been cut off anywhere. So its commands must accept whatever they find: `rm -f`, `mkdir -p`, `ln -sfn`, or a look before the act. Found by reading the shell text, which no reader understands whole.";
    RB106 Error guarantee: "an undo needs what its own step would have given",
        "A step that is cut off half-way has given no output, and just then its undo is needed. An undo may use parameters, captures of its step, loop values, and outputs of steps that surely ran before.";
    RB107 Error guarantee: "an undo uses a value that may not be there",
        "When the undo runs, the value must be known on every path: its step comes surely before, is not skipped by a `when` of its own, and does not let the run go on when it fails.";
    RB108 Error guarantee: "an undo needs what a later step destroyed",
        "The undo of a step that changes something needs it to be there. Where a later step destroys it and is called `harmless`, nothing brings it back before that undo runs.";
    RB109 Error guarantee: "a point of no return is not repeatable",
        "A point of no return that is cut off half-way can only be finished forward: it is run again. So its commands must accept whatever an unfinished attempt left, and `repeatable` says that they do.";
    RB110 Warning: "a step may run beside a point of no return",
        "When the point of no return is passed, a step beside it may be done, half done or not begun, and all three must fit what the point says to do next. Most often it can run before or after.";
    RB111 Error guarantee: "a step behind a point of no return has no way back to it",
        "Once a point of no return was started, nothing at or before it is undone, nor is a block around it. What follows it needs an undo that leads back to just behind the point, or must be `repeatable`.";
    RB114 Warning: "nobody is told when a way back fails",
        "The run itself always says what is stuck and how to go on, with exit status 4. Where a runbook sends messages at all, the one that matters most is whom to call when a way back fails: `on stuck { notify … }`.";
    RB115 Warning: "a series of shares is not taken back to its beginning",
        "The undos of a loop run from its last round to its first, so what stays is what the undo of the first round sets. One that sets the share of its own round leaves the first share, and not what was there before. A `rollback` of the loop sets that once. Found by the words of the commands.";
    RB116 Warning: "an undo loses what was written since",
        "Once users write to what a step added, its undo takes away what they wrote. The old version can mostly live with a new column, and a later release takes it away. Found by the words of the commands.";
    RB117 Warning: "an undo that does what its step did",
        "The commands of the undo are those of the step, word for word: mostly a copy in which the new value should have become the old one.";
    RB118 Warning: "a rollback of a step that only looks",
        "A `check` needs no way back. Found by the words of the commands.";
    RB121 Warning policy: "an undo that nobody looks at",
        "`verify $ …` in a rollback says whether it worked.";
    RB122 Error guarantee: "a block's rollback comes too late or too early",
        "The way back is the way there reversed. The rollback of a block undoes all of it at one moment, so a step inside that comes `after` a step outside needs that moment to be before the undo of the other. Where the block does not come after it as a whole, nothing makes sure of that.";
    RB123 Error guarantee: "data is destroyed that nothing saved",
        "No undo brings back what is nowhere. A step that says `destroys X` needs a step surely before it that says `saves X`, or it is a point of no return and says so.";
    RB124 Warning: "an undo is tried again without a pause",
        "What keeps an undo from working does not go away in a second. `retry 5 every 30s backoff 2` gives it time.";
    RB125 Error guarantee: "a point of no return without a gate before it",
        "What cannot be undone is decided on beforehand: by a person (`confirm`, `approve`), by a measurement (`hold`, `until`), by the clock (`window`). The gate must surely come before, and not be skipped where the point is not.";
    RB130 Error: "a state that is begun and not ended on every path",
        "Alerts that are muted again at the end, a flag of a cluster that the last step takes away, a server that is put back into its balancer: all of it is forgotten when something fails in between, and stays. Who ends a state when all goes well ends it when it fails, too: a bracket, `with NAME { enter … leave … }`, does on every path, behind a point of no return as well, where undos are not run. What well-known tools mean to be passing, such as `noout` of Ceph, is ended in any case. Where a state is begun for good, its step is `irreversible` and says so. Found by the words of the commands.";
    RB131 Warning: "one half of a pair",
        "Alerts muted and never unmuted, a node drained and never let back: the half that is forgotten when all went well. A bracket, `with NAME { enter … leave … }`, ends it on every path: success, failure and interruption. Found by the words of the commands.";
    RB132 Error guarantee: "two undos cover one step",
        "The `rollback` of a block undoes all of it at once, so a step inside has none of its own: both would run, one on what the other left.";
    RB133 Warning: "an undo that does not go back to what was before",
        "The undo runs what the step ran, with the values that are new; or it asks what is there now, when the change has been made. What was before is a parameter (`previous`), or a `capture` of the step, taken before its change. Found by the words of the commands.";
    RB134 Error: "a round that cannot be undone alone",
        "`tolerate N` goes on although rounds of a loop failed, and `on breach rollback batch` or `failed` undoes some rounds and leaves the others. So each step of the loop is undone with its round: by its own `rollback`, or that of a block inside the round. A `rollback` of the loop or of a block around it undoes all rounds at once, and a point of no return none. And what begins elsewhere after a step of the loop (`after NAME`) waits for the whole loop: else it would rest on a round that is undone.";
    RB135 Warning: "an undo that may be passed over, and another that rests on it",
        "`best effort` lets the way back go on when an undo fails. An earlier step that changed the same thing is then undone on top of what was left.";
    RB136 Error: "an undo puts the new value in again",
        "The undo of a step is word for word what the step does, with the new value in it, while the old one is at hand under its own name: `$new_user` where `$old_user` was meant, `$version` where it was `$previous`. Mostly a copy of which nothing was changed; it is found out when it is needed.";
    RB137 Warning: "a failed round is left as it is",
        "`else continue` in a loop lets the release go on and succeed, with one item half changed that nothing undoes. `atomic` says that a failed attempt leaves nothing behind; `else rollback` takes all rounds back.";
    RB138 Warning: "every round of a loop may fail",
        "`tolerate N` lets a release go on although some rounds of a loop failed. Where there are no more rounds than that, a release that changed nothing at all has succeeded.";
    RB201 Error: "a value would pass and fail at once",
        "The two bounds of a comparison leave room between them, in which a person decides; they never overlap: `error_rate < 0.1% fail > 1%`.";
    RB203 Error: "a comparison can never pass",
        "Percentages, durations, amounts of bytes and rates are never below zero, so a comparison that wants it keeps its gate shut, or its watch silent, for ever.";
    RB204 Error: "a comparison always passes",
        "A gate that opens whatever is measured is no gate, and a watch that always fires lets no release through.";
    RB207 Warning: "a hold of less than two samples",
        "What holds for one look says little about the minutes after it: a hold lasts at least twice as long as the time between two samples.";
    RB208 Error: "a gate closes before it can open",
        "Where `timeout` is shorter than what must hold, or than the wait, the gate never opens.";
    RB209 Warning: "a query that misses what happens between two looks",
        "A range shorter than the time between two samples leaves gaps: `rate(x[1m])` looked at every 5 minutes sees a fifth of them. A range of less than 30 seconds may hold fewer than two samples, and then gives nothing.";
    RB210 Error: "a query that Prometheus cannot read",
        "A bracket, a quotation mark or a part of an operator is missing.";
    RB212 Warning: "a comparison inside a query empties its answer",
        "`errors > 5` gives nothing where it is not so: no data instead of a number. The comparison belongs to the gate; inside a query, `bool` gives 0 or 1.";
    RB213 Warning: "a counter is compared as if it were a measurement",
        "What is called `…_total` grows for ever, and begins anew when its process does. `rate(x_total[5m])` says how fast. Found by the name.";
    RB215 Warning: "a later gate asks less",
        "With more traffic on the new version the same mistake hurts more users, so a gate behind a further step should ask at least what the one before it asked.";
    RB216 Warning policy: "nobody looks after the last change",
        "The runbook measures, and nothing is measured behind its last change, so a release that broke with it counts as a success. A `check` or a gate that holds for a while can still take it back.";
    RB217 Warning policy: "a person is waited for without end",
        "A gate without `timeout` waits for ever for a person, and holds the lock meanwhile.";
    RB218 Warning policy: "silence counts as yes",
        "With `else continue` a gate for people lets the release go on when nobody answers.";
    RB220 Warning: "a measured number is compared for being equal",
        "What is measured is hardly ever exactly a number. Compare with `<` and `>`, or `within 5% of …`.";
    RB221 Warning: "what should only look changes something",
        "Checks, captures, probes and metrics have no way back, run again when a run is resumed, and run in `runbook checks`. Found by the words of the commands.";
    RB222 Warning policy: "whoever starts the release may approve it",
        "`or starter` lets one person do both.";
    RB223 Warning: "two gates in a row ask differently",
        "With nothing changed between them, two gates compare the same metric with different bounds: one of them is idle.";
    RB226 Error: "which way is worse is not known",
        "`not worse than baseline` needs to know whether more or less of a metric is worse. More of a duration is worse; for other metrics `fail > …` or `fail < …` says it.";
    RB301 Error: "a command uses a variable that nothing sets",
        "Commands see parameters, captures, outputs (as `$step_output`), loop variables and secrets under their own names. A variable that is none of these, that the command does not set itself and that no `env NAME` declares would be empty, or stop the command, in the middle of a release.";
    RB302 Error guarantee: "a value is used before it is known",
        "A capture or output is known when its step has run; what uses it must surely come after that.";
    RB303 Error guarantee: "a value may be missing where it is used",
        "The step that gives the value may be skipped by a `when` or be passed over by `else continue`. Give both the same `when`, or the output a default.";
    RB304 Warning: "nothing uses it",
        "A parameter, secret, capture or output that nothing uses is left over, or something should use it.";
    RB305 Error: "two values have one name for commands",
        "An output `id` of step `backup` is `$backup_id` to commands, so it cannot stand beside a parameter `backup_id`.";
    RB306 Error: "a parameter's value is of the wrong type",
        "Parameters are checked and converted before anything runs.";
    RB307 Error: "a value is not quoted",
        "The shell splits an unquoted value at its spaces and expands `*` in it, so a value can become other words than the author meant. Write `\"$name\"`.";
    RB308 Warning: "a value that is not filled in",
        "In commands a value is `\"$name\"`, and between single quotes the shell takes that as it stands. In texts it is `{name}`. One written as in the other, or as in `{{ name }}` of template languages, stays in the text as it is.";
    RB309 Warning: "a command reads an environment variable that is not declared",
        "What a release depends on should be written down: `env NAME` at the top says that commands read it from outside.";
    RB310 Error guarantee: "a secret would be shown",
        "Secrets reach only the commands, headers and bodies that name them, never a message, a title or a record.";
    RB311 Warning: "parallel branches write to one file",
        "What the file holds in the end depends on which of them came last. Found by the redirections of the commands.";
    RB312 Warning: "a value whose failure is hidden",
        "In `sh` the status of a pipe is that of its last command. A value that is read from it is empty where an earlier one failed, and an undo may use it. Found by reading the shell text.";
    RB313 Warning: "a condition that is always the same",
        "A `when` that nothing can change is left over, or compares the wrong things.";
    RB314 Warning: "a statement that never runs",
        "Its `when` contradicts one around it.";
    RB401 Error guarantee: "statements wait for one another",
        "Each of them must be done before another that must be done before it, so none could ever start. The message shows the way round.";
    RB402 Error guarantee: "parallel branches change one resource",
        "Where two steps change one thing at the same time, what each leaves behind depends on the other, and neither undo can be trusted. Decided by what they say they `touches`.";
    RB403 Warning: "a check beside a step that changes what it looks at",
        "What it sees depends on how far the step is. Found by the name of what the step `touches` among the words of the check.";
    RB406 Warning: "two runbooks change one thing, and no lock keeps them apart",
        "A release and a repair that change one database at the same time undo each other's work. Runs that have a `lock` of the same name wait for one another. Seen among the runbooks of one folder that are given to one `check`, by the names behind `touches` and `destroys`; locks that may come to one name, as `\"shop/{environment}\"`, count as one.";
    RB407 Warning: "parallel branches use a tool that takes one at a time",
        "Terraform locks its state, apt and dnf their database, Helm a release: the second one fails, or waits. Found by the words of the commands.";
    RB408 Info: "a place in the order is implied already",
        "What comes after `b`, which comes after `a`, need not say that it comes after `a`.";
    RB409 Warning: "a file is used that another step makes, not surely before",
        "Found by the redirections of the commands.";
    RB501 Warning: "a changing step without a time limit",
        "What hangs does not fail, so without `timeout` no way back begins until a person interrupts the run. It is a warning because only its author knows how long a step may take, and a limit that is too short ends a step that was well; an undo without one has five minutes.";
    RB502 Warning: "the worst case is longer than the window",
        "If every step behind the gate takes as long as it may, the release ends when its window is closed.";
    RB503 Warning: "no time for the way back within the window",
        "The release itself fits into its window; if it fails at the end, its way back does not.";
    RB504 Warning: "a check may last longer than its gate",
        "A gate's `timeout` ends everything in it, so a check with a longer `within` is cut off while it may still pass.";
    RB505 Error guarantee: "a changing step is retried that may not be repeated",
        "An attempt that failed may have done half of its work, or all of it. What is tried again must accept that (`repeatable`), or leave nothing behind when it fails (`atomic`).";
    RB506 Error: "an amount makes no sense here",
        "Durations, counts and limits are positive and have a unit where they measure something.";
    RB507 Warning policy: "many attempts with the same pause",
        "`backoff 2` gives what is overloaded time to recover.";
    RB508 Warning: "a window begins or ends at a time that some days do not have",
        "When the clocks change, an hour is missing or there twice. A window that begins or ends in it does so an hour early or late.";
    RB511 Warning: "a fixed sleep",
        "A sleep is too long where all is well and too short where it is not. A `check` with `within 5m every 5s` goes on as soon as it can, and fails if it cannot. Found by the words of the commands.";
    RB601 Error: "a credential stands in the text",
        "Whoever can read the file has it, and so has everybody who gets a copy of its history. Found by the shape of the tokens of well-known services.";
    RB602 Error: "a secret stands among a command's arguments",
        "Every user of a machine can read the arguments of its processes. Give the secret through the environment, standard input or a file.";
    RB603 Warning: "a secret is printed",
        "Its known forms are masked in what a run shows and records, a part or another form of it is not. Found by reading the shell text.";
    RB604 Warning: "a download is run as it comes in",
        "`curl … | sh` runs whatever is there today, and half of it where the connection breaks. Found by the words of the commands.";
    RB605 Warning: "nobody looks who is at the other end",
        "Without its certificate or key, a server is whoever answers. Found by the words of the commands.";
    RB606 Warning: "an image whose tag moves",
        "`latest` is another image tomorrow, and an undo cannot go back to what it was. Found by the words of the commands.";
    RB607 Error: "a secret is sent in the clear",
        "What goes over `http://` can be read on the way. To a server on the same machine it may.";
    RB608 Warning: "a file is open to everybody",
        "A name under `/tmp` that everybody can guess may be a link that somebody put there; what everybody may write is not one's own. Found by the words of the commands.";
    RB609 Warning: "`sudo` may ask for a password",
        "Commands of a run have no terminal. `sudo -n` fails at once. Found by the words of the commands.";
    RB610 Warning policy: "production is changed without an approval",
        "Found by the parameters that can be `production`, `prod` or `live`.";
    RB613 Warning: "what looks like a password stands in a command",
        "Whoever can read the file has it. `secret NAME from env \"NAME\"` asks for it when the run starts. Found by the names of variables and options.";
    RB702 Error: "the shell cannot read this",
        "The text is not a script of the shell it is written for.";
    RB703 Warning: "a pipe hides a failure",
        "In `sh` the status of a pipe is that of its last command: `pg_dump shop | gzip > shop.gz` succeeds when `pg_dump` fails. `shell bash` looks at all of them. Found by reading the shell text.";
    RB704 Warning: "a failure is swallowed",
        "A step that cannot fail starts no way back. Found by reading the shell text.";
    RB705 Warning: "a command goes on in the background",
        "What a step leaves running is neither seen to fail nor ended before an undo begins. Found by reading the shell text.";
    RB707 Warning: "`rm -r` of a path that may begin with nothing",
        "`rm -rf \"$directory/…\"` with an empty variable removes from the root. `${directory:?}` ends the command instead.";
    RB708 Warning policy: "a command acts where its user happens to be",
        "Cluster, region or project come from the settings of whoever runs it, and are another one on another machine. Found by the words of the commands.";
    RB709 Warning: "a command returns before its work is done",
        "What follows then runs too early, and an undo runs beside work that goes on. Found by the words of the commands.";
    RB710 Warning: "a step destroys data and does not say so",
        "With `destroys NAME` nobody can forget to save it first; with `irreversible` nobody can forget to ask. Found by the words of the commands.";
    RB711 Warning: "a command reads an empty input",
        "Commands of a run have no terminal and nothing to read. Found by the words of the commands.";
    RB712 Warning: "a command asks a question",
        "Nobody is there to answer: it fails, or takes its own answer. Found by the words of the commands.";
    RB713 Info: "a here-document inside `$( )`",
        "bash 3.2, which macOS has, reads it wrongly where a quotation mark stands in it.";
    RB715 Warning policy: "a program that no `needs` names",
        "What `needs` names is looked for before the first change. Found by the words of the commands.";
    RB716 Warning: "SQL destroys data and the step does not say so",
        "With `destroys NAME` nobody can forget to save it first; with `irreversible` nobody can forget to ask. Found by reading the SQL.";
    RB717 Warning: "a change of a schema keeps others waiting",
        "Building an index or checking every row holds a lock as long as it takes, and every query behind it waits. For PostgreSQL; found by reading the SQL.";
    RB718 Warning: "the schema shrinks while the old version serves",
        "What the old version uses goes when nothing uses it any more: in a release of its own. Found by reading the SQL and the words of later steps.";
    RB719 Warning: "a migration is not taken back to where it began",
        "`upgrade head` may run several migrations, and `downgrade -1` takes one of them back. Found by the words of well-known tools.";
    RB720 Warning: "a failure inside `export x=$(…)` is lost",
        "The status is that of `export`. On a line of its own, the assignment has that of the command inside. Found by reading the shell text.";
    RB802 Warning policy: "a step without a title",
        "A title says what a step is for, to people who see it in a report.";
    RB803 Warning policy: "a phase without a title",
        "A title says what a phase is for, to people who see it in a report.";
    RB804 Info: "a long script",
        "More than 40 lines are easier to read and to try in a file of their own.";
    RB808 Info: "a bound is repeated",
        "A bound that stands in several places is changed in some of them. `thresholds NAME { … }` gives it a name.";
    RB809 Warning: "a warning is allowed without a reason",
        "`# allow(RB105): why` lets a warning stand that somebody has looked at. Whoever reads it later wants to know why.";
    RB810 Warning: "an unknown problem is allowed",
        "`# allow(CODE): why` names a problem of this page. One that does not exist allows nothing.";
    RB811 Warning: "what is allowed is not there",
        "An `allow` counts for its own line, or where it stands alone for the next line of the runbook. Where that has no such problem the comment is left over, and would hide the next one.";
    RB812 Warning: "an error cannot be allowed",
        "Errors keep a release from running, and no comment changes that. Where a step is safe although `check` cannot see it, the language has words for that: `harmless`, `irreversible`, `repeatable`.";
    RB900 Error: "the text is not understood",
        "The parser expected something else at this place. The message names what could stand here.";
    RB901 Error: "a block or text is not closed",
        "A `{`, `[`, `(` or a quotation mark has no partner.";
    RB902 Error: "a limit of the language is passed",
        "Files are at most 16 MiB, strings at most 1 MiB and blocks nest at most 64 deep, so that no input can exhaust the machine.";
    RB920 Error: "an unknown name",
        "Nothing of this name is declared where it is used.";
    RB921 Error: "a name is declared twice",
        "Names of statements and declarations are unique in a file, so that a message, a journal or an approval can mean only one of them.";
    RB922 Error: "a module is not found",
        "`use std.http` names a module that comes with the program, `use \"./common.runbook\"` a file in the folder of the runbook. No path leads out of that folder, and nothing is fetched from a network.";
    RB923 Error: "modules or templates use one another in a circle",
        "What is used is written out before anything runs, so nothing may use itself, directly or through others.";
    RB924 Error: "an argument is missing, unknown or doubled",
        "A template is called with its parameters by name, `http.ok(url: \"…\")`, those without a name first and in their order. Each is given once, and those without a default must be.";
    RB940 Error: "types or units do not fit",
        "Quantities of different kinds cannot be compared, added or assigned: a duration is not a percentage.";
    RB941 Error: "an attribute is missing, doubled or cannot stand here",
        "Each construct takes certain attributes, most of them once. The message names what is wrong.";
    RB942 Error: "a value is not known when the run starts",
        "What decides which steps there are and in which order (`when`, lists, durations, moments) uses parameters and loop variables only, so that the whole release is known before it begins.";
    RB960 Error: "a parameter has no value",
        "A parameter without a default must be given with `--set name=value` or in a `--params` file.";
    RB961 Error: "a parameter is unknown",
        "The runbook declares no parameter of this name.";
    RB963 Error: "a file that is no runbook",
        "A runbook has a line `runbook \"title\"`. A file without one only declares things, and cannot run.";
    RB964 Error: "a test fails",
        "The run of a `test` block was simulated, and did not go as the block expects. The message says what happened instead.";
    RB965 Error: "a file cannot be read",
        "It does not exist, is a directory, or may not be read.";
    RB966 Error: "a file is no text",
        "Runbooks are UTF-8 text; a zero byte in a file says that it is something else.";
    RB967 Error: "a target cannot do it",
        "What `runbook export` writes does the same as `runbook exec`, or is not written. The message names the statement that the target has no means for.";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique_and_in_order() {
        let names: Vec<&str> = TABLE.iter().map(|entry| entry.code.name()).collect();
        let mut sorted = names.clone();
        sorted.sort_unstable();
        sorted.dedup();
        assert_eq!(names, sorted);
    }
}
