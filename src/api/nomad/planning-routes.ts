/**
 * Asking about the cluster before changing it, and whether its state is sound. Our own: other
 * orchestrators' clients know nothing of these.
 */
import type { JobId, Namespace, NodeId } from '../../core/model/ids.ts';
import type { JobDraft } from '../../core/model/job.ts';
import type { Note } from '../../core/state/lint-note.ts';
import type { Forecast, GroupForecast, NodeForecast, Taken } from '../../core/what-if/forecast.ts';
import type { InventedNodes } from '../../core/what-if/invent.ts';
import { shape, type Shape } from '../codec/codec.ts';
import {
  bool,
  float,
  int,
  list,
  listOf,
  maybe,
  nested,
  text,
  textMap,
  texts,
} from '../codec/fields.ts';
import { queryInt, queryText } from '../query.ts';
import { ask, write } from '../route.ts';
import { PARSED_JOB } from './job-replies.ts';
import { METRICS } from './metrics-codec.ts';

/** Changes to try; what is absent stays as it is. */
export interface SimulateBody {
  readonly empty: boolean;
  readonly addNodes: readonly InventedNodes[];
  readonly drainNodes: readonly NodeId[];
  readonly removeNodes: readonly NodeId[];
  readonly jobs: readonly JobDraft[];
  readonly scale: readonly ScaleWish[];
  readonly stopJobs: readonly JobId[];
}

/** Of the request's namespace. */
export interface ScaleWish {
  readonly jobId: JobId;
  readonly group?: string;
  readonly count: number;
}

const INVENTED: Shape<InventedNodes> = shape({
  count: int('Count'),
  like: maybe(text('Like')),
  datacenter: maybe(text('Datacenter')),
  nodeClass: maybe(text('NodeClass')),
  nodePool: maybe(text('NodePool')),
  cpu: maybe(int('CPU', null)),
  memoryMb: maybe(int('MemoryMB', null)),
  diskMb: maybe(int('DiskMB', null)),
  meta: maybe(textMap('Meta')),
});

const SIMULATE_BODY: Shape<SimulateBody> = shape({
  empty: bool('Empty'),
  addNodes: list('AddNodes', INVENTED, []),
  drainNodes: texts('DrainNodes', []),
  removeNodes: texts('RemoveNodes', []),
  jobs: list('Jobs', PARSED_JOB, []),
  scale: list(
    'Scale',
    shape<ScaleWish>({ jobId: text('JobID'), group: maybe(text('Group')), count: int('Count') }),
    [],
  ),
  stopJobs: texts('StopJobs', []),
});

const TAKEN: Shape<Taken> = shape({
  total: int('Total'),
  before: int('Before'),
  after: int('After'),
});

const GROUP: Shape<GroupForecast> = shape({
  namespace: text<Namespace>('Namespace'),
  jobId: text('JobID'),
  group: text('TaskGroup'),
  desired: int('Desired'),
  before: int('Before'),
  after: int('After'),
  missing: int('Missing'),
  why: maybe(nested('Metrics', METRICS)),
});

const NODE: Shape<NodeForecast> = shape({
  id: text('ID'),
  name: text('Name'),
  fate: text('Fate'),
  allocsBefore: int('AllocsBefore'),
  allocsAfter: int('AllocsAfter'),
  cpu: nested('CPU', TAKEN),
  memoryMb: nested('MemoryMB', TAKEN),
  diskMb: nested('DiskMB', TAKEN),
});

const FORECAST: Shape<Forecast> = shape({
  groups: list('Groups', GROUP, []),
  nodes: list('Nodes', NODE, []),
  placed: int('Placed'),
  stopped: int('Stopped'),
  evicted: int('Evicted'),
  settled: bool('Settled'),
});

export const simulate = write({
  name: 'operator.simulate',
  path: '/v1/operator/simulate',
  about: 'What would happen if: changes are tried on a copy of the state. Changes nothing.',
  body: SIMULATE_BODY,
  reply: FORECAST,
});

/** A move that is worth it, as answered. */
export interface MoveView {
  readonly allocId: string;
  readonly namespace: string;
  readonly jobId: string;
  readonly group: string;
  readonly fromNodeId: string;
  readonly fromNodeName: string;
  readonly toNodeId: string;
  readonly toNodeName: string;
  readonly gain: number;
}

export const rebalance = ask({
  name: 'operator.rebalance',
  path: '/v1/operator/rebalance',
  about: 'Which running instances would be better off elsewhere. Moves nothing.',
  query: {
    budget: queryInt('budget', 'at most so many moves; 10 unless given'),
    gain: queryText('gain', 'how much better a score must become; 0.1 unless given'),
  },
  reply: listOf(
    shape<MoveView>({
      allocId: text('AllocID'),
      namespace: text('Namespace'),
      jobId: text('JobID'),
      group: text('TaskGroup'),
      fromNodeId: text('FromNodeID'),
      fromNodeName: text('FromNodeName'),
      toNodeId: text('ToNodeID'),
      toNodeName: text('ToNodeName'),
      gain: float('Gain'),
    }),
  ),
});

export const lintState = ask({
  name: 'operator.lint',
  path: '/v1/operator/lint',
  about: 'What is wrong with the state of the server that is asked; an empty list: nothing.',
  reply: listOf(
    shape<Note>({ rule: text('Rule'), subject: text('Subject'), message: text('Message') }),
  ),
});

export const PLANNING_ROUTES = [simulate, rebalance, lintState] as const;
