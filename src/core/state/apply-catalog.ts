/**
 * The catalog: machines, what they offer and how healthy that is, and where they stand.
 *
 * H1: an allocation that should not be found has no rows: they go in the entry that ends it, and a
 *     registration that comes too late leaves them out.
 */
import { same } from '../../base/same.ts';
import { isFindable } from '../model/alloc.ts';
import { folded, onNode } from '../model/catalog.ts';
import type { ServiceFacts } from '../model/catalog.ts';
import type { CheckFacts } from '../model/health-check.ts';
import type { AllocId } from '../model/ids.ts';
import {
  nodeProblem,
  putCatalogNode,
  putCheck,
  putService,
  removeCatalogNode,
  removeCheck,
  removeService,
} from './catalog-edits.ts';
import type {
  CatalogDeregistered,
  CatalogRegistered,
  CoordinatesUpdated,
} from './discovery-entry.ts';
import type { Edit } from './edit.ts';
import { accepted, refused } from './outcome.ts';
import type { Outcome } from './outcome.ts';

export function registerInCatalog(edit: Edit, entry: CatalogRegistered): Outcome {
  const services = entry.services.filter((each) => mayBeFound(edit, each));
  const checks = entry.checks.filter((each) => mayBeFound(edit, each));
  const known = edit.table('catalogNodes').get(folded(entry.node.name));
  const keepsNode = entry.skipNodeUpdate && known !== undefined;
  const problem = keepsNode ? undefined : nodeProblem(edit, entry.node);
  if (problem !== undefined) return refused('conflict', problem);
  const orphan = checks.find((check) => !hasInstance(edit, entry.node.name, check, services));
  if (orphan !== undefined) {
    const what = `there is no "${orphan.serviceId}" on "${entry.node.name}"`;
    return refused('invalid', `Missing service registration: ${what}`);
  }
  const node = keepsNode ? known : putCatalogNode(edit, entry.node);
  for (const each of services) putService(edit, node, each);
  for (const each of checks) putCheck(edit, node, each);
  return accepted(edit);
}

export function deregisterFromCatalog(edit: Edit, entry: CatalogDeregistered): Outcome {
  const { node, serviceIds, checkIds } = entry;
  if (serviceIds === undefined && checkIds === undefined) removeCatalogNode(edit, node);
  for (const id of serviceIds ?? []) removeService(edit, node, id);
  for (const id of checkIds ?? []) removeCheck(edit, node, id);
  return accepted(edit);
}

/** Coordinates of machines that nobody knows are passed over. */
export function updateCoordinates(edit: Edit, { updates }: CoordinatesUpdated): Outcome {
  for (const { node: name, segment, coordinate } of updates) {
    const node = edit.table('catalogNodes').get(folded(name));
    if (node === undefined) continue;
    const key = onNode(name, segment);
    if (same(edit.table('coordinates').get(key)?.coordinate, coordinate)) continue;
    const row = { node: node.name, segment, coordinate, modifyIndex: edit.index };
    edit.putPlain('coordinates', row, key);
  }
  return accepted(edit);
}

/** Takes the rows of allocations that this entry ended out of the catalog (H1). */
export function withdrawEnded(edit: Edit): void {
  const { services, checks } = edit.base.tables;
  if (services.size + checks.size === 0) return;
  for (const id of edit.endedAllocIds) withdrawAlloc(edit, id);
  for (const nodeId of edit.lostNodeIds) {
    for (const id of edit.table('allocs').keysBy('node', nodeId)) {
      withdrawAlloc(edit, id as AllocId);
    }
  }
}

function withdrawAlloc(edit: Edit, id: AllocId): void {
  for (const key of edit.table('services').keysBy('alloc', id)) {
    const service = edit.table('services').get(key);
    if (service !== undefined) removeService(edit, service.node, service.id);
  }
  for (const key of edit.table('checks').keysBy('alloc', id)) {
    const check = edit.table('checks').get(key);
    if (check !== undefined) removeCheck(edit, check.node, check.id);
  }
}

/** False for the rows of an allocation that is over, silent, or on a lost node. */
function mayBeFound(edit: Edit, { allocId }: ServiceFacts | CheckFacts): boolean {
  if (allocId === undefined) return true;
  const alloc = edit.table('allocs').get(allocId);
  if (alloc === undefined || !isFindable(alloc)) return false;
  return edit.table('nodes').get(alloc.nodeId)?.status === 'ready';
}

function hasInstance(
  edit: Edit,
  node: string,
  { serviceId }: CheckFacts,
  services: readonly ServiceFacts[],
): boolean {
  if (serviceId === '' || services.some((each) => each.id === serviceId)) return true;
  return edit.table('services').get(onNode(node, serviceId)) !== undefined;
}
