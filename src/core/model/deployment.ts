/** The rollout of one job version, with the health of what it placed. */
import type { Index, Millis } from '../../base/brand.ts';
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
