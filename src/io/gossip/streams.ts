/**
 * One message over a stream: its label, its seal, itself.
 *
 * Source: https://github.com/hashicorp/memberlist (net.go)
 */
import type { Socket } from 'node:net';
import { Failure } from '../../base/failure.ts';
import { STREAM_BYTES_MAX } from '../../core/gossip/limits.ts';
import { KIND } from '../../core/gossip/wire/messages.ts';
import { StreamReader, wholeStream, type StreamMessage } from '../../core/gossip/wire/stream.ts';
import type { GossipSettings } from '../../ports/gossip.ts';
import { open, seal, SEAL_BYTES, withLabel, withoutLabel } from './seal.ts';

type Sealing = Pick<GossipSettings, 'label' | 'keys'>;

/** The kind of a sealed stream, and its length in four bytes. */
const HEAD_BYTES = 5;

/** A message as it goes over a stream. */
export function streamBytes({ label, keys }: Sealing, message: Uint8Array): Uint8Array {
  const ring = keys();
  if (ring.length === 0) return withLabel(label, message);
  const head = Buffer.alloc(HEAD_BYTES);
  head[0] = KIND.encrypted;
  head.writeUInt32BE(message.length + SEAL_BYTES, 1);
  const sealed = seal(ring, message, Buffer.concat([head, Buffer.from(label)]));
  return withLabel(label, Buffer.concat([head, sealed]));
}

/** Takes the pieces of one stream until its message is whole. */
class StreamOpener {
  readonly #sealing: Sealing;
  readonly #plain = new StreamReader();
  #isSealed: boolean | undefined;
  #held: Uint8Array = new Uint8Array(0);

  constructor(sealing: Sealing) {
    this.#sealing = sealing;
  }

  /** Fails: `denied` not sealed, or with another key; `invalid` malformed or too long. */
  read(piece: Uint8Array): StreamMessage | undefined {
    if (this.#isSealed === false) return this.#plain.read(piece);
    this.#held = Buffer.concat([this.#held, piece]);
    if (this.#isSealed === undefined && !this.#begin()) return undefined;
    return this.#isSealed === true ? this.#opened() : this.#plain.read(this.#held);
  }

  /** True once it is known what kind of stream it is. */
  #begin(): boolean {
    const rest = withoutLabel(this.#sealing.label, this.#held);
    if (rest === undefined || rest.length === 0) return false;
    this.#held = rest;
    const isSealed = rest[0] === KIND.encrypted;
    const isDemanded = this.#sealing.keys().length > 0;
    if (isDemanded && !isSealed) throw new Failure('denied', 'the stream is not sealed');
    if (!isDemanded && isSealed) throw new Failure('denied', 'the stream is sealed; this pool not');
    this.#isSealed = isSealed;
    return true;
  }

  #opened(): StreamMessage | undefined {
    if (this.#held.length < HEAD_BYTES) return undefined;
    const head = Buffer.from(this.#held.subarray(0, HEAD_BYTES));
    const size = head.readUInt32BE(1);
    if (size > STREAM_BYTES_MAX) {
      throw new Failure('invalid', `a stream would tell more than ${STREAM_BYTES_MAX} bytes`);
    }
    if (this.#held.length < HEAD_BYTES + size) return undefined;
    const { label, keys } = this.#sealing;
    const sealed = this.#held.subarray(HEAD_BYTES, HEAD_BYTES + size);
    return wholeStream(open(keys(), sealed, Buffer.concat([head, Buffer.from(label)])));
  }
}

/**
 * The first message of a stream.
 *
 * Fails: `timeout`; `unavailable` it ended before; `denied`, `invalid` what came.
 */
export function readStream(
  socket: Socket,
  settings: Pick<GossipSettings, 'label' | 'keys' | 'streamTimeoutMs'>,
): Promise<StreamMessage> {
  const opener = new StreamOpener(settings);
  return new Promise((resolve, reject) => {
    const fail = (error: Failure): void => {
      socket.destroy();
      reject(error);
    };
    // Of the whole message, not of a piece: who sends a byte a second has no business here.
    const timer = setTimeout(() => {
      fail(new Failure('timeout', `no message in ${settings.streamTimeoutMs} ms`));
    }, settings.streamTimeoutMs);
    socket.on('data', (piece: Buffer) => {
      try {
        const message = opener.read(piece);
        if (message !== undefined) resolve(message);
      } catch (error) {
        if (!(error instanceof Failure)) throw error;
        fail(error);
      }
    });
    socket.on('error', (cause) => fail(new Failure('unavailable', 'the stream broke', { cause })));
    socket.on('close', () => {
      clearTimeout(timer);
      reject(new Failure('unavailable', 'the stream ended before its message'));
    });
  });
}
