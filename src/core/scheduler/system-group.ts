/**
 * Decides one group of a system or sysbatch job: what its empty nodes get, and how far a new
 * version goes on.
 *
 * G1: of a rollout at most `max_parallel` instances are taken from what ran before them and not yet
 *     healthy; an unhealthy one stops it.
 * G2: canaries take the places of old instances on a share of the nodes; before they are promoted
 *     the new version goes no further, and nodes that come to have none get the old one.
 * G3: a rollout that failed puts the old version back in place of its unpromoted canaries.
 * G4: nodes that nobody hears of, and nodes without room for a first instance, keep no rollout from
 *     its end; but one without any node is not through.
 *
 * Source: https://developer.hashicorp.com/nomad/docs/job-specification/update, in what `canary` and
 * `max_parallel` mean for system jobs.
 */
import type { Millis } from '../../base/brand.ts';
import type { Alloc } from '../model/alloc.ts';
import { isActive, type DeploymentGroup } from '../model/deployment.ts';
import type { Job } from '../model/job.ts';
import type { DesiredUpdates } from '../model/plan.ts';
import type { TaskGroup } from '../model/task-group.ts';
import type { ScheduleInput } from './contract.ts';
import * as say from './descriptions.ts';
import { allocName } from './name-index.ts';
import { oldVersion } from './old-version.ts';
import { freshGroupState, pauseMsOf, type Rollout } from './rollout.ts';
import { type GroupFindings, type Standing } from './system-difference.ts';
import type { Fate, NodePlacer, NodeRequest } from './system-place.ts';

export interface GroupScope {
  readonly input: ScheduleInput;
  readonly job: Job;
  readonly group: TaskGroup;
  readonly rollout: Rollout;
  readonly placer: NodePlacer;
}

export interface GroupMove {
  readonly group: string;
  readonly desired: DesiredUpdates;
  /** Its part of a rollout, as it is now to be; undefined where it has none. */
  readonly state: DeploymentGroup | undefined;
  /** The newest version has changes to carry out here, or was never here. */
  readonly begins: boolean;
  /** Nothing is left to do, and all that a rollout placed is healthy. */
  readonly complete: boolean;
  /** When the next batch may begin, where only time is waited for. */
  readonly resumesAt: Millis | undefined;
}

/** Carries out on the placer what it decides. */
export function moveGroup(scope: GroupScope, found: GroupFindings): GroupMove {
  const draft = new MoveDraft(scope, found);
  draft.sortOutdated();
  draft.undoCanaries();
  draft.retry();
  draft.fill();
  draft.expect();
  draft.replaceOutdated();
  return draft.move();
}

/** The decision while it is being made, each method one step of it. */
class MoveDraft {
  readonly #scope: GroupScope;
  readonly #found: GroupFindings;
  #state: DeploymentGroup | undefined;
  /** It began before this evaluation. */
  readonly #isKnown: boolean;
  readonly #meant: Standing[] = [];
  readonly #unwanted: Standing[] = [];
  #members: readonly Standing[];
  #left = 0;
  /** Nodes whose instance of this rollout was unhealthy and ended. */
  #waiting = 0;
  /** Nodes that get one only once the rollout goes on. */
  #idle = 0;
  #wanted = 0;
  /** Of the newest version, placed with this evaluation. */
  #begun = 0;
  #canaries = 0;
  #isCanaryPhase = false;
  #resumesAt: Millis | undefined;
  readonly #counts = { place: 0, destructive: 0, canary: 0, stop: 0 };

  constructor(scope: GroupScope, found: GroupFindings) {
    const { rollout, group } = scope;
    this.#scope = scope;
    this.#found = found;
    this.#members = found.members;
    const known = rollout.groupState(group.name);
    this.#isKnown = known !== undefined;
    this.#state = known ?? (rollout.current === undefined ? freshState(group) : undefined);
  }

  /** Old instances, by what the newest version says of their nodes; the least missed first. */
  sortOutdated(): void {
    const { job, group, placer } = this.#scope;
    for (const standing of this.#found.outdated) {
      const { slot } = standing;
      const reach = placer.reachOf({ group: group.name, version: job.version, slot });
      if (reach === 'meant') this.#meant.push(standing);
      else if (reach === 'filtered') this.#unwanted.push(standing);
    }
    this.#meant.sort((a, b) => hurt(b.alloc) - hurt(a.alloc));
    this.#isCanaryPhase = this.#startsOrAwaitsCanaries();
  }

