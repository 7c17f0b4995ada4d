//! Quoting a value for the shell.

/// `value` as one word, in quotes where it needs them.
#[must_use]
pub fn word(value: &str) -> String {
    match is_plain(value) {
        true => value.to_owned(),
        false => quote(value),
    }
}

/// Whether a shell reads `value` as one word with exactly these characters, without
/// quotes.
#[must_use]
pub fn is_plain(value: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-/:=@%+,".contains(c);
    !value.is_empty() && value.chars().all(plain)
}

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
