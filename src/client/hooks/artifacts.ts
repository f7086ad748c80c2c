import { Bug } from '../../base/assert.ts';
import { Failure } from '../../base/failure.ts';
import { planArtifact, type ArtifactPlan } from '../../core/artifact/source.ts';
import type { Artifact } from '../../core/model/task.ts';
import { downloading } from '../../core/runner/events.ts';
import type { Artifacts } from '../../ports/artifacts.ts';
import type { AllocHook, TaskHook, TaskScope } from './hook.ts';

/** Fetches what a task needs, once: what a restart finds is there already. */
export class ArtifactsHook implements AllocHook, TaskHook {
  readonly name = 'artifacts';
  readonly #artifacts: Artifacts;
  /** Tasks that have theirs, by allocation. */
  readonly #done = new Map<string, Set<string>>();

  constructor(artifacts: Artifacts) {
    this.#artifacts = artifacts;
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
        await this.#artifacts.fetch(plan, directories.taskDir, signal);
      } catch (cause) {
        if (cause instanceof Bug || signal.aborted) throw cause;
        // Whatever it was, the next try may find it mended: the restart policy says how often.
        const message = `failed to download artifact "${plan.name}"`;
        throw new Failure('unavailable', message, { cause });
      }
    }
    this.#done.set(alloc.id, done.add(task.name));
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
