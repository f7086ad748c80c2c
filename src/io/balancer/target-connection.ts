/**
 * One connection to a target, which carries one request at a time.
 *
 * Written for this and not taken from a library: whether a target may have seen a request decides
 * whether another may be asked, and only who writes the bytes knows.
 *
 * C1: an ask ends once: by the end of its answer, or by `failed`.
 * C2: bytes that nobody asked for end the connection: the next answer could be another's.
 */
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { AttemptFault } from '../../core/balancer/request.ts';
import type { Attempt, ProxyLimits } from '../../ports/balancer.ts';
import { readAnswerHead, type AnswerHead, type Framing } from './answer-head.ts';
import { ChunkReader } from './chunks.ts';
import {
  HEADER_BYTES_MAX,
  INTERIM_MAX,
  READ_BYTES,
  TARGET_IDLE_MARGIN_MS,
  TARGET_IDLE_MS,
  TARGET_IDLE_MS_MAX,
  TEXT_BYTES_MAX,
} from './limits.ts';

/** A body that came with its head; a short one as text, of Latin-1, which is cheaper to pass on. */
export type Whole = string | Buffer;

/** Hears of the answer to one request. */
export interface Asker {
  /** With the blank line. */
  readonly head: string;
  readonly method: string;
  /** True: `sent` will say how the body goes out. */
  readonly hasBody: boolean;
  /** The head is out; bytes of the body may be written to the connection. */
  sent(connection: TargetConnection): void;
  /**
   * @param whole all of the body, where it came with the head: nothing follows
   */
  begins(head: AnswerHead, whole: Whole | undefined): void;
  /** False: wait for `resume`. */
  data(piece: Buffer, from: TargetConnection): boolean;
  ends(): void;
  failed(fault: AttemptFault): void;
}

export interface ConnectionOwner {
  readonly limits: ProxyLimits;
  /** It can take another request. */
  free(connection: TargetConnection): void;
  closed(connection: TargetConnection): void;
}

/**
 * All plain connections read into this: what a read brings is taken up, or copied, before the next.
 * A buffer for each read would cost a third of a small answer's time.
 */
const SHARED = Buffer.allocUnsafeSlow(READ_BYTES);
const BLANK_LINE = '\r\n\r\n';
const EMPTY = Buffer.alloc(0);

type Phase = 'connecting' | 'idle' | 'head' | 'body';

export class TargetConnection {
  /** What it waits for must have come by then, by `performance.now`; Infinity: no matter when. */
  deadlineMs: number;
  readonly #owner: ConnectionOwner;
  readonly #socket: Socket;
  #phase: Phase = 'connecting';
  #asker: Asker | undefined;
  /** A request has been answered on it before. */
  #isUsed = false;
  #isBodyOut = true;
  #held: Buffer = EMPTY;
  #interims = 0;
  #left: Framing = 0;
  #chunks: ChunkReader | undefined;
  #head: AnswerHead | undefined;

  constructor(attempt: Attempt, asker: Asker, owner: ConnectionOwner) {
    const { host, port, secure, skipVerify } = attempt;
    this.#owner = owner;
    this.#asker = asker;
    this.deadlineMs = performance.now() + owner.limits.dialTimeoutMs;
    const at = { host, port, noDelay: true };
    if (secure) {
      const named = serverNameOf(host);
      this.#socket = connectTls({ ...at, rejectUnauthorized: !skipVerify, ...named });
      this.#socket.on('data', (piece: Buffer) => this.#read(piece));
    } else {
      const callback = (length: number): boolean => this.#readShared(length);
      this.#socket = connect({ ...at, onread: { buffer: SHARED, callback } });
    }
    this.#socket.once(secure ? 'secureConnect' : 'connect', () => this.#connected());
    this.#socket.on('end', () => this.#ended());
    // 'close' follows.
    this.#socket.on('error', () => undefined);
    this.#socket.on('close', () => this.#closed());
  }

