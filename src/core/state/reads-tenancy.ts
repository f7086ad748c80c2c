/** What doors read of namespaces and node pools, those that are always there included. */
import type { Namespace } from '../model/ids.ts';
import {
  ALL_POOLS,
  BUILT_IN_POOLS,
  DEFAULT_NAMESPACE_ROW,
  type NamespaceRow,
  type NodePool,
} from '../model/tenancy.ts';
import type { Job } from '../model/job.ts';
import type { Node } from '../model/node.ts';
import type { Read } from './reads.ts';
import type { StateReader } from './snapshot.ts';
import { watch } from './watch.ts';

/** By name. */
export function readNamespaces(prefix: string): Read<readonly NamespaceRow[]> {
  return (state) => ({
    value: namespacesOf(state).filter(({ name }) => name.startsWith(prefix)),
    keys: [watch.table('namespaces')],
  });
}

export function readNamespace(name: Namespace): Read<NamespaceRow | undefined> {
  return (state) => ({ value: namespaceOf(state, name), keys: [watch.table('namespaces')] });
}

/** By name: those that were described, those that nodes say they are of, and the built-in ones. */
export function readNodePools(prefix: string): Read<readonly NodePool[]> {
  return (state) => ({
    value: poolsOf(state).filter(({ name }) => name.startsWith(prefix)),
    keys: [watch.table('nodePools'), watch.table('nodes')],
  });
}

export function readNodePool(name: string): Read<NodePool | undefined> {
  return (state) => ({
    value: poolsOf(state).find((pool) => pool.name === name),
    keys: [watch.table('nodePools'), watch.table('nodes')],
  });
}

export function readPoolNodes(name: string): Read<readonly Node[]> {
  return (state) => ({
    value: [...state.nodes()].filter(({ nodePool }) => name === ALL_POOLS || nodePool === name),
    keys: [watch.table('nodes')],
  });
}

export function readPoolJobs(name: string, namespace: Namespace | undefined): Read<readonly Job[]> {
  return (state) => ({
    value: [...state.jobs(namespace)].filter(({ nodePool }) => nodePool === name),
    keys: [watch.table('jobs')],
  });
}

/** A namespace by its name, the default one even where nobody described it. */
export function namespaceOf(state: StateReader, name: Namespace): NamespaceRow | undefined {
  const row = state.namespace(name);
  return row ?? (name === DEFAULT_NAMESPACE_ROW.name ? DEFAULT_NAMESPACE_ROW : undefined);
}

/** Whether jobs may name that pool. */
export function isPool(state: StateReader, name: string): boolean {
  if (BUILT_IN_POOLS.some((pool) => pool.name === name)) return true;
  if (state.nodePool(name) !== undefined) return true;
  for (const { nodePool } of state.nodes()) if (nodePool === name) return true;
  return false;
}

function namespacesOf(state: StateReader): readonly NamespaceRow[] {
  const rows = [...state.namespaces()];
  if (!rows.some(({ name }) => name === DEFAULT_NAMESPACE_ROW.name)) {
    rows.push(DEFAULT_NAMESPACE_ROW);
  }
  return rows.sort(byName);
}

function poolsOf(state: StateReader): readonly NodePool[] {
  const pools = new Map(BUILT_IN_POOLS.map((pool) => [pool.name, pool]));
  for (const { nodePool: name, createIndex, modifyIndex } of state.nodes()) {
    if (pools.has(name)) continue;
    pools.set(name, { name, description: '', meta: {}, createIndex, modifyIndex });
  }
  for (const pool of state.nodePools()) pools.set(pool.name, pool);
  return [...pools.values()].sort(byName);
}

function byName(a: { readonly name: string }, b: { readonly name: string }): number {
  return a.name < b.name ? -1 : 1;
}
