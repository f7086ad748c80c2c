import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ServerPeer } from '../core/etcd-member/membership.ts';
import { withLeft } from './with-left.ts';

function peer(name: string, status: ServerPeer['status']): ServerPeer {
  return {
    ...{ id: `id of ${name}`, name, host: '10.0.0.1', clientPort: 2379, peerPort: 2380 },
    ...{ expect: 3, stage: 'member', status },
  };
}

test('who is away and has said so has left; who is there is, whatever gossip has of it', () => {
  const [stages, forgotten]: string[][] = [[], []];
  const peers = withLeft(
    {
      known: () => [peer('here', 'alive'), peer('back', 'alive'), ...['gone', 'lost'].map(failed)],
      announce: (stage) => stages?.push(stage),
      forget: (ids) => forgotten?.push(...ids),
    },
    (name) => name === 'gone' || name === 'back',
  );
  assert.deepEqual(
    peers.known().map(({ name, status }) => [name, status]),
    [
      ['here', 'alive'],
      ['back', 'alive'],
      ['gone', 'left'],
      ['lost', 'failed'],
    ],
  );
  peers.announce('member');
  assert.deepEqual(stages, ['member']);
  peers.forget(['id of gone']);
  assert.deepEqual(forgotten, ['id of gone']);
});

const failed = (name: string): ServerPeer => peer(name, 'failed');
