//! The spellings a secret is likely to take in the output of commands.

use base64::Engine;
use base64::engine::general_purpose::{GeneralPurpose, STANDARD, URL_SAFE};
use zeroize::Zeroizing;

use super::SHORTEST_SECRET;

/// A secret, or what an encoding makes of it.
pub type Spelling = Zeroizing<Vec<u8>>;

/// All spellings of all secrets that are long enough: in order, none twice.
pub fn of_all<'a>(secrets: impl IntoIterator<Item = &'a [u8]>) -> Vec<Spelling> {
    let mut all = Vec::new();
    for secret in secrets {
        add_spellings(secret, SHORTEST_SECRET, &mut all);
        for line in lines(secret) {
            // One more than for whole secrets: `true` and `null` are lines of
            // many a credentials file, and of much other output.
            add_spellings(line, SHORTEST_SECRET + 1, &mut all);
        }
    }
    all.sort_unstable_by(|a, b| a.as_slice().cmp(b.as_slice()));
    all.dedup_by(|a, b| a.as_slice() == b.as_slice());
    all
}

/// The lines of a secret that has several, without the space around them.
fn lines(secret: &[u8]) -> impl Iterator<Item = &[u8]> {
    let has_several = secret.contains(&b'\n');
    secret
        .split(|byte| *byte == b'\n')
        .map(<[u8]>::trim_ascii)
        .filter(move |_| has_several)
}

/// The value itself, and what the usual encodings make of it.
fn add_spellings(secret: &[u8], shortest: usize, all: &mut Vec<Spelling>) {
    if secret.len() < shortest {
        return;
    }
    let mut add = |spelling: Vec<u8>| {
        if spelling.len() >= SHORTEST_SECRET {
            all.push(Zeroizing::new(spelling));
        }
    };
    add(secret.to_vec());
    for digits in [LOWER, UPPER] {
        add(secret.iter().flat_map(|byte| hex(*byte, digits)).collect());
    }
    for style in PERCENT_STYLES {
        add(percent(secret, style));
    }
    for style in [shell_single, shell_single_by_double, shell_double] {
        add(each(secret, style));
    }
    add(each(secret, shell_backslash));
    add(each(secret, shell_dollar));
    if let Ok(text) = std::str::from_utf8(secret) {
        for style in JSON_STYLES {
            add(json(text, style));
        }
    }
    for alphabet in [&STANDARD, &URL_SAFE] {
        base64(secret, alphabet).into_iter().for_each(&mut add);
    }
}

const LOWER: &[u8; 16] = b"0123456789abcdef";
const UPPER: &[u8; 16] = b"0123456789ABCDEF";

fn hex(byte: u8, digits: &[u8; 16]) -> [u8; 2] {
    [
        digits[usize::from(byte >> 4)],
        digits[usize::from(byte & 15)],
    ]
}

/// How a program writes percent-encoding: digits, what it leaves as it is
/// beside letters and digits, and what becomes of a space.
struct PercentStyle {
    digits: &'static [u8; 16],
    kept: &'static [u8],
    space: &'static [u8],
}

const PERCENT_STYLES: [PercentStyle; 4] = [
    // RFC 3986: `curl --data-urlencode`, `jq @uri`
    PercentStyle {
        digits: UPPER,
        kept: b"-._~",
        space: b"%20",
    },
    PercentStyle {
        digits: LOWER,
        kept: b"-._~",
        space: b"%20",
    },
    // forms
    PercentStyle {
        digits: UPPER,
        kept: b"-._*",
        space: b"+",
    },
    // `encodeURIComponent` of JavaScript
    PercentStyle {
        digits: UPPER,
        kept: b"-._~!*'()",
        space: b"%20",
    },
];

fn percent(secret: &[u8], style: PercentStyle) -> Vec<u8> {
    let mut encoded = Vec::with_capacity(secret.len() * 3);
    for byte in secret {
        match byte {
            b' ' => encoded.extend_from_slice(style.space),
            byte if byte.is_ascii_alphanumeric() || style.kept.contains(byte) => {
                encoded.push(*byte);
            }
            byte => {
                encoded.push(b'%');
                encoded.extend(hex(*byte, style.digits));
            }
        }
    }
    encoded
}

/// How a program writes what JSON leaves open.
#[derive(Clone, Copy)]
struct JsonStyle {
    escapes_slashes: bool,
    escapes_markup: bool,
    only_ascii: bool,
}

