/**
 * A pool of 2,000 simulated members: how fast news and deaths spread. One of 100 that loses 30% of
 * its packets and streams: who is given up although it lives, and what a packet costs.
 */
import { GossipPools } from '../test/sim/gossip-pools.ts';
import { report } from './harness.ts';

const MEMBERS = 2_000;
/** Of simulated time [ms]. */
const LOSSY_MS = 10_000;
const LOSSY_MEMBERS = 100;

const world = new GossipPools('bench', MEMBERS, { packets: 0, streams: 0 });
world.run(2_000);
world.change(7);
const knows = (share: number) => (): boolean =>
  world.share(7, ({ incarnation }) => incarnation === 2) >= share;
const half = world.until(knows(0.5), 20_000, 20) ?? Infinity;
const most = half + (world.until(knows(0.99), 20_000, 20) ?? Infinity);
const all = most + (world.until(knows(1), 20_000, 20) ?? Infinity);
report({ name: 'gossip.spread.half-of-2000', value: half, unit: 'ms', better: 'lower' });
report({ name: 'gossip.spread.99-percent', value: most, unit: 'ms', better: 'lower' });
report({ name: 'gossip.spread.all', value: all, unit: 'ms', better: 'lower' });
world.kill(7);
const dead = world.until(
  () => world.share(7, ({ condition }) => condition === 'dead') === 1,
  90_000,
);
report({ name: 'gossip.death-known', value: dead ?? Infinity, unit: 'ms', better: 'lower' });

const lossy = new GossipPools('lossy', LOSSY_MEMBERS, { packets: 0.3, streams: 0.3 });
const before = process.cpuUsage();
lossy.run(LOSSY_MS);
const { user } = process.cpuUsage(before);
const wrong = lossy.falsePositives / LOSSY_MEMBERS;
report({ name: 'gossip.false-positives', value: wrong, unit: 'members', better: 'lower' });
report({ name: 'gossip.packet', value: user / lossy.packets, unit: 'us', better: 'lower' });
