import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { OpenSocket } from '../../api/api.ts';
import { listAllocs, readAlloc } from '../../api/nomad/alloc-routes.ts';
import { jobAllocs, listJobs } from '../../api/nomad/job-routes.ts';
import { Failure } from '../../base/failure.ts';
import {
  decodeExecInput,
  encodeExecOutput,
  type ExecInput,
  type ExecOutput,
} from '../../api/nomad/exec-frames.ts';
import { runProgram } from '../program.ts';
import { COMMANDS, replay } from '../golden.fixture.ts';
import { sampleAlloc, sampleJob, sampleJobStub, sampleStub } from '../samples.fixture.ts';
import { ScriptedAgent } from '../scripted-agent.fixture.ts';
import { testWorld, type TestWorld } from '../test-world.fixture.ts';

interface Session {
  readonly path: string;
  readonly inputs: readonly ExecInput[];
  readonly raw: readonly boolean[];
  readonly world: TestWorld;
  readonly code: number;
}

/** Runs a command line against a task that answers with `outputs` once its input was closed. */
async function session(
  line: string,
  outputs: readonly ExecOutput[],
  options: { readonly typed?: string; readonly terminal?: boolean } = {},
): Promise<Session> {
  const inputs: ExecInput[] = [];
  const raw: boolean[] = [];
  let path = '';
  let proceed: (() => void) | undefined;
  const mayAnswer = new Promise<void>((resolve) => (proceed = resolve));
  const open: OpenSocket = (request) => {
    path = request.path;
    return Promise.resolve({
      messages: (async function* () {
        await mayAnswer;
        for (const output of outputs) yield encodeExecOutput(output);
      })(),
      send: (text) => {
        const input = decodeExecInput(text);
        assert.ok(input !== undefined, text);
        inputs.push(input);
        if (input.type === 'stdin' && input.close) proceed?.();
        return Promise.resolve();
      },
      close: () => {
        proceed?.();
        return Promise.resolve();
      },
    });
  };
  const script = new ScriptedAgent()
    .on(listAllocs, [sampleStub('219074bd')])
    .on(readAlloc, sampleAlloc('219074bd'));
  const never = new Promise<void>(() => undefined);
  const bare = testWorld({ typed: options.typed ?? '' });
  const terminal = options.terminal === true;
  const world: TestWorld = {
    ...bare,
    terminal,
    sleep: () => never,
    connect: () => ({ send: script.send, open }),
    input: {
      ...bare.input,
      isTerminal: terminal,
      raw: (on) => raw.push(on),
      size: () => ({ columns: 80, rows: 24 }),
    },
  };
  const code = await runProgram(COMMANDS, line.split(' '), world);
  return { path, inputs, raw, world, code };
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const out = (text: string): ExecOutput => ({ type: 'stdout', bytes: bytes(text), close: false });
const exited = (exitCode: number): ExecOutput => ({ type: 'exited', exitCode });

test('input, output, errors and the exit code go through', async () => {
  const errors: ExecOutput = { type: 'stderr', bytes: bytes('oops\n'), close: false };
  const ran = await session('alloc exec 219 cat -n', [out('hi\n'), errors, exited(3)], {
    typed: 'hi\n',
  });
  assert.equal(ran.code, 3);
  assert.equal(ran.world.printed(), 'hi\n');
  assert.equal(ran.world.complained(), 'oops\n');
  assert.deepEqual(ran.inputs, [
    { type: 'stdin', bytes: bytes('hi\n'), close: false },
    { type: 'stdin', bytes: bytes(''), close: true },
  ]);
  const query = new URLSearchParams(ran.path.split('?')[1]);
  assert.equal(query.get('command'), '["cat","-n"]');
  assert.equal(query.get('task'), 'server');
  assert.equal(query.get('tty'), 'false');
  assert.deepEqual(ran.raw, []);
});

test('a double dash before the command is not part of it', async () => {
  const ran = await session('alloc exec 219 -- ls -la -- x', [exited(0)]);
  const query = new URLSearchParams(ran.path.split('?')[1]);
  assert.equal(query.get('command'), '["ls","-la","--","x"]');
});

test('E1: a terminal is raw while the session lasts, and its size is told', async () => {
  const ran = await session('alloc exec 219 sh', [out('$ '), exited(0)], { terminal: true });
  assert.deepEqual(ran.raw, [true, false]);
  assert.deepEqual(ran.inputs[0], { type: 'resize', columns: 80, rows: 24 });
  assert.match(ran.path, /tty=true/);
  const lost = await session('alloc exec 219 sh', [], { terminal: true });
  assert.equal(lost.code, 1);
  assert.match(lost.world.complained(), /connection to the task was lost/);
  assert.deepEqual(lost.raw, [true, false]);
});

test('the escape at the beginning of a line ends the session', async () => {
  const left = await session('alloc exec 219 sh', [], { terminal: true, typed: 'ls\r~.' });
  assert.equal(left.code, 1);
  assert.equal(left.world.complained(), '');
  assert.deepEqual(left.inputs[1], { type: 'stdin', bytes: bytes('ls\r'), close: false });
});

test('input can be left out, a terminal refused, an escape character chosen', async () => {
  const quiet = await session('alloc exec -i=false 219 ls', [exited(0)], { typed: 'unread' });
  assert.deepEqual(quiet.inputs, [{ type: 'stdin', bytes: bytes(''), close: true }]);
  const plain = await session('alloc exec -t=false 219 ls', [exited(0)], { terminal: true });
  assert.match(plain.path, /tty=false/);
  const both = await session('alloc exec -t -i=false 219 ls', [exited(0)]);
  assert.match(both.world.complained(), /-i must be enabled/);
  const long = await session('alloc exec -e ab 219 ls', [exited(0)]);
  assert.match(long.world.complained(), /single character/);
});

test('what a command in a task prints', () =>
  replay('alloc-exec', (line) => {
    const [stdout, stderr] = [out('README\n'), { type: 'stderr', bytes: bytes('oops\n') }];
    const lost = line.includes('# lost');
    const said = [stdout, ...(line.includes('fails') ? [{ ...stderr, close: false }] : [])];
    const answers = [...said, ...(lost ? [] : [exited(line.includes('fails') ? 3 : 0)])];
    const messages = async function* (): AsyncGenerator<string> {
      await Promise.resolve();
      for (const answer of answers) yield encodeExecOutput(answer as ExecOutput);
    };
    const open: OpenSocket = () => {
      if (line.includes('# unknown')) throw new Failure('not_found', 'no command "lss"');
      const nothing = (): Promise<void> => Promise.resolve();
      return Promise.resolve({ messages: messages(), send: nothing, close: nothing });
    };
    const tasks = { Name: 'echo', Tasks: [{ Name: 'server' }, { Name: 'sidecar' }] };
    const job = sampleJob(line.includes('# two tasks') ? { TaskGroups: [tasks] } : {});
    const script = new ScriptedAgent()
      .on(listJobs, [sampleJobStub()])
      .on(jobAllocs, [sampleStub('219074bd')])
      .on(listAllocs, [sampleStub('219074bd')])
      .on(readAlloc, sampleAlloc('219074bd', {}, job));
    const quiet = new Promise<void>(() => undefined);
    return { sleep: () => quiet, connect: () => ({ send: script.send, open }) };
  }));
