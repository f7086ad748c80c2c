import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SchedulerWorld } from '../../../../test/scheduler-world.ts';
import { group, nodeFacts, nodeId, registerNode, task } from '../../../../test/state-world.ts';
import { seeded } from '../../../base/random.ts';
import type { NetworkRequest, PortRequest } from '../../model/network.ts';
import { DEFAULT_SCHEDULER_CONFIG } from '../../model/scheduler-config.ts';
import type { Task } from '../../model/task.ts';
import type { TaskGroup } from '../../model/task-group.ts';
import type { Ledger } from '../ledger.ts';
import { compileAsk } from './ask.ts';
import { exhaustion, portsOn, resourcesOn } from './fit.ts';

function ports(...requests: Partial<PortRequest>[]): NetworkRequest {
  const full = requests.map((r) => ({ label: 'p', value: 0, to: 0, hostNetwork: '', ...r }));
  return {
    mode: '',
    device: '',
    cidr: '',
    ip: '',
    hostname: '',
    mbits: 0,
    reservedPorts: full.filter((port) => port.value !== 0),
    dynamicPorts: full.filter((port) => port.value === 0),
  };
}

function sized(resources: Partial<Task['resources']>, more: Partial<Task> = {}): Task {
  return task({ ...more, resources: { ...task().resources, ...resources } });
}

/** A node of 4 cores and 1,000 of everything, with three dynamic ports on each of two addresses. */
function stand(): { ledger: Ledger; slot: number } {
  const world = new SchedulerWorld();
  const network = { mode: 'host', device: 'a', ip: '10.0.0.1', cidr: '', mbits: 0 };
  world.do(
    registerNode(1, {
      resources: {
        ...nodeFacts(1).resources,
        cpu: 1_000,
        cores: 4,
        memoryMb: 1_000,
        diskMb: 1_000,
        dynamicPortMin: 20_000,
        dynamicPortMax: 20_002,
        networks: [network, { ...network, device: 'b', ip: '10.0.1.1' }],
      },
      hostNetworks: {
        public: { name: 'public', cidr: '10.0.1.0/24', interface: '', reservedPorts: [443] },
      },
      reserved: { cpu: 100, memoryMb: 0, diskMb: 0, ports: [22] },
    }),
  );
  return { ledger: world.ledger, slot: world.ledger.slotOf(nodeId(1)) ?? -1 };
}

function verdict(asked: TaskGroup): string {
  const { ledger, slot } = stand();
  const ask = compileAsk(asked, DEFAULT_SCHEDULER_CONFIG);
  return exhaustion(ledger, slot, ask, asked) ?? 'fits';
}

test('each dimension is named when it is exhausted', () => {
  const net = (...requests: Partial<PortRequest>[]): TaskGroup =>
    group({ networks: [ports(...requests)] });
  const of = (resources: Partial<Task['resources']>): TaskGroup =>
    group({ tasks: [sized(resources)] });
  const disk = (sizeMb: number): TaskGroup =>
    group({ ephemeralDisk: { sizeMb, sticky: false, migrate: false } });
  const rows: readonly (readonly [TaskGroup, string])[] = [
    [of({ cpu: 900 }), 'fits'],
    [of({ cpu: 901 }), 'cpu'],
    [of({ cpu: 0, cores: 3 }), 'fits'],
    [of({ cpu: 0, cores: 4 }), 'cpu'],
    [of({ cpu: 0, cores: 5 }), 'cores'],
    [of({ memoryMb: 1_001 }), 'memory'],
    [disk(1_001), 'disk'],
    [net({}, {}, {}), 'fits'],
    [net({}, {}, {}, {}), 'network: dynamic port selection failed'],
    [net({ value: 22, label: 'ssh' }), 'network: reserved port collision ssh=22'],
    [net({ value: 443 }), 'fits'],
    [net({ value: 443, hostNetwork: 'public' }), 'network: reserved port collision p=443'],
    [net({ value: 80 }, { value: 80, label: 'q' }), 'network: reserved port collision q=80'],
    [net({ value: 80 }, { value: 80, hostNetwork: 'public' }), 'fits'],
    [net({ value: 20_000 }, {}, {}), 'fits'],
    [net({ value: 20_000 }, {}, {}, {}), 'network: dynamic port selection failed'],
  ];
  for (const [asked, expected] of rows) assert.equal(verdict(asked), expected);
});

