/**
 * Changes of the catalog's rows, whoever asks for them: a registration, a transaction, the end of
 * an allocation.
 *
 * G1: an instance's node exists; a check's node exists, and its instance where it belongs to one.
 * G2: a check carries the name and tags that its instance has now.
 * G3: what ends a check, or makes it critical, ends the sessions that live by it in the same entry;
 *     a node takes its sessions along.
 * G4: what is so already is not written again.
 * G5: what a node offers is in its datacenter: a node that moves leaves its rows behind, so that
 *     who watches either datacenter hears of it.
 */
import { same } from '../../base/same.ts';
import { folded, onNode } from '../model/catalog.ts';
import type { CatalogNode, CatalogNodeFacts, ServiceFacts } from '../model/catalog.ts';
import type { ServiceInstance } from '../model/catalog.ts';
import { SERF_HEALTH } from '../model/health-check.ts';
import type { CheckFacts, HealthCheck } from '../model/health-check.ts';
import type { Edit } from './edit.ts';
import { invalidateSessionsOfCheck, invalidateSessionsOfNode } from './session-edits.ts';

/** Why a machine cannot be registered so; undefined: it can. Changes nothing. */
export function nodeProblem(edit: Edit, facts: CatalogNodeFacts): string | undefined {
  if (facts.id === '') return undefined;
  const other = edit.table('catalogNodes').get(folded(facts.name));
  if (other === undefined || other.id === facts.id) return undefined;
  // A machine registered from outside has no id, and may get an agent.
  if (other.id === '' && nodeById(edit, facts.id) === undefined) return undefined;
  const alive = edit.table('checks').get(onNode(other.name, SERF_HEALTH))?.status === 'passing';
  if (!alive && other.id !== '') return undefined;
  return `node name "${facts.name}" is reserved by node "${other.id}" (${other.address})`;
}

/**
 * Writes a machine's row. One that comes back under another name takes its id along, and what was
 * registered under the old name goes; so does all of one that moved (G5). Called where
 * `nodeProblem` has none.
 */
export function putCatalogNode(edit: Edit, facts: CatalogNodeFacts): CatalogNode {
  const key = folded(facts.name);
  const before = nodeBefore(edit, facts, key);
  const written: CatalogNode = {
    ...facts,
    // Rows on the node name it as it was first written.
    name: before?.name ?? facts.name,
    id: facts.id === '' ? (before?.id ?? '') : facts.id,
    createIndex: before?.createIndex ?? edit.index,
    modifyIndex: edit.index,
  };
  if (before !== undefined && isSame(written, before)) return before;
  edit.putPlain('catalogNodes', written, key);
  return written;
}

/** The row that is written over; what it must not take along is removed. */
function nodeBefore(edit: Edit, facts: CatalogNodeFacts, key: string): CatalogNode | undefined {
  const former = facts.id === '' ? undefined : nodeById(edit, facts.id);
  if (former !== undefined && folded(former.name) !== key) removeCatalogNode(edit, former.name);
  const namesake = edit.table('catalogNodes').get(key);
  if (namesake === undefined || namesake.datacenter === facts.datacenter) return namesake;
  removeCatalogNode(edit, namesake.name);
  return undefined;
}

/** Writes an instance; its checks follow a new name, or new tags (G2). */
export function putService(edit: Edit, node: CatalogNode, facts: ServiceFacts): ServiceInstance {
  const key = onNode(node.name, facts.id);
  const before = edit.table('services').get(key);
  const written: ServiceInstance = {
    ...facts,
    node: node.name,
    createIndex: before?.createIndex ?? edit.index,
    modifyIndex: edit.index,
  };
  if (before !== undefined && isSame(written, before)) return before;
  edit.putPlain('services', written, key);
  if (before !== undefined) retellChecks(edit, written);
  return written;
}

/**
 * Writes a check, and ends the sessions that live by it where it is critical (G3). Its instance
 * exists, if it has one.
 */
export function putCheck(edit: Edit, node: CatalogNode, facts: CheckFacts): HealthCheck {
  const key = onNode(node.name, facts.id);
  const before = edit.table('checks').get(key);
  const service = edit.table('services').get(onNode(node.name, facts.serviceId));
  const written: HealthCheck = {
    ...facts,
    node: node.name,
    serviceName: facts.serviceId === '' ? '' : (service?.name ?? ''),
    serviceTags: facts.serviceId === '' ? [] : (service?.tags ?? []),
    createIndex: before?.createIndex ?? edit.index,
    modifyIndex: edit.index,
  };
  if (before !== undefined && isSame(written, before)) return before;
  edit.putPlain('checks', written, key);
  if (written.status === 'critical') invalidateSessionsOfCheck(edit, node.name, facts.id);
  return written;
}

/** Takes a machine away with all it offers; content where there is none. */
export function removeCatalogNode(edit: Edit, name: string): void {
  const key = folded(name);
  const node = edit.table('catalogNodes').get(key);
  if (node === undefined) return;
  invalidateSessionsOfNode(edit, node.name);
  for (const check of edit.table('checks').keysBy('node', key)) edit.deletePlain('checks', check);
  for (const service of edit.table('services').keysBy('node', key)) {
    edit.deletePlain('services', service);
  }
  for (const { node: where, segment } of edit.table('coordinates').valuesFrom(`${key}\0`)) {
    edit.deletePlain('coordinates', onNode(where, segment));
  }
  edit.deletePlain('catalogNodes', key);
}

/** Takes an instance away with its checks; content where there is none. */
export function removeService(edit: Edit, node: string, id: string): void {
  const key = onNode(node, id);
  if (edit.table('services').get(key) === undefined) return;
  for (const check of edit.table('checks').keysBy('service', key)) removeCheckAt(edit, check);
  edit.deletePlain('services', key);
}

/** Takes a check away, and ends the sessions that live by it; content where there is none. */
export function removeCheck(edit: Edit, node: string, id: string): void {
  removeCheckAt(edit, onNode(node, id));
}

function removeCheckAt(edit: Edit, key: string): void {
  const check = edit.table('checks').get(key);
  if (check === undefined) return;
  edit.deletePlain('checks', key);
  invalidateSessionsOfCheck(edit, check.node, check.id);
}

function nodeById(edit: Edit, id: string): CatalogNode | undefined {
  const [key] = edit.table('catalogNodes').keysBy('id', id);
  return key === undefined ? undefined : edit.table('catalogNodes').get(key);
}

function retellChecks(edit: Edit, service: ServiceInstance): void {
  for (const key of edit.table('checks').keysBy('service', onNode(service.node, service.id))) {
    const check = edit.table('checks').get(key);
    if (check === undefined) continue;
    const { name: serviceName, tags: serviceTags } = service;
    if (check.serviceName === serviceName && same(check.serviceTags, serviceTags)) continue;
    const told = { ...check, serviceName, serviceTags, modifyIndex: edit.index };
    edit.putPlain('checks', told, key);
  }
}

/** Whether the two say the same, whenever each of them came to say it. */
function isSame(written: Indexed, before: Indexed): boolean {
  return same({ ...written, modifyIndex: before.modifyIndex }, before);
}

type Indexed = CatalogNode | ServiceInstance | HealthCheck;
