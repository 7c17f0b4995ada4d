// What no client should do and some do: much at once, nonsense, texts without
// bounds.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import {
  CancellationTokenSource, CompletionRequest, DidChangeTextDocumentNotification,
  DocumentFormattingRequest, DocumentSymbolRequest, ErrorCodes, ExitNotification, HoverRequest,
  InlayHintRequest, LSPErrorCodes, SemanticTokensRequest, ShutdownRequest,
} from 'vscode-languageserver-protocol/node';
import { Editor, withEditor } from './client.mjs';

const RELEASE = 'release.runbook';
const text = () => readFileSync(fileURLToPath(new URL('project/release.runbook', import.meta.url)), 'utf8');

test('a storm of edits and questions ends in the truth', () => withEditor({}, async (editor) => {
  const whole = text().replace('"A backup"', '"A backup 🚀 of ÄÖÜ"');
  await editor.open(RELEASE, '');
  const answers = [];
  let cancelled = 0;
  const ask = (type, more) => {
    const source = new CancellationTokenSource();
    const asked = editor.connection.sendRequest(
      type, { textDocument: { uri: editor.uri(RELEASE) }, ...more }, source.token,
    );
    answers.push(asked.catch((why) => {
      const expected = [LSPErrorCodes.RequestCancelled, LSPErrorCodes.ContentModified];
      assert.ok(expected.includes(why.code), why.message);
      cancelled += 1;
    }));
    return source;
  };
  let position = { line: 0, character: 0 };
  for (const letter of whole) {
    const range = { start: position, end: position };
    const document = await editor.change(RELEASE, { range, text: letter });
    position = document.positionAt(document.getText().length);
    if (answers.length < 200) {
      ask(SemanticTokensRequest.type, {});
      ask(CompletionRequest.type, { position }).cancel();
    }
  }
  assert.deepEqual(await editor.problems(RELEASE), []);
  await Promise.all(answers);
  assert.ok(cancelled > 0);
  const symbols = await editor.ask(DocumentSymbolRequest.type, RELEASE);
  assert.ok(symbols.some((it) => it.name === 'backup'));
  assert.equal(editor.documents.get(RELEASE).getText(), whole);
  assert.deepEqual(await editor.ask(DocumentFormattingRequest.type, RELEASE, { options: {} }), []);
}));

test('nonsense is refused, and nothing comes of it', () => withEditor({}, async (editor) => {
  const here = { line: 3, character: 2 };
  const change = (uri, contentChanges) => editor.connection.sendNotification(
    DidChangeTextDocumentNotification.type, { textDocument: { uri, version: 2 }, contentChanges },
  );
  const refused = (type, params, code) => assert.rejects(
    editor.connection.sendRequest(type, params), (why) => why.code === code,
  );
  // A change before the text, and of texts that are no files.
  await change(editor.uri(RELEASE), [{ text: 'x' }]);
  await change('untitled:Untitled-1', [{ text: 'x' }]);
  await change('file:///%zz', [{ text: 'x' }]);
  for (const uri of [editor.uri(RELEASE), 'untitled:1', 'git:/a.runbook', 'file:///%zz', '', 7]) {
    await refused(HoverRequest.type, { textDocument: { uri }, position: here }, ErrorCodes.InvalidParams);
  }
  await refused('runbook/unknown', {}, ErrorCodes.MethodNotFound);
  await refused(HoverRequest.type, {}, ErrorCodes.InvalidParams);
  const document = await editor.open(RELEASE);
  assert.deepEqual(await editor.problems(RELEASE), []);
  const whole = document.getText();
  for (const range of [
    { start: { line: 9, character: 9 }, end: { line: 1, character: 0 } },
    { start: { line: -1, character: 0 }, end: { line: 1, character: 0 } },
    { start: { line: 1.5, character: 0 }, end: { line: 'x', character: null } },
    'everything', 7,
  ]) {
    await change(document.uri, [{ range, text: 'nonsense' }]);
    await refused(InlayHintRequest.type, { textDocument: { uri: document.uri }, range }, ErrorCodes.InvalidParams);
  }
  for (const position of [{ line: -1, character: 0 }, { line: 1e12 }, null, {}]) {
    await refused(HoverRequest.type, { textDocument: { uri: document.uri }, position }, ErrorCodes.InvalidParams);
  }
  // Beyond a line is its end, beyond the text is that.
  const far = { line: 1e6, character: 1e6 };
  assert.equal(await editor.ask(HoverRequest.type, RELEASE, { position: far }), null);
  await change(document.uri, [{ range: { start: far, end: far }, text: '# the end\n' }]);
  const edits = await editor.ask(DocumentFormattingRequest.type, RELEASE, { options: {} });
  const at = document.positionAt(whole.length);
  assert.ok(edits.every((it) => it.range.start.line >= at.line), JSON.stringify(edits));
}));

