/** Builds the HTTP APIs of the agent. */
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { runtimeStats, shownSettings } from '../agent/discovery-facts.ts';
import { Facts } from '../agent/facts.ts';
import { Metrics, type Reading } from '../agent/metrics.ts';
import type { Index } from '../base/brand.ts';
import { explain, Failure } from '../base/failure.ts';
import type { Random } from '../base/random.ts';
import type { AgentConfig } from '../core/agent-config/config.ts';
import { regionsOf } from '../core/federation/region-server.ts';
import { systemClock } from '../io/clock.ts';
import { nodeHttpServer } from '../io/http/server.ts';
import { formatLine } from '../io/logger/logger.ts';
import { RemoteHttp } from '../link/remote-http.ts';
import type { ServerPool } from '../link/server-pool.ts';
import type { HttpApp } from '../ports/http.ts';
import type { Logger } from '../ports/logger.ts';
import type { Service } from '../ports/service.ts';
import { untilAborted } from '../run/aborted.ts';
import type { OwnAgent } from '../server/http/consul/own-agent.ts';
import { consulAgentApp, consulApp } from '../server/http/consul-api.ts';
import type { HttpDeps, MetricsSource } from '../server/http/deps.ts';
import { joinedApps } from '../server/http/joined-apps.ts';
import { nomadAgentApp, nomadApp } from '../server/http/nomad-api.ts';
import { VERSION } from '../version.ts';
import type { ClientParts } from './client.ts';
import type { Apps, Cluster } from './cluster-parts.ts';
import type { GossipParts } from './gossip.ts';
import { jobLanguage } from './job-language.ts';
import { serverReadings } from './readings.ts';
import type { RegistrarParts } from './registrar.ts';
import type { ServerParts } from './server.ts';

/** What open requests may take to end when the agent stops [ms]. */
const CLOSE_GRACE_MS = 2_000;

export interface AgentHttpParts {
  readonly client: ClientParts | undefined;
  readonly logger: Logger;
  readonly registrar: RegistrarParts;
  readonly gossip: GossipParts;
  /** Reads the configuration again. */
  readonly reload: () => Promise<void>;
  /** Ends the agent. */
  readonly stop: () => void;
}

export interface ServerHttpParts extends AgentHttpParts {
  readonly server: ServerParts;
  readonly cluster: Cluster;
  readonly random: Random;
}

export interface ClientHttpParts extends AgentHttpParts {
  readonly pool: ServerPool;
}

/** What a server answers. */
export function serverApps(config: AgentConfig, parts: ServerHttpParts): Apps {
  const { server, client, random, cluster } = parts;
  const { operations } = server.server;
  const known = knownOf(config, parts, {
    leading: () => operations.stats().leading,
    lastIndex: () => server.log.lastIndex,
    leader: () => cluster.leader(),
    servers: () => cluster.servers(),
    regions: () => regionsOf(config.region, parts.gossip.wan?.servers() ?? []),
    readings: () => serverReadings(operations.stats(), server.log),
  });
  const logPeers = cluster.logPeers === undefined ? {} : { logPeers: cluster.logPeers };
  const sourceBytesMax = config.server?.jobSourceBytesMax ?? 0;
  const jobs = nomadApp(
    {
      ops: operations,
      clock: systemClock,
      jobs: jobLanguage(process.argv[1] ?? '', sourceBytesMax),
      agent: known.facts,
      metrics: known.metrics,
      ...known.membership,
      clientOf: (id) => cluster.clientOf(id),
      ownNode: () => client?.client.nodeId,
      ...logPeers,
    },
    known.report,
  );
  const { kvValueMaxBytes, txnMaxBytes, sessionTtlMsMin } = config.discovery;
  const discovery = consulApp(
    {
      ops: operations,
      clock: systemClock,
      random: random.fork('discovery'),
      newId: randomUUID,
      agent: known.facts,
      limits: { kvValueMaxBytes, txnMaxBytes, sessionTtlMsMin },
      own: known.own,
      ...(cluster.federation === undefined ? {} : { federation: cluster.federation.facts }),
      ...logPeers,
    },
    known.report,
  );
  return { http: joinedApps(jobs, discovery), discovery: joinedApps(discovery, jobs) };
}

