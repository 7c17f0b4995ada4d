// What the language server answers, each answer held against the shapes that
// the protocol's own library knows.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import test from 'node:test';
import {
  CodeAction, CodeLens, Diagnostic, DocumentLink, DocumentSymbol, FoldingRange, InlayHint, Location,
  SelectionRange, TextEdit,
  CodeActionRequest, CodeLensRequest, CompletionRequest, DefinitionRequest,
  DidChangeWatchedFilesNotification, DidSaveTextDocumentNotification, DocumentFormattingRequest,
  DocumentHighlightRequest, DocumentLinkRequest, DocumentRangeFormattingRequest,
  DocumentSymbolRequest, FoldingRangeRequest, HoverRequest, InlayHintRequest,
  PrepareRenameRequest, ReferencesRequest, RenameRequest, SelectionRangeRequest,
  SemanticTokensDeltaRequest, SemanticTokensRangeRequest, SemanticTokensRequest,
  SignatureHelpRequest, WorkspaceSymbolRequest,
} from 'vscode-languageserver-protocol/node';
import { withEditor } from './client.mjs';

const RELEASE = 'release.runbook';
const COMMON = 'common.runbook';

/** A test with an editor that has the release open. */
function with_release(name, work) {
  test(name, () => withEditor({}, async (editor) => {
    await editor.open(RELEASE);
    await work(editor);
  }));
}

function each(is, found) {
  assert.ok(Array.isArray(found), JSON.stringify(found));
  for (const one of found) assert.ok(is(one), JSON.stringify(one));
  return found;
}

const codes = (problems) => each((it) => Diagnostic.is(it), problems).map((it) => it.code);

/** The labels offered at the place `|` once `from` is replaced. */
async function offered(editor, from, to) {
  const cursor = to.indexOf('|');
  await editor.replace(RELEASE, from, to.replace('|', ''));
  const document = editor.documents.get(RELEASE);
  const start = document.getText().indexOf(to.replace('|', ''));
  const position = document.positionAt(start + cursor);
  const found = await editor.ask(CompletionRequest.type, RELEASE, { position });
  const items = each((it) => it.label !== '' && TextEdit.is(it.textEdit), found.items);
  await editor.replace(RELEASE, to.replace('|', ''), from);
  return items;
}

const labels = (items) => items.map((it) => it.label);

with_release('a good runbook has no problems, and its problems come as they are typed', async (editor) => {
  assert.deepEqual(codes(await editor.problems(RELEASE)), []);
  await editor.replace(RELEASE, '    rollback $ ln -sfn "$before" live\n', '');
  assert.deepEqual(codes(await editor.problems(RELEASE)), ['RB101', 'RB304']);
  // Several mistakes of several kinds at once.
  await editor.replace(RELEASE, 'timeout 1m', 'tiemout 1m');
  await editor.replace(RELEASE, 'approve by managers', 'approve by manager');
  await editor.replace(RELEASE, '"$version"\n  repeatable', '$versoin\n  repeatable');
  const found = codes(await editor.problems(RELEASE));
  for (const code of ['RB900', 'RB920', 'RB301']) assert.ok(found.includes(code), `${found}`);
});

with_release('problems are mended by the edits that the program itself writes', async (editor) => {
  await editor.replace(RELEASE, '"app-$version" live', '$version live');
  const [problem] = await editor.problems(RELEASE);
  assert.equal(problem.code, 'RB307');
  const ask = (only) => editor.ask(CodeActionRequest.type, RELEASE, {
    range: problem.range,
    context: { diagnostics: [problem], only },
  });
  const [quote, ...more] = each((it) => CodeAction.is(it), await ask(['quickfix']));
  assert.deepEqual([quote.title, quote.isPreferred, more.length], ['quote it', true, 0]);
  const uri = editor.uri(RELEASE);
  const mended = editor.edited(RELEASE, quote.edit.changes[uri]);
  assert.ok(mended.includes('ln -sfn "$version" live'));
  const [all] = await ask(['source.fixAll']);
  assert.equal(editor.edited(RELEASE, all.edit.changes[uri]), mended);
  writeFileSync(editor.path(RELEASE), editor.documents.get(RELEASE).getText());
  execFileSync(process.env.RUNBOOK, ['check', '--fix', editor.path(RELEASE)]);
  assert.equal(readFileSync(editor.path(RELEASE), 'utf8'), mended);
});

