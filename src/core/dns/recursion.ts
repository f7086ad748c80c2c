/** What is said to recursors, and what they say: trusted as little as what anybody asks. */
import type { Random } from '../../base/random.ts';
import type { Follow } from './answer.ts';
import { HEADER_BYTES, type Query } from './query.ts';
import { PacketReader, uint16At } from './packet-reader.ts';
import { CLASS, RCODE, TYPE, type ResourceRecord } from './record.ts';

/** Writes a question of our own, its id still zero. */
export function encodeFollow({ name, type }: Pick<Follow, 'name' | 'type'>): Uint8Array {
  const packet = new Uint8Array(HEADER_BYTES + name.wire.length + 4);
  packet[2] = RECURSION_DESIRED;
  packet[5] = 1;
  packet.set(name.wire, HEADER_BYTES);
  packet[packet.length - 3] = type;
  packet[packet.length - 1] = CLASS.IN;
  return packet;
}

/** Whether it is an answer to this very question: same id, name in any spelling, type and class. */
export function isReplyTo(query: Uint8Array, reply: Uint8Array): boolean {
  if (reply.length < HEADER_BYTES || ((reply[2] ?? 0) & IS_RESPONSE) === 0) return false;
  if (uint16At(reply, 0) !== uint16At(query, 0)) return false;
  const asked = questionOf(query);
  return asked !== undefined && asked === questionOf(reply);
}

/** Whether the recursor knew: another one need not be asked. Source: Consul. */
export function isSettled(reply: Uint8Array): boolean {
  const rcode = (reply[3] ?? 0) & 0x0f;
  return rcode === RCODE.ok || rcode === RCODE.nameUnknown;
}

/** A recursor's answer that is too long for the asker: what is left says to ask again over TCP. */
export function cutReply({ packet, questionEnd }: Query, reply: Uint8Array): Uint8Array {
  const cut = packet.slice(0, questionEnd);
  cut[2] = (reply[2] ?? 0) | TRUNCATED;
  cut[3] = reply[3] ?? 0;
  cut.fill(0, 6, HEADER_BYTES);
  return cut;
}

/**
 * The addresses in an answer and the aliases that lead to them, as they stand there.
 *
 * @param ttl instead of theirs [s]; undefined: theirs
 * @param max at most so many
 */
export function addressesIn(
  reply: Uint8Array,
  ttl: number | undefined,
  max: number,
): ResourceRecord[] {
  const reader = new PacketReader(reply, HEADER_BYTES);
  const found: ResourceRecord[] = [];
  if (uint16At(reply, 4) !== 1 || reader.name() === undefined) return found;
  reader.offset += 4;
  const count = uint16At(reply, 6);
  for (let i = 0; i < count && found.length < max; i++) {
    const record = readAddress(reader, ttl);
    if (record === 'malformed') break;
    if (record !== undefined) found.push(record);
  }
  return found;
}

/** The recursors in the order in which one question is to try them. */
export function recursorOrder<T>(
  recursors: readonly T[],
  strategy: 'sequential' | 'random',
  random: Random,
): readonly T[] {
  if (strategy === 'sequential') return recursors;
  return recursors
    .map((recursor) => ({ recursor, rank: random.next() }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ recursor }) => recursor);
}

/** Undefined: a record of another type. */
function readAddress(
  reader: PacketReader,
  ttl: number | undefined,
): ResourceRecord | undefined | 'malformed' {
  const record = reader.record();
  if (record === undefined) return 'malformed';
  if (record.class !== CLASS.IN) return undefined;
  const { name, type, dataStart, dataLength } = record;
  // The highest bit means nothing; RFC 2181 has such times count as zero.
  const head = { name, ttl: ttl ?? (record.ttl >= 2 ** 31 ? 0 : record.ttl) };
  if ((type === TYPE.A && dataLength === 4) || (type === TYPE.AAAA && dataLength === 16)) {
    return { ...head, type, address: reader.packet.slice(dataStart, dataStart + dataLength) };
  }
  if (type !== TYPE.CNAME) return undefined;
  const target = new PacketReader(reader.packet, dataStart).name();
  return target === undefined ? 'malformed' : { ...head, type, target };
}

/** What is asked, as a text to compare; undefined: not one question, or not to be read. */
function questionOf(packet: Uint8Array): string | undefined {
  if (uint16At(packet, 4) !== 1) return undefined;
  const reader = new PacketReader(packet, HEADER_BYTES);
  const name = reader.name();
  const type = reader.uint16();
  const queryClass = reader.uint16();
  if (name === undefined || type === undefined || queryClass === undefined) return undefined;
  return `${name.text} ${type} ${queryClass}`;
}

const IS_RESPONSE = 0x80;
const TRUNCATED = 0x02;
const RECURSION_DESIRED = 0x01;
