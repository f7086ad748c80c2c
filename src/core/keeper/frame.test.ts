import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { KEEPER_FRAME_MAX } from '../limits.ts';
import { frame, NOTHING_PENDING, unframe } from './frame.ts';

test('F1: what was framed comes out again however the bytes were cut', () => {
  fc.assert(
    fc.property(
      fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 6 }),
      fc.array(fc.integer({ min: 1, max: 17 }), { minLength: 1, maxLength: 50 }),
      (bodies, cuts) => {
        const stream = Buffer.concat(bodies.map((body) => frame(body) ?? assert.fail()));
        const got: Buffer[] = [];
        let rest = NOTHING_PENDING;
        for (let at = 0, i = 0; at < stream.length; i++) {
          const length = cuts[i % cuts.length] ?? 1;
          const step = unframe(rest, stream.subarray(at, at + length));
          assert(step.ok);
          got.push(...step.bodies.map((body) => Buffer.from(body)));
          rest = step.rest;
          at += length;
        }
        assert.deepEqual(
          got,
          bodies.map((body) => Buffer.from(body)),
        );
        assert.equal(rest.pending.length, 0);
      },
    ),
  );
});

test('F2: a length beyond the bound is refused before anything is gathered', () => {
  assert.equal(frame(new Uint8Array(KEEPER_FRAME_MAX + 1)), undefined);
  assert.deepEqual(unframe(NOTHING_PENDING, new Uint8Array([255, 255, 255, 255])), {
    ok: false,
    tooLong: 0xffffffff,
  });
});
