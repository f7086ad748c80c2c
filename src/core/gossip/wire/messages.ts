/**
 * The messages by which members probe each other and tell who is there: one byte of kind, then a
 * structure in msgpack. What wraps them stands in `packet.ts`.
 *
 * W1: whatever is read is bounded and checked; a `Failure` says what is wrong with it.
 *
 * Source: https://github.com/hashicorp/memberlist (its message types)
 */
import { Failure } from '../../../base/failure.ts';
import { hostBytes, hostText, type Address } from '../address.ts';
import { MEMBER_NAME_MAX, TAGS_BYTES_MAX } from '../limits.ts';
import { Fields, PackReader, PackWriter } from './msgpack.ts';

/** The first byte of a message. */
export const KIND = {
  ping: 0,
  indirectPing: 1,
  ack: 2,
  suspect: 3,
  alive: 4,
  dead: 5,
  pushPull: 6,
  compound: 7,
  user: 8,
  compressed: 9,
  encrypted: 10,
  nack: 11,
  checksum: 12,
  error: 13,
  label: 244,
} as const;

/** Who asks, where that is told. */
export interface PingSource {
  readonly name: string;
  readonly address: Address;
}

export interface Ping {
  readonly type: 'ping';
  readonly sequence: number;
  /** Who is meant; whoever else is reached must not answer. Empty: whoever is reached. */
  readonly target: string;
  readonly source?: PingSource;
}

export interface IndirectPing {
  readonly type: 'indirect-ping';
  readonly sequence: number;
  readonly target: string;
  readonly at: Address;
  /** The asker wants to hear of it, too, when there is no answer. */
  readonly wantsNack: boolean;
  readonly source?: PingSource;
}

export interface Ack {
  readonly type: 'ack';
  readonly sequence: number;
  readonly payload: Uint8Array;
}

export interface Nack {
  readonly type: 'nack';
  readonly sequence: number;
}

/** Of a member; whoever says it stands in `from`. A member that says it is dead itself has left. */
export interface Accusation {
  readonly type: 'suspect' | 'dead';
  readonly incarnation: number;
  readonly name: string;
  readonly from: string;
}

export interface Alive {
  readonly type: 'alive';
  readonly incarnation: number;
  readonly name: string;
  readonly address: Address;
  /** Its tags, encoded. */
  readonly meta: Uint8Array;
  /** Protocol from, to, in use; then the same of the layer above. Empty: not told. */
  readonly versions: Uint8Array;
}

export interface UserMessage {
  readonly type: 'user';
  readonly bytes: Uint8Array;
}

/** Why a stream was refused. */
export interface Refusal {
  readonly type: 'error';
  readonly why: string;
}

export type Message = Ping | IndirectPing | Ack | Nack | Accusation | Alive | UserMessage | Refusal;

/** Writes one message with its kind. */
export function encodeMessage(message: Message): Uint8Array {
  const out = new PackWriter();
  switch (message.type) {
    case 'ping':
      return ping(out, message).take();
    case 'indirect-ping':
      return indirectPing(out, message).take();
    case 'ack':
      out.byte(KIND.ack).map(2).text('Payload').raw(message.payload);
      return out.text('SeqNo').int(message.sequence).take();
    case 'nack':
      return out.byte(KIND.nack).map(1).text('SeqNo').int(message.sequence).take();
    case 'suspect':
    case 'dead':
      out.byte(KIND[message.type]).map(3).text('From').text(message.from);
      out.text('Incarnation').int(message.incarnation);
      return out.text('Node').text(message.name).take();
    case 'alive':
      return alive(out, message).take();
    case 'user':
      return out.byte(KIND.user).bare(message.bytes).take();
    case 'error':
      return out.byte(KIND.error).map(1).text('Error').text(message.why).take();
  }
}

function ping(out: PackWriter, { sequence, target, source }: Ping): PackWriter {
  out.byte(KIND.ping).map(source === undefined ? 2 : 5);
  out.text('Node').text(target).text('SeqNo').int(sequence);
  return origin(out, source);
}

function indirectPing(out: PackWriter, message: IndirectPing): PackWriter {
  const { sequence, target, at, wantsNack, source } = message;
  out.byte(KIND.indirectPing).map(source === undefined ? 5 : 8);
  out.text('Nack').flag(wantsNack).text('Node').text(target).text('Port').int(at.port);
  out.text('SeqNo').int(sequence).text('Target').raw(packHost(at.host));
  return origin(out, source);
}

function origin(out: PackWriter, source: PingSource | undefined): PackWriter {
  if (source === undefined) return out;
  const { name, address } = source;
  out.text('SourceAddr').raw(packHost(address.host)).text('SourceNode').text(name);
  return out.text('SourcePort').int(address.port);
}