  /** Canaries that a newer version, or a revert, left behind need none of their own. */
  #startsOrAwaitsCanaries(): boolean {
    const state = this.#state;
    if (state === undefined) return false;
    if (this.#isKnown) return state.desiredCanaries > 0 && !state.promoted;
    const isStraggling = this.#found.ranBefore && this.#scope.job.stable;
    const wanted = this.#scope.group.update?.canary ?? 0;
    return wanted > 0 && !isStraggling && this.#meant.some(({ alloc }) => !isCanary(alloc));
  }

  /** G3. */
  undoCanaries(): void {
    const { rollout } = this.#scope;
    if (!rollout.failed) return;
    const undone = this.#members.filter(({ alloc }) => this.#isMine(alloc) && isCanary(alloc));
    for (const standing of undone) {
      const version = oldVersion(this.#scope, this.#found, undefined);
      if (version === undefined) return;
      const description = say.STOP_NOT_NEEDED;
      if (this.#replace(standing, { version, canary: false, description }) !== 'placed') continue;
      this.#members = this.#members.filter((each) => each !== standing);
      this.#counts.destructive++;
    }
  }

  /** Unhealthy ones are begun anew where they are, once somebody says so. */
  retry(): void {
    const { job, rollout } = this.#scope;
    if (rollout.current?.status !== 'running') return;
    const again = this.#members.filter(({ alloc }) => {
      const isHurt = this.#isMine(alloc) && isUnhealthy(alloc);
      return isHurt && alloc.desiredTransition?.reschedule === true;
    });
    for (const standing of again) {
      const canary = isCanary(standing.alloc);
      const description = say.STOP_RESCHEDULED;
      const fate = this.#replace(standing, { version: job.version, canary, description });
      if (fate !== 'placed') continue;
      this.#members = this.#members.filter((each) => each !== standing);
      this.#counts.destructive++;
      this.#begin(canary);
    }
  }

