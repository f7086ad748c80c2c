import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Failure } from '../base/failure.ts';
import { completionCommand } from './completion.ts';
import { flag, type Command, type Invocation } from './command.ts';
import { COMMANDS } from './golden.fixture.ts';
import { runProgram } from './program.ts';
import { testWorld } from './test-world.fixture.ts';

let seen: Invocation | undefined;

function got(): Invocation {
  assert.ok(seen !== undefined, 'a command ran');
  return seen;
}
const commands: Command[] = [
  {
    name: 'job run',
    aliases: ['run'],
    summary: 'Run a job',
    arguments: ['<path>'],
    flags: [
      flag.boolean('detach', 'Do not wait.'),
      flag.number('check-index', '<index>', 'Only when it is at this index.'),
      flag.list('var', '<key=value>', 'Sets a variable.'),
      flag.boolean('f', 'Follow.'),
      flag.boolean('no-wait', 'Do not wait either.'),
      flag.string('n', '<lines>', 'Lines.'),
    ],
    examples: [{ line: 'muster run web.nomad', says: 'Run it:' }],
    run: (invocation) => {
      seen = invocation;
      return Promise.resolve(0);
    },
  },
  {
    name: 'alloc exec',
    summary: 'Run a command in a task',
    arguments: ['<allocation>', '<command>', '[args...]'],
    flags: [flag.string('task', '<name>', 'The task.'), flag.boolean('i', 'Pass input on.')],
    examples: [],
    passThrough: true,
    run: (invocation) => {
      seen = invocation;
      return Promise.resolve(7);
    },
  },
  {
    name: 'fail',
    summary: 'Fail',
    flags: [],
    examples: [],
    failureCode: 255,
    run: () =>
      Promise.reject(
        new Failure('unavailable', 'cannot reach it', { cause: new Error('refused') }),
      ),
  },
];

async function typed(line: string): Promise<{ code: number; out: string; err: string }> {
  const world = testWorld();
  const code = await runProgram(
    [...commands, completionCommand(() => commands)],
    line.split(' ').filter((word) => word !== ''),
    world,
  );
  return { code, out: world.printed(), err: world.complained() };
}

const spellings = [
  'run -detach -check-index 5 -var a=1 -var b=2 web.nomad',
  'job run --detach --check-index=5 -var=a=1 --var b=2 web.nomad',
  'run web.nomad -detach=true -check-index=5 -var=a=1 -var=b=2',
];
for (const line of spellings) {
  test(`P1: ${line}`, async () => {
    seen = undefined;
    assert.equal((await typed(line)).code, 0);
    assert.deepEqual(got().args, ['web.nomad']);
    assert.equal(got().flags.has('detach'), true);
    assert.equal(got().flags.number('check-index'), 5);
    assert.deepEqual(got().flags.list('var'), ['a=1', 'b=2']);
  });
}

test('P1: a boolean may be switched off, one-letter flags take one dash', async () => {
  seen = undefined;
  await typed('run -detach=false -f -n 3 web.nomad');
  assert.equal(got().flags.has('detach'), false);
  assert.equal(got().flags.has('f'), true);
  assert.equal(got().flags.text('n'), '3');
});

test('a flag whose name begins with "no" is one like any other', async () => {
  await typed('run -no-wait web.nomad');
  assert.equal(got().flags.has('no-wait'), true);
  await typed('run web.nomad');
  assert.equal(got().flags.has('no-wait'), false);
});

test('P2: what follows belongs to the other command', async () => {
  seen = undefined;
  assert.equal((await typed('alloc exec -task web -i a1 ls -la --all -task')).code, 7);
  assert.deepEqual(got().args, ['a1', 'ls', '-la', '--all', '-task']);
  assert.equal(got().flags.text('task'), 'web');
});

const mistakes: [line: string, says: RegExp][] = [
  ['rnu web.nomad', /unknown command 'rnu'[\s\S]*run/],
  ['run -detahc web.nomad', /unknown option '--detahc'[\s\S]*--detach/],
  ['run -check-index five web.nomad', /check-index[\s\S]*'five' is invalid. It takes a number/],
  ['run', /missing required argument 'path'/],
  ['run a b', /too many arguments/],
];
for (const [line, says] of mistakes) {
  test(`P3: ${line}`, async () => {
    seen = undefined;
    const { code, err } = await typed(line);
    assert.equal(code, 1);
    assert.match(err, says);
    assert.equal(seen, undefined);
  });
}

test('a failure is printed with its causes and exits as the command says', async () => {
  const { code, err } = await typed('fail');
  assert.equal(code, 255);
  assert.equal(err, 'cannot reach it: refused\n');
});

test('help tells usage, flags and examples', async () => {
  const { code, out } = await typed('run -h');
  assert.equal(code, 0);
  assert.match(out, /Usage: muster job run \[flags\] <path>/);
  assert.match(out, /-check-index <index>/);
  assert.match(out, /\$ muster run web\.nomad/);
  assert.match((await typed('-h')).out, /run +Run a job/);
});

test('completion knows every command and flag', async () => {
  for (const shell of ['bash', 'zsh', 'fish']) {
    const { code, out } = await typed(`completion ${shell}`);
    assert.equal(code, 0);
    assert.match(out, /-check-index/);
  }
  assert.equal((await typed('completion tcsh')).code, 1);
});

test('every flag of every command arrives where it is asked for', async () => {
  for (const command of COMMANDS) {
    for (const spec of command.flags) {
      const value = { boolean: [], string: ['x'], number: ['1'], list: ['x'] }[spec.kind];
      const wanted = (command.arguments ?? []).filter((each) => each.startsWith('<'));
      const line = [
        ...command.name.split(' '),
        `-${spec.name}`,
        ...value,
        ...wanted.map(() => 'x'),
      ];
      let arrived = false;
      const run = ({ flags }: Invocation): Promise<number> => {
        arrived =
          flags.has(spec.name) ||
          flags.text(spec.name) !== undefined ||
          flags.list(spec.name)[0] === 'x';
        return Promise.resolve(0);
      };
      const only = COMMANDS.map((each) => (each === command ? { ...each, run } : each));
      await runProgram(only, line, testWorld());
      assert.ok(arrived, line.join(' '));
    }
  }
});
