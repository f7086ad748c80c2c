/**
 * From a check as it was written to the check that is run: every default filled in, or the reason
 * why it cannot be. The reasons are Consul's.
 *
 * Source: https://developer.hashicorp.com/consul/docs/services/configuration/checks-configuration-reference
 */
import {
  CHECK_INTERVAL_MS_MIN,
  CHECK_OUTPUT_BYTES,
  CHECK_OUTPUT_BYTES_MAX,
  DEREGISTER_CRITICAL_MS_MIN,
} from '../limits.ts';
import type { CheckDefinition, HealthStatus, Probe } from '../model/health-check.ts';
import type { CheckWish, Settled } from './wish.ts';

/** How a check is called unless its author says so. */
export interface CheckNames {
  readonly id: string;
  readonly name: string;
  /** Of the instance that it was written into; empty: it says itself. */
  readonly serviceId: string;
}

/** @param outputMaxBytes kept where the check does not say */
export function checkDefinition(
  wish: CheckWish,
  names: CheckNames,
  outputMaxBytes: number = CHECK_OUTPUT_BYTES,
): Settled<CheckDefinition> {
  const problem = problemOf(wish);
  const probe = probeOf(wish);
  if (problem !== undefined || probe === undefined) return { problem: problem ?? NO_PROBE };
  const isRun = probe.kind !== 'ttl' && probe.kind !== 'alias';
  const critical = wish.failuresBeforeCritical;
  const id = firstOf(wish.id, wish.checkId, names.id, wish.name);
  return {
    made: {
      id,
      name: firstOf(wish.name, names.name, id),
      notes: wish.notes,
      serviceId: firstOf(names.serviceId, wish.serviceId),
      // An alias of something healthy must not begin by hiding it.
      initialStatus: wish.status === '' ? (ALIAS_STATUS[probe.kind] ?? 'critical') : wish.status,
      probe,
      intervalMs: isRun ? Math.max(wish.intervalMs, CHECK_INTERVAL_MS_MIN) : 0,
      timeoutMs: isRun ? timeoutOf(wish, probe) : 0,
      successBeforePassing: wish.successBeforePassing,
      failuresBeforeWarning:
        wish.failuresBeforeWarning === 0 ? critical : wish.failuresBeforeWarning,
      failuresBeforeCritical: critical,
      deregisterCriticalServiceAfterMs: reapTime(wish.deregisterCriticalServiceAfterMs),
      outputMaxBytes: outputBound(wish.outputMaxBytes, outputMaxBytes),
    },
  };
}

const ALIAS_STATUS: Readonly<Partial<Record<Probe['kind'], HealthStatus>>> = { alias: 'passing' };

const NO_PROBE = 'TTL must be > 0 for TTL checks';
const STATUSES: readonly string[] = ['', 'passing', 'warning', 'critical'];

function problemOf(wish: CheckWish): string | undefined {
  if (!STATUSES.includes(wish.status)) {
    return "Status for checks must 'passing', 'warning', 'critical'";
  }
  return timesProblem(wish) ?? numbersProblem(wish);
}

function timesProblem(wish: CheckWish): string | undefined {
  const { intervalMs, ttlMs } = wish;
  if (wish.osService !== '') return 'OSService checks are not supported';
  if (intervalMs > 0 && ttlMs > 0) return 'Interval and TTL cannot both be specified';
  const isAlias = wish.aliasNode !== '' || wish.aliasService !== '';
  if (isRunnable(wish)) {
    if (isAlias) return 'Interval cannot be set for Alias checks';
    return intervalMs > 0
      ? undefined
      : 'Interval must be > 0 for Script, HTTP, H2PING, TCP, UDP or OSService checks';
  }
  if (isAlias) return ttlMs > 0 ? 'TTL must be not be set for Alias checks' : undefined;
  return ttlMs > 0 ? undefined : NO_PROBE;
}

