//! Quoting a value for the shell.

/// Quotes `value` so that any POSIX shell reads it as one word with exactly
/// these characters. A NUL character, which no shell can hold, is kept as is.
#[must_use]
pub fn quote(value: &str) -> String {
    let mut quoted = String::with_capacity(value.len() + 2);
    quoted.push('\'');
    for (index, part) in value.split('\'').enumerate() {
        if index > 0 {
            quoted.push_str(r"'\''");
        }
        quoted.push_str(part);
    }
    quoted.push('\'');
    quoted
}
