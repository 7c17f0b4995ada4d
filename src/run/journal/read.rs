//! A journal read back: whole, or with a clear word of what is wrong with it.

use std::sync::Arc;

use crate::machine::Machine;
use crate::machine::event::{Event, Outcome, Stamped};
use crate::plan::Plan;
use crate::run::journal::plan_digest;
use crate::run::journal::{
    FORMAT, FactLine, FirstLine, Header, JournalError, ReplanLine, Replanned, chained,
};
use crate::run::replan::carry_over;
use crate::run::state::RunDirectory;

/// The end of every line, around its hash.
const BEFORE_HASH: &str = ",\"hash\":\"";
const AFTER_HASH: &str = "\"}";

/// All that a journal holds.
#[derive(Debug)]
pub struct Recorded {
    pub header: Header,
    /// When the run was opened, in milliseconds since 1970.
    pub wall: i64,
    pub plan: Arc<Plan>,
    pub facts: Vec<Stamped>,
    /// When each fact was recorded, in milliseconds since 1970.
    pub walls: Vec<i64>,
    /// Each time the run went on with a changed runbook.
    pub replanned: Vec<Replanned>,
    /// What was torn off its end, in words.
    pub repaired: Option<String>,
    /// Of every record, in order.
    hashes: Vec<String>,
    pub(super) hash: String,
    pub(super) next: u64,
    pub(super) length: u64,
}

impl Recorded {
    /// Whether the run was opened. One that was not has done nothing: its
    /// interpreter died before.
    pub fn was_opened(&self) -> bool {
        !self.facts.is_empty()
    }

    /// How many records there are, the first with the plan included.
    pub fn records(&self) -> usize {
        self.hashes.len()
    }

    /// The hash of the last record, in hexadecimal: it stands for all of them.
    pub fn last_hash(&self) -> &str {
        &self.hash
    }

    /// Whether some record has this hash.
    pub fn had_hash(&self, hash: &str) -> bool {
        self.hashes.iter().any(|had| had == hash)
    }

    /// How the run ended, if it has, for now at least.
    pub fn outcome(&self) -> Option<Outcome> {
        // A run that waited, or was taken back later, went on behind that.
        let end = self.facts.last()?;
        match &end.event {
            Event::Closed { outcome } => Some(*outcome),
            _it_goes_on => None,
        }
    }
}

/// Reads the journal of a run.
///
/// # Errors
/// It cannot be read, was made by a newer program, or is damaged.
pub fn read(run: &RunDirectory) -> Result<Recorded, JournalError> {
    let path = run.journal();
    let bytes = std::fs::read(&path).map_err(|error| JournalError::io(&path, &error))?;
    parse(&bytes).map_err(|why| JournalError(format!("`{}`: {why}", path.display())))
}

/// More of a journal's end is not looked at for its last record.
const LONGEST_GLANCE: u64 = 64 << 10;

/// Whether a run was opened and can go on, by a look at the end of its journal;
/// whether the rest is whole is seen when it does.
pub fn is_open(run: &RunDirectory) -> bool {
    let outcome = match last_fact(run) {
        Some(Event::Closed { outcome }) => Some(outcome),
        Some(_it_goes_on) => None,
        // A torn, long or only record: all of it is read.
        None => match read(run) {
            Ok(recorded) if recorded.was_opened() => recorded.outcome(),
            Ok(_) | Err(_) => return false,
        },
    };
    matches!(outcome, None | Some(Outcome::Waiting))
}

fn last_fact(run: &RunDirectory) -> Option<Event> {
    use std::io::{Read, Seek, SeekFrom};
    let mut file = std::fs::File::open(run.journal()).ok()?;
    let length = file.metadata().ok()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(LONGEST_GLANCE)))
        .ok()?;
    let mut end = Vec::new();
    file.take(LONGEST_GLANCE).read_to_end(&mut end).ok()?;
    let lines = end.strip_suffix(b"\n")?;
    let begin = lines.iter().rposition(|byte| *byte == b'\n')? + 1;
    let line: FactLine<Stamped> = serde_json::from_slice(&lines[begin..]).ok()?;
    Some(line.fact.event)
}

