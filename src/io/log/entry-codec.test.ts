import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Failure } from '../../base/failure.ts';
import { entryCodec } from './entry-codec.ts';

/** Plain data, made of what entries are made of. */
const data = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.string({ unit: 'binary' }),
    fc.integer(),
    fc.maxSafeInteger(),
    fc.double({ noNaN: true }).map((n) => (n === 0 ? 0 : n)),
    fc.boolean(),
    fc.constant(undefined),
    fc.constant(null),
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }),
    fc.array(tie('value'), { maxLength: 6 }),
    fc.dictionary(fc.string(), tie('value'), { maxKeys: 6, noNullPrototype: true }),
  ),
})).value;

test('decode is the inverse of encode, and needs no other append to be decoded', () => {
  const writer = entryCodec<unknown>();
  fc.assert(
    fc.property(fc.array(data, { minLength: 1, maxLength: 5 }), (entries) => {
      let bytes: Uint8Array;
      try {
        bytes = Buffer.from(writer.encode(entries));
      } catch (error) {
        // The one refusal, and only for cause.
        assert.ok(error instanceof Failure && error.fault === 'invalid');
        assert.match(
          JSON.stringify(entries, (_, v: unknown) => (typeof v === 'bigint' ? 0 : v)),
          /__proto__/,
        );
        return;
      }
      assert.deepEqual(entryCodec<unknown>().decode(bytes), entries);
      assert.deepEqual(writer.decode(bytes), entries);
    }),
    { numRuns: 1000 },
  );
});

test('a field that decoding would rename is refused; text about it is not', () => {
  const codec = entryCodec<unknown>();
  const bad: unknown = JSON.parse('{"a":[{"__proto__":1}]}');
  assert.throws(
    () => codec.encode([bad]),
    (e) => e instanceof Failure && e.fault === 'invalid',
  );
  assert.throws(() => codec.encode([new Map([['m', bad]])]), Failure);
  const good = [{ value: 'about __proto__', list: ['__proto__'], bytes: Buffer.from('__proto__') }];
  assert.equal(JSON.stringify(codec.decode(codec.encode(good))), JSON.stringify(good));
});

test('bytes that no encode made are refused', () => {
  const codec = entryCodec<unknown>();
  for (const bytes of [[], [0xc1], [1], [0xdc, 0xff, 0xff, 1]]) {
    assert.throws(() => codec.decode(Uint8Array.from(bytes)));
  }
});
