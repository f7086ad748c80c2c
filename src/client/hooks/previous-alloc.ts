/**
 * Waits for the allocation that this one takes the place of, and takes its data over where the
 * group's disk wants that: on this machine as a move, from another one (`migrate`) by way of the
 * servers.
 *
 * PV1: a task never begins on half of the data: it finds all of it, or none and an event that says
 *      why.
 *
 * Source: https://developer.hashicorp.com/nomad/docs/job-specification/ephemeral_disk
 */
import { Bug } from '../../base/assert.ts';
import { Failure, explain } from '../../base/failure.ts';
import { MOVED_DATA_STALL_MS, MOVED_DATA_TRIES } from '../../core/limits.ts';
import type { AllocId } from '../../core/model/ids.ts';
import { megabytes, movingData } from '../../core/runner/events.ts';
import type { AllocData, Unpacked } from '../../ports/alloc-data.ts';
import type { AllocDirs } from '../../ports/alloc-dir.ts';
import type { Clock } from '../../ports/clock.ts';
import type { PreviousAllocs, PreviousQuestion } from '../../ports/previous-allocs.ts';
import { notStalled } from '../../run/not-stalled.ts';
import type { AllocHook, AllocScope } from './hook.ts';

/** Waits until an allocation has ended here; absent ones have. */
export type AwaitEnd = (id: AllocId, signal: AbortSignal) => Promise<void>;

export interface PreviousDeps {
  readonly isHere: (id: AllocId) => boolean;
  readonly awaitEnd: AwaitEnd;
  readonly dirs: AllocDirs;
  readonly data: AllocData;
  readonly previous: PreviousAllocs;
  /** Who this node is. */
  readonly proof: () => Pick<PreviousQuestion, 'nodeId' | 'secretId'>;
  readonly clock: Clock;
}

export function previousAllocHook(deps: PreviousDeps): AllocHook {
  return {
    name: 'previous_alloc',
    async prerun(scope, signal) {
      const { alloc, group, restored } = scope;
      const previous = alloc.previousAllocId;
      if (previous === undefined || restored) return;
      const { sticky, migrate } = group.ephemeralDisk;
      if (deps.isHere(previous)) {
        await deps.awaitEnd(previous, signal);
        throwIfGivenUp(signal);
        if (sticky) await deps.dirs.moveData(previous, alloc.id, tasksOf(scope));
      } else if (sticky && migrate) {
        await new Fetch(previous, scope, deps).run(signal);
      }
    },
    postrun: () => Promise.resolve(),
  };
}

/** The data of one allocation on its way here. */
class Fetch {
  readonly #previous: AllocId;
  readonly #scope: AllocScope;
  readonly #deps: PreviousDeps;
  readonly #question: PreviousQuestion;

  constructor(previous: AllocId, scope: AllocScope, deps: PreviousDeps) {
    this.#previous = previous;
    this.#scope = scope;
    this.#deps = deps;
    this.#question = { ...deps.proof(), allocId: scope.alloc.id };
  }

  /** Fails: `canceled` alone; whatever else goes wrong is told, and the disk is empty (PV1). */
  async run(signal: AbortSignal): Promise<void> {
    try {
      await this.#awaitEnd(signal);
      this.#tell(done(await this.#take(signal), this.#previous));
    } catch (error) {
      if (error instanceof Bug) throw error;
      throwIfGivenUp(signal);
      const what = `Cannot take over the data of allocation "${this.#previous}"`;
      this.#tell(`${what}, the disk is empty: ${explain(error)}`);
    }
  }

  /** For as long as it takes; servers that are away are asked again. */
  async #awaitEnd(signal: AbortSignal): Promise<void> {
    this.#tell(`Waiting for allocation "${this.#previous}" to end, for its data`);
    for (;;) {
      const state = await this.#state(signal);
      throwIfGivenUp(signal);
      if (state === 'ended') return;
      if (state === 'gone') throw new Failure('unavailable', 'its client is out of reach');
    }
  }

  async #state(signal: AbortSignal): Promise<'running' | 'ended' | 'gone'> {
    const { previous, clock } = this.#deps;
    try {
      return await previous.stateOf(this.#question, signal);
    } catch (error) {
      if (!isWorthRetrying(error) || signal.aborted) throw error;
      await clock.sleep(RETRY_MS, signal);
      return 'running';
    }
  }

  async #take(signal: AbortSignal): Promise<Unpacked> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#attempt(signal);
      } catch (error) {
        if (!isWorthRetrying(error) || attempt >= MOVED_DATA_TRIES || signal.aborted) throw error;
        await this.#deps.clock.sleep(RETRY_MS * attempt, signal);
      }
    }
  }

  #attempt(signal: AbortSignal): Promise<Unpacked> {
    const { data, previous, clock } = this.#deps;
    const { alloc } = this.#scope;
    const pieces = notStalled(
      (within) => previous.dataOf(this.#question, within),
      { clock, ms: MOVED_DATA_STALL_MS },
      signal,
    );
    return data.unpack(alloc.id, tasksOf(this.#scope), pieces, signal);
  }

  #tell(text: string): void {
    this.#scope.tell(movingData(text));
  }
}

/** Between two tries [ms]. */
const RETRY_MS = 2_000;

function isWorthRetrying(error: unknown): boolean {
  return error instanceof Failure && (error.fault === 'unavailable' || error.fault === 'timeout');
}

function done({ files, bytes, linksLeftOut }: Unpacked, previous: AllocId): string {
  const links = linksLeftOut === 0 ? '' : `; left out ${linksLeftOut} links that lead elsewhere`;
  const many = files === 1 ? '1 file' : `${files} files`;
  return `Took over the data of allocation "${previous}": ${many}, ${megabytes(bytes)}${links}`;
}

function tasksOf({ group }: AllocScope): readonly string[] {
  return group.tasks.map(({ name }) => name);
}

function throwIfGivenUp(signal: AbortSignal): void {
  if (signal.aborted) throw new Failure('canceled', 'the wait for the predecessor was given up');
}
