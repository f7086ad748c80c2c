/**
 * Services and checks of configuration files: from what stands there to what is registered.
 *
 * DF1: an unknown name is a mistake with its place, never ignored.
 */
import { decodeFull, type Codec } from '../api/codec/codec.ts';
import { isIssues, type Issue } from '../api/codec/issue.ts';
import { CHECK_BODY } from '../api/consul/agent-check-codec.ts';
import { AGENT_SERVICE_BODY } from '../api/consul/agent-service-codec.ts';
import type { Json, JsonObject } from '../base/json.ts';
import type { CheckDefinition } from '../core/model/health-check.ts';
import { checkDefinition } from '../core/registration/check-definition.ts';
import { serviceRegistration } from '../core/registration/service-registration.ts';
import type { Settled } from '../core/registration/wish.ts';
import type { Registrations, ServiceRegistration } from '../ports/registrar.ts';

/** As the files say it: blocks in a block are lists. */
export interface WrittenDefinitions {
  /** `service` and `services`. */
  readonly services: readonly JsonObject[];
  /** `check` and `checks`. */
  readonly checks: readonly JsonObject[];
}

/**
 * Answers what is to be registered, or all that is wrong with it, each with a path such as
 * `service "web".check.interval`.
 *
 * @param outputMaxBytes kept of a check that does not say
 */
export function readDefinitions(
  { services, checks }: WrittenDefinitions,
  outputMaxBytes: number,
): Registrations | readonly Issue[] {
  const issues: Issue[] = [];
  const made = {
    services: all(services, issues, (each) => serviceOf(each, outputMaxBytes)),
    checks: all(checks, issues, (each) => checkOf(each, outputMaxBytes)),
  };
  refuseDoubles(made, issues);
  return issues.length > 0 ? issues : made;
}

type Made<T> = Settled<T> | readonly Issue[];

function all<T>(
  written: readonly JsonObject[],
  issues: Issue[],
  read: (each: JsonObject) => { readonly path: string; readonly result: Made<T> },
): readonly T[] {
  const found: T[] = [];
  for (const each of written) {
    const { path, result } = read(each);
    if (isIssues(result)) issues.push(...result);
    else if ('problem' in result) issues.push({ path, message: result.problem });
    else found.push(result.made);
  }
  return found;
}

function serviceOf(
  written: JsonObject,
  outputMaxBytes: number,
): { readonly path: string; readonly result: Made<ServiceRegistration> } {
  const path = `service ${label(written)}`;
  const wish = decode(AGENT_SERVICE_BODY, withChecks(unwrapped(written, SERVICE_BLOCKS)), {
    path,
    names: SERVICE_NAMES,
  });
  return { path, result: isIssues(wish) ? wish : serviceRegistration(wish, outputMaxBytes) };
}

function checkOf(
  written: JsonObject,
  outputMaxBytes: number,
): { readonly path: string; readonly result: Made<CheckDefinition> } {
  const path = `check ${label(written)}`;
  const wish = decode(CHECK_BODY, unwrapped(written, CHECK_BLOCKS), { path, names: CHECK_NAMES });
  if (isIssues(wish)) return { path, result: wish };
  const hasName = wish.name !== '' || wish.id !== '' || wish.checkId !== '';
  const result: Made<CheckDefinition> = hasName
    ? checkDefinition(wish, { id: wish.name, name: wish.name, serviceId: '' }, outputMaxBytes)
    : { problem: 'a check needs a name' };
  return { path, result };
}

function decode<T>(
  codec: Codec<T>,
  written: JsonObject,
  { path, names }: { readonly path: string; readonly names: ReadonlySet<string> },
): T | readonly Issue[] {
  const unknown = [
    ...unknownNames(written, names, path),
    ...checksIn(written).flatMap((check) => unknownNames(check, CHECK_NAMES, `${path}.check`)),
  ];
  return unknown.length > 0 ? unknown : decodeFull(codec, written, path);
}

/** DF1. */
function unknownNames(
  written: JsonObject,
  names: ReadonlySet<string>,
  path: string,
): readonly Issue[] {
  return Object.keys(written)
    .filter((name) => !names.has(bare(name)))
    .map((name) => ({ path: `${path}.${name}`, message: 'there is no such setting' }));
}

/** The block `check` may stand several times, beside `checks`: all of them are one list. */
function withChecks(written: JsonObject): JsonObject {
  const rest = Object.entries(written).filter(([name]) => !CHECK_LISTS.has(bare(name)));
  const lists = Object.entries(written).filter(([name]) => CHECK_LISTS.has(bare(name)));
  const checks = lists.flatMap(([, value]) => (isList(value) ? value : [value]));
  const plain = checks.map((each) => (isObject(each) ? unwrapped(each, CHECK_BLOCKS) : each));
  return { ...Object.fromEntries(rest), ...(checks.length === 0 ? {} : { checks: plain }) };
}

function checksIn({ checks }: JsonObject): readonly JsonObject[] {
  return isList(checks) ? checks.filter(isObject) : [];
}

/** Blocks that stand once are lists of one: those become what is in them, as deep as they go. */
function unwrapped(written: JsonObject, blocks: ReadonlySet<string>): JsonObject {
  return Object.fromEntries(
    Object.entries(written).map(([name, value]) => [
      name,
      blocks.has(bare(name)) ? once(value) : value,
    ]),
  );
}

function once(value: Json): Json {
  if (isList(value) && value.length === 1 && isObject(value[0])) return once(value[0]);
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, once(inner)]));
}

/** Two of one id: the files would take turns. */
function refuseDoubles({ services, checks }: Registrations, issues: Issue[]): void {
  const ids = services.map(({ service }) => service.id);
  const checkIds = [...services.flatMap((each) => each.checks), ...checks].map(({ id }) => id);
  for (const id of doubles(ids)) {
    issues.push({ path: `service "${id}"`, message: 'is defined twice: give each an id' });
  }
  for (const id of doubles(checkIds)) {
    issues.push({ path: `check "${id}"`, message: 'is defined twice: give each an id' });
  }
}

function doubles(ids: readonly string[]): ReadonlySet<string> {
  return new Set(ids.filter((id, at) => ids.indexOf(id) !== at));
}

function label(written: JsonObject): string {
  const named = written['name'] ?? written['Name'] ?? written['id'] ?? written['ID'];
  return typeof named === 'string' ? JSON.stringify(named) : '(without a name)';
}

/** Letters' case and underscores count for nothing. */
function bare(name: string): string {
  return name.replaceAll('_', '').toLowerCase();
}

function isList(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const CHECK_LISTS: ReadonlySet<string> = new Set(['check', 'checks']);
const SERVICE_BLOCKS: ReadonlySet<string> = new Set(
  'meta weights taggedaddresses proxy connect'.split(' '),
);
const CHECK_BLOCKS: ReadonlySet<string> = new Set(['header']);
const SERVICE_NAMES: ReadonlySet<string> = new Set(
  (
    'kind id name tags address taggedaddresses meta port socketpath check checks weights ' +
    'enabletagoverride token proxy connect'
  ).split(' '),
);
const CHECK_NAMES: ReadonlySet<string> = new Set(
  (
    'id checkid name notes serviceid status args scriptargs script dockercontainerid shell http method ' +
    'header body disableredirects h2ping h2pingusetls tcp tcpusetls udp grpc grpcusetls ' +
    'osservice tlsservername tlsskipverify aliasnode aliasservice ttl interval timeout ' +
    'successbeforepassing failuresbeforewarning failuresbeforecritical ' +
    'deregistercriticalserviceafter outputmaxsize token'
  ).split(' '),
);
