/**
 * What must hold of rollouts, drains and evictions after every entry, whatever went wrong before it.
 * A second opinion on purpose: it reads rows, and asks neither the scheduler nor the controllers.
 *
 * U1: while a rollout takes away an instance of the old version, no more than `max_parallel` of its
 *     group are missing or not yet called healthy; of a system job, no more of those that took over.
 * U2: a rollout that is paused, over, or has canaries that are not promoted takes away nothing.
 * U3: canaries are promoted only while as many as were asked for live and are healthy.
 * U4: there are never more canaries than were asked for, and one rollout of a job at a time.
 * U5: a rollout succeeds only promoted, and with nothing of another version beside it.
 * U6: a rollout fails for its deadline only once that is past.
 * U7: a version goes back by itself only where it asked for that, and to a stable one; between two
 *     deeds of people never to what was tried already: a revert never loops.
 * U8: before its deadline, a drain leaves a group no more than `migrate.max_parallel` short; what is
 *     called unhealthy is no loss, as long as so many others are where they should be.
 * U9: evicted is only what is less important by ten.
 * U10: of a periodic job that prohibits overlap no launch by the clock begins beside another one.
 */
import assert from 'node:assert/strict';
import type { Millis } from '../../src/base/brand.ts';
import { isTerminal, type Alloc } from '../../src/core/model/alloc.ts';
import type { Deployment } from '../../src/core/model/deployment.ts';
import type { Job } from '../../src/core/model/job.ts';
import type { TaskGroup } from '../../src/core/model/task-group.ts';
import { STOP_UPDATING } from '../../src/core/scheduler/descriptions.ts';
import type { Change } from '../../src/core/state/change.ts';
import type { Entry, JobRevert } from '../../src/core/state/entry.ts';
import { specOf } from '../../src/core/state/job-spec.ts';
import type { State } from '../../src/core/state/state.ts';
import { checkCanary, checkUpdate, groupOf, type Claim } from './update-rules.ts';

/** One entry and what it did. */
export interface Step {
  readonly entry: Entry;
  readonly changes: readonly Change[];
  /** After it. */
  readonly state: State;
}

/** A version of a job, and who wanted it (U7). */
interface Turn {
  readonly index: number;
  readonly job: string;
  readonly spec: string;
  readonly automatic: boolean;
}

/** What was seen, by kind: a rule that never has to be kept says nothing. */
export type Seen = Partial<Record<string, number>>;

export class RolloutInvariants {
  readonly seen: Seen = {};
  readonly #turns: Turn[] = [];
  #newest = 0;

  check(step: Step): void {
    const { state } = step;
    this.#forget(state.index);
    checkStep(step);
    this.#checkTurns(step);
    if (state.index <= this.#newest) return;
    this.#newest = state.index;
    for (const kind of kindsOf(step)) this.seen[kind] = (this.seen[kind] ?? 0) + 1;
  }

  /** An entry that is applied again, or in the place of one that was lost in a crash. */
  #forget(index: number): void {
    while ((this.#turns.at(-1)?.index ?? 0) >= index) this.#turns.pop();
  }

  /** U7. */
  #checkTurns({ entry, changes, state }: Step): void {
    const revert = 'revert' in entry ? entry.revert : undefined;
    for (const change of changes) {
      if (change.table !== 'jobs' || change.after === undefined) continue;
      const { before, after } = change;
      if (before !== undefined && before.version === after.version) continue;
      const turn: Turn = {
        index: state.index,
        job: `${after.namespace}/${after.id}/${after.createIndex}`,
        spec: JSON.stringify(specOf(after)),
        automatic: revert !== undefined,
      };
      if (revert !== undefined) this.#checkRevert(turn, revert, { entry, changes, state });
      this.#turns.push(turn);
    }
  }

  #checkRevert(turn: Turn, revert: JobRevert, { entry, changes, state }: Step): void {
    const { namespace, jobId, version } = revert;
    const kept = state.jobVersion(namespace, jobId, version);
    const target = kept ?? forgotten(changes, revert);
    const what = `U7: ${jobId} goes back to v${version}`;
    assert.equal(target?.stable, true, `${what}, which never succeeded`);
    const rollout = 'deploymentId' in entry ? state.deployment(entry.deploymentId) : undefined;
    const groups = Object.values(rollout?.groups ?? {});
    assert.ok(
      groups.some(({ autoRevert }) => autoRevert),
      `${what}, and nobody asked for that`,
    );
    for (const before of this.#turns.filter(({ job }) => job === turn.job).reverse()) {
      assert.notEqual(before.spec, turn.spec, `${what}, as it was at ${before.index}: a loop`);
      if (!before.automatic) return;
    }
  }
}

