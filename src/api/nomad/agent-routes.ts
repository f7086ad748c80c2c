/** The agent, its peers and its figures. */
import type { JsonObject } from '../../base/json.ts';
import { shape, type Shape } from '../codec/codec.ts';
import {
  bool,
  float,
  freeForm,
  int,
  intMap,
  list,
  listOf,
  map,
  mapOf,
  nested,
  text,
  textCodec,
  textMap,
} from '../codec/fields.ts';
import { queryFlag, queryText } from '../query.ts';
import { ask, write } from '../route.ts';
import { LOG_FRAME } from './file-codec.ts';

/** One agent, as its peers know it. */
export interface Member {
  /** `NAME.REGION` for servers. */
  readonly name: string;
  readonly address: string;
  readonly port: number;
  /** `build dc region role rpc_addr port id ...` */
  readonly tags: Readonly<Record<string, string>>;
  /** `alive leaving left failed`. */
  readonly status: string;
}

const MEMBER: Shape<Member> = shape(
  {
    name: text('Name'),
    address: text('Addr'),
    port: int('Port'),
    tags: textMap('Tags', {}),
    status: text('Status'),
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

export interface AgentSelf {
  /** The configuration in force, secrets left out. */
  readonly config: JsonObject;
  readonly member: Member;
  /** Figures by subsystem: `stats.client.node_id`. */
  readonly stats: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

export const agentSelf = ask({
  name: 'agent.self',
  path: '/v1/agent/self',
  about: 'The agent that is asked: configuration, name, figures.',
  reply: shape<AgentSelf>({
    config: freeForm('config', {}),
    member: nested('member', MEMBER),
    stats: map('stats', mapOf(textCodec), {}),
  }),
});

export interface Members {
  readonly serverName: string;
  readonly serverRegion: string;
  readonly serverDatacenter: string;
  readonly members: readonly Member[];
}

export const agentMembers = ask({
  name: 'agent.members',
  path: '/v1/agent/members',
  about: 'The servers that this agent knows.',
  reply: shape<Members>({
    serverName: text('ServerName'),
    serverRegion: text('ServerRegion'),
    serverDatacenter: text('ServerDC'),
    members: list('Members', MEMBER, []),
  }),
});

export interface Health {
  readonly ok: boolean;
  readonly message: string;
}

export interface AgentHealth {
  readonly server?: Health;
  readonly client?: Health;
}

const HEALTH: Shape<Health> = shape({ ok: bool('ok'), message: text('message') });

export const agentHealth = ask({
  name: 'agent.health',
  path: '/v1/agent/health',
  about: 'Whether the agent works; status 500 when it does not.',
  query: { type: queryText('type', '`server` or `client`; absent: both') },
  reply: mapOf(HEALTH),
});

export const agentServers = ask({
  name: 'agent.servers',
  path: '/v1/agent/servers',
  about: 'The servers that the client of this agent talks to.',
  reply: listOf(textCodec),
});

export const agentHost = ask({
  name: 'agent.host',
  path: '/v1/agent/host',
  about: 'The machine of this agent.',
  reply: shape<{ readonly id: string; readonly host: JsonObject }>({
    id: text('AgentID'),
    host: freeForm('HostData', {}),
  }),
});

export const agentMonitor = ask({
  name: 'agent.monitor',
  path: '/v1/agent/monitor',
  about: 'The log of the agent as it is written, in frames.',
  query: {
    level: queryText('log_level', 'nothing below this level'),
    json: queryFlag('log_json', 'lines as JSON'),
    plain: queryFlag('plain', 'bytes instead of frames'),
    nodeId: queryText('node_id', 'of this node instead'),
  },
  reply: LOG_FRAME,
  answers: 'lines',
});

export const joinAgent = write({
  name: 'agent.join',
  path: '/v1/agent/join',
  about: 'Joins other servers.',
  query: { address: queryText('address', 'where one listens') },
  reply: shape<{ readonly error: string; readonly joined: number }>({
    error: text('error'),
    joined: int('num_joined'),
  }),
});

export const forceLeave = write({
  name: 'agent.force-leave',
  path: '/v1/agent/force-leave',
  about: 'Takes a failed server out of the list of members.',
  query: { node: queryText('node', 'its name'), prune: queryFlag('prune', 'and forgets it') },
});

/** Who has which keys of gossip. */
export interface KeyRing {
  /** By key in base64: how many members have it. */
  readonly keys: Readonly<Record<string, number>>;
  readonly numNodes: number;
}

const KEY_RING: Shape<KeyRing> = shape(
  { keys: intMap('Keys', {}), numNodes: int('NumNodes') },
  // Members that refuse are told of as a mistake.
  { Messages: {} },
);

const KEY = shape<{ readonly key: string }>({ key: text('Key') });

export const listGossipKeys = ask({
  name: 'agent.keyring.list',
  path: '/v1/agent/keyring/list',
  about: 'The keys that agents encrypt their gossip with.',
  reply: KEY_RING,
});

export const installGossipKey = write({
  name: 'agent.keyring.install',
  path: '/v1/agent/keyring/install',
  about: 'Gives all agents a key, beside the one in use.',
  body: KEY,
  reply: KEY_RING,
});

export const useGossipKey = write({
  name: 'agent.keyring.use',
  path: '/v1/agent/keyring/use',
  about: 'Makes a key that all agents have the one in use.',
  body: KEY,
  reply: KEY_RING,
});

export const removeGossipKey = write({
  name: 'agent.keyring.remove',
  path: '/v1/agent/keyring/remove',
  about: 'Takes a key that is not in use from all agents.',
  body: KEY,
  reply: KEY_RING,
});

/** Figures in the form of go-metrics. */
export interface MetricsAnswer {
  readonly timestamp: string;
  readonly gauges: readonly Figure[];
  readonly counters: readonly Sample[];
  readonly samples: readonly Sample[];
}
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly labels: Readonly<Record<string, string>>;
}
export interface Sample {
  readonly name: string;
  readonly count: number;
  readonly sum: number;
  readonly labels: Readonly<Record<string, string>>;
}

const FIGURE: Shape<Figure> = shape({
  name: text('Name'),
  value: float('Value'),
  labels: textMap('Labels', {}),
});
const SAMPLE: Shape<Sample> = shape({
  name: text('Name'),
  count: int('Count'),
  sum: float('Sum'),
  labels: textMap('Labels', {}),
});

export const readMetrics = ask({
  name: 'metrics',
  path: '/v1/metrics',
  about: 'The figures of the agent; `format=prometheus` answers text.',
  query: { format: queryText('format', '`prometheus`, or absent for JSON') },
  reply: shape<MetricsAnswer>(
    {
      timestamp: text('Timestamp'),
      gauges: list('Gauges', FIGURE, []),
      counters: list('Counters', SAMPLE, []),
      samples: list('Samples', SAMPLE, []),
    },
    { Points: [] },
  ),
});

export const AGENT_ROUTES = [
  agentSelf,
  agentMembers,
  agentHealth,
  agentServers,
  agentHost,
  agentMonitor,
  joinAgent,
  forceLeave,
  listGossipKeys,
  installGossipKey,
  useGossipKey,
  removeGossipKey,
  readMetrics,
] as const;
