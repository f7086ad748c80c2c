/**
 * Domain names, in the two forms that are needed again and again: the bytes of the wire, and a text
 * to look up by.
 *
 * N1: two names are the same name exactly when their texts are equal: letters are folded to lower
 * case, and what could be mistaken for a dot or does not print is escaped (`\.`, `\\`, `\255`).
 * N2: the bytes keep the letters' case as written.
 */

/** A name that DNS can carry: labels of 1 to 63 bytes, 255 bytes altogether. */
export interface Name {
  /** Folded, without a dot at its end; empty: the root. */
  readonly text: string;
  /** Each label behind its length, the root's zero at the end. */
  readonly wire: Uint8Array;
  /** Where in `text` each label begins. */
  readonly starts: readonly number[];
}

export const LABEL_BYTES_MAX = 63;
export const NAME_BYTES_MAX = 255;

export const ROOT: Name = { text: '', wire: Uint8Array.of(0), starts: [] };

/** What each byte of a label is in a name's text. */
export const BYTE_TEXTS: readonly string[] = Array.from({ length: 256 }, (_, byte) => {
  const char = String.fromCharCode(byte);
  if (char === '.' || char === '\\') return `\\${char}`;
  if (byte <= 0x20 || byte >= 0x7f) return `\\${String(byte).padStart(3, '0')}`;
  return char.toLowerCase();
});

/**
 * Reads a name as people write it: labels with dots between, one at the end or not, `\.` for a dot
 * inside a label and `\255` for a byte. Undefined: DNS cannot carry it.
 *
 * @param under what it is in front of
 */
export function parseName(text: string, under: Name = ROOT): Name | undefined {
  const labels = labelsOf(text);
  if (labels === undefined) return undefined;
  let length = under.wire.length;
  for (const label of labels) {
    if (label.length === 0 || label.length > LABEL_BYTES_MAX) return undefined;
    length += label.length + 1;
  }
  return length > NAME_BYTES_MAX ? undefined : join(labels, under, length);
}

/** The labels of a name, folded, first to last. */
export function labelTexts({ text, starts }: Name): string[] {
  return starts.map((start, i) => {
    const next = starts[i + 1];
    return next === undefined ? text.slice(start) : text.slice(start, next - 1);
  });
}

/** Whether `name` is `zone` or lies under it. */
export function isWithin(name: Name, zone: Name): boolean {
  const skipped = name.starts.length - zone.starts.length;
  if (skipped < 0) return false;
  if (skipped === 0) return name.text === zone.text;
  // The root is above all.
  if (zone.starts.length === 0) return true;
  const start = name.starts[skipped] ?? 0;
  return name.text.length - start === zone.text.length && name.text.endsWith(zone.text);
}

function join(labels: readonly (readonly number[])[], under: Name, length: number): Name {
  const wire = new Uint8Array(length);
  const starts: number[] = [];
  let text = '';
  let at = 0;
  for (const label of labels) {
    if (text !== '') text += '.';
    starts.push(text.length);
    wire[at] = label.length;
    wire.set(label, at + 1);
    at += label.length + 1;
    for (const byte of label) text += BYTE_TEXTS[byte] ?? '';
  }
  wire.set(under.wire, at);
  if (text !== '' && under.text !== '') text += '.';
  const moved = text.length;
  return {
    text: text + under.text,
    wire,
    starts: [...starts, ...under.starts.map((start) => start + moved)],
  };
}

/** The bytes of each label; undefined: an escape that is none. */
function labelsOf(text: string): number[][] | undefined {
  if (text === '' || text === '.') return [];
  const bytes = new TextEncoder().encode(text);
  const labels: number[][] = [[]];
  let label: number[] = labels[0] ?? [];
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i] ?? 0;
    if (byte === DOT) {
      // One dot at the end says only that nothing follows.
      if (i === bytes.length - 1) break;
      labels.push((label = []));
    } else if (byte === BACKSLASH) {
      const escape = escaped(bytes, i + 1);
      if (escape === undefined) return undefined;
      label.push(escape.byte);
      i += escape.length;
    } else label.push(byte);
  }
  return labels;
}

function escaped(
  bytes: Uint8Array,
  at: number,
): { readonly byte: number; readonly length: number } | undefined {
  const digits = String.fromCharCode(...bytes.subarray(at, at + 3));
  if (/^\d{3}$/.test(digits)) {
    const byte = Number(digits);
    return byte > 255 ? undefined : { byte, length: 3 };
  }
  const byte = bytes[at];
  return byte === undefined || /^\d/.test(digits) ? undefined : { byte, length: 1 };
}

const DOT = 0x2e;
const BACKSLASH = 0x5c;
