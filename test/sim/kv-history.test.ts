/**
 * Keys are linearizable and locks have one holder, whatever befalls the server; each run is made
 * from a seed.
 *
 *     KV_SEED=name node --import tsx --test test/sim/kv-history.test.ts    one run, again
 *     KV_SEEDS=500 node --import tsx --test test/sim/kv-history.test.ts    many new ones
 *     KV_SERVERS=3 KV_SEED=name node --import tsx --test ...               one run of three servers
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { OBSERVED_MIN, simulateKv } from './kv-history.ts';
import { KvAmong } from './kv-worlds.ts';

const only = process.env['KV_SEED'];
const count = process.env['KV_SEEDS'];
const FIXED = ['one', 'two', 'three', 'four', 'five', 'six'];

/** Seeds that once broke: files named by how many servers there are, and the seed. */
const regressions = readdirSync(join(import.meta.dirname, 'kv-regressions')).flatMap((file) => {
  const named = /^(?<servers>\d+)-(?<seed>.+)\.md$/.exec(file)?.groups;
  return named === undefined ? [] : [[named['seed'] ?? '', Number(named['servers'])] as const];
});

/** Seeds of several servers, and how many there are. */
const AMONG: readonly (readonly [string, number])[] = [
  ...regressions,
  ['one', 3],
  ['two', 3],
  ['three', 5],
];

const fresh = (): string => randomBytes(4).toString('hex');
const seeds = only !== undefined ? [only] : FIXED;
const more = count === undefined ? [] : Array.from({ length: Number(count) }, fresh);

/** KV_SERVERS=3 or 5: all are asked of so many servers. */
const servers = process.env['KV_SERVERS'];
const among =
  servers === undefined
    ? AMONG.slice(0, only === undefined ? undefined : 0)
    : [...seeds, ...more].map((seed) => [seed, Number(servers)] as const);

for (const seed of servers === undefined ? [...seeds, ...more] : []) {
  test(`keys and locks: seed ${seed}`, async (context) => {
    const report = await simulateKv(seed);
    context.diagnostic(JSON.stringify(report));
    assert.ok(report.observed > 50 && report.holdings > 5, JSON.stringify(report));
  });
}

for (const [name, servers] of among) {
  test(`keys and locks among ${servers} servers: seed ${name}`, async (context) => {
    const report = await simulateKv(name, new KvAmong(name, servers));
    context.diagnostic(JSON.stringify(report));
    assert.ok(report.observed > OBSERVED_MIN, JSON.stringify(report));
  });
}

test('the same seed gives the same log, byte for byte', async () => {
  assert.deepEqual(await simulateKv('one'), await simulateKv('one'));
});
