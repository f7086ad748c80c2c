/** Services that jobs register with Nomad itself. */
import * as routes from '../../api/nomad/service-routes.ts';
import {
  SERVICE_REGISTRATION,
  type NamespaceServices,
  type ServiceRegistration,
} from '../../api/nomad/service-routes.ts';
import type { AllocId, JobId } from '../../core/model/ids.ts';
import { readAlloc, readJob } from '../../core/state/reads.ts';
import {
  chosen,
  readJobServices,
  readServiceByName,
  readServicesOfAlloc,
  readServicesOfJob,
  type JobService,
} from '../../core/state/reads-services.ts';
import { toldOf, type HttpDeps } from './deps.ts';
import { invalid, notFound } from './fail.ts';
import { listing } from './list.ts';
import { bind, type Bound } from './mount.ts';

/** Binds what concerns these services. */
export function serviceHandlers({ ops }: HttpDeps): readonly Bound[] {
  return [
    bind(routes.listNamedServices, async ({ query, listed, waiting, signal }) => {
      const answer = await ops.query(readJobServices(listed), waiting, signal);
      return { value: byNamespace(answer.value, query.prefix ?? ''), ...toldOf(answer) };
    }),
    bind(routes.readNamedService, async ({ params, query, listed, waiting, signal }) => {
      const answer = await ops.query(readServiceByName(listed, params.name), waiting, signal);
      const wanted = choiceOf(query.choose);
      const kept = wanted === undefined ? answer.value : chosen(answer.value, wanted);
      const rows = kept.map(registration).sort((a, b) => (a.id < b.id ? -1 : 1));
      return { ...listing(rows, SERVICE_REGISTRATION, query, ({ id }) => id), ...toldOf(answer) };
    }),
    bind(routes.deleteRegistration, async ({ params, listed }) => {
      const found = readServiceByName(
        listed,
        params.name,
      )(ops.snapshot()).value.find(({ service }) => service.id === params.id);
      if (found === undefined) throw notFound('service registration not found');
      const { node, id } = found.service;
      return { value: undefined, index: await ops.catalog.deregister({ node, serviceIds: [id] }) };
    }),
    bind(routes.jobServices, async ({ params, namespace, waiting, signal }) => {
      const id = params.id as JobId;
      const answer = await ops.query(readServicesOfJob(namespace, id), waiting, signal);
      if (readJob(namespace, id)(ops.snapshot()).value === undefined) {
        throw notFound('job not found', answer.index);
      }
      return { value: answer.value.map(registration), ...toldOf(answer) };
    }),
    bind(routes.allocServices, async ({ params, waiting, signal }) => {
      const id = params.id as AllocId;
      const answer = await ops.query(readServicesOfAlloc(id), waiting, signal);
      if (readAlloc(id)(ops.snapshot()).value === undefined) {
        throw notFound('alloc not found', answer.index);
      }
      return { value: answer.value.map(registration), ...toldOf(answer) };
    }),
  ];
}

function registration({ service, alloc, datacenter }: JobService): ServiceRegistration {
  return {
    id: service.id,
    serviceName: service.name,
    namespace: alloc.namespace,
    nodeId: alloc.nodeId,
    datacenter,
    jobId: alloc.jobId,
    allocId: alloc.id,
    tags: service.tags,
    address: service.address,
    port: service.port,
    createIndex: service.createIndex,
    modifyIndex: service.modifyIndex,
  };
}

/** Each name once, with the tags of all its instances; all in order. */
function byNamespace(all: readonly JobService[], prefix: string): readonly NamespaceServices[] {
  const namespaces = new Map<NamespaceServices['namespace'], Map<string, Set<string>>>();
  for (const { service, alloc } of all) {
    if (!service.name.startsWith(prefix)) continue;
    const names = namespaces.get(alloc.namespace) ?? new Map<string, Set<string>>();
    const tags = names.get(service.name) ?? new Set<string>();
    for (const tag of service.tags) tags.add(tag);
    namespaces.set(alloc.namespace, names.set(service.name, tags));
  }
  return sorted(namespaces).map(([namespace, names]) => ({
    namespace,
    services: sorted(names).map(([serviceName, tags]) => ({
      serviceName,
      tags: [...tags].sort(),
    })),
  }));
}

function sorted<K extends string, V>(map: ReadonlyMap<K, V>): readonly (readonly [K, V])[] {
  return [...map].sort(([a], [b]) => (a < b ? -1 : 1));
}

function choiceOf(
  text: string | undefined,
): { readonly count: number; readonly by: string } | undefined {
  if (text === undefined || text === '') return undefined;
  const [, count, by] = /^(\d{1,6})\|(.+)$/s.exec(text) ?? [];
  if (by === undefined) throw invalid('choose must be in the form "<number>|<key>"');
  return { count: Number(count), by };
}
