//! One activity carried out: a process, a request, messages, a postmortem.
//!
//! What it needs is looked up while the machine stands still
//! ([`prepare`]); then it runs on its own ([`carry_out`]) and can be told to
//! end early through its [`Leash`].

mod messages;
mod output;

use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use zeroize::Zeroizing;

use crate::machine::event::{Activity, Completion, Failure, Part};
use crate::metric::{Request, request};
use crate::plan::{Node, NodeKind, Plan, Run, Task};
use crate::run::expectation::{Effort, Given, captured, judge};
use crate::run::http::{Answer, Http, NoAnswer};
use crate::run::process::{self, Ended, Found, Keepers, Launch, Process, Work};
use crate::run::remote::{self, Broken, Connection, Connections, Program};
use crate::run::values::Values;

pub use messages::Delivery;
use messages::deliver;
use output::LONGEST_LOOK;
pub use output::{last_line, look, look_at_end, printed};

/// Ends an activity early.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndRequest {
    /// TERM, and KILL after this long.
    After(Duration),
    Now,
}

impl EndRequest {
    fn pass_on(self, process: &mut Process) {
        match self {
            EndRequest::After(grace) => process.end(grace),
            EndRequest::Now => process.kill(),
        }
    }
}

/// The other end of an activity that runs.
pub type Leash = mpsc::UnboundedSender<EndRequest>;

/// Where and how the run starts things; the same for all its activities.
#[derive(Debug)]
pub struct Workshop {
    pub keepers: Keepers,
    /// Holds a directory for each activity.
    pub activities: PathBuf,
    /// The runbook's own directory, absolute.
    pub directory: PathBuf,
    pub secrets: Vec<Zeroizing<Vec<u8>>>,
    pub http: Http,
    pub connections: Connections,
    /// How long what is asked to end may take.
    pub grace: Duration,
}

/// All that one activity needs, with no hole left in it.
#[derive(Debug)]
pub enum Job {
    Process {
        launch: Box<Launch>,
        /// The other machine's, if it runs there.
        connection: Option<Arc<Connection>>,
        account: Account,
    },
    Request {
        request: Request,
        task: Box<Task>,
        directory: PathBuf,
        /// For people.
        address: String,
        /// A failure of it has left nothing behind, says its author: so one
        /// that may have arrived is no failure.
        atomic: bool,
    },
    Messages(Vec<Delivery>),
    /// Writes a text to a file beside the runbook.
    Write {
        path: PathBuf,
        text: String,
    },
    /// It cannot begin; why.
    Impossible(String),
}

/// What became of an activity whose interpreter is gone.
#[derive(Debug)]
pub enum Recovered {
    NeverBegan,
    Running(Box<AdoptedProcess>),
    Ended(End),
}

/// What is known of a process, to tell what its end means.
#[derive(Debug)]
pub struct Account {
    task: Box<Task>,
    /// The name to keep its output under: it is a capture.
    capture: Option<String>,
    directory: PathBuf,
    place: PathBuf,
    /// It changes something, once: one that was cut off is in doubt. What may
    /// be run again has failed.
    once: bool,
}

/// It runs on.
#[derive(Debug)]
pub struct AdoptedProcess {
    account: Account,
    process: Process,
}

impl AdoptedProcess {
    /// Waits for its end, and ends it when asked to; `None` if it was never
    /// begun after all.
    pub async fn end(
        mut self: Box<Self>,
        mut ends: mpsc::UnboundedReceiver<EndRequest>,
    ) -> Option<End> {
        let mut was_asked = false;
        loop {
            tokio::select! {
                ended = self.process.ended_if_begun() => {
                    return ended.map(|ended| self.account.judge(&ended, was_asked));
                }
                Some(request) = ends.recv() => {
                    was_asked = true;
                    request.pass_on(&mut self.process);
                }
            }
        }
    }
}

/// The directory in which an activity's output is kept, below `activities`.
pub fn place(activities: &Path, plan: &Plan, activity: Activity) -> PathBuf {
    let name = &plan.nodes[activity.node.index()].name;
    let name: String = name
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
        .take(40)
        .collect();
    let part = match activity.part {
        Part::Capture(index) => format!("capture{index}"),
        Part::Probe => "probe".to_owned(),
        Part::Forward => "run".to_owned(),
        Part::Undo(alternative) => format!("undo{alternative}"),
        Part::Verify(alternative) => format!("verify{alternative}"),
        Part::GateCheck(condition) => format!("check{condition}"),
    };
    let (node, attempt) = (activity.node.0, activity.attempt);
    activities.join(format!("{node:04}-{name}-{part}-{attempt}"))
}

/// How an activity ended, and what it gave.
pub type End = (Completion, Given);

