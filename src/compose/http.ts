/** Builds the HTTP APIs of the agent. */
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { membersOf, runtimeStats, shownSettings } from '../agent/discovery-facts.ts';
import { Facts } from '../agent/facts.ts';
import { Metrics } from '../agent/metrics.ts';
import { explain, Failure } from '../base/failure.ts';
import type { Random } from '../base/random.ts';
import type { AgentConfig } from '../core/agent-config/config.ts';
import { systemClock } from '../io/clock.ts';
import { nodeHttpServer } from '../io/http/server.ts';
import { formatLine } from '../io/logger/logger.ts';
import type { HttpApp } from '../ports/http.ts';
import type { Logger } from '../ports/logger.ts';
import type { Service } from '../ports/service.ts';
import { untilAborted } from '../run/aborted.ts';
import type { OwnAgent } from '../server/http/consul/own-agent.ts';
import { consulApp } from '../server/http/consul-api.ts';
import type { MetricsSource } from '../server/http/deps.ts';
import { joinedApps } from '../server/http/joined-apps.ts';
import { nomadApp } from '../server/http/nomad-api.ts';
import { VERSION } from '../version.ts';
import type { ClientParts } from './client.ts';
import { jobLanguage } from './job-language.ts';
import { serverReadings } from './readings.ts';
import type { RegistrarParts } from './registrar.ts';
import type { ServerParts } from './server.ts';

/** What open requests may take to end when the agent stops [ms]. */
const CLOSE_GRACE_MS = 2_000;

export interface HttpParts {
  readonly server: ServerParts;
  readonly client: ClientParts | undefined;
  readonly logger: Logger;
  readonly random: Random;
  readonly registrar: RegistrarParts;
  /** Reads the configuration again. */
  readonly reload: () => Promise<void>;
  /** Ends the agent. */
  readonly stop: () => void;
}

/** The servers of both APIs, each on its port; a taken port ends the agent with the reason. */
export function httpServices(config: AgentConfig, parts: HttpParts): readonly Service[] {
  const { server, client, logger, random } = parts;
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
  const metricsSource = {
    json: () => metrics.json(systemClock.now()),
    prometheus: () => metrics.prometheus(),
  };
  const report = (error: unknown): void => {
    const stack = error instanceof Error && !(error instanceof Failure) ? error.stack : undefined;
    logger.write('error', 'http', stack ?? explain(error));
  };
  const jobs = nomadApp(
    {
      ops: operations,
      clock: systemClock,
      jobs: jobLanguage(process.argv[1] ?? ''),
      agent: facts,
      metrics: metricsSource,
      clientOf: (id) => (id === client?.client.nodeId ? client.client.link : undefined),
      ownNode: () => client?.client.nodeId,
    },
    report,
  );
  const { kvValueMaxBytes, txnMaxBytes, sessionTtlMsMin } = config.discovery;
  const discovery = consulApp(
    {
      ops: operations,
      clock: systemClock,
      random: random.fork('discovery'),
      newId: randomUUID,
      agent: facts,
      limits: { kvValueMaxBytes, txnMaxBytes, sessionTtlMsMin },
      own: ownAgent({ config, nodeName, facts, metrics: metricsSource, ...parts }),
    },
    report,
  );
  const { addresses, ports } = config;
  const listeners = [
    { name: 'http', host: addresses.http, port: ports.http, app: joinedApps(jobs, discovery) },
    {
      name: 'discovery',
      host: addresses.discovery,
      port: ports.discovery,
      app: joinedApps(discovery, jobs),
    },
  ];
  return listeners.filter(({ port }) => port >= 0).map((each) => listenWith(each, logger));
}

interface OwnParts extends HttpParts {
  readonly config: AgentConfig;
  readonly nodeName: string;
  readonly facts: Facts;
  readonly metrics: MetricsSource;
}

/** The agent as `/v1/agent` tells of it. */
function ownAgent(parts: OwnParts): OwnAgent {
  const { config, nodeName, facts, registrar, server } = parts;
  const nodeId = registrar.node.id;
  return {
    registrar: registrar.registrar,
    metrics: parts.metrics,
    nodeId,
    nodeMeta: config.discovery.nodeMeta,
    isServer: config.server !== undefined,
    checkOutputMaxBytes: config.discovery.checkOutputMaxBytes,
    members: () => membersOf({ config, nodeName, nodeId, version: VERSION }),
    settings: () => shownSettings(config),
    host: () => facts.host(),
    stats: () => runtimeStats(server.server.operations.stats().leading),
    monitor: (options, signal) => facts.monitor(options, signal),
    reload: parts.reload,
    stop: parts.stop,
  };
}

interface Listening {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly app: HttpApp;
}

function listenWith({ name, host, port, app }: Listening, logger: Logger): Service {
  return {
    name,
    run: async (signal) => {
      const listener = await nodeHttpServer.listen({ host, port }, app);
      logger.write('info', name, `listening on ${listener.host}:${listener.port}`);
      await untilAborted(signal);
      await listener.close(CLOSE_GRACE_MS);
    },
  };
}
