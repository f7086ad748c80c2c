/**
 * A name for all nodes that no constraint can tell apart, short of what is unique to each.
 *
 * Source: https://developer.hashicorp.com/nomad/docs/concepts/scheduling (computed node classes)
 */
import type { Node } from '../model/node.ts';

/** True for facts that differ from node to node by nature; constraints on them escape the class. */
export function isUnique(name: string): boolean {
  return name.startsWith('unique.');
}

/**
 * Computes a node's class from everything that feasibility may depend on and that is not unique.
 */
export function computedClass(
  node: Pick<
    Node,
    'datacenter' | 'nodeClass' | 'nodePool' | 'attributes' | 'meta' | 'drivers' | 'hostVolumes'
  > & { readonly resources: Pick<Node['resources'], 'devices' | 'networks'> },
): string {
  const drivers = Object.entries(node.drivers).map(([name, driver]): [string, string] => [
    name,
    `${driver.detected} ${driver.healthy}`,
  ]);
  const volumes = Object.values(node.hostVolumes).map((volume): [string, string] => [
    volume.name,
    String(volume.readOnly),
  ]);
  const devices = node.resources.devices.map((device): [string, string] => [
    `${device.vendor}/${device.type}/${device.name}`,
    JSON.stringify(sorted(Object.entries(device.attributes))),
  ]);
  const text = JSON.stringify([
    node.datacenter,
    node.nodeClass,
    node.nodePool,
    sorted(Object.entries(node.attributes).filter(([name]) => !isUnique(name))),
    sorted(Object.entries(node.meta).filter(([name]) => !isUnique(name))),
    sorted(drivers),
    sorted(volumes),
    sorted(devices),
    [...new Set(node.resources.networks.map((network) => network.mode))].sort(),
  ]);
  return `v1:${hash(text, 2166136261)}${hash(text, 3339451269)}`;
}

/** FNV-1a over UTF-16 units. Two of them with different beginnings give 64 bits. */
function hash(text: string, seed: number): string {
  let state = seed;
  for (let i = 0; i < text.length; i++) {
    state = Math.imul(state ^ text.charCodeAt(i), 16777619);
    state ^= state >>> 15;
  }
  return (state >>> 0).toString(16).padStart(8, '0');
}

function sorted(entries: readonly [string, string][]): readonly [string, string][] {
  return [...entries].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
}
