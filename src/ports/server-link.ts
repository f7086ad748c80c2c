/**
 * What a client asks of the servers. In one process it is a direct call; between machines it is
 * the agent link. Every call may be repeated: the servers take a repetition for what it is.
 */
import type { Index, Millis } from '../base/brand.ts';
import type {
  Alloc,
  AllocDeploymentStatus,
  AllocNetworkStatus,
  ClientStatus,
  TaskState,
} from '../core/model/alloc.ts';
import type { AllocId, NodeId } from '../core/model/ids.ts';
import type { Job } from '../core/model/job.ts';
import type { NodeFacts } from '../core/model/node.ts';

export interface ServerLink {
  /** Registers or refreshes the node. The servers decide status, eligibility and drain. */
  registerNode(node: NodeFacts, signal: AbortSignal): Promise<HeartbeatReply>;
  /** Says that the node lives. Fails: `not_found` when the servers forgot it (register again). */
  heartbeat(nodeId: NodeId, secretId: string, signal: AbortSignal): Promise<HeartbeatReply>;
  /**
   * The node's allocations, as a blocking query: answers once something of them is newer than
   * `after`, or after `waitMs`. `index` never falls.
   */
  pullAllocs(query: PullQuery, signal: AbortSignal): Promise<PullReply>;
  /** Reports what became of allocations; resolves when it is durable. */
  updateAllocs(
    nodeId: NodeId,
    secretId: string,
    updates: readonly AllocUpdate[],
    signal: AbortSignal,
  ): Promise<void>;
}

export interface HeartbeatReply {
  readonly index: Index;
  /** Be heard again within this [ms]. */
  readonly ttlMs: number;
  /** Addresses of the servers, for failing over. */
  readonly servers: readonly string[];
}

export interface PullQuery {
  readonly nodeId: NodeId;
  readonly secretId: string;
  readonly after: Index;
  readonly waitMs: number;
  /** True: who asks holds all that was answered up to `after`, and need not be sent it again. */
  readonly brief?: boolean;
  /** True: who asks understands an answer that says only what changed. */
  readonly changes?: boolean;
}

export interface PullReply {
  readonly index: Index;
  /** The allocations of the node, with the job version each belongs to; all but those of `kept`. */
  readonly allocs: readonly Assignment[];
  /**
   * Those that are still there as they were; absent, like `removed`: there are none besides
   * `allocs`.
   */
  readonly kept?: readonly AllocId[];
  /** Those that the servers forgot; then all others that were held are as they were. */
  readonly removed?: readonly AllocId[];
  /** Beside `removed`: how many the node has now, so that a difference is noticed. */
  readonly count?: number;
}

export interface Assignment {
  readonly alloc: Alloc;
  readonly job: Job;
}

/** What a client knows better than the servers. */
export interface AllocUpdate {
  readonly id: AllocId;
  readonly clientStatus: ClientStatus;
  readonly clientDescription: string;
  readonly taskStates: Readonly<Record<string, TaskState>>;
  readonly deploymentStatus?: Pick<AllocDeploymentStatus, 'healthy' | 'at'>;
  readonly networkStatus?: AllocNetworkStatus;
  readonly at: Millis;
}
