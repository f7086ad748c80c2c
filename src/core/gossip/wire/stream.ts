/**
 * What goes over a stream: whole states of members, told by both sides; a message for the layer
 * above; a ping where packets are lost.
 *
 * S1: a reader is given bytes as they come, and answers a message once it is whole; it never keeps
 *     more than `STREAM_BYTES_MAX`.
 */
import { Failure } from '../../../base/failure.ts';
import { MEMBERS_MAX, STREAM_BYTES_MAX } from '../limits.ts';
import { KIND, decodeMessage, packHost, readAddress, readMeta, readName } from './messages.ts';
import type { Alive, Message } from './messages.ts';
import { Fields, PackReader, PackWriter } from './msgpack.ts';
import { decompressed } from './packet.ts';

/** In the order of their numbers. */
const CONDITIONS = ['alive', 'suspect', 'dead', 'left'] as const;
export type Condition = (typeof CONDITIONS)[number];

/** A member as one side knows it. */
export interface PeerState extends Omit<Alive, 'type'> {
  readonly condition: Condition;
}

/** All that one side knows. */
export interface PushPull {
  readonly type: 'push-pull';
  /** Whether it is told to join, not to keep in step. */
  readonly isJoin: boolean;
  readonly peers: readonly PeerState[];
  /** What the layer above tells. */
  readonly user: Uint8Array;
}

export type StreamMessage = PushPull | Message;

export function encodePushPull({ isJoin, peers, user }: PushPull): Uint8Array {
  const out = new PackWriter().byte(KIND.pushPull).map(3).text('Join').flag(isJoin);
  out.text('Nodes').int(peers.length).text('UserStateLen').int(user.length);
  for (const peer of peers) {
    out.map(7).text('Addr').raw(packHost(peer.address.host));
    out.text('Incarnation').int(peer.incarnation).text('Meta').raw(peer.meta);
    out.text('Name').text(peer.name).text('Port').int(peer.address.port);
    out.text('State').int(CONDITIONS.indexOf(peer.condition)).text('Vsn').raw(peer.versions);
  }
  return out.bare(user).take();
}

/** Reads one message of a stream without encryption, from its first byte on. */
export class StreamReader {
  #bytes = new Uint8Array(0);
  #size = 0;
  /** Where the next structure of a push/pull begins; its head and its peers so far. */
  #at = 1;
  #head: { readonly isJoin: boolean; readonly count: number; readonly user: number } | undefined;
  #peers: PeerState[] = [];

  /**
   * The message, or undefined while it is not whole.
   *
   * Fails: `invalid` malformed; `exhausted` too long.
   */
  read(piece: Uint8Array): StreamMessage | undefined {
    this.#keep(piece);
    const bytes = this.#bytes.subarray(0, this.#size);
    if (bytes.length === 0) return undefined;
    try {
      return this.#message(bytes);
    } catch (error) {
      if (error instanceof Failure && error.fault === 'exhausted') return undefined;
      throw error;
    }
  }

  #message(bytes: Uint8Array): StreamMessage {
    const kind = bytes[0] ?? -1;
    switch (kind) {
      case KIND.pushPull:
        return this.#pushPull(bytes);
      case KIND.user:
        return userMessage(bytes);
      case KIND.compressed:
        return unpacked(bytes);
      default:
        return decodeMessage(bytes);
    }
  }

  /** Goes on where it ended for want of bytes. */
  #pushPull(bytes: Uint8Array): PushPull {
    if (this.#head === undefined) {
      const reader = new PackReader(bytes, this.#at);
      const fields = new Fields(reader.value());
      this.#head = {
        isJoin: fields.flag('Join'),
        count: fields.uint('Nodes', MEMBERS_MAX),
        user: fields.uint('UserStateLen', STREAM_BYTES_MAX),
      };
      this.#at = reader.at;
    }
    const { isJoin, count, user } = this.#head;
    while (this.#peers.length < count) {
      const reader = new PackReader(bytes, this.#at);
      this.#peers.push(peerState(new Fields(reader.value())));
      this.#at = reader.at;
    }
    const end = this.#at + user;
    if (end > bytes.length) throw new Failure('exhausted', 'the state ends too soon');
    const rest = bytes.slice(this.#at, end);
    return { type: 'push-pull', isJoin, peers: this.#peers, user: rest };
  }

  #keep(piece: Uint8Array): void {
    const size = this.#size + piece.length;
    if (size > STREAM_BYTES_MAX) {
      throw new Failure('invalid', `a stream told more than ${STREAM_BYTES_MAX} bytes`);
    }
    if (size > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(size, this.#bytes.length * 2));
      grown.set(this.#bytes.subarray(0, this.#size));
      this.#bytes = grown;
    }
    this.#bytes.set(piece, this.#size);
    this.#size = size;
  }
}

/** A message that is there as a whole. Fails: `invalid`, also where something lacks. */
export function wholeStream(bytes: Uint8Array): StreamMessage {
  const message = new StreamReader().read(bytes);
  if (message === undefined) throw new Failure('invalid', 'a message of a stream ends too soon');
  return message;
}

function unpacked(bytes: Uint8Array): StreamMessage {
  const inner = decompressed(bytes, STREAM_BYTES_MAX);
  // Once is what anybody does; more only costs time.
  if (inner[0] === KIND.compressed) throw new Failure('invalid', 'compressed twice');
  return wholeStream(inner);
}

function userMessage(bytes: Uint8Array): Message {
  const reader = new PackReader(bytes, 1);
  const size = new Fields(reader.value()).uint('UserMsgLen', STREAM_BYTES_MAX);
  if (reader.at + size > bytes.length) throw new Failure('exhausted', 'the message ends too soon');
  return { type: 'user', bytes: bytes.slice(reader.at, reader.at + size) };
}

function peerState(fields: Fields): PeerState {
  return {
    incarnation: fields.uint('Incarnation'),
    name: readName(fields, 'Name'),
    address: readAddress(fields, 'Addr', 'Port'),
    ...readMeta(fields),
    condition: CONDITIONS[fields.uint('State', CONDITIONS.length - 1)] ?? 'dead',
  };
}
