/**
 * The discovery API as its clients meet it: real sockets on a free port, a real server, with the
 * log simulated.
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { Index } from '../src/base/brand.ts';
import { explain } from '../src/base/failure.ts';
import { seeded } from '../src/base/random.ts';
import type { Entry } from '../src/core/state/entry.ts';
import type { Outcome } from '../src/core/state/outcome.ts';
import { systemClock } from '../src/io/clock.ts';
import { connectHttp } from '../src/io/http/client.ts';
import { nodeHttpServer } from '../src/io/http/server.ts';
import { entryCodec } from '../src/io/log/entry-codec.ts';
import type { HttpClient, HttpListener } from '../src/ports/http.ts';
import type { OwnAgent } from '../src/server/http/consul/own-agent.ts';
import { consulApp } from '../src/server/http/consul-api.ts';
import { Replica } from '../src/server/replica.ts';
import { Server } from '../src/server/server.ts';
import { SimLogCell } from '../src/sim/log.ts';
import { until } from './http-world.ts';

/** Name of the machine whose agent is asked. */
export const AGENT = 'agent-1';

/** An answer with its body read. */
export interface Got {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly text: string;
  /** The body as JSON; undefined where it is none. */
  readonly json: unknown;
  /** Of the header; 0: none. */
  readonly index: number;
}

export class ConsulWorld {
  readonly server: Server;
  readonly port: number;
  /** Errors that were nobody's fault but ours. */
  readonly errors: string[];
  readonly #http: HttpClient;
  readonly #listener: HttpListener;
  readonly #stop: AbortController;
  readonly #running: Promise<unknown>;

  private constructor(parts: Parts) {
    this.server = parts.server;
    this.errors = parts.errors;
    this.port = parts.listener.port;
    this.#listener = parts.listener;
    this.#stop = parts.stop;
    this.#running = parts.running;
    this.#http = connectHttp(`http://127.0.0.1:${parts.listener.port}`);
  }

  /**
   * Starts all of it, with the agent's machine in the catalog.
   *
   * @param port 0: any that is free
   * @param makeOwn makes what the agent's own endpoints need; absent: they are not served
   */
  static async start(
    port = 0,
    makeOwn?: (server: Server) => Promise<OwnAgent>,
  ): Promise<ConsulWorld> {
    const stop = new AbortController();
    const replica = new Replica();
    const cell = new SimLogCell<Entry>({ codec: entryCodec<Entry>(), random: seeded('log') });
    const log = cell.member<Outcome>(replica.apply, 0 as Index);
    const random = seeded('server');
    const server = new Server(
      {},
      {
        ...{ log, replica, random, clock: systemClock, newId: randomUUID },
        note: () => undefined,
        servers: () => ['127.0.0.1:4647'],
      },
    );
    const running = server.run(stop.signal);
    cell.elect(log);
    await until(() => server.operations.stats().leading, 'the server leads');
    const errors: string[] = [];
    const own = await makeOwn?.(server);
    const app = consulApp(
      {
        ops: server.operations,
        clock: systemClock,
        random,
        newId: randomUUID,
        agent: {
          nodeName: AGENT,
          serverName: `${AGENT}.global`,
          region: 'global',
          datacenter: 'dc1',
          version: '0.0.0',
          leader: () => '127.0.0.1:4647',
          peers: () => ['127.0.0.1:4647'],
          members: () => [],
        },
        ...(own === undefined ? {} : { own }),
      },
      (error) => errors.push(error instanceof Error ? (error.stack ?? '') : explain(error)),
    );
    const listener = await nodeHttpServer.listen({ host: '127.0.0.1', port }, app);
    const world = new ConsulWorld({ server, listener, stop, running, errors });
    await world.put('/v1/catalog/register', { Node: AGENT, Address: '127.0.0.1' });
    return world;
  }

  get(path: string, signal?: AbortSignal): Promise<Got> {
    return this.call('GET', path, undefined, signal);
  }

  /** @param body text as it is, everything else as JSON */
  put(path: string, body?: unknown): Promise<Got> {
    return this.call('PUT', path, body);
  }

  async call(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<Got> {
    const sent = typeof body === 'string' || body === undefined ? body : JSON.stringify(body);
    const request = { method, path, headers: {}, ...(sent !== undefined && { body: sent }) };
    const { status, headers, body: pieces } = await this.#http.send(request, signal);
    const chunks: Uint8Array[] = [];
    for await (const chunk of pieces) chunks.push(chunk);
    const text = Buffer.concat(chunks).toString('utf8');
    const index = Number(headers['x-consul-index'] ?? 0);
    return { status, headers, text, json: parsed(text), index };
  }

  /** Fails where anything went wrong that should not. */
  async stop(): Promise<void> {
    await this.#http.close();
    await this.#listener.close(500);
    this.#stop.abort();
    await this.#running;
    assert.deepEqual(this.errors, []);
  }
}

interface Parts {
  readonly server: Server;
  readonly listener: HttpListener;
  readonly stop: AbortController;
  readonly running: Promise<unknown>;
  readonly errors: string[];
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
