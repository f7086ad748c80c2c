/**
 * A large pool against the formulas it is built by: how fast news spread, how long a suspicion
 * lasts, how seldom the living are given up where packets are lost. `bench/gossip.bench.ts` does the
 * same with 2,000 members.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LAN_POLICY, suspicionMs } from '../../src/core/gossip/member-list/policy.ts';
import { GossipPools } from './gossip-pools.ts';

const MEMBERS = 300;

test('news reach everybody in a few times the logarithm of the members', () => {
  const world = new GossipPools('spread', MEMBERS, { packets: 0, streams: 0 });
  world.run(2_000);
  world.change(7);
  const took = world.until(
    () => world.share(7, ({ incarnation }) => incarnation === 2) === 1,
    10_000,
  );
  // Each that knows tells three more in each interval: infected x 4; twice that for the last ones.
  const rounds = Math.log(MEMBERS) / Math.log(1 + LAN_POLICY.gossipNodes);
  assert.ok(
    took !== undefined && took <= 2 * (rounds + 2) * LAN_POLICY.gossipIntervalMs,
    `${took}`,
  );
});

test('a dead member is suspected for as long as the formula says, and given up by all', () => {
  const world = new GossipPools('dead', MEMBERS, { packets: 0, streams: 0 });
  world.run(2_000);
  world.kill(7);
  const shortest = suspicionMs(LAN_POLICY, MEMBERS);
  const took = world.until(
    () => world.share(7, ({ condition }) => condition === 'dead') === 1,
    90_000,
  );
  assert.ok(took !== undefined && took >= shortest && took <= shortest + 12_000, `${took} ms`);
  assert.equal(world.falsePositives, 0);
});

test('30% of packets lost, streams too: much is suspected, nobody alive is given up', () => {
  const world = new GossipPools('loss', 100, { packets: 0.3, streams: 0.3 });
  world.run(30_000);
  assert.ok(world.unanswered > 500, `${world.unanswered} probes had no direct answer`);
  assert.equal(world.falsePositives, 0);
});
