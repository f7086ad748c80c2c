/** What the catalog says of machines whose agents gossip, while servers come and go. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Millis } from '../../src/base/brand.ts';
import type { KnownNode } from '../../src/core/gossip/upkeep.ts';
import { LAN } from '../../src/core/gossip/serf/step.ts';
import { UpkeepLoop } from '../../src/gossip/upkeep-loop.ts';
import { SimClock } from '../../src/sim/clock.ts';
import { SimLoop } from '../../src/sim/loop.ts';
import { GossipWorld } from './gossip-world.ts';

const SERVERS = ['s1', 's2', 's3'];
const CLIENTS = ['c1', 'c2', 'c3', 'c4', 'c5', 'c6', 'c7'];
const ALL = [...SERVERS, ...CLIENTS];
/** After so long a member that failed is forgotten [ms]. */
const KEPT_MS = 600_000;
/** Longer than any member is suspected, with what the leader takes to look. */
const FAILED_MS = 90_000;

/** Three servers, one of which leads, and a catalog of which it alone is told. */
class HealthWorld {
  readonly gossip = new GossipWorld('health', { ...LAN, reconnectTimeoutMs: KEPT_MS });
  /** What was told, in order. */
  readonly told: string[] = [];
  leader: string | undefined = 's1';
  readonly #health = new Map<string, KnownNode['health']>(ALL.map((name) => [name, 'passing']));
  readonly #clock = new SimClock();
  readonly #loop = new SimLoop(this.#clock);
  readonly #stop = new AbortController();
  readonly #running: Promise<void>[] = [];

  constructor() {
    for (const name of ALL) this.gossip.add(name);
    for (const name of ALL.slice(1)) this.gossip.join(name, 's1');
    for (const server of SERVERS) this.#running.push(this.#upkeep(server));
  }

  health(name: string): KnownNode['health'] {
    return this.#health.get(name);
  }

  async pass(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += 100) {
      this.gossip.run(100);
      await this.#loop.run((this.#clock.now() + 100) as Millis);
    }
  }

  async end(): Promise<void> {
    this.#stop.abort();
    await this.pass(100);
    await Promise.all(this.#running);
  }

  #upkeep(server: string): Promise<void> {
    const { gossip } = this;
    const loop = new UpkeepLoop(
      { self: server, keptMs: KEPT_MS },
      {
        clock: this.#clock,
        note: (line) => assert.fail(line),
        gossip: {
          members: () => [...gossip.ring(server).members.values()],
          member: (name) => gossip.ring(server).members.get(name),
          coordinates: () => new Map(),
          follow: (tell) => gossip.follow(server, tell),
        },
        catalog: {
          leading: () => this.leader === server,
          node: (name) =>
            this.#health.has(name)
              ? { health: this.#health.get(name), coordinate: undefined }
              : undefined,
          failing: () => ALL.filter((name) => this.#health.get(name) === 'critical'),
          tell: (upkeep) => {
            const { node } = upkeep;
            if (upkeep.tell === 'gone') this.#health.delete(node);
            else this.#health.set(node, upkeep.status);
            this.told.push(`${node} ${upkeep.tell === 'gone' ? 'gone' : upkeep.status}`);
            return Promise.resolve();
          },
          place: () => Promise.resolve(),
        },
      },
    );
    return loop.run(this.#stop.signal);
  }
}

test('who is suspected and denies it stays well, however often', async () => {
  const world = new HealthWorld();
  await world.pass(5_000);
  let suspected = 0;
  for (let i = 0; i < 20; i++) {
    const name = CLIENTS[i % CLIENTS.length] ?? '';
    world.gossip.freeze(name);
    await world.pass(3_000);
    const of = (by: string): string | undefined =>
      world.gossip.ring(by).pool.peers.get(name)?.condition;
    if (SERVERS.some((by) => of(by) === 'suspect')) suspected++;
    world.gossip.thaw(name);
    await world.pass(5_000);
  }
  assert.ok(suspected >= 10, `${suspected} were suspected`);
  assert.deepEqual(world.told, []);
  await world.end();
});

test('who fails with the leader is told of once by the next; who is back is well', async () => {
  const world = new HealthWorld();
  await world.pass(5_000);
  world.gossip.kill('s1');
  world.leader = undefined;
  world.gossip.kill('c3');
  await world.pass(FAILED_MS);
  assert.deepEqual(world.told, [], 'nobody leads');
  world.leader = 's2';
  await world.pass(10_000);
  assert.deepEqual([...world.told].sort(), ['c3 critical', 's1 critical']);
  world.gossip.restart('c3');
  world.gossip.join('c3', 's3');
  world.gossip.restart('s1');
  world.gossip.join('s1', 's3');
  await world.pass(10_000);
  assert.deepEqual(world.told.slice(2).sort(), ['c3 passing', 's1 passing']);
  // A leader that was called critical says itself that it is there.
  await world.pass(FAILED_MS);
  assert.equal(world.told.length, 4);
  await world.end();
});

test('who stays away is forgotten in time, also where the leader never knew it', async () => {
  const world = new HealthWorld();
  await world.pass(5_000);
  world.gossip.kill('c1');
  world.gossip.kill('c2');
  await world.pass(FAILED_MS);
  assert.deepEqual([...world.told].sort(), ['c1 critical', 'c2 critical']);
  // A server that begins anew hears of the living alone, and leads.
  world.gossip.kill('s3');
  world.gossip.restart('s3');
  world.gossip.join('s3', 's2');
  await world.pass(5_000);
  world.leader = 's3';
  assert.equal(world.gossip.ring('s3').members.get('c1')?.status, undefined);
  await world.pass(KEPT_MS - 60_000);
  assert.equal(world.health('c1'), 'critical', 'its time is not over');
  await world.pass(120_000);
  assert.deepEqual([world.health('c1'), world.health('c2')], [undefined, undefined]);
  assert.deepEqual(world.told.slice(2).sort(), ['c1 gone', 'c2 gone']);
  await world.end();
});
