/** Random entries of the catalog, for properties of the state. */
import type { Millis } from '../src/base/brand.ts';
import type { Alloc } from '../src/core/model/alloc.ts';
import type { HealthStatus } from '../src/core/model/health-check.ts';
import type { DiscoveryEntry } from '../src/core/state/discovery-entry.ts';
import type { State } from '../src/core/state/state.ts';
import { machine, offer, preparedQuery, probe, registration } from './catalog-world.ts';
import { NODE, sessionId } from './coordination-world.ts';
import { uuid } from './state-world.ts';

interface Draw {
  readonly state: State;
  readonly allocs: readonly Alloc[];
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly at: Millis;
}

const NAMES = [NODE, 'machine', 'db', 'DB', 'edge'] as const;
const STATUSES: readonly HealthStatus[] = ['passing', 'warning', 'critical'];

const nameOf = (n: number): string => NAMES[n % NAMES.length] ?? NODE;
const statusOf = (n: number): HealthStatus => STATUSES[n % STATUSES.length] ?? 'passing';

/** Registers some of: a node, an instance of an allocation or of nobody, its check, the node's. */
export function registerOf({ allocs, a, b, c, at }: Draw): DiscoveryEntry {
  const alloc = c % 2 === 0 ? allocs[b % Math.max(1, allocs.length)] : undefined;
  const owner = alloc === undefined ? {} : { allocId: alloc.id };
  const id = alloc?.id ?? `s${b % 3}`;
  const service = offer(`web${c % 2}`, { id, tags: c % 5 === 0 ? ['v2'] : [], ...owner });
  const services = b % 4 === 0 ? [] : [service];
  const checks = [
    ...(c % 3 === 0 ? [] : [probe(`c-${id}`, { serviceId: id, status: statusOf(c), ...owner })]),
    ...(a % 4 === 0 ? [probe('up', { status: statusOf(b) })] : []),
  ];
  const node = machine(nameOf(a), {
    id: b % 3 === 0 ? uuid('mach', a % 2) : '',
    meta: c % 7 === 0 ? { rack: '1' } : {},
  });
  return { ...registration(node, services, checks, a % 2 === 0), at };
}

export function deregisterOf({ state, a, b, c, at }: Draw): DiscoveryEntry {
  const node = nameOf(a);
  if (c % 4 === 0) return { type: 'catalog.deregister', at, node };
  const services = [...state.servicesOnNode(node)].slice(0, b % 2).map(({ id }) => id);
  const checks = [...state.checksOnNode(node)].slice(0, c % 2).map(({ id }) => id);
  return { type: 'catalog.deregister', at, node, serviceIds: services, checkIds: checks };
}

export function coordinatesOf({ a, b, at }: Draw): DiscoveryEntry {
  const coordinate = { vec: [b % 2, 0], error: 1, adjustment: 0, height: 0.1 };
  const update = { node: nameOf(a), segment: '', coordinate };
  return { type: 'coordinates.update', at, updates: [update] };
}

export function queryOf({ a, b, c, at }: Draw): DiscoveryEntry {
  if (c % 4 === 0) return { type: 'query.delete', at, id: preparedQuery(a % 3).id };
  const template = { type: 'name_prefix_match', regexp: '', removeEmptyTags: false } as const;
  const query = preparedQuery(a % 3, {
    name: b % 3 === 0 ? '' : `q${b % 2}`,
    ...(c % 3 === 0 && { template }),
    ...(b % 5 === 0 && { session: sessionId(a % 4) }),
  });
  return { type: 'query.set', at, query, mustExist: c % 5 === 0 };
}
