/**
 * Namespaces and node pools.
 *
 * T1: a write that says what is so already changes nothing.
 * T2: none goes while something that is not over belongs to it.
 */
import { same } from '../../base/same.ts';
import { DEFAULT_NAMESPACE, type Namespace } from '../model/ids.ts';
import type { Job } from '../model/job.ts';
import { BUILT_IN_POOLS } from '../model/tenancy.ts';
import type { Edit } from './edit.ts';
import { accepted, refused } from './outcome.ts';
import type { Outcome } from './outcome.ts';
import type {
  NamespaceDeleted,
  NamespaceSet,
  NodePoolDeleted,
  NodePoolSet,
} from './tenancy-entry.ts';

export function setNamespace(edit: Edit, { namespace }: NamespaceSet): Outcome {
  const before = edit.table('namespaces').get(namespace.name);
  const row = stamped(edit, namespace, before);
  if (before !== undefined && same({ ...row, modifyIndex: before.modifyIndex }, before)) {
    return accepted(edit);
  }
  edit.putPlain('namespaces', row, namespace.name);
  return accepted(edit);
}

export function deleteNamespace(edit: Edit, { name }: NamespaceDeleted): Outcome {
  if (name === DEFAULT_NAMESPACE) return refused('invalid', 'can not delete default namespace');
  if (edit.table('namespaces').get(name) === undefined) {
    return refused('not_found', `namespace "${name}" not found`);
  }
  const busy = inUse(edit, name);
  if (busy !== undefined) return refused('invalid', `namespace "${name}" has ${busy}`);
  edit.deletePlain('namespaces', name);
  return accepted(edit);
}

export function setNodePool(edit: Edit, { pool }: NodePoolSet): Outcome {
  const before = edit.table('nodePools').get(pool.name);
  const row = stamped(edit, pool, before);
  if (before !== undefined && same({ ...row, modifyIndex: before.modifyIndex }, before)) {
    return accepted(edit);
  }
  edit.putPlain('nodePools', row, pool.name);
  return accepted(edit);
}

export function deleteNodePool(edit: Edit, { name }: NodePoolDeleted): Outcome {
  if (BUILT_IN_POOLS.some((pool) => pool.name === name)) {
    return refused('invalid', `node pool "${name}" is built-in and can't be deleted`);
  }
  if (edit.table('nodePools').get(name) === undefined) {
    return refused('not_found', `node pool "${name}" not found`);
  }
  for (const node of edit.base.nodes()) {
    if (node.nodePool === name) return refused('invalid', `node pool "${name}" has nodes`);
  }
  for (const job of edit.base.jobs()) {
    if (job.nodePool !== name || isOver(job)) continue;
    return refused('invalid', `node pool "${name}" has non-terminal jobs`);
  }
  edit.deletePlain('nodePools', name);
  return accepted(edit);
}

function inUse(edit: Edit, name: Namespace): string | undefined {
  for (const job of edit.base.jobs(name)) if (!isOver(job)) return 'non-terminal jobs';
  for (const _ of edit.base.variables(name, '')) return 'variables';
  return undefined;
}

function isOver({ status, stop }: Job): boolean {
  return status === 'dead' && stop;
}

function stamped<Facts extends object>(
  edit: Edit,
  facts: Facts,
  before: { readonly createIndex: Edit['index'] } | undefined,
): Facts & { readonly createIndex: Edit['index']; readonly modifyIndex: Edit['index'] } {
  return {
    ...facts,
    createIndex: before?.createIndex ?? edit.index,
    modifyIndex: edit.index,
  };
}