impl Workshop {
    /// The directory in which an activity's output is kept.
    pub fn place(&self, plan: &Plan, activity: Activity) -> PathBuf {
        place(&self.activities, plan, activity)
    }

    /// Looks up all that an activity needs.
    ///
    /// `postmortem` writes the text of one, should this be its node; `held`
    /// are the locks that what is started keeps.
    pub(super) fn prepare(
        &self,
        values: Values<'_>,
        activity: Activity,
        held: Option<OwnedFd>,
        postmortem: &dyn Fn() -> String,
    ) -> Job {
        let plan = values.machine.plan();
        let node = &plan.nodes[activity.node.index()];
        let place = self.place(plan, activity);
        let job = match values.machine.task(activity) {
            Some(task) => self.task(values, task, place, (node, activity), held),
            None => self.no_task(values, node, &place, held.as_ref(), postmortem),
        };
        job.unwrap_or_else(Job::Impossible)
    }

    fn task(
        &self,
        values: Values<'_>,
        task: &Task,
        place: PathBuf,
        (node, activity): (&Node, Activity),
        held: Option<OwnedFd>,
    ) -> Result<Job, String> {
        match &task.run {
            Run::Script { .. } => {
                let launch = self.launch(values, task, place, held)?;
                let host = task.host.as_deref();
                Ok(Job::Process {
                    account: Account {
                        task: Box::new(task.clone()),
                        capture: capture(node, activity),
                        directory: launch.working_directory.clone(),
                        place: launch.directory.clone(),
                        once: is_done_once(node, activity),
                    },
                    launch: Box::new(launch),
                    connection: host.and_then(|host| self.connections.to(host)),
                })
            }
            Run::Http(http) => {
                let request = request(http, &mut |template| values.fill(template))?;
                Ok(Job::Request {
                    request,
                    task: Box::new(task.clone()),
                    directory: place,
                    address: values.address(&http.url),
                    atomic: matches!(&node.kind, NodeKind::Step(step) if step.atomic),
                })
            }
        }
    }

    /// What a script needs.
    ///
    /// # Errors
    /// A value that is not known.
    pub fn launch(
        &self,
        values: Values<'_>,
        task: &Task,
        place: PathBuf,
        held: Option<OwnedFd>,
    ) -> Result<Launch, String> {
        let Run::Script { text, shell } = &task.run else {
            return Err("it is no script".to_owned());
        };
        let directory = match &task.directory {
            Some(directory) => Some(values.fill(directory)?),
            None => None,
        };
        let mut environment = values.environment(task)?;
        let connection = task.host.as_deref().map(|host| self.connections.to(host));
        let (work, working_directory) = match connection {
            None => {
                let work = Work::Script {
                    text: text.clone(),
                    shell: *shell,
                };
                (work, self.directory.join(directory.unwrap_or_default()))
            }
            Some(None) => return Err("nobody knows how its host is reached".to_owned()),
            Some(Some(connection)) => {
                let program = Program {
                    script: text,
                    shell: *shell,
                    environment: &std::mem::take(&mut environment),
                    directory: directory.as_deref(),
                    // It ends before its connection is cut.
                    patience: self.grace / 2,
                };
                let work = Work::Ssh {
                    arguments: connection.arguments(&place.join(remote::LOG)),
                    input: program.input(),
                };
                (work, self.directory.clone())
            }
        };
        Ok(Launch {
            keepers: self.keepers.clone(),
            directory: place,
            work,
            environment,
            working_directory,
            secrets: self.secrets.clone(),
            held: held.into_iter().collect(),
        })
    }

    /// What became of an activity that the last interpreter had begun.
    pub(super) fn find(
        &self,
        values: Values<'_>,
        activity: Activity,
        same_boot: bool,
    ) -> Recovered {
        let plan = values.machine.plan();
        let node = &plan.nodes[activity.node.index()];
        let Some(task) = values.machine.task(activity) else {
            let why = "the interpreter was gone before it was done".to_owned();
            return Recovered::Ended((failed(why), Vec::new()));
        };
        let Run::Script { .. } = &task.run else {
            // A request may have arrived.
            return Recovered::Ended((Completion::InDoubt, Vec::new()));
        };
        let place = self.place(plan, activity);
        let directory = task.directory.as_ref();
        let directory = directory.and_then(|directory| values.fill(directory).ok());
        let account = Account {
            task: Box::new(task.clone()),
            capture: capture(node, activity),
            directory: self.directory.join(directory.unwrap_or_default()),
            place,
            once: is_done_once(node, activity),
        };
        match process::find(&account.place, same_boot) {
            Found::NeverBegan => Recovered::NeverBegan,
            Found::Running(process) => {
                Recovered::Running(Box::new(AdoptedProcess { account, process }))
            }
            Found::Ended(ended) => Recovered::Ended(account.judge(&ended, false)),
        }
    }

