import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Index } from '../../base/brand.ts';
import {
  serverRows,
  serversHealth,
  type GossipedServer,
  type ServerSources,
} from './server-health.ts';

function sources(statuses: readonly string[], leader: string): ServerSources {
  const address = (i: number): string => `10.0.0.${i + 1}`;
  return {
    ...{ region: 'eu', serverName: 's1.eu', version: '9.9.9', leader: () => leader },
    peers: () => statuses.map((_, i) => `${address(i)}:4647`),
    members: () =>
      statuses.flatMap((status, i) => {
        const tags = { build: '0.1.0', rpc_addr: address(i), port: '4647' };
        const member = { name: `s${i + 1}.eu`, address: `192.0.2.${i}`, status, tags };
        return status === 'silent' ? [] : [member];
      }),
  };
}

test('SH1: who is well, and how many more may be lost', () => {
  const leader = '10.0.0.1:4647';
  const rows: readonly [readonly string[], string, boolean, number, string][] = [
    [['alive'], leader, true, 0, 'true'],
    [['alive', 'alive', 'alive'], leader, true, 1, 'true true true'],
    [['alive', 'failed', 'alive'], leader, false, 0, 'true false true'],
    [['alive', 'silent', 'alive'], leader, true, 1, 'true true true'],
    [['alive', 'alive', 'alive', 'alive', 'alive'], leader, true, 2, 'true true true true true'],
    [['alive', 'alive', 'alive'], '', false, 0, 'false false false'],
    [[], leader, false, 0, ''],
  ];
  for (const [statuses, leading, healthy, tolerance, each] of rows) {
    const health = serversHealth(sources(statuses, leading), 7 as Index);
    const told = [health.healthy, health.failureTolerance];
    assert.deepEqual(told, [healthy, tolerance], statuses.join());
    assert.equal(health.servers.map((server) => server.healthy).join(' '), each);
  }
});

test('each server goes by its own name; what is known of one alone is told of it alone', () => {
  const asked = sources(['alive', 'alive', 'silent'], '10.0.0.2:4647');
  assert.deepEqual(
    serversHealth(asked, 7 as Index).servers.map(({ name, version, lastIndex, leader }) => {
      return [name, version, lastIndex, leader];
    }),
    [
      ['s1.eu', '0.1.0', 7, false],
      ['s2.eu', '0.1.0', 0, true],
      ['(unknown)', '9.9.9', 0, false],
    ],
  );
  assert.deepEqual(
    serverRows(asked).map(({ id, name, leader }) => [id, name, leader]),
    [
      ['10.0.0.1:4647', 's1.eu', false],
      ['10.0.0.2:4647', 's2.eu', true],
      ['10.0.0.3:4647', '(unknown)', false],
    ],
  );
});

test('one server alone goes by the id that it gossips with', () => {
  const alone = sources(['alive'], '10.0.0.1:4647');
  const [member] = alone.members();
  assert.ok(member !== undefined);
  const members = (): readonly GossipedServer[] => [
    { ...member, tags: { ...member.tags, id: 'an id' } },
  ];
  assert.deepEqual(
    serverRows({ ...alone, members }).map(({ id, name }) => [id, name]),
    [['an id', 's1.eu']],
  );
});