function numbersProblem(wish: CheckWish): string | undefined {
  const { failuresBeforeWarning, failuresBeforeCritical, successBeforePassing } = wish;
  if (wish.outputMaxBytes < 0) return 'MaxOutputMaxSize must be positive';
  if (Math.min(failuresBeforeWarning, failuresBeforeCritical, successBeforePassing) < 0) {
    return 'SuccessBeforePassing, FailuresBeforeWarning and FailuresBeforeCritical must be positive';
  }
  return failuresBeforeWarning > failuresBeforeCritical
    ? "FailuresBeforeWarning can't be higher than FailuresBeforeCritical"
    : undefined;
}

function isRunnable(wish: CheckWish): boolean {
  const { http, tcp, udp, grpc, h2ping, dockerContainerId } = wish;
  const named = [http, tcp, udp, grpc, h2ping, dockerContainerId].some((each) => each !== '');
  return named || argsOf(wish).length > 0;
}

function argsOf({ args, scriptArgs }: CheckWish): readonly string[] {
  return args.length > 0 ? args : scriptArgs;
}

/** The first kind that was written. Undefined: none was. */
function probeOf(wish: CheckWish): Probe | undefined {
  const args = argsOf(wish);
  if (wish.dockerContainerId !== '') return dockerProbe(wish, args);
  if (args.length > 0) return { kind: 'script', args };
  return networkProbe(wish) ?? reportedProbe(wish);
}

function dockerProbe({ dockerContainerId, shell }: CheckWish, args: readonly string[]): Probe {
  return { kind: 'docker', containerId: dockerContainerId, shell, args: dockerArgs(shell, args) };
}

/** With a shell, what was written is one command for it. */
function dockerArgs(shell: string, args: readonly string[]): readonly string[] {
  return shell === '' ? args : [shell, '-c', args.join(' ')];
}

function networkProbe(wish: CheckWish): Probe | undefined {
  const tls = { serverName: wish.tlsServerName, skipVerify: wish.tlsSkipVerify };
  if (wish.http !== '') return httpProbe(wish);
  if (wish.tcp !== '') return { kind: 'tcp', address: wish.tcp, useTls: wish.tcpUseTls, tls };
  if (wish.udp !== '') return { kind: 'udp', address: wish.udp };
  if (wish.h2ping !== '') {
    return { kind: 'h2ping', address: wish.h2ping, useTls: wish.h2pingUseTls ?? true, tls };
  }
  if (wish.grpc === '') return undefined;
  const slash = wish.grpc.indexOf('/');
  const address = slash < 0 ? wish.grpc : wish.grpc.slice(0, slash);
  const service = slash < 0 ? '' : wish.grpc.slice(slash + 1);
  return { kind: 'grpc', address, service, useTls: wish.grpcUseTls, tls };
}

function httpProbe(wish: CheckWish): Probe {
  return {
    kind: 'http',
    url: wish.http,
    method: wish.method === '' ? 'GET' : wish.method,
    header: wish.header,
    body: wish.body,
    disableRedirects: wish.disableRedirects,
    tls: { serverName: wish.tlsServerName, skipVerify: wish.tlsSkipVerify },
  };
}

function reportedProbe({ aliasNode, aliasService, ttlMs }: CheckWish): Probe | undefined {
  if (aliasNode !== '' || aliasService !== '') {
    return { kind: 'alias', node: aliasNode, serviceId: aliasService };
  }
  return ttlMs > 0 ? { kind: 'ttl', ttlMs } : undefined;
}

/** Source: Consul's defaults. */
function timeoutOf({ timeoutMs }: CheckWish, { kind }: Probe): number {
  if (timeoutMs > 0) return timeoutMs;
  return kind === 'script' || kind === 'docker' ? 30_000 : 10_000;
}

function reapTime(ms: number): number {
  return ms > 0 ? Math.max(ms, DEREGISTER_CRITICAL_MS_MIN) : 0;
}

/** Where the agent keeps none, asking for some helps nothing. */
function outputBound(asked: number, agent: number): number {
  if (agent === 0) return 0;
  return asked > 0 ? Math.min(asked, CHECK_OUTPUT_BYTES_MAX) : agent;
}

function firstOf(...texts: readonly string[]): string {
  return texts.find((text) => text !== '') ?? '';
}
