use proptest::prelude::*;

use super::*;

fn masks(secrets: &[&str]) -> Arc<Masks> {
    let secrets = secrets.iter().map(|secret| secret.as_bytes());
    Arc::new(Masks::new(secrets).expect("the secrets can be masked"))
}

fn masked(secret: &str, text: &str) -> String {
    masks(&[secret]).text(text)
}

fn in_pieces(masks: &Arc<Masks>, text: &[u8], cuts: &[usize]) -> Vec<u8> {
    let mut stream = MaskStream::new(masks.clone());
    let mut shown = Vec::new();
    let mut rest = text;
    for cut in cuts {
        let (piece, after) = rest.split_at((*cut).min(rest.len()));
        stream.push(piece, &mut shown);
        rest = after;
    }
    stream.push(rest, &mut shown);
    stream.finish(&mut shown);
    shown
}

#[test]
fn secrets_are_masked_wherever_they_stand() {
    assert_eq!(masked("hunter2!", "pw=hunter2! ok"), "pw=*** ok");
    assert_eq!(masked("hunter2!", "hunter2!hunter2!"), "******");
    assert_eq!(masked("hunter2!", "hunter2"), "hunter2");
    assert_eq!(masked("hunter2!", "hunter2 !"), "hunter2 !");
}

#[test]
fn without_secrets_nothing_changes() {
    assert_eq!(masks(&[]).text("anything"), "anything");
    assert_eq!(masks(&["abc"]).text("abcabc"), "abcabc");
}

#[test]
fn secrets_that_overlap_leave_nothing_of_each_other() {
    assert_eq!(masks(&["abcde", "defgh"]).text("xabcdefghx"), "x***x");
    assert_eq!(masks(&["abcde", "bcd!"]).text("abcde"), "***");
    assert_eq!(masks(&["bcdef", "abcdefg"]).text("abcdefg"), "***");
}

