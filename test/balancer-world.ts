/** A balancer on free loopback ports, over a catalog that tests write, and backends to route to. */
import { createServer, type RequestListener, type Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { Balancer, type BalancerPorts } from '../src/balancer/balancer.ts';
import { toBase64 } from '../src/base/base64.ts';
import { seeded } from '../src/base/random.ts';
import { viewOf } from '../src/core/balancer/catalog-view.ts';
import { DEFAULT_BALANCER_SETTINGS, type BalancerSettings } from '../src/core/balancer/settings.ts';
import type { HealthStatus } from '../src/core/model/health-check.ts';
import { balancerSockets } from '../src/io/balancer/sockets.ts';
import { systemClock } from '../src/io/clock.ts';
import { nodeHttpServer } from '../src/io/http/server.ts';
import { CatalogWorld, machine, offer, probe } from './catalog-world.ts';

const host = '127.0.0.1';
const LISTEN = { http: { host, port: 0 }, tls: { host, port: 0 }, page: { host, port: 0 } };

export class BalancerWorld implements AsyncDisposable {
  readonly catalog = new CatalogWorld();
  readonly notes: string[] = [];
  readonly balancer: Balancer;
  /** What the file with routes holds. */
  fileRoutes = '';
  readonly #settings: BalancerSettings;
  readonly #stop = new AbortController();
  readonly #backends = new Set<Server>();
  readonly #running: Promise<void>;
  readonly #ends: (() => void)[] = [];
  #changed: () => void = () => undefined;

  private constructor(over: Partial<BalancerSettings>) {
    const settings = { ...DEFAULT_BALANCER_SETTINGS, drainTimeoutMs: 5_000, ...over };
    this.#settings = settings;
    this.balancer = new Balancer(
      { settings, ...LISTEN },
      {
        catalog: {
          view: () => viewOf(this.catalog.state),
          subscribe: (changed) => {
            this.#changed = changed;
            return () => (this.#changed = () => undefined);
          },
        },
        sockets: balancerSockets(settings),
        httpServer: nodeHttpServer,
        certificateFiles: () => Promise.resolve(new Map()),
        routesFile: () => Promise.resolve(this.fileRoutes),
        clock: systemClock,
        random: seeded('balancer'),
        note: (line) => this.notes.push(line),
      },
    );
    this.#running = this.balancer.run(this.#stop.signal);
  }

  static async start(over: Partial<BalancerSettings> = {}): Promise<BalancerWorld> {
    const world = new BalancerWorld(over);
    await until('it listens', () => world.balancer.ports !== undefined);
    return world;
  }

  /** Changes settings as a reload does. */
  configure(over: Partial<BalancerSettings>, listen: Partial<typeof LISTEN> = {}): void {
    this.balancer.configure({ settings: { ...this.#settings, ...over }, ...LISTEN, ...listen });
  }

  get ports(): BalancerPorts {
    return this.balancer.ports ?? { http: 0 };
  }

  url(path: string): string {
    return `http://${host}:${this.ports.http}${path}`;
  }

  page(path: string): Promise<Response> {
    return fetch(`http://${host}:${this.ports.page ?? 0}${path}`);
  }

  /** Starts a backend; answers its port. */
  async backend(answer: RequestListener | Server): Promise<number> {
    const server = typeof answer === 'function' ? createServer(answer) : answer;
    this.#backends.add(server);
    await new Promise<void>((resolve) => server.listen(0, host, resolve));
    return (server.address() as AddressInfo).port;
  }

  /** One that answers with its name. */
  named(name: string): Promise<number> {
    return this.backend((_request, response) => response.end(name));
  }

  offer(id: string, port: number, tags: readonly string[], status: HealthStatus = 'passing'): void {
    const service = offer('web', { id, port, tags });
    const check = probe(`check-${id}`, { serviceId: id, status });
    this.catalog.register(machine('n', { address: host }), [service], [check]);
    this.#changed();
  }

  withdraw(id: string): void {
    this.catalog.deregister('n', { services: [id] });
    this.#changed();
  }

  put(key: string, text: string): void {
    const value = toBase64(new TextEncoder().encode(text));
    const op = { verb: 'set', key, value, flags: '0' } as const;
    this.catalog.do({ type: 'kv.write', at: this.catalog.at, op });
    this.#changed();
  }

  async text(path: string, init: RequestInit = {}): Promise<string> {
    return (await fetch(this.url(path), { ...init, signal: AbortSignal.timeout(60_000) })).text();
  }

  /** Waits until the path is answered so. */
  answers(path: string, want: string): Promise<void> {
    return until(`${path} answers ${want}`, async () => (await this.text(path)) === want);
  }

  /** Has that done when all is over. */
  atEnd(then: () => void): void {
    this.#ends.push(then);
  }

  stop(): Promise<void> {
    this.#stop.abort();
    return this.#running;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const server of this.#backends) {
      server.closeAllConnections();
      server.close();
    }
    await this.stop();
    for (const end of this.#ends) end();
  }
}

/** Sends bytes as they are, and answers all that comes until the other side ends. */
export async function raw(port: number, text: string): Promise<string> {
  const socket = connect(port, host);
  const pieces: Buffer[] = [];
  socket.on('data', (piece) => pieces.push(piece));
  socket.write(text);
  await new Promise<void>((resolve, reject) => {
    socket.on('close', () => resolve());
    socket.on('error', reject);
    socket.setTimeout(60_000, () => socket.destroy(new Error('nothing comes')));
  });
  return Buffer.concat(pieces).toString('latin1');
}

export async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const end = Date.now() + 60_000;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`not in time: ${what}`);
    await delay(5);
  }
}
