//! Measurements taken: each source is asked, and whatever it does there is a
//! reading within a bounded time.

use std::time::Duration;

use tokio::task::JoinSet;

use crate::machine::event::{Observer, Reading, ReadingResult};
use crate::metric::{Inquiry, LONGEST_ANSWER, Request, inquire, read, read_output};
use crate::plan::{Metric, MetricId, Provider, Run};
use crate::run::activity::{Workshop, look};
use crate::run::http::{Answer, Http};
use crate::run::process::{self, Ended, Launch};
use crate::run::values::Values;
use crate::types::Unit;

/// How long a command that measures may take, where it says nothing else.
const COMMAND_TIMEOUT: Duration = Duration::from_secs(30);

/// How the names of their records begin.
const SAMPLE: &str = "sample-";

/// One measurement, ready to be taken.
#[derive(Debug)]
pub struct Probe {
    metric: MetricId,
    unit: Unit,
    provider: Provider,
    /// Whom it asks, for people.
    address: Option<String>,
    ask: Ask,
}

#[derive(Debug)]
enum Ask {
    Request(Request),
    Command {
        launch: Box<Launch>,
        timeout: Duration,
    },
    Impossible(String),
}

/// The number of the last sample that an interpreter before this one began: one that
/// died in the middle has left its record.
pub fn begun_before(workshop: &Workshop) -> u64 {
    let entries = std::fs::read_dir(&workshop.activities);
    let names = entries.into_iter().flatten().flatten();
    let numbers = names.filter_map(|entry| {
        let name = entry.file_name().into_string().ok()?;
        let (number, _) = name.strip_prefix(SAMPLE)?.split_once('-')?;
        number.parse().ok()
    });
    numbers.max().unwrap_or(0)
}

/// Prepares measurements; `number` tells this sample from all others of the
/// run.
pub fn prepare(
    workshop: &Workshop,
    values: Values<'_>,
    observer: Observer,
    metrics: &[MetricId],
    number: u64,
) -> Vec<Probe> {
    metrics
        .iter()
        .map(|id| {
            let metric = &values.machine.plan().metrics[id.index()];
            let ask = ask(workshop, values, observer, metric, number);
            Probe {
                metric: *id,
                unit: metric.unit,
                provider: metric.provider.clone(),
                address: address(values, &metric.provider),
                ask: ask.unwrap_or_else(Ask::Impossible),
            }
        })
        .collect()
}

fn ask(
    workshop: &Workshop,
    values: Values<'_>,
    observer: Observer,
    metric: &Metric,
    number: u64,
) -> Result<Ask, String> {
    match inquire(&metric.provider, None, &mut |template| {
        values.fill(template)
    })? {
        Inquiry::Http(request) => Ok(Ask::Request(request)),
        Inquiry::Command(task) => {
            let place = workshop.activities.join(format!(
                "{SAMPLE}{number:06}-{}-{}",
                observed_by(observer),
                metric.name
            ));
            let Run::Script { .. } = task.run else {
                return Err("it is no command".to_owned());
            };
            let launch = workshop.launch(values, task, place, None)?;
            Ok(Ask::Command {
                launch: Box::new(launch),
                timeout: task.timeout.map_or(COMMAND_TIMEOUT, Duration::from_millis),
            })
        }
    }
}

fn address(values: Values<'_>, provider: &Provider) -> Option<String> {
    match provider {
        Provider::Prometheus { url, .. } => Some(values.address(url)),
        Provider::Json { request, at: _ } => Some(values.address(&request.url)),
        Provider::Command(_) => None,
    }
}

fn observed_by(observer: Observer) -> String {
    match observer {
        Observer::Baseline => "baseline".to_owned(),
        Observer::Gate { gate, condition } => format!("gate{}.{condition}", gate.0),
        Observer::Watch(watch) => format!("watch{watch}"),
    }
}

/// Takes all measurements at once.
pub async fn take(http: &Http, probes: Vec<Probe>) -> Vec<Reading> {
    let mut tasks = JoinSet::new();
    let order: Vec<MetricId> = probes.iter().map(|probe| probe.metric).collect();
    for probe in probes {
        let http = http.clone();
        tasks.spawn(async move {
            let metric = probe.metric;
            let result = measure(&http, probe).await;
            Reading { metric, result }
        });
    }
    let mut readings = Vec::new();
    while let Some(done) = tasks.join_next().await {
        // A reading that panicked is missing, and missing is an error below.
        readings.extend(done);
    }
    order
        .into_iter()
        .map(|metric| {
            let found = readings.iter().find(|reading| reading.metric == metric);
            found.cloned().unwrap_or_else(|| Reading {
                metric,
                result: ReadingResult::Error("the measurement was not finished".to_owned()),
            })
        })
        .collect()
}

async fn measure(http: &Http, probe: Probe) -> ReadingResult {
    let result = match probe.ask {
        Ask::Request(request) => match http.send(&request, LONGEST_ANSWER + 1).await {
            Ok(answer) => understood(&answer, &probe.provider, probe.unit),
            Err(none) => ReadingResult::Error(none.words().to_owned()),
        },
        Ask::Command { launch, timeout } => command(*launch, timeout, probe.unit).await,
        Ask::Impossible(why) => ReadingResult::Error(why),
    };
    match (result, probe.address) {
        (ReadingResult::Error(why), Some(address)) => {
            ReadingResult::Error(format!("{address}: {why}"))
        }
        (result, _) => result,
    }
}

fn understood(answer: &Answer, provider: &Provider, unit: Unit) -> ReadingResult {
    let kind = answer.content_type.as_deref();
    let result = read(provider, answer.status, kind, &answer.body, unit);
    match (result, &answer.oddity) {
        (ReadingResult::Error(why), Some(oddity)) => {
            ReadingResult::Error(format!("{why} ({oddity})"))
        }
        (result, _) => result,
    }
}

async fn command(launch: Launch, timeout: Duration, unit: Unit) -> ReadingResult {
    let place = launch.directory.clone();
    let result = match process::start(launch).await {
        Ok(mut process) => match tokio::time::timeout(timeout, process.ended()).await {
            Ok(Ended::Exited(0)) => read_output(&look(&place.join("stdout")).0, unit),
            Ok(Ended::Exited(status)) => {
                ReadingResult::Error(format!("its command ended with status {status}"))
            }
            Ok(Ended::Signalled(signal)) => {
                ReadingResult::Error(format!("its command was ended by signal {signal}"))
            }
            Ok(Ended::NeverBegan(why)) => ReadingResult::Error(why),
            Ok(Ended::Lost) => {
                ReadingResult::Error("nobody knows how its command ended".to_owned())
            }
            Err(_) => {
                process.kill();
                process.ended().await;
                ReadingResult::Error(format!("its command took longer than {timeout:?}"))
            }
        },
        Err(why) => ReadingResult::Error(why.to_string()),
    };
    // The reading is in the journal; a soak of hours would fill the disk with
    // directories.
    forget(&place);
    result
}

fn forget(place: &std::path::Path) {
    // One that stays is untidy, no more.
    let _ = std::fs::remove_dir_all(place);
}
