/** What wiring a server among other agents hands from one part to the next. */
import type { Random } from '../base/random.ts';
import type { NodeId } from '../core/model/ids.ts';
import type { Dns, DnsElsewhere } from '../dns/dns.ts';
import type { Regions } from '../link/regions.ts';
import type { CatalogLink } from '../ports/catalog-link.ts';
import type { ClientLink } from '../ports/client-link.ts';
import type { HttpApp } from '../ports/http.ts';
import type { LogPeers } from '../ports/log-peers.ts';
import type { PreviousAllocs } from '../ports/previous-allocs.ts';
import type { ServerLink } from '../ports/server-link.ts';
import type { Service } from '../ports/service.ts';
import type { FederationFacts } from '../server/http/consul/deps.ts';
import type { ClientParts } from './client.ts';
import type { ServerParts, ServerWorld } from './server.ts';
import type { WanParts } from './wan-gossip.ts';

/** The APIs of an agent, each answering what the other has, too. */
export interface Apps {
  readonly http: HttpApp;
  readonly discovery: HttpApp;
}

/** A server's place among others, before it has a state. */
export interface Peering extends Pick<ServerWorld, 'shared' | 'isLed' | 'staleMs' | 'evaluations'> {
  /** `host:port` of all servers' links. */
  servers(): readonly string[];
  join(parts: ClusterParts): Cluster;
  /** Lets go of what the log needed, once it is closed. */
  close(): Promise<void>;
}

export interface Cluster {
  /** The first to begin, the last to end. */
  readonly services: readonly Service[];
  /** What ends with the doors, before all else: others are told that this server stops. */
  readonly farewell: readonly Service[];
  /** How this agent's own client and registrar reach whoever leads. */
  readonly links: {
    readonly servers: ServerLink;
    readonly previous: PreviousAllocs;
    readonly catalog: CatalogLink;
  };
  /** `host:port` of the leader's link; empty when there is none. */
  leader(): string;
  /** Absent: there are no others. */
  readonly logPeers?: LogPeers;
  /** Takes this server out of those that hold the log, while it lives. Absent: it cannot. */
  readonly leaveLog?: () => Promise<void>;
  /** The same of every server. */
  servers(): readonly string[];
  /** Of a node that this server, or another one, is in touch with. */
  clientOf(nodeId: NodeId): ClientLink | undefined;
  /** The other regions; undefined where this server does not gossip with them. */
  readonly federation: Federation | undefined;
  /** The APIs as they are answered here: by this server, the leader, or another region. */
  readonly placed: (apps: Apps) => Apps;
  /** What other agents are answered from. Called once, before the services run. */
  serve(apps: Apps): void;
}

/** The other regions, as far as this agent has to do with them. */
export interface Federation {
  readonly regions: Regions;
  readonly facts: FederationFacts;
  /** What DNS asks of other regions. */
  readonly dns: DnsElsewhere;
  /** The APIs, with what is another region's to answer handed to it. */
  regioned(apps: Apps): Apps;
}

export interface ClusterParts {
  readonly server: ServerParts;
  /** The catalog as this server's own state has it. */
  readonly catalog: CatalogLink;
  /** Made later, where there are any. */
  readonly client: () => ClientParts | undefined;
  readonly dns: () => Dns | undefined;
  readonly wan: WanParts | undefined;
  readonly nodeName: string;
  readonly random: Random;
  readonly note: (line: string) => void;
}

export interface PeeringWorld {
  readonly nodeName: string;
  readonly random: Random;
  readonly note: (line: string) => void;
  /** What needs no state: it begins with the search for others, not after it. */
  readonly early: readonly Service[];
  /** Whether the agent of this name has said that it will not come back. */
  readonly hasLeft: (name: string) => boolean;
}
