/**
 * What is taken on each node, in typed arrays, outside the state: the scheduler's hot data.
 *
 * A ledger is read from a state once (`load`) and then advanced from the state's changes. While one
 * evaluation is decided its own placements and stops are held on top (`hold`, `drop`) and taken
 * back at its end (`rollback`); they return as changes once the plan was applied.
 *
 * L1: after `advance` the ledger equals one loaded from the state at that index.
 * L2: after `rollback` it equals what it was before the first `hold` or `drop`.
 * L3: whatever changes on a node is written to the dirty trail, so that whoever keeps scores of
 *     nodes need only look at those.
 *
 * Nodes live in slots. A slot is reused after its node has gone. `order` lists the slots by node
 * id, so that whoever walks it sees the same order on every replica.
 */
import { assert } from '../../base/assert.ts';
import type { Index } from '../../base/brand.ts';
import { isTerminal, type Alloc, type AllocResources } from '../model/alloc.ts';
import type { NodeId } from '../model/ids.ts';
import type { AssignedPort } from '../model/network.ts';
import type { Node } from '../model/node.ts';
import type { Change } from '../state/change.ts';
import type { Snapshot } from '../state/snapshot.ts';
import { PortSet, type PortRange } from './port-set.ts';

/** What one allocation takes of its node. */
export type Holding = Readonly<{ resources: AllocResources; ports: readonly AssignedPort[] }>;

/**
 * Length of the dirty trail. Longer only saves whole rescans of the nodes by those who look seldom;
 * a power of two so that a position is found by masking.
 */
const TRAIL_LENGTH = 1 << 16;
const SLOTS_MIN = 64;
const NO_NODE = '' as NodeId;

export class Ledger {
  /** Capacity less what the node keeps for itself, by slot. Nobody outside may write these. */
  cpuTotal: Float64Array = new Float64Array(SLOTS_MIN);
  memoryTotal: Float64Array = new Float64Array(SLOTS_MIN);
  diskTotal: Float64Array = new Float64Array(SLOTS_MIN);
  cpuUsed: Float64Array = new Float64Array(SLOTS_MIN);
  memoryUsed: Float64Array = new Float64Array(SLOTS_MIN);
  diskUsed: Float64Array = new Float64Array(SLOTS_MIN);
  /** Grows whenever the node's own row changes. */
  nodeRevision: Float64Array = new Float64Array(SLOTS_MIN);
  /** Dirty-trail position of the slot's last change. */
  dirtyAt: Float64Array = new Float64Array(SLOTS_MIN);

  readonly #nodes: (Node | undefined)[] = [];
  readonly #slots = new Map<NodeId, number>();
  readonly #spare: number[] = [];
  #order: number[] = [];
  #membership = 0;
  /** Ports of the node's default address, and that address. */
  readonly #main: (PortSet | undefined)[] = [];
  readonly #mainIp: (string | undefined)[] = [];
  /** Ports held without an address: they go with the default one, whichever that becomes. */
  readonly #floating: (number[] | undefined)[] = [];
  /** Ports of further addresses, by address. */
  readonly #others: (Map<string, PortSet> | undefined)[] = [];
  /** Device instances and cores in use, with the number of holders; rarely there. */
  readonly #units: (Map<string, number> | undefined)[] = [];
  /** Slots of nodes that went while allocations were still theirs; they may come back (L1). */
  readonly #ghosts = new Map<NodeId, number>();
  readonly #holders: number[] = [];

  readonly #trail = new Int32Array(TRAIL_LENGTH);
  #position = 0;
  #revision = 0;
  #index = 0 as Index;

  readonly #journalSlots: number[] = [];
  readonly #journalHoldings: Holding[] = [];
  readonly #journalSigns: number[] = [];

  /** Index of the state that the ledger describes. */
  get index(): Index {
    return this.#index;
  }

  /** Slots by node id, ascending. */
  get order(): readonly number[] {
    return this.#order;
  }

  /** Grows whenever a node comes or goes. */
  get membership(): number {
    return this.#membership;
  }

  /** The next position of the dirty trail (L3). */
  get position(): number {
    return this.#position;
  }

