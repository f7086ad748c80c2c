import assert from 'node:assert/strict';
import { test } from 'node:test';
import { offer } from './offer.fixture.ts';
import type { Rule } from './rule.ts';
import { stickyCookie, stuckTo } from './sticky.ts';
import { buildTable } from './table.ts';

function ruleOf(...ports: readonly number[]): Rule {
  const [rule] = buildTable(ports.map((port) => offer('/ sticky=lb', 'web', port))).rules;
  assert.ok(rule);
  return rule;
}
const rule = ruleOf(1, 2, 3);
const valueFor = (port: number): string => {
  const target = rule.targets.find(({ destination }) => destination.port === port);
  assert.ok(target);
  return /lb=([^;]*)/.exec(stickyCookie(target, 'lb', false))?.[1] ?? '';
};

const rows: [headers: readonly string[], port: number | undefined][] = [
  [['Cookie', `lb=${valueFor(2)}`], 2],
  [['cookie', `a=b; lb=${valueFor(3)} ;c=d`], 3],
  [['Cookie', 'a=b', 'Cookie', `lb=${valueFor(1)}`], 1],
  [['Cookie', `xlb=${valueFor(1)}`], undefined],
  [['Cookie', 'lb=0000000000000000'], undefined],
  [['Cookie', 'lb'], undefined],
  [[], undefined],
];
for (const [headers, port] of rows) {
  test(`${JSON.stringify(headers)} leads to ${port ?? 'none'}`, () => {
    assert.equal(stuckTo(rule, 'lb', headers)?.destination.port, port);
  });
}

test('a target that has left, or has no weight, holds nobody', () => {
  const headers = ['Cookie', `lb=${valueFor(2)}`];
  assert.equal(stuckTo(ruleOf(1, 3), 'lb', headers), undefined);
  const empty = buildTable([offer('/ sticky=lb weight=0', 'web', 2), offer('/', 'web', 1)])
    .rules[0];
  assert.ok(empty);
  assert.equal(stuckTo(empty, 'lb', headers), undefined);
});

test('the cookie tells no address, is not for scripts, and only for TLS where it was set so', () => {
  const [target] = rule.targets;
  assert.ok(target);
  assert.match(
    stickyCookie(target, 'lb', true),
    /^lb=[0-9a-f]{16}; Path=\/; HttpOnly; SameSite=Lax; Secure$/,
  );
  assert.doesNotMatch(stickyCookie(target, 'lb', false), /Secure|10\.0/);
});
