/** Kept connections to targets: a pool for each address and way of speaking. */
import type * as Undici from 'undici';
import type { Attempt, ProxyLimits } from '../../ports/balancer.ts';
import { loadUndici } from '../http/undici.ts';
import {
  HEADER_BYTES_MAX,
  TARGET_IDLE_MARGIN_MS,
  TARGET_IDLE_MS,
  TARGET_IDLE_MS_MAX,
} from './limits.ts';

interface Kept {
  readonly address: string;
  readonly pool: Undici.Pool;
}

export class Targets {
  readonly #limits: ProxyLimits;
  readonly #drainTimeoutMs: number;
  readonly #pools = new Map<string, Kept>();
  #undici: typeof Undici | undefined;

  constructor(limits: ProxyLimits, drainTimeoutMs: number) {
    this.#limits = limits;
    this.#drainTimeoutMs = drainTimeoutMs;
  }

  /** The library is large: it is loaded with the first request. */
  async load(): Promise<void> {
    if (this.#undici !== undefined) return;
    this.#undici = await loadUndici();
  }

  /** Undefined until `load` is through. */
  pool(attempt: Attempt): Undici.Dispatcher | undefined {
    const { host, port, secure, skipVerify } = attempt;
    const key = `${secure ? 'https' : 'http'} ${skipVerify} ${host}:${port}`;
    const known = this.#pools.get(key);
    if (known !== undefined) return known.pool;
    if (this.#undici === undefined) return undefined;
    const shown = host.includes(':') ? `[${host}]` : host;
    const { dialTimeoutMs, responseTimeoutMs, idleTimeoutMs, connectionsMax } = this.#limits;
    const pool = new this.#undici.Pool(`${secure ? 'https' : 'http'}://${shown}:${port}`, {
      connections: connectionsMax,
      pipelining: 1,
      connect: { timeout: dialTimeoutMs, rejectUnauthorized: !skipVerify },
      headersTimeout: responseTimeoutMs,
      bodyTimeout: idleTimeoutMs,
      keepAliveTimeout: TARGET_IDLE_MS,
      keepAliveMaxTimeout: TARGET_IDLE_MS_MAX,
      keepAliveTimeoutThreshold: TARGET_IDLE_MARGIN_MS,
      maxHeaderSize: HEADER_BYTES_MAX,
    });
    this.#pools.set(key, { address: `${host}:${port}`, pool });
    return pool;
  }

  keepOnly(addresses: ReadonlySet<string>): void {
    for (const [key, { address, pool }] of this.#pools) {
      if (addresses.has(address)) continue;
      this.#pools.delete(key);
      const cut = setTimeout(() => quietly(pool.destroy()), this.#drainTimeoutMs);
      cut.unref();
      quietly(pool.close().finally(() => clearTimeout(cut)));
    }
  }

  async close(): Promise<void> {
    const pools = [...this.#pools.values()];
    this.#pools.clear();
    await Promise.all(pools.map(({ pool }) => pool.destroy().catch(() => undefined)));
  }
}

/** How a connection to a target ends is nobody's concern any more. */
function quietly(ended: Promise<unknown>): void {
  ended.catch(() => undefined);
}
