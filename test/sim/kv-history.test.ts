/**
 * Keys are linearizable and locks have one holder, whatever befalls the server; each run is made
 * from a seed.
 *
 *     KV_SEED=name node --import tsx --test test/sim/kv-history.test.ts    one run, again
 *     KV_SEEDS=500 node --import tsx --test test/sim/kv-history.test.ts    many new ones
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { simulateKv } from './kv-history.ts';

const only = process.env['KV_SEED'];
const count = process.env['KV_SEEDS'];
const FIXED = ['one', 'two', 'three', 'four', 'five', 'six'];

const fresh = (): string => randomBytes(4).toString('hex');
const seeds = only !== undefined ? [only] : FIXED;
const more = count === undefined ? [] : Array.from({ length: Number(count) }, fresh);

for (const seed of [...seeds, ...more]) {
  test(`keys and locks: seed ${seed}`, async (context) => {
    const report = await simulateKv(seed);
    context.diagnostic(JSON.stringify(report));
    assert.ok(report.observed > 50 && report.holdings > 5, JSON.stringify(report));
  });
}

test('the same seed gives the same log, byte for byte', async () => {
  assert.deepEqual(await simulateKv('one'), await simulateKv('one'));
});