function alive(out: PackWriter, message: Alive): PackWriter {
  const { incarnation, name, address, meta, versions } = message;
  out.byte(KIND.alive).map(6).text('Addr').raw(packHost(address.host));
  out.text('Incarnation').int(incarnation).text('Meta').raw(meta).text('Node').text(name);
  return out.text('Port').int(address.port).text('Vsn').raw(versions);
}

/** The bytes of an address. Fails: `invalid` for what is none. */
export function packHost(host: string): Uint8Array {
  const bytes = hostBytes(host);
  if (bytes === undefined) throw new Failure('invalid', `"${host}" is no IP address`);
  return bytes;
}

/** Reads one message of a packet that wraps nothing. Fails: `invalid`, `exhausted`. */
export function decodeMessage(bytes: Uint8Array): Message {
  const kind = bytes[0];
  if (kind === KIND.user) return { type: 'user', bytes: bytes.subarray(1) };
  const decode = kind === undefined ? undefined : DECODERS.get(kind);
  if (decode === undefined) throw new Failure('invalid', `no message is of kind ${kind ?? 'none'}`);
  return decode(new Fields(new PackReader(bytes, 1).value()));
}

const DECODERS = new Map<number, (fields: Fields) => Message>([
  [
    KIND.ping,
    (fields) => ({
      type: 'ping',
      sequence: fields.uint('SeqNo'),
      target: readName(fields, 'Node'),
      ...readSource(fields),
    }),
  ],
  [
    KIND.indirectPing,
    (fields) => ({
      type: 'indirect-ping',
      sequence: fields.uint('SeqNo'),
      target: readName(fields, 'Node'),
      at: readAddress(fields, 'Target', 'Port'),
      wantsNack: fields.flag('Nack'),
      ...readSource(fields),
    }),
  ],
  [
    KIND.ack,
    (fields) => ({ type: 'ack', sequence: fields.uint('SeqNo'), payload: fields.raw('Payload') }),
  ],
  [KIND.nack, (fields) => ({ type: 'nack', sequence: fields.uint('SeqNo') })],
  [KIND.suspect, (fields) => ({ type: 'suspect', ...readAccusation(fields) })],
  [KIND.dead, (fields) => ({ type: 'dead', ...readAccusation(fields) })],
  [
    KIND.alive,
    (fields) => ({
      type: 'alive',
      incarnation: fields.uint('Incarnation'),
      name: readName(fields, 'Node'),
      address: readAddress(fields, 'Addr', 'Port'),
      ...readMeta(fields),
    }),
  ],
  [KIND.error, (fields) => ({ type: 'error', why: fields.text('Error') })],
]);

function readAccusation(fields: Fields): Omit<Accusation, 'type'> {
  return {
    incarnation: fields.uint('Incarnation'),
    name: readName(fields, 'Node'),
    from: readName(fields, 'From'),
  };
}

function readSource(fields: Fields): { readonly source?: PingSource } {
  if (fields.uint('SourcePort', 0xffff) === 0 || fields.raw('SourceAddr').length === 0) return {};
  const address = readAddress(fields, 'SourceAddr', 'SourcePort');
  return { source: { name: readName(fields, 'SourceNode'), address } };
}

/** Fails: `invalid` for a name that is too long. */
export function readName(fields: Fields, field: string): string {
  const bytes = fields.raw(field);
  if (bytes.length > MEMBER_NAME_MAX) {
    throw new Failure('invalid', `malformed message: ${field}: longer than ${MEMBER_NAME_MAX}`);
  }
  return fields.text(field);
}

/** Fails: `invalid` for an address of another length than 4 or 16 bytes, or no port. */
export function readAddress(fields: Fields, host: string, port: string): Address {
  const text = hostText(fields.raw(host));
  if (text === undefined) throw new Failure('invalid', `malformed message: ${host}: no address`);
  return { host: text, port: fields.uint(port, 0xffff) };
}

/** What a member says of itself. Fails: `invalid` where that is too long. */
export function readMeta(fields: Fields): Pick<Alive, 'meta' | 'versions'> {
  const meta = fields.raw('Meta');
  if (meta.length > TAGS_BYTES_MAX) {
    throw new Failure('invalid', `malformed message: Meta: longer than ${TAGS_BYTES_MAX} bytes`);
  }
  const versions = fields.raw('Vsn');
  return { meta: meta.slice(), versions: versions.length === 6 ? versions.slice() : NO_VERSIONS };
}

const NO_VERSIONS = new Uint8Array(0);
