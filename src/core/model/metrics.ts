/** Why a placement went where it went, or nowhere. */

/** What was seen while one instance was placed, or could not be. */
export interface PlacementMetrics {
  readonly nodesEvaluated: number;
  readonly nodesFiltered: number;
  readonly nodesInPool: number;
  /** Nodes in reach by datacenter. */
  readonly nodesAvailable: Readonly<Record<string, number>>;
  readonly classFiltered: Readonly<Record<string, number>>;
  /** By constraint, as an operator reads it: `${attr.kernel.name} = plan9`. */
  readonly constraintFiltered: Readonly<Record<string, number>>;
  readonly nodesExhausted: number;
  readonly classExhausted: Readonly<Record<string, number>>;
  /** By dimension: `memory`, `network: reserved port collision http=8081`. */
  readonly dimensionExhausted: Readonly<Record<string, number>>;
  readonly quotaExhausted: readonly string[];
  /** Best first, at most five. */
  readonly scores: readonly NodeScore[];
  readonly allocationTimeNs: number;
  /** Further instances of the same group that failed alike. */
  readonly coalescedFailures: number;
}

export interface NodeScore {
  readonly nodeId: string;
  /** `binpack job-anti-affinity node-affinity allocation-spread node-reschedule-penalty`. */
  readonly scores: Readonly<Record<string, number>>;
  readonly normScore: number;
}

/** Where nobody is told what was seen. */
export const NO_METRICS: PlacementMetrics = {
  ...{ nodesEvaluated: 0, nodesFiltered: 0, nodesInPool: 0, nodesAvailable: {} },
  ...{ classFiltered: {}, constraintFiltered: {}, nodesExhausted: 0, classExhausted: {} },
  ...{ dimensionExhausted: {}, quotaExhausted: [], scores: [], allocationTimeNs: 0 },
  coalescedFailures: 0,
};
