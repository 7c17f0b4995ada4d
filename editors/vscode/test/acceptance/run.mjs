// The extension in a real VS Code, driven as a person would: `npm run test:acceptance`.
//
// It wants `runbook` (RUNBOOK, or target/debug/runbook of this repository) and the
// editor that `install.sh FOLDER` installs (ACCEPTANCE_FOLDER, or out/ beside this
// file, which is then made). Pictures of each step are left in out/.

import { execFileSync, spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const extension = join(here, '../..');
const root = join(extension, '../..');
const out = join(here, 'out');
const runbook = resolve(process.env.RUNBOOK ?? join(root, 'target/debug/runbook'));
const editor = resolve(process.env.ACCEPTANCE_FOLDER ?? join(out, 'editor'));
const WAIT = 60_000;

const BROKEN = `runbook "Publish {version}"

param version: version "What to publish"

step build {
  $ make "release-$verison"
  timeout 1m
}
`;

const GOOD = `runbook "Publish {version}"

param version: version "What to publish"

lock "site"

step switch "Show the new one" {
  capture before $ readlink current
  $ ln -sfn "releases/$version" current
  timeout 10s
  rollback $ ln -sfn "$before" current
}

test "a failure is taken back" {
  set version = "1.2.3"
  given step switch fails
  expect rolled_back
}

test "all goes well" {
  set version = "1.2.3"
  expect succeeded
}
`;

function prepare() {
  if (!existsSync(runbook)) {
    throw new Error(`there is no ${runbook}: \`cargo build\`, or say where it is with RUNBOOK`);
  }
  mkdirSync(out, { recursive: true });
  if (!existsSync(join(editor, 'node_modules/code-server/lib/vscode/extensions/node_modules'))) {
    execFileSync(join(here, 'install.sh'), [editor], { stdio: 'inherit' });
  }
  execFileSync('npm', ['run', '--silent', 'package'], { cwd: extension, stdio: 'inherit' });
  const place = mkdtempSync(join(tmpdir(), 'runbook-acceptance-'));
  const folder = join(place, 'work');
  mkdirSync(join(place, 'data/User'), { recursive: true });
  cpSync(join(root, 'examples/deployment'), folder, { recursive: true });
  writeFileSync(join(folder, 'broken.runbook'), BROKEN);
  writeFileSync(join(folder, 'good.runbook'), GOOD);
  writeFileSync(join(folder, 'page.md'), `# A page\n\n\`\`\`runbook\n${GOOD}\`\`\`\n`);
  writeSettings(place, {});
  return { place, folder };
}

function writeSettings(place, others) {
  const settings = {
    'runbook.path': runbook,
    'runbook.parameters': { version: '2.0.0', previous: '1.9.0' },
    'security.workspace.trust.enabled': false,
    'workbench.startupEditor': 'none',
    'workbench.colorTheme': 'Default Dark Modern',
    'editor.minimap.enabled': false,
    ...others,
  };
  writeFileSync(join(place, 'data/User/settings.json'), JSON.stringify(settings));
}

function freePort() {
  return new Promise((found) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => found(port));
    });
  });
}

async function serve(place) {
  const program = join(editor, 'node_modules/code-server/out/node/entry.js');
  const places = ['--user-data-dir', join(place, 'data'), '--extensions-dir', join(place, 'extensions')];
  // The PATH of the editor does not lead to `runbook`: the setting has to.
  const environment = { ...process.env, PATH: '/usr/local/bin:/usr/bin:/bin', HOME: place };
  const options = { env: environment, stdio: 'inherit' };
  execFileSync(process.execPath, [program, ...places, '--install-extension', join(extension, 'runbook.vsix')], options);
  const port = await freePort();
  const words = [program, ...places, '--auth', 'none', '--disable-telemetry', '--disable-update-check', '--bind-addr', `127.0.0.1:${port}`];
  const server = spawn(process.execPath, words, options);
  const address = `http://127.0.0.1:${port}`;
  for (let tries = 0; tries < 300; tries += 1) {
    const answer = await fetch(`${address}/healthz`).catch(() => undefined);
    if (answer?.ok) {
      return { server, address };
    }
    await new Promise((later) => setTimeout(later, 200));
  }
  server.kill();
  throw new Error('code-server does not answer');
}

class Person {
  constructor(page) {
    this.page = page;
    this.pictures = 0;
  }

  async picture(name) {
    this.pictures += 1;
    await this.page.screenshot({ path: join(out, `${this.pictures}-${name}.png`) });
  }

  async open(file) {
    await this.page.keyboard.press('Control+P');
    const input = this.page.locator('.quick-input-widget input').first();
    await input.waitFor({ timeout: WAIT });
    await input.fill(file);
    await this.page.locator('.quick-input-list .monaco-list-row').filter({ hasText: file }).first().waitFor({ timeout: WAIT });
    await this.page.keyboard.press('Enter');
    await this.page.locator('.tab.active').filter({ hasText: file }).waitFor({ timeout: WAIT });
    await this.page.locator('.editor-group-container.active .view-line').first().click();
  }

  async command(name) {
    await this.page.keyboard.press('F1');
    const input = this.page.locator('.quick-input-widget input').first();
    await input.waitFor({ timeout: WAIT });
    await input.fill(`>${name}`);
    await this.page.locator('.quick-input-list .monaco-list-row').filter({ hasText: name }).first().waitFor({ timeout: WAIT });
    await this.page.keyboard.press('Enter');
  }

