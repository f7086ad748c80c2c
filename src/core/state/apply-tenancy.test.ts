import assert from 'node:assert/strict';
import { test } from 'node:test';
import { T0, World, jobSpec, register, registerNode } from '../../../test/state-world.ts';
import { DEFAULT_NAMESPACE, type JobId, type Namespace } from '../model/ids.ts';
import type { Entry } from './entry.ts';
import { allRows, restoreState } from './persist.ts';
import { isPool, namespaceOf, readNamespaces, readNodePools } from './reads-tenancy.ts';
import { readNamespace, readNodePool, readPoolJobs, readPoolNodes } from './reads-tenancy.ts';

const TEAM = 'team' as Namespace;

function setTeam(description = ''): Entry {
  const lists = { meta: {}, enabledDrivers: [], disabledDrivers: [] };
  return { type: 'namespace.set', at: T0, namespace: { name: TEAM, description, ...lists } };
}

const deleted = (name: Namespace): Entry => ({ type: 'namespace.delete', at: T0, name });
const setPool = (name: string): Entry => ({
  ...{ type: 'node-pool.set', at: T0 },
  pool: { name, description: '', meta: {} },
});
const deletedPool = (name: string): Entry => ({ type: 'node-pool.delete', at: T0, name });
const job = (id: string, more: object): Entry => register(jobSpec(id, more), 1);
const stop: Entry = {
  ...{ type: 'job.deregister', at: T0, namespace: TEAM, jobId: 'web' as JobId },
  purge: true,
};

test('T2: namespaces and pools go when nothing is in them', () => {
  const variable = { namespace: TEAM, path: 'a', items: { k: 'v' } };
  const inTeam = job('web', { namespace: TEAM });
  const rows: readonly (readonly [string, readonly Entry[], RegExp | undefined])[] = [
    ['an empty one', [setTeam(), deleted(TEAM)], undefined],
    ['one that is not there', [deleted(TEAM)], /not found/],
    ['the default one', [deleted(DEFAULT_NAMESPACE)], /can not delete default/],
    ['with a job', [setTeam(), inTeam, deleted(TEAM)], /has non-terminal jobs/],
    ['after its job', [setTeam(), inTeam, stop, deleted(TEAM)], undefined],
    [
      'with variables',
      [setTeam(), { type: 'variable.set', at: T0, variable }, deleted(TEAM)],
      /has variables/,
    ],
    ['a job of one that is not there', [inTeam], /nonexistent namespace "team"/],
    ['an empty pool', [setPool('gpu'), deletedPool('gpu')], undefined],
    ['a built-in pool', [deletedPool('all')], /built-in/],
    ['a pool that is not there', [deletedPool('gpu')], /not found/],
    [
      'a pool with nodes',
      [setPool('gpu'), registerNode(1, { nodePool: 'gpu' }), deletedPool('gpu')],
      /has nodes/,
    ],
    [
      'a pool with jobs',
      [setPool('gpu'), job('web', { nodePool: 'gpu' }), deletedPool('gpu')],
      /has non-terminal jobs/,
    ],
  ];
  for (const [name, entries, expected] of rows) {
    const world = new World();
    const outcome = entries.map((entry) => world.do(entry).outcome).at(-1);
    if (expected === undefined) assert.equal(outcome?.ok, true, name);
    else assert.match(outcome?.ok === false ? outcome.message : '', expected, name);
  }
});

test('T1: the same again changes nothing', () => {
  const world = new World();
  world.do(setTeam('a'));
  const { outcome } = world.do(setTeam('a'));
  assert.ok(outcome.ok && !outcome.changed);
  world.do(setTeam('b'));
  const row = world.state.namespace(TEAM);
  assert.deepEqual([row?.description, row?.createIndex, row?.modifyIndex], ['b', 1, 3]);
  world.do(setPool('gpu'));
  assert.ok(!(world.do(setPool('gpu')).outcome as { changed?: boolean }).changed);
});

test('what is always there is listed with what was described', () => {
  const world = new World();
  world.do(setTeam());
  world.do(setPool('gpu'));
  world.do(registerNode(1, { nodePool: 'edge' }));
  world.do(job('web', { nodePool: 'gpu' }));
  const names = (rows: readonly { readonly name: string }[]): string =>
    rows.map(({ name }) => name).join(' ');
  const { state } = world;
  assert.equal(names(readNamespaces('')(state).value), 'default team');
  assert.equal(names(readNamespaces('t')(state).value), 'team');
  assert.equal(names(readNodePools('')(state).value), 'all default edge gpu');
  assert.equal(readNamespace(DEFAULT_NAMESPACE)(state).value?.createIndex, 1);
  assert.equal(readNodePool('edge')(state).value?.name, 'edge');
  assert.equal(readPoolNodes('all')(state).value.length, 1);
  assert.equal(readPoolNodes('gpu')(state).value.length, 0);
  assert.equal(readPoolJobs('gpu', undefined)(state).value.length, 1);
  assert.equal(namespaceOf(state, 'none' as Namespace), undefined);
  assert.deepEqual(
    ['all', 'gpu', 'edge', 'none'].map((name) => isPool(state, name)),
    [true, true, true, false],
  );
  const again = restoreState(state.index, allRows(state));
  assert.equal(again.hash, state.hash);
});