/// The facts in the bytes of a journal.
pub(super) fn parse(bytes: &[u8]) -> Result<Recorded, String> {
    let lines: Vec<&[u8]> = bytes.split_inclusive(|byte| *byte == b'\n').collect();
    let mut lines = lines.into_iter().enumerate().peekable();
    let (_, first) = lines.next().ok_or("the journal is empty")?;
    let (text, hash) = verified("", first)
        .map_err(|why| format!("its first record is damaged ({why}), so the plan is lost"))?;
    let first: FirstLine<Plan> = serde_json::from_str(&text).map_err(|error| {
        format!("its first record is not understood, is it of another version? {error}")
    })?;
    if first.header.format > FORMAT {
        return Err(format!(
            "it was written by runbook {} in a newer format: use that version",
            first.header.program
        ));
    }
    if plan_digest(&first.plan) != first.header.plan_digest {
        return Err(format!(
            "its plan is not understood as runbook {} wrote it: use that version",
            first.header.program
        ));
    }
    let mut recorded = Recorded {
        header: first.header,
        wall: first.wall,
        plan: Arc::new(first.plan),
        facts: Vec::new(),
        walls: Vec::new(),
        replanned: Vec::new(),
        repaired: None,
        hashes: vec![hash.clone()],
        hash,
        next: 1,
        length: length(bytes.split_inclusive(|byte| *byte == b'\n').next()),
    };
    while let Some((number, line)) = lines.next() {
        match record(&recorded, line) {
            Ok((record, hash)) => {
                recorded.take(record)?;
                recorded.hashes.push(hash.clone());
                recorded.hash = hash;
                recorded.next += 1;
                recorded.length += length(Some(line));
            }
            Err(why) if lines.peek().is_none() && is_torn(line) => {
                recorded.repaired = Some(format!(
                    "the last record of the journal was not whole ({why}) and is left out"
                ));
            }
            Err(why) => {
                return Err(format!(
                    "line {} is damaged ({why}); the lines before it are good. Nothing is done with a journal that may lie: look at production, and mend it by hand",
                    number + 1
                ));
            }
        }
    }
    Ok(recorded)
}

/// Whether only a part of a line reached the disk. Then nothing followed from
/// it. A line that is there whole and wrong was changed later, and may have
/// been an intent.
fn is_torn(line: &[u8]) -> bool {
    !line.ends_with(b"\n") || line.contains(&0)
}

fn length(line: Option<&[u8]>) -> u64 {
    line.and_then(|line| u64::try_from(line.len()).ok())
        .unwrap_or(0)
}

/// What a line behind the first says.
enum Record {
    Fact(Stamped, i64),
    Replanned(Box<ReplanLine<Plan>>),
}

impl Recorded {
    fn take(&mut self, record: Record) -> Result<(), String> {
        match record {
            Record::Fact(fact, wall) => {
                self.facts.push(fact);
                self.walls.push(wall);
                Ok(())
            }
            Record::Replanned(line) => self.replan(*line),
        }
    }

    /// From here on the run goes by this plan, and so did it before: what it
    /// does not know any more is left out.
    fn replan(&mut self, line: ReplanLine<Plan>) -> Result<(), String> {
        let not_understood = |why: &str| {
            format!(
                "its change to another plan is not understood as runbook {} wrote it ({why}): use that version",
                line.replanned.program
            )
        };
        if plan_digest(&line.plan) != line.replanned.plan_digest {
            return Err(not_understood("another digest"));
        }
        let plan = Arc::new(line.plan);
        let carried = carry_over(&self.machine(), &self.facts, plan.clone())
            .map_err(|why| not_understood(&why.join("; ")))?;
        let facts = std::mem::take(&mut self.facts);
        let walls = std::mem::take(&mut self.walls);
        let kept = facts.into_iter().zip(walls);
        (self.facts, self.walls) = kept.filter(|(fact, _)| carried.keeps(fact)).unzip();
        self.plan = plan;
        self.replanned.push(line.replanned);
        Ok(())
    }

    /// The state that the run was in.
    pub fn machine(&self) -> Machine {
        let mut machine = Machine::new(self.plan.clone());
        for fact in &self.facts {
            machine.apply(fact);
        }
        machine
    }
}

fn record(recorded: &Recorded, line: &[u8]) -> Result<(Record, String), String> {
    let (text, hash) = verified(&recorded.hash, line)?;
    let expect = |seq: u64| match seq == recorded.next {
        true => Ok(()),
        false => Err(format!("it is record {seq} and not {}", recorded.next)),
    };
    let line: FactLine<Stamped> = match serde_json::from_str(&text) {
        Ok(line) => line,
        Err(error) => {
            let line: ReplanLine<Plan> =
                serde_json::from_str(&text).map_err(|_| format!("not understood: {error}"))?;
            expect(line.seq)?;
            return Ok((Record::Replanned(Box::new(line)), hash));
        }
    };
    expect(line.seq)?;
    let at = recorded.facts.last().map_or(0, |fact| fact.at);
    if line.fact.at < at {
        return Err("its time is before that of the record before it".to_owned());
    }
    Ok((Record::Fact(line.fact, line.wall), hash))
}

/// A line's text without its hash, once the hash was found right.
fn verified(previous: &str, line: &[u8]) -> Result<(String, String), String> {
    let text = std::str::from_utf8(line).map_err(|_| "it is no text".to_owned())?;
    let whole = text.strip_suffix('\n').ok_or("it has no end")?;
    let inner = whole.strip_suffix(AFTER_HASH).ok_or("it has no hash")?;
    let at = inner.rfind(BEFORE_HASH).ok_or("it has no hash")?;
    let body = format!("{}}}", &inner[..at]);
    let hash = &inner[at + BEFORE_HASH.len()..];
    let (_, right) = chained(previous, &body);
    if hash == right {
        Ok((body, right))
    } else {
        Err("its hash is wrong".to_owned())
    }
}
