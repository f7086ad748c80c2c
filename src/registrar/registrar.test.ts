import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { Index } from '../base/brand.ts';
import { Failure } from '../base/failure.ts';
import { seeded } from '../base/random.ts';
import type { AllocId } from '../core/model/ids.ts';
import type { CheckDefinition, HealthStatus } from '../core/model/health-check.ts';
import { checkDefinition } from '../core/registration/check-definition.ts';
import { serviceRegistration } from '../core/registration/service-registration.ts';
import { checkWish, serviceWish } from '../core/registration/wish.fixture.ts';
import type { CheckWish, ServiceWish } from '../core/registration/wish.ts';
import type { Entry } from '../core/state/entry.ts';
import type { Outcome } from '../core/state/outcome.ts';
import { systemClock } from '../io/clock.ts';
import { entryCodec } from '../io/log/entry-codec.ts';
import type { CatalogLink } from '../ports/catalog-link.ts';
import type { ProbeResult } from '../ports/check-probes.ts';
import type { AllocCheckStatus, ServiceRegistration } from '../ports/registrar.ts';
import { ServerCatalogLink } from '../server/catalog-link.ts';
import { Replica } from '../server/replica.ts';
import { Server } from '../server/server.ts';
import { SimLogCell } from '../sim/log.ts';
import { SimStateFiles } from '../sim/state-files.ts';
import type { RegistrarOptions } from './registrar-options.ts';
import { AgentRegistrar } from './registrar.ts';

const NODE = {
  name: 'n1',
  id: '2f6a1a4e-8a3f-4a7e-9c60-0f0b2a3f4c5d',
  address: '10.0.0.1',
  datacenter: 'dc1',
  taggedAddresses: { lan: '10.0.0.1' },
  meta: {},
};

const OPTIONS: RegistrarOptions = {
  node: NODE,
  ownServices: [],
  scriptChecks: 'none',
  checkUpdateIntervalMs: 300_000,
  registrations: { services: [], checks: [] },
};

/** Servers that live as long as the test. */
class Servers implements AsyncDisposable {
  readonly replica = new Replica();
  readonly link: CatalogLink;
  /** While true, nothing gets through. */
  isAway = false;
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;
  readonly #server: Server;

  constructor() {
    const cell = new SimLogCell<Entry>({ codec: entryCodec<Entry>(), random: seeded('log') });
    const log = cell.member<Outcome>(this.replica.apply, 0 as Index);
    cell.elect(log);
    this.#server = new Server(
      {},
      {
        log,
        replica: this.replica,
        clock: systemClock,
        random: seeded('server'),
        newId: randomUUID,
        note: () => undefined,
        servers: () => [],
      },
    );
    const direct = new ServerCatalogLink(this.#server.operations);
    const gate = <T>(call: () => Promise<T>): Promise<T> =>
      this.isAway ? Promise.reject(new Failure('unavailable', 'no server')) : call();
    this.link = {
      register: (rows) => gate(() => direct.register(rows)),
      deregister: (rows) => gate(() => direct.deregister(rows)),
      deregisterNode: (node) => gate(() => direct.deregisterNode(node)),
      watchNode: (node, after, signal) => gate(() => direct.watchNode(node, after, signal)),
    };
    this.#running = this.#server.run(this.#stop.signal);
  }

  get catalog(): Server['operations']['catalog'] {
    return this.#server.operations.catalog;
  }

  /** What is offered, with the status of each check. */
  services(): readonly string[] {
    return [...this.replica.state.servicesOnNode('n1')].map(({ id }) => id);
  }

  status(id: string): HealthStatus | undefined {
    return this.replica.state.check('n1', id)?.status;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }
}

interface Agent extends AsyncDisposable {
  readonly registrar: AgentRegistrar;
  readonly lines: string[];
  /** What probes find from now on. */
  found: ProbeResult;
  runs: number;
}