const JSON_STYLES: [JsonStyle; 4] = [
    // `jq`, JavaScript
    JsonStyle {
        escapes_slashes: false,
        escapes_markup: false,
        only_ascii: false,
    },
    // Python, `jq -a`
    JsonStyle {
        escapes_slashes: false,
        escapes_markup: false,
        only_ascii: true,
    },
    // Go: `kubectl`, `terraform`
    JsonStyle {
        escapes_slashes: false,
        escapes_markup: true,
        only_ascii: false,
    },
    // PHP
    JsonStyle {
        escapes_slashes: true,
        escapes_markup: false,
        only_ascii: true,
    },
];

/// What stands between the quotes of a JSON string.
fn json(text: &str, style: JsonStyle) -> Vec<u8> {
    let mut encoded = String::with_capacity(text.len() + 8);
    for character in text.chars() {
        match character {
            '"' => encoded.push_str("\\\""),
            '\\' => encoded.push_str("\\\\"),
            '\n' => encoded.push_str("\\n"),
            '\r' => encoded.push_str("\\r"),
            '\t' => encoded.push_str("\\t"),
            '\u{8}' => encoded.push_str("\\b"),
            '\u{c}' => encoded.push_str("\\f"),
            '/' if style.escapes_slashes => encoded.push_str("\\/"),
            '<' | '>' | '&' if style.escapes_markup => push_utf16(character, &mut encoded),
            character if character < ' ' => push_utf16(character, &mut encoded),
            character if style.only_ascii && !character.is_ascii() => {
                push_utf16(character, &mut encoded);
            }
            character => encoded.push(character),
        }
    }
    encoded.into_bytes()
}

fn push_utf16(character: char, encoded: &mut String) {
    for unit in character.encode_utf16(&mut [0; 2]) {
        encoded.push_str(&format!("\\u{unit:04x}"));
    }
}

fn each(secret: &[u8], written: fn(u8) -> Vec<u8>) -> Vec<u8> {
    secret.iter().flat_map(|byte| written(*byte)).collect()
}

/// `'it'\''s'`
fn shell_single(byte: u8) -> Vec<u8> {
    match byte {
        b'\'' => br"'\''".to_vec(),
        byte => vec![byte],
    }
}

/// `'it'"'"'s'`, as Python and `set -x` of some shells write it.
fn shell_single_by_double(byte: u8) -> Vec<u8> {
    match byte {
        b'\'' => br#"'"'"'"#.to_vec(),
        byte => vec![byte],
    }
}

/// `"cost: 5\$"`
fn shell_double(byte: u8) -> Vec<u8> {
    match byte {
        b'"' | b'$' | b'`' | b'\\' => vec![b'\\', byte],
        byte => vec![byte],
    }
}

/// `it\'s`, as `printf %q` writes it.
fn shell_backslash(byte: u8) -> Vec<u8> {
    let is_plain = byte.is_ascii_alphanumeric() || b"_-./:=+%@".contains(&byte);
    match byte {
        byte if is_plain || !byte.is_ascii_graphic() && byte != b' ' => vec![byte],
        byte => vec![b'\\', byte],
    }
}

/// `$'two\nlines'`, as `bash -x` writes what holds control characters.
fn shell_dollar(byte: u8) -> Vec<u8> {
    match byte {
        b'\n' => b"\\n".to_vec(),
        b'\t' => b"\\t".to_vec(),
        b'\r' => b"\\r".to_vec(),
        b'\'' | b'\\' => vec![b'\\', byte],
        byte => vec![byte],
    }
}

/// The lengths of lines that `base64` and `openssl` break their output at.
const BASE64_LINES: [usize; 2] = [76, 64];

/// What only this secret decides of an encoded text that it is part of, for
/// each place it may have in a group of three bytes; and what encoding it
/// alone gives, whole and broken into lines.
fn base64(secret: &[u8], alphabet: &GeneralPurpose) -> Vec<Vec<u8>> {
    let alone = alphabet.encode(secret).into_bytes();
    let mut all: Vec<Vec<u8>> = BASE64_LINES
        .iter()
        .filter(|length| alone.len() > **length)
        .flat_map(|length| alone.chunks(*length).map(<[u8]>::to_vec))
        .collect();
    all.push(alone);
    for before in 0..3_usize {
        let mut bytes = vec![0; before];
        bytes.extend_from_slice(secret);
        let encoded = Zeroizing::new(alphabet.encode(&bytes).into_bytes());
        // Six bits a character: those that hold a bit of a neighbour are left
        // out.
        let own = (before * 8).div_ceil(6)..bytes.len() * 8 / 6;
        all.push(encoded[own.clone()].to_vec());
        all.push(encoded[own.start..].to_vec());
    }
    all
}
