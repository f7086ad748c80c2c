/**
 * Writes answers: names compressed, cut to what their reader takes.
 *
 * E1: an answer is never longer than allowed. Answers go first at the end, each with its glue; the
 * last one stays without glue; if even that is too long, nothing stays and the reader is told to
 * ask again over TCP.
 * E2: targets of SRV records are written in full, as RFC 2782 wants (some readers refuse others),
 * but serve as the end of later names.
 */
import type { Name } from './name.ts';
import { HEADER_BYTES, type Query } from './query.ts';
import { CLASS, RCODE, TYPE, type Rcode, type ResourceRecord } from './record.ts';

/** What is to be said. */
export interface Reply {
  readonly rcode: Rcode;
  /** Of our own names, not handed on. */
  readonly authoritative: boolean;
  readonly answers: readonly ResourceRecord[];
  readonly authority: readonly ResourceRecord[];
  readonly additional: readonly ResourceRecord[];
  /** There are more answers than these. */
  readonly more: boolean;
}

/** In which form it is to be said. */
export interface ReplyForm {
  /** Of the whole message; see `replyBytesMax`. */
  readonly bytesMax: number;
  readonly compress: boolean;
  /** Whether we ask others for names that are not ours. */
  readonly recursion: boolean;
  /** Whether a reader is told that answers were left out, so that it asks again over TCP. */
  readonly tellTruncation: boolean;
}

/** UDP without extensions. Source: RFC 1035. */
export const PLAIN_UDP_BYTES = 512;
/** The longest message of all, by its length over TCP. */
export const MESSAGE_BYTES_MAX = 65_535;
/** The largest datagram that IPv4 carries, less the longest of headers. Source: Consul. */
const DATAGRAM_BYTES_MAX = MESSAGE_BYTES_MAX - 68;

/** How long an answer to this question may be [bytes]. */
export function replyBytesMax(query: Query, transport: 'udp' | 'tcp'): number {
  if (transport === 'tcp') return MESSAGE_BYTES_MAX;
  const { edns } = query;
  if (edns === undefined) return PLAIN_UDP_BYTES;
  return Math.min(Math.max(edns.udpBytes, PLAIN_UDP_BYTES), DATAGRAM_BYTES_MAX);
}

/**
 * How many answers are worth looking for.
 *
 * @param bytesMax as `replyBytesMax` says
 * @param udpAnswerLimit the setting of that name
 */
export function answersMax(
  bytesMax: number,
  transport: 'udp' | 'tcp',
  udpAnswerLimit: number,
): number {
  const isPlain = transport === 'udp' && bytesMax === PLAIN_UDP_BYTES;
  const fitting = Math.ceil(bytesMax / ANSWER_BYTES_MIN);
  return isPlain ? Math.min(udpAnswerLimit, PLAIN_UDP_ANSWERS_MAX) : fitting;
}

/** Answers with a code and nothing else, repeating the question where it could be read. */
export function encodeRejection(
  packet: Uint8Array,
  rcode: Rcode,
  { query, recursion }: { readonly query: Query | undefined; readonly recursion: boolean },
): Uint8Array {
  const { questionEnd, edns } = query ?? { questionEnd: HEADER_BYTES, edns: undefined };
  const reply = new Uint8Array(questionEnd + (edns === undefined ? 0 : OPT_BYTES));
  reply.set(packet.subarray(0, questionEnd));
  reply.fill(0, 4, HEADER_BYTES);
  reply[5] = query === undefined ? 0 : 1;
  writeFlags(reply, rcode, { authoritative: false, recursion, truncated: false });
  if (query !== undefined && edns !== undefined) {
    writeOpt(reply, questionEnd, query, rcode);
    reply[11] = 1;
  }
  return reply;
}

/**
 * Writes replies, one after the other, in a buffer of its own: answers, glue and what is too long
 * of each find room in it.
 */
export class Encoder {
  readonly #into = new Uint8Array(3 * MESSAGE_BYTES_MAX);
  /** Where names stand, by their text, of those that a pointer can reach. */
  readonly #names = new Map<string, number>();
  #seeded = false;
  #at = 0;