async function agent(
  servers: Servers,
  files = new SimStateFiles(),
  over: Partial<RegistrarOptions> = {},
): Promise<Agent> {
  const lines: string[] = [];
  const made = { lines, found: { status: 'passing', output: 'up' }, runs: 0 } as const;
  const state: { found: ProbeResult; runs: number } = { ...made };
  const registrar = await AgentRegistrar.open(
    { ...OPTIONS, ...over },
    {
      link: servers.link,
      files,
      clock: systemClock,
      random: seeded(String(Math.random())),
      log: (line) => lines.push(line),
      probes: {
        run: () => {
          state.runs += 1;
          return Promise.resolve(state.found);
        },
      },
    },
  );
  const stop = new AbortController();
  const running = registrar.run(stop.signal);
  return {
    registrar,
    lines,
    get found() {
      return state.found;
    },
    set found(found) {
      state.found = found;
    },
    get runs() {
      return state.runs;
    },
    async [Symbol.asyncDispose]() {
      stop.abort();
      await running;
    },
  };
}

async function until(what: string, look: () => boolean): Promise<void> {
  const deadline = Date.now() + 60_000;
  while (!look()) {
    if (Date.now() > deadline) throw new Error(`never happened: ${what}`);
    await delay(5);
  }
}

function service(over: Partial<ServiceWish> = {}): ServiceRegistration {
  const settled = serviceRegistration(serviceWish(over));
  assert.ok('made' in settled);
  return settled.made;
}

function check(over: Partial<CheckWish>): CheckDefinition {
  const settled = checkDefinition(checkWish(over), { id: '', name: '', serviceId: '' });
  assert.ok('made' in settled);
  return settled.made;
}

const TTL = checkWish({ ttlMs: 60_000 });
const KEEP = { replaceChecks: false };

test('a service is in the catalog when its registration is answered, and out of it when it goes', async () => {
  await using servers = new Servers();
  await using one = await agent(servers);
  const { registrar } = one;
  await registrar.registerService(service({ port: 80, check: TTL }), KEEP);
  assert.deepEqual(servers.services(), ['web']);
  assert.equal(servers.status('service:web'), 'critical');
  assert.equal(servers.status('serfHealth'), 'passing');
  await registrar.reportTtl('service:web', 'passing', 'fine');
  assert.equal(servers.status('service:web'), 'passing');
  await registrar.deregisterService('web');
  assert.deepEqual(servers.services(), []);
  assert.equal(servers.status('service:web'), undefined);
  await assert.rejects(registrar.deregisterService('web'), /Unknown service ID "web"/);
  await assert.rejects(registrar.reportTtl('x', 'passing', ''), /Unknown check ID "x"/);
});

test('what others change or take away is put back, tags of those that let them excepted', async () => {
  await using servers = new Servers();
  await using one = await agent(servers);
  const { service: facts, checks } = service({ port: 80 });
  await one.registrar.registerService({ service: facts, checks }, KEEP);
  const open = { ...facts, id: 'open', enableTagOverride: true };
  await one.registrar.registerService({ service: open, checks: [] }, KEEP);
  const foreign = { ...facts, id: 'foreign' };
  await servers.catalog.register({
    node: NODE,
    skipNodeUpdate: true,
    services: [{ ...facts, port: 1 }, { ...open, tags: ['theirs'] }, foreign],
    checks: [],
  });
  const port = (): number | undefined => servers.replica.state.service('n1', 'web')?.port;
  await until('everything is put back', () => port() === 80 && servers.services().length === 2);
  assert.deepEqual(servers.replica.state.service('n1', 'open')?.tags, ['theirs']);
  assert.deepEqual(one.registrar.service('open')?.facts.tags, ['theirs']);
  await servers.catalog.deregister({ node: 'n1' });
  await until('the node is back', () => servers.services().length === 2);
  assert.equal(servers.status('serfHealth'), 'passing');
});

