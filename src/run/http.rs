//! Requests sent and answers read, within bounds of time and memory whatever
//! the other side does.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use reqwest::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderName, LOCATION};
use reqwest::redirect::Policy;
use reqwest::{Client, ClientBuilder, Method, Response};

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
    /// What is odd about it, should it not be what was wanted: it leads
    /// elsewhere, or is packed.
    pub oddity: Option<String>,
}

/// Why there is no answer, in words without the address: there may be secrets
/// in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoAnswer {
    /// The request did not leave this machine, so it changed nothing.
    NotSent(String),
    /// What was there to answer broke off; the request may have been heard.
    Broken(String),
    /// Nothing came in time; the request may have been heard.
    TooLate(String),
}

impl NoAnswer {
    pub fn words(&self) -> &str {
        match self {
            NoAnswer::NotSent(words) | NoAnswer::Broken(words) | NoAnswer::TooLate(words) => words,
        }
    }
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
    /// Why there is no answer.
    pub async fn send(&self, request: &Request, longest: usize) -> Result<Answer, NoAnswer> {
        let timeout = request
            .timeout
            .map_or(DEFAULT_TIMEOUT, Duration::from_millis);
        match tokio::time::timeout(timeout, self.exchange(request, longest)).await {
            Ok(answer) => answer,
            Err(_) => {
                let millis = u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX);
                let limit = crate::types::text::elapsed(millis);
                Err(NoAnswer::TooLate(format!("no answer within {limit}")))
            }
        }
    }

    async fn exchange(&self, request: &Request, longest: usize) -> Result<Answer, NoAnswer> {
        let ready = self.ready().map_err(NoAnswer::NotSent)?;
        if let Some(why) = &ready.no_https
            && is_https(&request.url)
        {
            return Err(NoAnswer::NotSent(why.clone()));
        }
        let method = Method::from_bytes(request.method.as_bytes())
            .map_err(|_| NoAnswer::NotSent(format!("`{}` is no method of HTTP", request.method)))?;
        let mut builder = ready.client.request(method, &request.url);
        for (name, value) in &request.headers {
            builder = builder.header(name, value);
        }
        if let Some(body) = &request.body {
            builder = builder.body(body.clone());
        }
        let mut response = builder.send().await.map_err(said)?;
        let status = response.status().as_u16();
        let content_type = header(&response, CONTENT_TYPE);
        let oddity = oddity(&response);
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
            oddity,
        })
    }
}

fn header(response: &Response, name: HeaderName) -> Option<String> {
    let value = response.headers().get(name)?;
    value.to_str().ok().map(str::to_owned)
}

fn oddity(response: &Response) -> Option<String> {
    let to = header(response, LOCATION).filter(|_| response.status().is_redirection());
    if let Some(to) = to {
        // A query may hold somebody's session.
        let to = open_part(&to);
        return Some(format!(
            "it leads to `{to}`, and redirects are not followed"
        ));
    }
    let packed = header(response, CONTENT_ENCODING)?;
    (packed != "identity").then(|| format!("it is packed as `{packed}`, which nobody asked for"))
}

/// An address without its query, and without the user in front of its host.
pub fn open_part(url: &str) -> String {
    let end = url.find(['?', '#']).unwrap_or(url.len());
    let url = &url[..end];
    match url.split_once("://") {
        Some((scheme, rest)) => {
            let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
            let host = authority
                .rsplit_once('@')
                .map_or(authority, |(_, host)| host);
            format!("{scheme}://{host}{path}")
        }
        None => url.to_owned(),
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
fn said(error: reqwest::Error) -> NoAnswer {
    let is_sent = !error.is_connect() && !error.is_builder();
    let words = causes(&error.without_url());
    // What the libraries call their own parts says nothing to people.
    let words = words
        .trim_start_matches("error sending request: ")
        .trim_start_matches("client error (Connect): ")
        .trim_start_matches("client error (SendRequest): ")
        .to_owned();
    if is_sent {
        NoAnswer::Broken(words)
    } else {
        NoAnswer::NotSent(words)
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

#[cfg(test)]
mod tests {
    use super::open_part;

    #[test]
    fn what_may_be_secret_is_not_in_the_open_part() {
        for (url, wanted) in [
            ("http://p:9090/a/b?key=1#x", "http://p:9090/a/b"),
            ("https://user:pass@p/a@b", "https://p/a@b"),
            ("https://a@b@p", "https://p"),
            ("http://p#x?y", "http://p"),
            ("/elsewhere?session=1", "/elsewhere"),
            ("", ""),
        ] {
            assert_eq!(open_part(url), wanted, "{url}");
        }
    }
}
