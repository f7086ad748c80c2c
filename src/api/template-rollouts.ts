/** Asks the servers for leave to take a change of templates over, and tells them how it went. */
import { Failure } from '../base/failure.ts';
import { TEMPLATE_BACKOFF_MS } from '../core/limits.ts';
import type { Api } from './api.ts';
import {
  beginTemplateRollout,
  endTemplateRollout,
  templateRollouts,
} from './nomad/rollout-routes.ts';

interface Task {
  readonly allocId: string;
  readonly task: string;
}

type Sleep = (ms: number, signal: AbortSignal) => Promise<void>;

export interface RolloutCallDeps {
  /** Of the jobs API. */
  readonly api: Api;
  readonly sleep: Sleep;
}

/** Who is over gives no word: places are looked at anew after this long [ms]. */
const LOOK_MS = 10_000;

/**
 * Resolves when the task has its place, or as stopped when nobody is to have one. Servers that are
 * away are asked again.
 *
 * Fails: `canceled`; `not_found` the allocation is over.
 */
export async function beginRollout(
  { api, sleep }: RolloutCallDeps,
  what: Task & Readonly<{ namespace: string; jobId: string; change: string }>,
  signal: AbortSignal,
): Promise<Readonly<{ stopped?: string }>> {
  const { allocId, task, change, namespace, jobId } = what;
  const params = { id: jobId };
  return insist(sleep, signal, async () => {
    for (let index = 0; ;) {
      const input = { params: { id: allocId }, body: { task, change } };
      const told = await api.call(beginTemplateRollout, input, signal);
      if (told.begun) return {};
      if (told.stopped !== '') return { stopped: told.stopped };
      const waits = index === 0 ? {} : { index, waitMs: LOOK_MS };
      const seen = await api.tell(
        templateRollouts,
        { params, query: { namespace, ...waits } },
        signal,
      );
      index = seen.index;
    }
  });
}

/** Gives the place back, however long the servers are away. Fails: `canceled`. */
export async function endRollout(
  { api, sleep }: RolloutCallDeps,
  what: Task & Readonly<{ healthy: boolean; reason: string }>,
  signal: AbortSignal,
): Promise<void> {
  const { allocId, ...body } = what;
  const input = { params: { id: allocId }, body };
  await insist(sleep, signal, () => api.call(endTemplateRollout, input, signal));
}

/** Tries again what may go well the next time, later and later. */
async function insist<T>(sleep: Sleep, signal: AbortSignal, run: () => Promise<T>): Promise<T> {
  for (let pauseMs: number = TEMPLATE_BACKOFF_MS.first; ;) {
    try {
      return await run();
    } catch (error) {
      if (signal.aborted || !isPassing(error)) throw error;
      await sleep(pauseMs, signal);
      pauseMs = Math.min(pauseMs * 2, LOOK_MS);
    }
  }
}

function isPassing(error: unknown): boolean {
  return error instanceof Failure && ['unavailable', 'timeout', 'exhausted'].includes(error.fault);
}
