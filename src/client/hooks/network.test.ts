import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seeded } from '../../base/random.ts';
import type { AllocId, NodeId } from '../../core/model/ids.ts';
import type { Driver, DriverCapabilities } from '../../ports/driver.ts';
import { SimClock } from '../../sim/clock.ts';
import { SimDriverNetworks } from '../../sim/driver-networks.ts';
import { SimDriver, SimTasks } from '../../sim/driver.ts';
import { SimNetworks } from '../../sim/networks.ts';
import { assignmentOf, groupOf, jobOf, taskOf } from '../../../test/client-world.ts';
import type { AllocScope } from './hook.ts';
import { networkHook } from './network.ts';

const A = 'a' as AllocId;
const NODE = 'n' as NodeId;
const never = new AbortController().signal;

/** An engine with containers and a driver of plain processes, with what they make. */
function world(): {
  networks: SimNetworks;
  engine: SimDriverNetworks;
  hook: ReturnType<typeof networkHook>;
} {
  const clock = new SimClock();
  const sim = new SimDriver('plain', { tasks: new SimTasks(clock, seeded('t')), clock });
  const image: DriverCapabilities = { ...sim.capabilities, fsIsolation: 'image' };
  const engine = new SimDriverNetworks();
  const box = Object.create(sim, {
    name: { value: 'box' },
    capabilities: { value: image },
    network: { value: engine },
  }) as Driver;
  const networks = new SimNetworks();
  const drivers = new Map<string, Driver>([
    ['plain', sim],
    ['box', box],
  ]);
  return { networks, engine, hook: networkHook({ networks, drivers, nodeId: () => NODE }) };
}

const look = (): never => assert.fail('the network looks at no task');

function scopeOf(mode: string, drivers: readonly string[]): AllocScope {
  const network = {
    ...{ mode, device: '', cidr: '', ip: '', hostname: 'inner', mbits: 0 },
    ...{ reservedPorts: [], dynamicPorts: [] },
  };
  const tasks = drivers.map((driver, i) => taskOf(`t${i}`, { driver }));
  const group = groupOf(tasks, { networks: [network] });
  const tell = (): void => assert.fail('the network tells nothing');
  return { ...assignmentOf(A, NODE, jobOf(group)), group, restored: false, look, tell };
}

const cases: [mode: string, drivers: string[], machine: boolean, engine: boolean][] = [
  ['host', ['box', 'plain'], false, false],
  ['bridge', ['plain', 'plain'], true, false],
  ['bridge', ['box'], false, false],
  ['bridge', ['box', 'box'], true, true],
  ['bridge', ['plain', 'box'], true, true],
  ['none', ['plain'], true, false],
  ['none', ['box'], false, true],
  ['none', ['box', 'box'], false, true],
  ['none', ['box', 'plain'], true, true],
];
for (const [mode, drivers, machine, engine] of cases) {
  test(`${mode} of ${drivers.join(', ')}`, async () => {
    const made = world();
    const scope = scopeOf(mode, drivers);
    await made.hook.prerun(scope, never);
    // HK1: the same again, as after a restart.
    await made.hook.prerun(scope, never);
    assert.deepEqual([made.networks.present.size, made.engine.present.size], [+machine, +engine]);
    assert.equal(scope.network !== undefined, machine);
    const joined = engine ? { driver: 'box', name: 'sim-a' } : undefined;
    assert.deepEqual(scope.driverNetwork, joined);
    if (machine && engine) assert.match(scope.network?.namespace ?? '', /netns\/\d+$/, 'lent');
    await made.hook.postrun(scope);
    assert.deepEqual([made.networks.present.size, made.engine.present.size], [0, 0]);
  });
}

test('the engine is told the address, the name and the node', async () => {
  const { engine, hook } = world();
  await hook.prerun(scopeOf('bridge', ['box', 'plain']), never);
  const wish = engine.present.get(A);
  assert.equal(wish?.hostname, 'inner');
  assert.equal(wish.nodeId, NODE);
  assert.match(wish.address, /^172\.26\.64\.\d+$/);
});

test('an engine that is away keeps nothing of the machine', async () => {
  const { engine, networks, hook } = world();
  const scope = scopeOf('bridge', ['box', 'plain']);
  await hook.prerun(scope, never);
  engine.away = true;
  await assert.rejects(hook.postrun(scope), /the engine is away/);
  assert.equal(networks.present.size, 0);
  await engine.sweep(NODE, () => true).catch(() => undefined);
  engine.away = false;
  await engine.sweep('other' as NodeId, () => true);
  assert.equal(engine.present.size, 1);
  await engine.sweep(NODE, (id) => id === A);
  assert.equal(engine.present.size, 0);
});
