/**
 * What the answers are taken from: the catalog, seen by name and by address. Whoever holds the
 * state adapts it to this.
 *
 * O1: each lookup is by a key of an index; none needs a scan.
 * O2: while nothing changed that an answer of `service` shows, the very same array is answered
 * again, nothing in it changed: what is prepared from it is kept by its identity. A fresh array
 * each time costs speed, nothing else.
 * O3: names are asked for in lower case, and mean any spelling.
 */

import type { QueryReading } from '../state/reads-queries.ts';

export interface Directory {
  /** Of this agent, lower case: what a name without a datacenter means. */
  readonly datacenter: string;

  /** Whether a datacenter (lower case) is known: one that is not has no names at all. */
  hasDatacenter(datacenter: string): boolean;

  /** @param name lower case, may hold dots */
  node(name: string, datacenter: string): DirectoryNode | undefined;

  /**
   * All instances, whatever their health, in any order; empty or undefined: there is none. Whoever
   * asks chooses by tag and health.
   *
   * @param name lower case, without dots
   */
  service(name: string, datacenter: string): readonly Instance[] | undefined;

  /** The servers of this datacenter: its name servers. */
  servers(): readonly DirectoryNode[];

  /**
   * The node, or else an instance, with this address; any one, if several have it. The datacenter
   * is this agent's.
   *
   * @param address as `canonicalAddress` writes it
   */
  owner(address: string): AddressOwner | undefined;

  /**
   * Executes a prepared query, templates and failover included; undefined: there is no such query.
   *
   * @param name of the query or its id, lower case, may hold dots
   */
  preparedQuery(name: string, datacenter: string): QueryResult | undefined;
}

export interface DirectoryNode {
  /** As registered. */
  readonly name: string;
  /** An IP address, or a host name of somebody else's. */
  readonly address: string;
  /** Of these, `lan_ipv4` and `lan_ipv6` are used where a question is for that family. */
  readonly taggedAddresses: Readonly<Record<string, string>>;
  readonly meta: Readonly<Record<string, string>>;
}

export interface Instance {
  readonly node: DirectoryNode;
  /** An IP address or a host name; empty: the node's. */
  readonly address: string;
  /** Of these, `lan_ipv4` and `lan_ipv6` are used where a question is for that family. */
  readonly taggedAddresses: Readonly<Record<string, { readonly address: string }>>;
  readonly port: number;
  readonly tags: readonly string[];
  readonly weights: { readonly passing: number; readonly warning: number };
  /** The worst of the instance's and its node's checks; maintenance of either is critical. */
  readonly status: InstanceStatus;
}

export type InstanceStatus = 'passing' | 'warning' | 'critical';

export type AddressOwner =
  | { readonly kind: 'node'; readonly node: string }
  | { readonly kind: 'service'; readonly service: string };

export interface QueryResult {
  /** Healthy as the query wants. */
  readonly instances: readonly Instance[];
  /** They are answered in this order, nearest first; false: in one that is drawn. */
  readonly ordered: boolean;
  /** Lower case; another than asked for, where the query failed over. */
  readonly datacenter: string;
  /** As registered. */
  readonly service: string;
  /** As the query says it [ms]; undefined: the service's. */
  readonly ttlMs?: number;
  /** Where nothing is found here and it may be in other regions: to be carried on there. */
  readonly pending?: QueryReading;
}
