import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Millis } from '../base/brand.ts';
import { seeded } from '../base/random.ts';
import type { Address } from '../core/gossip/address.ts';
import { SimClock } from '../sim/clock.ts';
import { SimLoop } from '../sim/loop.ts';
import { Joining } from './joining.ts';

interface World {
  /** Addresses that were tried, and when [ms]. */
  readonly tried: (readonly [string, number])[];
  readonly notes: string[];
  readonly pass: (ms: number) => Promise<void>;
  /** Ends it, and has that happen at once. */
  readonly end: () => Promise<void>;
}

/** @param answers what becomes of an attempt; a join that never settles is one nobody answers */
function world(
  retryJoin: readonly string[],
  remembered: readonly Address[],
  answers: { readonly join: (text: string) => Promise<number>; readonly isAlone?: () => boolean },
): World {
  const clock = new SimClock();
  const loop = new SimLoop(clock);
  const tried: (readonly [string, number])[] = [];
  const notes: string[] = [];
  const stop = new AbortController();
  const { join, isAlone = () => true } = answers;
  const pool = {
    isAlone,
    remembered: () => remembered,
    join: (text: string) => {
      tried.push([text, clock.now()]);
      return join(text);
    },
  };
  const deps = { clock, random: seeded('joining'), note: (line: string) => notes.push(line) };
  const running = new Joining(retryJoin, pool, deps).run(stop.signal);
  return {
    tried,
    notes,
    pass: (ms) => loop.run((clock.now() + ms) as Millis),
    end: async () => {
      stop.abort();
      await running;
    },
  };
}

const nobody = (text: string): Promise<number> => Promise.reject(new Error(`nobody at ${text}`));
const address = (i: number): Address => ({ host: `10.0.0.${i}`, port: 8_301 });

test('it tries again, seldomer each time, and says so once', async () => {
  const { tried, notes, pass, end } = world(['a', 'b'], [], { join: nobody });
  await pass(600_000);
  const times = tried.filter(([text]) => text === 'a').map(([, at]) => at);
  const waits = times.slice(1).map((at, i) => at - (times[i] ?? 0));
  assert.ok((waits[0] ?? 0) <= 3_000, waits.join());
  assert.ok(
    waits.slice(5).every((wait) => wait >= 15_000 && wait <= 45_000),
    waits.join(),
  );
  assert.equal(tried.length, 2 * times.length);
  assert.deepEqual(notes, ['nobody to join as yet: nobody at a; nobody at b']);
  await end();
});

test('of those it remembers a few are tried, and no more once somebody is there', async () => {
  const known = Array.from({ length: 100 }, (_, i) => address(i));
  const silent = world([], known, { join: nobody });
  await silent.pass(100);
  assert.equal(silent.tried.length, 8);
  assert.equal(new Set(silent.tried.map(([text]) => text)).size, 8);
  await silent.end();
  let isAlone = true;
  const join = (): Promise<number> => {
    isAlone = false;
    return Promise.resolve(1);
  };
  const found = world([], known, { join, isAlone: () => isAlone });
  await found.pass(60_000);
  assert.equal(found.tried.length, 1);
  await found.end();
});

test('it ends at once although nobody answers, and tries none of the others then', async () => {
  const silent = world(['a', 'b', 'c'], [address(1)], { join: () => new Promise(() => undefined) });
  await silent.pass(100);
  await silent.end();
  assert.deepEqual(silent.tried, [['a', 0]]);
  assert.deepEqual(silent.notes, []);
});

test('with nobody to look for it waits for its end', async () => {
  const { tried, pass, end } = world([], [], { join: nobody });
  await pass(100_000);
  await end();
  assert.deepEqual(tried, []);
});
