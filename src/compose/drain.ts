/** Asks the servers to move an agent's tasks away before it stops. */
import type { DrainOperations } from '../agent/drain-on-shutdown.ts';
import { Api } from '../api/api.ts';
import { drainNode, readNode } from '../api/nomad/node-routes.ts';
import type { AgentConfig } from '../core/agent-config/config.ts';
import { connectLight } from '../io/http/light-client.ts';
import { ownAddress } from './template-source.ts';

/** The agent's own API hands these to whichever server leads. */
export function drainThroughApi(config: AgentConfig): DrainOperations {
  const api = new Api({}, connectLight(ownAddress(config)));
  return {
    drainNode: async (id, { drain, markEligible }) => {
      const body = { drain, markEligible, meta: {} };
      const reply = await api.tell(drainNode, { params: { id }, body });
      return { index: reply.index };
    },
    isDraining: async (id) => (await api.call(readNode, { params: { id } })).drain !== undefined,
  };
}