  /** Nodes that run none. */
  fill(): void {
    const { job, placer } = this.#scope;
    let short = this.#shortOfCanaries();
    for (const { slot, previous } of this.#found.empty) {
      const wanted =
        short > 0 ? { version: job.version, canary: true } : this.#versionFor(previous);
      if (wanted === undefined) {
        if (!this.#isMeant(slot)) continue;
        if (this.#awaitsRetry(previous)) this.#waiting++;
        else this.#idle++;
        continue;
      }
      const request = { ...this.#request(slot, wanted), previous, replaces: undefined };
      const fate = placer.place({ ...request, stopDescription: '' });
      if (fate === 'absent' || fate === 'filtered') continue;
      this.#counts.place++;
      if (fate === 'full') continue;
      this.#wanted++;
      if (wanted.version === job.version) this.#begin(wanted.canary);
      if (wanted.canary) short--;
    }
  }

  /** How many canaries there are too few old instances to give places to. */
  #shortOfCanaries(): number {
    const { rollout } = this.#scope;
    if (!this.#isCanaryPhase || rollout.paused || rollout.failed) return 0;
    const empty = this.#found.empty.filter(({ slot }) => this.#isMeant(slot)).length;
    const standing = this.#meant.length + this.#members.length + this.#found.inPlace;
    const wanted = this.#shareOf(standing + this.#counts.destructive + empty);
    return wanted - this.#canaries - this.#standingCanaries() - this.#meant.length;
  }

  #isMeant(slot: number): boolean {
    const { job, group, placer } = this.#scope;
    return placer.reachOf({ group: group.name, version: job.version, slot }) === 'meant';
  }

  /** What the rollout is to come to, now that it is known where the job can run. */
  expect(): void {
    const standing = this.#meant.length + this.#members.length + this.#found.inPlace;
    this.#wanted += standing + this.#waiting + this.#idle + this.#counts.destructive;
    this.#canaries += this.#standingCanaries();
    if (this.#state === undefined) return;
    this.#state = {
      ...this.#state,
      desiredTotal: this.#wanted,
      desiredCanaries: this.#desiredCanaries(this.#state),
    };
  }

  /**
   * No more than can be, and no fewer than there are, although nodes went since; while there is no
   * node, nobody has to do without them.
   */
  #desiredCanaries({ desiredCanaries }: DeploymentGroup): number {
    if (!this.#isCanaryPhase || this.#wanted === 0) return desiredCanaries;
    const possible = this.#canaries + this.#waiting + this.#meant.length;
    return Math.max(this.#canaries, Math.min(possible, this.#shareOf(this.#wanted)));
  }

  #shareOf(nodes: number): number {
    return Math.ceil(((this.#scope.group.update?.canary ?? 0) * nodes) / 100);
  }

  #standingCanaries(): number {
    return this.#membersOfRollout().filter(isCanary).length;
  }

  /** Old instances give their places away, as many as may at a time (G1, G2). */
  replaceOutdated(): void {
    const { job, placer } = this.#scope;
    let allowed = this.#allowance();
    for (const standing of this.#meant) {
      if (allowed <= 0) {
        this.#left++;
        continue;
      }
      const canary = this.#isCanaryPhase;
      const description = say.STOP_UPDATING;
      const fate = this.#replace(standing, { version: job.version, canary, description });
      if (fate === 'later') allowed = 0;
      if (fate !== 'placed') this.#left++;
      else {
        allowed--;
        this.#begin(canary);
        if (canary) this.#counts.canary++;
        else this.#counts.destructive++;
        this.#noteBatch();
      }
    }
    if (this.#isHeld()) return;
    for (const { alloc, slot } of this.#unwanted) placer.remove(slot, alloc);
    this.#counts.stop += this.#unwanted.length;
  }

  move(): GroupMove {
    const { group } = this.#scope;
    const { members, outdated, inPlace, ranBefore, ignored, stopped, migrated } = this.#found;
    const { place, destructive, canary, stop } = this.#counts;
    const standing = members.length + outdated.length;
    const isLeft = this.#left > 0 && (!this.#isCanaryPhase || this.#missingCanaries() > 0);
    return {
      group: group.name,
      desired: {
        ignore: ignored + standing - destructive - canary - stop,
        place,
        migrate: migrated,
        stop: stopped + stop,
        inPlaceUpdate: inPlace,
        destructiveUpdate: destructive,
        canary,
        preemptions: 0,
      },
      state: this.#state,
      begins: this.#wanted > 0 && (this.#meant.length + inPlace > 0 || !ranBefore),
      complete: this.#isComplete(),
      resumesAt: isLeft ? this.#resumesAt : undefined,
    };
  }

  #isComplete(): boolean {
    const { inPlace } = this.#found;
    const work = this.#meant.length + this.#begun + this.#waiting + inPlace;
    if (work > 0 || this.#isHeld()) return false;
    return this.#membersOfRollout().every((alloc) => alloc.deploymentStatus?.healthy === true);
  }

  #allowance(): number {
    const { rollout, group } = this.#scope;
    if (this.#state === undefined && (group.update?.maxParallel ?? 0) === 0) return Infinity;
    if (rollout.paused || rollout.failed || this.#waiting > 0) return 0;
    const members = this.#membersOfRollout();
    if (this.#isPausing() || members.some(isUnhealthy)) return 0;
    const unjudged = members.filter((alloc) => alloc.deploymentStatus?.healthy === undefined);
    const busy = this.#begun + this.#found.unproven + unjudged.length;
    const allowed = (group.update?.maxParallel ?? 1) - busy;
    return this.#isCanaryPhase ? Math.min(allowed, this.#missingCanaries()) : allowed;
  }

  /** The last batch began too short a time ago. */
  #isPausing(): boolean {
    const { group, input } = this.#scope;
    const pauseMs = pauseMsOf(group.update);
    if (pauseMs === 0) return false;
    const batch = this.#membersOfRollout().filter((alloc) => this.#tookOver(alloc));
    const beganAt = batch.reduce((at, { createdAt }) => Math.max(at, createdAt), 0);
    const resumesAt = (beganAt + pauseMs) as Millis;
    if (resumesAt <= input.now) return false;
    this.#resumesAt = resumesAt;
    return true;
  }

  #tookOver({ previousAllocId }: Alloc): boolean {
    if (previousAllocId === undefined) return false;
    const { snapshot } = this.#scope.input;
    return snapshot.alloc(previousAllocId)?.desiredDescription === say.STOP_UPDATING;
  }

  #missingCanaries(): number {
    return (this.#state?.desiredCanaries ?? 0) - this.#canaries;
  }

  /** With a pause between batches, the next one is a matter of time. */
  #noteBatch(): void {
    const { group, input } = this.#scope;
    const pauseMs = pauseMsOf(group.update);
    if (pauseMs > 0) this.#resumesAt = (input.now + pauseMs) as Millis;
  }

  /** One of the newest version was placed. */
  #begin(canary: boolean): void {
    this.#begun++;
    if (canary) this.#canaries++;
  }

  /** What an empty node gets; undefined: nothing yet. */
  #versionFor(previous: Alloc | undefined): Wanted | undefined {
    const { job, rollout } = this.#scope;
    if (this.#awaitsRetry(previous)) return undefined;
    if (previous !== undefined && this.#isMine(previous) && !this.#isUndone(previous)) {
      return { version: job.version, canary: isCanary(previous) };
    }
    if (!this.#isHeld()) return { version: job.version, canary: false };
    const version =
      oldVersion(this.#scope, this.#found, previous) ?? (rollout.failed ? job.version : undefined);
    return version === undefined ? undefined : { version, canary: false };
  }

  /** Its node keeps its place in the rollout, and is not tried again yet. */
  #awaitsRetry(previous: Alloc | undefined): boolean {
    if (previous === undefined || !this.#isMine(previous)) return false;
    return !this.#isUndone(previous) && !this.#mayTryAgain(previous);
  }

  /** A canary of a rollout that failed (G3). */
  #isUndone(alloc: Alloc): boolean {
    return this.#scope.rollout.failed && isCanary(alloc);
  }

  /** One that the rollout called unhealthy is tried again when what watches the rollout says so. */
  #mayTryAgain({ nextAllocId, deploymentStatus, desiredTransition }: Alloc): boolean {
    if (nextAllocId !== undefined || deploymentStatus?.healthy !== false) return true;
    if (desiredTransition?.forceReschedule === true) return true;
    const { current } = this.#scope.rollout;
    return current?.status === 'running' && desiredTransition?.reschedule === true;
  }

  /** The new version goes no further for now. */
  #isHeld(): boolean {
    const { rollout } = this.#scope;
    if (this.#state === undefined) return false;
    return rollout.paused || rollout.failed || this.#isCanaryPhase;
  }

  #membersOfRollout(): readonly Alloc[] {
    return this.#members.map(({ alloc }) => alloc).filter((alloc) => this.#isMine(alloc));
  }

  /** Part of the rollout that is under way, or failed last. */
  #isMine({ deploymentId }: Alloc): boolean {
    const { current } = this.#scope.rollout;
    return current !== undefined && deploymentId === current.id;
  }

  #replace(
    { alloc, slot }: Standing,
    { description, ...wanted }: Wanted & { readonly description: string },
  ): Fate {
    return this.#scope.placer.place({
      ...this.#request(slot, wanted),
      previous: alloc,
      replaces: alloc,
      stopDescription: description,
    });
  }

  #request(
    slot: number,
    wanted: Wanted,
  ): Pick<NodeRequest, 'group' | 'version' | 'canary' | 'slot' | 'name'> {
    const { job, group } = this.#scope;
    return { ...wanted, slot, group: group.name, name: allocName(job.id, group.name, 0) };
  }
}

