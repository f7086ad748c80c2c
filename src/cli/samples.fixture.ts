/** Rows to answer with: a small job, its allocations, its rollout, a machine. */
import assert from 'node:assert/strict';
import { decodeFull, type Codec } from '../api/codec/codec.ts';
import { isIssues, renderIssues } from '../api/codec/issue.ts';
import { ALLOC, ALLOC_STUB, type AllocStub } from '../api/nomad/alloc-codec.ts';
import { DEPLOYMENT } from '../api/nomad/deployment-codec.ts';
import { EVALUATION } from '../api/nomad/eval-codec.ts';
import { JOB } from '../api/nomad/job-codec.ts';
import { JOB_STUB, type JobStub } from '../api/nomad/job-stub-codec.ts';
import { METRICS } from '../api/nomad/metrics-codec.ts';
import { NODE, NODE_STUB, type NodeStub, type NodeView } from '../api/nomad/node-codec.ts';
import { JOB_SUMMARY } from '../api/nomad/summary-codec.ts';
import { ALLOC_USE, HOST_USE, type AllocUseAnswer } from '../api/nomad/usage-codec.ts';
import type { JsonObject } from '../base/json.ts';
import type { Millis } from '../base/brand.ts';
import type { Deployment } from '../core/model/deployment.ts';
import type { Evaluation } from '../core/model/evaluation.ts';
import type { Job } from '../core/model/job.ts';
import type { JobSummary } from '../core/model/job-summary.ts';
import type { PlacementMetrics } from '../core/model/metrics.ts';
import type { HostUsage } from '../core/model/usage.ts';
import type { AllocWithJob } from '../core/state/reads.ts';

/** 2026-11-21T06:34:49Z */
export const NOON = 1_795_242_889_000 as Millis;

export const JOB_ID = 'http-echo';
export const NODE_ID = '3f66aa12-7703-ef6b-f82b-62a62cdbb6a4';
export const EVAL_ID = '20814bf2-1d6c-7a3e-93c1-0a6a5b9a1f10';
export const DEPLOYMENT_ID = '45808510-8e0c-c0a3-1f43-5b9a0a6a1f10';

/** An instant so many seconds after `NOON`, in nanoseconds and as text. */
const ns = (seconds: number): number => (NOON + seconds * 1000) * 1_000_000;
const iso = (seconds: number): string => new Date(NOON + seconds * 1000).toISOString();

function decoded<T>(codec: Codec<T>, wire: JsonObject): T {
  const value = decodeFull(codec, wire);
  assert.ok(!isIssues(value), isIssues(value) ? renderIssues(value) : '');
  return value;
}

export function sampleJob(over: JsonObject = {}): Job {
  return decoded(JOB, {
    ...{ ID: JOB_ID, Name: JOB_ID, Namespace: 'default', Region: 'global', Type: 'service' },
    ...{ Priority: 50, Datacenters: ['dc1'], Status: 'running', SubmitTime: ns(3), Version: 0 },
    ...{ JobModifyIndex: 9, ModifyIndex: 9, CreateIndex: 7 },
    TaskGroups: [
      {
        ...{ Name: 'echo', Count: 1, EphemeralDisk: { SizeMB: 300 } },
        Networks: [{ DynamicPorts: [{ Label: 'http' }] }],
        Tasks: [
          {
            ...{ Name: 'server', Driver: 'raw_exec', Config: { command: 'node' } },
            Resources: { CPU: 100, MemoryMB: 64 },
          },
        ],
      },
    ],
    ...over,
  });
}

export function sampleJobStub(over: JsonObject = {}): JobStub {
  return decoded(JOB_STUB, {
    ...{ ID: JOB_ID, Name: JOB_ID, Namespace: 'default', Type: 'service', Priority: 50 },
    ...{ Status: 'running', SubmitTime: ns(3) },
    ...over,
  });
}

export function sampleSummary(counts: JsonObject): JobSummary {
  return decoded(JOB_SUMMARY, { JobID: JOB_ID, Namespace: 'default', Summary: { echo: counts } });
}

export function sampleMetrics(over: JsonObject = {}): PlacementMetrics {
  return decoded(METRICS, {
    ...{ NodesEvaluated: 1, NodesExhausted: 1, NodesAvailable: { dc1: 1 } },
    DimensionExhausted: { 'network: reserved port collision http=8081': 1 },
    CoalescedFailures: 3,
    ...over,
  });
}

export function sampleEval(over: JsonObject = {}): Evaluation {
  return decoded(EVALUATION, {
    ...{ ID: EVAL_ID, Namespace: 'default', Priority: 50, Type: 'service', Status: 'complete' },
    ...{ TriggeredBy: 'job-register', JobID: JOB_ID, CreateIndex: 8 },
    ...{ CreateTime: ns(0), ModifyTime: ns(0) },
    ...over,
  });
}

/** The reasons of `sampleMetrics`, as an evaluation holds them. */
export const FAILED_GROUPS: JsonObject = {
  echo: METRICS.encode(sampleMetrics(), 'full'),
};

