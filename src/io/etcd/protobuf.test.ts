import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Failure } from '../../base/failure.ts';
import { Writer, readFields } from './protobuf.ts';

test('P1: what is written is read back', () => {
  const id = fc.bigInt({ min: 1n, max: 2n ** 64n - 1n });
  const whole = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });
  const property = fc.property(
    id,
    whole,
    fc.string({ unit: 'grapheme', minLength: 1 }),
    (big, n, s) => {
      const inner = new Writer().text(1, s).finish();
      const bytes = new Writer()
        .big(1, big)
        .number(2, n)
        .message(200, inner)
        .flag(4, true)
        .finish();
      const seen: unknown[] = [];
      readFields(bytes, (tag, value) => {
        if (tag === 1) seen.push(value.big);
        if (tag === 2) seen.push(value.number);
        if (tag === 4) seen.push(value.flag);
        if (tag === 200) readFields(value.bytes, (_, text) => seen.push(text.text));
      });
      assert.deepEqual(seen, [big, n, s, true]);
    },
  );
  fc.assert(property);
});

test('P1: zero values take no room, an empty message does', () => {
  assert.equal(new Writer().number(1, 0).text(2, '').flag(3, false).finish().length, 0);
  assert.deepEqual([...new Writer().message(1, new Uint8Array(0)).finish()], [0x0a, 0]);
});

test('a known message has the bytes that protobuf gives it', () => {
  assert.deepEqual(
    [...new Writer().number(1, 150).text(2, 'testing').finish()],
    [...[0x08, 0x96, 0x01], ...[0x12, 0x07, 0x74, 0x65, 0x73, 0x74, 0x69, 0x6e, 0x67]],
  );
});

test('P2: fields of fixed size are skipped', () => {
  const tags: number[] = [];
  const bytes = Uint8Array.from([0x09, 1, 2, 3, 4, 5, 6, 7, 8, 0x15, 1, 2, 3, 4, 0x18, 1]);
  readFields(bytes, (tag) => tags.push(tag));
  assert.deepEqual(tags, [3]);
});

test('P3: any bytes are read or refused', () => {
  const property = fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
    try {
      readFields(bytes, () => undefined);
    } catch (error) {
      assert.ok(error instanceof Failure && error.fault === 'internal');
    }
  });
  fc.assert(property);
});
