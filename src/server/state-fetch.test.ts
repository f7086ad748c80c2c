import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Index } from '../base/brand.ts';
import { Failure } from '../base/failure.ts';
import { STATE_FETCHES_MAX } from '../core/limits.ts';
import { apply } from '../core/state/apply.ts';
import { allRows } from '../core/state/persist.ts';
import { emptyState, type State } from '../core/state/state.ts';
import { systemClock } from '../io/clock.ts';
import { entryCodec } from '../io/log/entry-codec.ts';
import type { CheckpointRow } from '../ports/checkpoint.ts';
import type { SentState, StateSource } from '../ports/state-source.ts';
import { SimCheckpoint } from '../sim/checkpoint.ts';
import { registerNode } from '../../test/state-world.ts';
import { restoreReplica } from './checkpointer.ts';
import { fetchState, firstIndexAfter, keepState } from './state-fetch.ts';

const never = new AbortController().signal;
const STATE = stateOf(1_500);

function stateOf(nodes: number): State {
  let state = emptyState();
  for (let n = 0; n < nodes; n++) state = apply(state, (n + 1) as Index, registerNode(n)).state;
  return state;
}

function sentBy(rows: Iterable<CheckpointRow>, torn?: Failure): SentState {
  const groups = async function* (): AsyncGenerator<readonly CheckpointRow[]> {
    for (const row of rows) yield await Promise.resolve([row]);
    if (torn !== undefined) throw torn;
  };
  return { index: STATE.index, hash: STATE.hash, groups: groups() };
}

const whole = (): SentState => sentBy(allRows(STATE));

/** Fetches from sources that answer so, one after the other; answers what was kept. */
async function fetching(...answers: (() => SentState)[]): Promise<State> {
  let checkpoint = new SimCheckpoint(entryCodec());
  const sources = answers.map((answer, n): StateSource => {
    return { name: `s${n}`, fetch: () => Promise.resolve().then(answer) };
  });
  const keep = (sent: SentState): Promise<void> => {
    checkpoint = new SimCheckpoint(entryCodec());
    return keepState(sent, checkpoint);
  };
  const deps = { sources: () => sources, keep, clock: systemClock, note: () => undefined };
  await fetchState(STATE.index, deps, never);
  return restoreReplica(checkpoint).state;
}

test('what another sent is kept as a checkpoint of that index', async () => {
  const kept = await fetching(whole);
  assert.equal(kept.hash, STATE.hash);
  assert.equal(kept.index, STATE.index);
});

test('who is behind, sends a torn state, or another than it says, is passed over', async () => {
  const behind = (): SentState => {
    throw new Failure('unavailable', 'this server is starting');
  };
  const torn = (): SentState => sentBy(allRows(STATE), new Failure('unavailable', 'lost'));
  const other = (): SentState => sentBy(allRows(stateOf(3)));
  const noRows = (): SentState => sentBy([['nodes', 'n', {}]]);
  assert.equal((await fetching(behind, torn, other, noRows, whole)).hash, STATE.hash);
});

test('wrong states are not asked for without end', async () => {
  let asked = 0;
  const wrong = (): SentState => {
    asked += 1;
    return sentBy(allRows(stateOf(1)));
  };
  await assert.rejects(fetching(wrong), { fault: 'internal' });
  assert.equal(asked, STATE_FETCHES_MAX);
});

test('the wait for somebody who has a state ends with the signal', async () => {
  const stop = new AbortController();
  const note = (): void => stop.abort();
  const fetch: StateSource['fetch'] = () => Promise.reject(new Failure('unavailable', 'starts'));
  const sources = (): readonly StateSource[] => [{ name: 's1', fetch }];
  const keep = (): Promise<void> => Promise.resolve();
  const deps = { sources, keep, clock: systemClock, note };
  await assert.rejects(fetchState(1 as Index, deps, stop.signal), { fault: 'canceled' });
});

test('only an error about entries that are gone says where the log begins', () => {
  const gone = new Failure('not_found', 'compacted away', { facts: { firstIndex: 7 } });
  assert.equal(firstIndexAfter(gone), 7);
  assert.equal(firstIndexAfter(new Failure('not_found', 'no etcd')), undefined);
  assert.equal(firstIndexAfter(new Error('other')), undefined);
});
