/**
 * What `${...}` in a constraint, affinity or spread means on one node.
 *
 * Source: https://developer.hashicorp.com/nomad/docs/runtime/interpolation#interpreted_node_vars
 */
import type { Node } from '../../model/node.ts';

/** Reads one fact of a node; undefined where the node does not have it. */
export type Target = (node: Node) => string | undefined;

const WRAPPED = /^\$\{\s*([^}]*?)\s*\}$/;

/** Text that is no interpolation stands for itself; an unknown name is a fact no node has. */
export function compileTarget(text: string): Target {
  const inner = WRAPPED.exec(text)?.[1];
  if (inner === undefined) return text.startsWith('${') ? absent : () => text;
  const named = NODE_FACTS[inner];
  if (named !== undefined) return named;
  const [scope, key] = splitOnce(inner);
  switch (scope) {
    case 'attr':
      return (node) => own(node.attributes, key);
    case 'meta':
      return (node) => own(node.meta, key);
    default:
      return absent;
  }
}

/** True where nodes of one computed class may differ in the fact. */
export function isUnique(text: string): boolean {
  return /^\$\{\s*(node|attr|meta)\.unique\./.test(text);
}

const NODE_FACTS: Readonly<Record<string, Target>> = {
  'node.unique.id': (node) => node.id,
  'node.unique.name': (node) => node.name,
  'node.datacenter': (node) => node.datacenter,
  'node.class': (node) => node.nodeClass,
  'node.pool': (node) => node.nodePool,
};

function absent(): undefined {
  return undefined;
}

function own(record: Readonly<Record<string, string>>, key: string): string | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}

function splitOnce(text: string): [string, string] {
  const at = text.indexOf('.');
  return at === -1 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}
