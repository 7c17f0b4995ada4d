// A client that waits to be killed in the middle of its work.

import { Editor } from './client.mjs';

const editor = await Editor.start();
await editor.open('release.runbook');
await editor.problems('release.runbook');
console.log(editor.server.pid);
for (;;) await editor.replace('release.runbook', 'deploy', 'deploy');
