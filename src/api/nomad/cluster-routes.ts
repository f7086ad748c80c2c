/** The cluster as a whole: leadership, settings, search, events, and what Nomad has besides. */
import type { Index } from '../../base/brand.ts';
import type { Json, JsonObject } from '../../base/json.ts';
import { shape, type Shape } from '../codec/codec.ts';
import {
  bool,
  duration,
  freeForm,
  int,
  list,
  listOf,
  map,
  nested,
  boolCodec,
  text,
  textCodec,
  texts,
  verbatim,
} from '../codec/fields.ts';
import { queryInt, queryText, queryTexts } from '../query.ts';
import { ask, read, write } from '../route.ts';
import { SCALING_POLICY_STUBS } from './job-replies.ts';
import { SCALING_POLICY } from './task-codec.ts';
import { SCHEDULER_CONFIG, SCHEDULER_CONFIG_REPLY } from './scheduler-config-codec.ts';

export const statusLeader = ask({
  name: 'status.leader',
  path: '/v1/status/leader',
  about: 'The address of the leader; empty when there is none.',
  reply: textCodec,
});

export const statusPeers = ask({
  name: 'status.peers',
  path: '/v1/status/peers',
  about: 'The addresses of all servers.',
  reply: listOf(textCodec),
});

export const listRegions = ask({
  name: 'regions',
  path: '/v1/regions',
  about: 'The names of all regions.',
  reply: listOf(textCodec),
});

/** What to search: `jobs nodes allocs evals deployment ...`, or `all`. */
export interface SearchBody {
  readonly prefix: string;
  readonly context: string;
}

export interface SearchAnswer {
  /** Ids by context, at most twenty of each. */
  readonly matches: Readonly<Record<string, readonly string[]>>;
  /** By context: there were more. */
  readonly truncations: Readonly<Record<string, boolean>>;
}

export const search = write({
  name: 'search',
  path: '/v1/search',
  about: 'Finds ids by their beginning.',
  body: shape<SearchBody>({ prefix: text('Prefix'), context: text('Context') }),
  reply: shape<SearchAnswer>({
    matches: map('Matches', listOf(textCodec), {}),
    truncations: map('Truncations', boolCodec, {}),
  }),
});

export interface FuzzyBody {
  readonly text: string;
  readonly context: string;
}
export interface FuzzyMatch {
  readonly id: string;
  /** Namespace, job, group, task: as far as it has them. */
  readonly scope: readonly string[];
}
export interface FuzzyAnswer {
  readonly matches: Readonly<Record<string, readonly FuzzyMatch[]>>;
  readonly truncations: Readonly<Record<string, boolean>>;
}

const FUZZY_MATCH: Shape<FuzzyMatch> = shape({ id: text('ID'), scope: texts('Scope') });

export const fuzzySearch = write({
  name: 'search.fuzzy',
  path: '/v1/search/fuzzy',
  about: 'Finds names that hold a text anywhere.',
  body: shape<FuzzyBody>({ text: text('Text'), context: text('Context') }),
  reply: shape<FuzzyAnswer>({
    matches: map('Matches', listOf(FUZZY_MATCH), {}),
    truncations: map('Truncations', boolCodec, {}),
  }),
});

export const readSchedulerConfig = read({
  name: 'operator.scheduler.read',
  path: '/v1/operator/scheduler/configuration',
  about: 'The settings of the scheduler.',
  reply: SCHEDULER_CONFIG_REPLY,
});

export const setSchedulerConfig = write({
  name: 'operator.scheduler.set',
  path: '/v1/operator/scheduler/configuration',
  about: 'Changes the settings of the scheduler.',
  query: { ifModifyIndex: queryInt('cas', 'only if they are as they were at this index') },
  body: SCHEDULER_CONFIG,
  reply: shape<{ readonly updated: boolean; readonly index: Index }>({
    updated: bool('Updated'),
    index: int('Index'),
  }),
});

/** A server in the log's view. */
export interface Peer {
  readonly id: string;
  readonly name: string;
  readonly address: string;
  readonly leader: boolean;
  readonly voter: boolean;
}

/** One server that holds the log, by what the configuration tells of it. */
const PEER = { id: queryText('id', 'its id'), address: queryText('address', 'its address') };

export const raftConfiguration = ask({
  name: 'operator.raft',
  path: '/v1/operator/raft/configuration',
  about: 'The servers that hold the log.',
  reply: shape<{ readonly index: Index; readonly servers: readonly Peer[] }>({
    index: int('Index'),
    servers: list(
      'Servers',
      shape<Peer>(
        {
          id: text('ID'),
          name: text('Node'),
          address: text('Address'),
          leader: bool('Leader'),
          voter: bool('Voter'),
        },
        { RaftProtocol: '3' },
      ),
    ),
  }),
});

export const removePeer = write({
  name: 'operator.raft.remove',
  path: '/v1/operator/raft/peer',
  method: 'DELETE',
  about: 'Takes a server that is gone for good out of the log.',
  query: PEER,
});

/** How a server is called that holds the log. */
export interface PeerName {
  readonly id: string;
  readonly address: string;
}

