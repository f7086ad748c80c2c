/** How the servers fare, and what would be done about one that does not. */
import * as routes from '../../../api/consul/operator-routes.ts';
import type {
  AutopilotChange,
  AutopilotConfig,
  AutopilotServer,
  AutopilotState,
} from '../../../api/consul/operator-routes.ts';
import type { Index } from '../../../base/brand.ts';
import { Failure } from '../../../base/failure.ts';
import { plainly } from '../deps.ts';
import { holders } from '../log-peers.ts';
import {
  serversHealth,
  type ServerHealthRow,
  type ServerRow,
  type ServersHealth,
} from '../server-health.ts';
import type { Bound } from '../mount.ts';
import { bind } from './bind.ts';
import type { ConsulDeps } from './deps.ts';

/** Binds what concerns the care for servers. */
export function autopilotHandlers(deps: ConsulDeps): readonly Bound[] {
  const health = async (): Promise<ServersHealth> => {
    const { servers, ...all } = serversHealth(
      deps.agent,
      deps.ops.stats().index,
      await holders(deps),
    );
    return { ...all, servers: servers.map(asNode) };
  };
  return [
    bind(routes.readAutopilot, () => plainly(CONFIG)),
    bind(routes.setAutopilot, ({ query, body }) => plainly(checkChange(body, query.cas))),
    bind(routes.consulAutopilotHealth, async () => {
      const value = await health();
      return { value, status: value.healthy ? 200 : 429 };
    }),
    bind(routes.autopilotState, async () => ({ value: stateOf(await health()) })),
  ];
}

/** Within a region servers go by the names of their nodes. Source: Consul. */
export function asNode<Row extends ServerRow>(row: Row): Row {
  return { ...row, name: row.name.replace(/\.[^.:]*$/, '') };
}

/**
 * What is told of the care for servers, which nobody can change. The first and the fourth are so;
 * the others are what Consul has by default: nobody is judged by them here.
 */
const CONFIG: AutopilotConfig = {
  cleanupDeadServers: true,
  lastContactThresholdMs: 200,
  maxTrailingLogs: 250,
  minQuorum: 0,
  serverStabilizationTimeMs: 10_000,
  createIndex: 1 as Index,
  modifyIndex: 1 as Index,
};

/** Of the settings of other editions. */
const OTHERS = {
  disableUpgradeMigration: false,
  redundancyZoneTag: '',
  upgradeVersionTag: '',
  enableRedundancyZones: false,
  enableCustomUpgrades: false,
};

/**
 * True: it is as it is to be. False: it is not as the asker has read it.
 *
 * Fails: `unsupported` it would have to be changed.
 */
function checkChange(wanted: AutopilotChange, cas: number | undefined): boolean {
  if (cas !== undefined && cas !== CONFIG.modifyIndex) return false;
  const holds: AutopilotChange = { ...CONFIG, ...OTHERS };
  const names = Object.keys(holds) as (keyof AutopilotChange)[];
  const different = names.filter((name) => {
    return wanted[name] !== undefined && wanted[name] !== holds[name];
  });
  if (different.length === 0) return true;
  const named = different.map((name) => WIRE_NAMES[name]).join(', ');
  throw new Failure(
    'unsupported',
    `cannot change ${named}: servers are looked after in one way, whatever the configuration`,
  );
}

const WIRE_NAMES: Readonly<Record<keyof AutopilotChange, string>> = {
  cleanupDeadServers: 'CleanupDeadServers',
  lastContactThresholdMs: 'LastContactThreshold',
  maxTrailingLogs: 'MaxTrailingLogs',
  minQuorum: 'MinQuorum',
  serverStabilizationTimeMs: 'ServerStabilizationTime',
  disableUpgradeMigration: 'DisableUpgradeMigration',
  redundancyZoneTag: 'RedundancyZoneTag',
  upgradeVersionTag: 'UpgradeVersionTag',
  enableRedundancyZones: 'EnableRedundancyZones',
  enableCustomUpgrades: 'EnableCustomUpgrades',
};

function stateOf({ healthy, failureTolerance, servers }: ServersHealth): AutopilotState {
  return {
    ...{ healthy, failureTolerance, optimisticFailureTolerance: failureTolerance },
    servers: Object.fromEntries(servers.map((server) => [server.id, inState(server)])),
    leader: servers.find(({ leader }) => leader)?.id ?? '',
    voters: servers.filter(({ voter }) => voter).map(({ id }) => id),
  };
}

function inState({ leader, voter, status, ...server }: ServerHealthRow): AutopilotServer {
  const role = voter ? 'voter' : 'non-voter';
  return { ...server, nodeStatus: status, status: leader ? 'leader' : role };
}
