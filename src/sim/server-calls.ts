/** The servers as a client sees them over the simulated network. */
import { Failure } from '../base/failure.ts';
import type { NodeId } from '../core/model/ids.ts';
import type { NodeFacts } from '../core/model/node.ts';
import type {
  AllocUpdate,
  HeartbeatReply,
  PullQuery,
  PullReply,
  ServerLink,
} from '../ports/server-link.ts';
import type { Hop, SimNet } from './net.ts';

export class SimServerCalls implements ServerLink {
  readonly #hop: Hop;
  readonly #net: SimNet;
  /** Who answers at the other end now; undefined: nobody listens. */
  readonly #server: () => ServerLink | undefined;

  constructor(hop: Hop, deps: { readonly net: SimNet; server: () => ServerLink | undefined }) {
    this.#hop = hop;
    this.#net = deps.net;
    this.#server = deps.server;
  }

  registerNode(node: NodeFacts, signal: AbortSignal): Promise<HeartbeatReply> {
    return this.#call((server, over) => server.registerNode(node, over), signal);
  }

  heartbeat(nodeId: NodeId, secretId: string, signal: AbortSignal): Promise<HeartbeatReply> {
    return this.#call((server, over) => server.heartbeat(nodeId, secretId, over), signal);
  }

  pullAllocs(query: PullQuery, signal: AbortSignal): Promise<PullReply> {
    return this.#call((server, over) => server.pullAllocs(query, over), signal);
  }

  updateAllocs(
    nodeId: NodeId,
    secretId: string,
    updates: readonly AllocUpdate[],
    signal: AbortSignal,
  ): Promise<void> {
    return this.#call(
      (server, over) => server.updateAllocs(nodeId, secretId, updates, over),
      signal,
    );
  }

  #call<T>(
    ask: (server: ServerLink, over: AbortSignal) => Promise<T>,
    signal: AbortSignal,
  ): Promise<T> {
    const deliver = async (over: AbortSignal): Promise<T> => {
      const server = this.#server();
      if (server === undefined) {
        throw new Failure('unavailable', `connection to "${this.#hop.to}" refused`);
      }
      return await ask(server, over);
    };
    return this.#net.call(this.#hop, deliver, signal);
  }
}
