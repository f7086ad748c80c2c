/** What became of everything that an evaluation wanted to place. */
import type { Alloc } from '../model/alloc.ts';
import type { AllocId } from '../model/ids.ts';
import type { PlacementMetrics } from '../model/metrics.ts';
import type { Placement, Stop } from '../model/plan.ts';
import type { GroupTerms } from './rankings.ts';

/** What goes, and for which placement of which group. */
export interface PlannedEviction {
  readonly alloc: Alloc;
  readonly byAllocId: AllocId;
  readonly byGroup: string;
}

/** What became of all requests of an evaluation. */
export interface PlaceOutcome {
  readonly placements: readonly Placement[];
  /** Of what the placements replace. */
  readonly stops: readonly Stop[];
  /** What has to go for the sake of the placements. */
  readonly evictions: readonly PlannedEviction[];
  readonly failures: ReadonlyMap<string, { metrics: PlacementMetrics; terms: GroupTerms }>;
  /** By group: how many were not placed. */
  readonly queued: ReadonlyMap<string, number>;
  /** The budget ran out before all were tried. */
  readonly remainder: boolean;
}
