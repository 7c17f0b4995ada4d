//! Requests over HTTP, put together from what is filled in.

use super::functions::Writer;
use super::text::{hundredths, quote, quoted};
use crate::plan::{HttpRequest, Millis, Provider, Template, TemplatePart, ValueSource};

/// How long an answer may take where nothing else is said.
const ANSWERING: Millis = 30_000;
/// How long a message may take to be posted that does not say so itself.
const POSTING: Millis = 10_000;

impl Writer<'_> {
    /// A request, put together but not sent.
    pub fn request(&mut self, request: &HttpRequest) {
        let limit = request.timeout.unwrap_or(ANSWERING);
        self.begin_request(&request.method, limit, &request.expect_status, &request.url);
        self.headers(&request.headers);
        if let Some(body) = &request.body {
            self.fill(body, false);
            self.line("rb_body");
        }
    }

    fn begin_request(&mut self, method: &str, limit: Millis, statuses: &[u16], url: &Template) {
        let statuses: Vec<String> = statuses.iter().map(u16::to_string).collect();
        let statuses = quoted(&statuses.join(" "));
        let method = quote(method);
        self.line(&format!(
            "rb_request {method} {} {statuses}",
            hundredths(limit)
        ));
        self.fill(url, false);
        self.line("rb_url");
        self.line("rb_fill plain");
        self.fill_openly(url);
        self.line("rb_address");
    }

    fn headers(&mut self, headers: &[(String, Template)]) {
        for (name, value) in headers {
            self.fill(value, false);
            self.line(&format!("rb_header {}", quote(name)));
        }
    }

    /// What of an address may be told.
    fn fill_openly(&mut self, template: &Template) {
        for part in &template.0 {
            match part {
                TemplatePart::Value(ValueSource::Secret(_)) => {
                    self.line("rb_fill_text '***'");
                }
                TemplatePart::Value(ValueSource::Template(inner)) => self.fill_openly(inner),
                TemplatePart::Text(text) => self.line(&format!("rb_fill_text {}", quoted(text))),
                TemplatePart::Value(value) => self.fill_value(value),
            }
        }
    }

    pub fn metric(&mut self, provider: &Provider) {
        match provider {
            Provider::Command(task) => self.task(task),
            Provider::Json { request, at: _ } => {
                self.request(request);
                self.line("rb_measure_answer");
            }
            Provider::Prometheus {
                url,
                query,
                headers,
                timeout,
            } => {
                self.begin_request("GET", *timeout, &[], url);
                self.headers(headers);
                self.fill(query, false);
                self.line("rb_query");
                self.line("rb_measure_answer");
            }
        }
    }

    pub fn post(
        &mut self,
        url: &Template,
        headers: &[(String, Template)],
        timeout: Option<Millis>,
        body: &str,
    ) {
        self.begin_request("POST", timeout.unwrap_or(POSTING), &[], url);
        self.line("rb_fill plain");
        self.line("rb_fill_text application/json");
        self.line("rb_header Content-Type");
        self.headers(headers);
        self.line(&format!("{body} \"$rb_message\""));
        self.line("rb_body");
        self.line("rb_post");
    }
}