test('registrations, reports and maintenance survive a restart, and nothing flaps', async () => {
  await using servers = new Servers();
  const files = new SimStateFiles();
  {
    await using one = await agent(servers, files);
    await one.registrar.registerService(service({ check: TTL }), KEEP);
    await one.registrar.registerCheck(check({ name: 'disk', tcp: 'a:1', intervalMs: 1_000 }));
    await one.registrar.registerCheck(check({ id: 'own', serviceId: 'web', ttlMs: 60_000 }));
    await one.registrar.reportTtl('service:web', 'warning', 'so-so');
    await one.registrar.setServiceMaintenance('web', 'new version');
    await one.registrar.setNodeMaintenance('');
    await until('the check ran', () => servers.status('disk') === 'passing');
  }
  const before = servers.replica.state.index;
  await using two = await agent(servers, files);
  const ids = two.registrar.checks().map(({ facts }) => facts.id);
  const all = ['_node_maintenance', '_service_maintenance:web', 'disk', 'own', 'service:web'];
  assert.deepEqual(ids, all);
  assert.equal(two.registrar.check('service:web')?.facts.status, 'warning');
  assert.equal(two.registrar.check('_service_maintenance:web')?.facts.notes, 'new version');
  await until('the first check ran again', () => two.runs > 0);
  assert.equal(two.registrar.check('disk')?.facts.status, 'passing');
  assert.equal(servers.replica.state.index, before, 'nothing was told anew');
  await two.registrar.setServiceMaintenance('web', undefined);
  await two.registrar.setNodeMaintenance(undefined);
  assert.equal(servers.status('_service_maintenance:web'), undefined);
  await two.registrar.deregisterService('web');
  await two.registrar.deregisterCheck('disk');
  assert.deepEqual([...files.files.keys()], []);
});

test('files that make no sense are set aside, and the rest counts', async () => {
  await using servers = new Servers();
  const files = new SimStateFiles();
  await files.write('services/a.json', new TextEncoder().encode('{"service":'), true);
  await files.write('checks/b.json', new TextEncoder().encode('{"check":{}}'), true);
  await using one = await agent(servers, files);
  assert.equal(one.lines.length, 2);
  assert.deepEqual(one.registrar.services(), []);
  await one.registrar.registerService(service(), KEEP);
  assert.deepEqual(servers.services(), ['web']);
});

test('RG1: a full disk registers nothing', async () => {
  await using servers = new Servers();
  const files = new SimStateFiles();
  await using one = await agent(servers, files);
  files.full = true;
  await assert.rejects(one.registrar.registerService(service(), KEEP), /no space left/);
  assert.deepEqual(one.registrar.services(), []);
  files.full = false;
  await one.registrar.registerService(service(), KEEP);
  assert.deepEqual(servers.services(), ['web']);
});

test('RG3: registering again keeps what checks know; checks go only where that is asked for', async () => {
  await using servers = new Servers();
  await using one = await agent(servers);
  const { registrar } = one;
  await registrar.registerService(service({ checks: [TTL, TTL] }), KEEP);
  await registrar.reportTtl('service:web:1', 'passing', 'ok');
  const index = servers.replica.state.index;
  await registrar.registerService(service({ checks: [TTL, TTL] }), KEEP);
  assert.equal(servers.replica.state.index, index);
  const slower = checkWish({ id: 'service:web:1', ttlMs: 90_000 });
  await registrar.registerService(service({ checks: [slower] }), KEEP);
  assert.equal(servers.status('service:web:1'), 'passing');
  assert.equal(registrar.checks().length, 2);
  await registrar.registerService(service({ checks: [slower] }), { replaceChecks: true });
  assert.deepEqual(
    registrar.checks().map(({ facts }) => facts.id),
    ['service:web:1'],
  );
  assert.equal(servers.status('service:web:2'), undefined);
});

test('a change of the output alone is not told at once, a change of status is', async () => {
  await using servers = new Servers();
  await using one = await agent(servers);
  await one.registrar.registerService(service({ check: TTL }), KEEP);
  await one.registrar.reportTtl('service:web', 'passing', 'first');
  const output = (): string | undefined => servers.replica.state.check('n1', 'service:web')?.output;
  assert.equal(output(), 'first');
  await one.registrar.reportTtl('service:web', 'passing', 'second');
  await one.registrar.registerService(service({ name: 'other' }), KEEP);
  assert.equal(output(), 'first');
  assert.equal(one.registrar.check('service:web')?.facts.output, 'second');
  await one.registrar.reportTtl('service:web', 'critical', 'third');
  assert.equal(output(), 'third');
  await using eager = await agent(servers, new SimStateFiles(), { checkUpdateIntervalMs: 0 });
  await eager.registrar.registerService(service({ check: TTL }), KEEP);
  await eager.registrar.reportTtl('service:web', 'critical', 'a');
  await eager.registrar.reportTtl('service:web', 'critical', 'b');
  await until('the output is told', () => output() === 'b');
});

