/**
 * Decides one group of a service or batch job: what stays, what goes, what is to be placed.
 *
 * R2: at most `update.max_parallel` instances of a rollout are replaced or waited for at a time;
 *     those that are missing, or leave a draining node, are among them.
 * R3: canaries that are not promoted stand beside the old instances and take nothing from them.
 * R4: once its answer is carried out, an evaluation leaves nothing to do for another at that
 *     instant.
 * R5: of each name one is left that runs or may run again, canaries apart; silent ones are not
 *     counted before they are heard of again.
 * R6: once nothing fails or is waited for, a job has its instances, all of its newest version.
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
import { BUCKETS, byName, disconnectGraceMs, emptyBuckets, type Buckets } from './buckets.ts';
import { delayDisconnects, delayLost, delayReschedules } from './reconcile-delays.ts';
import { NameIndex } from './name-index.ts';
import { noteOn, oneForEach, pickSurplus, stopOf } from './reconcile-stops.ts';
import type { PlaceRequest } from './reconcile-result.ts';
import { nextTry } from './reschedule.ts';
import { freshGroupState, isRolledOut } from './rollout.ts';
import { sortAllocs, type SortScope } from './sort-allocs.ts';
import { doublesOf, runningSince, silentOf, youngestOfEach } from './stand-ins.ts';
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
  draft.takeCanaries(buckets);
  draft.resolveDoubles(buckets);
  draft.delay(buckets);
  draft.stopSurplus(buckets);
  draft.noteReturned(buckets);
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
  /** Of a rollout that is not promoted; kept apart from the instances that they stand beside. */
  readonly #canaries = emptyBuckets();
  #names: NameIndex;
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

  /** Stops canaries whose rollout is over, and sets aside those of the running one (R3). */
  takeCanaries(buckets: Buckets): void {
    for (const bucket of BUCKETS) {
      if (bucket === 'ignore') continue;
      for (const canary of buckets[bucket].filter(isCanary)) {
        if (bucket === 'lost') this.#stop(canary, LOST);
        else if (this.#isForsaken(canary)) this.#stop(canary, NOT_NEEDED);
        // One that has to leave its node is not moved: a new one is placed for it.
        else if (bucket === 'migrate') this.#stop(canary, MIGRATING);
        else this.#canaries[bucket].push(canary);
      }
      buckets[bucket] = buckets[bucket].filter((alloc) => !isCanary(alloc));
    }
  }

  /** Its rollout failed, or a newer one began; also where it failed and waits for its next try. */
  #isForsaken(canary: Alloc): boolean {
    const { rollout } = this.#scope;
    return rollout.failed || canary.deploymentId !== rollout.current?.id;
  }

  /** Where an instance came back beside its replacement, one of the two goes (R5). */
  resolveDoubles(buckets: Buckets): void {
    for (const each of [buckets, this.#canaries]) {
      const moving = new Set(each.migrate);
      const holders = [...each.keep, ...each.migrate, ...each.rescheduleNow];
      const losers = doublesOf([...holders, ...each.rescheduleLater], {
        isOutdated: (alloc) => this.#isOutdated(alloc),
        isMoving: (alloc) => moving.has(alloc),
        runsSince: (alloc) => runningSince(alloc, this.#group),
        reconcile: this.#group.disconnect?.reconcile,
      });
      for (const loser of byName([...losers])) this.#giveUp(loser);
      for (const bucket of HOLDING) {
        each[bucket] = each[bucket].filter((alloc) => !losers.has(alloc));
      }
    }
  }

  #isOutdated({ createIndex, jobVersion }: Alloc): boolean {
    const { job } = this.#scope;
    return createIndex < job.createIndex || jobVersion !== job.version;
  }

  /** Work that was done twice is history, the rest is told to stop, or not to be tried again. */
  #giveUp(double: Alloc): void {
    const hasFailed = double.clientStatus === 'failed' && double.desiredStatus === 'run';
    if (hasFailed || (!isTerminal(double) && this.#isOutdated(double)))
      this.#stop(double, NOT_NEEDED);
    else if (!isTerminal(double)) this.#stop(double, RECONNECTED);
  }

  /** What has to wait gets an evaluation for later. */
  delay(buckets: Buckets): void {
    const canaries = this.#canaries;
    const failed = [...buckets.rescheduleLater, ...canaries.rescheduleLater];
    const delays = [
      delayReschedules(failed, this.#scope),
      delayDisconnects([...buckets.disconnect, ...canaries.disconnect], this.#scope),
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
    // They keep their places: until replaced, they are what there is of them.
    buckets.keep.push(...buckets.rescheduleLater);
    canaries.keep.push(...canaries.rescheduleLater);
  }

  stopSurplus(buckets: Buckets): void {
    const { keep, migrate, lost, rescheduleNow, disconnect } = buckets;
    for (const alloc of lost) this.#stop(alloc, LOST);
    const surplus = pickSurplus({
      count: this.#group.count,
      keep: [...keep, ...rescheduleNow],
      migrate,
      names: this.#nameIndex([...keep, ...migrate, ...rescheduleNow, ...lost, ...disconnect]),
      naming: { job: this.#scope.job.id, group: this.#group.name },
    });
    for (const alloc of surplus) this.#stop(alloc, NOT_NEEDED);
    buckets.keep = keep.filter((alloc) => !surplus.has(alloc));
    buckets.migrate = migrate.filter((alloc) => !surplus.has(alloc));
    buckets.rescheduleNow = rescheduleNow.filter((alloc) => !surplus.has(alloc));
    if (!this.#replacesUnknown()) this.#waitForSilent(buckets);
    // Whoever is replaced hands its name on.
    const left = [...buckets.keep, ...buckets.migrate, ...buckets.rescheduleNow];
    this.#names = this.#nameIndex([...left, ...lost, ...disconnect]);
  }

  /** They keep the places that nobody else has: what runs is not stopped for their sake. */
  #waitForSilent(buckets: Buckets): void {
    const silent = [...buckets.disconnect, ...buckets.unknown];
    const holders = [...buckets.keep, ...buckets.migrate, ...buckets.rescheduleNow];
    const held = namesOf(holders);
    const alone = youngestOfEach(silent).filter((alloc) => !held.has(alloc.name));
    const room = Math.max(0, this.#group.count - holders.length);
    for (const alloc of alone.slice(room)) this.#stop(alloc, NOT_NEEDED);
    buckets.keep.push(...alone.slice(0, room));
    this.ignored += silent.length - alone.length;
    this.#canaries.keep.push(...this.#canaries.disconnect, ...this.#canaries.unknown);
  }

  /** What was silent and stays is like any other again. */
  noteReturned(buckets: Buckets): void {
    for (const alloc of [...buckets.keep, ...this.#canaries.keep]) {
      const wasSilent = alloc.desiredDescription === say.STOP_UNKNOWN && !isTerminal(alloc);
      if (wasSilent && alloc.clientStatus !== 'unknown') this.#stops.push(noteOn(alloc, '', {}));
    }
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
    this.#present = buckets.keep;
    this.ignored += this.#canaries.keep.length;
    this.#expect(destructive.length + inPlace.length);
  }

  placeCanaries(): void {
    // Nothing would ever promote those of a group that has no rollout.
    const wanted = this.#state === undefined ? 0 : (this.#group.update?.canary ?? 0);
    const { rollout } = this.#scope;
    const promoted = this.#state?.promoted === true;
    // One that failed is still one: it is tried again in its time, or its rollout fails.
    const canaries = [...this.#canaries.keep, ...this.#canaries.rescheduleNow];
    // Also where nothing of the old version is left beside them.
    const isOutdated = this.#destructive.length > 0 || this.#inCanaryPhase();
    this.#wantsCanaries = isOutdated && canaries.length < wanted && !promoted;
    if (!this.#wantsCanaries) return;
    if (this.#state !== undefined && this.#known === undefined) {
      this.#state = { ...this.#state, desiredCanaries: wanted };
    }
    if (rollout.paused || rollout.failed) return;
    const missing = wanted - canaries.length;
    const names = this.#nameIndex([...this.#present, ...canaries]);
    for (const name of names.nextCanaries(missing, canaries, this.#destructive)) {
      this.#place.push({ name, canary: true, reschedule: false });
      this.#canaryCount++;
    }
  }

  /** Replaces what failed or was lost, then fills up to the count. */
  placeMissing(buckets: Buckets): void {
    this.#limit = this.#computeLimit(buckets);
    if (this.#waitsForClients) {
      const { keep, rescheduleNow } = buckets;
      this.#limit -= Math.max(0, this.#group.count - keep.length - rescheduleNow.length);
      return;
    }
    const requests = this.#missing(buckets);
    this.#expect(requests.length);
    this.#pending += requests.length;
    const { rollout } = this.#scope;
    const ready = this.#placesFreely();
    // A rollout that stands still must not keep lost and failed instances from being replaced.
    let lost = buckets.lost.length;
    const allowed = requests.filter(({ previous, reschedule }) => {
      if (ready) return true;
      // Of a group that the rollout does not concern nobody judges it.
      const isItsOwn = this.#known !== undefined && previous?.deploymentId === rollout.current?.id;
      if (reschedule) return !(rollout.failed && isItsOwn);
      return lost-- > 0;
    });
    this.#limit -= requests.length + buckets.migrate.length;
    this.#place.push(...allowed);
    this.#placedCount += allowed.length;
    this.#stopped += allowed.filter((request) => request.reschedule).length;
  }

  /** Replaces instances of the old version, as many at a time as the rollout allows (R2). */
  replaceOutdated(): void {
    const limit = this.#placesFreely() ? Math.max(0, this.#limit) : 0;
    const count = Math.min(this.#destructive.length, limit);
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
      stops: oneForEach(this.#stops),
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
    return this.#known === undefined || isRolledOut(this.#known);
  }

  #missing(buckets: Buckets): readonly PlaceRequest[] {
    const { keep, migrate, rescheduleNow, lost, disconnect, unknown } = buckets;
    const failed = [...rescheduleNow, ...this.#canaries.rescheduleNow];
    const requests = byName(failed).map((alloc) => this.#rescheduled(alloc));
    const { count } = this.#group;
    let existing = keep.length + migrate.length + rescheduleNow.length;
    const gone = youngestOfEach([...lost, ...(this.#replacesUnknown() ? disconnect : [])]);
    const held = namesOf([...keep, ...migrate, ...rescheduleNow]);
    for (const alloc of gone) {
      if (existing >= count) break;
      // One that was silent for long, and has its stand-in already.
      if (held.has(alloc.name)) continue;
      existing++;
      requests.push(this.#successor(alloc));
    }
    if (this.#replacesUnknown()) {
      this.ignored += unknown.length + this.#canaries.unknown.length;
    }
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
    const canary = isCanary(alloc);
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
    const { current } = rollout;
    if (current === undefined || !isActive(current)) return update.maxParallel;
    const placed = this.#present.filter((alloc) => alloc.deploymentId === current.id);
    // One that is unhealthy stops the rollout.
    if (placed.some((alloc) => alloc.deploymentStatus?.healthy === false)) return 0;
    return update.maxParallel - placed.filter(isWaitedFor).length;
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

/** Where those are that hold their names. */
const HOLDING = ['keep', 'migrate', 'rescheduleNow', 'rescheduleLater'] as const;

const RECONNECTED: StopReason = { description: say.STOP_RECONNECTED };
const NOT_NEEDED: StopReason = { description: say.STOP_NOT_NEEDED };
const MIGRATING: StopReason = { description: say.STOP_MIGRATING };
const LOST: StopReason = { description: say.STOP_LOST, clientStatus: 'lost' };

/** Promotion takes the mark away: whoever has it is not promoted. */
function isCanary(alloc: Alloc): boolean {
  return alloc.deploymentStatus?.canary === true;
}

/** Not yet healthy; or it was, and failed, and waits to be tried again. */
function isWaitedFor(alloc: Alloc): boolean {
  return alloc.deploymentStatus?.healthy !== true || isTerminal(alloc);
}

function namesOf(allocs: readonly Alloc[]): ReadonlySet<string> {
  return new Set(allocs.map((alloc) => alloc.name));
}