  /**
   * Sends a request on a connection that is idle. False: it is closed, and not a byte of the
   * request has left.
   */
  ask(asker: Asker): boolean {
    this.#phase = 'head';
    this.#asker = asker;
    this.#interims = 0;
    this.#isBodyOut = !asker.hasBody;
    this.#socket.write(asker.head, 'latin1');
    // A write that the system refuses outright shows at once, before its event.
    if (this.#socket.errored !== null || this.#socket.destroyed) {
      this.#asker = undefined;
      this.#socket.destroy();
      return false;
    }
    const { responseTimeoutMs } = this.#owner.limits;
    // With a body the answer is waited for from its end on.
    this.#waitFor(asker.hasBody ? this.#owner.limits.idleTimeoutMs : responseTimeoutMs);
    if (asker.hasBody) asker.sent(this);
    return true;
  }

  /** Writes a piece of the request's body; false: wait for `drained`. */
  write(piece: Uint8Array, chunked: boolean): boolean {
    const socket = this.#socket;
    if (socket.destroyed) return true;
    if (this.#phase === 'head') this.#waitFor(this.#owner.limits.idleTimeoutMs);
    if (!chunked) return socket.write(piece);
    if (piece.length === 0) return true;
    socket.cork();
    socket.write(`${piece.length.toString(16)}\r\n`, 'latin1');
    socket.write(piece);
    const goesOn = socket.write('\r\n', 'latin1');
    socket.uncork();
    return goesOn;
  }

  /** The request's body is through. */
  finish(chunked: boolean): void {
    this.#isBodyOut = true;
    if (this.#socket.destroyed) return;
    if (chunked) this.#socket.write('0\r\n\r\n', 'latin1');
    if (this.#phase === 'head') this.#waitFor(this.#owner.limits.responseTimeoutMs);
  }

  onceDrained(then: () => void): void {
    this.#socket.once('drain', then);
  }

  resume(): void {
    this.#socket.resume();
  }

  /** Ends what it carries for this asker, who hears nothing more. */
  cancel(asker: Asker): void {
    if (this.#asker === asker) this.destroy();
  }

  destroy(): void {
    this.#asker = undefined;
    this.#socket.destroy();
  }

  /** What was waited for has not come. */
  expired(): void {
    if (this.#phase === 'idle') this.#socket.destroy();
    else if (this.#phase === 'connecting') this.#fail('connect');
    else this.#fail(this.#phase === 'head' && this.#isBodyOut ? 'timeout' : 'broken');
  }

  /** The target has left, and the time that it had for what is under way is over. */
  left(): void {
    if (this.#phase === 'head') this.#fail('left');
    else this.expired();
  }

  #connected(): void {
    const asker = this.#asker;
    if (asker === undefined) this.#socket.destroy();
    else if (!this.ask(asker)) asker.failed('connect');
  }

  /** Of what is in `SHARED` now: the next read overwrites it. */
  #readShared(length: number): boolean {
    if (this.#phase === 'head' && length <= TEXT_BYTES_MAX && this.#held.length === 0) {
      const text = SHARED.toString('latin1', 0, length);
      const end = text.indexOf(BLANK_LINE);
      if (end >= 0) {
        this.#readHead(text, end, text.slice(end + BLANK_LINE.length));
        return true;
      }
    }
    this.#read(Buffer.from(SHARED.subarray(0, length)));
    return true;
  }

  #read(piece: Buffer): void {
    switch (this.#phase) {
      case 'head':
        this.#gatherHead(this.#held.length === 0 ? piece : Buffer.concat([this.#held, piece]));
        break;
      case 'body':
        this.#readBody(piece);
        break;
      case 'idle':
      case 'connecting':
        this.#socket.destroy();
    }
  }

  #gatherHead(bytes: Buffer): void {
    const end = bytes.indexOf(BLANK_LINE);
    if (end >= 0 && end <= HEADER_BYTES_MAX) {
      this.#held = EMPTY;
      const text = bytes.toString('latin1', 0, end);
      this.#readHead(text, end, bytes.subarray(end + BLANK_LINE.length));
    } else if (bytes.length > HEADER_BYTES_MAX) this.#fail('malformed');
    else this.#held = bytes;
  }

  /** @param end where the head ends in the text */
  #readHead(text: string, end: number, rest: Whole): void {
    const asker = this.#asker;
    if (asker === undefined) return;
    const head = readAnswerHead(text, end, asker.method);
    if (head === undefined || head.status === 101) this.#fail('malformed');
    else if (head.status < 200) this.#skip(rest);
    else this.#begin(asker, head, rest);
  }

  /** An interim answer says nothing that our caller was told to wait for. */
  #skip(rest: Whole): void {
    this.#interims += 1;
    if (this.#interims > INTERIM_MAX) this.#fail('malformed');
    else if (rest.length > 0) this.#gatherHead(bytesOf(rest));
  }

  #begin(asker: Asker, head: AnswerHead, rest: Whole): void {
    this.#phase = 'body';
    this.#head = head;
    this.#left = head.body;
    if (head.body === rest.length) {
      this.#release();
      asker.begins(head, rest);
      return;
    }
    this.#chunks = head.body === 'chunked' ? new ChunkReader() : undefined;
    this.#waitFor(this.#owner.limits.idleTimeoutMs);
    asker.begins(head, undefined);
    if (rest.length > 0) this.#readBody(bytesOf(rest));
  }

  #readBody(piece: Buffer): void {
    const asker = this.#asker;
    if (asker === undefined) return;
    this.#waitFor(this.#owner.limits.idleTimeoutMs);
    if (this.#chunks !== undefined) this.#readChunks(asker, this.#chunks, piece);
    else if (typeof this.#left === 'number') this.#readLength(asker, this.#left, piece);
    else this.#hand(asker, piece);
  }

  #readLength(asker: Asker, left: number, piece: Buffer): void {
    const mine = piece.length > left ? piece.subarray(0, left) : piece;
    this.#left = left - mine.length;
    if (mine.length > 0) this.#hand(asker, mine);
    if (this.#left === 0) this.#end(asker, piece.length > mine.length);
  }

  #readChunks(asker: Asker, chunks: ChunkReader, piece: Buffer): void {
    const end = chunks.read(piece, (data) => this.#hand(asker, data));
    if (end === undefined) this.#fail('malformed');
    else if (end >= 0) this.#end(asker, end < piece.length);
  }

  #hand(asker: Asker, piece: Buffer): void {
    if (!asker.data(piece, this)) this.#socket.pause();
  }

  #end(asker: Asker, hasMore: boolean): void {
    if (this.#asker === undefined) return;
    if (hasMore) this.destroy();
    else this.#release();
    asker.ends();
  }

  /** The answer is through: keeps the connection for the next, or ends it. */
  #release(): void {
    this.#asker = undefined;
    const head = this.#head;
    this.#head = undefined;
    this.#chunks = undefined;
    if (head?.keeps !== true || !this.#isBodyOut || this.#socket.writableLength > 0) {
      this.#socket.destroy();
      return;
    }
    this.#isUsed = true;
    this.#phase = 'idle';
    const keepsMs =
      head.keepsMs === undefined
        ? TARGET_IDLE_MS
        : Math.min(TARGET_IDLE_MS_MAX, head.keepsMs - TARGET_IDLE_MARGIN_MS);
    this.#waitFor(keepsMs);
    // It may have been paused for a slow reader of the answer before.
    this.#socket.resume();
    if (keepsMs > 0) this.#owner.free(this);
    else this.#socket.destroy();
  }

