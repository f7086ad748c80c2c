/**
 * What a task group demands of a node before room is even looked at, compiled once for each group
 * of a job version.
 *
 * F1: `refusal` gives the same answer for all nodes of one computed class as long as only `shared`
 *     constraints are asked, so those are computed once per class.
 * F2: every reason is a sentence that an operator reads in `status` and `plan`.
 */
import type { Job } from '../../model/job.ts';
import type { PortRequest } from '../../model/network.ts';
import type { Node } from '../../model/node.ts';
import type { Constraint } from '../../model/placement.ts';
import type { TaskGroup } from '../../model/task-group.ts';
import { hostNetworkIp } from '../ledger.ts';
import { missingDevice } from './device.ts';
import { compileGlobs } from './glob.ts';
import { holds, type Comparison } from './compare.ts';
import { compileTarget, isUnique } from './target.ts';

export interface Requirement {
  /** Equal for groups that the same nodes satisfy for the same reasons. */
  readonly key: string;
  /** True where the job may look at the node at all: its datacenters and its pool. */
  readonly inDatacenter: (node: Node) => boolean;
  readonly inPool: (node: Node) => boolean;
  /** The first constraint on facts that a class shares which the node does not meet. */
  readonly classRefusal: (node: Node) => string | undefined;
  /** Likewise, of what differs from node to node: unique facts, drivers, volumes, networks. */
  readonly nodeRefusal: (node: Node) => string | undefined;
  /** Some constraint asks for a unique fact: classes say nothing about eligibility. */
  readonly escapes: boolean;
  /** `distinct_*` constraints, and whether they look at the whole job or at the group alone. */
  readonly distinct: readonly Distinct[];
}

export interface Distinct {
  readonly constraint: Constraint;
  readonly wholeJob: boolean;
}

type Check = (node: Node) => string | undefined;

/** Pools that mean every pool. Source: Nomad's built-in pool `all`. */
const ALL_POOLS = 'all';

export function compileRequirement(job: Job, group: TaskGroup): Requirement {
  const constraints = constraintsOf(job, group);
  const plain = constraints.filter((constraint) => !isDistinct(constraint));
  const unique = plain.filter((c) => isUnique(c.lTarget) || isUnique(c.rTarget));
  const shared = plain.filter((constraint) => !unique.includes(constraint));
  const inDatacenter = compileGlobs(job.datacenters);
  return {
    key: requirementKey(job, group, constraints),
    inDatacenter: (node) => inDatacenter(node.datacenter),
    inPool: (node) => job.nodePool === ALL_POOLS || node.nodePool === poolOf(job),
    classRefusal: first(shared.map(compileConstraint)),
    nodeRefusal: first([
      ...unique.map(compileConstraint),
      driversOf(group),
      volumesOf(group),
      networksOf(group),
      (node) => missingDevice(node, group),
    ]),
    escapes: unique.length > 0,
    distinct: constraints
      .filter(isDistinct)
      .map((constraint) => ({ constraint, wholeJob: job.constraints.includes(constraint) })),
  };
}

function poolOf(job: Job): string {
  return job.nodePool === '' ? 'default' : job.nodePool;
}

/** The job's, the group's and all tasks' constraints: a group is placed as a whole. */
function constraintsOf(job: Job, group: TaskGroup): readonly Constraint[] {
  return [
    ...job.constraints,
    ...group.constraints,
    ...group.tasks.flatMap((task) => task.constraints),
  ];
}

function isDistinct(constraint: Constraint): boolean {
  return constraint.operand === 'distinct_hosts' || constraint.operand === 'distinct_property';
}

function compileConstraint(constraint: Constraint): Check {
  const left = compileTarget(constraint.lTarget);
  const right = compileTarget(constraint.rTarget);
  const operand = constraint.operand as Comparison;
  const reason = describeConstraint(constraint);
  return (node) => (holds(operand, left(node), right(node)) ? undefined : reason);
}

/** As Nomad counts it: `${attr.kernel.name} = plan9`. */
export function describeConstraint({ lTarget, operand, rTarget }: Constraint): string {
  return `${lTarget} ${operand} ${rTarget}`.trim();
}

function first(checks: readonly Check[]): Check {
  return (node) => {
    for (const check of checks) {
      const reason = check(node);
      if (reason !== undefined) return reason;
    }
    return undefined;
  };
}

function driversOf(group: TaskGroup): Check {
  const wanted = [...new Set(group.tasks.map((task) => task.driver))];
  return (node) => {
    for (const name of wanted) {
      const driver = node.drivers[name];
      if (driver?.detected !== true || !driver.healthy) return 'missing drivers';
    }
    return undefined;
  };
}

function volumesOf(group: TaskGroup): Check {
  const wanted = Object.values(group.volumes);
  return (node) => {
    for (const volume of wanted) {
      if (volume.type !== 'host') return 'missing CSI plugins';
      if (!hasVolume(node, volume)) return 'missing compatible host volumes';
    }
    return undefined;
  };
}

/** One name for each instance (`data[3]`) cannot be told before placement; any of them will do. */
function hasVolume(node: Node, wanted: TaskGroup['volumes'][string]): boolean {
  const fits = (name: string): boolean =>
    wanted.perAlloc ? name.startsWith(`${wanted.source}[`) : name === wanted.source;
  return Object.entries(node.hostVolumes).some(
    ([name, volume]) => fits(name) && (wanted.readOnly || !volume.readOnly),
  );
}

function networksOf(group: TaskGroup): Check {
  const network = group.networks[0];
  const mode = network?.mode ?? '';
  const ports = [
    ...group.networks,
    ...group.tasks.flatMap((task) => task.resources.networks),
  ].flatMap((request) => [...request.reservedPorts, ...request.dynamicPorts]);
  const named = ports.filter((port) => port.hostNetwork !== '' && port.hostNetwork !== 'default');
  return (node) => {
    if (!offersMode(node, mode)) return 'missing network';
    const missing = named.find((port) => hostNetworkIp(node, port.hostNetwork) === undefined);
    return missing === undefined ? undefined : missingNetwork(missing);
  };
}

function offersMode(node: Node, mode: string): boolean {
  if (mode === '' || mode === 'host' || mode === 'none') return true;
  return (
    node.resources.networks.some((network) => network.mode === mode) ||
    node.attributes[`plugins.cni.version.${mode}`] !== undefined
  );
}

function missingNetwork(port: PortRequest): string {
  return `missing host network "${port.hostNetwork}" for port "${port.label}"`;
}

function requirementKey(job: Job, group: TaskGroup, constraints: readonly Constraint[]): string {
  const networks = [...group.networks, ...group.tasks.flatMap((task) => task.resources.networks)];
  return JSON.stringify([
    [...job.datacenters].sort(),
    job.nodePool,
    constraints.map((c) => [c.lTarget, c.operand, c.rTarget]),
    group.tasks.map((task) => task.driver),
    Object.values(group.volumes).map((v) => [v.type, v.source, v.readOnly, v.perAlloc]),
    networks.map((n) => [
      n.mode,
      [...n.reservedPorts, ...n.dynamicPorts].map((p) => [p.label, p.hostNetwork]),
    ]),
    group.tasks.map((task) => task.resources.devices),
  ]);
}
