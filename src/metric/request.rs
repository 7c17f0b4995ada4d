//! What to send to a source.

use std::fmt;

use crate::plan::{HttpRequest, Millis, Provider, Task, Template};

/// Longer addresses are refused by many servers; the query is then sent as a
/// form.
const LONGEST_ADDRESS: usize = 2_000;

/// How a provider is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Inquiry<'p> {
    Http(Request),
    /// Run this; what it prints is the answer.
    Command(&'p Task),
}

/// An HTTP request, ready to be sent.
#[derive(Clone, PartialEq, Eq)]
pub struct Request {
    pub method: String,
    pub url: String,
    pub headers: Vec<(String, String)>,
    pub body: Option<String>,
    /// For the whole exchange.
    pub timeout: Option<Millis>,
}

/// Addresses, headers and bodies may hold secrets.
impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("method", &self.method)
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}

/// The request that asks a provider, its templates filled by `fill`. With `at`,
/// in milliseconds since 1970, for the value at that moment where the provider
/// can tell it: only Prometheus can.
///
/// # Errors
/// What cannot be filled, and what cannot be sent, in words.
pub fn inquire<'p>(
    provider: &'p Provider,
    at: Option<i64>,
    fill: &mut dyn FnMut(&Template) -> Result<String, String>,
) -> Result<Inquiry<'p>, String> {
    match provider {
        Provider::Prometheus {
            url,
            query,
            headers,
            timeout,
        } => {
            let (url, query) = (fill(url)?, fill(query)?);
            let headers = filled(headers, fill)?;
            instant_query(&url, &query, at, headers, *timeout).map(Inquiry::Http)
        }
        Provider::Json { request, at: _ } => self::request(request, fill).map(Inquiry::Http),
        Provider::Command(task) => Ok(Inquiry::Command(task)),
    }
}

fn instant_query(
    url: &str,
    query: &str,
    at: Option<i64>,
    mut headers: Vec<(String, String)>,
    timeout: Millis,
) -> Result<Request, String> {
    checked_url(url)?;
    if query.trim().is_empty() {
        return Err("the query is empty".to_owned());
    }
    let (endpoint, kept) = endpoint(url);
    let mut form = format!("query={}", encoded(query));
    if let Some(at) = at {
        form.push_str(&format!("&time={}", seconds(at)));
    }
    let joint = if kept.is_empty() { "" } else { "&" };
    let address = format!("{endpoint}?{kept}{joint}{form}");
    add_header(&mut headers, "Accept", "application/json");
    if address.len() <= LONGEST_ADDRESS {
        return Ok(Request {
            method: "GET".to_owned(),
            url: address,
            headers,
            body: None,
            timeout: Some(timeout),
        });
    }
    add_header(
        &mut headers,
        "Content-Type",
        "application/x-www-form-urlencoded",
    );
    let url = match kept {
        "" => endpoint,
        kept => format!("{endpoint}?{kept}"),
    };
    Ok(Request {
        method: "POST".to_owned(),
        url,
        headers,
        body: Some(form),
        timeout: Some(timeout),
    })
}

/// The address to ask, and the parameters that stood in the server's own.
fn endpoint(url: &str) -> (String, &str) {
    let url = url.split_once('#').map_or(url, |(url, _)| url);
    let (base, parameters) = url.split_once('?').unwrap_or((url, ""));
    (
        format!("{}/api/v1/query", base.trim_end_matches('/')),
        parameters,
    )
}

/// Seconds since 1970, as Prometheus takes them.
fn seconds(at_ms: i64) -> String {
    rust_decimal::Decimal::new(at_ms, 3).normalize().to_string()
}

/// The request of a plan, its templates filled by `fill`.
///
/// # Errors
/// What cannot be filled, and what cannot be sent, in words.
pub fn request(
    request: &HttpRequest,
    fill: &mut dyn FnMut(&Template) -> Result<String, String>,
) -> Result<Request, String> {
    let url = fill(&request.url)?;
    checked_url(&url)?;
    let body = request.body.as_ref().map(&mut *fill).transpose()?;
    Ok(Request {
        method: request.method.clone(),
        url,
        headers: filled(&request.headers, fill)?,
        body,
        timeout: request.timeout,
    })
}

fn filled(
    headers: &[(String, Template)],
    fill: &mut dyn FnMut(&Template) -> Result<String, String>,
) -> Result<Vec<(String, String)>, String> {
    headers
        .iter()
        .map(|(name, value)| {
            let value = fill(value)?;
            let is_name = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
            if name.is_empty() || !name.chars().all(is_name) {
                return Err(format!("`{}` is no name of a header", name.escape_debug()));
            }
            // The value may be a secret, so it is not shown.
            if value.chars().any(|c| c.is_control() && c != '\t') {
                return Err(format!("the value of header `{name}` holds a line break"));
            }
            Ok((name.clone(), value))
        })
        .collect()
}

fn add_header(headers: &mut Vec<(String, String)>, name: &str, value: &str) {
    if !headers
        .iter()
        .any(|(given, _)| given.eq_ignore_ascii_case(name))
    {
        headers.push((name.to_owned(), value.to_owned()));
    }
}

/// The address may hold a secret, so it is not shown.
fn checked_url(url: &str) -> Result<(), String> {
    let scheme = |name: &str| {
        url.get(..name.len())
            .is_some_and(|head| head.eq_ignore_ascii_case(name))
            && url.len() > name.len()
    };
    if !scheme("http://") && !scheme("https://") {
        return Err("the address does not begin with `http://` or `https://`".to_owned());
    }
    if url.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Err("the address holds a space or a line break".to_owned());
    }
    Ok(())
}