/** What an agent without a server role answers: of itself; everything else is a server's. */
export function clientApps(config: AgentConfig, parts: ClientHttpParts): Apps {
  const { pool } = parts;
  const known = knownOf(config, parts, {
    leading: () => false,
    lastIndex: () => 0,
    leader: () => '',
    servers: () => pool.servers,
    regions: () => [config.region],
    readings: () => [],
  });
  const [http, discovery] = [new RemoteHttp(pool, 'http'), new RemoteHttp(pool, 'discovery')];
  const { facts, metrics, own, report } = known;
  const deps = { agent: facts, clock: systemClock, ...known.membership };
  const stats = { stats: () => ({ leading: false, index: 0 as Index, stateHash: '' }) };
  const jobs = nomadAgentApp({ ...deps, metrics }, http, report);
  const catalog = consulAgentApp({ ...deps, ops: stats }, own, discovery, report);
  return { http: joinedApps(jobs, catalog), discovery: joinedApps(catalog, jobs) };
}

/** Both APIs, each on its port; a taken port ends the agent with the reason. */
export function listenAll(
  { addresses, ports }: AgentConfig,
  apps: Apps,
  logger: Logger,
): readonly Service[] {
  const listeners = [
    { name: 'http', host: addresses.http, port: ports.http, app: apps.http },
    { name: 'discovery', host: addresses.discovery, port: ports.discovery, app: apps.discovery },
  ];
  return listeners.filter(({ port }) => port >= 0).map((each) => listenWith(each, logger));
}

/** What differs between an agent with a server and one without. */
interface Sources {
  readonly leading: () => boolean;
  readonly lastIndex: () => number;
  readonly leader: () => string;
  readonly servers: () => readonly string[];
  readonly regions: () => readonly string[];
  readonly readings: () => readonly Reading[];
}

interface Known {
  readonly membership: Pick<HttpDeps, 'membership'>;
  readonly facts: Facts;
  readonly metrics: MetricsSource;
  readonly own: OwnAgent;
  readonly report: (error: unknown) => void;
}

/** What the agent knows of itself. */
function knownOf(config: AgentConfig, parts: AgentHttpParts, sources: Sources): Known {
  const { client, gossip, logger } = parts;
  const nodeName = config.name ?? hostname();
  const httpAddress = `${config.addresses.http}:${config.ports.http}`;
  const facts = new Facts(
    { config, version: VERSION, nodeName, httpAddress },
    {
      ...sources,
      nodeId: () => client?.client.nodeId,
      gossiping: () => gossip.servers(),
      logger,
      host: () => ({ OS: process.platform, Arch: process.arch, Hostname: hostname() }),
      formatLine,
    },
  );
  const figures = new Metrics(sources.readings);
  const metrics = {
    json: () => figures.json(systemClock.now()),
    prometheus: () => figures.prometheus(),
  };
  const report = (error: unknown): void => {
    const stack = error instanceof Error && !(error instanceof Failure) ? error.stack : undefined;
    logger.write('error', 'http', stack ?? explain(error));
  };
  const { membership } = gossip;
  return {
    facts,
    metrics,
    report,
    membership: membership === undefined ? {} : { membership },
    own: ownAgent({ config, facts, metrics, sources, ...parts }),
  };
}

interface OwnParts extends AgentHttpParts {
  readonly config: AgentConfig;
  readonly sources: Sources;
  readonly facts: Facts;
  readonly metrics: MetricsSource;
}

/** The agent as `/v1/agent` tells of it. */
function ownAgent(parts: OwnParts): OwnAgent {
  const { config, facts, registrar, gossip, sources } = parts;
  const { pool } = gossip;
  return {
    registrar: registrar.registrar,
    metrics: parts.metrics,
    nodeId: registrar.node.id,
    ...(pool === undefined ? {} : { pool }),
    ...(gossip.wan === undefined ? {} : { wan: gossip.wan }),
    nodeMeta: config.discovery.nodeMeta,
    isServer: config.server !== undefined,
    checkOutputMaxBytes: config.discovery.checkOutputMaxBytes,
    members: () => gossip.members(),
    settings: () => shownSettings(config),
    host: () => facts.host(),
    stats: () => runtimeStats(sources.leading()),
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
