import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { after, test } from 'node:test';
import { seeded } from '../base/random.ts';
import {
  refusalByAll,
  refusalByRegion,
  regionServers,
  regionServerTags,
} from '../core/federation/region-server.ts';
import { LAN, WAN } from '../core/gossip/serf/step.ts';
import { systemClock } from '../io/clock.ts';
import { systemGossipSockets } from '../io/gossip/sockets.ts';
import { FloodLoop } from './flood-loop.ts';
import { Gossip, type GossipOptions } from './gossip.ts';

const stop = new AbortController();
const running: Promise<void>[] = [];
after(async () => {
  stop.abort();
  await Promise.all(running);
});

const NETWORK = `127.${randomInt(10, 250)}.${randomInt(1, 250)}`;
const [LAN_PORT, WAN_PORT] = [8_301, 8_302];

interface Pools {
  readonly lan: Gossip;
  readonly wan: Gossip;
}

/** A server of a region as both of its pools know it. */
function server(node: string, number: number, region: string): Pools {
  const tags = {
    ...{ role: 'consul', dc: 'dc1', region, port: '4647', wan_join_port: String(WAN_PORT) },
  };
  const host = `${NETWORK}.${number}`;
  const member = (options: Partial<GossipOptions> & Pick<GossipOptions, 'name'>): Gossip => {
    const gossip = new Gossip(
      {
        ...{ listen: { host, port: LAN_PORT }, tags, keys: [], label: '', retryJoin: [] },
        ...{ defaultPort: LAN_PORT, policy: LAN, streamTimeoutMs: 10_000 },
        refusal: refusalByRegion(region),
        ...options,
      },
      {
        ...{ sockets: systemGossipSockets, clock: systemClock, random: seeded(options.name) },
        ...{ note: () => undefined, keepKeys: () => undefined },
      },
    );
    running.push(gossip.run(stop.signal));
    return gossip;
  };
  const lan = member({ name: node });
  const wan = member({
    ...{ name: `${node}.${region}`, listen: { host, port: WAN_PORT }, defaultPort: WAN_PORT },
    ...{ tags: regionServerTags(tags), policy: WAN, refusal: refusalByAll },
    isCompany: (other) => other.tags['region'] !== region,
  });
  const flood = { lan, wan, clock: systemClock, note: () => undefined };
  running.push(new FloodLoop(region, flood).run(stop.signal));
  return { lan, wan };
}

async function until(what: string, holds: () => boolean): Promise<void> {
  const end = Date.now() + 60_000;
  while (!holds()) {
    if (Date.now() > end) throw new Error(`not in time: ${what}`);
    await systemClock.sleep(20, stop.signal);
  }
}

function seenBy({ wan }: Pools): string {
  const names = regionServers(wan.members()).map(({ name }) => name);
  return names.sort().join(' ');
}

test('FL1: one server that joins another region brings those of its own along', async () => {
  const [one, two, far] = [server('s1', 1, 'eu'), server('s2', 2, 'eu'), server('s1', 3, 'us')];
  const all = [one, two, far];
  await until('all listen', () => all.every(({ lan, wan }) => lan.at && wan.at));
  await one.lan.join(`${NETWORK}.2`);
  await until('both are there', () => seenBy(one) === 's1.eu s2.eu');
  await far.wan.join(`${NETWORK}.1`);
  await until('everybody is everywhere', () => {
    return all.every((each) => seenBy(each) === 's1.eu s1.us s2.eu');
  });
  await assert.rejects(far.lan.join(`${NETWORK}.1`), /is of region "eu", not "us"/);
  await assert.rejects(far.lan.join(`${NETWORK}.1:${WAN_PORT}`), /gossips between regions there/);
  await assert.rejects(far.wan.join(`${NETWORK}.1:${LAN_PORT}`), /within its region there/);
  assert.deepEqual(
    [...far.lan.members()].map(({ name }) => name),
    ['s1'],
  );
});