/// Every byte but letters, digits and `-._~` as `%XX`.
fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                out.push(char::from(byte));
            }
            _other => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metric::tests::json;
    use crate::plan::{RunValue, TemplatePart, ValueSource};

    fn known(template: &Template) -> Result<String, String> {
        template.known().ok_or_else(|| "not known yet".to_owned())
    }

    fn ask(url: &str, query: &str, at: Option<i64>) -> Result<Request, String> {
        let provider = Provider::Prometheus {
            url: Template::text(url),
            query: Template::text(query),
            headers: vec![("X-Scope-OrgID".to_owned(), Template::text("ops"))],
            timeout: 5_000,
        };
        match inquire(&provider, at, &mut known)? {
            Inquiry::Http(request) => Ok(request),
            Inquiry::Command(_) => Err("a command".to_owned()),
        }
    }

    fn header(name: &str, value: &str) -> (String, String) {
        (name.to_owned(), value.to_owned())
    }

    #[test]
    fn a_query_is_asked_with_everything_in_place() {
        let query = r#"100 * sum(rate(http_requests_total{status=~"5.."}[5m])) + 1 % ü&#"#;
        let request = ask("http://prometheus:9090", query, None).expect("a request");
        assert_eq!(request.method, "GET");
        assert_eq!(
            request.url,
            "http://prometheus:9090/api/v1/query?query=100%20%2A%20sum%28rate%28http_requests_total\
             %7Bstatus%3D~%225..%22%7D%5B5m%5D%29%29%20%2B%201%20%25%20%C3%BC%26%23"
        );
        let headers = [
            header("X-Scope-OrgID", "ops"),
            header("Accept", "application/json"),
        ];
        assert_eq!(request.headers, headers);
        assert_eq!((request.body, request.timeout), (None, Some(5_000)));
    }

    #[test]
    fn addresses_are_joined_as_they_are_meant() {
        for (url, wanted) in [
            ("http://p", "http://p/api/v1/query?query=up"),
            ("http://p/", "http://p/api/v1/query?query=up"),
            (
                "HTTPS://p/prometheus//",
                "HTTPS://p/prometheus/api/v1/query?query=up",
            ),
            (
                "http://p/x?tenant=1",
                "http://p/x/api/v1/query?tenant=1&query=up",
            ),
            ("http://p/#top", "http://p/api/v1/query?query=up"),
        ] {
            let request = ask(url, "up", None).expect(url);
            assert_eq!(request.url, wanted);
        }
    }

    #[test]
    fn a_moment_is_asked_for_in_seconds() {
        for (at, wanted) in [
            (1_700_000_000_123, "1700000000.123"),
            (1_700_000_000_000, "1700000000"),
            (0, "0"),
        ] {
            let request = ask("http://p", "up", Some(at)).expect("a request");
            assert_eq!(
                request.url,
                format!("http://p/api/v1/query?query=up&time={wanted}")
            );
        }
    }

    #[test]
    fn a_long_query_is_sent_as_a_form() {
        let query = "a".repeat(3_000);
        let request = ask("http://p?tenant=1", &query, Some(1_000)).expect("a request");
        assert_eq!(request.method, "POST");
        assert_eq!(request.url, "http://p/api/v1/query?tenant=1");
        assert_eq!(request.body, Some(format!("query={query}&time=1")));
        let form = header("Content-Type", "application/x-www-form-urlencoded");
        assert!(request.headers.contains(&form));
    }

    #[test]
    fn what_cannot_be_sent_is_refused() {
        for url in [
            "",
            "prometheus:9090",
            "file:///etc/passwd",
            "http://",
            "http://a b",
            "http://a\nb",
            "ftp://x",
            "é",
        ] {
            assert!(ask(url, "up", None).is_err(), "{url:?}");
        }
        assert_eq!(
            ask("http://p", " ", None),
            Err("the query is empty".to_owned())
        );
        for (name, value) in [
            ("X-A", "a\r\nX-B: b"),
            ("X A", "a"),
            ("", "a"),
            ("X:", "a"),
            ("X-A", "a\0"),
        ] {
            let Provider::Json { mut request, at } = json(None) else {
                panic!("a JSON provider");
            };
            request.headers = vec![(name.to_owned(), Template::text(value))];
            let provider = Provider::Json { request, at };
            let refused = inquire(&provider, None, &mut known);
            assert!(refused.is_err(), "{name:?}: {refused:?}");
        }
    }

    #[test]
    fn what_is_not_known_is_said() {
        let hole = TemplatePart::Value(ValueSource::Run(RunValue::Id));
        let provider = Provider::Prometheus {
            url: Template::text("http://p"),
            query: Template(vec![hole]),
            headers: Vec::new(),
            timeout: 1,
        };
        let refused = inquire(&provider, None, &mut known);
        assert_eq!(refused, Err("not known yet".to_owned()));
    }

    #[test]
    fn secrets_are_not_in_the_debug_text() {
        let request = ask("http://user:hunter2@p", "up", None).expect("a request");
        let shown = format!("{request:?}");
        assert!(
            !shown.contains("hunter2") && !shown.contains("ops"),
            "{shown}"
        );
    }
}
