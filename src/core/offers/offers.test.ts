import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Millis } from '../../base/brand.ts';
import { jobOf, assignmentOf, groupOf, taskOf } from '../../../test/client-world.ts';
import { offerPlace } from '../../client/offer-place.ts';
import type { Alloc } from '../model/alloc.ts';
import type { ServiceFacts } from '../model/catalog.ts';
import type { AllocId, NodeId } from '../model/ids.ts';
import type { NodeFacts } from '../model/node.ts';
import type { Service } from '../model/service.ts';
import { canonicalizeService } from '../jobspec/canonicalize-service.ts';
import { newAlloc, type AllocRun } from '../runner/alloc.ts';
import type { TaskLife } from '../runner/task.ts';
import { allChecks, offersOf, type OfferPlace } from './offers.ts';

const ID = '219074bd-86b0-014f-9b30-f764281df05c' as AllocId;
const HANDLE = { driver: 'sim', version: 1, startedAt: 0 as Millis, state: {} };
const RUNNING: TaskLife = { phase: 'running', handle: HANDLE };
const NODE = {
  id: 'n' as NodeId,
  name: 'vm',
  datacenter: 'dc1',
  nodeClass: '',
  nodePool: 'default',
  attributes: { 'unique.network.ip-address': '10.0.0.7' },
  meta: { rack: 'r1' },
} as unknown as NodeFacts;

function service(more: Parameters<typeof canonicalizeService>[0], task?: string): Service {
  return canonicalizeService(more, {
    job: 'shop',
    group: 'web',
    ...(task === undefined ? {} : { task }),
  });
}

interface Wanted {
  readonly group?: readonly Service[];
  readonly task?: readonly Service[];
  readonly alloc?: Partial<Alloc>;
  readonly address?: string;
}

function placeOf({ group = [], task = [], alloc = {}, address = '' }: Wanted): OfferPlace {
  const whole = groupOf([taskOf('server', { services: task }), taskOf('side')], {
    services: group,
  });
  const job = jobOf(whole);
  const assigned = { ...assignmentOf(ID, 'n' as NodeId, job).alloc, ...alloc };
  const network = { namespace: '', interfaceName: 'eth0', address };
  return offerPlace({ alloc: assigned, job, group: whole, network }, { node: NODE, hostEnv: {} });
}

function runOf(lives: Readonly<Record<string, TaskLife>>, stage = 'running'): AllocRun {
  const run = newAlloc(['server', 'side'], { now: 0 as Millis, steady: 0 as Millis });
  const tasks = Object.entries(run.tasks).map(([name, task]) => [
    name,
    { ...task, life: lives[name] ?? task.life },
  ]);
  return {
    life: stage === 'running' ? { stage } : { stage: 'killing' },
    tasks: Object.fromEntries(tasks) as AllocRun['tasks'],
  };
}

const PORT = { label: 'http', value: 21_000, to: 8080, hostIp: '10.0.0.7', dynamic: true };

test('a service is offered while its task runs, and by the name its job gives it', () => {
  const place = placeOf({
    task: [service({ portLabel: 'http' }, 'server')],
    alloc: { ports: [PORT] },
  });
  assert.deepEqual(offersOf(place, runOf({})).services, []);
  const [offered] = offersOf(place, runOf({ server: RUNNING })).services;
  assert.equal(offered?.name, 'shop-web-server');
  assert.equal(offered.id, `_nomad-task-${ID}-server-shop-web-server-http`);
  assert.deepEqual([offered.address, offered.port], ['10.0.0.7', 21_000]);
  assert.equal(offered.allocId, ID);
  assert.deepEqual(offered.meta, { 'external-source': 'nomad' });
});

test('O1: what goes down is offered no longer', () => {
  const place = placeOf({ group: [service({})], task: [service({}, 'server')] });
  assert.equal(offersOf(place, runOf({ server: RUNNING })).services.length, 2);
  const draining: TaskLife = { phase: 'draining', handle: HANDLE, until: 9 as Millis, again: true };
  assert.deepEqual(offersOf(place, runOf({ server: draining })).services, []);
  assert.deepEqual(offersOf(place, runOf({ server: RUNNING }, 'killing')).services, []);
  const sideOnly = offersOf(place, runOf({ side: RUNNING })).services;
  assert.deepEqual(
    sideOnly.map(({ name }) => name),
    ['shop-web'],
  );
});

