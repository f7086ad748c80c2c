/** The servers as a client and its registrar see them over the link. */
import type { Index } from '../base/brand.ts';
import { Failure } from '../base/failure.ts';
import type { NodeId } from '../core/model/ids.ts';
import type { NodeFacts } from '../core/model/node.ts';
import type {
  CatalogLink,
  NodeRows,
  Registered,
  RowsToDeregister,
  RowsToRegister,
} from '../ports/catalog-link.ts';
import type {
  AllocUpdate,
  HeartbeatReply,
  PullQuery,
  PullReply,
  ServerLink,
} from '../ports/server-link.ts';
import { answerOf, type Caller } from './caller.ts';
import { readPullReply, type LeanReply } from './lean-pull.ts';

/** How long a change, or a sign of life, is waited for: a new leader is there by then [ms]. */
const ANSWER_MS = 10_000;
/** The same for reports, which may be many [ms]. */
const REPORT_MS = 30_000;
/** A blocking question takes so much longer than it asks for at most [ms]. */
const SLACK_MS = 30_000;
/** How long a question for rows may block over there [ms], a sixteenth included. */
const WATCH_MS = 330_000;

/** Who is told how signs of life fared. */
export interface HeartbeatWatch {
  /** One was answered. @param servers addresses of all servers */
  heard(servers: readonly string[]): void;
  /** Nobody answered one, or whoever did reached no leader. */
  unheard(): void;
}

export class RemoteServers implements ServerLink {
  readonly #caller: Caller;
  readonly #watch: HeartbeatWatch;

  constructor(caller: Caller, watch: HeartbeatWatch) {
    this.#caller = caller;
    this.#watch = watch;
  }

  async registerNode(node: NodeFacts, signal: AbortSignal): Promise<HeartbeatReply> {
    return this.#beat('node.register', { node }, signal);
  }

  async heartbeat(nodeId: NodeId, secretId: string, signal: AbortSignal): Promise<HeartbeatReply> {
    return this.#beat('node.heartbeat', { nodeId, secretId }, signal);
  }

  async pullAllocs(query: PullQuery, signal: AbortSignal): Promise<PullReply> {
    const deadlineMs = Math.round((query.waitMs * 17) / 16) + SLACK_MS;
    const question = { ...query, lean: true };
    const body = await this.#caller.call('node.pull', question, { signal, deadlineMs });
    return readPullReply(answerOf<PullReply | LeanReply>('node.pull', body, 'allocs'));
  }

  async updateAllocs(
    nodeId: NodeId,
    secretId: string,
    updates: readonly AllocUpdate[],
    signal: AbortSignal,
  ): Promise<void> {
    const question = { nodeId, secretId, updates };
    await this.#caller.call('node.update', question, { signal, deadlineMs: REPORT_MS });
  }

  async #beat(method: string, question: object, signal: AbortSignal): Promise<HeartbeatReply> {
    try {
      const body = await this.#caller.call(method, question, { signal, deadlineMs: ANSWER_MS });
      const reply = answerOf<HeartbeatReply>(method, body, 'ttlMs');
      this.#watch.heard(reply.servers);
      return reply;
    } catch (error) {
      const fault = error instanceof Failure ? error.fault : undefined;
      if (fault === 'unavailable' || fault === 'timeout') this.#watch.unheard();
      throw error;
    }
  }
}

export class RemoteCatalog implements CatalogLink {
  readonly #caller: Caller;

  constructor(caller: Caller) {
    this.#caller = caller;
  }

  async register(rows: RowsToRegister, signal: AbortSignal): Promise<Registered> {
    const body = await this.#ask('catalog.register', rows, signal);
    return answerOf<Registered>('catalog.register', body, 'leftOut');
  }

  async deregister(rows: RowsToDeregister, signal: AbortSignal): Promise<Index> {
    return indexOf(await this.#ask('catalog.deregister', rows, signal));
  }

  async deregisterNode(node: string, signal: AbortSignal): Promise<Index> {
    return indexOf(await this.#ask('catalog.deregister-node', { node }, signal));
  }

  async watchNode(node: string, after: Index | undefined, signal: AbortSignal): Promise<NodeRows> {
    const question = after === undefined ? { node } : { node, after };
    const options = { signal, deadlineMs: WATCH_MS };
    const body = await this.#caller.call('catalog.watch', question, options);
    const rows = answerOf<NodeRows>('catalog.watch', body, 'services');
    return { ...rows, node: rows.node };
  }

  #ask(method: string, question: object, signal: AbortSignal): Promise<unknown> {
    return this.#caller.call(method, question, { signal, deadlineMs: REPORT_MS });
  }
}

function indexOf(body: unknown): Index {
  if (typeof body === 'number') return body as Index;
  throw new Failure('internal', 'an index was to be answered');
}
