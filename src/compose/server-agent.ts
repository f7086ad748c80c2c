/** An agent with a server role, and with a client role where it is wanted. */
import { hostname } from 'node:os';
import { runServices } from '../agent/lifecycle.ts';
import { explain } from '../base/failure.ts';
import { seeded, type Random } from '../base/random.ts';
import type { AgentConfig, ServerSettings } from '../core/agent-config/config.ts';
import type { Dns } from '../dns/dns.ts';
import { systemClock } from '../io/clock.ts';
import type { Service } from '../ports/service.ts';
import { together } from '../run/together.ts';
import { ServerCatalogLink } from '../server/catalog-link.ts';
import { firstIndexAfter } from '../server/state-fetch.ts';
import { buildBalancer, reloadBalancer } from './balancer.ts';
import { buildClient, type ClientParts } from './client.ts';
import type { Cluster } from './cluster-parts.ts';
import { openPeering } from './cluster.ts';
import { buildDns } from './dns.ts';
import { drainThroughApi } from './drain.ts';
import {
  beforeLeaving,
  buildGossip,
  gossipServices,
  leaving,
  type GossipParts,
  type GossipWorld,
} from './gossip.ts';
import { listenAll, serverApps } from './http.ts';
import { buildRegistrar, definitionsOf, nodeIdOf, type RegistrarParts } from './registrar.ts';
import { buildRemoteExec } from './remote-exec.ts';
import { reloadLogging, reloadOnHangup, type Running } from './running.ts';
import { buildServer, type ServerParts } from './server.ts';
import { stopOnSignals } from './stop-signal.ts';

/**
 * Runs until SIGTERM or SIGINT. A server that the log has left behind begins anew, in the same
 * process, with another one's state; tasks go on meanwhile.
 */
export async function runServerAgent(
  config: AgentConfig,
  settings: ServerSettings,
  running: Running,
): Promise<void> {
  let isBehind = true;
  while (isBehind) isBehind = await runOnce(config, settings, running);
}

/** Answers true where the log went on without this server. */
async function runOnce(
  config: AgentConfig,
  settings: ServerSettings,
  running: Running,
): Promise<boolean> {
  const { logger } = running;
  const log = (name: string) => (line: string) => logger.write('info', name, line);
  const nodeName = config.name ?? hostname();
  const random = seeded(`${process.pid}/${Date.now()}`);
  const own = await openOwn(config, settings, { nodeName, random, log });
  const { server, cluster, registrar, gossip, world } = own;
  const client =
    config.client === undefined
      ? undefined
      : buildClient(config, config.client, {
          clock: systemClock,
          random: random.fork('client'),
          servers: cluster.links.servers,
          previous: cluster.links.previous,
          registrar: registrar.registrar,
          log: log('client'),
        });
  const dns = buildDns(config, {
    ...{ server, nodeName, random: random.fork('dns'), note: log('dns') },
    federation: cluster.federation,
  });
  const balancer = buildBalancer(config, {
    ...{ server, random: random.fork('balancer'), note: log('balancer') },
  });
  Object.assign(own.later, { client, dns });
  const reload = async (): Promise<void> => {
    const changed = await running.load();
    await registrar.registrar.reload(definitionsOf(changed));
    dns?.configure(changed.discovery.dns);
    reloadBalancer(balancer, changed);
    reloadLogging(running, changed);
  };
  const stop = new AbortController();
  const leave = leaving(registrar, gossip);
  const drain = drainThroughApi(config);
  const forgetSignals = stopOnSignals(stop, config, { client, logger, leave, drain });
  const forgetReload = reloadOnHangup(reload, running);
  const apps = serverApps(config, {
    ...{ server, client, registrar, gossip, logger, random, reload, cluster },
    stop: () => stop.abort(),
  });
  cluster.serve(apps);
  const services = [
    ...cluster.services,
    server.server,
    registrar.registrar,
    ...gossipServices(gossip, config, { ops: server.server.operations, world }),
    ...(client === undefined ? [] : [client.keeper, client.client]),
    ...(dns === undefined ? [] : [dns]),
    ...(balancer === undefined ? [] : [balancer]),
    ...remoteExecOf(config, { server, nodeName, note: log('remote-exec') }),
    together('doors', [...listenAll(config, cluster.placed(apps), logger), ...cluster.farewell]),
  ];
  let isBehind = false;
  try {
    isBehind = await runUntilBehind(services, log('agent'), stop.signal);
  } finally {
    await client?.close();
    await own.close();
    forgetSignals();
    forgetReload();
  }
  return isBehind && !stop.signal.aborted;
}

/** Runs them as `runServices`; answers whether that ended because the log went on without them. */
async function runUntilBehind(
  services: readonly Service[],
  log: (line: string) => void,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    await runServices(services, log, signal);
    return false;
  } catch (error) {
    if (firstIndexAfter(error) === undefined) throw error;
    log(`begins anew: ${explain(error)}`);
    return true;
  }
}

function remoteExecOf(
  config: AgentConfig,
  parts: Parameters<typeof buildRemoteExec>[1],
): readonly Service[] {
  return config.discovery.remoteExec ? [buildRemoteExec(config, parts)] : [];
}

interface OwnWorld {
  readonly nodeName: string;
  readonly random: Random;
  readonly log: (name: string) => (line: string) => void;
}

/** What a server is before it runs anything: its place among others, its state, its node. */
interface Own {
  readonly server: ServerParts;
  readonly cluster: Cluster;
  readonly registrar: RegistrarParts;
  readonly gossip: GossipParts;
  readonly world: GossipWorld;
  /** What others are answered from and is made after this. */
  readonly later: { client?: ClientParts; dns?: Dns };
  close(): Promise<void>;
}

async function openOwn(
  config: AgentConfig,
  settings: ServerSettings,
  { nodeName, random, log }: OwnWorld,
): Promise<Own> {
  const world = {
    ...{ nodeName, nodeId: await nodeIdOf(config) },
    ...{ random: random.fork('gossip'), note: log('gossip') },
  };
  const gossip = buildGossip(config, world);
  const peering = await openPeering(config, settings, {
    ...{ nodeName, random: random.fork('mesh'), note: log('link'), early: gossip.services },
    hasLeft: (name) => gossip.gossip?.member(name)?.status === 'left',
  });
  const server = await buildServer(config, settings, {
    clock: systemClock,
    random: random.fork('server'),
    note: log('server'),
    ...peering,
  });
  const later: Own['later'] = {};
  const cluster = peering.join({
    ...{ server, nodeName, note: log('link'), client: () => later.client, dns: () => later.dns },
    ...{ wan: gossip.wan, random: random.fork('link') },
    catalog: new ServerCatalogLink(server.server.operations),
  });
  const { catalog } = cluster.links;
  const registrar = await buildRegistrar(config, {
    ...{ catalog, nodeName, random: random.fork('registrar'), log: log('registrar') },
  });
  const { leaveLog } = cluster;
  return {
    ...{ server, cluster, registrar, world, later },
    gossip: leaveLog === undefined ? gossip : beforeLeaving(gossip, leaveLog),
    close: async () => {
      await registrar.close();
      await server.close();
      await peering.close();
    },
  };
}
