import assert from 'node:assert/strict';
import { test } from 'node:test';
import { task } from '../../../test/state-world.ts';
import type { Alloc, TaskState } from '../model/alloc.ts';
import type { TaskGroup } from '../model/task-group.ts';
import type { Millis } from '../../base/brand.ts';
import { byAge, doublesOf, runningSince, silentOf, youngestOfEach } from './stand-ins.ts';

type Facts = Partial<Omit<Alloc, 'createIndex'>> & { readonly born: number };

function alloc(id: string, { born, ...facts }: Facts): Alloc {
  const life = { clientStatus: 'running', desiredStatus: 'run', createIndex: born };
  return { id, nodeId: `on-${id}`, name: 'j.g[0]', ...life, ...facts } as unknown as Alloc;
}

const ids = (allocs: readonly Alloc[]): string => allocs.map(({ id }) => id).join();
const old = alloc('old', { born: 1 });
const over = { clientStatus: 'complete' } as const;
type Contest = Parameters<typeof doublesOf>[1];

function losers(allocs: readonly Alloc[], contest: Partial<Contest> = {}): string {
  const no = () => false;
  const runsSince = (one: Alloc): Millis => one.createdAt;
  const rules = { isOutdated: no, isMoving: no, runsSince, reconcile: undefined, ...contest };
  return ids([...doublesOf(allocs, rules)]);
}

const scored = (id: string, born: number, normScore: number, createdAt: number): Alloc => {
  const scores = [
    { nodeId: 'elsewhere', scores: {}, normScore: 1 },
    { nodeId: `on-${id}`, scores: {}, normScore },
  ];
  return alloc(id, { born, metrics: { scores }, createdAt } as unknown as Facts);
};

for (const [reconcile, original, replacement, expected] of [
  ['keep_original', scored('a', 1, 0.1, 1), scored('b', 2, 0.9, 2), 'b'],
  ['keep_replacement', scored('a', 1, 0.9, 1), scored('b', 2, 0.1, 2), 'a'],
  ['longest_running', scored('a', 1, 0.1, 1), scored('b', 2, 0.9, 2), 'b'],
  ['longest_running', scored('a', 1, 0.9, 5), scored('b', 2, 0.1, 2), 'a'],
  ['best_score', scored('a', 1, 0.1, 1), scored('b', 2, 0.9, 2), 'a'],
  ['best_score', scored('a', 1, 0.5, 1), scored('b', 2, 0.5, 2), 'b'],
  [undefined, scored('a', 1, 0.1, 1), scored('b', 2, 0.9, 2), 'a'],
] as const) {
  test(`${reconcile ?? 'by default'}: ${expected} goes`, () => {
    assert.equal(losers([replacement, original], { reconcile }), expected);
  });
}

test('a name that is free belongs to the youngest silent instance that had it', () => {
  const old = alloc('a', { born: 1, nextAllocId: 'b' } as unknown as Facts);
  const young = alloc('c', { born: 2 });
  assert.equal(silentOf([young, old], 'j.g[0]')?.id, 'c');
  assert.equal(silentOf([old], 'j.g[0]')?.id, 'a');
  assert.equal(silentOf([young], 'j.g[1]'), undefined);
});

test('each name is left one holder, of whatever number there were', () => {
  const all = [1, 2, 3].map((born) => alloc(`a${born}`, { born }));
  const other = alloc('b', { born: 1, name: 'j.g[1]' });
  assert.equal(losers([...all, other], { reconcile: 'keep_original' }), 'a2,a3');
  assert.equal(losers([...all, other], { reconcile: 'keep_replacement' }), 'a1,a2');
});

test('before people have their say: what runs, then the newest version, then what stays', () => {
  const reconcile = 'keep_replacement';
  const young = alloc('young', { born: 2 });
  const failed = alloc('failed', { born: 2, clientStatus: 'failed' });
  assert.equal(losers([old, failed], { reconcile }), 'failed');
  assert.equal(losers([old, young], { reconcile, isOutdated: (one) => one === young }), 'young');
  assert.equal(losers([old, young], { reconcile, isMoving: (one) => one === young }), 'young');
  const contest = {
    isOutdated: (one: Alloc) => one === old,
    isMoving: (one: Alloc) => one !== old,
  };
  assert.equal(losers([old, young], { ...contest, reconcile: 'keep_original' }), 'old');
});

test('work that was done twice counts once: the youngest, and none beside one that runs', () => {
  const ended = [alloc('a', { born: 1, ...over }), alloc('b', { born: 2, ...over })];
  assert.equal(losers(ended), 'a');
  assert.equal(losers([old, ...ended]), 'a,b');
  const failed = alloc('c', { born: 3, clientStatus: 'failed' });
  assert.equal(losers([...ended, failed]), 'a,c');
});

test('age is the order in which they came to be, and then that of the ids', () => {
  const some = [alloc('c', { born: 2 }), alloc('b', { born: 1 }), alloc('a', { born: 2 })];
  assert.equal(ids(byAge(some)), 'b,a,c');
});

test('a chain of instances that are gone gets one successor: that of its youngest', () => {
  const first = alloc('a', { born: 1 });
  const second = alloc('b', { born: 2 });
  assert.deepEqual(
    youngestOfEach([second, first]).map(({ id }) => id),
    ['b'],
  );
});

test('an instance runs since its leader, or the first of its main tasks, last began', () => {
  const tasks = (...leaders: readonly string[]): TaskGroup['tasks'] =>
    ['a', 'b', 'hook'].map((name) => ({
      ...task({ name, leader: leaders.includes(name) }),
      ...(name === 'hook' && { lifecycle: { hook: 'prestart' as const, sidecar: true } }),
    }));
  const state = (startedAt: number, more: Partial<TaskState> = {}): TaskState => ({
    ...{ state: 'running', failed: false, restarts: 0, events: [] },
    startedAt: startedAt as Millis,
    ...more,
  });
  const states = { a: state(5), b: state(3), hook: state(1) };
  const rows: readonly (readonly [Alloc['taskStates'], TaskGroup['tasks'], number | undefined])[] =
    [
      [states, tasks(), 3],
      [states, tasks('a'), 5],
      [{ ...states, b: state(3, { lastRestartAt: 9 as Millis }) }, tasks(), 5],
      [{ hook: state(1), a: state(5, { state: 'dead' }) }, tasks(), undefined],
      [{}, tasks(), undefined],
    ];
  for (const [taskStates, each, expected] of rows) {
    assert.equal(runningSince({ taskStates }, { tasks: each }), expected);
  }
});
