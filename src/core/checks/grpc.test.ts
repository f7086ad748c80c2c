import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeHealthReply, encodeHealthRequest } from './grpc.ts';

test('a request names its service', () => {
  assert.deepEqual([...encodeHealthRequest('')], [0, 0, 0, 0, 0]);
  assert.deepEqual([...encodeHealthRequest('ab')], [0, 0, 0, 0, 4, 0x0a, 2, 97, 98]);
  const long = encodeHealthRequest('x'.repeat(200));
  assert.deepEqual([...long.subarray(4, 8)], [203, 0x0a, 0xc8, 1]);
});

test('an answer says whether it serves', () => {
  const rows: readonly (readonly [readonly number[], string | undefined])[] = [
    [[0, 0, 0, 0, 2, 8, 1], 'SERVING'],
    [[0, 0, 0, 0, 2, 8, 2], 'NOT_SERVING'],
    [[0, 0, 0, 0, 0], 'UNKNOWN'],
    [[0, 0, 0, 0, 2, 8, 99], undefined],
    [[1, 0, 0, 0, 2, 8, 1], undefined],
    [[0, 0, 0, 0, 9, 8, 1], undefined],
    [[0, 0], undefined],
    [[], undefined],
  ];
  for (const [bytes, expected] of rows) {
    assert.equal(decodeHealthReply(Uint8Array.from(bytes)), expected, bytes.join(' '));
  }
});
