/** Everything about jobs. Source: https://developer.hashicorp.com/nomad/api-docs/jobs */
import type { Job } from '../../core/model/job.ts';
import type { Deployment } from '../../core/model/deployment.ts';
import { shape, type Codec } from '../codec/codec.ts';
import { list, listOf, verbatim } from '../codec/fields.ts';
import { queryFlag, queryInt, queryText } from '../query.ts';
import { read, write } from '../route.ts';
import { ALLOC_STUB } from './alloc-codec.ts';
import { DEPLOYMENT } from './deployment-codec.ts';
import { EVALUATION } from './eval-codec.ts';
import type { JobDiff } from './job-diff.ts';
import { encodeJob, JOB } from './job-codec.ts';
import {
  DISPATCHED,
  DISPATCH_BODY,
  EVALUATED,
  EVALUATE_BODY,
  JOB_CHANGED,
  JOB_INDEXED,
  PARSED_JOB,
  PARSE_BODY,
  PLAN_ANSWER,
  PLAN_BODY,
  REGISTER_BODY,
  REVERT_BODY,
  TAG_BODY,
  SCALE_ANSWER,
  SCALE_BODY,
  STABLE_BODY,
  VALIDATE_ANSWER,
  VALIDATE_BODY,
} from './job-replies.ts';
import type { VersionsAnswer } from './job-replies.ts';
import { JOB_STUB } from './job-stub-codec.ts';
import { LIST_QUERY } from './list-query.ts';
import { JOB_SUBMISSION } from './submission-codec.ts';
import { JOB_SUMMARY } from './summary-codec.ts';

/** A registered job, its tokens kept back. */
const REGISTERED: Codec<Job> = { ...JOB, encode: (job) => encodeJob(job as Job) };

export const listJobs = read({
  name: 'job.list',
  path: '/v1/jobs',
  about: 'Lists jobs.',
  query: { ...LIST_QUERY, meta: queryFlag('meta', 'with the meta of each') },
  reply: listOf(JOB_STUB),
});

export const registerJob = write({
  name: 'job.register',
  path: '/v1/jobs',
  about: 'Registers a job, or changes it.',
  body: REGISTER_BODY,
  reply: JOB_CHANGED,
});

export const updateJob = write({
  name: 'job.update',
  path: '/v1/job/:id',
  about: 'Registers a job, or changes it; the id in the path is that of the job.',
  body: REGISTER_BODY,
  reply: JOB_CHANGED,
});

export const parseJob = write({
  name: 'job.parse',
  path: '/v1/jobs/parse',
  about: 'Turns a job file into the API form.',
  body: PARSE_BODY,
  reply: PARSED_JOB,
});

export const validateJob = write({
  name: 'job.validate',
  path: '/v1/validate/job',
  about: 'Says what is wrong with a job, without registering it.',
  body: VALIDATE_BODY,
  reply: VALIDATE_ANSWER,
});

export const planJob = write({
  name: 'job.plan',
  path: '/v1/job/:id/plan',
  about: 'Says what registering a job would do, and changes nothing.',
  body: PLAN_BODY,
  reply: PLAN_ANSWER,
});

export const readJob = read({
  name: 'job.read',
  path: '/v1/job/:id',
  about: 'The newest version of a job.',
  reply: REGISTERED,
});

export const jobVersions = read({
  name: 'job.versions',
  path: '/v1/job/:id/versions',
  about: 'The kept versions of a job, newest first.',
  query: {
    diffs: queryFlag('diffs', 'with the differences between neighbours'),
    diffVersion: queryInt('diff_version', 'compare each with this version instead'),
    diffTag: queryText('diff_tag', 'or with the version of this tag'),
  },
  reply: shape<VersionsAnswer>({
    versions: list('Versions', REGISTERED),
    diffs: list('Diffs', verbatim<JobDiff>()),
  }),
});

export const readSubmission = read({
  name: 'job.submission',
  path: '/v1/job/:id/submission',
  about: 'What a version of a job was made from: its file, and the values of its variables.',
  query: { version: queryInt('version', 'the version; it must be given') },
  reply: JOB_SUBMISSION,
});

export const tagVersion = write({
  name: 'job.tag',
  path: '/v1/job/:id/versions/:tag/tag',
  about: 'Names a version of a job; it is kept as long as it has a name.',
  body: TAG_BODY,
});

