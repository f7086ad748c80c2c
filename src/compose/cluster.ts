/** What a server has to do with other agents: nothing, unless it is to be found by them. */
import type { Random } from '../base/random.ts';
import type { AgentConfig, ServerSettings } from '../core/agent-config/config.ts';
import type { NodeId } from '../core/model/ids.ts';
import type { Dns } from '../dns/dns.ts';
import type { CatalogLink } from '../ports/catalog-link.ts';
import type { ClientLink } from '../ports/client-link.ts';
import type { HttpApp } from '../ports/http.ts';
import type { ServerLink } from '../ports/server-link.ts';
import type { Service } from '../ports/service.ts';
import type { ClientParts } from './client.ts';
import type { ServerParts, ServerWorld } from './server.ts';

/** The APIs of an agent, each answering what the other has, too. */
export interface Apps {
  readonly http: HttpApp;
  readonly discovery: HttpApp;
}

/** A server's place among others, before it has a state. */
export interface Peering extends Pick<ServerWorld, 'shared' | 'isLed'> {
  /** `host:port` of all servers' links. */
  servers(): readonly string[];
  join(parts: ClusterParts): Cluster;
  /** Lets go of what the log needed, once it is closed. */
  close(): Promise<void>;
}

export interface Cluster {
  /** The first to begin, the last to end. */
  readonly services: readonly Service[];
  /** How this agent's own client and registrar reach whoever leads. */
  readonly links: { readonly servers: ServerLink; readonly catalog: CatalogLink };
  /** `host:port` of the leader's link; empty when there is none. */
  leader(): string;
  /** The same of every server. */
  servers(): readonly string[];
  /** Of a node that this server, or another one, is in touch with. */
  clientOf(nodeId: NodeId): ClientLink | undefined;
  /** The APIs as they are answered here: by this server or by the leader. */
  readonly placed: (apps: Apps) => Apps;
  /** What other agents are answered from. Called once, before the services run. */
  serve(apps: Apps): void;
}

export interface ClusterParts {
  readonly server: ServerParts;
  /** The catalog as this server's own state has it. */
  readonly catalog: CatalogLink;
  /** Made later, where there are any. */
  readonly client: () => ClientParts | undefined;
  readonly dns: () => Dns | undefined;
  readonly nodeName: string;
  readonly note: (line: string) => void;
}

export interface PeeringWorld {
  readonly nodeName: string;
  readonly random: Random;
  readonly note: (line: string) => void;
  /** What needs no state: it begins with the search for others, not after it. */
  readonly early: readonly Service[];
}

/**
 * A server of several waits here until it has found others; one alone in `-dev` does not listen, so
 * that nobody can mistake it for a real one.
 */
export async function openPeering(
  config: AgentConfig,
  settings: ServerSettings,
  world: PeeringWorld,
): Promise<Peering> {
  const own = `${config.addresses.rpc}:${config.ports.rpc}`;
  if (settings.bootstrapExpect > 1 || settings.etcd.endpoints.length > 0) {
    const { openServerPeering } = await import('./several-servers.ts');
    return openServerPeering(config, settings, world);
  }
  const alone = { servers: () => [own], close: () => Promise.resolve() };
  if (config.dev && config.encrypt === '') {
    return { ...alone, join: (parts) => ({ ...hidden(own, parts), services: world.early }) };
  }
  const { buildDoor, loneCluster } = await import('./link.ts');
  return {
    ...alone,
    join: (parts) => {
      const cluster = loneCluster(buildDoor(config, parts), parts);
      return { ...cluster, services: [...cluster.services, ...world.early] };
    },
  };
}

/** A server that nobody else talks to. */
function hidden(own: string, { server, catalog, client }: ClusterParts): Omit<Cluster, 'services'> {
  return {
    links: { servers: server.server.link, catalog },
    leader: () => (server.server.operations.stats().leading ? own : ''),
    servers: () => [own],
    clientOf: (id) => (id === client()?.client.nodeId ? client()?.client.link : undefined),
    placed: (apps) => apps,
    serve: () => undefined,
  };
}
