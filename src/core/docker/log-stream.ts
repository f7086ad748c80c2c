/**
 * The engine's log stream: frames of an eight-byte header and a payload, each payload beginning
 * with the instant it was written.
 *
 * L1: pieces may be cut anywhere; every byte is answered once, in order.
 * L2: a record at or before the position already kept is not answered again: the engine's `since`
 *     is inclusive, and several records may carry one instant.
 *
 * Source: https://docs.docker.com/engine/api/v1.41/#tag/Container/operation/ContainerAttach
 */

/** Where collecting has come to: the last instant seen, and how many records carried it. */
export interface LogPosition {
  /** RFC 3339 with nanoseconds, as the engine writes it; empty before the first record. */
  readonly at: string;
  readonly count: number;
}

export const LOG_START: LogPosition = { at: '', count: 0 };

export interface LogRecord {
  readonly stream: 'stdout' | 'stderr';
  readonly bytes: Uint8Array;
}

const HEADER_SIZE = 8;
/** The engine cuts longer lines itself (16 KiB); more than this in one frame is not its stream. */
const FRAME_SIZE_MAX = 1024 * 1024;
const SPACE = 0x20;

/** Takes a stream apart, piece by piece. One per connection. */
export class LogDemuxer {
  #rest = new Uint8Array(0);
  #position: LogPosition;
  /** Records of the position's instant met on this connection so far. */
  #metAtPosition = 0;
  readonly #resumedAt: string;

  /** @param from what was kept before this connection */
  constructor(from: LogPosition) {
    this.#position = from;
    this.#resumedAt = from.at;
  }

  get position(): LogPosition {
    return this.#position;
  }

  /** Answers the records completed by this piece; `undefined` when the stream makes no sense. */
  push(piece: Uint8Array): readonly LogRecord[] | undefined {
    const bytes = this.#rest.length === 0 ? piece : join(this.#rest, piece);
    const records: LogRecord[] = [];
    let at = 0;
    while (bytes.length - at >= HEADER_SIZE) {
      const size = new DataView(bytes.buffer, bytes.byteOffset + at + 4, 4).getUint32(0);
      const kind = bytes[at] ?? 0;
      if (size > FRAME_SIZE_MAX || kind > 3) return undefined;
      if (bytes.length - at < HEADER_SIZE + size) break;
      const payload = bytes.subarray(at + HEADER_SIZE, at + HEADER_SIZE + size);
      at += HEADER_SIZE + size;
      const kept = this.#keep(payload);
      if (kept !== undefined)
        records.push({ stream: kind === 2 ? 'stderr' : 'stdout', bytes: kept });
    }
    this.#rest = bytes.slice(at);
    return records;
  }

  /** The payload without its instant, or undefined where it was kept before (L2). */
  #keep(payload: Uint8Array): Uint8Array | undefined {
    const space = payload.indexOf(SPACE);
    const end = space < 0 ? payload.length : space;
    const instant = new TextDecoder().decode(payload.subarray(0, end));
    if (isBefore(instant, this.#resumedAt)) return undefined;
    if (instant === this.#resumedAt && instant === this.#position.at) {
      this.#metAtPosition++;
      if (this.#metAtPosition <= this.#position.count) return undefined;
    }
    const same = instant === this.#position.at;
    this.#position = { at: instant, count: same ? this.#position.count + 1 : 1 };
    return payload.subarray(Math.min(end + 1, payload.length));
  }
}

/** Compares instants of equal form; fractions may differ in length, trailing zeros being cut. */
function isBefore(a: string, b: string): boolean {
  return comparable(a) < comparable(b);
}

function comparable(instant: string): string {
  const [seconds = '', fraction = ''] = instant.replace(/Z$/, '').split('.');
  return `${seconds}.${fraction.padEnd(9, '0')}`;
}

function join(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}
