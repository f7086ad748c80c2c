/** What a server has to do with other agents: nothing, unless it is to be found by them. */
import type { AgentConfig } from '../core/agent-config/config.ts';
import type { NodeId } from '../core/model/ids.ts';
import type { Dns } from '../dns/dns.ts';
import type { CatalogLink } from '../ports/catalog-link.ts';
import type { ClientLink } from '../ports/client-link.ts';
import type { HttpApp } from '../ports/http.ts';
import type { Service } from '../ports/service.ts';
import type { ClientParts } from './client.ts';
import type { ServerParts } from './server.ts';

/** The APIs of an agent, each answering what the other has, too. */
export interface Apps {
  readonly http: HttpApp;
  readonly discovery: HttpApp;
}

export interface Cluster {
  readonly services: readonly Service[];
  /** `host:port` of the leader's link; empty when there is none. */
  leader(): string;
  /** The same of every server. */
  servers(): readonly string[];
  /** Of a node that this server, or another one, is in touch with. */
  clientOf(nodeId: NodeId): ClientLink | undefined;
  /** What other agents are answered from. Called once, before the services run. */
  serve(apps: Apps): void;
}

export interface ClusterParts {
  readonly server: ServerParts;
  readonly client: ClientParts | undefined;
  readonly catalog: CatalogLink;
  readonly dns: Dns | undefined;
  readonly nodeName: string;
  readonly note: (line: string) => void;
}

/** A server alone in `-dev` does not listen, so that nobody can mistake it for a real one. */
export async function buildCluster(config: AgentConfig, parts: ClusterParts): Promise<Cluster> {
  const own = `${config.addresses.rpc}:${config.ports.rpc}`;
  const { server, client } = parts;
  const alone: Cluster = {
    services: [],
    leader: () => (server.server.operations.stats().leading ? own : ''),
    servers: () => [own],
    clientOf: (id) => (id === client?.client.nodeId ? client.client.link : undefined),
    serve: () => undefined,
  };
  if (config.dev && config.encrypt === '') return alone;
  const { linkedCluster } = await import('./link.ts');
  return linkedCluster(config, parts, alone);
}
