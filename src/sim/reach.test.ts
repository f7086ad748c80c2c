import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SimReach } from './reach.ts';

/** The ways that are open among three machines, as text. */
function open(reach: SimReach): string {
  const hosts = ['a', 'b', 'c'];
  const ways = hosts.flatMap((from) => hosts.map((to) => ({ from, to })));
  return ways
    .filter(({ from, to }) => from !== to && reach.isOpen(from, to))
    .map(({ from, to }) => from + to)
    .join(' ');
}

const ALL = 'ab ac ba bc ca cb';

test('each shape of a cut closes what it says, and its mending opens that again', () => {
  const cuts: readonly (readonly [string, (reach: SimReach) => () => void, string])[] = [
    ['one machine', (reach) => reach.cutOff('a'), 'bc cb'],
    ['one direction', (reach) => reach.cutWays([{ from: 'a', to: 'b' }]), 'ac ba bc ca cb'],
    ['two parts', (reach) => reach.part(['a'], ['b', 'c']), 'bc cb'],
    ['a part of nobody', (reach) => reach.part([], ['a', 'b']), ALL],
    ['a machine from itself', (reach) => reach.part(['a'], ['a']), ALL],
  ];
  for (const [name, cut, left] of cuts) {
    const reach = new SimReach();
    const mend = cut(reach);
    assert.equal(open(reach), left, name);
    assert.ok(reach.isOpen('a', 'a'), 'a machine always reaches itself');
    mend();
    assert.equal(open(reach), ALL, `${name}, mended`);
  }
});

test('what two cuts have closed is open once both are mended, each of them once', () => {
  const reach = new SimReach();
  const [one, other] = [reach.part(['a'], ['b']), reach.part(['a', 'c'], ['b'])];
  one();
  one();
  assert.equal(open(reach), 'ac ca');
  other();
  assert.equal(open(reach), ALL);
});

test('all are mended together, after which an older mending does nothing', () => {
  const reach = new SimReach();
  const old = reach.cutOff('a');
  reach.mendAll();
  assert.equal(open(reach), ALL);
  reach.cutOff('a');
  old();
  assert.equal(open(reach), 'bc cb');
});

test('whoever listens is told of each change', () => {
  const reach = new SimReach();
  let changes = 0;
  reach.onChange(() => (changes += 1));
  const mend = reach.cutOff('a');
  mend();
  mend();
  reach.mendAll();
  assert.equal(changes, 3);
});
