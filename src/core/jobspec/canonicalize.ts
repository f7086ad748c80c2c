/**
 * Makes the finished job of a draft: every default filled in, what the job says handed down to its
 * groups, what a group says to its tasks.
 *
 * N1: the draft of a finished job gives that job again.
 *
 * Source: Nomad's job specification.
 */
import type { Index, Millis } from '../../base/brand.ts';
import type { Draft } from '../model/draft.ts';
import { DEFAULT_NAMESPACE } from '../model/ids.ts';
import type { Job, JobDraft, JobType, Multiregion } from '../model/job.ts';
import type { ReschedulePolicy } from '../model/strategy.ts';
import { canonicalizeGroup, fillUpdate } from './canonicalize-group.ts';
import {
  canonicalizeAffinities,
  canonicalizeConstraints,
  canonicalizeSpreads,
} from './canonicalize-resources.ts';
import {
  MIGRATE_DEFAULTS,
  PARAMETERIZED_DEFAULTS,
  PERIODIC_DEFAULTS,
  PRIORITY_DEFAULT,
  RESCHEDULE_DEFAULTS,
} from './defaults.ts';
import { fill, given, ifGiven } from './fill.ts';

type Composed =
  | 'constraints'
  | 'affinities'
  | 'spreads'
  | 'groups'
  | 'update'
  | 'reschedule'
  | 'migrate'
  | 'periodic'
  | 'parameterized'
  | 'concurrency'
  | 'multiregion';

/** Fields that are no records of their own; what is not the author's is as before registration. */
const PLAIN: Omit<Job, Composed | 'id' | 'name'> = {
  namespace: DEFAULT_NAMESPACE,
  region: 'global',
  type: 'service',
  priority: PRIORITY_DEFAULT,
  allAtOnce: false,
  datacenters: ['*'],
  nodePool: 'default',
  meta: {},
  consulToken: '',
  consulNamespace: '',
  vaultToken: '',
  vaultNamespace: '',
  payload: '',
  dispatched: false,
  dispatchIdempotencyToken: '',
  version: 0,
  stop: false,
  stable: false,
  status: 'pending',
  statusDescription: '',
  submittedAt: 0 as Millis,
  createIndex: 0 as Index,
  modifyIndex: 0 as Index,
  jobModifyIndex: 0 as Index,
};

/** The finished job of a draft. Nothing is checked here: see validate.ts. */
export function canonicalizeJob(draft: JobDraft): Job {
  const { constraints, affinities, spreads, groups, periodic, parameterized, ...others } = draft;
  const { update, reschedule, migrate, multiregion, concurrency, ...written } = others;
  const defaults = { ...PLAIN, id: draft.id, name: draft.id };
  const plain = fill<Omit<Job, Composed>>(defaults, written);
  const type = knownType(plain.type);
  const owner = { draft, id: plain.id, namespace: plain.namespace, type };
  return {
    ...plain,
    constraints: canonicalizeConstraints(constraints),
    affinities: canonicalizeAffinities(affinities),
    spreads: canonicalizeSpreads(spreads),
    groups: (groups ?? []).map((group) => canonicalizeGroup(group, owner)),
    ...given(
      'update',
      ifGiven(update, (each) => fillUpdate(type, each)),
    ),
    ...given(
      'reschedule',
      ifGiven(reschedule, (each) => fill(rescheduleOf(type), each)),
    ),
    ...given(
      'migrate',
      ifGiven(migrate, (each) => fill(MIGRATE_DEFAULTS, each)),
    ),
    ...given(
      'periodic',
      ifGiven(periodic, (each) => fill(PERIODIC_DEFAULTS, each)),
    ),
    ...given(
      'parameterized',
      ifGiven(parameterized, (each) => fill(PARAMETERIZED_DEFAULTS, each)),
    ),
    ...given(
      'concurrency',
      ifGiven(concurrency, (each) => fill({ group: '', limit: 1 }, each)),
    ),
    ...given('multiregion', ifGiven(multiregion, canonicalizeRegions)),
  };
}

/** The type whose defaults hold: a type that is none gets those of a service, and is told later. */
function knownType(type: string): JobType {
  return type === 'batch' || type === 'system' || type === 'sysbatch' ? type : 'service';
}

/** Where rescheduling is written in a job of another type, it is told later. */
function rescheduleOf(type: JobType): ReschedulePolicy {
  return RESCHEDULE_DEFAULTS[type === 'batch' ? 'batch' : 'service'];
}

function canonicalizeRegions({ strategy, regions }: Draft<Multiregion>): Multiregion {
  const region = { name: '', count: 0, datacenters: [], nodePool: '', meta: {} };
  const filled = (regions ?? []).map((each) => fill<Multiregion['regions'][number]>(region, each));
  return {
    ...given(
      'strategy',
      ifGiven(strategy, (each) => fill({ maxParallel: 0, onFailure: '' }, each)),
    ),
    regions: filled,
  };
}
