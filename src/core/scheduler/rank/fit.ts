/**
 * Whether one node has room for one ask, and what exactly it would be given.
 *
 * Dimensions are named as Nomad names them; `network: reserved port collision http=8081` tells
 * which port it was.
 */
import { assert } from '../../../base/assert.ts';
import type { Random } from '../../../base/random.ts';
import type { AllocResources } from '../../model/alloc.ts';
import type { AssignedPort } from '../../model/network.ts';
import type { TaskGroup } from '../../model/task-group.ts';
import { assignDevices } from '../feasible/device.ts';
import { hostNetworkIp, type Ledger } from '../ledger.ts';
import { isDefaultNetwork, type Ask, type PortAsk } from './ask.ts';

/** Names the first dimension in which the node is exhausted; undefined where the ask fits. */
export function exhaustion(
  ledger: Ledger,
  slot: number,
  ask: Ask,
  group: TaskGroup,
): string | undefined {
  const { resources } = ask;
  if (ask.ports.length > 0) {
    const reason = portExhaustion(ledger, slot, ask);
    if (reason !== undefined) return reason;
  }
  if (ask.wantsDevices || ask.cores > 0) {
    const reason = unitExhaustion(ledger, slot, ask, group);
    if (reason !== undefined) return reason;
  }
  const cpu = ask.cores === 0 ? resources.cpu : resources.cpu + ask.cores * cpuOfCore(ledger, slot);
  if (at(ledger.cpuUsed, slot) + cpu > at(ledger.cpuTotal, slot)) return 'cpu';
  if (at(ledger.memoryUsed, slot) + resources.memoryMb > at(ledger.memoryTotal, slot)) {
    return 'memory';
  }
  if (at(ledger.diskUsed, slot) + resources.diskMb > at(ledger.diskTotal, slot)) return 'disk';
  return undefined;
}

/** What a placement would be given; only asked where nothing is exhausted. */
export function resourcesOn(
  ledger: Ledger,
  slot: number,
  ask: Ask,
  group: TaskGroup,
): AllocResources {
  if (!ask.wantsDevices && ask.cores === 0) return ask.resources;
  const devices = assignDevices(ledger.nodeAt(slot), group, (unit) => ledger.unitUsers(slot, unit));
  assert(devices !== undefined, 'the devices were free a moment ago');
  return {
    ...ask.resources,
    cpu: ask.resources.cpu + ask.cores * cpuOfCore(ledger, slot),
    cores: freeCores(ledger, slot).slice(0, ask.cores),
    devices,
  };
}

/** Picks every port; only asked where nothing is exhausted. */
export function portsOn(
  ledger: Ledger,
  slot: number,
  ask: Ask,
  random: Random,
): readonly AssignedPort[] {
  if (ask.ports.length === 0) return NO_PORTS;
  const assigned: AssignedPort[] = [];
  for (const want of ask.ports) {
    const hostIp = addressOf(ledger, slot, want);
    assert(hostIp !== undefined, 'a node without the host network was filtered');
    const value =
      want.value === 0 ? drawPort(ledger, slot, hostIp, { assigned, random }) : want.value;
    assert(value !== undefined, 'a dynamic port was free a moment ago');
    assigned.push(assignedPort(want, value, hostIp));
  }
  return assigned;
}

function addressOf(ledger: Ledger, slot: number, want: PortAsk): string | undefined {
  if (isDefaultNetwork(want.hostNetwork)) return ledger.addressAt(slot);
  return hostNetworkIp(ledger.nodeAt(slot), want.hostNetwork);
}

const NO_PORTS: readonly AssignedPort[] = [];

/** One of the address's free ports that the same placement has not taken already. */
function drawPort(
  ledger: Ledger,
  slot: number,
  hostIp: string,
  { assigned, random }: { assigned: readonly AssignedPort[]; random: Random },
): number | undefined {
  const set = ledger.portsAt(slot, hostIp);
  if (assigned.length === 0) return set.draw(random.next());
  const mine = assigned.filter((port) => port.hostIp === hostIp).map((port) => port.value);
  return set.draw(random.next(), mine);
}

function assignedPort(want: PortAsk, value: number, hostIp: string): AssignedPort {
  const to = want.to === -1 ? value : want.to;
  const port = { label: want.label, value, to, hostIp, dynamic: want.value === 0 };
  return want.task === undefined ? port : { ...port, task: want.task };
}

function portExhaustion(ledger: Ledger, slot: number, ask: Ask): string | undefined {
  if (ask.onlyDynamic) {
    return ledger.portsAt(slot, '').dynamicFree < ask.dynamicCount ? NO_DYNAMIC_PORT : undefined;
  }
  const mine = new Map<string, number[]>();
  for (const want of ask.ports) {
    const hostIp = addressOf(ledger, slot, want);
    if (hostIp === undefined) return NO_DYNAMIC_PORT;
    const set = ledger.portsAt(slot, hostIp);
    const taken = mine.get(hostIp) ?? [];
    mine.set(hostIp, taken);
    const value = want.value === 0 ? set.draw(0, taken) : want.value;
    if (value === undefined) return NO_DYNAMIC_PORT;
    if (want.value !== 0 && (set.taken(value) || taken.includes(value))) {
      return `network: reserved port collision ${want.label}=${value}`;
    }
    taken.push(value);
  }
  return undefined;
}

const NO_DYNAMIC_PORT = 'network: dynamic port selection failed';

function unitExhaustion(
  ledger: Ledger,
  slot: number,
  ask: Ask,
  group: TaskGroup,
): string | undefined {
  const node = ledger.nodeAt(slot);
  const users = (unit: string): number => ledger.unitUsers(slot, unit);
  if (ask.wantsDevices && assignDevices(node, group, users) === undefined) {
    return 'devices: no devices match request';
  }
  return ask.cores > freeCores(ledger, slot).length ? 'cores' : undefined;
}

function freeCores(ledger: Ledger, slot: number): readonly number[] {
  const free: number[] = [];
  for (let core = 0; core < ledger.nodeAt(slot).resources.cores; core++) {
    if (ledger.unitUsers(slot, `core/${core}`) === 0) free.push(core);
  }
  return free;
}

function cpuOfCore(ledger: Ledger, slot: number): number {
  const { cpu, cores } = ledger.nodeAt(slot).resources;
  return cores === 0 ? 0 : Math.floor(cpu / cores);
}

function at(array: Float64Array, slot: number): number {
  return array[slot] ?? 0;
}
