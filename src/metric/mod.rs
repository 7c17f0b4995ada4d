//! Where measurements come from, as data: the request to send, and how to read
//! the answer. Nothing is sent from here.
//!
//! | file | its part |
//! | --- | --- |
//! | `request` | what to send |
//! | `prometheus`, `json` | what an answer says |
//! | `number` | exact decimals from text |
//!
//! An answer is a reading only if nothing about it is odd. What cannot be
//! understood is an error, what is understood and holds no number is no data,
//! and where some series have a number and others have none, that is said too.

mod json;
mod number;
mod prometheus;
mod request;

pub use request::{Inquiry, Request, inquire, request};

use crate::machine::event::ReadingResult;
use crate::plan::Provider;
use crate::types::Unit;
use number::Number;
use rust_decimal::Decimal;

/// Answers longer than this, in bytes, are not read.
pub const LONGEST_ANSWER: usize = 4 << 20;
/// With more series than this an answer is not what its author meant.
const MOST_SERIES: usize = 10_000;

/// Reads what a source answered. For a command the body is its output, and the
/// status and content type do not matter.
pub fn read(
    provider: &Provider,
    status: u16,
    content_type: Option<&str>,
    body: &[u8],
    unit: Unit,
) -> ReadingResult {
    if body.len() > LONGEST_ANSWER {
        return error("the answer is longer than 4 MiB");
    }
    let values = match provider {
        Provider::Prometheus { .. } => prometheus::read(status, content_type, body, unit),
        Provider::Json { request, at } => {
            let wanted = &request.expect_status;
            let is_good = match wanted.as_slice() {
                [] => (200..300).contains(&status),
                wanted => wanted.contains(&status),
            };
            if is_good {
                json::read(at.as_deref(), content_type, body, unit)
            } else {
                Err(refused(status, body))
            }
        }
        Provider::Command(_) => return read_output(body, unit),
    };
    match values {
        Ok(found) => found.into_reading(),
        Err(why) => ReadingResult::Error(why),
    }
}

/// Reads what a command printed: one number, its unit optional.
pub fn read_output(output: &[u8], unit: Unit) -> ReadingResult {
    if output.len() > LONGEST_ANSWER {
        return error("it printed more than 4 MiB");
    }
    let Ok(text) = std::str::from_utf8(output) else {
        return error("it printed bytes that are not text");
    };
    let text = text.trim();
    if text.is_empty() {
        return ReadingResult::NoData("it printed nothing".to_owned());
    }
    if text.contains('\n') {
        let lines = text.lines().count();
        return ReadingResult::Error(format!("it printed {lines} lines, expected one number"));
    }
    match number::parse(text, unit) {
        Ok(Number::Amount(amount)) => ReadingResult::Values(vec![amount]),
        Ok(Number::None(why)) => ReadingResult::NoData(why),
        Err(why) => ReadingResult::Error(format!("it printed {why}")),
    }
}

fn error(why: &str) -> ReadingResult {
    ReadingResult::Error(why.to_owned())
}

/// The series of an answer.
#[derive(Debug, Default)]
struct Found {
    values: Vec<Decimal>,
    /// So many series have no number, and why the first has none.
    missing: usize,
    why: Option<String>,
    /// What the source itself says is wrong with its answer.
    warning: Option<String>,
}

impl Found {
    fn add(&mut self, number: Number) {
        match number {
            Number::Amount(amount) => self.values.push(amount),
            Number::None(why) => {
                self.missing += 1;
                self.why.get_or_insert(why);
            }
        }
    }

    fn into_reading(self) -> ReadingResult {
        let all = self.values.len() + self.missing;
        if all > MOST_SERIES {
            let why = format!("the answer has {all} series, at most {MOST_SERIES} are read");
            return ReadingResult::Error(why);
        }
        let missing = match (self.missing, self.why) {
            (0, _) | (_, None) => None,
            (_, Some(why)) if all == 1 => Some(why),
            (missing, Some(why)) => Some(format!("{missing} of {all} series: {why}")),
        };
        let why = self.warning.or(missing);
        match (self.values.is_empty(), why) {
            (true, Some(why)) => ReadingResult::NoData(why),
            (true, None) => ReadingResult::NoData("no series".to_owned()),
            (false, Some(why)) => ReadingResult::Partly {
                values: self.values,
                why,
            },
            (false, None) => ReadingResult::Values(self.values),
        }
    }
}

/// A status that is no success, with the beginning of what came with it.
fn refused(status: u16, body: &[u8]) -> String {
    let body = String::from_utf8_lossy(&body[..body.len().min(500)]);
    match body.trim() {
        "" => format!("the source answered {status}"),
        text => format!("the source answered {status}: {}", number::shown(text)),
    }
}