  /** First position that is still on the trail. */
  get trailStart(): number {
    return Math.max(0, this.#position - TRAIL_LENGTH);
  }

  trailSlot(position: number): number {
    return this.#trail[position & (TRAIL_LENGTH - 1)] ?? 0;
  }

  slotOf(id: NodeId): number | undefined {
    return this.#slots.get(id);
  }

  nodeAt(slot: number): Node {
    const node = this.#nodes[slot];
    assert(node !== undefined, 'only slots of known nodes are walked');
    return node;
  }

  /** Forgets everything and reads all nodes and allocations anew. */
  load(snapshot: Snapshot): void {
    assert(this.#journalSlots.length === 0, 'a ledger is not reloaded under an evaluation');
    for (let slot = 0; slot < this.#nodes.length; slot++) this.#vacate(slot);
    this.#slots.clear();
    this.#ghosts.clear();
    this.#nodes.length = 0;
    this.#spare.length = 0;
    this.#order = [];
    for (const node of snapshot.nodes()) {
      const slot = this.#nodes.length;
      this.#admit(node, slot);
      this.#order.push(slot);
      for (const alloc of snapshot.allocsByNode(node.id)) {
        if (!isTerminal(alloc)) this.#take(slot, alloc, 1);
      }
    }
    this.#order.sort((a, b) => (this.nodeAt(a).id < this.nodeAt(b).id ? -1 : 1));
    this.#membership++;
    this.#index = snapshot.index;
  }

  /** Takes in all changes up to and including `index`, in their order. */
  advance(changes: Iterable<Change>, index: Index): void {
    assert(this.#journalSlots.length === 0, 'a ledger is not advanced under an evaluation');
    for (const change of changes) {
      if (change.table === 'nodes') this.#changeNode(change.before, change.after);
      else if (change.table === 'allocs') this.#changeAlloc(change.before, change.after);
    }
    this.#index = index;
  }

  /** Holds a placement of the evaluation under way. */
  hold(slot: number, holding: Holding): void {
    this.#journal(slot, holding, 1);
  }

  /** Lets go of what an allocation holds that the evaluation under way stops. */
  drop(slot: number, holding: Holding): void {
    this.#journal(slot, holding, -1);
  }

  /** How many holds and drops are in force; handed to `rollback` to return to this point. */
  get depth(): number {
    return this.#journalSlots.length;
  }

  /** Takes back holds and drops, newest first, until `depth` are left (L2). */
  rollback(depth = 0): void {
    while (this.#journalSlots.length > depth) {
      const slot = this.#journalSlots.pop();
      const holding = this.#journalHoldings.pop();
      const sign = this.#journalSigns.pop();
      if (slot === undefined || holding === undefined || sign === undefined) return;
      this.#take(slot, holding, -sign);
    }
  }

  /**
   * The ports of one of the node's addresses.
   *
   * @param hostIp empty for the node's default address
   */
  portsAt(slot: number, hostIp: string): PortSet {
    if (hostIp === '' || hostIp === this.#mainIp[slot]) {
      return (this.#main[slot] ??= new PortSet(portRange(this.nodeAt(slot), '')));
    }
    const sets = (this.#others[slot] ??= new Map<string, PortSet>());
    let set = sets.get(hostIp);
    if (set === undefined) {
      sets.set(hostIp, (set = new PortSet(portRange(this.nodeAt(slot), hostIp))));
    }
    return set;
  }

  /** The address that ports are given on where no host network is named. */
  addressAt(slot: number): string {
    return this.#mainIp[slot] ?? '';
  }

  /** How many hold a device instance (`vendor/type/name/id`) or a core (`core/3`). */
  unitUsers(slot: number, unit: string): number {
    return this.#units[slot]?.get(unit) ?? 0;
  }

  #journal(slot: number, holding: Holding, sign: 1 | -1): void {
    this.#journalSlots.push(slot);
    this.#journalHoldings.push(holding);
    this.#journalSigns.push(sign);
    this.#take(slot, holding, sign);
  }

  #changeNode(before: Node | undefined, after: Node | undefined): void {
    const slot = this.#slots.get((after ?? before)?.id ?? NO_NODE);
    if (after === undefined) {
      if (slot !== undefined) this.#remove(slot);
    } else if (slot === undefined) {
      this.#insert(after);
    } else {
      this.#replace(slot, after);
    }
  }

  #changeAlloc(before: Alloc | undefined, after: Alloc | undefined): void {
    if (before !== undefined && !isTerminal(before)) this.#takeOn(before.nodeId, before, -1);
    if (after !== undefined && !isTerminal(after)) this.#takeOn(after.nodeId, after, 1);
  }

  #takeOn(id: NodeId, alloc: Alloc, sign: 1 | -1): void {
    const slot = this.#slots.get(id) ?? this.#ghosts.get(id);
    if (slot === undefined) return;
    this.#take(slot, alloc, sign);
    if (this.#holders[slot] === 0 && this.#ghosts.delete(id)) this.#vacate(slot);
  }

  #take(slot: number, holding: Holding, sign: number): void {
    const { resources, ports } = holding;
    this.cpuUsed[slot] = (this.cpuUsed[slot] ?? 0) + sign * resources.cpu;
    this.memoryUsed[slot] = (this.memoryUsed[slot] ?? 0) + sign * resources.memoryMb;
    this.diskUsed[slot] = (this.diskUsed[slot] ?? 0) + sign * resources.diskMb;
    for (const port of ports) {
      const set = this.portsAt(slot, port.hostIp);
      if (port.hostIp === '') this.#float(slot, port.value, sign);
      if (sign > 0) set.hold(port.value);
      else set.release(port.value);
    }
    if (resources.cores.length > 0 || resources.devices.length > 0) {
      this.#takeUnits(slot, resources, sign);
    }
    this.#holders[slot] = (this.#holders[slot] ?? 0) + sign;
    this.#soil(slot);
  }

  #float(slot: number, port: number, sign: number): void {
    const floating = (this.#floating[slot] ??= []);
    if (sign > 0) floating.push(port);
    else floating.splice(floating.indexOf(port), 1);
  }

  #takeUnits(slot: number, resources: AllocResources, sign: number): void {
    const units = (this.#units[slot] ??= new Map<string, number>());
    for (const unit of unitsOf(resources)) {
      const users = (units.get(unit) ?? 0) + sign;
      if (users === 0) units.delete(unit);
      else units.set(unit, users);
    }
  }

  #soil(slot: number): void {
    this.#trail[this.#position & (TRAIL_LENGTH - 1)] = slot;
    this.dirtyAt[slot] = this.#position;
    this.#position++;
  }

  #insert(node: Node): void {
    const ghost = this.#ghosts.get(node.id);
    this.#ghosts.delete(node.id);
    const slot = ghost ?? this.#spare.pop() ?? this.#nodes.length;
    const before = this.#nodes[slot];
    this.#admit(node, slot);
    if (before !== undefined) this.#rebuildPorts(slot, before);
    this.#order.splice(this.#placeOf(node.id), 0, slot);
    this.#membership++;
  }