    fn no_task(
        &self,
        values: Values<'_>,
        node: &Node,
        place: &Path,
        held: Option<&OwnedFd>,
        postmortem: &dyn Fn() -> String,
    ) -> Result<Job, String> {
        match &node.kind {
            NodeKind::Notify { messages } => Ok(Job::Messages(
                self.deliveries(values, messages, place, held),
            )),
            NodeKind::Postmortem { path } => Ok(Job::Write {
                path: self.directory.join(values.fill(path)?),
                text: postmortem(),
            }),
            NodeKind::Open(_)
            | NodeKind::Close { .. }
            | NodeKind::Step(_)
            | NodeKind::Check(_)
            | NodeKind::Gate(_)
            | NodeKind::Enter(_)
            | NodeKind::Leave { .. } => Err("there is nothing to run".to_owned()),
        }
    }
}

fn capture(node: &Node, activity: Activity) -> Option<String> {
    match (&node.kind, activity.part) {
        (NodeKind::Step(step), Part::Capture(index)) => step
            .captures
            .get(index as usize)
            .map(|capture| capture.name.clone()),
        _other_part => None,
    }
}

/// Does a job to its end. An end that was asked for is told as cancelled; who
/// asked knows why.
pub async fn carry_out(job: Job, http: &Http, ends: mpsc::UnboundedReceiver<EndRequest>) -> End {
    match job {
        Job::Process {
            launch,
            connection,
            account,
        } => run_process(*launch, connection, &account, ends).await,
        Job::Request {
            request,
            task,
            directory,
            address,
            atomic,
        } => {
            let sent = send(http, &request, &task, &directory);
            let sent = async { told(sent.await, &address, atomic) };
            unless_ended(ends, sent).await
        }
        Job::Messages(deliveries) => unless_ended(ends, deliver(http, deliveries)).await,
        Job::Write { path, text } => (write_new(&path, &text), Vec::new()),
        Job::Impossible(why) => (failed(why), Vec::new()),
    }
}

async fn unless_ended(
    mut ends: mpsc::UnboundedReceiver<EndRequest>,
    work: impl Future<Output = End>,
) -> End {
    tokio::select! {
        end = work => end,
        Some(_) = ends.recv() => (Completion::Cancelled, Vec::new()),
    }
}

async fn run_process(
    launch: Launch,
    connection: Option<Arc<Connection>>,
    account: &Account,
    mut ends: mpsc::UnboundedReceiver<EndRequest>,
) -> End {
    if let Some(connection) = connection {
        tokio::select! {
            opened = connection.open() => {
                if let Err(why) = opened {
                    return (failed(why), Vec::new());
                }
            }
            Some(_) = ends.recv() => return (Completion::Cancelled, Vec::new()),
        }
    }
    let mut process = match process::start(launch).await {
        Ok(process) => process,
        Err(why) => return (failed(why.to_string()), Vec::new()),
    };
    let (ended, was_asked) = wait(&mut process, ends).await;
    account.judge(&ended, was_asked)
}

/// Waits for a process, and ends it when asked to; whether it was.
async fn wait(
    process: &mut Process,
    mut ends: mpsc::UnboundedReceiver<EndRequest>,
) -> (Ended, bool) {
    let mut was_asked = false;
    loop {
        tokio::select! {
            ended = process.ended() => return (ended, was_asked),
            Some(request) = ends.recv() => {
                was_asked = true;
                request.pass_on(process);
            }
        }
    }
}

impl Account {
    /// What the end of a process means for its activity, also when it is learnt
    /// only after the interpreter's own death.
    fn judge(&self, ended: &Ended, was_asked: bool) -> End {
        match ended {
            Ended::Exited(exit) => match &self.task.host {
                Some(host) if *exit == remote::SSH_FAILED => {
                    (self.connection_failed(host, was_asked), Vec::new())
                }
                Some(_) | None => self.judge_exit(*exit, was_asked),
            },
            Ended::Signalled(_) if was_asked => (Completion::Cancelled, Vec::new()),
            Ended::Signalled(signal) => (
                failed(format!("was ended by {}", named(*signal))),
                Vec::new(),
            ),
            Ended::NeverBegan(why) => (failed(why.clone()), Vec::new()),
            Ended::Lost => (Completion::InDoubt, Vec::new()),
        }
    }

    fn judge_exit(&self, exit: i32, was_asked: bool) -> End {
        let (stdout, cut) = look(&self.place.join("stdout"));
        let effort = Effort {
            exit: Some(exit),
            stdout: &stdout,
            directory: &self.directory,
            cut,
        };
        let (completion, given) = judge(&self.task, &effort);
        match (&self.capture, &completion) {
            // Ended by itself in spite of the request: that counts only
            // where it ended well.
            (_, Completion::Failed(_)) if was_asked => (Completion::Cancelled, Vec::new()),
            (Some(name), Completion::Ok) => match captured(&effort) {
                Ok(value) => (Completion::Ok, vec![(name.clone(), value)]),
                Err(why) => (failed(format!("capture `{name}`: {why}")), Vec::new()),
            },
            (_, _) => (completion, given),
        }
    }

