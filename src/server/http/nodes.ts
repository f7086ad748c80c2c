/** Nodes. */
import { NODE_STUB, nodeStub } from '../../api/nomad/node-codec.ts';
import * as routes from '../../api/nomad/node-routes.ts';
import type { NodeId } from '../../core/model/ids.ts';
import { readNode, readNodeAllocs, readNodes } from '../../core/state/reads.ts';
import type { NodeReply } from '../operations.ts';
import { toldOf, type HttpDeps, type Result } from './deps.ts';
import { invalid, notFound } from './fail.ts';
import { listing } from './list.ts';
import { bind, type Bound } from './mount.ts';

/** Binds what concerns nodes. */
export function nodeHandlers({ ops }: HttpDeps): readonly Bound[] {
  return [
    bind(routes.listNodes, async ({ query, waiting, signal }) => {
      const answer = await ops.query(readNodes(query.prefix), waiting, signal);
      const wanted = { attributes: query.os === true, resources: query.resources === true };
      const stubs = answer.value.map((node) => nodeStub(node, wanted));
      return { ...listing(stubs, NODE_STUB, query, (node) => node.id), ...toldOf(answer) };
    }),
    bind(routes.readNode, async ({ params, waiting, signal }) => {
      const answer = await ops.query(readNode(idOf(params)), waiting, signal);
      if (answer.value === undefined) throw notFound('node not found', answer.index);
      return { value: answer.value, ...toldOf(answer) };
    }),
    bind(routes.nodeAllocs, async ({ params, waiting, signal }) => {
      const answer = await ops.query(readNodeAllocs(idOf(params)), waiting, signal);
      return { value: answer.value, ...toldOf(answer) };
    }),
    bind(routes.evaluateNode, async ({ params }) => changed(await ops.evaluateNode(idOf(params)))),
    bind(routes.drainNode, async ({ params, body }) =>
      changed(await ops.drainNode(idOf(params), body)),
    ),
    bind(routes.setNodeEligibility, async ({ params, body }) => {
      // A client's JSON may hold any text here.
      const wanted: string = body.eligibility;
      if (wanted !== 'eligible' && wanted !== 'ineligible') {
        throw invalid(`Eligibility: expected "eligible" or "ineligible", got "${wanted}"`);
      }
      return changed(await ops.setNodeEligibility(idOf(params), wanted));
    }),
    bind(routes.purgeNode, async ({ params }) => changed(await ops.purgeNode(idOf(params)))),
  ];
}

function idOf(params: { readonly id: string }): NodeId {
  return params.id as NodeId;
}

function changed(reply: NodeReply): Result<NodeReply> {
  return { value: reply, index: reply.index };
}
