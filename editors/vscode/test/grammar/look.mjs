// What the grammar calls places in texts, as VS Code reads them:
// `node look.mjs ASKED ANSWERS`, where ASKED is `[{"file": …, "at": [bytes…]}, …]`
// and each answer a list of scopes.

import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const require = createRequire(import.meta.url);
const oniguruma = require('vscode-oniguruma');
const textmate = require('vscode-textmate');

const extension = join(dirname(fileURLToPath(import.meta.url)), '../..');
const grammars = {
  'source.runbook': join(extension, 'syntaxes/runbook.tmLanguage.json'),
  'source.shell': require.resolve('tm-grammars/grammars/shellscript.json'),
};

async function grammar() {
  const wasm = readFileSync(require.resolve('vscode-oniguruma/release/onig.wasm'));
  await oniguruma.loadWASM(wasm.buffer.slice(wasm.byteOffset, wasm.byteOffset + wasm.length));
  const registry = new textmate.Registry({
    onigLib: Promise.resolve({
      createOnigScanner: (patterns) => new oniguruma.OnigScanner(patterns),
      createOnigString: (text) => new oniguruma.OnigString(text),
    }),
    loadGrammar: async (scope) => {
      const file = grammars[scope];
      return file ? textmate.parseRawGrammar(readFileSync(file, 'utf8'), file) : null;
    },
  });
  return registry.loadGrammar('source.runbook');
}

/** The scopes of each line's parts, by the byte at which they begin. */
function parts(runbook, bytes) {
  const found = [];
  let stack = textmate.INITIAL;
  let at = 0;
  for (const line of bytes.toString('utf8').split('\n')) {
    const told = runbook.tokenizeLine(line, stack);
    stack = told.ruleStack;
    for (const token of told.tokens) {
      const before = Buffer.byteLength(line.slice(0, token.startIndex));
      found.push({ at: at + before, scopes: token.scopes });
    }
    at += Buffer.byteLength(line) + 1;
  }
  return found;
}

function scopesAt(found, at) {
  let last = 0;
  for (let step = 1 << 20; step > 0; step >>= 1) {
    if (last + step < found.length && found[last + step].at <= at) {
      last += step;
    }
  }
  return found[last].scopes;
}

const [asking, answering] = process.argv.slice(2);
const runbook = await grammar();
const answers = JSON.parse(readFileSync(asking, 'utf8')).map(({ file, at }) => {
  const found = parts(runbook, readFileSync(file));
  return at.map((place) => scopesAt(found, place));
});
writeFileSync(answering, JSON.stringify(answers));
