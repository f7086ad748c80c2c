/** Why a placement went where it went, on the wire (Nomad's AllocationMetric). */
import type { NodeScore, PlacementMetrics } from '../../core/model/metrics.ts';
import { shape, type Shape } from '../codec/codec.ts';
import { float, floatCodec, int, intMap, list, map, text, texts } from '../codec/fields.ts';

const SCORE: Shape<NodeScore> = shape({
  nodeId: text('NodeID'),
  scores: map('Scores', floatCodec),
  normScore: float('NormScore'),
});

export const METRICS: Shape<PlacementMetrics> = shape(
  {
    nodesEvaluated: int('NodesEvaluated'),
    nodesFiltered: int('NodesFiltered'),
    nodesInPool: int('NodesInPool'),
    nodesAvailable: intMap('NodesAvailable'),
    classFiltered: intMap('ClassFiltered'),
    constraintFiltered: intMap('ConstraintFiltered'),
    nodesExhausted: int('NodesExhausted'),
    classExhausted: intMap('ClassExhausted'),
    dimensionExhausted: intMap('DimensionExhausted'),
    quotaExhausted: texts('QuotaExhausted'),
    scores: list('ScoreMetaData', SCORE),
    allocationTimeNs: int('AllocationTime'),
    coalescedFailures: int('CoalescedFailures'),
  },
  { ResourcesExhausted: null, Scores: null },
);
