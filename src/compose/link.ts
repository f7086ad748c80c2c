/** Wires the agent link: what a server answers over it, and how a client finds the servers. */
import { randomUUID } from 'node:crypto';
import { Api } from '../api/api.ts';
import { catalogService } from '../api/consul/catalog-routes.ts';
import { CONSUL } from '../api/consul/common-query.ts';
import { Failure } from '../base/failure.ts';
import type { Random } from '../base/random.ts';
import type { AgentConfig, ClientSettings } from '../core/agent-config/config.ts';
import { formatAgentAddress, parseAgentAddress } from '../core/link/address.ts';
import { LINK_PROTOCOL, LINK_PROTOCOL_MIN, type AgentFacts } from '../core/link/hello.ts';
import type { NodeId } from '../core/model/ids.ts';
import { systemClock } from '../io/clock.ts';
import { connectLight } from '../io/http/light-client.ts';
import { linkKey } from '../io/link/key.ts';
import { systemLinkSockets } from '../io/link/sockets.ts';
import { clientAnswers } from '../link/client-answers.ts';
import { dnsAnswers } from '../link/dns-relay.ts';
import { httpAnswers } from '../link/http-answers.ts';
import { LinkServer } from '../link/link-server.ts';
import { NodeSessions } from '../link/node-sessions.ts';
import { RemoteClient } from '../link/remote-client.ts';
import { serverAnswers } from '../link/server-answers.ts';
import { ServerPool } from '../link/server-pool.ts';
import type { Answers } from '../link/session.ts';
import type { ClientLink } from '../ports/client-link.ts';
import { VERSION } from '../version.ts';
import type { Cluster, ClusterParts } from './cluster.ts';
import { PROGRAM } from './registrar.ts';

function factsOf(config: AgentConfig, nodeName: string): AgentFacts {
  const isServer = config.server !== undefined;
  return {
    protocol: LINK_PROTOCOL,
    protocolMin: LINK_PROTOCOL_MIN,
    version: VERSION,
    role: isServer ? 'server' : 'client',
    region: config.region,
    datacenter: config.datacenter,
    name: nodeName,
    instance: randomUUID(),
    address: isServer
      ? formatAgentAddress({ host: config.addresses.rpc, port: config.ports.rpc })
      : '',
  };
}

/** A server that other agents reach over the link. */
export function linkedCluster(config: AgentConfig, parts: ClusterParts, alone: Cluster): Cluster {
  const { server, catalog, dns, nodeName, note } = parts;
  const nodes = new NodeSessions();
  let answers: Answers = {};
  const link = new LinkServer(
    { host: config.addresses.rpc, port: config.ports.rpc },
    {
      facts: factsOf(config, nodeName),
      key: linkKey(config.encrypt),
      clock: systemClock,
      sockets: systemLinkSockets,
      answersFor: () => answers,
      note,
    },
  );
  const clientOf = (id: NodeId): ClientLink | undefined => {
    const session = nodes.of(id);
    return session === undefined ? undefined : new RemoteClient(session);
  };
  return {
    ...alone,
    services: [link],
    clientOf: (id) => alone.clientOf(id) ?? clientOf(id),
    serve: (apps) => {
      answers = {
        ...serverAnswers({
          servers: server.server.link,
          catalog,
          nodes,
          knows: (id, secretId) => server.replica.state.node(id)?.secretId === secretId,
        }),
        ...httpAnswers({ apps, admit: () => Promise.resolve() }),
        ...dnsAnswers(dns),
      };
    },
  };
}

export interface PoolParts {
  readonly nodeName: string;
  readonly random: Random;
  readonly client: () => ClientLink | undefined;
  readonly note: (line: string) => void;
}

/** The servers of an agent that runs none itself. */
export function buildServerPool(
  config: AgentConfig,
  settings: ClientSettings,
  { nodeName, random, client, note }: PoolParts,
): ServerPool {
  const answers = clientAnswers(client);
  return new ServerPool(
    { port: config.ports.rpc },
    {
      facts: factsOf(config, nodeName),
      key: linkKey(config.encrypt),
      clock: systemClock,
      sockets: systemLinkSockets,
      random,
      answersFor: () => answers,
      find: (signal) =>
        settings.servers.length > 0
          ? Promise.resolve(settings.servers)
          : serversInConsul(config, signal),
      note,
    },
  );
}

/**
 * Addresses of servers that stand in a Consul catalog.
 *
 * Original Consul: as Nomad's servers register there. Ours: its own servers are the service
 * `consul`, and their port is the link's.
 */
async function serversInConsul(
  { consul, addresses, ports }: AgentConfig,
  signal: AbortSignal,
): Promise<readonly string[]> {
  if (!consul.clientAutoJoin) return [];
  const at = consul.address.replace(/^https?:\/\//, '');
  const own = formatAgentAddress({ host: addresses.discovery, port: ports.discovery });
  const asked = parseAgentAddress(at, 8_500);
  // Asking itself would be asking the servers that are looked for.
  if (asked !== undefined && formatAgentAddress(asked) === own) return [];
  const http = connectLight(consul.address.includes('://') ? consul.address : `http://${at}`);
  const api = new Api({ dialect: CONSUL, token: consul.token, stale: true }, http);
  try {
    const named = await api.call(
      catalogService,
      { params: { service: consul.serverServiceName } },
      signal,
    );
    const rows = named.filter(({ tags }) => tags.length === 0 || tags.includes('rpc'));
    const found =
      rows.length > 0
        ? rows
        : (await api.call(catalogService, { params: { service: 'consul' } }, signal)).filter(
            ({ meta }) => meta['program'] === PROGRAM,
          );
    return found.map(({ address, nodeAddress, port }) =>
      formatAgentAddress({ host: address === '' ? nodeAddress : address, port }),
    );
  } catch (cause) {
    throw new Failure('unavailable', `cannot look for servers in the catalog at ${at}`, { cause });
  } finally {
    await http.close();
  }
}
