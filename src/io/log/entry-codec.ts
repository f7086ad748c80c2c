/**
 * Entries as msgpack records. Each append carries the names of its fields once, so its bytes are
 * self-contained: a segment, and a batch in etcd, decodes without anything written before it.
 *
 * BigInt stays BigInt, undefined stays undefined; Map, Set, Date and bytes survive. What would not
 * come back as it went in, so that a replay would differ from the first application, is refused.
 * (But for -0, which comes back as 0: nothing that applies entries tells them apart.)
 */
import { Packr, Unpackr } from 'msgpackr';
import { Failure } from '../../base/failure.ts';
import type { EntryCodec } from '../../ports/log.ts';

const OPTIONS = { useRecords: true, moreTypes: true, int64AsType: 'bigint' } as const;

const RENAMED = '__proto__';

/** Makes the codec that the log engines use. */
export function entryCodec<Entry>(): EntryCodec<Entry> {
  const packr = new Packr(OPTIONS);
  const unpackr = new Unpackr(OPTIONS);
  return {
    encode(entries) {
      const bytes = packr.pack(entries);
      // Decoding renames this one. The search is cheap; the walk is for those who write about it.
      if (bytes.includes(RENAMED) && hasRenamedKey(entries)) {
        throw new Failure('invalid', `a field of an entry cannot be named "${RENAMED}"`);
      }
      return bytes;
    },
    decode(bytes) {
      const entries: unknown = unpackr.unpack(bytes);
      if (!Array.isArray(entries)) throw new Failure('internal', 'the bytes hold no entries');
      return entries as readonly Entry[];
    },
  };
}

function hasRenamedKey(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return false;
  if (value instanceof Map) return [...value].some((pair) => hasRenamedKey(pair[1]));
  if (Array.isArray(value) || value instanceof Set) return [...value].some(hasRenamedKey);
  return Object.entries(value).some(([key, inner]) => key === RENAMED || hasRenamedKey(inner));
}
