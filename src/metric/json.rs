//! A number in a JSON document.
//!
//! A path that finds several numbers finds several series. JSON's numbers are
//! read as other programs read them, to about 17 digits; a number in a string
//! is read exactly, and may have a unit.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};
use serde_json_path::JsonPath;

use crate::metric::number::{self, Number, shown};
use crate::metric::{Found, MOST_SERIES, not_json};
use crate::types::Unit;

/// # Errors
/// Why it is no answer to the question, in words.
pub fn read(
    at: Option<&str>,
    content_type: Option<&str>,
    body: &[u8],
    unit: Unit,
) -> Result<Found, String> {
    let Unambiguous(document) =
        serde_json::from_slice(body).map_err(|error| not_json(content_type, &error))?;
    let mut found = Found::default();
    let Some(at) = at else {
        found.add(number(&document, "the document", unit)?);
        return Ok(found);
    };
    let path =
        JsonPath::parse(at).map_err(|error| format!("{} is no JSON path: {error}", shown(at)))?;
    let nodes = path.query(&document);
    if nodes.is_empty() {
        found.add(Number::None(format!("there is nothing at {}", shown(at))));
    }
    for node in nodes.into_iter().take(MOST_SERIES + 1) {
        found.add(number(node, &format!("the value at {}", shown(at)), unit)?);
    }
    Ok(found)
}

fn number(value: &Value, what: &str, unit: Unit) -> Result<Number, String> {
    let is = |kind: &str| Err(format!("{what} is {kind}, expected a number"));
    match value {
        Value::Null => Ok(Number::None(format!("{what} is null"))),
        Value::Number(written) => number::parse(&written.to_string(), unit),
        Value::String(text) => number::parse(text, unit),
        Value::Bool(_) => return is("true or false"),
        Value::Array(_) => return is("a list"),
        Value::Object(_) => return is("an object"),
    }
    .map_err(|why| format!("{what} is {why}"))
}

/// A document that names nothing twice. Which of two equal names counts is up
/// to who reads it, so such a document says nothing.
struct Unambiguous(Value);

impl<'de> Deserialize<'de> for Unambiguous {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Unambiguous, D::Error> {
        deserializer.deserialize_any(Reader).map(Unambiguous)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON document")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(Unambiguous(item)) = items.next_element()? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some((name, Unambiguous(value))) = entries.next_entry::<String, _>()? {
            if object.contains_key(&name) {
                return Err(A::Error::custom(format!(
                    "{} stands twice in an object",
                    shown(&name)
                )));
            }
            object.insert(name, value);
        }
        Ok(Value::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use crate::metric::tests::{json, told};
    use crate::types::Unit;

    fn reading(at: Option<&str>, body: &str) -> String {
        let read = crate::metric::read(&json(at), 200, None, body.as_bytes(), Unit::Percent);
        told(&read)
    }

    #[test]
    fn numbers_are_found() {
        let document =
            r#"{"last_hour": 42, "hosts": [{"load": "1.5%"}, {"load": 0.1}], "none": null}"#;
        for (at, wanted) in [
            ("$.last_hour", "42"),
            ("$.hosts[0].load", "1.5"),
            ("$.hosts[*].load", "1.5 0.1"),
            ("$.none", "no data: the value at `$.none` is null"),
            ("$.nothing", "no data: there is nothing at `$.nothing`"),
            (
                "$['last_hour', 'none']",
                "42 partly: 1 of 2 series: the value at `$['last_hour', 'none']` is null",
            ),
        ] {
            assert_eq!(reading(Some(at), document), wanted, "{at}");
        }
        for (document, wanted) in [
            ("42", "42"),
            ("-1.5e2", "-150"),
            ("0.30000000000000004", "0.30000000000000004"),
            ("123456789.12345678", "123456789.12345678"),
            ("18446744073709551615", "18446744073709551615"),
            ("\"NaN\"", "no data: the value is `NaN`"),
            (" 0.1 \n", "0.1"),
        ] {
            assert_eq!(reading(None, document), wanted, "{document}");
        }
    }

    #[test]
    fn what_is_no_number_is_an_error() {
        for (at, document, wanted) in [
            (None, "", "the answer ends too early"),
            (
                None,
                "true",
                "the document is true or false, expected a number",
            ),
            (None, "[1]", "the document is a list, expected a number"),
            (None, "{}", "the document is an object, expected a number"),
            (
                None,
                "\"\"",
                "the document is ``, expected a number such as `2.3` or `2.3%`",
            ),
            (
                None,
                "\"5m\"",
                "the document is `5m`, a duration where a percentage is expected",
            ),
            (None, "1e30", "the document is `1e+30`, which is too large"),
            (
                None,
                "1e400",
                "the answer cannot be read: number out of range at line 1 column 5",
            ),
            (
                None,
                "NaN",
                "the answer cannot be read: expected value at line 1 column 1",
            ),
            (
                Some("$.a"),
                r#"{"a": 1, "a": 2}"#,
                "the answer cannot be read: `a` stands twice in an object at line 1 column 16",
            ),
            (
                Some("$.a"),
                r#"{"a": 1} x"#,
                "the answer cannot be read: trailing characters at line 1 column 10",
            ),
            (
                Some("$.a[*]"),
                r#"{"a": [1, true]}"#,
                "the value at `$.a[*]` is true or false, expected a number",
            ),
            (Some("$.a"), r#"{"a": 1"#, "the answer ends too early"),
        ] {
            let found = reading(at, document);
            assert_eq!(found, format!("error: {wanted}"), "{document}");
        }
        assert!(reading(Some("a["), "1").starts_with("error: `a[` is no JSON path"));
        let deep = format!("{}1{}", "[".repeat(200), "]".repeat(200));
        let wanted =
            "error: the answer cannot be read: recursion limit exceeded at line 1 column 128";
        assert_eq!(reading(Some("$..*"), &deep), wanted);
    }

    #[test]
    fn half_a_document_is_an_error() {
        let whole = r#"{"a": {"b": [1, "2"]}}"#;
        for end in 0..whole.len() {
            let found = reading(Some("$.a.b[*]"), &whole[..end]);
            assert_eq!(found, "error: the answer ends too early", "{end}");
        }
        assert_eq!(reading(Some("$.a.b[*]"), whole), "1 2");
    }

    #[test]
    fn too_many_numbers_are_an_error() {
        let list = format!("[{}1]", "1,".repeat(20_000));
        let found = reading(Some("$[*]"), &list);
        assert!(found.contains("at most 10000 are read"), "{found}");
    }
}