with_release('quick fixes begin what a person goes on with', async (editor) => {
  const uri = editor.uri(RELEASE);
  const mend = async (code, title) => {
    const problems = await editor.problems(RELEASE);
    const problem = problems.find((it) => it.code === code);
    assert.ok(problem, `${code}: ${JSON.stringify(problems)}`);
    const actions = await editor.ask(CodeActionRequest.type, RELEASE, {
      range: problem.range, context: { diagnostics: [problem] },
    });
    const action = actions.find((it) => it.title === title);
    assert.ok(action, `${title}: ${JSON.stringify(actions)}`);
    return editor.edited(RELEASE, action.edit.changes[uri]);
  };
  const whole = editor.documents.get(RELEASE).getText();
  await editor.replace(RELEASE, '    rollback $ ln -sfn "$before" live\n', '');
  assert.ok((await mend('RB101', 'say how it is undone')).includes('live\n    rollback {\n    }\n  }'));
  assert.ok((await mend('RB101', 'say that it is harmless')).includes('live\n    harmless ""\n  }'));
  await editor.change(RELEASE, { text: whole.replace('defaults {\n  timeout 1m\n}\n', '') });
  assert.ok((await mend('RB501', 'end it after 10 minutes')).includes('  timeout 10m\n'));
  await editor.change(RELEASE, { text: whole.replace('use std.http\n', '') });
  assert.ok((await mend('RB920', 'use `std.http`')).includes('as common\nuse std.http\n'));
  await editor.change(RELEASE, { text: whole.replace('readlink live', 'readlink "$SITE"') });
  assert.ok((await mend('RB309', 'declare it')).includes('\n\nenv SITE\n'));
  await editor.change(RELEASE, { text: whole.replace('after switch', 'after swich') });
  assert.equal(await mend('RB920', 'change to `switch`'), whole);
});

with_release('the keywords that can stand here are offered', async (editor) => {
  const top = labels(await offered(editor, '\nnotify done', '\n|\nnotify done'));
  for (const word of ['step', 'param', 'phase', 'watch']) assert.ok(top.includes(word), word);
  for (const word of ['timeout', 'approve', 'enter']) assert.ok(!top.includes(word), word);
  const in_step = await offered(editor, '  repeatable\n', '  repeatable\n  |\n');
  const timeout = in_step.find((it) => it.label === 'timeout');
  assert.match(timeout.documentation.value, /How long this may take/);
  assert.ok(!labels(in_step).includes('param') && !labels(in_step).includes('verify'));
  const in_gate = labels(await offered(editor, '  else rollback\n}', '  |\n}'));
  assert.ok(in_gate.includes('approve') && in_gate.includes('hold') && !in_gate.includes('step'));
  const behind = labels(await offered(editor, '  repeatable\n', '  retry 2 |\n'));
  assert.deepEqual(behind.sort(), ['backoff', 'every']);
  const in_test = labels(await offered(editor, 'expect rolled_back', 'expect |'));
  assert.ok(in_test.includes('rolled_back') && in_test.includes('ran'));
  const choices = labels(await offered(editor, 'else rollback\n}\n\nstep', 'else |\n}\n\nstep'));
  assert.deepEqual(choices, ['abort', 'rollback', 'continue', 'ask']);
});

