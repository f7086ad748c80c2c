import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Member, MemberStatus } from '../gossip/serf/ring.ts';
import type { Tags } from '../gossip/wire/tags.ts';
import * as federation from './region-server.ts';

const LAN_TAGS: Tags = { role: 'consul', dc: 'dc1', region: 'eu', port: '4647' };

function member(name: string, tags: Tags, status: MemberStatus = 'alive'): Member {
  const address = { host: '10.0.0.1', port: 8_302 };
  return { name, tags, status, address, statusTime: 1, goneAt: 0 };
}

test('which servers of which regions are there', () => {
  const wan = federation.regionServerTags(LAN_TAGS);
  const name = federation.regionServerName('s1', 'eu');
  const servers = federation.regionServers([
    member(name, wan),
    member('odd', { ...wan, region: 'us' }, 'failed'),
    member('a serf agent', { role: 'x' }),
    member('s2.eu', LAN_TAGS),
    ...['', '0', '65536', 'x'].map((port) => member('s3.eu', { ...wan, port })),
  ]);
  assert.deepEqual(servers, [
    {
      ...{ name: 's1.eu', node: 's1', region: 'eu', datacenter: 'dc1', status: 'alive' },
      link: '10.0.0.1:4647',
    },
    {
      ...{ name: 'odd', node: 'odd', region: 'us', datacenter: 'dc1', status: 'failed' },
      link: '10.0.0.1:4647',
    },
  ]);
  assert.deepEqual(federation.regionsOf('global', servers), ['eu', 'global']);
});

test('RS1: which pool a member is of', () => {
  const wan = federation.regionServerTags(LAN_TAGS);
  const inRegion = federation.refusalByRegion('eu');
  const rows: readonly [Tags, RegExp | undefined, RegExp | undefined][] = [
    [{ role: 'of a serf agent' }, undefined, undefined],
    [LAN_TAGS, undefined, /within its region/],
    [{ ...LAN_TAGS, region: 'us' }, /is of region "us", not "eu"/, /within its region/],
    [wan, /between regions/, undefined],
    [{ ...wan, region: 'us' }, /between regions/, undefined],
  ];
  for (const [tags, lan, all] of rows) {
    const told = [inRegion(tags), federation.refusalByAll(tags)];
    for (const [i, expected] of [lan, all].entries()) {
      if (expected === undefined) assert.equal(told[i], undefined);
      else assert.match(told[i] ?? '', expected);
    }
  }
});
