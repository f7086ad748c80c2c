import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Service } from '../ports/service.ts';
import { untilAborted } from './aborted.ts';
import { together } from './together.ts';

const seen: string[] = [];

function lasting(name: string): Service {
  return {
    name,
    run: async (signal) => {
      await untilAborted(signal);
      seen.push(`${name} ends`);
      await Promise.resolve();
      seen.push(`${name} has ended`);
    },
  };
}

test('all are told to end before one of them has', async () => {
  seen.length = 0;
  const stop = new AbortController();
  const running = together('both', [lasting('a'), lasting('b')]).run(stop.signal);
  stop.abort();
  await running;
  assert.deepEqual(seen, ['a ends', 'b ends', 'a has ended', 'b has ended']);
});

test('one that fails ends the others, which is waited for', async () => {
  seen.length = 0;
  const broken: Service = { name: 'broken', run: () => Promise.reject(new Error('taken')) };
  const never = new AbortController().signal;
  await assert.rejects(together('both', [lasting('a'), broken]).run(never), /taken/);
  assert.deepEqual(seen, ['a ends', 'a has ended']);
});
