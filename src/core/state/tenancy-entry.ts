/** Entries about namespaces and node pools; see `entry.ts` for what holds of every entry. */
import type { Millis } from '../../base/brand.ts';
import type { Namespace } from '../model/ids.ts';
import type { NamespaceFacts, NodePoolFacts } from '../model/tenancy.ts';

export type TenancyEntry = NamespaceSet | NamespaceDeleted | NodePoolSet | NodePoolDeleted;

/** Equal to what is there: nothing changes. */
export type NamespaceSet = Readonly<{
  type: 'namespace.set';
  at: Millis;
  namespace: NamespaceFacts;
}>;

/** Refused while anything is in it. */
export type NamespaceDeleted = Readonly<{
  type: 'namespace.delete';
  at: Millis;
  name: Namespace;
}>;

/** As for namespaces. */
export type NodePoolSet = Readonly<{ type: 'node-pool.set'; at: Millis; pool: NodePoolFacts }>;

/** Refused while nodes or jobs that run are of it. */
export type NodePoolDeleted = Readonly<{ type: 'node-pool.delete'; at: Millis; name: string }>;
