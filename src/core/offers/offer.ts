/**
 * One service of an allocation as an instance in the catalog: where it is reached, under which
 * tags.
 *
 * Source: https://developer.hashicorp.com/nomad/docs/job-specification/service
 */
import { interpolate, type Lookup } from '../interpolate/replace.ts';
import type { Alloc } from '../model/alloc.ts';
import { DEFAULT_WEIGHTS, type ServiceFacts } from '../model/catalog.ts';
import type { Service } from '../model/service.ts';

/** Where the allocation's ports are reached. */
export interface Reach {
  readonly alloc: Pick<Alloc, 'id' | 'ports' | 'deploymentStatus'>;
  /** Of the machine. */
  readonly hostAddress: string;
  /** Inside the group's own network; absent in host mode. */
  readonly allocAddress?: string;
  /** The task whose own ports count; absent for a group's service. */
  readonly task?: string;
  /** The group's or the task's name: whose service it is. */
  readonly owner: string;
  readonly lookup: Lookup;
  /** The id of the allocation's own instance of a service. */
  instanceNamed(service: string): string | undefined;
}

export interface Endpoint {
  /** Empty: unknown. */
  readonly address: string;
  /** 0: none. */
  readonly port: number;
}

/** Marks instances that jobs registered. */
const SOURCE = 'external-source';

/** The instance of a service (all its texts interpolated). */
export function instanceOf(service: Service, reach: Reach): ServiceFacts {
  const fill = (text: string): string => interpolate(text, reach.lookup);
  const canary = reach.alloc.deploymentStatus?.canary === true;
  const tags = canary && service.canaryTags.length > 0 ? service.canaryTags : service.tags;
  const canaryMeta = canary && Object.keys(service.canaryMeta).length > 0;
  const meta = canaryMeta ? service.canaryMeta : service.meta;
  const { port } = endpointOf(service.portLabel, service.addressMode, reach);
  return {
    id: instanceId(service, reach),
    name: fill(service.name),
    kind: '',
    tags: tags.map(fill),
    address: addressOf(service, reach),
    port,
    socketPath: '',
    taggedAddresses: taggedAddresses(service, port, fill),
    meta: { [SOURCE]: 'nomad', ...filled(meta, fill) },
    weights: DEFAULT_WEIGHTS,
    enableTagOverride: service.enableTagOverride,
    allocId: reach.alloc.id,
    ...(service.provider === 'nomad' && { provider: 'nomad' }),
  };
}

/** Unique among all instances of the allocation, and the same for its whole life. */
export function instanceId(
  { name, portLabel }: Pick<Service, 'name' | 'portLabel'>,
  { alloc, owner, lookup }: Pick<Reach, 'alloc' | 'owner' | 'lookup'>,
): string {
  return `_nomad-task-${alloc.id}-${owner}-${interpolate(name, lookup)}-${portLabel}`;
}

/**
 * Where a port is reached. A label that names no port of the allocation may be a number itself.
 *
 * @param mode `auto host driver alloc`
 */
export function endpointOf(label: string, mode: string, reach: Reach): Endpoint {
  const inside = mode === 'alloc' || mode === 'driver';
  const within = inside ? reach.allocAddress : undefined;
  const found = reach.alloc.ports.find(
    (port) => port.label === label && (port.task === undefined || port.task === reach.task),
  );
  if (found === undefined) {
    return { address: within ?? reach.hostAddress, port: literalPort(label) };
  }
  if (within === undefined) return { address: found.hostIp, port: found.value };
  return { address: within, port: found.to > 0 ? found.to : found.value };
}

function addressOf(service: Service, reach: Reach): string {
  const own = interpolate(service.address, reach.lookup);
  if (own !== '') return own;
  return endpointOf(service.portLabel, service.addressMode, reach).address;
}

function literalPort(label: string): number {
  return /^\d{1,5}$/.test(label) && Number(label) <= 65_535 ? Number(label) : 0;
}

/** `host:port` or `host`, which has the service's port. */
function taggedAddresses(
  service: Service,
  port: number,
  fill: (text: string) => string,
): ServiceFacts['taggedAddresses'] {
  return Object.fromEntries(
    Object.entries(service.taggedAddresses).map(([name, text]) => {
      const [, address, own] = /^(.*?)(?::(\d{1,5}))?$/.exec(fill(text)) ?? [];
      return [name, { address: address ?? '', port: own === undefined ? port : Number(own) }];
    }),
  );
}

function filled(
  record: Readonly<Record<string, string>>,
  fill: (text: string) => string,
): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(record).map(([key, text]) => [key, fill(text)]));
}
