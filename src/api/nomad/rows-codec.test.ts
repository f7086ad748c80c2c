import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Index, Millis } from '../../base/brand.ts';
import type { Json, JsonObject } from '../../base/json.ts';
import type { Alloc } from '../../core/model/alloc.ts';
import type { Deployment } from '../../core/model/deployment.ts';
import type { Evaluation } from '../../core/model/evaluation.ts';
import type {
  AllocId,
  DeploymentId,
  EvalId,
  JobId,
  Namespace,
  NodeId,
} from '../../core/model/ids.ts';
import type { PlacementMetrics } from '../../core/model/metrics.ts';
import { decodeFull, type Codec } from '../codec/codec.ts';
import { isIssues } from '../codec/issue.ts';
import { ALLOC, ALLOC_STUB, allocStub } from './alloc-codec.ts';
import { DEPLOYMENT } from './deployment-codec.ts';
import { EVALUATION } from './eval-codec.ts';
import { decodeFullJob } from './job-codec.ts';
import { NODE, NODE_STUB, nodeStub, type NodeView } from './node-codec.ts';

const at = 1_795_242_889_123 as Millis;
const index = 7 as Index;
const namespace = 'default' as Namespace;

const metrics: PlacementMetrics = {
  nodesEvaluated: 2,
  nodesFiltered: 1,
  nodesInPool: 2,
  nodesAvailable: { dc1: 2 },
  classFiltered: {},
  constraintFiltered: { '${attr.kernel.name} = plan9': 1 },
  nodesExhausted: 1,
  classExhausted: {},
  dimensionExhausted: { memory: 1 },
  quotaExhausted: [],
  scores: [{ nodeId: 'n1', scores: { binpack: 0.5 }, normScore: 0.25 }],
  allocationTimeNs: 1234,
  coalescedFailures: 3,
};

const job = decodeFullJob({
  ID: 'web',
  Type: 'service',
  TaskGroups: [
    {
      Name: 'g',
      Networks: [{ Mode: 'host', DynamicPorts: [{ Label: 'http' }] }],
      Tasks: [
        { Name: 'a', Resources: { CPU: 100, MemoryMB: 64, Networks: [{ MBits: 1 }] } },
        { Name: 'b', Resources: { CPU: 50, MemoryMB: 32, MemoryMaxMB: 64 } },
      ],
    },
  ],
});

const alloc: Alloc = {
  id: 'a1' as AllocId,
  namespace,
  evalId: 'e1' as EvalId,
  name: 'web.g[0]',
  nodeId: 'n1' as NodeId,
  nodeName: 'vm',
  jobId: 'web' as JobId,
  jobVersion: 0,
  group: 'g',
  resources: { cpu: 150, memoryMb: 96, memoryMaxMb: 64, diskMb: 300, cores: [], devices: [] },
  ports: [
    { label: 'http', value: 21_000, to: 0, hostIp: '127.0.0.1', dynamic: true },
    { label: 'admin', value: 8081, to: 0, hostIp: '127.0.0.1', task: 'a', dynamic: false },
  ],
  metrics,
  desiredStatus: 'run',
  desiredDescription: '',
  desiredTransition: { migrate: false, reschedule: true, forceReschedule: false },
  clientStatus: 'running',
  clientDescription: 'Tasks are running',
  taskStates: {
    a: {
      state: 'running',
      failed: false,
      restarts: 1,
      startedAt: at,
      lastRestartAt: at,
      events: [
        {
          type: 'Started',
          at,
          message: '',
          displayMessage: 'Task started by client',
          failsTask: false,
          exitCode: 2,
          details: { a: 'b' },
        },
      ],
    },
  },
  deploymentId: 'd1' as DeploymentId,
  deploymentStatus: { healthy: false, canary: true, at, modifyIndex: index },
  reschedules: [
    { at, previousAllocId: 'a0' as AllocId, previousNodeId: 'n0' as NodeId, delayMs: 5000 },
  ],
  networkStatus: { interfaceName: 'eth0', address: '10.0.0.2' },
  createdAt: at,
  modifiedAt: at,
  createIndex: index,
  modifyIndex: index,
  allocModifyIndex: index,
};

