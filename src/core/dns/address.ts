/** IP addresses as DNS carries them: bytes, hexadecimal names, names under `arpa`. */

/** The 4 or 16 bytes of an address; undefined: it is none, a host name perhaps. */
export function parseAddress(text: string): Uint8Array | undefined {
  return text.includes(':') ? parseV6(text) : parseV4(text);
}

/**
 * The one way to write an address that has many: indexes of addresses are to be kept in it.
 * Anything else stays as it is, in lower case. Source: RFC 5952.
 */
export function canonicalAddress(text: string): string {
  const bytes = parseAddress(text);
  return bytes === undefined ? text.toLowerCase() : formatAddress(bytes);
}

/** Writes 4 or 16 bytes as RFC 5952 recommends. */
export function formatAddress(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join('.');
  const groups = Array.from({ length: 8 }, (_, i) =>
    (((bytes[2 * i] ?? 0) << 8) | (bytes[2 * i + 1] ?? 0)).toString(16),
  );
  const [start, length] = longestZeros(groups);
  if (length < 2) return groups.join(':');
  return `${groups.slice(0, start).join(':')}::${groups.slice(start + length).join(':')}`;
}

/** The first label of an address's own name: `7f000001`. */
export function hexOf(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += byte.toString(16).padStart(2, '0');
  return text;
}

/** The address that `hexOf` wrote; undefined: neither 4 nor 16 bytes. */
export function parseHex(text: string): Uint8Array | undefined {
  if (!/^(?:[0-9a-f]{8}|[0-9a-f]{32})$/.test(text)) return undefined;
  return Uint8Array.from({ length: text.length / 2 }, (_, i) =>
    parseInt(text.slice(2 * i, 2 * i + 2), 16),
  );
}

/**
 * The address whose owner is asked for, in its canonical form.
 *
 * @param labels of the name, folded, first to last: `4 3 2 1 in-addr arpa`
 */
export function reverseAddress(labels: readonly string[]): string | undefined {
  const parts = labels.slice(0, -2).reverse();
  if (labels.at(-1) !== 'arpa') return undefined;
  if (labels.at(-2) === 'in-addr') {
    return parts.length === 4 && parseV4(parts.join('.')) !== undefined
      ? parts.join('.')
      : undefined;
  }
  if (labels.at(-2) !== 'ip6' || parts.length !== 32) return undefined;
  if (!parts.every((digit) => digit.length === 1)) return undefined;
  const bytes = parseHex(parts.join(''));
  return bytes === undefined ? undefined : formatAddress(bytes);
}

function parseV4(text: string): Uint8Array | undefined {
  const parts = text.split('.', 5);
  if (parts.length !== 4) return undefined;
  // No leading zeros: what some read as octal must not mean two things.
  if (!parts.every((part) => /^(?:0|[1-9]\d{0,2})$/.test(part))) return undefined;
  const numbers = parts.map(Number);
  return numbers.every((part) => part <= 255) ? Uint8Array.from(numbers) : undefined;
}

function parseV6(text: string): Uint8Array | undefined {
  if (text.length > V6_TEXT_MAX) return undefined;
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const [head, tail] = halves.map((half, i) => groupsOf(half, i === halves.length - 1));
  if (head === undefined || (halves.length === 2 && tail === undefined)) return undefined;
  const missing = 8 - head.length - (tail?.length ?? 0);
  if (halves.length === 1 ? missing !== 0 : missing < 1) return undefined;
  const groups = [...head, ...Array<number>(missing).fill(0), ...(tail ?? [])];
  return Uint8Array.from(groups.flatMap((group) => [group >>> 8, group & 0xff]));
}

/** Undefined: something in it is no group. Only the last may be four decimal numbers. */
function groupsOf(text: string, isLast: boolean): number[] | undefined {
  if (text === '') return [];
  const groups: number[] = [];
  const parts = text.split(':');
  for (const [i, part] of parts.entries()) {
    const v4 = isLast && i === parts.length - 1 ? parseV4(part) : undefined;
    if (v4 !== undefined) {
      groups.push(((v4[0] ?? 0) << 8) | (v4[1] ?? 0), ((v4[2] ?? 0) << 8) | (v4[3] ?? 0));
    } else if (/^[0-9a-f]{1,4}$/i.test(part)) groups.push(parseInt(part, 16));
    else return undefined;
  }
  return groups;
}

/** The first of the longest runs of zero groups. */
function longestZeros(groups: readonly string[]): [start: number, length: number] {
  let best: [number, number] = [0, 0];
  let start = 0;
  for (const [i, group] of groups.entries()) {
    if (group !== '0') start = i + 1;
    else if (i + 1 - start > best[1]) best = [start, i + 1 - start];
  }
  return best;
}

/** `ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255` */
const V6_TEXT_MAX = 45;
