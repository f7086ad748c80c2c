import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Index, Millis } from '../base/brand.ts';
import { Failure } from '../base/failure.ts';
import { seeded } from '../base/random.ts';
import type { AllocId } from '../core/model/ids.ts';
import type { Entry } from '../core/state/entry.ts';
import type { Outcome } from '../core/state/outcome.ts';
import { entryCodec } from '../io/log/entry-codec.ts';
import { systemClock } from '../io/clock.ts';
import type { AllocUpdate } from '../ports/server-link.ts';
import { SimLogCell } from '../sim/log.ts';
import { nodeFacts, uuid } from '../../test/state-world.ts';
import type { Heartbeats } from './heartbeats.ts';
import { NodeLink } from './node-link.ts';
import { Replica } from './replica.ts';

test('L4: a leader that is deposed, and does not know it, acknowledges no report on what it does not know', async () => {
  const cell = new SimLogCell<Entry>({ codec: entryCodec<Entry>(), random: seeded('log') });
  const replica = new Replica();
  const log = cell.member<Outcome>(replica.apply, 0 as Index);
  cell.elect(log);
  const heartbeats = { heard: () => 10_000 } as unknown as Heartbeats;
  const link = new NodeLink({
    ...{ log, replica, heartbeats, clock: systemClock, random: seeded('link') },
    ...{ newId: () => uuid('id', 1), note: () => undefined, servers: () => [] },
  });
  const node = nodeFacts(0);
  await link.registerNode(node);
  cell.elect(undefined);
  const told: AllocUpdate = {
    ...{ id: uuid('aloc', 1) as AllocId, clientStatus: 'running', clientDescription: '' },
    ...{ taskStates: {}, at: 1 as Millis },
  };
  await assert.rejects(link.updateAllocs(node.id, node.secretId, [told]), Failure);
  cell.elect(log);
  await link.updateAllocs(node.id, node.secretId, [told]);
});