function checkStep(step: Step): void {
  const { entry, changes, state } = step;
  for (const change of changes) {
    if (change.table === 'deployments') checkDeployment(step, change.before, change.after);
  }
  if (entry.type === 'plan.apply') {
    for (const alloc of updatedAmong(changes)) checkUpdate(state, entry.plan, alloc);
    for (const alloc of placedAmong(changes)) checkCanary(state, alloc);
    for (const alloc of evictedAmong(changes)) checkEviction(state, entry.plan, alloc);
  }
  if (entry.type === 'allocs.transition') checkMoves(step, entry.at);
  if (entry.type === 'periodic.launch' && !entry.forced && entry.child !== undefined) {
    checkOverlap(state, entry);
  }
}

/** The oldest version makes room for the newest one, also where that is its like. */
function forgotten(changes: readonly Change[], { jobId, version }: JobRevert): Job | undefined {
  for (const { table, before, after } of changes) {
    if (table !== 'jobVersions' || after !== undefined) continue;
    if (before?.id === jobId && before.version === version) return before;
  }
  return undefined;
}

type AllocChange = Extract<Change, { table: 'allocs' }>;

function allocChanges(changes: readonly Change[]): readonly AllocChange[] {
  return changes.filter((change): change is AllocChange => change.table === 'allocs');
}

/** What this entry took away because there is a newer version. */
function updatedAmong(changes: readonly Change[]): readonly Alloc[] {
  return allocChanges(changes).flatMap(({ before, after }) => {
    if (before === undefined || after === undefined || isTerminal(before)) return [];
    const goes = after.desiredStatus === 'stop' && after.desiredDescription === STOP_UPDATING;
    return goes ? [after] : [];
  });
}

function placedAmong(changes: readonly Change[]): readonly Alloc[] {
  return allocChanges(changes).flatMap(({ before, after }) =>
    before === undefined && after !== undefined ? [after] : [],
  );
}

function evictedAmong(changes: readonly Change[]): readonly Alloc[] {
  return allocChanges(changes).flatMap(({ before, after }) => {
    const goes = before?.desiredStatus === 'run' && after?.desiredStatus === 'evict';
    return goes ? [after] : [];
  });
}

function checkDeployment(
  { entry, state }: Step,
  before: Deployment | undefined,
  after: Deployment | undefined,
): void {
  if (after === undefined) return;
  for (const [name, group] of Object.entries(after.groups)) {
    const was = before?.groups[name]?.promoted === true;
    if (group.promoted && !was) checkPromotion(state, after, name);
  }
  if (before === undefined) checkAlone(state, after);
  if (before?.status === after.status) return;
  if (after.status === 'successful') checkSuccess(state, after);
  if (after.status === 'failed' && after.statusDescription.includes('progress deadline')) {
    checkDeadline(after, entry.at);
  }
}

/** U3. */
function checkPromotion(state: State, rollout: Deployment, name: string): void {
  const group = rollout.groups[name];
  const healthy = (group?.placedCanaries ?? []).filter((id) => {
    const alloc = state.alloc(id);
    return alloc?.deploymentStatus?.healthy === true && !isTerminal(alloc);
  });
  const text = `${healthy.length} of ${group?.desiredCanaries} canaries are healthy`;
  const isReady = healthy.length >= (group?.desiredCanaries ?? 0);
  assert.ok(isReady, `U3: ${rollout.jobId} ${name} is promoted: ${text}`);
}

/** U4. */
function checkAlone(state: State, rollout: Deployment): void {
  for (const other of state.activeDeployments()) {
    if (other.id === rollout.id || other.jobId !== rollout.jobId) continue;
    if (other.namespace !== rollout.namespace) continue;
    assert.fail(
      `U4: ${rollout.jobId} has rollouts of v${other.jobVersion} and ${rollout.jobVersion}`,
    );
  }
}

/** U5. */
function checkSuccess(state: State, rollout: Deployment): void {
  const { namespace, jobId, jobVersion, groups } = rollout;
  for (const [name, { desiredCanaries, promoted }] of Object.entries(groups)) {
    assert.ok(desiredCanaries === 0 || promoted, `U5: ${jobId} ${name} succeeds unpromoted`);
  }
  const isEverywhere = state.jobVersion(namespace, jobId, jobVersion)?.type === 'system';
  for (const alloc of state.allocsByJob(namespace, jobId)) {
    const isOther = alloc.group in groups && alloc.jobVersion !== jobVersion;
    const lives = alloc.desiredStatus === 'run' && alloc.clientStatus === 'running';
    if (!isOther || !lives || alloc.nextAllocId !== undefined) continue;
    // A system job leaves what runs on nodes that take nothing as it is.
    const { status, eligibility } = state.node(alloc.nodeId) ?? {};
    const isOpen = status === 'ready' && eligibility === 'eligible';
    if (isEverywhere && !isOpen) continue;
    assert.fail(`U5: ${jobId} v${jobVersion} succeeds beside ${alloc.name} v${alloc.jobVersion}`);
  }
}

/** U6. */
function checkDeadline({ jobId, groups }: Deployment, at: Millis): void {
  const due = Object.values(groups).some((group) => (group.requireProgressBy ?? Infinity) <= at);
  assert.ok(due, `U6: ${jobId} fails for a deadline that is not past`);
}

