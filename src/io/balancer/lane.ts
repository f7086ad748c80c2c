/**
 * The fast lane: one caller's connection with plain requests, one at a time and without a body,
 * read and answered on the bare socket, or on the decrypted one: a small answer costs less than
 * half of what it does over node's server.
 *
 * L1: what is not plain by the letter (a body, an upgrade, an older version, a doubtful line, a
 *     head in several pieces, requests on top of each other) is not read here: the connection goes
 *     to node's server with every byte that came, and stays there.
 * L2: a request begins only after the answer before it is out.
 */
import type { Socket } from 'node:net';
import type { OwnReply, RequestHead } from '../../core/balancer/request.ts';
import type { AnswerHead, Framing } from './answer-head.ts';
import { CALLER_IDLE_MS } from './limits.ts';
import { readPlainHead } from './plain-head.ts';
import type { Reply } from './reply.ts';
import type { Whole } from './target-connection.ts';

export interface LaneOwner {
  /** Answers a plain request; answers how to tell that the caller has gone, or has its answer. */
  serve(head: RequestHead, reply: Reply): { gone(): void };
  /** Takes the connection over. */
  leave(socket: Socket): void;
  isClosing(): boolean;
  /** Without a byte in an answer [ms]; 0: for ever. */
  idleTimeoutMs(): number;
}

/** Told with every answer: the caller may keep the connection for so long [s]. */
const KEEP_ALIVE = `Connection: keep-alive\r\nKeep-Alive: timeout=${CALLER_IDLE_MS / 1_000}\r\n`;
const BEYOND_LATIN1 = /[^\t\x20-\x7e\x80-\xff]/g;

export class Lane implements Reply {
  readonly #socket: Socket;
  readonly #owner: LaneOwner;
  readonly #remoteAddress: string;
  readonly #localPort: number;
  readonly #isSecure: boolean;
  #serving: { gone(): void } | undefined;
  #isHead = false;
  /** Of the answer under way. */
  #body: Framing = 0;
  #status = 0;
  #isSent = true;
  /** The head, until something goes with it. */
  #held = '';

