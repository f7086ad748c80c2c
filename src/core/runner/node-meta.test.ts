import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NODE_META_BYTES_MAX } from '../limits.ts';
import {
  changedMeta,
  isMetaTooLarge,
  mergedMeta,
  metaProblem,
  NO_DYNAMIC_META,
  type DynamicMeta,
} from './node-meta.ts';

const CONFIGURED = { rack: 'r1', owner: 'ops' };

test('changes are laid over the configuration, and over each other', () => {
  const rows: readonly (readonly [
    why: string,
    changes: readonly DynamicMeta[],
    merged: Readonly<Record<string, string>>,
    unset: readonly string[],
  ])[] = [
    ['nothing', [], CONFIGURED, []],
    ['a new key', [{ set: { ready: '1' }, unset: [] }], { ...CONFIGURED, ready: '1' }, []],
    ['another value', [{ set: { rack: 'r2' }, unset: [] }], { rack: 'r2', owner: 'ops' }, []],
    ['an empty value', [{ set: { rack: '' }, unset: [] }], { rack: '', owner: 'ops' }, []],
    ['a key taken away', [{ set: {}, unset: ['rack'] }], { owner: 'ops' }, ['rack']],
    [
      'back again',
      [
        { set: {}, unset: ['rack'] },
        { set: { rack: 'r3' }, unset: [] },
      ],
      { rack: 'r3', owner: 'ops' },
      [],
    ],
    [
      'a key of our own, forgotten',
      [
        { set: { ready: '1' }, unset: [] },
        { set: {}, unset: ['ready'] },
      ],
      CONFIGURED,
      [],
    ],
    [
      'an own value of a configured key, taken away',
      [
        { set: { rack: 'r2' }, unset: [] },
        { set: {}, unset: ['rack'] },
      ],
      { owner: 'ops' },
      ['rack'],
    ],
  ];
  for (const [why, changes, merged, unset] of rows) {
    const end = changes.reduce((now, one) => changedMeta(now, one, CONFIGURED), NO_DYNAMIC_META);
    assert.deepEqual(mergedMeta(CONFIGURED, end), merged, why);
    assert.deepEqual(end.unset, unset, why);
  }
});

test('names that every object knows are names as others', () => {
  const change = { set: { toString: 'x' }, unset: ['constructor'] };
  assert.deepEqual(changedMeta(NO_DYNAMIC_META, change, CONFIGURED).unset, []);
  const named = JSON.parse('{"toString": "a", "constructor": "b"}') as Record<string, string>;
  const taken = changedMeta(NO_DYNAMIC_META, { set: {}, unset: ['toString'] }, named);
  assert.deepEqual(taken.unset, ['toString']);
});

test('what is no key is refused', () => {
  const rows: readonly (readonly [DynamicMeta, RegExp | undefined])[] = [
    [{ set: { a: '', 'a.b-c_1': 'x' }, unset: ['d'] }, undefined],
    [NO_DYNAMIC_META, /missing required Meta/],
    [{ set: { '': 'x' }, unset: [] }, /metadata key ""/],
    [{ set: { 'a b': 'x' }, unset: [] }, /metadata key "a b"/],
    [{ set: { 'a..b': 'x' }, unset: [] }, /metadata key "a..b"/],
    [{ set: {}, unset: ['1a'] }, /metadata key "1a"/],
  ];
  for (const [change, expected] of rows) {
    const problem = metaProblem(change);
    if (expected === undefined) assert.equal(problem, undefined);
    else assert.match(problem ?? '', expected);
  }
});

test('there is an end to how much it may be', () => {
  const of = (length: number): DynamicMeta => ({ set: { a: 'x'.repeat(length) }, unset: [] });
  assert.equal(isMetaTooLarge(of(100)), false);
  assert.equal(isMetaTooLarge(of(NODE_META_BYTES_MAX)), true);
});
