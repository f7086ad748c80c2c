import assert from 'node:assert/strict';
import { test } from 'node:test';
import { contested } from './holders.ts';
import { KV_MODEL } from './kv-model.ts';
import type { KvInput, KvObserved } from './kv-model.ts';
import { isLinearizable } from './linearizable.ts';

const op = (calledAt: number, returnedAt: number, input: KvInput): KvObserved => ({
  calledAt,
  returnedAt,
  input,
});
const put = (value: string): KvInput => ({ do: 'put', value });
const get = (saw?: string): KvInput => ({ do: 'get', saw });
const cas = (expected: string | undefined, value: string, ok: boolean): KvInput => ({
  do: 'cas',
  expected,
  value,
  ok,
});
const never = Infinity;

test('the judge tells histories that a single copy could have given from others', () => {
  const rows: readonly [what: string, history: readonly KvObserved[], verdict: boolean][] = [
    ['a read after a write', [op(1, 2, put('a')), op(3, 4, get('a'))], true],
    ['a stale read', [op(1, 2, put('a')), op(3, 4, put('b')), op(5, 6, get('a'))], false],
    ['a lost write', [op(1, 2, put('a')), op(3, 4, get())], false],
    ['a read beside a write', [op(1, 4, put('a')), op(2, 3, get())], true],
    ['back and forth', [op(1, 9, put('a')), op(2, 3, get('a')), op(4, 5, get())], false],
    ['unanswered, seen', [op(1, never, put('a')), op(2, 3, get('a'))], true],
    ['unanswered, not seen', [op(1, never, put('a')), op(2, 3, get())], true],
    ['unanswered, seen late', [op(1, never, put('a')), op(2, 3, get()), op(4, 5, get('a'))], true],
    ['out of nothing', [op(1, 2, get('a'))], false],
    [
      'two comparisons won',
      [op(1, 3, cas(undefined, 'a', true)), op(2, 4, cas(undefined, 'b', true))],
      false,
    ],
    [
      'one comparison won',
      [op(1, 3, cas(undefined, 'a', true)), op(2, 4, cas(undefined, 'b', false))],
      true,
    ],
    ['a comparison lost for nothing', [op(1, 2, cas(undefined, 'a', false))], false],
    [
      'an unanswered comparison',
      [op(1, never, cas(undefined, 'a', true)), op(2, 3, get('a'))],
      true,
    ],
    ['deleted', [op(1, 2, put('a')), op(3, 4, { do: 'delete' }), op(5, 6, get())], true],
  ];
  for (const [what, history, verdict] of rows) {
    assert.equal(isLinearizable(history, KV_MODEL), verdict, what);
  }
});

test('the judge of locks', () => {
  const first = { key: 'k', holder: 'a', token: 5, from: 10, to: 20 };
  const later = { key: 'k', holder: 'b', token: 7, from: 21, to: 30 };
  assert.deepEqual(contested([first, later]), []);
  assert.equal(contested([first, { ...later, from: 15 }]).length, 1);
  assert.equal(contested([first, { ...later, token: 4 }]).length, 1);
  assert.deepEqual(contested([first, { ...later, key: 'other', from: 12 }]), []);
});
