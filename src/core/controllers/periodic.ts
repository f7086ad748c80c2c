/**
 * Launches the children of periodic jobs when their schedule says so.
 *
 * P1: one launch for each instant of the schedule, by whichever leader; of instants that were
 *     missed only the last is made up for.
 * P2: with `prohibit_overlap` an instant is passed over while an earlier child is not dead.
 * P3: on days on which clocks change a time of day that comes twice counts once, the first time;
 *     one that is skipped counts when clocks have gone forward.
 */
import { Cron } from 'croner';
import type { Millis } from '../../base/brand.ts';
import type { EvalId, JobId } from '../model/ids.ts';
import type { Job, JobSpec } from '../model/job.ts';
import type { Entry } from '../state/entry.ts';
import { specOf } from '../state/job-spec.ts';
import { newEvaluation } from '../state/new-evaluation.ts';
import type { State } from '../state/state.ts';
import { decision, earlier } from './controller.ts';
import type { Controller } from './controller.ts';

export const periodicController: Controller = {
  name: 'periodic',
  tables: ['jobs', 'periodicLaunches'],
  decide(state, now, newId) {
    const propose: Entry[] = [];
    let wakeAt: Millis | undefined;
    for (const job of state.periodicJobs()) {
      const due = dueLaunch(state, job, now);
      if (due !== undefined) propose.push(launch(state, job, due, { now, newId }));
      wakeAt = earlier(wakeAt, nextLaunch(job, now));
    }
    return decision(propose, wakeAt);
  },
};

/** When a periodic job is launched next after `after`; undefined: never. */
export function nextLaunch(job: Pick<JobSpec, 'periodic'>, after: Millis): Millis | undefined {
  const { periodic } = job;
  if (periodic?.enabled !== true) return undefined;
  let next: Millis | undefined;
  for (const spec of periodic.specs) {
    const at = cronOf(spec, periodic.timeZone)?.nextRun(new Date(after))?.getTime();
    next = earlier(next, at as Millis | undefined);
  }
  return next;
}

/** The child that stands for one launch. */
export function periodicChild(parent: Job, launchAt: Millis): JobSpec {
  const { periodic, ...spec } = specOf(parent);
  const id = `${parent.id}/periodic-${Math.floor(launchAt / 1_000)}` as JobId;
  return periodic === undefined ? spec : { ...spec, id, name: id, parentId: parent.id };
}

/** The latest instant of the schedule that has come and was not launched (P1). */
function dueLaunch(state: State, job: Job, now: Millis): Millis | undefined {
  const last = state.periodicLaunch(job.namespace, job.id)?.launchAt ?? job.submittedAt;
  let due: Millis | undefined;
  let from = last > job.submittedAt ? last : job.submittedAt;
  for (let i = 0; i < CATCH_UP_STEPS_MAX; i++) {
    const next = nextLaunch(job, from);
    if (next === undefined || next > now) return due;
    due = next;
    from = next;
  }
  // So much was missed that finding the very last instant is not worth it: the next is near.
  return due;
}

/** A job of every second that a leader missed for a quarter of an hour. */
const CATCH_UP_STEPS_MAX = 1_000;

function launch(
  state: State,
  job: Job,
  launchAt: Millis,
  { now, newId }: { readonly now: Millis; readonly newId: () => string },
): Entry {
  const entry = {
    type: 'periodic.launch',
    at: now,
    namespace: job.namespace,
    parentId: job.id,
    launchAt,
    forced: false,
  } as const;
  if (job.periodic?.prohibitOverlap === true && hasLiveChild(state, job)) return entry;
  const child = periodicChild(job, launchAt);
  const evaluation = newEvaluation(newId() as EvalId, child, 'periodic-job', now);
  return { ...entry, child, evaluation };
}

function hasLiveChild(state: State, job: Job): boolean {
  for (const child of state.jobsByParent(job.namespace, job.id)) {
    if (child.status !== 'dead') return true;
  }
  return false;
}

// Reading an expression costs some 50 us, and the same few are asked for over and over.
const CRONS = new Map<string, Cron | undefined>();
const CRONS_MAX = 10_000;

/** Undefined for an expression that cannot be read: the job's registration was to refuse it. */
function cronOf(spec: string, timeZone: string): Cron | undefined {
  const key = `${timeZone}\0${spec}`;
  if (!CRONS.has(key)) {
    if (CRONS.size >= CRONS_MAX) CRONS.clear();
    CRONS.set(key, readCron(spec, timeZone));
  }
  return CRONS.get(key);
}

function readCron(spec: string, timeZone: string): Cron | undefined {
  try {
    return new Cron(spec, { timezone: timeZone === '' ? 'UTC' : timeZone, paused: true });
  } catch {
    return undefined;
  }
}