test('texts know ports, meta and the node; what means nothing stays', () => {
  const tags = ['urlprefix-/x', '${meta.rack}', 'p${NOMAD_PORT_http}', '${nope}'];
  const place = placeOf({ task: [service({ tags }, 'server')], alloc: { ports: [PORT] } });
  const [offered] = offersOf(place, runOf({ server: RUNNING })).services;
  assert.deepEqual(offered?.tags, ['urlprefix-/x', 'r1', 'p8080', '${nope}']);
});

test('canaries have tags of their own until they are promoted', () => {
  const written = service({ tags: ['live'], canaryTags: ['canary'] });
  const canary = { deploymentStatus: { canary: true } } as Partial<Alloc>;
  const tagsOf = (alloc: Partial<Alloc>): readonly string[] | undefined =>
    offersOf(placeOf({ group: [written], alloc }), runOf({ server: RUNNING })).services[0]?.tags;
  assert.deepEqual(tagsOf(canary), ['canary']);
  assert.deepEqual(tagsOf({}), ['live']);
});

test('where a service is reached', () => {
  const rows: readonly (readonly [Partial<Service>, string, string, number])[] = [
    [{ portLabel: 'http' }, '', '10.0.0.7', 21_000],
    [{ portLabel: 'http', addressMode: 'alloc' }, '172.26.0.2', '172.26.0.2', 8080],
    [{ portLabel: 'http', addressMode: 'host' }, '172.26.0.2', '10.0.0.7', 21_000],
    [{ portLabel: '9090', addressMode: 'driver' }, '172.26.0.2', '172.26.0.2', 9090],
    [{ portLabel: 'http', address: '203.0.113.9' }, '', '203.0.113.9', 21_000],
    [{}, '', '10.0.0.7', 0],
  ];
  for (const [written, address, host, port] of rows) {
    const place = placeOf({ group: [service(written)], alloc: { ports: [PORT] }, address });
    const seen: ServiceFacts | undefined = offersOf(place, runOf({ server: RUNNING })).services[0];
    assert.deepEqual([seen?.address, seen?.port], [host, port], JSON.stringify(written));
  }
});

test('a script of a group runs in the task that its service names, and nowhere without one', () => {
  const script = { type: 'script' as const, command: 'id', intervalMs: 5_000 };
  const named = service({ taskName: 'server', checks: [script] });
  const nameless = service({ name: 'other', checks: [script] });
  const { checks } = offersOf(placeOf({ group: [named, nameless] }), runOf({ server: RUNNING }));
  assert.deepEqual(
    checks.map(({ commandTask }) => commandTask),
    ['server'],
  );
});

test('an alias follows the instance of a service of its own allocation', () => {
  const alias = { type: 'alias' as const, aliasService: 'db' };
  const place = placeOf({ group: [service({ checks: [alias] }), service({ name: 'db' })] });
  const { services, checks } = offersOf(place, runOf({ server: RUNNING }));
  const probe = checks[0]?.definition.probe;
  assert.ok(probe?.kind === 'alias');
  assert.equal(probe.serviceId, services[1]?.id);
});

test('checks know where to look; scripts run in their task', () => {
  const written = service({
    portLabel: 'http',
    checks: [
      { type: 'http', path: '/health', intervalMs: 1_000, timeoutMs: 500 },
      { type: 'script', command: 'ok', args: ['-x'], taskName: 'server', intervalMs: 5_000 },
    ],
  });
  const place = placeOf({ group: [written], alloc: { ports: [PORT] } });
  const [http, script] = offersOf(place, runOf({ server: RUNNING })).checks;
  assert.equal(
    http?.definition.probe.kind === 'http' && http.definition.probe.url,
    'http://10.0.0.7:21000/health',
  );
  assert.deepEqual(script?.definition.probe, { kind: 'script', args: ['ok', '-x'] });
  assert.equal(script.commandTask, 'server');
  assert.deepEqual(
    allChecks(place).map(({ id }) => id),
    [http, script].map((each) => each?.definition.id),
  );
});
