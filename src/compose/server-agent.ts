/** An agent with a server role, and with a client role where it is wanted. */
import { hostname } from 'node:os';
import { runServices } from '../agent/lifecycle.ts';
import { seeded } from '../base/random.ts';
import type { AgentConfig, ServerSettings } from '../core/agent-config/config.ts';
import { systemClock } from '../io/clock.ts';
import { ServerCatalogLink } from '../server/catalog-link.ts';
import { buildBalancer, reloadBalancer } from './balancer.ts';
import { buildClient } from './client.ts';
import { openPeering } from './cluster.ts';
import { buildDns } from './dns.ts';
import { buildGossip, gossipServices, leaving } from './gossip.ts';
import { listenAll, serverApps } from './http.ts';
import { buildRegistrar, definitionsOf, nodeIdOf } from './registrar.ts';
import { buildRemoteExec } from './remote-exec.ts';
import { reloadLogging, reloadOnHangup, type Running } from './running.ts';
import { buildServer } from './server.ts';
import { stopOnSignals } from './stop-signal.ts';

/** Runs until SIGTERM or SIGINT. */
export async function runServerAgent(
  config: AgentConfig,
  settings: ServerSettings,
  running: Running,
): Promise<void> {
  const { logger } = running;
  const log = (name: string) => (line: string) => logger.write('info', name, line);
  const nodeName = config.name ?? hostname();
  const random = seeded(`${process.pid}/${Date.now()}`);
  const world = {
    ...{ nodeName, nodeId: await nodeIdOf(config) },
    ...{ random: random.fork('gossip'), note: log('gossip') },
  };
  const gossip = buildGossip(config, world);
  const peering = await openPeering(config, settings, {
    ...{ nodeName, random: random.fork('mesh'), note: log('link'), early: gossip.services },
  });
  const server = await buildServer(config, settings, {
    clock: systemClock,
    random: random.fork('server'),
    note: log('server'),
    ...peering,
  });
  const cluster = peering.join({
    ...{ server, nodeName, note: log('link'), client: () => client, dns: () => dns },
    catalog: new ServerCatalogLink(server.server.operations),
  });
  const { catalog } = cluster.links;
  const registrar = await buildRegistrar(config, {
    ...{ catalog, nodeName, random: random.fork('registrar'), log: log('registrar') },
  });
  const client =
    config.client === undefined
      ? undefined
      : buildClient(config, config.client, {
          clock: systemClock,
          random: random.fork('client'),
          servers: cluster.links.servers,
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
    const changed = await running.load();
    await registrar.registrar.reload(definitionsOf(changed));
    dns?.configure(changed.discovery.dns);
    reloadBalancer(balancer, changed);
    reloadLogging(running, changed);
  };
  const stop = new AbortController();
  const { operations } = server.server;
  stopOnSignals(stop, config, {
    ...{ client, logger, leave: leaving(registrar, gossip) },
    drain: {
      drainNode: (id, request) => operations.drainNode(id, request),
      isDraining: (id) => Promise.resolve(operations.snapshot().node(id)?.drain !== undefined),
    },
  });
  reloadOnHangup(reload, running);
  const apps = serverApps(config, {
    ...{ server, client, registrar, gossip, logger, random, reload, cluster },
    stop: () => stop.abort(),
  });
  cluster.serve(apps);
  const services = [
    ...cluster.services,
    server.server,
    registrar.registrar,
    ...gossipServices(gossip, operations, world),
    ...(client === undefined ? [] : [client.keeper, client.client]),
    ...(dns === undefined ? [] : [dns]),
    ...(balancer === undefined ? [] : [balancer]),
    ...(config.discovery.remoteExec
      ? [buildRemoteExec({ server, nodeName, note: log('remote-exec') })]
      : []),
    ...listenAll(config, cluster.placed(apps), logger),
  ];
  try {
    await runServices(services, log('agent'), stop.signal);
  } finally {
    await client?.close();
    await registrar.close();
    await server.close();
    await peering.close();
  }
}
