/**
 * Runs of the whole cluster under a simulated clock, network and disk, each from a seed.
 *
 *     SIM_SEED=name node --import tsx --test test/sim/simulation.test.ts    one run, again
 *     SIM_SEEDS=200 node --import tsx --test test/sim/simulation.test.ts    many new ones
 *
 * With SIM_SERVERS=3 or 5 all new ones are of so many servers; a seed alone draws which.
 * With SIM_TRACE=FILE the whole history of a run that broke is kept there.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { SimulationFailure, type Report } from './run.ts';
import { scenarioOf, simulate, simulateServers } from './simulate.ts';

const only = process.env['SIM_SEED'];
const servers = process.env['SIM_SERVERS'];

/** Seeds that once broke: each is a file whose name is the seed, and which says what it found. */
const regressions = readdirSync(join(import.meta.dirname, 'regressions'))
  .filter((file) => file.endsWith('.md'))
  .map((file) => file.slice(0, -'.md'.length));

/** Run every time, so that a change that breaks one of them is seen by whoever made it. */
const FIXED = [
  ...['one', 'two', 'three', 'rollouts-one', 'rollouts-two'],
  ...['servers-one', 'servers-two', 'servers-three'],
];

/** What the rules of rollouts must have had to judge in all of these runs together. */
const WANTED = [
  'rollout begun',
  'rollout successful',
  'rollout failed: failed due to progress deadline',
  'canaries promoted',
  'instance updated',
  'instance drained',
  'revert',
];
const seen: Record<string, number> = {};

/**
 * New ones with each commit: what nobody has thought of, and the same for everybody who tries that
 * commit, so that a failure is not gone at the second look. With SIM_SEEDS: as many, new each time.
 */
const count = process.env['SIM_SEEDS'];
const fresh = Array.from({ length: Number(count ?? '5') }, (_, i) =>
  worldOf(i, count === undefined ? seedOfCommit(i) : randomBytes(4).toString('hex')),
);

/** Every third one is about rollouts only, every fifth one of several servers. */
function worldOf(i: number, seed: string): string {
  if (servers !== undefined || i % 5 === 4) return `servers-${seed}`;
  return i % 3 === 2 ? `rollouts-${seed}` : seed;
}

function seedOfCommit(i: number): string {
  const commit = execFileSync('git', ['rev-parse', 'HEAD'], { cwd: import.meta.dirname });
  return createHash('sha256').update(commit).update(String(i)).digest('hex').slice(0, 8);
}

if (only !== undefined) runs(`seed ${only}`, [only]);
else {
  runs('regressions', regressions);
  runs('fixed seeds', FIXED);
  runs('fresh seeds', fresh);

  test('one server and 100 clients', async () => {
    const report = await simulate(scenarioOf('large'));
    assert.ok(report.entries > 500, `a storm leaves traces, not only ${report.entries} entries`);
  });

  test('the rules of rollouts had something to judge', () => {
    const unseen = WANTED.filter((kind) => seen[kind] === undefined);
    assert.deepEqual(unseen, [], `seen: ${JSON.stringify(seen)}`);
  });

  test('the same seed gives the same log, byte for byte; another seed another one', async () => {
    const first = await simulate(scenarioOf('one'));
    assert.deepEqual(await simulate(scenarioOf('one')), first);
    const other = await simulate(scenarioOf('two'));
    assert.notEqual(other.hash, first.hash);
    const several = await simulateServers('servers-one');
    assert.deepEqual(await simulateServers('servers-one'), several);
  });
}

function run(seed: string): Promise<Report> {
  if (!seed.startsWith('servers')) return simulate(scenarioOf(seed));
  return simulateServers(seed, servers === undefined ? undefined : Number(servers));
}

function runs(title: string, seeds: readonly string[]): void {
  for (const seed of seeds) {
    test(`${title}: ${seed}`, async () => {
      const report = await run(seed).catch(keepTrace);
      for (const [kind, times] of Object.entries(report.seen)) {
        seen[kind] = (seen[kind] ?? 0) + (times ?? 0);
      }
      if (only !== undefined) console.log(report);
    });
  }
}

/** The whole history of a run that broke, for whoever asks for it. */
function keepTrace(error: unknown): never {
  const file = process.env['SIM_TRACE'];
  if (file !== undefined && error instanceof SimulationFailure) {
    writeFileSync(file, [error.message, ...error.trace, ''].join('\n'));
  }
  throw error;
}
