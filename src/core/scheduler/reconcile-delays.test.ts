import assert from 'node:assert/strict';
import { test } from 'node:test';
import { group, jobSpec, nodeFacts, T0, uuid } from '../../../test/state-world.ts';
import type { Millis } from '../../base/brand.ts';
import type { Alloc } from '../model/alloc.ts';
import type { EvalId } from '../model/ids.ts';
import type { Node } from '../model/node.ts';
import type { TaskGroup } from '../model/task-group.ts';
import { newEvaluation } from '../state/new-evaluation.ts';
import { followUp } from './follow-up.ts';
import {
  delayDisconnects,
  delayLost,
  delayReschedules,
  type DelayScope,
} from './reconcile-delays.ts';

const evaluation = newEvaluation(uuid('eval', 1) as EvalId, jobSpec('web'), 'node-update', T0);

function scope(asked: TaskGroup, silentMs = 0): DelayScope {
  let drawn = 0;
  const statusUpdatedAt = (T0 - silentMs) as Millis;
  return {
    group: asked,
    evaluation,
    now: T0,
    nodeOf: () => ({ ...nodeFacts(1), statusUpdatedAt }) as unknown as Node,
    nextId: () => `e${++drawn}`,
  };
}

/** One that failed so many milliseconds ago. */
function failed(id: string, agoMs: number): Alloc {
  return {
    id,
    nodeId: 'n',
    clientStatus: 'failed',
    desiredStatus: 'run',
    desiredDescription: '',
    taskStates: {},
    reschedules: [],
    modifiedAt: T0 - agoMs,
  } as unknown as Alloc;
}

const reschedule = {
  attempts: 0,
  intervalMs: 0,
  delayMs: 30_000,
  delayFunction: 'constant' as const,
  maxDelayMs: 0,
  unlimited: true,
};

test('waits that end close to each other share an evaluation', () => {
  const allocs = [failed('a', 0), failed('b', 4_000), failed('c', 20_000)];
  const { followUps, notes } = delayReschedules(allocs, scope(group({ reschedule })));
  assert.deepEqual(
    followUps.map((next) => [next.id, (next.waitUntil ?? 0) - T0, next.triggeredBy, next.status]),
    [
      ['e1', 10_000, 'alloc-failure', 'pending'],
      ['e2', 26_000, 'alloc-failure', 'pending'],
    ],
  );
  assert.deepEqual(
    notes.map((note) => [note.allocId, note.followupEvalId, note.desiredStatus]),
    [
      ['c', 'e1', 'run'],
      ['b', 'e2', 'run'],
      ['a', 'e2', 'run'],
    ],
  );
});

test('a silent node is waited for as long as the group says, from when it fell silent', () => {
  const graceful = group({ maxClientDisconnectMs: 60_000 });
  const { followUps, notes } = delayDisconnects([failed('a', 0)], scope(graceful, 15_000));
  assert.equal((followUps[0]?.waitUntil ?? 0) - T0, 45_000);
  assert.equal(followUps[0]?.triggeredBy, 'max-disconnect-timeout');
  assert.equal(notes[0]?.clientStatus, 'unknown');
  const never = delayDisconnects([failed('a', 0)], scope(group()));
  assert.deepEqual([never.followUps, never.notes[0]?.clientStatus], [[], 'unknown']);
});

test('what its client stops by itself is not replaced before', () => {
  const stopping = group({ stopAfterClientDisconnectMs: 60_000 });
  const early = delayLost([failed('a', 0)], scope(stopping, 10_000));
  assert.equal((early.followUps[0]?.waitUntil ?? 0) - T0, 50_000);
  assert.deepEqual([early.notes[0]?.desiredStatus, early.notes[0]?.clientStatus], ['stop', 'lost']);
  assert.deepEqual(delayLost([failed('a', 0)], scope(stopping, 60_000)).notes, []);
  assert.deepEqual(delayLost([failed('a', 0)], scope(group())).notes, []);
});

test('a follow-up is of the same job, and knows what it follows', () => {
  const next = followUp(evaluation, {
    id: 'x',
    now: T0,
    triggeredBy: 'queued-allocs',
    status: 'blocked',
    description: 'why',
  });
  assert.equal(next.previousEval, evaluation.id);
  assert.deepEqual([next.jobId, next.priority, next.type], ['web', 50, 'service']);
  assert.ok(!('waitUntil' in next));
});
