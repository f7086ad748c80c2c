/**
 * The HTTP API as its clients meet it: real sockets on a free port, a real server and a real client
 * in one process, with the log, the driver and the disk simulated.
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { Index } from '../src/base/brand.ts';
import { explain } from '../src/base/failure.ts';
import { seeded } from '../src/base/random.ts';
import { Api } from '../src/api/api.ts';
import { Metrics } from '../src/agent/metrics.ts';
import { Client } from '../src/client/client.ts';
import { DEFAULT_CLIENT_CONFIG } from '../src/client/config.ts';
import { jobLanguage } from '../src/compose/job-language.ts';
import type { AllocId, NodeId } from '../src/core/model/ids.ts';
import type { Entry } from '../src/core/state/entry.ts';
import type { Outcome } from '../src/core/state/outcome.ts';
import { systemClock } from '../src/io/clock.ts';
import { connectHttp } from '../src/io/http/client.ts';
import { nodeHttpServer } from '../src/io/http/server.ts';
import { entryCodec } from '../src/io/log/entry-codec.ts';
import type { ExecRequest, ExecSession, TaskHandle } from '../src/ports/driver.ts';
import type { HttpClient, HttpListener } from '../src/ports/http.ts';
import type { AgentFacts } from '../src/server/http/deps.ts';
import { nomadApp } from '../src/server/http/nomad-api.ts';
import { Replica } from '../src/server/replica.ts';
import { Server } from '../src/server/server.ts';
import { SimAllocData } from '../src/sim/alloc-data.ts';
import { SimAllocDirs } from '../src/sim/alloc-dirs.ts';
import { SimPreviousAllocs } from '../src/sim/previous-allocs.ts';
import { SimDriver, SimTasks } from '../src/sim/driver.ts';
import { SimFingerprinter } from '../src/sim/fingerprinter.ts';
import { SimArtifacts } from '../src/sim/artifacts.ts';
import { SimRegistrar } from '../src/sim/registrar.ts';
import { SimTemplateSource } from '../src/sim/template-source.ts';
import { SimLogCell, type SimLog } from '../src/sim/log.ts';
import { SimNetworks } from '../src/sim/networks.ts';
import { SimStateFiles } from '../src/sim/state-files.ts';

/** Runs `echo` commands in pretended tasks: what goes in comes out, and `exit N` ends it. */
class EchoDriver extends SimDriver {
  override readonly capabilities = {
    signals: true,
    exec: true,
    fsIsolation: 'none',
    networkModes: ['host', 'bridge', 'none'],
    mounts: true,
  } as const;

  override exec(_?: TaskHandle, request?: ExecRequest, signal?: AbortSignal): Promise<ExecSession> {
    assert.ok(request && signal);
    return Promise.resolve(new EchoSession(request, signal));
  }
}

type Output = Readonly<{ stream: 'stdout' | 'stderr'; bytes: Uint8Array }>;

class EchoSession implements ExecSession {
  readonly output: AsyncIterable<Output>;
  readonly exited: Promise<number>;
  #exit: (code: number) => void = () => undefined;
  #put: (output: Output | undefined) => void;

  constructor(request: ExecRequest, signal: AbortSignal) {
    this.exited = new Promise((resolve) => (this.#exit = resolve));
    const queue: (Output | undefined)[] = [];
    let wake: (() => void) | undefined;
    this.#put = (output) => {
      queue.push(output);
      wake?.();
    };
    this.output = (async function* (): AsyncGenerator<Output> {
      for (;;) {
        while (queue.length === 0) await new Promise<void>((resolve) => (wake = resolve));
        const next = queue.shift();
        if (next === undefined) return;
        yield next;
      }
    })();
    this.#say('stderr', `$ ${request.command.join(' ')}${request.tty ? ' (tty)' : ''}\n`);
    signal.addEventListener('abort', () => this.#end(137), { once: true });
  }

  write(bytes: Uint8Array): Promise<void> {
    const text = new TextDecoder().decode(bytes);
    const exit = /^exit (\d+)/.exec(text);
    if (exit !== null) this.#end(Number(exit[1]));
    else this.#say('stdout', text);
    return Promise.resolve();
  }

  closeInput(): Promise<void> {
    this.#end(0);
    return Promise.resolve();
  }

  resize(columns: number, rows: number): Promise<void> {
    this.#say('stdout', `${columns}x${rows}\n`);
    return Promise.resolve();
  }

  kill(): Promise<void> {
    this.#end(137);
    return Promise.resolve();
  }

  #say(stream: Output['stream'], text: string): void {
    this.#put({ stream, bytes: new TextEncoder().encode(text) });
  }

  #end(code: number): void {
    this.#put(undefined);
    this.#exit(code);
  }
}

/** Everything between a caller and a task, started and stopped as one. */
export class HttpWorld {
  readonly dirs = new SimAllocDirs(systemClock);
  readonly lines: string[] = [];
  readonly api: Api;
  readonly http: HttpClient;
  readonly server: Server;
  readonly nodeId: NodeId;
  readonly port: number;
  readonly #stop: AbortController;
  readonly #running: Promise<unknown>;
  readonly #listener: HttpListener;

