/**
 * `muster agent`: reads the configuration, builds the roles, runs them until it is told to stop.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { drainOnShutdown } from '../agent/drain-on-shutdown.ts';
import { runServices } from '../agent/lifecycle.ts';
import { loadConfig } from '../agent/load-config.ts';
import { explain, Failure } from '../base/failure.ts';
import { seeded } from '../base/random.ts';
import type { Invocation } from '../cli/command.ts';
import type { World } from '../cli/world.ts';
import type { AgentConfig } from '../core/agent-config/config.ts';
import { systemClock } from '../io/clock.ts';
import { createLogger, type LeveledLogger } from '../io/logger/logger.ts';
import type { Logger } from '../ports/logger.ts';
import { VERSION } from '../version.ts';
import { flagsOf } from './agent-flags.ts';
import { buildClient, type ClientParts } from './client.ts';
import { dnsServices } from './dns.ts';
import { httpServices } from './http.ts';
import { buildServer, type ServerParts } from './server.ts';

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
    process.on('SIGHUP', () => {
      reload(load, logger).catch((error: unknown) => {
        logger.write('error', 'agent', `not reloaded: ${explain(error)}`);
      });
    });
    await run(config, logger);
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

/** What can change while it runs: the log level. The rest is taken at the next start. */
async function reload(load: () => Promise<AgentConfig>, logger: LeveledLogger): Promise<void> {
  const { logLevel } = await load();
  logger.setLevel(logLevel);
  logger.write('warn', 'agent', `reloaded the configuration: the log level is ${logLevel}`);
}

/** Runs the roles until SIGTERM or SIGINT. */
async function run(config: AgentConfig, logger: Logger): Promise<void> {
  const log = (name: string) => (line: string) => {
    logger.write('info', name, line);
  };
  if (config.server === undefined) {
    const why = 'a client of servers on other machines needs the agent link';
    throw new Failure('unsupported', `${why}, which this build does not have: enable server, too`);
  }
  mkdirSync(config.dataDir, { recursive: true, mode: 0o700 });
  const random = seeded(`${process.pid}/${Date.now()}`);
  const server = await buildServer(config, config.server, {
    clock: systemClock,
    random: random.fork('server'),
    note: log('server'),
    servers: () => [`${config.bindAddr}:${config.ports.rpc}`],
  });
  const client =
    config.client === undefined
      ? undefined
      : buildClient(config, config.client, {
          clock: systemClock,
          random: random.fork('client'),
          servers: server.server.link,
          registrar: {
            registerAlloc: () => Promise.resolve(),
            deregisterAlloc: () => Promise.resolve(),
          },
          log: log('client'),
        });
  const services = [
    server.server,
    ...(client === undefined ? [] : [client.keeper, client.client]),
    ...dnsServices(config, {
      server,
      nodeName: config.name ?? hostname(),
      random: random.fork('dns'),
      note: log('dns'),
    }),
    ...httpServices(config, { server, client, logger, random }),
  ];
  try {
    await runServices(services, log('agent'), stopSignal(config, { server, client, logger }));
  } finally {
    await client?.close();
    await server.close();
  }
}

interface Roles {
  readonly server: ServerParts;
  readonly client: ClientParts | undefined;
  readonly logger: Logger;
}

/** Aborts on SIGTERM and SIGINT; before that, tasks are moved away where the operator wants it. */
function stopSignal(config: AgentConfig, { server, client, logger }: Roles): AbortSignal {
  const stop = new AbortController();
  const drain = config.client?.drainOnShutdown;
  let asked = 0;
  const onSignal = (name: string): void => {
    logger.write('info', 'agent', `received ${name}: stopping`);
    const nodeId = client?.client.nodeId;
    if (drain === undefined || nodeId === undefined || asked++ > 0) {
      stop.abort();
      return;
    }
    drainOnShutdown(
      nodeId,
      drain,
      { ops: server.server.operations, clock: systemClock },
      stop.signal,
    )
      .catch((error: unknown) => {
        logger.write('warn', 'agent', `cannot drain: ${explain(error)}`);
      })
      .finally(() => {
        stop.abort();
      });
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
  return stop.signal;
}
