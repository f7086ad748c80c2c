import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Index, Millis } from '../../base/brand.ts';
import { EVAL_DELIVERIES_MAX, EVAL_LEASE_MS, EVAL_NACK_DELAYS_MS } from '../limits.ts';
import type { Evaluation } from '../model/evaluation.ts';
import type { EvalId } from '../model/ids.ts';
import { evalId, jobSpec } from '../../../test/state-world.ts';
import { newEvaluation } from '../state/new-evaluation.ts';
import { Broker } from './broker.ts';

const at = (ms: number): Millis => ms as Millis;

function evaluation(n: number, job: string, more: Partial<Evaluation> = {}): Evaluation {
  const base = newEvaluation(evalId(n), jobSpec(job), 'job-register', at(0));
  return { ...base, createIndex: n as Index, ...more };
}

/** Takes everything that is ready, acknowledging each. */
function drain(broker: Broker, now = at(0)): readonly EvalId[] {
  const ids: EvalId[] = [];
  for (let next = broker.dequeue(now); next !== undefined; next = broker.dequeue(now)) {
    ids.push(next.evaluation.id);
    broker.ack(next.evaluation.id, next.token);
  }
  return ids;
}

test('B2: priority first, then age', () => {
  const broker = new Broker();
  broker.enqueue(evaluation(3, 'c', { priority: 50 }), at(0));
  broker.enqueue(evaluation(1, 'a', { priority: 20 }), at(0));
  broker.enqueue(evaluation(2, 'b', { priority: 50 }), at(0));
  assert.deepEqual(drain(broker), [evalId(2), evalId(3), evalId(1)]);
});

test('B1, B4: one of a job at a time; of those behind it only the newest', () => {
  const broker = new Broker();
  for (const n of [1, 2, 3]) broker.enqueue(evaluation(n, 'a'), at(0));
  const first = broker.dequeue(at(0));
  assert.equal(first?.evaluation.id, evalId(1));
  assert.equal(broker.dequeue(at(0)), undefined);
  const rest = broker.ack(evalId(1), first.token);
  assert.deepEqual(
    rest.map(({ id }) => id),
    [evalId(2)],
  );
  assert.deepEqual(drain(broker), [evalId(3)]);
  assert.deepEqual(broker.stats().ready, 0);
});

test('B3: a lease that ran out is delivered again, and at last as exhausted', () => {
  const broker = new Broker();
  broker.enqueue(evaluation(1, 'a'), at(0));
  let now = 0;
  for (let i = 1; i <= EVAL_DELIVERIES_MAX; i++) {
    const delivery = broker.dequeue(at(now));
    assert.equal(delivery?.exhausted, false);
    now += EVAL_LEASE_MS;
    assert.equal(broker.dequeue(at(now)), undefined);
    assert.equal(broker.holds(evalId(1), delivery.token), false);
    now = broker.wakeAt() ?? 0;
  }
  const last = broker.dequeue(at(now));
  assert.equal(last?.exhausted, true);
  broker.ack(evalId(1), last.token);
  assert.equal(broker.wakeAt(), undefined);
});

test('B6: what is being written is neither given back nor taken back, nor decided twice', () => {
  const written = (isDone: boolean): readonly EvalId[] => {
    const broker = new Broker();
    broker.enqueue(evaluation(1, 'a'), at(0));
    broker.enqueue(evaluation(2, 'a'), at(0));
    const first = broker.dequeue(at(0));
    assert.ok(first !== undefined);
    const { token } = first;
    assert.equal(broker.submit(evalId(1), token), true);
    assert.equal(broker.submit(evalId(1), token), false);
    broker.nack(evalId(1), token, at(0));
    assert.equal(broker.wakeAt(), undefined);
    assert.deepEqual(drain(broker, at(2 * EVAL_LEASE_MS)), []);
    if (isDone) broker.ack(evalId(1), token);
    broker.settle(evalId(1), token, at(0));
    assert.equal(broker.holds(evalId(1), token), false);
    return [...drain(broker), ...drain(broker, at(EVAL_LEASE_MS))];
  };
  assert.deepEqual(written(true), [evalId(2)]);
  assert.deepEqual(written(false), [evalId(2), evalId(1)]);
});

