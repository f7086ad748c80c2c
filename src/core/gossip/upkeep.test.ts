import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ORIGIN } from './coordinates.ts';
import { MISSING_MAX } from './limits.ts';
import type { Member, MemberStatus } from './serf/ring.ts';
import { Missing, movedCoordinates, upkeep, type KnownNode } from './upkeep.ts';

const address = { host: '10.0.0.1', port: 8_301 };
const member = (name: string, status: MemberStatus): Member => {
  return { name, status, address, tags: {}, statusTime: 1, goneAt: 0 };
};
const node = (health: KnownNode['health']): KnownNode => ({ health, coordinate: undefined });

test('U1, U2, U4: what the catalog is told of a member, by what it has', () => {
  const rows: readonly [MemberStatus, KnownNode | undefined, string][] = [
    ['alive', node('passing'), ''],
    ['alive', node('critical'), 'passing'],
    ['leaving', node('passing'), ''],
    ['failed', node('passing'), 'critical'],
    ['failed', node('critical'), ''],
    ['failed', node(undefined), ''],
    ['failed', undefined, ''],
    ['left', node('passing'), 'gone'],
    ['left', undefined, ''],
  ];
  for (const [status, known, expected] of rows) {
    const told = upkeep([member('n1', status)], 'self', () => known);
    const what = told.map((each) => (each.tell === 'health' ? each.status : each.tell)).join();
    assert.equal(what, expected, `${status} ${known?.health}`);
    const ofSelf = upkeep([member('self', status)], 'self', () => known);
    assert.equal(ofSelf.length, expected === 'passing' ? 1 : 0, `${status} ${known?.health}`);
  }
});

test('U1: a coordinate is told once, and again when it has moved', () => {
  const moved = { ...ORIGIN, vec: [0.001, 0, 0, 0, 0, 0, 0, 0] };
  const told = (at: KnownNode['coordinate'], now = ORIGIN): number =>
    movedCoordinates(new Map([['n1', now]]), () => ({ health: 'passing', coordinate: at })).length;
  assert.deepEqual([told(undefined), told(ORIGIN), told(ORIGIN, moved)], [1, 0, 1]);
  assert.deepEqual(
    movedCoordinates(new Map([['n1', ORIGIN]]), () => undefined),
    [],
  );
});

test('U3: who was given up and is no member goes in time; at once where it was forgotten here', () => {
  const missing = new Missing(1_000);
  const members = new Set(['b']);
  const look = (now: number, ...failing: readonly string[]): string =>
    missing
      .look(failing, (name) => members.has(name), now)
      .map((each) => `${each.tell} ${each.node}`)
      .join();
  assert.equal(look(0, 'a', 'b'), '');
  assert.equal(look(999, 'a', 'b'), '');
  assert.equal(look(1_000, 'a', 'b'), 'gone a');
  assert.equal(look(1_005, 'a', 'b'), 'gone a', 'until it is told');
  assert.equal(look(1_010, 'b'), '');
  assert.equal(look(1_020, 'a', 'b'), '', 'its time begins anew');
  members.clear();
  missing.forgotten('b');
  assert.equal(look(1_030, 'a', 'b'), 'gone b');
});

test('U3: members that are forgotten while nobody looks take no more than their place', () => {
  const missing = new Missing(1_000);
  for (let i = 0; i <= MISSING_MAX; i++) missing.forgotten(`n${i}`);
  const told = missing.look(['n0', 'n1'], () => false, 0);
  assert.deepEqual(told, [{ tell: 'gone', node: 'n1' }]);
});
