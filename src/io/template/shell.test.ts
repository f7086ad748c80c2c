import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startCommand } from './shell.ts';

test('a line runs in a shell, and its end is told', async () => {
  assert.deepEqual(await startCommand(['exit 3']).ended, { code: 3 });
  const started = startCommand(['sleep 30']);
  started.signal('SIGTERM');
  assert.deepEqual(await started.ended, { signal: 'SIGTERM' });
  started.signal('SIGTERM');
});

test('a list is a program with its arguments, in the environment that is given', async () => {
  assert.deepEqual(await startCommand(['sh', '-c', 'exit $CODE'], { CODE: '4' }).ended, {
    code: 4,
  });
  assert.deepEqual(await startCommand(['/no/such/program', 'x']).ended, { code: 127 });
});
