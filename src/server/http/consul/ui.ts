/** What consoles made for Consul ask for. */
import { SERVICE_SUMMARY, UI_NODE, type UiNode } from '../../../api/consul/ui-routes.ts';
import * as routes from '../../../api/consul/ui-routes.ts';
import {
  readNodeDump,
  readNodeDumps,
  readServiceSummaries,
  type NodeDump,
} from '../../../core/state/reads-ui.ts';
import { toldOf } from '../deps.ts';
import { notFound } from '../fail.ts';
import type { Bound } from '../mount.ts';
import { bind } from './bind.ts';
import type { ConsulDeps } from './deps.ts';
import { filtered, whereOf } from './rows.ts';

/** Binds what concerns consoles. */
export function uiHandlers(deps: ConsulDeps): readonly Bound[] {
  const { ops, agent } = deps;
  return [
    bind(routes.uiServices, async (call) => {
      const read = readServiceSummaries(whereOf(deps, call));
      const answer = await ops.query(read, call.waiting, call.signal);
      const value = filtered(answer.value, SERVICE_SUMMARY, call.query.filter);
      return { value, ...toldOf(answer) };
    }),
    bind(routes.uiNodes, async (call) => {
      const read = readNodeDumps(whereOf(deps, call));
      const answer = await ops.query(read, call.waiting, call.signal);
      const nodes = answer.value.map(uiNode);
      return { value: filtered(nodes, UI_NODE, call.query.filter), ...toldOf(answer) };
    }),
    bind(routes.uiNode, async ({ params, datacenter, waiting, signal }) => {
      const read = readNodeDump(params.node, datacenter ?? agent.datacenter);
      const answer = await ops.query(read, waiting, signal);
      if (answer.value === undefined) throw notFound('', answer.index);
      return { value: uiNode(answer.value), ...toldOf(answer) };
    }),
  ];
}

function uiNode({ node, services, checks }: NodeDump): UiNode {
  return { ...node, services, checks };
}
