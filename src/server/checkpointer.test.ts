import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Index, Millis } from '../base/brand.ts';
import { CHECKPOINT_BATCHES_MAX, CHECKPOINT_ROWS } from '../core/limits.ts';
import type { Entry } from '../core/state/entry.ts';
import { lint } from '../core/state/lint.ts';
import { entryCodec } from '../io/log/entry-codec.ts';
import { SimCheckpoint } from '../sim/checkpoint.ts';
import { SimClock } from '../sim/clock.ts';
import { T0, nodeFacts, nodeId, registerNode } from '../../test/state-world.ts';
import { Checkpointer, restoreReplica } from './checkpointer.ts';
import type { Replica } from './replica.ts';

function feed(replica: Replica, entries: Iterable<Entry>): void {
  for (const entry of entries) replica.apply((replica.state.index + 1) as Index, entry);
}

/** Makes one more change to some of 50 nodes each time. */
function* noise(count: number): Generator<Entry> {
  for (let n = 0; n < count; n++) {
    const status = n % 100 < 50 ? 'down' : 'ready';
    const at = (T0 + n) as Millis;
    yield {
      type: 'node.status',
      at,
      nodeId: nodeId(n % 50),
      status,
      description: '',
      seed: `${n}`,
    };
  }
}

async function flush(checkpointer: Checkpointer): Promise<void> {
  const stop = new AbortController();
  const running = checkpointer.run(stop.signal);
  stop.abort();
  await running;
}

/** Runs it for one turn: an aborted run writes nothing, so it is woken before. */
async function turn(checkpointer: Checkpointer, clock: SimClock, ms: number): Promise<void> {
  const stop = new AbortController();
  const running = checkpointer.run(stop.signal);
  clock.advance(ms);
  for (let i = 0; i < 50; i++) await Promise.resolve();
  stop.abort();
  await running;
}

test('what is kept is restored: rows, hash and index', async () => {
  const checkpoint = new SimCheckpoint(entryCodec());
  const clock = new SimClock();
  const replica = restoreReplica(checkpoint);
  const checkpointer = new Checkpointer({ checkpoint, replica, clock, note: () => undefined });
  feed(
    replica,
    Array.from({ length: 50 }, (_, n) => registerNode(n)),
  );
  await turn(checkpointer, clock, 1_000);
  feed(replica, noise(300));
  await turn(checkpointer, clock, 1_000);
  const restored = restoreReplica(checkpoint);
  assert.equal(restored.state.index, replica.state.index);
  assert.equal(restored.state.hash, replica.state.hash);
  assert.deepEqual(lint(restored.state), []);
});

test('K1: what is left is written when it stops', async () => {
  const checkpoint = new SimCheckpoint(entryCodec());
  const replica = restoreReplica(checkpoint);
  const clock = new SimClock();
  const checkpointer = new Checkpointer({ checkpoint, replica, clock, note: () => undefined });
  const stop = new AbortController();
  const running = checkpointer.run(stop.signal);
  feed(replica, [registerNode(1)]);
  stop.abort();
  await running;
  assert.equal(restoreReplica(checkpoint).state.node(nodeFacts(1).id)?.name, 'node-1');
});

test('K2: a full disk loses nothing, and what waits stays bounded', async () => {
  const checkpoint = new SimCheckpoint(entryCodec());
  const clock = new SimClock();
  const replica = restoreReplica(checkpoint);
  const notes: string[] = [];
  const checkpointer = new Checkpointer({
    checkpoint,
    replica,
    clock,
    note: (line) => notes.push(line),
  });
  feed(
    replica,
    Array.from({ length: 50 }, (_, n) => registerNode(n)),
  );
  checkpoint.setFull(true);
  feed(replica, noise(CHECKPOINT_ROWS * (CHECKPOINT_BATCHES_MAX + 4)));
  await turn(checkpointer, clock, 1_000);
  assert.match(notes[0] ?? '', /disk full/);
  feed(replica, noise(100));
  checkpoint.setFull(false);
  await turn(checkpointer, clock, 10_000);
  await flush(checkpointer);
  assert.equal(restoreReplica(checkpoint).state.hash, replica.state.hash);
});
