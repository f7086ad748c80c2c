/** The agent itself and its peers. Source: https://developer.hashicorp.com/consul/api-docs/agent */
import type { JsonObject } from '../../base/json.ts';
import { COORDINATE } from './coordinate-routes.ts';
import { shape, type Codec, type Shape } from '../codec/codec.ts';
import {
  bool,
  converted,
  freeForm,
  int,
  intCodec,
  listOf,
  map,
  mapOf,
  maybe,
  nested,
  text,
  textCodec,
  textMap,
  verbatim,
} from '../codec/fields.ts';
import { readMetrics } from '../nomad/agent-routes.ts';
import type { Coordinate } from '../../core/model/coordinate.ts';
import { queryFlag, queryText } from '../query.ts';
import { ask, change } from '../route.ts';

/** In the order of their numbers on the wire. Source: Serf's member status. */
const STATUSES = ['none', 'alive', 'leaving', 'left', 'failed'] as const;
export type MemberStatus = (typeof STATUSES)[number];

const STATUS: Codec<MemberStatus> = converted(
  intCodec,
  (status) => STATUSES.indexOf(status),
  (number) => STATUSES[number] ?? 'none',
);

/** One agent, as its peers know it. */
export interface AgentMember {
  readonly name: string;
  readonly address: string;
  readonly port: number;
  /** `role` (`consul` for servers, `node` for clients) `dc build segment id vsn ...` */
  readonly tags: Readonly<Record<string, string>>;
  readonly status: MemberStatus;
}

export const AGENT_MEMBER: Shape<AgentMember> = shape(
  {
    name: text('Name'),
    address: text('Addr'),
    port: int('Port'),
    tags: textMap('Tags', {}),
    status: nested('Status', STATUS),
  },
  {
    ProtocolMin: 1,
    ProtocolMax: 5,
    ProtocolCur: 2,
    DelegateMin: 2,
    DelegateMax: 5,
    DelegateCur: 4,
  },
);

export interface ConsulSelfConfig {
  readonly datacenter: string;
  readonly primaryDatacenter: string;
  readonly nodeName: string;
  readonly nodeId: string;
  readonly revision: string;
  readonly server: boolean;
  readonly version: string;
  /** RFC 3339. */
  readonly buildDate: string;
}

export interface ConsulSelf {
  readonly config: ConsulSelfConfig;
  /** The whole configuration in force, secrets left out. */
  readonly debugConfig: JsonObject;
  readonly coordinate?: Coordinate;
  readonly member: AgentMember;
  /** Figures by subsystem: `stats.agent.checks`. */
  readonly stats: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly meta: Readonly<Record<string, string>>;
}

export const consulSelf = ask({
  name: 'consul.agent.self',
  path: '/v1/agent/self',
  about: 'The agent that is asked: configuration, name, figures.',
  reply: shape<ConsulSelf>({
    config: nested(
      'Config',
      shape<ConsulSelfConfig>({
        datacenter: text('Datacenter'),
        primaryDatacenter: text('PrimaryDatacenter'),
        nodeName: text('NodeName'),
        nodeId: text('NodeID'),
        revision: text('Revision'),
        server: bool('Server'),
        version: text('Version'),
        buildDate: text('BuildDate'),
      }),
    ),
    debugConfig: freeForm('DebugConfig', {}),
    coordinate: maybe(nested('Coord', COORDINATE)),
    member: nested('Member', AGENT_MEMBER),
    stats: map('Stats', mapOf(textCodec), {}),
    meta: textMap('Meta', {}),
  }),
});

export const consulMembers = ask({
  name: 'consul.agent.members',
  path: '/v1/agent/members',
  about: 'The agents that this agent knows.',
  query: {
    wan: queryFlag('wan', 'the servers of all datacenters'),
    segment: queryText('segment', 'only of this part of the network; `_all`: of all'),
    filter: queryText('filter', 'only what this expression is true for'),
  },
  reply: listOf(AGENT_MEMBER),
});

export const consulHost = ask({
  name: 'consul.agent.host',
  path: '/v1/agent/host',
  about: 'The machine of this agent.',
  reply: verbatim<JsonObject>(() => ({})),
});

export interface ConsulVersion {
  readonly sha: string;
  readonly buildDate: string;
  readonly humanVersion: string;
  readonly fips: string;
}

export const consulVersion = ask({
  name: 'consul.agent.version',
  path: '/v1/agent/version',
  about: 'The version of this agent.',
  reply: shape<ConsulVersion>({
    sha: text('SHA'),
    buildDate: text('BuildDate'),
    humanVersion: text('HumanVersion'),
    fips: text('FIPS'),
  }),
});

export const consulMetrics = ask({
  name: 'consul.agent.metrics',
  path: '/v1/agent/metrics',
  about: 'The figures of the agent; `format=prometheus` answers text.',
  query: readMetrics.query,
  reply: readMetrics.reply as NonNullable<typeof readMetrics.reply>,
});

export const consulMonitor = ask({
  name: 'consul.agent.monitor',
  path: '/v1/agent/monitor',
  about: 'The log of the agent as it is written.',
  query: {
    level: queryText('loglevel', 'nothing below this level'),
    json: queryFlag('logjson', 'lines as JSON'),
  },
  answers: 'bytes',
});

export const reloadAgent = change({
  name: 'consul.agent.reload',
  path: '/v1/agent/reload',
  about: 'Reads the configuration files again.',
});

export const leaveAgent = change({
  name: 'consul.agent.leave',
  path: '/v1/agent/leave',
  about: 'Takes the agent out of the cluster and ends it.',
});

export const forceLeaveMember = change({
  name: 'consul.agent.force-leave',
  path: '/v1/agent/force-leave/:node',
  about: 'Takes a failed agent out of the list of members.',
  query: {
    prune: queryFlag('prune', 'and forgets it'),
    wan: queryFlag('wan', 'in all datacenters'),
  },
});

export const joinMember = change({
  name: 'consul.agent.join',
  path: '/v1/agent/join/:address',
  about: 'Joins other agents.',
  query: { wan: queryFlag('wan', 'as servers of several datacenters do') },
});

export const setAgentToken = change({
  name: 'consul.agent.token',
  path: '/v1/agent/token/:kind',
  about: 'Gives the agent a token for its own requests.',
  body: shape<{ readonly token: string }>({ token: text('Token') }),
});

export const AGENT_ROUTES = [
  consulSelf,
  consulMembers,
  consulHost,
  consulVersion,
  consulMetrics,
  consulMonitor,
  reloadAgent,
  leaveAgent,
  forceLeaveMember,
  joinMember,
  setAgentToken,
] as const;
