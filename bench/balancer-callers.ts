/** Callers of a balancer: each asks, and asks again once it was answered. */
import { connect as connectHttp2, type ClientHttp2Session } from 'node:http2';
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

const host = '127.0.0.1';
const REQUEST = Buffer.from('GET / HTTP/1.1\r\nHost: bench\r\nAccept: */*\r\n\r\n');
/** All plain callers read into it: each looks at once. */
const into = Buffer.allocUnsafeSlow(65_536);

export type Way = 'http' | 'tls' | 'http2';

export interface Load {
  readonly way: Way;
  readonly port: number;
  readonly callers: number;
  readonly ms: number;
  /** Takes the time of each answer [ms]. */
  readonly times: number[];
}

export interface Asked {
  readonly answered: number;
  /** Answered with anything but 200 and the body, or not at all. */
  readonly failed: number;
}

/** Connections that HTTP/2's callers share, as many on each. */
const SESSIONS = 4;

/** Asks for so long; resolves once the last answer is there. */
export async function ask(load: Load): Promise<Asked> {
  const endAt = performance.now() + load.ms;
  const all =
    load.way === 'http2'
      ? Array.from({ length: SESSIONS }, () => session(load, endAt))
      : Array.from({ length: load.callers }, () => connection(load, endAt));
  const each = await Promise.all(all);
  return {
    answered: each.reduce((sum, { answered }) => sum + answered, 0),
    failed: each.reduce((sum, { failed }) => sum + failed, 0),
  };
}

/** Written on bare sockets: callers must not be what is measured. */
function connection({ way, port, times }: Load, endAt: number): Promise<Asked> {
  return new Promise((resolve) => {
    let [answered, failed] = [0, 0];
    let askedAt = 0;
    let got = '';
    const next = (): void => {
      askedAt = performance.now();
      got = '';
      socket.write(REQUEST);
    };
    const take = (text: string): void => {
      got += text;
      // The body is known: nothing comes behind it.
      const isWhole = got.endsWith('hello');
      const isRight = got.startsWith('HTTP/1.1 200');
      if (!isWhole && isRight) return;
      const now = performance.now();
      if (isRight) {
        times.push(now - askedAt);
        answered += 1;
      } else failed += 1;
      if (now < endAt && isRight) next();
      else socket.end();
    };
    const socket = way === 'tls' ? openTls(port, take) : openPlain(port, take);
    socket.on(way === 'tls' ? 'secureConnect' : 'connect', next);
    socket.on('error', () => (failed += 1));
    socket.on('close', () => {
      if (performance.now() < endAt && failed === 0) failed += 1;
      resolve({ answered, failed });
    });
  });
}

function openPlain(port: number, take: (text: string) => void): Socket {
  const callback = (length: number): boolean => {
    take(into.toString('latin1', 0, length));
    return true;
  };
  return connect({ host, port, noDelay: true, onread: { buffer: into, callback } });
}

function openTls(port: number, take: (text: string) => void): Socket {
  const socket = connectTls({ host, port, rejectUnauthorized: false, ALPNProtocols: ['http/1.1'] });
  socket.on('data', (piece: Buffer) => take(piece.toString('latin1')));
  return socket;
}

/** The callers of one connection. */
async function session({ port, callers, times }: Load, endAt: number): Promise<Asked> {
  const open = connectHttp2(`https://${host}:${port}`, { rejectUnauthorized: false });
  let [answered, failed] = [0, 0];
  open.on('error', () => (failed += 1));
  const caller = async (): Promise<void> => {
    while (performance.now() < endAt && failed === 0) {
      const askedAt = performance.now();
      if (await stream(open)) {
        times.push(performance.now() - askedAt);
        answered += 1;
      } else failed += 1;
    }
  };
  await Promise.all(Array.from({ length: Math.ceil(callers / SESSIONS) }, caller));
  open.close();
  return { answered, failed };
}

/** Whether it was answered. */
function stream(open: ClientHttp2Session): Promise<boolean> {
  return new Promise((resolve) => {
    const request = open.request({ ':path': '/', accept: '*/*' });
    let isRight = false;
    let body = '';
    request.on('response', (headers) => (isRight = headers[':status'] === 200));
    request.on('data', (piece: Buffer) => (body += piece.toString('latin1')));
    request.on('error', () => (isRight = false));
    request.on('close', () => resolve(isRight && body === 'hello'));
  });
}
