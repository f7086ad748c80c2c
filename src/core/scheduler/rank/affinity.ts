/**
 * Preferences for kinds of nodes.
 *
 * Source: https://developer.hashicorp.com/nomad/docs/job-specification/affinity
 */
import type { Job } from '../../model/job.ts';
import type { Node } from '../../model/node.ts';
import type { Affinity } from '../../model/placement.ts';
import type { TaskGroup } from '../../model/task-group.ts';
import { holds, type Comparison } from '../feasible/compare.ts';
import { compileTarget } from '../feasible/target.ts';

/** -1..1 for a node: the weights of what it matches, as a share of all weights. */
export type AffinityScore = (node: Node) => number;

export function affinitiesOf(job: Job, group: TaskGroup): readonly Affinity[] {
  return [
    ...job.affinities,
    ...group.affinities,
    ...group.tasks.flatMap((task) => task.affinities),
  ];
}

export function compileAffinities(affinities: readonly Affinity[]): AffinityScore {
  const total = affinities.reduce((sum, affinity) => sum + Math.abs(affinity.weight), 0);
  if (total === 0) return () => 0;
  const rules = affinities.map((affinity) => ({
    left: compileTarget(affinity.lTarget),
    right: compileTarget(affinity.rTarget),
    operand: affinity.operand as Comparison,
    weight: affinity.weight,
  }));
  return (node) => {
    let sum = 0;
    for (const { left, right, operand, weight } of rules) {
      if (holds(operand, left(node), right(node))) sum += weight;
    }
    return sum / total;
  };
}
