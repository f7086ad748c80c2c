/** `muster agent`: reads the configuration, builds the roles, runs them until it is told to stop. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Bug } from '../base/assert.ts';
import { explain } from '../base/failure.ts';
import { seeded } from '../base/random.ts';
import { Facts } from '../agent/facts.ts';
import { runServices } from '../agent/lifecycle.ts';
import { loadConfig, settingsOf, type ConfigFlags } from '../agent/load-config.ts';
import { Metrics } from '../agent/metrics.ts';
import type { Invocation } from '../cli/command.ts';
import type { World } from '../cli/world.ts';
import type { AgentConfig } from '../core/agent-config/config.ts';
import { systemClock } from '../io/clock.ts';
import { nodeHttpServer } from '../io/http/server.ts';
import { createLogger, formatLine } from '../io/logger/logger.ts';
import type { Logger } from '../ports/logger.ts';
import type { Service } from '../ports/service.ts';
import { nomadApp } from '../server/http/nomad-api.ts';
import { VERSION } from '../version.ts';
import { buildClient, type ClientParts } from './client.ts';
import { jobLanguage } from './job-language.ts';
import { serverReadings } from './readings.ts';
import { buildServer, type ServerParts } from './server.ts';

/** What open requests may take to end when the agent stops [ms]. */
const CLOSE_GRACE_MS = 2_000;

/** Answers the exit code once the agent has ended. Fails: as its configuration and roles do. */
export async function agentMain(invocation: Invocation, world: World): Promise<number> {
  const dev = invocation.flags.has('dev');
  const devDir = dev ? mkdtempSync(join(tmpdir(), 'muster-dev-')) : '';
  try {
    const config = await loadConfig(flagsOf(invocation, devDir), {
      read: (path) => world.files.read(path),
      list: async (path) =>
        (await stat(path)).isDirectory()
          ? (await readdir(path)).map((name) => join(path, name))
          : undefined,
    });
    const logger = createLogger({ level: config.logLevel, json: config.logJson }, (line) =>
      process.stderr.write(line),
    );
    world.out(`==> Muster agent v${VERSION} (${config.dev ? 'development' : config.dataDir})\n`);
    await run(config, logger, stopSignal(logger));
    return 0;
  } finally {
    if (dev) rmSync(devDir, { recursive: true, force: true });
  }
}

/** Aborts on SIGTERM and SIGINT. */
function stopSignal(logger: Logger): AbortSignal {
  const stop = new AbortController();
  for (const name of ['SIGTERM', 'SIGINT'] as const) {
    process.on(name, () => {
      logger.write('info', 'agent', `received ${name}: stopping`);
      stop.abort();
    });
  }
  return stop.signal;
}

async function run(config: AgentConfig, logger: Logger, signal: AbortSignal): Promise<void> {
  const log = (name: string) => (line: string) => {
    logger.write('info', name, line);
  };
  const random = seeded(`${process.pid}/${Date.now()}`);
  mkdirSync(config.dataDir, { recursive: true, mode: 0o700 });
  const address = `${config.bindAddr}:${config.ports.rpc}`;
  const server =
    config.server === undefined
      ? undefined
      : await buildServer(config, config.server, {
          clock: systemClock,
          random: random.fork('server'),
          note: log('server'),
          servers: () => [address],
        });
  if (server === undefined) throw new Bug('a client alone needs the agent link');
  const client =
    config.client === undefined
      ? undefined
      : buildClient(config, config.client, {
          clock: systemClock,
          random: random.fork('client'),
          servers: server.server.link,
          log: log('client'),
        });
  const http = httpService(config, { server, client, logger });
  const services = [server.server, ...(client === undefined ? [] : [client.client]), http];
  try {
    await runServices(services, log('agent'), signal);
  } finally {
    await client?.close();
    await server.close();
  }
}

interface Parts {
  readonly server: ServerParts;
  readonly client: ClientParts | undefined;
  readonly logger: Logger;
}

function httpService(config: AgentConfig, { server, client, logger }: Parts): Service {
  const nodeName = config.name ?? hostname();
  const httpAddress = `${config.addresses.http}:${config.ports.http}`;
  const { operations } = server.server;
  const facts = new Facts(
    { config, version: VERSION, nodeName, httpAddress },
    {
      leading: () => operations.stats().leading,
      nodeId: () => client?.client.nodeId,
      lastIndex: () => server.log.lastIndex,
      logger,
      host: () => ({ OS: process.platform, Arch: process.arch, Hostname: hostname() }),
      formatLine,
    },
  );
  const metrics = new Metrics(() => serverReadings(operations.stats()));
  const app = nomadApp(
    {
      ops: operations,
      clock: systemClock,
      jobs: jobLanguage,
      agent: facts,
      metrics: {
        json: () => metrics.json(systemClock.now()),
        prometheus: () => metrics.prometheus(),
      },
      clientOf: (id) => (id === client?.client.nodeId ? client.client.link : undefined),
      ownNode: () => client?.client.nodeId,
    },
    (error) => {
      logger.write('error', 'http', explain(error));
    },
  );
  return {
    name: 'http',
    run: async (signal) => {
      const at = { host: config.addresses.http, port: config.ports.http };
      const listener = await nodeHttpServer.listen(at, app);
      logger.write('info', 'http', `listening on ${listener.host}:${listener.port}`);
      await new Promise<void>((resolve) => {
        if (signal.aborted) resolve();
        signal.addEventListener('abort', () => {
          resolve();
        });
      });
      await listener.close(CLOSE_GRACE_MS);
    },
  };
}

/** What the flags say, in the form of a configuration file. */
function flagsOf({ flags }: Invocation, devDir: string): ConfigFlags {
  const listed = (name: string): string[] | undefined => {
    const values = flags.list(name);
    return values.length === 0 ? undefined : [...values];
  };
  const meta = flags.list('meta').map((pair) => pair.split('=', 2));
  return {
    dev: flags.has('dev'),
    devDir,
    paths: flags.list('config'),
    settings: settingsOf([
      ['data_dir', flags.text('data-dir')],
      ['bind_addr', flags.text('bind')],
      ['server.enabled', flags.has('server') || undefined],
      ['client.enabled', flags.has('client') || undefined],
      ['name', flags.text('node') ?? flags.text('name')],
      ['client.node_class', flags.text('node-class')],
      ['client.node_pool', flags.text('node-pool')],
      ['client.meta', meta.length === 0 ? undefined : Object.fromEntries(meta)],
      ['region', flags.text('region')],
      ['datacenter', flags.text('dc')],
      ['server.bootstrap_expect', flags.number('bootstrap-expect')],
      ['client.servers', listed('servers')],
      ['server.start_join', listed('join')],
      ['server.retry_join', listed('retry-join')],
      ['server.encrypt', flags.text('encrypt')],
      ['log_level', flags.text('log-level')],
      ['log_json', flags.has('log-json') || undefined],
    ]),
  };
}
