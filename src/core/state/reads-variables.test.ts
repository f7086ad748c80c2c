import assert from 'node:assert/strict';
import { test } from 'node:test';
import { World } from '../../../test/state-world.ts';
import { DEFAULT_NAMESPACE } from '../model/ids.ts';
import { readVariable, readVariables } from './reads-variables.ts';
import { watch } from './watch.ts';

test('each read names what it looked at', () => {
  const { state } = new World();
  const one = readVariable(DEFAULT_NAMESPACE, 'a/b')(state);
  assert.deepEqual(one, { value: undefined, keys: [watch.variable(DEFAULT_NAMESPACE, 'a/b')] });
  const some = readVariables(DEFAULT_NAMESPACE, 'a/')(state);
  assert.deepEqual(some.keys, [watch.variablePrefix(DEFAULT_NAMESPACE, 'a/')]);
  assert.deepEqual(readVariables(undefined, 'a/')(state).keys, [watch.table('variables')]);
});
