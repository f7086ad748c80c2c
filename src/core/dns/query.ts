/** Reads what somebody asks. The packet comes from anybody: every one of them gets a verdict. */
import type { Name } from './name.ts';
import { PacketReader, uint16At } from './packet-reader.ts';
import { CLASS, RCODE, TYPE, type Rcode } from './record.ts';

/** A question that can be answered. */
export interface Query {
  /** As it came: the answer repeats its question byte for byte. */
  readonly packet: Uint8Array;
  /** Where the question ends in `packet`. */
  readonly questionEnd: number;
  readonly name: Name;
  readonly type: number;
  /** Undefined: its sender does not know of extensions, and takes 512 bytes by UDP. */
  readonly edns: Edns | undefined;
}

export interface Edns {
  /** What the sender takes in one datagram [bytes]. */
  readonly udpBytes: number;
  /** Wants DNSSEC records: there are none, but the flag is handed back. Source: RFC 3225. */
  readonly dnssec: boolean;
}

export type Received =
  | { readonly verdict: 'query'; readonly query: Query }
  /** To be answered with no more than the code; `query` where the question could be read. */
  | { readonly verdict: 'reject'; readonly rcode: Rcode; readonly query: Query | undefined }
  /** Not to be answered: not even a header, or itself an answer, which could go on for ever. */
  | { readonly verdict: 'ignore' };

export const HEADER_BYTES = 12;

/** Takes a packet apart. Never throws. */
export function decodeQuery(packet: Uint8Array): Received {
  if (packet.length < HEADER_BYTES || ((packet[2] ?? 0) & IS_RESPONSE) !== 0) return IGNORE;
  if (((packet[2] ?? 0) & OPCODE) !== 0) return reject(RCODE.notImplemented);
  if (uint16At(packet, 4) !== 1) return reject(RCODE.malformed);
  const reader = new PacketReader(packet, HEADER_BYTES);
  const question = readQuestion(reader);
  if (question === undefined) return reject(RCODE.malformed);
  const { name, type } = question;
  const questionEnd = reader.offset;
  const found = findEdns(reader);
  if (found === 'malformed') return reject(RCODE.malformed);
  const { edns, version } = found;
  const query: Query = { packet, questionEnd, name, type, edns };
  if (version > 0) return reject(RCODE.badVersion, query);
  if (question.class !== CLASS.IN && question.class !== CLASS.ANY) {
    return reject(RCODE.refused, query);
  }
  if (type === TYPE.AXFR || type === TYPE.IXFR) return reject(RCODE.notImplemented, query);
  return { verdict: 'query', query };
}

function readQuestion(
  reader: PacketReader,
): { readonly name: Name; readonly type: number; readonly class: number } | undefined {
  const name = reader.name();
  // A pointer could only lead into the header, which the answer changes.
  if (name === undefined || reader.offset !== HEADER_BYTES + name.wire.length) return undefined;
  const type = reader.uint16();
  const queryClass = reader.uint16();
  if (type === undefined || queryClass === undefined) return undefined;
  return { name, type, class: queryClass };
}

interface FoundEdns {
  readonly edns: Edns | undefined;
  readonly version: number;
}

/** Looks through what follows the question: at most one OPT record, which belongs to the root. */
function findEdns(reader: PacketReader): FoundEdns | 'malformed' {
  const { packet } = reader;
  const others = uint16At(packet, 6) + uint16At(packet, 8);
  const count = others + uint16At(packet, 10);
  let found = NO_EDNS;
  for (let i = 0; i < count; i++) {
    const record = reader.record();
    if (record === undefined) return 'malformed';
    if (record.type !== TYPE.OPT) continue;
    if (i < others || found !== NO_EDNS || record.name.text !== '') return 'malformed';
    const flags = record.ttl & 0xffff;
    found = {
      edns: { udpBytes: record.class, dnssec: (flags & DNSSEC_OK) !== 0 },
      version: (record.ttl >>> 16) & 0xff,
    };
  }
  return found;
}

function reject(rcode: Rcode, query?: Query): Received {
  return { verdict: 'reject', rcode, query };
}

const IGNORE: Received = { verdict: 'ignore' };
const NO_EDNS: FoundEdns = { edns: undefined, version: 0 };
const IS_RESPONSE = 0x80;
const OPCODE = 0x78;
const DNSSEC_OK = 0x8000;
