/** Asking a recursor: a socket of its own for each question, so that its port cannot be guessed. */
import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { connect } from 'node:net';
import { Failure } from '../../base/failure.ts';
import { isReplyTo } from '../../core/dns/recursion.ts';
import type { DnsRequest } from '../../ports/dns.ts';
import { Frames, framed } from './frames.ts';

/** Source: the contract of `DnsSockets.exchange`. */
export async function exchange(request: DnsRequest, signal: AbortSignal): Promise<Uint8Array> {
  const { message } = request;
  const query = Uint8Array.from(message);
  writeId(query, randomInt(0x1_0000));
  const ask = request.transport === 'udp' ? askByUdp : askByTcp;
  const reply = Uint8Array.from(await ask({ ...request, message: query }, signal));
  reply.set(message.subarray(0, 2));
  return reply;
}

function writeId(packet: Uint8Array, id: number): void {
  packet[0] = id >>> 8;
  packet[1] = id;
}

/** How a question ends: with an answer or with the reason why there is none. */
interface Ending {
  readonly resolve: (reply: Uint8Array) => void;
  readonly reject: (reason: Failure) => void;
}

function askByUdp(request: DnsRequest, signal: AbortSignal): Promise<Uint8Array> {
  const { to, message } = request;
  const socket = createSocket(to.host.includes(':') ? 'udp6' : 'udp4');
  return ending(
    request,
    signal,
    () => socket.close(),
    ({ resolve, reject }) => {
      socket.on('error', (cause) => reject(unreachable(request, cause)));
      socket.on('message', (reply) => {
        if (isReplyTo(message, reply)) resolve(reply);
      });
      // Connected, it hears nobody else, and hears that nobody listens there.
      socket.once('connect', () => socket.send(message));
      socket.connect(to.port, to.host);
    },
  );
}

function askByTcp(request: DnsRequest, signal: AbortSignal): Promise<Uint8Array> {
  const { to, message } = request;
  const socket = connect({ host: to.host, port: to.port });
  return ending(
    request,
    signal,
    () => socket.destroy(),
    ({ resolve, reject }) => {
      const frames = new Frames();
      socket.on('error', (cause) => reject(unreachable(request, cause)));
      socket.on('end', () => reject(unreachable(request, undefined)));
      socket.on('data', (piece) => {
        const reply = frames.push(piece).find((whole) => isReplyTo(message, whole));
        if (reply !== undefined) resolve(reply);
      });
      socket.write(framed(message));
    },
  );
}

/** Bounds the time of a question, and closes its socket once, however it ends. */
function ending(
  { to, timeoutMs }: DnsRequest,
  signal: AbortSignal,
  close: () => void,
  begin: (ending: Ending) => void,
): Promise<Uint8Array> {
  const { promise, ...end } = withEnding();
  const timer = setTimeout(() => {
    end.reject(new Failure('timeout', `${to.host} did not answer within ${timeoutMs} ms`));
  }, timeoutMs);
  const abort = (): void => end.reject(new Failure('canceled', 'the question was given up'));
  signal.addEventListener('abort', abort, { once: true });
  if (signal.aborted) abort();
  else begin(end);
  return promise.finally(() => {
    clearTimeout(timer);
    signal.removeEventListener('abort', abort);
    close();
  });
}

function withEnding(): Ending & { readonly promise: Promise<Uint8Array> } {
  let ending: Ending | undefined;
  const promise = new Promise<Uint8Array>((resolve, reject) => {
    ending = { resolve, reject };
  });
  // The executor has run when the constructor returns.
  return { ...(ending as unknown as Ending), promise };
}

function unreachable({ to }: DnsRequest, cause: unknown): Failure {
  return new Failure('unavailable', `cannot reach the recursor ${to.host}:${to.port}`, { cause });
}
