import assert from 'node:assert/strict';
import { test } from 'node:test';
import { doubled, hasty, repeated, type Listed } from './books.ts';

function alloc(id: string, changes: Partial<Listed> = {}): Listed {
  return {
    ...{ ID: id, Name: `job.g[${id}]`, NodeName: 'c1', JobVersion: 1 },
    ...{ ClientStatus: 'running', DesiredStatus: 'run', CreateIndex: 10 },
    ...{ ModifyIndex: 20, ...changes },
  };
}

const Name = 'job.g[0]';

test('two of one name are told, a canary and what has ended are not', () => {
  assert.deepEqual(doubled([alloc('a', { Name }), alloc('b')], false), []);
  const two = [alloc('a', { Name }), alloc('b', { Name, JobVersion: 2 })];
  assert.deepEqual(doubled(two, false), [`${Name} is a and b`]);
  const rows = [
    alloc('a', { Name }),
    alloc('b', { Name, DesiredStatus: 'stop' }),
    alloc('c', { Name, ClientStatus: 'lost' }),
    alloc('d', { Name, DeploymentStatus: { Canary: true } }),
  ];
  assert.deepEqual(doubled(rows, false), []);
});

test('a canary that was promoted takes the place of one of another version', () => {
  const two = [alloc('a', { Name }), alloc('b', { Name, JobVersion: 2 })];
  assert.deepEqual(doubled(two, true), []);
  assert.deepEqual(doubled([...two, alloc('c', { Name, JobVersion: 2 })], true), [
    `${Name} of 2 is b and c`,
  ]);
});

test('a version counts what it has changed and is not healthy', () => {
  const old = (id: string, changes: Partial<Listed> = {}): Listed =>
    alloc(id, { DesiredStatus: 'stop', NextAllocation: `${id}2`, ...changes });
  const next = (id: string, changes: Partial<Listed> = {}): Listed =>
    alloc(`${id}2`, { JobVersion: 2, CreateIndex: 30, ...changes });
  const olds = [old('b'), old('c')];
  const all = [next('a'), next('b'), next('c')];
  const told = ['version 2 changes 3 at once, not 2'];
  assert.deepEqual(hasty([old('a'), ...olds, ...all], 2, { JobVersion: 2, CreateIndex: 25 }), told);
  // Before the rollout, healthy, new, or in the place of what was lost.
  assert.deepEqual(hasty([old('a'), ...olds, ...all], 2, { JobVersion: 2, CreateIndex: 35 }), []);
  const healthy = next('c', { DeploymentStatus: { Healthy: true } });
  assert.deepEqual(
    hasty([old('a'), ...olds, ...all.slice(0, 2), healthy], 2, { JobVersion: 2, CreateIndex: 25 }),
    [],
  );
  assert.deepEqual(hasty([...olds, ...all], 2, { JobVersion: 2, CreateIndex: 25 }), []);
  const excuses: readonly Partial<Listed>[] = [
    { ClientStatus: 'lost' },
    { DesiredTransition: { Migrate: true } },
    { JobVersion: 2 },
  ];
  for (const excuse of excuses) {
    assert.deepEqual(
      hasty([old('a', excuse), ...olds, ...all], 2, { JobVersion: 2, CreateIndex: 25 }),
      [],
    );
  }
});

test('work that has succeeded is not placed again', () => {
  const done = alloc('a', { Name, ClientStatus: 'complete' });
  assert.deepEqual(repeated([done, alloc('b', { Name, CreateIndex: 15 })]), []);
  assert.deepEqual(repeated([done, alloc('b', { CreateIndex: 30 })]), []);
  assert.deepEqual(repeated([done, alloc('b', { Name, CreateIndex: 30 })]), [
    `${Name}: b after a, complete at 20`,
  ]);
});