test('a refused one waits, and lets others of its job go first', () => {
  const broker = new Broker();
  broker.enqueue(evaluation(1, 'a'), at(0));
  broker.enqueue(evaluation(2, 'a'), at(0));
  const first = broker.dequeue(at(0));
  assert.ok(first !== undefined);
  broker.nack(first.evaluation.id, first.token, at(0));
  assert.deepEqual(drain(broker), [evalId(2)]);
  assert.deepEqual(drain(broker, at(EVAL_NACK_DELAYS_MS[0] ?? 0)), [evalId(1)]);
});

test('B5: nothing before its time', () => {
  const broker = new Broker();
  broker.enqueue(evaluation(1, 'a', { waitUntil: at(500) }), at(0));
  assert.deepEqual(drain(broker, at(499)), []);
  assert.equal(broker.wakeAt(), 500);
  assert.deepEqual(broker.stats().waiting, 1);
  assert.deepEqual(drain(broker, at(500)), [evalId(1)]);
});

test('what came anew while it was with a worker is decided once more', () => {
  const broker = new Broker();
  broker.enqueue(evaluation(1, 'a'), at(0));
  const first = broker.dequeue(at(0));
  assert.ok(first !== undefined);
  broker.enqueue(evaluation(1, 'a'), at(0));
  broker.ack(evalId(1), first.token);
  assert.deepEqual(drain(broker), [evalId(1)]);
});

test('what was decided otherwise is forgotten, and the next comes forward', () => {
  const broker = new Broker();
  broker.enqueue(evaluation(1, 'a'), at(0));
  broker.enqueue(evaluation(2, 'a'), at(0));
  broker.forget(evalId(1));
  assert.deepEqual(drain(broker), [evalId(2)]);
  assert.equal(broker.ack(evalId(2), 99).length, 0);
});

test('B1, B4: whatever happens, the newest of each job is decided, and no job twice at once', () => {
  const step = fc.record({
    verb: fc.constantFrom('enqueue', 'enqueue', 'dequeue', 'ack', 'nack', 'wait'),
    job: fc.nat(3),
  });
  fc.assert(
    fc.property(fc.array(step, { size: 'max', maxLength: 80 }), (steps) => {
      const broker = new Broker();
      const newest = new Map<string, number>();
      const held: { job: string; id: EvalId; n: number; token: number }[] = [];
      const decided = new Map<string, number>();
      let now = 0;
      const settle = (each: (typeof held)[number]): void => {
        const isHeld = broker.holds(each.id, each.token);
        broker.ack(each.id, each.token);
        if (isHeld) decided.set(each.job, Math.max(each.n, decided.get(each.job) ?? 0));
      };
      const take = (): boolean => {
        const next = broker.dequeue(at(now));
        if (next === undefined) return false;
        const { id, jobId, createIndex: n } = next.evaluation;
        const rivals = held.filter(
          (each) => each.job === jobId && broker.holds(each.id, each.token),
        );
        assert.deepEqual(rivals, []);
        held.push({ job: jobId, id, n, token: next.token });
        return true;
      };
      for (const [i, { verb, job }] of steps.entries()) {
        if (verb === 'enqueue') {
          broker.enqueue(evaluation(i + 1, `j${job}`), at(now));
          newest.set(`j${job}`, i + 1);
        } else if (verb === 'dequeue') take();
        else if (verb === 'wait') now += 10_000;
        else {
          const each = held.shift();
          if (each !== undefined && verb === 'ack') settle(each);
          else if (each !== undefined) broker.nack(each.id, each.token, at(now));
        }
      }
      // In the end everything that is still wanted comes out.
      for (let i = 0; i < 500; i++) {
        for (const each of held.splice(0)) settle(each);
        if (!take()) now += 30_000;
      }
      assert.deepEqual(decided, newest);
    }),
  );
});
