import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CatalogWorld, preparedQuery } from '../../../test/catalog-world.ts';
import { sessionFacts, sessionId } from '../../../test/coordination-world.ts';
import { T0 } from '../../../test/state-world.ts';
import type { PreparedQueryFacts } from '../model/prepared-query.ts';
import type { Outcome } from './outcome.ts';

function set(world: CatalogWorld, query: PreparedQueryFacts, mustExist = false): Outcome {
  return world.do({ type: 'query.set', at: T0, query, mustExist }).outcome;
}

const template = { type: 'name_prefix_match', regexp: '', removeEmptyTags: false } as const;

test('Q1: names are unique but for case, templates included', () => {
  const world = new CatalogWorld();
  assert.ok(set(world, preparedQuery(1, { name: 'Web' })).ok);
  const taken = set(world, preparedQuery(2, { name: 'wEB', template }));
  assert.ok(!taken.ok && taken.reason === 'conflict');
  assert.ok(set(world, preparedQuery(2)).ok);
  assert.ok(set(world, preparedQuery(3)).ok);
  assert.ok(set(world, preparedQuery(4, { template })).ok);
  assert.equal(set(world, preparedQuery(5, { template })).ok, false);
  assert.ok(set(world, preparedQuery(4, { template, token: 'x' })).ok);
});

test('one that must exist does, and an equal one changes nothing', () => {
  const world = new CatalogWorld();
  const unknown = set(world, preparedQuery(1), true);
  assert.ok(!unknown.ok && unknown.reason === 'not_found');
  assert.ok(set(world, preparedQuery(1)).ok);
  const again = set(world, preparedQuery(1), true);
  assert.equal(again.ok && again.changed, false);
});

test('Q2: a query goes with its session, and needs it', () => {
  const world = new CatalogWorld();
  const bound = preparedQuery(1, { session: sessionId(1) });
  const unknown = set(world, bound);
  assert.ok(!unknown.ok && unknown.reason === 'invalid');
  world.register('Machine');
  world.do({ type: 'session.create', at: T0, session: sessionFacts(1) });
  assert.ok(set(world, bound).ok);
  world.do({ type: 'session.invalidate', at: T0, ids: [sessionId(1)] });
  assert.equal(world.state.counts()['preparedQueries'], 0);
});

test('a query is deleted once', () => {
  const world = new CatalogWorld();
  set(world, preparedQuery(1));
  const entry = { type: 'query.delete', at: T0, id: preparedQuery(1).id } as const;
  assert.ok(world.do(entry).outcome.ok);
  assert.equal(world.do(entry).outcome.ok, false);
});
