/** Nodes that are not there: for asking what would happen if they were. */
import type { Millis } from '../../base/brand.ts';
import type { NodeId } from '../model/ids.ts';
import type { DriverInfo, Node, NodeFacts } from '../model/node.ts';
import { computedClass } from '../runner/node-class.ts';

/** Some nodes of one kind. What is not said is as on the node that they are like. */
export interface InventedNodes {
  readonly count: number;
  /** The node that they are like; absent: a plain machine with every driver. */
  readonly like?: NodeId;
  readonly datacenter?: string;
  readonly nodeClass?: string;
  readonly nodePool?: string;
  /** [MHz] */
  readonly cpu?: number;
  readonly memoryMb?: number;
  readonly diskMb?: number;
  readonly meta?: Readonly<Record<string, string>>;
}

/** A machine as many are, where no other is taken as an example. */
const PLAIN = { cpu: 8_000, cores: 4, memoryMb: 16_384, diskMb: 100_000 };
const DRIVERS = ['raw_exec', 'exec', 'docker', 'java', 'qemu'];

/** The facts that such a node would register with. */
export function inventNode(
  kind: InventedNodes,
  like: Node | undefined,
  { n, id, now }: { n: number; id: NodeId; now: Millis },
): NodeFacts {
  const base = like === undefined ? plainFacts(now) : factsOf(like);
  const { resources } = base;
  const facts = {
    ...base,
    id,
    secretId: id,
    name: `new-${n}`,
    httpAddr: '',
    datacenter: kind.datacenter ?? base.datacenter,
    nodeClass: kind.nodeClass ?? base.nodeClass,
    nodePool: kind.nodePool ?? base.nodePool,
    meta: { ...base.meta, ...kind.meta },
    attributes: {
      ...base.attributes,
      'unique.hostname': `new-${n}`,
      'unique.consul.name': `new-${n}`,
    },
    resources: {
      ...resources,
      cpu: kind.cpu ?? resources.cpu,
      memoryMb: kind.memoryMb ?? resources.memoryMb,
      diskMb: kind.diskMb ?? resources.diskMb,
    },
  };
  return { ...facts, computedClass: computedClass(facts) };
}

/** What a client says of itself, of a node's row. */
function factsOf(node: Node): NodeFacts {
  const facts: Record<string, unknown> = { ...node };
  for (const field of SERVERS_FIELDS) Reflect.deleteProperty(facts, field);
  return facts as unknown as NodeFacts;
}

const SERVERS_FIELDS: readonly (keyof Node)[] = [
  'status',
  'statusDescription',
  'statusUpdatedAt',
  'eligibility',
  'drain',
  'events',
  'createIndex',
  'modifyIndex',
];

function plainFacts(now: Millis): NodeFacts {
  const driver: DriverInfo = {
    detected: true,
    healthy: true,
    healthDescription: 'Healthy',
    attributes: {},
    updatedAt: now,
  };
  return {
    id: '' as NodeId,
    secretId: '',
    name: '',
    datacenter: 'dc1',
    nodeClass: '',
    nodePool: 'default',
    httpAddr: '',
    attributes: { 'kernel.name': 'linux', 'cpu.arch': 'amd64', arch: 'amd64' },
    meta: {},
    links: {},
    resources: {
      ...PLAIN,
      networks: [
        { mode: 'host', device: 'eth0', ip: '10.0.0.1', cidr: '10.0.0.1/32', mbits: 1_000 },
      ],
      devices: [],
      dynamicPortMin: 20_000,
      dynamicPortMax: 32_000,
    },
    reserved: { cpu: 0, memoryMb: 0, diskMb: 0, ports: [] },
    drivers: Object.fromEntries(DRIVERS.map((name) => [name, driver])),
    hostVolumes: {},
    hostNetworks: {},
    computedClass: '',
  };
}
