/**
 * What the live allocations of a node take of it, all together: kept as allocations come and go, so
 * that `verify` judges a placement without reading the others.
 *
 * U1: the usage of a node is the sum over its allocations that are not terminal; nothing else.
 */
import type { Alloc, AllocResources } from '../model/alloc.ts';
import type { AssignedPort } from '../model/network.ts';
import type { Node } from '../model/node.ts';

export interface NodeUsage {
  readonly cpu: number;
  readonly memoryMb: number;
  readonly diskMb: number;
  /** Host ports held, sorted, each with the address it is held on: see `portClaim`. */
  readonly ports: readonly number[];
  /** Addresses by their number in `ports`. */
  readonly addresses: readonly string[];
  /** What only one may hold: `core/3`, `device/nvidia/gpu/x/GPU-1`. Unordered, mostly empty. */
  readonly exclusive: readonly string[];
}

export const NO_USAGE: NodeUsage = {
  cpu: 0,
  memoryMb: 0,
  diskMb: 0,
  ports: [],
  addresses: [],
  exclusive: [],
};

type Claimant = Pick<Alloc, 'resources' | 'ports'>;

/** A node's usage while one entry changes it. */
export class UsageEdit {
  #cpu: number;
  #memoryMb: number;
  #diskMb: number;
  #addresses: readonly string[];
  // Copied with each change, to their exact size: most entries change a node once.
  #ports: readonly number[];
  #exclusive: readonly string[];

  constructor(base: NodeUsage) {
    this.#cpu = base.cpu;
    this.#memoryMb = base.memoryMb;
    this.#diskMb = base.diskMb;
    this.#addresses = base.addresses;
    this.#ports = base.ports;
    this.#exclusive = base.exclusive;
  }

  add(claimant: Claimant): void {
    const { cpu, memoryMb, diskMb } = claimant.resources;
    this.#cpu += cpu;
    this.#memoryMb += memoryMb;
    this.#diskMb += diskMb;
    for (const port of claimant.ports) {
      const claim = this.#claim(port);
      this.#ports = this.#ports.toSpliced(lowerBound(this.#ports, claim), 0, claim);
    }
    const names = exclusiveNames(claimant.resources);
    if (names.length > 0) this.#exclusive = [...this.#exclusive, ...names];
  }

  remove(claimant: Claimant): void {
    const { cpu, memoryMb, diskMb } = claimant.resources;
    this.#cpu -= cpu;
    this.#memoryMb -= memoryMb;
    this.#diskMb -= diskMb;
    for (const port of claimant.ports) {
      const claim = this.#claim(port);
      const at = lowerBound(this.#ports, claim);
      if (this.#ports[at] === claim) this.#ports = this.#ports.toSpliced(at, 1);
    }
    for (const name of exclusiveNames(claimant.resources)) {
      const at = this.#exclusive.indexOf(name);
      if (at >= 0) this.#exclusive = this.#exclusive.toSpliced(at, 1);
    }
  }

  /**
   * Why the claimants do not fit on `node` beside what is there; undefined where they do. Changes
   * nothing.
   */
  refusal(
    claimants: readonly Claimant[],
    node: Pick<Node, 'resources' | 'reserved'>,
  ): string | undefined {
    if (!this.#mayFit(claimants, node)) {
      const trial = new UsageEdit(this.finish());
      for (const each of claimants) trial.add(each);
      return trial.excess(node);
    }
    return undefined;
  }

  /** Why `node` cannot bear this usage, in an operator's words; undefined where it can. */
  excess(node: Pick<Node, 'resources' | 'reserved'>): string | undefined {
    const { resources, reserved } = node;
    if (this.#cpu > resources.cpu - reserved.cpu) return 'cpu exhausted';
    if (this.#memoryMb > resources.memoryMb - reserved.memoryMb) return 'memory exhausted';
    if (this.#diskMb > resources.diskMb - reserved.diskMb) return 'disk exhausted';
    const twice = this.#portHeldTwice();
    if (twice !== undefined) return `port ${twice} taken`;
    for (const port of reserved.ports) {
      if (this.#holds(port)) return `port ${port} reserved by the node`;
    }
    if (new Set(this.#exclusive).size !== this.#exclusive.length) return 'device or core taken';
    return undefined;
  }

  finish(): NodeUsage {
    return {
      cpu: this.#cpu,
      memoryMb: this.#memoryMb,
      diskMb: this.#diskMb,
      ports: this.#ports,
      addresses: this.#addresses,
      exclusive: this.#exclusive,
    };
  }

  /** A quick yes for the common case: one claimant, no exclusive names; else undecided (false). */
  #mayFit(claimants: readonly Claimant[], node: Pick<Node, 'resources' | 'reserved'>): boolean {
    const only = claimants[0];
    if (only === undefined || claimants.length > 1 || node.reserved.ports.length > 0) return false;
    const { resources, reserved } = node;
    const asked = only.resources;
    if (exclusiveNames(asked).length > 0 || only.ports.length > 1) return false;
    if (this.#cpu + asked.cpu > resources.cpu - reserved.cpu) return false;
    if (this.#memoryMb + asked.memoryMb > resources.memoryMb - reserved.memoryMb) return false;
    if (this.#diskMb + asked.diskMb > resources.diskMb - reserved.diskMb) return false;
    return only.ports.every((port) => {
      const claim = this.#claim(port);
      return this.#ports[lowerBound(this.#ports, claim)] !== claim;
    });
  }

  #claim(port: AssignedPort): number {
    let at = this.#addresses.indexOf(port.hostIp);
    if (at < 0) {
      at = this.#addresses.length;
      this.#addresses = [...this.#addresses, port.hostIp];
    }
    return at * 65_536 + port.value;
  }

  #portHeldTwice(): number | undefined {
    for (let i = 1; i < this.#ports.length; i++) {
      const claim = this.#ports[i] ?? 0;
      if (claim === this.#ports[i - 1]) return claim % 65_536;
    }
    return undefined;
  }

  #holds(port: number): boolean {
    for (let i = 0; i < this.#addresses.length; i++) {
      const claim = i * 65_536 + port;
      if (this.#ports[lowerBound(this.#ports, claim)] === claim) return true;
    }
    return false;
  }
}

function exclusiveNames(resources: AllocResources): readonly string[] {
  if (resources.cores.length === 0 && resources.devices.length === 0) return NONE;
  return [
    ...resources.cores.map((core) => `core/${core}`),
    ...resources.devices.flatMap(({ vendor, type, name, ids }) =>
      ids.map((id) => `device/${vendor}/${type}/${name}/${id}`),
    ),
  ];
}

const NONE: readonly string[] = [];

/** Where `value` stands in the sorted list, or would. */
function lowerBound(sorted: readonly number[], value: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] ?? 0) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
