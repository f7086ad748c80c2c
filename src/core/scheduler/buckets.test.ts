import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { group, jobSpec, nodeFacts, task as taskOf, T0 } from '../../../test/state-world.ts';
import type { Millis } from '../../base/brand.ts';
import type { Alloc, ClientStatus, DesiredStatus } from '../model/alloc.ts';
import type { EvalId } from '../model/ids.ts';
import type { Job } from '../model/job.ts';
import type { Node, NodeStatus } from '../model/node.ts';
import type { Task } from '../model/task.ts';
import { byName, classifyByNode, classifyTerminal, didItsWork } from './buckets.ts';
import { Rollout } from './rollout.ts';
import { sortAllocs } from './sort-allocs.ts';

function alloc(more: Partial<Alloc> = {}): Alloc {
  return {
    id: 'a',
    name: 'j.web[0]',
    clientStatus: 'running',
    desiredStatus: 'run',
    taskStates: {},
    reschedules: [],
    jobVersion: 0,
    createIndex: 1,
    modifiedAt: T0,
    ...more,
  } as unknown as Alloc;
}

function node(status: NodeStatus): Node {
  return { ...nodeFacts(1), status, statusUpdatedAt: T0 } as unknown as Node;
}

const graceful = group({ maxClientDisconnectMs: 60_000 });
const later = (ms: number): Millis => (T0 + ms) as Millis;

test('the state of its node decides about a live allocation', () => {
  const unknown = alloc({ clientStatus: 'unknown', disconnectedAt: T0 });
  const leaving = { migrate: true, reschedule: false, forceReschedule: false };
  const rows = [
    [alloc(), node('ready'), group(), 0, 'keep'],
    [alloc(), node('initializing'), group(), 0, 'keep'],
    [alloc(), node('down'), group(), 0, 'lost'],
    [alloc(), undefined, group(), 0, 'lost'],
    [alloc({ desiredTransition: leaving }), node('down'), group(), 0, 'migrate'],
    [alloc(), node('down'), group({ preventRescheduleOnLost: true }), 0, 'disconnect'],
    [alloc(), node('disconnected'), group(), 0, 'lost'],
    [alloc(), node('disconnected'), graceful, 59_000, 'disconnect'],
    [unknown, node('disconnected'), graceful, 59_000, 'unknown'],
    [unknown, node('disconnected'), graceful, 60_000, 'lost'],
    [unknown, node('ready'), graceful, 0, 'unknown'],
  ] as const;
  for (const [one, on, asked, ms, expected] of rows) {
    const circumstances = { node: on, group: asked, now: later(ms), isAwaited: true };
    assert.equal(classifyByNode(one, circumstances), expected);
  }
});

test('a silent one for which no evaluation is to come gets another one', () => {
  const unknown = alloc({ clientStatus: 'unknown', disconnectedAt: T0 });
  const on = node('disconnected');
  const circumstances = { node: on, group: graceful, now: later(59_000), isAwaited: false };
  assert.equal(classifyByNode(unknown, circumstances), 'disconnect');
});

test('a longer grace never loses more', () => {
  fc.assert(
    fc.property(fc.nat(100_000), fc.nat(100_000), fc.nat(100_000), (a, b, ms) => {
      const bucket = (graceMs: number) =>
        classifyByNode(alloc(), {
          node: node('disconnected'),
          group: group({ maxClientDisconnectMs: graceMs }),
          now: later(ms),
          isAwaited: false,
        });
      if (bucket(Math.max(a, b)) === 'lost') assert.equal(bucket(Math.min(a, b)), 'lost');
    }),
  );
});

