/**
 * Decides one group of a service or batch job: what stays, what goes, what is to be placed.
 *
 * R2: at most `update.max_parallel` instances of a rollout are replaced or waited for at a time.
 * R3: canaries that are not promoted stand beside the old instances and take nothing from them.
 * R4: once its answer is carried out, an evaluation leaves nothing to do for another at that
 *     instant.
 *
 * Source: Nomad's reconciler, as described in
 * https://developer.hashicorp.com/nomad/docs/job-specification/update
 */
import { isTerminal, type Alloc } from '../model/alloc.ts';
import { isActive, type DeploymentGroup } from '../model/deployment.ts';
import type { Evaluation } from '../model/evaluation.ts';
import type { Job } from '../model/job.ts';
import type { DesiredUpdates, Stop } from '../model/plan.ts';
import type { TaskGroup } from '../model/task-group.ts';
import { byName, disconnectGraceMs, type Buckets } from './buckets.ts';
import { delayDisconnects, delayLost, delayReschedules } from './reconcile-delays.ts';
import { NameIndex } from './name-index.ts';
import { noteOn, pickSurplus, stopOf } from './reconcile-stops.ts';
import type { PlaceRequest } from './reconcile-result.ts';
import { nextTry } from './reschedule.ts';
import { freshGroupState } from './rollout.ts';
import { sortAllocs, type SortScope } from './sort-allocs.ts';
import {
  byAge,
  loserOf,
  silentOf,
  standInOf,
  wasSilent,
  withoutDoubles,
  youngestOfEach,
} from './stand-ins.ts';
import * as say from './descriptions.ts';

export interface GroupScope extends SortScope {
  readonly job: Job;
  readonly group: TaskGroup;
  readonly evaluation: Evaluation;
  readonly nextId: () => string;
  /** What the new job version means for a running instance. */
  readonly updateOf: (alloc: Alloc) => 'ignore' | 'inPlace' | 'destructive';
}

export interface GroupDecision {
  readonly place: readonly PlaceRequest[];
  readonly stops: readonly Stop[];
  readonly inPlace: readonly Alloc[];
  readonly followUps: readonly Evaluation[];
  readonly desired: DesiredUpdates;
  /** Nothing is left to do, and all that a rollout placed is healthy. */
  readonly complete: boolean;
}

export function reconcileGroup(allocs: Iterable<Alloc>, scope: GroupScope): GroupDecision {
  const all = [...allocs];
  const draft = new GroupDraft(scope);
  const buckets = sortAllocs(all, scope);
  draft.ignored += buckets.ignore.filter((alloc) => alloc.desiredStatus === 'run').length;
  if (scope.job.type === 'batch') buckets.keep = withoutDoubles(buckets.keep, buckets.migrate);
  draft.takeCanaries(buckets);
  draft.resolveReconnected(buckets);
  draft.delay(buckets);
  draft.stopSurplus(buckets);
  draft.sortUpdates(buckets);
  draft.placeCanaries();
  draft.placeMissing(buckets);
  draft.replaceOutdated();
  draft.migrate(buckets);
  draft.joinRollout(all);
  return draft.decision();
}

/** The decision while it is being made, each method one step of it. */
class GroupDraft {
  ignored = 0;
  readonly #scope: GroupScope;
  readonly #group: TaskGroup;
  readonly #known: DeploymentGroup | undefined;
  #state: DeploymentGroup | undefined;
  #canaries: readonly Alloc[] = [];
  /** To be tried again, under the name that they took. */
  #failedCanaries: readonly Alloc[] = [];
  #names: NameIndex;
  /** Present instances, canaries of an unpromoted rollout aside. */
  #present: readonly Alloc[] = [];
  #destructive: readonly Alloc[] = [];
  #inPlace: readonly Alloc[] = [];
  #wantsCanaries = false;
  #waitsForClients = false;
  #limit = 0;
  #placedCount = 0;
  #canaryCount = 0;
  #migrated = 0;
  #stopped = 0;
  #replaced = 0;
  #pending = 0;
  readonly #replacements: PlaceRequest[] = [];
  readonly #place: PlaceRequest[] = [];
  readonly #stops: Stop[] = [];
  readonly #followUps: Evaluation[] = [];

