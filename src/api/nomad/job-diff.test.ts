import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Json, JsonObject } from '../../base/json.ts';
import type { DesiredUpdates, PlanAnnotations } from '../../core/model/plan.ts';
import { jobDiff as render } from '../../cli/format/job-diff.ts';
import { paint } from '../../cli/format/paint.ts';
import { isIssues } from '../codec/issue.ts';
import { jobDiff } from './job-diff.ts';
import { decodeFullJob, encodeJob } from './job-codec.ts';

/** What the author of the recorded session's job decided, version by version. */
interface Wish {
  readonly count?: number;
  readonly text?: string;
  readonly port?: Json;
  readonly memory?: number;
  readonly canary?: number;
  readonly constraint?: boolean;
}

const STATIC: Json = {
  ReservedPorts: [{ Label: 'http', Value: 8081, To: 0, HostNetwork: 'default' }],
};
const DYNAMIC: Json = {
  DynamicPorts: [{ Label: 'http', Value: 0, To: 0, HostNetwork: 'default' }],
};

function echo(wish: Wish): JsonObject {
  const job = decodeFullJob({
    ID: 'iguana',
    Name: 'iguana',
    Type: 'service',
    Priority: 50,
    Datacenters: ['dc1'],
    Constraints: wish.constraint === true ? [LINUX] : null,
    TaskGroups: [
      {
        Name: 'echo',
        Count: wish.count ?? 1,
        Update: {
          Stagger: 30e9,
          MaxParallel: 2,
          HealthCheck: 'checks',
          MinHealthyTime: 1e9,
          HealthyDeadline: 20e9,
          ProgressDeadline: 30e9,
          AutoRevert: true,
          AutoPromote: false,
          Canary: wish.canary ?? 0,
        },
        RestartPolicy: { Attempts: 2, Delay: 15e9, Interval: 1800e9, Mode: 'fail' },
        Networks: [wish.port ?? STATIC],
        Tasks: [
          {
            Name: 'server',
            Driver: 'raw_exec',
            Config: {
              command: 'node',
              args: [
                '/opt/http-echo/echo.js',
                '-listen',
                ':${NOMAD_PORT_http}',
                '-text',
                wish.text ?? 'hello world',
              ],
            },
            Resources: { CPU: 100, MemoryMB: wish.memory ?? 64 },
            RestartPolicy: { Attempts: 2, Delay: 15e9, Interval: 1800e9, Mode: 'fail' },
          },
        ],
      },
    ],
  });
  assert.ok(!isIssues(job));
  return encodeJob(job);
}

const LINUX: Json = { LTarget: '${attr.kernel.name}', RTarget: 'linux', Operand: '=' };

const NOTHING: DesiredUpdates = {
  ignore: 0,
  place: 0,
  migrate: 0,
  stop: 0,
  inPlaceUpdate: 0,
  destructiveUpdate: 0,
  canary: 0,
  preemptions: 0,
};
const plan = (echo: Partial<DesiredUpdates>): PlanAnnotations => ({
  desired: { echo: { ...NOTHING, ...echo } },
  preempted: [],
});

function shown(before: Wish | undefined, after: Wish, annotations?: PlanAnnotations): string {
  const diff = jobDiff(before && echo(before), echo(after), annotations);
  return render(diff, paint(false), false);
}

test('a new job is added whole', () => {
  assert.equal(
    shown(undefined, {}, plan({ place: 1 })),
    `+ Job: "iguana"
+ Task Group: "echo" (1 create)
  + Task: "server" (forces create)
`,
  );
});

test('a larger count forces creation', () => {
  assert.equal(
    shown({}, { count: 5 }, plan({ place: 4, inPlaceUpdate: 1 })),
    `+/- Job: "iguana"
+/- Task Group: "echo" (4 create, 1 in-place update)
  +/- Count: "1" => "5" (forces create)
      Task: "server"
`,
  );
});

test('a smaller count, another network and another argument', () => {
  assert.equal(
    shown(
      { count: 5 },
      { count: 3, port: DYNAMIC, text: 'smiling banana' },
      plan({ place: 2, ignore: 1 }),
    ),
    `+/- Job: "iguana"
+/- Task Group: "echo" (2 create, 1 ignore)
  +/- Count: "5" => "3" (forces destroy)
  +   Network {
      + MBits: "0"
        Mode:  ""
      + Dynamic Port {
        + HostNetwork: "default"
        + Label:       "http"
        + To:          "0"
        }
      }
  -   Network {
      - MBits: "0"
        Mode:  ""
      - Static Port {
        - HostNetwork: "default"
        - Label:       "http"
        - To:          "0"
        - Value:       "8081"
        }
      }
  +/- Task: "server" (forces create/destroy update)
    +/- Config {
          args[0]: "/opt/http-echo/echo.js"
          args[1]: "-listen"
          args[2]: ":\${NOMAD_PORT_http}"
          args[3]: "-text"
      +/- args[4]: "hello world" => "smiling banana"
          command: "node"
        }
`,
  );
});

