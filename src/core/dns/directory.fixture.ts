/** A directory written down as lists, for tests and benchmarks. */
import { canonicalAddress } from './address.ts';
import type { Directory, DirectoryNode, Instance, QueryResult } from './directory.ts';

export interface Listed {
  readonly datacenter?: string;
  readonly nodes?: readonly DirectoryNode[];
  /** By name, as registered. */
  readonly services?: Readonly<Record<string, readonly Instance[]>>;
  readonly queries?: Readonly<Record<string, QueryResult>>;
  readonly servers?: readonly DirectoryNode[];
}

export function directoryNode(
  name: string,
  address: string,
  more: Partial<DirectoryNode> = {},
): DirectoryNode {
  return { name, address, taggedAddresses: {}, meta: {}, ...more };
}

export function instance(node: DirectoryNode, more: Partial<Instance> = {}): Instance {
  return {
    node,
    address: '',
    taggedAddresses: {},
    port: 80,
    tags: [],
    weights: { passing: 1, warning: 1 },
    status: 'passing',
    ...more,
  };
}

export function directoryOf(listed: Listed): Directory {
  const { datacenter = 'dc1', nodes = [], services = {}, queries = {}, servers = [] } = listed;
  const byName = new Map(Object.entries(services).map(([name, all]) => [name.toLowerCase(), all]));
  const nodesByName = new Map(nodes.map((node) => [node.name.toLowerCase(), node]));
  return {
    datacenter,
    hasDatacenter: (name) => name === datacenter,
    node: (name, of) => (of === datacenter ? nodesByName.get(name) : undefined),
    service: (name, of) => (of === datacenter ? byName.get(name) : undefined),
    servers: () => servers,
    owner: (address) => {
      const node = nodes.find((one) => canonicalAddress(one.address) === address);
      if (node !== undefined) return { kind: 'node', node: node.name };
      const found = Object.entries(services).find(([, all]) =>
        all.some((one) => canonicalAddress(one.address) === address),
      );
      return found && { kind: 'service', service: found[0] };
    },
    preparedQuery: (name) => queries[name],
  };
}
