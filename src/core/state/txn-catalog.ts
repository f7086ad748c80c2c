/** Operations of a transaction on nodes, services and checks. */
import { folded, onNode } from '../model/catalog.ts';
import type { TxnOp } from './discovery-entry.ts';
import type { Edit } from './edit.ts';
import type { TxnResult } from './outcome.ts';

type CatalogOp = Extract<TxnOp, { of: 'node' | 'service' | 'check' }>;

/** Carries out one operation: answers its results, or why it cannot be, having changed nothing. */
export function changeCatalogRow(edit: Edit, op: CatalogOp): readonly TxnResult[] | string {
  if (op.verb === 'get') return find(edit, op);
  return `the verb "${op.verb}" is not supported`;
}

function find(edit: Edit, op: CatalogOp): readonly TxnResult[] | string {
  switch (op.of) {
    case 'node': {
      const node = edit.table('catalogNodes').get(folded(op.node.name));
      return node === undefined ? "node doesn't exist" : [{ of: 'node', node }];
    }
    case 'service': {
      const service = edit.table('services').get(onNode(op.node, op.service.id));
      return service === undefined ? "service doesn't exist" : [{ of: 'service', service }];
    }
    case 'check': {
      const check = edit.table('checks').get(onNode(op.node, op.check.id));
      return check === undefined ? "check doesn't exist" : [{ of: 'check', check }];
    }
  }
}