const evaluation: Evaluation = {
  id: 'e1' as EvalId,
  namespace,
  priority: 50,
  type: 'service',
  triggeredBy: 'job-register',
  jobId: 'web' as JobId,
  jobModifyIndex: index,
  deploymentId: 'd1' as DeploymentId,
  status: 'blocked',
  statusDescription: 'created to place remaining allocations',
  waitUntil: at,
  blockedEval: 'e2' as EvalId,
  failedGroups: { g: metrics },
  queuedAllocations: { g: 4 },
  classEligibility: { 'v1:1': true },
  escapedComputedClass: true,
  annotatePlan: false,
  snapshotIndex: index,
  createIndex: index,
  modifyIndex: index,
  createdAt: at,
  modifiedAt: at,
};

const deployment: Deployment = {
  id: 'd1' as DeploymentId,
  namespace,
  jobId: 'web' as JobId,
  jobVersion: 2,
  jobModifyIndex: index,
  jobCreateIndex: index,
  groups: {
    g: {
      autoRevert: true,
      autoPromote: false,
      promoted: false,
      placedCanaries: ['a1' as AllocId],
      desiredCanaries: 1,
      desiredTotal: 3,
      placedAllocs: 2,
      healthyAllocs: 1,
      unhealthyAllocs: 0,
      progressDeadlineMs: 30_000,
      requireProgressBy: at,
    },
  },
  status: 'running',
  statusDescription: 'Deployment is running',
  createdAt: at,
  modifiedAt: at,
  createIndex: index,
  modifyIndex: index,
};

const node: NodeView = {
  id: 'n1' as NodeId,
  name: 'vm',
  datacenter: 'dc1',
  nodeClass: '',
  nodePool: 'default',
  httpAddr: '127.0.0.1:4646',
  attributes: { 'kernel.name': 'linux', 'nomad.version': '1.0' },
  meta: { rack: 'r1' },
  links: {},
  resources: {
    cpu: 5200,
    cores: 2,
    memoryMb: 24_000,
    diskMb: 70_000,
    networks: [{ mode: 'host', device: 'lo', ip: '127.0.0.1', cidr: '127.0.0.1/32', mbits: 1000 }],
    devices: [],
    dynamicPortMin: 20_000,
    dynamicPortMax: 32_000,
  },
  reserved: { cpu: 100, memoryMb: 256, diskMb: 0, ports: [22, 80, 8000, 8001, 8002] },
  drivers: {
    raw_exec: {
      detected: true,
      healthy: true,
      healthDescription: 'Healthy',
      attributes: { 'driver.raw_exec': '1' },
      updatedAt: at,
    },
  },
  hostVolumes: { data: { name: 'data', path: '/srv', readOnly: true } },
  hostNetworks: {},
  computedClass: 'v1:9',
  status: 'ready',
  statusDescription: '',
  statusUpdatedAt: 1_795_242_889_000 as Millis,
  eligibility: 'eligible',
  drain: { deadlineMs: 60_000, ignoreSystemJobs: false, startedAt: at, forceAt: at },
  events: [
    { at, subsystem: 'Cluster', message: 'Node registered', details: {}, createIndex: index },
  ],
  createIndex: index,
  modifyIndex: index,
};

function wireOf<T>(codec: Codec<T>, value: T): JsonObject {
  return JSON.parse(JSON.stringify(codec.encode(value, 'full'))) as JsonObject;
}

function at_(wire: Json | undefined, path: string): Json | undefined {
  let value = wire;
  for (const step of path.split('.')) value = (value as JsonObject | undefined)?.[step];
  return value;
}

test('K1: rows survive the wire', () => {
  assert.ok(!isIssues(job));
  const stub = allocStub({ alloc, job }, true);
  for (const [codec, value] of [
    [ALLOC, { alloc, job }],
    [ALLOC_STUB, stub],
    [EVALUATION, evaluation],
    [DEPLOYMENT, deployment],
    [NODE, node],
    [NODE_STUB, nodeStub({ ...node, secretId: 's' }, { attributes: true, resources: true })],
  ] as const) {
    const wire = wireOf(codec as Codec<unknown>, value);
    const back = decodeFull(codec as Codec<unknown>, wire);
    const seen = JSON.parse(JSON.stringify(back)) as Json;
    if (codec === (ALLOC_STUB as unknown)) {
      const kept = JSON.parse(JSON.stringify(value)) as JsonObject;
      assert.deepEqual(seen, pick(kept, Object.keys(seen as JsonObject)));
    } else assert.deepEqual(seen, JSON.parse(JSON.stringify(value)));
  }
});

