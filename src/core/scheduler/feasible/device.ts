/**
 * Devices (GPUs and the like): which of a node's a request means, and which instances are free.
 *
 * Source: https://developer.hashicorp.com/nomad/docs/job-specification/device
 */
import type { AllocResources } from '../../model/alloc.ts';
import type { Node, NodeDevice } from '../../model/node.ts';
import type { DeviceRequest } from '../../model/resources.ts';
import type { TaskGroup } from '../../model/task-group.ts';
import { holds, type Comparison } from './compare.ts';

type AssignedDevice = AllocResources['devices'][number];

/** Says why the node, even empty, could not give the group its devices. */
export function missingDevice(node: Node, group: TaskGroup): string | undefined {
  if (group.tasks.every((task) => task.resources.devices.length === 0)) return undefined;
  return assignDevices(node, group, () => 0) === undefined ? 'missing devices' : undefined;
}

/**
 * Picks free, healthy instances for all tasks of the group; undefined where there are too few.
 *
 * @param users how many already hold the instance `vendor/type/name/id`
 */
export function assignDevices(
  node: Node,
  group: TaskGroup,
  users: (unit: string) => number,
): readonly AssignedDevice[] | undefined {
  const taken = new Set<string>();
  const assigned: AssignedDevice[] = [];
  for (const task of group.tasks) {
    for (const request of task.resources.devices) {
      const choice = assignOne(node, request, (unit) => users(unit) > 0 || taken.has(unit));
      if (choice === undefined) return undefined;
      const { vendor, type, name } = choice.device;
      for (const id of choice.ids) taken.add(`${vendor}/${type}/${name}/${id}`);
      assigned.push({ vendor, type, name, task: task.name, ids: choice.ids });
    }
  }
  return assigned;
}

interface Choice {
  readonly device: NodeDevice;
  readonly ids: readonly string[];
}

/** The matching device with enough free instances that the affinities like best. */
function assignOne(
  node: Node,
  request: DeviceRequest,
  taken: (unit: string) => boolean,
): Choice | undefined {
  let best: (Choice & { readonly score: number }) | undefined;
  for (const device of node.resources.devices) {
    if (!isMeant(device, request)) continue;
    const prefix = `${device.vendor}/${device.type}/${device.name}`;
    const free = device.instances.filter((i) => i.healthy && !taken(`${prefix}/${i.id}`));
    if (free.length < request.count) continue;
    const score = affinityScore(device, request);
    if (best !== undefined && best.score >= score) continue;
    best = { device, score, ids: free.slice(0, request.count).map((instance) => instance.id) };
  }
  return best;
}

/** A request names `type`, `vendor/type` or `vendor/type/name`. */
function isMeant(device: NodeDevice, request: DeviceRequest): boolean {
  const parts = request.name.split('/');
  const [type, vendor, name] =
    parts.length === 1
      ? [parts[0], undefined, undefined]
      : [parts[1], parts[0], parts.length > 2 ? parts.slice(2).join('/') : undefined];
  return (
    device.type === type &&
    (vendor === undefined || device.vendor === vendor) &&
    (name === undefined || device.name === name) &&
    request.constraints.every((constraint) => meets(device, constraint))
  );
}

function affinityScore(device: NodeDevice, request: DeviceRequest): number {
  let score = 0;
  for (const affinity of request.affinities) if (meets(device, affinity)) score += affinity.weight;
  return score;
}

function meets(
  device: NodeDevice,
  rule: { readonly lTarget: string; readonly rTarget: string; readonly operand: string },
): boolean {
  return holds(
    rule.operand as Comparison,
    deviceFact(device, rule.lTarget),
    deviceFact(device, rule.rTarget),
  );
}

function deviceFact(device: NodeDevice, text: string): string | undefined {
  const inner = /^\$\{device\.(.*)\}$/.exec(text)?.[1];
  if (inner === undefined) return text;
  switch (inner) {
    case 'vendor':
      return device.vendor;
    case 'type':
      return device.type;
    case 'model':
      return device.name;
    case 'ids':
      return device.instances.map((instance) => instance.id).join(',');
    default:
      return inner.startsWith('attr.') ? device.attributes[inner.slice(5)] : undefined;
  }
}