    /// It was ssh that failed, not the command.
    fn connection_failed(&self, host: &str, was_asked: bool) -> Completion {
        match remote::broken(host, &self.place.join(remote::LOG)) {
            _ if was_asked => Completion::Cancelled,
            Broken::NeverBegan(why) => failed(why),
            Broken::Midway(_) if self.once => Completion::InDoubt,
            Broken::Midway(why) => failed(why),
        }
    }
}

/// Whether an activity changes something and may not simply be run again.
fn is_done_once(node: &Node, activity: Activity) -> bool {
    let changes = match &node.kind {
        NodeKind::Step(_) | NodeKind::Enter(_) => true,
        NodeKind::Open(_)
        | NodeKind::Close { .. }
        | NodeKind::Check(_)
        | NodeKind::Gate(_)
        | NodeKind::Notify { .. }
        | NodeKind::Postmortem { .. }
        | NodeKind::Leave { .. } => false,
    };
    changes && activity.part == Part::Forward
}

fn named(signal: i32) -> String {
    let name = match signal {
        1 => "HUP",
        2 => "INT",
        3 => "QUIT",
        6 => "ABRT",
        9 => "KILL",
        11 => "SEGV",
        13 => "PIPE",
        15 => "TERM",
        other => return format!("signal {other}"),
    };
    format!("signal {name}")
}

/// What a request came to, with whom it went to where it failed.
fn told(sent: Result<End, NoAnswer>, address: &str, atomic: bool) -> End {
    let (result, given) = match sent {
        Ok(end) => end,
        Err(NoAnswer::TooLate(_)) if atomic => (Completion::TimedOut, Vec::new()),
        Err(NoAnswer::Broken(_)) if atomic => (Completion::InDoubt, Vec::new()),
        Err(none) => (failed(none.words().to_owned()), Vec::new()),
    };
    match result {
        Completion::Failed(mut failure) => {
            failure.message = format!("{address}: {}", failure.message);
            (Completion::Failed(failure), given)
        }
        result => (result, given),
    }
}

async fn send(
    http: &Http,
    request: &Request,
    task: &Task,
    directory: &Path,
) -> Result<End, NoAnswer> {
    let Run::Http(wanted) = &task.run else {
        return Err(NoAnswer::NotSent("it is no request".to_owned()));
    };
    let answer = http.send(request, LONGEST_LOOK).await?;
    let is_expected = match wanted.expect_status.as_slice() {
        [] => (200..300).contains(&answer.status),
        wanted => wanted.contains(&answer.status),
    };
    if !is_expected {
        return Ok((failed(unwanted(&answer)), Vec::new()));
    }
    let effort = Effort {
        exit: None,
        stdout: &answer.body,
        directory,
        cut: answer.cut,
    };
    Ok(judge(task, &effort))
}

/// An answer that says no, and the beginning of what else it says.
fn unwanted(answer: &Answer) -> String {
    let body = String::from_utf8_lossy(&answer.body);
    let beginning: String = body.trim().chars().take(200).collect();
    let colon = if beginning.is_empty() { "" } else { ": " };
    let status = answer.status;
    let oddity = answer.oddity.as_ref().map(|oddity| format!(" ({oddity})"));
    let oddity = oddity.unwrap_or_default();
    format!("the answer was {status}{colon}{beginning}{oddity}")
}

fn failed(message: String) -> Completion {
    Completion::Failed(Failure {
        exit: None,
        message,
        worked: false,
    })
}

/// Writes a new file, its directories too. What is there already stays, and the
/// new one is numbered.
fn write_new(path: &Path, text: &str) -> Completion {
    use std::io::{ErrorKind, Write};
    let made = path.parent().map_or(Ok(()), std::fs::create_dir_all);
    let mut number = 1;
    let mut place = path.to_path_buf();
    let written = made.and_then(|()| {
        loop {
            match std::fs::File::create_new(&place) {
                Ok(mut file) => return file.write_all(text.as_bytes()),
                Err(error) if error.kind() == ErrorKind::AlreadyExists && number < 100 => {
                    number += 1;
                    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
                    let extension = path.extension().unwrap_or_default().to_string_lossy();
                    place = path.with_file_name(format!("{stem}-{number}.{extension}"));
                }
                Err(error) => return Err(error),
            }
        }
    });
    match written {
        Ok(()) => Completion::Ok,
        Err(error) => failed(format!("cannot write `{}`: {error}", place.display())),
    }
}