/** Between a decision and its entry others may be written [ms]. */
const WRITE_MS = 1_000;

/** U8. */
function checkMoves({ entry, changes, state }: Step, now: Millis): void {
  if (entry.type !== 'allocs.transition') return;
  const byDrain = entry.evals.some(({ triggeredBy }) => triggeredBy === 'node-drain');
  for (const { before, after } of byDrain ? allocChanges(changes) : []) {
    if (after?.desiredTransition?.migrate !== true) continue;
    if (before?.desiredTransition?.migrate !== true) checkMove(state, after, now);
  }
}

function checkMove(state: State, alloc: Alloc, now: Millis): void {
  const job = state.job(alloc.namespace, alloc.jobId);
  const group = groupOf(job, alloc.group);
  const drain = state.node(alloc.nodeId)?.drain;
  if (job?.type !== 'service' || job.stop || group === undefined || drain === undefined) return;
  // What was stopped while this was written is no loss; a version that came then nobody knew of.
  if (isTerminal(alloc) || job.submittedAt + WRITE_MS >= now) return;
  if (drain.deadlineMs < 0 || (drain.forceAt ?? Infinity) <= now) return;
  const maxParallel = group.migrate?.maxParallel ?? 1;
  const left = [...state.allocsByJob(job.namespace, job.id)].filter(
    (each) =>
      each.group === alloc.group &&
      !isTerminal(each) &&
      each.desiredTransition?.migrate !== true &&
      (isUp(each, group, now) || (isUnhealthy(alloc) && isUnhealthy(each))),
  ).length;
  const text = `U8: ${alloc.name} moves: ${left} of ${group.count} are left`;
  assert.ok(group.count - left <= maxParallel, `${text}, though ${maxParallel} may be away`);
}

function isUnhealthy({ deploymentStatus }: Alloc): boolean {
  return deploymentStatus?.healthy === false;
}

function isUp(alloc: Alloc, group: TaskGroup, now: Millis): boolean {
  const verdict = alloc.deploymentStatus?.healthy;
  if (verdict !== undefined) return verdict;
  const starts = Object.values(alloc.taskStates).map(({ startedAt }) => startedAt ?? 0);
  const ranMs = now - Math.max(alloc.createdAt, ...starts);
  return alloc.clientStatus === 'running' && ranMs >= (group.migrate?.minHealthyTimeMs ?? 10_000);
}

/** U9. */
function checkEviction(state: State, { namespace, jobId, jobVersion }: Claim, alloc: Alloc): void {
  const by = state.jobVersion(namespace, jobId, jobVersion)?.priority ?? 0;
  const version = state.jobVersion(alloc.namespace, alloc.jobId, alloc.jobVersion)?.priority ?? 0;
  const present = state.job(alloc.namespace, alloc.jobId)?.priority ?? version;
  const text = `U9: ${jobId} (${by}) evicts ${alloc.name} (${version}, now ${present})`;
  assert.ok(by - Math.min(version, present) >= 10, text);
}

/** U10. */
function checkOverlap(state: State, entry: Extract<Entry, { type: 'periodic.launch' }>): void {
  const parent = state.job(entry.namespace, entry.parentId);
  if (parent?.periodic?.prohibitOverlap !== true) return;
  for (const other of state.jobsByParent(entry.namespace, entry.parentId)) {
    if (other.id === entry.child?.id) continue;
    assert.equal(other.status, 'dead', `U10: ${entry.child?.id} begins beside ${other.id}`);
  }
}

/** What this step was, for the tally. */
function kindsOf({ entry, changes }: Step): readonly string[] {
  return [...changes.flatMap(rolloutKinds), ...entryKinds(entry, changes)];
}

function rolloutKinds({ table, before, after }: Change): readonly string[] {
  if (table !== 'deployments' || after === undefined) return [];
  if (before === undefined) return ['rollout begun'];
  const promoted = Object.entries(after.groups).filter(
    ([name, group]) => group.promoted && before.groups[name]?.promoted !== true,
  );
  const kinds = promoted.map(() => 'canaries promoted');
  if (before.status === after.status) return kinds;
  const why = after.status === 'failed' ? `: ${after.statusDescription.split(' - ')[0] ?? ''}` : '';
  return [...kinds, `rollout ${after.status}${why.toLowerCase()}`];
}

function entryKinds(entry: Entry, changes: readonly Change[]): readonly string[] {
  if (entry.type === 'plan.apply') {
    const updated = updatedAmong(changes).map(() => 'instance updated');
    return [...updated, ...evictedAmong(changes).map(() => 'instance evicted')];
  }
  if (entry.type === 'allocs.transition') {
    const drains = entry.evals.some(({ triggeredBy }) => triggeredBy === 'node-drain');
    return drains ? entry.allocIds.map(() => 'instance drained') : [];
  }
  if (entry.type === 'periodic.launch') {
    return [entry.child === undefined ? 'launch skipped' : 'launch'];
  }
  if ('revert' in entry) return ['revert'];
  return entry.type === 'job.dispatch' ? ['dispatch'] : [];
}
