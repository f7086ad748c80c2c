/**
 * What jobs and nodes are kept apart by: namespaces of jobs, pools of nodes. Some are always there,
 * whether or not anybody described them.
 *
 * Source: https://developer.hashicorp.com/nomad/docs/concepts/job (namespaces), and node pools.
 */
import type { Index } from '../../base/brand.ts';
import { DEFAULT_NAMESPACE, type Namespace } from './ids.ts';

/** What somebody says of a namespace. */
export interface NamespaceFacts {
  readonly name: Namespace;
  readonly description: string;
  readonly meta: Readonly<Record<string, string>>;
  /** Drivers that its jobs may use; empty: any. */
  readonly enabledDrivers: readonly string[];
  /** Drivers that they may not use. */
  readonly disabledDrivers: readonly string[];
}

export interface NamespaceRow extends NamespaceFacts {
  readonly createIndex: Index;
  readonly modifyIndex: Index;
}

/** What somebody says of a pool. */
export interface NodePoolFacts {
  readonly name: string;
  readonly description: string;
  readonly meta: Readonly<Record<string, string>>;
}

export interface NodePool extends NodePoolFacts {
  readonly createIndex: Index;
  readonly modifyIndex: Index;
}

/** Jobs of this pool run on the nodes of any. */
export const ALL_POOLS = 'all';
export const DEFAULT_POOL = 'default';

const AT_THE_START = { createIndex: 1 as Index, modifyIndex: 1 as Index };

/** The namespace that is always there. */
export const DEFAULT_NAMESPACE_ROW: NamespaceRow = {
  name: DEFAULT_NAMESPACE,
  description: 'Default shared namespace',
  meta: {},
  enabledDrivers: [],
  disabledDrivers: [],
  ...AT_THE_START,
};

/** The pools that are always there. */
export const BUILT_IN_POOLS: readonly NodePool[] = [
  {
    name: ALL_POOLS,
    description: 'Node pool with all nodes in the cluster.',
    meta: {},
    ...AT_THE_START,
  },
  { name: DEFAULT_POOL, description: 'Default node pool.', meta: {}, ...AT_THE_START },
];

const NAME = /^[a-zA-Z0-9_-]{1,128}$/;

/** Bounds of what people write of one; a page of text, not a document. */
const DESCRIPTION_MAX = 256;

/** Why a namespace or pool of that name and description cannot be; undefined: it can. */
export function tenancyProblem(
  what: 'namespace' | 'node pool',
  { name, description }: Pick<NodePoolFacts, 'name' | 'description'>,
): string | undefined {
  if (!NAME.test(name))
    return `invalid name ${JSON.stringify(name)}. Must match regex ${NAME.source}`;
  if (description.length > DESCRIPTION_MAX) {
    return `description longer than ${DESCRIPTION_MAX}`;
  }
  const builtIn = BUILT_IN_POOLS.some((pool) => pool.name === name);
  return what === 'node pool' && builtIn ? `node pool "${name}" is built-in` : undefined;
}

/** Why a job's task may not use a driver in a namespace; undefined: it may. */
export function driverProblem(
  { name, enabledDrivers, disabledDrivers }: NamespaceFacts,
  driver: string,
): string | undefined {
  const listed = enabledDrivers.length === 0 || enabledDrivers.includes(driver);
  if (listed && !disabledDrivers.includes(driver)) return undefined;
  return `used task driver "${driver}" is not allowed in namespace "${name}"`;
}
