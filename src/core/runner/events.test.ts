import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Millis } from '../../base/brand.ts';
import { TASK_EVENTS_MAX } from '../limits.ts';
import * as events from './events.ts';
import { isSuccess, type Exit } from './handle.ts';

const exit = (more: Partial<Exit>): Exit => ({
  exitCode: 0,
  signal: 0,
  oomKilled: false,
  endedAt: 0 as Millis,
  ...more,
});

test('events read as Nomad tells them', () => {
  const rows: readonly (readonly [events.EventDraft, string, string])[] = [
    [events.received(), 'Received', 'Task received by client'],
    [events.taskSetup(), 'Task Setup', 'Building Task Directory'],
    [events.started(), 'Started', 'Task started by client'],
    [events.terminated(exit({ exitCode: 1 })), 'Terminated', 'Exit Code: 1'],
    [
      events.terminated(exit({ exitCode: 137, signal: 9 })),
      'Terminated',
      'Exit Code: 137, Signal: 9',
    ],
    [
      events.terminated(exit({ exitCode: 137, oomKilled: true })),
      'Terminated',
      'Exit Code: 137, Exit Message: "OOM Killed"',
    ],
    [events.restarting(15_200, 'Restart within policy'), 'Restarting', 'Task restarting in 15.2s'],
    [
      events.restarting(1_000, 'Exceeded allowed attempts, applying a delay'),
      'Restarting',
      'Exceeded allowed attempts, applying a delay - Task restarting in 1s',
    ],
    [
      events.notRestarting('Policy allows no restarts'),
      'Not Restarting',
      'Policy allows no restarts',
    ],
    [events.killing(5_000), 'Killing', 'Sent interrupt. Waiting 5s before force killing'],
    [events.killed(), 'Killed', 'Task successfully killed'],
    [events.driverFailure('no such file'), 'Driver Failure', 'no such file'],
    [events.driverFailure(''), 'Driver Failure', 'Failed to start task'],
    [events.setupFailure('no volume'), 'Setup Failure', 'no volume'],
    [
      events.signaling('SIGHUP', 'User requested signal'),
      'Signaling',
      'Task being sent signal SIGHUP: User requested signal',
    ],
    [events.restartSignaled(''), 'Restart Signaled', 'Task signaled to restart'],
    [events.leaderDead(), 'Leader Task Dead', 'Leader Task in Group dead'],
    [events.mainDead(), 'Main Tasks Dead', 'Main tasks in the group died'],
    [events.siblingFailed('web'), 'Sibling Task Failed', `Task's sibling "web" failed`],
    [events.driverMessage('Downloading image'), 'Driver', 'Downloading image'],
    [
      events.shutdownDelay(2_000),
      'Waiting for shutdown delay',
      'Waiting for shutdown_delay of 2s before killing the task.',
    ],
  ];
  for (const [event, type, message] of rows) {
    assert.equal(event.type, type);
    assert.equal(event.displayMessage, message);
  }
});

test('E1: the oldest fall out', () => {
  let list: ReturnType<typeof events.record> = [];
  for (let at = 0; at < 50; at++) list = events.record(list, events.started(), at as Millis);
  assert.equal(list.length, TASK_EVENTS_MAX);
  assert.equal(list.at(-1)?.at, 49);
});

test('success', () => {
  assert.ok(isSuccess(exit({})));
  for (const bad of [{ exitCode: 1 }, { signal: 9 }, { oomKilled: true }, { unknown: 'gone' }]) {
    assert.ok(!isSuccess(exit(bad)));
  }
});
