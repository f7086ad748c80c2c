/**
 * What Nomad's clients send, and the shape of what they read in the answer: one case and more for
 * every endpoint. They run in order against one agent on which the job `web` runs.
 *
 * Source: the request and answer examples of https://developer.hashicorp.com/nomad/api-docs
 */
import type { Json } from '../../src/base/json.ts';
import {
  flag,
  list,
  mapOf,
  nanos,
  number,
  object,
  positive,
  text,
  time,
  uuid,
  type Expected,
} from './match.ts';

/** What is known before the cases run. */
export interface Ids {
  readonly node: string;
  readonly alloc: string;
  readonly evaluation: string;
  readonly deployment: string;
}

export interface Case {
  readonly route: string;
  /** What it shows, where the route's name does not say it. */
  readonly shows?: string;
  readonly method?: string;
  readonly path: (ids: Ids) => string;
  readonly body?: Json;
  /** 200 unless said otherwise. */
  readonly status?: number;
  readonly answer?: Expected;
  readonly text?: RegExp;
  /** The answer carries the index headers. */
  readonly indexed?: boolean;
  /** The answer goes on; its first line is looked at. */
  readonly stream?: boolean;
}

export const WEB: Json = {
  ID: 'web',
  Name: 'web',
  Type: 'service',
  Priority: 50,
  Datacenters: ['dc1'],
  Meta: { team: 'a' },
  TaskGroups: [
    {
      Name: 'g',
      Count: 1,
      Networks: [{ DynamicPorts: [{ Label: 'http' }] }],
      Update: { MinHealthyTime: 1_000_000, HealthCheck: 'task_states' },
      Scaling: { Min: 1, Max: 9, Enabled: true, Type: 'horizontal' },
      Tasks: [
        {
          Name: 't',
          Driver: 'raw_exec',
          Config: { command: 'node' },
          Env: { A: 'b' },
          Resources: { CPU: 20, MemoryMB: 32 },
        },
      ],
    },
  ],
};

const other = (id: string, more: Record<string, Json> = {}): Json => ({
  ...(WEB as Record<string, Json>),
  ID: id,
  Name: id,
  ...more,
});

/** A job that is changed again and again: no deployment is to be in the way. */
const NO_ROLLOUT = {
  ...(other('registered') as Record<string, Json>),
  TaskGroups: [
    {
      Name: 'g',
      Update: { MaxParallel: 0 },
      Tasks: [{ Name: 't', Driver: 'raw_exec', Config: {} }],
    },
  ],
} satisfies Json;

const CHANGED: Expected = {
  EvalID: uuid,
  EvalCreateIndex: positive,
  JobModifyIndex: positive,
  Warnings: text,
  Index: positive,
  LastContact: 0,
  KnownLeader: flag,
};

const SUMMARY: Expected = {
  JobID: 'web',
  Namespace: 'default',
  Summary: {
    g: {
      Queued: number,
      Complete: number,
      Failed: number,
      Running: number,
      Starting: number,
      Lost: number,
      Unknown: number,
    },
  },
  Children: (value) => (value === null ? undefined : 'expected null'),
  CreateIndex: positive,
  ModifyIndex: positive,
};

const JOB: Expected = {
  ID: 'web',
  Name: 'web',
  Namespace: 'default',
  Region: 'global',
  Type: 'service',
  Priority: 50,
  Datacenters: ['dc1'],
  Stop: false,
  Status: text,
  Stable: flag,
  Version: number,
  SubmitTime: nanos,
  CreateIndex: positive,
  ModifyIndex: positive,
  JobModifyIndex: positive,
  VaultToken: '',
  TaskGroups: [
    {
      Name: 'g',
      Count: number,
      RestartPolicy: { Attempts: 2, Mode: 'fail' },
      EphemeralDisk: { SizeMB: 300 },
      Networks: [{ DynamicPorts: [{ Label: 'http', HostNetwork: 'default' }] }],
      Tasks: [{ Name: 't', Driver: 'raw_exec', Env: { A: 'b' }, Resources: { CPU: 20 } }],
    },
  ],
};

const ALLOC_STUB: Expected = {
  ID: uuid,
  EvalID: uuid,
  Name: text,
  Namespace: 'default',
  NodeID: uuid,
  NodeName: text,
  JobID: text,
  JobType: 'service',
  JobVersion: number,
  TaskGroup: 'g',
  DesiredStatus: text,
  DesiredDescription: text,
  ClientStatus: text,
  ClientDescription: text,
  FollowupEvalID: '',
  CreateIndex: positive,
  ModifyIndex: positive,
  CreateTime: nanos,
  ModifyTime: nanos,
};

