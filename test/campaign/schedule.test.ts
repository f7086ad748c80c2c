import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CLIENT_FAULTS, roundOf, SERVER_FAULTS, tellFault, type Round } from './schedule.ts';

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

test('S1: the work of a round is given by its seed, too, whatever faults may come', () => {
  const rounds = Array.from({ length: 300 }, (_, number) => roundOf('all', number));
  const rollouts = rounds.flatMap(({ rollout }) => rollout ?? []);
  assert.ok(rollouts.length > 100 && rollouts.length < 250);
  for (const { count, maxParallel, canaries } of rollouts) {
    assert.ok(count >= 3 && count <= 8 && maxParallel >= 1 && maxParallel <= 3 && canaries <= 2);
  }
  assert.ok(rollouts.some(({ isBad, canaries }) => isBad && canaries > 0));
  assert.ok(rollouts.some(({ isBad, canaries }) => isBad && canaries === 0));
  assert.ok(rounds.every(({ batch }) => batch === 0 || (batch >= 5 && batch <= 40)));
  assert.ok(rounds.some(({ batch }) => batch > 0) && rounds.some(({ isPeriodic }) => isPeriodic));
  const { rollout, batch, isPeriodic } = roundOf('all', 5, ['kill']);
  assert.deepEqual({ rollout, batch, isPeriodic }, pick(roundOf('all', 5)));
});

test('what has a degree is told with it', () => {
  const fault = { place: 0, afterMs: 0, forMs: 2_000, degree: 0.5 };
  for (const kind of ['full disk', 'full disks', 'slow disk', 'clock', 'clock client'] as const) {
    assert.equal(tellFault({ kind, ...fault }), `${kind} 0 by 0.50 for 2.0 s`);
  }
  for (const kind of ['full store', 'drain client', 'close client'] as const) {
    assert.equal(tellFault({ kind, ...fault }), `${kind} 0 for 2.0 s`);
  }
});

function pick({ rollout, batch, isPeriodic }: Round): object {
  return { rollout, batch, isPeriodic };
}
