import assert from 'node:assert/strict';
import { test } from 'node:test';
import { offer } from './offer.fixture.ts';
import { pick, STRATEGIES, type PickState } from './pick.ts';
import type { Rule } from './rule.ts';
import { buildTable } from './table.ts';

function ruleOf(...texts: string[]): Rule {
  const [rule] = buildTable(texts.map((text, i) => offer(text, 'web', 8_001 + i))).rules;
  assert.ok(rule !== undefined);
  return rule;
}

const idle: PickState = {
  turn: 0,
  random: 0.5,
  active: () => 0,
  ejected: () => false,
  tried: new Set(),
};
const three = ruleOf('/', '/', '/');
const ports = (over: Partial<PickState>, strategy: 'rr' | 'least' | 'random'): number[] =>
  Array.from({ length: 6 }, (_, turn) => {
    const target = pick(three, strategy, { ...idle, turn, ...over });
    return target?.destination.port ?? 0;
  });

test('in turn', () => {
  assert.deepEqual(ports({}, 'rr'), [8001, 8002, 8003, 8001, 8002, 8003]);
});

test('the least busy', () => {
  const active = ({ destination }: { destination: { port: number } }): number =>
    destination.port === 8002 ? 0 : 3;
  assert.deepEqual(ports({ active }, 'least'), Array(6).fill(8002));
  assert.deepEqual(new Set(ports({}, 'least')), new Set([8001, 8002, 8003]));
});

test('by chance', () => {
  assert.deepEqual(ports({ random: 0.99 }, 'random'), Array(6).fill(8003));
});

test('P1: what was tried or weighs nothing is not picked; none may be left', () => {
  const rule = ruleOf('/ weight=1', '/ weight=0');
  for (const strategy of STRATEGIES) {
    assert.equal(pick(rule, strategy, idle)?.destination.port, 8001);
    const tried = new Set(rule.targets.map(({ id }) => id));
    assert.equal(pick(rule, strategy, { ...idle, tried }), undefined);
  }
});

test('P2: what was thrown out is picked only where all were', () => {
  for (const strategy of STRATEGIES) {
    const ejected = ({ destination }: { destination: { port: number } }): boolean =>
      destination.port !== 8002;
    assert.equal(pick(three, strategy, { ...idle, ejected })?.destination.port, 8002);
    assert.ok(pick(three, strategy, { ...idle, ejected: () => true }) !== undefined);
  }
});