  /** Where in the order a node with this id belongs: before the first whose id is greater. */
  #placeOf(id: NodeId): number {
    let [low, high] = [0, this.#order.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.nodeAt(this.#order[middle] ?? 0).id > id) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  #admit(node: Node, slot: number): void {
    if (slot >= this.cpuTotal.length) this.#grow();
    this.#slots.set(node.id, slot);
    this.#nodes[slot] = node;
    this.#holders[slot] ??= 0;
    this.#measure(slot, node);
  }

  #measure(slot: number, node: Node): void {
    this.cpuTotal[slot] = node.resources.cpu - node.reserved.cpu;
    this.memoryTotal[slot] = node.resources.memoryMb - node.reserved.memoryMb;
    this.diskTotal[slot] = node.resources.diskMb - node.reserved.diskMb;
    this.#mainIp[slot] = defaultIp(node);
    this.nodeRevision[slot] = ++this.#revision;
    this.#soil(slot);
  }

  #replace(slot: number, node: Node): void {
    const before = this.nodeAt(slot);
    this.#nodes[slot] = node;
    this.#measure(slot, node);
    if (!samePorts(before, node)) this.#rebuildPorts(slot, before);
  }

  /** Puts the held ports into sets that fit the node's present ranges and addresses. */
  #rebuildPorts(slot: number, before: Node): void {
    const main = this.#main[slot];
    const others = this.#others[slot] ?? new Map<string, PortSet>();
    this.#main[slot] = undefined;
    this.#others[slot] = undefined;
    const rehold = (set: PortSet, hostIp: string): void => {
      for (const port of set.held()) this.portsAt(slot, hostIp).hold(port);
    };
    if (main !== undefined) {
      for (const port of this.#floating[slot] ?? []) {
        main.release(port);
        this.portsAt(slot, '').hold(port);
      }
      rehold(main, defaultIp(before));
    }
    for (const [hostIp, set] of others) rehold(set, hostIp);
  }

  #remove(slot: number): void {
    const { id } = this.nodeAt(slot);
    this.#slots.delete(id);
    this.#order.splice(this.#order.indexOf(slot), 1);
    this.#membership++;
    if ((this.#holders[slot] ?? 0) > 0) this.#ghosts.set(id, slot);
    else this.#vacate(slot);
  }

  #vacate(slot: number): void {
    this.#nodes[slot] = undefined;
    this.#main[slot] = undefined;
    this.#mainIp[slot] = undefined;
    this.#others[slot] = undefined;
    this.#floating[slot] = undefined;
    this.#units[slot] = undefined;
    this.#holders[slot] = 0;
    this.cpuUsed[slot] = this.memoryUsed[slot] = this.diskUsed[slot] = 0;
    this.#soil(slot);
    this.#spare.push(slot);
  }

  #grow(): void {
    const size = this.cpuTotal.length * 2;
    const grown = (old: Float64Array): Float64Array => {
      const array = new Float64Array(size);
      array.set(old);
      return array;
    };
    this.cpuTotal = grown(this.cpuTotal);
    this.memoryTotal = grown(this.memoryTotal);
    this.diskTotal = grown(this.diskTotal);
    this.cpuUsed = grown(this.cpuUsed);
    this.memoryUsed = grown(this.memoryUsed);
    this.diskUsed = grown(this.diskUsed);
    this.nodeRevision = grown(this.nodeRevision);
    this.dirtyAt = grown(this.dirtyAt);
  }
}

