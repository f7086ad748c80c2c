/** Jobs that the cases send, and the shapes of rows that many answers have. */
import type { Json } from '../../src/base/json.ts';
import { flag, nanos, number, object, positive, text, time, uuid, type Expected } from './match.ts';

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

export const other = (id: string, more: Record<string, Json> = {}): Json => ({
  ...(WEB as Record<string, Json>),
  ID: id,
  Name: id,
  ...more,
});

/** A job that is changed again and again: no deployment is to be in the way. */
export const NO_ROLLOUT = {
  ...(other('registered') as Record<string, Json>),
  TaskGroups: [
    {
      Name: 'g',
      Update: { MaxParallel: 0 },
      Tasks: [{ Name: 't', Driver: 'raw_exec', Config: {} }],
    },
  ],
} satisfies Json;

export const CHANGED = {
  EvalID: uuid,
  EvalCreateIndex: positive,
  JobModifyIndex: positive,
  Warnings: text,
  Index: positive,
  LastContact: 0,
  KnownLeader: flag,
} satisfies Expected;

export const SUMMARY = {
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
} satisfies Expected;

export const JOB = {
  ID: 'web',
  Name: 'web',
  Namespace: 'default',
  Region: 'global',
  Type: 'service',
  Priority: 50,
  Datacenters: ['dc1'],
  ParentID: '',
  NomadTokenID: '',
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
} satisfies Expected;

export const ALLOC_STUB = {
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
} satisfies Expected;

export const EVALUATION = {
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
} satisfies Expected;

export const DEPLOYMENT = {
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
} satisfies Expected;

export const NODE_STUB = {
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
} satisfies Expected;

export const NODE_CHANGED = { NodeModifyIndex: positive, Index: positive } satisfies Expected;