test('ports are given on the address that was asked for', () => {
  const { ledger, slot } = stand();
  const asked = group({
    networks: [ports({ label: 'a', value: 80, to: 8_080 }, { label: 'b', to: -1 })],
    tasks: [sized({ networks: [ports({ label: 'c', hostNetwork: 'public' })] })],
  });
  const ask = compileAsk(asked, DEFAULT_SCHEDULER_CONFIG);
  const given = portsOn(ledger, slot, ask, seeded('x'));
  const [a, b, c] = given;
  assert.deepEqual(a, { label: 'a', value: 80, to: 8_080, hostIp: '10.0.0.1', dynamic: false });
  assert.ok(b && b.value >= 20_000 && b.value <= 20_002 && b.to === b.value && b.dynamic);
  assert.ok(c?.hostIp === '10.0.1.1' && c.task === 'server');
});

test('all dynamic ports of one instance differ, also when hardly any are left', () => {
  for (let seed = 0; seed < 50; seed++) {
    const { ledger, slot } = stand();
    const asked = group({ networks: [ports({ value: 20_001 }, {}, {})] });
    const ask = compileAsk(asked, DEFAULT_SCHEDULER_CONFIG);
    const given = portsOn(ledger, slot, ask, seeded(`${seed}`)).map((port) => port.value);
    assert.deepEqual([...given].sort(), [20_000, 20_001, 20_002]);
  }
});

test('whole cores are given by number, and cost what they are worth', () => {
  const { ledger, slot } = stand();
  const asked = group({ tasks: [sized({ cpu: 0, cores: 2 })] });
  const ask = compileAsk(asked, DEFAULT_SCHEDULER_CONFIG);
  const first = resourcesOn(ledger, slot, ask, asked);
  assert.deepEqual([first.cpu, first.cores], [500, [0, 1]]);
  ledger.hold(slot, { resources: first, ports: [] });
  assert.equal(exhaustion(ledger, slot, ask, asked), 'cpu');
  const one = group({ tasks: [sized({ cpu: 0, cores: 1 })] });
  const next = resourcesOn(ledger, slot, compileAsk(one, DEFAULT_SCHEDULER_CONFIG), one);
  assert.deepEqual(next.cores, [2]);
});

test('tasks that do not run together share their room', () => {
  const hook = (cpu: number, lifecycle: Task['lifecycle']): Task =>
    sized({ cpu, memoryMb: 10 }, lifecycle === undefined ? {} : { lifecycle });
  const tasks = [
    hook(300, { hook: 'prestart', sidecar: false }),
    hook(50, { hook: 'prestart', sidecar: true }),
    hook(100, undefined),
    hook(120, { hook: 'poststart', sidecar: false }),
    hook(10, { hook: 'poststop', sidecar: false }),
  ];
  const { resources } = compileAsk(group({ tasks }), DEFAULT_SCHEDULER_CONFIG);
  assert.equal(resources.cpu, 350);
  assert.equal(resources.memoryMb, 30);
});

test('memory may grow only where the operator allows it', () => {
  const asked = group({ tasks: [sized({ memoryMb: 100, memoryMaxMb: 400 })] });
  const most = (memoryOversubscription: boolean): number =>
    compileAsk(asked, { ...DEFAULT_SCHEDULER_CONFIG, memoryOversubscription }).resources
      .memoryMaxMb;
  assert.deepEqual([most(false), most(true)], [100, 400]);
});
