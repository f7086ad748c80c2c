import assert from 'node:assert/strict';
import { test } from 'node:test';
import { join } from 'node:path';
import fc from 'fast-check';
import { golden, type Verb } from '../../../test/golden.ts';
import { exitOf, MAIN, RunnerWorld, SERVICE } from '../../../test/runner-world.ts';
import type { Millis } from '../../base/brand.ts';
import { TASK_EVENTS_MAX } from '../limits.ts';
import type { Lifecycle } from '../model/task.ts';
import type { AllocInput, AllocPolicy } from './alloc.ts';
import { hasEnded, newAlloc } from './alloc.ts';
import { isOvertaken } from '../state/stale-report.ts';
import type { TaskRole } from './lifecycle.ts';
import type { Moment } from './moment.ts';
import { reportAlloc } from './report.ts';
import { handleOf, isDead } from './task.ts';
import type { TaskInput } from './task.ts';

golden(join(import.meta.dirname, '../../../test/golden/runner'), () => {
  let world = new RunnerWorld({ tasks: {}, shutdownDelayMs: 0, checks: [] });
  const told = (): string => world.drain();
  const verbs: Record<string, Verb> = {
    group: (args) => {
      world = new RunnerWorld(policyOf(args));
      return '';
    },
    begin: () => (world.send({ type: 'begin' }), told()),
    wait: ([ms = '0']) => (world.wait(Number(ms)), told()),
    exit: ([task = '', code = '0', signal = '0']) => (
      world.exit(task, exitOf(Number(code), Number(signal))),
      told()
    ),
    oom: ([task = '']) => (world.exit(task, exitOf(137, 9, true)), told()),
    stop: () => (world.send({ type: 'stop' }), told()),
    abandon: () => (world.send({ type: 'abandon' }), told()),
    hold: ([task = '']) => (world.held.add(task), ''),
    'fail-start': ([task = '', retry = '', ...words]) => {
      world.startFailures.set(task, { message: words.join(' '), retry: retry === 'retry' });
      return '';
    },
    'start-well': ([task = '']) => (world.startFailures.delete(task), ''),
    'fail-prepare': (words) => (
      world.send({ type: 'prepare_failed', message: words.join(' ') }),
      told()
    ),
    started: ([task = '']) => {
      const attempt = world.run.tasks[task]?.attempt ?? 0;
      const input = { type: 'started', attempt, handle: world.handle(task) } as const;
      world.send({ type: 'task', task, input });
      return told();
    },
    lost: ([task = '', ...words]) => {
      const attempt = world.run.tasks[task]?.attempt ?? 0;
      const input = { type: 'lost', attempt, message: words.join(' ') } as const;
      world.send({ type: 'task', task, input });
      return told();
    },
    restart: ([task = '']) => {
      const input = { type: 'restart', reason: 'User requested task to restart' } as const;
      world.send({ type: 'task', task, input });
      return told();
    },
    signal: ([task = '', signal = '']) => {
      world.send({ type: 'task', task, input: { type: 'signal', signal, reason: '' } });
      return told();
    },
    'agent-restart': () => (world.resume(), told()),
    status: () => world.status(),
    events: ([task = '']) => world.events(task),
  };
  return verbs;
});

