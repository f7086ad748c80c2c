/** What the handlers of the discovery API need of the program around them; made by compose. */
import type { Random } from '../../../base/random.ts';
import type { Coordinate } from '../../../core/model/coordinate.ts';
import type { QueryReading } from '../../../core/state/reads-queries.ts';
import type { Clock } from '../../../ports/clock.ts';
import type { LogPeers } from '../../../ports/log-peers.ts';
import type { Operations, ServerStats } from '../../operations.ts';
import type { ServerSources } from '../server-health.ts';
import type { CoordinationLimits } from './coordination-limits.ts';
import type { OwnAgent } from './own-agent.ts';

export interface ConsulDeps {
  readonly ops: Operations;
  readonly clock: Clock;
  readonly random: Random;
  /** Draws a UUID. */
  newId(): string;
  readonly agent: ConsulAgentFacts;
  /** Absent: `DEFAULT_COORDINATION_LIMITS`. */
  readonly limits?: CoordinationLimits;
  /** Absent: there are no other regions. */
  readonly federation?: FederationFacts;
  /** Absent: there is no other server. */
  readonly logPeers?: LogPeers;
  /** Absent: what concerns the agent itself is not served. */
  readonly own?: OwnAgent;
}

/** What is known of the datacenters of all regions, this one's too. */
export interface FederationFacts {
  /** Nearest first, each once. */
  datacenters(): readonly string[];
  /** Where servers stand, as far as they told. */
  servers(): readonly Readonly<{ datacenter: string; node: string; coordinate: Coordinate }>[];
  /** Carries a query on in the datacenters that it has not tried. */
  failover(reading: QueryReading, signal: AbortSignal): Promise<QueryReading>;
}

/** What the agent's own endpoints need, on a server or without one. */
export interface OwnAgentDeps extends Pick<ConsulDeps, 'agent' | 'clock'> {
  readonly ops: { stats(): Pick<ServerStats, 'leading' | 'index' | 'stateHash'> };
}

/** What the agent knows of itself and its peers. */
export interface ConsulAgentFacts extends ServerSources {
  /** Name of its machine in the catalog. */
  readonly nodeName: string;
  readonly datacenter: string;
}