function pick(value: JsonObject, keys: readonly string[]): JsonObject {
  return Object.fromEntries(keys.map((key) => [key, value[key] ?? null]));
}

test('an allocation has what older and newer clients look for', () => {
  assert.ok(!isIssues(job));
  const wire = wireOf(ALLOC, { alloc, job });
  for (const [path, expected] of [
    ['ID', 'a1'],
    ['Job.ID', 'web'],
    ['Job.VaultToken', ''],
    ['CreateTime', 1_795_242_889_123_000_000],
    ['AllocatedResources.Tasks.a.Cpu.CpuShares', 100],
    ['AllocatedResources.Tasks.b.Memory.MemoryMaxMB', 64],
    ['AllocatedResources.Shared.DiskMB', 300],
    ['AllocatedResources.Shared.Ports.0.Value', 21_000],
    ['AllocatedResources.Shared.Networks.0.DynamicPorts.0.Label', 'http'],
    ['AllocatedResources.Tasks.a.Networks.0.ReservedPorts.0.Value', 8081],
    ['AllocatedResources.Tasks.a.Networks.0.IP', '127.0.0.1'],
    ['Resources.CPU', 150],
    ['Resources.Networks.0.DynamicPorts.0.Value', 21_000],
    ['TaskResources.a.Networks.0.ReservedPorts.0.Label', 'admin'],
    ['Metrics.DimensionExhausted.memory', 1],
    ['Metrics.ScoreMetaData.0.NormScore', 0.25],
    ['TaskStates.a.LastRestart', '2026-11-21T06:34:49.123Z'],
    ['TaskStates.a.FinishedAt', '0001-01-01T00:00:00Z'],
    ['TaskStates.a.Events.0.DisplayMessage', 'Task started by client'],
    ['DeploymentStatus.Healthy', false],
    ['RescheduleTracker.Events.0.PrevAllocID', 'a0'],
    ['PreviousAllocation', ''],
    ['NextAllocation', ''],
  ] as const) {
    assert.deepEqual(at_(wire, path), expected, path);
  }
});

test('an allocation whose job is gone keeps its sums and its ports', () => {
  const back = decodeFull(ALLOC, wireOf(ALLOC, { alloc: { ...alloc }, job: undefined }));
  assert.ok(!isIssues(back));
  assert.deepEqual(back.alloc.resources, alloc.resources);
  assert.deepEqual(
    back.alloc.ports.map((port) => [port.label, port.value, port.dynamic]),
    [
      ['http', 21_000, true],
      ['admin', 8081, false],
    ],
  );
});

test('nodes, evaluations and deployments look as clients expect', () => {
  const wire = {
    node: wireOf(NODE, node),
    evaluation: wireOf(EVALUATION, evaluation),
    deployment: wireOf(DEPLOYMENT, deployment),
  };
  for (const [path, expected] of [
    ['node.Drain', true],
    ['node.DrainStrategy.Deadline', 60e9],
    ['node.SecretID', ''],
    ['node.Resources.MemoryMB', 24_000],
    ['node.Reserved.CPU', 100],
    ['node.NodeResources.Cpu.TotalCpuCores', 2],
    ['node.ReservedResources.Networks.ReservedHostPorts', '22,80,8000-8002'],
    ['node.StatusUpdatedAt', 1_795_242_889],
    ['node.Drivers.raw_exec.Healthy', true],
    ['node.Events.0.Timestamp', '2026-11-21T06:34:49.123Z'],
    ['node.SchedulingEligibility', 'eligible'],
    ['evaluation.TriggeredBy', 'job-register'],
    ['evaluation.NodeID', ''],
    ['evaluation.FailedTGAllocs.g.CoalescedFailures', 3],
    ['evaluation.QueuedAllocations.g', 4],
    ['evaluation.WaitUntil', '2026-11-21T06:34:49.123Z'],
    ['deployment.TaskGroups.g.ProgressDeadline', 30e9],
    ['deployment.TaskGroups.g.RequireProgressBy', '2026-11-21T06:34:49.123Z'],
    ['deployment.JobSpecModifyIndex', 7],
    ['deployment.IsMultiregion', false],
  ] as const) {
    assert.deepEqual(at_(wire, path), expected, path);
  }
});
