/**
 * Output of checks is for people, and comes from programs that may write without end: it is cut to
 * a
 * number of bytes, never inside a character.
 */

/** How much of something longer was kept. `total` and `max` in bytes. */
export interface Kept {
  readonly text: string;
  readonly total: number;
}

/** What a command wrote last, with a word on what is missing. */
export function tailText({ text, total }: Kept): string {
  const kept = byteLength(text);
  return total > kept ? `Captured ${kept} of ${total} bytes\n...\n${text}` : text;
}

/** The beginning of a report, with a word on what is missing. 0 keeps nothing at all. */
export function headText(text: string, max: number): string {
  if (max === 0) return '';
  // The quick answer for nearly all: no character takes more than three bytes per UTF-16 unit.
  if (text.length * 3 <= max) return text;
  const bytes = encoder.encode(text);
  if (bytes.length <= max) return text;
  const head = decodeHead(bytes, max);
  return `${head} ... (captured ${byteLength(head)} of ${bytes.length} bytes)`;
}

/** The first characters of UTF-8 text that fit into `max` bytes. */
export function decodeHead(bytes: Uint8Array, max: number): string {
  let end = Math.min(max, bytes.length);
  while (end > 0 && end < bytes.length && isContinuation(bytes[end])) end -= 1;
  return decoder.decode(bytes.subarray(0, end));
}

/** The last characters of UTF-8 text that fit into `max` bytes. */
export function decodeTail(bytes: Uint8Array, max: number): string {
  let start = Math.max(0, bytes.length - max);
  if (start > 0) while (start < bytes.length && isContinuation(bytes[start])) start += 1;
  return decoder.decode(bytes.subarray(start));
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

function byteLength(text: string): number {
  return encoder.encode(text).length;
}

/** True for a byte that continues a character. */
function isContinuation(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0xc0) === 0x80;
}