test('while the servers are away, changes wait and are told afterwards', async () => {
  await using servers = new Servers();
  await using one = await agent(servers);
  await one.registrar.registerService(service(), KEEP);
  servers.isAway = true;
  await one.registrar.registerService(service({ name: 'db' }), KEEP);
  await one.registrar.deregisterService('web');
  assert.deepEqual(servers.services(), ['web']);
  servers.isAway = false;
  await until('they were told', () => servers.services().join() === 'db');
});

test('commands are run only where they may be', async () => {
  await using servers = new Servers();
  const script = checkWish({ args: ['true'], intervalMs: 1_000 });
  await using none = await agent(servers);
  await assert.rejects(
    none.registrar.registerService(service({ check: script }), KEEP),
    /disabled/,
  );
  await assert.rejects(none.registrar.registerCheck(check({ ...script, name: 's' })), /disabled/);
  const registrations = { services: [service({ check: script })], checks: [] };
  await assert.rejects(agent(servers, new SimStateFiles(), { registrations }), /disabled/);
  const local = { scriptChecks: 'local', registrations } as const;
  await using some = await agent(servers, new SimStateFiles(), local);
  await assert.rejects(
    some.registrar.registerCheck(check({ ...script, name: 's' })),
    /remote calls/,
  );
  await until('it ran', () => servers.status('service:web') === 'passing');
});

test('files of the configuration count until they no longer say so', async () => {
  await using servers = new Servers();
  const registrations = {
    services: [service({ check: TTL })],
    checks: [
      check({ name: 'node', ttlMs: 1_000 }),
      check({ name: 'x', serviceId: 'no', ttlMs: 1 }),
    ],
  };
  await using one = await agent(servers, new SimStateFiles(), { registrations });
  await until('it is registered', () => servers.services().length === 1);
  assert.match(one.lines.join('\n'), /check "x" is left out/);
  await one.registrar.registerService(service({ name: 'mine' }), KEEP);
  await one.registrar.reload({ services: [service({ name: 'db' })], checks: [] });
  assert.deepEqual(servers.services(), ['db', 'mine']);
  assert.equal(servers.status('node'), undefined);
});

test('an alias follows what it stands for, here and elsewhere', async () => {
  await using servers = new Servers();
  await using one = await agent(servers);
  const { registrar } = one;
  const alias = (over: Partial<CheckWish>): CheckDefinition => check({ name: 'a', ...over });
  await registrar.registerCheck(alias({ id: 'here', aliasService: 'web' }));
  assert.equal(servers.status('here'), 'critical', 'no such service');
  await registrar.registerService(service({ check: TTL }), KEEP);
  await registrar.reportTtl('service:web', 'passing', '');
  await until('it passes', () => servers.status('here') === 'passing');
  await registrar.registerCheck(alias({ id: 'there', aliasNode: 'N2', aliasService: 'db' }));
  await until('nobody is there', () => servers.status('there') === 'critical');
  const db = service({ name: 'db' }).service;
  const node = { ...NODE, name: 'n2', id: '' };
  await servers.catalog.register({ node, skipNodeUpdate: false, services: [db], checks: [] });
  await until('somebody is there', () => servers.status('there') === 'passing');
  await registrar.deregisterCheck('there');
  await registrar.registerService(service({ check: checkWish({ aliasService: 'web' }) }), KEEP);
  assert.equal(servers.status('service:web'), 'passing', 'an alias of itself holds nobody back');
});

