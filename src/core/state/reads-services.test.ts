import assert from 'node:assert/strict';
import { test } from 'node:test';
import { machine, offer } from '../../../test/catalog-world.ts';
import {
  T0,
  World,
  allocId,
  applyPlan,
  jobSpec,
  nodeId,
  placement,
  plan,
  register,
  registerNode,
} from '../../../test/state-world.ts';
import type { ServiceFacts } from '../model/catalog.ts';
import { DEFAULT_NAMESPACE, type JobId, type Namespace } from '../model/ids.ts';
import {
  chosen,
  readJobServices,
  readServiceByName,
  readServicesOfAlloc,
  readServicesOfJob,
} from './reads-services.ts';

/** Two allocations of a job, each with a service of Nomad's and one of Consul's. */
function world(): World {
  const made = new World();
  made.do(registerNode(1));
  made.do(register(jobSpec('shop'), 1));
  const placements = [placement(1, nodeId(1)), placement(2, nodeId(1))];
  made.do(applyPlan(plan('shop', { placements })));
  const services: ServiceFacts[] = [1, 2].flatMap((n) => [
    offer('web', { id: `w${n}`, port: 8000 + n, allocId: allocId(n), provider: 'nomad' }),
    offer('web-consul', { id: `c${n}`, allocId: allocId(n) }),
  ]);
  const node = machine('machine');
  const checks = [] as const;
  made.do({ type: 'catalog.register', at: T0, node, skipNodeUpdate: false, services, checks });
  return made;
}

test('only services of jobs that chose it, by namespace and name', () => {
  const { state } = world();
  const ids = (rows: readonly { readonly service: { readonly id: string } }[]): string =>
    rows.map(({ service }) => service.id).join(' ');
  assert.equal(ids(readJobServices(undefined)(state).value), 'w1 w2');
  assert.equal(ids(readJobServices(DEFAULT_NAMESPACE)(state).value), 'w1 w2');
  assert.equal(ids(readJobServices('other' as Namespace)(state).value), '');
  assert.equal(ids(readServiceByName(DEFAULT_NAMESPACE, 'web')(state).value), 'w1 w2');
  assert.equal(ids(readServiceByName(DEFAULT_NAMESPACE, 'Web')(state).value), '');
  assert.equal(ids(readServiceByName(DEFAULT_NAMESPACE, 'web-consul')(state).value), '');
  assert.equal(ids(readServicesOfAlloc(allocId(2))(state).value), 'w2');
  assert.equal(ids(readServicesOfJob(DEFAULT_NAMESPACE, 'shop' as JobId)(state).value), 'w1 w2');
  assert.equal(ids(readServicesOfJob(DEFAULT_NAMESPACE, 'none' as JobId)(state).value), '');
});

test('a read of one service wakes for it and for no other', () => {
  const made = world();
  const before = made.state;
  const node = machine('machine');
  const other = offer('db', { id: 'd' });
  const entry = { type: 'catalog.register', at: T0, node, skipNodeUpdate: true } as const;
  made.do({ ...entry, services: [other], checks: [] });
  const [key] = readServiceByName(DEFAULT_NAMESPACE, 'web')(made.state).keys;
  assert.ok(key !== undefined);
  assert.equal(made.state.indexOf(key), before.indexOf(key));
  made.do({ type: 'catalog.deregister', at: T0, node: 'machine', serviceIds: ['w1'] });
  assert.ok(made.state.indexOf(key) > before.indexOf(key));
});

test('the same few are chosen for the same one, and few others when one goes', () => {
  const all = readJobServices(undefined)(world().state).value;
  const many = Array.from({ length: 20 }, (_, n) => {
    const [first] = all;
    assert.ok(first !== undefined);
    return { ...first, service: { ...first.service, id: `i${n}` } };
  });
  const ids = (rows: readonly { readonly service: { readonly id: string } }[]): string[] =>
    rows.map(({ service }) => service.id);
  const three = ids(chosen(many, { count: 3, by: 'me' }));
  assert.equal(three.length, 3);
  assert.deepEqual(ids(chosen([...many].reverse(), { count: 3, by: 'me' })), three);
  assert.notDeepEqual(ids(chosen(many, { count: 3, by: 'you' })), three);
  const rest = many.filter(({ service }) => service.id !== three[0]);
  assert.deepEqual(ids(chosen(rest, { count: 3, by: 'me' })).slice(0, 2), three.slice(1));
  assert.equal(chosen(many, { count: 99, by: 'me' }).length, 20);
});