with_release('names, variables, units and modules are offered where they fit', async (editor) => {
  const at = async (from, to) => labels(await offered(editor, from, to));
  const shell = await at('ln -sfn "app-$version" live', 'ln -sfn "app-$|" live');
  for (const name of ['version', 'before', 'backup_id', 'token', 'run_id']) {
    assert.ok(shell.includes(name), `${name}: ${shell}`);
  }
  assert.ok(!shell.includes('host') && !shell.includes('share'), `${shell}`);
  assert.ok((await at('./warm.sh "$host"', './warm.sh "$|"')).includes('host'));
  assert.ok((await at('--share "$share"', '--share "$|"')).includes('share'));
  assert.deepEqual(await at('notify done', 'notify |'), ['done', 'stuck']);
  assert.deepEqual(await at('approve by managers', 'approve by |'), ['managers']);
  assert.ok((await at('after switch', 'after |')).includes('backup'));
  assert.ok((await at('timeout 1m', 'timeout 10|')).includes('10m'));
  assert.ok((await at('param version: version', 'param version: |')).includes('duration'));
  const modules = await offered(editor, 'use std.http', 'use std.|');
  const kubernetes = modules.find((it) => it.label === 'kubernetes');
  assert.ok(kubernetes.documentation.value.length > 10);
  assert.ok((await at('= http.ok(', '= http.|(')).includes('ok'));
  assert.deepEqual(await at('common.restart(service: "worker")', 'common.|(service: "worker")'), ['restart']);
  const parameters = await at('common.restart(service: "worker")', 'common.restart(|)');
  assert.ok(parameters.includes('service: ') && parameters.includes('graceful: '), `${parameters}`);
  const left = await at('common.restart(service: "worker")', 'common.restart(service: "worker", |)');
  assert.ok(!left.includes('service: ') && left.includes('graceful: '), `${left}`);
  assert.ok((await at('"{version} is live', '"{|} is live')).includes('backup.id'));
});

