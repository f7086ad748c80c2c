/** What doors read of variables; see `reads.ts`. */
import type { Namespace } from '../model/ids.ts';
import type { Variable } from '../model/variable.ts';
import type { Read } from './reads.ts';
import { watch } from './watch.ts';

export function readVariable(namespace: Namespace, path: string): Read<Variable | undefined> {
  return (state) => ({
    value: state.variable(namespace, path),
    keys: [watch.variable(namespace, path)],
  });
}

/** Those whose path begins so, by namespace and path; without a namespace those of all. */
export function readVariables(
  namespace: Namespace | undefined,
  prefix: string,
): Read<readonly Variable[]> {
  return (state) => ({
    value: [...state.variables(namespace, prefix)],
    keys: [
      namespace === undefined ? watch.table('variables') : watch.variablePrefix(namespace, prefix),
    ],
  });
}
