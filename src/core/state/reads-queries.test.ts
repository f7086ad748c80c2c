import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CatalogWorld, machine, offer, preparedQuery, probe } from '../../../test/catalog-world.ts';
import { T0 } from '../../../test/state-world.ts';
import type { PreparedQueryFacts } from '../model/prepared-query.ts';
import {
  readExecution,
  readExplained,
  readQueries,
  readQuery,
  readWanted,
  wantedBy,
} from './reads-queries.ts';
import type { Execution, QueryReading } from './reads-queries.ts';

const LOCAL: Execution = { datacenter: 'dc1', agentNode: 'a', near: '' };
const template = { type: 'name_prefix_match', regexp: '', removeEmptyTags: false } as const;

function world(...queries: readonly PreparedQueryFacts[]): CatalogWorld {
  const made = new CatalogWorld();
  const check = (status: 'passing' | 'warning' | 'critical'): ReturnType<typeof probe> =>
    probe('c', { serviceId: 'web', status });
  made.register('a', [offer('web', { tags: ['v1'], meta: { k: '1' } })], [check('passing')]);
  made.register('b', [offer('web', { tags: ['v2'] })], [check('warning')]);
  made.register('c', [offer('web', { tags: ['v1'] })], [check('critical')]);
  made.register(machine('far', { datacenter: 'dc2' }), [offer('web'), offer('only-there')]);
  for (const query of queries) {
    made.do({ type: 'query.set', at: T0, query, mustExist: false });
  }
  return made;
}

function execute(made: CatalogWorld, name: string, more: Partial<Execution> = {}): QueryReading {
  const { value } = readExecution(name, { ...LOCAL, ...more })(made.state);
  assert.ok(value);
  return value;
}

function nodes({ instances }: QueryReading): string {
  return instances.map(({ node }) => node.name).join(' ');
}

test('instances are those that are healthy enough and have what is asked for', () => {
  for (const [service, expected] of [
    [{}, 'a b'],
    [{ onlyPassing: true }, 'a'],
    [{ ignoreCheckIds: ['c'] }, 'a b c'],
    [{ tags: ['V1'] }, 'a'],
    [{ tags: ['!v1'] }, 'b'],
    [{ tags: ['v1', '!v1'] }, ''],
    [{ serviceMeta: { k: '1' } }, 'a'],
    [{ nodeMeta: { none: '' } }, ''],
  ] as const) {
    const made = world(preparedQuery(1, { name: 'q' }, service));
    assert.equal(nodes(execute(made, 'Q')), expected, JSON.stringify(service));
    assert.equal(nodes(execute(made, preparedQuery(1).id)), expected);
  }
});

test('another datacenter answers where this one has nothing', () => {
  const service = { service: 'only-there', failover: { nearestN: 0, datacenters: ['x', 'dc2'] } };
  const made = world(preparedQuery(1, { name: 'q' }, service));
  const { datacenter, failovers } = execute(made, 'q');
  assert.deepEqual([datacenter, failovers], ['dc2', 1]);
  const near = { service: 'only-there', failover: { nearestN: 1, datacenters: [] } };
  assert.equal(execute(world(preparedQuery(1, { name: 'q' }, near)), 'q').datacenter, 'dc2');
  const nowhere = { ...service, service: 'nowhere' };
  const nothing = execute(world(preparedQuery(1, { name: 'q' }, nowhere)), 'q');
  assert.deepEqual([nodes(nothing), nothing.datacenter, nothing.failovers], ['', 'dc1', 1]);
});

test('the template with the longest name that fits answers, an exact name before it', () => {
  const made = world(
    preparedQuery(1, { name: '', template }, { service: '${name.full}' }),
    preparedQuery(2, { name: 'w', template }, { service: 'w${name.suffix}' }),
    preparedQuery(3, { name: 'weber' }),
  );
  const service = (name: string): string | undefined =>
    readExplained(name)(made.state).value?.service.service;
  assert.equal(service('other'), 'other');
  assert.equal(service('Web'), 'web');
  assert.equal(service('weber'), 'web');
  assert.equal(service('w'), 'w');
  assert.equal(nodes(execute(made, 'web')), 'a b');
  assert.equal(readExplained('x')(world().state).value, undefined);
  assert.equal(readExecution('x', LOCAL)(world().state).value, undefined);
});

test('the node that is asked for comes first, then the nearest', () => {
  const made = world(preparedQuery(1, { name: 'q' }, { ignoreCheckIds: ['c'], near: '_agent' }));
  const updates = Object.entries({ a: 9, b: 5, c: 8 }).map(([node, x]) => ({
    node,
    segment: '',
    coordinate: { vec: [x], error: 1, adjustment: 0, height: 0 },
  }));
  made.do({ type: 'coordinates.update', at: T0, updates });
  assert.equal(nodes(execute(made, 'q')), 'a c b');
  assert.equal(nodes(execute(made, 'q', { near: 'b' })), 'b c a');
  assert.equal(execute(made, 'q').ordered, true);
  assert.equal(execute(made, 'q', { near: 'nobody' }).ordered, false);
});

test('lists and single queries wake on theirs', () => {
  const made = world();
  const { id } = preparedQuery(1);
  const [list, one] = [readQueries(), readQuery(id)];
  assert.deepEqual([list(made.state).value, one(made.state).value], [[], undefined]);
  made.do({ type: 'query.set', at: T0, query: preparedQuery(1), mustExist: false });
  assert.equal(list(made.state).value.length, 1);
  assert.equal(one(made.state).value?.id, id);
  for (const key of [...list(made.state).keys, ...one(made.state).keys]) {
    assert.equal(made.state.indexOf(key), made.state.index);
  }
});

test('a query goes on in other regions where its next datacenter is one of theirs', () => {
  const datacenters = ['dc1', 'ohio', 'dc2', 'tokyo'];
  const query = (nearestN: number, ...named: readonly string[]): PreparedQueryFacts =>
    preparedQuery(
      1,
      { name: 'q' },
      { service: 'only-there', failover: { nearestN, datacenters: named } },
    );
  const rows: readonly [PreparedQueryFacts, string, number, readonly string[] | undefined][] = [
    [query(1), 'dc1', 0, ['ohio']],
    [query(2, 'tokyo', 'nowhere'), 'dc1', 0, ['ohio', 'dc2', 'tokyo']],
    [query(0, 'dc2', 'ohio'), 'dc2', 1, undefined],
    [query(0, 'tokyo'), 'dc1', 0, ['tokyo']],
  ];
  for (const [facts, datacenter, failovers, untried] of rows) {
    const found = execute(world(facts), 'q', { datacenters: () => datacenters });
    assert.deepEqual(
      [found.datacenter, found.failovers, found.untried],
      [datacenter, failovers, untried],
    );
  }
  const service = { ...query(0).service, nodeMeta: {}, tags: ['!v2'] };
  const here = readWanted({ ...service, service: 'web' }, 'dc1')(world().state).value;
  assert.deepEqual(
    here.map(({ node }) => node.name),
    ['a'],
  );
  assert.deepEqual(wantedBy({ ...service, nodeMeta: { rack: '7' } }, here), []);
});