const EVALUATION: Expected = {
  ID: uuid,
  Namespace: 'default',
  Priority: number,
  Type: text,
  TriggeredBy: text,
  JobID: text,
  JobModifyIndex: number,
  Status: text,
  NodeID: '',
  QueuedAllocations: object,
  CreateIndex: positive,
  ModifyIndex: positive,
  CreateTime: nanos,
  ModifyTime: nanos,
};

const DEPLOYMENT: Expected = {
  ID: uuid,
  Namespace: 'default',
  JobID: text,
  JobVersion: number,
  JobModifyIndex: positive,
  JobSpecModifyIndex: positive,
  JobCreateIndex: positive,
  IsMultiregion: false,
  Status: text,
  StatusDescription: text,
  TaskGroups: {
    g: {
      AutoRevert: flag,
      Promoted: flag,
      DesiredTotal: number,
      DesiredCanaries: number,
      PlacedAllocs: number,
      HealthyAllocs: number,
      UnhealthyAllocs: number,
      ProgressDeadline: positive,
      RequireProgressBy: time,
    },
  },
  CreateIndex: positive,
  ModifyIndex: positive,
};

const NODE_STUB: Expected = {
  ID: uuid,
  Address: text,
  Datacenter: 'dc1',
  Name: text,
  NodeClass: text,
  NodePool: 'default',
  Version: text,
  Drain: false,
  SchedulingEligibility: 'eligible',
  Status: 'ready',
  Drivers: { raw_exec: { Detected: true, Healthy: true, HealthDescription: text } },
  CreateIndex: positive,
  ModifyIndex: positive,
};

const NODE_CHANGED: Expected = { NodeModifyIndex: positive, Index: positive };

const jobCases: readonly Case[] = [
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
    route: 'job.stop',
    method: 'DELETE',
    path: () => '/v1/job/registered?purge=true',
    answer: CHANGED,
  },
  { route: 'job.read', shows: 'a purged job', path: () => '/v1/job/registered', status: 404 },
];

