//! Messages on their channels: what each is, and how it is sent.

use std::ffi::OsString;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{End, Workshop, failed, named, unwanted};
use crate::machine::event::Completion;
use crate::metric::Request;
use crate::plan::ChannelKind;
use crate::run::http::Http;
use crate::run::process::{self, Ended, Launch};
use crate::run::values::Values;

/// A command that sends a message, where it says nothing else.
const MESSAGE_TIMEOUT: Duration = Duration::from_secs(60);

/// One message on one channel.
#[derive(Debug)]
pub struct Delivery {
    pub channel: String,
    pub by: DeliveryBy,
}

#[derive(Debug)]
pub enum DeliveryBy {
    Request {
        request: Request,
        address: String,
    },
    Process(Box<Launch>),
    /// It cannot be sent; why.
    Impossible(String),
}

impl Workshop {
    pub(super) fn deliveries(
        &self,
        values: Values<'_>,
        messages: &[u32],
        place: &Path,
        held: Option<&OwnedFd>,
    ) -> Vec<Delivery> {
        let plan = values.machine.plan();
        let mut deliveries = Vec::new();
        for message in messages {
            let message = &plan.messages[*message as usize];
            let text = values.fill_in_words(&message.text);
            for channel in &message.channels {
                let channel = &plan.channels[*channel as usize];
                let place = place.join(format!("{}-{}", message.name, channel.name));
                let by = self
                    .delivery(values, &channel.kind, &text, place, held)
                    .unwrap_or_else(DeliveryBy::Impossible);
                deliveries.push(Delivery {
                    channel: channel.name.clone(),
                    by,
                });
            }
        }
        deliveries
    }

    fn delivery(
        &self,
        values: Values<'_>,
        channel: &ChannelKind,
        text: &str,
        place: PathBuf,
        held: Option<&OwnedFd>,
    ) -> Result<DeliveryBy, String> {
        match channel {
            ChannelKind::Slack { url } => {
                let body = serde_json::json!({ "text": text });
                Ok(DeliveryBy::Request {
                    request: post(values.fill(url)?, &body),
                    address: values.address(url),
                })
            }
            ChannelKind::Webhook {
                url,
                headers,
                timeout,
            } => {
                let plan = values.machine.plan();
                let outcome = values.machine.expected_outcome();
                let body = serde_json::json!({
                    "text": text,
                    "run": values.run_id,
                    "runbook": plan.title,
                    "outcome": outcome.map(|outcome| outcome.name()),
                });
                let mut request = post(values.fill(url)?, &body);
                for (name, value) in headers {
                    request.headers.push((name.clone(), values.fill(value)?));
                }
                request.timeout = timeout.or(request.timeout);
                Ok(DeliveryBy::Request {
                    request,
                    address: values.address(url),
                })
            }
            ChannelKind::Command(task) => {
                let held = held.and_then(|held| held.try_clone().ok());
                let mut launch = self.launch(values, task, place, held)?;
                let message = ("message".to_owned(), OsString::from(text));
                launch.environment.push(message);
                Ok(DeliveryBy::Process(Box::new(launch)))
            }
        }
    }
}

fn post(url: String, body: &serde_json::Value) -> Request {
    Request {
        method: "POST".to_owned(),
        url,
        headers: vec![("Content-Type".to_owned(), "application/json".to_owned())],
        body: Some(body.to_string()),
        timeout: Some(10_000),
    }
}

pub(super) async fn deliver(http: &Http, deliveries: Vec<Delivery>) -> End {
    let mut failures = Vec::new();
    for delivery in deliveries {
        let result = match delivery.by {
            DeliveryBy::Request { request, address } => {
                let posted = post_message(http, &request).await;
                posted.map_err(|why| format!("{address}: {why}"))
            }
            DeliveryBy::Process(launch) => message_command(*launch).await,
            DeliveryBy::Impossible(why) => Err(why),
        };
        if let Err(why) = result {
            failures.push(format!("channel `{}`: {why}", delivery.channel));
        }
    }
    if failures.is_empty() {
        (Completion::Ok, Vec::new())
    } else {
        (failed(failures.join("; ")), Vec::new())
    }
}

async fn post_message(http: &Http, request: &Request) -> Result<(), String> {
    let sent = http.send(request, 4 << 10).await;
    let answer = sent.map_err(|none| none.words().to_owned())?;
    if (200..300).contains(&answer.status) {
        Ok(())
    } else {
        Err(unwanted(&answer))
    }
}

async fn message_command(launch: Launch) -> Result<(), String> {
    let mut process = process::start(launch).await?;
    let ended = match tokio::time::timeout(MESSAGE_TIMEOUT, process.ended()).await {
        Ok(ended) => ended,
        Err(_) => {
            process.kill();
            process.ended().await;
            return Err(format!("its command took longer than {MESSAGE_TIMEOUT:?}"));
        }
    };
    match ended {
        Ended::Exited(0) => Ok(()),
        Ended::Exited(status) => Err(format!("its command ended with status {status}")),
        Ended::Signalled(signal) => Err(format!("its command was ended by {}", named(signal))),
        Ended::NeverBegan(why) => Err(why),
        Ended::Lost => Err("nobody knows how its command ended".to_owned()),
    }
}
