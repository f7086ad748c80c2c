/** Why a placement went where it went, or nowhere: read off a ranking when somebody will want it. */
import type { NodeScore, PlacementMetrics } from '../model/metrics.ts';
import type { Ledger } from './ledger.ts';
import type { Ranking } from './rank/ranking.ts';

/** Best nodes told of one placement. Source: Nomad keeps five. */
const SCORES_MAX = 5;

/** Tells how every node fared at this moment, and the best scores where there are any. */
export function explainRanking(ledger: Ledger, ranking: Ranking): PlacementMetrics {
  ranking.refresh();
  const tally = new Tally();
  for (let leaf = 0; leaf < ranking.length; leaf++) {
    const verdict = ranking.verdictAt(leaf);
    const node = ledger.nodeAt(ranking.slotAt(leaf));
    if (verdict.kind === 'absent') continue;
    tally.inPool++;
    if (verdict.kind === 'elsewhere') continue;
    count(tally.available, node.datacenter);
    tally.evaluated++;
    if (verdict.kind === 'filtered') {
      tally.filtered++;
      count(tally.constraintFiltered, verdict.reason);
      if (node.nodeClass !== '') count(tally.classFiltered, node.nodeClass);
    } else if (verdict.kind === 'exhausted') {
      tally.exhausted++;
      count(tally.dimensionExhausted, verdict.reason);
      if (node.nodeClass !== '') count(tally.classExhausted, node.nodeClass);
    }
  }
  return tally.metrics(scoresOf(ledger, ranking));
}

/** Metrics of a group that nothing was looked at for. */
export const NO_METRICS: PlacementMetrics = {
  nodesEvaluated: 0,
  nodesFiltered: 0,
  nodesInPool: 0,
  nodesAvailable: {},
  classFiltered: {},
  constraintFiltered: {},
  nodesExhausted: 0,
  classExhausted: {},
  dimensionExhausted: {},
  quotaExhausted: [],
  scores: [],
  allocationTimeNs: 0,
  coalescedFailures: 0,
};

class Tally {
  inPool = 0;
  evaluated = 0;
  filtered = 0;
  exhausted = 0;
  readonly available = new Map<string, number>();
  readonly classFiltered = new Map<string, number>();
  readonly constraintFiltered = new Map<string, number>();
  readonly classExhausted = new Map<string, number>();
  readonly dimensionExhausted = new Map<string, number>();

  metrics(scores: readonly NodeScore[]): PlacementMetrics {
    return {
      nodesEvaluated: this.evaluated,
      nodesFiltered: this.filtered,
      nodesInPool: this.inPool,
      nodesAvailable: Object.fromEntries(this.available),
      classFiltered: Object.fromEntries(this.classFiltered),
      constraintFiltered: Object.fromEntries(this.constraintFiltered),
      nodesExhausted: this.exhausted,
      classExhausted: Object.fromEntries(this.classExhausted),
      dimensionExhausted: Object.fromEntries(this.dimensionExhausted),
      quotaExhausted: [],
      scores,
      allocationTimeNs: 0,
      coalescedFailures: 0,
    };
  }
}

function count(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

function scoresOf(ledger: Ledger, ranking: Ranking): readonly NodeScore[] {
  return ranking.bestFew(SCORES_MAX).map((leaf) => ({
    nodeId: ledger.nodeAt(ranking.slotAt(leaf)).id,
    scores: ranking.scoreParts(leaf),
    normScore: ranking.score(leaf),
  }));
}
