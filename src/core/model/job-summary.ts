/** How a job fares, counted by group; kept as allocations change. */
import type { Index } from '../../base/brand.ts';
import type { JobId, Namespace } from './ids.ts';

export interface JobSummary {
  readonly namespace: Namespace;
  readonly jobId: JobId;
  readonly groups: Readonly<Record<string, GroupSummary>>;
  /** Of a periodic or parameterized job: its children by status. */
  readonly children?: Readonly<{ pending: number; running: number; dead: number }>;
  readonly createIndex: Index;
  readonly modifyIndex: Index;
}

/** Allocations of one group by what became of them, terminal ones included until collected. */
export interface GroupSummary {
  /** Wanted, and not placed yet. */
  readonly queued: number;
  readonly starting: number;
  readonly running: number;
  readonly failed: number;
  readonly complete: number;
  readonly lost: number;
  readonly unknown: number;
}

export const EMPTY_GROUP_SUMMARY: GroupSummary = {
  queued: 0,
  starting: 0,
  running: 0,
  failed: 0,
  complete: 0,
  lost: 0,
  unknown: 0,
};
