// `runbook lsp` at the other end of the client library of VS Code.

import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import {
  createProtocolConnection,
  InitializeRequest,
  InitializedNotification,
  ShutdownRequest,
  ExitNotification,
  DidOpenTextDocumentNotification,
  DidChangeTextDocumentNotification,
  DidCloseTextDocumentNotification,
  PublishDiagnosticsNotification,
  RegistrationRequest,
  StreamMessageReader,
  StreamMessageWriter,
} from 'vscode-languageserver-protocol/node';
import { TextDocument } from 'vscode-languageserver-textdocument';

const PROGRAM = process.env.RUNBOOK;
const HERE = dirname(fileURLToPath(import.meta.url));

/** An editor with a copy of the project of these tests. */
export class Editor {
  static async start({ encodings = ['utf-16'], watches = false } = {}) {
    const editor = new Editor();
    editor.folder = mkdtempSync(join(tmpdir(), 'runbook-lsp-'));
    cpSync(join(HERE, 'project'), editor.folder, { recursive: true });
    editor.server = spawn(PROGRAM, ['lsp'], { stdio: ['pipe', 'pipe', 'inherit'] });
    editor.exited = new Promise((resolve) => editor.server.on('exit', resolve));
    editor.connection = createProtocolConnection(
      new StreamMessageReader(editor.server.stdout),
      new StreamMessageWriter(editor.server.stdin),
    );
    editor.documents = new Map();
    editor.told = new Map();
    editor.waiting = [];
    editor.registrations = [];
    editor.connection.onNotification(PublishDiagnosticsNotification.type, (told) => {
      editor.told.set(told.uri, told);
      editor.waiting = editor.waiting.filter((look) => !look());
    });
    editor.connection.onRequest(RegistrationRequest.type, (asked) => {
      editor.registrations.push(...asked.registrations);
    });
    editor.connection.listen();
    editor.initialized = await editor.connection.sendRequest(InitializeRequest.type, {
      processId: process.pid,
      rootUri: null,
      workspaceFolders: [{ uri: pathToFileURL(editor.folder).href, name: 'project' }],
      capabilities: {
        general: { positionEncodings: encodings },
        workspace: { didChangeWatchedFiles: { dynamicRegistration: watches } },
      },
    });
    await editor.connection.sendNotification(InitializedNotification.type, {});
    return editor;
  }

  uri(name) {
    return pathToFileURL(join(this.folder, name)).href;
  }

  path(name) {
    return join(this.folder, name);
  }

  async open(name, text = readFileSync(this.path(name), 'utf8')) {
    const document = TextDocument.create(this.uri(name), 'runbook', 1, text);
    this.documents.set(name, document);
    await this.connection.sendNotification(DidOpenTextDocumentNotification.type, {
      textDocument: { uri: document.uri, languageId: 'runbook', version: 1, text },
    });
    return document;
  }

  /** Changes a part of a document, or all of it. */
  async change(name, ...contentChanges) {
    const document = this.documents.get(name);
    const version = document.version + 1;
    TextDocument.update(document, contentChanges, version);
    await this.connection.sendNotification(DidChangeTextDocumentNotification.type, {
      textDocument: { uri: document.uri, version },
      contentChanges,
    });
    return document;
  }

  /** Replaces a text by another one. */
  async replace(name, from, to) {
    const document = this.documents.get(name);
    const start = document.getText().indexOf(from);
    if (start < 0) throw new Error(`there is no ${from}`);
    const range = { start: document.positionAt(start), end: document.positionAt(start + from.length) };
    return this.change(name, { range, text: to });
  }

  async close(name) {
    await this.connection.sendNotification(DidCloseTextDocumentNotification.type, {
      textDocument: { uri: this.uri(name) },
    });
    this.documents.delete(name);
  }

  /** The problems of the last text of a document. */
  problems(name) {
    const { uri, version } = this.documents.get(name);
    return this.until(() => {
      const told = this.told.get(uri);
      return told?.version === version ? told.diagnostics : undefined;
    });
  }

  /** The first problems of a document that are as wanted, whatever came before. */
  problemsLike(name, wanted) {
    const uri = this.uri(name);
    return this.until(() => {
      const told = this.told.get(uri)?.diagnostics;
      return told !== undefined && wanted(told) ? told : undefined;
    });
  }

  until(look) {
    return new Promise((resolve) => {
      const found = () => {
        const value = look();
        if (value !== undefined) resolve(value);
        return value !== undefined;
      };
      if (!found()) this.waiting.push(found);
    });
  }

  /** Asks for something about a document. */
  ask(type, name, more = {}) {
    return this.connection.sendRequest(type, { textDocument: { uri: this.uri(name) }, ...more });
  }

  /** Asks for something about the place `|` of a text in a document. */
  at(type, name, text, more = {}) {
    return this.ask(type, name, { position: this.place(name, text), ...more });
  }

  place(name, text) {
    const document = this.documents.get(name);
    const behind = text.indexOf('|');
    const at = document.getText().indexOf(text.replace('|', ''));
    if (behind < 0 || at < 0) throw new Error(`there is no ${text}`);
    return document.positionAt(at + behind);
  }

  /** The text of a range. */
  text(name, range) {
    return this.documents.get(name).getText(range);
  }

  /** A document after edits. */
  edited(name, edits) {
    return TextDocument.applyEdits(this.documents.get(name), edits);
  }

  async leave() {
    await this.connection.sendRequest(ShutdownRequest.type);
    await this.connection.sendNotification(ExitNotification.type);
    const status = await this.exited;
    this.connection.dispose();
    rmSync(this.folder, { recursive: true });
    return status;
  }
}

/** Runs something with an editor, which leaves at the end whatever happens. */
export async function withEditor(settings, work) {
  const editor = await Editor.start(settings);
  try {
    await work(editor);
    const status = await editor.leave();
    if (status !== 0) throw new Error(`the server ended with ${status}`);
  } finally {
    editor.server.kill('SIGKILL');
  }
}
