/** The servers. Source: https://developer.hashicorp.com/consul/api-docs/operator */
import type { Index } from '../../base/brand.ts';
import { shape, type Shape } from '../codec/codec.ts';
import {
  bool,
  boolCodec,
  int,
  intMap,
  list,
  listOf,
  map,
  maybe,
  nested,
  text,
  textCodec,
} from '../codec/fields.ts';
import { raftConfiguration, type ServerHealth } from '../nomad/cluster-routes.ts';
import { queryFlag, queryInt, queryText } from '../query.ts';
import { ask, change } from '../route.ts';
import { DURATION_TEXT } from './duration-codec.ts';

export const consulRaft = ask({
  name: 'consul.operator.raft',
  path: '/v1/operator/raft/configuration',
  about: 'The servers that hold the log.',
  reply: raftConfiguration.reply as NonNullable<typeof raftConfiguration.reply>,
});

export const removePeer = change({
  name: 'consul.operator.raft.remove',
  path: '/v1/operator/raft/peer',
  method: 'DELETE',
  about: 'Takes a server that is gone for good out of the log.',
  query: { id: queryText('id', 'its id'), address: queryText('address', 'its address') },
});

export const transferLeader = change({
  name: 'consul.operator.raft.transfer',
  path: '/v1/operator/raft/transfer-leader',
  method: 'POST',
  about: 'Hands the leadership to another server.',
  query: { id: queryText('id', 'to this one') },
  reply: shape<{ readonly success: boolean }>({ success: bool('Success') }),
});

/** How dead servers are cleaned up and new ones let in. */
export interface AutopilotConfig {
  readonly cleanupDeadServers: boolean;
  readonly lastContactThresholdMs: number;
  readonly maxTrailingLogs: number;
  readonly minQuorum: number;
  readonly serverStabilizationTimeMs: number;
  readonly createIndex: Index;
  readonly modifyIndex: Index;
}

/** What Nomad or Consul would be told to do otherwise; absent: as it is. */
export interface AutopilotChange {
  readonly cleanupDeadServers?: boolean | undefined;
  readonly lastContactThresholdMs?: number | undefined;
  readonly maxTrailingLogs?: number | undefined;
  readonly minQuorum?: number | undefined;
  readonly serverStabilizationTimeMs?: number | undefined;
  /** These are of their other editions. */
  readonly disableUpgradeMigration?: boolean | undefined;
  readonly redundancyZoneTag?: string | undefined;
  readonly upgradeVersionTag?: string | undefined;
  readonly enableRedundancyZones?: boolean | undefined;
  readonly enableCustomUpgrades?: boolean | undefined;
}

/** What is false or 0 is said, not absent. */
const AUTOPILOT_CHANGE: Shape<AutopilotChange> = shape({
  cleanupDeadServers: maybe(bool('CleanupDeadServers', null)),
  lastContactThresholdMs: maybe(nested('LastContactThreshold', DURATION_TEXT)),
  maxTrailingLogs: maybe(int('MaxTrailingLogs', null)),
  minQuorum: maybe(int('MinQuorum', null)),
  serverStabilizationTimeMs: maybe(nested('ServerStabilizationTime', DURATION_TEXT)),
  disableUpgradeMigration: maybe(bool('DisableUpgradeMigration', null)),
  redundancyZoneTag: maybe(text('RedundancyZoneTag', null)),
  upgradeVersionTag: maybe(text('UpgradeVersionTag', null)),
  enableRedundancyZones: maybe(bool('EnableRedundancyZones', null)),
  enableCustomUpgrades: maybe(bool('EnableCustomUpgrades', null)),
});

const AUTOPILOT: Shape<AutopilotConfig> = shape(
  {
    cleanupDeadServers: bool('CleanupDeadServers'),
    lastContactThresholdMs: nested('LastContactThreshold', DURATION_TEXT),
    maxTrailingLogs: int('MaxTrailingLogs'),
    minQuorum: int('MinQuorum'),
    serverStabilizationTimeMs: nested('ServerStabilizationTime', DURATION_TEXT),
    createIndex: int('CreateIndex'),
    modifyIndex: int('ModifyIndex'),
  },
  { RedundancyZoneTag: '', DisableUpgradeMigration: false, UpgradeVersionTag: '' },
);

export const readAutopilot = ask({
  name: 'consul.operator.autopilot.read',
  path: '/v1/operator/autopilot/configuration',
  about: 'How dead servers are cleaned up and new ones let in.',
  reply: AUTOPILOT,
});

export const setAutopilot = change({
  name: 'consul.operator.autopilot.set',
  path: '/v1/operator/autopilot/configuration',
  about:
    'Takes what is so already; how dead servers are cleaned up and new ones let in cannot be changed.',
  query: { cas: queryInt('cas', 'only if it is as it was at this index') },
  body: AUTOPILOT_CHANGE,
  reply: boolCodec,
});

const SERVER_HEALTH: Shape<ServerHealth> = shape({
  id: text('ID'),
  name: text('Name'),
  address: text('Address'),
  status: text('SerfStatus'),
  version: text('Version'),
  leader: bool('Leader'),
  lastContactMs: nested('LastContact', DURATION_TEXT),
  lastIndex: int('LastIndex'),
  healthy: bool('Healthy'),
  voter: bool('Voter'),
});

