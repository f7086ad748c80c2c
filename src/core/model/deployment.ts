/** The rollout of one job version, with the health of what it placed. */
import type { Index, Millis } from '../../base/brand.ts';
import { isTerminal, type Alloc } from './alloc.ts';
import type { AllocId, DeploymentId, JobId, Namespace } from './ids.ts';

export type DeploymentStatus =
  | 'running'
  | 'paused'
  | 'failed'
  | 'successful'
  | 'cancelled'
  | 'pending'
  | 'blocked'
  | 'unblocking';

export interface Deployment {
  readonly id: DeploymentId;
  readonly namespace: Namespace;
  readonly jobId: JobId;
  readonly jobVersion: number;
  readonly jobModifyIndex: Index;
  readonly jobCreateIndex: Index;
  readonly groups: Readonly<Record<string, DeploymentGroup>>;
  readonly status: DeploymentStatus;
  readonly statusDescription: string;
  /** When the health of one of its allocations was last counted. Never on the wire. */
  readonly judgedIndex?: Index;
  readonly createdAt: Millis;
  readonly modifiedAt: Millis;
  readonly createIndex: Index;
  readonly modifyIndex: Index;
}

export interface DeploymentGroup {
  readonly autoRevert: boolean;
  readonly autoPromote: boolean;
  readonly promoted: boolean;
  readonly placedCanaries: readonly AllocId[];
  readonly desiredCanaries: number;
  readonly desiredTotal: number;
  readonly placedAllocs: number;
  readonly healthyAllocs: number;
  readonly unhealthyAllocs: number;
  readonly progressDeadlineMs: number;
  /** Fails when nothing has become healthy by then; absent until the first placement. */
  readonly requireProgressBy?: Millis;
}

/**
 * How many of a group's canaries live and are healthy now. The group's counts remember also those
 * that were lost since.
 */
export function healthyCanaries(
  group: Pick<DeploymentGroup, 'placedCanaries'>,
  allocOf: (id: AllocId) => Alloc | undefined,
): number {
  return group.placedCanaries.filter((id) => {
    const alloc = allocOf(id);
    return alloc?.deploymentStatus?.healthy === true && !isTerminal(alloc);
  }).length;
}

/** True while it may still place or judge. */
export function isActive(deployment: Pick<Deployment, 'status'>): boolean {
  switch (deployment.status) {
    case 'running':
    case 'paused':
    case 'pending':
    case 'blocked':
    case 'unblocking':
      return true;
    case 'failed':
    case 'successful':
    case 'cancelled':
      return false;
  }
}
