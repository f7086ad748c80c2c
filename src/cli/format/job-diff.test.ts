import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DiffType, FieldDiff, ObjectDiff } from '../../api/nomad/diff-object.ts';
import type { JobDiff } from '../../api/nomad/job-diff.ts';
import { jobDiff } from './job-diff.ts';
import { paint } from './paint.ts';

const field = (Type: DiffType, Name: string, Old: string, New: string): FieldDiff => ({
  Type,
  Name,
  Old,
  New,
  Annotations: null,
});
const object = (
  Type: DiffType,
  Name: string,
  Fields: FieldDiff[],
  Objects: ObjectDiff[] = [],
): ObjectDiff => ({ Type, Name, Fields, Objects });
const network = (Type: DiffType, port: ObjectDiff): ObjectDiff =>
  object(Type, 'Network', [field(Type, 'MBits', '0', '0'), field('None', 'Mode', '', '')], [port]);

const rollout: JobDiff = {
  Type: 'Edited',
  ID: 'iguana',
  Fields: [],
  Objects: [],
  TaskGroups: [
    {
      ...object(
        'Edited',
        'echo',
        [{ ...field('Edited', 'Count', '5', '3'), Annotations: ['forces destroy'] }],
        [
          network('Added', object('Added', 'Dynamic Port', [field('Added', 'Label', '', 'http')])),
          network(
            'Deleted',
            object('Deleted', 'Static Port', [field('Deleted', 'Label', 'http', '')]),
          ),
        ],
      ),
      Updates: { ignore: 1, create: 2 },
      Tasks: [
        {
          ...object(
            'Edited',
            'server',
            [],
            [
              object('Edited', 'Config', [
                field('None', 'args[0]', 'x', 'x'),
                field('Edited', 'args[1]', 'hello', 'banana'),
              ]),
            ],
          ),
          Annotations: ['forces create/destroy update'],
        },
      ],
    },
  ],
};

test('D1: markers and names line up at every depth', () => {
  assert.equal(
    jobDiff(rollout, paint(false), false),
    `+/- Job: "iguana"
+/- Task Group: "echo" (2 create, 1 ignore)
  +/- Count: "5" => "3" (forces destroy)
  +   Network {
      + MBits: "0"
        Mode:  ""
      + Dynamic Port {
        + Label: "http"
        }
      }
  -   Network {
      - MBits: "0"
        Mode:  ""
      - Static Port {
        - Label: "http"
        }
      }
  +/- Task: "server" (forces create/destroy update)
    +/- Config {
          args[0]: "x"
      +/- args[1]: "hello" => "banana"
        }
`,
  );
});

test('D1: an unchanged group is indented under a changed job', () => {
  const constraint: JobDiff = {
    Type: 'Edited',
    ID: 'iguana',
    Fields: null,
    Objects: [object('Added', 'Constraint', [field('Added', 'Operand', '', '=')])],
    TaskGroups: [
      {
        ...object('None', 'echo', []),
        Updates: { 'in-place update': 3 },
        Tasks: [{ ...object('None', 'server', []), Annotations: null }],
      },
    ],
  };
  assert.equal(
    jobDiff(constraint, paint(false), false),
    `+/- Job: "iguana"
+ Constraint {
  + Operand: "="
  }
  Task Group: "echo" (3 in-place update)
    Task: "server"
`,
  );
});

test('D2: what is new as a whole is one line', () => {
  const added: JobDiff = {
    Type: 'Added',
    ID: 'iguana',
    Fields: [field('Added', 'Priority', '', '50')],
    Objects: null,
    TaskGroups: [
      {
        ...object('Added', 'echo', [field('Added', 'Count', '', '1')]),
        Updates: { create: 1 },
        Tasks: [
          {
            ...object('Added', 'server', [field('Added', 'Driver', '', 'x')]),
            Annotations: ['forces create'],
          },
        ],
      },
    ],
  };
  assert.equal(
    jobDiff(added, paint(false), false),
    `+ Job: "iguana"
+ Task Group: "echo" (1 create)
  + Task: "server" (forces create)
`,
  );
  assert.match(jobDiff(added, paint(false), true), /\+ Priority: "50"/);
});
