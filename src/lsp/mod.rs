//! The language in editors: the Language Server Protocol
//! (<https://microsoft.github.io/language-server-protocol/>) over the standard
//! streams. The compiler's own parser, model and checks answer; nothing is ever
//! started.
//!
//! | file | its part |
//! | --- | --- |
//! | `streams` | messages between the streams and a connection |
//! | `server` | what comes in and goes out, in which order |
//! | `documents` | the open buffers, laid over the disk; addresses of files |
//! | `position` | places as the protocol counts them |
//! | `index` | what is declared, and where |
//! | `diagnostics`, `actions` | problems, and what can be done about them |
//! | `names` | definitions, references, new names |
//! | `hover`, `words` | what something is, in words |
//! | `completion`, `signature` | what could stand here |
//! | `symbols`, `folding` | what a document is made of; what folds, what is selected |
//! | `tokens` | what is coloured how |
//! | `hints`, `lenses`, `links` | what is shown beside the text, above it, and where it leads |
//! | `formatting` | the layout |

mod actions;
mod completion;
mod diagnostics;
mod documents;
mod folding;
mod formatting;
mod hints;
mod hover;
mod index;
mod lenses;
mod links;
mod names;
mod position;
mod server;
mod signature;
mod streams;
mod symbols;
#[cfg(test)]
mod tests;
mod tokens;
mod words;

use std::io::{BufRead, Write};
use std::path::PathBuf;

use lsp_server::{Connection, ErrorCode, Message, RequestId, Response};
use serde_json::{Value, json};

use documents::{At, Document, Documents, path_of};
use position::Encoding;
use server::Server;
use streams::Streams;

/// Serves one client, by the streams from it and to it, until it leaves.
///
/// # Errors
/// The client does not speak the protocol, or leaves without a word; in words.
pub fn serve(
    input: impl BufRead + Send + 'static,
    output: impl Write + Send + 'static,
) -> Result<(), String> {
    let streams = Streams::new(input, output);
    let served = converse(&streams.connection);
    // What could not be read explains best why it ended.
    streams.end().and(served)
}

fn converse(connection: &Connection) -> Result<(), String> {
    let Some((id, asked)) = first_words(connection)? else {
        return Ok(());
    };
    let encoding = Encoding::wanted(&asked);
    let answer = json!({
        "capabilities": capabilities(encoding),
        "serverInfo": { "name": "runbook", "version": env!("CARGO_PKG_VERSION") },
    });
    // Where nobody listens any more, the next read says so.
    let _ = connection.sender.send(Response::new_ok(id, answer).into());
    let documents = Documents::new(encoding, roots(&asked));
    Server::new(documents, connection, &asked).run()
}

/// The number and the contents of `initialize`; `None` where the client leaves
/// before it.
fn first_words(connection: &Connection) -> Result<Option<(RequestId, Value)>, String> {
    for message in &connection.receiver {
        match message {
            Message::Request(it) if it.method == "initialize" => {
                return Ok(Some((it.id, it.params)));
            }
            Message::Request(it) => {
                let why = format!("`{}` before `initialize`", it.method);
                let code = ErrorCode::ServerNotInitialized as i32;
                let refused = Response::new_err(it.id, code, why);
                let _ = connection.sender.send(refused.into());
            }
            Message::Notification(it) if it.method == "exit" => {
                return Err("`exit` without `shutdown`".to_owned());
            }
            Message::Notification(_) | Message::Response(_) => {}
        }
    }
    Ok(None)
}

/// The folders that the client has open.
fn roots(asked: &Value) -> Vec<PathBuf> {
    let folders = asked["workspaceFolders"].as_array();
    let folders = folders.into_iter().flatten().map(|folder| &folder["uri"]);
    let mut roots: Vec<PathBuf> = folders.filter_map(|uri| path_of(uri).ok()).collect();
    if roots.is_empty() {
        roots.extend(path_of(&asked["rootUri"]));
    }
    roots
}

fn capabilities(encoding: Encoding) -> Value {
    json!({
        "positionEncoding": encoding.name(),
        "textDocumentSync": { "openClose": true, "change": 2, "save": true },
        "hoverProvider": true,
        "completionProvider": { "triggerCharacters": [".", "$", "{"] },
        "signatureHelpProvider": { "triggerCharacters": ["(", ","], "retriggerCharacters": [":"] },
        "definitionProvider": true,
        "referencesProvider": true,
        "documentHighlightProvider": true,
        "renameProvider": { "prepareProvider": true },
        "documentSymbolProvider": true,
        "workspaceSymbolProvider": true,
        "foldingRangeProvider": true,
        "selectionRangeProvider": true,
        "semanticTokensProvider": {
            "legend": { "tokenTypes": tokens::TYPES, "tokenModifiers": tokens::MODIFIERS },
            "full": { "delta": true },
            "range": true,
        },
        "inlayHintProvider": true,
        "codeLensProvider": { "resolveProvider": false },
        "documentLinkProvider": { "resolveProvider": false },
        "documentFormattingProvider": true,
        "documentRangeFormattingProvider": true,
        "codeActionProvider": { "codeActionKinds": ["quickfix", actions::FIX_ALL] },
        "workspace": { "workspaceFolders": { "supported": true, "changeNotifications": true } },
    })
}

