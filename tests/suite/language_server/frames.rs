//! What `runbook lsp` makes of a stream that is no conversation: it ends, says
//! why, and takes no room for what was only promised.

use std::io::{BufReader, Write};
use std::process::{Command, Output, Stdio};

use serde_json::json;

use super::read;

const INITIALIZE: &str =
    r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"capabilities":{}}}"#;

fn frame(text: &str) -> Vec<u8> {
    format!("Content-Length: {}\r\n\r\n{text}", text.len()).into_bytes()
}

/// What becomes of a server that hears this, and then nothing more. It may have
/// less room than a wrong length promises.
fn hears(bytes: &[u8]) -> (Option<i32>, String, Output) {
    let mut server = Command::new("sh")
        .args(["-c", "ulimit -v 4000000; exec \"$0\" lsp"])
        .arg(env!("CARGO_BIN_EXE_runbook"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut to = server.stdin.take().unwrap();
    // It may have ended in the middle of it.
    let _ = to.write_all(bytes);
    drop(to);
    let output = server.wait_with_output().unwrap();
    let said = String::from_utf8(output.stderr.clone()).unwrap();
    (output.status.code(), said, output)
}

#[test]
fn a_broken_stream_ends_the_server_which_says_why() {
    let start = frame(INITIALIZE);
    let cases: [(&[u8], &str); 10] = [
        (
            b"Content-Length: 99999999999999\r\n\r\n",
            "more than 256 MiB",
        ),
        (
            b"Content-Length: 99999999999999999999999\r\n\r\n",
            "no length",
        ),
        (b"Content-Length: 200000000\r\n\r\n{}", "after 2 of the"),
        (
            b"Content-Length: -1\r\n\r\n",
            "`Content-Length: -1` is no length",
        ),
        (b"Content-Type: text\r\n\r\n{}", "without `Content-Length`"),
        (b"hello\r\n\r\n", "\"hello\" stands where"),
        (b"Content-Len", "ends in the middle"),
        (b"Content-Length: 5\r\n\r\nhello", "no message of JSON-RPC"),
        (
            b"Content-Length: 2\r\n\r\n\xff\xfe",
            "no message of JSON-RPC",
        ),
        (b"Content-Length: 2\r\n\r\n[]", "no message of JSON-RPC"),
    ];
    for (bytes, why) in cases {
        for bytes in [bytes.to_vec(), [&start[..], bytes].concat()] {
            let sent = String::from_utf8_lossy(&bytes).into_owned();
            let (status, said, _) = hears(&bytes);
            assert_eq!(status, Some(1), "{sent:?}: {said}");
            assert!(said.contains("the editor is not understood"), "{said}");
            assert!(said.contains(why), "{sent:?}: {said}");
        }
    }
    let endless = [b"X-Nothing: ".to_vec(), vec![b'x'; 1 << 20]].concat();
    let (status, said, _) = hears(&endless);
    assert_eq!(status, Some(1), "{said}");
    assert!(said.contains("does not end"), "{said}");
}

#[test]
fn what_stands_before_a_message_may_be_written_in_several_ways() {
    let text = r#"{"jsonrpc":"2.0","method":"exit"}"#;
    let shutdown = frame(r#"{"jsonrpc":"2.0","id":2,"method":"shutdown"}"#);
    for head in [
        "content-length: 33\r\n\r\n",
        "Content-Length:33\r\nContent-Type: application/vscode-jsonrpc; charset=utf-8\r\n\r\n",
        "Content-Length: 33\n\n",
    ] {
        assert_eq!(text.len(), 33);
        let exit = [head.as_bytes(), text.as_bytes()].concat();
        let (status, said, _) = hears(&[frame(INITIALIZE), shutdown.clone(), exit].concat());
        assert_eq!((status, said.as_str()), (Some(0), ""));
    }
    // Who leaves between two messages is gone; nobody is there to be told.
    assert_eq!(hears(b"").0, Some(0));
    assert_eq!(hears(&frame(INITIALIZE)).0, Some(0));
}

#[test]
fn what_comes_too_early_or_twice_is_refused() {
    let hover = r#"{"jsonrpc":"2.0","id":7,"method":"textDocument/hover","params":{}}"#;
    let again = INITIALIZE.replace("\"id\":1", "\"id\":\"again\"");
    let sent = [hover, INITIALIZE, &again].map(frame).concat();
    let (status, said, output) = hears(&sent);
    assert_eq!(status, Some(0), "{said}");
    let mut answers = BufReader::new(&output.stdout[..]);
    let early = read(&mut answers).unwrap();
    assert_eq!(
        (&early["id"], &early["error"]["code"]),
        (&json!(7), &json!(-32002))
    );
    let first = read(&mut answers).unwrap();
    assert_eq!(first["id"], 1);
    assert!(first["result"]["capabilities"].is_object(), "{first}");
    let second = read(&mut answers).unwrap();
    assert_eq!(second["id"], "again");
    assert_eq!(second["error"]["code"], -32600, "{second}");
    assert!(read(&mut answers).is_none());
}
