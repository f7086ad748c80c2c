/**
 * A large pool against the formulas it is built by: how fast news spread, how long a suspicion
 * lasts, how seldom the living are given up where packets are lost or members stand still.
 *
 *     GOSSIP_MEMBERS=4000 GOSSIP_LOSSY_S=900 node --import tsx --test test/sim/gossip-scale.test.ts
 *
 * Without a word 2,000 members take some 13 s of a processor and 1 GB.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LAN_POLICY, suspicionMs } from '../../src/core/gossip/member-list/policy.ts';
import { GossipPools } from './gossip-pools.ts';

const MEMBERS = Number(process.env['GOSSIP_MEMBERS'] ?? 2_000);
/** As many as Lifeguard was measured with, and for so long of simulated time. */
const LOSSY_MEMBERS = 128;
const LOSSY_MS = Number(process.env['GOSSIP_LOSSY_S'] ?? 60) * 1_000;

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

/**
 * Of so many probes one may give up a member that lives, where 30% is lost. Seen in a minute: 1 of
 * 7,680; with SWIM alone, without what Lifeguard adds, 7.
 */
const PROBES_PER_FALSE_POSITIVE = 3_000;

test('30% of packets lost, streams too: much is suspected, hardly anybody alive given up', () => {
  const world = new GossipPools('loss', LOSSY_MEMBERS, { packets: 0.3, streams: 0.3 });
  world.run(LOSSY_MS);
  const probes = LOSSY_MEMBERS * (LOSSY_MS / LAN_POLICY.probeIntervalMs);
  assert.ok(world.unanswered > probes / 10, `${world.unanswered} probes had no direct answer`);
  const most = Math.floor(probes / PROBES_PER_FALSE_POSITIVE);
  assert.ok(world.falsePositives <= most, `${world.falsePositives} given up, ${most} allowed`);
});

test('members that stand still again and again have nobody given up who is well', () => {
  const world = new GossipPools('still', LOSSY_MEMBERS / 2, { packets: 0, streams: 0 });
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
