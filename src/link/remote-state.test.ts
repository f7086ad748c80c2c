import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Index } from '../base/brand.ts';
import { Failure } from '../base/failure.ts';
import type { AgentFacts } from '../core/link/hello.ts';
import { LINK_PIECE_BYTES, STATE_GROUP_ROWS } from '../core/limits.ts';
import { restoreState } from '../core/state/persist.ts';
import { emptyState, type State } from '../core/state/state.ts';
import { apply } from '../core/state/apply.ts';
import { entryCodec } from '../io/log/entry-codec.ts';
import type { CheckpointRow } from '../ports/checkpoint.ts';
import type { Entry } from '../core/state/entry.ts';
import { T0, registerNode } from '../../test/state-world.ts';
import type { Caller } from './caller.ts';
import { RemoteState } from './remote-state.ts';
import type { Asked, LinkSession } from './session.ts';
import { stateAnswers } from './state-answers.ts';

const codec = entryCodec<CheckpointRow>();
const never = new AbortController().signal;

/** Nodes, and a key whose value does not fit in one piece. */
function stateOf(nodes: number): State {
  let state = emptyState();
  for (let n = 0; n < nodes; n++) state = apply(state, (n + 1) as Index, registerNode(n)).state;
  const value = 'x'.repeat(3 * LINK_PIECE_BYTES);
  const entry = { type: 'kv.write', at: T0, op: { verb: 'set', key: 'large', value, flags: '0' } };
  return apply(state, (nodes + 1) as Index, entry as Entry).state;
}

const STATE = stateOf(3 * STATE_GROUP_ROWS);

type Change = (pieces: unknown[]) => unknown[];

/** Asks for the state as over a connection that changes what goes over it. */
function callerOf(change: Change, role: AgentFacts['role'] = 'server'): Caller {
  return {
    call: () => Promise.reject(new Failure('internal', 'the state is a stream')),
    async open(method, body, { signal }) {
      const sent: unknown[] = [];
      const send = (piece: unknown): Promise<void> => Promise.resolve(void sent.push(piece));
      // Of its session an answer asks who the peer is, and nothing else.
      const session = { peer: { role } } as Partial<LinkSession> as LinkSession;
      const stream = { pieces: from([]), send };
      const asked: Asked = { method, body, session, stream, signal };
      const answer = stateAnswers({ state: () => STATE, codec })[method];
      const reply = await answer?.(asked);
      return {
        reply: Promise.resolve(reply),
        pieces: from(change(sent)),
        send,
        end: () => undefined,
      };
    },
  };
}

async function* from(values: readonly unknown[]): AsyncGenerator {
  for (const value of values) yield await Promise.resolve(value);
}

async function received(change: Change): Promise<{ readonly hash: string; readonly made: State }> {
  const source = new RemoteState('s1', callerOf(change), codec);
  const { index, hash, groups } = await source.fetch(1 as Index, never);
  const rows: CheckpointRow[] = [];
  for await (const group of groups) rows.push(...group);
  return { hash, made: restoreState(index, rows) };
}

test('a state arrives as it was, in pieces of bounded size', async () => {
  const { hash, made } = await received((pieces) => {
    for (const piece of pieces.slice(1)) {
      assert.ok((piece as { bytes: Uint8Array }).bytes.length <= LINK_PIECE_BYTES);
    }
    assert.ok(pieces.length > 6);
    return pieces;
  });
  assert.equal(hash, STATE.hash);
  assert.equal(made.hash, STATE.hash);
  assert.equal(made.index, STATE.index);
});

test('wherever it is torn, or a piece is lost, doubled or garbled, that is told', async () => {
  const length = await lengthOf();
  const property = fc.asyncProperty(
    fc.nat(length - 1),
    fc.constantFrom<(at: number) => Change>(
      (at) => (pieces) => pieces.slice(0, at),
      (at) => (pieces) => pieces.toSpliced(at, 1),
      (at) => (pieces) => pieces.toSpliced(at, 0, pieces[at]),
      (at) => (pieces) => pieces.with(at, { bytes: new Uint8Array([1, 2, 3]), last: true }),
      (at) => (pieces) => pieces.with(at, 'nonsense'),
    ),
    async (at, change) => {
      await assert.rejects(received(change(at)), (error: unknown) => error instanceof Failure);
    },
  );
  await fc.assert(property, { numRuns: 60 });
});

async function lengthOf(): Promise<number> {
  let length = 0;
  await received((pieces) => {
    ({ length } = pieces);
    return pieces;
  });
  return length;
}

test('a server that is behind itself has no state to give; a client gets none', async () => {
  const source = new RemoteState(
    's1',
    callerOf((pieces) => pieces),
    codec,
  );
  const later = (STATE.index + 1) as Index;
  await assert.rejects(source.fetch(later, never), { fault: 'unavailable' });
  const client = new RemoteState(
    'c1',
    callerOf((pieces) => pieces, 'client'),
    codec,
  );
  await assert.rejects(client.fetch(1 as Index, never), { fault: 'denied' });
});

test('rows of a table that a later build has are refused by name', async () => {
  const rows = codec.encode([['novelties', 'n', { a: 1 }]]);
  const change: Change = ([head]) => [head, { bytes: rows, last: true }];
  await assert.rejects(received(change), { fault: 'unsupported' });
});
