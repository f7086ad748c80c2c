import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Millis } from '../../base/brand.ts';
import { UPDATE_DEFAULTS } from '../jobspec/defaults.ts';
import type { AllocPolicy, AllocRun } from '../runner/alloc.ts';
import { newAlloc } from '../runner/alloc.ts';
import type { TaskLife, TaskRun } from '../runner/task.ts';
import { judgeChange, markOf, type AllocLook } from './health-after-change.ts';

const HANDLE = { driver: 'sim', version: 1, startedAt: 0 as Millis, state: {} };
const RUNNING: TaskLife = { phase: 'running', handle: HANDLE };
const RESTARTING: TaskLife = { phase: 'restarting', until: 9 as Millis };
const UPDATE = { ...UPDATE_DEFAULTS, minHealthyTimeMs: 10, healthyDeadlineMs: 100 };
const CHANGED_AT = 1_000;

function lookOf(task: Partial<TaskRun>, more: Partial<AllocRun> = {}): AllocLook {
  const run = newAlloc(['web'], { now: 0 as Millis, steady: 0 as Millis });
  const base = run.tasks['web'];
  assert.ok(base !== undefined);
  const role = { hook: 'main', sidecar: false, leader: false } as const;
  const policy = { role, policy: {} } as unknown as AllocPolicy['tasks'][string];
  return {
    run: { ...run, life: { stage: 'running' }, tasks: { web: { ...base, ...task } }, ...more },
    policy: { tasks: { web: policy }, shutdownDelayMs: 0, checks: [] },
  };
}

const at = (ms: number): Millis => (CHANGED_AT + ms) as Millis;

test('HC1, HC2: whether a task lives with a change', () => {
  const old = { life: RUNNING, attempt: 1, startedAt: 0 as Millis };
  const again = { life: RUNNING, attempt: 2, startedAt: at(5) };
  const rows: readonly (readonly [string, Partial<TaskRun>, boolean, number, string])[] = [
    ['told, and well for long', old, false, 10, 'healthy'],
    ['told, and well, but not for long', old, false, 9, 'open'],
    ['not started anew yet', old, true, 50, 'open'],
    ['never started anew', old, true, 100, 'unhealthy'],
    ['on its way', { ...again, life: { phase: 'preparing' } }, true, 50, 'open'],
    ['never there', { ...again, life: { phase: 'preparing' } }, true, 100, 'unhealthy'],
    ['started anew', again, true, 14, 'open'],
    ['started anew, and well for long', again, true, 15, 'healthy'],
    ['ended, and waits to be restarted', { ...again, life: RESTARTING }, true, 6, 'unhealthy'],
    ['ended for good', { ...again, life: { phase: 'dead' } }, true, 6, 'unhealthy'],
    ['ended, and started a third time', { ...again, attempt: 3 }, true, 6, 'unhealthy'],
    ['told, and ended', { ...old, life: RESTARTING }, false, 6, 'unhealthy'],
    ['told, ended and started', again, false, 6, 'unhealthy'],
  ];
  for (const [name, task, restarts, ms, expected] of rows) {
    const mark = { task: 'web', attempt: 1, restarts, at: at(0) };
    assert.equal(judgeChange(lookOf(task), mark, UPDATE, at(ms)).is, expected, name);
  }
});

test('what goes down for other reasons says nothing', () => {
  const look = lookOf({ life: RUNNING, attempt: 1 }, { life: { stage: 'killing' } });
  const mark = markOf(look, 'web', at(0));
  assert.deepEqual(mark, { task: 'web', attempt: 1, restarts: false, at: at(0) });
  assert.equal(judgeChange(look, mark, UPDATE, at(50)).is, 'over');
  assert.equal(judgeChange(look, { ...mark, task: 'none' }, UPDATE, at(50)).is, 'over');
});