/** `group web:leader side:prestart,sidecar attempts=1 batch health=1000/5000 shutdown_delay=100` */
function policyOf(args: readonly string[]): AllocPolicy {
  const settings = new Map(args.filter((a) => a.includes('=')).map((a) => split(a, '=')));
  const number = (name: string, fallback: number): number => Number(settings.get(name) ?? fallback);
  const batch = args.includes('batch');
  const tasks = args
    .filter((a) => !a.includes('=') && a !== 'batch')
    .map((a) => {
      const [name, flags] = split(a, ':');
      const hooks: readonly Lifecycle['hook'][] = ['prestart', 'poststart', 'poststop'];
      const hook: TaskRole['hook'] = hooks.find((h) => flags.includes(h)) ?? 'main';
      const sidecar = flags.includes('sidecar');
      const role: TaskRole = { hook, sidecar, leader: flags.includes('leader') };
      const policy = {
        ...SERVICE,
        restart: {
          ...SERVICE.restart,
          attempts: number('attempts', 2),
          mode: settings.get('mode') === 'delay' ? ('delay' as const) : ('fail' as const),
        },
        restartOnSuccess: hook === 'main' ? !batch : sidecar,
        shutdownDelayMs: number('task_delay', 0),
      };
      return [name, { role, policy }] as const;
    });
  const [min, deadline] = split(settings.get('health') ?? '', '/');
  return {
    tasks: Object.fromEntries(tasks),
    shutdownDelayMs: number('shutdown_delay', 0),
    ...(settings.has('max_run') ? { maxRunMs: number('max_run', 0) } : {}),
    checks: [],
    ...(min === ''
      ? {}
      : {
          health: {
            key: 'd1',
            mode: 'checks' as const,
            minHealthyMs: Number(min),
            deadlineMs: Number(deadline),
          },
        }),
  };
}

function split(text: string, by: string): [string, string] {
  const [head = '', ...rest] = text.split(by);
  return [head, rest.join(by)];
}

/** Anything that can reach an allocation, in any order, also what makes no sense now. */
type Step =
  | { readonly is: 'input'; readonly input: AllocInput }
  | { readonly is: 'exit'; readonly task: string; readonly code: number }
  | { readonly is: 'wait'; readonly ms: number }
  | { readonly is: 'hold'; readonly task: string }
  | { readonly is: 'resume' };

const NAMES = ['init', 'web', 'log', 'after'];
const task = fc.constantFrom(...NAMES);
const attempt = fc.integer({ min: 0, max: 5 });
const wish: fc.Arbitrary<TaskInput> = fc.oneof(
  fc.constant({ type: 'kill' } as const),
  fc.constant({ type: 'begin' } as const),
  fc.constant({ type: 'restart', reason: 'User requested task to restart' } as const),
  fc.constant({ type: 'signal', signal: 'SIGHUP', reason: '' } as const),
  fc.record({ type: fc.constant('prepared' as const), attempt }),
  fc.record({
    type: fc.constantFrom('start_failed' as const, 'prepare_failed' as const),
    attempt,
    message: fc.constant('no'),
    retry: fc.boolean(),
  }),
  fc.record({ type: fc.constant('lost' as const), attempt, message: fc.constant('gone') }),
);
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    is: fc.constant('input' as const),
    input: fc.oneof(
      fc.constantFrom<AllocInput>({ type: 'begin' }, { type: 'tick' }),
      fc.record({ type: fc.constant('task' as const), task, input: wish }),
    ),
  }),
  fc.record({ is: fc.constant('exit' as const), task, code: fc.constantFrom(0, 1) }),
  fc.record({ is: fc.constant('wait' as const), ms: fc.integer({ min: 0, max: 60_000 }) }),
  fc.record({ is: fc.constant('hold' as const), task }),
  fc.constant<Step>({ is: 'resume' }),
);

const POLICY = policyOf(['init:prestart', 'web', 'log:prestart,sidecar', 'after:poststop']);

function play(world: RunnerWorld, steps: readonly Step[], check: () => void): void {
  for (const one of steps) {
    switch (one.is) {
      case 'input':
        world.send(one.input);
        break;
      case 'exit':
        world.exit(one.task, exitOf(one.code));
        break;
      case 'wait':
        world.wait(one.ms);
        break;
      case 'hold':
        world.held.add(one.task);
        break;
      case 'resume':
        world.resume();
        break;
    }
    check();
  }
}

