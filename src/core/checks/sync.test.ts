import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Millis } from '../../base/brand.ts';
import { machine, offer, probe } from '../../../test/catalog-world.ts';
import type { ServiceFacts } from '../model/catalog.ts';
import type { CheckFacts, HealthStatus } from '../model/health-check.ts';
import type { AllocId } from '../model/ids.ts';
import {
  differ,
  isNone,
  nextOutputAt,
  type HeldRows,
  type OwnCheck,
  type OwnRows,
} from './sync.ts';

const NOW = 1_000 as Millis;

const NODE = machine('n1');

function check(id: string, over: Partial<CheckFacts> = {}): CheckFacts {
  return probe(id, { type: 'ttl', interval: '0s', timeout: '0s', ...over });
}

function byId<T extends { readonly id: string }>(rows: readonly T[]): ReadonlyMap<string, T> {
  return new Map(rows.map((row) => [row.id, row]));
}

function own(
  services: readonly ServiceFacts[],
  checks: readonly OwnCheck[],
  removed: readonly string[] = [],
): OwnRows {
  return {
    node: NODE,
    services: byId(services),
    checks: new Map(checks.map((each) => [each.facts.id, each])),
    expectsAllocs: true,
    removed: { services: new Set(removed), checks: new Set(removed) },
  };
}

function held(services: readonly ServiceFacts[], checks: readonly CheckFacts[]): HeldRows {
  return { node: NODE, services: byId(services), checks: byId(checks) };
}

/** What the servers hold after they were told. */
function told(rows: HeldRows, own: OwnRows): HeldRows {
  const difference = differ(own, rows, NOW);
  const services = new Map(rows.services);
  const checks = new Map(rows.checks);
  for (const id of difference.goneServices) {
    services.delete(id);
    for (const [checkId, { serviceId }] of checks) if (serviceId === id) checks.delete(checkId);
  }
  for (const id of difference.goneChecks) checks.delete(id);
  for (const each of difference.services) services.set(each.id, each);
  for (const each of difference.checks) checks.set(each.id, each);
  return { node: difference.node ? own.node : rows.node, services, checks };
}

const services = fc
  .uniqueArray(fc.constantFrom('a', 'b', 'c'), { maxLength: 3 })
  .chain((ids) =>
    fc.tuple(...ids.map((id) => fc.integer({ min: 1, max: 2 }).map((port) => offer(id, { port })))),
  );
const checks = fc
  .uniqueArray(fc.constantFrom('x', 'y', 'z'), { maxLength: 3 })
  .chain((ids) =>
    fc.tuple(
      ...ids.map((id) =>
        fc
          .tuple(
            fc.constantFrom<HealthStatus>('passing', 'critical'),
            fc.constantFrom('', 'a', 'b'),
          )
          .map(([status, serviceId]) => check(id, { status, serviceId })),
      ),
    ),
  );

test('S1: told once, nothing is left to tell', () => {
  fc.assert(
    fc.property(services, checks, services, checks, (mine, myChecks, theirs, theirChecks) => {
      const isMine = (id: string): boolean => id === '' || mine.some((each) => each.id === id);
      const rows = own(
        mine,
        myChecks.filter(({ serviceId }) => isMine(serviceId)).map((facts) => ({ facts })),
      );
      const after = told(held(theirs, theirChecks), rows);
      assert.ok(isNone(differ(rows, after, NOW)));
      assert.deepEqual([...after.services.keys()].sort(), mine.map(({ id }) => id).sort());
    }),
  );
});

test('an unknown machine is registered', () => {
  const unknown = { ...held([], []), node: undefined };
  assert.equal(differ(own([], []), unknown, NOW).node, true);
  const written = { ...held([], []), node: { ...NODE, name: 'N1' } };
  assert.ok(isNone(differ(own([], []), written, NOW)), 'S4');
});

test('S2: the tags of others stay where they may, everything else is put back', () => {
  const mine = offer('a', { enableTagOverride: true, tags: ['mine'] });
  const theirs = offer('a', { enableTagOverride: true, tags: ['theirs'] });
  const kept = differ(own([mine], []), held([theirs], []), NOW);
  assert.deepEqual([...kept.tags], [['a', ['theirs']]]);
  assert.ok(isNone(kept));
  const moved = differ(own([mine], []), held([{ ...theirs, port: 1 }], []), NOW);
  assert.equal(moved.services.length, 1);
  const strict = differ(own([offer('a')], []), held([offer('a', { tags: ['x'] })], []), NOW);
  assert.deepEqual(strict.services, [offer('a')]);
});

test('S3: rows of unknown allocations are left, those taken away are told', () => {
  const allocId = 'a1' as AllocId;
  const theirs = held([offer('s', { allocId })], [check('c', { serviceId: 's', allocId })]);
  assert.ok(isNone(differ(own([], []), theirs, NOW)));
  const late = differ({ ...own([], []), expectsAllocs: false }, theirs, NOW);
  assert.deepEqual(late.goneServices, ['s']);
  const gone = differ(own([], [], ['s', 'c']), theirs, NOW);
  assert.deepEqual([gone.goneServices, gone.goneChecks], [['s'], []]);
});

test('an output alone waits for its time', () => {
  const mine = own(
    [],
    [{ facts: check('c', { output: 'new' }), outputHeldUntil: 2_000 as Millis }],
  );
  const theirs = held([], [check('c', { output: 'old' })]);
  assert.ok(isNone(differ(mine, theirs, NOW)));
  assert.equal(nextOutputAt(mine, theirs, NOW), 2_000);
  assert.equal(differ(mine, theirs, 2_000 as Millis).checks.length, 1);
  assert.equal(nextOutputAt(mine, held([], [check('c', { output: 'new' })]), NOW), undefined);
  const changed = held([], [check('c', { output: 'old', status: 'critical' })]);
  assert.equal(differ(mine, changed, NOW).checks.length, 1);
});

test('S5: a check that has found nothing yet goes on from what the servers know', () => {
  const mine = own([], [{ facts: check('c', { status: 'critical' }), pending: true }]);
  const theirs = held([], [check('c', { status: 'passing', output: 'up' })]);
  const same = differ(mine, theirs, NOW);
  assert.deepEqual([...same.verdicts], [['c', { status: 'passing', output: 'up' }]]);
  assert.ok(isNone(same));
  const renamed = differ(mine, held([], [check('c', { name: 'old', output: 'up' })]), NOW);
  assert.deepEqual(
    renamed.checks.map(({ status, output }) => [status, output]),
    [['passing', 'up']],
  );
  assert.equal(differ(mine, held([], []), NOW).checks[0]?.status, 'critical');
});
