//! What each keyword is for, in a sentence.

use super::forms::Form;

/// Words that mean something else in another block stand there with a part of
/// their example.
const MEANINGS: &[(&str, &str, &str)] = &[
    (
        "runbook",
        "",
        "The title of the runbook. A file without it is a module.",
    ),
    (
        "param",
        "",
        "A value that is given when a run starts, or asked for.",
    ),
    (
        "secret",
        "",
        "A value that commands get and that is never shown or kept.",
    ),
    ("role", "", "People who may approve."),
    ("hosts", "", "Machines that steps run on."),
    (
        "lock",
        "",
        "Two runs with one lock never run at the same time.",
    ),
    (
        "env",
        "env HOME",
        "A variable of the environment that commands read, or are given.",
    ),
    ("env", "", "A variable that the commands here are given."),
    (
        "window",
        "allow",
        "When something may happen, by the clock.",
    ),
    ("window", "", "Waits until the window is open."),
    ("source", "", "Where metrics are asked for."),
    ("metric", "", "Something that is measured."),
    ("thresholds", "", "What metrics have to be, under one name."),
    ("channel", "", "Where messages go."),
    ("message", "", "A text, and the channels it goes to."),
    (
        "defaults",
        "",
        "Attributes that every step and check of the file starts with.",
    ),
    (
        "watch",
        "",
        "Looks at metrics beside the phases that it names, and turns the run back.",
    ),
    (
        "on",
        "on success",
        "What is done when a run ends in this way: `success`, `rollback`, `stuck`, `failure`.",
    ),
    ("on", "", "The machine that this runs on."),
    (
        "always",
        "",
        "What is done whenever a run ends, in whatever way.",
    ),
    (
        "use",
        "",
        "Takes templates from a module: one that comes with the program, or a file.",
    ),
    (
        "action",
        "",
        "A template that makes a step, its way back included.",
    ),
    (
        "strategy",
        "",
        "A template that makes the statements of a phase.",
    ),
    (
        "bracket",
        "",
        "A template that makes the two ends of a `with`.",
    ),
    (
        "test",
        "",
        "A run written down before it happens, under a virtual clock.",
    ),
    (
        "trouble",
        "",
        "What to look at, and to try, when something went wrong.",
    ),
    (
        "phase",
        "",
        "A part of the release, with statements in their order.",
    ),
    (
        "step",
        "",
        "Changes something, and says how that is undone.",
    ),
    (
        "check",
        "what it looks at",
        "A condition: the command has to succeed.",
    ),
    (
        "check",
        "",
        "Only looks; what follows runs only if it passes.",
    ),
    (
        "gate",
        "",
        "Waits for a decision: a person's, a clock's or a metric's.",
    ),
    (
        "checklist",
        "",
        "Things to confirm or to check, one by one.",
    ),
    (
        "with",
        "",
        "A bracket: what `enter` did, `leave` ends on every path.",
    ),
    ("parallel", "", "Starts all its statements together."),
    (
        "for",
        "",
        "Repeats its block for each item of a list, or for hosts in batches.",
    ),
    (
        "notify",
        "",
        "Sends messages. One that fails never fails the run.",
    ),
    (
        "postmortem",
        "",
        "Writes what happened to a file. Only in `on …`.",
    ),
    (
        "rollback",
        "when broken",
        "Turns the run back when a condition holds, or when a person asks.",
    ),
    (
        "rollback",
        "",
        "How this is undone. It must accept a half-done change, and may run twice.",
    ),
    ("enter", "", "What begins the bracket."),
    (
        "leave",
        "",
        "What ends the bracket, whatever happened inside.",
    ),
    ("timeout", "timeout 5s", "How long the request may take."),
    (
        "timeout",
        "timeout 30m",
        "How long the answer may take; then `else` decides.",
    ),
    (
        "timeout",
        "",
        "How long this may take; then it is ended and has failed.",
    ),
    ("within", "", "Tries again until it passes, for so long."),
    (
        "retry",
        "",
        "How often it is tried again after a failure. A step has to be `repeatable`.",
    ),
    ("expect", "status", "The statuses that count as success."),
    (
        "expect",
        "rolled_back",
        "What has to be true when the run of the test is over.",
    ),
    (
        "expect",
        "",
        "What counts as success: exit statuses, or what is printed.",
    ),
    (
        "output",
        "",
        "A value found in what the step prints: `$step_name` for commands.",
    ),
    (
        "capture",
        "",
        "A value read before the change, for the way back.",
    ),
    ("dir", "", "The directory that the commands run in."),
    ("shell", "", "`sh`, or `bash`."),
    (
        "touches",
        "",
        "What this changes, by a name; two that change it never run together.",
    ),
    (
        "destroys",
        "",
        "What this takes away for good: something has to have saved it before.",
    ),
    ("saves", "", "What this makes a copy of."),
    (
        "needs",
        "",
        "Programs that have to be there before anything starts.",
    ),
    (
        "done",
        "",
        "Exits 0 if the change is in place already: then the step is skipped.",
    ),
    ("harmless", "", "Why nothing has to be undone."),
    (
        "irreversible",
        "",
        "A point of no return: why, and what to do should the run end behind it.",
    ),
    ("verify", "", "Shows that the way back has worked."),
    ("best", "", "The way back goes on if this part of it fails."),
    (
        "repeatable",
        "",
        "It may run again, whatever an unfinished attempt has left.",
    ),
    ("atomic", "", "A failed attempt leaves nothing behind."),
    (
        "else",
        "else abort",
        "What happens when the gate stays shut: `abort`, `rollback`, `continue`, `ask`.",
    ),
    (
        "else",
        "",
        "What a failure does: `rollback`, `continue`, `stop`, `ask`.",
    ),
    ("http", "", "A request in place of commands."),
    ("approve", "", "So many people of a role have to agree."),
    ("confirm", "", "Somebody has to confirm this."),
    ("wait", "", "Waits for so long."),
    ("hold", "", "The condition has to stay true for so long."),
    (
        "until",
        "",
        "Waits until the condition is true, for so long at most.",
    ),
    (
        "rehearsed",
        "",
        "This very text has succeeded there, its way back included.",
    ),
    ("allow", "", "Days and hours at which it may happen."),
    ("deny", "", "Days and hours at which it may not."),
    ("ask", "", "Asks a person when a condition holds."),
    ("header", "", "A header of the request."),
    ("body", "", "What is sent."),
    ("user", "", "Who logs in there."),
    ("port", "", "The port of the SSH server."),
    ("identity", "", "The file with the key."),
    ("options", "", "Options for `ssh`, as after `-o`."),
    ("set", "", "The values of parameters in this test."),
    (
        "given",
        "",
        "What happens in this test: failures, measurements, answers.",
    ),
    ("symptom", "", "What people see."),
    ("matches", "", "The failures that this is about."),
    ("diagnose", "", "Commands that only look."),
    ("try", "", "What may help."),
];

impl Form {
    /// What it is for.
    pub fn meaning(&self) -> &'static str {
        let found = MEANINGS.iter().find(|(word, part, _)| {
            *word == self.word && (part.is_empty() || self.example.contains(part))
        });
        found.map_or("", |(_, _, meaning)| meaning)
    }

    /// The same with how it is written, in Markdown.
    pub fn documentation(&self) -> String {
        format!("{}\n\n`{}`", self.meaning(), self.example)
    }
}

#[cfg(test)]
mod tests {
    use super::super::Context;

    #[test]
    fn every_keyword_says_what_it_is_for() {
        for context in [
            Context::Item,
            Context::Block,
            Context::Attribute,
            Context::Gate,
            Context::Checklist,
            Context::Condition,
            Context::Window,
            Context::Watch,
            Context::Request,
            Context::Test,
            Context::Trouble,
            Context::Via,
        ] {
            for form in context.forms() {
                assert!(!form.meaning().is_empty(), "{}", form.word);
            }
        }
    }
}
