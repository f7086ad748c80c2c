/**
 * What may be asked to change in the catalog: machines, what they offer, how healthy that is, where
 * they stand, and prepared queries. Reads are values, as everywhere: `reads-catalog.ts`,
 * `reads-health.ts`.
 *
 * Fails (all): as `Operations`. Each answers the index of its entry.
 */
import type { Index } from '../base/brand.ts';
import type {
  CatalogDeregistered,
  CatalogRegistered,
  CoordinatesUpdated,
} from '../core/state/discovery-entry.ts';
import { Failure } from '../base/failure.ts';
import type { PreparedQueryFacts } from '../core/model/prepared-query.ts';
import { rowsProblem } from '../core/registration/rows-problem.ts';
import type { Entry } from '../core/state/entry.ts';
import type { Outcome } from '../core/state/outcome.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import { propose } from './proposer.ts';

export interface CatalogOperations {
  /**
   * Registers, or brings up to date, a machine with some of what it offers.
   *
   * Fails: `invalid` a check of an instance that does not exist, what cannot be kept; `conflict`
   * the name belongs to another machine, which is alive.
   */
  register(registration: Registration): Promise<Index>;
  /** Without lists: the whole node. What does not exist is passed over. */
  deregister(what: Deregistration): Promise<Index>;
  /** Those of unknown nodes are passed over. */
  updateCoordinates(updates: CoordinatesUpdated['updates']): Promise<Index>;
  /**
   * Makes a prepared query, or replaces one.
   *
   * Fails: `conflict` its name is taken; `invalid` an unknown session; `not_found` with
   * `mustExist`, where there is none by its id.
   */
  setQuery(query: PreparedQueryFacts, mustExist: boolean): Promise<Index>;
  /** Fails: `not_found`. */
  deleteQuery(id: string): Promise<Index>;
}

export type Registration = Omit<CatalogRegistered, 'type' | 'at'>;
export type Deregistration = Omit<CatalogDeregistered, 'type' | 'at'>;

export interface CatalogOperationDeps {
  readonly log: Log<Entry, Outcome>;
  readonly clock: Clock;
}

export function catalogOperations({ log, clock }: CatalogOperationDeps): CatalogOperations {
  const commit = async (entry: Entry): Promise<Index> => (await propose(log, entry)).index;
  return {
    async register(registration) {
      const problem = rowsProblem(registration);
      if (problem !== undefined) throw new Failure('invalid', problem);
      return commit({ type: 'catalog.register', at: clock.now(), ...registration });
    },
    deregister: (what) => commit({ type: 'catalog.deregister', at: clock.now(), ...what }),
    updateCoordinates: (updates) =>
      commit({ type: 'coordinates.update', at: clock.now(), updates }),
    setQuery: (query, mustExist) =>
      commit({ type: 'query.set', at: clock.now(), query, mustExist }),
    deleteQuery: (id) => commit({ type: 'query.delete', at: clock.now(), id }),
  };
}
