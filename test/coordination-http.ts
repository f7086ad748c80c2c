/**
 * Keys, sessions, transactions and events as their clients meet them: real sockets on a free port
 * and a real server in one process, with the log simulated.
 */
import { randomUUID } from 'node:crypto';
import { seeded } from '../src/base/random.ts';
import type { CatalogNodeFacts } from '../src/core/model/catalog.ts';
import type { CheckFacts } from '../src/core/model/health-check.ts';
import type { Entry } from '../src/core/state/entry.ts';
import { systemClock } from '../src/io/clock.ts';
import { nodeHttpServer } from '../src/io/http/server.ts';
import type { AlarmClock } from '../src/ports/clock.ts';
import type { HttpListener } from '../src/ports/http.ts';
import type { CoordinationLimits } from '../src/server/http/consul/coordination-limits.ts';
import type { ConsulDeps } from '../src/server/http/consul/deps.ts';
import { eventHandlers } from '../src/server/http/consul/event.ts';
import { consulFailureReply } from '../src/server/http/consul/fail.ts';
import { kvHandlers } from '../src/server/http/consul/kv.ts';
import { sessionHandlers } from '../src/server/http/consul/session.ts';
import { snapshotHandlers } from '../src/server/http/consul/snapshot.ts';
import { txnHandlers } from '../src/server/http/consul/txn.ts';
import { Server } from '../src/server/server.ts';
import { probe } from './catalog-world.ts';
import { leadingReplica } from './replica-world.ts';

export const NODE = 'machine';

const NODE_FACTS: CatalogNodeFacts = {
  name: NODE,
  id: randomUUID(),
  address: '127.0.0.1',
  datacenter: 'dc1',
  taggedAddresses: {},
  meta: {},
};

export interface Answered {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

export class CoordinationHttp {
  readonly server: Server;
  readonly clock: AlarmClock;
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;
  readonly #listener: HttpListener;

  static async start(
    options: { readonly limits?: CoordinationLimits; readonly clock?: AlarmClock } = {},
  ): Promise<CoordinationHttp> {
    const clock = options.clock ?? systemClock;
    const { log, replica } = leadingReplica();
    const random = seeded('coordination');
    const note = (): void => undefined;
    const newId = randomUUID;
    const server = new Server({}, { log, replica, clock, random, newId, note, servers: () => [] });
    const agent: ConsulDeps['agent'] = {
      nodeName: NODE,
      serverName: `${NODE}.global`,
      region: 'global',
      datacenter: 'dc1',
      version: '0',
      leader: () => '127.0.0.1:1',
      peers: () => [],
      members: () => [],
    };
    const limits = options.limits;
    const deps = { ops: server.operations, clock, random, newId, agent, ...(limits && { limits }) };
    const handlers = [
      ...kvHandlers(deps),
      ...sessionHandlers(deps),
      ...txnHandlers(deps),
      ...eventHandlers(deps),
      ...snapshotHandlers(deps),
    ];
    const listener = await nodeHttpServer.listen(
      { host: '127.0.0.1', port: 0 },
      {
        mounts: handlers.flatMap(({ mounts }) => mounts),
        rewrite: (path) => path,
        missing: () => ({ status: 404, headers: {}, body: 'missing' }),
        failed: consulFailureReply,
      },
    );
    const world = new CoordinationHttp(server, clock, listener);
    const registered: Entry = {
      type: 'catalog.register',
      at: clock.now(),
      node: NODE_FACTS,
      skipNodeUpdate: false,
      services: [],
      checks: [serfHealth('passing')],
    };
    await log.append([registered]);
    return world;
  }

  private constructor(server: Server, clock: AlarmClock, listener: HttpListener) {
    this.server = server;
    this.clock = clock;
    this.#listener = listener;
    this.#running = server.run(this.#stop.signal);
  }

  get port(): number {
    return this.#listener.port;
  }

  async ask(method: string, path: string, body?: string | Uint8Array): Promise<Answered> {
    const response = await fetch(`http://127.0.0.1:${this.#listener.port}/v1/${path}`, {
      method,
      ...(body !== undefined && { body: body as string }),
    });
    return { status: response.status, headers: response.headers, text: await response.text() };
  }

  get(path: string): Promise<Answered> {
    return this.ask('GET', path);
  }

  /** Answers the text of what should have succeeded. */
  async put(path: string, body?: string | Uint8Array): Promise<string> {
    const { status, text } = await this.ask('PUT', path, body);
    if (status !== 200) throw new Error(`PUT ${path}: ${status} ${text}`);
    return text;
  }

  async newSession(body: object = {}): Promise<string> {
    const made = JSON.parse(await this.put('session/create', JSON.stringify(body))) as unknown;
    return (made as { readonly ID: string }).ID;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#listener.close(0);
    this.#stop.abort();
    await this.#running;
  }
}

export function serfHealth(status: CheckFacts['status']): CheckFacts {
  return probe('serfHealth', { name: 'Serf Health Status', status });
}
