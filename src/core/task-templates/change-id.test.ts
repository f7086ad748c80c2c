import assert from 'node:assert/strict';
import { test } from 'node:test';
import { changeIdOf } from './change-id.ts';

test('what was read alike has one name, in whatever order it came', () => {
  const a = new Map<string, unknown>([
    ['kv.get(a)', { value: '1', flags: 5n }],
    ['kv.get(b)', undefined],
  ]);
  const b = new Map([...a].reverse());
  assert.equal(changeIdOf(a), changeIdOf(b));
  assert.match(changeIdOf(a), /^[0-9a-f]{16}$/);
  b.set('kv.get(a)', { value: '2', flags: 5n });
  assert.notEqual(changeIdOf(a), changeIdOf(b));
});
