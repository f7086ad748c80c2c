import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { LINK_DATA_BYTES_MAX, LINK_TEXT_MAX } from '../limits.ts';
import { fromWire, isFrame, toWire, type Frame } from './frame.ts';

const FRAMES: readonly Frame[] = [
  { kind: 'hello', body: { say: 'welcome' } },
  { kind: 'call', id: 1, method: 'node.pull', deadlineMs: 10, body: { a: 1 } },
  { kind: 'data', id: 3, body: 'piece' },
  { kind: 'end', id: 3 },
  { kind: 'reply', id: 3, body: undefined },
  { kind: 'error', id: 3, error: { fault: 'conflict', message: 'no', facts: { status: 409 } } },
  { kind: 'cancel', id: 3 },
  { kind: 'credit', id: 3, count: 8 },
  { kind: 'ping' },
  { kind: 'pong' },
];

test('FR1: what is written is read back', () => {
  for (const frame of FRAMES) assert.deepEqual(fromWire(toWire(frame), 10), frame);
});

const rows: readonly (readonly [string, unknown, number])[] = [
  ['no list', { kind: 'ping' }, 1],
  ['nothing', undefined, 1],
  ['no kind', [99, 1], 1],
  ['a kind that is no number', ['__proto__', 1], 1],
  ['no id', [1], 1],
  ['id 0', [3, 0], 1],
  ['a negative id', [3, -1], 1],
  ['a broken id', [3, 1.5], 1],
  ['a call of nothing', [1, 1, '', 0], 1],
  ['a call of much', [1, 1, 'm'.repeat(LINK_TEXT_MAX + 1), 0], 1],
  ['a deadline in the past', [1, 1, 'm', -5], 1],
  ['no credit', [7, 1, 0], 1],
  ['an error without words', [5, 1, 'conflict', 7], 1],
  ['a piece that is a mountain', [2, 1, 'x'], LINK_DATA_BYTES_MAX + 1],
];

for (const [what, wire, size] of rows) {
  test(`FR1: ${what} is a problem with words`, () => {
    const read = fromWire(wire, size);
    assert.ok(!isFrame(read) && read.problem !== '');
  });
}

test('FR1: no value at all makes it throw', () => {
  fc.assert(
    fc.property(fc.anything(), (value) => {
      const read = fromWire(value, 1);
      assert.ok(isFrame(read) || read.problem !== '');
    }),
  );
  fc.assert(
    fc.property(fc.tuple(fc.integer({ min: 0, max: 12 }), fc.anything()), ([kind, part]) => {
      fromWire([kind, part, part, part, part], 1);
      fromWire([kind, 1, part, part, part], 1);
    }),
  );
});

test('a fault of a later build is told as ours, and facts stay few and flat', () => {
  const facts = Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`f${i}`, i]));
  const read = fromWire([5, 1, 'quantum', 'no', { ...facts, deep: {} }], 1);
  assert.ok(isFrame(read) && read.kind === 'error');
  assert.equal(read.error.fault, 'internal');
  assert.equal(Object.keys(read.error.facts).length, 16);
});
