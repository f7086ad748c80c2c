/**
 * A check of a job's service as an agent runs it.
 *
 * Source: https://developer.hashicorp.com/nomad/docs/job-specification/check
 */
import { interpolate } from '../interpolate/replace.ts';
import type { CheckDefinition, Probe, ProbeTls } from '../model/health-check.ts';
import type { Check, Service } from '../model/service.ts';
import { endpointOf, instanceId, type Reach } from './offer.ts';

/** A check with what it means for the task it watches. */
export interface OfferedCheck {
  readonly definition: CheckDefinition;
  /** Of a command: the task that it runs in. */
  readonly commandTask?: string;
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
  const isCommand = probe.kind === 'script' || probe.kind === 'docker';
  // Never on the machine: a job's commands run where its tasks do.
  if (isCommand && task === undefined) return undefined;
  const isRun = probe.kind !== 'ttl' && probe.kind !== 'alias';
  const definition: CheckDefinition = {
    id: offeredCheckId(service, at, reach),
    name: interpolate(check.name, reach.lookup),
    notes: '',
    serviceId: instanceId(service, reach),
    initialStatus: initialStatus(check),
    probe,
    intervalMs: isRun ? check.intervalMs : 0,
    timeoutMs: isRun ? check.timeoutMs : 0,
    successBeforePassing: check.successBeforePassing,
    failuresBeforeWarning: check.failuresBeforeWarning,
    failuresBeforeCritical: check.failuresBeforeCritical,
    deregisterCriticalServiceAfterMs: 0,
    outputMaxBytes: OUTPUT_MAX_BYTES,
  };
  return isCommand && task !== undefined ? { definition, commandTask: task } : { definition };
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

/** Undefined where no kind was said. */
function probeOf(check: Check, service: Service, reach: Reach): Probe | undefined {
  const fill = (text: string): string => interpolate(text, reach.lookup);
  const label = check.portLabel === '' ? service.portLabel : check.portLabel;
  const mode = check.addressMode === '' ? service.addressMode : check.addressMode;
  const { address: host, port } = endpointOf(label, mode, reach);
  const address = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  const tls = { serverName: fill(check.tlsServerName), skipVerify: check.tlsSkipVerify };
  switch (check.type) {
    case 'http':
      return httpProbe(check, { address, tls, fill });
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
      return { kind: 'script', args: commandOf(check, fill) };
    case 'docker':
      // Its container is the task's: the driver knows it.
      return { kind: 'docker', containerId: '', shell: '', args: commandOf(check, fill) };
    case 'ttl':
      return { kind: 'ttl', ttlMs: check.intervalMs };
    case 'alias': {
      const named = fill(check.aliasService);
      return { kind: 'alias', node: '', serviceId: reach.instanceNamed(named) ?? named };
    }
    case '':
      return undefined;
  }
}

function commandOf({ command, args }: Check, fill: (text: string) => string): readonly string[] {
  return [fill(command), ...args.map(fill)];
}

function httpProbe(
  check: Check,
  at: Readonly<{ address: string; tls: ProbeTls; fill: (text: string) => string }>,
): Probe {
  const { address, tls, fill } = at;
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
