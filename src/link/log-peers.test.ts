import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Index } from '../base/brand.ts';
import type { LogMember } from '../ports/etcd-member.ts';
import { logPeers, type LogPeersDeps } from './log-peers.ts';
import type { MetServer } from './mesh.ts';

const progress = { applied: 8 as Index, staleMs: 40 };
const MET: readonly MetServer[] = [
  { id: 'b', name: 's2', address: '10.0.0.2:5000', answers: true, progress },
  { id: 'a', name: 's1', address: '10.0.0.1:4647', answers: true },
];

function peersOf(all: readonly LogMember[] | undefined): {
  readonly peers: ReturnType<typeof logPeers>;
  readonly done: string[];
} {
  const done: string[] = [];
  const giveLead: LogPeersDeps['log']['giveLead'] = (to) => {
    done.push(`lead ${to ?? 'any'}`);
    return Promise.resolve();
  };
  const members = all && {
    list: () => Promise.resolve(all),
    remove: ({ host }: LogMember) => {
      done.push(`remove ${host}`);
      return Promise.resolve();
    },
  };
  return { peers: logPeers({ met: () => MET, members, log: { giveLead }, linkPort: 4647 }), done };
}

test("etcd's members are told with what is known of their servers", async () => {
  const { peers, done } = peersOf([
    { id: 'b', host: '10.0.0.2', voter: true },
    { id: 'c', host: '10.0.0.3', voter: true },
    { id: '', host: '10.0.0.10', voter: false },
  ]);
  const all = await peers.list();
  assert.deepEqual(all, [
    { id: '', name: '', address: '10.0.0.10:4647', voter: false, answers: false },
    { id: 'b', name: 's2', address: '10.0.0.2:5000', voter: true, answers: true, progress },
    { id: 'c', name: '', address: '10.0.0.3:4647', voter: true, answers: false },
  ]);
  for (const peer of all) await peers.remove(peer);
  await peers.giveLead(all[1]);
  await peers.giveLead();
  assert.deepEqual(done, [
    ...['remove 10.0.0.10', 'remove 10.0.0.2', 'remove 10.0.0.3', 'lead b', 'lead any'],
  ]);
  const other = { id: 'd', name: '', address: '10.0.0.3:4647', voter: true, answers: false };
  await assert.rejects(peers.remove(other), { fault: 'not_found' });
});

test("in somebody else's etcd those that use it hold the log, and none can be removed", async () => {
  const { peers } = peersOf(undefined);
  const all = await peers.list();
  assert.deepEqual(all, peers.reached());
  assert.deepEqual(
    all.map(({ name, voter }) => [name, voter]),
    [
      ['s1', true],
      ['s2', true],
    ],
  );
  const [first] = all;
  assert.ok(first !== undefined);
  await assert.rejects(peers.remove(first), { fault: 'unsupported' });
});