  async sees(what, where) {
    await where.first().waitFor({ timeout: WAIT });
    console.log(`  ok  ${what}`);
  }

  /** The class of the colour of a text in the editor. */
  async colour(text) {
    const span = this.page.locator('.view-line span span').filter({ hasText: text }).first();
    await span.waitFor({ timeout: WAIT });
    return span.getAttribute('class');
  }
}

function hold(what, is) {
  if (!is) {
    throw new Error(`not so: ${what}`);
  }
  console.log(`  ok  ${what}`);
}

async function problems(person) {
  const { page } = person;
  await person.open('broken.runbook');
  await person.sees('an error is underlined', page.locator('.squiggly-error'));
  await person.command('Problems: Focus on Problems View');
  const listed = page.locator('.markers-panel');
  await person.sees('a misspelt variable is listed', listed.filter({ hasText: 'RB301' }));
  await person.picture('problems');
  await page.locator('.squiggly-error').first().click({ force: true });
  await page.locator('.view-line').filter({ hasText: 'verison' }).locator('span span').last().click();
  await page.keyboard.press('Control+.');
  await person.sees('there is a quick fix', page.locator('.action-widget').filter({ hasText: 'version' }));
  await page.keyboard.press('Enter');
  await person.sees('it mends the text', page.locator('.view-line').filter({ hasText: 'release-$version' }));
  await person.sees('a missing way back is listed then', listed.filter({ hasText: 'RB101' }));
  await person.picture('fixed');
}

async function colours(person) {
  const { page } = person;
  await person.open('good.runbook');
  const keyword = await person.colour(/^step$/);
  hold('a keyword has a colour of its own', keyword !== await person.colour(/^switch$/));
  hold('a text has another', keyword !== await person.colour(/Show.the.new.one/));
  hold('the shell has its own: a variable', (await person.colour(/^\$?version$/)) !== (await person.colour(/releases\//)));
  await person.picture('colours');
}

async function names(person) {
  const { page } = person;
  await page.locator('.view-line').filter({ hasText: 'param version' }).locator('span span').filter({ hasText: /^version$/ }).first().hover();
  await person.sees('a name under the pointer is told of', page.locator('.monaco-hover').filter({ hasText: 'What to publish' }));
  await person.picture('hover');
  await person.command('Format Document');
  await page.keyboard.press('Control+Shift+O');
  await person.sees('the outline has the step', page.locator('.quick-input-list .monaco-list-row').filter({ hasText: 'switch' }));
  await person.picture('outline');
  await page.keyboard.press('Escape');
}

async function commands(person) {
  const { page } = person;
  await person.command('Runbook: Check');
  await person.sees('check tells that all is well', page.locator('.statusbar').filter({ hasText: 'no problems in 1 file' }));
  await person.picture('check');
  await person.command('Runbook: Run the Tests');
  await person.sees('the tests are run', page.locator('.statusbar').filter({ hasText: '2 tests passed' }));
  await page.locator('.codelens-decoration a').filter({ hasText: 'run test' }).first().click();
  await person.sees('the lens runs one of them', page.locator('.statusbar').filter({ hasText: '1 test passed' }));
  await person.picture('tests');
  await page.locator('.codelens-decoration a').filter({ hasText: 'show the way back' }).click();
  await person.sees('the plan has a tab', page.locator('.tab').filter({ hasText: 'good.runbook.plan' }));
  await person.sees('and its text', page.locator('.view-line').filter({ hasText: '2.0.0' }));
  await person.picture('plan');
  await person.open('deploy.runbook');
  await person.command('Runbook: Show the Graph');
  await person.sees('the graph has a tab', page.locator('.tab').filter({ hasText: 'Graph: ' }));
  const inside = page.frameLocator('iframe.webview').frameLocator('iframe');
  await person.sees('and is drawn', inside.locator('svg text').filter({ hasText: 'migrate' }));
  await person.picture('graph');
}

/** A path that leads nowhere is told of when the editor starts. */
async function settings(person, place) {
  const { page } = person;
  writeSettings(place, { 'runbook.path': '/nowhere/runbook' });
  await page.reload();
  await page.locator('.monaco-workbench .explorer-folders-view').waitFor({ timeout: WAIT });
  await person.sees('a wrong path is told of', page.locator('.notification-toast').filter({ hasText: '/nowhere/runbook' }));
  await person.picture('wrong-path');
}

async function markdown(person) {
  await person.open('page.md');
  const keyword = await person.colour(/^step$/);
  hold('a keyword in a page has its colour', keyword !== await person.colour(/^switch$/));
  await person.picture('markdown');
}

const { place, folder } = prepare();
const { server, address } = await serve(place);
const { chromium } = createRequire(join(editor, 'package.json'))('playwright-core');
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking'],
});
let person;
try {
  const page = await browser.newPage({ viewport: { width: 1400, height: 900 } });
  person = new Person(page);
  await page.goto(`${address}/?folder=${encodeURIComponent(folder)}`);
  await page.locator('.monaco-workbench .explorer-folders-view').waitFor({ timeout: WAIT });
  for (const look of [problems, colours, names, commands, markdown, settings]) {
    console.log(look.name);
    await look(person, place);
  }
  console.log(`all is well; the pictures are in ${out}`);
} catch (why) {
  await person?.picture('failure').catch(() => undefined);
  console.error(why);
  process.exitCode = 1;
} finally {
  await browser.close();
  server.kill();
  rmSync(place, { recursive: true, force: true });
}
