import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Service } from '../ports/service.ts';
import { runServices } from './lifecycle.ts';

function recorder(): { services: (name: string, fails?: Error) => Service; seen: string[] } {
  const seen: string[] = [];
  return {
    seen,
    services: (name, fails) => ({
      name,
      run: async (signal) => {
        seen.push(`+${name}`);
        if (fails !== undefined) throw fails;
        await new Promise<void>((resolve) => {
          signal.addEventListener('abort', () => resolve(), { once: true });
        });
        seen.push(`-${name}`);
      },
    }),
  };
}

test('A1, A2: services end in the opposite order', async () => {
  const { services, seen } = recorder();
  const stop = new AbortController();
  const done = runServices(
    [services('a'), services('b'), services('c')],
    () => undefined,
    stop.signal,
  );
  stop.abort();
  await done;
  assert.deepEqual(seen, ['+a', '+b', '+c', '-c', '-b', '-a']);
});

test('A1: one that fails ends the others, and is told', async () => {
  const { services, seen } = recorder();
  const run = runServices(
    [services('a'), services('b', new Error('broken'))],
    () => undefined,
    new AbortController().signal,
  );
  await assert.rejects(run, /broken/);
  assert.deepEqual(seen, ['+a', '+b', '-a']);
});
