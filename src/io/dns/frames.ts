/** Messages in a stream: each behind its length in two bytes. Source: RFC 1035, 4.2.2. */

/** Cuts a stream into its messages. Holds at most one message that is not whole. */
export class Frames {
  #rest: Uint8Array = EMPTY;

  /** The messages that are whole with this piece. */
  push(piece: Uint8Array): Uint8Array[] {
    const bytes = this.#rest.length === 0 ? piece : Buffer.concat([this.#rest, piece]);
    const messages: Uint8Array[] = [];
    let at = 0;
    while (at + 2 <= bytes.length) {
      const end = at + 2 + (((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0));
      if (end > bytes.length) break;
      messages.push(bytes.subarray(at + 2, end));
      at = end;
    }
    this.#rest = bytes.subarray(at);
    return messages;
  }
}

/** A message as it goes into the stream. */
export function framed(message: Uint8Array): Uint8Array {
  const frame = new Uint8Array(message.length + 2);
  frame[0] = message.length >>> 8;
  frame[1] = message.length;
  frame.set(message, 2);
  return frame;
}

const EMPTY = new Uint8Array(0);
