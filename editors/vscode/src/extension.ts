// The extension starts `runbook lsp` and gives four of the program's commands a
// place in the editor. Everything it knows of runbooks it asks the program.

import { execFile } from 'node:child_process';
import { homedir } from 'node:os';
import { dirname } from 'node:path';
import * as vscode from 'vscode';
import { LanguageClient, State } from 'vscode-languageclient/node';

const PLANS = 'runbook-plan';

let client: LanguageClient | undefined;
let log: vscode.OutputChannel;

export async function activate(context: vscode.ExtensionContext): Promise<void> {
  log = vscode.window.createOutputChannel('Runbook');
  const plans = new Plans();
  context.subscriptions.push(
    log,
    vscode.workspace.registerTextDocumentContentProvider(PLANS, plans),
    command('runbook.check', check),
    command('runbook.plan', (document) => plans.show(document)),
    command('runbook.graph', graph),
    command('runbook.test', test),
    vscode.commands.registerCommand('runbook.restart', restart),
    vscode.workspace.onDidChangeConfiguration(async (change) => {
      if (change.affectsConfiguration('runbook.path')) {
        await restart();
      }
    }),
  );
  await start();
}

export async function deactivate(): Promise<void> {
  await client?.stop();
}

/** A command about a runbook: that of a lens, or the one in front. It is saved before, since the program reads files. */
function command(
  name: string,
  act: (document: vscode.TextDocument, of?: string) => Promise<void>,
): vscode.Disposable {
  return vscode.commands.registerCommand(name, async (address?: unknown, of?: unknown) => {
    // A lens gives its address as a text, and what it stands at; a menu as it is.
    const chosen = typeof address === 'string' ? vscode.Uri.parse(address) : address;
    const document =
      chosen instanceof vscode.Uri
        ? await vscode.workspace.openTextDocument(chosen)
        : vscode.window.activeTextEditor?.document;
    if (document?.languageId !== 'runbook') {
      void vscode.window.showErrorMessage('Runbook: open a runbook first.');
      return;
    }
    if (document.isUntitled || (document.isDirty && !(await document.save()))) {
      void vscode.window.showErrorMessage('Runbook: save the file first.');
      return;
    }
    await act(document, typeof of === 'string' ? of : undefined);
  });
}

// ------------------------------------------------------------------ the server

async function start(): Promise<void> {
  const path = program();
  const server = { command: path, args: ['lsp'] };
  client = new LanguageClient('runbook', 'Runbook', server, {
    documentSelector: [{ scheme: 'file', language: 'runbook' }],
    outputChannel: log,
  });
  try {
    await client.start();
  } catch (why) {
    client = undefined;
    await noProgram(path, why);
  }
}

async function restart(): Promise<void> {
  const old = client;
  client = undefined;
  if (old !== undefined && old.state !== State.Stopped) {
    await old.stop();
  }
  await start();
}

async function noProgram(path: string, why: unknown): Promise<void> {
  log.appendLine(`${path}: ${String(why)}`);
  const settings = 'Open the setting';
  const said = `Runbook: \`${path}\` cannot be started. Set \`runbook.path\` to where it is.`;
  const chosen = await vscode.window.showErrorMessage(said, settings);
  if (chosen === settings) {
    await vscode.commands.executeCommand('workbench.action.openSettings', 'runbook.path');
  }
}

/** The setting `runbook.path`. An editor that was not started from a shell often has another PATH. */
function program(): string {
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri.fsPath ?? '';
  const set = vscode.workspace.getConfiguration('runbook').get<string>('path') ?? '';
  return (set.trim() || 'runbook')
    .replace(/^~(?=\/)/, homedir())
    .replace(/\$\{workspaceFolder\}/g, folder);
}

// --------------------------------------------------------------- the commands

interface Outcome {
  /** The exit status; nothing if the program could not be started. */
  status: number | undefined;
  output: string;
  errors: string;
}

function run(document: vscode.TextDocument, words: string[]): Promise<Outcome> {
  const path = program();
  const environment = { ...process.env, NO_COLOR: '1' };
  const options = { cwd: dirname(document.fileName), env: environment, maxBuffer: 64 * 1024 * 1024 };
  return new Promise((resolve) => {
    execFile(path, words, options, (error, output, errors) => {
      const failed = error === null ? 0 : error.code;
      if (typeof failed !== 'number') {
        void noProgram(path, error);
      }
      resolve({ status: typeof failed === 'number' ? failed : undefined, output, errors });
    });
  });
}

/** In the log, where addresses like `FILE:1:2` are links. */
function tell(title: string, outcome: Outcome): void {
  log.appendLine(`── ${title}`);
  log.appendLine((outcome.output + outcome.errors).trimEnd());
  log.show(true);
}

/** What it came to. */
function lastLine(outcome: Outcome): string {
  return (outcome.output + outcome.errors).trim().split('\n').pop() ?? '';
}

