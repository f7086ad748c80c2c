import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Millis } from '../../base/brand.ts';
import { endedFrom } from './launch.ts';

for (const [status, exitCode, signal] of [
  [0x0000, 0, 0],
  [0x0100, 1, 0],
  [0xff00, 255, 0],
  [0x0009, 137, 9],
  [0x000f, 143, 15],
  // With a core dump.
  [0x008b, 139, 11],
] as const) {
  test(`a wait status of ${status} is exit code ${exitCode}, signal ${signal}`, () => {
    assert.deepEqual(endedFrom(status, 5 as Millis), { exitCode, signal, endedAt: 5 });
  });
}
