/** Builds the gossip role, and what others have of it. */
import { randomUUID } from 'node:crypto';
import { membersOf, tagsOf } from '../agent/discovery-facts.ts';
import type { AgentMember } from '../api/consul/agent-routes.ts';
import type { Random } from '../base/random.ts';
import type { AgentConfig } from '../core/agent-config/config.ts';
import { refusalByRegion, type RegionServer } from '../core/federation/region-server.ts';
import { LAN } from '../core/gossip/serf/step.ts';
import { SERF_HEALTH } from '../core/model/health-check.ts';
import { readUserEvents } from '../core/state/reads-kv.ts';
import { EventLoop } from '../gossip/event-loop.ts';
import type { Gossip } from '../gossip/gossip.ts';
import { parseJoin } from '../gossip/join-address.ts';
import { changeKeys, listKeys } from '../gossip/keys.ts';
import { UpkeepLoop, type GossipCatalog } from '../gossip/upkeep-loop.ts';
import { systemClock } from '../io/clock.ts';
import type { Service } from '../ports/service.ts';
import type { OwnPool } from '../server/http/consul/own-agent.ts';
import type { ServerMembership } from '../server/http/deps.ts';
import type { Operations } from '../server/operations.ts';
import { VERSION } from '../version.ts';
import { buildMember, poolOf, unlessTaken } from './gossip-member.ts';
import type { RegistrarParts } from './registrar.ts';
import { buildWan, type WanParts } from './wan-gossip.ts';

export interface GossipWorld {
  readonly nodeName: string;
  /** UUID of the machine in the catalog. */
  readonly nodeId: string;
  readonly random: Random;
  readonly note: (line: string) => void;
}

export interface GossipParts {
  /** The role; undefined where the agent does not gossip. */
  readonly gossip: Gossip | undefined;
  /** To be run, the role first. */
  readonly services: readonly Service[];
  /** What the API does with the pool. */
  readonly pool: OwnPool | undefined;
  /** The pool that servers of all regions share; undefined where this agent is none of them. */
  readonly wan: WanParts | undefined;
  /** Coming and going of servers. */
  readonly membership: ServerMembership | undefined;
  /** Everybody that is known; this agent alone where it does not gossip. */
  members(): readonly AgentMember[];
  /** Servers of all regions among whoever else is known; as fresh as either pool has them. */
  servers(): readonly AgentMember[];
}

const NEITHER = { wan: undefined, membership: undefined };

/** How long a stream may take [ms]. Source: memberlist's `TCPTimeout`. */
const STREAM_TIMEOUT_MS = 10_000;

export function buildGossip(config: AgentConfig, world: GossipWorld): GossipParts {
  const { nodeName, nodeId, random, note } = world;
  const identity = { config, nodeName, nodeId, version: VERSION };
  const port = config.ports.serf;
  if (port < 0) {
    const members = (): readonly AgentMember[] => membersOf(identity, []);
    return {
      gossip: undefined,
      services: [],
      pool: undefined,
      ...NEITHER,
      members,
      servers: members,
    };
  }
  const gossip = buildMember(
    config,
    {
      ...{ name: nodeName, settings: config.gossip, port, suffix: '' },
      ...{ tags: tagsOf(identity), policy: LAN, streamTimeoutMs: STREAM_TIMEOUT_MS },
      defaultPort: port === 0 ? DEFAULT_PORT : port,
      refusal: refusalByRegion(config.region),
    },
    { random, note },
  );
  const wan = buildWan(config, identity, { lan: gossip, random: random.fork('wan'), note });
  return {
    gossip,
    services: [config.dev ? unlessTaken(gossip, note) : gossip, ...(wan?.services ?? [])],
    pool: poolOf(gossip),
    wan,
    membership: membershipOf(config.region, gossip, wan),
    members: () => membersOf(identity, gossip.members()),
    servers: () => {
      if (wan === undefined) return membersOf(identity, gossip.members());
      return wan.members().map((server) => asNear(server, config.region, gossip));
    },
  };
}

const DEFAULT_PORT = 8_301;

/** Of a server of this region, its own pool hears sooner how it is than the one between regions. */
function asNear(server: AgentMember, region: string, lan: Gossip): AgentMember {
  const suffix = `.${region}`;
  if (server.tags['region'] !== region || !server.name.endsWith(suffix)) return server;
  const near = lan.member(server.name.slice(0, -suffix.length));
  return near === undefined ? server : { ...server, status: near.status };
}

/**
 * Servers are joined as people of Nomad join them, wherever they are: those of this region in its
 * pool, all of them in the one between regions. A port that is named says which is meant.
 */
