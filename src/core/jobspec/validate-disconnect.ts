/**
 * What may be said of instances whose client is out of touch: in the `disconnect` block, or in the
 * older words of the group.
 *
 * Source: https://developer.hashicorp.com/nomad/docs/job-specification/disconnect
 */
import type { Job } from '../model/job.ts';
import type { DisconnectStrategy } from '../model/strategy.ts';
import type { TaskGroup } from '../model/task-group.ts';
import type { Issues } from './issue.ts';

const RECONCILE: Readonly<Record<DisconnectStrategy['reconcile'], true>> = {
  best_score: true,
  keep_original: true,
  keep_replacement: true,
  longest_running: true,
};

export function validateDisconnect(group: TaskGroup, job: Job, issues: Issues): void {
  const { disconnect, maxClientDisconnectMs, stopAfterClientDisconnectMs } = group;
  const runsOnEach = job.type === 'system' || job.type === 'sysbatch';
  const stops = stopAfterClientDisconnectMs !== undefined;
  issues.addIf(
    [
      maxClientDisconnectMs !== undefined && stops,
      'task group cannot be configured with both max_client_disconnect and stop_after_client_disconnect',
    ],
    [(maxClientDisconnectMs ?? 0) < 0, 'max_client_disconnect cannot be negative'],
    [(stopAfterClientDisconnectMs ?? 0) < 0, 'stop_after_client_disconnect cannot be negative'],
    [
      disconnect !== undefined && (stops || maxClientDisconnectMs !== undefined),
      'a disconnect block takes the place of max_client_disconnect and stop_after_client_disconnect: write one or the other',
    ],
  );
  if (disconnect === undefined) return;
  const { lostAfterMs, stopOnClientAfterMs, reconcile } = disconnect;
  issues
    .inside('disconnect')
    .addIf(
      [lostAfterMs < 0, 'lost_after cannot be a negative duration'],
      [(stopOnClientAfterMs ?? 0) < 0, 'stop_on_client_after cannot be a negative duration'],
      [
        lostAfterMs > 0 && stopOnClientAfterMs !== undefined,
        'cannot be configured with both lost_after and stop_on_client_after',
      ],
      [
        stopOnClientAfterMs !== undefined && runsOnEach,
        'stop_on_client_after can only be used with service or batch job types',
      ],
      [
        !Object.hasOwn(RECONCILE, reconcile),
        `reconcile must be one of ${Object.keys(RECONCILE).join(', ')}; not "${reconcile}"`,
      ],
    );
}
