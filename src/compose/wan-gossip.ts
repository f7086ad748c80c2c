/** Builds this server's membership in the pool that the servers of all regions share. */
import { tagsOf, type DiscoveryIdentity } from '../agent/discovery-facts.ts';
import type { AgentMember } from '../api/consul/agent-routes.ts';
import type { Random } from '../base/random.ts';
import type { AgentConfig } from '../core/agent-config/config.ts';
import {
  refusalByAll,
  regionServerName,
  regionServers,
  regionServerTags,
  type RegionServer,
} from '../core/federation/region-server.ts';
import { WAN } from '../core/gossip/serf/step.ts';
import type { Coordinate } from '../core/model/coordinate.ts';
import { FloodLoop } from '../gossip/flood-loop.ts';
import type { Gossip } from '../gossip/gossip.ts';
import { systemClock } from '../io/clock.ts';
import type { Service } from '../ports/service.ts';
import type { OwnPool } from '../server/http/consul/own-agent.ts';
import { buildMember, poolOf, unlessTaken } from './gossip-member.ts';

/** This server among those of all regions. */
export interface WanParts {
  readonly gossip: Gossip;
  readonly services: readonly Service[];
  readonly pool: OwnPool;
  /** Its own name there. */
  readonly self: string;
  members(): readonly AgentMember[];
  servers(): readonly RegionServer[];
  /** By members' names. */
  coordinates(): ReadonlyMap<string, Coordinate>;
  /** Tells whenever a member comes, goes or changes; the answer ends that. */
  follow(tell: () => void): () => void;
}

interface WanWorld {
  /** The pool of this region. */
  readonly lan: Gossip;
  readonly random: Random;
  readonly note: (line: string) => void;
}

/** How long a stream may take [ms]. Source: memberlist's `TCPTimeout` over long distances. */
const STREAM_TIMEOUT_MS = 30_000;
const DEFAULT_PORT = 8_302;

/** Undefined where the agent has no server that others could reach, or is not to gossip. */
export function buildWan(
  config: AgentConfig,
  identity: DiscoveryIdentity,
  { lan, random, note: noteLan }: WanWorld,
): WanParts | undefined {
  const port = config.ports.serfWan;
  const isHidden = config.dev && config.encrypt === '';
  if (config.server === undefined || port < 0 || isHidden) return undefined;
  const { region } = config;
  const settings = config.gossip.wan;
  const note = (line: string): void => noteLan(`between regions: ${line}`);
  const self = regionServerName(identity.nodeName, region);
  const gossip = buildMember(
    config,
    {
      ...{ service: 'gossip-wan', name: self, settings, port, suffix: '-wan' },
      ...{ policy: WAN, streamTimeoutMs: STREAM_TIMEOUT_MS, refusal: refusalByAll },
      tags: regionServerTags(tagsOf(identity)),
      defaultPort: port === 0 ? DEFAULT_PORT : port,
      isCompany: ({ tags }) => tags['region'] !== region,
    },
    { random, note },
  );
  return {
    gossip,
    services: [
      // Who is told to join others cannot do without.
      settings.join.length === 0 ? unlessTaken(gossip, note) : gossip,
      new FloodLoop(region, { lan, wan: gossip, clock: systemClock, note }),
    ],
    pool: poolOf(gossip),
    self,
    members: () =>
      gossip.members().map(({ name, address, status, tags }) => {
        return { name, address: address.host, port: address.port, status, tags };
      }),
    servers: () => regionServers(gossip.members()),
    coordinates: () => gossip.coordinates(),
    follow: (tell) =>
      gossip.follow((news) => {
        if (news.type === 'member') tell();
      }),
  };
}