/** The pause between batches is not time in which something could become healthy. */
function freshState(group: TaskGroup): DeploymentGroup | undefined {
  const state = freshGroupState(group);
  if (state === undefined || state.progressDeadlineMs === 0) return state;
  return { ...state, progressDeadlineMs: state.progressDeadlineMs + pauseMsOf(group.update) };
}

interface Wanted {
  readonly version: number;
  readonly canary: boolean;
}

/** Promotion takes the mark away: whoever has it is not promoted. */
function isCanary(alloc: Alloc): boolean {
  return alloc.deploymentStatus?.canary === true;
}

function isUnhealthy(alloc: Alloc): boolean {
  return alloc.deploymentStatus?.healthy === false;
}

/** Canaries that were left behind, then what was never healthy: their nodes lose nothing. */
function hurt(alloc: Alloc): number {
  if (isCanary(alloc)) return 2;
  return Number(isUnhealthy(alloc));
}

/** True where a plan has to say that the rollout's numbers changed. */
export function hasMoved(rollout: Rollout, { group, state }: GroupMove): boolean {
  const known = rollout.groupState(group);
  if (known === undefined || state === undefined) return false;
  if (rollout.current === undefined || !isActive(rollout.current)) return false;
  return (
    known.desiredTotal !== state.desiredTotal || known.desiredCanaries !== state.desiredCanaries
  );
}
