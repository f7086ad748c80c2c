import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Millis } from '../../base/brand.ts';
import type { HealthStatus } from '../model/health-check.ts';
import { condemned, currentChecks, noteCheck, NO_CHECKS, wellSince } from './checks.ts';
import type { CheckStates, WatchedCheck } from './checks.ts';
import type { Member } from './lifecycle.ts';
import { newTask, type TaskLife } from './task.ts';

const at = (ms: number): Millis => ms as Millis;
const HANDLE = { driver: 'sim', version: 1, startedAt: at(0), state: {} };
const RUNNING: TaskLife = { phase: 'running', handle: HANDLE };

function member(name: string, life: TaskLife = RUNNING, startedAt = 0): Member {
  const role = { hook: 'main', sidecar: false, leader: false } as const;
  return {
    name,
    role,
    run: { ...newTask({ now: at(0), steady: at(0) }), life, startedAt: at(startedAt) },
  };
}

function check(id: string, more: Partial<WatchedCheck> = {}): WatchedCheck {
  return { id, name: id, intervalMs: 1_000, onUpdate: 'require_healthy', ...more };
}

function states(of: Readonly<Record<string, readonly [HealthStatus, number]>>): CheckStates {
  return Object.fromEntries(
    Object.entries(of).map(([id, [status, since]]) => [id, { status, since: at(since) }]),
  );
}

test('a status that is known already keeps its time', () => {
  const first = noteCheck(NO_CHECKS, 'c', 'passing', at(5));
  assert.equal(noteCheck(first, 'c', 'passing', at(9)), first);
  assert.equal(noteCheck(first, 'c', 'critical', at(9))['c']?.since, 9);
});

test('C1: what was said of a task that does not run is forgotten', () => {
  const watched = [check('a', { task: 'web' }), check('b', { task: 'db' }), check('g')];
  const known = states({ a: ['passing', 1], b: ['passing', 1], g: ['passing', 1] });
  const down = [member('web'), member('db', { phase: 'restarting', until: at(9) })];
  assert.deepEqual(Object.keys(currentChecks(known, watched, down)), ['a', 'g']);
  assert.equal(currentChecks(known, watched, [member('web'), member('db')]), known);
  const dead = [member('web', { phase: 'dead' }), member('db', { phase: 'dead' })];
  assert.deepEqual(currentChecks(known, watched, dead), {});
});

test('well since the last of them became so, if all of them that count are', () => {
  const rows: readonly (readonly [WatchedCheck[], CheckStates, number | undefined])[] = [
    [[], {}, 0],
    [[check('a')], {}, undefined],
    [[check('a')], states({ a: ['passing', 7] }), 7],
    [[check('a'), check('b')], states({ a: ['passing', 7], b: ['passing', 9] }), 9],
    [[check('a')], states({ a: ['warning', 7] }), undefined],
    [[check('a', { onUpdate: 'ignore_warnings' })], states({ a: ['warning', 7] }), 7],
    [[check('a', { onUpdate: 'ignore' })], states({ a: ['critical', 7] }), 0],
  ];
  for (const [watched, known, expected] of rows) {
    assert.equal(wellSince(known, watched), expected, JSON.stringify([watched, known]));
  }
});

test('C2: a task is condemned after so many bad runs, its grace not counted', () => {
  const restart = { limit: 3, graceMs: 10_000, ignoreWarnings: false };
  const watched = [check('a', { task: 'web', restart })];
  const rows: readonly (readonly [HealthStatus, number, number, boolean])[] = [
    ['critical', 20_000, 21_999, false],
    ['critical', 20_000, 22_000, true],
    ['critical', 1_000, 11_999, false],
    ['critical', 1_000, 12_000, true],
    ['warning', 20_000, 22_000, true],
    ['passing', 0, 99_000, false],
  ];
  for (const [status, since, now, expected] of rows) {
    const verdict = condemned(states({ a: [status, since] }), watched, [member('web')], at(now));
    assert.equal(verdict.restarts.length > 0, expected, `${status} since ${since} at ${now}`);
    if (!expected && status !== 'passing') assert.ok(Number(verdict.wakeAt) > now);
  }
  const lenient = [check('a', { task: 'web', restart: { ...restart, ignoreWarnings: true } })];
  const warned = condemned(states({ a: ['warning', 0] }), lenient, [member('web')], at(99_000));
  assert.deepEqual(warned, { restarts: [] });
});

test("a group's check condemns all its main tasks, each once", () => {
  const restart = { limit: 1, graceMs: 0, ignoreWarnings: false };
  const watched = [check('a', { restart }), check('b', { restart })];
  const bad = states({ a: ['critical', 0], b: ['critical', 0] });
  const { restarts } = condemned(bad, watched, [member('web'), member('db')], at(1));
  assert.deepEqual(
    restarts.map(({ task }) => task),
    ['web', 'db'],
  );
});
