/** What clients send and read about the cluster. */
import type { Case } from './case.ts';
import { flag, list, number, object, positive, text, uuid } from './match.ts';

export const CLUSTER_CASES: readonly Case[] = [
  { route: 'operator.snapshot.save', path: () => '/v1/operator/snapshot', text: /./s },
  {
    route: 'operator.snapshot.restore',
    shows: 'what is no snapshot',
    path: () => '/v1/operator/snapshot',
    body: 'nothing',
    status: 400,
    text: /./,
  },
  { route: 'status.leader', path: () => '/v1/status/leader', answer: '127.0.0.1:4647' },
  { route: 'status.peers', path: () => '/v1/status/peers', answer: [text] },
  {
    route: 'operator.simulate',
    path: () => '/v1/operator/simulate',
    body: { AddNodes: [{ Count: 1 }], Scale: [{ JobID: 'web', Count: 2 }] },
    answer: {
      Groups: list,
      Nodes: list,
      Placed: number,
      Stopped: number,
      Evicted: 0,
      Settled: true,
    },
  },
  {
    route: 'operator.rebalance',
    path: () => '/v1/operator/rebalance?budget=3&gain=0.2',
    answer: list,
  },
  { route: 'operator.lint', path: () => '/v1/operator/lint', answer: [] },
  { route: 'regions', path: () => '/v1/regions', answer: ['global'] },
  {
    route: 'search',
    method: 'POST',
    path: () => '/v1/search',
    body: { Prefix: 'we', Context: 'all' },
    answer: {
      Matches: { jobs: ['web'], allocs: list, nodes: list, evals: list, deployment: list },
      Truncations: { jobs: false, allocs: flag },
    },
  },
  {
    route: 'search.fuzzy',
    method: 'POST',
    path: () => '/v1/search/fuzzy',
    body: { Text: 'we', Context: 'jobs' },
    answer: { Matches: { jobs: [{ ID: 'web', Scope: [text] }] }, Truncations: { jobs: false } },
  },
  {
    route: 'operator.scheduler.read',
    path: () => '/v1/operator/scheduler/configuration',
    indexed: true,
    answer: {
      SchedulerConfig: {
        SchedulerAlgorithm: 'binpack',
        PreemptionConfig: { SystemSchedulerEnabled: true, ServiceSchedulerEnabled: false },
        MemoryOversubscriptionEnabled: false,
        RejectJobRegistration: false,
        PauseEvalBroker: false,
        CreateIndex: number,
        ModifyIndex: number,
      },
    },
  },
  {
    route: 'operator.scheduler.set',
    path: () => '/v1/operator/scheduler/configuration',
    body: {
      SchedulerAlgorithm: 'spread',
      PreemptionConfig: { SystemSchedulerEnabled: true },
      MemoryOversubscriptionEnabled: true,
    },
    answer: { Updated: true, Index: positive },
  },
  {
    route: 'operator.scheduler.set',
    shows: 'a lost race',
    path: () => '/v1/operator/scheduler/configuration?cas=1',
    body: { SchedulerAlgorithm: 'binpack' },
    answer: { Updated: false },
  },
  {
    route: 'operator.raft',
    path: () => '/v1/operator/raft/configuration',
    answer: {
      Index: positive,
      Servers: [{ ID: text, Address: text, Leader: true, Voter: true }],
    },
  },
  {
    route: 'operator.raft.transfer',
    shows: 'nobody to lead instead',
    path: () => '/v1/operator/raft/transfer-leadership?address=10.0.0.9:4647',
    status: 501,
    text: /no other server/,
  },
  {
    route: 'operator.raft.remove',
    shows: 'an unknown server',
    method: 'DELETE',
    path: () => '/v1/operator/raft/peer?address=10.0.0.9:4647',
    status: 500,
    text: /^address "10.0.0.9:4647" was not found/,
  },
  {
    route: 'operator.autopilot.health',
    path: () => '/v1/operator/autopilot/health',
    answer: {
      Healthy: true,
      FailureTolerance: 0,
      Servers: [
        { ID: text, Healthy: true, Leader: true, LastIndex: positive, LastContact: number },
      ],
    },
  },
  {
    route: 'event.stream',
    path: () => '/v1/event/stream?topic=Job&index=1',
    stream: true,
    answer: {
      Index: positive,
      Events: [{ Topic: 'Job', Type: 'JobRegistered', Key: text, Payload: { Job: object } }],
    },
  },
  {
    route: 'scaling.policies',
    path: () => '/v1/scaling/policies?job=web',
    indexed: true,
    answer: [{ ID: uuid, Enabled: true, Type: 'horizontal', Target: object }],
  },
  {
    route: 'scaling.policy',
    shows: 'no such policy',
    path: () => '/v1/scaling/policy/none',
    status: 404,
  },
  { route: 'volume.list', path: () => '/v1/volumes?type=csi', answer: [] },
  { route: 'plugin.list', path: () => '/v1/plugins?type=csi', answer: [] },
  { route: 'system.gc', path: () => '/v1/system/gc' },
  { route: 'system.reconcile-summaries', path: () => '/v1/system/reconcile/summaries' },
  {
    route: 'eval.delete',
    method: 'DELETE',
    path: () => '/v1/evaluations',
    body: { EvalIDs: ['00000000-0000-0000-0000-000000000000'] },
    answer: { Index: positive, Count: number },
  },
  {
    route: 'alloc.stop',
    path: ({ alloc }) => `/v1/allocation/${alloc}/stop`,
    answer: { EvalID: uuid, Index: positive },
  },
];
