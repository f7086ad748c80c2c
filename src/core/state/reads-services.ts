/**
 * What doors read of the services that jobs register with Nomad itself (`provider = "nomad"`). They
 * are rows of the catalog like all others; see `reads.ts` for what holds of every read.
 *
 * Source: https://developer.hashicorp.com/nomad/api-docs/services
 */
import type { Alloc } from '../model/alloc.ts';
import type { ServiceInstance } from '../model/catalog.ts';
import type { AllocId, JobId, Namespace } from '../model/ids.ts';
import { hashRow, hashText, lanes } from './hash.ts';
import type { Read } from './reads.ts';
import type { StateReader } from './snapshot.ts';
import { indexed, watch } from './watch.ts';

/** An instance with the allocation that it belongs to. */
export interface JobService {
  readonly service: ServiceInstance;
  readonly alloc: Alloc;
  readonly datacenter: string;
}

/** All of a namespace (absent: of every one), in the order of nodes. */
export function readJobServices(namespace: Namespace | undefined): Read<readonly JobService[]> {
  return (state) => ({
    value: [...ofNamespace(state, state.services(), namespace)],
    keys: [watch.table('services')],
  });
}

/** Those of one name, written exactly so. */
export function readServiceByName(
  namespace: Namespace | undefined,
  name: string,
): Read<readonly JobService[]> {
  return (state) => ({
    value: [...ofNamespace(state, state.servicesNamed(name), namespace)].filter(
      ({ service }) => service.name === name,
    ),
    keys: [watch.serviceNamed(name)],
  });
}

/** Those of one allocation. */
export function readServicesOfAlloc(id: AllocId): Read<readonly JobService[]> {
  return (state) => ({
    value: [...ofNamespace(state, state.servicesOfAlloc(id), undefined)],
    keys: [indexed('services', 'alloc', id)],
  });
}

/** Those of one job. */
export function readServicesOfJob(namespace: Namespace, id: JobId): Read<readonly JobService[]> {
  return (state) => {
    const allocs = [...state.allocsByJob(namespace, id)];
    return {
      value: allocs.flatMap((alloc) => [
        ...ofNamespace(state, state.servicesOfAlloc(alloc.id), undefined),
      ]),
      keys: [
        watch.allocsByJob(namespace, id),
        ...allocs.map((alloc) => indexed('services', 'alloc', alloc.id)),
      ],
    };
  };
}

function* ofNamespace(
  state: StateReader,
  services: Iterable<ServiceInstance>,
  namespace: Namespace | undefined,
): Generator<JobService> {
  for (const service of services) {
    if (service.provider !== 'nomad' || service.allocId === undefined) continue;
    const alloc = state.alloc(service.allocId);
    if (alloc === undefined) continue;
    if (namespace !== undefined && alloc.namespace !== namespace) continue;
    yield { service, alloc, datacenter: state.node(alloc.nodeId)?.datacenter ?? '' };
  }
}

/** So many of them, the same for the same `by` as long as they are there (rendezvous hashing). */
export function chosen(
  all: readonly JobService[],
  { count, by }: { readonly count: number; readonly by: string },
): readonly JobService[] {
  const scored = all.map((each) => {
    hashRow(0, { by, id: each.service.id });
    return { each, score: hashText(lanes) };
  });
  scored.sort((a, b) => (a.score < b.score ? -1 : 1));
  return scored.slice(0, count).map(({ each }) => each);
}