export const untagVersion = write({
  name: 'job.untag',
  method: 'DELETE',
  path: '/v1/job/:id/versions/:tag/tag',
  about: 'Takes the name of a version away.',
});

export const jobAllocs = read({
  name: 'job.allocations',
  path: '/v1/job/:id/allocations',
  about: 'The allocations of a job.',
  query: { all: queryFlag('all', 'also those of a purged job of that name') },
  reply: listOf(ALLOC_STUB),
});

export const jobEvals = read({
  name: 'job.evaluations',
  path: '/v1/job/:id/evaluations',
  about: 'The evaluations of a job, newest first.',
  reply: listOf(EVALUATION),
});

export const jobDeployments = read({
  name: 'job.deployments',
  path: '/v1/job/:id/deployments',
  about: 'The deployments of a job, newest first.',
  query: { all: queryFlag('all', 'also those of a purged job of that name') },
  reply: listOf(DEPLOYMENT),
});

/** There may be none. */
const LATEST: Codec<Deployment | undefined> = {
  encode: (value, mode) => (value === undefined ? null : DEPLOYMENT.encode(value, mode)),
  decode: (raw, path, to) => DEPLOYMENT.decode(raw, path, to),
  zero: () => undefined,
};

export const jobDeployment = read({
  name: 'job.deployment',
  path: '/v1/job/:id/deployment',
  about: 'The newest deployment of a job; null when there is none.',
  reply: LATEST,
});

export const jobSummary = read({
  name: 'job.summary',
  path: '/v1/job/:id/summary',
  about: 'How a job fares, counted by group.',
  reply: JOB_SUMMARY,
});

export const stopJob = write({
  name: 'job.stop',
  method: 'DELETE',
  path: '/v1/job/:id',
  about: 'Stops a job.',
  query: {
    purge: queryFlag('purge', 'and forgets it'),
    global: queryFlag('global', 'in every region of a multiregion job'),
    noShutdownDelay: queryFlag('no_shutdown_delay', 'without waiting'),
    evalPriority: queryInt(
      'eval_priority',
      'priority of the evaluation; that of the job otherwise',
    ),
  },
  reply: JOB_CHANGED,
});

export const evaluateJob = write({
  name: 'job.evaluate',
  path: '/v1/job/:id/evaluate',
  about: 'Reconciles a job now.',
  body: EVALUATE_BODY,
  bodyOptional: true,
  reply: JOB_CHANGED,
});

export const dispatchJob = write({
  name: 'job.dispatch',
  path: '/v1/job/:id/dispatch',
  about: 'Runs an instance of a parameterized job.',
  query: {
    idempotencyToken: queryText('idempotency_token', 'a repetition answers the first instance'),
  },
  body: DISPATCH_BODY,
  bodyOptional: true,
  reply: DISPATCHED,
});

export const revertJob = write({
  name: 'job.revert',
  path: '/v1/job/:id/revert',
  about: 'Puts a job back to an older version.',
  body: REVERT_BODY,
  reply: JOB_CHANGED,
});

export const setJobStability = write({
  name: 'job.stable',
  path: '/v1/job/:id/stable',
  about: 'Marks a version as stable, or not.',
  body: STABLE_BODY,
  reply: JOB_INDEXED,
});

export const jobScale = read({
  name: 'job.scale.read',
  path: '/v1/job/:id/scale',
  about: 'The counts of a job by group, and how they changed.',
  reply: SCALE_ANSWER,
});

export const scaleJob = write({
  name: 'job.scale',
  path: '/v1/job/:id/scale',
  about: 'Changes the count of a group.',
  body: SCALE_BODY,
  reply: JOB_CHANGED,
});

export const forcePeriodicJob = write({
  name: 'job.periodic-force',
  path: '/v1/job/:id/periodic/force',
  about: 'Launches a periodic job now.',
  reply: EVALUATED,
});

export const JOB_ROUTES = [
  listJobs,
  registerJob,
  parseJob,
  validateJob,
  readJob,
  updateJob,
  stopJob,
  planJob,
  jobVersions,
  readSubmission,
  tagVersion,
  untagVersion,
  jobAllocs,
  jobEvals,
  jobDeployments,
  jobDeployment,
  jobSummary,
  evaluateJob,
  dispatchJob,
  revertJob,
  setJobStability,
  jobScale,
  scaleJob,
  forcePeriodicJob,
] as const;
