/** Wires the agent link: what a server answers over it, and how a client finds the servers. */
import { Api } from '../api/api.ts';
import type { AgentMember } from '../api/consul/agent-routes.ts';
import { catalogService } from '../api/consul/catalog-routes.ts';
import { CONSUL } from '../api/consul/common-query.ts';
import { Failure } from '../base/failure.ts';
import type { Random } from '../base/random.ts';
import type { AgentConfig, ClientSettings } from '../core/agent-config/config.ts';
import { formatAgentAddress, parseAgentAddress } from '../core/link/address.ts';
import type { NodeId } from '../core/model/ids.ts';
import { systemClock } from '../io/clock.ts';
import { connectLight } from '../io/http/light-client.ts';
import { linkKey } from '../io/link/key.ts';
import { systemLinkSockets } from '../io/link/sockets.ts';
import { clientAnswers } from '../link/client-answers.ts';
import { dnsAnswers } from '../link/dns-relay.ts';
import { httpAnswers } from '../link/http-answers.ts';
import { RemoteClient } from '../link/remote-client.ts';
import { serverAnswers } from '../link/server-answers.ts';
import { ServerPool } from '../link/server-pool.ts';
import type { ClientLink } from '../ports/client-link.ts';
import type { Cluster, ClusterParts } from './cluster-parts.ts';
import { linkFactsOf, type Door } from './door.ts';
import { federationOf } from './federation.ts';
import { PROGRAM } from './registrar.ts';
import type { ServerParts } from './server.ts';

/** A server with a log of its own, to which others may turn. */
export function loneCluster(config: AgentConfig, door: Door, parts: ClusterParts): Cluster {
  const { server, client, catalog, dns } = parts;
  const { nodes, facts } = door;
  const federation = federationOf(config, door, parts);
  const clientOf: Cluster['clientOf'] = (id) => {
    if (id === client()?.client.nodeId) return client()?.client.link;
    const session = nodes.of(id);
    return session === undefined ? undefined : new RemoteClient(session);
  };
  const links = {
    ...{ servers: server.server.link, catalog },
    previous: server.server.previousAllocs(clientOf),
  };
  return {
    farewell: [door.server.farewell],
    services: [door.server, ...(federation === undefined ? [] : [federation.regions])],
    links,
    leader: () => (server.server.operations.stats().leading ? facts.address : ''),
    servers: () => [facts.address],
    clientOf,
    federation,
    placed: (apps) => federation?.regioned(apps) ?? apps,
    serve: (apps) => {
      const admit = (): void => undefined;
      door.open({
        ...serverAnswers({ ...links, nodes, knows: knowsIn(server) }),
        ...httpAnswers({ apps: federation?.regioned(apps) ?? apps, admit }),
        ...dnsAnswers(dns()),
      });
      door.openAbroad({
        ...httpAnswers({ apps, admit }, 'another region'),
        ...dnsAnswers(dns(), 'another region'),
        ...federation?.regions.answers,
      });
    },
  };
}

/** Whether this is the secret of a node that this server knows. */
export function knowsIn({ replica }: ServerParts): (id: NodeId, secretId: string) => boolean {
  return (id, secretId) => replica.state.node(id)?.secretId === secretId;
}

export interface PoolParts {
  readonly nodeName: string;
  readonly random: Random;
  readonly client: () => ClientLink | undefined;
  /** Whoever gossip knows. */
  readonly gossiping: () => readonly AgentMember[];
  readonly note: (line: string) => void;
}

/** The servers of an agent that runs none itself. */
export function buildServerPool(
  config: AgentConfig,
  settings: ClientSettings,
  { nodeName, random, client, gossiping, note }: PoolParts,
): ServerPool {
  const answers = clientAnswers(client);
  return new ServerPool(
    { port: config.ports.rpc },
    {
      facts: linkFactsOf(config, nodeName),
      key: linkKey(config.encrypt),
      clock: systemClock,
      sockets: systemLinkSockets,
      random,
      answersFor: () => answers,
      find: async (signal) => {
        const named = [...settings.servers, ...serversInGossip(config.region, gossiping())];
        return named.length > 0 ? named : serversInConsul(config, signal);
      },
      note,
    },
  );
}

/** Addresses of the links of our servers in the pool. */
function serversInGossip(region: string, members: readonly AgentMember[]): readonly string[] {
  return members
    .filter(({ tags }) => tags['role'] === 'consul' && tags['region'] === region)
    .flatMap(({ address, tags }) => {
      const port = Number(tags['port']);
      const host = tags['rpc_addr'] ?? address;
      return port > 0 ? [formatAgentAddress({ host, port })] : [];
    });
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
