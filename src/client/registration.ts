/** What a client says of itself to the servers, put together from what it found and was told. */
import type { Millis } from '../base/brand.ts';
import type { DriverInfo, NodeFacts, NodeNetwork } from '../core/model/node.ts';
import { computedClass } from '../core/runner/node-class.ts';
import type { Driver } from '../ports/driver.ts';
import type { HostFacts } from '../ports/fingerprint.ts';
import type { ClientConfig } from './config.ts';
import type { Identity } from './store.ts';

/**
 * The Nomad release whose job language and task environment this build follows: what constraints on
 * `${attr.nomad.version}` are compared with.
 */
export const NOMAD_COMPAT_VERSION = '1.6.5';

/** What was found on the machine. */
export interface Findings {
  readonly host: HostFacts;
  readonly drivers: Readonly<Record<string, DriverInfo>>;
  /** Why groups cannot have a network of their own; undefined: they can. */
  readonly noBridge: string | undefined;
}

/** Asks every driver at once. */
export async function fingerprintDrivers(
  drivers: readonly Driver[],
  now: Millis,
  signal: AbortSignal,
): Promise<Record<string, DriverInfo>> {
  const found = await Promise.all(
    drivers.map(async (driver) => {
      const info = await driver.fingerprint(signal);
      return [driver.name, { ...info, updatedAt: now }] as const;
    }),
  );
  return Object.fromEntries(found);
}

/** The device of groups in mode `bridge`, as it stands in the node's networks. */
const BRIDGE: NodeNetwork = { mode: 'bridge', device: 'muster', ip: '', cidr: '', mbits: 0 };

export function registration(identity: Identity, config: ClientConfig, found: Findings): NodeFacts {
  const { host, drivers, noBridge } = found;
  const bridge = noBridge === undefined ? [BRIDGE] : [];
  const node = {
    id: identity.nodeId,
    secretId: identity.secretId,
    name: config.name ?? host.hostname,
    datacenter: config.datacenter,
    nodeClass: config.nodeClass,
    nodePool: config.nodePool,
    httpAddr: config.httpAddr,
    attributes: attributes(config, found),
    meta: config.meta,
    links: {},
    resources: {
      cpu: config.cpuTotalCompute ?? host.cpu,
      cores: host.cores,
      memoryMb: config.memoryTotalMb ?? host.memoryMb,
      diskMb: config.diskTotalMb ?? host.diskMb,
      networks: [...host.networks, ...bridge],
      devices: [],
      dynamicPortMin: config.dynamicPortMin,
      dynamicPortMax: config.dynamicPortMax,
    },
    reserved: config.reserved,
    drivers,
    hostVolumes: config.hostVolumes,
    hostNetworks: config.hostNetworks,
  };
  return { ...node, computedClass: computedClass(node) };
}

/** True where the servers would not see a difference. */
export function isSameNode(a: NodeFacts, b: NodeFacts): boolean {
  return JSON.stringify(comparable(a)) === JSON.stringify(comparable(b));
}

function attributes(config: ClientConfig, found: Findings): Record<string, string> {
  const { host, drivers, noBridge } = found;
  const healthy = Object.values(drivers).filter((driver) => driver.detected);
  const bridge =
    noBridge === undefined
      ? { 'network.bridge': BRIDGE.device }
      : { 'network.bridge.absent': noBridge };
  const own = {
    ...bridge,
    'nomad.version': NOMAD_COMPAT_VERSION,
    'nomad.advertise.address': config.httpAddr,
    'muster.advertise.address': config.httpAddr,
    ...config.attributes,
  };
  return Object.fromEntries(
    [host.attributes, ...healthy.map((driver) => driver.attributes), own].flatMap((facts) =>
      Object.entries(facts),
    ),
  );
}

/** Without what moves all the time: instants of looks, free disk. */
function comparable(node: NodeFacts): unknown {
  const drivers = Object.entries(node.drivers).map(([name, info]) => [
    name,
    { ...info, updatedAt: 0 },
  ]);
  const attributes = { ...node.attributes, 'unique.storage.bytesfree': '' };
  return { ...node, attributes, drivers, resources: { ...node.resources, diskMb: 0 } };
}
