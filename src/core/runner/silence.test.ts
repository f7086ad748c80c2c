import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Millis } from '../../base/brand.ts';
import { awayMs, FIND_SERVERS_MS, Silence } from './silence.ts';

test('SI2: silence begins when an answer was expected', () => {
  const silence = new Silence(0, undefined);
  silence.heard(1_000, 5_000);
  assert.deepEqual(
    [1_000, 6_000, 9_000].map((at) => silence.lengthMs(at)),
    [0, 0, 3_000],
  );
  silence.heard(9_000, 1_000);
  assert.equal(silence.lengthMs(11_000), 1_000);
});

test('SI3: a client that begins looks for servers first, then all of the silence counts', () => {
  const silence = new Silence(500, 60_000);
  assert.equal(silence.lengthMs(500 + FIND_SERVERS_MS - 1), 0);
  assert.equal(silence.lengthMs(500 + FIND_SERVERS_MS), 60_000 + FIND_SERVERS_MS);
  silence.heard(500 + FIND_SERVERS_MS, 1_000);
  assert.equal(silence.lengthMs(500 + FIND_SERVERS_MS), 0);
});

test('SI1: a wall clock that was set back makes no silence', () => {
  assert.equal(awayMs(undefined, 5 as Millis), undefined);
  assert.equal(awayMs(2_000 as Millis, 5_000 as Millis), 3_000);
  assert.equal(awayMs(5_000 as Millis, 2_000 as Millis), 0);
});
