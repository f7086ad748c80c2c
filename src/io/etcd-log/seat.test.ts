import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CLOCK_DRIFT_MAX, READ_PROOF_MS } from '../../core/limits.ts';
import { SimClock } from '../../sim/clock.ts';
import type { EtcdApi } from '../etcd/client.ts';
import type { KeyValue, Op } from '../etcd/messages.ts';
import { logKeys } from './keys.ts';
import { CLEAR_MS, LEASE_SECONDS, LEASE_SURE_MS } from './limits.ts';
import { Seat } from './seat.ts';

const keys = logKeys('muster/');
const self = { id: '2', name: 'two', address: '10.0.0.2:4647' };

function pair(key: string, value: string, modRevision: number): KeyValue {
  return { key, value: Buffer.from(value), createRevision: modRevision, modRevision };
}

/** Another server holds the seat with its first claim, and has beaten once since. */
class World {
  readonly clock = new SimClock(10_000);
  leader: KeyValue | undefined = pair(keys.leader, '{"id":"1","claim":"other"}', 5);
  beat = pair(keys.beat, '5', 9);
  head = pair(keys.head, '20', 8);
  isAnswered = true;
  readonly seat: Seat;

  constructor(lastIndex: number, leased = false) {
    const client: Partial<EtcdApi> = {
      leaseGrant: (seconds) => Promise.resolve({ id: 1n, ttlSeconds: seconds }),
      range: () => {
        const pairs = this.leader === undefined ? [] : [this.leader, this.beat];
        return Promise.resolve({ pairs, revision: 9, more: false });
      },
      txn: ({ success }) => {
        const put = success.flatMap((op: Op) => ('put' in op ? [op.put] : []))[0];
        this.leader = pair(keys.leader, put?.value.toString() ?? '', 10);
        this.clock.advance(100);
        if (!this.isAnswered) return Promise.reject(new Error('nobody answers'));
        const found = [[], [this.leader], [this.beat], [this.head]];
        return Promise.resolve({ succeeded: true, revision: 10, found });
      },
    };
    const options = { self, leased };
    const deps = { client: client as EtcdApi, keys, clock: this.clock, lastIndex: () => lastIndex };
    this.seat = new Seat(options, deps);
  }
}

test('S3: who was heard last lost its proof so long after that', async () => {
  const world = new World(20);
  await world.seat.look();
  world.clock.advance(1_500);
  assert.equal(await world.seat.claim(), true);
  assert.equal(world.seat.clearMs, 10_000 + CLEAR_MS);
});

test('S3: a sign of life that was not heard may be of just now', async () => {
  for (const what of ['beat', 'head'] as const) {
    const world = new World(20);
    await world.seat.look();
    world.clock.advance(1_500);
    world[what] = pair(keys[what], '21', 10);
    assert.equal(await world.seat.claim(), true);
    assert.equal(world.seat.clearMs, 11_600 + CLEAR_MS, what);
  }
});

test('S3: nobody, or one that left, is not waited for', async () => {
  const world = new World(20);
  world.leader = undefined;
  await world.seat.look();
  assert.equal(await world.seat.claim(), true);
  assert.equal(world.seat.clearMs, -Infinity);
});

test('S3: of a claim that was not answered nothing is known', async () => {
  const world = new World(20);
  await world.seat.look();
  world.clock.advance(1_500);
  world.isAnswered = false;
  await assert.rejects(world.seat.claim());
  await world.seat.look();
  assert.equal(world.seat.ownTerm, 10);
  assert.equal(world.seat.clearMs, 11_600 + CLEAR_MS);
});

test('S3, S4: however far two clocks run apart, what one is certain of is over for the other', () => {
  const [slow, fast] = [1 - CLOCK_DRIFT_MAX, 1 + CLOCK_DRIFT_MAX];
  assert.ok(READ_PROOF_MS / slow <= CLEAR_MS / fast);
  assert.ok(LEASE_SURE_MS / slow <= (LEASE_SECONDS * 1_000) / fast);
});

test('S4: what is confirmed counts no longer than its lease lasts for certain', async () => {
  const world = new World(20, true);
  world.leader = undefined;
  await world.seat.look();
  assert.equal(await world.seat.claim(), true);
  const last = 10_000 + LEASE_SURE_MS - READ_PROOF_MS;
  world.seat.proven(last);
  assert.equal(world.seat.provenMs, last);
  world.seat.proven(last + 400);
  assert.equal(world.seat.provenMs, last, 'the lease was not kept meanwhile');
});