function membershipOf(ownRegion: string, lan: Gossip, wan: WanParts | undefined): ServerMembership {
  return {
    listKeys: async () => {
      const { keys, members } = await listKeys(lan);
      return { keys, numNodes: members };
    },
    // One pool after the other: a key that the first refuses is in neither.
    changeKeys: async (verb, key) => {
      await changeKeys(lan, verb, key);
      if (wan !== undefined) await changeKeys(wan.gossip, verb, key);
    },
    join: async (address) => {
      const { port } = parseJoin(address, 0);
      const isLan = port !== 0 && port === (lan.at?.port ?? DEFAULT_PORT);
      if (wan === undefined || isLan) return lan.join(address);
      if (port !== 0) return wan.gossip.join(address);
      const joined = await wan.gossip.join(address).catch(async (error: unknown) => {
        // Nobody gossips between regions there: a server of this one may.
        await lan.join(address).catch(() => {
          throw error;
        });
        return 1;
      });
      const isNear = ({ region, node }: RegionServer): boolean =>
        region === ownRegion && lan.member(node) === undefined;
      if (wan.servers().some(isNear)) await lan.join(address);
      return joined;
    },
    forceLeave: (name, prune) => {
      wan?.gossip.forceLeave(name, prune);
      // Within a region, servers go by the names of their nodes.
      const suffix = `.${ownRegion}`;
      if (name.endsWith(suffix)) lan.forceLeave(name.slice(0, -suffix.length), prune);
    },
  };
}

/** What servers do besides: the catalog is told of members, and events pass both ways. */
export function gossipServices(
  { gossip }: GossipParts,
  { gossip: { reconnectTimeoutMs } }: AgentConfig,
  { ops, world: { nodeName, note } }: { readonly ops: Operations; readonly world: GossipWorld },
): readonly Service[] {
  if (gossip === undefined) return [];
  const catalog = catalogOf(ops);
  return [
    new UpkeepLoop(
      { self: nodeName, keptMs: reconnectTimeoutMs },
      { gossip, catalog, clock: systemClock, note },
    ),
    new EventLoop({
      gossip,
      note,
      log: {
        leading: () => ops.stats().leading,
        events: async (after, signal) => {
          const options = after === undefined ? {} : { after };
          const { value, index } = await ops.query(readUserEvents(), options, signal);
          return { events: value, index };
        },
        fire: async (name, payload) => {
          const id = randomUUID();
          const filters = { nodeFilter: '', serviceFilter: '', tagFilter: '' };
          await ops.kv.fireEvent({ id, name, payload, ...filters });
          return id;
        },
      },
    }),
  ];
}

/** Takes the agent out of the catalog and the pool, in good order. */
export function leaving(
  { registrar }: RegistrarParts,
  { pool, wan }: GossipParts,
): () => Promise<void> {
  return async () => {
    await registrar.leave();
    await wan?.pool.leave();
    await pool?.leave();
  };
}

/** Has something done before the agent leaves its pool, however it is told to. */
export function beforeLeaving(parts: GossipParts, first: () => Promise<void>): GossipParts {
  const { pool } = parts;
  if (pool === undefined) return parts;
  const leave = async (): Promise<void> => {
    await first();
    await pool.leave();
  };
  return { ...parts, pool: { ...pool, leave } };
}

function catalogOf(ops: Operations): GossipCatalog {
  return {
    leading: () => ops.stats().leading,
    node: (name) => {
      const state = ops.snapshot();
      if (state.catalogNode(name) === undefined) return undefined;
      const health = state.check(name, SERF_HEALTH)?.status;
      return {
        health,
        coordinate: [...state.coordinates(name)].find(({ segment }) => segment === '')?.coordinate,
      };
    },
    failing: () =>
      [...ops.snapshot().checksInStatus('critical')]
        .filter(({ id }) => id === SERF_HEALTH)
        .map(({ node }) => node),
    tell: async (upkeep) => {
      if (upkeep.tell === 'gone') {
        await ops.catalog.deregister({ node: upkeep.node });
        return;
      }
      const { node: name, status, output } = upkeep;
      const state = ops.snapshot();
      const node = state.catalogNode(name);
      const check = state.check(name, SERF_HEALTH);
      if (node === undefined || check === undefined) return;
      const checks = [{ ...check, status, output }];
      await ops.catalog.register({ node, skipNodeUpdate: true, services: [], checks });
    },
    place: async (updates) => {
      await ops.catalog.updateCoordinates(updates.map((each) => ({ ...each, segment: '' })));
    },
  };
}
