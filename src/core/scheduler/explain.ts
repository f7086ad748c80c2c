/**
 * Why a placement went where it went, or nowhere: read off a ranking when somebody will want it.
 */
import type { NodeScore, PlacementMetrics } from '../model/metrics.ts';
import type { Ledger } from './ledger.ts';
import type { Ranking } from './rank/ranking.ts';

/** Best nodes told of one placement. Source: Nomad keeps five. */
const SCORES_MAX = 5;

/** Tells how every node fares at this moment, and the best scores where there are any. */
export function explainRanking(ledger: Ledger, ranking: Ranking): PlacementMetrics {
  ranking.refresh();
  const { census } = ranking;
  const inReach = census.total('fits') + census.total('filtered') + census.total('exhausted');
  return {
    nodesEvaluated: inReach,
    nodesFiltered: census.total('filtered'),
    nodesInPool: inReach + census.total('elsewhere'),
    nodesAvailable: ranking.available(),
    classFiltered: census.byClass('filtered'),
    constraintFiltered: census.byReason('filtered'),
    nodesExhausted: census.total('exhausted'),
    classExhausted: census.byClass('exhausted'),
    dimensionExhausted: census.byReason('exhausted'),
    quotaExhausted: [],
    scores: scoresOf(ledger, ranking),
    allocationTimeNs: 0,
    coalescedFailures: 0,
  };
}

function scoresOf(ledger: Ledger, ranking: Ranking): readonly NodeScore[] {
  return ranking.bestFew(SCORES_MAX).map((leaf) => ({
    nodeId: ledger.nodeAt(ranking.slotAt(leaf)).id,
    scores: ranking.scoreParts(leaf),
    normScore: ranking.score(leaf),
  }));
}
