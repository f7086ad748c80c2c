/** What clients send and read about allocations, evaluations, deployments and nodes. */
import type { Case } from './case.ts';
import { mapOf, nanos, number, object, positive, text, time, uuid } from './match.ts';
import { JOB, ALLOC_STUB, EVALUATION, DEPLOYMENT, NODE_STUB, NODE_CHANGED } from './shapes.ts';

export const ALLOC_CASES: readonly Case[] = [
  {
    route: 'alloc.list',
    path: ({ alloc }) => `/v1/allocations?prefix=${alloc.slice(0, 8)}&resources=true`,
    indexed: true,
    answer: [{ ...ALLOC_STUB, AllocatedResources: { Shared: { DiskMB: 300 } } }],
  },
  {
    route: 'alloc.read',
    path: ({ alloc }) => `/v1/allocation/${alloc}`,
    indexed: true,
    answer: {
      ID: uuid,
      JobID: 'web',
      Job: JOB,
      TaskGroup: 'g',
      ClientStatus: 'running',
      DesiredStatus: 'run',
      Resources: { CPU: 20, MemoryMB: 32, DiskMB: 300 },
      TaskResources: { t: { CPU: 20 } },
      AllocatedResources: {
        Tasks: { t: { Cpu: { CpuShares: 20 }, Memory: { MemoryMB: 32 } } },
        Shared: {
          DiskMB: 300,
          Networks: [{ DynamicPorts: [{ Label: 'http', Value: positive }] }],
          Ports: [{ Label: 'http', Value: positive, To: number, HostIP: text }],
        },
      },
      Metrics: {
        NodesEvaluated: positive,
        NodesFiltered: 0,
        NodesExhausted: 0,
        NodesAvailable: { dc1: 1 },
        CoalescedFailures: 0,
        AllocationTime: number,
      },
      TaskStates: {
        t: {
          State: 'running',
          Failed: false,
          Restarts: 0,
          StartedAt: time,
          FinishedAt: '0001-01-01T00:00:00Z',
          Events: [{ Type: text, Time: nanos, DisplayMessage: text, Details: object }],
        },
      },
      DeploymentID: uuid,
      DeploymentStatus: { Healthy: true, Timestamp: time, Canary: false },
      PreviousAllocation: '',
      NextAllocation: '',
    },
  },
  {
    route: 'eval.list',
    path: () => '/v1/evaluations?job=web',
    indexed: true,
    answer: [EVALUATION],
  },
  {
    route: 'eval.count',
    path: () => '/v1/evaluations/count?filter=JobID%3D%3Dweb',
    answer: { Count: positive },
  },
  {
    route: 'eval.read',
    path: ({ evaluation }) => `/v1/evaluation/${evaluation}`,
    indexed: true,
    answer: { ...EVALUATION, Status: 'complete', TriggeredBy: 'job-register', WaitUntil: time },
  },
  {
    route: 'eval.allocations',
    path: ({ evaluation }) => `/v1/evaluation/${evaluation}/allocations`,
    indexed: true,
    answer: [ALLOC_STUB],
  },
  {
    route: 'deployment.list',
    path: () => '/v1/deployments',
    indexed: true,
    answer: [DEPLOYMENT],
  },
  {
    route: 'deployment.read',
    path: ({ deployment }) => `/v1/deployment/${deployment}`,
    indexed: true,
    answer: { ...DEPLOYMENT, Status: 'successful' },
  },
  {
    route: 'deployment.allocations',
    path: ({ deployment }) => `/v1/deployment/allocations/${deployment}`,
    answer: [ALLOC_STUB],
  },
  ...(['fail', 'pause', 'promote', 'unblock', 'allocation-health'] as const).map((what): Case => ({
    route: `deployment.${what}`,
    shows: 'a deployment that is over',
    path: ({ deployment }) => `/v1/deployment/${what}/${deployment}`,
    body: { Pause: true, All: true, HealthyAllocationIDs: [], UnhealthyAllocationIDs: [] },
    status: 400,
  })),
];

export const NODE_CASES: readonly Case[] = [
  { route: 'node.list', path: () => '/v1/nodes', indexed: true, answer: [NODE_STUB] },
  {
    route: 'node.list',
    shows: 'resources and attributes',
    path: () => '/v1/nodes?resources=true&os=true',
    answer: [
      {
        NodeResources: { Cpu: { CpuShares: positive }, Memory: { MemoryMB: positive } },
        ReservedResources: { Memory: { MemoryMB: number } },
        Attributes: { 'kernel.name': 'linux' },
      },
    ],
  },
  {
    route: 'node.read',
    path: ({ node }) => `/v1/node/${node}`,
    indexed: true,
    answer: {
      ID: uuid,
      SecretID: '',
      Datacenter: 'dc1',
      HTTPAddr: text,
      Attributes: mapOf(text),
      NodeResources: {
        Cpu: { CpuShares: positive, TotalCpuCores: positive },
        Memory: { MemoryMB: positive },
        Disk: { DiskMB: positive },
        MinDynamicPort: 20_000,
        MaxDynamicPort: 32_000,
      },
      Resources: { CPU: positive, MemoryMB: positive, DiskMB: positive },
      Drain: false,
      DrainStrategy: null,
      SchedulingEligibility: 'eligible',
      Status: 'ready',
      StatusUpdatedAt: positive,
      Events: [{ Message: text, Subsystem: text, Timestamp: time }],
      Drivers: object,
      HostVolumes: object,
      CreateIndex: positive,
    },
  },
  {
    route: 'node.allocations',
    path: ({ node }) => `/v1/node/${node}/allocations`,
    indexed: true,
    answer: [{ ID: uuid, Job: object, AllocatedResources: object }],
  },
  {
    route: 'node.evaluate',
    path: ({ node }) => `/v1/node/${node}/evaluate`,
    answer: { ...NODE_CHANGED, EvalIDs: [uuid], EvalCreateIndex: positive },
  },
  {
    route: 'node.eligibility',
    path: ({ node }) => `/v1/node/${node}/eligibility`,
    body: { NodeID: '', Eligibility: 'ineligible' },
    answer: NODE_CHANGED,
  },
  {
    route: 'node.drain',
    shows: 'calling a drain off',
    path: ({ node }) => `/v1/node/${node}/drain`,
    body: { NodeID: '', DrainSpec: null, MarkEligible: true },
    answer: NODE_CHANGED,
  },
  { route: 'node.purge', shows: 'no such node', path: () => '/v1/node/none/purge', status: 404 },
];
