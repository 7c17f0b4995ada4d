//! What Prometheus, or a server that speaks like it, answers to an instant
//! query.
//!
//! Its numbers are strings in the units of the query: seconds, and percentage
//! points where the query multiplies by 100. A warning of the server (a store
//! that did not answer, histograms left out) means that series may be missing,
//! so what is there is read as a part.

use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};

use crate::metric::number::{self, Number, shown};
use crate::metric::{Found, not_json, refused};
use crate::types::Unit;

#[derive(Deserialize)]
struct Answer<R> {
    status: String,
    data: Option<Data<R>>,
    #[serde(rename = "errorType")]
    error_type: Option<String>,
    error: Option<String>,
    warnings: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct Data<R> {
    #[serde(rename = "resultType")]
    kind: String,
    result: R,
}

/// When and how much.
type Point = (IgnoredAny, String);

#[derive(Deserialize)]
struct Series {
    value: Option<Point>,
    histogram: Option<IgnoredAny>,
}

/// # Errors
/// Why it is no answer to the question, in words.
pub fn read(
    status: u16,
    content_type: Option<&str>,
    body: &[u8],
    unit: Unit,
) -> Result<Found, String> {
    let is_good = (200..300).contains(&status);
    let answer = match parse::<IgnoredAny>(content_type, body) {
        Ok(answer) => answer,
        Err(_not_understood) if !is_good => return Err(refused(status, body)),
        Err(why) => return Err(why),
    };
    if answer.status != "success" || !is_good {
        return Err(failure(status, &answer));
    }
    let Some(data) = answer.data else {
        return Err("the answer holds no data field".to_owned());
    };
    let mut found = match data.kind.as_str() {
        "vector" => vector(content_type, body, unit)?,
        "scalar" => scalar(content_type, body, unit)?,
        "matrix" => {
            return Err(
                "the query gives ranges of values: take one of them, as in `avg_over_time(…)`"
                    .to_owned(),
            );
        }
        "string" => return Err("the query gives text, not a number".to_owned()),
        other => return Err(format!("the answer is of an unknown kind {}", shown(other))),
    };
    found.warning = warning(answer.warnings.unwrap_or_default());
    Ok(found)
}

/// Read twice, each time for what is wanted, so that nothing of it is looser
/// than its type.
fn parse<R: DeserializeOwned>(
    content_type: Option<&str>,
    body: &[u8],
) -> Result<Answer<R>, String> {
    serde_json::from_slice(body).map_err(|error| not_json(content_type, &error))
}

fn vector(content_type: Option<&str>, body: &[u8], unit: Unit) -> Result<Found, String> {
    let answer = parse::<Vec<Series>>(content_type, body)?;
    let mut found = Found::default();
    for series in answer.data.into_iter().flat_map(|data| data.result) {
        let Some((_, value)) = series.value else {
            return Err(match series.histogram {
                Some(_) => {
                    "the query gives histograms: take a number, as in `histogram_quantile(…)`"
                }
                None => "a series of the answer has no value",
            }
            .to_owned());
        };
        found.add(plain(&value, unit)?);
    }
    Ok(found)
}

fn scalar(content_type: Option<&str>, body: &[u8], unit: Unit) -> Result<Found, String> {
    let answer = parse::<Point>(content_type, body)?;
    let mut found = Found::default();
    if let Some(data) = answer.data {
        let (_, value) = data.result;
        found.add(plain(&value, unit)?);
    }
    Ok(found)
}

/// A number without a unit: the server never writes one.
fn plain(value: &str, unit: Unit) -> Result<Number, String> {
    let holds = |what: String| format!("the answer holds {what}");
    let has_unit = !value.ends_with(|c: char| c.is_ascii_digit());
    match number::parse(value, unit).map_err(holds)? {
        Number::Amount(_) if has_unit => Err(holds(format!("{}, expected a number", shown(value)))),
        number => Ok(number),
    }
}

fn failure(status: u16, answer: &Answer<IgnoredAny>) -> String {
    let kind = answer.error_type.as_deref().unwrap_or("error");
    match &answer.error {
        Some(error) => format!("the source answered {status}, {kind}: {}", shown(error)),
        None => format!(
            "the source answered {status} and status {}",
            shown(&answer.status)
        ),
    }
}

/// Notes of style about the query stand among the warnings of older servers;
/// they say nothing about the data.
fn warning(warnings: Vec<String>) -> Option<String> {
    let real = warnings
        .into_iter()
        .find(|text| !text.starts_with("PromQL info"))?;
    Some(format!("the source warns: {}", shown(&real)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::event::ReadingResult;
    use crate::metric::tests::{prometheus, told};

    fn reading(status: u16, body: &str) -> String {
        let read = crate::metric::read(&prometheus(), status, None, body.as_bytes(), Unit::Percent);
        told(&read)
    }

    fn success(kind: &str, result: &str) -> String {
        format!(r#"{{"status":"success","data":{{"resultType":"{kind}","result":{result}}}}}"#)
    }

    const ONE: &str = r#"[{"metric":{"a":"b"},"value":[1700000000.781,"0.05"]}]"#;

    #[test]
    fn answers_are_read() {
        for (kind, result, wanted) in [
            ("vector", ONE, "0.05"),
            (
                "vector",
                r#"[{"metric":{},"value":[1,"1e-05"]},{"metric":{},"value":[1,"2"]}]"#,
                "0.00001 2",
            ),
            (
                "vector",
                r#"[{"value":[1,"0.1000000001"],"metric":{}}]"#,
                "0.1000000001",
            ),
            ("scalar", r#"[1435781451.781,"3"]"#, "3"),
            ("vector", "[]", "no data: no series"),
            (
                "vector",
                r#"[{"metric":{},"value":[1,"NaN"]}]"#,
                "no data: the value is `NaN`",
            ),
            ("scalar", r#"[1,"+Inf"]"#, "no data: the value is `+Inf`"),
            (
                "vector",
                r#"[{"metric":{},"value":[1,"NaN"]},{"metric":{},"value":[1,"2"]}]"#,
                "2 partly: 1 of 2 series: the value is `NaN`",
            ),
        ] {
            assert_eq!(reading(200, &success(kind, result)), wanted, "{result}");
        }
    }

    #[test]
    fn what_is_no_number_is_an_error() {
        for (kind, result, wanted) in [
            (
                "matrix",
                r#"[{"metric":{},"values":[[1,"2"]]}]"#,
                "ranges of values",
            ),
            ("string", r#"[1,"5"]"#, "gives text"),
            ("tensor", "[]", "unknown kind `tensor`"),
            (
                "vector",
                r#"[{"metric":{},"histogram":[1,{}]}]"#,
                "histogram_quantile",
            ),
            ("vector", r#"[{"metric":{}}]"#, "has no value"),
            (
                "vector",
                r#"[{"metric":{},"value":[1,0.05]}]"#,
                "cannot be read",
            ),
            (
                "vector",
                r#"[{"metric":{},"value":["0.05"]}]"#,
                "cannot be read",
            ),
            (
                "vector",
                r#"[{"metric":{},"value":[1,"0.05","9"]}]"#,
                "cannot be read",
            ),
            ("vector", r#"[{"metric":{},"value":[1,"5%"]}]"#, "`5%`"),
            (
                "vector",
                r#"[{"metric":{},"value":[1,""]}]"#,
                "expected a number",
            ),
            (
                "vector",
                r#"[{"value":[1,"9"],"value":[1,"0"]}]"#,
                "duplicate field",
            ),
            (
                "vector",
                r#"{"metric":{},"value":[1,"0"]}"#,
                "cannot be read",
            ),
            ("vector", "null", "cannot be read"),
            ("scalar", ONE, "cannot be read"),
            ("vector", r#"[1,"0"]"#, "cannot be read"),
        ] {
            let found = reading(200, &success(kind, result));
            assert!(found.starts_with("error: "), "{result}: {found}");
            assert!(found.contains(wanted), "{result}: {found}");
        }
    }

    #[test]
    fn a_failure_is_told_in_the_words_of_the_server() {
        let body = r#"{"status":"error","errorType":"bad_data","error":"parse error: no `)`"}"#;
        let wanted = "error: the source answered 400, bad_data: `parse error: no `)``";
        assert_eq!(reading(400, body), wanted);
        let partly = r#"{"status":"error","data":{"resultType":"scalar","result":[1,"0"]}}"#;
        assert_eq!(
            reading(200, partly),
            "error: the source answered 200 and status `error`"
        );
        // A success in words only.
        let contradiction = success("scalar", r#"[1,"0"]"#);
        assert!(reading(500, &contradiction).starts_with("error: the source answered 500"));
        assert_eq!(
            reading(502, "bad gateway"),
            "error: the source answered 502: `bad gateway`"
        );
        assert_eq!(
            reading(200, r#"{"status":"success"}"#),
            "error: the answer holds no data field"
        );
        let page = crate::metric::read(
            &prometheus(),
            200,
            Some("text/html; charset=utf-8"),
            b"<html>",
            Unit::Percent,
        );
        assert!(told(&page).contains("web page"), "{page:?}");
    }

    #[test]
    fn with_a_warning_it_is_only_a_part() {
        let warned = |warning: &str| {
            let answer = success("vector", ONE);
            let head = &answer[..answer.len() - 1];
            reading(200, &format!("{head},\"warnings\":[\"{warning}\"]}}"))
        };
        let part = warned("no store API for replica 2");
        assert_eq!(
            part,
            "0.05 partly: the source warns: `no store API for replica 2`"
        );
        assert_eq!(warned("PromQL info: metric might not be a counter"), "0.05");
    }

    #[test]
    fn half_an_answer_is_an_error() {
        let whole = success("vector", ONE);
        for end in 0..whole.len() {
            let found = crate::metric::read(
                &prometheus(),
                200,
                None,
                &whole.as_bytes()[..end],
                Unit::Percent,
            );
            assert!(matches!(found, ReadingResult::Error(_)), "{end}: {found:?}");
        }
    }

    #[test]
    fn too_many_series_are_an_error() {
        let series = vec![r#"{"metric":{},"value":[1,"0"]}"#; 10_001].join(",");
        let found = reading(200, &success("vector", &format!("[{series}]")));
        assert!(
            found.starts_with("error: the answer has 10001 series"),
            "{found}"
        );
    }
}
