/**
 * WebSockets: a request to switch, passed on; once the target agrees, bytes in both directions.
 *
 * U1: bytes flow only after the target has switched: otherwise a caller could send it requests that
 *     nobody has looked at.
 */
import { request, type IncomingMessage } from 'node:http';
import { request as secureRequest } from 'node:https';
import type { Duplex } from 'node:stream';
import type { AttemptFault, OwnReply } from '../../core/balancer/request.ts';
import type { Attempt, Exchange, ProxyLimits, Step } from '../../ports/balancer.ts';
import { HEADER_BYTES_MAX } from './limits.ts';
import { join } from './join.ts';

export interface UpgradeParts {
  readonly caller: IncomingMessage;
  readonly stream: Duplex;
  /** What came right after the head. */
  readonly head: Buffer;
}

export function passUpgrade(parts: UpgradeParts, exchange: Exchange, limits: ProxyLimits): void {
  const { stream } = parts;
  let status = 0;
  let isSwitched = false;
  stream.on('close', () => exchange.ended({ status, bytes: 0, complete: isSwitched }));
  const take = (step: Step): void => {
    if (stream.destroyed) return;
    if (step.do === 'answer') {
      status = step.reply.status;
      refuse(stream, step.reply);
    } else ask(step.attempt);
  };
  const ask = (attempt: Attempt): void => {
    const outgoing = requestTo(parts.caller, attempt, limits);
    let isAnswered = false;
    const fail = (fault: AttemptFault): void => {
      if (isAnswered) return;
      isAnswered = true;
      outgoing.destroy();
      take(exchange.failed(fault, false));
    };
    let hasConnected = false;
    outgoing.on('socket', (socket) => socket.once('connect', () => (hasConnected = true)));
    outgoing.on('error', () => fail(hasConnected ? 'broken' : 'connect'));
    outgoing.on('timeout', () => fail(hasConnected ? 'timeout' : 'connect'));
    const gone = (): void => void outgoing.destroy();
    stream.on('close', gone);
    outgoing.on('response', (answer) => {
      isAnswered = true;
      status = answer.statusCode ?? 502;
      passRefusal(stream, answer, exchange.answering(status, answer.rawHeaders));
    });
    outgoing.on('upgrade', (answer, socket, first) => {
      isAnswered = true;
      isSwitched = true;
      status = 101;
      stream.off('close', gone);
      const headers = [...exchange.answering(101, answer.rawHeaders)];
      headers.push('Connection', 'Upgrade', 'Upgrade', answer.headers.upgrade ?? 'websocket');
      stream.write(headText('101 Switching Protocols', headers));
      if (first.length > 0) stream.write(first);
      if (parts.head.length > 0) socket.write(parts.head);
      join(stream, socket, limits.idleTimeoutMs);
    });
    outgoing.end();
  };
  take(exchange.begin());
}

function requestTo(
  caller: IncomingMessage,
  attempt: Attempt,
  limits: ProxyLimits,
): ReturnType<typeof request> {
  const { host, port, secure, skipVerify, path } = attempt;
  const headers = [...attempt.headers, 'Connection', 'Upgrade', 'Upgrade', 'websocket'];
  return (secure ? secureRequest : request)({
    ...{ host, port, path, headers, method: caller.method, agent: false, setHost: false },
    timeout: limits.responseTimeoutMs === 0 ? limits.dialTimeoutMs : limits.responseTimeoutMs,
    maxHeaderSize: HEADER_BYTES_MAX,
    rejectUnauthorized: !skipVerify,
  });
}

/** A target that does not switch answers as to any request; the connection ends with that. */
function passRefusal(stream: Duplex, answer: IncomingMessage, headers: readonly string[]): void {
  const kept = ['Connection', 'close'];
  for (let i = 0; i + 1 < headers.length; i += 2) {
    kept.push(headers[i] ?? '', headers[i + 1] ?? '');
  }
  stream.write(headText(`${answer.statusCode ?? 502} ${answer.statusMessage ?? ''}`, kept));
  answer.on('error', () => stream.destroy());
  answer.pipe(stream);
}

function refuse(stream: Duplex, { status, headers, body }: OwnReply): void {
  const length = String(Buffer.byteLength(body));
  const pairs = [
    ...Object.entries(headers).flat(),
    'Content-Length',
    length,
    'Connection',
    'close',
  ];
  stream.end(headText(`${status} Refused`, pairs) + body);
}

function headText(status: string, headers: readonly string[]): string {
  let text = `HTTP/1.1 ${status}\r\n`;
  for (let i = 0; i + 1 < headers.length; i += 2) {
    text += `${headers[i] ?? ''}: ${headers[i + 1] ?? ''}\r\n`;
  }
  return `${text}\r\n`;
}
