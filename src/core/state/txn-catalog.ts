/** Operations of a transaction on nodes, services and checks. */
import type { Index } from '../../base/brand.ts';
import { folded, onNode } from '../model/catalog.ts';
import type { CatalogNode } from '../model/catalog.ts';
import {
  nodeProblem,
  putCatalogNode,
  putCheck,
  putService,
  removeCatalogNode,
  removeCheck,
  removeService,
} from './catalog-edits.ts';
import type { TxnOp } from './discovery-entry.ts';
import type { Edit } from './edit.ts';
import type { TxnResult } from './outcome.ts';

type NodeOp = Extract<TxnOp, { of: 'node' }>;
type ServiceOp = Extract<TxnOp, { of: 'service' }>;
type CheckOp = Extract<TxnOp, { of: 'check' }>;
type CatalogOp = NodeOp | ServiceOp | CheckOp;

/** How one kind of row is dealt with. */
interface Kind {
  /** In messages. */
  readonly name: string;
  readonly before: { readonly modifyIndex: Index } | undefined;
  /** Writes the row: why it cannot be, or undefined. */
  readonly put: () => string | undefined;
  readonly remove: () => void;
  /** The row as it is by now. */
  readonly tell: () => readonly TxnResult[];
}

/** Carries out one operation: answers its results, or why it cannot be, having changed nothing. */
export function changeCatalogRow(edit: Edit, op: CatalogOp): readonly TxnResult[] | string {
  const kind = kindOf(edit, op);
  const isThere = (kind.before?.modifyIndex ?? 0) === op.index;
  switch (op.verb) {
    case 'get':
      return kind.before === undefined ? `${kind.name} doesn't exist` : kind.tell();
    case 'cas':
      if (!isThere) return `failed to set ${kind.name}, index is stale`;
      return kind.put() ?? kind.tell();
    case 'set':
      return kind.put() ?? kind.tell();
    case 'delete-cas':
      if (!isThere) return `failed to delete ${kind.name}, index is stale`;
      kind.remove();
      return [];
    case 'delete':
      kind.remove();
      return [];
  }
}

function kindOf(edit: Edit, op: CatalogOp): Kind {
  switch (op.of) {
    case 'node':
      return nodeKind(edit, op);
    case 'service':
      return serviceKind(edit, op);
    case 'check':
      return checkKind(edit, op);
  }
}

function nodeKind(edit: Edit, { node: facts }: NodeOp): Kind {
  const find = (): CatalogNode | undefined => edit.table('catalogNodes').get(folded(facts.name));
  return {
    name: `node ${JSON.stringify(facts.name)}`,
    before: find(),
    put: () => {
      const problem = nodeProblem(edit, facts);
      if (problem === undefined) putCatalogNode(edit, facts);
      return problem;
    },
    remove: () => removeCatalogNode(edit, facts.name),
    tell: () => {
      const node = find();
      return node === undefined ? [] : [{ of: 'node', node }];
    },
  };
}

function serviceKind(edit: Edit, { node: name, service: facts }: ServiceOp): Kind {
  const key = onNode(name, facts.id);
  return {
    name: `service ${JSON.stringify(facts.id)} on node ${JSON.stringify(name)}`,
    before: edit.table('services').get(key),
    put: () => {
      const node = edit.table('catalogNodes').get(folded(name));
      if (node === undefined) return 'Missing node registration';
      putService(edit, node, facts);
      return undefined;
    },
    remove: () => removeService(edit, name, facts.id),
    tell: () => {
      const service = edit.table('services').get(key);
      return service === undefined ? [] : [{ of: 'service', service }];
    },
  };
}

function checkKind(edit: Edit, { node: name, check: facts }: CheckOp): Kind {
  const key = onNode(name, facts.id);
  return {
    name: `check ${JSON.stringify(facts.id)} on node ${JSON.stringify(name)}`,
    before: edit.table('checks').get(key),
    put: () => {
      const node = edit.table('catalogNodes').get(folded(name));
      if (node === undefined) return 'Missing node registration';
      const isOrphan =
        facts.serviceId !== '' &&
        edit.table('services').get(onNode(name, facts.serviceId)) === undefined;
      if (isOrphan) return 'Missing service registration';
      putCheck(edit, node, facts);
      return undefined;
    },
    remove: () => removeCheck(edit, name, facts.id),
    tell: () => {
      const check = edit.table('checks').get(key);
      return check === undefined ? [] : [{ of: 'check', check }];
    },
  };
}
