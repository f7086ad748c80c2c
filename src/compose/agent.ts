/**
 * `muster agent`: reads the configuration, builds the roles, runs them until it is told to stop.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { runServices } from '../agent/lifecycle.ts';
import { loadConfig } from '../agent/load-config.ts';
import { explain, Failure } from '../base/failure.ts';
import { seeded } from '../base/random.ts';
import type { Invocation } from '../cli/command.ts';
import type { World } from '../cli/world.ts';
import type { AgentConfig } from '../core/agent-config/config.ts';
import type { Dns } from '../dns/dns.ts';
import { systemClock } from '../io/clock.ts';
import { createLogger, type LeveledLogger } from '../io/logger/logger.ts';
import { VERSION } from '../version.ts';
import { flagsOf } from './agent-flags.ts';
import { buildBalancer, reloadBalancer } from './balancer.ts';
import { buildClient } from './client.ts';
import { buildDns } from './dns.ts';
import { httpServices } from './http.ts';
import { buildRemoteExec } from './remote-exec.ts';
import { buildRegistrar, definitionsOf } from './registrar.ts';
import { buildServer } from './server.ts';
import { stopOnSignals } from './stop-signal.ts';

/** Answers the exit code once the agent has ended. Fails: as its configuration and roles do. */
export async function agentMain(invocation: Invocation, world: World): Promise<number> {
  const dev = invocation.flags.has('dev');
  const devDir = dev ? mkdtempSync(join(tmpdir(), 'muster-dev-')) : '';
  const load = (): Promise<AgentConfig> =>
    loadConfig(flagsOf(invocation, devDir), { read: (path) => world.files.read(path), list });
  try {
    const config = await load();
    const logger = createLogger({ level: config.logLevel, json: config.logJson }, (line) =>
      process.stderr.write(line),
    );
    world.out(`==> Muster agent v${VERSION} (${config.dev ? 'development' : config.dataDir})\n`);
    await run(config, { load, logger });
    return 0;
  } finally {
    if (dev) rmSync(devDir, { recursive: true, force: true });
  }
}

async function list(path: string): Promise<readonly string[] | undefined> {
  const found = await stat(path).catch((cause: unknown) => {
    throw new Failure('not_found', `cannot read "${path}"`, { cause });
  });
  if (!found.isDirectory()) return undefined;
  return (await readdir(path)).map((name) => join(path, name));
}

interface Running {
  readonly load: () => Promise<AgentConfig>;
  readonly logger: LeveledLogger;
}

/** Runs the roles until SIGTERM or SIGINT. */
async function run(config: AgentConfig, { load, logger }: Running): Promise<void> {
  const log = (name: string) => (line: string) => logger.write('info', name, line);
  if (config.server === undefined) {
    const why = 'a client of servers on other machines needs the agent link';
    throw new Failure('unsupported', `${why}, which this build does not have: enable server, too`);
  }
  mkdirSync(config.dataDir, { recursive: true, mode: 0o700 });
  const nodeName = config.name ?? hostname();
  const random = seeded(`${process.pid}/${Date.now()}`);
  const server = await buildServer(config, config.server, {
    clock: systemClock,
    random: random.fork('server'),
    note: log('server'),
    servers: () => [`${config.bindAddr}:${config.ports.rpc}`],
  });
  const registrar = await buildRegistrar(config, {
    ...{ server, nodeName, random: random.fork('registrar'), log: log('registrar') },
  });
  const client =
    config.client === undefined
      ? undefined
      : buildClient(config, config.client, {
          clock: systemClock,
          random: random.fork('client'),
          servers: server.server.link,
          registrar: registrar.registrar,
          log: log('client'),
        });
  const dns = buildDns(config, {
    ...{ server, nodeName, random: random.fork('dns'), note: log('dns') },
  });
  const balancer = buildBalancer(config, {
    ...{ server, random: random.fork('balancer'), note: log('balancer') },
  });
  const reload = async (): Promise<void> => {
    const changed = await load();
    await registrar.registrar.reload(definitionsOf(changed));
    reloadInto({ logger, dns }, changed);
    reloadBalancer(balancer, changed);
  };
  const stop = new AbortController();
  stopOnSignals(stop, config, { server, client, logger });
  process.on('SIGHUP', () => {
    reload().catch((error: unknown) => {
      logger.write('error', 'agent', `not reloaded: ${explain(error)}`);
    });
  });
  const http = httpServices(config, {
    ...{ server, client, registrar, logger, random, reload },
    stop: () => stop.abort(),
  });
  const services = [
    server.server,
    registrar.registrar,
    ...(client === undefined ? [] : [client.keeper, client.client]),
    ...(dns === undefined ? [] : [dns]),
    ...(balancer === undefined ? [] : [balancer]),
    ...(config.discovery.remoteExec
      ? [buildRemoteExec({ server, nodeName, note: log('remote-exec') })]
      : []),
    ...http,
  ];
  try {
    await runServices(services, log('agent'), stop.signal);
  } finally {
    await client?.close();
    await registrar.close();
    await server.close();
  }
}

/** What can change while it runs. The rest is taken at the next start. */
function reloadInto(
  { logger, dns }: { readonly logger: LeveledLogger; readonly dns: Dns | undefined },
  { logLevel, discovery }: AgentConfig,
): void {
  logger.setLevel(logLevel);
  dns?.configure(discovery.dns);
  logger.write('warn', 'agent', `reloaded the configuration: the log level is ${logLevel}`);
}
