/** What clients and registrars ask, answered by the leader whichever server they ask. */
import type { Index } from '../base/brand.ts';
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
import { throughLeader, type LeaderDeps } from './leader.ts';

type Leading = Pick<LeaderDeps, 'isLeading' | 'clock'>;

/** Every call of both links may be repeated: a repetition changes nothing. */
class Led<Link> {
  readonly #here: Link;
  readonly #there: Link;
  readonly #leading: Leading;

  constructor(here: Link, there: Link, leading: Leading) {
    this.#here = here;
    this.#there = there;
    this.#leading = leading;
  }

  ask<T>(work: (link: Link) => Promise<T>, signal: AbortSignal): Promise<T> {
    const [here, there] = [() => work(this.#here), () => work(this.#there)];
    return throughLeader({ here, there, repeatable: true }, this.#leading, signal);
  }
}

export class LedServers implements ServerLink {
  readonly #led: Led<ServerLink>;
  readonly #here: ServerLink;
  readonly #servers: () => readonly string[];
  readonly #knows: (nodeId: NodeId, secretId: string) => boolean;
  readonly #index: () => Index;

  /** @param servers addresses that clients are told, of all servers */
  constructor(
    links: { readonly here: ServerLink; readonly there: ServerLink },
    deps: Leading & {
      readonly servers: () => readonly string[];
      readonly knows: (nodeId: NodeId, secretId: string) => boolean;
      /** Of this server's own state. */
      readonly index: () => Index;
    },
  ) {
    this.#here = links.here;
    this.#led = new Led(links.here, links.there, deps);
    this.#servers = deps.servers;
    this.#knows = deps.knows;
    this.#index = deps.index;
  }

  registerNode(node: NodeFacts, signal: AbortSignal): Promise<HeartbeatReply> {
    return this.#beat((link) => link.registerNode(node, signal), signal);
  }

  heartbeat(nodeId: NodeId, secretId: string, signal: AbortSignal): Promise<HeartbeatReply> {
    return this.#beat((link) => link.heartbeat(nodeId, secretId, signal), signal);
  }

  /**
   * From this server's own state, unless the client has seen a newer one, or does not know any
   * more what it has seen, as after its restart: to it, what is missing there would be what it is
   * to stop.
   */
  pullAllocs(query: PullQuery, signal: AbortSignal): Promise<PullReply> {
    const mayBeBehind = query.after === 0 || query.after > this.#index();
    if (!mayBeBehind && this.#knows(query.nodeId, query.secretId))
      return this.#here.pullAllocs(query, signal);
    return this.#led.ask((link) => link.pullAllocs(query, signal), signal);
  }

  updateAllocs(
    nodeId: NodeId,
    secretId: string,
    updates: readonly AllocUpdate[],
    signal: AbortSignal,
  ): Promise<void> {
    return this.#led.ask((link) => link.updateAllocs(nodeId, secretId, updates, signal), signal);
  }

  async #beat(
    work: (link: ServerLink) => Promise<HeartbeatReply>,
    signal: AbortSignal,
  ): Promise<HeartbeatReply> {
    const reply = await this.#led.ask(work, signal);
    return { ...reply, servers: this.#servers() };
  }
}

export class LedCatalog implements CatalogLink {
  readonly #led: Led<CatalogLink>;

  constructor(
    links: { readonly here: CatalogLink; readonly there: CatalogLink },
    leading: Leading,
  ) {
    this.#led = new Led(links.here, links.there, leading);
  }

  register(rows: RowsToRegister, signal: AbortSignal): Promise<Registered> {
    return this.#led.ask((link) => link.register(rows, signal), signal);
  }

  deregister(rows: RowsToDeregister, signal: AbortSignal): Promise<Index> {
    return this.#led.ask((link) => link.deregister(rows, signal), signal);
  }

  deregisterNode(node: string, signal: AbortSignal): Promise<Index> {
    return this.#led.ask((link) => link.deregisterNode(node, signal), signal);
  }

  watchNode(node: string, after: Index | undefined, signal: AbortSignal): Promise<NodeRows> {
    return this.#led.ask((link) => link.watchNode(node, after, signal), signal);
  }
}
