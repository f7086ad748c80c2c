import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Millis } from '../../base/brand.ts';
import type { CheckDefinition, HealthStatus, Probe } from '../model/health-check.ts';
import { newCheck, stepCheck, wakeTime, type CheckInput, type CheckState } from './check.ts';

const TCP: Probe = {
  kind: 'tcp',
  address: 'a:1',
  useTls: false,
  tls: { serverName: '', skipVerify: false },
};

function definition(over: Partial<CheckDefinition> = {}): CheckDefinition {
  return {
    id: 'c',
    name: 'c',
    notes: '',
    serviceId: '',
    initialStatus: 'critical',
    probe: TCP,
    intervalMs: 10_000,
    timeoutMs: 1_000,
    successBeforePassing: 0,
    failuresBeforeWarning: 0,
    failuresBeforeCritical: 0,
    deregisterCriticalServiceAfterMs: 0,
    outputMaxBytes: 4_096,
    ...over,
  };
}

const at = (ms: number): Millis => ms as Millis;

function results(of: CheckDefinition, statuses: readonly HealthStatus[]): readonly HealthStatus[] {
  let state = newCheck(of, at(0), 0);
  return statuses.map((status) => {
    const input: CheckInput = { type: 'ran', verdict: { status, output: status } };
    state = stepCheck(state, input, of, at(0)).state;
    return state.status;
  });
}

const P = 'passing';
const W = 'warning';
const C = 'critical';

test('H1: the status follows after as many equal results as were asked for', () => {
  const rows: readonly (readonly [
    Partial<CheckDefinition>,
    readonly HealthStatus[],
    readonly HealthStatus[],
  ])[] = [
    [{}, [P, C, W, P], [P, C, W, P]],
    [{ failuresBeforeCritical: 2, failuresBeforeWarning: 2 }, [P, C, C], [P, P, C]],
    [{ failuresBeforeCritical: 3, failuresBeforeWarning: 2 }, [P, C, C, C], [P, P, W, C]],
    [{ failuresBeforeCritical: 2, failuresBeforeWarning: 2 }, [C], [C]],
    [{ successBeforePassing: 2 }, [P, C, P, P], [P, C, C, P]],
    [{ successBeforePassing: 2 }, [C, W, P], [C, C, P]],
    [{ failuresBeforeCritical: 2, failuresBeforeWarning: 2 }, [P, C, P, C], [P, P, P, P]],
  ];
  for (const [over, given, expected] of rows) {
    assert.deepEqual(results(definition(over), given), expected, JSON.stringify(over));
  }
});

test('H2: the first run lies in the interval, later ones an interval after the last', () => {
  const of = definition();
  const state = newCheck(of, at(100), 0.5);
  assert.equal(wakeTime(state), 5_100);
  assert.deepEqual(stepCheck(state, { type: 'tick' }, of, at(5_099)).effects, []);
  const begun = stepCheck(state, { type: 'tick' }, of, at(5_100));
  assert.deepEqual(begun.effects, [{ do: 'probe' }]);
  assert.equal(begun.wakeAt, undefined);
  assert.deepEqual(stepCheck(begun.state, { type: 'tick' }, of, at(60_000)).effects, []);
  const verdict = { status: P, output: 'ok' } as const;
  const ended = stepCheck(begun.state, { type: 'ran', verdict }, of, at(6_000));
  assert.equal(ended.wakeAt, 16_000);
  const broken = stepCheck(begun.state, { type: 'ran', verdict: undefined }, of, at(6_000));
  assert.deepEqual([broken.state.status, broken.state.known], [C, false]);
});

test('H3: a report holds for its time', () => {
  const of = definition({ probe: { kind: 'ttl', ttlMs: 1_000 } });
  const fresh = newCheck(of, at(0), 0);
  const never = stepCheck(fresh, { type: 'tick' }, of, at(1_000)).state;
  assert.deepEqual([never.status, never.output], [C, 'TTL expired']);
  const report: CheckInput = { type: 'reported', verdict: { status: P, output: 'fine' } };
  const fine = stepCheck(fresh, report, of, at(500));
  assert.deepEqual([fine.state.status, fine.wakeAt], [P, 1_500]);
  const again = stepCheck(fine.state, report, of, at(1_400));
  assert.equal(stepCheck(again.state, { type: 'tick' }, of, at(1_500)).state.status, P);
  const late = stepCheck(again.state, { type: 'tick' }, of, at(2_400)).state;
  assert.equal(late.output, 'TTL expired (last output before timeout follows): fine');
  assert.equal(wakeTime(late), undefined);
});

test('H4: a critical instance goes in time, and is asked for until it is gone', () => {
  const of = definition({
    serviceId: 'web',
    probe: { kind: 'ttl', ttlMs: 3_600_000 },
    deregisterCriticalServiceAfterMs: 60_000,
  });
  const critical = newCheck(of, at(0), 0);
  assert.equal(wakeTime(critical), 60_000);
  const reaped = stepCheck(critical, { type: 'tick' }, of, at(60_000));
  assert.deepEqual(reaped.effects, [{ do: 'deregister-service' }]);
  assert.equal(reaped.wakeAt, 90_000);
  const report = (status: HealthStatus): CheckInput => ({
    type: 'reported',
    verdict: { status, output: '' },
  });
  const well = stepCheck(critical, report(P), of, at(59_000)).state;
  assert.deepEqual(stepCheck(well, { type: 'tick' }, of, at(60_000)).effects, []);
  const ill = stepCheck(well, report(C), of, at(70_000)).state;
  const iller = stepCheck(ill, report(C), of, at(100_000)).state;
  assert.equal(iller.reapAt, 130_000);
});

test('a check registered again goes on from what it knew', () => {
  const state = newCheck(definition(), at(0), 0, { status: P, output: 'as before' });
  assert.deepEqual([state.status, state.output, state.known], [P, 'as before', true]);
});

test('H1: with thresholds the status changes no more often than without', () => {
  const changes = (list: readonly HealthStatus[]): number =>
    list.filter((each, i) => i > 0 && each !== list[i - 1]).length;
  const thresholds = fc.integer({ min: 0, max: 4 });
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom<HealthStatus>(P, C), { minLength: 1, maxLength: 40 }),
      thresholds,
      thresholds,
      (given, successBeforePassing, failures) => {
        const of = definition({
          successBeforePassing,
          failuresBeforeCritical: failures,
          failuresBeforeWarning: failures,
        });
        assert.ok(changes(results(of, given)) <= changes(given));
      },
    ),
  );
});

test('output is bounded', () => {
  const of = definition({ probe: { kind: 'ttl', ttlMs: 1_000 }, outputMaxBytes: 10 });
  const verdict = { status: P, output: 'x'.repeat(1_000) } as const;
  const state: CheckState = stepCheck(
    newCheck(of, at(0), 0),
    { type: 'reported', verdict },
    of,
    at(0),
  ).state;
  assert.equal(state.output, 'xxxxxxxxxx ... (captured 10 of 1000 bytes)');
});