/** The names under which `unitUsers` counts the cores and device instances of an allocation. */
export function* unitsOf(resources: AllocResources): Iterable<string> {
  for (const core of resources.cores) yield `core/${core}`;
  for (const { vendor, type, name, ids } of resources.devices) {
    for (const id of ids) yield `${vendor}/${type}/${name}/${id}`;
  }
}

function portRange(node: Node, hostIp: string): PortRange {
  const { dynamicPortMin: min, dynamicPortMax: max } = node.resources;
  const reserved = [...node.reserved.ports];
  for (const network of Object.values(node.hostNetworks)) {
    const ip = hostNetworkIp(node, network.name);
    if (ip === (hostIp === '' ? defaultIp(node) : hostIp)) {
      reserved.push(...network.reservedPorts);
    }
  }
  return { min, max, reserved };
}

/**
 * The address that ports are given on where no host network is named; empty where there is none.
 */
export function defaultIp(node: Node): string {
  const { networks } = node.resources;
  return (networks.find((network) => network.mode === 'host') ?? networks[0])?.ip ?? '';
}

/**
 * The node's address in one of its host networks: the default address for `''` and `default`,
 * undefined where the node has no such network.
 */
export function hostNetworkIp(node: Node, name: string): string | undefined {
  const networks = node.resources.networks;
  if (name === '' || name === 'default') return defaultIp(node);
  const wanted = node.hostNetworks[name];
  if (wanted === undefined) return undefined;
  const match =
    networks.find((network) => inCidr(network.ip, wanted.cidr)) ??
    networks.find((network) => wanted.interface !== '' && network.device === wanted.interface);
  return match?.ip;
}

function inCidr(ip: string, cidr: string): boolean {
  const [base = '', bits = '32'] = cidr.split('/');
  const address = ipv4(ip);
  const network = ipv4(base);
  if (address === undefined || network === undefined) return ip !== '' && ip === base;
  const shift = 32 - Number(bits);
  return shift >= 32 || address >>> shift === network >>> shift;
}

function ipv4(text: string): number | undefined {
  const parts = text.split('.');
  if (parts.length !== 4) return undefined;
  return parts.reduce((sum, part) => sum * 256 + Number(part), 0);
}

/** True where both rows of a node offer the same ports on the same addresses. */
function samePorts(a: Node, b: Node): boolean {
  const facts = (node: Node): string =>
    JSON.stringify([
      node.resources.dynamicPortMin,
      node.resources.dynamicPortMax,
      node.resources.networks,
      node.reserved.ports,
      node.hostNetworks,
    ]);
  return facts(a) === facts(b);
}
