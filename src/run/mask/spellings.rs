//! The spellings a secret is likely to take in the output of commands.

use std::fmt::Write;

use zeroize::Zeroizing;

type Spelling = Zeroizing<Vec<u8>>;

/// The value itself and as base64 (wherever it begins in the encoded text),
/// percent-encoded, in JSON, quoted for a shell and in hexadecimal; and each
/// of its lines, where it has several.
pub fn spellings(secret: &[u8]) -> Vec<Spelling> {
    let mut all = of_one(secret);
    let lines: Vec<&[u8]> = secret.split(|byte| *byte == b'\n').collect();
    if lines.len() > 1 {
        for line in lines {
            // Short lines (`}`, `-----`) would mask what is no secret.
            if line.len() >= 12 {
                all.extend(of_one(line));
            }
        }
    }
    all.sort_unstable_by(|a, b| a.as_slice().cmp(b.as_slice()));
    all.dedup_by(|a, b| a.as_slice() == b.as_slice());
    all
}

fn of_one(secret: &[u8]) -> Vec<Spelling> {
    let mut all = vec![
        secret.to_vec(),
        percent(secret, false),
        percent(secret, true),
        hexadecimal(secret, false),
        hexadecimal(secret, true),
    ];
    if let Ok(text) = std::str::from_utf8(secret) {
        let json = serde_json::Value::String(text.to_owned()).to_string();
        all.push(json.as_bytes()[1..json.len() - 1].to_vec());
        all.push(text.replace('\'', "'\\''").into_bytes());
    }
    all.extend(base64(secret, STANDARD));
    all.extend(base64(secret, URL_SAFE));
    all.into_iter().map(Zeroizing::new).collect()
}

fn percent(secret: &[u8], space_as_plus: bool) -> Vec<u8> {
    let mut text = String::new();
    for byte in secret {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                text.push(char::from(*byte));
            }
            b' ' if space_as_plus => text.push('+'),
            byte => {
                // Writing to a string does not fail.
                let _ = write!(text, "%{byte:02X}");
            }
        }
    }
    text.into_bytes()
}

fn hexadecimal(secret: &[u8], upper: bool) -> Vec<u8> {
    let mut text = String::new();
    for byte in secret {
        let _ = if upper {
            write!(text, "{byte:02X}")
        } else {
            write!(text, "{byte:02x}")
        };
    }
    text.into_bytes()
}

const STANDARD: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const URL_SAFE: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// The characters that only this secret decides, for each place it may have in
/// a group of three bytes; and whole, with its padding.
fn base64(secret: &[u8], alphabet: &[u8; 64]) -> Vec<Vec<u8>> {
    let mut all: Vec<Vec<u8>> = (0..3)
        .map(|offset| {
            let mut bytes = vec![0_u8; offset];
            bytes.extend_from_slice(secret);
            let first = (offset * 8).div_ceil(6);
            let last = bytes.len() * 8 / 6;
            encode(&bytes, alphabet)
                .get(first..last)
                .map(<[u8]>::to_vec)
                .unwrap_or_default()
        })
        .collect();
    let mut whole = encode(secret, alphabet);
    while !whole.len().is_multiple_of(4) {
        whole.push(b'=');
    }
    all.push(whole);
    all
}

/// Base64 without padding.
fn encode(bytes: &[u8], alphabet: &[u8; 64]) -> Vec<u8> {
    let mut encoded = Vec::with_capacity(bytes.len() * 4 / 3 + 3);
    for group in bytes.chunks(3) {
        let mut bits = 0_u32;
        for at in 0..3 {
            bits = bits << 8 | u32::from(group.get(at).copied().unwrap_or(0));
        }
        for at in 0..=group.len() {
            let index = bits >> (18 - 6 * at) & 63;
            encoded.push(alphabet[index as usize]);
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    fn has(secret: &str, spelling: &str) -> bool {
        spellings(secret.as_bytes())
            .iter()
            .any(|found| found.as_slice() == spelling.as_bytes())
    }

    #[test]
    fn common_encodings_are_among_the_spellings() {
        // The expected texts are those of coreutils' base64 and xxd.
        assert!(has("s3cr3t/key?", "czNjcjN0L2tleT8="));
        assert!(has("s3cr3t/key?", "s3cr3t%2Fkey%3F"));
        assert!(has("a b&c", "a+b%26c"));
        assert!(has("say \"hi\"", "say \\\"hi\\\""));
        assert!(has("it's me", "it'\\''s me"));
        assert!(has("abcd", "61626364"));
        assert!(has("first line here\nsecond line here", "second line here"));
    }

    #[test]
    fn every_place_in_a_longer_text_is_found() {
        let secret = b"p4ssw0rd";
        for before in ["", "x", "xy", "user:"] {
            let mut text = before.as_bytes().to_vec();
            text.extend_from_slice(secret);
            text.extend_from_slice(b" and more");
            let encoded = encode(&text, STANDARD);
            let found = spellings(secret).iter().any(|it| {
                encoded
                    .windows(it.len())
                    .any(|window| window == it.as_slice())
            });
            assert!(found, "behind {before:?}");
        }
    }
}
