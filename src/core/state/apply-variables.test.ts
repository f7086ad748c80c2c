import assert from 'node:assert/strict';
import { test } from 'node:test';
import { T0, World } from '../../../test/state-world.ts';
import type { Index, Millis } from '../../base/brand.ts';
import { DEFAULT_NAMESPACE, type Namespace } from '../model/ids.ts';
import type { Entry } from './entry.ts';
import { allRows, restoreState } from './persist.ts';
import { readVariable, readVariables } from './reads-variables.ts';
import { watch } from './watch.ts';

const OTHER = 'other' as Namespace;

function set(path: string, items: Record<string, string>, ifModifyIndex?: number): Entry {
  const variable = { namespace: DEFAULT_NAMESPACE, path, items };
  const condition = ifModifyIndex === undefined ? {} : { ifModifyIndex: ifModifyIndex as Index };
  return { type: 'variable.set', at: T0, variable, ...condition };
}

function remove(path: string, ifModifyIndex?: number): Entry {
  const condition = ifModifyIndex === undefined ? {} : { ifModifyIndex: ifModifyIndex as Index };
  return { type: 'variable.delete', at: T0, namespace: DEFAULT_NAMESPACE, path, ...condition };
}

test('a condition holds, or nothing changes', () => {
  const rows: readonly (readonly [string, readonly Entry[], boolean])[] = [
    ['new where it must be new', [set('a', { k: '1' }, 0)], true],
    ['there already', [set('a', { k: '1' }), set('a', { k: '2' }, 0)], false],
    ['as it was', [set('a', { k: '1' }), set('a', { k: '2' }, 1)], true],
    ['another since', [set('a', { k: '1' }), set('a', { k: '2' }), set('a', { k: '3' }, 1)], false],
    ['absent, with an index', [set('a', { k: '1' }, 7)], false],
    ['deleted as it was', [set('a', { k: '1' }), remove('a', 1)], true],
    ['deleted another since', [set('a', { k: '1' }), remove('a', 9)], false],
    ['deleted where it is not', [remove('a')], true],
    ['deleted where it is not, as it was', [remove('a', 3)], false],
  ];
  for (const [name, entries, expected] of rows) {
    const world = new World();
    const outcomes = entries.map((entry) => world.do(entry).outcome);
    assert.equal(outcomes.at(-1)?.ok, expected, name);
  }
});

test('V1: the same again changes nothing', () => {
  const world = new World();
  world.do(set('a', { k: '1' }));
  const before = world.state.variable(DEFAULT_NAMESPACE, 'a');
  const { outcome } = world.do({ ...set('a', { k: '1' }), at: (T0 + 5) as Millis });
  assert.ok(outcome.ok && !outcome.changed);
  assert.equal(world.state.variable(DEFAULT_NAMESPACE, 'a'), before);
  world.do({ ...set('a', { k: '2' }), at: (T0 + 9) as Millis });
  const after = world.state.variable(DEFAULT_NAMESPACE, 'a');
  assert.deepEqual([after?.createIndex, after?.modifyIndex], [1, 3]);
  assert.deepEqual([after?.createdAt, after?.modifiedAt], [T0, T0 + 9]);
});

test('lists are of a namespace and a prefix, and wake for what is under it', () => {
  const world = new World();
  for (const path of ['app/a', 'app/b', 'apple', 'z']) world.do(set(path, { k: '1' }));
  const variable = { namespace: OTHER, path: 'app/x', items: { k: '1' } };
  world.do({ type: 'variable.set', at: T0, variable });
  const paths = (namespace: Namespace | undefined, prefix: string): string =>
    readVariables(
      namespace,
      prefix,
    )(world.state)
      .value.map(({ path }) => path)
      .join(' ');
  assert.equal(paths(DEFAULT_NAMESPACE, ''), 'app/a app/b apple z');
  assert.equal(paths(DEFAULT_NAMESPACE, 'app/'), 'app/a app/b');
  assert.equal(paths(OTHER, ''), 'app/x');
  assert.equal(paths(undefined, 'app/'), 'app/a app/b app/x');
  assert.equal(paths(undefined, 'none'), '');
  assert.equal(readVariable(OTHER, 'app/a')(world.state).value, undefined);
  const key = watch.variablePrefix(DEFAULT_NAMESPACE, 'app/');
  const before = world.state.indexOf(key);
  world.do(set('z', { k: '2' }));
  assert.equal(world.state.indexOf(key), before);
  world.do(remove('app/a'));
  assert.ok(world.state.indexOf(key) > before);
});

test('variables go through a checkpoint', () => {
  const world = new World();
  world.do(set('a', { k: 'ä\n' }));
  world.do(remove('b'));
  const again = restoreState(world.state.index, allRows(world.state));
  assert.equal(again.hash, world.state.hash);
  assert.deepEqual(again.variable(DEFAULT_NAMESPACE, 'a')?.items, { k: 'ä\n' });
});
