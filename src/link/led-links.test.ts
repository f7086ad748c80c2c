import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Index } from '../base/brand.ts';
import { Failure } from '../base/failure.ts';
import type { NodeId } from '../core/model/ids.ts';
import { systemClock } from '../io/clock.ts';
import type { ServerLink } from '../ports/server-link.ts';
import { LedServers } from './led-links.ts';

const never = new AbortController().signal;

/** A link of which only allocations are asked, and which tells where. */
function told(index: number): ServerLink {
  const refuse = (): Promise<never> => Promise.reject(new Failure('internal', 'not asked here'));
  return {
    ...{ registerNode: refuse, heartbeat: refuse, updateAllocs: refuse },
    pullAllocs: () => Promise.resolve({ index: index as Index, allocs: [] }),
  };
}

test('who has, or may have, seen more than this server is answered by the leader', async () => {
  const servers = new LedServers(
    { here: told(5), there: told(9) },
    {
      ...{ isLeading: () => false, clock: systemClock, servers: () => [] },
      ...{ knows: (_, secretId) => secretId === 'known', index: () => 5 as Index },
    },
  );
  const pull = async (after: number, secretId: string): Promise<number> => {
    const query = { nodeId: 'n1' as NodeId, secretId, after: after as Index, waitMs: 0 };
    return (await servers.pullAllocs(query, never)).index;
  };
  assert.equal(await pull(5, 'known'), 5);
  assert.equal(await pull(6, 'known'), 9);
  assert.equal(await pull(5, 'unknown'), 9);
  assert.equal(await pull(0, 'known'), 9, 'one that was started anew');
});
