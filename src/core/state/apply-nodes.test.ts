import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Millis } from '../../base/brand.ts';
import { NODE_EVENTS_MAX } from '../limits.ts';
import {
  T0,
  World,
  applyPlan,
  jobSpec,
  nodeFacts,
  nodeId,
  placement,
  plan,
  register,
  registerNode,
} from '../../../test/state-world.ts';
import type { Entry } from './entry.ts';

const status = (to: 'ready' | 'down' | 'disconnected', seed: string): Entry => ({
  type: 'node.status',
  at: (T0 + 1) as Millis,
  nodeId: nodeId(1),
  status: to,
  description: '',
  event: { at: T0, subsystem: 'Cluster', message: to, details: {} },
  seed,
});

/** A cluster with a system job, and a service with one instance on the node. */
function cluster(): World {
  const world = new World();
  world.do(
    registerNode(1),
    register(jobSpec('sys', { type: 'system' }), 1),
    register(jobSpec('web'), 2),
    applyPlan(plan('web', { placements: [placement(1, nodeId(1))] })),
  );
  return world;
}

/** The jobs that an entry had evaluated. */
function evaluated(world: World, entry: Entry): readonly string[] {
  const { outcome } = world.do(entry);
  if (!outcome.ok) return [outcome.reason];
  return outcome.evalIds.map((id) => world.state.evaluation(id)?.jobId ?? '').sort();
}

test('N2: who is evaluated when a node changes', () => {
  const eligibility = (to: 'eligible' | 'ineligible'): Entry => ({
    type: 'node.eligibility',
    at: T0,
    nodeId: nodeId(1),
    eligibility: to,
    seed: to,
  });
  const world = cluster();
  const rows: readonly (readonly [Entry, readonly string[]])[] = [
    [registerNode(1), []],
    [status('down', 'a'), ['web']],
    [status('down', 'b'), []],
    [status('ready', 'c'), ['sys', 'web']],
    [eligibility('ineligible'), []],
    [eligibility('eligible'), ['sys']],
    [{ ...registerNode(1, { computedClass: 'other' }), seed: 'g' } as Entry, ['sys']],
    [status('disconnected', 'd'), ['web']],
    [{ ...registerNode(1), seed: 'h' } as Entry, ['sys', 'web']],
    [{ type: 'node.deregister', at: T0, nodeIds: [nodeId(1)], seed: 'e' }, ['web']],
    [status('down', 'f'), ['not_found']],
  ];
  for (const [entry, expected] of rows) assert.deepEqual(evaluated(world, entry), expected);
});

test('N1: a registration leaves what the servers decided', () => {
  const world = new World();
  world.do(registerNode(1));
  const drain = { deadlineMs: 0, ignoreSystemJobs: false, startedAt: T0 };
  const nodes = { type: 'node.drain', at: T0, nodeId: nodeId(1), seed: 's' } as const;
  world.do({ ...nodes, drain, markEligible: false });
  world.do(registerNode(1, { meta: { new: 'fact' }, eligibility: 'eligible' }));
  const node = world.state.node(nodeId(1));
  assert.deepEqual(node?.drain, drain);
  assert.equal(node.eligibility, 'ineligible');
  assert.equal(node.meta['new'], 'fact');
  assert.deepEqual([...world.state.drainingNodes()], [node]);
  // Another drain has begun since: the end of the first is not the end of this one.
  const late = world.do({ ...nodes, markEligible: false, ifStartedAt: 5 as Millis });
  assert.equal(late.outcome.ok, false);
  world.do({ ...nodes, markEligible: true });
  assert.equal(world.state.node(nodeId(1))?.drain, undefined);
  assert.equal(world.state.node(nodeId(1))?.eligibility, 'eligible');
});

test('N3: what says nothing new changes nothing', () => {
  const world = new World();
  world.do(registerNode(1));
  const before = world.state.node(nodeId(1));
  assert.equal(world.do(registerNode(1)).changes.length, 0);
  assert.equal(world.state.node(nodeId(1)), before);
});

test('another secret does not take over a node', () => {
  const world = new World();
  world.do(registerNode(1));
  const thief = world.do({
    type: 'node.register',
    at: T0,
    node: nodeFacts(1, { secretId: 'other' }),
    seed: 's',
  });
  assert.equal(thief.outcome.ok, false);
});

test('events are kept, newest last, and bounded', () => {
  const world = new World();
  world.do(registerNode(1));
  for (let i = 0; i < NODE_EVENTS_MAX; i++) {
    world.do(status('down', `d${i}`), status('ready', `r${i}`));
  }
  const events = world.state.node(nodeId(1))?.events ?? [];
  assert.equal(events.length, NODE_EVENTS_MAX);
  assert.equal(events.at(-1)?.message, 'ready');
  const noted = { at: T0, subsystem: 'Driver', message: 'noted', details: {} } as const;
  world.do({ type: 'node.events', at: T0, events: [{ nodeId: nodeId(1), event: noted }] });
  assert.equal(world.state.node(nodeId(1))?.events.at(-1)?.message, 'noted');
});