test('what ended is history for services, and done for batch jobs', () => {
  const state = { state: 'dead' as const, failed: false, restarts: 0, events: [] };
  const good = { taskStates: { t: state } };
  const rows: readonly (readonly [Partial<Alloc>, boolean, string | undefined])[] = [
    [{ clientStatus: 'complete' }, false, 'ignore'],
    [{ clientStatus: 'failed' }, false, undefined],
    [{ clientStatus: 'lost' }, false, 'ignore'],
    [{ desiredStatus: 'stop', clientStatus: 'failed' }, false, 'ignore'],
    [{ clientStatus: 'complete' }, true, 'keep'],
    [{ clientStatus: 'failed' }, true, undefined],
    [{ desiredStatus: 'stop', clientStatus: 'complete', ...good }, true, 'keep'],
    [{ desiredStatus: 'stop', clientStatus: 'failed' }, true, 'ignore'],
  ];
  for (const [more, batch, expected] of rows) {
    assert.equal(classifyTerminal(alloc(more), undefined, batch), expected, JSON.stringify(more));
  }
  assert.ok(!didItsWork({ taskStates: { t: { ...state, failed: true } } }, undefined));
  assert.ok(!didItsWork({ taskStates: {} }, undefined));
});

test('of work that was told to stop only what came to its end by itself is done', () => {
  const task = (name: string, ...types: string[]) => {
    const events = types.map((type) => ({ type }));
    const startedAt = types.includes('Started') ? T0 : undefined;
    return { [name]: { state: 'dead', failed: false, restarts: 0, startedAt, events } };
  };
  const did = (tasks: readonly Partial<Task>[], ...states: object[]) => {
    const taskStates = Object.assign({}, ...states) as Alloc['taskStates'];
    return didItsWork({ taskStates }, group({ tasks: tasks.map((each) => taskOf(each)) }));
  };
  const main = { name: 'main' };
  const side = { name: 'side', lifecycle: { hook: 'prestart', sidecar: true } } as const;
  const ended = task('main', 'Started', 'Terminated');
  assert.ok(did([main], ended));
  assert.ok(!did([main], task('main', 'Received')), 'it never began');
  assert.ok(!did([main], task('main', 'Started', 'Killing', 'Terminated', 'Killed')));
  const again = task('main', 'Started', 'Killing', 'Killed', 'Started', 'Terminated');
  assert.ok(did([main], again), 'somebody restarted it on its way');
  assert.ok(did([main, side], ended, task('side', 'Started', 'Killing', 'Killed')));
  const other = task('other', 'Started', 'Killing', 'Killed');
  assert.ok(!did([main, { name: 'other' }], ended, other));
  assert.ok(did([{ ...main, leader: true }, { name: 'other' }], ended, other));
});

test('names are ordered by number', () => {
  const names = ['j.web[10]', 'j.web[2]', 'j.web[1]'].map((name) => alloc({ name }));
  assert.deepEqual(
    byName(names).map((one) => one.name),
    ['j.web[1]', 'j.web[2]', 'j.web[10]'],
  );
});

test('R1: every allocation is in exactly one bucket', () => {
  const clients: readonly ClientStatus[] = [
    'pending',
    'running',
    'complete',
    'failed',
    'lost',
    'unknown',
  ];
  const desired: readonly DesiredStatus[] = ['run', 'stop', 'evict'];
  const nodes: readonly (NodeStatus | 'gone')[] = ['ready', 'down', 'disconnected', 'gone'];
  const one = fc.record({
    clientStatus: fc.constantFrom(...clients),
    desiredStatus: fc.constantFrom(...desired),
    nodeId: fc.constantFrom(...nodes),
    jobVersion: fc.nat(1),
    followupEvalId: fc.option(fc.constantFrom('e', 'f'), { nil: undefined }),
  });
  fc.assert(
    fc.property(fc.array(one), fc.boolean(), (shapes, batch) => {
      const job = jobSpec('j', { type: batch ? 'batch' : 'service' }) as Job;
      const allocs = shapes.map((shape) => alloc(shape as unknown as Partial<Alloc>));
      const buckets = sortAllocs(allocs, {
        job: { ...job, version: 1, createIndex: 0 as never, stop: false },
        group: graceful,
        rollout: new Rollout(job, undefined, { now: T0, nextId: () => 'x' }),
        nodeOf: (id) => {
          const status: string = id;
          return status === 'gone' ? undefined : node(status as NodeStatus);
        },
        now: T0,
        isPending: () => false,
        evalId: 'e' as EvalId,
      });
      const sorted = Object.values(buckets).flat();
      assert.equal(sorted.length, allocs.length);
      assert.equal(new Set(sorted).size, allocs.length);
    }),
  );
});
