import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KEEPER_PROTOCOL, KEEPER_PROTOCOL_MIN, speaks } from './protocol.ts';

for (const [protocol, expected] of [
  [KEEPER_PROTOCOL, true],
  [KEEPER_PROTOCOL_MIN, true],
  [KEEPER_PROTOCOL_MIN - 1, false],
  // A newer keeper understands the build before it, which this one is.
  [KEEPER_PROTOCOL + 1, true],
  [KEEPER_PROTOCOL + 2, false],
  [NaN, false],
] as const) {
  test(`P1: a keeper of protocol ${protocol} is ${expected ? 'spoken to' : 'left alone'}`, () => {
    assert.equal(speaks(protocol), expected);
  });
}
