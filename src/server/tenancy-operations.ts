/**
 * What may be asked to change of namespaces and node pools: see `Operations`.
 *
 * Fails (all): as `Operations`; `invalid` what cannot be, or is still in use; `not_found`.
 */
import type { Index } from '../base/brand.ts';
import { Failure } from '../base/failure.ts';
import type { Namespace } from '../core/model/ids.ts';
import { tenancyProblem, type NamespaceFacts, type NodePoolFacts } from '../core/model/tenancy.ts';
import type { Entry } from '../core/state/entry.ts';
import type { Outcome } from '../core/state/outcome.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import { propose } from './proposer.ts';

export interface TenancyOperations {
  setNamespace(facts: NamespaceFacts): Promise<Index>;
  deleteNamespace(name: Namespace): Promise<Index>;
  setNodePool(facts: NodePoolFacts): Promise<Index>;
  deleteNodePool(name: string): Promise<Index>;
}

interface Deps {
  readonly log: Log<Entry, Outcome>;
  readonly clock: Clock;
}

export function tenancyOperations({ log, clock }: Deps): TenancyOperations {
  const commit = async (entry: Entry): Promise<Index> => (await propose(log, entry)).index;
  return {
    async setNamespace(facts) {
      refuse(tenancyProblem('namespace', facts));
      const { name, description, meta, enabledDrivers, disabledDrivers } = facts;
      const namespace = { name, description, meta, enabledDrivers, disabledDrivers };
      return commit({ type: 'namespace.set', at: clock.now(), namespace });
    },
    deleteNamespace: (name) => commit({ type: 'namespace.delete', at: clock.now(), name }),
    async setNodePool(facts) {
      refuse(tenancyProblem('node pool', facts));
      const { name, description, meta } = facts;
      return commit({ type: 'node-pool.set', at: clock.now(), pool: { name, description, meta } });
    },
    deleteNodePool: (name) => commit({ type: 'node-pool.delete', at: clock.now(), name }),
  };
}

function refuse(problem: string | undefined): void {
  if (problem !== undefined) throw new Failure('invalid', problem);
}