/// What can be asked. The second of each pair says whether the answer is of no
/// use once the text is another one: the client then asks again.
const REQUESTS: &[(&str, bool, Answer)] = &[
    ("textDocument/hover", false, Answer::At(hover::hover)),
    (
        "textDocument/completion",
        false,
        Answer::At(completion::completion),
    ),
    (
        "textDocument/signatureHelp",
        false,
        Answer::At(signature::help),
    ),
    (
        "textDocument/definition",
        false,
        Answer::At(names::definition),
    ),
    ("textDocument/references", false, Answer::More(references)),
    (
        "textDocument/documentHighlight",
        true,
        Answer::At(names::highlights),
    ),
    (
        "textDocument/prepareRename",
        false,
        Answer::At(names::prepare_rename),
    ),
    ("textDocument/rename", false, Answer::More(rename)),
    (
        "textDocument/documentSymbol",
        true,
        Answer::Whole(symbols::symbols),
    ),
    ("workspace/symbol", false, Answer::More(workspace_symbols)),
    (
        "textDocument/foldingRange",
        true,
        Answer::Whole(folding::folds),
    ),
    (
        "textDocument/selectionRange",
        false,
        Answer::More(selections),
    ),
    (
        "textDocument/semanticTokens/full",
        true,
        Answer::More(tokens_full),
    ),
    (
        "textDocument/semanticTokens/full/delta",
        true,
        Answer::More(tokens_delta),
    ),
    (
        "textDocument/semanticTokens/range",
        true,
        Answer::Part(tokens::range),
    ),
    ("textDocument/inlayHint", true, Answer::Part(hints::hints)),
    ("textDocument/codeLens", true, Answer::Whole(lenses::lenses)),
    (
        "textDocument/documentLink",
        true,
        Answer::Whole(links::links),
    ),
    (
        "textDocument/formatting",
        false,
        Answer::Whole(whole_layout),
    ),
    (
        "textDocument/rangeFormatting",
        false,
        Answer::Part(layout_of_part),
    ),
    ("textDocument/codeAction", false, Answer::More(code_actions)),
];

/// The names of all requests.
pub fn requests() -> impl Iterator<Item = &'static str> {
    REQUESTS.iter().map(|(name, _, _)| *name)
}

/// What an answer is made from.
#[derive(Clone, Copy)]
enum Answer {
    /// A place in a document
    At(fn(&At<'_>) -> Value),
    /// A document
    Whole(fn(&Document) -> Value),
    /// A document, and the offsets of a range
    Part(fn(&Document, usize, usize) -> Value),
    /// Something else
    More(fn(&mut Server<'_>, &Value) -> Result<Value, String>),
}

fn whole_layout(document: &Document) -> Value {
    formatting::formatting(document, None)
}

fn layout_of_part(document: &Document, start: usize, end: usize) -> Value {
    formatting::formatting(document, Some((start, end)))
}

fn references(server: &mut Server<'_>, params: &Value) -> Result<Value, String> {
    let path = path_of(&params["textDocument"]["uri"])?;
    let declared = params["context"]["includeDeclaration"].as_bool();
    let position = &params["position"];
    names::references(
        &mut server.documents,
        &path,
        position,
        declared.unwrap_or(true),
    )
}

fn rename(server: &mut Server<'_>, params: &Value) -> Result<Value, String> {
    let path = path_of(&params["textDocument"]["uri"])?;
    let name = params["newName"].as_str().unwrap_or_default();
    names::rename(&mut server.documents, &path, &params["position"], name)
}

fn workspace_symbols(server: &mut Server<'_>, params: &Value) -> Result<Value, String> {
    let wanted = params["query"].as_str().unwrap_or_default();
    Ok(symbols::everywhere(&server.documents, wanted))
}

fn selections(server: &mut Server<'_>, params: &Value) -> Result<Value, String> {
    let path = path_of(&params["textDocument"]["uri"])?;
    folding::selections(server.documents.document(&path)?, &params["positions"])
}

fn tokens_full(server: &mut Server<'_>, params: &Value) -> Result<Value, String> {
    let path = path_of(&params["textDocument"]["uri"])?;
    let document = server.documents.document(&path)?;
    Ok(tokens::full(
        document,
        server.painted.entry(path).or_default(),
    ))
}

fn tokens_delta(server: &mut Server<'_>, params: &Value) -> Result<Value, String> {
    let path = path_of(&params["textDocument"]["uri"])?;
    let document = server.documents.document(&path)?;
    let painted = server.painted.entry(path).or_default();
    Ok(tokens::delta(
        document,
        &params["previousResultId"],
        painted,
    ))
}

fn code_actions(server: &mut Server<'_>, params: &Value) -> Result<Value, String> {
    let path = path_of(&params["textDocument"]["uri"])?;
    let document = server.documents.document(&path)?;
    let (start, end) = document.offsets(&params["range"])?;
    let only = &params["context"]["only"];
    Ok(actions::actions(document, start, end, only))
}
