//! Requests sent and answers read, within bounds of time and memory whatever
//! the other side does.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use reqwest::redirect::Policy;
use reqwest::{Client, ClientBuilder, Method};

use crate::metric::Request;

/// How long an exchange may take where nothing else is said.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(30);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// What came back.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub content_type: Option<String>,
    pub body: Vec<u8>,
    /// Whether there was more than was asked for.
    pub cut: bool,
}

/// Sends requests. Redirects are not followed: an answer from elsewhere is not
/// the answer that was asked for.
///
/// Nothing is prepared before the first request: to read this machine's
/// certificates takes longer than most steps.
#[derive(Debug, Clone, Default)]
pub struct Http(Arc<OnceLock<Result<Ready, String>>>);

#[derive(Debug)]
struct Ready {
    client: Client,
    /// Why https cannot be spoken here. Most runs can do without.
    no_https: Option<String>,
}

impl Ready {
    fn new() -> Result<Ready, String> {
        // An error says that there is one already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let cannot = |error| format!("cannot send requests: {}", causes(&error));
        match builder().build() {
            Ok(client) => Ok(Ready {
                client,
                no_https: None,
            }),
            Err(error) => Ok(Ready {
                client: builder().tls_certs_only([]).build().map_err(cannot)?,
                no_https: Some(format!(
                    "https cannot be spoken on this machine ({}): install its CA certificates, or name them with SSL_CERT_FILE",
                    causes(&error)
                )),
            }),
        }
    }
}

impl Http {
    fn ready(&self) -> Result<&Ready, String> {
        self.0
            .get_or_init(Ready::new)
            .as_ref()
            .map_err(Clone::clone)
    }

    /// Why https cannot be spoken here, if it cannot.
    pub fn no_https(&self) -> Option<String> {
        match self.ready() {
            Ok(ready) => ready.no_https.clone(),
            Err(why) => Some(why),
        }
    }

    /// Sends a request and reads at most so many bytes of the answer.
    ///
    /// # Errors
    /// Why there is no answer, in words that hold no part of the address'
    /// query: there may be secrets in it.
    pub async fn send(&self, request: &Request, longest: usize) -> Result<Answer, String> {
        let timeout = request
            .timeout
            .map_or(DEFAULT_TIMEOUT, Duration::from_millis);
        match tokio::time::timeout(timeout, self.exchange(request, longest)).await {
            Ok(answer) => answer,
            Err(_) => {
                let millis = u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX);
                let limit = crate::types::text::elapsed(millis);
                Err(format!("no answer within {limit}"))
            }
        }
    }

    async fn exchange(&self, request: &Request, longest: usize) -> Result<Answer, String> {
        let ready = self.ready()?;
        if let Some(why) = &ready.no_https
            && is_https(&request.url)
        {
            return Err(why.clone());
        }
        let method = Method::from_bytes(request.method.as_bytes())
            .map_err(|_| format!("`{}` is no method of HTTP", request.method))?;
        let mut builder = ready.client.request(method, &request.url);
        for (name, value) in &request.headers {
            builder = builder.header(name, value);
        }
        if let Some(body) = &request.body {
            builder = builder.body(body.clone());
        }
        let mut response = builder.send().await.map_err(said)?;
        let status = response.status().as_u16();
        let content_type = response
            .headers()
            .get(reqwest::header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .map(str::to_owned);
        let mut body = Vec::new();
        let mut cut = false;
        while let Some(chunk) = response.chunk().await.map_err(said)? {
            let room = longest - body.len();
            body.extend_from_slice(&chunk[..chunk.len().min(room)]);
            if chunk.len() > room {
                cut = true;
                break;
            }
        }
        Ok(Answer {
            status,
            content_type,
            body,
            cut,
        })
    }
}

fn builder() -> ClientBuilder {
    Client::builder()
        .user_agent(concat!("runbook/", env!("CARGO_PKG_VERSION")))
        .redirect(Policy::none())
        .connect_timeout(CONNECT_TIMEOUT)
}

/// Whether an address wants an encrypted connection.
pub fn is_https(url: &str) -> bool {
    let scheme = url.trim_start().get(..6);
    scheme.is_some_and(|scheme| scheme.eq_ignore_ascii_case("https:"))
}

/// An error without the address, which may hold secrets.
fn said(error: reqwest::Error) -> String {
    let host = error
        .url()
        .and_then(|url| url.host_str())
        .map(str::to_owned);
    let error = error.without_url();
    match host {
        Some(host) => format!("{host}: {}", causes(&error)),
        None => causes(&error),
    }
}

fn causes(error: &dyn std::error::Error) -> String {
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        words = format!("{words}: {inner}");
        cause = inner.source();
    }
    words
}