with_release('hover tells what something is', async (editor) => {
  const told = async (text) => {
    const hover = await editor.at(HoverRequest.type, RELEASE, text);
    return hover?.contents.value ?? '';
  };
  assert.match(await told('param v|ersion'), /What runs in the end\./);
  assert.match(await told('"app-$v|ersion"'), /param version: version/);
  assert.match(await told('step sw|itch'), /Moves the link\.[^]*\*\*Way back:\*\* its own `rollback`/);
  assert.match(await told('step ann|ounce'), /Point of no return/);
  assert.match(await told('healthy: h|ealthy'), /below 0\.1%; it fails where it is above 1%[^]*1 percentage points more than it was[^]*50% more than it was/);
  assert.match(await told('common.r|estart'), /Puts a service onto a version/);
  assert.match(await told('http.o|k'), /check ok\(/);
  assert.match(await told('= h|ttp.ok'), /It has `ok`/);
  assert.match(await told('$backup_i|d"'), /output id from stdout/);
  assert.match(await told('"$b|ackup_id"'), /A backup/);
  assert.match(await told('def|aults {'), /Attributes that every step/);
  await editor.replace(RELEASE, 'phase deploy {', '# allow(RB501): it is quick\nphase deploy {');
  assert.match(await told('allow(RB5|01'), /\*\*RB501\*\*/);
  assert.equal(await told('rea|dlink'), '');
});

with_release('names lead to where they are declared, in other files too', async (editor) => {
  const to = async (text) => {
    const found = await editor.at(DefinitionRequest.type, RELEASE, text);
    assert.ok(Location.is(found), `${text}: ${JSON.stringify(found)}`);
    return found;
  };
  const line_of = (name, text) => readFileSync(editor.path(name), 'utf8').split('\n').indexOf(text);
  const restart = await to('common.r|estart');
  assert.equal(restart.uri, editor.uri(COMMON));
  assert.equal(restart.range.start.line, line_of(COMMON, 'action restart('));
  const service = await to('(s|ervice: "worker"');
  assert.equal(service.range.start.line, line_of(COMMON, '  service: string "Its name",'));
  assert.equal((await to('common.r|estart')).uri, (await to('"./com|mon.runbook"')).uri);
  const here = editor.uri(RELEASE);
  for (const [text, line] of [
    ['"${v|ersion}"', 'param version: version = "1.0.0" "The release to ship"'],
    ['$backup_i|d"', '  output id from stdout `id: (\\S+)`'],
    ['{backup.i|d}', '  output id from stdout `id: (\\S+)`'],
    ['given step s|witch', '  step switch {'],
    ['not ran a|nnounce', 'step announce {'],
    ['turn: t|urn,', 'action turn(share: percent) {'],
    ['notify d|one', 'message done to ops "{version} is live, {backup.id} is its backup"'],
    ['"$h|ost"', '  for host in ["a", "b"] {'],
  ]) {
    const found = await to(text);
    assert.deepEqual([found.uri, found.range.start.line], [here, line_of(RELEASE, line)], text);
  }
});

with_release('a name is found and changed in all files that have it', async (editor) => {
  // The module is not open: it counts as it is on the disk.
  const references = (name, text) => editor.at(ReferencesRequest.type, name, text, {
    context: { includeDeclaration: true },
  });
  const found = each((it) => Location.is(it), await references(RELEASE, 'common.r|estart'));
  assert.deepEqual(found.map((it) => it.uri).sort(), [editor.uri(COMMON), editor.uri(RELEASE)]);
  // From the module, its users are found.
  await editor.open(COMMON);
  const users = await references(COMMON, 'action r|estart');
  assert.deepEqual(new Set(users.map((it) => it.uri)), new Set([editor.uri(COMMON), editor.uri(RELEASE)]));
  const rename = async (name, text, new_name) => {
    assert.ok(await editor.at(PrepareRenameRequest.type, name, text), text);
    const edit = await editor.at(RenameRequest.type, name, text, { newName: new_name });
    for (const edits of Object.values(edit.changes)) each((it) => TextEdit.is(it), edits);
    return edit.changes;
  };
  const moved = await rename(COMMON, 'service|: string', 'unit');
  const release = editor.edited(RELEASE, moved[editor.uri(RELEASE)]);
  assert.ok(release.includes('common.restart(unit: "worker")'));
  const common = editor.edited(COMMON, moved[editor.uri(COMMON)]);
  assert.ok(common.includes('  unit: string') && common.includes('./version_of.sh "$unit"'));
  // An output has its step's name in commands.
  const text = () => editor.documents.get(RELEASE).getText();
  const output = editor.edited(RELEASE, (await rename(RELEASE, 'output i|d', 'number'))[editor.uri(RELEASE)]);
  assert.equal(output, text().replace('output id', 'output number').replace('$backup_id', '$backup_number').replace('{backup.id}', '{backup.number}'));
  const step = editor.edited(RELEASE, (await rename(RELEASE, 'step b|ackup', 'copy'))[editor.uri(RELEASE)]);
  assert.equal(step, text().replace('step backup', 'step copy').replace('$backup_id', '$copy_id').replace('{backup.id}', '{copy.id}'));
  const version = editor.edited(RELEASE, (await rename(RELEASE, '{v|ersion} is live', 'release'))[editor.uri(RELEASE)]);
  assert.equal(version, text().replace('param version', 'param release').replaceAll('{version}', '{release}').replaceAll('$version', '$release'));
  for (const [place, name, why] of [
    ['step s|witch', 'worker', /declared already/],
    ['step s|witch', 'Worker', /is no name/],
    ['http.o|k', 'fine', /cannot be given another name/],
    ['use std.h|ttp', 'web', /cannot be given another name/],
  ]) {
    await assert.rejects(editor.at(RenameRequest.type, RELEASE, place, { newName: name }), why);
  }
  const shown = await editor.at(DocumentHighlightRequest.type, RELEASE, 'step s|witch');
  assert.deepEqual(shown.map((it) => it.kind).sort(), [2, 2, 3]);
});

with_release('a module that changes in its buffer changes its users', async (editor) => {
  assert.deepEqual(await editor.problems(RELEASE), []);
  await editor.open(COMMON);
  await editor.replace(COMMON, 'action restart(', 'action turn_over(');
  const told = await editor.problemsLike(RELEASE, (it) => it.length > 0);
  assert.deepEqual(codes(told), ['RB920']);
  // What was not saved is forgotten with the buffer.
  await editor.close(COMMON);
  await editor.problemsLike(RELEASE, (it) => it.length === 0);
  // What is saved by others counts once the editor says so.
  const text = readFileSync(editor.path(COMMON), 'utf8');
  writeFileSync(editor.path(COMMON), text.replace('action restart(', 'action begin('));
  await editor.connection.sendNotification(DidChangeWatchedFilesNotification.type, {
    changes: [{ uri: editor.uri(COMMON), type: 2 }],
  });
  await editor.problemsLike(RELEASE, (it) => it.length > 0);
  writeFileSync(editor.path(COMMON), text);
  await editor.connection.sendNotification(DidSaveTextDocumentNotification.type, {
    textDocument: { uri: editor.uri(COMMON) },
  });
  await editor.problemsLike(RELEASE, (it) => it.length === 0);
});

test('files are watched where the client can', () => withEditor({ watches: true }, async (editor) => {
  await editor.open(RELEASE);
  await editor.problems(RELEASE);
  assert.deepEqual(editor.registrations.map((it) => it.method), ['workspace/didChangeWatchedFiles']);
}));

with_release('symbols, folds and selections follow the text', async (editor) => {
  const symbols = each((it) => DocumentSymbol.is(it), await editor.ask(DocumentSymbolRequest.type, RELEASE));
  const deploy = symbols.find((it) => it.name === 'deploy');
  assert.deepEqual(deploy.children.map((it) => it.name), ['switch', 'answers', 'worker', 'for host']);
  const found = await editor.connection.sendRequest(WorkspaceSymbolRequest.type, { query: 'rstr' });
  each((it) => Location.is(it.location), found);
  assert.deepEqual(found.map((it) => [it.name, it.location.uri]), [['restart', editor.uri(COMMON)]]);
  const folds = each((it) => FoldingRange.is(it), await editor.ask(FoldingRangeRequest.type, RELEASE));
  const start = editor.place(RELEASE, '|phase deploy').line;
  const end = editor.place(RELEASE, 'cool.sh\n  }\n|}').line;
  assert.ok(folds.some((it) => it.startLine === start && it.endLine === end - 1), JSON.stringify(folds));
  const position = editor.place(RELEASE, '"app-$ver|sion"');
  const [selected] = await editor.ask(SelectionRangeRequest.type, RELEASE, { positions: [position] });
  assert.ok(SelectionRange.is(selected));
  const grown = [];
  for (let one = selected; one; one = one.parent) grown.push(editor.text(RELEASE, one.range).trim());
  assert.equal(grown[0], 'version');
  assert.ok(grown.some((it) => it.startsWith('$ ln')) && grown.some((it) => it.startsWith('step switch')));
  assert.equal(grown.at(-1), editor.documents.get(RELEASE).getText().trim());
});

with_release('what is coloured follows the text, whole, in part and by what changed', async (editor) => {
  const { legend } = editor.initialized.capabilities.semanticTokensProvider;
  const read = (data) => {
    const tokens = [];
    let [line, character] = [0, 0];
    for (let at = 0; at < data.length; at += 5) {
      character = data[at] === 0 ? character + data[at + 1] : data[at + 1];
      line += data[at];
      const range = { start: { line, character }, end: { line, character: character + data[at + 2] } };
      tokens.push(`${legend.tokenTypes[data[at + 3]]} ${editor.text(RELEASE, range)}`);
    }
    return tokens;
  };
  const full = await editor.ask(SemanticTokensRequest.type, RELEASE);
  const tokens = read(full.data);
  for (const token of [
    'comment # Moves a site to a new version.', 'keyword param', 'variable version', 'type version',
    'string "The release to ship"', 'event switch', 'keyword rollback', 'function restart',
    'namespace common', 'property errors', 'number 0.1%', 'operator <', 'variable host', 'parameter share',
  ]) assert.ok(tokens.includes(token), `${token}: ${tokens.join('\n')}`);
  const begin = editor.place(RELEASE, '|phase deploy');
  const range = { start: begin, end: { line: begin.line + 5, character: 0 } };
  const part = read((await editor.ask(SemanticTokensRangeRequest.type, RELEASE, { range })).data);
  assert.ok(part.includes('event switch') && !part.includes('keyword param'));
  await editor.replace(RELEASE, 'phase deploy {', 'phase deploy "🚀 all" {');
  const delta = await editor.ask(SemanticTokensDeltaRequest.type, RELEASE, { previousResultId: full.resultId });
  const data = [...full.data];
  for (const edit of delta.edits) data.splice(edit.start, edit.deleteCount, ...(edit.data ?? []));
  const again = await editor.ask(SemanticTokensRequest.type, RELEASE);
  assert.deepEqual(data, again.data);
  assert.ok(delta.edits.length === 1 && delta.edits[0].data.length < 20, JSON.stringify(delta));
});

with_release('hints say when something is undone, and what guards', async (editor) => {
  const end = editor.documents.get(RELEASE).positionAt(1e9);
  const range = { start: { line: 0, character: 0 }, end };
  const hints = each((it) => InlayHint.is(it), await editor.ask(InlayHintRequest.type, RELEASE, { range }));
  const at = (text) => {
    const { line } = editor.place(RELEASE, text);
    return hints.filter((it) => it.position.line === line).map((it) => it.label);
  };
  assert.deepEqual(at('|step announce'), ['point of no return, guarded by sure']);
  const [last] = at('|step switch');
  assert.match(last, /^undone (\d+) of \1$/);
  assert.match(at('|for host')[0], /^undone \d of \d$/);
});

with_release('a call says what it takes', async (editor) => {
  const help = await editor.at(SignatureHelpRequest.type, RELEASE, 'restart(service: "wor|ker"');
  assert.equal(help.signatures[0].label, 'restart(service: string, graceful: bool = true)');
  assert.equal(help.activeParameter, 0);
  assert.equal(help.signatures[0].parameters[1].documentation, 'Lets it finish its work');
  await editor.replace(RELEASE, 'restart(service: "worker")', 'restart("worker", )');
  const second = await editor.at(SignatureHelpRequest.type, RELEASE, 'restart("worker", |)');
  assert.equal(second.activeParameter, 1);
  assert.equal(await editor.at(SignatureHelpRequest.type, RELEASE, 'step b|ackup'), null);
});

with_release('a text is laid out by small edits, whole or in part', async (editor) => {
  assert.deepEqual(await editor.ask(DocumentFormattingRequest.type, RELEASE, { options: {} }), []);
  const whole = editor.documents.get(RELEASE).getText();
  await editor.replace(RELEASE, '  step switch {', '      step   switch {');
  await editor.replace(RELEASE, '  approve by managers', 'approve   by managers');
  const edits = each((it) => TextEdit.is(it), await editor.ask(DocumentFormattingRequest.type, RELEASE, { options: {} }));
  assert.equal(editor.edited(RELEASE, edits), whole);
  assert.equal(edits.length, 2);
  const { line } = editor.place(RELEASE, 'step   |switch');
  const range = { start: { line, character: 0 }, end: { line: line + 1, character: 0 } };
  const part = await editor.ask(DocumentRangeFormattingRequest.type, RELEASE, { range, options: {} });
  assert.equal(editor.edited(RELEASE, part), whole.replace('  approve by managers', 'approve   by managers'));
});

with_release('lenses and links lead on', async (editor) => {
  const lenses = each((it) => CodeLens.is(it), await editor.ask(CodeLensRequest.type, RELEASE));
  assert.deepEqual(lenses.map((it) => [it.command.title, it.command.command, it.command.arguments]), [
    ['show the way back', 'runbook.plan', [editor.uri(RELEASE)]],
    ['run test', 'runbook.test', [editor.uri(RELEASE), 'a failed switch is taken back']],
  ]);
  const links = each((it) => DocumentLink.is(it), await editor.ask(DocumentLinkRequest.type, RELEASE));
  const targets = new Map(links.map((it) => [editor.text(RELEASE, it.range), it.target]));
  assert.deepEqual(Object.fromEntries(targets), {
    './common.runbook': editor.uri(COMMON),
    'secrets/token': editor.uri('secrets/token'),
    scripts: editor.uri('scripts'),
    'http://prometheus:9090': 'http://prometheus:9090',
    'https://site.example/health': 'https://site.example/health',
  });
});
