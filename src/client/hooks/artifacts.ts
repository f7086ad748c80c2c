import { Bug } from '../../base/assert.ts';
import { Failure } from '../../base/failure.ts';
import { planArtifact, type ArtifactPlan } from '../../core/artifact/source.ts';
import type { Artifact } from '../../core/model/task.ts';
import { downloading, downloadProgress } from '../../core/runner/events.ts';
import type { ArtifactProgress, Artifacts } from '../../ports/artifacts.ts';
import type { Clock } from '../../ports/clock.ts';
import type { AllocHook, TaskHook, TaskScope } from './hook.ts';

/** A download that takes longer than this is told of [ms]. */
const PROGRESS_MS_FIRST = 10_000;

/** Fetches what a task needs, once: what a restart finds is there already. */
export class ArtifactsHook implements AllocHook, TaskHook {
  readonly name = 'artifacts';
  readonly #artifacts: Artifacts;
  readonly #clock: Clock;
  /** Tasks that have theirs, by allocation. */
  readonly #done = new Map<string, Set<string>>();

  constructor(artifacts: Artifacts, clock: Clock) {
    this.#artifacts = artifacts;
    this.#clock = clock;
  }

  prerun(): Promise<void> {
    return Promise.resolve();
  }

  postrun({ alloc }: { readonly alloc: { readonly id: string } }): Promise<void> {
    this.#done.delete(alloc.id);
    return Promise.resolve();
  }

  async prestart(scope: TaskScope, signal: AbortSignal): Promise<void> {
    const { task, alloc, directories } = scope;
    const done = this.#done.get(alloc.id) ?? new Set<string>();
    if (task.artifacts.length === 0 || done.has(task.name)) return;
    scope.note(downloading());
    for (const artifact of task.artifacts) {
      const plan = planOf(artifact, scope);
      try {
        const progress = this.#tellsProgress(plan, scope);
        await this.#artifacts.fetch(plan, { taskDir: directories.taskDir, progress }, signal);
      } catch (cause) {
        if (cause instanceof Bug || signal.aborted) throw cause;
        // Whatever it was, the next try may find it mended: the restart policy says how often.
        const message = `failed to download artifact "${plan.name}"`;
        throw new Failure('unavailable', message, { cause });
      }
    }
    this.#done.set(alloc.id, done.add(task.name));
  }

  /** Tells of what takes long: later and later, as a task keeps few events. */
  #tellsProgress({ name }: ArtifactPlan, scope: TaskScope): (got: ArtifactProgress) => void {
    let pauseMs = PROGRESS_MS_FIRST;
    let nextMs = this.#clock.elapsedMs() + pauseMs;
    return (got) => {
      if (this.#clock.elapsedMs() < nextMs) return;
      pauseMs *= 2;
      nextMs = this.#clock.elapsedMs() + pauseMs;
      scope.note(downloadProgress(name, got));
    };
  }
}

function planOf(artifact: Artifact, scope: TaskScope): ArtifactPlan {
  const { interpolate } = scope;
  const fill = (record: Readonly<Record<string, string>>): Record<string, string> =>
    Object.fromEntries(Object.entries(record).map(([name, text]) => [name, interpolate(text)]));
  const plan = planArtifact({
    source: interpolate(artifact.source),
    options: fill(artifact.options),
    headers: fill(artifact.headers),
    mode: artifact.mode,
    destination: interpolate(artifact.destination),
  });
  if ('mistake' in plan) throw new Failure('invalid', plan.mistake);
  if (isOfMachine(plan) && !mayReadMachine(scope)) {
    const why =
      'files of the machine are only for tasks that are neither isolated nor another user';
    throw new Failure('denied', `artifact "${plan.name}": ${why}`);
  }
  return plan;
}

/** Whether it comes from the machine that the task runs on. */
function isOfMachine({ origin }: ArtifactPlan): boolean {
  return (
    origin.from === 'file' || (origin.from === 'git' && !/^(https?|ssh|git):/.test(origin.url))
  );
}

/** True where the task can read there itself: what the agent may read is not given to others. */
function mayReadMachine({ driver, task }: TaskScope): boolean {
  return driver.capabilities.fsIsolation === 'none' && task.user === '';
}
