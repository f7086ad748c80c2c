/** Builds the gossip role, and what others have of it. */
import { createHash, randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { dirname, join } from 'node:path';
import { membersOf, tagsOf } from '../agent/discovery-facts.ts';
import type { AgentMember } from '../api/consul/agent-routes.ts';
import { explain, Failure } from '../base/failure.ts';
import { toBase64 } from '../base/base64.ts';
import type { Random } from '../base/random.ts';
import type { AgentConfig } from '../core/agent-config/config.ts';
import type { Address } from '../core/gossip/address.ts';
import { parseKey, type KeyRing } from '../core/gossip/key-ring.ts';
import { LAN } from '../core/gossip/serf/step.ts';
import { SERF_HEALTH } from '../core/model/health-check.ts';
import { readUserEvents } from '../core/state/reads-kv.ts';
import { EventLoop } from '../gossip/event-loop.ts';
import { Gossip } from '../gossip/gossip.ts';
import { parseJoin } from '../gossip/join-address.ts';
import { changeKeys, listKeys } from '../gossip/keys.ts';
import { UpkeepLoop, type GossipCatalog } from '../gossip/upkeep-loop.ts';
import { systemClock } from '../io/clock.ts';
import { systemGossipSockets } from '../io/gossip/sockets.ts';
import type { Service } from '../ports/service.ts';
import { untilAborted } from '../run/aborted.ts';
import type { OwnPool } from '../server/http/consul/own-agent.ts';
import type { Operations } from '../server/operations.ts';
import { VERSION } from '../version.ts';
import type { RegistrarParts } from './registrar.ts';

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
  /** Everybody that is known; this agent alone where it does not gossip. */
  members(): readonly AgentMember[];
}

/** How long a stream may take [ms]. Source: memberlist's `TCPTimeout`. */
const STREAM_TIMEOUT_MS = 10_000;

export function buildGossip(config: AgentConfig, world: GossipWorld): GossipParts {
  const { nodeName, nodeId, random, note } = world;
  const identity = { config, nodeName, nodeId, version: VERSION };
  const port = config.ports.serf;
  if (port < 0) {
    const members = (): readonly AgentMember[] => membersOf(identity, []);
    return { gossip: undefined, services: [], pool: undefined, members };
  }
  const ringPath = join(config.dataDir, 'gossip', 'keyring.json');
  const gossip = new Gossip(
    {
      name: nodeName,
      listen: { host: config.gossip.address, port },
      advertise: advertised(config),
      tags: tagsOf(identity),
      keys: keysOf(config.encrypt, ringPath),
      label: '',
      retryJoin: config.gossip.join,
      defaultPort: port === 0 ? DEFAULT_PORT : port,
      policy: LAN,
      streamTimeoutMs: STREAM_TIMEOUT_MS,
    },
    {
      sockets: systemGossipSockets,
      clock: systemClock,
      random,
      note,
      keepKeys: (keys) => keepKeys(ringPath, keys),
    },
  );
  return {
    gossip,
    services: [config.dev ? unlessTaken(gossip, note) : gossip],
    pool: poolOf(gossip),
    members: () => membersOf(identity, gossip.members()),
  };
}

const DEFAULT_PORT = 8_301;

/** What servers do besides: the catalog is told of members, and events pass both ways. */
export function gossipServices(
  { gossip }: GossipParts,
  ops: Operations,
  { nodeName, note }: GossipWorld,
): readonly Service[] {
  if (gossip === undefined) return [];
  const catalog = catalogOf(ops);
  return [
    new UpkeepLoop(nodeName, { gossip, catalog, clock: systemClock, note }),
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
  { gossip }: GossipParts,
): () => Promise<void> {
  return async () => {
    await registrar.leave();
    await gossip?.leave();
  };
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

function poolOf(gossip: Gossip): OwnPool {
  return {
    join: (address) => gossip.join(address),
    forceLeave: (name, prune) => gossip.forceLeave(name, prune),
    leave: () => gossip.leave(),
    listKeys: async () => {
      const { keys, primaryKeys, members } = await listKeys(gossip);
      return { keys, primaryKeys, numNodes: members };
    },
    changeKeys: (verb, key) => changeKeys(gossip, verb, key),
  };
}

/** An agent that is only tried out starts although another one is there. */
function unlessTaken(gossip: Gossip, note: (line: string) => void): Service {
  return {
    name: gossip.name,
    run: async (signal) => {
      try {
        await gossip.run(signal);
      } catch (error) {
        if (!(error instanceof Failure) || error.fault !== 'conflict') throw error;
        note(`no gossip: ${explain(error)}`);
        await untilAborted(signal);
      }
    },
  };
}

/** Where it listens everywhere, others are told an address of the machine. */
function advertised(config: AgentConfig): Partial<Address> {
  const { address, advertise } = config.gossip;
  if (advertise !== undefined) return parseJoin(advertise, config.ports.serf || DEFAULT_PORT);
  if (address !== '0.0.0.0' && address !== '::') return {};
  const family = address === '::' ? 'IPv6' : 'IPv4';
  const all = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
  const found = all.find((each) => !each.internal && each.family === family);
  return { host: found?.address ?? (family === 'IPv4' ? '127.0.0.1' : '::1') };
}

/**
 * The keys of the last run, changed by other members since; at first the one configured. What is no
 * key of the right length is a word that one is made of.
 */
function keysOf(encrypt: string, path: string): KeyRing {
  if (encrypt === '') return [];
  const configured =
    parseKey(encrypt) === undefined
      ? toBase64(createHash('sha256').update(encrypt).digest())
      : encrypt.trim();
  const kept = keptKeys(path);
  if (kept.length === 0) return [configured];
  return kept.includes(configured) ? kept : [...kept, configured];
}

function keptKeys(path: string): KeyRing {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    return [];
  }
  try {
    const keys: unknown = JSON.parse(text);
    if (Array.isArray(keys)) {
      return keys.filter((key): key is string => {
        return typeof key === 'string' && parseKey(key) !== undefined;
      });
    }
  } catch (cause) {
    throw new Failure('invalid', `cannot read the keys in ${path}`, { cause });
  }
  throw new Failure('invalid', `${path} holds no list of keys`);
}

function keepKeys(path: string, keys: KeyRing): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  writeFileSync(`${path}.new`, `${JSON.stringify(keys)}\n`, { mode: 0o600 });
  renameSync(`${path}.new`, path);
}
