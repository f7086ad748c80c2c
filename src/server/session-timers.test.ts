import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Millis } from '../base/brand.ts';
import { Failure } from '../base/failure.ts';
import type { Session, SessionFacts, SessionId } from '../core/model/session.ts';
import { SimClock } from '../sim/clock.ts';
import { SimLoop } from '../sim/loop.ts';
import { leadingReplica } from '../../test/replica-world.ts';
import { machine, registration } from '../../test/catalog-world.ts';
import type { Appends } from './proposer.ts';
import type { Replica } from './replica.ts';
import { SessionTimers } from './session-timers.ts';

const TTL_MS = 10_000;
const never = new AbortController().signal;

interface Stand {
  readonly timers: SessionTimers;
  readonly replica: Replica;
  readonly clock: SimClock;
  readonly notes: string[];
  /** Lets time pass as it does for a process that runs. */
  pass(ms: number): Promise<void>;
  make(name: string, ttlMs?: number): Promise<SessionId>;
  end(): Promise<void>;
}

/** @param appendMs what each write takes */
function stand(appendMs = 0): Stand {
  const clock = new SimClock(1_000_000);
  const loop = new SimLoop(clock);
  const { log, replica } = leadingReplica();
  const slow: Appends = {
    append: async (entries) => {
      if (appendMs > 0) await clock.sleep(appendMs, never);
      return log.append(entries);
    },
  };
  const notes: string[] = [];
  const timers = new SessionTimers({
    ...{ log: slow, replica, clock },
    note: (line) => notes.push(line),
  });
  const stop = new AbortController();
  const running = timers.run(stop.signal);
  return {
    ...{ timers, replica, clock, notes },
    pass: (ms) => loop.run((clock.now() + ms) as Millis),
    make: async (name, ttlMs = TTL_MS) => {
      const at = clock.now();
      const session: SessionFacts = {
        ...{ id: name as SessionId, name, node: 'n1', lockDelayMs: 0, behavior: 'release', ttlMs },
        ...{ nodeChecks: [], serviceChecks: [] },
      };
      await log.append([registration(machine('n1')), { type: 'session.create', at, session }]);
      return session.id;
    },
    end: async () => {
      stop.abort();
      await loop.run((clock.now() + 60_000) as Millis);
      await running;
      await log.close();
    },
  };
}

const held = ({ replica }: Stand, id: SessionId): Session | undefined => replica.state.session(id);

test('T1: a session ends after twice its time, and one that is renewed does not', async () => {
  const world = stand();
  const [kept, lost] = [await world.make('kept'), await world.make('lost')];
  const forever = await world.make('forever', 0);
  for (let i = 0; i < 6; i++) {
    await world.pass(TTL_MS / 2 - 1);
    assert.ok(world.timers.renew(kept) !== undefined);
    if (i === 2) assert.ok(held(world, lost) !== undefined, 'before its time is over twice');
  }
  assert.equal(held(world, lost), undefined);
  assert.ok(held(world, forever) !== undefined);
  assert.ok(held(world, kept) !== undefined);
  await world.pass(2 * TTL_MS + 1_000);
  assert.equal(held(world, kept), undefined);
  await world.end();
  assert.throws(() => world.timers.renew(forever), Failure);
});

test('T4: a leader that stood still gives each session its time anew', async () => {
  const world = stand();
  const id = await world.make('s');
  await world.pass(5_000);
  // Stopped for far longer than the session lives: nothing of it was woken meanwhile.
  world.clock.advance(10 * TTL_MS);
  await world.pass(2 * TTL_MS - 1_000);
  assert.ok(held(world, id) !== undefined);
  assert.match(world.notes.join('\n'), /stood still for 9\d{4} ms: every session gets its time/);
  await world.pass(2_000);
  assert.equal(held(world, id), undefined, 'which nobody renews ends then');
  await world.end();
});

test('T4: a time without sessions, and a log that is slow, are no standstill', async () => {
  const world = stand(30_000);
  await world.pass(500_000);
  const first = await world.make('first');
  await world.pass(10_000);
  const second = await world.make('second', 4 * TTL_MS);
  // Both end while one write takes longer than either lives.
  await world.pass(2 * TTL_MS + 30_000);
  assert.equal(held(world, first), undefined);
  assert.ok(held(world, second) !== undefined);
  await world.pass(80_000);
  assert.equal(held(world, second), undefined);
  assert.deepEqual(world.notes, []);
  await world.end();
});
