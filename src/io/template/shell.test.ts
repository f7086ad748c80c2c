import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startLine } from './shell.ts';

test('a line runs in a shell, and its end is told', async () => {
  assert.deepEqual(await startLine('exit 3').ended, { code: 3 });
  const started = startLine('sleep 30');
  started.signal('SIGTERM');
  assert.deepEqual(await started.ended, { signal: 'SIGTERM' });
  started.signal('SIGTERM');
});
