// The tests of the grammars: `npm test`.

import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const require = createRequire(import.meta.url);
const here = dirname(fileURLToPath(import.meta.url));
const tester = require.resolve('vscode-tmgrammar-test/dist/unit.js');
const others = ['shellscript', 'markdown'].flatMap((name) => [
  '--grammar',
  require.resolve(`tm-grammars/grammars/${name}.json`),
]);
const settings = ['--config', join(here, '../../package.json')];
for (const tests of ['*.test.runbook', '*.test.md']) {
  const words = [tester, ...settings, ...others, join(here, tests)];
  const { status } = spawnSync(process.execPath, words, { stdio: 'inherit' });
  if (status !== 0) {
    process.exit(status ?? 1);
  }
}
