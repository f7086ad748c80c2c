/** Reaching a node that dialled another server: that server passes the exchange on. */
import { Failure } from '../base/failure.ts';
import type { NodeId } from '../core/model/ids.ts';
import { branded, object, optional, text, type Shape } from '../core/link/shape.ts';
import { questionOf, type Caller } from './caller.ts';
import type { NodeSessions } from './node-sessions.ts';
import type { Answers, Asked, CallOptions, Exchange, LinkSession } from './session.ts';

/** How long a server may take to say whether a node has dialled it [ms]. */
const ANSWER_MS = 2_000;

interface Relayed {
  readonly nodeId: NodeId;
  readonly method: string;
  readonly body?: unknown;
}

const anything: Shape<unknown> = () => undefined;
const RELAYED = object<Relayed>({
  nodeId: branded<NodeId>(),
  method: text,
  body: optional(anything),
});
const REACH = object<{ nodeId: NodeId }>({ nodeId: branded<NodeId>() });

/** What servers ask each other of their nodes. */
export function relayAnswers(nodes: NodeSessions): Answers {
  return {
    'node.reach': (asked) => {
      const { nodeId } = questionOf(REACH, asked);
      return Promise.resolve(nodes.of(nodeId) !== undefined);
    },
    relay: (asked) => {
      const { nodeId, method, body } = questionOf(RELAYED, asked);
      const session = nodes.of(nodeId);
      if (asked.session.peer.role !== 'server' || session === undefined) throw noPath(nodeId);
      return passOn(session.open(method, body, { signal: asked.signal }), asked);
    },
  };
}

async function passOn(exchange: Exchange, { stream }: Asked): Promise<unknown> {
  const inward = async (): Promise<void> => {
    for await (const piece of stream.pieces) await exchange.send(piece);
    exchange.end();
  };
  // Whatever ends it, the answer tells.
  inward().catch(() => undefined);
  for await (const piece of exchange.pieces) await stream.send(piece);
  return exchange.reply;
}

/** Asks one node, over this server's own session with it or another server's. */
export class NodeCaller implements Caller {
  readonly #nodeId: NodeId;
  readonly #nodes: NodeSessions;
  readonly #servers: () => readonly LinkSession[];

  constructor(
    nodeId: NodeId,
    deps: { readonly nodes: NodeSessions; readonly servers: () => readonly LinkSession[] },
  ) {
    this.#nodeId = nodeId;
    this.#nodes = deps.nodes;
    this.#servers = deps.servers;
  }

  async call(method: string, body: unknown, options: CallOptions): Promise<unknown> {
    return (await this.open(method, body, options)).reply;
  }

  async open(method: string, body: unknown, options: CallOptions): Promise<Exchange> {
    const own = this.#nodes.of(this.#nodeId);
    if (own !== undefined) return own.open(method, body, options);
    const server = await this.#serverInTouch(options.signal);
    return server.open('relay', { nodeId: this.#nodeId, method, body }, options);
  }

  async #serverInTouch(signal: AbortSignal): Promise<LinkSession> {
    const question = { nodeId: this.#nodeId };
    const asked = this.#servers().map(async (session) => {
      const options = { signal, deadlineMs: ANSWER_MS };
      if ((await session.call('node.reach', question, options)) === true) return session;
      throw noPath(this.#nodeId);
    });
    try {
      return await Promise.any(asked);
    } catch {
      throw noPath(this.#nodeId);
    }
  }
}

function noPath(nodeId: NodeId): Failure {
  return new Failure('unavailable', `No path to node "${nodeId}"`);
}