  constructor(socket: Socket, owner: LaneOwner) {
    this.#socket = socket;
    this.#owner = owner;
    this.#remoteAddress = (socket.remoteAddress ?? '').replace(/^::ffff:/, '');
    this.#localPort = socket.localPort ?? 0;
    this.#isSecure = 'encrypted' in socket;
    socket.setTimeout(CALLER_IDLE_MS);
    socket.on('data', this.#read);
    socket.on('timeout', this.#timedOut);
    // As node's server has it: who says no more has gone.
    socket.on('end', this.#broke);
    socket.on('error', this.#broke);
    socket.on('close', this.#closed);
  }

  get status(): number {
    return this.#status;
  }

  get isSent(): boolean {
    return this.#isSent;
  }

  /** Ends it if nothing is under way. */
  endIdle(): void {
    if (this.#serving === undefined) this.#socket.destroy();
  }

  cut(): void {
    this.#socket.destroy();
  }

  begin(head: AnswerHead, headers: readonly string[], whole: Whole | undefined): void {
    this.#status = head.status;
    this.#body = this.#isHead ? 0 : head.body === 'close' ? 'chunked' : head.body;
    let text = `HTTP/1.1 ${head.status} ${head.message}\r\n`;
    let hasDate = false;
    for (let i = 0; i + 1 < headers.length; i += 2) {
      const name = headers[i] ?? '';
      text += `${name}: ${headers[i + 1] ?? ''}\r\n`;
      hasDate ||= name.length === 4 && name.toLowerCase() === 'date';
    }
    if (!hasDate) text += `Date: ${dateNow()}\r\n`;
    if (this.#body === 'chunked') text += 'Transfer-Encoding: chunked\r\n';
    text += this.#owner.isClosing() ? 'Connection: close\r\n\r\n' : `${KEEP_ALIVE}\r\n`;
    if (whole === undefined) {
      this.#held = text;
      setImmediate(() => this.#flush());
    } else if (typeof whole === 'string') {
      this.#socket.write(text + whole, 'latin1');
      this.#done();
    } else {
      this.#socket.cork();
      this.#socket.write(text, 'latin1');
      this.#socket.write(whole);
      this.#socket.uncork();
      this.#done();
    }
  }

  write(piece: Buffer): boolean {
    const socket = this.#socket;
    socket.cork();
    this.#flush();
    if (this.#body === 'chunked') socket.write(`${piece.length.toString(16)}\r\n`, 'latin1');
    let goesOn = socket.write(piece);
    if (this.#body === 'chunked') goesOn = socket.write('\r\n', 'latin1');
    process.nextTick(uncork, socket);
    return goesOn;
  }

  onceDrained(then: () => void): void {
    this.#socket.once('drain', then);
  }

  end(): void {
    if (this.#body === 'chunked') {
      this.#socket.write(`${this.#held}0\r\n\r\n`, 'latin1');
      this.#held = '';
    } else this.#flush();
    this.#done();
  }

  breakOff(): void {
    this.#socket.destroy();
  }

  own({ status, headers, body }: OwnReply): void {
    this.#status = status;
    let text = `HTTP/1.1 ${status} ${status < 400 ? 'Elsewhere' : 'Refused'}\r\n`;
    for (const [name, value] of Object.entries(headers)) {
      text += `${name}: ${value.replaceAll(BEYOND_LATIN1, '?')}\r\n`;
    }
    text += `Content-Length: ${Buffer.byteLength(body)}\r\nDate: ${dateNow()}\r\n`;
    text += this.#owner.isClosing() ? 'Connection: close\r\n\r\n' : `${KEEP_ALIVE}\r\n`;
    this.#socket.write(this.#isHead ? text : text + body);
    this.#done();
  }

  readonly #read = (piece: Buffer): void => {
    if (this.#serving !== undefined) {
      // L2: it waits in the socket.
      this.#socket.pause();
      this.#socket.unshift(piece);
      return;
    }
    const plain = readPlainHead(piece);
    if (plain === undefined) {
      this.#leave(piece);
      return;
    }
    this.#isHead = plain.method === 'HEAD';
    this.#status = 0;
    this.#isSent = false;
    // Spelt out: an object made of others costs as much as a call of the system.
    const head: RequestHead = {
      method: plain.method,
      target: plain.target,
      headers: plain.headers,
      remoteAddress: this.#remoteAddress,
      localPort: this.#localPort,
      secure: this.#isSecure,
      version: '1.1',
      upgrade: false,
    };
    // Set before it is served: the answer may be there at once.
    this.#serving = NOBODY;
    const serving = this.#owner.serve(head, this);
    if (this.isSent) serving.gone();
    else this.#serving = serving;
  };

  /** L1 */
  #leave(piece: Buffer): void {
    const socket = this.#socket;
    socket.off('data', this.#read);
    socket.off('timeout', this.#timedOut);
    socket.off('end', this.#broke);
    socket.off('error', this.#broke);
    socket.off('close', this.#closed);
    socket.setTimeout(0);
    socket.pause();
    socket.unshift(piece);
    this.#owner.leave(socket);
    socket.resume();
  }

  #flush(): void {
    if (this.#held === '' || this.#socket.destroyed) return;
    this.#socket.write(this.#held, 'latin1');
    this.#held = '';
  }

  /** The answer is out: the next request may come. */
  #done(): void {
    this.#isSent = true;
    const serving = this.#serving;
    this.#serving = undefined;
    serving?.gone();
    if (this.#socket.timeout !== CALLER_IDLE_MS) this.#socket.setTimeout(CALLER_IDLE_MS);
    if (this.#owner.isClosing()) this.#socket.end();
    else if (this.#socket.isPaused()) this.#socket.resume();
  }

  readonly #timedOut = (): void => {
    const idleTimeoutMs = this.#owner.idleTimeoutMs();
    const waits = this.#serving !== undefined && this.#socket.timeout === CALLER_IDLE_MS;
    // Whoever waits for an answer is not idle; what stands still for longer is.
    if (waits && idleTimeoutMs !== CALLER_IDLE_MS) this.#socket.setTimeout(idleTimeoutMs);
    else this.#socket.destroy();
  };

  readonly #broke = (): void => {
    this.#socket.destroy();
  };

  readonly #closed = (): void => {
    this.#serving?.gone();
    this.#serving = undefined;
  };
}

const NOBODY = { gone: (): void => undefined };

function uncork(socket: Socket): void {
  socket.uncork();
}

let dateText = '';
let dateAt = 0;

/** Made once a second. */
function dateNow(): string {
  const now = Date.now();
  if (now - dateAt >= 1_000 || now < dateAt) {
    dateAt = now - (now % 1_000);
    dateText = new Date(now).toUTCString();
  }
  return dateText;
}
