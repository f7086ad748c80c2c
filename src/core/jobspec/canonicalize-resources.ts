/** Networks, resources, constraints and spreads with their defaults. */
import type { Draft } from '../model/draft.ts';
import type { NetworkRequest, PortRequest } from '../model/network.ts';
import type { Affinity, Constraint, ConstraintOperand, Spread } from '../model/placement.ts';
import type { DeviceRequest, TaskResources } from '../model/resources.ts';
import {
  AFFINITY_DEFAULTS,
  CONSTRAINT_DEFAULTS,
  DEVICE_DEFAULTS,
  NETWORK_DEFAULTS,
  PORT_DEFAULTS,
  RESOURCES_DEFAULTS,
  SPREAD_DEFAULTS,
} from './defaults.ts';
import { fill } from './fill.ts';

/** Several spellings of two operators. */
const SAME_OPERAND: Readonly<Record<string, ConstraintOperand>> = {
  '': '=',
  '==': '=',
  is: '=',
  not: '!=',
};

function withOperand<T extends Readonly<{ operand: ConstraintOperand }>>(rule: T): T {
  const operand = SAME_OPERAND[rule.operand];
  return operand === undefined ? rule : { ...rule, operand };
}

/** Constraints with their defaults; undefined means none. */
export function canonicalizeConstraints(
  written: readonly Draft<Constraint>[] | undefined,
): readonly Constraint[] {
  return (written ?? []).map((each) => withOperand(fill(CONSTRAINT_DEFAULTS, each)));
}

/** Affinities with their defaults; undefined means none. */
export function canonicalizeAffinities(
  written: readonly Draft<Affinity>[] | undefined,
): readonly Affinity[] {
  return (written ?? []).map((each) => withOperand(fill(AFFINITY_DEFAULTS, each)));
}

/** Spreads with their defaults; undefined means none. */
export function canonicalizeSpreads(
  written: readonly Draft<Spread>[] | undefined,
): readonly Spread[] {
  return (written ?? []).map(({ targets, ...rest }) => ({
    ...fill(SPREAD_DEFAULTS, rest),
    targets: (targets ?? []).map(({ value = '', percent = 0 }) => ({ value, percent })),
  }));
}

function ports(written: readonly Draft<PortRequest>[] | undefined): readonly PortRequest[] {
  return (written ?? []).map((port) => {
    const filled = fill(PORT_DEFAULTS, port);
    const { hostNetwork } = PORT_DEFAULTS;
    return filled.hostNetwork === '' ? { ...filled, hostNetwork } : filled;
  });
}

/** A network with its defaults. */
export function canonicalizeNetwork(written: Draft<NetworkRequest>): NetworkRequest {
  const { reservedPorts, dynamicPorts, dns, ...rest } = written;
  const { servers = [], searches = [], options = [] } = dns ?? {};
  return {
    ...fill(NETWORK_DEFAULTS, rest),
    reservedPorts: ports(reservedPorts),
    dynamicPorts: ports(dynamicPorts),
    ...(dns === undefined ? {} : { dns: { servers, searches, options } }),
  };
}

function canonicalizeDevice(written: Draft<DeviceRequest>): DeviceRequest {
  const { constraints, affinities, ...rest } = written;
  return {
    ...fill(DEVICE_DEFAULTS, rest),
    constraints: canonicalizeConstraints(constraints),
    affinities: canonicalizeAffinities(affinities),
  };
}

/** Resources with their defaults. Who asks for whole cores asks for no share of one. */
export function canonicalizeResources(written: Draft<TaskResources> | undefined): TaskResources {
  const { networks, devices, ...rest } = written ?? {};
  const filled = fill(RESOURCES_DEFAULTS, rest);
  const cpu = filled.cores > 0 && rest.cpu === undefined ? 0 : filled.cpu;
  return {
    ...filled,
    cpu,
    networks: (networks ?? []).map(canonicalizeNetwork),
    devices: (devices ?? []).map(canonicalizeDevice),
  };
}
