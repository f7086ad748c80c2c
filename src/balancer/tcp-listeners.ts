/** Listens on the ports that TCP rules name, as they come and go. */
import { explain } from '../base/failure.ts';
import type { Table } from '../core/balancer/table.ts';
import type { BalancerSockets, ProxyListener, Traffic } from '../ports/balancer.ts';

export interface TcpListenersDeps {
  readonly sockets: BalancerSockets;
  readonly note: (line: string) => void;
}

/** Ports listened on at once. */
const PORTS_MAX = 1_000;
/**
 * Those below need a privilege for a reason: a tag must not make the agent answer for the machine's
 * own services.
 */
const PORT_MIN = 1_024;

export class TcpListeners {
  /** Where they listen; ports that are open on another host are opened anew. */
  host: string;
  #openHost: string;
  readonly #traffic: Traffic;
  readonly #deps: TcpListenersDeps;
  readonly #open = new Map<number, ProxyListener>();
  /** Ports that could not be had, and were told. They are tried again with each new table. */
  readonly #told = new Set<number>();
  /** What is being closed. */
  readonly #ending = new Set<Promise<void>>();

  constructor(host: string, traffic: Traffic, deps: TcpListenersDeps) {
    this.host = host;
    this.#openHost = host;
    this.#traffic = traffic;
    this.#deps = deps;
  }

  async follow({ tcp }: Table): Promise<void> {
    const moves = this.#openHost !== this.host;
    this.#openHost = this.host;
    for (const [port, listener] of this.#open) {
      if (tcp.has(port) && !moves) continue;
      this.#open.delete(port);
      this.#end(listener, 0);
    }
    for (const port of this.#told) if (!tcp.has(port)) this.#told.delete(port);
    for (const port of tcp.keys()) {
      if (!this.#open.has(port)) await this.#listen(port);
    }
  }

  async close(graceMs: number): Promise<void> {
    for (const listener of this.#open.values()) this.#end(listener, graceMs);
    this.#open.clear();
    await Promise.all(this.#ending);
  }

  async #listen(port: number): Promise<void> {
    if (port < PORT_MIN || this.#open.size >= PORTS_MAX) {
      const why = port < PORT_MIN ? `it is below ${PORT_MIN}` : `${PORTS_MAX} are enough`;
      this.#tell(port, why);
      return;
    }
    try {
      const at = { host: this.host, port };
      this.#open.set(port, await this.#deps.sockets.listenTcp(at, this.#traffic));
      this.#told.delete(port);
      this.#deps.note(`routing TCP on ${this.host}:${port}`);
    } catch (error) {
      this.#tell(port, explain(error));
    }
  }

  #tell(port: number, why: string): void {
    if (!this.#told.has(port)) this.#deps.note(`no TCP route on port ${port}: ${why}`);
    this.#told.add(port);
  }

  #end(listener: ProxyListener, graceMs: number): void {
    const ended = listener.close(graceMs).finally(() => this.#ending.delete(ended));
    this.#ending.add(ended);
  }
}
