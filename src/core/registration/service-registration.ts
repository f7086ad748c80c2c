/**
 * From a service as it was written to what is registered: every default filled in, or the reason
 * why it cannot be. The reasons are Consul's.
 *
 * Source: https://developer.hashicorp.com/consul/docs/services/configuration/services-configuration-reference
 */
import { META_KEY_MAX, META_PAIRS_MAX, META_VALUE_MAX } from '../limits.ts';
import { DEFAULT_WEIGHTS, type ServiceFacts } from '../model/catalog.ts';
import type { CheckDefinition } from '../model/health-check.ts';
import { checkDefinition } from './check-definition.ts';
import type { ServiceWish, Settled } from './wish.ts';

/** An instance with the checks that were written into it. */
export interface WrittenService {
  readonly service: ServiceFacts;
  readonly checks: readonly CheckDefinition[];
}

/** @param outputMaxBytes kept of a check where it does not say */
export function serviceRegistration(
  wish: ServiceWish,
  outputMaxBytes?: number,
): Settled<WrittenService> {
  const problem = problemOf(wish);
  if (problem !== undefined) return { problem };
  const service = factsOf(wish);
  const wishes = [...(wish.check === undefined ? [] : [wish.check]), ...wish.checks];
  const checks: CheckDefinition[] = [];
  for (const [i, check] of wishes.entries()) {
    const settled = checkDefinition(check, names(service, wishes.length, i), outputMaxBytes);
    if ('problem' in settled) return { problem: `Invalid check: ${settled.problem}` };
    checks.push(settled.made);
  }
  return { made: { service, checks } };
}

function names(
  { id, name }: ServiceFacts,
  count: number,
  at: number,
): Parameters<typeof checkDefinition>[1] {
  return {
    id: count > 1 ? `service:${id}:${at + 1}` : `service:${id}`,
    name: `Service '${name}' check`,
    serviceId: id,
  };
}

function factsOf(wish: ServiceWish): ServiceFacts {
  return {
    id: wish.id === '' ? wish.name : wish.id,
    name: wish.name,
    kind: wish.kind,
    tags: wish.tags,
    address: wish.address,
    port: wish.port,
    socketPath: wish.socketPath,
    taggedAddresses: wish.taggedAddresses,
    meta: wish.meta,
    weights: wish.weights ?? DEFAULT_WEIGHTS,
    enableTagOverride: wish.enableTagOverride,
    ...(wish.proxy === undefined ? {} : { proxy: wish.proxy }),
  };
}

function problemOf(wish: ServiceWish): string | undefined {
  if (wish.name === '') return 'Missing service name';
  if (['0.0.0.0', '::', '[::]'].includes(wish.address)) return 'Invalid service address';
  if (wish.port < 0 || wish.port > 65_535) {
    return `Invalid service port: ${wish.port} is not within 0 and 65535`;
  }
  if (wish.port !== 0 && wish.socketPath !== '') {
    return 'Invalid Service: Port and SocketPath cannot both be specified';
  }
  const { passing, warning } = wish.weights ?? DEFAULT_WEIGHTS;
  if (passing < 0 || warning < 0) return 'Invalid Weights: must not be negative';
  return metaProblem(wish.meta);
}

function metaProblem(meta: Readonly<Record<string, string>>): string | undefined {
  const pairs = Object.entries(meta);
  const prefix = 'Invalid Service Meta';
  if (pairs.length > META_PAIRS_MAX) {
    return `${prefix}: Node metadata cannot contain more than ${META_PAIRS_MAX} key/value pairs`;
  }
  for (const [key, value] of pairs) {
    const why = pairProblem(key, value);
    if (why !== undefined)
      return `${prefix}: Couldn't load metadata pair ('${key}', '${value}'): ${why}`;
  }
  return undefined;
}

function pairProblem(key: string, value: string): string | undefined {
  if (key === '') return 'Key cannot be blank';
  if (!/^[A-Za-z0-9_-]+$/.test(key)) return 'Key contains invalid characters';
  if (key.length > META_KEY_MAX) return `Key is too long (limit: ${META_KEY_MAX} characters)`;
  return value.length > META_VALUE_MAX
    ? `Value is too long (limit: ${META_VALUE_MAX} characters)`
    : undefined;
}

/** What DNS cannot say of a service that is registered all the same; empty: nothing. */
export function dnsWarnings({
  name,
  tags,
}: Pick<ServiceFacts, 'name' | 'tags'>): readonly string[] {
  const found: string[] = [];
  if (!isLabel(name)) found.push(warning('Service name', name));
  for (const tag of tags) {
    if (!isLabel(tag) && !tag.startsWith(ROUTE)) found.push(warning('Service tag', tag));
  }
  return found;
}

function warning(what: string, name: string): string {
  const why = name.length > LABEL_MAX ? 'it being too long' : 'invalid characters';
  const allowed =
    name.length > LABEL_MAX ? `at most ${LABEL_MAX} bytes` : 'letters, digits and dashes';
  return `${what} will not be discoverable via DNS due to ${why} (${allowed}): "${name}"`;
}

/** So begin tags that are read by balancers and never meant as names. */
const ROUTE = 'urlprefix-';

/** Source: RFC 1035, section 2.3.4. */
const LABEL_MAX = 63;

function isLabel(text: string): boolean {
  return text.length <= LABEL_MAX && /^[A-Za-z0-9-]+$/.test(text);
}
