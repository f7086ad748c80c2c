import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { systemClock } from '../../src/io/clock.ts';
import { MockDriver } from '../../src/io/drivers/mock/driver.ts';
import { driverContract, isFault, printed, specFor } from '../contract/driver.ts';

const dir = mkdtempSync(join(tmpdir(), 'mock-'));
const driver = new MockDriver({ clock: systemClock });
const forever = new AbortController().signal;

driverContract(
  'mock_driver',
  () =>
    Promise.resolve({
      dir,
      driver,
      successor: () => new MockDriver({ clock: systemClock }),
      pass: (ms) => delay(ms),
      scenarios: {
        exits: (code) => ({ config: { exit_code: code } }),
        runs: { config: { run_for: '10m', exit_code: 4 } },
        ignores: { config: { run_for: '10m', kill_after: '1h' } },
        prints: (text) => ({ config: { stdout_string: text, run_for: '5ms' } }),
        invalid: { config: { run_for: 'long' }, path: 'run_for' },
      },
      afterStop: { exitCode: 4, signal: 0 },
      hasWorld: false,
      measures: false,
    }),
  () => {
    rmSync(dir, { recursive: true });
    return Promise.resolve();
  },
);

test('a start fails as it is told', async () => {
  for (const [recoverable, fault] of [
    [true, 'unavailable'],
    [false, 'invalid'],
  ] as const) {
    const config = { start_error: 'no', start_error_recoverable: recoverable };
    const start = driver.start(specFor(dir, 'mock', { config }), forever);
    await assert.rejects(start, isFault(fault));
  }
});

test('it prints as often as it is told, and ends of a signal if it is told so', async () => {
  const config = {
    run_for: '300ms',
    exit_signal: 11,
    stdout_string: 'tick ',
    stdout_repeat: 3,
    stdout_repeat_duration: '1ms',
  };
  const spec = specFor(dir, 'mock', { config });
  const handle = await driver.start(spec, forever);
  const { exitCode, signal } = await driver.wait(handle, forever);
  assert.deepEqual([exitCode, signal], [139, 11]);
  assert.equal(printed(spec), 'tick tick tick tick ');
  await driver.destroy(handle);
});
