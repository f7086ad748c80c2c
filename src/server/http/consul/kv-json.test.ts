import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { KV_PAIR } from '../../../api/consul/kv-codec.ts';
import { writeJson } from '../../../base/json.ts';
import type { KvPair } from '../../../core/model/kv.ts';
import { pairsJson } from './kv-json.ts';

const pairs = fc.array(
  fc.record(
    {
      key: fc.string({ unit: 'binary' }),
      value: fc.base64String(),
      flags: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map(String),
      session: fc.uuid(),
      expiresAt: fc.nat(),
      lockIndex: fc.nat(),
      createIndex: fc.nat(),
      modifyIndex: fc.nat(),
    },
    { requiredKeys: ['key', 'value', 'flags', 'lockIndex', 'createIndex', 'modifyIndex'] },
  ),
) as unknown as fc.Arbitrary<readonly KvPair[]>;

test('what is written straight is what the codec writes', () => {
  fc.assert(
    fc.property(pairs, (some) => {
      const slow = some.map((pair) => writeJson(KV_PAIR.encode(pair, 'full')));
      assert.equal(pairsJson(some), `[${slow.join(',')}]`);
    }),
  );
});
