/**
 * A large pool against the formulas it is built by: how fast news spread, how long a suspicion
 * lasts, how seldom the living are given up where packets are lost or members stand still.
 *
 *     export GOSSIP_MEMBERS=4000 GOSSIP_LOSSY_S=900 GOSSIP_SLOW=128 GOSSIP_SEEDS=5
 *     node --import tsx --test test/sim/gossip-scale.test.ts
 *
 * Without a word 2,000 members take some 14 s of a processor and 1 GB, all of it some 30 s.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LAN_POLICY, suspicionMs, type Policy } from '../../src/core/gossip/member-list/policy.ts';
import { GossipPools } from './gossip-pools.ts';

const MEMBERS = Number(process.env['GOSSIP_MEMBERS'] ?? 2_000);
/** As many as Lifeguard was measured with, and for so long of simulated time. */
const MEASURED_MEMBERS = 128;
const LOSSY_MS = Number(process.env['GOSSIP_LOSSY_S'] ?? 60) * 1_000;
/** Where SWIM is measured, too, which costs more: each false alarm is told to everybody. */
const SLOW_MEMBERS = Number(process.env['GOSSIP_SLOW'] ?? MEASURED_MEMBERS / 2);
const SEEDS = Number(process.env['GOSSIP_SEEDS'] ?? 1);

test('news reach everybody in a few times the logarithm of the members, as a death does', () => {
  const world = new GossipPools('scale', MEMBERS, { packets: 0, streams: 0 });
  world.run(2_000);
  world.change(7);
  const spread = world.until(
    () => world.share(7, ({ incarnation }) => incarnation === 2) === 1,
    10_000,
  );
  // Each that knows tells three more in each interval: infected x 4; twice that for the last ones.
  const rounds = Math.log(MEMBERS) / Math.log(1 + LAN_POLICY.gossipNodes);
  assert.ok(
    spread !== undefined && spread <= 2 * (rounds + 2) * LAN_POLICY.gossipIntervalMs,
    `${spread} ms`,
  );
  world.kill(7);
  const shortest = suspicionMs(LAN_POLICY, MEMBERS);
  const dead = world.until(
    () => world.share(7, ({ condition }) => condition === 'dead') === 1,
    90_000,
    500,
  );
  assert.ok(dead !== undefined && dead >= shortest && dead <= shortest + 12_000, `${dead} ms`);
  assert.equal(world.falsePositives, 0);
});

test('30% of packets lost, streams too: much is suspected, nobody alive is given up', () => {
  for (let seed = 0; seed < SEEDS; seed++) {
    // The first is one in which somebody was given up as long as K6 of `members.ts` was not kept.
    const name = seed === 0 ? 'loss' : `loss ${seed}`;
    const world = new GossipPools(name, MEASURED_MEMBERS, { packets: 0.3, streams: 0.3 });
    world.run(LOSSY_MS);
    const probes = MEASURED_MEMBERS * (LOSSY_MS / LAN_POLICY.probeIntervalMs);
    assert.ok(world.unanswered > probes / 10, `${world.unanswered} probes had no direct answer`);
    assert.equal(world.falsePositives, 0, `seed ${seed}`);
  }
});

/** SWIM alone, without what Lifeguard, and we, add to it. */
const SWIM: Policy = {
  ...LAN_POLICY,
  suspicionMaxMult: 1,
  awarenessMax: 1,
  lastCalls: 0,
  standstillMs: Infinity,
};
/**
 * Of the false positives of SWIM so many remain with Lifeguard at most: "by a factor of more than
 * 50x". Source: the abstract of https://arxiv.org/abs/1707.00788v1; its members were 128 of which
 * some were cut off for a time, again and again, as here.
 */
const LIFEGUARD_SHARE = 1 / 50;
/** Of its experiments, one of the hardest [ms]: longer than what SWIM suspects anybody for. */
const CUT_OFF = { share: 1 / 8, ms: 16_384, pauseMs: 1_024 };

/** Those that were given up and are well: by anybody, and by those that are well themselves. */
function givenUpWhile(policy: Policy, seed: number): readonly number[] {
  const count = SLOW_MEMBERS;
  const world = new GossipPools(`cut off ${seed}`, count, { packets: 0, streams: 0 }, policy);
  world.run(3_000);
  const slow = Array.from({ length: count * CUT_OFF.share }, (_, i) => i / CUT_OFF.share);
  for (let i = 0; i < 2; i++) {
    for (const each of slow) world.cutOff(each);
    world.run(CUT_OFF.ms);
    for (const each of slow) world.letThrough(each);
    world.run(CUT_OFF.pauseMs);
  }
  return [world.falsePositives, world.falsePositivesOfTheWell];
}

test('members that are cut off again and again: a fiftieth of the false alarms of SWIM', () => {
  for (let seed = 0; seed < SEEDS; seed++) {
    const swim = givenUpWhile(SWIM, seed);
    const own = givenUpWhile(LAN_POLICY, seed);
    assert.ok(
      swim.every((many) => many >= 1_000),
      `${swim.join()} where nothing is done about it`,
    );
    for (const [i, few] of own.entries()) {
      assert.ok(few <= (swim[i] ?? 0) * LIFEGUARD_SHARE, `seed ${seed}: ${few} of ${swim[i]}`);
    }
  }
});

test('members that stand still again and again have nobody given up who is well', () => {
  const world = new GossipPools('still', MEASURED_MEMBERS / 2, { packets: 0, streams: 0 });
  world.run(3_000);
  const unwell = [1, 9, 17, 25, 33, 41, 49, 57];
  for (let i = 0; i < 8; i++) {
    for (const each of unwell) world.freeze(each);
    world.run(8_000);
    for (const each of unwell) world.thaw(each);
    world.run(200 * (i + 1));
  }
  assert.ok(world.unanswered > 20, `${world.unanswered} probes had no direct answer`);
  assert.equal(world.falsePositives, 0);
});