/// The expected texts are what the programs named print.
#[test]
fn the_usual_encodings_are_masked() {
    // coreutils: base64, xxd -p
    assert_eq!(masked("s3cr3t/key?", "czNjcjN0L2tleT8="), "***");
    assert_eq!(masked("s3cr3t/key?", "7333637233742f6b65793f"), "***");
    assert_eq!(masked("s3cr3t/key?", "7333637233742F6B65793F"), "***");
    // jq @uri, forms, encodeURIComponent
    assert_eq!(masked("a b&c(d)/e", "a%20b%26c%28d%29%2Fe"), "***");
    assert_eq!(masked("a b&c(d)/e", "a%20b%26c%28d%29%2fe"), "***");
    assert_eq!(masked("a b&c(d)/e", "a+b%26c%28d%29%2Fe"), "***");
    assert_eq!(masked("a b&c(d)/e", "a%20b%26c(d)%2Fe"), "***");
    // jq, python's json.dumps, go's encoding/json, php's json_encode
    assert_eq!(masked("é \"<x>\" /", r#"é \"<x>\" /"#), "***");
    assert_eq!(masked("é \"<x>\" /", r#"\u00e9 \"<x>\" /"#), "***");
    assert_eq!(masked("é \"<x>\" /", r#"é \"\u003cx\u003e\" /"#), "***");
    assert_eq!(masked("é \"<x>\" /", r#"\u00e9 \"<x>\" \/"#), "***");
    assert_eq!(masked("clef 🗝", r"clef \ud83d\udddd"), "***");
    // dash -x, python's shlex.quote, printf %q, bash -x
    assert_eq!(masked("it's $5", r"'it'\''s $5'"), "'***'");
    assert_eq!(masked("it's $5", r#"'it'"'"'s $5'"#), "'***'");
    assert_eq!(masked("it's $5", r#""it's \$5""#), "\"***\"");
    assert_eq!(masked("it's $5", r"it\'s\ \$5"), "***");
    assert_eq!(masked("it's\ttab", r"$'it\'s\ttab'"), "$'***'");
}

#[test]
fn base64_is_masked_wherever_the_secret_stands_in_it() {
    use base64::Engine;
    use base64::engine::general_purpose::{STANDARD, URL_SAFE};
    let secret = "p4s?w>rd~";
    let masks = masks(&[secret]);
    for before in ["", "x", "xy", "user:", "user:x"] {
        for after in ["", "\n", "zz", "@host"] {
            for alphabet in [&STANDARD, &URL_SAFE] {
                let encoded = alphabet.encode(format!("{before}{secret}{after}"));
                let shown = masks.text(&encoded);
                assert!(shown.contains("***"), "{before:?} {after:?}: {shown}");
                let own = encoded.len() - shown.replace("***", "").len();
                assert!(own >= secret.len() * 8 / 6 - 1, "{encoded} as {shown}");
            }
        }
    }
}

/// Every spelling, cut once at every place: nothing of it is shown, and the same
/// as when it comes whole.
#[test]
fn no_cut_lets_a_spelling_through() {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    let secret = "p4s?w\u{e9} \"rd\"/~";
    let hex: String = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
    let url: String = secret
        .bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'0'..=b'9' | b'~' => char::from(byte).to_string(),
            other => format!("%{other:02X}"),
        })
        .collect();
    let json = serde_json::to_string(secret).expect("text is JSON");
    let spellings = [
        secret.to_owned(),
        STANDARD.encode(secret),
        STANDARD.encode(format!("x{secret}")),
        STANDARD.encode(format!("xy{secret}")),
        hex,
        url,
        json.trim_matches('"').to_owned(),
    ];
    let masks = masks(&[secret]);
    for spelling in &spellings {
        let text = format!("before {spelling} behind").into_bytes();
        let whole = in_pieces(&masks, &text, &[]);
        let shown = String::from_utf8_lossy(&whole).into_owned();
        assert!(shown.contains("***"), "{spelling}: {shown}");
        // Of base64 the letters that hold a neighbour's bits too may be seen.
        let left = shown.replace("before ", "").replace(" behind", "");
        assert!(left.len() <= 3 + 4 + 4, "{spelling}: {shown}");
        for at in 0..=text.len() {
            assert_eq!(
                in_pieces(&masks, &text, &[at]),
                whole,
                "{spelling} cut at {at}"
            );
        }
    }
}

#[test]
fn base64_is_masked_where_it_is_broken_into_lines() {
    use base64::Engine;
    let secret = "0123456789abcdefghijklmnopqrstuvwxyz".repeat(5);
    let encoded = base64::engine::general_purpose::STANDARD.encode(&secret);
    for length in [64, 76] {
        let lines: Vec<&str> = encoded
            .as_bytes()
            .chunks(length)
            .map(|line| std::str::from_utf8(line).expect("base64 is ASCII"))
            .collect();
        let shown = masked(&secret, &lines.join("\n"));
        assert_eq!(shown, vec!["***"; lines.len()].join("\n"));
    }
}

#[test]
fn each_line_of_a_secret_is_one() {
    let secret = "-----BEGIN KEY-----\r\n  MIIEvgIBADAN\nabcd\n}\n-----END KEY-----\n";
    assert_eq!(masked(secret, "<MIIEvgIBADAN>"), "<***>");
    assert_eq!(masked(secret, "<-----BEGIN KEY----->"), "<***>");
    assert_eq!(masked(secret, "abcd }"), "abcd }");
    assert_eq!(masked(secret, secret), "***");
    assert_eq!(masked("swordfish\n", "swordfish"), "***");
}

#[test]
fn what_cannot_become_a_secret_is_shown_at_once() {
    let mut stream = MaskStream::new(masks(&["hunter2!"]));
    let mut shown = Vec::new();
    stream.push(b"progress: 10% ", &mut shown);
    assert_eq!(shown, b"progress: 10% ");
    stream.push(b"hun", &mut shown);
    assert_eq!(shown, b"progress: 10% ");
    stream.push(b"ger", &mut shown);
    assert_eq!(shown, b"progress: 10% hunger");
}

#[test]
fn bytes_that_are_no_text_stay_as_they_are() {
    let shown = in_pieces(&masks(&["hunter2!"]), b"\xff\xfehunter2!\x00\x80", &[3, 2]);
    assert_eq!(shown, b"\xff\xfe***\x00\x80");
}

#[test]
fn a_secret_is_not_shown_for_debugging() {
    let shown = format!("{:?}", masks(&["hunter2!"]));
    assert!(!shown.contains("hunter") && !shown.contains("104"));
}

proptest! {
    #[test]
    fn the_result_does_not_depend_on_the_cuts(
        text in "(abcab|abca|bcabc|caca|[abcx]){0,20}",
        cuts in proptest::collection::vec(0..6_usize, 0..30),
    ) {
        let masks = masks(&["abcab", "bcabc", "caca"]);
        let whole = masks.text(&text);
        let pieces = in_pieces(&masks, text.as_bytes(), &cuts);
        prop_assert_eq!(String::from_utf8_lossy(&pieces), whole.as_str());
        for secret in ["abcab", "bcabc", "caca"] {
            prop_assert!(!whole.contains(secret));
        }
    }

    /// Against the plainest way to say it: every byte that any occurrence
    /// covers is hidden, and no other.
    #[test]
    fn all_of_the_secrets_and_nothing_else_is_hidden(
        text in "(abcab|bcabc|caca|[abcx]){0,20}",
    ) {
        let secrets = ["abcab", "bcabc", "caca"];
        let mut hidden = vec![false; text.len()];
        for secret in secrets {
            for at in 0..text.len() {
                if text[at..].starts_with(secret) {
                    hidden[at..at + secret.len()].fill(true);
                }
            }
        }
        let kept: String = text
            .chars()
            .zip(&hidden)
            .filter_map(|(character, hidden)| (!hidden).then_some(character))
            .collect();
        prop_assert_eq!(masks(&secrets).text(&text).replace('*', ""), kept);
    }
}
