//! What comes in and goes out, in which order.
//!
//! Whatever waits is taken in before anything is analysed: who types fast waits
//! for one analysis, not for one a letter. Problems of a text are told before
//! anything else is said of it.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::{Path, PathBuf};

use lsp_server::{Connection, ErrorCode, Message, Notification, Request, RequestId, Response};
use serde_json::{Value, json};

use super::documents::{Documents, address, path_of};
use super::tokens::Told;
use super::{Answer, REQUESTS, diagnostics};

pub struct Server<'c> {
    pub documents: Documents,
    /// What was told last of the tokens of each document.
    pub painted: BTreeMap<PathBuf, Told>,
    /// Documents whose problems are to be told anew.
    stale: BTreeSet<PathBuf>,
    /// The numbers that the client gives to the states of its documents.
    versions: BTreeMap<PathBuf, Value>,
    connection: &'c Connection,
    /// What came in and has not been looked at.
    waiting: VecDeque<Message>,
    /// The client watches files if it is asked to.
    watches: bool,
    leaving: bool,
}

impl<'c> Server<'c> {
    pub fn new(documents: Documents, connection: &'c Connection, asked: &Value) -> Server<'c> {
        let watching = &asked["capabilities"]["workspace"]["didChangeWatchedFiles"];
        Server {
            documents,
            painted: BTreeMap::new(),
            stale: BTreeSet::new(),
            versions: BTreeMap::new(),
            connection,
            waiting: VecDeque::new(),
            watches: watching["dynamicRegistration"] == true,
            leaving: false,
        }
    }

    /// # Errors
    /// The client leaves without a word; in words.
    pub fn run(&mut self) -> Result<(), String> {
        self.watch_files();
        loop {
            self.take_waiting();
            if self.waiting.is_empty() {
                self.tell_problems();
                match self.connection.receiver.recv() {
                    Ok(message) => self.take(message),
                    // The client is gone.
                    Err(_) => return Ok(()),
                }
                continue;
            }
            match self.waiting.pop_front() {
                Some(Message::Request(request)) => self.answer(request),
                Some(Message::Notification(it)) if it.method == "exit" => {
                    return match self.leaving {
                        true => Ok(()),
                        false => Err("`exit` without `shutdown`".to_owned()),
                    };
                }
                Some(Message::Notification(notification)) => self.hear(&notification),
                // What the client says to what it was asked to watch.
                Some(Message::Response(_)) | None => {}
            }
        }
    }

    fn take_waiting(&mut self) {
        while let Ok(message) = self.connection.receiver.try_recv() {
            self.take(message);
        }
    }

    /// What is not wanted any more is not looked at.
    fn take(&mut self, message: Message) {
        match message {
            Message::Notification(it) if it.method == "$/cancelRequest" => {
                self.cancel(&it.params["id"]);
            }
            other => self.waiting.push_back(other),
        }
    }

    fn cancel(&mut self, id: &Value) {
        let id = match id {
            Value::Number(number) => number
                .as_i64()
                .and_then(|it| i32::try_from(it).ok())
                .map(RequestId::from),
            Value::String(text) => Some(RequestId::from(text.clone())),
            _no_id => None,
        };
        let waits = self.waiting.iter().position(|message| match message {
            Message::Request(request) => Some(&request.id) == id.as_ref(),
            Message::Response(_) | Message::Notification(_) => false,
        });
        if let (Some(id), Some(at)) = (id, waits) {
            self.waiting.remove(at);
            self.refuse(
                id,
                ErrorCode::RequestCanceled,
                "it is not wanted any more".to_owned(),
            );
        }
    }

    fn send(&self, message: Message) {
        // Where nobody listens any more, the next read says so.
        let _ = self.connection.sender.send(message);
    }

    fn refuse(&self, id: RequestId, code: ErrorCode, why: String) {
        self.send(Response::new_err(id, code as i32, why).into());
    }

    fn answer(&mut self, request: Request) {
        if self.leaving {
            let why = "the client is leaving".to_owned();
            return self.refuse(request.id, ErrorCode::InvalidRequest, why);
        }
        if request.method == "shutdown" {
            self.leaving = true;
            return self.send(Response::new_ok(request.id, Value::Null).into());
        }
        if request.method == "initialize" {
            let why = "it was initialized before".to_owned();
            return self.refuse(request.id, ErrorCode::InvalidRequest, why);
        }
        let found = REQUESTS.iter().find(|(name, _, _)| *name == request.method);
        let Some((_, of_this_text, answer)) = found else {
            let why = format!("`{}` is not spoken here", request.method);
            return self.refuse(request.id, ErrorCode::MethodNotFound, why);
        };
        let path = path_of(&request.params["textDocument"]["uri"]).ok();
        let changes = path.as_ref().is_some_and(|path| self.will_change(path));
        if *of_this_text && changes {
            let why = "the text has changed".to_owned();
            return self.refuse(request.id, ErrorCode::ContentModified, why);
        }
        if let Some(path) = path.filter(|_| !changes) {
            self.tell_problems_of(&path);
        }
        match self.made(*answer, &request.params) {
            Ok(value) => self.send(Response::new_ok(request.id, value).into()),
            Err(why) => self.refuse(request.id, ErrorCode::InvalidParams, why),
        }
    }

    /// Whether a change of a document waits.
    fn will_change(&self, path: &Path) -> bool {
        self.waiting.iter().any(|message| match message {
            Message::Notification(it) => {
                it.method == "textDocument/didChange"
                    && path_of(&it.params["textDocument"]["uri"]).is_ok_and(|it| it == path)
            }
            Message::Request(_) | Message::Response(_) => false,
        })
    }

    fn made(&mut self, answer: Answer, params: &Value) -> Result<Value, String> {
        let path = || path_of(&params["textDocument"]["uri"]);
        match answer {
            Answer::At(make) => Ok(make(&self.documents.at(&path()?, &params["position"])?)),
            Answer::Whole(make) => self.documents.document(&path()?).map(make),
            Answer::Part(make) => {
                let document = self.documents.document(&path()?)?;
                let (start, end) = document.offsets(&params["range"])?;
                Ok(make(document, start, end))
            }
            Answer::More(make) => make(self, params),
        }
    }

    fn hear(&mut self, notification: &Notification) {
        let params = &notification.params;
        match notification.method.as_str() {
            "workspace/didChangeWatchedFiles" => return self.all_stale(),
            "workspace/didChangeWorkspaceFolders" => {
                let change = &params["event"];
                return self
                    .documents
                    .change_roots(&change["added"], &change["removed"]);
            }
            _of_a_document => {}
        }
        let Ok(path) = path_of(&params["textDocument"]["uri"]) else {
            return;
        };
        match notification.method.as_str() {
            "textDocument/didOpen" => {
                let text = params["textDocument"]["text"].as_str().unwrap_or_default();
                self.documents.open(&path, text);
                self.note_version(&path, params);
                self.all_stale();
            }
            "textDocument/didChange" if self.documents.is_open(&path) => {
                let changes = params["contentChanges"].as_array();
                for change in changes.into_iter().flatten() {
                    self.documents.change(&path, change);
                }
                self.note_version(&path, params);
                self.stale.extend(self.documents.touched(&path));
            }
            "textDocument/didSave" => self.all_stale(),
            "textDocument/didClose" => {
                self.documents.close(&path);
                self.versions.remove(&path);
                self.painted.remove(&path);
                self.publish(&path, &json!([]));
                self.all_stale();
            }
            _nothing_to_do => {}
        }
    }

    fn note_version(&mut self, path: &Path, params: &Value) {
        let version = params["textDocument"]["version"].clone();
        self.versions.insert(path.to_owned(), version);
    }

    fn all_stale(&mut self) {
        self.documents.forget_analyses();
        self.stale = self.documents.paths().into_iter().collect();
    }

    fn tell_problems(&mut self) {
        for path in std::mem::take(&mut self.stale) {
            self.tell(&path);
        }
    }

    fn tell_problems_of(&mut self, path: &Path) {
        if self.stale.remove(path) {
            self.tell(path);
        }
    }

    fn tell(&mut self, path: &Path) {
        let told = self.documents.document(path).map(diagnostics::diagnostics);
        if let Ok(told) = told {
            self.publish(path, &told);
        }
    }

    fn publish(&self, path: &Path, diagnostics: &Value) {
        let mut params = json!({ "uri": address(path), "diagnostics": diagnostics });
        if let Some(version) = self.versions.get(path).filter(|it| it.is_number()) {
            params["version"] = version.clone();
        }
        let method = "textDocument/publishDiagnostics".to_owned();
        self.send(Notification::new(method, params).into());
    }

    /// Modules change outside of the editor, too.
    fn watch_files(&self) {
        if !self.watches {
            return;
        }
        let watchers = json!([
            { "globPattern": "**/*.runbook" },
            { "globPattern": "**/runbook.toml" },
        ]);
        let params = json!({ "registrations": [{
            "id": "runbooks",
            "method": "workspace/didChangeWatchedFiles",
            "registerOptions": { "watchers": watchers },
        }] });
        let method = "client/registerCapability".to_owned();
        let id = RequestId::from("runbooks".to_owned());
        self.send(Request::new(id, method, params).into());
    }
}