test('aliases of their own machine do not hold each other back', async () => {
  await using servers = new Servers();
  await using one = await agent(servers);
  const { registrar } = one;
  await registrar.registerCheck(check({ id: 'node', ttlMs: 60_000 }));
  for (const [id, aliasNode] of [
    ['a', 'N1'],
    ['b', 'n1'],
  ] as const) {
    await registrar.registerCheck(check({ id, aliasNode }));
    await until(`${id} follows`, () => servers.status(id) === 'critical');
  }
  await registrar.reportTtl('node', 'passing', '');
  for (const id of ['a', 'b']) await until(`${id} is well`, () => servers.status(id) === 'passing');
});

test('a leaving agent takes its node along', async () => {
  await using servers = new Servers();
  await using one = await agent(servers);
  await one.registrar.registerService(service(), KEEP);
  await one.registrar.leave();
  assert.equal(servers.replica.state.catalogNode('n1'), undefined);
  await delay(200);
  assert.equal(servers.replica.state.catalogNode('n1'), undefined);
});

const ALLOC = 'aaaaaaaa-0000-4000-8000-000000000001' as AllocId;

test('an allocation without a row is left out, asked for again, and never in the way', async () => {
  await using servers = new Servers();
  await using one = await agent(servers);
  const { service: facts } = service({ name: 'job-web' });
  const told: AllocCheckStatus[] = [];
  const definition = check({
    id: 'c',
    name: 'c',
    serviceId: 'job-web',
    tcp: 'a:1',
    intervalMs: 1_000,
  });
  const registration = { allocId: ALLOC, services: [facts], checks: [{ definition }] };
  await one.registrar.registerAlloc(registration, (status) => told.push(status));
  assert.deepEqual(servers.services(), []);
  assert.deepEqual(told[0]?.known, false);
  await until('the check ran', () => told.at(-1)?.status === 'passing');
  assert.equal(told.at(-1)?.known, true);
  await assert.rejects(one.registrar.deregisterService('job-web'), /belongs to allocation/);
  await one.registrar.registerService(service(), KEEP);
  assert.deepEqual(servers.services(), ['web']);
  await one.registrar.deregisterAlloc(ALLOC, AbortSignal.timeout(5_000));
  assert.deepEqual(
    one.registrar.services().map((each) => each.facts.id),
    ['web'],
  );
});

test('a job\u2019s commands are not run on the machine; its ttl checks are reported', async () => {
  await using servers = new Servers();
  await using one = await agent(servers);
  const { registrar } = one;
  const stray = check({ id: 'c', serviceId: 'web', args: ['x'], intervalMs: 1_000 });
  const none = { allocId: ALLOC, services: [service().service], checks: [{ definition: stray }] };
  await assert.rejects(
    registrar.registerAlloc(none, () => undefined),
    /a command without a task/,
  );
  assert.deepEqual(registrar.services(), []);
  const definition = check({ id: 'beat', serviceId: 'web', ttlMs: 60_000 });
  const told: unknown[] = [];
  await registrar.registerAlloc(
    { ...none, checks: [{ definition }] },
    ({ status, known, output }) => told.push([status, known, output]),
  );
  await registrar.reportTtl('beat', 'passing', 'well');
  assert.deepEqual(told, [
    ['critical', false, ''],
    ['passing', true, 'well'],
  ]);
  await registrar.deregisterAlloc(ALLOC, AbortSignal.timeout(5_000));
  assert.equal(registrar.check('beat'), undefined);
});

test('a check of somebody\u2019s own making is run instead of the probe', async () => {
  await using servers = new Servers();
  await using one = await agent(servers);
  const { service: facts } = service();
  const definition = check({ id: 'c', serviceId: 'web', args: ['x'], intervalMs: 1_000 });
  let last: AllocCheckStatus | undefined;
  const run = (): Promise<ProbeResult> => Promise.resolve({ status: 'warning', output: 'mine' });
  await one.registrar.registerAlloc(
    { allocId: ALLOC, services: [facts], checks: [{ definition, run }] },
    (status) => (last = status),
  );
  await until('it ran', () => last?.output === 'mine');
  assert.equal(one.runs, 0);
});
