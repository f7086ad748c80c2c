/** The servers. Source: https://developer.hashicorp.com/consul/api-docs/operator */
import type { Index } from '../../base/brand.ts';
import { shape, type Shape } from '../codec/codec.ts';
import { bool, boolCodec, int, intMap, list, listOf, map, nested, text } from '../codec/fields.ts';
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
  about: 'Changes how dead servers are cleaned up and new ones let in.',
  query: { cas: queryInt('cas', 'only if it is as it was at this index') },
  body: AUTOPILOT,
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
  listKeyring,
  installKey,
  useKey,
  removeKey,
  readUsage,
] as const;
