/** What clients send and read about jobs. */
import type { Case } from './case.ts';
import { flag, nanos, number, positive, text, uuid } from './match.ts';
import {
  WEB,
  other,
  NO_ROLLOUT,
  CHANGED,
  SUMMARY,
  JOB,
  ALLOC_STUB,
  EVALUATION,
  DEPLOYMENT,
} from './shapes.ts';

export const JOB_CASES: readonly Case[] = [
  {
    route: 'job.list',
    path: () => '/v1/jobs?prefix=we&meta=true',
    indexed: true,
    answer: [
      {
        ID: 'web',
        Name: 'web',
        Namespace: 'default',
        ParentID: '',
        Type: 'service',
        Priority: 50,
        Datacenters: ['dc1'],
        Periodic: false,
        ParameterizedJob: false,
        Stop: false,
        Status: 'running',
        StatusDescription: '',
        JobSummary: SUMMARY,
        SubmitTime: nanos,
        Meta: { team: 'a' },
      },
    ],
  },
  { route: 'job.list', shows: 'a filter', path: () => '/v1/jobs?filter=ID%3D%3Dx', answer: [] },
  { route: 'job.read', path: () => '/v1/job/web', indexed: true, answer: JOB },
  {
    route: 'job.register',
    path: () => '/v1/jobs',
    body: { Job: NO_ROLLOUT },
    indexed: true,
    answer: CHANGED,
  },
  {
    route: 'job.register',
    shows: 'POST, and a periodic job without an evaluation',
    method: 'POST',
    path: () => '/v1/jobs',
    body: {
      Job: other('periodic', {
        Type: 'batch',
        Periodic: { Enabled: true, Spec: '0 0 1 1 *', SpecType: 'cron' },
        TaskGroups: [{ Name: 'g', Tasks: [{ Name: 't', Driver: 'raw_exec', Config: {} }] }],
      }),
    },
    answer: { ...CHANGED, EvalID: '', EvalCreateIndex: 0 },
  },
  {
    route: 'job.update',
    path: () => '/v1/job/registered',
    body: { Job: { ...NO_ROLLOUT, Priority: 60 } },
    answer: CHANGED,
  },
  {
    route: 'job.parse',
    path: () => '/v1/jobs/parse',
    body: { JobHCL: 'job "x" {\n  group "g" {\n    count = 2\n  }\n}', Canonicalize: false },
    answer: { ID: 'x', Name: 'x', Type: null, Namespace: null, TaskGroups: [{ Count: 2 }] },
  },
  {
    route: 'job.parse',
    shows: 'the completed form',
    path: () => '/v1/jobs/parse',
    body: { JobHCL: 'job "x" {\n  group "g" {\n    count = 2\n  }\n}', Canonicalize: true },
    answer: { ID: 'x', Type: 'service', Namespace: 'default', Priority: 50 },
  },
  {
    route: 'job.validate',
    path: () => '/v1/validate/job',
    body: { Job: WEB },
    answer: { DriverConfigValidated: flag, ValidationErrors: null, Error: '', Warnings: text },
  },
  {
    route: 'job.plan',
    path: () => '/v1/job/web/plan',
    body: { Job: other('web', { Priority: 70 }), Diff: true },
    indexed: true,
    answer: {
      Annotations: {
        DesiredTGUpdates: {
          g: {
            Ignore: number,
            Place: 0,
            Migrate: 0,
            Stop: 0,
            InPlaceUpdate: 1,
            DestructiveUpdate: 0,
            Canary: 0,
            Preemptions: 0,
          },
        },
      },
      Diff: {
        Type: 'Edited',
        ID: 'web',
        Fields: [{ Type: 'Edited', Name: 'Priority', Old: '50', New: '70' }],
        TaskGroups: [{ Type: 'None', Name: 'g', Updates: { 'in-place update': 1 } }],
      },
      FailedTGAllocs: null,
      JobModifyIndex: positive,
      Warnings: '',
    },
  },
  {
    route: 'job.versions',
    path: () => '/v1/job/registered/versions?diffs=true',
    indexed: true,
    answer: { Versions: [{ ID: 'registered', Version: number }], Diffs: [{ Type: 'Edited' }] },
  },
  {
    route: 'job.allocations',
    path: () => '/v1/job/web/allocations?all=true',
    indexed: true,
    answer: [ALLOC_STUB],
  },
  {
    route: 'job.evaluations',
    path: () => '/v1/job/web/evaluations',
    indexed: true,
    answer: [EVALUATION],
  },
  {
    route: 'job.deployments',
    path: () => '/v1/job/web/deployments',
    indexed: true,
    answer: [DEPLOYMENT],
  },
  {
    route: 'job.deployment',
    path: () => '/v1/job/web/deployment',
    indexed: true,
    answer: DEPLOYMENT,
  },
  {
    route: 'job.deployment',
    shows: 'null for none',
    path: () => '/v1/job/periodic/deployment',
    answer: null,
  },
  { route: 'job.summary', path: () => '/v1/job/web/summary', indexed: true, answer: SUMMARY },
  {
    route: 'job.evaluate',
    path: () => '/v1/job/web/evaluate',
    body: { JobID: 'web', EvalOptions: { ForceReschedule: true } },
    answer: CHANGED,
  },
  {
    route: 'job.periodic-force',
    path: () => '/v1/job/periodic/periodic/force',
    answer: { EvalID: uuid, EvalCreateIndex: positive, Index: positive },
  },
  {
    route: 'job.periodic-force',
    shows: 'a job that is not periodic',
    path: () => '/v1/job/web/periodic/force',
    status: 400,
  },
  {
    route: 'job.dispatch',
    shows: 'a job that is not parameterized',
    path: () => '/v1/job/web/dispatch',
    body: { Payload: null, Meta: null },
    status: 400,
    text: /parameterized/,
  },
  {
    route: 'job.register',
    shows: 'a parameterized job',
    path: () => '/v1/jobs',
    body: {
      Job: other('template', {
        Type: 'batch',
        ParameterizedJob: { Payload: 'optional', MetaRequired: ['who'] },
        TaskGroups: [{ Name: 'g', Tasks: [{ Name: 't', Driver: 'raw_exec', Config: {} }] }],
      }),
    },
    answer: { ...CHANGED, EvalID: '', EvalCreateIndex: 0 },
  },
  {
    route: 'job.dispatch',
    path: () => '/v1/job/template/dispatch?idempotency_token=once',
    body: { Payload: 'aGk=', Meta: { who: 'me' } },
    answer: {
      DispatchedJobID: (value) =>
        typeof value === 'string' && value.startsWith('template/dispatch-')
          ? undefined
          : `expected template/dispatch-..., got ${JSON.stringify(value)}`,
      EvalID: uuid,
      EvalCreateIndex: positive,
      JobCreateIndex: positive,
      Index: positive,
    },
  },
  {
    route: 'job.tag',
    path: () => '/v1/job/registered/versions/golden/tag',
    body: { Version: 0, Description: 'it held' },
    text: /^$/,
  },
  {
    route: 'job.untag',
    path: () => '/v1/job/registered/versions/golden/tag',
    text: /^$/,
  },
  {
    route: 'job.stable',
    path: () => '/v1/job/registered/stable',
    body: { JobID: 'registered', JobVersion: 0, Stable: true },
    answer: { JobModifyIndex: positive },
  },
  {
    route: 'job.revert',
    path: () => '/v1/job/registered/revert',
    body: { JobID: 'registered', JobVersion: 0, EnforcePriorVersion: 1 },
    answer: CHANGED,
  },
  {
    route: 'job.scale',
    path: () => '/v1/job/registered/scale',
    body: { Count: 2, Target: { Group: 'g' }, Message: 'more', Meta: { by: 'me' } },
    answer: CHANGED,
  },
  {
    route: 'job.scale.read',
    path: () => '/v1/job/registered/scale',
    indexed: true,
    answer: {
      JobID: 'registered',
      Namespace: 'default',
      JobCreateIndex: positive,
      JobModifyIndex: positive,
      JobStopped: false,
      TaskGroups: {
        g: {
          Desired: 2,
          Placed: number,
          Running: number,
          Healthy: number,
          Unhealthy: number,
          Events: [{ Count: 2, PreviousCount: 1, Message: 'more', Error: false, Time: nanos }],
        },
      },
    },
  },
  {
    route: 'job.scale',
    shows: 'what an autoscaler notes is of any form',
    path: () => '/v1/job/registered/scale',
    body: {
      ...{ Target: { Job: 'registered', Group: 'g' }, Message: 'held', Error: true },
      ...{ Meta: { metric: 0.5, from: ['cpu'] }, PolicyOverride: false },
    },
    answer: { ...CHANGED, EvalID: '', EvalCreateIndex: 0 },
  },
  {
    route: 'job.stop',
    method: 'DELETE',
    path: () => '/v1/job/registered?purge=true',
    answer: CHANGED,
  },
  { route: 'job.read', shows: 'a purged job', path: () => '/v1/job/registered', status: 404 },
];
