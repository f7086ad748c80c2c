/** Checks over HTTP/2: its own ping, and gRPC's health service. */
import type { IncomingHttpHeaders } from 'node:http';
import { connect, type ClientHttp2Session, type ClientHttp2Stream } from 'node:http2';
import type { Socket } from 'node:net';
import {
  decodeHealthReply,
  encodeHealthRequest,
  GRPC_CODES,
  HEALTH_PATH,
} from '../../core/checks/grpc.ts';
import { dialReason, parseHostPort, type HostPort } from '../../core/checks/reason.ts';
import { failedVerdict, passedVerdict } from '../../core/checks/verdict.ts';
import type { GrpcProbe, H2Probe } from '../../core/model/health-check.ts';
import type { ProbeLimits, ProbeResult } from '../../ports/check-probes.ts';
import { reasonOf, startDeadline, type Deadline } from './deadline.ts';
import { dial, TIMED_OUT } from './socket.ts';

/** Bytes of an answer: a status is seven. */
const REPLY_BYTES_MAX = 4_096;

/** Pings a server. */
export async function checkH2(
  probe: H2Probe,
  limits: ProbeLimits,
  signal: AbortSignal,
): Promise<ProbeResult> {
  return withSession(probe, limits, signal, async (session) => {
    const failed = await new Promise<Error | null>((resolve) => {
      if (!session.ping(resolve)) resolve(new Error('no more pings are taken'));
    });
    return failed === null
      ? passedVerdict('HTTP2 ping was successful')
      : failedVerdict(`HTTP2 ping failed: ${failed.message}`);
  });
}

/** Asks a gRPC server about itself, or about one of its services. */
export async function checkGrpc(
  probe: GrpcProbe,
  limits: ProbeLimits,
  signal: AbortSignal,
): Promise<ProbeResult> {
  const target = probe.service === '' ? probe.address : `${probe.address}/${probe.service}`;
  return withSession(probe, limits, signal, async (session, { host, port }) => {
    const stream = session.request({
      ':method': 'POST',
      ':path': HEALTH_PATH,
      ':authority': `${host}:${port}`,
      'content-type': 'application/grpc',
      te: 'trailers',
      'user-agent': 'muster',
    });
    stream.end(encodeHealthRequest(probe.service));
    const { code, message, reply } = await readReply(stream);
    if (code !== 0) {
      return failedVerdict(`rpc error: code = ${GRPC_CODES[code] ?? code} desc = ${message}`);
    }
    const status = decodeHealthReply(reply);
    return status === 'SERVING'
      ? passedVerdict(`gRPC check ${target}: success`)
      : failedVerdict(`gRPC ${target} serving status: ${status ?? 'not understood'}`);
  });
}

async function withSession(
  probe: H2Probe | GrpcProbe,
  limits: ProbeLimits,
  signal: AbortSignal,
  use: (session: ClientHttp2Session, target: HostPort) => Promise<ProbeResult>,
): Promise<ProbeResult> {
  const target = parseHostPort(probe.address);
  if (target === undefined) {
    return failedVerdict(`dial tcp: address ${probe.address}: missing port in address`);
  }
  const deadline = startDeadline(limits.timeoutMs, signal);
  let session: ClientHttp2Session | undefined;
  try {
    const tls = probe.useTls ? { ...probe.tls, alpn: ['h2'] } : undefined;
    const socket = await dial(target, tls, deadline.signal);
    session = open(socket, target, probe.useTls);
    return await Promise.race([use(session, target), failing(session, deadline)]);
  } catch (error) {
    const reason = deadline.signal.aborted ? TIMED_OUT : reasonOf(error);
    return failedVerdict(dialReason('tcp', probe.address, reason));
  } finally {
    session?.destroy();
    deadline.end();
  }
}

function open(socket: Socket, { host, port }: HostPort, tls: boolean): ClientHttp2Session {
  const authority = host.includes(':') ? `[${host}]` : host;
  return connect(`${tls ? 'https' : 'http'}://${authority}:${port}`, {
    createConnection: () => socket,
  });
}

/** Rejects when the connection breaks or the time is over. */
function failing(session: ClientHttp2Session, deadline: Deadline): Promise<never> {
  return new Promise((_, reject) => {
    session.on('error', reject);
    session.once('close', () => {
      reject(new Error('the connection was closed'));
    });
    const abort = (): void => {
      reject(new Error('timed out'));
    };
    if (deadline.signal.aborted) abort();
    deadline.signal.addEventListener('abort', abort, { once: true });
  });
}

interface Reply {
  readonly code: number;
  readonly message: string;
  readonly reply: Uint8Array;
}

/** A server that has nothing to say but its refusal puts the trailers into the headers. */
function readReply(stream: ClientHttp2Stream): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const pieces: Buffer[] = [];
    let size = 0;
    let told: IncomingHttpHeaders = {};
    const hear = (headers: IncomingHttpHeaders): void => {
      told = { ...told, ...headers };
    };
    stream.on('response', hear);
    stream.on('trailers', hear);
    stream.on('data', (piece: Buffer) => {
      size += piece.length;
      if (size <= REPLY_BYTES_MAX) pieces.push(piece);
      else stream.destroy(new Error(`answered more than ${REPLY_BYTES_MAX} bytes`));
    });
    stream.on('error', reject);
    stream.on('close', () => {
      resolve({ ...outcome(told), reply: Buffer.concat(pieces) });
    });
  });
}

function outcome(told: IncomingHttpHeaders): Pick<Reply, 'code' | 'message'> {
  const status = told['grpc-status'];
  if (status !== undefined) {
    return { code: Number(status), message: unescaped([told['grpc-message']].join('')) };
  }
  return {
    code: UNKNOWN,
    message: `no gRPC status, HTTP status ${String(told[':status'] ?? 'unknown')}`,
  };
}

const UNKNOWN = 2;

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