/// Why a body is no JSON; names the usual reason.
fn not_json(content_type: Option<&str>, error: &serde_json::Error) -> String {
    let is_page = content_type.is_some_and(|kind| kind.trim_start().starts_with("text/html"));
    if is_page {
        return "the source answered with a web page, perhaps to log in on".to_owned();
    }
    if error.is_eof() {
        return "the answer ends too early".to_owned();
    }
    format!("the answer cannot be read: {error}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::{HttpRequest, Run, Shell, Task, Template};
    use proptest::prelude::*;

    pub(super) fn prometheus() -> Provider {
        Provider::Prometheus {
            url: Template::text("http://prometheus:9090"),
            query: Template::text("up"),
            headers: Vec::new(),
            timeout: 10_000,
        }
    }

    pub(super) fn json(at: Option<&str>) -> Provider {
        Provider::Json {
            request: HttpRequest {
                method: "GET".to_owned(),
                url: Template::text("https://stats.internal/signups.json"),
                headers: Vec::new(),
                body: None,
                timeout: None,
                expect_status: Vec::new(),
            },
            at: at.map(str::to_owned),
        }
    }

    fn command() -> Provider {
        Provider::Command(Box::new(Task {
            run: Run::Script {
                text: "./metric.sh".to_owned(),
                shell: Shell::Sh,
            },
            bindings: Vec::new(),
            directory: None,
            host: None,
            timeout: None,
            expect: crate::plan::Expect::default(),
            outputs: Vec::new(),
            needs: Vec::new(),
        }))
    }

    fn providers() -> [Provider; 4] {
        [prometheus(), json(None), json(Some("$..a[*]")), command()]
    }

    /// `0.5`, `0.5 1`, `1 partly: …`, `no data: …`, `error: …`.
    pub(super) fn told(reading: &ReadingResult) -> String {
        let list = |values: &[Decimal]| {
            let values: Vec<String> = values.iter().map(Decimal::to_string).collect();
            values.join(" ")
        };
        match reading {
            ReadingResult::Values(values) => list(values),
            ReadingResult::Partly { values, why } => format!("{} partly: {why}", list(values)),
            ReadingResult::NoData(why) => format!("no data: {why}"),
            ReadingResult::Error(why) => format!("error: {why}"),
        }
    }

    #[test]
    fn commands_print_one_number() {
        for (printed, wanted) in [
            ("2.3\n", "2.3"),
            ("  2.3%\r\n", "2.3"),
            (".5", "0.5"),
            ("1e-05", "0.00001"),
            ("", "no data: it printed nothing"),
            ("\n \n", "no data: it printed nothing"),
            ("-nan\n", "no data: the value is `-nan`"),
            ("1\n2\n", "error: it printed 2 lines, expected one number"),
            (
                "2,3",
                "error: it printed `2,3`, expected a number such as `2.3` or `2.3%`",
            ),
            (
                "0.5 ok",
                "error: it printed `0.5 ok`, expected a number such as `2.3` or `2.3%`",
            ),
            (
                "\u{1b}[2J",
                "error: it printed `\\u{1b}[2J`, expected a number such as `2.3` or `2.3%`",
            ),
            (
                "120ms",
                "error: it printed `120ms`, a duration where a percentage is expected",
            ),
        ] {
            let reading = read(&command(), 0, None, printed.as_bytes(), Unit::Percent);
            assert_eq!(told(&reading), wanted, "{printed:?}");
        }
        let bytes = read_output(&[b'1', 0xff], Unit::Percent);
        assert_eq!(told(&bytes), "error: it printed bytes that are not text");
    }

    #[test]
    fn a_status_that_is_no_success_is_never_a_reading() {
        for status in [0, 100, 199, 300, 304, 401, 404, 429, 500, 503, 999] {
            let reading = read(&json(None), status, None, b"1", Unit::Number);
            assert_eq!(
                told(&reading),
                format!("error: the source answered {status}: `1`")
            );
        }
        let mut accepted = json(None);
        if let Provider::Json { request, .. } = &mut accepted {
            request.expect_status = vec![404];
        }
        assert_eq!(told(&read(&accepted, 404, None, b"1", Unit::Number)), "1");
        let refused = read(&accepted, 200, None, b"", Unit::Number);
        assert_eq!(told(&refused), "error: the source answered 200");
    }

    #[test]
    fn hostile_answers_are_errors_and_take_no_time() {
        let long = |text: &str, bytes: usize| text.repeat(bytes / text.len()).into_bytes();
        let bodies = [
            long("[", 10 << 20),
            long("[", LONGEST_ANSWER),
            long("{\"a\":", LONGEST_ANSWER),
            long("9", LONGEST_ANSWER),
            long("\"", LONGEST_ANSWER),
            long("\\u0000", LONGEST_ANSWER),
            long("\0", 1_000),
            vec![0xff; 1_000],
            b"[1,2".to_vec(),
            b"{}{}".to_vec(),
            b"{\"a\":[1],\"a\":[2]}".to_vec(),
        ];
        for provider in providers() {
            for body in &bodies {
                let reading = read(&provider, 200, None, body, Unit::Number);
                let head = String::from_utf8_lossy(&body[..body.len().min(20)]);
                assert!(
                    matches!(&reading, ReadingResult::Error(why) if why.len() < 1_000),
                    "{provider:?} {head}: {reading:?}"
                );
            }
        }
    }

    #[test]
    fn an_answer_that_is_too_long_is_not_read() {
        for provider in [json(None), command()] {
            let mut body = vec![b' '; LONGEST_ANSWER - 1];
            body.push(b'1');
            let whole = read(&provider, 200, None, &body, Unit::Number);
            assert_eq!(told(&whole), "1");
            body.insert(0, b' ');
            let longer = read(&provider, 200, None, &body, Unit::Number);
            assert!(matches!(longer, ReadingResult::Error(_)), "{longer:?}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn any_bytes_give_a_reading(body in proptest::collection::vec(any::<u8>(), 0..200), status in 0..1000u16) {
            for provider in providers() {
                let reading = read(&provider, status, Some("text/html"), &body, Unit::Bytes);
                if let ReadingResult::Values(values) = &reading {
                    prop_assert!(!values.is_empty());
                }
            }
        }

        #[test]
        fn any_text_gives_a_reading(body in "[\\[\\]{}\":,.0-9eE+\\-a%nI ]{0,60}") {
            for provider in providers() {
                read(&provider, 200, None, body.as_bytes(), Unit::Duration);
            }
        }
    }
}