const allocCases: readonly Case[] = [
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
    route: 'alloc.services',
    path: ({ alloc }) => `/v1/allocation/${alloc}/services`,
    answer: [],
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

const nodeCases: readonly Case[] = [
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

const clientCases: readonly Case[] = [
  {
    route: 'client.alloc.stats',
    path: ({ alloc }) => `/v1/client/allocation/${alloc}/stats`,
    answer: {
      ResourceUsage: {
        MemoryStats: { RSS: number, Measured: list },
        CpuStats: { Percent: number, SystemMode: number, UserMode: number },
      },
      Tasks: { t: { ResourceUsage: { MemoryStats: { RSS: number } }, Timestamp: nanos } },
      Timestamp: nanos,
    },
  },
  {
    route: 'client.alloc.signal',
    path: ({ alloc }) => `/v1/client/allocation/${alloc}/signal`,
    body: { Task: 't', Signal: 'SIGHUP' },
  },
  {
    route: 'client.alloc.exec',
    shows: 'a request without an upgrade',
    path: ({ alloc }) => `/v1/client/allocation/${alloc}/exec?task=t&command=%5B%22a%22%5D`,
    status: 400,
  },
  {
    route: 'client.alloc.gc',
    shows: 'an allocation that runs',
    path: ({ alloc }) => `/v1/client/allocation/${alloc}/gc`,
    status: 409,
  },
  {
    route: 'client.stats',
    path: () => '/v1/client/stats',
    answer: { CPU: list, Memory: { Total: number, Used: number }, DiskStats: list, Uptime: number },
  },
  { route: 'client.gc', path: () => '/v1/client/gc' },
  {
    route: 'client.fs.ls',
    path: ({ alloc }) => `/v1/client/fs/ls/${alloc}?path=alloc/logs`,
    answer: [{ Name: text, IsDir: flag, Size: number, FileMode: text, ModTime: time }],
  },
  {
    route: 'client.fs.stat',
    path: ({ alloc }) => `/v1/client/fs/stat/${alloc}?path=alloc/logs/t.stdout.0`,
    answer: { Name: text, IsDir: false, Size: positive, ContentType: text },
  },
  {
    route: 'client.fs.cat',
    path: ({ alloc }) => `/v1/client/fs/cat/${alloc}?path=alloc/logs/t.stdout.0`,
    text: /^hello\n$/,
  },
  {
    route: 'client.fs.readat',
    path: ({ alloc }) =>
      `/v1/client/fs/readat/${alloc}?path=alloc/logs/t.stdout.0&offset=1&limit=3`,
    text: /^ell$/,
  },
  {
    route: 'client.fs.stream',
    path: ({ alloc }) =>
      `/v1/client/fs/stream/${alloc}?path=alloc/logs/t.stdout.0&follow=false&origin=start&offset=0`,
    stream: true,
    answer: { Data: 'aGVsbG8K', File: text },
  },
  {
    route: 'client.fs.logs',
    path: ({ alloc }) => `/v1/client/fs/logs/${alloc}?task=t&type=stdout&plain=true`,
    text: /^hello\n$/,
  },
  {
    route: 'client.fs.logs',
    shows: 'frames',
    path: ({ alloc }) =>
      `/v1/client/fs/logs/${alloc}?task=t&type=stdout&follow=true&offset=0&origin=start`,
    stream: true,
    answer: { Data: 'aGVsbG8K' },
  },
  {
    route: 'client.alloc.restart',
    path: ({ alloc }) => `/v1/client/allocation/${alloc}/restart`,
    body: { TaskName: 't' },
  },
];

const agentCases: readonly Case[] = [
  {
    route: 'agent.self',
    path: () => '/v1/agent/self',
    answer: { config: object, member: { Name: text, Addr: text, Port: positive }, stats: object },
  },
  {
    route: 'agent.members',
    path: () => '/v1/agent/members',
    answer: {
      ServerName: text,
      ServerRegion: 'global',
      ServerDC: 'dc1',
      Members: [{ Name: text, Addr: text, Port: positive, Status: 'alive', Tags: mapOf(text) }],
    },
  },
  {
    route: 'agent.health',
    path: () => '/v1/agent/health?type=server',
    answer: { server: { ok: true, message: 'ok' } },
  },
  { route: 'agent.servers', path: () => '/v1/agent/servers', answer: [text] },
  {
    route: 'agent.host',
    path: () => '/v1/agent/host',
    answer: { AgentID: text, HostData: object },
  },
  {
    route: 'agent.monitor',
    path: () => '/v1/agent/monitor?log_level=debug',
    stream: true,
    answer: { Data: text },
  },
  {
    route: 'agent.join',
    path: () => '/v1/agent/join?address=127.0.0.1',
    answer: { error: text, num_joined: 0 },
  },
  {
    route: 'agent.force-leave',
    shows: 'a member that has not failed',
    path: () => '/v1/agent/force-leave?node=test.global',
    status: 400,
    text: /alive, not failed/,
  },
  {
    route: 'metrics',
    path: () => '/v1/metrics',
    answer: {
      Timestamp: text,
      Gauges: [{ Name: text, Value: number, Labels: object }],
      Counters: list,
      Samples: list,
      Points: list,
    },
  },
  { route: 'metrics', path: () => '/v1/metrics?format=prometheus', text: /^nomad_test\{/m },
];

const clusterCases: readonly Case[] = [
  { route: 'status.leader', path: () => '/v1/status/leader', answer: '127.0.0.1:4647' },
  { route: 'status.peers', path: () => '/v1/status/peers', answer: [text] },
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
    body: { Text: 'eb', Context: 'jobs' },
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
    answer: { Index: positive, Servers: [{ Address: text, Leader: true, Voter: true }] },
  },
  {
    route: 'operator.autopilot.health',
    path: () => '/v1/operator/autopilot/health',
    answer: { Healthy: true, FailureTolerance: 0, Servers: [{ Healthy: true, Leader: true }] },
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
    route: 'namespace.list',
    path: () => '/v1/namespaces',
    answer: [{ Name: 'default', Description: text }],
  },
  { route: 'namespace.read', path: () => '/v1/namespace/default', answer: { Name: 'default' } },
  {
    route: 'scaling.policies',
    path: () => '/v1/scaling/policies?job=web',
    indexed: true,
    answer: [{ ID: text, Enabled: true, Type: 'horizontal', Target: object }],
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

export const NOMAD_CASES: readonly Case[] = [
  ...jobCases,
  ...allocCases,
  ...nodeCases,
  ...clientCases,
  ...agentCases,
  ...clusterCases,
];
