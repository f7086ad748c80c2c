/** Nodes. Source: https://developer.hashicorp.com/nomad/api-docs/nodes */
import type { Index } from '../../base/brand.ts';
import type { EvalId } from '../../core/model/ids.ts';
import type { Eligibility } from '../../core/model/node.ts';
import { shape, type Shape } from '../codec/codec.ts';
import {
  bool,
  duration,
  int,
  listOf,
  maybe,
  nested,
  text,
  textMap,
  texts,
} from '../codec/fields.ts';
import { queryFlag } from '../query.ts';
import { read, write } from '../route.ts';
import { ALLOC } from './alloc-codec.ts';
import { LIST_QUERY } from './list-query.ts';
import { NODE, NODE_STUB } from './node-codec.ts';

export interface NodeChanged {
  readonly evalIds: readonly EvalId[];
  readonly evalCreateIndex: Index;
  readonly nodeModifyIndex: Index;
  readonly index: Index;
}

const NODE_CHANGED: Shape<NodeChanged> = shape({
  evalIds: texts('EvalIDs'),
  evalCreateIndex: int('EvalCreateIndex'),
  nodeModifyIndex: int('NodeModifyIndex'),
  index: int('Index'),
});

export interface DrainBody {
  /** Absent: calls the drain off. */
  readonly drain?: { readonly deadlineMs: number; readonly ignoreSystemJobs: boolean };
  readonly markEligible: boolean;
  readonly meta: Readonly<Record<string, string>>;
}

const DRAIN_BODY: Shape<DrainBody> = shape({
  drain: maybe(
    nested(
      'DrainSpec',
      shape<NonNullable<DrainBody['drain']>>({
        deadlineMs: duration('Deadline'),
        ignoreSystemJobs: bool('IgnoreSystemJobs'),
      }),
    ),
  ),
  markEligible: bool('MarkEligible'),
  meta: textMap('Meta'),
});

export const listNodes = read({
  name: 'node.list',
  path: '/v1/nodes',
  about: 'Lists nodes.',
  query: {
    ...LIST_QUERY,
    resources: queryFlag('resources', 'with what each has'),
    os: queryFlag('os', 'with the attributes of each'),
  },
  reply: listOf(NODE_STUB),
});

export const readNode = read({
  name: 'node.read',
  path: '/v1/node/:id',
  about: 'One node.',
  reply: NODE,
});

export const nodeAllocs = read({
  name: 'node.allocations',
  path: '/v1/node/:id/allocations',
  about: 'The allocations of a node, whole.',
  reply: listOf(ALLOC),
});

export const evaluateNode = write({
  name: 'node.evaluate',
  path: '/v1/node/:id/evaluate',
  about: 'Reconciles every job that the node concerns.',
  reply: NODE_CHANGED,
});

export const drainNode = write({
  name: 'node.drain',
  path: '/v1/node/:id/drain',
  about: 'Moves the work of a node elsewhere, or calls that off.',
  body: DRAIN_BODY,
  reply: NODE_CHANGED,
});

export const setNodeEligibility = write({
  name: 'node.eligibility',
  path: '/v1/node/:id/eligibility',
  about: 'Says whether a node may get new work.',
  body: shape<{ readonly eligibility: Eligibility }>({ eligibility: text('Eligibility') }),
  reply: NODE_CHANGED,
});

export const purgeNode = write({
  name: 'node.purge',
  path: '/v1/node/:id/purge',
  about: 'Forgets a node.',
  reply: NODE_CHANGED,
});

export const NODE_ROUTES = [
  listNodes,
  readNode,
  nodeAllocs,
  evaluateNode,
  drainNode,
  setNodeEligibility,
  purgeNode,
] as const;
