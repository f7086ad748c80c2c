/** A change of a group's count, or what an autoscaler noted about it. */
import type { Index, Millis } from '../../base/brand.ts';
import type { JsonObject } from '../../base/json.ts';
import type { EvalId, JobId, Namespace } from './ids.ts';

export interface ScalingEvent {
  readonly at: Millis;
  /** Absent for a note that changed nothing. */
  readonly count?: number;
  readonly previousCount: number;
  readonly message: string;
  readonly error: boolean;
  /** Whatever the sender noted. */
  readonly meta: JsonObject;
  readonly evalId?: EvalId;
  readonly createIndex: Index;
}

/** The scaling events of one job by group, newest first. */
export interface ScalingEvents {
  readonly namespace: Namespace;
  readonly jobId: JobId;
  readonly groups: Readonly<Record<string, readonly ScalingEvent[]>>;
  readonly modifyIndex: Index;
}
