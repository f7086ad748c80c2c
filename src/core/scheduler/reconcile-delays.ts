/** What is decided later: each wait is an evaluation with `waitUntil`, and a note on what waits. */
import type { Millis } from '../../base/brand.ts';
import type { Alloc } from '../model/alloc.ts';
import type { EvalTrigger, Evaluation } from '../model/evaluation.ts';
import type { NodeId } from '../model/ids.ts';
import type { Node } from '../model/node.ts';
import type { Stop } from '../model/plan.ts';
import type { TaskGroup } from '../model/task-group.ts';
import { disconnectGraceMs } from './buckets.ts';
import * as say from './descriptions.ts';
import { followUp } from './follow-up.ts';
import { noteOn, stopOf } from './reconcile-stops.ts';
import { nextTry } from './reschedule.ts';

export interface DelayScope {
  readonly group: TaskGroup;
  readonly evaluation: Evaluation;
  readonly now: Millis;
  readonly nodeOf: (id: NodeId) => Node | undefined;
  readonly nextId: () => string;
}

export interface Delays {
  readonly followUps: readonly Evaluation[];
  readonly notes: readonly Stop[];
}

/** Waits that end within this of each other share one evaluation [ms]. Source: Nomad's window. */
const BATCH_WINDOW_MS = 5_000;

/** Failed ones that may be tried again, but not yet. */
export function delayReschedules(allocs: readonly Alloc[], scope: DelayScope): Delays {
  return delayAll(allocs, scope, {
    triggeredBy: 'alloc-failure',
    description: say.DELAYED_RESCHEDULE,
    until: (alloc) => nextTry(alloc, scope.group.reschedule)?.at ?? scope.now,
    note: (alloc, followupEvalId) => noteOn(alloc, alloc.desiredDescription, { followupEvalId }),
  });
}

/** Those on nodes that just fell out of touch: given up when their grace is over. */
export function delayDisconnects(allocs: readonly Alloc[], scope: DelayScope): Delays {
  const graceMs = disconnectGraceMs(scope.group);
  if (graceMs === undefined) {
    const unknown = { clientStatus: 'unknown' } as const;
    return { followUps: [], notes: allocs.map((a) => noteOn(a, say.STOP_UNKNOWN, unknown)) };
  }
  return delayAll(allocs, scope, {
    triggeredBy: 'max-disconnect-timeout',
    description: say.DELAYED_DISCONNECT,
    until: (alloc) => {
      const since = alloc.disconnectedAt ?? scope.nodeOf(alloc.nodeId)?.statusUpdatedAt;
      return ((since ?? scope.now) + graceMs) as Millis;
    },
    note: (alloc, followupEvalId) =>
      noteOn(alloc, say.STOP_UNKNOWN, { clientStatus: 'unknown', followupEvalId }),
  });
}

/** Lost ones whose client stops them by itself after a while: not replaced before. */
export function delayLost(allocs: readonly Alloc[], scope: DelayScope): Delays {
  const { disconnect, stopAfterClientDisconnectMs } = scope.group;
  const afterMs = disconnect?.stopOnClientAfterMs ?? stopAfterClientDisconnectMs ?? 0;
  if (afterMs === 0) return { followUps: [], notes: [] };
  const until = (alloc: Alloc): Millis => {
    const since = alloc.disconnectedAt ?? scope.nodeOf(alloc.nodeId)?.statusUpdatedAt;
    return ((since ?? scope.now) + afterMs) as Millis;
  };
  return delayAll(
    allocs.filter((alloc) => until(alloc) > scope.now),
    scope,
    {
      triggeredBy: 'alloc-failure',
      description: say.DELAYED_RESCHEDULE,
      until,
      note: (alloc, followupEvalId) =>
        stopOf(alloc, say.STOP_LOST, { clientStatus: 'lost', followupEvalId }),
    },
  );
}

interface Delay {
  readonly triggeredBy: EvalTrigger;
  readonly description: string;
  readonly until: (alloc: Alloc) => Millis;
  readonly note: (alloc: Alloc, followupEvalId: Evaluation['id']) => Stop;
}

function delayAll(allocs: readonly Alloc[], scope: DelayScope, delay: Delay): Delays {
  const followUps: Evaluation[] = [];
  const notes: Stop[] = [];
  const waiting = allocs
    .map((alloc) => ({ alloc, until: delay.until(alloc) }))
    .sort((a, b) => a.until - b.until || (a.alloc.id < b.alloc.id ? -1 : 1));
  let shared: Evaluation | undefined;
  for (const { alloc, until } of waiting) {
    if (shared?.waitUntil === undefined || until - shared.waitUntil > BATCH_WINDOW_MS) {
      shared = followUp(scope.evaluation, {
        id: scope.nextId(),
        now: scope.now,
        triggeredBy: delay.triggeredBy,
        status: 'pending',
        description: delay.description,
        waitUntil: until,
      });
      followUps.push(shared);
    }
    notes.push(delay.note(alloc, shared.id));
  }
  return { followUps, notes };
}
