/**
 * The metadata of a node: what its configuration says, and what operators changed of it since.
 *
 * Source: https://developer.hashicorp.com/nomad/api-docs/client (dynamic node metadata)
 */
import { NODE_META_BYTES_MAX } from '../limits.ts';

/** What was changed by hand; no key is in both. */
export interface DynamicMeta {
  readonly set: Readonly<Record<string, string>>;
  /** Keys of the configuration that count as not there. */
  readonly unset: readonly string[];
}

export const NO_DYNAMIC_META: DynamicMeta = { set: {}, unset: [] };

/** What is wrong with a change; undefined: nothing. */
export function metaProblem({ set, unset }: DynamicMeta): string | undefined {
  const keys = [...Object.keys(set), ...unset];
  if (keys.length === 0) return 'missing required Meta object';
  const odd = keys.find((key) => !KEY.test(key));
  if (odd === undefined) return undefined;
  return `metadata key "${odd}" is none: expected names with dots between them`;
}

/** What `${meta.KEY}` can name. */
const KEY = /^[A-Za-z_][\w-]*(?:\.[A-Za-z_][\w-]*)*$/;

/** What holds after a change; a key that the configuration does not have is simply forgotten. */
export function changedMeta(
  before: DynamicMeta,
  change: DynamicMeta,
  configured: Readonly<Record<string, string>>,
): DynamicMeta {
  const gone = new Set(change.unset);
  const kept = Object.entries(before.set).filter(([key]) => !gone.has(key));
  const set = Object.fromEntries([...kept, ...Object.entries(change.set)]);
  const unset = [...new Set([...before.unset, ...change.unset])];
  const isHidden = (key: string): boolean =>
    Object.hasOwn(configured, key) && !Object.hasOwn(set, key);
  return { set, unset: unset.filter(isHidden).sort() };
}

/** What schedulers and tasks see. */
export function mergedMeta(
  configured: Readonly<Record<string, string>>,
  { set, unset }: DynamicMeta,
): Readonly<Record<string, string>> {
  const kept = Object.entries(configured).filter(([key]) => !unset.includes(key));
  return Object.fromEntries([...kept, ...Object.entries(set)]);
}

/** Whether it takes more room than a node is to take in the state of the servers. */
export function isMetaTooLarge({ set }: DynamicMeta): boolean {
  return JSON.stringify(set).length > NODE_META_BYTES_MAX;
}
