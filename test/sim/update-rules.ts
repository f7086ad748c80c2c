/**
 * The rules of rollout-invariants.ts on the single instance: whether it may be taken away for a newer
 * version now (U1, U2), and whether it may be a canary (U2, U4).
 */
import assert from 'node:assert/strict';
import { isTerminal, type Alloc } from '../../src/core/model/alloc.ts';
import { isActive, type Deployment } from '../../src/core/model/deployment.ts';
import type { Job } from '../../src/core/model/job.ts';
import type { Plan } from '../../src/core/model/plan.ts';
import type { TaskGroup } from '../../src/core/model/task-group.ts';
import { STOP_UPDATING } from '../../src/core/scheduler/descriptions.ts';
import type { State } from '../../src/core/state/state.ts';

/** What of a plan says whom it is for, and what it knew. */
export type Claim = Pick<Plan, 'namespace' | 'jobId' | 'jobVersion' | 'basedOn'>;

/** One group of a job under way to its newest version. */
interface Seat {
  readonly rollout: Deployment;
  readonly job: Job | undefined;
  readonly group: string;
  /** What the plan knew. */
  readonly basedOn: number;
}

/** U1, U2. A version without `max_parallel` has no rollout. */
export function checkUpdate(state: State, plan: Claim, alloc: Alloc): void {
  const { namespace, jobId, group } = alloc;
  const rollout = state.latestDeployment(namespace, jobId);
  if (rollout?.jobVersion !== plan.jobVersion || rollout.groups[group] === undefined) return;
  const job = state.jobVersion(namespace, jobId, rollout.jobVersion);
  const seat: Seat = { rollout, job, group, basedOn: plan.basedOn };
  const what = `${alloc.name} ${alloc.id.slice(0, 8)} goes for v${rollout.jobVersion}`;
  checkOpen(state, seat, { alloc, what });
  checkPace(state, seat, what);
}

/** U2. */
function checkOpen(
  state: State,
  { rollout, job, group }: Seat,
  { alloc, what }: { readonly alloc: Alloc; readonly what: string },
): void {
  assert.notEqual(rollout.status, 'paused', `U2: ${what}, whose rollout is paused`);
  assert.notEqual(rollout.status, 'failed', `U2: ${what}, whose rollout has failed`);
  const { desiredCanaries = 0, promoted = false } = rollout.groups[group] ?? {};
  if (desiredCanaries === 0 || promoted) return;
  const mayGo = job?.type === 'system' && isCanarysPlace(state, rollout, alloc);
  assert.ok(mayGo, `U2: ${what}, whose canaries are not promoted`);
}

/** U1. */
function checkPace(state: State, seat: Seat, what: string): void {
  const group = groupOf(seat.job, seat.group);
  const maxParallel = group?.update?.maxParallel ?? 0;
  if (group === undefined || maxParallel === 0) return;
  if (seat.job?.type === 'system') {
    const open = unprovenTakeovers(state, seat);
    assert.ok(open <= maxParallel, `U1: ${what}: ${open} of its like are not healthy yet`);
    return;
  }
  const short = group.count - goodOnes(state, seat);
  assert.ok(short <= maxParallel, `U1: ${what}: ${short} of ${group.count} short, ${maxParallel}`);
}

/** Instances of a group that are as they should be, or at least as good as before the rollout. */
function goodOnes(state: State, { rollout, group, basedOn }: Seat): number {
  const mine = [...state.allocsByJob(rollout.namespace, rollout.jobId)].filter((alloc) => {
    if (alloc.group !== group) return false;
    // What was told while the plan was made it cannot know.
    if (alloc.modifyIndex > basedOn && alloc.modifyIndex < state.index) return true;
    const isOld = alloc.deploymentId !== rollout.id;
    // One that failed, and waits to be tried again, was not taken away by the rollout.
    if (isOld && alloc.desiredStatus === 'run' && alloc.clientStatus === 'failed') return true;
    if (isTerminal(alloc)) return false;
    // What went on unchanged is as good as it was.
    const isInPlace = alloc.createIndex < rollout.createIndex;
    return isOld || isInPlace || alloc.deploymentStatus?.healthy === true;
  });
  return new Set(mine.map(({ name }) => name)).size;
}

/** On each node of a system job there is one instance: a canary takes its place. */
function isCanarysPlace(state: State, rollout: Deployment, { id }: Alloc): boolean {
  return [...state.allocsByDeployment(rollout.id)].some(
    (each) => each.previousAllocId === id && each.deploymentStatus?.canary === true,
  );
}

/** Of what took over from an older version, how much is not called healthy, where it is heard of. */
function unprovenTakeovers(state: State, { rollout, group, basedOn }: Seat): number {
  return [...state.allocsByDeployment(rollout.id)].filter((alloc) => {
    const isLate = alloc.modifyIndex > basedOn && alloc.modifyIndex < state.index;
    const isInPlace = alloc.createIndex < rollout.createIndex;
    if (alloc.group !== group || isLate || isInPlace || isTerminal(alloc)) return false;
    if (state.node(alloc.nodeId)?.status !== 'ready') return false;
    const { previousAllocId } = alloc;
    const previous = previousAllocId === undefined ? undefined : state.alloc(previousAllocId);
    const tookOver = previous?.desiredDescription === STOP_UPDATING;
    return tookOver && alloc.deploymentStatus?.healthy !== true;
  }).length;
}

/** U2, U4. */
export function checkCanary(state: State, alloc: Alloc): void {
  const { deploymentId, group } = alloc;
  if (deploymentId === undefined || alloc.deploymentStatus?.canary !== true) return;
  const rollout = state.deployment(deploymentId);
  const groupState = rollout?.groups[group];
  if (rollout === undefined || groupState === undefined) return;
  assert.ok(isActive(rollout), `U2: ${alloc.name} is a canary of what is ${rollout.status}`);
  const canaries = [...state.allocsByDeployment(deploymentId)].filter(
    (each) =>
      each.group === group &&
      each.deploymentStatus?.canary === true &&
      !isTerminal(each) &&
      each.clientStatus !== 'unknown' &&
      // On a node out of touch a canary of a system job does not count; elsewhere it is `unknown`.
      state.node(each.nodeId)?.status !== 'disconnected' &&
      each.nextAllocId === undefined,
  );
  const text = `U4: ${canaries.length} canaries of ${groupState.desiredCanaries} of ${alloc.name}`;
  assert.ok(canaries.length <= groupState.desiredCanaries, text);
}

export function groupOf(job: Job | undefined, name: string): TaskGroup | undefined {
  return job?.groups.find((group) => group.name === name);
}
