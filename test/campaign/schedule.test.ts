import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CLIENT_FAULTS, roundOf, SERVER_FAULTS, tellFault } from './schedule.ts';

test('S1: a seed and a number give one round, others give others', () => {
  assert.deepEqual(roundOf('7', 3), roundOf('7', 3));
  assert.notDeepEqual(roundOf('7', 3), roundOf('7', 4));
  assert.notDeepEqual(roundOf('7', 3), roundOf('8', 3));
});

test('S1: only kinds that may come do', () => {
  const rounds = Array.from({ length: 50 }, (_, number) => roundOf('7', number, ['clock', 'kill']));
  const kinds = rounds.flatMap(({ faults }) => faults.map(({ kind }) => kind));
  assert.deepEqual([...new Set(kinds)].sort(), ['clock', 'kill']);
});

test('every kind of fault has its turn, within its bounds', () => {
  const rounds = Array.from({ length: 300 }, (_, number) => roundOf('all', number));
  const faults = rounds.flatMap((round) => round.faults);
  const kinds = new Set<string>(faults.map(({ kind }) => kind));
  assert.deepEqual(
    [...SERVER_FAULTS, ...CLIENT_FAULTS].filter((kind) => !kinds.has(kind)),
    [],
  );
  assert.ok(rounds.every(({ faults, count }) => faults.length > 0 && count >= 3 && count <= 12));
  const most = (kind: string): number =>
    (SERVER_FAULTS as readonly string[]).includes(kind) ? 8_000 : 16_000;
  assert.ok(faults.every(({ kind, forMs }) => forMs >= 1_000 && forMs <= most(kind)));
  assert.ok(faults.every(({ place, afterMs }) => place < 3 && afterMs < 3_000));
  assert.equal(
    tellFault({ kind: 'lossy', place: 1, afterMs: 0, forMs: 1_500, degree: 0.25 }),
    'lossy 1 by 0.25 for 1.5 s',
  );
});
