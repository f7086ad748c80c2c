/** Builds the balancer role: it routes by this server's own state. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Balancer, type BalancerDeps, type BalancerOptions } from '../balancer/balancer.ts';
import { Failure } from '../base/failure.ts';
import type { Random } from '../base/random.ts';
import type { AgentConfig } from '../core/agent-config/config.ts';
import { viewOf } from '../core/balancer/catalog-view.ts';
import { balancerSockets } from '../io/balancer/sockets.ts';
import { systemClock } from '../io/clock.ts';
import { nodeHttpServer } from '../io/http/server.ts';
import type { ListenAt } from '../ports/balancer.ts';
import type { BalancerCatalog } from '../ports/balancer-catalog.ts';
import type { ServerParts } from './server.ts';

export interface BalancerParts {
  readonly server: ServerParts;
  readonly random: Random;
  readonly note: (line: string) => void;
}

/** Tables whose changes may change routes. */
const TABLES: ReadonlySet<string> = new Set(['services', 'checks', 'catalogNodes']);
/** Keys whose changes may. */
const KEYS = /^(balancer|fabio)\//;

/** Undefined where it is not wanted. */
export function buildBalancer(
  config: AgentConfig,
  { server, random, note }: BalancerParts,
): Balancer | undefined {
  const options = balancerOptions(config);
  if (options === undefined) return undefined;
  const { replica } = server;
  const catalog: BalancerCatalog = {
    view: () => viewOf(replica.state),
    subscribe: (changed) =>
      replica.subscribe(({ changes }) => {
        const touches = changes.some(
          ({ table, key }) => TABLES.has(table) || (table === 'kv' && KEYS.test(key)),
        );
        if (touches) changed();
      }),
  };
  return new Balancer(options, { catalog, ...balancerEdges(options), random, note });
}

/** What it is to do by this configuration; undefined: it is not wanted. */
export function balancerOptions(config: AgentConfig): BalancerOptions | undefined {
  const { balancer: settings, addresses, ports } = config;
  if (settings === undefined || ports.balancer < 0) return undefined;
  const at = (host: string, port: number): ListenAt => ({ host, port });
  return {
    settings,
    http: at(addresses.balancer, ports.balancer),
    ...(ports.balancerTls < 0 ? {} : { tls: at(addresses.balancer, ports.balancerTls) }),
    ...(ports.balancerUi < 0 ? {} : { page: at(addresses.balancerUi, ports.balancerUi) }),
  };
}

/** Has a running balancer go by a changed configuration. */
export function reloadBalancer(balancer: Balancer | undefined, config: AgentConfig): void {
  const options = balancerOptions(config);
  // Whether there is one at all is settled at the start.
  if (options !== undefined) balancer?.configure(options);
}

/** Sockets, files and time. */
export function balancerEdges({
  settings,
}: BalancerOptions): Omit<BalancerDeps, 'catalog' | 'random' | 'note'> {
  return {
    sockets: balancerSockets(settings),
    httpServer: nodeHttpServer,
    certificateFiles: readCertificates,
    routesFile: (path) => readFile(path, 'utf8'),
    clock: systemClock,
  };
}

/** By name without `.pem`. Fails: `not_found`. */
async function readCertificates(dir: string): Promise<ReadonlyMap<string, string>> {
  try {
    const names = (await readdir(dir)).filter((name) => name.endsWith('.pem'));
    const texts = await Promise.all(names.map((name) => readFile(join(dir, name), 'utf8')));
    return new Map(names.map((name, i) => [name.slice(0, -'.pem'.length), texts[i] ?? '']));
  } catch (cause) {
    throw new Failure('not_found', `cannot read the certificates of "${dir}"`, { cause });
  }
}
