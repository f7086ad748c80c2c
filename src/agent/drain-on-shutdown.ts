/** Moves an agent's tasks elsewhere before it stops, as `client { drain_on_shutdown {} }` asks. */
import type { Index } from '../base/brand.ts';
import type { NodeId } from '../core/model/ids.ts';
import type { Clock } from '../ports/clock.ts';

export interface ShutdownDrain {
  readonly deadlineMs: number;
  readonly force: boolean;
  readonly ignoreSystemJobs: boolean;
}

/** What it asks of the servers. */
export interface DrainOperations {
  drainNode(
    id: NodeId,
    request: {
      readonly drain: { readonly deadlineMs: number; readonly ignoreSystemJobs: boolean };
      readonly markEligible: boolean;
    },
  ): Promise<{ readonly index: Index }>;
  isDraining(id: NodeId): Promise<boolean>;
}

/** How often the node is looked at [ms]. */
const LOOK_MS = 200;
/** The servers end a drain at its deadline; this much later it is not waited for any more [ms]. */
const SLACK_MS = 5_000;

/** Resolves once the drain is over, its deadline has passed or `signal` aborts. */
export async function drainOnShutdown(
  id: NodeId,
  wanted: ShutdownDrain,
  { ops, clock }: { readonly ops: DrainOperations; readonly clock: Clock },
  signal: AbortSignal,
): Promise<void> {
  const endMs = clock.elapsedMs() + wanted.deadlineMs + SLACK_MS;
  await ops.drainNode(id, {
    drain: {
      deadlineMs: wanted.force ? -1 : wanted.deadlineMs,
      ignoreSystemJobs: wanted.ignoreSystemJobs,
    },
    markEligible: false,
  });
  while (!signal.aborted && clock.elapsedMs() < endMs) {
    if (!(await ops.isDraining(id))) return;
    await clock.sleep(LOOK_MS, signal);
  }
}
