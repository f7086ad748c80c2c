/** Variables. */
import { HEADERS } from '../../api/common-query.ts';
import * as routes from '../../api/nomad/variable-routes.ts';
import { VARIABLE, VARIABLE_META } from '../../api/nomad/variable-routes.ts';
import type { Index, Millis } from '../../base/brand.ts';
import { Failure } from '../../base/failure.ts';
import { writeJson } from '../../base/json.ts';
import type { Namespace } from '../../core/model/ids.ts';
import type { Variable } from '../../core/model/variable.ts';
import { readVariable, readVariables } from '../../core/state/reads-variables.ts';
import type { VariableKey } from '../variable-operations.ts';
import { toldOf, type HttpDeps } from './deps.ts';
import { invalid, notFound } from './fail.ts';
import { listing } from './list.ts';
import { bind, bindRaw, type Bound } from './mount.ts';

/** Binds what concerns variables. */
export function variableHandlers({ ops }: HttpDeps): readonly Bound[] {
  return [
    bind(routes.listVariables, async ({ query, listed, waiting, signal }) => {
      const read = readVariables(listed, query.prefix ?? '');
      const answer = await ops.query(read, waiting, signal);
      const page = listing(answer.value, VARIABLE_META, query, tokenOf);
      return { ...page, ...toldOf(answer) };
    }),
    bind(routes.readVariable, async ({ params, namespace, waiting, signal }) => {
      const key = keyOf(namespace, params.path);
      const read = readVariable(key.namespace, key.path);
      const answer = await ops.query(read, waiting, signal);
      if (answer.value === undefined) throw notFound('variable not found', answer.index);
      return { value: answer.value, ...toldOf(answer) };
    }),
    bind(routes.writeVariable, async ({ params, query, body, namespace }) => {
      refuseLocks(query);
      const own = body.namespace === '' ? namespace : body.namespace;
      const key = keyOf(own, params.path);
      if (body.path !== '' && trimmed(body.path) !== key.path) {
        throw invalid(`the path in the body is "${body.path}", that of the request "${key.path}"`);
      }
      if (Object.keys(body.items).length === 0) {
        throw invalid('variable missing required Items object');
      }
      const facts = { ...key, items: body.items };
      const conflict = await conflictOf(ops, key, () =>
        ops.variables.set(facts, query.cas as Index | undefined),
      );
      if (conflict !== undefined) {
        return { value: conflict, status: 409, index: conflict.modifyIndex };
      }
      const written = ops.snapshot().variable(key.namespace, key.path) ?? absent(key);
      return { value: { ...written, items: body.items }, index: written.modifyIndex };
    }),
    bindRaw(routes.deleteVariable, async ({ params, query, namespace }) => {
      const key = keyOf(namespace, params.path);
      const conflict = await conflictOf(ops, key, () =>
        ops.variables.delete(key, query.cas as Index | undefined),
      );
      const { index } = conflict === undefined ? ops.snapshot() : { index: conflict.modifyIndex };
      const headers = { [HEADERS.index]: String(index) };
      if (conflict === undefined) return { status: 204, headers, body: '' };
      const body = writeJson(VARIABLE.encode(conflict, 'full'));
      return { status: 409, headers: { ...headers, 'Content-Type': 'application/json' }, body };
    }),
  ];
}

/** A write that was to take a lock, and takes none, would be a lie. */
function refuseLocks(query: {
  readonly lockAcquire?: boolean | undefined;
  readonly lockRenew?: boolean | undefined;
  readonly lockRelease?: boolean | undefined;
}): void {
  const { lockAcquire, lockRenew, lockRelease } = query;
  if (lockAcquire === undefined && lockRenew === undefined && lockRelease === undefined) return;
  throw new Failure('unsupported', 'variables have no locks here: use keys and sessions');
}

/** Carries a change out; answers what was there instead where its condition did not hold. */
async function conflictOf(
  ops: HttpDeps['ops'],
  key: VariableKey,
  change: () => Promise<Index>,
): Promise<Variable | undefined> {
  try {
    await change();
    return undefined;
  } catch (error) {
    if (!(error instanceof Failure) || error.fault !== 'conflict') throw error;
    return ops.snapshot().variable(key.namespace, key.path) ?? absent(key);
  }
}

/** What stands for a variable that is not there. */
function absent(key: VariableKey): Variable {
  const never = { createIndex: 0 as Index, modifyIndex: 0 as Index };
  return { ...key, ...never, createdAt: 0 as Millis, modifiedAt: 0 as Millis, items: {} };
}

function keyOf(namespace: Namespace, path: string): VariableKey {
  const own = trimmed(path);
  if (own === '') throw invalid('missing variable path');
  return { namespace, path: own };
}

/** Slashes at the ends are people's habit. */
function trimmed(path: string): string {
  return path.replace(/^\/+|\/+$/g, '');
}

/** In the order of the list: by namespace, then by path. */
function tokenOf({ namespace, path }: VariableKey): string {
  return `${namespace}.${path}`;
}
