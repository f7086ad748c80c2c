/** Builds the balancer role: it routes by this server's own state. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Balancer } from '../balancer/balancer.ts';
import { Failure } from '../base/failure.ts';
import type { Random } from '../base/random.ts';
import type { AgentConfig } from '../core/agent-config/config.ts';
import { balancerSockets } from '../io/balancer/sockets.ts';
import { systemClock } from '../io/clock.ts';
import { nodeHttpServer } from '../io/http/server.ts';
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
  { balancer: settings, addresses, ports }: AgentConfig,
  { server, random, note }: BalancerParts,
): Balancer | undefined {
  if (settings === undefined || ports.balancer < 0) return undefined;
  const { replica } = server;
  const at = (host: string, port: number): { readonly host: string; readonly port: number } => ({
    host,
    port,
  });
  return new Balancer(
    {
      settings,
      http: at(addresses.balancer, ports.balancer),
      ...(ports.balancerTls < 0 ? {} : { tls: at(addresses.balancer, ports.balancerTls) }),
      ...(ports.balancerUi < 0 ? {} : { page: at(addresses.balancerUi, ports.balancerUi) }),
    },
    {
      catalog: {
        state: () => replica.state,
        subscribe: (changed) =>
          replica.subscribe(({ changes }) => {
            const touches = changes.some(
              ({ table, key }) => TABLES.has(table) || (table === 'kv' && KEYS.test(key)),
            );
            if (touches) changed();
          }),
      },
      sockets: balancerSockets(settings, settings.drainTimeoutMs),
      httpServer: nodeHttpServer,
      certificateFiles: () => readCertificates(settings.certificateDir),
      clock: systemClock,
      random,
      note,
    },
  );
}

/** By name without `.pem`. Fails: `not_found`. */
async function readCertificates(dir: string): Promise<ReadonlyMap<string, string>> {
  if (dir === '') return new Map();
  try {
    const names = (await readdir(dir)).filter((name) => name.endsWith('.pem'));
    const texts = await Promise.all(names.map((name) => readFile(join(dir, name), 'utf8')));
    return new Map(names.map((name, i) => [name.slice(0, -'.pem'.length), texts[i] ?? '']));
  } catch (cause) {
    throw new Failure('not_found', `cannot read the certificates of "${dir}"`, { cause });
  }
}
