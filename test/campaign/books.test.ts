import assert from 'node:assert/strict';
import { test } from 'node:test';
import { doubled, hasty, repeated, type Listed } from './books.ts';

function alloc(id: string, changes: Partial<Listed> = {}): Listed {
  return {
    ...{ ID: id, Name: `job.g[${id}]`, NodeName: 'c1', JobVersion: 1 },
    ...{ ClientStatus: 'running', DesiredStatus: 'run', DeploymentID: 'd', CreateIndex: 10 },
    ...{ ModifyIndex: 20, ...changes },
  };
}

const Name = 'job.g[0]';

test('two of one name are told, a canary and what has ended are not', () => {
  assert.deepEqual(doubled([alloc('a', { Name }), alloc('b')]), []);
  assert.deepEqual(doubled([alloc('a', { Name }), alloc('b', { Name })]), [`${Name} is a and b`]);
  const rows = [
    alloc('a', { Name }),
    alloc('b', { Name, DesiredStatus: 'stop' }),
    alloc('c', { Name, ClientStatus: 'lost' }),
    alloc('d', { Name, DeploymentStatus: { Canary: true } }),
  ];
  assert.deepEqual(doubled(rows), []);
});

test('a deployment counts what it has changed and is not healthy', () => {
  const olds = ['a', 'b', 'c', 'd'].map((id) => {
    return alloc(id, { DesiredStatus: 'stop', DeploymentID: 'before' });
  });
  const next = (id: string, changes: Partial<Listed> = {}): Listed =>
    alloc(`${id}2`, { JobVersion: 2, PreviousAllocation: id, ...changes });
  assert.deepEqual(hasty([...olds, next('a'), next('b')], 2), []);
  assert.deepEqual(hasty([...olds, next('a'), next('b'), next('c')], 2), [
    'd changes 3 at once, not 2',
  ]);
  const healthy = next('c', { DeploymentStatus: { Healthy: true } });
  assert.deepEqual(hasty([...olds, next('a'), next('b'), healthy], 2), []);
  const lost = [...olds.slice(1), alloc('a', { ClientStatus: 'lost', DesiredStatus: 'stop' })];
  assert.deepEqual(hasty([...lost, next('a'), next('b'), next('c')], 2), []);
});

test('work that has succeeded is not placed again', () => {
  const done = alloc('a', { Name, ClientStatus: 'complete' });
  assert.deepEqual(repeated([done, alloc('b', { Name, CreateIndex: 15 })]), []);
  assert.deepEqual(repeated([done, alloc('b', { CreateIndex: 30 })]), []);
  assert.deepEqual(repeated([done, alloc('b', { Name, CreateIndex: 30 })]), [
    `${Name}: b after a, complete at 20`,
  ]);
});