test('E1, K1, K2, A1, A3: what holds after every input, whatever comes', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const world = new RunnerWorld(POLICY);
      world.send({ type: 'begin' });
      const finished = new Map<string, number | undefined>();
      play(world, steps, () => {
        for (const [name, run] of Object.entries(world.run.tasks)) {
          assert.ok(run.events.length <= TASK_EVENTS_MAX, 'E1');
          assert.ok((world.alive.get(name) ?? []).length <= 1, `K2: ${name} runs twice`);
          if (finished.has(name)) {
            assert.ok(isDead(run), 'K1: the dead stay dead');
            assert.equal(run.finishedAt, finished.get(name));
          }
          if (isDead(run)) finished.set(name, run.finishedAt);
          if (isDead(run)) assert.equal((world.alive.get(name) ?? []).length, 0, 'dead, yet alive');
        }
        const { clientStatus } = reportAlloc(world.run);
        const terminal = clientStatus === 'complete' || clientStatus === 'failed';
        const allDead = Object.values(world.run.tasks).every(isDead);
        assert.equal(terminal, hasEnded(world.run), 'A3');
        if (hasEnded(world.run)) assert.ok(allDead, 'A1');
      });
    }),
    { numRuns: 300 },
  );
});

test('A6, H5: a wall clock that is set changes what is stamped and nothing else', () => {
  const policy: AllocPolicy = {
    ...POLICY,
    health: { key: 'd', mode: 'task_states', minHealthyMs: 10_000, deadlineMs: 60_000 },
    shutdownDelayMs: 3_000,
    maxRunMs: 500_000,
  };
  const aheadMs = fc.integer({ min: -100_000_000, max: 100_000_000 });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), fc.array(aheadMs), (steps, jumps) => {
      const seen = [jumps, []].map((ahead) => {
        const world = new RunnerWorld(policy);
        const lines: string[] = [];
        let n = 0;
        world.send({ type: 'begin' });
        play(world, steps, () => {
          lines.push(world.status(), world.drain(), String(world.wakeAt));
          world.aheadMs = ahead[n++ % ahead.length] ?? 0;
        });
        return lines;
      });
      assert.deepEqual(seen[0], seen[1]);
    }),
    { numRuns: 300 },
  );
});

test('K3: told to stop, it ends once everything under way has answered', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const world = new RunnerWorld(POLICY);
      world.send({ type: 'begin' });
      play(world, steps, () => undefined);
      world.send({ type: 'abandon' });
      // Whatever is under way answers, whatever runs ends: nothing new may come of it.
      for (let round = 0; round < 10 && !hasEnded(world.run); round++) {
        for (const [name, run] of Object.entries(world.run.tasks)) {
          if (handleOf(run) !== undefined) world.exit(name, exitOf(0));
          const answer = { type: 'start_failed', attempt: run.attempt, message: '', retry: true };
          const input = answer as TaskInput;
          world.send({ type: 'task', task: name, input });
        }
      }
      assert.ok(hasEnded(world.run), JSON.stringify(world.run.life));
    }),
    { numRuns: 300 },
  );
});

test('a task the job does not have is ignored', () => {
  const world = new RunnerWorld({
    tasks: { web: { role: MAIN, policy: SERVICE } },
    shutdownDelayMs: 0,
    checks: [],
  });
  world.send({ type: 'begin' });
  const before = world.run;
  world.send({ type: 'task', task: 'nobody', input: { type: 'kill' } });
  assert.deepEqual(world.run, before);
});

test('what its client forgot goes on from what the servers know, whatever the clock says', () => {
  const later = 9_000 as Millis;
  const stamped = (now: number): Moment => ({ now: now as Millis, steady: 7 as Millis });
  const known = reportAlloc(newAlloc(['web'], stamped(later))).taskStates;
  const again = reportAlloc(newAlloc(['web'], stamped(5), known)).taskStates;
  assert.deepEqual(
    again['web']?.events.map(({ type, at }) => [type, at]),
    [
      ['Received', later],
      ['Received', 5],
    ],
  );
  assert.equal(isOvertaken(again, known), false);
});