export interface AutopilotHealth {
  readonly healthy: boolean;
  readonly failureTolerance: number;
  readonly servers: readonly ServerHealth[];
}

export const consulAutopilotHealth = ask({
  name: 'consul.operator.autopilot.health',
  path: '/v1/operator/autopilot/health',
  about: 'How the servers fare; status 429 when one does not.',
  reply: shape<AutopilotHealth>({
    healthy: bool('Healthy'),
    failureTolerance: int('FailureTolerance'),
    servers: list('Servers', SERVER_HEALTH, []),
  }),
});

/** A server as the autopilot sees it. */
export interface AutopilotServer extends Omit<ServerHealth, 'leader' | 'voter' | 'status'> {
  /** As gossip says. */
  readonly nodeStatus: string;
  /** What it does for the log. */
  readonly status: 'leader' | 'voter' | 'non-voter';
}

export interface AutopilotState {
  readonly healthy: boolean;
  readonly failureTolerance: number;
  /** The same: there are no spare servers that do not vote. */
  readonly optimisticFailureTolerance: number;
  /** By their ids. */
  readonly servers: Readonly<Record<string, AutopilotServer>>;
  /** Id; empty when there is none. */
  readonly leader: string;
  /** Ids. */
  readonly voters: readonly string[];
}

const AUTOPILOT_SERVER: Shape<AutopilotServer> = shape(
  {
    id: text('ID'),
    name: text('Name'),
    address: text('Address'),
    nodeStatus: text('NodeStatus'),
    version: text('Version'),
    lastContactMs: nested('LastContact', DURATION_TEXT),
    lastIndex: int('LastIndex'),
    healthy: bool('Healthy'),
    status: text('Status'),
  },
  { ReadReplica: false, NodeType: 'voter', Meta: {} },
);

export const autopilotState = ask({
  name: 'consul.operator.autopilot.state',
  path: '/v1/operator/autopilot/state',
  about: 'The servers, and what each of them does for the log.',
  reply: shape<AutopilotState>({
    healthy: bool('Healthy'),
    failureTolerance: int('FailureTolerance'),
    optimisticFailureTolerance: int('OptimisticFailureTolerance'),
    servers: map('Servers', AUTOPILOT_SERVER, {}),
    leader: text('Leader'),
    voters: list('Voters', textCodec, []),
  }),
});

/** The keys of one pool of agents. */
export interface KeyringAnswer {
  readonly wan: boolean;
  readonly datacenter: string;
  readonly segment: string;
  /** How many agents have each key. */
  readonly keys: Readonly<Record<string, number>>;
  readonly primaryKeys: Readonly<Record<string, number>>;
  readonly numNodes: number;
}

const KEYRING = listOf(
  shape<KeyringAnswer>({
    wan: bool('WAN'),
    datacenter: text('Datacenter'),
    segment: text('Segment'),
    keys: intMap('Keys', {}),
    primaryKeys: intMap('PrimaryKeys', {}),
    numNodes: int('NumNodes'),
  }),
);

const KEY = shape<{ readonly key: string }>({ key: text('Key') });

export const listKeyring = ask({
  name: 'consul.keyring.list',
  path: '/v1/operator/keyring',
  about: 'The keys that agents encrypt their gossip with.',
  query: { localOnly: queryFlag('local-only', 'of the agent that is asked alone') },
  reply: KEYRING,
});

export const installKey = change({
  name: 'consul.keyring.install',
  path: '/v1/operator/keyring',
  method: 'POST',
  about: 'Gives all agents a key, beside the one in use.',
  body: KEY,
});

export const useKey = change({
  name: 'consul.keyring.use',
  path: '/v1/operator/keyring',
  about: 'Makes a key that all agents have the one in use.',
  body: KEY,
});

export const removeKey = change({
  name: 'consul.keyring.remove',
  path: '/v1/operator/keyring',
  method: 'DELETE',
  about: 'Takes a key that is not in use from all agents.',
  body: KEY,
});

/** What there is, counted. */
export interface Usage {
  readonly nodes: number;
  readonly services: number;
  readonly serviceInstances: number;
}

export const readUsage = ask({
  name: 'consul.operator.usage',
  path: '/v1/operator/usage',
  about: 'Counts nodes, services and instances by datacenter.',
  query: { global: queryFlag('global', 'of all datacenters') },
  reply: shape<{ readonly usage: Readonly<Record<string, Usage>> }>({
    usage: map(
      'Usage',
      shape<Usage>(
        {
          nodes: int('Nodes'),
          services: int('Services'),
          serviceInstances: int('ServiceInstances'),
        },
        { BillableServiceInstances: 0, ConnectServiceInstances: {} },
      ),
      {},
    ),
  }),
});

export const OPERATOR_ROUTES = [
  consulRaft,
  removePeer,
  transferLeader,
  readAutopilot,
  setAutopilot,
  consulAutopilotHealth,
  autopilotState,
  listKeyring,
  installKey,
  useKey,
  removeKey,
  readUsage,
] as const;
