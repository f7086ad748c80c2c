/**
 * Go's strings are bytes; ours are UTF-16. Text that is UTF-8 is held as usual; a byte that is not
 * is held as a lone surrogate, U+DC80 to U+DCFF, so that a decoded key store or certificate comes
 * out of a template as it went in.
 *
 * Y1: `toBytes(fromBytes(b))` is `b`, whatever `b` is.
 */

const ESCAPE = 0xdc00;
const encoder = new TextEncoder();
const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const SURROGATE = /[\ud800-\udfff]/;

/** The bytes of a text that templates made (Y1). A surrogate that stands for no byte is U+FFFD. */
export function toBytes(text: string): Uint8Array {
  if (!SURROGATE.test(text)) return encoder.encode(text);
  const bytes: number[] = [];
  for (const char of text) {
    const code = char.codePointAt(0) ?? 0;
    if (code >= ESCAPE + 0x80 && code <= ESCAPE + 0xff) bytes.push(code - ESCAPE);
    else for (const byte of encoder.encode(char)) bytes.push(byte);
  }
  return Uint8Array.from(bytes);
}

/** Bytes as a text for templates (Y1). */
export function fromBytes(bytes: Uint8Array): string {
  try {
    return strict.decode(bytes);
  } catch {
    return escaped(bytes);
  }
}

/** How many bytes the text has. */
export function byteLength(text: string): number {
  let count = text.length;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 0x80) continue;
    if (code < 0x800) count += 1;
    else if (code < 0xd800 || code > 0xdfff) count += 2;
    else return toBytes(text).length;
  }
  return count;
}

/** Reads piece by piece: what is UTF-8 stays text, each other byte is escaped. */
function escaped(bytes: Uint8Array): string {
  const parts: string[] = [];
  for (let at = 0; at < bytes.length;) {
    const width = widthAt(bytes, at);
    if (width > 0) parts.push(strict.decode(bytes.subarray(at, at + width)));
    else parts.push(String.fromCharCode(ESCAPE + (bytes[at] ?? 0)));
    at += Math.max(1, width);
  }
  return parts.join('');
}

/** Bytes of the character that begins here; 0 if none does. */
function widthAt(bytes: Uint8Array, at: number): number {
  const first = bytes[at] ?? 0;
  if (first < 0x80) return 1;
  const width = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc2 ? 2 : 0;
  if (width === 0 || at + width > bytes.length) return 0;
  try {
    return strict.decode(bytes.subarray(at, at + width)).length > 0 ? width : 0;
  } catch {
    return 0;
  }
}
