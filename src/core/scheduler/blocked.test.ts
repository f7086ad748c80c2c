import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Index, Millis } from '../../base/brand.ts';
import type { Evaluation } from '../model/evaluation.ts';
import type { NodeId } from '../model/ids.ts';
import {
  T0,
  World,
  allocId,
  applyPlan,
  evalId,
  jobSpec,
  nodeId,
  placement,
  plan,
  register,
  registerNode,
} from '../../../test/state-world.ts';
import { newEvaluation } from '../state/new-evaluation.ts';
import type { Entry } from '../state/entry.ts';
import { Blocked, freedBy } from './blocked.ts';
import type { Capacity } from './blocked.ts';

function blocked(n: number, more: Partial<Evaluation> = {}): Evaluation {
  const base = newEvaluation(evalId(n), jobSpec(`j${n}`), 'queued-allocs', 0 as Millis);
  return { ...base, status: 'blocked', snapshotIndex: 10 as Index, ...more };
}

const room = (computedClass: string, index: number, id = 'n1'): Capacity => ({
  nodeId: id as NodeId,
  computedClass,
  index: index as Index,
});

const ids = (evals: readonly Evaluation[]): readonly string[] => evals.map(({ id }) => id);

test('K2: room wakes whom it may help', () => {
  const rows: readonly (readonly [Partial<Evaluation>, boolean])[] = [
    [{ classEligibility: { big: true } }, true],
    [{ classEligibility: { big: false } }, false],
    [{ classEligibility: { small: false } }, true],
    [{ classEligibility: { big: false }, escapedComputedClass: true }, true],
    [{ type: 'system', nodeId: 'n1' as NodeId }, true],
    [{ type: 'system', nodeId: 'n2' as NodeId }, false],
  ];
  for (const [more, expected] of rows) {
    const tracker = new Blocked();
    tracker.add(blocked(1, more));
    assert.equal(tracker.wake([room('big', 11)]).length > 0, expected, JSON.stringify(more));
    assert.equal(tracker.size, expected ? 0 : 1);
  }
});

test('K1: room that appeared while it was decided is not missed', () => {
  const tracker = new Blocked();
  tracker.wake([room('big', 12)]);
  assert.equal(tracker.add(blocked(1, { classEligibility: { big: true } })), false);
  assert.equal(tracker.add(blocked(2, { classEligibility: { big: false } })), true);
  assert.equal(tracker.add(blocked(3, { snapshotIndex: 12 as Index })), true);
  assert.equal(tracker.add(blocked(4, { escapedComputedClass: true })), false);
  assert.equal(tracker.size, 2);
});

test('everyone is woken at once where anyone may be helped', () => {
  const tracker = new Blocked();
  tracker.add(blocked(1, { classEligibility: { big: false } }));
  tracker.add(blocked(2, { triggeredBy: 'max-plan-attempts' }));
  assert.deepEqual(ids(tracker.wakeRefused()), [evalId(2)]);
  assert.deepEqual(ids(tracker.wakeAll(11 as Index)), [evalId(1)]);
  tracker.add(blocked(3, { snapshotIndex: 11 as Index }));
  tracker.forget(evalId(3));
  assert.equal(tracker.size, 0);
});

test('which changes free room', () => {
  const world = new World();
  const freed = (entry: Entry): boolean => {
    const { changes } = world.do(entry);
    const { state } = world;
    return changes.some((each) => freedBy(each, state.index, (id) => state.node(id)) !== undefined);
  };
  const status = (to: 'ready' | 'down'): Entry => ({
    type: 'node.status',
    at: T0,
    nodeId: nodeId(1),
    status: to,
    description: '',
    seed: to,
  });
  const stop = {
    allocId: allocId(1),
    nodeId: nodeId(1),
    desiredStatus: 'stop' as const,
    description: '',
  };
  const rows: readonly (readonly [Entry, boolean])[] = [
    [registerNode(1), true],
    [registerNode(1, { meta: { a: 'b' } }), false],
    [registerNode(1, { computedClass: 'other' }), true],
    [status('down'), false],
    [status('ready'), true],
    [register(jobSpec('web'), 1), false],
    [applyPlan(plan('web', { placements: [placement(1, nodeId(1))] })), false],
    [applyPlan(plan('web', { stops: [stop] })), true],
  ];
  for (const [entry, expected] of rows) assert.equal(freed(entry), expected, entry.type);
});
