import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Member, MemberStatus } from '../gossip/serf/ring.ts';
import type { Tags } from '../gossip/wire/tags.ts';
import { missingServers, strangers } from './missing-servers.ts';

const TAGS: Tags = { region: 'eu', wan_join_port: '8302' };

function member(name: string, tags: Tags = TAGS, status: MemberStatus = 'alive'): Member {
  const address = { host: `host-of-${name}`, port: 8_301 };
  return { name, tags, status, address, statusTime: 1, goneAt: 0 };
}

test('servers of the region that gossip between regions, and are not there', () => {
  const lan = [
    ...[member('s1'), member('s2'), member('s3'), member('dead', TAGS, 'failed')],
    ...[
      member('client', { region: 'eu' }),
      member('serf', {}),
      member('us', { ...TAGS, region: 'us' }),
    ],
    ...[member('odd', { ...TAGS, wan_join_port: '99999' })],
  ];
  const wan = [member('s1.eu'), member('s2.eu', TAGS, 'failed')];
  assert.deepEqual(missingServers('eu', lan, wan), [
    { name: 's2', address: { host: 'host-of-s2', port: 8_302 } },
    { name: 's3', address: { host: 'host-of-s3', port: 8_302 } },
  ]);
});

test('servers of another cluster that has the same name', () => {
  const wan = [
    ...[member('s1.eu'), member('s9.eu'), member('gone.eu', TAGS, 'left')],
    ...[member('s1.us', { ...TAGS, region: 'us' }), member('serf', {})],
  ];
  assert.deepEqual(strangers('eu', [member('s1'), member('s2')], wan), ['s9.eu']);
});
