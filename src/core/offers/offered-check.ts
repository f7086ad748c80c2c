/**
 * A check of a job's service as an agent runs it.
 *
 * Source: https://developer.hashicorp.com/nomad/docs/job-specification/check
 */
import { interpolate } from '../interpolate/replace.ts';
import type { CheckDefinition, Probe } from '../model/health-check.ts';
import type { Check, Service } from '../model/service.ts';
import { endpointOf, instanceId, type Reach } from './offer.ts';

/** A check with what it means for the task it watches. */
export interface OfferedCheck {
  readonly definition: CheckDefinition;
  /** For a script: the task that it runs in. */
  readonly scriptTask?: string;
}

/** Bytes of output kept of one check. Source: Consul's default. */
const OUTPUT_MAX_BYTES = 4096;

/** Unique among all checks of the allocation, and the same for its whole life. */
export function offeredCheckId(service: Service, at: number, reach: Reach): string {
  return `_nomad-check-${instanceId(service, reach).slice('_nomad-task-'.length)}-${at}`;
}

/** @param at its place among the service's checks */
export function offeredCheck(service: Service, at: number, reach: Reach): OfferedCheck | undefined {
  const check = service.checks[at];
  const probe = check && probeOf(check, service, reach);
  if (check === undefined || probe === undefined) return undefined;
  const task = taskOf(check, service, reach);
  // Never on the machine: a job's commands run where its tasks do.
  if (check.type === 'script' && task === undefined) return undefined;
  const definition: CheckDefinition = {
    id: offeredCheckId(service, at, reach),
    name: interpolate(check.name, reach.lookup),
    notes: '',
    serviceId: instanceId(service, reach),
    initialStatus: initialStatus(check),
    probe,
    intervalMs: check.intervalMs,
    timeoutMs: check.timeoutMs,
    successBeforePassing: check.successBeforePassing,
    failuresBeforeWarning: check.failuresBeforeWarning,
    failuresBeforeCritical: check.failuresBeforeCritical,
    deregisterCriticalServiceAfterMs: 0,
    outputMaxBytes: OUTPUT_MAX_BYTES,
  };
  return check.type === 'script' && task !== undefined
    ? { definition, scriptTask: task }
    : { definition };
}

/** The task that a check speaks of; undefined: the whole group. */
export function taskOf(
  check: Pick<Check, 'taskName'>,
  service: Pick<Service, 'taskName'>,
  reach: Pick<Reach, 'task'>,
): string | undefined {
  if (check.taskName !== '') return check.taskName;
  return service.taskName === '' ? reach.task : service.taskName;
}

function initialStatus(check: Check): CheckDefinition['initialStatus'] {
  const status = check.initialStatus;
  return status === 'passing' || status === 'warning' ? status : 'critical';
}

/** Undefined for kinds that jobs do not have. */
function probeOf(check: Check, service: Service, reach: Reach): Probe | undefined {
  const fill = (text: string): string => interpolate(text, reach.lookup);
  const label = check.portLabel === '' ? service.portLabel : check.portLabel;
  const mode = check.addressMode === '' ? service.addressMode : check.addressMode;
  const { address: host, port } = endpointOf(label, mode, reach);
  const address = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  const tls = { serverName: fill(check.tlsServerName), skipVerify: check.tlsSkipVerify };
  switch (check.type) {
    case 'http': {
      const protocol = check.protocol === '' ? 'http' : check.protocol;
      return {
        kind: 'http',
        url: `${protocol}://${address}${fill(check.path)}`,
        method: check.method === '' ? 'GET' : check.method,
        header: Object.fromEntries(
          Object.entries(check.header).map(([name, values]) => [name, values.map(fill)]),
        ),
        body: fill(check.body),
        disableRedirects: false,
        tls,
      };
    }
    case 'tcp':
      return { kind: 'tcp', address, useTls: false, tls };
    case 'udp':
      return { kind: 'udp', address };
    case 'grpc':
      return {
        kind: 'grpc',
        address,
        service: fill(check.grpcService),
        useTls: check.grpcUseTls,
        tls,
      };
    case 'script':
      return { kind: 'script', args: [fill(check.command), ...check.args.map(fill)] };
    case 'ttl':
    case 'docker':
    case 'alias':
    case '':
      return undefined;
  }
}
