import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Millis } from '../../base/brand.ts';
import { judge, type HealthPolicy, type HealthSubject } from './health.ts';
import { mayBegin, nextToKill, onlySidecars, type Member, type TaskRole } from './lifecycle.ts';
import type { Moment } from './moment.ts';
import { newTask, type TaskLife, type TaskRun } from './task.ts';

const handle = { driver: 'sim', version: 1, startedAt: 0 as Millis, state: {} };

/** A wall clock that was set plays no part in any of this. */
function at(ms: number): Moment {
  return { now: (ms + 86_400_000) as Millis, steady: ms as Millis };
}

const LIVES: Readonly<Record<string, Partial<TaskRun> & { life: TaskLife }>> = {
  waiting: { life: { phase: 'waiting' } },
  running: { life: { phase: 'running', handle }, startedAt: 0 as Millis },
  restarting: {
    life: { phase: 'restarting', until: 9_999_999 as Millis },
    startedAt: 0 as Millis,
  },
  done: { life: { phase: 'dead' }, startedAt: 0 as Millis, finishedAt: 0 as Millis },
  failed: { life: { phase: 'dead' }, failed: true, finishedAt: 0 as Millis },
};

/** `web running`, `init:prestart done`, `log:prestart,sidecar waiting`, `web:leader running`. */
function member(text: string): Member {
  const [left = '', life = ''] = text.split(' ');
  const [name = '', flags = ''] = left.split(':');
  const hook = (['prestart', 'poststart', 'poststop'] as const).find((one) => flags.includes(one));
  const role: TaskRole = {
    hook: hook ?? 'main',
    sidecar: flags.includes('sidecar'),
    leader: flags.includes('leader'),
  };
  return { name, role, run: { ...newTask(at(0)), ...LIVES[life] } };
}

const group = (...texts: string[]): Member[] => texts.map(member);
/** Of a group without services. */
const subject = (...texts: string[]): HealthSubject => ({
  members: group(...texts),
  states: {},
  watched: [],
});
const names = (members: readonly Member[]): string => members.map((m) => m.name).join(' ');

test('L1: whose turn it is', () => {
  const rows: readonly (readonly [string[], string])[] = [
    [['init:prestart waiting', 'web waiting', 'bye:poststop waiting'], 'init'],
    [['init:prestart running', 'web waiting'], ''],
    [['init:prestart done', 'web waiting'], 'web'],
    [['init:prestart failed', 'web waiting'], ''],
    [['log:prestart,sidecar waiting', 'web waiting'], 'log'],
    [['log:prestart,sidecar running', 'web waiting'], 'web'],
    [['log:prestart,sidecar done', 'web waiting'], ''],
    [['web waiting', 'hi:poststart waiting'], 'web'],
    [['a running', 'b waiting', 'hi:poststart waiting'], 'b'],
    [['a running', 'b done', 'hi:poststart waiting'], 'hi'],
    [['web done', 'bye:poststop waiting'], ''],
  ];
  for (const [texts, expected] of rows) assert.equal(names(mayBegin(group(...texts))), expected);
});

test('L2: who goes first', () => {
  const rows: readonly (readonly [string[], string])[] = [
    [['a running', 'b:leader running', 'log:prestart,sidecar running'], 'b'],
    [['a running', 'b:leader done', 'log:prestart,sidecar running'], 'a'],
    [['a done', 'b waiting', 'log:prestart,sidecar running'], 'b'],
    [['a done', 'log:prestart,sidecar running', 'bye:poststop waiting'], 'log'],
    [['a done', 'bye:poststop running'], ''],
  ];
  for (const [texts, expected] of rows) assert.equal(names(nextToKill(group(...texts))), expected);
  assert.ok(onlySidecars(group('a done', 'log:prestart,sidecar running')));
  assert.ok(!onlySidecars(group('a done', 'log:prestart,sidecar done')));
});

const POLICY: HealthPolicy = {
  key: 'd',
  mode: 'task_states',
  minHealthyMs: 10_000,
  deadlineMs: 60_000,
};

test('H2, H3: what is well', () => {
  const rows: readonly (readonly [string[], number, boolean | undefined])[] = [
    [['web running'], 9_999, undefined],
    [['web running'], 10_000, true],
    [['web restarting'], 59_999, undefined],
    [['web restarting'], 60_000, false],
    [['web failed'], 1, false],
    [['web done'], 60_000, false],
    [['init:prestart done', 'web running'], 10_000, true],
    [['init:prestart running', 'web running'], 59_999, undefined],
    [['web running', 'hi:poststart done', 'bye:poststop waiting'], 10_000, true],
    [['log:prestart,sidecar done', 'web running'], 60_000, false],
  ];
  for (const [texts, ms, expected] of rows) {
    const before = { key: 'd', beganAt: 0 as Millis };
    const { state } = judge(before, POLICY, subject(...texts), at(ms));
    assert.equal(state?.verdict?.healthy, expected, `${texts.join(', ')} at ${ms}`);
  }
});

test('H1: a verdict is final for its key; nobody asks, nothing is judged', () => {
  const first = at(1);
  const bad = judge({ key: 'd', beganAt: 1 as Millis }, POLICY, subject('web failed'), first).state;
  assert.equal(judge(bad, POLICY, subject('web running'), at(99_999)).state, bad);
  const next = judge(bad, { ...POLICY, key: 'e' }, subject('web running'), at(99_999));
  assert.equal(next.state?.verdict, undefined);
  assert.equal(judge(bad, undefined, subject('web running'), first).state, undefined);
  const manual = { ...POLICY, mode: 'manual' as const };
  assert.equal(judge(bad, manual, subject('web running'), first).state, undefined);
});
