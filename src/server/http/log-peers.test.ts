import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Index } from '../../base/brand.ts';
import { Failure } from '../../base/failure.ts';
import type { LogPeer, LogPeers, LogProgress } from '../../ports/log-peers.ts';
import { holders, removePeer, transferLead, type PeerDeps } from './log-peers.ts';
import { serverRows, serversHealth } from './server-health.ts';

const [one, two, gone] = ['10.0.0.1:4647', '10.0.0.2:4647', '10.0.0.3:4647'];

interface World extends PeerDeps {
  readonly logPeers: LogPeers;
  readonly done: string[];
}

/** The first leads, the second follows, the third was never met here. */
function world(list: LogPeers['list'] = () => Promise.resolve(PEERS)): World {
  const done: string[] = [];
  let leader: string = one;
  return {
    done,
    agent: {
      ...{ region: 'eu', serverName: 's1.eu', version: '1' },
      ...{ leader: () => leader, peers: () => [one, two] },
      members: () => {
        const tags = { rpc_addr: '10.0.0.1', port: '4647' };
        return [{ name: 's1.eu', address: '10.0.0.1', status: 'alive', tags }];
      },
    },
    logPeers: {
      list,
      reached: () => PEERS.slice(0, 2),
      giveLead: (to) => {
        leader = to?.address ?? two;
        done.push(`lead ${to?.id ?? 'any'}`);
        return Promise.resolve();
      },
      remove: ({ id }) => {
        done.push(`remove ${id}`);
        return Promise.resolve();
      },
    },
  };
}

function progress(applied: number, staleMs: number): LogProgress {
  return { applied: applied as Index, staleMs };
}

const THERE = { voter: true, answers: true };
const PEERS: readonly LogPeer[] = [
  { id: 'a', name: 's1', address: one, ...THERE, progress: progress(6, 0) },
  { id: 'b', name: 's2', address: two, ...THERE, progress: progress(5, 120.4) },
  { id: 'c', name: '', address: gone, voter: false, answers: false },
];

test('those that hold the log are told as gossip calls them, or as the link does', async () => {
  const { agent, logPeers } = world();
  const held = await holders({ agent, logPeers });
  assert.deepEqual(
    serverRows(agent, held).map((row) => [row.id, row.name, row.address, row.voter, row.leader]),
    [
      ['a', 's1.eu', one, true, true],
      ['b', 's2.eu', two, true, false],
      ['c', '(unknown)', gone, false, false],
    ],
  );
  const health = serversHealth(agent, 7 as Index, held);
  assert.deepEqual(
    health.servers.map(({ status, healthy, lastIndex, lastContactMs }) => {
      return [status, healthy, lastIndex, lastContactMs];
    }),
    [
      // What it knows of itself is newer.
      ['alive', true, 7, 0],
      ['alive', true, 5, 120],
      ['failed', false, 0, 0],
    ],
  );
  // Who does not vote is missed, and not needed.
  assert.deepEqual([health.healthy, health.failureTolerance], [false, 0]);
  const silent = PEERS.map((peer) => ({ ...peer, answers: false }));
  assert.deepEqual(
    serversHealth(agent, 7 as Index, silent).servers.map(({ status }) => status),
    ['alive', 'failed', 'failed'],
    'of one that gossips, gossip tells',
  );
  // Who was reached once and holds the log no more does not count.
  const [first] = PEERS;
  assert.ok(first !== undefined);
  const alone = serversHealth(agent, 7 as Index, [first]);
  assert.deepEqual([alone.healthy, alone.servers.length], [true, 1]);
});

test('where too few answer to tell who holds the log, those that were reached are told', async () => {
  const silent = world(() => Promise.reject(new Failure('timeout', 'no majority')));
  const rows = serverRows(silent.agent, await holders(silent));
  assert.deepEqual(
    rows.map(({ id }) => id),
    ['a', 'b'],
  );
  const broken = world(() => Promise.reject(new Error('a bug')));
  await assert.rejects(holders(broken), { message: 'a bug' });
  assert.equal(await holders({ agent: broken.agent }), undefined);
});

test('the lead goes to any other server, or to the one that is named', async () => {
  const given = world();
  const [a, b] = [
    { id: 'a', address: one },
    { id: 'b', address: two },
  ];
  assert.deepEqual(await transferLead(given, {}), { from: a, to: b });
  assert.deepEqual(await transferLead(given, { address: one }), { from: b, to: a });
  assert.deepEqual(await transferLead(given, { id: one }), { from: a, to: a });
  assert.deepEqual(await transferLead(given, { id: 'b' }), { from: a, to: b });
  assert.deepEqual(given.done, ['lead any', 'lead a', 'lead b']);
  await assert.rejects(transferLead(given, { id: 'x' }), {
    fault: 'internal',
    message: 'id "x" was not found in the configuration',
  });
  const { agent } = given;
  await assert.rejects(transferLead({ agent }, {}), { fault: 'unsupported' });
});

test('a server is removed by its address or its id', async () => {
  const given = world();
  await removePeer(given, { address: gone });
  await removePeer(given, { id: 'c' });
  assert.deepEqual(given.done, ['remove c', 'remove c']);
  await assert.rejects(removePeer(given, {}), { fault: 'invalid' });
  // An id is no address.
  await assert.rejects(removePeer(given, { address: 'c' }), { fault: 'internal' });
  const { agent } = given;
  await assert.rejects(removePeer({ agent }, { address: one }), { fault: 'unsupported' });
  await assert.rejects(removePeer({ agent }, { address: gone }), { fault: 'internal' });
});
