/**
 * The texts that data functions take, as dependencies: `tag.name@dc~near|filter`, `key@dc`.
 *
 * Source: consul-template's "Templating language", and the forms its releases accept.
 */
import type { Dependency, HealthService, HealthStatus } from './dependency.ts';
import { fail } from './function.ts';

/** Longer names than anything that can be registered. */
const QUERY_MAX = 4_096;

const DATACENTER = /(?:@(?<dc>[\w.-]+))?/.source;
const NEAR = /(?:~(?<near>[\w.-]+))?/.source;
const TAG = /(?:(?<tag>[\w=:.-]+)\.)?/.source;
const PATTERNS = {
  'health.service': new RegExp(
    `^${TAG}(?<name>[\\w-]+)${DATACENTER}${NEAR}(?:\\|(?<filter>[\\w,]+))?$`,
  ),
  'kv.get': new RegExp(`^/?(?<key>[^@]+)${DATACENTER}$`),
  'kv.list': new RegExp(`^/?(?<prefix>[^@]+)${DATACENTER}$`),
  'catalog.services': new RegExp(`^${DATACENTER}$`),
  'catalog.nodes': new RegExp(`^${DATACENTER}${NEAR}$`),
  'catalog.node': new RegExp(`^(?<name>[\\w.-]+)${DATACENTER}$`),
  'nomad.service': new RegExp(`^${TAG}(?<name>[\\w-]+)(?:@(?<region>[\\w.-]+))?$`),
  'nomad.services': /^(?:@(?<region>[\w.-]+))?$/,
  'nomad.var': /^\/?(?<path>[^@]+?)(?:@(?<namespace>[\w.-]+?)(?:\.(?<region>[\w-]+))?)?$/,
} as const;

const FILTERS: ReadonlySet<string> = new Set<HealthStatus | 'any'>([
  'any',
  'passing',
  'warning',
  'critical',
  'maintenance',
]);

/** @param kind what the query is called in the message when it cannot be read */
export function parseServiceQuery(text: string, connect: boolean): HealthService {
  const groups = match('health.service', text);
  const filter = (groups['filter'] ?? '').split(',').filter((word) => word !== '');
  for (const word of filter) {
    if (!FILTERS.has(word)) {
      fail(`health.service: invalid filter: ${JSON.stringify(word)} in ${JSON.stringify(text)}`);
    }
  }
  return {
    kind: 'health.service',
    name: groups['name'] ?? '',
    ...given('tag', groups['tag']),
    ...given('datacenter', groups['dc']),
    ...given('near', groups['near']),
    filter: filter.sort() as (HealthStatus | 'any')[],
    connect,
  };
}

export function parseKeyQuery(text: string): Extract<Dependency, { kind: 'kv.get' }> {
  const groups = match('kv.get', text);
  return { kind: 'kv.get', key: groups['key'] ?? '', ...given('datacenter', groups['dc']) };
}

/** An empty prefix is all keys. */
export function parsePrefixQuery(text: string): Extract<Dependency, { kind: 'kv.list' }> {
  if (text === '' || text === '/') return { kind: 'kv.list', prefix: '' };
  const groups = match('kv.list', text);
  return { kind: 'kv.list', prefix: groups['prefix'] ?? '', ...given('datacenter', groups['dc']) };
}

export function parseServicesQuery(
  text: string,
): Extract<Dependency, { kind: 'catalog.services' }> {
  const groups = match('catalog.services', text);
  return { kind: 'catalog.services', ...given('datacenter', groups['dc']) };
}

export function parseNodesQuery(text: string): Extract<Dependency, { kind: 'catalog.nodes' }> {
  const groups = match('catalog.nodes', text);
  const near = given('near', groups['near']);
  return { kind: 'catalog.nodes', ...given('datacenter', groups['dc']), ...near };
}

/** An empty text is the agent's own node. */
export function parseNodeQuery(text: string): Extract<Dependency, { kind: 'catalog.node' }> {
  if (text === '') return { kind: 'catalog.node' };
  const groups = match('catalog.node', text);
  const name = given('name', groups['name']);
  return { kind: 'catalog.node', ...name, ...given('datacenter', groups['dc']) };
}

export function parseNomadServiceQuery(
  text: string,
  choose?: Readonly<{ count: number; by: string }>,
): Extract<Dependency, { kind: 'nomad.service' }> {
  const groups = match('nomad.service', text);
  return {
    kind: 'nomad.service',
    name: groups['name'] ?? '',
    ...given('tag', groups['tag']),
    ...given('region', groups['region']),
    ...given('choose', choose),
  };
}

export function parseNomadServicesQuery(
  text: string,
): Extract<Dependency, { kind: 'nomad.services' }> {
  const groups = match('nomad.services', text);
  return { kind: 'nomad.services', ...given('region', groups['region']) };
}

export function parseVariableQuery(text: string): Extract<Dependency, { kind: 'nomad.var' }> {
  const groups = match('nomad.var', text);
  const namespace = given('namespace', groups['namespace']);
  const region = given('region', groups['region']);
  return { kind: 'nomad.var', path: groups['path'] ?? '', ...namespace, ...region };
}

export function parseVariablesQuery(text: string): Extract<Dependency, { kind: 'nomad.var.list' }> {
  if (text === '' || text === '/') return { kind: 'nomad.var.list', prefix: '' };
  const { path, namespace, region } = parseVariableQuery(text);
  const scope = { ...given('namespace', namespace), ...given('region', region) };
  return { kind: 'nomad.var.list', prefix: path, ...scope };
}

function match(
  kind: keyof typeof PATTERNS,
  text: string,
): Readonly<Record<string, string | undefined>> {
  const groups = text.length > QUERY_MAX ? undefined : PATTERNS[kind].exec(text)?.groups;
  return groups ?? fail(`${kind}: invalid format: ${JSON.stringify(text.slice(0, 200))}`);
}

function given<K extends string, V>(
  name: K,
  value: V | undefined,
): Readonly<Partial<Record<K, V>>> {
  return (value === undefined ? {} : { [name]: value }) as Partial<Record<K, V>>;
}
