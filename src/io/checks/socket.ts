/** TCP and UDP checks. */
import { createSocket } from 'node:dgram';
import { connect, isIPv6, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { dialReason, parseHostPort, type HostPort } from '../../core/checks/reason.ts';
import { failedVerdict, passedVerdict } from '../../core/checks/verdict.ts';
import type { ProbeTls, TcpProbe, UdpProbe } from '../../core/model/health-check.ts';
import type { ProbeLimits, ProbeResult } from '../../ports/check-probes.ts';
import { reasonOf, startDeadline } from './deadline.ts';

/** How long a refusal is waited for after a datagram [ms]: on a network it takes a few. */
const REFUSAL_MS = 1_000;

/** Connects, with TLS where asked for, and hangs up. */
export async function checkTcp(
  probe: TcpProbe,
  limits: ProbeLimits,
  signal: AbortSignal,
): Promise<ProbeResult> {
  const target = parseHostPort(probe.address);
  if (target === undefined) return badAddress('tcp', probe.address);
  const deadline = startDeadline(limits.timeoutMs, signal);
  try {
    const socket = await dial(target, probe.useTls ? probe.tls : undefined, deadline.signal);
    socket.destroy();
    return passedVerdict(`TCP connect ${probe.address}: Success`);
  } catch (error) {
    const reason = deadline.signal.aborted ? TIMED_OUT : reasonOf(error);
    return failedVerdict(dialReason('tcp', probe.address, reason));
  } finally {
    deadline.end();
  }
}

/** What a connection says that was not made in time. */
export const TIMED_OUT = { code: 'ETIMEDOUT', message: '' };

/** Opens a connection; with TLS, resolves when the other side's certificate was found good. */
export function dial(
  { host, port }: HostPort,
  tls: (ProbeTls & { readonly alpn?: readonly string[] }) | undefined,
  signal: AbortSignal,
): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const servername = tls?.serverName === '' ? host : tls?.serverName;
    const socket =
      tls === undefined
        ? connect({ host, port })
        : connectTls({
            host,
            port,
            rejectUnauthorized: !tls.skipVerify,
            ...(servername === undefined || isAddress(servername) ? {} : { servername }),
            ...(tls.alpn === undefined ? {} : { ALPNProtocols: [...tls.alpn] }),
          });
    const abort = (): void => {
      socket.destroy();
      reject(new Error('aborted'));
    };
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    const settled = (): void => signal.removeEventListener('abort', abort);
    socket.once(tls === undefined ? 'connect' : 'secureConnect', () => {
      settled();
      resolve(socket);
    });
    socket.on('error', (error: Error) => {
      settled();
      reject(error);
    });
  });
}

/** Sends a datagram: an answer or silence is fine, a refusal is not. */
export async function checkUdp(
  probe: UdpProbe,
  limits: ProbeLimits,
  signal: AbortSignal,
): Promise<ProbeResult> {
  const target = parseHostPort(probe.address);
  if (target === undefined) return badAddress('udp', probe.address);
  const deadline = startDeadline(Math.min(limits.timeoutMs, REFUSAL_MS), signal);
  const socket = createSocket(isIPv6(target.host) ? 'udp6' : 'udp4');
  try {
    await new Promise<void>((resolve, reject) => {
      deadline.signal.addEventListener('abort', () => resolve(), { once: true });
      socket.once('message', () => resolve());
      socket.once('error', reject);
      socket.once('connect', () => socket.send('muster health check'));
      socket.connect(target.port, target.host);
    });
    return passedVerdict(`UDP connect ${probe.address}: Success`);
  } catch (error) {
    return failedVerdict(dialReason('udp', probe.address, reasonOf(error)));
  } finally {
    deadline.end();
    // A look-up under way may still fail, for nobody.
    socket.removeAllListeners('error').on('error', () => undefined);
    socket.close();
  }
}

function badAddress(network: string, address: string): ProbeResult {
  return failedVerdict(`dial ${network}: address ${address}: missing port in address`);
}

function isAddress(host: string): boolean {
  return /^[\d.]+$/.test(host) || host.includes(':');
}
