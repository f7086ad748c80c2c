/**
 * What the catalog cannot hold, whoever registers it: the last door before the log.
 *
 * R1: what is let pass can be kept: its keys fit into a checkpoint's, and one entry is bounded.
 */
import {
  CATALOG_NAME_BYTES_MAX,
  META_KEY_MAX,
  META_PAIRS_MAX,
  META_VALUE_MAX,
  SYNC_ROWS_MAX,
} from '../limits.ts';
import type { CatalogNodeFacts, ServiceFacts } from '../model/catalog.ts';
import type { CheckFacts } from '../model/health-check.ts';
import type { TxnOp } from '../state/discovery-entry.ts';

/** The same of one operation of a transaction. */
export function operationProblem(op: TxnOp): string | undefined {
  switch (op.of) {
    case 'node':
      return nameProblem('Node', op.node.name) ?? metaProblem('NodeMeta', op.node.meta);
    case 'service':
      return nameProblem('Node', op.node) ?? serviceProblem(op.service);
    case 'check':
      return nameProblem('Node', op.node) ?? checkProblem(op.check);
    case 'kv':
    case 'session':
      return undefined;
  }
}

interface Rows {
  readonly node: CatalogNodeFacts;
  readonly services: readonly ServiceFacts[];
  readonly checks: readonly CheckFacts[];
}

/** Why rows cannot be registered, with the place; undefined: they can. */
export function rowsProblem({ node, services, checks }: Rows): string | undefined {
  if (services.length + checks.length > SYNC_ROWS_MAX) {
    return `more than ${SYNC_ROWS_MAX} services and checks in one registration`;
  }
  return (
    nameProblem('Node', node.name) ??
    nameProblem('ID', node.id, 'may be empty') ??
    metaProblem('NodeMeta', node.meta) ??
    firstProblem(services, serviceProblem) ??
    firstProblem(checks, checkProblem)
  );
}

function serviceProblem({ id, name, meta }: ServiceFacts): string | undefined {
  return (
    nameProblem('Service.ID', id) ??
    nameProblem('Service.Service', name) ??
    metaProblem('Service.Meta', meta)
  );
}

function checkProblem({ id, serviceId }: CheckFacts): string | undefined {
  return (
    nameProblem('Check.CheckID', id) ?? nameProblem('Check.ServiceID', serviceId, 'may be empty')
  );
}

/** Names are parts of keys, which a NUL ends, and of answers that people read. */
function nameProblem(path: string, name: string, empty?: 'may be empty'): string | undefined {
  if (name === '' && empty === undefined) return `${path}: must not be empty`;
  if (/[\0-\x1f\x7f]/.test(name)) return `${path}: must not hold control characters`;
  const bytes = encoder.encode(name).length;
  if (bytes <= CATALOG_NAME_BYTES_MAX) return undefined;
  return `${path}: is ${bytes} bytes long, at most ${CATALOG_NAME_BYTES_MAX} are kept`;
}

const encoder = new TextEncoder();

function metaProblem(path: string, meta: Readonly<Record<string, string>>): string | undefined {
  const pairs = Object.entries(meta);
  if (pairs.length > META_PAIRS_MAX) {
    return `${path}: cannot contain more than ${META_PAIRS_MAX} key/value pairs`;
  }
  for (const [key, value] of pairs) {
    if (key === '') return `${path}: a key must not be empty`;
    if (key.length > META_KEY_MAX) return `${path}: a key is longer than ${META_KEY_MAX}`;
    if (value.length > META_VALUE_MAX) {
      return `${path}["${key}"]: is longer than ${META_VALUE_MAX}`;
    }
  }
  return undefined;
}

function firstProblem<Row>(
  rows: readonly Row[],
  problemOf: (row: Row) => string | undefined,
): string | undefined {
  for (const row of rows) {
    const problem = problemOf(row);
    if (problem !== undefined) return problem;
  }
  return undefined;
}
