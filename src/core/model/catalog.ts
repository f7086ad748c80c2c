/**
 * The catalog: which machines there are and what each of them offers.
 *
 * Names of nodes and services are kept as they were written and found without regard to case, as
 * DNS does. Source: https://developer.hashicorp.com/consul/api-docs/catalog
 */
import type { Index } from '../../base/brand.ts';
import type { AllocId } from './ids.ts';

/** An address under a name such as `lan`, `wan`, `lan_ipv4`. */
export type NodeAddresses = Readonly<Record<string, string>>;

/** Where an instance is reached from elsewhere, under a name such as `lan` or `wan`. */
export interface ServiceAddress {
  readonly address: string;
  readonly port: number;
}

/** What one who registers a machine says of it. */
export interface CatalogNodeFacts {
  /** Unique in the datacenter but for case. */
  readonly name: string;
  /** A UUID; empty for machines that run no agent. */
  readonly id: string;
  /** An IP address or a host name. */
  readonly address: string;
  readonly datacenter: string;
  readonly taggedAddresses: NodeAddresses;
  readonly meta: Readonly<Record<string, string>>;
}

export interface CatalogNode extends CatalogNodeFacts {
  readonly createIndex: Index;
  readonly modifyIndex: Index;
}

/** The share of answers that an instance gets, by its health. */
export interface ServiceWeights {
  readonly passing: number;
  readonly warning: number;
}

export const DEFAULT_WEIGHTS: ServiceWeights = { passing: 1, warning: 1 };

/** Empty: an ordinary service. The others are registered and listed, but carry no mesh traffic. */
export type ServiceKind =
  '' | 'connect-proxy' | 'mesh-gateway' | 'terminating-gateway' | 'ingress-gateway' | 'api-gateway';

/** What every account of an instance says of it. */
export interface ServiceDescription {
  /** Unique on its node. */
  readonly id: string;
  readonly name: string;
  readonly kind: ServiceKind;
  readonly tags: readonly string[];
  /** Empty: the node's. */
  readonly address: string;
  /** 0: none. */
  readonly port: number;
  /** Instead of a port; empty: none. */
  readonly socketPath: string;
  readonly taggedAddresses: Readonly<Record<string, ServiceAddress>>;
  readonly meta: Readonly<Record<string, string>>;
  /** Tags changed in the catalog are not put back by the agent that owns the instance. */
  readonly enableTagOverride: boolean;
}

/** What one who registers an instance says of it. */
export interface ServiceFacts extends ServiceDescription {
  readonly weights: ServiceWeights;
  /** Of a sidecar; kept as it came, in the API's form. */
  readonly proxy?: Readonly<Record<string, unknown>>;
  /** The allocation that the instance belongs to: they go in one commit. */
  readonly allocId?: AllocId;
  /** Where its job asked for Nomad's own list of services rather than Consul's. */
  readonly provider?: 'nomad';
}

/** One place where a service is offered. */
export interface ServiceInstance extends ServiceFacts {
  /** Name of its node, as registered. */
  readonly node: string;
  readonly createIndex: Index;
  readonly modifyIndex: Index;
}

/** The service that a proxy stands before; undefined for what is no proxy. */
export function destinationOf({
  kind,
  proxy = {},
}: Pick<ServiceFacts, 'kind' | 'proxy'>): string | undefined {
  if (kind !== 'connect-proxy') return undefined;
  const found = Object.entries(proxy).find(([name]) => DESTINATION.test(name))?.[1];
  return typeof found === 'string' && found !== '' ? found : undefined;
}

/** As requests and as files have it. */
const DESTINATION = /^destination_?service_?name$/i;

/** How names are compared. */
export function folded(name: string): string {
  return name.toLowerCase();
}

/** The key of an instance, or of a check, on its node. */
export function onNode(node: string, id: string): string {
  return `${folded(node)}\0${id}`;
}