export function sampleDeployment(over: JsonObject = {}, group: JsonObject = {}): Deployment {
  return decoded(DEPLOYMENT, {
    ...{ ID: DEPLOYMENT_ID, Namespace: 'default', JobID: JOB_ID, Status: 'running' },
    ...{ StatusDescription: 'Deployment is running', CreateIndex: 8 },
    TaskGroups: {
      echo: {
        ...{ AutoRevert: true, DesiredTotal: 1, PlacedAllocs: 1, ProgressDeadline: 30e9 },
        RequireProgressBy: iso(30),
        ...group,
      },
    },
    ...over,
  });
}

/** Its id is the short id written out. */
export function longId(short: string): string {
  return `${short}-86b0-014f-9b30-f764281df05c`;
}

export function sampleStub(short: string, over: JsonObject = {}): AllocStub {
  return decoded(ALLOC_STUB, { ...allocWire(short), ...over });
}

export function sampleAlloc(short: string, over: JsonObject = {}, job = sampleJob()): AllocWithJob {
  const { alloc } = decoded(ALLOC, {
    ...allocWire(short),
    AllocatedResources: {
      Tasks: { server: { Cpu: { CpuShares: 100 }, Memory: { MemoryMB: 64 } } },
      Shared: {
        DiskMB: 300,
        Networks: [{ DynamicPorts: [{ Label: 'http', Value: 30344 }] }],
        Ports: [{ Label: 'http', Value: 30344, HostIP: '127.0.0.1' }],
      },
    },
    ...over,
  });
  return { alloc, job };
}

function allocWire(short: string): JsonObject {
  return {
    ...{ ID: longId(short), EvalID: EVAL_ID, Name: `${JOB_ID}.echo[1]`, Namespace: 'default' },
    ...{ NodeID: NODE_ID, NodeName: 'vm', JobID: JOB_ID, JobVersion: 2, TaskGroup: 'echo' },
    ...{ DesiredStatus: 'run', ClientStatus: 'running', ClientDescription: 'Tasks are running' },
    ...{ JobType: 'service', CreateIndex: 8, CreateTime: ns(-5), ModifyTime: ns(-4) },
    DeploymentID: DEPLOYMENT_ID,
    DeploymentStatus: { Healthy: true, Timestamp: iso(0) },
    Metrics: {
      ...{ NodesEvaluated: 2, NodesFiltered: 1, AllocationTime: 81_000 },
      ConstraintFiltered: { '${attr.kernel.name} = linux': 1 },
      ScoreMetaData: [{ NodeID: NODE_ID, Scores: { binpack: 0.271 }, NormScore: 0.271 }],
    },
    TaskStates: {
      server: {
        ...{ State: 'running', StartedAt: iso(0) },
        Events: [
          { Type: 'Received', Time: ns(0), DisplayMessage: 'Task received by client' },
          { Type: 'Task Setup', Time: ns(0), DisplayMessage: 'Building Task Directory' },
          { Type: 'Started', Time: ns(0), DisplayMessage: 'Task started by client' },
        ],
      },
    },
  };
}

export function sampleNode(over: JsonObject = {}): NodeView {
  return decoded(NODE, {
    ...{ ID: NODE_ID, Name: 'vm', Datacenter: 'dc1', NodePool: 'default', Status: 'ready' },
    ...{ SchedulingEligibility: 'eligible', HTTPAddr: '127.0.0.1:4646' },
    Attributes: { 'kernel.name': 'linux', 'cpu.arch': 'amd64' },
    NodeResources: {
      ...{ Cpu: { CpuShares: 5200, TotalCpuCores: 2 }, Memory: { MemoryMB: 24_576 } },
      Disk: { DiskMB: 70_656 },
    },
    Drivers: {
      raw_exec: { Detected: true, Healthy: true, HealthDescription: 'Healthy' },
      docker: { Detected: false, HealthDescription: 'no engine answers' },
      java: { Detected: true, Healthy: true, HealthDescription: 'Healthy' },
    },
    Events: [{ Message: 'Node registered', Subsystem: 'Cluster', Timestamp: iso(0) }],
    ...over,
  });
}

export function sampleNodeStub(over: JsonObject = {}): NodeStub {
  return decoded(NODE_STUB, {
    ...{ ID: NODE_ID, Name: 'vm', Datacenter: 'dc1', Status: 'ready' },
    SchedulingEligibility: 'eligible',
    ...over,
  });
}

const MIB = 1024 * 1024;

const RESOURCE_USE: JsonObject = {
  MemoryStats: { RSS: 70 * MIB },
  CpuStats: { Percent: 0, SystemMode: 0, UserMode: 0, TotalTicks: 0 },
};

export const ALLOC_USED: AllocUseAnswer = decoded(ALLOC_USE, {
  ...{ ResourceUsage: RESOURCE_USE, Timestamp: ns(0) },
  Tasks: { server: { ResourceUsage: RESOURCE_USE, Timestamp: ns(0) } },
});

export const HOST_USED: HostUsage = decoded(HOST_USE, {
  ...{ Timestamp: ns(0), Uptime: 2930, CPUTicksConsumed: 4102.7 },
  Memory: { Total: 24_576 * MIB, Available: 24_000 * MIB, Used: 349 * MIB, Free: 24_000 * MIB },
  DiskStats: [
    {
      ...{ Device: '/dev/vda', Mountpoint: '/', Size: 252 * 1024 * MIB, Used: 33 * 1024 * MIB },
      ...{ Available: 219 * 1024 * MIB, UsedPercent: 13.1, InodesUsedPercent: 2 },
    },
  ],
});
