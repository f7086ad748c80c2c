/**
 * What may be asked to change of variables: see `Operations`.
 *
 * Fails (all): as `Operations`; `invalid` what cannot be kept; `conflict` the condition does not
 * hold.
 */
import type { Index } from '../base/brand.ts';
import { Failure } from '../base/failure.ts';
import type { Namespace } from '../core/model/ids.ts';
import { variableProblem, type VariableFacts } from '../core/model/variable.ts';
import type { Entry } from '../core/state/entry.ts';
import type { Outcome } from '../core/state/outcome.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import { propose } from './proposer.ts';

export interface VariableOperations {
  /** @param ifModifyIndex of what is there; 0: nothing; absent: whatever it is */
  set(variable: VariableFacts, ifModifyIndex?: Index): Promise<Index>;
  /** One that does not exist is not an error, unless a condition says otherwise. */
  delete(key: VariableKey, ifModifyIndex?: Index): Promise<Index>;
}

export interface VariableKey {
  readonly namespace: Namespace;
  readonly path: string;
}

export interface VariableOperationDeps {
  readonly log: Log<Entry, Outcome>;
  readonly clock: Clock;
}

export function variableOperations({ log, clock }: VariableOperationDeps): VariableOperations {
  const commit = async (entry: Entry): Promise<Index> => (await propose(log, entry)).index;
  return {
    async set(variable, ifModifyIndex) {
      const problem = variableProblem(variable);
      if (problem !== undefined) throw new Failure('invalid', problem);
      const condition = ifModifyIndex === undefined ? {} : { ifModifyIndex };
      return commit({ type: 'variable.set', at: clock.now(), variable, ...condition });
    },
    delete: ({ namespace, path }, ifModifyIndex) => {
      const condition = ifModifyIndex === undefined ? {} : { ifModifyIndex };
      return commit({ type: 'variable.delete', at: clock.now(), namespace, path, ...condition });
    },
  };
}
