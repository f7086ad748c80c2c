import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Index } from '../../base/brand.ts';
import { EVAL_FOLLOW_UP_MS } from '../limits.ts';
import { T0, evalId, jobSpec } from '../../../test/state-world.ts';
import { newEvaluation } from '../state/new-evaluation.ts';
import { afterDeliveries, afterRefusals, planAttemptsMax, superseded } from './outcome-of-eval.ts';

const service = newEvaluation(evalId(1), jobSpec('web'), 'job-register', T0);
const batch = newEvaluation(evalId(1), jobSpec('web', { type: 'batch' }), 'job-register', T0);

test('too many refusals: failed, and blocked until there is room', () => {
  assert.deepEqual([planAttemptsMax(service), planAttemptsMax(batch)], [5, 2]);
  const [failed, blocked] = afterRefusals(batch, evalId(2), 9 as Index);
  assert.equal(failed.statusDescription, 'maximum attempts reached (2)');
  assert.deepEqual([failed.status, failed.blockedEval], ['failed', evalId(2)]);
  assert.deepEqual(
    [blocked.id, blocked.status, blocked.triggeredBy, blocked.previousEval],
    [evalId(2), 'blocked', 'max-plan-attempts', evalId(1)],
  );
});

test('too many deliveries: failed, and tried again later', () => {
  const [failed, next] = afterDeliveries(service, evalId(2), T0, 3);
  assert.equal(failed.statusDescription, 'evaluation reached delivery limit (3)');
  assert.deepEqual([failed.status, failed.nextEval], ['failed', evalId(2)]);
  assert.equal(next.waitUntil, T0 + EVAL_FOLLOW_UP_MS);
  assert.equal(next.triggeredBy, 'failed-follow-up');
});

test('superseded: canceled', () => {
  assert.equal(superseded(service).status, 'canceled');
});
