import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Index, Millis } from '../base/brand.ts';
import type { SessionFacts, SessionId } from '../core/model/session.ts';
import type { KvWrite } from '../core/state/discovery-entry.ts';
import { SimClock } from '../sim/clock.ts';
import { SimLoop } from '../sim/loop.ts';
import { MachineClock } from '../sim/machine-clock.ts';
import { machine, registration } from '../../test/catalog-world.ts';
import { leadingReplica } from '../../test/replica-world.ts';
import { KeyExpiry } from './key-expiry.ts';
import { propose } from './proposer.ts';

const HOUR = 3_600_000;

interface Stand {
  readonly clock: MachineClock;
  pass(ms: number): Promise<void>;
  write(op: KvWrite): Promise<boolean>;
  /** The holder of `k` is lost, and another one asks for it. */
  lose(lockDelayMs: number): Promise<void>;
  lock(): Promise<boolean>;
  /** Another server leads from now on. */
  depose(): Promise<void>;
  end(): Promise<void>;
}

async function stand(): Promise<Stand> {
  const world = new SimClock(1_000_000);
  const clock = new MachineClock(world);
  const loop = new SimLoop(world);
  const { log, replica } = leadingReplica();
  const notes: string[] = [];
  const expiry = new KeyExpiry({ log, replica, clock, note: (line) => notes.push(line) });
  let stop = new AbortController();
  let running = expiry.run(stop.signal);
  const session = async (name: string, lockDelayMs: number): Promise<SessionId> => {
    const id = name as SessionId;
    const facts: SessionFacts = {
      ...{ id, name, node: 'n1', lockDelayMs, behavior: 'release', ttlMs: 0 },
      ...{ nodeChecks: [], serviceChecks: [] },
    };
    await propose(log, { type: 'session.create', at: clock.now(), session: facts });
    return id;
  };
  await log.append([registration(machine('n1'))]);
  const write = async (op: KvWrite): Promise<boolean> => {
    const [written] = await log.append([{ type: 'kv.write', at: clock.now(), op }]);
    return written?.outcome.ok === true;
  };
  const lock = async (name: string): Promise<boolean> =>
    write({ verb: 'lock', key: 'k', value: '', flags: '0', session: name as SessionId });
  const other = await session('other', 0);
  return {
    ...{ clock, write },
    pass: (ms) => loop.run((world.now() + ms) as Millis),
    lose: async (lockDelayMs) => {
      const id = await session('holder', lockDelayMs);
      assert.ok(await lock('holder'));
      await propose(log, { type: 'session.invalidate', at: clock.now(), ids: [id] });
    },
    lock: () => lock(other),
    depose: async () => {
      stop.abort();
      await running;
      stop = new AbortController();
      running = expiry.run(stop.signal);
    },
    end: async () => {
      stop.abort();
      await running;
      assert.deepEqual(notes, []);
    },
  };
}

for (const jumpMs of [0, HOUR, -HOUR]) {
  test(`KE2: a lock-delay lasts as long as asked for, the clock set by ${jumpMs} ms`, async () => {
    const each = await stand();
    await each.lose(15_000);
    await each.pass(5_000);
    each.clock.skewMs = jumpMs;
    await each.pass(9_900);
    assert.equal(await each.lock(), false);
    await each.pass(200);
    assert.equal(await each.lock(), true);
    await each.end();
  });
}

test('KE2: a new leader, whose clock may say anything, counts a lock-delay anew', async () => {
  const each = await stand();
  await each.lose(15_000);
  await each.pass(10_000);
  each.clock.skewMs = HOUR;
  await each.depose();
  await each.pass(14_900);
  assert.equal(await each.lock(), false);
  await each.pass(200);
  assert.equal(await each.lock(), true);
  await each.end();
});

test('KE1: a key goes at its instant', async () => {
  const each = await stand();
  const expiresAt = (each.clock.now() + 10_000) as Millis;
  await each.write({ verb: 'set', key: 'k', value: '', flags: '0', expiresAt });
  await each.pass(9_900);
  const add: KvWrite = { verb: 'cas', key: 'k', value: 'eA==', flags: '0', index: 0 as Index };
  assert.equal(await each.write(add), false);
  await each.pass(200);
  assert.equal(await each.write(add), true);
  await each.end();
});
