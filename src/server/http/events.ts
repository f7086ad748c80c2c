/** The event stream: the change feed, in the words of Nomad's topics. */
import { encodeFull } from '../../api/codec/codec.ts';
import { ALLOC_EVENT } from '../../api/nomad/alloc-codec.ts';
import * as routes from '../../api/nomad/cluster-routes.ts';
import { EVENT_BATCH, type ClusterEvent, type EventBatch } from '../../api/nomad/cluster-routes.ts';
import { DEPLOYMENT } from '../../api/nomad/deployment-codec.ts';
import { EVALUATION } from '../../api/nomad/eval-codec.ts';
import { encodeJob } from '../../api/nomad/job-codec.ts';
import { NODE } from '../../api/nomad/node-codec.ts';
import type { Index } from '../../base/brand.ts';
import { invalid } from './fail.ts';
import type { Alloc } from '../../core/model/alloc.ts';
import type { Deployment } from '../../core/model/deployment.ts';
import type { Evaluation } from '../../core/model/evaluation.ts';
import type { Job } from '../../core/model/job.ts';
import type { Node } from '../../core/model/node.ts';
import type { Namespace } from '../../core/model/ids.ts';
import type { Change } from '../../core/state/change.ts';
import type { EntryType } from '../../core/state/entry.ts';
import type { ChangeBatch } from '../replica.ts';
import type { HttpDeps } from './deps.ts';
import { bindRaw, type Bound } from './mount.ts';
import { linesReply, primed, toLines, withHeartbeats } from './stream.ts';

/** A quiet stream is kept alive so often [ms]. Source: Nomad's interval. */
const HEARTBEAT_MS = 10_000;

/** Binds the stream. */
export function eventHandlers(deps: HttpDeps): readonly Bound[] {
  return [
    bindRaw(routes.eventStream, async ({ query, from, listed, signal }) => {
      const wanted = topicsOf(query.topics);
      const changes = await primed(deps.ops.changes(from, signal), deps.clock, signal);
      const batches = batchesOf(changes, wanted, listed);
      const alive = withHeartbeats(batches, heartbeat, HEARTBEAT_MS, { clock: deps.clock, signal });
      return linesReply(toLines(alive, EVENT_BATCH, (batch) => batch.events.length === 0));
    }),
  ];
}

function heartbeat(): EventBatch {
  return { index: 0 as Index, events: [] };
}

type Wants = (event: ClusterEvent) => boolean;

/** Reads `Topic`, `Topic:key` and `*`; nothing asked for is everything. */
function topicsOf(asked: readonly string[] | undefined): Wants {
  if (asked === undefined || asked.length === 0) return () => true;
  const filters = asked.map((text) => {
    const colon = text.indexOf(':');
    const topic = colon < 0 ? text : text.slice(0, colon);
    const key = colon < 0 ? '*' : text.slice(colon + 1);
    if (topic === '' || key === '') throw invalid(`topic: expected "TOPIC:KEY", got "${text}"`);
    return { topic, key };
  });
  return (event) =>
    filters.some(
      ({ topic, key }) =>
        (topic === '*' || topic === event.topic) &&
        (key === '*' || key === event.key || event.filterKeys.includes(key)),
    );
}

async function* batchesOf(
  changes: AsyncIterable<ChangeBatch>,
  wanted: Wants,
  namespace: Namespace | undefined,
): AsyncGenerator<EventBatch> {
  for await (const batch of changes) {
    const events = batch.changes.flatMap((change) => {
      const event = eventOf(change, batch);
      if (event === undefined || !wanted(event)) return [];
      const visible =
        namespace === undefined || event.namespace === '' || event.namespace === namespace;
      return visible ? [event] : [];
    });
    if (events.length > 0) yield { index: batch.index, events };
  }
}

const EVENT_TYPES: Readonly<Partial<Record<EntryType, string>>> = {
  'job.register': 'JobRegistered',
  'job.deregister': 'JobDeregistered',
  'job.dispatch': 'JobRegistered',
  'periodic.launch': 'JobRegistered',
  'evals.upsert': 'EvaluationUpdated',
  'plan.apply': 'PlanResult',
  'allocs.client-update': 'AllocationUpdated',
  'allocs.transition': 'AllocationUpdateDesiredStatus',
  'node.register': 'NodeRegistration',
  'node.deregister': 'NodeDeregistration',
  'node.eligibility': 'NodeEligibility',
  'node.drain': 'NodeDrain',
  'node.status': 'NodeEvent',
  'node.events': 'NodeEvent',
  'deployment.status': 'DeploymentStatusUpdate',
  'deployment.promote': 'DeploymentPromotion',
  'deployment.alloc-health': 'DeploymentAllocHealth',
};

type Told = Pick<ClusterEvent, 'topic' | 'namespace' | 'key' | 'filterKeys' | 'payload'>;

/** Rows that clients do not know as topics make no event. */
function eventOf(change: Change, batch: ChangeBatch): ClusterEvent | undefined {
  const told = tellChange(change);
  if (told === undefined) return undefined;
  const type = EVENT_TYPES[batch.type] ?? `${told.topic}Updated`;
  return { ...told, type, index: batch.index };
}

function tellChange(change: Change): Told | undefined {
  // eslint-disable-next-line @typescript-eslint/switch-exhaustiveness-check -- see the default
  switch (change.table) {
    case 'jobs':
      return tell(rowOf(change), tellJob);
    case 'evals':
      return tell(rowOf(change), tellEval);
    case 'allocs':
      return tell(rowOf(change), tellAlloc);
    case 'deployments':
      return tell(rowOf(change), tellDeployment);
    case 'nodes':
      return tell(rowOf(change), tellNode);
    // Only what clients know as a topic is told.
    default:
      return undefined;
  }
}

/** The row after the change, or as it last was. */
function rowOf<Row>(change: {
  readonly before: Row | undefined;
  readonly after: Row | undefined;
}): Row | undefined {
  return change.after ?? change.before;
}

function tell<Row>(row: Row | undefined, how: (row: Row) => Told): Told | undefined {
  return row === undefined ? undefined : how(row);
}

function tellJob(job: Job): Told {
  const payload = { Job: encodeJob(job) };
  return { topic: 'Job', namespace: job.namespace, key: job.id, filterKeys: [], payload };
}

function tellEval(row: Evaluation): Told {
  const { namespace, id, jobId, deploymentId } = row;
  const filterKeys = deploymentId === undefined ? [jobId] : [jobId, deploymentId];
  const payload = { Evaluation: encodeFull(EVALUATION, row) };
  return { topic: 'Evaluation', namespace, key: id, filterKeys, payload };
}

function tellAlloc(row: Alloc): Told {
  const { namespace, id, jobId, deploymentId } = row;
  const filterKeys = deploymentId === undefined ? [jobId] : [jobId, deploymentId];
  const payload = { Allocation: encodeFull(ALLOC_EVENT, row) };
  return { topic: 'Allocation', namespace, key: id, filterKeys, payload };
}

function tellDeployment(row: Deployment): Told {
  const { namespace, id, jobId } = row;
  const payload = { Deployment: encodeFull(DEPLOYMENT, row) };
  return { topic: 'Deployment', namespace, key: id, filterKeys: [jobId], payload };
}

function tellNode(row: Node): Told {
  const payload = { Node: encodeFull(NODE, row) };
  return { topic: 'Node', namespace: '', key: row.id, filterKeys: [], payload };
}
