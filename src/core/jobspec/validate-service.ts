/** Checks of services and their health checks. */
import type { Check, CheckRestart, Service } from '../model/service.ts';
import type { Issues } from './issue.ts';

const SECOND = 1_000;
const ADDRESS_MODES = new Set(['', 'auto', 'host', 'driver', 'alloc', 'alloc_ipv6']);
const CHECK_TYPES = new Set(['http', 'tcp', 'script', 'grpc', 'ttl', 'udp', 'docker', 'alias']);
const WITH_PORT = new Set(['http', 'tcp', 'grpc', 'udp']);
const INITIAL_STATUSES = new Set(['', 'passing', 'warning', 'critical']);
const ON_UPDATES = new Set(['', 'require_healthy', 'ignore_warnings', 'ignore']);
/** Letters, digits and dashes within; what is interpolated is checked when it is known. */
const NAME = /^[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?$/;
const NAME_MAX = 63;

/** What of the group a service can refer to. */
export type ServicePlace = Readonly<{
  /** Labels of all ports that were asked for. */
  ports: ReadonlySet<string>;
  /** Names of the group's tasks. */
  tasks: ReadonlySet<string>;
  ofTask: boolean;
}>;

/** Checks the services of a group or task. */
export function validateServices(
  services: readonly Service[],
  place: ServicePlace,
  issues: Issues,
): void {
  const seen = new Set<string>();
  for (const service of services) {
    const at = issues.inside(`service "${service.name}"`);
    const key = `${service.name}:${service.portLabel}`;
    at.addIf([seen.has(key), `Service "${service.name}" is declared more than once for its port`]);
    seen.add(key);
    validateService(service, place, at);
  }
}

function validateService(service: Service, place: ServicePlace, issues: Issues): void {
  const { name, addressMode, onUpdate, portLabel, taskName } = service;
  const fixed = name.replace(/\$\{[^}]*\}/g, 'x');
  issues.addIf(
    [
      !NAME.test(fixed) || fixed.length > NAME_MAX,
      `Service name must be of letters, digits and dashes and at most ${NAME_MAX} characters long`,
    ],
    [
      !ADDRESS_MODES.has(addressMode),
      `Service address_mode must be auto, host, alloc or driver; not "${addressMode}"`,
    ],
    [!ON_UPDATES.has(onUpdate), `Service on_update must not be "${onUpdate}"`],
    [!portIsKnown(portLabel, addressMode, place), `port label "${portLabel}" does not exist`],
    [
      !place.ofTask && taskName !== '' && !place.tasks.has(taskName),
      `Task "${taskName}" is not defined for service "${name}"`,
    ],
  );
  if (service.checkRestart !== undefined) validateCheckRestart(service.checkRestart, issues);
  const seen = new Set<string>();
  for (const check of service.checks) {
    const at = issues.inside(`check "${check.name}"`);
    at.addIf([seen.has(check.name), `Check "${check.name}" is declared more than once`]);
    seen.add(check.name);
    validateCheck(check, service, place, at);
  }
}

/** A number is itself; with the addresses of drivers and allocations any port may be meant. */
function portIsKnown(label: string, mode: string, { ports }: ServicePlace): boolean {
  if (label === '' || ports.has(label) || label.includes('${')) return true;
  return /^[0-9]{1,5}$/.test(label) && (mode !== 'host' || Number(label) <= 65_535);
}

function validateCheck(check: Check, service: Service, place: ServicePlace, issues: Issues): void {
  const { type, initialStatus, addressMode, portLabel } = check;
  if (!CHECK_TYPES.has(type)) {
    issues.add(`invalid type ("${type}"), must be one of "http", "tcp", "script", "grpc" or "ttl"`);
    return;
  }
  validateProbe(check, issues);
  validateCheckTask(check, service, place, issues);
  const portless = portLabel === '' && service.portLabel === '' && !check.expose;
  issues.addIf(
    [!INITIAL_STATUSES.has(initialStatus), `invalid initial check state (${initialStatus})`],
    [!ADDRESS_MODES.has(addressMode), `invalid address_mode "${addressMode}"`],
    [WITH_PORT.has(type) && portless, `${type} checks need a port: their own or their service's`],
    [!portIsKnown(portLabel, addressMode, place), `port label "${portLabel}" does not exist`],
    [
      check.successBeforePassing < 0 || check.failuresBeforeCritical < 0,
      'success_before_passing and failures_before_critical must not be negative',
    ],
  );
  if (check.checkRestart !== undefined) validateCheckRestart(check.checkRestart, issues);
}

/** What is looked at, and how often. */
function validateProbe(
  { type, path, command, intervalMs, timeoutMs }: Check,
  issues: Issues,
): void {
  const timed = type !== 'alias';
  const least = 'cannot be less than 1s';
  issues.addIf(
    [type === 'http' && path === '', 'http type must have http path'],
    [type === 'http' && /^https?:\/\//.test(path), 'http path must be a path, not an address'],
    [runsCommand(type) && command === '', `${type} type must have a valid script path`],
    [timed && intervalMs < SECOND, `missing required value interval. Interval ${least}`],
    [
      timed && timeoutMs < SECOND && type !== 'ttl',
      `missing required value timeout. Timeout ${least}`,
    ],
  );
}

/** Where it is looked from. */
function validateCheckTask(
  check: Check,
  service: Service,
  place: ServicePlace,
  issues: Issues,
): void {
  const task = check.taskName === '' ? service.taskName : check.taskName;
  const homeless = runsCommand(check.type) && !place.ofTask && task === '';
  issues.addIf(
    [homeless, `${check.type} checks of a group must say their task`],
    [task !== '' && !place.tasks.has(task), `Task "${task}" of the check does not exist`],
  );
}

/** Inside a task. */
function runsCommand(type: Check['type']): boolean {
  return type === 'script' || type === 'docker';
}

function validateCheckRestart({ limit, graceMs }: CheckRestart, issues: Issues): void {
  issues
    .inside('check_restart')
    .addIf(
      [limit < 0, `limit must be greater than or equal to 0 but found ${limit}`],
      [graceMs < 0, 'grace period must be greater than or equal to 0'],
    );
}
