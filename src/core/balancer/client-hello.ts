/**
 * The server's name in the first message of a TLS connection.
 *
 * Source: RFC 8446 section 4.1.2, RFC 6066 section 3.
 */

/**
 * Undefined: more bytes are needed. Empty: it names none, or is no such message.
 */
export function readServerName(bytes: Uint8Array): string | undefined {
  if (bytes.length < 5) return bytes.length > 0 && bytes[0] !== HANDSHAKE ? '' : undefined;
  if (bytes[0] !== HANDSHAKE) return '';
  const length = u16(bytes, 3);
  if (bytes.length < 5 + length) return undefined;
  return nameIn(bytes.subarray(5, 5 + length));
}

const HANDSHAKE = 22;
const CLIENT_HELLO = 1;
const SERVER_NAME = 0;

function nameIn(record: Uint8Array): string {
  if (record[0] !== CLIENT_HELLO) return '';
  // Type and length of the message, version, random.
  let at = 4 + 2 + 32;
  at += 1 + (record[at] ?? 0);
  at += 2 + u16(record, at);
  at += 1 + (record[at] ?? 0);
  const end = Math.min(record.length, at + 2 + u16(record, at));
  at += 2;
  while (at + 4 <= end) {
    const length = u16(record, at + 2);
    if (u16(record, at) === SERVER_NAME) return nameOf(record.subarray(at + 4, at + 4 + length));
    at += 4 + length;
  }
  return '';
}

/** The first of the list, if it is a host's. */
function nameOf(list: Uint8Array): string {
  if (list[2] !== 0) return '';
  const name = new TextDecoder().decode(list.subarray(5, 5 + u16(list, 3)));
  return /^[\w.-]{1,255}$/.test(name) ? name.toLowerCase() : '';
}

function u16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}
