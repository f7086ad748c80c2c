import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Index } from '../base/brand.ts';
import type { AllocId } from '../core/model/ids.ts';
import { NO_METRICS } from '../core/model/metrics.ts';
import { decodeFrame, encodeFrame } from '../io/link/frame-codec.ts';
import type { Assignment, PullReply } from '../ports/server-link.ts';
import {
  World,
  allocId,
  applyPlan,
  jobSpec,
  nodeId,
  placement,
  plan,
  register,
  registerNode,
} from '../../test/state-world.ts';
import { LeanReplies, readPullReply, type LeanReply } from './lean-pull.ts';

/** What arrives of a reply at the other end. */
function sent<Reply extends PullReply | LeanReply>(body: Reply): Reply {
  const frame = decodeFrame(encodeFrame({ kind: 'reply', id: 1, body }));
  assert.ok('kind' in frame && frame.kind === 'reply');
  return frame.body as Reply;
}

/** Two allocations of one job, and one of another. */
function assignments(): readonly Assignment[] {
  const world = new World();
  world.do(registerNode(1), register(jobSpec('web'), 1), register(jobSpec('api'), 2));
  const on = (n: number) => placement(n, nodeId(1));
  world.do(applyPlan(plan('web', { placements: [on(1), on(2)] })));
  world.do(applyPlan(plan('api', { placements: [on(3)] })));
  return [1, 3, 2].map((n) => {
    const alloc = world.state.alloc(allocId(n));
    assert.ok(alloc !== undefined);
    const job = world.state.jobVersion(alloc.namespace, alloc.jobId, alloc.jobVersion);
    assert.ok(job !== undefined);
    return { alloc, job };
  });
}

const reply: PullReply = {
  index: 7 as Index,
  allocs: assignments(),
  removed: ['gone' as AllocId],
  count: 3,
};

test('what arrives is what was answered, but for why it was placed there', () => {
  const told = {
    ...reply,
    allocs: reply.allocs.map((one) => ({ ...one, alloc: { ...one.alloc, metrics: NO_METRICS } })),
  };
  const replies = new LeanReplies();
  const lean = replies.of(reply);
  assert.equal(lean.jobs.length, 2, 'each job once');
  assert.deepEqual(readPullReply(sent(lean)), told);
  assert.equal(replies.of(reply).jobs[0], lean.jobs[0]);
  const none: PullReply = { index: 8 as Index, allocs: [], kept: [] };
  assert.deepEqual(readPullReply(sent(replies.of(none))), none);
});

test('LP1: a server of another build answers as ever', () => {
  assert.deepEqual(readPullReply(sent(reply)), reply);
});