async function check(document: vscode.TextDocument): Promise<void> {
  const outcome = await run(document, ['check', document.fileName]);
  if (outcome.status === undefined) {
    return;
  }
  tell(`runbook check ${document.fileName}`, outcome);
  if (outcome.status === 0) {
    vscode.window.setStatusBarMessage(`$(check) Runbook: ${lastLine(outcome)}`, 10_000);
  } else {
    await vscode.commands.executeCommand('workbench.actions.view.problems');
  }
}

/** The test of this title, or all. */
async function test(document: vscode.TextDocument, title?: string): Promise<void> {
  const only = title === undefined ? [] : ['--only', title];
  const outcome = await run(document, ['test', document.fileName, ...only]);
  if (outcome.status === undefined) {
    return;
  }
  tell(['runbook test', document.fileName, ...only].join(' '), outcome);
  const said = lastLine(outcome);
  if (outcome.status === 0) {
    vscode.window.setStatusBarMessage(`$(beaker) Runbook: ${said}`, 10_000);
  } else {
    void vscode.window.showErrorMessage(`Runbook: ${said}`);
  }
}

/** Parameters without a value are asked for; nothing if that was given up. */
async function withParameters(
  document: vscode.TextDocument,
  words: string[],
): Promise<Outcome | undefined> {
  const set = vscode.workspace.getConfiguration('runbook', document);
  const values = new Map(Object.entries(set.get<Record<string, string>>('parameters') ?? {}));
  for (;;) {
    const given = [...values].flatMap(([name, value]) => ['--set', `${name}=${value}`]);
    const outcome = await run(document, [...words, ...given]);
    // The setting is for all runbooks of a folder, which have not all the same.
    const unknown = /has no parameter `([a-z0-9_]+)`/.exec(outcome.errors)?.[1];
    if (unknown !== undefined && values.delete(unknown)) {
      continue;
    }
    const missing = /parameter `([a-z0-9_]+)` has no value/.exec(outcome.errors)?.[1];
    if (missing === undefined || values.has(missing)) {
      return outcome;
    }
    const title = `The value of ${missing}`;
    const prompt = 'The setting `runbook.parameters` can hold it.';
    const value = await vscode.window.showInputBox({ title, prompt, ignoreFocusOut: true });
    if (value === undefined) {
      return undefined;
    }
    values.set(missing, value);
  }
}

function failed(title: string, outcome: Outcome): void {
  if (outcome.status === undefined) {
    return;
  }
  tell(title, outcome);
  void vscode.window.showErrorMessage(`Runbook: ${title} found problems; the log has them.`);
}

/** Plans, as texts that cannot be changed. */
class Plans implements vscode.TextDocumentContentProvider {
  private readonly texts = new Map<string, string>();
  private readonly changed = new vscode.EventEmitter<vscode.Uri>();
  readonly onDidChange = this.changed.event;

  provideTextDocumentContent(address: vscode.Uri): string {
    return this.texts.get(address.toString()) ?? '';
  }

  async show(document: vscode.TextDocument): Promise<void> {
    const outcome = await withParameters(document, ['plan', document.fileName]);
    if (outcome === undefined) {
      return;
    }
    if (outcome.status !== 0) {
      failed('runbook plan', outcome);
      return;
    }
    const address = vscode.Uri.from({ scheme: PLANS, path: `${document.fileName}.plan` });
    this.texts.set(address.toString(), outcome.output);
    this.changed.fire(address);
    const plan = await vscode.workspace.openTextDocument(address);
    const beside = { viewColumn: vscode.ViewColumn.Beside, preserveFocus: true, preview: true };
    await vscode.window.showTextDocument(plan, beside);
  }
}

async function graph(document: vscode.TextDocument): Promise<void> {
  const outcome = await withParameters(document, ['graph', document.fileName, '--format', 'svg']);
  if (outcome === undefined) {
    return;
  }
  if (outcome.status !== 0) {
    failed('runbook graph', outcome);
    return;
  }
  const title = `Graph: ${vscode.workspace.asRelativePath(document.uri)}`;
  const beside = { viewColumn: vscode.ViewColumn.Beside, preserveFocus: true };
  const panel = vscode.window.createWebviewPanel('runbook.graph', title, beside, {});
  panel.webview.html = page(outcome.output);
}

/** The drawing comes from the program, which escapes what a runbook says; nothing in the page may run. */
function page(svg: string): string {
  const rules = "default-src 'none'; style-src 'unsafe-inline'; img-src data:";
  return `<!DOCTYPE html>
<html>
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${rules}">
<style>body { background: white; margin: 1em; } svg { max-width: 100%; height: auto; }</style>
</head>
<body>${svg.replace(/^<\?xml[^>]*\?>\s*/, '')}</body>
</html>`;
}