test('lines of other systems and letters of all kinds keep their places', async () => {
  for (const encodings of [['utf-16'], ['utf-8', 'utf-16']]) {
    await withEditor({ encodings }, async (editor) => {
      const chosen = editor.initialized.capabilities.positionEncoding;
      assert.equal(chosen, encodings[0]);
      const lines = 'runbook "🚀 ü"\r\nstep 𝐬 {\r\n}\r\nstep s "🚀🚀 ü" { $ echo $x\r\n}\r\n';
      await editor.open('t.runbook', lines);
      const problems = await editor.problems('t.runbook');
      const found = problems.find((it) => it.code === 'RB900');
      assert.deepEqual(found.range.start, { line: 1, character: 5 });
      const unit = (it) => (chosen === 'utf-8' ? Buffer.byteLength(it) : it.length);
      const before = 'step s "🚀🚀 ü" { $ echo ';
      const unknown = problems.find((it) => it.range.start.line === 3);
      assert.deepEqual(unknown?.range.start ?? { line: 3, character: unit(before) }, { line: 3, character: unit(before) });
      // An edit behind such letters.
      const character = unit(before);
      const range = { start: { line: 3, character }, end: { line: 3, character: character + 2 } };
      await editor.connection.sendNotification(DidChangeTextDocumentNotification.type, {
        textDocument: { uri: editor.uri('t.runbook'), version: 2 },
        contentChanges: [{ range, text: '"y"' }, { range: { start: { line: 1, character: 5 }, end: { line: 1, character: 5 + unit('𝐬') } }, text: 'q' }],
      });
      const symbols = await editor.ask(DocumentSymbolRequest.type, 't.runbook');
      assert.deepEqual(symbols.map((it) => it.name), ['runbook "🚀 ü"', 'q', 's']);
    });
  }
});

test('texts without bounds are told of, and the server lives', () => withEditor({}, async (editor) => {
  await editor.open('huge.runbook', `runbook "x"\n${'# a comment\n'.repeat(1_400_000)}`);
  const told = await editor.problems('huge.runbook');
  assert.deepEqual(told.map((it) => it.code), ['RB902']);
  await editor.open('deep.runbook', `runbook "x"\n${'phase a {\n'.repeat(5_000)}`);
  assert.ok((await editor.problems('deep.runbook')).length > 0);
  await editor.open('wrong.runbook', 'notify Done\n'.repeat(3_000));
  const wrong = await editor.problems('wrong.runbook');
  assert.ok(wrong.length > 1 && wrong.length <= 501, `${wrong.length}`);
  await editor.open(RELEASE);
  assert.deepEqual(await editor.problems(RELEASE), []);
}));

test('a client says good-bye, or does not', async () => {
  const editor = await Editor.start();
  await editor.connection.sendRequest(ShutdownRequest.type);
  await assert.rejects(
    editor.ask(HoverRequest.type, RELEASE, { position: { line: 0, character: 0 } }),
    (why) => why.code === ErrorCodes.InvalidRequest,
  );
  await editor.connection.sendNotification(ExitNotification.type);
  assert.equal(await editor.exited, 0);
  const rude = await Editor.start();
  await rude.connection.sendNotification(ExitNotification.type);
  assert.equal(await rude.exited, 1);
});

test('a client that is killed takes its server along', async () => {
  const client = spawn(process.execPath, [fileURLToPath(new URL('victim.mjs', import.meta.url))], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const said = await new Promise((resolve) => client.stdout.once('data', resolve));
  const server = Number(said.toString());
  assert.ok(server > 1);
  client.kill('SIGKILL');
  const lives = () => {
    try {
      process.kill(server, 0);
      return !readFileSync(`/proc/${server}/stat`, 'utf8').includes(') Z ');
    } catch {
      return false;
    }
  };
  while (lives()) await new Promise((resolve) => setTimeout(resolve, 20));
});
