//! The language in editors: the Language Server Protocol
//! (<https://microsoft.github.io/language-server-protocol/>) over the standard
//! streams. The compiler's own parser, model and checks answer; nothing is ever
//! started.
//!
//! | file | its part |
//! | --- | --- |
//! | `documents` | the open buffers, laid over the disk; addresses of files |
//! | `position` | places as the protocol counts them |
//! | `diagnostics` | problems, and their fixes |
//! | `names` | definitions, references, new names |
//! | `hover`, `completion` | what something is, and what could stand here |
//! | `outline` | the tree of a document, and what folds |

mod completion;
mod diagnostics;
mod documents;
mod hover;
mod names;
mod outline;
mod position;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::path::PathBuf;

use lsp_server::{Connection, ErrorCode, Message, Notification, Request, Response};
use serde_json::{Value, json};

use documents::{Documents, path_of};
use position::Encoding;

/// Serves one client until it leaves.
///
/// # Errors
/// The client does not speak the protocol; in words.
pub fn serve() -> Result<(), String> {
    let (connection, threads) = Connection::stdio();
    let served = converse(&connection);
    drop(connection);
    threads.join().map_err(|error| error.to_string())?;
    served
}

fn converse(connection: &Connection) -> Result<(), String> {
    let (id, asked) = connection
        .initialize_start()
        .map_err(|error| error.to_string())?;
    let encoding = Encoding::wanted(&asked);
    let answer = json!({
        "capabilities": capabilities(encoding),
        "serverInfo": { "name": "runbook", "version": env!("CARGO_PKG_VERSION") },
    });
    connection
        .initialize_finish(id, answer)
        .map_err(|error| error.to_string())?;
    let mut server = Server {
        documents: Documents::new(encoding),
        stale: BTreeSet::new(),
        connection,
    };
    server.run()
}

fn capabilities(encoding: Encoding) -> Value {
    json!({
        "positionEncoding": encoding.name(),
        "textDocumentSync": { "openClose": true, "change": 2 },
        "hoverProvider": true,
        "definitionProvider": true,
        "referencesProvider": true,
        "documentHighlightProvider": true,
        "renameProvider": { "prepareProvider": true },
        "documentSymbolProvider": true,
        "foldingRangeProvider": true,
        "documentFormattingProvider": true,
        "codeActionProvider": { "codeActionKinds": ["quickfix"] },
        "completionProvider": { "triggerCharacters": [".", "$", "{"] },
    })
}

struct Server<'c> {
    documents: Documents,
    /// Documents whose problems are to be told anew.
    stale: BTreeSet<PathBuf>,
    connection: &'c Connection,
}

impl Server<'_> {
    /// Whatever waits is taken in before anything is analysed: who types fast
    /// waits for one analysis, not for one a letter.
    fn run(&mut self) -> Result<(), String> {
        loop {
            if self.connection.receiver.is_empty() {
                self.tell_problems();
            }
            let Ok(message) = self.connection.receiver.recv() else {
                // The client is gone.
                return Ok(());
            };
            match message {
                Message::Request(request) => {
                    let leaves = self.connection.handle_shutdown(&request);
                    if leaves.map_err(|error| error.to_string())? {
                        return Ok(());
                    }
                    self.answer(request);
                }
                Message::Notification(notification) => self.hear(&notification),
                // It was asked nothing.
                Message::Response(_) => {}
            }
        }
    }

    fn send(&self, message: Message) {
        // Where nobody listens any more, the next read says so.
        let _ = self.connection.sender.send(message);
    }

    fn answer(&mut self, request: Request) {
        let params = &request.params;
        let answer = match request.method.as_str() {
            "textDocument/hover" => self.at(params, hover::hover),
            "textDocument/definition" => self.at(params, names::definition),
            "textDocument/references" => self.at(params, names::references),
            "textDocument/documentHighlight" => self.at(params, names::highlights),
            "textDocument/prepareRename" => self.at(params, names::prepare_rename),
            "textDocument/rename" => self.rename(params),
            "textDocument/completion" => self.at(params, completion::completion),
            "textDocument/documentSymbol" => self.whole(params, outline::symbols),
            "textDocument/foldingRange" => self.whole(params, outline::folds),
            "textDocument/formatting" => self.whole(params, outline::formatting),
            "textDocument/codeAction" => self.actions(params),
            other => {
                let why = format!("`{other}` is not spoken here");
                let code = ErrorCode::MethodNotFound as i32;
                self.send(Response::new_err(request.id, code, why).into());
                return;
            }
        };
        let response = match answer {
            Ok(value) => Response::new_ok(request.id, value),
            Err(why) => Response::new_err(request.id, ErrorCode::InvalidParams as i32, why),
        };
        self.send(response.into());
    }

    /// What is asked of a place in a document.
    fn at(
        &mut self,
        params: &Value,
        answer: fn(&documents::At<'_>) -> Value,
    ) -> Result<Value, String> {
        let path = path_of(&params["textDocument"]["uri"])?;
        let place = self.documents.at(&path, &params["position"])?;
        Ok(answer(&place))
    }

    /// What is asked of a whole document.
    fn whole(
        &mut self,
        params: &Value,
        answer: fn(&documents::Document) -> Value,
    ) -> Result<Value, String> {
        let path = path_of(&params["textDocument"]["uri"])?;
        self.documents.document(&path).map(answer)
    }

    fn rename(&mut self, params: &Value) -> Result<Value, String> {
        let path = path_of(&params["textDocument"]["uri"])?;
        let name = params["newName"].as_str().unwrap_or_default().to_owned();
        let place = self.documents.at(&path, &params["position"])?;
        names::rename(&place, &name)
    }

    fn actions(&mut self, params: &Value) -> Result<Value, String> {
        let path = path_of(&params["textDocument"]["uri"])?;
        let range = params["range"].clone();
        let document = self.documents.document(&path)?;
        Ok(diagnostics::actions(document, &range))
    }

    fn hear(&mut self, notification: &Notification) {
        let params = &notification.params;
        let Ok(path) = path_of(&params["textDocument"]["uri"]) else {
            return;
        };
        match notification.method.as_str() {
            "textDocument/didOpen" => {
                let text = params["textDocument"]["text"].as_str().unwrap_or_default();
                self.documents.open(&path, text);
            }
            "textDocument/didChange" => {
                let changes = params["contentChanges"].as_array();
                for change in changes.into_iter().flatten() {
                    self.documents.change(&path, change);
                }
            }
            "textDocument/didClose" => {
                self.documents.close(&path);
                self.publish(&path, &json!([]));
            }
            _nothing_to_do => return,
        }
        // Others may use it.
        self.stale.extend(self.documents.paths());
        self.documents.forget_analyses();
    }

    fn tell_problems(&mut self) {
        for path in std::mem::take(&mut self.stale) {
            let told = self.documents.document(&path).map(diagnostics::diagnostics);
            if let Ok(told) = told {
                self.publish(&path, &told);
            }
        }
    }

    fn publish(&self, path: &std::path::Path, diagnostics: &Value) {
        let params = json!({ "uri": documents::address(path), "diagnostics": diagnostics });
        let method = "textDocument/publishDiagnostics".to_owned();
        self.send(Notification::new(method, params).into());
    }
}
