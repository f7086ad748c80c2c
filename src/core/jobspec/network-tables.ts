/** The tables of `network` and what is in it, and of `resources`. */
import type { Evaluation } from '../hcl/evaluate.ts';
import type { BoundBlock } from '../hcl/schema.ts';
import type { Dns, NetworkRequest, PortRequest } from '../model/network.ts';
import type { DeviceRequest, TaskResources } from '../model/resources.ts';
import { AFFINITY, CONSTRAINT } from './placement-tables.ts';
import { int, many, one, table, text, texts } from './table.ts';
import type { Written } from './table.ts';

const PORT = table<PortRequest>({
  label: 'label',
  arguments: { static: int('value'), to: int('to'), host_network: text('hostNetwork') },
});

const DNS = table<Dns>({
  arguments: {
    servers: texts('servers'),
    searches: texts('searches'),
    options: texts('options'),
  },
});

/** A port with a number is reserved; others are chosen when the group is placed. */
function finishNetwork(written: Written, block: BoundBlock, run: Evaluation): Written {
  const { ports, reserved, labels, ...network } = written;
  refuseOldPair(block, run);
  const all = [...listOf(ports), ...listOf(reserved)];
  const isReserved = (port: Partial<PortRequest>): boolean => (port.value ?? 0) !== 0;
  const reservedPorts = all.filter(isReserved);
  const older = ((labels ?? []) as readonly string[]).map((label) => ({ label }));
  const dynamicPorts = [...all.filter((port) => !isReserved(port)), ...older];
  return {
    ...network,
    ...(reservedPorts.length > 0 ? { reservedPorts } : {}),
    ...(dynamicPorts.length > 0 ? { dynamicPorts } : {}),
  };
}

function listOf(ports: unknown): readonly Partial<PortRequest>[] {
  return (ports ?? []) as readonly Partial<PortRequest>[];
}

/**
 * The very old `dynamic_ports = ["http"]` is taken; together with lists of `reserved_ports`, whose
 * numbers have no labels to be known by, neither makes sense. Source: Nomad refuses the pair.
 */
function refuseOldPair(block: BoundBlock, run: Evaluation): void {
  const { attributes } = block.body;
  const older = attributes.get('dynamic_ports');
  if (older === undefined || !attributes.has('reserved_ports')) return;
  const detail = 'An argument named "dynamic_ports" is not expected here.';
  run.fail(older.nameSpan, 'Unsupported argument', detail);
}

type WrittenNetwork = NetworkRequest &
  Readonly<{ ports: unknown; reserved: unknown; labels: unknown }>;

export const NETWORK = table<WrittenNetwork>({
  arguments: {
    mode: text('mode'),
    device: text('device'),
    cidr: text('cidr'),
    ip: text('ip'),
    hostname: text('hostname'),
    mbits: int('mbits'),
    dynamic_ports: texts('labels'),
  },
  blocks: {
    port: many('ports', PORT),
    reserved_ports: many('reserved', PORT),
    dns: one('dns', DNS),
  },
  finish: finishNetwork,
});

const DEVICE = table<DeviceRequest>({
  label: 'name',
  arguments: { count: int('count') },
  blocks: { constraint: many('constraints', CONSTRAINT), affinity: many('affinities', AFFINITY) },
});

export const RESOURCES = table<TaskResources>({
  arguments: {
    cpu: int('cpu'),
    cores: int('cores'),
    memory: int('memoryMb'),
    memory_max: int('memoryMaxMb'),
    disk: int('diskMb'),
    iops: int('iops'),
  },
  blocks: { network: many('networks', NETWORK), device: many('devices', DEVICE) },
});