  private constructor(parts: Parts) {
    this.server = parts.server;
    this.dirs = parts.dirs;
    this.lines = parts.lines;
    this.nodeId = parts.nodeId;
    this.port = parts.listener.port;
    this.#listener = parts.listener;
    this.#stop = parts.stop;
    this.#running = parts.running;
    this.http = connectHttp(`http://127.0.0.1:${parts.listener.port}`);
    const { http } = this;
    this.api = new Api(
      {},
      {
        send: (request, signal) => http.send(request, signal),
        open: (request, signal) => http.open(request, signal),
      },
    );
  }

  /** Starts all of it, up to a node that is ready. */
  static async start(): Promise<HttpWorld> {
    const lines: string[] = [];
    const stop = new AbortController();
    const { server, log, cell } = newServer(lines);
    const dirs = new SimAllocDirs(systemClock);
    const client = newClient(server, dirs, lines);
    const running = Promise.all([server.run(stop.signal), client.run(stop.signal)]);
    cell.elect(log);
    const ready = (): boolean =>
      [...server.operations.snapshot().nodes()].some((node) => node.status === 'ready');
    await until(ready, () => `a node is ready: ${lines.join('; ')}`);
    const listener = await listen(server, client, lines);
    const nodeId = client.nodeId;
    assert.ok(nodeId);
    return new HttpWorld({ server, dirs, lines, nodeId, listener, stop, running });
  }

  /** Adds to the output of a task, as the task would. */
  print(allocId: string, task: string, text: string, type = 'stdout'): void {
    this.dirs.append(allocId as AllocId, `alloc/logs/${task}.${type}.0`, text);
  }

  async stop(): Promise<void> {
    await this.http.close();
    await this.#listener.close(500);
    this.#stop.abort();
    await this.#running;
  }
}

interface Parts {
  readonly server: Server;
  readonly dirs: SimAllocDirs;
  readonly lines: string[];
  readonly nodeId: NodeId;
  readonly listener: HttpListener;
  readonly stop: AbortController;
  readonly running: Promise<unknown>;
}

function newServer(lines: string[]): {
  server: Server;
  log: SimLog<Entry, Outcome>;
  cell: SimLogCell<Entry>;
} {
  const replica = new Replica();
  const cell = new SimLogCell<Entry>({ codec: entryCodec<Entry>(), random: seeded('log') });
  const log = cell.member<Outcome>(replica.apply, 0 as Index);
  const server = new Server(
    {},
    {
      log,
      replica,
      clock: systemClock,
      random: seeded('server'),
      newId: randomUUID,
      note: (line) => lines.push(line),
      servers: () => ['127.0.0.1:4647'],
    },
  );
  return { server, log, cell };
}

function newClient(server: Server, dirs: SimAllocDirs, lines: string[]): Client {
  const tasks = new SimTasks(systemClock, seeded('tasks'));
  return new Client(DEFAULT_CLIENT_CONFIG, {
    clock: systemClock,
    random: seeded('client'),
    servers: server.link,
    drivers: [new EchoDriver('raw_exec', { tasks, clock: systemClock })],
    files: new SimStateFiles(),
    dirs,
    data: new SimAllocData(dirs),
    previous: new SimPreviousAllocs(),
    networks: new SimNetworks(),
    fingerprinter: new SimFingerprinter(),
    registrar: new SimRegistrar(),
    templates: new SimTemplateSource(),
    artifacts: new SimArtifacts(),
    drawId: randomUUID,
    log: (line) => lines.push(line),
  });
}

function listen(server: Server, client: Client, lines: string[]): Promise<HttpListener> {
  const metrics = new Metrics(() => [
    { name: 'nomad.test', help: 'A figure.', read: () => 7, labels: { kind: 'a' } },
  ]);
  const app = nomadApp(
    {
      ops: server.operations,
      clock: systemClock,
      jobs: jobLanguage(import.meta.filename, 1000),
      agent: agentFacts(server),
      metrics: {
        json: () => metrics.json(systemClock.now()),
        prometheus: () => metrics.prometheus(),
      },
      clientOf: (id) => (id === client.nodeId ? client.link : undefined),
      ownNode: () => client.nodeId,
    },
    (error) => lines.push(`http: ${explain(error)}`),
  );
  return nodeHttpServer.listen({ host: '127.0.0.1', port: 0 }, app);
}

const ADDRESS = '127.0.0.1:4647';

function agentFacts(server: Server): AgentFacts {
  const member = {
    name: 'test.global',
    address: '127.0.0.1',
    port: 4648,
    tags: { role: 'nomad', region: 'global', dc: 'dc1', build: '0' },
    status: 'alive',
  };
  const leading = (): boolean => server.operations.stats().leading;
  return {
    region: 'global',
    datacenter: 'dc1',
    serverName: 'test.global',
    version: '0',
    self: () => ({ config: { Region: 'global' }, member, stats: { nomad: { server: 'true' } } }),
    members: () => [member],
    health: () => ({ server: { ok: leading(), message: 'ok' } }),
    servers: () => [ADDRESS],
    leader: () => (leading() ? ADDRESS : ''),
    peers: () => [ADDRESS],
    regions: () => ['global'],
    host: () => ({ OS: 'linux' }),
    // eslint-disable-next-line @typescript-eslint/require-await -- an iterable that only yields
    monitor: async function* ({ level }) {
      yield `a line at ${level}\n`;
    },
  };
}

/** Polls until something holds. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  what: string | (() => string),
): Promise<void> {
  const deadline = Date.now() + 60_000;
  while (!(await condition())) {
    assert.ok(Date.now() < deadline, typeof what === 'string' ? what : what());
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
