import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { seeded } from '../base/random.ts';
import type { Driver } from '../ports/driver.ts';
import { driverContract, isFault, specFor } from '../../test/contract/driver.ts';
import { SimClock } from './clock.ts';
import { CALM, SimDriver, SimTasks } from './driver.ts';

const dir = mkdtempSync(join(tmpdir(), 'sim-'));
after(() => rmSync(dir, { recursive: true }));
const forever = new AbortController().signal;

driverContract('raw_exec', () => {
  const clock = new SimClock();
  const tasks = new SimTasks(clock, seeded('contract'));
  const make = (): SimDriver => new SimDriver('raw_exec', { tasks, clock });
  return Promise.resolve({
    dir,
    driver: make(),
    successor: make,
    pass: async (ms) => {
      clock.advance(ms);
      await new Promise(setImmediate);
    },
    scenarios: {
      exits: (code) => ({ config: { runForMs: 100, exitCode: code } }),
      runs: { config: {} },
      ignores: { config: { killAfterMs: 1e9 } },
      invalid: { config: { exitCode: 'x' }, path: 'exitCode' },
    },
    afterStop: { exitCode: 0, signal: 0 },
    hasWorld: true,
    measures: false,
  });
});

async function fates(seed: string): Promise<string[]> {
  const clock = new SimClock();
  const fortune = { startFailures: 0.3, crashes: 0.5, crashWithinMs: 1_000, startMsMax: 0 };
  const tasks = new SimTasks(clock, seeded(seed), fortune);
  const driver = new SimDriver('sim', { tasks, clock });
  const told: string[] = [];
  for (let i = 0; i < 40; i++) {
    const spec = { ...specFor(dir, 'sim', { config: {} }), taskName: `t${i}` };
    const named = { ...spec, allocId: 'a' as typeof spec.allocId };
    const handle = await driver.start(named, forever).catch(() => undefined);
    if (handle === undefined) told.push('refused');
    else
      driver
        .wait(handle, new AbortController().signal)
        .then(({ endedAt }) => told.push(`t${i} ${endedAt}`), assert);
  }
  for (let t = 0; t < 1_000; t += 10) {
    clock.advance(10);
    await new Promise(setImmediate);
  }
  return [...told, ...tasks.running()];
}

test('S2: the same seed gives the same lives, another one others', async () => {
  const first = await fates('one');
  assert.deepEqual(await fates('one'), first);
  assert.notDeepEqual(await fates('two'), first);
  assert(first.includes('refused') && first.some((line) => /^t\d+ \d+$/.test(line)));
});

test('S1: a machine that lost power has no tasks left to take up', async () => {
  const clock = new SimClock();
  const tasks = new SimTasks(clock, seeded('x'), CALM);
  const driver: Driver = new SimDriver('sim', { tasks, clock });
  const handle = await driver.start(specFor(dir, 'sim', { config: {} }), forever);
  assert.equal(tasks.running().length, 1);
  tasks.loseAll();
  assert.equal(tasks.running().length, 0);
  await assert.rejects(driver.recover(handle, forever), isFault('not_found'));
});