test('a constraint of the job leaves groups as they are', () => {
  assert.equal(
    shown({ count: 3 }, { count: 3, constraint: true }, plan({ inPlaceUpdate: 3 })),
    `+/- Job: "iguana"
+ Constraint {
  + LTarget: "\${attr.kernel.name}"
  + Operand: "="
  + RTarget: "linux"
  }
  Task Group: "echo" (3 in-place update)
    Task: "server"
`,
  );
});

test('more memory shows all resources', () => {
  assert.equal(
    shown({}, { memory: 50_000 }, plan({ destructiveUpdate: 2, ignore: 1 })),
    `+/- Job: "iguana"
+/- Task Group: "echo" (2 create/destroy update, 1 ignore)
  +/- Task: "server" (forces create/destroy update)
    +/- Resources {
          CPU:         "100"
          Cores:       "0"
          DiskMB:      "0"
          IOPS:        "0"
      +/- MemoryMB:    "64" => "50000"
          MemoryMaxMB: "0"
        }
`,
  );
});

test('a canary, with and without a plan', () => {
  const body = (forces: string, updates: string): string => `+/- Job: "iguana"
+/- Task Group: "echo"${updates}
  +/- Update {
        AutoPromote:      "false"
        AutoRevert:       "true"
    +/- Canary:           "0" => "3"
        HealthCheck:      "checks"
        HealthyDeadline:  "20000000000"
        MaxParallel:      "2"
        MinHealthyTime:   "1000000000"
        ProgressDeadline: "30000000000"
      }
  +/- Task: "server"${forces}
    +/- Config {
          args[0]: "/opt/http-echo/echo.js"
          args[1]: "-listen"
          args[2]: ":\${NOMAD_PORT_http}"
          args[3]: "-text"
      +/- args[4]: "smiling banana" => "canary v2"
          command: "node"
        }
`;
  const before = { count: 3, text: 'smiling banana' };
  const after = { ...before, text: 'canary v2', canary: 3 };
  assert.equal(
    shown(before, after, plan({ canary: 3, ignore: 3 })),
    body(' (forces create/destroy update)', ' (3 canary, 3 ignore)'),
  );
  assert.equal(shown(before, after), body('', ''));
});

test('equal versions differ in nothing, whatever their indexes', () => {
  const one = echo({});
  const other = { ...one, Version: 7, JobModifyIndex: 9, Status: 'dead', SubmitTime: 1 };
  assert.equal(jobDiff(one, other).Type, 'None');
});

test('what a running task survives is in place', () => {
  const before = echo({});
  const group = (before['TaskGroups'] as JsonObject[])[0] as JsonObject;
  const task = (group['Tasks'] as JsonObject[])[0] as JsonObject;
  const changed = (change: JsonObject): Json => {
    const tasks = [{ ...task, ...change }];
    const after = { ...before, TaskGroups: [{ ...group, Tasks: tasks }] };
    const diff = jobDiff(before, after, plan({ inPlaceUpdate: 1 }));
    return (diff.TaskGroups?.[0]?.Tasks?.[0]?.Annotations ?? [])[0] ?? null;
  };
  for (const [change, expected] of [
    [{ KillTimeout: 7e9 }, 'forces in-place update'],
    [{ Constraints: [LINUX] }, 'forces in-place update'],
    [{ Services: [{ Name: 'web' }] }, 'forces in-place update'],
    [{ Env: { A: 'b' } }, 'forces create/destroy update'],
    [{ Driver: 'docker' }, 'forces create/destroy update'],
    [{ KillTimeout: 7e9, User: 'x' }, 'forces create/destroy update'],
  ] as const) {
    assert.equal(changed(change), expected, JSON.stringify(change));
  }
});

test('F1, F2: any two job forms are compared without a throw, and equal ones are None', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
      const one = { ID: 'x', TaskGroups: [{ Name: 'g', Tasks: [{ Config: a, Env: b }] }], Meta: a };
      const other = { ID: 'x', TaskGroups: [{ Name: 'g', Networks: b, Tasks: a }], Periodic: b };
      jobDiff(one as JsonObject, other as JsonObject);
      assert.equal(jobDiff(one as JsonObject, one as JsonObject).Type, 'None');
    }),
  );
});
