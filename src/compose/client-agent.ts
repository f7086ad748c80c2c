/** An agent without a server role: client, registrar and doors, all by way of the servers. */
import { hostname } from 'node:os';
import { runServices } from '../agent/lifecycle.ts';
import { seeded } from '../base/random.ts';
import type { AgentConfig, ClientSettings } from '../core/agent-config/config.ts';
import { parseListen } from '../core/dns/settings.ts';
import { systemClock } from '../io/clock.ts';
import { systemDnsSockets } from '../io/dns/sockets.ts';
import { DnsRelay } from '../link/dns-relay.ts';
import { RemotePreviousAllocs } from '../link/remote-previous.ts';
import { RemoteCatalog, RemoteServers } from '../link/remote-servers.ts';
import type { ClientLink } from '../ports/client-link.ts';
import type { Service } from '../ports/service.ts';
import { together } from '../run/together.ts';
import { buildClient } from './client.ts';
import { drainThroughApi } from './drain.ts';
import { buildGossip, leaving } from './gossip.ts';
import { clientApps, listenAll } from './http.ts';
import { buildServerPool } from './link.ts';
import { buildRemoteBalancer } from './remote-balancer.ts';
import { buildRegistrar, definitionsOf } from './registrar.ts';
import { buildRelayedExec } from './remote-exec.ts';
import { reloadLogging, reloadOnHangup, type Running } from './running.ts';
import { stopOnSignals } from './stop-signal.ts';

/** Runs until SIGTERM or SIGINT, with servers or without. */
export async function runClientAgent(
  config: AgentConfig,
  settings: ClientSettings,
  running: Running,
): Promise<void> {
  const { logger } = running;
  const log = (name: string) => (line: string) => logger.write('info', name, line);
  const nodeName = config.name ?? hostname();
  const random = seeded(`${process.pid}/${Date.now()}`);
  const pool = buildServerPool(config, settings, {
    ...{ nodeName, random: random.fork('link'), note: log('link') },
    // Asked by servers, which are dialled once it is there.
    client: (): ClientLink => client.client.link,
    gossiping: () => gossip.members(),
  });
  const registrar = await buildRegistrar(config, {
    catalog: new RemoteCatalog(pool),
    ...{ nodeName, random: random.fork('registrar'), log: log('registrar') },
  });
  const gossip = buildGossip(config, {
    ...{ nodeName, nodeId: registrar.node.id },
    ...{ random: random.fork('gossip'), note: log('gossip') },
  });
  const client = buildClient(config, settings, {
    clock: systemClock,
    random: random.fork('client'),
    servers: new RemoteServers(pool, pool),
    previous: new RemotePreviousAllocs(pool),
    registrar: registrar.registrar,
    log: log('client'),
  });
  const balancer = buildRemoteBalancer(config, {
    ...{ random: random.fork('balancer'), note: log('balancer') },
  });
  const exec = { nodeName, random: random.fork('remote-exec'), note: log('remote-exec') };
  const reload = async (): Promise<void> => {
    const changed = await running.load();
    await registrar.registrar.reload(definitionsOf(changed));
    balancer.reload(changed);
    reloadLogging(running, changed);
  };
  const stop = new AbortController();
  stopOnSignals(stop, config, {
    client,
    logger,
    drain: drainThroughApi(config),
    leave: leaving(registrar, gossip),
  });
  reloadOnHangup(reload, running);
  const apps = clientApps(config, {
    ...{ client, registrar, gossip, logger, reload, pool, stop: () => stop.abort() },
  });
  const services: readonly Service[] = [
    pool,
    registrar.registrar,
    ...gossip.services,
    client.keeper,
    client.client,
    ...dnsRelay(config, pool, log('dns')),
    together('doors', listenAll(config, apps, logger)),
    ...balancer.services,
    ...(config.discovery.remoteExec ? [buildRelayedExec(config, exec)] : []),
  ];
  try {
    await runServices(services, log('agent'), stop.signal);
  } finally {
    await client.close();
    await registrar.close();
  }
}

function dnsRelay(
  { addresses, ports }: AgentConfig,
  caller: ConstructorParameters<typeof DnsRelay>[1]['caller'],
  note: (line: string) => void,
): readonly Service[] {
  if (ports.dns < 0) return [];
  // The configuration was found without a mistake.
  const listen = parseListen(addresses.dns, ports.dns) ?? [];
  return [new DnsRelay(listen, { caller, sockets: systemDnsSockets, note })];
}
