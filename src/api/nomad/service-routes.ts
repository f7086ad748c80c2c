/**
 * Services that jobs register with Nomad itself. Source:
 * https://developer.hashicorp.com/nomad/api-docs/services
 */
import type { Index } from '../../base/brand.ts';
import type { AllocId, JobId, Namespace, NodeId } from '../../core/model/ids.ts';
import { shape, type Shape } from '../codec/codec.ts';
import { int, list, listOf, text, texts } from '../codec/fields.ts';
import { queryText } from '../query.ts';
import { read, write } from '../route.ts';
import { LIST_QUERY } from './list-query.ts';

/** One instance of a service. */
export interface ServiceRegistration {
  readonly id: string;
  readonly serviceName: string;
  readonly namespace: Namespace;
  readonly nodeId: NodeId;
  readonly datacenter: string;
  readonly jobId: JobId;
  readonly allocId: AllocId;
  readonly tags: readonly string[];
  readonly address: string;
  readonly port: number;
  readonly createIndex: Index;
  readonly modifyIndex: Index;
}

export const SERVICE_REGISTRATION: Shape<ServiceRegistration> = shape({
  id: text('ID'),
  serviceName: text('ServiceName'),
  namespace: text('Namespace'),
  nodeId: text('NodeID'),
  datacenter: text('Datacenter'),
  jobId: text('JobID'),
  allocId: text('AllocID'),
  tags: texts('Tags'),
  address: text('Address'),
  port: int('Port'),
  createIndex: int('CreateIndex'),
  modifyIndex: int('ModifyIndex'),
});

export interface NamedService {
  readonly serviceName: string;
  /** Of all its instances. */
  readonly tags: readonly string[];
}

/** The services of one namespace. */
export interface NamespaceServices {
  readonly namespace: Namespace;
  readonly services: readonly NamedService[];
}

const NAMED_SERVICE: Shape<NamedService> = shape({
  serviceName: text('ServiceName'),
  tags: texts('Tags'),
});

export const NAMESPACE_SERVICES: Shape<NamespaceServices> = shape({
  namespace: text('Namespace'),
  services: list('Services', NAMED_SERVICE),
});

export const listNamedServices = read({
  name: 'service.list',
  path: '/v1/services',
  about: 'Names and tags of the services that jobs register with `provider = "nomad"`.',
  query: { prefix: LIST_QUERY.prefix },
  reply: listOf(NAMESPACE_SERVICES),
});

export const readNamedService = read({
  name: 'service.read',
  path: '/v1/service/:name',
  about: 'The instances of one of these services.',
  query: {
    ...LIST_QUERY,
    choose: queryText('choose', '`3|who`: only three, the same each time for the same who'),
  },
  reply: listOf(SERVICE_REGISTRATION),
});

export const deleteRegistration = write({
  name: 'service.delete',
  method: 'DELETE',
  path: '/v1/service/:name/:id',
  about: 'Takes an instance out of the list; its client puts it back while its task runs.',
});

export const jobServices = read({
  name: 'job.services',
  path: '/v1/job/:id/services',
  about: 'The services that a job registered with Nomad.',
  reply: listOf(SERVICE_REGISTRATION),
});

export const allocServices = read({
  name: 'alloc.services',
  path: '/v1/allocation/:id/services',
  about: 'The services that an allocation registered with Nomad.',
  reply: listOf(SERVICE_REGISTRATION),
});

export const SERVICE_ROUTES = [
  listNamedServices,
  readNamedService,
  deleteRegistration,
  jobServices,
  allocServices,
] as const;