  #ended(): void {
    const asker = this.#asker;
    if (this.#phase === 'body' && this.#left === 'close' && asker !== undefined) {
      this.#asker = undefined;
      this.#socket.destroy();
      asker.ends();
    } else this.#socket.destroy();
  }

  #closed(): void {
    this.#owner.closed(this);
    if (this.#phase === 'connecting') this.#fail('connect');
    else
      this.#fail(this.#isUsed && this.#phase === 'head' && !this.#hasSpoken() ? 'stale' : 'broken');
  }

  #hasSpoken(): boolean {
    return this.#held.length > 0 || this.#interims > 0;
  }

  #fail(fault: AttemptFault): void {
    const asker = this.#asker;
    this.#asker = undefined;
    this.#socket.destroy();
    asker?.failed(fault);
  }

  /** @param ms 0: for ever, but for what is idle */
  #waitFor(ms: number): void {
    this.deadlineMs = ms === 0 ? Infinity : performance.now() + ms;
  }
}

function bytesOf(whole: Whole): Buffer {
  return typeof whole === 'string' ? Buffer.from(whole, 'latin1') : whole;
}

/** An address is no name that a certificate could be asked for by. */
function serverNameOf(host: string): { readonly servername?: string } {
  return /[a-z]/i.test(host) && !host.includes(':') ? { servername: host } : {};
}