  constructor(scope: GroupScope) {
    this.#scope = scope;
    this.#group = scope.group;
    this.#known = scope.rollout.groupState(scope.group.name);
    this.#state = this.#known ?? freshGroupState(scope.group);
    this.#names = this.#nameIndex([]);
  }

  /** Stops canaries whose rollout is over, and sets aside those of the running one. */
  takeCanaries(buckets: Buckets): void {
    const { rollout } = this.#scope;
    const doomed = new Set(unpromotedCanaries(rollout.superseded));
    if (rollout.failed) for (const id of unpromotedCanaries(rollout.current)) doomed.add(id);
    const mine = new Set(this.#known?.placedCanaries ?? []);
    for (const bucket of ['keep', 'migrate', 'lost'] as const) {
      buckets[bucket] = buckets[bucket].filter((alloc) => {
        // One that failed and waits for its next try is not tried again either.
        const waits = alloc.clientStatus === 'failed' && alloc.desiredStatus === 'run';
        if (isTerminal(alloc) && !(waits && doomed.has(alloc.id))) return true;
        if (doomed.has(alloc.id)) this.#stop(alloc, bucket === 'lost' ? LOST : NOT_NEEDED);
        else if (!mine.has(alloc.id) || bucket === 'keep') return true;
        // A canary that lost its node is not moved: a new one is placed for it.
        else this.#stop(alloc, bucket === 'lost' ? LOST : MIGRATING);
        return false;
      });
    }
    // Nor is one that failed tried again once its rollout is over.
    for (const bucket of ['rescheduleNow', 'rescheduleLater'] as const) {
      buckets[bucket] = buckets[bucket].filter((alloc) => {
        if (doomed.has(alloc.id)) this.#stop(alloc, NOT_NEEDED);
        return !doomed.has(alloc.id);
      });
    }
    this.#canaries = buckets.keep.filter((alloc) => mine.has(alloc.id) && !isTerminal(alloc));
    this.#failedCanaries = buckets.rescheduleNow.filter((alloc) => mine.has(alloc.id));
  }

  /** Where an instance came back beside its replacement, one of the two goes. */
  resolveReconnected(buckets: Buckets): void {
    // One that is to move anyway need not move where somebody stands in for it.
    buckets.migrate = buckets.migrate.filter((alloc) => {
      const isDouble = wasSilent(alloc) && standInOf(alloc, buckets.keep) !== undefined;
      if (isDouble) this.#stop(alloc, { description: say.STOP_RECONNECTED });
      return !isDouble;
    });
    const losers = new Set<Alloc>();
    for (const alloc of byAge(buckets.keep)) {
      if (isTerminal(alloc) || !wasSilent(alloc)) continue;
      while (!losers.has(alloc)) {
        const others = buckets.keep.filter((each) => !losers.has(each));
        const replacement = standInOf(alloc, others);
        if (replacement === undefined) break;
        const loser = loserOf(alloc, replacement, this.#group.disconnect?.reconcile);
        losers.add(loser);
        this.#stop(loser, { description: say.STOP_RECONNECTED });
      }
    }
    buckets.keep = buckets.keep.filter((alloc) => !losers.has(alloc));
    for (const alloc of buckets.keep) {
      const isBack = alloc.desiredDescription === say.STOP_UNKNOWN && !isTerminal(alloc);
      if (isBack && alloc.clientStatus !== 'unknown') this.#stops.push(noteOn(alloc, '', {}));
    }
  }

  /** What has to wait gets an evaluation for later. */
  delay(buckets: Buckets): void {
    const delays = [
      delayReschedules(buckets.rescheduleLater, this.#scope),
      delayDisconnects(buckets.disconnect, this.#scope),
      delayLost(buckets.lost, this.#scope),
    ];
    for (const { followUps, notes } of delays) {
      this.#followUps.push(...followUps);
      this.#stops.push(...notes);
    }
    const handled = new Set(delays[2]?.notes.map((note) => note.allocId));
    this.#waitsForClients = handled.size > 0;
    this.#stopped += handled.size;
    buckets.lost = buckets.lost.filter((alloc) => !handled.has(alloc.id));
    this.#pending = buckets.rescheduleLater.length;
    // They keep their places: until replaced, they are what there is of them.
    buckets.keep.push(...buckets.rescheduleLater);
    if (!this.#replacesUnknown()) this.#waitForSilent(buckets);
  }

  /** They keep their places, but for those that the version before gave a stand-in. */
  #waitForSilent(buckets: Buckets): void {
    const silent = [...buckets.disconnect, ...buckets.unknown];
    const held = new Set(without(buckets.keep, this.#canaries).map((alloc) => alloc.name));
    const alone = youngestOfEach(silent).filter((alloc) => !held.has(alloc.name));
    this.ignored += silent.length - alone.length;
    buckets.keep.push(...alone);
  }

  stopSurplus(buckets: Buckets): void {
    const { keep, migrate, lost, rescheduleNow, disconnect } = buckets;
    // Whoever is replaced hands its name on.
    this.#names = this.#nameIndex([...keep, ...migrate, ...rescheduleNow, ...lost, ...disconnect]);
    for (const alloc of lost) this.#stop(alloc, LOST);
    const aside = this.#inCanaryPhase();
    const counted = aside ? without(keep, this.#canaries) : keep;
    const retried = rescheduleNow.filter((a) => !aside || a.deploymentStatus?.canary !== true);
    const surplus = pickSurplus({
      count: this.#group.count,
      keep: [...counted, ...retried],
      migrate,
      canaries: aside ? [] : [...this.#canaries, ...this.#failedCanaries],
      names: this.#names,
      naming: { job: this.#scope.job.id, group: this.#group.name },
    });
    for (const alloc of surplus) this.#stop(alloc, NOT_NEEDED);
    buckets.keep = keep.filter((alloc) => !surplus.has(alloc));
    buckets.migrate = migrate.filter((alloc) => !surplus.has(alloc));
    buckets.rescheduleNow = rescheduleNow.filter((alloc) => !surplus.has(alloc));
  }

  sortUpdates(buckets: Buckets): void {
    const destructive: Alloc[] = [];
    const inPlace: Alloc[] = [];
    for (const alloc of buckets.keep) {
      const update = this.#scope.updateOf(alloc);
      // A new version is another chance for one that failed for good.
      if (update === 'destructive') destructive.push(alloc);
      else if (update === 'inPlace' && !isTerminal(alloc)) inPlace.push(alloc);
      else this.ignored++;
    }
    this.#destructive = byName(destructive);
    this.#inPlace = inPlace;
    this.#present = this.#inCanaryPhase() ? without(buckets.keep, this.#canaries) : buckets.keep;
    this.#expect(destructive.length + inPlace.length);
  }

  placeCanaries(): void {
    const wanted = this.#group.update?.canary ?? 0;
    const { rollout } = this.#scope;
    const promoted = this.#state?.promoted === true;
    this.#wantsCanaries =
      this.#destructive.length > 0 && this.#canaries.length < wanted && !promoted;
    if (!this.#wantsCanaries) return;
    if (this.#state !== undefined && this.#known === undefined) {
      this.#state = { ...this.#state, desiredCanaries: wanted };
    }
    if (rollout.paused || rollout.failed) return;
    const missing = wanted - this.#canaries.length;
    for (const name of this.#names.nextCanaries(missing, this.#canaries, this.#destructive)) {
      this.#place.push({ name, canary: true, reschedule: false });
      this.#canaryCount++;
    }
  }

  /** Replaces what failed or was lost, then fills up to the count. */
  placeMissing(buckets: Buckets): void {
    this.#limit = this.#computeLimit(buckets);
    if (this.#waitsForClients) return;
    const requests = this.#missing(buckets);
    this.#expect(requests.length);
    this.#pending += requests.length;
    const { rollout } = this.#scope;
    const ready = this.#placesFreely();
    // A rollout that stands still must not keep lost and failed instances from being replaced.
    let lost = buckets.lost.length;
    const allowed = requests.filter(({ previous, reschedule }) => {
      if (ready) return true;
      if (reschedule) return !(rollout.failed && previous?.deploymentId === rollout.current?.id);
      return lost-- > 0;
    });
    if (ready) this.#limit -= Math.min(requests.length, this.#limit);
    this.#place.push(...allowed);
    this.#placedCount += allowed.length;
    this.#stopped += allowed.filter((request) => request.reschedule).length;
  }

  /** Replaces instances of the old version, as many at a time as the rollout allows (R2). */
  replaceOutdated(): void {
    const count = this.#placesFreely() ? Math.min(this.#destructive.length, this.#limit) : 0;
    for (const alloc of this.#destructive.slice(0, count)) {
      this.#replacements.push({
        name: alloc.name,
        canary: false,
        previous: alloc,
        replaces: alloc,
        stopDescription: say.STOP_UPDATING,
        reschedule: false,
      });
    }
    this.#replaced = count;
    this.ignored += this.#destructive.length - count;
  }

  migrate(buckets: Buckets): void {
    for (const alloc of byName(buckets.migrate)) {
      this.#stops.push(stopOf(alloc, say.STOP_MIGRATING));
      this.#place.push(this.#successor(alloc));
    }
    this.#migrated = buckets.migrate.length;
  }

  /** A new version, or the first of a job, begins a rollout. */
  joinRollout(all: readonly Alloc[]): void {
    const { job, rollout } = this.#scope;
    const state = this.#state;
    if (state === undefined || this.#known !== undefined || state.desiredTotal === 0) return;
    const changed = this.#destructive.length + this.#inPlace.length > 0;
    const ranBefore = all.some(
      (alloc) => alloc.jobVersion === job.version && alloc.createIndex >= job.createIndex,
    );
    if (changed || !ranBefore) rollout.add(this.#group.name, state);
  }

  decision(): GroupDecision {
    return {
      // Replacements first: they bring their own room with them.
      place: [...this.#replacements, ...this.#place],
      stops: this.#stops,
      inPlace: this.#inPlace,
      followUps: this.#followUps,
      complete: this.#isComplete(),
      desired: {
        ignore: this.ignored,
        place: this.#placedCount,
        migrate: this.#migrated,
        stop: this.#stopped,
        inPlaceUpdate: this.#inPlace.length,
        destructiveUpdate: this.#replaced,
        canary: this.#canaryCount,
        preemptions: 0,
      },
    };
  }

  #isComplete(): boolean {
    const work = this.#destructive.length + this.#inPlace.length + this.#pending + this.#migrated;
    if (work > 0 || this.#wantsCanaries) return false;
    const known = this.#known;
    if (known === undefined) return true;
    return (
      known.healthyAllocs >= Math.max(known.desiredTotal, known.desiredCanaries) &&
      (known.desiredCanaries === 0 || known.promoted)
    );
  }

  #missing(buckets: Buckets): readonly PlaceRequest[] {
    const { keep, migrate, rescheduleNow, lost, disconnect, unknown } = buckets;
    const present = this.#inCanaryPhase() ? without(keep, this.#canaries) : keep;
    const requests = byName(rescheduleNow).map((alloc) => this.#rescheduled(alloc));
    const { count } = this.#group;
    let existing = present.length + migrate.length + rescheduleNow.length;
    const gone = youngestOfEach([...lost, ...(this.#replacesUnknown() ? disconnect : [])]);
    const held = new Set(present.map((alloc) => alloc.name));
    for (const alloc of gone) {
      if (existing >= count) break;
      // One that was silent for long, and has its stand-in already.
      if (held.has(alloc.name)) continue;
      existing++;
      requests.push(this.#successor(alloc));
    }
    if (this.#replacesUnknown()) this.ignored += unknown.length;
    const version = this.#inCanaryPhase() ? this.#oldVersion() : undefined;
    for (const name of this.#names.next(Math.max(0, count - existing))) {
      // There was no room for its replacement when it went silent.
      const silent = this.#replacesUnknown() ? silentOf(unknown, name) : undefined;
      if (silent !== undefined) requests.push(this.#successor(silent));
      else
        requests.push({
          name,
          canary: false,
          reschedule: false,
          ...(version === undefined ? {} : { jobVersion: version }),
        });
    }
    return requests;
  }

  #rescheduled(alloc: Alloc): PlaceRequest {
    const delayMs = nextTry(alloc, this.#group.reschedule)?.delayMs;
    return {
      ...this.#successor(alloc),
      replaces: alloc,
      stopDescription: say.STOP_RESCHEDULED,
      reschedule: true,
      ...(delayMs === undefined ? {} : { rescheduleDelayMs: delayMs }),
    };
  }

  /** One in the place of another: beside unpromoted canaries it stays with its version (R3). */
  #successor(alloc: Alloc): PlaceRequest {
    const canary = alloc.deploymentStatus?.canary === true && this.#inCanaryPhase();
    const old = this.#inCanaryPhase() && !canary && alloc.jobVersion !== this.#scope.job.version;
    return {
      name: alloc.name,
      canary,
      previous: alloc,
      reschedule: false,
      ...(old ? { jobVersion: alloc.jobVersion } : {}),
    };
  }

  #oldVersion(): number | undefined {
    const versions = this.#present
      .map((alloc) => alloc.jobVersion)
      .filter((version) => version !== this.#scope.job.version);
    return versions.length === 0 ? undefined : Math.max(...versions);
  }

  #computeLimit(buckets: Buckets): number {
    const { rollout } = this.#scope;
    const { count, update } = this.#group;
    const outdated = this.#destructive.length + buckets.migrate.length;
    if (update === undefined || update.maxParallel === 0 || outdated === 0) return count;
    if (rollout.paused || rollout.failed || this.#inCanaryPhase()) return 0;
    let limit = update.maxParallel;
    const { current } = rollout;
    if (current === undefined || !isActive(current)) return limit;
    for (const alloc of this.#present) {
      if (alloc.deploymentId !== current.id) continue;
      // One that is unhealthy stops the rollout; one that is not yet healthy is waited for.
      if (alloc.deploymentStatus?.healthy === false) return 0;
      if (alloc.deploymentStatus?.healthy !== true) limit--;
    }
    return Math.max(0, limit);
  }

  #placesFreely(): boolean {
    const { rollout } = this.#scope;
    return !rollout.paused && !rollout.failed && !this.#inCanaryPhase();
  }

  #inCanaryPhase(): boolean {
    const state = this.#state;
    return state !== undefined && state.desiredCanaries > 0 && !state.promoted;
  }

  #replacesUnknown(): boolean {
    if (this.#group.preventRescheduleOnLost) return false;
    return (
      disconnectGraceMs(this.#group) === undefined || (this.#group.disconnect?.replace ?? true)
    );
  }

  /** How many instances a new rollout must see healthy. */
  #expect(more: number): void {
    if (this.#state === undefined || this.#known !== undefined) return;
    this.#state = { ...this.#state, desiredTotal: this.#state.desiredTotal + more };
  }

  #stop(alloc: Alloc, { description, clientStatus }: StopReason): void {
    this.#stops.push(
      stopOf(alloc, description, clientStatus === undefined ? {} : { clientStatus }),
    );
    this.#stopped++;
  }

  #nameIndex(taken: readonly Alloc[]): NameIndex {
    const { job, group } = this.#scope;
    return new NameIndex({ job: job.id, group: group.name, count: group.count }, taken);
  }
}

interface StopReason {
  readonly description: string;
  readonly clientStatus?: 'lost';
}

const NOT_NEEDED: StopReason = { description: say.STOP_NOT_NEEDED };
const MIGRATING: StopReason = { description: say.STOP_MIGRATING };
const LOST: StopReason = { description: say.STOP_LOST, clientStatus: 'lost' };

/** Stops all of a group that is wanted no more. */
export function stopGroup(allocs: Iterable<Alloc>, scope: SortScope): readonly Stop[] {
  const buckets = sortAllocs(allocs, { ...scope, group: undefined });
  const stops: Stop[] = [];
  for (const bucket of ['keep', 'migrate', 'disconnect', 'unknown'] as const) {
    for (const alloc of byName(buckets[bucket])) {
      if (!isTerminal(alloc)) stops.push(stopOf(alloc, say.STOP_NOT_NEEDED));
    }
  }
  for (const alloc of byName(buckets.lost)) {
    stops.push(stopOf(alloc, say.STOP_LOST, { clientStatus: 'lost' }));
  }
  return stops;
}

function unpromotedCanaries(
  deployment: { readonly groups: Readonly<Record<string, DeploymentGroup>> } | undefined,
): readonly string[] {
  if (deployment === undefined) return [];
  return Object.values(deployment.groups).flatMap((group) =>
    group.promoted ? [] : group.placedCanaries,
  );
}

function without(allocs: readonly Alloc[], others: readonly Alloc[]): readonly Alloc[] {
  const ids = new Set(others.map((alloc) => alloc.id));
  return allocs.filter((alloc) => !ids.has(alloc.id));
}