const PEER_NAME: Shape<PeerName> = shape({ id: text('ID'), address: text('Address') });

/** Who led, and who leads now; the same where that is what was asked for. */
export interface LeadershipTransfer {
  readonly from: PeerName;
  readonly to: PeerName;
  readonly noop: boolean;
}

export const transferLeadership = write({
  name: 'operator.raft.transfer',
  path: '/v1/operator/raft/transfer-leadership',
  about: 'Hands the leadership to another server; to any that is ready, where none is named.',
  query: PEER,
  reply: shape<LeadershipTransfer>(
    { from: nested('From', PEER_NAME), to: nested('To', PEER_NAME), noop: bool('Noop') },
    { Err: null },
  ),
});

export interface ServerHealth {
  readonly id: string;
  readonly name: string;
  readonly address: string;
  readonly status: string;
  readonly version: string;
  readonly leader: boolean;
  readonly lastContactMs: number;
  readonly lastIndex: Index;
  readonly healthy: boolean;
  readonly voter: boolean;
}

export const autopilotHealth = ask({
  name: 'operator.autopilot.health',
  path: '/v1/operator/autopilot/health',
  about: 'How the servers fare.',
  reply: shape<{
    readonly healthy: boolean;
    readonly failureTolerance: number;
    readonly servers: readonly ServerHealth[];
  }>({
    healthy: bool('Healthy'),
    failureTolerance: int('FailureTolerance'),
    servers: list(
      'Servers',
      shape<ServerHealth>({
        id: text('ID'),
        name: text('Name'),
        address: text('Address'),
        status: text('SerfStatus'),
        version: text('Version'),
        leader: bool('Leader'),
        lastContactMs: duration('LastContact'),
        lastIndex: int('LastIndex'),
        healthy: bool('Healthy'),
        voter: bool('Voter'),
      }),
    ),
  }),
});

export const collectGarbage = write({
  name: 'system.gc',
  path: '/v1/system/gc',
  about: 'Collects all garbage now.',
});

export const reconcileSummaries = write({
  name: 'system.reconcile-summaries',
  path: '/v1/system/reconcile/summaries',
  about: 'Counts the summaries of all jobs anew.',
});

/** What happened to the cluster at one index. */
export interface EventBatch {
  readonly index: Index;
  readonly events: readonly ClusterEvent[];
}
export interface ClusterEvent {
  /** `Job Evaluation Allocation Deployment Node`. */
  readonly topic: string;
  readonly type: string;
  readonly key: string;
  readonly namespace: string;
  readonly filterKeys: readonly string[];
  readonly index: Index;
  /** The row after the change, by kind, in the wire's form. */
  readonly payload: JsonObject;
}

const EVENT: Shape<ClusterEvent> = shape({
  topic: text('Topic'),
  type: text('Type'),
  key: text('Key'),
  namespace: text('Namespace'),
  filterKeys: texts('FilterKeys'),
  index: int('Index'),
  payload: freeForm('Payload', {}),
});

export const EVENT_BATCH: Shape<EventBatch> = shape({
  index: int('Index'),
  events: list('Events', EVENT, []),
});

export const eventStream = ask({
  name: 'event.stream',
  path: '/v1/event/stream',
  about: 'What changes, one line for each entry; `{}` now and then keeps a quiet stream alive.',
  query: {
    topics: queryTexts('topic', '`Job`, `Job:web`, `Allocation:*`; repeatable; absent: all'),
  },
  reply: EVENT_BATCH,
  answers: 'lines',
});

export const listScalingPolicies = read({
  name: 'scaling.policies',
  path: '/v1/scaling/policies',
  about: 'The scaling policies of all jobs, for autoscalers.',
  query: {
    job: queryText('job', 'only of this job'),
    type: queryText('type', 'only of this type'),
  },
  reply: SCALING_POLICY_STUBS,
});

export const readScalingPolicy = read({
  name: 'scaling.policy',
  path: '/v1/scaling/policy/:id',
  about: 'One scaling policy.',
  reply: SCALING_POLICY,
});

export const listVolumes = ask({
  name: 'volume.list',
  path: '/v1/volumes',
  about: 'Lists storage volumes: there are none.',
  query: {
    type: queryText('type', '`csi` or `host`'),
    pluginId: queryText('plugin_id', 'only of this plugin'),
    nodeId: queryText('node_id', 'only on this node'),
  },
  reply: listOf(verbatim<Json>()),
});

export const listPlugins = ask({
  name: 'plugin.list',
  path: '/v1/plugins',
  about: 'Lists storage plugins: there are none.',
  query: { type: queryText('type', '`csi`') },
  reply: listOf(verbatim<Json>()),
});

export const CLUSTER_ROUTES = [
  statusLeader,
  statusPeers,
  listRegions,
  search,
  fuzzySearch,
  readSchedulerConfig,
  setSchedulerConfig,
  raftConfiguration,
  removePeer,
  transferLeadership,
  autopilotHealth,
  collectGarbage,
  reconcileSummaries,
  eventStream,
  listScalingPolicies,
  readScalingPolicy,
  listVolumes,
  listPlugins,
] as const;