  encode(query: Query, reply: Reply, form: ReplyForm): Uint8Array {
    const bytesMax = form.bytesMax - (query.edns === undefined ? 0 : OPT_BYTES);
    const draft = { query, reply, bytesMax, compress: form.compress };
    const wanted = reply.answers.length;
    let count = wanted;
    let fitting = this.#write(draft, count);
    // Writing anew: without the later ones, pointers may come out differently (E1).
    while (this.#at > bytesMax && count > 0) {
      count = Math.min(fitting, count - 1);
      fitting = this.#write(draft, count);
    }
    if (count === 0 && (wanted > 0 || this.#at > bytesMax)) {
      const bare = { ...draft, reply: { ...reply, authority: [], additional: [] }, bare: true };
      count = Math.min(1, wanted);
      this.#write(bare, count);
      if (this.#at > bytesMax) this.#write(bare, (count = 0));
    }
    const cut = count < wanted;
    const truncated = (form.tellTruncation && (cut || reply.more)) || (cut && count === 0);
    return this.#finish(query, reply, { recursion: form.recursion, truncated });
  }

  /**
   * Writes `count` answers and what belongs to them; gives up once that is too long, with `#at`
   * beyond the bound.
   *
   * @returns how many answers find room with their glue: `count`, if that was not too long
   */
  #write(draft: Draft, count: number): number {
    const { query, reply, bytesMax } = draft;
    this.#begin(query);
    const ends: number[] = [];
    for (let i = 0; i < count; i++) {
      const answer = reply.answers[i];
      if (answer !== undefined) this.#record(draft, answer);
      if (this.#at > bytesMax) break;
      ends.push(this.#at);
    }
    const written = ends.length;
    const answersEnd = ends[written - 1] ?? query.questionEnd;
    // What was too long is taken back, so as to learn how much room the glue of the others needs.
    this.#at = answersEnd;
    this.#count(6, written);
    this.#section(draft, 8, reply.authority);
    const glueStart = this.#at;
    const glueEnds = draft.bare === true ? NO_GLUE : this.#glue(draft, written);
    if (this.#at <= bytesMax && written === count) return count;
    const besides = glueStart - answersEnd;
    let fitting = Math.min(written, glueEnds.length);
    while (fitting > 0) {
      const glueBytes = (glueEnds[fitting - 1] ?? 0) - glueStart;
      if ((ends[fitting - 1] ?? 0) + besides + glueBytes <= bytesMax) break;
      fitting -= 1;
    }
    this.#at = bytesMax + 1;
    return fitting;
  }

  #begin(query: Query): void {
    // Emptying an empty map costs as much as a full one, and most answers need none.
    if (this.#names.size > 0) this.#names.clear();
    this.#seeded = false;
    const { packet, questionEnd } = query;
    const into = this.#into;
    for (let i = 0; i < questionEnd; i++) into[i] = packet[i] ?? 0;
    // The counts of the records.
    for (let i = 6; i < HEADER_BYTES; i++) into[i] = 0;
    this.#at = questionEnd;
  }

  /** Writes the additional section; tells where each answer's part of it ended, if it fitted. */
  #glue(draft: Draft, written: number): number[] {
    const { reply } = draft;
    // Beyond the bound, too: how long it is tells how many answers there is room for with theirs.
    const bound = this.#at + draft.bytesMax;
    const ends: number[] = [];
    let seen: Set<ResourceRecord> | undefined;
    const put = (glue: readonly ResourceRecord[] | undefined): void => {
      if (glue === undefined) return;
      for (const record of glue) {
        if (this.#at > bound) return;
        seen ??= new Set();
        if (seen.has(record)) continue;
        seen.add(record);
        this.#record(draft, record);
      }
    };
    for (let i = 0; i < written; i++) {
      put(reply.answers[i]?.glue);
      if (this.#at > bound) break;
      ends.push(this.#at);
    }
    for (const record of reply.authority) put(record.glue);
    put(reply.additional);
    this.#count(10, seen?.size ?? 0);
    return ends;
  }

  #section(draft: Draft, countAt: number, records: readonly ResourceRecord[]): void {
    let written = 0;
    for (const record of records) {
      if (this.#at > draft.bytesMax) break;
      this.#record(draft, record);
      written += 1;
    }
    this.#count(countAt, written);
  }

  #finish(
    query: Query,
    reply: Reply,
    form: { readonly recursion: boolean; readonly truncated: boolean },
  ): Uint8Array {
    const { authoritative, rcode } = reply;
    writeFlags(this.#into, rcode, { ...form, authoritative });
    if (query.edns !== undefined) {
      writeOpt(this.#into, this.#at, query, rcode);
      this.#at += OPT_BYTES;
      this.#count(10, ((this.#into[10] ?? 0) << 8) + (this.#into[11] ?? 0) + 1);
    }
    return this.#into.slice(0, this.#at);
  }

  #record({ query, compress }: Draft, record: ResourceRecord): void {
    if (record.name !== undefined) this.#name(query, record.name, compress);
    else if (compress) this.#uint16(POINTER | HEADER_BYTES);
    else this.#bytes(query.name.wire);
    this.#uint16(record.type);
    this.#uint16(CLASS.IN);
    this.#uint32(record.ttl);
    const lengthAt = this.#at;
    this.#at += 2;
    this.#data(query, record, compress);
    const length = this.#at - lengthAt - 2;
    this.#count(lengthAt, length);
  }

  #data(query: Query, record: ResourceRecord, compress: boolean): void {
    switch (record.type) {
      case TYPE.A:
      case TYPE.AAAA:
        this.#bytes(record.address);
        return;
      case TYPE.SRV:
        this.#uint16(record.priority);
        this.#uint16(record.weight);
        this.#uint16(record.port);
        this.#remember(record.target.text);
        this.#bytes(record.target.wire);
        return;
      case TYPE.CNAME:
      case TYPE.NS:
      case TYPE.PTR:
        this.#name(query, record.target, compress);
        return;
      case TYPE.TXT:
        for (const string of record.strings) {
          this.#into[this.#at++] = string.length;
          this.#bytes(string);
        }
        return;
      case TYPE.SOA:
        this.#name(query, record.primary, compress);
        this.#name(query, record.mailbox, compress);
        this.#uint32(record.serial);
        this.#uint32(record.soa.refresh);
        this.#uint32(record.soa.retry);
        this.#uint32(record.soa.expire);
        this.#uint32(record.soa.minTtl);
        return;
    }
  }

  /** A name, its end as a pointer to where it stands already. */
  #name(query: Query, name: Name, compress: boolean): void {
    if (!compress) {
      this.#bytes(name.wire);
      return;
    }
    if (!this.#seeded) this.#seed(query.name);
    let wireAt = 0;
    for (const start of name.starts) {
      const end = start === 0 ? name.text : name.text.slice(start);
      const known = this.#names.get(end);
      if (known !== undefined) {
        this.#uint16(POINTER | known);
        return;
      }
      this.#remember(end);
      const next = wireAt + 1 + (name.wire[wireAt] ?? 0);
      while (wireAt < next) this.#into[this.#at++] = name.wire[wireAt++] ?? 0;
    }
    this.#into[this.#at++] = 0;
  }

  /** Makes the question's name known. Put off, as most answers name nothing else. */
  #seed(name: Name): void {
    this.#seeded = true;
    let at = HEADER_BYTES;
    for (const start of name.starts) {
      const end = start === 0 ? name.text : name.text.slice(start);
      if (!this.#names.has(end)) this.#names.set(end, at);
      at += 1 + (name.wire[at - HEADER_BYTES] ?? 0);
    }
  }

  #remember(text: string): void {
    if (this.#at <= POINTER_MAX && !this.#names.has(text)) this.#names.set(text, this.#at);
  }

  #bytes(bytes: Uint8Array): void {
    const into = this.#into;
    // Shorter than what a call of `set` costs, as nearly all are.
    let at = this.#at;
    for (let i = 0; i < bytes.length; i++) into[at++] = bytes[i] ?? 0;
    this.#at = at;
  }

  #uint16(value: number): void {
    this.#into[this.#at++] = value >>> 8;
    this.#into[this.#at++] = value;
  }

  #uint32(value: number): void {
    this.#uint16(value >>> 16);
    this.#uint16(value);
  }

  /** Writes a 16-bit number at a place left free for it. */
  #count(at: number, value: number): void {
    this.#into[at] = value >>> 8;
    this.#into[at + 1] = value;
  }
}

interface Draft {
  readonly query: Query;
  readonly reply: Reply;
  /** Without the room for the OPT record. */
  readonly bytesMax: number;
  readonly compress: boolean;
  /** Without glue. */
  readonly bare?: boolean;
}

function writeFlags(
  into: Uint8Array,
  rcode: Rcode,
  flags: {
    readonly authoritative: boolean;
    readonly recursion: boolean;
    readonly truncated: boolean;
  },
): void {
  // The kind of question and whether recursion was desired are handed back.
  let high = ((into[2] ?? 0) & 0x79) | 0x80;
  if (flags.authoritative) high |= 0x04;
  if (flags.truncated) high |= 0x02;
  into[2] = high;
  into[3] = (flags.recursion ? 0x80 : 0) | (rcode & 0x0f);
}

function writeOpt(into: Uint8Array, at: number, query: Query, rcode: Rcode): void {
  const { udpBytes, dnssec } = query.edns ?? { udpBytes: 0, dnssec: false };
  into.fill(0, at, at + OPT_BYTES);
  into[at + 2] = TYPE.OPT;
  into[at + 3] = udpBytes >>> 8;
  into[at + 4] = udpBytes;
  into[at + 5] = rcode === RCODE.badVersion ? rcode >>> 4 : 0;
  into[at + 7] = dnssec ? 0x80 : 0;
}

/** Whatever the settings say. Source: Consul. */
const PLAIN_UDP_ANSWERS_MAX = 8;
/** An A record whose name is a pointer. */
const ANSWER_BYTES_MIN = 16;
const OPT_BYTES = 11;
const NO_GLUE: readonly number[] = [];
const POINTER = 0xc000;
/** A pointer has 14 bits. */
const POINTER_MAX = 0x3fff;
